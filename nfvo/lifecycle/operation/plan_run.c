/* Planners of what runs on instances that are there: one request, restart, upgrade, configure. */
#include "nfvo/lifecycle/operation/plan_build.h"

#include <string.h>

/* --- one step --------------------------------------------------------------------------------- */

static const struct {
    enum step_kind step;
    enum step_undo undo;
    enum vnfr_state_word at_least; /* of the VNFR */
} singles[OPERATION_KIND_N] = {
    [OPERATION_START_INSTANCE] = {STEP_START, UNDO_STOP, VNFR_STATE_INITIALIZED},
    [OPERATION_STOP_INSTANCE] = {STEP_STOP, UNDO_START, VNFR_STATE_INITIALIZED},
    [OPERATION_START_VNF] = {STEP_START, UNDO_STOP, VNFR_STATE_INITIALIZED},
    [OPERATION_STOP_VNF] = {STEP_STOP, UNDO_START, VNFR_STATE_INITIALIZED},
    [OPERATION_UPDATE] = {STEP_UPDATE, UNDO_NEVER, VNFR_STATE_INITIALIZED},
    [OPERATION_EXECUTE] = {STEP_EXECUTE, UNDO_NEVER, VNFR_STATE_INITIALIZED},
};

static enum err_code not_yet(const struct planning *p, struct err *err)
{
    return err_set(err, ERR_STATE, "VNF '%s' is not INITIALIZED yet, but %s", p->vnfr->name,
                   vnfr_state_words[p->vnfr->state]);
}

/* Its targets know nothing of it: started like this, it would work for nobody. */
static bool stands_aside(const struct view_instance *x)
{
    return x->state == INSTANCE_STATE_STANDBY || x->state == INSTANCE_STATE_FAILED;
}

static enum err_code refuse_aside(const struct view_instance *x, const char *nsr, struct err *err)
{
    bool is_standby = x->state == INSTANCE_STATE_STANDBY;
    err_set(err, ERR_STATE, "instance '%s' %s: it is neither started nor stopped", x->hostname,
            is_standby ? "stands by" : "has failed");
    if (is_standby)
        return err_hint(err,
                        "let it take the place of another one: baton nsr switch %s HOST; or remove "
                        "it: baton nsr scale-in %s %s",
                        nsr, nsr, x->hostname);
    return err_hint(err, "remove it: baton nsr scale-in %s %s", nsr, x->hostname);
}

static enum err_code refuse_empty(const struct view_instance *x, const char *nsr, struct err *err)
{
    err_set(err, ERR_STATE,
            "the server of instance '%s' was made anew, and nothing is installed on it",
            x->hostname);
    return err_hint(err, "have its VNFM install it: baton nsr heal %s %s", nsr, x->hostname);
}

enum err_code plan_single(struct planning *p, struct err *err)
{
    enum operation_kind kind = p->request->kind;
    const struct view_vnfr *v = p->vnfr;
    const struct view_instance *x = view_instance(v, p->request->instance);
    bool wants_instance = operation_kinds[kind].scope == SCOPE_INSTANCE;
    if (wants_instance && (!x || !instance_is_there(x)))
        return err_set(err, ERR_NOT_FOUND, "VNFCInstance to be %s NOT FOUND",
                       singles[kind].step == STEP_START ? "started" : "stopped");
    if (wants_instance && stands_aside(x))
        return refuse_aside(x, p->view->name, err);
    if (wants_instance && x->is_emptied && singles[kind].step == STEP_START)
        return refuse_empty(x, p->view->name, err);
    bool is_repair = v->has_resources && (kind == OPERATION_UPDATE || kind == OPERATION_EXECUTE);
    if ((v->state < singles[kind].at_least && !is_repair) || v->state == VNFR_STATE_GONE)
        return not_yet(p, err);
    uint16_t n = plan_add_step(p, singles[kind].step, v);
    plan_at(p, n)->undo = singles[kind].undo;
    if (wants_instance) {
        plan_at(p, n)->instance = x->id;
        /* what was so before stays so when it is rolled back */
        if ((x->state == INSTANCE_STATE_ACTIVE) == (singles[kind].step == STEP_START))
            plan_at(p, n)->undo = UNDO_NONE;
    }
    return ERR_OK;
}

/* One UPDATE with the script per VNFR of the package, beside each other. */
enum err_code plan_script(struct planning *p, struct err *err)
{
    const char *package = p->request->package ? p->request->package : "";
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++) {
        const struct view_vnfr *v = &p->view->vnfrs[i];
        if (!v->package || strcmp(v->package, package) != 0 || v->state == VNFR_STATE_GONE ||
            (v->state == VNFR_STATE_NULL && !v->is_known))
            continue; /* one whose INSTANTIATE failed gets it: that is what it needs */
        bool refuse;
        const char *why = sdk_cannot(STEP_UPDATE_SCRIPT, v->sdk, &refuse);
        if (why && refuse) { /* the others get it all the same */
            plan_warn(p, v, why);
            continue;
        }
        plan_add_step(p, STEP_UPDATE_SCRIPT, v);
        proto_list_add(&p->plan->vnfrs, v->id, p->arena);
    }
    return p->plan->n_steps ? ERR_OK
                            : err_set(err, ERR_NOT_FOUND,
                                      "no VNF of service '%s' can take a script of package '%s'",
                                      p->view->name, package);
}

/* --- restart, upgrade ------------------------------------------------------------------------- */

static void tell_if_changed(struct planning *p, const struct view_vnfr *target, void *arg)
{
    uint16_t n = plan_tell(p, target, *(uint16_t *)arg, UNDO_AGAIN, true);
    plan_only(p, n, p->vnfr->id);
}

/* [PREPARE p ->] [SET ->] REBUILD all i beside each other -> REINSTANTIATE v -> [MODIFY v whole ->]
 * START v; targets only if a value changed. The number of START v. */
static uint16_t rebuild(struct planning *p, enum step_kind set_kind)
{
    const struct view_vnfr *v = p->vnfr;
    struct proto_strs pops = {0};
    uint32_t first = p->plan->n_steps + 1;
    uint16_t set = 0;
    if (set_kind != STEP_NO) { /* another image: it must be on every PoP */
        for (uint32_t i = 0; i < v->n_instances; i++) {
            const char *pop = v->instances[i].pop;
            if (!instance_is_there(&v->instances[i]) || !pop || proto_strs_has(&pops, pop))
                continue;
            uint16_t n = plan_add_step(p, STEP_PREPARE, v);
            plan_at(p, n)->pop = pop;
            plan_after(p, n, n > first ? (uint16_t)(n - 1) : 0); /* one PoP after the other */
            proto_list_add(&pops, pop, p->arena);
        }
        set = plan_add_step(p, set_kind, v);
        plan_after(p, set, set > first ? (uint16_t)(set - 1) : 0);
    }
    first = p->plan->n_steps + 1;
    for (uint32_t i = 0; i < v->n_instances; i++)
        if (instance_is_there(&v->instances[i])) {
            uint16_t n = plan_add_step(p, STEP_REBUILD, v);
            plan_at(p, n)->instance = v->instances[i].id;
            plan_after(p, n, set);
        }
    uint16_t again = plan_add_step(p, STEP_REINSTANTIATE, v), before = again;
    for (uint32_t n = first; n < again; n++)
        plan_after(p, again, (uint16_t)n);
    if (first == again)
        plan_after(p, again, set);
    if (plan_is_target(v)) {
        before = plan_add_step(p, STEP_MODIFY, v);
        plan_at(p, before)->undo = UNDO_AGAIN;
        plan_after(p, before, again);
    }
    uint16_t start = plan_add_step(p, STEP_START, v);
    plan_at(p, start)->undo = UNDO_AGAIN;
    plan_after(p, start, before);
    return start;
}

/* Not ACTIVE only because a server of it was made anew and not healed: to install it again helps. */
static bool awaits_heal(const struct view_vnfr *v)
{
    bool is_empty = false;
    for (uint32_t i = 0; i < v->n_instances; i++)
        is_empty = is_empty || v->instances[i].is_emptied;
    return is_empty && v->state == VNFR_STATE_INACTIVE;
}

static enum err_code all_active(const struct planning *p, struct err *err)
{
    for (uint32_t i = 0; i < p->view->n_vnfrs; i++)
        if ((p->view->vnfrs[i].state != VNFR_STATE_ACTIVE && !awaits_heal(&p->view->vnfrs[i])) ||
            p->view->vnfrs[i].is_broken)
            return err_set(err, ERR_STATE, "NSR is not in ACTIVE status");
    return ERR_OK;
}

enum err_code plan_restart(struct planning *p, struct err *err)
{
    enum err_code rc = all_active(p, err);
    if (rc != ERR_OK)
        return rc;
    uint16_t start = rebuild(p, p->request->has_image ? STEP_SET_IMAGE : STEP_NO);
    plan_targets(p, p->vnfr, tell_if_changed, &start);
    return ERR_OK;
}

/* STOP all VNFRs beside each other -> START all in ascending weight, one after the other. */
static void restart_all(struct planning *p, uint16_t after)
{
    uint32_t n = p->view->n_vnfrs, first = p->plan->n_steps + 1;
    uint32_t *weights = arena_alloc(p->arena, (n + 1) * sizeof(*weights));
    bool *is_started = arena_alloc(p->arena, n + 1);
    uint16_t before = 0;
    view_weights(p->view, weights);
    for (uint32_t i = 0; i < n; i++) {
        uint16_t stop = plan_add_step(p, STEP_STOP, &p->view->vnfrs[i]);
        plan_after(p, stop, after);
        if (&p->view->vnfrs[i] == p->vnfr) /* a rollback starts it anyway */
            plan_at(p, stop)->undo = UNDO_NONE;
    }
    for (uint32_t round = 0; round < n; round++) {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; i++)
            if (!is_started[i] && (best == n || weights[i] < weights[best]))
                best = i;
        is_started[best] = true;
        uint16_t start = plan_add_step(p, STEP_START, &p->view->vnfrs[best]);
        plan_after(p, start, before);
        for (uint32_t s = first; before == 0 && s < first + n; s++)
            plan_after(p, start, (uint16_t)s);
        before = start;
    }
}

enum err_code plan_upgrade(struct planning *p, struct err *err)
{
    enum err_code rc = all_active(p, err);
    if (rc != ERR_OK)
        return rc;
    uint16_t start = rebuild(p, STEP_SET_VNFD);
    if (!p->request->keeps_service)
        restart_all(p, start);
    return ERR_OK;
}

/* Only the record: SET_CONFIG. Else SET_CONFIG -> MODIFY v whole -> START v; per target whose parameters changed: MODIFY t {all i of
 * v} -> START t. */
enum err_code plan_configure(struct planning *p, struct err *err)
{
    if (p->vnfr->state != VNFR_STATE_ACTIVE)
        return err_set(err, ERR_STATE, "VNF '%s' is not ACTIVE, but %s", p->vnfr->name,
                       vnfr_state_words[p->vnfr->state]);
    uint16_t set = plan_add_step(p, STEP_SET_CONFIG, p->vnfr);
    if (p->request->is_record_only)
        return ERR_OK;
    uint16_t modify = plan_tell(p, p->vnfr, set, UNDO_AGAIN, false), start = (uint16_t)(modify + 1);
    plan_targets(p, p->vnfr, tell_if_changed, &start);
    return ERR_OK;
}
