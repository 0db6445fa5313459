#include "common/ports/pg_internal.h"

#include "common/base/sbuf.h"

#include <string.h>

/* clang-format off */
const struct db_statement
    pg_outbox_drop   = { "engine_outbox_drop", "DELETE FROM outbox o USING unnest($1::text[], $2::int8[]) AS c(s, q) WHERE o.stream = c.s AND o.seq = c.q" },
    pg_outbox_retry  = { "engine_outbox_retry", "UPDATE outbox o SET maybe_sent = false, attempts = o.attempts + 1, next_at = " NOW_SQL " + least(50000::int8 << least(o.attempts, 7), 5000000) "
                      "FROM unnest($1::text[], $2::int8[]) AS c(s, q) WHERE o.stream = c.s AND o.seq = c.q" };
/* clang-format on */

/* clang-format off */
static const struct db_statement
    commands_add  = { "engine_commands_add", "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) "
                      "SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::int4[], $5::text[], $6::int8[], $7::text[]) "
                      "ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, data = excluded.data" },
    commands_drop = { "engine_commands_drop", "DELETE FROM command WHERE id = ANY($1::text[])" },
    outbox_add    = { "engine_outbox_add", "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) "
                      "SELECT s, q, " NOW_SQL " + $6::int8, u, m, b FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::text[]) AS t(s, q, u, m, b)" },
    events_add    = { "engine_events_add", "INSERT INTO event_out (stream, endpoint_id, next_at, body) "
                      "SELECT s, e, 0, b FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t(s, e, b, n) ORDER BY n" },
    events_tell   = { "engine_events_tell", "SELECT pg_notify('event', '')" },
    notes_add     = { "engine_notes_add", "INSERT INTO history (nsr_id, at, doc) SELECT s, " NOW_SQL ", d FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t(s, d, n) ORDER BY n" },
    operation_end = { "engine_operation_end", "UPDATE operation SET status = $2, body = $3 WHERE id = $1" },
    operation_tell = { "engine_operation_tell", "SELECT pg_notify('operation', $1)" };
/* clang-format on */

/* --- save --- */

/* One array a column; rows of one kind that have to be written. Returns how many. */
static int fill_rows(const struct save *s, const struct row_kind *k, int kind, bool root,
                     struct db_array *cols)
{
    int n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct row *r = s->rows[i];
        if (r->kind != kind || (r->mark != ROW_NEW && r->mark != ROW_CHANGED))
            continue;
        int c = 0;
        db_array_text(&cols[c++], r->id);
        db_array_text(&cols[c++], r->agg);
        db_array_int(&cols[c++], r->phase);
        if (root)
            db_array_int(&cols[c++], r->seq);
        for (int i2 = 0; i2 < ROW_KEYS_MAX && k->keys[i2]; i2++)
            db_array_text(&cols[c++], r->key[i2]);
        if (k->has_doc)
            db_array_text(&cols[c++], r->doc);
        if (k->has_state)
            db_array_text(&cols[c++], r->state);
        n++;
    }
    return n;
}

static void save_rows(struct engine_pg *pg, const struct save *s, int kind)
{
    const struct row_kind *k = &pg->dom->rows[kind];
    bool root = pg_is_root(pg->dom, kind);
    struct db_array cols[ROW_KEYS_MAX + 6], gone = DB_TEXT_ARRAY;
    struct db_param params[ROW_KEYS_MAX + 6];
    int n_keys = 0, n_cols;
    while (n_keys < ROW_KEYS_MAX && k->keys[n_keys])
        n_keys++;
    n_cols = 3 + root + n_keys + k->has_doc + k->has_state;
    for (int c = 0; c < n_cols; c++) {
        cols[c] = (struct db_array)DB_TEXT_ARRAY;
        params[c] = db_param_array(&cols[c]);
    }
    cols[2] = (struct db_array)DB_INT4_ARRAY;
    if (root)
        cols[3] = (struct db_array)DB_INT8_ARRAY;
    if (fill_rows(s, k, kind, root, cols))
        db_send(pg->db, &pg->kinds[kind].upsert, params, (size_t)n_cols);
    for (size_t i = 0; i < s->n_rows; i++)
        if (s->rows[i]->kind == kind && s->rows[i]->mark == ROW_GONE)
            db_array_text(&gone, s->rows[i]->id);
    if (gone.n)
        db_send(pg->db, &pg->kinds[kind].drop, DB_PARAMS(db_param_array(&gone)));
    for (int c = 0; c < n_cols; c++)
        db_array_release(&cols[c]);
    db_array_release(&gone);
}

static void save_commands(struct engine_pg *pg, const struct save *s)
{
    struct db_array id = DB_TEXT_ARRAY, agg = DB_TEXT_ARRAY, agg_kind = DB_INT4_ARRAY,
                    kind = DB_INT4_ARRAY, subject = DB_TEXT_ARRAY, due_at = DB_INT8_ARRAY,
                    data = DB_TEXT_ARRAY, gone = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_commands; i++) {
        const struct command *c = s->commands[i];
        if (c->mark == ROW_GONE) {
            db_array_text(&gone, c->id);
        } else if (c->mark == ROW_NEW || c->mark == ROW_CHANGED) {
            db_array_text(&id, c->id);
            db_array_text(&agg, c->agg);
            db_array_int(&agg_kind, c->agg_kind);
            db_array_int(&kind, c->kind);
            db_array_text(&subject, c->subject);
            db_array_int(&due_at, c->due_at);
            db_array_text(&data, c->data);
        }
    }
    if (gone.n)
        db_send(pg->db, &commands_drop, DB_PARAMS(db_param_array(&gone)));
    if (id.n)
        db_send(pg->db, &commands_add,
                DB_PARAMS(db_param_array(&id), db_param_array(&agg), db_param_array(&agg_kind),
                          db_param_array(&kind), db_param_array(&subject), db_param_array(&due_at),
                          db_param_array(&data)));
    db_array_release(&id);
    db_array_release(&agg);
    db_array_release(&agg_kind);
    db_array_release(&kind);
    db_array_release(&subject);
    db_array_release(&due_at);
    db_array_release(&data);
    db_array_release(&gone);
}

/* Tabs separate: names and ids that hold control characters are refused before they get here
 * (bus_amqp.c). */
static void write_meta(struct sbuf *out, const struct send *s)
{
    sbuf_clear(out);
    sbuf_addf(out, "%s\t%s\t%s\t%s\t%d\t%d\t%d", s->exchange, s->key, s->command ? s->command : "",
              s->correlation_id ? s->correlation_id : "", s->policy, s->reply,
              (s->is_answer ? META_ANSWER : 0) | (s->is_internal ? META_INTERNAL : 0));
}

static void save_outbox(struct engine_pg *pg, const struct save *s)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct db_array stream = DB_TEXT_ARRAY, seq = DB_INT8_ARRAY, until = DB_INT8_ARRAY,
                    meta = DB_TEXT_ARRAY, body = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_outbox; i++) {
        write_meta(&text, &s->outbox[i]->send);
        db_array_text(&stream, s->outbox[i]->stream);
        db_array_int(&seq, s->outbox[i]->seq);
        db_array_int(&until, s->outbox[i]->until_at);
        db_array_textn(&meta, text.s, text.len);
        db_array_text(&body, s->outbox[i]->send.body);
    }
    if (s->n_outbox)
        db_send(pg->db, &outbox_add,
                DB_PARAMS(db_param_array(&stream), db_param_array(&seq), db_param_array(&until),
                          db_param_array(&meta), db_param_array(&body),
                          db_param_int(ENGINE_PG_LEASE_US)));
    db_array_release(&stream);
    db_array_release(&seq);
    db_array_release(&until);
    db_array_release(&meta);
    db_array_release(&body);
}

void pg_send_keys(struct engine_pg *pg, const struct db_statement *st,
                  const struct outbox_row *const *rows, size_t n)
{
    struct db_array stream = DB_TEXT_ARRAY, seq = DB_INT8_ARRAY;
    for (size_t i = 0; i < n; i++) {
        db_array_text(&stream, rows[i]->stream);
        db_array_int(&seq, rows[i]->seq);
    }
    if (n)
        db_send(pg->db, st, DB_PARAMS(db_param_array(&stream), db_param_array(&seq)));
    db_array_release(&stream);
    db_array_release(&seq);
}

static void save_told(struct engine_pg *pg, const struct save *s)
{
    struct db_array a = DB_TEXT_ARRAY, b = DB_TEXT_ARRAY, c = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_events; i++) {
        db_array_text(&a, s->events[i]->nsr_id);
        db_array_text(&b, s->events[i]->endpoint_id);
        db_array_text(&c, s->events[i]->body);
    }
    if (s->n_events) {
        db_send(pg->db, &events_add,
                DB_PARAMS(db_param_array(&a), db_param_array(&b), db_param_array(&c)));
        db_send(pg->db, &events_tell, NULL, 0);
    }
    db_array_clear(&a);
    db_array_clear(&b);
    for (size_t i = 0; i < s->n_notes; i++) {
        db_array_text(&a, s->notes[i].nsr_id);
        db_array_text(&b, s->notes[i].doc);
    }
    if (s->n_notes)
        db_send(pg->db, &notes_add, DB_PARAMS(db_param_array(&a), db_param_array(&b)));
    for (size_t i = 0; i < s->n_operations; i++) {
        db_send(pg->db, &operation_end,
                DB_PARAMS(db_param_text(s->operations[i].id), db_param_int(s->operations[i].status),
                          db_param_text(s->operations[i].body)));
        db_send(pg->db, &operation_tell, DB_PARAMS(db_param_text(s->operations[i].id)));
    }
    db_array_release(&a);
    db_array_release(&b);
    db_array_release(&c);
}

enum err_code pg_save(void *ctx, const struct domain *dom, const struct save *s, struct err *err)
{
    struct engine_pg *pg = ctx;
    for (int kind = 0; kind < dom->n_rows; kind++)
        if (dom->rows[kind].has_phase)
            save_rows(pg, s, kind);
    save_commands(pg, s);
    save_outbox(pg, s);
    pg_send_keys(pg, &pg_outbox_drop, s->confirmed, s->n_confirmed);
    pg_send_keys(pg, &pg_outbox_retry, s->retry, s->n_retry);
    save_told(pg, s);
    return db_commit(pg->db, err);
}
