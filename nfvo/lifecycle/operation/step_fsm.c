/* The step's matrix: state x event -> handler, allowed next states (operations.md 2.3). A step that
 * is SENT is never undone: the operation waits for it first. */
#include "nfvo/lifecycle/operation/runner.h"

#include <assert.h>

static int note(void *ctx)
{
    struct step_turn *t = ctx;
    run_say(t->run, RUN_NOTE, t->op, t->s, t->s->kind);
    return t->s->state;
}

static int done(struct step_turn *t)
{
    t->s->done_at = t->run->now;
    t->s->fault = NULL;
    t->s->cause = CAUSE_NONE;
    if (t->news && t->news->note)
        t->s->note = t->news->note;
    run_say(t->run, RUN_EFFECT, t->op, t->s, t->s->kind);
    return STEP_STATE_DONE;
}

static int failed(struct step_turn *t, int state, enum fault_cause cause)
{
    struct plan_step *s = t->s;
    s->done_at = t->run->now;
    s->cause = cause;
    s->fault = t->news ? t->news->fault : NULL;
    s->note = t->news && t->news->note ? t->news->note : s->note;
    if (!t->op->fault)
        t->op->fault = s->fault;
    run_say(t->run, RUN_FAULT, t->op, s, s->kind);
    return state;
}

static int on_go(void *ctx)
{
    struct step_turn *t = ctx;
    t->s->sent_at = t->run->now;
    t->s->done_at = 0;
    t->s->not_before_at = 0;
    if (step_kinds[t->s->kind].peer == PEER_NFVO) {
        run_say(t->run, RUN_APPLY, t->op, t->s, t->s->kind);
        return done(t);
    }
    run_say(t->run, RUN_SEND, t->op, t->s, t->s->kind);
    return STEP_STATE_SENT;
}

static int on_ok(void *ctx)
{
    struct step_turn *t = ctx;
    t->s->is_touched = true;
    return done(t);
}

static bool takes_anything(const struct plan_step *s)
{
    return step_kinds[s->kind].answers == ANSWERS_ANYTHING;
}

static int on_fault(void *ctx)
{
    struct step_turn *t = ctx;
    enum fault_cause cause =
        t->news && t->news->cause != CAUSE_NONE ? t->news->cause : CAUSE_SCRIPT;
    t->s->is_touched = true;
    if (!takes_anything(t->s))
        return failed(t, STEP_STATE_FAILED, cause);
    t->s->late_fault = t->news ? t->news->fault : NULL;
    return done(t);
}

static int on_unsent(void *ctx)
{
    struct step_turn *t = ctx;
    if (!takes_anything(t->s))
        return failed(t, STEP_STATE_FAILED, CAUSE_UNSENT);
    t->s->late_fault = t->news ? t->news->fault : NULL;
    return done(t);
}

static int on_out(void *ctx)
{
    struct step_turn *t = ctx;
    enum step_answers answers = step_answers_of(t->s->kind, run_sdk(t->run, t->s));
    t->s->is_touched = true;
    if (answers == ANSWERS_OPTIONAL)
        return done(t);
    if (answers != ANSWERS_ANYTHING)
        return failed(t, STEP_STATE_UNKNOWN, CAUSE_OUTCOME);
    t->s->late_fault = t->news ? t->news->fault : NULL;
    return done(t);
}

static int on_abandon_sent(void *ctx)
{
    struct step_turn *t = ctx;
    t->s->is_touched = true;
    t->s->note = "abandoned: its answer is not waited for any longer";
    run_say(t->run, RUN_WITHDRAW, t->op, t->s, t->s->kind);
    return failed(t, STEP_STATE_UNKNOWN, CAUSE_OUTCOME);
}

static int on_late_fault(void *ctx)
{
    struct step_turn *t = ctx;
    if (t->news && t->news->fault)
        t->s->late_fault = t->news->fault;
    return note(ctx);
}

static int on_retry(void *ctx)
{
    struct step_turn *t = ctx;
    struct plan_step *s = t->s;
    s->attempt++;
    s->form = t->form;
    s->since = t->form == FORM_SAME ? s->since : s->attempt;
    s->not_before_at = t->not_before_at;
    if (s->not_before_at > t->run->now)
        run_say(t->run, RUN_WAIT, t->op, s, s->kind);
    if (s->form != FORM_ANEW || !s->is_touched)
        return STEP_STATE_PLANNED;
    s->is_anew = true;
    return run_undo_begin(t);
}

static int on_skip(void *ctx)
{
    (void)ctx;
    return STEP_STATE_SKIPPED;
}

static int on_wanted_again(void *ctx)
{
    (void)ctx;
    return STEP_STATE_PLANNED;
}

static int on_undo(void *ctx)
{
    return run_undo_begin(ctx);
}

/* It may run yet, and would run beside what undoes it. */
static int on_undo_unknown(void *ctx)
{
    struct step_turn *t = ctx;
    run_say(t->run, RUN_WITHDRAW, t->op, t->s, t->s->kind);
    return run_undo_begin(ctx);
}

static int on_stage_ok(void *ctx)
{
    return run_undo_next(ctx);
}

static int undo_failed(struct step_turn *t)
{
    struct plan_step *s = t->s;
    s->fault = t->news && t->news->fault ? t->news->fault : s->fault;
    run_say(t->run, RUN_FAULT, t->op, s, s->kind);
    s->done_at = t->run->now;
    if (!s->is_anew)
        return STEP_STATE_UNDO_FAILED;
    s->is_anew = false;
    s->cause = CAUSE_SCRIPT; /* it is tried again in the same form */
    return STEP_STATE_FAILED;
}

/* A stage whose peer need not answer, or may say what it likes, is over by its deadline. */
static int on_stage_fault(void *ctx)
{
    struct step_turn *t = ctx;
    if (step_kinds[run_request_of(t->s, true)].answers == ANSWERS_ANYTHING)
        return run_undo_next(t);
    return undo_failed(t);
}

static int on_stage_out(void *ctx)
{
    struct step_turn *t = ctx;
    enum step_answers answers = step_answers_of(run_request_of(t->s, true), run_sdk(t->run, t->s));
    if (answers == ANSWERS_ANYTHING || answers == ANSWERS_OPTIONAL)
        return run_undo_next(t);
    return undo_failed(t);
}

static int on_stage_abandon(void *ctx)
{
    struct step_turn *t = ctx;
    run_say(t->run, RUN_WITHDRAW, t->op, t->s, run_request_of(t->s, true));
    return undo_failed(t);
}

/* Late: the stage that was given up is done after all; only the last one ends it. */
static int on_late_stage(void *ctx)
{
    struct step_turn *t = ctx;
    const enum step_kind *stages = step_undos[t->s->undo].stages;
    bool is_last = t->s->undo_at + 1 == STEP_UNDO_STAGES || stages[t->s->undo_at + 1] == STEP_NO;
    if (!is_last)
        return note(ctx);
    t->s->is_touched = false;
    t->s->done_at = t->run->now;
    run_say(t->run, RUN_UNDONE, t->op, t->s, t->s->kind);
    return STEP_STATE_UNDONE;
}

/* clang-format off */
#define TO(a) FSM_BIT(STEP_STATE_##a)
#define AT(state, event) [STEP_STATE_##state * STEP_EV_N + STEP_EV_##event]
static const struct fsm_rule rules[STEP_STATE_N * STEP_EV_N] = {
    AT(PLANNED, GO)          = { on_go,            0, TO(SENT) | TO(DONE) },
    AT(PLANNED, UNDO)        = { on_undo,          0, TO(SKIPPED) | TO(UNDOING) | TO(UNDONE) | TO(UNDO_FAILED) },
    AT(PLANNED, ABANDON)     = { on_skip,          0, TO(SKIPPED) },
    AT(PLANNED, NOT_NEEDED)  = { on_skip,          0, TO(SKIPPED) },

    AT(SENT, OK)             = { on_ok,            0, TO(DONE) },
    AT(SENT, FAULT)          = { on_fault,         0, TO(FAILED) | TO(DONE) },
    AT(SENT, UNSENT)         = { on_unsent,        0, TO(FAILED) | TO(DONE) },
    AT(SENT, OUT)            = { on_out,           0, TO(UNKNOWN) | TO(DONE) },
    AT(SENT, ABANDON)        = { on_abandon_sent,  0, TO(UNKNOWN) },

    AT(DONE, OK)             = { note,             0, TO(DONE) },
    AT(DONE, FAULT)          = { on_late_fault,    0, TO(DONE) },
    AT(DONE, UNDO)           = { on_undo,          0, TO(UNDOING) | TO(UNDONE) | TO(UNDO_FAILED) },

    AT(FAILED, OK)           = { note,             0, TO(FAILED) },
    AT(FAILED, FAULT)        = { note,             0, TO(FAILED) },
    AT(FAILED, RETRY)        = { on_retry,         0, TO(PLANNED) | TO(UNDOING) | TO(UNDO_FAILED) },
    AT(FAILED, UNDO)         = { on_undo,          0, TO(UNDOING) | TO(UNDONE) | TO(UNDO_FAILED) },

    AT(UNKNOWN, OK)          = { on_ok,            0, TO(DONE) },
    AT(UNKNOWN, FAULT)       = { on_fault,         0, TO(FAILED) | TO(DONE) },
    AT(UNKNOWN, RETRY)       = { on_retry,         0, TO(PLANNED) | TO(UNDOING) },
    AT(UNKNOWN, UNDO)        = { on_undo_unknown,  0, TO(UNDOING) | TO(UNDONE) | TO(UNDO_FAILED) },

    AT(SKIPPED, OK)          = { note,             0, TO(SKIPPED) },
    AT(SKIPPED, FAULT)       = { note,             0, TO(SKIPPED) },
    AT(SKIPPED, RETRY)       = { on_wanted_again,  0, TO(PLANNED) },

    AT(UNDOING, OK)          = { on_stage_ok,      0, TO(UNDOING) | TO(UNDONE) | TO(PLANNED) | TO(UNDO_FAILED) },
    AT(UNDOING, FAULT)       = { on_stage_fault,   0, TO(UNDO_FAILED) | TO(UNDOING) | TO(UNDONE) | TO(FAILED) | TO(PLANNED) },
    AT(UNDOING, UNSENT)      = { on_stage_fault,   0, TO(UNDO_FAILED) | TO(UNDOING) | TO(UNDONE) | TO(FAILED) | TO(PLANNED) },
    AT(UNDOING, OUT)         = { on_stage_out,     0, TO(UNDO_FAILED) | TO(UNDOING) | TO(UNDONE) | TO(FAILED) | TO(PLANNED) },
    AT(UNDOING, ABANDON)     = { on_stage_abandon, 0, TO(UNDO_FAILED) | TO(FAILED) },

    AT(UNDO_FAILED, OK)      = { on_late_stage,    0, TO(UNDONE) | TO(UNDO_FAILED) },
    AT(UNDO_FAILED, FAULT)   = { note,             0, TO(UNDO_FAILED) },
    AT(UNDO_FAILED, UNDO)    = { on_undo,          0, TO(UNDOING) | TO(UNDONE) | TO(UNDO_FAILED) },

    AT(UNDONE, OK)           = { note,             0, TO(UNDONE) },
    AT(UNDONE, FAULT)        = { note,             0, TO(UNDONE) },
};
/* clang-format on */

static uint64_t hits[STEP_STATE_N * STEP_EV_N];
const struct fsm step_fsm = {
    .name = "step",
    .n_phases = STEP_STATE_N,
    .n_events = STEP_EV_N,
    .phases = step_state_words,
    .events = step_event_words,
    .rules = rules,
    .hits = hits,
};

bool run_turn(struct step_turn *t, enum step_event event)
{
    enum fsm_outcome outcome = fsm_step(&step_fsm, &t->s->state, event, t);
    assert(outcome != FSM_ILLEGAL);
    return outcome == FSM_DONE;
}

bool run_simple(struct run *run, struct operation *op, struct plan_step *s, enum step_event event)
{
    return run_turn(&(struct step_turn){.run = run, .op = op, .s = s}, event);
}
