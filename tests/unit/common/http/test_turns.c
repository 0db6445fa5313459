/* Requests that wait for others, in queues of their own: what they cost the rest, and whose turn
 * it is. One thread serves all connections, one waits. */
#include "common/base/macros.h"
#include "common/base/mem.h"
#include "common/http/server.h"
#include "common/sys/clock.h"
#include "tests/support/rawsock.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: x\r\n"

struct fixture {
    struct http_server *server;
    struct sbuf got;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;        /* the gate that all wait at who wait */
    int passes;          /* so many may go through while it is shut */
    atomic_int at_gate;  /* so many came there */
    atomic_int arrived;  /* requests that were routed */
    char order[64];      /* first characters of X-Who, as they were served */
    atomic_int pieces_n; /* made so far */
};

static void wait_at_gate(struct fixture *f)
{
    atomic_fetch_add(&f->at_gate, 1);
    pthread_mutex_lock(&f->lock);
    while (!f->is_open && f->passes == 0)
        pthread_cond_wait(&f->changed, &f->lock);
    f->passes -= !f->is_open;
    pthread_mutex_unlock(&f->lock);
}

static enum http_result now(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(reply, 200, HTTP_TYPE_TEXT, "now");
    return HTTP_DONE;
}

static enum http_result wait(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    const char *who = http_request_header(req, "X-Who");
    wait_at_gate(f);
    if (who)
        strncat(f->order, who, 1);
    http_reply_copy(reply, 200, HTTP_TYPE_TEXT, req->body, req->body_len);
    return HTTP_DONE;
}

static enum http_piece piece(void *arg, struct sbuf *out)
{
    struct fixture *f = arg;
    int n = atomic_fetch_add(&f->pieces_n, 1);
    if (n > 0)
        wait_at_gate(f);
    sbuf_addf(out, "piece %d,", n);
    return n == 2 ? HTTP_PIECE_LAST : HTTP_PIECE_MORE;
}

static void no_free(void *arg)
{
    (void)arg;
}

static enum http_result list(struct http_request *req, struct http_reply *reply)
{
    http_reply_pieces(reply, 200, HTTP_TYPE_TEXT, piece, no_free, req->ctx);
    return HTTP_DONE;
}

static enum http_result late_list(struct http_request *req, struct http_reply *reply)
{
    wait_at_gate(req->ctx);
    return list(req, reply);
}

static const struct http_route routes[] = {
    {"GET", "/now", now, 0},   {"GET", "/wait", wait, 0},           {"POST", "/wait", wait, 0},
    {"GET", "/list", list, 0}, {"GET", "/late-list", late_list, 0}, {0},
};

/* X-Who: whose turn. */
static bool turn(struct http_request *req, char ret[HTTP_TURN_SIZE])
{
    struct fixture *f = req->ctx;
    const char *who = http_request_header(req, "X-Who");
    atomic_fetch_add(&f->arrived, 1);
    if (who)
        snprintf(ret, HTTP_TURN_SIZE, "%s", who);
    return strcmp(req->path, "/now") != 0;
}

/* X-Before: it is asked at the gate whether it may send its body. */
static bool before(struct http_request *req, struct http_reply *reply)
{
    const char *what = http_request_header(req, "X-Before");
    if (!what)
        return true;
    wait_at_gate(req->ctx);
    if (strcmp(what, "no") == 0)
        http_reply_static(reply, 401, HTTP_TYPE_TEXT, "no");
    return strcmp(what, "no") != 0;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct http_server_options o = {.threads = 1,
                                    .work_threads = 1,
                                    .wait_threads = 1,
                                    .wait_timeout_s = 1,
                                    .timeout_s = 30,
                                    .routes = routes,
                                    .ctx = f,
                                    .turn = turn,
                                    .before = before};
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

static void let_one_through(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->passes++;
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

static int say(struct fixture *f, const char *text)
{
    int fd = raw_connect(http_server_port(f->server));
    assert_true(raw_send(fd, text, strlen(text)));
    return fd;
}

static int hear(struct fixture *f, int fd, const char *until)
{
    sbuf_clear(&f->got);
    assert_true(raw_read(fd, &f->got, until));
    close(fd);
    return strncmp(f->got.s, "HTTP/1.1 ", 9) == 0 ? atoi(f->got.s + 9) : 0;
}

static void others_are_served(struct fixture *f)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(raw_ask(http_server_port(f->server),
                                 "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &f->got),
                         200);
}

static void soon(atomic_int *n, int want)
{
    int64_t until = clock_mono_us() + 20 * USEC_PER_SEC;
    while (atomic_load(n) < want && clock_mono_us() < until)
        sched_yield();
    assert_true(atomic_load(n) >= want);
}

static void a_handler_waits(void **state)
{
    struct fixture *f = *state;
    int fd = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    soon(&f->at_gate, 1);
    others_are_served(f);
    open_gate(f);
    assert_int_equal(hear(f, fd, "\r\n\r\n"), 200);
}

/* The body comes behind the question, or with it. */
static void who_asks_waits(void **state)
{
    struct fixture *f = *state;
    int late = say(f, "POST /wait HTTP/1.1\r\n" HOST "X-Before: yes\r\nContent-Length: 4\r\n"
                      "Expect: 100-continue\r\n\r\n");
    soon(&f->at_gate, 1);
    others_are_served(f);
    open_gate(f);
    sbuf_clear(&f->got);
    assert_true(raw_read(late, &f->got, "100 Continue\r\n\r\n"));
    assert_true(raw_send(late, "body", 4));
    assert_true(raw_read(late, &f->got, "\r\n\r\nbody"));
    close(late);
    /* What came with the head is read in order, and the next request is one. */
    int no = say(f, "POST /wait HTTP/1.1\r\n" HOST "X-Before: no\r\nContent-Length: 4\r\n"
                    "Connection: close\r\n\r\nbody");
    assert_int_equal(hear(f, no, NULL), 401);
    int both = say(f, "POST /wait HTTP/1.1\r\n" HOST "X-Before: yes\r\nContent-Length: 5\r\n\r\n"
                      "again"
                      "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_int_equal(hear(f, both, NULL), 200);
    assert_non_null(strstr(f->got.s, "\r\n\r\nagainHTTP/1.1 200 OK\r\n"));
    assert_string_equal(f->got.s + f->got.len - 3, "now");
}

static void pieces_wait(void **state)
{
    struct fixture *f = *state;
    int fd = say(f, "GET /list HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    soon(&f->at_gate, 1);
    others_are_served(f);
    open_gate(f);
    assert_int_equal(hear(f, fd, NULL), 200);
    assert_non_null(strstr(f->got.s, "piece 0,\r\n"));
    assert_non_null(strstr(f->got.s, "piece 2,\r\n0\r\n\r\n"));
}

/* One stands at the gate for longer than the others may wait for their turn: they are told so, and
 * it is answered when it comes through. */
static void a_turn_comes_too_late(void **state)
{
    struct fixture *f = *state;
    int first = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    soon(&f->at_gate, 1);
    int second = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    int body = say(f, "POST /wait HTTP/1.1\r\n" HOST "X-Before: yes\r\nContent-Length: 4\r\n\r\n");
    assert_int_equal(hear(f, second, "\r\n\r\n{"), 429);
    assert_non_null(strstr(f->got.s, "\r\nRetry-After: 5\r\n"));
    assert_int_equal(hear(f, body, NULL), 429); /* and closed: its body is not read */
    assert_int_equal(atomic_load(&f->at_gate), 1);
    open_gate(f);
    assert_int_equal(hear(f, first, "\r\n\r\n"), 200);
}

/* One that waits too long for its turn is not waited for, and its answer breaks off, so that nobody
 * takes it for whole. */
static void an_answer_breaks_off(void **state)
{
    struct fixture *f = *state;
    int fd = say(f, "GET /late-list HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    soon(&f->at_gate, 1);
    int next = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    soon(&f->arrived, 2);
    let_one_through(f); /* the list begins; its first piece stands behind the other */
    soon(&f->at_gate, 2);
    assert_int_equal(hear(f, fd, NULL), 200);
    assert_non_null(strstr(f->got.s, "\r\n\r\n"));
    assert_null(strstr(f->got.s, "0\r\n\r\n"));
    assert_int_equal(atomic_load(&f->pieces_n), 0);
    open_gate(f);
    assert_int_equal(hear(f, next, "\r\n\r\n"), 200);
}

/* A piece that is being made is waited for. */
static void a_piece_comes_too_late(void **state)
{
    struct fixture *f = *state;
    int whole = say(f, "GET /list HTTP/1.1\r\n" HOST "\r\n");
    soon(&f->at_gate, 1);
    int broken = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(hear(f, broken, "\r\n\r\n{"), 429);
    open_gate(f);
    sbuf_clear(&f->got);
    assert_true(raw_read(whole, &f->got, "piece 2,\r\n0\r\n\r\n"));
    close(whole);
}

/* Whoever they are by the hook: one who brings many, from one address as the others, waits behind
 * those who bring one. */
static void turns_are_of_users(void **state)
{
    struct fixture *f = *state;
    int fds[6];
    char text[128];
    for (int i = 0; i < 6; i++) {
        snprintf(text, sizeof(text), "GET /wait HTTP/1.1\r\n" HOST "X-Who: %s\r\n\r\n",
                 i < 4    ? "many"
                 : i == 4 ? "a"
                          : "b");
        fds[i] = say(f, text);
        soon(&f->arrived, i + 1);
        if (i == 0)
            soon(&f->at_gate, 1);
    }
    others_are_served(f);
    open_gate(f);
    for (int i = 0; i < 6; i++)
        assert_int_equal(hear(f, fds[i], "\r\n\r\n"), 200);
    assert_string_equal(f->order, "mmabmm");
}

static void the_server_goes(void **state)
{
    struct fixture *f = *state;
    pthread_t closer;
    struct http_server *s = f->server;
    int first = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    soon(&f->at_gate, 1);
    int second = say(f, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    int third = say(f, "POST /wait HTTP/1.1\r\n" HOST "X-Before: yes\r\nContent-Length: 4\r\n\r\n");
    soon(&f->arrived, 3);
    f->server = NULL;
    assert_int_equal(
        pthread_create(&closer, NULL, (void *(*)(void *))(uintptr_t)http_server_close, s), 0);
    open_gate(f);
    pthread_join(closer, NULL);
    assert_int_equal(hear(f, first, "\r\n\r\n"), 200);
    int status = hear(f, second, "\r\n\r\n");
    assert_true(status == 200 || status == 429 || status == 503);
    hear(f, third, NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_handler_waits),       T(who_asks_waits),         T(pieces_wait),
        T(a_turn_comes_too_late), T(a_piece_comes_too_late), T(turns_are_of_users),
        T(the_server_goes),       T(an_answer_breaks_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
