#include "common/base/mem.h"
#include "common/engine/internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct engine_queue {
    pthread_mutex_t mutex;
    struct engine_request *head, **tail;
    bool is_closed;
    int fd; /* EFD_SEMAPHORE is not used: the count only says "something" */
};

struct engine_queue *engine_queue_new(void)
{
    struct engine_queue *q = xcalloc(1, sizeof(*q));
    pthread_mutex_init(&q->mutex, NULL);
    q->tail = &q->head;
    q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return q;
}

void request_refuse(struct engine_request *r)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_UNAVAIL, "the process is stopping");
    err_hint(&err, "try again");
    r->done(r, &err, NULL);
}

void engine_queue_close(struct engine_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->is_closed = true;
    pthread_mutex_unlock(&q->mutex);
    struct engine_request *r = engine_queue_take(q, SIZE_MAX), *next;
    for (; r; r = next) {
        next = r->next;
        request_refuse(r);
    }
}

void engine_queue_free(struct engine_queue *q)
{
    if (!q)
        return;
    close(q->fd);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}

void engine_submit(struct engine_queue *q, struct engine_request *r)
{
    uint64_t one = 1;
    pthread_mutex_lock(&q->mutex);
    bool is_closed = q->is_closed;
    r->next = NULL;
    if (!is_closed) {
        *q->tail = r;
        q->tail = &r->next;
    }
    pthread_mutex_unlock(&q->mutex);
    if (is_closed) {
        request_refuse(r);
        return;
    }
    if (write(q->fd, &one, sizeof(one)) < 0) {
        /* the counter is full: readers will wake up all the same */
    }
}

int engine_queue_fd(struct engine_queue *q)
{
    return q->fd;
}

struct engine_request *engine_queue_take(struct engine_queue *q, size_t max)
{
    uint64_t count;
    if (max == 0)
        return NULL;
    pthread_mutex_lock(&q->mutex);
    struct engine_request *list = q->head, **end = &q->head;
    for (size_t i = 0; i < max && *end; i++)
        end = &(*end)->next;
    q->head = *end;
    *end = NULL;
    if (!q->head) {
        q->tail = &q->head;
        if (read(q->fd, &count, sizeof(count)) < 0) {
            /* nothing was signalled */
        }
    }
    pthread_mutex_unlock(&q->mutex);
    return list;
}
