#include "common/engine/engine.h"

#include "common/base/mem.h"
#include "common/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define CONTENDED_WAIT_MS 2

struct engine_worker *engine_worker_new(const struct domain *dom, const struct engine_store *store,
                                        const struct engine_bus *bus,
                                        const struct engine_clock *clock, const struct ids *ids,
                                        struct engine_queue *queue,
                                        const struct engine_options *options)
{
    struct engine_worker *w = xcalloc(1, sizeof(*w));
    w->dom = dom;
    w->store = store;
    w->bus = bus;
    w->clock = clock;
    w->ids = ids;
    w->queue = queue;
    w->options = *options;
    return w;
}

void engine_worker_free(struct engine_worker *w)
{
    if (!w)
        return;
    outbox_lost(w, NULL);
    outbox_drop_settled(w);
    rooms_release(w);
    for (size_t i = 0; i < w->n_items; i++)
        free(w->items[i].row);
    free(w->flights);
    free(w->confirmed);
    free(w->copied);
    free(w->retry);
    free(w->gone);
    arena_release(&w->arena);
    free(w);
}

const struct engine_stats *engine_worker_stats(const struct engine_worker *w)
{
    return &w->stats;
}

static void lost_connection(struct engine_worker *w, const char *room, bool is_ended)
{
    room_lost(w, room, is_ended);
    outbox_lost(w, room);
    size_t n = 0;
    for (size_t i = 0; i < w->n_items;
         i++) { /* deliveries come again; their tokens are only given back */
        struct item *it = &w->items[i];
        if (it->kind != ITEM_MESSAGE || strcmp(it->message.room, room) != 0)
            w->items[n++] = *it;
        else if (it->token)
            w->bus->ack(w->bus->ctx, it->token);
    }
    w->n_items = n;
}

/* Returns false when nothing is waiting. */
static bool take_happening(struct engine_worker *w, int timeout_ms)
{
    struct bus_happened h = {0};
    size_t oversize = 0;
    w->bus->next(w->bus->ctx, timeout_ms, &h);
    switch (h.what) {
    case HAPPENED_NOTHING:
        rooms_seen_empty(w);
        return false;
    case HAPPENED_WOKEN:
        return false;
    case HAPPENED_OVERSIZE:
        oversize = h.message.len;
        h.message.body = "";
        h.message.len = 0;
        /* fall through */
    case HAPPENED_DELIVERY:
        w->items[w->n_items++] = (struct item){.kind = ITEM_MESSAGE,
                                               .message = h.message,
                                               .token = h.token,
                                               .is_oversize = h.what == HAPPENED_OVERSIZE,
                                               .oversize = oversize};
        break;
    case HAPPENED_CONFIRMED:
        outbox_confirmed(w, h.seq);
        break;
    case HAPPENED_RETURNED:
        outbox_returned(w, h.seq, true);
        break;
    case HAPPENED_REFUSED:
        outbox_returned(w, h.seq, false);
        break;
    case HAPPENED_LOST:
    case HAPPENED_ENDED:
        lost_connection(w, h.room, h.what == HAPPENED_ENDED);
        break;
    case HAPPENED_READY:
        room_ready(w, h.room);
        break;
    }
    return true;
}

static void take_requests(struct engine_worker *w)
{
    if (!w->queue || w->is_draining || w->n_items == ENGINE_BATCH_MAX)
        return;
    struct engine_request *r = engine_queue_take(w->queue, ENGINE_BATCH_MAX - w->n_items), *next;
    for (; r; r = next) {
        next = r->next;
        w->items[w->n_items++] = (struct item){.kind = ITEM_REQUEST, .request = r};
    }
}

/* Deadlines fire only for a process that could have heard the answer: consuming for a while, and
 * the queue was seen empty. */
static void take_due(struct engine_worker *w, int64_t now)
{
    struct due *due = NULL;
    size_t n = 0;
    struct err err = ERR_INIT;
    if (!w->is_ready || !w->saw_empty || now - w->ready_at < w->options.grace_us ||
        w->n_items == ENGINE_BATCH_MAX)
        return;
    struct due_query q = {.max = ENGINE_BATCH_MAX - w->n_items};
    const char **held;
    q.n_held = rooms_held(w, &held);
    q.held = held;
    if (w->store->due(w->store->ctx, &w->arena, &q, &due, &n, &err) != ERR_OK) {
        store_is_away(w, &err);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct item *it = &w->items[w->n_items++];
        *it = (struct item){.kind = ITEM_DUE, .agg_kind = due[i].agg_kind};
        strncpy(it->agg, due[i].agg, sizeof(it->agg) - 1);
        strncpy(it->command, due[i].command, sizeof(it->command) - 1);
    }
}

static void drop_due(struct engine_worker *w) /* asked anew the next time */
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_items; i++)
        if (w->items[i].kind != ITEM_DUE)
            w->items[n++] = w->items[i];
    w->n_items = n;
}

/* Messages may be large (a driver's listing of 50,000 servers): a few of those are a batch. What is
 * in hand because another worker holds its aggregate must not keep the connection from being heard,
 * so the first look of a step has more room. */
static bool has_room(const struct engine_worker *w, bool is_first)
{
    size_t bytes = 0, most = is_first ? 4 * ENGINE_BATCH_BYTES : ENGINE_BATCH_BYTES;
    for (size_t i = 0; i < w->n_items; i++)
        if (w->items[i].kind == ITEM_MESSAGE)
            bytes += w->items[i].message.len;
    return w->n_items < ENGINE_BATCH_MAX && bytes < most;
}

bool engine_worker_step(struct engine_worker *w)
{
    int64_t now = worker_now(w);
    bool is_away = w->is_paused && now < w->store_retry_at;
    int wait_ms = is_away      ? (int)((w->store_retry_at - now) / USEC_PER_MS) + 1
                  : w->n_items ? CONTENDED_WAIT_MS
                  : w->n_confirmed + w->n_copied ? 0
                                                 : (int)(w->options.idle_us / USEC_PER_MS);
    bool did = false;
    arena_reset(&w->arena);
    take_requests(w);
    if (w->n_items && !is_away)
        wait_ms = w->items[0].kind == ITEM_REQUEST ? 0 : wait_ms;
    while (has_room(w, !did) && take_happening(w, wait_ms)) {
        did = true;
        wait_ms = 0;
    }
    take_requests(w);
    if (is_away) {
        /* Full hands: nothing above has waited, and the caller comes again at once. */
        if (!did && w->n_items == ENGINE_BATCH_MAX && w->bus->rest)
            w->bus->rest(w->bus->ctx, wait_ms);
        return did;
    }
    now = worker_now(w);
    if (!w->is_draining && now - w->due_at >= w->options.due_every_us) {
        w->due_at = now;
        take_due(w, now);
    }
    if (!w->is_draining && now - w->swept_at >= w->options.sweep_every_us) {
        w->swept_at = now;
        outbox_sweep(w);
    }
    if (w->n_items)
        did |= batch_run(w);
    else if (!did || w->n_confirmed + w->n_copied >= 512)
        outbox_settle(w);
    drop_due(w);
    return did;
}

void engine_worker_drain(struct engine_worker *w, int64_t deadline_us)
{
    w->is_draining = true;
    w->bus->pause(w->bus->ctx, true);
    while (worker_now(w) < deadline_us && (w->n_items || w->n_flights || w->n_confirmed ||
                                           w->n_copied || w->n_retry || w->n_gone)) {
        engine_worker_step(w);
        if (w->n_items == 0)
            outbox_settle(w);
        if (!w->is_ready && w->n_items == 0)
            break;
    }
    for (size_t i = 0; i < w->n_items; i++)
        if (w->items[i].kind == ITEM_REQUEST) {
            request_refuse(w->items[i].request);
            w->items[i--] = w->items[--w->n_items];
        }
}
