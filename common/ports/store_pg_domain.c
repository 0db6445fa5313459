/* What the three parts of the store ask of a domain's tables. */
#include "common/ports/pg_internal.h"

#include <string.h>

int pg_n_keys(const struct row_kind *k)
{
    int n = 0;
    while (n < ROW_KEYS_MAX && k->keys[n])
        n++;
    return n;
}

int pg_agg_kind(const struct domain *dom, const char *name)
{
    for (int i = 0; i < dom->n_aggs; i++)
        if (strcmp(dom->aggs[i].name, name) == 0)
            return i;
    return -1;
}

bool pg_is_root(const struct domain *dom, int kind)
{
    for (int i = 0; i < dom->n_aggs; i++)
        if (dom->aggs[i].root == kind)
            return true;
    return false;
}
