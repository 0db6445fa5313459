/* The generic VNFM, its database, real agents and real scripts; the NFVO is tests/support. */
#include "common/base/mem.h"
#include "common/db/db.h"
#include "common/sys/clock.h"
#include "proto/messages/ems.h"
#include "proto/messages/vnfm_or.h"
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct stage {
    struct test_vhost *vhost;
    struct mini_nfvo *nfvo;
    struct test_agents *agents;
    struct test_schema *schema;
    struct arena arena;
    char type[40], prefix[40];
    char options[12][200];
    pid_t vnfm[2];
};

static const char *host(struct stage *s, unsigned i)
{
    return arena_printf(&s->arena, "%s-%u", s->prefix, i);
}

static pid_t start_vnfm(struct stage *s, const char *more)
{
    const char *args[16];
    size_t n = 0;
    for (; s->options[n][0]; n++)
        args[n] = s->options[n];
    if (more)
        args[n++] = more;
    args[n] = NULL;
    return test_program_start("vnfm-generic", args);
}

static void set_options(struct stage *s)
{
    size_t n = 0;
#define OPTION(...) snprintf(s->options[n++], sizeof(s->options[0]), __VA_ARGS__)
    OPTION("--broker-host=%s", s->vhost->host);
    OPTION("--broker-port=%d", s->vhost->port);
    OPTION("--broker-vhost=%s", s->vhost->name);
    OPTION("--broker-user=%s", s->nfvo->registrar);
    OPTION("--broker-password=registrar");
    OPTION("--agents-vhost=%s", s->agents->vhost->name);
    OPTION("--type=%s", s->type);
    OPTION("--database=%s", test_schema_conninfo(s->schema));
    OPTION("--database-schema=%s", test_schema_name(s->schema));
    OPTION("--log-level=%s", getenv("OB_TEST_LOG") ? getenv("OB_TEST_LOG") : "error");
#undef OPTION
}

static int setup(void **state)
{
    static unsigned count;
    struct stage *s = xcalloc(1, sizeof(*s));
    snprintf(s->type, sizeof(s->type), "gen-%d-%u", (int)getpid(), ++count);
    snprintf(s->prefix, sizeof(s->prefix), "web%d%u", (int)getpid(), count);
    s->vhost = test_vhost_new();
    s->nfvo = mini_nfvo_new(s->vhost);
    s->nfvo->host_prefix = s->prefix;
    s->agents = test_agents_new(s->type, s->type);
    s->schema = test_schema_new("generic");
    set_options(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    char user[80];
    for (unsigned i = 0; i < 2; i++)
        if (s->vnfm[i])
            test_program_stop(s->vnfm[i], SIGKILL);
    for (unsigned i = 0; i < 3; i++) {
        test_agents_kill(s->agents, host(s, i), true);
        snprintf(user, sizeof(user), "ems.%s", host(s, i));
        test_broker_api(s->vhost, "DELETE", arena_printf(&s->arena, "users/%s", user), NULL, NULL);
    }
    mini_nfvo_free(s->nfvo);
    test_agents_free(s->agents);
    test_schema_free(s->schema);
    test_vhost_free(s->vhost);
    arena_release(&s->arena);
    free(s);
    return 0;
}

/* --- messages --- */

struct script_text {
    const char *name, *text;
};

static void add_package(struct sbuf *out, const struct script_text *scripts)
{
    sbuf_adds(out, ",\"vnfPackage\":{\"id\":\"p-1\",\"name\":\"web\",\"scripts\":[");
    for (size_t i = 0; scripts[i].name; i++) {
        sbuf_addf(out, "%s{\"name\":\"%s\",\"payload\":[", i ? "," : "", scripts[i].name);
        for (const char *c = scripts[i].text; *c; c++)
            sbuf_addf(out, "%s%d", c > scripts[i].text ? "," : "", (int)(signed char)*c);
        sbuf_adds(out, "]}");
    }
    sbuf_adds(out, "]}");
}

static const char *instantiate(struct stage *s, const char *events, unsigned instances,
                               const struct script_text *scripts)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out,
              "{\"action\":\"INSTANTIATE\",\"vnfd\":{\"id\":\"d-1\",\"name\":\"web\",\"type\":"
              "\"web\",\"endpoint\":\"%s\",\"provides\":[\"answer\"],\"configurations\":{\"name\":"
              "\"c\",\"configurationParameters\":[{\"confKey\":\"PORT\",\"value\":\"8080\"}]},"
              "\"lifecycle_event\":[%s],\"vdu\":[{\"id\":\"u-1\",\"name\":\"web-1\",\"vm_image\":["
              "\"host\"],\"vnfc\":[",
              s->type, events);
    for (unsigned i = 0; i < instances; i++)
        sbuf_addf(&out, "%s{\"connection_point\":[{\"virtual_link_reference\":\"mgmt\"}]}",
                  i ? "," : "");
    sbuf_addf(&out,
              "]}]},\"vnfdf\":{\"flavour_key\":\"m1\"},\"vnfInstanceName\":\"web\",\"vlrs\":[],"
              "\"extension\":{\"brokerIp\":\"%s\",\"brokerPort\":\"%d\",\"monitoringIp\":\"\","
              "\"timezone\":\"CET\",\"nsr-id\":\"nsr-1\"},\"vimInstances\":{},\"keys\":[]",
              s->vhost->host, s->vhost->port);
    if (scripts)
        add_package(&out, scripts);
    sbuf_addc(&out, '}');
    return arena_strdup(&s->arena, out.s);
}

static const char *with_record(struct stage *s, const char *action, const struct vnfr *vnfr,
                               const char *more)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out, "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":", action);
    proto_encode(&vnfr_type, vnfr, PROTO_COMPLETE, &out);
    sbuf_addf(&out, "%s}", more ? more : "");
    return arena_strdup(&s->arena, out.s);
}

static const char *command_id(struct stage *s, const char *what)
{
    return arena_printf(&s->arena, "%s-0000-0000-0000-000000000000", what);
}

static struct vnfm_or *answer_of(struct stage *s, const char *what)
{
    struct vnfm_or *answer;
    struct err err = ERR_INIT;
    const char *text = mini_nfvo_await(s->nfvo, command_id(s, what), 1);
    if (getenv("OB_TEST_LOG"))
        fprintf(stderr, "%s\n", text);
    if (proto_decode(&vnfm_or_type, text, strlen(text), 0, &s->arena, &answer, &err) != ERR_OK)
        fail_msg("%s: %s", what, err.msg);
    return answer;
}

static void send(struct stage *s, const char *what, const char *body)
{
    mini_nfvo_send(s->nfvo, s->type, body, command_id(s, what));
}

static struct vnfm_or *ask(struct stage *s, const char *what, const char *body,
                           const char *expected)
{
    send(s, what, body);
    struct vnfm_or *answer = answer_of(s, what);
    if (strcmp(answer->action, expected) != 0)
        fail_msg("%s: %s instead of %s: %s", what, answer->action, expected,
                 answer->exception ? answer->exception->detail_message : "");
    return answer;
}

/* INSTANTIATE up to the instances, which boot with the user data that came with ALLOCATE. */
static void deploy(struct stage *s, const char *events, unsigned instances,
                   const struct script_text *scripts)
{
    mini_nfvo_await_consumer(s->nfvo, s->type);
    send(s, "instantiate", instantiate(s, events, instances, scripts));
    mini_nfvo_await_count(s->nfvo, &s->nfvo->allocates, 1);
    for (unsigned i = 0; i < instances; i++) {
        test_agents_login(s->agents, host(s, i));
        test_agents_boot(s->agents, host(s, i), s->nfvo->last_user_data);
    }
}

static void assert_file(struct stage *s, unsigned i, const char *name, const char *expected)
{
    AUTO(freep) char *text = test_agents_read(s->agents, host(s, i), name);
    assert_string_equal(text, expected);
}

static void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text ? text : "NULL");
}

static int64_t count(struct stage *s, const char *sql)
{
    struct db *db = test_schema_open(s->schema);
    struct db_statement statement = {"count", sql};
    struct db_result res;
    struct err err = ERR_INIT;
    if (db_query(db, &statement, NULL, 0, &res, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(db);
    db_free(db);
    return n;
}

#define EVENT(name, scripts) "{\"event\":\"" name "\",\"lifecycle_events\":[" scripts "]}"

static const char note[] =
    "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho \"$(basename \"$0\") $hostname $PORT"
    " $db_ip $answer\" >>runs\n";

/* --- tests --- */

static void test_life(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {
        {"install.sh", note},
        {"db_connect.sh", note},
        {"start.sh",
         "#!/bin/bash\necho hello\necho oops >&2\necho '##baton set answer {\"x\": 42}'\n"
         "echo '##baton set secret 1'\n"},
        {"stop.sh", note},
        {"bye.sh", note},
        {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(
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
    struct vnfm_or *done = answer_of(s, "instantiate");
    assert_string_equal(done->action, "INSTANTIATE");
    assert_file(s, 0, "runs", arena_printf(&s->arena, "install.sh %s 8080  \n", host(s, 0)));
    assert_int_equal(done->record->lifecycle_event_history.n, 2);
    assert_has(done->record->lifecycle_event_history.at[0]->description, "exit 0");

    done =
        ask(s, "modify",
            with_record(s, "MODIFY", done->record,
                        ",\"vnfrd\":{\"target\":\"web\",\"idType\":{\"db\":\"db\"},"
                        "\"parameters\":{\"db\":{\"parameters\":{\"ip\":\"\"}}},"
                        "\"vnfcParameters\":{\"db\":{\"parameters\":{\"i-7\":{\"parameters\":{"
                        "\"ip\":\"10.0.0.7\"}},\"i-8\":{\"parameters\":{\"ip\":\"10.0.0.8\"}}}}}}"),
            "MODIFY");
    const char *h0 = host(s, 0);
    assert_file(s, 0, "runs",
                arena_printf(&s->arena,
                             "install.sh %s 8080  \ndb_connect.sh %s 8080 10.0.0.7 \n"
                             "db_connect.sh %s 8080 10.0.0.8 \n",
                             h0, h0, h0));
    AUTO(freep) char *parameters = test_agents_read(s->agents, h0, "ob_parameters.sh");
    assert_has(parameters, "10.0.0.7");

    done = ask(s, "start", with_record(s, "START", done->record, NULL), "START");
    assert_string_equal(done->record->provides->parameters.at[0]->value, "{\"x\": 42}");
    assert_string_equal(done->record->vdu.at[0]->vnfc_instance.at[1]->state, "ACTIVE");

    send(s, "log",
         arena_printf(&s->arena,
                      "{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"web\",\"hostname\":\"%s\"}", h0));
    struct vnfm_or *logs = answer_of(s, "log");
    assert_int_equal(logs->output_log.n, 4 + 4);
    assert_has(logs->output_log.at[0], "== INSTANTIATE install.sh (");
    assert_has(logs->output_log.at[3], "== START start.sh (");
    assert_string_equal(logs->output_log.at[4], "hello");
    assert_string_equal(logs->output_log.at[7], "oops");

    done = ask(s, "stop", with_record(s, "STOP", done->record, NULL), "STOP");
    assert_string_equal(done->record->vdu.at[0]->vnfc_instance.at[0]->state, "INACTIVE");
    done = ask(s, "release", with_record(s, "RELEASE_RESOURCES", done->record, NULL),
               "RELEASE_RESOURCES");
    AUTO(freep) char *runs = test_agents_read(s->agents, h0, "runs");
    assert_has(runs, "bye.sh");
    assert_int_equal(count(s, "SELECT count(*) FROM agent WHERE vnfr_id IS NOT NULL"), 0);
    assert_int_equal(test_program_stop(s->vnfm[0], SIGTERM), 0);
    s->vnfm[0] = 0;
}

/* A script waits until the test has seen it run. */
static const char slow[] = "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho begin >>runs\nuntil [ -e "
                           "go ]; do sleep 0.05; done\n"
                           "echo end >>runs\n";

static void await_file(struct stage *s, unsigned i, const char *name, const char *expected)
{
    int64_t until = clock_mono_us() + 30 * USEC_PER_SEC;
    for (;;) {
        AUTO(freep) char *text = test_agents_read(s->agents, host(s, i), name);
        if (strstr(text, expected))
            return;
        if (clock_mono_us() > until)
            fail_msg("%s never had '%s': %s", name, expected, text);
        mini_nfvo_pump(s->nfvo, 20);
    }
}

static void write_file(struct stage *s, unsigned i, const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s/opt/openbaton/scripts/%s", s->agents->folder, host(s, i),
             name);
    FILE *f = fopen(path, "we");
    if (!f || fclose(f) != 0)
        fail_msg("write %s", path);
}

static void test_script_fails(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {
        {"one.sh", note},
        {"two.sh",
         "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho two >>runs\n[ -e mended ] || { echo "
         "'no disk' >&2; exit 7; }\n"},
        {"three.sh", note},
        {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"one.sh\",\"two.sh\",\"three.sh\""), 1, scripts);
    struct vnfm_or *failed = answer_of(s, "instantiate");
    const char *h0 = host(s, 0);
    assert_string_equal(failed->action, "ERROR");
    assert_string_equal(failed->nsr_id, "nsr-1");
    assert_has(failed->exception->detail_message,
               arena_printf(&s->arena, "EMS (%s) had the following error:", h0));
    assert_string_equal(failed->fault->host, h0);
    assert_string_equal(failed->fault->script, "two.sh");
    assert_int_equal(failed->fault->exit_code, 7);
    assert_string_equal(failed->fault->output_tail, "no disk");
    assert_string_equal(failed->record->vdu.at[0]->vnfc_instance.at[0]->state, "error");
    write_file(s, 0, "mended");
    ask(s, "resume", with_record(s, "RESUME", failed->record, NULL), "INSTANTIATE");
    assert_file(
        s, 0, "runs",
        arena_printf(&s->arena, "one.sh %s 8080  \ntwo\ntwo\nthree.sh %s 8080  \n", h0, h0));
}

static void test_package_lacks_script(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"one.sh", note}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    mini_nfvo_await_consumer(s->nfvo, s->type);
    struct vnfm_or *failed =
        ask(s, "instantiate", instantiate(s, EVENT("START", "\"absent.sh\""), 1, scripts), "ERROR");
    assert_has(failed->exception->detail_message, "vnfd 'web': event START names the script "
                                                  "'absent.sh'");
}

static void test_no_hello(void **state)
{
    struct stage *s = *state;
    s->vnfm[0] = start_vnfm(s, "--hello-timeout=300ms");
    mini_nfvo_await_consumer(s->nfvo, s->type);
    struct vnfm_or *failed = ask(s, "instantiate", instantiate(s, "", 2, NULL), "ERROR");
    assert_has(failed->exception->detail_message, "no hello");
    assert_string_equal(failed->fault->host, host(s, 0));
    assert_string_equal(failed->fault->code, "ERR_TIMEOUT");
}

/* Killed while a script runs, another process goes on: the script ran once. */
static void test_vnfm_killed(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {
        {"one.sh", note}, {"slow.sh", slow}, {"three.sh", note}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"one.sh\",\"slow.sh\",\"three.sh\""), 1, scripts);
    await_file(s, 0, "runs", "begin");
    test_program_stop(s->vnfm[0], SIGKILL);
    s->vnfm[0] = 0;
    write_file(s, 0, "go");
    await_file(s, 0, "runs", "end");
    s->vnfm[1] = start_vnfm(s, NULL);
    assert_string_equal(answer_of(s, "instantiate")->action, "INSTANTIATE");
    const char *h0 = host(s, 0);
    assert_file(
        s, 0, "runs",
        arena_printf(&s->arena, "one.sh %s 8080  \nbegin\nend\nthree.sh %s 8080  \n", h0, h0));
}

/* Stopped in an orderly way, it hands over to the one beside it, which the hello may have reached.
 */
static void test_two_side_by_side(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"slow.sh", slow}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    s->vnfm[1] = start_vnfm(s, NULL);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->registers, 2);
    deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 3, scripts);
    for (unsigned i = 0; i < 3; i++)
        await_file(s, i, "runs", "begin");
    assert_int_equal(test_program_stop(s->vnfm[0], SIGTERM), 0);
    s->vnfm[0] = 0;
    for (unsigned i = 0; i < 3; i++)
        write_file(s, i, "go");
    assert_string_equal(answer_of(s, "instantiate")->action, "INSTANTIATE");
    for (unsigned i = 0; i < 3; i++)
        assert_file(s, i, "runs", "begin\nend\n");
}

/* The agent goes and comes back while its script runs: nothing is run twice, nothing is lost. */
static void test_agent_killed(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"slow.sh", slow}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    await_file(s, 0, "runs", "begin");
    test_agents_kill(s->agents, host(s, 0), false);
    write_file(s, 0, "go");
    await_file(s, 0, "runs", "end");
    test_agents_boot(s->agents, host(s, 0), s->nfvo->last_user_data);
    assert_string_equal(answer_of(s, "instantiate")->action, "INSTANTIATE");
    assert_file(s, 0, "runs", "begin\nend\n");
}

/* With the runner gone too nobody can tell how the script ended: an error, never a second run. */
static void test_outcome_unknown(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"slow.sh", slow}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    await_file(s, 0, "runs", "begin");
    test_agents_kill(s->agents, host(s, 0), true);
    test_agents_boot(s->agents, host(s, 0), s->nfvo->last_user_data);
    struct vnfm_or *failed = answer_of(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    assert_string_equal(failed->fault->code, "ERR_UNKNOWN");
    assert_string_equal(failed->fault->script, "slow.sh");
    AUTO(freep) char *runs = test_agents_read(s->agents, host(s, 0), "runs");
    assert_null(strstr(runs + 1, "begin"));
    write_file(s, 0, "go");
}

static void test_release_cancels(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"slow.sh", slow}, {"bye.sh", note}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    s->vnfm[1] = start_vnfm(s, NULL);
    mini_nfvo_await_count(s->nfvo, &s->nfvo->registers, 2);
    deploy(s, EVENT("INSTANTIATE", "\"slow.sh\""), 1, scripts);
    await_file(s, 0, "runs", "begin");
    char vnfr[1000];
    snprintf(vnfr, sizeof(vnfr),
             "{\"id\":\"r-1\",\"name\":\"web\",\"lifecycle_event\":[%s],\"vdu\":[{\"id\":"
             "\"u-0\",\"vnfc_instance\":[{\"id\":\"i-0\",\"hostname\":\"%s\"}]}]}",
             EVENT("TERMINATE", "\"bye.sh\""), host(s, 0));
    ask(s, "release",
        arena_printf(&s->arena, "{\"action\":\"RELEASE_RESOURCES\",\"vnfr\":%s}", vnfr),
        "RELEASE_RESOURCES");
    struct vnfm_or *failed = answer_of(s, "instantiate");
    assert_string_equal(failed->action, "ERROR");
    assert_has(failed->exception->detail_message, "cancelled");
    await_file(s, 0, "runs", "bye.sh");
}

/* What a script has said so far comes from the agent, which is busy running it. */
static void test_log_while_running(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {
        {"talk.sh",
         "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho so far\necho begin >>runs\nuntil [ -e go "
         "]; do sleep 0.05; done\n"},
        {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"talk.sh\""), 1, scripts);
    await_file(s, 0, "runs", "begin");
    send(s, "log",
         arena_printf(&s->arena,
                      "{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"web\",\"hostname\":\"%s\"}",
                      host(s, 0)));
    struct vnfm_or *logs = answer_of(s, "log");
    assert_int_equal(logs->output_log.n, 2);
    assert_has(logs->output_log.at[0], ", running)");
    assert_string_equal(logs->output_log.at[1], "so far");
    write_file(s, 0, "go");
    assert_string_equal(answer_of(s, "instantiate")->action, "INSTANTIATE");
}

static void test_other_actions(void **state)
{
    struct stage *s = *state;
    const struct script_text scripts[] = {{"one.sh", note}, {"heal.sh", note}, {NULL, NULL}};
    const char *payload = "[35,33,47,98,105,110,47,98,97,115,104,10,99,100,32,34,36,40,100,105,114,"
                          "110,97,109,101,32,34,36,48,34,41,34,10,101,99,104,111,32,110,101,119,62,"
                          "62,114,117,110,115,10]"; /* cd "$(dirname "$0")"; echo new>>runs */
    s->vnfm[0] = start_vnfm(s, NULL);
    deploy(s, EVENT("INSTANTIATE", "\"one.sh\"") "," EVENT("HEAL", "\"heal.sh\""), 1, scripts);
    struct vnfr *vnfr = answer_of(s, "instantiate")->record;
    ask(s, "execute",
        with_record(s, "EXECUTE", vnfr,
                    arena_printf(&s->arena,
                                 ",\"script\":{\"name\":\"ob_runtime_script\",\"payload\":%s}",
                                 payload)),
        "EXECUTE");
    await_file(s, 0, "runs", "new");
    ask(s, "update",
        with_record(
            s, "UPDATE", vnfr,
            arena_printf(&s->arena, ",\"script\":{\"name\":\"heal.sh\",\"payload\":%s}", payload)),
        "UPDATE");
    ask(s, "heal",
        with_record(s, "HEAL", vnfr,
                    arena_printf(&s->arena,
                                 ",\"cause\":\"sick\",\"vnfcInstance\":{\"id\":\"i-0\","
                                 "\"hostname\":\"%s\"}",
                                 host(s, 0))),
        "HEAL");
    assert_file(s, 0, "runs", arena_printf(&s->arena, "one.sh %s 8080  \nnew\nnew\n", host(s, 0)));

    AUTO(sbuf_release) struct sbuf more = SBUF_INIT;
    struct vnf_component *component = proto_new(&vnf_component_type, &s->arena);
    component->id = "c-new";
    proto_list_add(&vnfr->vdu.at[0]->vnfc, component, &s->arena);
    sbuf_addf(&more,
              ",\"component\":{\"id\":\"c-new\"},\"mode\":\"\",\"extension\":{\"brokerIp\":\"%s\","
              "\"brokerPort\":\"%d\"},\"vimInstance\":{\"id\":\"v-1\",\"name\":\"pop1\",\"type\":"
              "\"test\"}",
              s->vhost->host, s->vhost->port);
    add_package(&more, scripts);
    send(s, "scale", with_record(s, "SCALE_OUT", vnfr, more.s));
    mini_nfvo_await_count(s->nfvo, &s->nfvo->scalings, 1);
    test_agents_login(s->agents, host(s, 1));
    test_agents_boot(s->agents, host(s, 1), s->nfvo->last_user_data);
    struct vnfm_or *scaled = answer_of(s, "scale");
    assert_string_equal(scaled->action, "SCALED");
    assert_string_equal(scaled->vnfc_instance->hostname, host(s, 1));
    assert_string_equal(scaled->vnfc_instance->state, "ACTIVE");
    assert_file(s, 1, "runs", arena_printf(&s->arena, "one.sh %s 8080  \n", host(s, 1)));
}

/* --- an agent without journal, as the reference's: it runs a command and answers --- */

struct plain_agent {
    struct bus *bus;
    char folder[200], queue[200], hello_key[100];
    unsigned executions;
    bool forgets; /* does not answer the next EXECUTE */
};

static void plain_agent_connect(struct stage *s, struct plain_agent *a, const char *hostname)
{
    struct bus_options o = test_bus_options(s->agents->vhost, "plain-agent");
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT, queue = SBUF_INIT, hello = SBUF_INIT;
    char body[200];
    struct err err = ERR_INIT;
    uint64_t seq;
    topology_agent_user(hostname, &user);
    topology_agent_queue(hostname, &queue);
    topology_hello_queue(s->type, &hello);
    o.user = user.s;
    o.password = "agent";
    bus_free(a->bus);
    a->bus = bus_new(&o);
    bus_want_queue(a->bus, &(struct bus_queue){.name = queue.s, .is_auto_delete = true});
    bus_want_binding(a->bus,
                     &(struct bus_binding){.queue = queue.s, .exchange = TOPOLOGY_EXCHANGE});
    bus_want_consumer(a->bus, &(struct bus_consumer){.queue = queue.s, .prefetch = 1});
    test_bus_await(a->bus, BUS_READY);
    snprintf(body, sizeof(body), "{\"hostname\":\"%s\"}", hostname);
    struct bus_message m = {
        .exchange = TOPOLOGY_EXCHANGE, .routing_key = hello.s, .body = body, .len = strlen(body)};
    if (bus_publish(a->bus, &m, &seq, &err) != ERR_OK)
        fail_msg("hello: %s", err.msg);
}

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
                                .len = strlen(body)};
    if (bus_publish(a->bus, &reply, &seq, &err) != ERR_OK)
        fail_msg("reply: %s", err.msg);
    bus_ack(a->bus, d->tag, d->epoch);
}

/* The guard script journals in its place: a lost answer does not mean a second run. */
static void test_agent_without_journal(void **state)
{
    struct stage *s = *state;
    struct plain_agent a = {.forgets = true};
    const struct script_text scripts[] = {{"one.sh", note}, {NULL, NULL}};
    s->vnfm[0] = start_vnfm(s, NULL);
    mini_nfvo_await_consumer(s->nfvo, s->type);
    snprintf(a.folder, sizeof(a.folder), "%s/%s", s->agents->folder, host(s, 0));
    mkdir(a.folder, 0755);
    test_agents_login(s->agents, host(s, 0));
    plain_agent_connect(s, &a, host(s, 0));
    send(s, "instantiate", instantiate(s, EVENT("INSTANTIATE", "\"one.sh\""), 1, scripts));
    int64_t until = clock_mono_us() + 30 * USEC_PER_SEC;
    while (s->nfvo->answer_n == 0 && clock_mono_us() < until) {
        struct bus_event ev;
        mini_nfvo_pump(s->nfvo, 20);
        if (bus_next(a.bus, &ev, -1, 20) == BUS_DELIVERY)
            plain_agent_serve(&a, ev.delivery);
        if (!a.bus)
            plain_agent_connect(s, &a, host(s, 0));
    }
    assert_string_equal(answer_of(s, "instantiate")->action, "INSTANTIATE");
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
        cmocka_unit_test_setup_teardown(test_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_script_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_package_lacks_script, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_hello, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vnfm_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_side_by_side, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agent_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_outcome_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_release_cancels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_log_while_running, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agent_without_journal, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
