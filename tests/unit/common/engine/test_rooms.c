/* Rooms of the engine: what one of them suffers, the others do not notice. */
#include "tests/support/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct rig *r;

static int set_up(void **state)
{
    (void)state;
    r = rig_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_free(r);
    return 0;
}

static void what_is_sent_goes_to_the_room_of_who_is_asked(void **state)
{
    (void)state;
    rig_deliver_in(r, "a", "one send");
    rig_run(r);
    assert_string_equal(rig_out(r, "send")->room, "a");
    rig_deliver(r, "one never");
    rig_run(r);
    assert_string_equal(rig_out(r, "never")->room, "");
}

/* Of both rooms one message is on its way out and one is in hand, held by another worker. */
static void a_lost_room_voids_only_its_own(void **state)
{
    (void)state;
    rig_deliver_in(r, "a", "one send");
    rig_deliver(r, "two send");
    rig_run(r);
    assert_int_equal(r->published, 2);
    r->held = "held";
    rig_deliver_in(r, "a", "held x");
    rig_deliver(r, "held y");
    rig_run(r);
    rig_story(r);
    rig_happens_in(r, "a", HAPPENED_LOST);
    rig_happens(r, HAPPENED_CONFIRMED, 1); /* of the lost one: nobody waits for it */
    rig_happens(r, HAPPENED_CONFIRMED, 2);
    rig_run(r);
    assert_string_equal(rig_story(r), "ack:held x"); /* given back, not decided */
    for (size_t i = 0; i < r->n_outbox; i++)
        assert_int_equal(r->outbox[i].is_deleted, strcmp(r->outbox[i].room, "a") != 0);
    r->held = NULL;
    rig_run(r);
    assert_string_equal(rig_story(r), "held:y ack:held y");
}

static void a_room_that_is_away_holds_up_no_other(void **state)
{
    (void)state;
    r->no_room = "a";
    r->no_room_rc = ERR_UNAVAIL;
    rig_deliver_in(r, "a", "one send");
    rig_deliver_in(r, "b", "two send");
    rig_deliver_in(r, "a", "three send");
    rig_run(r);
    assert_int_equal(r->published, 1);
    assert_string_equal(r->sent[0], "send body");
    assert_int_equal(rig_count(r, "three"), 1);
}

static void step(int64_t seconds)
{
    r->now += seconds * USEC_PER_SEC;
    engine_worker_step(r->worker);
    engine_worker_step(r->worker); /* the first one may only have seen that nothing waits */
}

/* An answer may wait where nobody listens: for a while, not for ever. */
static void deadlines_wait_for_the_room_of_their_command(void **state)
{
    (void)state;
    rig_happens_in(r, "a", HAPPENED_READY);
    rig_run(r);
    step(10);
    r->due = "one:0.1.9";
    r->due_room = "a";
    step(2);
    assert_string_equal(rig_story(r), "one:due");
    rig_happens_in(r, "a", HAPPENED_LOST);
    rig_run(r);
    rig_story(r);
    step(30);
    assert_string_equal(rig_story(r), "");
    r->due_room = "b";
    step(2);
    assert_string_equal(rig_story(r), "one:due"); /* the others' fire meanwhile */
    r->due_room = "a";
    rig_happens_in(r, "a", HAPPENED_READY);
    rig_run(r);
    step(2);
    assert_string_equal(rig_story(r), ""); /* the grace for answers that waited there */
    step(2);
    assert_string_equal(rig_story(r), "one:due");
    rig_happens_in(r, "a", HAPPENED_LOST);
    rig_run(r);
    rig_story(r);
    step(61);
    assert_string_equal(rig_story(r), "one:due"); /* it stays away */
    rig_happens_in(r, "a", HAPPENED_READY);
    rig_happens_in(r, "a", HAPPENED_ENDED); /* nobody will answer there any more */
    rig_run(r);
    rig_story(r);
    step(2);
    assert_string_equal(rig_story(r), "one:due");
}

static void answers_into_a_room_that_is_gone_are_dropped_after_some_tries(void **state)
{
    (void)state;
    rig_deliver_in(r, "a", "one answer");
    rig_deliver_in(r, "a", "one send");
    r->no_room = "a";
    r->no_room_rc = ERR_NOT_FOUND;
    rig_run(r);
    struct rig_row *answer = rig_out(r, "amq.gen-1"), *request = rig_out(r, "send");
    for (int i = 0; i < 4; i++) {
        answer->is_due = request->is_due = true;
        step(2);
        assert_false(answer->is_deleted);
    }
    for (int i = 0; i < 3; i++) {
        answer->is_due = request->is_due = !answer->is_deleted;
        step(2);
    }
    assert_true(answer->is_deleted);
    assert_false(request->is_deleted); /* its deadline says so */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(what_is_sent_goes_to_the_room_of_who_is_asked),
        TEST(a_lost_room_voids_only_its_own),
        TEST(a_room_that_is_away_holds_up_no_other),
        TEST(deadlines_wait_for_the_room_of_their_command),
        TEST(answers_into_a_room_that_is_gone_are_dropped_after_some_tries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
