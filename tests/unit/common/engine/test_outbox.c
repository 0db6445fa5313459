/* From the committed outbox to the broker: confirmed, returned, refused, in doubt, lost. */
#include "tests/support/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
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

static void decide(const char *what)
{
    rig_deliver(r, what);
    rig_run(r);
    rig_story(r);
}

static void sweep(void)
{
    for (size_t i = 0; i < r->n_outbox; i++)
        r->outbox[i].is_due = true;
    r->now += 2 * USEC_PER_SEC;
    rig_run(r);
    rig_run(r);
}

static void lose(void)
{
    rig_happens(r, HAPPENED_LOST, 0);
    rig_happens(r, HAPPENED_READY, 0);
    rig_run(r);
}

static void test_confirmed_ones_are_deleted(void **state)
{
    (void)state;
    decide("a send");
    assert_string_equal(r->sent[0], "send body");
    assert_false(rig_out(r, "send")->is_deleted);
    assert_false(rig_out(r, "send")->is_marked); /* a BLIND one needs no mark */
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    rig_run(r);
    assert_true(rig_out(r, "send")->is_deleted);
    sweep();
    assert_int_equal(r->published, 1);
}

static void test_unconfirmed_ones_are_not_sent_twice_by_us(void **state)
{
    (void)state;
    decide("a send");
    sweep();
    assert_int_equal(r->published, 1); /* still in flight */
    lose();
    sweep();
    assert_int_equal(r->published, 2);
}

static void test_returned_and_refused_are_tried_again(void **state)
{
    static const enum bus_happening how[] = {HAPPENED_RETURNED, HAPPENED_REFUSED};
    static const char *const verbs[] = {"a send", "a ask", "a never"};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < (how[i] == HAPPENED_RETURNED ? 3 : 1); k++) {
            close_rig(NULL);
            open_rig(NULL);
            decide(verbs[k]);
            rig_happens(r, how[i], 1);
            rig_run(r);
            struct rig_row *row = rig_out(r, verbs[k] + 2);
            assert_int_equal(row->retries, 1);
            assert_false(row->is_marked); /* it was not sent: no doubt about that */
            sweep();
            assert_int_equal(r->published, 2);
            assert_string_equal(rig_story(r), "");
        }
}

/* Whoever asked is gone, and with it the work that the answer was for: the domain is told. */
static void test_returned_answers_are_final(void **state)
{
    (void)state;
    decide("a orphan"); /* serves nobody's command */
    rig_happens(r, HAPPENED_RETURNED, 1);
    rig_run(r);
    assert_string_equal(rig_story(r), "");
    assert_true(rig_out(r, "amq.gen-1")->is_deleted);
    decide("a answer");
    rig_happens(r, HAPPENED_RETURNED, 2);
    rig_run(r);
    rig_run(r);
    assert_string_equal(rig_story(r), "a:lost");
    assert_true(rig_out(r, "amq.gen-1")->is_deleted);
    decide("a answer");
    rig_happens(r, HAPPENED_REFUSED, 3); /* the broker could not take it: once more */
    rig_run(r);
    assert_int_equal(rig_out(r, "amq.gen-1")->retries, 1);
    assert_string_equal(rig_story(r), "");
}

/* It may be gone because somebody who died had sent it the answer. */
static void test_a_returned_repetition_says_nothing(void **state)
{
    (void)state;
    decide("a answer");
    lose();
    sweep();
    assert_int_equal(r->published, 2);
    rig_happens(r, HAPPENED_RETURNED, 2);
    rig_run(r);
    rig_run(r);
    assert_string_equal(rig_story(r), "");
    assert_true(rig_out(r, "amq.gen-1")->is_deleted);
}

/* We stood still before we sent it, and the row was swept and sent by another: its asker had it, and
 * its private queue went, as it does then (simulator, seed 6642). */
static void test_a_return_that_comes_late_says_nothing(void **state)
{
    (void)state;
    decide("a answer");
    r->now += 2 * USEC_PER_SEC;
    rig_happens(r, HAPPENED_RETURNED, 1);
    rig_run(r);
    rig_run(r);
    assert_string_equal(rig_story(r), "");
    assert_true(rig_out(r, "amq.gen-1")->is_deleted);
}

static void test_a_lost_answer_survives_the_stores_absence(void **state)
{
    (void)state;
    decide("a answer");
    r->save_rc = ERR_UNAVAIL;
    rig_happens(r, HAPPENED_RETURNED, 1);
    rig_run(r);
    assert_false(rig_out(r, "amq.gen-1")->is_deleted);
    r->save_rc = ERR_OK;
    rig_story(r);
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    rig_run(r);
    assert_string_equal(rig_story(r), "a:lost");
    assert_true(rig_out(r, "amq.gen-1")->is_deleted);
}

static void test_what_must_not_be_sent_twice_is_marked_first(void **state)
{
    (void)state;
    r->mark_rc = ERR_UNAVAIL;
    decide("a ask");
    decide("a send");
    assert_int_equal(r->published, 1); /* only the one that needs no mark */
    r->mark_rc = ERR_OK;
    sweep();
    assert_int_equal(r->published, 2);
    assert_true(rig_out(r, "ask")->is_marked);
}

/* The private reply queue takes the broker tens of milliseconds, and who was killed then had marked
 * what it had not sent: nobody sent it again, and the operation hung until its deadline. */
static void test_nothing_is_waited_for_after_the_mark(void **state)
{
    static const char *const verbs[] = {"a never", "a ask", "a askref"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        decide(verbs[i]);
        assert_int_equal(r->published, i + 1);
        assert_true(rig_out(r, verbs[i] + 2)->is_marked);
        assert_false(r->waited_marked);
    }
    r->prepare_rc = ERR_TIMEOUT;
    decide("b never");
    assert_false(rig_out(r, "never")->is_marked); /* whoever sweeps may send it */
    r->prepare_rc = ERR_OK;
    sweep();
    assert_int_equal(r->published, 4);
    assert_string_equal(rig_story(r), "");
}

/* Waiting took longer than the row was ours: the other sends it, and we do not. */
static void test_who_marks_first_sends(void **state)
{
    static const char *const verbs[] = {"a never", "a ask"};
    (void)state;
    r->another_sweeps = true;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        decide(verbs[i]);
        assert_int_equal(r->published, 0);
        assert_true(rig_out(r, verbs[i] + 2)->is_marked);
    }
    decide("a send");
    assert_int_equal(r->published, 1);
}

/* Sent, maybe, by somebody who died: never again without asking. */
static void test_in_doubt(void **state)
{
    static const char *const verbs[] = {"a ask", "a never"};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        decide(verbs[k]);
        uint64_t published = r->published;
        rig_happens(r, HAPPENED_LOST, 0);
        rig_happens(r, HAPPENED_READY, 0);
        rig_run(r);
        sweep();
        assert_string_equal(rig_story(r), "a:doubt");
        assert_int_equal(r->published, published);
        assert_true(rig_out(r, verbs[k] + 2)->is_deleted); /* the domain sends anew, or not */
    }
}

/* The broker keeps a trace of what is never sent twice: then nobody has to guess. */
static void test_a_doubt_is_looked_into(void **state)
{
    (void)state;
    decide("a never");
    lose();
    const struct rig_row *row = rig_out(r, "never");
    assert_string_equal(row->sender, "one");
    r->sender = "two"; /* connected again */
    r->fate = FATE_TAKEN;
    sweep();
    assert_true(row->is_deleted);
    assert_int_equal(r->published, 1);

    decide("b never");
    lose();
    row = rig_out(r, "never");
    r->fate = FATE_NOT_TAKEN;
    sweep(); /* by whom it was sent is there: it may be under way */
    assert_string_equal(row->sender, "two");
    r->fate_rc = ERR_TIMEOUT;
    r->is_sender_gone = true;
    sweep();
    assert_string_equal(row->sender, "two");
    r->fate_rc = ERR_OK;
    sweep();
    assert_string_equal(row->sender, OUTBOX_SENDER_GONE); /* perhaps just now: once more */
    assert_true(row->is_marked);
    sweep();
    assert_false(row->is_marked);
    assert_int_equal(r->published, 2);
    sweep();
    assert_int_equal(r->published, 3);
    assert_string_equal(r->sent[2], "never body");
    assert_string_equal(row->sender, "two");
    assert_string_equal(rig_story(r), ""); /* the domain was not asked */
}

/* Its copy at the broker goes when its row went, not before. */
static void test_a_copy_outlives_its_row(void **state)
{
    (void)state;
    decide("a ask");
    r->settle_rc = ERR_UNAVAIL;
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    rig_run(r);
    assert_int_equal(r->forgotten, 0);
    r->settle_rc = ERR_OK;
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    rig_run(r);
    assert_true(rig_out(r, "ask")->is_deleted);
    assert_int_equal(r->forgotten, 1);
    decide("a never"); /* there the answer is awaited */
    rig_happens(r, HAPPENED_CONFIRMED, 2);
    rig_run(r);
    rig_run(r);
    assert_true(rig_out(r, "never")->is_deleted);
    assert_int_equal(r->forgotten, 1);
}

/* The broker takes tens of milliseconds for each queue: who was killed meanwhile left the rest, when
 * no row told of them any more. Its room is away here, so it does not get to it. */
static void test_what_tells_of_a_copy_goes_last(void **state)
{
    (void)state;
    decide("a ask");
    r->sender = NULL;
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    rig_run(r);
    rig_run(r);
    const struct rig_row *row = rig_out(r, "ask");
    assert_string_equal(row->sender, OUTBOX_SENDER_CONFIRMED);
    assert_false(row->is_deleted);
    assert_int_equal(r->forgotten, 0);
    r->sender = "two";
    sweep();
    assert_int_equal(r->forgotten, 1);
    assert_true(row->is_deleted);
    assert_int_equal(r->published, 1);
}

/* Killed before it settled the row, while the answer came to another: the copy in its queue lay
 * there for a day. */
static void test_the_queue_of_a_request_that_ended_goes_with_its_row(void **state)
{
    static const char *const verbs[] = {"a ask", "a never"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        close_rig(NULL);
        open_rig(NULL);
        decide(verbs[i]);
        lose();
        struct rig_row *row = rig_out(r, verbs[i] + 2);
        row->has_ended = true;
        r->sender = NULL; /* its room is not connected yet */
        sweep();
        assert_int_equal(r->forgotten, 0);
        assert_false(row->is_deleted);
        r->sender = "two";
        sweep();
        assert_true(r->forgotten > 0);
        assert_true(row->is_deleted);
        assert_int_equal(r->published, 1);
        assert_string_equal(rig_story(r), ""); /* nobody is asked */
    }
}

static void test_a_room_that_never_comes_back_keeps_no_row(void **state)
{
    (void)state;
    decide("a ask");
    lose();
    struct rig_row *row = rig_out(r, "ask");
    row->has_ended = true;
    r->sender = NULL;
    for (int i = 0; i < 50; i++)
        sweep();
    assert_true(row->is_deleted);
    assert_int_equal(r->published, 1);
}

/* A nack says that the broker does not vouch for it, not that nobody got it: it closed the channel,
 * perhaps, because of a neighbour. */
static void test_a_nack_is_a_doubt(void **state)
{
    (void)state;
    decide("a never");
    rig_happens(r, HAPPENED_REFUSED, 1);
    rig_run(r);
    assert_true(rig_out(r, "never")->is_marked);
    r->fate = FATE_TAKEN;
    sweep();
    assert_true(rig_out(r, "never")->is_deleted);
    decide("a ask");
    rig_happens(r, HAPPENED_REFUSED, 2);
    rig_run(r);
    assert_true(rig_out(r, "ask")->is_marked);
    rig_story(r);
    r->fate = FATE_UNKNOWN;
    sweep();
    assert_string_equal(rig_story(r), "a:doubt");
    assert_int_equal(r->published, 2);
}

/* Stopped between mark and write: others may have given it up meanwhile. */
static void test_a_stale_mark_sends_nothing(void **state)
{
    (void)state;
    r->mark_takes_us = 5 * USEC_PER_SEC;
    decide("a never");
    rig_run(r);
    assert_int_equal(r->published, 0);
    assert_false(rig_out(r, "never")->is_marked);
    r->mark_takes_us = 0;
    sweep();
    assert_int_equal(r->published, 1);
}

/* Nobody is there to take it: as if it had been returned. */
static void test_what_nobody_would_take_is_tried_again(void **state)
{
    (void)state;
    r->prepare_rc = ERR_STATE;
    decide("a never");
    rig_run(r);
    assert_int_equal(r->published, 0);
    assert_false(rig_out(r, "never")->is_marked);
    assert_int_equal(rig_out(r, "never")->retries, 1);
    r->prepare_rc = ERR_OK;
    sweep();
    assert_int_equal(r->published, 1);
}

/* What was never handed to the broker is not in doubt, mark or no mark. */
static void test_not_handed_over_is_not_in_doubt(void **state)
{
    static const struct {
        enum err_code rc;
        bool is_in_doubt;
    } cases[] = {{ERR_UNAVAIL, false}, {ERR_LIMIT, false}, {ERR_INVALID, false}, {ERR_IO, true}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        close_rig(NULL);
        open_rig(NULL);
        r->publish_rc = cases[i].rc;
        decide("a never");
        r->publish_rc = ERR_OK;
        sweep();
        if (cases[i].is_in_doubt) {
            assert_string_equal(rig_story(r), "a:doubt"); /* half of it may have been the whole */
        } else {
            assert_string_equal(rig_story(r), "");
            assert_string_equal(r->sent[0], "never body");
        }
    }
}

/* Users write into bodies: what they wrote was read as a reference. */
static void test_nothing_in_a_body_is_a_reference(void **state)
{
    (void)state;
    decide("a marks");
    assert_string_equal(r->sent[0], "marks <\x01name\x01>");
}

static void test_references_are_rendered_when_published(void **state)
{
    (void)state;
    decide("a secret");
    assert_string_equal(r->sent[0], "secret <name>");
    assert_string_equal(rig_out(r, "secret")->body, "<>");
    r->render_rc = ERR_NOT_FOUND; /* its owner was deleted meanwhile */
    decide("a secret");
    assert_string_equal(r->sent[1], "secret <{}>");
    r->render_rc = ERR_UNAVAIL;
    decide("a secret");
    assert_int_equal(r->published, 2);
    r->render_rc = ERR_OK;
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    rig_happens(r, HAPPENED_CONFIRMED, 2);
    rig_run(r);
    sweep();
    assert_int_equal(r->published, 3);
    assert_string_equal(r->sent[2], "secret <name>");
}

static void test_nothing_is_published_without_a_connection(void **state)
{
    (void)state;
    rig_happens(r, HAPPENED_LOST, 0);
    rig_run(r);
    decide("a never");
    assert_int_equal(r->published, 0);
    assert_false(rig_out(r, "never")->is_marked);
    rig_happens(r, HAPPENED_READY, 0);
    rig_run(r);
    sweep();
    assert_int_equal(r->published, 1);
}

static void test_settling_waits_for_the_store(void **state)
{
    (void)state;
    decide("a send");
    r->settle_rc = ERR_UNAVAIL;
    rig_happens(r, HAPPENED_CONFIRMED, 1);
    rig_run(r);
    assert_false(rig_out(r, "send")->is_deleted);
    r->settle_rc = ERR_OK;
    r->now += 10 * USEC_PER_SEC;
    rig_run(r);
    rig_run(r);
    assert_true(rig_out(r, "send")->is_deleted);
    assert_int_equal(r->published, 1);
}

/* Its own row is long gone: another, with nothing to be sent, tells of its reply queue until that is
 * gone. Here its room is away at first. */
static void test_a_command_without_an_answer_tells_of_its_queue(void **state)
{
    (void)state;
    r->sender = NULL;
    decide("a badreply");
    struct rig_row *row = rig_out(r, "");
    assert_non_null(row);
    assert_string_equal(row->body, "");
    assert_true(*row->command && !row->is_deleted);
    sweep();
    assert_int_equal(r->forgotten, 0);
    assert_false(row->is_deleted);
    r->sender = "two";
    sweep();
    assert_int_equal(r->forgotten, 1);
    assert_false(row->is_deleted); /* the request may be on its way to the broker yet */
    for (int i = 0; i < 10; i++)
        sweep();
    assert_true(row->is_deleted);
    assert_true(r->forgotten > 5 && r->forgotten < 11);
    assert_int_equal(r->published, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        T(test_confirmed_ones_are_deleted),
        T(test_unconfirmed_ones_are_not_sent_twice_by_us),
        T(test_returned_and_refused_are_tried_again),
        T(test_returned_answers_are_final),
        T(test_a_returned_repetition_says_nothing),
        T(test_a_return_that_comes_late_says_nothing),
        T(test_a_lost_answer_survives_the_stores_absence),
        T(test_what_must_not_be_sent_twice_is_marked_first),
        T(test_nothing_is_waited_for_after_the_mark),
        T(test_who_marks_first_sends),
        T(test_in_doubt),
        T(test_a_doubt_is_looked_into),
        T(test_a_copy_outlives_its_row),
        T(test_what_tells_of_a_copy_goes_last),
        T(test_the_queue_of_a_request_that_ended_goes_with_its_row),
        T(test_a_command_without_an_answer_tells_of_its_queue),
        T(test_a_room_that_never_comes_back_keeps_no_row),
        T(test_a_nack_is_a_doubt),
        T(test_a_stale_mark_sends_nothing),
        T(test_what_nobody_would_take_is_tried_again),
        T(test_not_handed_over_is_not_in_doubt),
        T(test_references_are_rendered_when_published),
        T(test_nothing_in_a_body_is_a_reference),
        T(test_nothing_is_published_without_a_connection),
        T(test_settling_waits_for_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
