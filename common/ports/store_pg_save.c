#include "common/ports/pg_internal.h"

#include "common/base/sbuf.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
/* A row that another worker has sent anew since it was read has another sender: it is that one's. */
#define SENT_ROWS_SQL "FROM unnest($1::text[], $2::int8[], $3::text[]) AS c(s, q, w) WHERE o.stream = c.s AND o.seq = c.q AND o.sender = c.w"
static const struct db_statement
    outbox_drop   = { "engine_outbox_drop", "DELETE FROM outbox o USING unnest($1::text[], $2::int8[], $3::text[]) AS c(s, q, w) WHERE o.stream = c.s AND o.seq = c.q" },
    outbox_copied = { "engine_outbox_copied", "UPDATE outbox o SET maybe_sent = true, sender = '" OUTBOX_SENDER_CONFIRMED "', next_at = " NOW_SQL " + 3000000 "
                      "FROM unnest($1::text[], $2::int8[], $3::text[]) AS c(s, q, w) WHERE o.stream = c.s AND o.seq = c.q" },
    outbox_retry  = { "engine_outbox_retry", "UPDATE outbox o SET maybe_sent = false, sender = '', attempts = o.attempts + 1, "
                      "next_at = " NOW_SQL " + least(50000::int8 << least(o.attempts, 7), 5000000) " SENT_ROWS_SQL },
    outbox_gone   = { "engine_outbox_gone", "UPDATE outbox o SET sender = '" OUTBOX_SENDER_GONE "', next_at = " NOW_SQL " + 1000000 " SENT_ROWS_SQL };
/* clang-format on */

/* clang-format off */
static const struct db_statement
    commands_add  = { "engine_commands_add", "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data, room) "
                      "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[]) "
                      "ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, data = excluded.data" },
    commands_drop = { "engine_commands_drop", "DELETE FROM command WHERE id = ANY($1::text[])" },
    outbox_add    = { "engine_outbox_add", "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body, refs, room) "
                      "SELECT s, q, " NOW_SQL " + $8::int8, u, m, b, r, o FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[]) AS t(s, q, u, m, b, r, o)" },
    events_add    = { "engine_events_add", "INSERT INTO event_out (stream, endpoint_id, next_at, body) "
                      "SELECT s, e.id, 0, b FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS t(s, p, a, j, k, b, n) "
                      "CROSS JOIN LATERAL (SELECT x.id FROM event_endpoint x WHERE x.subject = ANY (ARRAY['', j, k]) AND x.project_id = ANY (ARRAY['*', p]) AND x.event = a "
                      "UNION ALL SELECT y.id FROM event_endpoint y WHERE y.subject = ANY (ARRAY['', j, k]) AND y.project_id = ANY (ARRAY['*', p]) "
                      "AND y.event LIKE '%*' AND starts_with(a, rtrim(y.event, '*'))) e ORDER BY n, e.id" },
    events_tell   = { "engine_events_tell", "SELECT pg_notify('event', '')" },
    notes_add     = { "engine_notes_add", "INSERT INTO history (nsr_id, at, doc) SELECT s, " NOW_SQL ", d FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t(s, d, n) ORDER BY n" },
    lines_add     = { "engine_lines_add", "INSERT INTO record_history (subject, slot, n, key, doc) "
                      "SELECT DISTINCT ON (s, n % 500) s, n % 500, n, CASE WHEN k = '' THEN '' ELSE md5(k) END, d "
                      "FROM unnest($1::text[], $2::int8[], $3::text[], $4::text[]) AS t(s, n, k, d) "
                      "WHERE k = '' OR NOT EXISTS (SELECT 1 FROM record_history r WHERE r.subject = s AND r.key = md5(k)) ORDER BY s, n % 500, n DESC "
                      "ON CONFLICT (subject, slot) DO UPDATE SET n = excluded.n, key = excluded.key, doc = excluded.doc" },
    unreadable_add = { "engine_unreadable", "INSERT INTO unreadable AS u (kind, id, agg, digest, found_at, message) "
                      "SELECT k, i, a, md5(t), " NOW_SQL ", m FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS c(k, i, a, t, m) "
                      "ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest, message = excluded.message, "
                      "found_at = CASE WHEN u.digest = excluded.digest THEN u.found_at ELSE excluded.found_at END" },
    commands_postpone = { "engine_commands_postpone", "UPDATE command SET due_at = " NOW_SQL " + 60000000 WHERE id = ANY($1::text[])" },
    rest_call_end = { "engine_rest_call_end", "UPDATE rest_call SET status = $2, body = $3 WHERE id = $1" },
    rest_call_tell = { "engine_rest_call_tell", "SELECT pg_notify('operation', $1)" };
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
        db_array_text(&cols[c++], k->phases.at[r->phase]);
        if (root)
            db_array_int(&cols[c++], r->seq);
        for (int key = 0; key < pg_n_keys(k); key++, c++)
            if (k->numbers & 1u << key)
                db_array_int(&cols[c], atoll(r->key[key]));
            else
                db_array_text(&cols[c], r->key[key]);
        if (k->has_doc)
            db_array_text(&cols[c++], r->doc);
        if (k->has_state || k->once)
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
    int n_keys = pg_n_keys(k), n_cols = 3 + root + n_keys + k->has_doc + (k->has_state || k->once);
    for (int c = 0; c < n_cols; c++) {
        cols[c] = (struct db_array)DB_TEXT_ARRAY;
        params[c] = db_param_array(&cols[c]);
    }
    if (root)
        cols[3] = (struct db_array)DB_INT8_ARRAY;
    for (int key = 0; key < n_keys; key++)
        if (k->numbers & 1u << key)
            cols[3 + root + key] = (struct db_array)DB_INT8_ARRAY;
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
    struct db_array id = DB_TEXT_ARRAY, agg = DB_TEXT_ARRAY, agg_kind = DB_TEXT_ARRAY,
                    kind = DB_TEXT_ARRAY, subject = DB_TEXT_ARRAY, due_at = DB_INT8_ARRAY,
                    data = DB_TEXT_ARRAY, room = DB_TEXT_ARRAY, gone = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_commands; i++) {
        const struct command *c = s->commands[i];
        if (c->mark == ROW_GONE) {
            db_array_text(&gone, c->id);
        } else if (c->mark == ROW_NEW || c->mark == ROW_CHANGED) {
            db_array_text(&id, c->id);
            db_array_text(&agg, c->agg);
            db_array_text(&agg_kind, pg->dom->aggs[c->agg_kind].name);
            db_array_text(&kind, pg->dom->commands.at[c->kind]);
            db_array_text(&subject, c->subject);
            db_array_int(&due_at, c->due_at);
            db_array_text(&data, c->data);
            db_array_text(&room, c->room);
        }
    }
    if (gone.n)
        db_send(pg->db, &commands_drop, DB_PARAMS(db_param_array(&gone)));
    if (id.n)
        db_send(pg->db, &commands_add,
                DB_PARAMS(db_param_array(&id), db_param_array(&agg), db_param_array(&agg_kind),
                          db_param_array(&kind), db_param_array(&subject), db_param_array(&due_at),
                          db_param_array(&data), db_param_array(&room)));
    db_array_release(&id);
    db_array_release(&agg);
    db_array_release(&agg_kind);
    db_array_release(&kind);
    db_array_release(&subject);
    db_array_release(&due_at);
    db_array_release(&data);
    db_array_release(&room);
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
                    meta = DB_TEXT_ARRAY, body = DB_TEXT_ARRAY, refs = DB_TEXT_ARRAY,
                    room = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_outbox; i++) {
        write_meta(&text, &s->outbox[i]->send);
        db_array_text(&stream, s->outbox[i]->stream);
        db_array_int(&seq, s->outbox[i]->seq);
        db_array_int(&until, s->outbox[i]->until_at);
        db_array_textn(&meta, text.s, text.len);
        db_array_text(&body, s->outbox[i]->send.body);
        pg_refs_write(&text, &s->outbox[i]->send.refs);
        db_array_textn(&refs, text.s, text.len);
        db_array_text(&room, s->outbox[i]->send.room);
    }
    if (s->n_outbox)
        db_send(pg->db, &outbox_add,
                DB_PARAMS(db_param_array(&stream), db_param_array(&seq), db_param_array(&until),
                          db_param_array(&meta), db_param_array(&body), db_param_array(&refs),
                          db_param_array(&room), db_param_int(ENGINE_PG_LEASE_US)));
    db_array_release(&stream);
    db_array_release(&seq);
    db_array_release(&until);
    db_array_release(&meta);
    db_array_release(&body);
    db_array_release(&refs);
    db_array_release(&room);
}

void pg_send_rows(struct engine_pg *pg, const struct db_statement *st,
                  const struct outbox_row *const *rows, size_t n)
{
    struct db_array stream = DB_TEXT_ARRAY, seq = DB_INT8_ARRAY, sender = DB_TEXT_ARRAY;
    for (size_t i = 0; i < n; i++) {
        db_array_text(&stream, rows[i]->stream);
        db_array_int(&seq, rows[i]->seq);
        db_array_text(&sender, rows[i]->sender ? rows[i]->sender : "");
    }
    if (n)
        db_send(pg->db, st,
                DB_PARAMS(db_param_array(&stream), db_param_array(&seq), db_param_array(&sender)));
    db_array_release(&stream);
    db_array_release(&seq);
    db_array_release(&sender);
}

void pg_send_settled(struct engine_pg *pg, const struct save *s)
{
    pg_send_rows(pg, &outbox_drop, s->confirmed, s->n_confirmed);
    pg_send_rows(pg, &outbox_copied, s->copied, s->n_copied);
    pg_send_rows(pg, &outbox_retry, s->retry, s->n_retry);
    pg_send_rows(pg, &outbox_gone, s->gone, s->n_gone);
}

/* A row for each subscription that is about it. */
static void save_events(struct engine_pg *pg, const struct save *s)
{
    struct db_array stream = DB_TEXT_ARRAY, project = DB_TEXT_ARRAY, action = DB_TEXT_ARRAY,
                    subject = DB_TEXT_ARRAY, also = DB_TEXT_ARRAY, body = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_events; i++) {
        const struct outgoing_event *e = s->events[i];
        db_array_text(&stream, e->nsr_id);
        db_array_text(&project, e->project_id);
        db_array_text(&action, e->action);
        db_array_text(&subject, e->vnfr_id ? e->vnfr_id : e->nsr_id);
        db_array_text(&also, e->is_of_both ? e->nsr_id : "");
        db_array_text(&body, e->body);
    }
    if (s->n_events) {
        db_send(pg->db, &events_add,
                DB_PARAMS(db_param_array(&stream), db_param_array(&project),
                          db_param_array(&action), db_param_array(&subject), db_param_array(&also),
                          db_param_array(&body)));
        db_send(pg->db, &events_tell, NULL, 0);
    }
    db_array_release(&stream);
    db_array_release(&project);
    db_array_release(&action);
    db_array_release(&also);
    db_array_release(&subject);
    db_array_release(&body);
}

static void save_lines(struct engine_pg *pg, const struct save *s)
{
    struct db_array subject = DB_TEXT_ARRAY, n = DB_INT8_ARRAY, key = DB_TEXT_ARRAY,
                    doc = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_lines; i++) {
        db_array_text(&subject, s->lines[i]->subject);
        db_array_int(&n, s->lines[i]->n);
        db_array_text(&key, s->lines[i]->key);
        db_array_text(&doc, s->lines[i]->doc);
    }
    if (s->n_lines)
        db_send(pg->db, &lines_add,
                DB_PARAMS(db_param_array(&subject), db_param_array(&n), db_param_array(&key),
                          db_param_array(&doc)));
    db_array_release(&subject);
    db_array_release(&n);
    db_array_release(&key);
    db_array_release(&doc);
}

static void save_told(struct engine_pg *pg, const struct save *s)
{
    struct db_array a = DB_TEXT_ARRAY, b = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_notes; i++) {
        db_array_text(&a, s->notes[i].nsr_id);
        db_array_text(&b, s->notes[i].doc);
    }
    if (s->n_notes)
        db_send(pg->db, &notes_add, DB_PARAMS(db_param_array(&a), db_param_array(&b)));
    for (size_t i = 0; i < s->n_operations; i++) {
        db_send(pg->db, &rest_call_end,
                DB_PARAMS(db_param_text(s->operations[i].id), db_param_int(s->operations[i].status),
                          db_param_text(s->operations[i].body)));
        db_send(pg->db, &rest_call_tell, DB_PARAMS(db_param_text(s->operations[i].id)));
    }
    db_array_release(&a);
    db_array_release(&b);
}

static bool was_added(const struct save *s, size_t n)
{
    const struct row *r = s->unreadable[n].row;
    for (size_t i = 0; i < n; i++)
        if (s->unreadable[i].row->kind == r->kind && strcmp(s->unreadable[i].row->id, r->id) == 0)
            return true; /* an upsert may not meet a row twice */
    return false;
}

static void save_refused(struct engine_pg *pg, const struct save *s)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct db_array kind = DB_TEXT_ARRAY, id = DB_TEXT_ARRAY, agg = DB_TEXT_ARRAY,
                    texts = DB_TEXT_ARRAY, message = DB_TEXT_ARRAY, postponed = DB_TEXT_ARRAY;
    for (size_t i = 0; i < s->n_unreadable; i++) {
        const struct row *r = s->unreadable[i].row;
        if (was_added(s, i))
            continue;
        sbuf_clear(&text);
        sbuf_addf(&text, "%s%s", r->doc, r->state);
        db_array_text(&kind, pg->dom->rows[r->kind].table);
        db_array_text(&id, r->id);
        db_array_text(&agg, r->agg);
        db_array_textn(&texts, text.s, text.len);
        db_array_text(&message, s->unreadable[i].text);
    }
    if (kind.n)
        db_send(pg->db, &unreadable_add,
                DB_PARAMS(db_param_array(&kind), db_param_array(&id), db_param_array(&agg),
                          db_param_array(&texts), db_param_array(&message)));
    for (size_t i = 0; i < s->n_postponed; i++)
        db_array_text(&postponed, s->postponed[i]);
    if (postponed.n)
        db_send(pg->db, &commands_postpone, DB_PARAMS(db_param_array(&postponed)));
    db_array_release(&kind);
    db_array_release(&id);
    db_array_release(&agg);
    db_array_release(&texts);
    db_array_release(&message);
    db_array_release(&postponed);
}

enum err_code pg_save(void *ctx, const struct domain *dom, const struct save *s, struct err *err)
{
    struct engine_pg *pg = ctx;
    for (int kind = 0; kind < dom->n_rows; kind++)
        if (dom->rows[kind].phases.n)
            save_rows(pg, s, kind);
    save_commands(pg, s);
    save_outbox(pg, s);
    pg_send_settled(pg, s);
    save_events(pg, s);
    save_lines(pg, s);
    save_told(pg, s);
    save_refused(pg, s);
    return db_commit(pg->db, err);
}
