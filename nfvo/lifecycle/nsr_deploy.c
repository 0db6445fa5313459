#include "nfvo/lifecycle/nsr.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/basis.h"
#include "nfvo/lifecycle/operate.h"

#include <string.h>

static const struct deploy_vnfm *vnfm_of(const struct deploy_request *req, const char *type)
{
    for (uint32_t i = 0; i < req->vnfms.n; i++)
        if (strcmp(req->vnfms.at[i]->type, type) == 0)
            return req->vnfms.at[i];
    return NULL;
}

/* parent_ns is the NSD's id until a network is created (amqp-protocol.md 4.2). */
static void add_link(struct nsr_model *m, const struct deploy_request *req, const struct vld *vld)
{
    struct decision *d = m->d;
    struct vlr *vlr = proto_new(&vlr_type, d->arena);
    *vlr = (struct vlr){.id = decision_new_id(d),
                        .name = vld->name,
                        .vendor = vld->vendor,
                        .connectivity_type = vld->connectivity_type,
                        .root_requirement = vld->root_requirement,
                        .leaf_requirement = vld->leaf_requirement,
                        .dns = vld->dns,
                        .qos = vld->qos,
                        .ext_id = vld->ext_id,
                        .descriptor_reference = vld->id,
                        .parent_ns = req->nsd->id,
                        .project_id = req->project_id,
                        .status = "LINKDOWN"};
    proto_list_add(&m->nsr->vlr, vlr, d->arena);
    if (vld->cidr)
        proto_strmap_set(&m->st->cidrs, vld->name, vld->cidr, d->arena);
}

/* A cidr may stand on the VNFD's link of that name: amqp-protocol.md 5.7. */
static void add_cidrs(struct nsr_model *m, const struct vnfd *vnfd)
{
    for (uint32_t k = 0; k < vnfd->virtual_link.n; k++) {
        const struct internal_virtual_link *l = vnfd->virtual_link.at[k];
        if (l->cidr && l->name && !proto_strmap_get(&m->st->cidrs, l->name))
            proto_strmap_set(&m->st->cidrs, l->name, l->cidr, m->d->arena);
    }
}

static void add_links(struct nsr_model *m, const struct deploy_request *req)
{
    for (uint32_t i = 0; i < req->nsd->vld.n; i++)
        add_link(m, req, req->nsd->vld.at[i]);
    for (uint32_t i = 0; i < req->nsd->vnfd.n; i++)
        add_cidrs(m, req->nsd->vnfd.at[i]);
}

static const char *joined_pops(struct decision *d, const struct deploy_request *req)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (uint32_t i = 0; i < req->pops.n; i++)
        sbuf_addf(&out, "%s%s", i ? "," : "", req->pops.at[i]->id);
    return arena_strdup(d->arena, out.s);
}

/* By which the VDUs of the VNFMs' records are known again: vdu_candidates in vnfr_descriptor.c. */
static void remember_vdus(struct nsr_model *m, const struct vnfd *vnfd)
{
    struct arena *a = m->d->arena;
    for (uint32_t k = 0; k < vnfd->vdu.n; k++) {
        const struct vdu *vdu = vnfd->vdu.at[k];
        if (vdu->id && vdu->name)
            proto_map_add(&m->st->vdus, arena_printf(a, "%s/%s", vnfd->name, vdu->id), vdu->name,
                          a);
        const char *of = vdu->id ? vdu->id : vdu->name;
        const char *policy = vdu_policy_text(vdu, a);
        if (of && policy)
            proto_strmap_set(&m->st->on_failure, arena_printf(a, "%s/%s", vnfd->name, of), policy,
                             a);
    }
}

/* Its scripts go along with requests for new servers. Not by what a record says: that is its VNFM's,
 * and might name another project's package. */
static void remember_packages(struct nsr_model *m, const struct deploy_request *req)
{
    for (uint32_t i = 0; i < req->nsd->vnfd.n; i++) {
        const struct vnfd *vnfd = req->nsd->vnfd.at[i];
        for (uint32_t k = 0; vnfd->vnf_package_location && k < req->packages.n; k++)
            if (req->packages.at[k]->id &&
                strcmp(req->packages.at[k]->id, vnfd->vnf_package_location) == 0)
                proto_strmap_set(&m->st->packages, vnfd->name, req->packages.at[k]->id,
                                 m->d->arena);
    }
}

static void new_root(struct decision *d, const struct deploy_request *req)
{
    struct row *root = decision_add_row(d, ROW_NSR, d->in->agg, NSR_DEPLOYING);
    root->key[NSR_PROJECT] = req->project_id;
    root->key[NSR_NAME] = req->nsd->name;
    root->key[NSR_NSD] = req->nsd->id ? req->nsd->id : "";
    root->key[NSR_POPS] = joined_pops(d, req);
    struct nsr_model *m = nsr_model_of(d);
    m->nsr = proto_new(&nsr_type, d->arena);
    *m->nsr = (struct nsr){.id = root->id,
                           .project_id = req->project_id,
                           .name = req->nsd->name,
                           .vendor = req->nsd->vendor,
                           .version = req->nsd->version,
                           .status = "NULL",
                           .task = "Onboarding",
                           .descriptor_reference = req->nsd->id,
                           .created_at = timestamp_at(d->arena, d->now),
                           .monitoring_parameter = req->nsd->monitoring_parameter,
                           .auto_scale_policy = req->nsd->auto_scale_policy};
    for (uint32_t i = 0; i < req->keys.n; i++)
        proto_list_add(&m->nsr->key_names, req->keys.at[i]->name, d->arena);
    m->st->candidates = req->candidates;
    for (uint32_t i = 0; i < req->nsd->vnfd.n; i++)
        remember_vdus(m, req->nsd->vnfd.at[i]);
    remember_packages(m, req);
    m->st->keys = req->keys;
    m->st->monitoring_ip = req->monitoring_ip;
    m->st->spread = basis_spread(req->basis, d->arena);
    model_changed(m);
}

/* The answer shows no VNFR yet, as the reference's: they appear when their VNFMs asked for the
 * grant. */
static void answer_with_record(struct decision *d)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsr shown = *model_nsr(nsr_model_of(d));
    shown.vnfr.at = arena_alloc(d->arena, sizeof(void *));
    shown.updated_at = shown.updated_at ? shown.updated_at : shown.created_at;
    proto_encode(&nsr_type, &shown, PROTO_REST | PROTO_NO_SECRETS, &text);
    d->text = arena_strndup(d->arena, text.s, text.len);
}

static struct vnfr_member *new_vnfr(struct nsr_model *m, const struct deploy_request *req,
                                    const struct vnfd *vnfd, const char *id)
{
    struct decision *d = m->d;
    const struct deploy_vnfm *vnfm = vnfm_of(req, vnfd->endpoint);
    struct row *row = decision_add_row(d, ROW_VNFR, id, VNFR_INSTANTIATING);
    row->key[VNFR_NAME] = vnfd->name;
    row->key[VNFR_ENDPOINT] = vnfd->endpoint;
    row->key[VNFR_ROOM] = vnfm->room ? vnfm->room : "";
    struct vnfr_state *st = proto_new(&vnfr_state_type, d->arena);
    st->phase_at = d->now;
    st->queue = vnfm->queue;
    st->correlates = proto_strs_has(&vnfm->capabilities, "correlation");
    st->configurations = vnfd->configurations;
    model_add_vnfr(m, row, st);
    m->vnfrs[m->n_vnfrs - 1].is_changed = true;
    return &m->vnfrs[m->n_vnfrs - 1];
}

static bool are_vnfms_known(struct decision *d, const struct deploy_request *req)
{
    for (uint32_t i = 0; i < req->nsd->vnfd.n; i++) {
        const struct vnfd *vnfd = req->nsd->vnfd.at[i];
        if (vnfm_of(req, vnfd->endpoint))
            continue;
        err_set(&d->err, ERR_NOT_FOUND,
                "VNFManager with endpoint: %s is not registered or not enabled or not active.",
                vnfd->endpoint);
        return false;
    }
    return true;
}

struct nsr_model *nsr_make(struct decision *d, const struct deploy_request *req)
{
    if (!are_vnfms_known(d, req))
        return NULL;
    new_root(d, req);
    struct nsr_model *m = d->model;
    add_links(m, req);
    dependencies_build(m, req->nsd);
    for (uint32_t i = 0; i < req->nsd->vnfd.n; i++)
        new_vnfr(m, req, req->nsd->vnfd.at[i], decision_new_id(d));
    return m;
}

void nsr_decide_deploy(struct decision *d, const struct deploy_request *req)
{
    if (d->root) { /* the same command twice (its commit was in doubt): the same answer */
        d->outcome = DECISION_STALE;
        if (!model_nsr(nsr_model_of(d)) || d->unreadable)
            return;
        answer_with_record(d);
        return;
    }
    struct nsr_model *m = nsr_make(d, req);
    if (!m)
        return;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        send_instantiate(&m->vnfrs[i], req, req->nsd->vnfd.at[i]);
    nsr_note(m, "DEPLOY", NULL, req->nsd->name, NULL);
    operate_deploy_begun(m, req);
    answer_with_record(d);
}

/* --- one more VNF (operate_life.c) ------------------------------------------------------------ */

static void add_candidates(struct nsr_model *m, const struct deploy_request *req)
{
    for (uint32_t i = 0; i < req->candidates.n; i++)
        proto_map_add(&m->st->candidates, req->candidates.at[i].key, req->candidates.at[i].value,
                      m->d->arena);
}

static void add_pops(struct nsr_model *m, const struct deploy_request *req)
{
    struct row *root = m->d->root;
    for (uint32_t i = 0; i < req->pops.n; i++)
        if (!strstr(root->key[NSR_POPS], req->pops.at[i]->id))
            root->key[NSR_POPS] =
                arena_printf(m->d->arena, "%s%s%s", root->key[NSR_POPS],
                             *root->key[NSR_POPS] ? "," : "", req->pops.at[i]->id);
}

static void add_keys(struct nsr_model *m, const struct deploy_request *req)
{
    for (uint32_t i = 0; i < req->keys.n; i++) {
        const char *name = req->keys.at[i]->name;
        if (proto_strs_has(&m->nsr->key_names, name))
            continue;
        proto_list_add(&m->nsr->key_names, name, m->d->arena);
        proto_list_add(&m->st->keys, req->keys.at[i], m->d->arena);
    }
}

void nsr_know_places(struct nsr_model *m, const struct deploy_request *req)
{
    add_candidates(m, req);
    remember_vdus(m, req->nsd->vnfd.at[0]);
}

struct vnfr_member *nsr_add_vnfr(struct nsr_model *m, const struct deploy_request *req,
                                 const char *id)
{
    const struct vnfd *vnfd = req->nsd->vnfd.at[0];
    add_candidates(m, req);
    add_pops(m, req);
    add_keys(m, req);
    add_cidrs(m, vnfd);
    remember_vdus(m, vnfd);
    remember_packages(m, req);
    model_changed(m);
    return new_vnfr(m, req, vnfd, id);
}

static bool is_of_vnf(const char *key, const char *vnf)
{
    size_t n = strlen(vnf);
    return strncmp(key, vnf, n) == 0 && key[n] == '/';
}

void nsr_forget_vnf(struct nsr_model *m, const char *name)
{
    struct proto_strsmap *candidates = &m->st->candidates;
    struct proto_strmap *vdus = &m->st->vdus;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < candidates->n; i++)
        if (!is_of_vnf(candidates->at[i].key, name))
            candidates->at[kept++] = candidates->at[i];
    candidates->n = kept;
    kept = 0;
    for (uint32_t i = 0; i < vdus->n; i++)
        if (!is_of_vnf(vdus->at[i].key, name))
            vdus->at[kept++] = vdus->at[i];
    vdus->n = kept;
    kept = 0;
    for (uint32_t i = 0; i < m->st->on_failure.n; i++)
        if (!is_of_vnf(m->st->on_failure.at[i].key, name))
            m->st->on_failure.at[kept++] = m->st->on_failure.at[i];
    m->st->on_failure.n = kept;
    kept = 0;
    for (uint32_t i = 0; i < m->st->packages.n; i++)
        if (strcmp(m->st->packages.at[i].key, name) != 0)
            m->st->packages.at[kept++] = m->st->packages.at[i];
    m->st->packages.n = kept;
    model_changed(m);
}
