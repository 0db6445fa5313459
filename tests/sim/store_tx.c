/* The writing half of the fake database: everything at one moment, or nothing. */
#include "tests/sim/store.h"

#include <string.h>

#define FRESH_US     (2 * SEC) /* so long the one who saved it has time to publish it */
#define RETRY_MAX_US (5 * SEC)

static bool locked_by(const struct session *ss, const char *agg)
{
    const struct store *st = ss->s->store;
    for (size_t i = 0; i < st->n_locks; i++)
        if (strcmp(st->locks[i].agg, agg) == 0)
            return st->locks[i].by == ss;
    return false;
}

/* UNIQUE columns of the schema. */
static bool is_taken(const struct session *ss, const struct domain *dom, const struct row *r)
{
    const struct store *st = ss->s->store;
    bool is_instance = strcmp(dom->rows[r->kind].table, "instance") == 0;
    for (size_t i = 0; i < st->n_rows; i++) {
        const struct row *o = st->rows[i];
        if (o->kind != r->kind)
            continue;
        if (strcmp(o->id, r->id) == 0)
            return true;
        for (int k = 0; is_instance && k < ROW_KEYS_MAX && dom->rows[r->kind].keys[k]; k++)
            if (strcmp(dom->rows[r->kind].keys[k], "hostname") == 0 &&
                strcmp(o->key[k], r->key[k]) == 0)
                return true;
    }
    return false;
}

static enum err_code check_save(struct session *ss, const struct domain *dom, const struct save *sv,
                                struct err *err)
{
    for (size_t i = 0; i < sv->n_rows; i++) {
        const struct row *r = sv->rows[i];
        if (!locked_by(ss, r->agg))
            sim_violate(ss->s, "%s saves %s %s without its aggregate's lock", ss->who,
                        dom->rows[r->kind].table, r->id);
        if (r->mark == ROW_NEW && is_taken(ss, dom, r))
            return err_set(err, ERR_EXISTS, "%s '%s' exists already", dom->rows[r->kind].table,
                           r->id);
        if (r->mark == ROW_CHANGED && !store_row(ss->s, r->kind, r->id))
            sim_violate(ss->s, "%s changes %s %s, which is not there", ss->who,
                        dom->rows[r->kind].table, r->id);
    }
    for (size_t i = 0; i < sv->n_commands; i++) {
        const struct command *c = sv->commands[i];
        bool is_there = store_command(ss->s, c->id);
        if (!locked_by(ss, c->agg))
            sim_violate(ss->s, "%s saves command %s without its aggregate's lock", ss->who, c->id);
        if (c->mark == ROW_NEW ? is_there
                               : c->mark == ROW_CHANGED &&
                                     !is_there) /* opened and closed in one batch: never there */
            sim_violate(ss->s, "%s saves command %s with mark %d, which is%s there", ss->who, c->id,
                        c->mark, is_there ? "" : " not");
    }
    return ERR_OK;
}

static void apply_row(struct session *ss, const struct row *r)
{
    struct store *st = ss->s->store;
    const struct row *before = store_row(ss->s, r->kind, r->id);
    if (st->on_row && (before || r->mark != ROW_GONE))
        st->on_row(ss->s, before, r->mark == ROW_GONE ? NULL : r);
    if (r->mark == ROW_GONE)
        store_drop(ss->s, r->kind, r->id);
    else
        store_put(ss->s, r);
}

static void apply_command(struct session *ss, const struct command *c)
{
    struct sim *s = ss->s;
    struct store *st = s->store;
    if (c->mark == ROW_GONE) {
        for (size_t i = 0; i < st->n_commands; i++)
            if (strcmp(st->commands[i]->id, c->id) == 0) {
                memmove(&st->commands[i], &st->commands[i + 1],
                        (st->n_commands - i - 1) * sizeof(*st->commands));
                st->n_commands--;
                return;
            }
        return;
    }
    struct command *to = store_command(s, c->id);
    if (!to) {
        to = arena_alloc(&s->arena, sizeof(*to));
        st->commands =
            arena_grow_array(&s->arena, st->commands, st->n_commands, sizeof(*st->commands));
        st->commands[st->n_commands++] = to;
        if (st->on_command)
            st->on_command(s, c);
    }
    *to = *c;
    to->mark = ROW_CLEAN;
    to->id = arena_strdup(&s->arena, c->id);
    to->agg = arena_strdup(&s->arena, c->agg);
    to->subject = arena_strdup(&s->arena, c->subject);
    to->data = arena_strdup(&s->arena, c->data);
    to->room = arena_strdup(&s->arena, c->room);
    if (s->plant == 6 && sim_chance(s, 300)) /* a deadline is not opened */
        to->due_at = INT64_MAX;
}

static struct stored_outbox *find_outbox(struct store *st, const struct outbox_row *o,
                                         size_t *ret_i)
{
    for (size_t i = 0; i < st->n_outbox; i++)
        if (st->outbox[i]->row.seq == o->seq && strcmp(st->outbox[i]->row.stream, o->stream) == 0) {
            *ret_i = i;
            return st->outbox[i];
        }
    return NULL;
}

/* Whoever read it before another one sent it anew has no say. */
static struct stored_outbox *find_sent(struct store *st, const struct outbox_row *o)
{
    size_t at;
    struct stored_outbox *found = find_outbox(st, o, &at);
    return found && strcmp(found->row.sender, o->sender ? o->sender : "") == 0 ? found : NULL;
}

static void apply_outbox(struct session *ss, const struct outbox_row *o)
{
    struct sim *s = ss->s;
    struct store *st = s->store;
    size_t at;
    if (find_outbox(st, o, &at))
        sim_violate(s, "%s: outbox row %s/%lld twice", ss->who, o->stream, (long long)o->seq);
    struct stored_outbox *n = arena_alloc(&s->arena, sizeof(*n));
    n->row = *o;
    n->row.stream = arena_strdup(&s->arena, o->stream);
    n->row.sender = "";
    n->row.send.room = arena_strdup(&s->arena, o->send.room);
    n->row.send.exchange = arena_strdup(&s->arena, o->send.exchange);
    n->row.send.key = arena_strdup(&s->arena, o->send.key);
    n->row.send.command = arena_strdup(&s->arena, o->send.command);
    n->row.send.correlation_id = arena_strdup(&s->arena, o->send.correlation_id);
    n->row.send.body = arena_strdup(&s->arena, o->send.body);
    send_refs_copy(&s->arena, &o->send.refs, &n->row.send.refs);
    n->next_at = store_clock(s) + FRESH_US;
    st->outbox = arena_grow_array(&s->arena, st->outbox, st->n_outbox, sizeof(*st->outbox));
    st->outbox[st->n_outbox++] = n;
}

static void apply_settlement(struct session *ss, const struct save *sv)
{
    struct store *st = ss->s->store;
    struct stored_outbox *o;
    size_t at = 0;
    for (size_t i = 0; i < sv->n_confirmed; i++)
        if (find_outbox(st, sv->confirmed[i], &at)) {
            memmove(&st->outbox[at], &st->outbox[at + 1],
                    (st->n_outbox - at - 1) * sizeof(*st->outbox));
            st->n_outbox--;
        }
    for (size_t i = 0; i < sv->n_copied; i++)
        if (find_outbox(st, sv->copied[i], &at)) {
            o = st->outbox[at];
            o->row.maybe_sent = true;
            o->row.sender = OUTBOX_SENDER_CONFIRMED;
            o->next_at = store_clock(ss->s) + 3 * SEC;
        }
    for (size_t i = 0; i < sv->n_retry; i++)
        if ((o = find_sent(st, sv->retry[i]))) {
            int64_t pause = (SEC / 20) << (o->row.attempts < 7 ? o->row.attempts : 7);
            o->row.attempts++;
            o->row.maybe_sent = false; /* returned: it is known not to have arrived */
            o->row.sender = "";
            o->next_at = store_clock(ss->s) + (pause > RETRY_MAX_US ? RETRY_MAX_US : pause);
        }
    for (size_t i = 0; i < sv->n_gone; i++)
        if ((o = find_sent(st, sv->gone[i]))) {
            o->row.sender = OUTBOX_SENDER_GONE;
            o->next_at = store_clock(ss->s) + SEC;
        }
}

static void apply(struct session *ss, const struct save *sv)
{
    struct sim *s = ss->s;
    struct store *st = s->store;
    for (size_t i = 0; i < sv->n_rows; i++)
        apply_row(ss, sv->rows[i]);
    for (size_t i = 0; i < sv->n_commands; i++)
        apply_command(ss, sv->commands[i]);
    for (size_t i = 0; i < sv->n_outbox; i++)
        apply_outbox(ss, sv->outbox[i]);
    for (size_t i = 0; i < sv->n_operations; i++) {
        st->operations =
            arena_grow_array(&s->arena, st->operations, st->n_operations, sizeof(*st->operations));
        st->operations[st->n_operations++] = (struct rest_call){
            arena_strdup(&s->arena, sv->operations[i].id),
            arena_strdup(&s->arena, sv->operations[i].body), sv->operations[i].status};
    }
    st->notes += sv->n_notes;
    for (size_t i = 0; i < sv->n_notes; i++)
        if (st->on_note)
            st->on_note(s, sv->notes[i].doc);
    st->events += sv->n_events;
    for (size_t i = 0; st->on_event && i < sv->n_events; i++)
        st->on_event(s, sv->events[i]);
    for (size_t i = 0; i < sv->n_postponed; i++)
        if (store_command(s, sv->postponed[i]))
            store_command(s, sv->postponed[i])->due_at = store_clock(s) + 60 * SEC;
    if (sv->n_unreadable) /* this store gives back what it was given */
        sim_violate(s, "%s cannot read %s", ss->who, sv->unreadable[0].row->id);
    apply_settlement(ss, sv);
    st->saves++;
    if (st->on_saved)
        st->on_saved(s);
}

enum err_code store_save(void *ctx, const struct domain *dom, const struct save *sv,
                         struct err *err)
{
    struct session *ss = ctx;
    enum err_code rc = ERR_OK;
    gate_pass(ss->gate, POINT_BEFORE_SAVE);
    if (!ss->in_tx)
        sim_violate(ss->s, "%s: save without a transaction", ss->who);
    if (sim_faulty(ss->s, ss->s->weather.commit_fails)) {
        ss->s->store->failed++;
        store_unlock(ss);
        return err_set(err, ERR_UNAVAIL, "commit failed: connection lost");
    }
    rc = check_save(ss, dom, sv, err);
    if (rc == ERR_OK)
        apply(ss, sv);
    store_unlock(ss);
    if (rc == ERR_OK && sim_faulty(ss->s, ss->s->weather.commit_unknown)) {
        ss->s->store->unknown++;
        return err_set(err, ERR_UNAVAIL, "connection lost during commit");
    }
    gate_pass(ss->gate, POINT_AFTER_SAVE);
    return rc;
}

enum err_code store_settle(void *ctx, const struct save *sv, struct err *err)
{
    struct session *ss = ctx;
    gate_pass(ss->gate, POINT_BEFORE_SETTLE);
    if (sim_faulty(ss->s, ss->s->weather.commit_fails))
        return err_set(err, ERR_UNAVAIL, "settling failed: connection lost");
    apply_settlement(ss, sv);
    gate_pass(ss->gate, POINT_AFTER_SETTLE);
    return ERR_OK;
}
