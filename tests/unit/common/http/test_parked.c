#include "common/http/server.h"

#include "common/base/mem.h"
#include "common/http/client.h"
#include "tests/support/rawsock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKENS 64

/* Tokens are handed to whoever answers through a queue, as they would be to a table of operations.
 */
struct fixture {
    struct http_server *server;
    struct http_client *client;
    struct http_response res;
    char base[64];
    int64_t timeout_ms;
    atomic_int after;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_parked *tokens[TOKENS];
    size_t n;
    pthread_barrier_t held;
};

static void park(struct fixture *f, struct http_request *req)
{
    struct http_reply fallback = HTTP_REPLY_INIT;
    http_reply_copy(&fallback, 422, HTTP_TYPE_TEXT, "too late", 8);
    http_reply_header(&fallback, "X-Fallback", "1");
    struct http_parked *token = http_park(req, f->timeout_ms, &fallback);
    pthread_mutex_lock(&f->lock);
    f->tokens[f->n++] = token;
    pthread_cond_signal(&f->more);
    pthread_mutex_unlock(&f->lock);
}

static enum http_result on_wait(struct http_request *req, struct http_reply *reply)
{
    (void)reply;
    park(req->ctx, req);
    return HTTP_PARKED;
}

static struct http_parked *take(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->n == 0)
        pthread_cond_wait(&f->more, &f->lock);
    struct http_parked *token = f->tokens[--f->n];
    pthread_mutex_unlock(&f->lock);
    return token;
}

static bool answer(struct http_parked *token, const char *text)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    http_reply_copy(&reply, 200, HTTP_TYPE_TEXT, text, strlen(text));
    http_reply_header(&reply, "X-Late", "0");
    return http_parked_reply(token, &reply);
}

/* The answer is there before the handler has returned. */
static enum http_result on_early(struct http_request *req, struct http_reply *reply)
{
    (void)reply;
    park(req->ctx, req);
    assert_true(answer(take(req->ctx), "early"));
    return HTTP_PARKED;
}

/* The handler parks and then answers itself after all. */
static enum http_result on_both(struct http_request *req, struct http_reply *reply)
{
    park(req->ctx, req);
    http_reply_static(reply, 200, HTTP_TYPE_TEXT, "at once");
    return HTTP_DONE;
}

/* Parks when the test lets it go on; a pool's thread, so that the others are served meanwhile. */
static enum http_result on_held(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    (void)reply;
    pthread_barrier_wait(&f->held);
    pthread_barrier_wait(&f->held);
    park(f, req);
    return HTTP_PARKED;
}

static void after(void *ctx, const struct http_route *route, const char *method, const char *path,
                  int status, int64_t took_us)
{
    struct fixture *f = ctx;
    (void)route;
    (void)method;
    (void)path;
    (void)status;
    (void)took_us;
    atomic_fetch_add(&f->after, 1);
}

static const struct http_route routes[] = {{"GET", "/wait", on_wait, 0},
                                           {"GET", "/early", on_early, 0},
                                           {"GET", "/both", on_both, 0},
                                           {"GET", "/held", on_held, HTTP_ROUTE_WORK},
                                           {0}};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->res = (struct http_response)HTTP_RESPONSE_INIT;
    f->client = http_client_new();
    f->timeout_ms = 20000;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->more, NULL);
    struct http_server_options o = {
        .threads = 2, .timeout_s = 1, .routes = routes, .ctx = f, .after = after};
    assert_int_equal(http_server_open(&f->server, &o, NULL), ERR_OK);
    snprintf(f->base, sizeof(f->base), "http://127.0.0.1:%u", http_server_port(f->server));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->client);
    http_server_close(f->server);
    http_response_release(&f->res);
    free(f);
    return 0;
}

static int call(struct fixture *f, const char *path)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", f->base, path);
    assert_int_equal(http_client_call(f->client, &(struct http_call){.url = url}, &f->res, NULL),
                     ERR_OK);
    return f->res.status;
}

static void *answer_all(void *arg)
{
    struct fixture *f = arg;
    for (int i = 0; i < 50; i++)
        if (!answer(take(f), "done"))
            abort();
    return NULL;
}

static void test_answer_from_another_thread(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_all, f), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(call(f, "/wait"), 200);
        assert_string_equal(f->res.body.s, "done");
        assert_string_equal(http_response_header(&f->res, "X-Late"), "0");
    }
    pthread_join(thread, NULL);
    assert_int_equal(http_server_connections(f->server), 1);
}

static void test_early_and_both(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(call(f, "/early"), 200);
    assert_string_equal(f->res.body.s, "early");
    assert_int_equal(call(f, "/both"), 200);
    assert_string_equal(f->res.body.s, "at once");
    assert_false(answer(take(f), "nobody hears this"));
    assert_int_equal(call(f, "/early"), 200);
}

static void test_deadline(void **state)
{
    struct fixture *f = *state;
    f->timeout_ms = 30;
    assert_int_equal(call(f, "/wait"), 422);
    assert_string_equal(f->res.body.s, "too late");
    assert_string_equal(http_response_header(&f->res, "X-Fallback"), "1");
    assert_false(answer(take(f), "after the deadline"));
    f->timeout_ms = 0;
    assert_int_equal(call(f, "/wait"), 422);
    assert_false(answer(take(f), "after the deadline"));
}

/* timeout_s is 1: it must not count while the request is parked, nor at once when it comes back. */
static void test_longer_than_idle_timeout(void **state)
{
    struct fixture *f = *state;
    f->timeout_ms = 1500;
    assert_int_equal(call(f, "/wait"), 422);
    assert_false(answer(take(f), "x"));
}

static void test_client_goes(void **state)
{
    struct fixture *f = *state;
    const char *request = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int i = 0; i < 20; i++) {
        int fd = raw_connect(http_server_port(f->server));
        assert_true(raw_send(fd, request, strlen(request)));
        struct http_parked *token = take(f);
        close(fd);
        answer(token, "nobody is there");
    }
    http_server_close(f->server);
    f->server = NULL;
    assert_int_equal(f->after, 20);
}

static void *call_wait(void *arg)
{
    struct fixture *f = arg;
    return (void *)(uintptr_t)call(f, "/wait");
}

/* Draining: nothing new, and what is parked is still answered. */
static void test_server_drains(void **state)
{
    struct fixture *f = *state;
    const char *request = "GET /early HTTP/1.1\r\nHost: x\r\n\r\n";
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    pthread_t thread;
    void *status;
    int open = raw_connect(http_server_port(f->server));
    assert_true(raw_send(open, request, strlen(request)));
    assert_true(raw_read(open, &got, "200 OK"));
    assert_true(raw_read(open, &got, "early"));
    assert_int_equal(pthread_create(&thread, NULL, call_wait, f), 0);
    struct http_parked *token = take(f);
    http_server_drain(f->server);
    assert_true(raw_send(open, request, strlen(request)));
    assert_true(raw_read(open, &got, NULL));
    close(open);
    assert_non_null(strstr(got.s, "503 Service Unavailable"));
    assert_non_null(strstr(got.s, "Retry-After: 1"));
    assert_non_null(strstr(got.s, "Connection: close"));
    assert_true(answer(token, "in time"));
    pthread_join(thread, &status);
    assert_int_equal((uintptr_t)status, 200);
    assert_string_equal(f->res.body.s, "in time");
}

/* Closing answers with 503; the token may be used long after the server is gone. */
static void test_server_goes(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *status;
    assert_int_equal(pthread_create(&thread, NULL, call_wait, f), 0);
    struct http_parked *token = take(f);
    http_server_close(f->server);
    f->server = NULL;
    pthread_join(thread, &status);
    assert_int_equal((uintptr_t)status, 503);
    assert_string_equal(http_response_header(&f->res, "Connection"), "close");
    assert_string_equal(http_response_header(&f->res, "Retry-After"), "1");
    assert_false(answer(token, "too late"));
}

static void *close_server(void *server)
{
    http_server_close(server);
    return NULL;
}

/* A handler that was at work when the server closed parks afterwards: that is no missed deadline.
 */
static void test_parked_after_close(void **state)
{
    struct fixture *f = *state;
    const char *request = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    pthread_t waiting, closing;
    void *status;
    pthread_barrier_init(&f->held, NULL, 2);
    int held = raw_connect(http_server_port(f->server));
    assert_true(raw_send(held, request, strlen(request)));
    pthread_barrier_wait(&f->held);
    assert_int_equal(pthread_create(&waiting, NULL, call_wait, f), 0);
    struct http_parked *first = take(f);
    assert_int_equal(pthread_create(&closing, NULL, close_server, f->server), 0);
    f->server = NULL;
    pthread_join(waiting, &status); /* answered: what is parked now comes after closing began */
    assert_int_equal((uintptr_t)status, 503);
    pthread_barrier_wait(&f->held);
    assert_true(raw_read(held, &got, NULL));
    assert_non_null(strstr(got.s, "503 Service Unavailable"));
    assert_non_null(strstr(got.s, "Retry-After: 1"));
    close(held);
    pthread_join(closing, NULL);
    assert_false(answer(first, "too late"));
    assert_false(answer(take(f), "too late"));
    pthread_barrier_destroy(&f->held);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_answer_from_another_thread),
        T(test_early_and_both),
        T(test_deadline),
        T(test_longer_than_idle_timeout),
        T(test_client_goes),
        T(test_server_goes),
        T(test_server_drains),
        T(test_parked_after_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
