/* Unmodified agents, which need the default exchange: each has a virtual host of its own, made by
 * nfvo/vnfm/agents.c on a real broker, and with all that one of them may do it reaches nothing of
 * another's or of ours. And the limits of every agent's login, and the bounds of their queues.
 * Users are global on the broker, so the hostnames carry the name of the test's vhost. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_agent.h"
#include "nfvo/vnfm/registry.h"
#include "tests/support/attack.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403, DEADLINE_S = 90 };
enum { CONNECTIONS = 3, CHANNELS = 8, QUEUE_BYTES = 65536 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct registry *registry;
static struct arena memory;
static char *agents, *manager; /* their vhost; the VNFM's account */

static void open_registry(void)
{
    struct err err = ERR_INIT;
    struct registry_setup setup = {.options = &options, .bus = &login, .store = ts->store};
    if (registry_open(&registry, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("alone");
    login = test_bus_options(vhost, "nfvo");
    agents = arena_printf(&memory, "%s-agents", vhost->name);
    manager = arena_printf(&memory, "m-%s", vhost->name);
    options =
        (struct registry_options){.management_host = vhost->host,
                                  .management_port = vhost->management_port,
                                  .management_timeout_ms = 5000,
                                  .registration_user = arena_printf(&memory, "r-%s", vhost->name),
                                  .registration_password = "knock",
                                  .check_interval_ms = 200,
                                  .agents_vhost = agents,
                                  .agents_managers = manager,
                                  .agents_own_max = 2,
                                  .agents_connections_max = CONNECTIONS,
                                  .agents_channels_max = CHANNELS,
                                  .agents_queue_max = QUEUE_BYTES,
                                  .has_agents_default_exchange = true};
    return 0;
}

static char *hostname(int n)
{
    return arena_printf(&memory, "%s-%d", vhost->name, n);
}

static char *user_of(int n)
{
    return arena_printf(&memory, "ems.%s", hostname(n));
}

static long ask(const char *method, const char *path, const char *body, char **ret)
{
    return test_broker_api(vhost, method, path, body, ret);
}

static int tear_down(void **state)
{
    (void)state;
    registry_close(registry);
    registry = NULL;
    for (int i = 1; i <= 3; i++) {
        ask("DELETE", arena_printf(&memory, "users/%s", user_of(i)), NULL, NULL);
        ask("DELETE", arena_printf(&memory, "vhosts/%s", user_of(i)), NULL, NULL);
    }
    ask("DELETE", arena_printf(&memory, "users/%s", options.registration_user), NULL, NULL);
    ask("DELETE", arena_printf(&memory, "users/%s", manager), NULL, NULL);
    ask("DELETE", arena_printf(&memory, "vhosts/%s", agents), NULL, NULL);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

/* As the engine writes it. */
static void launch(int n, const char *agent)
{
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, "
                          "hostname, vc_id, state, agent) VALUES ('i%d', 'nsr', 'LAUNCHING', 'v', "
                          "'p', '%s', '', '', '%s')",
                          n, hostname(n), agent));
}

static void await_made(int n)
{
    test_query_await(ts->db,
                     arena_printf(&memory,
                                  "SELECT made_at > 0 FROM agent_login WHERE hostname = '%s'",
                                  hostname(n)),
                     "true");
}

static bool exists(const char *path)
{
    return ask("GET", path, NULL, NULL) == 200;
}

static void await_exists(const char *path, bool want)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (; exists(path) != want; poll(NULL, 0, 5))
        if (clock_mono_us() > deadline)
            fail_msg("%s: want %d", path, want);
}

static struct bus_options login_of(int n, const char *where)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    struct bus_options o = test_bus_options(vhost, "agent");
    seal_derive(store_seal(ts->store), SEAL_AGENT_LOGIN, hostname(n), &password);
    o.vhost = where;
    o.user = user_of(n);
    o.password = arena_strdup(&memory, password.s);
    return o;
}

/* As the reference's: it declares its queue, and binds it and the hello queue. */
static struct bus *serve(int n, const char *where)
{
    struct bus_options o = login_of(n, where);
    struct bus *b = bus_new(&o);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(n));
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_queue(b, &(struct bus_queue){.name = "ems.generic.register", .is_passive = true});
    bus_want_binding(
        b, &(struct bus_binding){.queue = "ems.generic.register", .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    assert_true(bus_has_all(b));
    return b;
}

static void expect_refused(struct bus_options o)
{
    struct bus *b = bus_new(&o);
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, BUS_CONNECTION);
    bus_free(b);
}

/* A command for the victim, by each way that reached it where two shared a virtual host (trust.md,
 * H4): nothing may come. A last one, the VNFM's, is then the first that it gets. */
static void attack(int from, int victim)
{
    struct bus_options evil = login_of(from, user_of(from));
    char *target = arena_printf(&memory, "vnfm.%s.actions", hostname(victim));

    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(from));

    /* To itself it may send, and nothing of that leaves. */
    assert_int_equal(attack_publish(&evil, "", target, NULL, NULL, "stolen"), 0);
    assert_int_equal(attack_publish(&evil, "", queue, "CC", target, "stolen"), 0);
    assert_int_equal(attack_publish(&evil, "", queue, "BCC", target, "stolen"), 0);
    assert_int_equal(attack_publish(&evil, TOPOLOGY_EXCHANGE, target, NULL, NULL, "stolen"),
                     REFUSED);
    assert_int_equal(attack_publish(&evil, TOPOLOGY_EXCHANGE, queue, "CC", target, "stolen"),
                     REFUSED);
    assert_int_equal(attack_alternate(&evil, queue, ""), 0);
    assert_int_equal(attack_publish(&evil, queue, "x", "CC", target, "stolen"), 0);
    ask("DELETE", arena_printf(&memory, "exchanges/%s/%s", user_of(from), queue), NULL, NULL);
    assert_int_equal(attack_alternate(&evil, queue, TOPOLOGY_EXCHANGE), REFUSED);
    attack_bind_exchange(&evil, TOPOLOGY_EXCHANGE, queue, "#");
    assert_int_not_equal(attack_bind(&evil, target, TOPOLOGY_EXCHANGE, target), 0);
    assert_int_equal(attack_dead_letter(&evil, queue, "", target), 0);
    assert_int_equal(attack_publish(&evil, "", queue, NULL, NULL, "stolen"), 0);
    ask("DELETE", arena_printf(&memory, "queues/%s/%s", user_of(from), queue), NULL, NULL);
}

static void send_honest(const char *where, int n)
{
    struct bus_options o = test_bus_options(vhost, "vnfm");
    o.vhost = where;
    assert_int_equal(attack_publish(&o, "", arena_printf(&memory, "vnfm.%s.actions", hostname(n)),
                                    NULL, NULL, "honest"),
                     0);
}

static void test_two_unmodified(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    open_registry();
    launch(1, "generic/own");
    launch(2, "generic/own");
    launch(3, "generic");
    for (int i = 1; i <= 3; i++)
        await_made(i);
    struct bus *second = serve(2, user_of(2));
    /* Ours, in the agents' virtual host. */
    struct bus_options o = login_of(3, agents);
    struct bus *ours = bus_new(&o);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(3));
    bus_want_queue(ours, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_consumer(ours, &(struct bus_consumer){.queue = queue});
    test_bus_await(ours, BUS_READY);

    /* Nobody has anything to do elsewhere. */
    expect_refused(login_of(1, user_of(2)));
    expect_refused(login_of(1, agents));
    expect_refused(login_of(3, user_of(1)));

    struct bus *first = serve(1, user_of(1));
    struct bus_message hello = {.routing_key = "ems.generic.register", .body = "{}", .len = 2};
    if (bus_publish(first, &hello, NULL, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_bus_await(first, BUS_CONFIRMED);
    bus_free(first);
    attack(1, 2);
    attack(1, 3);
    send_honest(user_of(2), 2);
    send_honest(agents, 3);
    struct bus *const victims[] = {second, ours};
    for (size_t i = 0; i < ARRAY_LEN(victims); i++) {
        struct bus_event ev = test_bus_await(victims[i], BUS_DELIVERY);
        assert_string_equal(ev.delivery->body, "honest");
        bus_free(victims[i]);
    }
    /* Its hello waits there for the VNFM, which gets in when it registers. */
    test_broker_api(vhost, "PUT", arena_printf(&memory, "users/%s", manager),
                    "{\"password\":\"pw\",\"tags\":\"\"}", NULL);
    if (store_agents_manager_put(ts->db, manager, "generic", &err) != ERR_OK)
        fail_msg("%s", err.msg);
    await_exists(arena_printf(&memory, "permissions/%s/%s", user_of(1), manager), true);
    o = test_bus_options(vhost, "vnfm");
    o.vhost = user_of(1);
    o.user = manager;
    o.password = "pw";
    struct bus *vnfm = bus_new(&o);
    bus_want_queue(vnfm, &(struct bus_queue){.name = "ems.generic.register", .is_passive = true});
    bus_want_consumer(vnfm, &(struct bus_consumer){.queue = "ems.generic.register"});
    struct bus_event ev = test_bus_await(vnfm, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "{}");
    bus_free(vnfm);

    /* Released: the virtual host goes with the login. */
    test_sql(ts->db, "UPDATE instance SET phase = 'DELETING'");
    for (int i = 1; i <= 2; i++) {
        await_exists(arena_printf(&memory, "vhosts/%s", user_of(i)), false);
        await_exists(arena_printf(&memory, "users/%s", user_of(i)), false);
    }
    test_query_await(ts->db, "SELECT count(*) FROM agent_login", "0");
    test_sql(ts->db, "DELETE FROM instance");
}

static void expect_words(int n, const char *words)
{
    test_query_await(ts->db,
                     arena_printf(&memory,
                                  "SELECT bool_or(words LIKE '%%%s%%') FROM refusal WHERE account "
                                  "= '%s'",
                                  words, user_of(n)),
                     "true");
}

static void test_bounded_and_by_option_only(void **state)
{
    (void)state;
    options.agents_own_max = 1;
    open_registry();
    launch(1, "generic/own");
    await_made(1);
    launch(2, "generic/own");
    expect_words(2, "no more are allowed");
    assert_false(exists(arena_printf(&memory, "vhosts/%s", user_of(2))));
    registry_close(registry);
    registry = NULL;
    test_sql(ts->db, "UPDATE agent_login SET lease_until = 0; DELETE FROM refusal");
    options.has_agents_default_exchange = false;
    open_registry();
    expect_words(2, "asks for a virtual host of its own");
    assert_false(exists(arena_printf(&memory, "vhosts/%s", user_of(2))));
    /* Users that bear our tag and nobody knows go, with their virtual hosts. */
    registry_close(registry);
    registry = NULL;
    test_sql(ts->db,
             "DELETE FROM agent_login; DELETE FROM agent_gone; ALTER TABLE instance DISABLE "
             "TRIGGER ALL; DELETE FROM instance");
    open_registry();
    await_exists(arena_printf(&memory, "users/%s", user_of(1)), false);
    await_exists(arena_printf(&memory, "vhosts/%s", user_of(1)), false);
}

static void test_limits(void **state)
{
    static char big[QUEUE_BYTES];
    struct err err = ERR_INIT;
    char *body = NULL;
    (void)state;
    open_registry();
    launch(1, "generic");
    await_made(1);
    ask("GET", arena_printf(&memory, "user-limits/%s", user_of(1)), NULL, &body);
    assert_non_null(strstr(body, "\"max-connections\":3"));
    assert_non_null(strstr(body, "\"max-channels\":8"));
    free(body);
    struct bus_options o = login_of(1, agents);
    struct bus *open[CONNECTIONS];
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        open[i] = bus_new(&o);
        test_bus_await(open[i], BUS_READY);
    }
    struct bus *more = bus_new(&o);
    struct bus_event ev = test_bus_await(more, BUS_FAULT);
    assert_int_equal(ev.item, BUS_CONNECTION);
    bus_free(more);

    /* What it lets pile up in its queue is bounded: the oldest go. */
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(1));
    bus_want_queue(open[0], &(struct bus_queue){.name = queue, .is_auto_delete = true});
    struct bus_event idle;
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    while (bus_queue_check(open[0], queue, NULL, NULL, NULL) != ERR_OK &&
           clock_mono_us() < deadline)
        bus_next(open[0], &idle, -1, 20);
    struct bus_options v = test_bus_options(vhost, "vnfm");
    v.vhost = agents;
    struct bus *vnfm = bus_new(&v);
    test_bus_await(vnfm, BUS_READY);
    memset(big, 'x', sizeof(big) - 1);
    for (int i = 0; i < 5; i++) {
        if (bus_publish(vnfm,
                        &(struct bus_message){
                            .routing_key = queue, .body = big, .len = sizeof(big) / 2 - 64},
                        NULL, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        test_bus_await(vnfm, BUS_CONFIRMED);
    }
    uint32_t messages = 0;
    assert_int_equal(bus_queue_check(vnfm, queue, &messages, NULL, &err), ERR_OK);
    assert_int_equal(messages, 2);

    /* Hellos and answers that nobody takes are refused, and can be said again. */
    bus_want_queue(vnfm, &(struct bus_queue){.name = "ems.generic.register", .is_durable = true});
    bus_want_binding(vnfm, &(struct bus_binding){.queue = "ems.generic.register",
                                                 .exchange = TOPOLOGY_AGENTS_EXCHANGE});
    while (!bus_has_all(vnfm) && clock_mono_us() < deadline)
        bus_next(vnfm, &idle, -1, 20);
    unsigned confirmed = 0;
    for (int i = 0; i < 4; i++) {
        if (bus_publish(open[1],
                        &(struct bus_message){.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                                              .routing_key = "ems.generic.register",
                                              .body = big,
                                              .len = sizeof(big) / 2 - 64},
                        NULL, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        bus_next(open[1], &ev, -1, DEADLINE_S * 1000);
        confirmed += ev.type == BUS_CONFIRMED;
    }
    assert_in_range(confirmed, 1, 3);
    assert_int_equal(ev.type, BUS_NACKED);
    /* What it measures goes to a queue of its own, of which the oldest go. */
    for (int i = 0; i < 4; i++) {
        if (bus_publish(open[2],
                        &(struct bus_message){.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                                              .routing_key = QUEUE_AGENT_METRICS,
                                              .body = "{}",
                                              .len = 2,
                                              .is_mandatory = true},
                        NULL, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        test_bus_await(open[2], BUS_CONFIRMED);
    }
    bus_free(vnfm);
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        bus_free(open[i]);
    test_sql(ts->db, "UPDATE instance SET phase = 'DELETING'");
    await_exists(arena_printf(&memory, "users/%s", user_of(1)), false);
    test_sql(ts->db, "DELETE FROM instance");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_two_unmodified),
        T(test_bounded_and_by_option_only),
        T(test_limits),
    };
    return cmocka_run_group_tests_name("agents_alone", tests, NULL, NULL);
}
