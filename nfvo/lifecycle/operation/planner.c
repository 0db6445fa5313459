/* A plan is made by the planner of its kind, and becomes an operation. */
#include "nfvo/lifecycle/operation/plan_build.h"

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

static void add_target(struct planning *p, const struct view_vnfr *target, void *arg)
{
    (void)arg;
    proto_list_add(&p->plan->targets, target->id, p->arena);
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

enum err_code plan_make(const struct service_view *view, const struct plan_request *request,
                        const struct ids *ids, struct arena *a, struct plan *ret, struct err *err)
{
    struct plan plan = {0};
    struct planning p = {.view = view, .request = request, .ids = ids, .arena = a, .plan = &plan};
    p.vnfr = view_vnfr(view, request->vnfr);
    if (request->vnfr && (!p.vnfr || p.vnfr->is_dropped))
        return err_set(err, ERR_NOT_FOUND, "VNFR with ID %s was not found in NSR with ID %s",
                       request->vnfr, view->id);
    if (!p.vnfr && operation_kinds[request->kind].scope != SCOPE_NSR)
        return err_set(err, ERR_INVALID, "%s needs a VNFR", operation_kind_word(request->kind));
    enum err_code rc = planners[request->kind](&p, err);
    if (rc != ERR_OK)
        return rc;
    if (p.is_too_large)
        return too_large(&p, err);
    if (p.refused && request->kind != OPERATION_UPDATE_SCRIPT)
        return err_set(err, ERR_UNSUPPORTED, "VNF '%s' cannot do %s", p.refused_name, p.refused);
    if (p.vnfr && operation_kinds[request->kind].claims.target != CLAIM__)
        plan_targets(&p, p.vnfr, add_target, NULL);
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
