#include "tests/support/stage.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/deadlines.h"
#include "nfvo/lifecycle/domain.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void make_id(void *ctx, char out[ID_SIZE])
{
    struct stage *s = ctx;
    snprintf(out, ID_SIZE, "id-%lld", (long long)++s->new_ids);
}

static int64_t next_number(void *ctx)
{
    struct stage *s = ctx;
    return s->numbers++;
}

void stage_init(struct stage *s, int agg_kind, const char *agg)
{
    *s = (struct stage){.settings = LIFECYCLE_SETTINGS_DEFAULT,
                        .now = 1000000 * USEC_PER_SEC,
                        .numbers = 100,
                        .agg_kind = agg_kind,
                        .agg = agg};
    s->ids = (struct ids){.ctx = s, .make = make_id, .number = next_number};
    nfvo_domain_init(&s->domain, &s->settings);
}

void stage_release(struct stage *s)
{
    for (uint32_t i = 0; i < s->n_json; i++)
        json_decref(s->json[i]);
    arena_release(&s->arena);
}

/* --- facts ------------------------------------------------------------------------------------ */

static struct row *add_fact(struct stage *s, int kind, const char *id)
{
    struct row *r = arena_alloc(&s->arena, sizeof(*r));
    *r = (struct row){.kind = (uint8_t)kind, .id = id, .agg = "", .doc = "", .state = ""};
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        r->key[i] = "";
    proto_list_add(&s->facts, r, &s->arena);
    return r;
}

struct row *stage_pop(struct stage *s, const char *id, const char *type, const char *doc)
{
    struct row *r = add_fact(s, ROW_POP, id);
    r->key[POP_TYPE] = type;
    r->doc = arena_printf(&s->arena,
                          "{\"id\":\"%s\",\"name\":\"%s\",\"type\":\"%s\",\"hbVersion\":7%s%s}", id,
                          id, type, doc ? "," : "", doc ? doc : "");
    stage_pop_is_fresh(s, r, false);
    return r;
}

void stage_pop_is_fresh(struct stage *s, struct row *pop, bool is_fresh)
{
    const char *rest = strchr(pop->state, ','); /* what a test said of it stays */
    pop->state = arena_printf(&s->arena, "{\"refreshedAt\":%lld%s",
                              (long long)(is_fresh ? s->now : s->now - 3600 * USEC_PER_SEC),
                              rest ? rest : "}");
}

struct row *stage_driver(struct stage *s, const char *queue, const char *capabilities)
{
    struct row *r = add_fact(s, ROW_DRIVER, queue);
    r->key[DRIVER_CAPABILITIES] = capabilities;
    return r;
}

struct row *stage_image(struct stage *s, const char *id, const char *project, const char *name)
{
    struct row *r = add_fact(s, ROW_IMAGE, id);
    r->key[IMAGE_PROJECT] = project;
    r->key[IMAGE_NAME] = name;
    r->doc = arena_printf(&s->arena, "{\"id\":\"%s\",\"name\":\"%s\",\"diskFormat\":\"qcow2\"}", id,
                          name);
    return r;
}

void stage_use(struct stage *s, const char *pop, const char *flavour, int n)
{
    static const int kinds[] = {ROW_USE, ROW_USE_OF_NSR};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct row *r = add_fact(s, kinds[i], arena_printf(&s->arena, "%s %s", pop, flavour));
        r->key[USE_POP] = pop;
        r->key[USE_FLAVOUR] = flavour;
        r->key[USE_N] = arena_printf(&s->arena, "%d", n);
    }
}

void stage_subscribe(struct stage *s, const char *id, const char *project, const char *event,
                     const char *subject)
{
    struct row *r = add_fact(s, ROW_INTEREST, id);
    r->key[INTEREST_PROJECT] = project;
    r->key[INTEREST_EVENT] = event;
    r->key[INTEREST_SUBJECT] = subject;
}

void stage_forget(struct stage *s, const char *fact_id)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->facts.n; i++)
        if (strcmp(s->facts.at[i]->id, fact_id) != 0)
            s->facts.at[n++] = s->facts.at[i];
    s->facts.n = n;
}

/* --- intents ---------------------------------------------------------------------------------- */

static unsigned fact_bit(int row_kind)
{
    return row_kind == ROW_POP          ? FACT_POPS
           : row_kind == ROW_INTEREST   ? FACT_SUBSCRIPTIONS
           : row_kind == ROW_USE        ? FACT_USE
           : row_kind == ROW_USE_OF_NSR ? FACT_USE_OF_NSR
           : row_kind == ROW_VNFM       ? FACT_VNFMS
           : row_kind == ROW_IMAGE      ? FACT_IMAGES
                                        : FACT_DRIVERS;
}

static struct row *copy_of(struct stage *s, const struct row *r)
{
    struct row *copy = arena_alloc(&s->arena, sizeof(*copy));
    *copy = *r;
    copy->mark = ROW_CLEAN;
    copy->decoded = NULL;
    return copy;
}

/* Everything anew, as the engine's store would read it. */
static void set_scene(struct stage *s, const struct intent *in)
{
    struct decision *d = &s->d;
    *d = (struct decision){.arena = &s->arena,
                           .ids = &s->ids,
                           .now = s->now,
                           .settings = &s->settings,
                           .in = in,
                           .err = ERR_INIT};
    s->n_before = 0;
    s->before = arena_alloc(&s->arena, (s->rows.n + 1) * sizeof(*s->before));
    if (s->root) {
        s->before[s->n_before++] = *s->root;
        d->root = copy_of(s, s->root);
    }
    for (uint32_t i = 0; i < s->rows.n; i++) {
        s->before[s->n_before++] = *s->rows.at[i];
        proto_list_add(&d->rows, copy_of(s, s->rows.at[i]), &s->arena);
    }
    for (uint32_t i = 0; i < s->commands.n; i++) {
        struct command *c = arena_alloc(&s->arena, sizeof(*c));
        *c = *s->commands.at[i];
        proto_list_add(&d->commands, c, &s->arena);
    }
    for (uint32_t i = 0; i < s->facts.n; i++)
        if (in->facts & fact_bit(s->facts.at[i]->kind))
            proto_list_add(&d->facts, copy_of(s, s->facts.at[i]), &s->arena);
}

static struct row *row_of(const struct rows *rows, const struct row *r)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (rows->at[i]->kind == r->kind && strcmp(rows->at[i]->id, r->id) == 0)
            return rows->at[i];
    return NULL;
}

/* As the engine saves: what was not touched stays as it was; NULL: it was never there. */
static struct row *saved(struct stage *s, const struct row *r, struct row *was)
{
    return r->mark == ROW_GONE ? NULL : r->mark == ROW_CLEAN ? was : copy_of(s, r);
}

static void write_back(struct stage *s)
{
    struct decision *d = &s->d;
    const struct rows before = s->rows;
    s->root = d->root ? saved(s, d->root, s->root) : NULL;
    if (s->root)
        s->root->seq += d->sends.n; /* the engine numbers the outbox */
    s->rows = (struct rows){0};
    s->commands = (struct commands){0};
    for (uint32_t i = 0; s->root && i < d->rows.n; i++) {
        struct row *r = saved(s, d->rows.at[i], row_of(&before, d->rows.at[i]));
        if (r)
            proto_list_add(&s->rows, r, &s->arena);
    }
    for (uint32_t i = 0; i < d->commands.n; i++)
        if (d->commands.at[i]->mark != ROW_GONE) {
            struct command *c = arena_alloc(&s->arena, sizeof(*c));
            *c = *d->commands.at[i];
            c->mark = ROW_CLEAN;
            proto_list_add(&s->commands, c, &s->arena);
        }
}

struct decision *stage_decide(struct stage *s, struct intent in)
{
    struct intent *kept = arena_alloc(&s->arena, sizeof(*kept));
    *kept = in;
    kept->agg = in.agg ? in.agg : s->agg;
    kept->agg_kind = (uint8_t)s->agg_kind;
    set_scene(s, kept);
    s->domain.decide(&s->d);
    if (s->d.unreadable) /* as the engine: nothing of it is kept */
        return &s->d;
    s->domain.flush(&s->d);
    write_back(s);
    const struct row *for_ever = first_unbounded(s->root, &s->rows, &s->commands);
    if (for_ever && !s->is_contrived)
        fail_msg("row '%s' of kind %d waits for ever in phase %d: %s", for_ever->id, for_ever->kind,
                 for_ever->phase, stage_story(s));
    return &s->d;
}

/* Where an honest author says it. */
static const char *room_of(struct stage *s, const struct message *m)
{
    if (strcmp(m->queue, QUEUE_INTERNAL) == 0)
        return "";
    for (uint32_t i = 0; m->correlation_id && i < s->commands.n; i++)
        if (strcmp(s->commands.at[i]->id, m->correlation_id) == 0)
            return s->commands.at[i]->room;
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (s->rows.at[i]->kind == ROW_VNFR)
            return s->rows.at[i]->key[VNFR_ROOM];
    return "";
}

enum err_code stage_message(struct stage *s, struct message m)
{
    m.room = m.room ? m.room : s->room ? s->room : room_of(s, &m);
    struct intent in = {
        .room = m.room, .is_echo = m.is_echo, .is_forged = m.is_forged || s->is_forged};
    struct err err = ERR_INIT;
    m.len = m.len ? m.len : m.body ? strlen(m.body) : 0;
    m.body = m.body ? m.body : "";
    enum err_code rc = s->domain.understand(&m, &s->arena, &in, &err);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND && in.command) {
        struct err *why = arena_alloc(&s->arena, sizeof(*why));
        *why = err;
        in.event = s->domain.event_bad_reply;
        in.facts = s->domain.facts_of_internal_events;
        in.payload = why;
        stage_decide(s, in);
    } else if (rc == ERR_OK) {
        assert_int_equal(in.agg_kind, s->agg_kind);
        stage_decide(s, in);
    }
    return rc;
}

void stage_answer(struct stage *s, int kind, const char *subject, const char *body)
{
    const struct command *c = stage_command(s, kind, subject);
    if (!c)
        fail_msg("no command of kind %d is open for '%s'", kind, subject);
    stage_message(s, (struct message){
                         .queue = QUEUE_REPLIES, .correlation_id = c ? c->id : "", .body = body});
}

void stage_late(struct stage *s, int kind, const char *subject)
{
    const struct command *c = stage_command(s, kind, subject);
    if (!c) {
        fail_msg("no command of kind %d is open for '%s'", kind, subject);
        return;
    }
    s->now = c->due_at > s->now ? c->due_at : s->now;
    stage_decide(s, (struct intent){.event = s->domain.event_deadline,
                                    .facts = s->domain.facts_of_internal_events,
                                    .command = c->id});
}

/* --- looking ---------------------------------------------------------------------------------- */

struct row *stage_vnfr(struct stage *s, const char *name)
{
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (s->rows.at[i]->kind == ROW_VNFR && strcmp(s->rows.at[i]->key[VNFR_NAME], name) == 0)
            return s->rows.at[i];
    return NULL;
}

struct row *stage_instance(struct stage *s, const char *vnf)
{
    const struct row *v = stage_vnfr(s, vnf);
    for (uint32_t i = 0; v && i < s->rows.n; i++)
        if (s->rows.at[i]->kind == ROW_INSTANCE &&
            strcmp(s->rows.at[i]->key[INSTANCE_VNFR], v->id) == 0)
            return s->rows.at[i];
    return NULL;
}

struct command *stage_command(struct stage *s, int kind, const char *subject)
{
    for (uint32_t i = 0; i < s->commands.n; i++)
        if (s->commands.at[i]->kind == kind &&
            (!subject || strcmp(s->commands.at[i]->subject, subject) == 0))
            return s->commands.at[i];
    return NULL;
}

const struct send *stage_sent(struct stage *s, const char *key)
{
    for (uint32_t i = s->d.sends.n; i > 0; i--)
        if (strcmp(s->d.sends.at[i - 1]->key, key) == 0)
            return s->d.sends.at[i - 1];
    return NULL;
}

static json_t *keep(struct stage *s, const char *text)
{
    json_error_t e;
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    if (!j)
        fail_msg("not JSON (%s at %d): %s", e.text, e.position, text);
    s->json = arena_grow_array(&s->arena, s->json, s->n_json, sizeof(*s->json));
    s->json[s->n_json++] = j;
    return j;
}

json_t *stage_record(struct stage *s, const struct row *r)
{
    assert_non_null(r);
    return keep(s, *r->doc ? r->doc : "{}");
}

const char *stage_rendered(struct stage *s, const struct send *send)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    assert_non_null(send);
    size_t from = 0;
    for (uint32_t i = 0; i < send->refs.n; i++) {
        const struct send_ref *r = &send->refs.at[i];
        sbuf_add(&out, send->body + from, r->at - from);
        if (r->kind == REFERENCE_AGENT) {
            sbuf_addf(&out, "<password of %s>", r->id);
        } else {
            sbuf_addf(&out, "{\"%s\":",
                      r->kind == REFERENCE_POP     ? "pop"
                      : r->kind == REFERENCE_IMAGE ? "token"
                                                   : "package");
            proto_quotes(
                &out, arena_printf(&s->arena, "%s:%lld:%s", r->id, (long long)r->version, r->arg));
            sbuf_addc(&out, '}');
        }
        from = r->at;
    }
    sbuf_adds(&out, send->body + from);
    return arena_strndup(&s->arena, out.s, out.len);
}

json_t *stage_body(struct stage *s, const struct send *send)
{
    return keep(s, stage_rendered(s, send));
}

const char *stage_text(json_t *value, const char *path)
{
    char part[64];
    while (value && *path) {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof(part), "%.*s", (int)n, path);
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part))
                                     : json_object_get(value, part);
        path += n + (path[n] == '.');
    }
    return json_string_value(value);
}
