/* The PoP's matrix, and one event through it. A PoP that is not READY yet may be used as one that is:
 * who asks waits for its first snapshot; without one it is not stored. */
#include "nfvo/lifecycle/pop_private.h"

#include <assert.h>

const char *const pop_event_names[POP_EV_N] = {
#define X(name) #name,
    POP_EVENTS(X)
#undef X
};

/* clang-format off */
#define B(phase) FSM_BIT(POP_##phase)
static const struct fsm_rule rules[POP_PHASE_N][POP_EV_N] = {
    [POP_REGISTERING] = {
        [POP_EV_REFRESH]          = { pop_on_refresh,           FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_UPDATE]           = { pop_on_update,            FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_LIST]             = { pop_on_list,              FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_COLLECT]          = { pop_on_collect,           FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_DELETE]           = { pop_on_delete,            0,            B(REGISTERING) }, /* its row goes */
        [POP_EV_PREPARE]          = { pop_on_prepare,           FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_FIND]             = { pop_on_find,              FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_LATE]             = { pop_on_late,              0,            B(REGISTERING) },
        [POP_EV_LOOK]             = { pop_on_look,              FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_REFRESHED]        = { pop_on_refreshed,         FACT_DRIVERS, B(REGISTERING) | B(READY) },
        [POP_EV_NO_SNAPSHOT]      = { pop_on_no_first_snapshot, 0,            B(REGISTERING) }, /* its row goes */
        [POP_EV_NETWORK]          = { pop_on_network,           FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_IMAGE]            = { pop_on_image,             FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_SERVERS]          = { pop_on_servers,           FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_QUOTA]            = { pop_on_quota,             0,            B(REGISTERING) },
        [POP_EV_LOST]             = { pop_on_lost,              FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_IN_DOUBT]         = { pop_on_in_doubt,          FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_UNSURE]           = { pop_on_unsure,            FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_WAIT_OVER]        = { pop_on_wait_over,         FACT_DRIVERS, B(REGISTERING) },
        [POP_EV_CALL_OVER]        = { pop_on_registration_over, FACT_DRIVERS, B(REGISTERING) },
    },
    [POP_READY] = {
        [POP_EV_REFRESH]          = { pop_on_refresh,           FACT_DRIVERS, B(READY) },
        [POP_EV_UPDATE]           = { pop_on_update,            FACT_DRIVERS, B(READY) },
        [POP_EV_LIST]             = { pop_on_list,              FACT_DRIVERS, B(READY) },
        [POP_EV_COLLECT]          = { pop_on_collect,           FACT_DRIVERS, B(READY) },
        [POP_EV_DELETE]           = { pop_on_delete,            0,            B(READY) }, /* its row goes */
        [POP_EV_PREPARE]          = { pop_on_prepare,           FACT_DRIVERS, B(READY) },
        [POP_EV_FIND]             = { pop_on_find,              FACT_DRIVERS, B(READY) },
        [POP_EV_LATE]             = { pop_on_late,              0,            B(READY) },
        [POP_EV_LOOK]             = { pop_on_look,              FACT_DRIVERS, B(READY) },
        [POP_EV_REFRESHED]        = { pop_on_refreshed,         FACT_DRIVERS, B(READY) },
        [POP_EV_NO_SNAPSHOT]      = { pop_on_no_snapshot,       0,            B(READY) },
        [POP_EV_NETWORK]          = { pop_on_network,           FACT_DRIVERS, B(READY) },
        [POP_EV_IMAGE]            = { pop_on_image,             FACT_DRIVERS, B(READY) },
        [POP_EV_SERVERS]          = { pop_on_servers,           FACT_DRIVERS, B(READY) },
        [POP_EV_QUOTA]            = { pop_on_quota,             0,            B(READY) },
        [POP_EV_LOST]             = { pop_on_lost,              FACT_DRIVERS, B(READY) },
        [POP_EV_IN_DOUBT]         = { pop_on_in_doubt,          FACT_DRIVERS, B(READY) },
        [POP_EV_UNSURE]           = { pop_on_unsure,            FACT_DRIVERS, B(READY) },
        [POP_EV_WAIT_OVER]        = { pop_on_wait_over,         FACT_DRIVERS, B(READY) },
        [POP_EV_CALL_OVER]        = { pop_on_call_over,         FACT_DRIVERS, B(READY) },
    },
};
/* clang-format on */

static uint64_t hits[POP_PHASE_N * POP_EV_N];

const struct fsm pop_fsm = {
    .name = "pop",
    .n_phases = POP_PHASE_N,
    .n_events = POP_EV_N,
    .phases = pop_phase_names,
    .events = pop_event_names,
    .rules = &rules[0][0],
    .hits = hits,
};

static void step(struct pop_model *p, enum pop_event ev, const struct pop_input *in)
{
    static const struct pop_input nothing = {0};
    struct pop_turn t = {.p = p, .in = in ? in : &nothing};
    int phase = p->d->root->phase;
    enum fsm_outcome outcome = fsm_step(&pop_fsm, &phase, ev, &t);
    assert(outcome == FSM_DONE);
    (void)outcome;
    p->d->root->phase = phase;
}

void pop_settle(struct pop_model *p)
{
    const struct err *why = p->no_snapshot;
    p->no_snapshot = NULL;
    if (why)
        step(p, POP_EV_NO_SNAPSHOT, &(struct pop_input){.bad = why});
}

void pop_step(struct pop_model *p, enum pop_event ev, const struct pop_input *in)
{
    step(p, ev, in);
    pop_settle(p);
}
