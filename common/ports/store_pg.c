#include "common/ports/pg_internal.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
/* Of outbox row r: its time is not over, and it is no request (meta: write_meta) whose command was closed meanwhile. A launch that leaves
   after its server was released would bring it to life again. */
#define IS_WANTED_SQL(answer_flag) "(r.sender <> '" OUTBOX_SENDER_CONFIRMED "' AND (r.until_at <= 0 OR r.until_at >= " NOW_SQL ") AND (" OUTBOX_COMMAND_SQL("r") " = '' OR split_part(r.meta, E'\\t', 7)::int & " answer_flag "::int <> 0 " \
                      "OR EXISTS (SELECT 1 FROM command c WHERE c.id = " OUTBOX_COMMAND_SQL("r") ")))"
/* It is a request that may have a queue at the broker, for its answer or its copy, and its command was closed, or it is confirmed and kept
   for this: what is left to do is to delete that queue. */
#define HAS_ENDED_SQL(answer_flag, blind, private) "(r.sender = '" OUTBOX_SENDER_CONFIRMED "' OR " OUTBOX_COMMAND_SQL("r") " <> '' AND split_part(r.meta, E'\\t', 7)::int & " answer_flag "::int = 0 " \
                      "AND (split_part(r.meta, E'\\t', 5)::int <> " blind "::int OR split_part(r.meta, E'\\t', 6)::int = " private "::int) " \
                      "AND NOT EXISTS (SELECT 1 FROM command c WHERE c.id = " OUTBOX_COMMAND_SQL("r") "))"
static const struct db_statement
    outbox_mark   = { "engine_outbox_mark", "UPDATE outbox o SET maybe_sent = true, sender = c.w FROM unnest($1::text[], $2::int8[], $3::text[]) AS c(s, q, w) WHERE o.stream = c.s AND o.seq = c.q AND NOT o.maybe_sent RETURNING o.stream, o.seq" },
    outbox_expire = { "engine_outbox_expire", "DELETE FROM outbox o USING (SELECT stream, seq FROM outbox r WHERE next_at < " NOW_SQL " AND "
                      "NOT " IS_WANTED_SQL("$1") " AND NOT " HAS_ENDED_SQL("$1", "$2", "$3") " FOR UPDATE SKIP LOCKED) s WHERE o.stream = s.stream AND o.seq = s.seq" },
    outbox_unsent = { "engine_outbox_unsent", "UPDATE outbox o SET next_at = " NOW_SQL " + $2::int8, attempts = o.attempts + 1 FROM "
                      "(SELECT stream, seq FROM outbox r WHERE next_at < " NOW_SQL " AND " IS_WANTED_SQL("$3") " ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED) s "
                      "WHERE o.stream = s.stream AND o.seq = s.seq RETURNING o.stream, o.seq, o.attempts, o.until_at, o.maybe_sent, o.meta, o.body, o.refs, o.room, o.sender" },
    /* Marked: whoever read it before it ended does not send it any more. */
    outbox_ended  = { "engine_outbox_ended", "UPDATE outbox o SET maybe_sent = true, next_at = " NOW_SQL " + $2::int8, attempts = o.attempts + 1 FROM "
                      "(SELECT stream, seq FROM outbox r WHERE next_at < " NOW_SQL " AND " HAS_ENDED_SQL("$3", "$4", "$5") " ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED) s "
                      "WHERE o.stream = s.stream AND o.seq = s.seq RETURNING o.stream, o.seq, o.attempts, o.until_at, o.maybe_sent, o.meta, '', '', o.room, o.sender" },
    due_load      = { "engine_due", "SELECT id, agg, agg_kind FROM command WHERE due_at <= " NOW_SQL " AND room <> ALL ($2::text[]) ORDER BY due_at LIMIT $1" };
/* clang-format on */

/* --- statements of the domain's tables --- */

static struct db_statement make(const char *prefix, const char *table, struct sbuf *sql)
{
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    sbuf_addf(&name, "engine_%s_%s", prefix, table);
    return (struct db_statement){sbuf_take(&name), sbuf_take(sql)};
}

static const char *phase_column(const struct row_kind *k)
{
    return k->phase_column ? k->phase_column : "phase";
}

/* id, agg, phase, seq, keys..., doc, state: absent ones but keys as constants. */
static void add_columns(struct sbuf *sql, const struct row_kind *k, bool has_seq, bool has_agg)
{
    sbuf_addf(sql, "r.id, %s, %s%s, %s", has_agg ? "r.agg" : "''", k->phases.n ? "r." : "",
              k->phases.n ? phase_column(k) : "''", has_seq ? "r.seq" : "0");
    for (int i = 0; i < pg_n_keys(k); i++)
        if (k->numbers & 1u << i)
            sbuf_addf(sql, ", r.%s::text", k->keys[i]);
        else
            sbuf_addf(sql, ", coalesce(r.%s, '')", k->keys[i]);
    sbuf_addf(sql, ", %s, %s", k->has_doc ? "r.doc" : "''", k->has_state ? "r.state" : "''");
}

static void make_upsert(struct kind_statements *s, const struct row_kind *k, bool root)
{
    AUTO(sbuf_release) struct sbuf cols = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf types = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf sets = SBUF_INIT;
    struct sbuf sql = SBUF_INIT;
    int n = 3;
    sbuf_addf(&cols, "id, agg, %s", phase_column(k));
    sbuf_adds(&types, "$1::text[], $2::text[], $3::text[]");
    sbuf_addf(&sets, "%s = excluded.%s", phase_column(k), phase_column(k));
    const char *names[ROW_KEYS_MAX + 3] = {0};
    bool is_number[ROW_KEYS_MAX + 3] = {0};
    int n_names = 0;
    if (root) {
        is_number[n_names] = true;
        names[n_names++] = "seq";
    }
    for (int i = 0; i < pg_n_keys(k); i++) {
        is_number[n_names] = k->numbers & 1u << i;
        names[n_names++] = k->keys[i];
    }
    if (k->has_doc)
        names[n_names++] = "doc";
    if (k->has_state)
        names[n_names++] = "state";
    for (int i = 0; i < n_names; i++) {
        sbuf_addf(&cols, ", %s", names[i]);
        sbuf_addf(&types, ", $%d::%s[]", ++n, is_number[i] ? "int8" : "text");
        sbuf_addf(&sets, ", %s = excluded.%s", names[i], names[i]);
    }
    if (k->once) {
        sbuf_addf(&cols, ", %s", k->once);
        sbuf_addf(&types, ", $%d::text[]", ++n);
    }
    sbuf_addf(&sql,
              "INSERT INTO %s (%s) SELECT * FROM unnest(%s) ON CONFLICT (id) DO UPDATE SET %s",
              k->table, cols.s, types.s, sets.s);
    s->upsert = make("upsert", k->table, &sql);
}

#define LOCKED_SQL                                                                                 \
    "ANY(ARRAY(SELECT k.id FROM %s k WHERE k.id = ANY($1::text[]) FOR UPDATE SKIP LOCKED))"

/* Only of what is ours: an aggregate that another worker holds is asked for again and again until it
 * is done with it, and a large one has megabytes (100 VNFRs: two thirds of all that were read, for
 * nothing). The lock that the statement before took is taken once more, which costs nothing. */
static void add_members_of(struct sbuf *sql, const struct domain *dom, int kind)
{
    const struct row_kind *k = &dom->rows[kind];
    const char *root = k->table;
    for (int a = 0; a < dom->n_aggs; a++)
        for (int i = 0; i < dom->aggs[a].n_members; i++)
            if (dom->aggs[a].members[i] == kind)
                root = dom->rows[dom->aggs[a].root].table;
    sbuf_addf(sql, " FROM %s r WHERE r.agg = " LOCKED_SQL "%s%s ORDER BY r.id", k->table, root,
              k->open ? " AND r." : "", k->open ? k->open : "");
}

/* Those of an aggregate that is not there any more are ours, too. */
static void make_commands(struct kind_statements *s, const struct row_kind *k)
{
    struct sbuf sql = SBUF_INIT;
    sbuf_addf(&sql,
              "SELECT id, agg, agg_kind, kind, subject, due_at, data, room, opened_at FROM command "
              "WHERE agg "
              "= ANY($1::text[]) AND (agg = " LOCKED_SQL
              " OR agg <> ALL(ARRAY(SELECT id FROM %s WHERE id = ANY($1::text[])))) ORDER BY id",
              k->table, k->table);
    s->commands = make("commands", k->table, &sql);
}

static void make_statements(struct engine_pg *pg)
{
    for (int i = 0; i < pg->dom->n_rows; i++) {
        const struct row_kind *k = &pg->dom->rows[i];
        struct kind_statements *s = &pg->kinds[i];
        bool root = pg_is_root(pg->dom, i);
        struct sbuf sql = SBUF_INIT;
        if (!k->phases.n) /* only a fact */
            continue;
        sbuf_addf(&sql, "SELECT id FROM %s WHERE id = ANY($1::text[])", k->table);
        s->exists = make("exists", k->table, &sql);
        if (root)
            make_commands(s, k);
        sbuf_adds(&sql, "SELECT ");
        add_columns(&sql, k, root, true);
        sbuf_addf(&sql,
                  " FROM %s r WHERE r.id = ANY($1::text[]) ORDER BY r.id FOR UPDATE SKIP LOCKED",
                  k->table);
        s->lock = make("lock", k->table, &sql);
        sbuf_adds(&sql, "SELECT ");
        add_columns(&sql, k, root, true);
        add_members_of(&sql, pg->dom, i);
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
        char what[24]; /* several kinds may bring rows of one */
        snprintf(what, sizeof(what), "fact%d", i);
        pg->facts[i] = make(what, k->table, &sql);
    }
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

static enum err_code settle(void *ctx, const struct save *s, struct err *err)
{
    struct engine_pg *pg = ctx;
    pg_send_settled(pg, s);
    enum err_code rc = db_sync(pg->db, err);
    db_results_clear(pg->db);
    return rc;
}

static enum err_code due(void *ctx, struct arena *a, const struct due_query *q, struct due **ret,
                         size_t *ret_n, struct err *err)
{
    struct engine_pg *pg = ctx;
    AUTO(db_array_release) struct db_array held = DB_TEXT_ARRAY;
    struct db_result res;
    for (size_t i = 0; i < q->n_held; i++)
        db_array_text(&held, q->held[i]);
    enum err_code rc =
        db_query(pg->db, &due_load, DB_PARAMS(db_param_int((int64_t)q->max), db_param_array(&held)),
                 &res, err);
    if (rc != ERR_OK)
        return rc;
    *ret = arena_alloc(a, ((size_t)db_rows(&res) + 1) * sizeof(**ret));
    *ret_n = 0;
    for (int i = 0; i < db_rows(&res); i++) {
        int kind = pg_agg_kind(pg->dom, db_text(&res, i, 2));
        if (kind >= 0)
            (*ret)[(*ret_n)++] = (struct due){arena_strdup(a, db_text(&res, i, 0)),
                                              arena_strdup(a, db_text(&res, i, 1)), (uint8_t)kind};
    }
    db_results_clear(pg->db);
    return ERR_OK;
}

static void add_found(const struct db_result *res, bool has_ended, struct arena *a,
                      struct outbox_rows *ret)
{
    for (int i = 0; i < db_rows(res); i++) {
        struct outbox_row *row = arena_alloc(a, sizeof(*row));
        *row = (struct outbox_row){.stream = arena_strdup(a, db_text(res, i, 0)),
                                   .seq = db_int64(res, i, 1),
                                   .attempts = (int32_t)db_int64(res, i, 2),
                                   .until_at = db_int64(res, i, 3),
                                   .maybe_sent = db_bool(res, i, 4),
                                   .has_ended = has_ended};
        read_meta(a, db_text(res, i, 5), &row->send);
        row->send.body = arena_strdup(a, db_text(res, i, 6));
        pg_refs_read(a, db_text(res, i, 7), &row->send.refs);
        row->send.until_at = row->until_at;
        row->send.room = arena_strdup(a, db_text(res, i, 8));
        row->sender = arena_strdup(a, db_text(res, i, 9));
        ADD(ret, row, a);
    }
}

static enum err_code unsent(void *ctx, struct arena *a, size_t max, struct outbox_rows *ret,
                            struct err *err)
{
    struct engine_pg *pg = ctx;
    struct db_result res;
    db_results_clear(pg->db); /* of whatever was done last: a mark, a rendering */
    db_send(pg->db, &outbox_expire,
            DB_PARAMS(db_param_int(META_ANSWER), db_param_int(SEND_BLIND),
                      db_param_int(SEND_REPLY_PRIVATE)));
    db_send(pg->db, &outbox_ended,
            DB_PARAMS(db_param_int((int64_t)max), db_param_int(ENGINE_PG_LEASE_US),
                      db_param_int(META_ANSWER), db_param_int(SEND_BLIND),
                      db_param_int(SEND_REPLY_PRIVATE)));
    db_send(pg->db, &outbox_unsent,
            DB_PARAMS(db_param_int((int64_t)max), db_param_int(ENGINE_PG_LEASE_US),
                      db_param_int(META_ANSWER)));
    enum err_code rc = db_sync(pg->db, err);
    if (rc != ERR_OK)
        return rc;
    while (db_result_next(pg->db, &res))
        if (res.statement != &outbox_expire)
            add_found(&res, res.statement == &outbox_ended, a, ret);
    db_results_clear(pg->db);
    return ERR_OK;
}

static void set_marked(const struct db_result *res, struct outbox_row *const *rows, size_t n)
{
    for (int i = 0; i < db_rows(res); i++)
        for (size_t k = 0; k < n; k++)
            if (rows[k]->seq == db_int64(res, i, 1) &&
                strcmp(rows[k]->stream, db_text(res, i, 0)) == 0)
                rows[k]->maybe_sent = true;
}

static enum err_code mark_maybe_sent(void *ctx, struct outbox_row *const *rows, size_t n,
                                     struct err *err)
{
    struct engine_pg *pg = ctx;
    struct db_result res;
    pg_send_rows(pg, &outbox_mark, (const struct outbox_row *const *)rows, n);
    enum err_code rc = db_sync(pg->db, err);
    if (rc != ERR_OK)
        return rc;
    while (db_result_next(pg->db, &res)) /* what the batch loaded stays: rows refer to it */
        if (res.statement == &outbox_mark)
            set_marked(&res, rows, n);
    return ERR_OK;
}

static enum err_code render(void *ctx, const struct send_ref *ref, char **ret, struct err *err)
{
    struct engine_pg *pg = ctx;
    return pg->render(pg->arg, pg->db, ref, ret, err);
}

struct engine_pg *engine_pg_new(struct db *db, const struct domain *dom,
                                enum err_code (*render_fn)(void *arg, struct db *db,
                                                           const struct send_ref *ref, char **ret,
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
        free_statement(&pg->kinds[i].commands);
        free_statement(&pg->kinds[i].upsert);
        free_statement(&pg->kinds[i].drop);
        free_statement(&pg->facts[i]);
    }
    freep(&pg);
}

struct engine_store engine_pg_store(struct engine_pg *pg)
{
    return (struct engine_store){.ctx = pg,
                                 .load = pg_load,
                                 .save = pg_save,
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
