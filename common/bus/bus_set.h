/* Several connections of one thread, pumped as one: a connection a room (virtual host; design.md,
 * "Rooms on the broker"). Each member is a whole `struct bus`, with its own topology, backoff and
 * heartbeats.
 *
 *     struct bus_set *set = bus_set_new();
 *     bus_set_add(set, "", bus_new(&options)); // then topology and consumers: bus_want_...
 *     options.vhost = "baton.vnfm-generic";
 *     bus_set_add(set, options.vhost, bus_new(&options));
 *     for (;;) {
 *         const struct bus_member *from;
 *         struct bus_event ev;
 *         if (bus_set_next(set, &ev, &from, wake_fd, 1000) == BUS_DELIVERY) {
 *             struct bus_delivery *d = bus_take(from->bus);
 *             handle(d);
 *             bus_ack(from->bus, d->tag, d->epoch);
 *             bus_delivery_free(d);
 *         }
 *     }
 *
 * What is promised: a member that cannot connect, is refused, lost, full or blocked delays the
 * others by no more than its own calls to the broker, one attempt a turn; after one that failed it
 * rests four times as long as the attempt took, so that it takes a fifth of the thread's time at
 * most. Members with events are served in turn, one event each, and all sockets are looked at every
 * 64 events: one with a queue that never runs dry does not hide the others, nor wake_fd.
 *
 * Everything that works on one bus (publish, ack, want, *_now) is called on the member's bus. Never
 * call bus_next or bus_pending on a member. Owned by one thread, like a bus. Out of memory aborts.
 */
#ifndef COMMON_BUS_BUS_SET_H
#define COMMON_BUS_BUS_SET_H

#include "common/bus/bus.h"

struct bus_set; /* opaque */

struct bus_member {   /* valid until it is removed */
    const char *name; /* as it was added */
    struct bus *bus;
    uint32_t
        number; /* from 1, grows with each bus_set_add, never used again in the life of the set */
};

struct bus_set *bus_set_new(void);        /* given */
void bus_set_free(struct bus_set *set);   /* with its members (bus_free); NULL is fine */
void bus_set_freep(struct bus_set **set); /* for AUTO */

/* name (borrowed, duplicated) must not be in the set. It connects in bus_set_next. Borrowed. */
const struct bus_member *bus_set_add(struct bus_set *set, const char *name, struct bus *bus_taken);
/* Close and forget. What was published and is not settled stays unknown, without an event;
 * deliveries that were taken stay valid, but can no longer be acked. A name that is not there:
 * nothing happens. Waits as bus_free. */
void bus_set_remove(struct bus_set *set, const char *name);
/* Borrowed; NULL when there is none. */
const struct bus_member *bus_set_find(const struct bus_set *set, const char *name);
const struct bus_member *bus_set_get(const struct bus_set *set, uint32_t number);
/* In the order of bus_set_add: at(0) .. at(count - 1). */
size_t bus_set_count(const struct bus_set *set);
const struct bus_member *bus_set_at(const struct bus_set *set, size_t i);

/* As bus_next, over all members. *ret_from: whose event it is (borrowed); NULL with BUS_TIMEOUT and
 * BUS_WAKE. What the event points to is borrowed until the next bus_set_next. An empty set only
 * waits. Call it every heartbeat_s / 2 seconds of the members. */
enum bus_event_type bus_set_next(struct bus_set *set, struct bus_event *ev,
                                 const struct bus_member **ret_from, int wake_fd, int timeout_ms);

#endif
