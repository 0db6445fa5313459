/* One event through the matrix of vnfr_fsm.c, and what is written down of it. */
#include "nfvo/lifecycle/operation/adopt.h"
#include "nfvo/lifecycle/vnfr.h"

static void mark_moved(struct vnfr_member *v, int from)
{
    static const enum step_kind kinds[] = {STEP_INSTANTIATE, STEP_MODIFY, STEP_START,
                                           STEP_TERMINATE,   STEP_DELETE, STEP_DROP};
    struct view_vnfr now = {.phase = vnfr_phase_names[v->row->phase]},
                     was = {.phase = vnfr_phase_names[from]};
    bool has_moved = v->row->phase == VNFR_FAILED || v->row->phase == VNFR_HELD;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        enum step_state a, b;
        bool is_known = adopt_step(&now, kinds[i], &a), was_known = adopt_step(&was, kinds[i], &b);
        has_moved = has_moved || is_known != was_known || (is_known && a != b);
    }
    v->has_moved = v->has_moved || has_moved;
    v->m->has_moved = v->m->has_moved || has_moved;
}

static const char *failure_of(struct vnfr_member *v)
{
    const struct fault *f =
        member_vnfr(v) && v->vnfr->fault ? v->vnfr->fault : model_nsr(v->m)->fault;
    return f ? f->message : NULL;
}

bool vnfr_step(struct vnfr_member *v, enum vnfr_event ev, const struct vnfr_input *in)
{
    static const struct vnfr_input nothing = {0};
    struct vnfr_turn t = {.v = v, .in = in ? in : &nothing};
    int phase = v->row->phase;
    member_vnfr(v);
    if (v->m->d->unreadable) /* no handler meets a record that only seems not to be there */
        return false;
    enum fsm_outcome outcome = fsm_step(&vnfr_fsm, &phase, ev, &t);
    if (outcome == FSM_EMPTY) {
        v->m->d->outcome = DECISION_EMPTY;
        return false;
    }
    if (outcome == FSM_ILLEGAL) { /* a fault of ours: the record says so instead of hiding it */
        struct err err = ERR_INIT;
        err_set(&err, ERR_INTERNAL, "event %s led out of the rule of phase %s",
                vnfr_event_names[ev], vnfr_phase_names[v->row->phase]);
        phase = vnfr_fail(&t, &err, NULL);
    }
    if (phase != v->row->phase) {
        struct step step = {.machine = "vnfr",
                            .id = v->row->id,
                            .name = v->row->key[VNFR_NAME],
                            .from = vnfr_phase_names[v->row->phase],
                            .event = vnfr_event_names[ev],
                            .to = vnfr_phase_names[phase],
                            .since = v->st->phase_at,
                            .reason = phase == VNFR_FAILED ? failure_of(v) : NULL};
        proto_list_add(&v->m->d->steps, step, v->m->d->arena);
        nsr_note_step(v->m, step.name, NULL, step.from, step.to, vnfr_status_of(phase));
        int from = v->row->phase;
        v->row->phase = phase;
        v->st->phase_at = v->m->d->now;
        row_touch(v->row);
        mark_moved(v, from);
        vnfr_set_status(v, phase);
    }
    return true;
}
