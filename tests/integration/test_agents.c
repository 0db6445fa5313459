/* Logins of agents: nfvo/vnfm/agents.c against a real broker and database. Users are global on the
 * broker, so the hostnames here carry the name of the test's vhost. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/store/seal.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"
#include "tests/support/proxy.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403, PAUSE_MS = 5, DEADLINE_S = 20, MANY = 600 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct registry *registry, *second;
static struct arena memory;
static char *agents; /* their vhost */

static struct registry *open_registry(void)
{
    struct err err = ERR_INIT;
    struct registry *r = NULL;
    struct registry_setup setup = {.options = &options, .bus = &login, .store = ts->store};
    if (registry_open(&r, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return r;
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("agents");
    login = test_bus_options(vhost, "nfvo");
    agents = arena_printf(&memory, "%s-agents", vhost->name);
    options =
        (struct registry_options){.management_host = vhost->host,
                                  .management_port = vhost->management_port,
                                  .management_timeout_ms = 5000,
                                  .registration_user = arena_printf(&memory, "r-%s", vhost->name),
                                  .registration_password = "knock",
                                  .check_interval_ms = 200,
                                  .agents_vhost = agents,
                                  .agents_managers = arena_printf(&memory, "x, m-%s", vhost->name)};
    return 0;
}

static void drop(const char *what, const char *name) /* absent is fine */
{
    test_broker_api(vhost, "DELETE", arena_printf(&memory, "%s/%s", what, name), NULL, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    registry_close(registry);
    registry_close(second);
    registry = second = NULL;
    drop("users", options.registration_user);
    drop("users", arena_printf(&memory, "m-%s", vhost->name));
    drop("users", arena_printf(&memory, "o-%s", vhost->name));
    drop("vhosts", agents);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

/* --- instances, as the engine writes them --- */

static void sql(const char *text)
{
    struct err err = ERR_INIT;
    if (db_script(ts->db, text, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.msg);
}

static char *hostname(int n)
{
    return arena_printf(&memory, "%s-%d", vhost->name, n);
}

static void launch(int from, int to)
{
    sql(arena_printf(&memory,
                     "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, "
                     "state, agent) SELECT 'i' || n, 'nsr', 0, 'v', 'p', '%s-' || n, '', '', "
                     "'generic' FROM generate_series(%d, %d) AS n",
                     vhost->name, from, to));
}

/* --- users, as the broker has them --- */

static int count_users(void)
{
    AUTO(freep) char *body = NULL;
    char *prefix = arena_printf(&memory, "\"ems.%s-", vhost->name);
    int n = 0;
    test_broker_api(vhost, "GET", "users?columns=name", NULL, &body);
    for (const char *at = body; (at = strstr(at, prefix)) != NULL; at++)
        n++;
    return n;
}

static void await_users(int want)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (; count_users() != want; poll(NULL, 0, PAUSE_MS))
        if (clock_mono_us() > deadline)
            fail_msg("%d users, want %d", count_users(), want);
}

static bool has_user(const char *host)
{
    return test_broker_api(vhost, "GET", arena_printf(&memory, "users/ems.%s", host), NULL, NULL) ==
           200;
}

static void await_user(const char *host, bool want)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (; has_user(host) != want; poll(NULL, 0, PAUSE_MS))
        if (clock_mono_us() > deadline)
            fail_msg("user of %s: want %d", host, want);
}

/* --- an agent --- */

static struct bus_options login_of(const char *host)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    struct bus_options o = test_bus_options(vhost, "agent");
    seal_derive(store_seal(ts->store), SEAL_AGENT_LOGIN, host, &password);
    o.vhost = agents;
    o.user = arena_printf(&memory, "ems.%s", host);
    o.password = arena_strdup(&memory, password.s);
    return o;
}

static void refuse(const char *host, enum bus_item item, const struct bus_message *m,
                   const struct bus_binding *binding)
{
    struct bus_options o = login_of(host);
    struct bus *b = bus_new(&o);
    struct err err = ERR_INIT;
    uint64_t seq;
    if (binding) {
        bus_want_queue(b, &(struct bus_queue){.name = binding->queue, .is_auto_delete = true});
        bus_want_binding(b, binding);
    } else {
        test_bus_await(b, BUS_READY);
        if (bus_publish(b, m, &seq, &err) != ERR_OK)
            fail_msg("%s", err.msg);
    }
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, item);
    assert_int_equal(ev.code, REFUSED);
    bus_free(b);
}

/* --- tests --- */

static void test_login_of_an_instance(void **state)
{
    (void)state;
    registry = open_registry();
    launch(1, 1);
    await_user(hostname(1), true);
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "1");

    /* As our agent: its own queue, bound by its own name; hellos and answers out. */
    struct bus_options o = login_of(hostname(1));
    struct bus *b = bus_new(&o);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(1));
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    struct bus_message own = {.exchange = TOPOLOGY_EXCHANGE, .routing_key = "ems.generic.register"};
    uint64_t seq;
    struct err err = ERR_INIT;
    if (bus_publish(b, &own, &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_bus_await(b, BUS_CONFIRMED);

    /* What it must not. */
    char *other = arena_printf(&memory, "vnfm.%s.actions", hostname(2));
    refuse(hostname(1), BUS_BINDING, NULL,
           &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE, .key = "#"});
    refuse(hostname(1), BUS_QUEUE, NULL,
           &(struct bus_binding){.queue = other, .exchange = TOPOLOGY_EXCHANGE});
    refuse(hostname(1), BUS_PUBLISHING,
           &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE, .routing_key = other}, NULL);
    refuse(hostname(1), BUS_PUBLISHING, &(struct bus_message){.routing_key = queue}, NULL);

    /* Deleted: the user goes, and whoever is logged in as it. */
    sql("UPDATE instance SET phase = 4");
    await_user(hostname(1), false);
    test_bus_await(b, BUS_LOST);
    test_query_await(ts->db, "SELECT (SELECT count(*) FROM agent_login) + count(*) FROM agent_gone",
                     "0");
    sql("DELETE FROM instance");
    bus_free(b);
}

/* Without EmsUser in its user data, an instance has no login. */
static void test_only_who_asks(void **state)
{
    (void)state;
    registry = open_registry();
    sql("INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) VALUES "
        "('plain', 'nsr', 0, 'v', 'p', 'plain-1', '', '')");
    launch(1, 1);
    await_users(1);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM agent_login"), "1");
    sql("DELETE FROM instance");
    await_users(0);
}

/* Many come and go under two processes: none is left, none is missing. */
static void test_many_under_two(void **state)
{
    (void)state;
    registry = open_registry();
    second = open_registry();
    int64_t at = clock_mono_us();
    launch(1, MANY);
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at = 0", "0");
    int64_t made = clock_mono_us();
    assert_int_equal(count_users(), MANY);
    int64_t from = clock_mono_us();
    sql("UPDATE instance SET phase = 4");
    test_query_await(ts->db, "SELECT count(*) FROM agent_login", "0");
    int64_t removed = clock_mono_us();
    assert_int_equal(count_users(), 0);
    print_message("agents: %d logins made, %d removed a second\n",
                  (int)(MANY * USEC_PER_SEC / (made - at)),
                  (int)(MANY * USEC_PER_SEC / (removed - from)));
    /* Some go while they are being made. */
    for (int i = 0; i < 20; i++) {
        launch(1000 + 10 * i, 1009 + 10 * i);
        sql(arena_printf(&memory, "DELETE FROM instance WHERE id < 'i%d'", 1005 + 10 * i));
    }
    char *left =
        arena_strdup(&memory, test_query(ts->db, "SELECT count(*) FROM instance WHERE phase < 4"));
    test_query_await(ts->db, "SELECT count(*) FROM agent_gone", "0");
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", left);
    await_users(atoi(left));
    sql("DELETE FROM instance");
    await_users(0);
}

/* Nobody looks for work: whoever made the last login has found nothing more to do. */
static void await_rest(void)
{
    test_query_await(ts->db,
                     "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nfvo-agents' "
                     "AND NOT (state = 'idle' AND state_change < clock_timestamp() - interval "
                     "'100 ms')",
                     "0");
}

/* Woken, not found by looking now and then (every 2 s). How quick it is depends on the machine, and
 * is told: 9 ms on two cores that others use, too. */
static void test_soon(void **state)
{
    enum { N = 10, WOKEN_MS = 1000 };
    int late = 0;
    int64_t sum_us = 0;
    (void)state;
    registry = open_registry();
    launch(0, 0);
    await_user(hostname(0), true);
    for (int i = 1; i <= N; i++) {
        await_rest();
        int64_t at = clock_mono_us();
        launch(i, i);
        await_user(hostname(i), true);
        sum_us += clock_mono_us() - at;
        late += clock_mono_us() - at > WOKEN_MS * USEC_PER_MS;
    }
    print_message("agents: a login is there after %d ms\n", (int)(sum_us / N / USEC_PER_MS));
    assert_true(late < N / 2);
    sql("DELETE FROM instance");
    await_users(0);
}

static void kill_registrys_connection(void)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    while (!test_connection_kill(vhost, "nfvo-registry"))
        if (poll(NULL, 0, 50), clock_mono_us() > deadline)
            fail_msg("the registry's connection is not listed");
}

/* What the broker lost is made again, what nobody knows goes, and what is not ours stays. */
static void test_compared_with_the_broker(void **state)
{
    AUTO(freep) char *body = NULL;
    (void)state;
    char *operators = arena_printf(&memory, "ems.%s", hostname(9));
    test_user_new(vhost, operators, "operator", ".*", ".*", ".*");
    registry = open_registry();
    launch(1, 3);
    await_users(4);
    /* A login with the tags of this suite, of which no row is left. */
    test_broker_api(vhost, "GET", arena_printf(&memory, "users/ems.%s", hostname(1)), NULL, &body);
    const char *tag = strstr(body, "baton-suite-");
    assert_non_null(tag);
    test_broker_api(vhost, "PUT", arena_printf(&memory, "users/ems.%s", hostname(8)),
                    arena_printf(&memory, "{\"password\":\"x\",\"tags\":\"%.28s\"}", tag), NULL);
    drop("users", arena_printf(&memory, "ems.%s", hostname(2)));
    assert_false(has_user(hostname(2)));
    kill_registrys_connection(); /* back again, it compares */
    await_user(hostname(2), true);
    await_user(hostname(8), false);

    launch(9, 9); /* its name is taken */
    launch(10, 10);
    await_user(hostname(10), true);
    /* One that another suite left behind, whose virtual host is gone, is taken over. */
    test_broker_api(vhost, "PUT", arena_printf(&memory, "users/ems.%s", hostname(11)),
                    "{\"password\":\"x\",\"tags\":\"baton-agent,baton-suite-other\"}", NULL);
    kill_registrys_connection();
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "4");
    launch(11, 11);
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "5");
    struct bus_options taken = login_of(hostname(11));
    struct bus *agent = bus_new(&taken);
    test_bus_await(agent, BUS_READY);
    bus_free(agent);
    struct bus_options o = test_bus_options(vhost, "operator");
    o.user = operators;
    o.password = "operator";
    struct bus *b = bus_new(&o);
    test_bus_await(b, BUS_READY);
    bus_free(b);
    assert_string_equal(
        test_query(ts->db, "SELECT made_at FROM agent_login WHERE hostname LIKE '%-9'"), "0");

    /* The virtual host went, and all rights with it. */
    drop("vhosts", agents);
    kill_registrys_connection();
    o = login_of(hostname(1));
    b = bus_new(&o);
    test_bus_await(b, BUS_READY);
    bus_free(b);
    sql("DELETE FROM instance");
    await_users(1);
    test_user_free(vhost, operators);
}

/* Nothing is lost while the management API is away. */
static void test_management_away(void **state)
{
    (void)state;
    struct proxy *p = proxy_new(vhost->host, vhost->management_port);
    options.management_host = "127.0.0.1";
    options.management_port = proxy_port(p);
    registry = open_registry();
    launch(1, 1);
    await_user(hostname(1), true);
    proxy_down(p, true);
    launch(2, 5);
    sql("UPDATE instance SET phase = 4 WHERE id = 'i1'");
    launch(6, 6);
    sql("DELETE FROM instance WHERE id = 'i6'");
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE lease_until > 0", "5");
    proxy_down(p, false);
    await_user(hostname(5), true);
    await_user(hostname(1), false);
    await_users(4);
    sql("DELETE FROM instance");
    await_users(0);
    registry_close(registry);
    registry = NULL;
    proxy_free(p);
}

/* --- the VNFM of the agents --- */

static struct manager_credentials *enroll(const char *type)
{
    struct bus_options o = test_bus_options(vhost, type);
    struct manager_credentials *c;
    struct err err = ERR_INIT;
    uint64_t seq;
    o.user = options.registration_user;
    o.password = "knock";
    struct bus *b = bus_new(&o);
    bus_want_queue(b, &(struct bus_queue){.name = "answers",
                                          .is_server_named = true,
                                          .is_exclusive = true,
                                          .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "answers"});
    test_bus_await(b, BUS_READY);
    char *body = arena_printf(
        &memory,
        "{\"action\":\"register\",\"type\":\"%s\",\"vnfmManagerEndpoint\":{\"type\":\"%s\","
        "\"endpoint\":\"%s\",\"endpointType\":\"RABBIT\",\"capabilities\":[\"correlation\"]}}",
        type, type, type);
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = QUEUE_MANAGER_HANDLING,
                            .body = body,
                            .len = strlen(body),
                            .reply_to = bus_queue_name(b, "answers")};
    if (bus_publish(b, &m, &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    if (proto_decode(&manager_credentials_type, ev.delivery->body, ev.delivery->len, 0, &memory, &c,
                     &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bus_free(b);
    return c;
}

static enum bus_event_type enter(const struct manager_credentials *c, const char *queue)
{
    struct bus_options o = test_bus_options(vhost, "manager");
    struct bus_event ev;
    o.vhost = agents;
    o.user = c->username;
    o.password = c->password;
    struct bus *b = bus_new(&o);
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_durable = true});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    do
        bus_next(b, &ev, -1, 5000);
    while (ev.type != BUS_READY && ev.type != BUS_FAULT);
    bus_free(b);
    return ev.type;
}

static void test_their_manager(void **state)
{
    (void)state;
    char *type = arena_printf(&memory, "m-%s", vhost->name);
    char *other = arena_printf(&memory, "o-%s", vhost->name);
    registry = open_registry();
    const struct manager_credentials *c = enroll(type);
    assert_int_equal(enter(c, arena_printf(&memory, "ems.%s.register", type)), BUS_READY);
    assert_int_equal(enter(c, "ems.generic.register"), BUS_FAULT);
    c = enroll(other); /* not in agents-managers */
    assert_int_equal(enter(c, arena_printf(&memory, "ems.%s.register", other)), BUS_FAULT);
}

static void test_not_the_suites_own_vhost(void **state)
{
    struct err err = ERR_INIT;
    struct registry_setup setup = {.options = &options, .bus = &login, .store = ts->store};
    (void)state;
    options.agents_vhost = vhost->name;
    assert_int_equal(registry_open(&registry, &setup, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "agents-vhost"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_login_of_an_instance),
        T(test_only_who_asks),
        T(test_many_under_two),
        T(test_soon),
        T(test_compared_with_the_broker),
        T(test_management_away),
        T(test_their_manager),
        T(test_not_the_suites_own_vhost),
    };
    return cmocka_run_group_tests_name("agents", tests, NULL, NULL);
}
