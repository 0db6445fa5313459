/* The ssh keys of a deployment, into root's authorized_keys of its servers, as a cloud's first boot
 * would put them there. */
#include "vim-drivers/local/local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEYS_BYTES_MAX = 1024 * 1024 };

static const char keys_file[] = "authorized-keys";

bool loc_keys_are(const char *name)
{
    return strcmp(name, keys_file) == 0;
}

enum err_code loc_keys_keep(const struct loc *l, const struct loc_server *s, const char *keys,
                            struct err *err)
{
    char path[LOC_PATH_MAX];
    if (!keys || !keys[0])
        return ERR_OK;
    loc_path(l, path, "instances/%s/%s", s->id, keys_file);
    return loc_write(path, keys, strlen(keys), 0600, err);
}

enum err_code loc_keys_kept(const struct loc *l, const struct loc_server *s, struct sbuf *out,
                            struct err *err)
{
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/%s", s->id, keys_file);
    enum err_code rc = loc_read(path, KEYS_BYTES_MAX, out, err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    if (err)
        *err = (struct err)ERR_INIT;
    return ERR_OK;
}

/* An image may have a link in its place: nothing is written through it. */
static enum err_code make_own_folder(const char *path, struct err *err)
{
    struct stat st;
    enum err_code rc = loc_make_folder(path, 0700, err);
    if (rc == ERR_OK && (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
        rc = err_set(err, ERR_INVALID, "'%s' of the image is no folder", path);
    return rc;
}

enum err_code loc_keys_place(const struct loc *l, const struct loc_server *s, const char *top,
                             struct err *err)
{
    AUTO(sbuf_release) struct sbuf keys = SBUF_INIT;
    char path[LOC_PATH_MAX + 32];
    enum err_code rc = loc_keys_kept(l, s, &keys, err);
    if (rc != ERR_OK || keys.len == 0)
        return rc;
    snprintf(path, sizeof(path), "%s/root", top);
    rc = make_own_folder(path, err);
    snprintf(path, sizeof(path), "%s/root/.ssh", top);
    if (rc == ERR_OK)
        rc = make_own_folder(path, err);
    if (rc == ERR_OK && chmod(path, 0700) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "chmod '%s'", path);
    snprintf(path, sizeof(path), "%s/root/.ssh/authorized_keys", top);
    return rc == ERR_OK ? loc_write(path, keys.s, keys.len, 0600, err) : rc;
}
