/* tests/support/reap: nothing that a test started outlives it. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *program(void)
{
    static char path[512];
    const char *o = getenv("O");

    snprintf(path, sizeof(path), "%s/support/reap", o ? o : "build");
    return path;
}

/* Starts reap with a shell script that prints on descriptor 1; returns its pid and the reading end.
 */
static pid_t start(const char *limit, const char *script, int *ret_fd)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program(), "reap", "--limit", limit, "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *ret_fd = ends[0];
    return pid;
}

static int status_of(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The first line is the pid of something in a session of its own. */
static pid_t read_pid(int fd)
{
    char line[32] = "";

    for (size_t at = 0; at + 1 < sizeof(line) && read(fd, line + at, 1) == 1 && line[at] != '\n';)
        at++;
    assert_true(atoi(line) > 1);
    return atoi(line);
}

static void assert_gone(pid_t pid)
{
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_passes_the_status_on(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(status_of(start("60", "exit 7", &fd)), 7);
    close(fd);
    assert_int_equal(status_of(start("60", "kill -KILL $$", &fd)), 128 + SIGKILL);
    close(fd);
}

static void test_what_left_its_session_ends_too(void **state)
{
    char text[512] = "";
    pid_t pid, left;
    int fd;

    (void)state;
    pid = start("60", "setsid sleep 1000 & echo $!", &fd);
    left = read_pid(fd);
    assert_int_equal(status_of(pid), 125); /* the command succeeded, and is told apart */
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    assert_non_null(strstr(text, "left behind:"));
    assert_non_null(strstr(text, "sleep 1000"));
    assert_gone(left);
    close(fd);
}

/* The parent is named where it is still there. */
static void test_says_who_left_it(void **state)
{
    char text[2048] = "";
    pid_t pid;
    int fd;
    size_t at = 0;
    ssize_t n;

    (void)state;
    pid = start("60", "cd /; setsid sh -c 'sleep 1000; exit 3' &", &fd);
    assert_int_equal(status_of(pid), 125);
    while ((n = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
        at += (size_t)n;
    assert_non_null(strstr(text, " sh -c sleep 1000; exit 3 (state S, age "));
    assert_non_null(strstr(text, " s, in /)\n"));
    assert_non_null(strstr(text, " s, in /, child of "));
    close(fd);
}

/* What is on its way out is waited for. */
static void test_what_ends_by_itself_is_not_left(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(status_of(start("60", "setsid sh -c 'sleep 1; sleep 1' &", &fd)), 0);
    close(fd);
}

static void test_what_ignores_the_signal_ends_too(void **state)
{
    pid_t pid, left;
    int fd;

    (void)state;
    pid = start("1", "(trap '' TERM; setsid sleep 1000 & echo $!; wait) & wait", &fd);
    left = read_pid(fd);
    assert_int_equal(status_of(pid), 124); /* the limit */
    assert_gone(left);
    close(fd);
}

static void test_a_signal_is_passed_on(void **state)
{
    pid_t pid, left;
    int fd;

    (void)state;
    pid = start("60", "trap 'exit 3' TERM; sleep 1000 & echo $!; wait", &fd);
    left = read_pid(fd);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(status_of(pid), 128 + SIGTERM);
    assert_gone(left);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_the_status_on),
        cmocka_unit_test(test_what_left_its_session_ends_too),
        cmocka_unit_test(test_says_who_left_it),
        cmocka_unit_test(test_what_ends_by_itself_is_not_left),
        cmocka_unit_test(test_what_ignores_the_signal_ends_too),
        cmocka_unit_test(test_a_signal_is_passed_on),
    };

    return cmocka_run_group_tests_name("reap", tests, NULL, NULL);
}
