/* A bump allocator: everything that one transaction, request or message decodes lives in one arena
 * and dies with it.
 *
 *     struct arena a = ARENA_INIT;
 *     while (take a batch) { ... arena_strdup(&a, ...) ...; arena_reset(&a); }
 *     arena_release(&a);
 *
 * Records decoded by proto/codec are therefore never freed one by one: no free functions, no
 * half-built objects, and decoding costs one pointer increment per member (the reason is measured:
 * see design.md, section 3, "JSON is the largest cost"). Memory is zeroed and aligned to 16 bytes.
 * Not thread-safe: one arena, one owner. */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/macros.h"

#include <stdarg.h>

struct arena_block;
struct arena {
    struct arena_block *block; /* the one that is filled; older ones hang behind it */
    char *at, *end;
    size_t used; /* bytes handed out since the last reset, for limits and metrics */
};

#define ARENA_INIT                                                                                 \
    {                                                                                              \
        0                                                                                          \
    }

void *arena_alloc(struct arena *a, size_t size);    /* zeroed; aborts when out of memory */
char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* For a growing array: doubles *array (elements of `size` bytes) when n has reached a power of two
 * >= 4. */
void *arena_grow_array(struct arena *a, void *array, size_t n, size_t size);
void arena_reset(struct arena *a);   /* keeps one block for reuse */
void arena_release(struct arena *a); /* gives everything back; usable again */

#endif
