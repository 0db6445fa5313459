/* Persons and their tokens. A token is stored as its hash only (BLAKE2b, hex): whoever reads the
 * database cannot log in with what is there. */
#ifndef NFVO_STORE_STORE_ACCESS_H
#define NFVO_STORE_STORE_ACCESS_H

#include "nfvo/store/store.h"

struct user;

struct store_person {
    const char *id, *name, *password; /* password: argon2id string */
    bool is_enabled;
    const char *doc; /* struct user without password */
};

/* ERR_NOT_FOUND. */
MUST_USE enum err_code store_person_find(struct db *db, const char *name, struct arena *a,
                                         struct store_person *ret, struct err *err);
/* ERR_EXISTS: the name is taken. user->password is not written into the document. */
MUST_USE enum err_code store_person_add(struct db *db, const struct user *user,
                                        const char *password_hash, struct err *err);
/* Ends the person's tokens. ERR_NOT_FOUND. */
MUST_USE enum err_code store_person_password(struct db *db, const char *id,
                                             const char *password_hash, struct err *err);
MUST_USE enum err_code store_person_count(struct db *db, int64_t *ret, struct err *err);

struct store_token {
    const char *hash, *refresh_hash, *person_id;
    int64_t ttl_us, refresh_ttl_us;
};
/* Tokens that have expired are swept by the way. */
MUST_USE enum err_code store_token_add(struct db *db, const struct store_token *t, struct err *err);
/* Whose it is, and how long it still lasts (<= 0: expired). ERR_NOT_FOUND. */
MUST_USE enum err_code store_token_find(struct db *db, const char *hash, struct arena *a,
                                        struct store_person *ret, int64_t *ret_left_us,
                                        struct err *err);
/* A new access token in the place of the old one. ERR_NOT_FOUND: unknown or expired. */
MUST_USE enum err_code store_token_refresh(struct db *db, const char *refresh_hash,
                                           const char *hash, int64_t ttl_us, struct err *err);

#endif
