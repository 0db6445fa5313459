#include "nfvo/commands.h"

#include "common/base/mem.h"
#include "common/engine/engine.h"
#include "nfvo/catalogue/plan.h"
#include "nfvo/lifecycle/types.h"

#include <stdlib.h>
#include <string.h>

struct user_command {
    struct engine_request request; /* first: what done() gets is this */
    struct arena arena;
    api_done_fn *done;
    void *arg;
};

static void finished(struct engine_request *r, const struct err *err, const char *text)
{
    struct user_command *c = (struct user_command *)(void *)r;
    c->done(c->arg, err, text);
    arena_release(&c->arena);
    free(c);
}

static struct user_command *command_new(int agg_kind, const char *agg, int event, api_done_fn *done,
                                        void *arg)
{
    struct user_command *c = xcalloc(1, sizeof(*c));
    c->done = done;
    c->arg = arg;
    c->request.done = finished;
    c->request.intent = (struct intent){.agg_kind = (uint8_t)agg_kind,
                                        .agg = arena_strdup(&c->arena, agg),
                                        .event = event,
                                        .facts = FACT_SUBSCRIPTIONS | FACT_DRIVERS |
                                                 (agg_kind == AGG_NSR ? FACT_POPS : 0u)};
    return c;
}

/* Deep copy, by its text. */
static const void *copied(struct user_command *c, const struct proto_type *type, const void *rec,
                          unsigned flags)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    void *copy = NULL;
    proto_encode(type, rec, flags, &text);
    if (proto_decode(type, text.s, text.len, 0, &c->arena, &copy, NULL) != ERR_OK)
        copy = proto_new(type, &c->arena);
    return copy;
}

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
        proto_map_add(&req->candidates, arena_printf(a, "%s/%s", vdu->vnfd_name, vdu->vdu_name),
                      refs, a);
    }
}

static void add_vnfms(struct deploy_request *req, const struct deploy_plan *plan, struct arena *a)
{
    for (uint32_t i = 0; i < plan->nsd->vnfd.n; i++) {
        const struct vnfm_endpoint *e = plan->vnfms[i];
        struct deploy_vnfm *v = proto_new(&deploy_vnfm_type, a);
        v->type = e->type;
        v->queue = e->endpoint;
        v->capabilities = e->capabilities;
        proto_list_add(&req->vnfms, v, a);
    }
}

static void deploy(void *ctx, const char *nsr_id, const struct deploy_plan *plan, api_done_fn *done,
                   void *arg)
{
    struct user_command *c = command_new(AGG_NSR, nsr_id, EV_NSR_DEPLOY, done, arg);
    struct deploy_request req = {
        .nsd = plan->nsd, .project_id = plan->project_id, .monitoring_ip = plan->monitoring_ip};
    add_candidates(&req, plan, &c->arena);
    add_vnfms(&req, plan, &c->arena);
    for (uint32_t i = 0; i < plan->package_n; i++) { /* the publisher reads the rest */
        struct vnf_package *p = proto_new(&vnf_package_type, &c->arena);
        p->id = plan->packages[i]->id;
        p->hb_version = plan->packages[i]->hb_version;
        proto_list_add(&req.packages, p, &c->arena);
    }
    for (uint32_t i = 0; i < plan->key_n; i++)
        proto_list_add(&req.keys, proto_dup(&ssh_key_type, plan->keys[i], &c->arena), &c->arena);
    c->request.intent.payload = copied(c, &deploy_request_type, &req, 0);
    engine_submit(ctx, &c->request);
}

static void release(void *ctx, const char *nsr_id, const char *project_id, api_done_fn *done,
                    void *arg)
{
    struct user_command *c = command_new(AGG_NSR, nsr_id, EV_NSR_RELEASE, done, arg);
    c->request.intent.payload = arena_strdup(&c->arena, project_id);
    engine_submit(ctx, &c->request);
}

static void pop_command(void *ctx, int event, const char *operation_id, const char *pop_id,
                        const struct vim_instance *pop, api_done_fn *done, void *arg)
{
    struct user_command *c = command_new(AGG_POP, pop_id, event, done, arg);
    struct pop_request *req = proto_new(&pop_request_type, &c->arena);
    req->operation = arena_strdup(&c->arena, operation_id);
    if (pop) /* its secrets are sealed already; the engine never sees them */
        req->pop = proto_dup(&vim_instance_type,
                             copied(c, &vim_instance_type, pop, PROTO_NO_SECRETS), &c->arena);
    c->request.intent.payload = req;
    engine_submit(ctx, &c->request);
}

static void pop_register(void *ctx, const char *operation_id, const struct vim_instance *pop,
                         api_done_fn *done, void *arg)
{
    pop_command(ctx, EV_POP_REGISTER, operation_id, pop->id, pop, done, arg);
}

static void pop_update(void *ctx, const char *operation_id, const struct vim_instance *pop,
                       api_done_fn *done, void *arg)
{
    pop_command(ctx, EV_POP_UPDATE, operation_id, pop->id, pop, done, arg);
}

static void pop_refresh(void *ctx, const char *operation_id, const char *pop_id, api_done_fn *done,
                        void *arg)
{
    pop_command(ctx, EV_POP_REFRESH, operation_id, pop_id, NULL, done, arg);
}

static void pop_delete(void *ctx, const char *pop_id, api_done_fn *done, void *arg)
{
    pop_command(ctx, EV_POP_DELETE, NULL, pop_id, NULL, done, arg);
}

static void logs(void *ctx, const char *operation_id, const char *nsr_id,
                 const struct api_logs *what, api_done_fn *done, void *arg)
{
    struct user_command *c = command_new(AGG_NSR, nsr_id, EV_NSR_LOGS, done, arg);
    struct logs_request *req = arena_alloc(&c->arena, sizeof(*req));
    *req = (struct logs_request){.operation = arena_strdup(&c->arena, operation_id),
                                 .vnfr_name = arena_strdup(&c->arena, what->vnfr_name),
                                 .hostname = arena_strdup(&c->arena, what->hostname),
                                 .lines = what->lines,
                                 .is_full = what->is_full};
    c->request.intent.payload = req;
    engine_submit(ctx, &c->request);
}

struct api_commands commands_on(struct engine_queue *q)
{
    return (struct api_commands){.ctx = q,
                                 .deploy = deploy,
                                 .release = release,
                                 .pop_register = pop_register,
                                 .pop_refresh = pop_refresh,
                                 .pop_update = pop_update,
                                 .pop_delete = pop_delete,
                                 .logs = logs};
}
