#include "vim-drivers/local/file.h"

#include "common/sys/file.h"
#include "vim-drivers/local/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 100 };

static bool sync_folder_of(const char *path)
{
    char folder[LOC_PATH_MAX];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return file_sync_folder(slash && folder[0] ? folder : "/");
}

enum err_code loc_write_durably(const char *path, const char *text, size_t len, struct err *err)
{
    char fresh[LOC_PATH_MAX + 8];
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "write '%s'", path);
    bool is_good = file_write_all(fd, text, len) && fsync(fd) == 0;
    int why = errno;
    close(fd);
    if (is_good && (rename(fresh, path) != 0 || !sync_folder_of(path))) {
        is_good = false;
        why = errno;
    }
    if (is_good)
        return ERR_OK;
    unlink(fresh);
    return err_set_errno(err, ERR_IO, why, "write '%s'", path);
}

enum err_code loc_write(const char *path, const char *text, size_t len, unsigned mode,
                        struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "write '%s'", path);
    bool is_good = file_write_all(fd, text, len) && fchmod(fd, mode) == 0;
    int why = errno;
    close(fd);
    return is_good ? ERR_OK : err_set_errno(err, ERR_IO, why, "write '%s'", path);
}

enum err_code loc_read(const char *path, size_t max, struct sbuf *out, struct err *err)
{
    char part[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "read '%s'",
                             path);
    while ((n = read(fd, part, sizeof(part))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || out->len + (size_t)n > max)
            break;
        sbuf_add(out, part, (size_t)n);
    }
    int why = errno;
    close(fd);
    if (n < 0)
        return err_set_errno(err, ERR_IO, why, "read '%s'", path);
    return n == 0 ? ERR_OK : err_set(err, ERR_LIMIT, "'%s' has more than %zu bytes", path, max);
}

enum err_code loc_unlink_durably(const char *path, struct err *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, ERR_IO, errno, "remove '%s'", path);
    return sync_folder_of(path) ? ERR_OK : err_set_errno(err, ERR_IO, errno, "remove '%s'", path);
}

enum err_code loc_make_folder(const char *path, unsigned mode, struct err *err)
{
    char part[LOC_PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof(part))
        return err_set(err, ERR_LIMIT, "path '%.60s...' is too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        /* Daemons have a umask of 027: what is made for others to pass through is opened again. */
        if (mkdir(part, mode) == 0 ? chmod(part, mode) != 0 : errno != EEXIST)
            return err_set_errno(err, ERR_IO, errno, "make folder '%s'", part);
    }
    return ERR_OK;
}

static bool empty_folder(int at, const char *name, dev_t dev, int depth);

static bool remove_entry(int at, const char *name, dev_t dev, int depth)
{
    struct stat st;
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM && errno != EACCES)
        return false;
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    if (!S_ISDIR(st.st_mode))
        return false;
    if (st.st_dev != dev || depth > DEPTH_MAX) {
        errno = st.st_dev != dev ? EXDEV : ELOOP;
        return false;
    }
    return empty_folder(at, name, dev, depth + 1) &&
           (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

static bool empty_folder(int at, const char *name, dev_t dev, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
        fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT;
    DIR *d = fdopendir(fd);
    if (!d) {
        close(fd);
        return false;
    }
    bool is_good = true;
    int why = 0;
    fchmod(fd, 0700);
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!remove_entry(fd, e->d_name, dev, depth)) {
            is_good = false;
            why = errno;
        }
    }
    closedir(d);
    errno = why;
    return is_good;
}

enum err_code loc_remove_tree(const char *path, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : err_set_errno(err, ERR_IO, errno, "remove '%s'", path);
    if (remove_entry(AT_FDCWD, path, st.st_dev, 0))
        return ERR_OK;
    if (errno != ELOOP && errno != EMFILE)
        return err_set_errno(err, ERR_IO, errno, "remove '%s'", path);
    /* Deeper than we go by descriptors. */
    return loc_run(
        &(struct loc_spawn){
            .argv = (const char *const[]){"rm", "-rf", "--one-file-system", "--", path, NULL}},
        err);
}

uint64_t loc_process_start(pid_t pid)
{
    char path[40], text[1024], state;
    unsigned long long start;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    const char *after = strrchr(text, ')'); /* its name may hold anything */
    if (!after || sscanf(after + 1,
                         " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                         "%*d %*d %llu",
                         &state, &start) != 2)
        return 0;
    return state == 'Z' || state == 'X' ? 0 : start;
}

void loc_boot_id(char out[LOC_BOOT_MAX])
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    out[0] = '\0';
    if (loc_read("/proc/sys/kernel/random/boot_id", 100, &text, NULL) == ERR_OK)
        snprintf(out, LOC_BOOT_MAX, "%.36s", text.s);
}
