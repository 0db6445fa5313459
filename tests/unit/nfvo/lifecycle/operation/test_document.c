/* What is written can be read again, in any state; what this program cannot have written is
 * refused; and what is shown is the JSON of operations.md 7. */
#include "nfvo/lifecycle/operation/document.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct operation *plan(struct arena *a, const char *service, const char *request,
                              struct run *run, struct operations *open)
{
    struct err err = ERR_INIT;
    struct plan p;
    int made = 0;
    struct ids ids = {.ctx = &made, .make = scene_id};
    struct plan_request *q = scene_request(a, request);
    struct service_view *view = scene_read(a, service);
    assert_int_equal(plan_make(view, q, &ids, a, &p, &err), ERR_OK);
    struct operation *op = plan_operation(&p, q, "op-1", view->id, USEC_PER_SEC, a);
    proto_list_add(open, op, a);
    *run = (struct run){.view = view, .operations = open, .now = 2 * USEC_PER_SEC, .arena = a};
    return op;
}

static const char *written(struct arena *a, const struct operation *op)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    operation_write(op, a, &out);
    return arena_strndup(a, out.s, out.len);
}

/* write -> read -> write gives the same text. */
static void same_again(struct arena *a, const struct operation *op)
{
    struct err err = ERR_INIT;
    const char *text = written(a, op);
    struct operation read = {.id = op->id, .kind = op->kind, .state = op->state};
    if (operation_read(text, strlen(text), &read, a, &err) != ERR_OK)
        fail_msg("%s: %s", err.msg, text);
    assert_string_equal(written(a, &read), text);
    assert_int_equal(read.n_steps, op->n_steps);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i], *y = &read.steps[i];
        assert_true(x->kind == y->kind && x->undo == y->undo && x->state == y->state);
        assert_true(x->attempt == y->attempt && x->since == y->since && x->with == y->with);
        assert_int_equal(x->after.n, y->after.n);
        for (uint32_t k = 0; k < x->after.n; k++)
            assert_int_equal(x->after.at[k], y->after.at[k]);
    }
}

static void test_round_trip(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct fault fault = {.code = "ERR_PEER", .message = "it \"broke\""};
    struct operations open = {0};
    struct run run;
    (void)state;
    struct operation *op = plan(&a, "web ACTIVE i:web-1; client ACTIVE <web told=web-1 i:client-1",
                                "SCALE_OUT web n=2", &run, &open);
    same_again(&a, op);
    op->policy = POLICY_ROLLBACK;
    op->attempts = 3;
    proto_strmap_set(&op->before, "vnf web", "0123456789abcdef", &a);
    proto_strmap_set(&op->names, "web-1", "web-1.example", &a);
    run_begin(&run, op);
    run_settle(&run);
    same_again(&a, op);
    op->steps[0].before = "";
    run_step(&run, op, operation_step(op, 2),
             &(struct step_news){.event = STEP_EV_FAULT, .cause = CAUSE_SCRIPT, .fault = &fault});
    run_settle(&run);
    assert_int_equal(op->steps[1].attempt, 2);
    same_again(&a, op);
    op->cancel = CANCEL_FORCEFUL;
    op->superseded_by = "op-2";
    op->is_partial = op->is_undo_failed = op->is_rollback_pending = true;
    op->steps[1].is_anew = op->steps[1].is_undo_due = op->steps[1].needs_again = true;
    op->steps[1].undo_at = 1;
    op->steps[1].late_fault = &fault;
    same_again(&a, op);
}

/* What a plan weighs: deploy of two, one a target (5 steps). */
static void test_size(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct operations open = {0};
    struct run run;
    (void)state;
    struct operation *op = plan(&a, "web; client <web", "DEPLOY", &run, &open);
    assert_in_range(strlen(written(&a, op)), 100, 600);
}

#define STEP(more) "{\"steps\":[{\"n\":1,\"kind\":\"START\",\"state\":\"DONE\"}," more "]}"
static void test_refused(void **state)
{
    static const struct {
        const char *doc, *place;
    } cases[] = {
        {"{\"steps\":[{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\"}]}", "steps[0]"},
        {STEP("{\"n\":2,\"kind\":\"STAR\",\"state\":\"DONE\"}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"READY\"}"), "steps[1].state"},
        {STEP("{\"n\":2,\"kind\":\"START\"}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":[2]}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":[0]}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":[1,1]}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":[\"1\"]}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":\"1\"}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"after\":[99999999999]}"),
         "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"with\":2}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"undo\":\"X\"}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"form\":\"X\"}"), "steps[1].form"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"cause\":\"X\"}"), "steps[1].cause"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"undoAt\":9}"), "steps[1]"},
        {STEP("{\"n\":2,\"kind\":\"START\",\"state\":\"DONE\",\"attempt\":70000}"), "steps[1]"},
        {"{\"policy\":\"best\"}", ""},
        {"{\"cancel\":\"soon\"}", ""},
        {"{\"attempts\":-1}", ""},
        {"[]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        struct operation op = {.id = "op-1"}, before = op;
        if (operation_read(cases[i].doc, strlen(cases[i].doc), &op, &a, &err) == ERR_OK)
            fail_msg("taken: %s", cases[i].doc);
        assert_memory_equal(&op, &before, sizeof(op));
        if (cases[i].place)
            assert_string_equal(err.where, cases[i].place);
    }
}

static void test_shown(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct fault fault = {.code = "ERR_PEER", .message = "install.sh ended with 1"};
    struct operations open = {0};
    struct run run;
    (void)state;
    struct operation *op = plan(&a, "web ACTIVE i:web-1; client ACTIVE <web told=web-1 i:client-1",
                                "SCALE_OUT web", &run, &open);
    op->origin = "user";
    op->asked_by = "admin";
    run_begin(&run, op);
    run_settle(&run);
    run_step(&run, op, operation_step(op, 2),
             &(struct step_news){.event = STEP_EV_FAULT, .cause = CAUSE_SCRIPT, .fault = &fault});
    run_settle(&run);
    struct operation_extras x = {.run = &run, .nsr_name = "demo", .parameters = "{\"number\":1}"};
    proto_encode(&shown_operation_type, operation_show(op, &x, &a), PROTO_COMPLETE, &out);
    assert_string_equal(
        out.s,
        "{\"id\":\"op-1\",\"kind\":\"SCALE_OUT\",\"state\":\"FAILED_TEMP\",\"origin\":\"user\","
        "\"askedBy\":\"admin\",\"askedAt\":\"1970-01-01T00:00:01.000Z\",\"stateAt\":\"1970-01-"
        "01T00:"
        "00:02.000Z\",\"nsr\":{\"id\":\"nsr-1\",\"name\":\"demo\"},\"vnfr\":{\"id\":\"web\","
        "\"name\":\"web\"},\"parameters\":{\"number\":1},\"isCancelPending\":false,"
        "\"isRollbackPending\":false,\"progress\":{\"done\":1,\"of\":4},\"fault\":{\"code\":\"ERR_"
        "PEER\",\"message\":\"install.sh ended with 1\"},\"next\":[\"baton op retry op-1\",\"baton "
        "op rollback op-1\",\"baton op fail op-1\",\"baton nsr delete demo\"],\"steps\":[{\"n\":1,"
        "\"kind\":\"SET_COMPONENT\",\"of\":\"web\",\"component\":\"c1\",\"vdu\":\"u\",\"state\":"
        "\"DONE\",\"attempt\":1,\"doneAt\":\"1970-01-01T00:00:02.000Z\",\"undo\":\"RESTORE\","
        "\"sentence\":\"add a component to 'web'\"},{\"n\":2,\"kind\":\"SCALE_OUT\",\"of\":\"web\","
        "\"component\":\"c1\",\"vdu\":\"u\",\"after\":[1],\"state\":\"FAILED\",\"attempt\":1,"
        "\"sentAt\":\"1970-01-01T00:00:02.000Z\",\"doneAt\":\"1970-01-01T00:00:02.000Z\",\"peer\":"
        "\"vnfm\",\"undo\":\"INSTANCE\",\"sentence\":\"add an instance to 'web'\",\"fault\":{"
        "\"code\":\"ERR_PEER\",\"message\":\"install.sh ended with 1\"}},{\"n\":3,\"kind\":"
        "\"MODIFY\",\"of\":\"client\",\"only\":[\"the instance of step "
        "2\"],\"after\":[2],\"state\":\"PLANNED\","
        "\"peer\":\"vnfm\",\"undo\":\"SCALE_IN\",\"sentence\":\"configure 'client'\"},{\"n\":4,"
        "\"kind\":\"START\",\"of\":\"client\",\"after\":[3],\"state\":\"PLANNED\",\"peer\":"
        "\"vnfm\",\"undo\":\"NONE\",\"sentence\":\"start 'client'\"}]}");
}

/* It outlives what it names. */
static void test_names_of_what_is_gone(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct operations open = {0};
    struct run run;
    (void)state;
    struct operation *op = plan(&a, "web ACTIVE i:web-1; client ACTIVE <web told=web-1 i:client-1",
                                "HEAL web i=web-1", &run, &open);
    op->instance = op->steps[0].instance;
    proto_strmap_set(&op->names, op->instance, "web-77", &a);
    struct service_view empty = {.id = "nsr-1", .name = "demo"};
    run.view = &empty;
    struct operation_extras x = {.run = &run};
    struct shown_operation *shown = operation_show(op, &x, &a);
    assert_string_equal(shown->vnfr->name, "web");
    assert_string_equal(shown->instance->name, "web-77");
    assert_string_equal(shown->steps.at[0]->instance, "web-77");
    assert_string_equal(shown->steps.at[1]->only.at[0], "web-77");
}

static void test_a_plan_is_shown_without_a_state(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct operations open = {0};
    struct run run;
    (void)state;
    struct operation *op =
        plan(&a, "web ACTIVE i:web-1; client ACTIVE", "RESTART web", &run, &open);
    struct operation_extras x = {.run = &run, .is_plan = true};
    struct shown_operation *shown = operation_show(op, &x, &a);
    assert_null(shown->id);
    assert_null(shown->state);
    assert_null(shown->asked_at);
    assert_int_equal(shown->next.n, 0);
    assert_int_equal(shown->cannot_undo.n, 1);
    assert_string_equal(shown->cannot_undo.at[0],
                        "step 1: what was written to the disk since its launch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_names_of_what_is_gone),
        cmocka_unit_test(test_a_plan_is_shown_without_a_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
