/* Processes that stay beside an instance: they outlive the driver.
 *
 *   instance-console FILE BYTES    standard input goes to FILE, bounded
 *   instance-plain FOLDER BYTES    process 1, as it were, of an instance in plain mode: runs the
 * user data, keeps the console, adopts what its descendants leave behind
 */
#include "vim-drivers/local/local.h"

#include "vim-drivers/local/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a file that keeps the newest part --- */

struct console {
    char path[LOC_PATH_MAX], old[LOC_PATH_MAX + 2];
    int fd;
    int64_t size, max;
};

static bool console_open(struct console *c, const char *path, int64_t bytes)
{
    struct stat st;
    snprintf(c->path, sizeof(c->path), "%s", path);
    snprintf(c->old, sizeof(c->old), "%s.1", path);
    c->max = bytes / 2;
    c->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    c->size = c->fd >= 0 && fstat(c->fd, &st) == 0 ? st.st_size : 0;
    return c->fd >= 0;
}

static void console_write(struct console *c, const char *text, size_t n)
{
    if (c->size + (int64_t)n > c->max && c->size > 0) {
        int fresh = -1;
        if (rename(c->path, c->old) == 0)
            fresh = open(c->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fresh < 0)
            return; /* rather lose it than fill the disk */
        close(c->fd);
        c->fd = fresh;
        c->size = 0;
    }
    ssize_t done = write(c->fd, text, n); /* a full disk loses it */
    if (done > 0)
        c->size += done;
}

/* false: no writer is left. */
static bool console_take(struct console *c, int from)
{
    char part[2048];
    ssize_t n = read(from, part, sizeof(part));
    if (n > 0)
        console_write(c, part, (size_t)n);
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

int loc_console_main(int argc, char **argv)
{
    struct console c;
    if (argc != 4 || !console_open(&c, argv[2], atoll(argv[3]))) {
        loc_say("the console's file cannot be opened");
        return 1;
    }
    loc_say("ok");
    while (console_take(&c, 0))
        ;
    return 0;
}

/* --- plain mode --- */

static void limit(int what, const char *name, int64_t unit)
{
    const char *text = getenv(name);
    struct rlimit r = {.rlim_cur = (rlim_t)(text ? atoll(text) * unit : 0)};
    r.rlim_max = r.rlim_cur;
    if (r.rlim_cur)
        setrlimit(what, &r);
}

/* Per process, since there is nothing else without cgroups: memory that it may write, size of a
 * file. */
static void limit_to_flavour(void)
{
    limit(RLIMIT_DATA, "BATON_RAM_MB", 1024 * 1024);
    limit(RLIMIT_FSIZE, "BATON_DISK_GB", 1024 * 1024 * 1024);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static NORETURN void run_user_data(const char *file, int out)
{
    char start[2] = "";
    int fd = open(file, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, start, 2) : -1;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    limit_to_flavour();
    if (fd < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    close(fd);
    if (n == 2 && start[0] == '#' && start[1] == '!')
        execl(file, file, (char *)NULL); /* refused where the folder is mounted noexec */
    execl("/bin/bash", "bash", file, (char *)NULL);
    execl("/bin/sh", "sh", file, (char *)NULL);
    _exit(127);
}

static void reap(void)
{
    int status;
    while (waitpid(-1, &status, WNOHANG) > 0)
        ;
}

/* Until it is told to end; the driver kills. */
static void stay(struct console *c, int from, int signals)
{
    struct pollfd p[2] = {{.fd = signals, .events = POLLIN}, {.fd = from, .events = POLLIN}};
    for (;;) {
        struct signalfd_siginfo info;
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return;
        if (p[1].revents && !console_take(c, from))
            p[1].fd = -1;
        if (!p[0].revents || read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
            continue;
        if (info.ssi_signo == SIGTERM)
            return;
        reap();
    }
}

int loc_plain_main(int argc, char **argv)
{
    char path[LOC_PATH_MAX];
    struct console c;
    struct stat st;
    sigset_t set;
    int out[2];
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    loc_companion_begin();
    snprintf(path, sizeof(path), "%s/console.log", argc == 4 ? argv[2] : "");
    if (argc != 4 || signals < 0 || pipe2(out, O_CLOEXEC) != 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !console_open(&c, path, atoll(argv[3]))) {
        loc_say("the instance's process cannot be prepared");
        return 1;
    }
    snprintf(path, sizeof(path), "%s/user-data", argv[2]);
    if (stat(path, &st) == 0 && st.st_size > 0) {
        pid_t pid = fork();
        if (pid == 0)
            run_user_data(path, out[1]);
        if (pid < 0) {
            loc_say("no process for the user data");
            return 1;
        }
    }
    close(out[1]);
    loc_say("ok");
    stay(&c, out[0], signals);
    return 0;
}
