/* RESUME: what failed of a deployment goes on from there. Its plan is DEPLOY's, less what is done;
 * the VNFRs' machines do the steps, as in the deployment, and the service stays FAILED until all
 * are ACTIVE: so no machine goes on by itself, and the plan keeps the order. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* --- steps of the machines --------------------------------------------------------------------- */

/* DEPLOY: one that is tried again. */
static bool resumes(const struct operation *op)
{
    return op->kind == OPERATION_RESUME || op->kind == OPERATION_DEPLOY;
}

bool operate_is_for_machine(const struct vnfr_member *v, const struct run_action *a)
{
    bool is_kind = a->kind == STEP_INSTANTIATE || a->kind == STEP_MODIFY || a->kind == STEP_START;
    return is_kind && a->what == RUN_SEND && resumes(a->op) &&
           (v->row->phase != VNFR_ACTIVE || (!v->st->broken && !v->st->by_steps));
}

/* Of a deployment that failed elsewhere, or of an operation that was cancelled: that request ends by
 * itself. Its VNFM may do the two in any order, and what the later one tells would stand. */
bool operate_is_in_hand(void *arg, const struct operation *op, const struct plan_step *s,
                        enum step_kind kind)
{
    const struct vnfr_member *v = model_vnfr_by_id(arg, s->vnfr);
    bool is_machines = resumes(op) && (kind == STEP_MODIFY || kind == STEP_START);
    return v && vnfr_in_hand(v) != STEP_NO && kind != STEP_INSTANTIATE && !is_machines;
}

static int command_of(enum step_kind kind)
{
    return kind == STEP_INSTANTIATE ? CMD_INSTANTIATE
           : kind == STEP_MODIFY    ? CMD_MODIFY
                                    : CMD_START;
}

void operate_machine_go(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct plan_step *s = a->step;
    const struct vnfr_resume what = {
        .kind = a->kind, .form = a->form, .command = s->command, .deploy = s->before};
    bool stands = v->row->phase == VNFR_FAILED || v->row->phase == VNFR_HELD;
    bool is_known = a->kind != STEP_INSTANTIATE || a->form == FORM_RESUME || s->before;
    if (stands && a->kind == STEP_MODIFY) /* its sources may have been scaled meanwhile */
        operate_told(m, v, s);
    v->resume = &what;
    if (stands && is_known) /* else it is on its way, or there: nothing is to be sent */
        vnfr_step(v, VNFR_EV_RESUME);
    v->resume = NULL;
    const struct command *c = decision_find_for(m->d, command_of(a->kind), v->row->id);
    s->command = c ? c->id : s->command;
    s->is_machines = true;
}

bool operate_is_machines(const struct plan_step *s)
{
    return s->is_machines && (s->state == STEP_STATE_SENT || s->state == STEP_STATE_UNKNOWN);
}

static bool is_there(const struct vnfr_member *v, enum step_kind kind)
{
    enum vnfr_state_word state = vnfr_stable(v);
    return kind == STEP_INSTANTIATE ? state >= VNFR_STATE_INITIALIZED
           : kind == STEP_MODIFY    ? state >= VNFR_STATE_INACTIVE
                                    : v->row->phase == VNFR_ACTIVE;
}

static struct fault *fault_of(struct vnfr_member *v)
{
    const struct vnfr *vnfr = member_vnfr(v);
    return vnfr && vnfr->fault ? vnfr->fault : model_nsr(v->m)->fault;
}

bool operate_machine_look(struct nsr_model *m, const struct plan_step *s, struct step_news *ret)
{
    struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
    if (!v || vnfr_is_leaving(v))
        return false;
    *ret = (struct step_news){.event = STEP_EV_OK};
    if (v->row->phase != VNFR_FAILED)
        return vnfr_in_hand(v) != s->kind && is_there(v, s->kind);
    ret->cause = vnfr_failed_by(v);
    ret->fault = fault_of(v);
    ret->event = ret->cause == CAUSE_OUTCOME ? STEP_EV_OUT : STEP_EV_FAULT;
    return s->state != STEP_STATE_UNKNOWN || ret->event == STEP_EV_FAULT;
}

/* --- the operation ----------------------------------------------------------------------------- */

bool operate_is_resuming(struct nsr_model *m)
{
    const struct operations *all = model_operations(m);
    for (uint32_t i = 0; all && i < all->n; i++)
        if (resumes(all->at[i]) && all->at[i]->state == OPERATION_STATE_PROCESSING &&
            !run_is_failing(all->at[i]))
            return true;
    return false;
}

static bool is_life_failure(const struct operation *op)
{
    return operation_is_life(op) && op->kind != OPERATION_RELEASE && !op->superseded_by &&
           (op->state == OPERATION_STATE_FAILED_TEMP ||
            (op->state == OPERATION_STATE_PROCESSING && run_is_failing(op)));
}

static bool has_life_failure(const struct operations *all)
{
    for (uint32_t i = 0; all && i < all->n; i++)
        if (is_life_failure(all->at[i]))
            return true;
    return false;
}

/* Of class SIDE: they leave the service ACTIVE, and have a verb of their own. */
static const struct operation *waits_for_a_person(const struct operations *all)
{
    for (uint32_t i = 0; all && i < all->n; i++)
        if (all->at[i]->state == OPERATION_STATE_FAILED_TEMP && !operation_is_life(all->at[i]))
            return all->at[i];
    return NULL;
}

enum err_code operate_resume_check(struct nsr_model *m, struct err *err)
{
    bool is_broken = m->d->root->phase == NSR_FAILED;
    const struct operations *all = model_operations(m);
    const struct vnfr_member *half = NULL; /* its removal failed, and was given up */
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (!vnfr_is_leaving(&m->vnfrs[i]))
            is_broken = is_broken || m->vnfrs[i].st->broken;
        else
            half = &m->vnfrs[i];
    if (m->d->root->phase <= NSR_FAILED && (is_broken || has_life_failure(all)))
        return ERR_OK;
    err_set(err, ERR_NOT_FOUND, "NSR is not in ERROR status");
    const struct operation *other = waits_for_a_person(all);
    if (other)
        return err_hint(err, "what waits for you: baton op retry %s", other->id);
    return half ? err_hint(err, "VNF '%s' is half removed: baton nsr remove-vnf %s %s",
                           half->row->key[VNFR_NAME], m->d->root->key[NSR_NAME],
                           half->row->key[VNFR_NAME])
                : err->code;
}

static const struct vnfd *vnfd_named(const struct deploy_request *req, const char *name)
{
    for (uint32_t i = 0; req && i < req->nsd->vnfd.n; i++)
        if (req->nsd->vnfd.at[i]->name && strcmp(req->nsd->vnfd.at[i]->name, name) == 0)
            return req->nsd->vnfd.at[i];
    return NULL;
}

static const char *deployment_of(struct nsr_model *m, const struct deploy_request *req,
                                 const struct vnfd *vnfd)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsd nsd = {.name = req->nsd->name, .version = req->nsd->version};
    struct deploy_request one = {
        .nsd = &nsd, .project_id = req->project_id, .packages = req->packages};
    struct vnfd copy = *vnfd, *at = &copy;
    copy.configurations = NULL; /* those of the deployment are kept (vnfr_resume.c) */
    nsd.vnfd = (struct vnfd_list){.at = &at, .n = 1};
    proto_encode(&deploy_request_type, &one, PROTO_LEAN, &text);
    return arena_strndup(m->d->arena, text.s, text.len);
}

enum err_code operate_resume_take(struct nsr_model *m, struct operation *op,
                                  const struct operate_request *req, struct err *err)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
        if (s->kind != STEP_INSTANTIATE || !v || v->row->phase != VNFR_FAILED)
            continue;
        const struct vnfd *vnfd = vnfd_named(req->deploy, s->name);
        if (vnfd)
            s->before = deployment_of(m, req->deploy, vnfd);
        else if (s->form != FORM_RESUME) {
            err_set(err, ERR_STATE, "VNF '%s' has to be instantiated anew, and cannot: %s", s->name,
                    req->no_deploy ? req->no_deploy : "its descriptor is not there any more");
            return err_hint(err, "delete the service: baton nsr delete %s",
                            m->d->root->key[NSR_NAME]);
        }
    }
    return ERR_OK;
}

/* Each of them, or none: what one of them refuses is told. */
struct operation *operate_resume_open(struct nsr_model *m, struct run *run,
                                      const struct operate_request *req, struct err *err)
{
    const struct run_ask ask = {.consent = req->plan.consent, .by = req->asked_by};
    struct operation *first = NULL;
    for (uint32_t i = 0; i < run->operations->n; i++) {
        struct operation *op = run->operations->at[i];
        if (!is_life_failure(op))
            continue;
        if (run_may(run, op, OPERATION_EV_RETRY, &ask, err) != ERR_OK ||
            operation_reclaim(run, op, err) != ERR_OK)
            return NULL;
        first = first ? first : op;
    }
    for (uint32_t i = 0; first && !req->is_dry && i < run->operations->n; i++)
        if (is_life_failure(run->operations->at[i]) &&
            run_verb(run, run->operations->at[i], OPERATION_EV_RETRY, &ask, err) != ERR_OK)
            return NULL;
    if (first && !req->is_dry)
        operate_settle(m, run);
    return first;
}
