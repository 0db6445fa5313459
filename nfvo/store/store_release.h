/* Releases that users asked for and the engine has not begun: a row each, so that none is lost with
 * the process that accepted it. The row goes when the engine has taken the release over. */
#ifndef NFVO_STORE_STORE_RELEASE_H
#define NFVO_STORE_STORE_RELEASE_H

#include "nfvo/store/store.h"

struct proto_strs;

/* All, or none: ERR_NOT_FOUND names the first that is not there (in the project). One that is
 * wanted already counts once. */
MUST_USE enum err_code store_release_add(struct db *db, const struct proto_strs *ids,
                                         const char *project, const char *username,
                                         struct err *err);

struct store_release {
    const char *nsr_id, *project, *username;
};
/* The next ones that nobody has, at most max, in the order in which they were asked for; they are
 * the caller's for lease_us. report: for each. */
MUST_USE enum err_code store_release_take(struct db *db, int64_t max, int64_t lease_us,
                                          void (*report)(void *arg, const struct store_release *r),
                                          void *arg, struct err *err);
/* They are begun, or cannot be. ids: text[]. */
MUST_USE enum err_code store_release_done(struct db *db, struct db_array *ids, struct err *err);
/* Somebody may take them again after so long. */
MUST_USE enum err_code store_release_later(struct db *db, struct db_array *ids, int64_t pause_us,
                                           struct err *err);

#endif
