/* Who may register what, and whom it reaches: attacks of issue 8, seen to succeed before it, and
 * rooms of enrolled accounts. A real broker and database. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/vnfm/account.h"
#include "tests/support/registry_bed.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *refused_words(struct bus *b)
{
    char user[64], password[64];
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    struct err err = ERR_INIT;
    assert_int_equal(manager_credentials_read(ev.delivery->body, ev.delivery->len, user, password,
                                              sizeof(user), &err),
                     ERR_DENIED);
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    return arena_strdup(&bed.memory, err.msg);
}

static const char *words_of_refusal(const char *body)
{
    struct bus *b = peer_knock();
    registry_bed_ask(b, TOPOLOGY_EXCHANGE, body);
    const char *words = refused_words(b);
    bus_free(b);
    return words;
}

static void assert_serves(struct bus *peer, const char *queue)
{
    struct bus_options o = test_bus_options(bed.vhost, "asker");
    struct bus *b = bus_new(&o);
    struct err err = ERR_INIT;
    uint64_t seq;
    test_bus_await(b, BUS_READY);
    assert_int_equal(bus_publish(b,
                                 &(struct bus_message){.routing_key = queue,
                                                       .body = "still you?",
                                                       .len = 10,
                                                       .is_mandatory = true},
                                 &seq, &err),
                     ERR_OK);
    struct bus_event ev = test_bus_await(peer, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "still you?");
    bus_ack(peer, ev.delivery->tag, ev.delivery->epoch);
    bus_free(b);
}

/* Rows 1 and 2: the running peer's password was told, and its answers were dropped from then on. */
static void attack_registering_a_type_that_is_served(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *honest =
        peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_serve(honest, registry_bed_own("java"), true);
    const char *words = words_of_refusal(peer_vnfm_body(registry_bed_own("java"), ""));
    assert_non_null(strstr(words, "is there, and serves"));
    assert_serves(b, registry_bed_own("java"));
    assert_true(peer_can_log_in(honest));
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM manager_credentials"), "1");
    assert_string_equal(
        test_query(bed.store->db, "SELECT string_agg(account, ' ') FROM vnfm_endpoint"),
        honest->username);
    assert_string_equal(
        test_query(bed.store->db, "SELECT count(*) FROM refusal WHERE kind = 'registration'"), "1");
    bus_free(b);
}

/* Row 2: a second active row of the type took half of the requests. */
static void attack_second_row_of_a_type(void **state)
{
    (void)state;
    registry_bed_open();
    struct bus *b = peer_serve(peer_register("", peer_vnfm_body(registry_bed_own("java"), "")),
                               registry_bed_own("java"), true);
    words_of_refusal(arena_printf(
        &bed.memory,
        "{\"action\":\"register\",\"type\":\"%s\",\"vnfmManagerEndpoint\":{\"type\":\"%s\","
        "\"endpoint\":\"%s\",\"endpointType\":\"RABBIT\"}}",
        registry_bed_own("java"), registry_bed_own("java"), registry_bed_own("mine")));
    words_of_refusal(arena_printf(/* another type on its queue */
                                  &bed.memory,
                                  "{\"action\":\"register\",\"type\":\"%s\","
                                  "\"vnfmManagerEndpoint\":{\"type\":\"%s\","
                                  "\"endpoint\":\"%s\",\"endpointType\":\"RABBIT\"}}",
                                  registry_bed_own("other"), registry_bed_own("other"),
                                  registry_bed_own("java")));
    assert_string_equal(
        test_query(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active"), "1");
    bus_free(b);
}

/* Row 1, for drivers: by the queue, and by the bare type, which covers it. */
static void attack_registering_a_driver_that_is_served(void **state)
{
    char *full = arena_printf(&bed.memory, "vim-drivers.%s.%s", registry_bed_own("driver"),
                              registry_bed_own("driver"));
    char *body = arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}", full);
    (void)state;
    registry_bed_open();
    struct bus *b = peer_serve(peer_register("", body), full, true);
    test_query_await(bed.store->db, "SELECT count(*) FROM vim_driver WHERE active", "1");
    words_of_refusal(body);
    words_of_refusal(arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}",
                                  registry_bed_own("driver")));
    assert_serves(b, full);
    bus_free(b);
}

/* The answer goes where the request says: into a queue of the NFVO's, of a driver or of another
 * VNFM it would have come with the NFVO's rights, and in its name. */
static void attack_reply_to_of_a_registration(void **state)
{
    static const char *const queues[] = {
        QUEUE_REPLIES,           QUEUE_ACTIONS,      QUEUE_MANAGER_HANDLING, QUEUE_DEAD_LETTERS,
        "vim-drivers.test.test", "vnfm.web.actions", "ems.generic.register", "nfvo.reply.c1"};
    struct err err = ERR_INIT;
    uint32_t messages = 0;
    uint64_t seq;
    (void)state;
    registry_bed_open();
    struct bus *b = peer_knock();
    struct bus_options o = test_bus_options(bed.vhost, "victims");
    struct bus *victims = bus_new(&o);
    for (size_t i = 0; i < ARRAY_LEN(queues); i++)
        if (strncmp(queues[i], "nfvo.", 5) != 0 && strcmp(queues[i], QUEUE_ACTIONS) != 0)
            bus_want_queue(victims, &(struct bus_queue){.name = queues[i]});
    bus_want_queue(victims, &(struct bus_queue){.name = "nfvo.reply.c1"});
    test_bus_await(victims, BUS_READY);
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        const char *body =
            peer_vnfm_body(arena_printf(&bed.memory, "%s-%zu", registry_bed_own("evil"), i), "");
        struct bus_message m = {.routing_key = QUEUE_MANAGER_HANDLING,
                                .body = body,
                                .len = strlen(body),
                                .correlation_id = "c1",
                                .reply_to = queues[i]};
        assert_int_equal(bus_publish(b, &m, &seq, &err), ERR_OK);
    }
    peer_register("",
                  peer_vnfm_body(registry_bed_own("java"), "")); /* all before it were dealt with */
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        if (strcmp(queues[i], QUEUE_DEAD_LETTERS) == 0)
            continue; /* what is refused is kept there, masked */
        assert_int_equal(bus_queue_check(victims, queues[i], &messages, NULL, &err), ERR_OK);
        if (messages != 0)
            fail_msg("'%s' got the answer to a registration", queues[i]);
    }
    bus_free(victims);
    bus_free(b);
}

/* The account of one that is gone ends, and its place is free. */
static void test_a_peer_that_restarts_gets_another_account(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *first =
        peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    bus_free(peer_serve(first, registry_bed_own("java"), true));
    struct manager_credentials *second =
        peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    assert_string_not_equal(first->username, second->username);
    assert_string_not_equal(first->password, second->password);
    assert_true(peer_can_log_in(second));
    test_query_await(bed.store->db, "SELECT count(*) FROM manager_credentials", "1");
    assert_false(peer_can_log_in(first));
}

/* It says who it is, and the broker vouches for that: so nobody else is told its password. */
static void test_a_peer_that_registers_again_proves_who_it_is(void **state)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_connect(c->username, c->password);
    bus_want_queue(b, &(struct bus_queue){.name = "answers",
                                          .is_server_named = true,
                                          .is_exclusive = true,
                                          .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "answers"});
    bus_want_queue(b, &(struct bus_queue){.name = registry_bed_own("java"), .is_durable = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = registry_bed_own("java")});
    test_bus_await(b, BUS_READY);
    const char *body = peer_vnfm_body(registry_bed_own("java"), "");
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = QUEUE_MANAGER_HANDLING,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = "corr-1",
                            .user_id = c->username,
                            .reply_to = bus_queue_name(b, "answers")};
    assert_int_equal(bus_publish(b, &m, &seq, &err), ERR_OK);
    struct manager_credentials *again = peer_answer(b);
    assert_string_equal(again->username, c->username);
    assert_string_equal(again->password, c->password);
    bus_free(b);
}

/* Where it was open before, the NFVO's own virtual host perhaps, its user does not stay. */
static void attack_registering_where_it_was_open(void **state)
{
    struct registry_options before = bed.options;
    (void)state;
    struct test_vhost *other = test_vhost_later();
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_serve(c, registry_bed_own("java"), true), *known = peer_knock();
    registry_close(bed.registry);
    test_broker_api(bed.inner, "PUT", /* as an NFVO of before had it */
                    arena_printf(&bed.memory, "permissions/%s/%s", bed.inner->name, bed.registrar),
                    "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}", NULL);
    bed.options.registration_room = other->name;
    registry_bed_open();
    test_bus_await(known, BUS_LOST);
    test_bus_await(b, BUS_LOST);
    test_query_await(bed.store->db, "SELECT count(*) FROM manager_credentials", "0");
    assert_string_equal(test_query(bed.store->db, "SELECT string_agg(name, ' ') FROM room"),
                        other->name);
    const struct manager_credentials knock = {.username = bed.registrar, .password = "knock"};
    struct test_vhost *const all[] = {other, bed.vhost, bed.inner};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
        bed.vhost = all[i];
        while (peer_can_log_in(&knock) != (all[i] == other))
            assert_true(clock_mono_us() < deadline);
    }
    bed.vhost = all[1];
    bed.options = before;
    bus_free(known);
    bus_free(b);
    registry_close(bed.registry);
    bed.registry = NULL;
    test_vhost_free(other);
}

/* Registration is closed: the well-known user goes, and what came by it. */
static void test_closing_the_registration(void **state)
{
    (void)state;
    registry_bed_open();
    struct manager_credentials *c = peer_register("", peer_vnfm_body(registry_bed_own("java"), ""));
    struct bus *b = peer_serve(c, registry_bed_own("java"), true);
    registry_close(bed.registry);
    bed.options.is_registration_open = false;
    registry_bed_open();
    test_bus_await(b, BUS_LOST);
    test_query_await(bed.store->db, "SELECT count(*) FROM manager_credentials", "0");
    assert_false(peer_can_log_in(c));
    assert_false(peer_can_log_in(
        &(struct manager_credentials){.username = bed.registrar, .password = "knock"}));
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM room"), "0");
    bus_free(b);
}

/* Both are "/" until somebody says otherwise: who sets registration-open alone gets told, and not a
 * broker on which everybody speaks as the NFVO. */
static void attack_open_registration_in_the_inner_room(void **state)
{
    (void)state;
    const struct {
        const char *inner, *room, *agents, *words;
    } cases[] = {{"/", "/", "a", "registration-room and broker-vhost are both '/'"},
                 {"", "/", "a", "registration-room and broker-vhost are both '/'"},
                 {"/", "", "a", "registration-room and broker-vhost are both '/'"},
                 {"baton", "baton", "", "registration-room and broker-vhost are both 'baton'"},
                 {"baton", "a", "a", "registration-room and agents-vhost are both 'a'"},
                 {"a", "/", "a", "agents-vhost and broker-vhost are both 'a'"}};
    struct registry_setup setup = {
        .options = &bed.options, .bus = &bed.login, .store = bed.store->store};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = ERR_INIT;
        bed.login.vhost = cases[i].inner;
        bed.options.registration_room = cases[i].room;
        bed.options.agents_vhost = cases[i].agents;
        assert_int_equal(registry_open(&bed.registry, &setup, &err), ERR_INVALID);
        assert_non_null(strstr(err.msg, cases[i].words));
        assert_true(err.hint[0] && strlen(err.hint) + 1 < sizeof(err.hint)); /* not cut */
        bed.registry = NULL;
    }
    bed.options.is_registration_open = false;
    bed.login.vhost = bed.options.registration_room = "/";
    assert_int_equal(registry_check_options(&bed.options, "/", &(struct err)ERR_INIT), ERR_OK);
}

/* --- in a room of its own -----------------------------------------------------------------------
 */

static const char *enrol_account(const struct account_wish *wish)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct registry_setup setup = {
        .options = &bed.options, .bus = &bed.login, .store = bed.store->store};
    if (account_enrol(bed.store->db, &setup, wish, &bed.memory, &told, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    const char *password = arena_strdup(&bed.memory, told.password.s);
    account_told_release(&told);
    test_query_await(bed.store->db,
                     arena_printf(&bed.memory,
                                  "SELECT state FROM manager_credentials WHERE username = "
                                  "'%s'",
                                  wish->name),
                     "ready");
    return password;
}

static struct bus *connect_in_room(const char *name, const char *password)
{
    struct bus_options o = test_bus_options(bed.vhost, name);
    o.user = name;
    o.password = password;
    o.vhost = arena_printf(&bed.memory, "%s.%s", bed.inner->name, name);
    struct bus *b = bus_new(&o);
    bus_want_queue(b, &(struct bus_queue){.name = "answers",
                                          .is_server_named = true,
                                          .is_exclusive = true,
                                          .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "answers"});
    test_bus_await(b, BUS_READY);
    return b;
}

/* Its queue declares what is asked for with mandatory: until the registry has its own there. */
static struct manager_credentials *enroll_in_room(struct bus *b, const char *body)
{
    struct err err = ERR_INIT;
    uint32_t messages, consumers = 0;
    int64_t deadline = clock_mono_us() + 60 * USEC_PER_SEC;
    while (bus_queue_check(b, QUEUE_MANAGER_HANDLING, &messages, &consumers, &err) != ERR_OK ||
           consumers == 0) {
        poll(NULL, 0, 20);
        assert_true(clock_mono_us() < deadline);
    }
    registry_bed_ask(b, TOPOLOGY_EXCHANGE, body);
    return peer_answer(b);
}

static void test_an_enrolled_peer_goes_on_with_its_account(void **state)
{
    (void)state;
    registry_bed_open();
    const char *name = registry_bed_own("guest-1");
    const char *password =
        enrol_account(&(struct account_wish){.name = name, .type = registry_bed_own("java")});
    struct bus *b = connect_in_room(name, password);
    struct manager_credentials *c =
        enroll_in_room(b, peer_vnfm_body(registry_bed_own("java"), ",\"instance\":\"one\""));
    assert_string_equal(c->username, name);
    assert_string_equal(c->password, password);
    enroll_in_room(
        b, peer_vnfm_body(registry_bed_own("java"), ",\"instance\":\"two\"")); /* shares it */
    bus_want_queue(b, &(struct bus_queue){.name = registry_bed_own("java"), .is_durable = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = registry_bed_own("java")});
    test_query_await(bed.store->db, "SELECT room || ' ' || active FROM vnfm_endpoint",
                     arena_printf(&bed.memory, "%s.%s true", bed.inner->name, name));
    /* Another type is not its. */
    registry_bed_ask(b, TOPOLOGY_EXCHANGE, peer_vnfm_body(registry_bed_own("python"), ""));
    assert_non_null(strstr(refused_words(b), "was enrolled for type"));
    /* Processes leave one by one; the account stays. */
    char *instances = arena_strdup(&bed.memory, "SELECT instances FROM manager_credentials");
    peer_say_goodbye(b, c, c->password, ",\"instance\":\"one\"");
    test_query_await(bed.store->db, instances, "two");
    peer_say_goodbye(b, c, c->password, ",\"instance\":\"two\"");
    test_query_await(bed.store->db, "SELECT count(*) FROM vnfm_endpoint", "0");
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM manager_credentials"), "1");
    bus_free(b);
}

/* Whether it runs or not. */
static void attack_open_registration_takes_an_enrolled_type(void **state)
{
    (void)state;
    registry_bed_open();
    enrol_account(
        &(struct account_wish){.name = registry_bed_own("g"), .type = registry_bed_own("java")});
    enrol_account(&(struct account_wish){
        .name = registry_bed_own("d"), .kind = "driver", .type = registry_bed_own("driver")});
    assert_non_null(strstr(words_of_refusal(peer_vnfm_body(registry_bed_own("java"), "")),
                           registry_bed_own("g")));
    words_of_refusal(arena_printf(&bed.memory, "{\"type\":\"%s\",\"action\":\"register\"}",
                                  registry_bed_own("driver")));
    words_of_refusal(arena_printf(&bed.memory,
                                  "{\"type\":\"vim-drivers.%s.x\",\"action\":\"register\"}",
                                  registry_bed_own("driver")));
    assert_string_equal(test_query(bed.store->db, "SELECT count(*) FROM manager_credentials"), "2");
}

/* A queue of that name in another room is not the driver's or the VNFM's. */
static void attack_queue_of_a_peer_declared_in_another_room(void **state)
{
    (void)state;
    registry_bed_open();
    const char *name = registry_bed_own("g");
    const char *password =
        enrol_account(&(struct account_wish){.name = name, .type = registry_bed_own("java")});
    struct bus *b = connect_in_room(name, password);
    enroll_in_room(b, peer_vnfm_body(registry_bed_own("java"), ""));
    test_query_await(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active", "0");
    struct bus_options o = test_bus_options(bed.vhost, "attacker"); /* in the open room */
    struct bus *attacker = bus_new(&o);
    bus_want_queue(attacker,
                   &(struct bus_queue){.name = registry_bed_own("java"), .is_durable = true});
    bus_want_consumer(attacker, &(struct bus_consumer){.queue = registry_bed_own("java")});
    test_bus_await(attacker, BUS_READY);
    registry_bed_await_metric("baton_manager_checks_total",
                              registry_bed_metric("baton_manager_checks_total") + 5);
    assert_string_equal(
        test_query(bed.store->db, "SELECT count(*) FROM vnfm_endpoint WHERE active"), "0");
    bus_free(attacker);
    bus_free(b);
}

/* A virtual host that somebody else made is not taken as the open room. That costs open registration
 * only, and is told. */
static void test_a_foreign_open_room_stops_no_enrolment(void **state)
{
    AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
    struct test_vhost *foreign = test_vhost_new();
    (void)state;
    bed.options.registration_room = foreign->name;
    registry_bed_open();
    enrol_account(&(struct account_wish){.name = registry_bed_own("firewall"),
                                         .type = registry_bed_own("java")});
    registry_render_broker(bed.registry, &said);
    assert_false(registry_is_open(bed.registry));
    assert_true(registry_is_refused(bed.registry)); /* the start does not wait for it */
    assert_non_null(strstr(said.s, "that is not ours"));
    assert_non_null(strstr(said.s, arena_printf(&bed.memory, "delete_vhost %s", foreign->name)));
    assert_null(strstr(said.s, "openRoom"));
    registry_close(bed.registry);
    bed.registry = NULL;
    test_vhost_free(foreign);
}

int main(int argc, char **argv)
{
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
#define T(f) cmocka_unit_test_setup_teardown(f, registry_bed_set_up, registry_bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(attack_registering_a_type_that_is_served),
        T(attack_second_row_of_a_type),
        T(attack_registering_a_driver_that_is_served),
        T(attack_reply_to_of_a_registration),
        T(test_a_peer_that_restarts_gets_another_account),
        T(test_a_peer_that_registers_again_proves_who_it_is),
        T(attack_registering_where_it_was_open),
        T(test_closing_the_registration),
        T(attack_open_registration_in_the_inner_room),
        T(test_an_enrolled_peer_goes_on_with_its_account),
        T(attack_open_registration_takes_an_enrolled_type),
        T(attack_queue_of_a_peer_declared_in_another_room),
        T(test_a_foreign_open_room_stops_no_enrolment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
