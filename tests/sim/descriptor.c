/* Network services of several shapes: one to three VNFDs, one or two VDUs and components each,
 * dependencies with and without cycles. */
#include "tests/sim/crowd.h"
#include "tests/sim/drift.h"

#include <string.h>

static struct vnf_component *component(struct sim *s)
{
    struct vnf_component *c = proto_new(&vnf_component_type, &s->arena);
    struct vnfd_connection_point *cp = proto_new(&vnfd_connection_point_type, &s->arena);
    cp->virtual_link_reference = "mgmt";
    if (sim_chance(s, 300))
        cp->floating_ip = "random";
    proto_list_add(&c->connection_point, cp, &s->arena);
    return c;
}

static const char *new_id(struct sim *s)
{
    char *id = arena_alloc(&s->arena, 37);
    sim_id(s, id);
    return id;
}

static struct vdu *vdu(struct sim *s, const char *name, int components)
{
    struct vdu *u = proto_new(&vdu_type, &s->arena);
    u->id = new_id(s);
    u->name = name;
    u->scale_in_out = components + 2; /* room for more */
    u->vm_image.at = arena_grow_array(&s->arena, NULL, 0, sizeof(char *));
    u->vm_image.at[u->vm_image.n++] = "img";
    for (int i = 0; i < components; i++)
        proto_list_add(&u->vnfc, component(s), &s->arena);
    const char *policy = drift_policy(s);
    if (*policy)
        proto_strmap_set(&u->metadata, "baton.heal", policy, &s->arena);
    return u;
}

static void candidates(struct sim *s, struct deploy_request *rq, const char *vnfd, const char *vdu)
{
    struct crowd *c = s->crowd;
    struct proto_strs refs = {0};
    int first = (int)sim_between(s, 0, c->n_pops - 1), n = (int)sim_between(s, 1, c->n_pops);
    for (int i = 0; i < n; i++) {
        refs.at = arena_grow_array(&s->arena, refs.at, refs.n, sizeof(*refs.at));
        refs.at[refs.n++] = c->pops[(first + i) % c->n_pops];
    }
    rq->candidates.at = arena_grow_array(&s->arena, rq->candidates.at, rq->candidates.n,
                                         sizeof(*rq->candidates.at));
    rq->candidates.at[rq->candidates.n++] =
        (struct proto_strspair){arena_printf(&s->arena, "%s/%s", vnfd, vdu), refs};
}

static int add_vnfd(struct sim *s, struct deploy_request *rq, const char *name)
{
    const struct vnfm *m = &s->cloud->vnfms[sim_between(s, 0, s->cloud->n_vnfms - 1)];
    struct vnfd *v = proto_new(&vnfd_type, &s->arena);
    int servers = 0, n = sim_chance(s, 250) ? 2 : 1;
    v->id = new_id(s);
    v->name = name;
    v->vendor = "sim";
    v->version = "1.0";
    v->type = name;
    v->endpoint = m->type;
    v->vnf_package_location = SIM_PACKAGE;
    for (int i = 0; i < n; i++) {
        const char *vdu_name = arena_printf(&s->arena, "%s-vdu%d", name, i);
        struct vdu *u = vdu(s, vdu_name, sim_chance(s, 250) ? 2 : 1);
        proto_list_add(&v->vdu, u, &s->arena);
        candidates(s, rq, name, u->id);
        servers += m->self_allocates ? 0 : (int)u->vnfc.n;
    }
    struct internal_virtual_link *l = proto_new(&internal_virtual_link_type, &s->arena);
    l->name = "mgmt";
    proto_list_add(&v->virtual_link, l, &s->arena);
    struct deployment_flavour *f = proto_new(&deployment_flavour_type, &s->arena);
    f->flavour_key = "m1.small";
    proto_list_add(&v->deployment_flavour, f, &s->arena);
    proto_list_add(&rq->nsd->vnfd, v, &s->arena);
    return servers;
}

static void add_dependency(struct sim *s, struct nsd *nsd, const char *source, const char *target)
{
    struct vnf_dependency *d = proto_new(&vnf_dependency_type, &s->arena);
    d->source = source;
    d->target = target;
    d->parameters.at = arena_grow_array(&s->arena, NULL, 0, sizeof(char *));
    d->parameters.at[d->parameters.n++] = "mgmt";
    proto_list_add(&nsd->vnf_dependency, d, &s->arena);
}

static void dependencies(struct sim *s, struct nsd *nsd)
{
    bool may_cycle = !s->crowd->settings.ordered_start && sim_chance(s, 200);
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        for (uint32_t k = 0; k < nsd->vnfd.n; k++)
            if (i != k && (i < k || may_cycle) && sim_chance(s, 600))
                add_dependency(s, nsd, nsd->vnfd.at[i]->name, nsd->vnfd.at[k]->name);
}

static void managers(struct sim *s, struct deploy_request *rq)
{
    for (int i = 0; i < s->cloud->n_vnfms; i++) {
        struct deploy_vnfm *m = proto_new(&deploy_vnfm_type, &s->arena);
        m->type = s->cloud->vnfms[i].type;
        m->queue = s->cloud->vnfms[i].queue;
        if (s->cloud->vnfms[i].manner == MANNER_C) {
            m->capabilities.at = arena_grow_array(&s->arena, NULL, 0, sizeof(char *));
            m->capabilities.at[m->capabilities.n++] = "correlation";
        }
        proto_list_add(&rq->vnfms, m, &s->arena);
    }
}

const char *const crowd_vnfs[VNFS_MAX] = {"db", "app", "web", "cache"};

static void pops(struct sim *s, struct deploy_request *rq)
{
    for (int i = 0; i < s->crowd->n_pops; i++) {
        struct vim_ref *r = proto_new(&vim_ref_type, &s->arena);
        r->id = s->crowd->pops[i];
        r->name = arena_printf(&s->arena, "pop%d", i);
        proto_list_add(&rq->pops, r, &s->arena);
    }
}

static struct deploy_request *new_request(struct sim *s, const char *name)
{
    struct deploy_request *rq = proto_new(&deploy_request_type, &s->arena);
    struct nsd *nsd = proto_new(&nsd_type, &s->arena);
    rq->nsd = nsd;
    rq->project_id = "project";
    nsd->id = new_id(s);
    nsd->name = name;
    nsd->vendor = "sim";
    nsd->version = "1.0";
    return rq;
}

struct deploy_request *crowd_descriptor(struct sim *s, int number, int *ret_servers)
{
    struct deploy_request *rq = new_request(s, arena_printf(&s->arena, "ns%d", number));
    struct vld *l = proto_new(&vld_type, &s->arena);
    l->id = new_id(s);
    l->name = "mgmt";
    proto_list_add(&rq->nsd->vld, l, &s->arena);
    int n = (int)sim_between(s, 1, VNFS_MAX - 1);
    *ret_servers = 0;
    for (int i = 0; i < n; i++)
        *ret_servers += add_vnfd(s, rq, crowd_vnfs[i]);
    dependencies(s, rq->nsd);
    managers(s, rq);
    pops(s, rq);
    return rq;
}

/* Its dependencies name VNFs that may not be there: those do not count. */
struct deploy_request *crowd_added(struct sim *s)
{
    int k = (int)sim_between(s, 0, VNFS_MAX - 1);
    struct deploy_request *rq = new_request(s, crowd_vnfs[k]);
    add_vnfd(s, rq, crowd_vnfs[k]);
    for (int i = 0; i < VNFS_MAX; i++)
        if (i != k && sim_chance(s, 500))
            add_dependency(s, rq->nsd, crowd_vnfs[i < k ? i : k], crowd_vnfs[i < k ? k : i]);
    managers(s, rq);
    pops(s, rq);
    return rq;
}
