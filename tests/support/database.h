/* A schema of its own for a test, in the database that OB_TEST_DB (a libpq conninfo) names.
 *
 *     struct test_schema *schema = test_schema_new("db");
 *     struct db *db = test_schema_open(schema);          as many connections as the test wants
 *     ...
 *     db_free(db);
 *     test_schema_free(schema);                          drops the schema with all that is in it
 *
 * What fails here ends the program with a message: there is nothing to test then. */
#ifndef TESTS_SUPPORT_DATABASE_H
#define TESTS_SUPPORT_DATABASE_H

#include "common/db/db.h"

struct test_schema;

struct test_schema *test_schema_new(const char *prefix); /* given; empty, its name is unique */
void test_schema_free(struct test_schema *schema);
const char *test_schema_name(const struct test_schema *schema);
const char *test_schema_conninfo(const struct test_schema *schema);
/* Options for a connection to it; the strings are the schema's. Change what the test is about. */
struct db_options test_schema_options(const struct test_schema *schema);
struct db *test_schema_open(const struct test_schema *schema); /* given */
/* Run any SQL text, on a connection of the test's. */
void test_sql(struct db *db, const char *sql);

#endif
