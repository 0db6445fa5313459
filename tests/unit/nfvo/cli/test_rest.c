/* Whole invocations against canned answers: login, project, names, waiting, exit codes. */
#include "common/http/server.h"
#include "nfvo/cli/rest.h"
#include "tests/support/proxy.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "11111111-2222-4333-8444-555555555555"

/* libcurl itself asks once more when a connection that it had used before ends. */
enum { LOST = 2 };

struct fixture {
    struct http_server *server;
    char url[64], home[64], *out, *errors;
    size_t out_len, errors_len;
    atomic_int polls;          /* of the NSR */
    _Atomic(const char *) end; /* its last status */
    struct proxy *proxy;       /* NULL: none; else the first POSTs through it are never answered */
    sem_t has_parked;
    struct http_parked *parked[LOST];
    char keys[LOST + 1][64]; /* of the first POSTs */
    int posts;
    bool has_no_default; /* project */
    int tokens, revoked;
    bool has_no_revoke; /* as the reference */
    bool is_expired;    /* the token, for lists that are searched */
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
    ((struct fixture *)req->ctx)->tokens++;
    return say(reply, 200, "{\"value\":\"good\",\"access_token\":\"good\"}");
}

static enum http_result end_token(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    if (f->has_no_revoke)
        return say(reply, 404, "{\"code\":\"Not Found\",\"message\":\"No message available\"}");
    assert_string_equal(req->body, "token=good");
    f->revoked++;
    return say(reply, 200, "{}");
}

static enum http_result projects(struct http_request *req, struct http_reply *reply)
{
    const struct fixture *f = req->ctx;
    if (f->has_no_default)
        return say(reply, 200,
                   "[{\"id\":\"p0\",\"name\":\"other\"},{\"id\":\"p2\",\"name\":\"lab\"}]");
    return say(reply, 200,
               "[{\"id\":\"p0\",\"name\":\"other\"},{\"id\":\"p1\",\"name\":\"default\"}]");
}

static enum http_result nsds(struct http_request *req, struct http_reply *reply)
{
    const char *project = http_request_header(req, "project-id");
    if (((struct fixture *)req->ctx)->is_expired && http_request_query(req, "slim"))
        return say(reply, 401, "{\"error\":\"invalid_token\"}");
    if (!project)
        return say(
            reply, 400,
            "{\"code\":\"Bad Request\",\"message\":\"Missing request header 'project-id'\"}");
    return say(reply, 200,
               strcmp(project, "p1") == 0 ? "[{\"id\":\"d/1\",\"name\":\"svc\"}]" : "[]");
}

/* The request is there, its answer never comes. */
static enum http_result lose(struct fixture *f, struct http_request *req)
{
    struct http_reply fallback = HTTP_REPLY_INIT;
    say(&fallback, 500, "{}");
    f->parked[f->posts - 1] = http_park(req, 60000, &fallback);
    sem_post(&f->has_parked);
    return HTTP_PARKED;
}

static enum http_result deploy(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    const char *key = http_request_header(req, "Idempotency-Key");
    if (f->posts <= LOST)
        snprintf(f->keys[f->posts], sizeof(f->keys[0]), "%s", key ? key : "");
    if (f->posts++ < LOST && f->proxy)
        return lose(f, req);
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
    if (strncmp(req->path, "/oauth/", 7) == 0 || (bearer && strcmp(bearer, "Bearer good") == 0))
        return true;
    say(reply, 401,
        "{\"error\":\"invalid_token\",\"error_description\":\"Access token expired: x\"}");
    return false;
}

static const struct http_route routes[] = {
    {"POST", "/oauth/token", token, 0},
    {"POST", "/oauth/revoke", end_token, 0},
    {"GET", "/api/v1/projects", projects, 0},
    {"GET", "/api/v1/ns-descriptors", nsds, 0},
    {"POST", "/api/v1/ns-records/{id}", deploy, 0},
    {"GET", "/api/v1/ns-records/{id}", nsr, 0},
    {"DELETE", "/api/v1/ns-records/{id}", gone, 0},
    {"DELETE", "/api/v1/baton/managers/{name}", gone, 0},
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

/* The file of --ca is found from every folder. */
static void a_login_keeps_where_its_ca_is(void **state)
{
    struct fixture *f = *state;
    char file[128], was[512], text[4096] = "";
    assert_non_null(getcwd(was, sizeof(was)));
    snprintf(file, sizeof(file), "%s/ca.pem", f->home);
    FILE *out = fopen(file, "we");
    assert_non_null(out);
    fclose(out);
    assert_int_equal(chdir(f->home), 0);
    assert_int_equal(RUN(f, "login", "--ca", "ca.pem"), CLI_OK);
    assert_int_equal(chdir(was), 0);
    snprintf(file, sizeof(file), "%s/baton/session", f->home);
    FILE *in = fopen(file, "re");
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    snprintf(file, sizeof(file), "%s/ca.pem", f->home);
    assert_non_null(strstr(text, file));
    unlink(file);
}

static void a_context_is_a_login_of_its_own(void **state)
{
    struct fixture *f = *state;
    char path[128];
    assert_int_equal(RUN(f, "login", "--context", "lab", "--url", "http://127.0.0.1:1"),
                     CLI_UNREACHABLE); /* and nothing is kept */
    assert_int_equal(RUN(f, "nsd", "list", "--context", "lab"), CLI_NOT_FOUND);
    assert_has(f->errors, "there is no context 'lab'");
    assert_int_equal(RUN(f, "login", "--context", "lab", "--url", f->url, "--user", "admin"),
                     CLI_OK);
    assert_has(f->errors, "baton context use lab");
    setenv("BATON_URL", "http://127.0.0.1:1", 1); /* who says "lab" means lab */
    assert_int_equal(RUN(f, "nsd", "list", "-o", "name", "--context", "lab"), CLI_OK);
    assert_string_equal(f->out, "d/1\n");
    assert_int_equal(f->tokens, 1);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_UNREACHABLE);
    unsetenv("BATON_URL");
    unsetenv("BATON_USER");
    assert_int_equal(RUN(f, "nsd", "list"), CLI_AUTH);
    assert_int_equal(RUN(f, "context", "use", "lab"), CLI_OK);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    assert_int_equal(RUN(f, "context", "list", "-o", "json"), CLI_OK);
    assert_has(f->out, "\"name\":\"lab\"");
    assert_null(strstr(f->out, "good")); /* the token */
    f->is_expired = true;
    assert_int_equal(RUN(f, "nsd", "show", "scv"), CLI_AUTH);
    assert_has(f->errors, "no longer valid: baton login --context lab");
    f->is_expired = false;
    assert_int_equal(RUN(f, "logout"), CLI_OK);
    assert_int_equal(f->revoked, 1);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_AUTH);
    assert_has(f->errors, "hint: baton login --context lab");
    assert_int_equal(RUN(f, "login", "--context", "lab"), CLI_OK); /* it knows where, and who */
    assert_int_equal(RUN(f, "context", "delete", "lab"), CLI_OK);
    assert_int_equal(f->revoked, 2);
    assert_int_equal(RUN(f, "context", "show", "lab"), CLI_NOT_FOUND);
    snprintf(path, sizeof(path), "%s/baton/contexts", f->home);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/baton/context", f->home);
    unlink(path);
}

/* A port without TLS, and a file of no certificates: each says what to do. */
static void an_error_of_tls_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    char url[80], file[128];
    snprintf(url, sizeof(url), "https%s", f->url + strlen("http"));
    setenv("BATON_URL", url, 1);
    assert_int_equal(RUN(f, "nsd", "list"), CLI_UNREACHABLE);
    assert_has(f->errors, "that port speaks no TLS: --url http://HOST:PORT");
    snprintf(file, sizeof(file), "%s/ca.pem", f->home);
    FILE *out = fopen(file, "we");
    assert_non_null(out);
    fputs("no certificate\n", out);
    fclose(out);
    assert_int_equal(RUN(f, "nsd", "list", "--ca", file), CLI_USAGE);
    assert_has(f->errors, "--ca takes a file with certificates in PEM");
    unlink(file);
    assert_int_equal(RUN(f, "nsd", "list", "--url", "http://127.0.0.1:1"), CLI_UNREACHABLE);
    assert_has(f->errors, "is 'http://127.0.0.1:1' right, and does nfvo run there?");
}

/* What a search for the beginning of an id meets is what the command ends with. */
static void a_search_that_fails_says_why(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "nsd", "show", "scv"), CLI_NOT_FOUND);
    assert_has(f->errors, "did you mean: svc");
    f->is_expired = true;
    assert_int_equal(RUN(f, "nsd", "show", "scv"), CLI_AUTH);
}

/* Else each command of a script would leave one for 30 days. */
static void the_login_of_a_command_ends_with_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    assert_int_equal(f->tokens, 1);
    assert_int_equal(f->revoked, 1);
    assert_int_equal(RUN(f, "nsd", "show", "none"), CLI_NOT_FOUND);
    assert_int_equal(f->revoked, 2);
    assert_int_equal(RUN(f, "nsd", "list", "--project", "mine"), CLI_NOT_FOUND);
    assert_int_equal(RUN(f, "login", "--project", "mine"), CLI_NOT_FOUND);
    assert_int_equal(f->tokens, 4);
    assert_int_equal(f->revoked, 4);
    f->has_no_revoke = true;
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    assert_string_equal(f->errors, "");
    f->has_no_revoke = false;
    assert_int_equal(RUN(f, "login"), CLI_OK); /* this one is to stay */
    unsetenv("BATON_USER");
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    assert_int_equal(f->revoked, 4);
    assert_int_equal(RUN(f, "logout"), CLI_OK);
    assert_int_equal(f->revoked, 5);
    setenv("BATON_TOKEN", "good", 1); /* that of somebody else */
    assert_int_equal(RUN(f, "nsd", "list"), CLI_OK);
    assert_int_equal(f->revoked, 5);
    unsetenv("BATON_TOKEN");
}

/* Without a default one: users, projects, services need none, the rest says what is missing. */
static void several_projects_are_asked_about_where_one_is_needed(void **state)
{
    struct fixture *f = *state;
    f->has_no_default = true;
    assert_int_equal(RUN(f, "project", "list", "-o", "name"), CLI_OK);
    assert_string_equal(f->out, "p0\np2\n");
    assert_int_equal(RUN(f, "nsd", "list"), CLI_USAGE);
    assert_has(f->errors, "there are several projects\n  hint: say which: --project NAME");
    assert_int_equal(RUN(f, "nsd", "list", "--project", "lab"), CLI_OK);
    assert_int_equal(RUN(f, "login"), CLI_OK);
    assert_int_equal(RUN(f, "logout"), CLI_OK);
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

/* A connection that comes while the proxy is down is closed in its next round. */
static void wait_for_round(struct fixture *f)
{
    char byte;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)proxy_port(f->proxy)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        while (recv(fd, &byte, 1, 0) > 0)
            ;
    close(fd);
}

/* Closes all connections once the request is there, and lets new ones in when that has happened. */
static void *cut(void *arg)
{
    struct fixture *f = arg;
    for (int i = 0; i < LOST; i++) {
        sem_wait(&f->has_parked);
        proxy_down(f->proxy, true);
        wait_for_round(f);
        wait_for_round(f); /* the one before may have begun earlier */
        proxy_down(f->proxy, false);
    }
    return NULL;
}

/* The server may have carried it out: it is asked again, with the key that tells it so. */
static void a_lost_answer_is_asked_for_again(void **state)
{
    struct fixture *f = *state;
    pthread_t cutter;
    char url[64];
    f->proxy = proxy_new("127.0.0.1", http_server_port(f->server));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", proxy_port(f->proxy));
    assert_int_equal(sem_init(&f->has_parked, 0, 0), 0);
    assert_int_equal(pthread_create(&cutter, NULL, cut, f), 0);
    int exit = RUN(f, "nsr", "create", "svc", "--url", url, "-o", "name");
    if (exit != CLI_OK)
        print_error("%s", f->errors);
    assert_int_equal(exit, CLI_OK);
    pthread_join(cutter, NULL);
    assert_string_equal(f->out, ID "\n");
    assert_has(f->errors, "the connection was lost before the answer; asking again");
    assert_int_equal(f->posts, LOST + 1);
    assert_int_equal(strlen(f->keys[0]), 36);
    for (int i = 0; i < LOST; i++) {
        struct http_reply none = HTTP_REPLY_INIT;
        assert_string_equal(f->keys[i + 1], f->keys[0]);
        say(&none, 200, "{}");
        http_parked_reply(f->parked[i], &none);
    }
    proxy_free(f->proxy);
    sem_destroy(&f->has_parked);
    f->proxy = NULL;
    f->posts = 0;
    assert_int_equal(RUN(f, "nsr", "create", "svc"), CLI_OK);
    assert_string_not_equal(f->keys[0], f->keys[1]); /* another command, another key */
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

static void a_deleted_manager_is_named(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "manager", "delete", "generic"), CLI_OK);
    assert_string_equal(f->out, "manager 'generic' deleted: its account and connections end\n");
    assert_int_equal(RUN(f, "manager", "delete", "generic", "-o", "name"), CLI_OK);
    assert_string_equal(f->out, "generic\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_login_is_kept_until_logout, setup, teardown),
        cmocka_unit_test_setup_teardown(a_login_keeps_where_its_ca_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_context_is_a_login_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_of_tls_says_what_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(a_search_that_fails_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(the_login_of_a_command_ends_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(several_projects_are_asked_about_where_one_is_needed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_password_may_stand_in_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_password_and_an_expired_token_are_4, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_lost_answer_is_asked_for_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_project_is_chosen_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_with_the_outcome, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deleted_manager_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(json_on_standard_output_stays_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
