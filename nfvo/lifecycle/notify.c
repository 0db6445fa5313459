#include "nfvo/lifecycle/notify.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"

#include <string.h>

#define DESCRIPTION_MAX 1024
#define NAME_MAX_BYTES  255  /* host and script of a fault */
#define OUTPUT_MAX      4096 /* its end counts */
#define HINT_MAX        1024
#define CAUSES_MAX      8

const char *text_cut(struct arena *a, const char *text, size_t max)
{
    return text ? arena_strndup(a, text, utf8_cut(text, strnlen(text, max))) : NULL;
}

static const char *text_end(struct arena *a, const char *text, size_t max)
{
    size_t n = text ? strlen(text) : 0;
    if (n > max) {
        text += n - max;
        while (((unsigned char)*text & 0xc0) == 0x80) /* begins inside of a character */
            text++;
    }
    return arena_strdup(a, text);
}

void vnfr_history(struct vnfr_member *v, const char *event, const char *description)
{
    struct decision *d = v->m->d;
    struct vnfr *vnfr = member_vnfr(v);
    if (!vnfr)
        return;
    struct history_event *h = proto_new(&history_event_type, d->arena);
    h->id = decision_new_id(d); /* the CLI needs an id in every listed object: rest-api.md 3.1 */
    h->event = event;
    h->description = description ? text_cut(d->arena, description, DESCRIPTION_MAX) : "";
    h->executed_at = timestamp_executed(d->arena, d->now);
    proto_list_add(&vnfr->lifecycle_event_history, h, d->arena);
    member_changed(v);
}

static void add_member(struct sbuf *doc, const char *name, const char *value)
{
    if (!value)
        return;
    sbuf_addf(doc, ",\"%s\":", name);
    proto_quotes(doc, value);
}

/* The project stands in each line: whoever may see the NSR may see its history when it is gone. */
static void note_begin(const struct decision *d, struct sbuf *doc, const char *event)
{
    sbuf_adds(doc, "{\"event\":");
    proto_quotes(doc, event);
    add_member(doc, "project", d->root->key[NSR_PROJECT]);
}

static void note_end(struct decision *d, struct sbuf *doc)
{
    sbuf_addf(doc, ",\"at\":\"%s\"}", timestamp_executed(d->arena, d->now));
    struct history_note *n = arena_alloc(d->arena, sizeof(*n));
    n->doc = arena_strndup(d->arena, doc->s, doc->len);
    proto_list_add(&d->notes, n, d->arena);
}

void nsr_note(struct nsr_model *m, const char *event, const char *vnfr_name, const char *text,
              const struct fault *fault)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    note_begin(m->d, &doc, event);
    add_member(&doc, "vnfr", vnfr_name);
    add_member(&doc, "text", text);
    if (fault) {
        sbuf_adds(&doc, ",\"fault\":");
        proto_encode(&fault_type, fault, PROTO_NO_SECRETS, &doc);
    }
    note_end(m->d, &doc);
}

void nsr_note_step(struct nsr_model *m, const char *vnfr_name, const char *host, const char *from,
                   const char *to, const char *text)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    note_begin(m->d, &doc, host ? "SERVER" : "STEP");
    add_member(&doc, "vnfr", vnfr_name);
    add_member(&doc, "host", host);
    add_member(&doc, "from", from);
    add_member(&doc, "to", to);
    add_member(&doc, "text", text);
    note_end(m->d, &doc);
}

static bool equal_or_empty(const char *filter, const char *value)
{
    return !*filter || (value && strcmp(filter, value) == 0);
}

/* Filter of amqp-protocol.md 8.2: a VNFR filter takes only that VNFR, else an NSR filter only that
 * NSR itself. */
static bool subscribed(const struct row *s, enum action action, const char *project,
                       const char *nsr, const char *vnfr)
{
    if (strcmp(s->key[SUBSCRIPTION_EVENT], action_word(action)) != 0)
        return false;
    if (strcmp(s->key[SUBSCRIPTION_PROJECT], "*") != 0 &&
        strcmp(s->key[SUBSCRIPTION_PROJECT], project) != 0)
        return false;
    if (*s->key[SUBSCRIPTION_VNFR])
        return equal_or_empty(s->key[SUBSCRIPTION_VNFR], vnfr);
    return !*s->key[SUBSCRIPTION_NSR] || (!vnfr && strcmp(s->key[SUBSCRIPTION_NSR], nsr) == 0);
}

static void emit(struct decision *d, enum action action, const char *vnfr_id, const char *body)
{
    for (uint32_t i = 0; i < d->facts.n; i++) {
        const struct row *s = d->facts.at[i];
        if (s->kind != ROW_SUBSCRIPTION ||
            !subscribed(s, action, d->root->key[NSR_PROJECT], d->root->id, vnfr_id))
            continue;
        struct outgoing_event *e = arena_alloc(d->arena, sizeof(*e));
        *e = (struct outgoing_event){.action = action_word(action),
                                     .project_id = d->root->key[NSR_PROJECT],
                                     .nsr_id = d->root->id,
                                     .vnfr_id = vnfr_id,
                                     .endpoint_id = s->id,
                                     .body = body};
        proto_list_add(&d->events, e, d->arena);
    }
}

static bool anyone(struct decision *d, enum action action, const char *vnfr_id)
{
    for (uint32_t i = 0; i < d->facts.n; i++)
        if (d->facts.at[i]->kind == ROW_SUBSCRIPTION &&
            subscribed(d->facts.at[i], action, d->root->key[NSR_PROJECT], d->root->id, vnfr_id))
            return true;
    return false;
}

void vnfr_event(struct vnfr_member *v, enum action action)
{
    struct decision *d = v->m->d;
    if (!member_vnfr(v) || !anyone(d, action, v->row->id))
        return;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&body, "{\"action\":\"%s\",\"payload\":", action_word(action));
    proto_encode(&vnfr_type, member_vnfr(v), PROTO_COMPLETE | PROTO_NO_SECRETS, &body);
    sbuf_addc(&body, '}');
    emit(d, action, v->row->id, arena_strndup(d->arena, body.s, body.len));
}

void nsr_event(struct nsr_model *m, enum action action)
{
    struct decision *d = m->d;
    if (!anyone(d, action, NULL))
        return;
    struct nsr *nsr = model_nsr(m);
    nsr->vnfr = (struct vnfr_list){0};
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (member_vnfr(&m->vnfrs[i]))
            proto_list_add(&nsr->vnfr, m->vnfrs[i].vnfr, d->arena);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&body, "{\"action\":\"%s\",\"payload\":", action_word(action));
    proto_encode(&nsr_type, nsr, PROTO_COMPLETE | PROTO_NO_SECRETS, &body);
    sbuf_addc(&body, '}');
    nsr->vnfr = (struct vnfr_list){0};
    emit(d, action, NULL, arena_strndup(d->arena, body.s, body.len));
}

/* Its code is kept when it is one of ours: a script whose outcome is unknown is not one that
 * failed. err.hint is cut to what fits an error value; the peer's own is not. */
void fault_add_peers(struct decision *d, struct fault *f, const struct fault *peer)
{
    if (!peer)
        return;
    const enum err_code code = peer->code ? err_from_name(peer->code) : ERR_INTERNAL;
    if (code != ERR_OK && code != ERR_INTERNAL)
        f->code = err_name(code);
    f->host = text_cut(d->arena, peer->host, NAME_MAX_BYTES);
    f->script = text_cut(d->arena, peer->script, NAME_MAX_BYTES);
    f->exit_code = peer->exit_code;
    f->output_tail = text_end(d->arena, peer->output_tail, OUTPUT_MAX);
    if (peer->hint && *peer->hint)
        f->hint = text_cut(d->arena, peer->hint, HINT_MAX);
    for (uint32_t i = 0; i < peer->causes.n && i < CAUSES_MAX; i++)
        fault_add_cause(f, peer->causes.at[i], HINT_MAX, d->arena);
}

struct fault *vnfr_fault(struct vnfr_member *v, const struct err *err, const char *component,
                         const char *detail)
{
    struct decision *d = v->m->d;
    struct fault *f = fault_from_err(
        err, component, arena_printf(d->arena, "vnfr %s (%s)", v->row->key[VNFR_NAME], v->row->id),
        d->arena);
    f->at = timestamp_executed(d->arena, d->now);
    fault_add_cause(f, detail, CAUSE_MAX, d->arena);
    fault_add_peers(d, f, v->peer_fault);
    if (member_vnfr(v)) {
        v->vnfr->fault = f;
        member_changed(v);
    }
    if (!model_nsr(v->m)->fault) { /* the first cause stays */
        v->m->nsr->fault = f;
        model_changed(v->m);
    }
    return f;
}
