#include "nfvo/api/vim/key_pair.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/api/vim/sha1.h"

#define BITS 2048
#define LINE 72

void key_pair_release(struct key_pair *p)
{
    sbuf_release(&p->public_line);
    if (p->private_text.cap)
        sodium_memzero(p->private_text.s, p->private_text.cap);
    sbuf_release(&p->private_text);
}

/* lines of so many characters; 0: one. */
static void add_base64(struct sbuf *out, const unsigned char *data, size_t n, size_t line)
{
    size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
    char *text = xmalloc(size);
    sodium_bin2base64(text, size, data, n, sodium_base64_VARIANT_ORIGINAL);
    size_t len = strlen(text);
    for (size_t at = 0; line && at < len; at += line)
        sbuf_addf(out, "%.*s\n", (int)line, text + at);
    if (!line)
        sbuf_add(out, text, len);
    sodium_memzero(text, size);
    free(text);
}

static void add_part(struct sbuf *out, const void *data, size_t n)
{
    const unsigned char length[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                     (unsigned char)(n >> 8), (unsigned char)n};
    sbuf_add(out, (const char *)length, sizeof(length));
    sbuf_add(out, data, n);
}

/* A number of RFC 4251: one whose highest bit is set gets a zero in front, or it was negative. */
static void add_number(struct sbuf *out, const gnutls_datum_t *n)
{
    AUTO(sbuf_release) struct sbuf bytes = SBUF_INIT;
    unsigned skip = 0;
    while (skip + 1 < n->size && n->data[skip] == 0)
        skip++;
    if (n->data[skip] & 0x80)
        sbuf_addc(&bytes, '\0');
    sbuf_add(&bytes, (const char *)n->data + skip, n->size - skip);
    add_part(out, bytes.s, bytes.len);
}

static int add_public(gnutls_pubkey_t key, const char *comment, struct key_pair *ret)
{
    AUTO(sbuf_release) struct sbuf blob = SBUF_INIT;
    gnutls_datum_t m = {0}, e = {0}, x509 = {0};
    int rc = gnutls_pubkey_export_rsa_raw(key, &m, &e);
    if (rc >= 0)
        rc = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &x509);
    if (rc >= 0) {
        unsigned char digest[20];
        add_part(&blob, "ssh-rsa", 7);
        add_number(&blob, &e);
        add_number(&blob, &m);
        sbuf_adds(&ret->public_line, "ssh-rsa ");
        add_base64(&ret->public_line, (const unsigned char *)blob.s, blob.len, 0);
        sbuf_addf(&ret->public_line, " %s", comment);
        sha1(x509.data, x509.size, digest);
        key_fingerprint_text(digest, ret->fingerprint);
    }
    gnutls_free(m.data);
    gnutls_free(e.data);
    gnutls_free(x509.data);
    return rc;
}

static int add_private(gnutls_x509_privkey_t key, struct key_pair *ret)
{
    gnutls_datum_t der = {0};
    int rc =
        gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &der);
    if (rc < 0)
        return rc;
    sbuf_adds(&ret->private_text, "-----BEGIN RSA PRIVATE KEY-----\n");
    add_base64(&ret->private_text, der.data, der.size, LINE);
    sbuf_adds(&ret->private_text, "-----END RSA PRIVATE KEY-----\n");
    sodium_memzero(der.data, der.size);
    gnutls_free(der.data);
    return rc;
}

enum err_code key_pair_new(const char *comment, struct key_pair *ret, struct err *err)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_privkey_t any = NULL;
    gnutls_pubkey_t public_key = NULL;
    int rc = gnutls_x509_privkey_init(&key);
    if (rc >= 0)
        rc = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, BITS, 0);
    if (rc >= 0)
        rc = gnutls_privkey_init(&any);
    if (rc >= 0)
        rc = gnutls_privkey_import_x509(any, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    if (rc >= 0)
        rc = gnutls_pubkey_init(&public_key);
    if (rc >= 0)
        rc = gnutls_pubkey_import_privkey(public_key, any, 0, 0);
    if (rc >= 0)
        rc = add_public(public_key, comment, ret);
    if (rc >= 0)
        rc = add_private(key, ret);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(any);
    gnutls_x509_privkey_deinit(key);
    return rc >= 0 ? ERR_OK
                   : err_set(err, ERR_INTERNAL, "make a key pair: %s", gnutls_strerror(rc));
}

void key_fingerprint_text(const unsigned char *digest, char ret[KEY_FINGERPRINT_SIZE])
{
    for (int i = 0; i < 20; i++) {
        sodium_bin2hex(ret + 3 * i, 3, digest + i, 1);
        ret[3 * i + 2] = i < 19 ? ':' : '\0';
    }
}
