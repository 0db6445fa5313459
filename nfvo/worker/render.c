#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/image_token.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_package.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/worker/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS       16
#define CACHED_SIZE (256 * 1024) /* larger texts are made each time */
#define TOKEN_S     (6 * 3600)   /* of an image: longer than any call to a driver */

struct slot {
    char key[160]; /* kind, id, version, zone of the reference; "" if it is too long to be kept */
    struct sbuf text;
};
struct render_cache {
    const struct seal *seal;
    struct slot slots[SLOTS];
    unsigned next;
};

struct render_cache *render_cache_new(const struct seal *seal)
{
    struct render_cache *c = xcalloc(1, sizeof(*c));
    c->seal = seal;
    for (int i = 0; i < SLOTS; i++)
        c->slots[i].text = (struct sbuf)SBUF_INIT;
    return c;
}

void render_cache_free(struct render_cache *c)
{
    if (!c)
        return;
    for (int i = 0; i < SLOTS; i++)
        store_wipe(&c->slots[i].text);
    free(c);
}

/* A zone that was asked for goes along as metadata.az: amqp-protocol.md 4.9. */
static enum err_code with_zone(const struct sbuf *full, const char *zone, struct sbuf *out,
                               struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vim_instance *pop;
    enum err_code rc = proto_decode(&vim_instance_type, full->s, full->len, 0, &a, &pop, err);
    if (rc != ERR_OK)
        return rc;
    proto_strmap_set(&pop->metadata, "az", zone, &a);
    proto_encode(&vim_instance_type, pop, PROTO_COMPLETE | PROTO_LEAN, out);
    return ERR_OK;
}

static struct slot *find(struct render_cache *c, const char *key)
{
    for (int i = 0; i < SLOTS; i++)
        if (strcmp(c->slots[i].key, key) == 0)
            return &c->slots[i];
    return NULL;
}

static enum err_code load(struct render_cache *c, struct db *db, const char *id, const char *zone,
                          struct slot *s, struct err *err)
{
    struct sbuf full = SBUF_INIT;
    enum err_code rc = store_pop_open(db, c->seal, id, &full, err);
    if (rc == ERR_OK && *zone) {
        rc = with_zone(&full, zone, &s->text, err);
    } else if (rc == ERR_OK) {
        sbuf_add(&s->text, full.s, full.len);
    }
    store_wipe(&full);
    return rc;
}

static char *agent_password(const struct render_cache *c, const char *hostname)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    seal_derive(c->seal, SEAL_AGENT_LOGIN, hostname, &password);
    char *text = xstrndup(password.s, password.len);
    explicit_bzero(password.s, password.len);
    return text;
}

/* In quotes: a parameter of its own. */
static char *image_token(const struct render_cache *c, const char *id)
{
    AUTO(sbuf_release) struct sbuf token = SBUF_INIT;
    sbuf_addc(&token, '"');
    image_token_make(c->seal, id, clock_wall_us() / 1000000 + TOKEN_S, &token);
    sbuf_addc(&token, '"');
    char *text = xstrndup(token.s, token.len);
    explicit_bzero(token.s, token.len);
    return text;
}

/* With its scripts, whose payloads are arrays of numbers (amqp-protocol.md 3.1). What changed since
 * the version that is asked for goes along. */
static enum err_code load_package(struct db *db, const char *id, struct slot *s, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vnf_package *package;
    enum err_code rc = store_package_get(db, id, "*", true, &a, &package, err);
    if (rc == ERR_OK)
        proto_encode(&vnf_package_type, package, PROTO_COMPLETE | PROTO_LEAN, &s->text);
    return rc;
}

/* What is meant as it is now (version 0) has no key: it is not cached. */
static void key_of(const struct send_ref *ref, char key[static 160])
{
    int n =
        snprintf(key, 160, "%u:%s:%lld:%s", ref->kind, ref->id, (long long)ref->version, ref->arg);
    if (n >= 160 || ref->version == 0)
        key[0] = '\0';
}

enum err_code render_reference(void *cache, struct db *db, const struct send_ref *ref, char **ret,
                               struct err *err)
{
    struct render_cache *c = cache;
    char key[160];
    if (ref->kind == REFERENCE_AGENT) {
        *ret = agent_password(c, ref->id);
        return ERR_OK;
    }
    if (ref->kind == REFERENCE_IMAGE) {
        *ret = image_token(c, ref->id);
        return ERR_OK;
    }
    if (ref->kind != REFERENCE_POP && ref->kind != REFERENCE_PACKAGE)
        return err_set(err, ERR_INTERNAL, "reference of kind %u is not known", ref->kind);
    key_of(ref, key);
    struct slot *s = *key ? find(c, key) : NULL;
    if (!s) {
        s = &c->slots[c->next++ % SLOTS];
        store_wipe(&s->text);
        s->text = (struct sbuf)SBUF_INIT;
        s->key[0] = '\0';
        enum err_code rc = ref->kind == REFERENCE_PACKAGE ? load_package(db, ref->id, s, err)
                                                          : load(c, db, ref->id, ref->arg, s, err);
        if (rc != ERR_OK)
            return rc;
        if (s->text.len <= CACHED_SIZE)
            memcpy(s->key, key, sizeof(key));
    }
    *ret = xstrndup(s->text.s, s->text.len);
    return ERR_OK;
}
