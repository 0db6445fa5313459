/* vim-driver-local, killed between any two of its steps: its successor knows of all that exists,
 * finishes or removes what is half made, and a launch that comes again gives one server. */
#include "tests/support/local_cloud.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its whole life; ends the process. */
static void life(int64_t die_at)
{
    struct loc_network n;
    struct loc_server s;
    struct loc l = {.lock_fd = -1};
    bool was_there;
    cloud_options.die_at = die_at;
    if (loc_cloud_open(&l, &cloud_options, NULL) != ERR_OK ||
        loc_network_create(&l, "private", NULL, &n, NULL) != ERR_OK ||
        cloud_try_launch(&l, "a", "token", "#!/bin/sh\necho up\n", &s, NULL) != ERR_OK ||
        loc_server_delete(&l, s.id, &was_there, NULL) != ERR_OK ||
        loc_network_delete(&l, n.id, &was_there, NULL) != ERR_OK)
        _exit(1);
    _exit(0);
}

/* 0: it lived to its end. */
static int live_and_die(int64_t die_at)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        life(die_at);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("at step %lld: status %x", (long long)die_at, (unsigned)status);
    return 0;
}

/* What the next driver finds is good, and the calls that come again have one effect. */
static void check_successor(const char *when)
{
    struct loc_server s;
    struct err err = ERR_INIT;
    const char *why;
    unsigned n = 0;
    struct loc *l = cloud_open();
    for (const struct loc_server *o = l->servers; o; o = o->next, n++)
        if (strcmp(loc_server_status(l, o, &why), "ACTIVE") != 0)
            fail_msg("killed %s: there is a server in phase %s", when, loc_phase_names[o->phase]);
    assert_true(n <= 1);
    cloud_network(l, "private", NULL);
    if (cloud_try_launch(l, "a", "token", "#!/bin/sh\necho up\n", &s, &err) != ERR_OK)
        fail_msg("killed %s: %s", when, err.msg);
    assert_ptr_equal(l->servers->next, NULL); /* never a second one */
    cloud_await(l, &s, "up");
    cloud_close(l);
    cloud_clean();
    assert_int_equal(mkdir(cloud_folder, 0755), 0);
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
        check_successor(when);
    }
    cloud_options.die_at = 0;
    print_message("%lld steps\n", (long long)step - 1);
    assert_true(step > 15);
    cloud_clean();
}

/* Between steps, too: while runc, ip and the companions of servers are at work. */
static void test_killed_at_any_time(void **state)
{
    enum { ROUNDS = 12, EVERY_MS = 23, WARM_UP_MS = 20 };
    char when[40];
    int status;
    if (!cloud_is_possible(state))
        return;
    for (int i = 0; i < ROUNDS; i++) {
        int after = WARM_UP_MS + i * EVERY_MS;
        pid_t pid = fork();
        if (pid == 0)
            life(0);
        struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
        poll(&p, 1, after); /* or its own end */
        close(p.fd);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        snprintf(when, sizeof(when), "after %d ms", after);
        check_successor(when);
    }
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_BOTH(test_killed_at_each_step),
                                       CLOUD_BOTH(test_killed_at_any_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
