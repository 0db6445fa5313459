/* Questions to the NFVO over HTTP: asked again until their deadline, since it answers a repeated one
 * with what it stored. Delays. */
#include "vnfm-generic/sdk/rest.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/sys/clock.h"
#include "proto/codec/codec.h"
#include "proto/records/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 5000

/* What is read of an answer that is an error of the NFVO. */
#define REST_ERROR_FIELDS(X) X(STR, message, "message", _, OPTIONAL)
PROTO_RECORD(rest_error, REST_ERROR_FIELDS)
#define PROTO_THIS struct rest_error
PROTO_RECORD_DEFINE(rest_error, REST_ERROR_FIELDS)
#undef PROTO_THIS

void rest_refusal(const struct http_response *res, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct rest_error *said = NULL;
    char shown[TEXT_SHOWN_SIZE];
    if (proto_decode(&rest_error_type, res->body.s, res->body.len, 0, &a, &said, NULL) == ERR_OK &&
        said->message) {
        err_set(err, ERR_PEER, "%.300s (status %d)", said->message, res->status);
        return;
    }
    text_show(res->body.s, res->body.len, shown);
    err_set(err, ERR_PEER, "the NFVO answered with status %d: %s", res->status, shown);
}

bool rest_is_passing(enum err_code rc, const struct http_response *res)
{
    if (rc != ERR_OK)
        return rc != ERR_INVALID && rc != ERR_LIMIT && rc != ERR_IO;
    return res->status == 408 || res->status == 429 || res->status >= 500;
}

/* --- the end of one --------------------------------------------------------------------------- */

static void run(struct task *t, enum task_end how)
{
    struct rest_ask *k = CONTAINER_OF(t, struct rest_ask, task);
    struct peer_answer answer = {.code = k->why.code, .err = &k->why};
    (void)how; /* who asked has to be told in any case */
    if (k->why.code == ERR_OK) {
        answer.body = k->answer.s;
        answer.len = k->answer.len;
    }
    k->done(k->arg, &answer);
    sbuf_release(&k->body);
    sbuf_release(&k->answer);
    free(k->url);
    free(k);
}

/* k is in no list any more. */
static void finish(struct rest_ask *k)
{
    if (!task_queue_push(k->rest->workers, &k->task, 0, 0))
        run(&k->task, TASK_STOPPING);
}

static void end(struct rest_ask *k)
{
    struct rest_ask **at = &k->rest->asks;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    finish(k);
}

/* --- one try ---------------------------------------------------------------------------------- */

static void try_again(struct rest_ask *k, const struct err *why)
{
    int64_t now = clock_mono_us();
    k->why = *why;
    k->due_us = now + backoff_next_ms(&k->backoff) * USEC_PER_MS;
    if (k->due_us > k->deadline_us)
        k->due_us = k->deadline_us;
}

/* "It is not yours": after the NFVO lost its database, registering makes it ours again. */
static bool is_worth_registering(struct rest_ask *k, int status)
{
    if ((status != 401 && status != 403) || k->was_refused)
        return false;
    k->was_refused = true;
    k->rest->register_at_us = 0;
    return true;
}

static void called(void *arg, const struct http_response *res, const struct err *failed)
{
    struct rest_ask *k = arg;
    enum err_code rc = failed ? failed->code : ERR_OK;
    struct err err = ERR_INIT;
    if (rc == ERR_OK && res->status / 100 == 2) {
        k->why = (struct err)ERR_INIT;
        if (res->body.len)
            sbuf_add(&k->answer, res->body.s, res->body.len);
        else /* taken: the reference and ours answer to vnfm-core-actions-reply without a body */
            sbuf_addf(&k->answer, "{\"action\":\"%s\"}", action_word(k->action));
        k->rest->answered++;
        end(k);
        return;
    }
    if (failed)
        err = *failed;
    else
        rest_refusal(res, &err);
    if (rest_is_passing(rc, res) || (rc == ERR_OK && is_worth_registering(k, res->status))) {
        try_again(k, &err);
        return;
    }
    k->why = err;
    end(k);
}

static void try(struct rest_ask *k)
{
    int64_t left_us = k->deadline_us - clock_mono_us();
    if (left_us <= 0) {
        char last[200] = "";
        if (k->why.code)
            snprintf(last, sizeof(last), ": %.190s", k->why.msg);
        err_set(&k->why, ERR_TIMEOUT, "no answer in time%s", last);
        k->rest->timeouts++;
        end(k);
        return;
    }
    k->due_us = INT64_MAX;
    http_calls_begin(k->rest->calls,
                     &(struct http_call){.method = "POST",
                                         .url = k->url,
                                         .headers = &k->rest->authorization,
                                         .header_n = k->rest->token ? 1 : 0,
                                         .type = HTTP_TYPE_JSON,
                                         .body = k->body.s,
                                         .body_len = k->body.len,
                                         .ca_file = k->rest->ca,
                                         .max_body = PACKAGE_MESSAGE_MAX,
                                         .timeout_ms = left_us / USEC_PER_MS + 1},
                     called, k);
}

static void take_new(struct rest *r)
{
    pthread_mutex_lock(&r->lock);
    struct rest_ask *k = r->new_asks;
    r->new_asks = NULL;
    r->new_asks_tail = &r->new_asks;
    pthread_mutex_unlock(&r->lock);
    for (struct rest_ask *next; k; k = next) {
        next = k->next;
        k->next = r->asks;
        r->asks = k;
    }
}

int64_t rest_asks_go_on(struct rest *r)
{
    int64_t now = clock_mono_us(), next_us = INT64_MAX;
    take_new(r);
    for (struct rest_ask *k = r->asks, *next; k; k = next) {
        next = k->next; /* the end of one takes out just this one */
        if (k->due_us <= now)
            try(k);
        else if (k->due_us < next_us)
            next_us = k->due_us;
    }
    return next_us;
}

/* No call is open any more. */
void rest_asks_abort(struct rest *r)
{
    take_new(r);
    while (r->asks) {
        err_set(&r->asks->why, ERR_UNAVAIL, "stopping");
        end(r->asks);
    }
}

/* --- any thread ------------------------------------------------------------------------------- */

static const char *path_of(enum action action)
{
    switch (action) {
    case ACTION_GRANT_OPERATION:
        return "vnfm-core-grant";
    case ACTION_ALLOCATE_RESOURCES:
        return "vnfm-core-allocate";
    case ACTION_SCALING:
        return "vnfm-core-scale";
    default:
        return "vnfm-core-actions-reply";
    }
}

static char *url_of(const struct rest *r, enum action action)
{
    struct sbuf s = SBUF_INIT;
    sbuf_addf(&s, "%s/admin/v1/%s", r->nfvo, path_of(action));
    return s.s; /* given with it */
}

void rest_ask(struct transport *t, enum action action, struct sbuf *body, int64_t timeout_ms,
              peer_answered_fn *done, void *arg)
{
    struct rest *r = rest_of(t);
    struct rest_ask *k = xcalloc(1, sizeof(*k));
    int64_t now = clock_mono_us();
    *k = (struct rest_ask){.task = {.run = run, .who = ""},
                           .rest = r,
                           .action = action,
                           .body = *body,
                           .answer = SBUF_INIT,
                           .url = url_of(r, action),
                           .deadline_us = now + timeout_ms * USEC_PER_MS,
                           .backoff = BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, (uint64_t)now),
                           .why = ERR_INIT,
                           .done = done,
                           .arg = arg};
    *body = (struct sbuf)SBUF_INIT;
    pthread_mutex_lock(&r->lock);
    bool is_ended = r->is_ended;
    if (!is_ended) {
        *r->new_asks_tail = k;
        r->new_asks_tail = &k->next;
        r->asked++;
        http_calls_wake(r->calls); /* with the lock: it is not freed meanwhile */
    }
    pthread_mutex_unlock(&r->lock);
    if (is_ended) {
        err_set(&k->why, ERR_UNAVAIL, "stopping");
        finish(k);
    }
}

static void run_after(struct task *t, enum task_end how)
{
    struct rest_after *a = CONTAINER_OF(t, struct rest_after, task);
    struct rest *r = a->rest;
    (void)how; /* "at once when stopping" */
    pthread_mutex_lock(&r->lock);
    *(a->prev ? &a->prev->next : &r->afters) = a->next;
    if (a->next)
        a->next->prev = a->prev;
    pthread_mutex_unlock(&r->lock);
    a->fn(a->arg);
    free(a);
}

void rest_after(struct transport *t, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    struct rest *r = rest_of(t);
    struct rest_after *a = xcalloc(1, sizeof(*a));
    *a =
        (struct rest_after){.task = {.run = run_after, .who = ""}, .rest = r, .fn = fn, .arg = arg};
    pthread_mutex_lock(&r->lock);
    bool is_now = r->is_discarding;
    a->next = r->afters;
    if (a->next)
        a->next->prev = a;
    r->afters = a;
    pthread_mutex_unlock(&r->lock);
    if (!task_queue_push(r->workers, &a->task, 0, is_now ? 0 : delay_ms * USEC_PER_MS))
        run_after(&a->task, TASK_STOPPING);
}
