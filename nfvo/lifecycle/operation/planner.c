/* A plan is made by the planner of its kind, and becomes an operation. */
#include "nfvo/lifecycle/operation/plan_build.h"

#include <string.h>

static planner_fn *const planners[OPERATION_KIND_N] = {
    [OPERATION_DEPLOY] = plan_deploy,         [OPERATION_RELEASE] = plan_release,
    [OPERATION_SCALE_OUT] = plan_scale_out,   [OPERATION_SCALE_IN] = plan_scale_in,
    [OPERATION_SWITCH] = plan_switch,         [OPERATION_HEAL] = plan_heal,
    [OPERATION_START_INSTANCE] = plan_single, [OPERATION_STOP_INSTANCE] = plan_single,
    [OPERATION_START_VNF] = plan_single,      [OPERATION_STOP_VNF] = plan_single,
    [OPERATION_RESTART] = plan_restart,       [OPERATION_UPGRADE] = plan_upgrade,
    [OPERATION_UPDATE_SCRIPT] = plan_script,  [OPERATION_UPDATE] = plan_single,
    [OPERATION_EXECUTE] = plan_single,        [OPERATION_CONFIGURE] = plan_configure,
    [OPERATION_ADD_VNF] = plan_add,           [OPERATION_REMOVE_VNF] = plan_remove,
    [OPERATION_RESUME] = plan_resume,
};

/* Several VNFRs may have one in common. */
static void add_target(struct planning *p, const struct view_vnfr *target, void *arg)
{
    (void)arg;
    if (!proto_strs_has(&p->plan->targets, target->id))
        proto_list_add(&p->plan->targets, target->id, p->arena);
}

/* A step of one instance is its VDU's; one of a whole VNF is as that of its VDUs that is tried most. */
static void set_attempts(const struct planning *p, struct plan_step *s)
{
    const struct view_vnfr *v = view_vnfr(p->view, s->vnfr);
    const struct view_instance *x = v && s->instance ? view_instance(v, s->instance) : NULL;
    const char *vdu = s->vdu ? s->vdu : x ? x->vdu : NULL;
    for (uint32_t i = 0; v && step_kinds[s->kind].peer != PEER_NFVO && i < v->n_vdus; i++)
        if ((!vdu || strcmp(v->vdus[i].id, vdu) == 0) && v->vdus[i].attempts > 1 &&
            v->vdus[i].attempts > s->attempts)
            s->attempts = v->vdus[i].attempts;
}

static enum err_code too_large(const struct planning *p, struct err *err)
{
    const struct plan *plan = p->plan;
    err_set(err, ERR_LIMIT,
            "the plan is too large: %u steps (at most %d), which wait for %u others (at most %d) "
            "and name %u instances (at most %d)",
            plan->n_steps, PLAN_STEPS_MAX, plan->n_edges, PLAN_EDGES_MAX, plan->n_only,
            PLAN_ONLY_MAX);
    return err_hint(err, "do it in several operations, or split the service");
}

static enum err_code not_found(const struct service_view *view, const char *vnfr, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "VNFR with ID %s was not found in NSR with ID %s", vnfr,
                   view->id);
}

/* Whom it is about: one VNFR, or those that a request for several names. */
static enum err_code find_vnfrs(struct planning *p, struct err *err)
{
    const struct plan_request *q = p->request;
    bool is_of_several = q->kind == OPERATION_SCALE_OUT || q->kind == OPERATION_SCALE_IN;
    p->vnfr = view_vnfr(p->view, q->vnfr);
    if (q->vnfr && (!p->vnfr || p->vnfr->is_dropped))
        return not_found(p->view, q->vnfr, err);
    for (uint32_t i = 0; is_of_several && !q->vnfr && i < q->vnfrs.n; i++) {
        const struct view_vnfr *v = view_vnfr(p->view, q->vnfrs.at[i]);
        if (!v || v->is_dropped)
            return not_found(p->view, q->vnfrs.at[i], err);
        proto_list_add(&p->plan->vnfrs, v->id, p->arena);
    }
    if (!p->vnfr && !p->plan->vnfrs.n && operation_kinds[q->kind].scope != SCOPE_NSR)
        return err_set(err, ERR_INVALID, "%s needs a VNFR", operation_kind_word(q->kind));
    return ERR_OK;
}

static void add_targets(struct planning *p)
{
    if (operation_kinds[p->request->kind].claims.target == CLAIM__)
        return;
    if (p->vnfr)
        plan_targets(p, p->vnfr, add_target, NULL);
    for (uint32_t i = 0; !p->vnfr && i < p->plan->vnfrs.n; i++)
        plan_targets(p, view_vnfr(p->view, p->plan->vnfrs.at[i]), add_target, NULL);
}

enum err_code plan_make(const struct service_view *view, const struct plan_request *request,
                        const struct ids *ids, struct arena *a, struct plan *ret, struct err *err)
{
    struct plan plan = {0};
    struct planning p = {.view = view, .request = request, .ids = ids, .arena = a, .plan = &plan};
    enum err_code rc = find_vnfrs(&p, err);
    if (rc == ERR_OK)
        rc = planners[request->kind](&p, err);
    if (rc != ERR_OK)
        return rc;
    if (p.is_too_large)
        return too_large(&p, err);
    if (p.refused && request->kind != OPERATION_UPDATE_SCRIPT)
        return err_set(err, ERR_UNSUPPORTED, "VNF '%s' cannot do %s", p.refused_name, p.refused);
    add_targets(&p);
    for (uint32_t i = 0; i < plan.n_steps; i++)
        set_attempts(&p, &plan.steps[i]);
    *ret = plan;
    return ERR_OK;
}

struct operation *plan_operation(const struct plan *plan, const struct plan_request *request,
                                 const char *id, const char *nsr, int64_t now, struct arena *a)
{
    struct operation *op = arena_alloc(a, sizeof(*op));
    enum operation_scope scope = operation_kinds[request->kind].scope;
    *op = (struct operation){.id = id,
                             .kind = request->kind,
                             .state = OPERATION_STATE_STARTING,
                             .origin = "",
                             .asked_by = "",
                             .nsr = nsr,
                             .vnfr = request->vnfr,
                             .instance = scope == SCOPE_INSTANCE ? request->instance : NULL,
                             .vnfrs = plan->vnfrs,
                             .targets = plan->targets,
                             .asked_at = now,
                             .state_at = now,
                             .attempts = 1,
                             .steps = plan->steps,
                             .n_steps = plan->n_steps};
    return op;
}
