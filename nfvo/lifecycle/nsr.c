#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/operate.h"
#include "nfvo/lifecycle/reconcile/alarm.h"

#include <string.h>

/* --- what follows from the VNFRs' phases --- */

static void poke_targets(struct nsr_model *m)
{
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (m->vnfrs[i].row->phase == VNFR_WAIT_SOURCES)
            vnfr_step(&m->vnfrs[i], VNFR_EV_SOURCE_READY, NULL);
}

/* Ordered start: the turn goes to the next one, if nobody has it. */
static void next_turn(struct nsr_model *m)
{
    struct vnfr_member *next = NULL;
    int best = 0;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *v = &m->vnfrs[i];
        if (v->row->phase == VNFR_ACTIVE)
            continue;
        if (v->row->phase != VNFR_WAIT_TURN) /* somebody starts, or is not INACTIVE yet */
            return;
        int weight = dependency_weight(m, v->row->key[VNFR_NAME]);
        if (!next || weight < best) {
            next = v;
            best = weight;
        }
    }
    if (next)
        vnfr_step(next, VNFR_EV_TURN, NULL);
}

static void settle(struct nsr_model *m)
{
    struct decision *d = m->d;
    bool was_deploying = d->root->phase == NSR_DEPLOYING;
    if (d->root->phase <= NSR_ACTIVE && nsr_has_failed(m)) {
        nsr_stop(m);
    } else if (d->root->phase == NSR_DEPLOYING) {
        poke_targets(m);
        if (settings_of(d)->ordered_start)
            next_turn(m);
    }
    const char *status = d->root->phase == NSR_FAILED
                             ? (operate_is_resuming(m) ? "RESUMING" : "ERROR")
                         : d->root->phase == NSR_ACTIVE && m->st->wire ? m->st->wire
                                                                       : nsr_status_of_all(m);
    if (strcmp(model_nsr(m)->status ? m->nsr->status : "", status) != 0) {
        m->nsr->status = status;
        model_changed(m);
    }
    if (nsr_all_in(m, VNFR_ACTIVE))
        nsr_step(m, NSR_EV_ALL_ACTIVE);
    if (was_deploying && (d->root->phase == NSR_ACTIVE || d->root->phase == NSR_FAILED))
        operate_deployed(m);
    machines_run(m); /* what was queued begins */
    operate_follow_phases(m);
    if (nsr_all_in(m, VNFR_GONE))
        nsr_step(m, NSR_EV_ALL_GONE);
}

/* --- what drivers, PoPs and the clock say --- */

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
    if (err)
        vnfr_step(v, VNFR_EV_POP_FAULT, &(struct vnfr_input){.err = err, .pop = pop_id});
    else
        vnfr_step(v, VNFR_EV_POP_READY, NULL);
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
static void pop_is_late(struct nsr_model *m, struct command *c)
{
    struct err err = ERR_INIT;
    struct pop_state *st;
    struct vnfr_member *v = model_vnfr_by_id(m, c->subject);
    const char *id = c->data;
    decision_close(c);
    if (!v)
        return;
    const struct vim_instance *pop = fact_pop(m->d, id, &st);
    err_set(&err, ERR_TIMEOUT, "PoP '%s' was not ready in time: %s did not answer",
            pop && pop->name ? pop->name : id,
            pop && pop->type ? driver_named(m->d, pop->type) : "its driver");
    err_hint(&err,
             "look at the driver's log, and with 'baton status' at its queue; then go on: "
             "baton nsr resume %s",
             m->d->root->key[NSR_NAME]);
    pop_answered(v, id, &err);
}

/* Of a VNFR for others of its service. */
static void wait_is_over(struct nsr_model *m, struct command *c)
{
    struct err err = ERR_INIT;
    struct vnfr_member *v = model_vnfr_by_id(m, c->subject);
    const char *what = c->kind == CMD_TIMER_SOURCES
                           ? "the VNFs that it depends on were not ready in time"
                           : "its turn to start did not come in time";
    decision_close(c);
    if (!v)
        return;
    err_set(&err, ERR_TIMEOUT, "%s", what);
    err_hint(&err,
             "look at the VNFM's log, and with 'baton status' at its queue; then go on: "
             "baton nsr resume %s",
             m->d->root->key[NSR_NAME]);
    vnfr_step(v, VNFR_EV_FAULT, &(struct vnfr_input){.err = &err});
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
        decision_close(c);
        nsr_step(m, NSR_EV_SIGHT_OVER);
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
    case CMD_PREPARE_POP:
        pop_is_late(m, c);
        break;
    case CMD_TIMER_SOURCES:
    case CMD_TIMER_TURN:
        wait_is_over(m, c);
        break;
    default:
        if (model_vnfr_by_id(m, subject))
            nsr_vnfm_late(model_vnfr_by_id(m, subject), c);
        else
            decision_close(c);
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
        nsr_vnfm_unreadable(v, c, why);
    } else {
        m->d->outcome = DECISION_STALE;
    }
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
        if (d->root || nsr_is_as_planned(d, payload))
            nsr_decide_deploy(d, payload);
        return;
    }
    if (d->in->event == EV_NSR_PLAN) {
        nsr_decide_plan(d, payload);
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
        nsr_release_asked(m, payload);
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
        nsr_vnfm_request(m, payload);
        break;
    case EV_VNFM_ANSWER:
        nsr_vnfm_answer(m, payload);
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
        nsr_vnfm_answer_lost(m);
        break;
    case EV_NSR_ALARM:
        alarm_take_news(m, payload);
        break;
    default:
        d->outcome = DECISION_STALE;
    }
    machines_run(m);
    operate_show(m);
    model_forget_dropped(m);
    if (!d->unreadable)
        settle(m);
}

void nsr_refused(struct decision *d)
{
    if (d->in->event == EV_VNFM_REQUEST) /* never silence: a Python VNFM would wait for ever */
        answer_nobody(d, d->in->payload, d->err.msg);
}
