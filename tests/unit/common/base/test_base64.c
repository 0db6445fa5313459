#include "common/base/base64.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_text(void **state)
{
    static const char *const cases[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        base64_add(&out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out.s, cases[i][1]);
    }
}

static void test_digits(void **state)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    (void)state;
    base64_add(&out, "\xfb\xff\xfe", 3);
    assert_string_equal(out.s, "+//+");
    sbuf_clear(&out);
    base64_add_url(&out, "\xfb\xff\xfe", 3);
    base64_add_url(&out, "ab", 2);
    base64_add_url(&out, "a", 1);
    assert_string_equal(out.s, "-__-YWI=YQ==");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_digits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
