#include "nfvo/lifecycle/notify.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"
#include "proto/records/manager.h"

#include <string.h>

#define DESCRIPTION_MAX 1024
#define NAME_MAX_BYTES  255  /* host and script of a fault */
#define OUTPUT_MAX      4096 /* its end counts */
#define HINT_MAX        1024
#define CAUSES_MAX      8
#define TIME_MAX        64  /* of a line of a VNFM's history */
#define SAID_MAX        100 /* of such lines in one message */

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
    if (!member_vnfr(v))
        return;
    model_add_line(
        v,
        &(struct history_event){
            .id = decision_new_id(d), /* the CLI needs an id in every listed object: 3.1 */
            .event = event,
            .description = description ? text_cut(d->arena, description, DESCRIPTION_MAX) : "",
            .executed_at = timestamp_executed(d->arena, d->now)},
        "");
}

static bool is_noted(const struct decision *d, const struct vnfr_member *v, const char *key)
{
    for (uint32_t i = 0; i < d->lines.n; i++)
        if (strcmp(d->lines.at[i]->subject, v->row->id) == 0 &&
            strcmp(d->lines.at[i]->key, key) == 0)
            return true;
    return false;
}

void vnfr_merge_history(struct vnfr_member *v, const struct vnfr *record)
{
    struct decision *d = v->m->d;
    uint32_t taken = 0;
    if (!record || !member_vnfr(v))
        return;
    for (uint32_t i = 0; i < record->lifecycle_event_history.n && taken < SAID_MAX; i++) {
        const struct history_event *said = record->lifecycle_event_history.at[i];
        if (said->id || !said->event)
            continue;
        struct history_event h = {.id = decision_new_id(d),
                                  .event = text_cut(d->arena, said->event, NAME_MAX_BYTES),
                                  .description =
                                      text_cut(d->arena, said->description, DESCRIPTION_MAX),
                                  .executed_at = text_cut(d->arena, said->executed_at, TIME_MAX)};
        const char *key =
            arena_printf(d->arena, "%s\n%s\n%s", h.event, h.executed_at ? h.executed_at : "",
                         h.description ? h.description : "");
        if (is_noted(d, v, key))
            continue;
        model_add_line(v, &h, key);
        taken++;
    }
}

void note_member(struct sbuf *doc, const char *name, const char *value)
{
    if (!value)
        return;
    sbuf_addf(doc, ",\"%s\":", name);
    proto_quotes(doc, value);
}

/* The project stands in each line: whoever may see the NSR may see its history when it is gone. */
void note_begin(const struct decision *d, struct sbuf *doc, const char *event)
{
    sbuf_adds(doc, "{\"event\":");
    proto_quotes(doc, event);
    note_member(doc, "project", d->root->key[NSR_PROJECT]);
}

void note_end(struct decision *d, struct sbuf *doc)
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
    note_member(&doc, "vnfr", vnfr_name);
    note_member(&doc, "text", text);
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
    note_member(&doc, "vnfr", vnfr_name);
    note_member(&doc, "host", host);
    note_member(&doc, "from", from);
    note_member(&doc, "to", to);
    note_member(&doc, "text", text);
    note_end(m->d, &doc);
}

void nsr_note_logs(struct nsr_model *m, const char *vnfr_name, const char *host,
                   const struct proto_strs *lines)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    note_begin(m->d, &doc, HISTORY_LOGS);
    note_member(&doc, "nsr", m->d->root->key[NSR_NAME]);
    note_member(&doc, "vnfr", vnfr_name);
    note_member(&doc, "host", host);
    sbuf_adds(&doc, ",\"lines\":[");
    for (uint32_t i = 0; i < lines->n; i++) {
        sbuf_adds(&doc, i ? "," : "");
        proto_quotes(&doc, lines->at[i]);
    }
    sbuf_addc(&doc, ']');
    note_end(m->d, &doc);
}

/* Filter of amqp-protocol.md 8.2: a VNFR filter takes only that VNFR, else an NSR filter only that
 * NSR itself. So the subject of a subscription is one id, or "". */
bool event_is_wanted(const struct decision *d, const char *event, const char *subject)
{
    for (uint32_t i = 0; i < d->facts.n; i++) {
        const struct row *r = d->facts.at[i];
        if (r->kind == ROW_INTEREST && event_is_named(r->key[INTEREST_EVENT], event) &&
            (strcmp(r->key[INTEREST_PROJECT], "*") == 0 ||
             strcmp(r->key[INTEREST_PROJECT], d->root->key[NSR_PROJECT]) == 0) &&
            (!*r->key[INTEREST_SUBJECT] || strcmp(r->key[INTEREST_SUBJECT], subject) == 0))
            return true;
    }
    return false;
}

struct outgoing_event *event_emit(struct decision *d, const char *event, const char *vnfr_id,
                                  const struct sbuf *body)
{
    struct outgoing_event *e = arena_alloc(d->arena, sizeof(*e));
    *e = (struct outgoing_event){.action = event,
                                 .project_id = d->root->key[NSR_PROJECT],
                                 .nsr_id = d->root->id,
                                 .vnfr_id = vnfr_id,
                                 .body = arena_strndup(d->arena, body->s, body->len)};
    proto_list_add(&d->events, e, d->arena);
    return e;
}

void vnfr_event(struct vnfr_member *v, enum action action)
{
    struct decision *d = v->m->d;
    if (!member_vnfr(v) || !event_is_wanted(d, action_word(action), v->row->id))
        return;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&body, "{\"action\":\"%s\",\"payload\":", action_word(action));
    proto_encode(&vnfr_type, member_vnfr(v), PROTO_COMPLETE | PROTO_NO_SECRETS, &body);
    sbuf_addc(&body, '}');
    event_emit(d, action_word(action), v->row->id, &body);
}

void nsr_event(struct nsr_model *m, enum action action)
{
    struct decision *d = m->d;
    if (!event_is_wanted(d, action_word(action), d->root->id))
        return;
    struct nsr *nsr = model_nsr(m);
    nsr->vnfr = (struct vnfr_list){0};
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (!m->vnfrs[i].is_dropped && member_vnfr(&m->vnfrs[i]))
            proto_list_add(&nsr->vnfr, m->vnfrs[i].vnfr, d->arena);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&body, "{\"action\":\"%s\",\"payload\":", action_word(action));
    proto_encode(&nsr_type, nsr, PROTO_COMPLETE | PROTO_NO_SECRETS, &body);
    sbuf_addc(&body, '}');
    nsr->vnfr = (struct vnfr_list){0};
    event_emit(d, action_word(action), NULL, &body);
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
                         const char *detail, const struct fault *peer)
{
    struct decision *d = v->m->d;
    struct fault *f = fault_from_err(
        err, component, arena_printf(d->arena, "vnfr %s (%s)", v->row->key[VNFR_NAME], v->row->id),
        d->arena);
    f->at = timestamp_executed(d->arena, d->now);
    fault_add_cause(f, detail, CAUSE_MAX, d->arena);
    fault_add_peers(d, f, peer);
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
