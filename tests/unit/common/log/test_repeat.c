/* Repeated lines are counted and summed up: a database that was away once made 259,000 lines in 20
 * s. */
#include "common/log/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    unsigned n;
    char last[512];
} got;

static void keep(void *arg, enum log_category category, enum log_level level, const char *line)
{
    (void)arg;
    (void)category;
    (void)level;
    got.n++;
    strncpy(got.last, line, sizeof(got.last) - 1);
}

static int capture_on(void **state)
{
    (void)state;
    memset(&got, 0, sizeof(got));
    log_set_level_all(LOG_LEVEL_INFO);
    log_set_capture(keep, NULL);
    return 0;
}

static int capture_off(void **state)
{
    (void)state;
    log_set_capture(NULL, NULL);
    return 0;
}

static void test_a_flood_is_summed_up(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        log_warn(LOG_TEST, "database_lost", KV_S("why", "it is \"away\""));
    assert_int_equal(got.n, 10);
    log_tick(); /* the window is not over */
    assert_int_equal(got.n, 10);
    log_flush();
    assert_int_equal(got.n, 11);
    assert_non_null(strstr(got.last,
                           " lvl=warn mod=test ev=database_lost why=\"it is \\\"away\\\"\" "
                           "repeated=990 within_s="));
    assert_int_equal(strncmp(got.last, "ts=2", 4), 0);
    log_flush();
    assert_int_equal(got.n, 11); /* told once */
}

static void test_numbers_do_not_make_another_warning(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        log_info(LOG_TEST, "done", KV_I("took_ms", i)); /* what is no fault is kept whole */
    assert_int_equal(got.n, 1000);
    for (int i = 0; i < 1000; i++)
        log_warn(LOG_TEST, "refused", KV_I("port", 20000 + i), KV_I("tries", i));
    assert_int_equal(got.n, 1010);
}

static void test_other_objects_are_other_lines(void **state)
{
    char id[] = "aaaaaaaa";
    (void)state;
    for (int i = 0; i < 26 * 26; i++) { /* more than are remembered at once */
        id[0] = (char)('a' + i / 26);
        id[1] = (char)('a' + i % 26);
        log_error(LOG_TEST, "failed", KV_S("nsr", id));
    }
    assert_int_equal(got.n, 26 * 26);
    log_flush();
    assert_int_equal(got.n, 26 * 26);
}

static void test_two_that_take_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        log_warn(LOG_TEST, "one");
        log_warn(LOG_TEST, "other");
    }
    assert_int_equal(got.n, 20);
    log_flush();
    assert_int_equal(got.n, 22);
}

/* What is forgotten to make room is told before. */
static void test_no_sum_is_lost(void **state)
{
    char name[] = "x_aa";
    (void)state;
    for (int i = 0; i < 15; i++)
        log_warn(LOG_TEST, "early");
    for (int i = 0; i < 200; i++) {
        name[2] = (char)('a' + i / 26);
        name[3] = (char)('a' + i % 26);
        log_warn(LOG_TEST, name);
    }
    log_flush();
    assert_int_equal(got.n, 10 + 1 + 200);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, capture_on, capture_off)
    const struct CMUnitTest tests[] = {
        T(test_a_flood_is_summed_up),
        T(test_numbers_do_not_make_another_warning),
        T(test_other_objects_are_other_lines),
        T(test_two_that_take_turns),
        T(test_no_sum_is_lost),
    };
    return cmocka_run_group_tests_name("log repeat", tests, NULL, NULL);
}
