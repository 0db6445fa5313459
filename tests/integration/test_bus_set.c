/* common/bus/bus_set against a real broker: rooms that are there, missing, late, deleted, busy. */
#include "common/base/mem.h"
#include "common/bus/bus_set.h"
#include "common/sys/clock.h"
#include "tests/support/broker.h"
#include "tests/support/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct test_vhost *vhosts[2];
static struct bus_set *set;
static const struct bus_member *members[2];

static const struct bus_member *add(const char *name, const struct bus_options *o)
{
    const struct bus_member *m = bus_set_add(set, name, bus_new(o));

    bus_want_queue(m->bus, &(struct bus_queue){.name = "q", .is_durable = true});
    bus_want_consumer(m->bus, &(struct bus_consumer){.queue = "q", .prefetch = 16});
    return m;
}

static int set_up(void **state)
{
    static const char *const names[] = {"first", "second"};

    (void)state;
    set = bus_set_new();
    for (int i = 0; i < 2; i++) {
        vhosts[i] = test_vhost_new();
        struct bus_options o = test_bus_options(vhosts[i], names[i]);
        members[i] = add(names[i], &o);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_set_free(set);
    for (int i = 0; i < 2; i++)
        test_vhost_free(vhosts[i]);
    return 0;
}

/* Pump until an event of this type comes from this member (NULL: from any); others are dropped. */
static struct bus_event await(const struct bus_member *m, enum bus_event_type type,
                              const struct bus_member **ret_from)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    const struct bus_member *from;
    struct bus_event ev;

    while (bus_set_next(set, &ev, &from, -1, 1000) != type || (m && from != m))
        if (clock_mono_us() > deadline)
            fail_msg("no %s of %s within 60 s", bus_event_name(type), m ? m->name : "any");
    if (ret_from)
        *ret_from = from;
    return ev;
}

static void await_ready(void)
{
    while (!bus_has_all(members[0]->bus) || !bus_has_all(members[1]->bus))
        await(NULL, BUS_READY, NULL);
}

static void publish(const struct bus_member *m, const char *body)
{
    struct err err = ERR_INIT;
    struct bus_message message = {.routing_key = "q", .body = body, .len = strlen(body)};

    if (bus_publish(m->bus, &message, NULL, &err) != ERR_OK)
        fail_msg("publish to %s: %s", m->name, err.msg);
}

/* A message goes out and in by this member alone. */
static void round_trip(const struct bus_member *m)
{
    publish(m, "round");
    struct bus_event ev = await(m, BUS_DELIVERY, NULL);
    bus_ack(m->bus, ev.delivery->tag, ev.delivery->epoch);
}

static void a_message_stays_in_its_room(void **state)
{
    const struct bus_member *from;

    (void)state;
    await_ready();
    publish(members[1], "second");
    publish(members[0], "first");
    for (int i = 0; i < 2; i++) {
        struct bus_event ev = await(NULL, BUS_DELIVERY, &from);
        assert_string_equal(ev.delivery->body, from->name);
        bus_ack(from->bus, ev.delivery->tag, ev.delivery->epoch);
    }
    assert_int_equal(bus_get_stats(members[0]->bus)->delivered, 1);
    assert_int_equal(bus_get_stats(members[1]->bus)->delivered, 1);
}

/* Half of the rooms do not exist: the others are served, and a room is found when it comes. */
static void a_missing_room_disturbs_nobody_and_may_come_later(void **state)
{
    char path[128];
    const struct bus_member *late = NULL;
    struct test_vhost *own = test_vhost_new();
    struct bus_event ev;

    (void)state;
    for (int i = 0; i < 10; i++) {
        struct bus_options o = test_bus_options(vhosts[0], "absent");
        char name[160];
        snprintf(name, sizeof(name), "%s-absent-%d", vhosts[0]->name, i);
        o.vhost = name;
        late = add(name, &o);
    }
    ev = await(late, BUS_FAULT, NULL);
    assert_int_equal(ev.item, BUS_CONNECTION);
    assert_int_equal(ev.code, 530);
    await_ready();
    for (int i = 0; i < 20; i++)
        round_trip(members[i % 2]);
    assert_int_equal(bus_get_stats(late->bus)->connects, 0);
    snprintf(path, sizeof(path), "vhosts/%s", late->name);
    assert_int_equal(test_broker_api(own, "PUT", path, "{}", NULL), 201);
    await(late, BUS_READY, NULL);
    round_trip(late);
    assert_int_equal(test_broker_api(own, "DELETE", path, NULL, NULL), 204);
    await(late, BUS_LOST, NULL);
    await(late, BUS_FAULT, NULL);
    test_vhost_free(own);
}

static void a_room_that_is_deleted_takes_only_its_own_along(void **state)
{
    char path[128];

    (void)state;
    await_ready();
    publish(members[0], "kept");
    struct bus_event ev = await(members[0], BUS_DELIVERY, NULL);
    struct bus_delivery *d = bus_take(members[0]->bus);
    publish(members[1], "void");
    snprintf(path, sizeof(path), "vhosts/%s", vhosts[1]->name);
    assert_int_equal(test_broker_api(vhosts[0], "DELETE", path, NULL, NULL), 204);
    ev = await(members[1], BUS_LOST, NULL);
    assert_int_equal(ev.seq_last, 1);
    for (int i = 0; i < 10; i++)
        round_trip(members[0]);
    bus_ack(members[0]->bus, d->tag, d->epoch);
    bus_delivery_free(d);
    assert_int_equal(bus_get_stats(members[0]->bus)->losses, 0);
    assert_int_equal(bus_get_stats(members[0]->bus)->stale_settles, 0);
    bus_set_remove(set, "second");
    assert_int_equal(bus_set_count(set), 1);
    round_trip(members[0]);
    assert_int_equal(test_broker_api(vhosts[0], "PUT", path, "{}", NULL),
                     201); /* for the teardown */
}

static void a_room_that_was_taken_away_is_left_alone(void **state)
{
    char path[128];
    AUTO(freep) char *list = NULL;

    (void)state;
    await_ready();
    bus_set_remove(set, "second");
    snprintf(path, sizeof(path), "vhosts/%s/channels", vhosts[1]->name);
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;;) {
        freep(&list);
        test_broker_api(vhosts[1], "GET", path, NULL, &list);
        if (strcmp(list, "[]") == 0)
            break;
        assert_true(clock_mono_us() < until);
        round_trip(members[0]);
    }
}

/* The first has more deliveries than anybody could take, each acknowledged and replaced at once. */
static void a_busy_room_does_not_starve_another(void **state)
{
    enum { BUSY = 2000 };
    const struct bus_member *from;
    size_t of_first = 0, of_second = 0;

    (void)state;
    await_ready();
    for (int i = 0; i < BUSY; i++)
        publish(members[0], "busy");
    publish(members[1], "rare");
    while (of_second < 20) {
        struct bus_event ev = await(NULL, BUS_DELIVERY, &from);
        bus_ack(from->bus, ev.delivery->tag, ev.delivery->epoch);
        publish(from, from == members[0] ? "busy" : "rare");
        *(from == members[0] ? &of_first : &of_second) += 1;
    }
    /* A round trip through the broker lies between two of the second's; without turns it would come
     * after all of the first's, that is never. */
    assert_true(of_first < 20 * BUSY);
}

/* An idle member's heartbeats are sent while the other is the only one that has anything to say:
 * else the broker would close it after two of them. */
static void heartbeats_of_an_idle_room_go_on_beside_a_busy_one(void **state)
{
    struct bus_options o = test_bus_options(vhosts[1], "idle");
    const struct bus_member *from;

    (void)state;
    await_ready();
    o.heartbeat_s = 2;
    const struct bus_member *idle = bus_set_add(set, "idle", bus_new(&o));
    await(idle, BUS_READY, NULL);
    publish(members[0], "busy");
    for (int64_t until = clock_mono_us() + 10 * USEC_PER_SEC; clock_mono_us() < until;) {
        struct bus_event ev = await(NULL, BUS_DELIVERY, &from);
        bus_ack(from->bus, ev.delivery->tag, ev.delivery->epoch);
        publish(from, "busy");
    }
    assert_int_equal(bus_get_stats(idle->bus)->losses, 0);
}

/* A broker that accepts and says nothing: each attempt takes all of its time (500 ms), and the
 * member rests four times as long. */
static void a_room_that_does_not_answer_takes_a_fifth_of_the_time(void **state)
{
    struct proxy *proxy = proxy_new(vhosts[1]->host, vhosts[1]->port);
    struct bus_options o = test_bus_options(vhosts[1], "mute");
    int64_t began = clock_mono_us(), spent_us = 0;

    (void)state;
    await_ready();
    proxy_mute(proxy, true);
    o.port = proxy_port(proxy);
    o.connect_timeout_ms = 500;
    const struct bus_member *mute = add("mute", &o);
    while (bus_get_stats(mute->bus)->connect_failures < 3) {
        int64_t at = clock_mono_us();
        uint64_t before = bus_get_stats(mute->bus)->connect_failures;
        round_trip(members[0]);
        if (bus_get_stats(mute->bus)->connect_failures > before)
            spent_us += clock_mono_us() - at;
        assert_true(at - began < 60 * USEC_PER_SEC);
    }
    /* Three attempts and two rests of 2 s. */
    assert_true(clock_mono_us() - began > 4 * USEC_PER_SEC);
    assert_true(spent_us < (clock_mono_us() - began) / 2);
    bus_set_remove(set, "mute");
    proxy_free(proxy);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(a_message_stays_in_its_room),
        TEST(a_missing_room_disturbs_nobody_and_may_come_later),
        TEST(a_room_that_is_deleted_takes_only_its_own_along),
        TEST(a_room_that_was_taken_away_is_left_alone),
        TEST(a_busy_room_does_not_starve_another),
        TEST(heartbeats_of_an_idle_room_go_on_beside_a_busy_one),
        TEST(a_room_that_does_not_answer_takes_a_fifth_of_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
