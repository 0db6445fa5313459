#include "nfvo/store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/sys/ids.h"

#define KEY_HEX (2 * crypto_secretbox_KEYBYTES)
#define B64     sodium_base64_VARIANT_ORIGINAL
#define URL64   sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(crypto_kdf_KEYBYTES == crypto_secretbox_KEYBYTES, "one key for both");

struct seal {
    unsigned char key[crypto_secretbox_KEYBYTES];
};

/* Under a name of its own first: of several processes that start at once on a new folder one wins,
 * and no other ever reads half a key. ERR_EXISTS: another one was first. */
static enum err_code write_key(const char *path, const struct seal *s, struct err *err)
{
    char text[KEY_HEX + 2];
    char id[ID_SIZE], own[4096];
    id_new(id);
    if ((size_t)snprintf(own, sizeof(own), "%s.%s", path, id) >= sizeof(own))
        return err_set(err, ERR_INVALID, "the path '%s' is too long", path);
    int fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create the key file '%s'", own);
    sodium_bin2hex(text, sizeof(text), s->key, sizeof(s->key));
    text[KEY_HEX] = '\n';
    bool is_written =
        write(fd, text, KEY_HEX + 1) == KEY_HEX + 1 && fsync(fd) == 0 && link(own, path) == 0;
    int why = errno;
    close(fd);
    unlink(own);
    sodium_memzero(text, sizeof(text));
    if (is_written)
        return ERR_OK;
    if (why == EEXIST)
        return err_set(err, ERR_EXISTS, "the key file '%s' is there", path);
    return err_set_errno(err, ERR_IO, why, "write the key file '%s'", path);
}

static enum err_code read_key(int fd, const char *path, struct seal *s, struct err *err)
{
    char text[KEY_HEX + 2];
    struct stat st;
    size_t len = 0;
    if (fstat(fd, &st) != 0)
        return err_set_errno(err, ERR_IO, errno, "read the key file '%s'", path);
    if (st.st_mode & 077) {
        err_set(err, ERR_INVALID, "key file '%s' can be read by others", path);
        return err_hint(err, "chmod 600 %s", path);
    }
    ssize_t got = read(fd, text, sizeof(text));
    bool is_key = got >= (ssize_t)KEY_HEX &&
                  sodium_hex2bin(s->key, sizeof(s->key), text, KEY_HEX, NULL, &len, NULL) == 0 &&
                  len == sizeof(s->key);
    sodium_memzero(text, sizeof(text));
    if (!is_key)
        return err_set(err, ERR_INVALID, "key file '%s' does not hold %d hex digits", path,
                       (int)KEY_HEX);
    return ERR_OK;
}

static enum err_code open_key(const char *path, struct seal *s, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "open the key file '%s'", path);
    enum err_code rc = read_key(fd, path, s, err);
    close(fd);
    return rc;
}

enum err_code seal_load(struct seal **ret, const char *key_path, struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_INTERNAL, "libsodium does not start");
    struct seal *s = xcalloc(1, sizeof(*s));
    struct err cause = ERR_INIT; /* a file that is missing at the first start is no error */
    enum err_code rc = open_key(key_path, s, &cause);
    if (rc == ERR_NOT_FOUND) {
        id_random(s->key, sizeof(s->key));
        rc = write_key(key_path, s, &cause);
    }
    if (rc == ERR_EXISTS)
        rc = open_key(key_path, s, &cause);
    if (rc != ERR_OK && err)
        *err = cause;
    if (rc != ERR_OK) {
        seal_free(s);
        return rc;
    }
    *ret = s;
    return ERR_OK;
}

void seal_free(struct seal *s)
{
    if (!s)
        return;
    sodium_memzero(s, sizeof(*s));
    free(s);
}

/* A key of its own for each owner: secretbox has no associated data. */
static void owner_key(const struct seal *s, const char *owner,
                      unsigned char ret[crypto_secretbox_KEYBYTES])
{
    crypto_generichash(ret, crypto_secretbox_KEYBYTES, (const unsigned char *)owner, strlen(owner),
                       s->key, sizeof(s->key));
}

void seal_wrap(const struct seal *s, const char *owner, const char *text, size_t len,
               struct sbuf *out)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    size_t size = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + len;
    unsigned char *box = xmalloc(size);
    id_random(box, crypto_secretbox_NONCEBYTES);
    owner_key(s, owner, key);
    crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const unsigned char *)text, len, box,
                          key);
    sodium_memzero(key, sizeof(key));
    size_t text_size = sodium_base64_encoded_len(size, B64);
    sbuf_grow(out, text_size);
    sodium_bin2base64(out->s + out->len, text_size, box, size, B64);
    out->len += text_size - 1;
    free(box);
}

enum err_code seal_unwrap(const struct seal *s, const char *owner, const char *sealed,
                          struct sbuf *out, struct err *err)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    size_t max = strlen(sealed), size = 0;
    unsigned char *box = xmalloc(max + 1);
    bool is_open = sodium_base642bin(box, max, sealed, max, NULL, &size, NULL, B64) == 0 &&
                   size >= crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (is_open) {
        size_t len = size - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES;
        sbuf_grow(out, len + 1);
        owner_key(s, owner, key);
        is_open = crypto_secretbox_open_easy((unsigned char *)out->s + out->len,
                                             box + crypto_secretbox_NONCEBYTES,
                                             size - crypto_secretbox_NONCEBYTES, box, key) == 0;
        sodium_memzero(key, sizeof(key));
        out->len += is_open ? len : 0;
        out->s[out->len] = '\0';
    }
    free(box);
    if (is_open)
        return ERR_OK;
    err_set(err, ERR_INTERNAL, "the secret of '%s' cannot be unsealed", owner);
    return err_hint(err, "is this the key file that the secret was sealed with?");
}

void seal_derive(const struct seal *s, uint64_t purpose, const char *name, struct sbuf *out)
{
    enum { SIZE = 32, TEXT_SIZE = sodium_base64_ENCODED_LEN(SIZE, URL64) };
    unsigned char key[crypto_generichash_KEYBYTES], hash[SIZE];
    crypto_kdf_derive_from_key(key, sizeof(key), purpose, "batonkey", s->key);
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)name, strlen(name), key,
                       sizeof(key));
    sbuf_grow(out, TEXT_SIZE);
    sodium_bin2base64(out->s + out->len, TEXT_SIZE, hash, sizeof(hash), URL64);
    out->len += TEXT_SIZE - 1;
    sodium_memzero(key, sizeof(key));
    sodium_memzero(hash, sizeof(hash));
}
