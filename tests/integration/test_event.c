/* Events to subscribers: nfvo/event against a real broker, a database and HTTP listeners. */
#include "common/http/server.h"
#include "common/sys/clock.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/manager.h"
#include "proto/topology.h"
#include "tests/support/event_bed.h"
#include "tests/support/proxy.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 600 };

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

/* --- queues -------------------------------------------------------------------------------------
 */

static void test_in_order_with_two_dispatchers(void **state)
{
    (void)state;
    event_bed_subscribe(&bed, "e1", "RABBIT", "sub");
    event_bed_subscribe(&bed, "e2", "RABBIT", "sub"); /* two subscriptions, one queue */
    event_bed_want_queue(&bed, "sub");
    event_bed_add(&bed, "e1", 1, MANY / 2);
    event_bed_start(&bed, 0);
    event_bed_start(&bed, 1);
    for (int i = MANY / 2 + 1; i <= MANY; i++)
        event_bed_add(&bed, i % 2 ? "e1" : "e2", i, i);
    event_bed_expect(&bed, 1, MANY);
    event_bed_await_nothing_left(&bed);
    assert_int_equal(event_bed_metric(&bed, "baton_events_delivered_total{kind=\"rabbit\"} "),
                     MANY);
}

static void test_one_dispatcher_dies(void **state)
{
    (void)state;
    event_bed_subscribe(&bed, "e1", "RABBIT", "sub");
    event_bed_want_queue(&bed, "sub");
    event_bed_start(&bed, 0);
    event_bed_add(&bed, "e1", 1, 100);
    event_bed_expect(&bed, 1, 100);
    event_bed_stop(&bed, 0);
    event_bed_add(&bed, "e1", 101, 200);
    event_bed_start(&bed, 1);
    event_bed_expect(&bed, 101, 200);
    event_bed_await_nothing_left(&bed);
}

static void test_broker_lost_under_way(void **state)
{
    struct proxy *proxy = proxy_new(bed.vhost->host, bed.vhost->port);
    int64_t seq;
    (void)state;
    bed.login.port = proxy_port(proxy);
    event_bed_subscribe(&bed, "e1", "RABBIT", "sub");
    event_bed_want_queue(&bed, "sub");
    event_bed_start(&bed, 0);
    event_bed_add(&bed, "e1", 1, 1);
    assert_int_equal(event_bed_next(&bed, &seq), 1);
    proxy_down(proxy, true);
    event_bed_add(&bed, "e1", 2, 300);
    proxy_down(proxy, false);
    /* At least once: none is missing, and none comes before its turn for the first time. */
    for (int top = 1; top < 300;) {
        int n = event_bed_next(&bed, &seq);
        assert_true(n <= top + 1);
        top = n > top ? n : top;
    }
    event_bed_await_nothing_left(&bed);
    event_bed_stop(&bed, 0);
    proxy_free(proxy);
}

static void test_queue_gone(void **state)
{
    (void)state;
    event_bed_subscribe(&bed, "e1", "RABBIT", "gone");
    event_bed_subscribe(&bed, "e2", "RABBIT", "sub");
    event_bed_want_queue(&bed, "sub");
    event_bed_add(&bed, "e1", 1, 50);
    event_bed_add(&bed, "e2", 1, 50);
    event_bed_start(&bed, 0);
    event_bed_expect(&bed, 1, 50); /* held up by nothing */
    event_bed_await_nothing_left(&bed);
    assert_int_equal(event_bed_metric(&bed, "baton_events_dropped_total{why=\"gone\"} "), 50);
    event_bed_want_queue(&bed, "gone");
    event_bed_add(&bed, "e1", 51, 52);
    event_bed_expect(&bed, 51, 52);
}

static void test_queue_comes_back_in_time(void **state)
{
    (void)state;
    bed.options.attempts = 100;
    event_bed_subscribe(&bed, "e1", "RABBIT", "late");
    event_bed_add(&bed, "e1", 1, 20);
    event_bed_start(&bed, 0);
    event_bed_await_metric(&bed, "baton_events_retried_total{kind=\"rabbit\"} ", 1);
    event_bed_want_queue(&bed, "late");
    event_bed_expect(&bed, 1, 20);
}

/* --- URLs ---------------------------------------------------------------------------------------
 */

static void test_url_down_then_up(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(bed.web.server));
    (void)state;
    proxy_down(proxy, true);
    bed.options.attempts = 1000;
    event_bed_subscribe(&bed, "e1", "REST",
                        arena_printf(&bed.memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    event_bed_add(&bed, "e1", 1, 3);
    event_bed_start(&bed, 0);
    event_bed_start(&bed, 1);
    event_bed_await_metric(&bed, "baton_events_retried_total{kind=\"rest\"} ", 2);
    assert_int_equal(bed.web.n, 0);
    proxy_down(proxy, false);
    event_bed_await_web(&bed, "1 2 3 ");
    event_bed_await_nothing_left(&bed);
    for (size_t i = 0; i < EVENT_BED_DISPATCHERS; i++)
        event_bed_stop(&bed, i);
    proxy_free(proxy);
}

/* decisions.md D26: the subscriber comes after its subscription. The event is there before. */
static void test_subscriber_comes_later(void **state)
{
    struct err err = ERR_INIT;
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(bed.web.server));
    struct event_endpoint e = {
        .id = "e1", .name = "n", .type = "REST", .event = "ERROR", .project_id = "*"};
    (void)state;
    int port = proxy_port(proxy);
    proxy_free(proxy); /* nobody listens there now */
    e.endpoint = arena_printf(&bed.memory, "http://127.0.0.1:%d/e", port);
    bed.options.attempts = 1000;
    assert_int_equal(store_event_add(bed.ts->db, &e, &err), ERR_OK);
    event_bed_start(&bed, 0);
    test_query_await(
        bed.ts->db,
        "SELECT count(*) FROM event_target WHERE fault = 'it gave no answer' AND tries > 1", "1");
    event_bed_add(&bed, "e1", 1, 3);
    event_bed_await_metric(&bed, "baton_events_retried_total{kind=\"rest\"} ", 1);
    proxy = proxy_new_at("127.0.0.1", http_server_port(bed.web.server), port);
    event_bed_await_web(&bed, "1 2 3 ");
    event_bed_await_nothing_left(&bed);
    test_query_await(bed.ts->db, "SELECT count(*) FROM event_target", "0");
    event_bed_stop(&bed, 0);
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
    bed.options.endpoint_keep_ms = 1000;
    assert_int_equal(store_event_add(bed.ts->db, &e, &err), ERR_OK);
    e.id = "e2";
    e.endpoint = event_bed_url(&bed);
    assert_int_equal(store_event_add(bed.ts->db, &e, &err), ERR_OK);
    event_bed_start(&bed, 0);
    test_query_await(bed.ts->db, "SELECT string_agg(id, ',') FROM event_endpoint", "e2");
    test_query_await(bed.ts->db, "SELECT count(*) FROM event_target", "0");
}

static void test_url_stays_down(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(bed.web.server));
    (void)state;
    proxy_down(proxy, true);
    event_bed_subscribe(&bed, "e1", "REST",
                        arena_printf(&bed.memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    event_bed_add(&bed, "e1", 1, 10);
    event_bed_start(&bed, 0);
    event_bed_await_nothing_left(&bed);
    assert_int_equal(event_bed_metric(&bed, "baton_events_dropped_total{why=\"gone\"} "), 10);
    /* Three tries for the first, one for each of the others. */
    assert_int_equal(event_bed_metric(&bed, "baton_events_retried_total{kind=\"rest\"} "), 3 + 9);
    proxy_down(proxy, false);
    event_bed_add(&bed, "e1", 11, 12);
    event_bed_await_web(&bed, "11 12 ");
    event_bed_stop(&bed, 0);
    proxy_free(proxy);
}

static void test_refusing_url_is_not_asked_again(void **state)
{
    (void)state;
    bed.web.status = 500;
    event_bed_subscribe(&bed, "e1", "REST", event_bed_url(&bed));
    event_bed_subscribe(&bed, "e2", "REST", "gopher://x");
    event_bed_add(&bed, "e1", 1, 3);
    event_bed_add(&bed, "e2", 1, 3);
    event_bed_start(&bed, 0);
    event_bed_await_nothing_left(&bed);
    event_bed_await_web(&bed, "1 2 3 ");
    assert_int_equal(event_bed_metric(&bed, "baton_events_dropped_total{why=\"refused\"} "), 6);
}

/* Before issue 8 a subscription reached this host's loopback by name and by number, wherever a user
 * pointed it, and its fault told an open port from a closed one. */
static void test_no_way_to_this_host(void **state)
{
    static const char *const hosts[] = {"127.0.0.1",  "localhost", "127.1",
                                        "0x7f000001", "0.0.0.0",   "[::ffff:127.0.0.1]"};
    (void)state;
    bed.dial = (struct dial_rules){0};
    bed.options.attempts = 1000;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        const char *id = arena_printf(&bed.memory, "e%zu", i);
        event_bed_subscribe(&bed, id, "REST",
                            arena_printf(&bed.memory, "http://root:secret@%s:%d/e?token=secret",
                                         hosts[i], http_server_port(bed.web.server)));
        event_bed_add(&bed, id, 1, 1);
    }
    event_bed_subscribe(&bed, "closed", "REST", "http://127.0.0.1:1/e");
    event_bed_add(&bed, "closed", 1, 1);
    event_bed_start(&bed, 0);
    test_query_await(bed.ts->db,
                     "SELECT string_agg(DISTINCT fault, ';') || count(*) FROM event_target "
                     "WHERE tries > 0 HAVING count(*) = 7",
                     "its address is not to be called: option outbound-allow7");
    assert_int_equal(bed.web.n, 0);
    assert_string_equal(test_query(bed.ts->db, "SELECT string_agg(event_doc_masked(doc), '') LIKE "
                                               "'%secret%' FROM event_endpoint"),
                        "false");
    assert_string_equal(
        test_query(bed.ts->db,
                   "SELECT doc_json(event_doc_masked(doc)) ->> 'endpoint' LIKE "
                   "'http://***@127.0.0.1:%/e?token=***' FROM event_endpoint WHERE id = "
                   "'e0'"),
        "true");
}

static void test_silent_url_holds_up_nobody(void **state)
{
    struct proxy *proxy = proxy_new("127.0.0.1", http_server_port(bed.web.server));
    int64_t start = clock_mono_us();
    (void)state;
    proxy_mute(proxy, true);
    bed.options.http_timeout_ms = 150000;
    bed.options.poll_ms = 50;
    event_bed_subscribe(&bed, "e1", "REST",
                        arena_printf(&bed.memory, "http://127.0.0.1:%d/e", proxy_port(proxy)));
    event_bed_add(&bed, "e1", 1, 30);
    event_bed_subscribe(&bed, "e2", "REST", event_bed_url(&bed));
    event_bed_subscribe(&bed, "e3", "RABBIT", "sub");
    event_bed_want_queue(&bed, "sub");
    event_bed_start(&bed, 0);
    event_bed_add(&bed, "e2", 1, 5);
    event_bed_add(&bed, "e3", 1, 5);
    event_bed_expect(&bed, 1, 5);
    event_bed_await_web(&bed, "1 2 3 4 5 ");
    assert_true(clock_mono_us() - start < 100 * USEC_PER_SEC);
    test_query_await(bed.ts->db, "SELECT count(*) FROM event_out", "30");
    event_bed_stop(&bed, 0); /* does not wait for the time-out */
    assert_true(clock_mono_us() - start < 130 * USEC_PER_SEC);
    proxy_free(proxy);
}

static void test_old_and_orphaned_are_dropped(void **state)
{
    (void)state;
    bed.options.attempts = 100;
    bed.options.retry_ms = 600000;
    bed.options.max_age_ms = 1000;
    event_bed_subscribe(&bed, "e1", "RABBIT", "gone");
    event_bed_add(&bed, "e1", 1, 5);
    event_bed_add(&bed, "nobody", 1, 7);
    event_bed_start(&bed, 0);
    event_bed_await_nothing_left(&bed);
    event_bed_await_metric(&bed, "baton_events_dropped_total{why=\"old\"} ", 5);
    event_bed_await_metric(&bed, "baton_events_dropped_total{why=\"orphan\"} ", 7);
}

static void test_old_history_goes(void **state)
{
    (void)state;
    bed.options.max_age_ms = 1000;
    bed.options.history_keep_ms = 3600000;
    test_sql(bed.ts->db,
             "INSERT INTO history (nsr_id, at, doc) SELECT 'n', t, '{}' FROM (VALUES "
             "((extract(epoch FROM now()) * 1e6)::bigint), (1000000), (2000000)) AS v(t)");
    event_bed_start(&bed, 0);
    test_query_await(bed.ts->db, "SELECT count(*) FROM history", "1");
    test_query_await(bed.ts->db, "SELECT count(*) FROM history WHERE at > 3000000", "1");
}

/* --- subscriptions over AMQP --------------------------------------------------------------------
 */

static void tell(const char *queue, const char *body, const char *reply_to)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    if (bus_publish(bed.bus,
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
        ev = test_bus_await(bed.bus, BUS_DELIVERY);
    while (strcmp(ev.delivery->queue, "answers") != 0);
    assert_string_equal(ev.delivery->correlation_id, "c-1");
    assert_int_equal(proto_decode(&event_endpoint_type, ev.delivery->body, ev.delivery->len, 0,
                                  &bed.memory, &e, NULL),
                     ERR_OK);
    bus_ack(bed.bus, ev.delivery->tag, ev.delivery->epoch);
    return arena_strdup(&bed.memory, e->id);
}

static void await_dispatcher(void)
{
    bus_want_exchange(bed.bus, &(struct bus_exchange){
                                   .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    /* Its queues are there when it can be found by name. */
    uint32_t messages, consumers = 0;
    for (int64_t end = clock_mono_us() + 60 * USEC_PER_SEC; !consumers; poll(NULL, 0, 20)) {
        if (bus_queue_check(bed.bus, QUEUE_EVENT_UNREGISTER, &messages, &consumers, NULL) != ERR_OK)
            consumers = 0;
        assert_true(clock_mono_us() < end);
    }
}

#define SUBSCRIPTION(endpoint)                                                                     \
    "{\"name\":\"fm\",\"type\":\"RABBIT\",\"endpoint\":\"" endpoint                                \
    "\",\"event\":\"ERROR\",\"projectId\":\"*\"}"

static void test_subscribe_and_unsubscribe(void **state)
{
    char *rows = arena_strdup(&bed.memory, "SELECT count(*) FROM event_endpoint");
    (void)state;
    event_bed_want_queue(&bed, "answers");
    event_bed_start(&bed, 0);
    await_dispatcher();
    char *first = subscription_of(SUBSCRIPTION("nfvo.fm.vnf.events"));
    char *again = subscription_of(SUBSCRIPTION("nfvo.fm.vnf.events"));
    char *other = subscription_of(SUBSCRIPTION("sub"));
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_string_equal(test_query(bed.ts->db, rows), "2");
    event_bed_want_queue(&bed, "sub");
    event_bed_add(&bed, other, 1, 3);
    event_bed_expect(&bed, 1, 3);
    tell(QUEUE_EVENT_UNREGISTER, first, NULL);
    test_query_await(bed.ts->db, rows, "1");
    tell(QUEUE_EVENT_UNREGISTER, arena_printf(&bed.memory, "\"%s\"\n", other), NULL);
    test_query_await(bed.ts->db, rows, "0");
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
    event_bed_want_queue(&bed, "answers");
    event_bed_start(&bed, 0);
    await_dispatcher();
    bus_want_queue(bed.bus, &(struct bus_queue){.name = QUEUE_DEAD_LETTERS, .is_passive = true});
    bus_want_consumer(bed.bus, &(struct bus_consumer){.queue = QUEUE_DEAD_LETTERS});
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        tell(QUEUE_EVENT_REGISTER, bodies[i], "answers");
        struct bus_event ev = test_bus_await(bed.bus, BUS_DELIVERY);
        assert_string_equal(ev.delivery->queue, QUEUE_DEAD_LETTERS);
        assert_string_equal(ev.delivery->body, i == 0 ? "(1 bytes that are not JSON)" : bodies[i]);
        bus_ack(bed.bus, ev.delivery->tag, ev.delivery->epoch);
    }
    tell(QUEUE_EVENT_UNREGISTER, "all", NULL);
    assert_string_equal(test_bus_await(bed.bus, BUS_DELIVERY).delivery->body,
                        "(3 bytes that are not JSON)");
    assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM event_endpoint"), "0");
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
        T(test_silent_url_holds_up_nobody),
        T(test_old_and_orphaned_are_dropped),
        T(test_old_history_goes),
        T(test_subscribe_and_unsubscribe),
        T(test_bad_subscriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
