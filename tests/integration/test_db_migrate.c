/* common/db/migrate.c on a real PostgreSQL: each step once, whoever comes first, and refusals that
 * say what to do. */
#include "common/db/db.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/database.h"

/* Each would fail when run twice. */
static const struct db_migration steps[] = {
    {1, "init", "CREATE TABLE a (id text PRIMARY KEY);\nCREATE TABLE b (id text PRIMARY KEY);\n"},
    {2, "rows",
     "INSERT INTO a VALUES ('1'); SELECT count(*) FROM a; INSERT INTO b VALUES ('caf\xc3\xa9')"},
    {3, "column", "ALTER TABLE a ADD COLUMN doc text; -- the last"},
};
static const struct db_statement count_a = {"count_a", "SELECT count(*) FROM a"};
static const struct db_statement versions = {
    "versions",
    "SELECT count(*), max(version), bool_and(applied_at IS NOT NULL) FROM schema_version"};

static int setup(void **state)
{
    *state = test_schema_new("migrate");
    return 0;
}

static int teardown(void **state)
{
    test_schema_free(*state);
    return 0;
}

static struct db *open_lazily(const struct test_schema *schema)
{
    struct db_options options = test_schema_options(schema);
    return db_new(&options);
}

#define assert_ok(expr)                                                                            \
    do {                                                                                           \
        if ((expr) != ERR_OK)                                                                      \
            fail_msg("%s: %s %s", #expr, err_name(err.code), err.msg);                             \
    } while (0)

static void assert_version(struct db *db, int n)
{
    struct err err = ERR_INIT;
    struct db_result res;
    assert_ok(db_query(db, &versions, NULL, 0, &res, &err));
    assert_int_equal(db_int64(&res, 0, 0), n);
    assert_int_equal(db_int64(&res, 0, 1), n);
    assert_true(db_bool(&res, 0, 2));
    db_results_clear(db);
}

static void test_from_nothing(void **state)
{
    struct err err = ERR_INIT;
    struct db_result res;
    struct db *db = open_lazily(*state);
    char sql[128];
    int version = -1;
    snprintf(sql, sizeof(sql), "DROP SCHEMA %s", test_schema_name(*state));
    test_sql(db, sql);
    assert_ok(db_schema_check(db, 0, 3, &version, &err));
    assert_int_equal(version, 0);
    assert_int_equal(db_schema_check(db, 1, 3, NULL, &err), ERR_STATE);
    assert_ok(db_migrate(db, steps, 1, &err)); /* creates the schema */
    assert_version(db, 1);
    assert_ok(db_migrate(db, steps, 3, &err));
    assert_ok(db_migrate(db, steps, 3, &err));
    assert_version(db, 3);
    assert_ok(db_query(db, &count_a, NULL, 0, &res, &err));
    assert_int_equal(db_int64(&res, 0, 0), 1);
    db_free(db);
}

static void *migrate_thread(void *schema)
{
    struct err err = ERR_INIT;
    struct db *db = open_lazily(schema);
    enum err_code rc = db_migrate(db, steps, 3, &err);
    if (rc != ERR_OK)
        fprintf(stderr, "%s\n", err.msg);
    db_free(db);
    return rc == ERR_OK ? schema : NULL;
}

static void test_racing(void **state)
{
    pthread_t threads[4];
    pid_t pids[4];
    struct db *db = open_lazily(*state);
    char sql[128];
    snprintf(sql, sizeof(sql), "DROP SCHEMA %s", test_schema_name(*state));
    test_sql(db, sql);
    for (int i = 0; i < 4; i++)
        if ((pids[i] = fork()) == 0)
            _exit(migrate_thread(*state) ? 0 : 1);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_thread, *state), 0);
    for (int i = 0; i < 4; i++) {
        void *ok;
        int status;
        assert_int_equal(pthread_join(threads[i], &ok), 0);
        assert_non_null(ok);
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_version(db, 3);
    db_free(db);
}

static void test_refusals(void **state)
{
    static const struct db_migration edited[] = {{1, "init", "CREATE TABLE a (id int)"}};
    static const struct db_migration gap[] = {{1, "a", ""}, {3, "c", ""}};
    static const struct db_migration late[] = {{5, "five", "SELECT 1"}};
    static const struct db_migration squashed[] = {{3, "column", "SELECT 1"}, {4, "d", "SELECT 1"}};
    struct err err = ERR_INIT;
    struct db *db = open_lazily(*state);
    assert_ok(db_migrate(db, steps, 2, &err));

    assert_int_equal(db_migrate(db, steps, 1, &err), ERR_STATE);
    assert_string_equal(err.msg, "database schema is at version 2, this program knows up to 1");
    assert_true(err.hint[0]);
    assert_int_equal(db_schema_check(db, 1, 1, NULL, &err), ERR_STATE);
    assert_int_equal(db_migrate(db, late, 1, &err), ERR_STATE);
    assert_string_equal(err.msg, "database schema is at version 2, this program needs 4 or later");
    assert_true(err.hint[0]);
    assert_int_equal(db_schema_check(db, 3, 9, NULL, &err), ERR_STATE);
    assert_int_equal(db_migrate(db, gap, 2, &err), ERR_INTERNAL);
    assert_version(db, 2);
    assert_ok(db_migrate(db, squashed, 2, &err)); /* 1 and 2 are gone from the program */
    assert_version(db, 4);

    struct db_migration table[] = {edited[0], steps[1], squashed[0], squashed[1]};
    assert_int_equal(db_migrate(db, table, 4, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "migration 0001 'init'"));
    assert_true(err.hint[0]);
    db_free(db);
}

static void test_failing_step(void **state)
{
    static const struct db_migration bad[] = {
        {1, "init",
         "CREATE TABLE a (id text);\n-- \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\nCREATE TABLE b (id\n "
         "nonsense);"},
    };
    static const struct db_migration ends[] = {{1, "ends", "CREATE TABLE a (id text); COMMIT"}};
    static const struct db_migration good[] = {{1, "good", "CREATE TABLE c (id text)"}};
    struct err err = ERR_INIT;
    struct db *db = open_lazily(*state);
    assert_int_equal(db_migrate(db, bad, 1, &err), ERR_INTERNAL);
    assert_string_equal(err.where, "0001_init.sql:4");
    assert_non_null(strstr(err.msg, "migration 0001 'init'"));
    assert_int_equal(err.sys, DB_SQLSTATE('4', '2', '7', '0', '4'));
    assert_int_equal(db_query(db, &count_a, NULL, 0, NULL, &err), ERR_INTERNAL); /* undone */
    assert_int_equal(db_migrate(db, ends, 1, &err), ERR_INTERNAL);
    assert_true(err.hint[0]);
    assert_ok(db_migrate(db, good, 1, &err));
    assert_version(db, 1);
    db_free(db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_from_nothing),
        T(test_racing),
        T(test_refusals),
        T(test_failing_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
