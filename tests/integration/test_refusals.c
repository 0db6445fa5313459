/* What the broker refuses to agents, VNFMs and drivers is found and stored with what to do; agents
 * that are gone are missed: nfvo/vnfm/broker_watch.c against a real broker (log.exchange = true)
 * and database. Users are global on the broker, so they carry the name of the test's vhost. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"
#include "nfvo/vnfm/internal.h"
#include "tests/support/broker.h"
#include "tests/support/nfvo_store.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = 403, DEADLINE_S = 90, FLOOD = 20000 };

static struct test_vhost *vhost;
static struct test_nfvo_store *ts;
static struct registry_options options;
static struct bus_options login;
static struct test_vhost *trial; /* where anybody may register */
static struct registry *registry, *second;
static struct audit *audit_log;
static struct arena memory;
static char *agents; /* their vhost */

static char *own(const char *prefix)
{
    return arena_printf(&memory, "%s-%s", prefix, vhost->name);
}

static const char *metrics_text(struct registry *r)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    registry_render_metrics(r, &text);
    return arena_strdup(&memory, text.s);
}

static void await_metric(struct registry *r, const char *line)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (; !strstr(metrics_text(r), line); poll(NULL, 0, 10))
        if (clock_mono_us() > deadline)
            fail_msg("no %s in: %s", line, metrics_text(r));
}

static struct registry_setup setup_of_test(void)
{
    return (struct registry_setup){
        .options = &options, .bus = &login, .store = ts->store, .audit = audit_log};
}

static struct registry *open_registry(void)
{
    struct err err = ERR_INIT;
    struct registry *r = NULL;
    struct registry_setup setup = setup_of_test();
    if (registry_open(&r, &setup, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    await_metric(r, "\nbaton_broker_log_read 1\n");
    return r;
}

static int set_up(void **state)
{
    (void)state;
    vhost = test_vhost_new();
    trial = test_vhost_later();
    static const struct audit_options audit_options = {
        .path = "", .keep_ms = 3600000, .rows_max = 1000};
    struct err err = ERR_INIT;
    ts = test_nfvo_store_new("refusals");
    if (audit_open(&audit_log, &audit_options, ts->store, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    login = test_bus_options(vhost, "nfvo");
    agents = arena_printf(&memory, "%s-agents", vhost->name);
    options = (struct registry_options){.management_host = vhost->host,
                                        .management_port = vhost->management_port,
                                        .management_timeout_ms = 5000,
                                        .is_registration_open = true,
                                        .registration_room = trial->name,
                                        .room_max_queues = 1000,
                                        .room_max_connections = 100,
                                        .account_max_channels = 100,
                                        .registration_user = own("r"),
                                        .registration_password = "knock",
                                        .check_interval_ms = 100,
                                        .agents_vhost = agents,
                                        .agents_managers = ""};
    return 0;
}

static int tear_down(void **state)
{
    static const char *const kinds[] = {"r", "vnfm", "vim-drivers.test.d", "dumb"};
    (void)state;
    registry_close(registry);
    registry_close(second);
    registry = second = NULL;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        test_broker_api(vhost, "DELETE", arena_printf(&memory, "users/%s", own(kinds[i])), NULL,
                        NULL);
    test_broker_api(vhost, "DELETE", arena_printf(&memory, "users/ems.%s", own("host")), NULL,
                    NULL);
    test_broker_api(vhost, "DELETE", arena_printf(&memory, "vhosts/%s", agents), NULL, NULL);
    audit_close(audit_log);
    audit_log = NULL;
    test_nfvo_store_free(ts);
    test_vhost_free(vhost);
    test_vhost_free(trial);
    arena_release(&memory);
    return 0;
}

/* --- those who are refused ----------------------------------------------------------------------
 */

static struct bus *connect_as(const char *user, const char *password, const char *where)
{
    struct bus_options o = test_bus_options(vhost, user);
    o.user = user;
    o.password = password;
    o.vhost = where;
    return bus_new(&o);
}

static void await_refusal(struct bus *b, enum bus_item item)
{
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, item);
    assert_int_equal(ev.code, REFUSED);
    bus_free(b);
}

/* A manager with a user, as registering leaves it. */
static void enroll(const char *user, const char *kind, const struct topology_rights *rights)
{
    test_user_new(vhost, user, "pw", rights->configure.s, rights->write.s, rights->read.s);
    test_sql(ts->db, arena_printf(&memory,
                                  "INSERT INTO manager_credentials (username, sealed, kind) "
                                  "VALUES ('%s', '', '%s')",
                                  user, kind));
}

static const char *row(const char *account, const char *columns)
{
    return arena_printf(&memory, "SELECT %s FROM refusal WHERE account = '%s'", columns, account);
}

static void test_agent(void **state)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    (void)state;
    registry = open_registry();
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, "
                          "vc_id, state, agent) VALUES ('i', 'n', 'UP', 'v', 'p', '%s', '', "
                          "'', 'generic')",
                          own("host")));
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "1");
    seal_derive(store_seal(ts->store), SEAL_AGENT_LOGIN, own("host"), &password);
    char *user = arena_printf(&memory, "ems.%s", own("host"));

    /* As the reference's: the hello goes through the default exchange. */
    struct bus *b = connect_as(user, password.s, agents);
    struct err err = ERR_INIT;
    uint64_t seq;
    test_bus_await(b, BUS_READY);
    if (bus_publish(b, &(struct bus_message){.routing_key = "ems.generic.register"}, &seq, &err) !=
        ERR_OK)
        fail_msg("%s", err.msg);
    await_refusal(b, BUS_PUBLISHING);
    test_query_await(ts->db,
                     row(user, "about || ' ' || (subject = substr(account, 5)) || ' ' || kind "
                               "|| ' ' || needs || ' ' || object || ' ' || n"),
                     "agent true access write exchange 'amq.default' 1");
    test_query_await(ts->db, row(user, "hint LIKE '%agents-default-exchange = yes%'"), "true");
    await_metric(registry, "\nbaton_broker_refusals_total{kind=\"access\"} 1\n");
    test_sql(ts->db, "DELETE FROM instance");
}

/* The login ends when the server is deleted; the agent, which lives some moments longer, tries
 * again. */
static void test_agent_left(void **state)
{
    (void)state;
    registry = open_registry();
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, "
                          "vc_id, state, agent) VALUES ('i', 'n', 'UP', 'v', 'p', '%s', '', "
                          "'', 'generic')",
                          own("host")));
    test_query_await(ts->db, "SELECT count(*) FROM agent_login WHERE made_at > 0", "1");
    test_sql(ts->db, "UPDATE instance SET phase = 'DELETING'");
    for (int round = 0; round < 2; round++) {
        test_query_await(ts->db, "SELECT count(*) FROM agent_login", "0");
        struct bus *b = connect_as(arena_printf(&memory, "ems.%s", own("host")), "x", agents);
        test_bus_await(b, BUS_FAULT);
        bus_free(b);
        test_sql(ts->db, "DELETE FROM instance"); /* second round: the server is gone, too */
    }
    /* Stored in their order: when this one is there, those were dropped. */
    struct bus *b = connect_as(own("dumb"), "x", vhost->name);
    test_bus_await(b, BUS_FAULT);
    bus_free(b);
    test_query_await(ts->db, row(own("dumb"), "about || kind"), "login");
    test_query_await(ts->db,
                     arena_printf(&memory,
                                  "SELECT count(*) FROM audit WHERE kind = 'broker' AND outcome = "
                                  "'refused' AND who = '%s' AND detail <> ''",
                                  own("dumb")),
                     "1");
    test_query_await(ts->db, "SELECT count(*) FROM refusal WHERE account LIKE 'ems.%'", "0");
    await_metric(registry, "\nbaton_broker_refusals_total{kind=\"login\"} 3\n");
}

/* What a VNFM refused itself: an agent's login spoke for another host. */
static void test_refused_by_vnfm(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    registry = open_registry();
    test_sql(ts->db,
             arena_printf(&memory,
                          "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, "
                          "vc_id, state, agent) VALUES ('i', 'n', 'UP', 'v', 'p', '%s', '', "
                          "'', 'generic')",
                          own("host")));
    char *user = arena_printf(&memory, "ems.%s", own("host"));
    struct bus *b = bus_new(&login);
    test_bus_await(b, BUS_READY);
    for (int i = 0; i < 2; i++) {
        char *body = arena_printf(&memory,
                                  "{\"action\":\"refused\",\"type\":\"generic\",\"account\":\"%s\","
                                  "\"words\":\"a hello for host 'x\\u001b[2J'\",\"times\":%d}",
                                  i ? "ems.nobody" : user, 300);
        struct bus_event ev = {.type = BUS_RETURNED};
        while (ev.type == BUS_RETURNED) { /* its queue comes in a moment */
            if (bus_publish(b,
                            &(struct bus_message){.exchange = TOPOLOGY_EXCHANGE,
                                                  .routing_key = QUEUE_MANAGER_HANDLING,
                                                  .body = body,
                                                  .len = strlen(body),
                                                  .is_mandatory = true},
                            NULL, &err) != ERR_OK)
                fail_msg("%s", err.msg);
            bus_next(b, &ev, -1, 1000 * DEADLINE_S);
        }
    }
    test_query_await(ts->db, row("ems.nobody", "about || '/' || n"), "/300");
    test_query_await(ts->db,
                     row(user, "kind || ' ' || about || ' ' || (subject = substr(account, 5)) || "
                               "' ' || n || ' ' || words"),
                     "author agent true 300 a hello for host 'x?[2J'");
    await_metric(registry, "\nbaton_agents_refused_total 600\n");
    bus_free(b);
    test_sql(ts->db, "DELETE FROM instance");
}

static void test_vnfm(void **state)
{
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    (void)state;
    registry = open_registry();
    second = open_registry(); /* two processes count it once */
    topology_rights_vnfm(&rights, own("vnfm"), 1);
    enroll(own("vnfm"), "vnfm", &rights);
    for (int i = 0; i < 3; i++) {
        struct bus *b = connect_as(own("vnfm"), "pw", vhost->name);
        bus_want_queue(b, &(struct bus_queue){.name = "not-mine"});
        await_refusal(b, BUS_QUEUE);
    }
    test_query_await(ts->db,
                     row(own("vnfm"),
                         "about || ' ' || needs || ' ' || object || ' ' || n || ' ' || "
                         "operation || ' ' || (hint LIKE '%registered as its endpoint%')"),
                     "vnfm configure queue 'not-mine' 3 queue.declare true");
}

static void test_driver(void **state)
{
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    (void)state;
    registry = open_registry();
    char *type = own("vim-drivers.test.d");
    topology_rights_plugin(&rights, type, 0);
    enroll(type, "plugin", &rights);
    struct bus *b = connect_as(type, "pw", vhost->name);
    bus_want_queue(b, &(struct bus_queue){.name = "vim-drivers.other.d"});
    await_refusal(b, BUS_QUEUE);
    test_query_await(ts->db,
                     row(type, "about || ' ' || object || ' ' || (hint LIKE "
                               "'%queue vim-drivers.%')"),
                     "driver queue 'vim-drivers.other.d' true");
}

static void test_login(void **state)
{
    (void)state;
    registry = open_registry();
    struct bus *b = connect_as(own("r"), "not the password", vhost->name);
    struct bus_event ev = test_bus_await(b, BUS_FAULT);
    assert_int_equal(ev.item, BUS_CONNECTION);
    bus_free(b);
    test_query_await(ts->db,
                     row(own("r"), "about || ' ' || kind || ' ' || (hint LIKE "
                                   "'%registration-password')"),
                     "registration login true");
    b = connect_as(own("dumb"), "x", vhost->name); /* nobody knows it */
    test_bus_await(b, BUS_FAULT);
    bus_free(b);
    test_query_await(ts->db, row(own("dumb"), "about || kind"), "login");
}

/* nfvo itself refuses: who asked may not understand, or not say, why. */
static void test_own_refusals(void **state)
{
    (void)state;
    registry = open_registry();
    struct bus *b = bus_new(&login);
    test_bus_await(b, BUS_READY);
    static const char *const asked[] = {
        "{\"action\":\"register\"}", "{\"action\":\"register\",\"type\":\"no good\\u0007name\"}"};
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        uint64_t seq;
        struct err err = ERR_INIT;
        if (bus_publish(b,
                        &(struct bus_message){.routing_key = QUEUE_MANAGER_HANDLING,
                                              .body = asked[i],
                                              .len = strlen(asked[i])},
                        &seq, &err) != ERR_OK)
            fail_msg("%s", err.msg);
    }
    test_query_await(ts->db,
                     "SELECT sum(n) FROM refusal WHERE kind = 'registration' AND about = ''", "2");
    bus_free(b);
    /* Somebody has the name of an agent's login: it cannot be made. */
    char *user = arena_printf(&memory, "ems.%s", own("host"));
    registry_close(registry);
    registry = NULL;
    test_user_new(vhost, user, "x", "", "", "");
    registry = open_registry();
    test_sql(
        ts->db,
        arena_printf(
            &memory,
            "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state, agent) "
            "VALUES ('i', 'n', 'UP', 'v', 'p', '%s', '', '', 'generic')",
            own("host")));
    test_query_await(
        ts->db,
        row(user,
            "kind || ' ' || about || ' ' || (hint LIKE '%does another suite%delete that user%')"),
        "account agent true");
    test_sql(ts->db, "DELETE FROM instance");
}

/* --- without a registry around: the parts -------------------------------------------------------
 */

static struct metrics *metrics;

static struct broker_watch *watch_new(struct registry_setup *setup)
{
    static const struct metric_def defs[M_N] = {
        [M_REFUSALS] = {METRIC_COUNTER, "refusals", "x", .labels = {{"kind", refusal_kind_names}}},
        [M_LOG_READ] = {METRIC_GAUGE, "log_read", "x"}};
    struct broker_watch *w = xcalloc(1, sizeof(*w));
    metrics = metrics_new(defs, M_N);
    w->setup = setup;
    w->metrics = metrics;
    w->alarm_list = w->log_fault = (struct sbuf)SBUF_INIT;
    w->db = store_connection(ts->store, "watch");
    management_init(&w->management, setup, -1);
    return w;
}

static void watch_free(struct broker_watch *w)
{
    refusals_forget(w);
    sbuf_release(&w->log_fault);
    management_release(&w->management);
    db_free(w->db);
    metrics_free(metrics);
    free(w);
}

static int told;
static void on_line(void *arg, enum log_category category, enum log_level level, const char *line)
{
    (void)arg;
    (void)category;
    (void)level;
    told += strstr(line, "broker_refused") != NULL;
}

static void note(struct broker_watch *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct broker_watch *w, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&line, fmt, ap);
    va_end(ap);
    refusals_note(w, line.s, line.len);
}

static void store_now_(struct broker_watch *w)
{
    if (w->store_at_us)
        w->store_at_us = 1;
    refusals_store(w);
    assert_int_equal(w->pending_n, 0);
}

/* Rows, lines of log and memory stay few, every refusal is counted, and what concerns the suite is
 * not pushed out by strangers. */
static void test_flood(void **state)
{
    (void)state;
    struct registry_setup setup = setup_of_test();
    struct broker_watch *w = watch_new(&setup);
    test_sql(ts->db,
             "INSERT INTO manager_credentials (username, sealed, kind) VALUES ('web', '', 'vnfm')");
    log_set_capture(on_line, NULL);
    told = 0;
    note(w,
         "t [error] <0.1.0> Channel error on connection <0.2.0> (a -> b, vhost: '%s', user: "
         "'web'), channel 1:\n"
         "t [error] <0.1.0> operation queue.declare caused a channel exception access_refused: "
         "access to queue 'x' "
         "in vhost '%s' refused for user 'web'\n",
         vhost->name, vhost->name);
    for (int i = 0; i < FLOOD; i++) {
        note(w,
             "t [error] <0.1.0> Error on AMQP connection <0.2.0> (a -> b, state: starting):\n"
             "t [error] <0.1.0> PLAIN login refused: user 'stranger %d' - invalid credentials\n",
             i);
        note(w,
             "t [error] <0.1.0> Channel error on connection <0.2.0> (a -> b, vhost: '%s', user: "
             "'web'), channel 1:\n"
             "t [error] <0.1.0> operation queue.declare caused a channel exception access_refused: "
             "access to queue 'q%d' "
             "in vhost '%s' refused for user 'web'\n",
             vhost->name, i, vhost->name);
        note(w,
             "t [error] <0.1.0> Channel error on connection <0.2.0> (a -> b, vhost: 'elsewhere', "
             "user: 'else'), channel 1:\n"
             "t [error] <0.1.0> operation queue.declare caused a channel exception access_refused: "
             "access to queue 'q%d' "
             "in vhost 'elsewhere' refused for user 'else'\n",
             i);
        if (i % 1000 == 0)
            store_now_(w);
    }
    store_now_(w);
    log_set_capture(NULL, NULL);
    assert_true(told <= 40);
    test_query_await(ts->db, "SELECT count(*) <= 40 FROM refusal", "true");
    test_query_await(ts->db, "SELECT sum(n) FROM refusal",
                     arena_printf(&memory, "%d", 2 * FLOOD + 1));
    test_query_await(ts->db, "SELECT count(*) > 0 FROM refusal WHERE account = 'web'", "true");
    test_query_await(ts->db, "SELECT count(*) FROM refusal WHERE account = 'else'", "0");
    watch_free(w);
}

static void note_login(struct broker_watch *w, const char *host)
{
    note(w,
         "t [error] <0.1.0> Error on AMQP connection <0.2.0> (a -> b, state: starting):\n"
         "t [error] <0.1.0> PLAIN login refused: user 'ems.%s' - invalid credentials\n",
         host);
}

static void store_due(struct broker_watch *w)
{
    w->store_at_us = 1;
    refusals_store(w);
}

static void set_login(const char *made_at)
{
    test_sql(ts->db, arena_printf(&memory, "UPDATE agent_login SET made_at = %s", made_at));
}

#define NOW_SQL "(extract(epoch FROM clock_timestamp()) * 1000000)::int8"

/* An agent's login is made beside the launch of its server, which may be quicker: that it was refused
 * before is nobody's trouble. A login that stays away, or a refusal after it was made, is. */
static void test_early(void **state)
{
    (void)state;
    struct registry_setup setup = setup_of_test();
    struct broker_watch *w = watch_new(&setup);
    test_sql(
        ts->db,
        "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state, agent) "
        "VALUES ('i', 'n', 'UP', 'v', 'p', 'web-1', '', '', 'generic')");
    set_login("0");
    note_login(w, "web-1");
    store_due(w);
    assert_int_equal(w->pending_n, 1); /* kept back */
    set_login(NOW_SQL);
    store_now_(w);
    test_query_await(ts->db, "SELECT count(*) FROM refusal", "0");

    note_login(w, "web-1"); /* its line came late */
    store_now_(w);
    test_query_await(ts->db, "SELECT count(*) FROM refusal", "0");

    set_login("1"); /* long ago: it is the password */
    note_login(w, "web-1");
    store_now_(w);
    test_query_await(ts->db, "SELECT about || n FROM refusal", "agent1");

    test_sql(ts->db, "DELETE FROM refusal");
    set_login("0");
    note_login(w, "web-1");
    w->pending[0].first_us -= EARLY_MS * USEC_PER_MS; /* so long it was waited for */
    store_now_(w);
    test_query_await(ts->db, "SELECT about || n FROM refusal", "agent1");
    test_sql(ts->db, "DELETE FROM instance");
    watch_free(w);
}

/* Where the broker's log is not to be had: who is connected and listens to nothing. */
static void test_guess(void **state)
{
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    (void)state;
    struct registry_setup setup = setup_of_test();
    struct broker_watch *w = watch_new(&setup);
    topology_rights_vnfm(&rights, own("vnfm"), 1);
    enroll(own("vnfm"), "vnfm", &rights);
    struct bus *b = connect_as(own("vnfm"), "pw", vhost->name), *ours = bus_new(&login);
    test_bus_await(b, BUS_READY);
    test_bus_await(ours, BUS_READY);
    w->silent_ms = 600000; /* not yet */
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    while (!w->pending_n && clock_mono_us() < deadline) { /* the broker's listing is late */
        struct bus_event ev;
        refusals_guess(w);
        assert_int_equal(w->silent_ms == 600000 ? w->pending_n : 0, 0);
        w->silent_ms = 0;
        bus_next(b, &ev, -1, 100);
    }
    store_now_(w);
    test_query_await(
        ts->db,
        row(own("vnfm"), "about || ' ' || kind || ' ' || (hint LIKE '%log.exchange = true%')"),
        "vnfm silent true");
    test_query_await(ts->db, "SELECT count(*) FROM refusal", "1"); /* ours is not among them */
    bus_free(b);
    bus_free(ours);
    watch_free(w);
}

/* A broker that has just started makes the exchange late: that is no warning yet. */
static void test_log_not_there(void **state)
{
    (void)state;
    static const char *const told_by_look[] = {
        "{\"alarms\":[],\"log\":null}", "{\"alarms\":[],\"log\":false,\"logFault\":\"why\"}"};
    struct registry_options closed = options; /* or the room that is open would be named, too */
    closed.is_registration_open = false;
    struct registry_setup setup = setup_of_test();
    setup.options = &closed;
    struct broker_watch *w = watch_new(&setup);
    for (size_t i = 0; i < ARRAY_LEN(told_by_look); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        broker_log_missed(w, "why");
        broker_watch_render(w, &text);
        assert_string_equal(text.s, told_by_look[i]);
    }
    watch_free(w);
}

/* --- agents that are gone ------------------------------------------------------------------------
 */

static void test_agent_gone(void **state)
{
    (void)state;
    registry = open_registry();
    test_sql(
        ts->db,
        "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) VALUES "
        "('a', 'n', 'UP', 'v', 'p', 'web-1', '', ''), ('b', 'n', 'UP', 'v', 'p', 'web-2', '', '')");
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    while (test_broker_api(vhost, "PUT",
                           arena_printf(&memory, "permissions/%s/%s", agents, vhost->user),
                           "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}", NULL) /
                   100 !=
               2 &&
           clock_mono_us() < deadline)
        poll(NULL, 0, 10); /* the registry makes the virtual host */
    struct bus *b = connect_as(vhost->user, vhost->password, agents);
    bus_want_queue(b, &(struct bus_queue){.name = "vnfm.web-1.actions", .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "vnfm.web-1.actions"});
    test_bus_await(b, BUS_READY);
    /* The other one was never there, so it is not missed. */
    test_query_await(ts->db, "SELECT string_agg(hostname || gone_since, ',') FROM agent_seen",
                     "web-10");
    bus_free(b);
    test_query_await(ts->db, "SELECT string_agg(hostname || (gone_since > 0), ',') FROM agent_seen",
                     "web-1true");
    await_metric(registry, "\nbaton_agents_gone 1\n");
    b = connect_as(vhost->user, vhost->password, agents);
    bus_want_queue(b, &(struct bus_queue){.name = "vnfm.web-1.actions", .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = "vnfm.web-1.actions"});
    test_bus_await(b, BUS_READY);
    test_query_await(ts->db, "SELECT string_agg(hostname || gone_since, ',') FROM agent_seen",
                     "web-10");
    bus_free(b);
    /* A server that goes is not missed. */
    test_sql(ts->db, "UPDATE instance SET phase = 'DELETING'");
    test_query_await(ts->db, "SELECT count(*) FROM agent_seen", "0");
}

/* It died before anybody looked: that its VNF became active says that it was there. */
static void test_agent_never_seen(void **state)
{
    (void)state;
    test_sql(ts->db,
             "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, state) "
             "VALUES ('n', 'n', 'ACTIVE', 0, '', 'n', '', '', '', ''), "
             "('m', 'm', 'DEPLOYING', 0, '', 'm', '', '', '', '')");
    test_sql(
        ts->db,
        "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('v', "
        "'n', 'ACTIVE', 'v', 'generic', '', ''), ('s', 'n', 'STARTING', 's', 'generic', '', ''), "
        "('u', 'm', 'ACTIVE', 'u', 'generic', '', '')");
    test_sql(ts->db,
             "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, agent, "
             "state) VALUES ('a', 'n', 'UP', 'v', 'p', 'dead-1', '', 'generic', ''), "
             "('b', 'n', 'UP', 'v', 'p', 'none-2', '', '', ''), "          /* it has no agent */
             "('c', 'n', 'UP', 's', 'p', 'starts-3', '', 'generic', ''), " /* no answer of it yet */
             "('d', 'm', 'UP', 'u', 'p', 'deploys-4', '', 'generic', ''), "
             "('e', 'n', 'UP', 'v', 'p', 'alive-5', '', 'generic', '')");
    AUTO(db_array_release) struct db_array listed = DB_TEXT_ARRAY;
    int64_t gone = -1, news = -1;
    db_array_text(&listed, "alive-5");
    static const char all[] = "SELECT string_agg(hostname || sign(gone_since), ',' ORDER BY "
                              "hostname) FROM agent_seen";
    static const struct {
        const char *rows;
        int64_t news;
    } looks[] = {{"alive-50,dead-1-1", 0}, {"alive-50,dead-11", 1}, {"alive-50,dead-11", 0}};
    struct db *db = store_connection(ts->store, "looks");
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        assert_int_equal(store_agents_seen(db, &listed, &gone, &news, NULL), ERR_OK);
        assert_int_equal(news, looks[i].news);
        assert_int_equal(gone, i > 0);
        test_query_await(ts->db, all, looks[i].rows);
    }
    db_array_text(&listed, "dead-1"); /* somebody started it again */
    assert_int_equal(store_agents_seen(db, &listed, &gone, &news, NULL), ERR_OK);
    assert_int_equal(gone, 0);
    test_query_await(ts->db, all, "alive-50,dead-10");
    db_free(db);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_agent),        T(test_agent_left), T(test_refused_by_vnfm), T(test_vnfm),
        T(test_driver),       T(test_login),      T(test_own_refusals),    T(test_flood),
        T(test_early),        T(test_guess),      T(test_agent_gone),      T(test_agent_never_seen),
        T(test_log_not_there)};
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
