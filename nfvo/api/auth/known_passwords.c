#include "nfvo/api/auth/known_passwords.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "common/base/mem.h"

#define SLOTS 1024 /* by the hash, which nobody can aim at: a collision costs an argon2 */
#define MAC   32

struct known_passwords {
    pthread_mutex_t lock;
    unsigned char key[crypto_generichash_KEYBYTES];
    struct {
        unsigned char mac[MAC];
        int64_t until_us; /* 0: empty */
    } slots[SLOTS];
};

struct known_passwords *known_passwords_new(void)
{
    struct known_passwords *k = xcalloc(1, sizeof(*k));
    pthread_mutex_init(&k->lock, NULL);
    randombytes_buf(k->key, sizeof(k->key));
    return k;
}

void known_passwords_free(struct known_passwords *k)
{
    if (!k)
        return;
    pthread_mutex_destroy(&k->lock);
    sodium_memzero(k, sizeof(*k));
    free(k);
}

static void mac_of(const struct known_passwords *k, const char *stored, const char *password,
                   unsigned char ret[MAC])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, k->key, sizeof(k->key), MAC);
    crypto_generichash_update(&state, (const unsigned char *)stored, strlen(stored) + 1);
    crypto_generichash_update(&state, (const unsigned char *)password, strlen(password));
    crypto_generichash_final(&state, ret, MAC);
    sodium_memzero(&state, sizeof(state));
}

static size_t slot_of(const unsigned char mac[MAC])
{
    return (mac[0] | (size_t)mac[1] << 8) % SLOTS;
}

void known_passwords_add(struct known_passwords *k, const char *stored, const char *password,
                         int64_t now_us)
{
    unsigned char mac[MAC];
    mac_of(k, stored, password, mac);
    pthread_mutex_lock(&k->lock);
    memcpy(k->slots[slot_of(mac)].mac, mac, MAC);
    k->slots[slot_of(mac)].until_us = now_us + KNOWN_PASSWORDS_US;
    pthread_mutex_unlock(&k->lock);
}

bool known_passwords_has(struct known_passwords *k, const char *stored, const char *password,
                         int64_t now_us)
{
    unsigned char mac[MAC];
    if (!*stored)
        return false;
    mac_of(k, stored, password, mac);
    pthread_mutex_lock(&k->lock);
    size_t at = slot_of(mac);
    bool is_known =
        now_us < k->slots[at].until_us && sodium_memcmp(k->slots[at].mac, mac, MAC) == 0;
    pthread_mutex_unlock(&k->lock);
    return is_known;
}
