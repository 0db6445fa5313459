#include "nfvo/api/request/turns.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/credentials.h"

#define SLOTS 4096 /* by the hash of random tokens: a collision takes the address's turn */

struct turns {
    pthread_mutex_t lock;
    struct {
        char hash[TOKEN_HASH_SIZE], user_id[ID_SIZE];
        int64_t until_us; /* 0: empty */
    } slots[SLOTS];
};

struct turns *turns_new(void)
{
    struct turns *t = xcalloc(1, sizeof(*t));
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

void turns_free(struct turns *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static size_t slot_of(const char *hash)
{
    char digits[5];
    snprintf(digits, sizeof(digits), "%.4s", hash);
    return strtoul(digits, NULL, 16) % SLOTS;
}

void turns_add(struct turns *t, const char *hash, const char *user_id, int64_t now_us)
{
    size_t at = slot_of(hash);
    pthread_mutex_lock(&t->lock);
    snprintf(t->slots[at].hash, sizeof(t->slots[at].hash), "%s", hash);
    snprintf(t->slots[at].user_id, sizeof(t->slots[at].user_id), "%s", user_id);
    t->slots[at].until_us = now_us + TURNS_US;
    pthread_mutex_unlock(&t->lock);
}

static bool find(struct turns *t, const char *hash, int64_t now_us, char ret[HTTP_TURN_SIZE])
{
    size_t at = slot_of(hash);
    pthread_mutex_lock(&t->lock);
    bool is_known = now_us < t->slots[at].until_us && strcmp(t->slots[at].hash, hash) == 0;
    if (is_known)
        snprintf(ret, HTTP_TURN_SIZE, "user %s", t->slots[at].user_id);
    pthread_mutex_unlock(&t->lock);
    return is_known;
}

void turns_whose(struct turns *t, const char *token, const char *client, int64_t now_us,
                 char ret[HTTP_TURN_SIZE])
{
    char hash[TOKEN_HASH_SIZE];
    if (token)
        token_hash(token, hash);
    if (!token || !find(t, hash, now_us, ret))
        net_client(client, ret);
}
