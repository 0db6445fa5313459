#include "nfvo/store/store_session.h"

#include "nfvo/store/internal.h"

/* Of two that come with the same one the second waits for the row, and finds another refresh token
 * in it. */
static enum err_code rotate(struct db *db, const struct db_param params[4], struct arena *a,
                            const char **ret_username, struct err *err)
{
    static const struct db_statement take = {
        "session_rotate",
        "WITH done AS (UPDATE token t SET hash = $2, refresh = $3, expires_at = " SQL_NOW
        " + $4::bigint FROM person p WHERE t.refresh = $1 AND p.id = t.person_id AND p.enabled AND "
        "t.refresh_expires_at > " SQL_NOW " RETURNING t.id, p.name), used AS (INSERT INTO "
        "token_used (refresh, token_id, at) SELECT $1, id, " SQL_NOW " FROM done) "
        "SELECT name FROM done"};
    struct db_result res;
    enum err_code rc = db_query(db, &take, params, 4, &res, err);
    if (rc == ERR_OK && db_rows(&res) > 0)
        *ret_username = store_text(a, &res, 0, 0);
    return rc;
}

/* The session that it was a refresh token of. *ret_id NULL: there is none. */
static enum err_code find_used(struct db *db, const char *refresh_hash, struct arena *a,
                               const char **ret_id, const char **ret_username, bool *ret_is_last,
                               struct err *err)
{
    static const struct db_statement find = {
        "session_used",
        "SELECT t.id, p.name, p.enabled AND NOT u.is_replaced AND u.at > " SQL_NOW
        " - $2::bigint AND u.at = (SELECT max(x.at) FROM token_used x WHERE x.token_id = t.id AND "
        "NOT x.is_replaced) FROM token_used u JOIN token t ON t.id = u.token_id JOIN person p ON "
        "p.id = t.person_id WHERE u.refresh = $1 FOR UPDATE OF t"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &find, DB_PARAMS(db_param_text(refresh_hash), db_param_int(STORE_REFRESH_GRACE_US)),
        &res, err);
    if (rc == ERR_OK && db_rows(&res) > 0) {
        *ret_id = store_text(a, &res, 0, 0);
        *ret_username = store_text(a, &res, 0, 1);
        *ret_is_last = db_bool(&res, 0, 2);
    }
    return rc;
}

/* Again, in the place of what was made the first time. */
static enum err_code repeat(struct db *db, const char *id, const struct db_param params[4],
                            struct err *err)
{
    static const struct db_statement keep = {
        "session_replaced", "INSERT INTO token_used (refresh, token_id, at, is_replaced) SELECT "
                            "refresh, id, " SQL_NOW ", true FROM token WHERE id = $1"};
    static const struct db_statement put = {
        "session_repeat", "UPDATE token SET hash = $2, refresh = $3, expires_at = " SQL_NOW
                          " + $4::bigint WHERE id = $1"};
    db_send(db, &keep, DB_PARAMS(db_param_text(id)));
    db_send(db, &put, DB_PARAMS(db_param_text(id), params[1], params[2], params[3]));
    return db_sync(db, err);
}

static enum err_code delete_by_id(struct db *db, const char *id, const char *person_id,
                                  int64_t *ret_n, struct err *err)
{
    static const struct db_statement end = {
        "session_delete",
        "DELETE FROM token WHERE id = $1 AND ($2::text IS NULL OR person_id = $2::text)"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &end, DB_PARAMS(db_param_text(id), db_param_text(person_id)), &res, err);
    if (rc == ERR_OK)
        *ret_n = db_affected(&res);
    return rc;
}

static enum err_code forget_old(struct db *db, const char *refresh_hash, struct err *err)
{
    static const struct db_statement trim = {
        "session_used_trim",
        "DELETE FROM token_used u USING (SELECT token_id FROM token_used WHERE refresh = $1) s "
        "WHERE u.token_id = s.token_id AND u.refresh IN (SELECT x.refresh FROM token_used x WHERE "
        "x.token_id = s.token_id ORDER BY x.at DESC, x.refresh OFFSET $2::bigint)"};
    return db_query(db, &trim,
                    DB_PARAMS(db_param_text(refresh_hash), db_param_int(STORE_REFRESH_USED_MAX)),
                    NULL, err);
}

static enum err_code refresh_in(struct db *db, const char *refresh_hash,
                                const struct db_param params[4], struct arena *a,
                                struct store_refresh_outcome *ret, struct err *err)
{
    const char *id = NULL;
    bool is_last = false;
    int64_t n;
    enum err_code rc = rotate(db, params, a, &ret->username, err);
    ret->what = STORE_REFRESH_DONE;
    if (rc != ERR_OK || ret->username)
        return rc == ERR_OK ? forget_old(db, refresh_hash, err) : rc;
    rc = find_used(db, refresh_hash, a, &id, &ret->username, &is_last, err);
    if (rc == ERR_OK && is_last)
        return repeat(db, id, params, err);
    ret->what = id ? STORE_REFRESH_REUSED : STORE_REFRESH_UNKNOWN;
    return rc == ERR_OK && id ? delete_by_id(db, id, NULL, &n, err) : rc;
}

enum err_code store_session_refresh(struct db *db, const char *refresh_hash, const char *new_hash,
                                    const char *new_refresh_hash, int64_t ttl_us, struct arena *a,
                                    struct store_refresh_outcome *ret, struct err *err)
{
    const struct db_param params[4] = {db_param_text(refresh_hash), db_param_text(new_hash),
                                       db_param_text(new_refresh_hash), db_param_int(ttl_us)};
    *ret = (struct store_refresh_outcome){0};
    db_begin(db);
    enum err_code rc = refresh_in(db, refresh_hash, params, a, ret, err);
    if (rc == ERR_OK)
        rc = db_commit(db, err);
    else
        db_rollback(db);
    db_results_clear(db);
    return rc;
}

enum err_code store_session_revoke(struct db *db, const char *hash, struct arena *a,
                                   const char **ret_username, struct err *err)
{
    static const struct db_statement end = {
        "session_revoke",
        "WITH gone AS (DELETE FROM token WHERE hash = $1 OR refresh = $1 OR id IN (SELECT token_id "
        "FROM token_used WHERE refresh = $1) RETURNING person_id, service_id) SELECT "
        "coalesce(p.name, s.name) FROM gone g LEFT JOIN person p ON p.id = g.person_id LEFT JOIN "
        "service s ON s.id = g.service_id"};
    struct db_result res;
    *ret_username = NULL;
    enum err_code rc = db_query(db, &end, DB_PARAMS(db_param_text(hash)), &res, err);
    if (rc == ERR_OK && db_rows(&res) > 0)
        *ret_username = store_text(a, &res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_session_delete(struct db *db, const char *id, const char *person_id,
                                   struct err *err)
{
    int64_t n = 0;
    enum err_code rc = delete_by_id(db, id, person_id, &n, err);
    db_results_clear(db);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "No session found with ID %s", id);
    return rc;
}
