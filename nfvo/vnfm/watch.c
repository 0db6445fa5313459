/* Which managers are there: the queues that the broker lists, and who consumes from them.
 *
 * A queue that is auto-deleted is there as long as its consumer. Others (ours, D12) outlive it: for
 * them the broker is asked for consumers, passively, because the listing's numbers are seconds old.
 *
 * Not seen is not gone (design.md, "Who is there"): a page of the listing may lack a queue, a
 * broker may have restarted, a connection may be on its way back. So absence counts after a grace,
 * and looks are ordered by the database's clock, since several NFVOs look.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/store/store_engine.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/vnfm/internal.h"
#include "proto/topology.h"

/* All but the per-request reply queues and server-named ones. */
#define LISTED_QUEUES "^(?!nfvo\\.reply\\.|amq\\.gen-)"

void listing_free(struct listing *l)
{
    if (!l)
        return;
    arena_release(&l->arena);
    free(l);
}

struct room_listing {
    struct listing *listing;
    const char *room;
};

static void on_queue(void *arg, const struct management_queue *q)
{
    const struct room_listing *of = arg;
    struct listing *l = of->listing;
    if (strcmp(q->name, QUEUE_DEAD_LETTERS) == 0) {
        l->dead_letters += q->messages;
        l->dead_bytes += q->bytes;
    }
    l->at = arena_grow_array(&l->arena, l->at, l->n, sizeof(l->at[0]));
    l->at[l->n++] = (struct listed_queue){of->room, arena_strdup(&l->arena, q->name),
                                          q->is_auto_delete, q->messages > 0};
}

static int by_name(const void *a, const void *b)
{
    const struct listed_queue *one = a, *other = b;
    int order = strcmp(one->room, other->room);
    return order ? order : strcmp(one->name, other->name);
}

static const struct listed_queue *find(const struct listing *l, const char *room, const char *name)
{
    struct listed_queue key = {.room = room, .name = name};
    return l && l->n ? bsearch(&key, l->at, l->n, sizeof(key), by_name) : NULL;
}

static enum err_code read_listing(struct registry *r, struct err *err)
{
    struct listing *l = xcalloc(1, sizeof(*l));
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < r->rooms_n; i++) {
        const char *room = r->rooms[i]->name;
        struct room_listing of = {l, arena_strdup(&l->arena, room)};
        rc = management_queues_like(&r->management, account_vhost(&r->setup, room), LISTED_QUEUES,
                                    on_queue, &of, err);
        if (rc == ERR_NOT_FOUND && i > 0) /* it is just ending */
            rc = ERR_OK;
    }
    if (rc != ERR_OK) {
        listing_free(l);
        return rc;
    }
    if (l->n)
        qsort(l->at, l->n, sizeof(l->at[0]), by_name);
    pthread_mutex_lock(&r->lock);
    struct listing *old = r->listing;
    r->listing = l; /* only this thread replaces it, and may read it without the lock */
    pthread_mutex_unlock(&r->lock);
    listing_free(old);
    return ERR_OK;
}

bool registry_queue_exists(void *ctx, const char *queue)
{
    struct registry *r = ctx;
    struct management m;
    struct err err = ERR_INIT;
    pthread_mutex_lock(&r->lock);
    bool exists = find(r->listing, "", queue) != NULL;
    pthread_mutex_unlock(&r->lock);
    if (exists)
        return true;
    management_init(&m, &r->setup, r->wake_fd);
    if (management_has_queue(&m, queue, &exists, &err) != ERR_OK) {
        log_warn(LOG_VNFM, "queue_taken_for_granted", KV_S("queue", queue), KV_ERR(&err));
        exists = true;
    }
    management_release(&m);
    return exists;
}

struct own_queues {
    void (*report)(void *arg, const struct management_queue *queue);
    void *arg;
    struct sbuf log;
};

static void report_own(void *arg, const struct management_queue *q)
{
    const struct own_queues *own = arg;
    static const char log[] = QUEUE_BROKER_LOG;
    if (strncmp(q->name, log, sizeof(log) - 1) == 0 && strcmp(q->name, own->log.s) != 0)
        return;
    own->report(own->arg, q);
}

enum err_code registry_list_queues(struct registry *r,
                                   void (*report)(void *arg, const struct management_queue *queue),
                                   void *arg, struct err *err)
{
    struct management m;
    management_init(&m, &r->setup, r->wake_fd);
    struct own_queues own = {.report = report, .arg = arg, .log = SBUF_INIT};
    topology_broker_log_queue(management_vhost(&m), &own.log);
    enum err_code rc = management_queues(&m, report_own, &own, err);
    sbuf_release(&own.log);
    management_release(&m);
    return rc;
}

/* --- consumers -------------------------------------------------------------------------------- */

enum err_code watch_has_consumers(struct registry_room *room, const char *queue, bool *ret,
                                  struct err *err)
{
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(room->bus, queue, &messages, &consumers, err);
    if (rc == ERR_PEER) /* locked: exclusive to a connection that is there */
        consumers = 1;
    else if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc != ERR_NOT_FOUND && consumers > 0;
    return ERR_OK;
}

/* Does nothing wait in it, and nobody consume from it? Also if there is no such queue. */
static enum err_code holds_nothing(struct registry_room *room, const char *queue, bool *ret,
                                   struct err *err)
{
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(room->bus, queue, &messages, &consumers, err);
    *ret = rc == ERR_NOT_FOUND || (rc == ERR_OK && messages == 0 && consumers == 0);
    return rc == ERR_NOT_FOUND || rc == ERR_PEER ? ERR_OK : rc; /* ERR_PEER: locked, in use */
}

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Does the queue belong to the plugin that registered with this type? */
static bool is_queue_of(const char *queue, const char *type)
{
    static const char *const prefixes[] = {QUEUE_VIM_DRIVER_PREFIX, QUEUE_MONITOR_PREFIX};
    if (topology_is_plugin_queue(type))
        return strcmp(queue, type) == 0;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (starts_with(queue, prefixes[i])) {
            const char *rest = queue + strlen(prefixes[i]);
            return starts_with(rest, type) && rest[strlen(type)] == '.';
        }
    return false;
}

enum err_code watch_plugin_has_consumers(struct registry *r, struct registry_room *room,
                                         const char *type, bool *ret, struct err *err)
{
    *ret = false;
    if (topology_is_plugin_queue(type))
        return watch_has_consumers(room, type, ret, err);
    enum err_code rc = read_listing(r, err);
    for (size_t i = 0; rc == ERR_OK && !*ret && i < r->listing->n; i++)
        if (strcmp(r->listing->at[i].room, room->name) == 0 &&
            is_queue_of(r->listing->at[i].name, type))
            rc = watch_has_consumers(room, r->listing->at[i].name, ret, err);
    return rc;
}

/* --- marking ---------------------------------------------------------------------------------- */

/* In a room that we are not connected to, nobody is seen. */
static enum err_code is_served(struct registry *r, const struct listed_queue *q, bool *ret,
                               struct err *err)
{
    struct registry_room *room = registry_room_find(r, q->room);
    *ret = q->is_auto_delete;
    if (q->is_auto_delete || !room)
        return ERR_OK;
    enum err_code rc = watch_has_consumers(room, q->name, ret, err);
    bool is_inner = !*room->name;
    return rc != ERR_OK && !is_inner && !bus_is_ready(room->bus) ? ERR_OK : rc;
}

/* Its answers under way still count. */
#define LOST_GRACE_US        (5 * USEC_PER_SEC)
#define LOST_GRACE_DRIVER_US (2 * USEC_PER_SEC)

static void tell_lost_requests(const char *type, int64_t n)
{
    if (n)
        log_warn(LOG_VNFM, "requests_lost", KV_S("type", type), KV_I("requests", n));
}

static void tell_lost_calls(const char *queue, int64_t n)
{
    if (n)
        log_warn(LOG_VIM, "calls_lost", KV_S("queue", queue), KV_I("calls", n));
}

enum err_code watch_vnfm_died(struct registry *r, const char *type, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_vnfm_requests_lost(r->db, type, LOST_GRACE_US, &n, err);
    if (rc == ERR_OK)
        tell_lost_requests(type, n);
    return rc;
}

enum err_code watch_driver_died(struct registry *r, const char *queue, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_driver_requests_lost(r->db, queue, LOST_GRACE_DRIVER_US, &n, err);
    if (rc == ERR_OK)
        tell_lost_calls(queue, n);
    return rc;
}

/* Marked first, then looked again: what is marked had left the outbox before that look, so it would
 * be seen in the queue if nobody had taken it. The first look is only there so that rows are seldom
 * locked while the broker is asked. */
enum err_code watch_predecessor_died(struct registry *r, struct registry_room *room,
                                     const char *queue, const char *type, struct err *err)
{
    bool is_lost = false;
    int64_t n = 0;
    enum err_code rc = holds_nothing(room, queue, &is_lost, err);
    if (rc != ERR_OK || !is_lost)
        return rc;
    db_begin(r->db);
    rc = type ? store_vnfm_requests_lost(r->db, type, LOST_GRACE_US, &n, err)
              : store_driver_requests_lost(r->db, queue, LOST_GRACE_DRIVER_US, &n, err);
    if (rc == ERR_OK && n)
        rc = holds_nothing(room, queue, &is_lost, err);
    is_lost &= rc == ERR_OK;
    if (is_lost)
        rc = db_commit(r->db, err);
    else
        db_rollback(r->db);
    db_results_clear(r->db);
    if (rc == ERR_OK && is_lost && type)
        tell_lost_requests(type, n);
    else if (rc == ERR_OK && is_lost)
        tell_lost_calls(queue, n);
    return rc;
}

/* In a room that is not connected nothing is known: its next process says so when it registers. */
static enum err_code gone_died(struct registry *r, const char *room_name, const char *queue,
                               const char *type, struct err *err)
{
    struct registry_room *room = registry_room_find(r, room_name);
    if (!find(r->listing, room_name, queue))
        return type ? watch_vnfm_died(r, type, err) : watch_driver_died(r, queue, err);
    if (!room)
        return ERR_OK;
    enum err_code rc = watch_predecessor_died(r, room, queue, type, err);
    return rc != ERR_OK && !bus_is_ready(room->bus) ? ERR_OK : rc;
}

/* Of VNFMs or drivers that are in their room: what is still where they were, when nobody serves it there. */
static enum err_code follow_moved(struct registry *r, const struct store_queue *queues, size_t n,
                                  bool are_drivers, struct err *err)
{
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        const struct listed_queue *q = find(r->listing, "", queues[i].queue);
        bool is_served_there = false;
        if (!*queues[i].room || !q || q->is_auto_delete || !q->has_messages)
            continue;
        rc = watch_has_consumers(r->rooms[0], queues[i].queue, &is_served_there, err);
        if (rc == ERR_OK && !is_served_there)
            left_behind_follow(r, &queues[i], are_drivers);
    }
    return rc;
}

static enum err_code mark_vnfms(struct registry *r, const struct store_look *look, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(db_array_release) struct db_array rooms = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array served = DB_TEXT_ARRAY;
    struct store_vnfm_gone *gone = NULL;
    struct store_queue *queues = NULL;
    size_t n = 0, n_gone = 0;
    int64_t changed = 0, moved = 0;
    enum err_code rc = store_vnfm_queues(r->db, &a, &queues, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        const struct listed_queue *q = find(r->listing, queues[i].room, queues[i].queue);
        bool is = false;
        if (q && (rc = is_served(r, q, &is, err)) == ERR_OK && is) {
            db_array_text(&rooms, queues[i].room);
            db_array_text(&served, queues[i].queue);
        }
    }
    if (rc == ERR_OK)
        rc = store_vnfm_move(r->db, &rooms, &served, &moved, err);
    if (rc == ERR_OK && moved)
        log_info(LOG_VNFM, "vnfms_moved_to_their_rooms", KV_I("moved", moved));
    if (rc == ERR_OK)
        rc = store_vnfm_queues_moved(r->db, &a, &queues, &n, err);
    if (rc == ERR_OK)
        rc = follow_moved(r, queues, n, false, err);
    if (rc == ERR_OK)
        rc = store_vnfrs_follow(r->db, &moved, err);
    if (rc == ERR_OK && moved)
        log_info(LOG_VNFM, "vnfrs_moved_with_their_vnfms", KV_I("moved", moved));
    if (rc == ERR_OK)
        rc =
            store_vnfm_mark_active(r->db, look, &rooms, &served, &a, &gone, &n_gone, &changed, err);
    if (rc == ERR_OK && changed)
        log_info(LOG_VNFM, "vnfms_changed", KV_I("changed", changed), KV_I("served", served.n));
    for (size_t i = 0; rc == ERR_OK && i < n_gone; i++)
        rc = gone_died(r, gone[i].room, gone[i].queue, gone[i].type, err);
    return rc;
}

struct driver_changes {
    struct arena arena;
    struct proto_strs back_types, gone, gone_rooms;
};

static void on_back(void *arg, const char *room, const char *queue, const char *type)
{
    struct driver_changes *c = arg;
    log_info(LOG_VIM, "driver_is_there", KV_S("queue", queue), KV_S("room", room));
    proto_list_add(&c->back_types, arena_strdup(&c->arena, type), &c->arena);
}

static void on_gone(void *arg, const char *room, const char *queue, const char *type)
{
    struct driver_changes *c = arg;
    log_warn(LOG_VIM, "driver_is_gone", KV_S("queue", queue), KV_S("type", type),
             KV_S("room", room));
    proto_list_add(&c->gone, arena_strdup(&c->arena, queue), &c->arena);
    proto_list_add(&c->gone_rooms, arena_strdup(&c->arena, room), &c->arena);
}

/* What it manages may have changed while nobody looked: amqp-protocol.md 2.3, item 5. */
static enum err_code refresh_pops(struct registry *r, struct driver_changes *c, struct err *err)
{
    struct store_pop *pops = NULL;
    uint32_t n = 0;
    if (c->back_types.n == 0 || !r->setup.refresh_pop)
        return ERR_OK;
    enum err_code rc = store_pop_names(r->db, "*", &c->arena, &pops, &n, err);
    for (uint32_t i = 0; rc == ERR_OK && i < n; i++)
        if (proto_strs_has(&c->back_types, pops[i].type))
            r->setup.refresh_pop(r->setup.ctx, pops[i].id);
    return rc;
}

static enum err_code served_drivers(struct registry *r, struct db_array *rooms,
                                    struct db_array *queues, struct db_array *types,
                                    struct err *err)
{
    for (size_t i = 0; i < r->listing->n; i++) {
        const char *name = r->listing->at[i].name, *type;
        size_t len;
        bool is = false;
        if (!topology_driver_type(name, &type, &len))
            continue;
        enum err_code rc = is_served(r, &r->listing->at[i], &is, err);
        if (rc != ERR_OK)
            return rc;
        if (is) {
            db_array_text(rooms, r->listing->at[i].room);
            db_array_text(queues, name);
            db_array_textn(types, type, len);
        }
    }
    return ERR_OK;
}

static enum err_code mark_drivers(struct registry *r, const struct store_look *look,
                                  struct err *err)
{
    AUTO(db_array_release) struct db_array rooms = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array queues = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array types = DB_TEXT_ARRAY;
    struct driver_changes c = {.arena = ARENA_INIT};
    struct store_queue *moved = NULL;
    size_t n = 0;
    enum err_code rc = served_drivers(r, &rooms, &queues, &types, err);
    if (rc == ERR_OK)
        rc = store_driver_mark_active(r->db, look, &rooms, &queues, &types, on_back, on_gone, &c,
                                      err);
    if (rc == ERR_OK)
        rc = store_driver_queues_moved(r->db, &c.arena, &moved, &n, err);
    if (rc == ERR_OK)
        rc = follow_moved(r, moved, n, true, err);
    if (rc == ERR_OK)
        rc = refresh_pops(r, &c, err);
    for (uint32_t i = 0; rc == ERR_OK && i < c.gone.n; i++)
        rc = gone_died(r, c.gone_rooms.at[i], c.gone.at[i], NULL, err);
    arena_release(&c.arena);
    return rc;
}

enum err_code watch_check(struct registry *r, struct err *err)
{
    int64_t vnfms = 0, drivers = 0;
    struct store_look look = {.grace_us = r->setup.options->absence_grace_ms * USEC_PER_MS};
    bool counts = true;
    enum err_code rc = store_look_begin(r->db, &look, err);
    if (rc == ERR_OK)
        rc = read_listing(r, err);
    if (rc == ERR_OK)
        rc = store_look_counts(r->db, &look, &counts, err);
    if (rc == ERR_OK && counts)
        rc = mark_vnfms(r, &look, err);
    if (rc == ERR_OK && counts)
        rc = mark_drivers(r, &look, err);
    if (rc == ERR_OK && counts)
        rc = accounts_end_unused(r, err);
    if (rc == ERR_OK)
        rc = store_managers_count(r->db, &vnfms, &drivers, err);
    if (rc != ERR_OK)
        return err_add(err, "look for managers");
    metric_add(r->metrics, M_CHECKS, 1, 0, 0);
    metric_set(r->metrics, M_DEAD_LETTERS, r->listing->dead_letters, 0, 0);
    metric_set(r->metrics, M_DEAD_LETTERS_BYTES, r->listing->dead_bytes, 0, 0);
    metric_set(r->metrics, M_VNFMS, vnfms, 0, 0);
    metric_set(r->metrics, M_DRIVERS, drivers, 0, 0);
    return ERR_OK;
}
