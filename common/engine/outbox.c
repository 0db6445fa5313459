/* From the committed outbox to the broker: publish, wait for confirms without waiting, try again
 * what nobody took. */
#include "common/engine/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_MAX 64
/* Who was stopped so long behind a mark does not send what was marked: others may have given it up.
 */
#define MARK_STALE_US USEC_PER_SEC
/* No longer than a store keeps a new row from sweepers: so long it is surely ours alone. */
#define ALONE_US (2 * USEC_PER_SEC)

static char *put(char **at, const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    char *p = *at;
    memcpy(p, s, n);
    *at += n;
    return p;
}

/* Keeps what is needed after the publish: not the body. */
struct outbox_row *outbox_row_dup(const struct outbox_row *row)
{
    const struct send *s = &row->send;
    size_t n = strlen(row->stream) + 1 + strlen(s->key) + 1 + strlen(s->room) + 1 +
               (s->command ? strlen(s->command) + 1 : 0) +
               (row->sender ? strlen(row->sender) + 1 : 0);
    struct outbox_row *copy = xmalloc(sizeof(*copy) + n);
    char *at = (char *)(copy + 1);
    *copy = *row;
    copy->stream = put(&at, row->stream);
    copy->sender = put(&at, row->sender);
    copy->send.key = put(&at, s->key);
    copy->send.room = put(&at, s->room);
    copy->send.command = put(&at, s->command);
    copy->send.exchange = "";
    copy->send.correlation_id = copy->send.body = NULL;
    copy->send.refs = (struct send_refs){0};
    return copy;
}

static void list_add(struct outbox_row ***list, size_t *n, size_t *cap, struct outbox_row *row)
{
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        *list = xrealloc(*list, *cap * sizeof(**list));
    }
    (*list)[(*n)++] = row;
}

/* One that is a private reply queue awaits the answer. */
static bool leaves_copy_only(const struct send *s)
{
    return s->policy == SEND_ASK && s->command;
}

void outbox_delete_later(struct engine_worker *w, struct outbox_row *row_taken)
{
    if (w->bus->forget && leaves_copy_only(&row_taken->send) && !row_taken->has_ended)
        list_add(&w->copied, &w->n_copied, &w->cap_copied, row_taken);
    else
        list_add(&w->confirmed, &w->n_confirmed, &w->cap_confirmed, row_taken);
}

/* What the references stand for is put in here, after COMMIT and outside of the store's outbox.
 * Nothing is looked for in the body: whatever it says, it says. */
static enum err_code render(struct engine_worker *w, const struct send *s, size_t len,
                            struct sbuf *out, struct err *err)
{
    size_t from = 0;
    for (uint32_t i = 0; i < s->refs.n; i++) {
        const struct send_ref *ref = &s->refs.at[i];
        char *text = NULL;
        if (ref->at < from || ref->at > len)
            return err_set(err, ERR_INTERNAL, "a reference at byte %zu of a body of %zu", ref->at,
                           len);
        enum err_code rc = w->store->render(w->store->ctx, ref, &text, err);
        if (rc ==
            ERR_NOT_FOUND) /* its owner was deleted meanwhile: the peer will say what it misses */
            text = xstrdup("{}");
        else if (rc != ERR_OK)
            return rc;
        sbuf_add(out, s->body + from, ref->at - from);
        sbuf_adds(out, text);
        free(text);
        from = ref->at;
    }
    sbuf_add(out, s->body + from, len - from);
    return ERR_OK;
}

/* A message that may go out: what had to be waited for is done. */
struct prepared {
    struct outbox_row *row;
    struct sbuf rendered; /* its body; empty: as it is in the row */
};

static enum err_code prepare(struct engine_worker *w, struct prepared *p, struct err *err)
{
    const struct send *s = &p->row->send;
    if (s->refs.n) {
        enum err_code rc = render(w, s, strlen(s->body), &p->rendered, err);
        if (rc != ERR_OK)
            return rc;
    }
    return w->bus->prepare(w->bus->ctx, s, err);
}

static enum err_code publish(struct engine_worker *w, const struct prepared *p, struct err *err)
{
    const struct send *s = &p->row->send;
    const char *body = s->refs.n ? p->rendered.s : s->body;
    size_t len = s->refs.n ? p->rendered.len : strlen(body);
    uint64_t seq = 0;
    enum err_code rc = w->bus->publish(w->bus->ctx, s, body, len, &seq, err);
    if (rc != ERR_OK)
        return rc;
    w->stats.published++;
    if (w->n_flights == w->cap_flights) {
        w->cap_flights = w->cap_flights ? w->cap_flights * 2 : 64;
        w->flights = xrealloc(w->flights, w->cap_flights * sizeof(*w->flights));
    }
    w->flights[w->n_flights++] = (struct flight){seq, outbox_row_dup(p->row)};
    return ERR_OK;
}

/* By whom others will ask whether it may still be under way. */
static const char *sender_of(struct engine_worker *w, const struct outbox_row *row)
{
    const char *name = w->bus->sender(w->bus->ctx, row->send.room);
    return arena_strdup(&w->arena, name ? name : "");
}

/* What must not be sent twice is marked before it is sent, in a transaction of its own. Between its
 * COMMIT and the write nothing is waited for: who dies there leaves a doubt that only a deadline
 * ends. */
static void mark(struct engine_worker *w, const struct prepared *ready, size_t n)
{
    struct outbox_row **rows = arena_alloc(&w->arena, (n + 1) * sizeof(*rows));
    struct err err = ERR_INIT;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (ready[i].row->send.policy != SEND_BLIND) {
            rows[k] = ready[i].row;
            rows[k]->sender = sender_of(w, rows[k]);
            k++;
        }
    if (k && w->store->mark_maybe_sent(w->store->ctx, rows, k, &err) != ERR_OK)
        worker_fault(w, "mark_maybe_sent", &err);
}

/* Marked, but surely not sent: the mark goes, or an orderly refusal would come in doubt. */
static void not_sent(struct engine_worker *w, const struct outbox_row *row)
{
    if (row->send.policy != SEND_BLIND && row->maybe_sent)
        list_add(&w->retry, &w->n_retry, &w->cap_retry, outbox_row_dup(row));
}

/* Rooms that cannot be reached now: their messages are not tried one by one, and the others' go on.
 */
struct away {
    const char *rooms[8]; /* borrowed */
    size_t n;
};

static bool is_away(const struct away *away, const char *room)
{
    for (size_t i = 0; i < away->n; i++)
        if (strcmp(away->rooms[i], room) == 0)
            return true;
    return false;
}

/* The room is gone with who asked in it. Not at once: another process may have heard of it first.
 */
static bool is_for_nobody(const struct outbox_row *row, const struct err *err)
{
    enum { TRIES = 5 };
    return err->code == ERR_NOT_FOUND && row->send.is_answer && row->attempts >= TRIES;
}

static void not_published(struct engine_worker *w, const struct outbox_row *row,
                          const struct err *err, struct away *away)
{
    if (is_for_nobody(row, err)) {
        outbox_delete_later(w, outbox_row_dup(row));
        return;
    }
    if (err->code == ERR_STATE) { /* as if it had been returned */
        list_add(&w->retry, &w->n_retry, &w->cap_retry, outbox_row_dup(row));
        w->stats.returned++;
        return;
    }
    if (err->code != ERR_IO)
        not_sent(w, row);
    worker_fault(w, "publish", err);
    if ((err->code == ERR_UNAVAIL || err->code == ERR_TIMEOUT || err->code == ERR_NOT_FOUND) &&
        away->n < ARRAY_LEN(away->rooms))
        away->rooms[away->n++] = row->send.room;
}

/* Returns how many are. The broker and the store are waited for here, so another worker may sweep
 * these rows meanwhile: who marks one first sends it. */
static size_t prepare_all(struct engine_worker *w, struct outbox_row *const *rows, size_t n,
                          struct prepared *ret, struct away *away)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        struct err err = ERR_INIT;
        struct prepared *p = &ret[k];
        *p = (struct prepared){.row = rows[i], .rendered = SBUF_INIT};
        if (rows[i]->has_ended || /* seen to by the sweep: nobody is about to make its queue then */
            is_away(away, rows[i]->send.room))
            continue;
        if (prepare(w, p, &err) == ERR_OK) {
            k++;
            continue;
        }
        sbuf_release(&p->rendered);
        not_published(w, rows[i], &err, away);
    }
    return k;
}

static void publish_all(struct engine_worker *w, const struct prepared *ready, size_t n,
                        int64_t marked_at, struct away *away)
{
    w->bus->cork(w->bus->ctx, true);
    for (size_t i = 0; i < n; i++) {
        struct outbox_row *row = ready[i].row;
        struct err err = ERR_INIT;
        if (row->send.policy != SEND_BLIND && !row->maybe_sent)
            continue;
        bool is_stale = row->send.policy != SEND_BLIND && worker_now(w) - marked_at > MARK_STALE_US;
        if (is_stale || is_away(away, row->send.room))
            not_sent(w, row);
        else if (publish(w, &ready[i], &err) != ERR_OK)
            not_published(w, row, &err, away);
    }
    w->bus->cork(w->bus->ctx, false);
}

/* Whatever fails here stays in the outbox and is swept later. */
void outbox_publish(struct engine_worker *w, struct outbox_row *const *rows, size_t n)
{
    int64_t began = worker_now(w);
    struct away away = {.n = 0};
    if (n == 0 || !w->is_ready)
        return;
    struct prepared *ready = arena_alloc(&w->arena, n * sizeof(*ready));
    size_t n_ready = prepare_all(w, rows, n, ready, &away);
    int64_t marked_at = worker_now(w);
    mark(w, ready, n_ready);
    publish_all(w, ready, n_ready, marked_at, &away);
    for (size_t i = 0; i < n_ready; i++)
        sbuf_release(&ready[i].rendered);
    w->stats.publish_us += (uint64_t)(worker_now(w) - began);
}

static struct outbox_row *landed(struct engine_worker *w, uint64_t seq)
{
    for (size_t i = 0; i < w->n_flights; i++)
        if (w->flights[i].seq == seq) {
            struct outbox_row *row = w->flights[i].row;
            /* Confirms come nearly in order: shifting keeps the search at the front. */
            memmove(&w->flights[i], &w->flights[i + 1],
                    (w->n_flights - i - 1) * sizeof(w->flights[0]));
            w->n_flights--;
            return row;
        }
    return NULL;
}

void outbox_confirmed(struct engine_worker *w, uint64_t seq)
{
    struct outbox_row *row = landed(w, seq);
    w->stats.confirmed++;
    if (row)
        outbox_delete_later(w, row);
}

/* The domain decides what becomes of a row; until then it stays in the store. false: no room now,
 * or the row is of no command. */
static bool ask_domain(struct engine_worker *w, enum item_kind kind, struct outbox_row *row_taken)
{
    const char *agg;
    int agg_kind, command_kind;
    if (w->n_items == ENGINE_BATCH_MAX ||
        !command_id_parse(row_taken->send.command, &w->arena, &agg, &agg_kind, &command_kind))
        return false;
    struct item *it = &w->items[w->n_items++];
    *it = (struct item){.kind = kind, .agg_kind = (uint8_t)agg_kind, .row = row_taken};
    strncpy(it->agg, agg, sizeof(it->agg) - 1);
    strncpy(it->command, row_taken->send.command, sizeof(it->command) - 1);
    return true;
}

/* Nobody can have sent it before. A worker that stood still between its COMMIT and this publish does
 * not know: the row may have been swept, sent and deleted meanwhile. */
static bool is_first(const struct engine_worker *w, const struct outbox_row *row)
{
    return row->attempts == 0 && worker_now(w) - row->made_at < ALONE_US;
}

void outbox_returned(struct engine_worker *w, uint64_t seq, bool is_unroutable)
{
    struct outbox_row *row = landed(w, seq);
    if (!row)
        return;
    w->stats.returned++;
    /* A nack does not say that nobody got it: the broker closed the channel, perhaps, because of
     * another message. No longer under way, it is in doubt, and the sweeper looks into that. */
    if (!is_unroutable && row->send.policy != SEND_BLIND)
        list_add(&w->gone, &w->n_gone, &w->cap_gone, row);
    else if (!row->send.is_answer || !is_unroutable)
        list_add(&w->retry, &w->n_retry, &w->cap_retry, row);
    /* Whoever asked is gone: final. The first time nobody had it before; later it may be gone
     * because it had (whoever sent it then died before the confirm, or it was sent beside us). */
    else if (!is_first(w, row) || !ask_domain(w, ITEM_LOST, row))
        outbox_delete_later(w, row);
}

void outbox_lost(struct engine_worker *w, const char *room)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_flights; i++)
        if (room && strcmp(w->flights[i].row->send.room, room) != 0)
            w->flights[n++] = w->flights[i];
        else
            free(w->flights[i].row);
    w->n_flights = n;
}

static bool is_same(const struct outbox_row *a, const struct outbox_row *b)
{
    return a->seq == b->seq && strcmp(a->stream, b->stream) == 0;
}

static bool in_flight(const struct engine_worker *w, const struct outbox_row *row)
{
    for (size_t i = 0; i < w->n_flights; i++)
        if (is_same(w->flights[i].row, row))
            return true;
    for (size_t i = 0; i < w->n_confirmed; i++)
        if (is_same(w->confirmed[i], row))
            return true;
    for (size_t i = 0; i < w->n_copied; i++)
        if (is_same(w->copied[i], row))
            return true;
    return false;
}

/* It may have left already and must not leave twice. Where the broker kept a trace of it, that
 * tells; else the domain is asked. */
static void look_into_doubt(struct engine_worker *w, const struct outbox_row *row)
{
    const struct send *s = &row->send;
    enum send_fate fate = FATE_UNKNOWN;
    enum err_code rc = ERR_OK;
    struct err err = ERR_INIT;
    bool has_ended = false;
    struct outbox_row *copy = outbox_row_dup(row);
    if (*row->sender)
        rc = w->bus->was_taken(w->bus->ctx, s, &fate, &err);
    if (rc == ERR_OK && fate == FATE_TAKEN) {
        outbox_delete_later(w, copy);
        return;
    }
    if (rc == ERR_OK && fate == FATE_NOT_TAKEN && strcmp(row->sender, OUTBOX_SENDER_GONE) == 0) {
        list_add(&w->retry, &w->n_retry, &w->cap_retry, copy);
        return;
    }
    if (rc == ERR_OK && fate == FATE_NOT_TAKEN)
        rc = w->bus->has_ended(w->bus->ctx, s->room, row->sender, &has_ended, &err);
    if (has_ended)
        list_add(&w->gone, &w->n_gone, &w->cap_gone, copy);
    else if (rc != ERR_OK || fate == FATE_NOT_TAKEN || !ask_domain(w, ITEM_DOUBT, copy))
        free(copy); /* looked into again */
    if (rc != ERR_OK)
        worker_fault(w, "look into a doubt", &err);
}

/* A row that is all that still tells of a queue: its command has ended, without an answer, or its
 * answer came to another than who had sent it and died before the row was settled. It stays until the
 * room can be reached; one without a message for some sweeps more (half a minute), as the request may
 * be on its way to the broker yet, and make the queue once more. */
static void forget_ended(struct engine_worker *w, const struct outbox_row *row)
{
    enum { TRIES = 40 }; /* two minutes: a room may be gone for ever, and the queue expires */
    enum { LOOKS = 10 };
    bool may_come_again = !*row->send.key && row->attempts < LOOKS;
    bool is_reached = w->bus->sender(w->bus->ctx, row->send.room) != NULL;
    if (!is_reached && row->attempts < TRIES)
        return;
    if (is_reached && w->bus->forget)
        w->bus->forget(w->bus->ctx, row->send.room, row->send.command);
    if (!may_come_again)
        outbox_delete_later(w, outbox_row_dup(row)); /* has_ended: it is not kept once more */
}

void outbox_sweep(struct engine_worker *w)
{
    struct outbox_rows found = {0};
    struct err err = ERR_INIT;
    if (!w->is_ready)
        return;
    enum err_code rc = w->store->unsent(w->store->ctx, &w->arena, SWEEP_MAX, &found, &err);
    if (rc != ERR_OK) {
        store_is_away(w, &err);
        return;
    }
    store_is_back(w); /* not only after a batch: while consuming is paused there may never be one */
    struct outbox_row **send = arena_alloc(&w->arena, (found.n + 1) * sizeof(*send));
    size_t n = 0;
    for (uint32_t i = 0; i < found.n; i++) {
        struct outbox_row *row = found.at[i];
        if (row->has_ended) {
            forget_ended(w, row);
            continue;
        }
        if (in_flight(w, row))
            continue;
        if (!row->maybe_sent || row->send.policy == SEND_BLIND) {
            send[n++] = row;
            continue;
        }
        look_into_doubt(w, row);
    }
    w->stats.resent += n;
    outbox_publish(w, send, n);
}

void outbox_to_settle(const struct engine_worker *w, struct save *ret)
{
    ret->confirmed = (const struct outbox_row *const *)w->confirmed;
    ret->n_confirmed = w->n_confirmed;
    ret->copied = (const struct outbox_row *const *)w->copied;
    ret->n_copied = w->n_copied;
    ret->retry = (const struct outbox_row *const *)w->retry;
    ret->n_retry = w->n_retry;
    ret->gone = (const struct outbox_row *const *)w->gone;
    ret->n_gone = w->n_gone;
}

/* Its copy is not needed once nobody may doubt any more that it was taken; what still tells of it
 * goes last. Where the room cannot be reached, the sweep sees to it. */
void outbox_settled(struct engine_worker *w)
{
    size_t n = w->n_copied;
    w->n_copied = 0;
    outbox_drop_settled(w);
    for (size_t i = 0; i < n; i++) {
        struct outbox_row *row = w->copied[i];
        if (!w->bus->sender(w->bus->ctx, row->send.room)) {
            free(row);
            continue;
        }
        w->bus->forget(w->bus->ctx, row->send.room, row->send.command);
        row->has_ended = true;
        outbox_delete_later(w, row);
    }
}

void outbox_drop_settled(struct engine_worker *w)
{
    for (size_t i = 0; i < w->n_confirmed; i++)
        free(w->confirmed[i]);
    for (size_t i = 0; i < w->n_copied; i++)
        free(w->copied[i]);
    for (size_t i = 0; i < w->n_retry; i++)
        free(w->retry[i]);
    for (size_t i = 0; i < w->n_gone; i++)
        free(w->gone[i]);
    w->n_confirmed = w->n_copied = w->n_retry = w->n_gone = 0;
}

void outbox_settle(struct engine_worker *w)
{
    struct err err = ERR_INIT;
    struct save s = {0};
    if (w->n_confirmed + w->n_copied + w->n_retry + w->n_gone == 0)
        return;
    outbox_to_settle(w, &s);
    if (w->store->settle(w->store->ctx, &s, &err) == ERR_OK)
        outbox_settled(w);
    else
        store_is_away(w, &err);
}
