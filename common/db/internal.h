/* What the files of this folder share; nobody else includes it (tests/unit/common/db excepted). */
#ifndef COMMON_DB_INTERNAL_H
#define COMMON_DB_INTERNAL_H

#include "common/db/db.h"

#include <postgresql/libpq-fe.h>
#include <time.h>

enum { DB_MAX_CHANNELS = 16, DB_NAME_SIZE = 64 };

enum db_entry_kind { DB_ENTRY_STATEMENT, DB_ENTRY_PREPARE, DB_ENTRY_COMMIT, DB_ENTRY_OTHER };

/* One command of the pipeline, in the order in which the server answers. */
struct db_entry {
    enum db_entry_kind kind;
    /* What errors name; a control statement's is static too */
    const struct db_statement *statement;
};

enum db_prepared_state { DB_UNPREPARED, DB_PREPARING, DB_PREPARED };

struct db_prepared {
    const struct db_statement *statement;
    enum db_prepared_state state;
};

struct db {
    char *conninfo, *application_name, *schema;
    char *settings;
    int connect_timeout_ms, statement_timeout_ms, lock_timeout_ms, idle_timeout_ms;
    int tcp_user_timeout_ms, reply_timeout_ms;
    size_t max_result_bytes;

    PGconn
        *pg; /* NULL: not connected. Always non-blocking and, but for scripts, in pipeline mode */
    struct db_prepared *prepared; /* open addressing; forgotten with the connection */
    size_t n_prepared, prepared_size;

    struct db_entry queue[DB_MAX_PIPELINE * 2 + DB_MAX_CHANNELS + 2];
    size_t n_queue, n_statements;
    struct err failed; /* what db_begin and db_send could not say; the next db_sync does */
    bool in_transaction;
    bool wants_renewal; /* prepared statements are outdated: reconnect before the next use */

    PGresult *results[DB_MAX_RESULTS];
    const struct db_statement *result_statements[DB_MAX_RESULTS];
    size_t n_results, next_result;
    size_t received; /* bytes of the pipeline that is being read */

    char channels[DB_MAX_CHANNELS][DB_NAME_SIZE];
    size_t n_channels;
    bool is_listening_anew; /* LISTEN was sent on this connection and its owner not told yet */
    PGnotify *notify;       /* the one lent to the caller */

    struct db_stats stats;
};

/* --- error.c: PostgreSQL's words into ours --- */

struct db_diag {
    const char *statement, *sqlstate, *message, *detail, *hint, *constraint, *function;
};

enum err_code db_error_code(const char *sqlstate, const char *function);
enum err_code db_error_set(struct err *err, const struct db_diag *diag);
enum err_code db_error_of_result(struct err *err, const struct db_statement *statement,
                                 const PGresult *res);
/* The connection's own message (libpq's), as ERR_UNAVAIL. */
enum err_code db_error_of_connection(struct err *err, const PGconn *pg, const char *what);
bool db_error_outdates(const struct err *err); /* a cached plan or prepared statement is stale */
void db_mask_quoted(char *text);               /* "..." for what stands between the double quotes */

/* --- param.c --- */

struct db_wire_params {
    const char *values[DB_MAX_PARAMS];
    int lengths[DB_MAX_PARAMS], formats[DB_MAX_PARAMS];
    char numbers[DB_MAX_PARAMS][24];
};

/* Fills *wire, which borrows from params. ERR_INVALID for NUL bytes, ERR_LIMIT for too many or too
 * large ones. */
enum err_code db_params_encode(struct db_wire_params *wire, const struct db_statement *statement,
                               const struct db_param *params, size_t n, struct err *err);

/* --- statement.c --- */

enum db_prepared_state *db_prepared_find(struct db *db, const struct db_statement *statement);
void db_prepared_settle(struct db *db); /* what was not confirmed is not prepared */
void db_prepared_clear(struct db *db);

/* --- run.c: below connect.c, which listens again by it --- */

/* Note what the server will answer to a message that is in libpq's buffer. */
void db_queue_push(struct db *db, enum db_entry_kind kind, const struct db_statement *statement);
/* Queue a control statement (BEGIN, LISTEN ...) that is not worth preparing. */
void db_queue_control(struct db *db, enum db_entry_kind kind, const struct db_statement *statement,
                      const char *sql);
enum err_code db_run(struct db *db, struct err *err); /* db_sync without looking at db->failed */
/* Flush and read until PQgetResult does not block. On failure the caller drops the connection. */
enum err_code db_await(struct db *db, int64_t deadline_ms, struct err *err);

/* A name that needs no quoting: [a-z_][a-z0-9_]*, at most 63 bytes. */
bool db_is_plain_name(const char *name);

static inline int64_t db_clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
