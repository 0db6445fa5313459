/* The face of the recovery list: records are copied, kept in the order of replay, and carried out
 * by bus_replay. */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/bus/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void dup_args(struct item *item, const struct bus_arg *args, size_t arg_n)
{
    assert(arg_n <= BUS_ARGS_MAX);
    item->args = xcalloc(arg_n, sizeof(*args));
    item->arg_n = arg_n;
    for (size_t i = 0; i < arg_n; i++) {
        item->args[i] = args[i];
        item->args[i].name = xstrdup(args[i].name);
        item->args[i].string = xstrdup_or_null(args[i].string);
    }
}

/* Put in behind the others of its kind, in the place of the one it replaces. */
static void insert(struct bus *bus, struct item *item)
{
    struct item **at = &bus->items;

    item->backoff = bus_backoff_new(bus);
    while (*at && bus_replay_rank((*at)->kind) <= bus_replay_rank(item->kind)) {
        struct item *old = *at;
        if (old->kind == item->kind && text_equal(old->name, item->name) &&
            (item->kind != BUS_BINDING ||
             (text_equal(old->exchange, item->exchange) && text_equal(old->key, item->key)))) {
            *at = old->next;
            bus_item_free(old);
            continue;
        }
        at = &old->next;
    }
    item->next = *at;
    *at = item;
}

static struct item *item_new(enum bus_item kind, const char *name)
{
    struct item *item = xcalloc(1, sizeof(*item));

    item->kind = kind;
    item->name = xstrdup(name);
    return item;
}

void bus_want_exchange(struct bus *bus, const struct bus_exchange *exchange)
{
    struct item *item = item_new(BUS_EXCHANGE, exchange->name);

    item->type = xstrdup(exchange->type ? exchange->type : "topic");
    item->is_durable = exchange->is_durable;
    item->is_auto_delete = exchange->is_auto_delete;
    item->is_passive = exchange->is_passive;
    insert(bus, item);
}

void bus_want_queue(struct bus *bus, const struct bus_queue *queue)
{
    struct item *item = item_new(BUS_QUEUE, queue->name);

    item->is_server_named = queue->is_server_named;
    item->is_durable = queue->is_durable;
    item->is_exclusive = queue->is_exclusive;
    item->is_auto_delete = queue->is_auto_delete;
    item->is_passive = queue->is_passive;
    dup_args(item, queue->args, queue->arg_n);
    insert(bus, item);
}

void bus_want_binding(struct bus *bus, const struct bus_binding *binding)
{
    struct item *item = item_new(BUS_BINDING, binding->queue);

    item->exchange = xstrdup(binding->exchange);
    item->key = xstrdup_or_null(binding->key);
    insert(bus, item);
}

void bus_want_consumer(struct bus *bus, const struct bus_consumer *consumer)
{
    /* A consumer's prefetch and arguments cannot be changed: the old one goes first. */
    bus_unwant_consumer(bus, consumer->queue);

    struct item *item = item_new(BUS_CONSUMER, consumer->queue);
    item->prefetch = consumer->prefetch ? consumer->prefetch : 32;
    item->is_exclusive = consumer->is_exclusive;
    dup_args(item, consumer->args, consumer->arg_n);
    insert(bus, item);
}

/* Take the first item of this kind and name out of the list. Given; NULL when there is none. */
static struct item *take_out(struct bus *bus, enum bus_item kind, const char *name)
{
    for (struct item **at = &bus->items; *at; at = &(*at)->next) {
        struct item *item = *at;
        if (item->kind == kind && text_equal(item->name, name)) {
            *at = item->next;
            return item;
        }
    }
    return NULL;
}

void bus_unwant_consumer(struct bus *bus, const char *queue)
{
    struct item *item = take_out(bus, BUS_CONSUMER, queue);
    struct channel *c = item ? item->channel : NULL;

    bus_item_free(item);
    if (!bus->conn || !c || c->state != CHANNEL_OPEN || !c->consumer)
        return;
    c->consumer = NULL;
    /* Without an answer: what is on its way still comes, and a broker in alarm would not answer for
     * a long time. */
    amqp_basic_cancel_t m = {.consumer_tag = bus_bytes(bus->o.name), .nowait = 1};
    bus_guard_arm(&bus->guard, bus->o.publish_stall_ms);
    int status = amqp_send_method(bus->conn, c->number, AMQP_BASIC_CANCEL_METHOD, &m);
    bus_guard_disarm(&bus->guard);
    if (status != AMQP_STATUS_OK)
        bus_write_failed(bus, status);
}

void bus_unwant_queue(struct bus *bus, const char *queue)
{
    struct item *item;

    bus_unwant_consumer(bus, queue);
    while ((item = take_out(bus, BUS_BINDING, queue)))
        bus_item_free(item);
    bus_item_free(take_out(bus, BUS_QUEUE, queue));
}

const char *bus_queue_name(const struct bus *bus, const char *queue)
{
    for (const struct item *i = bus->items; i; i = i->next)
        if (i->kind == BUS_QUEUE && strcmp(i->name, queue) == 0 && i->is_server_named)
            return i->actual;
    return queue;
}
