#include "tests/sim/knowledge.h"

#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/types.h"
#include "tests/sim/crowd.h"
#include "tests/sim/store.h"

#include <string.h>

struct known {
    struct known *next;
    const char *nsr, *target, *type, *instance, *address;
    bool is_there;
};

static struct known *find(struct sim *s, const char *nsr, const char *target, const char *type,
                          const char *instance)
{
    for (struct known *k = s->knowledge; k; k = k->next)
        if (strcmp(k->nsr, nsr) == 0 && strcmp(k->target, target) == 0 &&
            (!type || strcmp(k->type, type) == 0) && strcmp(k->instance, instance) == 0)
            return k;
    return NULL;
}

static void learn(struct sim *s, const char *nsr, const char *target,
                  const struct vnf_record_dependency *dep)
{
    for (uint32_t t = 0; t < dep->vnfc_parameters.n; t++) {
        const struct vnfc_dependency_parameters *of_type = dep->vnfc_parameters.at[t].value;
        for (uint32_t i = 0; i < of_type->parameters.n; i++) {
            const char *type = dep->vnfc_parameters.at[t].key,
                       *instance = of_type->parameters.at[i].key;
            struct known *k = find(s, nsr, target, type, instance);
            if (!k) {
                k = arena_alloc(&s->arena, sizeof(*k));
                *k = (struct known){s->knowledge, nsr, target, type, instance, NULL, false};
                s->knowledge = k;
            }
            k->is_there = true;
            k->address = proto_strmap_get(&of_type->parameters.at[i].value->parameters, "mgmt");
        }
    }
}

/* By the request itself, or by one that goes on with it where it failed. */
static bool is_scale_in(const struct or_vnfm *rq)
{
    const char *action = strcmp(rq->action, "RESUME") == 0 ? rq->resumed_action : rq->action;
    return action && strcmp(action, "SCALE_IN") == 0;
}

void knowledge_told(struct sim *s, const char *nsr, const struct vnfr *target,
                    const struct or_vnfm *rq)
{
    if (!nsr || !target || !target->name)
        return;
    if (rq->vnfrd)
        learn(s, nsr, target->name, rq->vnfrd);
    if (is_scale_in(rq) && rq->vnfc_instance && rq->vnfc_instance->id)
        for (struct known *k = s->knowledge; k; k = k->next)
            if (k == find(s, nsr, target->name, k->type, rq->vnfc_instance->id))
                k->is_there = false;
}

void knowledge_forget(struct sim *s, const char *nsr, const char *target)
{
    for (struct known *k = s->knowledge; k; k = k->next)
        if (strcmp(k->nsr, nsr) == 0 && strcmp(k->target, target) == 0)
            k->is_there = false;
}

/* --- compared ---------------------------------------------------------------------------------- */

static bool all_well(const struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_OPERATION && strcmp(r->agg, nsr) == 0 &&
            strcmp(r->key[OPERATION_KIND], "DEPLOY") != 0 && /* a RESUME went on with it */
            r->phase != OPERATION_STATE_COMPLETED)
            return false;
    }
    return true;
}

static const struct vnfr *record_of(struct sim *s, const char *nsr, const char *name)
{
    struct vnfr *v = NULL;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_VNFR && strcmp(r->agg, nsr) == 0 &&
            strcmp(r->key[VNFR_NAME], name) == 0 &&
            proto_decode(&vnfr_type, r->doc, strlen(r->doc), 0, &s->arena, &v, NULL) == ERR_OK)
            return v;
    }
    return NULL;
}

static bool works(const struct vnfc_instance *x)
{
    return x->id &&
           (!x->state || (strcmp(x->state, "STANDBY") != 0 && strcmp(x->state, "FAILED") != 0));
}

static void check_source(struct sim *s, const char *nsr, const char *target, const char *type,
                         const struct vnfr *source)
{
    for (uint32_t u = 0; u < source->vdu.n; u++)
        for (uint32_t i = 0; i < source->vdu.at[u]->vnfc_instance.n; i++) {
            const struct vnfc_instance *x = source->vdu.at[u]->vnfc_instance.at[i];
            const char *address = x->ips.n ? x->ips.at[0]->ip : NULL;
            const struct known *k = x->id ? find(s, nsr, target, type, x->id) : NULL;
            if (!works(x))
                continue;
            if (!k || !k->is_there)
                sim_violate(s, "'%s' of %.8s was not told of instance %.8s of '%s'", target, nsr,
                            x->id, source->name);
            else if (address && (!k->address || strcmp(k->address, address) != 0))
                sim_violate(s, "'%s' of %.8s knows another address of instance %.8s: %s, not %s",
                            target, nsr, x->id, k->address ? k->address : "none", address);
        }
}

/* A failed instance leaves the dependencies with the MODIFY of its successor; nothing more is said
 * when it is dropped. */
static bool was_switched(const struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_OPERATION && strcmp(r->agg, nsr) == 0 &&
            strcmp(r->key[OPERATION_KIND], "SWITCH") == 0)
            return true;
    }
    return false;
}

static void check_gone(struct sim *s, const struct known *k)
{
    if (was_switched(s, k->nsr))
        return;
    for (size_t n = 0; n < VNFS_MAX; n++) {
        const struct vnfr *v = record_of(s, k->nsr, crowd_vnfs[n]);
        for (uint32_t u = 0; v && u < v->vdu.n; u++)
            for (uint32_t i = 0; i < v->vdu.at[u]->vnfc_instance.n; i++) {
                const char *id = v->vdu.at[u]->vnfc_instance.at[i]->id;
                if (id && strcmp(id, k->instance) == 0)
                    return;
            }
    }
    sim_violate(s, "'%s' of %.8s was not told that instance %.8s is gone", k->target, k->nsr,
                k->instance);
}

void knowledge_check(struct sim *s, const char *nsr_id)
{
    const struct row *root = store_row(s, ROW_NSR, nsr_id);
    struct nsr *nsr = NULL;
    if (!root || !all_well(s, nsr_id) ||
        proto_decode(&nsr_type, root->doc, strlen(root->doc), 0, &s->arena, &nsr, NULL) != ERR_OK)
        return;
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++) {
        const struct vnf_record_dependency *dep = nsr->vnf_dependency.at[i];
        for (uint32_t k = 0; k < dep->id_type.n; k++) {
            const struct vnfr *source = record_of(s, nsr_id, dep->id_type.at[k].key);
            if (source && strcmp(dep->id_type.at[k].key, dep->target) != 0)
                check_source(s, nsr_id, dep->target, dep->id_type.at[k].value, source);
        }
    }
    for (const struct known *k = s->knowledge; k; k = k->next)
        if (k->is_there && strcmp(k->nsr, nsr_id) == 0)
            check_gone(s, k);
}
