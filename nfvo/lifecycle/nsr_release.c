/* A service is released. */
#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/operate_private.h"

static void end_operations(struct nsr_model *m)
{
    struct run run;
    operate_deploy_over(m, "the service is released");
    if (!operate_run(m, &run))
        return;
    for (uint32_t i = 0; i < run.operations->n; i++)
        run_supersede(&run, run.operations->at[i], "the service is released");
    operate_settle(m, &run);
    for (uint32_t i = 0; i < m->d->commands.n; i++) /* nobody waits for what is optional either */
        if (operate_is_request(m->d->commands.at[i]) ||
            m->d->commands.at[i]->kind == CMD_TIMER_OPERATION)
            decision_close(m->d->commands.at[i]);
}

void nsr_release(struct nsr_model *m)
{
    end_operations(m);
    if (m->d->unreadable)
        return;
    nsr_step(m, NSR_EV_RELEASE);
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        vnfr_step(&m->vnfrs[i], VNFR_EV_RELEASE, NULL);
}

void nsr_release_asked(struct nsr_model *m, const struct release_request *req)
{
    if (m->d->root->phase >= NSR_RELEASING) { /* deleted twice: it goes already */
        m->d->outcome = DECISION_STALE;
        return;
    }
    nsr_release(m);
    if (!m->d->unreadable)
        operate_release_begun(m, req);
}
