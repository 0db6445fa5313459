/* Orphans and heals: what nfvo/store/store_{orphan,heal}.h promise. */
#include "common/base/text.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "tests/sim/drift_private.h"
#include "tests/sim/plant.h"

#include <stdlib.h>
#include <string.h>

/* --- orphans ------------------------------------------------------------------------------------ */

static const char *mark_of(const struct rec_past *p, const char *pop, const char *id,
                           const char *name, bool is_mine)
{
    if (strcmp(p->pop, pop) != 0)
        return NULL;
    if (*p->vc && strcmp(p->vc, id) == 0)
        return "id";
    if (strcmp(p->hostname, name) != 0)
        return NULL;
    return !*p->vc ? "launch" : is_mine ? "id" : "name";
}

/* By its name; of one whose id is known to be ours, by its id. */
static bool is_owned(struct sim *s, const char *mark, const char *id, const char *name)
{
    bool is_by_id = strcmp(mark, "id") == 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_INSTANCE && (is_by_id ? strcmp(r->key[INSTANCE_VC], id) == 0
                                                 : strcmp(r->key[INSTANCE_HOSTNAME], name) == 0))
            return true;
    }
    return false;
}

enum err_code store_past_find(struct db *db, const char *pop, struct db_array *ids,
                              struct db_array *names,
                              void (*report)(void *arg, int64_t index, const char *mark), void *arg,
                              struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (int i = 0; i < ids->n; i++) {
        const char *id = drift_text_at(s, ids, i), *name = drift_text_at(s, names, i), *best = NULL;
        for (size_t k = 0; k < rec->past.n; k++) {
            const char *mark =
                mark_of(&rec->past.at[k], pop, id, name, s->plant == PLANT_TAKES_FOREIGNERS);
            if (mark && (!best || strcmp(mark, best) < 0))
                best = mark;
        }
        if (best && !is_owned(s, best, id, name))
            report(arg, i, best);
    }
    return ERR_OK;
}

enum err_code store_orphans_take(struct db *db, const char *pop, struct db_array *names,
                                 const char *who, int64_t max, struct arena *a,
                                 struct proto_strs *ret, struct err *err)
{
    struct rec *rec = drift_rec(db);
    (void)who;
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->orphan.n && ret->n < max; i++) {
        struct rec_orphan *o = &rec->orphan.at[i];
        if (strcmp(o->pop, pop) != 0 || o->times < 2 || names->n || strcmp(o->mark, "name") == 0 ||
            is_owned(db->s, o->mark, o->id, o->host))
            continue;
        o->asked_at = store_clock(db->s);
        proto_list_add(ret, o->id, a);
    }
    return drift_is_done(db, err);
}

enum err_code store_orphans_due(struct db *db, int64_t older_us, struct arena *a,
                                struct proto_strs *ret_pops, struct err *err)
{
    struct rec *rec = drift_rec(db);
    int64_t now = store_clock(db->s);
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->orphan.n; i++) {
        const struct rec_orphan *o = &rec->orphan.at[i];
        const struct rec_watch *w = drift_watch_of(rec, o->pop);
        if (strcmp(o->mark, "name") != 0 && o->times >= 2 && o->since < now - older_us &&
            o->asked_at < now - 60 * SEC && w && w->good_since && !w->outage_at &&
            !proto_strs_has(ret_pops, o->pop))
            proto_list_add(ret_pops, o->pop, a);
    }
    return ERR_OK;
}

/* --- heals -------------------------------------------------------------------------------------- */

/* It runs, or it is not known yet whether it is accepted. */
static bool is_asked(const struct sim *s, const struct rec_heal *h)
{
    if (store_row(s, ROW_OPERATION, h->operation))
        return rec_is_running(s, h->operation);
    return *h->operation && h->last_at > store_clock(s) - 60 * SEC;
}

static int64_t running_on(const struct sim *s, const char *pop, const char *but)
{
    const struct rec *rec = &s->drift->rec;
    int64_t n = 0;
    for (size_t i = 0; i < rec->heal.n && s->plant != PLANT_HEALS_ALL_AT_ONCE; i++) {
        const struct rec_heal *h = &rec->heal.at[i];
        n += strcmp(h->pop, pop) == 0 && strcmp(h->subject, but) != 0 && is_asked(s, h);
    }
    return n;
}

/* The first of those within the last hour; 0: none. */
static int64_t recent_of(struct sim *s, const struct rec_heal *h, int64_t *ret_n)
{
    int64_t first = 0;
    *ret_n = 0;
    for (size_t i = 0; h && i < ARRAY_LEN(h->recent); i++) {
        int64_t at = h->recent[i];
        if (at <= store_clock(s) - HOUR_US || s->plant == PLANT_COUNTS_NO_ATTEMPT)
            continue;
        first = first && first < at ? first : at;
        ++*ret_n;
    }
    return first;
}

static int64_t changed_at(struct sim *s, const char *nsr)
{
    int64_t at = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_OPERATION && strcmp(r->agg, nsr) == 0 &&
            s->plant != PLANT_HEALS_UNSEEN && atoll(r->key[OPERATION_STATE_AT]) > at)
            at = atoll(r->key[OPERATION_STATE_AT]);
    }
    return at;
}

static struct rec_heal *heal_of(struct rec *rec, const char *subject)
{
    for (size_t i = 0; i < rec->heal.n; i++)
        if (strcmp(rec->heal.at[i].subject, subject) == 0)
            return &rec->heal.at[i];
    return NULL;
}

static const char *policy_of(struct sim *s, const char *vnfr, const char *instance, struct arena *a)
{
    const struct vnfr *v = drift_record_of(s, vnfr, a);
    for (uint32_t u = 0; v && u < v->vdu.n; u++)
        for (uint32_t i = 0; i < v->vdu.at[u]->vnfc_instance.n; i++)
            if (text_equal(v->vdu.at[u]->vnfc_instance.at[i]->id, instance))
                return text_or_empty(proto_strmap_get(&v->vdu.at[u]->metadata, "baton.heal"));
    return "";
}

static bool is_healed(const struct rec_drift *d)
{
    static const char *const words[] = {
#define REC_HEALED_true(word) #word,
#define REC_HEALED_false(word)
#define X(word, severity, type, cause, is_healed, ...) REC_HEALED_##is_healed(word)
        DRIFTS(X)
#undef X
            NULL};
    for (size_t i = 0; words[i]; i++)
        if (strcmp(d->believed, words[i]) == 0)
            return strcmp(d->believed, d->kind) == 0;
    return false;
}

static int by_since(const void *x, const void *y)
{
    const struct rec_drift *const *a = x, *const *b = y;
    return (*a)->since != (*b)->since ? ((*a)->since < (*b)->since ? -1 : 1)
                                      : strcmp((*a)->subject, (*b)->subject);
}

enum err_code store_heals_read(struct db *db, int64_t max, struct arena *a, struct store_heal **ret,
                               size_t *ret_n, struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    if (!drift_is_there(db))
        return drift_refuse(err);
    const struct rec_drift **sorted = arena_alloc(a, (rec->drift.n + 1) * sizeof(*sorted));
    *ret = arena_alloc(a, (rec->drift.n + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < rec->drift.n; i++)
        sorted[i] = &rec->drift.at[i];
    qsort(sorted, rec->drift.n, sizeof(*sorted), by_since);
    for (size_t i = 0; i < rec->drift.n && (int64_t)*ret_n < max; i++) {
        const struct rec_drift *d = sorted[i];
        const struct row *r = store_row(s, ROW_INSTANCE, d->subject);
        const struct row *nsr = r ? store_row(s, ROW_NSR, r->agg) : NULL;
        const struct rec_watch *w = drift_watch_of(rec, d->pop);
        const struct rec_alarm *x = rec_alarm_of(s, d->subject);
        const struct rec_alarm *outage = rec_alarm_of(s, arena_printf(a, "pop:%s:outage", d->pop));
        const struct rec_heal *h = heal_of(rec, d->subject);
        if (!is_healed(d) || !r || r->phase != INSTANCE_UP || !nsr || nsr->phase != NSR_ACTIVE ||
            !w || !x)
            continue;
        const char *policy = policy_of(s, r->key[INSTANCE_VNFR], r->id, a);
        if (!*policy)
            continue;
        int64_t attempts, hour_at = recent_of(s, h, &attempts);
        (*ret)[(*ret_n)++] = (struct store_heal){.subject = d->subject,
                                                 .kind = d->believed,
                                                 .detail = d->detail,
                                                 .pop = d->pop,
                                                 .pop_name = d->pop,
                                                 .nsr = arena_strdup(a, r->agg),
                                                 .vnfr = arena_strdup(a, r->key[INSTANCE_VNFR]),
                                                 .host = arena_strdup(a, r->key[INSTANCE_HOSTNAME]),
                                                 .policy_vdu = policy,
                                                 .policy_vnfd = "",
                                                 .healing = x->healing,
                                                 .good_since = w->good_since,
                                                 .outage_at = w->outage_at,
                                                 .looked_at = w->looked_at,
                                                 .changed_at = changed_at(s, r->agg),
                                                 .running = running_on(s, d->pop, ""),
                                                 .attempts = attempts,
                                                 .hour_at = hour_at,
                                                 .last_at = h ? h->last_at : 0,
                                                 .is_outage_acked = outage && outage->acked_at,
                                                 .is_busy = rec_is_changing(s, r->agg),
                                                 .now = store_clock(s)};
    }
    return ERR_OK;
}

enum err_code store_heal_begin(struct db *db, const struct store_heal *h, const char *operation,
                               int64_t at_once, bool *ret, struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    struct rec_heal *mine;
    int64_t now;
    *ret = false;
    if (!drift_is_there(db))
        return drift_refuse(err);
    now = store_clock(s);
    mine = heal_of(rec, h->subject);
    if ((mine && mine->last_at != h->last_at) || running_on(s, h->pop, h->subject) >= at_once)
        return ERR_OK;
    if (!mine)
        mine = REC_ADD(s, rec->heal, (struct rec_heal){.subject = drift_dup(s, h->subject)});
    mine->pop = drift_dup(s, h->pop);
    mine->nsr = drift_dup(s, h->nsr);
    mine->operation = drift_dup(s, operation);
    mine->recent[mine->n++ % ARRAY_LEN(mine->recent)] = now;
    mine->last_at = now;
    *ret = true;
    return drift_is_done(db, err);
}

enum err_code store_heal_refused(struct db *db, const char *subject, const char *text,
                                 struct err *err)
{
    struct rec_heal *h = heal_of(drift_rec(db), subject);
    if (h)
        h->operation = "";
    return store_heal_note(db, subject, text, err);
}

enum err_code store_heal_note(struct db *db, const char *subject, const char *text, struct err *err)
{
    if (!drift_is_there(db))
        return drift_refuse(err);
    struct rec_alarm *a = drift_open_alarm(drift_rec(db), subject);
    if (a) {
        sim_tell(db->s, db->aide->p->workers[0]->name, "", "heal of %s: %s", a->host, text);
        a->healing = drift_dup(db->s, text);
    }
    return drift_is_done(db, err);
}
