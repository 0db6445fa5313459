#include "nfvo/store/store_access.h"

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

static void read_person(const struct db_result *res, struct arena *a, struct store_person *ret)
{
    *ret = (struct store_person){
        .id = arena_strdup(a, db_text(res, 0, 0)),
        .name = arena_strdup(a, db_text(res, 0, 1)),
        .password = arena_strdup(a, db_text(res, 0, 2)),
        .is_enabled = db_bool(res, 0, 3),
        .doc = arena_strdup(a, db_text(res, 0, 4)),
    };
}

enum err_code store_person_find(struct db *db, const char *name, struct arena *a,
                                struct store_person *ret, struct err *err)
{
    static const struct db_statement find = {
        "person_find", "SELECT id, name, password, enabled, doc FROM person WHERE name = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &find, DB_PARAMS(db_param_text(name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "Not found user %s", name);
    else
        read_person(&res, a, ret);
    db_results_clear(db);
    return rc;
}

enum err_code store_person_add(struct db *db, const struct user *user, const char *password_hash,
                               struct err *err)
{
    static const struct db_statement add = {"person_add",
                                            "INSERT INTO person (id, name, password, enabled, doc) "
                                            "VALUES ($1, $2, $3, $4, $5)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&user_type, user, PROTO_COMPLETE | PROTO_NO_SECRETS, &doc);
    return store_write(db, &add,
                       DB_PARAMS(db_param_text(user->id), db_param_text(user->username),
                                 db_param_text(password_hash), db_param_bool(user->enabled),
                                 db_param_text(doc.s)),
                       NULL, err);
}

enum err_code store_person_password(struct db *db, const char *id, const char *password_hash,
                                    struct err *err)
{
    static const struct db_statement set = {"person_password",
                                            "UPDATE person SET password = $2 WHERE id = $1"};
    static const struct db_statement end = {"token_end", "DELETE FROM token WHERE person_id = $1"};
    struct db_result res;
    db_begin(db);
    db_send(db, &set, DB_PARAMS(db_param_text(id), db_param_text(password_hash)));
    db_send(db, &end, DB_PARAMS(db_param_text(id)));
    enum err_code rc = db_commit(db, err);
    if (rc == ERR_OK && db_result_next(db, &res) && db_affected(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "Not found user with id: %s", id);
    db_results_clear(db);
    return rc;
}

enum err_code store_person_count(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement count = {"person_count", "SELECT count(*) FROM person"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

/* --- tokens --------------------------------------------------------------------------------- */

enum err_code store_token_add(struct db *db, const struct store_token *t, struct err *err)
{
    static const struct db_statement sweep = {"token_sweep",
                                              "DELETE FROM token WHERE expires_at < " SQL_NOW
                                              " AND refresh_expires_at < " SQL_NOW};
    static const struct db_statement add = {
        "token_add", "INSERT INTO token (hash, refresh, person_id, expires_at, refresh_expires_at) "
                     "VALUES ($1, $2, $3, " SQL_NOW " + $4::bigint, " SQL_NOW " + $5::bigint)"};
    db_begin(db);
    db_send(db, &sweep, NULL, 0);
    db_send(db, &add,
            DB_PARAMS(db_param_text(t->hash), db_param_text(t->refresh_hash),
                      db_param_text(t->person_id), db_param_int(t->ttl_us),
                      db_param_int(t->refresh_ttl_us)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_token_find(struct db *db, const char *hash, struct arena *a,
                               struct store_person *ret, int64_t *ret_left_us, struct err *err)
{
    static const struct db_statement find = {
        "token_find", "SELECT p.id, p.name, p.password, p.enabled, p.doc, t.expires_at - " SQL_NOW
                      " FROM token t JOIN person p ON p.id = t.person_id WHERE t.hash = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &find, DB_PARAMS(db_param_text(hash)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "no such token");
    else {
        read_person(&res, a, ret);
        *ret_left_us = db_int64(&res, 0, 5);
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_token_refresh(struct db *db, const char *refresh_hash, const char *hash,
                                  int64_t ttl_us, struct err *err)
{
    static const struct db_statement refresh = {
        "token_refresh", "UPDATE token SET hash = $2, expires_at = " SQL_NOW
                         " + $3::bigint FROM person p WHERE refresh = $1 AND p.id = person_id "
                         "AND p.enabled AND refresh_expires_at > " SQL_NOW};
    int64_t n = 0;
    enum err_code rc = store_write(
        db, &refresh,
        DB_PARAMS(db_param_text(refresh_hash), db_param_text(hash), db_param_int(ttl_us)), &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "no such refresh token");
    return rc;
}
