#include "common/bus/internal.h"

#include <errno.h>
#include <poll.h>

enum { EVENTS_PER_WAKE_LOOK = 64 };

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Events always come first, so that a queue that never runs dry could hide wake_fd for ever: look
 * at it now and then. */
static bool is_woken(struct bus *bus, int wake_fd)
{
    struct pollfd p = {.fd = wake_fd, .events = POLLIN};

    if (wake_fd < 0 || ++bus->since_wake < EVENTS_PER_WAKE_LOOK)
        return false;
    bus->since_wake = 0;
    return poll(&p, 1, 0) == 1;
}

static bool give_next(struct bus *bus, struct bus_event *ev)
{
    bus->current = bus_event_pop(&bus->events);
    if (!bus->current)
        return false;
    *ev = bus->current->ev;
    return true;
}

/* When something has to be done even if nothing arrives. */
static int64_t next_duty_ms(const struct bus *bus, int64_t now)
{
    if (!bus->conn)
        return bus->retry_at_ms;
    int heartbeat_s = amqp_get_heartbeat(bus->conn);
    int64_t due = bus_replay_due_ms(bus);
    return heartbeat_s ? earlier(due, now + heartbeat_s * 500) : due;
}

/* Waits until the socket, wake_fd or the time `until`. Returns whether wake_fd is readable. */
static bool wait_until(struct bus *bus, int wake_fd, int64_t until)
{
    int64_t wait_ms = until - bus_now_ms();
    struct pollfd p[2] = {{.fd = wake_fd, .events = POLLIN},
                          {.fd = bus->conn ? amqp_get_sockfd(bus->conn) : -1, .events = POLLIN}};

    if (wait_ms < 0)
        wait_ms = 0;
    else if (wait_ms > 3600000)
        wait_ms = 3600000;
    bus->since_wake = 0;
    return poll(p, 2, (int)wait_ms) > 0 && p[0].revents != 0;
}

/* One round of what is due. Nothing here waits for anything but the broker's answers to calls. */
static void work(struct bus *bus)
{
    int64_t now = bus_now_ms();

    if (!bus->conn) {
        if (now < bus->retry_at_ms)
            return;
        bus_connect(bus);
    }
    if (bus->conn && (!bus->is_replayed || bus_replay_due_ms(bus) <= now))
        bus_replay(bus);
    if (!bus->events.head)
        bus_drain(bus);
}

enum bus_event_type bus_next(struct bus *bus, struct bus_event *ev, int wake_fd, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : bus_now_ms() + timeout_ms;
    bool is_wake = is_woken(bus, wake_fd);

    bus_event_node_free(bus->current);
    bus->current = NULL;
    *ev = (struct bus_event){.type = BUS_TIMEOUT, .text = ""};
    bus_uncork(bus);
    while (!is_wake) {
        if (give_next(bus, ev))
            return ev->type;
        work(bus);
        if (give_next(bus, ev))
            return ev->type;
        int64_t now = bus_now_ms();
        is_wake = wait_until(bus, wake_fd, earlier(deadline, next_duty_ms(bus, now)));
        if (!is_wake && bus_now_ms() >= deadline) {
            if (bus->conn)
                bus_drain(bus); /* what came in the last moment */
            give_next(bus, ev);
            return ev->type;
        }
    }
    return ev->type = BUS_WAKE;
}

bool bus_pending(struct bus *bus)
{
    if (!bus->events.head && bus->is_replayed)
        bus_drain(bus);
    return bus->events.head != NULL;
}

struct bus_delivery *bus_take(struct bus *bus)
{
    struct bus_delivery *d = bus->current ? bus->current->delivery : NULL;

    if (d)
        bus->current->delivery = NULL;
    return d;
}
