/* nfvo/store/words.h: each word that a predicate compares with is one of its table. */
#include "nfvo/store/words.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define X(name, ...) #name,
static const char *const nsr[] = {NSR_PHASES(X) NULL}, *const vnfr[] = {VNFR_PHASES(X) NULL},
                         *const instance[] = {INSTANCE_PHASES(X) NULL},
                         *const pop[] = {POP_PHASES(X) NULL}, *const drift[] = {DRIFTS(X) NULL};
#undef X

static bool has(const char *const *words, const char *at, size_t len)
{
    for (; *words; words++)
        if (strlen(*words) == len && strncmp(*words, at, len) == 0)
            return true;
    return false;
}

static void test_words_of_predicates(void **state)
{
    static const struct {
        const char *sql, *const *words;
        int n;
    } rows[] = {
        {SQL_NSR_IS_SEEN, nsr, 1},
        {SQL_NSR_IS_ACTIVE, nsr, 1},
        {SQL_NSR_IS_FAILED, nsr, 1},
        {SQL_NSR_IS_IN_FLIGHT, nsr, 2},
        {SQL_VNFR_IS_ACTIVE, vnfr, 1},
        {SQL_VNFR_IS_COMING, vnfr, VNFR_ACTIVE},
        {SQL_INSTANCE_IS_UP, instance, 1},
        {SQL_INSTANCE_IS_LEFT, instance, 1},
        {SQL_INSTANCE_HAS_AGENT, instance, 2},
        {SQL_POP_IS_SEEN, pop, 1},
        {SQL_DRIFT_IS_GONE, drift, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int n = 0;
        const char *at = rows[i].sql, *end;
        for (; (at = strchr(at, '\'')) != NULL; at = end + 1, n++) {
            end = strchr(at + 1, '\'');
            assert_non_null(end);
            if (!has(rows[i].words, at + 1, (size_t)(end - at - 1)))
                fail_msg("%s: not a word of its table: %s", rows[i].sql, at);
        }
        assert_int_equal(n, rows[i].n);
    }
}

static void test_kinds_by_who_is_asked(void **state)
{
    (void)state;
    assert_string_equal(SQL_IS_TO_VNFM,
                        "kind IN ('', 'INSTANTIATE', 'MODIFY', 'START', "
                        "'RELEASE_RESOURCES', 'LOG_REQUEST', "
                        "'STEP_REINSTANTIATE', 'STEP_MODIFY', 'STEP_START', 'STEP_STOP', "
                        "'STEP_SCALE_OUT', 'STEP_SCALE_IN', 'STEP_HEAL', 'STEP_UPDATE_SCRIPT', "
                        "'STEP_UPDATE', 'STEP_EXECUTE')");
    assert_string_equal(SQL_IS_TO_POP, "kind IN ('', 'PREPARE_POP', 'LIST_POP')");
}

static void test_what_is_healed(void **state)
{
    (void)state;
    assert_string_equal(SQL_DRIFT_IS_HEALED, "believed IN ('', 'SERVER_GONE', 'SERVER_STOPPED')");
    assert_string_equal(SQL_NUMBER(DRIFT_BELIEVED), "5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_predicates),
        cmocka_unit_test(test_kinds_by_who_is_asked),
        cmocka_unit_test(test_what_is_healed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
