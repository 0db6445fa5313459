#include "nfvo/store/store_agent.h"

#include "nfvo/store/internal.h"

/* 4: INSTANCE_DELETING. */
#define SQL_WANTS_LOGIN "i.agent <> '' AND i.phase < 4"

/* First column: hostname; second, if any: endpoint. */
static enum err_code read_agents(struct db *db, const struct db_statement *st,
                                 const struct db_param *params, size_t n, bool has_endpoint,
                                 struct arena *a, struct store_agent **ret, size_t *ret_n,
                                 struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct store_agent){
            .hostname = arena_strdup(a, db_text(&res, (int)i, 0)),
            .endpoint = has_endpoint ? arena_strdup(a, db_text(&res, (int)i, 1)) : NULL};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_agent_take_wanted(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                      struct store_agent **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement take = {
        "agent_take_wanted",
        "UPDATE agent_login l SET lease_until = " SQL_NOW " + $2::int8 FROM "
        "(SELECT w.hostname FROM agent_login w WHERE w.made_at = 0 AND w.lease_until < " SQL_NOW
        " AND NOT EXISTS (SELECT 1 FROM agent_gone g WHERE g.hostname = w.hostname) "
        "ORDER BY w.lease_until LIMIT $1::int8 FOR UPDATE SKIP LOCKED) due "
        "WHERE l.hostname = due.hostname RETURNING l.hostname, l.endpoint"};
    return read_agents(db, &take, DB_PARAMS(db_param_int(max), db_param_int(lease_us)), true, a,
                       ret, ret_n, err);
}

/* Not while somebody makes it. */
enum err_code store_agent_take_gone(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                    struct store_agent **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement take = {
        "agent_take_gone",
        "UPDATE agent_gone l SET lease_until = " SQL_NOW " + $2::int8 FROM "
        "(SELECT g.hostname FROM agent_gone g WHERE g.lease_until < " SQL_NOW
        " AND NOT EXISTS (SELECT 1 FROM agent_login w WHERE w.hostname = g.hostname "
        "AND w.made_at = 0 AND w.lease_until >= " SQL_NOW ") "
        "ORDER BY g.lease_until LIMIT $1::int8 FOR UPDATE SKIP LOCKED) due "
        "WHERE l.hostname = due.hostname RETURNING l.hostname"};
    return read_agents(db, &take, DB_PARAMS(db_param_int(max), db_param_int(lease_us)), false, a,
                       ret, ret_n, err);
}

enum err_code store_agent_made(struct db *db, struct db_array *hostnames, struct arena *a,
                               struct store_agent **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement made = {
        "agent_made",
        "WITH made AS (UPDATE agent_login SET made_at = " SQL_NOW ", lease_until = 0 "
        "WHERE hostname = ANY ($1::text[]) RETURNING hostname) "
        "SELECT n FROM unnest($1::text[]) AS n WHERE n NOT IN (SELECT hostname FROM made)"};
    return read_agents(db, &made, DB_PARAMS(db_param_array(hostnames)), false, a, ret, ret_n, err);
}

enum err_code store_agent_removed(struct db *db, struct db_array *hostnames, struct err *err)
{
    static const struct db_statement
        login = {"agent_forget", "DELETE FROM agent_login WHERE hostname = ANY ($1::text[])"},
        gone = {"agent_is_gone", "DELETE FROM agent_gone WHERE hostname = ANY ($1::text[])"};
    db_send(db, &login, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &gone, DB_PARAMS(db_param_array(hostnames)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_agent_put_off(struct db *db, struct db_array *hostnames, int64_t pause_us,
                                  struct err *err)
{
    static const struct db_statement login = {"agent_put_off",
                                              "UPDATE agent_login SET lease_until = " SQL_NOW
                                              " + $2::int8 "
                                              "WHERE hostname = ANY ($1::text[]) AND made_at = 0"},
                                     gone = {"agent_gone_put_off",
                                             "UPDATE agent_gone SET lease_until = " SQL_NOW
                                             " + $2::int8 "
                                             "WHERE hostname = ANY ($1::text[])"};
    db_send(db, &login, DB_PARAMS(db_param_array(hostnames), db_param_int(pause_us)));
    db_send(db, &gone, DB_PARAMS(db_param_array(hostnames), db_param_int(pause_us)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_agent_audit(struct db *db, struct db_array *listed, int64_t listed_at,
                                int64_t *ret_lost, struct arena *a, struct store_agent **ret,
                                size_t *ret_n, struct err *err)
{
    static const struct db_statement
        lost = {"agent_lost",
                "UPDATE agent_login SET made_at = 0, lease_until = 0 WHERE made_at > 0 AND made_at "
                "< $2::int8 AND hostname <> ALL ($1::text[])"},
        unwanted = {"agent_unwanted",
                    "INSERT INTO agent_gone (hostname) SELECT l.hostname FROM agent_login l "
                    "WHERE NOT EXISTS (SELECT 1 FROM instance i WHERE i.hostname = l.hostname "
                    "AND " SQL_WANTS_LOGIN ") ON CONFLICT DO NOTHING"},
        wanted = {"agent_wanted",
                  "INSERT INTO agent_login (hostname, endpoint) SELECT i.hostname, i.agent FROM "
                  "instance i WHERE " SQL_WANTS_LOGIN " ON CONFLICT DO NOTHING"},
        strays = {"agent_strays", "SELECT n FROM unnest($1::text[]) AS n WHERE NOT EXISTS (SELECT "
                                  "1 FROM agent_login l WHERE l.hostname = n)"};
    struct db_result res;
    db_send(db, &lost, DB_PARAMS(db_param_array(listed), db_param_int(listed_at)));
    db_send(db, &unwanted, NULL, 0);
    db_send(db, &wanted, NULL, 0);
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK && db_result_next(db, &res))
        *ret_lost = db_affected(&res);
    db_results_clear(db);
    if (rc != ERR_OK)
        return rc;
    return read_agents(db, &strays, DB_PARAMS(db_param_array(listed)), false, a, ret, ret_n, err);
}
