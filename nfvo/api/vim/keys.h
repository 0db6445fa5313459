#ifndef NFVO_API_VIM_KEYS_H
#define NFVO_API_VIM_KEYS_H

#include "common/base/err.h"

#define KEY_FINGERPRINT_SIZE 60 /* 20 pairs of hex digits, 19 colons, NUL */

/* Of "ssh-rsa <base64> [comment]": SHA-1 of the decoded blob. ERR_INVALID. Pure. */
MUST_USE enum err_code key_fingerprint(const char *public_key, char ret[KEY_FINGERPRINT_SIZE],
                                       struct err *err);
/* digest: 20 bytes of SHA-1. */
void key_fingerprint_text(const unsigned char *digest, char ret[KEY_FINGERPRINT_SIZE]);

#endif
