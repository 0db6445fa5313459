/* State machines as matrices of (phase x event) -> rule (model: libosmocore
 * osmocom/core/fsm.h).
 *
 * A handler acts on its own context and returns the next phase, which must be among the rule's
 * allowed ones. An empty cell is an event that means nothing in that phase: it is counted and
 * refused, never an error of the peer's making. Pure: nothing here does I/O. */
#ifndef COMMON_FSM_FSM_H
#define COMMON_FSM_FSM_H

#include <stdbool.h>
#include <stdint.h>

#define FSM_PHASES_MAX 64

typedef int fsm_handler(void *ctx); /* returns the next phase */

struct fsm_rule {
    fsm_handler *handle; /* NULL: empty cell */
    unsigned facts;      /* what must be loaded for it, the domain's bits */
    uint64_t next;       /* bit per allowed phase */
};
#define FSM_BIT(phase) (UINT64_C(1) << (phase))

struct fsm {
    const char *name;
    int n_phases, n_events;
    const char *const *phases, *const *events; /* names */
    const struct fsm_rule *rules;              /* [phase * n_events + event] */
    uint64_t *hits; /* per cell, for coverage; NULL or n_phases * n_events; updated atomically */
};

enum fsm_outcome {
    FSM_DONE,    /* handled; *phase is the next one */
    FSM_EMPTY,   /* no rule: nothing happened */
    FSM_ILLEGAL, /* the handler returned a phase that its row does not allow: a fault of ours;
                  *phase unchanged */
};
enum fsm_outcome fsm_step(const struct fsm *m, int *phase, int event, void *ctx);
const struct fsm_rule *fsm_rule(const struct fsm *m, int phase, int event);
/* Union over the phases: what has to be loaded for an event before the phase is known. */
unsigned fsm_facts(const struct fsm *m, int event);

#endif
