/* Table idempotency: what was answered to a request that bore an Idempotency-Key, so that a repeat
 * gets the same answer and nothing is made twice. */
#ifndef NFVO_STORE_STORE_IDEMPOTENCY_H
#define NFVO_STORE_STORE_IDEMPOTENCY_H

#include "nfvo/store/store.h"

struct store_claim {
    const char *key;    /* of user, project and the client's key */
    const char *person; /* id */
    const char *digest; /* of what was asked for */
    const char *object; /* the id that what is made will have */
    int64_t keep_us;
};

enum store_claimed {
    STORE_CLAIM_NEW,   /* ours */
    STORE_CLAIM_AGAIN, /* asked for before, and not answered: object is the id that it was given
                          then */
    STORE_CLAIM_OTHER, /* the key stands for another request */
    STORE_CLAIM_DONE   /* answered */
};

struct store_claim_row {
    enum store_claimed what;
    const char *object;
    int status;
    const char *type;
    struct sbuf body; /* appended to */
};

MUST_USE enum err_code store_claim(struct db *db, const struct store_claim *claim, struct arena *a,
                                   struct store_claim_row *ret, struct err *err);
/* The answer, for repeats. A key that is gone meanwhile is none. */
MUST_USE enum err_code store_claim_answer(struct db *db, const char *key, int status,
                                          const char *type, const char *body, size_t len,
                                          struct err *err);
/* Keep only the newest `max` of that person. */
MUST_USE enum err_code store_claim_trim(struct db *db, const char *person, int64_t max,
                                        struct err *err);

/* Appends the document of whatever has that id, as it is shown: NSD, VNFD, NSR, key, subscription,
 * project, PoP. *ret_there is false when there is none. A PoP that is being registered:
 * ERR_UNAVAIL. */
struct seal;
MUST_USE enum err_code store_claim_object(struct db *db, const struct seal *seal, const char *id,
                                          bool *ret_there, struct sbuf *out, struct err *err);

#endif
