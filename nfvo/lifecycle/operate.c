#include "nfvo/lifecycle/operate.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operate_life.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/operation/document.h"

#include <string.h>

/* A kind that is not here is refused, never half done. DEPLOY and RELEASE are asked by events of
 * their own (operate_phases.c); of a RELEASE a plan may be asked here. */
/* clang-format off */
static const bool is_built[OPERATION_KIND_N] = {
    [OPERATION_SCALE_OUT] = true,
    [OPERATION_SCALE_IN] = true,
    [OPERATION_SWITCH] = true,
    [OPERATION_HEAL] = true,
    [OPERATION_START_INSTANCE] = true,
    [OPERATION_STOP_INSTANCE] = true,
    [OPERATION_START_VNF] = true,
    [OPERATION_STOP_VNF] = true,
    [OPERATION_RESTART] = true,
    [OPERATION_UPGRADE] = true,
    [OPERATION_UPDATE_SCRIPT] = true,
    [OPERATION_UPDATE] = true,
    [OPERATION_EXECUTE] = true,
    [OPERATION_CONFIGURE] = true,
    [OPERATION_RESUME] = true,
    [OPERATION_ADD_VNF] = true,
    [OPERATION_REMOVE_VNF] = true,
};
/* clang-format on */

/* What may wait until the deployment is over: a script that the VNFMs were given too early. */
static bool may_wait(const struct operate_request *req)
{
    return req->plan.kind == OPERATION_UPDATE_SCRIPT && req->may_queue;
}

/* A service on its way is an open operation that holds all of it. */
static enum err_code check_service(struct nsr_model *m, const struct operate_request *req,
                                   struct err *err)
{
    const char *name = m->d->root->key[NSR_NAME];
    if (m->d->root->phase >= NSR_RELEASING)
        return err_set(err, ERR_STATE, "Busy: service '%s' is being released", name);
    if (m->d->root->phase != NSR_DEPLOYING || may_wait(req))
        return ERR_OK;
    err_set(err, ERR_STATE, "Busy: service '%s' is being deployed", name);
    return err_hint(err, "wait until it is ACTIVE: baton explain %s", name);
}

static bool is_scaling(enum operation_kind kind)
{
    return kind == OPERATION_SCALE_OUT || kind == OPERATION_SCALE_IN || kind == OPERATION_SWITCH;
}

static enum err_code no_vnfr(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "VNFR with ID %s was not found", id ? id : "");
}

static enum err_code check_removed(struct nsr_model *m, const struct operate_request *req,
                                   struct err *err)
{
    const struct proto_strs *all = &req->plan.vnfrs;
    for (uint32_t i = 0; i < all->n; i++)
        if (!model_vnfr_by_id(m, all->at[i]))
            return no_vnfr(all->at[i], err);
    if (!all->n && !model_vnfr_by_id(m, req->plan.vnfr))
        return no_vnfr(req->plan.vnfr, err);
    return ERR_OK;
}

/* What can be done to the servers of a VNF that failed, or stands still: to look, and to repair. What
 * starts or changes all of it comes after its resume. */
static bool repairs(enum operation_kind kind)
{
    return kind == OPERATION_EXECUTE || kind == OPERATION_UPDATE || kind == OPERATION_HEAL ||
           kind == OPERATION_START_INSTANCE || kind == OPERATION_STOP_INSTANCE;
}

static enum err_code check_vnfr(struct nsr_model *m, const struct operate_request *req,
                                const char *id, struct err *err)
{
    struct vnfr_member *v = model_vnfr_by_id(m, id);
    bool stands = v && (v->row->phase == VNFR_FAILED || v->row->phase == VNFR_HELD);
    if (operation_kinds[req->plan.kind].scope == SCOPE_NSR && !id)
        return ERR_OK;
    if (!v)
        return no_vnfr(id, err);
    if (v->row->phase == VNFR_ACTIVE || (stands && repairs(req->plan.kind)))
        return ERR_OK;
    if (is_scaling(req->plan.kind)) { /* clients know that sentence */
        err_set(err, ERR_STATE, "NetworkServiceDescriptor must be in ACTIVE state");
        return err_hint(err, "VNF '%s' is %s: baton explain %s", v->row->key[VNFR_NAME],
                        vnfr_phase_names[v->row->phase], v->row->key[VNFR_NAME]);
    }
    err_set(err, ERR_STATE, "VNF '%s' has failed, or is not ACTIVE yet: it is %s",
            v->row->key[VNFR_NAME], vnfr_phase_names[v->row->phase]);
    if (!stands)
        return err_hint(err, "why: baton explain %s", v->row->key[VNFR_NAME]);
    return err_hint(err,
                    "go on where it failed: baton nsr resume %s; or give it up: baton nsr "
                    "delete %s",
                    m->d->root->key[NSR_NAME], m->d->root->key[NSR_NAME]);
}

static enum err_code check_vnfrs(struct nsr_model *m, const struct operate_request *req,
                                 struct err *err)
{
    const struct proto_strs *all = &req->plan.vnfrs;
    enum err_code rc = ERR_OK;
    if (req->plan.vnfr || !all->n || !is_scaling(req->plan.kind))
        return check_vnfr(m, req, req->plan.vnfr, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all->n; i++)
        rc = check_vnfr(m, req, all->at[i], err);
    return rc;
}

static enum err_code check_texts(const struct operate_request *req, struct err *err)
{
    if (req->plan.kind == OPERATION_EXECUTE && (!req->script || !*req->script))
        return err_set(err, ERR_INVALID, "the script is empty");
    if ((req->script && strlen(req->script) > OPERATE_SCRIPT_MAX) ||
        (req->cause && strlen(req->cause) > OPERATE_CAUSE_MAX))
        return err_set(err, ERR_LIMIT, "a script of at most %d bytes, a cause of at most %d",
                       OPERATE_SCRIPT_MAX, OPERATE_CAUSE_MAX);
    return ERR_OK;
}

static const char *component_text(struct nsr_model *m, const struct operate_request *req)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (!req->component)
        return NULL;
    proto_encode(&vnf_component_type, req->component, 0, &text);
    return arena_strndup(m->d->arena, text.s, text.len);
}

static enum err_code check(struct nsr_model *m, const struct operate_request *req, struct err *err)
{
    enum operation_kind kind = req->plan.kind;
    if (!is_built[kind])
        return err_set(err, ERR_UNSUPPORTED, "operation %s is not built yet",
                       operation_kind_word(kind));
    if (kind == OPERATION_RESUME)
        return operate_resume_check(m, err);
    enum err_code rc =
        kind == OPERATION_ADD_VNF ? operate_check_added(m, req, err) : check_service(m, req, err);
    if (rc == ERR_OK && kind == OPERATION_REMOVE_VNF)
        rc = check_removed(m, req, err);
    else if (rc == ERR_OK && kind != OPERATION_ADD_VNF)
        rc = check_vnfrs(m, req, err);
    if (rc == ERR_OK && kind == OPERATION_UPDATE_SCRIPT)
        rc = operate_script_check(req, err);
    return rc == ERR_OK ? check_texts(req, err) : rc;
}

/* What the request brings for its steps' messages. */
static void take_texts(struct nsr_model *m, struct operation *op, const struct operate_request *req)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        enum step_kind kind = op->steps[i].kind;
        const char *cause = op->kind == OPERATION_SWITCH ? OPERATE_CAUSE_SWITCH : req->cause;
        const char *text = kind == STEP_HEAL            ? cause
                           : kind == STEP_EXECUTE       ? req->script
                           : kind == STEP_SET_COMPONENT ? component_text(m, req)
                           : kind == STEP_SET_CONFIG
                               ? operate_configure_keep(req, m->d->arena)
                               : operate_values_wanted(req, kind, m->d->arena);
        op->steps[i].before = text ? arena_strdup(m->d->arena, text) : NULL;
        if (kind == STEP_INSTANTIATE && op->kind == OPERATION_ADD_VNF) {
            op->steps[i].before = operate_deploy_text(m, req->deploy);
            op->vnfr = op->steps[i].vnfr;
        }
    }
    if (op->kind == OPERATION_UPDATE_SCRIPT)
        op->steps[0].before = operate_script_keep(req, m->d->arena);
}

static struct operation *make(struct nsr_model *m, const struct plan *plan,
                              const struct operate_request *req)
{
    struct arena *a = m->d->arena;
    struct plan_request r = req->plan; /* the request's memory ends with the answer */
    r.vnfr = r.vnfr ? arena_strdup(a, r.vnfr) : NULL;
    r.vnfrs = (struct proto_strs){0}; /* the plan names them */
    r.instance = r.instance ? arena_strdup(a, r.instance) : NULL;
    r.package = r.package ? arena_strdup(a, r.package) : NULL;
    struct operation *op =
        plan_operation(plan, &r, req->is_dry ? NULL : arena_strdup(a, req->operation_id),
                       m->d->root->id, m->d->now, a);
    op->origin = arena_strdup(a, req->origin ? req->origin : "user");
    op->asked_by = arena_strdup(a, req->asked_by ? req->asked_by : "");
    op->policy = req->policy;
    op->attempts = req->attempts ? req->attempts : 1;
    take_texts(m, op, req);
    return op;
}

const char *operate_show_plan(struct nsr_model *m, const struct planned *p)
{
    struct decision *d = m->d;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct shown_pop_list pops = {0};
    struct placed_list added = {0};
    struct operation *op = p->op ? p->op : make(m, p->plan, p->req);
    bool is_added = op->kind == OPERATION_ADD_VNF && p->req->deploy;
    if (is_added)
        operate_place_added(m, p->req->deploy, &added);
    operate_scaling_foretell(m, op);
    struct operate_plan *more = operate_plan_look(m, p->run->view, p->req, op, p->plan,
                                                  is_added ? &added : p->placed, &pops);
    const struct operation_extras extras = {.run = p->run,
                                            .basis = p->basis,
                                            .nsr_name = d->root->key[NSR_NAME],
                                            .warnings = p->plan->warnings,
                                            .refused = p->plan->refused,
                                            .pops = pops,
                                            .add = operate_plan_add,
                                            .arg = more,
                                            .is_plan = true};
    if (op->kind == OPERATION_DEPLOY)
        op->nsr = ""; /* there is none yet */
    proto_encode(&shown_operation_type, operation_show(op, &extras, d->arena), PROTO_COMPLETE,
                 &text);
    return arena_strndup(d->arena, text.s, text.len);
}

/* While it is deployed all wait. */
static struct admitted admit(struct nsr_model *m, const struct run *run, struct operation *op,
                             bool may_queue, struct err *err)
{
    if (m->d->root->phase != NSR_DEPLOYING)
        return operation_admit(run, op, may_queue, err);
    if (run->operations->n < QUEUED_MAX)
        return (struct admitted){.answer = QUEUE};
    err_set(err, ERR_STATE, "Busy: %d operations of this service are queued already", QUEUED_MAX);
    err_hint(err, "wait for one of them: baton op list %s state=starting", op->nsr);
    return (struct admitted){.answer = REFUSE};
}

static struct operation *open_one(const struct run *run, const char *id)
{
    for (uint32_t i = 0; i < run->operations->n; i++)
        if (strcmp(run->operations->at[i]->id, id) == 0)
            return run->operations->at[i];
    return NULL;
}

static void warn_ended(const struct operation *op, struct plan *plan, struct arena *a)
{
    if (op)
        proto_list_add(&plan->warnings,
                       arena_printf(a, "it ends operation %s (%s), which is %s", op->id,
                                    operation_kind_word(op->kind),
                                    operation_state_words[op->state]),
                       a);
}

/* What a plan says of the operations that are there: it is made all the same. */
static void foretell(struct nsr_model *m, const struct run *run, struct operation *op,
                     bool may_queue, struct plan *plan)
{
    struct arena *a = m->d->arena;
    struct err why = ERR_INIT;
    struct admitted admitted = admit(m, run, op, may_queue, &why);
    if (admitted.answer == REFUSE)
        operate_plan_refuse(plan, why, a);
    if (admitted.answer == QUEUE)
        proto_list_add(&plan->warnings, "it would be queued: it waits for the operations before it",
                       a);
    for (uint32_t i = 0; i < admitted.ended.n; i++)
        warn_ended(admitted.ended.at[i], plan, a);
}

static enum err_code check_release(struct nsr_model *m, struct err *err)
{
    const char *name = m->d->root->key[NSR_NAME];
    if (m->d->root->phase < NSR_RELEASING)
        return ERR_OK;
    err_set(err, ERR_STATE, "service '%s' is being released", name);
    return err_hint(err, "see how far it is: baton explain %s", name);
}

/* In whatever phase: by its rows, since a record may not be there yet. */
static void plan_of_release(struct nsr_model *m, const struct operate_request *req)
{
    struct decision *d = m->d;
    struct plan plan = {0};
    struct run run;
    if (check_release(m, &d->err) != ERR_OK || !operate_run(m, &run))
        return;
    run.view = operate_view_phases(m);
    if (plan_make(run.view, &req->plan, d->ids, d->arena, &plan, &d->err) != ERR_OK)
        return;
    warn_ended(model_phases_operation(m, operation_kind_word(OPERATION_DEPLOY)), &plan, d->arena);
    for (uint32_t i = 0; i < run.operations->n; i++)
        warn_ended(run.operations->at[i], &plan, d->arena);
    /* It is possible in any state: its plan is not bound to one. */
    d->text = operate_show_plan(m, &(struct planned){.run = &run, .req = req, .plan = &plan});
}

static void queue_or_begin(struct nsr_model *m, struct run *run, const struct operate_request *req,
                           struct operation *op, const struct admitted *admitted)
{
    if (admitted->answer == QUEUE) {
        operate_queue(m, op, &req->plan);
        operate_note(m, op, NULL, "waits for the operations before it", NULL);
        return;
    }
    for (uint32_t i = 0; i < admitted->ended.n; i++)
        run_supersede(run, admitted->ended.at[i], op->id);
    operate_begin(m, run, op);
}

void operate(struct nsr_model *m, const struct operate_request *req)
{
    struct decision *d = m->d;
    struct plan plan = {0};
    struct run run;
    if (req->is_dry && req->plan.kind == OPERATION_RELEASE) {
        plan_of_release(m, req);
        return;
    }
    if (check(m, req, &d->err) != ERR_OK || !operate_run(m, &run))
        return;
    const struct operation *same = req->is_dry ? NULL : open_one(&run, req->operation_id);
    if (same) { /* asked again, since the answer was lost */
        d->text = operate_shown_of(m, &run, same);
        return;
    }
    if (!operate_is_as_planned(m, req->basis, &d->err))
        return;
    struct instance_member *gone = req->missing ? model_instance_by_id(m, req->missing) : NULL;
    if (gone && gone->row->phase == INSTANCE_UP && !req->is_dry) { /* its alarm may come later */
        gone->st->missing = true;
        row_touch(gone->row);
    }
    bool is_resume = req->plan.kind == OPERATION_RESUME;
    const struct operation *again = is_resume ? operate_resume_open(m, &run, req, &d->err) : NULL;
    if (again && req->is_dry)
        d->text = operate_shown_of(m, &run, again);
    else
        m->shown = again;
    if (again || d->err.code != ERR_OK)
        return;
    const struct service_view *view = req->plan.kind == OPERATION_ADD_VNF
                                          ? operate_view_added(m, req->deploy, decision_new_id(d))
                                          : run.view;
    if (plan_make(view, &req->plan, d->ids, d->arena, &plan, &d->err) != ERR_OK)
        return;
    if (req->plan.kind == OPERATION_SCALE_OUT && operate_scaling_check(m, &plan, &d->err) != ERR_OK)
        return;
    struct operation *op = make(m, &plan, req);
    if (is_resume && operate_resume_take(m, op, req, &d->err) != ERR_OK)
        return;
    if (req->is_dry) {
        foretell(m, &run, op, req->may_queue && !is_resume, &plan);
        d->text = operate_show_plan(
            m, &(struct planned){
                   .run = &run, .req = req, .plan = &plan, .op = op, .basis = operate_basis(m)});
        return;
    }
    struct admitted admitted = admit(m, &run, op, req->may_queue && !is_resume, &d->err);
    if (admitted.answer == REFUSE)
        return;
    model_add_operation(m, op, req->request ? arena_strdup(d->arena, req->request) : NULL);
    op->is_news = op->is_new = true;
    if (is_resume)
        operate_deploy_over(m, op->id);
    queue_or_begin(m, &run, req, op, &admitted);
    operate_due(m, &run);
    m->shown = op;
}

void operate_verb(struct nsr_model *m, const struct verb_request *req)
{
    struct decision *d = m->d;
    struct run run;
    if (!operate_run(m, &run))
        return;
    struct operation *op = open_one(&run, req->operation_id);
    if (operate_phases_verb(m, op, req))
        return;
    if (!op) {
        err_set(&d->err, ERR_STATE, "operation %s has ended, or is of another service",
                req->operation_id);
        err_hint(&d->err, "baton op show %s", req->operation_id);
        return;
    }
    const struct run_ask ask = {.consent = req->consent,
                                .cancel = req->mode == CANCEL_NO ? CANCEL_GRACEFUL : req->mode,
                                .by = arena_strdup(d->arena, req->asked_by ? req->asked_by : "")};
    bool takes_claims = (req->verb == OPERATION_EV_RETRY || req->verb == OPERATION_EV_ROLLBACK) &&
                        op->state == OPERATION_STATE_FAILED_TEMP;
    if (takes_claims && operation_reclaim(&run, op, &d->err) != ERR_OK)
        return;
    if (run_verb(&run, op, req->verb, &ask, &d->err) != ERR_OK)
        return;
    operate_due(m, &run);
    m->shown = op;
}

void operate_deployed(struct nsr_model *m)
{
    struct run run;
    const struct operations *all = model_operations(m);
    if (all && all->n && operate_run(m, &run))
        operate_due(m, &run);
}

/* What it is when the loop is over. One that phases do is none of the runner's. */
void operate_show(struct nsr_model *m)
{
    const struct operations *all = m->shown ? model_operations(m) : NULL;
    struct run run;
    bool is_run = false;
    for (uint32_t i = 0; all && i < all->n; i++)
        is_run = is_run || all->at[i] == m->shown;
    if (is_run && operate_run(m, &run))
        m->d->text = operate_shown_of(m, &run, m->shown);
    else if (all && !is_run)
        m->d->text = operate_shown(m, m->shown);
}
