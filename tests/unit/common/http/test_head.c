#include "common/http/head.h"

#include "common/base/macros.h"
#include "common/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define H       "Host: x\r\n"
#define GET     "GET / HTTP/1.1\r\n"
#define N(text) text, sizeof(text) - 1

/* Fed byte by byte or at once it is the same. 0: more is needed. */
static int read_head(const char *text, size_t len, size_t step, struct http_head *h, char **ret)
{
    struct http_head_scan scan = {0};
    size_t end = 0;
    *ret = NULL;
    for (size_t n = step < len ? step : len; !end && !scan.refused; n += step) {
        end = http_head_end(&scan, text, n < len ? n : len);
        if (n >= len)
            break;
    }
    if (scan.refused) {
        *h = (struct http_head){.refused = scan.refused, .why = scan.why};
        return scan.refused;
    }
    if (!end)
        return 0;
    *ret = xmalloc(end + 1);
    memcpy(*ret, text, end);
    http_head_parse(*ret, end, h);
    return h->refused ? h->refused : 200;
}

/* clang-format off */
static const struct {
    const char *text;
    size_t len;
    int want;
    const char *why; /* part of it */
} heads[] = {
    {N(GET H "\r\n"), 200, ""},
    {N(GET "\r\n"), 400, "Host is missing"},
    {N("GET / HTTP/1.0\r\n\r\n"), 200, ""},
    {N(GET H H "\r\n"), 400, "twice"},
    {N(GET "Host: a/b\r\n\r\n"), 400, "no host and port"},
    {N(GET "Host: a b\r\n\r\n"), 400, "no host and port"},
    {N(GET "Host: [::1]:8080\r\n\r\n"), 200, ""},
    {N(GET "Host:\r\n\r\n"), 200, ""},
    {N("GET / HTTP/2.0\r\n" H "\r\n"), 505, ""},
    {N("GET / HTTP/1.7\r\n" H "\r\n"), 200, ""},
    {N("GET / HTTP/1.11\r\n" H "\r\n"), 400, "HTTP version"},
    {N("GET / http/1.1\r\n" H "\r\n"), 400, "HTTP version"},
    {N("GET /\r\n" H "\r\n"), 400, "request line"},
    {N("GET  / HTTP/1.1\r\n" H "\r\n"), 400, "neither a path"},
    {N("GET\t/\tHTTP/1.1\r\n" H "\r\n"), 400, "request line"},
    {N("GET / a HTTP/1.1\r\n" H "\r\n"), 400, "HTTP version"},
    {N("G(T / HTTP/1.1\r\n" H "\r\n"), 400, "no method"},
    {N("\x16\x03\x01\x02"), 400, "no HTTP request"},
    {N(" GET / HTTP/1.1\r\n" H "\r\n"), 400, "no HTTP request"},
    {N("GET http://x HTTP/1.1\r\n" H "\r\n"), 200, ""},
    {N("GET HTTPS://x/y?z HTTP/1.1\r\n" H "\r\n"), 200, ""},
    {N("GET ftp://x/ HTTP/1.1\r\n" H "\r\n"), 400, "neither a path"},
    {N("GET x HTTP/1.1\r\n" H "\r\n"), 400, "neither a path"},
    {N("CONNECT x:80 HTTP/1.1\r\n" H "\r\n"), 501, "neither a path"},
    {N("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 200, ""},
    {N("GET * HTTP/1.1\r\n" H "\r\n"), 400, "neither a path"},
    {N("GET /#a HTTP/1.1\r\n" H "\r\n"), 400, "percent-encoded"},
    {N("GET /\x7f HTTP/1.1\r\n" H "\r\n"), 400, "percent-encoded"},
    {N("GET /\0a HTTP/1.1\r\n" H "\r\n"), 400, "NUL"},
    {N(GET H "A: 1\0002\r\n\r\n"), 400, "NUL"},
    {N(GET H "A: 1\r2\r\n\r\n"), 400, "control character"},
    {N(GET H "A: 1\x01\r\n\r\n"), 400, "control character"},
    {N(GET H "A: \t caf\xe9 \t\r\n\r\n"), 200, ""},
    {N(GET H "A: 1\r\n 2\r\n\r\n"), 400, "folded"},
    {N(GET " A: 1\r\n" H "\r\n"), 400, "folded"},
    {N(GET H "A : 1\r\n\r\n"), 400, "no token"},
    {N(GET H ": 1\r\n\r\n"), 400, "no token"},
    {N(GET H "A(b): 1\r\n\r\n"), 400, "no token"},
    {N(GET H "broken\r\n\r\n"), 400, "no colon"},
    {N("GET / HTTP/1.1\nHost: x\n\n"), 400, "carriage return"},
    {N(GET "Host: x\n\r\n"), 400, "carriage return"},
    {N(GET H "\n"), 400, "carriage return"},
    {N(GET H), 0, ""},
    {N(GET H "Content-Length: 5\r\n\r\n"), 200, ""},
    {N(GET H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400, "twice"},
    {N(GET H "Content-Length: 5\r\ncontent-length: 6\r\n\r\n"), 400, "twice"},
    {N(GET H "Content-Length: 5, 5\r\n\r\n"), 400, "no number"},
    {N(GET H "Content-Length: +5\r\n\r\n"), 400, "no number"},
    {N(GET H "Content-Length: -1\r\n\r\n"), 400, "no number"},
    {N(GET H "Content-Length: 0x5\r\n\r\n"), 400, "no number"},
    {N(GET H "Content-Length:\r\n\r\n"), 400, "no number"},
    {N(GET H "Content-Length: 99999999999999999999999\r\n\r\n"), 413, "too large"},
    {N(GET H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "exclude each other"},
    {N(GET H "Transfer-Encoding: Chunked\r\n\r\n"), 200, ""},
    {N(GET H "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501, "chunked"},
    {N(GET H "Transfer-Encoding: chunked, identity\r\n\r\n"), 501, "chunked"},
    {N(GET H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "twice"},
    {N("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "HTTP/1.0"},
    {N(GET H "Authorization: a\r\nAuthorization: b\r\n\r\n"), 400, "twice"},
    {N(GET H "project-id: a\r\nProject-Id: b\r\n\r\n"), 400, "twice"},
    {N(GET H "Accept: a\r\nAccept: b\r\n\r\n"), 200, ""},
    {N(GET H "Expect: 100-Continue\r\n\r\n"), 200, ""},
    {N(GET H "Expect: more\r\n\r\n"), 417, "100-continue"},
};
/* clang-format on */

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        for (size_t step = 1; step < 200; step = step * 3 + 1) {
            struct http_head h;
            char *text;
            int got = read_head(heads[i].text, heads[i].len, step, &h, &text);
            if (got != heads[i].want || (got > 200 && !strstr(h.why, heads[i].why)))
                fail_msg("%s: got %d '%s'", heads[i].text, got, got > 200 ? h.why : "");
            free(text);
        }
}

static void test_view(void **state)
{
    (void)state;
    struct http_head h;
    char *text;
    const char *request =
        "POST /a?b HTTP/1.1\r\nHost: x\r\nX-A:  y z \r\nX-B:\r\n"
        "Content-Length: 0012\r\nconnection: x, Close\r\nExpect: 100-continue\r\n\r\nx";
    assert_int_equal(read_head(request, strlen(request), 1000, &h, &text), 200);
    assert_string_equal(h.method, "POST");
    assert_string_equal(h.target, "/a?b");
    assert_string_equal(http_head_get(&h, "x-a"), "y z");
    assert_string_equal(http_head_get(&h, "X-b"), "");
    assert_null(http_head_get(&h, "X-C"));
    assert_true(h.has_length && h.length == 12 && h.wants_close && h.expects_continue);
    assert_false(h.is_http10 || h.is_chunked);
    free(text);
}

/* Neither the line, nor all of it, nor the number of lines is without a bound. */
static void test_long(void **state)
{
    (void)state;
    static const struct {
        const char *start, *each;
        int times, want;
    } cases[] = {
        {"GET /", "aaaaaaaaaa", 1700, 414},     {"GET /", "aaaaaaaaaa", 1600, 0},
        {GET H "X: ", "aaaaaaaaaa", 3300, 431}, {GET H "X: ", "aaaaaaaaaa", 3200, 0},
        {GET H, "X: 1\r\n", 101, 431},          {GET H, "X: 1\r\n", 99, 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct http_head h;
        char *copy;
        sbuf_adds(&text, cases[i].start);
        for (int n = 0; n < cases[i].times; n++)
            sbuf_adds(&text, cases[i].each);
        sbuf_adds(&text, cases[i].want == 0 ? "" : "\r\n");
        assert_int_equal(read_head(text.s, text.len, 1000, &h, &copy), cases[i].want);
        free(copy);
    }
}

/* What is in the chunks; NULL: they are bad; "...": they go on. */
static const char *unchunk(const char *text, size_t step, struct sbuf *out)
{
    struct http_chunks c = {0};
    size_t len = strlen(text);
    sbuf_clear(out);
    for (size_t at = 0; at < len && c.state != CHUNK_DONE && c.state != CHUNK_BAD;) {
        const char *piece = NULL;
        size_t n = 0, end = at + step < len ? at + step : len;
        at += http_chunks_take(&c, text + at, end - at, &piece, &n);
        sbuf_add(out, piece, n);
    }
    return c.state == CHUNK_BAD ? NULL : c.state == CHUNK_DONE ? out->s : "...";
}

static void test_chunks(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"0\r\n\r\n", ""},
        {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET", "abcde"},
        {"00a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
        {"3;a=b\r\nabc\r\n0\r\nX: y\r\nZ: \r\n\r\n", "abc"},
        {"3 \r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\r\nab", "..."},
        {"3\r\nabc\r\n0\r\n", "..."},
        {"\r\n", NULL},
        {"z\r\n", NULL},
        {"-1\r\n", NULL},
        {"0x3\r\nabc", NULL},
        {"3\nabc\r\n0\r\n\r\n", NULL},
        {"3\r\nabcd\r\n0\r\n\r\n", NULL},
        {"3\r\nabc\n0\r\n\r\n", NULL},
        {"3\r\nabc\r\n0\r\n\n", NULL},
        {"3\r\nabc\r\n0\r\n folded\r\n\r\n", NULL},
        {"ffffffffffffffff\r\n", NULL},
        {"0000000000000003\r\nabc\r\n", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step < 100; step = step * 2 + 1) {
            const char *got = unchunk(cases[i].text, step, &out);
            if (!got != !cases[i].want || (got && strcmp(got, cases[i].want) != 0))
                fail_msg("%s: got %s", cases[i].text, got ? got : "(bad)");
        }
    AUTO(sbuf_release) struct sbuf endless = SBUF_INIT;
    sbuf_adds(&endless, "1;");
    for (int i = 0; i < 20000; i++)
        sbuf_addc(&endless, 'x');
    assert_null(unchunk(endless.s, 1000, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
