#include "common/db/internal.h"

#include "common/base/mem.h"

#include <ctype.h>
#include <stdlib.h>

/* 0 is the default, negative is off (which PostgreSQL and libpq spell 0). */
static int setting(int value, int by_default)
{
    return value == 0 ? by_default : value < 0 ? 0 : value;
}

struct db *db_new(const struct db_options *options)
{
    struct db *db = xcalloc(1, sizeof(*db));
    db->conninfo = xstrdup(options->conninfo ? options->conninfo : "");
    db->application_name = xstrdup(options->application_name ? options->application_name : "baton");
    db->schema = options->schema ? xstrdup(options->schema) : NULL;
    db->settings = xstrdup(options->settings ? options->settings : "");
    db->connect_timeout_ms = setting(options->connect_timeout_ms, 5000);
    db->statement_timeout_ms = setting(options->statement_timeout_ms, 10000);
    db->lock_timeout_ms = setting(options->lock_timeout_ms, 3000);
    db->idle_timeout_ms = setting(options->idle_in_transaction_timeout_ms, 30000);
    db->tcp_user_timeout_ms = setting(options->tcp_user_timeout_ms, 15000);
    /* Switched off, too, it has an end: a dead peer must never block a worker for ever. */
    int statement_ms = db->statement_timeout_ms ? db->statement_timeout_ms : 300000;
    db->reply_timeout_ms = setting(options->reply_timeout_ms, 2 * statement_ms + 1000);
    if (db->reply_timeout_ms == 0)
        db->reply_timeout_ms = 3600000;
    db->max_result_bytes = options->max_result_bytes ? options->max_result_bytes : (size_t)64 << 20;
    return db;
}

void db_disconnect(struct db *db)
{
    if (db->notify)
        PQfreemem(db->notify);
    db->notify = NULL;
    PQfinish(db->pg);
    db->pg = NULL;
    db->n_queue = db->n_statements = 0;
    db->in_transaction = db->wants_renewal = db->is_listening_anew = false;
    db_prepared_clear(db);
}

void db_free(struct db *db)
{
    if (!db)
        return;
    db_disconnect(db);
    db_results_clear(db);
    free(db->conninfo);
    free(db->application_name);
    free(db->schema);
    free(db->settings);
    free(db);
}

bool db_is_connected(const struct db *db)
{
    return db->pg != NULL;
}

struct db_stats db_stats(const struct db *db)
{
    return db->stats;
}

int db_backoff_ms(unsigned attempt, uint32_t random)
{
    unsigned full = attempt >= 7 ? 5000 : 50u << attempt;
    return (int)(full / 2 + random % (full / 2 + 1));
}

bool db_is_plain_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n < DB_NAME_SIZE && name[n] == '\0' && !isdigit((unsigned char)name[0]);
}
