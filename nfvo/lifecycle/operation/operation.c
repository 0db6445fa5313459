#include "nfvo/lifecycle/operation/operation.h"

#define X(word) #word,
const char *const fault_cause_words[CAUSE_N] = {FAULT_CAUSES(X)};
const char *const step_form_words[FORM_N] = {STEP_FORMS(X)};
const char *const step_state_words[STEP_STATE_N] = {STEP_STATES(X)};
const char *const step_event_words[STEP_EV_N] = {STEP_EVENTS(X)};
const char *const operation_state_words[OPERATION_STATE_N] = {OPERATION_STATES(X)};
const char *const operation_event_words[OPERATION_EV_N] = {OPERATION_EVENTS(X)};
#undef X
/* Users write these. */
const char *const fault_policy_words[POLICY_N] = {"", "keep", "partial", "rollback"};
const char *const cancel_mode_words[3] = {"", "graceful", "forceful"};

struct plan_step *operation_step(const struct operation *op, uint16_t n)
{
    return n >= 1 && n <= op->n_steps ? &op->steps[n - 1] : NULL;
}

bool step_is_open(const struct plan_step *s)
{
    return s->state == STEP_STATE_SENT || s->state == STEP_STATE_UNDOING;
}

bool step_is_satisfied(const struct plan_step *s)
{
    return s->state == STEP_STATE_DONE || s->state == STEP_STATE_SKIPPED;
}

/* A step of the NFVO's own has its effect when it is DONE, and only then. */
bool step_may_have_effect(const struct plan_step *s)
{
    if (step_kinds[s->kind].peer == PEER_NFVO)
        return s->state == STEP_STATE_DONE;
    return s->is_touched || s->state == STEP_STATE_SENT;
}

bool operation_is_final(const struct operation *op)
{
    return op->state == OPERATION_STATE_COMPLETED || op->state == OPERATION_STATE_FAILED ||
           op->state == OPERATION_STATE_ROLLED_BACK;
}

uint16_t operation_attempts(const struct operation *op, const struct plan_step *s)
{
    return op->attempts > 1 || s->attempts == 0 ? op->attempts : s->attempts;
}

bool operation_is_life(const struct operation *op)
{
    return operation_kinds[op->kind].class == CLASS_LIFE;
}

bool operation_is_by_phases(const struct operation *op)
{
    return op->kind == OPERATION_RELEASE || (op->kind == OPERATION_DEPLOY && !op->is_run);
}

bool operation_deletes_all(const struct operation *op, const struct proto_strs *servers)
{
    for (uint32_t i = 0; i < servers->n; i++) {
        bool is_deleted = false;
        for (uint32_t k = 0; k < op->n_steps; k++)
            is_deleted = is_deleted || (op->steps[k].kind == STEP_DELETE && op->steps[k].instance &&
                                        strcmp(op->steps[k].instance, servers->at[i]) == 0);
        if (!is_deleted)
            return false;
    }
    return true;
}

uint32_t operation_count(const struct operation *op, int state)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < op->n_steps; i++)
        n += op->steps[i].state == state;
    return n;
}

const struct plan_step *operation_current_step(const struct operation *op)
{
    static const enum step_state order[] = {STEP_STATE_UNDO_FAILED, STEP_STATE_FAILED,
                                            STEP_STATE_UNKNOWN,     STEP_STATE_UNDOING,
                                            STEP_STATE_SENT,        STEP_STATE_PLANNED};
    for (size_t k = 0; k < ARRAY_LEN(order); k++)
        for (uint32_t i = 0; i < op->n_steps; i++)
            if (op->steps[i].state == (int)order[k])
                return &op->steps[i];
    return NULL;
}

enum fault_policy fault_policy_parse(const char *word)
{
    for (int i = 1; word && i < POLICY_N; i++)
        if (strcmp(fault_policy_words[i], word) == 0)
            return (enum fault_policy)i;
    return POLICY_DEFAULT;
}

enum fault_policy operation_policy(const struct operation *op, const struct plan_step *s)
{
    return op->policy != POLICY_DEFAULT ? op->policy : s->policy;
}
