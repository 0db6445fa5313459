/* SCALE_OUT: the message, the conversation in its course, what comes of it. */
#include "tests/support/scale_bed.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < bed.s.d.events.n; i++)
        if (strcmp(bed.s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

/* --- it goes well ------------------------------------------------------------------------------ */

static void test_message(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING");
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_OUT");
    assert_string_equal(stage_text(body, "mode"), "");
    assert_non_null(stage_text(body, "component.id"));
    assert_string_equal(stage_text(body, "component.connection_point.0.virtual_link_reference"),
                        "net");
    assert_string_equal(stage_text(body, "component.id"),
                        stage_text(body, "virtualNetworkFunctionRecord.vdu.0.vnfc.1.id"));
    assert_string_equal(stage_text(body, "vimInstance.pop"), "pop-1:0:");
    assert_string_equal(stage_text(body, "vnfPackage.package"), "package-client:0:");
    assert_string_equal(stage_text(body, "dependency.target"), "client");
    assert_string_equal(stage_text(body, "extension.brokerIp"), "127.0.0.1");
    assert_string_equal(stage_text(body, "extension.timezone"), "CET");
    assert_int_equal(json_object_size(json_object_get(body, "extension")), 4);
    assert_null(json_object_get(body, "vnfcInstance"));
    assert_string_equal(operated_text(&bed.s, "client", "status"), "SCALING");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "status"), "SCALING");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "task"), "Scaling out");
}

static void test_conversation(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    const struct row *i = scale_bed_launching(&bed);
    assert_int_equal(bed.s.d.sends.n, 1); /* the launch: the VNFM waits */
    scale_bed_scaling(&bed, "client");    /* again: no second server, nothing to say yet */
    assert_int_equal(bed.s.d.sends.n, 0);
    scale_bed_launched(&bed, NULL);
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "SCALED");
    assert_string_equal(stage_text(body, "vnfr.vdu.0.vnfc_instance.1.id"), i->id);
    assert_string_equal(stage_text(body, "vnfr.vdu.0.vnfc_instance.1.vnfComponent.id"),
                        stage_text(body, "vnfr.vdu.0.vnfc.1.id"));
    assert_int_equal(bed.s.d.sends.n, 1);
    scale_bed_scaling(&bed, "client"); /* and again: the stored answer */
    body = stage_body(&bed.s, stage_sent(&bed.s, "amq.gen-asker"));
    assert_string_equal(stage_text(body, "action"), "SCALED");
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_true(has_event("SCALED"));
    assert_true(has_event("SCALE_OUT"));
    assert_string_equal(operated_text(&bed.s, "client", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_string_equal(operated_text(&bed.s, "client", "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "status"), "ACTIVE");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "task"), "Scaled out");
    assert_int_equal(bed.s.commands.n, 0);
    scale_bed_scaling(&bed, "client"); /* too late */
    assert_string_equal(
        stage_text(stage_body(&bed.s, stage_sent(&bed.s, "amq.gen-asker")), "action"), "ERROR");
}

/* As the Java REST SDK answers: a message of its own, that names neither request nor correlation. */
static void test_result_as_a_message_of_its_own(void **state)
{
    (void)state;
    scale_bed_run(&bed, false);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    stage_message(&bed.s,
                  (struct message){.queue = QUEUE_ACTIONS,
                                   .body = arena_printf(&bed.s.arena,
                                                        "{\"action\":\"SCALED\","
                                                        "\"virtualNetworkFunctionRecord\":%s}",
                                                        stage_vnfr(&bed.s, "client")->doc)});
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
}

static void other(enum operation_kind kind, const char *vnf)
{
    struct operate_request req = scale_bed_request(&bed, vnf);
    req.plan.kind = kind;
    req.plan.n_counts = 0;
    operated_ask(&bed.s, req);
}

static const char *task(void)
{
    return stage_text(stage_record(&bed.s, bed.s.root), "task");
}

/* A kind without a text leaves that of one beside it alone, and ends that of one before it. */
static void test_task(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    other(OPERATION_STOP_VNF, "web");
    operated_answer(&bed.s, CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_string_equal(task(), "Scaling out");
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    assert_string_equal(task(), "Scaled out");
    other(OPERATION_START_VNF, "web");
    assert_string_equal(task(), "Scaled out");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"ERROR\"}");
    operated_verb(&bed.s, "op-3", OPERATION_EV_ROLLBACK);
    operated_answer(&bed.s, CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(operated_state(&bed.s, "op-3"), "ROLLED_BACK");
    assert_string_equal(task(), "Onboarded");
}

/* The PoP is looked at first when what is known of it is old. */
static void test_stale_pop(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    for (uint32_t i = 0; i < bed.s.facts.n; i++)
        if (bed.s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&bed.s, bed.s.facts.at[i], false);
    scale_bed_scale(&bed, "client");
    scale_bed_scaling(&bed, "client");
    assert_null(operated_command(&bed.s, CMD_LAUNCH));
    stage_prepared(&bed.s, "client", NULL);
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
}

static void test_standby(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    bed.counts = (struct plan_count){.number = 1, .is_standby = true};
    operated_ask(&bed.s, scale_bed_request(&bed, "web")); /* whose target is not told */
    assert_string_equal(stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")), "mode"),
                        "standby");
    scale_bed_scaling(&bed, "web");
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "web");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(operated_text(&bed.s, "web", "vdu.0.vnfc_instance.1.state"), "STANDBY");
    struct operate_request req = scale_bed_request(&bed, "web");
    req.plan.kind = OPERATION_STOP_INSTANCE;
    req.plan.instance =
        arena_strdup(&bed.s.arena, operated_text(&bed.s, "web", "vdu.0.vnfc_instance.1.id"));
    operated_ask(&bed.s, req);
    assert_int_equal(bed.s.d.err.code,
                     ERR_STATE); /* started again, it would be unknown to targets */
    req = scale_bed_request(&bed, "web");
    req.plan.kind = OPERATION_SWITCH;
    req.plan.counts = NULL;
    req.plan.n_counts = 0;
    req.plan.failed =
        arena_strdup(&bed.s.arena, operated_text(&bed.s, "web", "vdu.0.vnfc_instance.0.id"));
    operated_ask(&bed.s, req);
    operated_answer(&bed.s, CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(operated_text(&bed.s, "web", "vdu.0.vnfc_instance.1.state"), "ACTIVE");
    assert_string_equal(stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")), "action"),
                        "MODIFY"); /* it is told now */
}

/* The VNFD's word counts also where its VNFM hands no metadata on; the request's own before it. */
static void test_policy_of_the_vnfd(void **state)
{
    (void)state;
    struct vdu *vdu = bed.s.service->nsd->vnfd.at[0]->vdu.at[0];
    proto_strmap_set(&vdu->metadata, VDU_ON_FAILURE, "rollback", &bed.s.arena);
    vdu->scale_in_out = 8;
    scale_bed_run(&bed, true);
    assert_null(operated_text(&bed.s, "web", "vdu.0.metadata"));
    scale_bed_scale(&bed, "client"); /* whose VNFD says nothing */
    assert_null(strstr(operated_row(&bed.s, "op-1")->doc, "policy"));
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    scale_bed_scale(&bed, "web");
    assert_non_null(strstr(operated_row(&bed.s, "op-2")->doc, "\"policy\":\"rollback\""));
    scale_bed_scaling(&bed, "web");
    scale_bed_launched(&bed, NULL);
    operated_answer(&bed.s, CMD_STEP_SCALE_OUT,
                    "{\"action\":\"ERROR\"}"); /* a script failed: it would be kept */
    assert_string_equal(operated_state(&bed.s, "op-2"), "ROLLING_BACK");
    scale_bed_gone(&bed);
    assert_string_equal(operated_state(&bed.s, "op-2"), "ROLLED_BACK");
    struct operate_request req = scale_bed_request(&bed, "web");
    req.policy = POLICY_KEEP;
    operated_ask(&bed.s, req);
    scale_bed_scaling(&bed, "web");
    scale_bed_launched(&bed, NULL);
    operated_answer(&bed.s, CMD_STEP_SCALE_OUT, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-3"), "FAILED_TEMP");
}

static void test_limit_and_wrong_state(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    bed.counts = (struct plan_count){.number = 2};
    operated_ask(&bed.s, scale_bed_request(&bed, "client"));
    assert_int_equal(bed.s.d.err.code, ERR_LIMIT);
    assert_non_null(strstr(bed.s.d.err.msg, "maximum number"));
    bed.counts.vdu = arena_strdup(&bed.s.arena, operated_text(&bed.s, "client", "vdu.0.id"));
    operated_ask(&bed.s, scale_bed_request(&bed, "client"));
    assert_int_equal(bed.s.d.err.code, ERR_LIMIT);
    scale_bed_scale(&bed, "client");
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    scale_bed_scale(&bed, "client");
    assert_int_equal(bed.s.d.err.code, ERR_STATE);
    assert_non_null(strstr(bed.s.d.err.msg, "Busy"));
}

/* Its VDU takes five. */
static void may_grow(const char *vnf)
{
    json_t *doc = json_deep_copy(stage_record(&bed.s, stage_vnfr(&bed.s, vnf)));
    json_object_set_new(json_array_get(json_object_get(doc, "vdu"), 0), "scale_in_out",
                        json_integer(5));
    char *text = json_dumps(doc, JSON_COMPACT);
    stage_vnfr(&bed.s, vnf)->doc = arena_strdup(&bed.s.arena, text);
    free(text);
    json_decref(doc);
}

/* k instances, one after the other. */
static void test_several(void **state)
{
    (void)state;
    bed.s.service->nsd->vnfd.at[1]->vdu.at[0]->scale_in_out = 5;
    scale_bed_run(&bed, true);
    may_grow("client");
    bed.counts = (struct plan_count){.number = 3};
    operated_ask(&bed.s, scale_bed_request(&bed, "client"));
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    for (int i = 0; i < 3; i++) {
        scale_bed_scaling(&bed, "client");
        scale_bed_launched(&bed, NULL);
        scale_bed_scaled(&bed, "client");
    }
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc_instance"), 4);
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), 4);
}

/* Its target learns of the new one, and of no other; undone, it is told that it goes again. */
static void test_target(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "web");
    scale_bed_scaling(&bed, "web");
    const char *id = scale_bed_launching(&bed)->id;
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "web");
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING");
    assert_string_equal(stage_text(stage_record(&bed.s, bed.s.root), "status"), "SCALING");
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfr.name"), "client");
    json_t *all = json_object_get(
        json_object_get(json_object_get(json_object_get(body, "vnfrd"), "vnfcParameters"),
                        "web_type"),
        "parameters");
    assert_int_equal(json_object_size(all), 1);
    assert_non_null(json_object_get(all, id));
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")), "action"),
                        "START");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(stage_text(stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue")), "action"),
                        "SCALE_IN");
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    scale_bed_gone(&bed);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_int_equal(scale_bed_servers(&bed), 2);
    for (uint32_t i = 0; i < bed.s.d.notes.n; i++)
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "differs"));
}

/* Two at once are told at once; undone, of each that it goes, one after the other. */
static void test_target_of_two(void **state)
{
    const char *first, *second;
    (void)state;
    scale_bed_run(&bed, true);
    may_grow("web");
    bed.counts = (struct plan_count){.number = 2};
    operated_ask(&bed.s, scale_bed_request(&bed, "web"));
    for (int i = 0; i < 2; i++) {
        scale_bed_scaling(&bed, "web");
        scale_bed_launched(&bed, NULL);
        scale_bed_scaled(&bed, "web");
    }
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    json_t *all = json_object_get(
        json_object_get(json_object_get(json_object_get(body, "vnfrd"), "vnfcParameters"),
                        "web_type"),
        "parameters");
    assert_int_equal(json_object_size(all), 2);
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_IN");
    first = arena_strdup(&bed.s.arena, stage_text(body, "vnfcInstance.id"));
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLING_BACK");
    body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "SCALE_IN");
    second = stage_text(body, "vnfcInstance.id");
    assert_string_not_equal(first, second);
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    scale_bed_gone(&bed);
    scale_bed_gone(&bed);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_int_equal(scale_bed_servers(&bed), 2);
    assert_int_equal(bed.s.commands.n, 0);
}

/* What was queued is planned when its turn has come: the one before it took the last place. */
static void test_queued(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    scale_bed_scale(&bed, "client");
    bed.counts = (struct plan_count){.number = 1};
    struct operate_request req = scale_bed_request(&bed, "client");
    req.may_queue = true;
    operated_ask(&bed.s, req);
    assert_string_equal(operated_state(&bed.s, "op-2"), "STARTING");
    req = scale_bed_request(&bed, "client");
    req.plan.kind = OPERATION_SCALE_IN;
    req.may_queue = true;
    operated_ask(&bed.s, req);
    assert_int_equal(bed.s.d.err.code, ERR_LIMIT); /* as it is now, there is one only */
    scale_bed_scaling(&bed, "client");
    scale_bed_launched(&bed, NULL);
    scale_bed_scaled(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(operated_state(&bed.s, "op-2"), "ROLLED_BACK");
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), 2);
    assert_int_equal(bed.s.commands.n, 0);
}

static void test_dry_and_quota(void **state)
{
    (void)state;
    scale_bed_run(&bed, true);
    struct operate_request req = scale_bed_request(&bed, "client");
    bed.counts = (struct plan_count){.number = 1};
    req.is_dry = true;
    operated_ask(&bed.s, req);
    assert_non_null(strstr(bed.s.d.text, "\"SET_COMPONENT\""));
    assert_int_equal(scale_bed_count(&bed, "client", "vnfc"), 1);
    for (uint32_t i = 0; i < bed.s.facts.n; i++) /* it is said; counted anew, when it matters */
        if (bed.s.facts.at[i]->kind == ROW_POP)
            bed.s.facts.at[i]->state = "{\"refreshedAt\":1,\"quota\":{\"instances\":2},"
                                       "\"use\":{\"instances\":2}}";
    operated_ask(&bed.s, req);
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_non_null(strstr(bed.s.d.text, "its quota of 2 instances has 0 left"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
    const struct CMUnitTest tests[] = {
        TEST(test_message),
        TEST(test_conversation),
        TEST(test_result_as_a_message_of_its_own),
        TEST(test_task),
        TEST(test_stale_pop),
        TEST(test_standby),
        TEST(test_policy_of_the_vnfd),
        TEST(test_limit_and_wrong_state),
        TEST(test_several),
        TEST(test_target),
        TEST(test_target_of_two),
        TEST(test_queued),
        TEST(test_dry_and_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
