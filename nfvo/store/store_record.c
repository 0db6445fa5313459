#include "nfvo/store/store_record.h"

#include "nfvo/store/internal.h"

#define SQL_VNFRS                                                                                  \
    "(SELECT string_agg(v.doc, ',' ORDER BY v.name, v.id) FROM vnfr v "                            \
    "WHERE v.agg = n.id AND v.doc <> '')"
#define SQL_NSR_SCOPE "n.phase < 100 AND ($2::text = '*' OR n.project_id = $2::text)"

static enum err_code no_nsr(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "NetworkServiceRecord with ID %s not found", id);
}

/* {"id":"n"} and {..},{..}  ->  {"id":"n","vnfr":[{..},{..}]} */
static void add_nsr(const struct db_result *res, int row, struct sbuf *out)
{
    const char *doc = db_text(res, row, 0);
    size_t len = db_len(res, row, 0);
    while (len > 0 && doc[len - 1] != '}')
        len--;
    if (len < 2) { /* not written by us; still a document for the client */
        sbuf_adds(out, "{}");
        return;
    }
    sbuf_grow(out, len + db_len(res, row, 1) + 16);
    sbuf_add(out, doc, len - 1);
    if (doc[len - 2] != '{')
        sbuf_addc(out, ',');
    sbuf_adds(out, "\"vnfr\":[");
    if (!db_is_null(res, row, 1))
        sbuf_add(out, db_text(res, row, 1), db_len(res, row, 1));
    sbuf_adds(out, "]}");
}

enum err_code store_nsr_get(struct db *db, const char *id, const char *project, struct sbuf *out,
                            struct err *err)
{
    static const struct db_statement get = {"nsr_get", "SELECT n.doc, " SQL_VNFRS
                                                       " FROM nsr n WHERE n.id = $1::text "
                                                       "AND " SQL_NSR_SCOPE};
    struct db_result res;
    enum err_code rc =
        db_query(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = no_nsr(id, err);
    else
        add_nsr(&res, 0, out);
    db_results_clear(db);
    return rc;
}

enum err_code store_nsr_list(struct db *db, const char *project, struct sbuf *out, struct err *err)
{
    static const struct db_statement list = {"nsr_list",
                                             "SELECT n.doc, " SQL_VNFRS
                                             " FROM nsr n WHERE $1::text IS NULL AND " SQL_NSR_SCOPE
                                             " ORDER BY n.created_at, n.id"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &list, DB_PARAMS(db_param_null(), db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addc(out, '[');
    for (int i = 0; i < db_rows(&res); i++) {
        if (i)
            sbuf_addc(out, ',');
        add_nsr(&res, i, out);
    }
    sbuf_addc(out, ']');
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_nsr_doc(struct db *db, const char *id, const char *project, struct sbuf *out,
                            struct err *err)
{
    static const struct db_statement get = {
        "nsr_doc", "SELECT n.doc FROM nsr n WHERE n.id = $1::text AND " SQL_NSR_SCOPE};
    enum err_code rc =
        store_read_text(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), out, err);
    return rc == ERR_NOT_FOUND ? no_nsr(id, err) : rc;
}

enum err_code store_vnfr_list(struct db *db, const char *nsr_id, const char *project,
                              struct sbuf *out, struct err *err)
{
    static const struct db_statement list = {
        "vnfr_list", "SELECT '[' || coalesce(" SQL_VNFRS
                     ", '') || ']' FROM nsr n WHERE n.id = $1::text AND " SQL_NSR_SCOPE};
    enum err_code rc = store_read_text(
        db, &list, DB_PARAMS(db_param_text(nsr_id), db_param_text(project)), out, err);
    return rc == ERR_NOT_FOUND ? no_nsr(nsr_id, err) : rc;
}

enum err_code store_vnfr_get(struct db *db, const char *nsr_id, const char *vnfr_id,
                             const char *project, struct sbuf *out, struct err *err)
{
    static const struct db_statement get = {
        "vnfr_get", "SELECT v.doc FROM nsr n LEFT JOIN vnfr v ON v.agg = n.id AND v.id = $3::text "
                    "AND v.doc <> '' WHERE n.id = $1::text AND " SQL_NSR_SCOPE};
    size_t before = out->len;
    enum err_code rc = store_read_text(
        db, &get, DB_PARAMS(db_param_text(nsr_id), db_param_text(project), db_param_text(vnfr_id)),
        out, err);
    if (rc == ERR_NOT_FOUND)
        return no_nsr(nsr_id, err);
    if (rc == ERR_OK && out->len == before)
        return err_set(err, ERR_NOT_FOUND, "VNFR with ID %s was not found in NSR with ID %s",
                       vnfr_id, nsr_id);
    return rc;
}

enum err_code store_nsr_history(struct db *db, const char *nsr_id, const char *project,
                                struct sbuf *out, struct err *err)
{
    static const struct db_statement list = {
        "nsr_history",
        "SELECT '{\"id\":' || h.id || ',\"at\":' || h.at || ',\"entry\":' || h.doc || '}' "
        "FROM history h WHERE h.nsr_id = $1::text AND ($2::text = '*' OR EXISTS (SELECT 1 FROM nsr "
        "WHERE id = $1::text AND project_id = $2::text)) ORDER BY h.id"};
    size_t before = out->len;
    enum err_code rc = store_read_array(
        db, &list, DB_PARAMS(db_param_text(nsr_id), db_param_text(project)), out, err);
    if (rc != ERR_OK || out->len > before + 2)
        return rc;
    AUTO(sbuf_release) struct sbuf ignored = SBUF_INIT; /* an NSR to which nothing happened yet? */
    return store_nsr_doc(db, nsr_id, project, &ignored, err);
}
