#include "vim-drivers/local/spawn.h"

#include "common/sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAIL = 600, TIMEOUT_MS = 20000, CHILD_FAILED = 126 };

static const char *const plain_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};

bool loc_find_program(const char *name, char *out, size_t size)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin",        "/sbin",
                                          "/bin",      "/usr/local/sbin", "/usr/local/bin"};
    if (strchr(name, '/')) {
        snprintf(out, size, "%s", name);
        return access(name, X_OK) == 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(out, size, "%s/%s", folders[i], name);
        if (access(out, X_OK) == 0)
            return true;
    }
    return false;
}

const char *loc_own_path(void)
{
    static char path[1024]; /* the same text whoever writes it */
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n > 0)
        path[n] = '\0';
    /* make install under a process that runs: the file of that name is its successor. */
    static const char gone[] = " (deleted)";
    size_t len = n > 0 ? (size_t)n : 0, tail = sizeof(gone) - 1;
    if (len > tail && strcmp(path + len - tail, gone) == 0)
        path[len - tail] = '\0';
    return path;
}

/* --- between fork and exec: system calls only --- */

static void reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &standard, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_others(int from)
{
    if (syscall(SYS_close_range, (unsigned)from, ~0U, 0U) == 0)
        return;
    for (int fd = from; fd < 4096; fd++)
        close(fd);
}

/* Descriptors first where no dup2 below overwrites them: those of a process are small numbers. */
static int lift(int fd)
{
    return fd >= 0 && fd < 10 ? fcntl(fd, F_DUPFD, 10) : fd;
}

static NORETURN void die(int out, const char *what)
{
    char text[200];
    int saved = errno;
    int n = snprintf(text, sizeof(text), "%s: errno %d\n", what, saved);
    if (n > 0 && write(out, text, (size_t)n) < 0)
        _exit(CHILD_FAILED);
    _exit(CHILD_FAILED);
}

/* A loop device of that file, which ends with its mount. */
static int loop_of(const char *image, char device[32])
{
    enum { TRIES = 100 };
    struct loop_config c = {.info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop = -1;
    int file = open(image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    c.fd = (unsigned)file;
    for (int i = 0; i < TRIES && control >= 0 && file >= 0; i++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            break;
        snprintf(device, 32, "/dev/loop%d", number);
        loop = open(device, O_RDWR | O_CLOEXEC);
        if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &c) == 0)
            break;
        int why = errno;
        close(loop);
        loop = -1;
        errno = why;
        if (why != EBUSY) /* else somebody was faster */
            break;
    }
    return loop;
}

static void mount_disk(const struct loc_spawn *s)
{
    char device[32];
    int loop = loop_of(s->disk, device);
    if (loop < 0)
        die(2, "make a loop device");
    if (mount(device, s->disk_at, "ext4", MS_NODEV | MS_NOATIME, "discard,noinit_itable") != 0)
        die(2, "mount the disk");
    close(loop);
}

static void enter_namespaces(const struct loc_spawn *s)
{
    if (s->netns) {
        int fd = open(s->netns, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
            die(2, "enter the network namespace");
        close(fd);
    }
    if (s->wants_new_netns && unshare(CLONE_NEWNET) != 0)
        die(2, "make a network namespace");
    if (!s->overlay && !s->disk && !s->rootfs_private)
        return;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        die(2, "make a mount namespace");
    if (s->disk)
        mount_disk(s);
    if (s->overlay && mount("overlay", s->overlay_at, "overlay", 0, s->overlay) != 0)
        die(2, "mount the overlay");
}

/* It ends with the driver: nobody else would know of what it is about to make. */
static NORETURN void child(const struct loc_spawn *s, const char *path, int in, int out,
                           pid_t driver)
{
    reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != driver)
        _exit(CHILD_FAILED);
    in = lift(in);
    out = lift(out);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(CHILD_FAILED);
    close_others(3);
    enter_namespaces(s);
    execve(path, (char *const *)(uintptr_t)s->argv,
           (char *const *)(uintptr_t)(s->env ? s->env : plain_env));
    die(2, "execute");
}

/* --- the parent --- */

static int input_of(const char *text)
{
    if (!text)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = memfd_create("in", MFD_CLOEXEC);
    size_t len = strlen(text);
    if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

struct tail {
    char text[TAIL + 1];
    size_t n;
};

/* Keeps the end. false: end of file. */
static bool tail_read(struct tail *t, int fd)
{
    char part[TAIL];
    ssize_t n = read(fd, part, sizeof(part));
    if (n <= 0)
        return n < 0 && (errno == EINTR || errno == EAGAIN);
    size_t got = (size_t)n;
    if (t->n + got > TAIL) {
        size_t drop = t->n + got - TAIL;
        memmove(t->text, t->text + drop, t->n - drop);
        t->n -= drop;
    }
    memcpy(t->text + t->n, part, got);
    t->n += got;
    t->text[t->n] = '\0';
    return true;
}

/* One line of it, for a message. */
static const char *tail_line(struct tail *t)
{
    while (t->n && (t->text[t->n - 1] == '\n' || t->text[t->n - 1] == ' '))
        t->text[--t->n] = '\0';
    for (size_t i = 0; i < t->n; i++)
        if ((unsigned char)t->text[i] < ' ')
            t->text[i] = ' ';
    return t->n > 240 ? t->text + t->n - 240 : t->text;
}

static bool wait_end(pid_t pid, int out, int64_t timeout_ms, struct tail *t, int *ret_status)
{
    int64_t deadline = clock_mono_us() + timeout_ms * 1000;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (;;) {
        struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = out, .events = POLLIN}};
        int left = clock_left_ms(deadline);
        if (poll(p, 2, pidfd >= 0 ? left : left < 5 ? left : 5) < 0 && errno != EINTR)
            return false;
        if (out >= 0 && p[1].revents && !tail_read(t, out))
            out = -1;
        if ((pidfd < 0 || p[0].revents) && waitpid(pid, ret_status, WNOHANG) == pid)
            break;
        if (left == 0) {
            kill(pid, SIGKILL);
            waitpid(pid, ret_status, 0);
            if (pidfd >= 0)
                close(pidfd);
            return false;
        }
    }
    if (pidfd >= 0)
        close(pidfd);
    struct pollfd rest = {.fd = out, .events = POLLIN};
    while (out >= 0 && poll(&rest, 1, 0) > 0 && tail_read(t, out))
        ;
    return true;
}

static enum err_code outcome(const struct loc_spawn *s, bool has_ended, int status, struct tail *t,
                             struct err *err)
{
    if (!has_ended)
        return err_set(err, ERR_TIMEOUT, "'%s %s' did not end in time%s%s", s->argv[0],
                       s->argv[1] ? s->argv[1] : "", t->n ? ": " : "", tail_line(t));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ERR_OK;
    err_set(err, ERR_IO, "'%s %s' ended with %s %d%s%s", s->argv[0], s->argv[1] ? s->argv[1] : "",
            WIFEXITED(status) ? "status" : "signal",
            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), t->n ? ": " : "",
            tail_line(t));
    if (err)
        err->sys = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return ERR_IO;
}

enum err_code loc_run(const struct loc_spawn *s, struct err *err)
{
    char path[1024];
    int out[2] = {-1, -1}, status = 0;
    struct tail tail = {.n = 0};
    if (!loc_find_program(s->argv[0], path, sizeof(path))) {
        err_set(err, ERR_NOT_FOUND, "program '%s' is not there", s->argv[0]);
        return err_hint(err, "install the package that has it (runc, iproute2, tini)");
    }
    int in = input_of(s->in);
    if (in < 0 || pipe2(out, O_CLOEXEC) != 0) {
        if (in >= 0)
            close(in);
        return err_set_errno(err, ERR_IO, errno, "start '%s'", s->argv[0]);
    }
    pid_t driver = getpid(), pid = fork();
    if (pid == 0)
        child(s, path, in, s->out_fd > 0 ? s->out_fd : out[1], driver);
    int why = errno;
    close(in);
    close(out[1]);
    if (pid < 0) {
        close(out[0]);
        return err_set_errno(err, ERR_IO, why, "start '%s'", s->argv[0]);
    }
    bool has_ended =
        wait_end(pid, out[0], s->timeout_ms ? s->timeout_ms : TIMEOUT_MS, &tail, &status);
    close(out[0]);
    return outcome(s, has_ended, status, &tail, err);
}

/* Twice forked: init, not we, is its parent, so it leaves no zombie here and does not end with us.
 */
static NORETURN void detached(const char *path, const char *const *argv, const char *const *env,
                              int in, int log, int say, int lock, int tell_pid)
{
    reset_signals();
    setsid();
    pid_t pid = fork();
    if (pid != 0) {
        if (write(tell_pid, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
            _exit(1);
        _exit(pid < 0);
    }
    in = lift(in);
    log = lift(log);
    say = lift(say);
    lock = lift(lock);
    if (dup2(in, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || dup2(say, LOC_SAY_FD) < 0 ||
        dup2(lock, LOC_LOCK_FD) < 0)
        _exit(1);
    close_others(LOC_LOCK_FD + 1);
    execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)(env ? env : plain_env));
    die(LOC_SAY_FD, "execute");
}

static pid_t fork_detached(const char *const *argv, const char *const *env, int in, int log,
                           int say, int lock)
{
    int tell[2], status;
    pid_t grandchild = -1;
    const char *path = loc_own_path();
    if (pipe2(tell, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        detached(path, argv, env, in, log, say, lock, tell[1]);
    close(tell[1]);
    if (pid > 0) {
        while (read(tell[0], &grandchild, sizeof(grandchild)) < 0 && errno == EINTR)
            ;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(tell[0]);
    return grandchild;
}

/* Until it has said so, or closed the pipe (ended). */
static enum err_code hear(const char *what, int fd, struct err *err)
{
    struct tail t = {.n = 0};
    int64_t deadline = clock_mono_us() + TIMEOUT_MS * INT64_C(1000);
    for (int left; (left = clock_left_ms(deadline)) > 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, left) > 0 && !tail_read(&t, fd))
            break;
    }
    const char *line = tail_line(&t);
    if (strcmp(line, "ok") == 0)
        return ERR_OK;
    return err_set(err, ERR_IO, "'%s' did not start: %s", what, line[0] ? line : "it ended");
}

enum err_code loc_detach(const char *const *argv, const char *const *env, int in_fd, int log_fd,
                         int lock_fd, pid_t *ret_pid, struct err *err)
{
    int say[2] = {-1, -1}, null = open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_t pid = -1;
    if (null >= 0 && pipe2(say, O_CLOEXEC) == 0)
        pid = fork_detached(argv, env, in_fd >= 0 ? in_fd : null, log_fd >= 0 ? log_fd : null,
                            say[1], lock_fd >= 0 ? lock_fd : null);
    int why = errno;
    close(null);
    if (say[0] < 0)
        return err_set_errno(err, ERR_IO, why, "start '%s'", argv[1]);
    close(say[1]);
    enum err_code rc = pid > 0 ? hear(argv[1], say[0], err)
                               : err_set_errno(err, ERR_IO, why, "start '%s'", argv[1]);
    close(say[0]);
    if (pid > 0)
        *ret_pid = pid;
    return rc;
}

void loc_say(const char *text)
{
    size_t len = strlen(text);
    close(LOC_LOCK_FD); /* first: who hears it may end, and take the lock again */
    if (write(LOC_SAY_FD, text, len) != (ssize_t)len)
        _exit(1); /* nobody listens: the driver ended, and its next start will not know us */
    close(LOC_SAY_FD);
}

void loc_companion_begin(void)
{
    fcntl(LOC_SAY_FD, F_SETFD, FD_CLOEXEC);
    fcntl(LOC_LOCK_FD, F_SETFD, FD_CLOEXEC);
}
