/* Runs a command and ends everything that it started, also what has left its session or process
 * group.
 *
 *   reap [--limit SECONDS] [--] COMMAND ARGUMENT...
 *
 * Orphans of the command become children of this process (PR_SET_CHILD_SUBREAPER, prctl(2)), so
 * none is missed. When the command has ended, what it left and what is on its way out may end by
 * itself within SETTLE_S; what is still there then gets SIGTERM, then SIGKILL, and is named on
 * standard error, a line each:
 *
 *   left behind: PID COMMAND LINE (state S, age SECONDS, in FOLDER, child of PID COMMAND LINE)
 *
 * Its parent is given where that is not this process, which the orphans' is.
 *
 * Exit status: the command's (128 + signal if it was killed); 124 when the limit passed; 125 when
 * the command succeeded but left something behind; 126 when it cannot be run; 128 + signal when we
 * were told to stop. SIGINT, SIGTERM and SIGHUP are passed on to the command, which has GRACE_S to
 * end before all of it is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SETTLE_S = 10, GRACE_S = 10, END_S = 5, POLL_MS = 50 };

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads /proc/PID/NAME into text; zero bytes become spaces. */
static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    size_t length = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    file = fopen(path, "r");
    if (file) {
        length = fread(text, 1, size - 1, file);
        fclose(file);
    }
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0' || text[i] == '\n')
            text[i] = ' ';
    text[length] = '\0';
}

struct look {
    char state; /* as in proc(5); 0: it is gone */
    int parent;
    double age_s;
};

static struct look look_at(pid_t pid)
{
    struct look l = {0};
    char text[1024], state = 0;
    const char *name_end;
    unsigned long long start = 0;
    struct timespec up;

    read_proc(pid, "stat", text, sizeof(text));
    name_end = strrchr(text, ')'); /* the name may hold spaces and brackets */
    if (!name_end || sscanf(name_end + 1,
                            " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                            "%*s %*s %llu",
                            &state, &l.parent, &start) < 2)
        return l;
    clock_gettime(CLOCK_BOOTTIME, &up);
    l.state = state;
    l.age_s = (double)up.tv_sec - (double)start / (double)sysconf(_SC_CLK_TCK);
    return l;
}

static bool is_below_us(pid_t pid)
{
    pid_t self = getpid();

    for (int depth = 0; pid > 1 && depth < 64; depth++) {
        pid = look_at(pid).parent;
        if (pid == self)
            return true;
    }
    return false;
}

static void bury_dead(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

/* Calls act for each living descendant; returns how many there are. Zombies are reaped before. */
static int for_each_descendant(void (*act)(pid_t pid, int signal), int signal)
{
    DIR *proc;
    const struct dirent *entry;
    int found = 0;

    bury_dead();
    proc = opendir("/proc");
    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        char state;

        if (pid <= 1 || !is_below_us(pid))
            continue;
        state = look_at(pid).state;
        if (state == 0 || state == 'Z' || state == 'X')
            continue;
        found++;
        if (act)
            act(pid, signal);
    }
    if (proc)
        closedir(proc);
    return found;
}

static void send_signal(pid_t pid, int signal)
{
    kill(pid, signal);
}

/* The command line, or the name of one that has none. */
static void read_line(pid_t pid, char *line, size_t size)
{
    read_proc(pid, "cmdline", line, size);
    if (line[0] == '\0')
        read_proc(pid, "comm", line, size);
    for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
        line[n - 1] = '\0';
}

static void tell(pid_t pid, int signal)
{
    char line[512], path[64], folder[256];
    struct look l = look_at(pid);
    ssize_t n;

    (void)signal;
    read_line(pid, line, sizeof(line));
    snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    n = readlink(path, folder, sizeof(folder) - 1);
    folder[n > 0 ? n : 0] = '\0';
    fprintf(stderr, "left behind: %d %s (state %c, age %.0f s, in %s", (int)pid, line,
            l.state ? l.state : '?', l.age_s, n > 0 ? folder : "?");
    if (l.parent != getpid()) {
        read_line(l.parent, line, sizeof(line));
        fprintf(stderr, ", child of %d %s", l.parent, line);
    }
    fprintf(stderr, ")\n");
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Waits until no descendant is left; false at the deadline. */
static bool none_within(int seconds)
{
    int64_t deadline = now_ms() + seconds * 1000;

    while (for_each_descendant(NULL, 0) > 0) {
        if (now_ms() >= deadline)
            return false;
        pause_ms(POLL_MS);
    }
    bury_dead(); /* those that ended while we looked */
    return true;
}

/* Ends what is left after settle_s. Returns whether something was. */
static bool end_all(int settle_s)
{
    if (none_within(settle_s))
        return false;
    for_each_descendant(tell, 0);
    for_each_descendant(send_signal, SIGTERM);
    if (!none_within(END_S)) {
        /* Each round may miss what is born during it. */
        for (int round = 0; round < 100 && for_each_descendant(send_signal, SIGKILL) > 0; round++)
            pause_ms(POLL_MS);
    }
    return true;
}

/* Waits for the command or a signal of ours until the deadline. Returns the command's wait status,
 * or -1 with *ret_signal: 0 = the deadline passed. */
static int wait_for(pid_t child, const sigset_t *set, int64_t deadline_ms, int *ret_signal)
{
    for (;;) {
        int64_t left = deadline_ms - now_ms();
        struct timespec timeout = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        int signal, status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == child)
                return status;
        if (left <= 0) {
            *ret_signal = 0;
            return -1;
        }
        signal = sigtimedwait(set, NULL, &timeout);
        if (signal > 0 && signal != SIGCHLD) {
            *ret_signal = signal;
            return -1;
        }
    }
}

static pid_t start(char **command, const sigset_t *before)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    setpgid(0, 0);
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(command[0], command);
    fprintf(stderr, "reap: cannot run '%s': %s\n", command[0], strerror(errno));
    _exit(126);
}

int main(int argc, char **argv)
{
    int64_t limit_ms = INT64_MAX / 2;
    sigset_t set, before;
    int status, signal, at = 1;
    pid_t child;

    if (at + 1 < argc && strcmp(argv[at], "--limit") == 0) {
        limit_ms = strtoll(argv[at + 1], NULL, 10) * 1000;
        at += 2;
    }
    if (at < argc && strcmp(argv[at], "--") == 0)
        at++;
    if (at >= argc || limit_ms <= 0) {
        fprintf(stderr, "usage: reap [--limit SECONDS] [--] COMMAND ARGUMENT...\n");
        return 126;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &before);
    child = start(argv + at, &before);
    if (child < 0) {
        perror("reap: fork");
        return 126;
    }
    status = wait_for(child, &set, now_ms() + limit_ms, &signal);
    if (status == -1) {
        int ignored;

        kill(-child, signal ? signal : SIGTERM);
        wait_for(child, &set, now_ms() + GRACE_S * 1000, &ignored);
        kill(-child, SIGKILL);
        end_all(0);
        return signal ? 128 + signal : 124;
    }
    if (end_all(SETTLE_S) && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
