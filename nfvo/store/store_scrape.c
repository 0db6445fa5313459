#include "nfvo/store/store_scrape.h"

#include "nfvo/store/internal.h"

/* Of a VDU, else of its VNF, else of the VNF's descriptor; a floating address is what others reach. */
#define SQL_METRICS                                                                                \
    "coalesce(u->'metadata'->>'baton.metrics', d.doc->'metadata'->>'baton.metrics', (SELECT "      \
    "doc_json(x.doc)->'metadata'->>'baton.metrics' FROM vnfd x WHERE x.id = "                      \
    "d.doc->>'descriptor_reference'), '')"
#define SQL_ADDRESS                                                                                \
    "coalesce((SELECT f->>'ip' FROM json_array_elements(CASE json_typeof(e->'floatingIps') WHEN "  \
    "'array' THEN e->'floatingIps' ELSE '[]' END) f WHERE f->>'ip' <> '' LIMIT 1), (SELECT "       \
    "f->>'ip' FROM json_array_elements(CASE json_typeof(e->'ips') WHEN 'array' THEN e->'ips' "     \
    "ELSE '[]' END) f WHERE f->>'ip' <> '' LIMIT 1), '')"

enum err_code store_scrape_list(struct db *db, const char *project, struct db_array *names,
                                bool all, struct arena *a, struct store_scrape **ret, size_t *ret_n,
                                struct err *err)
{
    /* clang-format off */
    static const struct db_statement list = {"scrape_list",
        "SELECT q.* FROM (SELECT pr.name AS project, n.id, n.name, v.id AS vnfr, v.name AS vnfr_name, i.hostname, coalesce(u->>'name', '') AS vdu, "
        "p.name AS pop, " SQL_ADDRESS " AS address, " SQL_METRICS " AS metrics "
        "FROM nsr n JOIN project pr ON pr.id = n.project_id JOIN vnfr v ON v.agg = n.id AND v.doc <> '' "
        "CROSS JOIN LATERAL (SELECT doc_json(v.doc) AS doc OFFSET 0) d CROSS JOIN LATERAL json_array_elements(d.doc->'vdu') u "
        "CROSS JOIN LATERAL json_array_elements(u->'vnfc_instance') e JOIN instance i ON i.agg = n.id AND i.hostname = e->>'hostname' AND i." SQL_INSTANCE_IS_UP " "
        "JOIN pop p ON p.id = i.pop_id WHERE n." SQL_NSR_IS_ACTIVE " AND ($1::text = '' OR pr.name = $1::text OR pr.id = $1::text) AND ($2::bool OR pr.name = ANY($3::text[]))) q "
        "WHERE q.address <> '' AND ($4::bool OR q.metrics <> '') ORDER BY q.id, q.vnfr, q.hostname LIMIT $5::int8"};
    /* clang-format on */
    struct db_array none = DB_TEXT_ARRAY;
    struct db_result res;
    enum err_code rc =
        db_query(db, &list,
                 DB_PARAMS(db_param_text(project ? project : ""), db_param_bool(!names),
                           db_param_array(names ? names : &none), db_param_bool(all),
                           db_param_int(STORE_SCRAPE_MAX)),
                 &res, err);
    db_array_release(&none);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof((*ret)[0]));
    for (size_t k = 0; k < *ret_n; k++) {
        const char *text[10];
        for (int i = 0; i < 10; i++)
            text[i] = store_text_or_empty(a, &res, (int)k, i);
        (*ret)[k] = (struct store_scrape){.project = text[0],
                                          .nsr = text[1],
                                          .nsr_name = text[2],
                                          .vnfr = text[3],
                                          .vnfr_name = text[4],
                                          .host = text[5],
                                          .vdu = text[6],
                                          .pop = text[7],
                                          .address = text[8],
                                          .metrics = text[9]};
    }
    db_results_clear(db);
    return ERR_OK;
}
