/* The disk of a container: a file system in a file of its own, so that who fills it fills nothing
 * else. It is made with what has to be in it (mke2fs -d), and mounted by the process that becomes
 * the container, in its mount namespace only: the loop device goes with the last process of it.
 * The file is sparse: it takes what is written, and what is deleted goes back (discard). */
#include "vim-drivers/local/container.h"

#include "common/log/log.h"
#include "vim-drivers/local/spawn.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAKE_MS = 120000 };

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

/* Less is no disk to work on. */
#define LEAST  (128 * MIB)
#define SHARE  8 /* of what is left, one server gets so much at most: the next ones want some, too */
#define LITTLE (512 * MIB) /* but not less than this, as long as it is there */

static enum err_code make(const char *image, const char *tree, int64_t size, struct err *err)
{
    char blocks[32];
    snprintf(blocks, sizeof(blocks), "%lldk", (long long)(size / 1024));
    /* Nothing outlives the server, so there is no journal; nor is anything kept for root. */
    const char *const argv[] = {"mke2fs",
                                "-q",
                                "-F",
                                "-t",
                                "ext4",
                                "-m",
                                "0",
                                "-O",
                                "^has_journal",
                                "-E",
                                "lazy_itable_init=1,nodiscard,root_owner=0:0",
                                "-d",
                                tree,
                                image,
                                blocks,
                                NULL};
    enum err_code rc = loc_run(&(struct loc_spawn){.argv = argv, .timeout_ms = MAKE_MS}, err);
    return rc == ERR_OK ? rc : err_add(err, "make its disk");
}

enum err_code loc_disk_try(const char *folder, struct err *err)
{
    char tree[LOC_PATH_MAX], image[LOC_PATH_MAX], at[LOC_PATH_MAX];
    const char *const argv[] = {"true", NULL};
    snprintf(tree, sizeof(tree), "%s/disk/tree", folder);
    snprintf(at, sizeof(at), "%s/disk/at", folder);
    snprintf(image, sizeof(image), "%s/disk/image", folder);
    enum err_code rc = loc_make_folder(tree, 0755, err);
    if (rc == ERR_OK)
        rc = loc_make_folder(at, 0755, err);
    if (rc == ERR_OK)
        rc = make(image, tree, 16 * MIB, err);
    if (rc == ERR_OK)
        rc = loc_run(&(struct loc_spawn){.argv = argv, .disk = image, .disk_at = at}, err);
    return rc;
}

void loc_disk_file(const struct loc *l, const struct loc_server *s, char out[LOC_PATH_MAX])
{
    loc_path(l, out, "instances/%s/disk", s->id);
}

/* What that server may still write. */
static int64_t promised(const struct loc *l, const struct loc_server *s)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    loc_disk_file(l, s, path);
    int64_t has = stat(path, &st) == 0 ? (int64_t)st.st_blocks * 512 : 0;
    return s->disk_size > has ? s->disk_size - has : 0;
}

enum err_code loc_disk_plan(const struct loc *l, struct loc_server *s, struct err *err)
{
    struct statvfs fs;
    int64_t wanted = (s->flavour.disk ? s->flavour.disk : l->o->default_disk_gb) * GIB;
    if (!l->has_disk)
        return ERR_OK;
    if (statvfs(l->folder, &fs) != 0)
        return err_set(err, ERR_IO, "the space below '%s' is not known", l->folder);
    int64_t left = (int64_t)(fs.f_bavail * fs.f_frsize) - l->o->disk_reserve;
    for (const struct loc_server *o = l->servers; o; o = o->next)
        left -= promised(l, o);
    int64_t share = left / SHARE < LITTLE ? (left < LITTLE ? left : LITTLE) : left / SHARE;
    s->disk_size = wanted < share ? wanted : share / MIB * MIB;
    if (s->disk_size >= LEAST)
        return ERR_OK;
    err_set(err, ERR_LIMIT, "no space is left below '%s' for its disk", l->folder);
    return err_hint(err,
                    "delete servers, free some space there, or lower the driver's option "
                    "disk-reserve (%lld MB)",
                    (long long)(l->o->disk_reserve / MIB));
}

bool loc_disk_is_cut(const struct loc_server *s)
{
    return s->disk_size && s->flavour.disk && s->disk_size < s->flavour.disk * GIB;
}

enum err_code loc_disk_make(const struct loc *l, const struct loc_server *s, const char *tree,
                            struct err *err)
{
    char image[LOC_PATH_MAX];
    loc_disk_file(l, s, image);
    if (loc_disk_is_cut(s))
        log_warn(LOG_DRIVER, "disk_cut", KV_S("server", s->id), KV_S("name", s->name),
                 KV_I("mb", s->disk_size / MIB), KV_I("wanted_gb", s->flavour.disk),
                 KV_S("hint",
                      "an eighth of what is left below state-dir, less disk-reserve and what "
                      "other servers may still write"));
    return make(image, tree, s->disk_size, err);
}
