#include "nfvo/store/store_engine.h"

#define NOW_SQL "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

/* clang-format off */
static const struct db_statement
    hostname_block = { "hostname_block", "SELECT nextval('hostname_number') * $1::int8" },
    heartbeat = { "heartbeat", "INSERT INTO heartbeat (process, at) VALUES ($1, " NOW_SQL ") ON CONFLICT (process) DO UPDATE SET at = excluded.at" },
    /* Shorter gaps are within the deadlines' own grace. */
    absorb = { "absorb_downtime", "UPDATE command SET due_at = due_at + gap FROM "
               "(SELECT " NOW_SQL " - max(at) AS gap FROM heartbeat HAVING " NOW_SQL " - max(at) > 5000000) g" },
    forget = { "forget_heartbeats", "DELETE FROM heartbeat WHERE at < " NOW_SQL " - 5000000" };
/* clang-format on */

enum err_code store_hostname_block(struct db *db, int64_t *ret_first, struct err *err)
{
    struct db_result res;
    enum err_code rc =
        db_query(db, &hostname_block, DB_PARAMS(db_param_int(STORE_HOSTNAME_BLOCK)), &res, err);
    if (rc == ERR_OK)
        *ret_first = db_int64(&res, 0, 0);
    return rc;
}

enum err_code store_heartbeat(struct db *db, const char *process, struct err *err)
{
    enum err_code rc = db_query(db, &heartbeat, DB_PARAMS(db_param_text(process)), NULL, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_absorb_downtime(struct db *db, struct err *err)
{
    db_begin(db);
    db_send(db, &db_lock, DB_PARAMS(db_param_int(db_lock_key("downtime", ""))));
    db_send(db, &absorb, NULL, 0);
    db_send(db, &forget, NULL, 0);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}
