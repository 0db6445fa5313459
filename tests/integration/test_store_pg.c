/* The engine's store on a real PostgreSQL: what is saved is what is loaded, locks, leases, marks.
 */
#include "common/ports/store_pg.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "nfvo/lifecycle/domain.h"
#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/store_record.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lifecycle_settings settings = LIFECYCLE_SETTINGS_DEFAULT;
static struct domain domain;
static struct test_nfvo_store *ts;
static struct arena arena;

static enum err_code render(void *arg, struct db *db, const struct send_ref *ref, char **ret,
                            struct err *err)
{
    (void)arg;
    (void)db;
    (void)ret;
    return err_set(err, ERR_NOT_FOUND, "%s", ref->id);
}

static struct engine_pg *session(void)
{
    return engine_pg_new(test_schema_open(ts->schema), &domain, render, NULL);
}

static int open_schema(void **state)
{
    (void)state;
    nfvo_domain_init(&domain, &settings);
    ts = test_nfvo_store_new("store_pg");
    return 0;
}

static int close_schema(void **state)
{
    (void)state;
    arena_release(&arena);
    test_nfvo_store_free(ts);
    return 0;
}

static struct load load_for(const struct engine_store *s, struct intent what)
{
    struct intent *in = arena_alloc(&arena, sizeof(*in));
    const struct intent **list = arena_alloc(&arena, sizeof(*list));
    struct err err = ERR_INIT;
    *in = what;
    list[0] = in;
    struct load l = {.intents = list, .n = 1, .arena = &arena};
    if (s->load(s->ctx, &domain, &l, &err) != ERR_OK)
        fail_msg("load: %s", err.msg);
    return l;
}

static struct load load(const struct engine_store *s, const char *agg)
{
    return load_for(s, (struct intent){.agg_kind = AGG_POP, .agg = agg});
}

static void save(const struct engine_store *s, const struct save *what)
{
    struct err err = ERR_INIT;
    if (s->save(s->ctx, &domain, what, &err) != ERR_OK)
        fail_msg("save: %s", err.msg);
}

static struct row *pop_row(const char *id, int mark)
{
    struct row *r = arena_alloc(&arena, sizeof(*r));
    *r = (struct row){.kind = ROW_POP,
                      .mark = (uint8_t)mark,
                      .id = id,
                      .agg = id,
                      .phase = 1,
                      .seq = 41,
                      .key = {"project", id, "test", ""},
                      .doc = "{\"a\":\"\\u00fc \\\" {},\"}",
                      .state = "state"};
    return r;
}

static struct command *command(const char *id, const char *agg, int mark, const char *data)
{
    struct command *c = arena_alloc(&arena, sizeof(*c));
    *c = (struct command){.id = id,
                          .agg = agg,
                          .agg_kind = AGG_POP,
                          .kind = CMD_CREATE_NETWORK,
                          .mark = (uint8_t)mark,
                          .subject = "net",
                          .due_at = 77,
                          .data = data,
                          .room = "lab"};
    return c;
}

/* How many commands are due that were not sent to this room. */
static void due_is(const struct engine_store *s, const char *held, size_t want)
{
    struct due_query q = {.max = 10, .held = &held, .n_held = held ? 1 : 0};
    struct due *due;
    struct err err = ERR_INIT;
    size_t n = 99;
    if (s->due(s->ctx, &arena, &q, &due, &n, &err) != ERR_OK)
        fail_msg("due: %s", err.msg);
    assert_int_equal(n, want);
}

static void test_what_is_saved_is_loaded(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    struct load l = load(&s, "p1");
    assert_int_equal(l.n_aggs, 1);
    assert_null(l.aggs[0].root);
    struct row *row = pop_row("p1", ROW_NEW);
    struct command *c = command("p1:1.14.1", "p1", ROW_NEW, "x");
    save(&s, &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});

    due_is(&s, NULL, 1);
    due_is(&s, "elsewhere", 1);
    due_is(&s, "lab", 0); /* its answer could not be heard */
    l = load(&s, "p1");
    const struct row *got = l.aggs[0].root;
    assert_string_equal(got->doc, row->doc);
    assert_string_equal(got->state, "state");
    assert_string_equal(got->key[POP_TYPE], "test");
    assert_string_equal(l.aggs[0].commands.at[0]->room, "lab");
    assert_int_equal(got->phase, 1);
    assert_int_equal(got->seq, 41);
    assert_int_equal(l.aggs[0].commands.n, 1);
    assert_int_equal(l.aggs[0].commands.at[0]->kind, CMD_CREATE_NETWORK);
    assert_string_equal(l.aggs[0].commands.at[0]->subject, "net");
    assert_int_equal(l.aggs[0].commands.at[0]->due_at, 77);

    /* A changed command: createNetwork in doubt. It is the same command, with other data. */
    c = command("p1:1.14.1", "p1", ROW_CHANGED, "doubt");
    row = pop_row("p1", ROW_CHANGED);
    row->doc = "changed";
    save(&s, &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    l = load(&s, "p1");
    assert_string_equal(l.aggs[0].root->doc, "changed");
    assert_int_equal(l.aggs[0].commands.n, 1);
    assert_string_equal(l.aggs[0].commands.at[0]->data, "doubt");

    c = command("p1:1.14.1", "p1", ROW_GONE, "");
    row = pop_row("p1", ROW_GONE);
    save(&s, &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    l = load(&s, "p1");
    assert_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 0);
    save(&s, &(struct save){0});
    engine_pg_free(pg);
}

/* What a refused intent leaves behind: a line for people, once, and a deadline that comes again. */
static void test_what_cannot_be_read_is_noted(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct row *row = pop_row("p9", ROW_NEW);
    struct command *c = command("p9:1.14.1", "p9", ROW_NEW, "x");
    (void)state;
    load(&s, "p9");
    save(&s, &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    const struct unreadable twice[] = {{row, "first"}, {row, "again"}};
    const char *id = c->id;
    load(&s, "p9");
    save(&s, &(struct save){
                 .unreadable = twice, .n_unreadable = 2, .postponed = &id, .n_postponed = 1});
    assert_string_equal(
        test_query(ts->db,
                   "SELECT u.kind || ' ' || u.agg || ' ' || message || ' ' || "
                   "(digest = md5(p.doc || p.state)) FROM unreadable u JOIN pop p USING (id)"),
        "pop p9 first true");
    assert_string_equal(
        test_query(ts->db, "SELECT due_at - extract(epoch FROM clock_timestamp()) * 1000000 "
                           "BETWEEN 50000000 AND 60000000 FROM command WHERE agg = 'p9'"),
        "true");
    test_sql(ts->db, "UPDATE unreadable SET found_at = 7");
    load(&s, "p9");
    save(&s, &(struct save){.unreadable = twice, .n_unreadable = 1});
    assert_string_equal(test_query(ts->db, "SELECT found_at FROM unreadable"), "7");
    row->doc = "other";
    load(&s, "p9");
    save(&s, &(struct save){.unreadable = twice, .n_unreadable = 1});
    assert_string_equal(test_query(ts->db, "SELECT found_at > 7 FROM unreadable"), "true");
    engine_pg_free(pg);
}

/* Ids of the facts, in their order. */
static const char *facts_of(const struct engine_store *s, int agg_kind, const char *agg,
                            unsigned facts, const char *key)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct load l = load_for(
        s, (struct intent){
               .agg_kind = (uint8_t)agg_kind, .agg = agg, .facts = facts, .fact_key = key});
    for (uint32_t i = 0; i < l.facts.n; i++)
        sbuf_addf(&out, "%s%s", i ? "," : "", l.facts.at[i]->id);
    const char *text = arena_strdup(&arena, out.s ? out.s : "");
    save(s, &(struct save){0});
    return text;
}

static void add_nsr(const char *id, const char *project, const char *pops)
{
    test_sql(ts->db,
             arena_printf(&arena,
                          "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, "
                          "pops, doc, state) VALUES ('%s', '%s', 'DEPLOYING', 1, '%s', 'n', 'd', "
                          "'%s', '', ''); INSERT INTO vnfr (id, agg, phase, name, endpoint, "
                          "doc, state) VALUES ('%s-v', '%s', 'INSTANTIATING', 'v', 'e', '', '')",
                          id, id, project, pops, id, id));
}

/* amqp-protocol.md 8.2: a VNFR filter takes only that VNFR, else an NSR filter only that NSR. Of
 * many thousand subscriptions nothing is read but what can be told. */
static void test_subscriptions_are_found_by_keys(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    add_nsr("f1", "p", "");
    add_nsr("f2", "q", "");
    test_sql(
        ts->db,
        "INSERT INTO event_endpoint (id, project_id, event, nsr_id, vnfr_id, doc) VALUES "
        "('all', '*', 'START', '', '', '{}'), ('mine', 'p', 'START', NULL, NULL, '{}'), "
        "('mine2', 'p', 'START', NULL, NULL, '{}'), ('theirs', 'q', 'START', '', '', '{}'), "
        "('nsr', 'p', 'START', 'f1', '', '{}'), ('other nsr', 'p', 'START', 'f2', '', '{}'), "
        "('vnfr', 'p', 'START', 'f9', 'f1-v', '{}'), ('error', 'p', 'ERROR', '', '', '{}'), "
        "('any', 'p', '*', '', '', '{}'), ('begin', '*', 'STAR*', 'f1', '', '{}'), "
        "('longer', '*', 'STARTS*', '', '', '{}'), ('their any', 'q', '*', '', '', '{}'); "
        "INSERT INTO event_endpoint (id, project_id, event, nsr_id, doc) SELECT 'x' || n, 'p', "
        "'START', 'none' || n, '{}' FROM generate_series(1, 20000) n");
    assert_string_equal(
        facts_of(&s, AGG_NSR, "f1", FACT_SUBSCRIPTIONS, NULL),
        " * START, * STARTS*, p *, p ERROR, p START,f1 * STAR*,f1 p START,f1-v p START");
    assert_string_equal(
        facts_of(&s, AGG_NSR, "f2", FACT_SUBSCRIPTIONS, NULL),
        " * START, * STARTS*, q *, q START,f2 p START"); /* projects are compared by the decider */

    struct outgoing_event vnfr = {.action = "START",
                                  .project_id = "p",
                                  .nsr_id = "f1",
                                  .vnfr_id = "f1-v",
                                  .body = "1"},
                          nsr = {.action = "START", .project_id = "p", .nsr_id = "f1", .body = "2"},
                          both = {.action = "START",
                                  .project_id = "p",
                                  .nsr_id = "f1",
                                  .vnfr_id = "f1-v",
                                  .is_of_both = true,
                                  .body = "3"};
    struct outgoing_event *events[] = {&vnfr, &nsr, &both};
    load_for(&s, (struct intent){.agg_kind = AGG_NSR, .agg = "f1"});
    save(&s, &(struct save){.events = events, .n_events = 3});
    assert_string_equal(test_query(ts->db,
                                   "SELECT string_agg(endpoint_id || ' ' || body, ',' ORDER "
                                   "BY id) FROM event_out WHERE stream = 'f1'"),
                        "all 1,any 1,mine 1,mine2 1,vnfr 1,all 2,any 2,begin 2,mine 2,mine2 2,nsr "
                        "2,all 3,any 3,begin 3,mine 3,mine2 3,nsr 3,vnfr 3");

    /* Who unsubscribes last takes the interest away; also by an operator's psql. */
    const char *schema = test_schema_name(ts->schema);
    test_sql(ts->db,
             arena_printf(&arena,
                          "SET search_path = pg_catalog; DELETE FROM %s.event_endpoint WHERE "
                          "id IN ('mine', 'all', 'vnfr'); UPDATE %s.event_endpoint SET "
                          "event = 'MODIFY' WHERE id = 'error'; DELETE FROM %s.vnfr WHERE "
                          "id = 'f2-v'; SET search_path = %s",
                          schema, schema, schema, schema));
    assert_string_equal(facts_of(&s, AGG_NSR, "f1", FACT_SUBSCRIPTIONS, NULL),
                        " * STARTS*, p *, p MODIFY, p START,f1 * STAR*,f1 p START");
    engine_pg_free(pg);
}

/* By the account that serves the type, if somebody said it of that one. */
static void test_sdk_of_vnfms(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    add_nsr("k1", "p", "");
    test_sql(ts->db,
             "INSERT INTO vnfm_endpoint (id, kind, type, endpoint, active, enabled, doc, account) "
             "VALUES ('e1', 'RABBIT', 'e', 'e', true, true, '{}', 'java-one'), ('e2', 'RABBIT', "
             "'other', 'o', true, true, '{}', 'go-one'); "
             "INSERT INTO manager_credentials (username, kind, sealed, type, sdk) VALUES "
             "('java-one', 'vnfm', '', 'e', ''), ('go-one', 'vnfm', '', 'other', 'go'), "
             "('second', 'vnfm', '', 'e', 'python')");
    assert_string_equal(facts_of(&s, AGG_NSR, "k1", FACT_VNFMS, NULL), "");
    test_sql(ts->db, "UPDATE manager_credentials SET sdk = 'java' WHERE username = 'java-one'");
    struct load l =
        load_for(&s, (struct intent){.agg_kind = AGG_NSR, .agg = "k1", .facts = FACT_VNFMS});
    assert_int_equal(l.facts.n, 1);
    assert_string_equal(l.facts.at[0]->id, "e");
    assert_string_equal(l.facts.at[0]->key[VNFM_SDK], "java");
    save(&s, &(struct save){0});
    test_sql(ts->db, "DELETE FROM vnfm_endpoint; DELETE FROM manager_credentials");
    engine_pg_free(pg);
}

/* Each trigger, also one that a later step replaces: an operator's psql has no search path. */
static void test_triggers_find_their_tables(void **state)
{
    (void)state;
    assert_string_equal(
        test_query(ts->db,
                   "SELECT coalesce(string_agg(proname, ','), '') FROM pg_proc WHERE pronamespace "
                   "= current_schema()::regnamespace AND prorettype = 'trigger'::regtype AND "
                   "coalesce(array_to_string(proconfig, ','), '') NOT LIKE '%search_path%'"),
        "");
}

static void test_drivers_are_found_by_type(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct row *pop = pop_row("d1", ROW_NEW);
    (void)state;
    pop->key[POP_TYPE] = "cloud";
    load(&s, "d1");
    save(&s, &(struct save){.rows = &pop, .n_rows = 1});
    test_sql(ts->db,
             "INSERT INTO vim_driver (queue, type, active) SELECT 'vim-drivers.' || t || n, "
             "split_part(t, '.', 1), true FROM generate_series(100, 199) n, "
             "(VALUES ('cloud.'), ('other.'), ('cloudy.')) t(t)");
    add_nsr("d-nsr", "p", "d1,d2");
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud.100");
    assert_string_equal(facts_of(&s, AGG_NSR, "d-nsr", FACT_DRIVERS, NULL),
                        "vim-drivers.cloud.100");
    assert_string_equal(facts_of(&s, AGG_POP, "new", FACT_DRIVERS, "other.17"),
                        "vim-drivers.other.170");
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, "cloud.150"),
                        "vim-drivers.cloud.100,vim-drivers.cloud.150");
    test_sql(ts->db, "UPDATE vim_driver SET absent_since = substr(queue, 19)::int8 WHERE "
                     "type = 'cloud' AND queue <> 'vim-drivers.cloud.177'"); /* there */
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud.177");
    test_sql(ts->db, "UPDATE vim_driver SET absent_since = 1 WHERE queue = "
                     "'vim-drivers.cloud.177'"); /* of those that are missed the last seen */
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud.199");
    test_sql(ts->db, "INSERT INTO vim_driver (queue, type, active) VALUES ('vim-drivers.cloud', "
                     "'cloud', true)");
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud");
    assert_string_equal(facts_of(&s, AGG_POP, "nothing", FACT_DRIVERS, NULL), "");
    engine_pg_free(pg);
}

static struct record_line **lines(int from, int n, const char *key)
{
    struct record_line **list = arena_alloc(&arena, (size_t)n * sizeof(struct record_line *));
    for (int i = 0; i < n; i++) {
        list[i] = arena_alloc(&arena, sizeof(*list[i]));
        *list[i] = (struct record_line){.subject = "h-v",
                                        .n = from + i,
                                        .key = key,
                                        .doc = arena_printf(&arena, "{\"event\":%d}", from + i)};
    }
    return list;
}

/* A record's history: a ring beside the document; what a peer says is kept once; REST shows the
 * last 100; it goes with the record. */
static void test_history_is_a_ring(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    struct err err = ERR_INIT;
    (void)state;
    add_nsr("h", "p", "");
    test_sql(ts->db, "UPDATE vnfr SET doc = '{\"id\":\"h-v\"}' WHERE id = 'h-v'");
    for (int at = 0; at < 1200; at += 600) { /* more than the ring in one transaction, too */
        load_for(&s, (struct intent){.agg_kind = AGG_NSR, .agg = "h"});
        save(&s, &(struct save){.lines = lines(at, 600, ""), .n_lines = 600});
    }
    assert_string_equal(test_query(ts->db, "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM "
                                           "record_history WHERE subject = 'h-v'"),
                        "500 700 1199");
    for (int i = 0; i < 2; i++) {
        load_for(&s, (struct intent){.agg_kind = AGG_NSR, .agg = "h"});
        save(&s, &(struct save){.lines = lines(1200 + i, 1, "said"), .n_lines = 1});
    }
    assert_string_equal(
        test_query(ts->db,
                   "SELECT string_agg(n::text, ',' ORDER BY n) FROM record_history WHERE n > "
                   "1197"),
        "1198,1199,1200");
    assert_int_equal(store_vnfr_get(ts->db, "h", "h-v", "p", &shown, &err), ERR_OK);
    assert_non_null(strstr(shown.s, "{\"lifecycle_event_history\":[{\"event\":1101},{"));
    assert_non_null(strstr(shown.s, "{\"event\":1200}],\"id\":\"h-v\"}"));
    test_sql(ts->db, "DELETE FROM vnfr WHERE id = 'h-v'");
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM record_history"), "0");
    engine_pg_free(pg);
}

extern const struct db_migration store_migrations[];
extern const size_t store_migrations_n;

/* What older processes wrote into the documents moves; one that cannot be read keeps its text, and
 * does not keep the others from starting. */
static void test_history_moves_out_of_old_documents(void **state)
{
    struct test_schema *old = test_schema_new("old");
    struct db *db = test_schema_open(old);
    struct err err = ERR_INIT;
    size_t before = 0;
    (void)state;
    while (strcmp(store_migrations[before].name, "record_history") != 0)
        before++;
    if (db_migrate(db, store_migrations, before, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_sql(db,
             "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
             "('a', 'n', 9, 'a', 'e', '{\"id\":\"a\",\"lifecycle_event_history\":[{\"id\":\"1\","
             "\"event\":\"GRANTED\"},{\"id\":\"2\",\"event\":\"START\"}],\"name\":\"a\"}', "
             "'{\"queue\":\"q\"}'), "
             "('b', 'n', 9, 'b', 'e', '{\"lifecycle_event_history\":[],\"name\":\"b\"}', ''), "
             "('c', 'n', 9, 'c', 'e', '{\"lifecycle_event_history\":[{', 'x'), "
             "('d', 'n', 0, 'd', 'e', '', '')");
    if (db_migrate(db, store_migrations, store_migrations_n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(test_query(db, "SELECT string_agg(subject || n || ' ' || (doc::json ->> "
                                       "'event'), ',' ORDER BY n) FROM record_history"),
                        "a0 GRANTED,a1 START");
    assert_string_equal(test_query(db,
                                   "SELECT string_agg(doc || ' ' || state, '; ' ORDER BY id) FROM "
                                   "vnfr"),
                        "{\"id\": \"a\", \"name\": \"a\"} {\"queue\": \"q\", \"historyLines\": 2}; "
                        "{\"name\": \"b\"} {\"historyLines\": 0}; "
                        "{\"lifecycle_event_history\":[{ x;  ");
    db_free(db);
    test_schema_free(old);
}

/* An operation is a member while it is open, and stays when its service goes. Its request is written
 * once, and never loaded. */
static void test_operations(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct row nsr = {.kind = ROW_NSR, .mark = ROW_NEW, .id = "n1", .agg = "n1", .doc = "{}"};
    struct row op = {.kind = ROW_OPERATION,
                     .mark = ROW_NEW,
                     .id = "o1",
                     .agg = "n1",
                     .phase = OPERATION_STATE_PROCESSING,
                     .doc = "{}",
                     .state = "{\"a\":1}"};
    const struct intent in = {.agg_kind = AGG_NSR, .agg = "n1"};
    (void)state;
    nsr.state = "";
    for (int i = 0; i < ROW_KEYS_MAX; i++)
        nsr.key[i] = op.key[i] = "";
    op.key[OPERATION_KIND] = "HEAL";
    op.key[OPERATION_ASKED_AT] = "77";
    struct row *rows[] = {&nsr, &op};
    struct load l = load_for(&s, in);
    save(&s, &(struct save){.rows = rows, .n_rows = 2});
    l = load_for(&s, in);
    assert_int_equal(l.aggs[0].rows.n, 1);
    assert_int_equal(l.aggs[0].rows.at[0]->phase, OPERATION_STATE_PROCESSING);
    assert_string_equal(l.aggs[0].rows.at[0]->key[OPERATION_ASKED_AT], "77");
    assert_string_equal(l.aggs[0].rows.at[0]->key[OPERATION_ENDED_AT], "0");
    assert_string_equal(l.aggs[0].rows.at[0]->state, "");
    op = *l.aggs[0].rows.at[0];
    op.mark = ROW_CHANGED;
    op.phase = OPERATION_STATE_COMPLETED;
    op.key[OPERATION_ENDED_AT] = "78";
    nsr.mark = ROW_CHANGED;
    save(&s, &(struct save){.rows = rows, .n_rows = 2});
    l = load_for(&s, in);
    assert_int_equal(l.aggs[0].rows.n, 0);
    save(&s, &(struct save){.n_rows = 0});
    assert_string_equal(
        test_query(ts->db, "SELECT state || ' ' || is_open || ' ' || ended_at || request FROM "
                           "operation WHERE id = 'o1'"),
        "COMPLETED false 78{\"a\":1}");
    test_sql(ts->db, "DELETE FROM nsr; DELETE FROM operation");
    engine_pg_free(pg);
}

/* Every number that a release before could have written, and its word. */
#define X(name, ...) #name,
static const char *const words_of_nsr[] = {NSR_PHASES(X)};
static const char *const words_of_vnfr[] = {VNFR_PHASES(X)};
static const char *const words_of_instance[] = {INSTANCE_PHASES(X)};
static const char *const words_of_pop[] = {POP_PHASES(X)};
#undef X

static void add_numbers(struct db *db)
{
    for (int n = 0; n < 16; n++) {
        test_sql(db, arena_printf(&arena,
                                  "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) "
                                  "VALUES ('v%02d', 'n00', %d, 'v', 'e', '', '')",
                                  n, n));
        if (n < 5)
            test_sql(db, arena_printf(&arena,
                                      "INSERT INTO nsr (id, agg, phase, seq, project_id, name, "
                                      "nsd_id, pops, doc, state) VALUES ('n%02d', 'n', %d, 1, 'p', "
                                      "'n', 'd', '', '', '')",
                                      n, n < 4 ? n : 100));
        if (n < 6)
            test_sql(db, arena_printf(&arena,
                                      "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, "
                                      "hostname, vc_id, agent, state) VALUES ('i%02d', 'n00', %d, "
                                      "'v', 'p', 'h%d', '', 'generic', '')",
                                      n, n, n));
        if (n < 2)
            test_sql(db, arena_printf(&arena,
                                      "INSERT INTO pop (id, agg, phase, seq, project_id, name, "
                                      "type, doc, state) VALUES ('p%02d', 'p', %d, 1, 'p', 'p%d', "
                                      "'test', '', '')",
                                      n, n, n));
    }
    for (int kind = 1; kind < 22; kind++)
        test_sql(db, arena_printf(&arena,
                                  "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, "
                                  "data) VALUES ('%02d', 'n00', %d, %d, 'v00', 1, '')",
                                  kind, kind % 2, kind));
}

static void check_words(struct db *db, const char *table, const char *column,
                        const char *const *words, size_t n)
{
    AUTO(sbuf_release) struct sbuf wanted = SBUF_INIT;
    for (size_t i = 0; i < n; i++)
        sbuf_addf(&wanted, "%s%s", i ? "," : "", words[i]);
    assert_string_equal(
        test_query(db, arena_printf(&arena, "SELECT string_agg(%s, ',' ORDER BY id) FROM %s",
                                    column, table)),
        wanted.s);
}

/* The store of the release before, with a row in each phase and a command of each kind. */
static void test_numbers_become_words(void **state)
{
    struct test_schema *old = test_schema_new("words");
    struct db *db = test_schema_open(old);
    struct err err = ERR_INIT;
    size_t before = 0;
    (void)state;
    while (strcmp(store_migrations[before].name, "words") != 0)
        before++;
    if (db_migrate(db, store_migrations, before, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    add_numbers(db);
    /* Not beside a process of that release: its clock goes on. */
    test_sql(db, "INSERT INTO heartbeat (process, at, host, pid) VALUES ('x', 9000000000000000, "
                 "'there', 4711)");
    assert_int_not_equal(db_migrate(db, store_migrations, store_migrations_n, &err), ERR_OK);
    assert_non_null(strstr(err.msg, "pid 4711 on there"));
    assert_non_null(strstr(err.msg, "stop every one of them"));
    test_sql(db, "UPDATE heartbeat SET has_stopped = true");
    if (db_migrate(db, store_migrations, store_migrations_n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    check_words(db, "nsr", "phase", words_of_nsr, ARRAY_LEN(words_of_nsr));
    check_words(db, "vnfr", "phase", words_of_vnfr, ARRAY_LEN(words_of_vnfr));
    check_words(db, "instance", "phase", words_of_instance, ARRAY_LEN(words_of_instance));
    check_words(db, "pop", "phase", words_of_pop, ARRAY_LEN(words_of_pop));
    check_words(db, "command", "kind", command_names + 1, CMD_GET_QUOTA);
    assert_string_equal(test_query(db, "SELECT string_agg(DISTINCT agg_kind || id::int % 2, ',') "
                                       "FROM command"),
                        "nsr0,pop1");
    /* The triggers know the words: DELETING ends the login of an agent, once. */
    test_sql(db, "DELETE FROM agent_gone; UPDATE instance SET phase = 'DELETING'");
    assert_string_equal(test_query(db, "SELECT string_agg(hostname, ',' ORDER BY hostname) FROM "
                                       "agent_gone"),
                        "h0,h1,h2,h3");
    assert_string_equal(test_query(db, "SELECT of || ' ' || kind || ' ' || about FROM outstanding "
                                       "WHERE id = '01'"),
                        "n INSTANTIATE v");
    db_free(db);
    test_schema_free(old);
}

/* A newer release has written what this one does not know: nothing is decided, and nothing lost. */
static void test_a_word_that_is_not_known(void **state)
{
    struct engine_pg *e = session();
    struct engine_store s = engine_pg_store(e);
    struct row *row = pop_row("newer", ROW_NEW);
    struct command *c = command("newer:1.14.1", "newer", ROW_NEW, "");
    (void)state;
    load(&s, "newer");
    save(&s, &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    test_sql(ts->db, "UPDATE command SET kind = 'DANCE' WHERE agg = 'newer'");
    struct load l = load(&s, "newer");
    save(&s, &(struct save){0});
    assert_non_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 0);
    assert_string_equal(l.aggs[0].unknown, "kind 'DANCE' of command 'newer:1.14.1' of pop");
    test_sql(ts->db, "UPDATE command SET kind = 'REFRESH' WHERE agg = 'newer'; UPDATE pop SET "
                     "phase = 'DANCING' WHERE id = 'newer'");
    l = load(&s, "newer");
    save(&s, &(struct save){0});
    assert_string_equal(l.aggs[0].unknown, "phase 'DANCING' of pop 'newer'");
    test_sql(ts->db, "DELETE FROM pop WHERE id = 'newer'; DELETE FROM command WHERE agg = 'newer'");
    engine_pg_free(e);
}

static void test_what_another_holds_is_left_out(void **state)
{
    struct engine_pg *a = session(), *b = session();
    struct engine_store sa = engine_pg_store(a), sb = engine_pg_store(b);
    struct row *row = pop_row("p2", ROW_NEW);
    (void)state;
    load(&sa, "p2");
    save(&sa, &(struct save){.rows = &row, .n_rows = 1});
    load(&sa, "p2"); /* a holds it now */
    struct load l = load(&sb, "p2");
    assert_int_equal(l.n_aggs, 0);
    save(&sb, &(struct save){0});
    save(&sa, &(struct save){0});
    l = load(&sb, "p2");
    assert_int_equal(l.n_aggs, 1);
    assert_non_null(l.aggs[0].root);
    save(&sb, &(struct save){0});
    engine_pg_free(a);
    engine_pg_free(b);
}

/* Of an aggregate that another holds nothing is read, but of one that is gone what waits for it. */
static void test_members_come_with_their_lock(void **state)
{
    (void)state;
    struct engine_pg *a = session(), *b = session();
    struct engine_store sa = engine_pg_store(a), sb = engine_pg_store(b);
    struct row *row = pop_row("p2", ROW_CHANGED);
    struct command *of[] = {command("of-p2", "p2", ROW_NEW, ""),
                            command("of-gone", "gone", ROW_NEW, "")};
    load(&sa, "p2");
    save(&sa, &(struct save){.rows = &row, .n_rows = 1, .commands = of, .n_commands = 2});
    struct load l = load(&sa, "p2"); /* a holds it now */
    assert_int_equal(l.aggs[0].commands.n, 1);
    assert_int_equal(load(&sb, "p2").n_aggs, 0);
    save(&sb, &(struct save){0});
    l = load(&sb, "gone");
    assert_int_equal(l.n_aggs, 1);
    assert_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 1);
    of[0]->mark = of[1]->mark = ROW_GONE;
    save(&sb, &(struct save){.commands = of + 1, .n_commands = 1});
    save(&sa, &(struct save){.commands = of, .n_commands = 1});
    engine_pg_free(a);
    engine_pg_free(b);
}

/* A request comes with its command, as the engine saves it. */
static void add_outbox(const struct engine_store *s, const struct send *send)
{
    struct outbox_row *o = arena_alloc(&arena, sizeof(*o));
    struct command *c = send->command ? command(send->command, "p3", ROW_NEW, "") : NULL;
    *o = (struct outbox_row){.stream = "p3", .seq = 5, .send = *send, .until_at = send->until_at};
    load(s, "p3");
    save(s, &(struct save){.outbox = &o, .n_outbox = 1, .commands = &c, .n_commands = c != NULL});
}

static struct outbox_rows unsent(const struct engine_store *s)
{
    struct outbox_rows found = {0};
    struct err err = ERR_INIT;
    if (s->unsent(s->ctx, &arena, 10, &found, &err) != ERR_OK)
        fail_msg("unsent: %s", err.msg);
    return found;
}

static void age(void)
{
    struct db *db = test_schema_open(ts->schema);
    test_sql(db, "UPDATE outbox SET next_at = 0");
    db_free(db);
}

/* Marks in bodies that an older process left behind become references beside them. */
static void test_marks_of_old_bodies_become_references(void **state)
{
    struct test_schema *old = test_schema_new("old");
    struct db *db = test_schema_open(old);
    struct err err = ERR_INIT;
    size_t before = 0;
    (void)state;
    while (strcmp(store_migrations[before].name, "outbox_refs") != 0)
        before++;
    if (db_migrate(db, store_migrations, before, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    test_sql(db,
             "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
             "('a', 1, 0, 9000000000000000, '', E'\xc3\xbc[\x01pop:p-1:7:z:1\x01,\x01pkg:k:3\x01] "
             "\x01"
             "ems:web-1\x01!'), ('b', 1, 0, 9000000000000000, '', 'plain')");
    if (db_migrate(db, store_migrations, store_migrations_n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    struct engine_pg *pg = engine_pg_new(db, &domain, render, NULL);
    struct engine_store s = engine_pg_store(pg);
    struct outbox_rows found = unsent(&s);
    assert_int_equal(found.n, 2);
    bool first = strcmp(found.at[0]->stream, "a") == 0;
    const struct send *marked = &found.at[first ? 0 : 1]->send,
                      *plain = &found.at[first ? 1 : 0]->send;
    static const struct send_ref want[] = {
        {3, 1, "p-1", 7, "z:1"}, {4, 2, "k", 3, ""}, {6, 3, "web-1", 0, ""}};
    assert_string_equal(plain->body, "plain");
    assert_int_equal(plain->refs.n, 0);
    assert_string_equal(marked->body, "\xc3\xbc[,] !");
    assert_int_equal(marked->refs.n, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        const struct send_ref *got = &marked->refs.at[i];
        assert_int_equal(got->at, want[i].at);
        assert_int_equal(got->kind, want[i].kind);
        assert_true(got->version == want[i].version);
        assert_string_equal(got->id, want[i].id);
        assert_string_equal(got->arg, want[i].arg);
    }
    engine_pg_free(pg);
    test_schema_free(old);
}

static void test_outbox(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct send_ref refs[] = {
        {1, 1, "pop-1", 7, "a zone:\t\n9 1 0 5:pop-20:\x01"},
        {4, 255, "", INT64_MIN, "\xc3\xbc"},
    };
    const struct send send = {.room = "lab",
                              .exchange = "x",
                              .key = "some.key",
                              .command = "p3:1.1.1",
                              .body = "<\x01name\x01> \xc3\xbc",
                              .refs = {refs, ARRAY_LEN(refs)},
                              .policy = SEND_NEVER,
                              .reply = SEND_REPLY_PRIVATE,
                              .until_at = INT64_C(9000000000000000)};
    struct err err = ERR_INIT;
    (void)state;
    add_outbox(&s, &send);
    assert_int_equal(unsent(&s).n, 0); /* whoever saved it has its time */
    age();
    struct outbox_rows found = unsent(&s);
    assert_int_equal(found.n, 1);
    assert_int_equal(unsent(&s).n, 0); /* leased */
    struct outbox_row *o = found.at[0];
    assert_string_equal(o->send.room, "lab");
    assert_string_equal(o->send.exchange, "x");
    assert_string_equal(o->send.key, "some.key");
    assert_string_equal(o->send.command, "p3:1.1.1");
    assert_null(o->send.correlation_id);
    assert_string_equal(o->send.body, send.body);
    assert_int_equal(o->send.refs.n, ARRAY_LEN(refs));
    for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
        const struct send_ref *got = &o->send.refs.at[i];
        assert_int_equal(got->at, refs[i].at);
        assert_int_equal(got->kind, refs[i].kind);
        assert_true(got->version == refs[i].version);
        assert_string_equal(got->id, refs[i].id);
        assert_string_equal(got->arg, refs[i].arg);
    }
    assert_int_equal(o->send.policy, SEND_NEVER);
    assert_int_equal(o->send.reply, SEND_REPLY_PRIVATE);
    assert_int_equal(o->until_at, send.until_at);
    assert_true(o->attempts > 0);
    assert_false(o->maybe_sent);
    assert_string_equal(o->sender, "");
    o->sender = "amq.gen-one";
    struct outbox_row slow = *o, *second = &slow;
    assert_int_equal(s.mark_maybe_sent(s.ctx, &o, 1, &err), ERR_OK);
    assert_true(o->maybe_sent);
    assert_int_equal(s.mark_maybe_sent(s.ctx, &second, 1, &err), ERR_OK);
    assert_false(slow.maybe_sent); /* whoever marks it first sends it */
    age();
    found = unsent(&s);
    assert_true(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, "amq.gen-one");
    const struct outbox_row *const rows[] = {o};
    /* Who read it before somebody else sent it anew has no say. */
    struct outbox_row old = *o;
    const struct outbox_row *const olds[] = {&old};
    const struct save stale = {.retry = olds, .n_retry = 1, .gone = olds, .n_gone = 1};
    old.sender = OUTBOX_SENDER_GONE;
    assert_int_equal(s.settle(s.ctx, &stale, &err), ERR_OK);
    age();
    found = unsent(&s);
    assert_true(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, "amq.gen-one");
    assert_int_equal(s.settle(s.ctx, &(struct save){.gone = rows, .n_gone = 1}, &err), ERR_OK);
    assert_int_equal(unsent(&s).n, 0); /* in a second */
    age();
    found = unsent(&s);
    assert_true(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, OUTBOX_SENDER_GONE);
    o->sender = OUTBOX_SENDER_GONE;
    assert_int_equal(s.settle(s.ctx, &(struct save){.retry = rows, .n_retry = 1}, &err), ERR_OK);
    age();
    found = unsent(&s);
    assert_false(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, "");
    assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = rows, .n_confirmed = 1}, &err),
                     ERR_OK);
    age();
    assert_int_equal(unsent(&s).n, 0);

    struct send late = send, answer = {.room = "",
                                       .exchange = "",
                                       .key = "amq.gen-1",
                                       .body = "{}",
                                       .is_answer = true};
    late.until_at = 1; /* its deadline is over: nobody waits any more */
    add_outbox(&s, &late);
    age();
    assert_int_equal(unsent(&s).n, 0);
    add_outbox(&s, &answer); /* until_at 0: an answer does not expire */
    age();
    found = unsent(&s);
    assert_int_equal(found.n, 1);
    assert_true(found.at[0]->send.is_answer);
    engine_pg_free(pg);
}

/* Its sender was killed before it deleted the row, the answer came, the service was released: what
 * is sent again now makes a server that is nobody's. */
static void test_what_nobody_waits_for_is_not_sent_again(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct command *c = command("p3:0.6.7", "p3", ROW_GONE, "");
    const int64_t far = INT64_C(9000000000000000);
    const struct send launch = {.room = "",
                                .exchange = "x",
                                .key = "driver",
                                .command = "p3:0.6.7",
                                .body = "{}",
                                .policy = SEND_BLIND,
                                .until_at = far},
                      answer = {.room = "",
                                .exchange = "",
                                .key = "amq.gen-1",
                                .command = "p3:0.6.7",
                                .body = "{}",
                                .is_answer = true},
                      internal = {.room = "",
                                  .exchange = "",
                                  .key = "nfvo.internal",
                                  .body = "{}",
                                  .is_internal = true,
                                  .until_at = far};
    const struct send *const stay[] = {&answer, &internal};
    (void)state;
    test_sql(ts->db, "DELETE FROM outbox; DELETE FROM command");
    add_outbox(&s, &launch);
    age();
    assert_int_equal(unsent(&s).n, 1); /* it is waited for */
    load(&s, "p3");
    save(&s, &(struct save){.commands = &c, .n_commands = 1});
    age();
    assert_int_equal(unsent(&s).n, 0);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM outbox"), "0");
    for (size_t i = 0; i < ARRAY_LEN(stay); i++) { /* nobody waits for these, but they are to go */
        add_outbox(&s, stay[i]);
        load(&s, "p3");
        save(&s, &(struct save){.commands = &c, .n_commands = 1});
        age();
        assert_int_equal(unsent(&s).n, 1);
        test_sql(ts->db, "DELETE FROM outbox");
    }
    engine_pg_free(pg);
}

/* What is left of it is its queue at the broker: the row goes when that went. */
static void test_who_may_have_left_a_queue_is_given_out_once_it_ended(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    struct command *c = command("p3:0.6.7", "p3", ROW_GONE, "");
    const struct {
        uint8_t policy, reply;
        bool is_marked;
        uint32_t n;
    } cases[] = {{SEND_ASK, SEND_REPLY_SHARED, true, 1},
                 {SEND_NEVER, SEND_REPLY_PRIVATE, true, 1},
                 {SEND_ASK, SEND_REPLY_SHARED, false, 1}, /* killed between prepare and mark */
                 {SEND_BLIND, SEND_REPLY_PRIVATE, false, 1},
                 {SEND_BLIND, SEND_REPLY_SHARED, false, 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct send request = {.room = "room",
                                     .exchange = "x",
                                     .key = "driver",
                                     .command = "p3:0.6.7",
                                     .body = "{}",
                                     .policy = cases[i].policy,
                                     .reply = cases[i].reply,
                                     .until_at = 1}; /* over as well: still the queue is there */
        struct err err = ERR_INIT;
        test_sql(ts->db, "DELETE FROM outbox; DELETE FROM command");
        add_outbox(&s, &request);
        if (cases[i].is_marked)
            test_sql(ts->db, "UPDATE outbox SET maybe_sent = true, sender = 'one'");
        load(&s, "p3");
        save(&s, &(struct save){.commands = &c, .n_commands = 1});
        assert_int_equal(unsent(&s).n, 0); /* whoever sent it may be about to settle it */
        age();
        struct outbox_rows found = unsent(&s);
        assert_int_equal(found.n, cases[i].n);
        assert_string_equal(test_query(ts->db, "SELECT count(*) FROM outbox"),
                            cases[i].n ? "1" : "0");
        if (!cases[i].n)
            continue;
        assert_true(found.at[0]->has_ended);
        assert_string_equal(found.at[0]->send.command, "p3:0.6.7");
        assert_string_equal(found.at[0]->send.room, "room");
        struct outbox_row late = *found.at[0], *lates = &late; /* as read before it ended */
        late.maybe_sent = false;
        assert_int_equal(s.mark_maybe_sent(s.ctx, &lates, 1, &err), ERR_OK);
        assert_false(late.maybe_sent); /* so it is not sent */
        const struct outbox_row *const rows[] = {found.at[0]};
        assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = rows, .n_confirmed = 1}, &err),
                         ERR_OK);
        assert_string_equal(test_query(ts->db, "SELECT count(*) FROM outbox"), "0");
    }
    engine_pg_free(pg);
}

/* Confirmed, and its command still open: it is not sent again, and its row waits for its copy. */
static void test_a_copied_request_stays_until_its_copy_went(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    const struct send request = {.room = "room",
                                 .exchange = "x",
                                 .key = "driver",
                                 .command = "p3:0.6.7",
                                 .body = "{}",
                                 .policy = SEND_ASK,
                                 .until_at = INT64_C(9000000000000000)};
    const struct outbox_row row = {.stream = "p3", .seq = 5, .sender = "one"};
    const struct outbox_row *const rows[] = {&row};
    struct err err = ERR_INIT;
    (void)state;
    test_sql(ts->db, "DELETE FROM outbox; DELETE FROM command");
    add_outbox(&s, &request);
    assert_int_equal(s.settle(s.ctx, &(struct save){.copied = rows, .n_copied = 1}, &err), ERR_OK);
    assert_int_equal(unsent(&s).n, 0);
    age();
    struct outbox_rows found = unsent(&s);
    assert_int_equal(found.n, 1);
    assert_true(found.at[0]->has_ended);
    age();
    test_sql(ts->db, "UPDATE outbox SET until_at = 1");
    assert_int_equal(unsent(&s).n, 1); /* over as well */
    const struct outbox_row *const last[] = {found.at[0]};
    assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = last, .n_confirmed = 1}, &err),
                     ERR_OK);
    assert_string_equal(test_query(ts->db, "SELECT count(*) FROM outbox"), "0");
    engine_pg_free(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_saved_is_loaded),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_what_cannot_be_read_is_noted),
        cmocka_unit_test(test_subscriptions_are_found_by_keys),
        cmocka_unit_test(test_sdk_of_vnfms),
        cmocka_unit_test(test_triggers_find_their_tables),
        cmocka_unit_test(test_drivers_are_found_by_type),
        cmocka_unit_test(test_history_is_a_ring),
        cmocka_unit_test(test_history_moves_out_of_old_documents),
        cmocka_unit_test(test_marks_of_old_bodies_become_references),
        cmocka_unit_test(test_numbers_become_words),
        cmocka_unit_test(test_a_word_that_is_not_known),
        cmocka_unit_test(test_what_another_holds_is_left_out),
        cmocka_unit_test(test_members_come_with_their_lock),
        cmocka_unit_test(test_outbox),
        cmocka_unit_test(test_what_nobody_waits_for_is_not_sent_again),
        cmocka_unit_test(test_a_copied_request_stays_until_its_copy_went),
        cmocka_unit_test(test_who_may_have_left_a_queue_is_given_out_once_it_ended),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
