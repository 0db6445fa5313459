/* Rollback: everything that may have had an effect is undone, DONE, FAILED and UNKNOWN alike (a
 * failed SCALE_OUT has a server).
 *
 * REVERSE: a step's undo goes when all that waited for the step are settled. FORWARD: when all that
 * it waited for are; what has UNDO_AGAIN runs once more behind a step that did, also if it never
 * ran before (a server that was rebuilt with the old image has to be installed again). */
#include "nfvo/lifecycle/operation/runner.h"

static bool is_settled(const struct plan_step *s)
{
    return s->state == STEP_STATE_UNDONE || s->state == STEP_STATE_SKIPPED;
}

static bool is_forward(const struct operation *op)
{
    return operation_kinds[op->kind].rollback == ROLLBACK_FORWARD;
}

const struct plan_step *run_cannot_undo(const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].undo == UNDO_NEVER && step_may_have_effect(&op->steps[i]))
            return &op->steps[i];
    return NULL;
}

void run_prepare_rollback(struct operation *op)
{
    for (uint32_t i = 0; is_forward(op) && i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        bool is_behind = false;
        for (uint32_t k = 0; k < s->after.n; k++)
            is_behind = is_behind || operation_step(op, s->after.at[k])->needs_again;
        s->needs_again = s->undo == UNDO_AGAIN && (is_behind || step_may_have_effect(s));
    }
}

static int undone(struct step_turn *t)
{
    struct plan_step *s = t->s;
    run_say(t->run, RUN_UNDONE, t->op, s, s->kind);
    s->is_touched = false;
    if (!s->is_anew)
        return STEP_STATE_UNDONE;
    s->is_anew = false;
    s->form = FORM_MESSAGE;
    return STEP_STATE_PLANNED;
}

enum step_kind run_request_of(const struct plan_step *s, bool is_undo)
{
    enum step_kind kind = is_undo && s->undo_at < STEP_UNDO_STAGES
                              ? step_undos[s->undo].stages[s->undo_at]
                              : STEP_SELF;
    return kind >= STEP_SELF ? s->kind : kind;
}

/* From stage undo_at on: what is the NFVO's own is done at once. */
static int stages(struct step_turn *t)
{
    struct plan_step *s = t->s;
    for (; s->undo_at < STEP_UNDO_STAGES; s->undo_at++) {
        if (step_undos[s->undo].stages[s->undo_at] == STEP_NO)
            break;
        enum step_kind kind = run_request_of(s, true);
        if (step_kinds[kind].peer == PEER_NFVO) {
            run_say(t->run, RUN_APPLY, t->op, s, kind);
            continue;
        }
        if (t->op->superseded_by && step_kinds[kind].peer == PEER_VNFM)
            return STEP_STATE_UNDO_FAILED; /* nothing is begun any more */
        run_say(t->run, RUN_UNDO, t->op, s, kind);
        return STEP_STATE_UNDOING;
    }
    s->undo_at = 0;
    return undone(t);
}

/* The peer knows the values before; or so does the target whose MODIFY this START stands behind. */
static bool is_known_already(const struct step_turn *t)
{
    const struct plan_step *s = t->s, *with = operation_step(t->op, s->with);
    if (with)
        return with->state == STEP_STATE_UNDONE && !with->needs_again && !s->is_touched;
    return s->only.n && t->run->is_needed && !t->run->is_needed(t->run->arg, t->op, s);
}

int run_undo_begin(struct step_turn *t)
{
    struct plan_step *s = t->s;
    bool has_effect = step_may_have_effect(s) || s->needs_again;
    if (s->state == STEP_STATE_PLANNED && !has_effect)
        return STEP_STATE_SKIPPED;
    if (!has_effect || s->undo == UNDO_NONE)
        return undone(t);
    if (s->undo == UNDO_NEVER)
        return STEP_STATE_UNDO_FAILED;
    if (s->undo == UNDO_RESTORE) {
        run_say(t->run, RUN_RESTORE, t->op, s, s->kind);
        return undone(t);
    }
    if (s->undo == UNDO_AGAIN && is_known_already(t)) {
        s->needs_again = false;
        return undone(t);
    }
    if (s->state != STEP_STATE_UNDO_FAILED)
        s->undo_at = 0;
    s->is_undo_due = false;
    return stages(t);
}

int run_undo_next(struct step_turn *t)
{
    t->s->undo_at++;
    return stages(t);
}

/* Which steps wait for others yet; index: number. */
static bool *blocked(const struct run *run, const struct operation *op)
{
    bool *is_blocked = arena_alloc(run->arena, op->n_steps + 1);
    for (uint32_t i = 0; i < op->n_steps; i++)
        for (uint32_t k = 0; k < op->steps[i].after.n; k++) {
            uint16_t before = op->steps[i].after.at[k], n = op->steps[i].n;
            if (is_forward(op))
                is_blocked[n] = is_blocked[n] || !is_settled(operation_step(op, before));
            else
                is_blocked[before] = is_blocked[before] || !is_settled(&op->steps[i]);
        }
    return is_blocked;
}

static bool may_be_tried(const struct plan_step *s)
{
    return !is_settled(s) && !step_is_open(s) &&
           (s->state != STEP_STATE_UNDO_FAILED || s->is_undo_due);
}

bool run_undo_may_go(const struct run *run, const struct operation *op)
{
    const bool *is_blocked = blocked(run, op);
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (may_be_tried(&op->steps[i]) && !is_blocked[op->steps[i].n])
            return true;
    return false;
}

/* The first request that its undo would send; STEP_NO: none. */
static enum step_kind first_request(const struct plan_step *s)
{
    struct plan_step copy = *s;
    copy.undo_at = s->state == STEP_STATE_UNDO_FAILED ? s->undo_at : 0;
    if (step_undos[s->undo].stages[0] == STEP_NO)
        return STEP_NO;
    return run_request_of(&copy, true);
}

static bool undo_one(struct run *run, struct operation *op, struct plan_step *s,
                     const bool *is_blocked)
{
    bool has_effect = step_may_have_effect(s) || s->needs_again;
    /* what was only planned is left out at once, whatever waits for it */
    if (!may_be_tried(s) || (is_blocked[s->n] && (has_effect || s->state != STEP_STATE_PLANNED)))
        return false;
    enum step_kind kind = first_request(s);
    if (has_effect && kind != STEP_NO && !run_turn_is_free(run, op, s, kind))
        return false;
    return run_simple(run, op, s, STEP_EV_UNDO);
}

bool run_undo_go(struct run *run, struct operation *op)
{
    bool is_changed = false, is_again;
    do {
        const bool *is_blocked = blocked(run, op);
        is_again = false;
        for (uint32_t i = 0; i < op->n_steps; i++) {
            uint32_t at = is_forward(op) ? i : op->n_steps - 1 - i;
            is_again = undo_one(run, op, &op->steps[at], is_blocked) || is_again;
        }
        is_changed = is_changed || is_again;
    } while (is_again);
    return is_changed;
}
