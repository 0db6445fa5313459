/* Two kinds of connection, one after the other: the registration user's, and the private user's. */
#include "common/base/mem.h"
#include "common/peer/internal.h"

#include <stdlib.h>

enum { ACCESS_REFUSED = 403, ANSWERS_AHEAD = 512 };

static void want_queue_of_ours(struct peer *p)
{
    struct bus_arg args[] = {
        BUS_ARG_STRING("x-queue-type", "quorum"),
        BUS_ARG_INT("x-delivery-limit", p->o.delivery_limit),
        BUS_ARG_STRING("x-dead-letter-exchange", p->o.exchange),
        BUS_ARG_STRING("x-dead-letter-routing-key", p->o.dead_letter_key),
    };
    size_t n = p->o.dead_letter_key ? ARRAY_LEN(args) : 2;
    bus_want_queue(p->bus, &(struct bus_queue){
                               .name = p->o.queue, .is_durable = true, .args = args, .arg_n = n});
    bus_want_binding(p->bus, &(struct bus_binding){.queue = p->o.queue, .exchange = p->o.exchange});
    bus_want_consumer(
        p->bus, &(struct bus_consumer){.queue = p->o.queue, .prefetch = (uint16_t)p->o.prefetch});
}

static void open_session(struct peer *p)
{
    struct bus_options o = p->o.bus;
    p->is_private = p->credentials.user[0] != '\0';
    p->is_first = true;
    if (p->is_private) {
        if (!o.user || strcmp(o.user, p->credentials.user) != 0)
            o.password_path = NULL; /* it is another account's */
        o.user = p->credentials.user;
        o.password = p->credentials.password;
    }
    p->bus = bus_new(&o);
    bus_want_queue(p->bus, &(struct bus_queue){.name = PEER_REPLIES,
                                               .is_server_named = true,
                                               .is_exclusive = true,
                                               .is_auto_delete = true});
    bus_want_consumer(p->bus,
                      &(struct bus_consumer){.queue = PEER_REPLIES, .prefetch = ANSWERS_AHEAD});
    if (p->is_private)
        want_queue_of_ours(p);
}

void session_work(struct peer *p)
{
    if (!p->bus && peer_now_us() >= p->reopen_at_us)
        open_session(p);
}

void session_close(struct peer *p)
{
    if (!p->bus)
        return;
    serve_flush_acks(p);
    bus_free(p->bus);
    p->bus = NULL;
    send_void(p);
    ask_resend_all(p);
    timers_unset(&p->timers, &p->again);
}

/* When hundreds register at once, each waits for those before it. One that gave up and asks again
 * makes the queue longer: with the same time for each attempt it might never come to an end. */
enum { REGISTER_PATIENCE_MAX = 4 };

static void begin_registration(struct peer *p)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    if (p->registration)
        return; /* it was sent again with all other questions */
    p->o.hooks->registration(p->o.arg, NULL, &body);
    p->registration = ask_new(p, p->o.register_key, &body,
                              (int64_t)p->o.register_timeout_ms << p->register_patience);
    ask_begin(p, p->registration);
    if (!p->is_private)
        peer_report(p, PEER_REGISTERING, 0, "");
}

void session_ready(struct peer *p)
{
    /* After a loss the broker may have forgotten us, and the orchestrator may want to know that we
     * are back. */
    if (!p->is_private || !p->is_first)
        begin_registration(p);
    if (p->is_private && p->is_first && p->o.hooks->private_user)
        p->o.hooks->private_user(p->o.arg, &p->credentials);
    if (p->is_private)
        peer_report(p, PEER_SERVING, 0, p->o.queue);
    p->is_first = false;
}

static void register_anew(struct peer *p)
{
    p->credentials = (struct peer_credentials){0};
    session_close(p);
    p->reopen_at_us = peer_now_us() + backoff_next_ms(&p->backoff) * USEC_PER_MS;
}

/* Also when it was not answered in time, or not understood: then again, without end. */
void session_registered(struct peer *p, struct ask *ask)
{
    struct peer_credentials got = {0};
    struct err err = ask->err;
    enum err_code rc = err.code;
    p->registration = NULL;
    if (rc == ERR_OK)
        rc = p->o.hooks->read_credentials(ask->answer->body, ask->answer->len, got.user,
                                          got.password, sizeof(got.user), &err);
    ask_free(ask);
    if (p->is_discarding)
        return;
    if (rc != ERR_OK) {
        peer_report(p, PEER_FAULT, 0, err.msg);
        if (rc == ERR_TIMEOUT && p->register_patience < REGISTER_PATIENCE_MAX)
            p->register_patience++;
        timers_set(&p->timers, &p->again,
                   peer_now_us() + backoff_next_ms(&p->backoff) * USEC_PER_MS);
        return;
    }
    p->registrations++;
    p->register_patience = 0;
    if (p->is_private && strcmp(got.user, p->credentials.user) == 0 &&
        strcmp(got.password, p->credentials.password) == 0) {
        backoff_reset(&p->backoff);
        return;
    }
    p->credentials = got;
    explicit_bzero(&got, sizeof(got));
    session_close(p);
    p->reopen_at_us = 0;
}

void session_lost(struct peer *p, const struct bus_event *ev)
{
    peer_report(p, PEER_LOST, ev->code, ev->text);
    send_void(p);
    ask_resend_all(p);
}

void session_fault(struct peer *p, const struct bus_event *ev)
{
    peer_report(p, PEER_FAULT, ev->code, ev->text);
    if (ev->code != ACCESS_REFUSED)
        return; /* the bus tries again */
    if (ev->item == BUS_PUBLISHING)
        send_refused(p);
    else if (p->is_private)
        register_anew(p);
}
