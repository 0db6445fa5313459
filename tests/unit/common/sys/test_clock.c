#include "common/sys/clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_text(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_us;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(1795341600123456), "2026-11-22T10:00:00.123Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[CLOCK_TEXT_SIZE];
        clock_text(cases[i].wall_us, got);
        assert_string_equal(got, cases[i].want);
    }
}

static void test_left(void **state)
{
    (void)state;
    int64_t now = clock_mono_us();
    assert_int_equal(clock_left_ms(now - 1), 0);
    assert_int_equal(clock_left_ms(INT64_MAX), INT_MAX);
    int left = clock_left_ms(now + 5000 * USEC_PER_MS);
    assert_in_range(left, 1, 5001);
    assert_true(clock_mono_us() >= now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
