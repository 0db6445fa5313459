#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

amqp_bytes_t bus_bytes(const char *s)
{
    return s ? amqp_cstring_bytes(s) : amqp_empty_bytes;
}

struct channel *bus_channel_find(struct bus *bus, uint16_t number)
{
    return number < ARRAY_LEN(bus->channels) ? bus->channels[number] : NULL;
}

void bus_channel_void(struct bus *bus, struct channel *c)
{
    c->state = CHANNEL_CLOSED;
    c->epoch = 0;
    c->consumer = NULL;
    c->in.want = IN_NOTHING;
    bus_delivery_free(c->in.delivery);
    c->in.delivery = NULL;
    free(c->queue);
    c->queue = NULL;
    if (bus->topology == c)
        bus->topology = NULL;
}

/* No answer: the channel is in an unknown state. Close it without waiting; what still comes on it
 * is dropped. */
static void give_up(struct bus *bus, struct channel *c)
{
    amqp_channel_close_t m = {.reply_code = AMQP_REPLY_SUCCESS,
                              .reply_text = amqp_cstring_bytes("no answer in time")};

    bus_channel_void(bus, c);
    c->state = CHANNEL_CLOSING;
    bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
    int status = amqp_send_method(bus->conn, c->number, AMQP_CHANNEL_CLOSE_METHOD, &m);
    bus_guard_disarm(&bus->guard);
    if (status != AMQP_STATUS_OK)
        bus_lost(bus, 0, amqp_error_string2(status));
}

static void await(struct bus *bus, int64_t deadline)
{
    for (;;) {
        bus_drain(bus);
        int64_t left = deadline - bus_now_ms();
        if (!bus->conn || bus->call.state != CALL_PENDING || left <= 0)
            return;
        struct pollfd p = {.fd = amqp_get_sockfd(bus->conn), .events = POLLIN};
        poll(&p, 1, (int)left);
    }
}

enum err_code bus_call(struct bus *bus, struct channel *channel, amqp_method_number_t id,
                       void *method, amqp_method_number_t expect, struct err *err)
{
    struct call *call = &bus->call;

    *call = (struct call){.channel = channel, .expect = expect};
    bus_uncork(bus);
    bus_guard_arm(&bus->guard, bus->o.call_timeout_ms);
    int status = amqp_send_method(bus->conn, channel->number, id, method);
    bus_guard_disarm(&bus->guard);
    if (status == AMQP_STATUS_BAD_AMQP_DATA || status == AMQP_STATUS_TABLE_TOO_BIG ||
        status == AMQP_STATUS_INVALID_PARAMETER) { /* not encodable: nothing was written */
        call->channel = NULL;
        return err_set(err, ERR_INVALID,
                       "a name is longer than AMQP's 255 bytes, or the arguments do not fit");
    }
    if (status != AMQP_STATUS_OK)
        bus_write_failed(bus, status);
    else
        await(bus, bus_now_ms() + bus->o.call_timeout_ms);
    call->channel = NULL;

    if (bus->conn && call->state == CALL_PENDING) {
        give_up(bus, channel);
        return err_set(err, ERR_TIMEOUT, "no answer from the broker within %d ms",
                       bus->o.call_timeout_ms);
    }
    if (!bus->conn)
        return err_set(err, ERR_UNAVAIL, "the connection to the broker was lost");
    if (call->state == CALL_CLOSED) {
        enum err_code code = call->code == AMQP_NOT_FOUND        ? ERR_NOT_FOUND
                             : call->code == AMQP_ACCESS_REFUSED ? ERR_DENIED
                                                                 : ERR_PEER;
        err_set(err, code, "%s", call->text);
        if (err)
            err->sys = call->code;
        return code;
    }
    return ERR_OK;
}

enum err_code bus_channel_open(struct bus *bus, struct channel **ret_channel, struct err *err)
{
    amqp_channel_open_t m = {0};
    struct channel *c;
    uint16_t n = 1;

    while (n <= CHANNEL_MAX && bus->channels[n] && bus->channels[n]->state != CHANNEL_CLOSED)
        n++;
    if (n > CHANNEL_MAX)
        return err_set(err, ERR_LIMIT, "all %d channels are in use", CHANNEL_MAX);
    c = bus->channels[n];
    if (!c) {
        c = bus->channels[n] = xcalloc(1, sizeof(*c));
        c->number = n;
    }
    c->state = CHANNEL_OPEN;
    c->epoch = ++bus->epoch;
    enum err_code rc =
        bus_call(bus, c, AMQP_CHANNEL_OPEN_METHOD, &m, AMQP_CHANNEL_OPEN_OK_METHOD, err);
    if (rc != ERR_OK)
        return err_add(err, "open a channel");
    *ret_channel = c;
    return ERR_OK;
}

enum err_code bus_topology_channel(struct bus *bus, struct channel **ret_channel, struct err *err)
{
    if (!bus->topology) {
        enum err_code rc = bus_channel_open(bus, &bus->topology, err);
        if (rc != ERR_OK)
            return rc;
    }
    *ret_channel = bus->topology;
    return ERR_OK;
}

/* --- public --- */

static enum err_code need_channel(struct bus *bus, struct channel **ret, struct err *err)
{
    if (!bus->conn)
        return err_set(err, ERR_UNAVAIL, "not connected to the broker");
    if (bus->is_blocked)
        return err_set(err, ERR_UNAVAIL,
                       "the broker is in alarm and answers no connection that publishes");
    return bus_topology_channel(bus, ret, err);
}

enum err_code bus_queue_check(struct bus *bus, const char *queue, uint32_t *ret_messages,
                              uint32_t *ret_consumers, struct err *err)
{
    amqp_queue_declare_t m = {.queue = bus_bytes(queue), .passive = 1};
    struct channel *c = NULL;
    enum err_code rc = need_channel(bus, &c, err);

    if (rc == ERR_OK)
        rc = bus_call(bus, c, AMQP_QUEUE_DECLARE_METHOD, &m, AMQP_QUEUE_DECLARE_OK_METHOD, err);
    if (rc != ERR_OK) {
        err_ignore(err_add(err, "check queue '%s'", queue), "the code is known");
        return rc;
    }
    if (ret_messages)
        *ret_messages = bus->call.messages;
    if (ret_consumers)
        *ret_consumers = bus->call.consumers;
    return ERR_OK;
}

enum err_code bus_queue_declare_now(struct bus *bus, const struct bus_queue *queue, struct err *err)
{
    amqp_table_entry_t entries[BUS_ARGS_MAX];
    amqp_queue_declare_t m = {.queue = bus_bytes(queue->name),
                              .passive = queue->is_passive,
                              .durable = queue->is_durable,
                              .exclusive = queue->is_exclusive,
                              .auto_delete = queue->is_auto_delete,
                              .arguments = bus_args_table(queue->args, queue->arg_n, entries)};
    struct channel *c = NULL;
    enum err_code rc = need_channel(bus, &c, err);

    if (rc == ERR_OK)
        rc = bus_call(bus, c, AMQP_QUEUE_DECLARE_METHOD, &m, AMQP_QUEUE_DECLARE_OK_METHOD, err);
    if (rc != ERR_OK)
        err_ignore(err_add(err, "declare queue '%s'", queue->name), "the code is known");
    return rc;
}

enum err_code bus_queue_delete_now(struct bus *bus, const char *queue, struct err *err)
{
    amqp_queue_delete_t m = {.queue = bus_bytes(queue)};
    struct channel *c = NULL;
    enum err_code rc = need_channel(bus, &c, err);

    if (rc == ERR_OK)
        rc = bus_call(bus, c, AMQP_QUEUE_DELETE_METHOD, &m, AMQP_QUEUE_DELETE_OK_METHOD, err);
    if (rc == ERR_NOT_FOUND) /* brokers other than RabbitMQ 3 */
        return ERR_OK;
    if (rc != ERR_OK)
        err_ignore(err_add(err, "delete queue '%s'", queue), "the code is known");
    return rc;
}
