/* What the API gives to those who have not proved who they are, and where. */
#include "common/base/macros.h"
#include "common/base/mem.h"
#include "tests/support/api_fixture.h"
#include "tests/support/rawsock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: x\r\n"
#define END  "Connection: close\r\n\r\n"

static int ask(uint16_t port, struct sbuf *got, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int ask(uint16_t port, struct sbuf *got, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    return raw_ask(port, text.s, got);
}

#define SAYS(text)                                                                                 \
    do {                                                                                           \
        if (!strstr(got.s, text))                                                                  \
            fail_msg("'%s' is not in: %s", text, got.s);                                           \
    } while (0)

/* The body never comes; what was announced is not even asked for. */
static void test_refused_by_the_head(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    uint16_t port = api_port(f->api);
    static const char *const bodies[] = {"Content-Length: 60000000\r\n",
                                         "Transfer-Encoding: chunked\r\n",
                                         "Content-Length: 10\r\nExpect: 100-continue\r\n"};
    api_add_user(f, "guest", "GUEST", "default");
    assert_int_equal(api_login(f, "grant_type=password&username=guest&password=" FIXTURE_PASSWORD),
                     200);
    char guest[64];
    snprintf(guest, sizeof(guest), "%s", api_member(f, "value"));
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(
            ask(port, &got, "POST /api/v1/vnf-packages HTTP/1.1\r\n" HOST "%s\r\n", bodies[i]),
            401);
        SAYS("\r\nWWW-Authenticate: Bearer realm=");
        SAYS("Full authentication is required");
        assert_int_equal(ask(port, &got,
                             "POST /api/v1/ns-descriptors HTTP/1.1\r\n" HOST
                             "Authorization: Bearer nonsense\r\n%s\r\n",
                             bodies[i]),
                         401);
        SAYS("invalid_token");
        assert_int_equal(ask(port, &got,
                             "POST /api/v1/vnf-packages HTTP/1.1\r\n" HOST
                             "Authorization: Bearer %s\r\nproject-id: %s\r\n%s\r\n",
                             guest, f->project, bodies[i]),
                         403);
        SAYS("Guest is only allowed");
        assert_int_equal(ask(port, &got,
                             "POST /api/v1/vnf-packages HTTP/1.1\r\n" HOST
                             "Authorization: Bearer %s\r\n%s\r\n",
                             f->token, bodies[i]),
                         400);
        SAYS("project-id");
        assert_null(strstr(got.s, "100 Continue"));
    }
    assert_int_equal(ask(port, &got,
                         "POST /oauth/token HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n"
                         "Expect: 100-continue\r\n\r\n"),
                     422);
    SAYS("longer than 65536 bytes");
}

static void test_words_of_the_protocol(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    uint16_t port = api_port(f->api);
    static const struct {
        const char *request;
        int status;
        const char *has;
    } cases[] = {
        {"POST /oauth/token HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END "a=b", 401,
         "\r\nWWW-Authenticate: Basic realm=\"oauth2/client\"\r\n"},
        {"DELETE /healthz HTTP/1.1\r\n" HOST END, 405, "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
        {"PATCH /api/v1/ns-descriptors HTTP/1.1\r\n" HOST END, 405,
         "\r\nAllow: POST, GET, HEAD, OPTIONS\r\n"},
        {"OPTIONS /oauth/token HTTP/1.1\r\n" HOST END, 204, "\r\nAllow: POST, OPTIONS\r\n"},
        {"GET /\r\n\r\n", 400, "\"fault\":{"},
        {"TRACE /healthz HTTP/1.1\r\n" HOST END, 405, "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
        {"GET /healthz HTTP/3.0\r\n" HOST END, 505, "\"fault\":{"},
        {"POST /oauth/token HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n" END,
         400, "\"message\":\"a header line is there twice"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(raw_ask(port, cases[i].request, &got), cases[i].status);
        SAYS(cases[i].has);
        SAYS("\r\nX-Content-Type-Options: nosniff\r\n");
        SAYS("\r\nContent-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors "
             "'none'\r\n");
        SAYS("\r\nReferrer-Policy: no-referrer\r\n");
        SAYS("\r\nCache-Control: no-store\r\n");
    }
}

static void test_web_pages(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    uint16_t port = api_port(f->api);
    ask(port, &got, "GET /healthz HTTP/1.1\r\n" HOST "Origin: https://dash.example\r\n" END);
    SAYS("\r\nAccess-Control-Allow-Origin: https://dash.example\r\n");
    SAYS("\r\nVary: Origin\r\n");
    assert_null(strstr(got.s, "Access-Control-Allow-Methods"));
    assert_int_equal(ask(port, &got,
                         "OPTIONS /api/v1/keys HTTP/1.1\r\n" HOST "Origin: http://other:81\r\n"
                         "Access-Control-Request-Method: GET\r\n" END),
                     204);
    SAYS("\r\nAccess-Control-Allow-Origin: http://other:81\r\n");
    SAYS("\r\nAccess-Control-Allow-Methods: ");
    static const char *const strangers[] = {"Origin: https://dash.example.evil\r\n",
                                            "Origin: https://dash\r\n", "Origin: null\r\n", ""};
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        ask(port, &got, "GET /healthz HTTP/1.1\r\n" HOST "%s" END, strangers[i]);
        assert_null(strstr(got.s, "Access-Control"));
    }
}

/* From 127.0.0.2, which is none of metrics-networks. */
static int read_metrics(struct api_fixture *f, const char *token)
{
    char text[512], answer[64] = "";
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(api_port(f->api))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    snprintf(text, sizeof(text),
             "GET /metrics HTTP/1.1\r\n" HOST "Authorization: Bearer %s\r\n" END, token);
    assert_true(raw_send(fd, text, strlen(text)));
    assert_true(recv(fd, answer, 13, MSG_WAITALL) == 13);
    close(fd);
    return atoi(answer + 9);
}

static void test_metrics(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    assert_int_equal(api_call(f, "GET", "/metrics", NULL), 200);
    assert_int_equal(read_metrics(f, f->token), 200);
    assert_int_equal(read_metrics(f, "nonsense"), 401);
    api_add_user(f, "somebody", "USER", "default");
    assert_int_equal(
        api_login(f, "grant_type=password&username=somebody&password=" FIXTURE_PASSWORD), 200);
    assert_int_equal(read_metrics(f, api_member(f, "value")), 403);

    uint16_t port = api_status_port(f->api);
    assert_int_equal(ask(port, &got, "GET /metrics HTTP/1.1\r\n" HOST END), 200);
    SAYS("baton_http_kept_bytes{in=\"memory\"} 0\n");
    SAYS("baton_http_requests_total{route=\"GET /metrics\",code=\"401\"} 1\n");
    SAYS("baton_http_requests_total{route=\"GET /metrics\",code=\"403\"} 1\n");
    SAYS("baton_http_request_duration_seconds_count{route=\"POST /oauth/token\"}");
    SAYS("baton_build_info{process=\"nfvo\"");
    SAYS("\nprocess_resident_memory_bytes ");
    assert_int_equal(ask(port, &got, "GET /healthz HTTP/1.1\r\n" HOST END), 200);
    assert_int_equal(ask(port, &got, "GET /readyz HTTP/1.1\r\n" HOST END), 200);
    assert_int_equal(ask(port, &got, "GET /api/v1/openapi.json HTTP/1.1\r\n" HOST END), 404);
    assert_int_equal(ask(port, &got, "POST /oauth/token HTTP/1.1\r\n" HOST END), 404);
}

/* Of an address; logins are no exception, and have a count of their own. */
static void test_open_rate(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    struct api *first = f->api;
    struct err err = ERR_INIT;
    struct api_setup setup = {&f->options, f->store, fake_engine_commands(f->engine), NULL, NULL};
    int status[2] = {0};
    f->options.open_rate = 1;
    assert_int_equal(api_open(&f->api, &setup, &err), ERR_OK);
    uint16_t port = api_port(f->api);
    for (int i = 0; i < 50 && status[1] != 429; i++)
        status[1] = ask(port, &got,
                        "POST /oauth/token HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END "a=b");
    assert_int_equal(status[1], 429);
    SAYS("too many calls without a login from 127.0.0.1");
    SAYS("\r\nRetry-After: 1\r\n");
    assert_int_equal(ask(port, &got, "GET /healthz HTTP/1.1\r\n" HOST END), 200);
    for (int i = 0; i < 50 && status[0] != 429; i++)
        status[0] = ask(port, &got, "GET /healthz HTTP/1.1\r\n" HOST END);
    assert_int_equal(status[0], 429);
    api_close(f->api);
    f->api = first;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refused_by_the_head), TEST(test_words_of_the_protocol),
        TEST(test_web_pages),           TEST(test_metrics),
        TEST(test_open_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
