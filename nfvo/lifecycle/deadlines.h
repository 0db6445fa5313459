/* No phase lasts for ever: what ends each one that is a wait. Every phase of every machine has a
 * row in deadlines.c; the unit tests and the simulator look after each decision that what the row
 * says is open. */
#ifndef NFVO_LIFECYCLE_DEADLINES_H
#define NFVO_LIFECYCLE_DEADLINES_H

#include "nfvo/lifecycle/types.h"

enum bound {
    BOUND_NONE,     /* no row in the table: a fault of ours */
    BOUND_STABLE,   /* not a wait: it lasts until somebody wants something */
    BOUND_COMMAND,  /* one of these commands about the row itself is open */
    BOUND_POP,      /* the same, or one about the instance's PoP */
    BOUND_INSTANCES /* an instance of the VNFR is in a wait of its own */
};
struct phase_bound {
    enum bound by;
    int commands[4]; /* enum command_kind, 0 behind the last */
};
extern const struct phase_bound vnfr_bounds[VNFR_PHASE_N], instance_bounds[INSTANCE_PHASE_N],
    pop_bounds[POP_PHASE_N];

/* The first of these rows (a root and its members) that waits without anything that would end it;
 * NULL: none. */
const struct row *first_unbounded(const struct row *root, const struct rows *members,
                                  const struct commands *commands);

#endif
