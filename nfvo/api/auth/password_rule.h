/* Which passwords people may choose: NIST SP 800-63B section 5.1.1.2 and OWASP ASVS 5.0
 * chapter 6.2. Length and how guessable it is, no classes of characters: "Aa111111" satisfied the
 * reference's rule (8 characters, upper and lower case, digit: rest-api.md 1.1) and is among the
 * first that are tried. Pure, but for reading the operator's list. */
#ifndef NFVO_API_AUTH_PASSWORD_RULE_H
#define NFVO_API_AUTH_PASSWORD_RULE_H

#include "common/base/err.h"

#include <stdbool.h>

#define PASSWORD_MAX 1000 /* bytes: more than anybody types, and no work for nothing */

struct password_list; /* of the operator: opaque, read-only once it is read */

struct password_rule {
    size_t min;                      /* characters */
    const struct password_list *own; /* NULL: none */
};

/* Refused is what is shorter than rule->min characters, what is in a list of common passwords (the
 * 3000 most common ones of 8 and more, and the operator's own), in any case and also with 0 for o
 * and the like, and what has too little that is not to be expected. Of that a character counts one;
 * a common word counts two; the user's name, one of ours, a year, a run ("aaaa", "1234", "fedc",
 * "qwer") count one; six are needed. user may be NULL. ERR_INVALID with words and hint, which do
 * not repeat it. */
MUST_USE enum err_code password_rule_check(const struct password_rule *rule, const char *user,
                                           const char *password, struct err *err);

/* One password a line. Given. ERR_IO. At most PASSWORD_LIST_MAX lines (ERR_LIMIT). */
#define PASSWORD_LIST_MAX 10000000
MUST_USE enum err_code password_list_read(struct password_list **ret, const char *path,
                                          struct err *err);
void password_list_free(struct password_list *list); /* NULL is fine */

/* common_passwords.c, which tests/support/common-passwords makes: hashes in ascending order. */
extern const uint32_t common_passwords[];
extern const size_t common_passwords_n;
/* The upper half of FNV-1a (64 bits) of a text in lower case. */
uint32_t password_rule_hash(const char *text, size_t len);

#endif
