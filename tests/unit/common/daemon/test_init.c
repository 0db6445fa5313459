#include "common/daemon/daemon_private.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The process that becomes init is told to be the reaper of its orphans, which process 1 is anyway.
 */
static pid_t start_init(int (*child)(int fd), int fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (daemon_become_init(NULL) != ERR_OK)
        _exit(99);
    _exit(child(fd));
}

static int wait_exit(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int end_with_7(int fd)
{
    (void)fd;
    return 7;
}

static int end_by_signal(int fd)
{
    (void)fd;
    raise(SIGKILL);
    return 0;
}

static void on_term(int number)
{
    (void)number;
}

static int wait_for_term(int fd)
{
    sigset_t term, now;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    signal(SIGTERM, on_term);
    sigprocmask(SIG_BLOCK, &term, &now);
    if (sigismember(&now, SIGTERM) || write(fd, "r", 1) != 1)
        return 1;
    sigwaitinfo(&term, NULL);
    return 5;
}

/* An orphan ends while we live on; only its new parent, init, can make its number free. */
static int leave_an_orphan(int fd)
{
    int p[2];
    pid_t orphan = -1;
    (void)fd;
    if (pipe(p) != 0)
        return 1;
    pid_t middle = fork();
    if (middle == 0) {
        orphan = fork();
        if (orphan == 0)
            _exit(0);
        _exit(write(p[1], &orphan, sizeof(orphan)) == sizeof(orphan) ? 0 : 1);
    }
    if (read(p[0], &orphan, sizeof(orphan)) != sizeof(orphan) || waitpid(middle, NULL, 0) != middle)
        return 2;
    alarm(20);
    while (kill(orphan, 0) == 0)
        sched_yield();
    return 3;
}

static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(wait_exit(start_init(end_with_7, -1)), 7);
    assert_int_equal(wait_exit(start_init(end_by_signal, -1)), 128 + SIGKILL);
}

static void test_signals_are_passed_on(void **state)
{
    (void)state;
    int p[2];
    char c;
    assert_int_equal(pipe(p), 0);
    pid_t pid = start_init(wait_for_term, p[1]);
    assert_int_equal(read(p[0], &c, 1), 1);
    kill(pid, SIGTERM);
    assert_int_equal(wait_exit(pid), 5);
    close(p[0]);
    close(p[1]);
}

static void test_orphans_are_reaped(void **state)
{
    (void)state;
    assert_int_equal(wait_exit(start_init(leave_an_orphan, -1)), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_signals_are_passed_on),
        cmocka_unit_test(test_orphans_are_reaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
