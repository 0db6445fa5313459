#include "proto/codec/mask.h"

#include "common/base/sbuf.h"
#include "proto/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text, *want; /* NULL: ERR_SYNTAX or ERR_LIMIT */
} cases[] = {
    {"{}", "{}"},
    {"[ 1, \"a\" ,null, true , -1.5e3 , [] ]", "[1,\"a\",null,true,-1.5e3,[]]"},
    {"{\"name\":\"p\",\"password\":\"x\",\"secretKey\":{\"a\":[1]},\"dockerKey\":null}",
     "{\"name\":\"p\",\"password\":\"**********\",\"secretKey\":\"**********\",\"dockerKey\":\"****"
     "******\"}"},
    {"{\"methodName\":\"refresh\",\"parameters\":[{\"password\":\"x\"},\"EmsPassword=x\"]}",
     "{\"methodName\":\"refresh\",\"parameters\":\"**********\"}"},
    {"{\"a\":{\"vim\":[{\"authUrl\":\"http://u:p@h/x\",\"keystonePassword\":\"x\"}]}}",
     "{\"a\":{\"vim\":[{\"authUrl\":\"http://***@h/x\",\"keystonePassword\":\"**********\"}]}}"},
    {"{\"pass\\u0077ord\":\"x\",\"PASSWORD\":\"y\",\"rabbitPassword\":1}",
     "{\"password\":\"**********\",\"PASSWORD\":\"**********\",\"rabbitPassword\":\"**********\"}"},
    {"{\"confKey\":\"ssh_password\",\"value\":\"x\"}",
     "{\"confKey\":\"ssh_password\",\"value\":\"**********\"}"},
    {"{\"userdata\":\"x\",\"extension\":{\"ssh_password\":\"x\"},\"env\":{\"a\":\"x\"}}",
     "{\"userdata\":\"**********\",\"extension\":\"**********\",\"env\":\"**********\"}"},
    {"{\"vnfr\":\" {\\\"password\\\":\\\"x\\\"}\"}", "{\"vnfr\":\"(17 bytes)\"}"},
    {"\"http://a:b@c:d@e/f@g http://x:y@z\"", "\"http://*******@e/f@g http://***@z\""},
    {"", NULL},
    {"password: x", NULL},
    {"{\"password\":\"x\"", NULL},
    {"{'password':'x'}", NULL},
    {"{\"a\":1} x", NULL},
};

static void test_masks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        struct err err = ERR_INIT;
        sbuf_addc(&out, '>');
        enum err_code rc =
            proto_mask_text(proto_types, cases[i].text, strlen(cases[i].text), &out, &err);
        if ((rc == ERR_OK) != (cases[i].want != NULL))
            fail_msg("case %zu: %s %s", i, err_name(rc), err.msg);
        assert_string_equal(out.s + 1, cases[i].want ? cases[i].want : "");
    }
}

static void test_long_and_deep(void **state)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = ERR_INIT;
    (void)state;
    sbuf_adds(&text, "{\"a\":\"");
    for (int i = 0; i < 2000; i++)
        sbuf_addc(&text, 'x');
    sbuf_adds(&text, "\"}");
    assert_int_equal(proto_mask_text(proto_types, text.s, text.len, &out, &err), ERR_OK);
    assert_string_equal(out.s, "{\"a\":\"(2000 bytes)\"}");
    sbuf_clear(&text);
    for (int i = 0; i < 100000; i++)
        sbuf_addc(&text, '[');
    assert_int_equal(proto_mask_text(proto_types, text.s, text.len, &out, &err), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_masks),
                                       cmocka_unit_test(test_long_and_deep)};
    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
