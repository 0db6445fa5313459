#include "nfvo/store/store_alarm.h"

#include "nfvo/store/internal.h"

/* Project, as $2 in SQL_IN_PROJECT. */
enum err_code store_alarm_get(struct db *db, const char *id, const char *project, struct sbuf *out,
                              struct err *err)
{
    static const struct db_statement get = {"alarm_get", "SELECT " SQL_ALARM_DOC
                                                         "::text FROM alarm t WHERE t.id = "
                                                         "$1 AND " SQL_IN_PROJECT};
    enum err_code rc =
        store_read_text(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "there is no alarm '%s'", id) : rc;
}

enum err_code store_alarm_ack(struct db *db, const char *id, const char *project, const char *by,
                              struct err *err)
{
    static const struct db_statement ack = {
        "alarm_ack", "UPDATE alarm SET acked_at = CASE WHEN $3::text IS NULL THEN NULL ELSE "
                     "coalesce(acked_at, " SQL_NOW
                     ") END, acked_by = CASE WHEN $3::text IS NULL THEN '' WHEN acked_at IS NULL "
                     "THEN $3::text ELSE acked_by END, changed_at = " SQL_NOW
                     " WHERE id = $1 AND " SQL_IN_PROJECT};
    int64_t n = 0;
    enum err_code rc = store_write(
        db, &ack, DB_PARAMS(db_param_text(id), db_param_text(project), db_param_text(by)), &n, err);
    return rc == ERR_OK && n == 0 ? err_set(err, ERR_NOT_FOUND, "there is no alarm '%s'", id) : rc;
}

enum err_code store_alarms_untold(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                  struct store_untold **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement read = {
        "alarms_untold",
        "SELECT t.id, t.nsr_id, nullif(t.vnfr_id, ''), "
        "CASE WHEN t.vnfr_id <> '' THEN t.subject END, t.host, t.kind, "
        "CASE WHEN t.cleared_at IS NOT NULL THEN 'CLEARED' "
        "WHEN t.told = '' THEN 'RAISED' ELSE 'CHANGED' END, "
        "t.detail, " SQL_ALARM_DOC "::text, t.telling_at FROM alarm t "
        "WHERE t.told <> CASE WHEN t.cleared_at IS NULL THEN t.kind ELSE 'CLEARED' END "
        "AND t.telling_at < " SQL_NOW " - $2::int8 ORDER BY t.changed_at LIMIT $1::int8"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &read, DB_PARAMS(db_param_int(max), db_param_int(lease_us)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t k = 0; k < *ret_n; k++) {
        int i = (int)k;
        (*ret)[k] = (struct store_untold){.id = store_text(a, &res, i, 0),
                                          .nsr = store_text(a, &res, i, 1),
                                          .vnfr = store_text(a, &res, i, 2),
                                          .instance = store_text(a, &res, i, 3),
                                          .host = store_text(a, &res, i, 4),
                                          .kind = store_text(a, &res, i, 5),
                                          .word = store_text(a, &res, i, 6),
                                          .text = store_text(a, &res, i, 7),
                                          .body = store_text(a, &res, i, 8),
                                          .telling_at = db_int64(&res, i, 9)};
    }
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_alarm_telling(struct db *db, const struct store_untold *u, bool *ret,
                                  struct err *err)
{
    static const struct db_statement telling = {"alarm_telling",
                                                "UPDATE alarm SET telling_at = " SQL_NOW
                                                " WHERE id = $1 AND telling_at = $2::int8"};
    int64_t n = 0;
    enum err_code rc = store_write(
        db, &telling, DB_PARAMS(db_param_text(u->id), db_param_int(u->telling_at)), &n, err);
    *ret = n > 0;
    return rc;
}

enum err_code store_alarm_told(struct db *db, const char *id, const char *told, struct err *err)
{
    static const struct db_statement tell = {"alarm_told", "UPDATE alarm SET told = $2, telling_at "
                                                           "= 0 WHERE id = $1"};
    return store_write(db, &tell, DB_PARAMS(db_param_text(id), db_param_text(told)), NULL, err);
}

enum err_code store_alarm_count(struct db *db, struct store_alarm_counts *ret, struct err *err)
{
    static const struct db_statement count = {
        "alarm_count",
        "SELECT count(*) FILTER (WHERE severity = 'CRITICAL'), count(*) FILTER (WHERE severity = "
        "'MAJOR'), count(*) FILTER (WHERE severity = 'MINOR'), count(*) FILTER (WHERE severity = "
        "'WARNING'), (SELECT count(*) FROM drift WHERE believed <> ''), (SELECT count(*) FROM "
        "orphan WHERE times >= 2), (SELECT count(*) FROM pop_watch WHERE outage_at > 0) FROM alarm "
        "WHERE cleared_at IS NULL"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = (struct store_alarm_counts){.critical = db_int64(&res, 0, 0),
                                           .major = db_int64(&res, 0, 1),
                                           .minor = db_int64(&res, 0, 2),
                                           .warning = db_int64(&res, 0, 3),
                                           .drifts = db_int64(&res, 0, 4),
                                           .orphans = db_int64(&res, 0, 5),
                                           .outages = db_int64(&res, 0, 6)};
    db_results_clear(db);
    return rc;
}
