/* From an archive to files in memory, and back. The only file that knows libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "nfvo/catalogue/package_internal.h"

#define NOT_A_TAR                                                                                  \
    "Error opening the VNF package, ensure the extension is .tar and the archive is not corrupted"

/* --- names ------------------------------------------------------------------------------------ */

static const char *wrong_characters(const char *name)
{
    size_t n = strlen(name), width;
    uint32_t character;
    for (size_t i = 0; i < n; i += width) {
        width = utf8_char(name + i, n - i, &character);
        if (width == 0)
            return "is not UTF-8";
        if (character < 0x20 || character == 0x7f || character == '\\')
            return "holds a control character or a backslash";
    }
    return NULL;
}

/* NULL: it is a decent relative name. */
static const char *wrong_name(const char *name)
{
    if (strlen(name) > PACKAGE_NAME_MAX)
        return "is too long";
    if (name[0] == '/')
        return "is absolute";
    for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
        size_t n = strcspn(part, "/");
        if (n == 2 && memcmp(part, "..", 2) == 0)
            return "leaves its folder";
        if ((n == 1 && part[0] == '.') || (n == 0 && part[0] == '/'))
            return "is not in its shortest form";
    }
    return wrong_characters(name);
}

/* What is shown of a name that may hold anything. */
static const char *printable(struct package_reader *r, const char *name)
{
    char *text = arena_strndup(r->a, name, strnlen(name, 100));
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
            *p = '?';
    return text;
}

const struct package_file *package_find(const struct package_reader *r, const char *name)
{
    for (uint32_t i = 0; i < r->files.n; i++)
        if (strcmp(r->files.at[i].name, name) == 0)
            return &r->files.at[i];
    return NULL;
}

const char *package_below(const char *name, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(name, folder, n) == 0 && name[n] == '/' ? name + n + 1 : NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct unpack {
    struct package_reader *r;
    struct archive *archive;
    uint64_t size;       /* of all entries, as announced */
    size_t scripts_size; /* of scripts */
    uint32_t entries;
    bool has_dots;
};

static bool refuse(struct unpack *u, enum err_code code, const char *name, const char *what,
                   const char *hint)
{
    struct package_fault *f = package_fault(
        u->r, code, "", 0, "", "The VNF package's entry '%s' %s", printable(u->r, name), what);
    package_hint(u->r, f, "%s", hint);
    return false;
}

/* Only what is read is kept; images are extracted, and other files are for people. */
static bool is_kept(const char *name)
{
    size_t n = strlen(name);
    if (package_below(name, "scripts"))
        return true;
    if (package_below(name, "images"))
        return false;
    return (n > 5 && strcmp(name + n - 5, ".json") == 0) || strcasecmp(name, "Metadata.yaml") == 0;
}

static bool has_room_for_script(struct unpack *u, const char *name, size_t size)
{
    if (size <= PACKAGE_SCRIPTS_MAX - u->scripts_size) {
        u->scripts_size += size;
        return true;
    }
    return refuse(u, ERR_LIMIT, name,
                  arena_printf(u->r->a,
                               "of %zu bytes makes the scripts larger than %zu MiB together: one "
                               "message carries them all",
                               size, PACKAGE_SCRIPTS_MAX >> 20),
                  "let a script download what is large, or put it into the image");
}

/* Announced sizes are looked at before memory is taken for them. */
static bool has_room(struct unpack *u, const char *name, int64_t size)
{
    bool is_script = package_below(name, "scripts") != NULL;
    if (size < 0 || (uint64_t)size > PACKAGE_SIZE_MAX - u->size)
        return refuse(u, ERR_LIMIT, name, "makes the package larger than 2046 MiB", "");
    u->size += (uint64_t)size;
    if (!is_kept(name))
        return true;
    if (!is_script && (size_t)size > PACKAGE_TEXT_SIZE_MAX)
        return refuse(u, ERR_LIMIT, name, "is larger than 1 MiB", "");
    return !is_script || has_room_for_script(u, name, (size_t)size);
}

static bool unreadable(struct unpack *u)
{
    const char *why = archive_error_string(u->archive);
    struct package_fault *f =
        package_fault(u->r, ERR_INVALID, "", 0, "", "The VNF package cannot be read: %s",
                      why ? printable(u->r, why) : "it ends too early");
    package_hint(u->r, f, "is the file complete? tar -tvf shows what is in it");
    return false;
}

static bool read_data(struct unpack *u, struct package_file *file)
{
    char *data = arena_alloc(u->r->a, file->n + 1);
    for (size_t got = 0; got < file->n;) {
        la_ssize_t n = archive_read_data(u->archive, data + got, file->n - got);
        if (n <= 0)
            return unreadable(u);
        got += (size_t)n;
    }
    file->at = data;
    return true;
}

static bool add_file(struct unpack *u, const char *name, int64_t size)
{
    struct package_reader *r = u->r;
    struct package_file file = {.name = arena_strdup(r->a, name)};
    if (package_find(r, name))
        return refuse(u, ERR_INVALID, name, "is there twice", "");
    if (!has_room(u, name, size))
        return false;
    file.n = (size_t)size;
    if (is_kept(name) && !read_data(u, &file))
        return false;
    r->files.at = arena_grow_array(r->a, r->files.at, r->files.n, sizeof(r->files.at[0]));
    r->files.at[r->files.n++] = file;
    return true;
}

static bool take_entry(struct unpack *u, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (++u->entries > PACKAGE_ENTRIES_MAX)
        return refuse(u, ERR_LIMIT, name ? name : "", "is one too many: 1000 are allowed", "");
    if (!name || !*name)
        return refuse(u, ERR_INVALID, "", "has no readable name", "names have to be UTF-8");
    while (strncmp(name, "./", 2) == 0) {
        name += 2;
        u->has_dots = true;
    }
    char *own = arena_strdup(u->r->a, name);
    size_t n = strlen(own);
    if (is_folder && n > 0 && own[n - 1] == '/')
        own[--n] = '\0';
    if (is_folder && (n == 0 || strcmp(own, ".") == 0))
        return true;
    const char *wrong = n == 0 ? "has no name" : wrong_name(own);
    if (wrong)
        return refuse(u, ERR_INVALID, own, wrong, "names are relative to the package's folder");
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
        return refuse(u, ERR_INVALID, own, "is a link", "put the file itself into the package");
    if (is_folder)
        return true;
    if (archive_entry_filetype(entry) != AE_IFREG)
        return refuse(u, ERR_INVALID, own, "is a special file", "");
    const char *last = strrchr(own, '/');
    if (strncmp(last ? last + 1 : own, "._", 2) == 0) /* macOS puts them beside the files */
        return true;
    if (!archive_entry_size_is_set(entry))
        return refuse(u, ERR_INVALID, own, "has no size", "");
    return add_file(u, own, archive_entry_size(entry));
}

static void read_entries(struct unpack *u)
{
    struct archive_entry *entry;
    int rc = ARCHIVE_OK;
    bool is_good = true;
    while (is_good && ((rc = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK ||
                       rc == ARCHIVE_WARN))
        is_good = take_entry(u, entry);
    if (is_good && rc != ARCHIVE_EOF) {
        if (u->entries == 0)
            package_fault(u->r, ERR_INVALID, "", 0, "", NOT_A_TAR);
        else
            unreadable(u);
    }
    if (u->has_dots)
        package_tell(u->r, FINDING_NOTE, "", 0, "",
                     "names begin with './': Open Baton does not find them so");
}

static struct archive *open_archive(const struct package_source *source)
{
    struct archive *a = archive_read_new();
    if (!a)
        return NULL;
    bool is_good = archive_read_support_format_tar(a) == ARCHIVE_OK;
    if (is_good && source->data)
        is_good = archive_read_open_memory(a, source->data, source->size) == ARCHIVE_OK;
    else if (is_good)
        is_good = archive_read_open_fd(a, source->fd, 64 * 1024) == ARCHIVE_OK;
    if (is_good)
        return a;
    archive_read_free(a);
    return NULL;
}

/* libarchive turns names into the locale's characters, and a daemon's locale has none beyond ASCII.
 */
struct names_locale {
    locale_t utf8, before;
};

static struct names_locale names_begin(void)
{
    struct names_locale l = {newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), (locale_t)0};
    if (l.utf8)
        l.before = uselocale(l.utf8);
    return l;
}

static void names_end(const struct names_locale *l)
{
    if (!l->utf8)
        return;
    uselocale(l->before);
    freelocale(l->utf8);
}

void package_unpack(struct package_reader *r, const struct package_source *source)
{
    struct names_locale locale = names_begin();
    struct unpack u = {.r = r, .archive = open_archive(source)};
    if (u.archive)
        read_entries(&u);
    else
        package_fault(r, ERR_INVALID, "", 0, "", NOT_A_TAR);
    archive_read_free(u.archive);
    names_end(&locale);
}

/* --- one of its files ------------------------------------------------------------------------- */

static enum err_code extract(struct archive *a, const char *name, int fd, struct err *err)
{
    struct archive_entry *entry;
    int rc;
    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *at = archive_entry_pathname(entry);
        while (at && strncmp(at, "./", 2) == 0)
            at += 2;
        if (!at || strcmp(at, name) != 0 || archive_entry_filetype(entry) != AE_IFREG)
            continue;
        if (archive_read_data_into_fd(a, fd) == ARCHIVE_OK)
            return ERR_OK;
        const char *why = archive_error_string(a);
        return err_set(err, archive_errno(a) == ENOSPC ? ERR_LIMIT : ERR_IO, "extract '%s': %s",
                       name, why ? why : "failed");
    }
    return err_set(err, ERR_NOT_FOUND, "'%s' is not in the package", name);
}

enum err_code catalogue_package_extract(const struct package_source *source, const char *name,
                                        int fd, struct err *err)
{
    struct names_locale locale = names_begin();
    enum err_code rc = ERR_OK;
    if (!source->data && lseek(source->fd, 0, SEEK_SET) < 0)
        rc = err_set_errno(err, ERR_IO, errno, "read the package again");
    struct archive *a = rc == ERR_OK ? open_archive(source) : NULL;
    if (rc == ERR_OK)
        rc = a ? extract(a, name, fd, err) : err_set(err, ERR_INVALID, NOT_A_TAR);
    archive_read_free(a);
    names_end(&locale);
    return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct package_writer {
    struct archive *archive;
};

static la_ssize_t append(struct archive *a, void *arg, const void *data, size_t n)
{
    (void)a;
    sbuf_add(arg, data, n);
    return (la_ssize_t)n;
}

struct package_writer *catalogue_package_writer_new(struct sbuf *out)
{
    struct package_writer *w = xcalloc(1, sizeof(*w));
    w->archive = archive_write_new();
    if (!w->archive || archive_write_set_format_ustar(w->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(w->archive, 1) != ARCHIVE_OK ||
        archive_write_open(w->archive, out, NULL, append, NULL) != ARCHIVE_OK)
        abort(); /* out of memory */
    return w;
}

static enum err_code not_written(struct package_writer *w, const char *name, struct err *err)
{
    const char *why = archive_error_string(w->archive);
    return err_set(err, ERR_INVALID, "pack '%s': %s", name, why ? why : "failed");
}

enum err_code catalogue_package_add(struct package_writer *w, const char *name, const void *data,
                                    size_t size, struct err *err)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        abort(); /* out of memory */
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, package_below(name, "scripts") ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    enum err_code rc = ERR_OK;
    if (archive_write_header(w->archive, entry) != ARCHIVE_OK ||
        archive_write_data(w->archive, data, size) != (la_ssize_t)size)
        rc = not_written(w, name, err);
    archive_entry_free(entry);
    return rc;
}

enum err_code catalogue_package_writer_end(struct package_writer *w, struct err *err)
{
    enum err_code rc = ERR_OK;
    if (!w)
        return rc;
    if (archive_write_close(w->archive) != ARCHIVE_OK)
        rc = not_written(w, "the end", err);
    archive_write_free(w->archive);
    free(w);
    return rc;
}
