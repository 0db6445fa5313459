/* What must hold of the reconciler, whatever clouds, users and processes do. */
#include "common/base/text.h"
#include "nfvo/lifecycle/operation/states.h"
#include "tests/sim/crowd.h"
#include "tests/sim/drift.h"

#include <string.h>

#define CALM_BOUND  (30 * SEC)   /* beyond reconcile-interval: the second listing, slow drivers */
#define STORM_BOUND (2400 * SEC) /* leases of the dead, deadlines of the silent */
#define WEAK_BOUND  (300 * SEC)  /* five listings that say nothing, each after a longer pause */

#define EACH_ROW(r, s, kind_)                                                                      \
    for (size_t i_ = 0; i_ < (s)->store->n_rows; i_++)                                             \
        for (const struct row *r = (s)->store->rows[i_]; r; r = NULL)                              \
            if (r->kind == (kind_))

static const struct cloud_server *server_of(const struct sim *s, const struct row *instance)
{
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            if (strcmp(s->cloud->drivers[i].servers[k].id, instance->key[INSTANCE_VC]) == 0)
                return &s->cloud->drivers[i].servers[k];
    return NULL;
}

static struct driver *driver_of(const struct sim *s, const char *pop)
{
    for (int i = 0; i < s->crowd->n_pops; i++)
        if (strcmp(s->crowd->pops[i], pop) == 0)
            return s->crowd->pop_driver[i];
    return NULL;
}

/* It is the NFVO's, up, and nothing is done to it. */
static bool is_watched(const struct sim *s, const struct row *i)
{
    const struct row *nsr = store_row(s, ROW_NSR, i->agg);
    return i->phase == INSTANCE_UP && !strstr(i->state, "\"owner\":\"vnfm\"") && nsr &&
           (nsr->phase == NSR_ACTIVE || nsr->phase == NSR_FAILED) && !rec_is_changing(s, i->agg);
}

/* NULL: it is as it should be. */
static const char *what_is_wrong(struct sim *s, const struct row *i)
{
    const struct cloud_server *v = server_of(s, i);
    return !v                      ? "gone"
           : drift_is_hidden(s, v) ? "hidden"
           : v->is_stopped         ? "stopped"
           : v->is_broken          ? "broken"
                                   : NULL;
}

/* --- seen within its bound ---------------------------------------------------------------------- */

static bool is_weak(const struct sim *s, const struct driver *d, const char *pop)
{
    if (d->manner == MANNER_C)
        return false;
    for (size_t k = 0; k < d->n_servers; k++)
        if (strcmp(d->servers[k].pop, pop) == 0 &&
            !drift_is_hidden((struct sim *)(uintptr_t)s, &d->servers[k]))
            return false;
    return true;
}

static struct missed *missed_of(struct sim *s, const char *id)
{
    struct drift_world *d = s->drift;
    for (size_t i = 0; i < d->missed.n; i++)
        if (strcmp(d->missed.at[i].id, id) == 0)
            return &d->missed.at[i];
    d->missed.at = arena_grow_array(&s->arena, d->missed.at, d->missed.n, sizeof(*d->missed.at));
    d->missed.at[d->missed.n] = (struct missed){arena_strdup(&s->arena, id), -1, false};
    return &d->missed.at[d->missed.n++];
}

static void check_bound(struct sim *s, const struct row *i)
{
    struct drift_world *d = s->drift;
    struct missed *m = missed_of(s, i->id);
    const char *pop = i->key[INSTANCE_POP], *wrong = what_is_wrong(s, i);
    const struct driver *driver = driver_of(s, pop);
    const struct rec_drift *found = rec_drift_of(s, i->id);
    if (driver && (!driver->is_alive || s->now < driver->mute_until))
        d->upset_at = s->now;
    if (!is_watched(s, i) || !wrong || !driver || drift_has_dark(s, pop) || s->now < d->upset_at) {
        m->since = -1;
        return;
    }
    if (m->since < 0)
        m->since = s->now;
    bool is_calm = s->calm && s->now - d->upset_at > 1500 * SEC;
    int64_t bound = is_calm ? d->options.interval_ms * MSEC + CALM_BOUND : STORM_BOUND;
    bound += is_weak(s, driver, pop) ? WEAK_BOUND : 0;
    if (s->now - m->since > bound && (!found || !*found->believed))
        sim_violate(s, "server %s is %s for %lld s, and no look has seen it",
                    i->key[INSTANCE_HOSTNAME], wrong, (long long)((s->now - m->since) / SEC));
}

/* Servers that a look may judge: an outage is one of three at least. */
static void count_judged(struct sim *s)
{
    for (int p = 0; p < s->crowd->n_pops; p++) {
        struct pop_weather *w = drift_weather(s, s->crowd->pops[p]);
        int n = 0;
        EACH_ROW(r, s, ROW_INSTANCE)
        n += is_watched(s, r) && strcmp(r->key[INSTANCE_POP], s->crowd->pops[p]) == 0;
        if (w && n < 3)
            w->few_at = s->now;
    }
}

void drift_watch(struct sim *s)
{
    if (!s->calm)
        s->drift->upset_at = s->now;
    count_judged(s);
    EACH_ROW(r, s, ROW_INSTANCE) check_bound(s, r);
}

/* --- heals -------------------------------------------------------------------------------------- */

static void check_storm(struct sim *s, const struct begun *b)
{
    int64_t recent = 0, running = 1;
    for (size_t i = 0; i < s->drift->begun.n; i++) {
        const struct begun *o = &s->drift->begun.at[i];
        recent += strcmp(o->instance, b->instance) == 0 && o->at > s->now - 3600 * SEC;
        running += strcmp(o->pop, b->pop) == 0 && rec_is_running(s, o->operation);
    }
    if (recent >= s->drift->options.heal_per_hour)
        sim_violate(s, "server %s is healed %lld times within an hour", b->instance,
                    (long long)recent + 1);
    if (running > s->drift->options.heal_at_once && !s->weather.user_operates)
        sim_violate(s, "%lld heals at once on PoP %.8s", (long long)running, b->pop);
}

static void check_outage(struct sim *s, const struct begun *b)
{
    const struct pop_weather *w = drift_weather(s, b->pop);
    const struct row *i = store_row(s, ROW_INSTANCE, b->instance);
    const struct cloud_server *v = i ? server_of(s, i) : NULL;
    const struct rec_alarm *a = rec_alarm_of(s, arena_printf(&s->arena, "pop:%s:outage", b->pop));
    if (w && v && drift_is_hidden(s, v) && s->now >= v->hidden_until && w->few_at < w->away_from &&
        s->now < w->away_from + s->drift->options.heal_outage_ms * MSEC && !(a && a->acked_at))
        sim_violate(s, "server %s is healed in an outage of its PoP", i->key[INSTANCE_HOSTNAME]);
}

static void heal_begins(struct sim *s, const struct row *operation)
{
    struct drift_world *d = s->drift;
    struct begun b = {NULL, arena_strdup(&s->arena, operation->id), NULL, s->now};
    for (size_t i = 0; i < d->rec.heal.n; i++)
        if (strcmp(d->rec.heal.at[i].operation, operation->id) == 0) {
            b.instance = d->rec.heal.at[i].subject;
            b.pop = d->rec.heal.at[i].pop;
        }
    if (!b.instance) {
        sim_violate(s, "heal %.8s was not counted before it was asked for", operation->id);
        return;
    }
    drift_counts[DC_HEALS]++;
    check_storm(s, &b);
    check_outage(s, &b);
    d->begun.at = arena_grow_array(&s->arena, d->begun.at, d->begun.n, sizeof(*d->begun.at));
    d->begun.at[d->begun.n++] = b;
}

void drift_row_changed(struct sim *s, const struct row *before, const struct row *after)
{
    if (!s->drift)
        return;
    rec_row(s, before, after);
    if (after && before && after->kind == ROW_NSR && after->phase != before->phase)
        missed_of(s, after->id)->since = s->now;
    if (after && !before && after->kind == ROW_OPERATION &&
        strcmp(after->key[OPERATION_ASKED_BY], "reconciler") == 0)
        heal_begins(s, after);
}

/* --- told --------------------------------------------------------------------------------------- */

static const char *member(struct sim *s, const char *doc, const char *name)
{
    const char *key = arena_printf(&s->arena, "\"%s\":\"", name);
    const char *at = strstr(doc, key);
    return at ? arena_strndup(&s->arena, at + strlen(key), strcspn(at + strlen(key), "\"")) : "";
}

void drift_note(struct sim *s, const char *doc)
{
    struct drift_world *d = s->drift;
    if (!d || !strstr(doc, "\"event\":\"ALARM\""))
        return;
    const char *host = member(s, doc, "host");
    struct heard h = {host, member(s, doc, "alarm"), member(s, doc, "what")};
    for (size_t i = 0; i < d->heard.n; i++)
        if (strcmp(d->heard.at[i].host, host) == 0) {
            d->heard.at[i] = h;
            return;
        }
    d->heard.at = arena_grow_array(&s->arena, d->heard.at, d->heard.n, sizeof(*d->heard.at));
    d->heard.at[d->heard.n++] = h;
}

static void check_told(struct sim *s, const struct row *i)
{
    const struct rec *rec = &s->drift->rec;
    const struct rec_alarm *last = NULL;
    const struct heard *heard = NULL;
    const char *host = i->key[INSTANCE_HOSTNAME];
    for (size_t k = 0; k < rec->alarm.n; k++)
        if (strcmp(rec->alarm.at[k].subject, i->id) == 0)
            last = &rec->alarm.at[k];
    for (size_t k = 0; k < s->drift->heard.n; k++)
        if (strcmp(s->drift->heard.at[k].host, host) == 0)
            heard = &s->drift->heard.at[k];
    if (!last)
        return;
    bool knows = heard && (last->cleared_at ? strcmp(heard->what, "CLEARED") == 0
                                            : strcmp(heard->what, "CLEARED") != 0 &&
                                                  strcmp(heard->kind, last->kind) == 0);
    if (!knows)
        sim_violate(s, "alarm %s of %s is %s, and the history of its service says %s %s",
                    last->kind, host, last->cleared_at ? "cleared" : "open",
                    heard ? heard->kind : "nothing", heard ? heard->what : "");
}

/* --- when it is quiet --------------------------------------------------------------------------- */

static bool has_open_operation(const struct sim *s, const char *nsr)
{
    EACH_ROW(r, s, ROW_OPERATION)
    if (strcmp(r->agg, nsr) == 0 && r->phase < OPERATION_STATE_COMPLETED)
        return true;
    return false;
}

static void check_instance(struct sim *s, const struct row *i)
{
    const char *host = i->key[INSTANCE_HOSTNAME], *wrong = what_is_wrong(s, i);
    const struct rec_drift *d = rec_drift_of(s, i->id);
    const struct rec_alarm *a = rec_alarm_of(s, i->id);
    const struct row *nsr = store_row(s, ROW_NSR, i->agg);
    bool is_down =
        a && (strcmp(a->kind, "SERVER_GONE") == 0 || strcmp(a->kind, "SERVER_STOPPED") == 0 ||
              strcmp(a->kind, "SERVER_REPLACED") == 0);
    if (wrong && (!d || !*d->believed || !a))
        sim_violate(s, "server %s is %s, and there is no alarm", host, wrong);
    if (!wrong && is_down)
        sim_violate(s, "server %s is well, and its alarm %s is open", host, a->kind);
    bool is_missing = strstr(i->state, "\"missing\":true") != NULL;
    if (is_missing != (a && strcmp(a->kind, "SERVER_GONE") == 0))
        sim_violate(s, "server %s is%s missing by its row, its alarm is %s", host,
                    is_missing ? "" : " not", a ? a->kind : "none");
    check_told(s, i);
    /* Not one whose name another server has: that is for people. */
    bool is_healed = a && strstr(a->healing, "attempt") && strcmp(a->kind, "SERVER_REPLACED") != 0;
    if (wrong && is_healed && s->weather.peers_are_well && !s->weather.user_operates &&
        nsr->phase == NSR_ACTIVE && !has_open_operation(s, i->agg))
        sim_violate(s, "server %s is %s hours later: %s", host, wrong, a->healing);
}

/* A PoP without is not refreshed: its networks are as it was when something was deployed there. */
static bool has_ours(const struct sim *s, const char *pop)
{
    EACH_ROW(r, s, ROW_INSTANCE)
    if (strcmp(r->key[INSTANCE_POP], pop) == 0 && r->phase != INSTANCE_GONE)
        return true;
    return false;
}

/* Which PoP it is of says the link; network ids are of one driver. */
static void check_networks(struct sim *s, const struct row *nsr)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct nsr *n = NULL;
    if (proto_decode(&nsr_type, nsr->doc, strlen(nsr->doc), 0, &a, &n, NULL) != ERR_OK)
        return;
    for (uint32_t i = 0; i < n->vlr.n; i++) {
        const struct vlr *l = n->vlr.at[i];
        const struct driver *d = driver_of(s, text_or_empty(l->vim_id));
        if (!d || !*text_or_empty(l->ext_id) || !has_ours(s, l->vim_id))
            continue;
        bool is_there = false;
        for (size_t k = 0; k < d->n_networks; k++)
            is_there |= strcmp(d->networks[k].id, l->ext_id) == 0 &&
                        strcmp(d->networks[k].pop, l->vim_id) == 0;
        bool is_missed = rec_alarm_of(s, arena_printf(&a, "net:%s", l->id)) != NULL;
        if (is_there == is_missed)
            sim_violate(s, "network %s of NSR %.8s is%s there, and%s missed", l->ext_id, nsr->id,
                        is_there ? "" : " not", is_missed ? "" : " not");
    }
}

void drift_settled(struct sim *s)
{
    if (!s->drift)
        return;
    EACH_ROW(r, s, ROW_NSR)
    if (r->phase == NSR_ACTIVE && !rec_is_changing(s, r->id))
        check_networks(s, r);
    EACH_ROW(r, s, ROW_INSTANCE)
    if (is_watched(s, r))
        check_instance(s, r);
}

const char *drift_left(struct sim *s, const struct cloud_server *v)
{
    const struct rec_orphan *o = rec_orphan_of(s, v->id);
    if (v->is_foreign)
        return o && strcmp(o->mark, "name") != 0 ? "is not ours, and is said to be for sure" : NULL;
    if (!o || o->times < 2)
        return "is left over, and no look has reported it";
    if (s->drift->options.collect_after_ms && strcmp(o->mark, "name") != 0)
        return "is left over, and was not collected";
    return NULL;
}

uint64_t drift_foreigners(const struct sim *s)
{
    uint64_t n = 0;
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            n += s->cloud->drivers[i].servers[k].is_foreign;
    return n;
}
