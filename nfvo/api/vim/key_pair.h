/* An RSA key pair of 2048 bits for a server's login. Takes some 100 ms to seconds: not in a thread
 * of the server. */
#ifndef NFVO_API_VIM_KEY_PAIR_H
#define NFVO_API_VIM_KEY_PAIR_H

#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "nfvo/api/vim/keys.h"

struct key_pair {
    struct sbuf public_line; /* "ssh-rsa <base64> <comment>" */
    /* PKCS#8 in Base64, lines of 72, between "-----BEGIN RSA PRIVATE KEY-----" and its end: the
     * reference's form (rest-api.md 2.8), which ssh takes too. Wiped by key_pair_release. */
    struct sbuf private_text;
    char fingerprint[KEY_FINGERPRINT_SIZE]; /* SHA-1 of the X.509 encoding, as the reference's */
};
#define KEY_PAIR_INIT                                                                              \
    {                                                                                              \
        SBUF_INIT, SBUF_INIT, ""                                                                   \
    }

/* ERR_INTERNAL. */
MUST_USE enum err_code key_pair_new(const char *comment, struct key_pair *ret, struct err *err);
void key_pair_release(struct key_pair *p);

#endif
