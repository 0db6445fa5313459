/* What is possible now: one place for refusals, hints and links of every face. */
#include "nfvo/lifecycle/operation/runner.h"

static const char *const verbs[OPERATION_EV_N] = {
    [OPERATION_EV_RETRY] = "retry",       [OPERATION_EV_ROLLBACK] = "rollback",
    [OPERATION_EV_CANCEL] = "cancel",     [OPERATION_EV_FAIL] = "fail",
    [OPERATION_EV_CONTINUE] = "continue",
};

static enum err_code not_now(const struct operation *op, const char *why, struct err *err)
{
    return err_set(err, ERR_STATE, "operation %s (%s) is %s: %s", op->id,
                   operation_kind_word(op->kind), operation_state_words[op->state], why);
}

/* Never believed, whoever looked: of a scale-out that is done there is a server (operations.md 2.2, rule
 * 4). Its VNFM may ask for one yet, and would get that of the next scale-out. */
static bool cannot_be_done(const struct plan_step *s)
{
    return s->kind == STEP_SCALE_OUT && !s->instance;
}

static enum err_code refuse_step(const struct plan_step *s, const char *why, struct err *err)
{
    return err_set(err, ERR_STATE, "step %u, %s of '%s': %s", s->n, step_kind_word(s->kind),
                   s->name ? s->name : "", why);
}

/* In FAILED_TEMP, and where one of its steps has failed while others run. */
static enum err_code may_retry_steps(const struct run *run, const struct operation *op,
                                     const struct run_ask *ask, struct err *err)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        bool is_done = s->state == STEP_STATE_UNKNOWN && ask->consent.unknown == UNKNOWN_IS_DONE;
        if (is_done && cannot_be_done(s))
            return refuse_step(
                s, "no server of it is known: it is not done; repeat it or roll back", err);
        if ((s->state != STEP_STATE_FAILED && s->state != STEP_STATE_UNKNOWN) || is_done ||
            retry_form(s, run_sdk(run, s), &ask->consent) != FORM_REFUSED)
            continue;
        return refuse_step(s, retry_refusal(s), err);
    }
    return ERR_OK;
}

static enum err_code may_retry(const struct run *run, const struct operation *op,
                               const struct run_ask *ask, struct err *err)
{
    if (op->is_undo_failed)
        return not_now(op, "its rollback began and did not end; roll back again, or fail it", err);
    if (op->state == OPERATION_STATE_PROCESSING && !run_is_failing(op))
        return not_now(op, "nothing of it has failed", err);
    return may_retry_steps(run, op, ask, err);
}

static enum err_code may_roll_back(const struct operation *op, struct err *err)
{
    const struct plan_step *s = run_cannot_undo(op);
    if (s && (s->kind == STEP_DELETE || s->kind == STEP_TERMINATE))
        return not_now(op, "servers of it are deleted, or being deleted; they cannot come back",
                       err);
    if (s || operation_kinds[op->kind].rollback == ROLLBACK_NEVER)
        return not_now(op, "nothing to undo is known: its scripts may have changed anything", err);
    return op->is_rollback_pending ? not_now(op, "it is going to be rolled back already", err)
                                   : ERR_OK;
}

static bool is_left_out_only(const struct operation *op)
{
    struct operation partial = *op;
    partial.policy = POLICY_PARTIAL;
    return !run_is_failing(&partial) && run_is_failing(op);
}

static enum err_code may_continue(const struct operation *op, struct err *err)
{
    bool is_any_made = false;
    for (uint32_t i = 0; i < op->n_steps; i++)
        is_any_made = is_any_made || (op->steps[i].kind == STEP_SCALE_OUT &&
                                      op->steps[i].state != STEP_STATE_FAILED);
    if (op->is_undo_failed || !is_left_out_only(op) || !is_any_made)
        return not_now(op, "only instances that could not be made can be left out", err);
    return ERR_OK;
}

enum err_code run_may(const struct run *run, const struct operation *op, enum operation_event verb,
                      const struct run_ask *ask, struct err *err)
{
    const struct fsm_rule *rule = fsm_rule(&operation_fsm, op->state, verb);
    if (!verbs[verb] || !rule || !rule->handle)
        return err_set(err, ERR_STATE, "operation %s (%s) is %s: %s is not possible now", op->id,
                       operation_kind_word(op->kind), operation_state_words[op->state],
                       verbs[verb] ? verbs[verb] : operation_event_words[verb]);
    if (op->superseded_by)
        return not_now(op, "another operation has ended it", err);
    switch (verb) {
    case OPERATION_EV_RETRY:
        return may_retry(run, op, ask, err);
    case OPERATION_EV_ROLLBACK:
        return may_roll_back(op, err);
    case OPERATION_EV_CANCEL:
        if (op->kind == OPERATION_RELEASE)
            return not_now(op, "a release cannot be cancelled", err);
        return ask->cancel == CANCEL_NO ? err_set(err, ERR_INVALID, "cancel: graceful or forceful?")
                                        : ERR_OK;
    case OPERATION_EV_CONTINUE:
        return may_continue(op, err);
    default:
        return ERR_OK;
    }
}

enum err_code run_verb(struct run *run, struct operation *op, enum operation_event verb,
                       const struct run_ask *ask, struct err *err)
{
    enum err_code rc = run_may(run, op, verb, ask, err);
    if (rc == ERR_OK)
        run_event(run, op, verb, ask);
    return rc;
}

void run_begin(struct run *run, struct operation *op)
{
    run_event(run, op, OPERATION_EV_BEGIN, NULL);
}

void run_overdue(struct run *run, struct operation *op)
{
    run_event(run, op, OPERATION_EV_OVERDUE, NULL);
}

void run_supersede(struct run *run, struct operation *op, const char *by)
{
    if (!op->superseded_by)
        run_event(run, op, OPERATION_EV_SUPERSEDE, &(struct run_ask){.by = by});
}

static void add(const struct run *run, const struct operation *op, enum operation_event verb,
                const char *option, struct proto_strs *ret)
{
    proto_list_add(ret, arena_printf(run->arena, "baton op %s %s%s", verbs[verb], op->id, option),
                   run->arena);
}

void service_next(const struct service_view *view, const char *nsr_name, struct arena *a,
                  struct proto_strs *ret)
{
    bool is_error = view->has_fault;
    for (uint32_t i = 0; i < view->n_vnfrs; i++)
        is_error = is_error || view->vnfrs[i].is_broken;
    if (view->is_gone || !is_error)
        return;
    proto_list_add(ret, arena_printf(a, "baton nsr resume %s --wait", nsr_name), a);
    for (uint32_t i = 0; view->n_vnfrs > 1 && i < view->n_vnfrs; i++)
        if (view->vnfrs[i].is_broken && view->vnfrs[i].name)
            proto_list_add(
                ret, arena_printf(a, "baton nsr remove-vnf %s %s", nsr_name, view->vnfrs[i].name),
                a);
    proto_list_add(ret, arena_printf(a, "baton nsr delete %s", nsr_name), a);
}

/* --- of those that phases do ------------------------------------------------------------------- */

static enum err_code wait_for_it(const struct operation *op, const char *why, struct err *err)
{
    not_now(op, why, err);
    return err_hint(err, "wait for it: baton op wait %s", op->id);
}

static enum err_code may_retry_deployment(const struct run *run, const struct operation *op,
                                          const struct run_ask *ask, struct err *err)
{
    if (op->state == OPERATION_STATE_PROCESSING && !run_is_failing(op))
        return wait_for_it(op, "nothing of it has failed", err);
    if (may_retry_steps(run, op, ask, err) == ERR_OK)
        return ERR_OK;
    const struct run_ask repeat = {.consent = {.repeat = true}};
    struct err ignored = ERR_INIT;
    return err_hint(err, "look at its servers, then: baton op retry %s %s", op->id,
                    may_retry_steps(run, op, &repeat, &ignored) == ERR_OK ? "--repeat"
                                                                          : "--unknown repeat");
}

enum err_code run_may_by_phases(const struct run *run, const struct operation *op,
                                enum operation_event verb, const struct run_ask *ask,
                                struct err *err)
{
    bool is_failed = op->state == OPERATION_STATE_FAILED_TEMP;
    if (op->kind == OPERATION_RELEASE)
        return wait_for_it(op, "a release goes on until the servers are gone", err);
    if (op->state == OPERATION_STATE_ROLLING_BACK)
        return wait_for_it(op, "its VNFs are being released, and that goes on to its end", err);
    if (!is_failed && op->state != OPERATION_STATE_PROCESSING)
        return not_now(op, "it has ended", err);
    switch (verb) {
    case OPERATION_EV_RETRY:
        return may_retry_deployment(run, op, ask, err);
    case OPERATION_EV_ROLLBACK:
        return ERR_OK;
    case OPERATION_EV_CANCEL:
        if (!is_failed)
            return ERR_OK;
        not_now(op, "nothing of it is under way any more", err);
        return err_hint(err, "give it up, with its servers: baton op rollback %s", op->id);
    case OPERATION_EV_FAIL:
        if (is_failed)
            return ERR_OK;
        not_now(op, "it goes on; only what waits for a decision can be given up", err);
        return err_hint(err, "stop it first: baton op cancel %s", op->id);
    default:
        not_now(op, "only instances that could not be made can be left out", err);
        return err_hint(err, "give it up, with its servers: baton op rollback %s", op->id);
    }
}

/* A cancel that waits for what is under way can be followed by one that does not. */
static void add_other(const struct run *run, const struct operation *op, enum operation_event verb,
                      struct proto_strs *ret)
{
    bool is_again = verb == OPERATION_EV_CANCEL && op->cancel != CANCEL_NO;
    if (!is_again || op->cancel == CANCEL_GRACEFUL)
        add(run, op, verb, is_again ? " --forceful" : "", ret);
}

static bool may(const struct run *run, const struct operation *op, enum operation_event verb,
                struct run_ask ask)
{
    struct err err = ERR_INIT;
    return (operation_is_by_phases(op) ? run_may_by_phases : run_may)(run, op, verb, &ask, &err) ==
           ERR_OK;
}

void run_next(const struct run *run, const struct operation *op, const char *nsr_name,
              struct proto_strs *ret)
{
    bool ends = op->state == OPERATION_STATE_FAILED_TEMP ||
                (operation_is_by_phases(op) && op->state == OPERATION_STATE_PROCESSING);
    const struct run_ask none = {.cancel = CANCEL_GRACEFUL};
    const struct run_ask repeat = {.consent = {.repeat = true}},
                         both = {.consent = {.repeat = true, .unknown = UNKNOWN_REPEAT}};
    if (may(run, op, OPERATION_EV_RETRY, none))
        add(run, op, OPERATION_EV_RETRY, "", ret);
    else if (may(run, op, OPERATION_EV_RETRY, repeat))
        add(run, op, OPERATION_EV_RETRY, " --repeat", ret);
    else if (may(run, op, OPERATION_EV_RETRY, both))
        add(run, op, OPERATION_EV_RETRY, " --unknown repeat", ret);
    static const enum operation_event others[] = {OPERATION_EV_CONTINUE, OPERATION_EV_ROLLBACK,
                                                  OPERATION_EV_CANCEL, OPERATION_EV_FAIL};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (may(run, op, others[i], none))
            add_other(run, op, others[i], ret);
    if (op->state == OPERATION_STATE_FAILED && run->view)
        service_next(run->view, nsr_name, run->arena, ret);
    if (op->kind != OPERATION_RELEASE && ends)
        proto_list_add(ret, arena_printf(run->arena, "baton nsr delete %s", nsr_name), run->arena);
}
