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
#include "nfvo/store/store_reconcile.h"
#include "nfvo/vnfm/internal.h"
#include "proto/topology.h"

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

/* In a room that is not connected nothing is known: its next process says so when it registers. */
static enum err_code gone_died(struct registry *r, const char *room_name, const char *queue,
                               const char *type, struct err *err)
{
    struct registry_room *room = registry_room_find(r, room_name);
    if (!listing_find(r->listing, room_name, queue))
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
        const struct listed_queue *q = listing_find(r->listing, "", queues[i].queue);
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
        const struct listed_queue *q = listing_find(r->listing, queues[i].room, queues[i].queue);
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
    for (uint32_t i = 0; rc == ERR_OK && i < c->back_types.n; i++)
        rc = store_watch_soon(r->db, NULL, c->back_types.at[i], true, err);
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
        rc = listing_read(r, err);
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
