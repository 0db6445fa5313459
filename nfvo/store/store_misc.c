#include "nfvo/store/store_misc.h"

#include "common/base/text.h"
#include "common/http/http.h"
#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

/* --- managers ------------------------------------------------------------------------------- */

struct vnfm_endpoint *store_vnfm_of(const struct db_result *res, int row, int first,
                                    struct arena *a)
{
    struct vnfm_endpoint *e;
    if (proto_decode(&vnfm_endpoint_type, db_text(res, row, first + 6), db_len(res, row, first + 6),
                     0, a, &e, NULL) != ERR_OK)
        e = proto_new(&vnfm_endpoint_type, a);
    e->id = arena_strdup(a, db_text(res, row, first));
    e->type = arena_strdup(a, db_text(res, row, first + 1));
    e->endpoint = arena_strdup(a, db_text(res, row, first + 2));
    e->endpoint_type = arena_strdup(a, db_text(res, row, first + 3));
    e->active = db_bool(res, row, first + 4);
    e->enabled = db_bool(res, row, first + 5);
    /* Whatever it said itself: only the column counts. */
    e->room = db_len(res, row, first + 7) ? arena_strdup(a, db_text(res, row, first + 7)) : NULL;
    return e;
}

enum err_code store_vnfm_list(struct db *db, struct arena *a, struct vnfm_endpoint_list *ret,
                              struct err *err)
{
    static const struct db_statement list = {
        "vnfm_list",
        "SELECT id, type, endpoint, kind, active, enabled, doc, room FROM vnfm_endpoint "
        "ORDER BY created_at, id"};
    struct db_result res;
    enum err_code rc = db_query(db, &list, NULL, 0, &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++) {
        struct vnfm_endpoint *e = store_vnfm_of(&res, i, 0, a);
        proto_list_add(ret, e, a);
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfm_delete(struct db *db, const char *id, struct err *err)
{
    static const struct db_statement remove = {"vnfm_delete",
                                               "DELETE FROM vnfm_endpoint WHERE id = $1"};
    int64_t n = 0;
    enum err_code rc = store_write(db, &remove, DB_PARAMS(db_param_text(id)), &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "No VNFM endpoint found with ID %s", id);
    return rc;
}

/* --- REST calls that wait for the engine --------------------------------------------------------- */

enum err_code store_rest_call_add(struct db *db, const char *id, const char *project,
                                  int64_t ttl_us, struct err *err)
{
    static const struct db_statement sweep = {"rest_call_sweep",
                                              "DELETE FROM rest_call WHERE expires_at < " SQL_NOW};
    static const struct db_statement add = {
        "rest_call_add", "INSERT INTO rest_call (id, project, expires_at) VALUES ($1, $3, " SQL_NOW
                         " + $2::bigint) ON CONFLICT (id) DO NOTHING"};
    db_send(db, &sweep, NULL, 0);
    db_send(
        db, &add,
        DB_PARAMS(db_param_text(id), db_param_int(ttl_us), db_param_text(project ? project : "")));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_rest_call_get(struct db *db, const char *id, struct arena *a,
                                  struct store_rest_call *ret, struct err *err)
{
    static const struct db_statement get = {
        "rest_call_get", "SELECT o.status, o.body, o.project, p.name FROM rest_call o LEFT JOIN "
                         "project p ON p.id = o.project WHERE o.id = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(id)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, STORE_NO_REST_CALL, id);
    else {
        *ret = (struct store_rest_call){
            .status = db_int64(&res, 0, 0),
            .body = arena_strdup(a, db_text(&res, 0, 1)),
            .project = arena_strdup(a, db_text(&res, 0, 2)),
            .project_name = db_is_null(&res, 0, 3) ? NULL : arena_strdup(a, db_text(&res, 0, 3))};
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_rest_call_finish(struct db *db, const char *id, int status, const char *body,
                                     struct err *err)
{
    static const struct db_statement finish = {
        "rest_call_finish",
        "WITH done AS (UPDATE rest_call SET status = $2::int, body = $3 WHERE id = $1 RETURNING id)"
        " SELECT pg_notify('" STORE_REST_CALL_CHANNEL "', id) FROM done"};
    return store_write(db, &finish,
                       DB_PARAMS(db_param_text(id), db_param_int(status), db_param_text(body)),
                       NULL, err);
}

enum err_code store_rest_call_finished(struct db *db, struct db_array *ids,
                                       void (*report)(void *arg, const char *id, int64_t status,
                                                      const char *body),
                                       void *arg, struct err *err)
{
    static const struct db_statement finished = {
        "rest_call_finished", "SELECT id, status, body FROM rest_call WHERE id = ANY ($1::text[]) "
                              "AND status <> 0"};
    struct db_result res;
    enum err_code rc = db_query(db, &finished, DB_PARAMS(db_param_array(ids)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, db_text(&res, i, 0), db_int64(&res, i, 1), db_text(&res, i, 2));
    db_results_clear(db);
    return rc;
}

/* --- history of requests -------------------------------------------------------------------- */

static void columns_release(struct db_array *columns)
{
    for (int i = 0; i < 5; i++)
        db_array_release(&columns[i]);
}

enum err_code store_requests_add(struct db *db, const struct store_request *rows, size_t n,
                                 struct err *err)
{
    static const struct db_statement add = {
        "requests_add",
        "INSERT INTO request_history (at, username, method, path, result) "
        "SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int4[])"};
    static const struct db_statement trim = {
        "requests_trim", "DELETE FROM request_history WHERE id <= (SELECT max(id) FROM "
                         "request_history) - $1::bigint"};
    struct db_array c[5] = {DB_INT8_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY, DB_TEXT_ARRAY,
                            DB_INT4_ARRAY};
    for (size_t i = 0; i < n; i++) {
        db_array_int(&c[0], rows[i].at_us);
        db_array_text(&c[1], rows[i].username);
        db_array_text(&c[2], rows[i].method);
        db_array_text(&c[3], rows[i].path);
        db_array_int(&c[4], rows[i].result);
    }
    db_begin(db);
    db_send(db, &add,
            DB_PARAMS(db_param_array(&c[0]), db_param_array(&c[1]), db_param_array(&c[2]),
                      db_param_array(&c[3]), db_param_array(&c[4])));
    db_send(db, &trim, DB_PARAMS(db_param_int(STORE_REQUESTS_KEPT)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    columns_release(c);
    return rc;
}

enum err_code store_requests_list(struct db *db, int64_t n, struct sbuf *out, struct err *err)
{
    static const struct db_statement list = {
        "requests_list", "SELECT id, username, method, path, result, at / 1000 FROM "
                         "request_history ORDER BY id LIMIT $1::bigint"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &list, DB_PARAMS(db_param_int(n > 0 ? n : STORE_REQUESTS_KEPT)), &res, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addc(out, '[');
    for (int i = 0; i < db_rows(&res); i++) {
        sbuf_addf(out, "%s{\"id\":\"%s\",\"username\":", i ? "," : "", db_text(&res, i, 0));
        text_add_json(out, db_text(&res, i, 1));
        sbuf_adds(out, ",\"method\":");
        text_add_json(out, db_text(&res, i, 2));
        sbuf_adds(out, ",\"path\":");
        text_add_json(out, db_text(&res, i, 3));
        sbuf_addf(out, ",\"result\":\"%s %s\",\"timestamp\":%s}", db_text(&res, i, 4),
                  http_status_text((int)db_int64(&res, i, 4)), db_text(&res, i, 5));
    }
    sbuf_addc(out, ']');
    db_results_clear(db);
    return ERR_OK;
}
