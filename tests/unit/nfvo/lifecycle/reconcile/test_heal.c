/* When a server that is down is healed. */
#include "nfvo/lifecycle/reconcile/heal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/base/macros.h"

#include <cmocka.h>

#define S    INT64_C(1000000)
#define HOUR (3600 * S)

static const struct heal_limits limits = {
    .per_hour = 3, .at_once = 2, .pause_us = 120 * S, .settle_us = 60 * S, .outage_us = 1800 * S};

static void test_policy(void **state)
{
    static const struct {
        const char *vdu, *vnfd;
        enum heal_policy want;
    } cases[] = {
        {NULL, NULL, HEAL_BY_NOBODY},      {"", "", HEAL_BY_NOBODY},
        {"instance", NULL, HEAL_INSTANCE}, {"vnf", "", HEAL_VNF},
        {NULL, "vnf", HEAL_VNF},           {"", "instance", HEAL_INSTANCE},
        {"none", "vnf", HEAL_BY_NOBODY},   {"always", "vnf", HEAL_BY_NOBODY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(heal_policy_of(cases[i].vdu, cases[i].vnfd), cases[i].want);
}

static void test_answers(void **state)
{
    const int64_t now = 10 * HOUR;
    const struct {
        struct heal_facts f;
        enum heal_answer want;
        int64_t at;
    } cases[] = {
        {{.good_since = now - HOUR}, HEAL_NOW, 0},
        {{.good_since = 0}, HEAL_SETTLING, 0},
        {{.good_since = now - 59 * S}, HEAL_SETTLING, now + S},
        {{.good_since = now - 60 * S}, HEAL_NOW, 0},
        {{.good_since = now - HOUR, .outage_at = now - 10 * S}, HEAL_AFTER_OUTAGE, now + 1790 * S},
        {{.good_since = now - HOUR, .outage_at = now - 10 * S, .is_outage_acked = true},
         HEAL_NOW,
         0},
        {{.good_since = now - HOUR, .outage_at = now - 1800 * S}, HEAL_NOW, 0},
        {{.good_since = now - HOUR, .running = 1}, HEAL_NOW, 0},
        {{.good_since = now - HOUR, .running = 2}, HEAL_TURN, 0},
        /* 2 minutes, 4 minutes; then the hour is over */
        {{.good_since = now - HOUR,
          .attempts = 1,
          .hour_at = now - 119 * S,
          .last_at = now - 119 * S},
         HEAL_PAUSE,
         now + S},
        {{.good_since = now - HOUR,
          .attempts = 1,
          .hour_at = now - 120 * S,
          .last_at = now - 120 * S},
         HEAL_NOW,
         0},
        {{.good_since = now - HOUR,
          .attempts = 2,
          .hour_at = now - 600 * S,
          .last_at = now - 239 * S},
         HEAL_PAUSE,
         now + S},
        {{.good_since = now - HOUR,
          .attempts = 2,
          .hour_at = now - 600 * S,
          .last_at = now - 240 * S},
         HEAL_NOW,
         0},
        {{.good_since = now - HOUR,
          .attempts = 3,
          .hour_at = now - 3599 * S,
          .last_at = now - 3000 * S},
         HEAL_HOUR,
         now + S},
        {{.good_since = now - HOUR,
          .attempts = 3,
          .hour_at = now - HOUR,
          .last_at = now - 3000 * S},
         HEAL_NOW,
         0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct heal_facts f = cases[i].f;
        int64_t at = -1;
        f.now = now;
        f.looked_at = now - S;
        enum heal_answer got = heal_decide(&limits, &f, &at);
        if (got != cases[i].want || at != cases[i].at)
            fail_msg("case %zu: %d at %lld", i, (int)got, (long long)(at - now));
    }
}

/* What is known is older than what was done last: the simulator healed a server that was well. */
static void test_seen_since(void **state)
{
    struct heal_facts f = {.now = 10 * HOUR, .good_since = HOUR, .looked_at = 9 * HOUR};
    int64_t at;
    (void)state;
    f.changed_at = 9 * HOUR - 1;
    assert_int_equal(heal_decide(&limits, &f, &at), HEAL_NOW);
    f.changed_at = 9 * HOUR;
    assert_int_equal(heal_decide(&limits, &f, &at), HEAL_UNSEEN);
    assert_int_equal(at, 0);
}

/* A server that is down, always or now and then, costs at most per_hour attempts in any hour. */
static void test_never_a_storm(void **state)
{
    (void)state;
    for (int64_t down = S; down <= HOUR; down += 97 * S) {
        struct heal_facts f = {.good_since = 1};
        int64_t begun[200];
        int n = 0, first = 0;
        for (f.now = 10 * HOUR; f.now < 40 * HOUR; f.now += S) {
            int64_t at;
            for (; first < n && begun[first] <= f.now - HOUR; first++) /* as the store counts */
                ;
            f.attempts = n - first;
            f.hour_at = first < n ? begun[first] : 0;
            f.last_at = n ? begun[n - 1] : 0;
            f.looked_at = f.now - 1;
            if (f.now % HOUR >= down || heal_decide(&limits, &f, &at) != HEAL_NOW)
                continue;
            assert_true(n < 200);
            begun[n++] = f.now;
            if (n > 1)
                assert_true(begun[n - 1] - begun[n - 2] >= limits.pause_us);
            if (n > 3)
                assert_true(begun[n - 1] - begun[n - 4] >= HOUR);
        }
        assert_in_range(n, 28, 90);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_seen_since), cmocka_unit_test(test_never_a_storm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
