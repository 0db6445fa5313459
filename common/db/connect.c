#include "common/db/internal.h"

#include <stdio.h>

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
