#include "nfvo/store/store_event.h"

#include "nfvo/store/internal.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"

/* --- targets -------------------------------------------------------------------------------- */

enum err_code store_event_targets(struct db *db, const char *type, struct arena *a,
                                  struct store_targets *ret, struct err *err)
{
    static const struct db_statement targets = {
        "event_targets",
        "SELECT DISTINCT doc::json ->> 'endpoint' FROM event_endpoint e WHERE doc::json ->> 'type' "
        "= $1 AND EXISTS (SELECT 1 FROM event_out o WHERE o.endpoint_id = e.id) ORDER BY 1"};
    struct db_result res;
    enum err_code rc = db_query(db, &targets, DB_PARAMS(db_param_text(type)), &res, err);
    if (rc != ERR_OK)
        return rc;
    ret->n = (uint32_t)db_rows(&res);
    ret->at = arena_alloc(a, (ret->n + 1) * sizeof(ret->at[0]));
    for (uint32_t i = 0; i < ret->n; i++)
        ret->at[i] = (struct store_target){type, arena_strdup(a, db_text(&res, (int)i, 0))};
    db_results_clear(db);
    return ERR_OK;
}

static int64_t key_of(const struct store_target *t)
{
    return db_lock_key("event", t->endpoint);
}

enum err_code store_target_lock(struct db *db, const struct store_target *t, bool *ret,
                                struct err *err)
{
    struct db_result res;
    enum err_code rc =
        db_query(db, &db_lock_try_session, DB_PARAMS(db_param_int(key_of(t))), &res, err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_target_unlock(struct db *db, const struct store_target *t, struct err *err)
{
    return store_write(db, &db_unlock_session, DB_PARAMS(db_param_int(key_of(t))), NULL, err);
}

/* --- events --------------------------------------------------------------------------------- */

enum err_code store_event_load(struct db *db, const struct store_target *t, int64_t max,
                               struct arena *a, struct store_event **ret, size_t *ret_n,
                               int64_t *ret_wait_us, struct err *err)
{
    static const struct db_statement load = {
        "event_load",
        "SELECT id, attempts, next_at - " SQL_NOW ", body FROM event_out WHERE endpoint_id IN "
        "(SELECT id FROM event_endpoint WHERE doc::json ->> 'endpoint' = $1 AND "
        "doc::json ->> 'type' = $3) ORDER BY id LIMIT $2::bigint"};
    struct db_result res;
    /* All subscriptions of the target in the same snapshot as the events: an earlier list would not
     * have one that was added meanwhile, and its events would come too late. */
    enum err_code rc = db_query(
        db, &load, DB_PARAMS(db_param_text(t->endpoint), db_param_int(max), db_param_text(t->type)),
        &res, err);
    if (rc != ERR_OK)
        return rc;
    int n = db_rows(&res);
    *ret_wait_us = n ? db_int64(&res, 0, 2) : 0;
    if (*ret_wait_us > 0)
        n = 0; /* the others wait behind it */
    *ret = arena_alloc(a, (size_t)(n + 1) * sizeof((*ret)[0]));
    *ret_n = (size_t)n;
    for (int i = 0; i < n; i++)
        (*ret)[i] =
            (struct store_event){.id = db_int64(&res, i, 0),
                                 .attempts = db_int64(&res, i, 1),
                                 .body = arena_strndup(a, db_text(&res, i, 3), db_len(&res, i, 3)),
                                 .len = db_len(&res, i, 3)};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_event_delete(struct db *db, struct db_array *ids, struct err *err)
{
    static const struct db_statement remove = {"event_out_delete",
                                               "DELETE FROM event_out WHERE id = ANY ($1::int8[])"};
    return store_write(db, &remove, DB_PARAMS(db_param_array(ids)), NULL, err);
}

enum err_code store_event_delay(struct db *db, int64_t id, int64_t delay_us, bool has_tried,
                                struct err *err)
{
    static const struct db_statement delay = {
        "event_out_delay", "UPDATE event_out SET next_at = " SQL_NOW " + $2::bigint, "
                           "attempts = attempts + $3::int WHERE id = $1::bigint"};
    return store_write(
        db, &delay,
        DB_PARAMS(db_param_int(id), db_param_int(delay_us), db_param_int(has_tried ? 1 : 0)), NULL,
        err);
}

enum err_code store_event_expire(struct db *db, int64_t max_age_us, int64_t *ret_old,
                                 int64_t *ret_orphans, struct err *err)
{
    static const struct db_statement old = {
        "event_out_old", "DELETE FROM event_out WHERE created_at < " SQL_NOW " - $1::bigint"};
    static const struct db_statement orphans = {
        "event_out_orphans", "DELETE FROM event_out o WHERE NOT EXISTS "
                             "(SELECT 1 FROM event_endpoint e WHERE e.id = o.endpoint_id)"};
    enum err_code rc = store_write(db, &old, DB_PARAMS(db_param_int(max_age_us)), ret_old, err);
    return rc == ERR_OK ? store_write(db, &orphans, NULL, 0, ret_orphans, err) : rc;
}

enum err_code store_history_expire(struct db *db, int64_t keep_us, int64_t max, int64_t *ret_gone,
                                   struct err *err)
{
    static const struct db_statement gone = {
        "history_old", "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < " SQL_NOW
                       " - $1::bigint LIMIT $2::bigint FOR UPDATE SKIP LOCKED)"};
    return store_write(db, &gone, DB_PARAMS(db_param_int(keep_us), db_param_int(max)), ret_gone,
                       err);
}

/* --- subscriptions -------------------------------------------------------------------------- */

enum err_code store_event_subscribe(struct db *db, struct event_endpoint *e, struct arena *a,
                                    struct event_endpoint **ret, struct err *err)
{
    db_begin(db);
    db_send(db, &db_lock, DB_PARAMS(db_param_int(db_lock_key("event", "subscribe"))));
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK)
        rc = store_event_find(db, e, a, ret, err);
    if (rc == ERR_OK && !*ret && (rc = store_event_add(db, e, err)) == ERR_OK)
        *ret = e;
    if (rc == ERR_OK)
        rc = db_commit(db, err);
    else
        db_rollback(db);
    db_results_clear(db);
    return rc;
}
