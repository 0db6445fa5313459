#include "nfvo/store/store_service.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_pop.h"
#include "proto/records/manager.h"

#define OWNER "service:" /* of its secret, before the id */

static void send_key(struct db *db, const struct seal *seal, const char *id, const char *key)
{
    static const struct db_statement set = {
        "service_key_set", "INSERT INTO secret (owner, sealed) VALUES ($1, $2) "
                           "ON CONFLICT (owner) DO UPDATE SET sealed = excluded.sealed"};
    AUTO(sbuf_release) struct sbuf owner = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    sbuf_addf(&owner, OWNER "%s", id);
    seal_wrap(seal, owner.s, key, strlen(key), &sealed);
    db_send(db, &set, DB_PARAMS(db_param_text(owner.s), db_param_text(sealed.s)));
}

enum err_code store_service_add(struct db *db, const struct seal *seal, const struct service *s,
                                const char *key, struct err *err)
{
    static const struct db_statement add = {
        "service_add", "INSERT INTO service (id, name, doc) VALUES ($1, $2, $3)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&service_type, s, PROTO_REST, &doc);
    db_send(db, &add,
            DB_PARAMS(db_param_text(s->id), db_param_text(s->name), db_param_text(doc.s)));
    send_key(db, seal, s->id, key);
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

/* sealed NULL: its key is lost. */
static enum err_code open_key(const struct seal *seal, const char *id, const char *sealed,
                              struct sbuf *out, struct err *err)
{
    AUTO(sbuf_release) struct sbuf owner = SBUF_INIT;
    sbuf_clear(out);
    if (!sealed)
        return ERR_OK;
    sbuf_addf(&owner, OWNER "%s", id);
    return seal_unwrap(seal, owner.s, sealed, out, err);
}

#define SELECT_SERVICE                                                                             \
    "SELECT s.id, s.doc, x.sealed FROM service s LEFT JOIN secret x ON x.owner = '" OWNER          \
    "' || s.id "

enum err_code store_service_find(struct db *db, const struct seal *seal, const char *name,
                                 struct arena *a, struct service **ret, const char **ret_key,
                                 struct err *err)
{
    static const struct db_statement find = {"service_find",
                                             SELECT_SERVICE "WHERE s.name = $1::text"};
    AUTO(store_wipe) struct sbuf key = SBUF_INIT;
    struct db_result res;
    enum err_code rc = db_query(db, &find, DB_PARAMS(db_param_text(name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "there is no service '%s'", name);
    else
        rc = open_key(seal, db_text(&res, 0, 0), db_text(&res, 0, 2), &key, err);
    if (rc == ERR_OK)
        rc = proto_decode(&service_type, db_text(&res, 0, 1), db_len(&res, 0, 1), 0, a, ret, err);
    if (rc == ERR_OK)
        *ret_key = arena_strdup(a, key.len ? key.s : "");
    db_results_clear(db);
    return rc;
}

enum err_code store_service_key(struct db *db, const struct seal *seal, const char *id,
                                const char *key, struct err *err)
{
    static const struct db_statement end = {"service_tokens_end",
                                            "DELETE FROM token WHERE service_id = $1"};
    send_key(db, seal, id, key);
    db_send(db, &end, DB_PARAMS(db_param_text(id)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_service_set(struct db *db, const struct service *s, struct err *err)
{
    static const struct db_statement set = {"service_set",
                                            "UPDATE service SET doc = $2 WHERE id = $1"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&service_type, s, PROTO_REST, &doc);
    return store_write(db, &set, DB_PARAMS(db_param_text(s->id), db_param_text(doc.s)), NULL, err);
}

enum err_code store_service_delete(struct db *db, const char *id, struct err *err)
{
    static const struct db_statement remove = {
        "service_delete", "WITH gone AS (DELETE FROM secret WHERE owner = '" OWNER
                          "' || $1::text) DELETE FROM service WHERE id = $1::text"};
    int64_t n = 0;
    enum err_code rc = store_write(db, &remove, DB_PARAMS(db_param_text(id)), &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no service with id %s", id);
    return rc;
}

enum err_code store_service_list(struct db *db, struct arena *a, struct store_docs *ret,
                                 struct err *err)
{
    static const struct db_statement list = {"service_all",
                                             "SELECT id, doc FROM service ORDER BY created_at, id"};
    return store_read_docs(db, &list, a, ret, err);
}

enum err_code store_service_keys(struct db *db, const struct seal *seal,
                                 bool (*tell)(void *arg, const char *doc, const char *key),
                                 void *arg, struct err *err)
{
    static const struct db_statement keys = {"service_keys",
                                             SELECT_SERVICE "ORDER BY s.created_at, s.id"};
    AUTO(store_wipe) struct sbuf key = SBUF_INIT;
    struct db_result res;
    bool is_found = false;
    enum err_code rc = db_query(db, &keys, NULL, 0, &res, err);
    for (int i = 0; rc == ERR_OK && !is_found && i < db_rows(&res); i++) {
        rc = open_key(seal, db_text(&res, i, 0), db_text(&res, i, 2), &key, err);
        is_found = rc == ERR_OK && key.len > 0 && tell(arg, db_text(&res, i, 1), key.s);
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_service_token(struct db *db, const char *id, const char *hash, int64_t ttl_us,
                                  struct err *err)
{
    static const struct db_statement trim = {
        "service_token_trim",
        "DELETE FROM token WHERE service_id = $1 AND hash IN (SELECT t.hash FROM token t WHERE "
        "t.service_id = $1 ORDER BY t.expires_at DESC, t.hash OFFSET $2::int8)"};
    enum err_code rc = store_token_add(
        db, &(struct store_token){.hash = hash, .service_id = id, .ttl_us = ttl_us}, err);
    return rc == ERR_OK
               ? store_write(db, &trim,
                             DB_PARAMS(db_param_text(id), db_param_int(STORE_SERVICE_TOKENS)), NULL,
                             err)
               : rc;
}
