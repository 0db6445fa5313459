/* States of operations and steps, and what may happen to them: two small matrices, the same for
 * all kinds (common/fsm). The operation's words are those of ETSI SOL003/SOL005. Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_STATES_H
#define NFVO_LIFECYCLE_OPERATION_STATES_H

#include "common/fsm/fsm.h"

#include <stdbool.h>

#define STEP_STATES(X)                                                                             \
    X(PLANNED)                                                                                     \
    X(SENT)                                                                                        \
    X(DONE)                                                                                        \
    X(FAILED)                                                                                      \
    X(UNKNOWN) /* it may have had an effect, and nobody can tell: operations.md 3.5 */             \
    X(SKIPPED)                                                                                     \
    X(UNDOING)                                                                                     \
    X(UNDO_FAILED)                                                                                 \
    X(UNDONE)
enum step_state {
#define X(word) STEP_STATE_##word,
    STEP_STATES(X)
#undef X
        STEP_STATE_N
};

#define STEP_EVENTS(X)                                                                             \
    X(GO)                                                                                          \
    X(OK)                                                                                          \
    X(FAULT)                                                                                       \
    X(UNSENT) /* no peer heard of it */                                                            \
    X(OUT)    /* deadline, the peer died with it in hand, or doubt that nobody can settle */       \
    X(RETRY)                                                                                       \
    X(UNDO)                                                                                        \
    X(ABANDON)    /* nobody waits for it any longer */                                             \
    X(NOT_NEEDED) /* nothing differs from what the peer knows */
enum step_event {
#define X(word) STEP_EV_##word,
    STEP_EVENTS(X)
#undef X
        STEP_EV_N
};

#define OPERATION_STATES(X)                                                                        \
    X(STARTING) /* queued, or taken and not planned yet */                                         \
    X(PROCESSING)                                                                                  \
    X(FAILED_TEMP) /* waits for a person, without an end */                                        \
    X(ROLLING_BACK)                                                                                \
    X(COMPLETED)                                                                                   \
    X(FAILED)                                                                                      \
    X(ROLLED_BACK)
enum operation_state {
#define X(word) OPERATION_STATE_##word,
    OPERATION_STATES(X)
#undef X
        OPERATION_STATE_N
};

#define OPERATION_EVENTS(X)                                                                        \
    X(BEGIN)   /* its claims are free, its plan is made */                                         \
    X(OVERDUE) /* queued for too long */                                                           \
    X(STEP)    /* something happened to a step, or may go now: look what follows */                \
    X(RETRY)                                                                                       \
    X(ROLLBACK)                                                                                    \
    X(CANCEL)                                                                                      \
    X(FAIL)                                                                                        \
    X(CONTINUE)  /* go on without what failed: policy partial */                                   \
    X(SUPERSEDE) /* another operation ends it: release, or the next one on the same thing */
enum operation_event {
#define X(word) OPERATION_EV_##word,
    OPERATION_EVENTS(X)
#undef X
        OPERATION_EV_N
};

extern const char *const step_state_words[STEP_STATE_N], *const step_event_words[STEP_EV_N];
extern const char *const operation_state_words[OPERATION_STATE_N],
    *const operation_event_words[OPERATION_EV_N];

extern const struct fsm step_fsm;      /* step_fsm.c; ctx: struct step_turn (runner.h) */
extern const struct fsm operation_fsm; /* operation_fsm.c; ctx: struct operation_turn (runner.h) */

#endif
