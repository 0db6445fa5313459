/* What the runner says, done: effects, faults, history, events, commands. */
#include "nfvo/lifecycle/operate_life.h"

#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/digest.h"
#include "nfvo/lifecycle/operation/projection.h"
#include "nfvo/lifecycle/send.h"

#include <string.h>

/* Of one that is made, and not taken away again. */
static bool has_record(struct vnfr_member *v)
{
    return v && !v->is_dropped && member_vnfr(v);
}

static void mend(struct vnfr_member *v)
{
    if (!v->st->broken)
        return;
    v->st->broken = false;
    v->st->failed_by = v->st->failed_command = NULL;
    if (has_record(v)) /* not so when it failed before its grant */
        member_vnfr(v)->fault = NULL;
    member_changed(v);
    operate_mend_service(v->m);
}

/* The VNFR's own phases told its history, and the subscribers. */
static bool is_told_by_phases(const struct run_action *a)
{
    return operate_is_begun_here(a->kind) && step_kinds[a->kind].peer == PEER_VNFM;
}

/* As the reference calls them (amqp-protocol.md 4.1). */
static const char *history_word(enum step_kind kind)
{
    return kind == STEP_SCALE_OUT ? "SCALE"
           : kind == STEP_MODIFY  ? "CONFIGURE"
                                  : step_kind_word(kind);
}

static void on_effect(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    const struct step_kind_row *row = &step_kinds[a->kind];
    if (a->step->is_machines) { /* which did the rest */
        a->step->is_machines = false;
        operate_note(m, a->op, a->step, "is done", NULL);
        if (has_record(v) && v->row->phase == VNFR_ACTIVE)
            mend(v); /* an operation may have broken it, too */
        return;
    }
    operate_note(m, a->op, a->step, "is done", NULL);
    if (!has_record(v))
        return;
    if (a->kind == STEP_HEAL) {
        operate_fill(v, a->step->instance);
        operate_activate(v, a->step);
    }
    bool was_new = v->st->by_steps;
    operate_effect(v, a, a->kind);
    if (a->kind == STEP_SCALE_IN)
        operate_forget(m, v, a->step, a->step->instance);
    if (operation_is_life(a->op) || (was_new && !v->st->by_steps)) /* it is all there now */
        mend(v);
    if (is_told_by_phases(a))
        return;
    vnfr_history(v, history_word(a->kind), a->step->note ? a->step->note : "");
    if (row->event != ACTION_NONE)
        vnfr_event(v, row->event);
}

static struct fault *fault_of(struct nsr_model *m, const struct run_action *a)
{
    struct err err = ERR_INIT;
    if (a->step->fault)
        return a->step->fault;
    err_set(&err, ERR_UNKNOWN, "%s of '%s': %s", step_kind_word(a->kind),
            a->step->name ? a->step->name : "the service",
            a->step->note ? a->step->note : "what became of it is unknown");
    struct fault *f = fault_from_err(&err, "nfvo", NULL, m->d->arena);
    f->at = timestamp_executed(m->d->arena, m->d->now);
    return a->step->fault = f;
}

/* A server or a PoP that could not be had, or what never went out, says nothing of the scripts. */
static bool tells_of_scripts(const struct run_action *a)
{
    return step_kinds[a->kind].peer == PEER_VNFM && a->step->cause != CAUSE_RESOURCES &&
           a->step->cause != CAUSE_UNSENT;
}

/* What a RESUME goes by. Where the VNFR's machine FAILED, too, its reason stays: else what ran
 * would be taken for never sent, and run a second time. */
static void remember_cause(struct vnfr_member *v, const struct run_action *a)
{
    v->st->broken = true;
    if (v->row->phase == VNFR_FAILED && !tells_of_scripts(a))
        return;
    v->st->failed_by = fault_cause_words[a->step->cause];
    v->st->failed_command = a->step->command;
}

static void on_fault(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct fault *f = fault_of(m, a);
    if (!a->op->fault)
        a->op->fault = f;
    operate_note(m, a->op, a->step, "has failed", f);
    if (a->step->is_machines)
        return;
    if (operation_is_life(a->op)) {
        if (!model_nsr(m)->fault)
            m->nsr->fault = f;
        model_changed(m);
    }
    if (!v || v->is_dropped)
        return;
    if (a->kind == STEP_REBUILD && a->step->cause == CAUSE_OUTCOME)
        operate_effect(v, a, a->kind); /* it may have been */
    if (operation_is_life(a->op)) {
        remember_cause(v, a);
        if (member_vnfr(v))
            v->vnfr->fault = f;
        member_changed(v);
    }
    if (is_told_by_phases(a) || !member_vnfr(v))
        return;
    vnfr_history(v, "ERROR", f->message);
    vnfr_event(v, ACTION_ERROR);
}

/* A stage of an undo is over: what it sent had its own effect. */
static void on_undone(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    const struct plan_step *s = a->step;
    if (!has_record(v)) {
        operate_note(m, a->op, s, "is undone", NULL);
        return;
    }
    if (operation_is_life(a->op))
        mend(v);
    if (s->undo == UNDO_START || s->undo == UNDO_STOP)
        operate_effect(v, a, step_undos[s->undo].stages[0]);
    if (s->undo == UNDO_AGAIN && s->needs_again) /* else it was never sent */
        operate_effect_again(v, a, s->kind);
    if (s->undo == UNDO_MODIFY) { /* it was told again, and started */
        operate_set_instances(v, NULL, INSTANCE_STATE_ACTIVE);
        operate_set_stable(v, VNFR_STATE_ACTIVE);
    }
    if (s->undo == UNDO_SCALE_IN && s->before &&
        strcmp(s->before, vnfr_state_words[VNFR_STATE_ACTIVE]) == 0)
        operate_set_stable(v, VNFR_STATE_ACTIVE); /* MODIFY made it INACTIVE; nobody stopped it */
    operate_note(m, a->op, a->step, "is undone", NULL);
}

/* --- of the operation ------------------------------------------------------------------------- */

/* amqp-protocol.md 8: of no single step. */
static void tell_scaled_in(struct nsr_model *m, const struct operation *op)
{
    struct vnfr_member *v = model_vnfr_by_id(m, op->vnfr);
    if (v)
        vnfr_event(v, ACTION_SCALE_IN);
    for (uint32_t i = 0; i < op->vnfrs.n; i++)
        if ((v = model_vnfr_by_id(m, op->vnfrs.at[i])) != NULL)
            vnfr_event(v, ACTION_SCALE_IN);
}

/* Given up between the rebuild and what installs it again, without a fault: cancelled. */
static void is_left_empty(struct nsr_model *m, struct vnfr_member *v)
{
    struct err err = ERR_INIT;
    if (!v->st->emptied || v->st->broken || v->row->phase != VNFR_ACTIVE || !has_record(v))
        return;
    err_set(&err, ERR_STATE, "the servers of '%s' were rebuilt, and it was not installed on them",
            v->row->key[VNFR_NAME]);
    err_hint(&err, "have it installed: baton nsr resume %s", m->d->root->key[NSR_NAME]);
    struct fault *f = vnfr_fault(v, &err, "nfvo", NULL, NULL);
    v->st->broken = true;
    v->st->failed_by = fault_cause_words[CAUSE_UNSENT];
    v->st->failed_command = NULL;
    vnfr_history(v, "ERROR", f->message);
    vnfr_event(v, ACTION_ERROR);
}

static void on_state(struct nsr_model *m, const struct run_action *a)
{
    const struct operation_kind_row *row = &operation_kinds[a->op->kind];
    if (a->state == OPERATION_STATE_COMPLETED &&
        (a->op->kind == OPERATION_RESUME || a->op->kind == OPERATION_DEPLOY))
        nsr_recovered(m);
    operate_note(m, a->op, NULL, operation_state_words[a->op->state], NULL);
    if (a->op->kind == OPERATION_SCALE_OUT &&
        (a->state == OPERATION_STATE_COMPLETED || a->state == OPERATION_STATE_FAILED))
        operate_scaling_over(m, a->op);
    const char *task = nsr_wire_task(a->op, a->state, model_nsr(m)->task);
    if (task) {
        m->nsr->task = task;
        model_changed(m);
    }
    if (a->state == OPERATION_STATE_COMPLETED && row->finish != ACTION_NONE)
        nsr_event(m, row->finish);
    struct vnfr_member *v = a->op->vnfr ? model_vnfr_by_id(m, a->op->vnfr) : NULL;
    if (a->state == OPERATION_STATE_COMPLETED && a->op->kind == OPERATION_SCALE_IN)
        tell_scaled_in(m, a->op);
    if (a->state == OPERATION_STATE_FAILED && !a->op->superseded_by && v)
        is_left_empty(m, v);
    if (a->state == OPERATION_STATE_ROLLED_BACK && operation_is_life(a->op) && v)
        mend(v); /* what had broken it is undone */
    if (a->state == OPERATION_STATE_ROLLED_BACK && a->op->before.n) {
        const struct proto_strmap now = digest_of(operate_view(m), a->op, m->d->arena);
        const struct proto_strs differs = digest_differences(&a->op->before, &now, m->d->arena);
        for (uint32_t i = 0; i < differs.n; i++)
            nsr_note(m, "OPERATION", NULL, differs.at[i], NULL);
    }
}

static bool is_of(const struct command *c, const struct operation *op)
{
    const char *p = strchr(c->subject, '/');
    size_t n = strlen(op->id);
    return p ? strncmp(p + 1, op->id, n) == 0 && p[1 + n] == '/' : strcmp(c->subject, op->id) == 0;
}

/* The command of a step that need not be answered stays: a later ERROR is noted. */
static bool is_kept(const struct run *run, const struct operation *op, const struct command *c)
{
    for (uint32_t i = 0; c->kind != CMD_TIMER_OPERATION && i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (s->command && strcmp(s->command, c->id) == 0)
            return s->state == STEP_STATE_DONE &&
                   step_answers_of(s->kind, run_sdk(run, s)) == ANSWERS_OPTIONAL;
    }
    return false;
}

static void on_close(struct nsr_model *m, const struct run *run, const struct operation *op)
{
    for (uint32_t i = 0; i < m->d->commands.n; i++) {
        struct command *c = m->d->commands.at[i];
        if (c->mark != ROW_GONE && is_of(c, op) && !is_kept(run, op, c))
            decision_close(c);
    }
}

/* Those that make a VNFR, and take it away, are about one that may have none. */
static bool wants_record(const struct run_action *a)
{
    bool asks = a->what == RUN_SEND || a->what == RUN_UNDO || a->what == RUN_APPLY ||
                a->what == RUN_RESTORE;
    return a->step && asks && a->kind != STEP_INSTANTIATE && a->kind != STEP_TERMINATE &&
           a->kind != STEP_DELETE && a->kind != STEP_SET_DEPENDENCIES && a->kind != STEP_DROP;
}

static void is_gone(struct nsr_model *m, const struct run_action *a, const char *why)
{
    const struct step_news news = {.event = STEP_EV_UNSENT, .note = why};
    operate_tell(m, a->kind, a->step->instance ? a->step->instance : a->step->vnfr, &news);
}

static void do_one(struct nsr_model *m, struct run *run, const struct run_action *a)
{
    struct decision *d = m->d;
    struct vnfr_member *v = a->step ? model_vnfr_by_id(m, a->step->vnfr) : NULL;
    if (wants_record(a) && !has_record(v)) { /* nobody would answer what is not sent */
        if (!v || v->is_dropped)
            is_gone(m, a, "the VNF is not there any more");
        else if (!operate_is_for_machine(v, a)) /* its phases answer for those */
            is_gone(m, a, "the VNF has no record: it begins anew");
        return;
    }
    switch (a->what) {
    case RUN_SEND:
    case RUN_UNDO:
        operate_note(m, a->op, a->step, a->what == RUN_UNDO ? "is being undone" : "is sent", NULL);
        if (v && operate_is_for_machine(v, a))
            operate_machine_go(m, v, a);
        else if (operate_is_begun_here(a->kind))
            operate_peer_begin(m, v, a);
        else
            operate_send(m, v, a,
                         step_answers_of(a->kind, run_sdk(run, a->step)) == ANSWERS_OPTIONAL);
        break;
    case RUN_APPLY:
        operate_apply(m, v, a);
        break;
    case RUN_RESTORE:
        operate_restore(m, v, a);
        break;
    case RUN_EFFECT:
        on_effect(m, v, a);
        break;
    case RUN_FAULT:
        on_fault(m, v, a);
        break;
    case RUN_UNDONE:
        on_undone(m, v, a);
        break;
    case RUN_NOTE:
        operate_note(m, a->op, a->step, "was answered late", a->step->late_fault);
        break;
    case RUN_WAIT:
        decision_open(d, CMD_TIMER_OPERATION,
                      arena_printf(d->arena, "%s/%s/%u", a->step->vnfr, a->op->id, a->step->n),
                      a->step->not_before_at - d->now, NULL);
        break;
    case RUN_STATE:
        on_state(m, a);
        break;
    case RUN_CLOSE:
        on_close(m, run, a->op);
        operate_forget_deploy(a->op);
        break;
    case RUN_WITHDRAW: /* its late answer is noted */
        if (!v)        /* taken away meanwhile: its requests went with it */
            break;
        if (step_kinds[a->kind].peer == PEER_VNFM && v->st->correlates && a->step->command)
            send_cancel_to_vnfm(v, a->step->command);
        if (a->kind == STEP_SCALE_OUT)
            operate_scaling_withdrawn(v, a->step);
        break;
    default:
        break;
    }
}

void operate_act(struct nsr_model *m, struct run *run)
{
    for (uint32_t i = 0; i < run->actions.n; i++) { /* the list may grow: none of these lets it */
        operate_is_news(run->actions.at[i].op, run->actions.at[i].step);
        do_one(m, run, &run->actions.at[i]);
    }
    run->actions.n = 0;
}
