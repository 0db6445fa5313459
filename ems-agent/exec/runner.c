/* All of this runs after fork in a process that has threads: nothing here but system calls
 * (signal-safety(7)): no malloc, no stdio, no log. What it needs was put together before. It is not
 * exec'd because the pages stay shared with the agent that way: the runner costs a few of its own.
 */
#include "ems-agent/exec/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 16 * 1024, STREAMS = 2 };

struct runner {
    int dir, fd;
    const char *key;
    struct run_head *head;
    const struct run_spec *spec;
    pid_t script;
    int signals;
    int streams[STREAMS]; /* -1: at its end */
    int64_t began_ms, term_at_ms, kill_at_ms;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_range_of(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= last && fd < 65536; fd++) /* kernels before 5.9 */
        close((int)fd);
}

static void close_all_but(int a, int b)
{
    unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);

    close_range_of(STDERR_FILENO + 1, low - 1);
    close_range_of(low + 1, high - 1);
    close_range_of(high + 1, UINT_MAX);
}

/* By the system call: two signals are the C library's own, which does not let them be changed, and
 * whoever started the agent may have had them ignored. */
static void default_signals(void)
{
    static const char by_default[64]; /* a struct sigaction of the kernel, all zero: SIG_DFL */

    for (int i = 1; i < NSIG; i++)
        syscall(SYS_rt_sigaction, i, by_default, NULL, (size_t)(NSIG - 1) / 8);
}

/* --- the script's process --- */

static void complain(const char *path, int number)
{
    static const char text[] = "ems-agent: cannot execute ";
    const char *why = number == ENOENT    ? ": not found\n"
                      : number == EACCES  ? ": not executable\n"
                      : number == ENOEXEC ? ": no interpreter named in its first line\n"
                      : number == E2BIG   ? ": arguments and environment are too long\n"
                                          : ": refused by the system\n";
    const char *const parts[] = {text, path, why};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        ssize_t n = write(STDERR_FILENO, parts[i], strlen(parts[i]));
        (void)n;
    }
}

static NORETURN void be_script(const struct runner *r, int out, int err, pid_t runner)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    if (getppid() != runner)
        _exit(126);
    default_signals();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close_range_of(STDERR_FILENO + 1, UINT_MAX);
    if (chdir(r->spec->folder) != 0) {
        complain(r->spec->folder, errno);
        _exit(126);
    }
    execve(r->spec->argv[0], (char *const *)(uintptr_t)r->spec->argv,
           (char *const *)(uintptr_t)r->spec->envp);
    int number = errno;
    complain(r->spec->argv[0], number);
    _exit(number == ENOENT ? 127 : 126);
}

/* --- streams --- */

/* Reads what is there, at most `most` bytes. */
static void read_stream(struct runner *r, int i, size_t most)
{
    char buffer[READ_SIZE];

    while (most > 0 && r->streams[i] >= 0) {
        size_t want = most < READ_SIZE ? most : READ_SIZE;
        ssize_t n = read(r->streams[i], buffer, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close(r->streams[i]);
            r->streams[i] = -1;
            return;
        }
        if (r->fd >= 0)
            runs_put_output(r->fd, r->head, i, buffer, (size_t)n);
        most -= (size_t)n;
    }
}

/* What was said before the end, and not what a daemon may go on to say. */
static void read_rest(struct runner *r)
{
    for (int i = 0; i < STREAMS; i++) {
        int there = 0;
        if (r->streams[i] >= 0 && ioctl(r->streams[i], FIONREAD, &there) == 0)
            read_stream(r, i, there > 0 ? (size_t)there : 1);
    }
}

/* For daemons that hold the streams: read until they let go, or somebody ends us. */
static NORETURN void drain(struct runner *r)
{
    sigset_t none;

    default_signals();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    while (r->streams[0] >= 0 || r->streams[1] >= 0) {
        struct pollfd p[STREAMS] = {{.fd = r->streams[0], .events = POLLIN},
                                    {.fd = r->streams[1], .events = POLLIN}};
        if (poll(p, STREAMS, -1) <= 0)
            continue;
        for (int i = 0; i < STREAMS; i++)
            if (p[i].revents)
                read_stream(r, i, READ_SIZE);
    }
    _exit(0);
}

/* --- the end --- */

static NORETURN void finish(struct runner *r)
{
    (void)runs_finish(r->dir, r->key, r->fd, r->head);
    close(r->fd); /* the lock goes: whoever waits finds the outcome */
    close(r->dir);
    r->fd = -1;
    drain(r);
}

/* Looks before it reaps: as long as the script's process is there, its group's number is nobody
 * else's. */
static void end_if_over(struct runner *r)
{
    siginfo_t info = {0};
    int status = 0;

    if (waitid(P_PID, (id_t)r->script, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    if (r->head->state != RUN_NORMAL)
        kill(-r->script, SIGKILL);
    waitpid(r->script, &status, 0);
    read_rest(r);
    r->head->took_ms = now_ms() - r->began_ms;
    if (r->head->state == RUN_TIMEOUT)
        r->head->status = 124;
    else if (r->head->state == RUN_KILLED)
        r->head->status = 128 + SIGKILL;
    else
        r->head->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    finish(r);
}

static void on_signal(struct runner *r)
{
    struct signalfd_siginfo info;

    while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGTERM)
            continue;
        r->head->state = RUN_KILLED;
        kill(-r->script, SIGKILL);
    }
}

static void on_time(struct runner *r)
{
    int64_t now = now_ms();

    if (r->term_at_ms && now >= r->term_at_ms) {
        r->term_at_ms = 0;
        r->kill_at_ms = now + r->spec->grace_ms;
        if (r->head->state == RUN_NORMAL)
            r->head->state = RUN_TIMEOUT;
        kill(-r->script, SIGTERM);
        kill(-r->script, SIGCONT); /* a stopped process would not notice */
    }
    if (r->kill_at_ms && now >= r->kill_at_ms) {
        r->kill_at_ms = 0;
        kill(-r->script, SIGKILL);
    }
}

static int wait_ms(const struct runner *r)
{
    int64_t at = r->term_at_ms ? r->term_at_ms : r->kill_at_ms;
    int64_t left = at - now_ms();

    return !at ? -1 : left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static NORETURN void serve(struct runner *r)
{
    for (;;) {
        struct pollfd p[] = {{.fd = r->signals, .events = POLLIN},
                             {.fd = r->streams[0], .events = POLLIN},
                             {.fd = r->streams[1], .events = POLLIN}};
        if (poll(p, 3, wait_ms(r)) > 0) {
            for (int i = 0; i < STREAMS; i++)
                if (p[1 + i].revents)
                    read_stream(r, i, 4 * READ_SIZE);
            if (p[0].revents)
                on_signal(r);
        }
        on_time(r);
        end_if_over(r);
    }
}

/* --- the beginning --- */

static bool open_stream(int *ret_read, int *ret_write)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *ret_read = fds[0];
    *ret_write = fds[1];
    return true;
}

static void set_up_process(struct runner *r)
{
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_NAME, "ems-runner");
    for (int i = 0; i <= STDERR_FILENO; i++)
        dup2(null, i);
    close_all_but(r->dir, r->fd);
    default_signals();
    signal(SIGPIPE, SIG_IGN);
}

static NORETURN void be_runner(struct runner *r)
{
    sigset_t heard;
    int ends[STREAMS] = {-1, -1};
    pid_t self = getpid();

    set_up_process(r);
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    r->signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    r->head->runner = self;
    r->head->phase = RUN_STARTED;
    runs_put_head(r->fd, r->head);
    /* From here on a run that is cut off is an unknown one, after a power failure, too. */
    bool is_good = fsync(r->fd) == 0 && fsync(r->dir) == 0 && r->signals >= 0 &&
                   open_stream(&r->streams[0], &ends[0]) && open_stream(&r->streams[1], &ends[1]);
    r->began_ms = now_ms();
    r->term_at_ms = r->spec->timeout_ms > 0 ? r->began_ms + r->spec->timeout_ms : 0;
    r->script = is_good ? fork() : -1;
    if (r->script == 0)
        be_script(r, ends[0], ends[1], self);
    if (r->script < 0) {
        static const char text[] = "ems-agent: the script could not be started: no processes, "
                                   "descriptors or disk space left\n";
        runs_put_output(r->fd, r->head, 1, text, sizeof(text) - 1);
        r->head->status = 126;
        (void)runs_finish(r->dir, r->key, r->fd, r->head);
        _exit(1);
    }
    setpgid(r->script, r->script); /* both do: whoever is first */
    close(ends[0]);
    close(ends[1]);
    sigprocmask(SIG_SETMASK, &heard, NULL);
    serve(r);
}

enum err_code runner_start(struct runs *j, const char *key, int fd, struct run_head *head,
                           const struct run_spec *spec, struct err *err)
{
    struct runner r = {.dir = j->dir,
                       .fd = fd,
                       .key = key,
                       .head = head,
                       .spec = spec,
                       .streams = {-1, -1},
                       .signals = -1};
    sigset_t all, before;
    int status = -1;

    /* Until the runner has its own handlers, a signal for it would ring the agent's bell. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t middle = fork();
    if (middle == 0) {
        setsid();
        pid_t runner = fork();
        if (runner == 0)
            be_runner(&r);
        _exit(runner < 0 ? 1 : 0);
    }
    int sys = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(fd);
    while (middle > 0 && waitpid(middle, &status, 0) < 0 && errno == EINTR)
        ;
    if (middle < 0 || status != 0)
        return err_set_errno(err, ERR_IO, middle < 0 ? sys : EAGAIN, "fork for a script");
    return ERR_OK;
}
