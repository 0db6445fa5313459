/* common/db on a real PostgreSQL: pipelines, failures in their midst, arrays, lost connections,
 * notifications. */
#include "common/db/db.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/database.h"

static const struct db_statement insert_one = {
    "insert_one", "INSERT INTO t (id, doc) VALUES ($1::text, $2::text)"};
static const struct db_statement insert_many = {
    "insert_many",
    "INSERT INTO t (id, doc, n) SELECT * FROM unnest($1::text[], $2::text[], $3::int8[])"
    " ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, n = excluded.n"};
static const struct db_statement select_all = {"select_all",
                                               "SELECT id, doc, n FROM t ORDER BY id"};
static const struct db_statement count_all = {"count_all", "SELECT count(*) FROM t"};
static const struct db_statement echo = {"echo", "SELECT $1::text"};
static const struct db_statement backend = {"backend", "SELECT pg_backend_pid()"};
static const struct db_statement sleep_long = {"sleep_long", "SELECT pg_sleep($1::int8)"};
static const struct db_statement terminate = {"terminate",
                                              "SELECT pg_terminate_backend($1::int4, 10000)"};
static const struct db_statement lock_row = {"lock_row",
                                             "SELECT id FROM t WHERE id = $1::text FOR UPDATE"};

struct fixture {
    struct test_schema *schema;
    struct db *db, *other;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->schema = test_schema_new("db");
    f->db = test_schema_open(f->schema);
    f->other = test_schema_open(f->schema);
    test_sql(f->db, "CREATE TABLE t (id text PRIMARY KEY, doc text, n int8);"
                    "CREATE TABLE child (id text REFERENCES t (id))");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    db_free(f->db);
    db_free(f->other);
    test_schema_free(f->schema);
    free(f);
    return 0;
}

#define assert_ok(expr)                                                                            \
    do {                                                                                           \
        if ((expr) != ERR_OK)                                                                      \
            fail_msg("%s: %s %s", #expr, err_name(err.code), err.msg);                             \
    } while (0)

static int64_t rows_of_t(struct db *db)
{
    struct err err = ERR_INIT;
    struct db_result res;
    assert_ok(db_query(db, &count_all, NULL, 0, &res, &err));
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(db);
    return n;
}

static struct db *reopen(struct fixture *f, const struct db_options *change)
{
    struct db_options options = test_schema_options(f->schema);
    options.statement_timeout_ms = change->statement_timeout_ms;
    options.lock_timeout_ms = change->lock_timeout_ms;
    options.reply_timeout_ms = change->reply_timeout_ms;
    options.max_result_bytes = change->max_result_bytes;
    options.settings = change->settings;
    db_free(f->db);
    return f->db = db_new(&options);
}

static void kill_backend_of(struct fixture *f, struct db *db)
{
    struct err err = ERR_INIT;
    struct db_result res;
    assert_ok(db_query(db, &backend, NULL, 0, &res, &err));
    int64_t pid = db_int64(&res, 0, 0);
    assert_ok(db_query(f->other, &terminate, DB_PARAMS(db_param_int(pid)), &res, &err));
    assert_true(db_bool(&res, 0, 0)); /* it is gone, not just told to go */
}

/* --- pipelines --- */

static void test_two_round_trips_in_order(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    uint64_t before = db_stats(f->db).round_trips;
    db_begin(f->db);
    db_send(f->db, &echo, DB_PARAMS(db_param_text("one")));
    db_send(f->db, &count_all, NULL, 0);
    db_send(f->db, &echo, DB_PARAMS(db_param_text("two")));
    assert_ok(db_sync(f->db, &err));
    assert_true(db_in_transaction(f->db));
    assert_true(db_result_next(f->db, &res));
    const char *one = db_text(&res, 0, 0);
    assert_string_equal(one, "one");
    assert_true(db_result_next(f->db, &res));
    assert_ptr_equal(res.statement, &count_all);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text(NULL)));
    assert_int_equal(rows_of_t(f->other), 0);
    assert_ok(db_commit(f->db, &err));
    assert_false(db_in_transaction(f->db));
    assert_true(db_result_next(f->db, &res));
    assert_string_equal(db_text(&res, 0, 0), "two");
    assert_true(db_result_next(f->db, &res));
    assert_int_equal(db_affected(&res), 1);
    assert_false(db_result_next(f->db, &res));
    assert_string_equal(one, "one"); /* results outlive the transaction */
    db_results_clear(f->db);
    assert_int_equal(db_stats(f->db).round_trips - before, 2);
    assert_int_equal(rows_of_t(f->other), 1);
}

static void test_error_in_the_middle(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    db_begin(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("secret")));
    assert_ok(db_sync(f->db, &err));
    db_results_clear(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("b"), db_param_text("")));
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("secret")));
    db_send(f->db, &select_all, NULL, 0); /* its PREPARE is skipped, too */
    assert_int_equal(db_commit(f->db, &err), ERR_EXISTS);
    assert_int_equal(err.sys, DB_SQLSTATE('2', '3', '5', '0', '5'));
    assert_string_equal(err.where, "t_pkey");
    assert_string_equal(err.hint, "Key (id) already exists.");
    assert_non_null(strstr(err.msg, "'insert_one'"));
    assert_false(db_is_retryable(&err));
    assert_false(db_in_transaction(f->db));
    assert_false(db_result_next(f->db, &res));

    assert_ok(db_query(f->db, &select_all, NULL, 0, &res, &err));
    assert_int_equal(db_rows(&res), 0);
    assert_int_equal(db_stats(f->db).connects, 1);
    assert_int_equal(db_commit(f->db, &err), ERR_STATE); /* there is nothing to commit */
}

static void test_pipeline_without_begin_is_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    assert_int_equal(db_sync(f->db, &err), ERR_EXISTS);
    assert_int_equal(rows_of_t(f->db), 0);
    /* A refused parameter undoes what was queued before it. */
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    db_send(f->db, &insert_one, DB_PARAMS(db_param_textn("b\0", 2), db_param_text("")));
    assert_int_equal(db_sync(f->db, &err), ERR_INVALID);
    assert_int_equal(rows_of_t(f->db), 0);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    assert_ok(db_sync(f->db, &err));
    assert_int_equal(rows_of_t(f->other), 1);
}

static void test_rollback(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    db_rollback(f->db);
    db_begin(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    assert_ok(db_sync(f->db, &err));
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("b"), db_param_text("")));
    db_rollback(f->db);
    assert_false(db_in_transaction(f->db));
    db_results_clear(f->db);
    assert_int_equal(rows_of_t(f->db), 0);
}

static void test_foreign_key_at_commit(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement insert = {"insert_child",
                                               "INSERT INTO child (id) VALUES ($1::text)"};
    struct err err = ERR_INIT;
    test_sql(f->db,
             "ALTER TABLE child ALTER CONSTRAINT child_id_fkey DEFERRABLE INITIALLY DEFERRED");
    db_begin(f->db);
    db_send(f->db, &insert, DB_PARAMS(db_param_text("none")));
    assert_int_equal(db_commit(f->db, &err), ERR_STATE);
    assert_false(db_is_retryable(&err));
    assert_string_equal(err.where, "child_id_fkey");
    assert_string_equal(err.hint, "Key (id) is not present in table \"t\".");
    assert_int_equal(rows_of_t(f->db), 0);
}

static void test_query_before_unread_results(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    db_begin(f->db);
    db_send(f->db, &echo, DB_PARAMS(db_param_text("one")));
    assert_ok(db_sync(f->db, &err));
    assert_ok(db_query(f->db, &echo, DB_PARAMS(db_param_text("asked")), &res, &err));
    assert_string_equal(db_text(&res, 0, 0), "asked");
    assert_true(db_result_next(f->db, &res));
    assert_string_equal(db_text(&res, 0, 0), "one");
    assert_false(db_result_next(f->db, &res));
    assert_ok(db_commit(f->db, &err));
}

static void test_large_both_ways(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    enum { SIZE = 1 << 20, N = 16 };
    char *doc = malloc(SIZE + 1);
    memset(doc, 'x', SIZE);
    doc[SIZE] = '\0';
    /* More than the buffers of both sides hold: whoever only writes would wait for ever. */
    for (int i = 0; i < N; i++)
        db_send(f->db, &echo, DB_PARAMS(db_param_text(doc)));
    assert_ok(db_sync(f->db, &err));
    for (int i = 0; i < N; i++) {
        assert_true(db_result_next(f->db, &res));
        assert_int_equal(db_len(&res, 0, 0), SIZE);
    }
    free(doc);
}

/* Each byte is counted once, however often a read leaves some of it behind: 60 MiB are below the
 * default of 64. */
static void test_limit_counts_a_byte_once(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    static const struct db_statement rows = {
        "rows", "SELECT repeat('x', 10240) FROM generate_series(1, $1::int8)"};
    assert_ok(db_query(f->db, &rows, DB_PARAMS(db_param_int(6144)), &res, &err));
    assert_int_equal(db_rows(&res), 6144);
    db_results_clear(f->db);
    assert_int_equal(db_query(f->db, &rows, DB_PARAMS(db_param_int(20000)), &res, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "67108864 bytes"));
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement many = {"many", "SELECT repeat('x', 1000) FROM"
                                                     " generate_series(1, $1::int8)"};
    struct err err = ERR_INIT;
    struct db *db = reopen(f, &(struct db_options){.max_result_bytes = 1 << 20});
    assert_int_equal(db_query(db, &many, DB_PARAMS(db_param_int(1000000)), NULL, &err), ERR_LIMIT);
    assert_ok(db_query(db, &many, DB_PARAMS(db_param_int(100)), NULL, &err));
    for (int i = 0; i <= DB_MAX_PIPELINE; i++)
        db_send(db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    assert_int_equal(db_sync(db, &err), ERR_LIMIT);
    assert_int_equal(rows_of_t(db), 0);
}

/* --- values --- */

static void test_arrays_hold_any_text(void **state)
{
    struct fixture *f = *state;
    static const char *const docs[] = {"",
                                       "{\"a\": \"b\\\\c\"}",
                                       "NULL",
                                       "{x,y}",
                                       "'; DROP TABLE t; --",
                                       "caf\xc3\xa9 \xf0\x9f\x8e\xbc",
                                       "tab\there\nline",
                                       NULL};
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array doc = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array n = DB_INT8_ARRAY;
    struct err err = ERR_INIT;
    struct db_result res;
    for (int i = 0; i < (int)ARRAY_LEN(docs); i++) {
        char id[2] = {(char)('a' + i)};
        db_array_text(&ids, id);
        db_array_text(&doc, docs[i]);
        if (i == 3)
            db_array_null(&n);
        else
            db_array_int(&n, INT64_MAX - i);
    }
    for (int again = 0; again < 2; again++)
        assert_ok(db_query(
            f->db, &insert_many,
            DB_PARAMS(db_param_array(&ids), db_param_array(&doc), db_param_array(&n)), &res, &err));
    assert_int_equal(db_affected(&res), ARRAY_LEN(docs));
    assert_ok(db_query(f->db, &select_all, NULL, 0, &res, &err));
    assert_int_equal(db_rows(&res), ARRAY_LEN(docs));
    for (int i = 0; i < db_rows(&res); i++) {
        if (docs[i])
            assert_string_equal(db_text(&res, i, 1), docs[i]);
        else
            assert_null(db_text(&res, i, 1));
        assert_int_equal(db_is_null(&res, i, 2), i == 3);
        assert_true(db_int64(&res, i, 2) == (i == 3 ? 0 : INT64_MAX - i));
    }
    db_array_clear(&ids);
    db_array_clear(&doc);
    db_array_clear(&n);
    assert_ok(db_query(f->db, &insert_many,
                       DB_PARAMS(db_param_array(&ids), db_param_array(&doc), db_param_array(&n)),
                       &res, &err));
    assert_int_equal(db_affected(&res), 0);
}

static void test_small_arrays_and_scalars(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement all = {
        "all_types",
        "SELECT $1::int4[], $2::bool[], $3::bool, $4::int8, $5::text, $6::text IS NULL"};
    AUTO(db_array_release) struct db_array i4 = DB_INT4_ARRAY;
    AUTO(db_array_release) struct db_array b = DB_BOOL_ARRAY;
    struct err err = ERR_INIT;
    struct db_result res;
    db_array_int(&i4, INT32_MIN);
    db_array_null(&i4);
    db_array_bool(&b, true);
    db_array_bool(&b, false);
    assert_ok(
        db_query(f->db, &all,
                 DB_PARAMS(db_param_array(&i4), db_param_array(&b), db_param_bool(true),
                           db_param_int(INT64_MIN), db_param_textn("'\"\\xyz", 3), db_param_null()),
                 &res, &err));
    assert_string_equal(db_text(&res, 0, 0), "{-2147483648,NULL}");
    assert_string_equal(db_text(&res, 0, 1), "{t,f}");
    assert_true(db_bool(&res, 0, 2));
    assert_true(db_int64(&res, 0, 3) == INT64_MIN);
    assert_string_equal(db_text(&res, 0, 4), "'\"\\");
    assert_true(db_bool(&res, 0, 5));
}

static void test_hostile_texts(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement number = {"number", "SELECT $1::int8"};
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    struct err err = ERR_INIT;
    db_array_textn(&ids, "a\0b", 3);
    db_begin(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    db_send(f->db, &echo, DB_PARAMS(db_param_array(&ids)));
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("b"), db_param_text("")));
    assert_int_equal(db_commit(f->db, &err), ERR_INVALID);
    assert_string_equal(err.msg,
                        "statement 'echo': parameter $1: a text of the array contains a NUL byte");
    assert_int_equal(rows_of_t(f->other), 0);
    assert_int_equal(db_query(f->db, &echo, DB_PARAMS(db_param_text("\xff\xfe")), NULL, &err),
                     ERR_INVALID); /* not UTF-8 */
    assert_int_equal(db_query(f->db, &number, DB_PARAMS(db_param_text("top secret")), NULL, &err),
                     ERR_INTERNAL);
    assert_null(strstr(err.msg, "secret"));
    assert_ok(db_query(f->db, &number, DB_PARAMS(db_param_text("1")), NULL, &err));
}

/* --- time and loss --- */

static void test_killed_backend(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    db_begin(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    assert_ok(db_sync(f->db, &err));
    kill_backend_of(f, f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("b"), db_param_text("")));
    assert_int_equal(db_commit(f->db, &err),
                     ERR_UNAVAIL); /* and not ERR_UNKNOWN: it said so before */
    assert_false(db_is_connected(f->db));
    assert_false(db_in_transaction(f->db));

    db_begin(f->db);
    db_send(f->db, &insert_one, DB_PARAMS(db_param_text("c"), db_param_text("")));
    assert_ok(db_commit(f->db, &err));
    assert_true(db_result_next(f->db, &res));
    assert_int_equal(rows_of_t(f->other), 1);
    assert_int_equal(db_stats(f->db).connects, 2);
}

static void test_timeouts(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db *db =
        reopen(f, &(struct db_options){.statement_timeout_ms = 1000, .reply_timeout_ms = 60000});
    db_begin(db);
    db_send(db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")));
    db_send(db, &sleep_long, DB_PARAMS(db_param_int(30)));
    assert_int_equal(db_commit(db, &err), ERR_TIMEOUT);
    assert_int_equal(rows_of_t(db), 0);
    assert_int_equal(db_stats(db).connects, 1);

    /* The server does not answer at all: as if it, or the way to it, were dead. */
    db = reopen(f, &(struct db_options){.statement_timeout_ms = 60000, .reply_timeout_ms = 1000});
    assert_int_equal(db_query(db, &sleep_long, DB_PARAMS(db_param_int(30)), NULL, &err),
                     ERR_UNAVAIL);
    assert_false(db_is_connected(db));
    db = reopen(f, &(struct db_options){.reply_timeout_ms = 60000});
    assert_ok(db_query(db, &echo, DB_PARAMS(db_param_text("x")), NULL, &err));
}

static void test_lock_timeout_is_retryable(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    assert_ok(
        db_query(f->db, &insert_one, DB_PARAMS(db_param_text("a"), db_param_text("")), NULL, &err));
    struct db *db = reopen(f, &(struct db_options){.lock_timeout_ms = 500});
    db_begin(f->other);
    db_send(f->other, &lock_row, DB_PARAMS(db_param_text("a")));
    assert_ok(db_sync(f->other, &err));
    db_begin(db);
    db_send(db, &lock_row, DB_PARAMS(db_param_text("a")));
    assert_int_equal(db_sync(db, &err), ERR_STATE);
    assert_true(db_is_retryable(&err));
    db_rollback(f->other);
    assert_ok(db_query(db, &lock_row, DB_PARAMS(db_param_text("a")), &res, &err));
    assert_int_equal(db_rows(&res), 1);
}

static void test_settings_are_of_the_session(void **state)
{
    static const struct db_statement show = {
        "show", "SELECT current_setting('enable_seqscan'), current_setting('plan_cache_mode'), "
                "current_setting('jit')"};
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct db_result res;
    struct db *db = reopen(f, &(struct db_options){.settings = DB_SETTINGS_BY_KEY});
    for (int i = 0; i < 2; i++) {
        assert_ok(db_query(db, &show, NULL, 0, &res, &err));
        assert_string_equal(db_text(&res, 0, 0), "off");
        assert_string_equal(db_text(&res, 0, 1), "force_generic_plan");
        assert_string_equal(db_text(&res, 0, 2), "off");
        db_results_clear(db);
        db_disconnect(db); /* and of the next one */
    }
}

static void test_outdated_plan_is_retryable(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement star = {"star", "SELECT * FROM t"};
    struct err err = ERR_INIT;
    struct db_result res;
    assert_ok(db_query(f->db, &star, NULL, 0, &res, &err));
    test_sql(f->other, "ALTER TABLE t ADD COLUMN more text");
    assert_int_equal(db_query(f->db, &star, NULL, 0, &res, &err), ERR_STATE);
    assert_true(db_is_retryable(&err));
    assert_ok(db_query(f->db, &star, NULL, 0, &res, &err));
}

static void test_advisory_locks(void **state)
{
    struct fixture *f = *state;
    AUTO(db_array_release) struct db_array keys = DB_INT8_ARRAY;
    struct err err = ERR_INIT;
    struct db_result res;
    int64_t one = db_lock_key(test_schema_name(f->schema), "1");
    int64_t two = db_lock_key(test_schema_name(f->schema), "2");
    db_begin(f->db);
    db_send(f->db, &db_lock, DB_PARAMS(db_param_int(one)));
    assert_ok(db_sync(f->db, &err));
    db_array_int(&keys, one);
    db_array_int(&keys, two);
    assert_ok(db_query(f->other, &db_lock_try_many, DB_PARAMS(db_param_array(&keys)), &res, &err));
    assert_int_equal(db_rows(&res), 1);
    assert_true(db_int64(&res, 0, 0) == two);
    assert_ok(db_query(f->other, &db_lock_try, DB_PARAMS(db_param_int(one)), &res, &err));
    assert_false(db_bool(&res, 0, 0));
    assert_ok(db_commit(f->db, &err));
    assert_ok(db_query(f->other, &db_lock_try_session, DB_PARAMS(db_param_int(one)), &res, &err));
    assert_true(db_bool(&res, 0, 0));
    assert_ok(db_query(f->db, &db_lock_try_session, DB_PARAMS(db_param_int(one)), &res, &err));
    assert_false(db_bool(&res, 0, 0));
    assert_ok(db_query(f->other, &db_unlock_session, DB_PARAMS(db_param_int(one)), &res, &err));
    assert_true(db_bool(&res, 0, 0));
}

static void test_no_server(void **state UNUSED)
{
    struct err err = ERR_INIT;
    struct db *db = db_new(&(struct db_options){.conninfo = "host=/nonexistent dbname=x"});
    db_begin(db);
    db_send(db, &echo, DB_PARAMS(db_param_text("x")));
    assert_int_equal(db_commit(db, &err), ERR_UNAVAIL);
    assert_non_null(strstr(err.msg, "/nonexistent"));
    assert_true(err.hint[0]);
    assert_int_equal(db_stats(db).connects, 1);
    db_free(db);
    db = db_new(&(struct db_options){.conninfo = "dbname=x password"});
    assert_int_equal(db_connect(db, &err), ERR_INVALID);
    db_free(db);
    db = db_new(&(struct db_options){.conninfo = "", .schema = "a; b"});
    assert_int_equal(db_connect(db, &err), ERR_INVALID);
    db_free(db);
}

/* --- notifications --- */

static void test_notify(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement notify = {"notify", "SELECT pg_notify($1::text, $2::text)"};
    const char *channel = test_schema_name(f->schema);
    struct err err = ERR_INIT;
    struct db_notify n;
    int wake = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(db_listen(f->db, "No \"good\"", &err), ERR_INVALID);
    assert_ok(db_listen(f->db, channel, &err));
    assert_int_equal(db_wait_notify(f->db, wake, 60000, &n, &err), DB_WAIT_CONNECTED);
    assert_int_equal(db_wait_notify(f->db, wake, 0, &n, &err), DB_WAIT_TIMEOUT);
    for (int i = 0; i < 2; i++)
        assert_ok(db_query(f->other, &notify,
                           DB_PARAMS(db_param_text(channel), db_param_text(i ? "two" : "one")),
                           NULL, &err));
    assert_int_equal(db_wait_notify(f->db, wake, 60000, &n, &err), DB_WAIT_NOTIFY);
    assert_string_equal(n.channel, channel);
    assert_string_equal(n.payload, "one");
    assert_int_equal(db_wait_notify(f->db, wake, 60000, &n, &err), DB_WAIT_NOTIFY);
    assert_string_equal(n.payload, "two");
    assert_int_equal(eventfd_write(wake, 1), 0);
    assert_int_equal(db_wait_notify(f->db, wake, 60000, &n, &err), DB_WAIT_WOKEN);

    kill_backend_of(f, f->db);
    assert_int_equal(db_wait_notify(f->db, -1, 60000, &n, &err), DB_WAIT_LOST);
    assert_int_equal(db_wait_notify(f->db, -1, 60000, &n, &err), DB_WAIT_CONNECTED);
    assert_ok(db_query(f->other, &notify, DB_PARAMS(db_param_text(channel), db_param_text("3")),
                       NULL, &err));
    assert_int_equal(db_wait_notify(f->db, -1, 60000, &n, &err), DB_WAIT_NOTIFY);
    assert_string_equal(n.payload, "3");
    close(wake);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_two_round_trips_in_order),
        T(test_error_in_the_middle),
        T(test_pipeline_without_begin_is_one_transaction),
        T(test_rollback),
        T(test_foreign_key_at_commit),
        T(test_query_before_unread_results),
        T(test_large_both_ways),
        T(test_limit_counts_a_byte_once),
        T(test_limits),
        T(test_arrays_hold_any_text),
        T(test_small_arrays_and_scalars),
        T(test_hostile_texts),
        T(test_killed_backend),
        T(test_timeouts),
        T(test_lock_timeout_is_retryable),
        T(test_settings_are_of_the_session),
        T(test_outdated_plan_is_retryable),
        T(test_advisory_locks),
        cmocka_unit_test(test_no_server),
        T(test_notify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
