/* The engine's store on a real PostgreSQL: what is saved is what is loaded, locks, leases, marks.
 */
#include "common/ports/store_pg.h"

#include "common/base/mem.h"
#include "nfvo/lifecycle/domain.h"
#include "nfvo/lifecycle/types.h"
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

static enum err_code render(void *arg, struct db *db, const char *name, char **ret, struct err *err)
{
    (void)arg;
    (void)db;
    (void)ret;
    return err_set(err, ERR_NOT_FOUND, "%s", name);
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

static struct load load(const struct engine_store *s, const char *agg)
{
    struct intent *in = arena_alloc(&arena, sizeof(*in));
    const struct intent **list = arena_alloc(&arena, sizeof(*list));
    struct err err = ERR_INIT;
    *in = (struct intent){.agg_kind = AGG_POP, .agg = agg};
    list[0] = in;
    struct load l = {.intents = list, .n = 1, .arena = &arena};
    if (s->load(s->ctx, &domain, &l, &err) != ERR_OK)
        fail_msg("load: %s", err.msg);
    return l;
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
                          .data = data};
    return c;
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

    l = load(&s, "p1");
    const struct row *got = l.aggs[0].root;
    assert_string_equal(got->doc, row->doc);
    assert_string_equal(got->state, "state");
    assert_string_equal(got->key[POP_TYPE], "test");
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

static void add_outbox(const struct engine_store *s, const struct send *send)
{
    struct outbox_row *o = arena_alloc(&arena, sizeof(*o));
    *o = (struct outbox_row){.stream = "p3", .seq = 5, .send = *send, .until_at = send->until_at};
    load(s, "p3");
    save(s, &(struct save){.outbox = &o, .n_outbox = 1});
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

static void test_outbox(void **state)
{
    struct engine_pg *pg = session();
    struct engine_store s = engine_pg_store(pg);
    const struct send send = {.exchange = "x",
                              .key = "some.key",
                              .command = "p3:1.1.1",
                              .body = "<\x01name\x01> \xc3\xbc",
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
    assert_string_equal(o->send.exchange, "x");
    assert_string_equal(o->send.key, "some.key");
    assert_string_equal(o->send.command, "p3:1.1.1");
    assert_null(o->send.correlation_id);
    assert_string_equal(o->send.body, send.body);
    assert_int_equal(o->send.policy, SEND_NEVER);
    assert_int_equal(o->send.reply, SEND_REPLY_PRIVATE);
    assert_int_equal(o->until_at, send.until_at);
    assert_true(o->attempts > 0);
    assert_false(o->maybe_sent);
    assert_int_equal(s.mark_maybe_sent(s.ctx, &o, 1, &err), ERR_OK);
    age();
    found = unsent(&s);
    assert_true(found.at[0]->maybe_sent);
    const struct outbox_row *const rows[] = {o};
    assert_int_equal(s.settle(s.ctx, &(struct save){.retry = rows, .n_retry = 1}, &err), ERR_OK);
    age();
    found = unsent(&s);
    assert_false(found.at[0]->maybe_sent);
    assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = rows, .n_confirmed = 1}, &err),
                     ERR_OK);
    age();
    assert_int_equal(unsent(&s).n, 0);

    struct send late = send,
                answer = {.exchange = "", .key = "amq.gen-1", .body = "{}", .is_answer = true};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_saved_is_loaded),
        cmocka_unit_test(test_what_another_holds_is_left_out),
        cmocka_unit_test(test_outbox),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}
