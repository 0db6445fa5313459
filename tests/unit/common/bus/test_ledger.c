#include "common/base/sbuf.h"
#include "common/bus/internal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct ledger ledger;

/* What bus_next would return, as text: "C1-3 N4-4". */
static char *events_of(struct event_queue *q)
{
    struct sbuf text = SBUF_INIT;
    struct event_node *node;

    while ((node = bus_event_pop(q))) {
        sbuf_addf(&text, "%s%c%" PRIu64 "-%" PRIu64, text.len ? " " : "",
                  bus_event_name(node->ev.type)[0], node->ev.seq, node->ev.seq_last);
        bus_event_node_free(node);
    }
    return sbuf_take(&text);
}

/* A script: p publish; r<n> returned; a<n> ack; A<n> ack multiple; n<n> nack; N<n> nack multiple; c
 * new channel; v void. */
static void run(const char *script, struct event_queue *q)
{
    bus_ledger_init(&ledger);
    while (*script) {
        char verb = *script++;
        char *end;
        uint64_t n = strtoull(script, &end, 10);
        script = *end == ' ' ? end + 1 : end;
        switch (verb) {
        case 'p':
            for (uint64_t i = 0; i < n; i++)
                bus_ledger_open(&ledger);
            break;
        case 'r':
            bus_ledger_returned(&ledger, n);
            break;
        case 'c':
            bus_ledger_new_channel(&ledger);
            break;
        case 'v':
            bus_ledger_void(&ledger);
            break;
        default:
            bus_ledger_settle(&ledger, q, verb == 'a' || verb == 'A' ? BUS_CONFIRMED : BUS_NACKED,
                              n, verb == 'A' || verb == 'N');
        }
    }
}

static void each_publish_is_settled_once(void **state)
{
    static const struct {
        const char *script, *want;
        size_t open_n;
    } cases[] = {
        {"p3 a1 a2 a3", "C1-3", 0},           /* joined: nothing was asked for in between */
        {"p3 a2 a1 a3", "C2-2 C1-1 C3-3", 0}, /* out of order */
        {"p5 A3 a5", "C1-3 C5-5", 1},
        {"p5 a2 A4", "C2-2 C1-1 C3-4", 1},          /* multiple does not repeat what was single */
        {"p3 a1 a1 A1 a3 A3", "C1-1 C3-3 C2-2", 0}, /* repeats are nothing */
        {"p3 r2 A3", "C1-1 C3-3", 0},               /* a return settles; its ack is not told */
        {"p1 r1 a1", "", 0},
        {"p1 r1 r1 n1", "", 0},
        {"p2 n1 A2", "N1-1 C2-2", 0},
        {"p4 r3 N0", "N1-2 N4-4", 0},     /* the channel closed: all that are open */
        {"p2 a7 A9 a0 r9 r0", "", 2},     /* of nobody */
        {"p2 A2 c0 p2 a1 A2", "C1-4", 0}, /* tags start again, numbers do not */
        {"p3 a1 v0 a2 A3", "C1-1", 0},    /* the connection is gone */
        {"p3 v0 c0 p1 a1", "C4-4", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct event_queue q = {0};
        run(cases[i].script, &q);
        char *got = events_of(&q);
        assert_string_equal(got, cases[i].want);
        assert_int_equal(ledger.open_n, cases[i].open_n);
        free(got);
    }
}

static void a_tag_that_overflows_settles_nothing(void **state)
{
    struct event_queue q = {0};

    (void)state;
    run("p2 A2 c0 p2", &q);
    bus_event_queue_release(&q);
    assert_int_equal(bus_ledger_settle(&ledger, &q, BUS_CONFIRMED, UINT64_MAX, true), 0);
    assert_int_equal(bus_ledger_settle(&ledger, &q, BUS_CONFIRMED, UINT64_MAX - 1, false), 0);
    assert_int_equal(ledger.open_n, 2);
}

static void it_is_full_while_the_oldest_is_open(void **state)
{
    struct event_queue q = {0};

    (void)state;
    bus_ledger_init(&ledger);
    for (int i = 0; i < BUS_UNCONFIRMED_MAX; i++) {
        assert_false(bus_ledger_is_full(&ledger));
        bus_ledger_open(&ledger);
    }
    assert_true(bus_ledger_is_full(&ledger));
    bus_ledger_settle(&ledger, &q, BUS_CONFIRMED, BUS_UNCONFIRMED_MAX, false);
    assert_true(bus_ledger_is_full(&ledger)); /* the slots are by number */
    bus_ledger_settle(&ledger, &q, BUS_CONFIRMED, 1, false);
    assert_false(bus_ledger_is_full(&ledger));
    bus_event_queue_release(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_publish_is_settled_once),
        cmocka_unit_test(a_tag_that_overflows_settles_nothing),
        cmocka_unit_test(it_is_full_while_the_oldest_is_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
