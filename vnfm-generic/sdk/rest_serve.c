/* Requests of the NFVO over HTTP: parked while a worker has them in hand, answered, remembered. */
#include "vnfm-generic/sdk/rest.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/sys/clock.h"
#include "proto/codec/codec.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any request of ours is open; then the NFVO is told to ask again, and joins. */
#define PARKED_MS (30 * 60 * 1000)
#define BUSY      503

static void say(struct http_reply *reply, int status, const char *text, const char *hint)
{
    struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"message\":");
    proto_quotes(&body, text);
    if (hint && hint[0]) {
        sbuf_adds(&body, ",\"hint\":");
        proto_quotes(&body, hint);
    }
    sbuf_addc(&body, '}');
    http_reply_sbuf(reply, status, HTTP_TYPE_JSON, &body);
}

void rest_refuse(struct http_request *req, int status, const struct err *err,
                 struct http_reply *reply)
{
    (void)req;
    say(reply, status, err && err->msg[0] ? err->msg : "the request is not well-formed",
        err ? err->hint : NULL);
}

/* --- who may ---------------------------------------------------------------------------------- */

/* A page in a browser of this machine may post to any port of it, and always has an Origin. */
bool rest_admit(struct http_request *req, struct http_reply *reply)
{
    static const char bearer[] = "Bearer ";
    const struct rest *r = req->ctx;
    const char *said = http_request_header(req, "Authorization");
    const char *key = http_request_header(req, "Idempotency-Key");
    if (http_request_header(req, "Origin"))
        say(reply, 403, "a web page is no NFVO", NULL);
    else if (r->token && (!said || !text_starts_with(said, bearer) ||
                          !secret_equal(said + sizeof(bearer) - 1, r->token)))
        say(reply, 401, "the token is missing, or another one",
            "give nfvo and the VNFM the same: its option rest-vnfm-token");
    else if (key && strlen(key) > REST_KEY_MAX)
        say(reply, 400, "Idempotency-Key is too long", NULL);
    else
        return true;
    return false;
}

/* --- in hand ---------------------------------------------------------------------------------- */

static void answer(struct http_parked *p, int status, const char *body, size_t len)
{
    struct http_reply reply = {0};
    http_reply_copy(&reply, status, HTTP_TYPE_JSON, body, len);
    (void)http_parked_reply(p, &reply);
}

static void answer_busy(struct http_parked *p)
{
    static const char text[] = "{\"message\":\"the VNFM is stopping\"}";
    answer(p, BUSY, text, sizeof(text) - 1);
}

/* Lock held: it is in no list any more. */
static void take_out(struct rest *r, struct rest_request *q)
{
    *(q->prev ? &q->prev->next : &r->requests) = q->next;
    if (q->next)
        q->next->prev = q->prev;
    if (q->key)
        table_remove(&r->in_hand, &q->entry);
    r->in_hand_n--;
    pthread_cond_broadcast(&r->changed);
}

static void request_free(struct rest_request *q)
{
    free(q->key);
    free(q->body);
    free(q);
}

static void end(struct rest_request *q)
{
    struct rest *r = q->rest;
    pthread_mutex_lock(&r->lock);
    take_out(r, q);
    pthread_mutex_unlock(&r->lock);
    request_free(q);
}

static void run(struct task *t, enum task_end how)
{
    struct rest_request *q = CONTAINER_OF(t, struct rest_request, task);
    struct rest *r = q->rest;
    pthread_mutex_lock(&r->lock);
    bool is_void = r->is_discarding || how != TASK_RUN;
    pthread_mutex_unlock(&r->lock);
    if (is_void)
        end(q);
    else
        request_serve(r->vnfm, &q->base);
}

static struct http_parked *park(struct http_request *req)
{
    struct http_reply again = {0};
    say(&again, BUSY, "the VNFM is not done yet", "ask again with the same Idempotency-Key");
    return http_park(req, PARKED_MS, &again);
}

/* Lock held. */
static struct rest_request *begin(struct rest *r, struct http_request *req, const char *key)
{
    struct rest_request *q = xcalloc(1, sizeof(*q));
    *q = (struct rest_request){.base = {r->base.ops},
                               .next = r->requests,
                               .task = {.run = run, .who = ""},
                               .rest = r,
                               .key = key ? xstrdup(key) : NULL,
                               .body = xmalloc(req->body_len + 1),
                               .len = req->body_len,
                               .waiting_n = 1};
    memcpy(q->body, req->body, req->body_len + 1);
    q->waiting[0] = park(req);
    if (q->next)
        q->next->prev = q;
    r->requests = q;
    if (key)
        table_put(&r->in_hand, &q->entry, q->key);
    r->in_hand_n++;
    r->requests_n++;
    return q;
}

/* Lock held: the same request again. The one who waits longest makes room: its caller is gone. */
static struct http_parked *join(struct rest *r, struct rest_request *q, struct http_request *req)
{
    struct http_parked *gone = NULL;
    r->repeats++;
    if (q->waiting_n == REST_WAITING_MAX) {
        gone = q->waiting[0];
        memmove(&q->waiting[0], &q->waiting[1], sizeof(q->waiting) - sizeof(q->waiting[0]));
        q->waiting_n--;
    }
    q->waiting[q->waiting_n++] = park(req);
    return gone;
}

static enum http_result on_request(struct http_request *req, struct http_reply *reply)
{
    struct rest *r = req->ctx;
    const char *key = http_request_header(req, "Idempotency-Key");
    struct rest_request *begun = NULL;
    struct http_parked *gone = NULL;
    enum http_result result = HTTP_PARKED;
    pthread_mutex_lock(&r->lock);
    struct table_entry *open = key ? table_find(&r->in_hand, key) : NULL;
    const struct sbuf *known = key && !open ? answers_find(&r->answers, key) : NULL;
    if (known) {
        r->repeats++;
        http_reply_copy(reply, 200, HTTP_TYPE_JSON, known->s, known->len);
        result = HTTP_DONE;
    } else if (r->is_stopping) {
        say(reply, BUSY, "the VNFM is stopping", NULL);
        result = HTTP_DONE;
    } else if (open) {
        gone = join(r, CONTAINER_OF(open, struct rest_request, entry), req);
    } else if (r->in_hand_n >= r->prefetch) {
        say(reply, BUSY, "the VNFM has as many requests in hand as it takes", NULL);
        result = HTTP_DONE;
    } else {
        begun = begin(r, req, key);
    }
    pthread_mutex_unlock(&r->lock);
    if (gone)
        answer_busy(gone);
    if (begun && !task_queue_push(r->workers, &begun->task, 0, 0))
        run(&begun->task, TASK_STOPPING);
    return result;
}

const struct http_route rest_routes[] = {{"POST", "/core-rest-actions", on_request, 0}, {0}};

void rest_give_back(struct rest *r)
{
    struct http_parked *p;
    do {
        p = NULL;
        pthread_mutex_lock(&r->lock);
        for (struct rest_request *q = r->requests; q && !p; q = q->next)
            if (q->waiting_n)
                p = q->waiting[--q->waiting_n];
        pthread_mutex_unlock(&r->lock);
        if (p)
            answer_busy(p);
    } while (p);
}

/* --- its end ---------------------------------------------------------------------------------- */

static struct rest_request *request_of(struct carried *c)
{
    return CONTAINER_OF(c, struct rest_request, base);
}

const char *rest_body(struct carried *c, size_t *ret_len)
{
    *ret_len = request_of(c)->len;
    return request_of(c)->body;
}

const char *rest_id(struct carried *c)
{
    return request_of(c)->key;
}

static bool give(struct rest_request *q, const struct sbuf *body)
{
    bool is_taken = false;
    for (unsigned i = 0; i < q->waiting_n; i++) {
        struct http_reply reply = {0};
        if (body)
            http_reply_copy(&reply, 200, HTTP_TYPE_JSON, body->s, body->len);
        else
            http_reply_empty(&reply, 204);
        is_taken |= http_parked_reply(q->waiting[i], &reply);
    }
    return is_taken;
}

void rest_reply(struct carried *c, struct sbuf *body)
{
    struct rest_request *q = request_of(c);
    struct rest *r = q->rest;
    struct sbuf kept = SBUF_INIT;
    pthread_mutex_lock(&r->lock);
    bool is_void = r->is_discarding;
    if (!is_void && q->key) {
        sbuf_add(&kept, body->s, body->len);
        answers_put(&r->answers, q->key, &kept);
    }
    take_out(r, q);
    pthread_mutex_unlock(&r->lock);
    if (!is_void && give(q, body))
        r->replies++;
    else if (!is_void) {
        r->dropped++;
        rest_report(r, OB_ANSWER_DROPPED, 0, q->key ? q->key : "");
    }
    sbuf_release(body);
    request_free(q);
}

/* For the NFVO this is an answer that will come later, and never does. */
void rest_drop(struct carried *c)
{
    struct rest_request *q = request_of(c);
    struct rest *r = q->rest;
    pthread_mutex_lock(&r->lock);
    take_out(r, q);
    pthread_mutex_unlock(&r->lock);
    (void)give(q, NULL);
    request_free(q);
}
