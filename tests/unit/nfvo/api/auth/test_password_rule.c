#include "nfvo/api/auth/password_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool takes(const struct password_list *own, size_t min, const char *password)
{
    struct err err = ERR_INIT;
    struct password_rule rule = {min, own};
    bool is = password_rule_check(&rule, "jane.doe", password, &err) == ERR_OK;
    if (!is) {
        assert_int_equal(err.code, ERR_INVALID);
        assert_true(err.hint[0]);
        assert_null(strstr(err.msg, password));
    }
    return is;
}

static void refuses_what_is_easy_to_guess(void **state)
{
    static const char *const cases[] = {
        "Aa111111",      "Passw0rd",      "P@ssw0rd1",    "Passw0rd!!",   "password123",
        "12345678",      "iloveyou",      "trustno1",     "1qaz2wsx",     "michael1985",
        "Summer2024!",   "admin2024!",    "adminadmin",   "Qwertz123",    "a1b2c3d4e5",
        "abcabcabc",     "aaaaaaaaaaaaa", "jane.doe1",    "JANE.DOE2024", "jane.doejane.doe",
        "Openbaton123",  "nfvonfvo",      "zyxwvutsrqpo", "0987654321",   "Abcdefg1",
        "asdfghjklasdf",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (takes(NULL, 8, cases[i]))
            fail_msg("'%s' was taken", cases[i]);
}

static void takes_what_is_not(void **state)
{
    static const char *const cases[] = {
        "xK9#mQ2v",
        "correct horse battery staple",
        "blue-Horse-77",
        "Admin-1-password",
        "gr\xc3\xb6\xc3\x9ft\xc3\xa4kzh",
        "no classes are needed here",
        "tr0ub4dor&3vx",
        "4f1c9a77e02b",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (!takes(NULL, 8, cases[i]))
            fail_msg("'%s' was refused", cases[i]);
}

static void counts_characters(void **state)
{
    char longest[PASSWORD_MAX + 2];
    (void)state;
    assert_false(takes(NULL, 8, "xK9#mQ2"));
    assert_true(takes(NULL, 8, "xK9#mQ2v"));
    assert_false(takes(NULL, 15, "xK9#mQ2v"));
    assert_false(takes(NULL, 8, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f")); /* 8 bytes */
    for (size_t i = 0; i < sizeof(longest) - 1; i++)
        longest[i] = (char)('!' + i * 7 % 90);
    longest[sizeof(longest) - 1] = '\0';
    assert_false(takes(NULL, 8, longest));
    longest[sizeof(longest) - 2] = '\0';
    assert_true(takes(NULL, 8, longest));
}

static void reads_a_list(void **state)
{
    char path[] = "/tmp/baton-passwords-XXXXXX";
    int fd = mkstemp(path);
    struct password_list *own;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(password_list_read(&own, "/nowhere/list", &err), ERR_IO);
    static const char text[] = "Blue-Horse-77\r\n\nxK9#mQ2v";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(password_list_read(&own, path, &err), ERR_OK);
    assert_false(takes(own, 8, "blue-horse-77"));
    assert_false(takes(own, 8, "xK9#mQ2v"));
    assert_true(takes(own, 8, "xK9#mQ2w"));
    password_list_free(own);
    unlink(path);
}

static void the_list_is_in_order(void **state)
{
    (void)state;
    assert_true(common_passwords_n > 5000);
    for (size_t i = 1; i < common_passwords_n; i++)
        assert_true(common_passwords[i - 1] < common_passwords[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_easy_to_guess),
        cmocka_unit_test(takes_what_is_not),
        cmocka_unit_test(counts_characters),
        cmocka_unit_test(reads_a_list),
        cmocka_unit_test(the_list_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
