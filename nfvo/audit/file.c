#include "nfvo/audit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

struct audit_file {
    char *path, *old; /* PATH, PATH.1 */
    int64_t max;
    int fd; /* -1: not open */
};

static void shut(struct audit_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

static enum err_code reopen(struct audit_file *f, struct err *err)
{
    shut(f);
    f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return f->fd >= 0 ? ERR_OK : err_set_errno(err, ERR_IO, errno, "open '%s'", f->path);
}

static bool is_at_path(const struct audit_file *f, struct stat *ret)
{
    struct stat there;
    return f->fd >= 0 && fstat(f->fd, ret) == 0 && stat(f->path, &there) == 0 &&
           there.st_ino == ret->st_ino && there.st_dev == ret->st_dev;
}

/* Of those who share it one renames: the lock is that of the file, which the others find renamed.
 */
static enum err_code rotate(struct audit_file *f, struct err *err)
{
    struct stat st;
    int renamed = 0;
    if (flock(f->fd, LOCK_EX) != 0)
        return err_set_errno(err, ERR_IO, errno, "lock '%s'", f->path);
    if (is_at_path(f, &st))
        renamed = rename(f->path, f->old);
    if (renamed != 0) {
        err_set_errno(err, ERR_IO, errno, "rename '%s' to '%s'", f->path, f->old);
        shut(f);
        return ERR_IO;
    }
    return reopen(f, err); /* closing gives the lock back */
}

enum err_code audit_file_write(struct audit_file *f, const char *line, size_t len, struct err *err)
{
    struct stat st;
    enum err_code rc = is_at_path(f, &st) ? ERR_OK : reopen(f, err);
    if (rc == ERR_OK && fstat(f->fd, &st) == 0 && st.st_size > 0 &&
        st.st_size + (int64_t)len > f->max)
        rc = rotate(f, err);
    if (rc != ERR_OK)
        return rc;
    ssize_t n = write(f->fd, line, len);
    if (n == (ssize_t)len)
        return ERR_OK;
    err_set_errno(err, ERR_IO, n < 0 ? errno : ENOSPC, "write '%s'", f->path);
    return err_hint(err, "give the disk room, or choose another file with audit-file");
}

enum err_code audit_file_open(struct audit_file **ret, const char *path, int64_t max,
                              struct err *err)
{
    struct audit_file *f = xcalloc(1, sizeof(*f));
    size_t len = strlen(path);
    f->path = xstrdup(path);
    f->old = xmalloc(len + 3);
    memcpy(f->old, path, len);
    memcpy(f->old + len, ".1", 3);
    f->max = max;
    f->fd = -1;
    enum err_code rc = reopen(f, err);
    if (rc == ERR_OK)
        *ret = f;
    else
        audit_file_close(f);
    return rc;
}

void audit_file_close(struct audit_file *f)
{
    if (!f)
        return;
    shut(f);
    free(f->path);
    free(f->old);
    free(f);
}
