#include "common/engine/store_pg.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"

#include <stdlib.h>
#include <string.h>

#define NOW_SQL   "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
#define KINDS_MAX 16

struct kind_statements {
    struct db_statement exists, lock, members, upsert, drop;
};

struct engine_pg {
    struct db *db;
    const struct domain *dom;
    struct kind_statements kinds[KINDS_MAX];
    struct db_statement facts[KINDS_MAX];
    enum err_code (*render)(void *arg, struct db *db, const char *name, char **ret,
                            struct err *err);
    void *arg;
};

/* clang-format off */
static const struct db_statement
    now_statement = { "engine_now", "SELECT " NOW_SQL },
    commands_load = { "engine_commands", "SELECT id, agg, agg_kind, kind, subject, due_at, data FROM command WHERE agg = ANY($1::text[]) ORDER BY id" },
    commands_add  = { "engine_commands_add", "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) "
                      "SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::int4[], $5::text[], $6::int8[], $7::text[])" },
    commands_drop = { "engine_commands_drop", "DELETE FROM command WHERE id = ANY($1::text[])" },
    outbox_add    = { "engine_outbox_add", "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) "
                      "SELECT s, q, " NOW_SQL " + $6::int8, u, m, b FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::text[]) AS t(s, q, u, m, b)" },
    outbox_drop   = { "engine_outbox_drop", "DELETE FROM outbox o USING unnest($1::text[], $2::int8[]) AS c(s, q) WHERE o.stream = c.s AND o.seq = c.q" },
    outbox_retry  = { "engine_outbox_retry", "UPDATE outbox o SET maybe_sent = false, attempts = o.attempts + 1, next_at = " NOW_SQL " + least(50000::int8 << least(o.attempts, 7), 5000000) "
                      "FROM unnest($1::text[], $2::int8[]) AS c(s, q) WHERE o.stream = c.s AND o.seq = c.q" },
    outbox_mark   = { "engine_outbox_mark", "UPDATE outbox o SET maybe_sent = true FROM unnest($1::text[], $2::int8[]) AS c(s, q) WHERE o.stream = c.s AND o.seq = c.q" },
    outbox_expire = { "engine_outbox_expire", "DELETE FROM outbox WHERE next_at < " NOW_SQL " AND until_at > 0 AND until_at < " NOW_SQL },
    outbox_unsent = { "engine_outbox_unsent", "UPDATE outbox o SET next_at = " NOW_SQL " + $2::int8, attempts = o.attempts + 1 FROM "
                      "(SELECT stream, seq FROM outbox WHERE next_at < " NOW_SQL " ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED) s "
                      "WHERE o.stream = s.stream AND o.seq = s.seq RETURNING o.stream, o.seq, o.attempts, o.until_at, o.maybe_sent, o.meta, o.body" },
    due_load      = { "engine_due", "SELECT id, agg, agg_kind FROM command WHERE due_at <= " NOW_SQL " ORDER BY due_at LIMIT $1" },
    events_add    = { "engine_events_add", "INSERT INTO event_out (stream, endpoint_id, next_at, body) "
                      "SELECT s, e, 0, b FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t(s, e, b, n) ORDER BY n" },
    events_tell   = { "engine_events_tell", "SELECT pg_notify('event', '')" },
    notes_add     = { "engine_notes_add", "INSERT INTO history (nsr_id, at, doc) SELECT s, " NOW_SQL ", d FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t(s, d, n) ORDER BY n" },
    operation_end = { "engine_operation_end", "UPDATE operation SET status = $2, body = $3 WHERE id = $1" },
    operation_tell = { "engine_operation_tell", "SELECT pg_notify('operation', $1)" };
/* clang-format on */

/* --- statements of the domain's tables
 * ------------------------------------------------------------------------------------- */

static struct db_statement make(const char *prefix, const char *table, struct sbuf *sql)
{
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    sbuf_addf(&name, "engine_%s_%s", prefix, table);
    return (struct db_statement){sbuf_take(&name), sbuf_take(sql)};
}

static bool is_root(const struct domain *dom, int kind)
{
    for (int i = 0; i < dom->n_aggs; i++)
        if (dom->aggs[i].root == kind)
            return true;
    return false;
}

/* id, agg, phase, seq, keys..., doc, state: absent ones as constants, so that every kind reads
 * alike. */
static void add_columns(struct sbuf *sql, const struct row_kind *k, bool has_seq, bool has_agg)
{
    sbuf_addf(sql, "r.id, %s, %s, %s", has_agg ? "r.agg" : "''", k->has_phase ? "r.phase" : "0",
              has_seq ? "r.seq" : "0");
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        if (k->keys[i])
            sbuf_addf(sql, ", coalesce(r.%s, '')", k->keys[i]);
        else
            sbuf_adds(sql, ", ''");
    sbuf_addf(sql, ", %s, %s", k->has_doc ? "r.doc" : "''", k->has_state ? "r.state" : "''");
}

static void make_upsert(struct kind_statements *s, const struct row_kind *k, bool root)
{
    AUTO(sbuf_release) struct sbuf cols = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf types = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf sets = SBUF_INIT;
    struct sbuf sql = SBUF_INIT;
    int n = 3;
    sbuf_adds(&cols, "id, agg, phase");
    sbuf_adds(&types, "$1::text[], $2::text[], $3::int4[]");
    sbuf_adds(&sets, "phase = excluded.phase");
    const char *names[ROW_KEYS_MAX + 3] = {0};
    int n_names = 0;
    if (root)
        names[n_names++] = "seq";
    for (int i = 0; i < ROW_KEYS_MAX && k->keys[i]; i++)
        names[n_names++] = k->keys[i];
    if (k->has_doc)
        names[n_names++] = "doc";
    if (k->has_state)
        names[n_names++] = "state";
    for (int i = 0; i < n_names; i++) {
        sbuf_addf(&cols, ", %s", names[i]);
        sbuf_addf(&types, ", $%d::%s[]", ++n, strcmp(names[i], "seq") == 0 ? "int8" : "text");
        sbuf_addf(&sets, ", %s = excluded.%s", names[i], names[i]);
    }
    sbuf_addf(&sql,
              "INSERT INTO %s (%s) SELECT * FROM unnest(%s) ON CONFLICT (id) DO UPDATE SET %s",
              k->table, cols.s, types.s, sets.s);
    s->upsert = make("upsert", k->table, &sql);
}

static void make_statements(struct engine_pg *pg)
{
    for (int i = 0; i < pg->dom->n_rows; i++) {
        const struct row_kind *k = &pg->dom->rows[i];
        struct kind_statements *s = &pg->kinds[i];
        bool root = is_root(pg->dom, i);
        struct sbuf sql = SBUF_INIT;
        if (!k->has_phase) /* only a fact */
            continue;
        sbuf_addf(&sql, "SELECT id FROM %s WHERE id = ANY($1::text[])", k->table);
        s->exists = make("exists", k->table, &sql);
        sbuf_adds(&sql, "SELECT ");
        add_columns(&sql, k, root, true);
        sbuf_addf(&sql,
                  " FROM %s r WHERE r.id = ANY($1::text[]) ORDER BY r.id FOR UPDATE SKIP LOCKED",
                  k->table);
        s->lock = make("lock", k->table, &sql);
        sbuf_adds(&sql, "SELECT ");
        add_columns(&sql, k, root, true);
        sbuf_addf(&sql, " FROM %s r WHERE r.agg = ANY($1::text[]) ORDER BY r.id", k->table);
        s->members = make("members", k->table, &sql);
        sbuf_addf(&sql, "DELETE FROM %s WHERE id = ANY($1::text[])", k->table);
        s->drop = make("drop", k->table, &sql);
        make_upsert(s, k, root);
    }
    for (int i = 0; i < pg->dom->n_facts; i++) {
        const struct fact_kind *f = &pg->dom->facts[i];
        const struct row_kind *k = &pg->dom->rows[f->row_kind];
        struct sbuf sql = SBUF_INIT;
        sbuf_adds(&sql, "SELECT ");
        add_columns(&sql, k, false, false);
        sbuf_addf(&sql, " %s ORDER BY r.id", f->sql);
        pg->facts[i] = make("fact", k->table, &sql);
    }
}

/* --- load
 * -----------------------------------------------------------------------------------------------------------------------
 */

enum {
    COL_ID,
    COL_AGG,
    COL_PHASE,
    COL_SEQ,
    COL_KEYS,
    COL_DOC = COL_KEYS + ROW_KEYS_MAX,
    COL_STATE
};

static struct row *read_row(struct arena *a, const struct db_result *res, int i, int kind)
{
    struct row *r = arena_alloc(a, sizeof(*r));
    r->kind = (uint8_t)kind;
    /* Names go into messages, which are published after the results are gone; documents are only
     * read before. */
    r->id = arena_strdup(a, db_text(res, i, COL_ID));
    r->agg = arena_strdup(a, db_text(res, i, COL_AGG));
    r->phase = (int32_t)db_int64(res, i, COL_PHASE);
    r->seq = db_int64(res, i, COL_SEQ);
    for (int k = 0; k < ROW_KEYS_MAX; k++)
        r->key[k] = arena_strdup(a, db_text(res, i, COL_KEYS + k));
    r->doc = db_text(res, i, COL_DOC);
    r->state = db_text(res, i, COL_STATE);
    return r;
}

#define ADD(list, element, a)                                                                      \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)

struct asking { /* aggregates of one kind, distinct, and the union of the facts wanted */
    const char *ids[ENGINE_BATCH_MAX];
    bool exists[ENGINE_BATCH_MAX];
    struct loaded *loaded[ENGINE_BATCH_MAX];
    int n;
    unsigned facts;
    struct db_array array;
};

static int find_id(const struct asking *q, const char *id)
{
    for (int i = 0; i < q->n; i++)
        if (strcmp(q->ids[i], id) == 0)
            return i;
    return -1;
}

static void ask_for(struct asking *asking, const struct load *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct asking *q = &asking[l->intents[i]->agg_kind];
        q->facts |= l->intents[i]->facts;
        if (find_id(q, l->intents[i]->agg) >= 0 || q->n == ENGINE_BATCH_MAX)
            continue;
        q->ids[q->n++] = l->intents[i]->agg;
        db_array_text(&q->array, l->intents[i]->agg);
    }
}

static void send_loads(struct engine_pg *pg, const struct domain *dom, struct asking *asking)
{
    db_begin(pg->db);
    db_send(pg->db, &now_statement, NULL, 0);
    for (int k = 0; k < dom->n_aggs; k++) {
        struct asking *q = &asking[k];
        if (q->n == 0)
            continue;
        const struct agg_kind *ak = &dom->aggs[k];
        db_send(pg->db, &pg->kinds[ak->root].exists, DB_PARAMS(db_param_array(&q->array)));
        db_send(pg->db, &pg->kinds[ak->root].lock, DB_PARAMS(db_param_array(&q->array)));
        for (int i = 0; i < ak->n_members; i++)
            db_send(pg->db, &pg->kinds[ak->members[i]].members,
                    DB_PARAMS(db_param_array(&q->array)));
        db_send(pg->db, &commands_load, DB_PARAMS(db_param_array(&q->array)));
        for (int i = 0; i < dom->n_facts; i++)
            if ((q->facts & dom->facts[i].bit) &&
                (dom->facts[i].agg_kind == k || dom->facts[i].agg_kind == dom->n_aggs))
                db_send(pg->db, &pg->facts[i], DB_PARAMS(db_param_array(&q->array)));
    }
}

static void read_root(struct asking *q, struct load *l, const struct db_result *res,
                      const struct agg_kind *ak)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, COL_ID));
        if (at >= 0 && q->loaded[at])
            q->loaded[at]->root = read_row(l->arena, res, i, ak->root);
    }
}

/* Locked, or not there at all: ours. There, but not locked: another worker's. */
static void read_locks(struct asking *q, struct load *l, const struct db_result *exists,
                       const struct db_result *locked, int agg_kind)
{
    for (int i = 0; i < db_rows(exists); i++)
        q->exists[find_id(q, db_text(exists, i, 0))] = true;
    for (int i = 0; i < db_rows(locked); i++)
        q->exists[find_id(q, db_text(locked, i, COL_ID))] = false; /* not any more in the way */
    for (int i = 0; i < q->n; i++)
        if (!q->exists[i]) {
            q->loaded[i] = &l->aggs[l->n_aggs++];
            *q->loaded[i] = (struct loaded){.agg = q->ids[i], .agg_kind = (uint8_t)agg_kind};
        }
}

static void read_members(struct asking *q, struct load *l, const struct db_result *res, int kind)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, COL_AGG));
        if (at >= 0 && q->loaded[at])
            ADD(&q->loaded[at]->rows, read_row(l->arena, res, i, kind), l->arena);
    }
}

static void read_commands(struct asking *q, struct load *l, const struct db_result *res)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, 1));
        if (at < 0 || !q->loaded[at])
            continue;
        struct command *c = arena_alloc(l->arena, sizeof(*c));
        *c = (struct command){.id = db_text(res, i, 0),
                              .agg = db_text(res, i, 1),
                              .agg_kind = (uint8_t)db_int64(res, i, 2),
                              .kind = (uint8_t)db_int64(res, i, 3),
                              .subject = db_text(res, i, 4),
                              .due_at = db_int64(res, i, 5),
                              .data = db_text(res, i, 6)};
        ADD(&q->loaded[at]->commands, c, l->arena);
    }
}

static void read_facts(struct load *l, const struct db_result *res, int kind)
{
    for (int i = 0; i < db_rows(res); i++)
        ADD(&l->facts, read_row(l->arena, res, i, kind), l->arena);
}

static void read_loads(struct engine_pg *pg, const struct domain *dom, struct asking *asking,
                       struct load *l)
{
    struct db_result res, locked;
    db_result_next(pg->db, &res);
    l->now = db_int64(&res, 0, 0);
    l->aggs = arena_alloc(l->arena, l->n * sizeof(*l->aggs));
    for (int k = 0; k < dom->n_aggs; k++) {
        struct asking *q = &asking[k];
        if (q->n == 0)
            continue;
        const struct agg_kind *ak = &dom->aggs[k];
        db_result_next(pg->db, &res);
        db_result_next(pg->db, &locked);
        read_locks(q, l, &res, &locked, k);
        read_root(q, l, &locked, ak);
        for (int i = 0; i < ak->n_members; i++)
            if (db_result_next(pg->db, &res))
                read_members(q, l, &res, ak->members[i]);
        if (db_result_next(pg->db, &res))
            read_commands(q, l, &res);
        for (int i = 0; i < dom->n_facts; i++)
            if ((q->facts & dom->facts[i].bit) &&
                (dom->facts[i].agg_kind == k || dom->facts[i].agg_kind == dom->n_aggs) &&
                db_result_next(pg->db, &res))
                read_facts(l, &res, dom->facts[i].row_kind);
    }
}

static enum err_code load(void *ctx, const struct domain *dom, struct load *l, struct err *err)
{
    struct engine_pg *pg = ctx;
    struct asking asking[4];
    for (int i = 0; i < 4; i++)
        asking[i] = (struct asking){.array = DB_TEXT_ARRAY};
    db_results_clear(pg->db);
    ask_for(asking, l);
    send_loads(pg, dom, asking);
    enum err_code rc = db_sync(pg->db, err);
    if (rc == ERR_OK)
        read_loads(pg, dom, asking, l);
    for (int i = 0; i < 4; i++)
        db_array_release(&asking[i].array);
    return rc;
}

/* --- save
 * -----------------------------------------------------------------------------------------------------------------------
 */

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
    bool root = is_root(pg->dom, kind);
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
        } else if (c->mark == ROW_NEW) {
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

enum { META_ANSWER = 1, META_INTERNAL = 2 };

/* Tabs separate: names and ids that hold control characters are refused before they get here
 * (bus_amqp.c). */
static void write_meta(struct sbuf *out, const struct send *s)
{
    sbuf_clear(out);
    sbuf_addf(out, "%s\t%s\t%s\t%s\t%d\t%d\t%d", s->exchange, s->key, s->command ? s->command : "",
              s->correlation_id ? s->correlation_id : "", s->policy, s->reply,
              (s->is_answer ? META_ANSWER : 0) | (s->is_internal ? META_INTERNAL : 0));
}

static void read_meta(struct arena *a, const char *meta, struct send *s)
{
    char *field[7], *p = arena_strdup(a, meta);
    for (int i = 0; i < 7; i++) {
        field[i] = p ? p : arena_strdup(a, "");
        p = p ? strchr(p, '\t') : NULL;
        if (p)
            *p++ = '\0';
    }
    int flags = atoi(field[6]);
    *s = (struct send){.exchange = field[0],
                       .key = field[1],
                       .command = *field[2] ? field[2] : NULL,
                       .correlation_id = *field[3] ? field[3] : NULL,
                       .policy = (uint8_t)atoi(field[4]),
                       .reply = (uint8_t)atoi(field[5]),
                       .is_answer = flags & META_ANSWER,
                       .is_internal = (flags & META_INTERNAL) != 0};
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

static void send_keys(struct engine_pg *pg, const struct db_statement *st,
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

static enum err_code save(void *ctx, const struct domain *dom, const struct save *s,
                          struct err *err)
{
    struct engine_pg *pg = ctx;
    for (int kind = 0; kind < dom->n_rows; kind++)
        if (dom->rows[kind].has_phase)
            save_rows(pg, s, kind);
    save_commands(pg, s);
    save_outbox(pg, s);
    send_keys(pg, &outbox_drop, s->confirmed, s->n_confirmed);
    send_keys(pg, &outbox_retry, s->retry, s->n_retry);
    save_told(pg, s);
    return db_commit(pg->db, err);
}

static void abandon(void *ctx)
{
    struct engine_pg *pg = ctx;
    db_rollback(pg->db);
}

static enum err_code settle(void *ctx, const struct save *s, struct err *err)
{
    struct engine_pg *pg = ctx;
    send_keys(pg, &outbox_drop, s->confirmed, s->n_confirmed);
    send_keys(pg, &outbox_retry, s->retry, s->n_retry);
    enum err_code rc = db_sync(pg->db, err);
    db_results_clear(pg->db);
    return rc;
}

static enum err_code due(void *ctx, struct arena *a, size_t max, struct due **ret, size_t *ret_n,
                         struct err *err)
{
    struct engine_pg *pg = ctx;
    struct db_result res;
    enum err_code rc =
        db_query(pg->db, &due_load, DB_PARAMS(db_param_int((int64_t)max)), &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret_n = (size_t)db_rows(&res);
    *ret = arena_alloc(a, (*ret_n + 1) * sizeof(**ret));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct due){arena_strdup(a, db_text(&res, (int)i, 0)),
                                 arena_strdup(a, db_text(&res, (int)i, 1)),
                                 (uint8_t)db_int64(&res, (int)i, 2)};
    db_results_clear(pg->db);
    return ERR_OK;
}

static enum err_code unsent(void *ctx, struct arena *a, size_t max, struct outbox_rows *ret,
                            struct err *err)
{
    struct engine_pg *pg = ctx;
    struct db_result res;
    db_send(pg->db, &outbox_expire, NULL, 0);
    db_send(pg->db, &outbox_unsent,
            DB_PARAMS(db_param_int((int64_t)max), db_param_int(ENGINE_PG_LEASE_US)));
    enum err_code rc = db_sync(pg->db, err);
    if (rc != ERR_OK)
        return rc;
    db_result_next(pg->db, &res);
    db_result_next(pg->db, &res);
    for (int i = 0; i < db_rows(&res); i++) {
        struct outbox_row *row = arena_alloc(a, sizeof(*row));
        *row = (struct outbox_row){.stream = arena_strdup(a, db_text(&res, i, 0)),
                                   .seq = db_int64(&res, i, 1),
                                   .attempts = (int32_t)db_int64(&res, i, 2),
                                   .until_at = db_int64(&res, i, 3),
                                   .maybe_sent = db_bool(&res, i, 4)};
        read_meta(a, db_text(&res, i, 5), &row->send);
        row->send.body = arena_strdup(a, db_text(&res, i, 6));
        row->send.until_at = row->until_at;
        ADD(ret, row, a);
    }
    db_results_clear(pg->db);
    return ERR_OK;
}

static enum err_code mark_maybe_sent(void *ctx, struct outbox_row *const *rows, size_t n,
                                     struct err *err)
{
    struct engine_pg *pg = ctx;
    send_keys(pg, &outbox_mark, (const struct outbox_row *const *)rows, n);
    return db_sync(pg->db, err);
}

static enum err_code render(void *ctx, const char *name, char **ret, struct err *err)
{
    struct engine_pg *pg = ctx;
    return pg->render(pg->arg, pg->db, name, ret, err);
}

struct engine_pg *engine_pg_new(struct db *db, const struct domain *dom,
                                enum err_code (*render_fn)(void *arg, struct db *db,
                                                           const char *name, char **ret,
                                                           struct err *err),
                                void *arg)
{
    struct engine_pg *pg = xcalloc(1, sizeof(*pg));
    pg->db = db;
    pg->dom = dom;
    pg->render = render_fn;
    pg->arg = arg;
    make_statements(pg);
    return pg;
}

static void free_statement(struct db_statement *s)
{
    freep(&s->name);
    freep(&s->sql);
}

void engine_pg_free(struct engine_pg *pg)
{
    if (!pg)
        return;
    db_free(pg->db);
    for (int i = 0; i < KINDS_MAX; i++) {
        free_statement(&pg->kinds[i].exists);
        free_statement(&pg->kinds[i].lock);
        free_statement(&pg->kinds[i].members);
        free_statement(&pg->kinds[i].upsert);
        free_statement(&pg->kinds[i].drop);
        free_statement(&pg->facts[i]);
    }
    freep(&pg);
}

struct engine_store engine_pg_store(struct engine_pg *pg)
{
    return (struct engine_store){.ctx = pg,
                                 .load = load,
                                 .save = save,
                                 .abandon = abandon,
                                 .settle = settle,
                                 .due = due,
                                 .unsent = unsent,
                                 .mark_maybe_sent = mark_maybe_sent,
                                 .render = render};
}

struct db *engine_pg_db(struct engine_pg *pg)
{
    return pg->db;
}
