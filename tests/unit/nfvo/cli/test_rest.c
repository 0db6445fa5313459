/* Whole invocations against canned answers: login, project, names, waiting, exit codes. */
#include "common/http/server.h"
#include "nfvo/cli/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "11111111-2222-4333-8444-555555555555"

struct fixture {
    struct http_server *server;
    char url[64], home[64], *out, *errors;
    size_t out_len, errors_len;
    atomic_int polls;          /* of the NSR */
    _Atomic(const char *) end; /* its last status */
};

static enum http_result say(struct http_reply *reply, int status, const char *text)
{
    http_reply_static(reply, status, HTTP_TYPE_JSON, text);
    return HTTP_DONE;
}

static enum http_result token(struct http_request *req, struct http_reply *reply)
{
    if (!strstr(req->body, "username=admin") || !strstr(req->body, "password=p%26w"))
        return say(reply, 400,
                   "{\"error\":\"invalid_grant\",\"detailMessage\":\"Bad credentials\"}");
    return say(reply, 200, "{\"value\":\"good\",\"access_token\":\"good\"}");
}

static enum http_result projects(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    return say(reply, 200,
               "[{\"id\":\"p0\",\"name\":\"other\"},{\"id\":\"p1\",\"name\":\"default\"}]");
}

static enum http_result nsds(struct http_request *req, struct http_reply *reply)
{
    const char *project = http_request_header(req, "project-id");
    return say(reply, 200,
               project && strcmp(project, "p1") == 0 ? "[{\"id\":\"d/1\",\"name\":\"svc\"}]"
                                                     : "[]");
}

static enum http_result deploy(struct http_request *req, struct http_reply *reply)
{
    if (strcmp(http_request_param(req, "id"), "d/1") != 0)
        return say(reply, 404, "{\"code\":\"Not Found\",\"message\":\"no such NSD\"}");
    return say(reply, 201, "{\"id\":\"" ID "\",\"name\":\"svc\",\"status\":\"NULL\",\"vnfr\":[]}");
}

/* The record, as it is in the end. */
static enum http_result nsr(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&body,
              "{\"id\":\"" ID "\",\"name\":\"svc\",\"status\":\"%s\",\"vnfr\":[],"
              "\"fault\":{\"message\":\"boom\",\"hint\":\"mend it\",\"host\":\"h-1\"}}",
              f->end);
    http_reply_sbuf(reply, 200, HTTP_TYPE_JSON, &body);
    return HTTP_DONE;
}

/* What is waited with: still under way twice, then as it ends. */
static enum http_result explain(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    bool is_over = atomic_fetch_add(&f->polls, 1) >= 2;
    if (is_over && strcmp(f->end, "gone") == 0)
        return say(reply, 200,
                   "{\"now\":3000000,\"hits\":[{\"kind\":\"gone\",\"id\":\"" ID
                   "\"}],\"nsr\":null,\"history\":[]}");
    sbuf_addf(&body,
              "{\"now\":2000000,\"hits\":[{\"kind\":\"nsr\",\"id\":\"" ID "\",\"name\":\"svc\","
              "\"nsr\":\"" ID "\"}],\"nsr\":{\"id\":\"" ID "\",\"name\":\"svc\",\"phase\":\"%s\","
              "\"status\":\"%s\"},\"vnfrs\":[],\"waits\":[],\"outbox\":[],\"history\":[]}",
              is_over ? f->end : "DEPLOYING", is_over ? f->end : "NULL");
    http_reply_sbuf(reply, 200, HTTP_TYPE_JSON, &body);
    return HTTP_DONE;
}

static enum http_result gone(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_empty(reply, 204);
    return HTTP_DONE;
}

static bool authorize(struct http_request *req, struct http_reply *reply)
{
    const char *bearer = http_request_header(req, "Authorization");
    if (strcmp(req->path, "/oauth/token") == 0 || (bearer && strcmp(bearer, "Bearer good") == 0))
        return true;
    say(reply, 401,
        "{\"error\":\"invalid_token\",\"error_description\":\"Access token expired: x\"}");
    return false;
}

static const struct http_route routes[] = {
    {"POST", "/oauth/token", token, 0},
    {"GET", "/api/v1/projects", projects, 0},
    {"GET", "/api/v1/ns-descriptors", nsds, 0},
    {"POST", "/api/v1/ns-records/{id}", deploy, 0},
    {"GET", "/api/v1/ns-records/{id}", nsr, 0},
    {"DELETE", "/api/v1/ns-records/{id}", gone, 0},
    {"GET", "/api/v1/baton/explain/{id}", explain, 0},
    {0},
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err err = ERR_INIT;
    f->end = "ACTIVE";
    if (http_server_open(
            &f->server,
            &(struct http_server_options){.routes = routes, .ctx = f, .before = authorize},
            &err) != ERR_OK)
        fail_msg("%s", err.msg);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u", http_server_port(f->server));
    snprintf(f->home, sizeof(f->home), "/tmp/baton-rest.XXXXXX");
    if (!mkdtemp(f->home))
        return -1;
    setenv("XDG_CONFIG_HOME", f->home, 1);
    setenv("BATON_URL", f->url, 1);
    setenv("BATON_USER", "admin", 1);
    setenv("BATON_PASSWORD", "p&w", 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];
    http_server_close(f->server);
    snprintf(path, sizeof(path), "%s/baton/session", f->home);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(f->home);
    free(f->out);
    free(f->errors);
    free(f);
    return 0;
}

#define RUN(f, ...) run(f, (const char *const[]){"baton", __VA_ARGS__, NULL})

static int run(struct fixture *f, const char *const *words)
{
    char copy[10][128], *argv[11] = {NULL};
    int argc = 0;
    struct cli c;
    free(f->out);
    free(f->errors);
    FILE *out = open_memstream(&f->out, &f->out_len),
         *errors = open_memstream(&f->errors, &f->errors_len);
    for (; words[argc]; argc++) {
        snprintf(copy[argc], sizeof(copy[argc]), "%s", words[argc]);
        argv[argc] = copy[argc];
    }
    cli_init(&c, out, errors);
    int code = cli_main(&c, argc, argv);
    cli_release(&c);
    fclose(out);
    fclose(errors);
    return code;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void a_login_is_kept_until_logout(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "login"), CLI_OK);
    unsetenv("BATON_USER");
    unsetenv("BATON_URL");
    assert_int_equal(RUN(f, "nsd", "list", "-o", "name"), CLI_OK);
    assert_string_equal(f->out, "d/1\n");
    assert_int_equal(RUN(f, "nsd", "list", "-o", "json"), CLI_OK);
    assert_string_equal(f->out, "[{\"id\":\"d/1\",\"name\":\"svc\"}]\n");
    /* its token is for that server only */
    assert_int_equal(RUN(f, "nsd", "list", "--url", "http://127.0.0.1:1"), CLI_AUTH);
    assert_int_equal(RUN(f, "logout"), CLI_OK);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_AUTH);
}

static void a_wrong_password_and_an_expired_token_are_4(void **state)
{
    struct fixture *f = *state;
    setenv("BATON_PASSWORD", "wrong", 1);
    assert_int_equal(RUN(f, "login"), CLI_AUTH);
    assert_has(f->errors, "Bad credentials");
    setenv("BATON_TOKEN", "old", 1);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_AUTH);
    assert_has(
        f->errors,
        "Access token expired: x\n  hint: the token is not or no longer valid: baton login\n");
    unsetenv("BATON_TOKEN");
}

static void a_password_may_stand_in_a_file(void **state)
{
    struct fixture *f = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/password", f->home);
    FILE *file = fopen(path, "w");
    assert_true(file && fputs("p&w\n", file) >= 0 && fclose(file) == 0);
    unsetenv("BATON_PASSWORD");
    setenv("BATON_PASSWORD_FILE", path, 1);
    assert_int_equal(RUN(f, "nsd", "list", "-o", "name"), CLI_OK);
    assert_string_equal(f->out, "d/1\n");
    assert_int_equal(RUN(f, "login"), CLI_OK);
    assert_int_equal(RUN(f, "logout"), CLI_OK);
    unlink(path);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_USAGE);
    assert_has(f->errors, path);
    setenv("BATON_PASSWORD", "p&w", 1); /* beats the file */
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    unsetenv("BATON_PASSWORD_FILE");
}

static void a_project_is_chosen_by_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "nsd", "list", "--project", "other"), CLI_OK);
    assert_string_equal(f->errors, "none\n");
    assert_int_equal(RUN(f, "nsd", "list", "--project", "mine"), CLI_NOT_FOUND);
}

static void waiting_ends_with_the_outcome(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *verb, *end, *said;
        int exit;
    } cases[] = {
        {"create", "ACTIVE", "nsr 'svc' is ACTIVE after", CLI_OK},
        {"create", "ERROR", "boom\n  host: h-1\n  hint: mend it\n  next: baton explain", CLI_FAULT},
        {"create", "gone", "was deleted while it was waited for", CLI_NOT_FOUND},
        {"create", "NULL", "it goes on", CLI_TIMEOUT},
        {"delete", "gone", "is gone after", CLI_OK},
        {"delete", "ERROR", "it goes on", CLI_TIMEOUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f->end = cases[i].end;
        f->polls = 0;
        int code = RUN(f, "nsr", cases[i].verb, i < 4 ? "svc" : ID, "--wait", "--timeout", "700ms");
        if (code != cases[i].exit)
            fail_msg("case %zu: %d: %s", i, code, f->errors);
        assert_has(code == CLI_OK ? f->out : f->errors, cases[i].said);
    }
}

static void json_on_standard_output_stays_alone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "nsr", "create", "svc", "--wait", "-o", "json"), CLI_OK);
    assert_true(f->out[0] == '{');
    assert_has(f->out, "\"status\":\"ACTIVE\"");
    assert_has(f->errors, "is ACTIVE after");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_login_is_kept_until_logout, setup, teardown),
        cmocka_unit_test_setup_teardown(a_password_may_stand_in_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_password_and_an_expired_token_are_4, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_project_is_chosen_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_with_the_outcome, setup, teardown),
        cmocka_unit_test_setup_teardown(json_on_standard_output_stays_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
