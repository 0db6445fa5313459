/* Private to the server: a worker (worker.c) and its connections (conn.c). */
#ifndef COMMON_HTTP_WORKER_H
#define COMMON_HTTP_WORKER_H

#include "common/http/server_private.h"

#include <time.h>

#define HTTP_SCRATCH ((size_t)64 * 1024)

struct http_worker {
    struct http_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    struct http_conn *ready, **ready_end; /* a queue, under the lock */
    int epoll_fd, wake_fd;
    bool is_listening;
    int64_t look_us;        /* when a connection may be late next */
    int64_t pause_until_us; /* no new connections until then; 0: none */
    struct http_conn conns; /* list head */
    char date[40];
    time_t date_at;
    char scratch[HTTP_SCRATCH];
};

/* ready.c, in the worker's thread */
struct http_conn *http_worker_take_ready(struct http_worker *w); /* NULL: none is */
bool http_worker_has_ready(struct http_worker *w);
void http_worker_forget(struct http_conn *c); /* it is closed: not ready any more */

/* conn.c, in the worker's thread */
void http_conn_open(struct http_worker *w, int fd, const struct sockaddr_storage *from);
void http_conn_close(struct http_conn *c);
void http_conn_run(struct http_conn *c); /* as far as it goes; it may be closed then */
void http_conn_too_late(struct http_conn *c);

#endif
