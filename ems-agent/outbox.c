/* Hello and answers. Each bears our login as its author, for which the broker vouches: the VNFM
 * takes hellos and answers of a host from that host's login only (decisions.md D9). One message is
 * in flight at a time: a refused publish closes the channel with all that is open on it, and then
 * it is clear which one was refused. */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "ems-agent/agent.h"
#include "proto/topology.h"

#include <stdlib.h>
#include <string.h>

enum { LETTERS_MAX = 256, TRIES_MAX = 20, NOT_FOUND = 404, REFUSED = 403 };
#define DIRECT_REPLY "amq.rabbitmq.reply-to"

struct letter {
    struct letter *next;
    struct address to;
    char *body;
    size_t len;
    bool is_direct; /* through the default exchange */
    int tries;
};

void address_of(const struct bus_delivery *d, struct address *ret)
{
    *ret = (struct address){.tag = d->tag, .epoch = d->epoch};
    if (d->reply_to && *d->reply_to)
        ret->reply_to = xstrdup(d->reply_to);
    if (d->correlation_id)
        ret->correlation_id = xstrdup(d->correlation_id);
}

void address_release(struct address *a)
{
    free(a->reply_to);
    free(a->correlation_id);
    *a = (struct address){0};
}

void outbox_init(struct agent *a)
{
    uint64_t seed;

    id_random(&seed, sizeof(seed));
    a->outbox.backoff = (struct backoff)BACKOFF_INIT(100, 10000, seed);
}

static bool is_made_by_broker(const char *queue)
{
    return text_starts_with(queue, DIRECT_REPLY);
}

static void letter_free(struct letter *l)
{
    address_release(&l->to);
    free(l->body);
    free(l);
}

static void drop_first(struct agent *a)
{
    struct letter *l = a->outbox.first;

    a->outbox.first = l->next;
    if (!l->next)
        a->outbox.last = NULL;
    a->outbox.n--;
    bus_ack(a->bus, l->to.tag, l->to.epoch);
    letter_free(l);
    a->outbox.due_at_us = 0;
}

void outbox_release(struct agent *a)
{
    while (a->outbox.first) {
        struct letter *next = a->outbox.first->next;
        letter_free(a->outbox.first);
        a->outbox.first = next;
    }
}

void outbox_send(struct agent *a, struct address *taken, const struct ems_reply *reply)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;

    if (!taken->reply_to) {
        bus_ack(a->bus, taken->tag, taken->epoch);
        address_release(taken);
        return;
    }
    if (a->outbox.n >= LETTERS_MAX) {
        log_warn(LOG_EMS, "answer_dropped", KV_S("corr", taken->correlation_id));
        address_release(taken);
        return;
    }
    struct letter *l = xcalloc(1, sizeof(*l));
    proto_encode(&ems_reply_type, reply, PROTO_COMPLETE, &body);
    l->to = *taken;
    *taken = (struct address){0};
    l->len = body.len;
    l->body = sbuf_take(&body);
    /* The broker itself makes these names, and only the default exchange knows them. */
    l->is_direct = is_made_by_broker(l->to.reply_to);
    if (a->outbox.last)
        a->outbox.last->next = l;
    else
        a->outbox.first = l;
    a->outbox.last = l;
    a->outbox.n++;
}

static void later(struct agent *a)
{
    a->outbox.due_at_us = clock_mono_us() + backoff_next_ms(&a->outbox.backoff) * USEC_PER_MS;
}

static void publish(struct agent *a, const struct bus_message *m)
{
    struct err err = ERR_INIT;

    if (bus_publish(a->bus, m, &a->outbox.seq, &err) != ERR_OK) {
        a->outbox.seq = 0;
        log_debug(LOG_EMS, "not_sent", KV_S("key", m->routing_key), KV_ERR(&err));
        later(a);
    }
}

static void publish_hello(struct agent *a)
{
    static const char *capabilities[] = {EMS_CAPABILITY_JOURNAL};
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, key = SBUF_INIT;
    struct ems_hello hello = {.hostname = a->s.hostname,
                              .capabilities = {capabilities, ARRAY_LEN(capabilities)},
                              .version = BATON_VERSION,
                              .boot = a->journal.boot};

    /* Commands would find no queue yet. */
    if (!bus_has_all(a->bus)) {
        later(a);
        return;
    }
    proto_encode(&ems_hello_type, &hello, 0, &body);
    topology_hello_queue(a->s.type, &key);
    a->outbox.is_hello = true;
    publish(a, &(struct bus_message){.exchange = a->outbox.route ? "" : a->s.exchange,
                                     .routing_key = key.s,
                                     .body = body.s,
                                     .len = body.len,
                                     .user_id = a->s.username,
                                     .is_mandatory = true});
}

static void publish_letter(struct agent *a, const struct letter *l)
{
    a->outbox.is_hello = false;
    publish(a, &(struct bus_message){.exchange = l->is_direct ? "" : a->s.exchange,
                                     .routing_key = l->to.reply_to,
                                     .correlation_id = l->to.correlation_id,
                                     .body = l->body,
                                     .len = l->len,
                                     .user_id = a->s.username,
                                     .is_transient = true,
                                     .is_mandatory = true});
}

void outbox_pump(struct agent *a)
{
    struct outbox *m = &a->outbox;

    if (m->seq || !a->is_connected || clock_mono_us() < m->due_at_us)
        return;
    if (m->first)
        publish_letter(a, m->first);
    else if (m->wants_hello)
        publish_hello(a);
}

int64_t outbox_due_us(const struct agent *a)
{
    bool has_work = a->outbox.first || a->outbox.wants_hello;

    return a->is_connected && has_work && !a->outbox.seq ? a->outbox.due_at_us : INT64_MAX;
}

static void delivered(struct agent *a)
{
    backoff_reset(&a->outbox.backoff);
    a->outbox.due_at_us = 0;
    if (!a->outbox.is_hello) {
        drop_first(a);
        return;
    }
    a->outbox.wants_hello = false;
    log_info(LOG_EMS, "hello", KV_S("hostname", a->s.hostname), KV_S("type", a->s.type),
             KV_B("default_exchange", a->outbox.route == 1));
}

/* No queue, or no right to this exchange: the other one. The reference's VNFM binds neither its
 * hello queue nor its queues of answers, and only the default exchange reaches those. Where that is
 * refused, it is not asked for again: each refusal costs the publishing channel. */
static void undeliverable(struct agent *a, int code, const char *text)
{
    struct letter *l = a->outbox.first;

    if (a->outbox.is_hello) {
        a->outbox.route = a->outbox.route == 0 && !a->outbox.is_default_refused;
        log_debug(LOG_EMS, "hello_not_heard", KV_I("code", code), KV_S("text", text));
        later(a);
    } else if (!l->is_direct && !a->outbox.is_default_refused &&
               !is_made_by_broker(l->to.reply_to)) {
        l->is_direct = true;
        a->outbox.due_at_us = 0;
    } else {
        log_warn(LOG_EMS, "answer_undeliverable", KV_S("reply_to", l->to.reply_to),
                 KV_S("corr", l->to.correlation_id), KV_I("code", code), KV_S("text", text));
        drop_first(a);
    }
}

static bool was_direct(const struct agent *a)
{
    return a->outbox.is_hello ? a->outbox.route == 1 : a->outbox.first->is_direct;
}

static void not_taken(struct agent *a)
{
    int code = a->outbox.refusal;

    a->outbox.refusal = 0;
    if (code == REFUSED && was_direct(a))
        a->outbox.is_default_refused = true;
    if (code == REFUSED || code == NOT_FOUND)
        undeliverable(a, code, "the broker refuses this exchange");
    else if (!a->outbox.is_hello && ++a->outbox.first->tries > TRIES_MAX)
        undeliverable(a, code, "the broker does not take it");
    else
        later(a);
}

static bool is_ours(const struct agent *a, const struct bus_event *ev)
{
    return a->outbox.seq && ev->seq <= a->outbox.seq && a->outbox.seq <= ev->seq_last;
}

void outbox_on_event(struct agent *a, const struct bus_event *ev)
{
    switch (ev->type) {
    case BUS_READY:
        a->outbox.wants_hello = true;
        a->outbox.route = 0;
        a->outbox.is_default_refused = settings_has_agents_exchange(&a->s);
        a->outbox.due_at_us = 0;
        backoff_reset(&a->outbox.backoff);
        break;
    case BUS_UNBLOCKED:
        a->outbox.due_at_us = 0;
        break;
    case BUS_LOST:
        a->outbox.seq = 0; /* the answer is still the first: it goes out again */
        a->outbox.wants_hello = false;
        break;
    case BUS_FAULT:
        if (ev->item == BUS_PUBLISHING)
            a->outbox.refusal = ev->code;
        break;
    case BUS_CONFIRMED:
    case BUS_RETURNED:
    case BUS_NACKED:
        if (!is_ours(a, ev))
            break;
        a->outbox.seq = 0;
        if (ev->type == BUS_CONFIRMED)
            delivered(a);
        else if (ev->type == BUS_RETURNED)
            undeliverable(a, ev->code, ev->text);
        else
            not_taken(a);
        break;
    default:
        break;
    }
}
