/* The engine's bus on two real virtual hosts: what belongs to one room stays there; what was
 * written by somebody who died. */
#include "common/base/mem.h"
#include "common/ports/bus_amqp.h"
#include "common/sys/clock.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/broker/topology_bus.h"
#include "proto/topology.h"
#include "tests/support/broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct test_vhost *inner, *peers;
static struct engine_amqp *port;
static struct engine_bus bus;
static struct bus *peer; /* of the peers' room */

static struct bus *open_room(void *arg, const char *room)
{
    (void)arg;
    struct bus_options o = test_bus_options(inner, "engine");
    if (*room)
        o.vhost = room;
    struct bus *b = bus_new(&o);
    if (*room)
        topology_declare_room(b);
    else
        topology_declare(b);
    return b;
}

static struct bus_happened await(enum bus_happening what)
{
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    struct bus_happened h = {0};
    do {
        h = (struct bus_happened){0};
        bus.next(bus.ctx, 100, &h);
        assert_true(clock_mono_us() < until);
    } while (h.what != what);
    return h;
}

static struct engine_amqp *open_port(void)
{
    static const char *const queues[] = {QUEUE_ACTIONS, QUEUE_REPLIES};
    struct engine_amqp_options o = {.open = open_room,
                                    .queues = queues,
                                    .n_queues = ARRAY_LEN(queues),
                                    .inner_queue = QUEUE_INTERNAL,
                                    .prefetch = 8,
                                    .user = inner->user,
                                    .reply_queue = QUEUE_REPLIES,
                                    .reply_prefix = QUEUE_REPLY_PREFIX,
                                    .reply_expires_ms = 60000,
                                    .dead_letters = QUEUE_DEAD_LETTERS,
                                    .dead_letter_body = dead_letter_body,
                                    .wake_fd = -1};
    struct engine_amqp *e = engine_amqp_new(&o);
    engine_amqp_set_rooms(e, (const char *const[]){peers->name}, 1);
    return e;
}

static int set_up(void **state)
{
    (void)state;
    inner = test_vhost_new();
    peers = test_vhost_new();
    port = open_port();
    bus = engine_amqp_bus(port);
    struct bus_happened first = await(HAPPENED_READY), second = await(HAPPENED_READY);
    assert_int_equal(strcmp(first.room, "") == 0, strcmp(second.room, peers->name) == 0);
    struct bus_options po = test_bus_options(peers, "peer");
    peer = bus_new(&po);
    bus_want_queue(peer, &(struct bus_queue){.name = "vnfm", .is_durable = true});
    bus_want_binding(peer, &(struct bus_binding){.queue = "vnfm", .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(peer, &(struct bus_consumer){.queue = "vnfm"});
    test_bus_await(peer, BUS_READY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(peer);
    engine_amqp_free(port);
    test_vhost_free(peers);
    test_vhost_free(inner);
    return 0;
}

static void say(const char *queue, const char *correlation_id, const char *user_id)
{
    struct bus_message m = {.routing_key = queue,
                            .body = "hello",
                            .len = 5,
                            .user_id = user_id,
                            .correlation_id = correlation_id};
    assert_int_equal(bus_publish(peer, &m, NULL, NULL), ERR_OK);
}

static uint64_t send_to(const char *room, const char *key, int reply)
{
    struct err err = ERR_INIT;
    struct send s = {.room = room,
                     .exchange = TOPOLOGY_EXCHANGE,
                     .key = key,
                     .command = "c1",
                     .reply = (uint8_t)reply};
    uint64_t seq = 0;
    if (bus.prepare(bus.ctx, &s, &err) != ERR_OK ||
        bus.publish(bus.ctx, &s, "ask", 3, &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return seq;
}

static void messages_name_the_room_that_they_came_out_of(void **state)
{
    (void)state;
    say(QUEUE_ACTIONS, NULL, NULL);
    struct bus_happened h = await(HAPPENED_DELIVERY);
    assert_string_equal(h.message.room, peers->name);
    assert_false(h.message.is_echo);
    bus.ack(bus.ctx, h.token);
    say(QUEUE_ACTIONS, NULL, peers->user); /* the test's peer has the account of the NFVO */
    h = await(HAPPENED_DELIVERY);
    assert_true(h.message.is_echo);
    bus.ack(bus.ctx, h.token);
    uint32_t left = 1;
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC; left > 0;) {
        assert_int_equal(bus_queue_check(peer, QUEUE_ACTIONS, &left, NULL, NULL), ERR_OK);
        assert_true(clock_mono_us() < until);
    }
}

static void requests_and_their_answers_stay_in_the_room(void **state)
{
    (void)state;
    send_to(peers->name, "vnfm", SEND_REPLY_PRIVATE);
    struct bus_event ev = test_bus_await(peer, BUS_DELIVERY);
    assert_string_equal(ev.delivery->reply_to, QUEUE_REPLY_PREFIX "c1");
    assert_string_equal(ev.delivery->user_id, inner->user);
    say(ev.delivery->reply_to, NULL, NULL);
    struct bus_happened h = await(HAPPENED_DELIVERY);
    assert_string_equal(h.message.room, peers->name);
    assert_string_equal(h.message.first_death_queue, QUEUE_REPLY_PREFIX "c1");
    bus.ack(bus.ctx, h.token);
    /* There is no such queue in the inner room, and a number is of one publish only. */
    uint64_t lost = send_to("", "vnfm", SEND_NO_REPLY),
             found = send_to(peers->name, "vnfm", SEND_REPLY_SHARED);
    assert_true(lost != found);
    h = await(HAPPENED_RETURNED);
    assert_int_equal(h.seq, lost);
    h = await(HAPPENED_CONFIRMED);
    assert_int_equal(h.seq, found);
    struct send nowhere = {.room = "nowhere", .exchange = "", .key = "vnfm"};
    uint64_t seq;
    assert_int_equal(bus.publish(bus.ctx, &nowhere, "x", 1, &seq, NULL), ERR_NOT_FOUND);
}

static void dead_letters_stay_in_the_room(void **state)
{
    struct err why = ERR_INIT;
    uint32_t n = 0;
    (void)state;
    say(QUEUE_ACTIONS, "c", NULL);
    struct bus_happened h = await(HAPPENED_DELIVERY);
    err_set(&why, ERR_SYNTAX, "not readable");
    bus.dead_letter(bus.ctx, h.token, &why);
    bus.next(bus.ctx, 500, &h); /* its confirm acknowledges the original */
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC; n == 0;) {
        assert_int_equal(bus_queue_check(peer, QUEUE_DEAD_LETTERS, &n, NULL, NULL), ERR_OK);
        assert_true(clock_mono_us() < until);
    }
    assert_int_equal(n, 1);
}

/* Only its own is void, and what was in hand is delivered to whoever comes next. */
static void a_room_that_ended_is_told_and_closed(void **state)
{
    uint32_t consumers = 1;
    (void)state;
    say(QUEUE_ACTIONS, NULL, NULL);
    struct bus_happened h = await(HAPPENED_DELIVERY);
    engine_amqp_set_rooms(port, NULL, 0);
    struct bus_happened ended = await(HAPPENED_ENDED);
    assert_string_equal(ended.room, peers->name);
    assert_string_equal(h.message.room, ended.room); /* names outlive their rooms */
    bus.ack(bus.ctx, h.token);                       /* of nobody any more: nothing happens */
    for (int64_t until = clock_mono_us() + 60 * USEC_PER_SEC; consumers > 0;) {
        assert_int_equal(bus_queue_check(peer, QUEUE_ACTIONS, NULL, &consumers, NULL), ERR_OK);
        assert_true(clock_mono_us() < until);
    }
    engine_amqp_set_rooms(port, (const char *const[]){peers->name}, 1);
    h = await(HAPPENED_DELIVERY);
    bus.ack(bus.ctx, h.token);
}

static void a_room_of_peers_has_no_internal_queue_and_bounded_entries(void **state)
{
    char path[256];
    AUTO(freep) char *reply = NULL;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(bus_queue_check(peer, QUEUE_INTERNAL, NULL, NULL, &err), ERR_NOT_FOUND);
    snprintf(path, sizeof(path), "queues/%s/%s", peers->name, QUEUE_ACTIONS);
    assert_int_equal(test_broker_api(peers, "GET", path, NULL, &reply), 200);
    assert_non_null(strstr(reply, "\"x-overflow\":\"reject-publish\""));
    assert_non_null(strstr(reply, "\"x-max-length-bytes\":"));
}

/* --- what is never sent twice ------------------------------------------------------------------
 */

static const struct send *start_of(const char *key, const char *command)
{
    static struct send s;
    s = (struct send){.room = peers->name,
                      .exchange = TOPOLOGY_EXCHANGE,
                      .key = key,
                      .command = command,
                      .policy = SEND_NEVER,
                      .reply = SEND_REPLY_PRIVATE};
    return &s;
}

static enum send_fate fate_of(const char *command)
{
    struct err err = ERR_INIT;
    enum send_fate fate = FATE_UNKNOWN;
    if (bus.was_taken(bus.ctx, start_of("vnfm", command), &fate, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return fate;
}

static bool has_ended(const char *sender)
{
    struct err err = ERR_INIT;
    bool is = false;
    if (bus.has_ended(bus.ctx, peers->name, sender, &is, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return is;
}

static void await_answer(const char *body)
{
    struct bus_happened h = await(HAPPENED_DELIVERY);
    assert_string_equal(h.message.queue, QUEUE_REPLIES);
    assert_string_equal(h.message.first_death_queue, QUEUE_REPLY_PREFIX "c2");
    assert_string_equal(h.message.body, body);
    bus.ack(bus.ctx, h.token);
}

static void whoever_looks_sees_whether_a_peer_was_given_it(void **state)
{
    const struct send *s = start_of("vnfm", "c2");
    uint64_t seq = 0;
    (void)state;
    assert_int_equal(fate_of("c2"), FATE_UNKNOWN);
    assert_int_equal(bus.prepare(bus.ctx, s, NULL), ERR_OK);
    assert_int_equal(fate_of("c2"), FATE_NOT_TAKEN);
    assert_int_equal(bus.publish(bus.ctx, s, "start", 5, &seq, NULL), ERR_OK);
    struct bus_event ev = test_bus_await(peer, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "start");
    assert_string_equal(ev.delivery->reply_to, QUEUE_REPLY_PREFIX "c2");
    assert_int_equal(await(HAPPENED_CONFIRMED).seq, seq);
    assert_int_equal(fate_of("c2"), FATE_TAKEN);
    say(QUEUE_REPLY_PREFIX "c2", NULL, NULL);
    await_answer("hello");
    assert_int_equal(fate_of("c2"), FATE_UNKNOWN); /* it went with its answer */
}

/* Answers find the queue full, and go on; an empty one, too. */
static void the_copy_stays_until_the_answer_was_taken(void **state)
{
    const struct send *s = start_of("vnfm", "c2");
    const struct bus_message empty = {.routing_key = QUEUE_REPLY_PREFIX "c2", .body = ""};
    struct bus_happened first, second;
    uint64_t seq = 0;
    (void)state;
    assert_int_equal(bus.prepare(bus.ctx, s, NULL), ERR_OK);
    assert_int_equal(bus.publish(bus.ctx, s, "start", 5, &seq, NULL), ERR_OK);
    test_bus_await(peer, BUS_DELIVERY);
    assert_int_equal(bus_publish(peer, &empty, NULL, NULL), ERR_OK);
    first = await(HAPPENED_DELIVERY);
    assert_int_equal(first.message.len, 0);
    say(QUEUE_REPLY_PREFIX "c2", NULL, NULL);
    second = await(HAPPENED_DELIVERY);
    assert_string_equal(second.message.first_death_queue, QUEUE_REPLY_PREFIX "c2");
    assert_int_equal(fate_of("c2"), FATE_TAKEN);
    bus.ack(bus.ctx, first.token);
    bus.ack(bus.ctx, second.token);
}

static void a_connection_of_another_process_is_seen_to_end(void **state)
{
    char name[256];
    (void)state;
    struct engine_amqp *other = open_port();
    struct engine_bus theirs = engine_amqp_bus(other);
    const char *sender;
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while ((sender = theirs.sender(theirs.ctx, peers->name)) == NULL) {
        struct bus_happened h;
        theirs.next(theirs.ctx, 100, &h);
        assert_true(clock_mono_us() < until);
    }
    snprintf(name, sizeof(name), "%s", sender);
    assert_false(has_ended(name));
    assert_false(has_ended(bus.sender(bus.ctx, peers->name)));
    engine_amqp_free(other);
    while (!has_ended(name))
        assert_true(clock_mono_us() < until);
}

/* It could not be returned: its copy finds a queue always. */
static void what_nobody_serves_is_not_sent(void **state)
{
    (void)state;
    assert_int_equal(bus.prepare(bus.ctx, start_of("gone", "c3"), NULL), ERR_STATE);
    assert_int_equal(fate_of("c3"), FATE_UNKNOWN);
}

/* Its answer comes to the shared queue; its copy goes when nobody needs it. */
static void a_call_of_a_driver_leaves_a_copy_too(void **state)
{
    struct send s = *start_of("vnfm", "c5");
    uint64_t seq = 0;
    (void)state;
    s.policy = SEND_ASK;
    s.reply = SEND_REPLY_SHARED;
    assert_int_equal(bus.prepare(bus.ctx, &s, NULL), ERR_OK);
    assert_int_equal(fate_of("c5"), FATE_NOT_TAKEN);
    assert_int_equal(bus.publish(bus.ctx, &s, "launch", 6, &seq, NULL), ERR_OK);
    assert_string_equal(test_bus_await(peer, BUS_DELIVERY).delivery->reply_to, QUEUE_REPLIES);
    assert_int_equal(fate_of("c5"), FATE_TAKEN);
    bus.forget(bus.ctx, peers->name, "c5");
    assert_int_equal(fate_of("c5"), FATE_UNKNOWN);
}

/* Made by a process of the version before, which died then. */
static void a_reply_queue_of_before_is_made_anew(void **state)
{
    const struct bus_arg args[] = {BUS_ARG_INT("x-message-ttl", 0)};
    const struct bus_queue q = {
        .name = QUEUE_REPLY_PREFIX "c4", .is_durable = true, .args = args, .arg_n = 1};
    (void)state;
    assert_int_equal(bus_queue_declare_now(peer, &q, NULL), ERR_OK);
    assert_int_equal(bus.prepare(bus.ctx, start_of("vnfm", "c4"), NULL), ERR_OK);
    assert_int_equal(fate_of("c4"), FATE_NOT_TAKEN);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(messages_name_the_room_that_they_came_out_of),
        TEST(requests_and_their_answers_stay_in_the_room),
        TEST(dead_letters_stay_in_the_room),
        TEST(a_room_that_ended_is_told_and_closed),
        TEST(a_room_of_peers_has_no_internal_queue_and_bounded_entries),
        TEST(whoever_looks_sees_whether_a_peer_was_given_it),
        TEST(the_copy_stays_until_the_answer_was_taken),
        TEST(a_connection_of_another_process_is_seen_to_end),
        TEST(what_nobody_serves_is_not_sent),
        TEST(a_call_of_a_driver_leaves_a_copy_too),
        TEST(a_reply_queue_of_before_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
