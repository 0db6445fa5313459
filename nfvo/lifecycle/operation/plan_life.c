/* Planners of class NSR: deploy, release, add and remove a VNF, resume. */
#include "nfvo/lifecycle/operation/plan_build.h"

#include <string.h>

/* Numbers of the steps of each VNFR; 0: none. */
struct life {
    uint16_t instantiate, modify, start;
};

/* INSTANTIATE v, unless it is done; REINSTANTIATE where its servers are there, and empty. */
static void begin(struct planning *p, struct life *steps, const struct view_vnfr *v)
{
    if (v->state == VNFR_STATE_NULL && !v->is_leaving)
        steps->instantiate =
            plan_add_step(p, v->is_emptied ? STEP_REINSTANTIATE : STEP_INSTANTIATE, v);
}

/* [v is target: MODIFY v], after INSTANTIATE of v and of all its sources. */
static void configure(struct planning *p, struct life *steps, uint32_t i)
{
    const struct view_vnfr *v = &p->view->vnfrs[i];
    if (!plan_is_target(v) || v->is_leaving || v->state >= VNFR_STATE_INACTIVE)
        return;
    steps[i].modify = plan_add_step(p, STEP_MODIFY, v);
    plan_after(p, steps[i].modify, steps[i].instantiate);
    for (uint32_t k = 0; k < v->n_sources; k++)
        plan_after(p, steps[i].modify, steps[v->sources[k]].instantiate);
}

static void start(struct planning *p, struct life *steps, const struct view_vnfr *v)
{
    if (v->is_leaving || (v->state == VNFR_STATE_ACTIVE && !v->is_broken))
        return;
    steps->start = plan_add_step(p, STEP_START, v);
    plan_after(p, steps->start, steps->modify ? steps->modify : steps->instantiate);
}

/* One at a time in ascending weight, the first after all INSTANTIATE and MODIFY; the others wait
 * for the one before, and so for all of that, too. Equal weights: in the descriptor's order. */
static void start_in_order(struct planning *p, struct life *steps)
{
    uint32_t n = p->view->n_vnfrs;
    uint32_t *weights = arena_alloc(p->arena, (n + 1) * sizeof(*weights));
    bool *is_started = arena_alloc(p->arena, n + 1);
    uint16_t before = 0;
    view_weights(p->view, weights);
    for (uint32_t round = 0; round < n; round++) {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; i++)
            if (!is_started[i] && (best == n || weights[i] < weights[best]))
                best = i;
        is_started[best] = true;
        start(p, &steps[best], &p->view->vnfrs[best]);
        if (!steps[best].start)
            continue;
        for (uint32_t i = 0; before == 0 && i < n; i++) {
            plan_after(p, steps[best].start, steps[i].instantiate);
            plan_after(p, steps[best].start, steps[i].modify);
        }
        plan_after(p, steps[best].start, before);
        before = steps[best].start;
    }
}

enum err_code plan_deploy(struct planning *p, struct err *err)
{
    uint32_t n = p->view->n_vnfrs;
    struct life *steps = arena_alloc(p->arena, (n + 1) * sizeof(*steps));
    (void)err;
    for (uint32_t i = 0; i < n; i++)
        begin(p, &steps[i], &p->view->vnfrs[i]);
    for (uint32_t i = 0; i < n; i++)
        configure(p, steps, i);
    if (p->view->is_ordered)
        start_in_order(p, steps);
    for (uint32_t i = 0; !p->view->is_ordered && i < n; i++)
        start(p, &steps[i], &p->view->vnfrs[i]);
    return ERR_OK;
}

static void after_all(struct planning *p, uint16_t n, const struct step_numbers *before)
{
    for (uint32_t i = 0; i < before->n; i++)
        plan_after(p, n, before->at[i]);
}

/* All `before` -> TERMINATE v where its VNFM knows it -> DELETE each i -> [SET_DEPENDENCIES ->]
 * DROP v. */
static uint16_t release(struct planning *p, const struct view_vnfr *v, struct step_numbers before,
                        bool is_alone)
{
    uint16_t terminate = v->is_known ? plan_add_step(p, STEP_TERMINATE, v) : 0;
    struct step_numbers deletes = {
        .at = arena_alloc(p->arena, (v->n_instances + 1) * sizeof(*deletes.at))};
    if (terminate) {
        after_all(p, terminate, &before);
        before = (struct step_numbers){.at = &terminate, .n = 1};
    }
    for (uint32_t i = 0; i < v->n_instances; i++)
        if (v->instances[i].state != INSTANCE_STATE_GONE) {
            uint16_t n = plan_add_step(p, STEP_DELETE, v);
            plan_at(p, n)->instance = v->instances[i].id;
            after_all(p, n, &before);
            deletes.at[deletes.n++] = n;
        }
    before = deletes.n ? deletes : before;
    uint16_t set = is_alone ? plan_add_step(p, STEP_SET_DEPENDENCIES, v) : 0;
    if (set) {
        after_all(p, set, &before);
        before = (struct step_numbers){.at = &set, .n = 1};
    }
    uint16_t drop = plan_add_step(p, STEP_DROP, v);
    after_all(p, drop, &before);
    return drop;
}

enum err_code plan_release(struct planning *p, struct err *err)
{
    uint16_t *drops = arena_alloc(p->arena, (p->view->n_vnfrs + 1) * sizeof(*drops));
    (void)err;
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++)
        if (p->view->vnfrs[i].state != VNFR_STATE_GONE)
            drops[i] = release(p, &p->view->vnfrs[i], (struct step_numbers){0}, false);
    uint16_t last = plan_add_step(p, STEP_DROP_SERVICE, NULL);
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++)
        plan_after(p, last, drops[i]);
    return ERR_OK;
}

struct added {
    const struct view_vnfr *v;
    uint16_t after;
};

static void tell_of_all(struct planning *p, const struct view_vnfr *target, void *arg)
{
    const struct added *added = arg;
    uint16_t n = plan_tell(p, target, added->after, UNDO_SCALE_IN, false);
    plan_only(p, n, added->v->id); /* all of its instances: there are none yet */
}

static enum err_code has_already(const struct planning *p, const struct view_vnfr *v,
                                 struct err *err)
{
    err_set(err, ERR_EXISTS, "service '%s' has a VNF '%s' already", p->view->name, v->name);
    if (!v->is_leaving)
        return ERR_EXISTS;
    return err_hint(err, "it is half removed: baton nsr remove-vnf %s %s", p->view->name, v->name);
}

enum err_code plan_add(struct planning *p, struct err *err)
{
    const struct view_vnfr *v = NULL;
    struct life steps = {0};
    for (uint32_t i = 0; i < p->view->n_vnfrs && !v; i++)
        v = p->view->vnfrs[i].is_new ? &p->view->vnfrs[i] : NULL;
    if (!v)
        return err_set(err, ERR_INVALID, "the request names no VNFD to add");
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++) {
        const struct view_vnfr *other = &p->view->vnfrs[i];
        if (other == v || other->is_dropped)
            continue;
        if (strcmp(other->name, v->name) == 0)
            return has_already(p, other, err);
        if (!other->is_leaving && other->state != VNFR_STATE_ACTIVE)
            return err_set(err, ERR_STATE, "NSR is not in ACTIVE status");
    }
    uint16_t set = plan_add_step(p, STEP_SET_DEPENDENCIES, v);
    begin(p, &steps, v);
    plan_after(p, steps.instantiate, set);
    if (plan_is_target(v)) {
        steps.modify = plan_add_step(p, STEP_MODIFY, v);
        plan_after(p, steps.modify, steps.instantiate);
    }
    start(p, &steps, v);
    plan_targets(p, v, tell_of_all, &(struct added){v, steps.instantiate});
    return ERR_OK;
}

struct removal {
    const struct view_vnfr *v;
    struct step_numbers told;     /* last SCALE_IN of each target */
    const struct proto_strs *all; /* ids of those that go together */
};

/* One after the other: a target takes one request at a time. One that goes itself is not told. */
static void tell_of_end(struct planning *p, const struct view_vnfr *target, void *arg)
{
    struct removal *r = arg;
    uint16_t before = 0;
    for (uint32_t i = 0; i < r->v->n_instances && !proto_strs_has(r->all, target->id); i++) {
        const char *id = r->v->instances[i].id;
        if (!proto_strs_has(&target->told, id))
            continue;
        uint16_t n = plan_add_step(p, STEP_SCALE_IN, target);
        plan_at(p, n)->instance = id;
        plan_after(p, n, before);
        before = n;
    }
    if (before)
        r->told.at[r->told.n++] = before;
}

static enum err_code leaves_nothing(const struct planning *p, const struct proto_strs *all,
                                    struct err *err)
{
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++)
        if (p->view->vnfrs[i].state != VNFR_STATE_GONE && !p->view->vnfrs[i].is_leaving &&
            !proto_strs_has(all, p->view->vnfrs[i].id))
            return ERR_OK;
    if (all->n == 1)
        err_set(err, ERR_STATE, "VNF '%s' is the last one of service '%s'",
                view_vnfr(p->view, all->at[0])->name, p->view->name);
    else
        err_set(err, ERR_STATE, "service '%s' would be left without a VNF", p->view->name);
    return err_hint(err, "delete the service: baton nsr delete %s", p->view->name);
}

static enum err_code take_vnfrs(struct planning *p, struct proto_strs *ret, struct err *err)
{
    const struct proto_strs *asked = &p->request->vnfrs;
    for (uint32_t i = 0; i < asked->n; i++) {
        const struct view_vnfr *v = view_vnfr(p->view, asked->at[i]);
        if (!v || v->is_dropped)
            return err_set(err, ERR_NOT_FOUND, "VNFR with ID %s was not found in NSR with ID %s",
                           asked->at[i], p->view->id);
        if (!proto_strs_has(ret, v->id))
            proto_list_add(ret, v->id, p->arena);
    }
    if (p->vnfr)
        proto_list_add(ret, p->vnfr->id, p->arena);
    return ret->n ? ERR_OK : err_set(err, ERR_INVALID, "REMOVE_VNF needs a VNFR");
}

enum err_code plan_remove(struct planning *p, struct err *err)
{
    struct proto_strs all = {0};
    enum err_code rc = take_vnfrs(p, &all, err);
    if (rc == ERR_OK)
        rc = leaves_nothing(p, &all, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < all.n; i++) {
        struct removal r = {.v = view_vnfr(p->view, all.at[i]), .all = &all};
        r.told.at = arena_alloc(p->arena, p->view->n_vnfrs * sizeof(*r.told.at));
        plan_targets(p, r.v, tell_of_end, &r);
        release(p, r.v, r.told, true);
    }
    if (!p->vnfr)
        p->plan->vnfrs = all;
    return ERR_OK;
}

/* Of a VNFR that is broken, in the form that goes on where it failed. */
static enum err_code resume_first(struct planning *p, const struct view_vnfr *v,
                                  struct plan_step *s, struct err *err)
{
    const struct retry_consent *consent = &p->request->consent;
    s->cause = v->cause;
    s->command = v->failed_command;
    s->form = retry_form(s, v->is_ours ? SDK_C : v->sdk, consent);
    if (s->form != FORM_REFUSED)
        return ERR_OK;
    err_set(err, ERR_STATE, "%s of '%s': %s", step_kind_word(s->kind), v->name, retry_refusal(s));
    return err_hint(err,
                    "look at its servers, then 'baton nsr resume %s --%s', or "
                    "'baton nsr delete %s'",
                    p->view->name, s->cause == CAUSE_OUTCOME ? "unknown repeat" : "repeat",
                    p->view->name);
}

/* DEPLOY's plan less what the stable states show as done; the first step of each broken VNFR goes
 * out in the form in which it would be tried again. One that is on its way is only waited for. */
enum err_code plan_resume(struct planning *p, struct err *err)
{
    enum err_code rc = plan_deploy(p, err);
    for (uint32_t i = 0; rc == ERR_OK && i < p->view->n_vnfrs; i++) {
        const struct view_vnfr *v = &p->view->vnfrs[i];
        struct plan_step *first = NULL;
        for (uint32_t k = 0; !first && k < p->plan->n_steps; k++)
            first = p->plan->steps[k].vnfr == v->id ? &p->plan->steps[k] : NULL;
        if (first && v->is_broken)
            rc = resume_first(p, v, first, err);
        else if (first && v->in_hand == first->kind)
            first->after.n = 0;
    }
    return rc;
}
