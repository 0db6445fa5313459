#include "nfvo/api/request/rate.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/macros.h"
#include "common/base/mem.h"
#include "common/base/net_list.h"

#define SLOTS   4096
#define BURST_S 2

/* A slot is the time when all calls so far will have been worth it: each adds its share of a
 * second, and it may be ahead of now by the burst. */
struct rate {
    int64_t share_us;
    unsigned char key[crypto_shorthash_KEYBYTES];
    _Atomic int64_t slots[SLOTS];
};

struct rate *rate_new(int64_t per_second)
{
    struct rate *r = xcalloc(1, sizeof(*r));
    r->share_us = per_second > 0 ? USEC_PER_SEC / per_second : 0;
    crypto_shorthash_keygen(r->key);
    return r;
}

void rate_free(struct rate *r)
{
    free(r);
}

bool rate_take(struct rate *r, const char *client, int64_t now_us)
{
    char who[NET_CLIENT_SIZE];
    uint64_t hash;
    if (r->share_us == 0)
        return true;
    net_client(client, who);
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)who, strlen(who), r->key);
    _Atomic int64_t *slot = &r->slots[hash % SLOTS];
    int64_t paid_us = atomic_load(slot), next_us;
    do {
        next_us = (paid_us > now_us ? paid_us : now_us) + r->share_us;
        if (next_us > now_us + BURST_S * USEC_PER_SEC)
            return false;
    } while (!atomic_compare_exchange_weak(slot, &paid_us, next_us));
    return true;
}
