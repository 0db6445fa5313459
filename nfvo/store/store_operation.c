#include "nfvo/store/store_operation.h"

#include "nfvo/store/internal.h"

/* Ours say so themselves, of others an operator does; as FACT_VNFMS of nfvo/lifecycle. */
#define SQL_SDK                                                                                    \
    "CASE WHEN v.state ~ '\"correlates\": ?true' THEN 'c' ELSE coalesce((SELECT m.sdk "            \
    "FROM vnfm_endpoint e JOIN manager_credentials m ON m.sdk <> '' AND (m.username = e.account "  \
    "OR e.account = '' AND m.type = e.type) WHERE e.type = v.endpoint ORDER BY e.active DESC, "    \
    "m.username LIMIT 1), '') END"
#define SQL_SDKS                                                                                   \
    "CASE WHEN o.is_open THEN coalesce((SELECT string_agg(v.id || ':' || " SQL_SDK                 \
    ", ',') FROM vnfr v WHERE v.agg = o.agg), '') ELSE '' END"
#define SQL_DEPLOYED "substring(v.state from '\"deployed\": ?(\\[[^]]*\\])')"
#define SQL_PROGRESS                                                                               \
    "CASE WHEN o.is_open AND o.kind = 'DEPLOY' AND o.state = 'PROCESSING' THEN coalesce((SELECT "  \
    "'{\"vnfrs\":[' || string_agg('{\"vnfr\":\"' || v.id || '\",\"steps\":' || " SQL_DEPLOYED      \
    " || '}', ',') || ']}' FROM vnfr v WHERE v.agg = o.agg), '') ELSE '' END"
#define COLUMNS                                                                                    \
    "o.id, o.project_id, o.agg, o.nsr_name, o.kind, o.state, o.vnfr_id, coalesce(v.name, ''), "    \
    "o.instance_id, o.origin, o.asked_by, o.asked_at, o.state_at, o.ended_at, o.is_open, o.doc, "  \
    "coalesce(i.hostname, ''), " SQL_SDKS ", " SQL_PROGRESS
#define TABLES                                                                                     \
    "operation o LEFT JOIN vnfr v ON v.id = o.vnfr_id LEFT JOIN instance i ON i.id = "             \
    "o.instance_id"

static struct store_operation read_row(const struct db_result *res, int row, struct arena *a)
{
    const char *text[11];
    for (int i = 0; i < 11; i++)
        text[i] = arena_strdup(a, db_text(res, row, i));
    return (struct store_operation){.id = text[0],
                                    .project = text[1],
                                    .nsr = text[2],
                                    .nsr_name = text[3],
                                    .kind = text[4],
                                    .state = text[5],
                                    .vnfr = text[6],
                                    .vnfr_name = text[7],
                                    .instance = text[8],
                                    .origin = text[9],
                                    .asked_by = text[10],
                                    .asked_at = db_int64(res, row, 11),
                                    .state_at = db_int64(res, row, 12),
                                    .ended_at = db_int64(res, row, 13),
                                    .is_open = db_bool(res, row, 14),
                                    .doc = arena_strdup(a, db_text(res, row, 15)),
                                    .hostname = arena_strdup(a, db_text(res, row, 16)),
                                    .sdks = arena_strdup(a, db_text(res, row, 17)),
                                    .progress = arena_strdup(a, db_text(res, row, 18)),
                                    .request = ""};
}

static int64_t page(int64_t limit)
{
    return limit > 0 && limit < STORE_OPERATIONS_MAX ? limit : STORE_OPERATIONS_MAX;
}

enum err_code store_operation_list(struct db *db, const struct store_operation_query *q,
                                   struct arena *a, struct store_operations *ret, struct err *err)
{
    static const struct db_statement list = {
        "operation_list",
        "SELECT " COLUMNS " FROM " TABLES " WHERE ($1::text = '*' OR o.project_id = $1::text) AND "
        "($2::text = '' OR o.agg = $2::text) AND ($3::text = '' OR o.vnfr_id = $3::text) AND "
        "($4::text = '' OR o.state = $4::text OR ($4::text = 'open' AND o.is_open)) AND "
        "($5::text = '' OR o.kind = $5::text) AND ($6::text = '' OR (o.asked_at, o.id) < (SELECT "
        "p.asked_at, p.id FROM operation p WHERE p.id = $6::text)) "
        "AND ($8::int8 = 0 OR o.asked_at >= $8::int8) AND ($9::int8 = 0 OR o.asked_at < $9::int8) "
        "ORDER BY o.asked_at DESC, o.id DESC LIMIT $7::int8"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &list,
        DB_PARAMS(db_param_text(q->project), db_param_text(q->nsr ? q->nsr : ""),
                  db_param_text(q->vnfr ? q->vnfr : ""), db_param_text(q->state ? q->state : ""),
                  db_param_text(q->kind ? q->kind : ""), db_param_text(q->after ? q->after : ""),
                  db_param_int(page(q->limit)), db_param_int(q->since), db_param_int(q->until)),
        &res, err);
    int n = rc == ERR_OK ? db_rows(&res) : 0;
    *ret =
        (struct store_operations){arena_alloc(a, ((size_t)n + 1) * sizeof(*ret->at)), (uint32_t)n};
    for (int i = 0; i < n; i++)
        ret->at[i] = read_row(&res, i, a);
    db_results_clear(db);
    return rc;
}

enum err_code store_operation_get(struct db *db, const char *id, const char *project,
                                  struct arena *a, struct store_operation *ret, struct err *err)
{
    static const struct db_statement get = {
        "operation_get", "SELECT " COLUMNS ", o.request FROM " TABLES
                         " WHERE o.id = $1 AND ($2::text = '*' OR o.project_id = $2::text)"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0) {
        rc = err_set(err, ERR_NOT_FOUND, "No operation found with ID %s", id);
    } else {
        *ret = read_row(&res, 0, a);
        ret->request = arena_strdup(a, db_text(&res, 0, 19));
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_operation_count(struct db *db, struct arena *a,
                                    struct store_operation_counts *ret, struct err *err)
{
    static const struct db_statement count = {
        "operation_count", "SELECT state, count(*) FROM operation WHERE is_open GROUP BY state"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    int n = rc == ERR_OK ? db_rows(&res) : 0;
    *ret = (struct store_operation_counts){arena_alloc(a, ((size_t)n + 1) * sizeof(*ret->at)),
                                           (uint32_t)n};
    for (int i = 0; i < n; i++) {
        ret->at[i].state = arena_strdup(a, db_text(&res, i, 0));
        ret->at[i].n = db_int64(&res, i, 1);
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_operation_expire(struct db *db, int64_t keep_us, int64_t max, int64_t *ret_gone,
                                     struct err *err)
{
    static const struct db_statement old = {
        "operation_old",
        "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE NOT is_open AND "
        "ended_at < " SQL_NOW
        " - $1::int8 ORDER BY ended_at LIMIT $2::int8 FOR UPDATE SKIP LOCKED)"};
    return store_write(db, &old, DB_PARAMS(db_param_int(keep_us), db_param_int(max)), ret_gone,
                       err);
}
