#include "common/fsm/fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { IDLE, BUSY, PHASES };
enum { GO, STOP, EVENTS };

static int leads_to(void *ctx)
{
    return *(int *)ctx;
}

static const struct fsm_rule rules[PHASES][EVENTS] = {
    [IDLE] = {[GO] = {leads_to, 1, FSM_BIT(BUSY)}},
    [BUSY] = {[GO] = {leads_to, 2, FSM_BIT(BUSY)},
              [STOP] = {leads_to, 4, FSM_BIT(IDLE) | FSM_BIT(BUSY)}},
};
static uint64_t hits[PHASES * EVENTS];
static const struct fsm machine = {
    .n_phases = PHASES, .n_events = EVENTS, .rules = &rules[0][0], .hits = hits};

static void test_steps(void **state)
{
    static const struct {
        int phase, event, handler_says;
        enum fsm_outcome outcome;
        int next;
    } cases[] = {
        {IDLE, GO, BUSY, FSM_DONE, BUSY},      {BUSY, STOP, IDLE, FSM_DONE, IDLE},
        {BUSY, STOP, BUSY, FSM_DONE, BUSY},    {IDLE, STOP, BUSY, FSM_EMPTY, IDLE},
        {IDLE, GO, IDLE, FSM_ILLEGAL, IDLE}, /* not allowed by the row */
        {IDLE, GO, -1, FSM_ILLEGAL, IDLE},     {IDLE, GO, PHASES, FSM_ILLEGAL, IDLE},
        {IDLE, GO, 1000, FSM_ILLEGAL, IDLE},   {IDLE, -1, BUSY, FSM_EMPTY, IDLE},
        {IDLE, EVENTS, BUSY, FSM_EMPTY, IDLE}, {-1, GO, BUSY, FSM_EMPTY, -1},
        {PHASES, GO, BUSY, FSM_EMPTY, PHASES}, /* a row of a newer process */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int phase = cases[i].phase, says = cases[i].handler_says;
        assert_int_equal(fsm_step(&machine, &phase, cases[i].event, &says), cases[i].outcome);
        assert_int_equal(phase, cases[i].next);
    }
    assert_int_equal(hits[IDLE * EVENTS + STOP], 0);
    assert_int_equal(hits[BUSY * EVENTS + STOP], 2);
}

static void test_facts_are_those_of_all_phases(void **state)
{
    (void)state;
    assert_int_equal(fsm_facts(&machine, GO), 3);
    assert_int_equal(fsm_facts(&machine, STOP), 4);
    assert_int_equal(fsm_facts(&machine, EVENTS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_facts_are_those_of_all_phases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
