#include "nfvo/cli/guess.h"

#include "common/base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void the_nearest_word(void **state)
{
    static const struct {
        const char *typed, *best;
    } rows[] = {
        {"list", "list"},
        {"lst", "list"},
        {"lsit", "list"},
        {"lits", "list"},
        {"lists", "list"},
        {"scale-ot", "scale-out"},
        {"scaleout", "scale-out"},
        {"hist", "history"},
        {"h", NULL},
        {"explode", NULL},
        {"", NULL},
        {"xyz", NULL},
        {"up", "update"},
        {"scale", "scale-out"}, /* the first of those that are as near */
    };
    static const char *const words[] = {"show",    "list",   "scale-out", "scale-in",
                                        "history", "update", ""};
    static char long_one[5000];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cli_guess g = {.typed = rows[i].typed};
        for (size_t k = 0; k < ARRAY_LEN(words); k++)
            cli_guess_try(&g, words[k]);
        const char *best = cli_guess_best(&g);
        if (!rows[i].best != !best || (best && strcmp(best, rows[i].best) != 0))
            fail_msg("'%s': got '%s', want '%s'", rows[i].typed, best, rows[i].best);
    }
    memset(long_one, 'x', sizeof(long_one) - 1);
    struct cli_guess g = {.typed = long_one};
    cli_guess_try(&g, long_one);
    assert_null(cli_guess_best(&g));
    cli_guess_try(&g, "list");
    assert_null(cli_guess_best(&g));
    g = (struct cli_guess){.typed = "xxx"};
    cli_guess_try(&g, long_one);
    assert_null(cli_guess_best(&g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nearest_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
