#include "common/fsm/fsm.h"

#include <stddef.h>

const struct fsm_rule *fsm_rule(const struct fsm *m, int phase, int event)
{
    if (phase < 0 || phase >= m->n_phases || event < 0 || event >= m->n_events)
        return NULL;
    return &m->rules[phase * m->n_events + event];
}

unsigned fsm_facts(const struct fsm *m, int event)
{
    unsigned facts = 0;
    for (int p = 0; p < m->n_phases; p++) {
        const struct fsm_rule *r = fsm_rule(m, p, event);
        facts |= r ? r->facts : 0;
    }
    return facts;
}

enum fsm_outcome fsm_step(const struct fsm *m, int *phase, int event, void *ctx)
{
    const struct fsm_rule *r = fsm_rule(m, *phase, event);
    if (!r || !r->handle)
        return FSM_EMPTY;
    if (m->hits)
        __atomic_add_fetch(&m->hits[*phase * m->n_events + event], 1, __ATOMIC_RELAXED);
    int next = r->handle(ctx);
    if (next < 0 || next >= m->n_phases || !(r->next & FSM_BIT(next)))
        return FSM_ILLEGAL;
    *phase = next;
    return FSM_DONE;
}
