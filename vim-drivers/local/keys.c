/* The ssh keys of a deployment, into root's authorized_keys of its servers, as a cloud's first boot
 * would put them there. */
#include "vim-drivers/local/local.h"

#include "proto/records/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEYS_BYTES_MAX = 1024 * 1024, KEY_BYTES_MAX = 16 * 1024 };

/* A key is a line: what holds another could authorize whom nobody named. */
static bool is_a_line(const char *key)
{
    size_t n = strlen(key);
    if (n == 0 || n > KEY_BYTES_MAX)
        return false;
    for (; *key; key++)
        if ((unsigned char)*key < 0x20 || *key == 0x7f)
            return false;
    return true;
}

enum err_code loc_keys_read(const char *json, size_t len, struct arena *a, const char **ret,
                            struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct ssh_key_list keys = {0};
    if (!json)
        return ERR_OK; /* an overload without keys */
    enum err_code rc = proto_decode_list(&ssh_key_type, json, len, a, &keys, err);
    if (rc != ERR_OK)
        return err_add(err, "keys");
    for (uint32_t i = 0; i < keys.n; i++) {
        const char *key = keys.at[i]->public_key ? keys.at[i]->public_key : "";
        size_t n = strlen(key);
        while (n > 0 && (key[n - 1] == '\n' || key[n - 1] == '\r')) /* as files end */
            n--;
        key = arena_strndup(a, key, n);
        if (!is_a_line(key)) {
            err_set(err, ERR_INVALID, "keys[%u] '%.60s': publicKey is not one line of text", i,
                    keys.at[i]->name ? keys.at[i]->name : "");
            return err_hint(err, "it has the form: ssh-ed25519 AAAA... comment");
        }
        sbuf_addf(&text, "%s\n", key);
    }
    if (text.len > KEYS_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "the keys have %zu bytes together, more than %d", text.len,
                       KEYS_BYTES_MAX);
    *ret = arena_strndup(a, text.s ? text.s : "", text.len);
    return ERR_OK;
}

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
