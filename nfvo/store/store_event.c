#include "nfvo/store/store_event.h"

#include "nfvo/store/internal.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"

/* --- targets -------------------------------------------------------------------------------- */

enum err_code store_event_targets(struct db *db, const char *type, struct arena *a,
                                  struct store_targets *ret, struct err *err)
{
    /* From one endpoint with events to the next by the index: neither all subscriptions are read
     * nor all events that wait. */
    static const struct db_statement targets = {
        "event_targets",
        "WITH RECURSIVE w AS ((SELECT endpoint_id AS id FROM event_out ORDER BY endpoint_id LIMIT "
        "1) "
        "UNION ALL SELECT (SELECT o.endpoint_id FROM event_out o WHERE o.endpoint_id > w.id "
        "ORDER BY o.endpoint_id LIMIT 1) FROM w WHERE w.id IS NOT NULL) "
        "SELECT DISTINCT doc_json(e.doc) ->> 'endpoint', e.room FROM w JOIN event_endpoint e ON "
        "e.id = "
        "w.id "
        "WHERE doc_json(e.doc) ->> 'type' = $1 ORDER BY 1, 2"};
    struct db_result res;
    enum err_code rc = db_query(db, &targets, DB_PARAMS(db_param_text(type)), &res, err);
    if (rc != ERR_OK)
        return rc;
    ret->n = (uint32_t)db_rows(&res);
    ret->at = arena_alloc(a, (ret->n + 1) * sizeof(ret->at[0]));
    for (uint32_t i = 0; i < ret->n; i++)
        ret->at[i] = (struct store_target){type, arena_strdup(a, db_text(&res, (int)i, 0)),
                                           arena_strdup(a, db_text(&res, (int)i, 1))};
    db_results_clear(db);
    return ERR_OK;
}

static int64_t key_of(const struct store_target *t)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    if (!*t->room)
        return db_lock_key("event", t->endpoint);
    sbuf_addf(&id, "%s\n%s", t->endpoint, t->room);
    return db_lock_key("event", id.s);
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

/* --- those that do not answer ------------------------------------------------------------------
 */

/* Of type $1, endpoint $2 and room $3, as the column event_endpoint.target. */
#define SQL_TARGET_KEY                                                                             \
    "md5($1::text || ' ' || $2::text || CASE WHEN $3::text = '' THEN '' ELSE E'\\n' || $3::text "  \
    "END)"
#define PAUSE_US "1000000"
#define LOOK_US  "30000000" /* whoever looks has so long */

enum err_code store_target_failed(struct db *db, const struct store_target *t, const char *reason,
                                  struct err *err)
{
    static const struct db_statement failed = {
        "target_failed",
        "INSERT INTO event_target AS t (key, type, endpoint, room, since, tries, next_at, fault) "
        "VALUES (" SQL_TARGET_KEY ", $1, $2, $3, " SQL_NOW ", 1, " SQL_NOW " + " PAUSE_US ", $4) "
        "ON CONFLICT (key) DO UPDATE SET tries = t.tries + 1, fault = excluded.fault, next_at "
        "= " SQL_NOW " + least(60, 1 << least(t.tries, 6)) * " PAUSE_US "::bigint"};
    return store_write(db, &failed,
                       DB_PARAMS(db_param_text(t->type), db_param_text(t->endpoint),
                                 db_param_text(t->room), db_param_text(reason)),
                       NULL, err);
}

enum err_code store_target_works(struct db *db, const struct store_target *t, struct err *err)
{
    static const struct db_statement works = {"target_works", "DELETE FROM event_target WHERE key "
                                                              "= " SQL_TARGET_KEY};
    return store_write(
        db, &works,
        DB_PARAMS(db_param_text(t->type), db_param_text(t->endpoint), db_param_text(t->room)), NULL,
        err);
}

enum err_code store_target_seen(struct db *db, const struct store_target *t, bool *ret_works,
                                struct err *err)
{
    static const struct db_statement due = {
        "target_seen", "UPDATE event_out o SET next_at = " SQL_NOW
                       " FROM event_endpoint e WHERE e.target = " SQL_TARGET_KEY
                       " AND o.endpoint_id = e.id AND o.next_at > " SQL_NOW};
    static const struct db_statement idle = {
        "target_idle",
        "DELETE FROM event_target WHERE key = " SQL_TARGET_KEY " AND NOT EXISTS (SELECT 1 FROM "
        "event_endpoint e JOIN event_out o ON o.endpoint_id = e.id WHERE e.target = " SQL_TARGET_KEY
        ")"};
    int64_t gone = 0;
    enum err_code rc = store_write(
        db, &due,
        DB_PARAMS(db_param_text(t->type), db_param_text(t->endpoint), db_param_text(t->room)), NULL,
        err);
    if (rc == ERR_OK)
        rc = store_write(
            db, &idle,
            DB_PARAMS(db_param_text(t->type), db_param_text(t->endpoint), db_param_text(t->room)),
            &gone, err);
    *ret_works = gone > 0;
    return rc;
}

enum err_code store_targets_due(struct db *db, int64_t max, struct arena *a,
                                struct store_targets *ret, struct err *err)
{
    static const struct db_statement due = {"targets_due",
                                            "UPDATE event_target SET next_at = " SQL_NOW
                                            " + " LOOK_US " WHERE key IN (SELECT key FROM "
                                            "event_target WHERE next_at <= " SQL_NOW
                                            " ORDER BY next_at LIMIT $1::bigint FOR UPDATE SKIP "
                                            "LOCKED) RETURNING type, endpoint, room"};
    struct db_result res;
    enum err_code rc = db_query(db, &due, DB_PARAMS(db_param_int(max)), &res, err);
    if (rc != ERR_OK)
        return rc;
    ret->n = (uint32_t)db_rows(&res);
    ret->at = arena_alloc(a, (ret->n + 1) * sizeof(ret->at[0]));
    for (uint32_t i = 0; i < ret->n; i++)
        ret->at[i] = (struct store_target){arena_strdup(a, db_text(&res, (int)i, 0)),
                                           arena_strdup(a, db_text(&res, (int)i, 1)),
                                           arena_strdup(a, db_text(&res, (int)i, 2))};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_targets_expire(struct db *db, int64_t keep_us,
                                   void (*report)(void *arg, const char *id, const char *endpoint),
                                   void *arg, struct err *err)
{
    static const struct db_statement expire = {
        "targets_expire", "DELETE FROM event_endpoint e USING event_target t WHERE t.key = "
                          "e.target AND t.fault <> '' "
                          "AND t.since < " SQL_NOW " - $1::bigint RETURNING e.id, t.endpoint"};
    static const struct db_statement sweep = {
        "targets_sweep",
        "DELETE FROM event_target t WHERE NOT EXISTS (SELECT 1 FROM event_endpoint e "
        "WHERE e.target = t.key)"};
    struct db_result res;
    enum err_code rc = db_query(db, &expire, DB_PARAMS(db_param_int(keep_us)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, db_text(&res, i, 0), db_text(&res, i, 1));
    db_results_clear(db);
    return rc == ERR_OK ? store_write(db, &sweep, NULL, 0, NULL, err) : rc;
}

enum err_code store_event_has_subject(struct db *db, const char *nsr_id, const char *vnfr_id,
                                      bool *ret, struct err *err)
{
    static const struct db_statement has = {
        "event_has_subject",
        "SELECT (coalesce($1, '') = '' OR EXISTS (SELECT 1 FROM nsr WHERE id = $1)) AND "
        "(coalesce($2, '') = '' OR EXISTS (SELECT 1 FROM vnfr WHERE id = $2))"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &has, DB_PARAMS(db_param_text(nsr_id), db_param_text(vnfr_id)), &res, err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

/* --- events --------------------------------------------------------------------------------- */

enum err_code store_event_load(struct db *db, const struct store_target *t, int64_t max,
                               struct arena *a, struct store_event **ret, size_t *ret_n,
                               int64_t *ret_wait_us, struct err *err)
{
    static const struct db_statement load = {
        "event_load",
        "SELECT id, attempts, next_at - " SQL_NOW ", body FROM event_out WHERE endpoint_id IN "
        "(SELECT id FROM event_endpoint WHERE doc_json(doc) ->> 'endpoint' = $1 AND "
        "doc_json(doc) ->> 'type' = $3 AND room = $4) ORDER BY id LIMIT $2::bigint"};
    struct db_result res;
    /* All subscriptions of the target in the same snapshot as the events: an earlier list would not
     * have one that was added meanwhile, and its events would come too late. */
    enum err_code rc = db_query(db, &load,
                                DB_PARAMS(db_param_text(t->endpoint), db_param_int(max),
                                          db_param_text(t->type), db_param_text(t->room)),
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

/* They go from event_out, and are kept to be sent again. */
#define SQL_MOVE                                                                                   \
    "WITH gone AS (DELETE FROM event_out WHERE id = ANY ($1::int8[]) RETURNING id, stream, "       \
    "endpoint_id, body), kept AS (INSERT INTO event_kept (id, stream, endpoint_id, body) SELECT "  \
    "id, stream, endpoint_id, body FROM gone ON CONFLICT (id) DO NOTHING) "

enum err_code store_event_delivered(struct db *db, struct db_array *ids, struct err *err)
{
    static const struct db_statement delivered = {
        "event_delivered",
        SQL_MOVE "INSERT INTO event_delivery AS d (endpoint_id, at, seq, n) SELECT "
                 "g.endpoint_id, " SQL_NOW
                 ", max(g.id), count(*) FROM gone g JOIN event_endpoint e ON e.id = g.endpoint_id "
                 "GROUP BY g.endpoint_id ON CONFLICT (endpoint_id) DO UPDATE SET at = excluded.at, "
                 "seq = excluded.seq, n = d.n + excluded.n, refused = ''"};
    return store_write(db, &delivered, DB_PARAMS(db_param_array(ids)), NULL, err);
}

enum err_code store_event_refused(struct db *db, struct db_array *ids, const char *why,
                                  struct err *err)
{
    static const struct db_statement refused = {
        "event_refused", SQL_MOVE
        "INSERT INTO event_delivery AS d (endpoint_id, at, seq, n, refused, refused_at) "
        "SELECT DISTINCT g.endpoint_id, 0::bigint, 0::bigint, 0::bigint, $2::text, " SQL_NOW
        " FROM gone g JOIN event_endpoint e ON e.id = g.endpoint_id ON CONFLICT "
        "(endpoint_id) DO UPDATE SET refused = excluded.refused, refused_at = "
        "excluded.refused_at"};
    return store_write(db, &refused, DB_PARAMS(db_param_array(ids), db_param_text(why)), NULL, err);
}

enum err_code store_event_delete(struct db *db, struct db_array *ids, struct err *err)
{
    static const struct db_statement remove = {"event_out_delete",
                                               SQL_MOVE "SELECT count(*) FROM gone"};
    struct db_result res;
    enum err_code rc = db_query(db, &remove, DB_PARAMS(db_param_array(ids)), &res, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_event_replay(struct db *db, const char *id, const char *project, int64_t after,
                                 int64_t *ret_n, struct err *err)
{
    static const struct db_statement replay = {
        "event_replay",
        "WITH e AS (SELECT id FROM event_endpoint WHERE id = $1::text AND ($2::text = '*' OR "
        "project_id = $2::text)), again AS (DELETE FROM event_kept k USING e WHERE k.endpoint_id = "
        "e.id AND k.id > $3::bigint RETURNING k.id, k.stream, k.endpoint_id, k.body), put AS "
        "(INSERT INTO event_out (id, stream, endpoint_id, next_at, body) SELECT id, stream, "
        "endpoint_id, 0, body FROM again ON CONFLICT (id) DO NOTHING RETURNING 1) SELECT (SELECT "
        "count(*) FROM e), (SELECT count(*) FROM put), pg_notify('" STORE_EVENT_CHANNEL "', '')"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &replay, DB_PARAMS(db_param_text(id), db_param_text(project), db_param_int(after)),
        &res, err);
    if (rc == ERR_OK && db_int64(&res, 0, 0) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "No Event found with ID %s", id);
    if (rc == ERR_OK)
        *ret_n = db_int64(&res, 0, 1);
    db_results_clear(db);
    return rc;
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
    static const struct db_statement ended = {
        "event_delivery_ended", "DELETE FROM event_delivery d WHERE NOT EXISTS "
                                "(SELECT 1 FROM event_endpoint e WHERE e.id = d.endpoint_id)"};
    enum err_code rc = store_write(db, &old, DB_PARAMS(db_param_int(max_age_us)), ret_old, err);
    if (rc == ERR_OK)
        rc = store_write(db, &orphans, NULL, 0, ret_orphans, err);
    return rc == ERR_OK ? store_write(db, &ended, NULL, 0, NULL, err) : rc;
}

enum err_code store_event_forget(struct db *db, int64_t keep_us, int64_t keep_n, struct err *err)
{
    static const struct db_statement old = {"event_kept_old",
                                            "DELETE FROM event_kept k WHERE k.at < " SQL_NOW
                                            " - $1::bigint OR NOT EXISTS (SELECT 1 "
                                            "FROM event_endpoint e WHERE e.id = k.endpoint_id)"};
    static const struct db_statement many = {
        "event_kept_many",
        "DELETE FROM event_kept k USING (SELECT d.endpoint_id, (SELECT x.id FROM event_kept x "
        "WHERE "
        "x.endpoint_id = d.endpoint_id ORDER BY x.id DESC OFFSET $1::bigint LIMIT 1) AS last FROM "
        "(SELECT DISTINCT endpoint_id FROM event_kept) d) t WHERE k.endpoint_id = t.endpoint_id "
        "AND "
        "k.id <= t.last"};
    enum err_code rc = store_write(db, &old, DB_PARAMS(db_param_int(keep_us)), NULL, err);
    return rc == ERR_OK ? store_write(db, &many, DB_PARAMS(db_param_int(keep_n)), NULL, err) : rc;
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

enum err_code store_event_unsubscribe(struct db *db, const char *id, const char *room,
                                      struct err *err)
{
    static const struct db_statement remove = {
        "event_unsubscribe", "DELETE FROM event_endpoint WHERE id = $1 AND room = $2"};
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &remove, DB_PARAMS(db_param_text(id), db_param_text(room)), &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "room '%s' has no subscription '%s'", room, id);
    return rc;
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
