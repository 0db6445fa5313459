/* Events to subscribers: nfvo/event against a real broker, a database and HTTP listeners. */
#include "common/base/mem.h"
#include "common/http/dial.h"
#include "common/http/server.h"
#include "common/sys/clock.h"
#include "nfvo/event/dispatcher.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_event.h"
#include "proto/records/manager.h"
#include "proto/topology.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"
#include "tests/support/proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 600, DISPATCHERS = 2 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct dispatcher_options options;
static struct bus_options login;
static struct dial_rules dial; /* loopback is allowed, unless a test takes that back */
static struct dispatcher *dispatchers[DISPATCHERS];
static struct bus *bus; /* the test's own */
static struct arena memory;

/* A subscriber's web server. */
static struct {
    struct http_server *server;
    pthread_mutex_t lock;
    struct sbuf bodies; /* "1 2 3 " */
    int status, n;
} web = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void open_dispatcher(size_t i)
{
    struct err err = ERR_INIT;
    struct dispatcher_setup setup = {
        .options = &options, .bus = &login, .store = ts->store, .dial = &dial};
    if (dispatcher_open(&dispatchers[i], &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static enum http_result take(struct http_request *req, struct http_reply *reply)
{
    pthread_mutex_lock(&web.lock);
    sbuf_addf(&web.bodies, "%.*s ", (int)req->body_len, req->body);
    web.n++;
    http_reply_static(reply, web.status, HTTP_TYPE_TEXT, "thanks");
    pthread_mutex_unlock(&web.lock);
    if (!http_request_has_type(req, "application/json"))
        http_reply_static(reply, 415, HTTP_TYPE_TEXT, "no");
    return HTTP_DONE;
}

static int set_up(void **state)
{
    static const struct http_route routes[] = {{"POST", "/e", take, 0}, {0}};
    struct err err = ERR_INIT;
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("event");
    login = test_bus_options(vhost, "nfvo");
    options = (struct dispatcher_options){.http_threads = 2,
                                          .attempts = 3,
                                          .retry_ms = 50,
                                          .http_timeout_ms = 2000,
                                          .max_age_ms = 3600000,
                                          .history_keep_ms = 86400000,
                                          .operation_keep_ms = 86400000,
                                          .endpoint_keep_ms = 86400000,
                                          .replay_keep_ms = 3600000,
                                          .poll_ms = 200,
                                          .batch = 64};
    if (dial_rules_parse(&dial, (const char *const[]){"127.0.0.0/8"}, 1, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bus = bus_new(&login);
    web.bodies = (struct sbuf)SBUF_INIT;
    web.status = 200;
    web.n = 0;
    if (http_server_open(&web.server, &(struct http_server_options){.threads = 1, .routes = routes},
                         &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < DISPATCHERS; i++) {
        dispatcher_close(dispatchers[i]);
        dispatchers[i] = NULL;
    }
    bus_free(bus);
    http_server_close(web.server);
    sbuf_release(&web.bodies);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

/* --- helpers ------------------------------------------------------------------------------------
 */

static void add_endpoint(const char *id, const char *type, const char *endpoint)
{
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO event_endpoint (id, project_id, event, doc) VALUES ('%s', "
                          "'*', 'ERROR', '{\"id\":\"%s\",\"name\":\"n\",\"type\":\"%s\","
                          "\"endpoint\":\"%s\",\"event\":\"ERROR\",\"projectId\":\"*\"}')",
                          id, id, type, endpoint));
}

/* Events from..to with those numbers as bodies, spread over three streams, and the engine's word.
 */
static void add_events(const char *endpoint_id, int from, int to)
{
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO event_out (stream, endpoint_id, next_at, body) SELECT 's' "
                          "|| i %% 3, '%s', 0, i FROM generate_series(%d, %d) i ORDER BY i; "
                          "SELECT pg_notify('event', '')",
                          endpoint_id, from, to));
}

static char *web_url(void)
{
    return arena_printf(&memory, "http://127.0.0.1:%u/e", http_server_port(web.server));
}

static void want_queue(const char *name)
{
    bus_want_queue(bus, &(struct bus_queue){.name = name});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = name, .prefetch = 1000});
    if (!bus_is_ready(bus))
        test_bus_await(bus, BUS_READY);
    else {
        struct bus_event ev; /* declares it; nothing else is under way */
        assert_int_equal(bus_next(bus, &ev, -1, 0), BUS_TIMEOUT);
    }
}

/* The next body on the test's queues, acknowledged. */
static int next_number(int64_t *ret_seq)
{
    struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
    const char *seq = bus_delivery_header(ev.delivery, "seq");
    assert_non_null(seq);
    assert_string_equal(ev.delivery->content_type, "text/plain");
    *ret_seq = atoll(seq);
    int n = atoi(ev.delivery->body);
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    return n;
}

static void expect(int from, int to)
{
    for (int64_t i = from, seq, last = 0; i <= to; i++, last = seq) {
        assert_int_equal(next_number(&seq), i);
        assert_true(seq > last);
    }
}

static void await_web(const char *want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (;; poll(NULL, 0, 5)) {
        pthread_mutex_lock(&web.lock);
        char *got = arena_strdup(&memory, web.bodies.s);
        pthread_mutex_unlock(&web.lock);
        if (strcmp(got, want) == 0)
            return;
        if (clock_mono_us() > deadline)
            fail_msg("got '%s', want '%s'", got, want);
    }
}

static void await_nothing_left(void)
{
    test_query_await(ts->db, "SELECT count(*) FROM event_out", "0");
}

static int metric(const char *name)
{
    int sum = 0;
    for (size_t i = 0; i < DISPATCHERS; i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (dispatchers[i])
            dispatcher_render_metrics(dispatchers[i], &text);
        const char *at = strstr(text.s, name);
        sum += at ? atoi(at + strlen(name)) : 0;
    }
    return sum;
}

static void await_metric(const char *name, int want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (; metric(name) < want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%s: %d, want %d", name, metric(name), want);
}

/* --- queues -------------------------------------------------------------------------------------
 */

static void test_in_order_with_two_dispatchers(void **state)
{
    (void)state;
    add_endpoint("e1", "RABBIT", "sub");
    add_endpoint("e2", "RABBIT", "sub"); /* two subscriptions, one queue */
    want_queue("sub");
    add_events("e1", 1, MANY / 2);
    open_dispatcher(0);
    open_dispatcher(1);
    for (int i = MANY / 2 + 1; i <= MANY; i++)
        add_events(i % 2 ? "e1" : "e2", i, i);
    expect(1, MANY);
    await_nothing_left();
    assert_int_equal(metric("baton_events_delivered_total{kind=\"rabbit\"} "), MANY);
}

static void test_one_dispatcher_dies(void **state)
{
    (void)state;
    add_endpoint("e1", "RABBIT", "sub");
    want_queue("sub");
    open_dispatcher(0);
    add_events("e1", 1, 100);
    expect(1, 100);
    dispatcher_close(dispatchers[0]);
    dispatchers[0] = NULL;
    add_events("e1", 101, 200);
    open_dispatcher(1);
    expect(101, 200);
    await_nothing_left();
}

static void test_broker_lost_under_way(void **state)
{
    struct proxy *proxy = proxy_new(vhost->host, vhost->port);
    int64_t seq;
    (void)state;
    login.port = proxy_port(proxy);
    add_endpoint("e1", "RABBIT", "sub");
    want_queue("sub");
    open_dispatcher(0);
    add_events("e1", 1, 1);
    assert_int_equal(next_number(&seq), 1);
    proxy_down(proxy, true);
    add_events("e1", 2, 300);
    proxy_down(proxy, false);
    /* At least once: none is missing, and none comes before its turn for the first time. */
    for (int top = 1; top < 300;) {
        int n = next_number(&seq);
        assert_true(n <= top + 1);
        top = n > top ? n : top;
    }
    await_nothing_left();
    dispatcher_close(dispatchers[0]);
    dispatchers[0] = NULL;
    proxy_free(proxy);
}

static void test_queue_gone(void **state)
{
    (void)state;
    add_endpoint("e1", "RABBIT", "gone");
    add_endpoint("e2", "RABBIT", "sub");
    want_queue("sub");
    add_events("e1", 1, 50);
    add_events("e2", 1, 50);
    open_dispatcher(0);
    expect(1, 50); /* held up by nothing */
    await_nothing_left();
    assert_int_equal(metric("baton_events_dropped_total{why=\"gone\"} "), 50);
    want_queue("gone");
    add_events("e1", 51, 52);
    expect(51, 52);
}

static void test_queue_comes_back_in_time(void **state)
{
    (void)state;
    options.attempts = 100;
    add_endpoint("e1", "RABBIT", "late");
    add_events("e1", 1, 20);
    open_dispatcher(0);
    await_metric("baton_events_retried_total{kind=\"rabbit\"} ", 1);
    want_queue("late");
    expect(1, 20);
}

/* --- URLs ---------------------------------------------------------------------------------------
 */

static void test_url_down_then_up(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(web.server));
    (void)state;
    proxy_down(proxy, true);
    options.attempts = 1000;
    add_endpoint("e1", "REST", arena_printf(&memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    add_events("e1", 1, 3);
    open_dispatcher(0);
    open_dispatcher(1);
    await_metric("baton_events_retried_total{kind=\"rest\"} ", 2);
    assert_int_equal(web.n, 0);
    proxy_down(proxy, false);
    await_web("1 2 3 ");
    await_nothing_left();
    for (size_t i = 0; i < DISPATCHERS; i++) {
        dispatcher_close(dispatchers[i]);
        dispatchers[i] = NULL;
    }
    proxy_free(proxy);
}

/* decisions.md D26: the subscriber comes after its subscription. The event is there before. */
static void test_subscriber_comes_later(void **state)
{
    struct err err = ERR_INIT;
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(web.server));
    struct event_endpoint e = {
        .id = "e1", .name = "n", .type = "REST", .event = "ERROR", .project_id = "*"};
    (void)state;
    int port = proxy_port(proxy);
    proxy_free(proxy); /* nobody listens there now */
    e.endpoint = arena_printf(&memory, "http://127.0.0.1:%d/e", port);
    options.attempts = 1000;
    assert_int_equal(store_event_add(ts->db, &e, &err), ERR_OK);
    open_dispatcher(0);
    test_query_await(
        ts->db, "SELECT count(*) FROM event_target WHERE fault = 'it gave no answer' AND tries > 1",
        "1");
    add_events("e1", 1, 3);
    await_metric("baton_events_retried_total{kind=\"rest\"} ", 1);
    proxy = proxy_new_at("127.0.0.1", http_server_port(web.server), port);
    await_web("1 2 3 ");
    await_nothing_left();
    test_query_await(ts->db, "SELECT count(*) FROM event_target", "0");
    dispatcher_close(dispatchers[0]);
    dispatchers[0] = NULL;
    proxy_free(proxy);
}

/* Nobody ever came: the subscription ends. One that works stays. */
static void test_subscriber_never_comes(void **state)
{
    struct err err = ERR_INIT;
    struct event_endpoint e = {.id = "e1",
                               .name = "n",
                               .type = "REST",
                               .event = "ERROR",
                               .project_id = "*",
                               .endpoint = "http://127.0.0.1:1/e"};
    (void)state;
    options.endpoint_keep_ms = 1000;
    assert_int_equal(store_event_add(ts->db, &e, &err), ERR_OK);
    e.id = "e2";
    e.endpoint = web_url();
    assert_int_equal(store_event_add(ts->db, &e, &err), ERR_OK);
    open_dispatcher(0);
    test_query_await(ts->db, "SELECT string_agg(id, ',') FROM event_endpoint", "e2");
    test_query_await(ts->db, "SELECT count(*) FROM event_target", "0");
}

static void test_url_stays_down(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(web.server));
    (void)state;
    proxy_down(proxy, true);
    add_endpoint("e1", "REST", arena_printf(&memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    add_events("e1", 1, 10);
    open_dispatcher(0);
    await_nothing_left();
    assert_int_equal(metric("baton_events_dropped_total{why=\"gone\"} "), 10);
    /* Three tries for the first, one for each of the others. */
    assert_int_equal(metric("baton_events_retried_total{kind=\"rest\"} "), 3 + 9);
    proxy_down(proxy, false);
    add_events("e1", 11, 12);
    await_web("11 12 ");
    dispatcher_close(dispatchers[0]);
    dispatchers[0] = NULL;
    proxy_free(proxy);
}

static void test_refusing_url_is_not_asked_again(void **state)
{
    (void)state;
    web.status = 500;
    add_endpoint("e1", "REST", web_url());
    add_endpoint("e2", "REST", "gopher://x");
    add_events("e1", 1, 3);
    add_events("e2", 1, 3);
    open_dispatcher(0);
    await_nothing_left();
    await_web("1 2 3 ");
    assert_int_equal(metric("baton_events_dropped_total{why=\"refused\"} "), 6);
}

/* Before issue 8 a subscription reached this host's loopback by name and by number, wherever a user
 * pointed it, and its fault told an open port from a closed one. */
static void test_no_way_to_this_host(void **state)
{
    static const char *const hosts[] = {"127.0.0.1",  "localhost", "127.1",
                                        "0x7f000001", "0.0.0.0",   "[::ffff:127.0.0.1]"};
    (void)state;
    dial = (struct dial_rules){0};
    options.attempts = 1000;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        const char *id = arena_printf(&memory, "e%zu", i);
        add_endpoint(id, "REST",
                     arena_printf(&memory, "http://root:secret@%s:%d/e?token=secret", hosts[i],
                                  http_server_port(web.server)));
        add_events(id, 1, 1);
    }
    add_endpoint("closed", "REST", "http://127.0.0.1:1/e");
    add_events("closed", 1, 1);
    open_dispatcher(0);
    test_query_await(ts->db,
                     "SELECT string_agg(DISTINCT fault, ';') || count(*) FROM event_target "
                     "WHERE tries > 0 HAVING count(*) = 7",
                     "its address is not to be called: option outbound-allow7");
    assert_int_equal(web.n, 0);
    assert_string_equal(test_query(ts->db, "SELECT string_agg(event_doc_masked(doc), '') LIKE "
                                           "'%secret%' FROM event_endpoint"),
                        "false");
    assert_string_equal(
        test_query(ts->db, "SELECT doc_json(event_doc_masked(doc)) ->> 'endpoint' LIKE "
                           "'http://***@127.0.0.1:%/e?token=***' FROM event_endpoint WHERE id = "
                           "'e0'"),
        "true");
}

/* What was delivered, refused and given up comes again, under its number; of another project nothing. */
static void test_replay_from_a_number(void **state)
{
    struct err err = ERR_INIT;
    int64_t n = 0, after = 0;
    (void)state;
    add_endpoint("e1", "REST", web_url());
    add_endpoint("e2", "REST", "http://127.0.0.1:1/e");
    options.attempts = 1;
    add_events("e1", 1, 3);
    add_events("e2", 1, 2);
    open_dispatcher(0);
    await_web("1 2 3 ");
    await_nothing_left();
    after = atoll(test_query(ts->db, "SELECT min(id) FROM event_kept WHERE endpoint_id = 'e1'"));
    assert_int_equal(store_event_replay(ts->db, "e1", "*", after, &n, &err), ERR_OK);
    assert_int_equal(n, 2);
    await_web("1 2 3 2 3 ");
    await_nothing_left();
    web.status = 500;
    add_events("e1", 4, 4);
    await_web("1 2 3 2 3 4 ");
    await_nothing_left();
    assert_string_equal(
        test_query(ts->db, "SELECT refused FROM event_delivery WHERE endpoint_id = 'e1'"),
        "it answered the last event with status 500");
    web.status = 200;
    assert_int_equal(store_event_replay(ts->db, "e1", "*", after + 2, &n, &err), ERR_OK);
    await_web("1 2 3 2 3 4 4 ");
    await_nothing_left();
    test_query_await(ts->db, "SELECT refused || n FROM event_delivery WHERE endpoint_id = 'e1'",
                     "6");
    assert_int_equal(store_event_replay(ts->db, "e2", "*", 0, &n, &err), ERR_OK);
    assert_int_equal(n, 2); /* that nobody took */
    assert_int_equal(store_event_replay(ts->db, "e1", "lab", 0, &n, &err), ERR_NOT_FOUND);
}

/* By age, by number for each subscription, and with the subscription. */
static void test_what_is_kept_is_bounded(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    add_endpoint("e1", "REST", web_url());
    add_endpoint("e2", "REST", web_url());
    test_sql(ts->db,
             "INSERT INTO event_kept (id, stream, endpoint_id, body, at) SELECT i, 's', "
             "CASE WHEN i <= 10 THEN 'e1' WHEN i <= 13 THEN 'e2' ELSE 'gone' END, 'x', CASE "
             "WHEN i = 13 THEN 1 ELSE 4000000000000000 END FROM generate_series(1, 20) i");
    assert_int_equal(store_event_forget(ts->db, 3600000000, 4, &err), ERR_OK);
    assert_string_equal(test_query(ts->db, "SELECT string_agg(id::text, ',' ORDER BY id) FROM "
                                           "event_kept"),
                        "7,8,9,10,11,12");
}

/* --- endpoints that are no subscriber, but an attack ------------------------------------------ */

enum hostile {
    ENDLESS_BODY,    /* 200, and bytes for ever */
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
            say(fd, how == DRIPS ? "\r\n" : "Content-Length: 1000000000\r\n\r\n");
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
    return arena_printf(&memory, "http://127.0.0.1:%d/e", ntohs(at.sin_port));
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
    options.http_timeout_ms = 1000;
    options.attempts = 2;
    snprintf(hostile[REDIRECTS].to, sizeof(hostile[REDIRECTS].to), "%s", web_url());
    for (int how = 0; how < HOSTILE_N; how++) {
        const char *id = arena_printf(&memory, "bad%d", how);
        add_endpoint(id, "REST", open_hostile((enum hostile)how));
        add_events(id, 100 + how, 100 + how);
    }
    add_endpoint("tls", "REST",
                 arena_printf(&memory, "https://127.0.0.1:%d/e", http_server_port(web.server)));
    add_events("tls", 200, 200);
    add_endpoint("good", "REST", arena_printf(&memory, "%s?good", web_url()));
    add_events("good", 1, 20);
    open_dispatcher(0);
    await_nothing_left();
    await_web("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ");
    /* 200 is an answer, also when more follows than is read; a redirection is one that refuses. */
    assert_string_equal(test_query(ts->db, "SELECT string_agg(endpoint_id, ',' ORDER BY "
                                           "endpoint_id) FROM event_delivery WHERE n > 0"),
                        "bad0,bad1,good");
    assert_int_equal(metric("baton_events_dropped_total{why=\"refused\"} "), 1);
    assert_int_equal(metric("baton_events_dropped_total{why=\"gone\"} "), HOSTILE_N - 3 + 1);
    assert_true(resident_kb() - before < GROWTH_MAX_KB);
    dispatcher_close(dispatchers[0]);
    dispatchers[0] = NULL;
    for (int how = 0; how < HOSTILE_N; how++)
        close_hostile((enum hostile)how);
}

static void test_silent_url_holds_up_nobody(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(web.server));
    int64_t start = clock_mono_us();
    (void)state;
    proxy_mute(proxy, true);
    options.http_timeout_ms = 150000;
    options.poll_ms = 50;
    add_endpoint("e1", "REST", arena_printf(&memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    add_events("e1", 1, 30);
    add_endpoint("e2", "REST", web_url());
    add_endpoint("e3", "RABBIT", "sub");
    want_queue("sub");
    open_dispatcher(0);
    add_events("e2", 1, 5);
    add_events("e3", 1, 5);
    expect(1, 5);
    await_web("1 2 3 4 5 ");
    assert_true(clock_mono_us() - start < 100 * USEC_PER_SEC);
    test_query_await(ts->db, "SELECT count(*) FROM event_out", "30");
    dispatcher_close(dispatchers[0]); /* does not wait for the time-out */
    dispatchers[0] = NULL;
    assert_true(clock_mono_us() - start < 130 * USEC_PER_SEC);
    proxy_free(proxy);
}

static void test_old_and_orphaned_are_dropped(void **state)
{
    (void)state;
    options.attempts = 100;
    options.retry_ms = 600000;
    options.max_age_ms = 1000;
    add_endpoint("e1", "RABBIT", "gone");
    add_events("e1", 1, 5);
    add_events("nobody", 1, 7);
    open_dispatcher(0);
    await_nothing_left();
    await_metric("baton_events_dropped_total{why=\"old\"} ", 5);
    await_metric("baton_events_dropped_total{why=\"orphan\"} ", 7);
}

static void test_old_history_goes(void **state)
{
    (void)state;
    options.max_age_ms = 1000;
    options.history_keep_ms = 3600000;
    test_sql(ts->db, "INSERT INTO history (nsr_id, at, doc) SELECT 'n', t, '{}' FROM (VALUES "
                     "((extract(epoch FROM now()) * 1e6)::bigint), (1000000), (2000000)) AS v(t)");
    open_dispatcher(0);
    test_query_await(ts->db, "SELECT count(*) FROM history", "1");
    test_query_await(ts->db, "SELECT count(*) FROM history WHERE at > 3000000", "1");
}

/* --- subscriptions over AMQP --------------------------------------------------------------------
 */

static void tell(const char *queue, const char *body, const char *reply_to)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    if (bus_publish(bus,
                    &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                          .routing_key = queue,
                                          .body = body,
                                          .len = strlen(body),
                                          .correlation_id = "c-1",
                                          .reply_to = reply_to,
                                          .is_mandatory = true},
                    &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static char *subscription_of(const char *body)
{
    struct bus_event ev;
    struct event_endpoint *e = NULL;
    tell(QUEUE_EVENT_REGISTER, body, "answers");
    do
        ev = test_bus_await(bus, BUS_DELIVERY);
    while (strcmp(ev.delivery->queue, "answers") != 0);
    assert_string_equal(ev.delivery->correlation_id, "c-1");
    assert_int_equal(proto_decode(&event_endpoint_type, ev.delivery->body, ev.delivery->len, 0,
                                  &memory, &e, NULL),
                     ERR_OK);
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    return arena_strdup(&memory, e->id);
}

static void await_dispatcher(void)
{
    bus_want_exchange(bus, &(struct bus_exchange){
                               .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    /* Its queues are there when it can be found by name. */
    uint32_t messages, consumers = 0;
    for (int64_t end = clock_mono_us() + 60 * USEC_PER_SEC; !consumers; poll(NULL, 0, 20)) {
        if (bus_queue_check(bus, QUEUE_EVENT_UNREGISTER, &messages, &consumers, NULL) != ERR_OK)
            consumers = 0;
        assert_true(clock_mono_us() < end);
    }
}

#define SUBSCRIPTION(endpoint)                                                                     \
    "{\"name\":\"fm\",\"type\":\"RABBIT\",\"endpoint\":\"" endpoint                                \
    "\",\"event\":\"ERROR\",\"projectId\":\"*\"}"

static void test_subscribe_and_unsubscribe(void **state)
{
    char *rows = arena_strdup(&memory, "SELECT count(*) FROM event_endpoint");
    (void)state;
    want_queue("answers");
    open_dispatcher(0);
    await_dispatcher();
    char *first = subscription_of(SUBSCRIPTION("nfvo.fm.vnf.events"));
    char *again = subscription_of(SUBSCRIPTION("nfvo.fm.vnf.events"));
    char *other = subscription_of(SUBSCRIPTION("sub"));
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_string_equal(test_query(ts->db, rows), "2");
    want_queue("sub");
    add_events(other, 1, 3);
    expect(1, 3);
    tell(QUEUE_EVENT_UNREGISTER, first, NULL);
    test_query_await(ts->db, rows, "1");
    tell(QUEUE_EVENT_UNREGISTER, arena_printf(&memory, "\"%s\"\n", other), NULL);
    test_query_await(ts->db, rows, "0");
}

static void test_bad_subscriptions(void **state)
{
    static const char *const bodies[] = {
        "x",
        "{\"name\":\"fm\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"ERROR\"}",
        "{\"name\":\"fm\",\"type\":\"JMS\",\"endpoint\":\"q\",\"event\":\"ERROR\",\"projectId\":"
        "\"*\"}",
        "{\"name\":\"fm\",\"type\":\"REST\",\"endpoint\":\"q\",\"event\":\"ERROR\",\"projectId\":"
        "\"*\"}",
        SUBSCRIPTION("nfvo.internal"),
        SUBSCRIPTION("vnfm.nfvo.actions"),
        "{\"name\":\"fm\",\"type\":\"RABBIT\",\"endpoint\":\"q\",\"event\":\"NONE\",\"projectId\":"
        "\"*\"}"};
    (void)state;
    want_queue("answers");
    open_dispatcher(0);
    await_dispatcher();
    bus_want_queue(bus, &(struct bus_queue){.name = QUEUE_DEAD_LETTERS, .is_passive = true});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_DEAD_LETTERS});
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        tell(QUEUE_EVENT_REGISTER, bodies[i], "answers");
        struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
        assert_string_equal(ev.delivery->queue, QUEUE_DEAD_LETTERS);
        assert_string_equal(ev.delivery->body, i == 0 ? "(1 bytes that are not JSON)" : bodies[i]);
        bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    }
    tell(QUEUE_EVENT_UNREGISTER, "all", NULL);
    assert_string_equal(test_bus_await(bus, BUS_DELIVERY).delivery->body,
                        "(3 bytes that are not JSON)");
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM event_endpoint"), "0");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_in_order_with_two_dispatchers),
        T(test_one_dispatcher_dies),
        T(test_broker_lost_under_way),
        T(test_queue_gone),
        T(test_queue_comes_back_in_time),
        T(test_url_down_then_up),
        T(test_subscriber_comes_later),
        T(test_subscriber_never_comes),
        T(test_url_stays_down),
        T(test_refusing_url_is_not_asked_again),
        T(test_no_way_to_this_host),
        T(test_replay_from_a_number),
        T(test_what_is_kept_is_bounded),
        T(test_hostile_endpoints_harm_nobody),
        T(test_silent_url_holds_up_nobody),
        T(test_old_and_orphaned_are_dropped),
        T(test_old_history_goes),
        T(test_subscribe_and_unsubscribe),
        T(test_bad_subscriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
