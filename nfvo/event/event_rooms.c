#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/event/internal.h"
#include "proto/topology.h"

enum { MAX_BODY = 256 * 1024 };

static void add(struct dispatcher *d, const char *name)
{
    struct event_room *room = xcalloc(1, sizeof(*room));
    struct bus_options o = *d->setup.bus;
    o.name = "nfvo-events";
    o.max_body = MAX_BODY;
    if (*name)
        o.vhost = name;
    struct bus *bus = bus_new(&o);
    if (*name)
        topology_declare_room(bus);
    else
        topology_declare(bus);
    /* One at a time: what waits for the database holds up its like, nothing else. */
    bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_EVENT_REGISTER, .prefetch = 1});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_EVENT_UNREGISTER, .prefetch = 1});
    room->member = bus_set_add(d->set, name, bus);
    room->next = d->rooms;
    d->rooms = room;
}

static void drop(struct dispatcher *d, struct event_room **at)
{
    struct event_room *room = *at;
    *at = room->next;
    subscribe_drop(room);
    char *name = xstrdup(room->member->name);
    bus_set_remove(d->set, name);
    free(name);
    free(room);
}

void event_rooms_follow(struct dispatcher *d)
{
    if (!d->set) {
        d->set = bus_set_new();
        add(d, "");
    }
    if (!d->setup.rooms || rooms_version(d->setup.rooms) == d->rooms_seen)
        return;
    arena_reset(&d->room_memory);
    d->rooms_seen = rooms_copy(d->setup.rooms, &d->room_memory, &d->room_list);
    for (struct event_room **at = &d->rooms; *at;)
        if (*(*at)->member->name && !room_list_find(&d->room_list, (*at)->member->name))
            drop(d, at);
        else
            at = &(*at)->next;
    for (uint32_t i = 0; i < d->room_list.n; i++)
        if (!bus_set_find(d->set, d->room_list.at[i].name))
            add(d, d->room_list.at[i].name);
}

struct event_room *event_room_of(struct dispatcher *d, const struct bus_member *member)
{
    struct event_room *room = d->rooms;
    while (room && room->member != member)
        room = room->next;
    return room;
}

const struct bus_member *event_room_open(struct dispatcher *d, const char *name)
{
    const struct bus_member *m = bus_set_find(d->set, name);
    return m && bus_is_ready(m->bus) && !bus_is_blocked(m->bus) ? m : NULL;
}

void event_rooms_free(struct dispatcher *d)
{
    while (d->rooms)
        drop(d, &d->rooms);
    bus_set_free(d->set);
    arena_release(&d->room_memory);
}
