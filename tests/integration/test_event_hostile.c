/* Endpoints of subscriptions that are no subscriber, but an attack: nfvo/event against listeners that
 * misbehave. */
#include "common/http/server.h"
#include "tests/support/event_bed.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct event_bed bed;

static int set_up(void **state)
{
    (void)state;
    event_bed_open(&bed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    event_bed_close(&bed);
    return 0;
}

enum hostile {
    ANNOUNCED_BODY,  /* 200, and more bytes than anybody would take, as it says */
    ENDLESS_BODY,    /* 200, and bytes for ever, without a word of how many */
    ENDLESS_HEADERS, /* header lines for ever */
    DRIPS,           /* 200, and a byte each 50 ms: never silent, never done */
    REDIRECTS,       /* to another subscriber, who did not ask for it */
    NO_HTTP,
    CLOSES,
    HOSTILE_N
};

static struct {
    int fd;
    pthread_t thread;
    atomic_bool is_ending;
    char to[100]; /* of REDIRECTS */
} hostile[HOSTILE_N];

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return; /* the other side has had enough */
}

static void misbehave(enum hostile how, int fd)
{
    static const char filler[] = "x-filler: 0123456789012345678901234567890123456789\r\n";
    char line[200];
    if (how == REDIRECTS) {
        snprintf(line, sizeof(line), "HTTP/1.1 307 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                 hostile[how].to);
        say(fd, line);
    } else if (how == NO_HTTP) {
        say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
    } else if (how != CLOSES) {
        say(fd, "HTTP/1.1 200 OK\r\n");
        if (how != ENDLESS_HEADERS)
            say(fd, how == ANNOUNCED_BODY ? "Content-Length: 1000000000\r\n\r\n" : "\r\n");
        while (!atomic_load(&hostile[how].is_ending) &&
               send(fd, filler, how == DRIPS ? 1 : sizeof(filler) - 1, MSG_NOSIGNAL) > 0)
            if (how == DRIPS)
                poll(NULL, 0, 50); /* this is what it does */
    }
    close(fd);
}

static void *serve_badly(void *arg)
{
    enum hostile how = (enum hostile)(uintptr_t)arg;
    char buffer[4096];
    for (int fd; (fd = accept(hostile[how].fd, NULL, NULL)) >= 0;) {
        if (recv(fd, buffer, sizeof(buffer), 0) > 0)
            misbehave(how, fd);
        else
            close(fd);
    }
    return NULL;
}

static char *open_hostile(enum hostile how)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    hostile[how].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(hostile[how].fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(hostile[how].fd, 16), 0);
    assert_int_equal(getsockname(hostile[how].fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(
        pthread_create(&hostile[how].thread, NULL, serve_badly, (void *)(uintptr_t)how), 0);
    return arena_printf(&bed.memory, "http://127.0.0.1:%d/e", ntohs(at.sin_port));
}

static void close_hostile(enum hostile how)
{
    atomic_store(&hostile[how].is_ending, true);
    shutdown(hostile[how].fd, SHUT_RDWR);
    pthread_join(hostile[how].thread, NULL);
    close(hostile[how].fd);
    atomic_store(&hostile[how].is_ending, false);
}

static int64_t resident_kb(void)
{
    char line[200];
    int64_t kb = 0;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = atoll(line + 6);
    if (f)
        fclose(f);
    return kb;
}

/* Whatever an endpoint does: events of others go on, what it sends is not kept, it is not followed
 * elsewhere, and in the end its events are given up, each for its reason. */
static void test_hostile_endpoints_harm_nobody(void **state)
{
    enum { GROWTH_MAX_KB = 64 * 1024 };
    (void)state;
    int64_t before = resident_kb();
    bed.options.http_timeout_ms = 1000;
    bed.options.attempts = 2;
    snprintf(hostile[REDIRECTS].to, sizeof(hostile[REDIRECTS].to), "%s", event_bed_url(&bed));
    for (int how = 0; how < HOSTILE_N; how++) {
        const char *id = arena_printf(&bed.memory, "bad%d", how);
        event_bed_subscribe(&bed, id, "REST", open_hostile((enum hostile)how));
        event_bed_add(&bed, id, 100 + how, 100 + how);
    }
    event_bed_subscribe(
        &bed, "tls", "REST",
        arena_printf(&bed.memory, "https://127.0.0.1:%d/e", http_server_port(bed.web.server)));
    event_bed_add(&bed, "tls", 200, 200);
    event_bed_subscribe(&bed, "good", "REST",
                        arena_printf(&bed.memory, "%s?good", event_bed_url(&bed)));
    event_bed_add(&bed, "good", 1, 20);
    event_bed_start(&bed, 0);
    event_bed_await_nothing_left(&bed);
    event_bed_await_web(&bed, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ");
    /* 200 is an answer, also when more follows than is read; a redirection is one that refuses. */
    assert_string_equal(test_query(bed.ts->db, "SELECT string_agg(endpoint_id, ',' ORDER BY "
                                               "endpoint_id) FROM event_delivery WHERE n > 0"),
                        "bad0,bad1,bad2,good");
    assert_int_equal(event_bed_metric(&bed, "baton_events_dropped_total{why=\"refused\"} "), 1);
    assert_int_equal(event_bed_metric(&bed, "baton_events_dropped_total{why=\"gone\"} "),
                     HOSTILE_N - 4 + 1);
    assert_true(resident_kb() - before < GROWTH_MAX_KB);
    event_bed_stop(&bed, 0);
    for (int how = 0; how < HOSTILE_N; how++)
        close_hostile((enum hostile)how);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_hostile_endpoints_harm_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
