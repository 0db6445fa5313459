/* One batch: read, load, decide, save, then tell. */
#include "common/engine/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define FAILURES_MAX 3 /* an intent that cannot be saved alone so often is given up */

static void finish_message(struct engine_worker *w, struct item *it)
{
    if (it->is_bad) {
        w->stats.bad++;
        w->stats.dead_letters++;
        w->bus->dead_letter(w->bus->ctx, it->token, &it->bad);
    } else {
        w->bus->ack(w->bus->ctx, it->token);
    }
    it->token = NULL;
}

static void finish(struct engine_worker *w, struct item *it)
{
    if (it->kind == ITEM_MESSAGE && it->token)
        finish_message(w, it);
    else if (it->kind == ITEM_REQUEST)
        it->request->done(it->request, it->err.code ? &it->err : NULL, it->text);
    else if (it->row)
        outbox_delete_later(w, it->row);
    it->row = NULL;
    it->is_done = true;
}

static void drop_done(struct engine_worker *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_items; i++)
        if (!w->items[i].is_done)
            w->items[n++] = w->items[i];
    w->n_items = n;
}

/* A message that cannot be read goes to the dead letters with its reason, after the command that it
 * answered, if any, was told so. */
static void bad_message(struct engine_worker *w, struct item *it)
{
    it->is_bad = true;
    if (!it->intent.command) {
        finish(w, it);
        return;
    }
    it->intent.event = w->dom->event_bad_reply;
    it->intent.facts = w->dom->facts_of_internal_events;
    it->intent.payload = &it->bad;
}

static void understand_message(struct engine_worker *w, struct item *it)
{
    it->intent.room = it->message.room;
    it->intent.is_echo = it->message.is_echo;
    it->intent.is_forged = it->message.is_forged;
    enum err_code rc = w->dom->understand(&it->message, &w->arena, &it->intent, &it->bad);
    if (it->is_oversize) { /* read without its body, to learn whose answer it is */
        err_set(&it->bad, ERR_LIMIT,
                "a message of %zu bytes is larger than option broker-max-message allows",
                it->oversize);
        bad_message(w, it);
    } else if (rc == ERR_NOT_FOUND) {
        w->stats.stale++;
        finish(w, it);
    } else if (rc != ERR_OK) {
        bad_message(w, it);
    }
}

static void understand(struct engine_worker *w, struct item *it)
{
    it->intent = (struct intent){0};
    it->is_alone = false;
    switch (it->kind) {
    case ITEM_MESSAGE:
        understand_message(w, it);
        break;
    case ITEM_REQUEST:
        it->intent = it->request->intent;
        break;
    case ITEM_DUE:
    case ITEM_DOUBT:
    case ITEM_LOST:
        it->intent = (struct intent){.agg_kind = it->agg_kind,
                                     .agg = it->agg,
                                     .event = it->kind == ITEM_DUE     ? w->dom->event_deadline
                                              : it->kind == ITEM_DOUBT ? w->dom->event_in_doubt
                                                                       : w->dom->event_answer_lost,
                                     .facts = w->dom->facts_of_internal_events,
                                     .command = it->command};
        break;
    }
}

/* --- gathering what came of it --- */

struct note { /* layouts of struct save's members */
    const char *nsr_id, *doc;
};
struct gathered {
    struct rows rows;
    struct commands commands;
    struct outbox_rows outbox;
    struct outgoing_events events;
    struct record_lines lines;
    struct {
        struct note *at;
        uint32_t n;
    } notes;
    struct {
        struct finished_operation *at;
        uint32_t n;
    } operations;
    struct {
        struct unreadable *at;
        uint32_t n;
    } unreadable;
    struct {
        const char **at;
        uint32_t n;
    } postponed;
};

#define ADD(list, element, a)                                                                      \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)

static void gather_sends(struct engine_worker *w, struct decision *d, const char *agg,
                         struct gathered *g)
{
    char *orphan = NULL; /* answers about what does not exist: a stream of their own */
    int64_t n = 0;
    for (uint32_t i = 0; i < d->sends.n; i++) {
        struct outbox_row *row = arena_alloc(&w->arena, sizeof(*row));
        if (!d->root && !orphan) {
            orphan = arena_alloc(&w->arena, ID_SIZE);
            w->ids->make(w->ids->ctx, orphan);
        }
        row->stream = d->root ? agg : orphan;
        row->seq = d->root ? ++d->root->seq : ++n;
        row->send = *d->sends.at[i];
        row->until_at = row->send.until_at;
        row->made_at = worker_now(w);
        if (d->root)
            row_touch(d->root);
        ADD(&g->outbox, row, &w->arena);
    }
}

static bool is_answered(struct item *const *batch, size_t n, const char *command)
{
    for (size_t i = 0; i < n; i++)
        if (batch[i]->kind == ITEM_MESSAGE && batch[i]->token && !batch[i]->is_bad &&
            !batch[i]->is_foreign && batch[i]->intent.command &&
            strcmp(batch[i]->intent.command, command) == 0)
            return true; /* its reply queue goes with the acknowledgement */
    return false;
}

/* Commands that ended without an answer: at their deadline, or cancelled. Their own rows may be long
 * gone, or about to be published by another worker, which makes the queue; so one without a message
 * tells of it, for the sweep. */
static void gather_ends(struct engine_worker *w, struct decision *d, const char *agg,
                        struct item *const *batch, size_t n, struct gathered *g)
{
    for (uint32_t i = 0; w->bus->forget && w->dom->may_have_reply_queue && i < d->commands.n; i++) {
        const struct command *c = d->commands.at[i];
        if (c->mark != ROW_GONE || !w->dom->may_have_reply_queue(c->kind) ||
            is_answered(batch, n, c->id))
            continue;
        struct outbox_row *row = arena_alloc(&w->arena, sizeof(*row));
        *row = (struct outbox_row){.stream = agg,
                                   .seq = ++d->root->seq,
                                   .made_at = worker_now(w),
                                   .sender = "",
                                   .has_ended = true,
                                   .send = {.exchange = "",
                                            .key = "",
                                            .room = c->room,
                                            .command = c->id,
                                            .body = "",
                                            .policy = SEND_BLIND,
                                            .reply = SEND_REPLY_PRIVATE}};
        row_touch(d->root);
        ADD(&g->outbox, row, &w->arena);
    }
}

static void gather(struct engine_worker *w, struct decision *d, const char *agg,
                   struct item *const *batch, size_t n, struct gathered *g)
{
    struct arena *a = &w->arena;
    w->dom->flush(d);
    gather_sends(w, d, agg, g);
    if (d->root)
        gather_ends(w, d, agg, batch, n, g);
    if (d->root && d->root->mark != ROW_CLEAN)
        ADD(&g->rows, d->root, a);
    for (uint32_t i = 0; i < d->rows.n; i++)
        if (d->rows.at[i]->mark != ROW_CLEAN)
            ADD(&g->rows, d->rows.at[i], a);
    for (uint32_t i = 0; i < d->commands.n; i++)
        if (d->commands.at[i]->mark != ROW_CLEAN)
            ADD(&g->commands, d->commands.at[i], a);
    for (uint32_t i = 0; i < d->events.n; i++)
        ADD(&g->events, d->events.at[i], a);
    for (uint32_t i = 0; i < d->operations.n; i++)
        ADD(&g->operations, *d->operations.at[i], a);
    for (uint32_t i = 0; i < d->lines.n; i++)
        ADD(&g->lines, d->lines.at[i], a);
    for (uint32_t i = 0; i < d->notes.n; i++) {
        struct note x = {agg, d->notes.at[i]->doc};
        ADD(&g->notes, x, a);
    }
}

/* --- deciding --- */

static void decide_one(struct engine_worker *w, struct decision *d, struct item *it)
{
    d->in = &it->intent;
    d->outcome = DECISION_APPLIED;
    d->err = (struct err)ERR_INIT;
    d->text = NULL;
    d->steps = (struct steps){0};
    w->dom->decide(d);
    if (d->unreadable)
        return;
    w->stats.intents++;
    w->stats.stale += d->outcome == DECISION_STALE;
    w->stats.empty += d->outcome == DECISION_EMPTY;
    w->stats.foreign += d->outcome == DECISION_FOREIGN;
    it->is_foreign = d->outcome == DECISION_FOREIGN;
    w->stats.deadlines += it->kind == ITEM_DUE && d->outcome == DECISION_APPLIED;
    it->err = d->err;
    it->text = d->text;
    if (w->options.log)
        w->options.log(w->options.log_arg, d);
}

static bool concerns(const struct item *it, const struct loaded *l)
{
    return !it->is_done && it->intent.agg && it->intent.agg_kind == l->agg_kind &&
           strcmp(it->intent.agg, l->agg) == 0;
}

/* The intent ends without effect. A message goes to the dead letters with the reason, a user is
 * told, a deadline is looked at again in a minute (what it waits for may be done by then, and the
 * document readable), and what is in doubt stays in the outbox until its own time is over. */
static void refuse(struct engine_worker *w, const struct decision *d, struct item *it,
                   struct gathered *g)
{
    const struct row *row = d->unreadable;
    const char *table = w->dom->rows[row->kind].table;
    struct err err = d->unreadable_why;
    err_add(&err, "the stored document of %s '%s' cannot be read", table, row->id);
    err.code = ERR_INTERNAL; /* whatever the codec called it, it is not the requester's fault */
    err.hint[0] = '\0';
    err_hint(&err,
             "its text is kept in the database's table '%s'; repair it there, or restore it from a "
             "backup",
             table);
    worker_fault(w, "unreadable", &err);
    w->stats.unreadable++;
    struct unreadable u = {row, arena_strdup(&w->arena, err.msg)};
    ADD(&g->unreadable, u, &w->arena);
    it->err = err;
    it->text = NULL;
    if (!it->is_bad) {
        it->is_bad = true;
        it->bad = err;
    }
    if (it->kind == ITEM_DUE)
        ADD(&g->postponed, it->command, &w->arena);
    if (it->kind == ITEM_DOUBT) {
        free(it->row);
        it->row = NULL;
    }
    if (w->dom->refused) {
        struct decision answer = {.arena = &w->arena,
                                  .ids = w->ids,
                                  .now = d->now,
                                  .settings = d->settings,
                                  .in = &it->intent,
                                  .err = err};
        w->dom->refused(&answer);
        gather_sends(w, &answer, NULL, g);
    }
}

/* Those of the aggregate that do not need the document are not held up by the one that does: of
 * several, each is decided alone. */
static void give_up(struct engine_worker *w, const struct decision *d, const struct loaded *l,
                    struct item *const *batch, size_t n, bool *decided, struct gathered *g)
{
    size_t concerned = 0;
    for (size_t i = 0; i < n; i++)
        concerned += concerns(batch[i], l);
    for (size_t i = 0; i < n; i++) {
        if (!concerns(batch[i], l))
            continue;
        decided[i] = concerned == 1;
        batch[i]->is_alone = concerned > 1;
        if (decided[i])
            refuse(w, d, batch[i], g);
    }
}

/* All intents of one locked aggregate, in the order in which they came. */
static void decide_aggregate(struct engine_worker *w, const struct load *load, struct loaded *l,
                             struct item *const *batch, size_t n, bool *decided, struct gathered *g)
{
    struct decision d = {.arena = &w->arena,
                         .ids = w->ids,
                         .now = load->now,
                         .settings = w->dom->settings,
                         .root = l->root,
                         .rows = l->rows,
                         .commands = l->commands,
                         .facts = load->facts};
    if (l->unknown && l->root) { /* of a newer release */
        struct err why = ERR_INIT;
        err_set(&why, ERR_INVALID, "%s is not known to this release", l->unknown);
        decision_unreadable(&d, l->root, &why);
    }
    for (size_t i = 0; i < n && !d.unreadable; i++)
        if (concerns(batch[i], l)) {
            decide_one(w, &d, batch[i]);
            decided[i] = true;
        }
    if (d.unreadable)
        give_up(w, &d, l, batch, n, decided, g);
    else
        gather(w, &d, l->agg, batch, n, g);
}

static enum err_code save(struct engine_worker *w, const struct gathered *g, struct err *err)
{
    struct save s = {.rows = g->rows.at,
                     .n_rows = g->rows.n,
                     .commands = g->commands.at,
                     .n_commands = g->commands.n,
                     .outbox = g->outbox.at,
                     .n_outbox = g->outbox.n,
                     .events = g->events.at,
                     .n_events = g->events.n,
                     .notes = (const void *)g->notes.at,
                     .n_notes = g->notes.n,
                     .lines = g->lines.at,
                     .n_lines = g->lines.n,
                     .operations = (const void *)g->operations.at,
                     .n_operations = g->operations.n,
                     .unreadable = g->unreadable.at,
                     .n_unreadable = g->unreadable.n,
                     .postponed = g->postponed.at,
                     .n_postponed = g->postponed.n};
    outbox_to_settle(w, &s);
    int64_t began = worker_now(w);
    enum err_code rc = w->store->save(w->store->ctx, w->dom, &s, err);
    w->stats.save_us += (uint64_t)(worker_now(w) - began);
    return rc;
}

/* Could not be saved although the store is there. Alone and again and again: it is given up,
 * loudly, and its neighbours live on. */
static void failed(struct engine_worker *w, struct item *const *batch, size_t n,
                   const struct err *err)
{
    w->stats.conflicts++;
    worker_fault(w, n > 1 ? "save_batch" : "save", err);
    for (size_t i = 0; i < n; i++) {
        struct item *it = batch[i];
        if (n > 1 || ++it->failures < FAILURES_MAX)
            continue;
        it->err = *err;
        it->text = NULL;
        if (!it->is_bad) {
            it->is_bad = true;
            it->bad = *err;
        }
        finish(w, it);
    }
}

/* Returns how many were done; -1: failed, nothing was saved. */
static int run(struct engine_worker *w, struct item *const *batch, size_t n)
{
    struct err err = ERR_INIT;
    const struct intent **intents = arena_alloc(&w->arena, n * sizeof(*intents));
    bool *decided = arena_alloc(&w->arena, n);
    struct gathered g = {0};
    int done = 0;
    for (size_t i = 0; i < n; i++)
        intents[i] = &batch[i]->intent;
    struct load load = {.intents = intents, .n = n, .arena = &w->arena};
    int64_t began = worker_now(w);
    enum err_code rc = w->store->load(w->store->ctx, w->dom, &load, &err);
    int64_t loaded = worker_now(w);
    w->stats.load_us += (uint64_t)(loaded - began);
    if (rc == ERR_OK) {
        for (size_t k = 0; k < load.n_aggs; k++)
            decide_aggregate(w, &load, &load.aggs[k], batch, n, decided, &g);
        w->stats.decide_us += (uint64_t)(worker_now(w) - loaded);
        rc = save(w, &g, &err);
    }
    if (rc != ERR_OK) {
        if (rc == ERR_UNAVAIL || rc == ERR_UNKNOWN) /* unknown whether it was committed: deciding
                                                       again finds out, repeats are stale */
            store_is_away(w, &err);
        else
            failed(w, batch, n, &err);
        return -1;
    }
    store_is_back(w);
    outbox_settled(w);
    w->stats.batches++;
    w->stats.commits++;
    if (w->options.saved && g.rows.n)
        w->options.saved(w->options.log_arg, load.now, g.rows.at, g.rows.n);
    outbox_publish(w, g.outbox.at, g.outbox.n);
    for (size_t i = 0; i < n; i++) {
        if (decided[i]) {
            finish(w, batch[i]);
            done++;
        } else {
            w->stats.deferred++;
        }
    }
    return done;
}

bool batch_run(struct engine_worker *w)
{
    struct item *batch[ENGINE_BATCH_MAX];
    size_t n = 0;
    for (size_t i = 0; i < w->n_items; i++) {
        understand(w, &w->items[i]);
        if (!w->items[i].is_done)
            batch[n++] = &w->items[i];
    }
    int done = n ? run(w, batch, n) : 0;
    bool each_alone = done < 0 && n > 1; /* one of them spoils it */
    for (size_t i = 0; i < n && !w->is_paused; i++)
        if (each_alone || (batch[i]->is_alone && !batch[i]->is_done))
            run(w, &batch[i], 1);
    size_t before = w->n_items;
    drop_done(w);
    return w->n_items < before;
}
