/* The loop over a service's operations: what may go is begun, what came of it is done, until nothing
 * changes; then what was queued begins, and the wire's statuses follow. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/operation/digest.h"
#include "nfvo/lifecycle/operation/projection.h"
#include "nfvo/lifecycle/vnfr.h"

bool operate_run(struct nsr_model *m, struct run *ret)
{
    struct operations *all = model_operations(m);
    if (!all)
        return false;
    *ret = (struct run){.view = operate_view(m),
                        .operations = all,
                        .now = m->d->now,
                        .arena = m->d->arena,
                        .is_needed = operate_is_needed,
                        .is_in_hand = operate_is_in_hand,
                        .arg = m};
    return !m->d->unreadable;
}

/* The wire's statuses of VNFRs that are ACTIVE by phase; the others have the phase's. One that comes
 * back to ACTIVE brings what it had when it FAILED: both are looked at. */
static void project(struct nsr_model *m, const struct run *run)
{
    const struct service_view *view = operate_view(m);
    bool is_open = false;
    for (uint32_t i = 0; i < run->operations->n; i++)
        is_open = is_open || !operation_is_final(run->operations->at[i]);
    const char *of_nsr = is_open ? wire_status_words[nsr_wire_status(view, run->operations)] : NULL;
    if (!text_equal(of_nsr, m->st->wire)) {
        m->st->wire = of_nsr;
        model_changed(m);
    }
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *v = &m->vnfrs[i];
        if (v->row->phase != VNFR_ACTIVE)
            continue;
        enum wire_status status = vnfr_wire_status(&view->vnfrs[i], run->operations);
        const char *word = wire_status_words[status], *wire = status == WIRE_ACTIVE ? NULL : word;
        if (text_equal(v->vnfr->status, word) && text_equal(v->st->wire, wire))
            continue;
        v->st->wire = wire;
        v->vnfr->status = word;
        member_changed(v);
    }
}

void operate_begin(struct nsr_model *m, struct run *run, struct operation *op)
{
    op->before = digest_of(run->view, op, m->d->arena);
    run_begin(run, op);
}

#define FACTS_OF_A_BEGIN (FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS | FACT_VNFMS)

/* What a queued operation begins with needs its PoPs, their drivers and what its VNFMs are: without
 * them a server would be one whose PoP is not there any more. Else in a decision of its own. */
static struct operation *next_queued(struct nsr_model *m, const struct run *run)
{
    struct decision *d = m->d;
    struct operation *next = d->root->phase == NSR_DEPLOYING ? NULL : operation_next_queued(run);
    if (!next || (d->in->facts & FACTS_OF_A_BEGIN) == FACTS_OF_A_BEGIN)
        return next;
    const char *subject = arena_printf(d->arena, "%s/%s/0", d->root->id, next->id);
    if (!decision_find_for(d, CMD_TIMER_OPERATION, subject))
        decision_open(d, CMD_TIMER_OPERATION, subject, 0, NULL);
    return NULL;
}

void operate_settle(struct nsr_model *m, struct run *run)
{
    struct operation *next;
    do {
        do {
            operate_act(m, run); /* effects of what ended first: rule (b) looks at the records */
            run_settle(run);
            operate_act(m, run);
        } while (operate_peers_look(m, run));
        next = next_queued(m, run);
        run->view = next ? operate_view(m) : run->view;
        if (next && operate_plan_anew(m, run, next)) {
            struct err err = ERR_INIT;
            struct admitted admitted = operation_admit(run, next, false, &err);
            if (admitted.answer != ADMIT)
                continue; /* as it is planned now it claims more */
            for (uint32_t i = 0; i < admitted.ended.n; i++)
                run_supersede(run, admitted.ended.at[i], next->id);
            run->view = operate_view(m);
            operate_begin(m, run, next);
        }
    } while (next);
    project(m, run);
    operate_publish(m, run);
}

/* --- after the handlers -------------------------------------------------------------------------- */

/* Its VNFM answered when the operation that made it was given up: what it is on the wire is told by
 * nobody else. */
static bool has_late_one(const struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase == VNFR_ACTIVE && m->vnfrs[i].st->by_steps &&
            !m->vnfrs[i].st->wire)
            return true;
    return false;
}

static bool may_have_waited(const struct operation *op, const struct vnfr_member *v,
                            const struct plan_step **ret)
{
    *ret = NULL;
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (!text_matches(s->vnfr, v->row->id))
            continue;
        if (s->kind == STEP_INSTANTIATE) /* it is the operation's own doing */
            return false;
        if (s->state == STEP_STATE_PLANNED || op->state == OPERATION_STATE_ROLLING_BACK)
            *ret = *ret ? *ret : s;
    }
    return *ret &&
           (op->state == OPERATION_STATE_PROCESSING || op->state == OPERATION_STATE_ROLLING_BACK);
}

/* In a decision of their own: this one has not the facts for what may follow. */
static void wake_those_who_waited(struct nsr_model *m, const struct operations *all)
{
    for (uint32_t k = 0; m->has_moved && k < m->n_vnfrs; k++) {
        const struct vnfr_member *v = &m->vnfrs[k];
        const struct plan_step *s;
        for (uint32_t o = 0; v->has_moved && vnfr_in_hand(v) == STEP_NO && o < all->n; o++)
            if (may_have_waited(all->at[o], v, &s))
                decision_open(m->d, CMD_TIMER_OPERATION,
                              arena_printf(m->d->arena, "%s/%s/%u", s->vnfr, all->at[o]->id, s->n),
                              0, NULL);
    }
}

void operate_due(struct nsr_model *m, const struct run *run)
{
    m->due = arena_alloc(m->d->arena, sizeof(*m->due));
    *m->due = *run;
}

void operate_look(struct nsr_model *m)
{
    const struct operations *all = model_operations(m);
    struct run run, *due = m->due;
    m->due = NULL;
    if (all && due)
        operate_settle(m, due);
    if (all && (operate_has_peers(all) || has_late_one(m)) && operate_run(m, &run) &&
        (operate_peers_look(m, &run) || has_late_one(m)))
        operate_settle(m, &run);
    if (all)
        wake_those_who_waited(m, all);
    m->told = NULL;
}
