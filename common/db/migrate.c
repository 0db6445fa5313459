#include "common/db/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A step that rewrites a large table takes its time; a lock that it waits for holds up everyone
 * behind it. */
enum { STEP_MS = 600000, STEP_LOCK_MS = 30000 };

static const struct db_statement script = {"db_migrate", NULL};
static const struct db_statement has_schema = {"db_has_schema",
                                               "SELECT to_regnamespace($1) IS NOT NULL"};
/* current_schema is NULL, and so is the answer, when no schema of the search path exists. */
static const struct db_statement has_table = {
    "db_has_schema_version", "SELECT to_regclass(current_schema || '.schema_version') IS NOT NULL"};
static const char create_table[] = "CREATE TABLE schema_version ("
                                   " version int4 PRIMARY KEY,"
                                   " name text NOT NULL,"
                                   " checksum text NOT NULL,"
                                   " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())";
static const struct db_statement applied = {
    "db_applied", "SELECT version, name, checksum FROM schema_version ORDER BY version"};
static const struct db_statement record = {"db_record",
                                           "INSERT INTO schema_version (version, name, checksum)"
                                           " VALUES ($1::int4, $2::text, $3::text)"};

static void checksum_of(const char *sql, char ret[static 17])
{
    snprintf(ret, 17, "%016" PRIx64, (uint64_t)db_lock_key("migration", sql));
}

/* PostgreSQL counts characters, from 1. */
static int line_of(const char *sql, const char *position)
{
    int left = position ? atoi(position) - 1 : 0, line = 1;
    for (const char *s = sql; *s && left > 0; s++) {
        left -= ((unsigned char)s[1] & 0xC0) != 0x80;
        line += *s == '\n';
    }
    return line;
}

/* Run a text of any number of statements by the simple protocol, which pipelines do not speak.
 * Results are dropped. `file` names it in err.where, NULL for our own. On failure the connection is
 * dropped, and with it locks and transaction. */
static enum err_code run_script(struct db *db, const char *sql, const char *file, struct err *err)
{
    int64_t deadline = db_clock_ms() + STEP_MS + 10000;
    struct err first = ERR_INIT;
    enum err_code rc = ERR_OK;
    PGresult *res = NULL;
    db->received = 0;
    db->stats.round_trips++;
    if (!PQexitPipelineMode(db->pg) || !PQsendQuery(db->pg, sql))
        rc = db_error_of_connection(&first, db->pg, script.name);
    while (rc == ERR_OK && (rc = db_await(db, deadline, &first)) == ERR_OK &&
           (res = PQgetResult(db->pg)) != NULL) {
        ExecStatusType status = PQresultStatus(res);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_EMPTY_QUERY) {
            rc = db_error_of_result(&first, &script, res);
            if (file && PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION)) {
                first.where[0] = '\0';
                int line = line_of(sql, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION));
                err_where(&first, "%s:%d", file, line);
            } else if (file) {
                err_where(&first, "%s", file);
            }
        }
        PQclear(res);
    }
    if (rc == ERR_OK && !PQenterPipelineMode(db->pg))
        rc = db_error_of_connection(&first, db->pg, script.name);
    if (rc == ERR_OK)
        return ERR_OK;
    db_disconnect(db);
    db->stats.failures++;
    if (err)
        *err = first;
    return rc;
}

enum err_code db_script(struct db *db, const char *sql, struct err *err)
{
    if (db->in_transaction || db->n_queue)
        return err_set(err, ERR_INTERNAL, "script: a transaction or pipeline is open");
    enum err_code rc = db_connect(db, err);
    return rc == ERR_OK ? run_script(db, sql, NULL, err) : rc;
}

static enum err_code ask(struct db *db, const struct db_statement *statement, const char *param,
                         bool *ret, struct err *err)
{
    struct db_result res;
    struct db_param p = db_param_text(param);
    enum err_code rc = db_query(db, statement, &p, param ? 1 : 0, &res, err);
    if (rc == ERR_OK)
        *ret = db_bool(&res, 0, 0);
    return rc;
}

/* --- checks --- */

static enum err_code check_table(const struct db_migration *table, size_t n, struct err *err)
{
    if (n == 0 || table[0].version < 1)
        return err_set(err, ERR_INTERNAL, "migrations: the table must begin at 1 or later");
    for (size_t i = 1; i < n; i++)
        if (table[i].version != table[i - 1].version + 1)
            return err_set(err, ERR_INTERNAL, "migration %d: comes behind %d", table[i].version,
                           table[i - 1].version);
    return ERR_OK;
}

static enum err_code too_new(int version, int known, struct err *err)
{
    err_set(err, ERR_STATE, "database schema is at version %d, this program knows up to %d",
            version, known);
    return err_hint(err, "a newer release has upgraded it: run that release, or restore a backup");
}

static enum err_code too_old(int version, int needed, struct err *err)
{
    err_set(err, ERR_STATE, "database schema is at version %d, this program needs %d or later",
            version, needed);
    return err_hint(err, "start the release (or the process) that upgrades it to %d first", needed);
}

/* What is recorded must be what the table says. */
static enum err_code check_applied(const struct db_migration *table, size_t n,
                                   const struct db_result *rows, struct err *err)
{
    int first = table[0].version, last = table[n - 1].version;
    for (int i = 0; i < db_rows(rows); i++) {
        int version = (int)db_int64(rows, i, 0);
        char sum[17];
        if (version < first || version > last)
            continue;
        const struct db_migration *m = &table[version - first];
        checksum_of(m->sql, sum);
        if (strcmp(sum, db_text(rows, i, 2)) == 0)
            continue;
        err_set(err, ERR_STATE, "migration %04d '%s': its text differs from what was applied",
                version, m->name);
        return err_hint(err, "applied migrations are never edited: undo the edit, add a new file");
    }
    return ERR_OK;
}

/* The schema's version, 0 for none; *ret_rows as long as results are not cleared. */
static enum err_code read_applied(struct db *db, struct db_result *ret_rows, int *ret_version,
                                  struct err *err)
{
    enum err_code rc = db_query(db, &applied, NULL, 0, ret_rows, err);
    if (rc == ERR_OK)
        *ret_version = db_rows(ret_rows) ? (int)db_int64(ret_rows, db_rows(ret_rows) - 1, 0) : 0;
    return rc;
}

/* --- applying --- */

static enum err_code apply_step(struct db *db, const struct db_migration *m, struct err *err)
{
    char file[96], sum[17];
    struct db_result res;
    snprintf(file, sizeof(file), "%04d_%s.sql", m->version, m->name);
    checksum_of(m->sql, sum);
    enum err_code rc = run_script(db, "BEGIN", NULL, err);
    if (rc == ERR_OK)
        rc = run_script(db, m->sql, file, err);
    if (rc != ERR_OK)
        return rc;
    if (PQtransactionStatus(db->pg) != PQTRANS_INTRANS) {
        err_set(err, ERR_INTERNAL, "the text ends its transaction");
        return err_hint(err, "leave out COMMIT and ROLLBACK: each file is one transaction");
    }
    rc = db_query(db, &record,
                  DB_PARAMS(db_param_int(m->version), db_param_text(m->name), db_param_text(sum)),
                  &res, err);
    return rc != ERR_OK ? rc : run_script(db, "COMMIT", NULL, err);
}

static enum err_code prepare_schema(struct db *db, struct err *err)
{
    char sql[DB_NAME_SIZE + 32];
    bool is_there = true;
    enum err_code rc = ERR_OK;
    /* Asked first: CREATE ... IF NOT EXISTS needs the right to create also where nothing is to be
     * created. */
    if (db->schema)
        rc = ask(db, &has_schema, db->schema, &is_there, err);
    if (rc == ERR_OK && !is_there) {
        snprintf(sql, sizeof(sql), "CREATE SCHEMA %s", db->schema);
        rc = run_script(db, sql, NULL, err);
    }
    if (rc == ERR_OK)
        rc = ask(db, &has_table, NULL, &is_there, err);
    if (rc == ERR_OK && !is_there)
        rc = run_script(db, create_table, NULL, err);
    return rc;
}

static enum err_code apply_missing(struct db *db, const struct db_migration *table, size_t n,
                                   struct err *err)
{
    struct db_result rows;
    int version = 0, first = table[0].version, last = table[n - 1].version;
    enum err_code rc = prepare_schema(db, err);
    if (rc == ERR_OK)
        rc = read_applied(db, &rows, &version, err);
    if (rc != ERR_OK)
        return rc;
    if (version > last)
        return too_new(version, last, err);
    if (version < first - 1)
        return too_old(version, first - 1, err);
    rc = check_applied(table, n, &rows, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        if (table[i].version <= version)
            continue;
        rc = apply_step(db, &table[i], err);
        if (rc != ERR_OK)
            err_add(err, "migration %04d '%s'", table[i].version, table[i].name);
    }
    return rc;
}

enum err_code db_migrate(struct db *db, const struct db_migration *table, size_t n, struct err *err)
{
    char lock[256];
    /* One lock for each schema of the database. It is the session's, as each step commits on its
     * own. */
    int64_t key = db_lock_key("db_migrate", db->schema ? db->schema : "");
    enum err_code rc = check_table(table, n, err);
    if (rc == ERR_OK)
        rc = db_connect(db, err);
    if (rc != ERR_OK)
        return rc;
    snprintf(lock, sizeof(lock),
             "SET statement_timeout = %d; SET lock_timeout = %d; SELECT pg_advisory_lock(%" PRId64
             "); SET lock_timeout = %d",
             STEP_MS, STEP_MS, key, STEP_LOCK_MS);
    rc = run_script(db, lock, NULL, err);
    if (rc == ERR_OK)
        rc = apply_missing(db, table, n, err);
    db_results_clear(db);
    /* A connection of its own for what follows: the lock and the settings go with this one,
     * whatever happened on it. */
    db_disconnect(db);
    return rc;
}

enum err_code db_schema_check(struct db *db, int min, int max, int *ret_version, struct err *err)
{
    struct db_result rows;
    bool is_there = false;
    int version = 0;
    enum err_code rc = ask(db, &has_table, NULL, &is_there, err);
    if (rc == ERR_OK && is_there)
        rc = read_applied(db, &rows, &version, err);
    db_results_clear(db);
    if (rc != ERR_OK)
        return rc;
    if (version > max)
        return too_new(version, max, err);
    if (version < min)
        return too_old(version, min, err);
    if (ret_version)
        *ret_version = version;
    return ERR_OK;
}
