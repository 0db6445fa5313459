#include "nfvo/store/store_login.h"

#include "nfvo/store/internal.h"

/* Who tries names that nobody has is counted by name, too: else the answers would tell which names
 * there are. */
#define SQL_ACCOUNT(id, name) "coalesce(" id ", '?' || md5(" name "))"

enum err_code store_login_find(struct db *db, const char *name, const char *client, struct arena *a,
                               struct store_person *ret, bool *ret_is_there,
                               struct store_login_standing *ret_s, struct err *err)
{
    static const struct db_statement find = {
        "login_find",
        "SELECT p.id, p.name, p.password, p.enabled, p.doc, k.client IS NOT NULL, "
        "x.failures, x.at, c.failures, c.at, u.failures, u.at, " SQL_NOW " FROM (VALUES ($1::text, "
        "$2::text)) v (name, client) LEFT JOIN person p ON p.name = v.name "
        "LEFT JOIN login_client k ON k.person_id = p.id AND k.client = v.client AND k.at > " SQL_NOW
        " - $4::bigint "
        "LEFT JOIN login_failure x ON x.account = " SQL_ACCOUNT(
            "p.id", "v.name") " AND x.client = v.client AND x.at > " SQL_NOW " - $3::bigint "
                              "LEFT JOIN login_failure c ON c.account = '' AND c.client = v.client "
                              "AND c.at > " SQL_NOW
                              " - $3::bigint LEFT JOIN login_failure u ON u.account = " SQL_ACCOUNT(
                                  "p.id", "v.name") " AND u.client = '' AND u.at > " SQL_NOW
                                                    " - $3::bigint"};
    struct db_result res;
    enum err_code rc = db_query(db, &find,
                                DB_PARAMS(db_param_text(name), db_param_text(client),
                                          db_param_int(STORE_LOGIN_WINDOW_US),
                                          db_param_int(STORE_LOGIN_CLIENTS_US)),
                                &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_is_there = !db_is_null(&res, 0, 0);
    if (*ret_is_there)
        *ret = (struct store_person){.id = arena_strdup(a, db_text(&res, 0, 0)),
                                     .name = arena_strdup(a, db_text(&res, 0, 1)),
                                     .password = arena_strdup(a, db_text(&res, 0, 2)),
                                     .is_enabled = db_bool(&res, 0, 3),
                                     .doc = arena_strdup(a, db_text(&res, 0, 4))};
    *ret_s = (struct store_login_standing){.is_known = db_bool(&res, 0, 5),
                                           .pair = db_int64(&res, 0, 6),
                                           .pair_at_us = db_int64(&res, 0, 7),
                                           .client = db_int64(&res, 0, 8),
                                           .client_at_us = db_int64(&res, 0, 9),
                                           .account = db_int64(&res, 0, 10),
                                           .account_at_us = db_int64(&res, 0, 11),
                                           .now_us = db_int64(&res, 0, 12)};
    db_results_clear(db);
    return ERR_OK;
}

/* All write pair, client and account in this order: no deadlock. */
enum err_code store_login_failed(struct db *db, const char *name, const char *person_id,
                                 const char *client, bool is_known, struct err *err)
{
    static const struct db_statement sweep = {"login_failure_sweep",
                                              "DELETE FROM login_failure WHERE ctid IN (SELECT "
                                              "ctid FROM login_failure WHERE at < " SQL_NOW
                                              " - $1::bigint LIMIT 100 FOR UPDATE SKIP LOCKED)"};
    static const struct db_statement add = {
        "login_failed",
        "INSERT INTO login_failure AS f (account, client, failures, at) SELECT account, client, "
        "1, " SQL_NOW " FROM (VALUES (1, " SQL_ACCOUNT(
            "$2::text",
            "$1::text") ", $3::text), (2, '', "
                        "$3::text), (3, " SQL_ACCOUNT(
                            "$2::text",
                            "$1::text") ", '')) v (n, account, client) WHERE "
                                        "NOT ($4::bool AND v.n = 3) ORDER BY v.n ON CONFLICT "
                                        "(account, client) DO UPDATE SET "
                                        "failures = CASE WHEN f.at < excluded.at - $5::bigint THEN "
                                        "1 ELSE f.failures + 1 END, at = "
                                        "excluded.at"};
    db_begin(db);
    db_send(db, &sweep, DB_PARAMS(db_param_int(STORE_LOGIN_WINDOW_US)));
    db_send(db, &add,
            DB_PARAMS(db_param_text(name), db_param_text(person_id), db_param_text(client),
                      db_param_bool(is_known), db_param_int(STORE_LOGIN_WINDOW_US)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

/* The same client is written once an hour only. */
enum err_code store_login_succeeded(struct db *db, const char *person_id, const char *client,
                                    struct err *err)
{
    static const struct db_statement add = {
        "login_client_add",
        "INSERT INTO login_client AS k (person_id, client, at) SELECT id, $2, " SQL_NOW
        " FROM person WHERE id = $1 ON CONFLICT (person_id, client) DO UPDATE SET at = excluded.at "
        "WHERE k.at < excluded.at - 3600000000"};
    static const struct db_statement trim = {
        "login_client_trim",
        "DELETE FROM login_client WHERE person_id = $1 AND client IN (SELECT client FROM "
        "login_client WHERE person_id = $1 ORDER BY at DESC OFFSET $2::bigint)"};
    static const struct db_statement forget = {
        "login_failure_forget", "DELETE FROM login_failure WHERE account = $1 AND client = $2"};
    db_begin(db);
    db_send(db, &add, DB_PARAMS(db_param_text(person_id), db_param_text(client)));
    db_send(db, &trim, DB_PARAMS(db_param_text(person_id), db_param_int(STORE_LOGIN_CLIENTS)));
    db_send(db, &forget, DB_PARAMS(db_param_text(person_id), db_param_text(client)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}
