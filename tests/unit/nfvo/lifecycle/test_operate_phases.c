/* DEPLOY and RELEASE as operations: how far they are, how they end, what a person may do with them. */
#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/operation/document.h"
#include "nfvo/lifecycle/operation/progress.h"

#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;
static enum cancel_mode mode; /* of the next verb */

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

/* As REST does. */
static void put_progress(struct operation *op, const struct row *r)
{
    struct vnfr_state *st;
    struct err err = ERR_INIT;
    if (r->kind != ROW_VNFR || op->kind != OPERATION_DEPLOY)
        return;
    if (proto_decode(&vnfr_state_type, r->state, strlen(r->state), 0, &s.arena, &st, &err) !=
        ERR_OK)
        fail_msg("%s", err.msg);
    progress_put(op, r->id, &st->deployed);
}

static struct operation *operation(const char *kind)
{
    const struct row *r = row_of(kind);
    struct operation *op = arena_alloc(&s.arena, sizeof(*op));
    struct err err = ERR_INIT;
    if (!r)
        fail_msg("there is no operation %s", kind);
    *op = (struct operation){.id = r->id, .kind = operation_kind_parse(kind), .state = r->phase};
    if (operation_read(r->doc, strlen(r->doc), op, &s.arena, &err) != ERR_OK)
        fail_msg("operation %s: %s", kind, err.msg);
    for (uint32_t i = 0; r->phase == OPERATION_STATE_PROCESSING && i < s.rows.n; i++)
        put_progress(op, s.rows.at[i]);
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
    *r = (struct verb_request){.operation_id = id,
                               .asked_by = "admin",
                               .verb = verb,
                               .mode = mode,
                               .deploy = s.service,
                               .no_deploy = ""};
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATION_VERB,
                            .facts = FACT_SUBSCRIPTIONS | FACT_POPS | FACT_DRIVERS | FACT_VNFMS,
                            .payload = r});
    mode = CANCEL_NO;
    return s.d.err.code;
}

static enum err_code cancel(enum cancel_mode how)
{
    mode = how;
    return verb(OPERATION_EV_CANCEL, "op-deploy");
}

/* Refused, and what to type instead. */
static void refused(enum operation_event v, const char *id, const char *hint)
{
    assert_int_equal(verb(v, id), ERR_STATE);
    if (!strstr(s.d.err.hint, hint))
        fail_msg("'%s', hint '%s'", s.d.err.msg, s.d.err.hint);
}

/* What the answer of the last verb says can be typed. */
static void next_is(const char *commands)
{
    const char *at = s.d.text ? strstr(s.d.text, "\"next\":[") : NULL;
    assert_non_null(at);
    at += strlen("\"next\":");
    assert_string_equal(arena_strndup(&s.arena, at, strcspn(at, "]") + 1), commands);
}

static const char *nsr_text(const char *path)
{
    return stage_text(stage_record(&s, s.root), path);
}

static const char *last_action(void)
{
    return stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "action");
}

static bool has_told(const char *action)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, action) == 0)
            return true;
    return false;
}

/* MODIFY of `client` has failed, `web` is ACTIVE. */
static void failed(void)
{
    stage_to(&s, VNFR_MODIFYING);
    stage_answer(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id,
                 "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"exit 7\"}}");
    stage_answer_well(&s, CMD_START, "web");
}

/* Everything that a release of the whole service needs, but the last. */
static void released_all(void)
{
    static const char *const vnfs[] = {"web", "client"};
    for (size_t i = 0; i < ARRAY_LEN(vnfs); i++)
        if (stage_vnfr(&s, vnfs[i])->phase == VNFR_RELEASING)
            stage_answer_well(&s, CMD_RELEASE_RESOURCES, vnfs[i]);
    for (int i = 0; i < 4 && s.root && stage_command(&s, CMD_DELETE, NULL); i++)
        stage_answer(&s, CMD_DELETE, stage_command(&s, CMD_DELETE, NULL)->subject,
                     "{\"type\":\"ok\"}");
    for (int i = 0; i < 4 && s.root; i++)
        stage_listed(&s, "pop-1", "", false);
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

/* Nobody follows it: a large document is not written in its course, and ends with the same. */
static void test_written_when_it_ends(void **state)
{
    (void)state;
    stage_deploy(&s);
    const char *doc = arena_strdup(&s.arena, row_of("DEPLOY")->doc);
    stage_to(&s, VNFR_MODIFYING);
    const char *command = stage_command(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id)->id;
    int64_t sent_at = operation("DEPLOY")->steps[2].sent_at;
    assert_string_equal(row_of("DEPLOY")->doc, doc);
    assert_string_equal(operation("DEPLOY")->steps[2].command, command);
    assert_true(sent_at > 0);
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    int64_t done_at = operation("DEPLOY")->steps[2].done_at;
    assert_string_equal(row_of("DEPLOY")->doc, doc);
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(told("DEPLOY"),
                        "COMPLETED: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "DONE, START web DONE, START client DONE");
    const struct plan_step *modify = &operation("DEPLOY")->steps[2];
    assert_string_equal(modify->command, command);
    assert_true(modify->sent_at == sent_at && modify->done_at == done_at);
    if (strstr(stage_vnfr(&s, "client")->state, "deployed"))
        fail_msg("%s", stage_vnfr(&s, "client")->state); /* the document has it now */
}

/* What fails waits for a person; a resume ends it, and goes on. */
static void test_failed(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_MODIFY, "client");
    assert_string_equal(operation_state_words[row_of("DEPLOY")->phase],
                        "PROCESSING"); /* `web` starts yet */
    refused(OPERATION_EV_FAIL, "op-deploy", "baton op cancel op-deploy");
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "FAILED, START web DONE, START client PLANNED");
    assert_non_null(strstr(operation("DEPLOY")->fault->message, "exit 7"));
    assert_int_equal(operation("DEPLOY")->steps[2].cause, CAUSE_SCRIPT);

    refused(OPERATION_EV_CANCEL, "op-deploy", "baton op rollback op-deploy");
    refused(OPERATION_EV_CONTINUE, "op-deploy", "baton op rollback op-deploy");

    ask(OPERATION_RESUME, "op-resume");
    assert_int_equal(s.d.err.code, ERR_OK);
    assert_string_equal(told("DEPLOY"),
                        "FAILED: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "FAILED, START web DONE, START client SKIPPED");
    assert_string_equal(operation("DEPLOY")->superseded_by, "op-resume");
}

/* The deployment itself goes on where it failed, and is the one that completes. */
static void test_retried(void **state)
{
    (void)state;
    failed();
    const char *command = operation("DEPLOY")->steps[2].command;
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "SENT, START web DONE, START client PLANNED");
    assert_string_equal(last_action(), "RESUME");
    assert_string_equal(stage_text(stage_body(&s, stage_sent(&s, "vnfm-queue")), "resumes"),
                        command);
    assert_string_equal(nsr_text("status"), "RESUMING");
    const struct operation *op = operation("DEPLOY");
    assert_int_equal(op->steps[2].attempt, 2);
    assert_int_equal(op->steps[2].form, FORM_RESUME);
    assert_null(op->fault);
    next_is("[\"baton op rollback op-deploy\",\"baton op cancel op-deploy\"]");
    ask(OPERATION_RESUME, "op-resume"); /* that is what it does */
    assert_non_null(strstr(s.d.err.msg, "op-deploy"));

    fails(CMD_MODIFY, "client"); /* again: and again it is the same that waits */
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_FAILED_TEMP);
    assert_string_equal(nsr_text("status"), "ERROR");
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_int_equal(operation("DEPLOY")->steps[2].attempt, 3);
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_string_equal(last_action(), "START");
    stage_answer_well(&s, CMD_START, "client");
    assert_string_equal(told("DEPLOY"),
                        "COMPLETED: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "DONE, START web DONE, START client DONE");
    assert_string_equal(nsr_text("status"), "ACTIVE");
    assert_null(find(&s.rows, "RESUME"));
}

/* INSTANTIATE anew takes the descriptors as they are now; without them it says so. */
static void test_retried_anew(void **state)
{
    (void)state;
    stage_deploy(&s);
    fails(CMD_INSTANTIATE, "web");
    fails(CMD_INSTANTIATE, "client");
    struct deploy_request *known = s.service;
    s.service = NULL;
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_STATE);
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_FAILED_TEMP);
    s.service = known;
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web SENT, INSTANTIATE client SENT, MODIFY client "
                        "PLANNED, START web PLANNED, START client PLANNED");
    assert_string_equal(last_action(), "INSTANTIATE");
}

/* One that has failed while the rest is under way: that is only waited for. */
static void test_retried_while_others_run(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    fails(CMD_MODIFY, "client");
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "SENT, START web SENT, START client PLANNED");
    assert_int_equal(operation("DEPLOY")->steps[3].attempt, 1);
    assert_int_equal(s.d.sends.n, 1);
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_COMPLETED);
}

/* What of a foreign VNFM is not known is not repeated without a word. */
static void test_retry_wants_consent(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < s.service->vnfms.n; i++)
        s.service->vnfms.at[i]->capabilities.n = 0;
    stage_to(&s, VNFR_MODIFYING);
    stage_answer_well(&s, CMD_START, "web");
    stage_late(&s, CMD_MODIFY, stage_vnfr(&s, "client")->id);
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "UNKNOWN, START web DONE, START client PLANNED");
    refused(OPERATION_EV_RETRY, "op-deploy", "baton op retry op-deploy --unknown repeat");
}

static void test_rolled_back(void **state)
{
    (void)state;
    failed();
    s.now += USEC_PER_SEC;
    int64_t began = s.now;
    assert_int_equal(verb(OPERATION_EV_ROLLBACK, "op-deploy"), ERR_OK);
    assert_true(operation("DEPLOY")->steps[0].sent_at >= began);
    assert_true(operation("DEPLOY")->steps[0].done_at == 0); /* not that of the first run */
    assert_string_equal(told("DEPLOY"),
                        "ROLLING_BACK: INSTANTIATE web UNDOING, INSTANTIATE client UNDOING, MODIFY "
                        "client UNDONE, START web UNDONE, START client SKIPPED");
    assert_null(find(&s.rows, "RELEASE"));
    assert_null(strstr(s.d.text, "\"next\":[\"")); /* nothing can stop it */
    refused(OPERATION_EV_CANCEL, "op-deploy", "baton op wait op-deploy");
    refused(OPERATION_EV_RETRY, "op-deploy", "baton op wait op-deploy");
    release_by("maria"); /* it goes already */
    assert_null(find(&s.rows, "RELEASE"));
    fails(CMD_RELEASE_RESOURCES, "client"); /* it goes on */
    assert_non_null(operation("DEPLOY")->steps[1].late_fault);
    released_all();
    assert_null(s.root);
    assert_string_equal(told("DEPLOY"),
                        "ROLLED_BACK: INSTANTIATE web UNDONE, INSTANTIATE client UNDONE, MODIFY "
                        "client UNDONE, START web UNDONE, START client SKIPPED");
    assert_int_not_equal(row_of("DEPLOY")->mark, ROW_GONE); /* it outlives the service */
    assert_true(has_told("RELEASE_RESOURCES_FINISH"));
}

/* While it runs, and nobody knows a record yet: all in one decision. */
static void test_rolled_back_at_once(void **state)
{
    (void)state;
    stage_deploy(&s);
    assert_int_equal(verb(OPERATION_EV_ROLLBACK, "op-deploy"), ERR_OK);
    assert_null(s.root);
    assert_string_equal(
        told("DEPLOY"),
        "ROLLED_BACK: INSTANTIATE web UNDONE, INSTANTIATE client UNDONE, MODIFY client "
        "SKIPPED, START web SKIPPED, START client SKIPPED");
}

static void test_rolled_back_after_a_retry(void **state)
{
    (void)state;
    failed();
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_int_equal(verb(OPERATION_EV_ROLLBACK, "op-deploy"), ERR_OK);
    assert_null(stage_command(&s, CMD_MODIFY, NULL));
    released_all();
    assert_null(s.root);
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_ROLLED_BACK);
}

/* What is under way ends, nothing new begins; a retry goes on. */
static void test_cancelled(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    assert_int_equal(cancel(CANCEL_GRACEFUL), ERR_OK);
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_PROCESSING);
    next_is("[\"baton op rollback op-deploy\",\"baton op cancel op-deploy --forceful\","
            "\"baton nsr delete service\"]");
    assert_string_equal(nsr_text("status"), "ERROR");
    assert_non_null(strstr(nsr_text("fault.message"), "cancelled by 'admin'"));
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_null(stage_command(&s, CMD_START, stage_vnfr(&s, "client")->id));
    stage_answer_well(&s, CMD_START, "web");
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "DONE, START web DONE, START client PLANNED");
    assert_int_equal(operation("DEPLOY")->cancel, CANCEL_NO);
    assert_non_null(strstr(operation("DEPLOY")->fault->message, "cancelled"));

    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_COMPLETED);
    assert_string_equal(nsr_text("status"), "ACTIVE");
    assert_null(nsr_text("fault.message"));
}

/* There was nothing left to be cancelled. */
static void test_cancelled_too_late(void **state)
{
    (void)state;
    stage_to(&s, VNFR_ACTIVE); /* `client`; `web` starts */
    assert_int_equal(cancel(CANCEL_GRACEFUL), ERR_OK);
    stage_answer_well(&s, CMD_START, "web");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_COMPLETED);
    assert_string_equal(nsr_text("status"), "ACTIVE");
    assert_true(has_told("INSTANTIATE_FINISH"));
}

/* Nobody waits: ours are told, and what they answer after all is known. */
static void test_cancelled_forcefully(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    assert_int_equal(cancel(CANCEL_FORCEFUL), ERR_OK);
    assert_string_equal(last_action(), "CANCEL");
    assert_int_equal(s.d.sends.n, 2); /* MODIFY of client, START of web */
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "UNKNOWN, START web UNKNOWN, START client PLANNED");
    stage_answer_well(&s, CMD_START, "web");
    fails(CMD_MODIFY, "client");
    assert_string_equal(told("DEPLOY"),
                        "FAILED_TEMP: INSTANTIATE web DONE, INSTANTIATE client DONE, MODIFY client "
                        "FAILED, START web DONE, START client PLANNED");
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_string_equal(last_action(), "RESUME");
}

/* A retry before they have answered waits for them, and sends nothing. */
static void test_retried_after_a_forceful_cancel(void **state)
{
    (void)state;
    stage_to(&s, VNFR_MODIFYING);
    assert_int_equal(cancel(CANCEL_FORCEFUL), ERR_OK);
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK);
    assert_int_equal(s.d.sends.n, 0);
    stage_answer_well(&s, CMD_START, "web");
    stage_answer_well(&s, CMD_MODIFY, "client");
    assert_string_equal(last_action(), "START");
    stage_answer_well(&s, CMD_START, "client");
    assert_int_equal(row_of("DEPLOY")->phase, OPERATION_STATE_COMPLETED);
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
    refused(OPERATION_EV_CANCEL, "op-release", "baton op wait op-release");
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
    assert_int_equal(verb(OPERATION_EV_RETRY, "op-deploy"), ERR_OK); /* without it */
    assert_string_equal(told("DEPLOY"),
                        "PROCESSING: INSTANTIATE web SKIPPED, INSTANTIATE client SENT, MODIFY "
                        "client SKIPPED, START web SKIPPED, START client PLANNED");
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
        TEST(test_written_when_it_ends),
        TEST(test_failed),
        TEST(test_retried),
        TEST(test_retried_anew),
        TEST(test_retried_while_others_run),
        TEST(test_retry_wants_consent),
        TEST(test_rolled_back),
        TEST(test_rolled_back_at_once),
        TEST(test_rolled_back_after_a_retry),
        TEST(test_cancelled),
        TEST(test_cancelled_too_late),
        TEST(test_cancelled_forcefully),
        TEST(test_retried_after_a_forceful_cancel),
        TEST(test_given_up),
        TEST(test_released),
        TEST(test_adopted),
        TEST(test_released_meanwhile),
        TEST(test_vnf_removed_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
