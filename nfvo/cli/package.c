/* Folders become archives here; what is in them is the catalogue's matter. */
#include "nfvo/cli/package.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Of version control, of editors, of the desktop. */
static bool is_left_out(const FTSENT *e)
{
    return e->fts_level > 0 && (e->fts_name[0] == '.' || e->fts_name[e->fts_namelen - 1] == '~');
}

static enum err_code add_file(struct package_writer *w, const FTSENT *e, const char *name,
                              size_t used, struct err *err)
{
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    char chunk[65536];
    size_t n;
    FILE *file = fopen(e->fts_path, "re");
    if (!file)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", e->fts_path);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0 && used + data.len <= CLI_PACKAGE_MAX)
        sbuf_add(&data, chunk, n);
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed)
        return err_set_errno(err, ERR_IO, failed, "read '%s'", e->fts_path);
    if (used + data.len > CLI_PACKAGE_MAX) {
        err_set(err, ERR_LIMIT, "the folder holds more than %zu MiB", CLI_PACKAGE_MAX >> 20);
        return err_hint(err, "pack it with tar, and give that file");
    }
    return catalogue_package_add(w, name, data.s, data.len, err);
}

static enum err_code take(FTS *tree, FTSENT *e, size_t root, struct package_writer *w, size_t used,
                          struct err *err)
{
    if (is_left_out(e)) {
        if (e->fts_info == FTS_D)
            fts_set(tree, e, FTS_SKIP);
        return ERR_OK;
    }
    switch (e->fts_info) {
    case FTS_D:
    case FTS_DP:
        return ERR_OK;
    case FTS_F:
        return add_file(w, e, e->fts_path + root + 1, used, err);
    case FTS_SL:
    case FTS_SLNONE:
        err_set(err, ERR_INVALID, "'%s' is a link", e->fts_path);
        return err_hint(err, "put the file itself into the package");
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return err_set_errno(err, ERR_IO, e->fts_errno, "read '%s'", e->fts_path);
    default:
        return err_set(err, ERR_INVALID, "'%s' is a special file", e->fts_path);
    }
}

static enum err_code walk(char *folder, struct package_writer *w, const struct sbuf *out,
                          struct err *err)
{
    char *const roots[] = {folder, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    enum err_code rc = ERR_OK;
    FTSENT *e;
    if (!tree)
        return err_set_errno(err, ERR_IO, errno, "read '%s'", folder);
    while (rc == ERR_OK && (errno = 0, e = fts_read(tree)) != NULL)
        rc = take(tree, e, strlen(folder), w, out->len, err);
    if (rc == ERR_OK && errno)
        rc = err_set_errno(err, ERR_IO, errno, "read '%s'", folder);
    fts_close(tree);
    return rc;
}

static enum err_code pack(const char *path, struct sbuf *out, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    char *folder = arena_strdup(&a, path);
    for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
        folder[n - 1] = '\0';
    struct package_writer *w = catalogue_package_writer_new(out);
    enum err_code rc = walk(folder, w, out, err);
    struct err late = ERR_INIT;
    enum err_code end = catalogue_package_writer_end(w, rc == ERR_OK ? err : &late);
    return rc == ERR_OK ? end : rc;
}

/* Without a name: it goes with the process. */
static enum err_code keep(const struct sbuf *data, int *ret_fd, struct err *err)
{
    int fd = memfd_create("package", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < data->len;) {
        ssize_t n = write(fd, data->s + done, data->len - done);
        if (n <= 0) {
            close(fd);
            fd = -1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return err_set_errno(err, ERR_IO, errno, "keep the archive");
    *ret_fd = fd;
    return ERR_OK;
}

enum err_code cli_package_open(const char *path, int *ret_fd, bool *ret_is_folder, struct err *err)
{
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", path);
    *ret_is_folder = S_ISDIR(st.st_mode);
    if (S_ISREG(st.st_mode)) {
        *ret_fd = fd;
        return ERR_OK;
    }
    close(fd);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_INVALID, "'%s' is neither a folder nor a file", path);
    enum err_code rc = pack(path, &data, err);
    return rc == ERR_OK ? keep(&data, ret_fd, err) : rc;
}
