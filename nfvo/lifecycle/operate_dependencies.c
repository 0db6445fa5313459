/* Which VNFRs depend on which, when one comes or goes. */
#include "nfvo/lifecycle/operate_life.h"

#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* --- one that comes ---------------------------------------------------------------------------- */

static bool is_of(const struct vnf_dependency *d, const char *vnf)
{
    return strcmp(d->source, vnf) == 0 || strcmp(d->target, vnf) == 0;
}

enum err_code operate_check_added(struct nsr_model *m, const struct operate_request *req,
                                  struct err *err)
{
    const struct vnfd *vnfd = req->vnfd;
    if (m->d->root->phase != NSR_ACTIVE) {
        err_set(err, ERR_STATE, "NSR is not in ACTIVE status");
        return err_hint(err, "why: baton explain %s", m->d->root->key[NSR_NAME]);
    }
    if (!req->deploy || !vnfd)
        return err_set(err, ERR_INVALID, "the request names no VNFD to add");
    for (uint32_t i = 0; i < vnfd->requires.n; i++) {
        const char *source = vnfd->requires.at[i].key;
        if (strcmp(source, vnfd->name) == 0 || model_vnfr_by_name(m, source))
            continue;
        err_set(err, ERR_INVALID, "VNFD '%s' requires '%s', which is no VNF of service '%s'",
                vnfd->name, source, m->d->root->key[NSR_NAME]);
        return err_hint(err, "add that one first");
    }
    return ERR_OK;
}

static uint32_t *with_one_more(struct arena *a, const uint32_t *list, uint32_t n, uint32_t more)
{
    uint32_t *ret = arena_alloc(a, (n + 1) * sizeof(*ret));
    if (n)
        memcpy(ret, list, n * sizeof(*ret));
    ret[n] = more;
    return ret;
}

static void depend(struct arena *a, struct view_vnfr *target, uint32_t source)
{
    if (view_depends(target, source))
        return;
    target->sources = with_one_more(a, target->sources, target->n_sources, source);
    target->n_sources++;
}

/* Not one that was dropped in this very decision, by the operation before. */
static uint32_t index_of(const struct service_view *view, const char *name)
{
    uint32_t i = 0;
    while (i < view->n_vnfrs &&
           (view->vnfrs[i].is_dropped || strcmp(view->vnfrs[i].name, name) != 0))
        i++;
    return i;
}

struct service_view *operate_view_added(struct nsr_model *m, const struct deploy_request *req,
                                        const char *id)
{
    struct arena *a = m->d->arena;
    struct service_view *view = operate_view(m);
    const struct vnfd *vnfd = req->nsd->vnfd.at[0];
    const uint32_t n = view->n_vnfrs;
    bool is_ours = req->vnfms.n && proto_strs_has(&req->vnfms.at[0]->capabilities, "correlation");
    struct view_vnfr *all = arena_alloc(a, (n + 1) * sizeof(*all));
    if (n)
        memcpy(all, view->vnfrs, n * sizeof(*all));
    all[n] = (struct view_vnfr){.id = id,
                                .name = vnfd->name,
                                .type = vnfd->type,
                                .state = VNFR_STATE_NULL,
                                .is_new = true,
                                .is_ours = is_ours,
                                .sdk = is_ours ? SDK_C : SDK_UNKNOWN};
    view->vnfrs = all;
    view->n_vnfrs = n + 1;
    for (uint32_t i = 0; i < req->nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = req->nsd->vnf_dependency.at[i];
        uint32_t source = index_of(view, d->source), target = index_of(view, d->target);
        if (is_of(d, vnfd->name) && source <= n && target <= n && source != target)
            depend(a, &all[target], source);
    }
    return view;
}

/* As a descriptor of which the others are VNFDs, too: names and types. */
static void add(struct nsr_model *m, const struct nsd *added)
{
    struct arena *a = m->d->arena;
    struct nsd nsd = {0};
    proto_list_add(&nsd.vnfd, added->vnfd.at[0], a);
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr *vnfr = member_vnfr(&m->vnfrs[i]);
        struct vnfd *other = proto_new(&vnfd_type, a);
        other->name = m->vnfrs[i].row->key[VNFR_NAME];
        other->type = vnfr && vnfr->type ? vnfr->type : other->name;
        if (!m->vnfrs[i].is_dropped && strcmp(other->name, added->vnfd.at[0]->name) != 0)
            proto_list_add(&nsd.vnfd, other, a);
    }
    for (uint32_t i = 0; i < added->vnf_dependency.n; i++)
        if (is_of(added->vnf_dependency.at[i], added->vnfd.at[0]->name))
            proto_list_add(&nsd.vnf_dependency, added->vnf_dependency.at[i], a);
    dependencies_build(m, &nsd);
}

/* --- one that goes ----------------------------------------------------------------------------- */

static void forget_entry(struct proto_map *map, const char *key)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->at[i].key, key) != 0)
            map->at[kept++] = map->at[i];
    map->n = kept;
}
#define FORGET(map, key) forget_entry((struct proto_map *)(void *)(map), key)

static bool has_source_of(const struct vnf_record_dependency *dep, const char *type)
{
    for (uint32_t i = 0; i < dep->id_type.n; i++)
        if (strcmp(dep->id_type.at[i].value, type) == 0)
            return true;
    return false;
}

/* The source leaves; what it said of its type goes with the last one of that type. */
static void forget_source(struct vnf_record_dependency *dep, const char *vnf,
                          const struct vnfr *vnfr)
{
    const char *type = proto_strmap_get(&dep->id_type, vnf);
    uint32_t kept = 0;
    if (!type)
        return;
    for (uint32_t i = 0; i < dep->id_type.n; i++)
        if (strcmp(dep->id_type.at[i].key, vnf) != 0)
            dep->id_type.at[kept++] = dep->id_type.at[i];
    dep->id_type.n = kept;
    for (uint32_t i = 0; i < dep->vnfc_parameters.n; i++)
        for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++)
            for (uint32_t k = 0; k < vnfr->vdu.at[u]->vnfc_instance.n; k++)
                if (vnfr->vdu.at[u]->vnfc_instance.at[k]->id)
                    FORGET(&((struct vnfc_dependency_parameters *)dep->vnfc_parameters.at[i].value)
                                ->parameters,
                           vnfr->vdu.at[u]->vnfc_instance.at[k]->id);
    if (has_source_of(dep, type))
        return;
    FORGET(&dep->parameters, type);
    FORGET(&dep->vnfc_parameters, type);
}

static void forget(struct nsr_model *m, const char *name, const struct vnfr *vnfr)
{
    struct vnf_record_dependency_list *all = &model_nsr(m)->vnf_dependency;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        struct vnf_record_dependency *dep = all->at[i];
        bool is_its_own = dep->target && strcmp(dep->target, name) == 0;
        if (!is_its_own)
            forget_source(dep, name, vnfr);
        if (!is_its_own && dep->id_type.n)
            all->at[kept++] = dep;
    }
    all->n = kept;
}

/* --- SET_DEPENDENCIES -------------------------------------------------------------------------- */

static const char *as_text(struct nsr_model *m)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode_list(&vnf_record_dependency_type, &model_nsr(m)->vnf_dependency, PROTO_COMPLETE,
                      &text);
    return arena_strndup(m->d->arena, text.s, text.len);
}

void operate_set_dependencies(struct nsr_model *m, struct vnfr_member *v,
                              const struct run_action *a)
{
    const struct deploy_request *req = operate_deploy_of(m, a->op, a->step->vnfr);
    a->step->before = as_text(m);
    if (req) /* what it is told of its sources is written when it is told (operate_targets.c) */
        add(m, req->nsd);
    else
        forget(m, a->step->name, v ? member_vnfr(v) : NULL);
    model_changed(m);
}

/* The operation holds the whole service: nobody else has changed them since. */
void operate_unset_dependencies(struct nsr_model *m, struct vnfr_member *v,
                                const struct run_action *a)
{
    struct vnf_record_dependency_list before = {0};
    struct err err = ERR_INIT;
    const char *text = a->step->before;
    (void)v;
    if (!text || proto_decode_list(&vnf_record_dependency_type, text, strlen(text), m->d->arena,
                                   &before, &err) != ERR_OK)
        return;
    model_nsr(m)->vnf_dependency = before;
    model_changed(m);
}
