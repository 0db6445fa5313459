/* Between model.c, pool.c and state.c. */
#ifndef VIM_DRIVERS_TEST_MODEL_PRIVATE_H
#define VIM_DRIVERS_TEST_MODEL_PRIVATE_H

#include "vim-drivers/sdk/ob_spent.h"
#include "vim-drivers/test/model.h"

struct ip_pool {
    char *name;
    uint64_t used[1024]; /* a bit an address: 65536 */
    unsigned from;       /* none below is free */
};

struct model_pop {
    struct table_entry entry;
    struct model *model;
    char *key;
    struct {
        struct model_object *head, *tail;
        size_t n;
        unsigned long made;
        struct table by_id;
    } kinds[MODEL_KIND_N];
    struct table by_token;
    bool has_limit;
    size_t limit; /* servers of this PoP, instead of the model's capacity */
    struct ip_pool *pools[MODEL_NETWORKS_MAX]; /* made when first used */
    unsigned pool_n;
    uint32_t taken[MODEL_IPS_MAX]; /* for the object that is put next */
    unsigned taken_n;
};

struct model {
    struct table pops;
    size_t capacity;
    const char *const *seeds[MODEL_KIND_N];
    size_t seed_n[MODEL_KIND_N];
    int fd;                 /* of the state file; -1: none, or loading */
    struct ob_spent *spent; /* NULL while loading */
};

/* model.c */
struct model_object *model_insert(struct model_pop *pop, enum model_kind kind, const char *id,
                                  const char *name, const char *token, const char *json,
                                  size_t len);
void model_remove(struct model_pop *pop, struct model_object *object);
void model_pop_each(struct model *model, void (*fn)(struct model_pop *pop, void *arg), void *arg);

/* pool.c */
void pool_add(struct model_pop *pop, const char *name); /* for a MODEL_POOL that was inserted */
void pool_mark(struct model_pop *pop, uint32_t ip);     /* in use; while loading */
void pool_give_back(struct model_pop *pop, const uint32_t *ips, unsigned n);
uint32_t pool_parse(const char *text); /* 0: not an IPv4 address */
void pool_print(uint32_t ip, char out[16]);

/* state.c */
MUST_USE enum err_code state_open(struct model *model, const char *path, struct err *err);
MUST_USE enum err_code state_put(const struct model_pop *pop, enum model_kind kind, const char *id,
                                 const char *name, const char *token, const uint32_t *ips,
                                 unsigned ip_n, const char *json, size_t len, struct err *err);
MUST_USE enum err_code state_delete(const struct model_pop *pop, const struct model_object *object,
                                    struct err *err);

#endif
