/* A VNF more, and a VNF less, where something comes between: its servers, other operations, people who
 * say what is done, operations that waited for their turn. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/vnfs_bed.h"

#include <setjmp.h>
#include <stdarg.h>
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

/* --- what comes between ------------------------------------------------------------------------ */

/* What runs on a VNF that a rollback takes away: nobody answers it any more. */
static void gone_under_it(void)
{
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, SOURCE_OF_CLIENT);
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING"); /* START of db is awaited */
    vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_EXECUTE,
                                                         .vnfr = stage_vnfr(&bed.s, "db")->id},
                                                .script = "true"});
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    operated_verb(&bed.s, "op-1", OPERATION_EV_ROLLBACK);
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_step(&bed.s, "op-2", "EXECUTE"), "SENT");
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "db");
    assert_string_equal(operated_state(&bed.s, "op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&bed.s, "db"));
}

static void test_gone_under_it(void **state)
{
    (void)state;
    gone_under_it();
    assert_string_equal(operated_step(&bed.s, "op-2", "EXECUTE"), "UNKNOWN");
    assert_string_equal(operated_state(&bed.s, "op-2"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-2", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, "op-2"), "FAILED");
    assert_int_equal(bed.s.commands.n, 0);
}

static void test_gone_under_it_and_released(void **state)
{
    (void)state;
    gone_under_it();
    stage_release_nsr(&bed.s);
    assert_string_equal(operated_state(&bed.s, "op-2"), "FAILED");
}

static void no_room(void)
{
    stage_vnfm(&bed.s, "GRANT_OPERATION", "db", NULL);
    if (stage_vnfr(&bed.s, "db")->phase == VNFR_GRANTING)
        stage_prepared(&bed.s, "db", NULL);
    stage_vnfm(&bed.s, "ALLOCATE_RESOURCES", "db", NULL);
    stage_launched(&bed.s, "db", "{\"exception\":{\"detailMessage\":\"no room\"}}");
}

/* It began anew, and has no record yet: what is asked of it then is not sent, and not waited for. */
static void test_asked_of_one_without_record(void **state)
{
    (void)state;
    struct script script = {.id = "s-1", .name = "install.sh"};
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    no_room();
    struct row *db = stage_vnfr(&bed.s, "db");
    db->doc = arena_printf(&bed.s.arena, "{\"packageId\":\"package-db\",%s", db->doc + 1);
    vnfs_bed_ask(&bed, (struct operate_request){
                           .plan = {.kind = OPERATION_UPDATE_SCRIPT, .package = "package-db"},
                           .new_script = &script});
    operated_answer(&bed.s, CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"ERROR\"}");
    assert_string_equal(operated_state(&bed.s, "op-2"), "FAILED_TEMP");
    operated_verb(&bed.s, "op-1", OPERATION_EV_RETRY);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_gone(&bed);
    operated_answer(&bed.s, CMD_INSTANTIATE, "{\"action\":\"ERROR\"}"); /* before its grant */
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED_TEMP");
    assert_string_equal(stage_vnfr(&bed.s, "db")->doc, "");
    operated_verb(&bed.s, "op-2", OPERATION_EV_RETRY);
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_string_equal(operated_state(&bed.s, "op-2"), "FAILED_TEMP");
    assert_string_equal(operated_step(&bed.s, "op-2", "UPDATE_SCRIPT"), "FAILED");
}

/* A server that could not be launched may be there all the same: its row stays until it is not. */
static void test_broken_one_removed_with_its_server(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    no_room();
    operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, "op-1"), "FAILED");
    vnfs_bed_remove(&bed, "db");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_non_null(stage_instance(&bed.s, "db"));
    assert_string_equal(operated_state(&bed.s, "op-2"), "PROCESSING");
    vnfs_bed_gone(&bed);
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_null(stage_vnfr(&bed.s, "db"));
}

/* Its server came up after it was asked to go: no step of the plan deletes it, and its row stays until it
 * is gone. */
static void test_removed_while_it_is_launched(void **state)
{
    (void)state;
    stage_to(&bed.s, VNFR_ALLOCATING);
    stage_answer(&bed.s, CMD_INSTANTIATE, stage_vnfr(&bed.s, "web")->id, "{\"action\":\"ERROR\"}");
    assert_int_equal(bed.s.root->phase, NSR_FAILED);
    vnfs_bed_remove(&bed, "client");
    assert_int_equal(stage_vnfr(&bed.s, "client")->phase, VNFR_UNDOING);
    stage_launched(&bed.s, "client", NULL);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "PROCESSING");
    assert_int_equal(stage_instance(&bed.s, "client")->phase, INSTANCE_DELETING);
    vnfs_bed_delete(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_null(stage_vnfr(&bed.s, "client"));
}

static void ask_verb(const char *id, enum operation_event what, enum cancel_mode mode,
                     enum retry_unknown unknown)
{
    struct verb_request *r = arena_alloc(&bed.s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .verb = what, .mode = mode, .consent = {.unknown = unknown}};
    stage_decide(&bed.s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                                         .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                         .payload = r});
}

/* A person says that its TERMINATE is done, while its server is launched, or up and in no record: it is
 * not left behind. */
static void test_said_to_be_removed_with_its_server(void **state)
{
    (void)state;
    for (int is_up = 0; is_up < 2; is_up++) {
        if (is_up) {
            close_bed(state);
            open_bed(state);
        }
        vnfs_bed_run(&bed);
        vnfs_bed_add(&bed, NULL);
        stage_vnfm(&bed.s, "GRANT_OPERATION", "db", NULL);
        if (stage_vnfr(&bed.s, "db")->phase == VNFR_GRANTING)
            stage_prepared(&bed.s, "db", NULL);
        stage_vnfm(&bed.s, "ALLOCATE_RESOURCES", "db", NULL);
        ask_verb("op-1", OPERATION_EV_CANCEL, CANCEL_FORCEFUL, UNKNOWN_ASK);
        operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
        vnfs_bed_remove(&bed, "db");
        ask_verb("op-2", OPERATION_EV_CANCEL, CANCEL_FORCEFUL, UNKNOWN_ASK);
        assert_string_equal(operated_step(&bed.s, "op-2", "TERMINATE"), "UNKNOWN");
        if (is_up)
            stage_launched(&bed.s, "db", NULL);
        ask_verb("op-2", OPERATION_EV_RETRY, CANCEL_NO, UNKNOWN_IS_DONE);
        assert_string_equal(operated_state(&bed.s, "op-2"), "PROCESSING");
        assert_non_null(stage_instance(&bed.s, "db"));
        if (!is_up)
            stage_launched(&bed.s, "db", NULL);
        operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
        assert_int_equal(stage_instance(&bed.s, "db")->phase, INSTANCE_DELETING);
        vnfs_bed_delete(&bed, "db");
        assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
        assert_null(stage_vnfr(&bed.s, "db"));
    }
}

/* --- queued ------------------------------------------------------------------------------------ */

static void remove_queued(const char *vnf)
{
    vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_REMOVE_VNF,
                                                         .vnfr = stage_vnfr(&bed.s, vnf)->id},
                                                .may_queue = true});
}

/* Each may go, but not both. */
static void test_last_one_stays(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "web");
    remove_queued("client");
    assert_string_equal(operated_state(&bed.s, "op-2"), "STARTING");
    operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "web");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    stage_late(&bed.s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(operated_state(&bed.s, "op-2"), "ROLLED_BACK");
    assert_int_equal(stage_vnfr(&bed.s, "client")->phase, VNFR_ACTIVE);
    assert_int_equal(bed.s.commands.n, 0);
}

static void test_removed_once(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "client");
    remove_queued("client");
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    stage_late(&bed.s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(operated_state(&bed.s, "op-2"), "ROLLED_BACK");
}

/* A service has one VNF of a name. */
static void test_added_once(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "client");
    for (int i = 0; i < 2; i++) {
        struct deploy_request *deploy = vnfs_bed_vnf(&bed, NULL);
        vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                                    .deploy = deploy,
                                                    .vnfd = deploy->nsd->vnfd.at[0],
                                                    .may_queue = true});
        assert_int_equal(bed.s.d.err.code, ERR_OK);
    }
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "client");
    stage_late(&bed.s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(operated_state(&bed.s, "op-2"), "PROCESSING");
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_string_equal(operated_state(&bed.s, "op-3"), "ROLLED_BACK");
    assert_int_equal(bed.s.commands.n, 0);
}

/* The one that it was a source of was dropped in the decision in which it begins: nothing depends on it. */
static void test_added_as_its_target_goes(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_remove(&bed, "client");
    struct deploy_request *deploy = vnfs_bed_vnf(&bed, SOURCE_OF_CLIENT);
    vnfs_bed_ask(&bed, (struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                                .deploy = deploy,
                                                .vnfd = deploy->nsd->vnfd.at[0],
                                                .may_queue = true});
    stage_forget(&bed.s, "pop-1"); /* nothing to wait for: its servers are GONE at once */
    stage_late(&bed.s, CMD_RELEASE_RESOURCES, stage_vnfr(&bed.s, "client")->id);
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(operated_state(&bed.s, "op-2"), "PROCESSING");
    assert_null(stage_text(stage_record(&bed.s, bed.s.root), "vnf_dependency.0.target"));
}

/* It is planned when its turn comes: a target that came meanwhile is told. */
static void test_removed_after_its_target_came(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, TARGET_OF_WEB);
    remove_queued("web");
    vnfs_bed_up(&bed, "db");
    stage_answer_well(&bed.s, CMD_INSTANTIATE, "db");
    operated_answer(&bed.s, CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    operated_answer(&bed.s, CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(operated_state(&bed.s, "op-1"), "COMPLETED");
    assert_string_equal(operated_state(&bed.s, "op-2"), "PROCESSING");
    for (int i = 0; i < 2; i++) { /* client, and db */
        assert_string_equal(operated_step(&bed.s, "op-2", "SCALE_IN"), i == 0 ? "SENT" : "DONE");
        operated_answer(&bed.s, CMD_STEP_SCALE_IN, "null");
    }
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    vnfs_bed_delete(&bed, "web");
    assert_string_equal(operated_state(&bed.s, "op-2"), "COMPLETED");
    assert_int_equal(bed.s.commands.n, 0);
}

/* --- half removed ------------------------------------------------------------------------------ */

/* Its VNFM has released it, and the rest was given up. */
static void half_removed(const char *vnf, const char *operation)
{
    vnfs_bed_remove(&bed, vnf);
    operated_verb(&bed.s, operation, OPERATION_EV_CANCEL);
    operated_answer(&bed.s, CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(operated_state(&bed.s, operation), "FAILED_TEMP");
    operated_verb(&bed.s, operation, OPERATION_EV_FAIL);
    assert_string_equal(operated_state(&bed.s, operation), "FAILED");
    assert_int_equal(stage_vnfr(&bed.s, vnf)->phase, VNFR_DELETING);
    assert_string_equal(vnfs_bed_status(&bed), "ACTIVE");
}

static void test_half_removed_is_none_that_stays(void **state)
{
    (void)state;
    vnfs_bed_run(&bed);
    half_removed("client", "op-1");
    vnfs_bed_remove(&bed, "web");
    assert_int_equal(bed.s.d.err.code, ERR_STATE);
    assert_non_null(strstr(bed.s.d.err.msg, "is the last one of service"));
    vnfs_bed_remove(&bed, "client"); /* the rest of it */
    vnfs_bed_delete(&bed, "client");
    assert_string_equal(operated_state(&bed.s, "op-3"), "COMPLETED");
    assert_null(stage_vnfr(&bed.s, "client"));
}

/* What failed beside it is resumed; it is not made anew, though it never was INITIALIZED. */
static void test_half_removed_is_not_resumed(void **state)
{
    (void)state;
    bed.are_ours = false;
    vnfs_bed_run(&bed);
    vnfs_bed_add(&bed, NULL);
    vnfs_bed_up(&bed, "db");
    operated_answer(&bed.s, CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    operated_verb(&bed.s, "op-1", OPERATION_EV_FAIL);
    half_removed("db", "op-2");
    stage_vnfm(&bed.s, "ERROR", "web", NULL);
    assert_int_equal(bed.s.root->phase, NSR_FAILED);
    vnfs_bed_ask(&bed, (struct operate_request){
                           .plan = {.kind = OPERATION_RESUME,
                                    .consent = {.repeat = true, .unknown = UNKNOWN_REPEAT}}});
    assert_int_equal(bed.s.d.err.code, ERR_OK);
    assert_string_equal(operated_state(&bed.s, "op-3"), "PROCESSING");
    assert_null(strstr(operated_row(&bed.s, "op-3")->doc, stage_vnfr(&bed.s, "db")->id));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
    const struct CMUnitTest tests[] = {
        T(test_gone_under_it),
        T(test_gone_under_it_and_released),
        T(test_asked_of_one_without_record),
        T(test_broken_one_removed_with_its_server),
        T(test_removed_while_it_is_launched),
        T(test_said_to_be_removed_with_its_server),
        T(test_last_one_stays),
        T(test_added_as_its_target_goes),
        T(test_removed_once),
        T(test_added_once),
        T(test_removed_after_its_target_came),
        T(test_half_removed_is_none_that_stays),
        T(test_half_removed_is_not_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
