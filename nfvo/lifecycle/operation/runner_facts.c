/* What the runner's files know of steps and operations, and how they say what is to be done. */
#include "nfvo/lifecycle/operation/runner.h"

#include "common/base/text.h"

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

static const struct view_vnfr *peer_of(const struct run *run, const struct plan_step *s)
{
    return run->view && s->vnfr ? view_vnfr(run->view, s->vnfr) : NULL;
}

enum sdk run_sdk(const struct run *run, const struct plan_step *s)
{
    const struct view_vnfr *v = peer_of(run, s);
    return !run->view || (v && v->is_ours) ? SDK_C : v ? v->sdk : SDK_UNKNOWN;
}

enum step_kind run_request_of(const struct plan_step *s, bool is_undo)
{
    enum step_kind kind = is_undo && s->undo_at < STEP_UNDO_STAGES
                              ? step_undos[s->undo].stages[s->undo_at]
                              : STEP_SELF;
    return kind >= STEP_SELF ? s->kind : kind;
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

const struct plan_step *run_cannot_undo(const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].undo == UNDO_NEVER && step_may_have_effect(&op->steps[i]))
            return &op->steps[i];
    return NULL;
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
