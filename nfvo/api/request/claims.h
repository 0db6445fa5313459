/* The keys of requests (idempotency.h) that this process has in hand, and who waits for their
 * answers. Of the store, and of what an answer is, nothing is known here. */
#ifndef NFVO_API_REQUEST_CLAIMS_H
#define NFVO_API_REQUEST_CLAIMS_H

#include <sodium.h>
#include <stdbool.h>

struct key_claims; /* opaque, thread-safe */
struct pending;

/* Of one request. */
struct key_claim {
    struct key_claim *next;
    char key[2 * crypto_generichash_BYTES + 1], digest[2 * crypto_generichash_BYTES + 1];
    char *object;              /* the id of what the request makes; owned */
    bool is_again, is_settled; /* settled: what is stored stays */
    struct claim_waiting *waiting;
};

/* A repeat of it, which gets the same answer. */
struct claim_waiting {
    struct claim_waiting *next;
    struct pending *pending;
};

struct key_claims *claims_new(void);
void claims_free(struct key_claims *c);

/* Is the key free? Then it is ours from now on, until claims_let_go. Does the same request have it? Then
 * what park(arg) gives waits for that one's answer. */
enum claim_taken { CLAIM_OURS, CLAIM_AWAITED, CLAIM_OF_ANOTHER };
typedef struct pending *claim_park_fn(void *arg);
enum claim_taken claims_take(struct key_claims *all, struct key_claim *mine, claim_park_fn *park,
                             void *arg);
/* Returns who waits: a list, the caller's. Nobody joins them any more. */
struct claim_waiting *claims_let_go(struct key_claims *all, struct key_claim *claim);
/* How many keys were taken so far. */
unsigned claims_count(const struct key_claims *all);

void claim_free(struct key_claim *claim);

#endif
