/* Run to completion: what machines have for one another is raised, and waits here until the one that
 * raised it has returned. */
#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/instance.h"
#include "nfvo/lifecycle/operate.h"

/* Each event leads forward in a machine that has few phases: a service that needs more has a circle
 * in its matrices, which is a fault of ours. */
#define ROUNDS_MAX 1000

_Static_assert(VNFR_EV_N <= 32 && INSTANCE_EV_N <= 32, "raised events are bits of 32");

static void step_instances(struct nsr_model *m)
{
    for (uint32_t k = 0; k < m->n_instances; k++) {
        uint32_t raised = m->instances[k].raised;
        m->instances[k].raised = 0;
        for (int ev = 0; raised >> ev; ev++)
            if (raised >> ev & 1)
                instance_step(m, &m->instances[k], (enum instance_event)ev, NULL);
    }
}

static void step_vnfrs(struct nsr_model *m)
{
    for (uint32_t k = 0; k < m->n_vnfrs; k++) {
        uint32_t raised = m->vnfrs[k].raised;
        m->vnfrs[k].raised = 0;
        for (int ev = 0; raised >> ev; ev++)
            if (raised >> ev & 1 && !m->vnfrs[k].is_dropped)
                vnfr_step(&m->vnfrs[k], (enum vnfr_event)ev, NULL);
    }
}

void machines_run(struct nsr_model *m)
{
    struct err err = ERR_INIT;
    for (int n = 0; n < ROUNDS_MAX && !m->d->unreadable; n++) {
        if (m->has_raised) {
            m->has_raised = false;
            step_instances(m);
            step_vnfrs(m);
            continue;
        }
        operate_look(m);
        if (!m->has_raised)
            return;
    }
    err_set(&err, ERR_INTERNAL, "its machines have no end: event %d", m->d->in->event);
    decision_unreadable(m->d, m->d->root, &err);
}
