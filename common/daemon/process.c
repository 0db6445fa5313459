/* What surrounds a process: descriptors, umask, user, pid file, readiness. */
#include "common/daemon/daemon_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err_code daemon_prepare_process(int keep_fd, struct err *err)
{
    int fd;
    /* With one of 0, 1, 2 closed, the next socket would get the number and be written to as
     * standard error. */
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open '/dev/null'");
    close(fd);
    if (keep_fd >= 0 && fcntl(keep_fd, F_GETFD) < 0)
        return err_set_errno(err, ERR_INVALID, errno, "descriptor %d of ready-fd", keep_fd);
    /* Inherited descriptors stay open for whoever handed them to us on purpose, but never reach our
     * children. */
    for (fd = STDERR_FILENO + 1; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    umask(027);
    return ERR_OK;
}

enum err_code daemon_drop_privileges(const char *user, struct err *err)
{
    if (!user[0])
        return ERR_OK;
    errno = 0;
    const struct passwd *p = getpwnam(user);
    if (!p)
        return err_set_errno(err, ERR_INVALID, errno ? errno : ENOENT, "user '%s'", user);
    if (p->pw_uid == geteuid() && p->pw_uid == getuid())
        return ERR_OK;
    if (geteuid() != 0) {
        err_set(err, ERR_DENIED, "become user '%s'", user);
        return err_hint(err, "start as root or as '%s'", user);
    }
    if (initgroups(user, p->pw_gid) != 0 || setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0)
        return err_set_errno(err, ERR_DENIED, errno, "become user '%s'", user);
    if (p->pw_uid != 0 && setuid(0) == 0)
        return err_set(err, ERR_INTERNAL, "root could be regained from user '%s'", user);
    return ERR_OK;
}

enum err_code daemon_write_pid_file(const char *path, int *ret_fd, struct err *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[24];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open pid file '%s'", path);
    /* The lock and not the number says whether the other one lives: after a reboot the number is
     * somebody else's. */
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        err_set_errno(err, ERR_EXISTS, errno, "lock pid file '%s'", path);
        if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
            err_hint(err, "it runs already as process %d", (int)lock.l_pid);
        close(fd);
        return ERR_EXISTS;
    }
    int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n) {
        err_set_errno(err, ERR_IO, errno, "write pid file '%s'", path);
        close(fd);
        return ERR_IO;
    }
    *ret_fd = fd;
    return ERR_OK;
}

enum err_code daemon_say_ready(int fd, struct err *err)
{
    char text[32];
    daemon_notify("READY=1");
    if (fd < 0)
        return ERR_OK;
    int n = snprintf(text, sizeof(text), "ready %d\n", (int)getpid());
    enum err_code rc = ERR_OK;
    if (write(fd, text, (size_t)n) != n)
        rc = err_set_errno(err, ERR_IO, errno, "write to ready-fd");
    if (fd > STDERR_FILENO)
        close(fd);
    return rc;
}
