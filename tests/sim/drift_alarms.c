/* Alarms: raised, cleared, and told: what nfvo/store/store_alarm.h promises. */
#include "tests/sim/drift_private.h"
#include "tests/sim/plant.h"

#include <string.h>

void drift_alarm_clear(struct rec_alarm *a, int64_t now)
{
    a->cleared_at = a->changed_at = now;
    a->healing = "";
}

static void raise_alarm(struct db *db, struct rec_alarm x)
{
    struct sim *s = db->s;
    struct rec_alarm *a = drift_open_alarm(drift_rec(db), x.subject);
    if (!a) {
        char *id = arena_alloc(&s->arena, ID_SIZE);
        sim_id(s, id);
        x.id = id;
        x.told = x.healing = "";
        x.pop = drift_dup(s, db->end->pop);
        x.changed_at = db->now;
        drift_counts[DC_ALARMS]++;
        REC_ADD(s, drift_rec(db)->alarm, x);
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

void drift_apply_alarms(struct db *db)
{
    struct sim *s = db->s;
    struct rec *rec = drift_rec(db);
    struct store_findings *f = db->findings;
    for (int i = 0; i < f->alarm.subject.n; i++)
        raise_alarm(db, (struct rec_alarm){.subject = drift_text_at(s, &f->alarm.subject, i),
                                           .kind = drift_text_at(s, &f->alarm.kind, i),
                                           .nsr = drift_text_at(s, &f->alarm.nsr, i),
                                           .vnfr = drift_text_at(s, &f->alarm.vnfr, i),
                                           .host = drift_text_at(s, &f->alarm.host, i),
                                           .resource = drift_text_at(s, &f->alarm.resource, i),
                                           .detail = drift_text_at(s, &f->alarm.detail, i)});
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (s->plant != PLANT_CLEARS_NOTHING && !rec->alarm.at[i].cleared_at &&
            drift_array_has(s, &f->cleared, rec->alarm.at[i].subject))
            drift_alarm_clear(&rec->alarm.at[i], db->now);
}

/* --- alarms ------------------------------------------------------------------------------------- */

const char *drift_due_word(const struct rec_alarm *a)
{
    return a->cleared_at ? "CLEARED" : a->kind;
}

enum err_code store_alarms_untold(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                  struct store_untold **ret, size_t *ret_n, struct err *err)
{
    struct rec *rec = drift_rec(db);
    if (!drift_is_there(db))
        return drift_refuse(err);
    *ret = arena_alloc(a, (rec->alarm.n + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < rec->alarm.n && (int64_t)*ret_n < max; i++) {
        const struct rec_alarm *x = &rec->alarm.at[i];
        if (strcmp(x->told, drift_due_word(x)) == 0 ||
            x->telling_at >= store_clock(db->s) - lease_us)
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
    struct rec *rec = drift_rec(db);
    *ret = false;
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (strcmp(rec->alarm.at[i].id, u->id) == 0 &&
            rec->alarm.at[i].telling_at == u->telling_at) {
            rec->alarm.at[i].telling_at = store_clock(db->s);
            *ret = true;
        }
    return drift_is_done(db, err);
}

enum err_code store_alarm_told(struct db *db, const char *id, const char *told, struct err *err)
{
    struct rec *rec = drift_rec(db);
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (size_t i = 0; i < rec->alarm.n; i++)
        if (strcmp(rec->alarm.at[i].id, id) == 0) {
            rec->alarm.at[i].told = drift_dup(db->s, told);
            rec->alarm.at[i].telling_at = 0;
        }
    return drift_is_done(db, err);
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
    struct rec *rec = drift_rec(db);
    int64_t now = store_clock(db->s);
    (void)keep_us;
    if (!drift_is_there(db))
        return drift_refuse(err);
    REC_KEEP(rec->heal, h, h->last_at >= now - 2 * HOUR_US);
    return drift_is_done(db, err);
}
