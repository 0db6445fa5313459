#include "nfvo/lifecycle/dependency.h"

#include <stdio.h>
#include <string.h>

struct vnf_record_dependency *dependency_of(struct nsr_model *m, const char *target)
{
    struct nsr *nsr = model_nsr(m);
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++)
        if (nsr->vnf_dependency.at[i]->target &&
            strcmp(nsr->vnf_dependency.at[i]->target, target) == 0)
            return nsr->vnf_dependency.at[i];
    return NULL;
}

static const struct vnfd *vnfd_by_name(const struct nsd *nsd, const char *name)
{
    for (uint32_t i = 0; name && i < nsd->vnfd.n; i++)
        if (strcmp(nsd->vnfd.at[i]->name, name) == 0)
            return nsd->vnfd.at[i];
    return NULL;
}

static struct vnf_record_dependency *new_dependency(struct nsr_model *m, const struct nsd *nsd,
                                                    const char *target)
{
    struct decision *d = m->d;
    struct vnf_record_dependency *dep = proto_new(&vnf_record_dependency_type, d->arena);
    dep->id = decision_new_id(d);
    dep->target = target;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) { /* an entry for every VNFD type of the NSD: 4.5 */
        const char *type = nsd->vnfd.at[i]->type;
        if (MAP_FIND(&dep->vnfc_parameters, type))
            continue;
        struct vnfc_dependency_parameters *p =
            proto_new(&vnfc_dependency_parameters_type, d->arena);
        proto_map_add(&dep->vnfc_parameters, type, p, d->arena);
    }
    proto_list_add(&model_nsr(m)->vnf_dependency, dep, d->arena);
    return dep;
}

/* One record a target; keyed by source *type*, so two sources of one type share an entry:
 * amqp-protocol.md 4.5. */
void dependencies_build(struct nsr_model *m, const struct nsd *nsd)
{
    struct decision *d = m->d;
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *nd = nsd->vnf_dependency.at[i];
        const struct vnfd *source = vnfd_by_name(nsd, nd->source);
        if (!source || !vnfd_by_name(nsd, nd->target))
            continue; /* refused at onboarding */
        struct vnf_record_dependency *dep = dependency_of(m, nd->target);
        if (!dep)
            dep = new_dependency(m, nsd, nd->target);
        proto_strmap_set(&dep->id_type, source->name, source->type, d->arena);
        struct dependency_parameters *p = MAP_FIND(&dep->parameters, source->type);
        if (!p) {
            p = proto_new(&dependency_parameters_type, d->arena);
            proto_map_add(&dep->parameters, source->type, p, d->arena);
        }
        for (uint32_t k = 0; k < nd->parameters.n; k++)
            proto_strmap_set(&p->parameters, nd->parameters.at[k], "", d->arena);
    }
}

struct dependency_parameters *dependency_entry(struct decision *d,
                                               struct vnf_record_dependency *dep, const char *type,
                                               const char *instance)
{
    struct vnfc_dependency_parameters *all = MAP_FIND(&dep->vnfc_parameters, type);
    if (!all) { /* of a VNF that was added */
        all = proto_new(&vnfc_dependency_parameters_type, d->arena);
        proto_map_add(&dep->vnfc_parameters, type, all, d->arena);
    }
    struct dependency_parameters *p = MAP_FIND(&all->parameters, instance);
    if (!p) {
        p = proto_new(&dependency_parameters_type, d->arena);
        proto_map_add(&all->parameters, instance, p, d->arena);
    }
    return p;
}

static void fill_instance(struct decision *d, struct vnf_record_dependency *dep, const char *type,
                          const struct vnfc_instance *i, const struct dependency_parameters *wanted)
{
    if (!i->id)
        return;
    struct dependency_parameters *p = dependency_entry(d, dep, type, i->id);
    for (uint32_t k = 0; k < wanted->parameters.n; k++) {
        const char *key = wanted->parameters.at[k].key,
                   *value = dependency_instance_value(d->arena, i, key);
        if (value)
            proto_strmap_set(&p->parameters, key, value, d->arena);
    }
}

static void fill(struct vnfr_member *source, struct vnf_record_dependency *dep, const char *type)
{
    struct decision *d = source->m->d;
    const struct vnfr *vnfr = member_vnfr(source);
    struct dependency_parameters *wanted = MAP_FIND(&dep->parameters, type);
    if (!wanted)
        return;
    for (uint32_t k = 0; k < wanted->parameters.n; k++) {
        const char *value = dependency_value(vnfr, wanted->parameters.at[k].key);
        if (value)
            wanted->parameters.at[k].value = value;
    }
    if (strcmp(dep->target, source->row->key[VNFR_NAME]) == 0) /* skips its own instances */
        return;
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        for (uint32_t k = 0; k < vnfr->vdu.at[u]->vnfc_instance.n; k++)
            fill_instance(d, dep, type, vnfr->vdu.at[u]->vnfc_instance.at[k], wanted);
}

void dependencies_fill(struct vnfr_member *source)
{
    struct nsr *nsr = model_nsr(source->m);
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++) {
        const char *type =
            proto_strmap_get(&nsr->vnf_dependency.at[i]->id_type, source->row->key[VNFR_NAME]);
        const struct vnfr_member *target =
            type ? model_vnfr_by_name(source->m, nsr->vnf_dependency.at[i]->target) : NULL;
        /* What is ACTIVE is told by a step of an operation, which writes what it tells. */
        if (type && !(target && target->row->phase == VNFR_ACTIVE)) {
            fill(source, nsr->vnf_dependency.at[i], type);
            model_changed(source->m);
        }
    }
}

bool dependency_sources_ready(struct nsr_model *m, const struct vnf_record_dependency *dep)
{
    for (uint32_t i = 0; i < dep->id_type.n; i++) {
        const struct vnfr_member *s = model_vnfr_by_name(m, dep->id_type.at[i].key);
        if (s && strcmp(dep->id_type.at[i].key, dep->target) != 0 &&
            !vnfr_is_ready_source(s->row->phase))
            return false;
    }
    return true;
}

static int weight(struct nsr_model *m, const char *name, int depth)
{
    const struct vnf_record_dependency *dep = dependency_of(m, name);
    int sum = dep ? (int)dep->id_type.n : 0;
    for (uint32_t i = 0; dep && depth < 16 && i < dep->id_type.n;
         i++) /* cycles are refused under ordered start */
        if (strcmp(dep->id_type.at[i].key, name) != 0)
            sum += weight(m, dep->id_type.at[i].key, depth + 1);
    return sum;
}

int dependency_weight(struct nsr_model *m, const char *vnfr_name)
{
    return weight(m, vnfr_name, 0);
}

/* --- digest --- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *c = text ? text : ""; *c; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_all(uint64_t seed, const struct proto_strmap *map)
{
    uint64_t sum = hash_text(seed, "");
    for (uint32_t i = 0; i < map->n; i++)
        sum += hash_text(hash_text(seed, map->at[i].key), map->at[i].value);
    return sum;
}

/* In whatever order its entries are: one that left and came back stands elsewhere. */
const char *dependency_digest(struct arena *a, const struct vnf_record_dependency *dep)
{
    uint64_t sum = hash_all(1, &dep->id_type);
    for (uint32_t t = 0; t < dep->parameters.n; t++)
        sum += hash_all(hash_text(2, dep->parameters.at[t].key),
                        &dep->parameters.at[t].value->parameters);
    for (uint32_t t = 0; t < dep->vnfc_parameters.n; t++) {
        uint64_t type = hash_text(3, dep->vnfc_parameters.at[t].key);
        const struct dependency_parameters_map *all = &dep->vnfc_parameters.at[t].value->parameters;
        for (uint32_t i = 0; i < all->n; i++)
            sum += hash_all(hash_text(type, all->at[i].key), &all->at[i].value->parameters);
    }
    return arena_printf(a, "%016llx", (unsigned long long)sum);
}
