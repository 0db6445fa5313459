#include "common/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_equal(void **state)
{
    (void)state;
    assert_true(secret_equal("", ""));
    assert_true(secret_equal("a-token", "a-token"));
    assert_false(secret_equal("a-token", "b-token"));
    assert_false(secret_equal("a-token", "a-tokem"));
    assert_false(secret_equal("a-token", "a-toke"));
    assert_false(secret_equal("a-token", "a-tokens"));
    assert_false(secret_equal("", "a"));
    assert_false(secret_equal("a", ""));
}

static void test_wiped(void **state)
{
    (void)state;
    secret_free(NULL);
    secret_free(strdup("a-token"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal), cmocka_unit_test(test_wiped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
