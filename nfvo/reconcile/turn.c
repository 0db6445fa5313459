/* What the thread does in a turn. No thread, clock or random of its own: the simulator calls it, over
 * a store in memory. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/reconcile/internal.h"

enum {
    TAKEN_MAX = 32, /* PoPs that are asked in one turn, and listings that are read */
    TOLD_MAX = 64,
    COLLECTED_MAX = 100
};
#define LEASE_US  (660 * USEC_PER_SEC) /* longer than a driver has for a listing (WAIT_LIST) */
#define TELL_US   (30 * USEC_PER_SEC)  /* so long the engine has for an alarm */
#define FOLLOW_US (5 * USEC_PER_SEC)
#define HEAL_US   (1 * USEC_PER_SEC)
#define SWEEP_US  (600 * USEC_PER_SEC)
#define FORGET_US (3600 * USEC_PER_SEC)

static bool is_due(int64_t *at, int64_t now, int64_t every_us)
{
    if (now < *at)
        return false;
    *at = now + every_us;
    return true;
}

static enum err_code ask_due(struct reconciler *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const struct reconcile_engine *e = &r->setup.engine;
    struct store_due *due = NULL;
    size_t n = 0;
    enum err_code rc = store_watch_take(r->db, TAKEN_MAX, LEASE_US, &a, &due, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        if (due[i].has_ours) /* for its networks; those who wait for a refresh get the same one */
            e->refresh(e->ctx, due[i].pop);
        e->list(e->ctx, due[i].operation, due[i].pop);
    }
    return rc;
}

static enum err_code read_finished(struct reconciler *r, struct err *err)
{
    enum err_code rc = ERR_OK;
    bool was_one = true;
    for (int i = 0; rc == ERR_OK && was_one && i < TAKEN_MAX; i++)
        rc = look_at_one(r, &was_one, err);
    return rc;
}

/* Told when the engine has taken it: a process that dies on the way leaves a lease that ends. So it may
 * be told twice, and never not at all. */
static enum err_code tell(struct reconciler *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_untold *all = NULL;
    size_t n = 0;
    enum err_code rc = store_alarms_untold(r->db, TOLD_MAX, TELL_US, &a, &all, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        const struct store_untold *u = &all[i];
        const char *told = strcmp(u->word, "CLEARED") == 0 ? u->word : u->kind;
        bool is_mine = false;
        const struct alarm_news news = {u->word, u->kind, u->instance, u->vnfr,
                                        u->host, u->text, u->body};
        rc = *u->nsr ? store_alarm_telling(r->db, u, &is_mine, err)
                     : store_alarm_told(r->db, u->id, told, err);
        if (rc == ERR_OK && is_mine)
            r->setup.engine.tell(r->setup.engine.ctx, u->nsr, &news, outcome_done,
                                 outcome_new(r, u->id, told));
    }
    return rc;
}

static enum err_code collect_due(struct reconciler *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(db_array_release) struct db_array none = DB_TEXT_ARRAY;
    struct proto_strs pops = {0};
    int64_t after = r->setup.options->collect_after_ms * USEC_PER_MS;
    enum err_code rc = after ? store_orphans_due(r->db, after, &a, &pops, err) : ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < pops.n; i++) {
        struct proto_strs ids = {0};
        rc = store_orphans_take(r->db, pops.at[i], &none, "reconciler", COLLECTED_MAX, &a, &ids,
                                err);
        if (rc == ERR_OK && ids.n) {
            log_info(LOG_VIM, "orphans_collected", KV_S("pop", pops.at[i]), KV_I("servers", ids.n));
            r->setup.engine.collect(r->setup.engine.ctx, pops.at[i], &ids);
        }
    }
    return rc;
}

static enum err_code count(struct reconciler *r, struct err *err)
{
    struct store_alarm_counts c = {0};
    enum err_code rc = store_alarm_count(r->db, &c, err);
    if (rc != ERR_OK)
        return rc;
    const int64_t alarms[] = {c.critical, c.major, c.minor, c.warning};
    for (unsigned i = 0; i < ARRAY_LEN(alarms); i++)
        metric_set(r->metrics, M_ALARMS, alarms[i], i, 0);
    metric_set(r->metrics, M_DRIFT, c.drifts, 0, 0);
    metric_set(r->metrics, M_ORPHANS, c.orphans, 0, 0);
    metric_set(r->metrics, M_OUTAGES, c.outages, 0, 0);
    return ERR_OK;
}

static enum err_code follow(struct reconciler *r, struct err *err)
{
    const struct reconcile_options *o = r->setup.options;
    int64_t interval = o->interval_ms * USEC_PER_MS;
    enum err_code rc = store_watch_follow(r->db, interval ? 0 : NEVER_US, interval, err);
    if (rc == ERR_OK)
        rc = collect_due(r, err);
    return rc == ERR_OK ? count(r, err) : rc;
}

enum err_code reconciler_turn(struct reconciler *r, int64_t now, struct err *err)
{
    enum err_code rc = outcomes_take(r, err);
    if (rc == ERR_OK && is_due(&r->follow_at, now, FOLLOW_US))
        rc = follow(r, err);
    if (rc == ERR_OK)
        rc = ask_due(r, err);
    if (rc == ERR_OK)
        rc = read_finished(r, err);
    if (rc == ERR_OK)
        rc = tell(r, err);
    if (rc == ERR_OK && is_due(&r->heal_at, now, HEAL_US))
        rc = heal_round(r, err);
    if (rc == ERR_OK && is_due(&r->sweep_at, now, SWEEP_US))
        rc = store_reconcile_sweep(r->db, r->setup.options->alarm_keep_ms * USEC_PER_MS, err);
    if (is_due(&r->forget_at, now, FORGET_US))
        look_forget(r);
    return rc;
}
