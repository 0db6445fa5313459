/* Private to the SDK: a VNFM over HTTP. rest.c: life, registration, the I/O thread; rest_serve.c:
 * requests of the NFVO; rest_ask.c: questions to it, delays. Wire: proto/doc/vnfm.md 6, rest-api.md
 * 2.12. */
#ifndef VNFM_GENERIC_SDK_REST_H
#define VNFM_GENERIC_SDK_REST_H

#include "common/base/table.h"
#include "common/http/calls.h"
#include "common/http/server.h"
#include "common/peer/answers.h"
#include "common/sys/backoff.h"
#include "common/sys/task_queue.h"
#include "vnfm-generic/sdk/internal.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    REST_WAITING_MAX = 4, /* callers that wait for one request: the NFVO's processes, one by one */
    REST_KEY_MAX = 200,
    REST_CALLS_MAX = 64, /* connections to the NFVO; it lets an address have 250 */
};

struct rest_request {
    struct carried base;
    struct table_entry entry; /* in rest->in_hand, when it has a key */
    struct rest_request *next, *prev;
    struct task task;
    struct rest *rest;
    char *key, *body; /* key: NULL without */
    size_t len;
    struct http_parked *waiting[REST_WAITING_MAX];
    unsigned waiting_n;
};

struct rest_ask {
    struct rest_ask *next;
    struct task task;
    struct rest *rest;
    enum action action;
    struct sbuf body, answer;
    char *url;
    int64_t deadline_us, due_us; /* due: INT64_MAX while a call is open */
    struct backoff backoff;
    bool was_refused;
    struct err why; /* the last time */
    peer_answered_fn *done;
    void *arg;
};

struct rest_after {
    struct task task;
    struct rest *rest;
    struct rest_after *next, *prev;
    void (*fn)(void *arg);
    void *arg;
};

struct rest {
    struct transport base;
    struct ob_vnfm *vnfm;
    char *nfvo, *address, *url, *token, *ca, *cert, *key; /* NULL: none */
    struct http_header authorization;                     /* of the token */
    int port;
    unsigned threads, prefetch;
    struct http_server *server;
    struct task_queue *workers;
    struct http_calls *calls;
    pthread_t io;
    bool is_started;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_stopping;   /* no new request is taken */
    bool is_discarding; /* what is in hand goes nowhere */
    bool wants_to_leave, has_left;
    bool is_ending, is_ended; /* the I/O thread */
    struct rest_request *requests;
    struct table in_hand;
    struct answers answers;
    unsigned in_hand_n;
    struct rest_ask *new_asks, **new_asks_tail;
    struct rest_after *afters;

    /* of the I/O thread */
    struct rest_ask *asks;
    struct sbuf registration;
    char *register_url, *unregister_url;
    bool is_registered, is_registering, is_lost, is_leaving;
    int64_t register_at_us;
    struct backoff backoff;

    _Atomic uint64_t requests_n, repeats, replies, asked, answered, timeouts, dropped,
        registrations;
};

static inline struct rest *rest_of(struct transport *t)
{
    return CONTAINER_OF(t, struct rest, base);
}

static inline void rest_report(const struct rest *r, enum ob_vnfm_state state, int code,
                               const char *text)
{
    if (r->vnfm->on_event)
        r->vnfm->on_event(r->vnfm->arg, state, code, text);
}

/* rest_serve.c */
extern const struct http_route rest_routes[];
bool rest_admit(struct http_request *req, struct http_reply *reply);
void rest_refuse(struct http_request *req, int status, const struct err *err,
                 struct http_reply *reply);
void rest_give_back(struct rest *r); /* all callers get 503: the NFVO asks a sibling, or later */
const char *rest_body(struct carried *c, size_t *ret_len);
const char *rest_id(struct carried *c);
void rest_reply(struct carried *c, struct sbuf *body);
void rest_drop(struct carried *c);

/* rest_ask.c */
void rest_ask(struct transport *t, enum action action, struct sbuf *body, int64_t timeout_ms,
              peer_answered_fn *done, void *arg);
int64_t rest_asks_go_on(struct rest *r); /* returns when it has to be called again */
void rest_asks_abort(struct rest *r);
void rest_after(struct transport *t, int64_t delay_ms, void (*fn)(void *arg), void *arg);
/* What the NFVO says instead of an answer. */
void rest_refusal(const struct http_response *res, struct err *err);
bool rest_is_passing(enum err_code rc, const struct http_response *res); /* try again */

#endif
