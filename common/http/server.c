#include "common/http/server.h"

#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKING_MAX 200  /* requests in the queue; their bodies are bounded apart */
#define WAITING_MAX 1000 /* as many as connections by default */

static void set_defaults(struct http_server_options *o)
{
    o->address = o->address ? o->address : "127.0.0.1";
    o->threads = o->threads ? o->threads : 4;
    o->work_threads = o->work_threads ? o->work_threads : 2;
    o->wait_threads = o->wait_threads ? o->wait_threads : 4;
    o->wait_timeout_s = o->wait_timeout_s ? o->wait_timeout_s : 10;
    o->work_body = o->work_body ? o->work_body : (size_t)16 << 10;
    o->max_body = o->max_body ? o->max_body : (size_t)4 << 20;
    o->max_upload = o->max_upload ? o->max_upload : (size_t)2046 << 20;
    o->upload_memory = o->upload_memory ? o->upload_memory : (size_t)1 << 20;
    o->upload_directory = o->upload_directory ? o->upload_directory : "/tmp";
    o->max_connections = o->max_connections ? o->max_connections : 1000;
    o->timeout_s = o->timeout_s ? o->timeout_s : 30;
    o->request_timeout_s = o->request_timeout_s ? o->request_timeout_s : 60;
    o->stop_timeout_ms = o->stop_timeout_ms ? o->stop_timeout_ms : 5000;
    if (o->reserve >= o->max_connections)
        o->reserve = o->max_connections / 2;
}

static enum err_code load_tls(struct http_server *s, struct err *err)
{
    bool has_cert = s->o.tls_cert_file && s->o.tls_cert_file[0];
    bool has_key = s->o.tls_key_file && s->o.tls_key_file[0];
    if (!has_cert && !has_key)
        return ERR_OK;
    if (!has_cert || !has_key)
        return err_set(err, ERR_INVALID, "TLS needs both a certificate and a key");
    return http_tls_open(&s->tls, s->o.tls_cert_file, s->o.tls_key_file, s->o.tls_priorities, err);
}

static enum err_code start(struct http_server *s, struct err *err)
{
    s->limits = http_limits_new(&s->o);
    s->parked_list = http_parked_list_new();
    s->working = task_queue_new(s->o.work_threads, WORKING_MAX);
    s->waiting = task_queue_new(s->o.turn ? s->o.wait_threads : 0, WAITING_MAX);
    bool is_good = s->parked_list && s->working && s->waiting;
    s->workers = xcalloc(s->o.threads + 1, sizeof(s->workers[0])); /* ends with NULL */
    for (unsigned i = 0; is_good && i < s->o.threads; i++)
        if (!(s->workers[i] = http_worker_new(s)))
            break;
    if (!is_good || !s->workers[s->o.threads - 1])
        return err_set(err, ERR_NOMEM, "start a thread of the HTTP server");
    return ERR_OK;
}

enum err_code http_server_open(struct http_server **ret, const struct http_server_options *options,
                               struct err *err)
{
    struct http_server *s = xcalloc(1, sizeof(*s));
    s->o = *options;
    s->listen_fd = -1;
    set_defaults(&s->o);
    enum err_code rc = http_router_new(&s->router, s->o.routes, err);
    if (rc == ERR_OK)
        rc = http_listen(s, err);
    if (rc == ERR_OK)
        rc = load_tls(s, err);
    if (rc == ERR_OK)
        rc = start(s, err);
    if (rc != ERR_OK) {
        http_server_close(s);
        return rc;
    }
    *ret = s;
    return ERR_OK;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

unsigned http_server_connections(struct http_server *s)
{
    return http_limits_connections(s->limits);
}

size_t http_server_kept(struct http_server *s, bool on_disk)
{
    return http_limits_held(s->limits, on_disk ? HTTP_BYTES_DISK : HTTP_BYTES_MEMORY);
}

uint64_t http_server_tls_failures(const struct http_server *s, enum http_tls_failure why)
{
    return atomic_load(&s->tls_failures[why]);
}

unsigned http_server_waiting(struct http_server *s, bool is_large)
{
    return task_queue_waiting(is_large ? s->working : s->waiting);
}

/* Requests that have begun are waited for; connections that only stay open are not. */
static void wait_for_requests(struct http_server *s)
{
    int64_t until_us = clock_mono_us() + s->o.stop_timeout_ms * USEC_PER_MS;
    struct timespec until = {.tv_sec = until_us / USEC_PER_SEC,
                             .tv_nsec = until_us % USEC_PER_SEC * 1000};
    http_parked_list_lock(s->parked_list);
    while (atomic_load(&s->in_hand) > 0 && clock_mono_us() < until_us)
        pthread_cond_timedwait(&s->parked_list->changed, &s->parked_list->lock, &until);
    http_parked_list_unlock(s->parked_list);
}

static void wake_workers(struct http_server *s)
{
    for (struct http_worker **w = s->workers; w && *w; w++)
        http_worker_wake(*w);
}

void http_server_drain(struct http_server *s)
{
    if (!s || atomic_exchange(&s->is_closing, true))
        return;
    /* The next process may listen while we finish. Not close: the workers still look at the
     * number. */
    if (s->listen_fd >= 0)
        shutdown(s->listen_fd, SHUT_RDWR);
    wake_workers(s);
}

bool http_server_is_closing(const struct http_server *s)
{
    return atomic_load(&s->is_closing);
}

/* The queues end before the workers, which answer what those had in hand. */
void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    http_server_drain(s);
    if (s->parked_list) {
        http_parked_list_close(s->parked_list);
        wait_for_requests(s);
    }
    task_queue_stop(s->working);
    task_queue_stop(s->waiting);
    atomic_store(&s->is_stopped, true);
    for (struct http_worker **w = s->workers; w && *w; w++)
        http_worker_free(*w);
    free(s->workers);
    task_queue_free(s->working);
    task_queue_free(s->waiting);
    if (s->parked_list)
        http_parked_list_end(s->parked_list);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    http_router_free(s->router);
    http_limits_free(s->limits);
    http_tls_close(s->tls);
    free(s);
}
