#include "nfvo/lifecycle/operation/claims.h"

#include "common/base/text.h"

#include <string.h>

const char claim_letters[CLAIM_N + 1] = "-XSRT";

/* clang-format off */
static const bool together[CLAIM_N][CLAIM_N] = {
    /*             nothing  X      S      R      T    */
    [CLAIM__] = {  true,    true,  true,  true,  true  },
    [CLAIM_X] = {  true,    false, false, false, false },
    [CLAIM_S] = {  true,    false, true,  true,  true  },
    [CLAIM_R] = {  true,    false, true,  true,  true  },
    [CLAIM_T] = {  true,    false, true,  true,  true  },
};
/* clang-format on */

bool claims_go_together(enum claim a, enum claim b)
{
    return together[a][b];
}

static bool has_failed(const struct operation *op)
{
    return op->state == OPERATION_STATE_FAILED_TEMP ||
           (op->state == OPERATION_STATE_PROCESSING && run_is_failing(op));
}

struct claims_of claims_of(const struct operation *op, bool is_full)
{
    const struct operation_kind_row *row = &operation_kinds[op->kind];
    struct claims_of c = {row->claims.nsr, row->claims.vnfr, row->claims.target,
                          row->claims.instance == CLAIM_X};
    if (operation_is_final(op) || op->superseded_by)
        return (struct claims_of){0};
    if (is_full || op->state != OPERATION_STATE_FAILED_TEMP || row->hold == HOLD_ALL)
        return c;
    if (row->hold == HOLD_NOTHING)
        return (struct claims_of){0};
    return (struct claims_of){CLAIM_S, CLAIM_S, CLAIM__, true};
}

static bool is_about(const struct operation *op, const char *vnfr)
{
    return text_matches(op->vnfr, vnfr) || (vnfr && proto_strs_has(&op->vnfrs, vnfr));
}

/* The instance that it names; those of its steps when it holds what it touched. */
static bool claims_instance(const struct operation *op, const struct claims_of *c, const char *id)
{
    if (!c->is_on_instances || !id)
        return false;
    if (text_matches(op->instance, id))
        return true;
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (text_matches(op->steps[i].instance, id) && is_about(op, op->steps[i].vnfr))
            return true;
    return false;
}

static bool share_an_instance(const struct operation *a, const struct claims_of *ca,
                              const struct operation *b, const struct claims_of *cb)
{
    if (!ca->is_on_instances || !cb->is_on_instances)
        return false;
    if (claims_instance(a, ca, b->instance) || claims_instance(b, cb, a->instance))
        return true;
    for (uint32_t i = 0; i < a->n_steps; i++)
        if (is_about(a, a->steps[i].vnfr) && claims_instance(b, cb, a->steps[i].instance))
            return true;
    return false;
}

static bool is_target_of(const struct operation *op, const char *vnfr)
{
    return vnfr && proto_strs_has(&op->targets, vnfr);
}

/* One way: a's claim on its VNFRs against what b claims of them. */
static bool meet_on_vnfr(const struct claims_of *ca, const struct operation *b,
                         const struct claims_of *cb, const char *vnfr)
{
    if (is_about(b, vnfr) && !together[ca->vnfr][cb->vnfr])
        return true;
    return is_target_of(b, vnfr) && !together[ca->vnfr][cb->target];
}

static bool meet_on_vnfrs(const struct operation *a, const struct claims_of *ca,
                          const struct operation *b, const struct claims_of *cb)
{
    if (a->vnfr && meet_on_vnfr(ca, b, cb, a->vnfr))
        return true;
    for (uint32_t i = 0; i < a->vnfrs.n; i++)
        if (meet_on_vnfr(ca, b, cb, a->vnfrs.at[i]))
            return true;
    return false;
}

/* R goes beside the X of what has failed. */
static void let_repair(const struct operation *failed, struct claims_of *c,
                       const struct operation *repair)
{
    if (!has_failed(failed) || operation_kinds[repair->kind].claims.vnfr != CLAIM_R)
        return;
    c->vnfr = c->vnfr == CLAIM_X ? CLAIM_S : c->vnfr;
    c->nsr = c->nsr == CLAIM_X ? CLAIM_S : c->nsr;
}

bool operations_conflict(const struct operation *running, bool is_running_full,
                         const struct operation *asked)
{
    struct claims_of r = claims_of(running, is_running_full), q = claims_of(asked, true);
    let_repair(running, &r, asked);
    if (!together[r.nsr][q.nsr])
        return true;
    return meet_on_vnfrs(running, &r, asked, &q) || meet_on_vnfrs(asked, &q, running, &r) ||
           share_an_instance(running, &r, asked, &q);
}

/* --- admission -------------------------------------------------------------------------------- */

/* may_queue: could it wait in the queue instead? */
static enum err_code busy(const struct operation *op, int64_t now, bool may_queue, struct err *err)
{
    const struct plan_step *s = operation_current_step(op);
    const char *name = s && s->name ? s->name : op->vnfr ? op->vnfr : "the service";
    long long for_s = (long long)((now - op->asked_at) / USEC_PER_SEC);
    if (op->state == OPERATION_STATE_FAILED_TEMP)
        err_set(err, ERR_STATE, "Busy: operation %s %s of '%s' has failed and waits for a decision",
                operation_kind_word(op->kind), op->id, op->asked_by);
    else
        err_set(err, ERR_STATE,
                "Busy: operation %s %s of '%s' runs since %lld s (step %u of %u: %s %s)",
                operation_kind_word(op->kind), op->id, op->asked_by, for_s, s ? s->n : 0,
                op->n_steps, s ? step_kind_word(s->kind) : "none", name);
    if (op->state == OPERATION_STATE_FAILED_TEMP)
        return err_hint(err, "see 'baton op show %s': retry it, roll it back, or fail it", op->id);
    return err_hint(err, "wait for it: baton op wait %s%s", op->id,
                    may_queue ? "; or have this one queued behind it: ?queue=true" : "");
}

static uint32_t queued(const struct operations *open)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < open->n; i++)
        n += open->at[i]->state == OPERATION_STATE_STARTING;
    return n;
}

/* A release ends all others. */
static struct admitted release(const struct run *run, const struct operation *asked)
{
    struct admitted ret = {.answer = ADMIT};
    for (uint32_t i = 0; i < run->operations->n; i++) {
        struct operation *op = run->operations->at[i];
        if (op == asked || operation_is_final(op))
            continue;
        if (op->kind == OPERATION_RELEASE)
            return (struct admitted){.answer = REFUSE, .busy = op};
        proto_list_add(&ret.ended, op, run->arena);
    }
    return ret;
}

static bool goes_beside(const struct operation *op)
{
    return operation_kinds[op->kind].claims.vnfr == CLAIM_R;
}

/* What fails is repaired by them, so a new one is not refused because others failed: the oldest of
 * these ends. */
static void make_room(const struct run *run, const struct operation *asked, struct admitted *ret)
{
    struct operation *failed = NULL, *first = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; goes_beside(asked) && i < run->operations->n; i++) {
        struct operation *op = run->operations->at[i];
        if (op == asked || !goes_beside(op) || op->state == OPERATION_STATE_STARTING ||
            operation_is_final(op))
            continue;
        n++;
        first = first ? first : op;
        if (!failed && op->state == OPERATION_STATE_FAILED_TEMP && !op->superseded_by)
            failed = op;
    }
    if (n < BESIDE_MAX)
        return;
    if (failed)
        proto_list_add(&ret->ended, failed, run->arena);
    else
        ret->busy = first;
}

static enum err_code all_run(const struct operation *first, bool may_queue, struct err *err)
{
    err_set(err, ERR_STATE,
            "Busy: %d operations that run scripts on this service are under way already",
            BESIDE_MAX);
    return err_hint(err, "wait for one of them: baton op wait %s%s", first->id,
                    may_queue ? "; or have this one queued behind it: ?queue=true" : "");
}

struct admitted operation_admit(const struct run *run, const struct operation *asked,
                                bool may_queue, struct err *err)
{
    struct admitted ret = {.answer = ADMIT};
    if (asked->kind == OPERATION_RELEASE) {
        ret = release(run, asked);
        if (ret.answer == REFUSE)
            err_ignore(busy(ret.busy, run->now, false, err), "the answer says it");
        return ret;
    }
    for (uint32_t i = 0; i < run->operations->n && !ret.busy; i++) {
        struct operation *op = run->operations->at[i];
        if (op == asked) /* queued: those behind it do not count */
            break;
        if (operations_conflict(op, false, asked))
            ret.busy = op;
        else if (op->state == OPERATION_STATE_FAILED_TEMP &&
                 operation_kinds[op->kind].hold == HOLD_NOTHING &&
                 operations_conflict(op, true, asked))
            proto_list_add(&ret.ended, op, run->arena);
    }
    bool is_full = !ret.busy;
    if (is_full)
        make_room(run, asked, &ret);
    if (!ret.busy)
        return ret;
    ret.ended.n = 0;
    bool is_user = strcmp(asked->origin, "user") == 0;
    if (may_queue && is_user && queued(run->operations) < QUEUED_MAX) {
        ret.answer = QUEUE;
        return ret;
    }
    ret.answer = REFUSE;
    if (may_queue && is_user) {
        err_set(err, ERR_STATE, "Busy: %d operations of this service are queued already",
                QUEUED_MAX);
        err_hint(err, "wait for one of them: baton op list %s state=starting", asked->nsr);
        ret.busy = NULL;
        return ret;
    }
    bool is_queueable = is_user && asked->kind != OPERATION_RESUME;
    err_ignore(is_full ? all_run(ret.busy, is_queueable, err)
                       : busy(ret.busy, run->now, is_queueable, err),
               "the answer says it");
    return ret;
}

enum err_code operation_reclaim(const struct run *run, const struct operation *op, struct err *err)
{
    for (uint32_t i = 0; i < run->operations->n; i++) {
        const struct operation *other = run->operations->at[i];
        if (other != op && other->state != OPERATION_STATE_STARTING &&
            operations_conflict(other, false, op))
            return busy(other, run->now, false, err);
    }
    return ERR_OK;
}

struct operation *operation_next_queued(const struct run *run)
{
    struct err err = ERR_INIT;
    for (uint32_t i = 0; i < run->operations->n; i++) {
        struct operation *op = run->operations->at[i];
        if (op->state == OPERATION_STATE_STARTING &&
            operation_admit(run, op, false, &err).answer == ADMIT)
            return op;
    }
    return NULL;
}
