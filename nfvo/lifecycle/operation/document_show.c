#include "nfvo/lifecycle/operation/document.h"

#include <string.h>
#include <time.h>

const char *operation_time(int64_t us, struct arena *a)
{
    char text[32];
    struct tm tm;
    time_t s = (time_t)(us / USEC_PER_SEC);
    if (us <= 0 || !gmtime_r(&s, &tm))
        return NULL;
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    return arena_printf(a, "%s.%03dZ", text, (int)(us % USEC_PER_SEC / USEC_PER_MS));
}

static const struct view_vnfr *vnfr_of(const struct operation_extras *x, const char *id)
{
    return x->run && x->run->view ? view_vnfr(x->run->view, id) : NULL;
}

/* As the operation keeps it: what it names may be gone. */
static const char *kept_name(const struct operation *op, const char *id)
{
    const char *name = proto_strmap_get(&op->names, id);
    return name && *name ? name : NULL;
}

/* Of whichever VNFR: a target is told of another one's. */
static const char *hostname_of(const struct operation_extras *x, const struct operation *op,
                               const char *id)
{
    for (uint32_t v = 0; x->run && x->run->view && v < x->run->view->n_vnfrs; v++) {
        const struct view_instance *i = view_instance(&x->run->view->vnfrs[v], id);
        if (i && i->hostname)
            return i->hostname;
    }
    return kept_name(op, id) ? kept_name(op, id) : id;
}

static const char *vnfr_name(const struct operation_extras *x, const struct operation *op)
{
    const struct view_vnfr *v = vnfr_of(x, op->vnfr);
    if (v && v->name && *v->name)
        return v->name;
    for (uint32_t i = 0; i < op->n_steps; i++) /* of operations from before names were kept */
        if (op->steps[i].name && op->steps[i].vnfr && strcmp(op->steps[i].vnfr, op->vnfr) == 0)
            return op->steps[i].name;
    return kept_name(op, op->vnfr);
}

/* "the instance of step 2": its server is not made yet, or was never. */
static const char *to_be_made(const struct operation *op, const char *component, struct arena *a)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (s->kind == STEP_SCALE_OUT && s->component && strcmp(s->component, component) == 0)
            return s->instance && kept_name(op, s->instance)
                       ? kept_name(op, s->instance)
                       : arena_printf(a, "the instance of step %u", s->n);
    }
    return NULL;
}

/* Names of what `only` names: instances may be of any VNFR. */
static void only_of(const struct operation_extras *x, const struct operation *op,
                    const struct plan_step *s, struct proto_strs *ret, struct arena *a)
{
    for (uint32_t k = 0; k < s->only.n; k++) {
        const char *id = s->only.at[k], *made = to_be_made(op, id, a);
        const char *name = kept_name(op, id) ? kept_name(op, id) : made ? made : id;
        for (uint32_t v = 0; x->run && x->run->view && v < x->run->view->n_vnfrs; v++) {
            const struct view_vnfr *vnfr = &x->run->view->vnfrs[v];
            const struct view_instance *i = view_instance(vnfr, s->only.at[k]);
            for (uint32_t c = 0; !i && c < vnfr->n_instances; c++)
                if (vnfr->instances[c].component &&
                    strcmp(vnfr->instances[c].component, s->only.at[k]) == 0)
                    i = &vnfr->instances[c];
            bool is_it = vnfr->name && strcmp(vnfr->id, s->only.at[k]) == 0;
            name = i && i->hostname ? i->hostname : is_it ? vnfr->name : name;
        }
        proto_list_add(ret, name, a);
    }
}

static const char *peer_of(const struct plan_step *s)
{
    static const char *const peers[] = {
        [PEER_NFVO] = NULL, [PEER_VNFM] = "vnfm", [PEER_DRIVER] = "vim-driver", [PEER_POP] = "pop"};
    return peers[step_kinds[s->kind].peer];
}

static const char *sentence(const struct plan_step *s, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (const char *c = step_kinds[s->kind].sentence; *c; c++)
        if (c[0] == '%' && c[1] == 's') {
            sbuf_addf(&out, "'%s'", s->name ? s->name : "");
            c++;
        } else {
            sbuf_addc(&out, *c);
        }
    return arena_strndup(a, out.s, out.len);
}

static struct shown_step *show_step(const struct operation *op, const struct plan_step *s,
                                    const struct operation_extras *x, struct arena *a)
{
    struct shown_step *r = proto_new(&shown_step_type, a);
    r->n = s->n;
    r->kind = step_kind_word(s->kind);
    r->of = s->name;
    r->instance = s->instance ? hostname_of(x, op, s->instance) : NULL;
    r->component = s->component;
    r->vdu = s->vdu;
    r->pop = s->pop;
    r->mode = s->mode;
    only_of(x, op, s, &r->only, a);
    r->after = operation_numbers(&s->after, a);
    r->state = step_state_words[s->state];
    r->if_changed = s->if_changed;
    r->attempt = s->state == STEP_STATE_PLANNED && s->attempt == 1 ? 0 : s->attempt;
    r->form = s->form != FORM_MESSAGE ? step_form_words[s->form] : NULL;
    r->sent_at = peer_of(s) ? operation_time(s->sent_at, a) : NULL;
    r->done_at = operation_time(s->done_at, a);
    r->not_before = operation_time(s->not_before_at, a);
    r->stage = s->stage;
    r->peer = peer_of(s);
    r->undo = step_undos[s->undo].word;
    r->sentence = sentence(s, a);
    r->reason = s->reason;
    r->on_failure = s->policy != POLICY_DEFAULT && op->policy == POLICY_DEFAULT
                        ? fault_policy_words[s->policy]
                        : NULL;
    r->attempts = operation_attempts(op, s) > 1 ? operation_attempts(op, s) : 0;
    r->note = s->note;
    r->fault = s->fault;
    r->late_fault = s->late_fault;
    if (x->add)
        x->add(x->arg, s, r);
    return r;
}

static struct shown_subject *subject(const char *id, const char *name, struct arena *a)
{
    struct shown_subject *r = proto_new(&shown_subject_type, a);
    r->id = id;
    r->name = name;
    return r;
}

/* What a rollback would not bring back, once each. */
static void cannot_undo(const struct operation *op, struct proto_strs *ret, struct arena *a)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        const char *text = NULL;
        if (s->undo == UNDO_NEVER && operation_kinds[op->kind].rollback != ROLLBACK_NEVER)
            text = arena_printf(a, "step %u: %s", s->n, sentence(s, a));
        else if (s->kind == STEP_REBUILD)
            text = arena_printf(a, "step %u: what was written to the disk since its launch", s->n);
        if (text)
            proto_list_add(ret, text, a);
    }
}

/* What was left out because the operation ended before it is not done. */
static bool is_over(const struct operation *op, const struct plan_step *s)
{
    bool has_failed =
        op->state == OPERATION_STATE_FAILED || op->state == OPERATION_STATE_ROLLED_BACK;
    return step_is_satisfied(s) && !(has_failed && s->state == STEP_STATE_SKIPPED);
}

struct shown_operation *operation_show(const struct operation *op, const struct operation_extras *x,
                                       struct arena *a)
{
    struct shown_operation *r = proto_new(&shown_operation_type, a);
    r->id = x->is_plan ? NULL : op->id;
    r->kind = operation_kind_word(op->kind);
    r->state = x->is_plan ? NULL : operation_state_words[op->state];
    r->origin = op->origin;
    r->asked_by = op->asked_by;
    r->asked_at = x->is_plan ? NULL : operation_time(op->asked_at, a);
    r->state_at = x->is_plan ? NULL : operation_time(op->state_at, a);
    r->ended_at = operation_time(op->ended_at, a);
    r->queued_until =
        op->state == OPERATION_STATE_STARTING ? operation_time(op->queue_until_at, a) : NULL;
    r->nsr = subject(op->nsr, x->nsr_name, a);
    r->vnfr = op->vnfr ? subject(op->vnfr, vnfr_name(x, op), a) : NULL;
    r->instance = op->instance ? subject(op->instance, hostname_of(x, op, op->instance), a) : NULL;
    if (x->parameters)
        r->parameters = (struct proto_raw){.at = x->parameters, .n = strlen(x->parameters)};
    r->on_failure = op->policy != POLICY_DEFAULT ? fault_policy_words[op->policy] : NULL;
    r->cancel = op->cancel != CANCEL_NO ? cancel_mode_words[op->cancel] : NULL;
    r->is_cancel_pending = op->cancel != CANCEL_NO && !operation_is_final(op);
    r->is_rollback_pending = op->is_rollback_pending;
    r->is_undo_failed = op->is_undo_failed;
    r->is_partial = op->is_partial;
    r->superseded_by = op->superseded_by;
    r->fault = op->fault;
    r->progress = proto_new(&shown_progress_type, a);
    r->progress->of = op->n_steps;
    r->basis = x->basis;
    r->warnings = x->warnings;
    r->refused = x->refused;
    r->pops = x->pops;
    r->differs = x->differs;
    const char *name = x->nsr_name ? x->nsr_name : op->nsr;
    if (x->run && !x->is_plan)
        run_next(x->run, op, name, &r->next);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        r->progress->done += is_over(op, &op->steps[i]);
        r->has_late_fault = r->has_late_fault || op->steps[i].late_fault;
        proto_list_add(&r->steps, show_step(op, &op->steps[i], x, a), a);
    }
    cannot_undo(op, &r->cannot_undo, a);
    return r;
}
