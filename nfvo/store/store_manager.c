#include "nfvo/store/store_manager.h"

#include "nfvo/store/internal.h"
#include "nfvo/store/store_engine.h"
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

/* --- VNFMs ---------------------------------------------------------------------------------- */

static void add_words(struct sbuf *out, const struct proto_strs *words)
{
    for (uint32_t i = 0; i < words->n; i++)
        sbuf_addf(out, "%s%s", i ? " " : "", words->at[i]);
}

#define SQL_STAYS "v.room <> excluded.room AND v.active"

enum err_code store_vnfm_put(struct db *db, const struct vnfm_endpoint *e, const char *account,
                             struct err *err)
{
    static const struct db_statement put = {
        "vnfm_put",
        "INSERT INTO vnfm_endpoint AS v (id, type, endpoint, kind, active, enabled, capabilities, "
        "doc, room, account, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, " SQL_NOW
        ") ON CONFLICT (type, endpoint, kind) DO UPDATE SET active = excluded.active, "
        "room = CASE WHEN " SQL_STAYS " THEN v.room ELSE excluded.room END, "
        "account = CASE WHEN " SQL_STAYS " THEN v.account ELSE excluded.account END, "
        "capabilities = excluded.capabilities, doc = excluded.doc, seen_at = " SQL_NOW
        ", absent_since = NULL"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf capabilities = SBUF_INIT;
    struct vnfm_endpoint said = *e;
    said.room = NULL; /* the column has it */
    proto_encode(&vnfm_endpoint_type, &said, PROTO_REST, &doc);
    add_words(&capabilities, &e->capabilities);
    return store_write(db, &put,
                       DB_PARAMS(db_param_text(e->id), db_param_text(e->type),
                                 db_param_text(e->endpoint), db_param_text(e->endpoint_type),
                                 db_param_bool(e->active), db_param_bool(e->enabled),
                                 db_param_text(capabilities.s), db_param_text(doc.s),
                                 db_param_text(e->room ? e->room : ""), db_param_text(account)),
                       NULL, err);
}

enum err_code store_vnfm_leave(struct db *db, const char *type, const char *room,
                               const char *account, struct err *err)
{
    static const struct db_statement remove = {
        "vnfm_leave", "DELETE FROM vnfm_endpoint WHERE type = $1 AND room = $2 AND account IN ($3, "
                      "'')"};
    return store_write(db, &remove,
                       DB_PARAMS(db_param_text(type), db_param_text(room), db_param_text(account)),
                       NULL, err);
}

static enum err_code read_queues(struct db *db, const struct db_statement *st,
                                 const struct db_param *params, size_t n_params, struct arena *a,
                                 struct store_queue **ret, size_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n_params, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct store_queue){arena_strdup(a, db_text(&res, (int)i, 0)),
                                         arena_strdup(a, db_text(&res, (int)i, 1))};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_vnfm_queues_of(struct db *db, const char *room, const char *type,
                                   struct arena *a, struct store_queue **ret, size_t *ret_n,
                                   struct err *err)
{
    static const struct db_statement list = {
        "vnfm_queues_of", "SELECT room, endpoint FROM vnfm_endpoint WHERE kind = 'RABBIT' AND room "
                          "= $1 AND type = $2"};
    return read_queues(db, &list, DB_PARAMS(db_param_text(room), db_param_text(type)), a, ret,
                       ret_n, err);
}

/* The queue of an enrolled VNFM. */
#define SQL_OWN_QUEUE "coalesce(nullif(m.queue, ''), m.type)"
/* An enrolled VNFM's account (m), and its row (e) in another room. */
#define SQL_ELSEWHERE                                                                              \
    "m.kind = 'vnfm' AND m.is_enrolled AND m.state <> 'ending' AND e.type = m.type AND "           \
    "e.kind = 'RABBIT' AND e.endpoint = " SQL_OWN_QUEUE " AND e.room <> m.room"

enum err_code store_vnfm_queues(struct db *db, struct arena *a, struct store_queue **ret,
                                size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "vnfm_queues",
        "SELECT room, endpoint FROM vnfm_endpoint WHERE kind = 'RABBIT' UNION SELECT m.room, "
        "e.endpoint FROM vnfm_endpoint e JOIN manager_credentials m ON " SQL_ELSEWHERE};
    return read_queues(db, &list, NULL, 0, a, ret, ret_n, err);
}

enum err_code store_vnfm_move(struct db *db, struct db_array *rooms, struct db_array *queues,
                              int64_t *ret_n, struct err *err)
{
    static const struct db_statement move = {
        "vnfm_move", "UPDATE vnfm_endpoint e SET room = m.room, account = m.username, active = "
                     "true, absent_since = NULL FROM manager_credentials m, unnest($1::text[], "
                     "$2::text[]) AS s(room, queue) WHERE " SQL_ELSEWHERE
                     " AND s.room = m.room AND s.queue = e.endpoint"};
    return store_write(db, &move, DB_PARAMS(db_param_array(rooms), db_param_array(queues)), ret_n,
                       err);
}

enum err_code store_vnfm_queues_moved(struct db *db, struct arena *a, struct store_queue **ret,
                                      size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "vnfm_queues_moved",
        "SELECT e.room, e.endpoint FROM vnfm_endpoint e JOIN manager_credentials m ON m.username = "
        "e.account AND m.is_enrolled AND m.room = e.room WHERE e.kind = 'RABBIT'"};
    return read_queues(db, &list, NULL, 0, a, ret, ret_n, err);
}

enum err_code store_driver_queues_moved(struct db *db, struct arena *a, struct store_queue **ret,
                                        size_t *ret_n, struct err *err)
{
    static const struct db_statement list = {
        "driver_queues_moved",
        "SELECT d.room, d.queue FROM vim_driver d JOIN manager_credentials m ON m.username = "
        "d.account AND m.is_enrolled AND m.room = d.room"};
    return read_queues(db, &list, NULL, 0, a, ret, ret_n, err);
}

static enum err_code command_move(struct db *db, const struct db_statement *move,
                                  const char *command, const char *queue, const char *room,
                                  bool *ret, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_write(
        db, move, DB_PARAMS(db_param_text(command), db_param_text(queue), db_param_text(room)), &n,
        err);
    if (rc == ERR_OK)
        *ret = n > 0;
    return rc;
}

enum err_code store_driver_command_move(struct db *db, const char *command, const char *queue,
                                        const char *room, bool *ret, struct err *err)
{
    static const struct db_statement move = {
        "driver_command_move",
        "UPDATE command c SET room = $3 FROM vim_driver d WHERE c.id = $1 AND c.room IN ('', $3) "
        "AND c.data IN ($2, '" STORE_CALL_IN_DOUBT "' || $2) AND d.queue = $2 AND d.room = $3"};
    return command_move(db, &move, command, queue, room, ret, err);
}

enum err_code store_vnfm_command_move(struct db *db, const char *command, const char *queue,
                                      const char *room, bool *ret, struct err *err)
{
    static const struct db_statement move = {
        "vnfm_command_move",
        "UPDATE command c SET room = $3 FROM vnfr v JOIN vnfm_endpoint e ON e.type = v.endpoint "
        "AND e.kind = 'RABBIT' WHERE c.id = $1 AND c.room IN ('', $3) AND v.agg = c.agg AND v.id = "
        "split_part(c.subject, '/', 1) AND e.endpoint = $2 AND e.room = $3"};
    return command_move(db, &move, command, queue, room, ret, err);
}

#define SQL_VNFRS_BEHIND                                                                           \
    "SELECT v.id, v.agg, e.room FROM vnfr v JOIN vnfm_endpoint e ON e.type = v.endpoint AND "      \
    "e.kind = 'RABBIT' JOIN manager_credentials m ON m.username = e.account AND m.is_enrolled "    \
    "AND m.room = e.room WHERE v.room <> e.room AND NOT EXISTS (SELECT 1 FROM command c WHERE "    \
    "c.agg = v.agg AND split_part(c.subject, '/', 1) = v.id AND c.room = v.room)"

/* Aggregates that a worker has in hand come later. The lock is taken in a statement of its own: the
 * next one sees what was committed before it. */
enum err_code store_vnfrs_follow(struct db *db, int64_t *ret_n, struct err *err)
{
    static const struct db_statement
        lock = {"vnfrs_lock", "WITH due AS (" SQL_VNFRS_BEHIND ") SELECT n.id FROM nsr n WHERE "
                              "n.id IN (SELECT agg FROM due) ORDER BY n.id FOR UPDATE SKIP LOCKED"},
        follow = {"vnfrs_follow",
                  "WITH due AS (" SQL_VNFRS_BEHIND "), free AS (SELECT n.id FROM nsr n WHERE n.id "
                  "IN (SELECT agg FROM due) ORDER BY n.id FOR UPDATE SKIP LOCKED) UPDATE vnfr SET "
                  "room = due.room FROM due, free WHERE vnfr.id = due.id AND free.id = due.agg"};
    struct db_result res;
    *ret_n = 0;
    db_begin(db);
    db_send(db, &lock, NULL, 0);
    db_send(db, &follow, NULL, 0);
    enum err_code rc = db_commit(db, err);
    while (rc == ERR_OK && db_result_next(db, &res))
        if (res.statement == &follow)
            *ret_n = db_affected(&res);
    db_results_clear(db);
    return rc;
}

enum err_code store_served_elsewhere(struct db *db, const char *room, const char *type,
                                     const char *queue, struct sbuf *ret, struct err *err)
{
    static const struct db_statement other = {
        "served_elsewhere",
        "SELECT username FROM manager_credentials WHERE is_enrolled AND state <> 'ending' AND "
        "room <> $1 AND (type IN ($2, split_part($2, '.', 2)) OR queue IN ($2, $3) AND queue <> "
        "'') UNION ALL "
        "SELECT coalesce(nullif(account, ''), nullif(room, ''), type) FROM vnfm_endpoint WHERE "
        "active AND room <> $1 AND (type = $2 OR endpoint = $3 AND kind = 'RABBIT') UNION ALL "
        "SELECT coalesce(nullif(account, ''), nullif(room, ''), queue) FROM vim_driver WHERE "
        "active AND room <> $1 AND $3 = '' AND (queue = $2 OR type = $2) LIMIT 1"};
    return store_read_text(
        db, &other, DB_PARAMS(db_param_text(room), db_param_text(type), db_param_text(queue)), ret,
        err);
}

/* --- looks ---------------------------------------------------------------------------------- */

enum err_code store_look_begin(struct db *db, struct store_look *look, struct err *err)
{
    static const struct db_statement begin = {"look_begin", "SELECT " SQL_NOW};
    struct db_result res;
    enum err_code rc = db_query(db, &begin, NULL, 0, &res, err);
    if (rc == ERR_OK)
        look->at = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_look_counts(struct db *db, const struct store_look *look, bool *ret,
                                struct err *err)
{
    static const struct db_statement counts = {
        "look_counts", "UPDATE manager_look SET at = $1::int8 WHERE at < $1::int8"};
    struct db_result res;
    enum err_code rc = db_query(db, &counts, DB_PARAMS(db_param_int(look->at)), &res, err);
    if (rc == ERR_OK)
        *ret = db_affected(&res) == 1;
    db_results_clear(db);
    return rc;
}

/* Of a row that a look did not see: $2 its time, $3 the grace. */
#define SQL_MISSED                                                                                 \
    "absent_since = coalesce(absent_since, $2::int8), "                                            \
    "active = active AND coalesce(absent_since, $2::int8) > $2::int8 - $3::int8"
#define SQL_IS_MISSED                                                                              \
    "seen_at < $2::int8 AND "                                                                      \
    "(absent_since IS NULL OR (active AND absent_since <= $2::int8 - $3::int8))"

enum err_code store_vnfm_mark_active(struct db *db, const struct store_look *look,
                                     struct db_array *rooms, struct db_array *queues,
                                     struct arena *a, struct store_vnfm_gone **ret_gone,
                                     size_t *ret_n_gone, int64_t *ret_changed, struct err *err)
{
    static const struct db_statement seen = {
        "vnfm_seen",
        "UPDATE vnfm_endpoint v SET active = true, absent_since = NULL FROM vnfm_endpoint was, "
        "unnest($1::text[], $2::text[]) AS s(room, queue) WHERE was.id = v.id AND v.kind = "
        "'RABBIT' AND v.endpoint = s.queue AND v.room = s.room "
        "AND (NOT v.active OR v.absent_since IS NOT NULL) RETURNING was.active"};
    static const struct db_statement missed = {
        "vnfm_missed",
        "UPDATE vnfm_endpoint v SET " SQL_MISSED " WHERE kind = 'RABBIT' AND NOT EXISTS (SELECT 1 "
        "FROM unnest($1::text[], $4::text[]) AS s(room, queue) WHERE s.queue = v.endpoint AND "
        "s.room = v.room) AND " SQL_IS_MISSED " RETURNING type, room, endpoint, active"};
    struct db_result res;
    db_send(db, &seen, DB_PARAMS(db_param_array(rooms), db_param_array(queues)));
    db_send(db, &missed,
            DB_PARAMS(db_param_array(rooms), db_param_int(look->at), db_param_int(look->grace_us),
                      db_param_array(queues)));
    enum err_code rc = db_sync(db, err);
    *ret_n_gone = 0;
    *ret_changed = 0;
    if (rc == ERR_OK && db_result_next(db, &res))
        for (int i = 0; i < db_rows(&res); i++)
            *ret_changed += !db_bool(&res, i, 0);
    if (rc == ERR_OK && db_result_next(db, &res)) {
        *ret_gone = arena_alloc(a, ((size_t)db_rows(&res) + 1) * sizeof((*ret_gone)[0]));
        for (int i = 0; i < db_rows(&res); i++)
            if (!db_bool(&res, i, 3))
                (*ret_gone)[(*ret_n_gone)++] = (struct store_vnfm_gone){
                    arena_strdup(a, db_text(&res, i, 0)), arena_strdup(a, db_text(&res, i, 1)),
                    arena_strdup(a, db_text(&res, i, 2))};
    }
    *ret_changed += (int64_t)*ret_n_gone;
    db_results_clear(db);
    return rc;
}

/* --- drivers -------------------------------------------------------------------------------- */

enum err_code store_driver_put(struct db *db, const struct store_driver *d, struct err *err)
{
    static const struct db_statement put = {
        "driver_put",
        "INSERT INTO vim_driver AS v (queue, type, active, capabilities, room, account, seen_at, "
        "absent_since) VALUES ($1, $2, false, $3, $4, $5, " SQL_NOW ", " SQL_NOW
        ") ON CONFLICT (queue) DO UPDATE SET capabilities = excluded.capabilities, "
        "room = CASE WHEN " SQL_STAYS " THEN v.room ELSE excluded.room END, "
        "account = CASE WHEN " SQL_STAYS " THEN v.account ELSE excluded.account END, "
        "seen_at = excluded.seen_at, has_left = false"};
    return store_write(db, &put,
                       DB_PARAMS(db_param_text(d->queue), db_param_text(d->type),
                                 db_param_text(d->capabilities), db_param_text(d->room),
                                 db_param_text(d->account)),
                       NULL, err);
}

enum err_code store_driver_leave(struct db *db, const char *queue, struct err *err)
{
    static const struct db_statement leave = {
        "driver_leave", "UPDATE vim_driver SET active = false, has_left = true, absent_since = "
                        "coalesce(absent_since, " SQL_NOW ") WHERE queue = $1"};
    return store_write(db, &leave, DB_PARAMS(db_param_text(queue)), NULL, err);
}

enum err_code store_driver_queues(struct db *db, const char *room, const char *type,
                                  struct arena *a, const char ***ret, size_t *ret_n,
                                  struct err *err)
{
    static const struct db_statement list = {
        "driver_queues",
        "SELECT queue FROM vim_driver WHERE type = $1 AND room = $2 ORDER BY queue"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &list, DB_PARAMS(db_param_text(type), db_param_text(room)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = arena_strdup(a, db_text(&res, (int)i, 0));
    db_results_clear(db);
    return ERR_OK;
}

/* A queue that is served (s), and who may serve it there; '': nobody known. */
#define SQL_DRIVER_ACCOUNT                                                                         \
    "coalesce((SELECT m.username FROM manager_credentials m WHERE m.room = s.room AND m.kind = "   \
    "'plugin' AND m.state <> 'ending' AND (m.type IN (s.queue, s.type) OR m.queue = s.queue) "     \
    "ORDER BY m.is_enrolled DESC, m.made_at DESC LIMIT 1), '')"
#define SQL_IS_ENROLLED(account)                                                                   \
    "EXISTS (SELECT 1 FROM manager_credentials m WHERE m.username = " account " AND "              \
    "m.is_enrolled)"

enum err_code store_driver_mark_active(struct db *db, const struct store_look *look,
                                       struct db_array *rooms, struct db_array *queues,
                                       struct db_array *types, store_driver_fn *back,
                                       store_driver_fn *gone, void *arg, struct err *err)
{
    static const struct db_statement seen = {
        "driver_seen",
        "INSERT INTO vim_driver AS v (queue, type, active, seen_at, room, account) "
        "SELECT DISTINCT ON (s.queue) s.queue, s.type, true, $4::int8, s.room, "
        "n.account FROM unnest($1::text[], $2::text[], $3::text[]) AS s(room, queue, type), "
        "LATERAL (SELECT " SQL_DRIVER_ACCOUNT " AS account) n "
        "LEFT JOIN LATERAL (SELECT d.room FROM vim_driver d WHERE d.queue = s.queue) known ON true "
        "ORDER BY s.queue, " SQL_IS_ENROLLED(
            "n.account") " DESC, known.room = s.room DESC NULLS "
                         "LAST, s.room "
                         "ON CONFLICT (queue) DO UPDATE SET active = true, absent_since = NULL, "
                         "has_left = false, "
                         "room = excluded.room, account = excluded.account "
                         "WHERE (v.room = excluded.room AND (NOT v.active OR v.absent_since IS NOT "
                         "NULL)) OR "
                         "(v.room <> excluded.room AND NOT " SQL_IS_ENROLLED(
                             "v.account") " AND (NOT v.active OR " SQL_IS_ENROLLED("excluded."
                                                                                   "account") ")) "
                                                                                              "RETU"
                                                                                              "RNIN"
                                                                                              "G "
                                                                                              "room"
                                                                                              ", "
                                                                                              "queu"
                                                                                              "e, "
                                                                                              "typ"
                                                                                              "e"};
    static const struct db_statement missed = {
        "driver_missed",
        "UPDATE vim_driver v SET " SQL_MISSED " WHERE NOT EXISTS (SELECT 1 FROM "
        "unnest($1::text[], $4::text[]) AS s(room, queue) WHERE s.queue = v.queue "
        "AND s.room = v.room) AND " SQL_IS_MISSED " RETURNING room, queue, type, active"};
    static const struct db_statement forget = {
        "driver_forget",
        "DELETE FROM vim_driver WHERE absent_since < $1::int8 - CASE WHEN has_left "
        "THEN $2::int8 ELSE $3::int8 END AND seen_at < $1::int8"};
    struct db_result res;
    db_send(db, &seen,
            DB_PARAMS(db_param_array(rooms), db_param_array(queues), db_param_array(types),
                      db_param_int(look->at)));
    db_send(db, &missed,
            DB_PARAMS(db_param_array(rooms), db_param_int(look->at), db_param_int(look->grace_us),
                      db_param_array(queues)));
    db_send(db, &forget,
            DB_PARAMS(db_param_int(look->at), db_param_int(look->grace_us),
                      db_param_int(STORE_DRIVER_KEEP_US)));
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK && db_result_next(db, &res))
        for (int i = 0; i < db_rows(&res); i++)
            back(arg, db_text(&res, i, 0), db_text(&res, i, 1), db_text(&res, i, 2));
    if (rc == ERR_OK && db_result_next(db, &res))
        for (int i = 0; i < db_rows(&res); i++)
            if (!db_bool(&res, i, 3))
                gone(arg, db_text(&res, i, 0), db_text(&res, i, 1), db_text(&res, i, 2));
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
