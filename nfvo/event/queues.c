/* Events that go to queues: each round locks the targets that have some, publishes a batch of each,
 * waits for the confirms of all, and deletes what the broker has. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/event/internal.h"

enum {
    FLIGHT_MAX = 4096,
    SETTLE_MS = 10000,
    STOP_MS = 2000,
    RETRY_CHECK_MS = 100,
    ROOMS_CHECK_MS = 500
};

enum state { OPEN, CONFIRMED, RETURNED, NACKED };
struct flight {
    uint64_t seq;
    uint32_t member; /* of the set of rooms; 0: its connection is lost, nothing of it is known */
    enum state state;
    int64_t id, attempts;
    const struct store_target *target;
};

struct round {
    struct worker *w;
    struct arena arena;
    struct store_targets targets;
    int64_t wait_us; /* until the next one is worth it */
    size_t settled;
};

/* --- events of the bus --------------------------------------------------------------------------
 */

static void settle(struct dispatcher *d, struct round *r, const struct bus_member *from,
                   const struct bus_event *ev)
{
    enum state state = ev->type == BUS_CONFIRMED  ? CONFIRMED
                       : ev->type == BUS_RETURNED ? RETURNED
                                                  : NACKED;
    uint64_t last = ev->type == BUS_RETURNED ? ev->seq : ev->seq_last;
    for (size_t i = 0; i < d->flight_n; i++) {
        struct flight *f = &d->flight[i];
        if (f->member != from->number || f->seq < ev->seq || f->seq > last || f->state != OPEN)
            continue;
        f->state = state;
        r->settled++;
    }
}

static void settle_lost(struct dispatcher *d, struct round *r, const struct bus_member *from)
{
    for (size_t i = 0; i < d->flight_n; i++) {
        struct flight *f = &d->flight[i];
        if (f->member != from->number || f->state != OPEN)
            continue;
        f->member = 0;
        r->settled++;
    }
}

static void on_fault(const struct bus_member *from, const struct bus_event *ev)
{
    log_warn(LOG_EVENT, "events_bus_fault", KV_S("room", from->name),
             KV_S("what", bus_event_name(ev->type)),
             KV_S("item", ev->type == BUS_FAULT ? bus_item_name(ev->item) : NULL),
             KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text));
}

/* r: the round whose confirms are awaited, or NULL. */
static void on_event(struct worker *w, struct round *r, const struct bus_member *from,
                     const struct bus_event *ev)
{
    struct dispatcher *d = w->d;
    struct event_room *room = from ? event_room_of(d, from) : NULL;
    if (room)
        dead_letters_settle(&room->dead, from->bus, ev);
    switch (ev->type) {
    case BUS_WAKE:
        worker_drain_wake(w);
        if (r)
            r->wait_us = 0;
        break;
    case BUS_DELIVERY:
        subscribe_delivery(d, room);
        break;
    case BUS_OVERSIZE: {
        struct err err = ERR_INIT;
        err_set(&err, ERR_LIMIT, "a subscription of %zu bytes", ev->delivery->len);
        dead_letter(&room->dead, from->bus, ev->delivery, &err);
        break;
    }
    case BUS_CONFIRMED:
    case BUS_RETURNED:
    case BUS_NACKED:
        if (r)
            settle(d, r, from, ev);
        break;
    case BUS_LOST:
        if (r)
            settle_lost(d, r, from);
        subscribe_drop(room);
        on_fault(from, ev);
        break;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
        on_fault(from, ev);
        break;
    default:
        break;
    }
}

/* --- publishing ---------------------------------------------------------------------------------
 */

static bool publish(struct round *r, const struct bus_member *to, const struct store_target *t,
                    const struct store_event *e)
{
    struct dispatcher *d = r->w->d;
    char seq[24];
    struct err err = ERR_INIT;
    snprintf(seq, sizeof(seq), "%lld", (long long)e->id);
    const struct bus_header header = {"seq", seq};
    struct flight *f = &d->flight[d->flight_n];
    *f = (struct flight){.id = e->id, .member = to->number, .attempts = e->attempts, .target = t};
    if (bus_publish(to->bus,
                    &(struct bus_message){.routing_key = t->endpoint,
                                          .body = e->body,
                                          .len = e->len,
                                          .is_mandatory = true,
                                          .headers = &header,
                                          .header_n = 1},
                    &f->seq, &err) != ERR_OK) {
        log_debug(LOG_EVENT, "event_not_published", KV_I("event", e->id), KV_ERR(&err));
        return false;
    }
    d->flight_n++;
    return true;
}

static enum err_code send_to(struct round *r, const struct store_target *t, struct err *err)
{
    struct dispatcher *d = r->w->d;
    const struct bus_member *to = event_room_open(d, t->room);
    struct store_event *events = NULL;
    size_t n = 0;
    if (!to)
        return ERR_OK; /* they wait for their room */
    int64_t wait_us = 0, max = d->setup.options->batch;
    if (max > (int64_t)(FLIGHT_MAX - d->flight_n))
        max = (int64_t)(FLIGHT_MAX - d->flight_n);
    enum err_code rc = store_event_load(r->w->db, t, max, &r->arena, &events, &n, &wait_us, err);
    if (rc != ERR_OK)
        return rc;
    if (wait_us > 0 && wait_us < r->wait_us)
        r->wait_us = wait_us;
    if ((int64_t)n == max)
        r->wait_us = 0;
    bus_cork(to->bus);
    for (size_t i = 0; i < n && publish(r, to, t, &events[i]); i++)
        ;
    return ERR_OK;
}

static void await_settled(struct round *r)
{
    struct dispatcher *d = r->w->d;
    int64_t start = clock_mono_us(), now = start;
    while (r->settled < d->flight_n) {
        const struct bus_member *from;
        struct bus_event ev;
        int64_t limit_ms = atomic_load(&d->is_stopping) ? STOP_MS : SETTLE_MS;
        if (now - start > limit_ms * USEC_PER_MS)
            break; /* they stay, and may be sent twice */
        bus_set_next(d->set, &ev, &from, r->w->wake_fd, RETRY_CHECK_MS); /* uncorks */
        on_event(r->w, r, from, &ev);
        now = clock_mono_us();
    }
}

/* --- afterwards ---------------------------------------------------------------------------------
 */

static enum err_code delay(struct round *r, const struct flight *f, bool has_tried, struct err *err)
{
    int64_t us = retry_us(r->w->d, has_tried ? f->attempts : 0);
    if (us < r->wait_us)
        r->wait_us = us;
    return store_event_delay(r->w->db, f->id, us, has_tried, err);
}

/* The queue of f is gone. True: f is given up. */
static bool give_up(struct round *r, const struct flight *f)
{
    struct dispatcher *d = r->w->d;
    metric_add(d->metrics, M_RETRIED, 1, KIND_RABBIT, 0);
    struct err why = ERR_INIT;
    err_set(&why, ERR_NOT_FOUND, "there is no such queue");
    note_target(r->w, f->target, &why);
    if (f->attempts + 1 < d->setup.options->attempts && !is_suspect(d, f->target))
        return false;
    note_dropped(d, f->target, f->id, WHY_GONE, "there is no such queue");
    set_suspect(d, f->target, true);
    r->wait_us = 0; /* the next one */
    return true;
}

/* What became of the events of one target, in their order. */
static enum err_code conclude(struct round *r, const struct store_target *t, struct err *err)
{
    AUTO(db_array_release) struct db_array done = DB_INT8_ARRAY;
    AUTO(db_array_release) struct db_array given_up = DB_INT8_ARRAY;
    const struct dispatcher *d = r->w->d;
    const struct flight *first = NULL; /* that must be sent again */
    bool has_failed = false;
    for (size_t i = 0; i < d->flight_n; i++) {
        const struct flight *f = &d->flight[i];
        if (f->target != t)
            continue;
        has_failed |= f->attempts > 0;
        if (f->state == CONFIRMED)
            db_array_int(&done, f->id);
        else if (f->state == RETURNED && !first && give_up(r, f))
            db_array_int(&given_up, f->id);
        else if (!first)
            first = f;
    }
    metric_add(d->metrics, M_DELIVERED, done.n, KIND_RABBIT, 0);
    if (done.n && (has_failed || is_suspect(r->w->d, t)))
        note_target(r->w, t, NULL);
    if (done.n)
        set_suspect(r->w->d, t, false);
    enum err_code rc = done.n ? store_event_delivered(r->w->db, &done, err) : ERR_OK;
    if (rc == ERR_OK && given_up.n)
        rc = store_event_delete(r->w->db, &given_up, err);
    if (rc == ERR_OK && first && first->state != OPEN)
        rc = delay(r, first, first->state == RETURNED, err);
    return rc;
}

static enum err_code lock_mine(struct round *r, struct store_target **ret, size_t *ret_n,
                               struct err *err)
{
    *ret = arena_alloc(&r->arena, (r->targets.n + 1) * sizeof((*ret)[0]));
    for (uint32_t i = 0; i < r->targets.n; i++) {
        bool is_mine = false;
        enum err_code rc = store_target_lock(r->w->db, &r->targets.at[i], &is_mine, err);
        if (rc != ERR_OK)
            return rc;
        if (is_mine)
            (*ret)[(*ret_n)++] = r->targets.at[i];
    }
    return ERR_OK;
}

static enum err_code deliver(struct round *r, struct err *err)
{
    struct dispatcher *d = r->w->d;
    struct store_target *mine = NULL;
    size_t n = 0;
    enum err_code rc = store_event_targets(r->w->db, "RABBIT", &r->arena, &r->targets, err);
    if (rc == ERR_OK)
        rc = lock_mine(r, &mine, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n && d->flight_n < FLIGHT_MAX; i++)
        rc = send_to(r, &mine[i], err);
    if (d->flight_n)
        await_settled(r);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        rc = conclude(r, &mine[i], err);
        if (rc == ERR_OK)
            rc = store_target_unlock(r->w->db, &mine[i], err);
    }
    d->flight_n = 0;
    return rc;
}

/* Returns how long to wait, milliseconds. */
static int round_of(struct worker *w, unsigned *lost)
{
    struct round r = {.w = w, .wait_us = w->d->setup.options->poll_ms * USEC_PER_MS};
    struct err err = ERR_INIT;
    enum err_code rc = deliver(&r, &err);
    arena_release(&r.arena);
    if (rc == ERR_OK) {
        *lost = 0;
        return (int)((r.wait_us + USEC_PER_MS - 1) / USEC_PER_MS);
    }
    db_disconnect(w->db); /* locks that are in doubt end with the connection */
    log_warn(LOG_EVENT, "events_not_sent", KV_ERR(&err));
    return db_backoff_ms((*lost)++, (uint32_t)clock_mono_us());
}

static bool is_waiting(const struct dispatcher *d)
{
    bool is = false;
    for (const struct event_room *r = d->rooms; r && !is; r = r->next)
        is = r->pending[0].delivery || r->pending[1].delivery;
    return is;
}

static bool is_any_open(struct dispatcher *d)
{
    bool is = false;
    for (const struct event_room *r = d->rooms; r && !is; r = r->next)
        is = event_room_open(d, r->member->name) != NULL;
    return is;
}

void *queues_run(void *arg)
{
    struct worker *w = arg;
    struct dispatcher *d = w->d;
    unsigned lost = 0;
    int64_t next_us = 0;
    d->flight = xcalloc(FLIGHT_MAX, sizeof(d->flight[0]));
    while (!atomic_load(&d->is_stopping)) {
        const struct bus_member *from;
        struct bus_event ev;
        int wait_ms = clock_left_ms(next_us);
        event_rooms_follow(d);
        if (is_waiting(d) && wait_ms > RETRY_CHECK_MS)
            wait_ms = RETRY_CHECK_MS;
        if (wait_ms > ROOMS_CHECK_MS)
            wait_ms = ROOMS_CHECK_MS;
        if (bus_set_next(d->set, &ev, &from, w->wake_fd, wait_ms) == BUS_WAKE ||
            ev.type == BUS_READY)
            next_us = 0;
        on_event(w, NULL, from, &ev);
        subscribe_retry(d, clock_mono_us());
        if (clock_mono_us() < next_us || atomic_load(&d->is_stopping))
            continue;
        int ms = is_any_open(d) ? round_of(w, &lost) : (int)d->setup.options->poll_ms;
        next_us = clock_mono_us() + ms * USEC_PER_MS;
    }
    free(d->flight);
    return NULL;
}
