/* CONFIGURE: values of a VNF that runs, told to it and to those that depend on it; as before after a
 * rollback; stored only, where nobody is to be told. */
#include "nfvo/lifecycle/operate.h"

#include "tests/support/stage.h"

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
    for (uint32_t i = 0; i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(s.root->phase, NSR_ACTIVE);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void configure(const char *key, const char *value, bool is_record_only)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = "op-1",
                                  .project = "project-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .plan = {.kind = OPERATION_CONFIGURE,
                                           .vnfr = stage_vnfr(&s, "web")->id,
                                           .is_record_only = is_record_only}};
    proto_map_add(&r->configurations, key, value, &s.arena);
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_int_equal(s.d.err.code, ERR_OK);
}

static void verb(enum operation_event what)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){
        .operation_id = "op-1", .project = "project-1", .asked_by = "admin", .verb = what};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_int_equal(s.d.err.code, ERR_OK);
}

static const char *state(void)
{
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind == ROW_OPERATION &&
            strcmp(s.rows.at[i]->key[OPERATION_KIND], "DEPLOY") != 0)
            return operation_state_words[s.rows.at[i]->phase];
    return "none";
}

static const char *value_of(const char *key)
{
    json_t *all =
        json_object_get(json_object_get(stage_record(&s, stage_vnfr(&s, "web")), "configurations"),
                        "configurationParameters");
    json_t *p;
    size_t i;
    json_array_foreach(all, i, p) if (strcmp(stage_text(p, "confKey"), key) ==
                                      0) return stage_text(p, "value");
    return NULL;
}

static const struct command *asked(int kind)
{
    for (uint32_t i = 0; i < s.commands.n; i++)
        if (s.commands.at[i]->kind == kind)
            return s.commands.at[i];
    fail_msg("no request %s is open", command_names[kind]);
    return NULL;
}

static void answers(int kind, const char *action)
{
    stage_answer(&s, kind, asked(kind)->subject,
                 arena_printf(&s.arena, "{\"action\":\"%s\"}", action));
}

static json_t *sent(void)
{
    return stage_body(&s, stage_sent(&s, "vnfm-queue"));
}

/* web, whose value changed, then client, which is told of it; each is started again. */
static void test_told(void **arg)
{
    (void)arg;
    configure("address", "10.9.9.9", false);
    assert_string_equal(value_of("address"), "10.9.9.9");
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_string_equal(stage_text(sent(), "vnfr.name"), "web");
    assert_non_null(json_object_get(sent(), "vnfrd"));
    answers(CMD_STEP_MODIFY, "MODIFY");
    assert_string_equal(stage_text(sent(), "action"), "START");
    answers(CMD_STEP_START, "START");
    assert_string_equal(stage_text(sent(), "action"), "MODIFY");
    assert_string_equal(stage_text(sent(), "vnfr.name"), "client");
    assert_string_equal(stage_text(sent(), "vnfrd.parameters.web_type.parameters.address"),
                        "10.9.9.9");
    answers(CMD_STEP_MODIFY, "MODIFY");
    answers(CMD_STEP_START, "START");
    assert_string_equal(state(), "COMPLETED");
}

/* No target wants it: it is nobody's business. */
static void test_not_told(void **arg)
{
    (void)arg;
    configure("colour", "red", false);
    answers(CMD_STEP_MODIFY, "MODIFY");
    answers(CMD_STEP_START, "START");
    assert_string_equal(state(), "COMPLETED");
    assert_string_equal(value_of("colour"), "red");
}

static void test_stored_only(void **arg)
{
    (void)arg;
    configure("address", "10.9.9.9", true);
    assert_string_equal(state(), "COMPLETED");
    assert_string_equal(value_of("address"), "10.9.9.9");
    assert_null(stage_sent(&s, "vnfm-queue"));
}

/* A script fails: the value is as before, also where there was none, and the VNF is told so. */
static void test_rolled_back(void **arg)
{
    (void)arg;
    configure("colour", "red", false);
    stage_answer(&s, CMD_STEP_MODIFY, asked(CMD_STEP_MODIFY)->subject,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 7\"}}");
    assert_string_equal(state(), "FAILED_TEMP");
    verb(OPERATION_EV_ROLLBACK);
    assert_null(value_of("colour"));
    answers(CMD_STEP_MODIFY, "MODIFY");
    answers(CMD_STEP_START, "START");
    assert_string_equal(state(), "ROLLED_BACK");
    assert_null(value_of("colour"));
    for (uint32_t i = 0; i < s.d.notes.n; i++)
        assert_null(strstr(s.d.notes.at[i]->doc, "differs"));
}

static void test_retried(void **arg)
{
    (void)arg;
    configure("colour", "red", false);
    stage_answer(&s, CMD_STEP_MODIFY, asked(CMD_STEP_MODIFY)->subject,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 7\"}}");
    verb(OPERATION_EV_RETRY);
    assert_string_equal(stage_text(sent(), "action"), "RESUME");
    assert_string_equal(stage_text(sent(), "resumedAction"), "MODIFY");
    answers(CMD_STEP_MODIFY, "MODIFY");
    answers(CMD_STEP_START, "START");
    assert_string_equal(state(), "COMPLETED");
    assert_string_equal(value_of("colour"), "red");
}

/* What waits its turn is asked for as before: nobody is told then, either. */
static void test_stored_only_when_its_turn_comes(void **arg)
{
    (void)arg;
    configure("address", "10.9.9.9", false);
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = "op-2",
                                  .project = "project-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .may_queue = true,
                                  .plan = {.kind = OPERATION_CONFIGURE,
                                           .vnfr = stage_vnfr(&s, "web")->id,
                                           .is_record_only = true}};
    proto_map_add(&r->configurations, "colour", "red", &s.arena);
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_null(value_of("colour"));
    for (int i = 0; i < 2; i++) {
        answers(CMD_STEP_MODIFY, "MODIFY");
        answers(CMD_STEP_START, "START");
    }
    assert_string_equal(value_of("colour"), "red");
    assert_int_equal(s.commands.n, 0);
}

/* The same parameter twice: the last value counts, and a rollback brings back the first. */
static void test_named_twice(void **arg)
{
    (void)arg;
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){
        .operation_id = "op-1",
        .project = "project-1",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = OPERATION_CONFIGURE, .vnfr = stage_vnfr(&s, "web")->id}};
    proto_map_add(&r->configurations, "colour", "red", &s.arena);
    proto_map_add(&r->configurations, "colour", "blue", &s.arena);
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_string_equal(value_of("colour"), "blue");
    answers(CMD_STEP_MODIFY, "ERROR");
    verb(OPERATION_EV_ROLLBACK);
    assert_null(value_of("colour"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_told),        TEST(test_not_told), TEST(test_stored_only),
        TEST(test_rolled_back), TEST(test_retried),  TEST(test_stored_only_when_its_turn_comes),
        TEST(test_named_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
