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
