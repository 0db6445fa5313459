/* The key of a database: the file that seal.h reads has to be the one that the database's secrets
 * were sealed with. */
#ifndef NFVO_STORE_STORE_SEAL_H
#define NFVO_STORE_STORE_SEAL_H

#include "nfvo/store/seal.h"
#include "nfvo/store/store.h"

/* Reads the key file; makes it when it is missing and nothing is sealed yet. The first key that a
 * database meets is remembered in it (table seal_mark), and every other one is refused: a new key
 * beside sealed secrets would start, and fail at each of them later. Of several processes that
 * start at once on an empty database with different files, one wins.
 *
 * options->is_seal_key_lost: the file is gone for good. A missing file is made anew, PoPs lose
 * their secrets, and each manager gets a new password at its next registration.
 *
 * Given: seal_free. Errors: ERR_STATE another key, or none, with the way back as hint; those of
 * seal_load and of the database. */
MUST_USE enum err_code store_seal_open(struct db *db, const struct store_options *options,
                                       struct seal **ret, struct err *err);

#endif
