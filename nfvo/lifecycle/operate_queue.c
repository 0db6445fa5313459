/* Operations that wait for others: queued, and planned anew when their turn comes. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/operation/asked.h"

#include <string.h>

void operate_queue(struct nsr_model *m, struct operation *op, const struct plan_request *asked)
{
    int64_t us = settings_of(m->d)->queue_us;
    op->queue_until_at = m->d->now + us;
    /* Of the whole service the plan stays: what it is about does not change under it. */
    if (operation_kinds[op->kind].scope != SCOPE_NSR)
        op->asked = asked_copy(asked, m->d->arena);
    decision_open(m->d, CMD_TIMER_OPERATION, op->id, us, NULL);
}

/* What the request brought for the messages of its steps stands in them. */
static void keep_texts(const struct operation *op, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        struct plan_step *s = &plan->steps[i];
        for (uint32_t k = 0; k < op->n_steps && !s->before; k++)
            if (op->steps[k].kind == s->kind)
                s->before = op->steps[k].before;
    }
}

static enum err_code plan(struct nsr_model *m, const struct run *run, const struct operation *op,
                          struct plan *ret, struct err *err)
{
    const struct vnfr_member *v = model_vnfr_by_id(m, op->asked->vnfr);
    if (v && v->row->phase != VNFR_ACTIVE)
        return err_set(err, ERR_STATE, "VNF '%s' is %s now", v->row->key[VNFR_NAME],
                       vnfr_phase_names[v->row->phase]);
    return plan_make(run->view, op->asked, m->d->ids, m->d->arena, ret, err);
}

/* --- of those whose plan stays ------------------------------------------------------------------ */

static bool goes(const struct operation *op, const char *vnfr)
{
    return (op->vnfr && strcmp(op->vnfr, vnfr) == 0) || proto_strs_has(&op->vnfrs, vnfr);
}

static enum err_code check_removed(const struct nsr_model *m, const struct operation *op,
                                   struct err *err)
{
    uint32_t n_go = 0, n_stay = 0, n_asked = op->vnfrs.n ? op->vnfrs.n : 1;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (!m->vnfrs[i].is_dropped && goes(op, m->vnfrs[i].row->id))
            n_go++;
        else
            n_stay += !m->vnfrs[i].is_dropped;
    if (n_go < n_asked)
        return err_set(err, ERR_NOT_FOUND, "the VNF is not there any more");
    return n_stay ? ERR_OK : err_set(err, ERR_STATE, "the service would be left without a VNF");
}

static enum err_code check_added(const struct nsr_model *m, const struct operation *op,
                                 struct err *err)
{
    const char *name = NULL;
    for (uint32_t i = 0; i < op->n_steps && !name; i++)
        name = op->steps[i].kind == STEP_INSTANTIATE ? op->steps[i].name : NULL;
    if (m->d->root->phase != NSR_ACTIVE)
        return err_set(err, ERR_STATE, "NSR is not in ACTIVE status");
    for (uint32_t i = 0; name && i < m->n_vnfrs; i++)
        if (!m->vnfrs[i].is_dropped && strcmp(m->vnfrs[i].row->key[VNFR_NAME], name) == 0)
            return err_set(err, ERR_EXISTS, "service '%s' has a VNF '%s' already",
                           m->d->root->key[NSR_NAME], name);
    return ERR_OK;
}

/* Which VNFs there are, those before it may have changed. */
static enum err_code check_kept(const struct nsr_model *m, const struct operation *op,
                                struct err *err)
{
    return op->kind == OPERATION_REMOVE_VNF ? check_removed(m, op, err)
           : op->kind == OPERATION_ADD_VNF  ? check_added(m, op, err)
                                            : ERR_OK;
}

bool operate_plan_anew(struct nsr_model *m, struct run *run, struct operation *op)
{
    struct plan now = {0};
    struct err err = ERR_INIT;
    enum err_code rc = op->asked ? plan(m, run, op, &now, &err) : check_kept(m, op, &err);
    if (rc != ERR_OK) {
        err_add(&err, "when its turn came it was not possible any more");
        op->fault = fault_from_err(&err, "nfvo", NULL, m->d->arena);
        run_overdue(run, op);
        return false;
    }
    if (!op->asked)
        return true;
    keep_texts(op, &now);
    op->steps = now.steps;
    op->n_steps = now.n_steps;
    op->vnfrs = now.vnfrs;
    op->targets = now.targets;
    return true;
}
