/* Who speaks for a host: the generic VNFM, an honest agent, and the owner of another machine, who
 * has its agent's login and writes to the VNFM as that one may: hellos of hosts that are not his,
 * answers to commands of others, whose ids he knows. They have no effect, and are told. */
#include "common/base/mem.h"
#include "common/db/db.h"
#include "common/sys/clock.h"
#include "proto/messages/vnfm_or.h"
#include "proto/rights.h"
#include "proto/topology.h"
#include "tests/support/agents.h"
#include "tests/support/database.h"
#include "tests/support/mini_nfvo.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define INSTANTIATE "instantiate-0000-0000-0000-000000000000"

struct stage {
    struct test_vhost *vhost;
    struct mini_nfvo *nfvo;
    struct test_agents *agents;
    struct test_schema *schema;
    struct db *db;
    struct bus *evil;
    struct arena arena;
    char type[40], host[40], evil_user[80];
    pid_t vnfm;
};

static void start_vnfm(struct stage *s, const char *more)
{
    const char *args[] = {
        arena_printf(&s->arena, "--broker-host=%s", s->vhost->host),
        arena_printf(&s->arena, "--broker-port=%d", s->vhost->port),
        arena_printf(&s->arena, "--broker-vhost=%s", s->vhost->name),
        arena_printf(&s->arena, "--broker-user=%s", s->nfvo->registrar),
        "--broker-password=registrar",
        arena_printf(&s->arena, "--agents-vhost=%s", s->agents->vhost->name),
        arena_printf(&s->arena, "--type=%s", s->type),
        arena_printf(&s->arena, "--database=%s", test_schema_conninfo(s->schema)),
        arena_printf(&s->arena, "--database-schema=%s", test_schema_name(s->schema)),
        arena_printf(&s->arena, "--log-level=%s",
                     getenv("OB_TEST_LOG") ? getenv("OB_TEST_LOG") : "error"),
        more,
        NULL};
    s->vnfm = test_program_start("vnfm-generic", args);
    mini_nfvo_await_consumer(s->nfvo, s->type);
}

static int setup(void **state)
{
    static unsigned count;
    struct stage *s = xcalloc(1, sizeof(*s));
    snprintf(s->type, sizeof(s->type), "author-%d-%u", (int)getpid(), ++count);
    snprintf(s->host, sizeof(s->host), "auth%d%u-0", (int)getpid(), count);
    s->vhost = test_vhost_new();
    s->nfvo = mini_nfvo_new(s->vhost);
    s->nfvo->host_prefix = arena_strndup(&s->arena, s->host, strlen(s->host) - 2);
    s->agents = test_agents_new(s->type, s->type);
    s->schema = test_schema_new("author");
    s->db = test_schema_open(s->schema);
    *state = s;
    return 0;
}

static void drop_user(struct stage *s, const char *hostname)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    topology_agent_user(hostname, &user);
    test_broker_api(s->vhost, "DELETE", arena_printf(&s->arena, "users/%s", user.s), NULL, NULL);
}

static const char *evil_host(struct stage *s)
{
    return arena_printf(&s->arena, "evil-%s", s->host);
}

static int teardown(void **state)
{
    struct stage *s = *state;
    if (s->vnfm)
        test_program_stop(s->vnfm, SIGKILL);
    test_agents_end(s->agents);
    drop_user(s, s->host);
    drop_user(s, evil_host(s));
    bus_free(s->evil);
    db_free(s->db);
    mini_nfvo_free(s->nfvo);
    test_agents_free(s->agents);
    test_schema_free(s->schema);
    test_vhost_free(s->vhost);
    arena_release(&s->arena);
    free(s);
    return 0;
}

/* --- the evil one's machine --- */

static void evil_connect(struct stage *s, bool is_old)
{
    struct bus_options o = test_bus_options(s->agents->vhost, "evil");
    test_agents_login(s->agents, evil_host(s), is_old);
    snprintf(s->evil_user, sizeof(s->evil_user), "ems.%s", evil_host(s));
    o.user = s->evil_user;
    o.password = "agent";
    s->evil = bus_new(&o);
    test_bus_await(s->evil, BUS_READY);
}

static void evil_say(struct stage *s, const char *exchange, const char *user_id, const char *key,
                     const char *id, const char *body)
{
    struct bus_message m = {.exchange = exchange,
                            .routing_key = key,
                            .correlation_id = id,
                            .user_id = user_id,
                            .body = body,
                            .len = strlen(body),
                            .is_mandatory = true};
    struct err err = ERR_INIT;
    struct bus_event ev = {.type = BUS_RETURNED};
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while (ev.type == BUS_RETURNED) { /* the VNFM's queue comes in a moment */
        if (clock_mono_us() > until || bus_publish(s->evil, &m, NULL, &err) != ERR_OK)
            fail_msg("%s: %s", key, err.msg);
        bus_next(s->evil, &ev, -1, 10000);
    }
    assert_int_equal(ev.type, BUS_CONFIRMED);
}

static void evil_hello(struct stage *s, const char *exchange, const char *user_id,
                       const char *hostname)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    topology_hello_queue(s->type, &key);
    evil_say(s, exchange, user_id, key.s, NULL,
             arena_printf(&s->arena, "{\"hostname\":\"%s\"}", hostname));
}

/* --- the honest work --- */

/* A connection each: statements are prepared once by name. */
static const char *text_of(struct stage *s, const char *sql)
{
    struct db *db = test_schema_open(s->schema);
    struct db_statement statement = {"text", sql};
    struct db_result res;
    struct err err = ERR_INIT;
    if (db_query(db, &statement, NULL, 0, &res, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    const char *text = arena_strdup(&s->arena, db_rows(&res) ? db_text(&res, 0, 0) : "");
    db_results_clear(db);
    db_free(db);
    return text;
}

static void await_sql(struct stage *s, const char *sql)
{
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    const char *as_text = arena_printf(&s->arena, "SELECT (%s)::text", sql);
    while (strcmp(text_of(s, as_text), "true") != 0) {
        if (clock_mono_us() > until)
            fail_msg("never: %s", sql);
        mini_nfvo_pump(s->nfvo, 20);
    }
}

#define SLOW                                                                                       \
    "#!/bin/bash\ncd \"$(dirname \"$0\")\"\nuntil [ -e go ]; do sleep 0.05; done\necho done\n"

static void instantiate(struct stage *s)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out,
              "{\"action\":\"INSTANTIATE\",\"vnfd\":{\"id\":\"d-1\",\"name\":\"web\",\"type\":"
              "\"web\",\"endpoint\":\"%s\",\"configurations\":{\"name\":\"c\","
              "\"configurationParameters\":[]},\"lifecycle_event\":[{\"event\":\"INSTANTIATE\","
              "\"lifecycle_events\":[\"slow.sh\"]}],\"vdu\":[{\"id\":\"u-1\",\"name\":\"web-1\","
              "\"vm_image\":[\"host\"],\"vnfc\":[{\"connection_point\":[{"
              "\"virtual_link_reference\":\"mgmt\"}]}]}]},\"vnfdf\":{\"flavour_key\":\"m1\"},"
              "\"vnfInstanceName\":\"web\",\"vlrs\":[],\"extension\":{\"brokerIp\":\"%s\","
              "\"brokerPort\":\"%d\",\"monitoringIp\":\"\",\"timezone\":\"CET\",\"nsr-id\":"
              "\"nsr-1\"},\"vimInstances\":{},\"keys\":[],\"vnfPackage\":{\"id\":\"p-1\",\"name\":"
              "\"web\",\"scripts\":[{\"name\":\"slow.sh\",\"payload\":[",
              s->type, s->vhost->host, s->vhost->port);
    for (const char *c = SLOW; *c; c++)
        sbuf_addf(&out, "%s%d", c > (const char *)SLOW && out.s[out.len - 1] != '[' ? "," : "",
                  (int)(signed char)*c);
    sbuf_adds(&out, "]}]}}");
    mini_nfvo_send(s->nfvo, s->type, out.s, INSTANTIATE);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->allocates, 1);
}

static void let_go(struct stage *s)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s/opt/openbaton/scripts/go", s->agents->folder, s->host);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fclose(f);
}

static void expect_instantiated(struct stage *s)
{
    struct vnfm_or *answer;
    struct err err = ERR_INIT;
    const char *text = mini_nfvo_await(s->nfvo, INSTANTIATE, 1);
    if (proto_decode(&vnfm_or_type, text, strlen(text), 0, &s->arena, &answer, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(answer->action, "INSTANTIATE");
}

/* --- tests --- */

static void test_hellos_for_others(void **state)
{
    enum { GHOSTS = 300 };
    struct stage *s = *state;
    start_vnfm(s, NULL);
    instantiate(s);
    evil_connect(s, false);
    for (unsigned i = 0; i < GHOSTS; i++) /* said as oneself, and unsaid */
        evil_hello(s, TOPOLOGY_AGENTS_EXCHANGE, i % 2 ? s->evil_user : NULL,
                   arena_printf(&s->arena, "ghost-%u", i));
    evil_hello(s, TOPOLOGY_AGENTS_EXCHANGE, s->evil_user, s->host);
    evil_hello(s, TOPOLOGY_AGENTS_EXCHANGE, NULL, s->host);
    evil_hello(s, TOPOLOGY_AGENTS_EXCHANGE, s->evil_user, evil_host(s)); /* the only true one */
    await_sql(s, arena_printf(&s->arena, "SELECT count(*) = 1 FROM agent WHERE hostname = '%s'",
                              evil_host(s)));
    mini_nfvo_await_refused(s->nfvo, GHOSTS + 2);
    assert_int_equal(s->nfvo->refused, GHOSTS + 2);
    await_sql(s, arena_printf(&s->arena,
                              "SELECT count(*) = 1 AND max(hello_n) = 1 FROM agent WHERE hello_n > "
                              "0 AND hostname = '%s'",
                              evil_host(s)));
    await_sql(s, "SELECT count(*) <= 2 FROM agent");
    test_agents_login(s->agents, s->host, false);
    test_agents_boot(s->agents, s->host, s->nfvo->last_user_data);
    let_go(s);
    expect_instantiated(s);
}

/* He knows all that there is to know: the id of the command, and the queue of answers. */
static void test_answers_for_others(void **state)
{
    struct stage *s = *state;
    static const char failed[] = "{\"output\":\"\",\"err\":\"forged\",\"status\":1}";
    start_vnfm(s, NULL);
    instantiate(s);
    test_agents_login(s->agents, s->host, false);
    test_agents_boot(s->agents, s->host, s->nfvo->last_user_data);
    await_sql(s, "SELECT count(*) = 1 FROM step WHERE state = 'sent' AND script <> ''");
    evil_connect(s, false);
    char *list = NULL;
    test_broker_api(s->agents->vhost, "GET",
                    arena_printf(&s->arena, "queues/%s?columns=name", s->agents->vhost->name), NULL,
                    &list);
    const char *prefix = arena_printf(&s->arena, "ems.%s.replies.", s->type);
    const char *at = list ? strstr(list, prefix) : NULL;
    assert_non_null(at);
    const char *queue = arena_strndup(&s->arena, at, strcspn(at, "\""));
    free(list);
    const char *command = text_of(s, "SELECT command FROM step WHERE script <> ''");
    evil_say(s, TOPOLOGY_AGENTS_EXCHANGE, s->evil_user, queue, command, failed);
    evil_say(s, TOPOLOGY_AGENTS_EXCHANGE, NULL, queue, command, failed);
    mini_nfvo_await_refused(s->nfvo, 2);
    assert_non_null(strstr(s->nfvo->last_refused, "an answer to a command for host"));
    let_go(s);
    expect_instantiated(s);
}

/* Hosts that were there before agents said who they are: of them it is not asked, until they do. */
static void test_agents_of_before(void **state)
{
    struct stage *s = *state;
    start_vnfm(s, NULL);
    evil_connect(s, true);
    test_sql(s->db, arena_printf(&s->arena,
                                 "INSERT INTO agent (hostname, vnfr_id, hello_at, is_old) VALUES "
                                 "('%s', 'r-1', 1, true), ('%s', 'r-2', 1, false)",
                                 evil_host(s), s->host));
    evil_hello(s, TOPOLOGY_EXCHANGE, NULL, evil_host(s));
    evil_hello(s, TOPOLOGY_EXCHANGE, NULL, s->host);
    await_sql(s, arena_printf(&s->arena,
                              "SELECT hello_n = 1 AND is_old FROM agent WHERE hostname = '%s'",
                              evil_host(s)));
    mini_nfvo_await_refused(s->nfvo, 1);
    await_sql(
        s, arena_printf(&s->arena, "SELECT hello_n = 0 FROM agent WHERE hostname = '%s'", s->host));
    /* Its agent is renewed: from then on it has to say so. */
    evil_hello(s, TOPOLOGY_EXCHANGE, s->evil_user, evil_host(s));
    await_sql(s, arena_printf(&s->arena,
                              "SELECT hello_n = 2 AND NOT is_old FROM agent WHERE hostname = '%s'",
                              evil_host(s)));
    evil_hello(s, TOPOLOGY_EXCHANGE, NULL, evil_host(s));
    evil_hello(s, TOPOLOGY_EXCHANGE, s->evil_user, evil_host(s));
    await_sql(s, arena_printf(&s->arena, "SELECT hello_n = 3 FROM agent WHERE hostname = '%s'",
                              evil_host(s)));
}

/* --- an unmodified agent, alone in its virtual host --- */

/* As the NFVO makes it: nfvo/vnfm/agents.c, test_agents_alone.c. */
static struct bus *open_own_vhost(struct stage *s, const char *vhost)
{
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, hellos = SBUF_INIT;
    const struct bus_arg args[] = {BUS_ARG_STRING("x-queue-type", "quorum"),
                                   BUS_ARG_INT("x-delivery-limit", QUEUE_DELIVERY_LIMIT)};
    struct bus_options o = test_bus_options(s->vhost, "unmodified");
    topology_hello_queue(s->type, &hellos);
    rights_of(RIGHTS_AGENTS_MANAGER, &(struct rights_names){.endpoint = s->type}, &rights);
    sbuf_adds(&body, "{\"configure\":");
    proto_quotes(&body, rights.configure.s);
    sbuf_adds(&body, ",\"write\":");
    proto_quotes(&body, rights.write.s);
    sbuf_adds(&body, ",\"read\":");
    proto_quotes(&body, rights.read.s);
    sbuf_addc(&body, '}');
    if (test_broker_api(s->vhost, "PUT", arena_printf(&s->arena, "vhosts/%s", vhost), "{}", NULL) /
                100 !=
            2 ||
        test_broker_api(s->vhost, "PUT",
                        arena_printf(&s->arena, "permissions/%s/%s", vhost, s->type), body.s,
                        NULL) /
                100 !=
            2)
        fail_msg("make the virtual host '%s'", vhost);
    o.vhost = arena_strdup(&s->arena, vhost);
    struct bus *b = bus_new(&o);
    bus_want_exchange(
        b, &(struct bus_exchange){.name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    bus_want_queue(
        b, &(struct bus_queue){
               .name = hellos.s, .is_durable = true, .args = args, .arg_n = ARRAY_LEN(args)});
    const char *queue = arena_printf(&s->arena, "vnfm.%s.actions", s->host);
    bus_want_queue(b, &(struct bus_queue){.name = queue, .is_auto_delete = true});
    bus_want_consumer(b, &(struct bus_consumer){.queue = queue});
    test_bus_await(b, BUS_READY);
    return b;
}

static void say(struct bus *b, const char *key, const char *id, const char *body)
{
    struct err err = ERR_INIT;
    if (bus_publish(
            b,
            &(struct bus_message){
                .routing_key = key, .correlation_id = id, .body = body, .len = strlen(body)},
            NULL, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* Open Baton's agent says nothing of its author, and answers through the default exchange. Who it
 * is, is known by its virtual host: what it claims to be there counts for nothing. */
static void test_unmodified_agent(void **state)
{
    struct stage *s = *state;
    AUTO(sbuf_release) struct sbuf hellos = SBUF_INIT;
    const char *own = arena_printf(&s->arena, "ems.%s", s->host);
    const char *file = arena_printf(&s->arena, "%s/user-data", s->agents->folder);
    FILE *f = fopen(file, "we");
    assert_non_null(f);
    fputs("#!/bin/sh\nexport EXCHANGE_NAME=\nexport #EmsUser=\nexport #EmsVirtualHost=\n", f);
    fclose(f);
    start_vnfm(s, arena_printf(&s->arena, "--user-data-path=%s", file));
    struct bus *b = open_own_vhost(s, own);
    topology_hello_queue(s->type, &hellos);
    say(b, hellos.s, NULL, "{\"hostname\":\"somebody-else\"}");
    say(b, hellos.s, NULL, arena_printf(&s->arena, "{\"hostname\":\"%s\"}", s->host));
    instantiate(s);
    assert_non_null(strstr(s->nfvo->last_user_data, "export " USER_DATA_EMS_VHOST));
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    unsigned commands = 0;
    while (s->nfvo->answer_n == 0 && clock_mono_us() < until) {
        struct bus_event ev;
        mini_nfvo_pump(s->nfvo, 20);
        if (bus_next(b, &ev, -1, 20) != BUS_DELIVERY)
            continue;
        commands++;
        say(b, ev.delivery->reply_to, ev.delivery->correlation_id,
            "{\"output\":\"\",\"err\":\"\",\"status\":0}");
        bus_ack(b, ev.delivery->tag, ev.delivery->epoch);
    }
    expect_instantiated(s);
    assert_true(commands > 1);
    mini_nfvo_await_refused(s->nfvo, 1);
    await_sql(s, "SELECT count(*) = 1 AND bool_and(is_alone) FROM agent");
    /* Its VNFM does not stay: nothing is to be done. */
    for (bool is_there = true; is_there;) {
        char *list = NULL;
        test_broker_api(s->vhost, "GET", arena_printf(&s->arena, "queues/%s?columns=name", own),
                        NULL, &list);
        is_there = !list || strstr(list, ".replies.");
        free(list);
        if (clock_mono_us() > until)
            fail_msg("its VNFM is still there");
        mini_nfvo_pump(s->nfvo, 100);
    }
    bus_free(b);
    test_broker_api(s->vhost, "DELETE", arena_printf(&s->arena, "vhosts/%s", own), NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hellos_for_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_for_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agents_of_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unmodified_agent, setup, teardown),
    };
    return cmocka_run_group_tests_name("agents_author", tests, NULL, NULL);
}
