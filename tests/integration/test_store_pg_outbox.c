/* The engine's outbox on a real PostgreSQL: leases, marks, what is sent again, what has ended. */
#include "common/ports/store_pg.h"

#include "tests/support/pg_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct pg_bed bed;

static int open_bed(void **state)
{
    (void)state;
    pg_bed_open(&bed, "store_pg_outbox");
    return 0;
}

static int close_bed(void **state)
{
    (void)state;
    pg_bed_close(&bed);
    return 0;
}

/* A request comes with its command, as the engine saves it. */
static void add_outbox(const struct engine_store *s, const struct send *send)
{
    struct outbox_row *o = arena_alloc(&bed.arena, sizeof(*o));
    struct command *c =
        send->command ? pg_bed_command(&bed, send->command, "p3", ROW_NEW, "") : NULL;
    *o = (struct outbox_row){.stream = "p3", .seq = 5, .send = *send, .until_at = send->until_at};
    pg_bed_load(&bed, s, "p3");
    pg_bed_save(
        &bed, s,
        &(struct save){.outbox = &o, .n_outbox = 1, .commands = &c, .n_commands = c != NULL});
}

static void age(void)
{
    struct db *db = test_schema_open(bed.ts->schema);
    test_sql(db, "UPDATE outbox SET next_at = 0");
    db_free(db);
}

static void test_outbox(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
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
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0); /* whoever saved it has its time */
    age();
    struct outbox_rows found = pg_bed_unsent(&bed, &s);
    assert_int_equal(found.n, 1);
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0); /* leased */
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
    found = pg_bed_unsent(&bed, &s);
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
    found = pg_bed_unsent(&bed, &s);
    assert_true(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, "amq.gen-one");
    assert_int_equal(s.settle(s.ctx, &(struct save){.gone = rows, .n_gone = 1}, &err), ERR_OK);
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0); /* in a second */
    age();
    found = pg_bed_unsent(&bed, &s);
    assert_true(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, OUTBOX_SENDER_GONE);
    o->sender = OUTBOX_SENDER_GONE;
    assert_int_equal(s.settle(s.ctx, &(struct save){.retry = rows, .n_retry = 1}, &err), ERR_OK);
    age();
    found = pg_bed_unsent(&bed, &s);
    assert_false(found.at[0]->maybe_sent);
    assert_string_equal(found.at[0]->sender, "");
    assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = rows, .n_confirmed = 1}, &err),
                     ERR_OK);
    age();
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0);

    struct send late = send, answer = {.room = "",
                                       .exchange = "",
                                       .key = "amq.gen-1",
                                       .body = "{}",
                                       .is_answer = true};
    late.until_at = 1; /* its deadline is over: nobody waits any more */
    add_outbox(&s, &late);
    age();
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0);
    add_outbox(&s, &answer); /* until_at 0: an answer does not expire */
    age();
    found = pg_bed_unsent(&bed, &s);
    assert_int_equal(found.n, 1);
    assert_true(found.at[0]->send.is_answer);
    engine_pg_free(pg);
}

/* Its sender was killed before it deleted the row, the answer came, the service was released: what
 * is sent again now makes a server that is nobody's. */
static void test_what_nobody_waits_for_is_not_sent_again(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    struct command *c = pg_bed_command(&bed, "p3:0.6.7", "p3", ROW_GONE, "");
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
    test_sql(bed.ts->db, "DELETE FROM outbox; DELETE FROM command");
    add_outbox(&s, &launch);
    age();
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 1); /* it is waited for */
    pg_bed_load(&bed, &s, "p3");
    pg_bed_save(&bed, &s, &(struct save){.commands = &c, .n_commands = 1});
    age();
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0);
    assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM outbox"), "0");
    for (size_t i = 0; i < ARRAY_LEN(stay); i++) { /* nobody waits for these, but they are to go */
        add_outbox(&s, stay[i]);
        pg_bed_load(&bed, &s, "p3");
        pg_bed_save(&bed, &s, &(struct save){.commands = &c, .n_commands = 1});
        age();
        assert_int_equal(pg_bed_unsent(&bed, &s).n, 1);
        test_sql(bed.ts->db, "DELETE FROM outbox");
    }
    engine_pg_free(pg);
}

/* What is left of it is its queue at the broker: the row goes when that went. */
static void test_who_may_have_left_a_queue_is_given_out_once_it_ended(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
    struct engine_store s = engine_pg_store(pg);
    struct command *c = pg_bed_command(&bed, "p3:0.6.7", "p3", ROW_GONE, "");
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
        test_sql(bed.ts->db, "DELETE FROM outbox; DELETE FROM command");
        add_outbox(&s, &request);
        if (cases[i].is_marked)
            test_sql(bed.ts->db, "UPDATE outbox SET maybe_sent = true, sender = 'one'");
        pg_bed_load(&bed, &s, "p3");
        pg_bed_save(&bed, &s, &(struct save){.commands = &c, .n_commands = 1});
        assert_int_equal(pg_bed_unsent(&bed, &s).n,
                         0); /* whoever sent it may be about to settle it */
        age();
        struct outbox_rows found = pg_bed_unsent(&bed, &s);
        assert_int_equal(found.n, cases[i].n);
        assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM outbox"),
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
        assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM outbox"), "0");
    }
    engine_pg_free(pg);
}

/* Confirmed, and its command still open: it is not sent again, and its row waits for its copy. */
static void test_a_copied_request_stays_until_its_copy_went(void **state)
{
    struct engine_pg *pg = pg_bed_session(&bed);
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
    test_sql(bed.ts->db, "DELETE FROM outbox; DELETE FROM command");
    add_outbox(&s, &request);
    assert_int_equal(s.settle(s.ctx, &(struct save){.copied = rows, .n_copied = 1}, &err), ERR_OK);
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 0);
    age();
    struct outbox_rows found = pg_bed_unsent(&bed, &s);
    assert_int_equal(found.n, 1);
    assert_true(found.at[0]->has_ended);
    age();
    test_sql(bed.ts->db, "UPDATE outbox SET until_at = 1");
    assert_int_equal(pg_bed_unsent(&bed, &s).n, 1); /* over as well */
    const struct outbox_row *const last[] = {found.at[0]};
    assert_int_equal(s.settle(s.ctx, &(struct save){.confirmed = last, .n_confirmed = 1}, &err),
                     ERR_OK);
    assert_string_equal(test_query(bed.ts->db, "SELECT count(*) FROM outbox"), "0");
    engine_pg_free(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outbox),
        cmocka_unit_test(test_what_nobody_waits_for_is_not_sent_again),
        cmocka_unit_test(test_a_copied_request_stays_until_its_copy_went),
        cmocka_unit_test(test_who_may_have_left_a_queue_is_given_out_once_it_ended),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
