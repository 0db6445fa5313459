/* What people and subscribers learn of an operation: the event OPERATION, and lines of the history. */
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
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_release(&s);
    return 0;
}

static void ask(enum operation_kind kind, const char *id, bool may_queue)
{
    struct operate_request *r = arena_alloc(&s.arena, sizeof(*r));
    *r = (struct operate_request){.operation_id = id,
                                  .project = "project-1",
                                  .asked_by = "admin",
                                  .origin = "user",
                                  .may_queue = may_queue,
                                  .plan = {.kind = kind, .vnfr = stage_vnfr(&s, "client")->id}};
    stage_decide(
        &s, (struct intent){.event = EV_NSR_OPERATE, .facts = FACT_SUBSCRIPTIONS, .payload = r});
    assert_int_equal(s.d.err.code, ERR_OK);
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

/* Those of the last decision. */
static uint32_t events(const char *action)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.d.events.n; i++)
        n += strcmp(s.d.events.at[i]->action, action) == 0;
    return n;
}

static json_t *payload(void)
{
    for (uint32_t i = 0; i < s.d.events.n; i++)
        if (strcmp(s.d.events.at[i]->action, "OPERATION") == 0) {
            json_t *all = json_loads(s.d.events.at[i]->body, 0, NULL);
            assert_non_null(all);
            json_t *ret = json_incref(json_object_get(all, "payload"));
            json_decref(all);
            return ret;
        }
    fail_msg("no event OPERATION");
    return NULL;
}

static void test_events(void **state)
{
    (void)state;
    stage_subscribe(&s, "op", "*", "OPERATION", "");
    ask(OPERATION_STOP_VNF, "op-1", false);
    assert_int_equal(events("OPERATION"), 1);
    json_t *op = payload();
    assert_string_equal(stage_text(op, "id"), "op-1");
    assert_string_equal(stage_text(op, "projectId"), "project-1");
    assert_string_equal(stage_text(op, "state"), "PROCESSING");
    assert_string_equal(stage_text(op, "askedBy"), "admin");
    assert_string_equal(stage_text(op, "steps.0.state"), "SENT");
    json_decref(op);
    const struct outgoing_event *e = s.d.events.at[0];
    assert_true(e->is_of_both); /* one for who subscribed to the NSR, the VNFR, or all */
    assert_string_equal(e->vnfr_id, stage_vnfr(&s, "client")->id);
    assert_string_equal(e->nsr_id, "nsr-1");

    ask(OPERATION_START_VNF, "op-2", true); /* queued: news of it alone */
    assert_int_equal(events("OPERATION"), 1);
    op = payload();
    assert_string_equal(stage_text(op, "id"), "op-2");
    assert_string_equal(stage_text(op, "state"), "STARTING");
    assert_int_equal(json_array_size(json_object_get(op, "steps")), 1); /* the plan */
    json_decref(op);

    answer(CMD_STEP_STOP,
           "{\"action\":\"STOP\"}"); /* the end of one is the beginning of the other */
    assert_int_equal(events("OPERATION"), 2);
    op = payload();
    assert_string_equal(stage_text(op, "state"), "COMPLETED");
    json_decref(op);
    answer(CMD_STEP_START, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    op = payload();
    assert_string_equal(stage_text(op, "state"), "FAILED_TEMP");
    assert_non_null(strstr(stage_text(op, "fault.message"), "no"));
    assert_string_equal(stage_text(op, "next.0"), "baton op retry op-2");
    json_decref(op);
}

/* Filters as of the other events; nothing is made for nobody. */
static void test_for_whom(void **state)
{
    (void)state;
    static const struct {
        const char *project, *event, *subject;
        uint32_t n;
    } cases[] = {
        {"*", "STOP", "", 0},
        {"project-2", "OPERATION", "", 0},
        {"project-1", "OPERATION", "nsr-1", 1},
        {"project-1", "OPERATION", "nsr-2", 0},
        {"*", "OPERATION", "client", 1},
        {"*", "OPERATION", "web", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *subject = cases[i].subject;
        if (strcmp(subject, "client") == 0 || strcmp(subject, "web") == 0)
            subject = stage_vnfr(&s, subject)->id;
        stage_subscribe(&s, "sub", cases[i].project, cases[i].event, subject);
        ask(i % 2 ? OPERATION_START_VNF : OPERATION_STOP_VNF, arena_printf(&s.arena, "op-%zu", i),
            false);
        assert_int_equal(events("OPERATION"), cases[i].n);
        answer(i % 2 ? CMD_STEP_START : CMD_STEP_STOP,
               i % 2 ? "{\"action\":\"START\"}" : "{\"action\":\"STOP\"}");
        assert_int_equal(events("OPERATION"), cases[i].n);
        stage_forget(&s, "sub");
    }
}

static const char *note(uint32_t i, const char *path)
{
    static char text[256];
    assert_true(i < s.d.notes.n);
    json_t *doc = json_loads(s.d.notes.at[i]->doc, 0, NULL);
    const char *found = stage_text(doc, path);
    snprintf(text, sizeof(text), "%s", found ? found : "");
    json_decref(doc);
    return text;
}

static void test_history(void **state)
{
    (void)state;
    ask(OPERATION_STOP_VNF, "op-1", false);
    assert_int_equal(s.d.notes.n, 2);
    assert_string_equal(note(0, "text"), "STOP_VNF op-1 of admin: PROCESSING");
    assert_string_equal(note(1, "text"), "STOP_VNF op-1 of admin: step 1 of 1, STOP, is sent");
    assert_string_equal(note(1, "vnfr"), "client");
    assert_string_equal(note(1, "project"), "project-1");
    assert_string_equal(note(1, "operation.id"), "op-1");
    assert_string_equal(note(1, "operation.kind"), "STOP_VNF");
    assert_string_equal(note(1, "operation.step.state"), "SENT");
    answer(CMD_STEP_STOP, "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"no\"}}");
    assert_string_equal(note(0, "event"), "ERROR");
    assert_string_equal(note(0, "operation.step.state"), "FAILED");
    assert_string_equal(note(1, "event"), "OPERATION");
    assert_string_equal(note(1, "operation.state"), "FAILED_TEMP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_for_whom, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(test_history, open_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
