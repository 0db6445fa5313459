/* The reconciler's part of the database, in memory: what nfvo/store/store_{reconcile,heal,orphan,
 * alarm}.h promise, and of common/db what it calls. A statement is one moment, as is a commit; either
 * fails, or succeeds without telling, as the weather says. What the SQL says is tested against
 * PostgreSQL (tests/integration/nfvo): here it is only what the reconciler needs of it. */
#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "tests/sim/drift_private.h"
#include "tests/sim/plant.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

struct rec *drift_rec(const struct db *db)
{
    return &db->s->drift->rec;
}

const char *drift_dup(struct sim *s, const char *text)
{
    return arena_strdup(&s->arena, text ? text : "");
}

/* --- arrays, as they are sent ------------------------------------------------------------------- */

static const char *element(const struct db_array *a, int index, uint32_t *ret_len)
{
    const char *p = a->data.s + 20;
    for (int i = 0;; i++) {
        uint32_t n;
        memcpy(&n, p, sizeof(n));
        n = ntohl(n);
        if (i == index) {
            *ret_len = n;
            return p + 4;
        }
        p += 4 + n;
    }
}

const char *drift_text_at(struct sim *s, const struct db_array *a, int index)
{
    uint32_t n;
    const char *p = element(a, index, &n);
    return arena_strndup(&s->arena, p, n);
}

static int64_t int_at(const struct db_array *a, int index)
{
    uint32_t n;
    uint64_t v;
    memcpy(&v, element(a, index, &n), sizeof(v));
    return (int64_t)be64toh(v);
}

bool drift_array_has(struct sim *s, const struct db_array *a, const char *text)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(drift_text_at(s, a, i), text) == 0)
            return true;
    return false;
}

/* --- the connection ----------------------------------------------------------------------------- */

enum err_code drift_refuse(struct err *err)
{
    return err_set(err, ERR_UNAVAIL, "the database is away");
}

/* Before a statement: false, it fails. */
bool drift_is_there(struct db *db)
{
    drift_pass(db);
    return !sim_faulty(db->s, db->s->weather.store_away);
}

/* Behind one that is a transaction of its own: it is done, and that may be lost. */
enum err_code drift_is_done(struct db *db, struct err *err)
{
    bool is_lost = sim_faulty(db->s, db->s->weather.commit_unknown);
    drift_pass(db);
    return is_lost ? err_set(err, ERR_UNAVAIL, "connection lost during commit") : ERR_OK;
}

void db_begin(struct db *db)
{
    db->in_tx = true;
}

bool db_in_transaction(const struct db *db)
{
    return db->in_tx;
}

void db_results_clear(struct db *db)
{
    (void)db;
}

static void unlock(struct db *db)
{
    for (size_t i = 0; i < drift_rec(db)->watch.n; i++)
        if (drift_rec(db)->watch.at[i].locked_by == db)
            drift_rec(db)->watch.at[i].locked_by = NULL;
    db->in_tx = false;
    db->end = NULL;
}

void db_rollback(struct db *db)
{
    unlock(db);
}

/* --- others' rows ------------------------------------------------------------------------------- */

bool rec_is_changing(const struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_OPERATION && strcmp(r->agg, nsr) == 0 &&
            (r->phase == OPERATION_STATE_STARTING || r->phase == OPERATION_STATE_PROCESSING ||
             r->phase == OPERATION_STATE_ROLLING_BACK))
            return true;
    }
    return false;
}

bool rec_is_running(const struct sim *s, const char *operation)
{
    const struct row *r = store_row(s, ROW_OPERATION, operation);
    return r && r->phase < OPERATION_STATE_COMPLETED && r->phase != OPERATION_STATE_FAILED_TEMP;
}

static bool is_seen(const struct row *pop)
{
    return pop->kind == ROW_POP && pop->phase == POP_READY;
}

static void remember_past(struct sim *s, const struct row *r, const char *vc)
{
    struct rec *rec = &s->drift->rec;
    for (size_t i = 0; i < rec->past.n; i++)
        if (strcmp(rec->past.at[i].instance, r->id) == 0 && strcmp(rec->past.at[i].vc, vc) == 0) {
            rec->past.at[i].gone_at = store_clock(s);
            return;
        }
    REC_ADD(s, rec->past,
            (struct rec_past){drift_dup(s, r->id), drift_dup(s, r->key[INSTANCE_HOSTNAME]),
                              drift_dup(s, r->key[INSTANCE_POP]), drift_dup(s, vc),
                              store_clock(s)});
}

/* The triggers server_goes and server_is_replaced. */
void rec_row(struct sim *s, const struct row *before, const struct row *after)
{
    if (!before || !after || after->kind != ROW_INSTANCE)
        return;
    const char *old = before->key[INSTANCE_VC], *new = after->key[INSTANCE_VC];
    bool is_going = after->phase == INSTANCE_DELETING || after->phase == INSTANCE_GONE;
    if (is_going && before->phase != after->phase)
        remember_past(s, after, new);
    else if (!is_going && *old && strcmp(old, new) != 0 && s->plant != PLANT_FORGETS_REPLACED)
        remember_past(s, after, old);
}

const struct rec_drift *rec_drift_of(const struct sim *s, const char *subject)
{
    const struct rec *rec = &s->drift->rec;
    for (size_t i = 0; i < rec->drift.n; i++)
        if (strcmp(rec->drift.at[i].subject, subject) == 0)
            return &rec->drift.at[i];
    return NULL;
}

struct rec_alarm *drift_open_alarm(struct rec *rec, const char *subject)
{
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (!rec->alarm.at[i].cleared_at && strcmp(rec->alarm.at[i].subject, subject) == 0)
            return &rec->alarm.at[i];
    return NULL;
}

const struct rec_alarm *rec_alarm_of(const struct sim *s, const char *subject)
{
    return drift_open_alarm(&s->drift->rec, subject);
}

const struct rec_orphan *rec_orphan_of(const struct sim *s, const char *id)
{
    const struct rec *rec = &s->drift->rec;
    for (size_t i = 0; i < rec->orphan.n; i++)
        if (strcmp(rec->orphan.at[i].id, id) == 0)
            return &rec->orphan.at[i];
    return NULL;
}

/* --- which PoP, when ---------------------------------------------------------------------------- */

struct rec_watch *drift_watch_of(struct rec *rec, const char *pop)
{
    for (size_t i = 0; i < rec->watch.n; i++)
        if (strcmp(rec->watch.at[i].pop, pop) == 0)
            return &rec->watch.at[i];
    return NULL;
}

static bool has_ours(struct sim *s, const char *pop)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_INSTANCE && strcmp(r->key[INSTANCE_POP], pop) == 0 &&
            r->phase != INSTANCE_GONE)
            return true;
    }
    return false;
}

enum err_code store_watch_follow(struct db *db, int64_t from_us, int64_t within_us, struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *pop = s->store->rows[i];
        if (is_seen(pop) && !drift_watch_of(rec, pop->id))
            REC_ADD(s, rec->watch,
                    (struct rec_watch){.pop = drift_dup(s, pop->id),
                                       .operation = "",
                                       .fault = "",
                                       .networks = "",
                                       .next_at = store_clock(s) + from_us +
                                                  drift_between(s, 0, within_us)});
    }
    for (size_t i = 0; i < rec->watch.n; i++) {
        struct rec_watch *w = &rec->watch.at[i];
        if (within_us && !*w->operation && w->next_at > store_clock(s) + within_us &&
            has_ours(s, w->pop))
            w->next_at = store_clock(s) + drift_between(s, 0, within_us);
    }
    return drift_is_done(db, err);
}

enum err_code store_watch_take(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                               struct store_due **ret, size_t *ret_n, struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    *ret = arena_alloc(a, (rec->watch.n + 1) * sizeof(**ret));
    *ret_n = 0;
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->watch.n && (int64_t)*ret_n < max; i++) {
        struct rec_watch *w = &rec->watch.at[i];
        if (w->locked_by || w->next_at > store_clock(s))
            continue;
        if (*w->operation) {
            w->failures++;
            w->good_since = 0;
            w->fault = "it was not listed in time";
        }
        char *id = arena_alloc(&s->arena, ID_SIZE);
        sim_id(s, id);
        w->operation = id;
        w->asked_at = store_clock(s);
        w->next_at = store_clock(s) + lease_us;
        (*ret)[(*ret_n)++] = (struct store_due){w->pop, w->operation, has_ours(s, w->pop)};
    }
    return *ret_n ? drift_is_done(db, err) : ERR_OK;
}

enum err_code store_watch_finished(struct db *db, struct arena *a, struct store_looked **ret,
                                   struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    *ret = NULL;
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->watch.n; i++) {
        struct rec_watch *w = &rec->watch.at[i];
        const struct rest_call *call = *w->operation ? store_rest_call(s, w->operation) : NULL;
        if (!call || !call->status || w->locked_by)
            continue;
        w->locked_by = db;
        *ret = arena_alloc(a, sizeof(**ret));
        **ret = (struct store_looked){.pop = w->pop,
                                      .name = w->pop,
                                      .body = call->body ? call->body : "",
                                      .networks = w->networks,
                                      .status = call->status,
                                      .asked_at = w->asked_at,
                                      .good_since = w->good_since,
                                      .failures = w->failures,
                                      .outage_at = w->outage_at,
                                      .now = store_clock(s)};
        break;
    }
    return ERR_OK;
}

/* --- what was found ----------------------------------------------------------------------------- */

/* They are the caller's until the commit, which is before it gives them back. */
void store_look_write(struct db *db, const struct store_look_end *end, struct store_findings *f,
                      int64_t now)
{
    db->end = end;
    db->findings = f;
    db->now = now;
}

static void apply_drifts(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->subject.n; i++) {
        const char *subject = drift_text_at(s, &f->subject, i),
                   *kind = drift_text_at(s, &f->kind, i);
        struct rec_drift *d = (struct rec_drift *)(uintptr_t)rec_drift_of(s, subject);
        if (!d)
            d = REC_ADD(s, rec->drift,
                        (struct rec_drift){.subject = subject, .kind = kind, .since = db->now});
        d->since = strcmp(d->kind, kind) == 0 ? d->since : db->now;
        d->pop = drift_dup(s, db->end->pop);
        d->kind = kind;
        d->weight = int_at(&f->weight, i);
        d->believed = drift_text_at(s, &f->believed, i);
        d->detail = drift_text_at(s, &f->detail, i);
    }
    REC_KEEP(rec->drift, d, !drift_array_has(s, &f->over, d->subject));
}

static void apply_bad(struct db *db)
{
    struct rec *rec = drift_rec(db);
    const char *pop = db->end->pop;
    REC_KEEP(rec->drift, d, strcmp(d->pop, pop) != 0 || *d->believed);
    for (size_t i = 0; i < rec->drift.n; i++) {
        struct rec_drift *d = &rec->drift.at[i];
        if (strcmp(d->pop, pop) == 0 && strcmp(d->kind, d->believed) != 0) {
            d->kind = d->believed;
            d->weight = DRIFT_BELIEVED;
        }
    }
}

static bool is_net(const struct rec_drift *d)
{
    return strncmp(d->subject, "net:", 4) == 0;
}

static bool is_left_of(struct sim *s, const struct rec_drift *d)
{
    const struct row *r = store_row(s, ROW_INSTANCE, d->subject);
    const struct rec_alarm *a = rec_alarm_of(s, d->subject);
    const struct row *nsr = a && is_net(d) ? store_row(s, ROW_NSR, a->nsr) : NULL;
    if (!is_net(d))
        return r && r->phase != INSTANCE_DELETING && r->phase != INSTANCE_GONE;
    return (nsr && nsr->phase != NSR_TOMBSTONE) ||
           (!*d->believed && d->since >= store_clock(s) - HOUR_US);
}

static void apply_gone(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    REC_KEEP(rec->drift, d, strcmp(d->pop, db->end->pop) != 0 || is_left_of(s, d));
    for (size_t i = 0; i < rec->alarm.n; i++) {
        struct rec_alarm *a = &rec->alarm.at[i];
        const struct rec_drift *d = rec_drift_of(s, a->subject);
        if (strcmp(a->pop, db->end->pop) == 0 && !a->cleared_at && *a->nsr &&
            (!d || !*d->believed) && s->plant != PLANT_CLEARS_NOTHING)
            drift_alarm_clear(a, db->now);
    }
}

static void apply_orphans(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->orphan.id.n; i++) {
        const char *id = drift_text_at(s, &f->orphan.id, i);
        struct rec_orphan *o = (struct rec_orphan *)(uintptr_t)rec_orphan_of(s, id);
        if (o && o->seen_at == db->now)
            continue;
        if (!o)
            o = REC_ADD(
                s, rec->orphan,
                (struct rec_orphan){
                    .pop = drift_dup(s, db->end->pop), .id = id, .since = db->now, .times = 0});
        o->host = drift_text_at(s, &f->orphan.host, i);
        o->mark = drift_text_at(s, &f->orphan.mark, i);
        o->seen_at = db->now;
        o->times++;
        sim_tell(s, "reconciler", "", "orphan %s (%s), mark %s", o->id, o->host, o->mark);
        drift_counts[DC_ORPHANS] += o->times == 2;
    }
    REC_KEEP(rec->orphan, o, strcmp(o->pop, db->end->pop) != 0 || o->seen_at >= db->now);
}

static void forget_call(struct sim *s, const char *id)
{
    struct store *st = s->store;
    for (size_t i = 0; i < st->n_operations; i++)
        if (strcmp(st->operations[i].id, id) == 0)
            st->operations[i] = st->operations[--st->n_operations];
}

static void apply_end(struct db *db)
{
    struct rec_watch *w = drift_watch_of(drift_rec(db), db->end->pop);
    const struct store_look_end *e = db->end;
    drift_counts[DC_LOOKS]++;
    drift_counts[DC_OUTAGES] += e->outage_at && !w->outage_at;
    forget_call(db->s, w->operation);
    w->operation = "";
    w->looked_at = e->is_good ? w->asked_at : w->looked_at;
    w->next_at = w->wanted_at > w->asked_at ? store_clock(db->s) : db->now + e->next_us;
    w->good_since = e->good_since;
    w->failures = e->failures;
    w->outage_at = e->outage_at;
    if (db->s->plant == PLANT_LOOKS_ONCE)
        w->next_at = store_clock(db->s) + 24 * HOUR_US;
    w->fault = drift_dup(db->s, e->fault);
    w->networks = drift_dup(db->s, e->networks);
}

enum err_code db_commit(struct db *db, struct err *err)
{
    drift_pass(db);
    if (sim_faulty(db->s, db->s->weather.commit_fails)) {
        unlock(db);
        return err_set(err, ERR_UNAVAIL, "commit failed: connection lost");
    }
    if (db->end) {
        if (db->end->is_good) {
            apply_drifts(db);
            apply_orphans(db);
        } else {
            apply_bad(db);
        }
        drift_apply_alarms(db);
        apply_gone(db);
        apply_end(db);
    }
    unlock(db);
    return drift_is_done(db, err);
}

/* --- when there is something to do ------------------------------------------------------------- */

int64_t rec_next_at(struct sim *s)
{
    const struct rec *rec = &s->drift->rec;
    int64_t at = s->now + 60 * SEC, tick = s->calm ? SEC : SEC / 4;
    for (size_t i = 0; i < rec->watch.n; i++) {
        const struct rec_watch *w = &rec->watch.at[i];
        int64_t next = w->next_at - SIM_EPOCH;
        if (*w->operation) /* its listing may come at any moment */
            next = s->now + tick;
        at = next < at ? next : at;
    }
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (strcmp(rec->alarm.at[i].told, drift_due_word(&rec->alarm.at[i])) != 0)
            return s->now + tick;
    if (rec->drift.n && at > s->now + 20 * tick)
        at = s->now + 20 * tick;
    return at > s->now + tick ? at : s->now + tick;
}
