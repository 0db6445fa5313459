/* Operations are counted by what is committed. */
#include "nfvo/worker/operation_metrics.h"

#include "common/base/sbuf.h"
#include "common/metrics/metrics.h"
#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (100 * USEC_PER_SEC)

static struct metrics *m;

static int open_metrics(void **state)
{
    (void)state;
    m = operation_metrics_new();
    return 0;
}

static int close_metrics(void **state)
{
    (void)state;
    metrics_free(m);
    return 0;
}

/* One that was asked 3 s ago, and went into its state now; its only step in that attempt. */
static void note(enum operation_kind kind, int state, uint8_t mark, int64_t state_at,
                 uint16_t attempt, bool is_partial)
{
    struct plan_step step = {.n = 1, .attempt = attempt};
    struct operation op = {.kind = kind,
                           .state = state,
                           .asked_at = NOW - 3 * USEC_PER_SEC,
                           .state_at = state_at,
                           .ended_at = NOW,
                           .is_partial = is_partial,
                           .steps = &step,
                           .n_steps = 1};
    struct row row = {.kind = ROW_OPERATION, .mark = mark, .decoded = &op},
               other = {.kind = ROW_NSR, .mark = ROW_CHANGED, .decoded = &op};
    struct row *rows[] = {&other, &row};
    operation_metrics_note(m, NOW, rows, ARRAY_LEN(rows));
}

static void expect(const char *line)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    metrics_render(m, &all);
    if (!strstr(all.s, line))
        fail_msg("'%s' is not in:\n%s", line, all.s);
}

static void test_counted(void **state)
{
    (void)state;
    note(OPERATION_HEAL, OPERATION_STATE_PROCESSING, ROW_NEW, NOW, 1, false);
    note(OPERATION_HEAL, OPERATION_STATE_PROCESSING, ROW_CHANGED, NOW - 1, 1, false);
    expect("baton_operations_asked_total{kind=\"HEAL\"} 1\n");
    expect("baton_operations_stopped_total{kind=\"HEAL\"} 0\n");
    note(OPERATION_HEAL, OPERATION_STATE_FAILED_TEMP, ROW_CHANGED, NOW, 1, false);
    note(OPERATION_HEAL, OPERATION_STATE_FAILED_TEMP, ROW_CHANGED, NOW - 1, 1, false);
    expect("baton_operations_stopped_total{kind=\"HEAL\"} 1\n");
    expect("baton_operation_seconds_count{kind=\"HEAL\"} 0\n");
    note(OPERATION_HEAL, OPERATION_STATE_COMPLETED, ROW_CHANGED, NOW, 3, false);
    expect("baton_operations_ended_total{kind=\"HEAL\",outcome=\"COMPLETED\"} 1\n");
    expect("baton_operation_steps_retried_total{kind=\"HEAL\"} 2\n");
    expect("baton_operation_seconds_sum{kind=\"HEAL\"} 3\n");
    expect("baton_operation_seconds_bucket{kind=\"HEAL\",le=\"2\"} 0\n");
    expect("baton_operation_seconds_bucket{kind=\"HEAL\",le=\"10\"} 1\n");
}

static void test_outcomes(void **state)
{
    (void)state;
    note(OPERATION_SCALE_OUT, OPERATION_STATE_COMPLETED, ROW_CHANGED, NOW, 1, true);
    note(OPERATION_SCALE_OUT, OPERATION_STATE_FAILED, ROW_CHANGED, NOW, 1, false);
    note(OPERATION_SCALE_OUT, OPERATION_STATE_ROLLED_BACK, ROW_NEW, NOW, 1, false);
    expect("baton_operations_ended_total{kind=\"SCALE_OUT\",outcome=\"PARTIALLY_COMPLETED\"} 1\n");
    expect("baton_operations_ended_total{kind=\"SCALE_OUT\",outcome=\"FAILED\"} 1\n");
    expect("baton_operations_ended_total{kind=\"SCALE_OUT\",outcome=\"ROLLED_BACK\"} 1\n");
    expect("baton_operations_ended_total{kind=\"SCALE_OUT\",outcome=\"COMPLETED\"} 0\n");
    expect("baton_operations_asked_total{kind=\"SCALE_OUT\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counted, open_metrics, close_metrics),
        cmocka_unit_test_setup_teardown(test_outcomes, open_metrics, close_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
