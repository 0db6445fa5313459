/* A script of a package is replaced: the VNFs that run with it get it, and the one before it back. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/operated.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

/* Who made the record says which package: here the stage, for the VNFM. */
static void give_package(const char *vnf)
{
    struct row *r = stage_vnfr(&s, vnf);
    if (!strstr(r->doc, "\"packageId\":\"package-client\""))
        r->doc = arena_printf(&s.arena, "{\"packageId\":\"package-client\",%s", r->doc + 1);
}

static struct script *script(const char *text)
{
    struct script *x = proto_new(&script_type, &s.arena);
    x->id = "s-1";
    x->name = "install.sh";
    x->payload = (struct proto_bytes){(const uint8_t *)text, strlen(text)};
    return x;
}

static struct operate_request request(int n)
{
    struct operate_request req = operated_request(&s, n, OPERATION_UPDATE_SCRIPT, NULL);
    req.plan.package = "package-client";
    req.new_script = script("NEW");
    req.old_script = script("OLD");
    req.may_queue = true;
    return req;
}

/* The first byte of the script in the request: 'N' or 'O'. */
static int first_byte(void)
{
    json_t *sent = operated_sent(&s);
    assert_string_equal(stage_text(sent, "action"), "UPDATE");
    assert_string_equal(stage_text(sent, "script.name"), "install.sh");
    return (int)json_integer_value(
        json_array_get(json_object_get(json_object_get(sent, "script"), "payload"), 0));
}

static void test_it_goes_to_its_vnfs(void **state)
{
    (void)state;
    operated_service(&s, true);
    give_package("client");
    operated_ask(&s, request(1));
    assert_string_equal(operated_state(&s, "op-1"), "PROCESSING");
    assert_int_equal(first_byte(), 'N');
    assert_string_equal(stage_text(operated_sent(&s), "vnfr.name"), "client");
    operated_answer(&s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"UPDATE\"}");
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
    assert_string_equal(operated_text(&s, "client", "status"), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

static void test_none_runs_with_it(void **state)
{
    (void)state;
    operated_service(&s, true);
    struct operate_request req = request(1);
    req.plan.package = "another";
    operated_ask(&s, req);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
}

static void test_rollback_sends_the_old_one(void **state)
{
    (void)state;
    operated_service(&s, true);
    give_package("client");
    give_package("web");
    operated_ask(&s, request(1));
    operated_answer(&s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"UPDATE\"}");
    operated_answer(&s, CMD_STEP_UPDATE_SCRIPT,
                    "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no agent\"}}");
    assert_string_equal(operated_state(&s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&s, "client", "status"), "ACTIVE"); /* class SIDE */
    operated_verb(&s, "op-1", OPERATION_EV_ROLLBACK);
    assert_int_equal(first_byte(), 'O');
    for (int i = 0; i < 2; i++)
        operated_answer(&s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"UPDATE\"}");
    assert_string_equal(operated_state(&s, "op-1"), "ROLLED_BACK");
    assert_int_equal(s.commands.n, 0);
}

/* Silence means that it went well; and it may go out again without anybody's consent. */
static void test_foreign(void **state)
{
    (void)state;
    operated_service(&s, false);
    give_package("client");
    operated_ask(&s, request(1));
    operated_answer(&s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"ERROR\"}");
    operated_verb(&s, "op-1", OPERATION_EV_RETRY);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_int_equal(first_byte(), 'N');
    stage_late(&s, CMD_TIMER_OPERATION, operated_command(&s, CMD_STEP_UPDATE_SCRIPT)->subject);
    assert_string_equal(operated_state(&s, "op-1"), "COMPLETED");
}

/* The VNFM has the old text already, and gets the new one when the deployment is over. */
static void test_while_it_is_deployed(void **state)
{
    (void)state;
    stage_to(&s, VNFR_STARTING);
    give_package("client");
    for (int n = 1; n <= 8; n++)
        operated_ask(&s, request(n));
    assert_string_equal(operated_state(&s, "op-8"), "STARTING");
    operated_ask(&s, request(9));
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_null(operated_command(&s, CMD_STEP_UPDATE_SCRIPT));
    stage_answer_well(&s, CMD_START, "client");
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-1/0"); /* in a decision of its own */
    assert_string_equal(operated_state(&s, "op-1"), "PROCESSING");
    for (int n = 1; n <= 8; n++)
        operated_answer(&s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"UPDATE\"}");
    assert_string_equal(operated_state(&s, "op-8"), "COMPLETED");
    assert_int_equal(s.commands.n, 0);
}

/* Its INSTANTIATE failed by this very script: it can be repaired. */
static void test_one_that_failed_gets_it(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATED);
    give_package("client");
    stage_answer(&s, CMD_INSTANTIATE, operated_vnfr(&s, "client"), "{\"action\":\"ERROR\"}");
    assert_int_equal(s.root->phase, NSR_FAILED);
    operated_ask(&s, request(1));
    assert_string_equal(operated_state(&s, "op-1"), "PROCESSING");
    assert_int_equal(first_byte(), 'N');
}

static void test_too_large(void **state)
{
    (void)state;
    operated_service(&s, true);
    give_package("client");
    struct operate_request req = request(1);
    req.new_script->payload.n = OPERATE_SCRIPT_MAX + 1;
    operated_ask(&s, req);
    assert_int_equal(s.d.err.code, ERR_LIMIT);
    assert_non_null(strstr(s.d.err.msg, "install.sh"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_it_goes_to_its_vnfs),
        TEST(test_none_runs_with_it),
        TEST(test_rollback_sends_the_old_one),
        TEST(test_foreign),
        TEST(test_while_it_is_deployed),
        TEST(test_one_that_failed_gets_it),
        TEST(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
