/* Reading what clients send to prove who they are. Pure; untrusted input. */
#ifndef NFVO_API_AUTH_CREDENTIALS_H
#define NFVO_API_AUTH_CREDENTIALS_H

#include "common/base/arena.h"

#include <stdbool.h>

/* "Bearer <token>" (any case of the word): the token, borrowed from the header; NULL if it is none,
 * or longer than any of ours. */
const char *credentials_bearer(const char *header);

/* "<64 hex digits>" of a token, as it is stored. */
#define TOKEN_HASH_SIZE 65
void token_hash(const char *token, char out[TOKEN_HASH_SIZE]);

/* "Basic <base64(user:password)>". */
bool credentials_basic(const char *header, const char *user, const char *password);

/* An application/x-www-form-urlencoded body. The reference's CLI does not encode what it sends
 * (rest-api.md 1.1): a value whose escapes are not well-formed is taken as it stands, and in a
 * password a '+' is tried both ways, see raw. */
struct credentials_form {
    const char *grant_type, *username, *password, *refresh_token; /* NULL: absent */
    const char *raw_username, *raw_password;                      /* as sent, undecoded */
};
void credentials_form(const char *body, struct arena *a, struct credentials_form *ret);

#endif
