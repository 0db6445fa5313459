/* Services of before operations: their phases become an operation with steps. Once, at the first
 * load, in a transaction of its own. Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_ADOPT_H
#define NFVO_LIFECYCLE_OPERATION_ADOPT_H

#include "nfvo/lifecycle/operation/planner.h"

/* clang-format off */
/* phase of a VNFR before; its operation; what INSTANTIATE, MODIFY, START are (DEPLOY), or TERMINATE, DELETE, DROP (RELEASE);
 * stage of what is SENT; stable state. FAILED and HELD go by the history, too. */
#define ADOPTED_PHASES(X) \
    X(INSTANTIATING, DEPLOY,  SENT,    PLANNED, PLANNED, "ASKED",      NULL)        \
    X(GRANTING,      DEPLOY,  SENT,    PLANNED, PLANNED, "GRANTING",   NULL)        \
    X(GRANTED,       DEPLOY,  SENT,    PLANNED, PLANNED, "GRANTED",    NULL)        \
    X(ALLOCATING,    DEPLOY,  SENT,    PLANNED, PLANNED, "ALLOCATING", NULL)        \
    X(ALLOCATED,     DEPLOY,  SENT,    PLANNED, PLANNED, "ALLOCATED",  NULL)        \
    X(WAIT_SOURCES,  DEPLOY,  DONE,    PLANNED, PLANNED, "",           INITIALIZED) \
    X(MODIFYING,     DEPLOY,  DONE,    SENT,    PLANNED, "",           INITIALIZED) \
    X(WAIT_TURN,     DEPLOY,  DONE,    DONE,    PLANNED, "",           INACTIVE)    \
    X(STARTING,      DEPLOY,  DONE,    DONE,    SENT,    "",           INACTIVE)    \
    X(ACTIVE,        DEPLOY,  DONE,    DONE,    DONE,    "",           ACTIVE)      \
    X(HELD,          DEPLOY,  DONE,    PLANNED, PLANNED, "",           INITIALIZED) \
    X(FAILED,        DEPLOY,  FAILED,  PLANNED, PLANNED, "",           NULL)        \
    X(UNDOING,       RELEASE, PLANNED, PLANNED, PLANNED, "",           NULL)        \
    X(RELEASING,     RELEASE, SENT,    PLANNED, PLANNED, "",           NULL)        \
    X(DELETING,      RELEASE, DONE,    SENT,    PLANNED, "",           NULL)        \
    X(GONE,          RELEASE, DONE,    DONE,    DONE,    "",           GONE)
/* clang-format on */

struct adopted {
    struct operation *op;         /* NULL: nothing is going on; the service is as it should be */
    enum vnfr_state_word *states; /* stable, by VNFR of the view */
    bool *is_broken;              /* by VNFR: it has a fault of class LIFE */
};
/* view: with phases. Errors: ERR_INVALID, a phase that is not known; ERR_LIMIT of the plan. */
MUST_USE enum err_code adopt(const struct service_view *view, const char *id, int64_t now,
                             struct arena *a, struct adopted *ret, struct err *err);
/* What the phase of its VNFR says of a step of DEPLOY or RELEASE. false: nothing. */
bool adopt_step(const struct view_vnfr *v, enum step_kind kind, enum step_state *ret);
/* Is it a word of a VNFR's phase that adopt knows? */
bool adopt_knows(const char *phase);

#endif
