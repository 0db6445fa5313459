/* What programs of others call: the same as ours, under public names. */
#include "common/sdk/ob_base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_error_keeps_first_cause_and_hint(void **state)
{
    struct ob_err err = OB_ERR_INIT;
    (void)state;
    assert_int_equal(ob_err_set(&err, OB_ERR_PEER, "switch on '%s'", "web-1"), OB_ERR_PEER);
    assert_int_equal(ob_err_hint(&err, "try %s", "again"), OB_ERR_PEER);
    assert_int_equal(ob_err_hint(&err, "another hint"), OB_ERR_PEER);
    assert_int_equal(ob_err_add(&err, "start vnfr %d", 7), OB_ERR_PEER);
    assert_string_equal(err.msg, "start vnfr 7: switch on 'web-1'");
    assert_string_equal(err.hint, "try again");
    assert_string_equal(ob_err_text(OB_ERR_PEER), "peer answered with an error");
    assert_int_equal(ob_err_set(NULL, OB_ERR_IO, "%s", "nobody looks"), OB_ERR_IO);
}

/* What is longer than an error holds is cut, and formats in arguments are not followed. */
static void test_error_is_bounded(void **state)
{
    char longer[2000];
    struct ob_err err = OB_ERR_INIT;
    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    ob_err_set(&err, OB_ERR_INVALID, "%s", longer);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    ob_err_set(&err, OB_ERR_INVALID, "%s", "100 %s %n");
    assert_string_equal(err.msg, "100 %s %n");
}

static void test_text(void **state)
{
    struct ob_text text;
    (void)state;
    ob_text_init(&text);
    assert_string_equal(text.s, "");
    ob_text_add(&text, "{\"name\":");
    ob_text_add_json(&text, "a \"quoted\" \\ line\n, \xc3\xa4, \xff");
    ob_text_addf(&text, ",\"n\":%d,\"none\":", 3);
    ob_text_add_json(&text, NULL);
    ob_text_add(&text, "}");
    assert_string_equal(text.s, "{\"name\":\"a \\\"quoted\\\" \\\\ line\\u000a, \xc3\xa4, "
                                "\xef\xbf\xbd\",\"n\":3,\"none\":null}");
    assert_int_equal(text.len, strlen(text.s));
    ob_text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_keeps_first_cause_and_hint),
        cmocka_unit_test(test_error_is_bounded),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
