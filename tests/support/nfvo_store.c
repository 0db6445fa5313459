#include "tests/support/nfvo_store.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_S = 90, PAUSE_MS = 20 };

struct test_nfvo_store *test_nfvo_store_new(const char *prefix)
{
    struct test_nfvo_store *ts = xcalloc(1, sizeof(*ts));
    struct err err = ERR_INIT;
    ts->schema = test_schema_new(prefix);
    snprintf(ts->dir, sizeof(ts->dir), "/tmp/baton-store.XXXXXX");
    if (!mkdtemp(ts->dir))
        fail_msg("mkdtemp");
    snprintf(ts->key, sizeof(ts->key), "%s/key", ts->dir);
    ts->options = (struct store_options){.conninfo = test_schema_conninfo(ts->schema),
                                         .schema = test_schema_name(ts->schema),
                                         .seal_key_path = ts->key,
                                         .connections = 2};
    if (store_open(&ts->store, &ts->options, &err) != ERR_OK)
        fail_msg("store: %s", err.msg);
    ts->db = test_schema_open(ts->schema);
    return ts;
}

void test_nfvo_store_free(struct test_nfvo_store *ts)
{
    if (!ts)
        return;
    db_free(ts->db);
    store_close(ts->store);
    test_schema_free(ts->schema);
    unlink(ts->key);
    rmdir(ts->dir);
    free(ts);
}

/* Statements are static by contract, and prepared by name: PostgreSQL evaluates the text instead.
 */
const char *test_query(struct db *db, const char *sql)
{
    static const struct db_statement any = {
        "test_query",
        "SELECT (xpath('/row/c/text()', query_to_xml('SELECT (' || $1::text || ')::text AS c', "
        "false, true, '')))[1]::text"};
    static char answer[4096];
    struct db_result res;
    struct err err = ERR_INIT;
    if (db_query(db, &any, DB_PARAMS(db_param_text(sql)), &res, &err) != ERR_OK)
        fail_msg("%s: %s", sql, err.msg);
    const char *text = db_rows(&res) ? db_text(&res, 0, 0) : NULL;
    snprintf(answer, sizeof(answer), "%s", text ? text : "");
    db_results_clear(db);
    return answer;
}

void test_query_await(struct db *db, const char *sql, const char *want)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (;;) {
        const char *got = test_query(db, sql);
        if (strcmp(got, want) == 0)
            return;
        if (clock_mono_us() > deadline)
            fail_msg("%s: '%s', want '%s'", sql, got, want);
        poll(NULL, 0, PAUSE_MS); /* the database cannot tell us when */
    }
}
