#include "common/ports/bus_amqp.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct doomed { /* a copy is on its way to the dead letters; its original is acked when the broker
                   has it */
    uint64_t seq, tag, epoch;
};

struct engine_amqp {
    struct bus *bus;
    struct engine_amqp_options o;
    uint64_t from, to; /* settled publishes still to be reported, one by one */
    enum bus_happening settled_as;
    struct doomed doomed[64];
    size_t n_doomed;
    bool is_paused;
};

static void consume(struct engine_amqp *e)
{
    for (size_t i = 0; i < e->o.n_queues; i++)
        bus_want_consumer(
            e->bus, &(struct bus_consumer){.queue = e->o.queues[i], .prefetch = e->o.prefetch});
}

struct engine_amqp *engine_amqp_new(struct bus *bus_taken,
                                    const struct engine_amqp_options *options)
{
    struct engine_amqp *e = xcalloc(1, sizeof(*e));
    e->bus = bus_taken;
    e->o = *options;
    e->from = 1; /* from > to: nothing to report */
    consume(e);
    return e;
}

void engine_amqp_free(struct engine_amqp *e)
{
    if (!e)
        return;
    bus_free(e->bus);
    free(e);
}

struct bus *engine_amqp_connection(struct engine_amqp *e)
{
    return e->bus;
}

/* Ids that come back in an answer are kept in the outbox, one line each: what holds control
 * characters, or is longer than any queue's name, is nobody's address. */
static const char *plain(const char *s)
{
    size_t n = 0;
    for (; s && s[n]; n++)
        if ((unsigned char)s[n] < 0x20 || (unsigned char)s[n] >= 0x7f || n > 255)
            return NULL;
    return n ? s : NULL;
}

static void fill(struct bus_happened *ret, struct bus_delivery *d)
{
    ret->token = d;
    ret->message = (struct message){.queue = d->queue,
                                    .routing_key = d->routing_key,
                                    .reply_to = plain(d->reply_to),
                                    .correlation_id = plain(d->correlation_id),
                                    .first_death_queue = plain(d->first_death_queue),
                                    .body = d->body,
                                    .len = d->len};
}

static bool was_dead_letter(struct engine_amqp *e, uint64_t seq)
{
    for (size_t i = 0; i < e->n_doomed; i++)
        if (e->doomed[i].seq == seq) {
            if (e->settled_as == HAPPENED_CONFIRMED)
                bus_ack(e->bus, e->doomed[i].tag, e->doomed[i].epoch);
            else /* the copy was refused: the original is all there is */
                bus_reject(e->bus, e->doomed[i].tag, e->doomed[i].epoch, true);
            e->doomed[i] = e->doomed[--e->n_doomed];
            return true;
        }
    return false;
}

static bool report_settled(struct engine_amqp *e, struct bus_happened *ret)
{
    while (e->from <= e->to) {
        uint64_t seq = e->from++;
        if (was_dead_letter(e, seq))
            continue;
        ret->what = e->settled_as;
        ret->seq = seq;
        return true;
    }
    return false;
}

static void fault(struct engine_amqp *e, const struct bus_event *ev)
{
    char what[160];
    if (!e->o.fault)
        return;
    snprintf(what, sizeof(what), "%s %s",
             ev->type == BUS_FAULT ? bus_item_name(ev->item) : bus_event_name(ev->type),
             ev->name ? ev->name : "");
    e->o.fault(e->o.arg, what, ev->text ? ev->text : "");
}

/* One event of the bus; true: *ret is filled. */
static bool one(struct engine_amqp *e, const struct bus_event *ev, struct bus_happened *ret)
{
    switch (ev->type) {
    case BUS_TIMEOUT:
        ret->what = HAPPENED_NOTHING;
        return true;
    case BUS_WAKE:
        ret->what = HAPPENED_WOKEN;
        return true;
    case BUS_DELIVERY:
    case BUS_OVERSIZE:
        ret->what = ev->type == BUS_DELIVERY ? HAPPENED_DELIVERY : HAPPENED_OVERSIZE;
        fill(ret, bus_take(e->bus));
        return true;
    case BUS_CONFIRMED:
    case BUS_NACKED:
    case BUS_RETURNED:
        e->settled_as = ev->type == BUS_CONFIRMED ? HAPPENED_CONFIRMED
                        : ev->type == BUS_NACKED  ? HAPPENED_REFUSED
                                                  : HAPPENED_RETURNED;
        e->from = ev->seq;
        e->to = ev->type == BUS_RETURNED ? ev->seq : ev->seq_last;
        return report_settled(e, ret);
    case BUS_READY:
        ret->what = HAPPENED_READY;
        return true;
    case BUS_LOST:
        e->n_doomed = 0;
        fault(e, ev);
        ret->what = HAPPENED_LOST;
        return true;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
    case BUS_UNBLOCKED:
        fault(e, ev);
        return false;
    default:
        return false;
    }
}

static void next(void *ctx, int timeout_ms, struct bus_happened *ret)
{
    struct engine_amqp *e = ctx;
    struct bus_event ev;
    if (report_settled(e, ret))
        return;
    do
        bus_next(e->bus, &ev, timeout_ms ? e->o.wake_fd : -1, timeout_ms);
    while (!one(e, &ev, ret));
}

/* A private reply queue has done its work when its answer was taken. */
static void delete_reply_queue(struct engine_amqp *e, const struct bus_delivery *d)
{
    size_t n = strlen(e->o.reply_prefix);
    if (d->first_death_queue && strncmp(d->first_death_queue, e->o.reply_prefix, n) == 0 &&
        bus_is_ready(e->bus))
        err_ignore(bus_queue_delete_now(e->bus, d->first_death_queue, NULL),
                   "it expires by itself");
}

static void forget(void *ctx, const char *command)
{
    struct engine_amqp *e = ctx;
    char queue[256];
    snprintf(queue, sizeof(queue), "%s%s", e->o.reply_prefix, command);
    if (bus_is_ready(e->bus))
        err_ignore(bus_queue_delete_now(e->bus, queue, NULL), "it expires by itself");
}

static void ack(void *ctx, void *token)
{
    struct engine_amqp *e = ctx;
    struct bus_delivery *d = token;
    bus_ack(e->bus, d->tag, d->epoch);
    delete_reply_queue(e, d);
    bus_delivery_free(d);
}

static void dead_letter(void *ctx, void *token, const struct err *reason)
{
    struct engine_amqp *e = ctx;
    struct bus_delivery *d = token;
    uint64_t seq = 0;
    const struct bus_header headers[] = {{"x-baton-queue", d->queue},
                                         {"x-baton-code", err_name(reason->code)},
                                         {"x-baton-reason", reason->msg},
                                         {"x-baton-where", reason->where}};
    struct bus_message m = {.routing_key = e->o.dead_letters,
                            .body = d->body ? d->body : "",
                            .len = d->body ? d->len : 0,
                            .content_type = d->content_type,
                            .correlation_id = d->correlation_id,
                            .headers = headers,
                            .header_n = reason->where[0] ? 4 : 3};
    if (e->n_doomed < ARRAY_LEN(e->doomed) && bus_publish(e->bus, &m, &seq, NULL) == ERR_OK)
        e->doomed[e->n_doomed++] = (struct doomed){seq, d->tag, d->epoch};
    else /* delivered again, or over the limit to the dead letters by the broker itself */
        bus_reject(e->bus, d->tag, d->epoch, true);
    bus_delivery_free(d);
}

static enum err_code declare_reply_queue(struct engine_amqp *e, const char *name, struct err *err)
{
    const struct bus_arg args[] = {BUS_ARG_INT("x-message-ttl", 0),
                                   BUS_ARG_INT("x-expires", e->o.reply_expires_ms),
                                   BUS_ARG_STRING("x-dead-letter-exchange", ""),
                                   BUS_ARG_STRING("x-dead-letter-routing-key", e->o.reply_queue)};
    return bus_queue_declare_now(
        e->bus,
        &(struct bus_queue){
            .name = name, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args)},
        err);
}

static enum err_code publish(void *ctx, const struct send *s, const char *body, size_t len,
                             uint64_t *ret_seq, struct err *err)
{
    struct engine_amqp *e = ctx;
    char reply_queue[256];
    struct bus_message m = {.exchange = s->exchange,
                            .routing_key = s->key,
                            .body = body,
                            .len = len,
                            .correlation_id = s->is_answer ? s->correlation_id : s->command};
    /* The broker returns what goes to a direct reply-to although it delivers it (design.md,
     * "Unroutable"). */
    m.is_mandatory = !(s->is_answer && strncmp(s->key, "amq.rabbitmq.reply-to", 21) == 0);
    if (s->reply == SEND_REPLY_SHARED) {
        m.reply_to = e->o.reply_queue;
    } else if (s->reply == SEND_REPLY_PRIVATE) {
        snprintf(reply_queue, sizeof(reply_queue), "%s%s", e->o.reply_prefix, s->command);
        enum err_code rc = declare_reply_queue(e, reply_queue, err);
        if (rc != ERR_OK)
            return rc;
        m.reply_to = reply_queue;
    }
    return bus_publish(e->bus, &m, ret_seq, err);
}

static void cork(void *ctx, bool on)
{
    struct engine_amqp *e = ctx;
    if (on)
        bus_cork(e->bus);
    else
        bus_uncork(e->bus);
}

static void pause_consuming(void *ctx, bool on)
{
    struct engine_amqp *e = ctx;
    if (on == e->is_paused)
        return;
    e->is_paused = on;
    if (!on)
        consume(e);
    for (size_t i = 0; on && i < e->o.n_queues; i++)
        bus_unwant_consumer(e->bus, e->o.queues[i]);
}

struct engine_bus engine_amqp_bus(struct engine_amqp *e)
{
    return (struct engine_bus){.ctx = e,
                               .next = next,
                               .ack = ack,
                               .dead_letter = dead_letter,
                               .publish = publish,
                               .forget = forget,
                               .cork = cork,
                               .pause = pause_consuming};
}
