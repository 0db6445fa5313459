/* The store of a release before, with what its processes wrote into it: what becomes of that when this
 * one starts. */
#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "tests/support/pg_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

extern const struct db_migration store_migrations[];
extern const size_t store_migrations_n;

static struct pg_bed bed;

static int open_bed(void **state)
{
    (void)state;
    pg_bed_open(&bed, "store_before");
    return 0;
}

static int close_bed(void **state)
{
    (void)state;
    pg_bed_close(&bed);
    return 0;
}

static void migrate(struct db *db, size_t n)
{
    struct err err = ERR_INIT;
    if (db_migrate(db, store_migrations, n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* Up to this step, without it. */
static void migrate_until(struct db *db, const char *name)
{
    size_t before = 0;
    while (strcmp(store_migrations[before].name, name) != 0)
        before++;
    migrate(db, before);
}

/* What older processes wrote into the documents moves; one that cannot be read keeps its text, and
 * does not keep the others from starting. */
static void test_history_moves_out_of_old_documents(void **state)
{
    struct test_schema *old = test_schema_new("old");
    struct db *db = test_schema_open(old);
    (void)state;
    migrate_until(db, "record_history");
    test_sql(db,
             "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
             "('a', 'n', 9, 'a', 'e', '{\"id\":\"a\",\"lifecycle_event_history\":[{\"id\":\"1\","
             "\"event\":\"GRANTED\"},{\"id\":\"2\",\"event\":\"START\"}],\"name\":\"a\"}', "
             "'{\"queue\":\"q\"}'), "
             "('b', 'n', 9, 'b', 'e', '{\"lifecycle_event_history\":[],\"name\":\"b\"}', ''), "
             "('c', 'n', 9, 'c', 'e', '{\"lifecycle_event_history\":[{', 'x'), "
             "('d', 'n', 0, 'd', 'e', '', '')");
    migrate(db, store_migrations_n);
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

/* Marks in bodies that an older process left behind become references beside them. */
static void test_marks_of_old_bodies_become_references(void **state)
{
    struct test_schema *old = test_schema_new("old");
    struct db *db = test_schema_open(old);
    (void)state;
    migrate_until(db, "outbox_refs");
    test_sql(db,
             "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
             "('a', 1, 0, 9000000000000000, '', E'\xc3\xbc[\x01pop:p-1:7:z:1\x01,\x01pkg:k:3\x01] "
             "\x01"
             "ems:web-1\x01!'), ('b', 1, 0, 9000000000000000, '', 'plain')");
    migrate(db, store_migrations_n);
    struct engine_pg *pg = engine_pg_new(db, &bed.domain, pg_bed_render, NULL);
    struct engine_store s = engine_pg_store(pg);
    struct outbox_rows found = pg_bed_unsent(&bed, &s);
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
        test_sql(db, arena_printf(&bed.arena,
                                  "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) "
                                  "VALUES ('v%02d', 'n00', %d, 'v', 'e', '', '')",
                                  n, n));
        if (n < 5)
            test_sql(db, arena_printf(&bed.arena,
                                      "INSERT INTO nsr (id, agg, phase, seq, project_id, name, "
                                      "nsd_id, pops, doc, state) VALUES ('n%02d', 'n', %d, 1, 'p', "
                                      "'n', 'd', '', '', '')",
                                      n, n < 4 ? n : 100));
        if (n < 6)
            test_sql(db, arena_printf(&bed.arena,
                                      "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, "
                                      "hostname, vc_id, agent, state) VALUES ('i%02d', 'n00', %d, "
                                      "'v', 'p', 'h%d', '', 'generic', '')",
                                      n, n, n));
        if (n < 2)
            test_sql(db, arena_printf(&bed.arena,
                                      "INSERT INTO pop (id, agg, phase, seq, project_id, name, "
                                      "type, doc, state) VALUES ('p%02d', 'p', %d, 1, 'p', 'p%d', "
                                      "'test', '', '')",
                                      n, n, n));
    }
    for (int kind = 1; kind < 22; kind++)
        test_sql(db, arena_printf(&bed.arena,
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
        test_query(db, arena_printf(&bed.arena, "SELECT string_agg(%s, ',' ORDER BY id) FROM %s",
                                    column, table)),
        wanted.s);
}

/* The store of the release before, with a row in each phase and a command of each kind. */
static void test_numbers_become_words(void **state)
{
    struct test_schema *old = test_schema_new("words");
    struct db *db = test_schema_open(old);
    struct err err = ERR_INIT;
    (void)state;
    migrate_until(db, "words");
    add_numbers(db);
    /* Not beside a process of that release: its clock goes on. */
    test_sql(db, "INSERT INTO heartbeat (process, at, host, pid) VALUES ('x', 9000000000000000, "
                 "'there', 4711)");
    assert_int_not_equal(db_migrate(db, store_migrations, store_migrations_n, &err), ERR_OK);
    assert_non_null(strstr(err.msg, "pid 4711 on there"));
    assert_non_null(strstr(err.msg, "stop every one of them"));
    test_sql(db, "UPDATE heartbeat SET has_stopped = true");
    migrate(db, store_migrations_n);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_moves_out_of_old_documents),
        cmocka_unit_test(test_marks_of_old_bodies_become_references),
        cmocka_unit_test(test_numbers_become_words),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
