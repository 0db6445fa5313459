#include "common/http/sse.h"

#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <string.h>

/* Three hold it: whoever has events, the request until it is completed, the response. All members
 * are under the parked list's lock. */
struct http_sse {
    struct http_waiter waiter;     /* the heartbeat */
    struct http_parked_list *list; /* with a reference */
    struct http_conn *conn;
    struct sbuf queue;
    size_t sent, max; /* so much of the queue is sent */
    int64_t heartbeat_us;
    bool is_suspended, has_ended, is_gone;
    unsigned refs;
};

/* Lock held. */
static void wake(struct http_sse *s)
{
    if (s->is_suspended && !s->is_gone)
        http_conn_wake(s->conn);
    s->is_suspended = false;
}

static void end(struct http_sse *s)
{
    http_parked_list_remove(&s->waiter);
    s->has_ended = true;
    wake(s);
}

static void on_close(struct http_waiter *w)
{
    end(CONTAINER_OF(w, struct http_sse, waiter));
}

static void on_heartbeat(struct http_waiter *w)
{
    struct http_sse *s = CONTAINER_OF(w, struct http_sse, waiter);
    w->due_us = clock_mono_us() + s->heartbeat_us;
    if (s->queue.len > s->sent) /* it does not even read what is there */
        return;
    sbuf_adds(&s->queue, ":\n\n");
    wake(s);
}

/* Lock held; unlocks. */
static void unref(struct http_sse *s)
{
    struct http_parked_list *list = s->list;
    if (--s->refs > 0) {
        http_parked_list_unlock(list);
        return;
    }
    http_parked_list_unref(list);
    sbuf_release(&s->queue);
    free(s);
}

struct http_sse *http_sse_open(struct http_request *req, const struct http_sse_options *options)
{
    struct http_sse *s = xcalloc(1, sizeof(*s));
    int64_t heartbeat_ms = options->heartbeat_ms > 0 ? options->heartbeat_ms : 15000;
    s->list = req->priv->server->parked_list;
    s->conn = req->priv->conn;
    s->max = options->queue_bytes ? options->queue_bytes : 256 * 1024;
    s->heartbeat_us = heartbeat_ms * USEC_PER_MS;
    s->refs = 2;
    s->queue = (struct sbuf)SBUF_INIT;
    s->waiter.due_us = clock_mono_us() + s->heartbeat_us;
    s->waiter.fire = on_heartbeat;
    s->waiter.finish = on_close;
    if (options->retry_ms > 0)
        sbuf_addf(&s->queue, "retry: %lld\n\n", (long long)options->retry_ms);
    http_sse_forget(req->priv);
    req->priv->sse = s;
    http_parked_list_lock(s->list);
    s->list->refs++;
    if (s->list->is_closed)
        s->has_ended = true;
    else
        http_parked_list_add(s->list, &s->waiter);
    http_parked_list_unlock(s->list);
    return s;
}

/* Called when the client can take more. */
static enum http_piece next_piece(void *arg, struct sbuf *out)
{
    struct http_sse *s = arg;
    enum http_piece state = HTTP_PIECE_MORE;
    http_parked_list_lock(s->list);
    if (s->queue.len > s->sent) {
        sbuf_add(out, s->queue.s + s->sent, s->queue.len - s->sent);
        sbuf_clear(&s->queue);
        s->sent = 0;
    } else if (s->has_ended)
        state = HTTP_PIECE_LAST;
    else {
        s->is_suspended = true;
        state = HTTP_PIECE_WAIT;
    }
    http_parked_list_unlock(s->list);
    return state;
}

static void on_response_free(void *arg)
{
    struct http_sse *s = arg;
    http_parked_list_lock(s->list);
    unref(s);
}

void http_sse_answer(struct http_private *p)
{
    struct http_sse *s = p->sse;
    struct http_reply reply = HTTP_REPLY_INIT;
    if (!s) {
        http_answer(p, &reply); /* HTTP_STREAM without http_sse_open */
        return;
    }
    http_parked_list_lock(s->list);
    s->refs++;
    http_parked_list_unlock(s->list);
    http_reply_pieces(&reply, 200, HTTP_TYPE_SSE, next_piece, on_response_free, s);
    http_reply_header(&reply, "Cache-Control", "no-cache");
    http_reply_header(&reply, "X-Accel-Buffering", "no"); /* nginx would collect events */
    if (p->server->o.finish)
        p->server->o.finish(&p->view, &reply);
    http_conn_answer(p->conn, &reply);
}

void http_sse_forget(struct http_private *p)
{
    struct http_sse *s = p->sse;
    if (!s)
        return;
    p->sse = NULL;
    http_parked_list_lock(s->list);
    s->is_gone = true;
    end(s);
    unref(s);
}

/* A line end inside event or id would start another field. */
static void add_field(struct sbuf *out, const char *name, const char *value)
{
    if (!value)
        return;
    sbuf_addf(out, "%s: ", name);
    for (; *value; value++)
        sbuf_addc(out, *value == '\n' || *value == '\r' ? ' ' : *value);
    sbuf_addc(out, '\n');
}

bool http_sse_send(struct http_sse *s, const char *event, const char *id, const char *data)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    add_field(&text, "event", event);
    add_field(&text, "id", id);
    for (const char *line = data, *next; line; line = next) {
        size_t len = strcspn(line, "\r\n");
        sbuf_adds(&text, "data: ");
        sbuf_add(&text, line, len);
        sbuf_addc(&text, '\n');
        next = line[len] ? line + len + 1 + (line[len] == '\r' && line[len + 1] == '\n') : NULL;
    }
    sbuf_addc(&text, '\n');
    http_parked_list_lock(s->list);
    bool is_open = !s->has_ended;
    if (is_open && s->queue.len - s->sent + text.len > s->max) {
        sbuf_clear(&s->queue); /* too slow: it comes again and says where it was */
        s->sent = 0;
        end(s);
        is_open = false;
    }
    if (is_open) {
        if (s->sent > 0) {
            memmove(s->queue.s, s->queue.s + s->sent, s->queue.len - s->sent);
            sbuf_truncate(&s->queue, s->queue.len - s->sent);
            s->sent = 0;
        }
        sbuf_add(&s->queue, text.s, text.len);
        s->waiter.due_us = clock_mono_us() + s->heartbeat_us;
        wake(s);
    }
    http_parked_list_unlock(s->list);
    return is_open;
}

bool http_sse_is_open(struct http_sse *s)
{
    http_parked_list_lock(s->list);
    bool is_open = !s->has_ended;
    http_parked_list_unlock(s->list);
    return is_open;
}

void http_sse_close(struct http_sse *s)
{
    if (!s)
        return;
    http_parked_list_lock(s->list);
    end(s);
    unref(s);
}
