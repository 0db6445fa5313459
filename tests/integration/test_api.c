/* The REST API with its real server and store: access, errors, paths. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WANT(status, ...)                                                                          \
    do {                                                                                           \
        int got_ = (__VA_ARGS__);                                                                  \
        if (got_ != (status))                                                                      \
            print_error("%s: %s\n", f->err.msg, f->res.body.s);                                    \
        assert_int_equal(got_, status);                                                            \
    } while (0)
#define HAS(text)                                                                                  \
    do {                                                                                           \
        if (!strstr(f->res.body.s, text))                                                          \
            print_error("no %s in: %s\n", text, f->res.body.s);                                    \
        assert_non_null(strstr(f->res.body.s, text));                                              \
    } while (0)
#define LOGIN "grant_type=password&username="

static int setup(void **state)
{
    *state = api_fixture_new();
    return 0;
}

static int teardown(void **state)
{
    api_fixture_free(*state);
    return 0;
}

static void log_in(struct api_fixture *f, const char *name)
{
    char form[128];
    snprintf(form, sizeof(form), LOGIN "%s&password=" FIXTURE_PASSWORD, name);
    WANT(200, api_login(f, form));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "access_token"));
}

/* --- tokens ------------------------------------------------------------------------------------
 */

static void gives_tokens(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_login(f, LOGIN "admin&password=" FIXTURE_PASSWORD));
    assert_string_equal(api_member(f, "value"), api_member(f, "access_token"));
    HAS("\"token_type\":\"bearer\"");
    HAS("\"expires_in\":3600");
    HAS("\"scope\":\"read write\"");
    assert_int_equal(strlen(api_member(f, "value")), 43);
}

static void refuses_logins(void **state)
{
    struct api_fixture *f = *state;
    WANT(400, api_login(f, LOGIN "admin&password=wrong"));
    HAS("\"detailMessage\":\"Bad credentials\"");
    WANT(400, api_login(f, LOGIN "nobody&password=" FIXTURE_PASSWORD));
    HAS("\"error\":\"invalid_grant\"");
    WANT(400, api_login(f, LOGIN "admin"));
    WANT(400, api_login(f, "grant_type=implicit"));
    HAS("unsupported_grant_type");
    WANT(400, api_login(f, ""));
    api_add_user(f, "off", "USER", "default");
    test_sql(f->db, "UPDATE person SET enabled = false WHERE name = 'off'");
    WANT(400, api_login(f, LOGIN "off&password=" FIXTURE_PASSWORD));
    HAS("User is disabled");
    WANT(401, api_call(f, "POST", "/oauth/token", LOGIN "admin&password=x")); /* no client */
    HAS("invalid_client");
}

static void refreshes_tokens(void **state)
{
    struct api_fixture *f = *state;
    char form[256], old[64];
    WANT(200, api_login(f, LOGIN "admin&password=" FIXTURE_PASSWORD));
    snprintf(old, sizeof(old), "%s", api_member(f, "value"));
    snprintf(form, sizeof(form), "grant_type=refresh_token&refresh_token=%s",
             api_member(f, "refresh_token"));
    WANT(200, api_login(f, form));
    snprintf(f->token, sizeof(f->token), "%s", api_member(f, "value"));
    WANT(200, api_call(f, "GET", "/api/v1/projects", NULL));
    snprintf(f->token, sizeof(f->token), "%s", old);
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    WANT(400, api_login(f, "grant_type=refresh_token&refresh_token=x"));
    HAS("invalid_grant");
}

static void refuses_bad_tokens(void **state)
{
    struct api_fixture *f = *state;
    f->token[0] = '\0';
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    HAS("\"error\":\"unauthorized\"");
    assert_non_null(http_response_header(&f->res, "WWW-Authenticate"));
    snprintf(f->token, sizeof(f->token), "nonsense");
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    HAS("\"error\":\"invalid_token\"");
    HAS("Invalid access token: nonsense");
    log_in(f, "admin");
    test_sql(f->db, "UPDATE person SET enabled = false");
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    test_sql(f->db, "UPDATE person SET enabled = true");
    test_sql(f->db, "UPDATE token SET expires_at = 0");
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    HAS("Access token expired: ");
}

static void changes_passwords(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "eve", "USER", "default");
    log_in(f, "eve");
    WANT(403, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"no\",\"new_pwd\":\"New-password-1\"}"));
    HAS("Old password is wrong.");
    WANT(422, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"weak\"}"));
    WANT(200, api_call(f, "GET", "/api/v1/users/current", NULL));
    HAS("\"username\":\"eve\"");
    assert_null(strstr(f->res.body.s, "password"));
    WANT(403, api_call(f, "PUT", "/api/v1/users/changepwd/admin", "{\"new_pwd\":\"Abcdefg1\"}"));
    HAS("Access is denied");
    WANT(202, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"New-password-1\"}"));
    WANT(401, api_call(f, "GET", "/api/v1/users/current", NULL)); /* its tokens are gone */
    WANT(200, api_login(f, LOGIN "eve&password=New-password-1"));
}

/* --- projects ------------------------------------------------------------------------------------
 */

static void checks_the_project(void **state)
{
    struct api_fixture *f = *state;
    char project[64], other[64];
    memcpy(project, f->project, sizeof(project));
    WANT(201, api_call(f, "POST", "/api/v1/projects/", "{\"name\":\"other\"}"));
    snprintf(other, sizeof(other), "%s", api_member(f, "id"));
    snprintf(f->project, sizeof(f->project), "no-such-project");
    WANT(404, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    HAS("Project with id 'no-such-project' was not found");
    WANT(200, api_call(f, "GET", "/api/v1/projects", NULL)); /* not asked there */
    f->project[0] = '\0';
    WANT(400, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    snprintf(f->project, sizeof(f->project), "*");
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));

    api_add_user(f, "bob", "USER", "default");
    api_add_user(f, "guest", "GUEST", "default");
    log_in(f, "bob");
    WANT(404, api_call(f, "GET", "/api/v1/ns-descriptors", NULL)); /* "*" is not for users */
    snprintf(f->project, sizeof(f->project), "%s", other);
    WANT(400, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    HAS("bob requesting method: GET on /api/v1/ns-descriptors");
    memcpy(f->project, project, sizeof(project));
    WANT(200, api_call(f, "GET", "/api/v1/projects", NULL));
    assert_null(strstr(f->res.body.s, other));
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    WANT(403, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"x\"}"));
    log_in(f, "guest");
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    WANT(403, api_call(f, "POST", "/api/v1/ns-descriptors", "{}"));
    HAS("Guest is only allowed to execute GET");
    api_add_user(f, "lost", NULL, NULL);
    log_in(f, "lost");
    f->project[0] = '\0';
    WANT(404, api_call(f, "GET", "/api/v1/vnfmanagers", NULL));
    HAS("Not Found any project you are assigned to.");
}

/* --- bodies and paths
 * ------------------------------------------------------------------------------ */

static void survives_bad_bodies(void **state)
{
    struct api_fixture *f = *state;
    char *big = malloc(70001), *deep = malloc(4001);
    memset(big, ' ', 70000);
    big[70000] = '\0';
    memset(deep, '[', 4000);
    deep[4000] = '\0';
    WANT(400, api_call(f, "POST", "/api/v1/ns-descriptors", "{\"name\":"));
    HAS("\"message\":\"");
    WANT(400, api_call(f, "POST", "/api/v1/ns-descriptors", "[]"));
    WANT(400, api_call(f, "POST", "/api/v1/ns-descriptors", "{\"vnfd\":7}"));
    HAS("\"object\":\"vnfd\"");
    WANT(400, api_call(f, "POST", "/api/v1/ns-descriptors", NULL));
    WANT(422, api_call(f, "POST", "/api/v1/ns-descriptors", big));
    int status = api_call(f, "POST", "/api/v1/ns-descriptors/multipledelete", deep);
    assert_true(status == 400 || status == 422);
    WANT(400, api_call(f, "POST", "/api/v1/ns-descriptors/multipledelete", "],\"x\":[1"));
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    free(big);
    free(deep);
}

static void forgives_slashes(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_call(f, "GET", "/api/v1/projects/", NULL));
    WANT(200, api_call(f, "GET", "//api//v1/ns-descriptors//", NULL));
    WANT(404, api_call(f, "GET", "/api/v1/nothing", NULL));
    HAS("\"code\":\"Not Found\"");
    HAS("\"fault\":{");
    WANT(405, api_call(f, "PATCH", "/api/v1/projects", NULL));
    HAS("\"message\":\"");
    WANT(200, api_call(f, "GET", "/api/v1/events/actions/", NULL));
    HAS("\"INSTANTIATE_FINISH\"");
}

static void serves_the_system_pages(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, api_call(f, "GET", "/api/v1/main/version/", NULL));
    assert_string_equal(f->res.body.s, "6.0.0-test");
    WANT(200, api_call(f, "GET", "/env", NULL));
    HAS("applicationConfig: [file:/etc/openbaton/openbaton-nfvo.properties]");
    WANT(200, api_call(f, "GET", "/configprops", NULL));
    f->token[0] = '\0';
    WANT(401, api_call(f, "GET", "/env", NULL));
    WANT(200, api_call(f, "GET", "/healthz", NULL));
    WANT(200, api_call(f, "GET", "/readyz", NULL));
    WANT(200, api_call(f, "GET", "/metrics", NULL));
    HAS("baton_http_connections ");
    WANT(200, api_call(f, "GET", "/api/v1/openapi.json", NULL));
    HAS("\"openapi\":\"3.0.3\"");
}

/* --- boot
 * ------------------------------------------------------------------------------------------ */

static void boots_once(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    api_close(f->api);
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), NULL};
    f->options.admin_password = "Another-password-1"; /* for the first start only */
    assert_int_equal(api_open(&f->api, &setup, &err), ERR_OK);
    WANT(200, api_login(f, LOGIN "admin&password=" FIXTURE_PASSWORD));
    test_sql(f->db, "DELETE FROM person");
    api_close(f->api);
    f->options.admin_password = ""; /* generated into a file */
    assert_int_equal(api_open(&f->api, &setup, &err), ERR_OK);
    char password[64] = "", form[160];
    FILE *file = fopen(f->password_path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%63s", password), 1);
    fclose(file);
    snprintf(form, sizeof(form), LOGIN "admin&password=%s", password);
    WANT(200, api_login(f, form));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(gives_tokens),        TEST(refuses_logins),    TEST(refreshes_tokens),
        TEST(refuses_bad_tokens),  TEST(changes_passwords), TEST(checks_the_project),
        TEST(survives_bad_bodies), TEST(forgives_slashes),  TEST(serves_the_system_pages),
        TEST(boots_once),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
