/* The SDK over HTTP, against an NFVO that is a server of this test: what it registers, answers and
 * asks, and what it does when the NFVO is not there, refuses, repeats, or stops. */
#include "vnfm-generic/sdk/ob_vnfm.h"

#include "common/base/macros.h"
#include "common/http/client.h"
#include "common/http/server.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VNFD                                                                                       \
    "{\"id\":\"d-1\",\"name\":\"web\",\"type\":\"web\",\"endpoint\":\"x\",\"vendor\":\"acme\","    \
    "\"version\":\"1.0\",\"vdu\":[{\"id\":\"u-d\",\"name\":\"web-1\",\"vnfc\":[{}]}]}"
#define INSTANTIATE                                                                                \
    "{\"action\":\"INSTANTIATE\",\"vnfd\":" VNFD ",\"vlrs\":[],\"vnfdf\":{\"flavour_key\":\"f\"}," \
    "\"extension\":{\"nsr-id\":\"nsr-1\"},\"keys\":[]}"
#define START "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\"}}"
#define TOKEN "a-token"

enum path { REGISTER, UNREGISTER, GRANT, ALLOCATE, SCALE, TOLD, PATH_N };
static const char *const paths[PATH_N] = {"vnfm-register",   "vnfm-unregister",
                                          "vnfm-core-grant", "vnfm-core-allocate",
                                          "vnfm-core-scale", "vnfm-core-actions-reply"};

/* The NFVO, the VNFM, and what each has seen. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_server *server;
    unsigned calls[PATH_N];
    int say[PATH_N][4]; /* statuses of the next calls; 0: what is right */
    char registered[1000], authorization[100];
    struct ob_vnfm *vnfm;
    char vnfm_url[200], fault[400];
    unsigned starts, served, faults, lost;
    bool is_held; /* the handler of START defers */
    struct ob_request *held[4];
    unsigned held_n;
} my = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int status_of(enum path path)
{
    int said = my.say[path][0];
    memmove(&my.say[path][0], &my.say[path][1], sizeof(my.say[path]) - sizeof(int));
    return said;
}

static const char *answer_of(enum path path, int *status)
{
    static const char record[] =
        "\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\",\"name\":\"web\","
        "\"parent_ns_id\":\"nsr-1\"}}";
    static char text[400];
    *status = path == REGISTER ? 201 : path >= GRANT && path <= SCALE ? 202 : 200;
    if (path == GRANT)
        snprintf(text, sizeof(text),
                 "{\"action\":\"GRANT_OPERATION\",\"grantAllowed\":true,\"vduVim\":{},%s", record);
    else if (path == ALLOCATE)
        snprintf(text, sizeof(text), "{\"action\":\"ALLOCATE_RESOURCES\",%s", record);
    else
        return "";
    return text;
}

static enum http_result on_call(struct http_request *req, struct http_reply *reply)
{
    enum path path = REGISTER;
    const char *name = http_request_param(req, "path");
    while (path < PATH_N && strcmp(paths[path], name) != 0)
        path++;
    assert_true(path < PATH_N);
    pthread_mutex_lock(&my.lock);
    my.calls[path]++;
    if (path == REGISTER)
        snprintf(my.registered, sizeof(my.registered), "%s", req->body);
    snprintf(my.authorization, sizeof(my.authorization), "%s",
             http_request_header(req, "Authorization"));
    int said = status_of(path), status;
    const char *text = answer_of(path, &status);
    if (said)
        http_reply_copy(reply, said, HTTP_TYPE_JSON, "{\"message\":\"not now\"}", 21);
    else
        http_reply_copy(reply, status, HTTP_TYPE_JSON, text, strlen(text));
    pthread_cond_broadcast(&my.changed);
    pthread_mutex_unlock(&my.lock);
    return HTTP_DONE;
}

/* --- the VNFM --------------------------------------------------------------------------------- */

static enum ob_code start(void *arg, struct ob_request *request, struct ob_err *err)
{
    (void)arg, (void)err;
    pthread_mutex_lock(&my.lock);
    my.starts++;
    if (my.is_held) {
        ob_request_defer(request);
        my.held[my.held_n++] = request;
    }
    pthread_cond_broadcast(&my.changed);
    pthread_mutex_unlock(&my.lock);
    return ERR_OK;
}

static void told(void *arg, struct ob_request *request, const struct ob_err *err)
{
    (void)arg;
    assert_int_equal(err->code, ERR_OK);
    ob_request_reply(request);
}

static enum ob_code modify(void *arg, struct ob_request *request, struct ob_err *err)
{
    (void)arg, (void)err;
    ob_request_defer(request);
    ob_vnfm_ask(request, "UPDATEVNFR", 5000, told, NULL);
    return ERR_OK;
}

static void on_event(void *arg, enum ob_vnfm_state state, int code, const char *text)
{
    (void)arg, (void)code;
    pthread_mutex_lock(&my.lock);
    my.served += state == OB_SERVING;
    my.faults += state == OB_FAULT;
    if (state == OB_FAULT)
        snprintf(my.fault, sizeof(my.fault), "%s", text);
    my.lost += state == OB_LOST;
    if (state == OB_SERVING)
        snprintf(my.vnfm_url, sizeof(my.vnfm_url), "%s", text);
    pthread_cond_broadcast(&my.changed);
    pthread_mutex_unlock(&my.lock);
}

static void await(const unsigned *count, unsigned n)
{
    pthread_mutex_lock(&my.lock);
    while (*count < n)
        pthread_cond_wait(&my.changed, &my.lock);
    pthread_mutex_unlock(&my.lock);
}

static int set_up(void **state)
{
    static const struct http_route routes[] = {{"POST", "/admin/v1/{path}", on_call, 0}, {0}};
    struct err err = ERR_INIT;
    (void)state;
    memset(my.calls, 0, sizeof(my.calls));
    memset(my.say, 0, sizeof(my.say));
    my.starts = my.served = my.faults = my.lost = my.held_n = 0;
    my.is_held = false;
    assert_int_equal(
        http_server_open(&my.server, &(struct http_server_options){.routes = routes}, &err),
        ERR_OK);
    return 0;
}

static void vnfm_new(struct ob_http http)
{
    static const struct ob_vnfm_handlers handlers = {.start = start, .modify = modify};
    struct err err = ERR_INIT;
    char nfvo[100];
    snprintf(nfvo, sizeof(nfvo), "http://127.0.0.1:%u/", http_server_port(my.server));
    http.nfvo = nfvo;
    my.vnfm = ob_vnfm_new(
        &(struct ob_vnfm_options){
            .type = "web", .handlers = &handlers, .on_event = on_event, .http = http},
        &err);
    if (!my.vnfm)
        fail_msg("%s", err.msg);
}

static void vnfm_start(void)
{
    struct err err = ERR_INIT;
    if (ob_vnfm_start(my.vnfm, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    await(&my.served, 1);
}

static void vnfm_open(const char *token)
{
    vnfm_new((struct ob_http){.token = token});
    vnfm_start();
}

static int tear_down(void **state)
{
    (void)state;
    if (my.vnfm) {
        ob_vnfm_stop(my.vnfm, 1000);
        ob_vnfm_free(my.vnfm);
        my.vnfm = NULL;
    }
    http_server_close(my.server);
    return 0;
}

/* --- the NFVO's calls ------------------------------------------------------------------------- */

struct asked {
    pthread_t thread;
    const char *body, *key, *header, *value;
    struct http_response res;
};

static void *ask_run(void *arg)
{
    struct asked *k = arg;
    struct http_client *client = http_client_new();
    char url[300];
    struct http_header headers[] = {{"Idempotency-Key", k->key ? k->key : ""},
                                    {k->header, k->value}};
    snprintf(url, sizeof(url), "%s/core-rest-actions", my.vnfm_url);
    k->res = (struct http_response)HTTP_RESPONSE_INIT;
    struct err err = ERR_INIT;
    if (http_client_call(client,
                         &(struct http_call){.method = "POST",
                                             .url = url,
                                             .headers = k->key ? headers : headers + 1,
                                             .header_n = (k->key != NULL) + (k->header != NULL),
                                             .type = HTTP_TYPE_JSON,
                                             .body = k->body,
                                             .body_len = strlen(k->body)},
                         &k->res, &err) != ERR_OK)
        print_error("%s\n", err.msg);
    http_client_free(client);
    return NULL;
}

static void ask_begin(struct asked *k, const char *body, const char *key)
{
    *k = (struct asked){.body = body, .key = key};
    assert_int_equal(pthread_create(&k->thread, NULL, ask_run, k), 0);
}

static void ask_end(struct asked *k, int status, const char *part)
{
    pthread_join(k->thread, NULL);
    if (k->res.status != status || !strstr(k->res.body.s, part))
        fail_msg("%d, '%s' wanted: %d %s", status, part, k->res.status, k->res.body.s);
    http_response_release(&k->res);
}

static void ask(const char *body, const char *key, int status, const char *part)
{
    struct asked k;
    ask_begin(&k, body, key);
    ask_end(&k, status, part);
}

static void ask_as(const char *header, const char *value, int status)
{
    struct asked k = {.body = START, .header = header, .value = value};
    assert_int_equal(pthread_create(&k.thread, NULL, ask_run, &k), 0);
    ask_end(&k, status, status == 200 ? "START" : "message");
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_life(void **state)
{
    char wanted[300];
    (void)state;
    vnfm_open(NULL);
    snprintf(wanted, sizeof(wanted), "\"endpoint\":\"%s\"", my.vnfm_url);
    assert_non_null(strstr(my.registered, wanted));
    assert_non_null(strstr(my.registered, "\"type\":\"web\""));
    assert_non_null(strstr(my.registered, "\"endpointType\":\"REST\""));
    assert_non_null(strstr(my.registered, "\"capabilities\":[\"correlation\"]"));
    ask(INSTANTIATE, "a", 200,
        "{\"action\":\"INSTANTIATE\",\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\"");
    assert_int_equal(my.calls[GRANT] + my.calls[ALLOCATE], 2);
    ask(START, "b", 200, "{\"action\":\"START\"");
    /* A question whose answer has no body: it was taken. */
    ask("{\"action\":\"MODIFY\",\"vnfr\":{\"id\":\"r-1\"}}", "c", 200, "{\"action\":\"MODIFY\"");
    assert_int_equal(my.calls[TOLD], 1);
    ask("{\"action\":\"SCALE_IN\",\"vnfr\":{}}", "d", 200, "null");
    ask("{\"action\":\"NONSENSE\"}", "e", 200, "is not one of a VNFM");
    ask("{\"action\":", "f", 200, "\"action\":\"ERROR\"");
    ob_vnfm_stop(my.vnfm, 1000);
    assert_int_equal(my.calls[UNREGISTER], 1);
}

/* The same key: one effect; it joins what is in hand, and gets what was answered. */
static void test_repeat(void **state)
{
    struct asked first, second;
    (void)state;
    vnfm_open(NULL);
    my.is_held = true;
    ask_begin(&first, START, "same");
    await(&my.held_n, 1);
    ask_begin(&second, START, "same");
    struct ob_vnfm_stats stats = {0};
    while (stats.repeats < 1)
        ob_vnfm_get_stats(my.vnfm, &stats);
    ob_request_reply(my.held[0]);
    ask_end(&first, 200, "{\"action\":\"START\"");
    ask_end(&second, 200, "{\"action\":\"START\"");
    ask(START, "same", 200, "{\"action\":\"START\"");
    assert_int_equal(my.starts, 1);
    my.is_held = false;
    ask(START, "other", 200, "{\"action\":\"START\"");
    ask(START, NULL, 200, "{\"action\":\"START\"");
    assert_int_equal(my.starts, 3);
}

/* What passes is asked again; what is refused is an error with the NFVO's words; after "not yours" it
 * registers anew, and asks once more. */
static void test_questions(void **state)
{
    (void)state;
    vnfm_open(NULL);
    my.say[GRANT][0] = 503;
    my.say[ALLOCATE][0] = 500;
    ask(INSTANTIATE, "a", 200, "{\"action\":\"INSTANTIATE\"");
    assert_int_equal(my.calls[GRANT], 2);
    assert_int_equal(my.calls[ALLOCATE], 2);
    my.say[GRANT][0] = 422;
    ask(INSTANTIATE, "b", 200, "not now (status 422)");
    assert_int_equal(my.calls[GRANT], 3);
    unsigned before = my.calls[REGISTER];
    my.say[GRANT][0] = 403;
    ask(INSTANTIATE, "c", 200, "{\"action\":\"INSTANTIATE\"");
    assert_int_equal(my.calls[REGISTER], before + 1);
    my.say[GRANT][0] = my.say[GRANT][1] = 403;
    ask(INSTANTIATE, "d", 200, "not now (status 403)");
    assert_int_equal(my.calls[REGISTER], before + 2);
}

static void test_registration_is_repeated(void **state)
{
    (void)state;
    my.say[REGISTER][0] = 500;
    my.say[REGISTER][1] = 422;
    vnfm_open(NULL);
    assert_int_equal(my.faults, 2);
    assert_int_equal(my.calls[REGISTER], 3);
}

static void test_token(void **state)
{
    (void)state;
    vnfm_open(TOKEN);
    assert_string_equal(my.authorization, "Bearer " TOKEN);
    ask_as("Authorization", "Bearer " TOKEN, 200);
    ask_as("Authorization", "Bearer " TOKEN "x", 401);
    ask_as("Authorization", "Bearer a-tokem", 401);
    ask_as("Authorization", TOKEN, 401);
    ask_as("X-None", "1", 401);
    ask_as("Origin", "http://localhost", 403);
    assert_int_equal(my.starts, 1);
}

/* Nothing is logged by a library: it is an event. */
static void test_tls_fault(void **state)
{
    char dir[] = "/tmp/test-rest-XXXXXX", cert[64], key[64], cmd[512];
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    snprintf(key, sizeof(key), "%s/key.pem", dir);
    snprintf(cmd, sizeof(cmd),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=localhost -out %s -keyout %s 2>/dev/null",
             cert, key);
    assert_int_equal(system(cmd), 0);
    vnfm_new((struct ob_http){.cert = cert, .key = key});
    vnfm_start();
    assert_true(strncmp(my.vnfm_url, "https:", 6) == 0);
    memmove(my.vnfm_url + 4, my.vnfm_url + 5, strlen(my.vnfm_url + 5) + 1); /* http: */
    struct asked plain;
    ask_begin(&plain, START, "a");
    await(&my.faults, 1);
    ask_end(&plain, 0, "");
    assert_non_null(strstr(my.fault, "TLS handshake with 127.0.0.1"));
    snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
    assert_int_equal(system(cmd), 0);
}

static void *stop_now(void *arg)
{
    ob_vnfm_stop(my.vnfm, 0);
    return arg;
}

/* What is in hand when it stops is the NFVO's again: it asks a sibling, or the next process. */
static void test_stop(void **state)
{
    struct asked k;
    (void)state;
    vnfm_open(NULL);
    my.is_held = true;
    ask_begin(&k, START, "a");
    await(&my.held_n, 1);
    struct ob_request *held = my.held[0];
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_now, NULL), 0);
    ask_end(&k, 503, "the VNFM is stopping");
    ob_request_reply(held); /* too late: it goes nowhere */
    pthread_join(stopper, NULL);
}

static _Thread_local struct {
    unsigned begun, fails; /* threads; the fails-th does not begin, but what comes first does */
    void (*first)(void);
} threads;

/* In the place of libc's, for all that is linked here. */
int pthread_create(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(uintptr_t)dlsym(
            RTLD_NEXT, "pthread_create");
    if (++threads.begun == threads.fails) {
        threads.first();
        return EAGAIN;
    }
    return real(ret, attr, run, arg);
}

static struct asked early;

static void ask_early(void)
{
    struct ob_vnfm_stats stats = {0};
    ask_begin(&early, INSTANTIATE, "a");
    while (stats.asks < 1)
        ob_vnfm_get_stats(my.vnfm, &stats);
}

/* The last thread of the start does not begin, and a request came in already, and asked. */
static void test_start_fails(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    threads.begun = 0;
    vnfm_open(NULL);
    unsigned last = threads.begun;
    ob_vnfm_stop(my.vnfm, 1000);
    ob_vnfm_free(my.vnfm);
    vnfm_new((struct ob_http){.port = atoi(strrchr(my.vnfm_url, ':') + 1)});
    threads.begun = 0;
    threads.fails = last;
    threads.first = ask_early;
    assert_int_equal(ob_vnfm_start(my.vnfm, &err), ERR_IO);
    threads.fails = 0;
    assert_non_null(strstr(err.msg, "start the I/O thread"));
    ask_end(&early, 503, "the VNFM is stopping");
    assert_int_equal(my.calls[GRANT], 0);
    my.served = 0;
    vnfm_start();
    ask(INSTANTIATE, "a", 200, "{\"action\":\"INSTANTIATE\"");
}

static void test_options(void **state)
{
    static const struct {
        struct ob_http http;
        const char *says;
    } rows[] = {
        {{.nfvo = "amqp://x"}, "http.nfvo"},
        {{.nfvo = "http://x", .url = "here"}, "http.url"},
        {{.nfvo = "http://x", .address = "0.0.0.0"}, "is not where the NFVO finds us"},
        {{.nfvo = "http://x", .port = 70000}, "is no port"},
        {{.nfvo = "http://x", .cert = "c"}, "go together"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = ERR_INIT;
        assert_null(
            ob_vnfm_new(&(struct ob_vnfm_options){.type = "web", .http = rows[i].http}, &err));
        if (!strstr(err.msg, rows[i].says))
            fail_msg("'%s' is not in: %s", rows[i].says, err.msg);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_life),      TEST(test_repeat),
                                       TEST(test_questions), TEST(test_registration_is_repeated),
                                       TEST(test_token),     TEST(test_tls_fault),
                                       TEST(test_stop),      TEST(test_start_fails),
                                       TEST(test_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
