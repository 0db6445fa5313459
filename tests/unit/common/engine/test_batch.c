/* Taking, deciding, saving: what is acknowledged when, and what is never lost. */
#include "tests/support/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rig *r;

static int open_rig(void **state)
{
    (void)state;
    r = rig_new();
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_free(r);
    return 0;
}

static void story(const char *want)
{
    assert_string_equal(rig_story(r), want);
}

static void test_one_transaction_for_what_is_waiting(void **state)
{
    (void)state;
    rig_deliver(r, "a 1");
    rig_deliver(r, "b 1");
    rig_deliver(r, "a 2");
    rig_run(r);
    story("a:1 a:2 b:1 ack:a 1 ack:b 1 ack:a 2");
    assert_int_equal(r->saves, 1);
    assert_int_equal(rig_count(r, "a"), 2);
}

static void test_more_than_a_batch(void **state)
{
    static char body[3 * ENGINE_BATCH_MAX][16];
    (void)state;
    for (int i = 0; i < 3 * ENGINE_BATCH_MAX; i++) {
        body[i][0] = 'a';
        body[i][1] = ' ';
        body[i][2] = '1';
        rig_deliver(r, body[i]);
    }
    rig_run(r);
    assert_int_equal(r->saves, 3);
    assert_int_equal(rig_count(r, "a"), 3 * ENGINE_BATCH_MAX);
}

/* Large messages make small batches: memory is bounded. */
static void test_a_batch_of_large_messages(void **state)
{
    enum { N = 7 };
    const size_t size = ENGINE_BATCH_BYTES * 2 / 5;
    char *body = malloc(size + 1);
    (void)state;
    assert_non_null(body);
    memset(body, 'x', size);
    memcpy(body, "a ", 2);
    body[size] = '\0';
    for (int i = 0; i < N; i++)
        rig_deliver(r, body);
    rig_run(r);
    assert_int_equal(r->saves, 3); /* 3, 3, 1 */
    assert_int_equal(rig_count(r, "a"), N);
    free(body);
}

static void test_a_batch_that_fails_is_tried_one_by_one(void **state)
{
    (void)state;
    rig_deliver(r, "a 1");
    rig_deliver(r, "! poison");
    rig_deliver(r, "b 1");
    for (int i = 0; i < 3; i++)
        rig_run(r);
    /* a and b live on; the poison is tried alone three times, then given up with its reason. */
    story("a:1 !:poison b:1 a:1 ack:a 1 !:poison b:1 ack:b 1 !:poison !:poison "
          "ERR_INVALID:! poison");
    assert_int_equal(rig_count(r, "a"), 1);
    assert_int_equal(rig_count(r, "b"), 1);
    assert_int_equal(rig_count(r, "!"), 0);
}

#define GARBLED(agg) "the stored document of agg '" agg "' cannot be read: garbled"

/* What does not need the document goes on; what does is refused alone, answered, and told. */
static void test_an_unreadable_document_refuses_what_needs_it(void **state)
{
    (void)state;
    rig_deliver(r, "a 1");
    rig_deliver(r, "a unreadable");
    rig_deliver(r, "b 1");
    rig_deliver(r, "a 2");
    rig_run(r);
    story("a:1 a:unreadable b:1 ack:b 1 a:1 ack:a 1 a:unreadable unreadable:" GARBLED(
        "a") " ERR_INTERNAL:a unreadable a:2 ack:a 2");
    assert_int_equal(rig_count(r, "a"), 2);
    assert_string_equal(rig_out(r, "asker")->body, "{}");
    assert_string_equal(rig_out(r, "asker")->stream, "orphan-0");
    assert_int_equal(engine_worker_stats(r->worker)->unreadable, 1);
}

static void test_an_unreadable_document_refuses_a_user(void **state)
{
    (void)state;
    rig_request(r, "?");
    rig_run(r);
    story("?:user unreadable:" GARBLED("?") " ERR_INTERNAL");
    assert_int_equal(rig_count(r, "?"), 0);
}

/* Its deadline comes again: by then somebody may have repaired the document. */
static void test_an_unreadable_document_postpones_a_deadline(void **state)
{
    (void)state;
    r->now += 5 * USEC_PER_SEC;
    r->due = "?:0.1.9";
    rig_run(r);
    assert_non_null(strstr(rig_story(r), "?:due unreadable:" GARBLED("?") " postponed:?:0.1.9"));
}

/* What may have left already stays in the outbox: it is asked about again. */
static void test_an_unreadable_document_keeps_what_is_in_doubt(void **state)
{
    (void)state;
    rig_deliver(r, "a ask");
    rig_run(r);
    struct rig_row *row = rig_out(r, "ask");
    snprintf(row->command, sizeof(row->command), "?:0.1.1");
    rig_happens(r, HAPPENED_LOST, 0);
    rig_happens(r, HAPPENED_READY, 0);
    row->is_due = true;
    r->now += 2 * USEC_PER_SEC;
    rig_run(r);
    rig_run(r);
    assert_non_null(strstr(rig_story(r), "?:doubt unreadable:" GARBLED("?")));
    assert_false(row->is_deleted);
}

static void test_a_users_command_that_cannot_be_saved(void **state)
{
    (void)state;
    rig_request(r, "a");
    rig_request(r, "!");
    for (int i = 0; i < 5; i++)
        rig_run(r);
    story("a:user !:user a:user done:user !:user !:user !:user ERR_INVALID");
}

static void test_store_away_keeps_what_is_in_hand(void **state)
{
    static const enum err_code codes[] = {ERR_UNAVAIL, ERR_UNKNOWN};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int in_save = 0; in_save < 2; in_save++) {
            close_rig(NULL);
            open_rig(NULL);
            *(in_save ? &r->save_rc : &r->load_rc) = codes[i];
            rig_deliver(r, "a 1");
            rig_request(r, "b");
            rig_run(r);
            assert_true(r->is_paused);
            rig_story(r);
            int tries = r->loads;
            rig_run(r); /* before the pause is over nobody is asked */
            assert_int_equal(r->loads, tries);
            r->now += 200 * USEC_PER_MS;
            rig_run(r);
            assert_int_equal(r->loads, tries + 1);
            assert_null(strstr(rig_story(r), "ack"));
            r->load_rc = r->save_rc = ERR_OK;
            r->now += 10 * USEC_PER_SEC;
            rig_run(r);
            assert_false(r->is_paused);
            story("b:user a:1 done:user ack:a 1");
        }
}

static void test_paused_without_work_comes_back(void **state)
{
    (void)state;
    r->load_rc = ERR_UNAVAIL;
    r->now += 2 * USEC_PER_SEC; /* the sweeper finds out */
    rig_run(r);
    assert_true(r->is_paused);
    r->load_rc = ERR_OK;
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    assert_false(r->is_paused);
}

static void test_held_by_another_worker(void **state)
{
    (void)state;
    r->held = "a";
    rig_deliver(r, "a 1");
    rig_deliver(r, "b 1");
    rig_run(r);
    story("b:1 ack:b 1");
    r->held = NULL;
    rig_run(r);
    story("a:1 ack:a 1");
}

static void test_bad_messages(void **state)
{
    (void)state;
    rig_deliver(r, "a bad");
    rig_deliver(r, "rubbish");
    rig_deliver(r, "a nothing");
    rig_deliver(r, "a 1");
    rig_run(r);
    story("ERR_SYNTAX:a bad ERR_SYNTAX:rubbish ack:a nothing a:1 ack:a 1");
    assert_int_equal(engine_worker_stats(r->worker)->bad, 2);
    assert_int_equal(engine_worker_stats(r->worker)->dead_letters, 2);
}

/* The command that it answered is told, whatever comes in between. */
static void test_a_bad_reply_is_told_and_not_forgotten(void **state)
{
    (void)state;
    rig_deliver(r, "a badreply");
    rig_run(r);
    story("a:bad ERR_SYNTAX:a badreply");
    /* its reply queue: nothing is acknowledged, so the sweep does it */
    assert_true(rig_out(r, "")->has_ended);
    r->held = "a";
    rig_deliver(r, "a badreply");
    rig_run(r);
    story("");
    r->held = NULL;
    rig_run(r);
    story("a:bad ERR_SYNTAX:a badreply");
    r->save_rc = ERR_UNAVAIL;
    rig_deliver(r, "a badreply");
    rig_run(r);
    r->save_rc = ERR_OK;
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    story("a:bad a:bad ERR_SYNTAX:a badreply");
    assert_int_equal(engine_worker_stats(r->worker)->bad, 3);
}

static void test_oversize(void **state)
{
    (void)state;
    rig_happens_oversize(r, NULL);
    rig_run(r);
    story("ERR_LIMIT:oversize");
    rig_happens_oversize(r, "a:0.1.7"); /* the command that it answers is told */
    rig_run(r);
    story("a:bad ERR_LIMIT:oversize");
}

static void test_a_lost_connection_gives_deliveries_back(void **state)
{
    (void)state;
    r->held = "a";
    rig_deliver(r, "a 1");
    rig_request(r, "a");
    rig_run(r);
    rig_happens(r, HAPPENED_LOST, 0);
    rig_run(r);
    story("ack:a 1"); /* only given back: its tag is of the old connection */
    r->held = NULL;
    rig_run(r);
    story("a:user done:user");
}

static void test_deadlines_wait_for_who_could_have_heard(void **state)
{
    (void)state;
    r->due = "a:0.1.9";
    r->now += 2 * USEC_PER_SEC;
    rig_run(r);
    story(""); /* consuming for two seconds only */
    r->now += 2 * USEC_PER_SEC;
    rig_run(r);
    assert_non_null(strstr(rig_story(r), "a:due"));
    rig_happens(r, HAPPENED_LOST, 0);
    r->now += 2 * USEC_PER_SEC;
    rig_run(r);
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    story(""); /* not connected: nobody could have been heard */
    r->due = NULL;
}

static void test_requests_nobody_takes_are_told(void **state)
{
    (void)state;
    r->load_rc = ERR_UNAVAIL;
    rig_request(r, "a");
    rig_run(r);
    rig_request(r, "b"); /* still in the queue */
    rig_story(r);
    engine_worker_drain(r->worker, r->now);
    story("ERR_UNAVAIL");
    assert_null(engine_queue_take(r->queue, 0)); /* takes none, loses none */
    engine_queue_close(r->queue);
    story("ERR_UNAVAIL");
}

/* More commands than a batch holds, and no database: the worker waits, and does not turn in a loop.
 */
static void test_full_hands_wait(void **state)
{
    enum { STEPS = 20 };
    (void)state;
    r->load_rc = ERR_UNAVAIL;
    for (int i = 0; i < 3 * ENGINE_BATCH_MAX; i++)
        rig_request(r, "a");
    engine_worker_step(r->worker); /* finds out */
    r->waits = 0;
    for (int i = 0; i < STEPS; i++)
        engine_worker_step(r->worker);
    assert_int_equal(r->waits, STEPS);
    engine_worker_drain(r->worker, r->now); /* they are told */
}

static void test_closed_queue_refuses(void **state)
{
    (void)state;
    engine_queue_close(r->queue);
    rig_request(r, "a");
    story("ERR_UNAVAIL");
    rig_run(r);
    story("");
}

static void test_drain(void **state)
{
    (void)state;
    rig_deliver(r, "a send");
    r->held = "a";
    rig_run(r);
    r->held = NULL;
    r->save_rc = ERR_UNAVAIL;
    rig_happens(r, HAPPENED_NOTHING, 0);
    engine_worker_step(r->worker);
    r->save_rc = ERR_OK;
    r->now += 10 * USEC_PER_SEC;
    rig_request(r, "late"); /* not taken any more */
    rig_happens(r, HAPPENED_NOTHING, 0);
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    engine_worker_drain(r->worker, r->now + 1);
    assert_true(r->is_paused); /* the store came back meanwhile: that must not resume consuming */
    assert_true(rig_out(r, "send")->is_deleted);
    assert_null(strstr(rig_story(r), "late"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        T(test_one_transaction_for_what_is_waiting),
        T(test_more_than_a_batch),
        T(test_a_batch_of_large_messages),
        T(test_a_batch_that_fails_is_tried_one_by_one),
        T(test_a_users_command_that_cannot_be_saved),
        T(test_an_unreadable_document_refuses_what_needs_it),
        T(test_an_unreadable_document_refuses_a_user),
        T(test_an_unreadable_document_postpones_a_deadline),
        T(test_an_unreadable_document_keeps_what_is_in_doubt),
        T(test_store_away_keeps_what_is_in_hand),
        T(test_paused_without_work_comes_back),
        T(test_held_by_another_worker),
        T(test_bad_messages),
        T(test_a_bad_reply_is_told_and_not_forgotten),
        T(test_oversize),
        T(test_a_lost_connection_gives_deliveries_back),
        T(test_deadlines_wait_for_who_could_have_heard),
        T(test_requests_nobody_takes_are_told),
        T(test_full_hands_wait),
        T(test_closed_queue_refuses),
        T(test_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
