/* The dashboard as it is served: to whom, with which headers, kept how long. What it does in a browser
 * is tests/ui. */
#include "tests/support/api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfvo/api/ui/ui.h"

#include <cmocka.h>

#define BROWSER "text/html,application/xhtml+xml,*/*;q=0.8"

static int get(struct api_fixture *f, const char *path, const char *accept, const char *encoding,
               const char *known)
{
    char url[300];
    const struct http_header headers[] = {
        {"Accept", accept}, {"Accept-Encoding", encoding}, {"If-None-Match", known}};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", api_port(f->api), path);
    http_response_release(&f->res);
    enum err_code rc = http_client_call(
        f->client, &(struct http_call){.url = url, .headers = headers, .header_n = known ? 3 : 2},
        &f->res, &f->err);
    assert_int_equal(rc, ERR_OK);
    return f->res.status;
}

static const char *header(struct api_fixture *f, const char *name)
{
    const char *value = http_response_header(&f->res, name);
    return value ? value : "";
}

static void browsers_get_a_page_and_others_what_they_always_got(void **state)
{
    struct api_fixture *f = *state;
    WANT(200, get(f, "/", BROWSER, "identity", NULL));
    assert_string_equal(header(f, "Content-Type"), "text/html; charset=utf-8");
    HAS("<!DOCTYPE html>");
    assert_non_null(strstr(header(f, "Vary"), "Accept"));
    assert_string_equal(header(f, "Cache-Control"), "private, no-cache");
    WANT(200, get(f, "/", "*/*", "identity", NULL));
    assert_string_equal(header(f, "Content-Type"), "application/json;charset=UTF-8");
    HAS("\"name\":\"Baton NFVO\"");
    assert_non_null(strstr(header(f, "Vary"), "Accept"));
    WANT(200, get(f, "/", "application/json", "identity", NULL));
    HAS("\"openapi\"");
}

/* A policy without a hole: no inline code, no other origin, nothing frames it, no text is markup. */
static void nothing_but_its_own_files_runs(void **state)
{
    static const char *const wanted[] = {"default-src 'none'", "script-src 'self'",
                                         "frame-ancestors 'none'", "base-uri 'none'",
                                         "require-trusted-types-for 'script'"};
    struct api_fixture *f = *state;
    WANT(200, get(f, "/", BROWSER, "identity", NULL));
    const char *policy = header(f, "Content-Security-Policy");
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_non_null(strstr(policy, wanted[i]));
    assert_null(strstr(policy, "unsafe"));
    assert_null(strstr(policy, "http"));
    assert_string_equal(header(f, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(header(f, "Referrer-Policy"), "no-referrer");
    assert_null(strstr(f->res.body.s, "<script>"));
    assert_null(strstr(f->res.body.s, "style="));
    assert_null(strstr(f->res.body.s, "http:"));
    WANT(200, get(f, "/healthz", BROWSER, "identity", NULL));
    assert_non_null(strstr(header(f, "Content-Security-Policy"), "default-src 'none'"));
    assert_null(strstr(header(f, "Content-Security-Policy"), "self"));
}

/* For ever, since their path is another one in the next release. */
static void files_are_kept(void **state)
{
    struct api_fixture *f = *state;
    char path[128], etag[80];
    for (const struct ui_file *u = ui_files; u->name; u++) {
        snprintf(path, sizeof(path), "/ui/%s/%s", ui_hash, u->name);
        WANT(200, get(f, path, "*/*", "identity", NULL));
        assert_int_equal(f->res.body.len, u->plain_len);
        assert_memory_equal(f->res.body.s, u->plain, u->plain_len);
        assert_string_equal(header(f, "Content-Type"), u->type);
        assert_string_equal(header(f, "Cache-Control"), "public, max-age=31536000, immutable");
        assert_string_equal(header(f, "Content-Encoding"), "");
        WANT(200, get(f, path, "*/*", "gzip", NULL));
        assert_string_equal(header(f, "Content-Encoding"), "gzip");
        assert_non_null(strstr(header(f, "Vary"), "Accept-Encoding"));
        snprintf(etag, sizeof(etag), "%s", header(f, "ETag"));
        WANT(304, get(f, path, "*/*", "gzip", etag));
    }
    snprintf(path, sizeof(path), "/ui/%s/words.js", ui_hash);
    WANT(200, get(f, path, "*/*", "identity", NULL));
    HAS("\"DEPLOYING\":\"is being deployed\"");
    HAS("export const waits={");
}

static void nothing_else_is_there(void **state)
{
    static const char *const names[] = {"none.js", "..%2findex.html", "%00", ".."};
    struct api_fixture *f = *state;
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "/ui/%s/%s", ui_hash, names[i]);
        assert_in_range(get(f, path, "*/*", "identity", NULL), 400, 404);
    }
    WANT(404, get(f, "/ui/0123456789abcdef/main.js", "*/*", "identity", NULL));
    HAS("open / again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(browsers_get_a_page_and_others_what_they_always_got),
        TEST(nothing_but_its_own_files_runs),
        TEST(files_are_kept),
        TEST(nothing_else_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
