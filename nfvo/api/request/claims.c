#include "nfvo/api/request/claims.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct key_claims {
    pthread_mutex_t lock;
    struct key_claim *in_hand;
    unsigned n; /* claims so far */
};

struct key_claims *claims_new(void)
{
    struct key_claims *c = xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void claims_free(struct key_claims *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void wait_for(struct key_claim *first, struct pending *p)
{
    struct claim_waiting *w = xcalloc(1, sizeof(*w));
    w->pending = p;
    w->next = first->waiting;
    first->waiting = w;
}

enum claim_taken claims_take(struct key_claims *all, struct key_claim *mine, claim_park_fn *park,
                             void *arg)
{
    enum claim_taken ret = CLAIM_OURS;
    pthread_mutex_lock(&all->lock);
    struct key_claim *first = all->in_hand;
    while (first && strcmp(first->key, mine->key) != 0)
        first = first->next;
    if (!first) {
        mine->next = all->in_hand;
        all->in_hand = mine;
        all->n++;
    } else if (strcmp(first->digest, mine->digest) != 0) {
        ret = CLAIM_OF_ANOTHER;
    } else {
        wait_for(first, park(arg));
        ret = CLAIM_AWAITED;
    }
    pthread_mutex_unlock(&all->lock);
    return ret;
}

struct claim_waiting *claims_let_go(struct key_claims *all, struct key_claim *claim)
{
    pthread_mutex_lock(&all->lock);
    struct key_claim **at = &all->in_hand;
    while (*at && *at != claim)
        at = &(*at)->next;
    if (*at)
        *at = claim->next;
    struct claim_waiting *waiting = claim->waiting;
    pthread_mutex_unlock(&all->lock);
    return waiting;
}

unsigned claims_count(const struct key_claims *all)
{
    return all->n;
}

void claim_free(struct key_claim *claim)
{
    free(claim->object);
    free(claim);
}
