/* What a person wants of a deployment, or of a release: cancel, retry, roll back, give up. */
#include "nfvo/lifecycle/operate_phases.h"

#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/send.h"

#include <string.h>

#define WORD(kind) operation_kind_word(OPERATION_##kind)

/* What was never sent is left out; a configured or started VNF goes with its servers. */
static void begin_undo(struct nsr_model *m, struct operation *op, struct plan_step *s)
{
    bool was_sent = s->state != STEP_STATE_SKIPPED &&
                    (s->state != STEP_STATE_PLANNED || s->is_touched || s->attempt > 1);
    operate_phases_set_undo(m, op, s,
                            !was_sent                     ? STEP_STATE_SKIPPED
                            : s->kind == STEP_INSTANTIATE ? STEP_STATE_UNDOING
                                                          : STEP_STATE_UNDONE);
    s->is_machines = false;
    s->undo_at = 0;
}

static void cancel(struct nsr_model *m, struct operation *op, const struct verb_request *req)
{
    struct decision *d = m->d;
    struct err err = ERR_INIT;
    op->cancel = req->mode == CANCEL_FORCEFUL ? CANCEL_FORCEFUL : CANCEL_GRACEFUL;
    op->is_news = true;
    operate_note(m, op, NULL, "is being cancelled", NULL);
    if (d->root->phase == NSR_DEPLOYING) {
        err_set(&err, ERR_STATE, "the deployment was cancelled by '%s'", req->asked_by);
        err_hint(&err, "go on with it: baton op retry %s", op->id);
        struct fault *f =
            fault_from_err(&err, "nfvo", operate_phases_cancelled_object(m, op), d->arena);
        f->at = timestamp_executed(d->arena, d->now);
        model_nsr(m)->fault = f;
        model_changed(m);
        nsr_stop(m);
    }
    for (uint32_t i = 0; op->cancel == CANCEL_FORCEFUL && i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
        if (s->state != STEP_STATE_SENT)
            continue;
        if (v && v->st->correlates && s->command)
            send_cancel_to_vnfm(v, s->command);
        s->note = "abandoned: its answer is not waited for any longer";
        operate_phases_abandon_step(m, op, s);
    }
}

static void roll_back(struct nsr_model *m, struct operation *op)
{
    op->is_run = false;
    op->is_rollback_pending = false;
    op->cancel = CANCEL_NO;
    operate_phases_set_state(m, op, OPERATION_STATE_ROLLING_BACK);
    operate_note(m, op, NULL, operation_state_words[op->state], NULL);
    nsr_release(m);
    for (uint32_t i = 0; i < op->n_steps; i++)
        begin_undo(m, op, &op->steps[i]);
}

/* The step of the deployment that a step of a RESUME is. */
static struct plan_step *same_step(const struct operation *op, const struct plan_step *s)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].kind == s->kind && op->steps[i].vnfr && s->vnfr &&
            strcmp(op->steps[i].vnfr, s->vnfr) == 0)
            return &op->steps[i];
    return NULL;
}

/* What was added since and failed, too, is no step of it. */
static bool is_all_of_it(struct nsr_model *m, const struct operation *op,
                         const struct operation *resume)
{
    for (uint32_t i = 0; i < resume->n_steps; i++) {
        const struct plan_step *s = &resume->steps[i];
        if (same_step(op, s))
            continue;
        err_set(&m->d->err, ERR_STATE,
                "operation %s (DEPLOY): %s of '%s' has to be done, too, and is no step of it",
                op->id, step_kind_word(s->kind), s->name);
        err_hint(&m->d->err, "baton nsr resume %s", m->d->root->key[NSR_NAME]);
        return false;
    }
    return true;
}

/* As RESUME plans it: what is not in its plan is done. */
static void take_over(const struct run *run, struct operation *op, const struct operation *resume)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct plan_step *again = same_step(resume, s);
        const struct view_vnfr *v = view_vnfr(run->view, s->vnfr);
        s->is_news = true;
        if (!again) {
            if (!step_is_satisfied(s))
                s->state = v && !v->is_leaving && s->state != STEP_STATE_PLANNED
                               ? STEP_STATE_DONE
                               : STEP_STATE_SKIPPED; /* also what is not needed any more */
            continue;
        }
        if (s->state != STEP_STATE_PLANNED && s->state != STEP_STATE_SENT)
            s->attempt++;
        s->state = STEP_STATE_PLANNED;
        s->form = again->form;
        s->since = s->form == FORM_SAME ? s->since : s->attempt;
        s->cause = again->cause;
        s->command = again->command ? again->command : s->command;
        s->before = again->before;
        s->note = NULL;
        if (v && v->in_hand == s->kind) /* it is on its way: only to be waited for */
            s->after.n = 0;
    }
}

static void retry(struct nsr_model *m, struct operation *op, const struct verb_request *req)
{
    struct decision *d = m->d;
    struct run run;
    struct plan plan = {0};
    const struct run_ask ask = {.consent = req->consent};
    const struct operate_request as_resume = {
        .deploy = req->deploy,
        .no_deploy = req->no_deploy,
        .plan = {.kind = OPERATION_RESUME, .consent = req->consent}};
    if (!operate_run(m, &run) || operate_resume_check(m, &d->err) != ERR_OK ||
        plan_make(run.view, &as_resume.plan, d->ids, d->arena, &plan, &d->err) != ERR_OK)
        return;
    struct operation *resume =
        plan_operation(&plan, &as_resume.plan, op->id, d->root->id, d->now, d->arena);
    if (!is_all_of_it(m, op, resume) ||
        operate_resume_take(m, resume, &as_resume, &d->err) != ERR_OK)
        return;
    struct admitted admitted = operation_admit(&run, resume, false, &d->err);
    if (admitted.answer == REFUSE)
        return;
    for (uint32_t i = 0; i < admitted.ended.n; i++)
        run_supersede(&run, admitted.ended.at[i], op->id);
    take_over(&run, op, resume);
    model_run_operation(m, op);
    run_event(&run, op, OPERATION_EV_RETRY, &ask);
    operate_due(m, &run);
}

static struct operation *by_phases(struct nsr_model *m, const char *id)
{
    struct operation *op = operate_phases_deployment(m);
    if (!op || strcmp(op->id, id) != 0)
        op = model_phases_operation(m, WORD(RELEASE));
    return op && strcmp(op->id, id) == 0 ? op : NULL;
}

bool operate_phases_verb(struct nsr_model *m, struct operation *run, const struct verb_request *req)
{
    bool undoes = run && run->kind == OPERATION_DEPLOY && req->verb == OPERATION_EV_ROLLBACK;
    struct operation *op = undoes ? run : run ? NULL : by_phases(m, req->operation_id);
    if (!op)
        return false;
    const struct run_ask ask = {.consent = req->consent, .cancel = req->mode};
    const struct run one = operate_run_of_one(m, op);
    if (run_may_by_phases(&one, op, req->verb, &ask, &m->d->err) != ERR_OK)
        return true;
    if (req->verb == OPERATION_EV_RETRY)
        retry(m, op, req);
    else if (req->verb == OPERATION_EV_ROLLBACK)
        roll_back(m, op);
    else if (req->verb == OPERATION_EV_CANCEL)
        cancel(m, op, req);
    else
        operate_phases_end_early(m, op, NULL);
    if (m->d->err.code == ERR_OK)
        m->shown = op;
    return true;
}
