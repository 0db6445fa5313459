#include "proto/codec/codec.h"

#include "common/base/text.h"
#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct walk {
    void (*report)(void *arg, const char *path, const char *what);
    void *arg;
    int count, max;
    unsigned checks; /* enum proto_check */
    char path[256];
};

static void record(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec);

static void violation(struct walk *w, const char *what)
{
    if (w->count++ < w->max)
        w->report(w->arg, w->path, what);
}

/* The member is not there, or is no word of its list. */
static void violation_of_presence(struct walk *w, const char *what)
{
    if (w->checks & PROTO_CHECK_PRESENCE)
        violation(w, what);
}

static void violation_of_form(struct walk *w, const char *what)
{
    if (w->checks & PROTO_CHECK_FORMS)
        violation(w, what);
}

static void words(struct walk *w, const struct proto_field *f, const char *s)
{
    char what[400], shown[TEXT_SHOWN_SIZE]; /* all actions fit */
    size_t len = strlen(s);
    size_t begin = f->flags & BEGINNINGS && len > 0 && s[len - 1] == '*' ? len - 1 : SIZE_MAX;
    text_show(s, len, shown);
    snprintf(what, sizeof(what), "%s is none of", shown);
    for (const char *const *word = f->words; *word; word++) {
        size_t used = strlen(what);
        if (strcmp(*word, s) == 0 || (begin <= strlen(*word) && strncmp(*word, s, begin) == 0))
            return;
        snprintf(what + used, sizeof(what) - used, " %s", *word);
    }
    if (f->flags & BEGINNINGS)
        snprintf(what + strlen(what), sizeof(what) - strlen(what),
                 ", nor a beginning of one and *");
    violation_of_presence(w, what);
}

static void form(struct walk *w, const struct proto_form *form, const char *text)
{
    char what[160], shown[TEXT_SHOWN_SIZE];
    const char *wrong = *text ? form->wrong(text) : NULL;
    if (!wrong)
        return;
    text_show(text, strlen(text), shown);
    snprintf(what, sizeof(what), "%s %s", shown, wrong);
    violation_of_form(w, what);
}

static void forms(struct walk *w, size_t path_len, const struct proto_field *f,
                  const struct proto_list *list)
{
    for (uint32_t i = 0; i < list->n && w->count < w->max; i++) {
        snprintf(w->path + path_len, sizeof(w->path) - path_len, "[%u]", i);
        form(w, f->form, list->at[i]);
    }
    w->path[path_len] = '\0';
}

/* Go on to a record one step down: "[3]", ".key". A step too long to read is cut. */
static void step(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec,
                 const char *fmt, ...) PRINTF_LIKE(5, 6);
static void step(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec,
                 const char *fmt, ...)
{
    char text[64];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t n = utf8_cut(text, strlen(text));
    memcpy(w->path + path_len, text, n);
    w->path[path_len + n] = '\0';
    record(w, path_len + n, type, rec);
}

static void elements(struct walk *w, size_t path_len, const struct proto_field *f, const char *at)
{
    struct proto_list l; /* all three have the same head: { at, n } */
    struct proto_map m;
    struct proto_listmap lm;
    memcpy(&l, at, sizeof(l));
    memcpy(&m, at, sizeof(m));
    memcpy(&lm, at, sizeof(lm));
    for (uint32_t i = 0; i < l.n && w->count < w->max; i++) {
        if (f->kind == PROTO_LIST)
            step(w, path_len, f->type, l.at[i], "[%u]", i);
        else if (f->kind == PROTO_MAP)
            step(w, path_len, f->type, m.at[i].value, ".%s", m.at[i].key);
        for (uint32_t k = 0; f->kind == PROTO_LISTMAP && k < lm.at[i].value.n; k++)
            step(w, path_len, f->type, lm.at[i].value.at[k], ".%.40s[%u]", lm.at[i].key, k);
    }
}

static void integer(struct walk *w, const struct proto_field *f, int64_t v, bool seen)
{
    bool is_present = seen || v != 0;
    if ((f->flags & REQUIRED) && !is_present)
        violation_of_presence(w, "is missing");
    else if ((f->flags & POSITIVE) && is_present && v < 1)
        violation_of_form(w, "must be at least 1");
    else if ((f->flags & NATURAL) && v < 0)
        violation_of_form(w, "must not be negative");
    else if ((f->flags & INT32) && (v > INT32_MAX || v < INT32_MIN))
        violation_of_form(w, "does not fit 32 bits");
}

static void string(struct walk *w, const struct proto_field *f, const char *s)
{
    if ((f->flags & REQUIRED) && (!s || !*s))
        violation_of_presence(w, "must not be empty");
    else if (f->words && s && *s)
        words(w, f, s);
    else if (f->form && s)
        form(w, f->form, s);
}

static void collection(struct walk *w, size_t path_len, const struct proto_field *f, const char *at)
{
    struct proto_raw plain = {0}; /* n is a size_t there, 32 bits in lists and maps */
    struct proto_list list = {0};
    if (f->kind == PROTO_BYTES || f->kind == PROTO_RAW)
        memcpy(&plain, at, sizeof(plain));
    else
        memcpy(&list, at, sizeof(list));
    if ((f->flags & REQUIRED) && plain.n == 0 && list.n == 0)
        violation_of_presence(w, "must not be empty");
    if (f->type)
        elements(w, path_len, f, at);
    else if (f->form)
        forms(w, path_len, f, &list);
}

static void member(struct walk *w, size_t path_len, const struct proto_field *f, const char *at,
                   bool seen)
{
    union {
        const void *p;
        int64_t i;
        double d;
        bool b;
    } v = {0};
    bool is_missing = false;
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:  memcpy(&v.p, at, sizeof(v.p)); string(w, f, v.p); break;
    case PROTO_INT:  memcpy(&v.i, at, sizeof(v.i)); integer(w, f, v.i, seen); break;
    case PROTO_BOOL: memcpy(&v.b, at, sizeof(v.b)); is_missing = !seen && !v.b; break;
    case PROTO_REAL: memcpy(&v.d, at, sizeof(v.d)); is_missing = !seen && v.d == 0; break;
    case PROTO_REC:  memcpy(&v.p, at, sizeof(v.p)); is_missing = !v.p; break;
    default:         collection(w, path_len, f, at); break;
    }
    /* clang-format on */
    if (is_missing && (f->flags & REQUIRED))
        violation_of_presence(w, "is missing");
    if (f->kind == PROTO_REC && v.p)
        record(w, path_len, f->type, v.p);
}

static void record(struct walk *w, size_t path_len, const struct proto_type *type, const void *rec)
{
    const struct proto_rec *head = rec;
    /* Room for a name (at most 34) and a step. No record of ours is so deep, but what was not
     * looked at must not pass. */
    if (path_len + 34 + 64 + 2 > sizeof(w->path)) {
        violation(w, "is nested too deeply to be checked");
        return;
    }
    for (uint32_t i = 0; i < type->n_fields && w->count < w->max; i++) {
        const struct proto_field *f = &type->fields[i];
        int n = snprintf(w->path + path_len, sizeof(w->path) - path_len, "%s%.34s",
                         path_len ? "." : "", f->wire);
        member(w, path_len + (size_t)n, f, (const char *)rec + f->offset, head->seen >> i & 1);
    }
}

int proto_check(const struct proto_type *type, const void *rec, unsigned checks, int max,
                void (*report)(void *arg, const char *path, const char *what), void *arg)
{
    struct walk w = {.report = report, .arg = arg, .max = max, .checks = checks};
    record(&w, 0, type, rec);
    return w.count;
}

int proto_validate_all(const struct proto_type *type, const void *rec, int max,
                       void (*report)(void *arg, const char *path, const char *what), void *arg)
{
    unsigned all = PROTO_CHECK_PRESENCE | PROTO_CHECK_FORMS;
    return proto_check(type, rec, all, max, report, arg);
}

static void first_violation(void *arg, const char *path, const char *what)
{
    struct err *err = arg;
    err_set(err, ERR_INVALID, "%s: %s", path, what);
    err_where(err, "%.*s", (int)utf8_cut(path, strnlen(path, sizeof(err->where) - 1)), path);
}

enum err_code proto_validate_forms(const struct proto_type *type, const void *rec, struct err *err)
{
    struct err ignored;
    int n = proto_check(type, rec, PROTO_CHECK_FORMS, 1, first_violation, err ? err : &ignored);
    return n ? ERR_INVALID : ERR_OK;
}

enum err_code proto_validate(const struct proto_type *type, const void *rec, struct err *err)
{
    struct err ignored;
    int n = proto_validate_all(type, rec, 1, first_violation, err ? err : &ignored);
    return n ? ERR_INVALID : ERR_OK;
}
