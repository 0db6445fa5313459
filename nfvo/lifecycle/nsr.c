#include "nfvo/lifecycle/nsr.h"

#include "nfvo/lifecycle/author.h"
#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* --- the machine --- */

void vnfr_set_status(struct vnfr_member *v, int phase)
{
    struct vnfr *vnfr = member_vnfr(v);
    const char *status = v->st->is_resuming ? "RESUMING" : vnfr_status_of(phase);
    if (vnfr && (!vnfr->status || strcmp(vnfr->status, status) != 0)) {
        vnfr->status = status;
        member_changed(v);
    }
}

static const char *failure_of(struct vnfr_member *v)
{
    const struct fault *f =
        member_vnfr(v) && v->vnfr->fault ? v->vnfr->fault : model_nsr(v->m)->fault;
    return f ? f->message : NULL;
}

bool vnfr_step(struct vnfr_member *v, enum vnfr_event ev)
{
    int phase = v->row->phase;
    member_vnfr(v);
    if (v->m->d->unreadable) /* no handler meets a record that only seems not to be there */
        return false;
    enum fsm_outcome outcome = fsm_step(&vnfr_fsm, &phase, ev, v);
    v->err = NULL; /* a handler's own may be on its stack */
    if (outcome == FSM_EMPTY) {
        v->m->d->outcome = DECISION_EMPTY;
        return false;
    }
    if (outcome == FSM_ILLEGAL) { /* a fault of ours: the record says so instead of hiding it */
        struct err err = ERR_INIT;
        err_set(&err, ERR_INTERNAL, "event %s led out of the rule of phase %s",
                vnfr_event_names[ev], vnfr_phase_names[v->row->phase]);
        v->err = &err;
        phase = on_fault(v);
        v->err = NULL;
    }
    if (phase != v->row->phase) {
        struct step step = {.machine = "vnfr",
                            .id = v->row->id,
                            .name = v->row->key[VNFR_NAME],
                            .from = vnfr_phase_names[v->row->phase],
                            .event = vnfr_event_names[ev],
                            .to = vnfr_phase_names[phase],
                            .reason = phase == VNFR_FAILED ? failure_of(v) : NULL};
        proto_list_add(&v->m->d->steps, step, v->m->d->arena);
        nsr_note_step(v->m, step.name, NULL, step.from, step.to, vnfr_status_of(phase));
        int from = v->row->phase;
        v->row->phase = phase;
        row_touch(v->row);
        operate_moved(v, from);
        vnfr_set_status(v, phase);
    }
    return true;
}

bool vnfr_step_fault(struct vnfr_member *v, enum vnfr_event ev, const struct err *err,
                     const char *detail)
{
    v->err = err;
    v->detail = detail;
    bool done = vnfr_step(v, ev);
    v->cause = CAUSE_NONE;
    v->err = NULL;
    v->detail = NULL;
    return done;
}

/* --- what follows from the VNFRs' phases --- */

static bool all_in(const struct nsr_model *m, int phase)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase != phase)
            return false;
    return true;
}

/* Smallest status by the order of amqp-protocol.md 4.1; any TERMINATED wins. */
static const char *status_of_all(const struct nsr_model *m)
{
    static const char *const order[] = {"ERROR",    "NULL",    "INITIALIZED",
                                        "INACTIVE", "SCALING", "ACTIVE"};
    size_t least = ARRAY_LEN(order) - 1;
    bool is_resuming = false;
    bool is_released = m->d->root->phase >= NSR_RELEASING;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr_member *v = &m->vnfrs[i];
        const char *s = v->row->phase == VNFR_ACTIVE && v->st->wire ? v->st->wire
                        : v->row->phase < VNFR_ACTIVE && v->st->broken
                            ? "ERROR" /* on its way yet, though its operation has failed */
                        : v->st->is_resuming ? "RESUMING"
                                             : vnfr_status_of(v->row->phase);
        if (strcmp(s, "TERMINATED") == 0 && is_released)
            return "TERMINATED";
        if (strcmp(s, "TERMINATED") == 0) /* it leaves, and the service goes on without it */
            continue;
        is_resuming |= strcmp(s, "RESUMING") == 0;
        for (size_t k = 0; k < least; k++)
            if (strcmp(order[k], s) == 0)
                least = k;
    }
    return is_resuming && least > 0 ? "RESUMING" : order[least];
}

/* One that is half taken away is no part of it any more. */
static bool are_rest_active(const struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase != VNFR_ACTIVE && !vnfr_is_leaving(&m->vnfrs[i]))
            return false;
    return true;
}

void nsr_recovered(struct nsr_model *m)
{
    if (m->d->root->phase != NSR_FAILED || !are_rest_active(m))
        return;
    m->d->root->phase = NSR_ACTIVE;
    model_nsr(m)->fault = NULL;
    m->nsr->status = status_of_all(m);
    m->nsr->task = "Onboarded";
    model_changed(m);
    nsr_note(m, "ACTIVE", NULL, NULL, NULL);
}

static void set_root_phase(struct nsr_model *m, int phase)
{
    m->d->root->phase = phase;
    row_touch(m->d->root);
}

static void finish(struct nsr_model *m)
{
    struct decision *d = m->d;
    if (d->root->phase != NSR_TOMBSTONE) {
        nsr_note(m, "RELEASED", NULL, NULL, NULL);
        nsr_event(m, ACTION_RELEASE_RESOURCES_FINISH);
    }
    logs_of_the_gone(m);
    for (uint32_t i = 0; i < d->rows.n; i++)
        if (d->rows.at[i]->kind != ROW_OPERATION) /* those outlive it */
            d->rows.at[i]->mark = d->rows.at[i]->mark == ROW_NEW ? ROW_CLEAN : ROW_GONE;
    for (uint32_t i = 0; i < d->commands.n; i++)
        decision_close(d->commands.at[i]);
    d->root->mark = ROW_GONE;
    d->lines = (struct record_lines){0}; /* their records are gone */
}

static void hold_the_others(struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase == VNFR_WAIT_SOURCES || m->vnfrs[i].row->phase == VNFR_WAIT_TURN)
            vnfr_step(&m->vnfrs[i], VNFR_EV_HOLD);
}

void nsr_stop(struct nsr_model *m)
{
    set_root_phase(m, NSR_FAILED);
    hold_the_others(m);
}

static void poke_targets(struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase == VNFR_WAIT_SOURCES)
            vnfr_step(&m->vnfrs[i], VNFR_EV_SOURCE_READY);
}

static void settle(struct nsr_model *m)
{
    struct decision *d = m->d;
    bool was_deploying = d->root->phase == NSR_DEPLOYING;
    if (d->root->phase == NSR_DEPLOYING && nsr_has_failed(m)) {
        nsr_stop(m);
    } else if (d->root->phase == NSR_ACTIVE && nsr_has_failed(m)) {
        set_root_phase(m, NSR_FAILED);
    } else if (d->root->phase == NSR_DEPLOYING) {
        poke_targets(m);
        if (settings_of(d)->ordered_start)
            nsr_next_turn(m);
    }
    const char *status = d->root->phase == NSR_FAILED
                             ? (operate_is_resuming(m) ? "RESUMING" : "ERROR")
                         : d->root->phase == NSR_ACTIVE && m->st->wire ? m->st->wire
                                                                       : status_of_all(m);
    if (strcmp(model_nsr(m)->status ? m->nsr->status : "", status) != 0) {
        m->nsr->status = status;
        model_changed(m);
    }
    if (d->root->phase == NSR_DEPLOYING && all_in(m, VNFR_ACTIVE)) {
        set_root_phase(m, NSR_ACTIVE);
        m->nsr->task = "Onboarded";
        model_changed(m);
        nsr_note(m, "ACTIVE", NULL, NULL, NULL);
        nsr_event(m, ACTION_INSTANTIATE_FINISH); /* once per arrival: decisions.md D16 */
    }
    if (was_deploying && (d->root->phase == NSR_ACTIVE || d->root->phase == NSR_FAILED))
        operate_deployed(m);
    operate_follow_phases(m);
    if (d->root->phase >= NSR_RELEASING && all_in(m, VNFR_GONE))
        finish(m);
}

/* --- answers of VNFMs --- */

static enum action action_of(int command_kind)
{
    return action_parse(command_rows[command_kind].call);
}

static enum vnfr_event answered(int command_kind)
{
    return command_kind == CMD_INSTANTIATE ? VNFR_EV_INSTANTIATED
           : command_kind == CMD_MODIFY    ? VNFR_EV_MODIFIED
           : command_kind == CMD_START     ? VNFR_EV_STARTED
                                           : VNFR_EV_RELEASED;
}

static void vnfm_fault(struct vnfr_member *v, const struct vnfm_or *msg, const char *what)
{
    struct err err = ERR_INIT;
    const char *text = vnfm_exception_text(msg->exception);
    err_set(&err, ERR_PEER, "VNFM '%s' answered %s with an error: %s", v->row->key[VNFR_ENDPOINT],
            what, text);
    if (msg->fault && msg->fault->hint)
        err_hint(&err, "%s", msg->fault->hint);
    else if (v->st->resumes && !v->st->correlates)
        err_hint(&err,
                 "a VNFM that cannot go on where it failed runs all of its scripts again: "
                 "baton nsr resume %s --repeat",
                 v->m->d->root->key[NSR_NAME]);
    v->peer_fault = msg->fault;
    v->component = arena_printf(v->m->d->arena, "vnfm:%s", v->row->key[VNFR_ENDPOINT]);
    v->cause = CAUSE_SCRIPT;
    vnfr_step_fault(v, VNFR_EV_FAULT, &err, text);
    v->peer_fault = NULL;
    v->component = NULL;
}

/* An ERROR that names no VNFR of ours: the NSR's (amqp-protocol.md 4.3). */
static void nsr_fault(struct nsr_model *m, const struct vnfm_or *msg)
{
    struct decision *d = m->d;
    struct err err = ERR_INIT;
    const char *text = vnfm_exception_text(msg->exception);
    if (d->root->phase > NSR_ACTIVE) {
        d->outcome = DECISION_STALE;
        return;
    }
    err_set(&err, ERR_PEER, "a VNFM reported an error of the network service: %s", text);
    struct fault *f = fault_from_err(&err, "vnfm", NULL, d->arena);
    fault_add_peers(d, f, msg->fault);
    f->at = timestamp_executed(d->arena, d->now);
    model_nsr(m)->fault = f;
    model_changed(m);
    nsr_note(m, "ERROR", NULL, NULL, f);
    nsr_stop(m);
}

/* Something of the release did not work: a TERMINATE script failed, say, or its VNFM is away.
 * Record, history and event tell; the release goes on. */
static void release_fault(struct vnfr_member *v, const struct err *err, const char *component,
                          const char *detail, const struct fault *peer)
{
    v->peer_fault = peer;
    struct fault *f = vnfr_fault(v, err, component, detail);
    v->peer_fault = NULL;
    v->failed_with = f;
    vnfr_history(v, "ERROR", f->message);
    nsr_note(v->m, "ERROR", v->row->key[VNFR_NAME], NULL, f);
    vnfr_event(v, ACTION_ERROR);
}

static void release_answered(struct vnfr_member *v, const struct vnfm_or *msg)
{
    struct err err = ERR_INIT;
    const char *vnfm = v->row->key[VNFR_ENDPOINT], *text = NULL;
    const struct fault *peer = msg ? msg->fault : NULL;
    if (msg && action_parse(msg->action) == ACTION_ERROR) {
        text = vnfm_exception_text(msg->exception);
        err_set(&err, ERR_PEER, "VNFM '%s' answered RELEASE_RESOURCES with an error: %s", vnfm,
                text);
    } else if (peer && peer->message) {
        err_set(&err, ERR_PEER, "released, but: %s", peer->message);
    } else {
        return;
    }
    release_fault(v, &err, arena_printf(v->m->d->arena, "vnfm:%s", vnfm), text, peer);
}

/* By itself, or by its death: what it had to do may not be done. */
static void release_not_answered(struct vnfr_member *v, const char *data)
{
    struct err err = ERR_INIT;
    const char *vnfm = v->row->key[VNFR_ENDPOINT];
    if (strcmp(data, COMMAND_LOST) == 0)
        err_set(&err, ERR_UNKNOWN,
                "VNFM '%s' died while it worked on RELEASE_RESOURCES; how far it got is unknown",
                vnfm);
    else
        err_set(&err, ERR_TIMEOUT, "VNFM '%s' did not answer RELEASE_RESOURCES in time", vnfm);
    err_hint(&err, "the servers are deleted anyway; TERMINATE scripts may not have run");
    release_fault(v, &err, "nfvo", NULL, NULL);
}

static void vnfm_answered(struct vnfr_member *v, struct command *c, const struct vnfm_or *msg)
{
    int kind = c->kind;
    const char *asked = action_word(action_of(kind));
    enum action got = msg ? action_parse(msg->action) : ACTION_NONE;
    struct err err = ERR_INIT;
    decision_close(c);
    v->msg = msg;
    if (kind == CMD_RELEASE_RESOURCES) {
        /* Whatever it says: it was told, and nothing of it may keep the servers alive. */
        release_answered(v, msg);
        logs_keep(v, msg);
        vnfr_step(v, VNFR_EV_RELEASED);
    } else if ((got == action_of(kind) || (got == ACTION_RESUME && v->st->is_resuming)) &&
               (member_vnfr(v) || msg->record)) {
        /* In a phase in which it cannot be the answer (servers are still being launched): nothing
         * is outstanding any more that could bring the VNFR on, so this is its end. */
        if (!vnfr_step(v, answered(kind))) {
            err_set(&err, ERR_PEER, "VNFM '%s' answered %s before it had its resources",
                    v->row->key[VNFR_ENDPOINT], asked);
            v->cause = CAUSE_SCRIPT;
            vnfr_step_fault(v, VNFR_EV_FAULT, &err, NULL);
        }
    } else if (got == ACTION_ERROR) {
        vnfm_fault(v, msg, asked);
    } else {
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with %s", v->row->key[VNFR_ENDPOINT], asked,
                !msg                 ? "nothing"
                : got == ACTION_NONE ? "an unknown action"
                                     : action_word(got));
        v->cause = CAUSE_SCRIPT;
        vnfr_step_fault(v, VNFR_EV_FAULT, &err, NULL);
    }
    v->msg = NULL;
}

static struct vnfr_member *member_of(struct nsr_model *m, const struct vnfm_or *msg)
{
    const struct row *meant = vnfr_meant(m->d, msg);
    return meant ? model_vnfr_by_id(m, meant->id) : NULL;
}

/* An answer that does not say to what: some VNFMs send theirs as messages of their own
 * (amqp-protocol.md 3.4, last tolerance). It counts only if a request of that kind is open for that
 * record, and its VNFM is one that cannot say better. */
static void unsolicited(struct nsr_model *m, const struct vnfm_or *msg)
{
    struct decision *d = m->d;
    struct vnfr_member *v = member_of(m, msg);
    enum action a = action_parse(msg->action);
    int kind = command_kind_of(COMMAND_TO_VNFM, action_word(a));
    struct command *c =
        v && kind && !v->st->correlates ? decision_find_for(d, kind, v->row->id) : NULL;
    if (c)
        vnfm_answered(v, c, msg);
    else if (v && !v->st->correlates && operate_unsolicited(m, v->row, msg))
        return;
    else if (v && a == ACTION_ERROR)
        vnfm_fault(v, msg, "a request");
    else if (a == ACTION_ERROR)
        nsr_fault(m, msg);
    else
        d->outcome = DECISION_STALE;
}

/* Of a VNFR that FAILED before it was answered: so nothing of it is under way any more. */
static void failed_late(struct nsr_model *m)
{
    m->d->outcome = DECISION_STALE;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (vnfr_said_late(&m->vnfrs[i], m->d->in->command, m->d->in->room))
            m->d->outcome = DECISION_APPLIED;
}

static void vnfm_answer(struct nsr_model *m, const struct vnfm_or *msg)
{
    struct command *c = decision_find(m->d, m->d->in->command);
    struct vnfr_member *v = c ? model_vnfr_by_id(m, c->subject) : NULL;
    if (!m->d->in->command && msg)
        unsolicited(m, msg);
    else if (c && c->kind == CMD_LOG_REQUEST)
        logs_answered(m, c, msg, NULL);
    else if (c && operate_is_request(c))
        operate_answered(m, c, msg, NULL);
    else if (v && command_is_to(COMMAND_TO_VNFM, c->kind)) /* else an id that it made up */
        vnfm_answered(v, c, msg);
    else if (msg && action_parse(msg->action) == ACTION_ERROR)
        failed_late(m);
    else
        m->d->outcome = DECISION_STALE;
}

/* --- requests of VNFMs --- */

#define LOST_GRACE_US                                                                              \
    (5 * USEC_PER_SEC) /* for what is under way from a VNFM that seems to be gone */

/* It was thought to be gone with its work (answer_lost; nfvo/vnfm/watch.c), and works on. */
static void is_alive(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    struct command *c = decision_find_for(d, CMD_INSTANTIATE, v->row->id);
    if (c && strcmp(c->data, COMMAND_LOST) == 0)
        command_change(c, d->now + command_time(settings_of(d), CMD_INSTANTIATE), "");
}

static void vnfm_request(struct nsr_model *m, const struct vnfm_or *msg)
{
    struct decision *d = m->d;
    enum action a = action_parse(msg->action);
    struct vnfr_member *v = member_of(m, msg);
    if (v && a == ACTION_SCALING && operate_scaling(m, v, msg))
        return;
    enum vnfr_event ev = a == ACTION_GRANT_OPERATION      ? VNFR_EV_GRANT
                         : a == ACTION_ALLOCATE_RESOURCES ? VNFR_EV_ALLOCATE
                         : a == ACTION_UPDATEVNFR         ? VNFR_EV_UPDATE
                                                          : VNFR_EV_N;
    if (v && ev != VNFR_EV_N) {
        is_alive(v);
        v->msg = msg;
        bool done = vnfr_step(v, ev);
        v->msg = NULL;
        if (done)
            return;
    }
    answer_nobody(d, msg,
                  !v ? "the network service has no such VNF"
                     : arena_printf(d->arena, "%s is not possible now: VNFR '%s' is %s",
                                    action_word(a), v->row->key[VNFR_NAME],
                                    d->root->phase >= NSR_RELEASING
                                        ? "being released"
                                        : vnfr_status_of(v->row->phase)));
}

/* --- the rest --- */

static void driver_answer(struct nsr_model *m, const struct driver_reply *reply,
                          const struct err *bad)
{
    struct command *c = decision_find(m->d, m->d->in->command);
    if (c && (c->kind == CMD_LAUNCH || c->kind == CMD_DELETE))
        instance_answer(m, c, reply, bad);
    else if (c && c->kind == CMD_STEP_REBUILD)
        operate_rebuilt(m, c, reply, bad);
    else if (!instance_late_answer(m, reply))
        m->d->outcome = DECISION_STALE;
}

/* err NULL: it is ready. Of one that is ACTIVE, an operation's step asked. */
static void pop_answered(struct vnfr_member *v, const char *pop_id, const struct err *err)
{
    if (v->row->phase == VNFR_ACTIVE || v->row->phase == VNFR_FAILED) {
        operate_pop_answered(v->m, v, pop_id, err);
        return;
    }
    if (!err) {
        vnfr_step(v, VNFR_EV_POP_READY);
        return;
    }
    v->pop = pop_id;
    vnfr_step_fault(v, VNFR_EV_POP_FAULT, err, NULL);
    v->pop = NULL;
}

static void internal(struct nsr_model *m, const struct internal *msg)
{
    struct decision *d = m->d;
    struct command *c = decision_find(d, msg->command);
    if (!c || (c->kind != CMD_PREPARE_POP && c->kind != CMD_LIST_POP)) {
        d->outcome = DECISION_STALE;
        return;
    }
    int kind = c->kind;
    const char *subject = c->subject, *pop_id = c->data;
    decision_close(c);
    struct vnfr_member *v = kind == CMD_PREPARE_POP ? model_vnfr_by_id(m, subject) : NULL;
    if (kind == CMD_LIST_POP) {
        instance_listed(m, msg, subject);
    } else if (v && msg->fault) {
        struct err err = ERR_INIT;
        err_set(&err, err_from_name(msg->fault->code), "%s", msg->fault->message);
        if (msg->fault->hint)
            err_hint(&err, "%s", msg->fault->hint);
        pop_answered(v, pop_id, &err);
    } else if (v) {
        pop_answered(v, pop_id, NULL);
    }
}

/* The PoP says more itself, as a rule; this is for when it does not. */
static void pop_not_ready(struct nsr_model *m, const char *pop_id, struct err *err)
{
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(m->d, pop_id, &st);
    err_set(err, ERR_TIMEOUT, "PoP '%s' was not ready in time: %s did not answer",
            pop && pop->name ? pop->name : pop_id,
            pop && pop->type ? driver_named(m->d, pop->type) : "its driver");
    err_hint(err,
             "look at the driver's log, and with 'baton status' at its queue; then go on: "
             "baton nsr resume %s",
             m->d->root->key[NSR_NAME]);
}

static void command_timed_out(struct nsr_model *m, struct command *c)
{
    struct err err = ERR_INIT;
    struct vnfr_member *v = model_vnfr_by_id(m, c->subject);
    const char *waited = c->kind == CMD_TIMER_SOURCES
                             ? "the VNFs that it depends on were not ready in time"
                         : c->kind == CMD_TIMER_TURN ? "its turn to start did not come in time"
                                                     : NULL;
    int kind = c->kind;
    if (!v) {
        decision_close(c);
        return;
    }
    if (waited)
        err_set(&err, ERR_TIMEOUT, "%s", waited);
    else if (kind == CMD_PREPARE_POP)
        pop_not_ready(m, c->data, &err);
    else if (strcmp(c->data, COMMAND_LOST) == 0)
        err_set(&err, ERR_UNKNOWN,
                "VNFM '%s' died while it worked on %s; how far it got is unknown",
                v->row->key[VNFR_ENDPOINT], action_word(action_of(kind)));
    else
        err_set(&err, ERR_TIMEOUT, "VNFM '%s' did not answer %s in time",
                v->row->key[VNFR_ENDPOINT], action_word(action_of(kind)));
    if (kind != CMD_PREPARE_POP)
        err_hint(&err,
                 "look at the VNFM's log, and with 'baton status' at its queue; then go on: "
                 "baton nsr resume %s",
                 m->d->root->key[NSR_NAME]);
    const char *pop_id = c->data;
    decision_close(c);
    if (kind == CMD_PREPARE_POP) {
        pop_answered(v, pop_id, &err);
    } else {
        v->cause = waited ? CAUSE_NONE : CAUSE_OUTCOME;
        vnfr_step_fault(v, VNFR_EV_FAULT, &err, NULL);
    }
}

/* "web-7 on PoP 'lab' (driver 'vim-drivers.test.test'), and 3 more" */
static const char *unverified(struct nsr_model *m)
{
    struct decision *d = m->d;
    const char *first = "";
    uint32_t n = 0;
    for (uint32_t k = 0; k < m->n_instances; k++) {
        const struct row *i = m->instances[k].row;
        struct pop_state *st;
        const struct vim_instance *pop = fact_pop(d, i->key[INSTANCE_POP], &st);
        if (i->phase == INSTANCE_GONE || n++ > 0)
            continue;
        first = arena_printf(d->arena, "%s on PoP '%s' (%s)", i->key[INSTANCE_HOSTNAME],
                             pop && pop->name ? pop->name : i->key[INSTANCE_POP],
                             pop && pop->type ? driver_named(d, pop->type) : "its driver");
    }
    return n > 1 ? arena_printf(d->arena, "%s, and %u more", first, n - 1) : first;
}

/* It leaves the user's sight, but stays until every server is known to be gone. */
static void leave_sight(struct nsr_model *m, struct command *c)
{
    decision_close(c);
    nsr_note(m, "UNVERIFIED", NULL,
             arena_printf(m->d->arena,
                          "released, but not every server is verified to be gone yet: %s",
                          unverified(m)),
             NULL);
    nsr_event(m, ACTION_RELEASE_RESOURCES_FINISH);
    set_root_phase(m, NSR_TOMBSTONE);
}

static void deadline(struct nsr_model *m)
{
    struct decision *d = m->d;
    struct command *c = decision_find(d, d->in->command);
    if (!c || c->due_at > d->now) {
        d->outcome = DECISION_STALE;
        return;
    }
    const char *subject = c->subject;
    if (operate_is_request(c)) {
        operate_late(m, c);
        return;
    }
    switch (c->kind) {
    case CMD_LAUNCH:
    case CMD_DELETE:
        instance_deadline(m, c);
        break;
    case CMD_LIST_POP: {
        struct internal nothing = {.fault = proto_new(&fault_type, d->arena)};
        decision_close(c);
        instance_listed(m, &nothing, subject);
        break;
    }
    case CMD_TIMER_LIST:
        decision_close(c);
        instance_list_again(m, subject);
        break;
    case CMD_TIMER_DOUBT:
        instance_doubt_over(m, c);
        break;
    case CMD_TIMER_RELEASE:
        leave_sight(m, c);
        break;
    case CMD_LOG_REQUEST:
        logs_late(m, c);
        break;
    case CMD_TIMER_OPERATION:
        operate_timer(m, c);
        break;
    case CMD_STEP_REBUILD:
        operate_rebuild_late(m, c);
        break;
    case CMD_RELEASE_RESOURCES: {
        struct vnfr_member *v = model_vnfr_by_id(m, subject);
        if (v)
            release_not_answered(v, c->data);
        decision_close(c);
        if (v)
            vnfr_step(v, VNFR_EV_RELEASED);
        break;
    }
    default:
        command_timed_out(m, c);
    }
}

static void in_doubt(struct nsr_model *m)
{
    struct command *c = decision_find(m->d, m->d->in->command);
    if (c && c->kind == CMD_LAUNCH)
        instance_in_doubt(m, c);
    else if (c && c->kind == CMD_STEP_REBUILD)
        operate_rebuild_in_doubt(m, c);
    else /* the broker knows no more; scripts may have run: the answer, or the deadline, decides */
        m->d->outcome = DECISION_STALE;
}

static struct vnfr_member *vnfr_of_command(struct nsr_model *m, const struct command *c)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (command_is_about(c, m->vnfrs[i].row->id))
            return &m->vnfrs[i];
    return NULL;
}

/* Whoever asked in the course of an INSTANTIATE is gone, and with it, perhaps, a foreign VNFM's
 * work (it acknowledged the request when it began), and nothing will ever answer. Perhaps not: it
 * may have asked twice, and hold the answer to the other. So the request is treated like one of a
 * VNFM that died: its deadline comes soon, unless the VNFM speaks of that VNFR before. Ours gets
 * its INSTANTIATE again from the broker. design.md, "Unroutable". */
static void answer_lost(struct nsr_model *m)
{
    struct decision *d = m->d;
    struct command *c = decision_find(d, d->in->command);
    struct vnfr_member *v = c ? vnfr_of_command(m, c) : NULL;
    bool has_asked = c && (c->kind == CMD_INSTANTIATE || c->kind == CMD_STEP_SCALE_OUT);
    if (!v || !has_asked || v->st->correlates || strcmp(c->data, COMMAND_LOST) == 0) {
        d->outcome = DECISION_STALE;
        return;
    }
    command_change(c, d->now + LOST_GRACE_US < c->due_at ? d->now + LOST_GRACE_US : c->due_at,
                   COMMAND_LOST);
}

static void bad_reply(struct nsr_model *m, const struct err *why)
{
    struct command *c = decision_find(m->d, m->d->in->command);
    struct vnfr_member *v = c ? model_vnfr_by_id(m, c->subject) : NULL;
    if (c && (c->kind == CMD_LAUNCH || c->kind == CMD_DELETE)) {
        instance_answer(m, c, NULL, why);
    } else if (c && c->kind == CMD_STEP_REBUILD) {
        operate_rebuilt(m, c, NULL, why);
    } else if (c && c->kind == CMD_LOG_REQUEST) {
        logs_answered(m, c, NULL, why);
    } else if (c && operate_is_request(c)) {
        operate_answered(m, c, NULL, why);
    } else if (v) {
        struct err err = ERR_INIT;
        int kind = c->kind;
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with something unreadable: %s",
                v->row->key[VNFR_ENDPOINT], action_word(action_of(kind)), why ? why->msg : "");
        decision_close(c);
        if (kind == CMD_RELEASE_RESOURCES) {
            release_fault(v, &err, "nfvo", NULL, NULL);
            vnfr_step(v, VNFR_EV_RELEASED);
        } else {
            v->cause = CAUSE_SCRIPT;
            vnfr_step_fault(v, VNFR_EV_FAULT, &err, NULL);
        }
    } else {
        m->d->outcome = DECISION_STALE;
    }
}

void nsr_release(struct nsr_model *m)
{
    struct decision *d = m->d;
    int64_t scripts_us = 0;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (vnfr_has_terminate_scripts(&m->vnfrs[i]))
            scripts_us = settings_of(d)->terminate_scripts_us;
    operate_release(m);
    if (d->unreadable)
        return;
    set_root_phase(m, NSR_RELEASING);
    decision_open(d, CMD_TIMER_RELEASE, d->root->id, scripts_us + settings_of(d)->release_sight_us,
                  NULL);
    nsr_note(m, "RELEASE", NULL, NULL, NULL);
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        vnfr_step(&m->vnfrs[i], VNFR_EV_RELEASE);
}

static void release(struct nsr_model *m, const struct release_request *req)
{
    if (m->d->root->phase >= NSR_RELEASING) { /* deleted twice: it goes already */
        m->d->outcome = DECISION_STALE;
        return;
    }
    nsr_release(m);
    if (!m->d->unreadable)
        operate_release_begun(m, req);
}

#define UNKNOWN_SERVICE "there is no such network service (any more)"

/* What users ask of a service that they can still see. */
static bool is_of_a_user(int event)
{
    return event == EV_NSR_RELEASE || event == EV_NSR_LOGS || event == EV_NSR_OPERATE ||
           event == EV_NSR_OPERATION_VERB;
}

static void unknown_nsr(struct decision *d)
{
    d->outcome = DECISION_STALE;
    if (d->in->event == EV_DRIVER_ANSWER)
        late_server(d, d->in->payload);
    else if (d->in->event == EV_NSR_LOGS)
        err_set(&d->err, ERR_NOT_FOUND, "Error something was not found: no NSR with ID %s",
                d->in->agg);
    else if (is_of_a_user(d->in->event))
        err_set(&d->err, ERR_NOT_FOUND, "NetworkServiceRecord with ID %s was not found",
                d->in->agg);
    else if (d->in->event == EV_VNFM_REQUEST) /* never silence: a Python VNFM would wait for ever */
        answer_nobody(d, d->in->payload, UNKNOWN_SERVICE);
}

/* As one that is not there: who is not its VNFM learns nothing of it. */
void nsr_foreign(struct decision *d)
{
    if (d->in->event == EV_VNFM_REQUEST && !d->in->is_echo)
        answer_nobody(d, d->in->payload, UNKNOWN_SERVICE);
}

static bool foreign(const struct decision *d)
{
    const struct operate_request *operate = d->in->payload;
    const struct verb_request *verb = d->in->payload;
    const struct release_request *release = d->in->payload;
    const char *project = d->in->event == EV_NSR_RELEASE   ? release ? release->project : NULL
                          : d->in->event == EV_NSR_OPERATE ? operate->project
                          : d->in->event == EV_NSR_OPERATION_VERB ? verb->project
                                                                  : NULL;
    return project && strcmp(project, "*") != 0 && strcmp(project, d->root->key[NSR_PROJECT]) != 0;
}

void nsr_decide(struct decision *d)
{
    const void *payload = d->in->payload;
    if (d->in->event == EV_NSR_DEPLOY) {
        nsr_decide_deploy(d, payload);
        return;
    }
    if (!d->root || d->root->mark == ROW_GONE || foreign(d) ||
        (is_of_a_user(d->in->event) && d->root->phase == NSR_TOMBSTONE)) {
        unknown_nsr(d);
        return;
    }
    struct nsr_model *m = nsr_model_of(d);
    if (!model_nsr(m) || d->unreadable)
        return;
    switch ((enum nfvo_event)d->in->event) {
    case EV_NSR_RELEASE:
        release(m, payload);
        break;
    case EV_NSR_LOGS:
        logs_ask(m, payload);
        break;
    case EV_NSR_OPERATE:
        operate(m, payload);
        break;
    case EV_NSR_OPERATION_VERB:
        operate_verb(m, payload);
        break;
    case EV_VNFM_REQUEST:
        vnfm_request(m, payload);
        break;
    case EV_VNFM_ANSWER:
        vnfm_answer(m, payload);
        break;
    case EV_DRIVER_ANSWER:
        driver_answer(m, payload, NULL);
        break;
    case EV_INTERNAL:
        internal(m, payload);
        break;
    case EV_DEADLINE:
        deadline(m);
        break;
    case EV_IN_DOUBT:
        in_doubt(m);
        break;
    case EV_BAD_REPLY:
        bad_reply(m, payload);
        break;
    case EV_ANSWER_LOST:
        answer_lost(m);
        break;
    default:
        d->outcome = DECISION_STALE;
    }
    if (!d->unreadable)
        operate_look(m);
    model_forget_dropped(m);
    if (!d->unreadable)
        settle(m);
}

void nsr_refused(struct decision *d)
{
    if (d->in->event == EV_VNFM_REQUEST) /* never silence: a Python VNFM would wait for ever */
        answer_nobody(d, d->in->payload, d->err.msg);
}
