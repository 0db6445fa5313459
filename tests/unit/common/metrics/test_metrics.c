#include "common/metrics/metrics.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

enum { D_SEEN, D_SECONDS, D_OPEN, D_US, D_N };
static const struct metric_def dynamic_defs[D_N] = {
    [D_SEEN] = {METRIC_COUNTER, "y_seen_total", "Seen.",
                .labels = {{.name = "type", .room = 2}, {"class", classes, 0}}},
    [D_SECONDS] = {METRIC_HISTOGRAM, "y_seconds", "Time.", .labels = {{.name = "type", .room = 1}},
                   .buckets = buckets},
    [D_OPEN] = {METRIC_GAUGE, "y_open", "Open.", .labels = {{"method", methods, 0}},
                .is_sparse = true},
    [D_US] = {METRIC_GAUGE, "y_age_seconds", "Age.", .scale = 1e-6},
};

static void expect(const struct metrics *m, const char *text)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    metrics_render(m, &out);
    if (!strstr(out.s, text))
        fail_msg("'%s' is not in:\n%s", text, out.s);
}

/* A peer chooses its name, and as many as it likes: the set stays as large as it was made. */
static void test_given_values(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct metrics *m = metrics_new(dynamic_defs, D_N);
    metrics_render(m, &out);
    assert_null(strstr(out.s, "y_seen_total{"));
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        metric_add(m, D_SEEN, 1, metric_value(m, D_SEEN, 0, name), 0);
    }
    assert_int_equal(metric_value(m, D_SEEN, 0, "n1"), 1);
    expect(m, "# TYPE y_seen_total counter\n"
              "y_seen_total{type=\"n0\",class=\"2xx\"} 1\n"
              "y_seen_total{type=\"n1\",class=\"2xx\"} 1\n"
              "y_seen_total{type=\"other\",class=\"2xx\"} 998\n"
              "# HELP y_seconds");
    assert_int_equal(metric_value(m, D_OPEN, 0, "x"), 0); /* that label has a list */
    assert_int_equal(metric_value(m, D_SEEN, 2, "x"), 0);
    assert_int_equal(metric_value(m, D_N, 0, "x"), 0);
    metrics_free(m);
}

static void test_hostile_values(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(dynamic_defs, D_N);
    char text[200];
    memset(text, 'x', sizeof(text));
    memcpy(text, "a\"b\\\xff\n\xe2\x80\xae\xc3\xa9", 11);
    text[sizeof(text) - 1] = '\0';
    metric_observe(m, D_SECONDS, 0.75, metric_value(m, D_SECONDS, 0, text), 0);
    expect(m, "y_seconds_bucket{type=\"a\\\"b\\\\???\xc3\xa9x");
    assert_int_equal(metric_value(m, D_SECONDS, 0, text), 0); /* cut in the same way */
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    metrics_render(m, &out);
    const char *at = strstr(out.s, "type=\"");
    assert_true(at && strcspn(at, "}") < METRIC_VALUE_SIZE + 20);
    metrics_free(m);
}

static void test_sparse_and_scale(void **state)
{
    (void)state;
    struct metrics *m = metrics_new(dynamic_defs, D_N);
    metric_set(m, D_OPEN, 0, 1, 0);
    metric_set(m, D_US, 2500000, 0, 0);
    expect(m, "# TYPE y_open gauge\ny_open{method=\"POST\"} 0\n# HELP y_age_seconds");
    expect(m, "y_age_seconds 2.5\n");
    metric_reset(m, D_OPEN);
    expect(m, "# TYPE y_open gauge\n# HELP y_age_seconds");
    metric_reset(m, D_US);
    expect(m, "y_age_seconds 0\n");
    metrics_free(m);
}

static double number_of(const struct sbuf *out, const char *name)
{
    const char *at = strstr(out->s, name);
    if (!at)
        fail_msg("no %s in:\n%s", name, out->s);
    return strtod(at + strlen(name), NULL);
}

static void test_process(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    metrics_render_process(&out, "test", "1.2");
    assert_non_null(strstr(out.s, "\nbaton_build_info{process=\"test\",version=\"1.2\"} 1\n"));
    assert_true(number_of(&out, "\nprocess_resident_memory_bytes ") > 100e3);
    assert_true(number_of(&out, "\nprocess_virtual_memory_bytes ") >
                number_of(&out, "\nprocess_resident_memory_bytes "));
    assert_int_equal((int)number_of(&out, "\nprocess_threads "), 1);
    assert_true(number_of(&out, "\nprocess_cpu_seconds_total ") >= 0);
    double age = (double)time(NULL) - number_of(&out, "\nprocess_start_time_seconds ");
    assert_true(age > -5 && age < 600);
    double fds = number_of(&out, "\nprocess_open_fds ");
    int fd = dup(0);
    assert_true(fd >= 0);
    sbuf_clear(&out);
    metrics_render_process(&out, "test", "1.2");
    assert_true(number_of(&out, "\nprocess_open_fds ") == fds + 1);
    assert_true(number_of(&out, "\nprocess_max_fds ") >= fds);
    close(fd);
}

static void *hammer(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        metric_add(arg, M_REQUESTS, 1, 0, 0);
        metric_observe(arg, M_SECONDS, 0.25, 0, 0);
    }
    return NULL;
}

/* Whichever thread is first gives a value its place: they all get the same. */
static void *give(void *arg)
{
    char name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "n%d", i % 20);
        metric_add(arg, 0, 1, metric_value(arg, 0, 0, name), 0);
    }
    return NULL;
}

static void test_threads_give_values(void **state)
{
    (void)state;
    static const struct metric_def defs_20[] = {
        {METRIC_COUNTER, "z_total", "Seen.", .labels = {{.name = "type", .room = 20}}}};
    struct metrics *m = metrics_new(defs_20, 1);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, give, m), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(metric_get(m, 0, i, 0), 40);
    assert_int_equal(metric_get(m, 0, 20, 0), 0);
    metrics_free(m);
}

/* Each gives values of its own, at the same time as the others: none gets the place of another. */
enum { GIVERS = 4, GIVEN = 100 };
struct giver {
    struct metrics *m;
    int number;
    unsigned places[GIVEN];
};

static void *give_own(void *arg)
{
    struct giver *g = arg;
    char name[32];
    for (int i = 0; i < GIVEN; i++) {
        snprintf(name, sizeof(name), "n%d-%d", g->number, i);
        g->places[i] = metric_value(g->m, 0, 0, name);
    }
    return NULL;
}

static void test_threads_give_different_values(void **state)
{
    (void)state;
    static const struct metric_def defs_all[] = {
        {METRIC_COUNTER, "z_total", "Seen.",
         .labels = {{.name = "type", .room = (unsigned)GIVERS * GIVEN}}}};
    for (int round = 0; round < 20; round++) {
        struct metrics *m = metrics_new(defs_all, 1);
        pthread_t threads[GIVERS];
        struct giver givers[GIVERS];
        bool is_taken[GIVERS * GIVEN] = {false};
        for (int i = 0; i < GIVERS; i++) {
            givers[i] = (struct giver){.m = m, .number = i};
            assert_int_equal(pthread_create(&threads[i], NULL, give_own, &givers[i]), 0);
        }
        for (int i = 0; i < GIVERS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < GIVERS; i++)
            for (int k = 0; k < GIVEN; k++) {
                assert_true(givers[i].places[k] < ARRAY_LEN(is_taken));
                assert_false(is_taken[givers[i].places[k]]);
                is_taken[givers[i].places[k]] = true;
            }
        metrics_free(m);
    }
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
        cmocka_unit_test(test_given_values),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_sparse_and_scale),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_threads_give_values),
        cmocka_unit_test(test_threads_give_different_values),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
