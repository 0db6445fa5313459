/* A connection: what comes in, what goes out, and what happens when it took too long. */
#include "common/base/mem.h"
#include "common/http/worker.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TURNS      32 /* of one connection at a time */
#define PIECE      ((size_t)32 * 1024)
#define SENT_MAX   ((size_t)4 * 1024 * 1024) /* of one connection at a time */
#define LINGER_US  (2 * USEC_PER_SEC)
#define LINGER_MAX ((size_t)4 * 1024 * 1024) /* bytes that are dropped meanwhile */
#define KEEP_SMALL ((size_t)4 * 1024)        /* a body of this size is sent with its head */

enum io { IO_AGAIN = -1, IO_ERROR = -2 };

/* --- times ------------------------------------------------------------------------------------ */

static void set_times(struct http_conn *c, int64_t deadline_us, int64_t quiet_us)
{
    int64_t due_us = deadline_us < quiet_us ? deadline_us : quiet_us;
    c->deadline_us = deadline_us;
    c->quiet_us = quiet_us;
    if (due_us < c->worker->look_us)
        c->worker->look_us = due_us;
}

static int64_t in_seconds(unsigned s)
{
    return clock_mono_us() + s * USEC_PER_SEC;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static ssize_t receive(struct http_conn *c, void *buf, size_t n)
{
    if (c->tls) {
        ssize_t got = http_tls_read(c->tls, buf, n);
        return got >= 0 ? got : got == HTTP_TLS_AGAIN ? IO_AGAIN : IO_ERROR;
    }
    ssize_t got;
    do
        got = recv(c->seat.fd, buf, n, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    c->may_read = got == (ssize_t)n; /* else epoll tells when there is more */
    return got >= 0 ? got : errno == EAGAIN ? IO_AGAIN : IO_ERROR;
}

static ssize_t transmit(struct http_conn *c, const void *buf, size_t n, bool has_more)
{
    if (c->tls) {
        ssize_t sent = http_tls_write(c->tls, buf, n);
        return sent >= 0 ? sent : sent == HTTP_TLS_AGAIN ? IO_AGAIN : IO_ERROR;
    }
    ssize_t sent;
    do
        sent = send(c->seat.fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL | (has_more ? MSG_MORE : 0));
    while (sent < 0 && errno == EINTR);
    return sent >= 0 ? sent : errno == EAGAIN ? IO_AGAIN : IO_ERROR;
}

static size_t available(const struct http_conn *c)
{
    return c->in.len - c->in_at;
}

/* What is used up is forgotten; a large buffer is given back. */
static void compact(struct http_conn *c)
{
    size_t left = available(c);
    if (left == 0 && c->in.cap > KEEP_SMALL)
        sbuf_release(&c->in);
    else if (c->in_at > 0)
        memmove(c->in.s, c->in.s + c->in_at, left);
    sbuf_truncate(&c->in, left);
    c->in_at = 0;
}

/* --- what goes out ---------------------------------------------------------------------------- */

static const char *date_of(struct http_worker *w)
{
    time_t now = time(NULL);
    struct tm tm;
    if (now != w->date_at) {
        w->date_at = now;
        strftime(w->date, sizeof(w->date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    }
    return w->date;
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304 || status < 200;
}

static void add_head(struct http_conn *c, const struct http_reply *r)
{
    struct sbuf *out = &c->out;
    const struct http_head *head = &c->p->head;
    sbuf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", r->status, http_status_text(r->status),
              date_of(c->worker));
    if (c->is_last)
        sbuf_adds(out, "Connection: close\r\n");
    else if (head->is_http10)
        sbuf_adds(out, "Connection: Keep-Alive\r\n");
    if (r->type)
        sbuf_addf(out, "Content-Type: %s\r\n", r->type);
    for (unsigned i = 0; i < r->header_n; i++)
        sbuf_addf(out, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
    if (c->is_chunked)
        sbuf_adds(out, "Transfer-Encoding: chunked\r\n");
    else if (r->kind != HTTP_BODY_PIECES && !has_no_body(r->status))
        sbuf_addf(out, "Content-Length: %zu\r\n", r->body_len);
    sbuf_adds(out, "\r\n");
}

void http_conn_answer(struct http_conn *c, struct http_reply *reply)
{
    struct http_private *p = c->p;
    bool is_pieces = reply->kind == HTTP_BODY_PIECES;
    c->is_last |= p->head.wants_close || atomic_load(&c->server->is_closing) ||
                  (is_pieces && p->head.is_http10);
    c->is_chunked = is_pieces && !p->head.is_http10 && !has_no_body(reply->status);
    c->is_body_out = strcmp(p->view.method, "HEAD") == 0 || has_no_body(reply->status);
    c->body_at = 0;
    c->reply = *reply;
    *reply = (struct http_reply)HTTP_REPLY_INIT;
    p->status = c->reply.status;
    add_head(c, &c->reply);
    bool is_memory = c->reply.kind == HTTP_BODY_STATIC || c->reply.kind == HTTP_BODY_TAKEN;
    if (is_memory && !c->is_body_out && c->reply.body_len <= KEEP_SMALL) {
        sbuf_add(&c->out, c->reply.body, c->reply.body_len);
        c->is_body_out = true;
    }
    c->is_suspended = false;
    c->state = CONN_WRITE;
    set_times(c, INT64_MAX, in_seconds(c->server->o.timeout_s));
}

void http_conn_wait(struct http_conn *c)
{
    c->state = CONN_WAIT;
    set_times(c, INT64_MAX, INT64_MAX);
}

void http_conn_wait_for_turn(struct http_conn *c, unsigned patience_s)
{
    c->state = CONN_WAIT;
    set_times(c, in_seconds(patience_s), INT64_MAX);
}

void http_conn_read_body(struct http_conn *c, unsigned patience_s)
{
    c->state = CONN_BODY;
    set_times(c, in_seconds(patience_s), in_seconds(c->server->o.timeout_s));
}

/* What does not go out at once goes out in front of the answer: a client may go on without it. */
void http_conn_say(struct http_conn *c)
{
    ssize_t sent = transmit(c, c->out.s + c->out_at, c->out.len - c->out_at, false);
    c->out_at += sent > 0 ? (size_t)sent : 0;
}

/* The next piece into out, with its frame. false: there is none now (is_suspended), or the answer
 * is broken. */
static bool next_piece(struct http_conn *c)
{
    AUTO(sbuf_release) struct sbuf piece = SBUF_INIT;
    enum http_piece state;
    if (!http_next_piece(c->p, &piece, &state)) {
        c->is_suspended = true;
        set_times(c, in_seconds(c->server->o.wait_timeout_s), INT64_MAX);
        return false;
    }
    if (c->deadline_us != INT64_MAX) /* it waited for its turn */
        set_times(c, INT64_MAX, in_seconds(c->server->o.timeout_s));
    if (state == HTTP_PIECE_BROKEN)
        return false;
    if (piece.len > 0 && c->is_chunked)
        sbuf_addf(&c->out, "%zx\r\n", piece.len);
    sbuf_add(&c->out, piece.s, piece.len);
    if (piece.len > 0 && c->is_chunked)
        sbuf_adds(&c->out, "\r\n");
    if (state == HTTP_PIECE_LAST && c->is_chunked)
        sbuf_adds(&c->out, "0\r\n\r\n");
    c->is_body_out = state == HTTP_PIECE_LAST;
    c->is_suspended = state == HTTP_PIECE_WAIT && piece.len == 0;
    return !c->is_suspended;
}

static bool next_of_file(struct http_conn *c)
{
    struct http_reply *r = &c->reply;
    size_t left = r->body_len - c->body_at, n = left < PIECE ? left : PIECE;
    ssize_t got = n > 0 ? pread(r->fd, c->worker->scratch, n, (off_t)c->body_at) : 0;
    if (got < 0 || (got == 0 && n > 0))
        return false; /* shorter than it was: the client sees that it did not get everything */
    sbuf_add(&c->out, c->worker->scratch, (size_t)got);
    c->body_at += (size_t)got;
    c->is_body_out = c->body_at == r->body_len;
    return true;
}

/* 1: all is out; IO_AGAIN: the client takes no more, or nothing is there; IO_ERROR. */
static int flush(struct http_conn *c)
{
    struct http_reply *r = &c->reply;
    for (size_t total = 0; total < SENT_MAX;) {
        ssize_t sent = 0;
        bool is_memory = r->kind == HTTP_BODY_STATIC || r->kind == HTTP_BODY_TAKEN;
        if (c->out_at < c->out.len) {
            sent = transmit(c, c->out.s + c->out_at, c->out.len - c->out_at, !c->is_body_out);
            c->out_at += sent > 0 ? (size_t)sent : 0;
        } else if (c->is_body_out) {
            return 1;
        } else if (is_memory) {
            sent = transmit(c, r->body + c->body_at, r->body_len - c->body_at, false);
            c->body_at += sent > 0 ? (size_t)sent : 0;
            c->is_body_out = c->body_at == r->body_len;
        } else {
            sbuf_clear(&c->out);
            c->out_at = 0;
            bool is_good = r->kind == HTTP_BODY_PIECES ? next_piece(c) : next_of_file(c);
            if (!is_good && c->is_suspended)
                return IO_AGAIN;
            if (!is_good)
                return IO_ERROR;
        }
        if (sent < 0)
            return (int)sent;
        if (sent > 0)
            set_times(c, INT64_MAX, in_seconds(c->server->o.timeout_s));
        total += (size_t)sent;
    }
    http_conn_wake(c); /* the others want to send, too */
    return IO_AGAIN;
}

/* --- opening and closing ---------------------------------------------------------------------- */

void http_conn_close(struct http_conn *c)
{
    if (c->p)
        http_completed(c, false);
    http_worker_forget(c);
    http_reply_release(&c->reply);
    http_limits_leave(c->server->limits, &c->seat);
    http_tls_free(c->tls);
    close(c->seat.fd);
    c->prev->next = c->next;
    c->next->prev = c->prev;
    sbuf_release(&c->in);
    sbuf_release(&c->out);
    free(c);
}

static void watch(struct http_conn *c, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (c->events == events)
        return;
    epoll_ctl(c->worker->epoll_fd,
              !c->events ? EPOLL_CTL_ADD
              : !events  ? EPOLL_CTL_DEL
                         : EPOLL_CTL_MOD,
              c->seat.fd, &e);
    c->events = events;
}

/* A word to who is refused; whether it is heard is not waited for. */
static void turn_away(const struct http_server *s, int fd)
{
    static const char body[] = "{\"code\":\"Service Unavailable\",\"message\":\"too many "
                               "connections\",\"hint\":\"try again in a while\"}";
    char text[512];
    int n = snprintf(text, sizeof(text),
                     "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
                     "Content-Type: " HTTP_TYPE_JSON "\r\nContent-Length: %zu\r\n\r\n%s",
                     sizeof(body) - 1, body);
    if (!s->tls && send(fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == n)
        shutdown(fd, SHUT_WR);
    close(fd);
}

void http_conn_open(struct http_worker *w, int fd, const struct sockaddr_storage *from)
{
    struct http_server *s = w->server;
    struct http_conn *c = xcalloc(1, sizeof(*c));
    const int yes = 1;
    c->seat.fd = fd;
    if (!http_limits_enter(s->limits, &c->seat, from)) {
        turn_away(s, fd);
        free(c);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    c->worker = w;
    c->server = s;
    c->from = *from;
    c->in = c->out = (struct sbuf)SBUF_INIT;
    c->reply = (struct http_reply)HTTP_REPLY_INIT;
    c->next = w->conns.next;
    c->prev = &w->conns;
    c->next->prev = c->prev->next = c;
    c->tls = s->tls ? http_tls_accept(s->tls, fd) : NULL;
    c->state = s->tls ? CONN_HANDSHAKE : CONN_HEAD;
    unsigned first_s =
        s->tls && s->o.request_timeout_s < s->o.timeout_s ? s->o.request_timeout_s : s->o.timeout_s;
    set_times(c, INT64_MAX, in_seconds(first_s));
    if (s->tls && !c->tls)
        http_conn_close(c);
    else
        watch(c, EPOLLIN);
}

/* --- the states ------------------------------------------------------------------------------- */

enum step { STEP_ON, STEP_BLOCKED, STEP_CLOSE };

static void tell_failure(struct http_conn *c, enum http_tls_failure what, const char *why)
{
    char peer[HTTP_PEER_SIZE];
    const char *from = http_conn_peer(c, peer);
    const struct http_server_options *o = &c->server->o;
    atomic_fetch_add(&c->server->tls_failures[what], 1);
    if (what == HTTP_TLS_LEFT) /* load balancers do so all day */
        log_debug(LOG_HTTP, "tls_client_left", KV_S("from", from), KV_S("why", why));
    else if (o->tls_failed)
        o->tls_failed(o->ctx, from, why);
    else
        log_warn(LOG_HTTP, "tls_handshake_failed", KV_S("from", from), KV_S("why", why));
}

static enum step step_handshake(struct http_conn *c)
{
    int rc = http_tls_handshake(c->tls);
    if (rc == HTTP_TLS_ERROR) {
        bool has_left;
        const char *why = http_tls_why(c->tls, &has_left);
        tell_failure(c, has_left ? HTTP_TLS_LEFT : HTTP_TLS_REFUSED, why);
        return STEP_CLOSE;
    }
    if (rc == HTTP_TLS_AGAIN)
        return STEP_BLOCKED;
    c->state = CONN_HEAD;
    set_times(c, INT64_MAX, in_seconds(c->server->o.timeout_s));
    return STEP_ON;
}

/* Into the worker's scratch; with STEP_ON so many bytes. */
static enum step read_some(struct http_conn *c, size_t *ret_n)
{
    if (!c->may_read)
        return STEP_BLOCKED;
    ssize_t n = receive(c, c->worker->scratch, HTTP_SCRATCH);
    if (n == IO_AGAIN)
        return STEP_BLOCKED;
    if (n <= 0)
        return STEP_CLOSE;
    *ret_n = (size_t)n;
    return STEP_ON;
}

/* What is left of the scratch is for later. */
static void keep_from(struct http_conn *c, size_t at, size_t n)
{
    compact(c);
    sbuf_add(&c->in, c->worker->scratch + at, n - at);
}

/* More of the head. */
static enum step fill(struct http_conn *c)
{
    size_t n = 0;
    enum step step = read_some(c, &n);
    if (step == STEP_ON)
        keep_from(c, 0, n);
    return step;
}

static enum step step_head(struct http_conn *c)
{
    const char *text = c->in.s + c->in_at;
    size_t n = available(c);
    if (c->scan.at == 0)
        for (; n >= 2 && text[0] == '\r' && text[1] == '\n'; n -= 2, text += 2)
            c->in_at += 2; /* RFC 9112, 2.2 */
    if (n == 0 || (n == 1 && text[0] == '\r'))
        return fill(c);
    if (c->deadline_us == INT64_MAX)
        set_times(c, in_seconds(c->server->o.request_timeout_s), c->quiet_us);
    size_t end = http_head_end(&c->scan, text, n);
    if (c->scan.refused) {
        http_refuse(c, c->scan.refused, c->scan.why);
    } else if (end == 0) {
        set_times(c, c->deadline_us, in_seconds(c->server->o.timeout_s));
        return fill(c);
    } else {
        c->in_at += end;
        http_begin(c, text, end);
    }
    c->scan = (struct http_head_scan){0};
    return STEP_ON;
}

/* Returns how much of data belongs to the body; hands over at its end. */
static size_t take_body(struct http_conn *c, const char *data, size_t len)
{
    struct http_private *p = c->p;
    size_t at = 0;
    while (c->state == CONN_BODY) {
        const char *piece = data + at;
        size_t n = 0;
        if (p->head.is_chunked)
            at += http_chunks_take(&p->chunks, data + at, len - at, &piece, &n);
        else {
            uint64_t left = p->head.length - p->received;
            n = left < len - at ? (size_t)left : len - at;
            at += n;
        }
        bool is_bad = p->head.is_chunked && p->chunks.state == CHUNK_BAD;
        bool is_complete =
            p->head.is_chunked ? p->chunks.state == CHUNK_DONE : p->received + n == p->head.length;
        if (is_bad)
            http_fail(p, 400, ERR_SYNTAX, "the chunks of the body are not well-formed");
        if (is_bad || (n > 0 && !http_body_add(p, piece, n))) {
            c->is_last = c->has_unread = true;
            http_answer_failure(p);
        } else if (is_complete)
            http_hand_over(p);
        else if (n == 0)
            break;
    }
    return at;
}

static enum step step_body(struct http_conn *c)
{
    if (available(c) > 0) {
        c->in_at += take_body(c, c->in.s + c->in_at, available(c));
        return STEP_ON;
    }
    size_t n = 0;
    enum step step = read_some(c, &n);
    if (step != STEP_ON)
        return step;
    set_times(c, c->deadline_us, in_seconds(c->server->o.timeout_s));
    keep_from(c, take_body(c, c->worker->scratch, n), n);
    return STEP_ON;
}

static enum step finish_answer(struct http_conn *c)
{
    http_completed(c, true);
    http_reply_release(&c->reply);
    sbuf_clear(&c->out);
    if (c->out.cap > PIECE)
        sbuf_release(&c->out);
    c->out_at = 0;
    c->has_unread |= available(c) > 0;
    if (c->is_last && c->tls)
        http_tls_bye(c->tls);
    if (c->is_last && !c->has_unread)
        return STEP_CLOSE;
    if (c->is_last) {
        shutdown(c->seat.fd, SHUT_WR);
        c->body_at = 0;
        c->state = CONN_LINGER;
        set_times(c, clock_mono_us() + LINGER_US, INT64_MAX);
        return STEP_ON;
    }
    compact(c);
    c->state = CONN_HEAD;
    set_times(c, INT64_MAX, in_seconds(c->server->o.timeout_s));
    return STEP_ON;
}

static enum step step_write(struct http_conn *c)
{
    int rc = flush(c);
    if (rc == IO_ERROR)
        return STEP_CLOSE;
    if (rc == IO_AGAIN)
        return STEP_BLOCKED;
    return finish_answer(c);
}

static enum step step_linger(struct http_conn *c)
{
    ssize_t n = recv(c->seat.fd, c->worker->scratch, HTTP_SCRATCH, MSG_DONTWAIT);
    c->body_at += n > 0 ? (size_t)n : 0;
    if (c->body_at > LINGER_MAX)
        return STEP_CLOSE;
    return n > 0 ? STEP_ON : n < 0 && errno == EAGAIN ? STEP_BLOCKED : STEP_CLOSE;
}

static enum step step(struct http_conn *c)
{
    switch (c->state) {
    case CONN_HANDSHAKE:
        return step_handshake(c);
    case CONN_HEAD:
        return step_head(c);
    case CONN_BODY:
        return step_body(c);
    case CONN_WAIT:
        return STEP_BLOCKED;
    case CONN_WRITE:
        return step_write(c);
    case CONN_LINGER:
        break;
    }
    return step_linger(c);
}

void http_conn_run(struct http_conn *c)
{
    enum step next = STEP_ON;
    for (int turns = 0; next == STEP_ON && turns < TURNS; turns++)
        next = step(c);
    if (next == STEP_CLOSE) {
        http_conn_close(c);
        return;
    }
    if (next == STEP_ON) /* the others want something, too */
        http_conn_wake(c);
    bool waits = c->state == CONN_WAIT || (c->state == CONN_WRITE && c->is_suspended);
    watch(c, waits ? 0 : c->state == CONN_WRITE ? EPOLLOUT : EPOLLIN);
}

/* --- what took too long ------------------------------------------------------------------------ */

/* What has begun is waited for: it has deadlines of its own. */
static void waited_too_long(struct http_conn *c)
{
    if (!http_turn_is_over(c->p))
        set_times(c, INT64_MAX, INT64_MAX);
    else if (c->state == CONN_WRITE && c->is_suspended)
        http_conn_close(c);
    else
        http_conn_run(c);
}

/* A half request is answered, silence is not. */
void http_conn_too_late(struct http_conn *c)
{
    if (c->p && c->p->is_queued) {
        waited_too_long(c);
        return;
    }
    bool is_half = c->state == CONN_BODY || (c->state == CONN_HEAD && available(c) > 0);
    if (!is_half) {
        if (c->state == CONN_HANDSHAKE)
            tell_failure(c, HTTP_TLS_LATE, "the handshake was not done in time");
        http_conn_close(c);
        return;
    }
    if (c->state == CONN_HEAD)
        http_refuse(c, 408, "the request did not come in time");
    else {
        http_fail(c->p, 408, ERR_TIMEOUT, "the request did not come in time");
        c->is_last = c->has_unread = true;
        http_answer_failure(c->p);
    }
    http_conn_run(c);
}
