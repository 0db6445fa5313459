#include "common/bus/bus_set.h"

#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_PER_LOOK = 64, REST_TIMES = 4, REST_MAX_MS = 30000 };

struct member {
    struct bus_member face;
    char *name;
    int64_t
        rests_until_ms; /* no connecting or declaring before: the last one failed and took long */
    bool is_readable;
};

struct bus_set {
    struct member **at;
    size_t n;
    size_t turn;            /* whose turn it is to give an event */
    struct member *current; /* gave the event that the caller looks at; may be NULL */
    uint32_t numbers;
    unsigned since_look;
    struct pollfd *polled; /* n + 1; the first is wake_fd */
};

struct bus_set *bus_set_new(void)
{
    struct bus_set *set = xcalloc(1, sizeof(*set));

    set->polled = xcalloc(1, sizeof(*set->polled));
    return set;
}

static void member_free(struct member *m)
{
    bus_free(m->face.bus);
    free(m->name);
    free(m);
}

void bus_set_free(struct bus_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++)
        member_free(set->at[i]);
    free(set->at);
    free(set->polled);
    free(set);
}

void bus_set_freep(struct bus_set **set)
{
    bus_set_free(*set);
    *set = NULL;
}

/* --- members --- */

const struct bus_member *bus_set_add(struct bus_set *set, const char *name, struct bus *bus_taken)
{
    struct member *m = xcalloc(1, sizeof(*m));

    assert(!bus_set_find(set, name));
    m->name = xstrdup(name);
    m->face = (struct bus_member){.name = m->name, .bus = bus_taken, .number = ++set->numbers};
    set->at = xrealloc(set->at, (set->n + 1) * sizeof(struct member *));
    set->polled = xrealloc(set->polled, (set->n + 2) * sizeof(*set->polled));
    set->at[set->n++] = m;
    return &m->face;
}

void bus_set_remove(struct bus_set *set, const char *name)
{
    size_t i = 0;

    while (i < set->n && strcmp(set->at[i]->name, name) != 0)
        i++;
    if (i == set->n)
        return;
    struct member *m = set->at[i];
    memmove(&set->at[i], &set->at[i + 1], (set->n - i - 1) * sizeof(struct member *));
    set->n--;
    if (set->turn > i)
        set->turn--;
    if (set->current == m)
        set->current = NULL;
    member_free(m);
}

const struct bus_member *bus_set_find(const struct bus_set *set, const char *name)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->at[i]->name, name) == 0)
            return &set->at[i]->face;
    return NULL;
}

const struct bus_member *bus_set_get(const struct bus_set *set, uint32_t number)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->at[i]->face.number == number)
            return &set->at[i]->face;
    return NULL;
}

size_t bus_set_count(const struct bus_set *set)
{
    return set->n;
}

const struct bus_member *bus_set_at(const struct bus_set *set, size_t i)
{
    assert(i < set->n);
    return &set->at[i]->face;
}

/* --- the pump --- */

static bool give_next(struct bus_set *set, struct bus_event *ev, const struct bus_member **ret_from)
{
    for (size_t k = 0; k < set->n; k++) {
        size_t i = (set->turn + k) % set->n;
        if (!bus_give_next(set->at[i]->face.bus, ev))
            continue;
        set->current = set->at[i];
        set->turn = i + 1;
        *ret_from = &set->at[i]->face;
        return true;
    }
    return false;
}

/* When this member has something to do even if nothing arrives. */
static int64_t duty_ms(const struct member *m)
{
    int64_t call = bus_call_due_ms(m->face.bus);
    int64_t beat = bus_heartbeat_due_ms(m->face.bus);

    if (call < m->rests_until_ms)
        call = m->rests_until_ms;
    return call < beat ? call : beat;
}

/* Connect or declare: the only work that waits for the broker. */
static void call_broker(struct member *m)
{
    int64_t began = bus_now_ms();

    bus_work_calls(m->face.bus);
    int64_t now = bus_now_ms(), rest = REST_TIMES * (now - began);
    m->rests_until_ms =
        bus_has_all(m->face.bus) ? 0 : now + (rest < REST_MAX_MS ? rest : REST_MAX_MS);
}

/* What is due, and what the last look found. At most one member calls the broker: the others have
 * been heard again before the next one does. */
static void work(struct bus_set *set)
{
    int64_t now = bus_now_ms();
    bool has_called = false;

    for (size_t k = 0; k < set->n; k++) {
        struct member *m = set->at[(set->turn + k) % set->n];
        struct bus *bus = m->face.bus;
        bool is_due = bus_call_due_ms(bus) <= now && m->rests_until_ms <= now;
        if (is_due && !has_called) {
            has_called = true;
            call_broker(m);
            m->is_readable = true; /* what came meanwhile may be in the library's buffers */
        }
        if (!m->is_readable && bus_heartbeat_due_ms(bus) > now)
            continue;
        m->is_readable = false;
        bus_work_frames(bus);
    }
}

/* Waits until a socket, wake_fd or the time `until`. Returns whether wake_fd is readable. */
static bool look(struct bus_set *set, int wake_fd, int64_t until)
{
    int64_t wait_ms = until - bus_now_ms();

    wait_ms = wait_ms < 0 ? 0 : wait_ms > 3600000 ? 3600000 : wait_ms;
    set->since_look = 0;
    set->polled[0] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    for (size_t i = 0; i < set->n; i++)
        set->polled[i + 1] =
            (struct pollfd){.fd = bus_socket(set->at[i]->face.bus), .events = POLLIN};
    if (poll(set->polled, set->n + 1, (int)wait_ms) <= 0)
        return false;
    for (size_t i = 0; i < set->n; i++)
        set->at[i]->is_readable |= set->polled[i + 1].revents != 0;
    return set->polled[0].revents != 0;
}

/* While there are events nobody waits, so the sockets and wake_fd are looked at now and then. */
static bool look_now_and_then(struct bus_set *set, int wake_fd)
{
    if (++set->since_look < EVENTS_PER_LOOK)
        return false;
    bool is_wake = look(set, wake_fd, 0);
    work(set);
    return is_wake;
}

static int64_t next_duty_ms(const struct bus_set *set)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < set->n; i++) {
        int64_t at = duty_ms(set->at[i]);
        due = at < due ? at : due;
    }
    return due;
}

static void release_last(struct bus_set *set)
{
    if (set->current)
        bus_release_current(set->current->face.bus);
    set->current = NULL;
    for (size_t i = 0; i < set->n; i++)
        bus_uncork(set->at[i]->face.bus);
}

enum bus_event_type bus_set_next(struct bus_set *set, struct bus_event *ev,
                                 const struct bus_member **ret_from, int wake_fd, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : bus_now_ms() + timeout_ms;

    release_last(set);
    *ev = (struct bus_event){.type = BUS_TIMEOUT, .text = ""};
    *ret_from = NULL;
    bool is_wake = look_now_and_then(set, wake_fd);
    while (!is_wake) {
        if (give_next(set, ev, ret_from))
            return ev->type;
        work(set);
        if (give_next(set, ev, ret_from))
            return ev->type;
        int64_t duty = next_duty_ms(set);
        is_wake = look(set, wake_fd, deadline < duty ? deadline : duty);
        if (!is_wake && bus_now_ms() >= deadline) {
            work(set); /* what came in the last moment */
            give_next(set, ev, ret_from);
            return ev->type;
        }
    }
    return ev->type = BUS_WAKE;
}
