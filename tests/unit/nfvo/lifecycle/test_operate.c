/* Operations on a service that is ACTIVE: admitted, sent, answered, late, undone; and what comes late
 * touches nothing but its subject. */
#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/operation/document.h"

#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;
static int n_asked;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    n_asked = 0;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void to_active(bool is_ours)
{
    for (uint32_t i = 0; is_ours && i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    stage_subscribe(&s, "op", "*", "STOP", "");
    stage_subscribe(&s, "op2", "*", "HEAL", "");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
}

static const char *vnfr_id(const char *vnf)
{
    return stage_vnfr(&s, vnf)->id;
}

static const char *instance_id(const char *vnf)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), "vdu.0.vnfc_instance.0.id");
}

static struct operate_request request(enum operation_kind kind, const char *vnf)
{
    bool wants_instance = operation_kinds[kind].scope == SCOPE_INSTANCE;
    return (struct operate_request){.operation_id = arena_printf(&s.arena, "op-%d", ++n_asked),
                                    .project = "project-1",
                                    .asked_by = "admin",
                                    .origin = "user",
                                    .plan = {.kind = kind,
                                             .vnfr = vnfr_id(vnf),
                                             .instance = wants_instance ? instance_id(vnf) : NULL},
                                    .script = "echo hello",
                                    .cause = "disk"};
}

static void ask(struct operate_request req)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = req;
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
}

static void ask_for(enum operation_kind kind, const char *vnf)
{
    ask(request(kind, vnf));
}

static void verb(const char *id, enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
}

static const struct row *operation(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return s.rows.at[i];
    fail_msg("there is no operation %s", id);
    return NULL;
}

static const struct plan_step *the_step(const char *id)
{
    const struct row *r = operation(id);
    struct operation *op = arena_alloc(&s.arena, sizeof(*op));
    struct err err = ERR_INIT;
    *op = (struct operation){.id = r->id, .kind = OPERATION_STOP_VNF, .state = r->phase};
    if (operation_read(r->doc, strlen(r->doc), op, &s.arena, &err) != ERR_OK)
        fail_msg("operation %s: %s", id, err.msg);
    return &op->steps[0];
}

static const char *state_of(const char *id)
{
    return operation_state_words[operation(id)->phase];
}

/* The open request of that kind; NULL: none. */
static const struct command *open_request(int kind)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == kind)
            return s.commands.at[i];
    return NULL;
}

static const struct command *the_request(int kind)
{
    const struct command *c = open_request(kind);
    if (!c)
        fail_msg("no request %s is open", command_names[kind]);
    return c;
}

static void answer(int kind, const char *body)
{
    stage_answer(&s, kind, the_request(kind)->subject, body);
}

static const char *status(const char *vnf)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), "status");
}

static const char *nsr_status(void)
{
    return stage_text(stage_record(&s, s.root), "status");
}

static const char *instance_state(const char *vnf)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), "vdu.0.vnfc_instance.0.state");
}

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

/* --- each kind -------------------------------------------------------------------------------- */

static void test_stop_and_start(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    assert_string_equal(state_of("op-1"), "PROCESSING");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "STOP");
    assert_null(json_object_get(body, "vnfcInstance"));
    assert_string_equal(status("client"), "ACTIVE"); /* until it has stopped */
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(status("client"), "INACTIVE");
    assert_string_equal(nsr_status(), "INACTIVE");
    assert_string_equal(instance_state("client"), "INACTIVE");
    assert_true(has_event("STOP"));
    assert_int_equal(s.commands.n, 0);
    ask_for(OPERATION_START_INSTANCE, "client");
    body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "vnfcInstance.id"), instance_id("client"));
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(status("client"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_string_equal(instance_state("client"), "ACTIVE");
}

static void test_heal(void **state)
{
    (void)state;
    to_active(false);
    ask_for(OPERATION_HEAL, "web");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "HEAL");
    assert_string_equal(stage_text(body, "cause"), "disk");
    assert_string_equal(stage_text(body, "vnfcInstance.id"), instance_id("web"));
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_true(has_event("HEAL"));
    assert_null(stage_sent(&s, "vnfm-queue")); /* its target is not told: nothing changed */
    struct operate_request req = request(OPERATION_HEAL, "web");
    req.cause = NULL;
    ask(req);
    body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "cause"), ""); /* never missing */
}

static void test_execute_and_update(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_EXECUTE, "client");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "script.name"), "ob_runtime_script");
    assert_non_null(json_object_get(json_object_get(body, "script"), "payload"));
    answer(CMD_STEP_EXECUTE, "{\"action\":\"EXECUTE\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    ask_for(OPERATION_UPDATE, "client");
    answer(CMD_STEP_UPDATE, "{\"action\":\"UPDATE\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
}

/* A foreign VNFM says nothing when it went well; what it says later is noted. */
static void test_silence(void **state)
{
    (void)state;
    to_active(false);
    ask_for(OPERATION_EXECUTE, "client");
    stage_late(&s, CMD_TIMER_OPERATION, the_request(CMD_STEP_EXECUTE)->subject);
    assert_string_equal(state_of("op-1"), "COMPLETED");
    answer(CMD_STEP_EXECUTE, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(s.d.notes.n, 1);
    assert_non_null(strstr(s.d.notes.at[0]->doc, "after the operation had ended"));
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

/* --- what fails ------------------------------------------------------------------------------- */

static void test_fault_of_side_and_life(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_HEAL, "client");
    answer(CMD_STEP_HEAL, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(status("client"), "ACTIVE");
    assert_true(has_event("ERROR"));
    ask_for(OPERATION_START_VNF, "client"); /* supersedes it */
    assert_string_equal(state_of("op-1"), "FAILED");
    answer(CMD_STEP_START, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-2"), "FAILED_TEMP");
    assert_string_equal(status("client"), "ERROR");
    assert_string_equal(nsr_status(), "ERROR");
    verb("op-2", OPERATION_EV_RETRY);
    assert_int_equal(s.d.err.code, ERR_OK);
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "RESUME");
    assert_non_null(stage_text(body, "resumes"));
    assert_string_equal(stage_text(body, "resumedAction"), "START");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(status("client"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
}

static void test_deadline_then_late_answer(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    stage_late(&s, CMD_STEP_STOP, the_request(CMD_STEP_STOP)->subject);
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(status("client"), "INACTIVE");
}

/* The same id again: the peer joins its own run. */
static void test_retry_of_unknown_keeps_the_id(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    const char *id = the_request(CMD_STEP_STOP)->id;
    stage_late(&s, CMD_STEP_STOP, the_request(CMD_STEP_STOP)->subject);
    verb("op-1", OPERATION_EV_RETRY);
    assert_string_equal(stage_sent(&s, "vnfm-queue")->command, id);
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void test_rollback(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    answer(CMD_STEP_STOP, "{\"action\":\"ERROR\"}");
    s.now += USEC_PER_SEC;
    int64_t began = s.now;
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action"),
                        "START");
    const struct plan_step *step = the_step("op-1"); /* its times are no longer of the first run */
    assert_true(step->sent_at >= began && step->done_at == 0);
    began = s.now += USEC_PER_SEC;
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    step = the_step("op-1");
    assert_true(step->sent_at < began && step->done_at >= began);
    assert_string_equal(status("client"), "ACTIVE");
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "differs"));
    assert_int_equal(s.commands.n, 0);
}

static void test_fail(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_EXECUTE, "client");
    answer(CMD_STEP_EXECUTE, "{\"action\":\"ERROR\"}");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_int_equal(s.d.err.code, ERR_STATE); /* nothing to undo is known */
    verb("op-1", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-1"), "FAILED");
    verb("op-1", OPERATION_EV_FAIL);
    assert_int_equal(s.d.err.code, ERR_STATE);
}

/* --- who is admitted -------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    stage_deploy(&s);
    ask((struct operate_request){.operation_id = "op", .plan = {.kind = OPERATION_EXECUTE}});
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "being deployed"));
    close_stage(NULL);
    open_stage(NULL);
    to_active(true);
    ask_for(OPERATION_DEPLOY, "client"); /* that of an intent of its own */
    assert_int_equal(s.d.err.code, ERR_UNSUPPORTED);
    struct operate_request req = request(OPERATION_EXECUTE, "client");
    req.script = "";
    ask(req);
    assert_int_equal(s.d.err.code, ERR_INVALID);
    req.script = "x";
    req.project = "another";
    ask(req);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    req.project = "project-1";
    req.plan.vnfr = "nobody";
    ask(req);
    assert_int_equal(s.d.err.code, ERR_NOT_FOUND);
    ask_for(OPERATION_STOP_VNF, "web");
    ask_for(OPERATION_HEAL, "web");
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "Busy"));
    req = request(OPERATION_HEAL, "web"); /* a plan is made, and says so */
    req.is_dry = true;
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_non_null(strstr(s.d.text, "\"refused\":[\"Busy: operation STOP_VNF"));
    assert_non_null(strstr(s.d.text, "baton op wait"));
    ask_for(OPERATION_HEAL, "client"); /* beside it */
    assert_int_equal(s.d.err.code, ERR_OK);
}

static void test_queue(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    struct operate_request req = request(OPERATION_START_VNF, "client");
    req.may_queue = true;
    ask(req);
    assert_string_equal(state_of("op-2"), "STARTING");
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(state_of("op-2"), "PROCESSING");
    req = request(OPERATION_STOP_VNF, "client");
    req.may_queue = true;
    ask(req);
    stage_late(&s, CMD_TIMER_OPERATION, "op-3");
    assert_string_equal(state_of("op-3"), "ROLLED_BACK");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(status("client"), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
}

static void test_dry(void **state)
{
    (void)state;
    to_active(true);
    struct operate_request req = request(OPERATION_STOP_VNF, "client");
    req.is_dry = true;
    ask(req);
    assert_non_null(strstr(s.d.text, "\"STOP\""));
    assert_null(stage_sent(&s, "vnfm-queue"));
    for (uint32_t i = 0; i < s.rows.n; i++)
        assert_false(s.rows.at[i]->kind == ROW_OPERATION &&
                     strcmp(s.rows.at[i]->key[OPERATION_KIND], "DEPLOY") != 0);
}

/* A plan applies while the service is as it was when it was made. */
static void test_basis(void **state)
{
    (void)state;
    to_active(true);
    struct operate_request req = request(OPERATION_STOP_VNF, "client");
    req.is_dry = true;
    ask(req);
    json_t *plan = json_loads(s.d.text, 0, NULL);
    const char *basis = arena_strdup(&s.arena, stage_text(plan, "basis"));
    json_decref(plan);
    req = request(OPERATION_STOP_VNF, "client");
    req.basis = basis;
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_null(strstr(s.d.text, "\"basis\"")); /* of plans only */
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    req = request(OPERATION_START_VNF, "client");
    req.basis = basis;
    ask(req);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "has changed since that plan was made"));
    assert_int_equal(s.commands.n, 0);
    req = request(OPERATION_START_VNF, "client");
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
}

/* Two requests for one VNFR: the second waits for the first (rule (a)). */
static void test_one_request_at_a_time(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_EXECUTE, "client");
    ask_for(OPERATION_EXECUTE, "client");
    assert_null(stage_sent(&s, "vnfm-queue"));
    assert_string_equal(state_of("op-2"), "PROCESSING");
    answer(CMD_STEP_EXECUTE, "{\"action\":\"EXECUTE\"}");
    assert_non_null(stage_sent(&s, "vnfm-queue"));
    answer(CMD_STEP_EXECUTE, "{\"action\":\"EXECUTE\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
}

/* The same request again, since its answer was lost: no second script. */
static void test_same_id_again(void **state)
{
    (void)state;
    to_active(true);
    struct operate_request req = request(OPERATION_EXECUTE, "client");
    ask(req);
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_non_null(strstr(s.d.text, "\"op-1\""));
    answer(CMD_STEP_EXECUTE, "{\"action\":\"EXECUTE\"}");
    assert_null(open_request(CMD_STEP_EXECUTE));
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

/* --- release, and records that come back ------------------------------------------------------ */

static void test_release_ends_all(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "client");
    const char *id = the_request(CMD_STEP_STOP)->id;
    stage_release_nsr(&s);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_null(open_request(CMD_STEP_STOP));
    stage_message(&s, (struct message){.queue = QUEUE_REPLIES,
                                       .correlation_id = id,
                                       .body = "{\"action\":\"STOP\"}"});
    assert_int_equal(s.d.outcome, DECISION_STALE);
    assert_string_equal(state_of("op-1"), "FAILED");
}

/* A HEAL's record was copied before the other VNFM request stopped all: it does not bring the old
 * state back, nor an address, nor an instance that is not there. */
static void test_old_copy_changes_nothing(void **state)
{
    (void)state;
    to_active(true);
    const char *old = arena_strdup(&s.arena, stage_vnfr(&s, "client")->doc);
    ask_for(OPERATION_HEAL, "client");
    answer(CMD_STEP_HEAL, "{\"action\":\"HEAL\"}");
    ask_for(OPERATION_STOP_VNF, "client");
    answer(
        CMD_STEP_STOP,
        arena_printf(&s.arena, "{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":%s}", old));
    assert_string_equal(instance_state("client"), "INACTIVE");
    assert_string_equal(status("client"), "INACTIVE");
    ask_for(OPERATION_START_INSTANCE, "client");
    answer(CMD_STEP_START,
           "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":\"other\",\"vdu\":[{"
           "\"vnfc_instance\":[{\"id\":\"ghost\",\"hostname\":\"ghost\"}]}]}}");
    assert_null(strstr(stage_vnfr(&s, "client")->doc, "ghost"));
    assert_string_equal(status("client"), "ACTIVE");
}

/* One that no request of ours asked for, of a foreign VNFM. */
static void test_unsolicited(void **state)
{
    (void)state;
    to_active(false);
    ask_for(OPERATION_STOP_VNF, "client");
    stage_message(&s, (struct message){.queue = QUEUE_ACTIONS,
                                       .body = arena_printf(&s.arena,
                                                            "{\"action\":\"STOP\","
                                                            "\"virtualNetworkFunctionRecord\":%s}",
                                                            stage_vnfr(&s, "client")->doc)});
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void cancel_forcefully(const char *id)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){.operation_id = id,
                               .project = "project-1",
                               .asked_by = "admin",
                               .verb = OPERATION_EV_CANCEL,
                               .mode = CANCEL_FORCEFUL};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
}

/* Nobody waits any more: ours is told which request that was; what it says then decides the step. */
static void test_ours_is_told_of_a_cancel(void **state)
{
    (void)state;
    to_active(true);
    ask_for(OPERATION_STOP_VNF, "web");
    const char *id = arena_strdup(&s.arena, the_request(CMD_STEP_STOP)->id);
    cancel_forcefully("op-1");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "CANCEL");
    assert_string_equal(stage_text(body, "cancels"), id);
    assert_null(stage_sent(&s, "vnfm-queue")->command);
    answer(CMD_STEP_STOP, "{\"action\":\"STOP\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
}

static void test_others_are_not_told_of_a_cancel(void **state)
{
    (void)state;
    to_active(false);
    ask_for(OPERATION_STOP_VNF, "web");
    cancel_forcefully("op-1");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_null(stage_sent(&s, "vnfm-queue"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_stop_and_start),
        TEST(test_heal),
        TEST(test_execute_and_update),
        TEST(test_silence),
        TEST(test_fault_of_side_and_life),
        TEST(test_deadline_then_late_answer),
        TEST(test_retry_of_unknown_keeps_the_id),
        TEST(test_rollback),
        TEST(test_fail),
        TEST(test_refused),
        TEST(test_queue),
        TEST(test_dry),
        TEST(test_basis),
        TEST(test_one_request_at_a_time),
        TEST(test_same_id_again),
        TEST(test_release_ends_all),
        TEST(test_old_copy_changes_nothing),
        TEST(test_unsolicited),
        TEST(test_ours_is_told_of_a_cancel),
        TEST(test_others_are_not_told_of_a_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
