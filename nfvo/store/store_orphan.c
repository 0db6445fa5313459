#include "nfvo/store/store_orphan.h"

#include "nfvo/store/internal.h"

enum err_code store_past_find(struct db *db, const char *pop, struct db_array *ids,
                              struct db_array *names,
                              void (*report)(void *arg, int64_t index, const char *mark), void *arg,
                              struct err *err)
{
    /* By its id one may be ours whose name another has: it was missing when that one was launched.
     * An id that is made of an instance's, as docker's container is: baton-<token>. A launch that was
     * never answered told no id: its name, which comes once, is all that there is. */
    static const struct db_statement find = {
        "past_find",
        "SELECT x.n - 1, m.mark FROM unnest($2::text[], $3::text[]) WITH ORDINALITY x(id, name, "
        "n), "
        "LATERAL (SELECT CASE WHEN p.vc_id <> '' AND p.vc_id = x.id THEN 'id' WHEN p.instance_id = "
        "right(x.id, 36) THEN 'token' WHEN p.vc_id = '' THEN 'launch' ELSE 'name' END AS mark FROM "
        "server_past p WHERE p.pop_id = $1 AND (p.hostname = x.name OR (p.vc_id <> '' AND p.vc_id "
        "= "
        "x.id) OR p.instance_id = right(x.id, 36)) ORDER BY 1 LIMIT 1) m WHERE NOT EXISTS (SELECT "
        "1 FROM instance i WHERE CASE WHEN m.mark = 'id' THEN i.vc_id = x.id ELSE i.hostname = "
        "x.name OR i.id = right(x.id, 36) END)"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &find, DB_PARAMS(db_param_text(pop), db_param_array(ids), db_param_array(names)), &res,
        err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, db_int64(&res, i, 0), db_text(&res, i, 1));
    db_results_clear(db);
    return rc;
}

/* Only what two listings showed. One whose name alone is of ours has to be asked for by name. */
enum err_code store_orphans_take(struct db *db, const char *pop, struct db_array *names,
                                 const char *who, int64_t max, struct arena *a,
                                 struct proto_strs *ret, struct err *err)
{
    static const struct db_statement take = {
        "orphans_take",
        "UPDATE orphan SET asked_at = " SQL_NOW
        ", asked_by = $3 WHERE (pop_id, server_id) IN (SELECT o.pop_id, o.server_id FROM orphan o "
        "WHERE o.pop_id = $1 AND o.times >= 2 AND (o.hostname = ANY ($2::text[]) OR o.server_id = "
        "ANY ($2::text[]) OR (cardinality($2::text[]) = 0 AND o.mark <> 'name')) AND NOT EXISTS "
        "(SELECT 1 FROM instance i WHERE i.pop_id = $1 AND ((i.hostname = o.hostname AND o.mark <> "
        "'id') OR (i.vc_id = o.server_id AND i.vc_id <> ''))) ORDER BY o.since LIMIT $4::int8 FOR "
        "UPDATE) RETURNING "
        "server_id"};
    struct db_result res;
    enum err_code rc = db_query(
        db, &take,
        DB_PARAMS(db_param_text(pop), db_param_array(names), db_param_text(who), db_param_int(max)),
        &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        proto_list_add(ret, store_text_or_empty(a, &res, i, 0), a);
    db_results_clear(db);
    return rc;
}

enum err_code store_orphans_due(struct db *db, int64_t older_us, struct arena *a,
                                struct proto_strs *ret_pops, struct err *err)
{
    static const struct db_statement due = {
        "orphans_due",
        "SELECT DISTINCT o.pop_id FROM orphan o JOIN pop_watch w ON w.pop_id = o.pop_id WHERE "
        "o.mark <> 'name' AND o.times >= 2 AND o.since < " SQL_NOW
        " - $1::int8 AND o.asked_at < " SQL_NOW
        " - 60000000 AND w.good_since > 0 AND w.outage_at = 0 LIMIT 100"};
    struct db_result res;
    enum err_code rc = db_query(db, &due, DB_PARAMS(db_param_int(older_us)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        proto_list_add(ret_pops, store_text_or_empty(a, &res, i, 0), a);
    db_results_clear(db);
    return rc;
}
