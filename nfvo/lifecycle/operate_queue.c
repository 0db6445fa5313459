/* Operations that wait for others: queued, and planned anew when their turn comes. */
#include "nfvo/lifecycle/operate_life.h"

#include "nfvo/lifecycle/operation/asked.h"

#include <string.h>

void operate_queue(struct nsr_model *m, struct operation *op, const struct plan_request *asked)
{
    int64_t us = settings_of(m->d)->queue_us;
    op->queue_until_at = m->d->now + us;
    op->asked = asked_copy(asked, m->d->arena);
    decision_open(m->d, CMD_TIMER_OPERATION, op->id, us, NULL);
}

/* What the request brought for the messages of its steps stands in them; a script once for all of
 * them (operate_script.c). */
static void keep_texts(const struct operation *op, struct plan *plan)
{
    if (op->kind == OPERATION_UPDATE_SCRIPT) {
        plan->steps[0].before = op->steps[0].before;
        return;
    }
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        struct plan_step *s = &plan->steps[i];
        for (uint32_t k = 0; k < op->n_steps && !s->before; k++)
            if (op->steps[k].kind == s->kind)
                s->before = op->steps[k].before;
    }
}

/* With the VNF that it adds; NULL: what that is made of cannot be read. */
static const struct service_view *view_for(struct nsr_model *m, const struct run *run,
                                           const struct operation *op)
{
    if (op->kind != OPERATION_ADD_VNF)
        return run->view;
    const struct deploy_request *deploy = operate_deploy_of(m, op, op->vnfr);
    return deploy ? operate_view_added(m, deploy, op->vnfr) : NULL;
}

static enum err_code is_ready(struct nsr_model *m, const struct operation *op, const char *vnfr,
                              struct err *err)
{
    const struct vnfr_member *v = model_vnfr_by_id(m, vnfr);
    if (!v || v->row->phase == VNFR_ACTIVE || op->kind == OPERATION_REMOVE_VNF)
        return ERR_OK;
    return err_set(err, ERR_STATE, "VNF '%s' is %s now", v->row->key[VNFR_NAME],
                   vnfr_phase_names[v->row->phase]);
}

static enum err_code plan(struct nsr_model *m, const struct run *run, const struct operation *op,
                          struct plan *ret, struct err *err)
{
    const struct proto_strs *several = &op->asked->vnfrs;
    const struct service_view *view = view_for(m, run, op);
    enum err_code rc = is_ready(m, op, op->asked->vnfr, err);
    for (uint32_t i = 0; rc == ERR_OK && i < several->n; i++)
        rc = is_ready(m, op, several->at[i], err);
    if (rc != ERR_OK)
        return rc;
    if (!view)
        return err_set(err, ERR_INTERNAL, "what it was to be made of is not known any more");
    return plan_make(view, op->asked, m->d->ids, m->d->arena, ret, err);
}

bool operate_plan_anew(struct nsr_model *m, struct run *run, struct operation *op)
{
    struct plan now = {0};
    struct err err = ERR_INIT;
    if (op->asked && plan(m, run, op, &now, &err) != ERR_OK) {
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
