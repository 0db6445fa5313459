/* common/bus against a real broker: publishing, consuming, what the broker refuses. Losing it:
 * test_bus_recovery.c. */
#include "common/base/sbuf.h"
#include "common/bus/bus.h"
#include "common/sys/clock.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static struct test_vhost *vhost;
static struct bus *bus;

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    struct bus_options o = test_bus_options(vhost, "test-bus");
    o.max_body = 300000;
    bus = bus_new(&o);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(bus);
    test_vhost_free(vhost);
    return 0;
}

/* A queue bound to the exchange in the way of Open Baton, and a consumer. */
static void want_all(const char *queue, uint16_t prefetch)
{
    bus_want_exchange(bus,
                      &(struct bus_exchange){.name = "ex", .type = "topic", .is_durable = true});
    bus_want_queue(bus, &(struct bus_queue){.name = queue, .is_durable = true});
    bus_want_binding(bus, &(struct bus_binding){.queue = queue, .exchange = "ex"});
    if (prefetch)
        bus_want_consumer(bus, &(struct bus_consumer){.queue = queue, .prefetch = prefetch});
}

static uint64_t publish(const char *exchange, const char *key, const char *body, bool is_mandatory)
{
    struct err err = ERR_INIT;
    uint64_t seq = 0;
    struct bus_message m = {.exchange = exchange,
                            .routing_key = key,
                            .body = body,
                            .len = strlen(body),
                            .is_mandatory = is_mandatory};

    if (bus_publish(bus, &m, &seq, &err) != ERR_OK)
        fail_msg("publish: %s", err.msg);
    return seq;
}

static void confirms_cover_every_publish_once(void **state)
{
    enum { N = 500 };
    unsigned seen[N + 1] = {0};
    size_t settled = 0;

    (void)state;
    want_all("q", 0);
    test_bus_await(bus, BUS_READY);
    bus_cork(bus);
    for (uint64_t i = 1; i <= N; i++)
        assert_int_equal(publish("ex", "q", "hello", true), i);
    bus_uncork(bus);
    while (settled < N) {
        struct bus_event ev = test_bus_await(bus, BUS_CONFIRMED);
        for (uint64_t s = ev.seq; s <= ev.seq_last; s++, settled++)
            assert_int_equal(++seen[s], 1);
    }
    assert_int_equal(bus_unconfirmed(bus), 0);
    assert_int_equal(bus_get_stats(bus)->confirmed, N);
}

static void a_message_arrives_as_it_was_sent(void **state)
{
    struct bus_header headers[] = {{"seq", "42"}, {"empty", ""}};
    struct bus_message m = {.exchange = "ex",
                            .routing_key = "q",
                            .body = "{}",
                            .len = 2,
                            .correlation_id = "corr-1",
                            .reply_to = "amq.gen-x",
                            .message_id = "m1",
                            .headers = headers,
                            .header_n = 2};

    (void)state;
    want_all("q", 4);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    test_bus_await(bus, BUS_DELIVERY);
    struct bus_delivery *d = bus_take(bus);
    assert_null(bus_take(bus));
    while (bus_unconfirmed(bus) > 0) /* it outlives further events */
        bus_next(bus, &(struct bus_event){0}, -1, 1000);
    assert_string_equal(d->queue, "q");
    assert_string_equal(d->exchange, "ex");
    assert_string_equal(d->routing_key, "q");
    assert_string_equal(d->body, "{}");
    assert_int_equal(d->len, 2);
    assert_string_equal(d->correlation_id, "corr-1");
    assert_string_equal(d->reply_to, "amq.gen-x");
    assert_string_equal(d->message_id, "m1");
    assert_string_equal(d->content_type, "text/plain");
    assert_string_equal(bus_delivery_header(d, "seq"), "42");
    assert_string_equal(bus_delivery_header(d, "empty"), "");
    assert_null(bus_delivery_header(d, "x-bus-seq"));
    assert_false(d->is_redelivered);
    bus_ack(bus, d->tag, d->epoch);
    bus_delivery_free(d);
    assert_int_equal(bus_get_stats(bus)->acked, 1);
}

static void bodies_of_all_sizes_arrive_whole(void **state)
{
    /* Around one frame (131072 - 8 bytes of payload) and a multiple of it. */
    static const size_t sizes[] = {0, 1, 4096, 131063, 131064, 131065, 262128, 299999, 300000};
    static char body[300001];

    (void)state;
    memset(body, 'x', sizeof(body) - 1);
    want_all("q", 4);
    test_bus_await(bus, BUS_READY);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct bus_message m = {
            .exchange = "ex", .routing_key = "q", .body = body, .len = sizes[i]};
        assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
        struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
        assert_int_equal(ev.delivery->len, sizes[i]);
        assert_int_equal(strlen(ev.delivery->body), sizes[i]);
        bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    }
}

/* A frame that is shorter than a TCP segment and exactly full: librabbitmq says "more follows", and
 * without our flush it waits for 200 ms, each time. The best of many, for the machine may be busy. */
static void a_body_of_full_frames_leaves_at_once(void **state)
{
    static char body[8192 - 8];
    struct bus_message m = {.routing_key = "q", .body = body, .len = sizeof(body)};
    struct bus_options o = test_bus_options(vhost, "test-bus");
    int64_t best_us = INT64_MAX;

    (void)state;
    bus_free(bus);
    o.frame_max = 8192;
    bus = bus_new(&o);
    want_all("q", 0);
    test_bus_await(bus, BUS_READY);
    for (int i = 0; i < 100 && best_us >= 150000; i++) {
        int64_t began = clock_mono_us();
        assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
        test_bus_await(bus, BUS_CONFIRMED);
        int64_t took_us = clock_mono_us() - began;
        best_us = took_us < best_us ? took_us : best_us;
    }
    assert_true(best_us < 150000);
}

static void a_returned_message_is_never_confirmed(void **state)
{
    bool is_returned = false;
    size_t confirmed = 0;

    (void)state;
    want_all("q", 0);
    test_bus_await(bus, BUS_READY);
    publish("ex", "q", "1", true);
    uint64_t lost = publish("ex", "nowhere", "2", true);
    publish("ex", "q", "3", true);
    publish("ex", "nowhere", "not mandatory: confirmed", false);
    while (bus_unconfirmed(bus) > 0 || bus_pending(bus)) {
        struct bus_event ev;
        bus_next(bus, &ev, -1, 60000);
        if (ev.type == BUS_RETURNED) {
            assert_false(is_returned);
            is_returned = true;
            assert_int_equal(ev.seq, lost);
            assert_int_equal(ev.code, 312);
            assert_string_equal(ev.text, "NO_ROUTE");
        } else {
            assert_int_equal(ev.type, BUS_CONFIRMED);
            assert_false(ev.seq <= lost && lost <= ev.seq_last);
            confirmed += ev.seq_last - ev.seq + 1;
        }
    }
    assert_true(is_returned);
    assert_int_equal(confirmed, 3);
}

static void an_unknown_exchange_closes_only_the_publishing_channel(void **state)
{
    struct bus_event ev;

    (void)state;
    want_all("q", 4);
    test_bus_await(bus, BUS_READY);
    publish("ex", "q", "first", false);
    test_bus_await(bus, BUS_DELIVERY);
    struct bus_delivery *d = bus_take(bus);
    uint64_t bad = publish("no-such-exchange", "q", "x", false);
    ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.item, BUS_PUBLISHING);
    assert_int_equal(ev.code, 404);
    assert_non_null(strstr(ev.text, "no exchange 'no-such-exchange'"));
    ev = test_bus_await(bus, BUS_NACKED);
    assert_true(ev.seq <= bad && bad <= ev.seq_last);
    /* The channel is back after a backoff, and that is told; the delivery of before can still be
     * acked. */
    test_bus_await(bus, BUS_UNBLOCKED);
    publish("ex", "q", "y", false);
    test_bus_await(bus, BUS_CONFIRMED);
    bus_ack(bus, d->tag, d->epoch);
    assert_int_equal(bus_get_stats(bus)->stale_settles, 0);
    assert_int_equal(bus_get_stats(bus)->losses, 0);
    bus_delivery_free(d);
}

static void what_cannot_be_encoded_is_refused_before_it_is_sent(void **state)
{
    static char name[300], value[140000];
    struct bus_header huge = {"h", value};
    struct bus_message m = {.routing_key = name, .body = "x", .len = 1};
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(bus_publish(bus, &m, NULL, &err), ERR_UNAVAIL);
    memset(name, 'n', sizeof(name) - 1);
    memset(value, 'v', sizeof(value) - 1);
    want_all("q", 0);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_publish(bus, &m, NULL, &err), ERR_INVALID);
    m = (struct bus_message){.routing_key = "q", .headers = &huge, .header_n = 1};
    assert_int_equal(bus_publish(bus, &m, NULL, &err), ERR_LIMIT);
    assert_int_equal(bus_queue_check(bus, name, NULL, NULL, &err), ERR_INVALID);
    publish("ex", "q", "still connected", true);
    test_bus_await(bus, BUS_CONFIRMED);
}

static void an_oversize_body_is_not_buffered_and_can_be_rejected(void **state)
{
    static char body[300001];
    struct bus_arg args[] = {BUS_ARG_STRING("x-dead-letter-exchange", ""),
                             BUS_ARG_STRING("x-dead-letter-routing-key", "dead")};
    uint32_t messages = 0;

    (void)state;
    memset(body, 'x', sizeof(body));
    bus_want_queue(bus, &(struct bus_queue){.name = "dead", .is_durable = true});
    bus_want_queue(bus,
                   &(struct bus_queue){.name = "q", .is_durable = true, .args = args, .arg_n = 2});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = "q"});
    test_bus_await(bus, BUS_READY);
    struct bus_message m = {
        .routing_key = "q", .body = body, .len = sizeof(body), .correlation_id = "c"};
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    publish("", "q", "small", false);
    struct bus_event ev = test_bus_await(bus, BUS_OVERSIZE);
    assert_null(ev.delivery->body);
    assert_int_equal(ev.delivery->len, sizeof(body));
    assert_string_equal(ev.delivery->correlation_id, "c");
    bus_reject(bus, ev.delivery->tag, ev.delivery->epoch, false);
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "small");
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    for (int i = 0; i < 200 && messages == 0; i++) {
        assert_int_equal(bus_queue_check(bus, "dead", &messages, NULL, NULL), ERR_OK);
        bus_next(bus, &ev, -1, 10);
    }
    assert_int_equal(messages, 1);
}

static void a_reply_queue_tells_its_name_by_dead_lettering(void **state)
{
    struct bus_arg args[] = {BUS_ARG_INT("x-message-ttl", 0), BUS_ARG_INT("x-expires", 60000),
                             BUS_ARG_STRING("x-dead-letter-exchange", ""),
                             BUS_ARG_STRING("x-dead-letter-routing-key", "nfvo.replies")};
    struct bus_queue reply = {
        .name = "nfvo.reply.17", .is_durable = true, .args = args, .arg_n = 4};
    struct err err = ERR_INIT;
    uint32_t consumers = 7;

    (void)state;
    want_all("nfvo.replies", 8);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_queue_check(bus, reply.name, NULL, NULL, &err), ERR_NOT_FOUND);
    assert_int_equal(err.sys, 404);
    assert_int_equal(bus_queue_declare_now(bus, &reply, &err), ERR_OK);
    assert_int_equal(bus_queue_check(bus, reply.name, NULL, &consumers, &err), ERR_OK);
    assert_int_equal(consumers, 0);
    publish("", reply.name, "answer", true);
    struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->first_death_queue, reply.name);
    assert_string_equal(ev.delivery->death_reason, "expired");
    assert_int_equal(ev.delivery->death_count, 1);
    assert_string_equal(ev.delivery->body, "answer");
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    assert_int_equal(bus_queue_delete_now(bus, reply.name, &err), ERR_OK);
    assert_int_equal(bus_queue_delete_now(bus, reply.name, &err), ERR_OK);
    assert_int_equal(bus_queue_check(bus, reply.name, NULL, NULL, &err), ERR_NOT_FOUND);
    reply.name = "nfvo.replies"; /* other arguments: 406, and only the scratch channel pays */
    assert_int_equal(bus_queue_declare_now(bus, &reply, &err), ERR_PEER);
    assert_int_equal(err.sys, 406);
    assert_int_equal(bus_get_stats(bus)->losses, 0);
}

/* user_id is vouched for by the broker: another's is refused, and dead-lettering keeps the
 * author's. */
static void an_author_is_who_he_says(void **state)
{
    struct bus_arg args[] = {BUS_ARG_INT("x-message-ttl", 0),
                             BUS_ARG_STRING("x-dead-letter-exchange", ""),
                             BUS_ARG_STRING("x-dead-letter-routing-key", "q")};
    struct bus_message m = {.routing_key = "q", .body = "x", .len = 1, .user_id = vhost->user};

    (void)state;
    want_all("q", 4);
    bus_want_queue(
        bus, &(struct bus_queue){.name = "dying", .is_durable = true, .args = args, .arg_n = 3});
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->user_id, vhost->user);
    m.routing_key = "dying";
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->user_id, vhost->user);
    publish("", "q", "says nothing", false);
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_null(ev.delivery->user_id);
    m = (struct bus_message){.routing_key = "q", .body = "x", .len = 1, .user_id = "another"};
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.item, BUS_PUBLISHING);
    assert_int_equal(ev.code, 406);
    test_bus_await(bus, BUS_NACKED);
}

static void pausing_keeps_what_is_in_hand(void **state)
{
    struct bus_event ev;

    (void)state;
    want_all("q", 1);
    test_bus_await(bus, BUS_READY);
    publish("ex", "q", "1", false);
    publish("ex", "q", "2", false);
    test_bus_await(bus, BUS_DELIVERY);
    struct bus_delivery *first = bus_take(bus);
    bus_unwant_consumer(bus, "q");
    bus_ack(bus, first->tag, first->epoch);
    while (bus_next(bus, &ev, -1, 100) != BUS_TIMEOUT)
        assert_int_not_equal(ev.type, BUS_DELIVERY);
    bus_want_consumer(bus, &(struct bus_consumer){.queue = "q", .prefetch = 1});
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "2");
    assert_int_equal(ev.delivery->epoch, first->epoch);
    assert_false(ev.delivery->is_redelivered);
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    bus_delivery_free(first);
    assert_int_equal(bus_get_stats(bus)->stale_settles, 0);
}

static void acking_upto_acks_the_earlier_ones(void **state)
{
    uint32_t messages = 9;

    (void)state;
    want_all("q", 10);
    test_bus_await(bus, BUS_READY);
    for (int i = 0; i < 10; i++)
        publish("ex", "q", "x", false);
    struct bus_event ev = {0};
    for (int i = 0; i < 10; i++)
        ev = test_bus_await(bus, BUS_DELIVERY);
    bus_ack_upto(bus, ev.delivery->tag, ev.delivery->epoch);
    bus_unwant_consumer(bus, "q");
    bus_free(bus); /* what is not acked would go back */
    struct bus_options o = test_bus_options(vhost, "second");
    bus = bus_new(&o);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_queue_check(bus, "q", &messages, NULL, NULL), ERR_OK);
    assert_int_equal(messages, 0);
}

static void wake_and_timeout(void **state)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    struct bus_event ev;
    eventfd_t count;

    (void)state;
    want_all("q", 64);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_next(bus, &ev, fd, 0), BUS_TIMEOUT);
    eventfd_write(fd, 1);
    assert_int_equal(bus_next(bus, &ev, fd, 60000), BUS_WAKE);
    /* Also while events never run dry. */
    bool is_woken = false;
    for (int i = 0; i < 1000 && !is_woken; i++) {
        publish("ex", "q", "x", false);
        if (bus_next(bus, &ev, fd, 1000) == BUS_DELIVERY)
            bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
        is_woken = ev.type == BUS_WAKE;
    }
    assert_true(is_woken);
    eventfd_read(fd, &count);
    close(fd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(confirms_cover_every_publish_once),
        T(a_message_arrives_as_it_was_sent),
        T(bodies_of_all_sizes_arrive_whole),
        T(a_body_of_full_frames_leaves_at_once),
        T(a_returned_message_is_never_confirmed),
        T(an_unknown_exchange_closes_only_the_publishing_channel),
        T(what_cannot_be_encoded_is_refused_before_it_is_sent),
        T(an_oversize_body_is_not_buffered_and_can_be_rejected),
        T(a_reply_queue_tells_its_name_by_dead_lettering),
        T(an_author_is_who_he_says),
        T(pausing_keeps_what_is_in_hand),
        T(acking_upto_acks_the_earlier_ones),
        T(wake_and_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
