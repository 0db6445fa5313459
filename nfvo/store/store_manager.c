#include "nfvo/store/store_manager.h"

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

/* --- broker users --------------------------------------------------------------------------- */

enum err_code store_manager_get(struct db *db, const char *username, struct arena *a,
                                struct store_manager *ret, struct err *err)
{
    static const struct db_statement get = {
        "manager_get", "SELECT kind, sealed, instances, doc FROM manager_credentials "
                       "WHERE username = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(username)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "no manager '%s' is registered", username);
    else
        *ret = (struct store_manager){.username = arena_strdup(a, username),
                                      .kind = arena_strdup(a, db_text(&res, 0, 0)),
                                      .sealed = arena_strdup(a, db_text(&res, 0, 1)),
                                      .instances = arena_strdup(a, db_text(&res, 0, 2)),
                                      .doc = arena_strdup(a, db_text(&res, 0, 3))};
    db_results_clear(db);
    return rc;
}

enum err_code store_manager_put(struct db *db, const struct store_manager *m,
                                struct sbuf *ret_sealed, struct err *err)
{
    static const struct db_statement put = {
        "manager_put", "INSERT INTO manager_credentials (username, sealed, kind, instances, doc) "
                       "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (username) DO UPDATE "
                       "SET instances = excluded.instances, doc = excluded.doc RETURNING sealed"};
    return store_read_text(db, &put,
                           DB_PARAMS(db_param_text(m->username), db_param_text(m->sealed),
                                     db_param_text(m->kind), db_param_text(m->instances),
                                     db_param_text(m->doc)),
                           ret_sealed, err);
}

enum err_code store_manager_delete(struct db *db, const char *username, struct err *err)
{
    static const struct db_statement remove = {
        "manager_delete", "DELETE FROM manager_credentials WHERE username = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(username)), NULL, err);
}

/* --- VNFMs ---------------------------------------------------------------------------------- */

static void add_words(struct sbuf *out, const struct proto_strs *words)
{
    for (uint32_t i = 0; i < words->n; i++)
        sbuf_addf(out, "%s%s", i ? " " : "", words->at[i]);
}

enum err_code store_vnfm_put(struct db *db, const struct vnfm_endpoint *e, struct err *err)
{
    static const struct db_statement put = {
        "vnfm_put",
        "INSERT INTO vnfm_endpoint AS v (id, type, endpoint, kind, active, enabled, capabilities, "
        "doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (type, endpoint, kind) "
        "DO UPDATE SET active = excluded.active, capabilities = excluded.capabilities, "
        "doc = excluded.doc"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf capabilities = SBUF_INIT;
    proto_encode(&vnfm_endpoint_type, e, PROTO_COMPLETE, &doc);
    add_words(&capabilities, &e->capabilities);
    return store_write(db, &put,
                       DB_PARAMS(db_param_text(e->id), db_param_text(e->type),
                                 db_param_text(e->endpoint), db_param_text(e->endpoint_type),
                                 db_param_bool(e->active), db_param_bool(e->enabled),
                                 db_param_text(capabilities.s), db_param_text(doc.s)),
                       NULL, err);
}

enum err_code store_vnfm_delete_type(struct db *db, const char *type, struct err *err)
{
    static const struct db_statement remove = {"vnfm_delete_type",
                                               "DELETE FROM vnfm_endpoint WHERE type = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(type)), NULL, err);
}

enum err_code store_vnfm_queues(struct db *db, struct arena *a, const char ***ret, size_t *ret_n,
                                struct err *err)
{
    static const struct db_statement list = {
        "vnfm_queues", "SELECT DISTINCT endpoint FROM vnfm_endpoint WHERE kind = 'RABBIT'"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, NULL, 0, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = arena_strdup(a, db_text(&res, (int)i, 0));
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_vnfm_mark_active(struct db *db, struct db_array *queues, struct arena *a,
                                     struct store_vnfm_gone **ret_gone, size_t *ret_n_gone,
                                     int64_t *ret_changed, struct err *err)
{
    static const struct db_statement mark = {
        "vnfm_mark_active",
        "UPDATE vnfm_endpoint SET active = (endpoint = ANY ($1::text[])) WHERE kind = 'RABBIT' "
        "AND active <> (endpoint = ANY ($1::text[])) RETURNING type, active, endpoint"};
    struct db_result res;
    enum err_code rc = db_query(db, &mark, DB_PARAMS(db_param_array(queues)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_changed = db_rows(&res);
    *ret_n_gone = 0;
    *ret_gone = arena_alloc(a, ((size_t)db_rows(&res) + 1) * sizeof((*ret_gone)[0]));
    for (int i = 0; i < db_rows(&res); i++)
        if (!db_bool(&res, i, 1))
            (*ret_gone)[(*ret_n_gone)++] = (struct store_vnfm_gone){
                arena_strdup(a, db_text(&res, i, 0)), arena_strdup(a, db_text(&res, i, 2))};
    db_results_clear(db);
    return ERR_OK;
}

/* --- drivers -------------------------------------------------------------------------------- */

enum err_code store_driver_put(struct db *db, const char *queue, const char *type,
                               const char *capabilities, struct err *err)
{
    static const struct db_statement put = {
        "driver_put", "INSERT INTO vim_driver (queue, type, active, capabilities) "
                      "VALUES ($1, $2, false, $3) ON CONFLICT (queue) DO UPDATE "
                      "SET capabilities = excluded.capabilities"};
    return store_write(
        db, &put, DB_PARAMS(db_param_text(queue), db_param_text(type), db_param_text(capabilities)),
        NULL, err);
}

enum err_code store_driver_delete(struct db *db, const char *queue, struct err *err)
{
    static const struct db_statement remove = {"driver_delete",
                                               "DELETE FROM vim_driver WHERE queue = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(queue)), NULL, err);
}

enum err_code store_driver_mark_active(struct db *db, struct db_array *queues,
                                       struct db_array *types,
                                       void (*back)(void *arg, const char *queue, const char *type),
                                       void *arg, int64_t *ret_gone, struct err *err)
{
    static const struct db_statement appear = {
        "driver_appear",
        "INSERT INTO vim_driver AS v (queue, type, active) "
        "SELECT q, t, true FROM unnest($1::text[], $2::text[]) AS n(q, t) ON CONFLICT (queue) "
        "DO UPDATE SET active = true WHERE NOT v.active RETURNING queue, type"};
    static const struct db_statement vanish = {
        "driver_vanish",
        "UPDATE vim_driver SET active = false WHERE active AND queue <> ALL ($1::text[])"};
    struct db_result res;
    db_send(db, &appear, DB_PARAMS(db_param_array(queues), db_param_array(types)));
    db_send(db, &vanish, DB_PARAMS(db_param_array(queues)));
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK && db_result_next(db, &res)) {
        for (int i = 0; i < db_rows(&res); i++)
            back(arg, db_text(&res, i, 0), db_text(&res, i, 1));
        if (db_result_next(db, &res))
            *ret_gone = db_affected(&res);
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_managers_count(struct db *db, int64_t *ret_vnfms, int64_t *ret_drivers,
                                   struct err *err)
{
    static const struct db_statement count = {
        "managers_count", "SELECT (SELECT count(*) FROM vnfm_endpoint WHERE active AND enabled), "
                          "(SELECT count(*) FROM vim_driver WHERE active)"};
    struct db_result res;
    enum err_code rc = db_query(db, &count, NULL, 0, &res, err);
    if (rc == ERR_OK) {
        *ret_vnfms = db_int64(&res, 0, 0);
        *ret_drivers = db_int64(&res, 0, 1);
    }
    db_results_clear(db);
    return rc;
}
