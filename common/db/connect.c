#include "common/db/internal.h"

#include "common/base/mem.h"

#include <ctype.h>
#include <stdio.h>
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

/* "-c name=value" for the startup packet: in force from the first statement on, without a round
 * trip. What the conninfo itself says in `options` comes last and wins. */
static void server_options(const struct db *db, const char *of_conninfo, struct sbuf *out)
{
    if (db->schema)
        sbuf_addf(out, "-c search_path=%s ", db->schema);
    sbuf_addf(out, "-c statement_timeout=%d -c lock_timeout=%d ", db->statement_timeout_ms,
              db->lock_timeout_ms);
    sbuf_addf(out, "-c idle_in_transaction_session_timeout=%d ", db->idle_timeout_ms);
    sbuf_addf(out, "-c client_min_messages=error %s %s", db->settings,
              of_conninfo ? of_conninfo : "");
}

static enum err_code conninfo_options(const struct db *db, struct sbuf *out, struct err *err)
{
    const char *given = NULL;
    PQconninfoOption *parsed = NULL;
    if (strchr(db->conninfo, '=') || strstr(db->conninfo, "://")) {
        char *why = NULL;
        parsed = PQconninfoParse(db->conninfo, &why);
        if (!parsed) {
            /* The parser quotes the piece it stumbles over, and that may be the password. */
            char text[128];
            snprintf(text, sizeof(text), "%s", why ? why : "out of memory");
            text[strcspn(text, "\n")] = '\0';
            PQfreemem(why);
            db_mask_quoted(text);
            err_set(err, ERR_INVALID, "database conninfo: %s", text);
            return err_hint(err,
                            "write host=... dbname=... user=..., or postgresql://user@host/db");
        }
        for (const PQconninfoOption *o = parsed; o->keyword; o++)
            if (strcmp(o->keyword, "options") == 0)
                given = o->val;
    }
    server_options(db, given, out);
    PQconninfoFree(parsed);
    return ERR_OK;
}

/* The default prints to stderr. */
static void ignore_notice(void *arg UNUSED, const PGresult *res UNUSED) {}

static PGconn *start(const struct db *db, const char *options)
{
    char connect_s[16], tcp_ms[16];
    snprintf(connect_s, sizeof(connect_s), "%d", (db->connect_timeout_ms + 999) / 1000);
    snprintf(tcp_ms, sizeof(tcp_ms), "%d", db->tcp_user_timeout_ms);
    /* The conninfo ("dbname") is expanded in its place: what stands before it is a default, what
     * stands behind it is forced. */
    const char *const keys[] = {"connect_timeout",
                                "tcp_user_timeout",
                                "keepalives",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "application_name",
                                "dbname",
                                "client_encoding",
                                "options",
                                NULL};
    const char *const values[] = {
        connect_s,    tcp_ms, "1",     "10", "3", "3", db->application_name,
        db->conninfo, "UTF8", options, NULL};
    return PQconnectdbParams(keys, values, 1);
}

static enum err_code listen_again(struct db *db, struct err *err)
{
    static const struct db_statement listen = {"db_listen", NULL};
    for (size_t i = 0; i < db->n_channels; i++) {
        char sql[DB_NAME_SIZE + 16];
        snprintf(sql, sizeof(sql), "LISTEN %s", db->channels[i]);
        db_queue_control(db, DB_ENTRY_OTHER, &listen, sql);
    }
    if (db->n_channels == 0)
        return ERR_OK;
    db->is_listening_anew = true;
    return db_run(db, err);
}

enum err_code db_connect(struct db *db, struct err *err)
{
    if (db->pg && !db->wants_renewal)
        return ERR_OK;
    db_disconnect(db);
    if (db->schema && !db_is_plain_name(db->schema))
        return err_set(err, ERR_INVALID, "database schema '%s': not a name of a-z, 0-9 and _",
                       db->schema);
    AUTO(sbuf_release) struct sbuf options = SBUF_INIT;
    enum err_code rc = conninfo_options(db, &options, err);
    if (rc != ERR_OK)
        return rc;

    db->pg = start(db, options.s);
    db->stats.connects++;
    if (!db->pg || PQstatus(db->pg) != CONNECTION_OK) {
        db->stats.failures++;
        db_error_of_connection(err, db->pg, "connect to the database");
        err_ignore(err_hint(err, "check that PostgreSQL runs and that the conninfo names it"),
                   "the code is known");
        db_disconnect(db);
        return ERR_UNAVAIL;
    }
    PQsetNoticeReceiver(db->pg, ignore_notice, NULL);
    if (PQsetnonblocking(db->pg, 1) != 0 || !PQenterPipelineMode(db->pg)) {
        db_error_of_connection(err, db->pg, "set up the connection");
        db_disconnect(db);
        return ERR_UNAVAIL;
    }
    return listen_again(db, err);
}
