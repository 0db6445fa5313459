/* The cloud of the test driver: per PoP its servers, networks, subnets, images and flavours, each
 * kept as the JSON that is answered. The same calls in the same order give the same ids and
 * addresses. With a state file every change is one appended line, so that a kill -9 loses none;
 * opening compacts the file through a rename; FILE.spent beside it has the tokens of what was
 * deleted (ob_spent.h). Not thread-safe. */
#ifndef VIM_DRIVERS_TEST_MODEL_H
#define VIM_DRIVERS_TEST_MODEL_H

#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "common/base/table.h"

#include <stdbool.h>

/* A pool is the address range of a network name: persistent, since addresses name it by its index.
 */
enum model_kind {
    MODEL_POOL,
    MODEL_SERVER,
    MODEL_NETWORK,
    MODEL_SUBNET,
    MODEL_IMAGE,
    MODEL_FLAVOUR,
    MODEL_KIND_N
};
extern const char *const model_kind_names[MODEL_KIND_N];

enum { MODEL_IPS_MAX = 16, MODEL_NETWORKS_MAX = 250 };

struct model_object {
    struct table_entry by_id, by_token;
    struct model_object *next, *prev; /* in the order of creation */
    enum model_kind kind;
    char *id, *name, *token; /* token NULL: none */
    char *json;
    size_t json_len;
    uint32_t ips[MODEL_IPS_MAX]; /* of a server: what it holds of the pools */
    unsigned ip_n;
};

struct model_pop; /* opaque */
struct model;     /* opaque */

struct model_options {
    const char *state_file; /* NULL or "": servers end with the process */
    size_t capacity;        /* servers per PoP */
    const char *const *images, *const *networks, *const *flavours; /* there from the beginning */
    size_t image_n, network_n, flavour_n;
};

/* Given. ERR_IO: state file; ERR_SYNTAX: it holds something else. */
MUST_USE enum err_code model_new(const struct model_options *options, struct model **ret,
                                 struct err *err);
void model_free(struct model *model);

struct model_pop *model_pop(struct model *model, const char *key); /* made when new; borrowed */
size_t model_capacity(const struct model_pop *pop);
void model_set_limit(struct model_pop *pop, size_t servers); /* instead of the capacity */
size_t model_count(const struct model_pop *pop, enum model_kind kind);
const struct model_object *model_first(const struct model_pop *pop,
                                       enum model_kind kind); /* then ->next */
const struct model_object *model_by_id(const struct model_pop *pop, enum model_kind kind,
                                       const char *id);
const struct model_object *model_by_name(const struct model_pop *pop, enum model_kind kind,
                                         const char *name);
const struct model_object *model_by_token(const struct model_pop *pop, const char *token);
/* ERR_STATE: the object of that token was deleted; what comes now makes no second one. */
MUST_USE enum err_code model_token_check(const struct model_pop *pop, const char *token,
                                         struct err *err);
void model_list(const struct model_pop *pop, enum model_kind kind,
                struct sbuf *out); /* a JSON array */

/* The id that the next object of this kind will have. */
void model_next_id(struct model_pop *pop, enum model_kind kind, char out[64]);
/* Take the lowest free address 10.<network>.x.y, or the wanted one if it is free, for the object
 * that is put next. The network is known by id or name; an unknown one gets a pool by its name.
 * ERR_LIMIT: pool or object is full. */
MUST_USE enum err_code model_take_ip(struct model_pop *pop, const char *network, const char *wanted,
                                     char out[16], struct err *err);
/* New or changed (same id). json is copied. ERR_LIMIT: capacity; ERR_IO: not written to the state
 * file, and not done. */
MUST_USE enum err_code model_put(struct model_pop *pop, enum model_kind kind, const char *id,
                                 const char *name, const char *token, const char *json, size_t len,
                                 struct err *err);
/* *ret_was_there: false is no error. */
MUST_USE enum err_code model_delete(struct model_pop *pop, enum model_kind kind, const char *id,
                                    bool *ret_was_there, struct err *err);
void model_drop_ips(
    struct model_pop *pop); /* those taken for an object that is not put after all */

#endif
