#include "common/metrics/metrics.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { M_REQUESTS, M_OPEN, M_SECONDS, M_N };
static const char *const methods[] = {"GET", "POST", NULL};
static const char *const classes[] = {"2xx", "a\"b\\", NULL};
static const double buckets[] = {0.5, 1, 0};
static const struct metric_def defs[M_N] = {
    [M_REQUESTS] = {METRIC_COUNTER, "x_requests_total", "Two\nlines.",
                    .labels = {{"method", methods}, {"class", classes}}},
    [M_OPEN] = {METRIC_GAUGE, "x_open", "Open now."},
    [M_SECONDS] = {METRIC_HISTOGRAM, "x_seconds", "Time.", .labels = {{"method", methods}},
                   .buckets = buckets},
};

static void test_render(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct metrics *m = metrics_new(defs, M_N);
    metric_add(m, M_REQUESTS, 3, 0, 0);
    metric_add(m, M_REQUESTS, 1, 1, 1);
    metric_set(m, M_OPEN, 7, 0, 0);
    metric_add(m, M_OPEN, -2, 0, 0);
    metric_observe(m, M_SECONDS, 0.5, 1, 0); /* bounds belong to their bucket */
    metric_observe(m, M_SECONDS, 0.75, 1, 0);
    metric_observe(m, M_SECONDS, 99, 1, 0);
    metrics_render(m, &out);
    assert_string_equal(out.s, "# HELP x_requests_total Two\\nlines.\n"
                               "# TYPE x_requests_total counter\n"
                               "x_requests_total{method=\"GET\",class=\"2xx\"} 3\n"
                               "x_requests_total{method=\"GET\",class=\"a\\\"b\\\\\"} 0\n"
                               "x_requests_total{method=\"POST\",class=\"2xx\"} 0\n"
                               "x_requests_total{method=\"POST\",class=\"a\\\"b\\\\\"} 1\n"
                               "# HELP x_open Open now.\n"
                               "# TYPE x_open gauge\n"
                               "x_open 5\n"
                               "# HELP x_seconds Time.\n"
                               "# TYPE x_seconds histogram\n"
                               "x_seconds_bucket{method=\"GET\",le=\"0.5\"} 0\n"
                               "x_seconds_bucket{method=\"GET\",le=\"1\"} 0\n"
                               "x_seconds_bucket{method=\"GET\",le=\"+Inf\"} 0\n"
                               "x_seconds_sum{method=\"GET\"} 0\n"
                               "x_seconds_count{method=\"GET\"} 0\n"
                               "x_seconds_bucket{method=\"POST\",le=\"0.5\"} 1\n"
                               "x_seconds_bucket{method=\"POST\",le=\"1\"} 2\n"
                               "x_seconds_bucket{method=\"POST\",le=\"+Inf\"} 3\n"
                               "x_seconds_sum{method=\"POST\"} 100.25\n"
                               "x_seconds_count{method=\"POST\"} 3\n");
    metrics_free(m);
}

static void test_misuse_counts_nothing(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(defs, M_N);
    metric_add(m, M_N, 1, 0, 0);
    metric_add(m, M_REQUESTS, 1, 2, 0);
    metric_add(m, M_REQUESTS, 1, 0, 2);
    metric_add(m, M_REQUESTS, -1, 0, 0);
    metric_set(m, M_REQUESTS, 5, 0, 0);
    metric_add(m, M_SECONDS, 1, 0, 0);
    metric_observe(m, M_OPEN, 1, 0, 0);
    metric_observe(m, M_SECONDS, NAN, 0, 0);
    for (unsigned id = 0; id <= M_N; id++)
        for (unsigned a = 0; a < 3; a++)
            for (unsigned b = 0; b < 3; b++)
                assert_int_equal(metric_get(m, id, a, b), 0);
    metrics_free(m);
    metrics_free(NULL);
}

static void *hammer(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        metric_add(arg, M_REQUESTS, 1, 0, 0);
        metric_observe(arg, M_SECONDS, 0.25, 0, 0);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct metrics *m = metrics_new(defs, M_N);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, m), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_get(m, M_REQUESTS, 0, 0), 40000);
    assert_int_equal(metric_get(m, M_SECONDS, 0, 0), 40000);
    metrics_render(m, &out);
    assert_non_null(strstr(out.s, "x_seconds_sum{method=\"GET\"} 10000\n"));
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_misuse_counts_nothing),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
