/* What people and subscribers learn of an operation: lines of the history, which the live stream is
 * made of, and the event OPERATION. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/document.h"
#include "proto/records/manager.h"

static void put_step(struct sbuf *doc, const struct plan_step *s)
{
    sbuf_addf(doc, ",\"step\":{\"n\":%u,\"attempt\":%u", s->n, s->attempt);
    note_member(doc, "kind", step_kind_word(s->kind));
    note_member(doc, "state", step_state_words[s->state]);
    note_member(doc, "form", s->form == FORM_MESSAGE ? NULL : step_form_words[s->form]);
    sbuf_addc(doc, '}');
}

static void put_operation(struct sbuf *doc, const struct operation *op, const struct plan_step *s)
{
    sbuf_addf(doc, ",\"operation\":{\"steps\":%u", op->n_steps);
    note_member(doc, "id", op->id);
    note_member(doc, "kind", operation_kind_word(op->kind));
    note_member(doc, "state", operation_state_words[op->state]);
    note_member(doc, "origin", op->origin);
    note_member(doc, "askedBy", op->asked_by);
    if (s)
        put_step(doc, s);
    sbuf_addc(doc, '}');
}

static const char *text_of(struct arena *a, const struct operation *op, const struct plan_step *s,
                           const char *what)
{
    const char *who =
        arena_printf(a, "%s %s of %s", operation_kind_word(op->kind), op->id, op->asked_by);
    if (!s)
        return arena_printf(a, "%s: %s", who, what);
    return arena_printf(a, "%s: step %u of %u, %s, %s", who, s->n, op->n_steps,
                        step_kind_word(s->kind), what);
}

void operate_note(struct nsr_model *m, const struct operation *op, const struct plan_step *s,
                  const char *what, const struct fault *fault)
{
    struct decision *d = m->d;
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    note_begin(d, &doc, fault ? "ERROR" : "OPERATION");
    note_member(&doc, "vnfr", s ? s->name : NULL);
    put_operation(&doc, op, s);
    note_member(&doc, "text", text_of(d->arena, op, s, what));
    if (fault) {
        sbuf_adds(&doc, ",\"fault\":");
        proto_encode(&fault_type, fault, PROTO_NO_SECRETS, &doc);
    }
    note_end(d, &doc);
}

/* --- the event -------------------------------------------------------------------------------- */

void operate_is_news(struct operation *op, struct plan_step *s)
{
    op->is_news = true;
    if (s)
        s->is_news = true;
}

bool operate_is_followed(const struct nsr_model *m)
{
    return event_is_wanted(m->d, EVENT_OPERATION, m->d->root->id);
}

static bool is_wanted(const struct decision *d, const struct operation *op)
{
    return event_is_wanted(d, EVENT_OPERATION, d->root->id) ||
           (op->vnfr && event_is_wanted(d, EVENT_OPERATION, op->vnfr));
}

/* The plan once, when it is made; then what became of it: all steps each time would be a square. */
static void leave_news(struct shown_operation *shown, const struct operation *op)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->is_new || op->steps[i].is_news)
            shown->steps.at[kept++] = shown->steps.at[i];
    shown->steps.n = kept;
}

static void emit(struct nsr_model *m, const struct run *run, const struct operation *op)
{
    struct decision *d = m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const struct operation_extras extras = {.run = run, .nsr_name = d->root->key[NSR_NAME]};
    struct shown_operation *shown = operation_show(op, &extras, d->arena);
    shown->project = d->root->key[NSR_PROJECT];
    leave_news(shown, op);
    sbuf_adds(&body, "{\"action\":\"" EVENT_OPERATION "\",\"payload\":");
    proto_encode(&shown_operation_type, shown, PROTO_NO_SECRETS, &body);
    sbuf_addc(&body, '}');
    event_emit(d, EVENT_OPERATION, op->vnfr, &body)->is_of_both = op->vnfr != NULL;
}

/* --- names ------------------------------------------------------------------------------------ */

static void keep_host(const struct service_view *view, struct operation *op, const char *id,
                      struct arena *a)
{
    if (!id || proto_strmap_get(&op->names, id))
        return;
    for (uint32_t v = 0; v < view->n_vnfrs; v++) {
        const struct view_instance *i = view_instance(&view->vnfrs[v], id);
        if (i && i->hostname)
            proto_strmap_set(&op->names, id, i->hostname, a);
    }
}

static void keep_names(struct nsr_model *m, const struct service_view *view, struct operation *op)
{
    const struct view_vnfr *v = op->vnfr ? view_vnfr(view, op->vnfr) : NULL;
    struct arena *a = m->d->arena;
    if (v && v->name && !proto_strmap_get(&op->names, op->vnfr))
        proto_strmap_set(&op->names, op->vnfr, v->name, a);
    keep_host(view, op, op->instance, a);
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *s = &op->steps[i];
        if (!op->is_new && !s->is_news)
            continue;
        keep_host(view, op, s->instance, a);
        for (uint32_t k = 0; k < s->only.n; k++)
            keep_host(view, op, s->only.at[k], a);
    }
}

void operate_publish_one(struct nsr_model *m, const struct run *run, struct operation *op)
{
    if (op->is_news && run->view)
        keep_names(m, run->view, op);
    if (op->is_news && is_wanted(m->d, op))
        emit(m, run, op);
    op->is_news = op->is_new = false;
    for (uint32_t k = 0; k < op->n_steps; k++)
        op->steps[k].is_news = false;
}

void operate_publish(struct nsr_model *m, const struct run *run)
{
    for (uint32_t i = 0; i < run->operations->n; i++)
        operate_publish_one(m, run, run->operations->at[i]);
}
