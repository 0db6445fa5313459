/* Managers that register: nfvo/vnfm against a real broker and database. Users are global on the
 * broker, so each test's carry the name of its vhost. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/registry.h"
#include "proto/records/manager.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"
#include "tests/support/proxy.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct registry *registry;
static struct arena memory;
static char registrar[128];

/* In the registry's thread: which PoPs were to be refreshed. */
static atomic_int refreshes, refreshes_of_others;

static void refresh_pop(void *ctx, const char *pop_id)
{
    (void)ctx;
    atomic_fetch_add(strcmp(pop_id, "mine") == 0 ? &refreshes : &refreshes_of_others, 1);
}

static void open_registry(void)
{
    struct err err = ERR_INIT;
    struct registry_setup setup = {
        .options = &options, .bus = &login, .store = ts->store, .refresh_pop = refresh_pop};
    if (registry_open(&registry, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("registry");
    login = test_bus_options(vhost, "nfvo");
    snprintf(registrar, sizeof(registrar), "registrar-%s", vhost->name);
    options = (struct registry_options){.management_host = vhost->host,
                                        .management_port = vhost->management_port,
                                        .management_timeout_ms = 5000,
                                        .registration_user = registrar,
                                        .registration_password = "knock",
                                        .check_interval_ms = 200,
                                        .unregister_grace_ms = 300,
                                        .has_registration_default_exchange = true};
    return 0;
}

/* A name that no other test has. */
static char *own(const char *prefix)
{
    return arena_printf(&memory, "%s-%s", prefix, vhost->name);
}

static void drop_user(const char *user) /* absent is fine */
{
    test_broker_api(vhost, "DELETE", arena_printf(&memory, "users/%s", user), NULL, NULL);
}

static int tear_down(void **state)
{
    static const char *const kinds[] = {"python", "java", "gone", "twins", "foreign", "driver"};
    (void)state;
    registry_close(registry);
    registry = NULL;
    drop_user(registrar);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        drop_user(own(kinds[i]));
    drop_user(arena_printf(&memory, "vim-drivers.test.%s", vhost->name));
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

/* --- a peer -------------------------------------------------------------------------------------
 */

static struct bus *connect_as(const char *user, const char *password)
{
    struct bus_options o = test_bus_options(vhost, user);
    o.user = user;
    o.password = password;
    return bus_new(&o);
}

/* Pumps until there is a connection: the user is made by the registry meanwhile. */
static struct bus *connect_registrar(void)
{
    struct bus *b = connect_as(registrar, "knock");
    bus_want_queue(b, &(struct bus_queue){.name = "answers",
                                          .is_server_named = true,
                                          .is_exclusive = true,
                                          .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "answers"});
    test_bus_await(b, BUS_READY);
    return b;
}

static void ask(struct bus *b, const char *exchange, const char *body)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    struct bus_message m = {.exchange = exchange,
                            .routing_key = QUEUE_MANAGER_HANDLING,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = "corr-1",
                            .reply_to = bus_queue_name(b, "answers"),
                            .is_mandatory = true};
    if (bus_publish(b, &m, &seq, &err) != ERR_OK)
        fail_msg("publish: %s", err.msg);
}

static struct manager_credentials *answer(struct bus *b)
{
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    struct manager_credentials *c;
    struct err err = ERR_INIT;
    assert_string_equal(ev.delivery->correlation_id, "corr-1");
    assert_string_equal(ev.delivery->content_type, "text/plain");
    if (proto_decode(&manager_credentials_type, ev.delivery->body, ev.delivery->len, 0, &memory, &c,
                     &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    assert_int_equal(strlen(c->password), 16);
    return c;
}

static struct manager_credentials *enroll(const char *exchange, const char *body)
{
    struct bus *b = connect_registrar();
    ask(b, exchange, body);
    struct manager_credentials *c = answer(b);
    bus_free(b);
    return c;
}

static char *vnfm_body(const char *type, const char *more)
{
    return arena_printf(
        &memory,
        "{\"action\":\"register\",\"type\":\"%s\",\"vnfmManagerEndpoint\":{\"type\":"
        "\"%s\",\"endpoint\":\"%s\",\"endpointType\":\"RABBIT\",\"description\":"
        "\"x\",\"enabled\":true,\"active\":true%s}}",
        type, type, type, more);
}

static void say_goodbye(struct bus *b, const struct manager_credentials *c, const char *password,
                        const char *instance)
{
    ask(b, TOPOLOGY_EXCHANGE,
        arena_printf(&memory,
                     "{\"action\":\"unregister\",\"type\":\"%s\",\"username\":\"%s\",\"password\":"
                     "\"%s\",\"vnfmManagerEndpoint\":{\"type\":\"%s\",\"endpoint\":\"%s\","
                     "\"endpointType\":\"RABBIT\"}%s}",
                     c->username, c->username, password, c->username, c->username, instance));
}

/* Its queue, as the peers' SDKs make it, with a consumer. */
static struct bus *serve(const struct manager_credentials *c, const char *queue,
                         bool is_auto_delete)
{
    struct bus *b = connect_as(c->username, c->password);
    bus_want_queue(b, &(struct bus_queue){
                          .name = queue, .is_durable = true, .is_auto_delete = is_auto_delete});
    bus_want_binding(b, &(struct bus_binding){.queue = queue, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    return b;
}

static bool can_log_in(const struct manager_credentials *c)
{
    struct bus *b = connect_as(c->username, c->password);
    struct bus_event ev;
    do
        bus_next(b, &ev, -1, 5000);
    while (ev.type != BUS_READY && ev.type != BUS_FAULT);
    bus_free(b);
    return ev.type == BUS_READY;
}

static int metric(const char *name)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    registry_render_metrics(registry, &text);
    const char *at = strstr(text.s, arena_printf(&memory, "\n%s ", name));
    return at ? atoi(at + strlen(name) + 2) : 0;
}

/* Until the registry counted so many. */
static void await_metric(const char *name, int want)
{
    int64_t deadline = clock_mono_us() + 20 * USEC_PER_SEC;
    for (; metric(name) < want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%s: %d, want %d", name, metric(name), want);
}

/* --- registering --------------------------------------------------------------------------------
 */

static void test_both_exchanges_and_spellings(void **state)
{
    (void)state;
    open_registry();
    struct manager_credentials *python = enroll("", vnfm_body(own("python"), ""));
    assert_string_equal(python->username, own("python"));
    assert_non_null(python->id);
    assert_true(can_log_in(python));

    /* The endpoint as a text that holds its JSON. */
    char *java = own("java");
    struct manager_credentials *c = enroll(
        TOPOLOGY_EXCHANGE,
        arena_printf(
            &memory,
            "{\"action\":\"REGISTER\",\"type\":\"%s\",\"vnfmManagerEndpoint\":\"{\\\"type\\\":"
            "\\\"%s\\\",\\\"endpoint\\\":\\\"%s\\\",\\\"endpointType\\\":\\\"RABBIT\\\"}\"}",
            java, java, java));
    assert_true(can_log_in(c));

    char *driver = arena_printf(&memory, "vim-drivers.test.%s", vhost->name);
    c = enroll(TOPOLOGY_EXCHANGE,
               arena_printf(&memory, "{'type':'%s','action':'register'}", driver));
    assert_string_equal(c->username, driver);
    assert_true(can_log_in(c));
    assert_string_equal(test_query(ts->db, "SELECT string_agg(queue || ' ' || type, ',') FROM "
                                           "vim_driver"),
                        arena_printf(&memory, "%s test", driver));
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM vnfm_endpoint WHERE kind = "
                                           "'RABBIT' AND enabled"),
                        "2");
    /* No password is in the database as it is. */
    assert_string_equal(
        test_query(ts->db, arena_printf(&memory,
                                        "SELECT count(*) FROM manager_credentials WHERE "
                                        "sealed LIKE '%%%s%%' OR doc LIKE '%%%s%%'",
                                        python->password, python->password)),
        "0");
}

static void test_repeat_heals(void **state)
{
    (void)state;
    open_registry();
    struct manager_credentials *first = enroll("", vnfm_body(own("python"), ""));
    test_user_free(vhost, first->username);
    assert_false(can_log_in(first));
    struct manager_credentials *second = enroll("", vnfm_body(own("python"), ""));
    assert_string_equal(first->password, second->password);
    assert_true(can_log_in(second));
    /* Another NFVO, or the same one later. */
    registry_close(registry);
    open_registry();
    assert_string_equal(enroll("", vnfm_body(own("python"), ""))->password, first->password);
}

static void test_capabilities_and_rights(void **state)
{
    AUTO(freep) char *body = NULL;
    (void)state;
    open_registry();
    enroll("", vnfm_body(own("java"), ",\"capabilities\":[\"correlation\",\"a b\",\"instance\"]"
                                      ",\"instance\":\"i-1\""));
    assert_string_equal(test_query(ts->db, "SELECT capabilities FROM vnfm_endpoint"),
                        "correlation instance");
    assert_string_equal(test_query(ts->db, "SELECT instances FROM manager_credentials"), "i-1");
    test_broker_api(vhost, "GET",
                    arena_printf(&memory, "permissions/%s/%s", vhost->name, own("java")), NULL,
                    &body);
    assert_null(strstr(body, "amq\\\\.default"));
    assert_non_null(strstr(body, own("java")));
    free(body);
    test_broker_api(vhost, "GET", arena_printf(&memory, "users/%s", own("java")), NULL, &body);
    assert_null(strstr(body, "administrator"));
}

static void test_peers_may_be_administrators(void **state)
{
    AUTO(freep) char *body = NULL;
    (void)state;
    options.are_peers_administrators = true;
    open_registry();
    enroll("", vnfm_body(own("java"), ""));
    test_broker_api(vhost, "GET", arena_printf(&memory, "users/%s", own("java")), NULL, &body);
    assert_non_null(strstr(body, "administrator"));
}

/* --- rights are enforced ------------------------------------------------------------------------
 */

static void assert_fault(struct bus *b, enum bus_item item)
{
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, item);
    assert_int_equal(ev.code, REFUSED);
}

static void refuse_key(const struct manager_credentials *c, const char *key)
{
    struct bus *b = connect_as(c->username, c->password);
    struct err err = ERR_INIT;
    uint64_t seq;
    test_bus_await(b, BUS_READY);
    if (bus_publish(b, &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE, .routing_key = key},
                    &seq, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_fault(b, BUS_PUBLISHING);
    bus_free(b);
}

/* queue: one that it may write to, so that only the key is wrong; NULL: a server-named one. */
static void refuse_binding(const struct manager_credentials *c, const char *queue, const char *key)
{
    struct bus *b = connect_as(c->username, c->password);
    const char *name = queue ? queue : "spy";
    bus_want_queue(b, &(struct bus_queue){.name = name,
                                          .is_server_named = !queue,
                                          .is_exclusive = !queue,
                                          .is_durable = queue != NULL,
                                          .is_auto_delete = true});
    bus_want_binding(
        b, &(struct bus_binding){.queue = name, .exchange = TOPOLOGY_EXCHANGE, .key = key});
    assert_fault(b, BUS_BINDING);
    bus_free(b);
}

static void refuse_consumer(const char *user, const char *password, const char *queue)
{
    struct bus *b = connect_as(user, password);
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_passive = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    assert_fault(b, BUS_CONSUMER);
    bus_free(b);
}

static void test_rights_are_enforced(void **state)
{
    (void)state;
    open_registry();
    struct manager_credentials *python = enroll("", vnfm_body(own("python"), ""));
    struct manager_credentials *java = enroll("", vnfm_body(own("java"), ""));
    struct bus *b = serve(java, java->username, true);
    const struct manager_credentials knock = {.username = registrar, .password = "knock"};
    refuse_binding(python, python->username, "#");
    refuse_binding(python, python->username, java->username);
    refuse_binding(python, NULL, java->username);
    refuse_binding(&knock, NULL, "#");
    refuse_binding(&knock, NULL, "vim-drivers.openstack.openstack");
    refuse_consumer(python->username, python->password, java->username);
    refuse_consumer(python->username, python->password, QUEUE_ACTIONS);
    refuse_consumer(registrar, "knock", QUEUE_MANAGER_HANDLING);
    refuse_key(python, java->username);
    refuse_key(python, "nfvo.internal");
    refuse_key(&knock, QUEUE_ACTIONS);
    bus_free(b);
}

static void test_registrar_without_default_exchange(void **state)
{
    (void)state;
    options.has_registration_default_exchange = false;
    open_registry();
    struct bus *b = connect_registrar();
    ask(b, "", vnfm_body(own("python"), ""));
    assert_fault(b, BUS_PUBLISHING);
    bus_free(b);
    enroll(TOPOLOGY_EXCHANGE, vnfm_body(own("java"), ""));
}

/* --- refused ------------------------------------------------------------------------------------
 */

static void test_refused_with_its_reason(void **state)
{
    static const char *const bodies[] = {
        "not json",
        "{\"action\":\"register\"}",
        "{\"type\":\"x\"}",
        "{\"action\":\"register\",\"type\":\"vim-drivers.*.*\"}",
        "{\"action\":\"register\",\"type\":\"x\",\"vnfmManagerEndpoint\":{\"type\":\"x\","
        "\"endpoint\":\"nfvo.replies\"}}",
        "{\"action\":\"unregister\",\"username\":\"x\"}"};
    (void)state;
    open_registry();
    struct bus *b = connect_registrar();
    struct bus *morgue = bus_new(&login);
    bus_want_queue(morgue, &(struct bus_queue){.name = QUEUE_DEAD_LETTERS, .is_passive = true});
    bus_want_consumer(morgue, &(struct bus_consumer){.queue = QUEUE_DEAD_LETTERS});
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        ask(b, "", bodies[i]);
        struct bus_event ev = test_bus_await(morgue, BUS_DELIVERY);
        assert_string_equal(ev.delivery->body, bodies[i]);
        assert_true(strlen(bus_delivery_header(ev.delivery, "x-baton-reason")) > 5);
        bus_ack(morgue, ev.delivery->tag, ev.delivery->epoch);
    }
    bus_free(morgue);
    bus_free(b);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM manager_credentials"), "0");
}

static void test_operators_login_is_not_taken_over(void **state)
{
    struct manager_credentials mine = {.username = own("foreign"), .password = "operator"};
    (void)state;
    test_user_new(vhost, mine.username, mine.password, ".*", ".*", ".*");
    open_registry();
    struct bus *b = connect_registrar();
    ask(b, "", vnfm_body(own("foreign"), ""));
    ask(b, "", vnfm_body(own("python"), ""));
    assert_string_equal(answer(b)->username, own("python")); /* the first one waits */
    assert_true(can_log_in(&mine));
    test_user_free(vhost, mine.username);
    assert_string_equal(answer(b)->username, mine.username);
    bus_free(b);
}

static void test_management_api_away(void **state)
{
    (void)state;
    struct proxy *proxy = proxy_new(vhost->host, vhost->management_port);
    options.management_port = proxy_port(proxy);
    open_registry();
    struct bus *b = connect_registrar();
    proxy_down(proxy, true);
    ask(b, "", vnfm_body(own("python"), ""));
    await_metric("baton_manager_retries_total", 2);
    proxy_down(proxy, false);
    assert_true(can_log_in(answer(b)));
    bus_free(b);
    registry_close(registry);
    registry = NULL;
    proxy_free(proxy);
}

/* --- unregistering ------------------------------------------------------------------------------
 */

static void test_unregister(void **state)
{
    (void)state;
    open_registry();
    struct manager_credentials *c = enroll("", vnfm_body(own("gone"), ""));
    struct bus *b = connect_registrar();
    struct bus *peer = serve(c, c->username, true);
    char *rows = arena_strdup(&memory, "SELECT count(*) FROM manager_credentials");
    say_goodbye(b, c, c->password, ""); /* ignored: another process of this type consumes */
    await_metric("baton_manager_unregistrations_total", 1);
    assert_string_equal(test_query(ts->db, rows), "1");
    assert_true(can_log_in(c));
    bus_free(peer);
    say_goodbye(b, c, "wrong", "");
    await_metric("baton_manager_unregistrations_total", 2);
    assert_string_equal(test_query(ts->db, rows), "1");
    say_goodbye(b, c, c->password, "");
    test_query_await(ts->db, rows, "0");
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM vnfm_endpoint"), "0");
    assert_false(can_log_in(c));
    bus_free(b);
}

/* A restart: the goodbye of the old process must not undo the registration of the new one. */
static void test_registering_outdoes_goodbye(void **state)
{
    (void)state;
    options.unregister_grace_ms = 60000;
    options.check_interval_ms = 100;
    open_registry();
    struct manager_credentials *c = enroll("", vnfm_body(own("gone"), ""));
    struct bus *b = connect_registrar();
    struct bus *peer = serve(c, c->username, true);
    say_goodbye(b, c, c->password, "");
    await_metric("baton_manager_retries_total", 1); /* held: it still consumes */
    ask(b, "", vnfm_body(own("gone"), ""));
    answer(b);
    bus_free(peer);
    /* Its queue is gone for longer than the pause between two tries of what is held. */
    test_query_await(ts->db, "SELECT count(*) FROM vnfm_endpoint WHERE active", "0");
    await_metric("baton_manager_checks_total", metric("baton_manager_checks_total") + 30);
    assert_true(can_log_in(c));
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM manager_credentials"), "1");
    bus_free(b);
}

static void test_user_goes_with_its_last_instance(void **state)
{
    (void)state;
    open_registry();
    struct manager_credentials *c = enroll("", vnfm_body(own("twins"), ",\"instance\":\"one\""));
    enroll("", vnfm_body(own("twins"), ",\"instance\":\"two\""));
    char *instances = arena_strdup(&memory, "SELECT instances FROM manager_credentials");
    assert_string_equal(test_query(ts->db, instances), "one two");
    struct bus *b = connect_registrar();
    struct bus *peer = serve(c, c->username, false);
    say_goodbye(b, c, c->password, ",\"instance\":\"one\"");
    test_query_await(ts->db, instances, "two");
    say_goodbye(b, c, c->password, ",\"instance\":\"one\""); /* again: a redelivery */
    say_goodbye(b, c, c->password, ",\"instance\":\"three\"");
    ask(b, "", vnfm_body(own("python"), ""));
    answer(b);
    assert_true(can_log_in(c));
    say_goodbye(b, c, c->password, ",\"instance\":\"two\"");
    test_query_await(ts->db,
                     "SELECT count(*) FROM manager_credentials WHERE username LIKE 'twins%'", "0");
    assert_false(can_log_in(c));
    bus_free(peer);
    bus_free(b);
}

/* --- who is there -------------------------------------------------------------------------------
 */

static void test_active_while_served(void **state)
{
    char *active;
    (void)state;
    open_registry();
    struct manager_credentials *python = enroll("", vnfm_body(own("python"), ""));
    struct manager_credentials *ours = enroll("", vnfm_body(own("java"), ""));
    active = arena_strdup(&memory, "SELECT string_agg(split_part(type, '-', 1), ' ' ORDER BY type) "
                                   "FROM vnfm_endpoint WHERE active");
    test_query_await(ts->db, active, ""); /* registered, but no queue yet */
    struct bus *a = serve(python, python->username, true);
    struct bus *b = serve(ours, ours->username, false);
    test_query_await(ts->db, active, "java python");
    assert_true(registry_queue_exists(registry, python->username));
    bus_free(a); /* the queue goes with its consumer */
    test_query_await(ts->db, active, "java");
    bus_free(b); /* the queue stays */
    test_query_await(ts->db, active, "");
    assert_true(registry_queue_exists(registry, ours->username));
    assert_false(registry_queue_exists(registry, python->username));
    assert_false(registry_queue_exists(registry, "no-such"));
}

static void test_drivers_by_their_queues(void **state)
{
    char *active = arena_strdup(&memory, "SELECT string_agg(queue || ' ' || type || ' ' || "
                                         "capabilities, ',') FROM vim_driver WHERE active");
    char *full = arena_printf(&memory, "vim-drivers.test.%s", vhost->name);
    (void)state;
    open_registry();
    struct manager_credentials *bare =
        enroll(TOPOLOGY_EXCHANGE,
               arena_printf(&memory, "{\"type\":\"%s\",\"action\":\"register\"}", own("driver")));
    struct manager_credentials *c =
        enroll(TOPOLOGY_EXCHANGE,
               arena_printf(&memory,
                            "{\"type\":\"%s\",\"action\":\"register\",\"capabilities\":["
                            "\"correlation\",\"client_token\"]}",
                            full));
    char *queue = arena_printf(&memory, "vim-drivers.%s.any", own("driver"));
    struct bus *b = serve(bare, queue, true);
    test_query_await(ts->db, active, arena_printf(&memory, "%s %s ", queue, own("driver")));
    bus_free(b);
    test_query_await(ts->db, active, "");
    b = serve(c, full, true);
    test_query_await(ts->db, active,
                     arena_printf(&memory, "%s test correlation client_token", full));
    bus_free(b);
}

static void await_refreshes(int want)
{
    int64_t deadline = clock_mono_us() + 20 * USEC_PER_SEC;
    for (; atomic_load(&refreshes) != want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%d refreshes, want %d", atomic_load(&refreshes), want);
}

/* amqp-protocol.md 2.3, item 5: once each time that a driver comes, of the PoPs of its type. */
static void test_pops_are_refreshed_when_their_driver_is_back(void **state)
{
    char *full = arena_printf(&memory, "vim-drivers.test.%s", vhost->name);
    struct err err = ERR_INIT;
    (void)state;
    if (db_script(ts->db,
                  "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                  "VALUES ('mine', 'mine', 1, 1, 'p', 'a', 'test', '{}', '{}'), "
                  "('other', 'other', 1, 1, 'p', 'b', 'testing', '{}', '{}')",
                  &err) != ERR_OK)
        fail_msg("%s", err.msg);
    open_registry();
    struct manager_credentials *c =
        enroll(TOPOLOGY_EXCHANGE,
               arena_printf(&memory, "{\"type\":\"%s\",\"action\":\"register\"}", full));
    for (int i = 1; i <= 2; i++) {
        struct bus *b = serve(c, full, true);
        await_refreshes(i);
        bus_free(b);
        test_query_await(ts->db, "SELECT count(*) FROM vim_driver WHERE active", "0");
    }
    assert_int_equal(atomic_load(&refreshes), 2);
    assert_int_equal(atomic_load(&refreshes_of_others), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_both_exchanges_and_spellings),
        T(test_repeat_heals),
        T(test_capabilities_and_rights),
        T(test_peers_may_be_administrators),
        T(test_rights_are_enforced),
        T(test_registrar_without_default_exchange),
        T(test_refused_with_its_reason),
        T(test_operators_login_is_not_taken_over),
        T(test_management_api_away),
        T(test_unregister),
        T(test_registering_outdoes_goodbye),
        T(test_user_goes_with_its_last_instance),
        T(test_active_while_served),
        T(test_drivers_by_their_queues),
        T(test_pops_are_refreshed_when_their_driver_is_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
