#include "common/sys/backoff.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_bounds(void **state)
{
    (void)state;
    static const int64_t want[] = {100, 200, 400, 800, 1000, 1000, 1000};
    struct backoff b = BACKOFF_INIT(100, 1000, 7);
    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < ARRAY_LEN(want); i++)
            assert_in_range(backoff_next_ms(&b), want[i] - want[i] / 2, want[i]);
        backoff_reset(&b);
    }
}

static void test_seed_decides(void **state)
{
    (void)state;
    struct backoff a = BACKOFF_INIT(1000, 60000, 1), b = a, c = BACKOFF_INIT(1000, 60000, 2);
    int differ = 0;
    for (int i = 0; i < 20; i++) {
        int64_t ms = backoff_next_ms(&a);
        assert_int_equal(ms, backoff_next_ms(&b));
        differ += ms != backoff_next_ms(&c);
    }
    assert_true(differ > 10);
}

static void test_extremes(void **state)
{
    (void)state;
    struct backoff far = BACKOFF_INIT(1, INT64_MAX, 0), none = BACKOFF_INIT(0, 0, 0);
    for (int i = 0; i < 200; i++) {
        assert_true(backoff_next_ms(&far) > 0);
        assert_int_equal(backoff_next_ms(&none), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_seed_decides),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
