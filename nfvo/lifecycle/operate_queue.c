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

bool operate_plan_anew(struct nsr_model *m, struct run *run, struct operation *op)
{
    struct plan now = {0};
    struct err err = ERR_INIT;
    if (!op->asked)
        return true;
    if (plan(m, run, op, &now, &err) != ERR_OK) {
        err_add(&err, "when its turn came it was not possible any more");
        op->fault = fault_from_err(&err, "nfvo", NULL, m->d->arena);
        run_overdue(run, op);
        return false;
    }
    keep_texts(op, &now);
    op->steps = now.steps;
    op->n_steps = now.n_steps;
    op->vnfrs = now.vnfrs;
    op->targets = now.targets;
    return true;
}
