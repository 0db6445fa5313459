/* A step is undone, stage by stage: handlers of its matrix (step_fsm.c). */
#include "nfvo/lifecycle/operation/runner.h"

static int undone(struct step_turn *t)
{
    struct plan_step *s = t->s;
    run_say(t->run, RUN_UNDONE, t->op, s, s->kind);
    s->is_touched = s->is_anew && s->undo == UNDO_VNFR; /* its record stays, to be filled */
    s->done_at = t->run->now;
    if (!s->is_anew)
        return STEP_STATE_UNDONE;
    s->done_at = 0;
    s->is_anew = false;
    s->form = FORM_MESSAGE;
    return STEP_STATE_PLANNED;
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
        s->done_at = 0;
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
    if (s->sent_at)
        s->sent_at = t->run->now; /* the times are those of what the state says: of its undoing */
    return stages(t);
}

int run_undo_next(struct step_turn *t)
{
    t->s->undo_at++;
    return stages(t);
}
