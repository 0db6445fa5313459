#include "tests/support/database.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct test_schema {
    char *conninfo;
    char name[64];
};

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "%s: %s%s%s\n", what, err->msg, err->hint[0] ? "; " : "", err->hint);
    exit(1);
}

void test_sql(struct db *db, const char *sql)
{
    struct err err = ERR_INIT;
    if (db_script(db, sql, &err) != ERR_OK)
        die(sql, &err);
}

/* Without the schema as search path: it may not exist yet. */
static void run_outside(const struct test_schema *schema, const char *sql)
{
    struct db *db = db_new(&(struct db_options){.conninfo = schema->conninfo});
    test_sql(db, sql);
    db_free(db);
}

struct test_schema *test_schema_new(const char *prefix)
{
    static unsigned count;
    char sql[256];
    const char *conninfo = getenv("OB_TEST_DB");
    if (!conninfo) {
        fprintf(stderr, "OB_TEST_DB is not set: see tests/support/servers\n");
        exit(1);
    }
    struct test_schema *schema = xcalloc(1, sizeof(*schema));
    schema->conninfo = xstrdup(conninfo);
    snprintf(schema->name, sizeof(schema->name), "t_%.30s_%d_%u", prefix, (int)getpid(),
             __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
    /* A process with the same id may have been killed before it could clean up. */
    snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", schema->name,
             schema->name);
    run_outside(schema, sql);
    return schema;
}

void test_schema_free(struct test_schema *schema)
{
    char sql[128];
    if (!schema)
        return;
    snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS %s CASCADE", schema->name);
    run_outside(schema, sql);
    free(schema->conninfo);
    free(schema);
}

const char *test_schema_name(const struct test_schema *schema)
{
    return schema->name;
}

const char *test_schema_conninfo(const struct test_schema *schema)
{
    return schema->conninfo;
}

struct db_options test_schema_options(const struct test_schema *schema)
{
    return (struct db_options){
        .conninfo = schema->conninfo, .application_name = "test", .schema = schema->name};
}

struct db *test_schema_open(const struct test_schema *schema)
{
    struct db_options options = test_schema_options(schema);
    struct err err = ERR_INIT;
    struct db *db = db_new(&options);
    if (db_connect(db, &err) != ERR_OK)
        die("connect", &err);
    return db;
}
