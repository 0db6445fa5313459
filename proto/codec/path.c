#include "proto/codec/path.h"

#include <stdlib.h>
#include <string.h>

struct step { /* one "name[element]" of the path */
    const char *name, *element;
    size_t name_len, element_len; /* element_len 0: none */
};

/* Cuts one step off. False: malformed. At the end of the path *at is "". */
static bool next_step(const char **at, struct step *s)
{
    const char *p = *at;
    *s = (struct step){.name = p, .name_len = strcspn(p, ".[")};
    p += s->name_len;
    if (*p == '[') {
        s->element = ++p;
        s->element_len = strcspn(p, "]");
        p += s->element_len;
        if (*p++ != ']' || s->element_len == 0)
            return false;
    }
    if (*p == '.' && p[1])
        p++;
    else if (*p)
        return false;
    *at = p;
    return s->name_len > 0;
}

static int64_t index_of(const struct step *s)
{
    char *end;
    long long i = strtoll(s->element, &end, 10);
    return end == s->element + s->element_len && i >= 0 ? i : -1;
}

static const struct proto_field *field_of(const struct proto_type *type, const struct step *s)
{
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        if (f->wire_len == s->name_len && memcmp(f->wire, s->name, s->name_len) == 0)
            return f;
        if (f->alias && strlen(f->alias) == s->name_len &&
            memcmp(f->alias, s->name, s->name_len) == 0)
            return f;
    }
    return NULL;
}

static bool is_map(uint8_t kind)
{
    return kind == PROTO_STRMAP || kind == PROTO_MAP || kind == PROTO_STRSMAP ||
           kind == PROTO_LISTMAP;
}

/* All collections begin with their array and count: struct proto_list and friends. */
static struct proto_list collection(const struct proto_field *f, const void *rec)
{
    struct proto_list l;
    memcpy(&l, (const char *)rec + f->offset, sizeof(l));
    return l;
}

static size_t pair_size(uint8_t kind)
{
    return kind == PROTO_STRSMAP || kind == PROTO_LISTMAP ? sizeof(struct proto_listpair)
                                                          : sizeof(struct proto_pair);
}

static const char *pair_at(const struct proto_field *f, const struct proto_list *l, size_t i)
{
    return (const char *)l->at + i * pair_size(f->kind);
}

/* Where the element's value is (a pointer in the array or the pair); NULL: absent. */
static const char *element_at(const struct proto_field *f, const struct proto_list *l,
                              const struct step *s)
{
    if (!is_map(f->kind)) {
        int64_t i = index_of(s);
        return i >= 0 && i < l->n ? (const char *)&l->at[i] : NULL;
    }
    for (uint32_t i = 0; i < l->n; i++) {
        const char *pair = pair_at(f, l, i), *key;
        memcpy(&key, pair, sizeof(key));
        if (strlen(key) == s->element_len && memcmp(key, s->element, s->element_len) == 0)
            return pair + offsetof(struct proto_pair, value);
    }
    return NULL;
}

/* What a path leads to: a member of a record, or an element of a member. */
struct place {
    const struct proto_field *field; /* NULL: an unknown member, `at` is its text */
    const char *at;                  /* of the member in its record, or of the element */
    bool is_element;
};

static bool find_extra(const void *rec, const struct step *s, const char *rest, struct place *ret)
{
    const struct proto_rec *head = rec;
    for (const struct proto_extra *x = head->extra; x; x = x->next)
        if (strlen(x->key) == s->name_len && memcmp(x->key, s->name, s->name_len) == 0 &&
            !s->element && !*rest) {
            *ret = (struct place){.at = x->value};
            return true;
        }
    return false;
}

static bool find(const struct proto_type *type, const void *rec, const char *path,
                 struct place *ret)
{
    struct step s;
    while (rec && next_step(&path, &s)) {
        const struct proto_field *f = field_of(type, &s);
        if (!f)
            return find_extra(rec, &s, path, ret);
        *ret = (struct place){.field = f, .at = (const char *)rec + f->offset};
        if (s.element) {
            struct proto_list l = collection(f, rec);
            if (f->kind < PROTO_STRS || f->kind == PROTO_REC || f->kind >= PROTO_BYTES)
                return false;
            ret->at = element_at(f, &l, &s);
            ret->is_element = true;
            if (!ret->at)
                return false;
        }
        if (!*path)
            return true;
        bool is_record =
            ret->is_element ? f->kind == PROTO_LIST || f->kind == PROTO_MAP : f->kind == PROTO_REC;
        if (!is_record)
            return false;
        memcpy(&rec, ret->at, sizeof(rec));
        type = f->type;
    }
    return false;
}

const char *proto_path_str(const struct proto_type *type, const void *rec, const char *path)
{
    struct place p;
    const char *s;
    if (!find(type, rec, path, &p))
        return NULL;
    if (!p.field)
        return p.at;
    bool is_text = p.is_element ? p.field->kind == PROTO_STRS || p.field->kind == PROTO_STRMAP
                                : p.field->kind == PROTO_STR || p.field->kind == PROTO_RAW;
    if (!is_text)
        return NULL;
    memcpy(&s, p.at, sizeof(s)); /* a raw member begins with its text, too */
    return s;
}

bool proto_path_int(const struct proto_type *type, const void *rec, const char *path, int64_t *ret)
{
    struct place p;
    bool b;
    if (!find(type, rec, path, &p) || !p.field || p.is_element)
        return false;
    if (p.field->kind == PROTO_INT) {
        memcpy(ret, p.at, sizeof(*ret));
        return true;
    }
    if (p.field->kind != PROTO_BOOL)
        return false;
    memcpy(&b, p.at, sizeof(b));
    *ret = b;
    return true;
}

size_t proto_path_count(const struct proto_type *type, const void *rec, const char *path)
{
    struct place p;
    struct proto_list l;
    const void *ptr;
    if (!find(type, rec, path, &p))
        return 0;
    if (!p.field || p.field->kind == PROTO_INT || p.field->kind == PROTO_BOOL ||
        p.field->kind == PROTO_REAL)
        return 1;
    if (!p.is_element && p.field->kind != PROTO_STR && p.field->kind != PROTO_REC &&
        p.field->kind < PROTO_BYTES) {
        memcpy(&l, p.at, sizeof(l));
        return l.n;
    }
    memcpy(&ptr, p.at, sizeof(ptr));
    return ptr != NULL;
}

const char *proto_path_key(const struct proto_type *type, const void *rec, const char *path,
                           size_t i)
{
    struct place p;
    struct proto_list l;
    const char *key;
    if (!find(type, rec, path, &p) || !p.field || p.is_element || !is_map(p.field->kind))
        return NULL;
    memcpy(&l, p.at, sizeof(l));
    if (i >= l.n)
        return NULL;
    memcpy(&key, pair_at(p.field, &l, i), sizeof(key));
    return key;
}

/* --- setting --- */

static enum err_code no_way(struct err *err, enum err_code code, const char *path, const char *what)
{
    err_set(err, code, "%s: %s", path, what);
    return err_where(err, "%s", path);
}

/* The element's place, added when it is the next one of a list or a new key. NULL: cannot be. */
static char *make_element(const struct proto_field *f, void *rec, const struct step *s,
                          struct arena *a)
{
    struct proto_list l = collection(f, rec);
    const char *have = element_at(f, &l, s);
    if (have)
        return (char *)l.at + (have - (const char *)l.at);
    if (f->kind == PROTO_STRSMAP || f->kind == PROTO_LISTMAP ||
        (!is_map(f->kind) && index_of(s) != l.n))
        return NULL;
    void *value =
        f->kind == PROTO_LIST || f->kind == PROTO_MAP ? arena_alloc(a, f->type->size) : NULL;
    if (is_map(f->kind)) {
        struct proto_map m = {.at = (void *)l.at, .n = l.n};
        proto_map_add(&m, arena_strndup(a, s->element, s->element_len), value, a);
        memcpy((char *)rec + f->offset, &m, sizeof(m));
        return (char *)&m.at[m.n - 1].value;
    }
    proto_list_add(&l, value, a);
    memcpy((char *)rec + f->offset, &l, sizeof(l));
    return (char *)&l.at[l.n - 1];
}

/* Walk to the member, making what is missing. */
static enum err_code reach(const struct proto_type *type, void *rec, const char *path,
                           struct arena *a, const struct proto_field **ret_field, char **ret_at,
                           bool *ret_is_element, struct err *err)
{
    const char *rest = path;
    struct step s;
    while (next_step(&rest, &s)) {
        const struct proto_field *f = field_of(type, &s);
        if (!f)
            return no_way(err, ERR_NOT_FOUND, path, "no such member");
        char *at = (char *)rec + f->offset;
        bool is_collection = f->kind >= PROTO_STRS && f->kind < PROTO_BYTES && f->kind != PROTO_REC;
        if (s.element && (!is_collection || (at = make_element(f, rec, &s, a)) == NULL))
            return no_way(err, ERR_INVALID, path, "no such element");
        if (!*rest) {
            *ret_field = f;
            *ret_at = at;
            *ret_is_element = s.element != NULL;
            return ERR_OK;
        }
        if (f->kind != PROTO_REC && !(s.element && (f->kind == PROTO_LIST || f->kind == PROTO_MAP)))
            return no_way(err, ERR_INVALID, path, "leads through a member that is no record");
        memcpy(&rec, at, sizeof(rec));
        if (!rec) {
            rec = arena_alloc(a, f->type->size);
            memcpy(at, &rec, sizeof(rec));
        }
        type = f->type;
    }
    return no_way(err, ERR_INVALID, path, "not a path");
}

enum err_code proto_path_set_str(const struct proto_type *type, void *rec, const char *path,
                                 const char *value, struct arena *a, struct err *err)
{
    const struct proto_field *f;
    bool is_element;
    char *at;
    enum err_code rc = reach(type, rec, path, a, &f, &at, &is_element, err);
    if (rc != ERR_OK)
        return rc;
    if (is_element ? f->kind != PROTO_STRS && f->kind != PROTO_STRMAP : f->kind != PROTO_STR)
        return no_way(err, ERR_INVALID, path, "is not a text");
    const char *copy = arena_strdup(a, value);
    memcpy(at, &copy, sizeof(copy));
    return ERR_OK;
}

enum err_code proto_path_set_int(const struct proto_type *type, void *rec, const char *path,
                                 int64_t value, struct arena *a, struct err *err)
{
    const struct proto_field *f;
    bool is_element, b = value != 0;
    char *at;
    enum err_code rc = reach(type, rec, path, a, &f, &at, &is_element, err);
    if (rc != ERR_OK)
        return rc;
    if (is_element || (f->kind != PROTO_INT && f->kind != PROTO_BOOL))
        return no_way(err, ERR_INVALID, path, "is not a number");
    if (f->kind == PROTO_INT)
        memcpy(at, &value, sizeof(value));
    else
        memcpy(at, &b, sizeof(b));
    return ERR_OK;
}
