/* Managers that register: nfvo/vnfm against a real broker and database. Who may have what is
 * test_registry_attack.c. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/management.h"
#include "tests/support/proxy.h"
#include "tests/support/registry_bed.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403 };

/* --- listing ------------------------------------------------------------------------------------
 */

static void note_queue(void *arg, const struct management_queue *q)
{
    sbuf_addf(arg, " %s ", q->name);
}

/* The broker's log is in "/", also that of other suites, which nobody here has to read. */
static void test_queues_of_other_suites_are_not_listed(void **state)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    struct err err = ERR_INIT;
    const char *const suites[] = {bed.inner->name, "another"};
    (void)state;
    registry_bed_open();
    for (size_t i = 0; i < ARRAY_LEN(suites); i++)
        assert_int_equal(test_broker_api(bed.inner, "PUT",
                                         arena_printf(&bed.memory, "queues/%s/nfvo.broker-log.%s",
                                                      bed.inner->name, suites[i]),
                                         "{}", NULL),
                         201);
    assert_int_equal(registry_list_queues(bed.registry, note_queue, &names, &err), ERR_OK);
    assert_non_null(strstr(names.s, arena_printf(&bed.memory, " nfvo.broker-log.%s ", suites[0])));
    assert_null(strstr(names.s, "another"));
}

/* --- registering --------------------------------------------------------------------------------
 */

static void test_both_exchanges_and_spellings(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *python =
        peer_register("", peer_vnfm_body(registry_bed_own("python"), ""));
    assert_non_null(strstr(python->username, registry_bed_own("python")));
    assert_non_null(python->id);
    assert_true(peer_can_log_in(python));

    /* The endpoint as a text that holds its JSON. */
    char *java = registry_bed_own("java");
    struct manager_credentials *c = peer_register(
        TOPOLOGY_EXCHANGE,
        arena_printf(
            &bed.memory,
            "{\"action\":\"REGISTER\",\"type\":\"%s\",\"vnfmManagerEndpoint\":\"{\\\"type\\\":"
            "\\\"%s\\\",\\\"endpoint\\\":\\\"%s\\\",\\\"endpointType\\\":\\\"RABBIT\\\"}\"}",
            java, java, java));
    assert_true(peer_can_log_in(c));

    char *driver = arena_printf(&bed.memory, "vim-drivers.test.%s", bed.vhost->name);
    c = peer_register(TOPOLOGY_EXCHANGE,
                      arena_printf(&bed.memory, "{'type':'%s','action':'register'}", driver));
    assert_non_null(strstr(c->username, driver));
    assert_true(peer_can_log_in(c));
    assert_string_equal(test_query(bed.store->db,
                                   "SELECT string_agg(queue || ' ' || type, ',') FROM "
                                   "vim_driver"),
                        arena_printf(&bed.memory, "%s test", driver));
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE kind = "
                                                  "'RABBIT' AND enabled"),
                        "2");
    /* No password is in the database as it is. */
    assert_string_equal(
        test_query(bed.store->db, arena_printf(&bed.memory,
                                               "SELECT count(*) FROM manager_credentials WHERE "
                                               "sealed LIKE '%%%s%%' OR doc LIKE '%%%s%%'",
                                               python->password, python->password)),
        "0");
}

/* The broker came back without its users. */
static void test_lost_accounts_are_made_again(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *first =
        peer_register("", peer_vnfm_body(registry_bed_own("python"), ""));
    struct bus *b = peer_serve(first, registry_bed_own("python"), true);
    test_user_free(bed.vhost, first->username);
    assert_false(peer_can_log_in(first));
    registry_close(bed.registry);
    registry_bed_open();
    test_query_await(bed.store->db, "SELECT state FROM manager_credentials", "ready");
    bus_free(peer_knock());
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    while (!peer_can_log_in(first))
        assert_true(clock_mono_us() < deadline);
    bus_free(b);
}

static void test_capabilities_and_rights(void **state)
{
    AUTO(freep) char *body = NULL;
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register(
        "", peer_vnfm_body(registry_bed_own("java"), ",\"capabilities\":[\"correlation\",\"a "
                                                     "b\",\"instance\"],\"instance\":\"i-1\""));
    assert_string_equal(test_query(bed.store->db, "SELECT capabilities FROM vnfm_endpoint"),
                        "correlation instance");
    assert_string_equal(test_query(bed.store->db, "SELECT instances FROM manager_credentials"),
                        "i-1");
    test_broker_api(bed.vhost, "GET",
                    arena_printf(&bed.memory, "permissions/%s/%s", bed.vhost->name, c->username),
                    NULL, &body);
    assert_non_null(strstr(body, registry_bed_own("java")));
    free(body);
    test_broker_api(bed.vhost, "GET", arena_printf(&bed.memory, "users/%s", c->username), NULL,
                    &body);
    assert_null(strstr(body, "administrator"));
}

static void test_peers_may_be_administrators(void **state)
{
    AUTO(freep) char *body = NULL;
    (void)state;
    bed.options.are_peers_administrators = true;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    test_broker_api(bed.vhost, "GET", arena_printf(&bed.memory, "users/%s", c->username), NULL,
                    &body);
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
    struct bus *b = peer_connect(c->username, c->password);
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
    struct bus *b = peer_connect(c->username, c->password);
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
    struct bus *b = peer_connect(user, password);
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_passive = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    assert_fault(b, BUS_CONSUMER);
    bus_free(b);
}

static void test_rights_are_enforced(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *python =
        peer_register("", peer_vnfm_body(registry_bed_own("python"), ""));
    struct manager_credentials *java =
        peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_serve(java, registry_bed_own("java"), true);
    const struct manager_credentials knock = {.username = bed.registrar, .password = "knock"};
    refuse_binding(python, registry_bed_own("python"), "#");
    refuse_binding(python, registry_bed_own("python"), registry_bed_own("java"));
    refuse_binding(python, NULL, registry_bed_own("java"));
    refuse_binding(&knock, NULL, "#");
    refuse_binding(&knock, NULL, "vim-drivers.openstack.openstack");
    refuse_consumer(python->username, python->password, registry_bed_own("java"));
    refuse_consumer(python->username, python->password, QUEUE_ACTIONS);
    refuse_consumer(bed.registrar, "knock", QUEUE_MANAGER_HANDLING);
    refuse_key(python, registry_bed_own("java"));
    refuse_key(python, "nfvo.internal");
    refuse_key(&knock, registry_bed_own("java"));
    refuse_key(&knock, "nfvo.internal");
    refuse_key(&knock, QUEUE_EVENT_REGISTER);
    bus_free(b);
}

/* The Java SDK asks for the grant on the connection with which it registered. */
static void test_registrar_may_ask_as_a_java_vnfm(void **state)
{
    static const char *const keys[] = {QUEUE_ACTIONS, QUEUE_ACTIONS_REPLY};
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    registry_bed_open();
    peer_register(TOPOLOGY_EXCHANGE, peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_knock();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct bus_message grant = {
            .exchange = TOPOLOGY_EXCHANGE, .routing_key = keys[i], .is_mandatory = true};
        assert_int_equal(bus_publish(b, &grant, &seq, &err), ERR_OK);
        struct bus_event ev = test_bus_await(b, BUS_CONFIRMED);
        assert_true(ev.seq >= seq);
    }
    bus_free(b);
}

static void test_registrar_without_default_exchange(void **state)
{
    (void)state;
    bed.options.has_registration_default_exchange = false;
    registry_bed_open();
    struct bus *b = peer_knock();
    registry_bed_ask(b, "", peer_vnfm_body(registry_bed_own("python"), ""));
    assert_fault(b, BUS_PUBLISHING);
    bus_free(b);
    peer_register(TOPOLOGY_EXCHANGE, peer_vnfm_body(registry_bed_own("java"), ""));
}

/* --- refused ------------------------------------------------------------------------------------
 */

/* A peer that is refused gets the words, and no credentials. */
static void assert_refusal(struct bus *b)
{
    char user[64], password[64];
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    struct err err = ERR_INIT;
    assert_string_equal(ev.delivery->correlation_id, "corr-1");
    assert_int_equal(manager_credentials_read(ev.delivery->body, ev.delivery->len, user, password,
                                              sizeof(user), &err),
                     ERR_DENIED);
    assert_non_null(strstr(err.msg, "the registration is refused: "));
    assert_true(strlen(err.msg) > strlen("the registration is refused: ") + 5);
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
}

static void test_refused_with_its_reason(void **state)
{
    static const char *const bodies[] = {
        "not json",
        "{\"action\":\"register\"}",
        "{\"type\":\"x\"}",
        "{\"action\":\"register\",\"type\":\"vim-drivers.*.*\"}",
        "{\"action\":\"register\",\"type\":\"x\",\"vnfmManagerEndpoint\":{\"type\":\"x\","
        "\"endpoint\":\"nfvo.replies\"}}",
        "{\"action\":\"unregister\",\"username\":\"x\"}",
        "{\"action\":\"unregister\",\"password\":\"s3cret\"}"};
    static const char *const last = "{\"action\":\"unregister\",\"password\":\"**********\"}";
    (void)state;
    registry_bed_open();
    struct bus *b = peer_knock();
    struct bus_options o = test_bus_options(bed.vhost, "morgue");
    struct bus *morgue = bus_new(&o);
    bus_want_queue(morgue, &(struct bus_queue){.name = QUEUE_DEAD_LETTERS, .is_passive = true});
    bus_want_consumer(morgue, &(struct bus_consumer){.queue = QUEUE_DEAD_LETTERS});
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        registry_bed_ask(b, "", bodies[i]);
        struct bus_event ev = test_bus_await(morgue, BUS_DELIVERY);
        assert_string_equal(ev.delivery->body, i == 0 ? "(8 bytes that are not JSON)"
                                               : i + 1 == ARRAY_LEN(bodies) ? last
                                                                            : bodies[i]);
        assert_int_equal(atoi(bus_delivery_header(ev.delivery, "x-baton-bytes")),
                         strlen(bodies[i]));
        assert_true(strlen(bus_delivery_header(ev.delivery, "x-baton-reason")) > 5);
        bus_ack(morgue, ev.delivery->tag, ev.delivery->epoch);
        assert_refusal(b);
    }
    bus_free(morgue);
    bus_free(b);
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM manager_credentials"), "0");
}

static void test_management_api_away(void **state)
{
    (void)state;
    struct proxy *proxy = proxy_new(bed.vhost->host, bed.vhost->management_port);
    bed.options.management_port = proxy_port(proxy);
    registry_bed_open();
    struct bus *b = peer_knock();
    proxy_down(proxy, true);
    registry_bed_ask(b, "", peer_vnfm_body(registry_bed_own("python"), ""));
    registry_bed_await_metric("baton_manager_retries_total", 2);
    proxy_down(proxy, false);
    assert_true(peer_can_log_in(peer_answer(b)));
    bus_free(b);
    registry_close(bed.registry);
    bed.registry = NULL;
    proxy_free(proxy);
}

/* --- unregistering ------------------------------------------------------------------------------
 */

static void test_unregister(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("gone"), ""));
    struct bus *b = peer_knock();
    struct bus *peer = peer_serve(c, registry_bed_own("gone"), true);
    char *rows = arena_strdup(&bed.memory, "SELECT count(*) FROM manager_credentials");
    peer_say_goodbye(b, c, c->password, ""); /* ignored: another process of this type consumes */
    registry_bed_await_metric("baton_manager_unregistrations_total", 1);
    assert_string_equal(test_query(bed.store->db, rows), "1");
    assert_true(peer_can_log_in(c));
    bus_free(peer);
    peer_say_goodbye(b, c, "wrong", "");
    registry_bed_await_metric("baton_manager_unregistrations_total", 2);
    assert_string_equal(test_query(bed.store->db, rows), "1");
    peer_say_goodbye(b, c, c->password, "");
    test_query_await(bed.store->db, rows, "0");
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM vnfm_endpoint"), "0");
    assert_false(peer_can_log_in(c));
    bus_free(b);
}

/* --- who is there -------------------------------------------------------------------------------
 */

static void test_active_while_served(void **state)
{
    char *active;
    (void)state;
    registry_bed_open();
    struct manager_credentials *python =
        peer_register("", peer_vnfm_body(registry_bed_own("python"), ""));
    struct manager_credentials *ours =
        peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    active =
        arena_strdup(&bed.memory, "SELECT string_agg(split_part(type, '-', 1), ' ' ORDER BY type) "
                                  "FROM vnfm_endpoint WHERE active");
    test_query_await(bed.store->db, active, ""); /* registered, but no queue yet */
    struct bus *a = peer_serve(python, registry_bed_own("python"), true);
    struct bus *b = peer_serve(ours, registry_bed_own("java"), false);
    test_query_await(bed.store->db, active, "java python");
    bus_free(a); /* the queue goes with its consumer */
    test_query_await(bed.store->db, active, "java");
    bus_free(b); /* the queue stays */
    test_query_await(bed.store->db, active, "");
    assert_true(registry_queue_exists(bed.registry, QUEUE_ACTIONS)); /* of the inner room */
    assert_false(registry_queue_exists(bed.registry, registry_bed_own("java")));
    assert_false(registry_queue_exists(bed.registry, "no-such"));
}

static void test_drivers_by_their_queues(void **state)
{
    char *active = arena_strdup(&bed.memory, "SELECT string_agg(queue || ' ' || type || ' ' || "
                                             "capabilities, ',') FROM vim_driver WHERE active");
    char *full = arena_printf(&bed.memory, "vim-drivers.test.%s", bed.vhost->name);
    (void)state;
    registry_bed_open();
    struct manager_credentials *bare = peer_register(
        TOPOLOGY_EXCHANGE, arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}",
                                        registry_bed_own("driver")));
    struct manager_credentials *c =
        peer_register(TOPOLOGY_EXCHANGE,
                      arena_printf(&bed.memory,
                                   "{\"type\":\"%s\",\"action\":\"register\",\"capabilities\":["
                                   "\"correlation\",\"client_token\"]}",
                                   full));
    char *queue = arena_printf(&bed.memory, "vim-drivers.%s.any", registry_bed_own("driver"));
    struct bus *b = peer_serve(bare, queue, true);
    test_query_await(bed.store->db, active,
                     arena_printf(&bed.memory, "%s %s ", queue, registry_bed_own("driver")));
    bus_free(b);
    test_query_await(bed.store->db, active, "");
    b = peer_serve(c, full, true);
    test_query_await(bed.store->db, active,
                     arena_printf(&bed.memory, "%s test correlation client_token", full));
    bus_free(b);
}

static void await_refreshes(int want)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (; atomic_load(&bed.refreshes) != want; poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("%d refreshes, want %d", atomic_load(&bed.refreshes), want);
}

/* amqp-protocol.md 2.3, item 5: once each time that a driver comes, of the PoPs of its type. */
static void test_pops_are_refreshed_when_their_driver_is_back(void **state)
{
    char *full = arena_printf(&bed.memory, "vim-drivers.test.%s", bed.vhost->name);
    struct err err = ERR_INIT;
    (void)state;
    if (db_script(bed.store->db,
                  "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                  "VALUES ('mine', 'mine', 'READY', 1, 'p', 'a', 'test', '{}', '{}'), "
                  "('other', 'other', 'READY', 1, 'p', 'b', 'testing', '{}', '{}')",
                  &err) != ERR_OK)
        fail_msg("%s", err.msg);
    registry_bed_open();
    struct manager_credentials *c =
        peer_register(TOPOLOGY_EXCHANGE,
                      arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}", full));
    for (int i = 1; i <= 2; i++) {
        struct bus *b = peer_serve(c, full, true);
        await_refreshes(i);
        bus_free(b);
        test_query_await(bed.store->db, "SELECT count(*) FROM vim_driver WHERE active", "0");
    }
    assert_int_equal(atomic_load(&bed.refreshes), 2);
    assert_int_equal(atomic_load(&bed.refreshes_of_others), 0);
}

static const char *lost_calls(void)
{
    return "SELECT count(*) FROM command WHERE data = 'lost' AND due_at < 9000000000000000";
}

/* A Python driver is killed with calls in hand, and back at once: its registration tells. No look
 * would have missed it. */
static void test_a_driver_that_restarts_lost_its_calls(void **state)
{
    char *body = arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}",
                              registry_bed_own("driver"));
    char *queue = arena_printf(&bed.memory, "vim-drivers.%s.any", registry_bed_own("driver"));
    struct err err = ERR_INIT;
    (void)state;
    bed.options.absence_grace_ms = 3600000;
    registry_bed_open();
    struct bus *b = peer_serve(peer_register("", body), queue, true);
    test_query_await(bed.store->db, "SELECT count(*) FROM vim_driver WHERE active", "1");
    if (db_script(
            bed.store->db,
            arena_printf(&bed.memory,
                         "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) "
                         "VALUES ('p:1.13.1', 'p', 'pop', 'REFRESH', 'p', 9000000000000000, '%s')",
                         queue),
            &err) != ERR_OK)
        fail_msg("%s", err.msg);
    bus_free(b);
    struct bus *again = peer_serve(peer_register("", body), queue, true);
    test_query_await(bed.store->db, lost_calls(), "1");
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM vim_driver WHERE active"),
                        "1");
    bus_free(again);
}

/* An open INSTANTIATE of a VNFM type, long sent. */
static void put_request(const char *type)
{
    struct err err = ERR_INIT;
    const char *rows =
        arena_printf(&bed.memory,
                     "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
                     "('v1', 'n1', 'INSTANTIATING', 'a', '%s', '', '');"
                     "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) VALUES "
                     "('n1:0.1.1', 'n1', 'nsr', 'INSTANTIATE', 'v1', 9000000000000000, '')",
                     type);
    if (db_script(bed.store->db, rows, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static void send_request(const char *queue)
{
    struct bus_options o = test_bus_options(bed.vhost, "nfvo");
    struct bus *b = bus_new(&o);
    struct err err = ERR_INIT;
    uint64_t seq;
    test_bus_await(b, BUS_READY);
    if (bus_publish(b, &(struct bus_message){.routing_key = queue, .body = "{}", .len = 2}, &seq,
                    &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_bus_await(b, BUS_CONFIRMED);
    bus_free(b);
}

/* As a foreign VNFM does: acknowledged before it works. Its queue lasts. */
static void take_request_and_die(struct bus *b, const char *queue)
{
    send_request(queue);
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    bus_free(b); /* acks are sent before the connection ends */
}

/* Its queue outlives it, and is empty: what was in it was taken. No look would have missed it. */
static void test_a_vnfm_whose_queue_lasts_lost_its_request(void **state)
{
    char *type = registry_bed_own("python");
    (void)state;
    bed.options.absence_grace_ms = 3600000;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(type, ""));
    put_request(type);
    take_request_and_die(peer_serve(c, type, false), type);
    peer_register("", peer_vnfm_body(type, ""));
    assert_string_equal(test_query(bed.store->db, lost_calls()), "1");
}

/* The same without a successor, once it is missed. */
static void test_a_vnfm_that_is_missed_lost_its_request(void **state)
{
    char *type = registry_bed_own("python");
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(type, ""));
    struct bus *b = peer_serve(c, type, false);
    test_query_await(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active", "1");
    put_request(type);
    take_request_and_die(b, type);
    test_query_await(bed.store->db, lost_calls(), "1");
}

/* A request that still waits is there for the next process. */
static void test_a_request_that_waits_is_not_lost(void **state)
{
    char *type = registry_bed_own("python");
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(type, ""));
    struct bus *b = peer_serve(c, type, false);
    test_query_await(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active", "1");
    put_request(type);
    send_request(type);
    test_bus_await(b, BUS_DELIVERY);
    bus_free(b); /* not acknowledged: it is back in the queue as soon as nobody consumes */
    test_query_await(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active", "0");
    struct manager_credentials *again = peer_register("", peer_vnfm_body(type, ""));
    assert_string_equal(test_query(bed.store->db, lost_calls()), "0");
    b = peer_serve(again, type, false);
    test_bus_await(b, BUS_DELIVERY);
    bus_free(b);
}

/* Bounded in bytes, whatever arguments the queue was made with: the oldest go first, and how much
 * is there is told. */
static void test_dead_letters_are_bounded(void **state)
{
    enum { LETTER = 30000 };
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct err err = ERR_INIT;
    uint32_t n = 0, consumers;
    uint64_t seq;
    (void)state;
    sbuf_addf(&body, "%*s", LETTER, "");
    bed.options.dead_letters_max = 65536;
    bed.options.dead_letters_keep_ms = 3600000;
    registry_bed_open();
    bus_free(peer_knock()); /* it is prepared: queues, registration user, bounds */
    struct bus_options o = test_bus_options(bed.inner, "letters");
    struct bus *b = bus_new(&o);
    test_bus_await(b, BUS_READY);
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (int i = 0; i < 3 || n != 2; i++) { /* a policy takes effect a moment later */
        struct bus_message m = {.routing_key = QUEUE_DEAD_LETTERS,
                                .body = body.s,
                                .len = body.len,
                                .is_mandatory = true};
        if (bus_publish(b, &m, &seq, &err) != ERR_OK)
            fail_msg("publish: %s", err.msg);
        test_bus_await(b, BUS_CONFIRMED);
        if (bus_queue_check(b, QUEUE_DEAD_LETTERS, &n, &consumers, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        if (clock_mono_us() > deadline)
            fail_msg("%u letters of %d bytes are kept", n, LETTER);
    }
    bus_free(b);
    registry_bed_await_metric("baton_dead_letters", 2);
    assert_true(registry_bed_metric("baton_dead_letters_bytes") <= 65536);
}

static void await_letters(const char *want, bool is_there)
{
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    for (;;) {
        AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
        struct err err = ERR_INIT;
        if (registry_dead_letters(bed.registry, &out, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        if ((strstr(out.s, want) != NULL) == is_there) {
            assert_null(strstr(out.s, "hush"));
            return;
        }
        if (clock_mono_us() > deadline)
            fail_msg("the dead letters are: %s", out.s);
    }
}

/* Of all rooms, their secrets masked, and they stay until they are deleted. */
static void test_dead_letters_are_looked_at(void **state)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    registry_bed_open();
    bus_free(peer_knock()); /* it is prepared */
    const struct test_vhost *rooms[] = {bed.inner, bed.vhost};
    for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
        struct bus_options o = test_bus_options(rooms[i], "dead");
        struct bus *b = bus_new(&o);
        const struct bus_header headers[] = {{"x-baton-queue", i ? "of.room" : "of.nfvo"},
                                             {"x-baton-reason", "it cannot be read"}};
        const struct bus_message m = {.routing_key = QUEUE_DEAD_LETTERS,
                                      .body = "{\"password\":\"hush\"}",
                                      .len = 19,
                                      .headers = headers,
                                      .header_n = 2,
                                      .is_mandatory = true};
        test_bus_await(b, BUS_READY);
        assert_int_equal(bus_publish(b, &m, &seq, &err), ERR_OK);
        test_bus_await(b, BUS_CONFIRMED);
        bus_free(b);
    }
    await_letters("\"queue\":\"of.nfvo\",\"reason\":\"it cannot be read\"", true);
    await_letters("\"queue\":\"of.room\"", true);
    await_letters(bed.vhost->name, true);
    assert_int_equal(registry_drop_dead_letters(bed.registry, &err), ERR_OK);
    await_letters("{", false);
}

int main(int argc, char **argv)
{
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
#define T(f) cmocka_unit_test_setup_teardown(f, registry_bed_set_up, registry_bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_queues_of_other_suites_are_not_listed),
        T(test_both_exchanges_and_spellings),
        T(test_lost_accounts_are_made_again),
        T(test_capabilities_and_rights),
        T(test_peers_may_be_administrators),
        T(test_rights_are_enforced),
        T(test_registrar_may_ask_as_a_java_vnfm),
        T(test_registrar_without_default_exchange),
        T(test_refused_with_its_reason),
        T(test_management_api_away),
        T(test_unregister),
        T(test_active_while_served),
        T(test_drivers_by_their_queues),
        T(test_pops_are_refreshed_when_their_driver_is_back),
        T(test_a_driver_that_restarts_lost_its_calls),
        T(test_a_vnfm_whose_queue_lasts_lost_its_request),
        T(test_a_vnfm_that_is_missed_lost_its_request),
        T(test_a_request_that_waits_is_not_lost),
        T(test_dead_letters_are_bounded),
        T(test_dead_letters_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
