/* The engine's store on a real PostgreSQL: what is saved is what is loaded, locks, words.
 * Its outbox: test_store_pg_outbox.c; what older processes wrote: test_store_before.c. */
#include "common/ports/store_pg.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "nfvo/lifecycle/domain.h"
#include "nfvo/lifecycle/operation/states.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/store_record.h"
#include "tests/support/pg_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pg_bed bed;

static int open_bed(void **state)
{
    (void)state;
    pg_bed_open(&bed, "store_pg");
    return 0;
}

static int close_bed(void **state)
{
    (void)state;
    pg_bed_close(&bed);
    return 0;
}

static struct row *pop_row(const char *id, int mark)
{
    struct row *r = arena_alloc(&bed.arena, sizeof(*r));
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

/* How many commands are due that were not sent to this room. */
static void due_is(const struct engine_store *s, const char *held, size_t want)
{
    struct due_query q = {.max = 10, .held = &held, .n_held = held ? 1 : 0};
    struct due *due;
    struct err err = ERR_INIT;
    size_t n = 99;
    if (s->due(s->ctx, &bed.arena, &q, &due, &n, &err) != ERR_OK)
        fail_msg("due: %s", err.msg);
    assert_int_equal(n, want);
}

static void test_what_is_saved_is_loaded(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    struct load l = pg_bed_load(&bed, &s, "p1");
    assert_int_equal(l.n_aggs, 1);
    assert_null(l.aggs[0].root);
    struct row *row = pop_row("p1", ROW_NEW);
    struct command *c = pg_bed_command(&bed, "p1:1.14.1", "p1", ROW_NEW, "x");
    pg_bed_save(&bed, &s,
                &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});

    due_is(&s, NULL, 1);
    due_is(&s, "elsewhere", 1);
    due_is(&s, "lab", 0); /* its answer could not be heard */
    l = pg_bed_load(&bed, &s, "p1");
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
    c = pg_bed_command(&bed, "p1:1.14.1", "p1", ROW_CHANGED, "doubt");
    row = pop_row("p1", ROW_CHANGED);
    row->doc = "changed";
    pg_bed_save(&bed, &s,
                &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    l = pg_bed_load(&bed, &s, "p1");
    assert_string_equal(l.aggs[0].root->doc, "changed");
    assert_int_equal(l.aggs[0].commands.n, 1);
    assert_string_equal(l.aggs[0].commands.at[0]->data, "doubt");

    c = pg_bed_command(&bed, "p1:1.14.1", "p1", ROW_GONE, "");
    row = pop_row("p1", ROW_GONE);
    pg_bed_save(&bed, &s,
                &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    l = pg_bed_load(&bed, &s, "p1");
    assert_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 0);
    pg_bed_save(&bed, &s, &(struct save){0});
    engine_pg_free(pg);
}

/* What a refused intent leaves behind: a line for people, once, and a deadline that comes again. */
static void test_what_cannot_be_read_is_noted(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    struct row *row = pop_row("p9", ROW_NEW);
    struct command *c = pg_bed_command(&bed, "p9:1.14.1", "p9", ROW_NEW, "x");
    (void)state;
    pg_bed_load(&bed, &s, "p9");
    pg_bed_save(&bed, &s,
                &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    const struct unreadable twice[] = {{row, "first"}, {row, "again"}};
    const char *id = c->id;
    pg_bed_load(&bed, &s, "p9");
    pg_bed_save(
        &bed, &s,
        &(struct save){.unreadable = twice, .n_unreadable = 2, .postponed = &id, .n_postponed = 1});
    assert_string_equal(
        test_query(bed.ts->db,
                   "SELECT u.kind || ' ' || u.agg || ' ' || message || ' ' || "
                   "(digest = md5(p.doc || p.state)) FROM unreadable u JOIN pop p USING (id)"),
        "pop p9 first true");
    assert_string_equal(
        test_query(bed.ts->db, "SELECT due_at - extract(epoch FROM clock_timestamp()) * 1000000 "
                               "BETWEEN 50000000 AND 60000000 FROM command WHERE agg = 'p9'"),
        "true");
    test_sql(bed.ts->db, "UPDATE unreadable SET found_at = 7");
    pg_bed_load(&bed, &s, "p9");
    pg_bed_save(&bed, &s, &(struct save){.unreadable = twice, .n_unreadable = 1});
    assert_string_equal(test_query(bed.ts->db, "SELECT found_at FROM unreadable"), "7");
    row->doc = "other";
    pg_bed_load(&bed, &s, "p9");
    pg_bed_save(&bed, &s, &(struct save){.unreadable = twice, .n_unreadable = 1});
    assert_string_equal(test_query(bed.ts->db, "SELECT found_at > 7 FROM unreadable"), "true");
    engine_pg_free(pg);
}

/* Ids of the facts, in their order. */
static const char *facts_of(const struct engine_store *s, int agg_kind, const char *agg,
                            unsigned facts, const char *key)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct load l = pg_bed_load_for(
        &bed, s,
        (struct intent){
            .agg_kind = (uint8_t)agg_kind, .agg = agg, .facts = facts, .fact_key = key});
    for (uint32_t i = 0; i < l.facts.n; i++)
        sbuf_addf(&out, "%s%s", i ? "," : "", l.facts.at[i]->id);
    const char *text = arena_strdup(&bed.arena, out.s ? out.s : "");
    pg_bed_save(&bed, s, &(struct save){0});
    return text;
}

static void add_nsr(const char *id, const char *project, const char *pops)
{
    test_sql(bed.ts->db,
             arena_printf(&bed.arena,
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
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    add_nsr("f1", "p", "");
    add_nsr("f2", "q", "");
    test_sql(
        bed.ts->db,
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
    pg_bed_load_for(&bed, &s, (struct intent){.agg_kind = AGG_NSR, .agg = "f1"});
    pg_bed_save(&bed, &s, &(struct save){.events = events, .n_events = 3});
    assert_string_equal(test_query(bed.ts->db,
                                   "SELECT string_agg(endpoint_id || ' ' || body, ',' ORDER "
                                   "BY id) FROM event_out WHERE stream = 'f1'"),
                        "all 1,any 1,mine 1,mine2 1,vnfr 1,all 2,any 2,begin 2,mine 2,mine2 2,nsr "
                        "2,all 3,any 3,begin 3,mine 3,mine2 3,nsr 3,vnfr 3");

    /* Who unsubscribes last takes the interest away; also by an operator's psql. */
    const char *schema = test_schema_name(bed.ts->schema);
    test_sql(bed.ts->db,
             arena_printf(&bed.arena,
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
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    (void)state;
    add_nsr("k1", "p", "");
    test_sql(bed.ts->db,
             "INSERT INTO vnfm_endpoint (id, kind, type, endpoint, active, enabled, doc, account) "
             "VALUES ('e1', 'RABBIT', 'e', 'e', true, true, '{}', 'java-one'), ('e2', 'RABBIT', "
             "'other', 'o', true, true, '{}', 'go-one'); "
             "INSERT INTO manager_credentials (username, kind, sealed, type, sdk) VALUES "
             "('java-one', 'vnfm', '', 'e', ''), ('go-one', 'vnfm', '', 'other', 'go'), "
             "('second', 'vnfm', '', 'e', 'python')");
    assert_string_equal(facts_of(&s, AGG_NSR, "k1", FACT_VNFMS, NULL), "");
    test_sql(bed.ts->db, "UPDATE manager_credentials SET sdk = 'java' WHERE username = 'java-one'");
    struct load l = pg_bed_load_for(
        &bed, &s, (struct intent){.agg_kind = AGG_NSR, .agg = "k1", .facts = FACT_VNFMS});
    assert_int_equal(l.facts.n, 1);
    assert_string_equal(l.facts.at[0]->id, "e");
    assert_string_equal(l.facts.at[0]->key[VNFM_SDK], "java");
    pg_bed_save(&bed, &s, &(struct save){0});
    test_sql(bed.ts->db, "DELETE FROM vnfm_endpoint; DELETE FROM manager_credentials");
    engine_pg_free(pg);
}

/* Each trigger, also one that a later step replaces: an operator's psql has no search path. */
static void test_triggers_find_their_tables(void **state)
{
    (void)state;
    assert_string_equal(
        test_query(bed.ts->db,
                   "SELECT coalesce(string_agg(proname, ','), '') FROM pg_proc WHERE pronamespace "
                   "= current_schema()::regnamespace AND prorettype = 'trigger'::regtype AND "
                   "coalesce(array_to_string(proconfig, ','), '') NOT LIKE '%search_path%'"),
        "");
}

static void test_drivers_are_found_by_type(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    struct row *pop = pop_row("d1", ROW_NEW);
    (void)state;
    pop->key[POP_TYPE] = "cloud";
    pg_bed_load(&bed, &s, "d1");
    pg_bed_save(&bed, &s, &(struct save){.rows = &pop, .n_rows = 1});
    test_sql(bed.ts->db,
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
    test_sql(bed.ts->db, "UPDATE vim_driver SET absent_since = substr(queue, 19)::int8 WHERE "
                         "type = 'cloud' AND queue <> 'vim-drivers.cloud.177'"); /* there */
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud.177");
    test_sql(bed.ts->db, "UPDATE vim_driver SET absent_since = 1 WHERE queue = "
                         "'vim-drivers.cloud.177'"); /* of those that are missed the last seen */
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud.199");
    test_sql(bed.ts->db,
             "INSERT INTO vim_driver (queue, type, active) VALUES ('vim-drivers.cloud', "
             "'cloud', true)");
    assert_string_equal(facts_of(&s, AGG_POP, "d1", FACT_DRIVERS, NULL), "vim-drivers.cloud");
    assert_string_equal(facts_of(&s, AGG_POP, "nothing", FACT_DRIVERS, NULL), "");
    engine_pg_free(pg);
}

static struct record_line **lines(int from, int n, const char *key)
{
    struct record_line **list = arena_alloc(&bed.arena, (size_t)n * sizeof(struct record_line *));
    for (int i = 0; i < n; i++) {
        list[i] = arena_alloc(&bed.arena, sizeof(*list[i]));
        *list[i] =
            (struct record_line){.subject = "h-v",
                                 .n = from + i,
                                 .key = key,
                                 .doc = arena_printf(&bed.arena, "{\"event\":%d}", from + i)};
    }
    return list;
}

/* A record's history: a ring beside the document; what a peer says is kept once; REST shows the
 * last 100; it goes with the record. */
static void test_history_is_a_ring(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    struct err err = ERR_INIT;
    (void)state;
    add_nsr("h", "p", "");
    test_sql(bed.ts->db, "UPDATE vnfr SET doc = '{\"id\":\"h-v\"}' WHERE id = 'h-v'");
    for (int at = 0; at < 1200; at += 600) { /* more than the ring in one transaction, too */
        pg_bed_load_for(&bed, &s, (struct intent){.agg_kind = AGG_NSR, .agg = "h"});
        pg_bed_save(&bed, &s, &(struct save){.lines = lines(at, 600, ""), .n_lines = 600});
    }
    assert_string_equal(test_query(bed.ts->db,
                                   "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM "
                                   "record_history WHERE subject = 'h-v'"),
                        "500 700 1199");
    for (int i = 0; i < 2; i++) {
        pg_bed_load_for(&bed, &s, (struct intent){.agg_kind = AGG_NSR, .agg = "h"});
        pg_bed_save(&bed, &s, &(struct save){.lines = lines(1200 + i, 1, "said"), .n_lines = 1});
    }
    assert_string_equal(
        test_query(bed.ts->db,
                   "SELECT string_agg(n::text, ',' ORDER BY n) FROM record_history WHERE n > "
                   "1197"),
        "1198,1199,1200");
    assert_int_equal(store_vnfr_get(bed.ts->db, "h", "h-v", "p", &shown, &err), ERR_OK);
    assert_non_null(strstr(shown.s, "{\"lifecycle_event_history\":[{\"event\":1101},{"));
    assert_non_null(strstr(shown.s, "{\"event\":1200}],\"id\":\"h-v\"}"));
    test_sql(bed.ts->db, "DELETE FROM vnfr WHERE id = 'h-v'");
    assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM record_history"), "0");
    engine_pg_free(pg);
}

/* An operation is a member while it is open, and stays when its service goes. Its request is written
 * once, and never loaded. */
static void test_operations(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
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
    struct load l = pg_bed_load_for(&bed, &s, in);
    pg_bed_save(&bed, &s, &(struct save){.rows = rows, .n_rows = 2});
    l = pg_bed_load_for(&bed, &s, in);
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
    pg_bed_save(&bed, &s, &(struct save){.rows = rows, .n_rows = 2});
    l = pg_bed_load_for(&bed, &s, in);
    assert_int_equal(l.aggs[0].rows.n, 0);
    pg_bed_save(&bed, &s, &(struct save){.n_rows = 0});
    assert_string_equal(
        test_query(bed.ts->db, "SELECT state || ' ' || is_open || ' ' || ended_at || request FROM "
                               "operation WHERE id = 'o1'"),
        "COMPLETED false 78{\"a\":1}");
    test_sql(bed.ts->db, "DELETE FROM nsr; DELETE FROM operation");
    engine_pg_free(pg);
}

/* A newer release has written what this one does not know: nothing is decided, and nothing lost. */
static void test_a_word_that_is_not_known(void **state)
{
    struct engine_pg *e = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(e);
    struct row *row = pop_row("newer", ROW_NEW);
    struct command *c = pg_bed_command(&bed, "newer:1.14.1", "newer", ROW_NEW, "");
    (void)state;
    pg_bed_load(&bed, &s, "newer");
    pg_bed_save(&bed, &s,
                &(struct save){.rows = &row, .n_rows = 1, .commands = &c, .n_commands = 1});
    test_sql(bed.ts->db, "UPDATE command SET kind = 'DANCE' WHERE agg = 'newer'");
    struct load l = pg_bed_load(&bed, &s, "newer");
    pg_bed_save(&bed, &s, &(struct save){0});
    assert_non_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 0);
    assert_string_equal(l.aggs[0].unknown, "kind 'DANCE' of command 'newer:1.14.1' of pop");
    test_sql(bed.ts->db, "UPDATE command SET kind = 'REFRESH' WHERE agg = 'newer'; UPDATE pop SET "
                         "phase = 'DANCING' WHERE id = 'newer'");
    l = pg_bed_load(&bed, &s, "newer");
    pg_bed_save(&bed, &s, &(struct save){0});
    assert_string_equal(l.aggs[0].unknown, "phase 'DANCING' of pop 'newer'");
    test_sql(bed.ts->db,
             "DELETE FROM pop WHERE id = 'newer'; DELETE FROM command WHERE agg = 'newer'");
    engine_pg_free(e);
}

static void test_what_another_holds_is_left_out(void **state)
{
    struct engine_pg *a = pg_bed_session(&bed), *b = pg_bed_session(&bed);
    struct engine_store sa = engine_pg_store(a), sb = engine_pg_store(b);
    struct row *row = pop_row("p2", ROW_NEW);
    (void)state;
    pg_bed_load(&bed, &sa, "p2");
    pg_bed_save(&bed, &sa, &(struct save){.rows = &row, .n_rows = 1});
    pg_bed_load(&bed, &sa, "p2"); /* a holds it now */
    struct load l = pg_bed_load(&bed, &sb, "p2");
    assert_int_equal(l.n_aggs, 0);
    pg_bed_save(&bed, &sb, &(struct save){0});
    pg_bed_save(&bed, &sa, &(struct save){0});
    l = pg_bed_load(&bed, &sb, "p2");
    assert_int_equal(l.n_aggs, 1);
    assert_non_null(l.aggs[0].root);
    pg_bed_save(&bed, &sb, &(struct save){0});
    engine_pg_free(a);
    engine_pg_free(b);
}

/* Of an aggregate that another holds nothing is read, but of one that is gone what waits for it. */
static void test_members_come_with_their_lock(void **state)
{
    (void)state;
    struct engine_pg *a = pg_bed_session(&bed), *b = pg_bed_session(&bed);
    struct engine_store sa = engine_pg_store(a), sb = engine_pg_store(b);
    struct row *row = pop_row("p2", ROW_CHANGED);
    struct command *of[] = {pg_bed_command(&bed, "of-p2", "p2", ROW_NEW, ""),
                            pg_bed_command(&bed, "of-gone", "gone", ROW_NEW, "")};
    pg_bed_load(&bed, &sa, "p2");
    pg_bed_save(&bed, &sa,
                &(struct save){.rows = &row, .n_rows = 1, .commands = of, .n_commands = 2});
    struct load l = pg_bed_load(&bed, &sa, "p2"); /* a holds it now */
    assert_int_equal(l.aggs[0].commands.n, 1);
    assert_int_equal(pg_bed_load(&bed, &sb, "p2").n_aggs, 0);
    pg_bed_save(&bed, &sb, &(struct save){0});
    l = pg_bed_load(&bed, &sb, "gone");
    assert_int_equal(l.n_aggs, 1);
    assert_null(l.aggs[0].root);
    assert_int_equal(l.aggs[0].commands.n, 1);
    of[0]->mark = of[1]->mark = ROW_GONE;
    pg_bed_save(&bed, &sb, &(struct save){.commands = of + 1, .n_commands = 1});
    pg_bed_save(&bed, &sa, &(struct save){.commands = of, .n_commands = 1});
    engine_pg_free(a);
    engine_pg_free(b);
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
        cmocka_unit_test(test_a_word_that_is_not_known),
        cmocka_unit_test(test_what_another_holds_is_left_out),
        cmocka_unit_test(test_members_come_with_their_lock),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
