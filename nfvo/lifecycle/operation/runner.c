#include "nfvo/lifecycle/operation/runner.h"

/* --- what may go ------------------------------------------------------------------------------ */

static bool is_ready(const struct operation *op, const struct plan_step *s, int64_t now)
{
    for (uint32_t k = 0; k < s->after.n; k++) {
        const struct plan_step *before = operation_step(op, s->after.at[k]);
        if (!step_is_satisfied(before) && !run_is_tolerated(op, before))
            return false;
    }
    return s->not_before_at <= now;
}

/* All that it would tell of are components that were left out (policy partial): of what is left of
 * one the target would learn once, and not again when a retry makes it. */
static bool is_of_left_out(const struct operation *op, const struct plan_step *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        n += x->kind == STEP_SCALE_OUT && x->component && run_is_tolerated(op, x) &&
             proto_strs_has(&s->only, x->component);
    }
    return n && n == s->only.n;
}

/* Rule (b). What had an effect already is sent again whatever the records say. */
static bool is_needed(const struct run *run, const struct operation *op, const struct plan_step *s)
{
    const struct plan_step *with = operation_step(op, s->with);
    if (s->is_touched)
        return true;
    if ((with && with->state == STEP_STATE_SKIPPED) || is_of_left_out(op, s))
        return false;
    return s->is_always || !s->only.n || s->kind != STEP_MODIFY || !run->is_needed ||
           run->is_needed(run->arg, op, s);
}

static bool go(struct run *run, struct operation *op)
{
    bool is_changed = false;
    if (op->cancel != CANCEL_NO || op->is_rollback_pending || op->superseded_by ||
        run_is_failing(op))
        return false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        if (s->state != STEP_STATE_PLANNED || !is_ready(op, s, run->now))
            continue;
        if (!is_needed(run, op, s))
            is_changed = run_simple(run, op, s, STEP_EV_NOT_NEEDED) || is_changed;
        else if (run_turn_is_free(run, op, s, s->kind))
            is_changed = run_simple(run, op, s, STEP_EV_GO) || is_changed;
    }
    return is_changed;
}

void run_settle(struct run *run)
{
    bool is_changed;
    do {
        is_changed = false;
        for (uint32_t i = 0; i < run->operations->n; i++) {
            struct operation *op = run->operations->at[i];
            int before = op->state;
            if (op->state == OPERATION_STATE_PROCESSING)
                is_changed = go(run, op) || is_changed;
            else if (op->state == OPERATION_STATE_ROLLING_BACK && op->cancel == CANCEL_NO &&
                     !op->superseded_by)
                is_changed = run_undo_go(run, op) || is_changed;
            run_event(run, op, OPERATION_EV_STEP, NULL);
            is_changed = is_changed || op->state != before;
        }
    } while (is_changed);
}

/* --- what became of a request ----------------------------------------------------------------- */

static bool is_current(const struct plan_step *s, const struct step_news *news)
{
    bool is_undo = s->state == STEP_STATE_UNDOING || s->state == STEP_STATE_UNDO_FAILED ||
                   s->state == STEP_STATE_UNDONE;
    return news->is_undo == is_undo &&
           (news->is_undo || !news->attempt || news->attempt >= s->since);
}

#define RETRY_PAUSE_US (5 * USEC_PER_SEC)

/* Attempts of the policy, where the form needs nobody's consent. */
static void retry_by_itself(struct run *run, struct operation *op, struct plan_step *s)
{
    const struct retry_consent none = {0};
    struct step_turn t = {.run = run, .op = op, .s = s};
    int64_t pause = run->retry_pause_us ? run->retry_pause_us : RETRY_PAUSE_US;
    if (op->state != OPERATION_STATE_PROCESSING || s->state != STEP_STATE_FAILED ||
        s->attempt >= operation_attempts(op, s) || op->cancel != CANCEL_NO ||
        op->is_rollback_pending || op->superseded_by)
        return;
    t.form = retry_form(s, run_sdk(run, s), &none);
    t.not_before_at = run->now + (pause << (s->attempt < 16 ? s->attempt - 1 : 15));
    if (t.form == FORM_REFUSED)
        return;
    op->fault = op->fault == s->fault ? NULL : op->fault;
    run_turn(&t, STEP_EV_RETRY);
}

bool run_step(struct run *run, struct operation *op, struct plan_step *s,
              const struct step_news *news)
{
    struct step_turn t = {.run = run, .op = op, .s = s, .news = news};
    bool is_final = operation_is_final(op);
    if (!is_current(s, news) || (is_final && s->state != STEP_STATE_DONE)) {
        if (news->fault)
            s->late_fault = news->fault;
        run_say(run, RUN_NOTE, op, s, s->kind);
        return false;
    }
    if (!run_turn(&t, news->event)) {
        run_say(run, RUN_NOTE, op, s, s->kind);
        return false;
    }
    if (news->event == STEP_EV_FAULT || news->event == STEP_EV_UNSENT)
        retry_by_itself(run, op, s);
    return true;
}
