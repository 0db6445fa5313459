/* Finding options by name, and guessing what was meant. */
#include "common/config/config_private.h"

#include <ctype.h>
#include <string.h>

static int fold(char c)
{
    return c == '_' || c == '.' ? '-' : tolower((unsigned char)c);
}

static bool is_same(const char *option, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (option[i] == '\0' || fold(option[i]) != fold(name[i]))
            return false;
    return option[len] == '\0';
}

struct config_slot *config_find(struct config_memory *m, const char *name, size_t len,
                                bool *ret_is_file)
{
    for (size_t i = 0; i < m->n; i++)
        if (is_same(m->slots[i].option->name, name, len)) {
            *ret_is_file = false;
            return &m->slots[i];
        }
    if (len <= 5 || !is_same("-file", name + len - 5, 5))
        return NULL;
    for (size_t i = 0; i < m->n; i++)
        if (m->slots[i].option->type == CONFIG_T_SECRET &&
            is_same(m->slots[i].option->name, name, len - 5)) {
            *ret_is_file = true;
            return &m->slots[i];
        }
    return NULL;
}

/* Levenshtein's distance. Names longer than the row are far from everything. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[64];
    if (a_len >= ARRAY_LEN(row) || b_len >= ARRAY_LEN(row))
        return ARRAY_LEN(row);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
            best = best < row[j] + 1 ? best : row[j] + 1;
            best = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *config_nearest(const struct config_memory *m, const char *name, size_t len)
{
    const char *nearest = NULL;
    size_t best = len / 3 + 2; /* farther than that is another word */
    for (size_t i = 0; i < m->n; i++) {
        const struct config_option *o = m->slots[i].option;
        size_t d = distance(o->name, strlen(o->name), name, len);
        if (d < best && !(o->flags & CONFIG_HIDDEN)) {
            best = d;
            nearest = o->name;
        }
    }
    return nearest;
}

enum err_code config_unknown(const struct config_memory *m, const char *name, size_t len,
                             struct err *err)
{
    const char *nearest = config_nearest(m, name, len);
    err_set(err, ERR_INVALID, "unknown option '%.*s'", (int)(len < 64 ? len : 64), name);
    return nearest ? err_hint(err, "did you mean '%s'?", nearest)
                   : err_hint(err, "--help lists the options");
}
