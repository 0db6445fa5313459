/* Servers of active services that their PoP does not list any more. Part of broker_watch.h's
 * thread, which never waits for a PoP: what came is looked at every now and then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/store/store_misc.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"
#include "nfvo/vnfm/internal.h"

#define LOOK_MS 500
#define KEEP_US (3600 * USEC_PER_SEC) /* longer than a driver may take */

static void drop(struct broker_watch *w, size_t i)
{
    free(w->inventories[i].pop);
    w->inventories[i] = w->inventories[--w->inventory_n];
}

void servers_forget(struct broker_watch *w)
{
    while (w->inventory_n)
        drop(w, 0);
    free(w->inventories);
    w->inventories = NULL;
}

int64_t servers_next_us(const struct broker_watch *w)
{
    bool is_off = w->setup->options->pop_check_interval_ms <= 0;
    int64_t next = is_off ? INT64_MAX : w->pops_at_us;
    return w->inventory_n && w->inventories_at_us < next ? w->inventories_at_us : next;
}

/* --- asking ------------------------------------------------------------------------------------
 */

static bool is_asked(const struct broker_watch *w, const char *pop)
{
    for (size_t i = 0; i < w->inventory_n; i++)
        if (strcmp(w->inventories[i].pop, pop) == 0)
            return true;
    return false;
}

static enum err_code ask(struct broker_watch *w, const char *pop, int64_t now, struct err *err)
{
    struct inventory *v = &w->inventories[w->inventory_n];
    char id[ID_SIZE];
    id_new(id);
    enum err_code rc = store_rest_call_add(w->db, id, NULL, KEEP_US, err);
    if (rc != ERR_OK)
        return rc;
    snprintf(v->operation, sizeof(v->operation), "%s", id);
    v->pop = xstrdup(pop);
    v->asked_at = now;
    v->until_us = clock_mono_us() + KEEP_US;
    v->is_done = false;
    w->inventory_n++;
    w->setup->list_pop(w->setup->ctx, v->operation, v->pop);
    return ERR_OK;
}

static enum err_code ask_all(struct broker_watch *w, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char **pops = NULL;
    size_t n = 0;
    int64_t now = 0;
    if (!w->inventories)
        w->inventories = xcalloc(LISTED_MAX, sizeof(w->inventories[0]));
    enum err_code rc = store_now(w->db, &now, err);
    if (rc == ERR_OK)
        rc = store_pops_with_servers(w->db, &a, &pops, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n && w->inventory_n < LISTED_MAX; i++)
        if (!is_asked(w, pops[i])) /* a slow driver's answer is still under way */
            rc = ask(w, pops[i], now, err);
    return rc;
}

/* --- what came ---------------------------------------------------------------------------------
 */

static void on_done(void *arg, const char *operation)
{
    struct broker_watch *w = arg;
    for (size_t i = 0; i < w->inventory_n; i++)
        if (strcmp(w->inventories[i].operation, operation) == 0)
            w->inventories[i].is_done = true;
}

static enum err_code read_one(struct broker_watch *w, const struct inventory *v, struct err *err)
{
    int64_t gone = 0;
    enum err_code rc = store_servers_listed(w->db, v->operation, v->pop, v->asked_at, &gone, err);
    if (rc == ERR_OK && gone)
        log_warn(LOG_VIM, "servers_gone", KV_S("pop", v->pop), KV_I("servers", gone),
                 KV_S("hint", "baton status names them"));
    return rc;
}

/* What was released meanwhile is missed by nobody: also when nothing is listed any more. */
static enum err_code count_gone(struct broker_watch *w, struct err *err)
{
    int64_t gone = 0;
    enum err_code rc = store_servers_gone(w->db, &gone, err);
    if (rc == ERR_OK)
        metric_set(w->metrics, M_SERVERS_GONE, gone, 0, 0);
    return rc;
}

static enum err_code read_all(struct broker_watch *w, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    for (size_t i = 0; i < w->inventory_n; i++)
        db_array_text(&ids, w->inventories[i].operation);
    enum err_code rc = store_rest_calls_done(w->db, &ids, on_done, w, err);
    for (size_t i = w->inventory_n; rc == ERR_OK && i-- > 0;) {
        bool is_late = clock_mono_us() > w->inventories[i].until_us;
        if (w->inventories[i].is_done)
            rc = read_one(w, &w->inventories[i], err);
        if (rc == ERR_OK && (w->inventories[i].is_done || is_late))
            drop(w, i);
    }
    return rc == ERR_OK ? count_gone(w, err) : rc;
}

void servers_look(struct broker_watch *w, bool is_turn_ours)
{
    int64_t now = clock_mono_us();
    int64_t every_us = w->setup->options->pop_check_interval_ms * USEC_PER_MS;
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    if (w->inventory_n) {
        w->inventories_at_us = now + LOOK_MS * USEC_PER_MS;
        rc = read_all(w, &err);
    }
    if (rc == ERR_OK && every_us > 0 && now >= w->pops_at_us) {
        w->pops_at_us = now + every_us;
        rc = count_gone(w, &err);
        if (rc == ERR_OK && is_turn_ours)
            rc = ask_all(w, &err);
        w->inventories_at_us = now + LOOK_MS * USEC_PER_MS;
    }
    if (rc != ERR_OK) /* the database is away, and others say so */
        log_debug(LOG_VIM, "servers_not_looked_at", KV_ERR(&err));
}
