/* A store of the NFVO for one test: a schema of its own with all tables, and a key.
 *
 *     struct test_nfvo_store *ts = test_nfvo_store_new("registry");
 *     ... ts->store ... ts->db ...
 *     test_nfvo_store_free(ts); */
#ifndef TESTS_SUPPORT_NFVO_STORE_H
#define TESTS_SUPPORT_NFVO_STORE_H

#include "nfvo/store/store.h"
#include "tests/support/database.h"

struct test_nfvo_store {
    struct test_schema *schema;
    struct store_options options;
    struct store *store;
    struct db *db; /* the test's own connection */
    char dir[64], key[96];
};

struct test_nfvo_store *test_nfvo_store_new(const char *prefix); /* given */
void test_nfvo_store_free(struct test_nfvo_store *ts);
/* First column of the first row as a text ("" for none or NULL): good until the next call. sql is
 * any text without parameters. */
const char *test_query(struct db *db, const char *sql);
/* Ask again and again until the answer is `want`; fails the test after 90 s. */
void test_query_await(struct db *db, const char *sql, const char *want);

#endif
