#include "ems-agent/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Into the container's log. Names are the image's: nothing of them may steer a terminal. */
static void PRINTF_LIKE(1, 2) say(const char *fmt, ...)
{
    char line[600];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(line) - 2 ? (size_t)n : sizeof(line) - 2;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    for (size_t done = 0; done < len;) {
        ssize_t w = write(STDERR_FILENO, line + done, len - done);
        if (w <= 0)
            return;
        done += (size_t)w;
    }
}

/* --- whose the command is --- */

static bool is_number(const char *text, unsigned long *ret)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *ret = strtoul(text, &end, 10);
    return !*end && *ret < UINT32_MAX;
}

/* The image's own files: what the C library would ask is not there in a static program. */
static bool find_user(const char *etc, const char *name, uid_t *uid, gid_t *gid)
{
    char path[4096];
    unsigned long number = 0;
    bool is_id = is_number(name, &number), is_found = false;
    snprintf(path, sizeof(path), "%s/passwd", etc);
    FILE *f = fopen(path, "re");
    for (struct passwd *p; f && !is_found && (p = fgetpwent(f));) {
        is_found = is_id ? p->pw_uid == number : strcmp(p->pw_name, name) == 0;
        if (is_found) {
            *uid = p->pw_uid;
            *gid = p->pw_gid;
        }
    }
    if (f)
        fclose(f);
    if (is_id && !is_found) {
        *uid = (uid_t)number;
        *gid = 0;
    }
    return is_id || is_found;
}

static bool find_group(const char *etc, const char *name, gid_t *gid)
{
    char path[4096];
    unsigned long number = 0;
    bool is_found = is_number(name, &number);
    if (is_found) {
        *gid = (gid_t)number;
        return true;
    }
    snprintf(path, sizeof(path), "%s/group", etc);
    FILE *f = fopen(path, "re");
    for (struct group *g; f && !is_found && (g = fgetgrent(f));) {
        is_found = strcmp(g->gr_name, name) == 0;
        if (is_found)
            *gid = g->gr_gid;
    }
    if (f)
        fclose(f);
    return is_found;
}

enum err_code entry_user(const char *etc, const char *text, uid_t *ret_uid, gid_t *ret_gid,
                         struct err *err)
{
    char name[128];
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    uid_t uid = 0;
    gid_t gid = 0;
    if (n == 0 || n >= sizeof(name))
        return err_set(err, ERR_INVALID, "'%.100s' is no user", text);
    memcpy(name, text, n);
    name[n] = '\0';
    if (!find_user(etc, name, &uid, &gid))
        return err_set(err, ERR_NOT_FOUND, "the image has no user '%s'", name);
    if (colon && !find_group(etc, colon + 1, &gid))
        return err_set(err, ERR_NOT_FOUND, "the image has no group '%.100s'", colon + 1);
    *ret_uid = uid;
    *ret_gid = gid;
    return ERR_OK;
}

/* --- user data --- */

static void run_user_data(void)
{
    char path[8192], start[2] = "";
    const char *before = getenv("PATH");
    int fd = open(ENTRY_USER_DATA, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, start, 2) : -1;
    snprintf(path, sizeof(path), ENTRY_PROGRAMS ":%s",
             before && *before ? before
                               : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    setenv("PATH", path, 1);
    setenv("HOME", "/root", 1);
    if (chdir("/") != 0)
        _exit(126);
    if (n == 2 && start[0] == '#' && start[1] == '!')
        execl(ENTRY_USER_DATA, ENTRY_USER_DATA, (char *)NULL);
    execl("/bin/sh", "sh", ENTRY_USER_DATA, (char *)NULL);
    say("baton: the image has no /bin/sh to run user data with: %s", strerror(errno));
    _exit(127);
}

static void user_data(void)
{
    struct stat st;
    int status = 0;
    if (stat(ENTRY_USER_DATA, &st) != 0 || st.st_size == 0)
        return;
    pid_t pid = fork();
    if (pid == 0)
        run_user_data();
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    say("baton: the user data ended with status %d", pid < 0             ? -1
                                                     : WIFEXITED(status) ? WEXITSTATUS(status)
                                                                         : 128 + WTERMSIG(status));
}

int entry_main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    const char *user = NULL;
    uid_t uid = 0;
    gid_t gid = 0;
    if (argc >= 2 && strcmp(argv[0], "--user") == 0) {
        user = argv[1];
        argc -= 2;
        argv += 2;
    }
    if (argc < 1 || strcmp(argv[0], "--") != 0) {
        say("usage: ems-agent --entry [--user USER[:GROUP]] -- COMMAND...");
        return 2;
    }
    user_data();
    if (user && entry_user("/etc", user, &uid, &gid, &err) != ERR_OK) {
        say("baton: %s", err.msg);
        return 126;
    }
    if (user && (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)) {
        say("baton: become user '%s': %s", user, strerror(errno));
        return 126;
    }
    while (argc < 2)
        pause();
    execvp(argv[1], argv + 1);
    say("baton: '%s': %s", argv[1], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}
