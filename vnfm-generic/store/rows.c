#include "vnfm-generic/store/rows.h"

#include <stdio.h>
#include <string.h>

extern const struct db_migration generic_migrations[];
extern const size_t generic_migrations_n;

#define SQL_NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

/* Longer than all launches of an ALLOCATE may take: a host says hello before the VNFM is told of
 * it. */
#define UNNAMED_HOST_US (INT64_C(3600) * USEC_PER_SEC)
#define RELEASED_US     (INT64_C(600) * USEC_PER_SEC) /* logs and hosts of what is gone */

/* Of what is released, in one result, which must stay below 64 MiB (common/db). */
enum { LOGS_STREAM_MAX = 16 * 1024, LOGS_MAX = 1000 };

enum err_code rows_migrate(struct db *db, struct err *err)
{
    enum err_code rc = db_migrate(db, generic_migrations, generic_migrations_n, err);
    return rc == ERR_OK ? rc : err_add(err, "bring the database up to date");
}

enum err_code rows_find_anonymous(struct db *db, const char *vnfr_id, const char *action,
                                  struct arena *a, const char **ret_id, struct err *err)
{
    static const struct db_statement find = {
        "run_anonymous", "SELECT id FROM run WHERE vnfr_id = $1 AND action = $2 AND is_anonymous "
                         "AND ended_at IS NULL ORDER BY started_at DESC LIMIT 1"};
    struct db_result res;
    enum err_code rc =
        db_query(db, &find, DB_PARAMS(db_param_text(vnfr_id), db_param_text(action)), &res, err);
    if (rc == ERR_OK)
        *ret_id = db_rows(&res) ? arena_strdup(a, db_text(&res, 0, 0)) : NULL;
    db_results_clear(db);
    return rc;
}

#define RESUMED_COLUMNS                                                                            \
    "r.id, r.action, coalesce(r.root, r.id), v.package, r.instance, r.cause, r.is_standby FROM "   \
    "run r LEFT JOIN vnfr v ON v.id = r.vnfr_id "
/* Has the same been done, or tried, after it? */
#define SQL_LATER(r)                                                                               \
    "EXISTS (SELECT FROM run s WHERE s.vnfr_id = " r ".vnfr_id AND s.action = " r ".action AND "   \
    "s.instance IS NOT DISTINCT FROM " r ".instance AND s.started_at > " r ".started_at AND "      \
    "s.ended_at IS NOT NULL "

enum err_code rows_find_resumed(struct db *db, const char *vnfr_id, const struct rows_resumes *what,
                                struct arena *a, struct rows_resumed *ret, struct err *err)
{
    static const struct db_statement named = {
        "run_resumed", "SELECT " RESUMED_COLUMNS
                       "WHERE coalesce(r.root, r.id) = (SELECT coalesce(x.root, x.id) FROM run x "
                       "WHERE x.id = $2) AND r.vnfr_id IN ($1, '') ORDER BY r.started_at DESC "
                       "LIMIT 1"};
    static const struct db_statement last = {
        "run_failed",
        "SELECT " RESUMED_COLUMNS
        "WHERE r.vnfr_id = $1 AND r.ended_at IS NOT NULL AND r.has_failed AND "
        "r.action <> 'ERROR' AND ($2 = '' OR (r.action = $2 AND r.instance IS NOT DISTINCT FROM "
        "$3)) AND NOT " SQL_LATER("r") "AND NOT s.has_failed) "
                                       "ORDER BY r.started_at DESC LIMIT 1"};
    struct db_param by_id[] = {db_param_text(vnfr_id), db_param_text(what->id)};
    struct db_param by_action[] = {db_param_text(vnfr_id), db_param_text(what->action),
                                   db_param_text(what->instance)};
    struct db_result res;
    *ret = (struct rows_resumed){0};
    enum err_code rc = what->id ? db_query(db, &named, by_id, ARRAY_LEN(by_id), &res, err)
                                : db_query(db, &last, by_action, ARRAY_LEN(by_action), &res, err);
    if (rc == ERR_OK && db_rows(&res))
        *ret = (struct rows_resumed){.id = arena_strdup(a, db_text(&res, 0, 0)),
                                     .action = arena_strdup(a, db_text(&res, 0, 1)),
                                     .root = arena_strdup(a, db_text(&res, 0, 2)),
                                     .package = arena_strdup(a, db_text(&res, 0, 3)),
                                     .instance = arena_strdup(a, db_text(&res, 0, 4)),
                                     .cause = arena_strdup(a, db_text(&res, 0, 5)),
                                     .is_standby = db_bool(&res, 0, 6)};
    db_results_clear(db);
    return rc;
}

enum err_code rows_find_package(struct db *db, const char *vnfr_id, struct arena *a,
                                const char **ret, struct err *err)
{
    static const struct db_statement find = {"vnfr_package",
                                             "SELECT package FROM vnfr WHERE id = $1"};
    struct db_result res;
    *ret = NULL;
    enum err_code rc = db_query(db, &find, DB_PARAMS(db_param_text(vnfr_id)), &res, err);
    if (rc == ERR_OK && db_rows(&res))
        *ret = arena_strdup(a, db_text(&res, 0, 0));
    db_results_clear(db);
    return rc;
}

/* --- a batch --- */

struct arrays {
    struct db_array id, vnfr, name, action, is_anonymous, root, instance, cause,
        is_standby; /* runs */
    struct db_array new_vnfr, new_name, package;
    struct db_array cancel;
    struct db_array releasing, releasing_run;
    struct db_array owned_host, owner;
    struct db_array run, steps_of, host;
    struct db_array hello_host, hello_boot, hello_journal, hello_vouched, notes;
};

static const struct arrays arrays_init = {
    .id = DB_TEXT_ARRAY,
    .vnfr = DB_TEXT_ARRAY,
    .name = DB_TEXT_ARRAY,
    .action = DB_TEXT_ARRAY,
    .is_anonymous = DB_BOOL_ARRAY,
    .root = DB_TEXT_ARRAY,
    .instance = DB_TEXT_ARRAY,
    .cause = DB_TEXT_ARRAY,
    .is_standby = DB_BOOL_ARRAY,
    .cancel = DB_TEXT_ARRAY,
    .new_vnfr = DB_TEXT_ARRAY,
    .new_name = DB_TEXT_ARRAY,
    .package = DB_TEXT_ARRAY,
    .releasing = DB_TEXT_ARRAY,
    .releasing_run = DB_TEXT_ARRAY,
    .owned_host = DB_TEXT_ARRAY,
    .owner = DB_TEXT_ARRAY,
    .run = DB_TEXT_ARRAY,
    .steps_of = DB_TEXT_ARRAY,
    .host = DB_TEXT_ARRAY,
    .hello_host = DB_TEXT_ARRAY,
    .hello_boot = DB_TEXT_ARRAY,
    .hello_journal = DB_BOOL_ARRAY,
    .hello_vouched = DB_BOOL_ARRAY,
    .notes = DB_TEXT_ARRAY,
};

static void arrays_release(struct arrays *x)
{
    struct db_array *all = (struct db_array *)x;
    for (size_t i = 0; i < sizeof(*x) / sizeof(*all); i++)
        db_array_release(&all[i]);
}

static void add_note(struct arrays *x, const struct rows_batch *b, char kind, const char *what)
{
    char note[400];
    snprintf(note, sizeof(note), "%c %s %.300s", kind, b->sender, what);
    db_array_text(&x->notes, note);
}

static void add_run(struct arrays *x, const struct rows_arrival *r)
{
    db_array_text(&x->id, r->id);
    db_array_text(&x->vnfr, r->vnfr_id);
    db_array_text(&x->name, r->vnfr_name);
    db_array_text(&x->action, r->action);
    db_array_bool(&x->is_anonymous, r->is_anonymous);
    db_array_text(&x->root, r->root);
    db_array_text(&x->instance, r->instance);
    db_array_text(&x->cause, r->cause);
    db_array_bool(&x->is_standby, r->is_standby);
}

static void add_lookups(struct arrays *x, const struct rows_arrival *r)
{
    db_array_text(&x->run, r->id);
    db_array_text(&x->steps_of, r->id);
    if (r->resumed_id)
        db_array_text(&x->steps_of, r->resumed_id);
    if (r->is_instantiating) {
        db_array_text(&x->new_vnfr, r->vnfr_id);
        db_array_text(&x->new_name, r->vnfr_name);
        db_array_text(&x->package, r->package);
    }
    if (r->is_releasing) {
        db_array_text(&x->releasing, r->vnfr_id);
        db_array_text(&x->releasing_run, r->id);
    }
    for (uint32_t i = 0; i < r->run->n_hosts; i++) {
        db_array_text(&x->host, r->run->hosts[i].hostname);
        if (r->owns_hosts) {
            db_array_text(&x->owned_host, r->run->hosts[i].hostname);
            db_array_text(&x->owner, r->vnfr_id);
        }
    }
}

static void fill(struct arrays *x, const struct rows_batch *b)
{
    for (size_t i = 0; i < b->n_arrivals; i++) {
        add_run(x, &b->arrivals[i]);
        add_lookups(x, &b->arrivals[i]);
        if (b->arrivals[i].is_releasing)
            add_note(x, b, 'c', b->arrivals[i].vnfr_id);
    }
    for (size_t i = 0; i < b->n_hellos; i++) {
        db_array_text(&x->hello_host, b->hellos[i].hostname);
        db_array_text(&x->hello_boot, b->hellos[i].boot);
        db_array_bool(&x->hello_journal, b->hellos[i].has_journal);
        db_array_bool(&x->hello_vouched, b->hellos[i].is_vouched);
        db_array_text(&x->host, b->hellos[i].hostname);
        add_note(x, b, 'h', b->hellos[i].hostname);
    }
    for (size_t i = 0; i < b->n_cancels; i++) {
        db_array_text(&x->cancel, b->cancels[i]);
        db_array_text(&x->run, b->cancels[i]);
        add_note(x, b, 'c', b->cancels[i]);
    }
    for (size_t i = 0; i < b->n_run_ids; i++)
        db_array_text(&x->run, b->run_ids[i]);
    for (size_t i = 0; i < b->n_hostnames; i++)
        db_array_text(&x->host, b->hostnames[i]);
}

/* One that was cancelled before it came has a row without action. */
static void queue_runs(struct db *db, struct arrays *x)
{
    static const struct db_statement add_runs = {
        "run_add",
        "INSERT INTO run (id, vnfr_id, vnfr_name, action, is_anonymous, root, instance, cause, "
        "is_standby, started_at) SELECT *, " SQL_NOW " FROM unnest($1::text[], $2::text[], "
        "$3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[], $9::boolean[]) "
        "ON CONFLICT (id) DO UPDATE SET vnfr_id = excluded.vnfr_id, vnfr_name = "
        "excluded.vnfr_name, action = excluded.action, root = excluded.root, instance = "
        "excluded.instance, cause = excluded.cause, is_standby = excluded.is_standby WHERE "
        "run.action = ''"};
    db_send(db, &add_runs,
            DB_PARAMS(db_param_array(&x->id), db_param_array(&x->vnfr), db_param_array(&x->name),
                      db_param_array(&x->action), db_param_array(&x->is_anonymous),
                      db_param_array(&x->root), db_param_array(&x->instance),
                      db_param_array(&x->cause), db_param_array(&x->is_standby)));
}

/* A repaired script takes its place in the package that a RESUME or SCALE_OUT would install. */
static void queue_scripts(struct db *db, const struct rows_batch *b)
{
    static const struct db_statement replace = {
        "vnfr_script",
        "UPDATE vnfr SET package = jsonb_set(package::jsonb, '{scripts}', (SELECT "
        "coalesce(jsonb_agg(s) FILTER (WHERE s->>'name' IS DISTINCT FROM $2::jsonb->>'name'), "
        "'[]'::jsonb) || $2::jsonb FROM jsonb_array_elements(coalesce(package::jsonb->'scripts', "
        "'[]'::jsonb)) AS t (s)))::text WHERE id = $1 AND package IS NOT NULL"};
    for (size_t i = 0; i < b->n_arrivals; i++)
        if (b->arrivals[i].script)
            db_send(db, &replace,
                    DB_PARAMS(db_param_text(b->arrivals[i].vnfr_id),
                              db_param_text(b->arrivals[i].script)));
}

static void queue_cancels(struct db *db, struct arrays *x)
{
    static const struct db_statement cancel = {
        "run_cancel_id",
        "INSERT INTO run (id, vnfr_id, vnfr_name, action, is_anonymous, started_at, cancelled_at, "
        "ended_at, has_failed) SELECT id, '', '', '', false, " SQL_NOW ", " SQL_NOW ", " SQL_NOW
        ", true FROM unnest($1::text[]) AS t (id) GROUP BY id ORDER BY id ON CONFLICT (id) DO "
        "UPDATE SET cancelled_at = coalesce(run.cancelled_at, excluded.cancelled_at) WHERE "
        "run.ended_at IS NULL"};
    if (x->cancel.n)
        db_send(db, &cancel, DB_PARAMS(db_param_array(&x->cancel)));
}

/* Locks come in the order of ids, and a VNFR's before its runs': a release and an arrival of the
 * same VNFR see each other. */
static void queue_arrivals(struct db *db, struct arrays *x, const struct rows_batch *b)
{
    static const struct db_statement add_vnfrs = {
        "vnfr_add",
        "INSERT INTO vnfr (id, name, package) SELECT DISTINCT ON (id) id, name, package FROM "
        "unnest($1::text[], $2::text[], $3::text[]) AS t (id, name, package) ORDER BY id "
        "ON CONFLICT (id) DO UPDATE SET package = coalesce(excluded.package, vnfr.package)"};
    static const struct db_statement mark_released = {
        "vnfr_releasing",
        "INSERT INTO vnfr (id, name, released_at) SELECT DISTINCT ON (id) id, '', " SQL_NOW
        " FROM unnest($1::text[]) AS t (id) ORDER BY id ON CONFLICT (id) DO UPDATE SET "
        "released_at = coalesce(vnfr.released_at, excluded.released_at)"};
    static const struct db_statement see_vnfrs = {
        "vnfr_see", "SELECT id, released_at FROM vnfr WHERE id = ANY($1::text[]) ORDER BY id "
                    "FOR SHARE"};
    static const struct db_statement cancel = {
        "run_cancel", "UPDATE run SET cancelled_at = " SQL_NOW " WHERE vnfr_id = ANY($1::text[]) "
                      "AND ended_at IS NULL AND cancelled_at IS NULL AND id <> ALL($2::text[]) "
                      "RETURNING id"};
    static const struct db_statement own = {
        "agent_own",
        "INSERT INTO agent (hostname, vnfr_id, hello_at, is_alone) SELECT DISTINCT ON (h) h, "
        "v, " SQL_NOW ", $3::boolean FROM unnest($1::text[], $2::text[]) AS t (h, v) WHERE NOT "
        "EXISTS (SELECT FROM vnfr r "
        "WHERE r.id = t.v AND r.released_at IS NOT NULL) ORDER BY h ON CONFLICT (hostname) DO "
        "UPDATE SET vnfr_id = excluded.vnfr_id WHERE agent.vnfr_id IS DISTINCT FROM "
        "excluded.vnfr_id AND agent.gone_at IS NULL"};
    if (x->new_vnfr.n)
        db_send(db, &add_vnfrs,
                DB_PARAMS(db_param_array(&x->new_vnfr), db_param_array(&x->new_name),
                          db_param_array(&x->package)));
    if (x->releasing.n)
        db_send(db, &mark_released, DB_PARAMS(db_param_array(&x->releasing)));
    db_send(db, &see_vnfrs, DB_PARAMS(db_param_array(&x->vnfr)));
    if (b->n_arrivals)
        queue_runs(db, x);
    queue_scripts(db, b);
    queue_cancels(db, x);
    db_send(db, &cancel,
            DB_PARAMS(db_param_array(&x->releasing), db_param_array(&x->releasing_run)));
    if (x->owned_host.n)
        db_send(db, &own,
                DB_PARAMS(db_param_array(&x->owned_host), db_param_array(&x->owner),
                          db_param_bool(b->are_hosts_alone)));
}

static void queue_hellos(struct db *db, struct arrays *x, const struct rows_batch *b)
{
    static const struct db_statement hello = {
        "agent_hello",
        "INSERT INTO agent (hostname, hello_n, hello_at, has_journal, boot, boot_at) "
        "SELECT h, 1, " SQL_NOW ", j, b, " SQL_NOW
        " FROM unnest($1::text[], $2::text[], $3::boolean[], "
        "$4::boolean[]) AS t (h, b, j, v) WHERE v OR EXISTS (SELECT FROM agent a WHERE "
        "a.hostname = h AND a.is_old) ORDER BY h ON CONFLICT (hostname) DO UPDATE SET "
        "hello_n = agent.hello_n + 1, hello_at = excluded.hello_at, has_journal = "
        "excluded.has_journal, boot = excluded.boot, boot_at = CASE WHEN agent.boot = "
        "excluded.boot THEN agent.boot_at ELSE excluded.boot_at END WHERE agent.gone_at IS NULL"};
    /* It says who it is: nobody else speaks for it any more. */
    static const struct db_statement renewed = {
        "agent_renewed",
        "UPDATE agent SET is_old = false WHERE is_old AND hostname IN (SELECT h FROM "
        "unnest($1::text[], $2::boolean[]) AS t (h, v) WHERE v)"};
    static const struct db_statement unsaid = {
        "agent_unsaid", "SELECT h FROM unnest($1::text[], $2::boolean[]) AS t (h, v) WHERE NOT v "
                        "AND NOT EXISTS (SELECT FROM agent a WHERE a.hostname = h AND a.is_old)"};
    static const struct db_statement note = {
        "note", "SELECT pg_notify($1::text, n) FROM unnest($2::text[]) AS t (n)"};
    if (x->hello_host.n) {
        db_send(db, &hello,
                DB_PARAMS(db_param_array(&x->hello_host), db_param_array(&x->hello_boot),
                          db_param_array(&x->hello_journal), db_param_array(&x->hello_vouched)));
        db_send(db, &renewed,
                DB_PARAMS(db_param_array(&x->hello_host), db_param_array(&x->hello_vouched)));
        db_send(db, &unsaid,
                DB_PARAMS(db_param_array(&x->hello_host), db_param_array(&x->hello_vouched)));
    }
    if (x->notes.n)
        db_send(db, &note, DB_PARAMS(db_param_text(b->channel), db_param_array(&x->notes)));
}

#define STEP_COLUMNS                                                                               \
    "s.run_id, s.hostname, s.seq, s.command, s.event, s.script, s.source, s.state, "               \
    "s.first_sent_at, s.sent_at, s.done_at, s.took_ms, s.exit, s.output, s.err, s.sets"

static const struct db_statement see_now = {"now", "SELECT " SQL_NOW};
static const struct db_statement see_runs = {
    "run_see",
    "SELECT r.id, r.started_at, r.cancelled_at, v.released_at IS NOT NULL, r.ended_at IS NOT NULL "
    "AND NOT r.has_failed FROM run r LEFT JOIN vnfr v ON v.id = r.vnfr_id WHERE r.id = "
    "ANY($1::text[])"};
static const struct db_statement see_steps = {
    "step_see", "SELECT " STEP_COLUMNS " FROM step s WHERE s.run_id = ANY($1::text[])"};
static const struct db_statement see_agents = {
    "agent_see",
    "SELECT hostname, hello_n, has_journal, is_old, is_alone, boot_at FROM agent WHERE hostname = "
    "ANY($1::text[]) AND gone_at IS NULL"};

static int result_of(const char *name)
{
    static const char *const names[ROWS_RESULT_N] = {[ROWS_NOW] = "now",
                                                     [ROWS_VNFRS] = "vnfr_see",
                                                     [ROWS_CANCELLED] = "run_cancel",
                                                     [ROWS_RUNS] = "run_see",
                                                     [ROWS_STEPS] = "step_see",
                                                     [ROWS_AGENTS] = "agent_see",
                                                     [ROWS_UNSAID] = "agent_unsaid"};
    for (int i = 0; i < ROWS_RESULT_N; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

enum err_code rows_load(struct db *db, const struct rows_batch *b,
                        struct db_result ret[static ROWS_RESULT_N], struct err *err)
{
    AUTO(arrays_release) struct arrays x = arrays_init;
    struct db_result res;
    fill(&x, b);
    db_begin(db);
    queue_arrivals(db, &x, b);
    queue_hellos(db, &x, b);
    db_send(db, &see_runs, DB_PARAMS(db_param_array(&x.run)));
    db_send(db, &see_steps, DB_PARAMS(db_param_array(&x.steps_of)));
    db_send(db, &see_agents, DB_PARAMS(db_param_array(&x.host)));
    db_send(db, &see_now, NULL, 0);
    enum err_code rc = db_commit(db, err);
    if (rc != ERR_OK)
        return err_add(err, "look up runs");
    while (db_result_next(db, &res)) {
        int i = result_of(res.statement->name);
        if (i >= 0)
            ret[i] = res;
    }
    return ERR_OK;
}

enum err_code rows_refused(struct db *db, const struct rows_arrival *r, struct err *err)
{
    static const struct db_statement refused = {
        "run_refused",
        "INSERT INTO run (id, vnfr_id, vnfr_name, action, is_anonymous, root, instance, cause, "
        "is_standby, started_at, ended_at, has_failed) VALUES ($1, $2, $3, $4, false, $5, $6, $7, "
        "$8, " SQL_NOW ", " SQL_NOW ", true) ON CONFLICT (id) DO NOTHING"};
    enum err_code rc = db_query(db, &refused,
                                DB_PARAMS(db_param_text(r->id), db_param_text(r->vnfr_id),
                                          db_param_text(r->vnfr_name), db_param_text(r->action),
                                          db_param_text(r->root), db_param_text(r->instance),
                                          db_param_text(r->cause), db_param_bool(r->is_standby)),
                                NULL, err);
    db_results_clear(db);
    return rc;
}

const char *rows_step_read(const struct db_result *steps, int i, struct step_row *ret)
{
    *ret = (struct step_row){.hostname = db_text(steps, i, 1),
                             .seq = (int)db_int64(steps, i, 2),
                             .command = db_text(steps, i, 3),
                             .event = db_text(steps, i, 4),
                             .script = db_text(steps, i, 5),
                             .source = db_text(steps, i, 6),
                             .state = step_state_parse(db_text(steps, i, 7)),
                             .first_sent_at = db_int64(steps, i, 8),
                             .sent_at = db_int64(steps, i, 9),
                             .done_at = db_int64(steps, i, 10),
                             .took_ms = db_int64(steps, i, 11),
                             .exit_code = (int)db_int64(steps, i, 12),
                             .output = db_text(steps, i, 13),
                             .err = db_text(steps, i, 14),
                             .sets = db_text(steps, i, 15)};
    return db_text(steps, i, 0);
}

/* --- changes --- */

static const struct rows_changes changes_init = {
    .run = DB_TEXT_ARRAY,
    .host = DB_TEXT_ARRAY,
    .seq = DB_INT4_ARRAY,
    .command = DB_TEXT_ARRAY,
    .event = DB_TEXT_ARRAY,
    .script = DB_TEXT_ARRAY,
    .source = DB_TEXT_ARRAY,
    .state = DB_TEXT_ARRAY,
    .first_sent = DB_INT8_ARRAY,
    .sent = DB_INT8_ARRAY,
    .done = DB_INT8_ARRAY,
    .took = DB_INT8_ARRAY,
    .exit = DB_INT4_ARRAY,
    .output = DB_TEXT_ARRAY,
    .error = DB_TEXT_ARRAY,
    .sets = DB_TEXT_ARRAY,
    .ended = DB_TEXT_ARRAY,
    .has_failed = DB_BOOL_ARRAY,
    .released = DB_TEXT_ARRAY,
    .gone_host = DB_TEXT_ARRAY,
    .gone_vnfr = DB_TEXT_ARRAY,
};

void rows_changes_init(struct rows_changes *c)
{
    *c = changes_init;
}

static void for_each(struct rows_changes *c, void (*fn)(struct db_array *))
{
    struct db_array *all = (struct db_array *)c;
    for (size_t i = 0; i < sizeof(*c) / sizeof(*all); i++)
        fn(&all[i]);
}

void rows_changes_release(struct rows_changes *c)
{
    for_each(c, db_array_release);
}

static void add_time(struct db_array *a, int64_t us)
{
    if (us)
        db_array_int(a, us);
    else
        db_array_null(a);
}

/* As lines that output_sets reads again. */
static void add_sets(struct db_array *a, const struct proto_strmap *sets)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    for (uint32_t i = 0; i < sets->n; i++)
        sbuf_addf(&text, "##baton set %s %s\n", sets->at[i].key, sets->at[i].value);
    db_array_text(a, sets->n ? text.s : NULL);
}

void rows_add_step(struct rows_changes *c, const char *run_id, const struct run_host *host,
                   const struct step *step)
{
    db_array_text(&c->run, run_id);
    db_array_text(&c->host, host->hostname);
    db_array_int(&c->seq, step->seq);
    db_array_text(&c->command, step->command);
    db_array_text(&c->event, step->event);
    db_array_text(&c->script, step->script);
    db_array_text(&c->source, step->source);
    db_array_text(&c->state,
                  step_state_word(step->state == STEP_PLANNED ? STEP_SENT : step->state));
    db_array_int(&c->first_sent, step->first_sent_at);
    db_array_int(&c->sent, step->sent_at);
    add_time(&c->done, step->done_at);
    db_array_int(&c->took, step->took_ms);
    db_array_int(&c->exit, step->exit_code);
    db_array_text(&c->output, step->output);
    db_array_text(&c->error, step->err);
    add_sets(&c->sets, &step->sets);
}

void rows_add_end(struct rows_changes *c, const char *run_id, bool has_failed,
                  const char *released_vnfr_id)
{
    db_array_text(&c->ended, run_id);
    db_array_bool(&c->has_failed, has_failed);
    if (released_vnfr_id)
        db_array_text(&c->released, released_vnfr_id);
}

void rows_add_gone(struct rows_changes *c, const char *hostname, const char *vnfr_id)
{
    db_array_text(&c->gone_host, hostname);
    db_array_text(&c->gone_vnfr, vnfr_id);
}

bool rows_changes_any(const struct rows_changes *c)
{
    return c->run.n || c->ended.n;
}

/* Nothing of a released VNFR goes on: its hosts stay as marks, so that a late hello does not make
 * them known again, and requests that nobody has in hand any more (their VNFM died, and the NFVO
 * refused them when they came again) end with it. */
static void send_released(struct db *db, struct rows_changes *c)
{
    static const struct db_statement known = {"agent_gone", "UPDATE agent SET gone_at = " SQL_NOW
                                                            " WHERE vnfr_id = ANY($1::text[]) AND "
                                                            "gone_at IS NULL"};
    static const struct db_statement named = {
        "agent_gone_named",
        "INSERT INTO agent (hostname, vnfr_id, hello_at, gone_at) SELECT DISTINCT ON (h) h, "
        "v, " SQL_NOW ", " SQL_NOW " FROM unnest($1::text[], $2::text[]) AS t (h, v) ORDER BY h ON "
        "CONFLICT (hostname) DO UPDATE SET gone_at = coalesce(agent.gone_at, excluded.gone_at)"};
    static const struct db_statement runs = {"run_end_all", "UPDATE run SET ended_at = " SQL_NOW
                                                            ", has_failed = true WHERE vnfr_id = "
                                                            "ANY($1::text[]) AND ended_at IS NULL"};
    db_send(db, &known, DB_PARAMS(db_param_array(&c->released)));
    if (c->gone_host.n)
        db_send(db, &named,
                DB_PARAMS(db_param_array(&c->gone_host), db_param_array(&c->gone_vnfr)));
    db_send(db, &runs, DB_PARAMS(db_param_array(&c->released)));
}

enum err_code rows_save(struct db *db, struct rows_changes *c, struct err *err)
{
    /* A run may have ended and been swept meanwhile: its steps go nowhere then. */
    static const struct db_statement steps = {
        "step_save",
        "INSERT INTO step (run_id, hostname, seq, command, event, script, source, state, "
        "first_sent_at, sent_at, done_at, took_ms, exit, output, err, sets) "
        "SELECT t.* FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], "
        "$6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], "
        "$12::bigint[], $13::integer[], $14::text[], $15::text[], $16::text[]) "
        "AS t (run_id, hostname, seq, command, event, script, source, state, first_sent_at, "
        "sent_at, done_at, took_ms, exit, output, err, sets) "
        "WHERE EXISTS (SELECT FROM run r WHERE r.id = t.run_id) ORDER BY 1, 2, 3 "
        "ON CONFLICT (run_id, hostname, seq) DO UPDATE SET command = excluded.command, "
        "state = excluded.state, sent_at = excluded.sent_at, done_at = excluded.done_at, "
        "took_ms = excluded.took_ms, exit = excluded.exit, output = excluded.output, "
        "err = excluded.err, sets = excluded.sets WHERE step.state = 'sent'"};
    static const struct db_statement end = {
        "run_end", "UPDATE run SET ended_at = coalesce(run.ended_at, " SQL_NOW "), has_failed = "
                   "t.failed FROM unnest($1::text[], $2::boolean[]) AS t (id, failed) WHERE "
                   "run.id = t.id"};
    db_begin(db);
    if (c->run.n)
        db_send(db, &steps,
                DB_PARAMS(db_param_array(&c->run), db_param_array(&c->host),
                          db_param_array(&c->seq), db_param_array(&c->command),
                          db_param_array(&c->event), db_param_array(&c->script),
                          db_param_array(&c->source), db_param_array(&c->state),
                          db_param_array(&c->first_sent), db_param_array(&c->sent),
                          db_param_array(&c->done), db_param_array(&c->took),
                          db_param_array(&c->exit), db_param_array(&c->output),
                          db_param_array(&c->error), db_param_array(&c->sets)));
    if (c->ended.n)
        db_send(db, &end, DB_PARAMS(db_param_array(&c->ended), db_param_array(&c->has_failed)));
    if (c->released.n)
        send_released(db, c);
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    if (rc != ERR_OK)
        return err_add(err, "write runs");
    for_each(c, db_array_clear);
    return ERR_OK;
}

/* --- the rest --- */

enum err_code rows_logs(struct db *db, const char *hostname, const char *vnfr_name, int max,
                        struct db_result *ret, struct err *err)
{
    static const struct db_statement logs = {
        "step_logs",
        "SELECT * FROM (SELECT " STEP_COLUMNS
        ", coalesce(a.has_journal, false), coalesce(a.is_old, false) FROM step s JOIN "
        "run r ON r.id = s.run_id LEFT JOIN agent a ON a.hostname = s.hostname WHERE "
        "s.hostname = $1 AND ($2::text IS NULL OR r.vnfr_name = $2) AND s.script <> '' "
        "ORDER BY s.first_sent_at DESC, s.seq DESC LIMIT $3::integer) AS latest "
        "ORDER BY first_sent_at, seq"};
    return db_query(db, &logs,
                    DB_PARAMS(db_param_text(hostname), db_param_text(vnfr_name), db_param_int(max)),
                    ret, err);
}

enum err_code rows_logs_of(struct db *db, struct db_array *vnfr_ids, struct db_result *ret,
                           struct err *err)
{
    static const struct db_statement logs = {
        "step_logs_of",
        "SELECT s.run_id, s.hostname, s.seq, s.command, s.event, s.script, s.source, s.state, "
        "s.first_sent_at, s.sent_at, s.done_at, s.took_ms, s.exit, right(s.output, $2::integer), "
        "right(s.err, $2::integer), NULL, r.vnfr_id FROM step s JOIN run r ON r.id = s.run_id "
        "WHERE r.vnfr_id = ANY($1::text[]) AND s.script <> '' ORDER BY r.vnfr_id, s.hostname, "
        "s.first_sent_at, s.seq LIMIT $3::integer"};
    return db_query(
        db, &logs,
        DB_PARAMS(db_param_array(vnfr_ids), db_param_int(LOGS_STREAM_MAX), db_param_int(LOGS_MAX)),
        ret, err);
}

enum err_code rows_sweep(struct db *db, int64_t keep_us, struct err *err)
{
    static const struct db_statement runs = {
        "sweep_runs", /* what failed last may be resumed while its VNFR lives */
        "DELETE FROM run r WHERE r.ended_at < " SQL_NOW " - $1::bigint AND NOT (r.has_failed AND "
        "NOT " SQL_LATER("r") ") AND EXISTS (SELECT FROM vnfr v WHERE v.id = r.vnfr_id AND "
                              "v.released_at IS NULL))"};
    static const struct db_statement released = {
        "sweep_released",
        "DELETE FROM run USING vnfr v WHERE v.id = run.vnfr_id AND "
        "v.released_at < " SQL_NOW " - $1::bigint AND run.ended_at < " SQL_NOW " - $1::bigint"};
    static const struct db_statement vnfrs = {
        "sweep_vnfrs", "DELETE FROM vnfr WHERE released_at < " SQL_NOW " - $1::bigint"};
    static const struct db_statement agents = {
        "sweep_agents",
        "DELETE FROM agent WHERE vnfr_id IS NULL AND gone_at IS NULL AND hello_at < " SQL_NOW
        " - $1::bigint"};
    static const struct db_statement gone = {
        "sweep_gone", "DELETE FROM agent WHERE gone_at < " SQL_NOW " - $1::bigint"};
    db_begin(db);
    db_send(db, &runs, DB_PARAMS(db_param_int(keep_us)));
    db_send(db, &released, DB_PARAMS(db_param_int(RELEASED_US)));
    db_send(db, &vnfrs, DB_PARAMS(db_param_int(keep_us > RELEASED_US ? keep_us : RELEASED_US)));
    db_send(db, &agents, DB_PARAMS(db_param_int(UNNAMED_HOST_US)));
    db_send(db, &gone, DB_PARAMS(db_param_int(RELEASED_US)));
    enum err_code rc = db_commit(db, err);
    db_results_clear(db);
    return rc;
}
