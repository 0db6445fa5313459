/* Of operations that are open: nothing waits for ever, none is in another's way. */
#include "tests/sim/watch_private.h"

#include "nfvo/lifecycle/operation/claims.h"

#include <string.h>

static bool has_command(const struct sim *s, const char *id)
{
    const struct command *c = id ? store_command(s, id) : NULL;
    return c && c->due_at < INT64_MAX;
}

static bool has_timer(const struct sim *s, const char *operation)
{
    for (size_t i = 0; i < s->store->n_commands; i++)
        if (s->store->commands[i]->kind == CMD_TIMER_OPERATION &&
            strstr(s->store->commands[i]->subject, operation))
            return true;
    return false;
}

/* The VNFR's phases bound it: invariants.c. */
static bool is_begun_as_phase(const struct sim *s, const struct plan_step *x, enum step_kind kind)
{
    const struct row *v = x->vnfr ? store_row(s, ROW_VNFR, x->vnfr) : NULL;
    return v && (kind == STEP_TERMINATE     ? v->phase >= VNFR_UNDOING
                 : kind == STEP_INSTANTIATE ? v->phase <= VNFR_ALLOCATED
                                            : false);
}

/* A VNFR's machine has a request open: steps of that VNFR wait for it, and its phase has a deadline. */
static bool is_on_its_way(const struct row *vnfr)
{
    return vnfr->phase <= VNFR_ALLOCATED || vnfr->phase == VNFR_MODIFYING ||
           vnfr->phase == VNFR_STARTING;
}

static bool is_any_on_its_way(const struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind == ROW_VNFR && strcmp(r->agg, nsr) == 0 && is_on_its_way(r))
            return true;
    }
    return false;
}

/* Nothing waits for ever: a step that is open has a command, with a deadline; an operation has such
 * a step, a time, or waits for a person or for one before it. */
static void check_waits(struct sim *s, const struct row *r, const struct operation *op,
                        uint32_t *in_flight)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        bool is_undo = x->state == STEP_STATE_UNDOING;
        enum step_kind kind = is_undo ? step_undos[x->undo].stages[x->undo_at] : x->kind;
        open += step_is_open(x);
        if (operation_is_by_phases(op) || is_begun_as_phase(s, x, kind))
            continue;
        if (step_is_open(x) && kind < STEP_SELF && step_kinds[kind].peer == PEER_VNFM &&
            !has_command(s, x->command) && !has_timer(s, op->id))
            watch_step_violates(s, op, x, "is open without a command");
    }
    *in_flight += open;
    if (op->state == OPERATION_STATE_STARTING && !has_timer(s, op->id))
        sim_violate(s, "operation %.8s is queued without a time", r->id);
    if (op->kind ==
        OPERATION_RELEASE) /* launches may be awaited: its phases have their deadlines */
        return;
    if ((op->state == OPERATION_STATE_PROCESSING || op->state == OPERATION_STATE_ROLLING_BACK) &&
        !open && !has_timer(s, op->id) && !*in_flight && !is_any_on_its_way(s, r->agg))
        sim_violate(s, "operation %s %.8s is %s, and nothing of it is under way",
                    operation_kind_word(op->kind), r->id, operation_state_words[op->state]);
}

/* --- beside each other -------------------------------------------------------------------------- */

/* A request of a VNFM that is under way. */
struct turn {
    const struct operation *op;
    const struct plan_step *step;
    const char *instance; /* NULL: it takes the whole VNFR */
};

static bool takes_turn(const struct operation *op, const struct plan_step *x, struct turn *ret)
{
    bool is_undo = x->state == STEP_STATE_UNDOING;
    enum step_kind kind = is_undo ? step_undos[x->undo].stages[x->undo_at] : x->kind;
    kind = kind == STEP_SELF ? x->kind : kind;
    if (!step_is_open(x) || kind >= STEP_SELF || step_kinds[kind].peer != PEER_VNFM ||
        step_kinds[kind].takes == TAKES_NONE || !x->vnfr || !x->command)
        return false;
    bool is_of_one =
        step_kinds[kind].takes == TAKES_INSTANCE ||
        (step_kinds[kind].takes == TAKES_BOTH && step_kinds[x->kind].takes != TAKES_WHOLE);
    *ret = (struct turn){op, x, is_of_one ? x->instance : NULL};
    return true;
}

/* One request of a VNFR is open, or any number for instances of their own. */
static void check_turns(struct sim *s, const struct operation *const *all, uint32_t n)
{
    struct turn turns[128];
    uint32_t n_turns = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0;
             !operation_is_by_phases(all[i]) && k < all[i]->n_steps && n_turns < ARRAY_LEN(turns);
             k++)
            n_turns += takes_turn(all[i], &all[i]->steps[k], &turns[n_turns]);
    for (uint32_t i = 0; i < n_turns; i++) {
        const struct row *v = store_row(s, ROW_VNFR, turns[i].step->vnfr);
        if (v && is_on_its_way(v) && !turns[i].step->is_machines &&
            turns[i].step->kind != STEP_INSTANTIATE)
            watch_step_violates(s, turns[i].op, turns[i].step,
                                "is open, and a request of the VNFR's machine");
    }
    for (uint32_t i = 0; i < n_turns; i++)
        for (uint32_t k = i + 1; k < n_turns; k++) {
            const struct turn *a = &turns[i], *b = &turns[k];
            bool is_apart = a->instance && b->instance && strcmp(a->instance, b->instance) != 0;
            if (strcmp(a->step->vnfr, b->step->vnfr) == 0 && !is_apart)
                sim_violate(s, "%s of %.8s and %s of %.8s are open at one VNFR",
                            step_kind_word(a->step->kind), a->op->id, step_kind_word(b->step->kind),
                            b->op->id);
        }
}

static bool is_running(const struct operation *op)
{
    return !operation_is_by_phases(op) &&
           (op->state == OPERATION_STATE_PROCESSING || op->state == OPERATION_STATE_ROLLING_BACK) &&
           !op->superseded_by;
}

/* What repairs runs beside what was failing then, and may go on, or back, by itself since: their
 * requests take turns all the same. */
static bool is_repair(const struct operation *op)
{
    return operation_kinds[op->kind].claims.vnfr == CLAIM_R;
}

static void check_claims(struct sim *s, const struct operation *const *all, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n; k++)
            if (is_running(all[i]) && is_running(all[k]) && !is_repair(all[i]) &&
                !is_repair(all[k]) && operations_conflict(all[i], true, all[k]) &&
                operations_conflict(all[k], true, all[i]))
                sim_violate(s, "%s %.8s and %s %.8s run beside each other",
                            operation_kind_word(all[i]->kind), all[i]->id,
                            operation_kind_word(all[k]->kind), all[k]->id);
}

void watch_open(struct sim *s)
{
    const struct operation *all[64];
    const struct row *rows[64];
    uint32_t n = 0, in_flight = 0;
    for (size_t i = 0; i < s->store->n_rows && n < ARRAY_LEN(all); i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind != ROW_OPERATION || r->phase >= OPERATION_STATE_COMPLETED ||
            strcmp(r->agg, s->watch->nsr) != 0)
            continue;
        rows[n] = r;
        all[n] = watch_read(s, r);
        for (uint32_t k = 0; all[n] && k < all[n]->n_steps; k++)
            in_flight += step_is_open(&all[n]->steps[k]);
        n += all[n] != NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        check_waits(s, rows[i], all[i], &in_flight);
    check_turns(s, all, n);
    check_claims(s, all, n);
}
