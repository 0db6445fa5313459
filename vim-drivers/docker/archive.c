/* A saved image under another name. */
#include "vim-drivers/docker/docker.h"

#include "vim-drivers/common/download.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, MANIFEST_MAX = 1 << 20, ENTRIES_MAX = 2000000 };

struct renaming {
    const struct download *f;
    struct archive *in, *out;
    struct sbuf manifest;
    uint32_t manifest_n;
    int64_t n;
};

static enum err_code bad(struct err *err, const char *why)
{
    err_set(err, ERR_INVALID, "the file is no image for Docker: %s", why ? why : "damaged");
    return err_hint(err, "make it with: docker save IMAGE >FILE; or a tar of a root file system");
}

static enum err_code open_in(struct renaming *r, struct err *err)
{
    archive_read_free(r->in);
    r->in = archive_read_new();
    archive_read_support_filter_gzip(r->in);
    archive_read_support_filter_bzip2(r->in);
    archive_read_support_filter_xz(r->in);
    archive_read_support_filter_zstd(r->in);
    archive_read_support_format_tar(r->in);
    if (lseek(r->f->fd, 0, SEEK_SET) < 0)
        return err_set_errno(err, ERR_IO, errno, "read the image");
    return archive_read_open_fd(r->in, r->f->fd, PIECE) == ARCHIVE_OK
               ? ERR_OK
               : bad(err, archive_error_string(r->in));
}

/* As the engine will find it. NULL: it leads out of the archive. */
static const char *name_of(struct archive_entry *e)
{
    const char *name = archive_entry_pathname(e);
    if (!name)
        return NULL;
    while (*name == '/' || strncmp(name, "./", 2) == 0)
        name += *name == '/' ? 1 : 2;
    for (const char *p = name; (p = strstr(p, "..")) != NULL; p += 2)
        if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
            return NULL;
    return name;
}

/* What engines may read names from: the manifest instead, or nothing. */
static bool is_naming(const char *name)
{
    static const char *const names[] = {"manifest.json", "repositories", "index.json",
                                        "oci-layout"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static enum err_code read_manifest(struct renaming *r, struct archive_entry *e, struct err *err)
{
    char piece[4096];
    ssize_t n;
    if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) || r->manifest_n++)
        return bad(err, "manifest.json is not one file");
    while ((n = archive_read_data(r->in, piece, sizeof(piece))) > 0) {
        sbuf_add(&r->manifest, piece, (size_t)n);
        if (r->manifest.len > MANIFEST_MAX)
            return bad(err, "manifest.json is too long");
    }
    return n < 0 ? bad(err, archive_error_string(r->in)) : ERR_OK;
}

/* ERR_NOT_FOUND, without words: at its end. */
static enum err_code next(struct renaming *r, struct archive_entry **ret, const char **ret_name,
                          struct err *err)
{
    int got = archive_read_next_header(r->in, ret);
    if (got == ARCHIVE_EOF)
        return ERR_NOT_FOUND;
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
        return bad(err, archive_error_string(r->in));
    *ret_name = name_of(*ret);
    return *ret_name ? ERR_OK : bad(err, "a name in it leads out of it");
}

static enum err_code scan(struct renaming *r, struct err *err)
{
    struct archive_entry *e;
    const char *name;
    uint32_t n = 0;
    enum err_code rc = open_in(r, err);
    while (rc == ERR_OK && (rc = next(r, &e, &name, err)) == ERR_OK) {
        if (++n > ENTRIES_MAX)
            return bad(err, "it has too many entries");
        if (strcmp(name, "manifest.json") == 0)
            rc = read_manifest(r, e, err);
    }
    if (rc == ERR_NOT_FOUND && n == 0)
        return bad(err, "nothing is in it");
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* --- the copy --------------------------------------------------------------------------------- */

static enum err_code not_written(struct renaming *r, struct err *err)
{
    int sys = archive_errno(r->out);
    err_set(err, sys == ENOSPC ? ERR_LIMIT : ERR_IO, "keep the image in '%s': %s", r->f->folder,
            archive_error_string(r->out));
    return err->code;
}

static enum err_code copy_data(struct renaming *r, struct err *err)
{
    char *piece = malloc(PIECE);
    enum err_code rc = piece ? ERR_OK : err_set(err, ERR_NOMEM, "out of memory");
    while (rc == ERR_OK) {
        ssize_t n = archive_read_data(r->in, piece, PIECE);
        if (n == 0)
            break;
        r->n += n > 0 ? n : 0;
        if (n < 0)
            rc = bad(err, archive_error_string(r->in));
        else if (r->n > r->f->max_mb << 20) {
            rc = err_set(err, ERR_LIMIT, "the image is larger than %lld MB",
                         (long long)r->f->max_mb);
            err_hint(err, "option image-max of the driver");
        } else if (archive_write_data(r->out, piece, (size_t)n) != n)
            rc = not_written(r, err);
    }
    free(piece);
    return rc;
}

static enum err_code copy_rest(struct renaming *r, struct err *err)
{
    struct archive_entry *e;
    const char *name;
    enum err_code rc = open_in(r, err);
    while (rc == ERR_OK && (rc = next(r, &e, &name, err)) == ERR_OK) {
        if (is_naming(name))
            continue;
        if (archive_write_header(r->out, e) != ARCHIVE_OK)
            rc = not_written(r, err);
        else
            rc = copy_data(r, err);
    }
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

static enum err_code write_manifest(struct renaming *r, const char *reference, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct dk_manifest_list list = {0};
    struct proto_strs tags = {0};
    if (proto_decode_list(&dk_manifest_type, r->manifest.s, r->manifest.len, &a, &list, err) !=
        ERR_OK)
        return bad(err, "its manifest.json cannot be read");
    if (list.n != 1)
        return bad(err, "there is more than one image in it, or none");
    proto_list_add(&tags, arena_printf(&a, "%s:latest", reference), &a);
    list.at[0]->tags = tags;
    proto_encode_list(&dk_manifest_type, &list, 0, &text);
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, "manifest.json");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)text.len);
    bool is_good = archive_write_header(r->out, e) == ARCHIVE_OK &&
                   archive_write_data(r->out, text.s, text.len) == (la_ssize_t)text.len;
    archive_entry_free(e);
    return is_good ? ERR_OK : not_written(r, err);
}

static enum err_code write_copy(struct renaming *r, const char *reference, int fd, struct err *err)
{
    r->out = archive_write_new();
    archive_write_set_format_pax_restricted(r->out);
    if (archive_write_open_fd(r->out, fd) != ARCHIVE_OK)
        return not_written(r, err);
    enum err_code rc = write_manifest(r, reference, err);
    if (rc == ERR_OK)
        rc = copy_rest(r, err);
    if (rc == ERR_OK && archive_write_close(r->out) != ARCHIVE_OK)
        rc = not_written(r, err);
    return rc;
}

enum err_code dk_archive_rename(const struct download *f, const char *reference, int *ret_fd,
                                int64_t *ret_n, struct err *err)
{
    struct renaming r = {.f = f, .manifest = SBUF_INIT};
    int fd = -1;
    enum err_code rc = scan(&r, err);
    if (rc == ERR_OK && r.manifest_n) {
        rc = download_file(f->folder, &fd, err);
        if (rc == ERR_OK)
            rc = write_copy(&r, reference, fd, err);
        *ret_n = fd >= 0 ? (int64_t)lseek(fd, 0, SEEK_END) : 0;
    }
    if (rc != ERR_OK && fd >= 0) {
        close(fd);
        fd = -1;
    }
    archive_write_free(r.out);
    archive_read_free(r.in);
    sbuf_release(&r.manifest);
    *ret_fd = fd;
    return rc;
}
