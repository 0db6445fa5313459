/* Logins by password: who may try, in which order argon2 looks at them, and what is written down.
 * login_throttle.h says who waits; the work is one argon2 at a time in a thread of its own. */
#ifndef NFVO_API_AUTH_LOGIN_H
#define NFVO_API_AUTH_LOGIN_H

#include "nfvo/api/auth/credentials.h"
#include "nfvo/api/context.h"

/* POST /oauth/token with grant_type=password: answers or parks. */
MUST_USE enum err_code login_start(struct call *c, const struct credentials_form *form,
                                   struct err *err);

/* OAuth's error object, in the words that the reference's clients look for (rest-api.md 1.1). */
void oauth_error(struct sbuf *out, const char *error, const char *description);
/* The success of a grant. refresh NULL: none. */
void oauth_token(struct sbuf *out, const char *token, const char *refresh, int64_t ttl_us);

#define TOKEN_SIZE 44 /* 43 characters: 256 bits */

#endif
