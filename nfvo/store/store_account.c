#include "nfvo/store/store_account.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/store_room.h"

#define COLUMNS                                                                                    \
    "m.username, m.kind, m.type, m.queue, m.room, coalesce(r.project_id, ''), m.sealed, m.state, " \
    "m.fault, m.is_enrolled, m.is_open, m.has_management, m.made_at, m.seen_at, m.sdk "
#define FROM_ACCOUNTS "FROM manager_credentials m LEFT JOIN room r ON r.name = m.room "

static struct store_account account_of(const struct db_result *res, int row, struct arena *a)
{
    return (struct store_account){.name = arena_strdup(a, db_text(res, row, 0)),
                                  .kind = arena_strdup(a, db_text(res, row, 1)),
                                  .type = arena_strdup(a, db_text(res, row, 2)),
                                  .queue = arena_strdup(a, db_text(res, row, 3)),
                                  .room = arena_strdup(a, db_text(res, row, 4)),
                                  .project = arena_strdup(a, db_text(res, row, 5)),
                                  .sealed = arena_strdup(a, db_text(res, row, 6)),
                                  .state = arena_strdup(a, db_text(res, row, 7)),
                                  .fault = arena_strdup(a, db_text(res, row, 8)),
                                  .is_enrolled = db_bool(res, row, 9),
                                  .is_open = db_bool(res, row, 10),
                                  .has_management = db_bool(res, row, 11),
                                  .made_at = db_int64(res, row, 12),
                                  .seen_at = db_int64(res, row, 13),
                                  .sdk = arena_strdup(a, db_text(res, row, 14))};
}

static enum err_code no_account(const char *name, struct err *err)
{
    err_set(err, ERR_NOT_FOUND, "no account '%.100s' is enrolled", name);
    return err_hint(err, "baton manager list");
}

enum err_code store_account_get(struct db *db, const char *name, struct arena *a,
                                struct store_account *ret, struct err *err)
{
    static const struct db_statement get = {"account_get", "SELECT " COLUMNS FROM_ACCOUNTS
                                                           "WHERE m.username = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = no_account(name, err);
    else
        *ret = account_of(&res, 0, a);
    db_results_clear(db);
    return rc;
}

enum err_code store_account_lock(struct db *db, const char *name, struct arena *a,
                                 struct store_account *ret, bool *ret_is_free, struct err *err)
{
    static const struct db_statement lock = {"account_lock",
                                             "SELECT " COLUMNS FROM_ACCOUNTS
                                             "WHERE m.username = $1 FOR UPDATE OF m SKIP LOCKED"};
    struct db_result res;
    enum err_code rc = db_query(db, &lock, DB_PARAMS(db_param_text(name)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_is_free = db_rows(&res) > 0;
    if (*ret_is_free)
        *ret = account_of(&res, 0, a);
    db_results_clear(db);
    return rc;
}

/* --- rooms ------------------------------------------------------------------------------------ */

enum err_code store_room_others(struct db *db, const char *room, const char *name, int64_t *ret,
                                struct err *err)
{
    static const struct db_statement count = {
        "room_others",
        "SELECT count(*) FROM manager_credentials WHERE room = $1 AND username <> $2"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &count, DB_PARAMS(db_param_text(room), db_param_text(name)), &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

/* --- changes ---------------------------------------------------------------------------------- */

static enum err_code check_room(const struct store_room *is, const struct store_account *m,
                                bool is_open, struct err *err)
{
    if (is->state == STORE_ROOM_ENDING) {
        err_set(err, ERR_STATE, "room '%s' is just being deleted", is->name);
        return err_hint(err, "try again in a moment");
    }
    if (is->is_open != is_open) {
        err_set(err, ERR_STATE, "room '%s' is the room of open registration", is->name);
        return err_hint(err, "choose another with --room");
    }
    if (*m->project && (!is->project_id || strcmp(is->project_id, m->project) != 0)) {
        err_set(err, ERR_STATE, "room '%s' belongs to %s, not to project '%s'", is->name,
                is->project_id ? is->project_id : "no project", m->project);
        return err_hint(err, "choose another with --room");
    }
    return ERR_OK;
}

/* In the open transaction. */
static enum err_code claim_room(struct db *db, const struct store_account *m, bool is_open,
                                struct err *err)
{
    static const struct db_statement put = {
        "account_room", "INSERT INTO room (name, kind, project_id) VALUES ($1, $2, nullif($3, '')) "
                        "ON CONFLICT (name) DO NOTHING"};
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_room is = {0};
    if (!*m->room || strcmp(m->kind, STORE_ACCOUNT_COLLECTOR) == 0)
        return ERR_OK;
    enum err_code rc =
        store_write(db, &put,
                    DB_PARAMS(db_param_text(m->room), db_param_text(is_open ? "open" : "peer"),
                              db_param_text(m->project)),
                    NULL, err);
    if (rc == ERR_OK)
        rc = store_room_get(db, m->room, &a, &is, err);
    return rc == ERR_OK ? check_room(&is, m, is_open, err) : rc;
}

static enum err_code insert(struct db *db, const struct store_account *m, struct err *err)
{
    static const struct db_statement add = {
        "account_add",
        "INSERT INTO manager_credentials (username, sealed, kind, type, queue, room, is_enrolled, "
        "is_open, has_management, state, seen_at, sdk) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        "'making', CASE WHEN $8 THEN " SQL_NOW " ELSE 0 END, $10)"};
    enum err_code rc = store_write(
        db, &add,
        DB_PARAMS(db_param_text(m->name), db_param_text(m->sealed), db_param_text(m->kind),
                  db_param_text(m->type), db_param_text(m->queue), db_param_text(m->room),
                  db_param_bool(m->is_enrolled), db_param_bool(m->is_open),
                  db_param_bool(m->has_management), db_param_text(m->sdk ? m->sdk : "")),
        NULL, err);
    if (rc == ERR_EXISTS) {
        err_set(err, rc, "there is an account '%s' already", m->name);
        err_hint(err, "baton manager show %s; a new password: baton manager rotate %s", m->name,
                 m->name);
    }
    return rc;
}

enum err_code store_account_add(struct db *db, const struct store_account *account,
                                bool is_room_open, struct err *err)
{
    db_begin(db);
    enum err_code rc = claim_room(db, account, is_room_open, err);
    if (rc == ERR_OK)
        rc = insert(db, account, err);
    rc = rc == ERR_OK ? db_commit(db, err) : (db_rollback(db), rc);
    db_results_clear(db);
    return rc;
}

enum err_code store_account_set_sdk(struct db *db, const char *name, const char *sdk,
                                    struct err *err)
{
    static const struct db_statement set = {
        "account_sdk", "UPDATE manager_credentials SET sdk = $2 WHERE username = $1"};
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &set, DB_PARAMS(db_param_text(name), db_param_text(sdk)), &n, err);
    return rc == ERR_OK && n == 0 ? no_account(name, err) : rc;
}

enum err_code store_account_set_password(struct db *db, const char *name, const char *sealed,
                                         struct err *err)
{
    static const struct db_statement set = {
        "account_password",
        "UPDATE manager_credentials SET sealed = $2, state = 'making', fault = '' "
        "WHERE username = $1 AND state <> 'ending'"};
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &set, DB_PARAMS(db_param_text(name), db_param_text(sealed)), &n, err);
    return rc == ERR_OK && n == 0 ? no_account(name, err) : rc;
}

/* What it served. */
static void send_unserve(struct db *db, const char *name)
{
    static const struct db_statement
        vnfms = {"account_vnfms", "DELETE FROM vnfm_endpoint WHERE account = $1 AND account <> ''"},
        drivers = {"account_drivers",
                   "UPDATE vim_driver SET active = false, has_left = true, absent_since = "
                   "coalesce(absent_since, " SQL_NOW ") WHERE account = $1 AND account <> ''"};
    db_send(db, &vnfms, DB_PARAMS(db_param_text(name)));
    db_send(db, &drivers, DB_PARAMS(db_param_text(name)));
}

static enum err_code change_and_unserve(struct db *db, const struct db_statement *change,
                                        const char *name, int64_t *ret_n, struct err *err)
{
    struct db_result res;
    db_begin(db);
    db_send(db, change, DB_PARAMS(db_param_text(name)));
    send_unserve(db, name);
    enum err_code rc = db_commit(db, err);
    while (rc == ERR_OK && db_result_next(db, &res))
        if (res.statement == change)
            *ret_n = db_affected(&res);
    db_results_clear(db);
    return rc;
}

enum err_code store_account_end(struct db *db, const char *name, struct err *err)
{
    static const struct db_statement end = {
        "account_end",
        "UPDATE manager_credentials SET state = 'ending', fault = '' WHERE username = $1"};
    int64_t n = 0;
    enum err_code rc = change_and_unserve(db, &end, name, &n, err);
    return rc == ERR_OK && n == 0 ? no_account(name, err) : rc;
}

enum err_code store_account_forget(struct db *db, const char *name, struct err *err)
{
    static const struct db_statement forget = {
        "account_forget", "DELETE FROM manager_credentials WHERE username = $1"};
    return store_write(db, &forget, DB_PARAMS(db_param_text(name)), NULL, err);
}

enum err_code store_account_done(struct db *db, const char *name, const char *fault,
                                 struct err *err)
{
    static const struct db_statement done = {
        "account_done",
        "UPDATE manager_credentials SET state = CASE WHEN $2 = '' THEN 'ready' ELSE state END, "
        "fault = $2 WHERE username = $1"};
    return store_write(db, &done, DB_PARAMS(db_param_text(name), db_param_text(fault)), NULL, err);
}

enum err_code store_account_redo(struct db *db, const char *name, struct err *err)
{
    static const struct db_statement redo = {
        "account_redo", "UPDATE manager_credentials SET state = 'making' WHERE username = $1 AND "
                        "state = 'ready'"};
    return store_write(db, &redo, DB_PARAMS(db_param_text(name)), NULL, err);
}

/* --- lists ------------------------------------------------------------------------------------ */

static enum err_code read_names(struct db *db, const struct db_statement *st,
                                const struct db_param *params, size_t n_params, struct arena *a,
                                const char ***ret, size_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n_params, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = arena_strdup(a, db_text(&res, (int)i, 0));
    db_results_clear(db);
    return rc;
}

enum err_code store_accounts_due(struct db *db, struct arena *a, const char ***ret, size_t *ret_n,
                                 struct err *err)
{
    static const struct db_statement due = {
        "accounts_due", "SELECT username FROM manager_credentials WHERE state <> 'ready' "
                        "ORDER BY fault <> '', username LIMIT 100"};
    return read_names(db, &due, NULL, 0, a, ret, ret_n, err);
}

enum err_code store_accounts_unused(struct db *db, int64_t keep_us, struct arena *a,
                                    const char ***ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement unused = {
        "accounts_unused",
        "SELECT username FROM manager_credentials WHERE is_open AND state <> 'ending' AND "
        "greatest(made_at, seen_at) <= " SQL_NOW " - $1::int8 ORDER BY username LIMIT 1000"};
    return read_names(db, &unused, DB_PARAMS(db_param_int(keep_us)), a, ret, ret_n, err);
}

enum err_code store_accounts_seen(struct db *db, struct db_array *names, struct err *err)
{
    static const struct db_statement seen = {"accounts_seen",
                                             "UPDATE manager_credentials SET seen_at = " SQL_NOW
                                             " WHERE username = ANY ($1::text[])"};
    return store_write(db, &seen, DB_PARAMS(db_param_array(names)), NULL, err);
}

enum err_code store_account_is_fresh(struct db *db, const char *room, const char *type,
                                     int64_t age_us, bool *ret, struct err *err)
{
    static const struct db_statement fresh = {
        "account_is_fresh",
        "SELECT EXISTS (SELECT 1 FROM manager_credentials WHERE is_open AND "
        "room = $1 AND type = $2 AND state <> 'ending' AND made_at > " SQL_NOW " - $3::int8)"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &fresh, DB_PARAMS(db_param_text(room), db_param_text(type), db_param_int(age_us)), &res,
        err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_accounts_supersede(struct db *db, const char *room, const char *type,
                                       struct err *err)
{
    static const struct db_statement
        vnfms = {"supersede_vnfms",
                 "DELETE FROM vnfm_endpoint e USING manager_credentials m WHERE m.room = $1 AND "
                 "m.type = $2 AND NOT m.is_enrolled AND e.room = m.room AND (e.account = "
                 "m.username OR e.account = '' AND e.type = m.type)"},
        end = {"supersede", "UPDATE manager_credentials SET state = 'ending' WHERE room = $1 AND "
                            "type = $2 AND NOT is_enrolled"};
    db_begin(db);
    db_send(db, &vnfms, DB_PARAMS(db_param_text(room), db_param_text(type)));
    db_send(db, &end, DB_PARAMS(db_param_text(room), db_param_text(type)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

static enum err_code read_accounts(struct db *db, const struct db_statement *st,
                                   const struct db_param *params, size_t n_params, struct arena *a,
                                   struct store_account **ret, size_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n_params, &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = account_of(&res, (int)i, a);
    db_results_clear(db);
    return rc;
}

enum err_code store_accounts_in(struct db *db, const char *room, struct arena *a,
                                struct store_account **ret, size_t *ret_n, struct err *err)
{
    static const struct db_statement in = {
        "accounts_in", "SELECT " COLUMNS FROM_ACCOUNTS "WHERE m.state <> 'ending' AND m.room = $1 "
                       "ORDER BY NOT m.is_enrolled, m.username"};
    return read_accounts(db, &in, DB_PARAMS(db_param_text(room)), a, ret, ret_n, err);
}

enum err_code store_accounts_all(struct db *db, struct arena *a, struct store_account **ret,
                                 size_t *ret_n, struct err *err)
{
    static const struct db_statement all = {"accounts_all",
                                            "SELECT " COLUMNS FROM_ACCOUNTS
                                            "WHERE m.state <> 'ending' ORDER BY m.username"};
    return read_accounts(db, &all, NULL, 0, a, ret, ret_n, err);
}

enum err_code store_account_of_type(struct db *db, const char *name, const char *type,
                                    struct sbuf *ret, struct err *err)
{
    static const struct db_statement of = {
        "account_of_type",
        "SELECT username FROM manager_credentials WHERE type = $2 AND type <> '' "
        "AND username <> $1 AND is_enrolled AND state <> 'ending' LIMIT 1"};
    return store_read_text(db, &of, DB_PARAMS(db_param_text(name), db_param_text(type)), ret, err);
}

/* Is somebody there? For accounts of VNFMs and drivers. */
#define SQL_IS_THERE                                                                               \
    "CASE WHEN m.kind IN ('vnfm', 'plugin') THEN EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE "     \
    "e.active AND (e.account = m.username OR e.account = '' AND m.room = '' AND e.type = "         \
    "m.type)) OR EXISTS (SELECT 1 FROM vim_driver d WHERE d.active AND (d.account = m.username "   \
    "OR d.account = '' AND m.room = '' AND (d.queue = m.type OR d.type = m.type))) END"
/* Those that correlate are ours, whatever was said of them. */
#define SQL_VNFM_IS_OURS "'correlation' = ANY (string_to_array(e.capabilities, ' '))"
#define SQL_SDK                                                                                    \
    "CASE WHEN EXISTS (SELECT 1 FROM vnfm_endpoint e WHERE (e.account = m.username OR e.account "  \
    "= '' AND m.room = '' AND e.type = m.type) AND " SQL_VNFM_IS_OURS ") THEN 'c' ELSE m.sdk END"
#define SQL_ACCOUNT_JSON                                                                           \
    "json_build_object('name', m.username, 'kind', CASE m.kind WHEN 'plugin' THEN 'driver' ELSE "  \
    "m.kind END, 'type', m.type, 'queue', m.queue, 'room', coalesce(nullif(m.room, ''), $1), "     \
    "'inner', m.room = '', 'open', m.is_open, 'enrolled', m.is_enrolled, 'management', "           \
    "m.has_management, 'state', m.state, 'fault', nullif(m.fault, ''), 'project', r.project_id, "  \
    "'instances', m.instances, 'sdk', " SQL_SDK ", 'transport', 'AMQP', 'active', " SQL_IS_THERE   \
    ", 'madeAt', m.made_at)"

enum err_code store_accounts_json(struct db *db, const char *inner, struct sbuf *out,
                                  struct err *err)
{
    static const struct db_statement list = {
        "accounts_json",
        "SELECT j FROM (SELECT 0 AS o, m.type, " SQL_ACCOUNT_JSON "::text AS j " FROM_ACCOUNTS
        "UNION ALL SELECT 1, e.type, json_build_object('name', '', 'kind', 'vnfm', 'type', e.type, "
        "'queue', e.endpoint, 'room', coalesce(nullif(e.room, ''), $1), 'inner', e.room = '', "
        "'open', false, 'enrolled', false, 'state', 'ready', 'sdk', CASE WHEN " SQL_VNFM_IS_OURS
        " AND e.kind = 'RABBIT' THEN 'c' ELSE '' END, 'transport', CASE e.kind WHEN 'RABBIT' THEN "
        "'AMQP' ELSE e.kind END, 'active', e.active AND e.enabled)::text FROM vnfm_endpoint e "
        "WHERE "
        "e.account = '' AND NOT EXISTS (SELECT 1 FROM "
        "manager_credentials m WHERE m.type = e.type AND m.room = e.room)) l ORDER BY o, type, j"};
    return store_read_array(db, &list, DB_PARAMS(db_param_text(inner)), out, err);
}

enum err_code store_account_json(struct db *db, const char *name, const char *inner,
                                 struct sbuf *out, struct err *err)
{
    static const struct db_statement one = {
        "account_json", "SELECT " SQL_ACCOUNT_JSON "::text " FROM_ACCOUNTS "WHERE m.username = $2"};
    enum err_code rc =
        store_read_text(db, &one, DB_PARAMS(db_param_text(inner), db_param_text(name)), out, err);
    return rc == ERR_NOT_FOUND ? no_account(name, err) : rc;
}
