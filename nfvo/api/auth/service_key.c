#include "nfvo/api/auth/service_key.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sodium.h>
#include <string.h>

#include "common/base/mem.h"

#define BLOCK 16

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

void service_key_new(char ret[SERVICE_KEY_SIZE])
{
    for (size_t i = 0; i < SERVICE_KEY_SIZE - 1; i++)
        ret[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    ret[SERVICE_KEY_SIZE - 1] = '\0';
}

/* GnuTLS has no ECB: it is CBC of one block at a time, each with a zero vector. */
static bool run(const char *key, unsigned char *data, size_t len, bool is_opening)
{
    static const unsigned char nothing[BLOCK];
    const gnutls_datum_t k = {(unsigned char *)(uintptr_t)key, SERVICE_KEY_SIZE - 1};
    const gnutls_datum_t iv = {(unsigned char *)(uintptr_t)nothing, BLOCK};
    gnutls_cipher_hd_t cipher;
    int rc = gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &k, &iv);
    if (rc < 0)
        return false;
    for (size_t at = 0; rc >= 0 && at < len; at += BLOCK) {
        gnutls_cipher_set_iv(cipher, (unsigned char *)(uintptr_t)nothing, BLOCK);
        rc = is_opening ? gnutls_cipher_decrypt(cipher, data + at, BLOCK)
                        : gnutls_cipher_encrypt(cipher, data + at, BLOCK);
    }
    gnutls_cipher_deinit(cipher);
    return rc >= 0;
}

/* Without its padding; false: it is none, so the key was another one. */
static bool unpad(const unsigned char *data, size_t *len)
{
    size_t n = *len > 0 ? data[*len - 1] : 0;
    if (n < 1 || n > BLOCK || n > *len)
        return false;
    for (size_t i = *len - n; i < *len; i++)
        if (data[i] != n)
            return false;
    *len -= n;
    return true;
}

bool service_key_open(const char *key, const char *sealed, size_t len, struct sbuf *out)
{
    size_t n = 0;
    unsigned char *data = xmalloc(len + 1);
    bool is_good = sodium_base642bin(data, len, sealed, len, "\r\n ", &n, NULL,
                                     sodium_base64_VARIANT_ORIGINAL) == 0 &&
                   n > 0 && n % BLOCK == 0 && run(key, data, n, true) && unpad(data, &n);
    if (is_good)
        sbuf_add(out, (const char *)data, n);
    sodium_memzero(data, len + 1);
    free(data);
    return is_good;
}

void service_key_close(const char *key, const char *text, size_t len, struct sbuf *out)
{
    size_t padding = BLOCK - len % BLOCK, n = len + padding;
    size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
    unsigned char *data = xmalloc(n);
    char *encoded = xmalloc(size);
    memcpy(data, text, len);
    memset(data + len, (int)padding, padding);
    if (run(key, data, n, false))
        sbuf_adds(out, sodium_bin2base64(encoded, size, data, n, sodium_base64_VARIANT_ORIGINAL));
    sodium_memzero(data, n);
    free(data);
    free(encoded);
}
