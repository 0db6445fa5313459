/* What one client can take from the others: connections, memory, disk, threads. */
#include "common/base/macros.h"
#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/http/server.h"
#include "common/sys/clock.h"
#include "tests/support/rawsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: x\r\n"
#define MANY 60

struct fixture {
    struct http_server *server;
    struct sbuf got;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open; /* the gate that /work waits at */
    struct net_list proxies;
    atomic_int working, handled, begun;
    char order[64]; /* last characters of the addresses, as they were served */
};

static enum http_result echo(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    atomic_fetch_add(&f->handled, 1);
    http_reply_copy(reply, 200, HTTP_TYPE_TEXT, req->body, req->body_len < 10 ? req->body_len : 10);
    return HTTP_DONE;
}

static enum http_result work(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    const char *peer = http_request_peer(req);
    atomic_fetch_add(&f->working, 1);
    pthread_mutex_lock(&f->lock);
    while (!f->is_open)
        pthread_cond_wait(&f->changed, &f->lock);
    strncat(f->order, peer + strlen(peer) - 1, 1);
    pthread_mutex_unlock(&f->lock);
    http_reply_static(reply, 200, HTTP_TYPE_TEXT, "worked");
    return HTTP_DONE;
}

static const struct http_route routes[] = {
    {"GET", "/echo", echo, 0},
    {"POST", "/echo", echo, 0},
    {"POST", "/small", echo, HTTP_ROUTE_SMALL},
    {"POST", "/upload", echo, HTTP_ROUTE_UPLOAD},
    {"GET", "/work", work, HTTP_ROUTE_WORK},
    {0},
};

/* X-User: who it is; none: refused. */
static bool before(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    const char *user = http_request_header(req, "X-User");
    atomic_fetch_add(&f->begun, 1);
    assert_string_equal(req->body, "");
    if (user)
        http_request_set_user(req, user);
    else
        http_reply_static(reply, 401, HTTP_TYPE_TEXT, "who are you");
    return user != NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct http_server_options o = {.threads = 1,
                                    .work_threads = 1,
                                    .work_body = 100000,
                                    .max_body = 50000,
                                    .max_upload = 3000000000,
                                    .upload_memory = 30000,
                                    .memory = {.all = 100000, .each = 60000},
                                    .disk = {.all = 500000, .each = 200000},
                                    .max_connections = 40,
                                    .max_per_address = 20,
                                    .reserve = 5,
                                    .timeout_s = 30,
                                    .request_timeout_s = 20,
                                    .trusted_proxies = &f->proxies,
                                    .routes = routes,
                                    .ctx = f,
                                    .before = before};
    assert_int_equal(net_list_parse(&f->proxies, "127.0.0.77", NULL), ERR_OK);
    f->got = (struct sbuf)SBUF_INIT;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    assert_int_equal(http_server_open(&f->server, &o, NULL), ERR_OK);
    *state = f;
    return 0;
}

static void open_gate(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->is_open = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    open_gate(f);
    http_server_close(f->server);
    sbuf_release(&f->got);
    free(f);
    return 0;
}

/* From 127.0.0.n. */
static int connect_from(struct fixture *f, unsigned n)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + n)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(http_server_port(f->server))};
    const struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

static void say(int fd, const char *text)
{
    assert_true(raw_send(fd, text, strlen(text)));
}

/* The status of the next answer on it; 0: it was closed. */
static int hear(struct fixture *f, int fd)
{
    sbuf_clear(&f->got);
    raw_read(fd, &f->got, "\r\n\r\n");
    return strncmp(f->got.s, "HTTP/1.1 ", 9) == 0 ? atoi(f->got.s + 9) : 0;
}

static int ask_from(struct fixture *f, unsigned n, const char *path)
{
    char text[200];
    int fd = connect_from(f, n);
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "X-User: u\r\n\r\n", path);
    bool is_said = raw_send(fd, text, strlen(text));
    int status = is_said ? hear(f, fd) : 0;
    close(fd);
    return status;
}

static bool is_soon(bool (*is)(struct fixture *f, size_t n), struct fixture *f, size_t n)
{
    int64_t until = clock_mono_us() + 20 * USEC_PER_SEC;
    while (!is(f, n) && clock_mono_us() < until)
        sched_yield();
    return is(f, n);
}

static bool is_kept(struct fixture *f, size_t n)
{
    return http_server_kept(f->server, false) == n;
}

static bool is_on_disk(struct fixture *f, size_t n)
{
    return http_server_kept(f->server, true) == n;
}

static bool has_connections(struct fixture *f, size_t n)
{
    return http_server_connections(f->server) == n;
}

static bool is_working(struct fixture *f, size_t n)
{
    return (size_t)atomic_load(&f->working) == n;
}

/* The answer comes with the head: nothing of the body is waited for, taken, or asked for. */
static void test_refused_before_the_body(void **state)
{
    struct fixture *f = *state;
    static const char *const heads[] = {
        "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 2000000000\r\n\r\n",
        "POST /upload HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
        "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 49000000\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        int fd = connect_from(f, 1);
        say(fd, heads[i]);
        assert_int_equal(hear(f, fd), 401);
        raw_read(fd, &f->got, NULL);
        assert_non_null(strstr(f->got.s, "who are you"));
        close(fd);
    }
    /* A small body is dropped as it comes, and the connection stays good. */
    int fd = connect_from(f, 1);
    for (int i = 0; i < 2; i++) {
        say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 40000\r\n\r\n");
        for (int k = 0; k < 4000; k++)
            say(fd, "0123456789");
        assert_int_equal(http_server_kept(f->server, false), 0);
        assert_int_equal(hear(f, fd), 401);
        assert_true(strstr(f->got.s, "who are you") || raw_read(fd, &f->got, "who are you"));
    }
    close(fd);
    assert_int_equal(f->handled, 0);
}

static int half_body(struct fixture *f, unsigned from, const char *user, const char *path,
                     size_t announced, size_t sent)
{
    char head[200], *body = xcalloc(1, sent + 1);
    int fd = connect_from(f, from);
    memset(body, 'x', sent);
    snprintf(head, sizeof(head),
             "POST %s HTTP/1.1\r\n" HOST "X-User: %s\r\nContent-Length: %zu\r\n\r\n", path, user,
             announced);
    say(fd, head);
    raw_send(fd, body, sent);
    free(body);
    return fd;
}

static void test_memory(void **state)
{
    struct fixture *f = *state;
    int first = half_body(f, 1, "a", "/echo", 45000, 40000);
    assert_true(is_soon(is_kept, f, 40000));
    int same_address = half_body(f, 1, "b", "/echo", 30000, 30000);
    assert_int_equal(hear(f, same_address), 429);
    assert_non_null(strstr(f->got.s, "Retry-After: "));
    raw_read(same_address, &f->got, "one address have no room");
    int same_user = half_body(f, 2, "a", "/echo", 30000, 30000);
    assert_int_equal(hear(f, same_user), 429);
    raw_read(same_user, &f->got, "one user have no room");
    int other = half_body(f, 3, "c", "/echo", 45000, 40000);
    assert_true(is_soon(is_kept, f, 80000));
    int all = half_body(f, 4, "d", "/echo", 30000, 30000);
    assert_int_equal(hear(f, all), 429);
    raw_read(all, &f->got, "all clients have no room");
    assert_int_equal(http_server_kept(f->server, false), 80000);
    close(first); /* half a request: what was kept is given back */
    assert_true(is_soon(is_kept, f, 40000));
    say(other, "0123456789");
    for (int i = 0; i < 499; i++)
        say(other, "0123456789");
    assert_int_equal(hear(f, other), 200);
    assert_true(is_soon(is_kept, f, 0));
    int again = half_body(f, 1, "a", "/echo", 30000, 30000);
    assert_int_equal(hear(f, again), 200);
    close(same_address);
    close(same_user);
    close(other);
    close(all);
    close(again);
}

static void test_disk(void **state)
{
    struct fixture *f = *state;
    int first = half_body(f, 1, "a", "/upload", 190000, 150000);
    assert_true(is_soon(is_on_disk, f, 150000));
    assert_int_equal(http_server_kept(f->server, false), 0);
    int second = half_body(f, 1, "b", "/upload", 100000, 100000);
    assert_int_equal(hear(f, second), 429);
    raw_read(second, &f->got, "on disk for one address");
    close(first);
    close(second);
    assert_true(is_soon(is_on_disk, f, 0));
}

static void test_small_route(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, 1);
    say(fd, "POST /small HTTP/1.1\r\n" HOST "X-User: a\r\nContent-Length: 65537\r\nExpect: "
            "100-continue\r\n\r\n");
    assert_int_equal(hear(f, fd), 413);
    close(fd);
}

/* Silent connections make room for those who ask, whoever's they are. */
static void test_idle_connections(void **state)
{
    struct fixture *f = *state;
    static const char *const starts[] = {"", "GET /echo HTTP/1.1\r\nHo",
                                         "POST /echo HTTP/1.1\r\n" HOST};
    int fds[MANY];
    for (size_t s = 0; s < ARRAY_LEN(starts); s++) {
        for (size_t i = 0; i < MANY; i++) {
            fds[i] = connect_from(f, 1);
            raw_send(fds[i], starts[s], strlen(starts[s]));
        }
        assert_int_equal(ask_from(f, 1, "/echo"), 200);
        assert_int_equal(ask_from(f, 2, "/echo"), 200);
        assert_in_range(http_server_connections(f->server), 1, 20);
        for (size_t i = 0; i < MANY; i++)
            close(fds[i]);
        assert_true(is_soon(has_connections, f, 0));
    }
    /* Many addresses fill all places: the address that has most gives one. */
    for (size_t i = 0; i < MANY; i++)
        fds[i] = connect_from(f, 10 + (unsigned)i % 4);
    for (unsigned n = 1; n < 9; n++)
        assert_int_equal(ask_from(f, n, "/echo"), 200);
    assert_in_range(http_server_connections(f->server), 20, 40);
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
}

static bool has_begun(struct fixture *f, size_t n)
{
    return (size_t)atomic_load(&f->begun) == n;
}

/* Until the server has it in hand: before that it may be given up for another. */
static int ask_to_work(struct fixture *f, unsigned from)
{
    size_t n = (size_t)atomic_load(&f->begun) + 1;
    int fd = connect_from(f, from);
    say(fd, "GET /work HTTP/1.1\r\n" HOST "X-User: u\r\n\r\n");
    assert_true(is_soon(has_begun, f, n));
    return fd;
}

/* Requests in hand are not given up for new ones; others are served meanwhile, by one thread. */
static void test_busy_connections(void **state)
{
    struct fixture *f = *state;
    int fds[20];
    for (size_t i = 0; i < 20; i++)
        fds[i] = ask_to_work(f, 1);
    assert_true(is_soon(is_working, f, 1));
    int more = connect_from(f, 1);
    assert_int_equal(hear(f, more), 503);
    raw_read(more, &f->got, NULL);
    assert_non_null(strstr(f->got.s, "too many connections"));
    close(more);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask_from(f, 2, "/echo"), 200);
    /* 35 places are taken, 5 are kept: who has fewer than 10 gets them. */
    int others[15];
    for (size_t i = 0; i < 15; i++)
        others[i] = ask_to_work(f, 3);
    assert_int_equal(ask_from(f, 4, "/echo"), 200);
    open_gate(f);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(hear(f, fds[i]), 200);
        close(fds[i]);
    }
    for (size_t i = 0; i < 15; i++)
        close(others[i]);
}

/* A proxy is many clients: only the limits of all, and of users, bind it. */
static void test_proxy(void **state)
{
    struct fixture *f = *state;
    int fds[30];
    for (size_t i = 0; i < 30; i++)
        fds[i] = connect_from(f, 77);
    assert_true(is_soon(has_connections, f, 30));
    int first = half_body(f, 77, "a", "/echo", 45000, 40000);
    int second = half_body(f, 77, "b", "/echo", 45000, 40000);
    assert_true(is_soon(is_kept, f, 80000));
    int same_user = half_body(f, 77, "a", "/echo", 30000, 30000);
    assert_int_equal(hear(f, same_user), 429);
    close(first);
    close(second);
    close(same_user);
    for (size_t i = 0; i < 30; i++)
        close(fds[i]);
}

/* Who brings many waits behind who brings one. */
static void test_pool_is_fair(void **state)
{
    struct fixture *f = *state;
    int fds[6];
    for (size_t i = 0; i < 5; i++)
        fds[i] = ask_to_work(f, 1);
    assert_true(is_soon(is_working, f, 1));
    assert_int_equal(ask_from(f, 1, "/echo"), 200); /* all five are in the pool */
    fds[5] = ask_to_work(f, 2);
    assert_int_equal(ask_from(f, 2, "/echo"), 200);
    open_gate(f);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(hear(f, fds[i]), 200);
        close(fds[i]);
    }
    assert_string_equal(f->order, "112111");
}

/* The server ends while requests wait for the pool. */
static void test_server_goes(void **state)
{
    struct fixture *f = *state;
    int fds[3];
    for (size_t i = 0; i < 3; i++)
        fds[i] = ask_to_work(f, 1);
    assert_true(is_soon(is_working, f, 1));
    pthread_t closer;
    struct http_server *s = f->server;
    f->server = NULL;
    assert_int_equal(
        pthread_create(&closer, NULL, (void *(*)(void *))(uintptr_t)http_server_close, s), 0);
    open_gate(f);
    pthread_join(closer, NULL);
    for (size_t i = 0; i < 3; i++) {
        int status = hear(f, fds[i]);
        assert_true(status == 200 || status == 503);
        close(fds[i]);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_refused_before_the_body),
        T(test_memory),
        T(test_disk),
        T(test_small_route),
        T(test_idle_connections),
        T(test_busy_connections),
        T(test_proxy),
        T(test_pool_is_fair),
        T(test_server_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
