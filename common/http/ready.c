/* Which connections of a worker are ready: a queue that any thread adds to. */
#include "common/http/worker.h"

#include <errno.h>
#include <unistd.h>

void http_worker_wake(struct http_worker *w)
{
    const uint64_t one = 1;
    while (write(w->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* Lock held. true: the worker does not know yet that something is ready. */
static bool enqueue(struct http_conn *c)
{
    struct http_worker *w = c->worker;
    bool is_new = !c->is_ready, is_first = !w->ready;
    if (is_new) {
        c->is_ready = true;
        c->next_ready = NULL;
        *w->ready_end = c;
        w->ready_end = &c->next_ready;
    }
    return is_new && is_first;
}

void http_conn_wake(struct http_conn *c)
{
    struct http_worker *w = c->worker;
    pthread_mutex_lock(&w->lock);
    bool is_first = enqueue(c);
    pthread_mutex_unlock(&w->lock);
    if (is_first)
        http_worker_wake(w);
}

/* All under the lock: who sees is_worked, and closes the connection, waits in unready until we are
 * done with it. */
void http_conn_worked(struct http_conn *c)
{
    struct http_worker *w = c->worker;
    pthread_mutex_lock(&w->lock);
    atomic_store(&c->p->is_worked, true);
    bool is_first = enqueue(c);
    pthread_mutex_unlock(&w->lock);
    if (is_first)
        http_worker_wake(w);
}

void http_worker_forget(struct http_conn *c)
{
    struct http_worker *w = c->worker;
    pthread_mutex_lock(&w->lock);
    struct http_conn **at = &w->ready;
    while (c->is_ready && *at != c)
        at = &(*at)->next_ready;
    if (c->is_ready) {
        *at = c->next_ready;
        w->ready_end = *at ? w->ready_end : at;
        c->is_ready = false;
    }
    pthread_mutex_unlock(&w->lock);
}

struct http_conn *http_worker_take_ready(struct http_worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct http_conn *c = w->ready;
    if (c) {
        w->ready = c->next_ready;
        w->ready_end = w->ready ? w->ready_end : &w->ready;
        c->is_ready = false;
    }
    pthread_mutex_unlock(&w->lock);
    return c;
}

bool http_worker_has_ready(struct http_worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool has = w->ready != NULL;
    pthread_mutex_unlock(&w->lock);
    return has;
}
