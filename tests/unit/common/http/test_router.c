#include "common/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static enum http_result none(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    (void)reply;
    return HTTP_DONE;
}

static const struct http_route routes[] = {
    {"GET", "/", none, 0},
    {"GET", "/api/v1/users", none, 0},
    {"POST", "/api/v1/users/", none, 0},
    {"GET", "/api/v1/users/current", none, 0},
    {"GET", "/api/v1/users/{id}", none, 0},
    {"DELETE", "/api/v1/users/{id}", none, 0},
    {"GET", "/api/v1/users/{id}/roles", none, 0},
    {"GET", "/api/v1/ns-records/{id}/vnfrecords/{vnfrId}", none, 0},
    {"GET", "/api/v1//vnf-forwarding-graphs", none, 0},
    {"GET", "/web/{file*}", none, 0},
    {"GET", "/web/index", none, 0},
    {0},
};

/* "METHOD pattern", or "404", or "405 allow", or "400". */
static void find(const struct http_router *r, const char *method, const char *path, char *out,
                 size_t size)
{
    char text[512];
    struct http_path cut;
    AUTO(sbuf_release) struct sbuf allow = SBUF_INIT;
    snprintf(text, sizeof(text), "%s", path);
    if (!http_path_split(text, &cut)) {
        snprintf(out, size, "400");
        return;
    }
    const struct http_route *route = http_router_find(r, method, &cut, &allow);
    if (route)
        snprintf(out, size, "%s %s", route->method, route->path);
    else if (allow.len > 0)
        snprintf(out, size, "405 %s", allow.s);
    else
        snprintf(out, size, "404");
}

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *want;
    } cases[] = {
        {"GET", "/", "GET /"},
        {"GET", "", "GET /"},
        {"GET", "/api/v1/users", "GET /api/v1/users"},
        {"GET", "/api/v1/users/", "GET /api/v1/users"},
        {"GET", "//api///v1/users//", "GET /api/v1/users"},
        {"POST", "/api/v1/users", "POST /api/v1/users/"},
        {"GET", "/api/v1/Users", "404"},
        {"GET", "/api/v1/user", "404"},
        {"GET", "/api/v1/usersx", "404"},
        {"GET", "/api/v1", "404"},
        {"GET", "/api/v1/users/current", "GET /api/v1/users/current"},
        {"GET", "/api/v1/users/Current", "GET /api/v1/users/{id}"},
        {"DELETE", "/api/v1/users/current", "DELETE /api/v1/users/{id}"},
        {"GET", "/api/v1/users/current/roles", "GET /api/v1/users/{id}/roles"},
        {"PUT", "/api/v1/users", "405 GET, HEAD, POST"},
        {"PUT", "/api/v1/users/current", "405 GET, HEAD, DELETE"},
        {"HEAD", "/api/v1/users", "GET /api/v1/users"},
        {"HEAD", "/api/v1/users/1", "GET /api/v1/users/{id}"},
        {"GET", "/api/v1/ns-records/1/vnfrecords/2",
         "GET /api/v1/ns-records/{id}/vnfrecords/{vnfrId}"},
        {"GET", "/api/v1/vnf-forwarding-graphs", "GET /api/v1//vnf-forwarding-graphs"},
        {"GET", "/api/v1/users/a%2Fb", "GET /api/v1/users/{id}"},
        {"GET", "/api/v1/%75sers", "GET /api/v1/users"},
        {"GET", "/api/v1/users/%zz", "400"},
        {"GET", "/api/v1/users/%0", "400"},
        {"GET", "/api/v1/users/%00", "400"},
        {"GET", "/web", "GET /web/{file*}"},
        {"GET", "/web/a/b/c.js", "GET /web/{file*}"},
        {"GET", "/web/index", "GET /web/index"},
        {"GET", "/web/index/x", "GET /web/{file*}"},
        {"GET", "/web/../etc", "404"},
        {"GET", "/web/%2e%2E/etc", "404"},
        {"GET", "/web/./x", "404"},
        {"GET", "/web/...", "GET /web/{file*}"},
        {"GET", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "404"},
    };
    struct http_router *r = NULL;
    assert_int_equal(http_router_new(&r, routes, NULL), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[256];
        find(r, cases[i].method, cases[i].path, got, sizeof(got));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s %s: got %s, want %s", cases[i].method, cases[i].path, got, cases[i].want);
    }
    http_router_free(r);
}

static void test_param(void **state)
{
    (void)state;
    bool is_rest;
    const struct http_route *two = &routes[7], *rest = &routes[9];
    assert_int_equal(http_route_param(two, "id", &is_rest), 3);
    assert_false(is_rest);
    assert_int_equal(http_route_param(two, "vnfrId", &is_rest), 5);
    assert_int_equal(http_route_param(two, "vnfrid", &is_rest), -1);
    assert_int_equal(http_route_param(two, "", &is_rest), -1);
    assert_int_equal(http_route_param(rest, "file", &is_rest), 1);
    assert_true(is_rest);
}

static void test_bad_tables(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *want;
    } cases[] = {
        {"/a/{x}", "/a/{y}/", "route 'GET /a/{y}/' is there twice"},
        {"/a", "b", "route 'b' has no handler or no leading '/'"},
        {"/a", "/b/{x*}/c", "route '/b/{x*}/c' goes on behind {rest*} or is too deep"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = ERR_INIT;
        struct http_router *r = NULL;
        const struct http_route table[] = {
            {"GET", cases[i].first, none, 0}, {"GET", cases[i].second, none, 0}, {0}};
        assert_int_equal(http_router_new(&r, table, &err), ERR_INVALID);
        assert_string_equal(err.msg, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_param),
        cmocka_unit_test(test_bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
