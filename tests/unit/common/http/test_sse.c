#include "common/http/sse.h"

#include "common/base/mem.h"
#include "common/http/client.h"
#include "tests/support/rawsock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct http_server *server;
    struct http_sse_options options;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_sse *stream;
    struct sbuf got;
    int fd;
};

static enum http_result on_events(struct http_request *req, struct http_reply *reply)
{
    struct fixture *f = req->ctx;
    (void)reply;
    pthread_mutex_lock(&f->lock);
    f->stream = http_sse_open(req, &f->options);
    pthread_cond_signal(&f->more);
    pthread_mutex_unlock(&f->lock);
    return HTTP_STREAM;
}

static const struct http_route routes[] = {{"GET", "/events", on_events, 0}, {0}};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->more, NULL);
    f->got = (struct sbuf)SBUF_INIT;
    struct http_server_options o = {.threads = 2, .timeout_s = 1, .routes = routes, .ctx = f};
    assert_int_equal(http_server_open(&f->server, &o, NULL), ERR_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->fd > 0)
        close(f->fd);
    http_server_close(f->server);
    sbuf_release(&f->got);
    free(f);
    return 0;
}

static struct http_sse *subscribe(struct fixture *f)
{
    const char *request = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";
    f->fd = raw_connect(http_server_port(f->server));
    assert_true(raw_send(f->fd, request, strlen(request)));
    pthread_mutex_lock(&f->lock);
    while (!f->stream)
        pthread_cond_wait(&f->more, &f->lock);
    pthread_mutex_unlock(&f->lock);
    return f->stream;
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    f->options.retry_ms = 500;
    struct http_sse *s = subscribe(f);
    assert_true(http_sse_send(s, "vnfr", "7", "{\"a\":1}"));
    assert_true(raw_read(f->fd, &f->got, "id: 7\ndata: {\"a\":1}\n\n"));
    assert_non_null(strstr(f->got.s, "Content-Type: text/event-stream"));
    assert_non_null(strstr(f->got.s, "retry: 500\n\n"));
    assert_non_null(strstr(f->got.s, "event: vnfr\n"));
    sbuf_clear(&f->got);
    assert_true(http_sse_send(s, "x\ndata: evil", NULL, "two\r\nlines\rthree\n"));
    assert_true(raw_read(f->fd, &f->got,
                         "event: x data: evil\ndata: two\ndata: lines\ndata: three\ndata: \n\n"));
    assert_true(http_sse_is_open(s));
    assert_true(http_sse_send(s, NULL, NULL, "last"));
    http_sse_close(s);
    sbuf_clear(&f->got);
    assert_true(raw_read(f->fd, &f->got, "0\r\n\r\n")); /* the end of the chunks */
    assert_non_null(strstr(f->got.s, "data: last\n\n"));
}

/* Longer than timeout_s = 1: silence is broken by heartbeats, which also keeps the connection. */
static void test_heartbeat(void **state)
{
    struct fixture *f = *state;
    f->options.heartbeat_ms = 300;
    struct http_sse *s = subscribe(f);
    for (int i = 0; i < 5; i++) {
        sbuf_clear(&f->got);
        assert_true(raw_read(f->fd, &f->got, ":\n\n"));
    }
    assert_true(http_sse_send(s, NULL, NULL, "still here"));
    assert_true(raw_read(f->fd, &f->got, "data: still here\n\n"));
    http_sse_close(s);
}

/* A client that does not read fills the kernel's buffers, then the queue, and then loses the
 * stream. */
static void test_slow_client(void **state)
{
    struct fixture *f = *state;
    char data[4001];
    memset(data, 'x', sizeof(data) - 1);
    data[sizeof(data) - 1] = '\0';
    f->options.queue_bytes = 10000;
    struct http_sse *s = subscribe(f);
    size_t n = 0;
    while (http_sse_send(s, NULL, NULL, data))
        assert_in_range(++n, 1, 5000); /* 20 MB: more than the kernel keeps */
    assert_false(http_sse_is_open(s));
    http_sse_close(s);
    assert_true(raw_read(f->fd, &f->got, NULL) || true); /* what was sent, and then the end */
}

static void test_client_goes(void **state)
{
    struct fixture *f = *state;
    f->options.heartbeat_ms = 20;
    struct http_sse *s = subscribe(f);
    close(f->fd);
    f->fd = 0;
    while (http_sse_is_open(s)) /* the heartbeat finds out */
        sched_yield();
    assert_false(http_sse_send(s, NULL, NULL, "x"));
    http_sse_close(s);
}

static void test_server_goes(void **state)
{
    struct fixture *f = *state;
    struct http_sse *s = subscribe(f);
    assert_true(http_sse_send(s, NULL, NULL, "queued"));
    http_server_close(f->server);
    f->server = NULL;
    assert_true(raw_read(f->fd, &f->got, NULL));
    assert_non_null(strstr(f->got.s, "data: queued\n\n"));
    assert_non_null(strstr(f->got.s, "0\r\n\r\n"));
    assert_false(http_sse_send(s, NULL, NULL, "x"));
    http_sse_close(s);
    http_sse_close(NULL);
}

struct feeder {
    struct http_sse *stream;
    int n;
};

static void *feed(void *arg)
{
    struct feeder *feeder = arg;
    char text[32];
    for (int i = 0; i < feeder->n; i++) {
        snprintf(text, sizeof(text), "%d", i);
        if (!http_sse_send(feeder->stream, NULL, NULL, text))
            abort();
    }
    return NULL;
}

/* Suspending and resuming race with each other: no event is lost, none waits for the next one. */
static void test_busy(void **state)
{
    struct fixture *f = *state;
    struct feeder feeder = {.stream = subscribe(f), .n = 5000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    assert_true(raw_read(f->fd, &f->got, "data: 4999\n"));
    pthread_join(thread, NULL);
    http_sse_close(feeder.stream);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_events),      T(test_heartbeat),   T(test_slow_client),
        T(test_client_goes), T(test_server_goes), T(test_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
