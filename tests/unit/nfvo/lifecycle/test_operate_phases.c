/* DEPLOY and RELEASE as operations: how far they are, how they end, what a person may do with them. */
#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/operation/document.h"

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
    s.service->operation_id = "op-deploy";
    s.service->asked_by = "admin";
    for (uint32_t i = 0; i < s.service->vnfms.n; i++)
        proto_list_add(&s.service->vnfms.at[i]->capabilities, "correlation", &s.arena);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static struct row *find(const struct rows *rows, const char *kind)
{
    for (uint32_t i = rows->n; i > 0; i--)
        if (rows->at[i - 1]->kind == ROW_OPERATION &&
            strcmp(rows->at[i - 1]->key[OPERATION_KIND], kind) == 0)
            return rows->at[i - 1];
    return NULL;
}

/* The last of that kind; as it was saved last when the service is gone. */
static struct row *row_of(const char *kind)
{
    struct row *r = find(&s.rows, kind);
    return r ? r : find(&s.d.rows, kind);
}

static struct operation *operation(const char *kind)
{
    const struct row *r = row_of(kind);
    struct operation *op = arena_alloc(&s.arena, sizeof(*op));
    struct err err = ERR_INIT;
    if (!r)
        fail_msg("there is no operation %s", kind);
    *op = (struct operation){.id = r->id, .state = r->phase};
    if (operation_read(r->doc, strlen(r->doc), op, &s.arena, &err) != ERR_OK)
        fail_msg("operation %s: %s", kind, err.msg);
    return op;
}

/* "PROCESSING: INSTANTIATE web SENT, ..." */
static const char *told(const char *kind)
{
    const struct operation *op = operation(kind);
    const char *text = operation_state_words[op->state];
    for (uint32_t i = 0; i < op->n_steps; i++)
        text = arena_printf(
            &s.arena, "%s%s%s %s %s", text, i ? ", " : ": ", step_kind_word(op->steps[i].kind),
            op->steps[i].name ? op->steps[i].name : "all", step_state_words[op->steps[i].state]);
    return text;
}

static void release_by(const char *user)
{
    stage_decide(&s, (struct intent){.event = EV_NSR_RELEASE,
                                     .facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS | FACT_POPS,
                                     .payload = &(struct release_request){
                                         .operation_id = "op-release", .asked_by = user}});
}

static void ask(enum operation_kind kind, const char *id)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = id,
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .deploy = s.service,
                                  .plan = {.kind = kind}};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                     .payload = r});
}

static enum err_code verb(enum operation_event verb, const char *id)
{
    struct verb_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct verb_request){.operation_id = id, .asked_by = "admin", .verb = verb};
    stage_decide(
        &s,
        (struct intent){.event = EV_NSR_OPERATION_VERB, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    return s.d.err.code;
}

static void fails(int kind, const char *vnf)
{
    stage_answer(&s, kind, stage_vnfr(&s, vnf)->id,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 7\"}}");
}

static uint32_t events(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.d.events.n; i++)
        n += strcmp(s.d.events.at[i]->action, "OPERATION") == 0;
    return n;
}

static void test_deployed(void **state)
{
    (void)state;
    stage_subscribe(&s, "op", "*", "OPERATION", "");
    stage_deploy(&s);
    const struct row *r = row_of("DEPLOY");
    assert_string_equal(r->id, "op-deploy");
    assert_string_equal(r->key[OPERATION_ASKED_BY], "admin");
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web SENT, INSTANTIATE client SENT, MODIFY client "
                        "PLANNED, START web PLANNED, START client PLANNED");
    const struct command *c = stage_command(&s, CMD_INSTANTIATE, stage_vnfr(&s, "web")->id);
    assert_string_equal(operation("DEPLOY")->steps[0].command, c->id);
    assert_true(operation("DEPLOY")->steps[0].sent_at > 0);

    stage_to(&s, VNFR_MODIFYING);
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "SENT, START web SENT, START client PLANNED");
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_int_equal(events(), 1);
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(events(), 1);
    assert_string_equal(told("DEPLOY"),
                        "COMPLETED: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "DONE, START web DONE, START client DONE");
    const struct operation *op = operation("DEPLOY");
    assert_true(op->steps[4].done_at >= op->steps[4].sent_at && op->steps[4].sent_at > 0);
    assert_string_not_equal(row_of("DEPLOY")->key[OPERATION_ENDED_AT], "0");
}

/* What fails waits for a person; a resume ends it, and goes on. */
static void test_failed(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_MODIFY, "client");
    assert_string_equal(operation_state_words[row_of("DEPLOY")->phase],
                        "PROCESSING"); /* `web` starts yet */
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "FAILED, START web DONE, START client PLANNED");
    assert_non_null(strstr(operation("DEPLOY")->fault->message, "exit 7"));
    assert_int_equal(operation("DEPLOY")->steps[2].cause, CAUSE_SCRIPT);

    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_STATE);
    assert_non_null(strstr(s.d.err.hint, "baton nsr resume"));
    assert_int_equal(verb(OPERATION_EV_ROLLBACK, "op-deploy"), ERR_STATE);
    assert_non_null(strstr(s.d.err.hint, "baton nsr delete"));

    ask(OPERATION_RESUME, "op-resume");
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(told("DEPLOY"),
                        "FAILED: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "FAILED, START web DONE, START client SKIPPED");
    assert_string_equal(operation("DEPLOY")->superseded_by, "op-resume");
}

static void test_given_up(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    assert_int_equal(verb(OPERATION_EV_FAIL, "op-deploy"), ERR_STATE); /* it goes on */
    fails(CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(verb(OPERATION_EV_FAIL, "op-deploy"), ERR_OK);
    assert_non_null(strstr(s.d.text, "\"FAILED\""));
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_FAILED);
    ask(OPERATION_RESUME, "op-resume"); /* what it left can be resumed */
    assert_int_equal(s.d.err.code, ERR_OK);
}

static void test_released(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ACTIVE);
    stage_answer_well(&s, CMD_START, "web");
    release_by("maria");
    const struct row *r = row_of("RELEASE");
    assert_string_equal(r->id, "op-release");
    assert_string_equal(r->key[OPERATION_ASKED_BY], "maria");
    assert_string_equal(told("RELEASE"),
                        "PROCESSING: TERMINATE web SENT, DELETE web PLANNED, DROP web PLANNED, "
                        "TERMINATE client SENT, "
                        "DELETE client PLANNED, DROP client PLANNED, DROP_SERVICE all PLANNED");
    assert_int_equal(verb(OPERATION_EV_CANCEL, "op-release"), ERR_STATE);
    fails(CMD_RELEASE_RESOURCES, "client"); /* it goes on */
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "web");
    const struct operation *op = operation("RELEASE");
    assert_string_equal(told("RELEASE"),
                        "PROCESSING: TERMINATE web DONE, DELETE web SENT, DROP web PLANNED, "
                        "TERMINATE client FAILED, "
                        "DELETE client SENT, DROP client PLANNED, DROP_SERVICE all PLANNED");
    assert_non_null(op->steps[3].fault);
}

/* A deployment that is deleted: what it had under way is not known any more. */
static void test_released_meanwhile(void **state)
{
    (void)state;
    stage_deploy(&s);
    release_by("maria"); /* no VNFM knows a record: all of it in one decision */
    assert_string_equal(
        told("DEPLOY"),
        "FAILED: INSTANTIATE web UNKNOWN, INSTANTIATE client UNKNOWN, MODIFY client "
        "SKIPPED, START web SKIPPED, START client SKIPPED");
    assert_string_equal(told("RELEASE"),
                        "COMPLETED: DROP web DONE, DROP client DONE, DROP_SERVICE all DONE");
}

static void removes(const char *vnf)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){
        .operation_id = "op-remove",
        .asked_by = "admin",
        .origin = "user",
        .plan = {.kind = OPERATION_REMOVE_VNF, .vnfr = stage_vnfr(&s, vnf)->id}};
    stage_decide(&s, (struct intent){.event = EV_NSR_OPERATE,
                                     .facts = FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                     .payload = r});
}

/* A VNFR without a record goes in the decision that removes it: the deployment waits for nothing of it. */
static void test_vnf_removed_meanwhile(void **state)
{
    (void)state;
    stage_deploy(&s);
    fails(CMD_INSTANTIATE, "client");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_PROCESSING); /* `web` is on its way */
    removes("web");
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_null(stage_vnfr(&s, "web"));
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web UNKNOWN, INSTANTIATE client FAILED, MODIFY "
                        "client PLANNED, START web SKIPPED, START client PLANNED");
}

static void forget(const char *kind)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s.rows.n; i++)
        if (s.rows.at[i]->kind != ROW_OPERATION ||
            strcmp(s.rows.at[i]->key[OPERATION_KIND], kind) != 0)
            s.rows.at[kept++] = s.rows.at[i];
    s.rows.n = kept;
}

/* Services of a program that had no such operations: with the next message, as far as they are. */
static void test_adopted(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    forget("DEPLOY");
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "SENT, START web DONE, START client PLANNED");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_COMPLETED);

    release_by("maria");
    forget("RELEASE");
    stage_answer_well(&s, CMD_RELEASE_RESOURCES, "client");
    assert_string_equal(told("RELEASE"),
                        "PROCESSING: TERMINATE web SENT, DELETE web PLANNED, DROP web PLANNED, "
                        "TERMINATE client DONE, "
                        "DELETE client SENT, DROP client PLANNED, DROP_SERVICE all PLANNED");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        TEST(test_deployed),
        TEST(test_failed),
        TEST(test_given_up),
        TEST(test_released),
        TEST(test_adopted),
        TEST(test_released_meanwhile),
        TEST(test_vnf_removed_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
