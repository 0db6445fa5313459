/* SCALE_OUT: what is left of one that fails, and what comes between. */
#include "tests/support/scale_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scale_bed bed;

static int open_bed(void **state)
{
    (void)state;
    scale_bed_init(&bed);
    return 0;
}

static int close_bed(void **state)
{
    (void)state;
    stage_release(&bed.s);
    return 0;
}

static const char no_room[] =
    "{\"exception\":{\"detailMessage\":\"no room\",\"stackTrace\":[],\"suppressedExceptions\":[]}}";

/* --- it does not ------------------------------------------------------------------------------- */

/* No room: the VNFM gets an Error with the record, the step fails at once, and what was made goes
 * again by itself. */
static void test_no_room(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, no_room);
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "ERROR");
    assert_non_null(strstr(stage_text(body, "message"), "no room"));
    assert_non_null(stage_text(body, "vnfr.id"));
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLING_BACK");
    stage_listed(&bed.s, "pop-1", NULL, false);
    stage_listed(&bed.s, "pop-1", NULL, false);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), 1);
    assert_int_equal(scale_bed_servers(&bed), 2);
    assert_string_equal(operated_text(&bed.s, "client", "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "status"), "ACTIVE");
    for (uint32_t i = 0; i < bed.s.d.notes.n; i++)
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "differs"));
    assert_int_equal(bed.s.commands.n, 0);
}

/* A retry launches again, when what failed is gone. */
static void test_no_room_keep_and_retry(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    struct operate_request req = scale_bed_request(&bed, "client");
    bed.counts = (struct plan_count){.number = 1};
    req.policy = POLICY_KEEP;
    operated_ask(&bed.s, req);
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, no_room);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_answer(&bed.s, CMD_STEP_SCALE_OUT,
                    "null"); /* the Java SDK's word; it changes nothing */
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    assert_string_equal(stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")), "action"),
                        "SCALE_OUT");
    scale_bed_scaling(&bed, "client");
    assert_null(operated_command(&bed.s, CMD_LAUNCH));
    stage_listed(&bed.s, "pop-1", NULL, false);
    stage_listed(&bed.s, "pop-1", NULL, false);
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_int_equal(scale_bed_servers(&bed), 3);
    assert_int_equal(bed.s.commands.n, 0);
}

static void fail_script(void)
{
    operated_answer(&bed.s, CMD_STEP_SCALE_OUT,
                    "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 1\"}}");
}

/* A script: the server stays. Ours goes on where it failed. */
static void test_script_fails(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    fail_script();
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&bed.s, "client", "status"), "ACTIVE");
    assert_int_equal(scale_bed_servers(&bed), 3);
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "RESUME");
    assert_string_equal(stage_text(body, "resumedAction"), "SCALE_OUT");
    assert_non_null(stage_text(body, "vnfcInstance.id"));
    assert_non_null(json_object_get(body, "dependency"));
    assert_null(json_object_get(body, "vnfrd"));
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
}

static void test_script_fails_rollback(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    fail_script();
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLING_BACK");
    scale_bed_gone(&bed);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc_instance"), 1);
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), 1);
    assert_int_equal(scale_bed_servers(&bed), 2);
    assert_null(strstr(stage_vnfr(&bed.s, "client")->doc, "10.0.0.77"));
    for (uint32_t i = 0; i < bed.s.d.notes.n; i++)
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "differs"));
}

/* A foreign VNFM cannot go on: another server. */
static void test_script_fails_at_a_foreigner(void **state)
{
    (void)state;
    scale_bed_run(&bed, false);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    const char *first = scale_bed_launching(&bed)->id;
    scale_bed_launched(&bed, NULL);
    fail_script();
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    assert_null(operated_command(&bed.s, CMD_STEP_SCALE_OUT));
    scale_bed_gone(&bed);
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"),
                     2); /* its component waits for another one */
    scale_bed_scaling(&bed, "client");
    assert_string_not_equal(scale_bed_launching(&bed)->id, first);
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_int_equal(scale_bed_servers(&bed), 3);
}

static void test_script_fails_given_up(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    fail_script();
    operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    assert_string_equal(operated_text(&bed.s, "client", "vdu.0.vnfc_instance.1.state"), "FAILED");
    assert_string_equal(operated_text(&bed.s, "client", "status"), "ACTIVE");
}

/* Given up before its server is there: the component went, and the server goes when it comes. */
static void test_given_up_while_launching(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    size_t components = scale_bed_count(&bed, "client", "vnfc");
    fail_script();
    operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), components - 1);
    scale_bed_launched(&bed, NULL);
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc_instance"), 1);
    assert_non_null(stage_command(&bed.s, CMD_DELETE, NULL));
}

/* It says SCALED, and nobody has asked for a server: it made one itself, or lies. */
static void test_allocates_itself(void **state)
{
    (void)state;
    scale_bed_run(&bed, false);
    scale_bed_scale(&bed, "client");
    operated_answer(&bed.s, CMD_STEP_SCALE_OUT, "{\"action\":\"SCALED\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    scale_bed_scale(&bed, "client");
    const char *component =
        arena_strdup(&bed.s.arena, stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")),
                                              "component.id"));
    operated_answer(
        &bed.s, CMD_STEP_SCALE_OUT,
        arena_printf(&bed.s.arena,
                     "{\"action\":\"SCALED\",\"virtualNetworkFunctionRecord\":{\"id\":\"x\","
                     "\"vdu\":[{\"vnfc_instance\":[{\"id\":\"their\",\"hostname\":\"h\","
                     "\"vim_id\":\"pop-1\",\"vc_id\":\"container\",\"ips\":[{\"netName\":"
                     "\"net\",\"ip\":\"10.0.0.9\"}],\"vnfComponent\":{\"id\":\"%s\"}}]}]}}",
                     component));
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_string_equal(operated_text(&bed.s, "client", "vdu.0.vnfc_instance.1.hostname"), "h");
    assert_string_equal(operated_text(&bed.s, "client", "vdu.0.vnfc_instance.1.ips.0.ip"),
                        "10.0.0.9");
    assert_string_equal(operated_text(&bed.s, "client", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_int_equal(scale_bed_servers(&bed), 3);
    stage_release_nsr(&bed.s);
    for (int i = 0; i < 2; i++)
        operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "null");
    uint32_t n = 0;
    for (uint32_t i = 0; i < bed.s.commands.n; i++)
        n += bed.s.commands.at[i]->kind == CMD_DELETE;
    assert_int_equal(n, 3); /* it goes like the others */
}

/* --- and meanwhile ----------------------------------------------------------------------------- */

static void test_released_while_launching(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    stage_release_nsr(&bed.s);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    assert_string_equal(
        stage_text(stage_body(&bed.s, stage_sent(&bed.s, "amq.gen-asker")), "action"), "ERROR");
    assert_int_equal(stage_vnfr(&bed.s, "client")->phase, VNFR_UNDOING);
    scale_bed_launched(&bed, NULL);
    assert_int_equal(stage_vnfr(&bed.s, "client")->phase, VNFR_RELEASING);
}

/* The VNFM never says anything: what became of it is unknown; a late word settles it. */
static void test_deadline(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    stage_late(&bed.s, CMD_STEP_SCALE_OUT, operated_command(&bed.s, CMD_STEP_SCALE_OUT)->subject);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
    const struct CMUnitTest tests[] = {
        TEST(test_no_room),
        TEST(test_no_room_keep_and_retry),
        TEST(test_script_fails),
        TEST(test_script_fails_rollback),
        TEST(test_script_fails_at_a_foreigner),
        TEST(test_script_fails_given_up),
        TEST(test_given_up_while_launching),
        TEST(test_allocates_itself),
        TEST(test_released_while_launching),
        TEST(test_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
