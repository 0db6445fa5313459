#include "nfvo/cli/guess.h"

#include <stdbool.h>
#include <string.h>

enum { LENGTH_MAX = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters left out, added, exchanged, or swapped with their neighbour (optimal string alignment). */
static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LENGTH_MAX + 1] = {{0}};
    for (size_t k = 0; k <= b_len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            now[k] =
                least(before[k - 1] + (a[i - 1] != b[k - 1]), least(now[k - 1], before[k]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                now[k] = least(now[k], older[k - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void cli_guess_try(struct cli_guess *g, const char *word)
{
    size_t typed = strlen(g->typed), n = strlen(word);
    if (typed == 0 || n == 0 || typed > LENGTH_MAX || n > LENGTH_MAX)
        return;
    bool is_begin = typed >= 2 && strncmp(word, g->typed, typed) == 0;
    size_t distance = is_begin ? 0 : distance_of(g->typed, typed, word, n);
    size_t limit = n < 6 ? 1 : n / 3;
    if (distance > limit || distance >= n || (g->best && distance >= g->distance))
        return;
    g->best = word;
    g->distance = distance;
}

const char *cli_guess_best(const struct cli_guess *g)
{
    return g->best;
}
