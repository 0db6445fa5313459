/* Accounts that are enrolled before their peer starts: nfvo/vnfm/account.h and nfvo --enrol against
 * a real broker and database. Users are global on the broker: each test's bear its vhost's name. */
#include "common/base/mem.h"
#include "common/daemon/daemon.h"
#include "common/sys/clock.h"
#include "nfvo/context.h"
#include "nfvo/enrol.h"
#include "nfvo/vnfm/account.h"
#include "nfvo/vnfm/management.h"
#include "proto/rights.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOT_ALLOWED = 530, REFUSED = 403, PRECONDITION = 406 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct registry_setup setup;
static struct management management;
static struct arena memory;

static char *own(const char *prefix)
{
    return arena_printf(&memory, "%s-%s", prefix, vhost->name);
}

/* "" of the suite in this vhost: VHOST.NAME */
static char *room_of(const char *name)
{
    return arena_printf(&memory, "%s.%s", vhost->name, name);
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    ts = test_nfvo_store_new("account");
    login = test_bus_options(vhost, "nfvo");
    options = (struct registry_options){.management_host = vhost->host,
                                        .management_port = vhost->management_port,
                                        .management_timeout_ms = 5000,
                                        .registration_user = own("registrar"),
                                        .agents_managers = "",
                                        .dead_letters_max = 65536,
                                        .dead_letters_keep_ms = 3600000,
                                        .room_max_queues = 20,
                                        .room_max_connections = 3,
                                        .room_max_bytes = 100000,
                                        .account_max_channels = 8};
    setup = (struct registry_setup){.options = &options, .bus = &login, .store = ts->store};
    management_init(&management, &setup, -1);
    return 0;
}

static int tear_down(void **state)
{
    struct store_account *all;
    size_t n;
    (void)state;
    if (store_accounts_all(ts->db, &memory, &all, &n, NULL) == ERR_OK)
        for (size_t i = 0; i < n; i++) {
            test_broker_api(vhost, "DELETE", arena_printf(&memory, "users/%s", all[i].name), NULL,
                            NULL);
            test_broker_api(vhost, "DELETE", arena_printf(&memory, "vhosts/%s", all[i].room), NULL,
                            NULL);
        }
    if (options.agents_vhost)
        test_broker_api(vhost, "DELETE", arena_printf(&memory, "vhosts/%s", options.agents_vhost),
                        NULL, NULL);
    management_release(&management);
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    arena_release(&memory);
    return 0;
}

static const char *enrol(const struct account_wish *wish)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct account_place where = {.management = &management, .setup = &setup, .db = ts->db};
    bool is_done = false;
    if (account_enrol(ts->db, &setup, wish, &memory, &told, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    const char *password = arena_strdup(&memory, told.password.s);
    account_told_release(&told);
    if (account_converge(&where, wish->name, &is_done, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_true(is_done);
    return password;
}

static void refuse(const struct account_wish *wish, enum err_code want, const char *words)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    enum err_code rc = account_enrol(ts->db, &setup, wish, &memory, &told, &err);
    account_told_release(&told);
    if (rc != want || !strstr(err.msg, words) || !err.msg[0])
        fail_msg("%s: %s", err_name(rc), err.msg);
}

static struct bus *connect_as(const char *user, const char *password, const char *room)
{
    struct bus_options o = test_bus_options(vhost, user);
    o.user = user;
    o.password = password;
    o.vhost = room;
    return bus_new(&o);
}

static long status_of(const char *path)
{
    return test_broker_api(vhost, "GET", path, NULL, NULL);
}

static void delete_account(const char *name)
{
    struct err err = ERR_INIT;
    const struct account_place where = {.management = &management, .setup = &setup, .db = ts->db};
    bool is_done = false;
    if (store_account_end(ts->db, name, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    for (int i = 0; i < 2 && !is_done; i++)
        if (account_converge(&where, name, &is_done, &err) != ERR_OK)
            fail_msg("%s", err.msg);
    assert_true(is_done);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_an_enrolled_peer_has_a_room_of_its_own(void **state)
{
    const char *name = own("vnfm"), *room = room_of(name);
    const char *password = enrol(&(struct account_wish){.name = name, .type = own("t")});
    (void)state;
    struct bus *b = connect_as(name, password, room);
    bus_want_queue(b, &(struct bus_queue){.name = own("t"), .is_durable = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = own("t")});
    test_bus_await(b, BUS_READY);
    bus_free(b);
    b = connect_as(name, password, vhost->name);
    assert_int_equal(test_bus_await(b, BUS_FAULT).code, NOT_ALLOWED);
    bus_free(b);
    b = connect_as(name, password, room);
    bus_want_queue(b, &(struct bus_queue){.name = "nfvo.replies", .is_durable = true});
    assert_int_equal(test_bus_await(b, BUS_FAULT).code, REFUSED);
    bus_free(b);
    assert_string_equal(test_query(ts->db, "SELECT state || kind FROM room"), "readypeer");
    /* No password is in the database as it is. */
    assert_string_equal(
        test_query(ts->db, arena_printf(&memory,
                                        "SELECT count(*) FROM manager_credentials m WHERE "
                                        "m::text LIKE '%%%s%%'",
                                        password)),
        "0");
}

/* Row 12 of issue 8: 600 queues and 150 connections were possible. */
static void test_a_room_has_limits(void **state)
{
    AUTO(freep) char *policy = NULL;
    struct bus *b[4];
    const char *name = own("vnfm"), *room = room_of(name);
    const char *password = enrol(&(struct account_wish){.name = name, .type = own("t")});
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(b); i++) {
        b[i] = connect_as(name, password, room);
        if (i < 3)
            test_bus_await(b[i], BUS_READY);
        else
            assert_int_equal(test_bus_await(b[i], BUS_FAULT).code, NOT_ALLOWED);
    }
    for (int i = 0; i < 21; i++)
        bus_want_queue(b[0], &(struct bus_queue){.name = arena_printf(&memory, "q%d", i),
                                                 .is_server_named = true,
                                                 .is_exclusive = true,
                                                 .is_auto_delete = true});
    assert_int_equal(test_bus_await(b[0], BUS_FAULT).code, PRECONDITION);
    for (size_t i = 0; i < ARRAY_LEN(b); i++)
        bus_free(b[i]);
    /* What the broker itself moves to the dead letters is whole: it does not stay for ever. */
    const char *path = arena_printf(&memory, "policies/%s/" QUEUE_DEAD_LETTERS, room);
    assert_int_equal(test_broker_api(vhost, "GET", path, NULL, &policy), 200);
    assert_non_null(strstr(policy, "\"message-ttl\":3600000"));
    assert_non_null(strstr(policy, "\"max-length-bytes\":65536"));
}

static void test_names_and_types_that_are_taken(void **state)
{
    (void)state;
    enrol(&(struct account_wish){.name = own("a"), .type = own("t")});
    refuse(&(struct account_wish){.name = own("a"), .type = own("u")}, ERR_EXISTS, "already");
    refuse(&(struct account_wish){.name = own("b"), .type = own("t")}, ERR_STATE, own("a"));
    refuse(&(struct account_wish){.name = "guest", .type = "x"}, ERR_DENIED, "NFVO");
    refuse(&(struct account_wish){.name = options.registration_user, .type = "x"}, ERR_DENIED, "");
    refuse(&(struct account_wish){.name = "ems.host-1", .type = "x"}, ERR_DENIED, "agents");
    refuse(&(struct account_wish){.name = "a b", .type = "x"}, ERR_INVALID, "name");
    refuse(&(struct account_wish){.name = own("c")}, ERR_INVALID, "type");
    refuse(&(struct account_wish){.name = own("c"), .type = "nfvo.replies"}, ERR_DENIED, "");
    refuse(&(struct account_wish){.name = own("c"), .type = "x", .room = vhost->name}, ERR_DENIED,
           "NFVO's own");
    refuse(&(struct account_wish){.name = own("c"), .kind = "companion", .queue = "nfvo"},
           ERR_DENIED, "reserved");
    refuse(&(struct account_wish){.name = own("c"), .kind = "emperor", .type = "x"}, ERR_INVALID,
           "kind");
}

/* --- what enrolment puts on the broker is the row of the table -------------------------------- */

static const json_t *right_in(const json_t *list, const char *vhost_name)
{
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) if (strcmp(json_string_value(json_object_get(r, "vhost")),
                                              vhost_name) == 0) return r;
    return NULL;
}

static void assert_pattern(const json_t *right, const char *member, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(right, member)), want);
}

static json_t *ask_broker(const char *path)
{
    AUTO(freep) char *reply = NULL;
    assert_int_equal(test_broker_api(vhost, "GET", path, NULL, &reply), 200);
    json_t *all = json_loads(reply, 0, NULL);
    assert_non_null(all);
    return all;
}

static void assert_row(const char *user, const char *in, enum rights_account who,
                       const struct rights_names *names)
{
    AUTO(topology_rights_release) struct topology_rights want = RIGHTS_INIT;
    rights_of(who, names, &want);
    json_t *all = ask_broker(arena_printf(&memory, "users/%s/permissions", user));
    const json_t *right = right_in(all, in);
    assert_non_null(right);
    assert_pattern(right, "configure", want.configure.s);
    assert_pattern(right, "write", want.write.s);
    assert_pattern(right, "read", want.read.s);
    json_decref(all);
    all = ask_broker(arena_printf(&memory, "users/%s/topic-permissions", user));
    const json_t *topic = right_in(all, in);
    assert_int_equal(topic != NULL, want.exchanges[0] != NULL);
    if (topic) { /* the same for each of its exchanges */
        assert_pattern(topic, "write", want.topic_write.s);
        assert_pattern(topic, "read", want.topic_read.s);
    }
    json_decref(all);
}

static size_t count_of(const char *path)
{
    json_t *all = ask_broker(path);
    size_t n = json_array_size(all);
    json_decref(all);
    return n;
}

/* tests/hostile/test_rights.c attacks with the rows; here is that accounts have just those. */
static void test_each_kind_has_the_rights_of_its_row(void **state)
{
    const char *prefix = own("nfvo.p"), *agents = own("agents");
    const struct {
        const char *kind, *type, *queue;
        enum rights_account who;
        struct rights_names names;
    } cases[] = {
        {"vnfm", own("t"), NULL, RIGHTS_PEER, {.queue = own("t")}},
        {"vnfm", own("m"), NULL, RIGHTS_PEER, {.queue = own("m")}}, /* of agents, too */
        {"driver", "bare", NULL, RIGHTS_DRIVER_BARE, {.type = "bare"}},
        {"driver",
         "named",
         "vim-drivers.named.one",
         RIGHTS_PEER,
         {.queue = "vim-drivers.named.one"}},
        {"monitor", "zabbix", NULL, RIGHTS_MONITOR, {.type = "zabbix"}},
        {"subscriber", NULL, prefix, RIGHTS_SUBSCRIBER, {.prefix = prefix}},
        {"companion", NULL, prefix, RIGHTS_COMPANION, {.prefix = prefix}},
        {"collector", NULL, NULL, RIGHTS_METRICS, {0}},
    };
    (void)state;
    options.agents_vhost = agents;
    options.agents_managers = own("m");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *name = arena_printf(&memory, "%s-%zu", own("kind"), i);
        bool is_collector = cases[i].who == RIGHTS_METRICS, is_manager = i == 1;
        enrol(&(struct account_wish){
            .name = name, .kind = cases[i].kind, .type = cases[i].type, .queue = cases[i].queue});
        assert_row(name, is_collector ? agents : room_of(name), cases[i].who, &cases[i].names);
        if (is_manager)
            assert_row(name, agents, RIGHTS_AGENTS_MANAGER,
                       &(struct rights_names){.endpoint = own("m")});
        assert_int_equal(count_of(arena_printf(&memory, "users/%s/permissions", name)),
                         1 + is_manager);
        json_t *user = ask_broker(arena_printf(&memory, "users/%s", name));
        json_t *tags = json_object_get(user, "tags"); /* a mark of ours, which allows nothing */
        assert_int_equal(json_array_size(tags), 1);
        assert_string_equal(json_string_value(json_array_get(tags, 0)), "baton-manager");
        json_decref(user);
    }
}

/* A collector takes what agents measure, and has no room; the agents' stays when it goes. */
static void test_a_collector_of_what_agents_measure(void **state)
{
    const char *name = own("metrics"), *agents = own("agents");
    struct err err = ERR_INIT;
    uint64_t seq;
    (void)state;
    refuse(&(struct account_wish){.name = name, .kind = "collector"}, ERR_STATE, "no agents");
    options.agents_vhost = agents;
    refuse(&(struct account_wish){.name = name, .kind = "collector", .type = "x"}, ERR_INVALID,
           "no type");
    refuse(&(struct account_wish){.name = name, .kind = "collector", .room = "x"}, ERR_INVALID,
           agents);
    const char *password = enrol(&(struct account_wish){.name = name, .kind = "collector"});
    struct store_account m = {0};
    assert_int_equal(store_account_get(ts->db, name, &memory, &m, &err), ERR_OK);
    assert_int_equal(account_may_register(&m, "x", "x", &err), ERR_DENIED);
    assert_int_equal(account_may_register(&m, "x", NULL, &err), ERR_DENIED);
    struct bus *b = connect_as(name, password, agents);
    bus_want_queue(b, &(struct bus_queue){.name = QUEUE_AGENT_METRICS, .is_passive = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = QUEUE_AGENT_METRICS});
    test_bus_await(b, BUS_READY);
    assert_int_equal(
        test_broker_api(vhost, "POST",
                        arena_printf(&memory, "exchanges/%s/amq.default/publish", agents),
                        "{\"properties\":{},\"routing_key\":\"ems.metrics\","
                        "\"payload\":\"cpu 3\",\"payload_encoding\":\"string\"}",
                        NULL),
        200);
    struct bus_event ev = test_bus_await(b, BUS_DELIVERY);
    assert_string_equal(ev.delivery->body, "cpu 3");
    bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    assert_int_equal(
        bus_publish(b, &(struct bus_message){.routing_key = QUEUE_AGENT_METRICS}, &seq, &err),
        ERR_OK);
    assert_int_equal(test_bus_await(b, BUS_FAULT).code, REFUSED);
    bus_free(b);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM room"), "0");
    delete_account(name);
    assert_int_equal(status_of(arena_printf(&memory, "users/%s", name)), 404);
    assert_int_equal(status_of(arena_printf(&memory, "vhosts/%s", agents)), 200);
}

/* An operator's login, or another program's virtual host, is not taken over. */
static void test_what_is_not_ours_is_left_alone(void **state)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct account_place where = {.management = &management, .setup = &setup, .db = ts->db};
    const char *name = own("operator");
    bool is_done = true;
    (void)state;
    test_user_new(vhost, name, "mine", ".*", ".*", ".*");
    assert_int_equal(account_enrol(ts->db, &setup,
                                   &(struct account_wish){.name = name, .type = "x"}, &memory,
                                   &told, &err),
                     ERR_OK);
    account_told_release(&told);
    assert_int_equal(account_converge(&where, name, &is_done, &err), ERR_EXISTS);
    assert_false(is_done);
    struct bus *b = connect_as(name, "mine", vhost->name);
    test_bus_await(b, BUS_READY);
    bus_free(b);
}

/* A connection that is open outlives the rotation; the old password does not. */
static void test_rotation_does_not_interrupt(void **state)
{
    struct err err = ERR_INIT;
    struct account_told told = ACCOUNT_TOLD_INIT;
    const struct account_place where = {.management = &management, .setup = &setup, .db = ts->db};
    const char *name = own("vnfm"), *room = room_of(name);
    const char *password = enrol(&(struct account_wish){.name = name, .type = own("t")});
    bool is_done = false;
    uint64_t seq;
    (void)state;
    struct bus *b = connect_as(name, password, room), *c;
    bus_want_queue(b, &(struct bus_queue){.name = own("t"), .is_durable = true});
    test_bus_await(b, BUS_READY);
    assert_int_equal(account_rotate(ts->db, &setup, name, &told, &err), ERR_OK);
    assert_int_equal(account_converge(&where, name, &is_done, &err), ERR_OK);
    assert_string_not_equal(told.password.s, password);
    assert_int_equal(
        bus_publish(b, &(struct bus_message){.routing_key = own("t"), .is_mandatory = true}, &seq,
                    &err),
        ERR_OK);
    test_bus_await(b, BUS_CONFIRMED);
    bus_free(b);
    c = connect_as(name, password, room);
    assert_int_equal(test_bus_await(c, BUS_FAULT).code, REFUSED);
    bus_free(c);
    c = connect_as(name, told.password.s, room);
    test_bus_await(c, BUS_READY);
    bus_free(c);
    account_told_release(&told);
}

/* The room goes with the last one in it. */
static void test_deleting_closes_and_clears(void **state)
{
    const char *name = own("vnfm"), *room = room_of(name), *second = own("driver");
    const char *password = enrol(&(struct account_wish){.name = name, .type = own("t")});
    const char *other = enrol(
        &(struct account_wish){.name = second, .kind = "driver", .type = own("d"), .room = room});
    (void)state;
    struct bus *b = connect_as(name, password, room), *c = connect_as(second, other, room);
    test_bus_await(b, BUS_READY);
    test_bus_await(c, BUS_READY);
    delete_account(name);
    test_bus_await(b, BUS_LOST);
    assert_int_equal(test_bus_await(b, BUS_FAULT).code, REFUSED);
    assert_int_equal(status_of(arena_printf(&memory, "vhosts/%s", room)), 200);
    delete_account(second);
    test_bus_await(c, BUS_LOST);
    assert_int_equal(status_of(arena_printf(&memory, "vhosts/%s", room)), 404);
    assert_int_equal(status_of(arena_printf(&memory, "users/%s", second)), 404);
    assert_string_equal(test_query(ts->db, "SELECT (SELECT count(*) FROM room) + (SELECT count(*) "
                                           "FROM manager_credentials)"),
                        "0");
    bus_free(b);
    bus_free(c);
}

/* --- nfvo --enrol ----------------------------------------------------------------------------- */

static int enrol_offline(const char *name, const char *type, bool is_rotated, const char *path)
{
    struct nfvo *n = xcalloc(1, sizeof(*n));
    n->options.store = ts->options;
    n->options.registry = options;
    n->options.broker = (struct broker_settings){.host = vhost->host,
                                                 .port = vhost->port,
                                                 .vhost = vhost->name,
                                                 .user = vhost->user,
                                                 .password = vhost->password};
    n->options.enrol = (struct enrol_settings){.name = name,
                                               .type = type,
                                               .kind = "vnfm",
                                               .is_rotated = is_rotated,
                                               .password_path = path,
                                               .timeout_ms = 20000};
    int code = enrol_once(n);
    free(n);
    return code;
}

static const char *content(const char *path)
{
    char text[256] = "";
    FILE *f = fopen(path, "r");
    struct stat st;
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_non_null(fgets(text, sizeof(text), f));
    fclose(f);
    text[strcspn(text, "\n")] = '\0';
    return arena_strdup(&memory, text);
}

static void test_offline_enrolment(void **state)
{
    char dir[] = "/tmp/test-enrol-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(dir));
    const char *name = own("mine"), *path = arena_printf(&memory, "%s/password", dir);
    assert_int_equal(enrol_offline(name, own("t"), false, path), DAEMON_EXIT_OK);
    const char *first = content(path);
    struct bus *b = connect_as(name, first, room_of(name));
    test_bus_await(b, BUS_READY);
    bus_free(b);
    /* Again: as it was, also where the broker forgot it. */
    test_user_free(vhost, name);
    assert_int_equal(enrol_offline(name, own("t"), false, path), DAEMON_EXIT_OK);
    assert_string_equal(content(path), first);
    b = connect_as(name, first, room_of(name));
    test_bus_await(b, BUS_READY);
    bus_free(b);
    assert_int_equal(enrol_offline(name, own("t"), true, path), DAEMON_EXIT_OK);
    assert_string_not_equal(content(path), first);
    /* Another type under that name is a mistake, and changes nothing. */
    assert_int_equal(enrol_offline(name, own("u"), false, path), DAEMON_EXIT_FAILURE);
    assert_int_equal(enrol_offline(own("no-file"), own("v"), false, ""), DAEMON_EXIT_CONFIG);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM manager_credentials"), "1");
    assert_int_equal(system(arena_printf(&memory, "rm -r %s", dir)), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) /* only this one */
        cmocka_set_test_filter(argv[1]);
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_an_enrolled_peer_has_a_room_of_its_own),
        T(test_a_room_has_limits),
        T(test_names_and_types_that_are_taken),
        T(test_each_kind_has_the_rights_of_its_row),
        T(test_a_collector_of_what_agents_measure),
        T(test_what_is_not_ours_is_left_alone),
        T(test_rotation_does_not_interrupt),
        T(test_deleting_closes_and_clears),
        T(test_offline_enrolment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
