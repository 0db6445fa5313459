/* The life of a request, from its head to its answer. In the thread of its connection's worker;
 * what waits or takes long in those of the queues. */
#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <string.h>

#define UPLOAD_PATIENCE 60 /* times request_timeout_s */

/* No handler and no token: it says what there is to all who ask, as the OpenAPI document does. */
static void answer_options(struct http_private *p, const char *allow)
{
    p->is_refused = true;
    http_reply_empty(&p->refusal, 204);
    http_reply_header(&p->refusal, "Allow", allow);
}

static void route(struct http_private *p)
{
    AUTO(sbuf_release) struct sbuf allow = SBUF_INIT;
    bool is_options = strcmp(p->view.method, "OPTIONS") == 0;
    if (is_options && strcmp(p->view.path, "*") == 0) {
        answer_options(p, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
        return;
    }
    p->view.route = http_router_find(p->server->router, p->view.method, &p->path, &allow);
    if (p->view.route)
        return;
    if (allow.len == 0) {
        http_fail(p, 404, ERR_NOT_FOUND, "there is nothing at this path");
        return;
    }
    sbuf_adds(&allow, ", OPTIONS");
    if (is_options)
        answer_options(p, allow.s);
    else {
        http_fail(p, 405, ERR_NOT_FOUND, "this path does not know the method");
        err_hint(&p->failure_err, "%s", allow.s);
    }
}

static struct http_private *begin(struct http_conn *c, const char *text, size_t len)
{
    struct http_private *p = http_request_new(c, text, len);
    c->p = p;
    atomic_store_explicit(&c->seat.is_busy, true, memory_order_relaxed);
    atomic_fetch_add(&c->server->in_hand, 1);
    p->is_late = atomic_load(&c->server->is_closing);
    return p;
}

void http_refuse(struct http_conn *c, int status, const char *why)
{
    struct http_private *p = begin(c, NULL, 0);
    http_fail(p, status, ERR_SYNTAX, why);
    c->is_last = c->has_unread = true;
    http_answer_failure(p);
}

/* --- turns ------------------------------------------------------------------------------------ */

static void on_turn(struct task *t, enum task_end end)
{
    struct http_private *p = CONTAINER_OF(t, struct http_private, task);
    p->end = end;
    if (end == TASK_RUN)
        p->work(p);
    http_conn_worked(p->conn);
}

/* false: there is no room. */
static bool take_turn(struct http_private *p, struct task_queue *queue,
                      void (*work)(struct http_private *p), void (*then)(struct http_private *p))
{
    if (!p->turn[0])
        net_client(http_request_client(&p->view), p->turn);
    p->task = (struct task){.run = on_turn, .who = p->turn};
    p->queue = queue;
    p->work = work;
    p->then = then;
    atomic_store(&p->is_worked, false);
    return p->is_queued = task_queue_push(queue, &p->task, 1, 0);
}

/* Nothing was done, and no byte of a body that still comes in is read. */
static void turn_away(struct http_private *p, bool is_stopping)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    if (is_stopping || atomic_load(&p->server->is_closing))
        http_reply_stopping(&reply);
    else {
        struct err err;
        err_set(&err, ERR_LIMIT, "too many requests wait");
        err_hint(&err, "send the request again in a while");
        http_error_reply(p, 429, &err, &reply);
        http_reply_header(&reply, "Retry-After", "5");
    }
    bool is_body_there = !p->has_body_to_come;
    p->conn->is_last |= !is_body_there;
    p->conn->has_unread |= !is_body_there;
    http_answer(p, &reply);
}

/* In a thread of the queue, and from there. */
static void by_turns(struct http_private *p, struct task_queue *queue,
                     void (*work)(struct http_private *p), void (*then)(struct http_private *p))
{
    const struct http_server_options *o = &p->server->o;
    bool waits = queue == p->server->waiting;
    http_conn_wait_for_turn(p->conn, waits ? o->wait_timeout_s : o->request_timeout_s);
    if (!take_turn(p, queue, work, then))
        turn_away(p, false);
}

void http_go_on(struct http_private *p)
{
    if (!p->is_queued) {
        http_parked_suspend(p);
        return;
    }
    if (!atomic_load(&p->is_worked))
        return;
    p->is_queued = false;
    if (p->end == TASK_RUN)
        p->then(p);
    else
        turn_away(p, p->end == TASK_STOPPING);
}

bool http_turn_is_over(struct http_private *p)
{
    if (!task_queue_cancel(p->queue, &p->task))
        return false;
    p->is_queued = false;
    if (p->conn->state == CONN_WAIT)
        turn_away(p, false);
    return true;
}

static void make_piece(struct http_private *p)
{
    const struct http_reply *r = &p->conn->reply;
    p->piece_state = r->next_piece(r->pieces, &p->piece);
}

/* Streams have what they send in memory. */
bool http_next_piece(struct http_private *p, struct sbuf *ret, enum http_piece *ret_state)
{
    const struct http_reply *r = &p->conn->reply;
    if (!p->waits || p->sse) {
        *ret_state = r->next_piece(r->pieces, ret);
        return true;
    }
    if (!p->is_queued && !take_turn(p, p->server->waiting, make_piece, NULL)) {
        *ret_state = HTTP_PIECE_BROKEN;
        return true;
    }
    if (!atomic_load(&p->is_worked))
        return false;
    p->is_queued = false;
    *ret_state = p->end == TASK_RUN ? p->piece_state : HTTP_PIECE_BROKEN;
    sbuf_add(ret, p->piece.s, p->piece.len);
    sbuf_clear(&p->piece);
    return true;
}

/* --- from the head to the body ---------------------------------------------------------------- */

/* Before a byte of the body is taken. */
static void admit(struct http_private *p)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    p->is_refused = !p->server->o.before(&p->view, &reply);
    p->refusal = reply;
}

static void send_continue(struct http_conn *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    sbuf_add(&c->out, text, sizeof(text) - 1);
    http_conn_say(c);
}

static void receive(struct http_private *p)
{
    struct http_conn *c = p->conn;
    enum http_body_next next = http_body_begin(p);
    p->has_body_to_come = false;
    if (next == HTTP_BODY_COMES) {
        bool is_upload = p->upload != NULL;
        http_conn_read_body(c, c->server->o.request_timeout_s * (is_upload ? UPLOAD_PATIENCE : 1));
        if (p->head.expects_continue)
            send_continue(c);
        return;
    }
    c->is_last |= next == HTTP_BODY_UNWANTED;
    c->has_unread |= next == HTTP_BODY_UNWANTED;
    http_hand_over(p);
}

void http_begin(struct http_conn *c, const char *text, size_t len)
{
    const struct http_server_options *o = &c->server->o;
    struct http_private *p = begin(c, text, len);
    if (p->head.refused) {
        http_fail(p, p->head.refused, ERR_SYNTAX, p->head.why);
        c->is_last = c->has_unread = true;
        http_answer_failure(p);
        return;
    }
    if (!p->failure)
        route(p);
    bool is_good = !p->failure && !p->is_refused && !p->is_late;
    p->waits = is_good && o->turn && o->turn(&p->view, p->turn);
    p->has_body_to_come = http_request_has_body(&p->view);
    if (is_good && o->before && p->waits && p->has_body_to_come) {
        by_turns(p, p->server->waiting, admit, receive);
        return;
    }
    if (is_good && o->before)
        admit(p);
    receive(p);
}

/* --- from the body to the answer -------------------------------------------------------------- */

static void after_handler(struct http_private *p, enum http_result result, struct http_reply *reply)
{
    if (result == HTTP_DONE) {
        http_parked_forget(p); /* it changed its mind: the token is worth nothing from now on */
        http_sse_forget(p);
        http_answer(p, reply);
        return;
    }
    http_reply_release(reply);
    if (result == HTTP_PARKED)
        http_parked_suspend(p);
    else
        http_sse_answer(p);
}

static void handle(struct http_private *p)
{
    p->result = p->view.route->handler(&p->view, &p->reply);
}

static void handled(struct http_private *p)
{
    struct http_reply reply = p->reply;
    p->reply = (struct http_reply)HTTP_REPLY_INIT;
    after_handler(p, p->result, &reply);
}

static bool takes_long(const struct http_private *p)
{
    return p->view.route->flags & (HTTP_ROUTE_UPLOAD | HTTP_ROUTE_WORK) ||
           p->body.len >= p->server->o.work_body;
}

void http_hand_over(struct http_private *p)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    http_body_end(p);
    if (p->is_refused) {
        reply = p->refusal;
        p->refusal = (struct http_reply)HTTP_REPLY_INIT;
        http_answer(p, &reply);
    } else if (p->failure)
        http_answer_failure(p);
    else if (p->is_late) {
        http_reply_stopping(&reply);
        http_answer(p, &reply);
    } else if (takes_long(p))
        by_turns(p, p->server->working, handle, handled);
    else if (p->waits)
        by_turns(p, p->server->waiting, handle, handled);
    else {
        handle(p);
        handled(p);
    }
}

void http_completed(struct http_conn *c, bool is_sent)
{
    struct http_server *s = c->server;
    struct http_private *p = c->p;
    c->p = NULL;
    http_parked_forget(p);
    http_sse_forget(p);
    int64_t now = clock_mono_us();
    atomic_store_explicit(&c->seat.idle_since_us, now, memory_order_relaxed);
    atomic_store_explicit(&c->seat.is_busy, false, memory_order_relaxed);
    if (s->o.after)
        s->o.after(s->o.ctx, p->view.route, p->view.method, p->view.path, is_sent ? p->status : 0,
                   now - p->view.started_us);
    http_request_free(p);
    if (atomic_fetch_sub(&s->in_hand, 1) == 1 && atomic_load(&s->is_closing)) {
        http_parked_list_lock(s->parked_list);
        pthread_cond_broadcast(&s->parked_list->changed);
        http_parked_list_unlock(s->parked_list);
    }
}
