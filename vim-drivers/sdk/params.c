#include "vim-drivers/sdk/internal.h"

#include <string.h>

static const char *skip_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : end;
}

/* The text is well-formed: counting brackets outside of strings is enough. */
static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        if (*p == '[' || *p == '{')
            depth++;
        else if (*p == ']' || *p == '}') {
            if (depth == 0)
                return p;
            depth--;
        } else if (*p == ',' && depth == 0)
            return p;
        p++;
    }
    return end;
}

static size_t trimmed(const char *from, const char *to)
{
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\n' || to[-1] == '\r'))
        to--;
    return (size_t)(to - from);
}

enum err_code params_split(struct proto_raw array, struct proto_raw *ret, unsigned max,
                           unsigned *ret_n, struct err *err)
{
    const char *p = array.at, *end = array.at + array.n;
    unsigned n = 0;
    if (!p || (p = skip_blank(p, end)) == end || *p != '[')
        return err_set(err, ERR_INVALID, "parameters are not an array");
    p = skip_blank(p + 1, end);
    while (p < end && *p != ']') {
        const char *from = p;
        if (n == max)
            return err_set(err, ERR_INVALID, "more than %u parameters", max);
        p = skip_value(p, end);
        ret[n] = (struct proto_raw){from, trimmed(from, p)};
        if (ret[n].n == 4 &&
            memcmp(from, "null", 4) == 0) /* 5.2, TRAP: peers count them differently */
            return err_set(err, ERR_INVALID, "parameter %u is null", n);
        n++;
        p = skip_blank(p < end && *p == ',' ? p + 1 : p, end);
    }
    *ret_n = n;
    return ERR_OK;
}
