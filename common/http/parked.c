#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <stdlib.h>

/* Two hold it: whoever has the answer, and the request until it is completed. All members are under
 * the parked list's lock. */
struct http_parked {
    struct http_waiter waiter;
    struct http_parked_list *list; /* with a reference */
    struct http_private *p;        /* NULL: completed */
    struct http_reply reply;       /* the fallback until something better comes */
    bool is_decided, is_suspended;
    unsigned refs;
};

static struct http_parked *of_waiter(struct http_waiter *w)
{
    return CONTAINER_OF(w, struct http_parked, waiter);
}

/* Lock held. */
static void decide(struct http_waiter *w)
{
    struct http_parked *t = of_waiter(w);
    http_parked_list_remove(w);
    t->is_decided = true;
    if (t->is_suspended && t->p)
        http_conn_wake(t->p->conn);
    t->is_suspended = false;
}

void http_reply_stopping(struct http_reply *reply)
{
    http_reply_static(reply, 503, HTTP_TYPE_JSON,
                      "{\"code\":\"Service Unavailable\",\"message\":\"the process is stopping\","
                      "\"hint\":\"send the request again\"}");
    http_reply_header(reply, "Retry-After", "1");
}

static void say_stopping(struct http_parked *t)
{
    http_reply_release(&t->reply);
    t->reply = (struct http_reply)HTTP_REPLY_INIT;
    http_reply_stopping(&t->reply);
}

/* Lock held: the server closes before an answer came. */
static void stop(struct http_waiter *w)
{
    say_stopping(of_waiter(w));
    decide(w);
}

/* Lock held; unlocks. */
static void unref(struct http_parked *t)
{
    struct http_parked_list *list = t->list;
    if (--t->refs > 0) {
        http_parked_list_unlock(list);
        return;
    }
    struct http_reply reply = t->reply;
    http_parked_list_unref(list);
    http_reply_release(&reply);
    free(t);
}

struct http_parked *http_park(struct http_request *req, int64_t timeout_ms,
                              struct http_reply *fallback)
{
    struct http_private *p = req->priv;
    struct http_parked_list *list = p->server->parked_list;
    struct http_parked *t = xcalloc(1, sizeof(*t));
    t->list = list;
    t->p = p;
    t->refs = 2;
    t->waiter.due_us = clock_mono_us() + timeout_ms * USEC_PER_MS;
    t->waiter.fire = decide;
    t->waiter.finish = stop;
    t->reply = *fallback;
    *fallback = (struct http_reply)HTTP_REPLY_INIT;
    if (t->reply.status == 0)
        http_reply_static(&t->reply, 500, HTTP_TYPE_JSON,
                          "{\"code\":\"Internal Server Error\",\"message\":\"no answer in time\"}");
    http_parked_forget(p); /* a second token of one request: the first is worth nothing now */
    p->parked = t;
    http_parked_list_lock(list);
    list->refs++;
    if (list->is_closed) { /* its handler was still at work: the fallback would tell of a deadline */
        say_stopping(t);
        t->is_decided = true;
    } else
        http_parked_list_add(list, &t->waiter);
    http_parked_list_unlock(list);
    return t;
}

void http_parked_suspend(struct http_private *p)
{
    struct http_parked *t = p->parked;
    struct http_reply reply = HTTP_REPLY_INIT;
    if (!t) {
        http_answer(p, &reply); /* HTTP_PARKED without http_park */
        return;
    }
    http_parked_list_lock(t->list);
    bool is_decided = t->is_decided;
    t->is_suspended = !is_decided;
    if (is_decided) {
        reply = t->reply;
        t->reply = (struct http_reply)HTTP_REPLY_INIT;
    } else
        http_conn_wait(p->conn);
    http_parked_list_unlock(t->list);
    if (is_decided)
        http_answer(p, &reply);
}

bool http_parked_reply(struct http_parked *t, struct http_reply *reply)
{
    struct http_reply drop = *reply;
    *reply = (struct http_reply)HTTP_REPLY_INIT;
    http_parked_list_lock(t->list);
    bool is_in_time = !t->is_decided;
    if (is_in_time) {
        struct http_reply fallback = t->reply;
        t->reply = drop;
        drop = fallback;
        decide(&t->waiter);
    }
    unref(t);
    http_reply_release(&drop);
    return is_in_time;
}

void http_parked_forget(struct http_private *p)
{
    struct http_parked *t = p->parked;
    if (!t)
        return;
    p->parked = NULL;
    http_parked_list_lock(t->list);
    t->p = NULL;
    decide(&t->waiter);
    unref(t);
}
