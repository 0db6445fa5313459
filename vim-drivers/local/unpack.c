/* unpack ARCHIVE FOLDER: a root file system out of an archive that is not trusted. In a process of
 * its own that sees nothing but the folder; devices are left out. */
#include "vim-drivers/local/local.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MAX = 1000000, BLOCK = 65536 };
#define BYTES_MAX (INT64_C(32) << 30)

static bool is_wanted(struct archive_entry *e)
{
    unsigned type = archive_entry_filetype(e);
    return archive_entry_hardlink(e) || type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK;
}

/* "./etc/x" and "/etc/x" are "etc/x". */
static const char *relative(const char *name)
{
    while (*name == '/' || (name[0] == '.' && (name[1] == '/' || name[1] == '\0')))
        name++;
    return name;
}

static bool copy_data(struct archive *from, struct archive *to, int64_t *bytes)
{
    const void *data;
    size_t len;
    la_int64_t at;
    int rc;
    while ((rc = archive_read_data_block(from, &data, &len, &at)) == ARCHIVE_OK) {
        *bytes += (int64_t)len;
        if (*bytes > BYTES_MAX || archive_write_data_block(to, data, len, at) < ARCHIVE_WARN)
            return false;
    }
    return rc == ARCHIVE_EOF;
}

static bool take(struct archive *from, struct archive *to, struct archive_entry *e, int64_t *bytes)
{
    char name[4096];
    const char *path = archive_entry_pathname(e), *link = archive_entry_hardlink(e);
    if (!path || !is_wanted(e) || !*relative(path))
        return true;
    snprintf(name, sizeof(name), "%s", relative(path));
    archive_entry_set_pathname(e, name);
    if (link) {
        snprintf(name, sizeof(name), "%s", relative(link));
        archive_entry_set_hardlink(e, name);
    }
    return archive_write_header(to, e) >= ARCHIVE_WARN &&
           (archive_entry_size(e) <= 0 || copy_data(from, to, bytes)) &&
           archive_write_finish_entry(to) >= ARCHIVE_WARN;
}

static int unpack(struct archive *from, struct archive *to)
{
    struct archive_entry *e;
    int64_t bytes = 0;
    int rc = ARCHIVE_OK;
    for (int n = 0; n < ENTRIES_MAX; n++) {
        rc = archive_read_next_header(from, &e);
        if (rc == ARCHIVE_EOF)
            return archive_write_close(to) >= ARCHIVE_WARN ? 0 : 1;
        if (rc < ARCHIVE_WARN) {
            fprintf(stderr, "%s\n", archive_error_string(from));
            return 1;
        }
        if (!take(from, to, e, &bytes)) {
            const char *why = archive_error_string(to);
            fprintf(stderr, "'%s': %s\n", archive_entry_pathname(e), why ? why : "too large");
            return 1;
        }
    }
    fprintf(stderr, "more than %d entries\n", ENTRIES_MAX);
    return 1;
}

int loc_unpack_main(int argc, char **argv)
{
    struct archive *from = archive_read_new(), *to = archive_write_disk_new();
    int fd = argc == 4 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || !from || !to || chroot(argv[3]) != 0 || chdir("/") != 0) {
        fprintf(stderr, "cannot enter the folder, or open the archive\n");
        return 1;
    }
    umask(0);
    archive_read_support_format_tar(from);
    archive_read_support_filter_gzip(from);
    archive_read_support_filter_xz(from);
    archive_read_support_filter_zstd(from);
    archive_read_support_filter_bzip2(from);
    archive_write_disk_set_options(
        to, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_TIME |
                ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS | ARCHIVE_EXTRACT_UNLINK);
    int code = archive_read_open_fd(from, fd, BLOCK) == ARCHIVE_OK ? unpack(from, to) : 1;
    fflush(stderr);
    _exit(code); /* there is nothing here for handlers of the end, no /proc even */
}
