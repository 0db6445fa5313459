/* Steps of a RESUME that a VNFR's own machine does: begun as an event of it, and over when its phase
 * says so. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/vnfr.h"

/* DEPLOY: one that is tried again. */
bool operate_resumes(const struct operation *op)
{
    return op->kind == OPERATION_RESUME || op->kind == OPERATION_DEPLOY;
}

/* Also of one that its machine brought up meanwhile: nothing is to be sent. Not of one that is up by
 * phase, and that an operation left half-way: installed again, say, and not started. */
bool operate_is_for_machine(const struct vnfr_member *v, const struct run_action *a)
{
    bool is_kind = a->kind == STEP_INSTANTIATE || a->kind == STEP_MODIFY || a->kind == STEP_START;
    bool is_up = !v->st->broken && !v->st->by_steps && vnfr_stable(v) == VNFR_STATE_ACTIVE;
    return is_kind && a->what == RUN_SEND && operate_resumes(a->op) &&
           (v->row->phase != VNFR_ACTIVE || is_up);
}

/* Of a deployment that failed elsewhere, or of an operation that was cancelled: that request ends by
 * itself. Its VNFM may do the two in any order, and what the later one tells would stand. */
bool operate_is_in_hand(void *arg, const struct operation *op, const struct plan_step *s,
                        enum step_kind kind)
{
    const struct vnfr_member *v = model_vnfr_by_id(arg, s->vnfr);
    bool is_machines = operate_resumes(op) && (kind == STEP_MODIFY || kind == STEP_START);
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
    if (stands && is_known) /* else it is on its way, or there: nothing is to be sent */
        vnfr_step(v, VNFR_EV_RESUME, &(struct vnfr_input){.resume = &what});
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
