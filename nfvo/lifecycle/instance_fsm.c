/* The server's matrix, and one event through it. A driver's own "deleted" is a hint;
 * a server's absence is believed after two good listings in a row (design.md, "Deletion"). An empty
 * or null answer is a weak one: it is all that the Python and Go SDKs can say of a PoP without
 * servers (tests/interop/README.md), so it counts, but it takes five, each after a pause. Never
 * believing it would leave the last server of such a PoP unverified for ever: the simulator found
 * that (every release on an otherwise empty PoP). */
#include "nfvo/lifecycle/instance.h"

#include "nfvo/lifecycle/send.h"

#include <assert.h>

const char *const instance_event_names[INSTANCE_EV_N] = {
#define X(name) #name,
    INSTANCE_EVENTS(X)
#undef X
};

/* clang-format off */
#define B(phase) FSM_BIT(INSTANCE_##phase)
#define LIST  (FACT_POPS | FACT_DRIVERS)
static const struct fsm_rule rules[INSTANCE_PHASE_N][INSTANCE_EV_N] = {
    [INSTANCE_LAUNCHING] = {
        [INSTANCE_EV_LAUNCHED]    = { instance_on_launched,         LIST,      B(UP) | B(FAILED) | B(DOUBT) },
        [INSTANCE_EV_LATE]        = { instance_on_late,             LIST,      B(DOUBT) },
        [INSTANCE_EV_UNSURE]      = { instance_on_unsure,           LIST,      B(DOUBT) },
        [INSTANCE_EV_DELETE]      = { instance_on_delete,           LIST,      B(DELETING) | B(GONE) },
    },
    [INSTANCE_DOUBT] = {
        [INSTANCE_EV_LAUNCHED]    = { instance_on_launched,         LIST,      B(UP) | B(FAILED) | B(DOUBT) },
        [INSTANCE_EV_LATE]        = { instance_on_late,             LIST,      B(DOUBT) },
        [INSTANCE_EV_DOUBT_OVER]  = { instance_on_doubt_over,       FACT_POPS, B(FAILED) },
        [INSTANCE_EV_LISTED]      = { instance_on_found,            FACT_POPS, B(UP) | B(FAILED) },
        [INSTANCE_EV_MISSED]      = { instance_on_not_found,        LIST,      B(DOUBT) | B(LAUNCHING) | B(FAILED) },
        [INSTANCE_EV_UNLISTED]    = { instance_on_unlisted,         0,         B(DOUBT) },
        [INSTANCE_EV_POP_GONE]    = { instance_on_launch_lost,      0,         B(FAILED) },
        [INSTANCE_EV_DELETE]      = { instance_on_delete,           LIST,      B(DELETING) | B(GONE) },
    },
    [INSTANCE_UP] = { /* listed while it is rebuilt */
        [INSTANCE_EV_LISTED]      = { instance_on_rebuild_listed,   LIST,      B(UP) },
        [INSTANCE_EV_MISSED]      = { instance_on_rebuild_missed,   LIST,      B(UP) },
        [INSTANCE_EV_UNLISTED]    = { instance_on_rebuild_unlisted, LIST,      B(UP) },
        [INSTANCE_EV_POP_GONE]    = { instance_on_rebuild_lost,     0,         B(UP) },
        [INSTANCE_EV_LAUNCH_AGAIN] = { instance_on_launch_again,    LIST,      B(LAUNCHING) },
        [INSTANCE_EV_DELETE]      = { instance_on_delete,           LIST,      B(DELETING) | B(GONE) },
    },
    [INSTANCE_FAILED] = {
        [INSTANCE_EV_LAUNCH_AGAIN] = { instance_on_launch_again,    LIST,      B(LAUNCHING) },
        [INSTANCE_EV_DELETE]      = { instance_on_delete,           LIST,      B(DELETING) | B(GONE) },
    },
    [INSTANCE_DELETING] = {
        [INSTANCE_EV_LISTED]      = { instance_on_there_yet,        0,         B(DELETING) },
        [INSTANCE_EV_MISSED]      = { instance_on_not_there,        0,         B(DELETING) | B(GONE) },
        [INSTANCE_EV_UNLISTED]    = { instance_on_unlisted,         0,         B(DELETING) },
        [INSTANCE_EV_POP_GONE]    = { instance_on_gone,             0,         B(GONE) },
        [INSTANCE_EV_DELETED]     = { instance_on_deleted,          0,         B(DELETING) },
        [INSTANCE_EV_LATE_LAUNCH] = { instance_on_late_launch,      LIST,      B(DELETING) },
        [INSTANCE_EV_DELETE]      = { instance_on_delete,           LIST,      B(DELETING) | B(GONE) },
    },
    [INSTANCE_GONE] = {
        [INSTANCE_EV_LATE_LAUNCH] = { instance_on_late_launch,      LIST,      B(DELETING) | B(GONE) },
    },
};
/* clang-format on */

static uint64_t hits[INSTANCE_PHASE_N * INSTANCE_EV_N];

const struct fsm instance_fsm = {
    .name = "instance",
    .n_phases = INSTANCE_PHASE_N,
    .n_events = INSTANCE_EV_N,
    .phases = instance_phase_names,
    .events = instance_event_names,
    .rules = &rules[0][0],
    .hits = hits,
};

static void begin_phase(const struct instance_turn *t, int phase)
{
    const struct instance_member *i = t->i;
    const struct vnfr_member *v = instance_owner(t->m, i);
    if (phase != i->row->phase)
        nsr_note_step(t->m, v ? v->row->key[VNFR_NAME] : NULL, i->row->key[INSTANCE_HOSTNAME],
                      instance_phase_names[i->row->phase], instance_phase_names[phase], t->text);
    if (i->row->phase == INSTANCE_DOUBT && phase != INSTANCE_DOUBT)
        decision_close(decision_find_for(t->m->d, CMD_TIMER_DOUBT, i->row->id));
    i->row->phase = phase;
    i->st->misses = i->st->lists = 0;
    i->st->delete_again = false;
    i->st->rebuild = NULL;
}

/* Of one that is ACTIVE by phase an operation waits for it, and looks by itself. */
static void tell_vnfr(const struct instance_turn *t, int from)
{
    int to = t->i->row->phase;
    struct vnfr_member *v = instance_owner(t->m, t->i);
    bool was_launched = from == INSTANCE_LAUNCHING || from == INSTANCE_DOUBT;
    if (!v)
        return;
    if (was_launched && (to == INSTANCE_UP || to == INSTANCE_FAILED) &&
        v->row->phase != VNFR_ACTIVE)
        vnfr_raise(v, VNFR_EV_LAUNCH_SETTLED);
    if (to == INSTANCE_GONE && from != to && v->row->phase == VNFR_DELETING)
        vnfr_raise(v, VNFR_EV_SERVER_GONE);
}

/* It is not there, but its launch was never answered: its PoP looks for it a while longer. */
static void tell_pop(const struct instance_turn *t, int from)
{
    const struct instance_member *i = t->i;
    if (i->row->phase != INSTANCE_GONE || from == INSTANCE_GONE || i->st->tries <= i->st->answered)
        return;
    struct internal *msg = proto_new(&internal_type, t->m->d->arena);
    msg->what = INTERNAL_LATE;
    msg->to = i->row->key[INSTANCE_POP];
    msg->to_kind = AGG_POP;
    proto_list_add(&msg->servers, i->row->key[INSTANCE_HOSTNAME], t->m->d->arena);
    send_internal(t->m->d, msg);
}

bool instance_step(struct nsr_model *m, struct instance_member *i, enum instance_event ev,
                   const struct instance_input *in)
{
    static const struct instance_input nothing = {0};
    struct instance_turn t = {.m = m, .i = i, .in = in ? in : &nothing};
    int phase = i->row->phase, from = phase;
    enum fsm_outcome outcome = fsm_step(&instance_fsm, &phase, ev, &t);
    assert(outcome != FSM_ILLEGAL);
    if (outcome == FSM_EMPTY)
        return false;
    if (phase != from || t.is_anew)
        begin_phase(&t, phase);
    if (t.wants_delete) {
        i->st->delete_again = true;
        i->st->list_at = m->d->now;
    }
    row_touch(i->row);
    if (t.wants_list)
        instances_want_list(m, i->row->key[INSTANCE_POP]);
    tell_vnfr(&t, from);
    tell_pop(&t, from);
    return true;
}
