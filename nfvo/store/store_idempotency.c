#include "nfvo/store/store_idempotency.h"

#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_record.h"

static void read_row(const struct db_result *res, const struct store_claim *claim, struct arena *a,
                     struct store_claim_row *ret)
{
    ret->object = arena_strdup(a, db_text(res, 0, 0));
    ret->status = (int)db_int64(res, 0, 2);
    ret->type = arena_strdup(a, db_text(res, 0, 3));
    sbuf_add(&ret->body, db_text(res, 0, 4), db_len(res, 0, 4));
    ret->what = strcmp(db_text(res, 0, 1), claim->digest) != 0 ? STORE_CLAIM_OTHER
                : ret->status                                  ? STORE_CLAIM_DONE
                                                               : STORE_CLAIM_AGAIN;
}

enum err_code store_claim(struct db *db, const struct store_claim *claim, struct arena *a,
                          struct store_claim_row *ret, struct err *err)
{
    static const struct db_statement sweep = {
        "idempotency_sweep", "DELETE FROM idempotency WHERE expires_at < " SQL_NOW};
    static const struct db_statement add = {"idempotency_add",
                                            "INSERT INTO idempotency (key, operation, person, "
                                            "digest, expires_at) VALUES ($1, $2, $3, $4, " SQL_NOW
                                            " + $5::bigint) ON CONFLICT (key) DO NOTHING"};
    static const struct db_statement get = {
        "idempotency_get",
        "SELECT operation, digest, status, type, body FROM idempotency WHERE key = $1"};
    struct db_result swept, added, got;
    db_send(db, &sweep, NULL, 0);
    db_send(db, &add,
            DB_PARAMS(db_param_text(claim->key), db_param_text(claim->object),
                      db_param_text(claim->person), db_param_text(claim->digest),
                      db_param_int(claim->keep_us)));
    db_send(db, &get, DB_PARAMS(db_param_text(claim->key)));
    enum err_code rc = db_sync(db, err);
    if (rc == ERR_OK && db_result_next(db, &swept) && db_result_next(db, &added) &&
        db_result_next(db, &got) && db_rows(&got) > 0) {
        read_row(&got, claim, a, ret);
        if (db_affected(&added) > 0)
            ret->what = STORE_CLAIM_NEW;
    } else if (rc == ERR_OK)
        rc = err_set(err, ERR_UNAVAIL, "the idempotency key is gone");
    db_results_clear(db);
    return rc;
}

enum err_code store_claim_answer(struct db *db, const char *key, int status, const char *type,
                                 const char *body, size_t len, struct err *err)
{
    static const struct db_statement answer = {
        "idempotency_answer",
        "UPDATE idempotency SET status = $2::int, type = $3, body = $4 WHERE key = $1"};
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_add(&text, body, len);
    return store_write(db, &answer,
                       DB_PARAMS(db_param_text(key), db_param_int(status), db_param_text(type),
                                 db_param_text(text.s)),
                       NULL, err);
}

enum err_code store_claim_trim(struct db *db, const char *person, int64_t max, struct err *err)
{
    static const struct db_statement trim = {
        "idempotency_trim",
        "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE person = $1 "
        "ORDER BY expires_at DESC OFFSET $2::bigint)"};
    return store_write(db, &trim, DB_PARAMS(db_param_text(person), db_param_int(max)), NULL, err);
}

/* --- what has been made ----------------------------------------------------------------------- */

static enum err_code find_pop(struct db *db, const struct seal *seal, const char *id,
                              bool *ret_there, struct sbuf *out, struct err *err)
{
    static const struct db_statement phase = {"claim_pop", "SELECT phase FROM pop WHERE id = $1"};
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_read_text(db, &phase, DB_PARAMS(db_param_text(id)), &text, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc == ERR_OK && strcmp(text.s, "REGISTERING") == 0)
        return err_set(err, ERR_UNAVAIL, "PoP '%s' is being registered", id);
    if (rc == ERR_OK)
        rc = store_pop_get(db, seal, id, "*", out, err);
    *ret_there = rc == ERR_OK;
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err_code store_claim_object(struct db *db, const struct seal *seal, const char *id,
                                 bool *ret_there, struct sbuf *out, struct err *err)
{
    static const struct db_statement find = {
        "claim_object",
        "SELECT doc FROM nsd WHERE id = $1 UNION ALL SELECT doc FROM vnfd WHERE id = $1 UNION ALL "
        "SELECT doc FROM ssh_key WHERE id = $1 UNION ALL SELECT doc FROM event_endpoint WHERE id = "
        "$1 "
        "UNION ALL SELECT doc FROM project WHERE id = $1 UNION ALL SELECT doc FROM vnffgd WHERE id "
        "= $1 UNION ALL SELECT doc FROM vld WHERE id = $1 UNION ALL SELECT doc FROM "
        "nfv_image WHERE id = $1"};
    struct err none = ERR_INIT;
    *ret_there = false;
    enum err_code rc = store_read_text(db, &find, DB_PARAMS(db_param_text(id)), out, err);
    if (rc == ERR_NOT_FOUND)
        rc = store_nsr_get(db, id, "*", out, &none);
    *ret_there = rc == ERR_OK;
    if (rc == ERR_NOT_FOUND)
        return find_pop(db, seal, id, ret_there, out, err);
    if (rc != ERR_OK && err && err->code == ERR_OK)
        *err = none;
    return rc;
}
