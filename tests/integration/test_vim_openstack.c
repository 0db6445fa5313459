/* vim-driver-openstack, the program: its calls through a broker, killed at each step, and each fault that a cloud
 * has for it. The cloud is tests/support/fake_openstack.py; with OB_TEST_OPENSTACK=real it is the one of the
 * environment's OS_* variables (tests/clouds/run), and what needs faults is skipped. */
#include "common/base/sbuf.h"
#include "common/http/client.h"
#include "common/sys/clock.h"
#include "tests/support/mini_nfvo.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_S 60

static char folder[64];
static bool is_real;
static pid_t cloud_pid, child;
static struct test_vhost *vhost;
static struct mini_nfvo *nfvo;
static char type[60], queue[160], control_url[200];

/* --- the cloud --- */

static const char *os_env(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int read_env(const char *path)
{
    char line[300];
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    while (fgets(line, sizeof(line), f)) {
        char *is = strchr(line, '=');
        line[strcspn(line, "\n")] = '\0';
        if (!is)
            continue;
        *is = '\0';
        setenv(line, is + 1, 1);
    }
    fclose(f);
    return 0;
}

static pid_t start_fake(const char *env, const char *cert, const char *key)
{
    struct stat st;
    pid_t pid = fork();
    if (pid == 0) {
        execlp("python3", "python3", "tests/support/fake_openstack.py", env, cert, key,
               (char *)NULL);
        _exit(127);
    }
    for (time_t end = time(NULL) + WAIT_S; stat(env, &st) != 0 && time(NULL) < end;)
        usleep(10000);
    return pid;
}

static int start_cloud(void **state)
{
    char path[100];
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/bto%d", (int)getpid());
    if (mkdir(folder, 0700) != 0)
        return -1;
    is_real = strcmp(os_env("OB_TEST_OPENSTACK"), "real") == 0;
    if (is_real)
        return 0;
    snprintf(path, sizeof(path), "%s/env", folder);
    cloud_pid = start_fake(path, NULL, NULL);
    if (read_env(path) != 0)
        return -1;
    const char *url = os_env("OS_AUTH_URL");
    snprintf(control_url, sizeof(control_url), "%.*s/-/", (int)(strstr(url, "/identity") - url),
             url);
    return 0;
}

static int stop_cloud(void **state)
{
    char line[100];
    (void)state;
    if (cloud_pid > 0) {
        kill(cloud_pid, SIGKILL);
        waitpid(cloud_pid, NULL, 0);
    }
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line); // NOLINT(cert-env33-c)
}

static void control(const char *what, const char *json, struct sbuf *ret)
{
    AUTO(http_client_freep) struct http_client *client = http_client_new();
    struct http_response res = HTTP_RESPONSE_INIT;
    struct err err = ERR_INIT;
    char url[260];
    snprintf(url, sizeof(url), "%s%s", control_url, what);
    struct http_call call = {.method = json ? "POST" : "GET",
                             .url = url,
                             .body = json,
                             .body_len = json ? strlen(json) : 0,
                             .type = json ? HTTP_TYPE_JSON : NULL};
    if (http_client_call(client, &call, &res, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(res.status, 200);
    if (ret)
        sbuf_adds(ret, res.body.s);
    http_response_release(&res);
}

static void fault(const char *match, const char *how, int times)
{
    char json[300];
    snprintf(json, sizeof(json), "{\"match\":\"%s\",\"do\":\"%s\",\"times\":%d}", match, how,
             times);
    control("fault", json, NULL);
}

/* What the project has, as its services say. */
static void assert_left(const char *want)
{
    AUTO(sbuf_release) struct sbuf said = SBUF_INIT;
    char line[300] = "";
    if (!is_real) {
        control("left", NULL, &said);
        assert_string_equal(said.s, want);
        return;
    }
    FILE *f = popen("python3 tests/support/openstack_count.py", "re"); // NOLINT(cert-env33-c)
    assert_non_null(f);
    if (!fgets(line, sizeof(line), f))
        line[0] = '\0';
    assert_int_equal(pclose(f), 0);
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, want);
}

#define NOTHING "servers 0 ports 0 floatingips 0 networks 0 routers 0 server_groups 0"

/* --- the driver --- */

static void start_as(const char *its_queue, const char *more, const char *also)
{
    char host[100], port[100], vh[100], user[100], kind[80], spent[120];
    snprintf(host, sizeof(host), "--broker-host=%s", vhost->host);
    snprintf(port, sizeof(port), "--broker-port=%d", vhost->port);
    snprintf(vh, sizeof(vh), "--broker-vhost=%s", vhost->name);
    snprintf(user, sizeof(user), "--broker-user=%s", nfvo->registrar);
    snprintf(kind, sizeof(kind), "--type=%s", type);
    snprintf(spent, sizeof(spent), "--spent-file=%s/spent", folder);
    child = test_program_start(
        "vim-driver-openstack",
        (const char *[]){host, port, vh, user, kind, spent, "--broker-password=registrar",
                         "--log-level=error", "--default-flavour=m1.tiny",
                         is_real ? "--poll=1s" : "--poll=50ms", "--outbound-allow=127.0.0.0/8",
                         more ? more : "--stop-grace=1s", also, NULL});
    mini_nfvo_await_consumer(nfvo, its_queue);
}

static void start(const char *more)
{
    start_as(queue, more, NULL);
}

static int set_up(void **state)
{
    static int number;
    (void)state;
    vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    snprintf(type, sizeof(type), "os%d-%d", (int)getpid(), ++number);
    snprintf(queue, sizeof(queue), "vim-drivers.%s.%s", type, type);
    start(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (child > 0)
        test_program_stop(child, SIGTERM);
    if (!is_real)
        control("set",
                "{\"no_faults\":true,\"build_s\":0.05,\"fail\":\"\",\"floating_max\":50,\"ids\":"
                "\"\",\"hides\":[]}",
                NULL);
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
    return 0;
}

static const char *pop_more; /* members that the PoP has instead, with a comma in front */

static void pop(char *out, size_t size)
{
    snprintf(out, size,
             "{\"id\":\"v-1\",\"name\":\"pop\",\"type\":\"openstack\",\"projectId\":\"p-1\","
             "\"authUrl\":\"%s\",\"tenant\":\"%s\",\"username\":\"%s\",\"password\":\"%s\","
             "\"location\":{\"name\":\"Berlin\"}%s}",
             os_env("OS_AUTH_URL"), os_env("OS_PROJECT_ID"), os_env("OS_USERNAME"),
             os_env("OS_PASSWORD"), pop_more ? pop_more : "");
}

static void body_of(char *out, size_t size, const char *method, const char *token,
                    const char *metadata, const char *rest)
{
    char at[4000];
    pop(at, sizeof(at));
    snprintf(out, size, "{\"methodName\":\"%s\"%s%s%s%s%s,\"parameters\":[%s%s]}", method,
             token ? ",\"clientToken\":\"" : "", token ? token : "", token ? "\"" : "",
             metadata ? ",\"vduMetadata\":" : "", metadata ? metadata : "", at, rest);
}

static const char *ask_with(const char *method, const char *token, const char *metadata,
                            const char *rest)
{
    static int number;
    char id[40], body[8192];
    snprintf(id, sizeof(id), "ask-%d-%d", (int)getpid(), ++number);
    body_of(body, sizeof(body), method, token, metadata, rest);
    return mini_nfvo_ask(nfvo, queue, body, id);
}

static const char *ask(const char *method, const char *token, const char *rest)
{
    return ask_with(method, token, NULL, rest);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

/* The first id of that answer. */
static void id_of(const char *answer, char id[80])
{
    const char *at = strstr(answer, "\"extId\":\"");
    if (!at)
        fail_msg("%s", answer);
    snprintf(id, 80, "%.*s", (int)strcspn(at + 9, "\""), at + 9);
}

static void network(const char *name, const char *cidr, char id[80])
{
    char rest[200];
    snprintf(rest, sizeof(rest), ",{\"name\":\"%s\"%s%s%s}", name,
             cidr ? ",\"subnets\":[{\"cidr\":\"" : "", cidr ? cidr : "", cidr ? "\"}]" : "");
    id_of(ask("createNetwork", NULL, rest), id);
}

static void drop_network(const char *id)
{
    char rest[120];
    snprintf(rest, sizeof(rest), ",\"%s\"", id);
    assert_has(ask("deleteNetwork", NULL, rest), "{\"answer\":true}");
}

#define SCRIPT "#!/bin/sh\\necho hello\\n"

static const char *launch_with(const char *name, const char *token, const char *metadata,
                               const char *image, const char *flavour, const char *points,
                               const char *floating)
{
    char rest[2000];
    snprintf(rest, sizeof(rest),
             ",\"%s\",\"%s\",\"%s\",\"\",[%s],[\"default\"],\"" SCRIPT "\",{%s},"
             "[{\"name\":\"k\",\"publicKey\":\"ssh-ed25519 AAAA k\"}]",
             name, image, flavour, points, floating);
    return ask_with("launchInstanceAndWait", token, metadata, rest);
}

static const char *launch(const char *name, const char *token, const char *points,
                          const char *floating)
{
    return launch_with(name, token, NULL, "tiny", "m1.tiny", points, floating);
}

static void delete_server(const char *id)
{
    char rest[120];
    snprintf(rest, sizeof(rest), ",\"%s\"", id);
    assert_has(ask("deleteServerByIdAndWait", NULL, rest), "{\"answer\":true}");
}

#define FRONT "{\"virtual_link_reference\":\"front\"}"

/* --- tests --- */

static void test_life(void **state)
{
    char front[80], back[80], again[80], id[80], same[80];
    (void)state;
    network("zz-front", "10.77.3.0/24", front);
    network("aa-back", NULL, back);
    network("aa-back", NULL, again); /* it is there */
    assert_string_equal(back, again);
    const char *answer = ask("refresh", NULL, "");
    assert_has(answer, "\"name\":\"tiny\"");
    assert_has(answer, "\"status\":\"ACTIVE\"");
    assert_has(answer, "\"cidr\":\"10.77.3.0/24\"");
    assert_has(answer, "\"flavour_key\":\"m1.small\"");
    assert_has(answer, "\"external\":true");
    assert_has(answer, "\"zones\":[{");
    answer = launch(
        "web-1", "tok/1",
        "{\"virtual_link_reference\":\"aa-back\",\"interfaceId\":1},"
        "{\"virtual_link_reference\":\"zz-front\",\"interfaceId\":0,\"fixedIp\":\"10.77.3.9\"}",
        "\"zz-front\":\"random\"");
    id_of(answer, id);
    assert_has(answer, "\"status\":\"ACTIVE\"");
    assert_has(answer, "\"ips\":{\"zz-front\":[\"10.77.3.9\"],\"aa-back\":[\"192.168.");
    assert_has(answer, "\"floatingIps\":{\"zz-front\":\"203.0.113.");
    id_of(launch("web-1", "tok/1",
                 "{\"virtual_link_reference\":\"aa-back\",\"interfaceId\":1},"
                 "{\"virtual_link_reference\":\"zz-front\"}",
                 ""),
          same);
    assert_string_equal(id, same);
    assert_left("servers 1 ports 2 floatingips 1 networks 2 routers 1 server_groups 0");
    answer = ask("listServer", NULL, "");
    assert_has(answer, "\"name\":\"web-1\"");
    assert_has(answer, "\"floatingIps\":{\"zz-front\":\"203.0.113.");
    assert_has(ask("getQuota", NULL, ""), "\"floatingIps\":50");
    char rest[200];
    snprintf(rest, sizeof(rest), ",\"%s\",\"tiny\"", id);
    answer = ask("rebuildServer", NULL, rest);
    assert_has(answer, "\"status\":\"ACTIVE\"");
    assert_has(answer, id);
    snprintf(rest, sizeof(rest), ",\"%s\"", back);
    assert_has(ask("deleteNetwork", NULL, rest), "in use"); /* neutron's own words */
    delete_server(id);
    delete_server(id);
    assert_left("servers 0 ports 0 floatingips 0 networks 2 routers 1 server_groups 0");
    assert_has(launch("web-1", "tok/1", "", ""), "exception"); /* it came late */
    drop_network(front);
    drop_network(back);
    assert_left(NOTHING);
}

/* In the cloud's own words, and nothing is left. */
static void test_refused(void **state)
{
    char front[80];
    const char *answer;
    (void)state;
    network("front", "10.77.4.0/24", front);
    assert_has(launch("a", "t1", "{\"virtual_link_reference\":\"nowhere\"}", ""),
               "network 'nowhere' is not there");
    assert_has(launch_with("a", "t2", NULL, "nothing", "m1.tiny", FRONT, ""),
               "image 'nothing' is not there");
    assert_has(
        launch("a", "t3", "{\"virtual_link_reference\":\"front\",\"fixedIp\":\"10.88.4.9\"}", ""),
        "neutron says:");
    assert_has(launch_with("a", "t4", "{\"az\":\"nowhere\"}", "tiny", "m1.tiny", FRONT, ""),
               "nova says:");
    answer = launch_with("a", "t5", is_real ? "{\"az\":\"az2\"}" : NULL, "tiny",
                         is_real ? "m1.large" : "huge", FRONT, "");
    assert_has(answer, "No valid host was found");
    assert_has(ask("addFlavor", NULL,
                   ",{\"flavour_key\":\"forbidden\",\"ram\":512,\"vcpus\":1,\"disk\":1}"),
               "has not the right");
    pop_more = ",\"password\":\"wrong\"";
    assert_has(ask("refresh", NULL, ""), "user '");
    pop_more = ",\"region\":\"Atlantis\"";
    assert_has(ask("refresh", NULL, ""), "RegionOne");
    pop_more = NULL;
    assert_has(ask("rebuildServer", NULL, ",\"x\",\"tiny\""), "no server 'x'");
    drop_network(front);
    assert_left(NOTHING);
}

/* How the same cloud may be named. */
static void test_credentials(void **state)
{
    char more[400];
    (void)state;
    snprintf(more, sizeof(more), ",\"tenant\":\"%s\",\"domain\":\"Default\"",
             os_env("OS_PROJECT_NAME"));
    pop_more = more;
    assert_has(ask("refresh", NULL, ""), "\"name\":\"tiny\"");
    const char *url = os_env("OS_AUTH_URL");
    snprintf(more, sizeof(more), ",\"authUrl\":\"%.*s/v2.0/\",\"tenant\":\"%s\",\"domain\":\"\"",
             (int)(strstr(url, "/v3") - url), url, os_env("OS_PROJECT_NAME"));
    assert_has(ask("refresh", NULL, ""), "\"name\":\"tiny\"");
    if (!is_real) {
        snprintf(more, sizeof(more),
                 ",\"username\":\"app-1\",\"metadata\":{\"auth\":\"application_credential\"}");
        assert_has(ask("refresh", NULL, ""), "\"name\":\"tiny\"");
    }
    pop_more = ",\"authUrl\":\"ftp://cloud\""; /* no login was tried, so none is named */
    const char *refused = ask("refresh", NULL, "");
    assert_has(refused, "authUrl 'ftp://cloud' is no URL of a keystone");
    assert_null(strstr(refused, "log in at"));
    pop_more = NULL;
}

static void test_groups(void **state)
{
    char id[80];
    (void)state;
    id_of(launch_with("g-1", "group-1", "{\"anti_affinity\":\"web\",\"meta.colour\":\"blue\"}",
                      "tiny", "m1.tiny", "", ""),
          id);
    assert_left("servers 1 ports 0 floatingips 0 networks 0 routers 0 server_groups 1");
    delete_server(id);
    assert_left(NOTHING);
}

/* --- faults --- */

static const struct {
    const char *match, *how;
    int times;
} troubles[] = {
    {"POST .*/tokens", "500", 1},
    {"GET .*/flavors", "cut-before", 2},
    {"GET .*/servers/detail", "503", 2},
    {"GET .*/ports", "429", 1},
    {"POST .*/ports", "500-after", 1},
    {"POST .*/ports", "cut-after", 1},
    {"POST .*/ports", "503", 1},
    {"POST .*/servers$", "500-after", 1},
    {"POST .*/servers$", "cut-after", 1},
    {"POST .*/servers$", "cut-before", 1},
    {"POST .*/servers$", "429", 1},
    {"POST .*/floatingips", "500-after", 1},
    {"POST .*/floatingips", "cut-after", 1},
    {"DELETE .*/ports", "500-after", 1},
    {"DELETE .*/floatingips", "cut-before", 1},
    {"DELETE .*/servers", "500-after", 1},
    {"DELETE .*/servers", "cut-after", 1},
    {"POST .*/networks", "500-after", 1},
    {"POST .*/subnets", "cut-after", 1},
    {"POST .*/routers", "500-after", 1},
    {"PUT .*/add_router_interface", "500-after", 1},
    {"DELETE .*/networks", "500-after", 1},
};

static void test_faults(void **state)
{
    char front[80], id[80], token[40];
    (void)state;
    if (is_real)
        skip();
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        control("set", "{\"tokens_end\":true}", NULL); /* a 401 in the middle, too */
        fault(troubles[i].match, troubles[i].how, troubles[i].times);
        snprintf(token, sizeof(token), "fault-%zu", i);
        network("front", NULL, front);
        id_of(launch(token, token, FRONT, "\"front\":\"random\""), id);
        assert_left("servers 1 ports 1 floatingips 1 networks 1 routers 1 server_groups 0");
        delete_server(id);
        drop_network(front);
        assert_left(NOTHING);
    }
}

/* What is made beside a server that does not come up goes with it. */
static void test_half_made(void **state)
{
    char front[80];
    (void)state;
    if (is_real)
        skip();
    network("front", NULL, front);
    control("set", "{\"fail\":\"no disk\"}", NULL);
    assert_has(launch("a", "half-1", FRONT, "\"front\":\"random\""), "no disk");
    control("set", "{\"fail\":\"\",\"floating_max\":0}", NULL);
    const char *answer = launch("a", "half-2", FRONT, "\"front\":\"random\"");
    assert_has(answer, "Quota exceeded for resources: ['floatingip'].");
    assert_has(answer, "req-");
    assert_null(strstr(answer, "\"server\""));
    fault("POST .*/servers$", "409", 1);
    assert_has(launch("a", "half-3", FRONT, ""), "no luck");
    for (time_t end = time(NULL) + WAIT_S;
         time(NULL) < end;) { /* deleted, and some time later gone */
        answer = ask("listServer", NULL, "");
        if (!strstr(answer, "extId"))
            break;
    }
    drop_network(front);
    assert_left(NOTHING);
}

/* Ports and floating addresses whose server went some other way. */
static void test_orphans(void **state)
{
    char front[80], id[80];
    (void)state;
    if (is_real)
        skip();
    network("front", NULL, front);
    id_of(launch("a", "orphan-1", FRONT, "\"front\":\"random\""), id);
    control("set", "{\"drop_server\":true}", NULL);
    assert_left("servers 0 ports 1 floatingips 1 networks 1 routers 1 server_groups 0");
    ask("listServer", NULL, ""); /* they are young: a launch may have them in hand */
    assert_left("servers 0 ports 1 floatingips 1 networks 1 routers 1 server_groups 0");
    control("set", "{\"old\":3600}", NULL);
    test_program_stop(child, SIGTERM);
    start(NULL);
    ask("listServer", NULL, "");
    assert_left("servers 0 ports 0 floatingips 0 networks 1 routers 1 server_groups 0");
    drop_network(front);
}

static void test_images(void **state)
{
    char rest[400], id[80];
    (void)state;
    if (is_real)
        skip();
    /* The cloud itself serves a file: the body of a 404 is none. */
    snprintf(rest, sizeof(rest), ",{\"name\":\"mine:1\"},\"%sseen\"", control_url);
    const char *answer = ask("addImage", NULL, rest);
    assert_has(answer, "\"status\":\"ACTIVE\"");
    id_of(answer, id);
    char same[80];
    id_of(ask("addImage", NULL, rest), same); /* the same call again */
    assert_string_equal(id, same);
    snprintf(rest, sizeof(rest), ",{\"extId\":\"%s\",\"name\":\"other\"}", id);
    assert_has(ask("updateImage", NULL, rest), "\"name\":\"other\"");
    assert_has(ask("deleteImage", NULL, rest), "{\"answer\":true}");
    assert_has(ask("deleteImage", NULL, rest), "{\"answer\":false}");
    snprintf(rest, sizeof(rest), ",{\"name\":\"none\"},\"%.*snothing\"",
             (int)strlen(control_url) - 2, control_url);
    assert_has(ask("addImage", NULL, rest), "exception");
    /* One that vanishes between the listing and the launch. */
    launch("warm", "warm", "", "");
    control("set", "{\"vanish\":\"b\"}", NULL);
    assert_has(launch_with("v", "vanish", NULL, "b", "m1.tiny", "", ""), "exception");
    id_of(ask("listServer", NULL, ""), id);
    delete_server(id);
}

/* Ids are the cloud's own business: each is one part of a path or of a query, whatever is in it. */
static void test_foreign_ids(void **state)
{
    char front[80], id[80], image[80], rest[400];
    (void)state;
    if (is_real)
        skip();
    control("set", "{\"ids\":\"../a?b=c&d#e%2f \"}", NULL);
    network("front", NULL, front);
    id_of(launch_with("a", "foreign-1", "{\"affinity\":\"web\"}", "tiny", "m1.tiny", FRONT,
                      "\"front\":\"random\""),
          id);
    assert_left("servers 1 ports 1 floatingips 1 networks 1 routers 1 server_groups 1");
    snprintf(rest, sizeof(rest), ",\"%s\",\"tiny\"", id);
    assert_has(ask("rebuildServer", NULL, rest), "\"status\":\"ACTIVE\"");
    snprintf(rest, sizeof(rest), ",{\"name\":\"mine\"},\"%sseen\"", control_url);
    id_of(ask("addImage", NULL, rest), image);
    snprintf(rest, sizeof(rest), ",{\"extId\":\"%s\",\"name\":\"other\"}", image);
    assert_has(ask("updateImage", NULL, rest), "\"name\":\"other\"");
    assert_has(ask("deleteImage", NULL, rest), "{\"answer\":true}");
    delete_server(id);
    drop_network(front);
    assert_left(NOTHING);
}

/* A cloud may say less than it should: the driver, which has other clouds too, lives on. */
static void attack_ports_of_no_network(void **state)
{
    char front[80], id[80];
    (void)state;
    if (is_real)
        skip();
    network("front", NULL, front);
    control("set", "{\"hides\":[\"network_id\"]}", NULL);
    const char *answer = launch("a", "bare-1", FRONT, "\"front\":\"random\"");
    assert_has(answer, "\"floatingIps\":{\"front\":\"203.0.113.");
    id_of(answer, id);
    control("set", "{\"hides\":[]}", NULL);
    delete_server(id);
    drop_network(front);
    assert_left(NOTHING);
}

/* --- killed at each step --- */

static bool is_dead(void)
{
    int status;
    if (waitpid(child, &status, WNOHANG) != child)
        return false;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    child = 0;
    return true;
}

static bool is_answered(const char *id)
{
    for (unsigned i = 0; i < nfvo->answer_n; i++)
        if (strcmp(nfvo->answers[i].id, id) == 0)
            return true;
    return false;
}

/* Sends it, and when the driver dies of it, the next one answers. Was it killed? */
static bool survive(const char *method, const char *token, const char *rest, const char *part)
{
    static int number;
    char id[60], body[4096];
    snprintf(id, sizeof(id), "kill-%d-%d-long-enough", (int)getpid(), ++number);
    body_of(body, sizeof(body), method, token, NULL, rest);
    bool was_killed = false;
    mini_nfvo_send(nfvo, queue, body, id);
    while (!is_answered(id)) {
        mini_nfvo_pump(nfvo, 20);
        if (!was_killed && !is_answered(id) && is_dead()) {
            was_killed = true;
            start(NULL);
        }
    }
    assert_has(mini_nfvo_await(nfvo, id, 1), part);
    return was_killed;
}

static void restart(const char *more)
{
    test_program_stop(child, SIGKILL);
    start(more);
}

static void test_killed_at_each_step(void **state)
{
    char front[80], back[80], rest[600], option[40], token[40], id[80];
    int step = 1, kills = 0, stride = is_real ? 3 : 1; /* there a step takes 20 s */
    (void)state;
    network("front", "10.77.5.0/24", front);
    network("back", "10.77.6.0/24", back);
    for (bool was_killed = true; was_killed; step += stride) {
        snprintf(option, sizeof(option), "--die-at=%d", step);
        snprintf(token, sizeof(token), "kill-%d-%d", (int)getpid(), step);
        restart(option);
        snprintf(rest, sizeof(rest),
                 ",\"%s\",\"tiny\",\"m1.tiny\",\"\",[" FRONT ","
                 "{\"virtual_link_reference\":\"back\",\"interfaceId\":1}],[],\"" SCRIPT
                 "\",{\"front\":\"random\"},[]",
                 token);
        bool in_launch = survive("launchInstanceAndWait", token, rest, "\"status\":\"ACTIVE\"");
        assert_left("servers 1 ports 2 floatingips 1 networks 2 routers 1 server_groups 0");
        const char *answer = ask("listServer", NULL, "");
        assert_int_equal(times(answer, "\"extId\":"),
                         1 + times(answer, "\"flavor\":") + times(answer, "\"image\":"));
        assert_non_null(strstr(answer, token));
        id_of(answer, id);
        snprintf(rest, sizeof(rest), ",\"%s\"", id);
        bool in_delete = survive("deleteServerByIdAndWait", token, rest, "true");
        assert_left("servers 0 ports 0 floatingips 0 networks 2 routers 1 server_groups 0");
        was_killed = in_launch || in_delete;
        kills += was_killed;
    }
    print_message("%d steps\n", kills);
    assert_true(kills >= 12 / stride);
    restart(NULL);
    drop_network(front);
    drop_network(back);
    assert_left(NOTHING);
}

static void test_networks_killed_at_each_step(void **state)
{
    char rest[120], option[40], id[80];
    int kills = 0, stride = is_real ? 3 : 1;
    bool was_killed = true;
    (void)state;
    for (int step = 1; was_killed; step += stride) {
        snprintf(option, sizeof(option), "--die-at=%d", step);
        restart(option);
        was_killed = survive("createNetwork", "", ",{\"name\":\"front\"}", "\"cidr\":\"192.168.");
        assert_left("servers 0 ports 0 floatingips 0 networks 1 routers 1 server_groups 0");
        network("front", NULL, id);
        snprintf(rest, sizeof(rest), ",\"%s\"", id);
        was_killed |= survive("deleteNetwork", "", rest, "{\"answer\":");
        assert_left(NOTHING);
        kills += was_killed;
    }
    print_message("%d steps\n", kills);
    assert_true(kills >= 10 / stride);
}

/* Two drivers of the type have the same launch, as when the broker gives it to a sibling of one that it lost. */
static void test_two_drivers(void **state)
{
    char body[4000], second[160], name[80], id[2][80];
    (void)state;
    pid_t first = child;
    snprintf(name, sizeof(name), "--name=%s-2", type);
    snprintf(second, sizeof(second), "%s-2", queue);
    start_as(second, name, NULL);
    body_of(body, sizeof(body), "launchInstanceAndWait", "twice", NULL,
            ",\"a\",\"tiny\",\"\",\"\",[],[],\"\",{},[]");
    mini_nfvo_send(nfvo, queue, body, "twice-1");
    mini_nfvo_send(nfvo, second, body, "twice-2");
    for (unsigned i = 0; i < 2; i++) {
        snprintf(name, sizeof(name), "twice-%u", i + 1);
        id_of(mini_nfvo_await(nfvo, name, 1), id[i]);
    }
    ask("listServer", NULL, "");
    delete_server(id[0]);
    if (strcmp(id[0], id[1]) !=
        0) /* each saw his own first; the second is the NFVO's to delete, too */
        delete_server(id[1]);
    assert_left(NOTHING);
    test_program_stop(child, SIGTERM);
    child = first;
}

static void await_seen(const char *what)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    for (time_t end = time(NULL) + WAIT_S; !strstr(all.s ? all.s : "", what);) {
        assert_true(time(NULL) < end);
        mini_nfvo_pump(nfvo, 20);
        control("seen", NULL, &all);
    }
}

/* A launch that comes again looks for its server when that is being deleted: none comes back. */
static void test_deleted_meanwhile(void **state)
{
    char body[4000], rest[120], id[80];
    (void)state;
    if (is_real)
        skip();
    id_of(launch("a", "meanwhile", "", ""), id);
    control("seen", NULL, NULL);
    fault("GET .*/servers/detail", "hold", 1);
    body_of(body, sizeof(body), "launchInstanceAndWait", "meanwhile", NULL,
            ",\"a\",\"tiny\",\"m1.tiny\",\"\",[],[],\"\",{},[]");
    mini_nfvo_send(nfvo, queue, body, "meanwhile-again");
    await_seen("GET /compute/v2.1/servers/detail");
    snprintf(rest, sizeof(rest), ",\"%s\"", id);
    body_of(body, sizeof(body), "deleteServerByIdAndWait", NULL, NULL, rest);
    mini_nfvo_send(nfvo, queue, body, "meanwhile-deleted");
    await_seen("DELETE /compute/v2.1/servers/ID");
    control("set", "{\"no_faults\":true}", NULL);
    assert_has(mini_nfvo_await(nfvo, "meanwhile-deleted", 1), "{\"answer\":true}");
    assert_has(mini_nfvo_await(nfvo, "meanwhile-again", 1), "exception");
    assert_left(NOTHING);
}

/* A call without a token is its own: it comes again after its server was deleted, too. */
static void test_no_token(void **state)
{
    char body[4000], id[80];
    (void)state;
    body_of(body, sizeof(body), "launchInstanceAndWait", NULL, NULL,
            ",\"a\",\"tiny\",\"m1.tiny\",\"\",[],[],\"\",{},[]");
    mini_nfvo_send(nfvo, queue, body, "no-token");
    id_of(mini_nfvo_await(nfvo, "no-token", 1), id);
    delete_server(id);
    restart(NULL); /* it would answer as before */
    mini_nfvo_send(nfvo, queue, body, "no-token");
    assert_has(mini_nfvo_await(nfvo, "no-token", 2), "exception");
    assert_left(NOTHING);
}

/* Waiting holds no thread, and one listing serves all who wait. */
static void test_many(void **state)
{
    enum { MANY = 64 };
    AUTO(sbuf_release) struct sbuf seen = SBUF_INIT;
    char body[4000], id[40], rest[200];
    (void)state;
    if (is_real)
        skip();
    restart("--launches=64");
    ask("refresh", NULL, "");
    control("set", "{\"build_s\":2,\"page\":1000}", NULL);
    control("seen", NULL, NULL);
    int64_t began = clock_mono_us();
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "many-%d", i);
        snprintf(rest, sizeof(rest), ",\"m-%d\",\"tiny\",\"\",\"\",[],[],\"\",{},[]", i);
        body_of(body, sizeof(body), "launchInstanceAndWait", id, NULL, rest);
        mini_nfvo_send(nfvo, queue, body, id);
    }
    assert_has(ask("listFlavors", NULL, ""), "m1.tiny");
    int64_t listed_ms = (clock_mono_us() - began) / 1000;
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "many-%d", i);
        assert_has(mini_nfvo_await(nfvo, id, 1), "\"status\":\"ACTIVE\"");
    }
    int64_t took_ms = (clock_mono_us() - began) / 1000;
    control("seen", NULL, &seen);
    const char *at = strstr(seen.s, "\"GET /compute/v2.1/servers/detail\": ");
    long listings = at ? strtol(strchr(at, ':') + 1, NULL, 10) : -1;
    print_message("%d launches of 2 s: %lld ms, a listing of flavours beside them %lld ms, %ld "
                  "listings of servers\n",
                  MANY, (long long)took_ms, (long long)listed_ms, listings);
    assert_true(took_ms < 30000); /* one after the other: 128 s */
    assert_true(listed_ms < 20000);
    assert_true(listings > 0 && listings < MANY * 4); /* each for himself, 50 ms apart: 2500 */
    control("set", "{\"build_s\":0.05,\"page\":2,\"drop_server\":true}", NULL);
    assert_left(NOTHING);
}

/* A launch that takes longer than the call names the server, which the NFVO deletes. */
static void test_too_slow(void **state)
{
    char id[80];
    (void)state;
    if (is_real)
        skip();
    restart("--call-timeout=2s");
    control("set", "{\"build_s\":60}", NULL);
    const char *answer = launch("a", "too-slow", "", "");
    assert_has(answer, "exception");
    assert_has(answer, "\"server\":{");
    id_of(answer, id);
    control("set", "{\"build_s\":0.05}", NULL);
    delete_server(id);
    assert_left(NOTHING);
}

/* A cloud that does not answer holds up no other: more such calls than there are workers. */
static void test_slow_cloud(void **state)
{
    enum { CALLS = 8 };
    char body[3000], id[40];
    (void)state;
    if (is_real)
        skip();
    ask("refresh", NULL, "");
    control("fault", "{\"match\":\"GET .*/images\",\"do\":\"slow\",\"s\":3,\"times\":8}", NULL);
    for (int i = 0; i < CALLS; i++) { /* each with a login of its own, as another PoP */
        char domain[60];
        snprintf(domain, sizeof(domain), ",\"location\":{\"name\":\"slow-%d\"}", i);
        pop_more = domain;
        snprintf(id, sizeof(id), "slow-%d", i);
        body_of(body, sizeof(body), "listImages", NULL, NULL, "");
        pop_more = NULL;
        mini_nfvo_send(nfvo, queue, body, id);
    }
    int64_t began = clock_mono_us();
    assert_has(ask("listFlavors", NULL, ""), "m1.tiny");
    int64_t took_ms = (clock_mono_us() - began) / 1000;
    for (int i = 0; i < CALLS; i++) {
        snprintf(id, sizeof(id), "slow-%d", i);
        assert_has(mini_nfvo_await(nfvo, id, 1), "tiny");
    }
    print_message("beside %d calls of 3 s: %lld ms\n", CALLS, (long long)took_ms);
    assert_true(took_ms < 3000);
}

/* Certificates are checked, by the PoP's own authority. */
static long resident_mb(void)
{
    char path[60], line[200];
    long kb = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    (void)fclose(f);
    return kb / 1024;
}

/* Clouds that say much, and a user who names many of them: what is kept of them is bounded together. */
static void attack_much_is_listed(void **state)
{
    enum { CLOUDS = 30, MB = 20, MAX_MB = 600 }; /* of which a sanitizer has 256 */
    char json[120], name[60];
    (void)state;
    if (is_real)
        skip();
    snprintf(json, sizeof(json),
             "{\"match\":\"GET .*/images\",\"do\":\"flood\",\"mb\":%d,\"times\":%d}", MB, CLOUDS);
    control("fault", json, NULL);
    for (int i = 0; i < CLOUDS; i++) {
        snprintf(name, sizeof(name), ",\"location\":{\"name\":\"flood-%d\"}", i);
        pop_more = name;
        const char *answer = ask("listImages", NULL, "");
        pop_more = NULL;
        assert_has(answer, "\"name\":\"f\"");
    }
    long mb = resident_mb();
    print_message("%d listings of %d MB: %ld MB are resident\n", CLOUDS, MB, mb);
    assert_true(mb > 0 && mb < MAX_MB);
}

static void test_tls(void **state)
{
    char line[500], cert[100], key[100], env[100], plain[200], more[6000] = "";
    (void)state;
    if (is_real)
        skip();
    snprintf(cert, sizeof(cert), "%s/cert", folder);
    snprintf(key, sizeof(key), "%s/key", folder);
    snprintf(env, sizeof(env), "%s/env-tls", folder);
    snprintf(line, sizeof(line),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=cloud -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             key, cert);
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c)
    snprintf(plain, sizeof(plain), "%s", os_env("OS_AUTH_URL"));
    pid_t pid = start_fake(env, cert, key);
    assert_int_equal(read_env(env), 0);
    assert_has(ask("refresh", NULL, ""), "certificate");
    size_t n = (size_t)snprintf(more, sizeof(more), ",\"openstackSslCertificate\":\"");
    FILE *f = fopen(cert, "re");
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF && n < sizeof(more) - 4;)
        n += (size_t)snprintf(more + n, sizeof(more) - n, c == '\n' ? "\\n" : "%c", c);
    fclose(f);
    snprintf(more + n, sizeof(more) - n, "\"");
    pop_more = more;
    const char *answer = ask("refresh", NULL, "");
    pop_more = NULL;
    setenv("OS_AUTH_URL", plain, 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_has(answer, "\"name\":\"tiny\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_credentials, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_orphans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attack_ports_of_no_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_cloud, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attack_much_is_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_slow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_drivers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_token, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_networks_killed_at_each_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_at_each_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, start_cloud, stop_cloud);
}
