/* Images: the host's own /usr, and root file systems in the folder of the option images. */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "vim-drivers/local/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGES_MAX = 1000, UNPACK_MS = 600000 };

static pthread_mutex_t unpacking = PTHREAD_MUTEX_INITIALIZER;

static void add(struct loc *l, const char *name, size_t len, const char *source, bool is_archive)
{
    struct loc_image *i = xcalloc(1, sizeof(*i)), **at = &l->images;
    snprintf(i->name, sizeof(i->name), "%.*s", (int)len, name);
    snprintf(i->source, sizeof(i->source), "%s", source);
    i->is_archive = is_archive;
    while (*at)
        at = &(*at)->next;
    *at = i;
}

/* "debian.tar", "debian.tar.gz" and so on: "debian". */
static size_t archive_name(const char *file)
{
    static const char *const ends[] = {".tar",    ".tar.gz",  ".tgz",
                                       ".tar.xz", ".tar.zst", ".tar.bz2"};
    size_t len = strlen(file);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);
        if (len > n && strcmp(file + len - n, ends[i]) == 0)
            return len - n;
    }
    return 0;
}

static void take(struct loc *l, const char *folder, const char *file)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    if (file[0] == '.' ||
        (size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) >= sizeof(path) ||
        strlen(file) >= LOC_NAME_MAX || strchr(path, ',') || strchr(path, ':') ||
        stat(path, &st) != 0)
        return;
    size_t len = S_ISREG(st.st_mode) ? archive_name(file) : strlen(file);
    if ((!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || len == 0)
        return;
    char name[LOC_NAME_MAX];
    snprintf(name, sizeof(name), "%.*s", (int)len, file);
    if (!loc_image_find(l, name))
        add(l, file, len, path, S_ISREG(st.st_mode));
}

/* With the lock held. Again whenever somebody asks: images come and go. */
enum err_code loc_images_scan(struct loc *l, struct err *err)
{
    while (l->images) {
        struct loc_image *next = l->images->next;
        free(l->images);
        l->images = next;
    }
    add(l, "host", 4, "", false);
    if (!l->o->images[0] || l->mode == LOC_PLAIN)
        return ERR_OK;
    DIR *d = opendir(l->o->images);
    if (!d)
        return err_set_errno(err, ERR_IO, errno, "option images: open '%s'", l->o->images);
    struct dirent *e;
    for (int n = 0; n < IMAGES_MAX && (e = readdir(d)); n++)
        take(l, l->o->images, e->d_name);
    closedir(d);
    return ERR_OK;
}

/* Once: into a folder beside, which then takes its name. A changed archive is another image. */
static enum err_code unpack(struct loc *l, const struct loc_image *i, char out[LOC_PATH_MAX],
                            struct err *err)
{
    struct stat st;
    char fresh[LOC_PATH_MAX];
    if (stat(i->source, &st) != 0)
        return err_set_errno(err, ERR_NOT_FOUND, errno, "open '%s'", i->source);
    loc_path(l, out, "images/%s.%llx.%llx", i->name, (unsigned long long)st.st_mtime,
             (unsigned long long)st.st_size);
    loc_path(l, fresh, "images/unpacking");
    if (access(out, F_OK) == 0)
        return ERR_OK;
    enum err_code rc = loc_remove_tree(fresh, err);
    if (rc == ERR_OK)
        rc = loc_make_folder(fresh, 0755, err);
    loc_step(l);
    const char *const argv[] = {loc_own_path(), "unpack", i->source, fresh, NULL};
    if (rc == ERR_OK)
        rc = loc_run(&(struct loc_spawn){.argv = argv, .timeout_ms = UNPACK_MS}, err);
    loc_step(l);
    if (rc == ERR_OK && rename(fresh, out) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "make '%s'", out);
    if (rc == ERR_OK)
        log_info(LOG_DRIVER, "image_unpacked", KV_S("image", i->name));
    return rc;
}

enum err_code loc_image_folder(struct loc *l, const char *name, char out[LOC_PATH_MAX],
                               struct err *err)
{
    struct loc_image image;
    pthread_mutex_lock(&l->lock);
    const struct loc_image *found = loc_image_find(l, name);
    if (found)
        image = *found;
    pthread_mutex_unlock(&l->lock);
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "image '%s' is not there", name);
    snprintf(out, LOC_PATH_MAX, "%s", image.source);
    if (!image.is_archive)
        return ERR_OK;
    pthread_mutex_lock(&unpacking);
    enum err_code rc = unpack(l, &image, out, err);
    pthread_mutex_unlock(&unpacking);
    return rc == ERR_OK ? rc : err_add(err, "image '%s'", name);
}
