/* Sealing secrets before they reach the database: crypto_secretbox of libsodium, base64 around it.
 * The key is a file of 32 random bytes in hex, mode 0600, never the database. */
#ifndef NFVO_STORE_SEAL_H
#define NFVO_STORE_SEAL_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdint.h>

struct seal; /* opaque; thread-safe: only read after seal_load */

/* Read the key file, or make it (O_EXCL, 0600) when there is none. Errors: ERR_IO; ERR_INVALID not
 * 64 hex digits, or readable by others. */
MUST_USE enum err_code seal_load(struct seal **ret, const char *key_path, struct err *err);
void seal_free(struct seal *s); /* wipes the key */

/* Append the sealed form: base64(nonce || box). `owner` is bound to it: a row that is moved to
 * another owner does not open. */
void seal_wrap(const struct seal *s, const char *owner, const char *text, size_t len,
               struct sbuf *out);
/* Append the text. ERR_INTERNAL: wrong key, wrong owner or changed. */
MUST_USE enum err_code seal_unwrap(const struct seal *s, const char *owner, const char *sealed,
                                   struct sbuf *out, struct err *err);

/* Append a secret that is nowhere stored and always the same: 43 letters, digits, '-' and '_' out
 * of `name`, under a key of its own for each purpose (a small number). It tells nothing of the
 * sealing key. */
#define SEAL_AGENT_LOGIN 1 /* name: the hostname of a VNFC instance */
#define SEAL_SUITE       2 /* name: "": who holds the same key belongs to the same suite */
#define SEAL_MARK        3 /* name: "": what a database remembers its key by (store_seal.h) */
#define SEAL_IMAGE       4 /* name: "<id of an image> <end>": who may fetch it (image_token.h) */
void seal_derive(const struct seal *s, uint64_t purpose, const char *name, struct sbuf *out);

#endif
