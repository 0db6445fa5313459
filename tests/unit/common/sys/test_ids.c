#include "common/sys/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_new(void **state)
{
    (void)state;
    char a[ID_SIZE], b[ID_SIZE];
    id_new(a);
    id_new(b);
    assert_int_equal(strlen(a), 36);
    assert_true(id_is_valid(a));
    assert_int_equal(a[14], '4');
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
}

static void test_is_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"8f0cdc5e-6c1e-4b6e-9d3f-0123456789ab", true},
        {"8F0CDC5E-6C1E-4B6E-9D3F-0123456789AB", true},
        {"8f0cdc5e-6c1e-4b6e-9d3f-0123456789a", false},
        {"8f0cdc5e-6c1e-4b6e-9d3f-0123456789abc", false},
        {"8f0cdc5e-6c1e-4b6e-9d3f-0123456789ag", false},
        {"8f0cdc5e 6c1e-4b6e-9d3f-0123456789ab", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(id_is_valid(cases[i].text), cases[i].want);
}

static void test_token(void **state)
{
    (void)state;
    char token[4001], edge[2] = "xx";
    unsigned seen[256] = {0};
    id_token(token, sizeof(token));
    assert_int_equal(strlen(token), 4000);
    for (size_t i = 0; i < 4000; i++)
        seen[(unsigned char)token[i]]++;
    for (const char *d = "09azAZ"; *d; d++)
        assert_in_range(seen[(unsigned char)*d], 20, 150); /* 64.5 expected, sigma 8 */
    assert_int_equal(seen['-'] + seen['_'] + seen[0], 0);
    id_token(edge, 1);
    assert_int_equal(edge[0], '\0');
    assert_int_equal(edge[1], 'x');
    id_token(edge, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_is_valid),
        cmocka_unit_test(test_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
