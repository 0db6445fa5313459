#include "nfvo/lifecycle/operation/runner.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

#define X(word) #word,
const char *const run_action_words[RUN_ACTION_N] = {RUN_ACTIONS(X)};
#undef X

void run_say(struct run *run, enum run_what what, struct operation *op, struct plan_step *s,
             enum step_kind kind)
{
    struct run_actions *list = &run->actions;
    list->at = arena_grow_array(run->arena, list->at, list->n, sizeof(list->at[0]));
    list->at[list->n++] = (struct run_action){.what = what,
                                              .op = op,
                                              .step = s,
                                              .kind = kind,
                                              .form = s ? s->form : FORM_MESSAGE,
                                              .state = op->state,
                                              .is_anew = s && s->is_anew};
}

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

static const struct view_vnfr *peer_of(const struct run *run, const struct plan_step *s)
{
    return run->view && s->vnfr ? view_vnfr(run->view, s->vnfr) : NULL;
}

enum sdk run_sdk(const struct run *run, const struct plan_step *s)
{
    const struct view_vnfr *v = peer_of(run, s);
    return !run->view || (v && v->is_ours) ? SDK_C : v ? v->sdk : SDK_UNKNOWN;
}

/* --- what stops an operation ------------------------------------------------------------------ */

/* A release goes on whatever happens. With policy partial an instance that could not be made is
 * left out; one whose outcome is unknown is not: it may come yet. */
bool run_is_tolerated(const struct operation *op, const struct plan_step *s)
{
    if (op->kind == OPERATION_RELEASE)
        return s->state == STEP_STATE_FAILED || s->state == STEP_STATE_UNKNOWN;
    return operation_policy(op, s) == POLICY_PARTIAL && s->kind == STEP_SCALE_OUT &&
           s->state == STEP_STATE_FAILED;
}

bool run_is_failing(const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        int state = op->steps[i].state;
        if ((state == STEP_STATE_FAILED || state == STEP_STATE_UNKNOWN) &&
            !run_is_tolerated(op, &op->steps[i]))
            return true;
    }
    return false;
}

uint32_t run_in_flight(const struct operation *op)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < op->n_steps; i++)
        n += step_is_open(&op->steps[i]);
    return n;
}

/* --- rule (a) --------------------------------------------------------------------------------- */

static enum step_scope takes(const struct plan_step *s, enum step_kind kind)
{
    enum step_scope takes = step_kinds[kind].takes;
    /* a SCALE_IN's instance is another VNFR's: the START that undoes it is of the whole target */
    bool is_of_one = s->instance && step_kinds[s->kind].takes == TAKES_BOTH;
    return takes != TAKES_BOTH ? takes : is_of_one ? TAKES_INSTANCE : TAKES_WHOLE;
}

static bool collide(const struct plan_step *s, enum step_kind kind, const struct plan_step *open)
{
    enum step_kind other = run_request_of(open, open->state == STEP_STATE_UNDOING);
    if (step_kinds[kind].peer == PEER_DRIVER && step_kinds[other].peer == PEER_DRIVER)
        return text_matches(s->instance, open->instance); /* what it has in hand is awaited */
    enum step_scope mine = takes(s, kind), theirs = takes(open, other);
    if (mine == TAKES_NONE || theirs == TAKES_NONE || !text_matches(s->vnfr, open->vnfr))
        return false;
    return mine == TAKES_WHOLE || theirs == TAKES_WHOLE ||
           text_matches(s->instance, open->instance);
}

bool run_turn_is_free(const struct run *run, const struct operation *op, const struct plan_step *s,
                      enum step_kind kind)
{
    if (step_kinds[kind].peer == PEER_NFVO || step_kinds[kind].peer == PEER_POP)
        return true;
    if (step_kinds[kind].peer == PEER_VNFM && takes(s, kind) != TAKES_NONE && run->is_in_hand &&
        run->is_in_hand(run->arg, op, s, kind))
        return false;
    for (uint32_t o = 0; o < run->operations->n; o++)
        for (uint32_t i = 0; i < run->operations->at[o]->n_steps; i++) {
            const struct plan_step *open = &run->operations->at[o]->steps[i];
            if (open != s && step_is_open(open) && collide(s, kind, open))
                return false;
        }
    return true;
}

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

/* Rule (b). What had an effect already is sent again whatever the records say. */
static bool is_needed(const struct run *run, const struct operation *op, const struct plan_step *s)
{
    const struct plan_step *with = operation_step(op, s->with);
    if (s->is_touched)
        return true;
    if (with && with->state == STEP_STATE_SKIPPED)
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
        s->attempt >= op->attempts || op->cancel != CANCEL_NO || op->is_rollback_pending ||
        op->superseded_by || run_is_tolerated(op, s))
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
