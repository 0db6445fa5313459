/* vim-driver-local, killed at any time, also while runc, ip and the companions of servers are at
 * work: as test_vim_local_killed.c, which kills it between two steps. */
#include "tests/support/local_cloud.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
            cloud_life(0);
        struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
        poll(&p, 1, after); /* or its own end */
        close(p.fd);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        snprintf(when, sizeof(when), "after %d ms", after);
        cloud_check_successor(when);
    }
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_BOTH(test_killed_at_any_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
