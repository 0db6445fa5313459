/* A VNF more, and a VNF less, of a service that runs: the VNFR's phases and the operation's steps
 * together, what fails, what begins anew, what a rollback and a release leave. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/vnfs_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct vnfs_bed bed;

static int open_bed(void **state)
{
    (void)state;
    vnfs_bed_init(&bed);
    return 0;
}

static int close_bed(void **state)
{
    (void)state;
    vnfs_bed_release(&bed);
    return 0;
}

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < bed.s.d.events.n; i++)
        if (strcmp(bed.s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

static const char *sent_action(void)
{
    const struct send *send = stage_sent(&bed.s, "vnfm-queue");
    return send ? stage_text(stage_body(&bed.s, send), "action") : NULL;
}

/* --- one more ---------------------------------------------------------------------------------- */

static void test_added(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING");
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_string_equal(operated_step(&bed.s, "op-1", "INSTANTIATE"), "SENT");
    assert_int_equal(bed.s.root->phase, NSR_ACTIVE);
    assert_string_equal(vnfs_bed_status(&bed), "SCALING");
    vnfs_bed_up(&bed, "db");
    assert_string_equal(vnfs_bed_status(&bed), "SCALING");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "NULL");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    assert_true(has_event("INSTANTIATE"));
    assert_string_equal(operated_step(&bed.s, "op-1", "INSTANTIATE"), "DONE");
    assert_string_equal(sent_action(), "START");
    assert_string_equal(operated_text(&bed.s, "db", "status"),
                        "INACTIVE"); /* its START is awaited */
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_true(has_event("INSTANTIATE_FINISH"));
    assert_string_equal(operated_text(&bed.s, "db", "status"), "ACTIVE");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    assert_int_equal(bed.s.commands.n, 0);
    assert_null(strstr(operated_row(&bed.s, "op-1")->doc,
                       "vnfd-db")); /* what it was made of is forgotten */
    vnfs_bed_add(&bed, NULL);
    assert_int_equal(bed.s.d.err.code, ERR_EXISTS);
}

static void test_plan_does_nothing(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    struct deploy_request *deploy = vnfs_bed_vnf(&bed, NULL);
    vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                                .is_dry = true,
                                                .deploy = deploy,
                                                .vnfd = deploy->nsd->vnfd.at[0]});
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_non_null(strstr(bed.s.d.text, "INSTANTIATE"));
    assert_int_equal(bed.s.d.sends.n, 0);
    assert_null(stage_vnfr(&bed.s, "db"));
}

static void test_not_while_it_is_on_its_way(void **state)
{
    (void)state;
    stage_deploy(&bed.s);
    vnfs_bed_add(&bed, NULL);
    assert_int_equal(bed.s.d.err.code, ERR_STATE);
    assert_string_equal(bed.s.d.err.msg, "NSR is not in ACTIVE status");
}

/* A script failed: the VNFM goes on with it. */
static void test_resumed(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    vnfs_bed_up(&bed, "db");
    operated_answer(&bed.s, CMD_INSTANTIATE,
                    "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "ERROR");
    assert_string_equal(vnfs_bed_status(&bed), "ERROR");
    assert_int_equal(bed.s.root->phase, NSR_ACTIVE); /* an operation's matter */
    assert_true(has_event("ERROR"));
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "RESUME");
    assert_string_equal(stage_text(body, "resumedAction"), "INSTANTIATE");
    assert_non_null(stage_text(body, "resumes"));
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    assert_string_equal(sent_action(), "START");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "ACTIVE");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    assert_null(stage_text(stage_record(&bed.s, bed.s.root), "fault.message"));
}

/* Its server could not be made: what there is of it goes, and all begins anew. */
static void test_anew(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    stage_vnfm(&bed.s, "GRANT_OPERATION", "db", NULL);
    if (stage_vnfr(&bed.s, "db")->phase == VNFR_GRANTING)
        stage_prepared(&bed.s, "db", NULL);
    stage_vnfm(&bed.s, "ALLOCATE_RESOURCES", "db", NULL);
    stage_launched(&bed.s, "db", "{\"exception\":{\"detailMessage\":\"no room\"}}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    const char *id = stage_vnfr(&bed.s, "db")->id, *instance = stage_instance(&bed.s, "db")->id;
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_gone(&bed);
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_string_equal(stage_vnfr(&bed.s, "db")->id, id);
    assert_int_equal(stage_vnfr(&bed.s, "db")->phase, VNFR_INSTANTIATING);
    assert_null(stage_instance(&bed.s, "db"));
    vnfs_bed_up(&bed, "db");
    assert_string_not_equal(stage_instance(&bed.s, "db")->id, instance);
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

static void pop_is_stale(void)
{
    for (uint32_t i = 0; i < bed.s.facts.n; i++)
        if (bed.s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&bed.s, bed.s.facts.at[i], false);
}

/* It failed before its VNFM was told the record's id: a release ends nothing there, and what was asked
 * first, and may be in hand yet, is not to run beside the second. */
static void test_anew_before_its_grant(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    pop_is_stale();
    vnfs_bed_add(&bed, NULL);
    const char *first = arena_strdup(
        &bed.s.arena, stage_command(&bed.s, CMD_INSTANTIATE, stage_vnfr(&bed.s, "db")->id)->id);
    stage_vnfm(&bed.s, "GRANT_OPERATION", "db", NULL);
    assert_int_equal(stage_vnfr(&bed.s, "db")->phase, VNFR_GRANTING);
    stage_prepared(&bed.s, "db", "{\"code\":\"ERR_PEER\",\"message\":\"no network\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(sent_action(), "INSTANTIATE");
    const struct send *cancel = NULL;
    for (uint32_t i = 0; i < bed.s.d.sends.n; i++)
        if (strstr(bed.s.d.sends.at[i]->body, "\"CANCEL\""))
            cancel = bed.s.d.sends.at[i];
    assert_non_null(cancel);
    assert_string_equal(stage_text(stage_body(&bed.s, cancel), "cancels"), first);
    assert_string_not_equal(
        stage_command(&bed.s, CMD_INSTANTIATE, stage_vnfr(&bed.s, "db")->id)->id, first);
}

/* Nothing of it is left, and what was there is as it was. */
static void test_rolled_back(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    const char *before = bed.s.root->state;
    vnfs_bed_add(&bed, NULL);
    vnfs_bed_up(&bed, "db");
    operated_answer(&bed.s, CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLING_BACK");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLING_BACK");
    vnfs_bed_delete(&bed, "db");
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&bed.s, "db"));
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    assert_null(stage_text(stage_record(&bed.s, bed.s.root), "fault.message"));
    assert_string_equal(bed.s.root->state, before);
    assert_int_equal(bed.s.commands.n, 0);
    for (uint32_t i = 0; i < bed.s.d.notes.n; i++) {
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "as it was"));
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "not there before"));
    }
    vnfs_bed_add(&bed, NULL);
    assert_int_equal(bed.s.d.err.code, ERR_OK);
}

/* Its INSTANTIATE failed, what there was of it is gone, and it waits to be made anew. */
static void begin_to_pause(void)
{
    vnfs_bed_run(&bed);
    pop_is_stale();
    struct deploy_request *deploy = vnfs_bed_vnf(&bed, NULL);
    vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                                .deploy = deploy,
                                                .vnfd = deploy->nsd->vnfd.at[0],
                                                .attempts = 2});
    stage_vnfm(&bed.s, "GRANT_OPERATION", "db", NULL);
    stage_prepared(&bed.s, "db", "{\"code\":\"ERR_PEER\",\"message\":\"no network\"}");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_int_equal(stage_vnfr(&bed.s, "db")->phase, VNFR_FAILED);
}

/* It is tried again by itself, after a pause: what there was of it is gone by then. */
static void test_anew_after_a_pause(void **state)
{
    (void)state;
    begin_to_pause();
    const char *subject = NULL;
    for (uint32_t i = 0; i < bed.s.commands.n; i++)
        if (bed.s.commands.at[i]->kind == CMD_TIMER_OPERATION)
            subject = bed.s.commands.at[i]->subject;
    assert_non_null(subject);
    stage_late(&bed.s, CMD_TIMER_OPERATION, subject);
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_int_equal(stage_vnfr(&bed.s, "db")->phase, VNFR_INSTANTIATING);
    for (uint32_t i = 0; i < bed.s.d.rows.n; i++) /* what is not marked is not saved */
        if (strcmp(bed.s.d.rows.at[i]->id, stage_vnfr(&bed.s, "db")->id) == 0)
            assert_int_equal(bed.s.d.rows.at[i]->mark, ROW_CHANGED);
}

/* Its record waits for another attempt: it goes, too (the simulator found that). */
static void test_rolled_back_in_a_pause(void **state)
{
    (void)state;
    begin_to_pause();
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&bed.s, "db"));
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    assert_int_equal(bed.s.commands.n, 0);
    for (uint32_t i = 0; i < bed.s.d.notes.n; i++)
        assert_null(strstr(bed.s.d.notes.at[i]->doc, "not there before"));
}

/* Before its VNFM knew it. */
static void test_rolled_back_early(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    operated_answer(&bed.s, CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&bed.s, "db"));
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

/* One that nobody waits for any more may yet end well. */
static void test_abandoned(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    struct verb_request *r = arena_alloc(&bed.s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = "op-1", .verb = OPERATION_EV_CANCEL, .mode = CANCEL_FORCEFUL};
    stage_decide(
        &bed.s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    assert_string_equal(operated_step(&bed.s, "op-1", "INSTANTIATE"), "UNKNOWN");
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    assert_string_equal(operated_step(&bed.s, "op-1", "INSTANTIATE"), "DONE");
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    assert_string_equal(sent_action(), "START");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

/* The operation was given up while its VNFM was at work: the VNF is ERROR, whatever its phase. */
static void test_given_up_on_its_way(void **state)
{
    (void)state;
    bed.are_ours = false;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    struct verb_request *r = arena_alloc(&bed.s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = "op-1", .verb = OPERATION_EV_CANCEL, .mode = CANCEL_FORCEFUL};
    stage_decide(
        &bed.s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    assert_string_equal(vnfs_bed_status(&bed), "ERROR");
    vnfs_bed_up(&bed, "db");
    assert_string_equal(vnfs_bed_status(&bed), "ERROR");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    assert_string_equal(vnfs_bed_status(&bed), "ERROR");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "ERROR");
}

/* The service goes while the VNF comes. */
static void test_released(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    vnfs_bed_up(&bed, "db");
    stage_release_nsr(&bed.s);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    assert_int_equal(stage_vnfr(&bed.s, "db")->phase, VNFR_RELEASING);
    static const char *const all[] = {"web", "client", "db"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        stage_answer_well(&bed.s, CMD_RELEASE_RESOURCES, all[i]);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        stage_answer(&bed.s, CMD_DELETE, stage_instance(&bed.s, all[i])->id, "{}");
    vnfs_bed_gone(&bed);
    assert_null(bed.s.root);
}

/* --- who depends on whom ----------------------------------------------------------------------- */

/* Given. */
static char *dependencies(void)
{
    return json_dumps(json_object_get(stage_record(&bed.s, bed.s.root), "vnf_dependency"),
                      JSON_SORT_KEYS | JSON_COMPACT);
}

/* The one that comes learns of its source before it starts. */
static void test_target_added(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, TARGET_OF_WEB);
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "INITIALIZED");
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfrd.idType.web"), "web_type");
    assert_string_equal(stage_text(body, "vnfrd.parameters.web_type.parameters.address"),
                        "provided");
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(operated_text(&bed.s, "db", "status"), "INACTIVE");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

/* Those that are there learn of the one that comes, and of its end. */
static void test_source_added_and_removed(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    char *before = dependencies();
    vnfs_bed_add(&bed, SOURCE_OF_CLIENT);
    vnfs_bed_up(&bed, "db");
    const char *instance = stage_instance(&bed.s, "db")->id;
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    json_t *body = stage_body(&bed.s, stage_sent(&bed.s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfr.name"), "client");
    const char *path = arena_printf(&bed.s.arena,
                                    "vnfrd.vnfcParameters.db_type.parameters.%s."
                                    "parameters.net",
                                    instance);
    assert_string_equal(stage_text(body, path), "10.0.0.5");
    assert_string_equal(stage_text(body, "vnfrd.parameters.db_type.parameters.address"),
                        "provided");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(vnfs_bed_status(&bed), "SCALING");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");

    vnfs_bed_remove(&bed, "db");
    assert_string_equal(sent_action(), "SCALE_IN");
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "db");
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_null(strstr(bed.s.root->doc, "db_type\":{\"parameters"));
    assert_null(strstr(bed.s.root->doc, instance));
    free(before);
}

/* A rollback tells them, too, and leaves the dependencies as they were. */
static void test_source_rolled_back(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    char *before = dependencies();
    vnfs_bed_add(&bed, SOURCE_OF_CLIENT);
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(sent_action(), "SCALE_IN");
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "db");
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    char *after = dependencies();
    assert_string_equal(after, before);
    assert_string_equal(operated_text(&bed.s, "client", "status"), "ACTIVE");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    free(after);
    free(before);
}

/* Both at once, and the service would be left empty: neither goes. */
static void test_several_removed(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    struct operate_request req = {.plan = {.kind = OPERATION_REMOVE_VNF}};
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&bed.s, "db")->id, &bed.s.arena);
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&bed.s, "web")->id, &bed.s.arena);
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&bed.s, "client")->id, &bed.s.arena);
    vnfs_bed_ask(&bed, req);
    assert_int_equal(bed.s.d.err.code, ERR_STATE);
    req.plan.vnfrs.n = 1;
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&bed.s, "client")->id, &bed.s.arena);
    vnfs_bed_ask(&bed, req);
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "null");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "null");
    stage_answer(&bed.s, CMD_DELETE, stage_instance(&bed.s, "client")->id, "{}");
    vnfs_bed_delete(&bed, "db");
    assert_string_equal(operated_state(&bed.s, "op-3"), "COMPLETED");
    assert_null(stage_vnfr(&bed.s, "db"));
    assert_null(stage_vnfr(&bed.s, "client"));
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

/* --- one less ---------------------------------------------------------------------------------- */

static void test_removed(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "client"); /* nobody's source */
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    assert_string_equal(operated_text(&bed.s, "client", "status"), "TERMINATED");
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_true(has_event("RELEASE_RESOURCES"));
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING");
    vnfs_bed_delete(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_null(stage_vnfr(&bed.s, "client"));
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
    assert_int_equal(bed.s.root->phase, NSR_ACTIVE);
    assert_null(stage_text(stage_record(&bed.s, bed.s.root), "vnf_dependency.0.target"));
    assert_int_equal(bed.s.commands.n, 0);
    vnfs_bed_remove(&bed, "web");
    assert_int_equal(bed.s.d.err.code, ERR_STATE);
    assert_non_null(strstr(bed.s.d.err.msg, "is the last one of service"));
}

static void test_removed_and_released(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "client");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    stage_release_nsr(&bed.s);
    stage_answer_well(&bed.s, CMD_RELEASE_RESOURCES, "web");
    stage_answer(&bed.s, CMD_DELETE, stage_instance(&bed.s, "web")->id, "{}");
    vnfs_bed_delete(&bed, "client");
    assert_null(bed.s.root);
}

/* A broken one may be taken away, and the service is well again. */
static void test_broken_one_removed(void **state)
{
    (void)state;
    bed.are_ours = false;
    vnfs_bed_run(&bed);
    stage_vnfm(&bed.s, "ERROR", "client", NULL);
    assert_int_equal(bed.s.root->phase, NSR_FAILED);
    vnfs_bed_remove(&bed, "client");
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_int_equal(bed.s.root->phase, NSR_ACTIVE);
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
    const struct CMUnitTest tests[] = {
        T(test_added),
        T(test_plan_does_nothing),
        T(test_not_while_it_is_on_its_way),
        T(test_resumed),
        T(test_anew),
        T(test_anew_before_its_grant),
        T(test_rolled_back),
        T(test_anew_after_a_pause),
        T(test_rolled_back_in_a_pause),
        T(test_rolled_back_early),
        T(test_abandoned),
        T(test_given_up_on_its_way),
        T(test_released),
        T(test_target_added),
        T(test_source_added_and_removed),
        T(test_source_rolled_back),
        T(test_several_removed),
        T(test_removed),
        T(test_removed_and_released),
        T(test_broken_one_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
