/* PoPs in the store, and their secrets, which are sealed apart from the document. */
#ifndef NFVO_STORE_STORE_POP_H
#define NFVO_STORE_STORE_POP_H

#include "nfvo/store/store.h"
#include "proto/records/vim.h"

/* The full document with its secrets, for publishing to a driver: never logged, stored or shown.
 * Appended to *out, which the caller wipes (store_wipe). Errors: ERR_NOT_FOUND; ERR_INTERNAL the
 * secret cannot be unsealed (another key file: hint). */
MUST_USE enum err_code store_pop_open(struct db *db, const struct seal *seal, const char *pop_id,
                                      struct sbuf *out, struct err *err);
/* The same for REST: secrets are ten asterisks. */
MUST_USE enum err_code store_pop_get(struct db *db, const struct seal *seal, const char *pop_id,
                                     const char *project, struct sbuf *out, struct err *err);
/* For who may see them, too: is_masked false only for a service's token (rest-api.md 1.6). */
MUST_USE enum err_code store_pop_show(struct db *db, const struct seal *seal, const char *pop_id,
                                      const char *project, bool is_masked, struct sbuf *out,
                                      struct err *err);
/* The same by name. */
MUST_USE enum err_code store_pop_find(struct db *db, const struct seal *seal, const char *name,
                                      const char *project, bool is_masked, struct sbuf *out,
                                      struct err *err);

/* The SECRET members of `pop` replace those stored for pop->id. Members that are missing, empty or
 * ten asterisks keep the stored value, which is then also put into *pop (rest-api.md 2.6, PUT). */
MUST_USE enum err_code store_pop_seal(struct db *db, const struct seal *seal,
                                      struct vim_instance *pop, struct arena *a, struct err *err);
/* Add the secrets to a PoP that was read without them (the engine has its document already). */
MUST_USE enum err_code store_pop_unseal(struct db *db, const struct seal *seal,
                                        struct vim_instance *pop, struct arena *a, struct err *err);
MUST_USE enum err_code store_secret_delete(struct db *db, const char *owner, struct err *err);
void store_wipe(struct sbuf *b); /* zero and release */

/* Names and types of the project's PoPs, for the deploy plan. */
struct store_pop {
    const char *id, *name, *type;
};
MUST_USE enum err_code store_pop_names(struct db *db, const char *project, struct arena *a,
                                       struct store_pop **ret, uint32_t *ret_n, struct err *err);
/* false: no PoP of that name but `except_id`'s (may be NULL). */
MUST_USE enum err_code store_pop_name_taken(struct db *db, const char *project, const char *name,
                                            const char *except_id, bool *ret, struct err *err);
/* Is it used by an NSR that is not gone? */
MUST_USE enum err_code store_pop_in_use(struct db *db, const char *pop_id, bool *ret,
                                        struct err *err);

#endif
