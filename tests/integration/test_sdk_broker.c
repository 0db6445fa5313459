/* The broker itself restarts under a VNFM of ours: nothing in hand is lost or done twice. With a
 * broker of its own, since others share the common one. */
#include "common/base/mem.h"
#include "tests/support/mini_nfvo.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { REQUESTS = 60 };

static char folder[] = "/tmp/baton-sdk-broker.XXXXXX";

static void servers(const char *command, const char *more)
{
    char line[300];
    snprintf(line, sizeof(line), "tests/support/servers %s %s/servers %s >/dev/null 2>%s/log",
             command, folder, more, folder);
    if (system(line) != 0)
        fail_msg("%s", line);
}

/* OB_TEST_BROKER_... of our own broker. */
static void read_environment(void)
{
    char path[100], line[500], name[100], value[300];
    snprintf(path, sizeof(path), "%s/servers/env", folder);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "%99[A-Z_]=%299[^\n]", name, value) == 2 &&
            strncmp(name, "OB_TEST_BROKER", 14) == 0)
            setenv(name, value, 1);
    assert_non_null(f);
    fclose(f);
}

static void send_all(struct mini_nfvo *nfvo, const char *queue)
{
    char id[40];
    for (unsigned i = 0; i < REQUESTS; i++) {
        snprintf(id, sizeof(id), "start-%u", i);
        mini_nfvo_send(nfvo, queue, "{\"action\":\"START\",\"virtualNetworkFunctionRecord\":{}}",
                       id);
    }
    mini_nfvo_ask(nfvo, queue, "{\"action\":\"STOP\",\"virtualNetworkFunctionRecord\":{}}",
                  "behind-them");
}

static void await_all(struct mini_nfvo *nfvo)
{
    char id[40];
    for (unsigned i = 0; i < REQUESTS; i++) {
        snprintf(id, sizeof(id), "start-%u", i);
        mini_nfvo_await(nfvo, id, 1);
    }
}

static unsigned lines_with(const char *path, const char *text)
{
    char line[1000];
    unsigned n = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        n += strstr(line, text) != NULL;
    if (f)
        fclose(f);
    return n;
}

static void test_restart(void **state)
{
    char host[100], port[100], vh[100], user[120], journal[100];
    (void)state;
    struct test_vhost *vhost = test_vhost_new();
    struct mini_nfvo *nfvo = mini_nfvo_new(vhost);
    snprintf(host, sizeof(host), "--broker-host=%s", vhost->host);
    snprintf(port, sizeof(port), "--broker-port=%d", vhost->port);
    snprintf(vh, sizeof(vh), "--broker-vhost=%s", vhost->name);
    snprintf(user, sizeof(user), "--broker-user=%s", nfvo->registrar);
    snprintf(journal, sizeof(journal), "--journal=%s/journal", folder);
    pid_t vnfm = test_program_start(
        "vnfm-dummy", (const char *[]){host, port, vh, user, journal, "--type=restarted",
                                       "--broker-password=registrar", "--log-level=error",
                                       "--delay=START=3s", NULL});
    mini_nfvo_await_consumer(nfvo, "restarted");
    send_all(nfvo, "restarted");
    servers("restart", "broker");
    await_all(nfvo);
    mini_nfvo_await_count(nfvo, &nfvo->registers, 2);
    assert_int_equal(lines_with(journal + strlen("--journal="), "\"START\""), REQUESTS);
    assert_int_equal(test_program_stop(vnfm, SIGTERM), 0);
    test_user_free(vhost, "restarted");
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_restart)};
    char line[100];
    if (!mkdtemp(folder) || chmod(folder, 0711) != 0)
        return 1;
    servers("start", "--no-fsync");
    read_environment();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    servers("clean", "");
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) == 0 ? rc : 1;
}
