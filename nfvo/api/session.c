#include "nfvo/api/session.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "nfvo/store/store_access.h"
#include "proto/records/manager.h"

#define SLOTS 1024 /* direct mapped: a collision costs a query, nothing else */

struct session {
    atomic_int refs;
    char hash[TOKEN_HASH_SIZE];
    struct arena arena;
    struct user *user;
    bool is_admin;
    int64_t cached_until_us, expires_us; /* monotonic */
};

struct sessions {
    pthread_mutex_t lock;
    struct session *slots[SLOTS];
};

void token_hash(const char *token, char out[TOKEN_HASH_SIZE])
{
    unsigned char bytes[32];
    crypto_generichash(bytes, sizeof(bytes), (const unsigned char *)token, strlen(token), NULL, 0);
    sodium_bin2hex(out, TOKEN_HASH_SIZE, bytes, sizeof(bytes));
}

struct sessions *sessions_new(void)
{
    struct sessions *s = xcalloc(1, sizeof(*s));
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void sessions_clear(struct sessions *s)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        session_unref(s->slots[i]);
        s->slots[i] = NULL;
    }
    pthread_mutex_unlock(&s->lock);
}

void sessions_free(struct sessions *s)
{
    if (!s)
        return;
    sessions_clear(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void session_unref(struct session *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    arena_release(&s->arena);
    free(s);
}

const struct user *session_user(const struct session *s)
{
    return s->user;
}

bool session_is_admin(const struct session *s)
{
    return s->is_admin;
}

/* The slot is chosen by the hash, which nobody can aim at without knowing tokens. */
static struct session **slot_of(struct sessions *s, const char *hash)
{
    unsigned at = 0;
    for (int i = 0; i < 4; i++)
        at = at * 16 + (unsigned)(hash[i] <= '9' ? hash[i] - '0' : hash[i] - 'a' + 10);
    return &s->slots[at % SLOTS];
}

static struct session *cached(struct sessions *s, const char *hash)
{
    struct session *found = NULL;
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&s->lock);
    struct session *there = *slot_of(s, hash);
    if (there && strcmp(there->hash, hash) == 0 && now < there->cached_until_us &&
        now < there->expires_us) {
        found = there;
        atomic_fetch_add(&found->refs, 1);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static void keep(struct sessions *s, struct session *session)
{
    atomic_fetch_add(&session->refs, 1);
    pthread_mutex_lock(&s->lock);
    struct session **slot = slot_of(s, session->hash);
    session_unref(*slot);
    *slot = session;
    pthread_mutex_unlock(&s->lock);
}

static enum err_code make(const struct store_person *person, const char *hash, int64_t left_us,
                          struct session **ret, struct err *err)
{
    struct session *s = xcalloc(1, sizeof(*s));
    s->refs = 1;
    memcpy(s->hash, hash, TOKEN_HASH_SIZE);
    enum err_code rc =
        proto_decode(&user_type, person->doc, strlen(person->doc), 0, &s->arena, &s->user, err);
    if (rc != ERR_OK) {
        session_unref(s);
        return err_add(err, "read user '%s'", person->name);
    }
    s->user->id = arena_strdup(&s->arena, person->id);
    s->user->username = arena_strdup(&s->arena, person->name);
    for (uint32_t i = 0; i < s->user->roles.n; i++)
        s->is_admin |= s->user->roles.at[i]->role && !strcmp(s->user->roles.at[i]->role, "ADMIN");
    s->expires_us = clock_mono_us() + left_us;
    s->cached_until_us = clock_mono_us() + SESSION_CACHE_US;
    *ret = s;
    return ERR_OK;
}

/* What of a token may be repeated to the one who sent it. */
static enum err_code refuse(struct err *err, const char *what, const char *token)
{
    char shown[48];
    size_t n = 0;
    while (n < sizeof(shown) - 1 && token[n] > ' ' && token[n] < 0x7f) {
        shown[n] = token[n];
        n++;
    }
    shown[n] = '\0';
    err_set(err, ERR_AUTH, "%s: %s", what, shown);
    return err_hint(err, "POST /oauth/token for a new one");
}

enum err_code session_find(struct call *c, const char *token, struct session **ret, struct err *err)
{
    char hash[TOKEN_HASH_SIZE];
    struct store_person person;
    int64_t left_us = 0;
    token_hash(token, hash);
    *ret = cached(c->api->sessions, hash);
    if (*ret)
        return ERR_OK;
    enum err_code rc = store_token_find(call_db(c), hash, &c->arena, &person, &left_us, err);
    if (rc == ERR_NOT_FOUND || (rc == ERR_OK && !person.is_enabled))
        return refuse(err, "Invalid access token", token);
    if (rc == ERR_OK && left_us <= 0)
        return refuse(err, "Access token expired", token);
    if (rc == ERR_OK)
        rc = make(&person, hash, left_us, ret, err);
    if (rc == ERR_OK)
        keep(c->api->sessions, *ret);
    return rc;
}

const char *session_role(const struct session *s, const char *project_name)
{
    for (uint32_t i = 0; i < s->user->roles.n; i++) {
        const struct role *r = s->user->roles.at[i];
        if (r->project && (!strcmp(r->project, project_name) || !strcmp(r->project, "*")))
            return r->role;
    }
    return NULL;
}
