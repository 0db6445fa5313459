#include "common/http/client.h"

#include "common/http/dial.h"

#include "common/http/server.h"
#include "common/sys/clock.h"
#include "tests/support/rawsock.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A peer that says just what the test wants: it takes connections, reads a request head, writes
 * `answer`, and closes unless told to hold. */
struct peer {
    int fd;
    uint16_t port;
    const char *answer;
    bool hold;
    int held;
    struct sbuf request;
    pthread_t thread;
};

static void *serve_one(void *arg)
{
    struct peer *p = arg;
    int fd = accept(p->fd, NULL, NULL);
    raw_read(fd, &p->request, "\r\n\r\n");
    raw_send(fd, p->answer, strlen(p->answer));
    if (p->hold)
        p->held = fd;
    else
        close(fd);
    return NULL;
}

static void peer_start(struct peer *p, const char *answer, bool hold, const char *unix_path)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(in);
    *p = (struct peer){.answer = answer, .hold = hold, .held = -1, .request = SBUF_INIT};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (unix_path) {
        snprintf(un.sun_path, sizeof(un.sun_path), "%s", unix_path);
        assert_int_equal(bind(p->fd, (struct sockaddr *)&un, sizeof(un)), 0);
    } else {
        assert_int_equal(bind(p->fd, (struct sockaddr *)&in, sizeof(in)), 0);
        assert_int_equal(getsockname(p->fd, (struct sockaddr *)&in, &len), 0);
        p->port = ntohs(in.sin_port);
    }
    assert_int_equal(listen(p->fd, 5), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, serve_one, p), 0);
}

static void peer_stop(struct peer *p)
{
    pthread_join(p->thread, NULL);
    if (p->held >= 0)
        close(p->held);
    close(p->fd);
    sbuf_release(&p->request);
}

struct fixture {
    struct http_client *client;
    struct http_response res;
    struct err err;
    char url[128];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->client = http_client_new();
    f->res = (struct http_response)HTTP_RESPONSE_INIT;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->client);
    http_response_release(&f->res);
    free(f);
    return 0;
}

static enum err_code call_peer(struct fixture *f, const struct peer *p, struct http_call call)
{
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/x", p->port);
    call.url = f->url;
    return http_client_call(f->client, &call, &f->res, &f->err);
}

static void test_answers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *answer;
        enum err_code want;
        int status;
        const char *body;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ERR_OK, 200, "ok"},
        {"HTTP/1.1 100 Continue\r\nX: 0\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\n\r\nok", ERR_OK, 200,
         "ok"},
        {"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad", ERR_OK, 500, "bad"},
        {"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", ERR_OK,
         302, ""},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nfew", ERR_UNKNOWN, 200, "few"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", ERR_LIMIT, 200, ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
         "chunked\r\n\r\n65\r\n0123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789012345678901234567890\r\n0\r\n\r\n",
         ERR_LIMIT, 200, ""},
        {"", ERR_UNKNOWN, 0, ""},
        {"SSH-2.0-OpenSSH\r\n", ERR_PEER, 0, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer p;
        peer_start(&p, cases[i].answer, false, NULL);
        enum err_code rc = call_peer(f, &p, (struct http_call){.max_body = 100});
        if (rc != cases[i].want || f->res.status != cases[i].status)
            fail_msg("case %zu: %s %d %s", i, err_name(rc), f->res.status, f->err.msg);
        assert_string_equal(f->res.body.s, cases[i].body);
        const char *x = http_response_header(&f->res, "x");
        assert_string_equal(x ? x : "", i == 1 ? "1" : "");
        peer_stop(&p);
    }
}

static void test_requests(void **state)
{
    struct fixture *f = *state;
    static const struct http_header headers[] = {{"X-A", "1"}, {"X-Empty", ""}};
    static const struct {
        struct http_call call;
        const char *contains[4], *lacks;
    } cases[] = {
        {{.headers = headers, .header_n = 2},
         {"GET /x HTTP/1.1", "X-A: 1", "X-Empty:\r\n"},
         "Content-"},
        {{.method = "POST"}, {"POST /x ", "Content-Length: 0"}, "Content-Type"},
        {{.method = "PUT", .body = "a", .body_len = 1, .type = "text/x"},
         {"PUT /x ", "Content-Length: 1", "Content-Type: text/x\r\n"},
         "Authorization"},
        {{.method = "DELETE", .user = "u", .password = "p:w"},
         {"DELETE /x ", "Authorization: Basic dTpwOnc=\r\n"},
         "Content-Length"},
        {{.method = "PATCH", .body = "{}", .body_len = 2},
         {"PATCH /x ", "Content-Length: 2"},
         "Content-Type"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct peer p;
        peer_start(&p, "HTTP/1.1 204 No\r\n\r\n", false, NULL);
        assert_int_equal(call_peer(f, &p, cases[i].call), ERR_OK);
        peer_stop(&(struct peer){.thread = p.thread, .held = -1, .fd = -1, .request = SBUF_INIT});
        for (size_t j = 0; j < 4 && cases[i].contains[j]; j++)
            if (!strstr(p.request.s, cases[i].contains[j]))
                fail_msg("case %zu: no %s in %s", i, cases[i].contains[j], p.request.s);
        assert_null(strstr(p.request.s, cases[i].lacks));
        close(p.fd);
        sbuf_release(&p.request);
    }
}

static void test_refused_before_sending(void **state)
{
    struct fixture *f = *state;
    static const struct http_header evil = {"X", "a\r\nY: b"}, bad_name = {"X Y", "a"};
    static const struct {
        struct http_call call;
        enum err_code want;
    } cases[] = {
        {{.url = "file:///etc/passwd"}, ERR_INVALID},
        {{.url = "ftp://127.0.0.1/"}, ERR_INVALID},
        {{.url = "gopher://127.0.0.1/"}, ERR_INVALID},
        {{.url = ""}, ERR_INVALID},
        {{.url = NULL}, ERR_INVALID},
        {{.url = "http://127.0.0.1:99999/"}, ERR_INVALID},
        {{.url = "http://127.0.0.1:1/", .headers = &evil, .header_n = 1}, ERR_INVALID},
        {{.url = "http://127.0.0.1:1/", .headers = &bad_name, .header_n = 1}, ERR_INVALID},
        {{.url = "http://127.0.0.1:1/", .type = "a\nb"}, ERR_INVALID},
        {{.url = "http://127.0.0.1:1/", .method = "GET /x HTTP/1.1\r\n"}, ERR_INVALID},
        {{.url = "http://127.0.0.1:1/"}, ERR_UNAVAIL},
        {{.url = "http://no-such-host.invalid/"}, ERR_UNAVAIL},
        {{.url = "http://x/", .unix_socket = "/nonexistent"}, ERR_UNAVAIL},
        {{.url = "http://127.0.0.1:1/", .method = "POST", .upload_path = "/nonexistent"}, ERR_IO},
        {{.url = "https://127.0.0.1:1/", .ca_file = "/nonexistent"}, ERR_UNAVAIL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum err_code rc = http_client_call(f->client, &cases[i].call, &f->res, &f->err);
        if (rc != cases[i].want)
            fail_msg("case %zu: %s %s", i, err_name(rc), f->err.msg);
    }
}

/* The rule looks at the address that is connected to, whatever stands in the URL; and says nothing
 * of who listens there. */
static void test_dial(void **state)
{
    struct fixture *f = *state;
    static const struct dial_rules strict = {0};
    static const char *const hosts[] = {"127.0.0.1", "localhost", "127.1", "2130706433",
                                        "[::ffff:127.0.0.1]"};
    struct dial_rules loopback;
    struct peer p;
    assert_int_equal(dial_rules_parse(&loopback, (const char *const[]){"127.0.0.1"}, 1, NULL),
                     ERR_OK);
    peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, NULL);
    for (size_t i = 0; i < 2 * ARRAY_LEN(hosts); i++) {
        char url[128];
        struct http_call call = {.url = url, .dial = &strict, .is_probe = i % 2};
        f->err = (struct err)ERR_INIT;
        for (int open = 0; open < 2; open++) {
            snprintf(url, sizeof(url), "http://u:secret@%s:%u/?a=secret", hosts[i / 2],
                     open ? p.port : 1);
            assert_int_equal(http_client_call(f->client, &call, &f->res, &f->err), ERR_DENIED);
            assert_non_null(strstr(f->err.msg, "its address is not to be called (loopback)"));
            assert_null(strstr(f->err.msg, "secret"));
        }
    }
    assert_int_equal(call_peer(f, &p, (struct http_call){.dial = &loopback}), ERR_OK);
    assert_string_equal(f->res.body.s, "ok");
    peer_stop(&p);
}

/* Where an answer points to is not gone to. */
static void test_no_redirects(void **state)
{
    struct fixture *f = *state;
    struct peer p;
    peer_start(&p,
               "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
               false, NULL);
    assert_int_equal(call_peer(f, &p, (struct http_call){0}), ERR_OK);
    assert_int_equal(f->res.status, 302);
    peer_stop(&p);
}

static void test_probe(void **state)
{
    struct fixture *f = *state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(in);
    char url[64];
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(in.sin_port));
    struct http_call call = {.url = url, .is_probe = true};
    assert_int_equal(http_client_call(f->client, &call, &f->res, &f->err), ERR_UNAVAIL);
    assert_int_equal(listen(fd, 1), 0); /* it never answers */
    assert_int_equal(http_client_call(f->client, &call, &f->res, &f->err), ERR_OK);
    close(fd);
}

static void test_deadline_and_cancel(void **state)
{
    struct fixture *f = *state;
    struct peer p;
    peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart", true, NULL);
    assert_int_equal(call_peer(f, &p, (struct http_call){.timeout_ms = 1000}), ERR_TIMEOUT);
    assert_string_equal(f->res.body.s, "part");
    peer_stop(&p);
    int cancel = eventfd(1, EFD_CLOEXEC);
    peer_start(&p, "", true, NULL);
    assert_int_equal(call_peer(f, &p, (struct http_call){.timeout_ms = -1, .cancel_fd = cancel}),
                     ERR_UNAVAIL);
    assert_non_null(strstr(f->err.msg, "cancelled"));
    int fd = raw_connect(p.port); /* in case the cancelled call never connected */
    raw_send(fd, "x\r\n\r\n", 5);
    close(fd);
    peer_stop(&p);
    close(cancel);
}

static bool three(void *arg, const char *data, size_t len)
{
    sbuf_add(arg, data, len);
    return ((struct sbuf *)arg)->len < 3;
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    struct peer p;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    peer_start(&p, "HTTP/1.1 200 OK\r\n\r\nabc", true, NULL); /* never ends */
    assert_int_equal(
        call_peer(f, &p,
                  (struct http_call){.timeout_ms = -1, .on_data = three, .on_data_arg = &got}),
        ERR_OK);
    assert_string_equal(got.s, "abc");
    peer_stop(&p);
    sbuf_clear(&got);
    peer_start(&p, "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", false, NULL);
    assert_int_equal(call_peer(f, &p, (struct http_call){.on_data = three, .on_data_arg = &got}),
                     ERR_OK);
    assert_string_equal(got.s, "");
    assert_string_equal(f->res.body.s, "abc");
    peer_stop(&p);
}

static void test_unix_socket(void **state)
{
    struct fixture *f = *state;
    struct peer p;
    char dir[] = "/tmp/test-client-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s", dir);
    peer_start(&p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, path);
    struct http_call call = {.url = "http://docker/version", .unix_socket = path};
    assert_int_equal(http_client_call(f->client, &call, &f->res, &f->err), ERR_OK);
    assert_string_equal(f->res.body.s, "ok");
    peer_stop(&p);
    unlink(path);
    rmdir(dir);
}

static enum http_result hello(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(reply, 200, HTTP_TYPE_TEXT, "hello");
    return HTTP_DONE;
}

static void await_failures(struct http_server *s, enum http_tls_failure why, uint64_t n)
{
    int64_t until_us = clock_mono_us() + 20 * USEC_PER_SEC;
    while (http_server_tls_failures(s, why) < n && clock_mono_us() < until_us)
        sched_yield();
    assert_int_equal(http_server_tls_failures(s, why), n);
}

/* Certificates are checked, host names too, unless the caller says otherwise. */
static void test_tls(void **state)
{
    struct fixture *f = *state;
    static const struct http_route routes[] = {{"GET", "/x", hello, 0}, {0}};
    char dir[] = "/tmp/test-tls-XXXXXX", cert[64], key[64], cmd[512];
    struct http_server *s = NULL;
    assert_non_null(mkdtemp(dir));
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    snprintf(key, sizeof(key), "%s/key.pem", dir);
    snprintf(cmd, sizeof(cmd),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=localhost -addext subjectAltName=DNS:localhost -out %s -keyout %s "
             "2>/dev/null",
             cert, key);
    assert_int_equal(system(cmd), 0);
    struct http_server_options o = {
        .routes = routes, .tls_cert_file = cert, .tls_key_file = key, .threads = 2, .timeout_s = 5};
    assert_int_equal(http_server_open(&s, &o, &f->err), ERR_OK);
    char pem[4096];
    FILE *file = fopen(cert, "re");
    assert_non_null(file);
    pem[fread(pem, 1, sizeof(pem) - 1, file)] = '\0';
    fclose(file);
    const struct {
        const char *host;
        struct http_call call;
        enum err_code want;
        enum http_why why;
    } cases[] = {
        {"localhost", {.ca_pem = pem}, ERR_OK, HTTP_WHY_OTHER},
        {"127.0.0.1", {.ca_pem = pem}, ERR_PEER, HTTP_WHY_NAME},
        {"localhost", {.ca_pem = ""}, ERR_PEER, HTTP_WHY_AUTHORITY},
        {"localhost", {.ca_file = cert}, ERR_OK, HTTP_WHY_OTHER},
        {"localhost", {.ca_file = NULL}, ERR_PEER, HTTP_WHY_AUTHORITY},
        {"127.0.0.1", {.ca_file = cert}, ERR_PEER, HTTP_WHY_NAME},
        {"localhost", {.ca_file = key}, ERR_IO, HTTP_WHY_CA_FILE},
        {"127.0.0.1", {.is_insecure = true}, ERR_OK, HTTP_WHY_OTHER},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_call call = cases[i].call;
        snprintf(f->url, sizeof(f->url), "https://%s:%u/x", cases[i].host, http_server_port(s));
        call.url = f->url;
        enum err_code rc = http_client_call(f->client, &call, &f->res, &f->err);
        if (rc != cases[i].want)
            fail_msg("case %zu: %s %s", i, err_name(rc), f->err.msg);
        if (f->res.why != cases[i].why)
            fail_msg("case %zu: why %d %s", i, f->res.why, f->err.msg);
        assert_string_equal(f->res.body.s, rc == ERR_OK ? "hello" : "");
    }
    /* With TLS at one end only. */
    snprintf(f->url, sizeof(f->url), "http://localhost:%u/x", http_server_port(s));
    struct http_call plain = {.url = f->url};
    assert_int_equal(http_client_call(f->client, &plain, &f->res, &f->err), ERR_UNKNOWN);
    assert_int_equal(f->res.why, HTTP_WHY_TLS);
    struct http_server *without = NULL;
    struct http_server_options plain_options = {.routes = routes, .threads = 1};
    assert_int_equal(http_server_open(&without, &plain_options, &f->err), ERR_OK);
    snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%u/x", http_server_port(without));
    assert_int_equal(http_client_call(f->client, &plain, &f->res, &f->err), ERR_PEER);
    assert_int_equal(f->res.why, HTTP_WHY_NO_TLS);
    http_server_close(without);
    /* What came to no connection is counted. */
    http_server_close(s);
    assert_int_equal(http_server_open(&s, &o, &f->err), ERR_OK);
    int fd = raw_connect(http_server_port(s));
    assert_true(raw_send(fd, "GET /x HTTP/1.1\r\n\r\n", 19));
    await_failures(s, HTTP_TLS_REFUSED, 1);
    close(fd);
    close(raw_connect(http_server_port(s)));
    await_failures(s, HTTP_TLS_LEFT, 1);
    fd = raw_connect(http_server_port(s)); /* timeout_s */
    await_failures(s, HTTP_TLS_LATE, 1);
    close(fd);
    await_failures(s, HTTP_TLS_REFUSED, 1);
    /* 1.2 and up, unless the priorities say otherwise. */
    static const struct {
        const char *priorities, *version;
        bool works;
    } versions[] = {
        {NULL, "-tls1_3", true},
        {NULL, "-tls1_2", true},
        {NULL, "-tls1_1 -cipher ALL:@SECLEVEL=0", false},
        {NULL, "-tls1 -cipher ALL:@SECLEVEL=0", false},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1", "-tls1_1 -cipher ALL:@SECLEVEL=0", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        http_server_close(s);
        o.tls_priorities = versions[i].priorities;
        assert_int_equal(http_server_open(&s, &o, &f->err), ERR_OK);
        snprintf(cmd, sizeof(cmd),
                 "printf 'GET /x HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | "
                 "openssl s_client -quiet -connect 127.0.0.1:%u %s 2>/dev/null | grep -q '^hello'",
                 http_server_port(s), versions[i].version);
        if ((system(cmd) == 0) != versions[i].works)
            fail_msg("%s", cmd);
    }
    http_server_close(s);
    o.tls_priorities = "NORMAL:+NONSENSE";
    assert_int_equal(http_server_open(&s, &o, &f->err), ERR_INVALID);
    assert_non_null(strstr(f->err.msg, "'+NONSENSE'"));
    o.tls_priorities = NULL;
    /* The wrong way round. */
    o.tls_cert_file = key;
    o.tls_key_file = cert;
    assert_int_equal(http_server_open(&s, &o, &f->err), ERR_INVALID);
    snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
    assert_int_equal(system(cmd), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_answers),      T(test_requests), T(test_refused_before_sending), T(test_dial),
        T(test_no_redirects), T(test_probe),    T(test_deadline_and_cancel),    T(test_stream),
        T(test_unix_socket),  T(test_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
