#include "common/ports/pg_internal.h"

#include <string.h>

/* clang-format off */
static const struct db_statement now_statement = { "engine_now", "SELECT " NOW_SQL };
/* clang-format on */

/* --- load --- */

enum {
    COL_ID,
    COL_AGG,
    COL_PHASE,
    COL_SEQ,
    COL_KEYS /* as many as the kind has; then doc and state */
};

static struct row *read_row(const struct domain *dom, struct arena *a, const struct db_result *res,
                            int i, int kind)
{
    struct row *r = arena_alloc(a, sizeof(*r));
    r->kind = (uint8_t)kind;
    /* Names go into messages, which are published after the results are gone; documents are only
     * read before. */
    r->id = arena_strdup(a, db_text(res, i, COL_ID));
    r->agg = arena_strdup(a, db_text(res, i, COL_AGG));
    r->phase = words_find(&dom->rows[kind].phases, db_text(res, i, COL_PHASE));
    r->seq = db_int64(res, i, COL_SEQ);
    int n_keys = pg_n_keys(&dom->rows[kind]);
    for (int k = 0; k < ROW_KEYS_MAX; k++)
        r->key[k] = k < n_keys ? arena_strdup(a, db_text(res, i, COL_KEYS + k)) : "";
    r->doc = db_text(res, i, COL_KEYS + n_keys);
    r->state = db_text(res, i, COL_KEYS + n_keys + 1);
    return r;
}

/* A member or root whose phase this release does not know: the aggregate cannot be decided. */
static struct row *read_member(const struct domain *dom, struct loaded *l, struct arena *a,
                               const struct db_result *res, int i, int kind)
{
    struct row *r = read_row(dom, a, res, i, kind);
    if (r->phase < 0)
        l->unknown = arena_printf(a, "phase '%s' of %s '%s'", db_text(res, i, COL_PHASE),
                                  dom->rows[kind].table, r->id);
    return r;
}

struct asking { /* aggregates of one kind, distinct, and the union of the facts wanted */
    const char *ids[ENGINE_BATCH_MAX];
    bool exists[ENGINE_BATCH_MAX];
    struct loaded *loaded[ENGINE_BATCH_MAX];
    int n;
    unsigned facts;
    struct db_array array, keys;
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
        if (l->intents[i]->fact_key)
            db_array_text(&q->keys, l->intents[i]->fact_key);
        if (find_id(q, l->intents[i]->agg) >= 0 || q->n == ENGINE_BATCH_MAX)
            continue;
        q->ids[q->n++] = l->intents[i]->agg;
        db_array_text(&q->array, l->intents[i]->agg);
    }
}

static void send_facts(struct engine_pg *pg, const struct domain *dom, struct asking *q, int k)
{
    for (int i = 0; i < dom->n_facts; i++) {
        const struct fact_kind *f = &dom->facts[i];
        if (!(q->facts & f->bit) || (f->agg_kind != k && f->agg_kind != dom->n_aggs))
            continue;
        const struct db_param params[] = {db_param_array(&q->array), db_param_array(&q->keys)};
        db_send(pg->db, &pg->facts[i], params, f->wants_keys ? 2 : 1);
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
        db_send(pg->db, &pg->kinds[ak->root].commands, DB_PARAMS(db_param_array(&q->array)));
        send_facts(pg, dom, q, k);
    }
}

static void read_root(const struct domain *dom, struct asking *q, struct load *l,
                      const struct db_result *res, const struct agg_kind *ak)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, COL_ID));
        if (at >= 0 && q->loaded[at])
            q->loaded[at]->root = read_member(dom, q->loaded[at], l->arena, res, i, ak->root);
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

static void read_members(const struct domain *dom, struct asking *q, struct load *l,
                         const struct db_result *res, int kind)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, COL_AGG));
        if (at >= 0 && q->loaded[at])
            ADD(&q->loaded[at]->rows, read_member(dom, q->loaded[at], l->arena, res, i, kind),
                l->arena);
    }
}

static void read_commands(const struct domain *dom, struct asking *q, struct load *l,
                          const struct db_result *res)
{
    for (int i = 0; i < db_rows(res); i++) {
        int at = find_id(q, db_text(res, i, 1));
        if (at < 0 || !q->loaded[at])
            continue;
        int agg_kind = pg_agg_kind(dom, db_text(res, i, 2));
        int kind = words_find(&dom->commands, db_text(res, i, 3));
        if (agg_kind < 0 || kind < 0) {
            q->loaded[at]->unknown =
                arena_printf(l->arena, "kind '%s' of command '%s' of %s", db_text(res, i, 3),
                             db_text(res, i, 0), db_text(res, i, 2));
            continue;
        }
        struct command *c = arena_alloc(l->arena, sizeof(*c));
        /* Used when the results are gone: a reply queue is deleted after the publishing, and the
         * names of a command go into logs. See read_row. */
        *c = (struct command){.id = arena_strdup(l->arena, db_text(res, i, 0)),
                              .agg = arena_strdup(l->arena, db_text(res, i, 1)),
                              .agg_kind = (uint8_t)agg_kind,
                              .kind = (uint8_t)kind,
                              .subject = arena_strdup(l->arena, db_text(res, i, 4)),
                              .due_at = db_int64(res, i, 5),
                              .data = arena_strdup(l->arena, db_text(res, i, 6)),
                              .room = arena_strdup(l->arena, db_text(res, i, 7)),
                              .opened_at = db_int64(res, i, 8)};
        ADD(&q->loaded[at]->commands, c, l->arena);
    }
}

static void read_facts(const struct domain *dom, struct load *l, const struct db_result *res,
                       int kind)
{
    for (int i = 0; i < db_rows(res); i++)
        ADD(&l->facts, read_row(dom, l->arena, res, i, kind), l->arena);
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
        read_root(dom, q, l, &locked, ak);
        for (int i = 0; i < ak->n_members; i++)
            if (db_result_next(pg->db, &res))
                read_members(dom, q, l, &res, ak->members[i]);
        if (db_result_next(pg->db, &res))
            read_commands(dom, q, l, &res);
        for (int i = 0; i < dom->n_facts; i++)
            if ((q->facts & dom->facts[i].bit) &&
                (dom->facts[i].agg_kind == k || dom->facts[i].agg_kind == dom->n_aggs) &&
                db_result_next(pg->db, &res))
                read_facts(dom, l, &res, dom->facts[i].row_kind);
    }
}

enum err_code pg_load(void *ctx, const struct domain *dom, struct load *l, struct err *err)
{
    struct engine_pg *pg = ctx;
    struct asking asking[4];
    for (int i = 0; i < 4; i++)
        asking[i] = (struct asking){.array = DB_TEXT_ARRAY, .keys = DB_TEXT_ARRAY};
    db_results_clear(pg->db);
    ask_for(asking, l);
    send_loads(pg, dom, asking);
    enum err_code rc = db_sync(pg->db, err);
    if (rc == ERR_OK)
        read_loads(pg, dom, asking, l);
    for (int i = 0; i < 4; i++) {
        db_array_release(&asking[i].array);
        db_array_release(&asking[i].keys);
    }
    return rc;
}
