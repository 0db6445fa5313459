#include "nfvo/store/store_agent.h"

#include "nfvo/store/internal.h"

/* How long an agent may try the broker after its login was taken away. */
#define SQL_LEFT_US     "600000000"
#define SQL_WANTS_LOGIN "i.agent <> '' AND i." SQL_INSTANCE_HAS_AGENT

#define SQL_ENDPOINT "split_part(i.agent, '/', 1)"
#define SQL_IS_ALONE "(i.agent LIKE '%/own')"

/* Its user data was written by a VNFM of before TOPOLOGY_AGENTS_EXCHANGE, which is not upgraded
 * yet, so in the inner room: such agents need the rights of then. What an enrolled VNFM writes so
 * is refused by the broker, and status says why. */
#define SQL_IS_OLD                                                                                 \
    "EXISTS (SELECT 1 FROM instance i JOIN vnfr v ON v.id = i.vnfr_id WHERE i.hostname = "         \
    "w.hostname AND v.room = '' AND v.state LIKE '%export EXCHANGE_NAME=%' "                       \
    "AND v.state NOT LIKE '%export EMS_EXCHANGE=%')"

/* Columns: hostname, is_alone; and if any: endpoint, is_old, is_shared. */
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
            .is_alone = db_bool(&res, (int)i, 1),
            .endpoint = has_endpoint ? arena_strdup(a, db_text(&res, (int)i, 2)) : NULL,
            .is_old = has_endpoint && db_bool(&res, (int)i, 3),
            .is_shared = has_endpoint && db_bool(&res, (int)i, 4)};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_agent_take_wanted(struct db *db, int64_t max, int64_t lease_us, struct arena *a,
                                      struct store_agent **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement take = {
        "agent_take_wanted",
        "UPDATE agent_login l SET is_old = l.is_old OR due.is_old, lease_until = " SQL_NOW
        " + $2::int8 FROM (SELECT w.hostname, " SQL_IS_OLD
        " AS is_old FROM agent_login w WHERE w.made_at = 0 AND w.lease_until < " SQL_NOW
        " AND NOT EXISTS (SELECT 1 FROM agent_gone g WHERE g.hostname = w.hostname) "
        "ORDER BY w.lease_until LIMIT $1::int8 FOR UPDATE SKIP LOCKED) due "
        "WHERE l.hostname = due.hostname RETURNING l.hostname, l.is_alone, l.endpoint, "
        "l.is_old, l.is_shared"};
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
        "WHERE l.hostname = due.hostname RETURNING l.hostname, EXISTS (SELECT 1 FROM agent_login "
        "w WHERE w.hostname = l.hostname AND w.is_alone)"};
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
        "SELECT n, false FROM unnest($1::text[]) AS n WHERE n NOT IN (SELECT hostname FROM made)"};
    return read_agents(db, &made, DB_PARAMS(db_param_array(hostnames)), false, a, ret, ret_n, err);
}

enum err_code store_agent_removed(struct db *db, struct db_array *hostnames, struct err *err)
{
    static const struct db_statement
        login = {"agent_forget", "DELETE FROM agent_login WHERE hostname = ANY ($1::text[])"},
        gone = {"agent_is_gone",
                "WITH gone AS (DELETE FROM agent_gone WHERE hostname = ANY ($1::text[]) RETURNING "
                "hostname) INSERT INTO agent_left (hostname, at) SELECT hostname, " SQL_NOW
                " FROM gone ON CONFLICT (hostname) DO UPDATE SET at = excluded.at"},
        old = {"agent_left_trim", "DELETE FROM agent_left WHERE at < " SQL_NOW " - " SQL_LEFT_US};
    db_send(db, &login, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &gone, DB_PARAMS(db_param_array(hostnames)));
    db_send(db, &old, NULL, 0);
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_agent_count_old(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement count = {"agent_count_old",
                                              "SELECT count(*) FROM agent_login WHERE is_old"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_agent_count_alone(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement count = {
        "agent_count_alone", "SELECT count(*) FROM agent_login WHERE is_alone AND made_at > 0"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_agents_manager_put(struct db *db, const char *account, const char *endpoint,
                                       struct err *err)
{
    /* One statement: also inside of a transaction, as that which makes the account. */
    static const struct db_statement put = {
        "agents_manager_put",
        "WITH put AS (INSERT INTO agents_manager (account, endpoint) VALUES ($1, $2) ON CONFLICT "
        "(account) DO UPDATE SET endpoint = excluded.endpoint), again AS (UPDATE agent_login SET "
        "made_at = 0, lease_until = 0 WHERE is_alone AND made_at > 0 AND endpoint = $2) "
        "SELECT pg_notify('" STORE_AGENT_CHANNEL "', '')"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &put, DB_PARAMS(db_param_text(account), db_param_text(endpoint)), &res, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_agents_managers(struct db *db, const char *endpoint, struct arena *a,
                                    const char ***ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "agents_managers", "SELECT account FROM agents_manager WHERE endpoint = $1 ORDER BY 1"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, DB_PARAMS(db_param_text(endpoint)), &res, err);
    *ret_n = rc == ERR_OK ? (size_t)db_rows(&res) : 0;
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = arena_strdup(a, db_text(&res, (int)i, 0));
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
        wanted = {"agent_wanted", "INSERT INTO agent_login (hostname, endpoint, is_alone) SELECT "
                                  "i.hostname, " SQL_ENDPOINT ", " SQL_IS_ALONE " FROM "
                                  "instance i WHERE " SQL_WANTS_LOGIN " ON CONFLICT DO NOTHING"},
        /* made by an nfvo of before, which does not say it */
        old = {"agent_old", "UPDATE agent_login w SET is_old = true WHERE NOT w.is_old AND "
                            "NOT w.is_alone AND " SQL_IS_OLD},
        strays = {"agent_strays",
                  "SELECT n, true FROM unnest($1::text[]) AS n WHERE NOT EXISTS (SELECT "
                  "1 FROM agent_login l WHERE l.hostname = n)"};
    struct db_result res;
    db_send(db, &lost, DB_PARAMS(db_param_array(listed), db_param_int(listed_at)));
    db_send(db, &unwanted, NULL, 0);
    db_send(db, &wanted, NULL, 0);
    db_send(db, &old, NULL, 0);
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK && db_result_next(db, &res))
        *ret_lost = db_affected(&res);
    db_results_clear(db);
    if (rc != ERR_OK)
        return rc;
    return read_agents(db, &strays, DB_PARAMS(db_param_array(listed)), false, a, ret, ret_n, err);
}
