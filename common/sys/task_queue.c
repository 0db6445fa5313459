#include "common/sys/task_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"

struct task_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *first; /* sorted by turn: the n-th task of one is in the n-th turn from now */
    uint64_t turn;      /* of the last one taken */
    unsigned n, max, thread_n;
    bool is_stopping;
    pthread_t threads[];
};

/* --- in the threads --------------------------------------------------------------------------- */

/* The first one whose time has come. NULL: none; *ret_at_us: when there may be one. */
static struct task *take(struct task_queue *q, int64_t now_us, int64_t *ret_at_us)
{
    *ret_at_us = INT64_MAX;
    for (struct task **at = &q->first; *at; at = &(*at)->next) {
        struct task *t = *at;
        if (t->from_us <= now_us) {
            *at = t->next;
            if (t->turn > q->turn)
                q->turn = t->turn;
            q->n--;
            return t;
        }
        if (t->from_us < *ret_at_us)
            *ret_at_us = t->from_us;
    }
    return NULL;
}

static void wait_until(struct task_queue *q, int64_t at_us)
{
    if (at_us == INT64_MAX) {
        pthread_cond_wait(&q->changed, &q->lock);
        return;
    }
    struct timespec until = {.tv_sec = (time_t)(at_us / USEC_PER_SEC),
                             .tv_nsec = (long)(at_us % USEC_PER_SEC) * 1000};
    pthread_cond_timedwait(&q->changed, &q->lock, &until);
}

static void *work(void *arg)
{
    struct task_queue *q = arg;
    int64_t at_us;
    pthread_mutex_lock(&q->lock);
    while (!q->is_stopping) {
        struct task *t = take(q, clock_mono_us(), &at_us);
        if (!t) {
            wait_until(q, at_us);
            continue;
        }
        pthread_mutex_unlock(&q->lock);
        t->run(t, TASK_RUN);
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* --- opening and closing ---------------------------------------------------------------------- */

struct task_queue *task_queue_new(unsigned threads, unsigned max)
{
    struct task_queue *q = xcalloc(1, sizeof(*q) + threads * sizeof(q->threads[0]));
    pthread_condattr_t monotonic;
    sigset_t all, before;
    q->max = max;
    q->turn = 1;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (q->thread_n < threads && pthread_create(&q->threads[q->thread_n], NULL, work, q) == 0)
        q->thread_n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (q->thread_n == threads)
        return q;
    task_queue_free(q);
    return NULL;
}

static struct task *take_first(struct task_queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct task *t = q->first;
    if (t) {
        q->first = t->next;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return t;
}

void task_queue_stop(struct task_queue *q)
{
    if (!q)
        return;
    pthread_mutex_lock(&q->lock);
    q->is_stopping = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->thread_n; i++)
        pthread_join(q->threads[i], NULL);
    q->thread_n = 0;
    for (struct task *t; (t = take_first(q));)
        t->run(t, TASK_STOPPING);
}

void task_queue_free(struct task_queue *q)
{
    if (!q)
        return;
    task_queue_stop(q);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

/* --- from outside ----------------------------------------------------------------------------- */

/* Without a penalty: in front of those who have one and are in turn, else one who knows his
 * password would wait for all who came at the same time. Behind the last of his own, one turn
 * later; and behind all that are in the same turn. */
static void insert(struct task_queue *q, struct task *task, unsigned penalty)
{
    struct task **at = &q->first;
    task->turn = penalty ? q->turn + penalty : q->turn - 1;
    for (const struct task *t = q->first; t; t = t->next)
        if (strcmp(t->who, task->who) == 0 && t->turn >= task->turn)
            task->turn = t->turn + 1;
    while (*at && (*at)->turn <= task->turn)
        at = &(*at)->next;
    task->next = *at;
    *at = task;
    q->n++;
}

/* The last one, when there is one too many. */
static struct task *take_last(struct task_queue *q)
{
    struct task **at = &q->first;
    if (q->n <= q->max)
        return NULL;
    while ((*at)->next)
        at = &(*at)->next;
    struct task *last = *at;
    *at = NULL;
    q->n--;
    return last;
}

bool task_queue_push(struct task_queue *q, struct task *t, unsigned penalty, int64_t hold_us)
{
    struct task *last = t;
    t->from_us = clock_mono_us() + hold_us;
    pthread_mutex_lock(&q->lock);
    if (!q->is_stopping) {
        insert(q, t, penalty);
        last = take_last(q);
        pthread_cond_signal(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    if (last && last != t)
        last->run(last, TASK_NO_ROOM);
    return last != t;
}

bool task_queue_cancel(struct task_queue *q, struct task *t)
{
    pthread_mutex_lock(&q->lock);
    struct task **at = &q->first;
    while (*at && *at != t)
        at = &(*at)->next;
    bool waited = *at != NULL;
    if (waited) {
        *at = t->next;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return waited;
}

bool task_queue_has(struct task_queue *q, const char *who)
{
    pthread_mutex_lock(&q->lock);
    const struct task *t = q->first;
    while (t && strcmp(t->who, who) != 0)
        t = t->next;
    pthread_mutex_unlock(&q->lock);
    return t != NULL;
}

unsigned task_queue_waiting(struct task_queue *q)
{
    pthread_mutex_lock(&q->lock);
    unsigned n = q->n;
    pthread_mutex_unlock(&q->lock);
    return n;
}
