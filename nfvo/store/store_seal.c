#include "nfvo/store/store_seal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/store/internal.h"
#include "nfvo/store/store_manager.h"

enum { PASSWORD_SIZE = 17 };

/* What the database says of its key. */
struct sealed {
    struct sbuf mark;        /* empty: not remembered yet */
    struct sbuf owner, text; /* one secret, of a database that was made before there were marks */
};

static void sealed_release(struct sealed *s)
{
    sbuf_release(&s->mark);
    sbuf_release(&s->owner);
    sbuf_release(&s->text);
}

static enum err_code read_sealed(struct db *db, struct sealed *ret, struct err *err)
{
    static const struct db_statement st = {
        "seal_mark_get",
        "SELECT (SELECT mark FROM seal_mark), s.owner, s.sealed FROM (SELECT 1) one LEFT JOIN ("
        "(SELECT owner, sealed FROM secret LIMIT 1) UNION ALL "
        "(SELECT '" STORE_MANAGER_OWNER "' || username, sealed FROM manager_credentials LIMIT 1) "
        "LIMIT 1) s ON true"};
    struct sbuf *const to[] = {&ret->mark, &ret->owner, &ret->text};
    struct db_result res;
    enum err_code rc = db_query(db, &st, NULL, 0, &res, err);
    for (int i = 0; rc == ERR_OK && i < (int)ARRAY_LEN(to); i++) {
        sbuf_clear(to[i]);
        if (!db_is_null(&res, 0, i))
            sbuf_add(to[i], db_text(&res, 0, i), db_len(&res, 0, i));
    }
    db_results_clear(db);
    return rc;
}

static bool fits(const struct seal *seal, const struct sealed *s, const char *mark)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (s->mark.len)
        return strcmp(s->mark.s, mark) == 0;
    if (!s->text.len)
        return true;
    bool is_open = seal_unwrap(seal, s->owner.s, s->text.s, &text, NULL) == ERR_OK;
    if (text.cap)
        explicit_bzero(text.s, text.cap);
    return is_open;
}

static enum err_code refuse(const char *path, bool is_missing, struct err *err)
{
    if (is_missing)
        err_set(err, ERR_STATE,
                "the key file '%s' is missing, and the database holds secrets sealed with it",
                path);
    else
        err_set(err, ERR_STATE,
                "the key in '%s' is not the one that the secrets of the database are sealed with",
                path);
    return err_hint(err, "put the file back from the backup; if it is lost: start once with "
                         "--seal-key-lost, then enter the PoPs' passwords again");
}

/* The first mark stands: whoever comes second reads it and compares. */
static enum err_code put_mark(struct db *db, const char *mark, struct err *err)
{
    static const struct db_statement st = {
        "seal_mark_put", "INSERT INTO seal_mark (mark) VALUES ($1) ON CONFLICT DO NOTHING"};
    return store_write(db, &st, DB_PARAMS(db_param_text(mark)), NULL, err);
}

/* --- a key that is lost ----------------------------------------------------------------------- */

static enum err_code reseal_managers(struct db *db, const struct seal *seal, struct err *err)
{
    static const struct db_statement list = {
        "seal_managers", "SELECT coalesce(array_to_string(array_agg(username), E'\\n'), '') "
                         "FROM manager_credentials"};
    static const struct db_statement set = {
        "seal_manager_set", "UPDATE manager_credentials SET sealed = $2 WHERE username = $1"};
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    enum err_code rc = store_read_text(db, &list, NULL, 0, &names, err);
    char *save = NULL;
    for (char *name = names.len ? strtok_r(names.s, "\n", &save) : NULL; name && rc == ERR_OK;
         name = strtok_r(NULL, "\n", &save)) {
        AUTO(sbuf_release) struct sbuf owner = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
        char password[PASSWORD_SIZE];
        id_token(password, sizeof(password));
        sbuf_addf(&owner, STORE_MANAGER_OWNER "%s", name);
        seal_wrap(seal, owner.s, password, sizeof(password) - 1, &sealed);
        explicit_bzero(password, sizeof(password));
        rc = store_write(db, &set, DB_PARAMS(db_param_text(name), db_param_text(sealed.s)), NULL,
                         err);
    }
    return rc;
}

static enum err_code forget_sealed(struct db *db, const struct seal *seal, const char *mark,
                                   struct err *err)
{
    static const struct db_statement drop = {"seal_secrets_drop", "DELETE FROM secret"};
    static const struct db_statement move = {
        "seal_mark_move",
        "INSERT INTO seal_mark (mark) VALUES ($1) "
        "ON CONFLICT (is_only) DO UPDATE SET mark = excluded.mark, made_at = now()"};
    int64_t n = 0;
    db_begin(db);
    enum err_code rc = store_write(db, &drop, NULL, 0, &n, err);
    if (rc == ERR_OK)
        rc = reseal_managers(db, seal, err);
    if (rc == ERR_OK)
        rc = store_write(db, &move, DB_PARAMS(db_param_text(mark)), NULL, err);
    rc = rc == ERR_OK ? db_commit(db, err) : (db_rollback(db), rc);
    db_results_clear(db);
    if (rc == ERR_OK)
        log_warn(LOG_SEC, "seal_key_replaced", KV_I("secrets_dropped", n),
                 KV_S("next", "enter the password of each PoP again: baton pop update POP FILE"));
    return rc;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum err_code compare(struct db *db, const struct store_options *options,
                             const struct seal *seal, struct sealed *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf mark = SBUF_INIT;
    seal_derive(seal, SEAL_MARK, "", &mark);
    enum err_code rc = ERR_OK;
    if (!fits(seal, s, mark.s))
        return options->is_seal_key_lost ? forget_sealed(db, seal, mark.s, err)
                                         : refuse(options->seal_key_path, false, err);
    if (s->mark.len)
        return ERR_OK;
    rc = put_mark(db, mark.s, err);
    if (rc == ERR_OK)
        rc = read_sealed(db, s, err);
    return rc == ERR_OK && !fits(seal, s, mark.s) ? refuse(options->seal_key_path, false, err) : rc;
}

enum err_code store_seal_open(struct db *db, const struct store_options *options, struct seal **ret,
                              struct err *err)
{
    struct sealed s = {SBUF_INIT, SBUF_INIT, SBUF_INIT};
    struct seal *seal = NULL;
    enum err_code rc = read_sealed(db, &s, err);
    bool is_used = s.mark.len || s.text.len;
    if (rc == ERR_OK && is_used && !options->is_seal_key_lost &&
        access(options->seal_key_path, F_OK) != 0 && errno == ENOENT)
        rc = refuse(options->seal_key_path, true, err);
    if (rc == ERR_OK)
        rc = seal_load(&seal, options->seal_key_path, err);
    if (rc == ERR_OK)
        rc = compare(db, options, seal, &s, err);
    sealed_release(&s);
    if (rc != ERR_OK) {
        seal_free(seal);
        return rc;
    }
    *ret = seal;
    return ERR_OK;
}
