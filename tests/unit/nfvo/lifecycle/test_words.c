/* The tables of nfvo/words: what is stored, or out in the world, keeps its meaning. */
#include "common/base/macros.h"
#include "nfvo/lifecycle/operation/step_kinds.h"
#include "nfvo/lifecycle/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEP_CODES 64 /* nfvo/lifecycle/operation/step_kinds.h */

/* Ids of commands that were sent before an upgrade are answered after it: a line here is added, and
 * never changed. */
static void test_codes_keep_their_meaning(void **state)
{
    static const char *const words[] = {NULL,
                                        "INSTANTIATE",
                                        "MODIFY",
                                        "START",
                                        "RELEASE_RESOURCES",
                                        "PREPARE_POP",
                                        "LAUNCH",
                                        "DELETE",
                                        "LIST_POP",
                                        "TIMER_SOURCES",
                                        "TIMER_TURN",
                                        "TIMER_LIST",
                                        "TIMER_RELEASE",
                                        "REFRESH",
                                        "CREATE_NETWORK",
                                        "LIST_SERVERS",
                                        "WAIT_PREPARE",
                                        "WAIT_LIST",
                                        "WAIT_OPERATION",
                                        "LOG_REQUEST",
                                        "TIMER_DOUBT",
                                        "GET_QUOTA",
                                        "TIMER_OPERATION",
                                        "TIMER_LATE",
                                        "ADD_IMAGE",
                                        [65] = "STEP_REINSTANTIATE",
                                        [66] = "STEP_MODIFY",
                                        [67] = "STEP_START",
                                        [68] = "STEP_STOP",
                                        [69] = "STEP_SCALE_OUT",
                                        [70] = "STEP_SCALE_IN",
                                        [71] = "STEP_HEAL",
                                        [72] = "STEP_UPDATE_SCRIPT",
                                        [73] = "STEP_UPDATE",
                                        [74] = "STEP_EXECUTE",
                                        [78] = "STEP_REBUILD"};
    (void)state;
    assert_int_equal(CMD_KIND_N, ARRAY_LEN(words));
    for (int i = 1; i < CMD_KIND_N; i++) {
        if (!words[i]) {
            assert_null(command_names[i]);
            continue;
        }
        assert_string_equal(command_names[i], words[i]);
        assert_string_equal(command_rows[i].word, words[i]);
    }
}

/* So does what stands in the columns "phase". */
static void test_phases_keep_their_words(void **state)
{
    static const char *const nsr[] = {"DEPLOYING", "ACTIVE", "FAILED", "RELEASING", "TOMBSTONE"};
    static const char *const vnfr[] = {"INSTANTIATING", "GRANTING",     "GRANTED",   "ALLOCATING",
                                       "ALLOCATED",     "WAIT_SOURCES", "MODIFYING", "WAIT_TURN",
                                       "STARTING",      "ACTIVE",       "HELD",      "FAILED",
                                       "UNDOING",       "RELEASING",    "DELETING",  "GONE"};
    static const char *const instance[] = {"LAUNCHING", "DOUBT",    "UP",
                                           "FAILED",    "DELETING", "GONE"};
    static const char *const pop[] = {"REGISTERING", "READY"};
    static const struct {
        const char *const *golden, *const *names;
        int n;
    } machines[] = {{nsr, nsr_phase_names, ARRAY_LEN(nsr)},
                    {vnfr, vnfr_phase_names, ARRAY_LEN(vnfr)},
                    {instance, instance_phase_names, ARRAY_LEN(instance)},
                    {pop, pop_phase_names, ARRAY_LEN(pop)}};
    static const int sizes[] = {NSR_PHASE_N, VNFR_PHASE_N, INSTANCE_PHASE_N, POP_PHASE_N};
    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(machines); m++)
        for (int i = 0; i < machines[m].n; i++) {
            bool is_there = false;
            for (int k = 0; k < sizes[m]; k++)
                is_there |= strcmp(machines[m].names[k], machines[m].golden[i]) == 0;
            if (!is_there)
                fail_msg("'%s' is stored, and no phase any more", machines[m].golden[i]);
        }
}

static void test_who_is_asked_is_asked_something(void **state)
{
    (void)state;
    for (int i = 1; i < CMD_KIND_N; i++) {
        const struct command_row *row = &command_rows[i];
        if (!row->word)
            continue;
        bool asks = row->peer <= COMMAND_TO_POP;
        assert_int_equal(*row->call != '\0', asks);
        assert_true(command_is_to(row->peer, i));
        int first = command_kind_of(row->peer, row->call);
        if (asks && i >= STEP_CODES) /* a step's request is asked for by its operation */
            assert_true(first <= i);
        else if (asks)
            assert_int_equal(first, i);
        if (row->peer == COMMAND_TO_VNFM)
            assert_int_not_equal(action_parse(row->call), ACTION_NONE);
    }
    assert_false(command_is_to(COMMAND_TO_VNFM, 0));
    assert_false(command_is_to(COMMAND_TO_VNFM, CMD_KIND_N));
    assert_int_equal(command_kind_of(COMMAND_TO_VNFM, "refresh"), 0);
}

/* A step's request has the step's code, word and action. */
static void test_requests_of_steps(void **state)
{
    (void)state;
    for (int i = STEP_CODES; i < CMD_KIND_N; i++) {
        int step = step_kind_of_code(i);
        if (!command_names[i])
            continue;
        assert_true(step >= 0);
        assert_string_equal(command_names[i] + strlen("STEP_"), step_kind_word(step));
        if (command_rows[i].peer == COMMAND_TO_VNFM)
            assert_string_equal(command_rows[i].call, action_word(step_kinds[step].action));
    }
}

static void test_the_time_of_a_kind(void **state)
{
    struct lifecycle_settings s = LIFECYCLE_SETTINGS_DEFAULT;
    (void)state;
    assert_int_equal(command_time(&s, CMD_INSTANTIATE), s.instantiate_us);
    assert_int_equal(command_time(&s, CMD_LIST_POP), s.driver_us * 9 / 4);
    assert_int_equal(command_time(&s, CMD_WAIT_OPERATION), s.driver_us * 2);
    assert_int_equal(command_time(&s, CMD_DELETE), s.delete_hint_us);
    assert_int_equal(command_time(&s, CMD_TIMER_LIST), 0); /* whoever opens it says it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_keep_their_meaning),
        cmocka_unit_test(test_phases_keep_their_words),
        cmocka_unit_test(test_who_is_asked_is_asked_something),
        cmocka_unit_test(test_requests_of_steps),
        cmocka_unit_test(test_the_time_of_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
