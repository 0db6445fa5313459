#include "common/db/internal.h"

#include "common/base/hash.h"
#include "common/base/mem.h"

#include <stdlib.h>

/* --- which statements this connection knows --- */

static struct db_prepared *slot_of(struct db_prepared *table, size_t size,
                                   const struct db_statement *statement)
{
    size_t i = ((uintptr_t)statement >> 4) * 0x9E3779B97F4A7C15u >> 20;
    while (table[i & (size - 1)].statement && table[i & (size - 1)].statement != statement)
        i++;
    return &table[i & (size - 1)];
}

/* The pointer is good until the next call. */
enum db_prepared_state *db_prepared_find(struct db *db, const struct db_statement *statement)
{
    if (db->n_prepared * 2 >= db->prepared_size) {
        size_t size = db->prepared_size ? db->prepared_size * 2 : 64;
        struct db_prepared *table = xcalloc(size, sizeof(*table));
        for (size_t i = 0; i < db->prepared_size; i++)
            if (db->prepared[i].statement)
                *slot_of(table, size, db->prepared[i].statement) = db->prepared[i];
        free(db->prepared);
        db->prepared = table;
        db->prepared_size = size;
    }
    struct db_prepared *slot = slot_of(db->prepared, db->prepared_size, statement);
    if (!slot->statement) {
        slot->statement = statement;
        db->n_prepared++;
    }
    return &slot->state;
}

void db_prepared_settle(struct db *db)
{
    for (size_t i = 0; i < db->n_queue; i++)
        if (db->queue[i].kind == DB_ENTRY_PREPARE) {
            enum db_prepared_state *state = db_prepared_find(db, db->queue[i].statement);
            if (*state == DB_PREPARING)
                *state = DB_UNPREPARED;
        }
}

void db_prepared_clear(struct db *db)
{
    free(db->prepared);
    db->prepared = NULL;
    db->n_prepared = db->prepared_size = 0;
}

/* --- results --- */

bool db_result_next(struct db *db, struct db_result *ret)
{
    if (db->next_result == db->n_results)
        return false;
    *ret = (struct db_result){.statement = db->result_statements[db->next_result],
                              .pg = db->results[db->next_result]};
    db->next_result++;
    return true;
}

void db_results_clear(struct db *db)
{
    for (size_t i = 0; i < db->n_results; i++)
        PQclear(db->results[i]);
    db->n_results = db->next_result = 0;
}

int db_rows(const struct db_result *res)
{
    return PQntuples(res->pg);
}

int64_t db_affected(const struct db_result *res)
{
    /* "INSERT 0 3", "UPDATE 3", "SELECT 3", "CREATE TABLE"; PQcmdTuples wants a non-const result.
     */
    union {
        const void *in;
        PGresult *out;
    } pg = {.in = res->pg};
    return strtoll(PQcmdTuples(pg.out), NULL, 10);
}

bool db_is_null(const struct db_result *res, int row, int col)
{
    return PQgetisnull(res->pg, row, col);
}

const char *db_text(const struct db_result *res, int row, int col)
{
    return PQgetisnull(res->pg, row, col) ? NULL : PQgetvalue(res->pg, row, col);
}

size_t db_len(const struct db_result *res, int row, int col)
{
    return (size_t)PQgetlength(res->pg, row, col);
}

int64_t db_int64(const struct db_result *res, int row, int col)
{
    const char *text = db_text(res, row, col);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool db_bool(const struct db_result *res, int row, int col)
{
    const char *text = db_text(res, row, col);
    return text && text[0] == 't';
}

/* --- advisory locks --- */

const struct db_statement db_lock = {"db_lock", "SELECT pg_advisory_xact_lock($1::int8)"};
const struct db_statement db_lock_try = {"db_lock_try",
                                         "SELECT pg_try_advisory_xact_lock($1::int8)"};
const struct db_statement db_lock_try_many = {"db_lock_try_many",
                                              "SELECT key FROM unnest($1::int8[]) AS k(key)"
                                              " WHERE pg_try_advisory_xact_lock(key)"};
const struct db_statement db_lock_try_session = {"db_lock_try_session",
                                                 "SELECT pg_try_advisory_lock($1::int8)"};
const struct db_statement db_unlock_session = {"db_unlock_session",
                                               "SELECT pg_advisory_unlock($1::int8)"};

/* Compared between processes of different versions: it must never change. */
int64_t db_lock_key(const char *space, const char *id)
{
    uint64_t hash = hash_text(HASH_START, space);
    hash = hash_byte(hash, 0xff); /* of no UTF-8 text: ("a", "bc") is not ("ab", "c") */
    hash = hash_text(hash, id);
    return (int64_t)hash;
}
