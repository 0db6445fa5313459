/* Events and rooms: nfvo/event against two real virtual hosts and a database. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/event/dispatcher.h"
#include "nfvo/store/store_room.h"
#include "proto/records/manager.h"
#include "proto/topology.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct test_vhost *inner, *guests;
static struct test_nfvo_store *ts;
static struct dispatcher_options options;
static struct bus_options login;
static struct rooms *rooms;
static struct dispatcher *dispatcher;
static struct bus *in_inner, *in_guests; /* the tests' own connections */
static struct arena memory;

static struct bus *connect_to(const struct test_vhost *v)
{
    struct bus_options o = test_bus_options(v, "subscriber");
    struct bus *bus = bus_new(&o);
    static const char *const queues[] = {"answers", "sub"};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        bus_want_queue(bus, &(struct bus_queue){.name = queues[i]});
        bus_want_consumer(bus, &(struct bus_consumer){.queue = queues[i]});
    }
    bus_want_queue(bus, &(struct bus_queue){.name = QUEUE_DEAD_LETTERS, .is_passive = true});
    bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_DEAD_LETTERS});
    test_bus_await(bus, BUS_READY);
    return bus;
}

static void await_consumer(const struct test_vhost *v)
{
    struct bus_options o = test_bus_options(v, "looker");
    AUTO(bus_freep) struct bus *bus = bus_new(&o);
    uint32_t consumers = 0;
    test_bus_await(bus, BUS_READY);
    for (int64_t end = clock_mono_us() + 60 * USEC_PER_SEC; !consumers; poll(NULL, 0, 20)) {
        if (bus_queue_check(bus, QUEUE_EVENT_UNREGISTER, NULL, &consumers, NULL) != ERR_OK)
            consumers = 0;
        assert_true(clock_mono_us() < end);
    }
}

static void put_room(const char *name, const char *project)
{
    struct store_room r = {.name = name, .project_id = project};
    assert_int_equal(store_room_put(ts->db, &r, NULL), ERR_OK);
    assert_int_equal(store_room_set_state(ts->db, name, STORE_ROOM_READY, NULL), ERR_OK);
}

/* The guests' room comes after the dispatcher: it is found by itself. */
static int set_up(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    inner = test_vhost_new();
    guests = test_vhost_new();
    ts = test_nfvo_store_new("eventrooms");
    login = test_bus_options(inner, "nfvo");
    options = (struct dispatcher_options){.http_threads = 1,
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
    assert_int_equal(rooms_open(&rooms, ts->store, inner->name, &err), ERR_OK);
    struct dispatcher_setup setup = {
        .options = &options, .bus = &login, .store = ts->store, .rooms = rooms};
    if (dispatcher_open(&dispatcher, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    put_room(guests->name, "p1");
    await_consumer(inner);
    await_consumer(guests);
    in_inner = connect_to(inner);
    in_guests = connect_to(guests);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bus_free(in_inner);
    bus_free(in_guests);
    dispatcher_close(dispatcher);
    rooms_close(rooms);
    test_nfvo_store_free(ts);
    test_vhost_free(guests);
    test_vhost_free(inner);
    arena_release(&memory);
    return 0;
}

static void tell(struct bus *bus, const char *queue, const char *body)
{
    struct bus_message m = {.routing_key = queue,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = "c",
                            .reply_to = "answers"};
    assert_int_equal(bus_publish(bus, &m, NULL, NULL), ERR_OK);
}

/* The next delivery's body; from which queue it must be. */
static char *hear(struct bus *bus, const char *queue)
{
    struct bus_event ev = test_bus_await(bus, BUS_DELIVERY);
    if (strcmp(ev.delivery->queue, queue) != 0)
        fail_msg("heard in %s, not %s: %s", ev.delivery->queue, queue, ev.delivery->body);
    char *body = arena_strndup(&memory, ev.delivery->body, ev.delivery->len);
    bus_ack(bus, ev.delivery->tag, ev.delivery->epoch);
    return body;
}

#define SUBSCRIPTION(project)                                                                      \
    "{\"name\":\"fm\",\"type\":\"RABBIT\",\"endpoint\":\"sub\",\"event\":\"ERROR\",\"room\":"      \
    "\"x\","                                                                                       \
    "\"projectId\":\"" project "\"}"

static char *subscribe(struct bus *bus, const char *body)
{
    struct event_endpoint *e;
    tell(bus, QUEUE_EVENT_REGISTER, body);
    char *answer = hear(bus, "answers");
    assert_int_equal(
        proto_decode(&event_endpoint_type, answer, strlen(answer), 0, &memory, &e, NULL), ERR_OK);
    return arena_strdup(&memory, e->id);
}

static void add_event(const char *endpoint_id, const char *body)
{
    test_sql(ts->db, arena_printf(&memory,
                                  "INSERT INTO event_out (stream, endpoint_id, next_at, body) "
                                  "VALUES ('s', '%s', 0, '%s'); SELECT pg_notify('event', '')",
                                  endpoint_id, body));
}

static void a_room_hears_events_of_its_project_only(void **state)
{
    (void)state;
    tell(in_guests, QUEUE_EVENT_REGISTER, SUBSCRIPTION("*"));
    assert_string_equal(hear(in_guests, QUEUE_DEAD_LETTERS), SUBSCRIPTION("*"));
    tell(in_guests, QUEUE_EVENT_REGISTER, SUBSCRIPTION("p2"));
    hear(in_guests, QUEUE_DEAD_LETTERS);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM event_endpoint"), "0");
    test_query_await(ts->db, "SELECT count(*) FROM refusal WHERE kind = 'subscription'", "1");
    subscribe(in_guests, SUBSCRIPTION("p1"));
    subscribe(in_guests, SUBSCRIPTION("")); /* its own */
    assert_string_equal(test_query(ts->db, "SELECT string_agg(room || ' ' || project_id, ',') FROM "
                                           "event_endpoint"),
                        arena_printf(&memory, "%s p1", guests->name)); /* equal: one */
    put_room(guests->name, NULL);
    const char *heard_in;
    do { /* until the dispatcher knows it */
        tell(in_guests, QUEUE_EVENT_REGISTER, SUBSCRIPTION("p1"));
        struct bus_event ev = test_bus_await(in_guests, BUS_DELIVERY);
        heard_in = arena_strdup(&memory, ev.delivery->queue);
        bus_ack(in_guests, ev.delivery->tag, ev.delivery->epoch);
    } while (strcmp(heard_in, QUEUE_DEAD_LETTERS) != 0);
    subscribe(in_inner, SUBSCRIPTION("*")); /* as ever */
}

/* There is a queue of this name in both. */
static void events_go_into_the_room_of_the_subscription(void **state)
{
    struct bus_event ev;
    (void)state;
    char *guest = subscribe(in_guests, SUBSCRIPTION("p1")),
         *own = subscribe(in_inner, SUBSCRIPTION("*"));
    add_event(guest, "for the guest");
    add_event(own, "for ourselves");
    assert_string_equal(hear(in_guests, "sub"), "for the guest");
    assert_string_equal(hear(in_inner, "sub"), "for ourselves");
    test_query_await(ts->db, "SELECT count(*) FROM event_out", "0");
    assert_int_equal(bus_next(in_guests, &ev, -1, 0), BUS_TIMEOUT);
    assert_int_equal(bus_next(in_inner, &ev, -1, 0), BUS_TIMEOUT);
}

static void only_the_room_ends_its_subscription(void **state)
{
    (void)state;
    char *guest = subscribe(in_guests, SUBSCRIPTION("p1")),
         *own = subscribe(in_inner, SUBSCRIPTION("*"));
    tell(in_guests, QUEUE_EVENT_UNREGISTER, own);
    tell(in_inner, QUEUE_EVENT_UNREGISTER, guest);
    tell(in_inner, QUEUE_EVENT_UNREGISTER, own); /* behind that in the same queue */
    test_query_await(ts->db, "SELECT string_agg(id, ',') FROM event_endpoint", guest);
    tell(in_guests, QUEUE_EVENT_UNREGISTER, guest);
    test_query_await(ts->db, "SELECT count(*) FROM event_endpoint", "0");
}

/* What waits for a room that is gone waits; the others' events go on. */
static void a_room_that_ends_holds_up_nobody(void **state)
{
    (void)state;
    char *guest = subscribe(in_guests, SUBSCRIPTION("p1")),
         *own = subscribe(in_inner, SUBSCRIPTION("*"));
    assert_int_equal(store_room_set_state(ts->db, guests->name, STORE_ROOM_ENDING, NULL), ERR_OK);
    uint32_t consumers = 1;
    for (int64_t end = clock_mono_us() + 60 * USEC_PER_SEC; consumers; poll(NULL, 0, 20)) {
        assert_int_equal(bus_queue_check(in_guests, QUEUE_EVENT_UNREGISTER, NULL, &consumers, NULL),
                         ERR_OK);
        assert_true(clock_mono_us() < end);
    }
    add_event(guest, "nobody takes it there");
    add_event(own, "for ourselves");
    assert_string_equal(hear(in_inner, "sub"), "for ourselves");
    assert_int_equal(store_room_set_state(ts->db, guests->name, STORE_ROOM_READY, NULL), ERR_OK);
    assert_string_equal(hear(in_guests, "sub"), "nobody takes it there");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        T(a_room_hears_events_of_its_project_only),
        T(events_go_into_the_room_of_the_subscription),
        T(only_the_room_ends_its_subscription),
        T(a_room_that_ends_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
