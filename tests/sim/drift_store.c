/* The reconciler's part of the database, in memory: what nfvo/store/store_{reconcile,heal,orphan,
 * alarm}.h promise, and of common/db what it calls. A statement is one moment, as is a commit; either
 * fails, or succeeds without telling, as the weather says. What the SQL says is tested against
 * PostgreSQL (tests/integration/nfvo): here it is only what the reconciler needs of it. */
#include "common/base/text.h"
#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "tests/sim/crowd.h"
#include "tests/sim/drift.h"
#include "tests/sim/plant.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

#define REC_ADD(s, list, ...)                                                                      \
    ((list).at = arena_grow_array(&(s)->arena, (list).at, (list).n, sizeof(*(list).at)),           \
     (list).at[(list).n] = __VA_ARGS__, &(list).at[(list).n++])
#define REC_KEEP(list, x, condition)                                                               \
    do {                                                                                           \
        size_t kept_ = 0;                                                                          \
        for (size_t i_ = 0; i_ < (list).n; i_++) {                                                 \
            __typeof__(&(list).at[0]) x = &(list).at[i_];                                          \
            if (condition)                                                                         \
                (list).at[kept_++] = *x;                                                           \
        }                                                                                          \
        (list).n = kept_;                                                                          \
    } while (0)

static struct rec *rec_of(const struct db *db)
{
    return &db->s->drift->rec;
}

static const char *dup(struct sim *s, const char *text)
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

static const char *text_at(struct sim *s, const struct db_array *a, int index)
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

static bool array_has(struct sim *s, const struct db_array *a, const char *text)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(text_at(s, a, i), text) == 0)
            return true;
    return false;
}

/* --- the connection ----------------------------------------------------------------------------- */

static enum err_code refuse(struct err *err)
{
    return err_set(err, ERR_UNAVAIL, "the database is away");
}

/* Before a statement: false, it fails. */
static bool is_there(struct db *db)
{
    drift_pass(db);
    return !sim_faulty(db->s, db->s->weather.store_away);
}

/* Behind one that is a transaction of its own: it is done, and that may be lost. */
static enum err_code is_done(struct db *db, struct err *err)
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
    for (size_t i = 0; i < rec_of(db)->watch.n; i++)
        if (rec_of(db)->watch.at[i].locked_by == db)
            rec_of(db)->watch.at[i].locked_by = NULL;
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
            (struct rec_past){dup(s, r->id), dup(s, r->key[INSTANCE_HOSTNAME]),
                              dup(s, r->key[INSTANCE_POP]), dup(s, vc), store_clock(s)});
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

static struct rec_alarm *open_alarm(struct rec *rec, const char *subject)
{
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (!rec->alarm.at[i].cleared_at && strcmp(rec->alarm.at[i].subject, subject) == 0)
            return &rec->alarm.at[i];
    return NULL;
}

const struct rec_alarm *rec_alarm_of(const struct sim *s, const char *subject)
{
    return open_alarm(&s->drift->rec, subject);
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

static struct rec_watch *watch_of(struct rec *rec, const char *pop)
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
    struct rec *rec = rec_of(db);
    if (!is_there(db))
        return refuse(err);
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *pop = s->store->rows[i];
        if (is_seen(pop) && !watch_of(rec, pop->id))
            REC_ADD(s, rec->watch,
                    (struct rec_watch){.pop = dup(s, pop->id),
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
    return is_done(db, err);
}

enum err_code store_watch_take(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                               struct store_due **ret, size_t *ret_n, struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = rec_of(db);
    *ret = arena_alloc(a, (rec->watch.n + 1) * sizeof(**ret));
    *ret_n = 0;
    if (!is_there(db))
        return refuse(err);
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
    return *ret_n ? is_done(db, err) : ERR_OK;
}

enum err_code store_watch_finished(struct db *db, struct arena *a, struct store_looked **ret,
                                   struct err *err)
{
    struct sim *s = db->s;
    struct rec *rec = rec_of(db);
    *ret = NULL;
    if (!is_there(db))
        return refuse(err);
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

/* --- what should be there ----------------------------------------------------------------------- */

static bool is_still(const struct sim *s, const char *nsr)
{
    const struct row *r = store_row(s, ROW_NSR, nsr);
    return r && (r->phase == NSR_ACTIVE || r->phase == NSR_FAILED) && !rec_is_changing(s, nsr);
}

enum err_code store_expected_read(struct db *db, const char *pop, struct arena *a,
                                  struct store_expected **ret, size_t *ret_n, struct err *err)
{
    struct sim *s = db->s;
    if (!is_there(db))
        return refuse(err);
    *ret = arena_alloc(a, (s->store->n_rows + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind != ROW_INSTANCE || strcmp(r->key[INSTANCE_POP], pop) != 0)
            continue;
        const struct rec_drift *d = rec_drift_of(s, r->id);
        (*ret)[(*ret_n)++] =
            (struct store_expected){.id = arena_strdup(a, r->id),
                                    .hostname = arena_strdup(a, r->key[INSTANCE_HOSTNAME]),
                                    .vc_id = arena_strdup(a, r->key[INSTANCE_VC]),
                                    .nsr = arena_strdup(a, r->agg),
                                    .vnfr = arena_strdup(a, r->key[INSTANCE_VNFR]),
                                    .kind = d ? d->kind : "",
                                    .believed = d ? d->believed : "",
                                    .detail = d ? d->detail : "",
                                    .weight = d ? d->weight : 0,
                                    .is_judged = r->phase == INSTANCE_UP && is_still(s, r->agg),
                                    .is_of_vnfm = strstr(r->state, "\"owner\":\"vnfm\"") != NULL};
    }
    return ERR_OK;
}

static const struct vnfc_instance *instance_in(const struct vnfr *v, const char *id)
{
    for (uint32_t u = 0; u < v->vdu.n; u++)
        for (uint32_t i = 0; i < v->vdu.at[u]->vnfc_instance.n; i++)
            if (text_equal(v->vdu.at[u]->vnfc_instance.at[i]->id, id))
                return v->vdu.at[u]->vnfc_instance.at[i];
    return NULL;
}

static struct vnfr *record_of(struct sim *s, const char *id, struct arena *a)
{
    const struct row *r = store_row(s, ROW_VNFR, id);
    struct vnfr *v = NULL;
    if (!r || !*r->doc ||
        proto_decode(&vnfr_type, r->doc, strlen(r->doc), 0, a, &v, NULL) != ERR_OK)
        return NULL;
    return v;
}

enum err_code
store_expected_addresses(struct db *db, struct db_array *vnfrs, struct db_array *instances,
                         void (*report)(void *arg, int64_t index, const char *addresses), void *arg,
                         struct err *err)
{
    struct sim *s = db->s;
    if (!is_there(db))
        return refuse(err);
    for (int i = 0; i < instances->n; i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        const struct vnfr *v = record_of(s, text_at(s, vnfrs, i), &a);
        const struct vnfc_instance *e = v ? instance_in(v, text_at(s, instances, i)) : NULL;
        for (uint32_t k = 0; e && k < e->ips.n; k++)
            if (e->ips.at[k]->ip && *e->ips.at[k]->ip)
                sbuf_addf(&text, "%s%s=%s", text.len ? " " : "",
                          text_or_empty(e->ips.at[k]->net_name), e->ips.at[k]->ip);
        if (e)
            report(arg, i, text.s);
    }
    return ERR_OK;
}

static bool has_network(const struct vim_instance *pop, const char *id)
{
    for (uint32_t i = 0; i < pop->networks.n; i++)
        if (text_equal(pop->networks.at[i]->ext_id, id))
            return true;
    return false;
}

/* Ids in the order of the listing: a digest that changes too often costs a comparison. */
static const char *digest_of(const struct vim_instance *pop, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_adds(&text, "#");
    for (uint32_t i = 0; i < pop->networks.n; i++)
        sbuf_addf(&text, "%s,", text_or_empty(pop->networks.at[i]->ext_id));
    return arena_strdup(a, text.s);
}

static bool has_net_drift(const struct rec *rec, const char *pop)
{
    for (size_t i = 0; i < rec->drift.n; i++)
        if (strcmp(rec->drift.at[i].pop, pop) == 0 &&
            strncmp(rec->drift.at[i].subject, "net:", 4) == 0)
            return true;
    return false;
}

static void links_of(struct sim *s, const struct row *row, const struct vim_instance *pop,
                     struct arena *a, struct store_network **ret, size_t *ret_n)
{
    struct nsr *nsr = NULL;
    if (proto_decode(&nsr_type, row->doc, strlen(row->doc), 0, a, &nsr, NULL) != ERR_OK)
        return;
    for (uint32_t i = 0; i < nsr->vlr.n; i++) {
        const struct vlr *l = nsr->vlr.at[i];
        if (!text_equal(l->vim_id, pop->id) || !*text_or_empty(l->ext_id))
            continue;
        const struct rec_drift *d = rec_drift_of(s, arena_printf(a, "net:%s", l->id));
        *ret = arena_grow_array(a, *ret, *ret_n, sizeof(**ret));
        (*ret)[(*ret_n)++] = (struct store_network){.id = l->id,
                                                    .name = text_or_empty(l->name),
                                                    .ext_id = l->ext_id,
                                                    .nsr = arena_strdup(a, row->id),
                                                    .kind = d ? d->kind : "",
                                                    .believed = d ? d->believed : "",
                                                    .weight = d ? d->weight : 0,
                                                    .is_listed = has_network(pop, l->ext_id)};
    }
}

enum err_code store_networks_read(struct db *db, const char *pop_id, const char *digest,
                                  struct arena *a, struct store_network **ret, size_t *ret_n,
                                  const char **ret_digest, struct err *err)
{
    struct sim *s = db->s;
    struct vim_instance *pop = NULL;
    struct pop_state *st = NULL;
    *ret = NULL;
    *ret_n = 0;
    *ret_digest = digest;
    if (!is_there(db))
        return refuse(err);
    const struct row *r = store_row(s, ROW_POP, pop_id);
    if (!r ||
        proto_decode(&vim_instance_type, r->doc, strlen(r->doc), 0, a, &pop, NULL) != ERR_OK ||
        proto_decode(&pop_state_type, r->state, strlen(r->state), 0, a, &st, NULL) != ERR_OK ||
        st->refreshed_at <= atoll(digest))
        return ERR_OK;
    const char *nets = digest_of(pop, a);
    *ret_digest = arena_printf(a, "%lld:%s", (long long)st->refreshed_at, nets);
    if (strchr(digest, ':') && strcmp(nets, strchr(digest, ':') + 1) == 0 &&
        !has_net_drift(rec_of(db), pop_id))
        return ERR_OK;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *n = s->store->rows[i];
        if (n->kind == ROW_NSR && n->phase == NSR_ACTIVE && strstr(n->key[NSR_POPS], pop_id))
            links_of(s, n, pop, a, ret, ret_n);
    }
    return ERR_OK;
}

/* --- what was found ----------------------------------------------------------------------------- */

enum { COLUMNS = 21 };
static void columns_of(struct store_findings *f, struct db_array *ret[COLUMNS])
{
    struct db_array *const all[COLUMNS] = {
        &f->subject,        &f->kind,       &f->weight,        &f->believed,
        &f->detail,         &f->over,       &f->alarm.subject, &f->alarm.kind,
        &f->alarm.nsr,      &f->alarm.vnfr, &f->alarm.host,    &f->alarm.resource,
        &f->alarm.severity, &f->alarm.type, &f->alarm.cause,   &f->alarm.detail,
        &f->cleared,        &f->orphan.id,  &f->orphan.host,   &f->orphan.status,
        &f->orphan.mark};
    memcpy(ret, all, sizeof(all));
}

void store_findings_init(struct store_findings *f)
{
    struct db_array *columns[COLUMNS];
    columns_of(f, columns);
    for (size_t i = 0; i < COLUMNS; i++)
        *columns[i] = (struct db_array)DB_TEXT_ARRAY;
    f->weight = (struct db_array)DB_INT8_ARRAY;
}

void store_findings_release(struct store_findings *f)
{
    struct db_array *columns[COLUMNS];
    columns_of(f, columns);
    for (size_t i = 0; i < COLUMNS; i++)
        db_array_release(columns[i]);
}

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
    struct rec *rec = rec_of(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->subject.n; i++) {
        const char *subject = text_at(s, &f->subject, i), *kind = text_at(s, &f->kind, i);
        struct rec_drift *d = (struct rec_drift *)(uintptr_t)rec_drift_of(s, subject);
        if (!d)
            d = REC_ADD(s, rec->drift,
                        (struct rec_drift){.subject = subject, .kind = kind, .since = db->now});
        d->since = strcmp(d->kind, kind) == 0 ? d->since : db->now;
        d->pop = dup(s, db->end->pop);
        d->kind = kind;
        d->weight = int_at(&f->weight, i);
        d->believed = text_at(s, &f->believed, i);
        d->detail = text_at(s, &f->detail, i);
    }
    REC_KEEP(rec->drift, d, !array_has(s, &f->over, d->subject));
}

static void apply_bad(struct db *db)
{
    struct rec *rec = rec_of(db);
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

static void clear(struct rec_alarm *a, int64_t now)
{
    a->cleared_at = a->changed_at = now;
    a->healing = "";
}

static void raise_alarm(struct db *db, struct rec_alarm x)
{
    struct sim *s = db->s;
    struct rec_alarm *a = open_alarm(rec_of(db), x.subject);
    if (!a) {
        char *id = arena_alloc(&s->arena, ID_SIZE);
        sim_id(s, id);
        x.id = id;
        x.told = x.healing = "";
        x.pop = dup(s, db->end->pop);
        x.changed_at = db->now;
        drift_counts[DC_ALARMS]++;
        REC_ADD(s, rec_of(db)->alarm, x);
        return;
    }
    if (strcmp(a->kind, x.kind) == 0 && strcmp(a->detail, x.detail) == 0)
        return;
    a->healing = strcmp(a->kind, x.kind) == 0 ? a->healing : "";
    a->kind = x.kind;
    a->detail = x.detail;
    a->resource = x.resource;
    a->changed_at = db->now;
}

static void apply_alarms(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = rec_of(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->alarm.subject.n; i++)
        raise_alarm(db, (struct rec_alarm){.subject = text_at(s, &f->alarm.subject, i),
                                           .kind = text_at(s, &f->alarm.kind, i),
                                           .nsr = text_at(s, &f->alarm.nsr, i),
                                           .vnfr = text_at(s, &f->alarm.vnfr, i),
                                           .host = text_at(s, &f->alarm.host, i),
                                           .resource = text_at(s, &f->alarm.resource, i),
                                           .detail = text_at(s, &f->alarm.detail, i)});
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (s->plant != PLANT_CLEARS_NOTHING && !rec->alarm.at[i].cleared_at &&
            array_has(s, &f->cleared, rec->alarm.at[i].subject))
            clear(&rec->alarm.at[i], db->now);
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
    struct rec *rec = rec_of(db);
    REC_KEEP(rec->drift, d, strcmp(d->pop, db->end->pop) != 0 || is_left_of(s, d));
    for (size_t i = 0; i < rec->alarm.n; i++) {
        struct rec_alarm *a = &rec->alarm.at[i];
        const struct rec_drift *d = rec_drift_of(s, a->subject);
        if (strcmp(a->pop, db->end->pop) == 0 && !a->cleared_at && *a->nsr &&
            (!d || !*d->believed) && s->plant != PLANT_CLEARS_NOTHING)
            clear(a, db->now);
    }
}

static void apply_orphans(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = rec_of(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->orphan.id.n; i++) {
        const char *id = text_at(s, &f->orphan.id, i);
        struct rec_orphan *o = (struct rec_orphan *)(uintptr_t)rec_orphan_of(s, id);
        if (o && o->seen_at == db->now)
            continue;
        if (!o)
            o = REC_ADD(s, rec->orphan,
                        (struct rec_orphan){
                            .pop = dup(s, db->end->pop), .id = id, .since = db->now, .times = 0});
        o->host = text_at(s, &f->orphan.host, i);
        o->mark = text_at(s, &f->orphan.mark, i);
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
    struct rec_watch *w = watch_of(rec_of(db), db->end->pop);
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
    w->fault = dup(db->s, e->fault);
    w->networks = dup(db->s, e->networks);
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
        apply_alarms(db);
        apply_gone(db);
        apply_end(db);
    }
    unlock(db);
    return is_done(db, err);
}

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
    struct rec *rec = rec_of(db);
    if (!is_there(db))
        return refuse(err);
    for (int i = 0; i < ids->n; i++) {
        const char *id = text_at(s, ids, i), *name = text_at(s, names, i), *best = NULL;
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
    struct rec *rec = rec_of(db);
    (void)who;
    if (!is_there(db))
        return refuse(err);
    for (size_t i = 0; i < rec->orphan.n && ret->n < max; i++) {
        struct rec_orphan *o = &rec->orphan.at[i];
        if (strcmp(o->pop, pop) != 0 || o->times < 2 || names->n || strcmp(o->mark, "name") == 0 ||
            is_owned(db->s, o->mark, o->id, o->host))
            continue;
        o->asked_at = store_clock(db->s);
        proto_list_add(ret, o->id, a);
    }
    return is_done(db, err);
}

enum err_code store_orphans_due(struct db *db, int64_t older_us, struct arena *a,
                                struct proto_strs *ret_pops, struct err *err)
{
    struct rec *rec = rec_of(db);
    int64_t now = store_clock(db->s);
    if (!is_there(db))
        return refuse(err);
    for (size_t i = 0; i < rec->orphan.n; i++) {
        const struct rec_orphan *o = &rec->orphan.at[i];
        const struct rec_watch *w = watch_of(rec, o->pop);
        if (strcmp(o->mark, "name") != 0 && o->times >= 2 && o->since < now - older_us &&
            o->asked_at < now - 60 * SEC && w && w->good_since && !w->outage_at &&
            !proto_strs_has(ret_pops, o->pop))
            proto_list_add(ret_pops, o->pop, a);
    }
    return ERR_OK;
}

/* --- heals -------------------------------------------------------------------------------------- */

static bool is_running(const struct sim *s, const char *operation)
{
    const struct row *r = store_row(s, ROW_OPERATION, operation);
    return r && r->phase < OPERATION_STATE_COMPLETED && r->phase != OPERATION_STATE_FAILED_TEMP;
}

/* Or it is not known yet whether it is accepted. */
static bool is_asked(const struct sim *s, const struct rec_heal *h)
{
    if (store_row(s, ROW_OPERATION, h->operation))
        return is_running(s, h->operation);
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
    const struct vnfr *v = record_of(s, vnfr, a);
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
    struct rec *rec = rec_of(db);
    if (!is_there(db))
        return refuse(err);
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
        const struct rec_watch *w = watch_of(rec, d->pop);
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
    struct rec *rec = rec_of(db);
    struct rec_heal *mine;
    int64_t now;
    *ret = false;
    if (!is_there(db))
        return refuse(err);
    now = store_clock(s);
    mine = heal_of(rec, h->subject);
    if ((mine && mine->last_at != h->last_at) || running_on(s, h->pop, h->subject) >= at_once)
        return ERR_OK;
    if (!mine)
        mine = REC_ADD(s, rec->heal, (struct rec_heal){.subject = dup(s, h->subject)});
    mine->pop = dup(s, h->pop);
    mine->nsr = dup(s, h->nsr);
    mine->operation = dup(s, operation);
    mine->recent[mine->n++ % ARRAY_LEN(mine->recent)] = now;
    mine->last_at = now;
    *ret = true;
    return is_done(db, err);
}

enum err_code store_heal_refused(struct db *db, const char *subject, const char *text,
                                 struct err *err)
{
    struct rec_heal *h = heal_of(rec_of(db), subject);
    if (h)
        h->operation = "";
    return store_heal_note(db, subject, text, err);
}

enum err_code store_heal_note(struct db *db, const char *subject, const char *text, struct err *err)
{
    if (!is_there(db))
        return refuse(err);
    struct rec_alarm *a = open_alarm(rec_of(db), subject);
    if (a) {
        sim_tell(db->s, db->aide->p->workers[0]->name, "", "heal of %s: %s", a->host, text);
        a->healing = dup(db->s, text);
    }
    return is_done(db, err);
}

/* --- alarms ------------------------------------------------------------------------------------- */

static const char *due_word(const struct rec_alarm *a)
{
    return a->cleared_at ? "CLEARED" : a->kind;
}

enum err_code store_alarms_untold(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                  struct store_untold **ret, size_t *ret_n, struct err *err)
{
    struct rec *rec = rec_of(db);
    if (!is_there(db))
        return refuse(err);
    *ret = arena_alloc(a, (rec->alarm.n + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < rec->alarm.n && (int64_t)*ret_n < max; i++) {
        const struct rec_alarm *x = &rec->alarm.at[i];
        if (strcmp(x->told, due_word(x)) == 0 || x->telling_at >= store_clock(db->s) - lease_us)
            continue;
        (*ret)[(*ret_n)++] = (struct store_untold){.id = x->id,
                                                   .nsr = x->nsr ? x->nsr : "",
                                                   .vnfr = *x->vnfr ? x->vnfr : NULL,
                                                   .instance = *x->vnfr ? x->subject : NULL,
                                                   .host = x->host,
                                                   .kind = x->kind,
                                                   .word = x->cleared_at ? "CLEARED"
                                                           : *x->told    ? "CHANGED"
                                                                         : "RAISED",
                                                   .text = x->detail,
                                                   .body = "{}",
                                                   .telling_at = x->telling_at};
    }
    return ERR_OK;
}

enum err_code store_alarm_telling(struct db *db, const struct store_untold *u, bool *ret,
                                  struct err *err)
{
    struct rec *rec = rec_of(db);
    *ret = false;
    if (!is_there(db))
        return refuse(err);
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (strcmp(rec->alarm.at[i].id, u->id) == 0 &&
            rec->alarm.at[i].telling_at == u->telling_at) {
            rec->alarm.at[i].telling_at = store_clock(db->s);
            *ret = true;
        }
    return is_done(db, err);
}

enum err_code store_alarm_told(struct db *db, const char *id, const char *told, struct err *err)
{
    struct rec *rec = rec_of(db);
    if (!is_there(db))
        return refuse(err);
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (strcmp(rec->alarm.at[i].id, id) == 0) {
            rec->alarm.at[i].told = dup(db->s, told);
            rec->alarm.at[i].telling_at = 0;
        }
    return is_done(db, err);
}

enum err_code store_alarm_count(struct db *db, struct store_alarm_counts *ret, struct err *err)
{
    (void)db, (void)err;
    *ret = (struct store_alarm_counts){0};
    return ERR_OK;
}

/* Nothing is old here but what was cleared and told. */
enum err_code store_reconcile_sweep(struct db *db, int64_t keep_us, struct err *err)
{
    struct rec *rec = rec_of(db);
    int64_t now = store_clock(db->s);
    (void)keep_us;
    if (!is_there(db))
        return refuse(err);
    REC_KEEP(rec->heal, h, h->last_at >= now - 2 * HOUR_US);
    return is_done(db, err);
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
        if (strcmp(rec->alarm.at[i].told, due_word(&rec->alarm.at[i])) != 0)
            return s->now + tick;
    if (rec->drift.n && at > s->now + 20 * tick)
        at = s->now + 20 * tick;
    return at > s->now + tick ? at : s->now + tick;
}
