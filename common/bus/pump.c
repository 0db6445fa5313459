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

bool bus_give_next(struct bus *bus, struct bus_event *ev)
{
    bus->current = bus_event_pop(&bus->events);
    if (!bus->current)
        return false;
    *ev = bus->current->ev;
    return true;
}

void bus_release_current(struct bus *bus)
{
    bus_event_node_free(bus->current);
    bus->current = NULL;
}

int bus_socket(const struct bus *bus)
{
    return bus->conn ? amqp_get_sockfd(bus->conn) : -1;
}

int64_t bus_call_due_ms(const struct bus *bus)
{
    if (!bus->conn)
        return bus->retry_at_ms;
    return bus->is_replayed ? bus_replay_due_ms(bus) : 0;
}

int64_t bus_heartbeat_due_ms(const struct bus *bus)
{
    int heartbeat_s = bus->conn ? amqp_get_heartbeat(bus->conn) : 0;
    return heartbeat_s ? bus->heard_at_ms + heartbeat_s * 500 : INT64_MAX;
}

/* Waits until the socket, wake_fd or the time `until`. Returns whether wake_fd is readable. */
static bool wait_until(struct bus *bus, int wake_fd, int64_t until)
{
    int64_t wait_ms = until - bus_now_ms();
    struct pollfd p[2] = {{.fd = wake_fd, .events = POLLIN},
                          {.fd = bus_socket(bus), .events = POLLIN}};

    if (wait_ms < 0)
        wait_ms = 0;
    else if (wait_ms > 3600000)
        wait_ms = 3600000;
    bus->since_wake = 0;
    return poll(p, 2, (int)wait_ms) > 0 && p[0].revents != 0;
}

void bus_work_calls(struct bus *bus)
{
    int64_t now = bus_now_ms();

    if (!bus->conn && now >= bus->retry_at_ms)
        bus_connect(bus);
    if (bus->conn && bus_call_due_ms(bus) <= now)
        bus_replay(bus);
}

void bus_work_frames(struct bus *bus)
{
    if (bus->conn && !bus->events.head)
        bus_drain(bus);
}

enum bus_event_type bus_next(struct bus *bus, struct bus_event *ev, int wake_fd, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : bus_now_ms() + timeout_ms;
    bool is_wake = is_woken(bus, wake_fd);

    bus_release_current(bus);
    *ev = (struct bus_event){.type = BUS_TIMEOUT, .text = ""};
    bus_uncork(bus);
    while (!is_wake) {
        if (bus_give_next(bus, ev))
            return ev->type;
        bus_work_calls(bus);
        bus_work_frames(bus);
        if (bus_give_next(bus, ev))
            return ev->type;
        int64_t duty = earlier(bus_call_due_ms(bus), bus_heartbeat_due_ms(bus));
        is_wake = wait_until(bus, wake_fd, earlier(deadline, duty));
        if (!is_wake && bus_now_ms() >= deadline) {
            if (bus->conn)
                bus_drain(bus); /* what came in the last moment */
            bus_give_next(bus, ev);
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
