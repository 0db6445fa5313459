#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <signal.h>
#include <stdlib.h>

static int64_t fire_due(struct http_parked_list *list)
{
    int64_t now = clock_mono_us(), next = INT64_MAX;
    for (struct http_waiter *w = list->waiters.next, *after; w != &list->waiters; w = after) {
        after = w->next; /* firing removes at most w itself */
        if (w->due_us <= now)
            w->fire(w);
    }
    for (struct http_waiter *w = list->waiters.next; w != &list->waiters; w = w->next)
        next = w->due_us < next ? w->due_us : next;
    return next;
}

static void *watch(void *arg)
{
    struct http_parked_list *list = arg;
    pthread_mutex_lock(&list->lock);
    while (!list->has_ended) {
        int64_t next = list->wake_us = fire_due(list);
        if (next == INT64_MAX) {
            pthread_cond_wait(&list->changed, &list->lock);
            continue;
        }
        struct timespec until = {.tv_sec = next / USEC_PER_SEC,
                                 .tv_nsec = next % USEC_PER_SEC * 1000};
        pthread_cond_timedwait(&list->changed, &list->lock, &until);
    }
    pthread_mutex_unlock(&list->lock);
    return NULL;
}

struct http_parked_list *http_parked_list_new(void)
{
    struct http_parked_list *list = xcalloc(1, sizeof(*list));
    pthread_condattr_t monotonic;
    sigset_t all, before;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&list->lock, NULL);
    pthread_cond_init(&list->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    list->waiters.next = list->waiters.prev = &list->waiters;
    list->wake_us = INT64_MAX;
    list->refs = 1;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&list->thread, NULL, watch, list);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return list;
    http_parked_list_lock(list);
    http_parked_list_unref(list);
    return NULL;
}

void http_parked_list_lock(struct http_parked_list *list)
{
    pthread_mutex_lock(&list->lock);
}

void http_parked_list_unlock(struct http_parked_list *list)
{
    pthread_mutex_unlock(&list->lock);
}

void http_parked_list_add(struct http_parked_list *list, struct http_waiter *w)
{
    w->next = &list->waiters;
    w->prev = list->waiters.prev;
    w->prev->next = w->next->prev = w;
    if (w->due_us < list->wake_us) /* the usual new connection is due last: no wake-up for it */
        pthread_cond_broadcast(&list->changed);
}

void http_parked_list_remove(struct http_waiter *w)
{
    if (!w->next)
        return;
    w->prev->next = w->next;
    w->next->prev = w->prev;
    w->next = w->prev = NULL;
}

void http_parked_list_unref(struct http_parked_list *list)
{
    bool is_last = --list->refs == 0;
    pthread_mutex_unlock(&list->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&list->changed);
    pthread_mutex_destroy(&list->lock);
    free(list);
}

void http_parked_list_close(struct http_parked_list *list)
{
    http_parked_list_lock(list);
    list->is_closed = true;
    for (struct http_waiter *w = list->waiters.next, *after; w != &list->waiters; w = after) {
        after = w->next;
        w->finish(w);
    }
    http_parked_list_unlock(list);
}

void http_parked_list_end(struct http_parked_list *list)
{
    http_parked_list_lock(list);
    list->has_ended = true;
    pthread_cond_broadcast(&list->changed);
    http_parked_list_unlock(list);
    pthread_join(list->thread, NULL);
    http_parked_list_lock(list);
    http_parked_list_unref(list);
}
