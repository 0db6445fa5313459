#include "nfvo/store/store_engine.h"

#include "nfvo/store/words.h"

#define NOW_SQL "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

/* clang-format off */
static const struct db_statement
    hostname_block = { "hostname_block", "SELECT nextval('hostname_number') * $1::int8" },
    heartbeat = { "heartbeat", "INSERT INTO heartbeat (process, at, host, pid, version) VALUES ($1, " NOW_SQL ", $2, $3::int8, $4) "
                  "ON CONFLICT (process) DO UPDATE SET at = excluded.at, has_stopped = false" },
    heartbeat_end = { "heartbeat_end", "UPDATE heartbeat SET at = " NOW_SQL ", has_stopped = true WHERE process = $1" },
    /* Shorter gaps are within the deadlines' own grace. */
    absorb = { "absorb_downtime", "UPDATE command SET due_at = due_at + gap FROM "
               "(SELECT " NOW_SQL " - max(at) AS gap FROM heartbeat HAVING " NOW_SQL " - max(at) > 5000000) g" },
    requests_lost = { "vnfm_requests_lost", "UPDATE command c SET due_at = least(c.due_at, " NOW_SQL " + $2::int8), data = '" STORE_REQUEST_LOST "' FROM vnfr v "
               "WHERE split_part(c.subject, '/', 1) = v.id AND v.endpoint = $1 AND c." SQL_IS_TO_VNFM " AND c.data = '' "
               "AND NOT EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE e.type = $1 AND e.capabilities LIKE '%correlation%') "
               "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.stream = c.agg AND position(c.id IN o.meta) > 0)" },
    calls_lost = { "driver_requests_lost", "UPDATE command c SET due_at = least(c.due_at, " NOW_SQL " + $2::int8), data = '" STORE_REQUEST_LOST "' "
               "WHERE c.data IN ($1::text, '" STORE_CALL_IN_DOUBT "' || $1::text) "
               "AND NOT EXISTS (SELECT 1 FROM vim_driver d WHERE d.queue = $1::text AND d.capabilities LIKE '%correlation%') "
               "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.stream = c.agg AND position(c.id IN o.meta) > 0)" },
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

enum err_code store_heartbeat(struct db *db, const struct store_process *p, struct err *err)
{
    enum err_code rc = db_query(db, &heartbeat,
                                DB_PARAMS(db_param_text(p->id), db_param_text(p->host),
                                          db_param_int(p->pid), db_param_text(p->version)),
                                NULL, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_heartbeat_end(struct db *db, const char *process, struct err *err)
{
    enum err_code rc = db_query(db, &heartbeat_end, DB_PARAMS(db_param_text(process)), NULL, err);
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

enum err_code store_vnfm_requests_lost(struct db *db, const char *type, int64_t grace_us,
                                       int64_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, &requests_lost,
                                DB_PARAMS(db_param_text(type), db_param_int(grace_us)), &res, err);
    if (rc == ERR_OK)
        *ret_n = db_affected(&res);
    db_results_clear(db);
    return rc;
}

enum err_code store_driver_requests_lost(struct db *db, const char *queue, int64_t grace_us,
                                         int64_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, &calls_lost,
                                DB_PARAMS(db_param_text(queue), db_param_int(grace_us)), &res, err);
    if (rc == ERR_OK)
        *ret_n = db_affected(&res);
    db_results_clear(db);
    return rc;
}
