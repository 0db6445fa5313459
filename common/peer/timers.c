#include "common/peer/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>

static void place(struct timers *t, size_t i, struct timer *timer)
{
    t->heap[i] = timer;
    timer->at = i + 1;
}

static void up(struct timers *t, size_t i)
{
    struct timer *timer = t->heap[i];
    while (i > 0 && t->heap[(i - 1) / 2]->due_us > timer->due_us) {
        place(t, i, t->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(t, i, timer);
}

static void down(struct timers *t, size_t i)
{
    struct timer *timer = t->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= t->n)
            break;
        if (child + 1 < t->n && t->heap[child + 1]->due_us < t->heap[child]->due_us)
            child++;
        if (t->heap[child]->due_us >= timer->due_us)
            break;
        place(t, i, t->heap[child]);
        i = child;
    }
    place(t, i, timer);
}

void timers_set(struct timers *t, struct timer *timer, int64_t due_us)
{
    timers_unset(t, timer);
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->heap = xrealloc(t->heap, t->cap * sizeof(struct timer *));
    }
    timer->due_us = due_us;
    place(t, t->n++, timer);
    up(t, t->n - 1);
}

void timers_unset(struct timers *t, struct timer *timer)
{
    if (!timer->at)
        return;
    size_t i = timer->at - 1;
    timer->at = 0;
    struct timer *last = t->heap[--t->n];
    if (last == timer)
        return;
    place(t, i, last);
    up(t, i);
    down(t, last->at - 1);
}

struct timer *timers_first(const struct timers *t)
{
    return t->n ? t->heap[0] : NULL;
}

void timers_release(struct timers *t)
{
    free(t->heap);
    *t = (struct timers){0};
}
