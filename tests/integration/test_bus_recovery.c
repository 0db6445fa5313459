/* common/bus when things go away: the connection, the broker, a queue, permission, or the broker's
 * will to read. */
#include "common/bus/bus.h"
#include "tests/support/broker.h"
#include "tests/support/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct test_vhost *vhost;
static struct proxy *proxy;
static struct bus *bus;
static struct bus_options options;

/* Through the proxy, so that the broker that others use too can go away for this test alone. */
static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    proxy = proxy_new(vhost->host, vhost->port);
    options = test_bus_options(vhost, "test-recovery");
    options.port = proxy_port(proxy);
    bus = bus_new(&options);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(bus);
    proxy_free(proxy);
    test_vhost_free(vhost);
    return 0;
}

static void want_consumed(const char *queue)
{
    bus_want_queue(bus, &(struct bus_queue){.name = queue, .is_durable = true});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = queue});
}

static uint64_t publish(const char *key, const char *body)
{
    struct err err = ERR_INIT;
    uint64_t seq = 0;
    struct bus_message m = {
        .routing_key = key, .body = body, .len = strlen(body), .is_mandatory = true};

    if (bus_publish(bus, &m, &seq, &err) != ERR_OK)
        fail_msg("publish: %s", err.msg);
    return seq;
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void a_closed_connection_comes_back_with_its_topology(void **state)
{
    struct bus_event ev;
    char name[256];

    (void)state;
    bus_want_exchange(bus,
                      &(struct bus_exchange){.name = "ex", .type = "topic", .is_durable = true});
    want_consumed("q");
    bus_want_queue(
        bus, &(struct bus_queue){.name = "mine", .is_server_named = true, .is_exclusive = true});
    bus_want_binding(bus, &(struct bus_binding){.queue = "mine", .exchange = "ex"});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = "mine"});
    assert_null(bus_queue_name(bus, "mine"));
    ev = test_bus_await(bus, BUS_NAMED);
    assert_string_equal(ev.name, "mine");
    assert_string_equal(ev.text, bus_queue_name(bus, "mine"));
    snprintf(name, sizeof(name), "%s", ev.text);
    ev = test_bus_await(bus, BUS_READY);
    assert_true(bus_is_ready(bus));
    publish("q", "1");
    test_bus_await(bus, BUS_DELIVERY);
    struct bus_delivery *d = bus_take(bus);

    for (int64_t until = now_ms() + 60000; !test_connection_kill(vhost, "test-recovery");) {
        assert_true(now_ms() < until);
        assert_int_equal(bus_next(bus, &ev, -1, 50) == BUS_LOST, 0);
    }
    ev = test_bus_await(bus, BUS_LOST);
    assert_int_equal(ev.code, 320);
    assert_non_null(strstr(ev.text, "CONNECTION_FORCED"));
    assert_true(ev.epoch >= d->epoch);
    assert_int_equal(ev.seq_last, 1);
    assert_false(bus_is_ready(bus));
    assert_null(bus_queue_name(bus, "mine"));
    ev = test_bus_await(bus, BUS_NAMED);
    assert_string_not_equal(ev.text, name);
    test_bus_await(bus, BUS_READY);
    bus_ack(bus, d->tag, d->epoch); /* of the old epoch: must not ack anything of the new one */
    assert_int_equal(bus_get_stats(bus)->stale_settles, 1);
    bus_delivery_free(d);
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_true(ev.delivery->is_redelivered);
    assert_string_equal(ev.delivery->body, "1");
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    struct bus_message m = {
        .exchange = "ex", .routing_key = bus_queue_name(bus, "mine"), .body = "reply", .len = 5};
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->queue, "mine");
}

static void an_absent_broker_is_tried_until_it_is_back(void **state)
{
    struct bus_event ev;

    (void)state;
    want_consumed("q");
    test_bus_await(bus, BUS_READY);
    publish("q", "void or redelivered");
    proxy_down(proxy, true);
    ev = test_bus_await(bus, BUS_LOST);
    assert_int_equal(ev.seq_last, 1);
    assert_int_equal(bus_unconfirmed(bus), 0);
    for (int i = 0; i < 3; i++) {
        ev = test_bus_await(bus, BUS_FAULT);
        assert_int_equal(ev.item, BUS_CONNECTION);
        assert_non_null(strstr(ev.name, "127.0.0.1:"));
        assert_int_equal(bus_publish(bus, &(struct bus_message){.routing_key = "q"}, NULL, NULL),
                         ERR_UNAVAIL);
    }
    proxy_down(proxy, false);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(publish("q", "again"), 2);
    test_bus_await(bus, BUS_CONFIRMED);
}

static void a_wrong_password_is_a_fault_and_retried(void **state)
{
    struct bus_event ev;
    char user[80];

    (void)state;
    snprintf(user, sizeof(user), "user-%s", vhost->name);
    test_user_new(vhost, user, "right", ".*", ".*", ".*");
    options.user = user;
    options.password = "wrong";
    struct bus *other = bus_new(&options);
    for (int i = 0; i < 2; i++) {
        ev = test_bus_await(other, BUS_FAULT);
        assert_int_equal(ev.item, BUS_CONNECTION);
        assert_int_equal(ev.code, 403);
        assert_non_null(strstr(ev.text, "ACCESS_REFUSED"));
    }
    assert_int_equal(bus_get_stats(other)->connect_failures, 2);
    test_user_new(vhost, user, "wrong", ".*", ".*", ".*"); /* the administrator gives in */
    test_bus_await(other, BUS_READY);
    bus_free(other);
    test_user_free(vhost, user);
}

static void write_password(const char *path, const char *password)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fprintf(f, "%s\n", password) > 0);
    assert_int_equal(fclose(f), 0);
}

/* Rotated while it is connected: it goes on, and logs in with the new one afterwards. */
static void a_new_password_is_read_from_its_file(void **state)
{
    char path[] = "/tmp/test-password-XXXXXX", user[80];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(user, sizeof(user), "rotated-%s", vhost->name);
    test_user_new(vhost, user, "first", ".*", ".*", ".*");
    write_password(path, "first");
    options.user = user;
    options.password = "of no use";
    options.password_path = path;
    bus_free(bus);
    bus = bus_new(&options);
    test_bus_await(bus, BUS_READY);
    test_user_new(vhost, user, "second", ".*", ".*", ".*");
    proxy_down(proxy, true);
    test_bus_await(bus, BUS_LOST);
    proxy_down(proxy, false);
    struct bus_event ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.code, 403); /* the file comes a moment later */
    write_password(path, "second");
    test_bus_await(bus, BUS_READY);
    unlink(path);
    test_user_free(vhost, user);
}

static void a_forbidden_queue_does_not_hold_up_the_others(void **state)
{
    char user[80];
    struct bus_event ev;

    (void)state;
    snprintf(user, sizeof(user), "user-%s", vhost->name);
    test_user_new(vhost, user, "pw", "^mine", ".*", "^mine");
    options.user = user;
    options.password = "pw";
    bus_free(bus);
    bus = bus_new(&options);
    want_consumed("theirs");
    want_consumed("mine");
    ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.item, BUS_QUEUE);
    assert_string_equal(ev.name, "theirs");
    assert_int_equal(ev.code, 403);
    test_bus_await(bus, BUS_READY);
    publish("mine", "x");
    ev = test_bus_await(bus, BUS_DELIVERY);
    assert_string_equal(ev.delivery->queue, "mine");
    test_user_free(vhost, user);
}

static void a_queue_with_other_arguments_is_retried_until_it_fits(void **state)
{
    struct bus_event ev;

    (void)state;
    bus_want_queue(bus, &(struct bus_queue){.name = "ok", .is_durable = true});
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_queue_declare_now(bus, &(struct bus_queue){.name = "q"}, NULL), ERR_OK);
    want_consumed("q"); /* durable: 406 */
    ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.item, BUS_QUEUE);
    assert_string_equal(ev.name, "q");
    assert_int_equal(ev.code, 406);
    assert_non_null(strstr(ev.text, "inequivalent arg 'durable' for queue 'q'"));
    /* The consumer waits for its queue without a fault of its own. */
    ev = test_bus_await(bus, BUS_FAULT);
    assert_int_equal(ev.item, BUS_QUEUE);
    test_queue_delete(vhost, "q");
    while (bus_next(bus, &ev, -1, 1000) == BUS_FAULT)
        assert_int_equal(ev.item, BUS_QUEUE);
    publish("q", "x");
    test_bus_await(bus, BUS_DELIVERY);
    assert_int_equal(bus_get_stats(bus)->losses, 0);
}

static void a_deleted_queue_is_declared_and_consumed_again(void **state)
{
    struct bus_event ev;

    (void)state;
    want_consumed("q");
    want_consumed("r");
    test_bus_await(bus, BUS_READY);
    test_queue_delete(vhost, "q");
    ev = test_bus_await(bus, BUS_CANCELLED);
    assert_string_equal(ev.name, "q");
    for (int64_t until = now_ms() + 60000; ev.type != BUS_DELIVERY;) {
        assert_true(now_ms() < until);
        publish("q", "x"); /* returned until the queue is back */
        bus_next(bus, &ev, -1, 20);
    }
    assert_string_equal(ev.delivery->queue, "q");
    publish("r", "y");
    assert_int_equal(bus_get_stats(bus)->cancels, 1);
    assert_int_equal(bus_get_stats(bus)->losses, 0);
}

static void a_broker_that_stops_reading_is_cut_by_the_watchdog(void **state)
{
    static char body[1 << 20];
    enum err_code rc = ERR_OK;

    (void)state;
    options.publish_stall_ms = 500;
    bus_free(bus);
    bus = bus_new(&options);
    bus_want_queue(bus, &(struct bus_queue){.name = "q", .is_durable = true});
    test_bus_await(bus, BUS_READY);
    proxy_stall(proxy, true);
    struct bus_message m = {.routing_key = "q", .body = body, .len = sizeof(body)};
    int64_t began = 0;
    for (int i = 0; i < 100 && rc == ERR_OK; i++) {
        began = now_ms();
        rc = bus_publish(bus, &m, NULL, NULL);
    }
    int64_t took = now_ms() - began;
    assert_int_equal(rc, ERR_IO);
    assert_true(took >= 450);
    assert_true(took < 20000); /* without it there is no end */
    struct bus_event ev = test_bus_await(bus, BUS_LOST);
    assert_non_null(strstr(ev.text, "watchdog"));
    assert_int_equal(bus_get_stats(bus)->watchdog_cuts, 1);
    proxy_stall(proxy, false);
    test_bus_await(bus, BUS_READY);
}

static void a_mute_broker_does_not_hold_up_calls(void **state)
{
    enum { ORDINARY_MS = 9000 }; /* 10 s is what test_bus_options says */
    struct err err = ERR_INIT;

    (void)state;
    options.call_timeout_ms = options.connect_timeout_ms = 300;
    bus_free(bus);
    bus = bus_new(&options);
    bus_want_queue(bus, &(struct bus_queue){.name = "q", .is_durable = true});
    test_bus_await(bus, BUS_READY);
    proxy_stall(proxy, true);
    int64_t began = now_ms();
    assert_int_equal(bus_queue_check(bus, "q", NULL, NULL, &err), ERR_TIMEOUT);
    assert_true(now_ms() - began < ORDINARY_MS);
    /* Nor does one that never finishes the handshake. */
    struct bus *other = bus_new(&options);
    began = now_ms();
    struct bus_event ev = test_bus_await(other, BUS_FAULT);
    assert_int_equal(ev.item, BUS_CONNECTION);
    assert_true(now_ms() - began < ORDINARY_MS);
    bus_free(other);
    /* The late answer (q exists) is for nobody; the next call waits for its own, which a busy broker
     * may not give within 300 ms, either. */
    proxy_stall(proxy, false);
    enum err_code rc;
    for (int64_t until = now_ms() + 60000;
         (rc = bus_queue_check(bus, "absent", NULL, NULL, &err)) == ERR_TIMEOUT;)
        assert_true(now_ms() < until);
    assert_int_equal(rc, ERR_NOT_FOUND);
    assert_int_equal(bus_get_stats(bus)->losses, 0);
}

static void a_short_heartbeat_keeps_an_idle_connection(void **state)
{
    struct bus_event ev;

    (void)state;
    options.heartbeat_s = 2;
    bus_free(bus);
    bus = bus_new(&options);
    test_bus_await(bus, BUS_READY);
    assert_int_equal(bus_next(bus, &ev, -1, 7000),
                     BUS_TIMEOUT); /* the broker cuts after 2 to 3 silent intervals */
    assert_true(bus_is_ready(bus));
    proxy_stall(proxy, true); /* our heartbeats do not get through, nor do its any more */
    ev = test_bus_await(bus, BUS_LOST);
    proxy_stall(proxy, false);
    test_bus_await(bus, BUS_READY);
}

static void a_silent_host_is_noticed_by_its_missing_heartbeats(void **state)
{
    struct bus_event ev;

    (void)state;
    options.heartbeat_s = 1;
    bus_free(bus);
    bus = bus_new(&options);
    test_bus_await(bus, BUS_READY);
    proxy_mute(proxy, true);
    int64_t began = now_ms();
    assert_int_equal(bus_next(bus, &ev, -1, 60000), BUS_LOST); /* in one wait */
    assert_true(now_ms() - began < 30000);
    proxy_mute(proxy, false);
    test_bus_await(bus, BUS_READY);
}

static void deliveries_of_a_lost_connection_do_not_come_out(void **state)
{
    struct bus_message m = {.routing_key = "q", .body = "x", .len = 1};
    struct bus_event ev;

    (void)state;
    want_consumed("q");
    test_bus_await(bus, BUS_READY);
    for (int i = 0; i < 5; i++)
        publish("q", "x");
    while (bus_get_stats(bus)->delivered < 5) /* a synchronous call keeps what arrives meanwhile */
        assert_int_equal(bus_queue_check(bus, "q", NULL, NULL, NULL), ERR_OK);
    proxy_down(proxy, true);
    while (bus_publish(bus, &m, NULL, NULL) == ERR_OK)
        ;
    while (bus_next(bus, &ev, -1, 20000) != BUS_LOST)
        assert_int_not_equal(ev.type, BUS_DELIVERY);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_closed_connection_comes_back_with_its_topology),
        T(an_absent_broker_is_tried_until_it_is_back),
        T(a_wrong_password_is_a_fault_and_retried),
        T(a_new_password_is_read_from_its_file),
        T(a_forbidden_queue_does_not_hold_up_the_others),
        T(a_queue_with_other_arguments_is_retried_until_it_fits),
        T(a_deleted_queue_is_declared_and_consumed_again),
        T(a_broker_that_stops_reading_is_cut_by_the_watchdog),
        T(a_mute_broker_does_not_hold_up_calls),
        T(a_short_heartbeat_keeps_an_idle_connection),
        T(a_silent_host_is_noticed_by_its_missing_heartbeats),
        T(deliveries_of_a_lost_connection_do_not_come_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
