/* DEPLOY and RELEASE. Their steps are done by the VNFRs' phases (vnfr_fsm.c), in the order of the
 * plan; here is written down how far they are: of a deployment when it ends, or fails, until then
 * at the VNFRs (operation/progress.h). So they are no part of what the runner runs, and
 * claim nothing: a service on its way refuses, or queues, by its phase (operate.c). A service that
 * is on its way without such an operation, of a program of before, gets one with its next message.
 *
 * A deployment that failed, or was cancelled, waits for a person. A retry hands it to the runner,
 * which goes on with its own steps as a RESUME does (operate_resume.c); RESUME is an operation of
 * its own and ends it; a rollback is a release of which the deployment is the operation. */
#include "nfvo/lifecycle/operate_phases.h"

#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/adopt.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/operation/progress.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

#define WORD(kind) operation_kind_word(OPERATION_##kind)

/* --- steps ------------------------------------------------------------------------------------- */

static int command_of(enum step_kind kind)
{
    return kind == STEP_INSTANTIATE ? CMD_INSTANTIATE
           : kind == STEP_MODIFY    ? CMD_MODIFY
           : kind == STEP_START     ? CMD_START
           : kind == STEP_TERMINATE ? CMD_RELEASE_RESOURCES
                                    : 0;
}

static void set_fault(struct vnfr_member *v, struct plan_step *s)
{
    const struct vnfr *vnfr = member_vnfr(v);
    s->fault = v->failed_with ? v->failed_with : vnfr ? vnfr->fault : NULL;
    if (s->kind == STEP_TERMINATE)
        return;
    s->cause = vnfr_failed_by(v);
    if (s->cause == CAUSE_OUTCOME)
        s->state = STEP_STATE_UNKNOWN;
}

/* What is known of it after all: that of a forceful cancel is under way yet. */
static bool settles(const struct vnfr_member *v, int state)
{
    return state == STEP_STATE_DONE ||
           (state == STEP_STATE_FAILED && vnfr_failed_by(v) != CAUSE_OUTCOME);
}

static void set_step(struct vnfr_member *v, struct operation *op, struct plan_step *s, int state)
{
    const struct decision *d = v->m->d;
    int command = command_of(s->kind);
    if (s->state == STEP_STATE_DONE && state == STEP_STATE_FAILED && !op->fault)
        op->fault = v->failed_with; /* it failed afterwards, by itself */
    if (s->state == state || s->state == STEP_STATE_DONE ||
        (s->state == STEP_STATE_UNKNOWN && !settles(v, state)))
        return;
    s->state = state;
    s->is_news = op->is_news = true;
    s->is_touched = state != STEP_STATE_PLANNED && step_kinds[s->kind].peer != PEER_NFVO;
    if (state == STEP_STATE_SENT) {
        const struct command *c = command ? decision_find_for(v->m->d, command, v->row->id) : NULL;
        s->sent_at = d->now;
        s->command = c ? c->id : NULL;
    } else if (state != STEP_STATE_PLANNED) {
        s->done_at = d->now;
    }
    if (state == STEP_STATE_FAILED)
        set_fault(v, s);
}

static bool is_of(const struct plan_step *s, const struct vnfr_member *v)
{
    return s->vnfr && strcmp(s->vnfr, v->row->id) == 0;
}

static bool has_modify(const struct operation *op, const struct vnfr_member *v)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].kind == STEP_MODIFY && is_of(&op->steps[i], v))
            return true;
    return false;
}

struct operation *operate_phases_deployment(struct nsr_model *m)
{
    struct operation *op = model_phases_operation(m, WORD(DEPLOY));
    for (uint32_t i = 0; op && op->state == OPERATION_STATE_PROCESSING && i < m->n_vnfrs; i++)
        progress_put(op, m->vnfrs[i].row->id, &m->vnfrs[i].st->deployed);
    return op;
}

/* It is written down at the VNFR, whose row changes with its phase. */
static void note_progress(struct vnfr_member *v)
{
    static const enum step_kind kinds[] = {STEP_INSTANTIATE, STEP_MODIFY, STEP_START};
    struct vnfr_state *st = v->st;
    struct view_vnfr seen = {.phase = vnfr_phase_names[v->row->phase]};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        enum step_state state;
        const struct command *c = decision_find_for(v->m->d, command_of(kinds[i]), v->row->id);
        if (adopt_step(&seen, kinds[i], &state) &&
            progress_note(&st->deployed, kinds[i], state, v->m->d->now, c ? c->id : NULL,
                          v->m->d->arena))
            member_changed(v);
    }
}

/* Deleted before its VNFR is: by an operation that the release ended. */
static int state_of_delete(struct vnfr_member *v, const struct plan_step *s)
{
    const struct instance_member *i = model_instance_by_id(v->m, s->instance);
    if (v->row->phase == VNFR_GONE || !i || i->row->phase == INSTANCE_GONE)
        return STEP_STATE_DONE;
    return v->row->phase == VNFR_DELETING ? STEP_STATE_SENT : STEP_STATE_PLANNED;
}

static void follow_member(struct operation *op, struct vnfr_member *v)
{
    struct view_vnfr seen;
    operate_view_phase(v, &seen);
    seen.n_sources = has_modify(op, v);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        enum step_state state;
        if (!is_of(s, v))
            continue;
        if (s->kind == STEP_DELETE)
            set_step(v, op, s, state_of_delete(v, s));
        else if (adopt_step(&seen, s->kind, &state))
            set_step(v, op, s,
                     s->kind == STEP_TERMINATE && state == STEP_STATE_DONE && v->failed_with &&
                             s->state == STEP_STATE_SENT
                         ? STEP_STATE_FAILED /* the release goes on without it */
                         : (int)state);
    }
}

/* --- the operation ----------------------------------------------------------------------------- */

void operate_phases_set_state(struct nsr_model *m, struct operation *op, int state)
{
    if (op->state == state)
        return;
    op->state = state;
    op->state_at = m->d->now;
    op->ended_at = operation_is_final(op) ? m->d->now : 0;
    op->is_news = true;
}

static void publish(struct nsr_model *m, struct operation *op)
{
    const struct run run = operate_run_of_one(m, op);
    operate_publish_one(m, &run, op);
}

/* What it had under way there is nobody's any more. */
void operate_phases_abandon_step(struct nsr_model *m, struct operation *op, struct plan_step *s)
{
    if (s->state == STEP_STATE_SENT) {
        s->state = STEP_STATE_UNKNOWN;
        s->cause = CAUSE_OUTCOME;
        s->done_at = m->d->now;
        s->is_news = op->is_news = true;
    } else if (s->state == STEP_STATE_PLANNED) {
        s->state = STEP_STATE_SKIPPED;
        s->is_news = op->is_news = true;
    }
}

/* A VNFR that REMOVE_VNF takes, or took at once: it is no member any more. */
static void abandon_removed(struct nsr_model *m, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const char *id = op->steps[i].vnfr;
        const struct vnfr_member *v = id ? model_vnfr_by_id(m, id) : NULL;
        if (id && (!v || vnfr_is_leaving(v)))
            operate_phases_abandon_step(m, op, &op->steps[i]);
    }
}

void operate_phases_end_early(struct nsr_model *m, struct operation *op, const char *by)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        operate_phases_abandon_step(m, op, &op->steps[i]);
    op->superseded_by = by;
    operate_phases_set_state(m, op, OPERATION_STATE_FAILED);
    publish(m, op);
}

/* The service's fault names the deployment that it is of. */
const char *operate_phases_cancelled_object(struct nsr_model *m, const struct operation *op)
{
    return arena_printf(m->d->arena, "operation %s", op->id);
}

static bool is_all_done(const struct operation *op)
{
    return operation_count(op, STEP_STATE_DONE) + operation_count(op, STEP_STATE_SKIPPED) ==
           op->n_steps;
}

static void find_fault(struct nsr_model *m, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps && !op->fault; i++)
        op->fault = op->steps[i].fault;
    if (!op->fault)
        op->fault = model_nsr(m)->fault;
}

/* Everything was under way, and is done: there was nothing left to be cancelled. */
static void complete_cancelled(struct nsr_model *m, struct operation *op)
{
    const struct fault *f = model_nsr(m)->fault;
    if (m->d->root->phase != NSR_FAILED || !f || !f->object ||
        strcmp(f->object, operate_phases_cancelled_object(m, op)) != 0 || !is_all_done(op))
        return;
    nsr_recovered(m);
    if (m->d->root->phase == NSR_ACTIVE)
        nsr_event(m, ACTION_INSTANTIATE_FINISH);
}

static void follow_deployment(struct nsr_model *m, struct operation *op)
{
    abandon_removed(m, op);
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].has_moved && !vnfr_is_leaving(&m->vnfrs[i]))
            follow_member(op, &m->vnfrs[i]);
    complete_cancelled(m, op);
    int phase = m->d->root->phase;
    if (phase == NSR_ACTIVE && !is_all_done(op)) { /* what failed was taken away */
        operate_phases_end_early(m, op, "the service runs without what failed");
        return;
    }
    if (phase == NSR_ACTIVE) {
        operate_phases_set_state(m, op, OPERATION_STATE_COMPLETED);
    } else if (phase == NSR_FAILED) {
        find_fault(m, op);
        if (operation_count(op, STEP_STATE_SENT) == 0) {
            operate_phases_set_state(m, op, OPERATION_STATE_FAILED_TEMP);
            op->cancel = CANCEL_NO;
        }
    }
    publish(m, op);
}

static bool is_all_gone(const struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase != VNFR_GONE)
            return false;
    return true;
}

static void follow_instance(struct nsr_model *m, struct operation *op, const struct row *r)
{
    struct vnfr_member *v = model_vnfr_by_id(m, r->key[INSTANCE_VNFR]);
    for (uint32_t i = 0; v && i < op->n_steps; i++)
        if (op->steps[i].instance && strcmp(op->steps[i].instance, r->id) == 0)
            set_step(v, op, &op->steps[i], state_of_delete(v, &op->steps[i]));
}

/* Taken away by an operation that the release ended, and that had it in hand. */
static void follow_dropped(struct nsr_model *m, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        if (!s->vnfr || model_vnfr_by_id(m, s->vnfr) ||
            (s->state != STEP_STATE_SENT && s->state != STEP_STATE_PLANNED))
            continue;
        s->state = STEP_STATE_DONE;
        s->done_at = m->d->now;
        s->is_news = op->is_news = true;
    }
}

static void follow_release(struct nsr_model *m, struct operation *op)
{
    follow_dropped(m, op);
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].has_moved)
            follow_member(op, &m->vnfrs[i]);
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (m->instances[i].row->mark != ROW_CLEAN)
            follow_instance(m, op, m->instances[i].row);
    if (is_all_gone(m)) {
        for (uint32_t i = 0; i < op->n_steps; i++)
            if (op->steps[i].kind == STEP_DROP_SERVICE) {
                op->steps[i].state = STEP_STATE_DONE;
                op->steps[i].done_at = m->d->now;
                op->steps[i].is_news = true;
            }
        find_fault(m, op);
        op->is_partial = !is_all_done(op);
        operate_phases_set_state(m, op, OPERATION_STATE_COMPLETED);
    }
    publish(m, op);
}

/* --- a deployment that is rolled back: the VNFs are released -------------------------------------- */

void operate_phases_set_undo(struct nsr_model *m, struct operation *op, struct plan_step *s,
                             int state)
{
    if (s->state == state)
        return;
    s->state = state;
    s->sent_at = state == STEP_STATE_UNDOING ? m->d->now : s->sent_at;
    s->done_at = state == STEP_STATE_UNDOING ? 0 : m->d->now;
    s->is_news = op->is_news = true;
}

static void follow_undo(struct nsr_model *m, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
        if (s->state != STEP_STATE_UNDOING)
            continue;
        if (v && v->failed_with) /* the release goes on without it */
            s->late_fault = v->failed_with;
        if (!v || v->row->phase == VNFR_GONE)
            operate_phases_set_undo(m, op, s, STEP_STATE_UNDONE);
        else /* a stage of UNDO_VNFR */
            s->undo_at = v->row->phase == VNFR_DELETING;
    }
    if (is_all_gone(m))
        operate_phases_set_state(m, op, OPERATION_STATE_ROLLED_BACK);
    publish(m, op);
}

/* Which servers it was about is not to be looked up when they are gone. */
static void name_servers(const struct service_view *view, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct view_vnfr *v = s->kind == STEP_DELETE ? view_vnfr(view, s->vnfr) : NULL;
        const struct view_instance *x = v ? view_instance(v, s->instance) : NULL;
        s->note = x ? x->hostname : s->note;
    }
}

/* As far as the phases have it now. A service that is too large for a plan has one without steps. */
static struct operation *make(struct nsr_model *m, enum operation_kind kind, const char *id)
{
    const struct service_view *view = operate_view_phases(m);
    const struct plan_request request = {.kind = kind};
    struct adopted adopted;
    struct err err = ERR_INIT;
    struct plan none = {0};
    if (adopt(view, id, m->d->now, m->d->arena, &adopted, &err) != ERR_OK || !adopted.op)
        adopted.op = plan_operation(&none, &request, id, view->id, m->d->now, m->d->arena);
    name_servers(view, adopted.op);
    adopted.op->state = OPERATION_STATE_PROCESSING;
    return adopted.op;
}

static struct operation *begin(struct nsr_model *m, enum operation_kind kind, const char *id,
                               const char *asked_by)
{
    struct arena *a = m->d->arena;
    struct operation *op = make(m, kind, id ? arena_strdup(a, id) : decision_new_id(m->d));
    op->origin = "user";
    op->asked_by = arena_strdup(a, asked_by ? asked_by : "");
    for (uint32_t i = 0; i < op->n_steps; i++) { /* with the ids of their commands */
        struct plan_step *s = &op->steps[i];
        s->stage = NULL; /* its phase says it, and changes more often than this is written */
        s->state = STEP_STATE_PLANNED;
        s->is_touched = false;
        s->sent_at = 0;
    }
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        follow_member(op, &m->vnfrs[i]);
    op->is_news = op->is_new = true;
    model_add_operation(m, op, NULL);
    return op;
}

/* --- what the service's own decisions say ------------------------------------------------------ */

void operate_deploy_begun(struct nsr_model *m, const struct deploy_request *req)
{
    publish(m, begin(m, OPERATION_DEPLOY, req->operation_id, req->asked_by));
}

void operate_deploy_over(struct nsr_model *m, const char *by)
{
    struct operation *op = operate_phases_deployment(m);
    if (op && op->state != OPERATION_STATE_ROLLING_BACK) /* that is the release */
        operate_phases_end_early(m, op, by);
}

void operate_release_begun(struct nsr_model *m, const struct release_request *req)
{
    publish(
        m, begin(m, OPERATION_RELEASE, req ? req->operation_id : NULL, req ? req->asked_by : NULL));
}

static bool has_changed_instance(const struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (m->instances[i].row->mark != ROW_CLEAN)
            return true;
    return false;
}

/* false: one of them has left the way. */
static bool note_all(struct nsr_model *m)
{
    bool is_well = true;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *v = &m->vnfrs[i];
        if (v->has_moved && v->row->phase <= VNFR_ACTIVE)
            note_progress(v);
        is_well = is_well && v->row->phase <= VNFR_ACTIVE;
    }
    return is_well;
}

static void look_at_deployment(struct nsr_model *m)
{
    int phase = m->d->root->phase;
    const struct row *r = model_phases_row(m, WORD(DEPLOY));
    const struct operation *known = r ? r->decoded : NULL;
    int state = known ? known->state : r ? r->phase : 0;
    if (!r && phase == NSR_DEPLOYING) /* of a program of before */
        operate_deploy_begun(m, &(struct deploy_request){0});
    bool is_on_its_way = phase == NSR_DEPLOYING && m->has_moved && note_all(m);
    bool is_due =
        r && (is_on_its_way ? operate_is_followed(m)
                            : m->has_moved || phase == NSR_ACTIVE ||
                                  (phase == NSR_FAILED && state == OPERATION_STATE_PROCESSING));
    struct operation *op = is_due ? operate_phases_deployment(m) : NULL;
    if (op)
        follow_deployment(m, op);
}

static void look_at_release(struct nsr_model *m)
{
    struct operation *undone = model_phases_operation(m, WORD(DEPLOY));
    if (undone) {
        if (m->has_moved || is_all_gone(m))
            follow_undo(m, undone);
        return;
    }
    if (!model_phases_row(m, WORD(RELEASE)))
        operate_release_begun(m, NULL);
    else if (!m->has_moved && !has_changed_instance(m) && !is_all_gone(m))
        return;
    struct operation *op = model_phases_operation(m, WORD(RELEASE));
    if (op)
        follow_release(m, op);
}

void operate_follow_phases(struct nsr_model *m)
{
    if (m->d->root->phase >= NSR_RELEASING)
        look_at_release(m);
    else
        look_at_deployment(m);
    for (uint32_t i = 0; m->has_moved && i < m->n_vnfrs; i++)
        m->vnfrs[i].has_moved = false;
    m->has_moved = false;
}
