#include "nfvo/api/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "nfvo/api/vim/keys.h"
#include "proto/records/manager.h"

static void carries_both_forms_and_the_fault(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = ERR_INIT;
    err_set(&err, ERR_INVALID, "a \"b\"");
    err_where(&err, "vnfd[0]");
    err_hint(&err, "do c");
    error_body(&out, 422, &err, "/x", 1000000);
    assert_string_equal(
        out.s,
        "{\"code\":\"Bad Request\",\"message\":\"a \\\"b\\\"\",\"status\":422,\"error\":"
        "\"Unprocessable Entity\",\"path\":\"/x\",\"timestamp\":1000,\"fault\":{\"code\":"
        "\"ERR_INVALID\",\"message\":\"a \\\"b\\\"\",\"component\":\"nfvo\",\"object\":\"vnfd[0]\","
        "\"hint\":\"do c\",\"at\":\"1970-01-01T00:00:01.000Z\"}}");
}

static void has_a_message_always(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = {.code = ERR_NOT_FOUND};
    error_body(&out, 404, &err, NULL, 0);
    assert_non_null(strstr(out.s, "{\"code\":\"Not Found\",\"message\":\"no such object\""));
}

static void fingerprints_keys(void **state)
{
    (void)state;
    char got[KEY_FINGERPRINT_SIZE];
    struct err err = ERR_INIT;
    /* base64 of "abc": the SHA-1 test vector of FIPS 180 */
    assert_int_equal(key_fingerprint("ssh-rsa YWJj comment", got, &err), ERR_OK);
    assert_string_equal(got, "a9:99:3e:36:47:06:81:6a:ba:3e:25:71:78:50:c2:6c:9c:d0:d8:9d");
    /* 56 bytes: two blocks */
    assert_int_equal(key_fingerprint("ssh-rsa YWJjZGJjZGVjZGVmZGVmZ2VmZ2hmZ2hpZ2hpamhpamtpamtsamtsb"
                                     "WtsbW5sbW5vbW5vcG5vcHE=",
                                     got, &err),
                     ERR_OK);
    assert_string_equal(got, "84:98:3e:44:1c:3b:d2:6e:ba:ae:4a:a1:f9:51:29:e5:e5:46:70:f1");
    assert_int_equal(key_fingerprint("ssh-dss YWJj", got, &err), ERR_INVALID);
    assert_int_equal(key_fingerprint("ssh-rsa ", got, &err), ERR_INVALID);
    assert_int_equal(key_fingerprint("ssh-rsa YWJj me\n", got, &err), ERR_OK);
    assert_int_equal(key_fingerprint("ssh-rsa YWJj me\nssh-rsa YWJj you", got, &err), ERR_INVALID);
    assert_int_equal(key_fingerprint("ssh-rsa !!", got, &err), ERR_INVALID);
}

static void openapi_lists_the_router(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct project *any; /* some record: what it does not know is read all the same */
    openapi_render(&out, endpoint_tables, "6");
    assert_int_equal(proto_decode(&project_type, out.s, out.len, 0, &a, &any, NULL), ERR_OK);
    assert_non_null(
        strstr(out.s, "\"/api/v1/ns-records/{id}\":{\"post\":{\"operationId\":\"deployNsd\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_both_forms_and_the_fault),
        cmocka_unit_test(has_a_message_always),
        cmocka_unit_test(fingerprints_keys),
        cmocka_unit_test(openapi_lists_the_router),
    };
    return cmocka_run_group_tests_name("error_body", tests, NULL, NULL);
}
