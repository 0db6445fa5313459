/* Members that no table knows: mostly a name that is not spelled as it should be. */
#include "nfvo/catalogue/catalogue.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_LEN 512

struct walk {
    void (*report)(void *arg, const char *path, const char *what);
    void *arg;
};

static void walk(const struct walk *k, const struct proto_type *type, const void *rec,
                 const char *path);

static void walk_list(const struct walk *k, const struct proto_type *type,
                      const struct proto_list *list, const char *path)
{
    char at[PATH_MAX_LEN];
    for (uint32_t i = 0; i < list->n; i++) {
        snprintf(at, sizeof(at), "%s[%u]", path, i);
        walk(k, type, list->at[i], at);
    }
}

static void walk_field(const struct walk *k, const struct proto_field *f, const void *value,
                       const char *path)
{
    char at[PATH_MAX_LEN];
    const struct proto_map *map = value;
    if (f->kind == PROTO_REC && *(void *const *)value)
        walk(k, f->type, *(void *const *)value, path);
    else if (f->kind == PROTO_LIST)
        walk_list(k, f->type, value, path);
    for (uint32_t i = 0; f->kind == PROTO_MAP && i < map->n; i++) {
        snprintf(at, sizeof(at), "%s.%s", path, map->at[i].key);
        walk(k, f->type, map->at[i].value, at);
    }
}

/* The member that was probably meant: the only one that differs by case, '_' or '-', or begins
 * alike. */
static const char *meant(const struct proto_type *type, const char *key)
{
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const char *a = key, *b = type->fields[i].wire;
        while (*a && *b) {
            if (*a == '_' || *a == '-')
                a++;
            else if (*b == '_')
                b++;
            else if (((unsigned char)*a | 32) == ((unsigned char)*b | 32))
                a++, b++;
            else
                break;
        }
        if ((!*a || (*a == 's' && !a[1])) && (!*b || (*b == 's' && !b[1])))
            return b - (b - type->fields[i].wire);
    }
    return NULL;
}

static void walk(const struct walk *k, const struct proto_type *type, const void *rec,
                 const char *path)
{
    char at[PATH_MAX_LEN], what[160];
    const struct proto_rec *head = rec;
    const char *dot = *path ? "." : "";
    for (const struct proto_extra *x = head->extra; x; x = x->next) {
        const char *other = meant(type, x->key);
        snprintf(at, sizeof(at), "%s%s%s", path, dot, x->key);
        snprintf(what, sizeof(what), "unknown member%s%s%s", other ? "; is '" : "",
                 other ? other : "", other ? "' meant?" : "");
        k->report(k->arg, at, what);
    }
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        snprintf(at, sizeof(at), "%s%s%s", path, dot, f->wire);
        if (f->type)
            walk_field(k, f, (const char *)rec + f->offset, at);
    }
}

void catalogue_unknown_members(const struct proto_type *type, const void *rec,
                               void (*report)(void *arg, const char *path, const char *what),
                               void *arg)
{
    const struct walk k = {report, arg};
    walk(&k, type, rec, "");
}
