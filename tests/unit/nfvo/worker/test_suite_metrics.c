/* How long phases and peers' answers took, read off decisions. */
#include "nfvo/worker/suite_metrics.h"

#include "common/metrics/metrics.h"
#include "nfvo/lifecycle/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW (100 * USEC_PER_SEC)

static struct suite_metrics *m;

static int open_metrics(void **state)
{
    (void)state;
    m = suite_metrics_new();
    return 0;
}

static int close_metrics(void **state)
{
    (void)state;
    suite_metrics_free(m);
    return 0;
}

static void expect(const char *line)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    suite_metrics_render(m, &all);
    if (!strstr(all.s, line))
        fail_msg("'%s' is not in:\n%s", line, all.s);
}

static void expect_none(const char *text)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    suite_metrics_render(m, &all);
    if (strstr(all.s, text))
        fail_msg("'%s' is in:\n%s", text, all.s);
}

/* A service with one VNFR and one server on PoP p-1, and one command that is about `subject`. */
struct scene {
    struct row root, vnfr, instance, pop;
    struct row *rows[2], *facts[1];
    struct command command, *commands[1];
    struct intent in;
    struct decision d;
};

static void scene(struct scene *s, int kind, const char *subject, int event)
{
    *s = (struct scene){
        .root = {.kind = ROW_NSR, .id = "n-1", .agg = "n-1"},
        .vnfr = {.kind = ROW_VNFR, .id = "v-1", .agg = "n-1", .key = {[VNFR_ENDPOINT] = "generic"}},
        .instance = {.kind = ROW_INSTANCE,
                     .id = "i-1",
                     .agg = "n-1",
                     .key = {[INSTANCE_POP] = "p-1"}},
        .pop = {.kind = ROW_POP, .id = "p-1", .key = {[POP_NAME] = "lab", [POP_TYPE] = "test"}},
        .command = {.id = "c-1",
                    .kind = (uint8_t)kind,
                    .subject = subject,
                    .opened_at = NOW - 3 * USEC_PER_SEC},
        .in = {.event = event, .command = "c-1"}};
    s->rows[0] = &s->vnfr;
    s->rows[1] = &s->instance;
    s->facts[0] = &s->pop;
    s->commands[0] = &s->command;
    s->d = (struct decision){.now = NOW,
                             .in = &s->in,
                             .root = &s->root,
                             .rows = {s->rows, 2},
                             .facts = {s->facts, 1},
                             .commands = {s->commands, 1},
                             .outcome = DECISION_APPLIED};
}

static void test_answers(void **state)
{
    (void)state;
    struct scene s;
    scene(&s, CMD_STEP_START, "v-1/o-1/1/1", EV_VNFM_ANSWER);
    suite_metrics_decided(m, &s.d);
    expect("baton_vnfm_answer_duration_seconds_sum{vnfm=\"generic\",action=\"START\"} 3\n");
    scene(&s, CMD_LAUNCH, "i-1", EV_DRIVER_ANSWER);
    suite_metrics_decided(m, &s.d);
    expect("baton_driver_answer_duration_seconds_sum{driver=\"test\",call="
           "\"launchInstanceAndWait\"} 3\n");
    expect("baton_pop_answer_duration_seconds_bucket{driver=\"test\",pop=\"lab\",le=\"2\"} 0\n");
    expect("baton_pop_answer_duration_seconds_bucket{driver=\"test\",pop=\"lab\",le=\"10\"} 1\n");
    s.d.facts.n = 0; /* and the store was not asked yet */
    suite_metrics_decided(m, &s.d);
    expect("baton_pop_answer_duration_seconds_count{driver=\"other\",pop=\"other\"} 1\n");
    scene(&s, CMD_REFRESH, "p-1", EV_DRIVER_ANSWER); /* of the PoP's own aggregate */
    s.d.root = &s.pop;
    suite_metrics_decided(m, &s.d);
    expect("baton_pop_answer_duration_seconds_count{driver=\"test\",pop=\"lab\"} 2\n");
}

static void test_deadlines(void **state)
{
    (void)state;
    struct scene s;
    scene(&s, CMD_START, "v-1", EV_DEADLINE);
    suite_metrics_decided(m, &s.d);
    expect("baton_vnfm_timeouts_total{vnfm=\"generic\"} 1\n");
    scene(&s, CMD_LAUNCH, "i-1", EV_DEADLINE);
    suite_metrics_decided(m, &s.d);
    expect("baton_pop_timeouts_total{driver=\"test\",pop=\"lab\"} 1\n");
    expect_none("answer_duration_seconds_count{");
}

static void test_nothing_waited(void **state)
{
    (void)state;
    struct scene s;
    scene(&s, CMD_START, "v-1", EV_VNFM_ANSWER);
    s.d.outcome = DECISION_STALE;
    suite_metrics_decided(m, &s.d);
    s.d.outcome = DECISION_APPLIED;
    s.command.opened_at = 0;
    suite_metrics_decided(m, &s.d);
    s.command.opened_at = 1;
    s.in.command = NULL;
    suite_metrics_decided(m, &s.d);
    scene(&s, CMD_TIMER_TURN, "v-1", EV_DEADLINE); /* a timer is no peer */
    suite_metrics_decided(m, &s.d);
    scene(&s, CMD_LOG_REQUEST, "o-1", EV_VNFM_ANSWER); /* about an operation of REST */
    suite_metrics_decided(m, &s.d);
    expect_none("answer_duration_seconds_count{");
    expect_none("timeouts_total{");
}

static void test_phases(void **state)
{
    (void)state;
    struct scene s;
    scene(&s, CMD_START, "v-1", EV_VNFM_REQUEST);
    struct step steps[] = {{.from = "GRANTING", .to = "GRANTED", .since = NOW - USEC_PER_SEC},
                           {.from = "GRANTED", .to = "ALLOCATING"}, /* an older release wrote it */
                           {.from = "NO SUCH", .to = "ALLOCATING", .since = 1}};
    s.d.steps = (struct steps){steps, 3};
    suite_metrics_decided(m, &s.d);
    expect("baton_vnfr_phase_duration_seconds_sum{phase=\"GRANTING\"} 1\n");
    expect_none("phase_duration_seconds_count{phase=\"GRANTED\"}");
}

/* VNFMs are named by who registers them. */
static void test_bounded(void **state)
{
    (void)state;
    struct scene s;
    char name[32];
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    scene(&s, CMD_START, "v-1", EV_VNFM_ANSWER);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "vnfm\n-%d", i);
        s.vnfr.key[VNFR_ENDPOINT] = name;
        suite_metrics_decided(m, &s.d);
    }
    suite_metrics_render(m, &all);
    size_t n = 0;
    for (const char *at = all.s; (at = strstr(at, "vnfm_answer_duration_seconds_count{")); at++)
        n++;
    assert_int_equal(n, 33);
    expect("vnfm_answer_duration_seconds_count{vnfm=\"other\",action=\"START\"} 968\n");
    expect("vnfm_answer_duration_seconds_count{vnfm=\"vnfm?-1\",action=\"START\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, open_metrics, close_metrics),
        cmocka_unit_test_setup_teardown(test_deadlines, open_metrics, close_metrics),
        cmocka_unit_test_setup_teardown(test_nothing_waited, open_metrics, close_metrics),
        cmocka_unit_test_setup_teardown(test_phases, open_metrics, close_metrics),
        cmocka_unit_test_setup_teardown(test_bounded, open_metrics, close_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
