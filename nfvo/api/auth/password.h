/* argon2id with 19 MiB (design.md, section 5). Each call takes some 30 ms: only in the login thread
 * (login.h, password_job.h) and at start. */
#ifndef NFVO_API_AUTH_PASSWORD_H
#define NFVO_API_AUTH_PASSWORD_H

#include "common/base/err.h"

#include <stdbool.h>

#define PASSWORD_HASH_SIZE 128

MUST_USE enum err_code password_hash(const char *password, char out[PASSWORD_HASH_SIZE],
                                     struct err *err);
/* hash NULL: takes as long, and is false (a user that does not exist). */
bool password_verify(const char *hash, const char *password);

/* May this user have this password, by the options? ERR_INVALID: what is wrong, where: member. */
struct api;
MUST_USE enum err_code password_check(const struct api *api, const char *username,
                                      const char *password, const char *member, struct err *err);

#endif
