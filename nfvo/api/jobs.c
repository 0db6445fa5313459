#include "nfvo/api/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct job {
    void (*fn)(void *arg, bool is_stopping);
    void *arg;
};

struct jobs {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *ring;
    unsigned first, n, max;
    bool is_stopping;
};

static void *run(void *arg)
{
    struct jobs *j = arg;
    pthread_mutex_lock(&j->lock);
    for (;;) {
        while (j->n == 0 && !j->is_stopping)
            pthread_cond_wait(&j->changed, &j->lock);
        if (j->n == 0)
            break;
        struct job job = j->ring[j->first];
        bool is_stopping = j->is_stopping;
        j->first = (j->first + 1) % j->max;
        j->n--;
        pthread_mutex_unlock(&j->lock);
        job.fn(job.arg, is_stopping);
        pthread_mutex_lock(&j->lock);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

struct jobs *jobs_new(unsigned max)
{
    struct jobs *j = xcalloc(1, sizeof(*j));
    j->max = max;
    j->ring = xcalloc(max, sizeof(j->ring[0]));
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->changed, NULL);
    if (pthread_create(&j->thread, NULL, run, j) != 0)
        abort(); /* as out of memory */
    return j;
}

bool jobs_push(struct jobs *j, void (*fn)(void *arg, bool is_stopping), void *arg)
{
    pthread_mutex_lock(&j->lock);
    bool has_room = j->n < j->max && !j->is_stopping;
    if (has_room) {
        j->ring[(j->first + j->n++) % j->max] = (struct job){fn, arg};
        pthread_cond_signal(&j->changed);
    }
    pthread_mutex_unlock(&j->lock);
    return has_room;
}

void jobs_free(struct jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->is_stopping = true;
    pthread_cond_signal(&j->changed);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->lock);
    free(j->ring);
    free(j);
}
