/* Everything the broker says comes through here, frame by frame, also while a synchronous call
 * waits: librabbitmq's own waiting functions (amqp_simple_rpc, amqp_consume_message) would queue
 * foreign frames without a bound, or trip over them. */
#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a message that is arriving --- */

static struct event_queue *flow(struct bus *bus)
{
    return bus->is_replayed ? &bus->events : &bus->early;
}

static void message_complete(struct bus *bus, struct channel *c)
{
    struct incoming *in = &c->in;

    in->want = IN_NOTHING;
    if (in->is_return)
        return;
    bus->stats.delivered += !in->is_oversize;
    bus->stats.oversized += in->is_oversize;
    bus->stats.redelivered += in->is_redelivered;
    bus->stats.bytes_in += in->size;
    in->delivery->epoch = c->epoch;
    bus_event_push_delivery(flow(bus), in->is_oversize ? BUS_OVERSIZE : BUS_DELIVERY, in->delivery);
    in->delivery = NULL;
}

static void returned(struct bus *bus, struct incoming *in, const amqp_basic_properties_t *p)
{
    int64_t seq = bus_properties_seq(p);

    if (seq < 0 || !bus_ledger_returned(&bus->ledger, (uint64_t)seq))
        return;
    struct bus_event *ev = bus_event_push(flow(bus), BUS_RETURNED, NULL, in->text);
    ev->seq = ev->seq_last = (uint64_t)seq;
    ev->code = in->code;
    bus->stats.returned++;
}

static void on_header(struct bus *bus, struct channel *c, const amqp_frame_t *f)
{
    struct incoming *in = &c->in;
    const amqp_basic_properties_t *p = f->payload.properties.decoded;

    if (in->want != IN_HEADER)
        return;
    in->size = f->payload.properties.body_size;
    in->at = 0;
    in->want = IN_BODY;
    if (in->is_return) {
        returned(bus, in, p);
    } else {
        in->is_oversize = in->size > bus->o.max_body;
        in->delivery = bus_delivery_new(in, c->queue, p, !in->is_oversize);
    }
    if (in->size == 0)
        message_complete(bus, c);
}

static void on_body(struct bus *bus, struct channel *c, const amqp_frame_t *f)
{
    struct incoming *in = &c->in;
    amqp_bytes_t part = f->payload.body_fragment;

    if (in->want != IN_BODY)
        return;
    if (part.len > in->size - in->at) {
        bus_lost(bus, 0, "the broker sent more body than it had announced");
        return;
    }
    if (in->delivery && in->delivery->body)
        memcpy(bus_delivery_body(in->delivery) + in->at, part.bytes, part.len);
    in->at += part.len;
    if (in->at == in->size)
        message_complete(bus, c);
}

static void on_deliver(struct channel *c, const amqp_basic_deliver_t *m)
{
    struct incoming *in = &c->in;

    if (!c->queue || in->want != IN_NOTHING)
        return;
    in->want = IN_HEADER;
    in->is_return = false;
    in->is_redelivered = m->redelivered;
    in->tag = (uint64_t)c->number << 48 | m->delivery_tag;
    bus_copy_short(in->exchange, m->exchange);
    bus_copy_short(in->routing_key, m->routing_key);
}

static void on_return(struct channel *c, const amqp_basic_return_t *m)
{
    struct incoming *in = &c->in;

    if (in->want != IN_NOTHING)
        return;
    in->want = IN_HEADER;
    in->is_return = true;
    in->is_oversize = false;
    in->code = m->reply_code;
    bus_copy_short(in->text, m->reply_text);
}

/* --- methods --- */

static void settled(struct bus *bus, const struct channel *c, enum bus_event_type type,
                    uint64_t tag, bool is_multiple)
{
    if (c != bus->publishing->channel)
        return;
    size_t n = bus_ledger_settle(&bus->ledger, flow(bus), type, tag, is_multiple);
    *(type == BUS_CONFIRMED ? &bus->stats.confirmed : &bus->stats.nacked) += n;
    if (type == BUS_CONFIRMED)
        backoff_reset(&bus->publishing->backoff);
}

static void on_channel_close(struct bus *bus, struct channel *c, const amqp_channel_close_t *m)
{
    amqp_channel_close_ok_t ok = {0};
    struct item *item = c->consumer;
    char text[256];

    bus_copy_short(text, m->reply_text);
    bus_channel_void(bus, c);
    (void)amqp_send_method(bus->conn, c->number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
    if (bus->call.channel == c && bus->call.state == CALL_PENDING) {
        bus->call.state = CALL_CLOSED;
        bus->call.code = m->reply_code;
        memcpy(bus->call.text, text, sizeof(text));
    } else if (c == bus->publishing->channel) {
        /* The broker refused one message, not the channel: who sends the others does not wait
         * longer for each one that is refused. */
        backoff_reset(&bus->publishing->backoff);
        bus_item_fault(bus, bus->publishing, m->reply_code, text);
        settled(bus, c, BUS_NACKED, 0, true);
        bus->publishing->channel = NULL;
    } else if (item) {
        item->channel = NULL;
        bus_item_fault(bus, item, m->reply_code, text);
    }
}

static void on_cancel(struct bus *bus, struct channel *c)
{
    struct item *item = c->consumer;

    if (!item)
        return;
    c->consumer = NULL; /* the channel stays: deliveries of it may still be acked */
    bus_consumer_cancelled(bus, item);
}

static void answered(struct bus *bus, const amqp_frame_t *f)
{
    struct call *call = &bus->call;

    if (f->payload.method.id == AMQP_QUEUE_DECLARE_OK_METHOD) {
        const amqp_queue_declare_ok_t *m = f->payload.method.decoded;
        bus_copy_short(call->queue, m->queue);
        call->messages = m->message_count;
        call->consumers = m->consumer_count;
    }
    call->state = CALL_ANSWERED;
}

static void on_connection_method(struct bus *bus, const amqp_frame_t *f)
{
    char text[256];

    if (f->payload.method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const amqp_connection_close_t *m = f->payload.method.decoded;
        amqp_connection_close_ok_t ok = {0};
        int code = m->reply_code;
        bus_copy_short(text, m->reply_text);
        (void)amqp_send_method(bus->conn, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok);
        bus_lost(bus, code, text);
    } else if (f->payload.method.id == AMQP_CONNECTION_BLOCKED_METHOD) {
        const amqp_connection_blocked_t *m = f->payload.method.decoded;
        bus_copy_short(text, m->reason);
        bus->is_blocked = true;
        bus_event_push(flow(bus), BUS_BLOCKED, NULL, text);
    } else if (f->payload.method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
        bus->is_blocked = false;
        bus_event_push(flow(bus), BUS_UNBLOCKED, NULL, NULL);
    }
}

static void on_method(struct bus *bus, struct channel *c, const amqp_frame_t *f)
{
    const void *m = f->payload.method.decoded;

    switch (f->payload.method.id) {
    case AMQP_BASIC_DELIVER_METHOD:
        on_deliver(c, m);
        break;
    case AMQP_BASIC_RETURN_METHOD:
        on_return(c, m);
        break;
    case AMQP_BASIC_ACK_METHOD: {
        const amqp_basic_ack_t *ack = m;
        settled(bus, c, BUS_CONFIRMED, ack->delivery_tag, ack->multiple);
        break;
    }
    case AMQP_BASIC_NACK_METHOD: {
        const amqp_basic_nack_t *nack = m;
        settled(bus, c, BUS_NACKED, nack->delivery_tag, nack->multiple);
        break;
    }
    case AMQP_BASIC_CANCEL_METHOD:
        on_cancel(bus, c);
        break;
    case AMQP_CHANNEL_CLOSE_METHOD:
        on_channel_close(bus, c, m);
        break;
    default:
        if (bus->call.channel == c && bus->call.state == CALL_PENDING &&
            f->payload.method.id == bus->call.expect)
            answered(bus, f);
    }
}

static void dispatch(struct bus *bus, const amqp_frame_t *f)
{
    struct channel *c = bus_channel_find(bus, f->channel);

    if (f->channel == 0) {
        if (f->frame_type == AMQP_FRAME_METHOD)
            on_connection_method(bus, f);
        return;
    }
    if (!c)
        return;
    if (c->state == CHANNEL_CLOSING) {
        if (f->frame_type == AMQP_FRAME_METHOD &&
            (f->payload.method.id == AMQP_CHANNEL_CLOSE_OK_METHOD ||
             f->payload.method.id == AMQP_CHANNEL_CLOSE_METHOD))
            c->state = CHANNEL_CLOSED;
        return;
    }
    if (f->frame_type == AMQP_FRAME_METHOD)
        on_method(bus, c, f);
    else if (f->frame_type == AMQP_FRAME_HEADER)
        on_header(bus, c, f);
    else if (f->frame_type == AMQP_FRAME_BODY)
        on_body(bus, c, f);
}

void bus_drain(struct bus *bus)
{
    static const struct timeval now = {0};
    amqp_frame_t f;

    bus->heard_at_ms = bus_now_ms();
    while (bus->conn) {
        /* Reading writes, too: heartbeats, and answers to what the broker closes. */
        bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
        int status = amqp_simple_wait_frame_noblock(bus->conn, &f, &now);
        if (status == AMQP_STATUS_TIMEOUT)
            break;
        if (status != AMQP_STATUS_OK) {
            bus_lost(bus, 0, amqp_error_string2(status));
            return;
        }
        dispatch(bus, &f);
        /* The frame and all it decoded into lives in the channel's pool: give it back, or a large
         * message would stay there. */
        if (bus->conn)
            amqp_maybe_release_buffers_on_channel(bus->conn, f.channel);
        /* Plain TCP: an empty buffer means that the socket was empty a moment ago; TLS may hold a
         * record back. */
        if (bus->conn && !bus->o.tls.is_on && !amqp_data_in_buffer(bus->conn) &&
            !amqp_frames_enqueued(bus->conn))
            break;
    }
    bus_guard_disarm(&bus->guard);
}
