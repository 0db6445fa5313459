/* PostgreSQL for one thread: a connection, static statements, pipelines, binary arrays,
 * notifications, migrations.
 *
 *     static const struct db_statement load = { "nsr_load", "SELECT ... ANY($1::text[])" };
 *     struct db *db = db_new(&(struct db_options){ .conninfo = "dbname=x", .schema = "nfvo" });
 *
 *     db_begin(db);                                             // queued, nothing sent yet
 *     db_send(db, &load, DB_PARAMS(db_param_array(&ids)));      // queued
 *     db_send(db, &clock, NULL, 0);                             // queued
 *     if (db_sync(db, err) != ERR_OK)                           // round trip 1
 *         return err_add(err, "load the batch");                // is rolled back already
 *     while (db_result_next(db, &res)) { ... }                  // one for each db_send, in order
 *     db_send(db, &save, DB_PARAMS(db_param_array(&ids), db_param_array(&docs)));
 *     rc = db_commit(db, err);                                  // round trip 2: save and COMMIT
 *     db_results_clear(db);
 *
 * Nothing but db_sync, db_commit, db_rollback, db_query, db_connect, db_wait_notify and db_migrate
 * waits for the server, each at most options.reply_timeout_ms. db_begin and db_send cannot fail for
 * the caller: what goes wrong there (no connection, a NUL byte in a text, too many statements) is
 * kept and returned by the next db_sync or db_commit, and nothing of that pipeline takes effect.
 * Without db_begin the statements between two db_sync are one transaction of their own.
 *
 * Errors (all functions): ERR_UNAVAIL no connection, or it was lost (the transaction is gone; the
 * next use connects again; back off by db_backoff_ms); ERR_UNKNOWN only from db_commit: the
 * connection was lost while the answer to COMMIT was awaited; ERR_TIMEOUT statement timeout;
 * ERR_EXISTS unique violation; ERR_STATE foreign key, deadlock, serialization failure, lock timeout
 * (the last three: db_is_retryable); ERR_INVALID text that PostgreSQL cannot hold; ERR_LIMIT
 * pipeline or result too large; ERR_INTERNAL anything else, that is, a bug of ours. err.sys is the
 * SQLSTATE (DB_SQLSTATE), err.where the constraint's name. No value of a parameter gets into an
 * error: PostgreSQL's detail ("Key (name)=(x) already exists") is stripped of it.
 *
 * One struct db belongs to one thread. Only this folder includes libpq. */
#ifndef COMMON_DB_DB_H
#define COMMON_DB_DB_H

#include "common/base/err.h"
#include "common/base/macros.h"
#include "common/base/sbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct db_result;

/* --- connection -------------------------------------------------------------------------- */

/* Times in milliseconds: 0 is the default in brackets, -1 switches the limit off. Strings are
 * copied. */
struct db_options {
    const char *conninfo; /* libpq's: "host=... dbname=..." or a URI; "" takes PGHOST and so on */
    const char *application_name; /* shown in pg_stat_activity; [baton] */
    const char *schema; /* search_path: lower case letters, digits, underscores; NULL: the user's */
    int connect_timeout_ms;   /* [5000] for each host; rounded up to seconds, at least 2 */
    int statement_timeout_ms; /* [10000] enforced by the server, for each statement */
    int lock_timeout_ms;      /* [3000] */
    int idle_in_transaction_timeout_ms; /* [30000] a half-dead client must not hold its locks */
    int tcp_user_timeout_ms; /* [15000] unacknowledged data; keepalives are 10 s + 3 * 3 s */
    int reply_timeout_ms; /* [2 * statement timeout + 1 s] for a whole pipeline; then the connection
                             is dropped */
    size_t max_result_bytes; /* [64 MiB] received in one pipeline; more drops the connection with
                                ERR_LIMIT */
    const char *settings;    /* of the session, "-c name=value ..."; NULL: none */
};

/* For connections whose statements all go by key, and are the same all day. PostgreSQL plans by how
 * large a table is when a statement is first used: small or empty. It would go on reading through
 * the whole of it until an ANALYZE comes by, a minute and thousands of rows later. Without jit,
 * because what cannot be done but by reading through seems expensive then. */
#define DB_SETTINGS_BY_KEY "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off"

struct db *db_new(const struct db_options *options); /* given; does not connect */
void db_free(struct db *db);

/* Connect now, if there is no connection; otherwise the first use does. Blocks for at most
 * connect_timeout_ms (plus name resolution). Errors: ERR_UNAVAIL; ERR_INVALID for a conninfo or
 * schema name that cannot be right. */
MUST_USE enum err_code db_connect(struct db *db, struct err *err);
void db_disconnect(struct db *db); /* the server rolls back; results stay valid */
bool db_is_connected(const struct db *db);
/* How long to wait before try number `attempt` (0, 1, ...): 50 ms doubling up to 5 s, of which the
 * upper half is spread by `random` (any 32 random bits), so that a fleet does not come back at
 * once. Pure. */
int db_backoff_ms(unsigned attempt, uint32_t random);

struct db_stats {
    uint64_t connects, round_trips, statements, prepares, failures;
};
struct db_stats db_stats(const struct db *db); /* since db_new, for metrics */

/* --- statements and their parameters ----------------------------------------------------- */

/* Static: its address is its identity, and its name must be unique within the process (it is the
 * name of the prepared statement, and what errors, logs and pg_stat_activity show). Prepared once
 * per connection, on first use, within the same round trip. Name the columns: "SELECT *" fails when
 * a migration adds one. Cast the parameters: "$1::text[]". */
struct db_statement {
    const char *name, *sql;
};

enum { DB_MAX_PARAMS = 64, DB_MAX_PIPELINE = 1024, DB_MAX_RESULTS = 4096 };

/* An array parameter, in PostgreSQL's binary format: nothing is escaped, quoted or parsed. Any
 * array can be reused after db_array_clear. This is how batches are written, one array per column:
 *     INSERT INTO nsr (id, doc) SELECT * FROM unnest($1::text[], $2::text[])
 *         ON CONFLICT (id) DO UPDATE SET doc = excluded.doc
 * The type in SQL must be the array's own (text[] for DB_TEXT_ARRAY, int8[], int4[], bool[]). */
struct db_array {
    struct sbuf data; /* internal */
    uint32_t element; /* PostgreSQL's type id */
    int n;
    bool has_null;
    const char *bad; /* why db_send refuses it, or NULL */
};
#define DB_ARRAY_(type)                                                                            \
    {                                                                                              \
        .data = SBUF_INIT, .element = (type)                                                       \
    }
#define DB_TEXT_ARRAY DB_ARRAY_(25)
#define DB_INT8_ARRAY DB_ARRAY_(20)
#define DB_INT4_ARRAY DB_ARRAY_(23)
#define DB_BOOL_ARRAY DB_ARRAY_(16)

void db_array_text(struct db_array *a, const char *text); /* copied; NULL adds a NULL */
void db_array_textn(struct db_array *a, const char *text, size_t len);
void db_array_int(struct db_array *a,
                  int64_t value); /* int8[] or int4[]; out of range for int4: refused when sent */
void db_array_bool(struct db_array *a, bool value);
void db_array_null(struct db_array *a);
void db_array_clear(struct db_array *a);
void db_array_release(struct db_array *a); /* for AUTO */

enum db_param_kind {
    DB_PARAM_NULL,
    DB_PARAM_TEXT,
    DB_PARAM_TEXTN,
    DB_PARAM_INT,
    DB_PARAM_BOOL,
    DB_PARAM_ARRAY
};
/* A value for $1, $2 ...; borrows what it points at until db_send returns. */
struct db_param {
    enum db_param_kind kind;
    const char *text;
    size_t len;
    int64_t i;
    struct db_array *array;
};

static inline struct db_param db_param_null(void)
{
    return (struct db_param){.kind = DB_PARAM_NULL};
}

/* Sent as text: fits any SQL type that can be written as such. NULL is SQL's NULL. */
static inline struct db_param db_param_text(const char *text)
{
    return (struct db_param){
        .kind = text ? DB_PARAM_TEXT : DB_PARAM_NULL, .text = text, .len = text ? strlen(text) : 0};
}

/* Not NUL-terminated, therefore sent in binary: the parameter's SQL type must be text. */
static inline struct db_param db_param_textn(const char *text, size_t len)
{
    return (struct db_param){
        .kind = text ? DB_PARAM_TEXTN : DB_PARAM_NULL, .text = text, .len = len};
}

static inline struct db_param db_param_int(int64_t value)
{
    return (struct db_param){.kind = DB_PARAM_INT, .i = value};
}

static inline struct db_param db_param_bool(bool value)
{
    return (struct db_param){.kind = DB_PARAM_BOOL, .i = value};
}

static inline struct db_param db_param_array(struct db_array *array)
{
    return (struct db_param){.kind = DB_PARAM_ARRAY, .array = array};
}

/* db_send(db, &stmt, DB_PARAMS(db_param_text(id), db_param_int(7))); each argument is evaluated
 * once. */
#define DB_PARAMS(...)                                                                             \
    (const struct db_param[]){__VA_ARGS__}, ARRAY_LEN(((const struct db_param[]){__VA_ARGS__}))

/* --- transactions and pipelines ---------------------------------------------------------- */

void db_begin(struct db *db); /* queues BEGIN; connects when needed */
void db_send(struct db *db, const struct db_statement *statement, const struct db_param *params,
             size_t n);
/* Send what is queued and wait until all of it is done. On failure the first failing statement's
 * error is returned, the transaction is rolled back, the pipeline's results are dropped, and the
 * connection is ready for the next db_begin. */
MUST_USE enum err_code db_sync(struct db *db, struct err *err);
/* Queue COMMIT, then as db_sync. ERR_STATE when no transaction is open. */
MUST_USE enum err_code db_commit(struct db *db, struct err *err);
/* Undo the open transaction and forget what is queued; harmless without one. Cannot fail: at worst
 * the connection is dropped. */
void db_rollback(struct db *db);
bool db_in_transaction(
    const struct db *db); /* db_begin was called, and neither end nor failure followed */

/* One statement, one round trip, its own transaction (or the open one): for simple reads. *ret is
 * as from db_result_next, and released by db_results_clear. Nothing else may be queued. ret may be
 * NULL. After ERR_UNAVAIL a *write* may have happened. */
MUST_USE enum err_code db_query(struct db *db, const struct db_statement *statement,
                                const struct db_param *params, size_t n, struct db_result *ret,
                                struct err *err);

/* --- results -------------------------------------------------------------------------------- */

/* A borrowed view: it and all texts in it live until db_results_clear or db_free, also past later
 * db_sync, db_commit and a lost connection. At most DB_MAX_RESULTS may be waiting for
 * db_results_clear (then: ERR_LIMIT, a leak of ours). */
struct db_result {
    const struct db_statement *statement;
    const void *pg;
};

bool db_result_next(struct db *db,
                    struct db_result *ret); /* false: no more; in the order of db_send */
void db_results_clear(struct db *db);

int db_rows(const struct db_result *res);
int64_t db_affected(const struct db_result *res); /* rows inserted, updated, deleted or selected */
bool db_is_null(const struct db_result *res, int row, int col);
const char *db_text(const struct db_result *res, int row, int col); /* NULL for SQL's NULL */
size_t db_len(const struct db_result *res, int row, int col);
int64_t db_int64(const struct db_result *res, int row, int col); /* 0 for NULL */
bool db_bool(const struct db_result *res, int row, int col);     /* false for NULL */

/* --- errors -------------------------------------------------------------------------------- */

/* As PostgreSQL packs it: err.sys == DB_SQLSTATE('4', '0', 'P', '0', '1') */
#define DB_SQLSTATE(a, b, c, d, e)                                                                 \
    ((((a) - '0') & 63) | (((b) - '0') & 63) << 6 | (((c) - '0') & 63) << 12 |                     \
     (((d) - '0') & 63) << 18 | (((e) - '0') & 63) << 24)
void db_sqlstate_text(int sqlstate, char ret[static 6]); /* "40P01" */
/* The same transaction may succeed when it is simply run again: serialization failure, deadlock,
 * lock timeout, and a prepared statement that a migration has outdated (the connection has been
 * renewed). */
bool db_is_retryable(const struct err *err);

/* --- advisory locks ---------------------------------------------------------------------- */

/* Statements for db_send and db_query; $1 is a key of db_lock_key. The try variants answer one
 * bool. */
extern const struct db_statement
    db_lock; /* waits (lock_timeout_ms); until the end of the transaction */
extern const struct db_statement db_lock_try; /* until the end of the transaction */
extern const struct db_statement
    db_lock_try_many; /* $1 int8[]: one row for each key that was got, in order */
extern const struct db_statement
    db_lock_try_session; /* until db_unlock_session or the end of the connection */
extern const struct db_statement db_unlock_session;
/* 64 bits of (space, id), stable over versions: db_lock_key("outbox", nsr_id). Different ids may,
 * rarely, share a key. */
int64_t db_lock_key(const char *space, const char *id);

/* --- notifications: a connection of its own, as its owner sleeps in db_wait_notify ------- */

struct db_notify {
    const char *channel, *payload; /* borrowed until the next db_wait_notify */
};

enum db_wait {
    DB_WAIT_NOTIFY,    /* *ret is filled */
    DB_WAIT_CONNECTED, /* LISTEN is in force since now: look at what you wait for, earlier
                          notifications are lost */
    DB_WAIT_WOKEN,     /* wake_fd is readable (it is not read) */
    DB_WAIT_TIMEOUT,
    DB_WAIT_LOST, /* *err says why; back off, call again: that connects and listens again */
};

/* Remember the channel (as a schema name; at most 16), and LISTEN to it now and after each
 * reconnect. */
MUST_USE enum err_code db_listen(struct db *db, const char *channel, struct err *err);
/* Wait for one notification. wake_fd: an eventfd of the caller, -1 for none; timeout_ms -1: for
 * ever. The first call, and the first one after a lost connection, answers DB_WAIT_CONNECTED at
 * once. Not inside a transaction. */
MUST_USE enum db_wait db_wait_notify(struct db *db, int wake_fd, int timeout_ms,
                                     struct db_notify *ret, struct err *err);

/* --- migrations -------------------------------------------------------------------------- */

/* One step of the schema: nfvo/store/migrations/0001_init.sql is { 1, "init", text }, embedded by
 * common/db/embed.mk. */
struct db_migration {
    int version;
    const char *name, *sql;
};

/* Bring options.schema up to date: create it when missing, and apply what is missing of the table
 * (ascending versions without gaps), each in a transaction of its own that also records it in
 * schema_version. Several processes may do so at once: one works, the others wait (an advisory
 * lock). Runs without statement timeout up to 10 minutes a step. A table that begins at version k >
 * 1 (older steps dropped from the program) needs a database at k - 1 or later. Errors: ERR_STATE
 * database newer than the table, too old for it, or an applied migration's text has been changed
 * (hint says what to do); the statement's own error, err.where = "0003_quota.sql:12". */
MUST_USE enum err_code db_migrate(struct db *db, const struct db_migration *table, size_t n,
                                  struct err *err);
/* Run a text of any number of statements, which are one transaction unless it says otherwise, and
 * drop their results: for tests and tools. Takes as long as a migration may. Not inside a
 * transaction or pipeline. On failure the connection is dropped. */
MUST_USE enum err_code db_script(struct db *db, const char *sql, struct err *err);
/* For processes that do not migrate: ERR_STATE unless min <= schema version <= max. ret_version may
 * be NULL. */
MUST_USE enum err_code db_schema_check(struct db *db, int min, int max, int *ret_version,
                                       struct err *err);

#endif
