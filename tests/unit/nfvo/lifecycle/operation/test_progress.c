/* What VNFRs keep of their deployment's steps, and how it comes into the operation. */
#include "nfvo/lifecycle/operation/progress.h"

#include "common/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena a;
static struct plan_step steps[3];
static struct operation op;
static struct step_times_list times;

static int open_all(void **state)
{
    (void)state;
    times = (struct step_times_list){0};
    steps[0] = (struct plan_step){.n = 1, .kind = STEP_INSTANTIATE, .vnfr = "web", .attempt = 1};
    steps[1] = (struct plan_step){.n = 2, .kind = STEP_START, .vnfr = "web", .attempt = 1};
    steps[2] = (struct plan_step){.n = 3, .kind = STEP_INSTANTIATE, .vnfr = "db", .attempt = 1};
    steps[0].state = STEP_STATE_SENT;
    steps[0].sent_at = 10;
    steps[1].state = steps[2].state = STEP_STATE_PLANNED;
    op = (struct operation){.kind = OPERATION_DEPLOY,
                            .state = OPERATION_STATE_PROCESSING,
                            .steps = steps,
                            .n_steps = 3};
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

static const char *told(void)
{
    const char *text = "";
    for (uint32_t i = 0; i < op.n_steps; i++)
        text = arena_printf(&a, "%s%s%s %lld %lld %s", text, i ? ", " : "",
                            step_state_words[steps[i].state], (long long)steps[i].sent_at,
                            (long long)steps[i].done_at, steps[i].command ? steps[i].command : "-");
    return text;
}

static void note_all(void)
{
    assert_true(progress_note(&times, STEP_INSTANTIATE, STEP_STATE_DONE, 20, NULL, &a));
    assert_true(progress_note(&times, STEP_START, STEP_STATE_SENT, 30, "c1", &a));
}

static void test_put(void **state)
{
    (void)state;
    note_all();
    progress_put(&op, "web", &times);
    assert_string_equal(told(), "DONE 10 20 -, SENT 30 0 c1, PLANNED 0 0 -");
    assert_true(op.is_news && steps[0].is_news && steps[1].is_touched && !steps[2].is_news);
    assert_true(progress_note(&times, STEP_START, STEP_STATE_DONE, 40, NULL, &a));
    progress_put(&op, "web", &times);
    assert_string_equal(told(), "DONE 10 20 -, DONE 30 40 c1, PLANNED 0 0 -");
    op.is_news = false;
    progress_put(&op, "web", &times);
    assert_false(op.is_news);
}

static void test_noted_once(void **state)
{
    (void)state;
    note_all();
    assert_false(progress_note(&times, STEP_INSTANTIATE, STEP_STATE_DONE, 99, NULL, &a));
    assert_false(progress_note(&times, STEP_START, STEP_STATE_SENT, 99, "c9", &a));
    assert_false(progress_note(&times, STEP_START, STEP_STATE_FAILED, 99, NULL, &a));
    assert_false(progress_note(&times, STEP_MODIFY, STEP_STATE_PLANNED, 99, NULL, &a));
    progress_put(&op, "web", &times);
    assert_string_equal(told(), "DONE 10 20 -, SENT 30 0 c1, PLANNED 0 0 -");
}

/* What the document knows better stays. */
static void test_never_back(void **state)
{
    (void)state;
    static const enum step_state known[] = {STEP_STATE_DONE,    STEP_STATE_FAILED,
                                            STEP_STATE_UNKNOWN, STEP_STATE_SKIPPED,
                                            STEP_STATE_UNDOING, STEP_STATE_UNDONE};
    note_all();
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        steps[0].state = steps[1].state = known[i];
        progress_put(&op, "web", &times);
        assert_int_equal(steps[0].state, known[i]);
        assert_int_equal(steps[1].state, known[i]);
    }
    open_all(NULL);
    note_all();
    op.is_run = true; /* a retry goes on with it: the runner says it */
    progress_put(&op, "web", &times);
    assert_string_equal(told(), "SENT 10 0 -, PLANNED 0 0 -, PLANNED 0 0 -");
}

static void test_read(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(progress_read(&op, "", &a, &err), ERR_OK);
    assert_int_equal(
        progress_read(&op,
                      "{\"vnfrs\":[{\"vnfr\":\"web\",\"steps\":[{\"kind\":\"INSTANTIATE\","
                      "\"doneAt\":20},{\"kind\":\"START\",\"sentAt\":30,\"command\":\"c1\"},"
                      "{\"kind\":\"NEWER\",\"sentAt\":1}]},{\"vnfr\":\"gone\",\"steps\":"
                      "[{\"kind\":\"START\",\"sentAt\":3}]}]}",
                      &a, &err),
        ERR_OK);
    assert_string_equal(told(), "DONE 10 20 -, SENT 30 0 c1, PLANNED 0 0 -");
    assert_int_not_equal(progress_read(&op, "{\"vnfrs\":[{\"vnfr\":", &a, &err), ERR_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(test_put),
        TEST(test_noted_once),
        TEST(test_never_back),
        TEST(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
