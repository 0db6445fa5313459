#include "nfvo/store/store_doc.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"
#include "proto/records/record.h"

/* Tables without project: the parameter is there all the same, so that one function serves all. */
#define SQL_ANYWHERE "$2::text IS NOT NULL"

#define TABLE_OF(name, doc_column, scope, read_scope)                                              \
    {                                                                                              \
        .list = {name "_list",                                                                     \
                 "SELECT " doc_column " FROM " name " WHERE ($1::text IS NULL OR id = $1) "        \
                 "AND " read_scope " ORDER BY created_at, id"},                                    \
        .get = {name "_get",                                                                       \
                "SELECT " doc_column " FROM " name " WHERE id = $1::text AND " read_scope},        \
        .set = {name "_set", "UPDATE " name " SET doc = $2 WHERE id = $1::text"},                  \
        .remove = {name "_delete", "DELETE FROM " name " WHERE id = $1::text AND " scope},         \
    }

#define TABLE(name, scope, read_scope) TABLE_OF(name, "doc", scope, read_scope)

static const struct {
    struct db_statement list, get, set, remove;
} tables[STORE_TABLE_N] = {
    [STORE_PROJECT] = TABLE("project", SQL_ANYWHERE, SQL_ANYWHERE),
    [STORE_PERSON] = TABLE("person", SQL_ANYWHERE, SQL_ANYWHERE),
    [STORE_NSD] = TABLE("nsd", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_VNFD] = TABLE("vnfd", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_KEY] = TABLE("ssh_key", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_VNFFGD] = TABLE("vnffgd", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_VLD] = TABLE("vld", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_IMAGE] = TABLE("nfv_image", SQL_IN_PROJECT, SQL_IN_PROJECT),
    [STORE_EVENT] =
        TABLE_OF("event_endpoint", SQL_EVENT_DOC("event_endpoint"), SQL_IN_PROJECT, SQL_IN_PROJECT),
};

enum err_code store_doc_list(struct db *db, enum store_table table, const char *project,
                             struct sbuf *out, struct err *err)
{
    return store_read_array(db, &tables[table].list,
                            DB_PARAMS(db_param_null(), db_param_text(project ? project : "*")), out,
                            err);
}

enum err_code store_doc_get(struct db *db, enum store_table table, const char *id,
                            const char *project, struct sbuf *out, struct err *err)
{
    return store_read_text(db, &tables[table].get,
                           DB_PARAMS(db_param_text(id), db_param_text(project ? project : "*")),
                           out, err);
}

static enum err_code at_least_one(enum err_code rc, int64_t n, struct err *err)
{
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "no such object");
    return rc;
}

enum err_code store_doc_set(struct db *db, enum store_table table, const char *id, const char *doc,
                            struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_write(db, &tables[table].set,
                                   DB_PARAMS(db_param_text(id), db_param_text(doc)), &n, err);
    return at_least_one(rc, n, err);
}

enum err_code store_doc_delete(struct db *db, enum store_table table, const char *id,
                               const char *project, struct err *err)
{
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &tables[table].remove,
                    DB_PARAMS(db_param_text(id), db_param_text(project ? project : "*")), &n, err);
    return at_least_one(rc, n, err);
}

/* --- apart from an NSD ------------------------------------------------------------------------ */

enum err_code store_doc_add(struct db *db, enum store_table table, const char *id,
                            const char *project, const char *name, const char *doc, struct err *err)
{
    static const struct db_statement add[STORE_TABLE_N] = {
#define ADD(table)                                                                                 \
    {table "_add", "INSERT INTO " table " (id, project_id, name, doc) VALUES ($1, $2, $3, $4)"}
        [STORE_VNFFGD] = ADD("vnffgd"),
        [STORE_VLD] = ADD("vld"),
#undef ADD
    };
    return store_write(db, &add[table],
                       DB_PARAMS(db_param_text(id), db_param_text(project), db_param_text(name),
                                 db_param_text(doc)),
                       NULL, err);
}

enum err_code store_doc_replace(struct db *db, enum store_table table, const char *id,
                                const char *name, const char *doc, struct err *err)
{
    static const struct db_statement replace[STORE_TABLE_N] = {
        [STORE_VNFFGD] = {"vnffgd_replace", "UPDATE vnffgd SET name = $2, doc = $3 WHERE id = $1"},
        [STORE_VLD] = {"vld_replace", "UPDATE vld SET name = $2, doc = $3 WHERE id = $1"},
    };
    int64_t n = 0;
    enum err_code rc =
        store_write(db, &replace[table],
                    DB_PARAMS(db_param_text(id), db_param_text(name), db_param_text(doc)), &n, err);
    return at_least_one(rc, n, err);
}

enum err_code store_component_get(struct db *db, const char *id, const char *project,
                                  struct sbuf *out, struct err *err)
{
    static const struct db_statement get = {
        "component_get", "SELECT k::text FROM " SQL_COMPONENTS(
                             "vnfd") " WHERE strpos(doc, $1::text) > 0 AND k->>'id' = $1::text "
                                     "AND " SQL_IN_PROJECT " LIMIT 1"};
    return store_read_text(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), out,
                           err);
}

/* --- keys ----------------------------------------------------------------------------------- */

enum err_code store_key_add(struct db *db, const struct ssh_key *key, struct err *err)
{
    static const struct db_statement add = {
        "ssh_key_add", "INSERT INTO ssh_key (id, project_id, name, doc) VALUES ($1, $2, $3, $4)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&ssh_key_type, key, PROTO_REST, &doc);
    return store_write(db, &add,
                       DB_PARAMS(db_param_text(key->id), db_param_text(key->project_id),
                                 db_param_text(key->name), db_param_text(doc.s)),
                       NULL, err);
}

/* --- event subscriptions -------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool is_equal(const struct event_endpoint *a, const struct event_endpoint *b)
{
    return same(a->name, b->name) && same(a->type, b->type) && same(a->endpoint, b->endpoint) &&
           same(a->event, b->event) && same(a->project_id, b->project_id) &&
           same(a->network_service_id, b->network_service_id) && same(a->vnf_id, b->vnf_id);
}

enum err_code store_event_find(struct db *db, const struct event_endpoint *like, struct arena *a,
                               struct event_endpoint **ret, struct err *err)
{
    static const struct db_statement find = {
        "event_find", "SELECT doc FROM event_endpoint WHERE project_id = $1::text AND event = $2 "
                      "AND room = $3"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &find,
                 DB_PARAMS(db_param_text(like->project_id), db_param_text(like->event),
                           db_param_text(like->room ? like->room : "")),
                 &res, err);
    *ret = NULL;
    for (int i = 0; rc == ERR_OK && i < db_rows(&res) && !*ret; i++) {
        struct event_endpoint *e = NULL;
        rc = proto_decode(&event_endpoint_type, db_text(&res, i, 0), db_len(&res, i, 0), 0, a, &e,
                          err);
        if (rc != ERR_OK)
            err_ignore(err_add(err, "a stored subscription of project '%s' to %s cannot be read",
                               like->project_id, like->event),
                       "returned below");
        else if (is_equal(e, like))
            *ret = e;
    }
    db_results_clear(db);
    return rc;
}

enum err_code store_event_add(struct db *db, const struct event_endpoint *e, struct err *err)
{
    static const struct db_statement add = {
        "event_add",
        "WITH added AS (INSERT INTO event_endpoint (id, project_id, event, nsr_id, vnfr_id, doc, "
        "room) VALUES ($1, $2, $3, $4, $5, $6, $9) RETURNING target) INSERT INTO event_target "
        "(key, "
        "type, endpoint, room, since, next_at) SELECT target, $7, $8, $9, " SQL_NOW ", " SQL_NOW
        " FROM added ON "
        "CONFLICT DO NOTHING"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&event_endpoint_type, e, PROTO_REST, &doc);
    return store_write(db, &add,
                       DB_PARAMS(db_param_text(e->id), db_param_text(e->project_id),
                                 db_param_text(e->event), db_param_text(e->network_service_id),
                                 db_param_text(e->vnf_id), db_param_text(doc.s),
                                 db_param_text(e->type), db_param_text(e->endpoint),
                                 db_param_text(e->room ? e->room : "")),
                       NULL, err);
}
