#include "nfvo/store/store_release.h"

#include "nfvo/store/internal.h"
#include "proto/codec/codec.h"

enum err_code store_release_add(struct db *db, const struct proto_strs *ids, const char *project,
                                const char *username, struct err *err)
{
    static const struct db_statement add = {
        "release_add",
        "WITH wanted AS (SELECT u.id, u.n, r.project_id FROM unnest($1::text[]) WITH ORDINALITY AS "
        "u(id, n) LEFT JOIN nsr r ON r.id = u.id AND r." SQL_NSR_IS_SEEN " AND " SQL_IN_PROJECT
        "), "
        "missing AS (SELECT id FROM wanted WHERE project_id IS NULL ORDER BY n LIMIT 1), "
        "added AS (INSERT INTO release_wanted (nsr_id, project_id, username) "
        "SELECT w.id, w.project_id, $3::text FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM "
        "missing) "
        "ORDER BY w.n ON CONFLICT DO NOTHING) SELECT id FROM missing"};
    AUTO(db_array_release) struct db_array array = DB_TEXT_ARRAY;
    struct db_result res;
    for (uint32_t i = 0; i < ids->n; i++)
        db_array_text(&array, ids->at[i]);
    enum err_code rc =
        db_query(db, &add,
                 DB_PARAMS(db_param_array(&array), db_param_text(project), db_param_text(username)),
                 &res, err);
    if (rc == ERR_OK && db_rows(&res) > 0)
        rc = err_set(err, ERR_NOT_FOUND, "NetworkServiceRecord with ID %s not found",
                     db_text(&res, 0, 0));
    db_results_clear(db);
    return rc;
}

enum err_code store_release_take(struct db *db, int64_t max, int64_t lease_us,
                                 void (*report)(void *arg, const struct store_release *r),
                                 void *arg, struct err *err)
{
    static const struct db_statement take = {
        "release_take",
        "WITH next AS (SELECT n FROM release_wanted WHERE lease_until < " SQL_NOW
        " ORDER BY n LIMIT $1::int8 FOR UPDATE SKIP LOCKED), "
        "taken AS (UPDATE release_wanted r SET lease_until = " SQL_NOW " + $2::int8 FROM next "
        "WHERE r.n = next.n RETURNING r.nsr_id, r.project_id, r.username, r.n) "
        "SELECT nsr_id, project_id, username FROM taken ORDER BY n"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &take, DB_PARAMS(db_param_int(max), db_param_int(lease_us)), &res, err);
    for (int i = 0; rc == ERR_OK && i < db_rows(&res); i++)
        report(arg, &(struct store_release){db_text(&res, i, 0), db_text(&res, i, 1),
                                            db_text(&res, i, 2)});
    db_results_clear(db);
    return rc;
}

enum err_code store_release_done(struct db *db, struct db_array *ids, struct err *err)
{
    static const struct db_statement done = {
        "release_done", "DELETE FROM release_wanted WHERE nsr_id = ANY ($1::text[])"};
    return store_write(db, &done, DB_PARAMS(db_param_array(ids)), NULL, err);
}

enum err_code store_release_later(struct db *db, struct db_array *ids, int64_t pause_us,
                                  struct err *err)
{
    static const struct db_statement later = {"release_later",
                                              "UPDATE release_wanted SET lease_until = " SQL_NOW
                                              " + $2::int8 WHERE nsr_id = ANY ($1::text[])"};
    return store_write(db, &later, DB_PARAMS(db_param_array(ids), db_param_int(pause_us)), NULL,
                       err);
}
