/* The SDKs through their stand-ins, as real processes against a real broker and a minimal NFVO. */
#include "common/base/sbuf.h"
#include "common/sys/clock.h"
#include "proto/topology.h"
#include "tests/support/mini_nfvo.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define VNFD                                                                                       \
    "{\"id\":\"d-1\",\"name\":\"web\",\"type\":\"web\",\"endpoint\":\"x\",\"vendor\":\"acme\","    \
    "\"version\":\"1.0\",\"vdu\":[{\"id\":\"u-d\",\"name\":\"web-1\",\"vm_image\":[\"bionic\"],"   \
    "\"metadata\":{},\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":\"mgmt\"}]}]}]}"
#define INSTANTIATE                                                                                \
    "{\"action\":\"INSTANTIATE\",\"vnfd\":" VNFD ",\"vnfInstanceName\":\"web\",\"vlrs\":[],"       \
    "\"vnfdf\":{\"flavour_key\":\"m1.small\"},\"extension\":{\"nsr-id\":\"nsr-1\"},\"keys\":[]}"
#define VNFR(name)                                                                                 \
    "{\"id\":\"r-1\",\"name\":\"" name "\",\"parent_ns_id\":\"nsr-1\",\"odd\":[1,{\"x\":null}]}"
#define VIM "{\"id\":\"v-1\",\"name\":\"pop1\",\"type\":\"test\",\"authUrl\":\"http://x\"}"

static struct test_vhost *vhost;
static struct mini_nfvo *nfvo;
static char queue[200], type[100], folder[] = "/tmp/baton-sdk.XXXXXX", journal[200];
static pid_t child;

static void start(const char *program, const char *const *more)
{
    char host[100], port[100], vh[100], user[100], path[250], kind[120];
    snprintf(host, sizeof(host), "--broker-host=%s", vhost->host);
    snprintf(port, sizeof(port), "--broker-port=%d", vhost->port);
    snprintf(vh, sizeof(vh), "--broker-vhost=%s", vhost->name);
    snprintf(user, sizeof(user), "--broker-user=%s", nfvo->registrar);
    snprintf(path, sizeof(path), "--journal=%s", journal);
    snprintf(kind, sizeof(kind), "--type=%s", type);
    const char *args[20] = {
        host, port, vh, user, "--broker-password=registrar", path, kind, "--log-level=warn"};
    for (size_t i = 8, k = 0; more[k]; i++, k++)
        args[i] = more[k];
    child = test_program_start(program, args);
    mini_nfvo_await_consumer(nfvo, queue);
}

static void start_vnfm(const char *const *more)
{
    snprintf(queue, sizeof(queue), "%s", type);
    start("vnfm-dummy", more);
}

static void start_driver(const char *const *more)
{
    snprintf(queue, sizeof(queue), "vim-drivers.%s.%s", type, type);
    start("vim-driver-test", more);
}

static void stop(void)
{
    unsigned before = nfvo->unregisters;
    assert_int_equal(test_program_stop(child, SIGTERM), 0);
    child = 0;
    mini_nfvo_await_count(nfvo, &nfvo->unregisters, before + 1);
}

static int set_up(void **state)
{
    (void)state;
    static int number;
    vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    snprintf(type, sizeof(type), "t%d-%d", (int)getpid(), ++number);
    snprintf(journal, sizeof(journal), "%s/journal-%d", folder, number);
    child = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (child > 0)
        test_program_stop(child, SIGKILL);
    unlink(journal);
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
    return 0;
}

static unsigned journal_lines(const char *with)
{
    char line[4096];
    unsigned n = 0;
    FILE *f = fopen(journal, "re");
    while (f && fgets(line, sizeof(line), f))
        n += strstr(line, with) != NULL;
    if (f)
        fclose(f);
    return n;
}

static const char *ask(const char *body)
{
    static int number;
    char id[40];
    snprintf(id, sizeof(id), "ask-%d", ++number);
    return mini_nfvo_ask(nfvo, queue, body, id);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static void test_lifecycle(void **state)
{
    (void)state;
    start_vnfm((const char *[]){NULL});
    const char *done = ask(INSTANTIATE);
    assert_has(done, "{\"action\":\"INSTANTIATE\",");
    assert_has(done, "\"id\":\"r-1\"");
    assert_has(done, "\"parent_ns_id\":\"nsr-1\"");
    assert_has(done, "\"parent_vdu\":\"u-d\"");
    assert_has(done, "\"hostname\":\"host-0\"");
    assert_int_equal(nfvo->grants + nfvo->allocates, 2);
    static const char *const rows[][2] = {
        {"{\"action\":\"MODIFY\",\"vnfr\":" VNFR("web") ",\"vnfrd\":{\"target\":\"web\"}}",
         "{\"action\":\"MODIFY\",\"virtualNetworkFunctionRecord\":" VNFR("web") "}"},
        {"{\"action\":\"START\",\"virtualNetworkFunctionRecord\":" VNFR("web") "}",
         "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":" VNFR("web") "}"},
        {"{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":" VNFR(
             "web") ",\"vnfcInstance\":{\"id\":\"i\"}}",
         "\"vnfcInstance\":{\"id\":\"i\"}}"},
        {"{\"action\":\"HEAL\",\"virtualNetworkFunctionRecord\":{},\"vnfcInstance\":{\"id\":\"i\"},"
         "\"cause\":\"c\"}",
         "{\"action\":\"HEAL\""},
        {"{\"action\":\"RESUME\",\"vnfr\":{}}", "{\"action\":\"START\""},
        {"{\"action\":\"RESUME\",\"vnfr\":{},\"vnfrd\":{}}", "{\"action\":\"MODIFY\""},
        /* Ours says what it resumes, and is answered as that. */
        {"{\"action\":\"RESUME\",\"vnfr\":{},\"vnfrd\":{},\"resumedAction\":\"START\"}",
         "{\"action\":\"START\""},
        {"{\"action\":\"RESUME\",\"vnfr\":{\"id\":\"r\"},\"resumedAction\":\"SCALE_OUT\","
         "\"vnfcInstance\":{\"id\":\"i\"}}",
         "{\"action\":\"SCALED\",\"virtualNetworkFunctionRecord\":{\"id\":\"r\"},\"vnfcInstance\":{"
         "\"id\":\"i\"}}"},
        {"{\"action\":\"RESUME\",\"vnfr\":{\"id\":\"r\"},\"resumedAction\":\"SCALE_IN\","
         "\"vnfcInstance\":{\"id\":\"i\"}}",
         "{\"action\":\"SCALE_IN\",\"virtualNetworkFunctionRecord\":{\"id\":\"r\"}}"},
        {"{\"action\":\"RESUME\",\"vnfr\":{},\"resumedAction\":\"x\\\",\\\"y\"}",
         "{\"action\":\"START\","},
        {"{\"action\":\"CANCEL\",\"cancels\":\"0123456789abcdef\"}", "null"},
        {"{\"action\":\"UPDATE\",\"vnfr\":{}}", "{\"action\":\"UPDATE\""},
        {"{\"action\":\"EXECUTE\",\"vnfr\":{},\"script\":{\"name\":\"s\",\"payload\":[-1]}}",
         "{\"action\":\"EXECUTE\""},
        {"{\"action\":\"ERROR\",\"vnfr\":{},\"message\":\"m\"}", "null"},
        {"{\"action\":\"SCALE_IN\",\"virtualNetworkFunctionRecord\":{},\"vnfcInstance\":{}}",
         "null"},
        {"{\"action\":\"LOG_REQUEST\",\"vnfrName\":\"web\",\"hostname\":\"h\"}",
         "\"outputLog\":[\"vnfm-dummy runs no scripts\"],\"errorLog\":[]"},
        {"{\"action\":\"RELEASE_RESOURCES\",\"vnfr\":" VNFR("web") "}",
         "{\"action\":\"RELEASE_RESOURCES\""},
        {"{\"action\":\"NONSENSE\"}", "is not one of a VNFM"},
        {"{\"action\":", "\"action\":\"ERROR\""},
        {"{\"action\":\"INSTANTIATE\"}", "INSTANTIATE has no vnfd"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_has(ask(rows[i][0]), rows[i][1]);
    assert_int_equal(journal_lines("\"outcome\":\"done\""), 17);
    stop();
}

static void test_restart_and_scale(void **state)
{
    (void)state;
    start_vnfm((const char *[]){NULL});
    assert_has(ask("{\"action\":\"INSTANTIATE\",\"vnfd\":" VNFD ",\"vnfr\":" VNFR("web") "}"),
               VNFR("web"));
    assert_int_equal(nfvo->grants, 0);
    const char *scaled =
        ask("{\"action\":\"SCALE_OUT\",\"mode\":\"standby\",\"component\":{\"id\":\"c-2\"},"
            "\"vimInstance\":" VIM ",\"virtualNetworkFunctionRecord\":{\"id\":\"r-1\","
            "\"vdu\":[{\"id\":\"u\",\"vnfc\":[{\"id\":\"c-2\"}]}]}}");
    assert_has(scaled, "{\"action\":\"SCALED\"");
    assert_has(scaled, "\"vnfcInstance\":{\"id\":\"i-0\"");
    assert_has(scaled, "\"state\":\"STANDBY\"");
    nfvo->is_refusing = true;
    const char *refused = ask(INSTANTIATE);
    assert_has(refused, "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\"");
    assert_has(refused, "\"detailMessage\":\"GRANT_OPERATION: not today\"");
    assert_has(refused, "\"fault\":{\"code\":\"ERR_PEER\"");
    refused = ask("{\"action\":\"SCALE_OUT\",\"mode\":\"\",\"component\":{\"id\":\"c-3\"},"
                  "\"virtualNetworkFunctionRecord\":" VNFR("web") "}");
    assert_has(
        refused,
        "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\",\"virtualNetworkFunctionRecord\":" VNFR("web"));
    assert_has(refused, "\"detailMessage\":\"SCALING: not today\"");
    stop();
}

static void test_failures(void **state)
{
    (void)state;
    start_vnfm((const char *[]){"--fail=START:bad*,STOP#2", "--silent=HEAL", NULL});
    assert_has(ask("{\"action\":\"START\",\"virtualNetworkFunctionRecord\":" VNFR("good") "}"),
               "{\"action\":\"START\"");
    const char *failed =
        ask("{\"action\":\"START\",\"virtualNetworkFunctionRecord\":" VNFR("bad-1") "}");
    assert_has(failed,
               "{\"action\":\"ERROR\",\"nsrId\":\"nsr-1\",\"virtualNetworkFunctionRecord\":" VNFR(
                   "bad-1"));
    assert_has(failed, "told to fail START");
    assert_has(failed, "\"hint\":\"see its option --fail\"");
    mini_nfvo_send(nfvo, queue, "{\"action\":\"HEAL\",\"virtualNetworkFunctionRecord\":{}}",
                   "silent");
    assert_has(ask("{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}"),
               "{\"action\":\"STOP\"");
    assert_has(ask("{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}"),
               "{\"action\":\"ERROR\"");
    assert_has(ask("{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}"),
               "{\"action\":\"STOP\"");
    for (unsigned i = 0; i < nfvo->answer_n; i++)
        assert_string_not_equal(nfvo->answers[i].id, "silent");
    stop();
}

/* The same request again: one effect, the stored answer. */
static void test_repeat(void **state)
{
    (void)state;
    start_vnfm((const char *[]){"--delay=START=100ms", NULL});
    static const char body[] =
        "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":" VNFR("web") "}";
    mini_nfvo_send(nfvo, queue, body, "same");
    mini_nfvo_send(nfvo, queue, body, "same"); /* joins the one in hand */
    const char *first = mini_nfvo_await(nfvo, "same", 1);
    /* While that answer is not confirmed, one more joins, too: so until one comes behind it. */
    while (nfvo->answer_n < 2) {
        mini_nfvo_send(nfvo, queue, body, "same");
        mini_nfvo_pump(nfvo, 100);
    }
    assert_string_equal(mini_nfvo_await(nfvo, "same", 2), first); /* the stored one */
    assert_int_equal(journal_lines("\"corr\":\"same\""), 1);
    stop();
}

static void send_starts(unsigned n)
{
    char id[40];
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "start-%u", i);
        mini_nfvo_send(nfvo, queue, "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}",
                       id);
    }
}

static void await_starts(unsigned n)
{
    char id[40];
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "start-%u", i);
        mini_nfvo_await(nfvo, id, 1);
    }
}

/* Requests that may not be answered among honest ones: they cost their own answers, and the others
 * no more than a moment. Every second one the VNFM does not even try; the others close its
 * publishing channel. */
static void test_bad_reply_to(void **state)
{
    enum { BAD = 12, LIMIT_S = 20 };
    static const char body[] = "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}";
    (void)state;
    start_vnfm((const char *[]){NULL});
    for (int i = 0; i < BAD; i++) {
        struct bus_message m = {
            .exchange = TOPOLOGY_EXCHANGE,
            .routing_key = queue,
            .body = body,
            .len = strlen(body),
            .correlation_id = arena_printf(&nfvo->arena, "bad-%d", i),
            .reply_to =
                arena_printf(&nfvo->arena, i % 2 ? "ems.victim-%d.register" : "victim-%d", i)};
        assert_int_equal(bus_publish(nfvo->bus, &m, NULL, NULL), ERR_OK);
    }
    int64_t began = clock_mono_us();
    send_starts(20);
    await_starts(20);
    int64_t took_us = clock_mono_us() - began;
    if (took_us > LIMIT_S * USEC_PER_SEC)
        fail_msg("the honest ones waited %lld ms", (long long)took_us / 1000);
    stop();
}

static void assert_health(const char *want)
{
    char path[250], line[100] = "";
    snprintf(path, sizeof(path), "%s.health", journal);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof(line), f));
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, want);
}

/* The connection goes while requests are in hand: each is carried out once, and answered. */
static void test_connection_lost(void **state)
{
    (void)state;
    char health[250];
    snprintf(health, sizeof(health), "--health-file=%s.health", journal);
    start_vnfm((const char *[]){"--delay=START=1500ms", health, NULL});
    send_starts(100);
    while (!test_connection_kill(vhost, type))
        mini_nfvo_pump(nfvo, 100);
    await_starts(100);
    mini_nfvo_await_count(nfvo, &nfvo->registers, 2); /* it says that it is back */
    assert_health("good serving");
    assert_int_equal(journal_lines("\"action\":\"START\""), 100);
    stop();
}

static void test_credentials_refused(void **state)
{
    (void)state;
    start_vnfm((const char *[]){NULL});
    assert_int_equal(nfvo->registers, 1);
    test_user_free(vhost, type);
    while (!test_connection_kill(vhost, type) && nfvo->registers < 2)
        mini_nfvo_pump(nfvo, 100);
    mini_nfvo_await_count(nfvo, &nfvo->registers, 2);
    assert_has(ask("{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}"), "START");
    stop();
}

/* Killed with requests in hand: the next process gets them all. */
static void test_killed(void **state)
{
    (void)state;
    start_vnfm((const char *[]){"--delay=START=60s", NULL});
    send_starts(50);
    assert_has(ask("{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}"), "STOP");
    assert_int_equal(test_program_stop(child, SIGKILL), 128 + SIGKILL);
    start_vnfm((const char *[]){NULL});
    await_starts(50);
    assert_int_equal(journal_lines("\"action\":\"START\""), 50);
    stop();
}

/* Stopped with requests in hand: it does not wait for ever, and they are not lost. */
static void test_stopped_busy(void **state)
{
    (void)state;
    start_vnfm((const char *[]){"--delay=START=60s", "--stop-grace=100ms", NULL});
    send_starts(20);
    assert_has(ask("{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}"), "STOP");
    stop();
    start_vnfm((const char *[]){NULL});
    await_starts(20);
    stop();
}

#define LAUNCH(host, token)                                                                        \
    "{\"methodName\":\"launchInstanceAndWait\",\"clientToken\":\"" token "\",\"parameters\":[" VIM \
    ",\"" host "\",\"cirros\",\"m1.small\",\"\",[{\"virtual_link_reference\":\"mgmt\"}],[],"       \
    "\"ud\",{\"mgmt\":\"random\"},[]]}"
#define CALL(method, params) "{\"methodName\":\"" method "\",\"parameters\":[" VIM params "]}"

static void test_driver(void **state)
{
    (void)state;
    start_driver((const char *[]){"--capacity=3", "--fail=launchInstanceAndWait:bad*",
                                  "--fail-with-server", NULL});
    static const char *const rows[][2] = {
        {CALL("getType", ""), "{\"answer\":\"test\"}"},
        {CALL("listServer", ""), "{\"answer\":[]}"},
        {CALL("createNetwork", ",{\"name\":\"mgmt\",\"external\":false}"),
         "\"extId\":\"network-v-1-1\""},
        {CALL("createSubnet",
              ",{\"extId\":\"network-v-1-1\"},{\"name\":\"s\",\"cidr\":\"10.0.0.0/8\"}"),
         "\"networkId\":\"network-v-1-1\""},
        {CALL("getSubnetsExtIds", ",\"network-v-1-1\""), "{\"answer\":[\"subnet-v-1-1\"]}"},
        {CALL("getNetworkById", ",\"network-v-1-1\""), "\"subnets\":[{"},
        {CALL("refresh", ""), "\"networks\":[{\"extId\":\"network-v-1-1\""},
        {CALL("addFlavor", ",{\"flavour_key\":\"big\",\"ram\":1}"), "\"extId\":\"flavour-v-1-1\""},
        {CALL("listFlavors", ""), "\"big\""},
        {CALL("deleteFlavor", ",\"flavour-v-1-1\""), "{\"answer\":true}"},
        {CALL("addImage", ",{\"name\":\"im\"},\"http://x\""), "\"extId\":\"image-v-1-1\""},
        {CALL("deleteImage", ",{\"extId\":\"image-v-1-1\"}"), "{\"answer\":true}"},
        {CALL("deleteImage", ",{\"extId\":\"image-v-1-1\"}"), "{\"answer\":false}"},
        {CALL("updateNetwork", ",{\"extId\":\"none\"}"), "no network 'none'"},
        {LAUNCH("web-1", "t1"), "\"extId\":\"server-v-1-1\""},
        {LAUNCH("web-1", "t1"), "\"ips\":{\"mgmt\":[\"10.1.0.2\"]}"},
        {LAUNCH("web-2", "t2"), "\"ips\":{\"mgmt\":[\"10.1.0.3\"]}"},
        {LAUNCH("bad-1", "t3"),
         "\"server\":{\"name\":\"bad-1\",\"extId\":\"server-v-1-3\",\"status\":\"ERROR\""},
        {LAUNCH("web-4", "t4"), "{\"exception\":{\"detailMessage\":\"no valid host"},
        {CALL("launchInstance", ",\"web-5\",\"i\",\"f\",\"\",[],[],\"\""), "no valid host"},
        {CALL("rebuildServer", ",\"server-v-1-2\",\"other\""), "\"image\":{\"extId\":\"other\""},
        {CALL("rebuildServer", ",\"none\",\"other\""), "no server 'none'"},
        {CALL("deleteServerByIdAndWait", ",\"server-v-1-1\""), "{\"answer\":true}"},
        {CALL("deleteServerByIdAndWait", ",\"server-v-1-1\""), "{\"answer\":true}"},
        {LAUNCH("web-6", "t6"), "10.1.0.2"}, /* the lowest free one */
        {CALL("getQuota", ""), "\"instances\":3"},
        {CALL("listImages", ",1"), "does not take 2 parameters"},
        {CALL("listImage", ""), "has no method 'listImage'"},
        {"{\"methodName\":\"listImages\",\"parameters\":[null]}", "parameter 0 is null"},
        {"{\"methodName\":\"listImages\",\"parameters\":[]}", "must be the VIM instance"},
        {"{\"methodName\":\"listImages\"}", "not an array"},
        {"[", "{\"exception\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_has(ask(rows[i][0]), rows[i][1]);
    assert_int_equal(journal_lines("\"token\":\"t1\""), 2);
    assert_int_equal(journal_lines("\"outcome\":\"again\""), 1);
    stop();
}

/* What was made before a kill -9 is there afterwards, with its addresses and tokens. */
static void test_driver_killed(void **state)
{
    char path[250];
    (void)state;
    snprintf(path, sizeof(path), "--state-file=%s/state", folder);
    start_driver((const char *[]){path, NULL});
    assert_has(ask(LAUNCH("web-1", "t1")), "10.1.0.2");
    assert_has(ask(LAUNCH("web-2", "t2")), "10.1.0.3");
    assert_has(ask(CALL("deleteServerByIdAndWait", ",\"server-v-1-1\"")), "true");
    assert_int_equal(test_program_stop(child, SIGKILL), 128 + SIGKILL);
    FILE *torn = fopen(path + strlen("--state-file="), "ae");
    fputs("{\"pop\":\"v-1\",\"kind\":\"ser", torn);
    fclose(torn);
    start_driver((const char *[]){path, NULL});
    assert_has(ask(LAUNCH("web-2", "t2")), "\"extId\":\"server-v-1-2\"");
    assert_has(ask(LAUNCH("web-3", "t3")), "\"extId\":\"server-v-1-3\"");
    const char *list = ask(CALL("listServer", ""));
    assert_null(strstr(list, "web-1"));
    assert_has(list, "\"ips\":{\"mgmt\":[\"10.1.0.3\"]}");
    assert_has(list, "\"ips\":{\"mgmt\":[\"10.1.0.2\"]}");
    stop();
    unlink(path + strlen("--state-file="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lifecycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_restart_and_scale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connection_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_credentials_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_reply_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_driver, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_driver_killed, set_up, tear_down),
    };
    if (!mkdtemp(folder))
        return 1;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return rc;
}
