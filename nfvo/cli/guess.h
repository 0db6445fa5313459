/* "did you mean ...?": the word of a list that is nearest to one that was mistyped. Pure.
 *
 *     struct cli_guess g = {.typed = "lst"};
 *     cli_guess_try(&g, "list");                 // for each word that there is
 *     if (cli_guess_best(&g))
 *         ...
 */
#ifndef NFVO_CLI_GUESS_H
#define NFVO_CLI_GUESS_H

#include <stddef.h>

struct cli_guess {
    const char *typed, *best; /* borrowed */
    size_t distance;          /* of best */
};

void cli_guess_try(struct cli_guess *g, const char *word);
/* NULL: nothing is near. A word is near when a third of its letters, one at least, were left out,
 * added, exchanged or swapped, or when it begins with what was typed. */
const char *cli_guess_best(const struct cli_guess *g);

#endif
