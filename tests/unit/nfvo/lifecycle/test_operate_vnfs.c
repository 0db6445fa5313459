/* A VNF more, and a VNF less, of a service that runs: the VNFR's phases and the operation's steps
 * together, what fails, what begins anew, what a rollback and a release leave. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;
static int n_asked;
static bool are_ours;

static int open_stage(void **state)
{
    (void)state;
    stage_init(&s, AGG_NSR, "nsr-1");
    stage_service(&s, NULL);
    n_asked = 0;
    are_ours = true;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void run_service(void)
{
    for (uint32_t i = 0; are_ours && i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
}

/* --- asking ------------------------------------------------------------------------------------ */

/* VNFD "db", with these dependencies (JSON). */
static struct deploy_request *added(const char *dependencies)
{
    struct deploy_request *ret;
    struct err err = ERR_INIT;
    const char *text = arena_printf(
        &s.arena,
        "{\"projectId\":\"project-1\",\"nsd\":{\"name\":\"db\",\"vnfd\":[{\"id\":\"vnfd-db\","
        "\"name\":"
        "\"db\",\"type\":\"db_type\",\"endpoint\":\"vnfm\",\"vdu\":[{\"name\":\"db-vdu\",\"vm_"
        "image\":"
        "[\"img\"],\"computation_requirement\":\"m1\",\"scale_in_out\":2,\"vnfc\":[{"
        "\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}]}]}],\"vnf_dependency\":%s},"
        "\"candidates\":{\"db/"
        "db-vdu\":[\"pop-1\"]},\"pops\":[{\"id\":\"pop-1\",\"name\":\"pop-1\"}],"
        "\"vnfms\":[{\"type\":\"vnfm\",\"queue\":\"vnfm-queue\",\"capabilities\":[%s]}]}",
        dependencies ? dependencies : "[]", are_ours ? "\"correlation\"" : "");
    if (proto_decode(&deploy_request_type, text, strlen(text), 0, &s.arena, &ret, &err) != ERR_OK)
        fail_msg("the VNF: %s", err.msg);
    return ret;
}

static void ask(struct operate_request req)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = req;
    r->operation_id = arena_printf(&s.arena, "op-%d", ++n_asked);
    r->project = "project-1";
    r->asked_by = "admin";
    r->origin = "user";
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

static void add(const char *dependencies)
{
    struct deploy_request *deploy = added(dependencies);
    ask((struct operate_request){
        .plan = {.kind = OPERATION_ADD_VNF}, .deploy = deploy, .vnfd = deploy->nsd->vnfd.at[0]});
}

static void remove_vnf(const char *vnf)
{
    ask((struct operate_request){
        .plan = {.kind = OPERATION_REMOVE_VNF, .vnfr = stage_vnfr(&s, vnf)->id}});
}

static void verb(const char *id, enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS,
                                     .payload = r});
}

/* --- looking ----------------------------------------------------------------------------------- */

static const struct row *operation(const char *id)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION && strcmp(s.rows.at[i]->id, id) == 0)
            return s.rows.at[i];
    fail_msg("there is no operation %s", id);
    return NULL;
}

static const char *state_of(const char *id)
{
    return operation_state_words[operation(id)->phase];
}

static const char *step_state(const char *id, const char *kind)
{
    json_t *doc = stage_record(&s, operation(id)), *step;
    size_t i;
    json_array_foreach(json_object_get(doc, "steps"), i, step)
    {
        const char *word = stage_text(step, "kind");
        if (word && strcmp(word, kind) == 0)
            return stage_text(step, "state");
    }
    return NULL;
}

static const char *status(const char *vnf)
{
    return stage_text(stage_record(&s, stage_vnfr(&s, vnf)), "status");
}

static const char *nsr_status(void)
{
    return stage_text(stage_record(&s, s.root), "status");
}

static bool has_event(const char *action)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

static const char *sent_action(void)
{
    const struct send *send = stage_sent(&s, "vnfm-queue");
    return send ? stage_text(stage_body(&s, send), "action") : NULL;
}

static void answer(int kind, const char *body)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == kind) {
            stage_answer(&s, kind, s.commands.at[i]->subject, body);
            return;
        }
    fail_msg("no request %s is open", command_names[kind]);
}

/* Up to the answer to INSTANTIATE. */
static void bring_up(const char *vnf)
{
    stage_vnfm(&s, "GRANT_OPERATION", vnf, NULL);
    if (stage_vnfr(&s, vnf)->phase == VNFR_GRANTING)
        stage_prepared(&s, vnf, NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", vnf, NULL);
    stage_launched(&s, vnf, NULL);
    assert_int_equal(stage_vnfr(&s, vnf)->phase, VNFR_ALLOCATED);
}

static void servers_are_gone(void)
{
    for (int k = 0; k < 4 && stage_command(&s, CMD_LIST_POP, "pop-1"); k++)
        stage_listed(&s, "pop-1", NULL, false);
}

static void driver_deletes(const char *vnf)
{
    stage_answer(&s, CMD_DELETE, stage_instance(&s, vnf)->id, "{}");
    servers_are_gone();
}

/* --- one more ---------------------------------------------------------------------------------- */

static void test_added(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(state_of("op-1"), "PROCESSING");
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_string_equal(step_state("op-1", "INSTANTIATE"), "SENT");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    assert_string_equal(nsr_status(), "SCALING");
    bring_up("db");
    assert_string_equal(nsr_status(), "SCALING");
    assert_string_equal(status("db"), "NULL");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_true(has_event("INSTANTIATE"));
    assert_string_equal(step_state("op-1", "INSTANTIATE"), "DONE");
    assert_string_equal(sent_action(), "START");
    assert_string_equal(status("db"), "INACTIVE"); /* its START is awaited */
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_true(has_event("INSTANTIATE_FINISH"));
    assert_string_equal(status("db"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
    assert_null(strstr(operation("op-1")->doc, "vnfd-db")); /* what it was made of is forgotten */
    add(NULL);
    assert_int_equal(s.d.err.code, ERR_EXISTS);
}

static void test_plan_does_nothing(void **state)
{
    (void)state;
    run_service();
    struct deploy_request *deploy = added(NULL);
    ask((struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                 .is_dry = true,
                                 .deploy = deploy,
                                 .vnfd = deploy->nsd->vnfd.at[0]});
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_non_null(strstr(s.d.text, "INSTANTIATE"));
    assert_int_equal(s.d.sends.n, 0);
    assert_null(stage_vnfr(&s, "db"));
}

static void test_not_while_it_is_on_its_way(void **state)
{
    (void)state;
    stage_deploy(&s);
    add(NULL);
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_string_equal(s.d.err.msg, "NSR is not in ACTIVE status");
}

/* A script failed: the VNFM goes on with it. */
static void test_resumed(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    bring_up("db");
    answer(CMD_INSTANTIATE, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(status("db"), "ERROR");
    assert_string_equal(nsr_status(), "ERROR");
    assert_int_equal(s.root->phase, NSR_ACTIVE); /* an operation's matter */
    assert_true(has_event("ERROR"));
    verb("op-1", OPERATION_EV_RETRY);
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "RESUME");
    assert_string_equal(stage_text(body, "resumedAction"), "INSTANTIATE");
    assert_non_null(stage_text(body, "resumes"));
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(sent_action(), "START");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(status("db"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_null(stage_text(stage_record(&s, s.root), "fault.message"));
}

/* Its server could not be made: what there is of it goes, and all begins anew. */
static void test_anew(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    stage_vnfm(&s, "GRANT_OPERATION", "db", NULL);
    if (stage_vnfr(&s, "db")->phase == VNFR_GRANTING)
        stage_prepared(&s, "db", NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "db", NULL);
    stage_launched(&s, "db", "{\"exception\":{\"detailMessage\":\"no room\"}}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    const char *id = stage_vnfr(&s, "db")->id, *instance = stage_instance(&s, "db")->id;
    verb("op-1", OPERATION_EV_RETRY);
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    servers_are_gone();
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_string_equal(stage_vnfr(&s, "db")->id, id);
    assert_int_equal(stage_vnfr(&s, "db")->phase, VNFR_INSTANTIATING);
    assert_null(stage_instance(&s, "db"));
    bring_up("db");
    assert_string_not_equal(stage_instance(&s, "db")->id, instance);
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(nsr_status(), "ACTIVE");
}

static void pop_is_stale(void)
{
    for (uint32_t i = 0; i < s.facts.n; i++)
        if (s.facts.at[i]->kind == ROW_POP)
            stage_pop_is_fresh(&s, s.facts.at[i], false);
}

/* It failed before its VNFM was told the record's id: a release ends nothing there, and what was asked
 * first, and may be in hand yet, is not to run beside the second. */
static void test_anew_before_its_grant(void **state)
{
    (void)state;
    run_service();
    pop_is_stale();
    add(NULL);
    const char *first =
        arena_strdup(&s.arena, stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "db")->id)->id);
    stage_vnfm(&s, "GRANT_OPERATION", "db", NULL);
    assert_int_equal(stage_vnfr(&s, "db")->phase, VNFR_GRANTING);
    stage_prepared(&s, "db", "{\"code\":\"ERR_PEER\",\"message\":\"no network\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_RETRY);
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(sent_action(), "INSTANTIATE");
    const struct send *cancel = NULL;
    for (uint32_t i = 0; i < s.d.sends.n; i++)
        if (strstr(s.d.sends.at[i]->body, "\"CANCEL\""))
            cancel = s.d.sends.at[i];
    assert_non_null(cancel);
    assert_string_equal(stage_text(stage_body(&s, cancel), "cancels"), first);
    assert_string_not_equal(stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "db")->id)->id,
                            first);
}

/* Nothing of it is left, and what was there is as it was. */
static void test_rolled_back(void **state)
{
    (void)state;
    run_service();
    const char *before = s.root->state;
    add(NULL);
    bring_up("db");
    answer(CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(state_of("op-1"), "ROLLING_BACK");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(state_of("op-1"), "ROLLING_BACK");
    driver_deletes("db");
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&s, "db"));
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_null(stage_text(stage_record(&s, s.root), "fault.message"));
    assert_string_equal(s.root->state, before);
    assert_int_equal(s.commands.n, 0);
    for (uint32_t i = 0; i < s.d.notes.n; i++) {
        assert_null(strstr(s.d.notes.at[i]->doc, "as it was"));
        assert_null(strstr(s.d.notes.at[i]->doc, "not there before"));
    }
    add(NULL);
    assert_int_equal(s.d.err.code, ERR_OK);
}

/* Its INSTANTIATE failed, what there was of it is gone, and it waits to be made anew. */
static void begin_to_pause(void)
{
    run_service();
    pop_is_stale();
    struct deploy_request *deploy = added(NULL);
    ask((struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                 .deploy = deploy,
                                 .vnfd = deploy->nsd->vnfd.at[0],
                                 .attempts = 2});
    stage_vnfm(&s, "GRANT_OPERATION", "db", NULL);
    stage_prepared(&s, "db", "{\"code\":\"ERR_PEER\",\"message\":\"no network\"}");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_int_equal(stage_vnfr(&s, "db")->phase, VNFR_FAILED);
}

/* It is tried again by itself, after a pause: what there was of it is gone by then. */
static void test_anew_after_a_pause(void **state)
{
    (void)state;
    begin_to_pause();
    const char *subject = NULL;
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == CMD_TIMER_OPERATION)
            subject = s.commands.at[i]->subject;
    assert_non_null(subject);
    stage_late(&s, CMD_TIMER_OPERATION, subject);
    assert_string_equal(sent_action(), "INSTANTIATE");
    assert_int_equal(stage_vnfr(&s, "db")->phase, VNFR_INSTANTIATING);
    for (uint32_t i = 0; i < s.d.rows.n; i++) /* what is not marked is not saved */
        if (strcmp(s.d.rows.at[i]->id, stage_vnfr(&s, "db")->id) == 0)
            assert_int_equal(s.d.rows.at[i]->mark, ROW_CHANGED);
}

/* Its record waits for another attempt: it goes, too (the simulator found that). */
static void test_rolled_back_in_a_pause(void **state)
{
    (void)state;
    begin_to_pause();
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&s, "db"));
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.commands.n, 0);
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "not there before"));
}

/* Before its VNFM knew it. */
static void test_rolled_back_early(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    answer(CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&s, "db"));
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* One that nobody waits for any more may yet end well. */
static void test_abandoned(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = "op-1", .verb = OPERATION_EV_CANCEL, .mode = CANCEL_FORCEFUL};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(step_state("op-1", "INSTANTIATE"), "UNKNOWN");
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(step_state("op-1", "INSTANTIATE"), "DONE");
    verb("op-1", OPERATION_EV_RETRY);
    assert_string_equal(sent_action(), "START");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* The operation was given up while its VNFM was at work: the VNF is ERROR, whatever its phase. */
static void test_given_up_on_its_way(void **state)
{
    (void)state;
    are_ours = false;
    run_service();
    add(NULL);
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = "op-1", .verb = OPERATION_EV_CANCEL, .mode = CANCEL_FORCEFUL};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    verb("op-1", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_string_equal(nsr_status(), "ERROR");
    bring_up("db");
    assert_string_equal(nsr_status(), "ERROR");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(nsr_status(), "ERROR");
    assert_string_equal(status("db"), "ERROR");
}

/* The service goes while the VNF comes. */
static void test_released(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    bring_up("db");
    stage_release_nsr(&s);
    assert_string_equal(state_of("op-1"), "FAILED");
    assert_int_equal(stage_vnfr(&s, "db")->phase, VNFR_RELEASING);
    static const char *const all[] = {"web", "client", "db"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        stage_answer_well(&s, CMD_RELEASE_RESOURCES, all[i]);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        stage_answer(&s, CMD_DELETE, stage_instance(&s, all[i])->id, "{}");
    servers_are_gone();
    assert_null(s.root);
}

/* --- who depends on whom ----------------------------------------------------------------------- */

/* clang-format off */
#define SOURCE_OF_CLIENT "[{\"source\":\"db\",\"target\":\"client\",\"parameters\":[\"address\",\"net\"]}]"
#define TARGET_OF_WEB    "[{\"source\":\"web\",\"target\":\"db\",\"parameters\":[\"address\",\"net\"]}]"
/* clang-format on */

/* Given. */
static char *dependencies(void)
{
    return json_dumps(json_object_get(stage_record(&s, s.root), "vnf_dependency"),
                      JSON_SORT_KEYS | JSON_COMPACT);
}

/* The one that comes learns of its source before it starts. */
static void test_target_added(void **state)
{
    (void)state;
    run_service();
    add(TARGET_OF_WEB);
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    assert_string_equal(status("db"), "INITIALIZED");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfrd.idType.web"), "web_type");
    assert_string_equal(stage_text(body, "vnfrd.parameters.web_type.parameters.address"),
                        "provided");
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(status("db"), "INACTIVE");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* Those that are there learn of the one that comes, and of its end. */
static void test_source_added_and_removed(void **state)
{
    (void)state;
    run_service();
    char *before = dependencies();
    add(SOURCE_OF_CLIENT);
    bring_up("db");
    const char *instance = stage_instance(&s, "db")->id;
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    json_t *body = stage_body(&s, stage_sent(&s, "vnfm-queue"));
    assert_string_equal(stage_text(body, "action"), "MODIFY");
    assert_string_equal(stage_text(body, "vnfr.name"), "client");
    const char *path = arena_printf(&s.arena,
                                    "vnfrd.vnfcParameters.db_type.parameters.%s."
                                    "parameters.net",
                                    instance);
    assert_string_equal(stage_text(body, path), "10.0.0.5");
    assert_string_equal(stage_text(body, "vnfrd.parameters.db_type.parameters.address"),
                        "provided");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    assert_string_equal(nsr_status(), "SCALING");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(nsr_status(), "ACTIVE");

    remove_vnf("db");
    assert_string_equal(sent_action(), "SCALE_IN");
    answer(CMD_STEP_SCALE_IN, "null");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("db");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_null(strstr(s.root->doc, "db_type\":{\"parameters"));
    assert_null(strstr(s.root->doc, instance));
    free(before);
}

/* A rollback tells them, too, and leaves the dependencies as they were. */
static void test_source_rolled_back(void **state)
{
    (void)state;
    run_service();
    char *before = dependencies();
    add(SOURCE_OF_CLIENT);
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_ROLLBACK);
    assert_string_equal(sent_action(), "SCALE_IN");
    answer(CMD_STEP_SCALE_IN, "null");
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("db");
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    char *after = dependencies();
    assert_string_equal(after, before);
    assert_string_equal(status("client"), "ACTIVE");
    assert_string_equal(nsr_status(), "ACTIVE");
    free(after);
    free(before);
}

/* Both at once, and the service would be left empty: neither goes. */
static void test_several_removed(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    struct operate_request req = {.plan = {.kind = OPERATION_REMOVE_VNF}};
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&s, "db")->id, &s.arena);
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&s, "web")->id, &s.arena);
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&s, "client")->id, &s.arena);
    ask(req);
    assert_int_equal(s.d.err.code, ERR_STATE);
    req.plan.vnfrs.n = 1;
    proto_list_add(&req.plan.vnfrs, stage_vnfr(&s, "client")->id, &s.arena);
    ask(req);
    assert_int_equal(s.d.err.code, ERR_OK);
    answer(CMD_RELEASE_RESOURCES, "null");
    answer(CMD_RELEASE_RESOURCES, "null");
    stage_answer(&s, CMD_DELETE, stage_instance(&s, "client")->id, "{}");
    driver_deletes("db");
    assert_string_equal(state_of("op-3"), "COMPLETED");
    assert_null(stage_vnfr(&s, "db"));
    assert_null(stage_vnfr(&s, "client"));
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* --- one less ---------------------------------------------------------------------------------- */

static void test_removed(void **state)
{
    (void)state;
    run_service();
    remove_vnf("client"); /* nobody's source */
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(sent_action(), "RELEASE_RESOURCES");
    assert_string_equal(status("client"), "TERMINATED");
    assert_string_equal(nsr_status(), "ACTIVE");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_true(has_event("RELEASE_RESOURCES"));
    assert_string_equal(state_of("op-1"), "PROCESSING");
    driver_deletes("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_null(stage_vnfr(&s, "client"));
    assert_string_equal(nsr_status(), "ACTIVE");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    assert_null(stage_text(stage_record(&s, s.root), "vnf_dependency.0.target"));
    assert_int_equal(s.commands.n, 0);
    remove_vnf("web");
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "is the last one of service"));
}

static void test_removed_and_released(void **state)
{
    (void)state;
    run_service();
    remove_vnf("client");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    stage_release_nsr(&s);
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "web");
    stage_answer(&s, CMD_DELETE, stage_instance(&s, "web")->id, "{}");
    driver_deletes("client");
    assert_null(s.root);
}

/* A broken one may be taken away, and the service is well again. */
static void test_broken_one_removed(void **state)
{
    (void)state;
    are_ours = false;
    run_service();
    stage_vnfm(&s, "ERROR", "client", NULL);
    assert_int_equal(s.root->phase, NSR_FAILED);
    remove_vnf("client");
    assert_int_equal(s.d.err.code, ERR_OK);
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    assert_string_equal(nsr_status(), "ACTIVE");
}

/* --- what comes between ------------------------------------------------------------------------ */

/* What runs on a VNF that a rollback takes away: nobody answers it any more. */
static void gone_under_it(void)
{
    run_service();
    add(SOURCE_OF_CLIENT);
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_MODIFY, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-1"), "PROCESSING"); /* START of db is awaited */
    ask((struct operate_request){
        .plan = {.kind = OPERATION_EXECUTE, .vnfr = stage_vnfr(&s, "db")->id}, .script = "true"});
    assert_int_equal(s.d.err.code, ERR_OK);
    verb("op-1", OPERATION_EV_ROLLBACK);
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(step_state("op-2", "EXECUTE"), "SENT");
    answer(CMD_STEP_SCALE_IN, "null");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("db");
    assert_string_equal(state_of("op-1"), "ROLLED_BACK");
    assert_null(stage_vnfr(&s, "db"));
}

static void test_gone_under_it(void **state)
{
    (void)state;
    gone_under_it();
    assert_string_equal(step_state("op-2", "EXECUTE"), "UNKNOWN");
    assert_string_equal(state_of("op-2"), "FAILED_TEMP");
    verb("op-2", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-2"), "FAILED");
    assert_int_equal(s.commands.n, 0);
}

static void test_gone_under_it_and_released(void **state)
{
    (void)state;
    gone_under_it();
    stage_release_nsr(&s);
    assert_string_equal(state_of("op-2"), "FAILED");
}

static void no_room(void)
{
    stage_vnfm(&s, "GRANT_OPERATION", "db", NULL);
    if (stage_vnfr(&s, "db")->phase == VNFR_GRANTING)
        stage_prepared(&s, "db", NULL);
    stage_vnfm(&s, "ALLOCATE_RESOURCES", "db", NULL);
    stage_launched(&s, "db", "{\"exception\":{\"detailMessage\":\"no room\"}}");
}

/* It began anew, and has no record yet: what is asked of it then is not sent, and not waited for. */
static void test_asked_of_one_without_record(void **state)
{
    (void)state;
    struct script script = {.id = "s-1", .name = "install.sh"};
    run_service();
    add(NULL);
    no_room();
    struct row *db = stage_vnfr(&s, "db");
    db->doc = arena_printf(&s.arena, "{\"packageId\":\"package-db\",%s", db->doc + 1);
    ask((struct operate_request){.plan = {.kind = OPERATION_UPDATE_SCRIPT, .package = "package-db"},
                                 .new_script = &script});
    answer(CMD_STEP_UPDATE_SCRIPT, "{\"action\":\"ERROR\"}");
    assert_string_equal(state_of("op-2"), "FAILED_TEMP");
    verb("op-1", OPERATION_EV_RETRY);
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    servers_are_gone();
    answer(CMD_INSTANTIATE, "{\"action\":\"ERROR\"}"); /* before its grant */
    assert_string_equal(state_of("op-1"), "FAILED_TEMP");
    assert_string_equal(stage_vnfr(&s, "db")->doc, "");
    verb("op-2", OPERATION_EV_RETRY);
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(state_of("op-2"), "FAILED_TEMP");
    assert_string_equal(step_state("op-2", "UPDATE_SCRIPT"), "FAILED");
}

/* A server that could not be launched may be there all the same: its row stays until it is not. */
static void test_broken_one_removed_with_its_server(void **state)
{
    (void)state;
    run_service();
    add(NULL);
    no_room();
    verb("op-1", OPERATION_EV_FAIL);
    assert_string_equal(state_of("op-1"), "FAILED");
    remove_vnf("db");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_non_null(stage_instance(&s, "db"));
    assert_string_equal(state_of("op-2"), "PROCESSING");
    servers_are_gone();
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_null(stage_vnfr(&s, "db"));
}

/* Its server came up after it was asked to go: no step of the plan deletes it, and its row stays until it
 * is gone. */
static void test_removed_while_it_is_launched(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ALLOCATING);
    stage_answer(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id, "{\"action\":\"ERROR\"}");
    assert_int_equal(s.root->phase, NSR_FAILED);
    remove_vnf("client");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_UNDOING);
    stage_launched(&s, "client", NULL);
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(state_of("op-1"), "PROCESSING");
    assert_int_equal(stage_instance(&s, "client")->phase, INSTANCE_DELETING);
    driver_deletes("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_null(stage_vnfr(&s, "client"));
}

static void ask_verb(const char *id, enum operation_event what, enum cancel_mode mode,
                     enum retry_unknown unknown)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = id, .verb = what, .mode = mode, .consent = {.unknown = unknown}};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATION_VERB,
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
            close_stage(state);
            open_stage(state);
        }
        run_service();
        add(NULL);
        stage_vnfm(&s, "GRANT_OPERATION", "db", NULL);
        if (stage_vnfr(&s, "db")->phase == VNFR_GRANTING)
            stage_prepared(&s, "db", NULL);
        stage_vnfm(&s, "ALLOCATE_RESOURCES", "db", NULL);
        ask_verb("op-1", OPERATION_EV_CANCEL, CANCEL_FORCEFUL, UNKNOWN_ASK);
        verb("op-1", OPERATION_EV_FAIL);
        remove_vnf("db");
        ask_verb("op-2", OPERATION_EV_CANCEL, CANCEL_FORCEFUL, UNKNOWN_ASK);
        assert_string_equal(step_state("op-2", "TERMINATE"), "UNKNOWN");
        if (is_up)
            stage_launched(&s, "db", NULL);
        ask_verb("op-2", OPERATION_EV_RETRY, CANCEL_NO, UNKNOWN_IS_DONE);
        assert_string_equal(state_of("op-2"), "PROCESSING");
        assert_non_null(stage_instance(&s, "db"));
        if (!is_up)
            stage_launched(&s, "db", NULL);
        answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
        assert_int_equal(stage_instance(&s, "db")->phase, INSTANCE_DELETING);
        driver_deletes("db");
        assert_string_equal(state_of("op-2"), "COMPLETED");
        assert_null(stage_vnfr(&s, "db"));
    }
}

/* --- queued ------------------------------------------------------------------------------------ */

static void remove_queued(const char *vnf)
{
    ask((struct operate_request){
        .plan = {.kind = OPERATION_REMOVE_VNF, .vnfr = stage_vnfr(&s, vnf)->id},
        .may_queue = true});
}

/* Each may go, but not both. */
static void test_last_one_stays(void **state)
{
    (void)state;
    run_service();
    remove_vnf("web");
    remove_queued("client");
    assert_string_equal(state_of("op-2"), "STARTING");
    answer(CMD_STEP_SCALE_IN, "null");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("web");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(state_of("op-2"), "ROLLED_BACK");
    assert_int_equal(stage_vnfr(&s, "client")->phase, VNFR_ACTIVE);
    assert_int_equal(s.commands.n, 0);
}

static void test_removed_once(void **state)
{
    (void)state;
    run_service();
    remove_vnf("client");
    remove_queued("client");
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("client");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(state_of("op-2"), "ROLLED_BACK");
}

/* A service has one VNF of a name. */
static void test_added_once(void **state)
{
    (void)state;
    run_service();
    remove_vnf("client");
    for (int i = 0; i < 2; i++) {
        struct deploy_request *deploy = added(NULL);
        ask((struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                     .deploy = deploy,
                                     .vnfd = deploy->nsd->vnfd.at[0],
                                     .may_queue = true});
        assert_int_equal(s.d.err.code, ERR_OK);
    }
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("client");
    stage_late(&s, CMD_TIMER_OPERATION, "nsr-1/op-2/0"); /* in a decision of its own */
    assert_string_equal(state_of("op-2"), "PROCESSING");
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_string_equal(state_of("op-3"), "ROLLED_BACK");
    assert_int_equal(s.commands.n, 0);
}

/* The one that it was a source of was dropped in the decision in which it begins: nothing depends on it. */
static void test_added_as_its_target_goes(void **state)
{
    (void)state;
    run_service();
    remove_vnf("client");
    struct deploy_request *deploy = added(SOURCE_OF_CLIENT);
    ask((struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                 .deploy = deploy,
                                 .vnfd = deploy->nsd->vnfd.at[0],
                                 .may_queue = true});
    stage_forget(&s, "pop-1"); /* nothing to wait for: its servers are GONE at once */
    stage_late(&s, CMD_RELEASE_RESOURCES, stage_vnfr(&s, "client")->id);
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(state_of("op-2"), "PROCESSING");
    assert_null(stage_text(stage_record(&s, s.root), "vnf_dependency.0.target"));
}

/* It is planned when its turn comes: a target that came meanwhile is told. */
static void test_removed_after_its_target_came(void **state)
{
    (void)state;
    run_service();
    add(TARGET_OF_WEB);
    remove_queued("web");
    bring_up("db");
    stage_answer_well(&s, CMD_INSTANTIATE, "db");
    answer(CMD_STEP_MODIFY, "{\"action\":\"MODIFY\"}");
    answer(CMD_STEP_START, "{\"action\":\"START\"}");
    assert_string_equal(state_of("op-1"), "COMPLETED");
    assert_string_equal(state_of("op-2"), "PROCESSING");
    for (int i = 0; i < 2; i++) { /* client, and db */
        assert_string_equal(step_state("op-2", "SCALE_IN"), i == 0 ? "SENT" : "DONE");
        answer(CMD_STEP_SCALE_IN, "null");
    }
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    driver_deletes("web");
    assert_string_equal(state_of("op-2"), "COMPLETED");
    assert_int_equal(s.commands.n, 0);
}

/* --- half removed ------------------------------------------------------------------------------ */

/* Its VNFM has released it, and the rest was given up. */
static void half_removed(const char *vnf, const char *operation)
{
    remove_vnf(vnf);
    verb(operation, OPERATION_EV_CANCEL);
    answer(CMD_RELEASE_RESOURCES, "{\"action\":\"RELEASE_RESOURCES\"}");
    assert_string_equal(state_of(operation), "FAILED_TEMP");
    verb(operation, OPERATION_EV_FAIL);
    assert_string_equal(state_of(operation), "FAILED");
    assert_int_equal(stage_vnfr(&s, vnf)->phase, VNFR_DELETING);
    assert_string_equal(nsr_status(), "ACTIVE");
}

static void test_half_removed_is_none_that_stays(void **state)
{
    (void)state;
    run_service();
    half_removed("client", "op-1");
    remove_vnf("web");
    assert_int_equal(s.d.err.code, ERR_STATE);
    assert_non_null(strstr(s.d.err.msg, "is the last one of service"));
    remove_vnf("client"); /* the rest of it */
    driver_deletes("client");
    assert_string_equal(state_of("op-3"), "COMPLETED");
    assert_null(stage_vnfr(&s, "client"));
}

/* What failed beside it is resumed; it is not made anew, though it never was INITIALIZED. */
static void test_half_removed_is_not_resumed(void **state)
{
    (void)state;
    are_ours = false;
    run_service();
    add(NULL);
    bring_up("db");
    answer(CMD_INSTANTIATE, "{\"action\":\"ERROR\"}");
    verb("op-1", OPERATION_EV_FAIL);
    half_removed("db", "op-2");
    stage_vnfm(&s, "ERROR", "web", NULL);
    assert_int_equal(s.root->phase, NSR_FAILED);
    ask((struct operate_request){.plan = {.kind = OPERATION_RESUME,
                                          .consent = {.repeat = true, .unknown = UNKNOWN_REPEAT}}});
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(state_of("op-3"), "PROCESSING");
    assert_null(strstr(operation("op-3")->doc, stage_vnfr(&s, "db")->id));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
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
