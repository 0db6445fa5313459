#include "common/db/internal.h"

static const struct db_statement begin = {"begin", "BEGIN"};
static const struct db_statement commit = {"commit", "COMMIT"};

void db_begin(struct db *db)
{
    if (db->failed.code != ERR_OK)
        return;
    if (db->in_transaction || db->n_queue) {
        err_set(&db->failed, ERR_INTERNAL, "begin: a transaction or pipeline is open already");
        return;
    }
    if (db_connect(db, &db->failed) != ERR_OK)
        return;
    db_queue_control(db, DB_ENTRY_OTHER, &begin, begin.sql);
    db->in_transaction = true;
}

void db_send(struct db *db, const struct db_statement *statement, const struct db_param *params,
             size_t n)
{
    struct db_wire_params wire;
    if (db->failed.code != ERR_OK)
        return;
    if (!db->in_transaction && db->n_queue == 0 && db_connect(db, &db->failed) != ERR_OK)
        return;
    if (db->n_statements >= DB_MAX_PIPELINE || db->n_results + db->n_statements >= DB_MAX_RESULTS) {
        err_set(&db->failed, ERR_LIMIT, "statement '%s': %zu queued and %zu results not cleared",
                statement->name, db->n_statements, db->n_results);
        return;
    }
    if (db_params_encode(&wire, statement, params, n, &db->failed) != ERR_OK)
        return;
    enum db_prepared_state *state = db_prepared_find(db, statement);
    if (*state == DB_UNPREPARED) {
        if (!PQsendPrepare(db->pg, statement->name, statement->sql, 0, NULL)) {
            db_error_of_connection(&db->failed, db->pg, statement->name);
            return;
        }
        db_queue_push(db, DB_ENTRY_PREPARE, statement);
        *state = DB_PREPARING;
        db->stats.prepares++;
    }
    if (!PQsendQueryPrepared(db->pg, statement->name, (int)n, wire.values, wire.lengths,
                             wire.formats, 0)) {
        db_error_of_connection(&db->failed, db->pg, statement->name);
        return;
    }
    db_queue_push(db, DB_ENTRY_STATEMENT, statement);
    db->n_statements++;
    db->stats.statements++;
}

/* A failure of db_begin or db_send: nothing of the pipeline may take effect. */
static enum err_code give_up(struct db *db, struct err *err)
{
    struct err failed = db->failed;
    db_rollback(db);
    db->stats.failures++;
    if (err)
        *err = failed;
    return failed.code;
}

enum err_code db_sync(struct db *db, struct err *err)
{
    if (db->failed.code != ERR_OK)
        return give_up(db, err);
    return db->n_queue ? db_run(db, err) : ERR_OK;
}

enum err_code db_commit(struct db *db, struct err *err)
{
    if (db->failed.code == ERR_OK && !db->in_transaction)
        err_set(&db->failed, ERR_STATE, "commit: no transaction is open");
    if (db->failed.code == ERR_OK)
        db_queue_control(db, DB_ENTRY_COMMIT, &commit, commit.sql);
    if (db->failed.code != ERR_OK)
        return give_up(db, err);
    return db_run(db, err);
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction;
}

enum err_code db_query(struct db *db, const struct db_statement *statement,
                       const struct db_param *params, size_t n, struct db_result *ret,
                       struct err *err)
{
    if (db->failed.code == ERR_OK && db->n_statements)
        err_set(&db->failed, ERR_INTERNAL, "query '%s': statements are queued", statement->name);
    db_send(db, statement, params, n);
    enum err_code rc = db_sync(db, err);
    if (rc != ERR_OK)
        return rc;
    /* Its result is read here: move it before those that db_result_next has not given out. */
    size_t last = db->n_results - 1, next = db->next_result;
    PGresult *res = db->results[last];
    memmove(&db->results[next + 1], &db->results[next], (last - next) * sizeof(db->results[0]));
    memmove(&db->result_statements[next + 1], &db->result_statements[next],
            (last - next) * sizeof(db->result_statements[0]));
    db->results[next] = res;
    db->result_statements[next] = statement;
    db->next_result++;
    if (ret)
        *ret = (struct db_result){.statement = statement, .pg = res};
    return ERR_OK;
}
