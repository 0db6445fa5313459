#include "nfvo/store/store_metrics.h"

#include "nfvo/store/internal.h"

enum err_code store_counts_read(struct db *db, struct arena *a, struct store_count **ret,
                                size_t *ret_n, struct err *err)
{
    /* The numbers are those of the enum, in its order. A sweeper takes an outbox row two seconds
     * after it was made; what stays longer is late. */
    /* clang-format off */
    static const struct db_statement read = {"counts_read",
        "SELECT 0::int8, phase, count(*) FROM nsr GROUP BY phase "
        "UNION ALL SELECT 1, phase, count(*) FROM vnfr GROUP BY phase "
        "UNION ALL SELECT 2, phase, count(*) FROM instance GROUP BY phase "
        "UNION ALL SELECT 3, phase, count(*) FROM pop GROUP BY phase "
        "UNION ALL SELECT 4, kind, count(*) FROM command GROUP BY kind "
        "UNION ALL SELECT 5, kind, count(*) FROM command WHERE due_at < " SQL_NOW " - 30000000 GROUP BY kind "
        "UNION ALL SELECT 6, '', count(*) FROM outbox "
        "UNION ALL SELECT 7, '', greatest(0, " SQL_NOW " - min(next_at)) FROM outbox "
        "UNION ALL SELECT 8, '', count(*) FROM event_out "
        "UNION ALL SELECT 9, '', greatest(0, " SQL_NOW " - min(created_at)) FROM event_out "
        "UNION ALL SELECT 10, '', count(*) FROM unreadable "
        "UNION ALL SELECT 11, '', count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "UNION ALL SELECT 12, '', count(*) FROM agent_seen WHERE gone_since = 0"};
    /* clang-format on */
    _Static_assert(COUNT_N == 13 && COUNT_AGENTS == 12 && COUNT_OUTBOX == 6,
                   "numbers in the query");
    struct db_result res;
    enum err_code rc = db_query(db, &read, NULL, 0, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t k = 0; k < *ret_n; k++) {
        struct store_count *c = &(*ret)[k];
        c->what = (unsigned)db_int64(&res, (int)k, 0);
        c->of = store_text_or_empty(a, &res, (int)k, 1);
        c->n = db_int64(&res, (int)k, 2);
    }
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_pops_named(struct db *db, int64_t max, struct arena *a,
                               struct store_pop_name **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement read = {
        "pops_named", "SELECT id, name, type FROM pop ORDER BY id LIMIT $1::int8"};
    struct db_result res;
    enum err_code rc = db_query(db, &read, DB_PARAMS(db_param_int(max)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t k = 0; k < *ret_n; k++)
        (*ret)[k] = (struct store_pop_name){store_text_or_empty(a, &res, (int)k, 0),
                                            store_text_or_empty(a, &res, (int)k, 1),
                                            store_text_or_empty(a, &res, (int)k, 2)};
    db_results_clear(db);
    return ERR_OK;
}
