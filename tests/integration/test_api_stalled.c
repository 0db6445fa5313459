/* A database that says nothing any more costs the requests that need it, and no others. */
#include "common/base/macros.h"
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "tests/support/api_fixture.h"
#include "tests/support/nfvo_store.h"
#include "tests/support/rawsock.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST    "Host: x\r\n"
#define THREADS 2 /* of the fixture, that wait for the database */
#define MANY    20

static pid_t backends[THREADS];
static size_t backend_n;

static void signal_all(int sig)
{
    for (size_t i = 0; i < backend_n; i++)
        kill(backends[i], sig);
}

static int teardown(void **state)
{
    signal_all(SIGCONT);
    backend_n = 0;
    api_fixture_free(*state);
    return 0;
}

static void ask(int fd, const struct api_fixture *f)
{
    char text[256];
    snprintf(text, sizeof(text),
             "GET /api/v1/users/current HTTP/1.1\r\n" HOST "Authorization: Bearer %s\r\n\r\n",
             f->token);
    assert_true(raw_send(fd, text, strlen(text)));
}

static int hear(int fd)
{
    struct sbuf got = SBUF_INIT;
    assert_true(raw_read(fd, &got, "\r\n\r\n{"));
    int status = atoi(got.s + 9);
    sbuf_release(&got);
    return status;
}

/* Waits until so many of MANY were told to come again. */
static size_t count_answers(const int *fds, size_t want)
{
    struct pollfd polled[MANY];
    size_t n = 0;
    int64_t until_us = clock_mono_us() + 60 * USEC_PER_SEC;
    for (size_t i = 0; i < MANY; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    while (n < want && poll(polled, MANY, clock_left_ms(until_us)) > 0)
        for (size_t i = 0; i < MANY; i++)
            if (polled[i].revents) {
                n += hear(fds[i]) == 429;
                polled[i].fd = -1;
            }
    return n;
}

/* The server processes behind the threads that wait are stopped, as those of a host that hangs: a
 * lock makes them known. */
static void stall(struct api_fixture *f)
{
    int fds[THREADS];
    test_sql(f->db, "BEGIN; LOCK TABLE token");
    for (size_t i = 0; i < THREADS; i++)
        ask(fds[i] = raw_connect(api_port(f->api)), f);
    test_query_await(f->db,
                     "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                     "'token'::regclass",
                     "2");
    const char *pids =
        test_query(f->db, "SELECT string_agg(pid::text, ' ') FROM pg_locks WHERE NOT "
                          "granted AND relation = 'token'::regclass");
    for (char *at = (char *)(uintptr_t)pids; backend_n < THREADS; backend_n++)
        backends[backend_n] = (pid_t)strtol(at, &at, 10);
    test_sql(f->db, "ROLLBACK");
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(hear(fds[i]), 200);
        close(fds[i]);
    }
    signal_all(SIGSTOP);
}

static void only_who_needs_it_waits(void **state)
{
    struct api_fixture *f = *state;
    struct sbuf got = SBUF_INIT;
    int fds[MANY];
    uint16_t port = api_port(f->api);
    stall(f);
    for (size_t i = 0; i < MANY; i++)
        ask(fds[i] = raw_connect(port), f);
    /* Logins, and bodies whose sender is looked up first. */
    int login = raw_connect(port), body = raw_connect(port);
    static const char post[] =
        "POST /oauth/token HTTP/1.1\r\n" HOST
        "Authorization: Basic b3BlbmJhdG9uT1NDbGllbnQ6c2VjcmV0\r\nContent-Length: 46\r\n\r\n"
        "grant_type=password&username=eve&password=eves";
    static const char create[] = "POST /api/v1/projects HTTP/1.1\r\n" HOST
                                 "Authorization: Bearer nonsense\r\nContent-Length: 2\r\n\r\n{}";
    assert_true(raw_send(login, post, strlen(post)));
    assert_true(raw_send(body, create, strlen(create)));
    static const char *const others[] = {"/healthz", "/metrics", "/api/v1/openapi.json",
                                         "/configprops", "/metrics"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        char text[128];
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
                 others[i]);
        assert_int_equal(raw_ask(port, text, &got), 200);
        assert_int_equal(raw_ask(api_status_port(f->api),
                                 "GET /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
                                 &got),
                         200);
    }
    assert_int_equal(
        raw_ask(port, "GET /nothing HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &got), 404);
    /* What waits for its turn is told to come again; what has its turn waits for its answer. */
    assert_int_equal(count_answers(fds, MANY - THREADS), MANY - THREADS);
    signal_all(SIGCONT);
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
    close(login);
    close(body);
    sbuf_release(&got);
    assert_int_equal(api_call(f, "GET", "/api/v1/users/current", NULL), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_who_needs_it_waits, api_fixture_setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
