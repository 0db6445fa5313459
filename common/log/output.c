#include "common/log/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The logger's own state, the one the house style allows to be global: who logs has no context to
 * reach it by. */
static char path_now[PATH_MAX];
static atomic_int fd_now = STDERR_FILENO;
static atomic_uint_least64_t lost;
static log_capture_fn *capture;
static void *capture_arg;

void log_output(enum log_category category, enum log_level level, char *line, size_t len)
{
    if (capture) {
        line[len] = '\0';
        capture(capture_arg, category, level, line);
        return;
    }
    /* One write, no lock: lines of several threads and processes do not mix (O_APPEND; pipes only
     * up to PIPE_BUF). A short write is not continued: what comes behind could be in the middle of
     * another line. */
    ssize_t n;
    do
        n = write(atomic_load_explicit(&fd_now, memory_order_relaxed), line, len + 1);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)len + 1)
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
}

uint64_t log_lost_count(void)
{
    return atomic_load(&lost);
}

void log_output_to(log_capture_fn *fn, void *arg)
{
    capture_arg = arg;
    capture = fn;
}

static enum err_code open_path(const char *path, int *ret_fd, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open log file '%s'", path);
    *ret_fd = fd;
    return ERR_OK;
}

enum err_code log_open_file(const char *path, struct err *err)
{
    int fd = STDERR_FILENO;
    if (!path)
        path = "";
    if (strlen(path) >= sizeof(path_now))
        return err_set(err, ERR_INVALID, "path of the log file is too long");
    if (path[0]) {
        enum err_code rc = open_path(path, &fd, err);
        if (rc != ERR_OK)
            return rc;
    }
    memmove(path_now, path, strlen(path) + 1);
    int old = atomic_exchange(&fd_now, fd);
    if (old != STDERR_FILENO)
        close(old);
    return ERR_OK;
}

enum err_code log_reopen(struct err *err)
{
    if (!path_now[0])
        return ERR_OK;
    int fresh = -1, fd = atomic_load(&fd_now);
    enum err_code rc = open_path(path_now, &fresh, err);
    if (rc != ERR_OK)
        return rc;
    /* Onto the same number: a thread in the middle of write() never meets a closed or foreign
     * descriptor. */
    if (dup3(fresh, fd, O_CLOEXEC) < 0)
        rc = err_set_errno(err, ERR_IO, errno, "reopen log file '%s'", path_now);
    close(fresh);
    return rc;
}
