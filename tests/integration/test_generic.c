/* The generic VNFM, its database, real agents and real scripts; the NFVO is tests/support. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "proto/messages/ems.h"
#include "proto/topology.h"
#include "tests/support/generic_bed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- an agent as the reference's is, without journal --- */

struct plain_agent {
    struct bus *bus;
    char folder[200], queue[200], user[200];
    const char *hostname;
    unsigned executions;
    bool forgets; /* does not answer the next EXECUTE */
};

/* A plain agent uses the exchange of before, TOPOLOGY_EXCHANGE, and binds its queue to it. It says
 * who it is, since its VNFM did not know it before that was asked for: test_agents_author.c.
 *
 * Comes back (BUS_RETURNED) as long as the VNFM has no queue for it: say it again then, as agents
 * do. */
static void plain_agent_hello(const struct generic_bed *s, const struct plain_agent *a)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    char body[200];
    struct err err = ERR_INIT;
    uint64_t seq;
    topology_hello_queue(s->type, &key);
    snprintf(body, sizeof(body), "{\"hostname\":\"%s\"}", a->hostname);
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = key.s,
                            .body = body,
                            .len = strlen(body),
                            .user_id = a->user,
                            .is_mandatory = true};
    if (bus_publish(a->bus, &m, &seq, &err) != ERR_OK)
        fail_msg("hello: %s", err.msg);
}

static void plain_agent_connect(const struct generic_bed *s, struct plain_agent *a,
                                const char *hostname)
{
    struct bus_options o = test_bus_options(s->agents->vhost, "plain-agent");
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT, queue = SBUF_INIT;
    topology_agent_user(hostname, &user);
    topology_agent_queue(hostname, &queue);
    o.user = user.s;
    o.password = "agent";
    a->hostname = hostname;
    snprintf(a->user, sizeof(a->user), "%s", user.s);
    bus_free(a->bus);
    a->bus = bus_new(&o);
    bus_want_queue(a->bus, &(struct bus_queue){.name = queue.s, .is_auto_delete = true});
    bus_want_binding(a->bus,
                     &(struct bus_binding){.queue = queue.s, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(a->bus, &(struct bus_consumer){.queue = queue.s, .prefetch = 1});
    test_bus_await(a->bus, BUS_READY);
    plain_agent_hello(s, a);
}

/* A released host that says hello once more stays released; one that nobody knows is remembered. */
static void check_late_hello(struct generic_bed *s, const char *gone, const char *unknown)
{
    const char *const hosts[] = {gone, unknown};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct plain_agent a = {.bus = NULL};
        plain_agent_connect(s, &a, hosts[i]);
        test_bus_await(a.bus, BUS_CONFIRMED);
        bus_free(a.bus);
    }
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while (generic_bed_count(s, "SELECT count(*) FROM agent WHERE gone_at IS NULL") == 0 &&
           clock_mono_us() < until)
        mini_nfvo_pump(s->nfvo, 20);
    const char *query = arena_printf(
        &s->arena, "SELECT count(*) FROM agent WHERE (hostname = '%s') = (gone_at IS NULL)",
        unknown);
    assert_int_equal(generic_bed_count(s, query),
                     generic_bed_count(s, "SELECT count(*) FROM agent"));
}

/* --- tests --- */

static void test_life(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"install.sh", generic_bed_note},
        {"db_connect.sh", generic_bed_note},
        {"start.sh",
         "#!/bin/bash\necho hello\necho oops >&2\necho '##baton set answer {\"x\": 42}'\n"
         "echo '##baton set secret 1'\n"},
        {"stop.sh", generic_bed_note},
        {"bye.sh", generic_bed_note},
        {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(
        s,
        EVENT("INSTANTIATE", "\"install.sh\"") "," EVENT(
            "CONFIGURE",
            "\"db_connect.sh\"") "," EVENT("START",
                                           "\"start.sh\"") "," EVENT("STOP",
                                                                     "\"stop.sh\"") "," EVENT("TERM"
                                                                                              "INAT"
                                                                                              "E",
                                                                                              "\"by"
                                                                                              "e."
                                                                                              "sh"
                                                                                              "\""),
        2, scripts);
    struct vnfm_or *done = generic_bed_answer(s, "instantiate");
    assert_string_equal(done->action, "INSTANTIATE");
    generic_bed_assert_file(
        s, 0, "runs", arena_printf(&s->arena, "install.sh %s 8080  \n", generic_bed_host(s, 0)));
    assert_int_equal(done->record->lifecycle_event_history.n, 2);
    generic_bed_assert_has(done->record->lifecycle_event_history.at[0]->description, "exit 0");

    done = generic_bed_ask(
        s, "modify",
        generic_bed_message(
            s, "MODIFY", done->record,
            ",\"vnfrd\":{\"target\":\"web\",\"idType\":{\"db\":\"db\"},"
            "\"parameters\":{\"db\":{\"parameters\":{\"ip\":\"\"}}},"
            "\"vnfcParameters\":{\"db\":{\"parameters\":{\"i-7\":{\"parameters\":{"
            "\"ip\":\"10.0.0.7\"}},\"i-8\":{\"parameters\":{\"ip\":\"10.0.0.8\"}}}}}}"),
        "MODIFY");
    const char *h0 = generic_bed_host(s, 0);
    generic_bed_assert_file(s, 0, "runs",
                            arena_printf(&s->arena,
                                         "install.sh %s 8080  \ndb_connect.sh %s 8080 10.0.0.7 \n"
                                         "db_connect.sh %s 8080 10.0.0.8 \n",
                                         h0, h0, h0));
    AUTO(freep) char *parameters = test_agents_read(s->agents, h0, "ob_parameters.sh");
    generic_bed_assert_has(parameters, "10.0.0.7");

    done =
        generic_bed_ask(s, "start", generic_bed_message(s, "START", done->record, NULL), "START");
    assert_string_equal(done->record->provides->parameters.at[0]->value, "{\"x\": 42}");
    assert_string_equal(done->record->vdu.at[0]->vnfc_instance.at[1]->state, "ACTIVE");

    generic_bed_send(
        s, "log",
        arena_printf(&s->arena,
                     "{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"web\",\"hostname\":\"%s\"}", h0));
    struct vnfm_or *logs = generic_bed_answer(s, "log");
    assert_int_equal(logs->output_log.n, 4 + 4);
    generic_bed_assert_has(logs->output_log.at[0], "== INSTANTIATE install.sh (");
    generic_bed_assert_has(logs->output_log.at[3], "== START start.sh (");
    assert_string_equal(logs->output_log.at[4], "hello");
    assert_string_equal(logs->output_log.at[7], "oops");

    done = generic_bed_ask(s, "stop", generic_bed_message(s, "STOP", done->record, NULL), "STOP");
    assert_string_equal(done->record->vdu.at[0]->vnfc_instance.at[0]->state, "INACTIVE");
    done = generic_bed_ask(s, "release",
                           generic_bed_message(s, "RELEASE_RESOURCES", done->record, NULL),
                           "RELEASE_RESOURCES");
    AUTO(freep) char *runs = test_agents_read(s->agents, h0, "runs");
    generic_bed_assert_has(runs, "bye.sh");
    assert_null(done->fault);
    assert_int_equal(done->host_logs.n, 2); /* what both have said goes to the NFVO */
    for (uint32_t i = 0; i < done->host_logs.n; i++) {
        const struct proto_strspair *log = &done->host_logs.at[i];
        assert_string_equal(log->key, generic_bed_host(s, i));
        generic_bed_assert_has(log->value.at[0], "== INSTANTIATE install.sh (");
        generic_bed_assert_has(log->value.at[log->value.n - 1], "== TERMINATE bye.sh (");
    }
    assert_int_equal(generic_bed_count(s, "SELECT count(*) FROM agent WHERE gone_at IS NULL"), 0);
    assert_int_equal(generic_bed_count(s, "SELECT count(*) FROM run WHERE ended_at IS NULL"), 0);
    test_agents_kill(s->agents, h0, true); /* as its server was deleted */
    test_agents_login(s->agents, h0, true);
    test_agents_login(s->agents, generic_bed_host(s, 2), true);
    check_late_hello(s, h0, generic_bed_host(s, 2));
    assert_int_equal(test_program_stop(s->vnfm[0], SIGTERM), 0);
    s->vnfm[0] = 0;
}

static void test_script_fails(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"one.sh", generic_bed_note},
        {"two.sh",
         "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho two >>runs\n[ -e mended ] || { echo "
         "'no disk' >&2; exit 7; }\n"},
        {"three.sh", generic_bed_note},
        {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"one.sh\",\"two.sh\",\"three.sh\""), 1, scripts);
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    const char *h0 = generic_bed_host(s, 0);
    assert_string_equal(failed->action, "ERROR");
    assert_string_equal(failed->nsr_id, "nsr-1");
    generic_bed_assert_has(failed->exception->detail_message,
                           arena_printf(&s->arena, "EMS (%s) had the following error:", h0));
    assert_string_equal(failed->fault->host, h0);
    assert_string_equal(failed->fault->script, "two.sh");
    assert_int_equal(failed->fault->exit_code, 7);
    assert_string_equal(failed->fault->output_tail, "no disk");
    assert_string_equal(failed->record->vdu.at[0]->vnfc_instance.at[0]->state, "error");
    generic_bed_write_file(s, 0, "mended");
    generic_bed_ask(s, "resume", generic_bed_message(s, "RESUME", failed->record, NULL),
                    "INSTANTIATE");
    generic_bed_assert_file(
        s, 0, "runs",
        arena_printf(&s->arena, "one.sh %s 8080  \ntwo\ntwo\nthree.sh %s 8080  \n", h0, h0));
}

static void test_package_lacks_script(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {{"one.sh", generic_bed_note}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    mini_nfvo_await_consumer(s->nfvo, s->type);
    struct vnfm_or *failed = generic_bed_ask(
        s, "instantiate", generic_bed_instantiate(s, EVENT("START", "\"absent.sh\""), 1, scripts),
        "ERROR");
    generic_bed_assert_has(failed->exception->detail_message,
                           "vnfd 'web': event START names the script "
                           "'absent.sh'");
}

static void test_no_hello(void **state)
{
    struct generic_bed *s = *state;
    s->vnfm[0] = generic_bed_start(s, "--hello-timeout=300ms");
    mini_nfvo_await_consumer(s->nfvo, s->type);
    struct vnfm_or *failed =
        generic_bed_ask(s, "instantiate", generic_bed_instantiate(s, "", 2, NULL), "ERROR");
    generic_bed_assert_has(failed->exception->detail_message, "no hello");
    assert_string_equal(failed->fault->host, generic_bed_host(s, 0));
    assert_string_equal(failed->fault->code, "ERR_TIMEOUT");
}

/* Killed while a script runs, another process goes on: the script ran once. */
static void test_vnfm_killed(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {{"one.sh", generic_bed_note},
                                          {"slow.sh", generic_bed_slow},
                                          {"three.sh", generic_bed_note},
                                          {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"one.sh\",\"slow.sh\",\"three.sh\""), 1, scripts);
    generic_bed_await_file(s, 0, "runs", "begin");
    test_program_stop(s->vnfm[0], SIGKILL);
    s->vnfm[0] = 0;
    generic_bed_write_file(s, 0, "go");
    generic_bed_await_file(s, 0, "runs", "end");
    s->vnfm[1] = generic_bed_start(s, NULL);
    assert_string_equal(generic_bed_answer(s, "instantiate")->action, "INSTANTIATE");
    const char *h0 = generic_bed_host(s, 0);
    generic_bed_assert_file(
        s, 0, "runs",
        arena_printf(&s->arena, "one.sh %s 8080  \nbegin\nend\nthree.sh %s 8080  \n", h0, h0));
}

/* Stopped in an orderly way, it hands over to the one beside it, which the hello may have reached.
 */
static void test_two_side_by_side(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {{"slow.sh", generic_bed_slow}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    s->vnfm[1] = generic_bed_start(s, NULL);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->registers, 2);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 3, scripts);
    for (unsigned i = 0; i < 3; i++)
        generic_bed_await_file(s, i, "runs", "begin");
    assert_int_equal(test_program_stop(s->vnfm[0], SIGTERM), 0);
    s->vnfm[0] = 0;
    for (unsigned i = 0; i < 3; i++)
        generic_bed_write_file(s, i, "go");
    assert_string_equal(generic_bed_answer(s, "instantiate")->action, "INSTANTIATE");
    for (unsigned i = 0; i < 3; i++)
        generic_bed_assert_file(s, i, "runs", "begin\nend\n");
}

/* The agent goes and comes back while its script runs: nothing is run twice, nothing is lost. */
static void test_agent_killed(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {{"slow.sh", generic_bed_slow}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    generic_bed_await_file(s, 0, "runs", "begin");
    test_agents_kill(s->agents, generic_bed_host(s, 0), false);
    generic_bed_write_file(s, 0, "go");
    generic_bed_await_file(s, 0, "runs", "end");
    test_agents_boot(s->agents, generic_bed_host(s, 0), s->nfvo->last_user_data);
    assert_string_equal(generic_bed_answer(s, "instantiate")->action, "INSTANTIATE");
    generic_bed_assert_file(s, 0, "runs", "begin\nend\n");
}

/* With the runner gone too nobody can tell how the script ended: an error, never a second run. */
static void test_outcome_unknown(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {{"slow.sh", generic_bed_slow}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    generic_bed_await_file(s, 0, "runs", "begin");
    test_agents_kill(s->agents, generic_bed_host(s, 0), true);
    test_agents_boot(s->agents, generic_bed_host(s, 0), s->nfvo->last_user_data);
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    assert_string_equal(failed->fault->code, "ERR_UNKNOWN");
    assert_string_equal(failed->fault->script, "slow.sh");
    AUTO(freep) char *runs = test_agents_read(s->agents, generic_bed_host(s, 0), "runs");
    assert_null(strstr(runs + 1, "begin"));
    generic_bed_write_file(s, 0, "go");
}

static void test_release_cancels(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"slow.sh", generic_bed_slow}, {"bye.sh", generic_bed_note}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    s->vnfm[1] = generic_bed_start(s, NULL);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->registers, 2);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    generic_bed_await_file(s, 0, "runs", "begin");
    char vnfr[1000];
    snprintf(vnfr, sizeof(vnfr),
             "{\"id\":\"r-1\",\"name\":\"web\",\"lifecycle_event\":[%s],\"vdu\":[{\"id\":"
             "\"u-0\",\"vnfc_instance\":[{\"id\":\"i-0\",\"hostname\":\"%s\"}]}]}",
             EVENT("TERMINATE", "\"bye.sh\""), generic_bed_host(s, 0));
    /* Of a VNFM that died with it in hand; the NFVO refused it when it came again. */
    assert_int_equal(
        generic_bed_count(s, "WITH lost AS (INSERT INTO run (id, vnfr_id, vnfr_name, action, "
                             "is_anonymous, started_at) VALUES ('lost', 'r-1', 'web', "
                             "'INSTANTIATE', false, 1) RETURNING 1) SELECT count(*) FROM lost"),
        1);
    generic_bed_ask(s, "release",
                    arena_printf(&s->arena, "{\"action\":\"RELEASE_RESOURCES\",\"vnfr\":%s}", vnfr),
                    "RELEASE_RESOURCES");
    struct vnfm_or *failed = generic_bed_answer(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    generic_bed_assert_has(failed->exception->detail_message, "cancelled");
    generic_bed_await_file(s, 0, "runs", "bye.sh");
    assert_int_equal(generic_bed_count(s, "SELECT count(*) FROM run WHERE ended_at IS NULL"), 0);
}

/* The release is answered as done, and the fault beside it says what was passed over. */
static void test_terminate_fails(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"bye.sh", "#!/bin/bash\necho half\necho cannot >&2\nexit 4\n"}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("TERMINATE", "\"bye.sh\""), 1, scripts);
    struct vnfm_or *done = generic_bed_answer(s, "instantiate");
    done = generic_bed_ask(s, "release",
                           generic_bed_message(s, "RELEASE_RESOURCES", done->record, NULL),
                           "RELEASE_RESOURCES");
    assert_non_null(done->fault);
    assert_string_equal(done->fault->host, generic_bed_host(s, 0));
    assert_string_equal(done->fault->script, "bye.sh");
    assert_int_equal(done->fault->exit_code, 4);
    generic_bed_assert_has(done->fault->output_tail, "cannot");
    generic_bed_assert_has(done->fault->hint, "baton logs");
    assert_int_equal(done->host_logs.n, 1);
    assert_int_equal(done->host_logs.at[0].value.n, 3);
}

/* What a script has said so far comes from the agent, which is busy running it. */
static void test_log_while_running(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"talk.sh",
         "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho so far\necho begin >>runs\nuntil [ -e go "
         "]; do sleep 0.05; done\n"},
        {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"talk.sh\""), 1, scripts);
    generic_bed_await_file(s, 0, "runs", "begin");
    generic_bed_send(
        s, "log",
        arena_printf(&s->arena,
                     "{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"web\",\"hostname\":\"%s\"}",
                     generic_bed_host(s, 0)));
    struct vnfm_or *logs = generic_bed_answer(s, "log");
    assert_int_equal(logs->output_log.n, 2);
    generic_bed_assert_has(logs->output_log.at[0], ", running)");
    assert_string_equal(logs->output_log.at[1], "so far");
    generic_bed_write_file(s, 0, "go");
    assert_string_equal(generic_bed_answer(s, "instantiate")->action, "INSTANTIATE");
}

static void test_other_actions(void **state)
{
    struct generic_bed *s = *state;
    const struct script_text scripts[] = {
        {"one.sh", generic_bed_note}, {"heal.sh", generic_bed_note}, {NULL, NULL}};
    const char *payload = "[35,33,47,98,105,110,47,98,97,115,104,10,99,100,32,34,36,40,100,105,114,"
                          "110,97,109,101,32,34,36,48,34,41,34,10,101,99,104,111,32,110,101,119,62,"
                          "62,114,117,110,115,10]"; /* cd "$(dirname "$0")"; echo new>>runs */
    s->vnfm[0] = generic_bed_start(s, NULL);
    generic_bed_deploy(s, EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT("HEAL", "\"heal.sh\""), 1,
                       scripts);
    struct vnfr *vnfr = generic_bed_answer(s, "instantiate")->record;
    generic_bed_ask(
        s, "execute",
        generic_bed_message(
            s, "EXECUTE", vnfr,
            arena_printf(&s->arena, ",\"script\":{\"name\":\"ob_runtime_script\",\"payload\":%s}",
                         payload)),
        "EXECUTE");
    generic_bed_await_file(s, 0, "runs", "new");
    generic_bed_ask(
        s, "update",
        generic_bed_message(
            s, "UPDATE", vnfr,
            arena_printf(&s->arena, ",\"script\":{\"name\":\"heal.sh\",\"payload\":%s}", payload)),
        "UPDATE");
    generic_bed_ask(
        s, "heal",
        generic_bed_message(s, "HEAL", vnfr,
                            arena_printf(&s->arena,
                                         ",\"cause\":\"sick\",\"vnfcInstance\":{\"id\":\"i-0\","
                                         "\"hostname\":\"%s\"}",
                                         generic_bed_host(s, 0))),
        "HEAL");
    generic_bed_assert_file(
        s, 0, "runs",
        arena_printf(&s->arena, "one.sh %s 8080  \nnew\nnew\n", generic_bed_host(s, 0)));

    AUTO(sbuf_release) struct sbuf more = SBUF_INIT;
    struct vnf_component *component = proto_new(&vnf_component_type, &s->arena);
    component->id = "c-new";
    proto_list_add(&vnfr->vdu.at[0]->vnfc, component, &s->arena);
    sbuf_addf(&more,
              ",\"component\":{\"id\":\"c-new\"},\"mode\":\"\",\"extension\":{\"brokerIp\":\"%s\","
              "\"brokerPort\":\"%d\"},\"vimInstance\":{\"id\":\"v-1\",\"name\":\"pop1\",\"type\":"
              "\"test\"}",
              s->vhost->host, s->vhost->port);
    generic_bed_add_package(&more, scripts);
    generic_bed_send(s, "scale", generic_bed_message(s, "SCALE_OUT", vnfr, more.s));
    mini_nfvo_await_count(s->nfvo, &s->nfvo->scalings, 1);
    test_agents_login(s->agents, generic_bed_host(s, 1), false);
    test_agents_boot(s->agents, generic_bed_host(s, 1), s->nfvo->last_user_data);
    struct vnfm_or *scaled = generic_bed_answer(s, "scale");
    assert_string_equal(scaled->action, "SCALED");
    assert_string_equal(scaled->vnfc_instance->hostname, generic_bed_host(s, 1));
    assert_string_equal(scaled->vnfc_instance->state, "ACTIVE");
    generic_bed_assert_file(s, 1, "runs",
                            arena_printf(&s->arena, "one.sh %s 8080  \n", generic_bed_host(s, 1)));
}

/* --- an agent without journal: it runs a command and answers --- */

static void plain_agent_save(const struct plain_agent *a, const struct ems_request *m)
{
    char line[8000];
    snprintf(line, sizeof(line), "echo '%s' | base64 -d >%s/%s && chmod +x %s/%s", m->payload,
             a->folder, m->name, a->folder, m->name);
    if (system(line) != 0)
        fail_msg("%s", line);
}

static int plain_agent_execute(const struct plain_agent *a, const struct ems_request *m)
{
    char line[2000];
    snprintf(line, sizeof(line), "BATON_JOURNAL=%s/journal /bin/bash %s/%s >%s/out 2>%s/err",
             a->folder, a->folder, m->payload, a->folder, a->folder);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void plain_agent_serve(struct plain_agent *a, const struct bus_delivery *d)
{
    AUTO(arena_release) struct arena arena = ARENA_INIT;
    struct ems_request *m;
    struct err err = ERR_INIT;
    char body[100];
    uint64_t seq;
    int status = 0;
    if (proto_decode(&ems_request_type, d->body, d->len, 0, &arena, &m, &err) != ERR_OK)
        fail_msg("command: %s", err.msg);
    if (strcmp(m->action, EMS_SAVE_SCRIPTS) == 0) {
        plain_agent_save(a, m);
    } else {
        assert_string_equal(m->action, EMS_EXECUTE);
        a->executions++;
        status = plain_agent_execute(a, m);
        if (a->forgets) {
            a->forgets = false;
            bus_free(a->bus);
            a->bus = NULL;
            return;
        }
    }
    snprintf(body, sizeof(body), "{\"output\":\"\",\"err\":\"\",\"status\":%d}", status);
    struct bus_message reply = {.exchange = TOPOLOGY_EXCHANGE,
                                .routing_key = d->reply_to,
                                .correlation_id = d->correlation_id,
                                .body = body,
                                .len = strlen(body),
                                .user_id = a->user};
    if (bus_publish(a->bus, &reply, &seq, &err) != ERR_OK)
        fail_msg("reply: %s", err.msg);
    bus_ack(a->bus, d->tag, d->epoch);
}

/* The guard script journals in its place: a lost answer does not mean a second run. */
static void test_agent_without_journal(void **state)
{
    struct generic_bed *s = *state;
    struct plain_agent a = {.forgets = true};
    const struct script_text scripts[] = {{"one.sh", generic_bed_note}, {NULL, NULL}};
    s->vnfm[0] = generic_bed_start(s, NULL);
    mini_nfvo_await_consumer(s->nfvo, s->type);
    snprintf(a.folder, sizeof(a.folder), "%s/%s", s->agents->folder, generic_bed_host(s, 0));
    mkdir(a.folder, 0755);
    test_agents_login(s->agents, generic_bed_host(s, 0), true);
    plain_agent_connect(s, &a, generic_bed_host(s, 0));
    generic_bed_send(s, "instantiate",
                     generic_bed_instantiate(s, EVENT("INSTANTIATE", "\"one.sh\""), 1, scripts));
    int64_t until = clock_mono_us() + 60 * USEC_PER_SEC;
    while (s->nfvo->answer_n == 0 && clock_mono_us() < until) {
        struct bus_event ev;
        mini_nfvo_pump(s->nfvo, 20);
        enum bus_event_type what = bus_next(a.bus, &ev, -1, 20);
        if (what == BUS_DELIVERY)
            plain_agent_serve(&a, ev.delivery);
        else if (what == BUS_RETURNED)
            plain_agent_hello(s, &a);
        if (!a.bus)
            plain_agent_connect(s, &a, generic_bed_host(s, 0));
    }
    assert_string_equal(generic_bed_answer(s, "instantiate")->action, "INSTANTIATE");
    assert_int_equal(a.executions, 2); /* asked for twice */
    char path[300], text[200] = "";
    snprintf(path, sizeof(path), "%s/runs", a.folder);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    assert_string_equal(text, "one.sh    \n"); /* and run once */
    assert_true(n > 0);
    bus_free(a.bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, generic_bed_setup, generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_script_fails, generic_bed_setup, generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_package_lacks_script, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_no_hello, generic_bed_setup, generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_vnfm_killed, generic_bed_setup, generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_two_side_by_side, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_agent_killed, generic_bed_setup, generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_outcome_unknown, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_release_cancels, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_terminate_fails, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_log_while_running, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_other_actions, generic_bed_setup,
                                        generic_bed_teardown),
        cmocka_unit_test_setup_teardown(test_agent_without_journal, generic_bed_setup,
                                        generic_bed_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
