/* Operations as lists and one by one, on a real PostgreSQL. */
#include "nfvo/store/store_operation.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/document.h"
#include "nfvo/lifecycle/operation/progress.h"
#include "nfvo/lifecycle/types.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct test_nfvo_store *ts;
static struct db *db;
static struct arena arena;

static void put(const char *values)
{
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    struct err err = ERR_INIT;
    sbuf_addf(&sql,
              "INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, vnfr_id, origin, "
              "asked_by, asked_at, state_at, ended_at, doc, request) VALUES (%s)",
              values);
    assert_int_equal(db_script(db, sql.s, &err), ERR_OK);
}

static int open_schema(void **state)
{
    (void)state;
    ts = test_nfvo_store_new("store_operation");
    db = ts->db;
    put("'o1', 'n1', 'p1', 'demo', 'HEAL', 'COMPLETED', 'v1', 'user', 'admin', 1, 2, 3, '{}', ''");
    put("'o2', 'n1', 'p1', 'demo', 'EXECUTE', 'PROCESSING', 'v2', 'user', 'admin', 1, 2, 0, '{}', "
        "'{\"a\":1}'");
    put("'o3', 'n2', 'p1', 'other', 'HEAL', 'FAILED_TEMP', 'v3', 'reconciler', 'r', 3, 4, 0, '{}', "
        "''");
    put("'o4', 'n3', 'p2', 'theirs', 'HEAL', 'FAILED', 'v4', 'user', 'eve', 4, 5, 6, '{}', ''");
    return 0;
}

static int close_schema(void **state)
{
    (void)state;
    arena_release(&arena);
    test_nfvo_store_free(ts);
    return 0;
}

/* "o3 o2 o1" */
static const char *ids(struct store_operation_query q)
{
    struct store_operations found;
    struct err err = ERR_INIT;
    const char *text = "";
    assert_int_equal(store_operation_list(db, &q, &arena, &found, &err), ERR_OK);
    for (uint32_t i = 0; i < found.n; i++)
        text = arena_printf(&arena, "%s%s%s", text, *text ? " " : "", found.at[i].id);
    return text;
}

static void test_list(void **state)
{
    (void)state;
    assert_string_equal(ids((struct store_operation_query){.project = "*"}), "o4 o3 o2 o1");
    assert_string_equal(ids((struct store_operation_query){.project = "p1"}), "o3 o2 o1");
    assert_string_equal(ids((struct store_operation_query){.project = "p1", .nsr = "n1"}), "o2 o1");
    assert_string_equal(ids((struct store_operation_query){.project = "*", .vnfr = "v3"}), "o3");
    assert_string_equal(ids((struct store_operation_query){.project = "*", .state = "open"}),
                        "o3 o2");
    assert_string_equal(ids((struct store_operation_query){.project = "*", .state = "FAILED"}),
                        "o4");
    assert_string_equal(ids((struct store_operation_query){.project = "*", .kind = "HEAL"}),
                        "o4 o3 o1");
}

/* Two were asked for in the same microsecond: no page leaves one out or has one twice. */
static void test_pages(void **state)
{
    (void)state;
    assert_string_equal(ids((struct store_operation_query){.project = "p1", .limit = 2}), "o3 o2");
    assert_string_equal(
        ids((struct store_operation_query){.project = "p1", .limit = 2, .after = "o2"}), "o1");
    assert_string_equal(ids((struct store_operation_query){.project = "p1", .after = "o1"}), "");
}

static void test_one(void **state)
{
    struct store_operation o;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(store_operation_get(db, "o2", "p1", &arena, &o, &err), ERR_OK);
    assert_string_equal(o.request, "{\"a\":1}");
    assert_string_equal(o.nsr_name, "demo");
    assert_true(o.is_open);
    assert_int_equal(store_operation_get(db, "o2", "p2", &arena, &o, &err), ERR_NOT_FOUND);
}

static void put_vnfr(const char *id, const struct vnfr_state *st)
{
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf state = SBUF_INIT;
    struct err err = ERR_INIT;
    if (st)
        proto_encode(&vnfr_state_type, st, 0, &state);
    else
        sbuf_adds(&state, "{ not JSON");
    sbuf_addf(&sql,
              "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('%s', 'n5', "
              "'STARTING', '%s', 'generic', '', $x$%s$x$)",
              id, id, state.s);
    if (db_script(db, sql.s, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* Of a deployment on its way its VNFRs tell how far it is; whatever else stands in their state. */
static void test_progress(void **state)
{
    (void)state;
    struct store_operation o;
    struct err err = ERR_INIT;
    struct vnfr_state web = {.userdata = "\"deployed\": [{]", .queue = "q"}, db_ = {.queue = "q"};
    progress_note(&web.deployed, STEP_INSTANTIATE, STEP_STATE_DONE, 7, NULL, &arena);
    progress_note(&web.deployed, STEP_START, STEP_STATE_SENT, 8, "n5:0.1.2", &arena);
    put_vnfr("web", &web);
    put_vnfr("db", &db_);
    put_vnfr("unreadable", NULL);
    put("'o5', 'n5', 'p5', 'big', 'DEPLOY', 'PROCESSING', '', 'user', 'admin', 1, 2, 0, "
        "'{\"steps\":[{\"n\":1,\"kind\":\"INSTANTIATE\",\"state\":\"SENT\",\"of\":\"web\"},"
        "{\"n\":2,\"kind\":\"START\",\"state\":\"PLANNED\",\"of\":\"web\"},"
        "{\"n\":3,\"kind\":\"INSTANTIATE\",\"state\":\"SENT\",\"of\":\"db\"}]}', ''");
    assert_int_equal(store_operation_get(db, "o5", "p5", &arena, &o, &err), ERR_OK);
    struct operation op = {.kind = OPERATION_DEPLOY, .state = OPERATION_STATE_PROCESSING};
    assert_int_equal(operation_read(o.doc, strlen(o.doc), &op, &arena, &err), ERR_OK);
    if (progress_read(&op, o.progress, &arena, &err) != ERR_OK)
        fail_msg("%s: %s", o.progress, err.msg);
    assert_int_equal(op.steps[0].state, STEP_STATE_DONE);
    assert_int_equal(op.steps[0].done_at, 7);
    assert_int_equal(op.steps[1].state, STEP_STATE_SENT);
    assert_string_equal(op.steps[1].command, "n5:0.1.2");
    assert_int_equal(op.steps[2].state, STEP_STATE_SENT);
    assert_int_equal(
        db_script(db, "UPDATE operation SET state = 'FAILED_TEMP' WHERE id = 'o5'", &err), ERR_OK);
    assert_int_equal(store_operation_get(db, "o5", "p5", &arena, &o, &err), ERR_OK);
    assert_string_equal(o.progress, ""); /* its document says it */
    assert_int_equal(db_script(db, "DELETE FROM operation WHERE id = 'o5'", &err), ERR_OK);
}

/* Only what ended, however long ago the others began. */
static void test_expire(void **state)
{
    int64_t gone = 0;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(store_operation_expire(db, 1000000, 1, &gone, &err), ERR_OK);
    assert_int_equal(gone, 1);
    assert_int_equal(store_operation_expire(db, 1000000, 10, &gone, &err), ERR_OK);
    assert_int_equal(gone, 1);
    assert_string_equal(ids((struct store_operation_query){.project = "*"}), "o3 o2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),     cmocka_unit_test(test_pages),  cmocka_unit_test(test_one),
        cmocka_unit_test(test_progress), cmocka_unit_test(test_expire),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
