/* One flush-and-read loop for all that was queued. Knows a connection only as what can break: who connects is above
 * (connect.c listens again by this loop, pipeline.c connects before it queues). */
#include "common/db/internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

static const struct db_statement rollback = {"rollback", "ROLLBACK"};

/* --- queueing --- */

void db_queue_push(struct db *db, enum db_entry_kind kind, const struct db_statement *statement)
{
    db->queue[db->n_queue++] = (struct db_entry){.kind = kind, .statement = statement};
}

void db_queue_control(struct db *db, enum db_entry_kind kind, const struct db_statement *statement,
                      const char *sql)
{
    if (PQsendQueryParams(db->pg, sql, 0, NULL, NULL, NULL, NULL, 0))
        db_queue_push(db, kind, statement);
    else
        db_error_of_connection(&db->failed, db->pg, statement->name);
}

/* --- reading --- */

/* What the kernel holds for us. The difference around a read is what was read, at least: libpq
 * takes as much as its buffer has room for and leaves the rest, so what is there before a read was
 * often there before the last one as well. What comes in during a read is not counted. */
static int unread(int fd)
{
    int n = 0;
    return ioctl(fd, FIONREAD, &n) == 0 ? n : 0;
}

enum err_code db_await(struct db *db, int64_t deadline_ms, struct err *err)
{
    while (PQisBusy(db->pg)) {
        /* Both directions at once: a server that waits for us to read would never read the rest of
         * what we send. */
        int unsent = PQflush(db->pg);
        struct pollfd fd = {.fd = PQsocket(db->pg),
                            .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
        int64_t left = deadline_ms - db_clock_ms();
        int ready = left > 0 ? poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0) {
            err_set(err, ERR_UNAVAIL, "the database did not answer in time");
            return err_hint(err, "the connection is dropped; is the server or the way to it dead?");
        }
        if ((fd.revents & ~POLLOUT) == 0)
            continue;
        int before = unread(fd.fd);
        if (!PQconsumeInput(db->pg))
            return db_error_of_connection(err, db->pg, "database connection");
        int after = unread(fd.fd);
        db->received += before > after ? (size_t)(before - after) : 0;
        if (db->received > db->max_result_bytes) {
            err_set(err, ERR_LIMIT, "the results of one pipeline are larger than %zu bytes",
                    db->max_result_bytes);
            return err_hint(err, "ask for fewer rows at a time (max_result_bytes in db_options)");
        }
    }
    return ERR_OK;
}

struct reading {
    int64_t deadline_ms;
    size_t at;        /* index in the queue */
    struct err first; /* of the statement that failed; the server skips all behind it */
    size_t failed_at;
    bool is_committed;
};

static void note_failure(struct reading *r, const struct db_statement *statement,
                         const PGresult *res)
{
    if (r->first.code != ERR_OK)
        return;
    db_error_of_result(&r->first, statement, res);
    r->failed_at = r->at;
}

/* Takes res. */
static void take_result(struct db *db, struct reading *r, PGresult *res)
{
    const struct db_entry *entry = &db->queue[r->at];
    switch (PQresultStatus(res)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (entry->kind == DB_ENTRY_PREPARE)
            *db_prepared_find(db, entry->statement) = DB_PREPARED;
        if (entry->kind == DB_ENTRY_COMMIT)
            r->is_committed = true;
        if (entry->kind == DB_ENTRY_STATEMENT) {
            db->result_statements[db->n_results] = entry->statement;
            db->results[db->n_results++] = res;
            return;
        }
        break;
    case PGRES_PIPELINE_ABORTED:
        break;
    default: /* an error; or COPY and the like, which no statement of ours is */
        note_failure(r, entry->statement, res);
        break;
    }
    PQclear(res);
}

/* All entries and the sync behind them. On failure the connection is of no use any more. */
static enum err_code read_all(struct db *db, struct reading *r, struct err *err)
{
    if (!PQpipelineSync(db->pg))
        return db_error_of_connection(err, db->pg, "database connection");
    for (r->at = 0; r->at <= db->n_queue; r->at++) {
        for (;;) {
            enum err_code rc = db_await(db, r->deadline_ms, err);
            if (rc != ERR_OK)
                return rc;
            PGresult *res = PQgetResult(db->pg);
            if (PQstatus(db->pg) == CONNECTION_BAD &&
                (!res || !PQresultErrorField(res, PG_DIAG_SQLSTATE))) {
                PQclear(res);
                return db_error_of_connection(err, db->pg, "database connection");
            }
            if (!res)
                break;
            if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
                PQclear(res);
                if (r->at == db->n_queue)
                    return ERR_OK;
                return err_set(err, ERR_INTERNAL, "database pipeline out of step");
            }
            if (r->at < db->n_queue)
                take_result(db, r, res);
            else
                PQclear(res);
        }
    }
    return err_set(err, ERR_INTERNAL, "database pipeline out of step");
}

static void drop_results(struct db *db, size_t keep)
{
    while (db->n_results > keep)
        PQclear(db->results[--db->n_results]);
}

/* The connection broke while the pipeline was read: was the COMMIT done? */
static enum err_code outcome_of_lost(const struct db *db, const struct reading *r, struct err *err)
{
    bool has_commit = db->n_queue && db->queue[db->n_queue - 1].kind == DB_ENTRY_COMMIT;
    bool is_definite = r->first.code != ERR_OK && r->failed_at + 1 < db->n_queue;
    if (r->is_committed)
        return ERR_OK; /* its answer came before the end did */
    if (r->first.code != ERR_OK)
        *err = r->first; /* the server said why it left, which beats "connection closed" */
    if (has_commit && !is_definite) {
        err->code = ERR_UNKNOWN;
        err->hint[0] = '\0';
        err_hint(err, "the transaction may or may not have been committed: look before repeating");
    }
    return err->code;
}

enum err_code db_run(struct db *db, struct err *err)
{
    struct reading r = {.deadline_ms = db_clock_ms() + db->reply_timeout_ms};
    struct err lost = ERR_INIT;
    size_t keep = db->n_results;
    db->received = 0;
    db->stats.round_trips++;
    enum err_code rc = read_all(db, &r, &lost);
    if (rc != ERR_OK) {
        rc = outcome_of_lost(db, &r, &lost);
        db_disconnect(db);
        if (rc != ERR_OK)
            r.first = lost;
    } else {
        if (r.first.code != ERR_OK)
            db_prepared_settle(db);
        db->n_queue = db->n_statements = 0;
        if (r.is_committed)
            db->in_transaction = false;
        rc = r.first.code;
    }
    if (rc == ERR_OK)
        return ERR_OK;

    drop_results(db, keep);
    db->stats.failures++;
    db->in_transaction = false;
    if (err)
        *err = r.first;
    if (!db->pg)
        return rc;
    db->wants_renewal = db_error_outdates(&r.first);
    if (PQtransactionStatus(db->pg) != PQTRANS_IDLE)
        db_rollback(db);
    return rc;
}

/* --- undoing --- */

void db_rollback(struct db *db)
{
    size_t keep = db->n_results;
    bool is_open = db->n_queue || (db->pg && PQtransactionStatus(db->pg) != PQTRANS_IDLE);
    db->failed = (struct err)ERR_INIT;
    db->in_transaction = false;
    if (!is_open)
        return;
    /* Behind what is queued already; without BEGIN it ends the pipeline's own transaction, too. */
    db_queue_control(db, DB_ENTRY_OTHER, &rollback, rollback.sql);
    if (db->failed.code != ERR_OK || PQstatus(db->pg) != CONNECTION_OK)
        db_disconnect(db);
    else
        err_ignore(db_run(db, NULL), "a failed statement is undone, a lost connection as well");
    if (db->pg && PQtransactionStatus(db->pg) != PQTRANS_IDLE)
        db_disconnect(db);
    drop_results(db, keep);
    db->failed = (struct err)ERR_INIT;
}
