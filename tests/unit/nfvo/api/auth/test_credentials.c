#include "nfvo/api/auth/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void reads_bearer(void **state)
{
    (void)state;
    char longer[400];
    assert_string_equal(credentials_bearer("Bearer abc"), "abc");
    assert_string_equal(credentials_bearer("bearer   abc"), "abc");
    assert_null(credentials_bearer(NULL));
    assert_null(credentials_bearer(""));
    assert_null(credentials_bearer("Bearer"));
    assert_null(credentials_bearer("Bearer "));
    assert_null(credentials_bearer("Bearerabc"));
    assert_null(credentials_bearer("Basic abc"));
    memset(longer, 'x', sizeof(longer));
    memcpy(longer, "Bearer ", 7);
    longer[sizeof(longer) - 1] = '\0';
    assert_null(credentials_bearer(longer));
}

static void reads_basic(void **state)
{
    (void)state;
    const char *right = "Basic b3BlbmJhdG9uT1NDbGllbnQ6c2VjcmV0";
    assert_true(credentials_basic(right, "openbatonOSClient", "secret"));
    assert_false(credentials_basic(right, "openbatonOSClient", "secreT"));
    assert_false(credentials_basic(right, "openbatonOSClient", "secret2"));
    assert_false(credentials_basic(NULL, "a", "b"));
    assert_false(credentials_basic("Basic", "a", "b"));
    assert_false(credentials_basic("Basic !!!", "a", "b"));
    assert_false(credentials_basic("Basic YTpiAA==", "a", "b")); /* "a:b\0" */
    assert_true(credentials_basic("Basic  YTpi", "a", "b"));
    assert_false(credentials_basic("Basic YT pi", "a", "b")); /* found by fuzz_credentials */
}

static const struct {
    const char *body, *user, *password, *raw_password;
} forms[] = {
    {"grant_type=password&username=admin&password=secret", "admin", "secret", "secret"},
    {"password=p%40ss&username=a%20b&grant_type=password", "a b", "p@ss", "p%40ss"},
    {"grant_type=password&username=u&password=a+b", "u", "a b", "a+b"}, /* the CLI means '+' */
    {"grant_type=password&username=u&password=50%", "u", "50%", "50%"}, /* no escape */
    {"grant_type=password&username=u&password=a&b=c", "u", "a&b=c", "a&b=c"}, /* not encoded */
    {"grant_type=password&username=u&password=a=b", "u", "a=b", "a=b"},
    {"grant_type=password&username=u&password=%00", "u", "%00", "%00"},
    {"grant_type=password&username=u&password=", "u", "", ""},
    {"&&grant_type=password&x=y&username=u", "u", NULL, NULL},
    {"", NULL, NULL, NULL},
};

static void reads_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct credentials_form f;
        credentials_form(forms[i].body, &a, &f);
        if (forms[i].user)
            assert_string_equal(f.username, forms[i].user);
        else
            assert_null(f.username);
        if (forms[i].password) {
            assert_string_equal(f.password, forms[i].password);
            assert_string_equal(f.raw_password, forms[i].raw_password);
        } else
            assert_null(f.password);
    }
}

static void reads_refresh(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct credentials_form f;
    credentials_form("grant_type=refresh_token&refresh_token=R", &a, &f);
    assert_string_equal(f.grant_type, "refresh_token");
    assert_string_equal(f.refresh_token, "R");
    assert_null(f.username);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bearer),
        cmocka_unit_test(reads_basic),
        cmocka_unit_test(reads_forms),
        cmocka_unit_test(reads_refresh),
    };
    return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
