/* The phases of what the NFVO manages: one row each, one phase a wait. The enums, the words in the
 * columns `phase` and in /baton/explain, and what people are told come from here. The words are
 * stored: never renamed, never given another meaning. Their order is the program's alone.
 *
 *     #define X(name, ...) #name,
 *     INSTANCE_PHASES(X)
 *
 * text      what people are told of it
 * status    of a VNFR: the wire's (vnfr_status_of)
 * scripts   of a VNFR: SCRIPTS, its scripts may run on its servers, else QUIET
 */
#ifndef NFVO_WORDS_PHASES_H
#define NFVO_WORDS_PHASES_H

/* clang-format off */
#define NSR_PHASES(X)                                                                                                  \
    X(DEPLOYING, "is being deployed")                                                                                  \
    X(ACTIVE,    "runs")                                                                                               \
    X(FAILED,    "failed")                                                                                             \
    X(RELEASING, "is being released")                                                                                  \
    X(TOMBSTONE, "left your sight before its servers were verified to be gone") /* users do not see it */

#define VNFR_PHASES(X)                                                                                                 \
    X(INSTANTIATING, NULL,        QUIET,   "its VNFM is asked to instantiate it")                                      \
        /* INSTANTIATE sent: GRANT_OPERATION, or an answer, is awaited */                                              \
    X(GRANTING,      NULL,        QUIET,   "the PoP is prepared: refresh, networks") /* before GRANT is answered */    \
    X(GRANTED,       NULL,        QUIET,   "the VNFM may ask for servers")                                             \
        /* GRANT answered: ALLOCATE_RESOURCES, or the answer to INSTANTIATE, is awaited */                             \
    X(ALLOCATING,    NULL,        QUIET,   "servers are launched") /* before ALLOCATE_RESOURCES is answered */         \
    X(ALLOCATED,     NULL,        SCRIPTS, "servers are up; agents and scripts are awaited")                           \
        /* the answer to INSTANTIATE is awaited */                                                                     \
    X(WAIT_SOURCES,  INITIALIZED, QUIET,   "waits for the VNFs it needs parameters of")                                \
        /* target of dependencies whose sources are not all INITIALIZED */                                             \
    X(MODIFYING,     INITIALIZED, SCRIPTS, "the VNFM configures it with the others' parameters") /* MODIFY sent */     \
    X(WAIT_TURN,     INACTIVE,    QUIET,   "waits for its turn to start") /* ordered start */                          \
    X(STARTING,      INACTIVE,    SCRIPTS, "the VNFM starts it") /* START sent */                                      \
    X(ACTIVE,        ACTIVE,      QUIET,   "runs")                                                                     \
    X(HELD,          INITIALIZED, QUIET,   "stands still: another VNF failed") /* nothing further is sent */           \
    X(FAILED,        ERROR,       QUIET,   "failed")                                                                   \
    X(UNDOING,       TERMINATED,  QUIET,   "released while servers are launched: their end is awaited")                \
    X(RELEASING,     TERMINATED,  SCRIPTS, "the VNFM terminates it") /* RELEASE_RESOURCES sent */                      \
    X(DELETING,      TERMINATED,  QUIET,   "servers are deleted") /* and their absence verified */                     \
    X(GONE,          TERMINATED,  QUIET,   "gone")

#define INSTANCE_PHASES(X) /* VNFC instance: a server */                                                               \
    X(LAUNCHING, "the driver is asked to launch it")                                                                   \
    X(DOUBT,     "its launch was not answered: the PoP is asked whether it is there") /* it may not have been sent */  \
    X(UP,        "is up")                                                                                              \
    X(FAILED,    "could not be launched") /* the driver said no; something may be left of it */                        \
    X(DELETING,  "the driver deletes it; the PoP's list verifies that") /* GONE when two good listings miss it */      \
    X(GONE,      "gone")

#define POP_PHASES(X)                                                                                                  \
    X(REGISTERING, "the first refresh is awaited")                                                                     \
    X(READY,       "may be used")
/* clang-format on */

#define X(name, ...) NSR_##name,
enum nsr_phase { NSR_PHASES(X) NSR_PHASE_N };
#undef X
#define X(name, ...) VNFR_##name,
enum vnfr_phase { VNFR_PHASES(X) VNFR_PHASE_N };
#undef X
#define X(name, ...) INSTANCE_##name,
enum instance_phase { INSTANCE_PHASES(X) INSTANCE_PHASE_N };
#undef X
#define X(name, ...) POP_##name,
enum pop_phase { POP_PHASES(X) POP_PHASE_N };
#undef X

#endif
