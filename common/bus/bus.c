#include "common/bus/bus.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/bus/internal.h"
#include "common/sys/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct bus_options defaults = {
    .host = "localhost",
    .vhost = "/",
    .user = "guest",
    .password = "guest",
    .name = "baton",
    .port = 5672,
    .heartbeat_s = 60,
    .connect_timeout_ms = 5000,
    .call_timeout_ms = 5000,
    .publish_stall_ms = 10000,
    .backoff_min_ms = 100,
    .backoff_max_ms = 5000,
    .frame_max = 131072,
    .max_body = 16U << 20,
};

static int or_default(int value, int otherwise)
{
    return value ? value : otherwise;
}

static char *dup_or(const char *s, const char *otherwise)
{
    if (!s)
        s = otherwise;
    return s ? xstrdup(s) : NULL;
}

static void set_options(struct bus *bus, const struct bus_options *in)
{
    struct bus_options *o = &bus->o;

    *o = *in;
    o->host = bus->host = dup_or(in->host, defaults.host);
    o->vhost = bus->vhost = dup_or(in->vhost, defaults.vhost);
    o->user = bus->user = dup_or(in->user, defaults.user);
    o->password = bus->password = dup_or(in->password, defaults.password);
    o->password_path = bus->password_path = dup_or(in->password_path, NULL);
    o->name = bus->name = dup_or(in->name, defaults.name);
    o->tls.ca = bus->tls_ca = dup_or(in->tls.ca, NULL);
    o->tls.cert = bus->tls_cert = dup_or(in->tls.cert, NULL);
    o->tls.key = bus->tls_key = dup_or(in->tls.key, NULL);
    o->tls.min_version = bus->tls_min_version = dup_or(in->tls.min_version, "1.2");
    o->port = or_default(in->port, in->tls.is_on ? 5671 : defaults.port);
    o->heartbeat_s = in->heartbeat_s < 0 ? 0 : or_default(in->heartbeat_s, defaults.heartbeat_s);
    o->connect_timeout_ms = or_default(in->connect_timeout_ms, defaults.connect_timeout_ms);
    o->call_timeout_ms = or_default(in->call_timeout_ms, defaults.call_timeout_ms);
    o->publish_stall_ms = or_default(in->publish_stall_ms, defaults.publish_stall_ms);
    o->backoff_min_ms = or_default(in->backoff_min_ms, defaults.backoff_min_ms);
    o->backoff_max_ms = or_default(in->backoff_max_ms, defaults.backoff_max_ms);
    if (o->backoff_max_ms < o->backoff_min_ms)
        o->backoff_max_ms = o->backoff_min_ms;
    o->frame_max = or_default(in->frame_max, defaults.frame_max);
    o->max_body = in->max_body ? in->max_body : defaults.max_body;
}

struct bus *bus_new(const struct bus_options *options)
{
    struct bus *bus = xcalloc(1, sizeof(*bus));
    size_t size;

    set_options(bus, options);
    size = strlen(bus->host) + 16;
    bus->address = xmalloc(size);
    snprintf(bus->address, size, "%s:%d", bus->host, bus->o.port);
    id_random(&bus->seed, sizeof(bus->seed));
    bus->backoff = bus_backoff_new(bus);
    bus_ledger_init(&bus->ledger);
    bus->items = bus->publishing = xcalloc(1, sizeof(*bus->publishing));
    bus->publishing->kind = BUS_PUBLISHING;
    bus->publishing->backoff = bus_backoff_new(bus);
    return bus;
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    bus_disconnect(bus);
    bus_items_free(bus);
    bus_event_node_free(bus->current);
    bus_event_queue_release(&bus->events);
    bus_event_queue_release(&bus->early);
    for (size_t i = 0; i < ARRAY_LEN(bus->channels); i++) {
        if (!bus->channels[i])
            continue;
        bus_delivery_free(bus->channels[i]->in.delivery);
        free(bus->channels[i]->queue);
        free(bus->channels[i]);
    }
    free(bus->host);
    free(bus->vhost);
    free(bus->user);
    secret_free(bus->password);
    free(bus->password_path);
    free(bus->name);
    free(bus->address);
    free(bus->tls_ca);
    free(bus->tls_cert);
    free(bus->tls_key);
    free(bus->tls_min_version);
    free(bus);
}

void bus_freep(struct bus **bus)
{
    bus_free(*bus);
    *bus = NULL;
}

struct backoff bus_backoff_new(struct bus *bus)
{
    return (struct backoff)BACKOFF_INIT(bus->o.backoff_min_ms, bus->o.backoff_max_ms, bus->seed++);
}

const struct bus_stats *bus_get_stats(const struct bus *bus)
{
    return &bus->stats;
}

bool bus_is_ready(const struct bus *bus)
{
    return bus->is_ready;
}

bool bus_has_all(const struct bus *bus)
{
    for (const struct item *i = bus->items; i; i = i->next)
        if (!i->is_done)
            return false;
    return bus->is_ready;
}

bool bus_is_blocked(const struct bus *bus)
{
    return bus->is_blocked;
}

size_t bus_unconfirmed(const struct bus *bus)
{
    return bus->ledger.open_n;
}

const char *bus_event_name(enum bus_event_type type)
{
    static const char *const names[BUS_EVENT_TYPE_N] = {
        [BUS_TIMEOUT] = "TIMEOUT",   [BUS_WAKE] = "WAKE",           [BUS_DELIVERY] = "DELIVERY",
        [BUS_OVERSIZE] = "OVERSIZE", [BUS_CONFIRMED] = "CONFIRMED", [BUS_NACKED] = "NACKED",
        [BUS_RETURNED] = "RETURNED", [BUS_READY] = "READY",         [BUS_LOST] = "LOST",
        [BUS_NAMED] = "NAMED",       [BUS_CANCELLED] = "CANCELLED", [BUS_FAULT] = "FAULT",
        [BUS_BLOCKED] = "BLOCKED",   [BUS_UNBLOCKED] = "UNBLOCKED",
    };
    return (unsigned)type < BUS_EVENT_TYPE_N ? names[type] : "?";
}

const char *bus_item_name(enum bus_item item)
{
    static const char *const names[] = {
        [BUS_CONNECTION] = "connection", [BUS_EXCHANGE] = "exchange",
        [BUS_QUEUE] = "queue",           [BUS_BINDING] = "binding",
        [BUS_CONSUMER] = "consumer",     [BUS_PUBLISHING] = "publishing",
    };
    return (unsigned)item < ARRAY_LEN(names) ? names[item] : "?";
}
