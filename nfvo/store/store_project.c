#include "nfvo/store/store_project.h"

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

enum err_code store_access_begin(struct db *db, struct err *err)
{
    db_begin(db);
    db_send(db, &db_lock, DB_PARAMS(db_param_int(db_lock_key("api", "access"))));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

static enum err_code ask(struct db *db, const struct db_statement *st,
                         const struct db_param *params, size_t n, int64_t *ret, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc == ERR_OK)
        *ret = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

/* --- rows ------------------------------------------------------------------------------------- */

enum err_code store_project_add(struct db *db, const struct project *p, struct err *err)
{
    static const struct db_statement add = {
        "project_add", "INSERT INTO project (id, name, doc) SELECT $1::text, $2::text, $3::text "
                       "WHERE NOT EXISTS (SELECT 1 FROM project WHERE name = $2::text)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    int64_t n = 0;
    proto_encode(&project_type, p, PROTO_REST, &doc);
    enum err_code rc = store_write(
        db, &add, DB_PARAMS(db_param_text(p->id), db_param_text(p->name), db_param_text(doc.s)), &n,
        err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_EXISTS, "a project with the name '%s' exists already", p->name);
    return rc;
}

static enum err_code read_project(struct db *db, const struct db_statement *st, const char *what,
                                  struct arena *a, struct project **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    enum err_code rc = store_read_text(db, st, DB_PARAMS(db_param_text(what)), &doc, err);
    return rc == ERR_OK ? proto_decode(&project_type, doc.s, doc.len, 0, a, ret, err) : rc;
}

enum err_code store_project_get(struct db *db, const char *id, struct arena *a,
                                struct project **ret, struct err *err)
{
    static const struct db_statement get = {"project_by_id",
                                            "SELECT doc FROM project WHERE id = $1::text"};
    enum err_code rc = read_project(db, &get, id, a, ret, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "Not found project with id %s", id) : rc;
}

enum err_code store_project_find(struct db *db, const char *id_or_name, struct arena *a,
                                 struct project **ret, struct err *err)
{
    static const struct db_statement find = {
        "project_find", "SELECT doc FROM project WHERE id = $1::text OR name = $1::text ORDER BY "
                        "id = $1::text DESC, created_at LIMIT 1"};
    enum err_code rc = read_project(db, &find, id_or_name, a, ret, err);
    return rc == ERR_NOT_FOUND
               ? err_set(err, rc, "Project with id or name %s not found", id_or_name)
               : rc;
}

enum err_code store_project_set(struct db *db, const struct project *p, struct err *err)
{
    static const struct db_statement set = {"project_change",
                                            "UPDATE project SET doc = $2 WHERE id = $1"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&project_type, p, PROTO_REST, &doc);
    return store_write(db, &set, DB_PARAMS(db_param_text(p->id), db_param_text(doc.s)), NULL, err);
}

enum err_code store_project_delete(struct db *db, const char *id, struct err *err)
{
    static const struct db_statement remove = {"project_remove",
                                               "DELETE FROM project WHERE id = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(id)), NULL, err);
}

/* --- questions -------------------------------------------------------------------------------- */

enum err_code store_project_count(struct db *db, int64_t *ret, struct err *err)
{
    static const struct db_statement count = {"project_count", "SELECT count(*) FROM project"};
    return ask(db, &count, NULL, 0, ret, err);
}

enum err_code store_projects_any(struct db *db, const struct role_list *roles, bool *ret,
                                 struct err *err)
{
    static const struct db_statement any = {
        "projects_any", "SELECT count(*) FROM project WHERE name = ANY ($1::text[])"};
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    int64_t n = 0;
    for (uint32_t i = 0; i < roles->n; i++)
        db_array_text(&names, roles->at[i]->project);
    enum err_code rc = ask(db, &any, DB_PARAMS(db_param_array(&names)), &n, err);
    *ret = n > 0;
    return rc;
}

/* clang-format off */
#define THINGS(n, one, from, more) "SELECT " #n ", '" one "', name, created_at FROM " from " WHERE project_id = ANY ($1::text[])" more
#define CONTENTS                                                                                   \
    "WITH things(kind, word, name, made) AS ("                                                       \
    THINGS(1, "network service", "nsr", " AND " SQL_NSR_IS_SEEN) " UNION ALL "                          \
    THINGS(1, "network service", "(SELECT project_id, at AS created_at, nsr_id AS name FROM nsr_claim k WHERE at > " SQL_NOW " - 600000000 " \
           "AND NOT EXISTS (SELECT 1 FROM nsr n WHERE n.id = k.nsr_id)) k", "") " UNION ALL " /* accepted a moment ago */ \
    THINGS(2, "PoP", "pop", "") " UNION ALL "                                      \
    THINGS(3, "NSD", "nsd", "") " UNION ALL "                                                      \
    THINGS(4, "VNFD", "vnfd", "") " UNION ALL "                                                    \
    THINGS(5, "VNF package", "vnf_package", "") " UNION ALL "                                      \
    THINGS(6, "ssh key", "ssh_key", "") " UNION ALL "                                              \
    THINGS(7, "event subscription", "(SELECT project_id, created_at, coalesce(doc_json(doc)->>'name', id) AS name FROM event_endpoint) e", "") \
    " UNION ALL " THINGS(9, "forwarding graph", "vnffgd", "") " UNION ALL " THINGS(10, "virtual link", "vld", "") " UNION ALL " THINGS(11, "image", "nfv_image", "") " UNION ALL " THINGS(8, "manager room", "(SELECT project_id, made_at AS created_at, name FROM room) m", "") \
    "), numbered AS (SELECT kind, word, left(name, 24) AS name, row_number() OVER (PARTITION BY kind ORDER BY made, name) AS n FROM things) " \
    "SELECT string_agg(line, ', ' ORDER BY kind) FROM (SELECT kind, count(*) || ' ' || word || CASE WHEN count(*) > 1 THEN 's' ELSE '' END " \
    "|| ' (' || string_agg(chr(39) || name || chr(39), ', ' ORDER BY n) FILTER (WHERE n <= 3) || CASE WHEN count(*) > 3 THEN ', ...' ELSE '' END " \
    "|| ')' AS line FROM numbered GROUP BY kind, word) l"
/* clang-format on */

enum err_code store_project_contents(struct db *db, struct db_array *ids, struct sbuf *out,
                                     struct err *err)
{
    static const struct db_statement contents = {"project_contents", CONTENTS};
    return store_read_text(db, &contents, DB_PARAMS(db_param_array(ids)), out, err);
}
