#include "common/base/sbuf.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

char sbuf_empty[1];

void sbuf_release(struct sbuf *b)
{
    if (b->cap)
        free(b->s);
    *b = (struct sbuf)SBUF_INIT;
}

void sbuf_grow(struct sbuf *b, size_t more)
{
    size_t need = b->len + more + 1, cap = b->cap ? b->cap : 64;
    if (need <= b->cap)
        return;
    while (cap < need)
        cap += cap / 2;
    b->s = xrealloc(b->cap ? b->s : NULL, cap);
    b->s[b->len] = '\0';
    b->cap = cap;
}

void sbuf_vaddf(struct sbuf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    sbuf_grow(b, 32);
    int n = vsnprintf(b->s + b->len, b->cap - b->len, fmt, ap);
    if (n >= 0 && (size_t)n >= b->cap - b->len) {
        sbuf_grow(b, (size_t)n);
        vsnprintf(b->s + b->len, b->cap - b->len, fmt, again);
    }
    if (n > 0)
        b->len += (size_t)n;
    va_end(again);
}

void sbuf_addf(struct sbuf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(b, fmt, ap);
    va_end(ap);
}

char *sbuf_take(struct sbuf *b)
{
    char *s = b->cap ? b->s : xstrdup("");
    *b = (struct sbuf)SBUF_INIT;
    return s;
}
