/* How a run goes on: failures, deadlines, answers that come twice or never, what is resumed. */
#include "tests/support/run_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S USEC_PER_SEC

/* The fault goes to the NFVO's history, to events and to people. */
static void test_no_login_in_a_fault(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = bench_decode(
        b, &vnf_package_type, "{\"name\":\"p\",\"scriptsLink\":\"https://u:s3cret@x/y.git\"}");
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 clone ");
    bench_answer(b, 0, 128, "", NULL);
    bench_proceed(b);
    assert_true(b->run->end.has_failed);
    assert_non_null(strstr(b->run->end.err.msg, "https://***@x/y.git"));
    bench_free(b);
}

static void test_failure(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    b->request.vnfr->vdu.at[0]->vnfc_instance.at[0]->state = "INACTIVE";
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-0 execute start.sh, web-1 execute start.sh");
    bench_answer(b, 1, 3, "one\ntwo\n", NULL);
    bench_assert_orders(b, "");
    const struct run_end *end = &b->run->end;
    assert_true(end->is_over && end->has_failed);
    assert_string_equal(end->host, "web-1");
    assert_string_equal(end->script, "start.sh");
    assert_int_equal(end->exit_code, 3);
    assert_string_equal(end->output_tail, "went wrong");
    assert_string_equal(end->err.msg, "EMS (web-1) had the following error: script 'start.sh' of "
                                      "START ended with 3: went wrong");
    assert_string_equal(bench_instance_of(b, 1)->state, "error");
    run_finish_record(b->run);
    assert_string_equal(bench_instance_of(b, 0)->state, "INACTIVE"); /* as it was */
    bench_free(b);
}

static void test_failure_stops_others(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-0 execute a.sh, web-1 execute a.sh");
    bench_answer(b, 0, 0, "", NULL);
    bench_answer(b, 1, 1, "", NULL);
    bench_assert_orders(b, ""); /* no b.sh on web-0 */
    assert_string_equal(b->run->end.host, "web-1");
    bench_free(b);
}

static void test_resent_with_the_same_id(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute start.sh");
    const char *id = b->orders.at[0].step->command;
    bench_assert_orders(b, "");
    bench_hello(b, "web-0", 1, true); /* known already */
    bench_assert_orders(b, "");
    bench_hello(b, "web-0", 2, true); /* its queue is a new one */
    bench_assert_orders(b, "web-0 execute start.sh");
    assert_string_equal(b->orders.at[0].step->command, id);
    run_resend(b->run, b->now);
    bench_assert_orders(b, "web-0 execute start.sh");
    bench_free(b);
}

static void test_returned(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    bench_assert_orders(b, "");
    b->now += b->limits.retry;
    bench_assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    bench_hello(b, "web-0", 2, true);
    bench_assert_orders(b, "web-0 execute start.sh");
    run_returned(b->run, b->orders.at[0].host, b->orders.at[0].step, b->now);
    b->now += b->limits.hello;
    bench_proceed(b);
    assert_true(b->run->end.has_failed);
    assert_int_equal(b->run->end.err.code, ERR_TIMEOUT);
    bench_free(b);
}

static void test_no_journal_no_guard(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute start.sh");
    bench_step_of(b, "web-0", RUN_GUARD_SCRIPT)->state = STEP_SKIPPED;
    bench_hello(b, "web-0", 2, false); /* another agent, which knows nothing of the first */
    bench_assert_orders(b, "");
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    bench_free(b);
}

static void test_unknown(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_proceed(b);
    bench_answer(b, 0, -1, "", EMS_STATE_UNKNOWN);
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    assert_int_equal(bench_step_of(b, "web-0", "start.sh")->state, STEP_UNKNOWN);
    bench_free(b);
}

static void test_deadlines(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    bench_plan(b);
    bench_proceed(b);
    assert_int_equal(b->run->due_at, b->now + b->limits.hello);
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_proceed(b);
    assert_int_equal(b->run->due_at, b->now + b->limits.script + b->limits.slack);
    for (int64_t n = 2; !b->run->end.is_over && n < 100; n++) { /* a flapping agent */
        b->now += b->limits.script / 2;
        bench_hello(b, "web-0", n, true);
        bench_hello(b, "web-1", n, true);
        bench_proceed(b);
    }
    assert_int_equal(b->run->end.err.code, ERR_UNKNOWN);
    assert_true(b->now <= 1000 * S + 3 * (b->limits.script + b->limits.slack));
    bench_free(b);
}

static void test_grace_after_a_start(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    run_started(b->run, b->now - 10 * b->limits.hello, b->now);
    bench_proceed(b);
    assert_false(b->run->end.is_over);
    assert_int_equal(b->run->due_at, b->now + b->limits.grace);
    b->now += b->limits.grace;
    bench_proceed(b);
    assert_true(b->run->end.has_failed);
    bench_free(b);
}

static void test_goes_on_from_rows(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = bench_decode(b, &vnf_package_type, bench_package);
    bench_plan(b);
    struct step *a = bench_step_of(b, "web-0", "a.sh"); /* the saving; the script is behind it */
    assert_int_equal(a->kind, STEP_SAVE);
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "old",
                                         .event = "INSTANTIATE",
                                         .script = "a.sh",
                                         .source = "",
                                         .seq = 11,
                                         .state = STEP_DONE,
                                         .sets = "##baton set answer 42\n",
                                         .first_sent_at = 1,
                                         .sent_at = 1,
                                         .done_at = 2});
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "run-1.web-0.12",
                                         .event = "INSTANTIATE",
                                         .script = "b.sh x y",
                                         .source = "",
                                         .seq = 12,
                                         .state = STEP_SENT,
                                         .first_sent_at = b->now,
                                         .sent_at = b->now});
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "web-0 execute b.sh x y"); /* the same id: its outcome is asked for */
    assert_string_equal(b->orders.at[0].step->command, "run-1.web-0.12");
    assert_string_equal(bench_env_of(b, 0, "answer"), "42");
    bench_free(b);
}

static void test_resume(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.id = "run-2";
    bench_plan(b);
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.1",
                                           .event = "INSTANTIATE",
                                           .script = "a.sh",
                                           .source = "",
                                           .seq = 1,
                                           .state = STEP_DONE,
                                           .done_at = 5});
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.2",
                                           .event = "INSTANTIATE",
                                           .script = "b.sh x y",
                                           .source = "",
                                           .seq = 2,
                                           .state = STEP_FAILED});
    run_inherit(b->run, &(struct step_row){.hostname = "web-1",
                                           .command = "run-1.web-1.1",
                                           .event = "INSTANTIATE",
                                           .script = "a.sh",
                                           .source = "",
                                           .seq = 1,
                                           .state = STEP_SENT,
                                           .first_sent_at = b->now,
                                           .sent_at = b->now});
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-0 execute b.sh x y, web-1 execute a.sh");
    assert_string_equal(b->orders.at[0].step->command, "run-2.web-0.2"); /* anew */
    assert_string_equal(b->orders.at[1].step->command, "run-1.web-1.1"); /* may still run */
    bench_answer(b, 1, 3, "", NULL); /* it failed there, as on web-0 */
    bench_assert_orders(b, "web-1 execute a.sh");
    assert_string_equal(b->orders.at[0].step->command, "run-2.web-1.1");
    bench_answer(b, 0, 3, "", NULL);
    bench_assert_orders(b, "");
    assert_true(b->run->end.has_failed);
    bench_free(b);
}

static void test_second_answer(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_proceed(b);
    bench_answer(b, 0, 0, "", NULL);
    bench_answer(b, 0, 5, "", NULL); /* to the repetition, from another life of the agent */
    assert_int_equal(bench_step_of(b, "web-0", "start.sh")->state, STEP_DONE);
    assert_false(b->run->end.has_failed);
    bench_free(b);
}

/* The same file again, by the first request's id: so what ran there is found. */
static void test_runtime_script_resumed(void **state)
{
    struct bench *b = bench_new(ACTION_EXECUTE);
    (void)state;
    b->request.id = "run-9";
    b->request.root = "run-1";
    b->request.script =
        bench_decode(b, &script_type, "{\"name\":\"x.py\",\"payload\":\"dXB0aW1l\"}");
    bench_plan(b);
    run_inherit(b->run, &(struct step_row){.hostname = "web-0",
                                           .command = "run-1.web-0.2",
                                           .event = "EXECUTE",
                                           .script = "x-3c9d57fc.py",
                                           .source = "",
                                           .seq = 2,
                                           .state = STEP_DONE});
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-0 save x-3c9d57fc.py, web-1 save x-3c9d57fc.py");
    bench_answer_all(b);
    bench_assert_orders(b, "web-1 execute x-3c9d57fc.py");
    bench_free(b);
}

/* The request comes again when its answer is known: nothing runs. */
static void test_ended_before(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    bench_plan(b);
    run_adopt(b->run, &(struct step_row){.hostname = "web-0",
                                         .command = "run-1.web-0.1",
                                         .event = "INSTANTIATE",
                                         .script = "a.sh",
                                         .source = "",
                                         .seq = 1,
                                         .state = STEP_FAILED,
                                         .exit_code = 7,
                                         .done_at = 5});
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, ""); /* no b.sh */
    assert_true(b->run->end.has_failed);
    assert_string_equal(b->run->end.script, "a.sh");
    assert_int_equal(b->run->end.exit_code, 7);
    bench_free(b);

    b = bench_new(ACTION_INSTANTIATE);
    bench_plan(b);
    run_was_done(b->run);
    bench_hello(b, "web-0", 1, true);
    bench_assert_orders(b, "");
    assert_true(b->run->end.is_over && !b->run->end.has_failed);
    bench_free(b);
}

/* The package as it is now, and none of the scripts that were done. */
static void test_resume_saves_again(void **state)
{
    struct bench *b = bench_new(ACTION_INSTANTIATE);
    (void)state;
    b->request.package = bench_decode(b, &vnf_package_type, bench_package);
    bench_plan(b);
    struct step_row row = {.hostname = "web-0",
                           .command = "run-0.web-0.11",
                           .event = "INSTANTIATE",
                           .script = "a.sh",
                           .source = "",
                           .seq = 11,
                           .state = STEP_DONE};
    run_inherit(b->run, &row);
    row.hostname = "web-1"; /* where it may run yet: nothing is written beside it */
    row.state = STEP_SENT;
    row.sent_at = row.first_sent_at = b->now;
    run_inherit(b->run, &row);
    bench_hello(b, "web-0", 1, true);
    bench_proceed(b);
    assert_int_equal(b->orders.n, 10);
    bench_answer_all(b);
    bench_assert_orders(b, "web-0 execute b.sh x y");
    bench_hello(b, "web-1", 1, true);
    bench_assert_orders(b, "web-1 execute a.sh");
    bench_free(b);
}

static void test_publishing(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_hello(b, "web-1", 1, true);
    bench_proceed(b);
    bench_answer(b, 0, 0,
                 "x\n##baton set answer {\"a\": 1} b\r\n##baton set other 2\n##baton set answer",
                 NULL);
    bench_answer(b, 1, 0, "", NULL);
    bench_proceed(b);
    run_finish_record(b->run);
    assert_string_equal(b->run->vnfr->provides->parameters.at[1]->value, "{\"a\": 1} b");
    const struct history_event_list *history = &b->run->vnfr->lifecycle_event_history;
    assert_int_equal(history->n, 3);
    assert_non_null(strstr(history->at[1]->description, "'other'"));
    bench_free(b);
}

static void test_cancel(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    (void)state;
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    run_cancel(b->run, "because");
    bench_assert_orders(b, "");
    assert_int_equal(b->run->end.err.code, ERR_STATE);
    assert_null(b->run->end.host);
    bench_free(b);
}

static void test_long_output(void **state)
{
    struct bench *b = bench_new(ACTION_START);
    static char text[300000];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, i % 200 ? "\xC3\xA4" : " \n", 2);
    bench_plan(b);
    bench_hello(b, "web-0", 1, true);
    bench_proceed(b);
    bench_answer(b, 0, 0, text, NULL);
    const char *kept = bench_step_of(b, "web-0", "start.sh")->output;
    assert_true(strlen(kept) < 70000);
    assert_non_null(strstr(kept, " bytes left out "));
    bench_free(b);
}

/* Agents that lose commands and answers, go and come: whatever happens, no script is started twice
 * on a host that journals, scripts of a host run in order, and the run ends. */
struct world_host {
    int64_t hello_n;
    bool is_up;
    const char *known[64]; /* command ids that ran, in order */
    int n;
    uint32_t order; /* of the last script that was started */
};

static unsigned dice(uint64_t *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

static bool world_deliver(struct bench *b, struct world_host *w, const struct run_send *o,
                          uint64_t *seed)
{
    if (!w->is_up) {
        run_returned(b->run, o->host, o->step, b->now);
        return false;
    }
    if (dice(seed, 5) == 0)
        return false; /* lost on the way */
    bool is_known = false;
    for (int i = 0; i < w->n; i++)
        is_known |= strcmp(w->known[i], o->step->command) == 0;
    if (!is_known) {
        if (o->step->kind == STEP_EXECUTE) {
            assert_true((uint32_t)o->step->seq > w->order);
            w->order = (uint32_t)o->step->seq;
        }
        assert_true(w->n < 64);
        w->known[w->n++] = o->step->command;
    }
    return dice(seed, 4) != 0; /* or its answer is lost */
}

static void simulate(uint64_t seed)
{
    struct bench *b = bench_new(ACTION_SCALE_OUT);
    struct world_host worlds[2] = {{0}};
    b->request.action = dice(&seed, 2) ? ACTION_INSTANTIATE : ACTION_MODIFY;
    b->request.package = bench_decode(b, &vnf_package_type, bench_package);
    b->request.dependency = bench_decode(b, &vnf_record_dependency_type, bench_dependency);
    bench_plan(b);
    for (int round = 0; round < 2000 && !b->run->end.is_over; round++) {
        unsigned h = dice(&seed, 2);
        struct run_host *host = &b->run->hosts[h];
        if (!worlds[h].is_up || dice(&seed, 10) == 0) {
            worlds[h].is_up = !worlds[h].is_up;
            if (worlds[h].is_up)
                run_hello(b->run, host,
                          &(struct run_agent){.hello_n = ++worlds[h].hello_n, .has_journal = true});
        }
        if (dice(&seed, 10) == 0)
            run_resend(b->run, b->now);
        bench_proceed(b);
        struct run_orders orders = b->orders;
        for (uint32_t i = 0; i < orders.n; i++)
            if (world_deliver(b, &worlds[orders.at[i].host - b->run->hosts], &orders.at[i], &seed))
                run_reply(b->run, orders.at[i].host, orders.at[i].step,
                          &(struct ems_reply){.output = "", .err = ""}, b->now);
        b->now += dice(&seed, 1000) * USEC_PER_MS;
    }
    assert_true(b->run->end.is_over);
    if (b->run->end.has_failed)
        fail_msg("seed: %s", b->run->end.err.msg);
    for (unsigned h = 0; h < 2; h++)
        for (uint32_t i = 0; i < b->run->hosts[h].n; i++)
            assert_int_equal(b->run->hosts[h].steps[i]->state, STEP_DONE);
    bench_free(b);
}

static void test_simulated(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++)
        simulate(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_login_in_a_fault),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_failure_stops_others),
        cmocka_unit_test(test_resent_with_the_same_id),
        cmocka_unit_test(test_returned),
        cmocka_unit_test(test_no_journal_no_guard),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_grace_after_a_start),
        cmocka_unit_test(test_goes_on_from_rows),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_second_answer),
        cmocka_unit_test(test_runtime_script_resumed),
        cmocka_unit_test(test_ended_before),
        cmocka_unit_test(test_resume_saves_again),
        cmocka_unit_test(test_publishing),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_long_output),
        cmocka_unit_test(test_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
