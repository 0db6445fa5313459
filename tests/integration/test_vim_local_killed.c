/* vim-driver-local, killed between any two of its steps: its successor knows of all that exists,
 * finishes or removes what is half made, and a launch that comes again gives one server. */
#include "tests/support/local_cloud.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0: it lived to its end. */
static int live_and_die(int64_t die_at)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        cloud_life(die_at);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("at step %lld: status %x", (long long)die_at, (unsigned)status);
    return 0;
}

static void test_killed_at_each_step(void **state)
{
    char when[40];
    int64_t step = 1;
    if (!cloud_is_possible(state))
        return;
    for (; live_and_die(step); step++) {
        cloud_options.die_at = 0;
        snprintf(when, sizeof(when), "at step %lld", (long long)step);
        cloud_check_successor(when);
    }
    cloud_options.die_at = 0;
    print_message("%lld steps\n", (long long)step - 1);
    assert_true(step > 15);
    cloud_clean();
}

#define REBUILD "0a5f4b1c-0000-4000-8000-000000000002"

/* A server is there; its driver dies at that step of its rebuild. */
static void rebuild_and_die(int64_t die_at)
{
    struct loc_server s, after;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    if (cloud_try_launch(l, "a", "token", "#!/bin/sh\necho up\n", &s, NULL) != ERR_OK)
        _exit(2);
    cloud_await(l, &s, "up");
    cloud_options.die_at = die_at ? (int64_t)l->steps + die_at : 0;
    _exit(loc_server_rebuild(l, s.id, "host", REBUILD, &after, NULL) == ERR_OK ? 0 : 1);
}

/* It never goes away; the call that comes again makes it good. */
static void check_rebuilt(int64_t step)
{
    struct loc_server s;
    const char *why;
    struct err err = ERR_INIT;
    struct loc *l = cloud_open();
    assert_non_null(l->servers);
    const char *status = loc_server_status(l, l->servers, &why);
    if (strcmp(status, "ACTIVE") != 0 && strcmp(status, "ERROR") != 0)
        fail_msg("step %lld: %s", (long long)step, status);
    uint32_t ip = l->servers->nics[0].ip;
    if (loc_server_rebuild(l, l->servers->id, "host", REBUILD, &s, &err) != ERR_OK)
        fail_msg("step %lld: %s", (long long)step, err.msg);
    assert_int_equal(s.nics[0].ip, ip);
    assert_string_equal(loc_server_status(l, l->servers, &why), "ACTIVE");
    cloud_await(l, &s, "up");
    cloud_close(l);
    cloud_clean();
    assert_int_equal(mkdir(cloud_folder, 0755), 0);
}

static void test_killed_while_rebuilding(void **state)
{
    int64_t step = 1;
    int status;
    if (!cloud_is_possible(state))
        return;
    for (bool is_killed = true; is_killed; step++) {
        pid_t pid = fork();
        if (pid == 0)
            rebuild_and_die(step);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!is_killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            fail_msg("at step %lld: status %x", (long long)step, (unsigned)status);
        check_rebuilt(step);
    }
    print_message("%lld steps\n", (long long)step - 2);
    assert_true(step > 5);
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_BOTH(test_killed_at_each_step),
                                       CLOUD_BOTH(test_killed_while_rebuilding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
