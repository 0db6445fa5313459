#include "ems-agent/folder.h"

#include "common/base/mem.h"
#include "common/sys/file.h"
#include "proto/messages/ems.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(FOLDER_FILE_MAX >= EMS_MESSAGE_MAX, "what arrives can be written");

enum { DEPTH_MAX = 16, LISTED_MAX = 1000 };

/* What follows the folder in a path, or NULL when the path is not below it. */
static const char *below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 0 && folder[len - 1] == '/')
        len--;
    if (strncmp(path, folder, len) != 0 || (path[len] && path[len] != '/'))
        return NULL;
    return path + len;
}

enum err_code folder_map(const char *root, const char *path, struct sbuf *out, struct err *err)
{
    int depth = 0;

    if (!path || !*path)
        return ERR_OK;
    const char *at = path;
    if (*path == '/') {
        const char *inside = below(path, root);
        if (!inside)
            inside = below(path, EMS_SCRIPTS_DIR);
        if (!inside) {
            err_set(err, ERR_DENIED, "path '%.100s' is outside of the scripts", path);
            return err_hint(err, "scripts are kept below " EMS_SCRIPTS_DIR);
        }
        at = inside;
    }
    for (;;) {
        at += strspn(at, "/");
        size_t len = strcspn(at, "/");
        if (len == 0)
            return ERR_OK;
        if (len == 2 && memcmp(at, "..", 2) == 0)
            return err_set(err, ERR_DENIED, "path '%.100s' has '..' in it", path);
        if (len > NAME_MAX || ++depth > DEPTH_MAX)
            return err_set(err, ERR_DENIED, "path '%.100s...' is too long or too deep", path);
        if (!(len == 1 && *at == '.')) {
            if (out->len)
                sbuf_addc(out, '/');
            sbuf_add(out, at, len);
        }
        at += len;
    }
}

/* One step down. Takes fd. */
static int step(int fd, const char *name, struct err *err)
{
    /* Whatever our umask is: scripts may become somebody else. */
    if (mkdirat(fd, name, 0755) == 0 ? fchmodat(fd, name, 0755, 0) != 0 : errno != EEXIST)
        err_set_errno(err, ERR_IO, errno, "make folder '%s'", name);
    int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        err_set_errno(err, errno == ENOTDIR || errno == ELOOP ? ERR_DENIED : ERR_IO, errno,
                      "open folder '%s'", name);
    close(fd);
    return next;
}

static enum err_code make_one(const char *path, struct err *err)
{
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) == 0 ? ERR_OK
                                      : err_set_errno(err, ERR_IO, errno, "chmod '%s'", path);
    return errno == EEXIST ? ERR_OK : err_set_errno(err, ERR_IO, errno, "make folder '%s'", path);
}

static enum err_code make_root(const char *root, struct err *err)
{
    char path[PATH_MAX];
    enum err_code rc = ERR_OK;

    snprintf(path, sizeof(path), "%s", root);
    for (char *at = strchr(path + 1, '/'); rc == ERR_OK && at; at = strchr(at + 1, '/')) {
        *at = '\0';
        rc = make_one(path, err);
        *at = '/';
    }
    return rc == ERR_OK ? make_one(path, err) : rc;
}

enum err_code folder_open(const char *root, const char *relative, int *ret_fd, struct err *err)
{
    AUTO(freep) char *copy = xstrdup(relative);
    char *rest = copy;
    /* The administrator's own path may go through symbolic links. */
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        enum err_code rc = make_root(root, err);
        if (rc != ERR_OK)
            return rc;
        fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open folder '%s'", root);
    struct err step_err = ERR_INIT;
    for (char *name; fd >= 0 && (name = strsep(&rest, "/"));)
        if (*name)
            fd = step(fd, name, &step_err);
    if (fd < 0) {
        if (err)
            *err = step_err;
        return step_err.code;
    }
    *ret_fd = fd;
    return ERR_OK;
}

/* The folder of a name, and its last part (borrowed from mapped). */
static enum err_code open_parent(const char *root, const char *relative, struct sbuf *mapped,
                                 int *ret_fd, char **ret_last, struct err *err)
{
    AUTO(sbuf_release) struct sbuf parent = SBUF_INIT;
    char *slash = strrchr(mapped->s, '/');

    sbuf_adds(&parent, relative);
    if (slash) {
        sbuf_addc(&parent, '/');
        sbuf_add(&parent, mapped->s, (size_t)(slash - mapped->s));
    }
    *ret_last = slash ? slash + 1 : mapped->s;
    return folder_open(root, parent.s, ret_fd, err);
}

static enum err_code put(int dir, const char *name, const void *data, size_t len, bool is_append,
                         struct err *err)
{
    static const char temporary[] = ".ems-agent.new";
    const char *target = is_append ? name : temporary;
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    struct stat st;

    if (!is_append && unlinkat(dir, temporary, 0) != 0 && errno != ENOENT)
        return err_set_errno(err, ERR_IO, errno, "remove '%s'", temporary);
    int fd = openat(dir, target, flags | (is_append ? O_APPEND : O_EXCL), 0755);
    if (fd < 0)
        return err_set_errno(err, errno == ELOOP ? ERR_DENIED : ERR_IO, errno, "open '%s'", name);
    enum err_code rc = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                           ? ERR_OK
                           : err_set(err, ERR_DENIED, "'%s' is not a regular file", name);
    if (rc == ERR_OK && (size_t)st.st_size + len > FOLDER_FILE_MAX)
        rc = err_set(err, ERR_LIMIT, "'%s' would be larger than %zu bytes", name, FOLDER_FILE_MAX);
    if (rc == ERR_OK && !file_write_all(fd, data, len))
        rc = err_set_errno(err, ERR_IO, errno, "write");
    if (rc == ERR_OK && fchmod(fd, 0755) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "make '%s' executable", name);
    if (close(fd) != 0 && rc == ERR_OK)
        rc = err_set_errno(err, ERR_IO, errno, "write '%s'", name);
    if (!is_append && rc == ERR_OK && renameat(dir, temporary, dir, name) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "put '%s' in place", name);
    return rc;
}

enum err_code folder_write(const char *root, const char *relative, const char *name,
                           const void *data, size_t len, bool is_append, struct err *err)
{
    AUTO(sbuf_release) struct sbuf mapped = SBUF_INIT;
    char *last = NULL;
    int dir = -1;

    if (!name || *name == '/')
        return err_set(err, ERR_DENIED, "'%.100s' is not a file name", name ? name : "");
    enum err_code rc = folder_map(root, name, &mapped, err);
    if (rc == ERR_OK && mapped.len == 0)
        rc = err_set(err, ERR_INVALID, "the name of the file is empty");
    if (rc == ERR_OK)
        rc = open_parent(root, relative, &mapped, &dir, &last, err);
    if (rc != ERR_OK)
        return rc;
    rc = put(dir, last, data, len, is_append, err);
    close(dir);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_code folder_list(const char *root, const char *relative, struct sbuf *out, struct err *err)
{
    char *names[LISTED_MAX];
    size_t n = 0;
    int fd = -1;
    enum err_code rc = folder_open(root, relative, &fd, err);

    if (rc != ERR_OK)
        return rc;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return err_set_errno(err, ERR_IO, errno, "list '%s'", root);
    }
    for (struct dirent *e; n < LISTED_MAX && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            names[n++] = xstrdup(e->d_name);
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_name);
    sbuf_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        sbuf_addf(out, "%s'%s'", i ? ", " : "", names[i]);
        free(names[i]);
    }
    sbuf_addc(out, ']');
    return ERR_OK;
}

enum err_code folder_script(const char *root, const char *name, struct sbuf *ret_path,
                            struct err *err)
{
    AUTO(sbuf_release) struct sbuf mapped = SBUF_INIT, path = SBUF_INIT;
    struct stat st;

    enum err_code rc = folder_map(root, name + strspn(name, "/"), &mapped, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&path, "%s/%s", root, mapped.s);
    AUTO(freep) char *real_root = realpath(root, NULL);
    AUTO(freep) char *real = realpath(path.s, NULL);
    if (!real_root || !real || stat(real, &st) != 0 || !S_ISREG(st.st_mode)) {
        err_set(err, ERR_NOT_FOUND, "there is no script '%.100s'", mapped.s);
        return err_hint(err, "send it with " EMS_SAVE_SCRIPTS " first");
    }
    if (!below(real, real_root))
        return err_set(err, ERR_DENIED, "script '%.100s' leads out of the folder of scripts",
                       mapped.s);
    sbuf_adds(ret_path, path.s); /* and not the real one: scripts look at their own name */
    return ERR_OK;
}
