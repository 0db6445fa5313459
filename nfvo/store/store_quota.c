#include "nfvo/store/store_quota.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "proto/records/manager.h"

/* It runs, and nothing is done to it: its instances say what it uses, if it has some. (Its VNFM may
 * make them itself.) A share that was just raised counts before its operation is there. */
#define SQL_AT_REST                                                                                \
    "(n.phase = 'ACTIVE' AND (k.at IS NULL OR k.at < " SQL_NOW " - 30000000) AND NOT EXISTS "      \
    "(SELECT 1 FROM operation o WHERE o.agg = n.id AND o.is_open))"
/* Services that are there, and those that are being deployed: $1 project, $2 without this one, $3
 * how long a share without service counts. */
#define SQL_SERVICES                                                                               \
    "SELECT n.id, k.nsr_id IS NOT NULL AS has_share, " SQL_AT_REST " AS at_rest, "                 \
    "k.instances, k.vcpus, k.ram FROM nsr n "                                                      \
    "LEFT JOIN nsr_claim k ON k.nsr_id = n.id WHERE n.project_id = $1::text AND "                  \
    "n." SQL_NSR_IS_SEEN " "                                                                       \
    "AND n.id IS DISTINCT FROM $2::text UNION ALL SELECT k.nsr_id, true, false, k.instances, "     \
    "k.vcpus, "                                                                                    \
    "k.ram FROM nsr_claim k WHERE k.project_id = $1::text AND k.nsr_id IS DISTINCT FROM "          \
    "$2::text AND k.at > " SQL_NOW " - $3::int8 AND NOT EXISTS (SELECT 1 FROM nsr n WHERE n.id = " \
    "k.nsr_id)"
#define SQL_ROWS                                                                                   \
    "SELECT i.agg, count(*) AS instances, sum(f.vcpus) AS vcpus, sum(f.ram) AS ram FROM instance " \
    "i LEFT JOIN LATERAL (SELECT x.vcpus, x.ram FROM pop p, "                                      \
    "json_to_recordset(doc_json(p.doc)->'flavours') AS x(flavour_key text, vcpus int8, ram int8) " \
    "WHERE p.id = i.pop_id AND x.flavour_key = i.flavour LIMIT 1) f ON true WHERE i.agg IN "       \
    "(SELECT s.id FROM services s WHERE s.at_rest OR NOT s.has_share) AND i.phase <> 'GONE' "      \
    "GROUP BY i.agg"
/* Of the two, the one that counts. */
#define SQL_USE(what)                                                                              \
    "coalesce(sum(CASE WHEN s.at_rest THEN coalesce(r." what ", s." what ") ELSE "                 \
    "coalesce(s." what ", r." what ") END), 0)::int8"

enum err_code store_project_use(struct db *db, const char *project_id, const char *except_nsr,
                                struct store_use *ret, struct err *err)
{
    static const struct db_statement use = {
        "project_use", "WITH services AS (" SQL_SERVICES "), counted AS (" SQL_ROWS ") "
                       "SELECT count(*), " SQL_USE("instances") ", " SQL_USE("vcpus") ", " SQL_USE(
                           "ram") " "
                                  "FROM services s LEFT JOIN counted r ON r.agg = s.id"};
    struct db_result res;
    enum err_code rc = db_query(db, &use,
                                DB_PARAMS(db_param_text(project_id), db_param_text(except_nsr),
                                          db_param_int(STORE_CLAIM_US)),
                                &res, err);
    if (rc == ERR_OK)
        *ret = (struct store_use){db_int64(&res, 0, 0), db_int64(&res, 0, 1), db_int64(&res, 0, 2),
                                  db_int64(&res, 0, 3)};
    db_results_clear(db);
    return rc;
}

/* --- claims ------------------------------------------------------------------------------------
 */

static bool is_bounded(const struct project_quota *q, const char *wire)
{
    for (uint32_t i = 0; i < project_quota_type.n_fields; i++)
        if (strcmp(project_quota_type.fields[i].wire, wire) == 0)
            return q->rec.seen & (UINT64_C(1) << i);
    return false;
}

/* One after the other, until the end of the transaction. */
static enum err_code lock_project(struct db *db, const char *id, struct arena *a,
                                  struct project **ret, struct err *err)
{
    static const struct db_statement lock = {
        "project_lock", "SELECT doc FROM project WHERE id = $1::text FOR UPDATE"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    enum err_code rc = store_read_text(db, &lock, DB_PARAMS(db_param_text(id)), &doc, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "Project with id '%s' was not found", id);
    return rc == ERR_OK ? proto_decode(&project_type, doc.s, doc.len, 0, a, ret, err) : rc;
}

static enum err_code compare(const struct project *p, const struct store_use *used,
                             const struct store_use *wanted, struct err *err)
{
    const struct project_quota *q = p->quota;
    const struct {
        const char *wire, *unit;
        int64_t limit, used, wanted;
    } bounds[] = {
        {"services", "network services", q->services, used->services, wanted->services},
        {"instances", "instances", q->instances, used->instances, wanted->instances},
        {"vcpus", "vCPUs", q->vcpus, used->vcpus, wanted->vcpus},
        {"ram", "MB of RAM", q->ram, used->ram, wanted->ram},
    };
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        if (!is_bounded(q, bounds[i].wire) || bounds[i].wanted <= 0 ||
            bounds[i].used + bounds[i].wanted <= bounds[i].limit)
            continue;
        err_set(err, ERR_LIMIT,
                "the quota of project '%s' is %lld %s: %lld are used, and this needs %lld", p->name,
                (long long)bounds[i].limit, bounds[i].unit, (long long)bounds[i].used,
                (long long)bounds[i].wanted);
        err_hint(err,
                 "delete a service of the project, or an administrator raises it: baton project "
                 "update %.40s --quota %s=N",
                 p->name, bounds[i].wire);
        return err_where(err, "quota.%s", bounds[i].wire);
    }
    return ERR_OK;
}

static enum err_code add_claim(struct db *db, const char *project_id, const char *nsr_id,
                               const struct store_use *wanted, struct err *err)
{
    static const struct db_statement sweep = {
        "claim_sweep", "DELETE FROM nsr_claim k WHERE k.project_id = $1 AND k.at < " SQL_NOW
                       " - $2::int8 AND NOT EXISTS (SELECT 1 FROM nsr n WHERE n.id = k.nsr_id)"};
    static const struct db_statement add = {
        "claim_add", "INSERT INTO nsr_claim (nsr_id, project_id, instances, vcpus, ram, at) VALUES "
                     "($1, $2, $3, $4, $5, " SQL_NOW ") ON CONFLICT DO NOTHING"};
    db_send(db, &sweep, DB_PARAMS(db_param_text(project_id), db_param_int(STORE_CLAIM_US)));
    db_send(db, &add,
            DB_PARAMS(db_param_text(nsr_id), db_param_text(project_id),
                      db_param_int(wanted->instances), db_param_int(wanted->vcpus),
                      db_param_int(wanted->ram)));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_quota_claim(struct db *db, const char *project_id, const char *nsr_id,
                                const struct store_use *wanted, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct project *p;
    struct store_use used;
    db_begin(db);
    enum err_code rc = lock_project(db, project_id, &a, &p, err);
    if (rc == ERR_OK && p->quota)
        rc = store_project_use(db, project_id, nsr_id, &used, err);
    if (rc == ERR_OK && p->quota)
        rc = compare(p, &used, wanted, err);
    if (rc == ERR_OK)
        rc = add_claim(db, project_id, nsr_id, wanted, err);
    rc = rc == ERR_OK ? db_commit(db, err) : (db_rollback(db), rc);
    db_results_clear(db);
    return rc;
}

/* All of the service's use from now on. */
static enum err_code raise_claim(struct db *db, const char *project_id, const char *nsr_id,
                                 const struct store_use *all, struct err *err)
{
    static const struct db_statement raise = {
        "claim_raise",
        "INSERT INTO nsr_claim (nsr_id, project_id, instances, vcpus, ram, at) "
        "VALUES ($1, $2, $3, $4, $5, " SQL_NOW ") ON CONFLICT (nsr_id) DO UPDATE SET "
        "instances = excluded.instances, vcpus = excluded.vcpus, "
        "ram = excluded.ram, at = excluded.at"};
    struct db_result res;
    enum err_code rc = db_query(db, &raise,
                                DB_PARAMS(db_param_text(nsr_id), db_param_text(project_id),
                                          db_param_int(all->instances), db_param_int(all->vcpus),
                                          db_param_int(all->ram)),
                                &res, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_quota_claim_more(struct db *db, const char *project_id, const char *nsr_id,
                                     const struct store_use *wanted, bool is_dry, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct project *p;
    struct store_use used = {0}, others = {0};
    db_begin(db);
    enum err_code rc = lock_project(db, project_id, &a, &p, err);
    bool has_quota = rc == ERR_OK && p->quota;
    if (has_quota)
        rc = store_project_use(db, project_id, NULL, &used, err);
    if (rc == ERR_OK && has_quota)
        rc = compare(p, &used, wanted, err);
    if (rc == ERR_OK && has_quota && !is_dry)
        rc = store_project_use(db, project_id, nsr_id, &others, err);
    if (rc == ERR_OK && has_quota && !is_dry)
        rc = raise_claim(
            db, project_id, nsr_id,
            &(struct store_use){.instances = used.instances - others.instances + wanted->instances,
                                .vcpus = used.vcpus - others.vcpus + wanted->vcpus,
                                .ram = used.ram - others.ram + wanted->ram},
            err);
    rc = rc == ERR_OK ? db_commit(db, err) : (db_rollback(db), rc);
    db_results_clear(db);
    return rc;
}

enum err_code store_quota_drop(struct db *db, const char *nsr_id, struct err *err)
{
    static const struct db_statement drop = {"claim_drop",
                                             "DELETE FROM nsr_claim WHERE nsr_id = $1"};
    return store_write(db, &drop, DB_PARAMS(db_param_text(nsr_id)), NULL, err);
}

/* --- PoPs --------------------------------------------------------------------------------------
 */

#define SQL_FIGURE(of, name) "greatest(coalesce((" of "->>'" name "')::int8, 0), 0)"
#define SQL_LEFT(name)                                                                             \
    "sum(greatest(" SQL_FIGURE("q", name) " - " SQL_FIGURE("u", name) ", 0))::int8"
#define SQL_TOTAL(name) "sum(" SQL_FIGURE("q", name) ")::int8"
#define SQL_QUOTA(of)                                                                              \
    "'version', 0, 'cores', coalesce(" of(                                                         \
        "cores") ", 0), 'floatingIps', 0, 'instances', "                                           \
                 "coalesce(" of("instances") ", 0), 'keyPairs', 0, 'ram', coalesce(" of(           \
                     "ram") ", 0)"

enum err_code store_pop_quotas(struct db *db, const char *project_id, struct sbuf *out,
                               struct err *err)
{
    static const struct db_statement quotas = {
        "pop_quotas",
        "SELECT json_build_object('total', json_build_object(" SQL_QUOTA(
            SQL_TOTAL) "), 'left', json_build_object(" SQL_QUOTA(SQL_LEFT) "))::text FROM (SELECT "
                                                                           "doc_json(state)->'"
                                                                           "quota' AS q, "
                                                                           "doc_json(state)->'use' "
                                                                           "AS u FROM pop "
                                                                           "WHERE " SQL_POP_IS_SEEN
                                                                           " AND type <> 'test' "
                                                                           "AND ($1::text = '*' OR "
                                                                           "project_id = "
                                                                           "$1::text)) p"};
    return store_read_text(db, &quotas, DB_PARAMS(db_param_text(project_id)), out, err);
}
