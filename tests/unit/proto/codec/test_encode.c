#include "proto/codec/codec.h"

#include "tests/support/oracle.h"
#include "tests/unit/proto/codec/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const struct sample *s, unsigned flags, const char *want)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    proto_encode(&sample_type, s, flags, &out);
    assert_string_equal(out.s, want);
}

static void test_quote(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *want;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain /'<>&", 11, "\"plain /'<>&\""},
        {"\"\\\n\r\t\b\f\x01\x1f\x7f", 10, "\"\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\x7f\""},
        {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x8c\x8d", 9, "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x8c\x8d\""},
        /* not UTF-8: one replacement for each byte that fits nowhere */
        {"a\xff\x62", 3, "\"a\xef\xbf\xbd\x62\""},
        {"\xc3", 1, "\"\xef\xbf\xbd\""},
        {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82x", 3, "\"\xef\xbf\xbd\xef\xbf\xbdx\""},
        {"a\0b", 3, "\"a\xef\xbf\xbd\x62\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        proto_quote(&out, cases[i].text, cases[i].len);
        assert_string_equal(out.s, cases[i].want);
        json_t *value = oracle_parse(out.s, out.len);
        assert_non_null(value);
        json_decref(value);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct sample s = {0};
    expect(&s, 0, "{}");
    expect(&s, PROTO_COMPLETE, "{\"flag\":false,\"strs\":[],\"list\":[]}");
    s.list.at = (struct leaf *[]){NULL}; /* there and empty */
    expect(&s, 0, "{\"list\":[]}");
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t num;
        const char *want;
    } integers[] = {{1, "1"},
                    {-1, "-1"},
                    {INT64_MAX, "9223372036854775807"},
                    {INT64_MIN, "-9223372036854775808"}};
    static const struct {
        double real;
        const char *want;
    } reals[] = {{0.1, "0.1"},
                 {1e21, "1e+21"},
                 {2.0 / 3, "0.66666666666666663"},
                 {-5, "-5"},
                 {5e-324, "4.94065645841247e-324"},
                 {INFINITY, "0"}, /* no JSON has it; JSON we must write */
                 {NAN, "0"}};
    AUTO(sbuf_release) struct sbuf want = SBUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(integers); i++) {
        struct sample s = {.num = integers[i].num};
        sbuf_clear(&want);
        sbuf_addf(&want, "{\"num\":%s}", integers[i].want);
        expect(&s, 0, want.s);
    }
    for (size_t i = 0; i < ARRAY_LEN(reals); i++) {
        struct sample s = {.real = reals[i].real};
        sbuf_clear(&want);
        sbuf_addf(&want, "{\"real\":%s}", reals[i].want);
        expect(&s, 0, want.s);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *list, *base64;
    } cases[] = {
        {"", 0, "[]", "\"\""},
        {"f", 1, "[102]", "\"Zg==\""},
        {"fo", 2, "[102,111]", "\"Zm8=\""},
        {"foo", 3, "[102,111,111]", "\"Zm9v\""},
        {"\xff\x80\x7f\x00", 4, "[-1,-128,127,0]", "\"/4B/AA==\""},
    };
    AUTO(sbuf_release) struct sbuf want = SBUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample s = {.bytes = {(const uint8_t *)cases[i].bytes, cases[i].n}};
        sbuf_clear(&want);
        sbuf_addf(&want, "{\"bytes\":%s}", cases[i].list);
        expect(&s, 0, want.s);
        sbuf_clear(&want);
        sbuf_addf(&want, "{\"bytes\":%s}", cases[i].base64);
        expect(&s, PROTO_BASE64, want.s);
    }
}

static void test_secrets(void **state)
{
    (void)state;
    struct sample inner = {.secret = "two"};
    struct sample s = {.secret = "one", .str = "x", .deeper = &inner};
    expect(&s, 0, "{\"str\":\"x\",\"deeper\":{\"secret\":\"two\"},\"secret\":\"one\"}");
    expect(&s, PROTO_MASK,
           "{\"str\":\"x\",\"deeper\":{\"secret\":\"**********\"},\"secret\":\"**********\"}");
    expect(&s, PROTO_NO_SECRETS, "{\"str\":\"x\",\"deeper\":{}}");
    s = (struct sample){.str = "x"};
    expect(&s, PROTO_MASK, "{\"str\":\"x\"}"); /* no secret, no mask */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote),   cmocka_unit_test(test_empty),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
