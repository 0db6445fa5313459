#include "nfvo/lifecycle/operation/digest.h"

#include <string.h>

/* FNV-1a, 64 bits: differences are honest mistakes, not collisions that somebody looks for. */
static void mix(uint64_t *hash, const char *text)
{
    for (const char *c = text ? text : ""; *c; c++)
        *hash = (*hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    *hash = (*hash ^ 0xff) * UINT64_C(0x100000001b3); /* the end of each text counts */
}

static void put(struct proto_strmap *map, const char *what, const char *name, uint64_t hash,
                struct arena *a)
{
    proto_map_add(map, arena_printf(a, "%s %s", what, name),
                  arena_printf(a, "%016llx", (unsigned long long)hash), a);
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

static void add_instance(struct proto_strmap *map, const struct view_instance *i, struct arena *a)
{
    uint64_t hash = HASH_START;
    const char *parts[] = {i->id,
                           i->vdu,
                           i->pop,
                           i->component,
                           i->addresses,
                           i->image,
                           instance_state_words[i->state]};
    for (size_t k = 0; k < ARRAY_LEN(parts); k++)
        mix(&hash, parts[k]);
    put(map, "instance", i->hostname ? i->hostname : i->id, hash, a);
}

static void add_vnfr(struct proto_strmap *map, const struct view_vnfr *v, struct arena *a)
{
    uint64_t hash = HASH_START;
    const char *parts[] = {v->id, v->package, v->configurations, v->dependency,
                           vnfr_state_words[v->state]};
    for (size_t k = 0; k < ARRAY_LEN(parts); k++)
        mix(&hash, parts[k]);
    put(map, "vnf", v->name, hash, a);
}

static bool is_in(const struct operation *op, const struct view_vnfr *v)
{
    if (operation_kinds[op->kind].claims.nsr == CLAIM_X)
        return true;
    return (op->vnfr && strcmp(op->vnfr, v->id) == 0) || proto_strs_has(&op->vnfrs, v->id);
}

struct proto_strmap digest_of(const struct service_view *view, const struct operation *op,
                              struct arena *a)
{
    struct proto_strmap map = {0};
    bool is_one = operation_kinds[op->kind].scope == SCOPE_INSTANCE;
    for (uint32_t i = 0; i < view->n_vnfrs; i++) {
        const struct view_vnfr *v = &view->vnfrs[i];
        bool is_target = proto_strs_has(&op->targets, v->id);
        if ((!is_in(op, v) && !is_target) || v->state == VNFR_STATE_GONE || v->is_new)
            continue;
        if (!is_one)
            add_vnfr(&map, v, a);
        for (uint32_t k = 0; is_in(op, v) && k < v->n_instances; k++) {
            const struct view_instance *x = &v->instances[k];
            if (x->state != INSTANCE_STATE_GONE &&
                (!is_one || (op->instance && strcmp(x->id, op->instance) == 0)))
                add_instance(&map, x, a);
        }
    }
    return map;
}

struct proto_strs digest_differences(const struct proto_strmap *before,
                                     const struct proto_strmap *after, struct arena *a)
{
    struct proto_strs ret = {0};
    for (uint32_t i = 0; i < before->n; i++) {
        const char *now = proto_strmap_get(after, before->at[i].key);
        if (!now)
            proto_list_add(&ret, arena_printf(a, "%s is not there any more", before->at[i].key), a);
        else if (strcmp(now, before->at[i].value) != 0)
            proto_list_add(&ret, arena_printf(a, "%s is not as it was", before->at[i].key), a);
    }
    for (uint32_t i = 0; i < after->n; i++)
        if (!proto_strmap_get(before, after->at[i].key))
            proto_list_add(&ret, arena_printf(a, "%s was not there before", after->at[i].key), a);
    return ret;
}
