/* The key that a database's secrets are sealed with: nfvo/store/store_seal.c. A lost key once was
 * made anew without a word. */
#include "nfvo/store/store_manager.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_seal.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define POP     "pop-1"
#define MANAGER "generic"

static struct test_nfvo_store *ts;
static char sql[512];

static int set_up(void **state)
{
    (void)state;
    ts = test_nfvo_store_new("seal");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_nfvo_store_free(ts);
    return 0;
}

static void close_store(void)
{
    store_close(ts->store);
    ts->store = NULL;
}

static enum err_code open_store(struct err *err)
{
    *err = (struct err)ERR_INIT;
    return store_open(&ts->store, &ts->options, err);
}

static void put_secret(void)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    seal_wrap(store_seal(ts->store), POP, "secret", 6, &sealed);
    snprintf(sql, sizeof(sql), "INSERT INTO secret (owner, sealed) VALUES ('" POP "', '%s')",
             sealed.s);
    test_sql(ts->db, sql);
}

static void put_manager(void)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    seal_wrap(store_seal(ts->store), STORE_MANAGER_OWNER MANAGER, "secret", 6, &sealed);
    snprintf(sql, sizeof(sql),
             "INSERT INTO manager_credentials (username, sealed, kind) VALUES ('" MANAGER
             "', '%s', 'vnfm')",
             sealed.s);
    test_sql(ts->db, sql);
}

static void assert_no_key_file(void)
{
    assert_int_equal(access(ts->key, F_OK), -1);
}

static void test_lost_key_is_refused(void **state)
{
    struct err err;
    (void)state;
    close_store();
    unlink(ts->key);
    assert_int_equal(open_store(&err), ERR_STATE);
    assert_non_null(strstr(err.msg, ts->key));
    assert_non_null(strstr(err.msg, "is missing"));
    assert_non_null(strstr(err.hint, "--seal-key-lost"));
    assert_no_key_file();
}

static void test_another_key_is_refused(void **state)
{
    char kept[128];
    struct seal *other;
    struct err err;
    (void)state;
    close_store();
    snprintf(kept, sizeof(kept), "%s.kept", ts->key);
    assert_int_equal(rename(ts->key, kept), 0);
    assert_int_equal(seal_load(&other, ts->key, &err), ERR_OK);
    seal_free(other);
    assert_int_equal(open_store(&err), ERR_STATE);
    assert_non_null(strstr(err.msg, "is not the one"));
    assert_int_equal(rename(kept, ts->key), 0);
    assert_int_equal(open_store(&err), ERR_OK);
}

/* A database from before there were marks: its secrets tell. */
static void test_old_database_tells_by_its_secrets(void **state)
{
    static void (*const put[])(void) = {put_secret, put_manager};
    struct err err;
    (void)state;
    for (int i = 0; i < 2; i++) {
        put[i]();
        close_store();
        test_sql(ts->db, "DELETE FROM seal_mark");
        assert_int_equal(open_store(&err), ERR_OK); /* the right key: remembered now */
        assert_string_equal(test_query(ts->db, "SELECT count(*) FROM seal_mark"), "1");
        close_store();
        test_sql(ts->db, "DELETE FROM seal_mark");
        unlink(ts->key);
        assert_int_equal(open_store(&err), ERR_STATE);
        assert_no_key_file();
        ts->options.is_seal_key_lost = true;
        assert_int_equal(open_store(&err), ERR_OK);
        ts->options.is_seal_key_lost = false;
        test_sql(ts->db, "DELETE FROM secret; DELETE FROM manager_credentials");
    }
}

static void test_lost_for_good(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    struct store_manager m;
    struct err err;
    (void)state;
    put_secret();
    put_manager();
    close_store();
    unlink(ts->key);
    ts->options.is_seal_key_lost = true;
    assert_int_equal(open_store(&err), ERR_OK);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM secret"), "0");
    assert_int_equal(store_manager_get(ts->db, MANAGER, &a, &m, &err), ERR_OK);
    assert_int_equal(
        seal_unwrap(store_seal(ts->store), STORE_MANAGER_OWNER MANAGER, m.sealed, &password, &err),
        ERR_OK);
    assert_int_equal(password.len, 16);
    assert_string_not_equal(password.s, "secret");
    close_store();
    ts->options.is_seal_key_lost = false;
    assert_int_equal(open_store(&err), ERR_OK); /* the new key is the key now */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_lost_key_is_refused),
        T(test_another_key_is_refused),
        T(test_old_database_tells_by_its_secrets),
        T(test_lost_for_good),
    };
    return cmocka_run_group_tests_name("store seal", tests, NULL, NULL);
}
