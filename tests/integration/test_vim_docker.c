/* vim-driver-docker, the program, with a real engine of the test's own (tests/support/docker-engine):
 * its calls through a broker, killed at each step. NOT RUN, and why, where no engine can run. */
#include "common/base/sbuf.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "tests/support/mini_nfvo.h"

#include <fcntl.h>
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

static char folder[64], socket_path[80];
static bool has_engine;
static struct test_vhost *vhost;
static struct mini_nfvo *nfvo;
static char type[60], queue[160];
static pid_t child;

/* --- the engine --- */

static int engine_command(const char *command)
{
    char line[400], program[200];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert_true(n > 0);
    (void)n;
    snprintf(line, sizeof(line), "exec tests/support/docker-engine %s %s", command, folder);
    int status = system(line); // NOLINT(cert-env33-c)
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the engine says itself. */
static void engine_ask(const char *method, const char *path, const char *body,
                       struct http_response *ret)
{
    AUTO(http_client_freep) struct http_client *client = http_client_new();
    char url[400];
    struct err err = ERR_INIT;
    snprintf(url, sizeof(url), "http://engine%s", path);
    struct http_call call = {.method = method,
                             .url = url,
                             .unix_socket = socket_path,
                             .max_body = (size_t)64 << 20,
                             .body = body,
                             .body_len = body ? strlen(body) : 0,
                             .type = body ? HTTP_TYPE_JSON : NULL};
    if (http_client_call(client, &call, ret, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static unsigned containers(void)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    engine_ask("GET", "/containers/json?all=1", NULL, &res);
    unsigned n = times(res.body.s, "\"Id\":");
    http_response_release(&res);
    return n;
}

/* Until the output of that container says so. */
static void await_logs(const char *container, const char *text)
{
    char path[300];
    bool has = false;
    for (time_t end = time(NULL) + WAIT_S; !has && time(NULL) < end;) {
        struct http_response res = HTTP_RESPONSE_INIT;
        snprintf(path, sizeof(path), "/containers/%s/logs?stdout=1&stderr=1", container);
        engine_ask("GET", path, NULL, &res);
        has = memmem(res.body.s, res.body.len, text, strlen(text)) != NULL;
        http_response_release(&res);
        if (!has)
            usleep(20000);
    }
    if (!has)
        fail_msg("'%s' is not in what %s says", text, container);
}

static int start_engine(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/btd%d", (int)getpid());
    snprintf(socket_path, sizeof(socket_path), "%s/s", folder);
    int rc = engine_command("start");
    has_engine = rc == 0;
    if (rc == 77)
        print_message("NOT RUN: vim-driver-docker, for the reason above\n");
    return rc == 0 || rc == 77 ? 0 : -1;
}

static int stop_engine(void **state)
{
    struct stat st;
    (void)state;
    if (engine_command("stop") != 0)
        return -1;
    return stat(folder, &st) == 0 ? -1 : 0;
}

/* --- the driver --- */

static void start_as(const char *its_queue, const char *more)
{
    char host[100], port[100], vh[100], user[100], kind[80], sockets[120], spent[120];
    snprintf(host, sizeof(host), "--broker-host=%s", vhost->host);
    snprintf(port, sizeof(port), "--broker-port=%d", vhost->port);
    snprintf(vh, sizeof(vh), "--broker-vhost=%s", vhost->name);
    snprintf(user, sizeof(user), "--broker-user=%s", nfvo->registrar);
    snprintf(kind, sizeof(kind), "--type=%s", type);
    snprintf(sockets, sizeof(sockets), "--sockets=%s", socket_path);
    snprintf(spent, sizeof(spent), "--spent-file=%s/spent", folder);
    child = test_program_start("vim-driver-docker",
                               (const char *[]){host, port, vh, user, kind, sockets, spent,
                                                "--broker-password=registrar", "--log-level=error",
                                                "--ems-agent=build/bin/ems-agent-static",
                                                "--floating-addresses=127.0.0.7,127.0.0.8",
                                                "--outbound-allow=127.0.0.0/8", more, NULL});
    mini_nfvo_await_consumer(nfvo, its_queue);
}

static void start(const char *more)
{
    start_as(queue, more);
}

static int set_up(void **state)
{
    static int number;
    (void)state;
    if (!has_engine)
        return 0;
    vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    snprintf(type, sizeof(type), "dk%d-%d", (int)getpid(), ++number);
    snprintf(queue, sizeof(queue), "vim-drivers.%s.%s", type, type);
    start(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (!has_engine)
        return 0;
    if (child > 0)
        test_program_stop(child, SIGTERM);
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
    return 0;
}

/* A call for that project; rest: its parameters, each with a comma in front. */
static const char *ask_as(const char *project, const char *method, const char *token,
                          const char *rest)
{
    static int number;
    char id[40], body[8192];
    snprintf(id, sizeof(id), "ask-%d-%d", (int)getpid(), ++number);
    snprintf(body, sizeof(body),
             "{\"methodName\":\"%s\"%s%s%s,\"parameters\":[{\"id\":\"v-1\",\"name\":\"pop\","
             "\"type\":\"docker\",\"projectId\":\"%s\",\"authUrl\":\"unix://%s\"}%s]}",
             method, token ? ",\"clientToken\":\"" : "", token ? token : "", token ? "\"" : "",
             project, socket_path, rest);
    return mini_nfvo_ask(nfvo, queue, body, id);
}

static const char *ask(const char *method, const char *token, const char *rest)
{
    return ask_as("p-1", method, token, rest);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static void network(const char *name, const char *cidr, char id[80])
{
    char rest[200];
    snprintf(rest, sizeof(rest), ",{\"name\":\"%s\"%s%s%s}", name, cidr ? ",\"subnet\":\"" : "",
             cidr ? cidr : "", cidr ? "\"" : "");
    const char *answer = ask("createNetwork", NULL, rest), *at = strstr(answer, "\"extId\":\"");
    if (!at)
        fail_msg("%s", answer);
    snprintf(id, 80, "%.64s", at + 9);
}

static void drop_network(const char *id)
{
    char rest[120];
    snprintf(rest, sizeof(rest), ",\"%s\"", id);
    assert_has(ask("deleteNetwork", NULL, rest), "{\"answer\":true}");
}

#define SCRIPT "#!/bin/sh\\necho hello from $HOSTNAME $BATON_INSTANCE\\n"

/* points: of connection points, JSON. */
static const char *launch(const char *name, const char *token, const char *image,
                          const char *points, const char *floating)
{
    char rest[2000];
    snprintf(rest, sizeof(rest),
             ",\"%s\",\"%s\",\"tiny\",\"\",[%s],[],\"" SCRIPT "\",{%s},"
             "[{\"name\":\"k\",\"publicKey\":\"ssh-ed25519 AAAA k\"}]",
             name, image, points, floating);
    return ask("launchInstanceAndWait", token, rest);
}

static void delete_server(const char *id)
{
    char rest[120];
    snprintf(rest, sizeof(rest), ",\"%s\"", id);
    assert_has(ask("deleteServerByIdAndWait", NULL, rest), "{\"answer\":true}");
}

/* --- tests --- */

static void test_life(void **state)
{
    char front[80], back[80], again[80];
    (void)state;
    if (!has_engine)
        skip();
    network("zz-front", "10.77.3.0/24", front);
    network("aa-back", NULL, back);
    network("aa-back", NULL, again); /* it is there */
    assert_string_equal(back, again);
    const char *answer = ask("refresh", NULL, "");
    assert_has(answer, "\"tags\":[\"bb:1\"]");
    assert_has(answer, "\"name\":\"zz-front\"");
    assert_has(answer, "\"subnet\":\"10.77.3.0/24\"");
    assert_has(answer, "\"flavour_key\":\"tiny\"");
    /* The order of interfaces is that of their numbers, not of the engine's alphabet. */
    answer = launch(
        "web-1", "tok/1", "bb:1",
        "{\"virtual_link_reference\":\"aa-back\",\"interfaceId\":1},"
        "{\"virtual_link_reference\":\"zz-front\",\"interfaceId\":0,\"fixedIp\":\"10.77.3.9\"}",
        "\"zz-front\":\"random\"");
    assert_has(answer, "\"extId\":\"baton-tok_2f1\"");
    assert_has(answer, "\"status\":\"ACTIVE\"");
    assert_has(answer, "\"ips\":{\"zz-front\":[\"10.77.3.9\"],\"aa-back\":[\"10.2");
    assert_has(answer, "\"floatingIps\":{\"zz-front\":\"127.0.0.7\"}");
    await_logs("baton-tok_2f1", "hello from web-1 baton-tok_2f1");
    await_logs("baton-tok_2f1", "the user data ended with status 0");
    assert_has(launch("web-1", "tok/1", "bb:1", "", ""), "\"extId\":\"baton-tok_2f1\"");
    assert_int_equal(containers(), 1);
    assert_has(ask("listServer", NULL, ""), "\"name\":\"web-1\"");
    char rest[120];
    snprintf(rest, sizeof(rest), ",\"%s\"", back);
    assert_has(ask("deleteNetwork", NULL, rest), "has active endpoints");
    delete_server("baton-tok_2f1");
    delete_server("baton-tok_2f1");
    assert_int_equal(containers(), 0);
    assert_has(launch("web-1", "tok/1", "bb:1", "", ""), "exception"); /* it came late */
    drop_network(front);
    drop_network(back);
}

/* In the engine's own words, and nothing is left. */
static void test_refused(void **state)
{
    char front[80];
    (void)state;
    if (!has_engine)
        skip();
    network("front", "10.77.4.0/24", front);
    assert_has(launch("a", "t1", "bb:1", "{\"virtual_link_reference\":\"nowhere\"}", ""),
               "network 'nowhere' is not there");
    assert_has(launch("a", "t1", "no.such.host.invalid/x:1", "", ""), "the engine says:");
    assert_has(launch("a", "t1", "bb:1",
                      "{\"virtual_link_reference\":\"front\",\"fixedIp\":\"10.88.4.9\"}", ""),
               "is no address for a server in '10.77.4.0/24'");
    assert_has(launch("a", "t1", "bb:1",
                      "{\"virtual_link_reference\":\"front\",\"fixedIp\":\"10.77.4.1\"}", ""),
               "is no address for a server");
    assert_has(ask("createNetwork", NULL, ",{\"name\":\"n\",\"subnet\":\"10.77.4.0/25\"}"),
               "the engine says:");
    assert_has(ask("rebuildServer", NULL, ",\"x\",\"bb:1\""), "exception");
    assert_int_equal(containers(), 0);
    drop_network(front);
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

/* Others may come twice: a driver that is killed has not acknowledged them all. */
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
    snprintf(
        body, sizeof(body),
        "{\"methodName\":\"%s\",\"clientToken\":\"%s\",\"parameters\":[{\"id\":\"v-1\","
        "\"name\":\"pop\",\"type\":\"docker\",\"projectId\":\"p-1\",\"authUrl\":\"unix://%s\"}%s]}",
        method, token, socket_path, rest);
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
    char network_id[80], rest[600], option[40], token[40], server[60];
    int step = 1, kills = 0;
    (void)state;
    if (!has_engine)
        skip();
    network("front", "10.77.5.0/24", network_id);
    char back[80];
    network("back", "10.77.6.0/24", back);
    for (bool was_killed = true; was_killed; step++) {
        snprintf(option, sizeof(option), "--die-at=%d", step);
        snprintf(token, sizeof(token), "kill-%d", step);
        snprintf(server, sizeof(server), "baton-%s", token);
        restart(option);
        snprintf(rest, sizeof(rest),
                 ",\"%s\",\"bb:1\",\"tiny\",\"\",[{\"virtual_link_reference\":\"front\"},"
                 "{\"virtual_link_reference\":\"back\",\"interfaceId\":1}],[],\"" SCRIPT "\",{},[]",
                 token);
        bool in_launch = survive("launchInstanceAndWait", token, rest, "\"status\":\"ACTIVE\"");
        assert_int_equal(containers(), 1);
        assert_int_equal(times(ask("listServer", NULL, ""), "\"extId\":\"baton-kill"), 1);
        snprintf(rest, sizeof(rest), ",\"%s\"", server);
        bool in_delete = survive("deleteServerByIdAndWait", token, rest, "true");
        assert_int_equal(containers(), 0);
        was_killed = in_launch || in_delete;
        kills += was_killed;
    }
    print_message("%d steps\n", kills);
    assert_true(kills >= 8);
    restart(NULL);
    drop_network(network_id);
    drop_network(back);
}

/* Two drivers of the type have the same launch, as when the broker gives it to a sibling of one that it lost. */
static void test_two_drivers(void **state)
{
    char body[1000], second[160], name[80];
    (void)state;
    if (!has_engine)
        skip();
    pid_t first = child;
    snprintf(name, sizeof(name), "--name=%s-2", type);
    snprintf(second, sizeof(second), "%s-2", queue);
    start_as(second, name);
    snprintf(
        body, sizeof(body),
        "{\"methodName\":\"launchInstanceAndWait\",\"clientToken\":\"twice\",\"vduMetadata\":{"
        "\"env.COLOUR\":\"blue\",\"command\":\"echo it is $COLOUR; sleep 1000\"},\"parameters\":[{"
        "\"id\":"
        "\"v-1\",\"name\":\"pop\",\"type\":\"docker\",\"projectId\":\"p-1\",\"authUrl\":"
        "\"unix://%s\"},"
        "\"a\",\"bb:1\",\"\",\"\",[],[],\"\",{},[]]}",
        socket_path);
    mini_nfvo_send(nfvo, queue, body, "twice-1");
    mini_nfvo_send(nfvo, second, body, "twice-2");
    for (unsigned i = 1; i <= 2; i++) {
        snprintf(name, sizeof(name), "twice-%u", i);
        assert_has(mini_nfvo_await(nfvo, name, 1), "\"extId\":\"baton-twice\"");
    }
    assert_int_equal(containers(), 1);
    await_logs("baton-twice", "it is blue");
    delete_server("baton-twice");
    test_program_stop(child, SIGTERM);
    child = first;
}

static unsigned networks(void)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    engine_ask("GET", "/networks", NULL, &res);
    unsigned n = times(res.body.s, "baton.network");
    http_response_release(&res);
    return n;
}

static void test_networks_killed_at_each_step(void **state)
{
    char rest[120], option[40], id[80];
    int kills = 0;
    bool was_killed = true;
    (void)state;
    if (!has_engine)
        skip();
    for (int step = 1; was_killed; step++) {
        snprintf(option, sizeof(option), "--die-at=%d", step);
        restart(option);
        was_killed =
            survive("createNetwork", "", ",{\"name\":\"front\"}", "\"subnet\":\"10.200.0.0/24\"");
        assert_int_equal(networks(), 1);
        network("front", NULL, id);
        snprintf(rest, sizeof(rest), ",\"%s\"", id);
        was_killed |= survive("deleteNetwork", "", rest, "{\"answer\":");
        assert_int_equal(networks(), 0);
        kills += was_killed;
    }
    assert_int_equal(kills, 4);
}

/* --- images of the repository --- */

static char served_path[100];
static char served_query[200];
static unsigned served_n;

static enum http_result serve(struct http_request *req, struct http_reply *reply)
{
    struct stat st;
    int fd = open(served_path, O_RDONLY | O_CLOEXEC);
    const char *token = http_request_query(req, "token");
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    snprintf(served_query, sizeof(served_query), "%s", token ? token : "");
    served_n++;
    http_reply_file(reply, 200, "application/octet-stream", fd, (size_t)st.st_size);
    return HTTP_DONE;
}

/* What the engine answers there, into the file that is served. */
static void keep_file(const char *path)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    engine_ask("GET", path, NULL, &res);
    assert_int_equal(res.status, 200);
    FILE *out = fopen(served_path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(res.body.s, 1, res.body.len, out), res.body.len);
    assert_int_equal(fclose(out), 0);
    http_response_release(&res);
}

static void keep_text(const char *text)
{
    FILE *out = fopen(served_path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static const char *add(const struct http_server *server, const char *name)
{
    static char rest[300];
    snprintf(rest, sizeof(rest), ",{\"name\":\"%s\"},\"http://127.0.0.1:%d/file\",\"secret\"", name,
             (int)http_server_port(server));
    return ask("addImage", NULL, rest);
}

static int status_of(const char *method, const char *path)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    engine_ask(method, path, NULL, &res);
    int status = res.status;
    http_response_release(&res);
    return status;
}

/* One that docker save made, and a root file system. Neither takes a name away from another. */
static void test_repository_images(void **state)
{
    static const struct http_route routes[] = {{"GET", "/file", serve, 0}, {NULL, NULL, NULL, 0}};
    struct http_server_options options = {.routes = routes, .threads = 1};
    struct http_server *server = NULL;
    struct err err = ERR_INIT;
    (void)state;
    if (!has_engine)
        skip();
    snprintf(served_path, sizeof(served_path), "%s/served", folder);
    assert_int_equal(http_server_open(&server, &options, &err), ERR_OK);
    served_n = 0;
    keep_file("/images/bb:1/get");
    assert_int_equal(status_of("POST", "/images/bb:1/tag?repo=kept&tag=1"), 201);
    assert_int_equal(status_of("DELETE", "/images/bb:1"), 200); /* the saved one has this name */
    const char *answer = add(server, "own:1");
    assert_has(answer, "\"tags\":[\"own:1\"]");
    assert_string_equal(served_query, "secret");
    assert_null(strstr(answer, "secret"));
    assert_int_equal(status_of("GET", "/images/bb:1/json"), 404);
    assert_int_equal(status_of("POST", "/images/kept:1/tag?repo=bb&tag=1"), 201);
    assert_has(add(server, "own:1"), "\"tags\":[\"own:1\"]"); /* the call again */
    assert_int_equal(served_n, 1);
    assert_has(ask("listImages", NULL, ""), "\"own:1\"");
    assert_null(strstr(ask_as("p-2", "listImages", NULL, ""), "\"own:1\""));
    answer = launch("own-1", "own-1", "own:1", "", "");
    assert_has(answer, "\"status\":\"ACTIVE\"");
    await_logs("baton-own-1", "hello from own-1");
    keep_file("/containers/baton-own-1/export");
    delete_server("baton-own-1");
    assert_has(add(server, "root"), "\"tags\":[\"root\"]");
    answer = launch("own-2", "own-2", "root", "", "");
    assert_has(answer, "\"status\":\"ACTIVE\"");
    await_logs("baton-own-2", "hello from own-2");
    delete_server("baton-own-2");
    keep_text("QFI\xfb is no tar");
    assert_has(add(server, "disk"), "the file is no image for Docker");
    keep_text("");
    assert_has(add(server, "none"), "the image is empty");
    assert_null(strstr(ask("listImages", NULL, ""), "\"disk\""));
    http_server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_drivers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repository_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_at_each_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_networks_killed_at_each_step, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, start_engine, stop_engine);
}
