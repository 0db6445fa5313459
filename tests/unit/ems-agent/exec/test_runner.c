/* Real scripts under real runners. Waiting is for the journal's bell, with a deadline. */
#include "common/sys/clock.h"
#include "ems-agent/exec/runner.h"

#include <fcntl.h>
#include <poll.h>
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

enum { LIMIT_S = 30 };

static char base[] = "/tmp/baton-runner.XXXXXX";
static struct runs j;
static struct sbuf out = SBUF_INIT, err_out = SBUF_INIT;

static enum err_code start_argv(const char *id, const char *const *argv, int64_t timeout_ms,
                                char key[RUNS_KEY_SIZE])
{
    static const char *const envp[] = {"PATH=/usr/bin:/bin", "A=b c", NULL};
    struct run_head head = {.half = 4096};
    struct err err = ERR_INIT;
    int fd = -1;

    snprintf(head.id, sizeof(head.id), "%s", id);
    runs_key(id, key);
    assert_int_equal(runs_create(&j, key, &head, &fd, &err), ERR_OK);
    return runner_start(
        &j, key, fd, &head,
        &(struct run_spec){
            .argv = argv, .envp = envp, .folder = base, .timeout_ms = timeout_ms, .grace_ms = 100},
        &err);
}

static void start(const char *id, const char *text, int64_t timeout_ms, char key[RUNS_KEY_SIZE])
{
    const char *const argv[] = {"/bin/bash", "-c", text, "script", "an argument", NULL};
    assert_int_equal(start_argv(id, argv, timeout_ms, key), ERR_OK);
}

static struct run_head await(const char *key)
{
    struct run_head head;
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;
    int fd = -1;

    sbuf_clear(&out);
    sbuf_clear(&err_out);
    for (;;) {
        struct pollfd p = {.fd = j.inotify, .events = POLLIN};
        runs_read_events(&j);
        enum run_place place = runs_find(&j, key, &head, &fd);
        assert_int_not_equal(place, RUN_NONE);
        if (place == RUN_OVER)
            break;
        close(fd);
        if (clock_mono_us() > deadline)
            fail_msg("it does not end");
        poll(&p, 1, clock_left_ms(deadline));
    }
    runs_output(fd, &head, 0, &out);
    runs_output(fd, &head, 1, &err_out);
    close(fd);
    return head;
}

static struct run_head run(const char *id, const char *text, int64_t timeout_ms)
{
    char key[RUNS_KEY_SIZE];
    start(id, text, timeout_ms, key);
    return await(key);
}

/* Waits until this file in base is there and not empty, and reads the number in it. */
static pid_t await_pid(const char *name)
{
    char path[200], text[32] = "";
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;

    snprintf(path, sizeof(path), "%s/%s", base, name);
    for (;;) {
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
        if (fd >= 0)
            close(fd);
        if (n > 0 && text[n - 1] == '\n')
            return (pid_t)atoi(text);
        if (clock_mono_us() > deadline)
            fail_msg("there is no '%s'", path);
        poll(NULL, 0, 5);
    }
}

static bool is_gone(pid_t pid)
{
    char path[64], stat[200] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return true;
    size_t n = fread(stat, 1, sizeof(stat) - 1, f);
    fclose(f);
    const char *at = n ? strrchr(stat, ')') : NULL;
    return !at || at[2] == 'Z'; /* ended, and whoever should reap it is not in a hurry */
}

static void await_gone(pid_t pid)
{
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;

    while (!is_gone(pid)) {
        if (clock_mono_us() > deadline)
            fail_msg("process %d lives on", (int)pid);
        poll(NULL, 0, 5);
    }
}

static void test_outcome(void **state)
{
    struct run_head h = run("outcome", "echo out; echo err >&2; echo \"$1/$A/$(pwd)\"; exit 7", 0);
    char want[200];

    (void)state;
    assert_int_equal(h.status, 7);
    assert_int_equal(h.state, RUN_NORMAL);
    snprintf(want, sizeof(want), "out\nan argument/b c/%s\n", base);
    assert_string_equal(out.s, want);
    assert_string_equal(err_out.s, "err\n");
    h = run("signal", "kill -SEGV $$", 0);
    assert_int_equal(h.status, 128 + SIGSEGV);
    assert_int_equal(h.state, RUN_NORMAL);
}

/* The script's own surroundings: no descriptors of ours, no signals ignored or blocked, the usual
 * umask, nothing on standard input, and a process group of its own. */
static void test_surroundings(void **state)
{
    int leaked = open("/dev/null", O_RDONLY); /* on purpose without CLOEXEC */

    (void)state;
    run("surroundings",
        "ls /proc/self/fd | tr '\\n' ' '; umask; read x; echo \"stdin ends $?\";"
        "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t';"
        "[[ $(ps -o pgid= $$) -eq $$ ]] && echo ' group'",
        0);
    close(leaked);
    assert_non_null(strstr(out.s, "0 1 2 3 0022\nstdin ends 1\n")); /* 3 is ls's own */
    if (!strstr(out.s, "SigBlk:0000000000000000") || !strstr(out.s, "SigIgn:0000000000000000"))
        fail_msg("signals are not as after a login: %s", out.s);
    assert_non_null(strstr(out.s, " group\n"));
}

static void test_cannot_execute(void **state)
{
    static const char *const nothing[] = {"/nonexistent/script", NULL};
    static const char *const no_program[] = {"/etc/passwd", NULL};
    char key[RUNS_KEY_SIZE];

    (void)state;
    assert_int_equal(start_argv("nothing", nothing, 0, key), ERR_OK);
    assert_int_equal(await(key).status, 127);
    assert_string_equal(err_out.s, "ems-agent: cannot execute /nonexistent/script: not found\n");
    assert_int_equal(start_argv("no program", no_program, 0, key), ERR_OK);
    assert_int_equal(await(key).status, 126);
}

static void test_timeout_ends_the_group(void **state)
{
    (void)state;
    struct run_head h = run("timeout", "sleep 600 & echo $! >timeout.pid; echo before; wait", 300);
    assert_int_equal(h.state, RUN_TIMEOUT);
    assert_int_equal(h.status, 124);
    assert_in_range(h.took_ms, 300, 20000);
    assert_string_equal(out.s, "before\n");
    await_gone(await_pid("timeout.pid"));
}

static void test_timeout_kills_the_deaf(void **state)
{
    (void)state;
    struct run_head h = run("deaf", "trap '' TERM; while :; do sleep 0.05; done", 200);
    assert_int_equal(h.state, RUN_TIMEOUT);
    assert_in_range(h.took_ms, 300, 20000);
}

/* Who cleans up at TERM still counts as timed out. */
static void test_timeout_with_a_trap(void **state)
{
    (void)state;
    struct run_head h = run("trap", "trap 'echo cleaned; exit 0' TERM; sleep 600 & wait", 200);
    assert_int_equal(h.state, RUN_TIMEOUT);
    assert_string_equal(out.s, "cleaned\n");
}

static void test_flood(void **state)
{
    (void)state;
    struct run_head h =
        run("flood", "echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last", 0);
    assert_int_equal(h.status, 0);
    assert_int_equal(h.total[0], 20000000 + 12);
    assert_true(out.len < 8400);
    assert_memory_equal(out.s, "first\nxxxx", 10);
    assert_non_null(strstr(out.s, "\n[... 19991820 bytes left out ...]\n"));
    assert_string_equal(out.s + out.len - 7, "x\nlast\n");
}

/* A flood that does not end is no way past the limit. */
static void test_flood_meets_its_time(void **state)
{
    (void)state;
    struct run_head h = run("endless", "yes & yes >&2", 300);
    assert_int_equal(h.state, RUN_TIMEOUT);
    assert_true(out.len > 8000 && err_out.len > 8000);
}

/* What a script leaves behind lives on, may say what it likes, and does not hold the outcome back.
 */
static void test_daemon_lives_on(void **state)
{
    char key[RUNS_KEY_SIZE];

    (void)state;
    start("daemon",
          "(trap 'echo PIPE >broken' PIPE; echo $BASHPID >daemon.pid;"
          " until [ -e go ]; do sleep 0.02; done;"
          " head -c 1000000 /dev/zero || echo no >broken; echo $BASHPID >daemon.done; exec sleep "
          "600) &"
          " echo started; exit 0",
          5000, key);
    struct run_head h = await(key);
    assert_int_equal(h.state, RUN_NORMAL);
    assert_int_equal(h.status, 0);
    assert_string_equal(out.s, "started\n");
    pid_t daemon = await_pid("daemon.pid");
    assert_false(is_gone(daemon));
    /* Now, with the outcome written, it says more than a pipe holds. */
    char path[100];
    snprintf(path, sizeof(path), "%s/go", base);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(await_pid("daemon.done"), daemon);
    snprintf(path, sizeof(path), "%s/broken", base);
    assert_int_not_equal(access(path, F_OK), 0);
    kill(daemon, SIGKILL);
    await_gone(h.runner); /* nothing left to drain */
}

static void test_killed(void **state)
{
    char key[RUNS_KEY_SIZE];

    (void)state;
    start("killed", "trap '' TERM; sleep 600 & echo $! >killed.pid; wait; sleep 600", 0, key);
    pid_t child = await_pid("killed.pid");
    runs_kill(&j, key);
    struct run_head h = await(key);
    assert_int_equal(h.state, RUN_KILLED);
    assert_int_equal(h.status, 137);
    await_gone(child);
    runs_kill(&j, key); /* it is over: nobody is meant */
}

/* A runner that is killed takes its script along, and the outcome is unknown. */
static void test_runner_dies(void **state)
{
    char key[RUNS_KEY_SIZE];
    struct run_head h;

    (void)state;
    start("orphan", "echo $$ >orphan.pid; while :; do sleep 0.05; done", 0, key);
    pid_t script = await_pid("orphan.pid");
    assert_int_equal(runs_find(&j, key, &h, NULL), RUN_LIVE);
    kill(h.runner, SIGKILL);
    h = await(key);
    assert_int_equal(h.state, RUN_UNKNOWN);
    assert_int_equal(h.status, -1);
    await_gone(script);
}

/* kill -9 of the agent: the script goes on, and the next agent finds the outcome. */
static void test_agent_dies(void **state)
{
    char key[RUNS_KEY_SIZE], path[100];
    int status;

    (void)state;
    pid_t agent = fork();
    if (agent == 0) {
        start("survivor", "echo $$ >survivor.pid; until [ -e on ]; do sleep 0.02; done; echo end",
              0, key);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(agent, &status, 0), agent);
    assert_true(WIFSIGNALED(status));
    pid_t script = await_pid("survivor.pid");
    assert_false(is_gone(script));
    runs_key("survivor", key);
    struct run_head h;
    assert_int_equal(runs_find(&j, key, &h, NULL), RUN_LIVE);
    snprintf(path, sizeof(path), "%s/on", base);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    h = await(key);
    assert_int_equal(h.status, 0);
    assert_string_equal(out.s, "end\n");
}

static int make(void **state)
{
    char path[100];
    struct err err = ERR_INIT;

    (void)state;
    umask(077); /* scripts have the usual one */
    if (!mkdtemp(base))
        return -1;
    snprintf(path, sizeof(path), "%s/journal", base);
    return runs_open(&j, path, 100, &err) == ERR_OK ? 0 : -1;
}

static int clean(void **state)
{
    char line[100];

    (void)state;
    runs_close(&j);
    sbuf_release(&out);
    sbuf_release(&err_out);
    snprintf(line, sizeof(line), "rm -rf '%s'", base);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_cannot_execute),
        cmocka_unit_test(test_timeout_ends_the_group),
        cmocka_unit_test(test_timeout_kills_the_deaf),
        cmocka_unit_test(test_timeout_with_a_trap),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_flood_meets_its_time),
        cmocka_unit_test(test_daemon_lives_on),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_runner_dies),
        cmocka_unit_test(test_agent_dies),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
