/* From the committed outbox to the broker: publish, wait for confirms without waiting, try again
 * what nobody took. */
#include "common/engine/internal.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_MAX 64

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
    size_t n =
        strlen(row->stream) + 1 + strlen(s->key) + 1 + (s->command ? strlen(s->command) + 1 : 0);
    struct outbox_row *copy = xmalloc(sizeof(*copy) + n);
    char *at = (char *)(copy + 1);
    *copy = *row;
    copy->stream = put(&at, row->stream);
    copy->send.key = put(&at, s->key);
    copy->send.command = put(&at, s->command);
    copy->send.exchange = "";
    copy->send.correlation_id = copy->send.body = NULL;
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

void outbox_delete_later(struct engine_worker *w, struct outbox_row *row_taken)
{
    list_add(&w->confirmed, &w->n_confirmed, &w->cap_confirmed, row_taken);
}

/* References to secrets are rendered here, after COMMIT and outside of the store's outbox.
 * *ret_body: s->body itself, or out->s. */
static enum err_code render(struct engine_worker *w, const char *body, struct sbuf *out,
                            struct err *err)
{
    const char *from = body, *open, *close;
    while ((open = strchr(from, '\x01')) != NULL && (close = strchr(open + 1, '\x01')) != NULL) {
        char name[160];
        char *text = NULL;
        size_t n = (size_t)(close - open - 1);
        if (n >= sizeof(name))
            return err_set(err, ERR_INTERNAL, "a reference of %zu bytes", n);
        memcpy(name, open + 1, n);
        name[n] = '\0';
        enum err_code rc = w->store->render(w->store->ctx, name, &text, err);
        if (rc ==
            ERR_NOT_FOUND) /* its owner was deleted meanwhile: the peer will say what it misses */
            text = xstrdup("{}");
        else if (rc != ERR_OK)
            return rc;
        sbuf_add(out, from, (size_t)(open - from));
        sbuf_adds(out, text);
        free(text);
        from = close + 1;
    }
    sbuf_adds(out, from);
    return ERR_OK;
}

static enum err_code publish(struct engine_worker *w, struct outbox_row *row, struct err *err)
{
    AUTO(sbuf_release) struct sbuf rendered = SBUF_INIT;
    const char *body = row->send.body;
    size_t len = strlen(body);
    uint64_t seq = 0;
    if (memchr(body, '\x01', len)) {
        enum err_code rc = render(w, body, &rendered, err);
        if (rc != ERR_OK)
            return rc;
        body = rendered.s;
        len = rendered.len;
    }
    enum err_code rc = w->bus->publish(w->bus->ctx, &row->send, body, len, &seq, err);
    if (rc != ERR_OK)
        return rc;
    w->stats.published++;
    if (w->n_flights == w->cap_flights) {
        w->cap_flights = w->cap_flights ? w->cap_flights * 2 : 64;
        w->flights = xrealloc(w->flights, w->cap_flights * sizeof(*w->flights));
    }
    w->flights[w->n_flights++] = (struct flight){seq, outbox_row_dup(row)};
    return ERR_OK;
}

/* What must not be sent twice is marked before it is sent, in a transaction of its own. */
static bool mark(struct engine_worker *w, struct outbox_row *const *rows, size_t n)
{
    struct outbox_row **marked = arena_alloc(&w->arena, n * sizeof(*marked));
    struct err err = ERR_INIT;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i]->send.policy != SEND_BLIND)
            marked[k++] = rows[i];
    if (k == 0 || w->store->mark_maybe_sent(w->store->ctx, marked, k, &err) == ERR_OK)
        return true;
    worker_fault(w, "mark_maybe_sent", &err);
    return false;
}

/* Marked, but surely not sent: the mark goes, or an orderly refusal would come in doubt. */
static void not_sent(struct engine_worker *w, const struct outbox_row *row)
{
    if (row->send.policy != SEND_BLIND)
        list_add(&w->retry, &w->n_retry, &w->cap_retry, outbox_row_dup(row));
}

/* Whatever fails here stays in the outbox and is swept later. */
void outbox_publish(struct engine_worker *w, struct outbox_row *const *rows, size_t n)
{
    int64_t began = worker_now(w);
    bool is_away = false;
    if (n == 0 || !w->is_ready)
        return;
    bool may_send_marked = mark(w, rows, n);
    w->bus->cork(w->bus->ctx, true);
    for (size_t i = 0; i < n; i++) {
        struct err err = ERR_INIT;
        if (rows[i]->send.policy != SEND_BLIND && !may_send_marked)
            continue;
        if (!is_away && publish(w, rows[i], &err) == ERR_OK)
            continue;
        if (err.code != ERR_IO)
            not_sent(w, rows[i]);
        if (!is_away)
            worker_fault(w, "publish", &err);
        is_away |= err.code == ERR_UNAVAIL;
    }
    w->bus->cork(w->bus->ctx, false);
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

void outbox_returned(struct engine_worker *w, uint64_t seq, bool is_unroutable)
{
    struct outbox_row *row = landed(w, seq);
    if (!row)
        return;
    w->stats.returned++;
    if (!row->send.is_answer || !is_unroutable)
        list_add(&w->retry, &w->n_retry, &w->cap_retry, row);
    /* Whoever asked is gone: final. The first time nobody had it before; later it may be gone
     * because it had (whoever sent it then died before the confirm). */
    else if (row->attempts > 0 || !ask_domain(w, ITEM_LOST, row))
        outbox_delete_later(w, row);
}

void outbox_lost(struct engine_worker *w)
{
    for (size_t i = 0; i < w->n_flights; i++)
        free(w->flights[i].row);
    w->n_flights = 0;
}

static bool in_flight(const struct engine_worker *w, const struct outbox_row *row)
{
    for (size_t i = 0; i < w->n_flights; i++)
        if (w->flights[i].row->seq == row->seq &&
            strcmp(w->flights[i].row->stream, row->stream) == 0)
            return true;
    for (size_t i = 0; i < w->n_confirmed; i++)
        if (w->confirmed[i]->seq == row->seq && strcmp(w->confirmed[i]->stream, row->stream) == 0)
            return true;
    return false;
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
        if (in_flight(w, row))
            continue;
        if (!row->maybe_sent || row->send.policy == SEND_BLIND) {
            send[n++] = row;
            continue;
        }
        /* It may have left already and must not leave twice. */
        struct outbox_row *copy = outbox_row_dup(row);
        if (!ask_domain(w, ITEM_DOUBT, copy))
            free(copy);
    }
    w->stats.resent += n;
    outbox_publish(w, send, n);
}

void outbox_settled(struct engine_worker *w)
{
    for (size_t i = 0; i < w->n_confirmed; i++)
        free(w->confirmed[i]);
    for (size_t i = 0; i < w->n_retry; i++)
        free(w->retry[i]);
    w->n_confirmed = w->n_retry = 0;
}

void outbox_settle(struct engine_worker *w)
{
    struct err err = ERR_INIT;
    if (w->n_confirmed + w->n_retry == 0)
        return;
    struct save s = {.confirmed = (const struct outbox_row *const *)w->confirmed,
                     .n_confirmed = w->n_confirmed,
                     .retry = (const struct outbox_row *const *)w->retry,
                     .n_retry = w->n_retry};
    if (w->store->settle(w->store->ctx, &s, &err) == ERR_OK)
        outbox_settled(w);
    else
        store_is_away(w, &err);
}
