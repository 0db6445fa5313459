/* The recovery list: what shall exist on the broker, in the order of replay. Each item is tried
 * alone; one that fails holds up only those that name it and comes again after its own backoff. */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bus/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int bus_replay_rank(enum bus_item kind)
{
    static const int ranks[] = {
        [BUS_CONNECTION] = 0, [BUS_PUBLISHING] = 0, [BUS_EXCHANGE] = 1,
        [BUS_QUEUE] = 2,      [BUS_BINDING] = 3,    [BUS_CONSUMER] = 4,
    };
    return ranks[kind];
}

/* --- attempts --- */

amqp_table_t bus_args_table(const struct bus_arg *args, size_t arg_n, amqp_table_entry_t *entries)
{
    assert(arg_n <= BUS_ARGS_MAX);
    for (size_t i = 0; i < arg_n; i++) {
        amqp_table_entry_t *e = &entries[i];
        memset(e, 0, sizeof(*e));
        e->key = amqp_cstring_bytes(args[i].name);
        switch (args[i].type) {
        case BUS_INT:
            e->value.kind = AMQP_FIELD_KIND_I64;
            e->value.value.i64 = args[i].integer;
            break;
        case BUS_BOOL:
            e->value.kind = AMQP_FIELD_KIND_BOOLEAN;
            e->value.value.boolean = args[i].integer != 0;
            break;
        case BUS_STRING:
            e->value.kind = AMQP_FIELD_KIND_UTF8;
            e->value.value.bytes = bus_bytes(args[i].string);
            break;
        }
    }
    return (amqp_table_t){.num_entries = (int)arg_n, .entries = entries};
}

static enum err_code open_publishing(struct bus *bus, struct item *item, struct err *err)
{
    amqp_confirm_select_t m = {0};
    enum err_code rc = bus_channel_open(bus, &item->channel, err);

    if (rc != ERR_OK)
        return rc;
    bus_ledger_new_channel(&bus->ledger);
    return bus_call(bus, item->channel, AMQP_CONFIRM_SELECT_METHOD, &m,
                    AMQP_CONFIRM_SELECT_OK_METHOD, err);
}

static enum err_code declare_exchange(struct bus *bus, struct channel *c, const struct item *item,
                                      struct err *err)
{
    amqp_exchange_declare_t m = {.exchange = bus_bytes(item->name),
                                 .type = bus_bytes(item->type),
                                 .passive = item->is_passive,
                                 .durable = item->is_durable,
                                 .auto_delete = item->is_auto_delete};

    return bus_call(bus, c, AMQP_EXCHANGE_DECLARE_METHOD, &m, AMQP_EXCHANGE_DECLARE_OK_METHOD, err);
}

static enum err_code declare_queue(struct bus *bus, struct channel *c, struct item *item,
                                   struct err *err)
{
    amqp_table_entry_t entries[BUS_ARGS_MAX];
    amqp_queue_declare_t m = {.queue = bus_bytes(item->is_server_named ? "" : item->name),
                              .passive = item->is_passive,
                              .durable = item->is_durable,
                              .exclusive = item->is_exclusive,
                              .auto_delete = item->is_auto_delete,
                              .arguments = bus_args_table(item->args, item->arg_n, entries)};
    enum err_code rc =
        bus_call(bus, c, AMQP_QUEUE_DECLARE_METHOD, &m, AMQP_QUEUE_DECLARE_OK_METHOD, err);

    if (rc == ERR_OK && item->is_server_named) {
        free(item->actual);
        item->actual = xstrdup(bus->call.queue);
        bus_event_push(&bus->events, BUS_NAMED, item->name, item->actual);
    }
    return rc;
}

static enum err_code bind_queue(struct bus *bus, struct channel *c, const struct item *item,
                                struct err *err)
{
    const char *queue = bus_queue_name(bus, item->name);
    amqp_queue_bind_t m = {.queue = bus_bytes(queue),
                           .exchange = bus_bytes(item->exchange),
                           .routing_key = bus_bytes(item->key ? item->key : queue)};

    return bus_call(bus, c, AMQP_QUEUE_BIND_METHOD, &m, AMQP_QUEUE_BIND_OK_METHOD, err);
}

/* A channel on which this queue was consumed before holds deliveries that are still open: use that
 * one again. */
static enum err_code consumer_channel(struct bus *bus, struct item *item, struct err *err)
{
    for (uint16_t n = 1; n <= CHANNEL_MAX; n++) {
        struct channel *c = bus->channels[n];
        if (c && c->state == CHANNEL_OPEN && text_matches(c->queue, item->name)) {
            item->channel = c;
            return ERR_OK;
        }
    }
    enum err_code rc = bus_channel_open(bus, &item->channel, err);
    if (rc == ERR_OK) {
        free(item->channel->queue);
        item->channel->queue = xstrdup(item->name);
    }
    return rc;
}

static enum err_code consume(struct bus *bus, struct item *item, struct err *err)
{
    amqp_table_entry_t entries[BUS_ARGS_MAX];
    enum err_code rc = consumer_channel(bus, item, err);

    if (rc != ERR_OK)
        return rc;
    struct channel *c = item->channel;
    amqp_basic_qos_t qos = {.prefetch_count = item->prefetch};
    rc = bus_call(bus, c, AMQP_BASIC_QOS_METHOD, &qos, AMQP_BASIC_QOS_OK_METHOD, err);
    if (rc != ERR_OK)
        return rc;
    amqp_basic_consume_t m = {.queue = bus_bytes(bus_queue_name(bus, item->name)),
                              .consumer_tag = bus_bytes(bus->o.name),
                              .exclusive = item->is_exclusive,
                              .arguments = bus_args_table(item->args, item->arg_n, entries)};
    rc = bus_call(bus, c, AMQP_BASIC_CONSUME_METHOD, &m, AMQP_BASIC_CONSUME_OK_METHOD, err);
    if (rc == ERR_OK)
        c->consumer = item;
    return rc;
}

static enum err_code attempt(struct bus *bus, struct item *item, struct err *err)
{
    struct channel *c = NULL;

    if (item->kind == BUS_PUBLISHING)
        return open_publishing(bus, item, err);
    if (item->kind == BUS_CONSUMER)
        return consume(bus, item, err);
    enum err_code rc = bus_topology_channel(bus, &c, err);
    if (rc != ERR_OK)
        return rc;
    if (item->kind == BUS_EXCHANGE)
        return declare_exchange(bus, c, item, err);
    if (item->kind == BUS_QUEUE)
        return declare_queue(bus, c, item, err);
    return bind_queue(bus, c, item, err);
}

/* --- the list --- */

static struct item *find(const struct bus *bus, enum bus_item kind, const char *name)
{
    for (struct item *i = bus->items; i; i = i->next)
        if (i->kind == kind && text_matches(i->name, name))
            return i;
    return NULL;
}

static bool is_waiting_for(const struct bus *bus, enum bus_item kind, const char *name)
{
    const struct item *needed = name ? find(bus, kind, name) : NULL;

    return needed && !needed->is_done;
}

/* Something that it names is not there yet: its own turn comes with that. */
static bool is_held_up(const struct bus *bus, const struct item *item)
{
    switch (item->kind) {
    case BUS_BINDING:
        return is_waiting_for(bus, BUS_QUEUE, item->name) ||
               is_waiting_for(bus, BUS_EXCHANGE, item->exchange);
    case BUS_CONSUMER:
        return is_waiting_for(bus, BUS_QUEUE, item->name);
    default:
        return false;
    }
}

void bus_item_fault(struct bus *bus, struct item *item, int code, const char *text)
{
    item->is_done = false;
    item->retry_at_ms = bus_now_ms() + backoff_next_ms(&item->backoff);
    if (!text)
        return;
    struct bus_event *ev = bus_event_push(&bus->events, BUS_FAULT, item->name, text);
    ev->item = item->kind;
    ev->code = code;
    bus->stats.faults++;
}

void bus_consumer_cancelled(struct bus *bus, struct item *consumer)
{
    bus->stats.cancels++;
    bus_event_push(&bus->events, BUS_CANCELLED, consumer->name, NULL);
    for (struct item *i = bus->items; i; i = i->next)
        if (i->name &&
            (i->kind == BUS_QUEUE || i->kind == BUS_BINDING || i->kind == BUS_CONSUMER) &&
            strcmp(i->name, consumer->name) == 0)
            bus_item_fault(bus, i, 0, NULL);
}

int64_t bus_replay_due_ms(const struct bus *bus)
{
    int64_t due = INT64_MAX;

    if (bus->is_blocked) /* the broker does not even read */
        return due;
    for (const struct item *i = bus->items; i; i = i->next)
        if (!i->is_done && i->retry_at_ms < due && !is_held_up(bus, i))
            due = i->retry_at_ms;
    return due;
}

void bus_replay(struct bus *bus)
{
    int64_t now = bus_now_ms();

    for (struct item *i = bus->items; i && bus->conn; i = i->next) {
        struct err err = ERR_INIT;
        if (i->is_done || i->retry_at_ms > now || is_held_up(bus, i))
            continue;
        if (attempt(bus, i, &err) == ERR_OK) {
            i->is_done = true;
            if (i->kind != BUS_PUBLISHING) /* there a confirm is the proof of success */
                backoff_reset(&i->backoff);
            else if (bus->is_replayed) /* who has something to publish would sleep on */
                bus_event_push(&bus->events, BUS_UNBLOCKED, NULL, "publishing goes on");
        } else if (bus->conn) {
            i->channel = NULL;
            bus_item_fault(bus, i, err.sys, err.msg);
            if (err.code ==
                ERR_TIMEOUT) /* one such wait a round: the rest follows in the next one */
                return;
        }
    }
    if (!bus->conn || bus->is_replayed)
        return;
    bus->is_replayed = bus->is_ready = true;
    bus->ready_at_ms = bus_now_ms();
    bus_event_push(&bus->events, BUS_READY, NULL, NULL)->epoch = bus->epoch;
    bus_event_splice(&bus->events, &bus->early);
}

void bus_items_reset(struct bus *bus)
{
    for (struct item *i = bus->items; i; i = i->next) {
        i->is_done = false;
        i->retry_at_ms = 0;
        i->channel = NULL;
        free(i->actual);
        i->actual = NULL;
    }
}

void bus_item_free(struct item *i)
{
    if (!i)
        return;
    for (size_t k = 0; k < i->arg_n; k++) {
        free((void *)(uintptr_t)i->args[k].name);
        free((void *)(uintptr_t)i->args[k].string);
    }
    free(i->args);
    free(i->name);
    free(i->type);
    free(i->exchange);
    free(i->key);
    free(i->actual);
    free(i);
}

void bus_items_free(struct bus *bus)
{
    while (bus->items) {
        struct item *next = bus->items->next;
        bus_item_free(bus->items);
        bus->items = next;
    }
}
