#include "nfvo/catalogue/internal.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    const struct name_row *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

void name_index_init(struct name_index *index, const struct vnfd_list *vnfds, struct arena *a)
{
    index->n = vnfds->n;
    index->rows = arena_alloc(a, (vnfds->n + 1) * sizeof(index->rows[0]));
    for (uint32_t i = 0; i < vnfds->n; i++) {
        const char *name = vnfds->at[i]->name;
        index->rows[i] = (struct name_row){name ? name : "", i};
    }
    qsort(index->rows, index->n, sizeof(index->rows[0]), by_name);
}

static int row_against_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct name_row *)row)->name);
}

int64_t name_index_find(const struct name_index *index, const char *name)
{
    const struct name_row *row = NULL;
    if (name && index->n)
        row = bsearch(name, index->rows, index->n, sizeof(*row), row_against_name);
    return row ? (int64_t)row->at : -1;
}

int64_t name_index_duplicate(const struct name_index *index)
{
    int64_t found = -1;
    for (uint32_t i = 1; i < index->n; i++)
        if (strcmp(index->rows[i - 1].name, index->rows[i].name) == 0 &&
            (found < 0 || index->rows[i].at < found))
            found = index->rows[i].at;
    return found;
}
