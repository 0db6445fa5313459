#include "tests/support/processes.h"

#include "common/sys/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 64 * 1024, LIMIT_S = 30, POLL_MS = 10, QUIET_ROUNDS = 2, EXEC_MS = 2000 };

/* The beginning of /proc/PID/NAME, its zero bytes made spaces; 0: it says nothing. */
static size_t read_proc(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    size_t len = 0;
    ssize_t n;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    text[len] = '\0';
    return len;
}

static size_t read_link(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    ssize_t n = readlink(path, text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* host-1 is not in host-10. */
static bool names(const char *text, const char *folder)
{
    size_t len = strlen(folder);
    for (const char *at = text; (at = strstr(at, folder)) != NULL; at += len)
        if (!isalnum((unsigned char)at[len]) && at[len] != '-')
            return true;
    return false;
}

enum belonging { STRANGER, OURS, UNCLEAR };

/* UNCLEAR: in the midst of execve(2), a process has a program but neither command line nor
 * environment. Threads of the kernel and the dead have no program. */
static enum belonging belonging_of(pid_t pid, const char *folder)
{
    static char text[TEXT_SIZE];
    size_t n = read_proc(pid, "cmdline", text, sizeof(text));
    if (n > 0 && names(text, folder))
        return OURS;
    n += read_proc(pid, "environ", text, sizeof(text));
    if (names(text, folder))
        return OURS;
    if (read_link(pid, "cwd", text, sizeof(text)) > 0 && names(text, folder))
        return OURS;
    return n == 0 && read_link(pid, "exe", text, sizeof(text)) > 0 ? UNCLEAR : STRANGER;
}

struct round {
    unsigned ours, unclear;
    pid_t last;
};

static struct round end_round(const char *folder, bool (*is_spared)(pid_t pid))
{
    struct round r = {0};
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 1 || pid == getpid())
            continue;
        enum belonging belongs = belonging_of(pid, folder);
        if (belongs == UNCLEAR)
            r.unclear++;
        if (belongs != OURS || (is_spared && is_spared(pid)))
            continue;
        kill(pid, SIGKILL);
        r.ours++;
        r.last = pid;
    }
    if (proc)
        closedir(proc);
    return r;
}

void test_processes_end(const char *folder, bool (*is_spared)(pid_t pid))
{
    int64_t began = clock_mono_us(), until = began + LIMIT_S * USEC_PER_SEC;
    /* One that was being forked while we looked may have a number that we had passed. */
    for (int quiet = 0; quiet < QUIET_ROUNDS;) {
        struct round r = end_round(folder, is_spared);
        bool is_exec_over = clock_mono_us() > began + EXEC_MS * INT64_C(1000);
        quiet = r.ours == 0 && (r.unclear == 0 || is_exec_over) ? quiet + 1 : 0;
        if (r.ours > 0 && clock_mono_us() > until) {
            char line[500];
            read_proc(r.last, "cmdline", line, sizeof(line));
            fail_msg("%u processes of '%s' do not end, one is %d: %s", r.ours, folder, (int)r.last,
                     line);
        }
        if (quiet < QUIET_ROUNDS)
            poll(NULL, 0, POLL_MS);
    }
}

bool test_process_is(pid_t pid, const char *name)
{
    char comm[64];
    size_t n = read_proc(pid, "comm", comm, sizeof(comm));
    if (n > 0 && comm[n - 1] == '\n')
        comm[n - 1] = '\0';
    return strcmp(comm, name) == 0;
}
