/* Passwords that were right a moment ago, so that a program which logs in again and again does not
 * cost an argon2 each time.
 *
 * What is kept is a hash of the stored argon2 text and the password, keyed with a secret of this
 * process, for KNOWN_PASSWORDS_US. A password that was changed, by whichever process, has another
 * stored text, so the old one is unknown at once. Wrong passwords are never kept: each costs its
 * argon2, and counts. Ask it only for a login that login_throttle.h lets through. */
#ifndef NFVO_API_AUTH_KNOWN_PASSWORDS_H
#define NFVO_API_AUTH_KNOWN_PASSWORDS_H

#include <stdbool.h>
#include <stdint.h>

#define KNOWN_PASSWORDS_US (INT64_C(60) * 1000000) /* from the argon2, not from the last use */

struct known_passwords; /* opaque, thread-safe */

struct known_passwords *known_passwords_new(void); /* given; needs sodium_init */
void known_passwords_free(struct known_passwords *k);
/* Call it when argon2 said that it is right. stored: the argon2 text. now_us: monotonic. */
void known_passwords_add(struct known_passwords *k, const char *stored, const char *password,
                         int64_t now_us);
bool known_passwords_has(struct known_passwords *k, const char *stored, const char *password,
                         int64_t now_us);

#endif
