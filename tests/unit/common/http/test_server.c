#include "common/http/server.h"

#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/http/client.h"
#include "tests/support/rawsock.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct http_server *server;
    struct http_client *client;
    struct http_response res;
    struct sbuf got;
    char base[64];
    atomic_int handled, after, last_status;
};

static const char *text_or(const char *s)
{
    return s ? s : "(none)";
}

/* Says what it sees. */
static enum http_result echo(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    atomic_fetch_add(&f->handled, 1);
    sbuf_addf(&out, "%s %s id=%s rest=%s q=%s h=%s peer=%s json=%d body=", req->method, req->path,
              text_or(http_request_param(req, "id")), text_or(http_request_param(req, "rest")),
              text_or(http_request_query(req, "q")), text_or(http_request_header(req, "X-Test")),
              text_or(http_request_peer(req)), http_request_has_type(req, "application/json"));
    sbuf_add(&out, req->body, req->body_len);
    http_reply_header(reply, "X-Reply", "yes");
    http_reply_header(reply, "X-Evil", "a\r\nX-Injected: 1");
    http_reply_sbuf(reply, 200, HTTP_TYPE_TEXT, &out);
    return HTTP_DONE;
}

static enum http_result upload(struct http_request *req, struct http_reply *reply)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct http_file *file = http_request_file(req);
    if (!file) {
        http_reply_static(reply, 400, HTTP_TYPE_TEXT, "no file");
        return HTTP_DONE;
    }
    char *copy = xcalloc(1, file->size + 1);
    if (file->data)
        memcpy(copy, file->data, file->size);
    else if (read(file->fd, copy, file->size) != (ssize_t)file->size)
        abort();
    unsigned sum = 0;
    for (size_t i = 0; i < file->size; i++)
        sum = sum * 31 + (unsigned char)copy[i];
    sbuf_addf(&out, "name=%s size=%zu in=%s sum=%u", file->name, file->size,
              file->data ? "memory" : "file", sum);
    free(copy);
    http_reply_sbuf(reply, 200, HTTP_TYPE_TEXT, &out);
    return HTTP_DONE;
}

static enum http_result replies(struct http_request *req, struct http_reply *reply)
{
    const char *kind = http_request_param(req, "kind");
    if (strcmp(kind, "copy") == 0) {
        http_reply_copy(reply, 201, HTTP_TYPE_TEXT, "copied", 6);
    } else if (strcmp(kind, "taken") == 0) {
        http_reply_static(reply, 500, HTTP_TYPE_TEXT, "replaced");
        http_reply_take(reply, 202, HTTP_TYPE_TEXT, xstrdup("taken"), 5);
    } else if (strcmp(kind, "empty") == 0) {
        http_reply_empty(reply, 204);
    } else if (strcmp(kind, "file") == 0) {
        http_reply_file(reply, 200, "application/octet-stream", open("/proc/self/exe", O_RDONLY),
                        1000);
    } else if (strcmp(kind, "stream") == 0) {
        return HTTP_STREAM; /* without http_sse_open: a mistake of ours */
    } else if (strcmp(kind, "parked") == 0) {
        return HTTP_PARKED;
    }
    return HTTP_DONE;
}

static enum http_result client(struct http_request *req, struct http_reply *reply)
{
    const char *text = http_request_client(req);
    http_reply_copy(reply, 200, HTTP_TYPE_TEXT, text, strlen(text));
    return HTTP_DONE;
}

static const struct http_route routes[] = {
    {"GET", "/client", client, 0},
    {"GET", "/echo/{id}", echo, 0},
    {"POST", "/echo/{id}", echo, 0},
    {"GET", "/files/{rest*}", echo, 0},
    {"GET", "/secret", echo, HTTP_ROUTE_USER},
    {"GET", "/replies/{kind}", replies, 0},
    {"POST", "/upload", upload, HTTP_ROUTE_UPLOAD},
    {0},
};

static bool before(struct http_request *req, struct http_reply *reply)
{
    if (!(req->route->flags & HTTP_ROUTE_USER))
        return true;
    http_reply_static(reply, 401, HTTP_TYPE_TEXT, "who are you");
    return false;
}

static void finish(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_header(reply, "X-Finish", "1");
}

static void after(void *ctx, const struct http_route *route, const char *method, const char *path,
                  int status, int64_t took_us)
{
    struct fixture *f = ctx;
    (void)route;
    assert_non_null(method);
    assert_non_null(path);
    assert_true(took_us >= 0);
    atomic_store(&f->last_status, status);
    atomic_fetch_add(&f->after, 1);
}

static void on_error(struct http_request *req, int status, const struct err *err,
                     struct http_reply *reply)
{
    (void)err;
    if (strcmp(req->path, "/hooked") == 0)
        http_reply_static(reply, status + 18, HTTP_TYPE_TEXT, "hook");
}

static struct net_list proxies;

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err err = ERR_INIT;
    f->res = (struct http_response)HTTP_RESPONSE_INIT;
    f->got = (struct sbuf)SBUF_INIT;
    f->client = http_client_new();
    assert_int_equal(net_list_parse(&proxies, "127.0.0.1", &err), ERR_OK);
    if (http_server_open(&f->server,
                         &(struct http_server_options){.threads = 2,
                                                       .max_body = 1000,
                                                       .trusted_proxies = &proxies,
                                                       .max_upload = 300000,
                                                       .upload_memory = 10000,
                                                       .timeout_s = 60,
                                                       .request_timeout_s = 1,
                                                       .max_connections = 20,
                                                       .routes = routes,
                                                       .ctx = f,
                                                       .before = before,
                                                       .finish = finish,
                                                       .after = after,
                                                       .on_error = on_error},
                         &err) != ERR_OK)
        fail_msg("%s", err.msg);
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
    sbuf_release(&f->got);
    free(f);
    return 0;
}

static int call(struct fixture *f, const char *method, const char *path, const char *body)
{
    char url[256];
    struct err err = ERR_INIT;
    const struct http_header header = {"X-Test", "t1"};
    snprintf(url, sizeof(url), "%s%s", f->base, path);
    if (http_client_call(f->client,
                         &(struct http_call){.method = method,
                                             .url = url,
                                             .headers = &header,
                                             .header_n = 1,
                                             .type = body ? "application/json; charset=x" : NULL,
                                             .body = body,
                                             .body_len = body ? strlen(body) : 0},
                         &f->res, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return f->res.status;
}

static void test_view(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *path, *body, *want;
    } cases[] = {
        {"GET", "/echo/7", NULL,
         "GET /echo/7 id=7 rest=(none) q=(none) h=t1 peer=127.0.0.1 json=0 body="},
        {"GET", "//echo//a%20b%2Fc/?q=x+y%26&r", NULL,
         "GET //echo//a%20b%2Fc/ id=a b/c rest=(none) q=x y& h=t1 peer=127.0.0.1 json=0 body="},
        {"GET", "/echo/7?p=1&q", NULL,
         "GET /echo/7 id=7 rest=(none) q= h=t1 peer=127.0.0.1 json=0 body="},
        {"POST", "/echo/7", "{\"a\":1}",
         "POST /echo/7 id=7 rest=(none) q=(none) h=t1 peer=127.0.0.1 json=1 body={\"a\":1}"},
        {"POST", "/echo/7", "",
         "POST /echo/7 id=7 rest=(none) q=(none) h=t1 peer=127.0.0.1 json=1 body="},
        {"GET", "/files/a/b%2fc/", NULL,
         "GET /files/a/b%2fc/ id=(none) rest=a/b/c q=(none) h=t1 peer=127.0.0.1 json=0 body="},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(call(f, cases[i].method, cases[i].path, cases[i].body), 200);
        assert_string_equal(f->res.body.s, cases[i].want);
        assert_string_equal(http_response_header(&f->res, "x-reply"), "yes");
        assert_string_equal(http_response_header(&f->res, "X-Finish"), "1");
        assert_null(http_response_header(&f->res, "X-Injected"));
        assert_string_equal(http_response_header(&f->res, "Content-Type"), HTTP_TYPE_TEXT);
    }
    assert_int_equal(http_server_connections(f->server), 1); /* all on one connection */
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *path;
        int status;
        const char *body;
    } cases[] = {
        {"GET", "/nowhere", 404,
         "{\"code\":\"Not Found\",\"message\":\"there is nothing at this path\"}"},
        {"POST", "/nowhere", 404,
         "{\"code\":\"Not Found\",\"message\":\"there is nothing at this path\"}"},
        {"PUT", "/echo/7", 405,
         "{\"code\":\"Method Not Allowed\",\"message\":\"this path does not know the method\"}"},
        {"GET", "/echo/%00", 400,
         "{\"code\":\"Bad Request\",\"message\":\"bad escape in the path\"}"},
        {"GET", "/echo/7?q=%zz", 400,
         "{\"code\":\"Bad Request\",\"message\":\"bad escape in the query\"}"},
        {"GET", "/echo/7?q=1&%00=2", 400,
         "{\"code\":\"Bad Request\",\"message\":\"bad escape in the query\"}"},
        {"GET", "/hooked", 422, "hook"},
        {"GET", "/secret", 401, "who are you"},
        {"GET", "/replies/none", 500,
         "{\"code\":\"Internal Server Error\",\"message\":\"the handler gave no answer\"}"},
        {"GET", "/replies/stream", 500,
         "{\"code\":\"Internal Server Error\",\"message\":\"the handler gave no answer\"}"},
        {"GET", "/replies/parked", 500,
         "{\"code\":\"Internal Server Error\",\"message\":\"the handler gave no answer\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(call(f, cases[i].method, cases[i].path, NULL), cases[i].status);
        assert_string_equal(f->res.body.s, cases[i].body);
        const char *allow = http_response_header(&f->res, "Allow");
        assert_string_equal(allow ? allow : "",
                            cases[i].status == 405 ? "GET, HEAD, POST, OPTIONS" : "");
        assert_string_equal(http_response_header(&f->res, "X-Finish"), "1");
    }
    assert_int_equal(f->handled, 0);
    assert_int_equal(http_server_connections(f->server), 1); /* errors keep the connection */
}

static void test_replies(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(call(f, "GET", "/replies/copy", NULL), 201);
    assert_string_equal(f->res.body.s, "copied");
    assert_int_equal(call(f, "GET", "/replies/taken", NULL), 202);
    assert_string_equal(f->res.body.s, "taken");
    assert_int_equal(call(f, "GET", "/replies/empty", NULL), 204);
    assert_int_equal(f->res.body.len, 0);
    assert_int_equal(call(f, "GET", "/replies/file", NULL), 200);
    assert_int_equal(f->res.body.len, 1000);
    assert_memory_equal(f->res.body.s, "\177ELF", 4);
    assert_int_equal(call(f, "HEAD", "/replies/copy", NULL), 201);
    assert_int_equal(f->res.body.len, 0);
    assert_string_equal(http_response_header(&f->res, "Content-Length"), "6");
}

#define HOST "Host: x\r\n"
#define END  "Connection: close\r\n\r\n"

static void test_raw(void **state)
{
    struct fixture *f = *state;
    AUTO(sbuf_release) struct sbuf big = SBUF_INIT;
    sbuf_adds(&big, "GET /echo/1 HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 4000; i++)
        sbuf_addf(&big, "X-%d: 0123456789\r\n", i);
    sbuf_adds(&big, END);
    const struct {
        const char *request;
        int want; /* 0: closed without an answer */
        const char *contains;
    } cases[] = {
        {"GET /echo/1 HTTP/1.1\r\n" HOST END, 200, "id=1"},
        {"GET http://x/echo/1?q=2 HTTP/1.1\r\n" HOST END, 200, "GET /echo/1 id=1 rest=(none) q=2"},
        {"GET /echo/1 HTTP/1.1\r\n" END, 400, ""}, /* no Host */
        {"BREW /echo/1 HTTP/1.1\r\n" HOST END, 405, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {"GET echo HTTP/1.1\r\n" HOST END, 400, "neither a path nor an http URL"},
        {"* * *\r\n\r\n", 400, ""},
        {"GET /echo/1 HTTP/1.1\r\nbroken header\r\n" HOST END, 400, ""},
        {big.s, 431, ""},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: x\r\n" END, 400, ""},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n" END "abcdef", 200, "body=abc"},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
         "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         200, "body=abcde"},
        /* over the limit: announced a little, announced far, with Expect */
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: 99999999999999\r\n" END, 413,
         "longer than 1000 bytes"},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1001\r\n" END,
         413, "longer than 1000 bytes"},
        {"POST /upload HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data\r\n"
         "Content-Length: 3\r\n" END "abc",
         400, "without a boundary"},
        {"POST /upload HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=bb\r\n"
         "Content-Length: 8\r\n" END "--bb--\r\n",
         400, "no file"},
        {"OPTIONS /echo/1 HTTP/1.1\r\n" HOST END, 204, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {"OPTIONS * HTTP/1.1\r\n" HOST END, 204, "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS"},
        {"OPTIONS /nowhere HTTP/1.1\r\n" HOST END, 404, ""},
        {"\r\n\r\nGET /echo/1 HTTP/1.1\r\n" HOST END, 200, "id=1"},
        {"GET /echo/1 HTTP/1.0\r\n\r\n", 200, "Connection: close"},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n" END "abc",
         100, "body=abc"},
        /* two requests, if only one of the lengths counts */
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc"
         "GET /echo/2 HTTP/1.1\r\n" HOST "\r\n",
         400, "Connection: close"},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\nGET /echo/2 HTTP/1.1\r\n" HOST "\r\n",
         400,
         "{\"code\":\"Bad Request\",\"message\":\"Content-Length and Transfer-Encoding exclude"},
        {"POST /echo/1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400,
         "the chunks of the body"},
        {"GET /echo/1 HTTP/1.1\r\n" HOST "\r\nGET /echo/1 HTTP/1.1\n" HOST "\r\n", 200,
         "carriage return"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int status = raw_ask(http_server_port(f->server), cases[i].request, &f->got);
        if (status != cases[i].want || !strstr(f->got.s, cases[i].contains))
            fail_msg("case %zu: got %d: %s", i, status, f->got.s);
        if (strstr(f->got.s, "<html") || strstr(f->got.s, "id=2"))
            fail_msg("case %zu: %s", i, f->got.s);
    }
}

/* A body a little too long is read to its end and answered; the connection stays. One that never
 * ends is cut. */
static void test_too_long(void **state)
{
    struct fixture *f = *state;
    char *body = xcalloc(1, 200001);
    memset(body, 'x', 200000);
    assert_int_equal(call(f, "POST", "/echo/1", body), 413);
    body[1001] = '\0';
    assert_int_equal(call(f, "POST", "/echo/1", body), 413);
    body[1000] = '\0';
    assert_int_equal(call(f, "POST", "/echo/1", body), 200);
    assert_int_equal(http_server_connections(f->server), 1);
    assert_int_equal(f->handled, 1);

    int fd = raw_connect(http_server_port(f->server));
    const char *head = "POST /echo/1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    assert_true(raw_send(fd, head, strlen(head)));
    memset(body, 'x', 200000);
    memcpy(body, "30d3a\r\n", 7); /* 199994 bytes */
    size_t sent = 0;
    while (sent < 50000000 && raw_send(fd, body, 7) && raw_send(fd, body + 7, 199990 - 7 + 11) &&
           raw_send(fd, "\r\n", 2))
        sent += 199994;
    assert_in_range(sent, 1, 49000000);
    close(fd);

    /* A client that ends in time reads what was wrong, however much it has sent. */
    fd = raw_connect(http_server_port(f->server));
    assert_true(raw_send(fd, head, strlen(head)));
    for (int i = 0; i < 12; i++)
        assert_true(raw_send(fd, body, 7) && raw_send(fd, body + 7, 199994) &&
                    raw_send(fd, "\r\n", 2));
    assert_true(raw_read(fd, &f->got, "longer than 1000 bytes"));
    assert_non_null(strstr(f->got.s, "HTTP/1.1 413 "));
    for (int i = 0; i < 10; i++) /* nor is it cut off while it still sends */
        assert_true(raw_send(fd, body, 100000));
    close(fd);
    free(body);
}

static void test_upload(void **state)
{
    struct fixture *f = *state;
    static const struct {
        size_t size;
        int status;
        const char *in;
    } cases[] = {
        {0, 200, "memory"},   {1, 200, "memory"},    {10000, 200, "memory"},
        {10001, 200, "file"}, {250000, 200, "file"}, {300001, 413, ""},
    };
    char path[] = "/tmp/test-upload-XXXXXX", url[128], want[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(url, sizeof(url), "%s/upload", f->base);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned sum = 0;
        char *data = xmalloc(cases[i].size);
        for (size_t j = 0; j < cases[i].size; j++) {
            data[j] = (char)(j * 7 + j / 251);
            sum = sum * 31 + (unsigned char)data[j];
        }
        assert_int_equal(pwrite(fd, data, cases[i].size, 0), cases[i].size);
        assert_int_equal(ftruncate(fd, (off_t)cases[i].size), 0);
        struct http_call c = {.method = "POST", .url = url, .upload_path = path};
        assert_int_equal(http_client_call(f->client, &c, &f->res, NULL), ERR_OK);
        assert_int_equal(f->res.status, cases[i].status);
        snprintf(want, sizeof(want), "name=%s size=%zu in=%s sum=%u", strrchr(path, '/') + 1,
                 cases[i].size, cases[i].in, sum);
        if (cases[i].status == 200 && cases[i].size > 0)
            assert_string_equal(f->res.body.s, want);
        /* the same as a bare body */
        c.upload_path = NULL;
        c.body = data;
        c.body_len = cases[i].size;
        assert_int_equal(http_client_call(f->client, &c, &f->res, NULL), ERR_OK);
        snprintf(want, sizeof(want), "name= size=%zu in=%s sum=%u", cases[i].size, cases[i].in,
                 sum);
        if (cases[i].status == 200 && cases[i].size > 0)
            assert_string_equal(f->res.body.s, want);
        free(data);
    }
    close(fd);
    unlink(path);
}

static void test_multipart_parts(void **state)
{
    struct fixture *f = *state;
#define PART(name, more, text)                                                                     \
    "--bb\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" text "\r\n"
    static const struct {
        const char *body;
        int status;
        const char *want;
    } cases[] = {
        {PART("other", "", "zzz") PART("file", "; filename=\"../p.tar\"", "data") "--bb--\r\n", 200,
         "name=../p.tar size=4 in=memory"},
        {PART("other", "", "zzz") "--bb--\r\n", 400, "no file"},
        {PART("file", "", "data") PART("file", "", "more") "--bb--\r\n", 400, "more than one part"},
        {PART("file", "", "data"), 400, "multipart body"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char request[1024];
        snprintf(request, sizeof(request),
                 "POST /upload HTTP/1.1\r\n" HOST
                 "Content-Type: multipart/form-data; boundary=bb\r\nContent-Length: %zu\r\n" END
                 "%s",
                 strlen(cases[i].body), cases[i].body);
        int status = raw_ask(http_server_port(f->server), request, &f->got);
        if (status != cases[i].status || !strstr(f->got.s, cases[i].want))
            fail_msg("case %zu: got %d: %s", i, status, f->got.s);
    }
}

/* One byte now and then would keep a connection for ever if only silence counted. */
static void test_slow_request(void **state)
{
    struct fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    static const char *const starts[] = {"GET /ec", "GET /echo/1 HTTP/1.1\r\nHos",
                                         "POST /echo/1 HTTP/1.1\r\n" HOST
                                         "Content-Length: 900\r\n\r\nabc",
                                         "GET /echo/1 HTTP/1.1\r\n" HOST "\r\nGET /echo/1 HT"};
    int fds[ARRAY_LEN(starts)];
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        fds[i] = raw_connect(http_server_port(f->server));
        assert_true(raw_send(fds[i], starts[i], strlen(starts[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        sbuf_clear(&got);
        assert_true(raw_read(fds[i], &got, NULL)); /* closed by the server, long before timeout_s */
        assert_non_null(strstr(got.s, "HTTP/1.1 408 "));
        close(fds[i]);
    }
    assert_int_equal(f->handled, 1);
}

static void *ask_many(void *arg)
{
    struct fixture *f = arg;
    struct http_client *client = http_client_new();
    struct http_response res = HTTP_RESPONSE_INIT;
    char url[128], want[64];
    for (int i = 0; i < 200; i++) {
        snprintf(url, sizeof(url), "%s/echo/%d", f->base, i);
        snprintf(want, sizeof(want), " id=%d ", i);
        if (http_client_call(client, &(struct http_call){.url = url}, &res, NULL) != ERR_OK ||
            !strstr(res.body.s, want))
            abort();
    }
    http_response_release(&res);
    http_client_free(client);
    return NULL;
}

static void test_many_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, f), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    http_server_close(f->server); /* all are completed then */
    f->server = NULL;
    assert_int_equal(f->handled, 800);
    assert_int_equal(f->after, 800);
    assert_int_equal(f->last_status, 200);
}

static void test_close_finishes_requests(void **state)
{
    struct fixture *f = *state;
    AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
    uint16_t port = http_server_port(f->server);
    int idle = raw_connect(port), half = raw_connect(port);
    const char *first = "POST /echo/1 HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc";
    assert_true(raw_send(half, first, strlen(first)));
    assert_int_equal(call(f, "GET", "/echo/1", NULL), 200); /* the other two are accepted by now */
    pthread_t closer;
    assert_int_equal(
        pthread_create(&closer, NULL, (void *(*)(void *))(uintptr_t)http_server_close, f->server),
        0);
    int fd;
    while ((fd = raw_connect(port)) >= 0) /* until new ones are refused */
        close(fd);
    struct http_server *next = NULL; /* takes over the port while this one still has a request */
    struct http_server_options o = {.routes = routes, .port = port, .ctx = f};
    assert_int_equal(http_server_open(&next, &o, NULL), ERR_OK);
    http_server_close(next);
    assert_true(raw_send(half, "def", 3));
    assert_true(raw_read(half, &got, NULL));
    assert_non_null(strstr(got.s, "body=abcdef"));
    assert_non_null(strstr(got.s, "Connection: close"));
    sbuf_clear(&got);
    assert_true(raw_read(idle, &got, NULL));
    assert_string_equal(got.s, "");
    pthread_join(closer, NULL);
    f->server = NULL;
    close(half);
    close(idle);
}

static void test_open_errors(void **state)
{
    struct fixture *f = *state;
    struct http_server *s = NULL;
    struct err err = ERR_INIT;
    struct http_server_options o = {.routes = routes, .port = http_server_port(f->server)};
    assert_int_equal(http_server_open(&s, &o, &err), ERR_IO);
    assert_string_equal(err.hint, "another process has the port");
    o = (struct http_server_options){.routes = routes, .address = "nonsense"};
    assert_int_equal(http_server_open(&s, &o, &err), ERR_INVALID);
    o = (struct http_server_options){.routes = routes, .tls_cert_file = "/dev/null"};
    assert_int_equal(http_server_open(&s, &o, &err), ERR_INVALID);
    o.tls_key_file = "/dev/null";
    assert_int_equal(http_server_open(&s, &o, &err), ERR_INVALID);
    assert_string_equal(err.msg, "'/dev/null' is no PEM file");
    assert_null(s);
    http_server_close(NULL);
}

/* A proxy that adds a line of its own does not make the client's line count. */
static void test_client_behind_proxy(void **state)
{
    static const struct {
        const char *headers, *want;
    } cases[] = {
        {"", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"},
        {"X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 203.0.113.9\r\n", "203.0.113.9"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char request[256];
        snprintf(request, sizeof(request),
                 "GET /client HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
                 cases[i].headers);
        assert_int_equal(raw_ask(http_server_port(f->server), request, &f->got), 200);
        assert_non_null(strstr(f->got.s, "\r\n\r\n"));
        assert_string_equal(strstr(f->got.s, "\r\n\r\n") + 4, cases[i].want);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_view),
        T(test_client_behind_proxy),
        T(test_errors),
        T(test_replies),
        T(test_raw),
        T(test_too_long),
        T(test_upload),
        T(test_multipart_parts),
        T(test_slow_request),
        T(test_many_threads),
        T(test_close_finishes_requests),
        T(test_open_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
