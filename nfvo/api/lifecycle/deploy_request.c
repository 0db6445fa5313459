/* A checked plan as what the engine is told. */
#include <string.h>

#include "nfvo/api/lifecycle/deploy.h"
#include "nfvo/catalogue/plan.h"
#include "proto/topology.h"

static void add_candidates(struct deploy_request *req, const struct deploy_plan *plan,
                           struct arena *a)
{
    for (uint32_t i = 0; i < plan->vdu_n; i++) {
        const struct plan_vdu *vdu = &plan->vdus[i];
        struct proto_strs refs = {0};
        for (uint32_t k = 0; k < vdu->candidate_n; k++) {
            const struct plan_candidate *pc = &vdu->candidates[k];
            const char *ref =
                pc->zone && *pc->zone ? arena_printf(a, "%s:%s", pc->pop_id, pc->zone) : pc->pop_id;
            proto_list_add(&refs, ref, a);
            bool known = false;
            for (uint32_t p = 0; p < req->pops.n; p++)
                known |= strcmp(req->pops.at[p]->id, pc->pop_id) == 0;
            if (!known) {
                struct vim_ref *v = proto_new(&vim_ref_type, a);
                v->id = pc->pop_id;
                v->name = pc->pop_name;
                proto_list_add(&req->pops, v, a);
            }
        }
        const char *id = vdu->vdu_id ? vdu->vdu_id : vdu->vdu_name; /* names may come twice */
        proto_map_add(&req->candidates, arena_printf(a, "%s/%s", vdu->vnfd_name, id), refs, a);
    }
}

static bool is_over_http(const struct vnfm_endpoint *e)
{
    return e->endpoint_type && strcmp(e->endpoint_type, "REST") == 0;
}

/* It is called by nfvo/vnfm/rest.h. What it says of correlation is meant for that: it may say later,
 * by itself and without an id, what became of a request, as VNFMs of other SDKs do. */
static void call_over_http(struct deploy_vnfm *v, const struct vnfm_endpoint *e, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf queue = SBUF_INIT;
    topology_rest_vnfm_queue(e->type, &queue);
    v->queue = arena_strdup(a, queue.s);
    v->capabilities = (struct proto_strs){0};
}

static void add_vnfms(struct deploy_request *req, const struct deploy_plan *plan, struct arena *a)
{
    for (uint32_t i = 0; i < plan->nsd->vnfd.n; i++) {
        const struct vnfm_endpoint *e = plan->vnfms[i];
        struct deploy_vnfm *v = proto_new(&deploy_vnfm_type, a);
        v->type = e->type;
        v->queue = e->endpoint;
        v->room = e->room;
        v->capabilities = e->capabilities;
        if (is_over_http(e))
            call_over_http(v, e, a);
        proto_list_add(&req->vnfms, v, a);
    }
}

enum err_code deploy_request_of(struct api_command *cmd, const struct deploy_plan *plan,
                                const struct deploy_request **ret, struct err *err)
{
    struct arena *a = &cmd->arena;
    struct deploy_request req = {.nsd = plan->nsd,
                                 .project_id = plan->project_id,
                                 .monitoring_ip = plan->monitoring_ip,
                                 .operation_id = plan->operation_id,
                                 .asked_by = plan->asked_by,
                                 .basis = plan->basis};
    add_candidates(&req, plan, a);
    add_vnfms(&req, plan, a);
    for (uint32_t i = 0; i < plan->package_n; i++) { /* the publisher reads the rest */
        struct vnf_package *p = proto_new(&vnf_package_type, a);
        p->id = plan->packages[i]->id;
        p->hb_version = plan->packages[i]->hb_version;
        proto_list_add(&req.packages, p, a);
    }
    for (uint32_t i = 0; i < plan->key_n; i++)
        proto_list_add(&req.keys, proto_dup(&ssh_key_type, plan->keys[i], a), a);
    return api_command_copy(cmd, &deploy_request_type, &req, PROTO_LEAN, ret, err);
}

void deploy_request_look(struct api_command *cmd, const struct deploy_request *req)
{
    const char *ids = "";
    for (uint32_t i = 0; i < req->pops.n; i++)
        ids = arena_printf(&cmd->arena, "%s%s%s", ids, i ? "," : "", req->pops.at[i]->id);
    cmd->fact_key = ids;
}
