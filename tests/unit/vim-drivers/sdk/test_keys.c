#include "vim-drivers/sdk/cloud_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_read(void **state)
{
    static const struct {
        const char *json, *want; /* want NULL: refused */
    } rows[] = {
        {"[]", ""},
        {"[{\"name\":\"a\",\"publicKey\":\"ssh-rsa AAAA me\"}]", "ssh-rsa AAAA me\n"},
        {"[{\"publicKey\":\"ssh-rsa A\\n\"},{\"publicKey\":\"ssh-ed25519 B\\r\\n\"}]",
         "ssh-rsa A\nssh-ed25519 B\n"},
        {"[{\"publicKey\":\"ssh-rsa A\\nssh-rsa EVIL\"}]", NULL},
        {"[{\"publicKey\":\"ssh-rsa A\\u001b[2J\"}]", NULL},
        {"[{\"publicKey\":\"\"}]", NULL},
        {"[{\"name\":\"without\"}]", NULL},
        {"{\"a\":1}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        const char *text = NULL;
        enum err_code rc = cloud_read_keys(rows[i].json, strlen(rows[i].json), &a, &text, &err);
        if ((rc == ERR_OK) != (rows[i].want != NULL) ||
            (rows[i].want && strcmp(text, rows[i].want) != 0))
            fail_msg("%s: '%s' (%s)", rows[i].json, text ? text : "", err.msg);
        if (rc != ERR_OK)
            assert_non_null(strstr(err.msg, "keys"));
    }
}

static void test_absent(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *text = NULL;
    (void)state;
    assert_int_equal(cloud_read_keys(NULL, 0, &a, &text, NULL), ERR_OK);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
