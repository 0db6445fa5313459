#include "nfvo/store/store_heal.h"

#include "nfvo/store/internal.h"

#define SQL_VDU_OF                                                                                 \
    "(SELECT u->'metadata' FROM json_array_elements(doc_json(v.doc)->'vdu') u, "                   \
    "json_array_elements(u->'vnfc_instance') e WHERE e->>'id' = i.id LIMIT 1)"

/* Asked for, and not over: or it is not known yet whether it is accepted. */
#define SQL_HEAL_RUNS(x)                                                                           \
    x ".operation <> '' AND CASE WHEN EXISTS (SELECT 1 FROM operation o WHERE o.id = " x           \
      ".operation) THEN EXISTS (SELECT 1 FROM operation o WHERE o.id = " x                         \
      ".operation AND o.is_open AND o.state <> 'FAILED_TEMP') ELSE " x ".last_at > " SQL_NOW       \
      " - 60000000 END"
#define SQL_RECENT(h, now)                                                                         \
    "ARRAY(SELECT t FROM unnest(" h ".recent) t WHERE t > " now " - 3600000000 ORDER BY t)"

enum err_code store_heals_read(struct db *db, int64_t max, struct arena *a, struct store_heal **ret,
                               size_t *ret_n, struct err *err)
{
    /* clang-format off */
    static const struct db_statement read = {"heals_read",
        "SELECT q.* FROM (SELECT d.subject, d.believed, d.detail, d.pop_id, p.name AS pop_name, n.id, v.id AS vnfr, i.hostname, " SQL_VDU_OF
        "->>'baton.heal' AS of_vdu, coalesce(doc_json(v.doc)->'metadata'->>'baton.heal', (SELECT doc_json(x.doc)->'metadata'->>'baton.heal' FROM vnfd x "
            "WHERE x.id = doc_json(v.doc)->>'descriptor_reference')) AS of_vnfd, a.healing, w.good_since, w.outage_at, "
        "(SELECT count(*) FROM heal x WHERE x.pop_id = d.pop_id AND " SQL_HEAL_RUNS("x") "), "
        "coalesce(cardinality(h.now), 0), coalesce(h.now[1], 0), coalesce(h.last_at, 0), EXISTS (SELECT 1 FROM alarm q WHERE q.subject = 'pop:' || d.pop_id || ':outage' "
            "AND q.cleared_at IS NULL AND q.acked_at IS NOT NULL), " SQL_IS_CHANGING("n.id") ", " SQL_NOW ", w.looked_at, "
            "(SELECT max(o.state_at) FROM operation o WHERE o.agg = n.id), d.since"
        " FROM drift d JOIN instance i ON i.id = d.subject AND i." SQL_INSTANCE_IS_UP " JOIN vnfr v ON v.id = i.vnfr_id AND v.doc <> '' "
        "JOIN nsr n ON n.id = i.agg AND n." SQL_NSR_IS_ACTIVE " JOIN pop p ON p.id = d.pop_id JOIN pop_watch w ON w.pop_id = d.pop_id "
        "JOIN alarm a ON a.subject = d.subject AND a.cleared_at IS NULL LEFT JOIN LATERAL (SELECT x.last_at, " SQL_RECENT("x", SQL_NOW) " AS now FROM heal x WHERE x.subject = d.subject) h ON true "
        "WHERE d." SQL_DRIFT_IS_HEALED " AND d.believed = d.kind) q "
        "WHERE coalesce(nullif(q.of_vdu, ''), q.of_vnfd) IN ('instance', 'vnf') ORDER BY q.since LIMIT $1::int8"};
    /* clang-format on */
    struct db_result res;
    enum err_code rc = db_query(db, &read, DB_PARAMS(db_param_int(max)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t k = 0; k < *ret_n; k++) {
        int i = (int)k;
        (*ret)[k] = (struct store_heal){.subject = store_text_or_empty(a, &res, i, 0),
                                        .kind = store_text_or_empty(a, &res, i, 1),
                                        .detail = store_text_or_empty(a, &res, i, 2),
                                        .pop = store_text_or_empty(a, &res, i, 3),
                                        .pop_name = store_text_or_empty(a, &res, i, 4),
                                        .nsr = store_text_or_empty(a, &res, i, 5),
                                        .vnfr = store_text_or_empty(a, &res, i, 6),
                                        .host = store_text_or_empty(a, &res, i, 7),
                                        .policy_vdu = store_text_or_empty(a, &res, i, 8),
                                        .policy_vnfd = store_text_or_empty(a, &res, i, 9),
                                        .healing = store_text_or_empty(a, &res, i, 10),
                                        .good_since = db_int64(&res, i, 11),
                                        .outage_at = db_int64(&res, i, 12),
                                        .running = db_int64(&res, i, 13),
                                        .attempts = db_int64(&res, i, 14),
                                        .hour_at = db_int64(&res, i, 15),
                                        .last_at = db_int64(&res, i, 16),
                                        .is_outage_acked = db_bool(&res, i, 17),
                                        .is_busy = db_bool(&res, i, 18),
                                        .now = db_int64(&res, i, 19),
                                        .looked_at = db_int64(&res, i, 20),
                                        .changed_at = db_int64(&res, i, 21)};
    }
    db_results_clear(db);
    return ERR_OK;
}

/* The PoP's row first: two processes that begin at the same time count one after the other. */
enum err_code store_heal_begin(struct db *db, const struct store_heal *h, const char *operation,
                               int64_t at_once, bool *ret, struct err *err)
{
    static const struct db_statement
        lock = {"heal_lock", "SELECT 1 FROM pop_watch WHERE pop_id = $1 FOR UPDATE"},
        begin = {
            "heal_begin",
            "INSERT INTO heal AS h (subject, pop_id, nsr_id, operation, attempts, hour_at, "
            "last_at, recent) SELECT $1, $2, $3, $4, 1, t.now, t.now, ARRAY[t.now] FROM "
            "(SELECT " SQL_NOW " AS now) t WHERE (SELECT count(*) FROM heal x WHERE x.pop_id = "
            "$2 AND x.subject <> $1 AND " SQL_HEAL_RUNS(
                "x") ") < $6::int8 ON CONFLICT "
                     "(subject) DO UPDATE SET operation = excluded.operation, attempts = 1 + "
                     "cardinality(" SQL_RECENT(
                         "h",
                         "excluded.last_at") "), hour_at = "
                                             "excluded.last_at, last_at = excluded.last_at, recent "
                                             "= " SQL_RECENT(
                                                 "h",
                                                 "excluded.last_at") " || excluded.last_at WHERE "
                                                                     "h.last_at = $5::int8"};
    struct db_result res;
    *ret = false;
    db_begin(db);
    enum err_code rc = db_query(db, &lock, DB_PARAMS(db_param_text(h->pop)), NULL, err);
    if (rc == ERR_OK)
        rc = db_query(db, &begin,
                      DB_PARAMS(db_param_text(h->subject), db_param_text(h->pop),
                                db_param_text(h->nsr), db_param_text(operation),
                                db_param_int(h->last_at), db_param_int(at_once)),
                      &res, err);
    bool is_begun = rc == ERR_OK && db_affected(&res) > 0;
    if (rc == ERR_OK)
        rc = db_commit(db, err);
    db_results_clear(db);
    if (db_in_transaction(db))
        db_rollback(db);
    *ret = rc == ERR_OK && is_begun;
    return rc;
}

enum err_code store_heal_refused(struct db *db, const char *subject, const char *text,
                                 struct err *err)
{
    static const struct db_statement refused = {
        "heal_refused", "UPDATE heal SET operation = '' WHERE subject = $1"};
    enum err_code rc = store_write(db, &refused, DB_PARAMS(db_param_text(subject)), NULL, err);
    return rc == ERR_OK ? store_heal_note(db, subject, text, err) : rc;
}

enum err_code store_heal_note(struct db *db, const char *subject, const char *text, struct err *err)
{
    static const struct db_statement note = {
        "heal_note", "UPDATE alarm SET healing = $2, changed_at = " SQL_NOW
                     " WHERE subject = $1 AND cleared_at IS NULL AND healing <> $2"};
    return store_write(db, &note, DB_PARAMS(db_param_text(subject), db_param_text(text)), NULL,
                       err);
}
