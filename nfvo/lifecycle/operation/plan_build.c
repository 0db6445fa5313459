#include "nfvo/lifecycle/operation/plan_build.h"

#include <string.h>

struct plan_step *plan_at(struct planning *p, uint16_t n)
{
    return &p->plan->steps[n - 1];
}

/* "%s of VNF 'x'": once each. */
void plan_warn(struct planning *p, const struct view_vnfr *v, const char *what)
{
    const char *text = arena_printf(p->arena, "VNF '%s': %s", v->name, what);
    if (!proto_strs_has(&p->plan->warnings, text))
        proto_list_add(&p->plan->warnings, text, p->arena);
}

static void look_at_sdk(struct planning *p, enum step_kind kind, const struct view_vnfr *v)
{
    bool refuse;
    const char *why = sdk_cannot(kind, v->sdk, &refuse);
    if (!why)
        return;
    if (!refuse) {
        plan_warn(p, v, why);
    } else if (!p->refused) {
        p->refused = arena_printf(p->arena, "%s: %s", step_kind_word(kind), why);
        p->refused_name = v->name;
    }
}

uint16_t plan_add_step(struct planning *p, enum step_kind kind, const struct view_vnfr *v)
{
    struct plan *plan = p->plan;
    if (plan->n_steps == PLAN_STEPS_MAX) {
        p->is_too_large = true;
        return PLAN_STEPS_MAX;
    }
    plan->steps = arena_grow_array(p->arena, plan->steps, plan->n_steps, sizeof(*plan->steps));
    struct plan_step *s = &plan->steps[plan->n_steps++];
    *s = (struct plan_step){.n = (uint16_t)plan->n_steps,
                            .kind = kind,
                            .undo = step_kinds[kind].undo,
                            .attempt = 1,
                            .since = 1,
                            .vnfr = v ? v->id : NULL,
                            .name = v ? v->name : NULL};
    if (v)
        look_at_sdk(p, kind, v);
    return s->n;
}

void plan_after(struct planning *p, uint16_t n, uint16_t before)
{
    struct plan_step *s = plan_at(p, n);
    if (before == 0 || before >= n || p->is_too_large)
        return;
    uint32_t at = s->after.n;
    while (at > 0 && s->after.at[at - 1] > before)
        at--;
    if (at > 0 && s->after.at[at - 1] == before)
        return;
    if (p->plan->n_edges++ == PLAN_EDGES_MAX) {
        p->is_too_large = true;
        return;
    }
    s->after.at = arena_grow_array(p->arena, s->after.at, s->after.n, sizeof(s->after.at[0]));
    memmove(s->after.at + at + 1, s->after.at + at, (s->after.n - at) * sizeof(s->after.at[0]));
    s->after.at[at] = before;
    s->after.n++;
}

void plan_only(struct planning *p, uint16_t n, const char *id)
{
    if (p->plan->n_only++ == PLAN_ONLY_MAX)
        p->is_too_large = true;
    if (!p->is_too_large)
        proto_list_add(&plan_at(p, n)->only, id, p->arena);
}

bool plan_is_target(const struct view_vnfr *v)
{
    return v->n_sources > 0;
}

void plan_targets(struct planning *p, const struct view_vnfr *v, target_fn *fn, void *arg)
{
    uint32_t source = view_index(p->view, v);
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++) {
        const struct view_vnfr *t = &p->view->vnfrs[i];
        if (t != v && view_depends(t, source) && t->state >= VNFR_STATE_INITIALIZED &&
            t->state != VNFR_STATE_GONE)
            fn(p, t, arg);
    }
}

uint16_t plan_tell(struct planning *p, const struct view_vnfr *target, uint16_t after,
                   enum step_undo undo, bool if_changed)
{
    uint16_t modify = plan_add_step(p, STEP_MODIFY, target);
    plan_after(p, modify, after);
    plan_at(p, modify)->undo = undo;
    plan_at(p, modify)->if_changed = if_changed;
    uint16_t start = plan_add_step(p, STEP_START, target);
    plan_after(p, start, modify);
    plan_at(p, start)->with = modify;
    plan_at(p, start)->undo = undo == UNDO_AGAIN ? UNDO_AGAIN : UNDO_NONE;
    if (target->state == VNFR_STATE_INACTIVE)
        plan_warn(p, target, "it is stopped, and will be started");
    return modify;
}

static void add_target(struct planning *p, const struct view_vnfr *target, void *arg)
{
    (void)arg;
    proto_list_add(&p->plan->targets, target->id, p->arena);
}

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
