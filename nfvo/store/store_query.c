/* One statement of one answer: a text, or how many rows it changed; one column. */
#include "common/base/text.h"
#include "common/db/db.h"
#include "nfvo/store/internal.h"

const char *store_text(struct arena *a, const struct db_result *res, int row, int col)
{
    const char *text = db_text(res, row, col);
    return text ? arena_strdup(a, text) : NULL;
}

const char *store_text_or_empty(struct arena *a, const struct db_result *res, int row, int col)
{
    return text_or_empty(store_text(a, res, row, col));
}

enum err_code store_read_text(struct db *db, const struct db_statement *st,
                              const struct db_param *params, size_t n, struct sbuf *out,
                              struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "no such object");
    else if (!db_is_null(&res, 0, 0))
        sbuf_add(out, db_text(&res, 0, 0), db_len(&res, 0, 0));
    db_results_clear(db);
    return rc;
}

enum err_code store_write(struct db *db, const struct db_statement *st,
                          const struct db_param *params, size_t n, int64_t *ret_n, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc != ERR_OK)
        return rc;
    if (ret_n)
        *ret_n = db_affected(&res);
    db_results_clear(db);
    return ERR_OK;
}
