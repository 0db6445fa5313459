#include "common/base/arena.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define KEEP_SIZE  ((size_t)1024 * 1024) /* a block larger than this is not kept over a reset */

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(16) char data[];
};

static void add_block(struct arena *a, size_t need)
{
    size_t size = a->block ? a->block->size * 2 : BLOCK_SIZE;
    if (size > KEEP_SIZE)
        size = KEEP_SIZE;
    if (size < need)
        size = need;
    struct arena_block *b = xmalloc(sizeof(*b) + size);
    b->next = a->block;
    b->size = size;
    a->block = b;
    a->at = b->data;
    a->end = b->data + size;
}

static void *take(struct arena *a, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(a->end - a->at) < size)
        add_block(a, size);
    void *p = a->at;
    a->at += size;
    a->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = take(a, size ? size : 1);
    memset(p, 0, size);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = take(a, n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *p = take(a, (size_t)(n < 0 ? 0 : n) + 1);
    vsnprintf(p, (size_t)(n < 0 ? 0 : n) + 1, fmt, again);
    va_end(again);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}

void *arena_grow_array(struct arena *a, void *array, size_t n, size_t size)
{
    if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
        return array;
    void *p = arena_alloc(a, (n ? n * 2 : 4) * size);
    if (n)
        memcpy(p, array, n * size);
    return p;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = NULL;
    while (a->block) {
        struct arena_block *next = a->block->next;
        if (!keep && a->block->size <= KEEP_SIZE)
            keep = a->block;
        else
            free(a->block);
        a->block = next;
    }
    *a = (struct arena){.block = keep};
    if (keep) {
        keep->next = NULL;
        a->at = keep->data;
        a->end = keep->data + keep->size;
    }
}

void arena_release(struct arena *a)
{
    while (a->block) {
        struct arena_block *next = a->block->next;
        free(a->block);
        a->block = next;
    }
    *a = (struct arena)ARENA_INIT;
}
