/* The REST API with its real server and store: access, errors, paths. */
#include "tests/support/api_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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
    api_be(f, "admin");
    test_sql(f->db, "UPDATE person SET enabled = false");
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    test_sql(f->db, "UPDATE person SET enabled = true");
    test_sql(f->db, "UPDATE token SET expires_at = 0");
    WANT(401, api_call(f, "GET", "/api/v1/projects", NULL));
    HAS("Access token expired: ");
}

/* --- many logins ---------------------------------------------------------------------------------
 */

enum { CROWD = 200 };

struct client {
    struct api_fixture *f;
    pthread_t thread;
    char form[160];
    int status;
};

static void *log_in_alone(void *arg)
{
    struct client *client = arg;
    struct http_client *http = http_client_new();
    struct http_response res = HTTP_RESPONSE_INIT;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/oauth/token", api_port(client->f->api));
    struct http_call call = {.method = "POST",
                             .url = url,
                             .type = "application/x-www-form-urlencoded",
                             .body = client->form,
                             .body_len = strlen(client->form),
                             .timeout_ms = 180000,
                             .user = "openbatonOSClient",
                             .password = "secret"};
    client->status = http_client_call(http, &call, &res, NULL) == ERR_OK ? res.status : -1;
    http_response_release(&res);
    http_client_free(http);
    return NULL;
}

/* CROWD clients at once; "user#" of different ones, or all as the same. */
static void crowd_logs_in(struct api_fixture *f, const char *form)
{
    static struct client clients[CROWD];
    for (int i = 0; i < CROWD; i++) {
        clients[i] = (struct client){.f = f};
        size_t before = strcspn(form, "#");
        if (form[before])
            snprintf(clients[i].form, sizeof(clients[i].form), "%.*s%d%s", (int)before, form, i,
                     form + before + 1);
        else
            snprintf(clients[i].form, sizeof(clients[i].form), "%s", form);
        assert_int_equal(pthread_create(&clients[i].thread, NULL, log_in_alone, &clients[i]), 0);
    }
    for (int i = 0; i < CROWD; i++)
        pthread_join(clients[i].thread, NULL);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(clients[i].status, 200);
}

static long logins_by(struct api_fixture *f, const char *how)
{
    char line[64];
    snprintf(line, sizeof(line), "baton_logins_total{by=\"%s\"} ", how);
    assert_int_equal(api_call(f, "GET", "/metrics", NULL), 200);
    const char *at = strstr(f->res.body.s, line);
    assert_non_null(at);
    return strtol(at + strlen(line), NULL, 10);
}

static void two_hundred_users_at_once(void **state)
{
    struct api_fixture *f = *state;
    /* A text of its own for each, as each would have: the salt makes it. */
    for (int i = 0; i < CROWD; i++) {
        char name[16];
        snprintf(name, sizeof(name), "user%d", i);
        api_add_user(f, name, "USER", "default");
    }
    long before = logins_by(f, "argon2");
    crowd_logs_in(f, LOGIN "user#&password=" FIXTURE_PASSWORD);
    assert_int_equal(logins_by(f, "argon2") - before, CROWD);
}

static void one_user_two_hundred_times(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "robot", "USER", "default");
    long before = logins_by(f, "argon2");
    crowd_logs_in(f, LOGIN "robot&password=" FIXTURE_PASSWORD);
    assert_int_equal(logins_by(f, "argon2") - before, 1);
    WANT(400, api_login(f, LOGIN "robot&password=Wrong-password-1"));
    WANT(400, api_login(f, LOGIN "robot&password=Wrong-password-1"));
    assert_int_equal(logins_by(f, "argon2") - before, 3); /* what is wrong is wrong again */
}

/* What was right a moment ago is not right any more: changed here, changed elsewhere, disabled. */
static void known_passwords_end(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "eve", "USER", "default");
    api_be(f, "eve");
    WANT(200, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD));
    WANT(202, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"New-password-1\"}"));
    WANT(400, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD));
    WANT(200, api_login(f, LOGIN "eve&password=New-password-1"));
    WANT(200, api_login(f, LOGIN "eve&password=New-password-1"));
    test_sql(f->db, "UPDATE person SET password = (SELECT password FROM person WHERE name = "
                    "'admin') WHERE name = 'eve'");
    WANT(400, api_login(f, LOGIN "eve&password=New-password-1"));
    WANT(200, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD));
    test_sql(f->db, "UPDATE person SET enabled = false WHERE name = 'eve'");
    WANT(400, api_login(f, LOGIN "eve&password=" FIXTURE_PASSWORD));
    HAS("User is disabled");
}

static void changes_passwords(void **state)
{
    struct api_fixture *f = *state;
    api_add_user(f, "eve", "USER", "default");
    api_be(f, "eve");
    WANT(403, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"no\",\"new_pwd\":\"New-password-1\"}"));
    HAS("Old password is wrong.");
    WANT(422, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"weak\"}"));
    HAS("at least 8 characters");
    WANT(422, api_call(f, "PUT", "/api/v1/users/changepwd",
                       "{\"old_pwd\":\"" FIXTURE_PASSWORD "\",\"new_pwd\":\"Aa111111\"}"));
    HAS("the password is easy to guess");
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
    api_be(f, "bob");
    WANT(404, api_call(f, "GET", "/api/v1/ns-descriptors", NULL)); /* "*" is not for users */
    snprintf(f->project, sizeof(f->project), "%s", other);
    WANT(400, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    HAS("bob requesting method: GET on /api/v1/ns-descriptors");
    memcpy(f->project, project, sizeof(project));
    WANT(200, api_call(f, "GET", "/api/v1/projects", NULL));
    assert_null(strstr(f->res.body.s, other));
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    WANT(403, api_call(f, "POST", "/api/v1/projects", "{\"name\":\"x\"}"));
    api_be(f, "guest");
    WANT(200, api_call(f, "GET", "/api/v1/ns-descriptors", NULL));
    WANT(403, api_call(f, "POST", "/api/v1/ns-descriptors", "{}"));
    HAS("Guest is only allowed to execute GET");
    api_add_user(f, "lost", NULL, NULL);
    api_be(f, "lost");
    f->project[0] = '\0';
    WANT(404, api_call(f, "GET", "/api/v1/vnfmanagers", NULL));
    HAS("Not Found any project you are assigned to.");
}

/* --- bodies and paths --- */

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
    WANT(200, api_call(f, "GET", "/api/v1/history/5", NULL));
    WANT(422, api_call(f, "GET", "/api/v1/history/five", NULL));
    api_add_user(f, "alice", "USER", "default");
    api_be(f, "alice");
    WANT(200, api_call(f, "GET", "/env", NULL));
    WANT(403, api_call(f, "GET", "/api/v1/history", NULL));
    WANT(403, api_call(f, "POST", "/api/v1/users/multipledelete", "[\"x\"]"));
    f->token[0] = '\0';
    WANT(200, api_call(f, "GET", "/configprops", NULL)); /* decisions.md D4 */
    WANT(401, api_call(f, "GET", "/env", NULL));
    WANT(200, api_call(f, "GET", "/healthz", NULL));
    WANT(200, api_call(f, "GET", "/readyz", NULL));
    WANT(200, api_call(f, "GET", "/metrics", NULL));
    HAS("baton_http_connections ");
    WANT(200, api_call(f, "GET", "/api/v1/openapi.json", NULL));
    HAS("\"openapi\":\"3.1.0\"");
    HAS("\"name\":\"Idempotency-Key\",\"in\":\"header\"");
    HAS("execute-script");
    assert_null(strstr(f->res.body.s, "csar-nsd"));
}

static const char *type_of(struct api_fixture *f, const char *path)
{
    assert_int_equal(api_call(f, "GET", path, NULL), 200);
    assert_non_null(http_response_header(&f->res, "ETag"));
    assert_null(strstr(f->res.body.s, "http://")); /* nothing is loaded from elsewhere */
    return http_response_header(&f->res, "Content-Type");
}

static void serves_the_contract_without_a_login(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf same = SBUF_INIT;
    f->token[0] = '\0';
    assert_string_equal(type_of(f, "/doc"), "text/html; charset=utf-8");
    HAS("/doc/asyncapi.json");
    HAS("/doc/vnfm.md");
    assert_string_equal(type_of(f, "/doc/queues.md"), "text/markdown; charset=utf-8");
    HAS("vnfm.nfvo.actions.reply");
    assert_string_equal(type_of(f, "/doc/vnfm.md"), "text/markdown; charset=utf-8");
    assert_string_equal(type_of(f, "/doc/schemas/nsd.schema.json"), "application/schema+json");
    WANT(200, api_call(f, "GET", "/doc/openapi.json", NULL));
    assert_non_null(http_response_header(&f->res, "ETag"));
    sbuf_adds(&same, f->res.body.s);
    WANT(200, api_call(f, "GET", "/api/v1/openapi.json", NULL));
    assert_string_equal(f->res.body.s, same.s);
    WANT(404, api_call(f, "GET", "/doc/../nfvo.conf", NULL));
    WANT(404, api_call(f, "GET", "/doc/none.json", NULL));
    HAS("GET /doc lists them");
}

/* decisions.md D29: what the contract has and we have not is told apart from a wrong path. */
static void says_what_is_not_built(void **state)
{
    struct api_fixture *f = *state;
    WANT(501, api_call(f, "POST", "/api/v1/csar-nsd", NULL));
    HAS("ERR_UNSUPPORTED");
    HAS("Onboarding a CSAR is not built");
    WANT(501, api_call(f, "DELETE", "/api/v1/datacenters//x/images/y/", NULL));
    WANT(501, api_call(f, "PUT", "/api/v1/datacenters/x/images/y", "{}"));
    WANT(404, api_call(f, "GET", "/api/v1/nothing-at-all", NULL));
    WANT(405, api_call(f, "DELETE", "/api/v1/ns-records", NULL));
    f->token[0] = '\0';
    WANT(401, api_call(f, "POST", "/api/v1/csar-nsd", NULL));
}

/* An id that is not understood is not one that was not asked for. */
static void lists_of_ids_are_ids(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *body, *said;
    } cases[] = {
        {"[null]", "[0]: expected a text, found null"},
        {"[{}]", "[0]: expected a text"},
        {"[true]", "[0]: expected a text, found true"},
        {"[\"\"]", "[0]: must not be empty"},
        {"[\"a\",1]", "[1]: expected a text"},
        {"{}", "expected an array of texts"},
        {"", "expected an array of texts"},
        {"[],\"ids\":[\"a\"]", "after"},
    };
    static const char *const paths[] = {"ns-descriptors", "vnf-descriptors", "vnf-packages",
                                        "ns-records",     "datacenters",     "keys",
                                        "events"};
    for (size_t p = 0; p < ARRAY_LEN(paths); p++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            char path[80];
            snprintf(path, sizeof(path), "/api/v1/%s/multipledelete", paths[p]);
            WANT(400, api_call(f, "POST", path, cases[i].body));
            if (i + 1 < ARRAY_LEN(cases))
                HAS(cases[i].said);
        }
}

/* --- boot --- */

static void boots_once(void **state)
{
    struct api_fixture *f = *state;
    struct err err = ERR_INIT;
    api_close(f->api);
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), NULL, NULL};
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
    const struct CMUnitTest tests[] = {
        TEST(gives_tokens),
        TEST(refuses_logins),
        TEST(refreshes_tokens),
        TEST(refuses_bad_tokens),
        TEST(changes_passwords),
        TEST(two_hundred_users_at_once),
        TEST(one_user_two_hundred_times),
        TEST(known_passwords_end),
        TEST(checks_the_project),
        TEST(survives_bad_bodies),
        TEST(forgives_slashes),
        TEST(serves_the_system_pages),
        TEST(boots_once),
        TEST(serves_the_contract_without_a_login),
        TEST(says_what_is_not_built),
        TEST(lists_of_ids_are_ids),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
