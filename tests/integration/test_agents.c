/* Logins of agents: nfvo/vnfm/agents.c against a real broker and database. Users are global on the
 * broker, so the hostnames here carry the name of the test's vhost. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/store/seal.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"
#include "tests/support/proxy.h"
#include "tests/support/rights_bed.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403, PAUSE_MS = 5, DEADLINE_S = 90, MANY = 600 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct test_vhost *trial; /* where anybody may register */
static struct rooms *rooms;
static struct registry *registry, *second;
static struct arena memory;
static char *agents; /* their vhost */

static struct registry *open_registry(void)
{
    struct err err = ERR_INIT;
    struct registry *r = NULL;
    if (!rooms && rooms_open(&rooms, ts->store, vhost->name, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    struct registry_setup setup = {
        .options = &options, .bus = &login, .store = ts->store, .rooms = rooms};
    if (registry_open(&r, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return r;
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    trial = test_vhost_later();
    ts = test_nfvo_store_new("agents");
    login = test_bus_options(vhost, "nfvo");
    agents = arena_printf(&memory, "%s-agents", vhost->name);
    options =
        (struct registry_options){.management_host = vhost->host,
                                  .management_port = vhost->management_port,
                                  .management_timeout_ms = 5000,
                                  .is_registration_open = true,
                                  .registration_room = trial->name,
                                  .room_max_queues = 1000,
                                  .room_max_connections = 100,
                                  .account_max_channels = 100,
                                  .registration_user = arena_printf(&memory, "r-%s", vhost->name),
                                  .registration_password = "knock",
                                  .check_interval_ms = 200,
                                  .agents_vhost = agents,
                                  .agents_own_max = 2,
                                  .agents_connections_max = 4,
                                  .agents_channels_max = 8,
                                  .agents_queue_max = 65536,
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
    rooms_close(rooms);
    rooms = NULL;
    drop("users", options.registration_user);
    drop("users", arena_printf(&memory, "m-%s", vhost->name));
    drop("users", arena_printf(&memory, "o-%s", vhost->name));
    drop("vhosts", agents);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    test_vhost_free(trial);
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
    sql(arena_printf(
        &memory,
        "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, "
        "state, agent) SELECT 'i' || n, 'nsr', 'LAUNCHING', 'v', 'p', '%s-' || n, '', '', "
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

    /* As our agent: its own queue, bound to nothing; hellos and answers out. */
    struct bus_options o = login_of(hostname(1));
    struct bus *b = bus_new(&o);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(1));
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    struct bus_message own = {.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                              .routing_key = "ems.generic.register"};
    uint64_t seq;
    struct err err = ERR_INIT;
    if (bus_publish(b, &own, &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_bus_await(b, BUS_CONFIRMED);

    /* What it must not. */
    char *other = arena_printf(&memory, "vnfm.%s.actions", hostname(2));
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        refuse(hostname(1), BUS_BINDING, NULL,
               &(struct bus_binding){.queue = queue, .exchange = exchanges[i], .key = "#"});
        refuse(hostname(1), BUS_BINDING, NULL,
               &(struct bus_binding){.queue = queue, .exchange = exchanges[i]});
        refuse(hostname(1), BUS_QUEUE, NULL,
               &(struct bus_binding){.queue = other, .exchange = exchanges[i]});
        refuse(hostname(1), BUS_PUBLISHING,
               &(struct bus_message){.exchange = exchanges[i], .routing_key = other}, NULL);
    }
    refuse(hostname(1), BUS_PUBLISHING, &(struct bus_message){.routing_key = queue}, NULL);
    /* The broker checks no keys of CC: what counts is that it may not write this exchange. */
    refuse(
        hostname(1), BUS_PUBLISHING,
        &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE, .routing_key = "ems.generic.register"},
        NULL);

    /* Deleted: the user goes, and whoever is logged in as it. */
    sql("UPDATE instance SET phase = 'DELETING'");
    await_user(hostname(1), false);
    test_bus_await(b, BUS_LOST);
    test_query_await(ts->db, "SELECT (SELECT count(*) FROM agent_login) + count(*) FROM agent_gone",
                     "0");
    sql("DELETE FROM instance");
    bus_free(b);
}

static struct bus *as_old_agent(const char *host)
{
    struct bus_options o = login_of(host);
    struct bus *b = bus_new(&o);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", host);
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    return b;
}

/* Launched before TOPOLOGY_AGENTS_EXCHANGE was there, it names the other one in its user data: it
 * gets the rights for that again when the broker lost its user. */
static void test_agent_of_before(void **state)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    launch(1, 2);
    sql("UPDATE agent_login SET is_old = hostname LIKE '%-1'");
    registry = open_registry();
    await_user(hostname(1), true);
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "2");
    for (int i = 0; i < 2; i++) {
        struct bus *b = as_old_agent(hostname(1));
        test_bus_await(b, BUS_READY);
        assert_true(bus_has_all(b));
        struct bus_message hello = {.exchange = TOPOLOGY_EXCHANGE,
                                    .routing_key = "ems.generic.register"};
        if (bus_publish(b, &hello, &seq, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        test_bus_await(b, BUS_CONFIRMED);
        bus_free(b);
        if (i == 0) {
            drop("users", arena_printf(&memory, "ems.%s", hostname(1)));
            sql("UPDATE agent_login SET made_at = 1");
            registry_close(registry);
            registry = open_registry(); /* compares */
            await_user(hostname(1), true);
            test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 1", "1");
        }
    }
    struct bus *b = as_old_agent(hostname(2));
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, BUS_BINDING);
    assert_int_equal(ev.code, REFUSED);
    bus_free(b);
    sql("DELETE FROM instance");
    await_users(0);
}

/* Without EmsUser in its user data, an instance has no login. */
static void test_only_who_asks(void **state)
{
    (void)state;
    registry = open_registry();
    sql("INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) VALUES "
        "('plain', 'nsr', 'LAUNCHING', 'v', 'p', 'plain-1', '', '')");
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
    sql("UPDATE instance SET phase = 'DELETING'");
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
    char *left = arena_strdup(
        &memory, test_query(ts->db, "SELECT count(*) FROM instance WHERE phase <> 'DELETING'"));
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

/* Woken: nobody would look within a minute, which is when all is compared. How quick it is depends on the machine, and is
 * told: 9 ms on two cores that others use, too. */
static void test_soon(void **state)
{
    enum { N = 10, NEVER_MS = 3600000 };
    int64_t sum_us = 0;
    (void)state;
    options.agents_poll_ms = NEVER_MS;
    registry = open_registry();
    launch(0, 0);
    await_user(hostname(0), true);
    for (int i = 1; i <= N; i++) {
        await_rest();
        int64_t at = clock_mono_us();
        launch(i, i);
        await_user(hostname(i), true);
        sum_us += clock_mono_us() - at;
    }
    assert_true(sum_us < N * 60 * USEC_PER_SEC / 3);
    print_message("agents: a login is there after %d ms\n", (int)(sum_us / N / USEC_PER_MS));
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
    sql("UPDATE instance SET phase = 'DELETING' WHERE id = 'i1'");
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
    struct bus_options o = test_bus_options(trial, type);
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
                            .reply_to = bus_queue_name(b, "answers"),
                            .is_mandatory = true};
    struct bus_event ev;
    enum bus_event_type what = BUS_RETURNED;
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while (what != BUS_DELIVERY && clock_mono_us() < until) {
        /* It comes back as long as the registry has no queue for it. */
        if (what == BUS_RETURNED && bus_publish(b, &m, &seq, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        what = bus_next(b, &ev, -1, 1000);
    }
    assert_int_equal(what, BUS_DELIVERY);
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
    bus_want_binding(b,
                     &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_AGENTS_EXCHANGE});
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

/* --- what agents measure --- */

static void open_agents_to(const struct test_vhost *where)
{
    char *path = arena_printf(&memory, "permissions/%s/%s", where->name, vhost->user);
    long status = test_broker_api(vhost, "PUT", path,
                                  "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}", NULL);
    assert_true(status == 201 || status == 204);
}

/* A command to the second agent; how long it took. */
static int64_t command_us(struct bus *vnfm, struct bus *agent)
{
    int64_t from = clock_mono_us();
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(2));
    struct bus_message m = {.routing_key = queue, .body = "{}", .len = 2, .is_mandatory = true};
    assert_int_equal(bus_publish(vnfm, &m, NULL, NULL), ERR_OK);
    struct bus_event ev = test_bus_await(agent, BUS_DELIVERY);
    bus_ack(agent, ev.delivery->tag, ev.delivery->epoch);
    test_bus_await(vnfm, BUS_CONFIRMED);
    return clock_mono_us() - from;
}

/* Twice what its queue may hold, and nobody collects: the oldest go, and commands to others are
 * taken meanwhile. Then a collector comes, with its own rights. */
static void attack_metrics_without_an_end(void **state)
{
    enum { SAMPLE = 256 * 1024, SAMPLES = 2 * QUEUE_AGENT_METRICS_BYTES / SAMPLE };
    static char sample[SAMPLE];
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    AUTO(freep) char *reply = NULL;
    struct err err = ERR_INIT;
    struct test_vhost where = *vhost;
    uint32_t messages = 0;
    int64_t worst_us = 0;
    (void)state;
    registry = open_registry();
    launch(1, 2);
    await_user(hostname(1), true);
    await_user(hostname(2), true);
    snprintf(where.name, sizeof(where.name), "%s", agents);
    open_agents_to(&where);
    struct bus_options evil = login_of(hostname(1)), honest = login_of(hostname(2)),
                       manager = test_bus_options(&where, "vnfm");
    struct bus *flood = bus_new(&evil), *agent = bus_new(&honest), *vnfm = bus_new(&manager);
    char *queue = arena_printf(&memory, "vnfm.%s.actions", hostname(2));
    bus_want_queue(agent, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_consumer(agent, &(struct bus_consumer){.queue = queue});
    test_bus_await(flood, BUS_READY);
    test_bus_await(agent, BUS_READY);
    test_bus_await(vnfm, BUS_READY);
    memset(sample, 'x', sizeof(sample));
    for (int i = 0; i < SAMPLES; i++) {
        struct bus_message m = {.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                                .routing_key = QUEUE_AGENT_METRICS,
                                .body = sample,
                                .len = sizeof(sample),
                                .is_mandatory = true};
        assert_int_equal(bus_publish(flood, &m, NULL, NULL), ERR_OK);
        int64_t took_us = i % 8 ? 0 : command_us(vnfm, agent);
        worst_us = took_us > worst_us ? took_us : worst_us;
        test_bus_await(flood, BUS_CONFIRMED); /* not refused: what is measured holds up nobody */
    }
    print_message("agents: a command beside %d samples: %lld ms at most\n", SAMPLES,
                  (long long)(worst_us / 1000));
    assert_int_equal(bus_queue_check(vnfm, QUEUE_AGENT_METRICS, &messages, NULL, &err), ERR_OK);
    assert_in_range(messages, 1, QUEUE_AGENT_METRICS_BYTES / SAMPLE);
    assert_int_equal(
        test_broker_api(vhost, "GET",
                        arena_printf(&memory, "queues/%s/" QUEUE_AGENT_METRICS, agents), NULL,
                        &reply),
        200);
    assert_non_null(strstr(reply, "\"x-overflow\":\"drop-head\""));
    assert_non_null(
        strstr(reply, arena_printf(&memory, "\"x-message-ttl\":%d", QUEUE_AGENT_METRICS_KEEP_MS)));
    /* A collector. */
    char *user = arena_printf(&memory, "collector-%s", vhost->name);
    rights_of(RIGHTS_METRICS, NULL, &rights);
    rights_bed_put_user(&where, user, "", &rights);
    struct bus_options o = test_bus_options(&where, "collector");
    o.user = user;
    o.password = "secret";
    struct bus *b = bus_new(&o);
    bus_want_queue(b, &(struct bus_queue){.name = QUEUE_AGENT_METRICS, .is_passive = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = QUEUE_AGENT_METRICS, .prefetch = 1});
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    assert_int_equal(ev.delivery->len, SAMPLE);
    bus_free(b);
    test_user_free(vhost, user);
    bus_free(flood);
    bus_free(agent);
    bus_free(vnfm);
    sql("UPDATE instance SET phase = 'DELETING'");
    await_user(hostname(1), false);
    await_user(hostname(2), false);
    sql("DELETE FROM instance");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_login_of_an_instance),
        T(test_agent_of_before),
        T(test_only_who_asks),
        T(test_many_under_two),
        T(test_soon),
        T(test_compared_with_the_broker),
        T(test_management_away),
        T(test_their_manager),
        T(attack_metrics_without_an_end),
        T(test_not_the_suites_own_vhost),
    };
    return cmocka_run_group_tests_name("agents", tests, NULL, NULL);
}
