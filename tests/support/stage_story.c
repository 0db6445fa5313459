/* What a decision did, in one line of words, in this order (only what happened):
 *
 *   nsr:A>B              the NSR's phase                    nsr=X        its status
 *   client:A>B           a VNFR's phase                    client=X     its status on the wire
 *   client/E             an entry E was added to its history
 *   host:A>B, host:+A    an instance's phase; a new instance; KIND:A>B an operation's state
 *   +KIND(x) -KIND(x)    commands opened and closed; x: VNF, hostname or id
 *   >key:WORD            sent: action of the body, method, or word of an internal message
 *   =key:WORD            an answer
 *   !E                   an event for subscribers          #E           a note of the NSR's history
 *   stale, empty         outcome */
#include "tests/support/stage.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/states.h"

#include <stdlib.h>
#include <string.h>

static const struct row *before(const struct stage *s, const char *id)
{
    for (uint32_t i = 0; i < s->n_before; i++)
        if (strcmp(s->before[i].id, id) == 0)
            return &s->before[i];
    return NULL;
}

static const char *name_of(const struct stage *s, const char *id)
{
    for (uint32_t i = 0; i < s->d.rows.n; i++) {
        const struct row *r = s->d.rows.at[i];
        if (strcmp(r->id, id) == 0)
            return r->kind == ROW_VNFR ? r->key[VNFR_NAME] : r->key[INSTANCE_HOSTNAME];
    }
    return id;
}

static void word(struct sbuf *out, const char *a, const char *b, const char *c)
{
    sbuf_addf(out, "%s%s%s%s", out->len ? " " : "", a, b, c);
}

static void status(struct stage *s, struct sbuf *out, const char *name, const struct row *was,
                   const struct row *is)
{
    struct row nothing = {.doc = ""};
    json_t *old = stage_record(s, was ? was : &nothing), *new = stage_record(s, is);
    const char *from = stage_text(old, "status"), *to = stage_text(new, "status");
    if (to && (!from || strcmp(from, to) != 0))
        word(out, name, "=", to);
}

static void history(struct stage *s, struct sbuf *out, const char *name, const char *id)
{
    for (uint32_t i = 0; i < s->d.lines.n; i++)
        if (strcmp(s->d.lines.at[i]->subject, id) == 0) {
            struct row line = {.doc = s->d.lines.at[i]->doc};
            word(out, name, "/", stage_text(stage_record(s, &line), "event"));
        }
}

static void rows(struct stage *s, struct sbuf *out)
{
    const struct row *root = s->d.root, *was = root ? before(s, root->id) : NULL;
    if (root && root->kind == ROW_NSR) {
        if (was && was->phase != root->phase)
            sbuf_addf(out, "nsr:%s>%s", nsr_phase_names[was->phase], nsr_phase_names[root->phase]);
        status(s, out, "nsr", was, root);
    }
    for (uint32_t i = 0; i < s->d.rows.n; i++) {
        const struct row *r = s->d.rows.at[i];
        bool is_vnfr = r->kind == ROW_VNFR;
        const char *const *names = is_vnfr                    ? vnfr_phase_names
                                   : r->kind == ROW_OPERATION ? operation_state_words
                                                              : instance_phase_names;
        const char *name = is_vnfr ? r->key[VNFR_NAME] : r->key[INSTANCE_HOSTNAME];
        was = before(s, r->id);
        if (!was)
            word(out, name, ":+", names[r->phase]);
        else if (was->phase != r->phase)
            word(out, arena_printf(&s->arena, "%s:%s", name, names[was->phase]), ">",
                 names[r->phase]);
        if (is_vnfr) {
            status(s, out, name, was, r);
            history(s, out, name, r->id);
        }
    }
}

static void sends(struct stage *s, struct sbuf *out)
{
    for (uint32_t i = 0; i < s->d.sends.n; i++) {
        const struct send *m = s->d.sends.at[i];
        json_t *body = stage_body(s, m);
        const char *what = stage_text(body, "action");
        what = what ? what : stage_text(body, "methodName");
        what = what ? what : stage_text(body, "what");
        word(out, arena_printf(&s->arena, "%c%s", m->is_answer ? '=' : '>', m->key), ":",
             what ? what : "?");
    }
}

const char *stage_story(struct stage *s)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const struct decision *d = &s->d;
    rows(s, &out);
    for (uint32_t i = 0; i < d->commands.n; i++) {
        const struct command *c = d->commands.at[i];
        if (c->mark == ROW_NEW || c->mark == ROW_GONE)
            word(&out, c->mark == ROW_NEW ? "+" : "-", command_names[c->kind],
                 arena_printf(&s->arena, "(%s)", name_of(s, c->subject)));
    }
    sends(s, &out);
    for (uint32_t i = 0; i < d->events.n; i++)
        word(&out, "!", d->events.at[i]->action, "");
    for (uint32_t i = 0; i < d->notes.n; i++) {
        struct row note = {.doc = d->notes.at[i]->doc};
        if (strstr(note.doc, "\"event\":\"STEP\"") || strstr(note.doc, "\"event\":\"SERVER\""))
            continue; /* what the rows' phases say already */
        word(&out, "#", stage_text(stage_record(s, &note), "event"), "");
    }
    if (d->outcome != DECISION_APPLIED)
        word(&out, d->outcome == DECISION_STALE ? "stale" : "empty", "", "");
    return arena_strndup(&s->arena, out.s ? out.s : "", out.len);
}
