#include "common/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_char(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t want;
        uint32_t want_char;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xbc", 2, 0xfc},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"", 0, 0},
        {"\x80", 0, 0},             /* continuation alone */
        {"\xc3", 0, 0},             /* cut */
        {"\xc3q", 0, 0},            /* not continued */
        {"\xc0\xaf", 0, 0},         /* overlong '/' */
        {"\xe0\x80\xaf", 0, 0},     /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* above U+10FFFF */
        {"\xff", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t c = 0;
        assert_int_equal(utf8_char(cases[i].s, strlen(cases[i].s), &c), cases[i].want);
        assert_int_equal(c, cases[i].want_char);
        assert_int_equal(utf8_char(cases[i].s, strlen(cases[i].s), NULL), cases[i].want);
    }
}

static void test_cut(void **state)
{
    (void)state;
    const char *s = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1 2 3 4 1 bytes */
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t n = 0; n < ARRAY_LEN(want); n++)
        assert_int_equal(utf8_cut(s, n), want[n]);
    assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80", 5), 5); /* not UTF-8 anyway */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_char), cmocka_unit_test(test_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
