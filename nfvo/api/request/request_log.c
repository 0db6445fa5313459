#include "nfvo/api/request/request_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/store/store_misc.h"

#define NOTES_MAX   1000
#define NOTES_BATCH 64

struct request_log {
    pthread_mutex_t lock;
    struct store_request rows[NOTES_MAX]; /* each with one block behind its three texts */
    size_t n;
    int wake_fd;
};

struct request_log *request_log_new(int wake_fd)
{
    struct request_log *n = xcalloc(1, sizeof(*n));
    n->wake_fd = wake_fd;
    pthread_mutex_init(&n->lock, NULL);
    return n;
}

/* username, method and path in one block, which starts with the username. */
static void fill(struct store_request *row, const char *username, const char *method,
                 const char *path, int status)
{
    size_t a = strlen(username) + 1, b = strlen(method) + 1, c = strlen(path) + 1;
    char *block = xmalloc(a + b + c);
    memcpy(block, username, a);
    memcpy(block + a, method, b);
    memcpy(block + a + b, path, c);
    *row = (struct store_request){clock_wall_us(), block, block + a, block + a + b, status};
}

static void release(struct store_request *row)
{
    free((void *)(uintptr_t)row->username);
}

void request_log_free(struct request_log *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->n; i++)
        release(&n->rows[i]);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

void request_log_note(struct request_log *n, const char *username, const char *method,
                      const char *path, int status)
{
    uint64_t one = 1;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "PUT") == 0)
        return;
    pthread_mutex_lock(&n->lock);
    bool has_room = n->n < NOTES_MAX;
    if (has_room)
        fill(&n->rows[n->n++], username, method, path, status);
    bool is_first = has_room && n->n == 1;
    pthread_mutex_unlock(&n->lock);
    if (is_first && write(n->wake_fd, &one, sizeof(one)) < 0)
        log_warn(LOG_API, "request_log_wake_failed", KV_I("fd", n->wake_fd));
}

static size_t take(struct request_log *n, struct store_request *ret)
{
    pthread_mutex_lock(&n->lock);
    size_t got = n->n < NOTES_BATCH ? n->n : NOTES_BATCH;
    memcpy(ret, n->rows, got * sizeof(ret[0]));
    n->n -= got;
    memmove(n->rows, n->rows + got, n->n * sizeof(n->rows[0]));
    pthread_mutex_unlock(&n->lock);
    return got;
}

void request_log_write(struct request_log *n, struct db *db)
{
    struct store_request rows[NOTES_BATCH];
    size_t got;
    while ((got = take(n, rows)) > 0) {
        struct err err = ERR_INIT;
        if (store_requests_add(db, rows, got, &err) != ERR_OK)
            log_warn(LOG_API, "request_history_lost", KV_I("requests", got), KV_ERR(&err));
        for (size_t i = 0; i < got; i++)
            release(&rows[i]);
    }
}
