#include "common/http/calls.h"

#include "common/http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 40, AT_ONCE = 8 };

/* A server that answers nobody until `wanted` calls are there: one after the other they would never
 * end. */
static struct {
    struct http_server *server;
    struct http_parked *parked[MANY];
    _Atomic unsigned n;
    unsigned wanted;
    char url[100];
} there;

static enum http_result on_call(struct http_request *req, struct http_reply *reply)
{
    struct http_reply late = {0};
    (void)reply;
    there.parked[there.n++] = http_park(req, 60000, &late);
    if (there.n % there.wanted == 0)
        for (unsigned i = there.n - there.wanted; i < there.n; i++) {
            struct http_reply ok = {0};
            http_reply_static(&ok, 200, HTTP_TYPE_JSON, "{}");
            (void)http_parked_reply(there.parked[i], &ok);
        }
    return HTTP_PARKED;
}

static const struct http_route routes[] = {{"POST", "/x", on_call, 0}, {0}};

struct seen {
    unsigned answers, errors;
    enum err_code last;
    struct http_calls *again; /* begins another one out of the callback */
};

static void called(void *arg, const struct http_response *res, const struct err *err)
{
    struct seen *seen = arg;
    if (err) {
        seen->errors++;
        seen->last = err->code;
        return;
    }
    assert_int_equal(res->status, 200);
    assert_string_equal(res->body.s, "{}");
    seen->answers++;
    if (seen->again) {
        struct http_calls *c = seen->again;
        seen->again = NULL;
        http_calls_begin(c, &(struct http_call){.method = "POST", .url = there.url}, called, seen);
    }
}

static int set_up(void **state)
{
    struct err err = ERR_INIT;
    *state = http_calls_new(AT_ONCE);
    there.n = 0;
    there.wanted = AT_ONCE;
    assert_int_equal(http_server_open(&there.server,
                                      &(struct http_server_options){
                                          .routes = routes, .threads = 1, .stop_timeout_ms = 1},
                                      &err),
                     ERR_OK);
    snprintf(there.url, sizeof(there.url), "http://127.0.0.1:%u/x", http_server_port(there.server));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_close(there.server);
    return 0;
}

static void begin(struct http_calls *c, unsigned n, struct seen *seen)
{
    for (unsigned i = 0; i < n; i++)
        http_calls_begin(c, &(struct http_call){.method = "POST", .url = there.url}, called, seen);
}

/* Eight of them are open at a time, not one, and no more. */
static void test_together(void **state)
{
    struct http_calls *c = *state;
    struct seen seen = {0};
    begin(c, MANY, &seen);
    while (seen.answers < MANY) {
        assert_true(http_server_connections(there.server) <= AT_ONCE);
        http_calls_run(c, 1000);
    }
    assert_int_equal(seen.errors, 0);
    http_calls_free(c);
}

static void test_begun_in_a_callback(void **state)
{
    struct http_calls *c = *state;
    struct seen seen = {.again = c};
    there.wanted = 1;
    begin(c, 1, &seen);
    while (seen.answers < 2)
        http_calls_run(c, 1000);
    http_calls_free(c);
}

/* What cannot begin is told from the loop, too, not from within http_calls_begin. */
static void test_cannot_begin(void **state)
{
    struct http_calls *c = *state;
    struct seen seen = {0};
    http_calls_begin(c, &(struct http_call){.method = "post", .url = there.url}, called, &seen);
    assert_int_equal(seen.errors, 0);
    http_calls_run(c, 0);
    assert_int_equal(seen.last, ERR_INVALID);
    http_calls_begin(c, &(struct http_call){.url = "http://127.0.0.1:1/"}, called, &seen);
    while (seen.errors < 2)
        http_calls_run(c, 1000);
    assert_int_equal(seen.last, ERR_UNAVAIL);
    http_calls_free(c);
}

static void test_freed_with_open_ones(void **state)
{
    struct http_calls *c = *state;
    struct seen seen = {0};
    there.wanted = MANY; /* that many never come */
    begin(c, 3, &seen);
    while (there.n < 3)
        http_calls_run(c, 100);
    http_calls_free(c);
    assert_int_equal(seen.errors, 3);
    assert_int_equal(seen.last, ERR_UNAVAIL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_together), TEST(test_begun_in_a_callback),
                                       TEST(test_cannot_begin), TEST(test_freed_with_open_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
