#include "nfvo/store/store_audit.h"

#include <inttypes.h>

#include "common/base/text.h"
#include "common/sys/clock.h"
#include "nfvo/store/internal.h"

enum { TEXTS = 8, NUMBERS = 3 };

static const char *text_of(const struct store_audit *row, int column)
{
    const char *const texts[TEXTS] = {row->kind, row->outcome, row->who,     row->from,
                                      row->what, row->object,  row->project, row->detail};
    return texts[column];
}

enum err_code store_audit_add(struct db *db, const struct store_audit *rows, size_t n,
                              struct err *err)
{
    static const struct db_statement add = {
        "audit_add",
        "INSERT INTO audit (at, status, times, kind, outcome, who, origin, what, object, project, "
        "detail) SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::text[], "
        "$6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])"};
    struct db_array c[NUMBERS + TEXTS] = {
        DB_INT8_ARRAY, DB_INT8_ARRAY, DB_INT8_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY,
        DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY};
    struct db_param params[NUMBERS + TEXTS];
    for (size_t i = 0; i < n; i++) {
        db_array_int(&c[0], rows[i].at_us);
        db_array_int(&c[1], rows[i].status);
        db_array_int(&c[2], rows[i].times);
        for (int k = 0; k < TEXTS; k++)
            db_array_text(&c[NUMBERS + k], text_of(&rows[i], k));
    }
    for (int k = 0; k < NUMBERS + TEXTS; k++)
        params[k] = db_param_array(&c[k]);
    enum err_code rc = store_write(db, &add, params, ARRAY_LEN(params), NULL, err);
    for (int k = 0; k < NUMBERS + TEXTS; k++)
        db_array_release(&c[k]);
    return rc;
}

enum err_code store_audit_trim(struct db *db, int64_t keep_us, int64_t max, struct err *err)
{
    static const struct db_statement old = {
        "audit_trim_old", "DELETE FROM audit WHERE at < " SQL_NOW " - $1::bigint"};
    static const struct db_statement many = {
        "audit_trim_many",
        "DELETE FROM audit a USING (SELECT k.kind, k.outcome, (SELECT b.n FROM audit b WHERE "
        "b.kind = k.kind AND b.outcome = k.outcome ORDER BY b.n DESC OFFSET $1::bigint LIMIT 1) AS "
        "n FROM (SELECT DISTINCT kind, outcome FROM audit) k) last WHERE a.kind = last.kind AND "
        "a.outcome = last.outcome AND a.n <= last.n"};
    db_begin(db);
    db_send(db, &old, DB_PARAMS(db_param_int(keep_us)));
    db_send(db, &many, DB_PARAMS(db_param_int(max)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

static void member(struct sbuf *out, const char *name, const char *value)
{
    sbuf_addf(out, ",\"%s\":", name);
    if (*value)
        text_add_json(out, value);
    else
        sbuf_adds(out, "null");
}

void store_audit_json(const struct store_audit *row, struct sbuf *out)
{
    char at[CLOCK_TEXT_SIZE];
    clock_text(row->at_us, at);
    sbuf_addc(out, '{');
    if (row->n)
        sbuf_addf(out, "\"id\":\"%" PRId64 "\",", row->n);
    sbuf_addf(out, "\"at\":\"%s\",\"kind\":\"%s\",\"outcome\":\"%s\"", at, row->kind, row->outcome);
    member(out, "who", row->who);
    member(out, "from", row->from);
    member(out, "what", row->what);
    member(out, "object", row->object);
    member(out, "project", row->project);
    if (row->status)
        sbuf_addf(out, ",\"status\":%" PRId64, row->status);
    else
        sbuf_adds(out, ",\"status\":null");
    member(out, "detail", row->detail);
    sbuf_addf(out, ",\"times\":%" PRId64 "}", row->times);
}
