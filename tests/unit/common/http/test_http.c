#include "common/http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want, *want_plus; /* NULL: refused */
    } cases[] = {
        {"", "", ""},
        {"abc", "abc", "abc"},
        {"a+b%20c", "a+b c", "a b c"},
        {"%41%7a%C3%bc", "Az\xc3\xbc", "Az\xc3\xbc"},
        {"%2B", "+", "+"},
        {"%", NULL, NULL},
        {"%4", NULL, NULL},
        {"%4g", NULL, NULL},
        {"%00", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
        char text[64];
        const char *want = i % 2 ? cases[i / 2].want_plus : cases[i / 2].want;
        snprintf(text, sizeof(text), "%s", cases[i / 2].text);
        assert_int_equal(http_percent_decode(text, i % 2), want != NULL);
        if (want)
            assert_string_equal(text, want);
    }
}

static void test_quoted_string(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    http_quoted_string(&out, "a \"b\" \\ c\r\nX-Header: d");
    assert_string_equal(out.s, "\"a \\\"b\\\" \\\\ c  X-Header: d\"");
}

static void test_encode(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    http_percent_encode(&out, "aZ9-._~ /?&=%\xc3\xbc");
    assert_string_equal(out.s, "aZ9-._~%20%2F%3F%26%3D%25%C3%BC");
    sbuf_clear(&out);
    http_percent_encode(&out, "a b/&?\xc3\xa4");
    assert_string_equal(out.s, "a%20b%2F%26%3F%C3%A4");
    sbuf_clear(&out);
    http_percent_encode(&out, "{\"a\":[1]}/ü");
    assert_string_equal(out.s, "%7B%22a%22%3A%5B1%5D%7D%2F%C3%BC");
    assert_string_equal(http_status_text(404), "Not Found");
    assert_string_equal(http_status_text(299), "Status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode), cmocka_unit_test(test_encode),
                                       cmocka_unit_test(test_quoted_string)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
