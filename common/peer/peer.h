/* A peer of an orchestrator on a message bus: it registers, serves one queue, and asks questions of
 * its own. Knows nothing of what the messages say; the SDKs of VNFMs and drivers put their meaning
 * on top (vnfm-generic/sdk/ob_vnfm.h, vim-drivers/sdk/ob_vim.h).
 *
 *     struct peer *peer = peer_new(&(struct peer_options){
 *         .bus = {.host = "broker", .user = "registrar", .password = password},
 *         .exchange = "the-exchange",
 *         .register_key = "registrations",
 *         .ask_key = "questions",
 *         .queue = "web",
 *         .hooks = hooks, // hooks->serve(me, request) runs on a worker; then or later, from any
 *         .arg = me});    // thread, peer_request_reply(request, &body) ends it
 *     if (peer_start(peer, err) != ERR_OK)
 *         return err->code;
 *     wait_for_signal();
 *     peer_stop(peer, 5000);
 *     peer_free(peer);
 *
 * Threads: ONE I/O thread owns the connection, so that heartbeats go on while work is done;
 * `threads` workers run the hooks `serve` and the completions of asks and delays. Nothing that runs
 * on a worker needs to wait for the orchestrator: it asks, returns, and goes on in the completion,
 * so a few workers carry thousands of conversations.
 *
 * Registration: as the registration user, a request with an exclusive server-named reply queue; the
 * answer holds the credentials of a private user, as which the peer connects then. It registers
 * again after the broker was lost (the answer is the same unless the broker forgot everything) and
 * when its credentials are refused, for ever, with backoff.
 *
 * Requests: acknowledged only after their reply was confirmed by the broker, so a crash loses none:
 * the broker delivers it again, to us or to a sibling. One with the correlation id of a request in
 * hand joins it; one already answered gets the stored answer again (a bounded memory of this
 * process). Without correlation id a redelivery is served again. Replies go to reply_to, through
 * the exchange (reply queues are bound there; a private user may not write to the default
 * exchange), to direct reply-to pseudo queues through the default exchange. A reply that no queue
 * takes is dropped: nobody waits for it any more.
 *
 * Asks: published to the exchange, answered through one private reply queue, matched by correlation
 * id. Sent again after a lost connection (the reply queue has a new name then) until the deadline:
 * the other side must bear repeats.
 *
 * Errors are values; out of memory ends the process (common/base/mem.h), as in all of common. */
#ifndef COMMON_PEER_PEER_H
#define COMMON_PEER_PEER_H

#include "common/base/sbuf.h"
#include "common/bus/bus.h"

struct peer;         /* opaque */
struct peer_request; /* opaque: one request in hand */

struct peer_credentials {
    char user[256], password[256];
};

enum peer_state {
    PEER_REGISTERING, /* connected as the registration user, request sent */
    PEER_SERVING,     /* consuming as the private user; again after each loss */
    PEER_LOST,        /* connection lost; text */
    PEER_FAULT,       /* something failed and is tried again; text */
    PEER_DROPPED      /* a reply found no queue, or no right to be sent; text is its reply_to */
};
struct peer_event {
    enum peer_state state;
    int code;         /* AMQP reply code, or 0 */
    const char *text; /* never NULL */
};

struct peer_hooks {
    /* On a worker. Exactly one of peer_request_reply and peer_request_ack must follow, now or
     * later. */
    void (*serve)(void *arg, struct peer_request *request);
    /* The rest on the I/O thread; must not block. */
    /* What registers us (mine is NULL) or takes that back. */
    void (*registration)(void *arg, const struct peer_credentials *mine, struct sbuf *out);
    /* Out of the answer; user and password: buffers of size bytes. */
    enum err_code (*read_credentials)(const char *body, size_t len, char *user, char *password,
                                      size_t size, struct err *err);
    /* May an answer go there? One that may not is dropped without trying. NULL: anywhere. */
    bool (*may_answer)(const char *reply_to);
    /* Each time that it begins to serve as this user; may be NULL. */
    void (*private_user)(void *arg, const struct peer_credentials *mine);
    void (*event)(void *arg, const struct peer_event *event); /* for the log; may be NULL */
};

/* Everything is borrowed and duplicated, but hooks and arg. 0 or NULL means the default in
 * brackets. */
struct peer_options {
    struct bus_options bus; /* user, password: of the registration user */
    const char *exchange, *register_key, *ask_key, *queue;
    /* NULL: messages over the delivery limit are dropped by the broker */
    const char *dead_letter_key;
    unsigned threads;        /* [4] */
    unsigned prefetch;       /* requests in hand [512] */
    unsigned delivery_limit; /* [8] */
    int register_timeout_ms; /* the first attempt [5000]; doubled up to 16 times of it */
    size_t answers_max;      /* bytes of answers remembered [4 MiB] */
    const struct peer_hooks *hooks;
    void *arg;
};

struct peer *peer_new(const struct peer_options *options); /* given; no connection yet */
/* Starts the threads. Does not wait for the broker. ERR_IO: no threads or descriptors. */
MUST_USE enum err_code peer_start(struct peer *peer, struct err *err);
/* Stops consuming, lets requests in hand finish for at most grace_ms, unregisters, ends the
 * threads. What is not finished then is delivered again to a sibling: its asks end with
 * ERR_UNAVAIL, its delays at once, and its reply goes nowhere. Blocks. */
void peer_stop(struct peer *peer, int grace_ms);
void peer_free(struct peer *peer); /* stopped or never started; NULL is fine */

/* --- a request in hand; any thread --- */
const char *peer_request_body(const struct peer_request *request,
                              size_t *ret_len);                  /* borrowed until the reply */
const char *peer_request_id(const struct peer_request *request); /* correlation id or NULL */
bool peer_request_wants_reply(const struct peer_request *request);
/* Answer and, once the broker has it, acknowledge. Takes the body's content and the request. */
void peer_request_reply(struct peer_request *request, struct sbuf *body);
void peer_request_ack(
    struct peer_request *request); /* acknowledge without an answer; takes the request */

/* --- questions and delays; any thread --- */
struct peer_answer {
    enum err_code code; /* ERR_OK, ERR_TIMEOUT, ERR_UNAVAIL (stopping) */
    const struct err *err;
    const char *body; /* NULL unless ERR_OK; borrowed for the call */
    size_t len;
};
typedef void peer_answered_fn(void *arg, const struct peer_answer *answer);
/* done is called exactly once, on a worker. Takes the body's content. */
void peer_ask(struct peer *peer, struct sbuf *body, int64_t timeout_ms, peer_answered_fn *done,
              void *arg);
/* Call fn on a worker when delay_ms are over. */
void peer_after(struct peer *peer, int64_t delay_ms, void (*fn)(void *arg), void *arg);
/* One-way message to a key of the exchange; repeated until confirmed. Takes the body's content. */
void peer_tell(struct peer *peer, const char *key, struct sbuf *body);

struct peer_stats {
    uint64_t requests, repeats, replies, asks, answers, timeouts, dropped, registrations;
    uint64_t in_hand; /* requests not answered yet */
};
void peer_get_stats(const struct peer *peer, struct peer_stats *ret); /* any thread */

#endif
