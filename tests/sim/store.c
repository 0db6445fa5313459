#include "tests/sim/store.h"

#include "common/base/mem.h"
#include "nfvo/lifecycle/types.h"

#include <stdlib.h>
#include <string.h>

#define LEASE_US (10 * SEC)

void store_init(struct sim *s, const struct domain *dom)
{
    s->store = arena_alloc(&s->arena, sizeof(*s->store));
    s->store->dom = dom;
}

int64_t store_clock(const struct sim *s)
{
    return SIM_EPOCH + s->now;
}

/* --- what others look at --- */
const struct row *store_row(const struct sim *s, int kind, const char *id)
{
    for (size_t i = 0; i < s->store->n_rows; i++)
        if (s->store->rows[i]->kind == kind && strcmp(s->store->rows[i]->id, id) == 0)
            return s->store->rows[i];
    return NULL;
}

struct command *store_command(const struct sim *s, const char *id)
{
    for (size_t i = 0; i < s->store->n_commands; i++)
        if (strcmp(s->store->commands[i]->id, id) == 0)
            return s->store->commands[i];
    return NULL;
}

const struct rest_call *store_rest_call(const struct sim *s, const char *id)
{
    for (size_t i = 0; i < s->store->n_operations; i++)
        if (strcmp(s->store->operations[i].id, id) == 0)
            return &s->store->operations[i];
    return NULL;
}

int64_t store_next_at(const struct sim *s)
{
    int64_t at = INT64_MAX;
    for (size_t i = 0; i < s->store->n_commands; i++)
        if (s->store->commands[i]->due_at < at)
            at = s->store->commands[i]->due_at;
    for (size_t i = 0; i < s->store->n_outbox; i++)
        if (s->store->outbox[i]->next_at < at)
            at = s->store->outbox[i]->next_at;
    return at == INT64_MAX ? at : at - SIM_EPOCH;
}

/* --- load --- */
static struct row *copy_row(struct arena *a, const struct row *r)
{
    struct row *c = arena_alloc(a, sizeof(*c));
    *c = *r;
    c->mark = ROW_CLEAN;
    c->decoded = NULL;
    c->id = arena_strdup(a, r->id);
    c->agg = arena_strdup(a, r->agg);
    c->doc = arena_strdup(a, r->doc ? r->doc : "");
    c->state = arena_strdup(a, r->state ? r->state : "");
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        c->key[i] = arena_strdup(a, r->key[i] ? r->key[i] : "");
    return c;
}

void store_put(struct sim *s, const struct row *r)
{
    struct store *st = s->store;
    struct row *c = copy_row(&s->arena, r);
    for (size_t i = 0; i < st->n_rows; i++)
        if (st->rows[i]->kind == r->kind && strcmp(st->rows[i]->id, r->id) == 0) {
            st->rows[i] = c;
            return;
        }
    st->rows = arena_grow_array(&s->arena, st->rows, st->n_rows, sizeof(*st->rows));
    st->rows[st->n_rows++] = c;
}

void store_drop(struct sim *s, int kind, const char *id)
{
    struct store *st = s->store;
    for (size_t i = 0; i < st->n_rows; i++)
        if (st->rows[i]->kind == kind && strcmp(st->rows[i]->id, id) == 0) {
            memmove(&st->rows[i], &st->rows[i + 1], (st->n_rows - i - 1) * sizeof(*st->rows));
            st->n_rows--;
            return;
        }
}

static bool lock(struct session *ss, const char *agg)
{
    struct store *st = ss->s->store;
    for (size_t i = 0; i < st->n_locks; i++)
        if (strcmp(st->locks[i].agg, agg) == 0)
            return st->locks[i].by == ss;
    /* Somebody else, e.g. the API, holds it for a moment. */
    if (sim_faulty(ss->s, ss->s->weather.store_away))
        return false;
    st->locks = arena_grow_array(&ss->s->arena, st->locks, st->n_locks, sizeof(*st->locks));
    st->locks[st->n_locks++] = (struct store_lock){arena_strdup(&ss->s->arena, agg), ss};
    return true;
}

void store_unlock(struct session *ss)
{
    struct store *st = ss->s->store;
    size_t kept = 0;
    for (size_t i = 0; i < st->n_locks; i++)
        if (st->locks[i].by != ss)
            st->locks[kept++] = st->locks[i];
    st->n_locks = kept;
    ss->in_tx = false;
}

static void load_agg(struct session *ss, const struct domain *dom, struct load *l,
                     const struct intent *in)
{
    struct store *st = ss->s->store;
    const struct agg_kind *k = &dom->aggs[in->agg_kind];
    struct loaded *g = &l->aggs[l->n_aggs++];
    *g = (struct loaded){.agg = arena_strdup(l->arena, in->agg), .agg_kind = in->agg_kind};
    for (size_t i = 0; i < st->n_rows; i++) {
        const struct row *r = st->rows[i];
        if (strcmp(r->agg, in->agg) != 0)
            continue;
        if (r->kind == k->root)
            g->root = copy_row(l->arena, r);
        for (int m = 0; m < k->n_members; m++)
            if (r->kind == k->members[m] &&
                (!dom->rows[r->kind].open || r->phase < dom->rows[r->kind].n_open)) {
                g->rows.at = arena_grow_array(l->arena, g->rows.at, g->rows.n, sizeof(*g->rows.at));
                g->rows.at[g->rows.n++] = copy_row(l->arena, r);
            }
    }
    for (size_t i = 0; i < st->n_commands; i++) {
        const struct command *c = st->commands[i];
        if (strcmp(c->agg, in->agg) != 0)
            continue;
        struct command *copy = arena_alloc(l->arena, sizeof(*copy));
        *copy = *c;
        copy->mark = ROW_CLEAN;
        copy->id = arena_strdup(l->arena, c->id);
        copy->agg = g->agg;
        copy->subject = arena_strdup(l->arena, c->subject);
        copy->data = arena_strdup(l->arena, c->data);
        copy->room = arena_strdup(l->arena, c->room);
        g->commands.at =
            arena_grow_array(l->arena, g->commands.at, g->commands.n, sizeof(*g->commands.at));
        g->commands.at[g->commands.n++] = copy;
    }
}

static bool has_fact(const struct load *l, const struct row *r)
{
    for (uint32_t i = 0; i < l->facts.n; i++)
        if (l->facts.at[i]->kind == r->kind && strcmp(l->facts.at[i]->id, r->id) == 0)
            return true;
    return false;
}

static void load_facts(struct session *ss, const struct domain *dom, struct load *l,
                       const struct loaded *g, unsigned facts)
{
    static const struct row none = {.id = "", .agg = "", .key = {"", "", "", ""}};
    struct store *st = ss->s->store;
    const struct row *root = g->root ? g->root : &none;
    for (int f = 0; f < dom->n_facts; f++) {
        const struct fact_kind *k = &dom->facts[f];
        if (!(facts & k->bit) || (k->agg_kind != g->agg_kind && k->agg_kind < dom->n_aggs))
            continue;
        for (size_t i = 0; i < st->n_rows; i++) {
            const struct row *r = st->rows[i];
            if (r->kind != k->row_kind || has_fact(l, r) || (k->relates && !k->relates(root, r)))
                continue;
            l->facts.at = arena_grow_array(l->arena, l->facts.at, l->facts.n, sizeof(*l->facts.at));
            l->facts.at[l->facts.n++] = copy_row(l->arena, r);
        }
    }
}

static int by_agg(const void *a, const void *b)
{
    const struct intent *const *x = a, *const *y = b;
    return strcmp((*x)->agg, (*y)->agg);
}

static enum err_code store_load(void *ctx, const struct domain *dom, struct load *l,
                                struct err *err)
{
    struct session *ss = ctx;
    gate_pass(ss->gate, POINT_BEFORE_LOAD);
    if (ss->in_tx)
        sim_violate(ss->s, "%s: load inside of a transaction", ss->who);
    if (sim_faulty(ss->s, ss->s->weather.store_away))
        return err_set(err, ERR_UNAVAIL, "the database is away");
    ss->in_tx = true;
    ss->s->store->loads++;
    const struct intent **in = arena_alloc(l->arena, l->n * sizeof(*in));
    for (size_t i = 0; i < l->n; i++)
        in[i] = l->intents[i];
    qsort(in, l->n, sizeof(*in), by_agg);
    l->aggs = arena_alloc(l->arena, (l->n + 1) * sizeof(*l->aggs));
    l->n_aggs = 0;
    l->facts = (struct rows){0};
    for (size_t i = 0, j; i < l->n; i = j) {
        unsigned facts = 0;
        for (j = i; j < l->n && strcmp(in[j]->agg, in[i]->agg) == 0; j++)
            facts |= in[j]->facts;
        if (!lock(ss, in[i]->agg)) {
            ss->s->store->skipped++;
            if (ss->s->plant == 8) /* SKIP LOCKED taken for "there is none" */
                l->aggs[l->n_aggs++] =
                    (struct loaded){.agg = in[i]->agg, .agg_kind = in[i]->agg_kind};
            continue;
        }
        load_agg(ss, dom, l, in[i]);
        load_facts(ss, dom, l, &l->aggs[l->n_aggs - 1], facts);
    }
    l->now = store_clock(ss->s);
    gate_pass(ss->gate, POINT_AFTER_LOAD);
    return ERR_OK;
}

/* --- what is due --- */
static bool is_held(const struct due_query *q, const char *room)
{
    for (size_t i = 0; i < q->n_held; i++)
        if (strcmp(q->held[i], room) == 0)
            return true;
    return false;
}

static enum err_code store_due(void *ctx, struct arena *a, const struct due_query *q,
                               struct due **ret, size_t *ret_n, struct err *err)
{
    struct session *ss = ctx;
    struct store *st = ss->s->store;
    gate_pass(ss->gate, POINT_BEFORE_DUE);
    if (sim_faulty(ss->s, ss->s->weather.store_away))
        return err_set(err, ERR_UNAVAIL, "the database is away");
    *ret = arena_alloc(a, (q->max + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < st->n_commands && *ret_n < q->max; i++) {
        const struct command *c = st->commands[i];
        if (c->due_at <= store_clock(ss->s) && !is_held(q, c->room))
            (*ret)[(*ret_n)++] =
                (struct due){arena_strdup(a, c->id), arena_strdup(a, c->agg), c->agg_kind};
    }
    return ERR_OK;
}

static struct outbox_row *copy_outbox(struct arena *a, const struct outbox_row *o)
{
    struct outbox_row *c = arena_alloc(a, sizeof(*c));
    *c = *o;
    c->stream = arena_strdup(a, o->stream);
    c->sender = arena_strdup(a, o->sender);
    c->send.room = arena_strdup(a, o->send.room);
    c->send.exchange = arena_strdup(a, o->send.exchange);
    c->send.key = arena_strdup(a, o->send.key);
    c->send.command = arena_strdup(a, o->send.command);
    c->send.correlation_id = arena_strdup(a, o->send.correlation_id);
    c->send.body = arena_strdup(a, o->send.body);
    send_refs_copy(a, &o->send.refs, &c->send.refs);
    return c;
}

static enum err_code store_unsent(void *ctx, struct arena *a, size_t max, struct outbox_rows *ret,
                                  struct err *err)
{
    struct session *ss = ctx;
    struct store *st = ss->s->store;
    *ret = (struct outbox_rows){0};
    if (sim_faulty(ss->s, ss->s->weather.store_away))
        return err_set(err, ERR_UNAVAIL, "the database is away");
    if (ss->s->plant == 2) /* the sweeper finds nothing */
        return ERR_OK;
    for (size_t i = 0; i < st->n_outbox && ret->n < max; i++) {
        struct stored_outbox *o = st->outbox[i];
        if (o->next_at > store_clock(ss->s))
            continue;
        const struct send *send = &o->row.send;
        bool is_closed = send->command && !send->is_answer && !store_command(ss->s, send->command);
        bool has_ended =
            (o->row.sender && strcmp(o->row.sender, OUTBOX_SENDER_CONFIRMED) == 0) ||
            (is_closed && (send->policy != SEND_BLIND || send->reply == SEND_REPLY_PRIVATE));
        if (!has_ended && (is_closed || (o->row.until_at && /* retried until then, no longer */
                                         o->row.until_at < store_clock(ss->s)))) {
            memmove(&st->outbox[i], &st->outbox[i + 1],
                    (st->n_outbox - i - 1) * sizeof(*st->outbox));
            st->n_outbox--;
            i--;
            continue;
        }
        o->row.attempts++;
        o->next_at = store_clock(ss->s) + LEASE_US;
        ret->at = arena_grow_array(a, ret->at, ret->n, sizeof(*ret->at));
        if (has_ended)
            o->row.maybe_sent = true;
        ret->at[ret->n] = copy_outbox(a, &o->row);
        ret->at[ret->n++]->has_ended = has_ended;
    }
    for (uint32_t i = 1; i < ret->n; i++) { /* SQL promises no order */
        uint32_t k = (uint32_t)sim_between(ss->s, 0, i);
        struct outbox_row *o = ret->at[i];
        ret->at[i] = ret->at[k];
        ret->at[k] = o;
    }
    gate_pass(ss->gate, POINT_AFTER_UNSENT);
    return ERR_OK;
}

static enum err_code store_mark(void *ctx, struct outbox_row *const *rows, size_t n,
                                struct err *err)
{
    struct session *ss = ctx;
    struct store *st = ss->s->store;
    gate_pass(ss->gate, POINT_BEFORE_MARK);
    if (sim_faulty(ss->s, ss->s->weather.commit_fails))
        return err_set(err, ERR_UNAVAIL, "commit of 'maybe sent' failed");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < st->n_outbox; k++)
            if (st->outbox[k]->row.seq == rows[i]->seq &&
                strcmp(st->outbox[k]->row.stream, rows[i]->stream) == 0 &&
                !st->outbox[k]->row.maybe_sent) {
                st->outbox[k]->row.maybe_sent = rows[i]->maybe_sent = true;
                st->outbox[k]->row.sender = arena_strdup(&ss->s->arena, rows[i]->sender);
            }
    gate_pass(ss->gate, POINT_AFTER_MARK);
    return ERR_OK;
}

/* The PoP with its secrets; of other kinds nothing is known here. */
static enum err_code store_render(void *ctx, const struct send_ref *ref, char **ret,
                                  struct err *err)
{
    struct session *ss = ctx;
    for (size_t i = 0; ref->kind == REFERENCE_POP && i < ss->s->store->n_rows; i++) {
        const struct row *r = ss->s->store->rows[i];
        if (r->kind == ROW_POP && strcmp(r->id, ref->id) == 0) {
            *ret = xstrdup(r->doc);
            return ERR_OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "nothing is known by the name '%s'", ref->id);
}

void session_open(struct session *ss, struct sim *s, const char *who, const struct gate *gate)
{
    *ss = (struct session){.s = s, .who = who, .gate = gate};
    ss->port = (struct engine_store){.ctx = ss,
                                     .load = store_load,
                                     .save = store_save,
                                     .settle = store_settle,
                                     .due = store_due,
                                     .unsent = store_unsent,
                                     .mark_maybe_sent = store_mark,
                                     .render = store_render};
}

void session_close(struct session *ss)
{
    store_unlock(ss);
}
