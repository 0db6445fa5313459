#include "nfvo/store/store_vnfm_rest.h"

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

/* A process that has not said for so long that it has a request in hand is gone. */
#define STALE_US "6000000"

/* With an account it registered on the broker, before that was refused: its URL was not checked. */
#define SQL_IS_REST "kind = 'REST' AND account = ''"

/* That a VNFM on the broker is away for a moment does not make its VNFs another's. */
static enum err_code check_free(struct db *db, const struct vnfm_endpoint *e, bool *ret_is_new,
                                struct err *err)
{
    static const struct db_statement other = {
        "vnfm_rest_other",
        "SELECT coalesce((SELECT 'account ' || username FROM manager_credentials WHERE is_enrolled "
        "AND state <> 'ending' AND kind = 'vnfm' AND type = $1 LIMIT 1), (SELECT 'queue ' || "
        "endpoint FROM vnfm_endpoint WHERE type = $1 AND kind <> 'REST' AND (active OR EXISTS "
        "(SELECT 1 FROM vnfr v WHERE v.endpoint = $1)) LIMIT 1), ''), "
        "(SELECT count(*) FROM vnfm_endpoint WHERE kind = 'REST' AND (type, endpoint) <> ($1, "
        "$2)), (SELECT count(*) FROM vnfm_endpoint WHERE kind = 'REST' AND type = $1 AND endpoint "
        "<> $2), NOT EXISTS (SELECT 1 FROM vnfm_endpoint WHERE kind = 'REST' AND type = $1 AND "
        "endpoint = $2 AND active)"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &other, DB_PARAMS(db_param_text(e->type), db_param_text(e->endpoint)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_is_new = db_bool(&res, 0, 3);
    if (*db_text(&res, 0, 0)) {
        rc = err_set(err, ERR_STATE, "type '%s' is served on the broker (%s)", e->type,
                     db_text(&res, 0, 0));
        err_hint(err, "choose another type, or end that one first");
    } else if (db_int64(&res, 0, 1) >= STORE_VNFM_REST_MAX ||
               db_int64(&res, 0, 2) >= STORE_VNFM_REST_TYPE_MAX) {
        rc = err_set(err, ERR_LIMIT, "too many VNFMs over HTTP: %lld, %lld of type '%s'",
                     (long long)db_int64(&res, 0, 1), (long long)db_int64(&res, 0, 2), e->type);
        err_hint(err, "forget those that are not there any more: DELETE /api/v1/vnfmanagers/{id}");
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfm_rest_put(struct db *db, const struct vnfm_endpoint *e, bool *ret_is_new,
                                  struct err *err)
{
    static const struct db_statement put = {
        "vnfm_rest_put",
        "INSERT INTO vnfm_endpoint AS v (id, type, endpoint, kind, active, enabled, capabilities, "
        "doc, seen_at) VALUES ($1, $2, $3, 'REST', true, true, $4, $5, " SQL_NOW
        ") ON CONFLICT (type, endpoint, kind) DO UPDATE SET active = true, capabilities = "
        "excluded.capabilities, doc = excluded.doc, room = '', account = '', seen_at = " SQL_NOW
        ", absent_since = NULL"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf capabilities = SBUF_INIT;
    enum err_code rc = check_free(db, e, ret_is_new, err);
    if (rc != ERR_OK)
        return rc;
    proto_encode(&vnfm_endpoint_type, e, PROTO_REST, &doc);
    for (uint32_t i = 0; i < e->capabilities.n; i++)
        sbuf_addf(&capabilities, "%s%s", i ? " " : "", e->capabilities.at[i]);
    return store_write(db, &put,
                       DB_PARAMS(db_param_text(e->id), db_param_text(e->type),
                                 db_param_text(e->endpoint), db_param_text(capabilities.s),
                                 db_param_text(doc.s)),
                       NULL, err);
}

enum err_code store_vnfm_rest_leave(struct db *db, const char *type, const char *endpoint,
                                    struct err *err)
{
    static const struct db_statement leave = {
        "vnfm_rest_leave",
        "DELETE FROM vnfm_endpoint WHERE id = (SELECT id FROM vnfm_endpoint WHERE kind = 'REST' "
        "AND type = $1 AND ($2::text IS NULL OR endpoint = $2) ORDER BY created_at, id LIMIT 1)"};
    return store_write(db, &leave, DB_PARAMS(db_param_text(type), db_param_text(endpoint)), NULL,
                       err);
}

enum err_code store_vnfm_rest_list(struct db *db, struct arena *a, struct store_vnfm_rest **ret,
                                   size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "vnfm_rest_list",
        "SELECT id, type, endpoint, active, enabled, 'correlation' = ANY (string_to_array("
        "capabilities, ' ')) FROM vnfm_endpoint WHERE " SQL_IS_REST
        " ORDER BY type, created_at, id"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, NULL, 0, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (int i = 0; i < db_rows(&res); i++)
        (*ret)[i] = (struct store_vnfm_rest){.id = arena_strdup(a, db_text(&res, i, 0)),
                                             .type = arena_strdup(a, db_text(&res, i, 1)),
                                             .url = arena_strdup(a, db_text(&res, i, 2)),
                                             .active = db_bool(&res, i, 3),
                                             .enabled = db_bool(&res, i, 4),
                                             .correlates = db_bool(&res, i, 5)};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_vnfm_rest_seen(struct db *db, const char *id, bool is_there, int64_t grace_us,
                                   struct err *err)
{
    static const struct db_statement
        seen = {"vnfm_rest_seen", "UPDATE vnfm_endpoint SET active = true, absent_since = NULL "
                                  "WHERE id = $1 AND (NOT active OR absent_since IS NOT NULL)"},
        missed = {"vnfm_rest_missed",
                  "UPDATE vnfm_endpoint SET absent_since = coalesce(absent_since, " SQL_NOW
                  "), active = active AND coalesce(absent_since, " SQL_NOW ") > " SQL_NOW
                  " - $2::int8 WHERE id = $1 AND (absent_since IS NULL OR active)"};
    return is_there ? store_write(db, &seen, DB_PARAMS(db_param_text(id)), NULL, err)
                    : store_write(db, &missed, DB_PARAMS(db_param_text(id), db_param_int(grace_us)),
                                  NULL, err);
}

enum err_code store_vnfm_rest_may_speak(struct db *db, const char *nsr, const char *id,
                                        const char *name, bool *ret, struct err *err)
{
    static const struct db_statement may = {
        "vnfm_rest_may_speak",
        "WITH v AS (SELECT (v.id = $2 OR v.name = $3) IS TRUE AS is_meant, EXISTS (SELECT 1 FROM "
        "vnfm_endpoint e WHERE " SQL_IS_REST " AND e.type = v.endpoint) AS is_rest FROM vnfr v "
        "WHERE v.agg = $1) SELECT NOT EXISTS (SELECT 1 FROM v WHERE is_meant AND NOT is_rest) AND "
        "(NOT EXISTS (SELECT 1 FROM v) OR EXISTS (SELECT 1 FROM v WHERE is_rest))"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &may, DB_PARAMS(db_param_text(nsr), db_param_text(id), db_param_text(name)), &res, err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

/* For the transaction that it begins: no flush of the log is waited for. What a crash of the database
 * takes is then the latest of these only; a later commit that waits makes them last, too. */
static void send_unflushed(struct db *db)
{
    static const struct db_statement unflushed = {
        "vnfm_call_unflushed", "SELECT set_config('synchronous_commit', 'off', true)"};
    db_send(db, &unflushed, NULL, 0);
}

enum err_code store_vnfm_call_take(struct db *db, const char *command, const char *sender,
                                   enum store_vnfm_call *ret, int64_t *ret_left_us, struct err *err)
{
    static const struct db_statement open = {"vnfm_call_open", "SELECT due_at - " SQL_NOW
                                                               " FROM command WHERE id = $1"};
    static const struct db_statement take = {
        "vnfm_call_take",
        "INSERT INTO vnfm_call AS c (command, sender, alive_at) SELECT id, $2, " SQL_NOW
        " FROM command WHERE id = $1 ON CONFLICT (command) DO UPDATE SET sender = excluded.sender, "
        "alive_at = excluded.alive_at WHERE c.sender = excluded.sender OR c.alive_at < " SQL_NOW
        " - " STALE_US " RETURNING is_sent"};
    struct db_result res;
    send_unflushed(db);
    db_send(db, &open, DB_PARAMS(db_param_text(command)));
    db_send(db, &take, DB_PARAMS(db_param_text(command), db_param_text(sender)));
    enum err_code rc = db_sync(db, err);
    *ret = STORE_CALL_CLOSED;
    if (rc == ERR_OK && db_result_next(db, &res) && db_result_next(db, &res) &&
        db_rows(&res) == 1) {
        *ret_left_us = db_int64(&res, 0, 0);
        *ret = STORE_CALL_OTHERS;
        if (db_result_next(db, &res) && db_rows(&res) == 1)
            *ret = db_bool(&res, 0, 0) ? STORE_CALL_IN_DOUBT : STORE_CALL_OURS;
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfm_call_sent(struct db *db, const char *command, bool is_sent,
                                   bool is_lasting, struct err *err)
{
    static const struct db_statement sent = {
        "vnfm_call_sent", "UPDATE vnfm_call SET is_sent = $2 WHERE command = $1"};
    if (!is_lasting)
        send_unflushed(db);
    db_send(db, &sent, DB_PARAMS(db_param_text(command), db_param_bool(is_sent)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfm_call_is_open(struct db *db, const char *command, bool *ret,
                                      struct err *err)
{
    static const struct db_statement is_open = {"vnfm_call_is_open",
                                                "SELECT 1 FROM command WHERE id = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &is_open, DB_PARAMS(db_param_text(command)), &res, err);
    if (rc == ERR_OK)
        *ret = db_rows(&res) > 0;
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfm_calls_tend(struct db *db, const char *sender, struct err *err)
{
    static const struct db_statement
        alive = {"vnfm_calls_alive",
                 "UPDATE vnfm_call SET alive_at = " SQL_NOW " WHERE sender = $1"},
        forget = {"vnfm_calls_forget",
                  "DELETE FROM vnfm_call c WHERE NOT EXISTS (SELECT 1 FROM command o WHERE "
                  "o.id = c.command)"};
    db_send(db, &alive, DB_PARAMS(db_param_text(sender)));
    db_send(db, &forget, NULL, 0);
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}
