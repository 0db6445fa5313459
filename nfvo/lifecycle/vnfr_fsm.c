#include "nfvo/lifecycle/vnfr.h"

const char *const vnfr_event_names[VNFR_EV_N] = {
#define X(name) #name,
    VNFR_EVENTS(X)
#undef X
};

#define B(phase) FSM_BIT(VNFR_##phase)
/* Where INITIALIZED can lead at once. */
#define PROCEED     (B(WAIT_SOURCES) | B(MODIFYING) | B(WAIT_TURN) | B(STARTING) | B(HELD) | B(ACTIVE))
#define STAY(phase) B(phase)
#define UNWIND      (B(UNDOING) | B(RELEASING) | B(GONE))
/* Where what failed goes on. */
#define AGAIN                                                                                      \
    (B(INSTANTIATING) | B(GRANTED) | B(ALLOCATING) | B(ALLOCATED) | B(MODIFYING) | B(STARTING))

/* clang-format off */
static const struct fsm_rule rules[VNFR_PHASE_N][VNFR_EV_N] = {
    [VNFR_INSTANTIATING] = {
        [VNFR_EV_GRANT]        = { on_grant,           FACT_POPS | FACT_DRIVERS, B(GRANTING) | B(GRANTED) | B(FAILED) },
        [VNFR_EV_INSTANTIATED] = { on_instantiated,    FACT_SUBSCRIPTIONS,       PROCEED },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_RELEASE]      = { on_release_unknown, FACT_SUBSCRIPTIONS,       B(GONE) },
    },
    [VNFR_GRANTING] = {
        [VNFR_EV_GRANT]        = { on_grant_waiting,   0,                        STAY(GRANTING) },
        [VNFR_EV_POP_READY]    = { on_pop_ready,       FACT_POPS | FACT_DRIVERS, B(GRANTING) | B(GRANTED) | B(FAILED) },
        [VNFR_EV_POP_FAULT]    = { on_pop_fault,       FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                                                                 B(GRANTING) | B(GRANTED) | B(FAILED) },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_RELEASE]      = { on_release_unknown, FACT_SUBSCRIPTIONS,       B(GONE) },
    },
    [VNFR_GRANTED] = {
        [VNFR_EV_GRANT]        = { on_grant_again,     FACT_POPS,                STAY(GRANTED) },
        [VNFR_EV_ALLOCATE]     = { on_allocate,        FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS,
                                                                                 B(ALLOCATING) | B(ALLOCATED) | B(FAILED) },
        [VNFR_EV_INSTANTIATED] = { on_instantiated,    FACT_SUBSCRIPTIONS,       PROCEED },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(GRANTED) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_ALLOCATING] = {
        [VNFR_EV_GRANT]          = { on_grant_again,       FACT_POPS,            STAY(ALLOCATING) },
        [VNFR_EV_ALLOCATE]       = { on_allocate_waiting,  0,                    STAY(ALLOCATING) },
        [VNFR_EV_LAUNCH_SETTLED] = { on_launch_settled,    FACT_SUBSCRIPTIONS,   B(ALLOCATING) | B(ALLOCATED) | B(FAILED) },
        [VNFR_EV_FAULT]          = { on_fault,             FACT_SUBSCRIPTIONS,   B(FAILED) },
        [VNFR_EV_UPDATE]         = { on_update,            0,                    STAY(ALLOCATING) },
        [VNFR_EV_RELEASE]        = { on_release,           FACT_SUBSCRIPTIONS,   B(UNDOING) },
    },
    [VNFR_ALLOCATED] = {
        [VNFR_EV_GRANT]        = { on_grant_again,     FACT_POPS,                STAY(ALLOCATED) },
        [VNFR_EV_ALLOCATE]     = { on_allocate_again,  0,                        STAY(ALLOCATED) },
        [VNFR_EV_INSTANTIATED] = { on_instantiated,    FACT_SUBSCRIPTIONS,       PROCEED },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(ALLOCATED) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_WAIT_SOURCES] = {
        [VNFR_EV_SOURCE_READY] = { on_source_ready,    FACT_SUBSCRIPTIONS,       B(WAIT_SOURCES) | B(MODIFYING) },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_HOLD]         = { on_hold,            0,                        B(HELD) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(WAIT_SOURCES) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_MODIFYING] = {
        [VNFR_EV_MODIFIED]     = { on_modified,        FACT_SUBSCRIPTIONS,       B(WAIT_TURN) | B(STARTING) | B(HELD) },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(MODIFYING) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_WAIT_TURN] = {
        [VNFR_EV_TURN]         = { on_turn,            0,                        B(STARTING) },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_HOLD]         = { on_hold,            0,                        B(HELD) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(WAIT_TURN) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_STARTING] = {
        [VNFR_EV_STARTED]      = { on_started,         FACT_SUBSCRIPTIONS,       B(ACTIVE) },
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(STARTING) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_ACTIVE] = {
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(ACTIVE) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) | B(UNDOING) /* an operation's launches */ },
    },
    [VNFR_HELD] = {
        [VNFR_EV_FAULT]        = { on_fault,           FACT_SUBSCRIPTIONS,       B(FAILED) },
        [VNFR_EV_UPDATE]       = { on_update,          0,                        STAY(HELD) },
        [VNFR_EV_RESUME]       = { on_resume,          FACT_SUBSCRIPTIONS,       B(MODIFYING) | B(STARTING) },
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       B(RELEASING) },
    },
    [VNFR_FAILED] = {
        [VNFR_EV_RELEASE]      = { on_release,         FACT_SUBSCRIPTIONS,       UNWIND },
        [VNFR_EV_RESUME]       = { on_resume,          FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS, AGAIN },
    },
    [VNFR_UNDOING] = {
        [VNFR_EV_LAUNCH_SETTLED] = { on_undo_settled,  FACT_POPS | FACT_DRIVERS, B(UNDOING) | B(RELEASING) },
    },
    [VNFR_RELEASING] = {
        [VNFR_EV_RELEASED]     = { on_released,        FACT_POPS | FACT_DRIVERS | FACT_SUBSCRIPTIONS, B(DELETING) | B(GONE) },
    },
    [VNFR_DELETING] = {
        [VNFR_EV_SERVER_GONE]  = { on_server_gone,     FACT_SUBSCRIPTIONS,       B(DELETING) | B(GONE) },
    },
    [VNFR_GONE] = { { 0 } },
};
/* clang-format on */

static uint64_t hits[VNFR_PHASE_N * VNFR_EV_N];

const struct fsm vnfr_fsm = {
    .name = "vnfr",
    .n_phases = VNFR_PHASE_N,
    .n_events = VNFR_EV_N,
    .phases = vnfr_phase_names,
    .events = vnfr_event_names,
    .rules = &rules[0][0],
    .hits = hits,
};
