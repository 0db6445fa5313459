#include "proto/codec/codec.h"

#include <stdio.h>
#include <string.h>

struct walk {
    void (*report)(void *arg, const char *path, const char *what);
    void *arg;
    int count, max;
    char path[256];
};

static void record(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec);

static void violation(struct walk *w, const char *what)
{
    if (w->count++ < w->max)
        w->report(w->arg, w->path, what);
}

static void words(struct walk *w, const struct proto_field *f, const char *s)
{
    char what[200] = "must be one of";
    for (const char *const *word = f->words; *word; word++) {
        size_t used = strlen(what);
        if (strcmp(*word, s) == 0)
            return;
        snprintf(what + used, sizeof(what) - used, " %s", *word);
    }
    violation(w, what);
}

static void elements(struct walk *w, size_t path_len, const struct proto_field *f, const char *at)
{
    struct proto_map m; /* lists have the same head: { at, n } */
    memcpy(&m, at, sizeof(m));
    for (uint32_t i = 0; i < m.n && w->count < w->max; i++) {
        int n;
        if (f->kind == PROTO_LIST) {
            n = snprintf(w->path + path_len, sizeof(w->path) - path_len, "[%u]", i);
            struct proto_list l;
            memcpy(&l, at, sizeof(l));
            record(w, path_len + (size_t)n, f->type, l.at[i]);
        } else if (f->kind == PROTO_MAP) {
            n = snprintf(w->path + path_len, sizeof(w->path) - path_len, ".%.40s", m.at[i].key);
            record(w, path_len + (size_t)n, f->type, m.at[i].value);
        }
    }
}

static void member(struct walk *w, size_t path_len, const struct proto_field *f, const char *at, bool seen)
{
    union {
        const char *s;
        const void *p;
        int64_t i;
        struct proto_strs list;
    } v = { 0 };
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
        memcpy(&v.s, at, sizeof(v.s));
        if ((f->flags & REQUIRED) && (!v.s || !*v.s))
            violation(w, "must not be empty");
        else if (f->words && v.s && *v.s)
            words(w, f, v.s);
        break;
    case PROTO_INT:
        memcpy(&v.i, at, sizeof(v.i));
        if ((f->flags & REQUIRED) && !seen && v.i == 0)
            violation(w, "is missing");
        else if ((f->flags & POSITIVE) && seen && v.i < 1)
            violation(w, "must be at least 1");
        else if ((f->flags & NATURAL) && v.i < 0)
            violation(w, "must not be negative");
        break;
    case PROTO_BOOL:
    case PROTO_REAL:
        if ((f->flags & REQUIRED) && !seen)
            violation(w, "is missing");
        break;
    case PROTO_REC:
        memcpy(&v.p, at, sizeof(v.p));
        if (v.p)
            record(w, path_len, f->type, v.p);
        else if (f->flags & REQUIRED)
            violation(w, "is missing");
        break;
    default:
        memcpy(&v.list, at, sizeof(v.list));
        if ((f->flags & REQUIRED) && v.list.n == 0)
            violation(w, "must not be empty");
        if (f->kind == PROTO_LIST || f->kind == PROTO_MAP)
            elements(w, path_len, f, at);
    }
}

static void record(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec)
{
    const struct proto_rec *head = rec;
    if (path_len + 64 > sizeof(w->path)) /* deeper than any record of ours; the decoder bounds the depth */
        return;
    for (uint32_t i = 0; i < type->n_fields && w->count < w->max; i++) {
        const struct proto_field *f = &type->fields[i];
        int n = snprintf(w->path + path_len, sizeof(w->path) - path_len, "%s%s", path_len ? "." : "", f->wire);
        member(w, path_len + (size_t)n, f, (const char *)rec + f->offset, head->seen >> i & 1);
    }
}

int proto_validate_all(const struct proto_type *type, const void *rec, int max,
                       void (*report)(void *arg, const char *path, const char *what), void *arg)
{
    struct walk w = { .report = report, .arg = arg, .max = max };
    record(&w, 0, type, rec);
    return w.count;
}

static void first_violation(void *arg, const char *path, const char *what)
{
    err_set(arg, ERR_INVALID, "%s: %s", path, what);
    err_where(arg, "%s", path);
}

enum err_code proto_validate(const struct proto_type *type, const void *rec, struct err *err)
{
    struct err ignored;
    return proto_validate_all(type, rec, 1, first_violation, err ? err : &ignored) ? ERR_INVALID : ERR_OK;
}
