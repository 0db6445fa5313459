/* Which managers are there: the queues that the broker lists, and who consumes from them.
 *
 * A queue that is auto-deleted is there as long as its consumer. Others (ours, D12) outlive it: for
 * them the broker is asked for consumers, passively, because the listing's numbers are seconds old.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/store/store_engine.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/vnfm/internal.h"

void listing_free(struct listing *l)
{
    if (!l)
        return;
    arena_release(&l->arena);
    free(l);
}

static void on_queue(void *arg, const struct management_queue *q)
{
    struct listing *l = arg;
    l->at = arena_grow_array(&l->arena, l->at, l->n, sizeof(l->at[0]));
    l->at[l->n++] = (struct listed_queue){arena_strdup(&l->arena, q->name), q->is_auto_delete};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct listed_queue *)a)->name, ((const struct listed_queue *)b)->name);
}

static const struct listed_queue *find(const struct listing *l, const char *name)
{
    struct listed_queue key = {.name = name};
    return l && l->n ? bsearch(&key, l->at, l->n, sizeof(key), by_name) : NULL;
}

static enum err_code read_listing(struct registry *r, struct err *err)
{
    struct listing *l = xcalloc(1, sizeof(*l));
    enum err_code rc = management_queues(&r->management, on_queue, l, err);
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
    bool exists = find(r->listing, queue) != NULL;
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

enum err_code registry_list_queues(struct registry *r,
                                   void (*report)(void *arg, const struct management_queue *queue),
                                   void *arg, struct err *err)
{
    struct management m;
    management_init(&m, &r->setup, r->wake_fd);
    enum err_code rc = management_queues(&m, report, arg, err);
    management_release(&m);
    return rc;
}

/* --- consumers -------------------------------------------------------------------------------- */

enum err_code watch_has_consumers(struct registry *r, const char *queue, bool *ret, struct err *err)
{
    uint32_t messages = 0, consumers = 0;
    enum err_code rc = bus_queue_check(r->bus, queue, &messages, &consumers, err);
    if (rc == ERR_PEER) /* locked: exclusive to a connection that is there */
        consumers = 1;
    else if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc != ERR_NOT_FOUND && consumers > 0;
    return ERR_OK;
}

enum err_code watch_is_absent(struct registry *r, const char *queue, bool *ret, struct err *err)
{
    uint32_t messages, consumers;
    enum err_code rc = bus_queue_check(r->bus, queue, &messages, &consumers, err);
    *ret = rc == ERR_NOT_FOUND;
    return rc == ERR_NOT_FOUND || rc == ERR_PEER ? ERR_OK : rc;
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

enum err_code watch_plugin_has_consumers(struct registry *r, const char *type, bool *ret,
                                         struct err *err)
{
    enum err_code rc = read_listing(r, err);
    *ret = false;
    for (size_t i = 0; rc == ERR_OK && !*ret && i < r->listing->n; i++)
        if (is_queue_of(r->listing->at[i].name, type))
            rc = watch_has_consumers(r, r->listing->at[i].name, ret, err);
    return rc;
}

/* --- marking ---------------------------------------------------------------------------------- */

static enum err_code is_served(struct registry *r, const struct listed_queue *q, bool *ret,
                               struct err *err)
{
    *ret = q->is_auto_delete;
    return q->is_auto_delete ? ERR_OK : watch_has_consumers(r, q->name, ret, err);
}

/* Its answers under way still count. */
#define LOST_GRACE_US (5 * USEC_PER_SEC)

enum err_code watch_vnfm_died(struct registry *r, const char *type, struct err *err)
{
    int64_t n = 0;
    if (r->setup.n_vnfm_commands == 0)
        return ERR_OK;
    enum err_code rc = store_vnfm_requests_lost(r->db, type, r->setup.vnfm_commands,
                                                r->setup.n_vnfm_commands, LOST_GRACE_US, &n, err);
    if (rc == ERR_OK && n)
        log_warn(LOG_VNFM, "requests_lost", KV_S("type", type), KV_I("requests", n));
    return rc;
}

static enum err_code mark_vnfms(struct registry *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(db_array_release) struct db_array served = DB_TEXT_ARRAY;
    struct store_vnfm_gone *gone = NULL;
    const char **queues = NULL;
    size_t n = 0, n_gone = 0;
    int64_t changed = 0;
    enum err_code rc = store_vnfm_queues(r->db, &a, &queues, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        const struct listed_queue *q = find(r->listing, queues[i]);
        bool is = false;
        if (q && (rc = is_served(r, q, &is, err)) == ERR_OK && is)
            db_array_text(&served, queues[i]);
    }
    if (rc == ERR_OK)
        rc = store_vnfm_mark_active(r->db, &served, &a, &gone, &n_gone, &changed, err);
    if (rc == ERR_OK && changed)
        log_info(LOG_VNFM, "vnfms_changed", KV_I("changed", changed), KV_I("served", served.n));
    for (size_t i = 0; rc == ERR_OK && i < n_gone; i++)
        if (!find(r->listing, gone[i].queue)) /* one that lasts may still hold what was asked */
            rc = watch_vnfm_died(r, gone[i].type, err);
    return rc;
}

struct comers {
    struct arena arena;
    struct proto_strs types;
};

static void on_back(void *arg, const char *queue, const char *type)
{
    struct comers *c = arg;
    log_info(LOG_VIM, "driver_is_there", KV_S("queue", queue));
    proto_list_add(&c->types, arena_strdup(&c->arena, type), &c->arena);
}

/* What it manages may have changed while nobody looked: amqp-protocol.md 2.3, item 5. */
static enum err_code refresh_pops(struct registry *r, struct comers *c, struct err *err)
{
    struct store_pop *pops = NULL;
    uint32_t n = 0;
    if (c->types.n == 0 || !r->setup.refresh_pop)
        return ERR_OK;
    enum err_code rc = store_pop_names(r->db, "*", &c->arena, &pops, &n, err);
    for (uint32_t i = 0; rc == ERR_OK && i < n; i++)
        if (proto_strs_has(&c->types, pops[i].type))
            r->setup.refresh_pop(r->setup.ctx, pops[i].id);
    return rc;
}

static enum err_code mark_drivers(struct registry *r, struct err *err)
{
    AUTO(db_array_release) struct db_array queues = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array types = DB_TEXT_ARRAY;
    int64_t gone = 0;
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
            db_array_text(&queues, name);
            db_array_textn(&types, type, len);
        }
    }
    struct comers back = {.arena = ARENA_INIT};
    enum err_code rc = store_driver_mark_active(r->db, &queues, &types, on_back, &back, &gone, err);
    if (rc == ERR_OK)
        rc = refresh_pops(r, &back, err);
    arena_release(&back.arena);
    if (rc == ERR_OK && gone)
        log_warn(LOG_VIM, "drivers_gone", KV_I("gone", gone), KV_I("left", queues.n));
    return rc;
}

enum err_code watch_check(struct registry *r, struct err *err)
{
    int64_t vnfms = 0, drivers = 0;
    enum err_code rc = read_listing(r, err);
    if (rc == ERR_OK)
        rc = mark_vnfms(r, err);
    if (rc == ERR_OK)
        rc = mark_drivers(r, err);
    if (rc == ERR_OK)
        rc = store_managers_count(r->db, &vnfms, &drivers, err);
    if (rc != ERR_OK)
        return err_add(err, "look for managers");
    metric_add(r->metrics, M_CHECKS, 1, 0, 0);
    metric_set(r->metrics, M_VNFMS, vnfms, 0, 0);
    metric_set(r->metrics, M_DRIVERS, drivers, 0, 0);
    return ERR_OK;
}
