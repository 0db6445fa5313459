/* Answers and deadlines of steps. An answer is judged by the step that its command belongs to, and
 * touches nothing but its subject: what else a record says may be an old copy (operations.md, H2).
 * Of it the lines of history are taken, which have no owner, and what scripts published
 * (published.h). */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/published.h"
#include "nfvo/lifecycle/vnfr.h"

#include <stdlib.h>
#include <string.h>

#define LATE_KEEP_US (30 * 86400 * USEC_PER_SEC) /* an answer whose outcome is unknown may come */

bool operate_is_request(const struct command *c)
{
    return command_is_to(COMMAND_TO_VNFM, c->kind) && strchr(c->subject, '/');
}

/* "<vnfr>/<operation>/<step>[/<attempt>[/undo[/<instance>]]]" */
struct about {
    struct vnfr_member *v;
    struct operation *op; /* NULL: it has ended */
    struct plan_step *s;
    uint16_t attempt;
    bool is_undo;
    const char *instance; /* of several, the one that this was about; or NULL */
};

static struct about about_of(struct nsr_model *m, const struct run *run, const struct command *c)
{
    struct about ret = {0};
    char *part[6] = {0}, *p = arena_strdup(m->d->arena, c->subject);
    for (size_t i = 0; i < ARRAY_LEN(part) && p; i++) {
        part[i] = p;
        p = strchr(p, '/');
        if (p)
            *p++ = '\0';
    }
    ret.v = model_vnfr_by_id(m, part[0]);
    for (uint32_t i = 0; part[1] && i < run->operations->n; i++)
        if (strcmp(run->operations->at[i]->id, part[1]) == 0)
            ret.op = run->operations->at[i];
    if (ret.op && part[2])
        ret.s = operation_step(ret.op, (uint16_t)atoi(part[2]));
    ret.attempt = part[3] ? (uint16_t)atoi(part[3]) : 0;
    ret.is_undo = part[4] != NULL;
    ret.instance = part[5];
    return ret;
}

static void close_silence(struct decision *d, const struct command *c)
{
    struct command *timer = decision_find_for(d, CMD_TIMER_OPERATION, c->subject);
    if (timer)
        decision_close(timer);
}

static struct fault *fault_from(struct nsr_model *m, const struct about *x,
                                const struct vnfm_or *msg, const struct err *err)
{
    struct decision *d = m->d;
    struct fault *f = fault_from_err(
        err, arena_printf(d->arena, "vnfm:%s", x->v->row->key[VNFR_ENDPOINT]),
        arena_printf(d->arena, "vnfr %s (%s)", x->v->row->key[VNFR_NAME], x->v->row->id), d->arena);
    f->at = timestamp_executed(d->arena, d->now);
    if (msg && msg->exception)
        fault_add_cause(f, vnfm_exception_text(msg->exception), CAUSE_MAX, d->arena);
    fault_add_peers(d, f, msg ? msg->fault : NULL);
    return f;
}

static enum reply_shape shape_of(const struct vnfm_or *msg, const struct err *bad)
{
    return bad                                         ? REPLY_UNREADABLE
           : !msg                                      ? REPLY_NULL
           : action_parse(msg->action) == ACTION_ERROR ? REPLY_ERROR
                                                       : REPLY_ACTION;
}

/* One whose operation has ended: an OPTIONAL step's late word. */
static void too_late(struct nsr_model *m, const struct about *x, const struct command *c,
                     const struct vnfm_or *msg)
{
    struct err err = ERR_INIT;
    if (shape_of(msg, NULL) != REPLY_ERROR || !x->v) {
        m->d->outcome = DECISION_STALE;
        return;
    }
    err_set(&err, ERR_PEER, "VNFM '%s' reported a fault of %s after the operation had ended: %s",
            x->v->row->key[VNFR_ENDPOINT], command_rows[c->kind].call,
            vnfm_exception_text(msg->exception));
    const struct fault *f = fault_from(m, x, msg, &err);
    vnfr_history(x->v, "ERROR", f->message);
    nsr_note(m, "ERROR", x->v->row->key[VNFR_NAME], "late", f);
    vnfr_event(x->v, ACTION_ERROR);
}

static struct step_news news_of(struct nsr_model *m, const struct about *x, const struct run *run,
                                const struct vnfm_or *msg, const struct err *bad)
{
    enum step_kind kind = run_request_of(x->s, x->is_undo);
    enum reply_shape shape = shape_of(msg, bad);
    enum action got = msg ? action_parse(msg->action) : ACTION_NONE;
    bool is_resume = !x->is_undo && x->s->form == FORM_RESUME;
    struct verdict verdict = answer_judge(kind, is_resume, run_sdk(run, x->s), shape, got);
    struct step_news news = {.event = verdict.is_ok ? STEP_EV_OK : STEP_EV_FAULT,
                             .attempt = x->attempt,
                             .is_undo = x->is_undo,
                             .note = verdict.note};
    struct err err = ERR_INIT;
    if (verdict.is_ok && kind == STEP_SCALE_OUT && step_is_open(x->s))
        operate_scaled(m, x->v, x->s, msg, &news);
    if (verdict.is_ok)
        return news;
    const char *peer = x->v->row->key[VNFR_ENDPOINT], *word = step_kind_word(kind);
    if (bad)
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with something unreadable: %s", peer, word,
                bad->msg);
    else if (shape == REPLY_ERROR)
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with an error: %s", peer, word,
                vnfm_exception_text(msg->exception));
    else
        err_set(&err, ERR_PEER, "VNFM '%s' answered %s with %s", peer, word,
                shape == REPLY_NULL  ? "nothing"
                : got == ACTION_NONE ? "an unknown action"
                                     : action_word(got));
    if (is_resume && run_sdk(run, x->s) != SDK_C)
        err_hint(&err,
                 "a VNFM that cannot go on where it failed runs all of its scripts again: "
                 "baton op retry %s --repeat",
                 x->op->id);
    news.cause = CAUSE_SCRIPT;
    news.fault = fault_from(m, x, msg, &err);
    return news;
}

/* One more instance publishes what it is itself: what the VNF provides already is not its to change. */
static void take_published(struct vnfr_member *v, const struct command *c,
                           const struct vnfm_or *msg)
{
    if (msg)
        published_take(v, msg->record,
                       c->kind == CMD_STEP_SCALE_OUT ? PUBLISHED_EMPTY : PUBLISHED_NEWER);
}

/* The step's instance, where its VNFM allocated it: its addresses are the VNFM's. */
static void take_instance(struct vnfr_member *v, const struct plan_step *s,
                          const struct vnfm_or *msg)
{
    struct vnfc_instance *x = member_vnfr(v) ? operate_instance(v, s->instance) : NULL;
    const struct vnfc_instance *got = msg ? msg->vnfc_instance : NULL;
    if (!x || vnfr_allocated_by_us(v->m, x) || !got || !got->id || strcmp(got->id, x->id) != 0)
        return;
    x->ips = got->ips.n ? got->ips : x->ips;
    x->floating_ips = got->floating_ips.n ? got->floating_ips : x->floating_ips;
    member_changed(v);
}

/* One of several that a target is told of is over: on to the next; true: there is one. The stage is
 * over with the last. */
static bool on_to_next(struct nsr_model *m, const struct run *run, const struct about *x)
{
    if (!x->instance || !x->v || !x->s || x->s->state != STEP_STATE_UNDOING)
        return false;
    const char *now = operate_next_told(m, x->v, x->s);
    if (now &&
        strcmp(now, x->instance) != 0) /* late: that one was given up, and another is asked */
        return true;
    operate_forget(m, x->v, x->s, x->instance);
    if (!operate_next_told(m, x->v, x->s))
        return false;
    const struct run_action next = {
        .what = RUN_UNDO, .op = x->op, .step = x->s, .kind = run_request_of(x->s, true)};
    operate_send(m, x->v, &next,
                 step_answers_of(next.kind, run_sdk(run, x->s)) == ANSWERS_OPTIONAL);
    return true;
}

void operate_answered(struct nsr_model *m, struct command *c, const struct vnfm_or *msg,
                      const struct err *bad)
{
    struct run run;
    if (!operate_run(m, &run))
        return;
    struct about x = about_of(m, &run, c);
    decision_close(c);
    close_silence(m->d, c);
    if (x.v && msg)
        vnfr_merge_history(x.v, msg->record);
    if (x.v)
        take_published(x.v, c, msg);
    if (!x.s || !x.v) {
        too_late(m, &x, c, msg);
        return;
    }
    const struct step_news news = news_of(m, &x, &run, msg, bad);
    if (news.event == STEP_EV_OK)
        take_instance(x.v, x.s, msg);
    if (news.event != STEP_EV_OK || !on_to_next(m, &run, &x))
        run_step(&run, x.op, x.s, &news);
    operate_due(m, &run);
}

/* SCALE_OUT alone is answered under another name. */
static bool is_answer_to(const struct command *c, const char *action)
{
    const char *call = command_rows[c->kind].call;
    return strcmp(call, action) == 0 || (strcmp(call, action_word(ACTION_SCALE_OUT)) == 0 &&
                                         strcmp(action, action_word(ACTION_SCALED)) == 0);
}

bool operate_unsolicited(struct nsr_model *m, const struct row *vnfr, const struct vnfm_or *msg)
{
    struct decision *d = m->d;
    struct command *found = NULL;
    for (uint32_t i = 0; i < d->commands.n; i++) {
        struct command *c = d->commands.at[i];
        if (c->mark == ROW_GONE || !operate_is_request(c) || !command_is_about(c, vnfr->id) ||
            !msg->action || !is_answer_to(c, msg->action))
            continue;
        if (found)
            return false;
        found = c;
    }
    if (found)
        operate_answered(m, found, msg, NULL);
    return found != NULL;
}

void operate_late(struct nsr_model *m, struct command *c)
{
    struct decision *d = m->d;
    struct run run;
    if (!operate_run(m, &run))
        return;
    struct about x = about_of(m, &run, c);
    bool is_waited_for =
        x.s && step_is_open(x.s) && x.s->command && strcmp(x.s->command, c->id) == 0;
    if (!is_waited_for) {
        decision_close(c);
        return;
    }
    bool is_lost = strcmp(c->data, COMMAND_LOST) == 0;
    const struct step_news news = {
        .event = STEP_EV_OUT,
        .attempt = x.attempt,
        .is_undo = x.is_undo,
        .cause = CAUSE_OUTCOME,
        .note = arena_printf(d->arena,
                             is_lost ? "VNFM '%s' died while it worked on it; how far it got is "
                                       "unknown"
                                     : "VNFM '%s' did not answer in time",
                             x.v->row->key[VNFR_ENDPOINT])};
    close_silence(d, c);
    run_step(&run, x.op, x.s, &news);
    if (x.s->state == STEP_STATE_UNKNOWN) /* a late answer still decides it */
        command_change(c, d->now + LATE_KEEP_US, c->data);
    else
        decision_close(c);
    operate_due(m, &run);
}

/* Silence is an answer; or a pause is over; or it was queued for too long. */
void operate_timer(struct nsr_model *m, struct command *c)
{
    struct run run;
    if (!operate_run(m, &run))
        return;
    struct about x = about_of(m, &run, c);
    bool is_queued = !strchr(c->subject, '/'), is_nothing = strcmp(c->data, NOTHING_TO_TELL) == 0;
    for (uint32_t i = 0; is_queued && i < run.operations->n; i++)
        if (strcmp(run.operations->at[i]->id, c->subject) == 0)
            run_overdue(&run, run.operations->at[i]);
    decision_close(c);
    if (x.s && x.attempt && step_is_open(x.s) && !on_to_next(m, &run, &x))
        run_step(&run, x.op, x.s,
                 &(struct step_news){
                     .event = STEP_EV_OK,
                     .attempt = x.attempt,
                     .is_undo = x.is_undo,
                     .note = is_nothing ? "nothing was left to tell"
                                        : "sent; its VNFM says nothing when it went well"});
    operate_due(m, &run);
}
