#include "common/http/server.h"

#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- requests
 * --------------------------------------------------------------------------------------------------
 */

static void route(struct http_private *p)
{
    AUTO(sbuf_release) struct sbuf allow = SBUF_INIT;
    p->view.route = http_router_find(p->server->router, p->view.method, &p->path, &allow);
    if (p->view.route)
        return;
    if (allow.len == 0) {
        http_fail(p, 404, ERR_NOT_FOUND, "there is nothing at this path");
    } else if (!p->failure) {
        http_fail(p, 405, ERR_NOT_FOUND, "this path does not know the method");
        err_hint(&p->failure_err, "%s", allow.s);
    }
}

static enum MHD_Result begin(struct http_private *p, struct MHD_Connection *connection,
                             const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    p->conn = info ? info->socket_context : NULL;
    p->connection = connection;
    p->view.method = method;
    p->stage = STAGE_BODY;
    if (!p->failure)
        route(p);
    /* A reply now would close the connection: it is given when the request is complete (16k against
     * 92k requests/s). */
    return http_body_begin(p) ? MHD_YES : http_answer_failure(p);
}

static enum MHD_Result hand_over(struct http_private *p)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    p->stage = STAGE_HANDED;
    if (p->conn)
        atomic_store_explicit(&p->conn->reading_since_us, 0, memory_order_relaxed);
    http_body_end(p);
    if (p->failure)
        return http_answer_failure(p);
    if (p->server->o.before && !p->server->o.before(&p->view, &reply))
        return http_answer(p, &reply);
    enum http_result result = p->view.route->handler(&p->view, &reply);
    if (result == HTTP_DONE) {
        http_parked_forget(p); /* it changed its mind: the token is worth nothing from now on */
        http_sse_forget(p);
        return http_answer(p, &reply);
    }
    http_reply_release(&reply);
    return result == HTTP_PARKED ? http_parked_suspend(p) : http_sse_answer(p);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    struct http_private *p = *state;
    (void)arg;
    (void)url;
    (void)version;
    switch (p->stage) {
    case STAGE_NEW:
        return begin(p, connection, method);
    case STAGE_BODY:
        if (*size == 0)
            return hand_over(p);
        if (!http_body_add(p, data, *size))
            return MHD_NO;
        *size = 0;
        return MHD_YES;
    case STAGE_PARKED:
        return http_parked_suspend(p); /* decided: answers */
    case STAGE_HANDED:
    case STAGE_SENT:
        break;
    }
    return MHD_NO;
}

/* The first thing of a request: the raw target, which libmicrohttpd would give us only decoded,
 * with %2F as '/'. */
static void *on_target(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *s = arg;
    (void)connection;
    atomic_fetch_add(&s->in_hand, 1);
    return http_request_new(s, uri);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct http_server *s = arg;
    struct http_private *p = *state;
    (void)connection;
    if (!p)
        return;
    *state = NULL;
    http_parked_forget(p);
    http_sse_forget(p);
    int64_t now = clock_mono_us();
    if (p->conn) { /* from here until the next request is complete */
        atomic_store_explicit(&p->conn->limit_us, s->o.request_timeout_s * USEC_PER_SEC,
                              memory_order_relaxed);
        atomic_store_explicit(&p->conn->reading_since_us, now, memory_order_relaxed);
    }
    if (s->o.after)
        s->o.after(s->o.ctx, p->view.route, p->view.method, p->view.path,
                   why == MHD_REQUEST_TERMINATED_COMPLETED_OK ? p->status : 0,
                   now - p->view.started_us);
    http_request_free(p);
    if (atomic_fetch_sub(&s->in_hand, 1) == 1 && atomic_load(&s->is_closing)) {
        http_lot_lock(s->lot);
        pthread_cond_broadcast(&s->lot->changed);
        http_lot_unlock(s->lot);
    }
}

/* --- connections
 * ------------------------------------------------------------------------------------------------
 */

/* A client that sends a byte now and then is never idle for libmicrohttpd: the whole request has a
 * limit too. */
static void check_reading(struct http_waiter *w)
{
    struct http_conn *c = CONTAINER_OF(w, struct http_conn, waiter);
    int64_t now = clock_mono_us(), since = atomic_load(&c->reading_since_us),
            limit = atomic_load(&c->limit_us);
    w->due_us = (since ? since : now) + limit;
    if (w->due_us <= now) {
        shutdown(c->fd, SHUT_RDWR);
        w->due_us = INT64_MAX;
    }
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = arg;
    struct http_conn *c = *state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        c = *state = xcalloc(1, sizeof(*c));
        c->fd = info->connect_fd;
        c->limit_us = s->o.request_timeout_s * USEC_PER_SEC;
        c->reading_since_us = clock_mono_us();
        c->waiter.due_us = c->reading_since_us + c->limit_us;
        c->waiter.fire = check_reading;
        c->waiter.finish = http_lot_remove;
        http_lot_lock(s->lot);
        http_lot_add(s->lot, &c->waiter);
        http_lot_unlock(s->lot);
    } else if (c) {
        http_lot_lock(s->lot);
        http_lot_remove(&c->waiter);
        http_lot_unlock(s->lot);
        free(c);
        *state = NULL;
    }
}

static void on_log(void *arg, const char *format, va_list ap)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    (void)arg;
    if (!log_wants(LOG_HTTP, LOG_LEVEL_DEBUG))
        return;
    sbuf_vaddf(&text, format, ap);
    while (text.len > 0 && text.s[text.len - 1] == '\n')
        sbuf_truncate(&text, text.len - 1);
    log_debug(LOG_HTTP, "microhttpd", KV_S("text", text.s));
}

/* --- open and close
 * -----------------------------------------------------------------------------------------------
 */

static void set_defaults(struct http_server_options *o)
{
    o->address = o->address ? o->address : "127.0.0.1";
    o->threads = o->threads ? o->threads : 4;
    o->max_body = o->max_body ? o->max_body : (size_t)4 << 20;
    o->max_upload = o->max_upload ? o->max_upload : (size_t)2046 << 20;
    o->upload_memory = o->upload_memory ? o->upload_memory : (size_t)1 << 20;
    o->upload_directory = o->upload_directory ? o->upload_directory : "/tmp";
    o->max_connections = o->max_connections ? o->max_connections : 1000;
    o->timeout_s = o->timeout_s ? o->timeout_s : 30;
    o->request_timeout_s = o->request_timeout_s ? o->request_timeout_s : 60;
    o->stop_timeout_ms = o->stop_timeout_ms ? o->stop_timeout_ms : 5000;
    if (o->max_connections < o->threads)
        o->max_connections = o->threads;
}

static enum err_code start(struct http_server *s, struct err *err)
{
    struct MHD_OptionItem more[8] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    size_t n = 0;
    if (s->o.threads > 1) /* a pool of one is an error there */
        more[n++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->o.threads, NULL};
    if (s->tls_cert) {
        flags |= MHD_USE_TLS;
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->tls_cert};
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key};
        if (s->o.tls_priorities)
            more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                                (void *)(uintptr_t)s->o.tls_priorities};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        s, MHD_OPTION_CONNECTION_LIMIT, s->o.max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        s->o.max_per_address, MHD_OPTION_CONNECTION_TIMEOUT, s->o.timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 * 1024, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (s->daemon)
        return ERR_OK;
    err_set(err, s->tls_cert ? ERR_INVALID : ERR_IO, "start the HTTP server");
    return s->tls_cert ? err_hint(err, "do the TLS certificate and key belong together?") : ERR_IO;
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
        rc = http_load_tls(s, err);
    if (rc == ERR_OK && !(s->lot = http_lot_new()))
        rc = err_set(err, ERR_NOMEM, "start a thread of the HTTP server");
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
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

/* Requests that have begun are waited for; connections that only stay open are not. */
static void wait_for_requests(struct http_server *s)
{
    int64_t until_us = clock_mono_us() + s->o.stop_timeout_ms * USEC_PER_MS;
    struct timespec until = {.tv_sec = until_us / USEC_PER_SEC,
                             .tv_nsec = until_us % USEC_PER_SEC * 1000};
    http_lot_lock(s->lot);
    while (atomic_load(&s->in_hand) > 0 && clock_mono_us() < until_us)
        pthread_cond_timedwait(&s->lot->changed, &s->lot->lock, &until);
    http_lot_unlock(s->lot);
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    if (s->daemon) {
        atomic_store(&s->is_closing, true);
        MHD_quiesce_daemon(s->daemon);
        /* The next process may listen while we finish. Not close: the workers still look at the
         * number. */
        shutdown(s->listen_fd, SHUT_RDWR);
        http_lot_close(s->lot);
        wait_for_requests(s);
        MHD_stop_daemon(s->daemon);
    }
    if (s->lot)
        http_lot_end(s->lot);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    http_router_free(s->router);
    if (s->tls_key)
        explicit_bzero(s->tls_key, strlen(s->tls_key));
    free(s->tls_cert);
    free(s->tls_key);
    free(s);
}
