#include "common/daemon/daemon.h"

#include "common/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A daemon in a child process; what its duties do comes back as letters through a pipe. */
struct app_options {
    const char *name, *serves_after;
    bool fail_second, hang_stop, stop_itself, hang_open, sick;
};
struct app {
    int trace;
    struct app_options options;
};

/* clang-format off */
static const struct config_option app_options[] = {
    CONFIG_STR(struct app_options, name, "name", "x", "a name"),
    CONFIG_BOOL(struct app_options, fail_second, "fail-second", "no", "the second duty does not open"),
    CONFIG_BOOL(struct app_options, hang_stop, "hang-stop", "no", "the first duty does not close"),
    CONFIG_BOOL(struct app_options, hang_open, "hang-open", "no", "the second duty waits for the stop"),
    CONFIG_BOOL(struct app_options, sick, "sick", "no", "it is ready, but does not serve"),
    CONFIG_PATH(struct app_options, serves_after, "serves-after", "", "FIFO: it serves when somebody opens that"),
    CONFIG_BOOL(struct app_options, stop_itself, "stop-itself", "no", "the second duty finds it cannot go on"),
    CONFIG_END
};
/* clang-format on */

static int trace_fd;

static void trace(char c)
{
    if (write(trace_fd, &c, 1) != 1)
        abort();
}

static enum err_code first_open(void *ctx, struct err *err)
{
    struct app *app = ctx;
    (void)err;
    app->trace = trace_fd;
    trace('a');
    return ERR_OK;
}

static void first_close(void *ctx)
{
    struct app *app = ctx;
    while (app->options.hang_stop) {
        pause();
        trace('p');
    }
    trace('A');
}

static enum err_code second_open(void *ctx, struct err *err)
{
    struct app *app = ctx;
    struct err fatal = ERR_INIT;
    if (app->options.fail_second)
        return err_set(err, ERR_UNAVAIL, "no such thing");
    trace('b');
    if (app->options.sick)
        daemon_health(false, "no broker");
    if (app->options.stop_itself) {
        err_set(&fatal, ERR_IO, "disk is gone");
        daemon_stop(&fatal);
    }
    if (app->options.hang_open)
        poll(&(struct pollfd){.fd = daemon_stop_fd(), .events = POLLIN}, 1, 20000);
    return ERR_OK;
}

/* Takes the path: the daemon may have been stopped, and its options gone, before the thread runs. */
static void *serve_late(void *path)
{
    FILE *fifo = fopen(path, "r"); /* until it has a writer */
    free(path);
    daemon_health(true, "serving");
    return fifo ? (fclose(fifo), NULL) : NULL;
}

static enum err_code third_open(void *ctx, struct err *err)
{
    struct app *app = ctx;
    pthread_t thread;
    if (!*app->options.serves_after)
        return ERR_OK;
    daemon_health(false, "not registered");
    char *path = strdup(app->options.serves_after);
    if (!path || pthread_create(&thread, NULL, serve_late, path) != 0 ||
        pthread_detach(thread) != 0)
        abort();
    trace('c');
    return daemon_await_good(ctx, err);
}

static void second_close(void *ctx)
{
    (void)ctx;
    trace('B');
}

static enum err_code check(void *ctx, struct err *err)
{
    struct app *app = ctx;
    return strcmp(app->options.name, "bad") == 0 ? err_set(err, ERR_INVALID, "bad name") : ERR_OK;
}

static const struct daemon_duty duties[] = {{"first", first_open, first_close},
                                            {"second", second_open, second_close},
                                            {"third", third_open, NULL},
                                            {0}};
static const struct daemon app_daemon = {.name = "test-daemon",
                                         .version = "1",
                                         .options = app_options,
                                         .context_size = sizeof(struct app),
                                         .options_at = offsetof(struct app, options),
                                         .check = check,
                                         .duties = duties};

struct child {
    pid_t pid;
    int ready, trace, log; /* our ends */
};

/* args: blank-separated. */
static struct child start(const char *args)
{
    int ready[2], traces[2], logs[2];
    assert_int_equal(pipe(ready) | pipe(traces) | pipe(logs), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char text[512], *argv[24] = {(char[]){"test-daemon"}}, *save = NULL;
        int argc = 1;
        close(ready[0]);
        close(traces[0]);
        trace_fd = traces[1];
        dup2(logs[1], STDOUT_FILENO);
        dup2(logs[1], STDERR_FILENO);
        snprintf(text, sizeof(text), "--ready-fd=%d %s", ready[1], args);
        for (char *a = strtok_r(text, " ", &save); a; a = strtok_r(NULL, " ", &save))
            argv[argc++] = a;
        exit(daemon_main(argc, argv, &app_daemon));
    }
    close(ready[1]);
    close(traces[1]);
    close(logs[1]);
    return (struct child){.pid = pid, .ready = ready[0], .trace = traces[0], .log = logs[0]};
}

/* What comes through a pipe until it ends or has `text`; 20 s at most. */
static const char *await(int fd, const char *text)
{
    static char got[8192];
    size_t len = 0;
    got[0] = '\0';
    while (!(text && strstr(got, text)) && len < sizeof(got) - 1) {
        assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20000), 1);
        ssize_t n = read(fd, got + len, sizeof(got) - 1 - len);
        if (n <= 0)
            break;
        got[len += (size_t)n] = '\0';
    }
    return got;
}

static void await_ready(const struct child *c)
{
    char want[32];
    snprintf(want, sizeof(want), "ready %d\n", (int)c->pid);
    assert_string_equal(await(c->ready, "\n"), want);
}

static int end(struct child *c, const char *want_trace)
{
    int status;
    if (want_trace)
        assert_string_equal(await(c->trace, NULL), want_trace);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    close(c->ready);
    close(c->trace);
    close(c->log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_life(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct child c = start("");
        await_ready(&c);
        assert_string_equal(await(c.ready, NULL), ""); /* closed behind the line */
        kill(c.pid, signals[i]);
        assert_non_null(strstr(await(c.log, NULL), "ev=stopped exit=0"));
        assert_int_equal(end(&c, "abBA"), DAEMON_EXIT_OK);
    }
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *args, *trace, *log;
        int exit;
    } cases[] = {
        {"--fail-second", "aA", "msg=\"start second: no such thing\"", DAEMON_EXIT_FAILURE},
        {"--stop-itself", "abBA", "ev=cannot_go_on err=ERR_IO msg=\"disk is gone\"",
         DAEMON_EXIT_FAILURE},
        {"--nam=x", "", "command line: unknown option 'nam'", DAEMON_EXIT_CONFIG},
        {"--nam=x", "", "hint: did you mean 'name'?", DAEMON_EXIT_CONFIG},
        {"--name=bad", "", "test-daemon: bad name", DAEMON_EXIT_CONFIG},
        {"--name=bad --check-config", "", "bad name", DAEMON_EXIT_CONFIG},
        {"--log-level=loud", "", "unknown log level 'loud'", DAEMON_EXIT_CONFIG},
        {"--check-config", "", "the configuration is good", DAEMON_EXIT_OK},
        {"--version", "", "test-daemon 1\n", DAEMON_EXIT_OK},
        {"--dump-config", "", "stop-timeout = 30s\n", DAEMON_EXIT_OK},
        {"--user=no-such-user-here", "", "user 'no-such-user-here'", DAEMON_EXIT_FAILURE},
        {"--pid-file=/nonexistent/pid", "", "open pid file '/nonexistent/pid'",
         DAEMON_EXIT_FAILURE},
        {"--ready-fd=999", "", "descriptor 999 of ready-fd", DAEMON_EXIT_FAILURE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct child c = start(cases[i].args);
        const char *log = await(c.log, NULL);
        if (!strstr(log, cases[i].log))
            fail_msg("%s: no \"%s\" in: %s", cases[i].args, cases[i].log, log);
        assert_int_equal(end(&c, cases[i].trace), cases[i].exit);
    }
}

static void test_hanging_stop_is_broken_off(void **state)
{
    (void)state;
    struct child c = start("--hang-stop --stop-timeout=100ms");
    await_ready(&c);
    kill(c.pid, SIGTERM);
    assert_non_null(strstr(await(c.log, NULL), "ev=stop_timeout"));
    assert_int_equal(end(&c, "abB"), DAEMON_EXIT_FAILURE);
}

static void test_second_interrupt_ends_at_once(void **state)
{
    (void)state;
    struct child c = start("--hang-stop");
    await_ready(&c);
    kill(c.pid, SIGINT);
    assert_string_equal(await(c.trace, "B"), "abB"); /* in the hanging close */
    /* Further SIGTERMs change nothing: it lives on and hangs. A signal before pause() is not
     * noticed there, so more than one. */
    do
        kill(c.pid, SIGTERM);
    while (poll(&(struct pollfd){.fd = c.trace, .events = POLLIN}, 1, 10) == 0);
    assert_int_equal(await(c.trace, "p")[0], 'p');
    kill(c.pid, SIGINT);
    int status;
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DAEMON_EXIT_FAILURE);
    close(c.ready);
    close(c.trace);
    close(c.log);
}

static void test_stop_during_open(void **state)
{
    (void)state;
    struct child c = start("--hang-open");
    assert_string_equal(await(c.trace, "b"), "ab");
    kill(c.pid, SIGTERM);
    assert_string_equal(await(c.ready, NULL), ""); /* never said ready */
    assert_int_equal(end(&c, "BA"), DAEMON_EXIT_OK);
}

static void ask_health(const char *args, const char *want, int want_exit)
{
    struct child c = start(args);
    assert_non_null(strstr(await(c.log, NULL), want));
    assert_int_equal(end(&c, ""), want_exit);
}

/* Ready means that it serves: nothing is said before, to nobody. */
static void test_ready_when_it_serves(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-daemon-XXXXXX", args[128], ask[128], path[64], fifo[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/health", dir);
    snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
    snprintf(args, sizeof(args), "--health-file=%s --serves-after=%s", path, fifo);
    snprintf(ask, sizeof(ask), "--health --health-file=%s", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    struct child c = start(args);
    assert_string_equal(await(c.trace, "c"), "abc");
    ask_health(ask, "test-daemon: not registered\n", DAEMON_EXIT_FAILURE);
    assert_int_equal(poll(&(struct pollfd){.fd = c.ready, .events = POLLIN}, 1, 0), 0);
    fclose(fopen(fifo, "w"));
    await_ready(&c);
    ask_health(ask, "test-daemon: serving\n", DAEMON_EXIT_OK);
    kill(c.pid, SIGTERM);
    assert_int_equal(end(&c, "BA"), DAEMON_EXIT_OK);
    c = start(args); /* and it can be stopped while it waits */
    assert_string_equal(await(c.trace, "c"), "abc");
    kill(c.pid, SIGTERM);
    assert_string_equal(await(c.ready, NULL), "");
    assert_int_equal(end(&c, "BA"), DAEMON_EXIT_OK);
    unlink(path);
    assert_int_equal(unlink(fifo) | rmdir(dir), 0);
}

static void test_log_reopen(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-daemon-XXXXXX", args[128], cmd[256];
    assert_non_null(mkdtemp(dir));
    snprintf(args, sizeof(args), "--log-file=%s/log", dir);
    struct child c = start(args);
    await_ready(&c);
    /* The pipe for standard error sees the end of the log, the files see its parts. */
    snprintf(cmd, sizeof(cmd),
             "mv %s/log %s/log.1 && kill -HUP %d && until grep -q log_reopened %s/log; do :; done "
             "2>/dev/null",
             dir, dir, (int)c.pid, dir);
    assert_int_equal(system(cmd), 0);
    kill(c.pid, SIGTERM);
    assert_int_equal(end(&c, "abBA"), 0);
    snprintf(cmd, sizeof(cmd),
             "grep -q ev=starting %s/log.1 && grep -q ev=stopped %s/log && rm -r %s", dir, dir,
             dir);
    assert_int_equal(system(cmd), 0);
}

static void test_pid_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-daemon-XXXXXX", args[128], path[64], text[32] = "", want[32];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/pid", dir);
    snprintf(args, sizeof(args), "--pid-file=%s", path);
    struct child one = start(args);
    await_ready(&one);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(fgets(text, sizeof(text), in));
    fclose(in);
    snprintf(want, sizeof(want), "%d\n", (int)one.pid);
    assert_string_equal(text, want);
    struct child two = start(args);
    snprintf(want, sizeof(want), "as process %d\"", (int)one.pid);
    assert_non_null(strstr(await(two.log, NULL), want));
    assert_int_equal(end(&two, ""), DAEMON_EXIT_FAILURE);
    kill(one.pid, SIGTERM);
    assert_int_equal(end(&one, "abBA"), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rmdir(dir), 0);
}

static void test_health(void **state)
{
    (void)state;
    char dir[] = "/tmp/test-daemon-XXXXXX", args[128], ask[128], path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/health", dir);
    snprintf(args, sizeof(args), "--health-file=%s", path);
    snprintf(ask, sizeof(ask), "--health --health-file=%s", path);
    ask_health("--health", "needs the option health-file", DAEMON_EXIT_CONFIG);
    ask_health(ask, "it does not run: there is no", DAEMON_EXIT_FAILURE);
    struct child one = start(args);
    await_ready(&one);
    await(one.log, "ev=ready");
    ask_health(ask, "test-daemon: ready\n", DAEMON_EXIT_OK);
    struct child two = start(args);
    assert_non_null(strstr(await(two.log, NULL), "another process uses it"));
    assert_int_equal(end(&two, ""), DAEMON_EXIT_FAILURE);
    kill(one.pid, SIGKILL);
    assert_int_equal(end(&one, NULL), -SIGKILL);
    ask_health(ask, "it does not run: no process holds", DAEMON_EXIT_FAILURE);
    snprintf(args, sizeof(args), "--sick --health-file=%s", path);
    one = start(args);
    await_ready(&one);
    await(one.log, "ev=ready");
    ask_health(ask, "test-daemon: no broker\n", DAEMON_EXIT_FAILURE);
    kill(one.pid, SIGTERM);
    assert_int_equal(end(&one, "abBA"), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rmdir(dir), 0);
}

static void test_systemd(void **state)
{
    (void)state;
    static const char *const want[] = {"READY=1", "WATCHDOG=1", "WATCHDOG=1"};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "test-daemon-%d", (int)getpid());
    assert_int_equal(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)),
                     0);
    char name[sizeof(at.sun_path)], got[32];
    snprintf(name, sizeof(name), "@test-daemon-%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "20000", 1);
    struct child c = start("");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20000), 1);
        ssize_t len = recv(fd, got, sizeof(got) - 1, 0);
        got[len] = '\0';
        assert_string_equal(got, want[i]);
    }
    kill(c.pid, SIGTERM);
    do {
        assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20000), 1);
        got[recv(fd, got, sizeof(got) - 1, 0)] = '\0';
    } while (strcmp(got, "STOPPING=1") != 0);
    assert_int_equal(end(&c, "abBA"), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_hanging_stop_is_broken_off),
        cmocka_unit_test(test_second_interrupt_ends_at_once),
        cmocka_unit_test(test_stop_during_open),
        cmocka_unit_test(test_log_reopen),
        cmocka_unit_test(test_pid_file),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_ready_when_it_serves),
        cmocka_unit_test(test_systemd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
