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
    static const struct db_statement add = {
        "person_add", "INSERT INTO person (id, name, password, enabled, doc) SELECT $1, $2::text, "
                      "$3, $4::bool, $5 WHERE NOT EXISTS (SELECT 1 FROM service WHERE name = "
                      "$2::text) AND NOT EXISTS (SELECT 1 FROM person WHERE name = $2::text)"};
    int64_t n = 0;
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&user_type, user, PROTO_REST | PROTO_NO_SECRETS, &doc);
    enum err_code rc = store_write(db, &add,
                                   DB_PARAMS(db_param_text(user->id), db_param_text(user->username),
                                             db_param_text(password_hash),
                                             db_param_bool(user->enabled), db_param_text(doc.s)),
                                   &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_EXISTS, "the name '%s' is taken", user->username);
    return rc;
}

enum err_code store_person_get(struct db *db, const char *id_or_name, struct arena *a,
                               struct store_person *ret, struct err *err)
{
    static const struct db_statement get = {
        "person_read", "SELECT id, name, password, enabled, doc FROM person WHERE id = $1::text OR "
                       "name = $1::text ORDER BY id = $1::text DESC LIMIT 1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(id_or_name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "Not found user with id: %s", id_or_name);
    else
        read_person(&res, a, ret);
    db_results_clear(db);
    return rc;
}

enum err_code store_person_set(struct db *db, const struct user *user, struct err *err)
{
    static const struct db_statement set = {
        "person_set", "UPDATE person SET enabled = $2::bool, doc = $3 WHERE id = $1"};
    static const struct db_statement end = {
        "token_end_disabled", "DELETE FROM token WHERE person_id = $1 AND NOT $2::bool"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&user_type, user, PROTO_REST | PROTO_NO_SECRETS, &doc);
    db_send(db, &set,
            DB_PARAMS(db_param_text(user->id), db_param_bool(user->enabled), db_param_text(doc.s)));
    db_send(db, &end, DB_PARAMS(db_param_text(user->id), db_param_bool(user->enabled)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_person_delete(struct db *db, const char *id, struct err *err)
{
    static const struct db_statement remove = {"person_delete", "DELETE FROM person WHERE id = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(id)), NULL, err);
}

enum err_code store_person_list(struct db *db, struct arena *a, struct store_docs *ret,
                                struct err *err)
{
    static const struct db_statement list = {"person_all",
                                             "SELECT id, doc FROM person ORDER BY created_at, id"};
    return store_read_docs(db, &list, a, ret, err);
}

#define SQL_ROLES(p) "json_array_elements(doc_json(" p ".doc)->'roles') r"

enum err_code store_person_admins(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement count = {
        "person_admins",
        "SELECT count(*) FROM person p WHERE p.enabled AND EXISTS (SELECT 1 FROM " SQL_ROLES(
            "p") " WHERE r->>'role' = 'ADMIN')"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_person_sole_projects(struct db *db, const struct user *user,
                                         struct db_array *ret, struct err *err)
{
    static const struct db_statement sole = {
        "person_sole",
        "SELECT j.id FROM project j WHERE j.name = ANY ($2::text[]) AND NOT EXISTS (SELECT 1 FROM "
        "person p, " SQL_ROLES("p") " WHERE p.id <> $1::text AND p.enabled AND (r->>'project' = "
                                    "j.name OR (r->>'project' = '*' AND r->>'role' = 'USER')))"};
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    struct db_result res;
    for (uint32_t i = 0; i < user->roles.n; i++)
        db_array_text(&names, user->roles.at[i]->project);
    enum err_code rc =
        db_query(db, &sole, DB_PARAMS(db_param_text(user->id), db_param_array(&names)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        db_array_text(ret, db_text(&res, i, 0));
    db_results_clear(db);
    return rc;
}

enum err_code store_person_password(struct db *db, const char *id, const char *password_hash,
                                    struct err *err)
{
    static const struct db_statement set = {"person_password",
                                            "UPDATE person SET password = $2 WHERE id = $1"};
    static const struct db_statement end = {"token_end", "DELETE FROM token WHERE person_id = $1"};
    static const struct db_statement forget = {"login_client_forget",
                                               "DELETE FROM login_client WHERE person_id = $1"};
    struct db_result res;
    db_begin(db);
    db_send(db, &set, DB_PARAMS(db_param_text(id), db_param_text(password_hash)));
    db_send(db, &end, DB_PARAMS(db_param_text(id)));
    db_send(db, &forget, DB_PARAMS(db_param_text(id)));
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
        "token_add", "INSERT INTO token (hash, refresh, person_id, service_id, expires_at, "
                     "refresh_expires_at, client) VALUES ($1, $2, $3, $6, " SQL_NOW
                     " + $4::bigint, " SQL_NOW " + $5::bigint, coalesce($7::text, ''))"};
    static const struct db_statement trim = {
        "token_trim",
        "DELETE FROM token WHERE id IN (SELECT id FROM (SELECT id, created_at, row_number() OVER "
        "(PARTITION BY client ORDER BY created_at DESC, id) AS k FROM token WHERE person_id = $1) "
        "t "
        "ORDER BY k, created_at DESC OFFSET $2::bigint)"};
    db_begin(db);
    db_send(db, &sweep, NULL, 0);
    db_send(db, &add,
            DB_PARAMS(db_param_text(t->hash), db_param_text(t->refresh_hash),
                      db_param_text(t->person_id), db_param_int(t->ttl_us),
                      db_param_int(t->refresh_ttl_us), db_param_text(t->service_id),
                      db_param_text(t->client)));
    if (t->person_id && t->max > 0)
        db_send(db, &trim, DB_PARAMS(db_param_text(t->person_id), db_param_int(t->max)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

/* p: person, s: service, j: project; NULL for a token that is none. */
#define SQL_STANDING                                                                               \
    "md5(coalesce(p.id, s.id) || coalesce(p.doc, s.doc) || coalesce(p.enabled, true)::text || "    \
    "coalesce(j.name, ''))"
#define SQL_BEARER                                                                                 \
    "LEFT JOIN person p ON p.id = t.person_id LEFT JOIN service s ON s.id = t.service_id "

enum err_code store_token_find(struct db *db, const char *hash, const char *project_id,
                               struct arena *a, struct store_bearer *ret, struct err *err)
{
    static const struct db_statement find = {
        "token_find",
        "SELECT coalesce(p.id, s.id), coalesce(p.name, s.name), coalesce(p.doc, s.doc), "
        "s.id IS NOT NULL, coalesce(p.enabled, true), t.expires_at - " SQL_NOW
        ", j.name, " SQL_STANDING " FROM token t " SQL_BEARER
        "LEFT JOIN project j ON j.id = $2::text WHERE t.hash = $1 AND (p.id IS NOT NULL OR s.id IS "
        "NOT NULL)"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &find, DB_PARAMS(db_param_text(hash), db_param_text(project_id)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "no such token");
    else
        *ret = (struct store_bearer){.id = store_text(a, &res, 0, 0),
                                     .name = store_text(a, &res, 0, 1),
                                     .doc = store_text(a, &res, 0, 2),
                                     .is_service = db_bool(&res, 0, 3),
                                     .is_enabled = db_bool(&res, 0, 4),
                                     .left_us = db_int64(&res, 0, 5),
                                     .project_name = store_text(a, &res, 0, 6),
                                     .standing = store_text(a, &res, 0, 7)};
    db_results_clear(db);
    return rc;
}

enum err_code store_token_standings(struct db *db, struct db_array *hashes,
                                    struct db_array *project_ids,
                                    void (*tell)(void *arg, int i, const char *standing), void *arg,
                                    struct err *err)
{
    static const struct db_statement standings = {
        "token_standings",
        "SELECT CASE WHEN coalesce(p.enabled, true) THEN coalesce(" SQL_STANDING
        ", '') ELSE '' END "
        "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(hash, project_id, n) "
        "LEFT JOIN token t ON t.hash = w.hash AND t.expires_at > " SQL_NOW " " SQL_BEARER
        "LEFT JOIN project j ON j.id = w.project_id ORDER BY w.n"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &standings, DB_PARAMS(db_param_array(hashes), db_param_array(project_ids)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        tell(arg, i, db_text(&res, i, 0));
    db_results_clear(db);
    return rc;
}
