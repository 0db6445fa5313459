/* What is JSON? The scanner and jansson must say the same, but for what codec.h states. Each text
 * stands as the value of an unknown member, so that nothing but JSON's own rules is asked. */
#include "proto/codec/codec.h"

#include "tests/support/oracle.h"
#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(s) s, sizeof(s) - 1

static bool takes(const struct sbuf *text)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct sample *s;
    char *copy = malloc(text->len); /* of exactly that length: the sanitizer watches its end */
    memcpy(copy, text->s, text->len);
    enum err_code rc = proto_decode(&sample_type, copy, text->len, 0, &a, &s, NULL);
    free(copy);
    if (rc == ERR_OK) {
        proto_encode(&sample_type, s, 0, &out);
        assert_true(oracle_same(text->s, text->len, out.s, out.len));
    }
    return rc == ERR_OK;
}

static void test_same_as_jansson(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool want;
    } cases[] = {
        /* values */
        {TEXT("1"), true},
        {TEXT("null"), true},
        {TEXT("true"), true},
        {TEXT("nul"), false},
        {TEXT("nulll"), false},
        {TEXT("True"), false},
        {TEXT("NaN"), false},
        {TEXT("undefined"), false},
        {TEXT(""), false},
        {TEXT("[1,]"), false},
        {TEXT("[,1]"), false},
        {TEXT("[1 2]"), false},
        {TEXT("[]]"), false},
        {TEXT("[[]"), false},
        {TEXT("{\"a\"}"), false},
        {TEXT("{\"a\":}"), false},
        {TEXT("{\"a\":1,}"), false},
        {TEXT("{,}"), false},
        {TEXT("{a:1}"), false},
        {TEXT("{1:1}"), false},
        {TEXT("{\"a\" : [ 1 , 2 ] }"), true},
        {TEXT("/**/1"), false},
        {TEXT("1//"), false},
        {TEXT("\v1"), false},
        {TEXT("\f1"), false},
        {TEXT("\xc2\xa0"
              "1"),
         false},
        {TEXT("\xef\xbb\xbf"
              "1"),
         false},
        {TEXT(" \t\r\n1 \t\r\n"), true},
        /* numbers */
        {TEXT("0"), true},
        {TEXT("-0"), true},
        {TEXT("-0.0"), true},
        {TEXT("00"), false},
        {TEXT("01"), false},
        {TEXT("-"), false},
        {TEXT("+1"), false},
        {TEXT("--1"), false},
        {TEXT("1."), false},
        {TEXT(".5"), false},
        {TEXT("1.5"), true},
        {TEXT("1.e5"), false},
        {TEXT("1e"), false},
        {TEXT("1e+"), false},
        {TEXT("1e5"), true},
        {TEXT("1E-5"), true},
        {TEXT("1e+05"), true},
        {TEXT("0e0"), true},
        {TEXT("0x1"), false},
        {TEXT("1_0"), false},
        {TEXT("1,0"), false},
        {TEXT("Infinity"), false},
        {TEXT("-Infinity"), false},
        {TEXT("9223372036854775807"), true},
        {TEXT("0.00000000000000000000000000000000000000000000000000000000000000000001"), true},
        /* strings and escapes */
        {TEXT("\"\""), true},
        {TEXT("\"a"), false},
        {TEXT("'a'"), false},
        {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), true},
        {TEXT("\"\\'\""), false},
        {TEXT("\"\\a\""), false},
        {TEXT("\"\\0\""), false},
        {TEXT("\"\\x41\""), false},
        {TEXT("\"\\U0041\""), false},
        {TEXT("\"\\"), false},
        {TEXT("\"\\\""), false},
        {TEXT("\"\\u\""), false},
        {TEXT("\"\\u00\""), false},
        {TEXT("\"\\u004\""), false},
        {TEXT("\"\\u004g\""), false},
        {TEXT("\"\\u0041\\u00fc\\u20ac\\uFFFF\""), true},
        {TEXT("\"\\u0000\""), false},
        {TEXT("\"a\\u0000b\""), false},
        {TEXT("\"a\nb\""), false},
        {TEXT("\"a\tb\""), false},
        {TEXT("\"a\x1f\""), false},
        {TEXT("\"a\0b\""), false},
        {TEXT("\"\x7f\""), true},
        /* surrogates */
        {TEXT("\"\\ud83c\\udf0d\""), true},
        {TEXT("\"\\uD83C\\uDF0D\""), true},
        {TEXT("\"\\ud83c\""), false},
        {TEXT("\"\\ud83c \""), false},
        {TEXT("\"\\ud83c\\n\""), false},
        {TEXT("\"\\ud83c\\u0041\""), false},
        {TEXT("\"\\ud83c\\ud83c\""), false},
        {TEXT("\"\\udf0d\""), false},
        {TEXT("\"\\udc00\""), false},
        {TEXT("\"\\udfff\""), false},
        {TEXT("\"\\ud83c\\udbff\""), false},
        {TEXT("\"\\ud83c\\ue000\""), false},
        {TEXT("\"\\ud7ff\\ue000\""), true},
        {TEXT("\"\\ud800\\udc00\\udbff\\udfff\""), true},
        {TEXT("\"\\udf0d\\ud83c\""), false},
        {TEXT("\"\\ud83c\\udf0\""), false},
        /* UTF-8: each length, truncated, overlong, surrogates, too large, stray */
        {TEXT("\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x8c\x8d\""), true},
        {TEXT("\"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\""), true},
        {TEXT("\"\xdf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf\""), true},
        {TEXT("\"\xed\x9f\xbf\xee\x80\x80\""), true},
        {TEXT("\"\xc3\""), false},
        {TEXT("\"\xc3"), false},
        {TEXT("\"\xe2\x82\""), false},
        {TEXT("\"\xf0\x9f\x8c\""), false},
        {TEXT("\"\xc0\x80\""), false},
        {TEXT("\"\xc1\xbf\""), false},
        {TEXT("\"\xe0\x80\x80\""), false},
        {TEXT("\"\xe0\x9f\xbf\""), false},
        {TEXT("\"\xf0\x80\x80\x80\""), false},
        {TEXT("\"\xf0\x8f\xbf\xbf\""), false},
        {TEXT("\"\xed\xa0\x80\""), false},
        {TEXT("\"\xed\xbf\xbf\""), false},
        {TEXT("\"\xf4\x90\x80\x80\""), false},
        {TEXT("\"\xf5\x80\x80\x80\""), false},
        {TEXT("\"\xf8\x88\x80\x80\x80\""), false},
        {TEXT("\"\x80\""), false},
        {TEXT("\"\xff\""), false},
        {TEXT("\"\xfe\xfe\""), false},
        {TEXT("\"\xc3\x28\""), false},
        {TEXT("\"\\\xc3\xbc\""), false},
        {TEXT("{\"\xff\":1}"), false},
        {TEXT("{\"\\ud83c\":1}"), false},
        {TEXT("{\"\\u0000\":1}"), false},
        {TEXT("{\"\\u00fc\xc3\xbc\":1}"), true},
        /* behind the end */
        {TEXT("1 1"), false},
        {TEXT("1}"), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        sbuf_adds(&text, "{\"x\":");
        sbuf_add(&text, cases[i].text, cases[i].len);
        sbuf_addc(&text, '}');
        json_t *value = oracle_parse(text.s, text.len);
        bool oracle = value != NULL, got = takes(&text);
        json_decref(value);
        if (got != cases[i].want || oracle != cases[i].want)
            fail_msg("%s: got %d, jansson %d, want %d", cases[i].text, got, oracle, cases[i].want);
    }
}

/* The differences that codec.h states. */
static void test_differences(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool ours, jansson;
    } cases[] = {
        {TEXT("{\"x\":9223372036854775808}"), true, false},
        {TEXT("{\"x\":1e999}"), true, false},
        {TEXT("[]"), false, true},
        {TEXT("1"), false, true},
        {TEXT("{\"x\":1\0}"), false, true}, /* jansson 2.14 loses that byte: not a model */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        size_t len = cases[i].len;
        json_t *value = oracle_parse(cases[i].text, len);
        struct sample *s;
        assert_int_equal(proto_decode(&sample_type, cases[i].text, len, 0, &a, &s, NULL) == ERR_OK,
                         cases[i].ours);
        assert_int_equal(value != NULL, cases[i].jansson);
        json_decref(value);
    }
}

/* Every text that is one byte short, or has one byte changed, is either taken by both or none. */
static void test_damaged(void **state)
{
    (void)state;
    static const char text[] =
        "{\"str\":\"\\u00fc\xe2\x82\xac\\\"\",\"rec\":{\"id\":\"1\",\"y\":[1.5e3,null]},"
        "\"x\":{\"k\":[true,false,{}]},\"strs\":[\"a\"]}";
    static const char bytes[] = "{}[],:\"\\ 0e.-n\xc3\x80\xf0\x1f";
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        for (size_t k = 0; k < sizeof(bytes); k++) {
            AUTO(sbuf_release) struct sbuf damaged = SBUF_INIT;
            AUTO(arena_release) struct arena a = ARENA_INIT;
            struct sample *s;
            sbuf_add(&damaged, text, sizeof(text) - 1);
            if (k == sizeof(bytes) - 1)
                sbuf_truncate(&damaged, i);
            else
                damaged.s[i] = bytes[k];
            json_t *value = oracle_parse(damaged.s, damaged.len);
            struct err err = ERR_INIT;
            enum err_code rc = proto_decode(&sample_type, damaged.s, damaged.len, 0, &a, &s, &err);
            /* We know types, jansson does not: what we refuse as a wrong type it may take. */
            if (rc == ERR_OK ? !value : value && !strstr(err.msg, "expected"))
                fail_msg("%s: got %s", damaged.s, rc == ERR_OK ? "taken" : err.msg);
            json_decref(value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_jansson),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
