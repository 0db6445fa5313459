#include "nfvo/cli/validate.h"

#include "common/sys/ids.h"
#include "nfvo/catalogue/catalogue.h"

#include <stdio.h>
#include <string.h>

#define FINDINGS_MAX 1000
#define PATH_MAX_LEN 512

struct check {
    cli_finding_fn *report;
    void *arg;
    bool is_strict;
    int errors;
    const struct nsd *nsd;
    struct arena *a;
};

static void finding(struct check *k, bool is_error, const char *path, const char *what)
{
    k->errors += is_error;
    k->report(k->arg, is_error, path, what);
}

/* What only refers to a stored VNFD has none of its fields. */
static bool is_of_reference(const struct check *k, const char *path)
{
    unsigned i;
    return sscanf(path, "vnfd[%u]", &i) == 1 && i < k->nsd->vnfd.n &&
           catalogue_is_reference(k->nsd->vnfd.at[i]);
}

static void on_violation(void *arg, const char *path, const char *what)
{
    struct check *k = arg;
    if (!is_of_reference(k, path))
        finding(k, true, path, what);
}

static void walk(struct check *k, const struct proto_type *type, const void *rec, const char *path);

static void walk_list(struct check *k, const struct proto_type *type, const struct proto_list *list,
                      const char *path)
{
    char at[PATH_MAX_LEN];
    for (uint32_t i = 0; i < list->n; i++) {
        snprintf(at, sizeof(at), "%s[%u]", path, i);
        walk(k, type, list->at[i], at);
    }
}

static void walk_field(struct check *k, const struct proto_field *f, const void *value,
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

static void walk(struct check *k, const struct proto_type *type, const void *rec, const char *path)
{
    char at[PATH_MAX_LEN], what[160];
    const struct proto_rec *head = rec;
    const char *dot = *path ? "." : "";
    for (const struct proto_extra *x = head->extra; x; x = x->next) {
        const char *other = meant(type, x->key);
        snprintf(at, sizeof(at), "%s%s%s", path, dot, x->key);
        snprintf(what, sizeof(what), "unknown member%s%s%s", other ? "; is '" : "",
                 other ? other : "", other ? "' meant?" : "");
        finding(k, k->is_strict, at, what);
    }
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        snprintf(at, sizeof(at), "%s%s%s", path, dot, f->wire);
        if (f->type)
            walk_field(k, f, (const char *)rec + f->offset, at);
    }
}

static const char *make_id(void *arg)
{
    struct check *k = arg;
    char id[ID_SIZE];
    id_new(id);
    return arena_strdup(k->a, id);
}

/* Elements that only refer to a stored VNFD cannot be looked up here. */
static bool has_references(const struct nsd *nsd)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        if (catalogue_is_reference(nsd->vnfd.at[i]))
            return true;
    return false;
}

static void check_rules(struct check *k, struct nsd *nsd)
{
    const struct catalogue_rules rules = {
        .project_id = "", .now = "", .make_id = make_id, .arg = k};
    struct err err = ERR_INIT;
    enum err_code rc = catalogue_check_nsd_schema(nsd, &err);
    if (rc == ERR_OK && has_references(nsd)) {
        finding(k, false, "vnfd",
                "refers to VNFDs of the server: what depends on them is not checked here");
        return;
    }
    if (rc == ERR_OK)
        rc = catalogue_onboard_nsd(nsd, &rules, k->a, &err);
    if (rc != ERR_OK)
        finding(k, true, err.where, err.msg);
}

int cli_validate_nsd(const char *text, size_t len, bool is_strict, cli_finding_fn *report,
                     void *arg)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct check k = {.report = report, .arg = arg, .is_strict = is_strict, .a = &a};
    struct err err = ERR_INIT;
    struct nsd *nsd;
    if (proto_decode(&nsd_type, text, len, 0, &a, &nsd, &err) != ERR_OK) {
        finding(&k, true, err.where, err.msg);
        return k.errors;
    }
    walk(&k, &nsd_type, nsd, "");
    int before = k.errors;
    k.errors = 0;
    k.nsd = nsd;
    proto_validate_all(&nsd_type, nsd, FINDINGS_MAX, on_violation, &k);
    if (k.errors == 0) /* the rules stop at the first one, and would repeat what the tables said */
        check_rules(&k, nsd);
    return k.errors + before;
}
