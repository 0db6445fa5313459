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
