/* Services of before operations, in every phase. */
#include "nfvo/lifecycle/operation/adopt.h"
#include "nfvo/lifecycle/operation/runner.h"
#include "nfvo/words/phases.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const phases[] = {
#define X(name, ...) #name,
    VNFR_PHASES(X)
#undef X
};

/* client, a target, in each phase; what its three steps are, its stable state */
static const struct {
    const char *service, *want;
} cases[] = {
    {"nsr=DEPLOYING; client phase=INSTANTIATING <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: SENT ASKED, PLANNED, PLANNED NULL"},
    {"nsr=DEPLOYING; client phase=GRANTING <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: SENT GRANTING, PLANNED, PLANNED NULL"},
    {"nsr=DEPLOYING; client phase=GRANTED <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: SENT GRANTED, PLANNED, PLANNED NULL"},
    {"nsr=DEPLOYING; client phase=ALLOCATING <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: SENT ALLOCATING, PLANNED, PLANNED NULL"},
    {"nsr=DEPLOYING; client phase=ALLOCATED <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: SENT ALLOCATED, PLANNED, PLANNED NULL"},
    {"nsr=DEPLOYING; client phase=WAIT_SOURCES <web; web phase=INSTANTIATING",
     "DEPLOY PROCESSING: DONE, PLANNED, PLANNED INITIALIZED"},
    {"nsr=DEPLOYING; client phase=MODIFYING <web; web phase=STARTING",
     "DEPLOY PROCESSING: DONE, SENT, PLANNED INITIALIZED"},
    {"nsr=DEPLOYING; ordered; client phase=WAIT_TURN <web; web phase=STARTING",
     "DEPLOY PROCESSING: DONE, DONE, PLANNED INACTIVE"},
    {"nsr=DEPLOYING; client phase=STARTING <web; web phase=ACTIVE",
     "DEPLOY PROCESSING: DONE, DONE, SENT INACTIVE"},
    {"nsr=DEPLOYING; client phase=ACTIVE <web; web phase=STARTING",
     "DEPLOY PROCESSING: DONE, DONE, DONE ACTIVE"},
    {"nsr=ACTIVE; client phase=ACTIVE <web; web phase=ACTIVE", "none ACTIVE"},
    {"nsr=FAILED; client phase=HELD <web instantiated; web phase=FAILED",
     "DEPLOY FAILED_TEMP: DONE, PLANNED, PLANNED INITIALIZED"},
    {"nsr=FAILED; client phase=HELD <web instantiated configured; web phase=FAILED",
     "DEPLOY FAILED_TEMP: DONE, DONE, PLANNED INACTIVE"},
    {"nsr=FAILED; client phase=FAILED <web; web phase=HELD",
     "DEPLOY FAILED_TEMP: FAILED, PLANNED, PLANNED NULL broken"},
    {"nsr=FAILED; client phase=FAILED <web instantiated; web phase=HELD",
     "DEPLOY FAILED_TEMP: DONE, FAILED, PLANNED INITIALIZED broken"},
    {"nsr=FAILED; client phase=FAILED <web instantiated configured; web phase=HELD",
     "DEPLOY FAILED_TEMP: DONE, DONE, FAILED INACTIVE broken"},
    {"nsr=FAILED; client phase=FAILED <web; web phase=STARTING",
     "DEPLOY PROCESSING: FAILED, PLANNED, PLANNED NULL broken"},
    {"nsr=RELEASING; client phase=UNDOING <web i:c-1=LAUNCHING; web phase=DELETING unknown "
     "i:w-1=DELETING",
     "RELEASE PROCESSING: PLANNED, PLANNED, PLANNED NULL"},
    {"nsr=RELEASING; client phase=RELEASING <web i:c-1; web phase=GONE unknown",
     "RELEASE PROCESSING: SENT, PLANNED, PLANNED NULL"},
    {"nsr=RELEASING; client phase=DELETING <web i:c-1=DELETING; web phase=GONE unknown",
     "RELEASE PROCESSING: DONE, SENT, PLANNED NULL"},
    {"nsr=TOMBSTONE; client phase=GONE <web; web phase=DELETING i:w-1=DELETING",
     "RELEASE PROCESSING: DONE, DONE GONE"},
};

static const char *told(struct arena *a, const struct service_view *view,
                        const struct adopted *adopted)
{
    const struct operation *op = adopted->op;
    const char *text = !op ? "none"
                           : arena_printf(a, "%s %s:", operation_kind_word(op->kind),
                                          operation_state_words[op->state]);
    const char *sep = " ";
    for (uint32_t i = 0; op && i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (!s->vnfr || strcmp(s->vnfr, "client") != 0)
            continue;
        text = arena_printf(a, "%s%s%s%s%s", text, sep, step_state_words[s->state],
                            s->stage ? " " : "", s->stage ? s->stage : "");
        sep = ", ";
        if (s->state == STEP_STATE_FAILED)
            assert_string_equal(s->fault->message, "it broke");
    }
    (void)view;
    return arena_printf(a, "%s %s%s", text, vnfr_state_words[adopted->states[0]],
                        adopted->is_broken[0] ? " broken" : "");
}

static void test_every_phase(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        bool has_case = false;
        assert_true(adopt_knows(phases[i]));
        for (size_t k = 0; k < ARRAY_LEN(cases); k++)
            has_case = has_case ||
                       strstr(cases[k].service, i == 0 ? "client phase=INSTANTIATING" : phases[i]);
        assert_true(has_case);
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        struct adopted adopted;
        struct service_view *view = scene_read(&a, cases[i].service);
        assert_int_equal(adopt(view, "op-1", 1, &a, &adopted, &err), ERR_OK);
        const char *got = told(&a, view, &adopted);
        if (strcmp(got, cases[i].want) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", cases[i].service, got, cases[i].want);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* What is adopted goes on: nothing that is open is sent again, and it comes to its end. */
static void test_it_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        struct adopted adopted;
        struct operations open = {0};
        struct service_view *view = scene_read(&a, cases[i].service);
        struct run run = {.view = view, .operations = &open, .now = 2, .arena = &a};
        assert_int_equal(adopt(view, "op-1", 1, &a, &adopted, &err), ERR_OK);
        if (!adopted.op)
            continue;
        bool *was_open = arena_alloc(&a, adopted.op->n_steps);
        for (uint32_t k = 0; k < adopted.op->n_steps; k++)
            was_open[k] = step_is_open(&adopted.op->steps[k]);
        proto_list_add(&open, adopted.op, &a);
        run_settle(&run);
        for (uint32_t k = 0; k < run.actions.n; k++)
            if (run.actions.at[k].what == RUN_SEND)
                assert_false(was_open[run.actions.at[k].step->n - 1]);
        for (int round = 0; round < 100 && !operation_is_final(adopted.op); round++) {
            if (adopted.op->state == OPERATION_STATE_FAILED_TEMP)
                assert_int_equal(
                    run_verb(&run, adopted.op, OPERATION_EV_RETRY, &(struct run_ask){0}, &err),
                    ERR_OK);
            for (uint32_t k = 0; k < adopted.op->n_steps; k++)
                if (adopted.op->steps[k].state == STEP_STATE_SENT)
                    run_step(&run, adopted.op, &adopted.op->steps[k],
                             &(struct step_news){.event = STEP_EV_OK});
            run_settle(&run);
        }
        assert_int_equal(adopted.op->state, OPERATION_STATE_COMPLETED);
    }
}

static void test_a_phase_that_is_not_known(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct err err = ERR_INIT;
    struct adopted adopted;
    (void)state;
    assert_int_equal(
        adopt(scene_read(&a, "nsr=ACTIVE; web phase=LATER"), "op-1", 1, &a, &adopted, &err),
        ERR_INVALID);
    assert_string_equal(err.msg, "VNFR 'web': phase 'LATER' is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_phase),
        cmocka_unit_test(test_it_goes_on),
        cmocka_unit_test(test_a_phase_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
