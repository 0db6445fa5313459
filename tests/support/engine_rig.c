#include "tests/support/engine_rig.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from) ? (from) : "")

enum { EV_COUNT, EV_DUE, EV_DOUBT, EV_BAD, EV_LOST };

static struct rig *the; /* of the domain's pure functions, which have no context */

static void tell(const char *what, const char *about)
{
    sbuf_addf(&the->story, "%s%s%s%s", the->story.len ? " " : "", what, *about ? ":" : "", about);
}

/* --- domain ----------------------------------------------------------------------------------- */

static enum err_code understand(const struct message *m, struct arena *a, struct intent *in,
                                struct err *err)
{
    char *text = arena_strndup(a, m->body, m->len), *verb = strchr(text, ' ');
    if (m->correlation_id) {
        in->command = arena_strdup(a, m->correlation_id);
        in->agg = arena_strndup(a, in->command, strcspn(in->command, ":"));
    }
    if (!verb)
        return err_set(err, ERR_SYNTAX, "no verb");
    *verb++ = '\0';
    in->agg = text;
    in->payload = verb;
    if (strcmp(verb, "nothing") == 0)
        return err_set(err, ERR_NOT_FOUND, "none of ours");
    if (strcmp(verb, "badreply") == 0)
        in->command = arena_printf(a, "%s:0.1.7", text);
    return strncmp(verb, "bad", 3) == 0 ? err_set(err, ERR_SYNTAX, "bad") : ERR_OK;
}

static void send(struct decision *d, const char *verb, int policy)
{
    struct send *s = decision_send(d, "x", verb, "body");
    struct command *c = decision_open(d, 1, d->root->id, 1000, NULL);
    s->room = c->room = d->in->room ? d->in->room : "";
    s->command = c->id;
    s->policy = (uint8_t)policy;
    s->until_at = 1;
}

static void decide(struct decision *d)
{
    static const char *const events[] = {"", "due", "doubt", "bad", "lost"};
    const char *verb = d->in->event == EV_COUNT ? d->in->payload : events[d->in->event];
    if (!d->root)
        decision_add_row(d, 0, d->in->agg, 0);
    d->root->phase++;
    row_touch(d->root);
    tell(arena_printf(d->arena, "%s", d->in->agg), verb);
    struct err why = ERR_INIT;
    if (strcmp(verb, "unreadable") == 0 || strcmp(d->in->agg, "?") == 0) {
        err_set(&why, ERR_SYNTAX, "garbled");
        decision_unreadable(d, d->root, &why);
    }
    if (d->in->event == EV_BAD) { /* as if it had been loaded */
        struct command *c = decision_open(d, 1, d->root->id, 1000, NULL);
        c->id = d->in->command;
        c->room = d->in->room;
        decision_close(c);
    }
    if (strcmp(verb, "send") == 0)
        send(d, verb, SEND_BLIND);
    else if (strcmp(verb, "ask") == 0)
        send(d, verb, SEND_ASK);
    else if (strcmp(verb, "never") == 0)
        send(d, verb, SEND_NEVER);
    else if (strcmp(verb, "secret") == 0)
        decision_refer(d, &decision_send(d, "x", verb, "<>")->refs, 1, 1, "name", 0, NULL);
    else if (strcmp(verb, "askref") == 0) {
        send(d, verb, SEND_ASK);
        decision_refer(d, &d->sends.at[d->sends.n - 1]->refs, 0, 1, "name", 0, NULL);
    } else if (strcmp(verb, "marks") == 0)
        decision_send(d, "x", verb, "<\x01name\x01>");
    else if (strcmp(verb, "answer") == 0 || strcmp(verb, "orphan") == 0) {
        decision_answer(d, d->in->room, "amq.gen-1", NULL, "{}");
        d->sends.at[d->sends.n - 1]->command =
            *verb == 'a' ? arena_printf(d->arena, "%s:0.1.7", d->in->agg) : NULL;
    }
    d->text = verb;
}

static void refused(struct decision *d)
{
    decision_answer(d, d->in->room, "asker", NULL, d->root ? "{\"root\":1}" : "{}");
}

static bool may_have_reply_queue(int kind)
{
    return kind == 1;
}

static void flush(struct decision *d)
{
    (void)d;
}

/* --- store ------------------------------------------------------------------------------------ */

static enum err_code load(void *ctx, const struct domain *dom, struct load *l, struct err *err)
{
    struct rig *r = ctx;
    (void)dom;
    r->loads++;
    if (r->load_rc != ERR_OK)
        return err_set(err, r->load_rc, "load");
    l->now = r->now;
    l->aggs = arena_alloc(l->arena, l->n * sizeof(*l->aggs));
    for (size_t i = 0; i < l->n; i++) {
        const char *id = l->intents[i]->agg;
        bool known = r->held && strcmp(r->held, id) == 0;
        for (size_t k = 0; k < l->n_aggs; k++)
            known |= strcmp(l->aggs[k].agg, id) == 0;
        if (known)
            continue;
        struct loaded *a = &l->aggs[l->n_aggs++];
        *a = (struct loaded){.agg = id};
        for (size_t k = 0; k < r->n_aggs; k++)
            if (strcmp(r->aggs[k].id, id) == 0) {
                a->root = arena_alloc(l->arena, sizeof(*a->root));
                *a->root = (struct row){
                    .id = id, .agg = id, .phase = r->aggs[k].phase, .seq = r->aggs[k].seq};
            }
    }
    return ERR_OK;
}

static struct rig_row *find(struct rig *r, const struct outbox_row *o)
{
    for (size_t i = 0; i < r->n_outbox; i++)
        if (r->outbox[i].seq == o->seq && strcmp(r->outbox[i].stream, o->stream) == 0)
            return &r->outbox[i];
    abort();
}

static enum err_code settle(void *ctx, const struct save *s, struct err *err)
{
    struct rig *r = ctx;
    if (r->settle_rc != ERR_OK)
        return err_set(err, r->settle_rc, "settle");
    for (size_t i = 0; i < s->n_confirmed; i++)
        find(r, s->confirmed[i])->is_deleted = true;
    for (size_t i = 0; i < s->n_copied; i++) {
        find(r, s->copied[i])->has_ended = true;
        COPY(find(r, s->copied[i])->sender, OUTBOX_SENDER_CONFIRMED);
    }
    for (size_t i = 0; i < s->n_retry; i++) {
        struct rig_row *o = find(r, s->retry[i]);
        if (strcmp(o->sender, s->retry[i]->sender ? s->retry[i]->sender : "") != 0)
            continue;
        o->retries++;
        o->is_marked = false;
        o->sender[0] = '\0';
    }
    for (size_t i = 0; i < s->n_gone; i++)
        COPY(find(r, s->gone[i])->sender, OUTBOX_SENDER_GONE);
    return ERR_OK;
}

static void save_row(struct rig *r, const struct row *row)
{
    size_t i = 0;
    while (i < r->n_aggs && strcmp(r->aggs[i].id, row->id) != 0)
        i++;
    r->n_aggs += i == r->n_aggs;
    COPY(r->aggs[i].id, row->id);
    r->aggs[i].phase = row->phase;
    r->aggs[i].seq = row->seq;
}

static enum err_code save(void *ctx, const struct domain *dom, const struct save *s,
                          struct err *err)
{
    struct rig *r = ctx;
    (void)dom;
    r->saves++;
    for (size_t i = 0; i < s->n_rows; i++)
        if (s->rows[i]->id[0] == '!')
            return err_set(err, ERR_INVALID, "refused");
    if (r->save_rc != ERR_OK)
        return err_set(err, r->save_rc, "save");
    for (size_t i = 0; i < s->n_rows; i++)
        save_row(r, s->rows[i]);
    for (size_t i = 0; i < s->n_unreadable; i++)
        tell("unreadable", s->unreadable[i].text);
    for (size_t i = 0; i < s->n_postponed; i++)
        tell("postponed", s->postponed[i]);
    for (size_t i = 0; i < s->n_outbox; i++) {
        struct rig_row *o = &r->outbox[r->n_outbox++];
        const struct send *m = &s->outbox[i]->send;
        *o = (struct rig_row){.seq = s->outbox[i]->seq,
                              .policy = m->policy,
                              .is_answer = m->is_answer,
                              .has_ended = s->outbox[i]->has_ended};
        COPY(o->stream, s->outbox[i]->stream);
        COPY(o->room, m->room);
        COPY(o->key, m->key);
        COPY(o->command, m->command);
        COPY(o->body, m->body);
        o->has_ref = m->refs.n == 1;
    }
    return settle(r, s, err);
}

static enum err_code due(void *ctx, struct arena *a, const struct due_query *q, struct due **ret,
                         size_t *ret_n, struct err *err)
{
    struct rig *r = ctx;
    bool is_held = false;
    for (size_t i = 0; i < q->n_held; i++)
        is_held |= r->due_room && strcmp(q->held[i], r->due_room) == 0;
    if (r->load_rc != ERR_OK)
        return err_set(err, r->load_rc, "due");
    *ret_n = r->due && q->max && !is_held ? 1 : 0;
    *ret = arena_alloc(a, sizeof(**ret));
    if (*ret_n)
        **ret = (struct due){r->due,
                             arena_strndup(a, r->due, (size_t)(strchr(r->due, ':') - r->due)), 0};
    return ERR_OK;
}

static struct send_ref the_ref = {1, 1, "name", 0, ""}; /* of the verb "secret" */

static enum err_code unsent(void *ctx, struct arena *a, size_t max, struct outbox_rows *ret,
                            struct err *err)
{
    struct rig *r = ctx;
    if (r->load_rc != ERR_OK)
        return err_set(err, r->load_rc, "unsent");
    for (size_t i = 0; i < r->n_outbox && ret->n < max; i++) {
        struct rig_row *o = &r->outbox[i];
        if (!o->is_due || o->is_deleted)
            continue;
        o->is_due = false;
        struct outbox_row *row = arena_alloc(a, sizeof(*row));
        struct send_refs refs = {&the_ref, o->has_ref};
        *row = (struct outbox_row){.stream = o->stream,
                                   .seq = o->seq,
                                   .maybe_sent = o->is_marked,
                                   .sender = o->sender,
                                   .attempts = ++o->retries,
                                   .has_ended = o->has_ended,
                                   .send = {.room = o->room,
                                            .exchange = "x",
                                            .key = o->key,
                                            .body = o->body,
                                            .refs = refs,
                                            .command = *o->command ? o->command : NULL,
                                            .policy = o->policy,
                                            .is_answer = o->is_answer}};
        ret->at = arena_grow_array(a, ret->at, ret->n, sizeof(ret->at[0]));
        ret->at[ret->n++] = row;
    }
    return ERR_OK;
}

static enum err_code mark_maybe_sent(void *ctx, struct outbox_row *const *rows, size_t n,
                                     struct err *err)
{
    struct rig *r = ctx;
    r->now += r->mark_takes_us;
    for (size_t i = 0; i < n && r->mark_rc == ERR_OK; i++) {
        rows[i]->maybe_sent = !find(r, rows[i])->is_marked;
        find(r, rows[i])->is_marked = true;
        COPY(find(r, rows[i])->sender, rows[i]->sender);
    }
    return r->mark_rc == ERR_OK ? ERR_OK : err_set(err, r->mark_rc, "mark");
}

static enum err_code render(void *ctx, const struct send_ref *ref, char **ret, struct err *err)
{
    struct rig *r = ctx;
    for (size_t i = 0; i < r->n_outbox; i++)
        r->waited_marked |= r->outbox[i].has_ref && r->outbox[i].is_marked;
    if (r->render_rc != ERR_OK)
        return err_set(err, r->render_rc, "render");
    *ret = xstrdup(ref->id);
    return ERR_OK;
}

/* --- bus -------------------------------------------------------------------------------------- */

static void next(void *ctx, int timeout_ms, struct bus_happened *ret)
{
    struct rig *r = ctx;
    r->waits += timeout_ms > 0 && r->at == r->n_happenings;
    *ret = r->at < r->n_happenings ? r->happenings[r->at++] : (struct bus_happened){0};
    ret->room = ret->room ? ret->room : "";
    ret->message.room = ret->message.room ? ret->message.room : "";
}

static void ack(void *ctx, void *token)
{
    (void)ctx;
    tell("ack", token);
}

static void dead_letter(void *ctx, void *token, const struct err *reason)
{
    (void)ctx;
    tell(err_name(reason->code), token);
}

static enum err_code prepare(void *ctx, const struct send *s, struct err *err)
{
    struct rig *r = ctx;
    for (size_t i = 0; i < r->n_outbox; i++)
        if (s->command && strcmp(r->outbox[i].command, s->command) == 0) {
            r->waited_marked |= r->outbox[i].is_marked;
            r->outbox[i].is_marked |= r->another_sweeps;
        }
    return r->prepare_rc == ERR_OK ? ERR_OK : err_set(err, r->prepare_rc, "prepare");
}

static enum err_code publish(void *ctx, const struct send *s, const char *body, size_t len,
                             uint64_t *ret_seq, struct err *err)
{
    struct rig *r = ctx;
    if (r->no_room && strcmp(s->room, r->no_room) == 0)
        return err_set(err, r->no_room_rc, "room '%s'", s->room);
    if (r->publish_rc != ERR_OK && (int)r->published + 1 >= r->publish_fails_at)
        return err_set(err, r->publish_rc, "publish");
    snprintf(r->sent[r->published], sizeof(r->sent[0]), "%s %.*s", s->key, (int)len, body);
    *ret_seq = ++r->published;
    return ERR_OK;
}

static const char *sender(void *ctx, const char *room)
{
    (void)room;
    return ((struct rig *)ctx)->sender;
}

static enum err_code has_ended(void *ctx, const char *room, const char *name, bool *ret,
                               struct err *err)
{
    struct rig *r = ctx;
    (void)room;
    (void)err;
    *ret = r->is_sender_gone || strcmp(name, r->sender) != 0;
    return ERR_OK;
}

static enum err_code was_taken(void *ctx, const struct send *s, enum send_fate *ret,
                               struct err *err)
{
    struct rig *r = ctx;
    (void)s;
    *ret = r->fate;
    return r->fate_rc == ERR_OK ? ERR_OK : err_set(err, r->fate_rc, "look");
}

static void forget(void *ctx, const char *room, const char *command)
{
    (void)room;
    (void)command;
    ((struct rig *)ctx)->forgotten++;
}

static void cork(void *ctx, bool on)
{
    (void)ctx;
    (void)on;
}

static void pause_consuming(void *ctx, bool on)
{
    struct rig *r = ctx;
    r->is_paused = on;
    r->pauses++;
}

static void rest(void *ctx, int timeout_ms)
{
    struct rig *r = ctx;
    r->waits += timeout_ms > 0;
}

static int64_t now(void *ctx)
{
    return ((struct rig *)ctx)->now;
}

static void make_id(void *ctx, char out[ID_SIZE])
{
    struct rig *r = ctx;
    snprintf(out, ID_SIZE, "orphan-%zu", r->n_outbox);
}

/* --- rig -------------------------------------------------------------------------------------- */

struct rig *rig_new(void)
{
    static const struct row_kind rows[] = {{.table = "agg"}};
    static const struct agg_kind aggs[] = {{"agg", 0, {0}, 0}};
    struct rig *r = the = xcalloc(1, sizeof(*r));
    struct engine_store store = {r, load, save, settle, due, unsent, mark_maybe_sent, render};
    struct engine_bus bus = {.ctx = r,
                             .next = next,
                             .ack = ack,
                             .dead_letter = dead_letter,
                             .prepare = prepare,
                             .publish = publish,
                             .sender = sender,
                             .has_ended = has_ended,
                             .was_taken = was_taken,
                             .forget = forget,
                             .cork = cork,
                             .pause = pause_consuming,
                             .rest = rest};
    struct engine_clock clock = {r, now};
    struct ids ids = {.ctx = r, .make = make_id};
    r->story = (struct sbuf)SBUF_INIT;
    r->sender = "one";
    r->now = 1000 * USEC_PER_SEC;
    r->domain = (struct domain){.rows = rows,
                                .n_rows = 1,
                                .aggs = aggs,
                                .n_aggs = 1,
                                .understand = understand,
                                .decide = decide,
                                .refused = refused,
                                .flush = flush,
                                .may_have_reply_queue = may_have_reply_queue,
                                .event_deadline = EV_DUE,
                                .event_in_doubt = EV_DOUBT,
                                .event_bad_reply = EV_BAD,
                                .event_answer_lost = EV_LOST};
    r->options = (struct engine_options){.sweep_every_us = USEC_PER_SEC,
                                         .due_every_us = USEC_PER_SEC,
                                         .grace_us = 3 * USEC_PER_SEC,
                                         .room_grace_us = 60 * USEC_PER_SEC};
    r->queue = engine_queue_new();
    struct {
        struct engine_store store;
        struct engine_bus bus;
        struct engine_clock clock;
        struct ids ids;
    } *ports = xmalloc(sizeof(*ports));
    ports->store = store;
    ports->bus = bus;
    ports->clock = clock;
    ports->ids = ids;
    r->worker = engine_worker_new(&r->domain, &ports->store, &ports->bus, &ports->clock,
                                  &ports->ids, r->queue, &r->options);
    r->ports = ports;
    rig_happens(r, HAPPENED_READY, 0);
    rig_run(r);
    return r;
}

void rig_free(struct rig *r)
{
    engine_worker_free(r->worker);
    engine_queue_close(r->queue);
    engine_queue_free(r->queue);
    sbuf_release(&r->story);
    free(r->told);
    free(r->ports);
    free(r);
}

void rig_happens(struct rig *r, enum bus_happening what, uint64_t seq)
{
    r->happenings[r->n_happenings++] = (struct bus_happened){.what = what, .seq = seq};
}

void rig_deliver(struct rig *r, const char *body)
{
    rig_happens(r, HAPPENED_DELIVERY, 0);
    struct bus_happened *h = &r->happenings[r->n_happenings - 1];
    h->message = (struct message){.queue = "q", .body = body, .len = strlen(body)};
    h->token = (void *)(uintptr_t)body;
}

void rig_happens_in(struct rig *r, const char *room, enum bus_happening what)
{
    rig_happens(r, what, 0);
    r->happenings[r->n_happenings - 1].room = room;
}

void rig_deliver_in(struct rig *r, const char *room, const char *body)
{
    rig_deliver(r, body);
    r->happenings[r->n_happenings - 1].message.room = room;
}

void rig_happens_oversize(struct rig *r, const char *command)
{
    rig_happens(r, HAPPENED_OVERSIZE, 0);
    struct bus_happened *h = &r->happenings[r->n_happenings - 1];
    h->message = (struct message){.queue = "q", .correlation_id = command};
    h->token = (void *)(uintptr_t) "oversize";
}

void rig_run(struct rig *r)
{
    while (engine_worker_step(r->worker) || r->at < r->n_happenings) {
    }
}

const char *rig_story(struct rig *r)
{
    free(r->told);
    r->told = xstrdup(r->story.s ? r->story.s : "");
    sbuf_clear(&r->story);
    return r->told;
}

int rig_count(const struct rig *r, const char *agg)
{
    for (size_t i = 0; i < r->n_aggs; i++)
        if (strcmp(r->aggs[i].id, agg) == 0)
            return r->aggs[i].phase;
    return 0;
}

struct rig_row *rig_out(struct rig *r, const char *key)
{
    for (size_t i = r->n_outbox; i > 0; i--)
        if (strcmp(r->outbox[i - 1].key, key) == 0)
            return &r->outbox[i - 1];
    return NULL;
}

static void done(struct engine_request *q, const struct err *err, const char *text)
{
    tell(err ? err_name(err->code) : "done", text ? text : "");
    free(q);
}

void rig_request(struct rig *r, const char *agg)
{
    struct engine_request *q = xcalloc(1, sizeof(*q));
    q->intent = (struct intent){.agg = agg, .event = EV_COUNT, .payload = "user"};
    q->done = done;
    engine_submit(r->queue, q);
}
