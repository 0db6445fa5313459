/* A growing byte string that is always NUL-terminated (model: git's strbuf).
 *
 *     AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
 *     sbuf_addf(&out, "hello %s", name);
 *     puts(out.s);
 *
 * out.s is never NULL after SBUF_INIT; it is borrowed and moves when the buffer grows. Out of
 * memory aborts (xrealloc). */
#ifndef COMMON_BASE_SBUF_H
#define COMMON_BASE_SBUF_H

#include "common/base/macros.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

struct sbuf {
    char *s;
    size_t len, cap; /* cap 0: s is the shared empty string */
};

extern char sbuf_empty[1];
#define SBUF_INIT                                                                                  \
    {                                                                                              \
        .s = sbuf_empty                                                                            \
    }

void sbuf_release(struct sbuf *b);
void sbuf_grow(struct sbuf *b, size_t more); /* make room for `more` bytes and the NUL */
void sbuf_addf(struct sbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void sbuf_vaddf(struct sbuf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
char *sbuf_take(struct sbuf *b); /* given: free() it; b is empty afterwards */

static inline void sbuf_clear(struct sbuf *b)
{
    b->len = 0;
    if (b->cap)
        b->s[0] = '\0';
}

static inline void sbuf_truncate(struct sbuf *b, size_t len)
{
    if (len < b->len) {
        b->len = len;
        b->s[len] = '\0';
    }
}

static inline void sbuf_add(struct sbuf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    if (b->cap - b->len < len + 1 || b->cap == 0)
        sbuf_grow(b, len);
    memcpy(b->s + b->len, data, len);
    b->len += len;
    b->s[b->len] = '\0';
}

static inline void sbuf_adds(struct sbuf *b, const char *text)
{
    sbuf_add(b, text, strlen(text));
}

static inline void sbuf_addc(struct sbuf *b, char c)
{
    if (b->cap - b->len < 2 || b->cap == 0)
        sbuf_grow(b, 1);
    b->s[b->len++] = c;
    b->s[b->len] = '\0';
}

#endif
