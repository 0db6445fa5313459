#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <signal.h>
#include <stdlib.h>

static int64_t fire_due(struct http_lot *lot)
{
    int64_t now = clock_mono_us(), next = INT64_MAX;
    for (struct http_waiter *w = lot->waiters.next, *after; w != &lot->waiters; w = after) {
        after = w->next; /* firing removes at most w itself */
        if (w->due_us <= now)
            w->fire(w);
    }
    for (struct http_waiter *w = lot->waiters.next; w != &lot->waiters; w = w->next)
        next = w->due_us < next ? w->due_us : next;
    return next;
}

static void *watch(void *arg)
{
    struct http_lot *lot = arg;
    pthread_mutex_lock(&lot->lock);
    while (!lot->has_ended) {
        int64_t next = lot->wake_us = fire_due(lot);
        if (next == INT64_MAX) {
            pthread_cond_wait(&lot->changed, &lot->lock);
            continue;
        }
        struct timespec until = {.tv_sec = next / USEC_PER_SEC,
                                 .tv_nsec = next % USEC_PER_SEC * 1000};
        pthread_cond_timedwait(&lot->changed, &lot->lock, &until);
    }
    pthread_mutex_unlock(&lot->lock);
    return NULL;
}

struct http_lot *http_lot_new(void)
{
    struct http_lot *lot = xcalloc(1, sizeof(*lot));
    pthread_condattr_t monotonic;
    sigset_t all, before;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&lot->lock, NULL);
    pthread_cond_init(&lot->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    lot->waiters.next = lot->waiters.prev = &lot->waiters;
    lot->wake_us = INT64_MAX;
    lot->refs = 1;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&lot->thread, NULL, watch, lot);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return lot;
    http_lot_lock(lot);
    http_lot_unref(lot);
    return NULL;
}

void http_lot_lock(struct http_lot *lot)
{
    pthread_mutex_lock(&lot->lock);
}

void http_lot_unlock(struct http_lot *lot)
{
    pthread_mutex_unlock(&lot->lock);
}

void http_lot_add(struct http_lot *lot, struct http_waiter *w)
{
    w->next = &lot->waiters;
    w->prev = lot->waiters.prev;
    w->prev->next = w->next->prev = w;
    if (w->due_us < lot->wake_us) /* the usual new connection is due last: no wake-up for it */
        pthread_cond_broadcast(&lot->changed);
}

void http_lot_remove(struct http_waiter *w)
{
    if (!w->next)
        return;
    w->prev->next = w->next;
    w->next->prev = w->prev;
    w->next = w->prev = NULL;
}

void http_lot_unref(struct http_lot *lot)
{
    bool is_last = --lot->refs == 0;
    pthread_mutex_unlock(&lot->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&lot->changed);
    pthread_mutex_destroy(&lot->lock);
    free(lot);
}

void http_lot_close(struct http_lot *lot)
{
    http_lot_lock(lot);
    lot->is_closed = true;
    for (struct http_waiter *w = lot->waiters.next, *after; w != &lot->waiters; w = after) {
        after = w->next;
        w->finish(w);
    }
    http_lot_unlock(lot);
}

void http_lot_end(struct http_lot *lot)
{
    http_lot_lock(lot);
    lot->has_ended = true;
    pthread_cond_broadcast(&lot->changed);
    http_lot_unlock(lot);
    pthread_join(lot->thread, NULL);
    http_lot_lock(lot);
    http_lot_unref(lot);
}
