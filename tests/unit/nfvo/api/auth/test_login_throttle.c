#include "nfvo/api/auth/login_throttle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S INT64_C(1000000)

static void waits(void **state)
{
    static const struct {
        bool is_known;
        int64_t pair, client, account, ago_us, want_us;
    } cases[] = {
        {false, 0, 0, 0, 0, 0},
        {false, 4, 4, 4, 0, 0},
        {false, 5, 5, 5, 0, 1 * S}, /* the first that waits */
        {false, 6, 6, 6, 0, 2 * S},
        {false, 6, 6, 6, 2 * S, 0},
        {false, 6, 6, 6, 3 * S, 0},
        {false, 6, 6, 6, S, S},
        {false, 15, 15, 15, 0, 900 * S},
        {false, 5000000, 0, 0, 0, 900 * S},
        {false, 0, 19, 0, 0, 0},
        {false, 0, 20, 0, 0, 1 * S}, /* many accounts from one address */
        {false, 0, 26, 0, 0, 60 * S},
        {false, 0, 900, 0, 0, 60 * S},
        {false, 0, 0, 99, 0, 0},
        {false, 0, 0, 100, 0, 1 * S}, /* many addresses, one account */
        {false, 0, 0, 100000, 0, 10 * S},
        {true, 4, 0, 0, 0, 0},
        {true, 5, 0, 0, 0, S / 4}, /* where the user is known he waits for little, */
        {true, 49, 0, 0, 0, S / 4},
        {true, 100000, 0, 0, 0, 1 * S},
        {true, 0, 100000, 100000, 0, 0}, /* and not for what others did */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t now = 1000 * S, at = now - cases[i].ago_us;
        struct store_login_standing s = {.is_known = cases[i].is_known,
                                         .pair = cases[i].pair,
                                         .client = cases[i].client,
                                         .account = cases[i].account,
                                         .pair_at_us = at,
                                         .client_at_us = at,
                                         .account_at_us = at,
                                         .now_us = now};
        int64_t got = login_wait_us(&s);
        if (got != cases[i].want_us)
            fail_msg("case %zu: %lld, not %lld", i, (long long)got, (long long)cases[i].want_us);
    }
}

static void guessers_stand_behind(void **state)
{
    struct store_login_standing fresh = {0}, guesser = {.pair = 3, .client = 9},
                                known = {.is_known = true, .client = 900, .account = 900};
    (void)state;
    assert_true(login_penalty(&fresh) < login_penalty(&guesser));
    assert_true(login_penalty(&known) < login_penalty(&fresh));
    assert_true(login_is_held(&known) && login_is_held(&fresh) && !login_is_held(&guesser));
    guesser.client = INT64_C(1) << 40;
    assert_in_range(login_penalty(&guesser), 1, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits),
        cmocka_unit_test(guessers_stand_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
