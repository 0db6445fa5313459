#include "nfvo/store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/store/internal.h"
#include "nfvo/store/store_seal.h"

extern const struct db_migration store_migrations[];
extern const size_t store_migrations_n;

struct store {
    const struct store_options *options;
    struct seal *seal;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct db **idle; /* last in, first out: few busy connections stay warm */
    size_t idle_n, all_n;
};

static struct db *connection(const struct store *s, const char *name, const char *settings)
{
    return db_new(&(struct db_options){.conninfo = s->options->conninfo,
                                       .application_name = name,
                                       .schema = s->options->schema,
                                       .settings = settings});
}

struct db *store_connection(const struct store *s, const char *application_name)
{
    return connection(s, application_name, DB_SETTINGS_BY_KEY);
}

enum err_code store_open(struct store **ret, const struct store_options *options, struct err *err)
{
    struct store *s = xcalloc(1, sizeof(*s));
    s->options = options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->returned, NULL);
    s->all_n = options->connections > 0 ? (size_t)options->connections : 1;
    s->idle = xcalloc(s->all_n, sizeof(s->idle[0]));
    while (s->idle_n < s->all_n)
        s->idle[s->idle_n++] = connection(s, "nfvo-api", NULL);
    enum err_code rc = db_migrate(s->idle[0], store_migrations, store_migrations_n, err);
    if (rc == ERR_OK)
        rc = store_seal_open(s->idle[0], options, &s->seal, err);
    if (rc != ERR_OK) {
        err_add(err, "open the store");
        store_close(s);
        return rc;
    }
    *ret = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->idle_n; i++)
        db_free(s->idle[i]);
    seal_free(s->seal);
    pthread_cond_destroy(&s->returned);
    pthread_mutex_destroy(&s->lock);
    free(s->idle);
    free(s);
}

struct db *store_borrow(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->idle_n == 0)
        pthread_cond_wait(&s->returned, &s->lock);
    struct db *db = s->idle[--s->idle_n];
    pthread_mutex_unlock(&s->lock);
    return db;
}

void store_return(struct store *s, struct db *db)
{
    if (!db)
        return;
    db_rollback(db);
    db_results_clear(db);
    pthread_mutex_lock(&s->lock);
    s->idle[s->idle_n++] = db;
    pthread_cond_signal(&s->returned);
    pthread_mutex_unlock(&s->lock);
}

const struct seal *store_seal(const struct store *s)
{
    return s->seal;
}

/* --- small helpers -------------------------------------------------------------------------- */

enum err_code store_read_array(struct db *db, const struct db_statement *st,
                               const struct db_param *params, size_t n, struct sbuf *out,
                               struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, params, n, &res, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addc(out, '[');
    for (int i = 0; i < db_rows(&res); i++) {
        if (i)
            sbuf_addc(out, ',');
        sbuf_add(out, db_text(&res, i, 0), db_len(&res, i, 0));
    }
    sbuf_addc(out, ']');
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_read_docs(struct db *db, const struct db_statement *st, struct arena *a,
                              struct store_docs *ret, struct err *err)
{
    struct db_result res;
    enum err_code rc = db_query(db, st, NULL, 0, &res, err);
    if (rc != ERR_OK)
        return rc;
    ret->n = (uint32_t)db_rows(&res);
    ret->at = arena_alloc(a, (ret->n + 1) * sizeof(ret->at[0]));
    for (uint32_t i = 0; i < ret->n; i++)
        ret->at[i] = (struct store_doc){arena_strdup(a, db_text(&res, (int)i, 0)),
                                        arena_strdup(a, db_text(&res, (int)i, 1))};
    db_results_clear(db);
    return ERR_OK;
}

enum err_code store_snapshot_begin(struct db *db, struct err *err)
{
    static const struct db_statement level = {
        "snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"};
    db_begin(db);
    db_send(db, &level, NULL, 0);
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    return rc;
}

enum err_code store_now(struct db *db, int64_t *ret_us, struct err *err)
{
    static const struct db_statement now = {"store_now", "SELECT " SQL_NOW};
    struct db_result res;
    enum err_code rc = db_query(db, &now, NULL, 0, &res, err);
    if (rc == ERR_OK)
        *ret_us = db_int64(&res, 0, 0);
    db_results_clear(db);
    return rc;
}
