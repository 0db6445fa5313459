/* What VNFMs say of a service's VNFRs, or do not say: as events of the VNFRs' machines. */
#include "nfvo/lifecycle/nsr_private.h"

#include "nfvo/lifecycle/author.h"
#include "nfvo/lifecycle/operate.h"

#include <string.h>

#define LOST_GRACE_US                                                                              \
    (5 * USEC_PER_SEC) /* for what is under way from a VNFM that seems to be gone */

/* --- answers ----------------------------------------------------------------------------------- */

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

static void vnfm_fault(struct vnfr_member *v, const struct vnfm_or *msg, const char *what,
                       bool is_answer)
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
    vnfr_step(v, VNFR_EV_FAULT,
              &(struct vnfr_input){
                  .msg = is_answer ? msg : NULL,
                  .err = &err,
                  .detail = text,
                  .component = arena_printf(v->m->d->arena, "vnfm:%s", v->row->key[VNFR_ENDPOINT]),
                  .peer_fault = msg->fault,
                  .cause = CAUSE_SCRIPT});
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
    struct fault *f = vnfr_fault(v, err, component, detail, peer);
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
    if (kind == CMD_RELEASE_RESOURCES) {
        /* Whatever it says: it was told, and nothing of it may keep the servers alive. */
        release_answered(v, msg);
        logs_keep(v, msg);
        vnfr_step(v, VNFR_EV_RELEASED, &(struct vnfr_input){.msg = msg});
    } else if ((got == action_of(kind) || (got == ACTION_RESUME && v->st->is_resuming)) &&
               (member_vnfr(v) || msg->record)) {
        /* In a phase in which it cannot be the answer (servers are still being launched): nothing
         * is outstanding any more that could bring the VNFR on, so this is its end. */
        if (!vnfr_step(v, answered(kind), &(struct vnfr_input){.msg = msg})) {
            err_set(&err, ERR_PEER, "VNFM '%s' answered %s before it had its resources",
                    v->row->key[VNFR_ENDPOINT], asked);
            vnfr_step(v, VNFR_EV_FAULT,
                      &(struct vnfr_input){.msg = msg, .err = &err, .cause = CAUSE_SCRIPT});
        }
    } else if (got == ACTION_ERROR) {
        vnfm_fault(v, msg, asked, true);
    } else {
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with %s", v->row->key[VNFR_ENDPOINT], asked,
                !msg                 ? "nothing"
                : got == ACTION_NONE ? "an unknown action"
                                     : action_word(got));
        vnfr_step(v, VNFR_EV_FAULT,
                  &(struct vnfr_input){.msg = msg, .err = &err, .cause = CAUSE_SCRIPT});
    }
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
        vnfm_fault(v, msg, "a request", false);
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

void nsr_vnfm_answer(struct nsr_model *m, const struct vnfm_or *msg)
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

/* --- none, or one that cannot be read ---------------------------------------------------------- */

void nsr_vnfm_unreadable(struct vnfr_member *v, struct command *c, const struct err *why)
{
    struct err err = ERR_INIT;
    int kind = c->kind;
    err_set(&err, ERR_PEER, "VNFM '%s' answered %s with something unreadable: %s",
            v->row->key[VNFR_ENDPOINT], action_word(action_of(kind)), why ? why->msg : "");
    decision_close(c);
    if (kind == CMD_RELEASE_RESOURCES) {
        release_fault(v, &err, "nfvo", NULL, NULL);
        vnfr_step(v, VNFR_EV_RELEASED, NULL);
    } else {
        vnfr_step(v, VNFR_EV_FAULT, &(struct vnfr_input){.err = &err, .cause = CAUSE_SCRIPT});
    }
}

void nsr_vnfm_late(struct vnfr_member *v, struct command *c)
{
    struct err err = ERR_INIT;
    const char *vnfm = v->row->key[VNFR_ENDPOINT], *asked = action_word(action_of(c->kind));
    if (c->kind == CMD_RELEASE_RESOURCES) {
        release_not_answered(v, c->data);
        decision_close(c);
        vnfr_step(v, VNFR_EV_RELEASED, NULL);
        return;
    }
    if (strcmp(c->data, COMMAND_LOST) == 0)
        err_set(&err, ERR_UNKNOWN,
                "VNFM '%s' died while it worked on %s; how far it got is unknown", vnfm, asked);
    else
        err_set(&err, ERR_TIMEOUT, "VNFM '%s' did not answer %s in time", vnfm, asked);
    err_hint(&err,
             "look at the VNFM's log, and with 'baton status' at its queue; then go on: "
             "baton nsr resume %s",
             v->m->d->root->key[NSR_NAME]);
    decision_close(c);
    vnfr_step(v, VNFR_EV_FAULT, &(struct vnfr_input){.err = &err, .cause = CAUSE_OUTCOME});
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
void nsr_vnfm_answer_lost(struct nsr_model *m)
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

/* --- requests ---------------------------------------------------------------------------------- */

/* It was thought to be gone with its work (nsr_vnfm_answer_lost; nfvo/vnfm/watch.c), and works on. */
static void is_alive(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    struct command *c = decision_find_for(d, CMD_INSTANTIATE, v->row->id);
    if (c && strcmp(c->data, COMMAND_LOST) == 0)
        command_change(c, d->now + command_time(settings_of(d), CMD_INSTANTIATE), "");
}

void nsr_vnfm_request(struct nsr_model *m, const struct vnfm_or *msg)
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
        if (vnfr_step(v, ev, &(struct vnfr_input){.msg = msg}))
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
