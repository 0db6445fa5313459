/* The operation's matrix: state x event -> handler, allowed next states (operations.md 2.3). Its
 * state is derived after each step event. */
#include "nfvo/lifecycle/operation/runner.h"

#include <assert.h>

/* --- helpers ---------------------------------------------------------------------------------- */

static void each(struct operation_turn *t, int state, enum step_event event, bool vnfm_only)
{
    for (uint32_t i = 0; i < t->op->n_steps; i++) {
        struct plan_step *s = &t->op->steps[i];
        enum step_kind kind = run_request_of(s, s->state == STEP_STATE_UNDOING);
        /* what a driver or a PoP has in hand is awaited */
        if (s->state == state && (!vnfm_only || step_kinds[kind].peer == PEER_VNFM))
            run_simple(t->run, t->op, s, event);
    }
}

static void abandon(struct operation_turn *t)
{
    each(t, STEP_STATE_SENT, STEP_EV_ABANDON, true);
    each(t, STEP_STATE_UNDOING, STEP_EV_ABANDON, true);
}

static int end(struct operation_turn *t, int state)
{
    if (state != OPERATION_STATE_COMPLETED)
        each(t, STEP_STATE_PLANNED, STEP_EV_ABANDON, false);
    t->op->ended_at = t->run->now;
    return state;
}

static int roll_back(struct operation_turn *t)
{
    t->op->is_rollback_pending = false;
    t->op->cancel = CANCEL_NO;
    run_prepare_rollback(t->op);
    return OPERATION_STATE_ROLLING_BACK;
}

static int wait_for_a_person(struct operation_turn *t)
{
    t->op->is_rollback_pending = false;
    t->op->cancel = CANCEL_NO;
    return OPERATION_STATE_FAILED_TEMP;
}

/* Without a policy: the reference deletes the server that could not be made and goes on as before;
 * where a script failed, or nobody knows, there is something to look at. */
static bool wants_rollback(const struct operation *op, const struct plan_step *s)
{
    enum fault_policy policy = operation_policy(op, s);
    bool is_for_resources = s->state == STEP_STATE_FAILED && s->cause == CAUSE_RESOURCES;
    return policy == POLICY_ROLLBACK ||
           (policy == POLICY_DEFAULT && op->kind == OPERATION_SCALE_OUT && is_for_resources);
}

/* Where VDUs differ, one failure that is to be looked at keeps all. What is left out is no failure. */
static bool rolls_back_by_itself(const struct operation *op)
{
    bool is_wanted = false;
    if (operation_kinds[op->kind].rollback == ROLLBACK_NEVER || run_cannot_undo(op))
        return false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        bool has_failed = s->state == STEP_STATE_UNKNOWN || s->state == STEP_STATE_FAILED;
        if (!has_failed || run_is_tolerated(op, s))
            continue;
        if (!wants_rollback(op, s))
            return false;
        is_wanted = true;
    }
    return is_wanted;
}

/* With policy partial one of the instances at least must be there. */
static bool is_worth_it(const struct operation *op)
{
    bool left_out = false, made = false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        left_out = left_out || (op->kind != OPERATION_RELEASE && run_is_tolerated(op, s));
        made = made || (s->kind == STEP_SCALE_OUT && s->state == STEP_STATE_DONE);
    }
    return !left_out || made;
}

static bool is_all_done(const struct operation *op, bool *ret_is_partial)
{
    *ret_is_partial = false;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (step_is_satisfied(s))
            continue;
        if (!run_is_tolerated(op, s))
            return false;
        *ret_is_partial = true;
    }
    return true;
}

/* --- handlers --------------------------------------------------------------------------------- */

static int on_begin(void *ctx)
{
    (void)ctx;
    return OPERATION_STATE_PROCESSING;
}

static int on_give_up_before(void *ctx)
{
    return end(ctx, OPERATION_STATE_ROLLED_BACK);
}

static int on_step(void *ctx)
{
    struct operation_turn *t = ctx;
    struct operation *op = t->op;
    bool is_partial, is_done = is_all_done(op, &is_partial), is_open = run_in_flight(op) > 0;
    if (op->superseded_by)
        return is_open ? OPERATION_STATE_PROCESSING : end(t, OPERATION_STATE_FAILED);
    if (is_done && !is_open && is_worth_it(op) && !op->is_rollback_pending) {
        op->is_partial = is_partial;
        op->cancel = CANCEL_NO;
        return end(t, OPERATION_STATE_COMPLETED);
    }
    if (is_open)
        return OPERATION_STATE_PROCESSING;
    if (op->is_rollback_pending)
        return roll_back(t);
    if (op->cancel != CANCEL_NO)
        return wait_for_a_person(t);
    if (run_is_failing(op) || is_done)
        return rolls_back_by_itself(op) ? roll_back(t) : wait_for_a_person(t);
    return OPERATION_STATE_PROCESSING; /* a turn, or a pause, is awaited: both end */
}

/* A late answer settles a step whose outcome was unknown. */
static int on_late_step(void *ctx)
{
    struct operation_turn *t = ctx;
    bool is_partial;
    if (t->op->is_undo_failed || !is_all_done(t->op, &is_partial) || !is_worth_it(t->op))
        return OPERATION_STATE_FAILED_TEMP;
    t->op->is_partial = is_partial;
    return end(t, OPERATION_STATE_COMPLETED);
}

static int on_undo_step(void *ctx)
{
    struct operation_turn *t = ctx;
    struct operation *op = t->op;
    uint32_t n_left = op->n_steps - operation_count(op, STEP_STATE_UNDONE) -
                      operation_count(op, STEP_STATE_SKIPPED);
    bool is_open = run_in_flight(op) > 0;
    if (op->superseded_by)
        return is_open ? OPERATION_STATE_ROLLING_BACK : end(t, OPERATION_STATE_FAILED);
    if (n_left == 0)
        return end(t, OPERATION_STATE_ROLLED_BACK);
    if (is_open || (op->cancel == CANCEL_NO && run_undo_may_go(t->run, op)))
        return OPERATION_STATE_ROLLING_BACK;
    op->is_undo_failed = true;
    return wait_for_a_person(t);
}

/* Left out, and targets were told of the others: what is DONE is not done again for it. */
static bool stays_left_out(const struct operation *op, const struct plan_step *left)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (s->kind == STEP_MODIFY && s->state == STEP_STATE_DONE && left->component &&
            proto_strs_has(&s->only, left->component))
            return run_is_tolerated(op, left) && is_worth_it(op);
    }
    return false;
}

/* A MODIFY for certain instances, and its START, were not needed, since nothing could be made; what is
 * tried again may make it. Those that a step waits for come before it. */
static void want_again(struct operation_turn *t)
{
    for (uint32_t i = 0; i < t->op->n_steps; i++) {
        struct plan_step *s = &t->op->steps[i];
        bool is_ahead = false, by_need = s->only.n || s->with;
        for (uint32_t k = 0; k < s->after.n; k++) {
            const struct plan_step *before = operation_step(t->op, s->after.at[k]);
            is_ahead = is_ahead || !(step_is_satisfied(before) || run_is_tolerated(t->op, before));
        }
        if (s->state == STEP_STATE_SKIPPED && by_need && is_ahead)
            run_simple(t->run, t->op, s, STEP_EV_RETRY);
    }
}

/* Not of INSTANTIATE: its phases tell themselves when it is done. Nor of TERMINATE, while the VNF has
 * servers that no step deletes, as their launches were under way when the plan was made: DROP would
 * leave them behind, its phases do not. */
static bool is_said_done(const struct operation_turn *t, const struct plan_step *s)
{
    const struct view_vnfr *v = t->run->view && s->vnfr ? view_vnfr(t->run->view, s->vnfr) : NULL;
    return s->state == STEP_STATE_UNKNOWN && t->ask->consent.unknown == UNKNOWN_IS_DONE &&
           s->kind != STEP_INSTANTIATE &&
           !(s->kind == STEP_TERMINATE && v && !operation_deletes_all(t->op, &v->servers));
}

static int on_retry(void *ctx)
{
    struct operation_turn *t = ctx;
    struct run *run = t->run;
    t->op->fault = NULL;
    t->op->cancel = CANCEL_NO;
    for (uint32_t i = 0; i < t->op->n_steps; i++) {
        struct plan_step *s = &t->op->steps[i];
        struct step_turn turn = {.run = run, .op = t->op, .s = s};
        if (is_said_done(t, s)) {
            turn.news = &(struct step_news){.note = "a person looked: it is done"};
            run_turn(&turn, STEP_EV_OK);
        } else if ((s->state == STEP_STATE_FAILED && !stays_left_out(t->op, s)) ||
                   s->state == STEP_STATE_UNKNOWN) {
            turn.form = retry_form(s, run_sdk(run, s), &t->ask->consent);
            run_turn(&turn, STEP_EV_RETRY);
        }
    }
    want_again(t);
    return OPERATION_STATE_PROCESSING;
}

static int on_rollback(void *ctx)
{
    struct operation_turn *t = ctx;
    for (uint32_t i = 0; i < t->op->n_steps; i++)
        t->op->steps[i].is_undo_due = t->op->steps[i].state == STEP_STATE_UNDO_FAILED;
    t->op->is_undo_failed = false;
    if (run_in_flight(t->op) == 0)
        return roll_back(t);
    t->op->is_rollback_pending = true;
    return OPERATION_STATE_PROCESSING;
}

static int on_cancel(void *ctx)
{
    struct operation_turn *t = ctx;
    t->op->cancel = t->ask->cancel;
    if (t->op->cancel == CANCEL_FORCEFUL)
        abandon(t);
    return t->op->state;
}

static int on_fail(void *ctx)
{
    return end(ctx, OPERATION_STATE_FAILED);
}

static int on_continue(void *ctx)
{
    struct operation_turn *t = ctx;
    t->op->policy = POLICY_PARTIAL;
    t->op->cancel = CANCEL_NO;
    return OPERATION_STATE_PROCESSING;
}

static int on_supersede(void *ctx)
{
    struct operation_turn *t = ctx;
    t->op->superseded_by = t->ask->by;
    t->op->is_rollback_pending = false;
    each(t, STEP_STATE_PLANNED, STEP_EV_ABANDON, false);
    abandon(t);
    return run_in_flight(t->op) ? t->op->state : end(t, OPERATION_STATE_FAILED);
}

/* clang-format off */
#define TO(a) FSM_BIT(OPERATION_STATE_##a)
#define AT(state, event) [OPERATION_STATE_##state * OPERATION_EV_N + OPERATION_EV_##event]
static const struct fsm_rule rules[OPERATION_STATE_N * OPERATION_EV_N] = {
    AT(STARTING, BEGIN)         = { on_begin,          0, TO(PROCESSING) },
    AT(STARTING, OVERDUE)       = { on_give_up_before, 0, TO(ROLLED_BACK) },
    AT(STARTING, CANCEL)        = { on_give_up_before, 0, TO(ROLLED_BACK) },
    AT(STARTING, SUPERSEDE)     = { on_supersede,      0, TO(FAILED) },

    AT(PROCESSING, STEP)        = { on_step,           0, TO(PROCESSING) | TO(COMPLETED) | TO(FAILED_TEMP) | TO(ROLLING_BACK) | TO(FAILED) },
    AT(PROCESSING, RETRY)       = { on_retry,          0, TO(PROCESSING) },
    AT(PROCESSING, ROLLBACK)    = { on_rollback,       0, TO(PROCESSING) | TO(ROLLING_BACK) },
    AT(PROCESSING, CANCEL)      = { on_cancel,         0, TO(PROCESSING) },
    AT(PROCESSING, SUPERSEDE)   = { on_supersede,      0, TO(PROCESSING) | TO(FAILED) },

    AT(FAILED_TEMP, STEP)       = { on_late_step,      0, TO(FAILED_TEMP) | TO(COMPLETED) },
    AT(FAILED_TEMP, RETRY)      = { on_retry,          0, TO(PROCESSING) },
    AT(FAILED_TEMP, ROLLBACK)   = { on_rollback,       0, TO(ROLLING_BACK) },
    AT(FAILED_TEMP, FAIL)       = { on_fail,           0, TO(FAILED) },
    AT(FAILED_TEMP, CONTINUE)   = { on_continue,       0, TO(PROCESSING) },
    AT(FAILED_TEMP, SUPERSEDE)  = { on_supersede,      0, TO(FAILED) },

    AT(ROLLING_BACK, STEP)      = { on_undo_step,      0, TO(ROLLING_BACK) | TO(ROLLED_BACK) | TO(FAILED_TEMP) | TO(FAILED) },
    AT(ROLLING_BACK, CANCEL)    = { on_cancel,         0, TO(ROLLING_BACK) },
    AT(ROLLING_BACK, SUPERSEDE) = { on_supersede,      0, TO(ROLLING_BACK) | TO(FAILED) },
};
/* clang-format on */

static uint64_t hits[OPERATION_STATE_N * OPERATION_EV_N];
const struct fsm operation_fsm = {
    .name = "operation",
    .n_phases = OPERATION_STATE_N,
    .n_events = OPERATION_EV_N,
    .phases = operation_state_words,
    .events = operation_event_words,
    .rules = rules,
    .hits = hits,
};

bool run_event(struct run *run, struct operation *op, enum operation_event event,
               const struct run_ask *ask)
{
    static const struct run_ask nothing = {0};
    struct operation_turn t = {.run = run, .op = op, .ask = ask ? ask : &nothing};
    int before = op->state;
    enum fsm_outcome outcome = fsm_step(&operation_fsm, &op->state, event, &t);
    assert(outcome != FSM_ILLEGAL);
    if (op->state != before) {
        op->state_at = run->now;
        run_say(run, RUN_STATE, op, NULL, STEP_NO);
        if (operation_is_final(op))
            run_say(run, RUN_CLOSE, op, NULL, STEP_NO);
    }
    return outcome == FSM_DONE;
}
