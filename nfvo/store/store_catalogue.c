/* NSDs and VNFDs. */
#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/descriptor.h"
#include "proto/records/package.h"

static const struct db_statement nsd_add = {
    "nsd_add",
    "INSERT INTO nsd (id, project_id, name, created_at, doc) VALUES ($1, $2, $3, " SQL_NOW ", $4)"};
static const struct db_statement nsd_holds = {
    "nsd_holds",
    "INSERT INTO nsd_vnfd (nsd_id, vnfd_id) SELECT $1::text, u FROM unnest($2::text[]) AS u "
    "ON CONFLICT DO NOTHING"};

static void send_packages(struct db *db, const struct vnf_package_list *packages)
{
    for (uint32_t i = 0; i < packages->n; i++)
        store_package_send(db, packages->at[i], packages->at[i]->id);
}

enum err_code store_nsd_add(struct db *db, const struct nsd *nsd,
                            const struct vnf_package_list *packages, struct err *err)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(db_array_release) struct db_array vnfds = DB_TEXT_ARRAY;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        db_array_text(&vnfds, nsd->vnfd.at[i]->id);
    proto_encode(&nsd_type, nsd, PROTO_REST, &doc);
    db_begin(db);
    send_packages(db, packages);
    db_send(db, &nsd_add,
            DB_PARAMS(db_param_text(nsd->id), db_param_text(nsd->project_id),
                      db_param_text(nsd->name), db_param_text(doc.s)));
    store_vnfds_send(db, nsd->vnfd.at, nsd->vnfd.n);
    db_send(db, &nsd_holds, DB_PARAMS(db_param_text(nsd->id), db_param_array(&vnfds)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_vnfd_add(struct db *db, const struct vnfd *vnfd,
                             const struct vnf_package_list *packages, struct err *err)
{
    db_begin(db);
    send_packages(db, packages);
    store_vnfd_send(db, vnfd);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

/* --- changing: the columns go with the document ----------------------------------------------- */

static enum err_code changed(struct db *db, const struct db_statement *st,
                             const struct db_param *params, size_t n_params, struct err *err)
{
    int64_t n = 0;
    enum err_code rc = store_write(db, st, params, n_params, &n, err);
    return rc == ERR_OK && n == 0 ? err_set(err, ERR_NOT_FOUND, "no such object") : rc;
}

/* All in one statement, so that nothing of it happens where the document has changed. */
enum err_code store_nsd_set(struct db *db, const struct nsd *nsd,
                            const struct store_nsd_change *change, struct err *err)
{
    static const struct db_statement set = {
        "nsd_change",
        "WITH changed AS (UPDATE nsd SET name = $2::text, doc = $3::text WHERE id = $1::text AND "
        "doc = $4::text RETURNING id), "
        "added AS (INSERT INTO vnfd (id, project_id, name, created_at, doc, package_id) "
        "SELECT u.id, u.project_id, u.name, " SQL_NOW ", u.doc, u.package_id FROM changed, "
        "unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) AS u(id, project_id, "
        "name, doc, package_id) ON CONFLICT (id) DO NOTHING), "
        "held AS (INSERT INTO nsd_vnfd (nsd_id, vnfd_id) SELECT c.id, u FROM changed c, "
        "unnest($5::text[]) AS u ON CONFLICT DO NOTHING), "
        "let_go AS (DELETE FROM nsd_vnfd h USING changed c WHERE h.nsd_id = c.id AND h.vnfd_id = "
        "$10::text), "
        "gone AS (DELETE FROM vnfd v USING changed c WHERE v.id = $10::text RETURNING v.id, "
        "v.package_id), "
        "packages AS (DELETE FROM vnf_package p USING gone g WHERE $11::bool AND p.id = "
        "g.package_id AND NOT EXISTS (SELECT 1 FROM vnfd o WHERE o.package_id = p.id AND o.id <> "
        "g.id)) "
        "SELECT count(*) FROM changed"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(vnfd_columns_release)
    struct vnfd_columns c = VNFD_COLUMNS_INIT;
    struct db_result res;
    int64_t n = 0;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        vnfd_columns_add(&c, nsd->vnfd.at[i], &doc);
    sbuf_clear(&doc);
    proto_encode(&nsd_type, nsd, PROTO_REST, &doc);
    enum err_code rc = db_query(
        db, &set,
        DB_PARAMS(db_param_text(nsd->id), db_param_text(nsd->name), db_param_text(doc.s),
                  db_param_text(change->was), db_param_array(&c.id), db_param_array(&c.project),
                  db_param_array(&c.name), db_param_array(&c.doc), db_param_array(&c.package),
                  db_param_text(change->removed), db_param_bool(change->is_package)),
        &res, err);
    if (rc == ERR_OK)
        n = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc == ERR_OK && n == 0 ? err_set(err, ERR_STATE, "NSD %s has changed", nsd->id) : rc;
}

enum err_code store_vnfd_set(struct db *db, const struct vnfd *v, const char *was, struct err *err)
{
    static const struct db_statement set = {
        "vnfd_change", "UPDATE vnfd SET name = $2, package_id = $3, doc = $4 WHERE id = $1 AND "
                       "($5::text IS NULL OR doc = $5::text)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&vnfd_type, v, PROTO_REST, &doc);
    enum err_code rc = changed(db, &set,
                               DB_PARAMS(db_param_text(v->id), db_param_text(v->name),
                                         db_param_text(v->vnf_package_location),
                                         db_param_text(doc.s), db_param_text(was)),
                               err);
    if (rc == ERR_NOT_FOUND && was)
        rc = err_set(err, ERR_STATE, "VNFD '%s' was changed by somebody else at the same time",
                     v->name);
    return rc;
}

enum err_code store_nsd_delete(struct db *db, const char *id, const char *project,
                               const struct store_nsd_cascade *cascade, struct err *err)
{
    static const struct db_statement remove = {
        "nsd_delete_cascade",
        "WITH gone AS (DELETE FROM nsd WHERE id = $1::text AND " SQL_IN_PROJECT " RETURNING id), "
        "held AS (SELECT h.vnfd_id FROM nsd_vnfd h JOIN gone g ON h.nsd_id = g.id WHERE $3::bool "
        "AND NOT EXISTS (SELECT 1 FROM nsd_vnfd o WHERE o.vnfd_id = h.vnfd_id AND o.nsd_id <> "
        "h.nsd_id)), "
        "vnfds AS (DELETE FROM vnfd v USING held h WHERE v.id = h.vnfd_id RETURNING v.package_id), "
        "packages AS (DELETE FROM vnf_package p USING vnfds d WHERE $4::bool AND p.id = "
        "d.package_id AND NOT EXISTS (SELECT 1 FROM vnfd o WHERE o.package_id = p.id AND o.id NOT "
        "IN (SELECT vnfd_id FROM held))) "
        "SELECT count(*) FROM gone"};
    struct db_result res;
    int64_t n = 0;
    enum err_code rc =
        db_query(db, &remove,
                 DB_PARAMS(db_param_text(id), db_param_text(project),
                           db_param_bool(cascade->is_vnfd), db_param_bool(cascade->is_package)),
                 &res, err);
    if (rc == ERR_OK)
        n = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc == ERR_OK && n == 0 ? err_set(err, ERR_NOT_FOUND, "no NSD %s", id) : rc;
}

/* --- finding a VNFD by its coordinates ------------------------------------------------------- */

static bool is_version(const struct vnfd *v, const char *vendor, const char *version)
{
    return v->vendor && v->version && strcmp(v->vendor, vendor) == 0 &&
           strcmp(v->version, version) == 0;
}

enum err_code store_vnfd_find(struct db *db, const char *project, const char *vendor,
                              const char *name, const char *version, struct sbuf *out,
                              struct err *err)
{
    static const struct db_statement find = {
        "vnfd_find",
        "SELECT doc FROM vnfd WHERE name = $1 AND " SQL_IN_PROJECT " ORDER BY created_at DESC"};
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct db_result res;
    enum err_code rc =
        db_query(db, &find, DB_PARAMS(db_param_text(name), db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    rc = ERR_NOT_FOUND;
    for (int i = 0; rc == ERR_NOT_FOUND && i < db_rows(&res); i++) {
        struct vnfd *v;
        arena_reset(&a);
        enum err_code read =
            proto_decode(&vnfd_type, db_text(&res, i, 0), db_len(&res, i, 0), 0, &a, &v, err);
        if (read != ERR_OK) { /* it may be the one: "there is none" would be a guess */
            db_results_clear(db);
            return err_add(err, "a stored VNFD '%s' cannot be read", name);
        }
        if (!is_version(v, vendor, version))
            continue;
        sbuf_add(out, db_text(&res, i, 0), db_len(&res, i, 0));
        rc = ERR_OK;
    }
    db_results_clear(db);
    return rc == ERR_OK ? rc : err_set(err, rc, "no VNFD '%s/%s/%s'", vendor, name, version);
}

/* --- who uses it ------------------------------------------------------------------------------ */

enum err_code store_vnfd_user(struct db *db, const char *vnfd_id, const char *but, struct sbuf *out,
                              struct err *err)
{
    static const struct db_statement user = {
        "vnfd_user", "SELECT coalesce((SELECT nsd_id FROM nsd_vnfd WHERE vnfd_id = $1 AND nsd_id "
                     "IS DISTINCT FROM $2::text LIMIT 1), '')"};
    return store_read_text(db, &user, DB_PARAMS(db_param_text(vnfd_id), db_param_text(but)), out,
                           err);
}

enum err_code store_nsd_user(struct db *db, const char *nsd_id, struct sbuf *ret_doc,
                             struct err *err)
{
    static const struct db_statement user = {
        "nsd_user", "SELECT doc FROM nsr WHERE nsd_id = $1 AND " SQL_NSR_IS_SEEN
                    " AND NOT " SQL_NSR_IS_ACTIVE " LIMIT 1"};
    return store_read_text(db, &user, DB_PARAMS(db_param_text(nsd_id)), ret_doc, err);
}
