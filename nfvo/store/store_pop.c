#include "nfvo/store/store_pop.h"

#include <sodium.h>
#include <string.h>

#include "nfvo/store/internal.h"
#include "nfvo/store/seal.h"

#define SQL_VISIBLE "p." SQL_POP_IS_SEEN
#define SQL_COLUMNS "SELECT p.doc, s.sealed, p.id FROM pop p LEFT JOIN secret s ON s.owner = p.id "

#define MASK "**********" /* rest-api.md 1.6 */

static const char *value_of(const struct vim_instance *pop, const struct proto_field *f)
{
    const char *value;
    memcpy(&value, (const char *)pop + f->offset, sizeof(value));
    return value;
}

static void set_value(struct vim_instance *pop, const struct proto_field *f, const char *value)
{
    memcpy((char *)pop + f->offset, &value, sizeof(value));
}

static bool is_secret(const struct proto_field *f)
{
    return (f->flags & SECRET) && f->kind == PROTO_STR;
}

void store_wipe(struct sbuf *b)
{
    if (b->cap)
        sodium_memzero(b->s, b->cap);
    sbuf_release(b);
}

/* --- documents with their secrets, spliced -------------------------------------------------- */

/* The sealed text of a PoP as a struct that holds nothing but secrets. */
static enum err_code read_secrets(const struct seal *seal, const char *id, const char *sealed,
                                  struct arena *a, struct vim_instance **ret, struct err *err)
{
    AUTO(store_wipe) struct sbuf text = SBUF_INIT;
    *ret = proto_new(&vim_instance_type, a);
    if (!sealed)
        return ERR_OK;
    enum err_code rc = seal_unwrap(seal, id, sealed, &text, err);
    if (rc == ERR_OK)
        rc = proto_decode(&vim_instance_type, text.s, text.len, 0, a, ret, err);
    return rc;
}

/* doc without its last brace, the secrets (or asterisks) as further members, and the brace. */
static void splice(const char *doc, size_t len, const struct vim_instance *secrets, bool is_masked,
                   struct sbuf *out)
{
    while (len > 0 && doc[len - 1] != '}')
        len--;
    if (len < 2)
        return;
    sbuf_add(out, doc, len - 1);
    bool is_empty = out->s[out->len - 1] == '{';
    for (uint32_t i = 0; i < vim_instance_type.n_fields; i++) {
        const struct proto_field *f = &vim_instance_type.fields[i];
        const char *value = is_secret(f) ? value_of(secrets, f) : NULL;
        if (!value || !*value)
            continue;
        sbuf_addf(out, "%s\"%s\":", is_empty ? "" : ",", f->wire);
        proto_quotes(out, is_masked ? MASK : value);
        is_empty = false;
    }
    sbuf_addc(out, '}');
}

enum err_code store_pop_text(const struct seal *seal, const struct store_pop_text *pop,
                             bool is_masked, struct sbuf *out, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vim_instance *secrets;
    enum err_code rc = read_secrets(seal, pop->id, pop->sealed, &a, &secrets, err);
    if (rc == ERR_OK)
        splice(pop->doc, pop->len, secrets, is_masked, out);
    return rc;
}

static enum err_code read_one(struct db *db, const struct db_statement *st, const char *id,
                              const char *project, const struct seal *seal, bool is_masked,
                              struct sbuf *out, struct err *err)
{
    struct db_result res;
    enum err_code rc =
        db_query(db, st, DB_PARAMS(db_param_text(id), db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    if (db_rows(&res) == 0)
        rc = err_set(err, ERR_NOT_FOUND, "VIM Instance with ID %s not found.", id);
    else
        rc = store_pop_text(seal,
                            &(struct store_pop_text){.id = db_text(&res, 0, 2),
                                                     .doc = db_text(&res, 0, 0),
                                                     .len = db_len(&res, 0, 0),
                                                     .sealed = db_text(&res, 0, 1)},
                            is_masked, out, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_pop_open(struct db *db, const struct seal *seal, const char *pop_id,
                             struct sbuf *out, struct err *err)
{
    static const struct db_statement open = {"pop_open", SQL_COLUMNS
                                             "WHERE p.id = $1::text AND $2::text IS NOT NULL"};
    return read_one(db, &open, pop_id, "*", seal, false, out, err);
}

#define SQL_POP_IN_PROJECT "($2::text = '*' OR p.project_id = $2::text)"

static const struct db_statement get_one = {
    "pop_get", SQL_COLUMNS "WHERE p.id = $1::text AND " SQL_VISIBLE " AND " SQL_POP_IN_PROJECT};

enum err_code store_pop_get(struct db *db, const struct seal *seal, const char *pop_id,
                            const char *project, struct sbuf *out, struct err *err)
{
    return read_one(db, &get_one, pop_id, project, seal, true, out, err);
}

enum err_code store_pop_show(struct db *db, const struct seal *seal, const char *pop_id,
                             const char *project, bool is_masked, struct sbuf *out, struct err *err)
{
    return read_one(db, &get_one, pop_id, project, seal, is_masked, out, err);
}

enum err_code store_pop_find(struct db *db, const struct seal *seal, const char *name,
                             const char *project, bool is_masked, struct sbuf *out, struct err *err)
{
    static const struct db_statement find = {"pop_find",
                                             SQL_COLUMNS "WHERE p.name = $1::text AND " SQL_VISIBLE
                                                         " AND " SQL_POP_IN_PROJECT};
    return read_one(db, &find, name, project, seal, is_masked, out, err);
}

/* --- secrets -------------------------------------------------------------------------------- */

static enum err_code load_secrets(struct db *db, const struct seal *seal, const char *owner,
                                  struct arena *a, struct vim_instance **ret, struct err *err)
{
    static const struct db_statement get = {"secret_get",
                                            "SELECT sealed FROM secret WHERE owner = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &get, DB_PARAMS(db_param_text(owner)), &res, err);
    if (rc == ERR_OK)
        rc = read_secrets(seal, owner, db_rows(&res) ? db_text(&res, 0, 0) : NULL, a, ret, err);
    db_results_clear(db);
    return rc;
}

static bool is_kept(const char *value)
{
    return !value || !*value || strcmp(value, MASK) == 0;
}

enum err_code store_pop_unseal(struct db *db, const struct seal *seal, struct vim_instance *pop,
                               struct arena *a, struct err *err)
{
    struct vim_instance *secrets;
    enum err_code rc = load_secrets(db, seal, pop->id, a, &secrets, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < vim_instance_type.n_fields; i++) {
        const struct proto_field *f = &vim_instance_type.fields[i];
        if (is_secret(f) && is_kept(value_of(pop, f)))
            set_value(pop, f, value_of(secrets, f));
    }
    return ERR_OK;
}

enum err_code store_pop_seal(struct db *db, const struct seal *seal, struct vim_instance *pop,
                             struct arena *a, struct err *err)
{
    static const struct db_statement set = {
        "secret_set", "INSERT INTO secret (owner, sealed) VALUES ($1, $2) "
                      "ON CONFLICT (owner) DO UPDATE SET sealed = excluded.sealed"};
    enum err_code rc = store_pop_unseal(db, seal, pop, a, err);
    if (rc != ERR_OK)
        return rc;
    AUTO(store_wipe) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    struct vim_instance *secrets = proto_new(&vim_instance_type, a);
    for (uint32_t i = 0; i < vim_instance_type.n_fields; i++) {
        const struct proto_field *f = &vim_instance_type.fields[i];
        if (is_secret(f))
            set_value(secrets, f, value_of(pop, f));
    }
    proto_encode(&vim_instance_type, secrets, 0, &text);
    seal_wrap(seal, pop->id, text.s, text.len, &sealed);
    return store_write(db, &set, DB_PARAMS(db_param_text(pop->id), db_param_text(sealed.s)), NULL,
                       err);
}

enum err_code store_secret_delete(struct db *db, const char *owner, struct err *err)
{
    static const struct db_statement remove = {"secret_delete",
                                               "DELETE FROM secret WHERE owner = $1"};
    return store_write(db, &remove, DB_PARAMS(db_param_text(owner)), NULL, err);
}

/* --- questions ------------------------------------------------------------------------------ */

enum err_code store_pop_names(struct db *db, const char *project, struct arena *a,
                              struct store_pop **ret, uint32_t *ret_n, struct err *err)
{
    static const struct db_statement names = {
        "pop_names", "SELECT id, name, type FROM pop p WHERE " SQL_VISIBLE
                     " AND ($1::text = '*' OR project_id = $1::text) ORDER BY created_at, id"};
    struct db_result res;
    enum err_code rc = db_query(db, &names, DB_PARAMS(db_param_text(project)), &res, err);
    if (rc != ERR_OK)
        return rc;
    uint32_t n = (uint32_t)db_rows(&res);
    struct store_pop *rows = arena_alloc(a, (n + 1) * sizeof(*rows));
    for (uint32_t i = 0; i < n; i++)
        rows[i] = (struct store_pop){arena_strdup(a, db_text(&res, (int)i, 0)),
                                     arena_strdup(a, db_text(&res, (int)i, 1)),
                                     arena_strdup(a, db_text(&res, (int)i, 2))};
    db_results_clear(db);
    *ret = rows;
    *ret_n = n;
    return ERR_OK;
}

static enum err_code ask(struct db *db, const struct db_statement *st,
                         const struct db_param *params, size_t n, bool *ret, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    db_results_clear(db);
    return rc;
}

enum err_code store_pop_name_taken(struct db *db, const char *project, const char *name,
                                   const char *except_id, bool *ret, struct err *err)
{
    static const struct db_statement taken = {
        "pop_name_taken", "SELECT EXISTS (SELECT 1 FROM pop WHERE project_id = $1 AND name = $2 "
                          "AND id <> coalesce($3::text, ''))"};
    return ask(db, &taken,
               DB_PARAMS(db_param_text(project), db_param_text(name), db_param_text(except_id)),
               ret, err);
}

enum err_code store_pop_in_use(struct db *db, const char *pop_id, bool *ret, struct err *err)
{
    /* Instances say where something runs; an NSR that has none yet says where it may. */
    static const struct db_statement used = {
        "pop_in_use", "SELECT EXISTS (SELECT 1 FROM instance i JOIN nsr n ON n.id = i.agg WHERE "
                      "i.pop_id = $1 AND n." SQL_NSR_IS_SEEN
                      ") OR EXISTS (SELECT 1 FROM nsr WHERE " SQL_NSR_IS_SEEN
                      " AND $1 = ANY (string_to_array(pops, ',')))"};
    return ask(db, &used, DB_PARAMS(db_param_text(pop_id)), ret, err);
}
