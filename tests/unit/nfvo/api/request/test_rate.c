#include "nfvo/api/request/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define S INT64_C(1000000)

/* Ten in a second; twice as many at once. */
static void test_rate(void **state)
{
    (void)state;
    struct rate *r = rate_new(10);
    int64_t now = 1000 * S;
    for (int i = 0; i < 20; i++)
        assert_true(rate_take(r, "10.0.0.1", now));
    assert_false(rate_take(r, "10.0.0.1", now));
    assert_true(rate_take(r, "10.0.0.2", now)); /* others have their own */
    assert_false(rate_take(r, "10.0.0.1", now + S / 20));
    assert_true(rate_take(r, "10.0.0.1", now + S / 10));
    assert_false(rate_take(r, "10.0.0.1", now + S / 10));
    now += 100 * S; /* what was not used is not saved up */
    for (int i = 0; i < 20; i++)
        assert_true(rate_take(r, "10.0.0.1", now));
    assert_false(rate_take(r, "10.0.0.1", now));
    rate_free(r);
}

/* Of IPv6 a network is one client. */
static void test_networks(void **state)
{
    (void)state;
    struct rate *r = rate_new(1);
    char address[64];
    int taken = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(address, sizeof(address), "2001:db8::%x", i);
        taken += rate_take(r, address, S);
    }
    assert_int_equal(taken, 2);
    assert_true(rate_take(r, "2001:db8:0:1::1", S));
    rate_free(r);
}

static void test_no_limit(void **state)
{
    (void)state;
    struct rate *r = rate_new(0);
    for (int i = 0; i < 1000; i++)
        assert_true(rate_take(r, "::1", 0));
    rate_free(r);
    rate_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
