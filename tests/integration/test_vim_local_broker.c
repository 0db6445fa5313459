/* vim-driver-local, the program: its calls through a broker, killed with launches in hand, cleaned.
 */
#include "common/base/sbuf.h"
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

#define VIM                                                                                        \
    "{\"id\":\"v-1\",\"name\":\"pop1\",\"type\":\"local\",\"authUrl\":\"http://x\",\"odd\":[7]}"
/* The same host for another project. */
#define OTHER_VIM                                                                                  \
    "{\"id\":\"v-2\",\"name\":\"pop1\",\"type\":\"local\",\"authUrl\":\"http://x\","               \
    "\"projectId\":\"p-2\"}"
#define OTHER_CALL(method, params)                                                                 \
    "{\"methodName\":\"" method "\",\"parameters\":[" OTHER_VIM params "]}"
#define CALL(method, params) "{\"methodName\":\"" method "\",\"parameters\":[" VIM params "]}"
#define LAUNCH(host, token)                                                                        \
    "{\"methodName\":\"launchInstanceAndWait\",\"clientToken\":\"" token "\",\"parameters\":[" VIM \
    ",\"" host "\",\"host\",\"m1.small\",\"\",[{\"virtual_link_reference\":\"private\"}],[],"      \
    "\"#!/bin/sh\\nsleep 1000\\n\",{\"private\":\"random\"},[]]}"

enum { LAUNCHES = 10 };

static struct test_vhost *vhost;
static struct mini_nfvo *nfvo;
static char folder[] = "/tmp/baton-local-bus.XXXXXX", type[60], queue[160], state_dir[80];
static pid_t child;

static void start(void)
{
    char host[100], port[100], vh[100], user[100], kind[80], dir[100];
    snprintf(host, sizeof(host), "--broker-host=%s", vhost->host);
    snprintf(port, sizeof(port), "--broker-port=%d", vhost->port);
    snprintf(vh, sizeof(vh), "--broker-vhost=%s", vhost->name);
    snprintf(user, sizeof(user), "--broker-user=%s", nfvo->registrar);
    snprintf(kind, sizeof(kind), "--type=%s", type);
    snprintf(dir, sizeof(dir), "--state-dir=%s", state_dir);
    child = test_program_start("vim-driver-local", (const char *[]){host, port, vh, user, kind, dir,
                                                                    "--broker-password=registrar",
                                                                    "--ems-agent=/bin/true",
                                                                    "--log-level=error", NULL});
    mini_nfvo_await_consumer(nfvo, queue);
}

/* The driver need not run for it. */
static void clean(void)
{
    char dir[100];
    struct stat st;
    int status;
    snprintf(dir, sizeof(dir), "--state-dir=%s", state_dir);
    pid_t pid = test_program_start("vim-driver-local",
                                   (const char *[]){dir, "--clean", "--log-level=error", NULL});
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_not_equal(stat(state_dir, &st), 0);
}

static int set_up(void **state)
{
    static int number;
    (void)state;
    vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    snprintf(type, sizeof(type), "local%d-%d", (int)getpid(), ++number);
    snprintf(queue, sizeof(queue), "vim-drivers.%s.%s", type, type);
    snprintf(state_dir, sizeof(state_dir), "%s/%d", folder, number);
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (child > 0)
        test_program_stop(child, SIGTERM);
    clean();
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
    return 0;
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

static void ext_id(const char *answer, char out[40])
{
    const char *at = strstr(answer, "\"extId\":\"");
    assert_non_null(at);
    snprintf(out, 40, "%.36s", at + 9);
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static void test_calls(void **state)
{
    char id[40], body[600];
    (void)state;
    const char *pop = ask(CALL("refresh", ""));
    assert_has(pop, "\"odd\":[7]");
    assert_has(pop, "\"extId\":\"host\"");
    assert_has(pop, "\"flavour_key\":\"m1.small\"");
    const char *net = ask(CALL("createNetwork", ",{\"name\":\"private\"}"));
    assert_has(net, "\"name\":\"private\"");
    assert_has(net, "\"subnet\":\"1");
    assert_string_equal(ask(CALL("createNetwork", ",{\"name\":\"private\"}")), net);
    const char *server = ask(LAUNCH("web-1", "t-1"));
    assert_has(server, "\"status\":\"ACTIVE\"");
    assert_has(server, "\"hostName\":\"web-1\"");
    assert_has(server, "\"ips\":{\"private\":[\"1");
    assert_has(server, "\"floatingIps\":{\"private\":\"1");
    assert_string_equal(ask(LAUNCH("web-1", "t-1")), server);
    assert_has(ask(CALL("listServer", "")), "\"name\":\"web-1\"");
    assert_has(ask(CALL("getQuota", "")), "\"instances\":200");
    assert_has(ask(CALL("getQuota", "")), "\"cores\":-1"); /* not bounded: nfvo refuses beyond it */
    assert_has(ask(CALL("addFlavor", ",{\"flavour_key\":\"odd\",\"vcpus\":3,\"ram\":99}")),
               "\"extId\":\"odd\"");
    assert_has(ask(CALL("listFlavors", "")), "\"flavour_key\":\"odd\"");
    assert_has(ask(CALL("launchInstance", ",\"x\",\"none\",\"\",\"\",[],[],\"\"")),
               "{\"exception\":{\"detailMessage\":\"launch 'x': image 'none' is not there; hint: ");
    ext_id(server, id);
    snprintf(body, sizeof(body), CALL("rebuildServer", ",\"%s\",\"host\""), id);
    assert_has(ask(body), "\"status\":\"ACTIVE\"");
    snprintf(body, sizeof(body), CALL("deleteServerByIdAndWait", ",\"%s\""), id);
    assert_string_equal(ask(body), "{\"answer\":true}");
    assert_string_equal(ask(body), "{\"answer\":true}");
    assert_string_equal(ask(CALL("listServer", "")), "{\"answer\":[]}");
    ext_id(net, id);
    snprintf(body, sizeof(body), CALL("deleteNetwork", ",\"%s\""), id);
    assert_string_equal(ask(body), "{\"answer\":true}");
}

/* What a project has, another neither sees nor reaches, though it knows the ids. */
static void test_projects(void **state)
{
    char net[40], server[40], body[900];
    (void)state;
    ext_id(ask(CALL("createNetwork", ",{\"name\":\"private\"}")), net);
    ext_id(ask(LAUNCH("web-1", "t-1")), server);
    assert_null(strstr(ask(OTHER_CALL("refresh", "")), net));
    assert_string_equal(ask(OTHER_CALL("listNetworks", "")), "{\"answer\":[]}");
    assert_string_equal(ask(OTHER_CALL("listServer", "")), "{\"answer\":[]}");
    snprintf(body, sizeof(body), OTHER_CALL("getNetworkById", ",\"%s\""), net);
    assert_has(ask(body), "no network '");
    snprintf(body, sizeof(body), OTHER_CALL("deleteNetwork", ",\"%s\""), net);
    assert_string_equal(ask(body), "{\"answer\":false}");
    snprintf(body, sizeof(body), OTHER_CALL("rebuildServer", ",\"%s\",\"host\""), server);
    assert_has(ask(body), "no server '");
    snprintf(body, sizeof(body), OTHER_CALL("deleteServerByIdAndWait", ",\"%s\""), server);
    assert_string_equal(ask(body), "{\"answer\":true}"); /* as of one that is not there */
    snprintf(body, sizeof(body),
             OTHER_CALL("launchInstance",
                        ",\"x\",\"host\",\"\",\"\",[{\"virtual_link_reference\":\"private\","
                        "\"virtual_link_reference_id\":\"%s\"}],[],\"\""),
             net);
    assert_has(ask(body), "network 'private' is not there");
    assert_has(ask(CALL("listServer", "")), "\"status\":\"ACTIVE\"");
    assert_has(ask(OTHER_CALL("refresh", "")), "1 other project");
    assert_null(strstr(ask(OTHER_CALL("createNetwork", ",{\"name\":\"private\"}")), net));
}

/* Killed with launches in hand: the next driver gets each call again, and each has one server. */
static void test_killed(void **state)
{
    char id[40];
    (void)state;
    ask(CALL("createNetwork", ",{\"name\":\"private\"}"));
    for (int i = 0; i < LAUNCHES; i++) {
        char body[600];
        snprintf(id, sizeof(id), "launch-%d", i);
        snprintf(body, sizeof(body), LAUNCH("n-%d", "token-%d"), i, i);
        mini_nfvo_send(nfvo, queue, body, id);
    }
    mini_nfvo_await(nfvo, "launch-1", 1);
    assert_int_equal(test_program_stop(child, SIGKILL), 128 + SIGKILL);
    start();
    for (int i = 0; i < LAUNCHES; i++) {
        snprintf(id, sizeof(id), "launch-%d", i);
        assert_has(mini_nfvo_await(nfvo, id, 1), "\"status\":\"ACTIVE\"");
    }
    const char *list = ask(CALL("listServer", ""));
    assert_int_equal(times(list, "\"hostName\":\"n-"), LAUNCHES);
    assert_null(strstr(list, "ERROR"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_projects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down)};
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
