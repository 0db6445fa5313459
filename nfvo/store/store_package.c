#include "nfvo/store/store_package.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/descriptor.h"

/* --- adding --------------------------------------------------------------------------------- */

static void encode_script(const struct script *s, struct sbuf *out)
{
    sbuf_clear(out);
    proto_encode(&script_type, s, PROTO_BASE64, out);
}

static void encode_package(const struct vnf_package *package, struct sbuf *out)
{
    struct vnf_package bare = *package;
    memset(&bare.scripts, 0, sizeof(bare.scripts));
    proto_encode(&vnf_package_type, &bare, PROTO_REST, out);
}

static void send_scripts(struct db *db, const struct vnf_package *package)
{
    static const struct db_statement add = {
        "package_scripts_add",
        "INSERT INTO vnf_package_script (id, package_id, name, doc) "
        "SELECT u.id, $1::text, u.name, u.doc "
        "FROM unnest($2::text[], $3::text[], $4::text[]) AS u(id, name, doc)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array docs = DB_TEXT_ARRAY;
    for (uint32_t i = 0; i < package->scripts.n; i++) {
        encode_script(package->scripts.at[i], &doc);
        db_array_text(&ids, package->scripts.at[i]->id);
        db_array_text(&names, package->scripts.at[i]->name);
        db_array_textn(&docs, doc.s, doc.len);
    }
    db_send(db, &add,
            DB_PARAMS(db_param_text(package->id), db_param_array(&ids), db_param_array(&names),
                      db_param_array(&docs)));
}

void store_package_send(struct db *db, const struct vnf_package *package, const char *identity)
{
    static const struct db_statement add = {
        "package_add", "INSERT INTO vnf_package (id, project_id, name, identity, created_at, doc) "
                       "VALUES ($1, $2, $3, $4, " SQL_NOW ", $5)"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    encode_package(package, &doc);
    db_send(db, &add,
            DB_PARAMS(db_param_text(package->id), db_param_text(package->project_id),
                      db_param_text(package->name), db_param_text(identity), db_param_text(doc.s)));
    send_scripts(db, package);
}

enum err_code store_package_add(struct db *db, const struct vnf_package *package,
                                const char *identity, const struct vnfd *vnfd, struct err *err)
{
    db_begin(db);
    store_package_send(db, package, identity);
    if (vnfd)
        store_vnfd_send(db, vnfd);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}

/* --- reading -------------------------------------------------------------------------------- */

static enum err_code read_package(const struct db_result *res, int row, struct arena *a,
                                  struct vnf_package **ret, struct err *err)
{
    enum err_code rc =
        proto_decode(&vnf_package_type, db_text(res, row, 2), db_len(res, row, 2), 0, a, ret, err);
    if (rc == ERR_OK)
        (*ret)->hb_version = db_int64(res, row, 1);
    return rc;
}

static enum err_code read_scripts(const struct db_result *res, struct vnf_package *package,
                                  struct arena *a, struct err *err)
{
    for (int i = 0; i < db_rows(res); i++) {
        struct script *s;
        enum err_code rc =
            proto_decode(&script_type, db_text(res, i, 0), db_len(res, i, 0), 0, a, &s, err);
        if (rc != ERR_OK)
            return rc;
        proto_list_add(&package->scripts, s, a);
    }
    return ERR_OK;
}

static enum err_code read_one(struct db *db, const char *id, const char *project, bool with_scripts,
                              struct arena *a, struct vnf_package **ret, struct err *err)
{
    static const struct db_statement get = {
        "package_get",
        "SELECT id, version, doc FROM vnf_package WHERE id = $1::text AND " SQL_IN_PROJECT};
    static const struct db_statement scripts = {
        "package_scripts",
        "SELECT doc FROM vnf_package_script WHERE package_id = $1 ORDER BY name"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &get, DB_PARAMS(db_param_text(id), db_param_text(project)), &res, err);
    if (rc == ERR_OK && db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "No VNFPackage found with ID %s", id);
    if (rc == ERR_OK)
        rc = read_package(&res, 0, a, ret, err);
    if (rc == ERR_OK && with_scripts)
        rc = db_query(db, &scripts, DB_PARAMS(db_param_text(id)), &res, err);
    if (rc == ERR_OK && with_scripts)
        rc = read_scripts(&res, *ret, a, err);
    return rc;
}

enum err_code store_package_get(struct db *db, const char *id, const char *project,
                                bool with_scripts, struct arena *a, struct vnf_package **ret,
                                struct err *err)
{
    struct vnf_package *package = NULL;
    enum err_code rc = read_one(db, id, project, with_scripts, a, &package, err);
    db_results_clear(db);
    if (rc == ERR_OK)
        *ret = package;
    return rc;
}

enum err_code store_package_read(struct db *db, const char *id, struct arena *a,
                                 struct vnf_package **ret, struct err *err)
{
    return read_one(db, id, "*", true, a, ret, err);
}

enum err_code store_package_user(struct db *db, const char *id, struct sbuf *out, struct err *err)
{
    static const struct db_statement user = {
        "package_user", "SELECT coalesce((SELECT h.nsd_id FROM vnfd v JOIN nsd_vnfd h ON h.vnfd_id "
                        "= v.id WHERE v.package_id = $1 LIMIT 1), '')"};
    return store_read_text(db, &user, DB_PARAMS(db_param_text(id)), out, err);
}

/* Which package a VNF has is in its record only, where an upgrade changes it. */
enum err_code store_package_services(struct db *db, const char *id, const char *project,
                                     struct arena *a, struct proto_strs *ret, struct err *err)
{
    static const struct db_statement services = {
        "package_services",
        "SELECT n.id FROM nsr n JOIN vnf_package p ON p.id = $1::text AND p.project_id = "
        "n.project_id WHERE n.phase NOT IN ('RELEASING', 'TOMBSTONE') AND ($2::text = "
        "'*' OR n.project_id = $2::text) AND EXISTS (SELECT FROM vnfr v WHERE v.agg = n.id AND "
        "strpos(v.doc, '\"packageId\":\"' || $1::text || '\"') > 0) ORDER BY n.created_at, n.id"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &services, DB_PARAMS(db_param_text(id), db_param_text(project)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        proto_list_add(ret, arena_strdup(a, db_text(&res, i, 0)), a);
    db_results_clear(db);
    return rc;
}

/* --- changing ------------------------------------------------------------------------------- */

static enum err_code one_changed(enum err_code rc, int64_t n, const char *what, const char *id,
                                 struct err *err)
{
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_NOT_FOUND, "No %s found with ID %s", what, id);
    return rc;
}

enum err_code store_package_set(struct db *db, const struct vnf_package *package, struct err *err)
{
    static const struct db_statement set = {
        "package_set",
        "UPDATE vnf_package SET name = $2, doc = $3, version = version + 1 WHERE id = $1"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    int64_t n = 0;
    encode_package(package, &doc);
    enum err_code rc = store_write(
        db, &set,
        DB_PARAMS(db_param_text(package->id), db_param_text(package->name), db_param_text(doc.s)),
        &n, err);
    return one_changed(rc, n, "VNFPackage", package->id, err);
}

enum err_code store_package_delete(struct db *db, const char *id, const char *project,
                                   bool with_vnfd, struct err *err)
{
    static const struct db_statement remove = {
        "package_delete",
        "WITH gone AS (DELETE FROM vnf_package WHERE id = $1::text AND " SQL_IN_PROJECT
        " RETURNING id), vnfds AS (DELETE FROM vnfd v USING gone g WHERE v.package_id = g.id AND "
        "$3::bool) SELECT count(*) FROM gone"};
    struct db_result res;
    int64_t n = 0;
    enum err_code rc = db_query(
        db, &remove, DB_PARAMS(db_param_text(id), db_param_text(project), db_param_bool(with_vnfd)),
        &res, err);
    if (rc == ERR_OK)
        n = db_int64(&res, 0, 0);
    db_results_clear(db);
    return one_changed(rc, n, "VNFPackage", id, err);
}

/* --- scripts -------------------------------------------------------------------------------- */

enum err_code store_script_get(struct db *db, const char *package_id, const char *script_id,
                               const char *project, struct arena *a, struct script **ret,
                               struct err *err)
{
    static const struct db_statement get = {
        "script_get",
        "SELECT s.doc FROM vnf_package_script s JOIN vnf_package p ON p.id = "
        "s.package_id WHERE s.id = $1::text AND " SQL_IN_PROJECT " AND p.id = $3::text"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    enum err_code rc = store_read_text(
        db, &get,
        DB_PARAMS(db_param_text(script_id), db_param_text(project), db_param_text(package_id)),
        &doc, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "No script with ID %s found in the VNFPackage with ID %s",
                       script_id, package_id);
    return rc == ERR_OK ? proto_decode(&script_type, doc.s, doc.len, 0, a, ret, err) : rc;
}

enum err_code store_script_set(struct db *db, const char *package_id, const struct script *script,
                               struct err *err)
{
    static const struct db_statement set = {
        "script_set",
        "WITH hit AS (UPDATE vnf_package_script SET doc = $3 WHERE id = $1::text AND package_id = "
        "$2::text RETURNING package_id) UPDATE vnf_package p SET version = version + 1 FROM hit "
        "WHERE p.id = hit.package_id"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    int64_t n = 0;
    encode_script(script, &doc);
    enum err_code rc = store_write(db, &set,
                                   DB_PARAMS(db_param_text(script->id), db_param_text(package_id),
                                             db_param_textn(doc.s, doc.len)),
                                   &n, err);
    return one_changed(rc, n, "script", script->id, err);
}
