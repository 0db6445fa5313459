/* What targets are told of their sources: operations.md 2.6.
 *
 * A target's dependency holds what it was told, and is written when it is told: as MODIFY goes out,
 * not when the value arises. So rule (b) is a comparison of the dependency with the sources' records,
 * a MODIFY that never went out leaves nothing behind, and "was told of i" is an entry of i. What went
 * out and failed counts as told: it may know.
 *
 * Keyed by source type, so two sources of one type overwrite each other's `parameters` (4.5). */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "nfvo/lifecycle/dependency.h"

#include <string.h>

/* An instance that a step is about, and whose it is. instance NULL: the VNF as such. */
struct subject {
    struct vnfr_member *source;
    const struct vnfc_instance *instance;
};
struct subjects {
    struct subject *at;
    uint32_t n;
    bool is_of_vnf; /* all of it was named, its own values too */
};

static bool is_word(const char *state, enum instance_state_word word)
{
    return state && strcmp(state, instance_state_words[word]) == 0;
}

/* One that stands by, failed, or is on its way out is nothing for targets. */
static bool is_told_of(struct nsr_model *m, const struct vnfc_instance *x)
{
    const struct instance_member *i = model_instance_by_id(m, x->id);
    return !is_word(x->state, INSTANCE_STATE_STANDBY) &&
           !is_word(x->state, INSTANCE_STATE_FAILED) && (!i || i->row->phase == INSTANCE_UP);
}

static void add_subject(struct nsr_model *m, struct subjects *all, struct vnfr_member *source,
                        const struct vnfc_instance *x)
{
    proto_list_add(all, ((struct subject){source, x}), m->d->arena);
}

/* id: of an instance, of the component that an instance was made of, or of a VNFR. */
static void find_subjects(struct nsr_model *m, const char *id, struct subjects *all)
{
    for (uint32_t k = 0; k < m->n_vnfrs; k++) {
        struct vnfr_member *v = &m->vnfrs[k];
        const struct vnfr *vnfr = member_vnfr(v);
        bool is_whole = strcmp(v->row->id, id) == 0;
        if (is_whole) {
            all->is_of_vnf = true;
            add_subject(m, all, v, NULL);
        }
        for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++)
            for (uint32_t i = 0; i < vnfr->vdu.at[u]->vnfc_instance.n; i++) {
                const struct vnfc_instance *x = vnfr->vdu.at[u]->vnfc_instance.at[i];
                const char *component = x->vnf_component ? x->vnf_component->id : NULL;
                if (x->id && (is_whole || text_matches(x->id, id) || text_matches(component, id)))
                    add_subject(m, all, v, x);
            }
    }
}

static struct subjects subjects_of(struct nsr_model *m, const struct plan_step *s)
{
    struct subjects all = {0};
    for (uint32_t i = 0; i < s->only.n; i++)
        find_subjects(m, s->only.at[i], &all);
    return all;
}

/* Under which type the target knows that source; NULL: it does not depend on it. */
static const char *type_of(const struct vnf_record_dependency *dep,
                           const struct vnfr_member *source)
{
    return proto_strmap_get(&dep->id_type, source->row->key[VNFR_NAME]);
}

static struct dependency_parameters *entry_of(const struct vnf_record_dependency *dep,
                                              const char *type, const char *instance)
{
    const struct vnfc_dependency_parameters *all = MAP_FIND(&dep->vnfc_parameters, type);
    return all ? MAP_FIND(&all->parameters, instance) : NULL;
}

/* --- rule (b) --------------------------------------------------------------------------------- */

static bool values_differ(const struct vnf_record_dependency *dep, const char *type,
                          const struct vnfr *source)
{
    const struct dependency_parameters *wanted = MAP_FIND(&dep->parameters, type);
    for (uint32_t i = 0; wanted && i < wanted->parameters.n; i++)
        if (told_differs(dependency_value(source, wanted->parameters.at[i].key),
                         wanted->parameters.at[i].value))
            return true;
    return false;
}

static bool instance_differs(struct nsr_model *m, const struct vnf_record_dependency *dep,
                             const char *type, const struct vnfc_instance *x)
{
    const struct dependency_parameters *told = entry_of(dep, type, x->id);
    if (!is_told_of(m, x))
        return false;
    for (uint32_t i = 0; told && i < told->parameters.n; i++)
        if (told_differs(dependency_instance_value(m->d->arena, x, told->parameters.at[i].key),
                         told->parameters.at[i].value))
            return true;
    return !told;
}

bool operate_is_needed(void *arg, const struct operation *op, const struct plan_step *s)
{
    struct nsr_model *m = arg;
    struct vnfr_member *target = model_vnfr_by_id(m, s->vnfr);
    const struct vnf_record_dependency *dep =
        target ? dependency_of(m, target->row->key[VNFR_NAME]) : NULL;
    const struct subjects all = subjects_of(m, s);
    bool has_values = s->if_changed || all.is_of_vnf;
    (void)op;
    for (uint32_t i = 0; dep && i < all.n; i++) {
        const struct subject *x = &all.at[i];
        const char *type = type_of(dep, x->source);
        if (!type || x->source == target) /* a dependency on itself skips the instances */
            continue;
        if (has_values && values_differ(dep, type, member_vnfr(x->source)))
            return true;
        if (x->instance && instance_differs(m, dep, type, x->instance))
            return true;
    }
    return false;
}

/* --- what it is told is written --------------------------------------------------------------- */

static void write_values(struct nsr_model *m, const struct vnf_record_dependency *dep,
                         const char *type, const struct vnfr *source)
{
    const struct dependency_parameters *wanted = MAP_FIND(&dep->parameters, type);
    for (uint32_t i = 0; wanted && i < wanted->parameters.n; i++) {
        const char *value = dependency_value(source, wanted->parameters.at[i].key);
        if (told_differs(value, wanted->parameters.at[i].value)) {
            wanted->parameters.at[i].value = value;
            model_changed(m);
        }
    }
}

static void write_one(struct nsr_model *m, struct dependency_parameters *p, const char *key,
                      const char *value)
{
    if (!told_differs(value, proto_strmap_get(&p->parameters, key)))
        return;
    proto_strmap_set(&p->parameters, key, value, m->d->arena);
    model_changed(m);
}

static void write_addresses(struct nsr_model *m, struct dependency_parameters *p,
                            const struct ip_list *ips, const char *tail)
{
    for (uint32_t i = 0; i < ips->n; i++)
        if (ips->at[i]->net_name)
            write_one(m, p, arena_printf(m->d->arena, "%s%s", ips->at[i]->net_name, tail),
                      ips->at[i]->ip);
}

/* All that there is of it, as the reference does for what comes after the deployment. */
static void write_instance(struct nsr_model *m, struct vnf_record_dependency *dep, const char *type,
                           const struct vnfc_instance *x)
{
    struct dependency_parameters *p = dependency_entry(m->d, dep, type, x->id);
    write_addresses(m, p, &x->ips, "");
    write_addresses(m, p, &x->floating_ips, "_floatingIp");
    write_one(m, p, "hostname", x->hostname);
    model_changed(m);
}

/* One that it knows keeps its keys: those that it wanted at the deployment. */
static void rewrite_instance(struct nsr_model *m, struct vnf_record_dependency *dep,
                             const char *type, const struct vnfc_instance *x)
{
    const struct dependency_parameters *wanted = MAP_FIND(&dep->parameters, type);
    struct dependency_parameters *p = dependency_entry(m->d, dep, type, x->id);
    for (uint32_t i = 0; i < p->parameters.n; i++)
        write_one(m, p, p->parameters.at[i].key,
                  dependency_instance_value(m->d->arena, x, p->parameters.at[i].key));
    for (uint32_t i = 0; wanted && i < wanted->parameters.n; i++)
        write_one(m, p, wanted->parameters.at[i].key,
                  dependency_instance_value(m->d->arena, x, wanted->parameters.at[i].key));
    model_changed(m);
}

static bool map_remove(struct dependency_parameters_map *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->at[i].key, key) == 0) {
            memmove(map->at + i, map->at + i + 1, (map->n - i - 1) * sizeof(map->at[0]));
            map->n--;
            return true;
        }
    return false;
}

/* What is nothing for targets (any more) leaves the dependency when it is told anyway: f of a
 * SWITCH. */
static void drop_stale(struct nsr_model *m, struct vnf_record_dependency *dep, const char *type,
                       struct vnfr_member *source)
{
    struct vnfc_dependency_parameters *all = MAP_FIND(&dep->vnfc_parameters, type);
    for (uint32_t i = 0; all && i < all->parameters.n;) {
        const char *id = all->parameters.at[i].key;
        const struct vnfc_instance *x = operate_instance(source, id);
        if (x && !is_told_of(m, x) && map_remove(&all->parameters, id))
            model_changed(m);
        else
            i++;
    }
}

static void write_whole(struct nsr_model *m, struct vnfr_member *target,
                        struct vnf_record_dependency *dep)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *source = &m->vnfrs[i];
        const char *type = type_of(dep, source);
        struct subjects all = {0};
        if (!type || !member_vnfr(source))
            continue;
        write_values(m, dep, type, source->vnfr);
        if (source == target)
            continue;
        drop_stale(m, dep, type, source);
        find_subjects(m, source->row->id, &all);
        for (uint32_t k = 0; k < all.n; k++)
            if (all.at[k].instance && is_told_of(m, all.at[k].instance))
                rewrite_instance(m, dep, type, all.at[k].instance);
    }
}

static void write_some(struct nsr_model *m, struct vnfr_member *target,
                       struct vnf_record_dependency *dep, const struct plan_step *s)
{
    const struct subjects all = subjects_of(m, s);
    for (uint32_t i = 0; i < all.n; i++) {
        const struct subject *x = &all.at[i];
        const char *type = type_of(dep, x->source);
        if (!type || x->source == target)
            continue;
        drop_stale(m, dep, type, x->source);
        if (all.is_of_vnf || s->if_changed || s->is_always)
            write_values(m, dep, type, member_vnfr(x->source));
        if (!x->instance || !is_told_of(m, x->instance))
            continue;
        if (all.is_of_vnf && entry_of(dep, type, x->instance->id))
            rewrite_instance(m, dep, type, x->instance);
        else
            write_instance(m, dep, type, x->instance);
    }
}

/* --- what goes out ---------------------------------------------------------------------------- */

static void add_type(struct nsr_model *m, const struct vnf_record_dependency *dep,
                     struct vnf_record_dependency *out, const char *type)
{
    struct dependency_parameters *p = MAP_FIND(&dep->parameters, type);
    if (MAP_FIND(&out->vnfc_parameters, type))
        return;
    if (p)
        proto_map_add(&out->parameters, type, p, m->d->arena);
    proto_map_add(&out->vnfc_parameters, type,
                  proto_new(&vnfc_dependency_parameters_type, m->d->arena), m->d->arena);
}

/* idType whole; of the rest only the types of the sources, and of those only the instances, that
 * the step is about. */
static struct vnf_record_dependency *
reduced(struct nsr_model *m, const struct vnf_record_dependency *dep, const struct subjects *all)
{
    struct vnf_record_dependency *out = proto_new(&vnf_record_dependency_type, m->d->arena);
    out->id = dep->id;
    out->target = dep->target;
    out->id_type = dep->id_type;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct subject *x = &all->at[i];
        const char *type = type_of(dep, x->source);
        if (!type)
            continue;
        add_type(m, dep, out, type);
        struct vnfc_dependency_parameters *of_type = MAP_FIND(&out->vnfc_parameters, type);
        struct dependency_parameters *p = x->instance ? entry_of(dep, type, x->instance->id) : NULL;
        if (p && !MAP_FIND(&of_type->parameters, x->instance->id))
            proto_map_add(&of_type->parameters, x->instance->id, p, m->d->arena);
    }
    return out;
}

/* A VNFR that depends on nobody: never missing, the Java VNFM dereferences it. */
static struct vnf_record_dependency *empty_one(struct nsr_model *m, const struct vnfr_member *v)
{
    struct vnf_record_dependency *out = proto_new(&vnf_record_dependency_type, m->d->arena);
    out->target = v->row->key[VNFR_NAME];
    return out;
}

const struct vnf_record_dependency *operate_told(struct nsr_model *m, struct vnfr_member *target,
                                                 const struct plan_step *s)
{
    struct vnf_record_dependency *dep = dependency_of(m, target->row->key[VNFR_NAME]);
    struct subjects all = {0};
    if (!dep)
        return empty_one(m, target);
    if (s->kind == STEP_SCALE_IN) { /* its undo: as it was before */
        operate_remember(m, target, s);
        find_subjects(m, s->instance, &all);
        return reduced(m, dep, &all);
    }
    if (s->only.n == 0) {
        write_whole(m, target, dep);
        return dep;
    }
    write_some(m, target, dep, s);
    all = subjects_of(m, s);
    return reduced(m, dep, &all);
}

/* --- entries that leave, and come back -------------------------------------------------------- */

/* *ret: what left, by type; or NULL. */
static void forget_at(struct nsr_model *m, struct vnf_record_dependency *dep, const char *instance,
                      struct vnf_record_dependency *ret)
{
    for (uint32_t t = 0; t < dep->vnfc_parameters.n; t++) {
        struct vnfc_dependency_parameters *of_type = dep->vnfc_parameters.at[t].value;
        struct dependency_parameters *p = MAP_FIND(&of_type->parameters, instance);
        if (!p)
            continue;
        if (ret)
            dependency_entry(m->d, ret, dep->vnfc_parameters.at[t].key, instance)->parameters =
                p->parameters;
        map_remove(&of_type->parameters, instance);
        model_changed(m);
    }
}

void operate_forget(struct nsr_model *m, struct vnfr_member *target, struct plan_step *s,
                    const char *instance)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnf_record_dependency *dep = dependency_of(m, target->row->key[VNFR_NAME]);
    struct vnf_record_dependency *gone = proto_new(&vnf_record_dependency_type, m->d->arena);
    if (!dep)
        return;
    forget_at(m, dep, instance, gone);
    if (s->kind != STEP_SCALE_IN || gone->vnfc_parameters.n == 0)
        return;
    proto_encode(&vnf_record_dependency_type, gone, 0, &text);
    s->before = arena_strndup(m->d->arena, text.s, text.len);
}

void operate_forget_everywhere(struct nsr_model *m, const char *instance)
{
    struct nsr *nsr = model_nsr(m);
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++)
        forget_at(m, nsr->vnf_dependency.at[i], instance, NULL);
}

void operate_remember(struct nsr_model *m, struct vnfr_member *target, const struct plan_step *s)
{
    struct vnf_record_dependency *dep = dependency_of(m, target->row->key[VNFR_NAME]), *gone = NULL;
    if (!dep || !s->before ||
        proto_decode(&vnf_record_dependency_type, s->before, strlen(s->before), 0, m->d->arena,
                     &gone, NULL) != ERR_OK)
        return;
    for (uint32_t t = 0; t < gone->vnfc_parameters.n; t++) {
        const struct dependency_parameters_map *of_type =
            &gone->vnfc_parameters.at[t].value->parameters;
        for (uint32_t i = 0; i < of_type->n; i++)
            dependency_entry(m->d, dep, gone->vnfc_parameters.at[t].key, of_type->at[i].key)
                ->parameters = of_type->at[i].value->parameters;
    }
    model_changed(m);
}

const char *operate_next_told(struct nsr_model *m, const struct vnfr_member *target,
                              const struct plan_step *s)
{
    const struct vnf_record_dependency *dep = dependency_of(m, target->row->key[VNFR_NAME]);
    const struct subjects all = subjects_of(m, s);
    for (uint32_t i = 0; dep && i < all.n; i++) {
        const char *type = type_of(dep, all.at[i].source);
        if (type && all.at[i].instance && entry_of(dep, type, all.at[i].instance->id))
            return all.at[i].instance->id;
    }
    return NULL;
}
