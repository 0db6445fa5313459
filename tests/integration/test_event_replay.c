/* What was sent to subscribers is kept for a while, and sent again when they ask: nfvo/event against a
 * real broker, a database and an HTTP listener. */
#include "nfvo/store/store_event.h"
#include "tests/support/event_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct event_bed bed;

static int set_up(void **state)
{
    (void)state;
    event_bed_open(&bed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    event_bed_close(&bed);
    return 0;
}

/* What was delivered, refused and given up comes again, under its number; of another project nothing. */
static void test_replay_from_a_number(void **state)
{
    struct err err = ERR_INIT;
    int64_t n = 0, after = 0;
    (void)state;
    event_bed_subscribe(&bed, "e1", "REST", event_bed_url(&bed));
    event_bed_subscribe(&bed, "e2", "REST", "http://127.0.0.1:1/e");
    bed.options.attempts = 1;
    event_bed_add(&bed, "e1", 1, 3);
    event_bed_add(&bed, "e2", 1, 2);
    event_bed_start(&bed, 0);
    event_bed_await_web(&bed, "1 2 3 ");
    event_bed_await_nothing_left(&bed);
    after =
        atoll(test_query(bed.ts->db, "SELECT min(id) FROM event_kept WHERE endpoint_id = 'e1'"));
    assert_int_equal(store_event_replay(bed.ts->db, "e1", "*", after, &n, &err), ERR_OK);
    assert_int_equal(n, 2);
    event_bed_await_web(&bed, "1 2 3 2 3 ");
    event_bed_await_nothing_left(&bed);
    bed.web.status = 500;
    event_bed_add(&bed, "e1", 4, 4);
    event_bed_await_web(&bed, "1 2 3 2 3 4 ");
    event_bed_await_nothing_left(&bed);
    assert_string_equal(
        test_query(bed.ts->db, "SELECT refused FROM event_delivery WHERE endpoint_id = 'e1'"),
        "it answered the last event with status 500");
    bed.web.status = 200;
    assert_int_equal(store_event_replay(bed.ts->db, "e1", "*", after + 2, &n, &err), ERR_OK);
    event_bed_await_web(&bed, "1 2 3 2 3 4 4 ");
    event_bed_await_nothing_left(&bed);
    test_query_await(bed.ts->db, "SELECT refused || n FROM event_delivery WHERE endpoint_id = 'e1'",
                     "6");
    assert_int_equal(store_event_replay(bed.ts->db, "e2", "*", 0, &n, &err), ERR_OK);
    assert_int_equal(n, 2); /* that nobody took */
    assert_int_equal(store_event_replay(bed.ts->db, "e1", "lab", 0, &n, &err), ERR_NOT_FOUND);
}

/* Into a queue, too: in order and under the same numbers, and what is new comes behind. */
static void test_replay_into_a_queue(void **state)
{
    struct err err = ERR_INIT;
    int64_t n = 0, seq = 0, first[3];
    (void)state;
    event_bed_subscribe(&bed, "e1", "RABBIT", "sub");
    event_bed_want_queue(&bed, "sub");
    event_bed_start(&bed, 0);
    event_bed_add(&bed, "e1", 1, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(event_bed_next(&bed, &first[i]), i + 1);
    event_bed_await_nothing_left(&bed);
    assert_int_equal(store_event_replay(bed.ts->db, "e1", "*", first[0], &n, &err), ERR_OK);
    assert_int_equal(n, 2);
    event_bed_add(&bed, "e1", 4, 4);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(event_bed_next(&bed, &seq), i + 1);
        assert_int_equal(seq, first[i]);
    }
    event_bed_expect(&bed, 4, 4);
    event_bed_await_nothing_left(&bed);
    test_query_await(bed.ts->db, "SELECT count(*) FROM event_kept WHERE endpoint_id = 'e1'", "4");
}

/* A queue that was not there: what was given up comes when it is. */
static void test_replay_into_a_queue_that_was_gone(void **state)
{
    struct err err = ERR_INIT;
    int64_t n = 0;
    (void)state;
    event_bed_subscribe(&bed, "e1", "RABBIT", "gone");
    event_bed_add(&bed, "e1", 1, 3);
    event_bed_start(&bed, 0);
    event_bed_await_nothing_left(&bed);
    event_bed_want_queue(&bed, "gone");
    assert_int_equal(store_event_replay(bed.ts->db, "e1", "*", 0, &n, &err), ERR_OK);
    assert_int_equal(n, 3);
    event_bed_expect(&bed, 1, 3);
    event_bed_await_nothing_left(&bed);
}

/* By age, by number for each subscription, and with the subscription. */
static void test_what_is_kept_is_bounded(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    event_bed_subscribe(&bed, "e1", "REST", event_bed_url(&bed));
    event_bed_subscribe(&bed, "e2", "REST", event_bed_url(&bed));
    test_sql(bed.ts->db,
             "INSERT INTO event_kept (id, stream, endpoint_id, body, at) SELECT i, 's', "
             "CASE WHEN i <= 10 THEN 'e1' WHEN i <= 13 THEN 'e2' ELSE 'gone' END, 'x', CASE "
             "WHEN i = 13 THEN 1 ELSE 4000000000000000 END FROM generate_series(1, 20) i");
    assert_int_equal(store_event_forget(bed.ts->db, 3600000000, 4, &err), ERR_OK);
    assert_string_equal(test_query(bed.ts->db, "SELECT string_agg(id::text, ',' ORDER BY id) FROM "
                                               "event_kept"),
                        "7,8,9,10,11,12");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_replay_from_a_number),
        T(test_replay_into_a_queue),
        T(test_replay_into_a_queue_that_was_gone),
        T(test_what_is_kept_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
