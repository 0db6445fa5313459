#include "common/peer/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>

void jobs_init(struct jobs *jobs)
{
    *jobs = (struct jobs){0};
    jobs->tail = &jobs->head;
}

void jobs_add(struct jobs *jobs, struct job *job)
{
    job->next = NULL;
    *jobs->tail = job;
    jobs->tail = &job->next;
    jobs->n++;
}

void pool_init(struct pool *pool)
{
    *pool = (struct pool){0};
    pool->tail = &pool->head;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
}

static struct job *next_job(struct pool *pool)
{
    struct job *job = NULL;
    pthread_mutex_lock(&pool->lock);
    while (!pool->head && !pool->is_ending) {
        pool->idle++;
        pthread_cond_wait(&pool->more, &pool->lock);
        pool->idle--;
    }
    job = pool->head;
    if (job) {
        pool->head = job->next;
        if (!pool->head)
            pool->tail = &pool->head;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct job *job;
    while ((job = next_job(pool)) != NULL)
        job->run(job);
    return NULL;
}

enum err_code pool_start(struct pool *pool, unsigned n, struct err *err)
{
    pool->threads = xcalloc(n, sizeof(pthread_t));
    for (; pool->n < n; pool->n++) {
        int rc = pthread_create(&pool->threads[pool->n], NULL, work, pool);
        if (rc != 0) {
            pool_stop(pool);
            return err_set_errno(err, ERR_IO, rc, "start worker thread %u of %u", pool->n + 1, n);
        }
    }
    return ERR_OK;
}

void pool_give(struct pool *pool, struct jobs *jobs)
{
    if (!jobs->head)
        return;
    pthread_mutex_lock(&pool->lock);
    *pool->tail = jobs->head;
    pool->tail = jobs->tail;
    /* No more wake-ups than jobs: with one job a broadcast would run all workers into the lock. */
    size_t wake = jobs->n < pool->idle ? jobs->n : pool->idle;
    for (size_t i = 0; i < wake; i++)
        pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    jobs_init(jobs);
}

void pool_stop(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->more);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n; i++)
        pthread_join(pool->threads[i], NULL);
    pool->n = 0;
}

void pool_release(struct pool *pool)
{
    free(pool->threads);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->more);
}
