#include "tests/support/crowd_bed.h"

#include "common/base/mem.h"
#include "common/bus/bus_set.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/context.h"
#include "nfvo/vnfm/account.h"
#include "nfvo/vnfm/management.h"
#include "proto/topology.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MSEC_PER_SEC = 1000 };
enum { MAX_QUEUES = 200, MAX_CONNECTIONS = 12, MAX_BYTES = 64 << 20 };

struct crowd crowd;
static struct management management;

/* --- the NFVO ----------------------------------------------------------------------------------
 */

static pthread_t worker;
static atomic_bool is_stopping;

static void serve(const struct bus_member *from, const struct bus_delivery *d)
{
    struct err err = ERR_INIT;
    struct bus_message answer = {.routing_key = crowd.honest.queue, .body = d->body, .len = d->len};
    if (strcmp(from->name, crowd.honest.room) == 0 &&
        bus_publish(from->bus, &answer, NULL, &err) != 0) {
        bus_reject(from->bus, d->tag, d->epoch, true); /* it comes again */
        return;
    }
    bus_ack(from->bus, d->tag, d->epoch);
}

static void *work(void *arg)
{
    struct bus_set *set = bus_set_new();
    const char *const rooms[] = {crowd.honest.room, crowd.evil.room};
    for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
        struct bus_options o = crowd.login;
        o.vhost = rooms[i];
        struct bus *bus = bus_set_add(set, rooms[i], bus_new(&o))->bus;
        topology_declare_room(bus);
        bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_ACTIONS, .prefetch = 32});
    }
    while (!is_stopping) {
        const struct bus_member *from;
        struct bus_event ev;
        if (bus_set_next(set, &ev, &from, -1, 50) == BUS_DELIVERY)
            serve(from, ev.delivery);
    }
    bus_set_free(set);
    return arg;
}

/* --- the honest peer ----------------------------------------------------------------------------
 */

static unsigned char seen[CROWD_ALL];
static unsigned asked, answered, returned; /* returned: the room was not ready yet */
static bool is_set_up;

static void ask(void)
{
    struct err err = ERR_INIT;
    char body[16];
    assert_true(asked < CROWD_ALL);
    snprintf(body, sizeof(body), "%u", asked);
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = QUEUE_ACTIONS,
                            .body = body,
                            .len = strlen(body),
                            .is_mandatory = true};
    if (bus_publish(crowd.bus, &m, NULL, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    asked++;
}

void crowd_ask(unsigned n)
{
    while (n-- > 0)
        ask();
}

void crowd_pump(int timeout_ms)
{
    struct bus_event ev;
    enum bus_event_type type = bus_next(crowd.bus, &ev, -1, timeout_ms);
    if (type == BUS_LOST || type == BUS_NACKED || type == BUS_FAULT || type == BUS_BLOCKED)
        fail_msg("the honest peer is disturbed: %s %d %s", bus_event_name(type), ev.code,
                 ev.text ? ev.text : "");
    if (type == BUS_RETURNED && is_set_up)
        fail_msg("a request has no way to the NFVO: %s", ev.text);
    returned += type == BUS_RETURNED;
    if (type != BUS_DELIVERY)
        return;
    unsigned n = (unsigned)strtoul(ev.delivery->body, NULL, 10);
    bus_ack(crowd.bus, ev.delivery->tag, ev.delivery->epoch);
    assert_true(n < asked);
    if (seen[n]++)
        fail_msg("request %u was answered twice", n);
    answered++;
}

double crowd_rate(int pace, int measure_ms)
{
    int64_t began = clock_mono_us(), now = began;
    unsigned before = answered, sent = 0;
    for (; now < began + measure_ms * USEC_PER_MS; now = clock_mono_us()) {
        for (; asked - answered < CROWD_WINDOW && now >= began + sent * (USEC_PER_SEC / pace);
             sent++)
            ask();
        crowd_pump(pace < MSEC_PER_SEC / 4 ? MSEC_PER_SEC / pace / 4 : 1);
    }
    return (answered - before) * 1e6 / (double)(now - began);
}

void crowd_await_all_answered(void)
{
    int64_t deadline = clock_mono_us() + CROWD_DEADLINE_S * USEC_PER_SEC;
    while (answered < asked) {
        crowd_pump(100);
        if (clock_mono_us() > deadline)
            fail_msg("%u requests are lost", asked - answered);
    }
}

/* --- set up ------------------------------------------------------------------------------------
 */

static void enrol(struct crowd_peer *p, const char *name)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct account_place where = {
        .management = &management, .setup = &crowd.setup, .db = crowd.ts->db};
    bool is_done = false;
    p->name = arena_printf(&crowd.memory, "%s-%s", name, crowd.vhost->name);
    p->queue = arena_printf(&crowd.memory, "%s.type", name);
    struct account_wish wish = {.name = p->name, .type = p->queue};
    if (account_enrol(crowd.ts->db, &crowd.setup, &wish, &crowd.memory, &told, &err) != ERR_OK ||
        account_converge(&where, p->name, &is_done, &err) != ERR_OK || !is_done)
        fail_msg("%s", err.msg);
    p->room = arena_printf(&crowd.memory, "%s.%s", crowd.vhost->name, p->name);
    p->login = test_bus_options(crowd.vhost, name);
    p->login.user = p->name;
    p->login.vhost = p->room;
    p->login.password = arena_strdup(&crowd.memory, told.password.s);
    account_told_release(&told);
}

struct bus *crowd_connect(const struct crowd_peer *p)
{
    struct bus *b = bus_new(&p->login);
    bus_want_queue(b, &(struct bus_queue){.name = p->queue, .is_durable = true});
    return b;
}

int crowd_open(void **state)
{
    (void)state;
    is_set_up = false;
    asked = answered = returned = 0;
    memset(seen, 0, sizeof(seen));
    crowd.vhost = test_vhost_new();
    crowd.ts = test_nfvo_store_new("crowd");
    crowd.login = test_bus_options(crowd.vhost, "nfvo");
    crowd.options = (struct registry_options){.management_host = crowd.vhost->host,
                                              .management_port = crowd.vhost->management_port,
                                              .management_timeout_ms = 20000,
                                              .registration_user = "nobody",
                                              .agents_managers = "",
                                              .room_max_queues = MAX_QUEUES,
                                              .room_max_connections = MAX_CONNECTIONS,
                                              .room_max_bytes = MAX_BYTES,
                                              .account_max_channels = 16};
    crowd.setup = (struct registry_setup){
        .options = &crowd.options, .bus = &crowd.login, .store = crowd.ts->store};
    management_init(&management, &crowd.setup, -1);
    enrol(&crowd.honest, "honest");
    enrol(&crowd.evil, "evil");
    struct bus *b = crowd_connect(&crowd.evil);
    test_bus_await(b, BUS_READY);
    bus_free(b);
    assert_int_equal(pthread_create(&worker, NULL, work, NULL), 0);
    crowd.bus = crowd_connect(&crowd.honest);
    bus_want_consumer(crowd.bus,
                      &(struct bus_consumer){.queue = crowd.honest.queue, .prefetch = 32});
    while (!bus_has_all(crowd.bus))
        test_bus_await(crowd.bus, BUS_READY);
    int64_t deadline = clock_mono_us() + CROWD_DEADLINE_S * USEC_PER_SEC;
    while (bus_queue_check(crowd.bus, QUEUE_ACTIONS, NULL, NULL, NULL) != ERR_OK)
        if (clock_mono_us() > deadline)
            fail_msg("the NFVO does not come into the room");
    while (answered == 0) { /* bindings are there when one comes through */
        ask();
        while (answered + returned < asked) {
            crowd_pump(50);
            if (clock_mono_us() > deadline)
                fail_msg("the NFVO does not answer");
        }
    }
    asked = answered = 0;
    memset(seen, 0, sizeof(seen));
    is_set_up = true;
    return 0;
}

static void drop(const char *path)
{
    test_broker_api(crowd.vhost, "DELETE", path, NULL, NULL);
}

int crowd_close(void **state)
{
    (void)state;
    is_stopping = true;
    pthread_join(worker, NULL);
    is_stopping = false;
    bus_free(crowd.bus);
    for (const struct crowd_peer *p = &crowd.honest; p;
         p = p == &crowd.honest ? &crowd.evil : NULL) {
        drop(arena_printf(&crowd.memory, "users/%s", p->name));
        drop(arena_printf(&crowd.memory, "vhosts/%s", p->room));
    }
    management_release(&management);
    test_nfvo_store_free(crowd.ts);
    test_vhost_free(crowd.vhost);
    arena_release(&crowd.memory);
    return 0;
}

/* Those that the broker named: they would fill the room for the tests that follow. */
static void delete_queues(void)
{
    static const char prefix[] = "\"amq.gen-";
    char *list = NULL;
    test_broker_api(crowd.vhost, "GET",
                    arena_printf(&crowd.memory, "queues/%s?columns=name", crowd.evil.room), NULL,
                    &list);
    for (char *at = list; (at = strstr(at, prefix));) {
        char *end = strchr(++at, '"');
        drop(arena_printf(&crowd.memory, "queues/%s/%.*s", crowd.evil.room, (int)(end - at), at));
        at = end;
    }
    free(list);
}

/* What it left in its room goes, until no more of it comes: the broker may still be reading. */
void crowd_clear(void)
{
    const char *const queues[] = {crowd.evil.queue, QUEUE_ACTIONS};
    int64_t deadline = clock_mono_us() + CROWD_DEADLINE_S * USEC_PER_SEC;
    struct bus_options o = crowd.login;
    o.vhost = crowd.evil.room;
    struct bus *b = bus_new(&o);
    test_bus_await(b, BUS_READY);
    for (int empty = 0; empty < 5;) {
        uint32_t left = 0;
        for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
            uint32_t n = 0;
            err_ignore(bus_queue_check(b, queues[i], &n, NULL, NULL), "looked at again");
            if (n > 0)
                drop(arena_printf(&crowd.memory, "queues/%s/%s/contents", crowd.evil.room,
                                  queues[i]));
            left += n;
        }
        empty = left ? 0 : empty + 1;
        crowd_pump(100);
        if (clock_mono_us() > deadline)
            fail_msg("what it sent does not end");
    }
    bus_free(b);
    delete_queues();
}

/* --- with nfvo's watch --------------------------------------------------------------------------
 */

static struct registry *registry;
static struct rooms *rooms;
static struct audit *audit_log;

int crowd_open_watched(void **state)
{
    static const struct audit_options audit_options = {
        .path = "", .keep_ms = 3600000, .rows_max = 1000};
    struct err err = ERR_INIT;
    bool is_new = false;
    crowd_open(state);
    crowd.options.agents_vhost = arena_printf(&crowd.memory, "%s.agents", crowd.vhost->name);
    crowd.options.check_interval_ms = 1000;
    crowd.options.management_timeout_ms = 5000; /* the defaults */
    crowd.options.account_max_work = 2500;
    crowd.options.account_max_traffic = 16 << 20;
    crowd.options.account_pause_ms = 3600000; /* until the test says so */
    if (management_put_agents_vhost(&management, crowd.options.agents_vhost, &is_new, &err) !=
            ERR_OK ||
        rooms_open(&rooms, crowd.ts->store, crowd.vhost->name, &err) != ERR_OK ||
        audit_open(&audit_log, &audit_options, crowd.ts->store, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    crowd.setup.rooms = rooms;
    crowd.setup.audit = audit_log;
    if (registry_open(&registry, &crowd.setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return 0;
}

int crowd_close_watched(void **state)
{
    registry_close(registry);
    audit_close(audit_log);
    rooms_close(rooms);
    drop(arena_printf(&crowd.memory, "vhosts/%s", crowd.options.agents_vhost));
    return crowd_close(state);
}

const char *crowd_refused(void)
{
    return test_query(crowd.ts->db,
                      arena_printf(&crowd.memory,
                                   "SELECT coalesce(string_agg(DISTINCT account, ' '), '') FROM "
                                   "refusal WHERE kind IN ('flood', 'limit') AND account LIKE "
                                   "'%%%s'",
                                   crowd.vhost->name));
}
