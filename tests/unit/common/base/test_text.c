#include "common/base/text.h"

#include "common/base/sbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_equality(void **state)
{
    (void)state;
    char other[] = "a";
    assert_true(text_equal(NULL, NULL));
    assert_true(text_equal("a", other));
    assert_false(text_equal("a", NULL));
    assert_false(text_equal(NULL, ""));
    assert_false(text_equal("a", "b"));
    assert_false(text_matches(NULL, NULL));
    assert_true(text_matches("a", other));
    assert_false(text_matches("a", NULL));
    assert_false(text_matches(NULL, "a"));
    assert_false(text_matches("a", "ab"));
}

static void test_nothing(void **state)
{
    (void)state;
    assert_string_equal(text_or_empty(NULL), "");
    assert_string_equal(text_or_empty("a"), "a");
    assert_null(text_or_null(NULL));
    assert_null(text_or_null(""));
    assert_string_equal(text_or_null("a"), "a");
}

static void test_starts(void **state)
{
    (void)state;
    assert_true(text_starts_with("nfvo.reply.1", "nfvo."));
    assert_true(text_starts_with("nfvo.", "nfvo."));
    assert_true(text_starts_with("a", ""));
    assert_false(text_starts_with("nfvo", "nfvo."));
    assert_false(text_starts_with("", "n"));
}

static void test_add_json(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    text_add_json(&out, "a\"b\\c\n\x01\xc3\xbc\xff");
    assert_string_equal(out.s, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xbc\xef\xbf\xbd\"");
}

static void test_mark(void **state)
{
    (void)state;
    assert_int_equal(text_mark_size("\xef\xbb\xbf{}", 5), 3);
    assert_int_equal(text_mark_size("\xef\xbb\xbf", 3), 3);
    assert_int_equal(text_mark_size("\xef\xbb\xbf", 2), 0);
    assert_int_equal(text_mark_size("{}", 2), 0);
    assert_int_equal(text_mark_size("", 0), 0);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind;
    } rows[] = {
        {"{}", NULL},
        {"", NULL},
        {" \n[1]", NULL},
        {"true", NULL},
        {"null", NULL},
        {"\"a\"", NULL},
        {"-1", NULL},
        {"key", NULL},
        {"http://host", NULL},
        {"key:value", NULL},
        {"---\na: b", "YAML"},
        {"%YAML 1.1\n", "YAML"},
        {"# a\n\n  # b\r\nkey: v", "YAML"},
        {"vnf-name:\n  - a", "YAML"},
        {"'a key': b", "YAML"},
        {"key :", "YAML"},
        {"- a", "YAML"},
        {"\xef\xbb\xbfkey: v", "YAML"},
        {"<!DOCTYPE html>", "XML"},
        {"/* a */ {}", "JSON with comments"},
        {"// a\n{}", "JSON with comments"},
        {"# a\n{}", "JSON with comments"},
        {"PK\x03\x04", "a zip archive"},
        {"\x1f\x8b\x08", "gzip data"},
        {"\xfe\xff", "UTF-16 text (UTF-8 is needed)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *kind = text_foreign_kind(rows[i].text, strlen(rows[i].text));
        if (!rows[i].kind != !kind || (kind && strcmp(kind, rows[i].kind) != 0))
            fail_msg("'%s': %s", rows[i].text, kind ? kind : "none");
        for (size_t n = 0; n < strlen(rows[i].text); n++) /* cut anywhere: nothing is read behind */
            text_foreign_kind(rows[i].text, n);
    }
}

static void test_show(void **state)
{
    (void)state;
    char shown[TEXT_SHOWN_SIZE];
    text_show("10.0.0.0/33", 11, shown);
    assert_string_equal(shown, "'10.0.0.0/33'");
    text_show("a\nb\xa4", 4, shown);
    assert_string_equal(shown, "'a?b?'");
    text_show("0123456789012345678901234567890123456789", 40, shown);
    assert_string_equal(shown, "'0123456789012345678901234567890123456789'");
    text_show("01234567890123456789012345678901234567890", 41, shown);
    assert_string_equal(shown, "'0123456789012345678901234567890123456...'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_starts),   cmocka_unit_test(test_add_json),
        cmocka_unit_test(test_mark),     cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
