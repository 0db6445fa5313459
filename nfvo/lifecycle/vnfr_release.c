#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

static void close_commands_of(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    for (uint32_t i = 0; i < d->commands.n; i++)
        if (strcmp(d->commands.at[i]->subject, v->row->id) == 0)
            decision_close(d->commands.at[i]);
}

/* What the VNFM says of it: are there instances that it made itself? Those that were launched for it,
 * in an attempt before, came to it with the grant. */
static bool made_instances(const struct vnfr_member *v, const struct vnfr *record)
{
    for (uint32_t u = 0; record && u < record->vdu.n; u++)
        for (uint32_t i = 0; i < record->vdu.at[u]->vnfc_instance.n; i++) {
            const char *id = record->vdu.at[u]->vnfc_instance.at[i]->id;
            if (!id || !model_instance_by_id(v->m, id))
                return true;
        }
    return false;
}

/* Before its servers were there no script ran; but a VNFM of ours that makes them itself does not ask
 * for them. One that failed before it asked has none: a RESUME would find nothing to run on, and be
 * answered as done. That of a RESUME says nothing of what it resumed, which may have run: it is
 * resumed again. A foreign one may be asked to INSTANTIATE again in any case. */
static bool may_have_run(const struct vnfr_turn *t)
{
    const struct vnfr_member *v = t->v;
    const struct vnfm_or *msg = t->in->msg;
    int phase = v->row->phase;
    return phase >= VNFR_ALLOCATED ||
           (phase == VNFR_GRANTED && v->st->correlates &&
            (v->st->is_resuming || !msg || made_instances(v, msg->record)));
}

/* One of ours that makes its servers itself may have run everything, and nothing is known of them that
 * a RESUME would run on: the same request again, it gives its answer again. */
static bool is_unreadable(const struct vnfr_member *v)
{
    return v->m->d->in->event == EV_BAD_REPLY && v->st->correlates &&
           v->row->phase < VNFR_ALLOCATED;
}

static bool is_answered(const struct decision *d, const char *command)
{
    return (d->in->event == EV_VNFM_ANSWER || d->in->event == EV_BAD_REPLY) && d->in->command &&
           strcmp(d->in->command, command) == 0;
}

/* What it takes to go on from here (vnfr_resume.c). */
static void remember_failure(const struct vnfr_turn *t)
{
    struct vnfr_member *v = t->v;
    const struct decision *d = v->m->d;
    int phase = v->row->phase;
    enum fault_cause cause = t->in->cause ? t->in->cause : CAUSE_RESOURCES;
    const char *command = NULL;
    for (uint32_t i = 0; vnfr_in_hand(v) != STEP_NO && i < d->commands.n; i++) /* the last one */
        if (command_is_to(COMMAND_TO_VNFM, d->commands.at[i]->kind) &&
            strcmp(d->commands.at[i]->subject, v->row->id) == 0)
            command = d->commands.at[i]->id;
    if (is_unreadable(v))
        cause = CAUSE_OUTCOME;
    else if (!may_have_run(t) && (cause == CAUSE_SCRIPT || !v->st->correlates))
        cause = CAUSE_RESOURCES;
    v->st->failed_in = vnfr_phase_names[phase];
    v->st->failed_by = fault_cause_words[cause];
    v->st->failed_command = command;
    v->st->may_run_yet = command && !is_answered(d, command);
    v->st->is_resuming = false;
    member_changed(v);
}

int on_fault(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    const struct vnfr_input *in = t->in;
    struct vnfr_member *v = t->v;
    struct decision *d = v->m->d;
    remember_failure(t);
    close_commands_of(v); /* what still comes for them is stale */
    struct fault *f =
        vnfr_fault(v, in->err, in->component ? in->component : "nfvo", in->detail, in->peer_fault);
    v->failed_with = f;
    vnfr_set_status(v, VNFR_FAILED);
    if (in->msg)
        vnfr_merge_history(v, in->msg->record);
    vnfr_history(v, "ERROR", f->message);
    if (v->st->reply_to)
        answer_with_error(v, arena_printf(d->arena, "%s", f->message));
    nsr_note(v->m, "ERROR", v->row->key[VNFR_NAME], NULL, f);
    vnfr_event(v, ACTION_ERROR);
    return VNFR_FAILED;
}

int vnfr_fail(const struct vnfr_turn *t, const struct err *err, const char *component)
{
    struct vnfr_input in = *t->in;
    in.err = err;
    in.component = component;
    return on_fault(&(struct vnfr_turn){.v = t->v, .in = &in});
}

int on_hold(void *ctx)
{
    close_commands_of(turn_vnfr(ctx));
    return VNFR_HELD;
}

/* The VNFM never learned the record's id (no GRANT was answered): nothing is to be released there.
 * Whoever waits gets an Error; what still comes meets a record that is gone, and is answered with
 * an Error too. */
int on_release_unknown(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    close_commands_of(v);
    if (v->st->reply_to)
        answer_with_error(v, "the VNF is released");
    return VNFR_GONE;
}

int vnfr_begin_release(struct vnfr_member *v)
{
    close_commands_of(v);
    if (v->st->reply_to)
        answer_with_error(v, "the VNF is released");
    vnfr_set_status(v, VNFR_RELEASING);
    send_release(v);
    return VNFR_RELEASING;
}

int on_release(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    if (launches_pending(v)) /* their outcome first; then the VNFM's question is answered, too */
        return VNFR_UNDOING;
    return member_vnfr(v) ? vnfr_begin_release(v) : on_release_unknown(ctx);
}

int on_released(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    if (t->in->msg)
        vnfr_merge_history(v, t->in->msg->record);
    vnfr_history(v, "RELEASE", "");
    vnfr_event(v, ACTION_RELEASE_RESOURCES);
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (strcmp(v->m->instances[i].row->key[INSTANCE_VNFR], v->row->id) == 0)
            instance_delete(v->m, &v->m->instances[i]);
    return vnfr_has_servers(v) ? VNFR_DELETING : VNFR_GONE;
}

int on_server_gone(void *ctx)
{
    return vnfr_has_servers(turn_vnfr(ctx)) ? VNFR_DELETING : VNFR_GONE;
}
