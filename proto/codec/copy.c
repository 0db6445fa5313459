#include "proto/codec/codec.h"

#include <string.h>

void proto_set_true(const struct proto_type *type, void *rec)
{
    const bool is = true;
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].flags & TRUE_IF_ABSENT)
            memcpy((char *)rec + type->fields[i].offset, &is, sizeof(is));
}

void *proto_new(const struct proto_type *type, struct arena *a)
{
    void *rec = arena_alloc(a, type->size);
    if (type->n_true)
        proto_set_true(type, rec);
    return rec;
}

static void *dup_bytes(const void *at, size_t n, struct arena *a)
{
    char *copy = arena_alloc(a, n);
    if (n)
        memcpy(copy, at, n);
    return copy;
}

/* An array's elements, shallow: what they point to is copied afterwards. NULL stays NULL, since
 * "absent" and "empty" differ. */
static void *dup_array(const void *at, uint32_t n, size_t size, struct arena *a)
{
    return at ? dup_bytes(at, n * size, a) : NULL;
}

static void dup_strs(struct proto_strs *l, struct arena *a)
{
    l->at = dup_array(l->at, l->n, sizeof(l->at[0]), a);
    for (uint32_t i = 0; i < l->n; i++)
        l->at[i] = arena_strdup(a, l->at[i]);
}

static void dup_list(const struct proto_type *type, struct proto_list *l, struct arena *a)
{
    l->at = dup_array(l->at, l->n, sizeof(l->at[0]), a);
    for (uint32_t i = 0; i < l->n; i++)
        l->at[i] = proto_dup(type, l->at[i], a);
}

static void dup_map(const struct proto_field *f, struct proto_map *m, struct arena *a)
{
    m->at = dup_array(m->at, m->n, sizeof(m->at[0]), a);
    for (uint32_t i = 0; i < m->n; i++) {
        m->at[i].key = arena_strdup(a, m->at[i].key);
        m->at[i].value = f->kind == PROTO_MAP ? proto_dup(f->type, m->at[i].value, a)
                                              : arena_strdup(a, m->at[i].value);
    }
}

static void dup_wide_map(const struct proto_field *f, struct proto_listmap *m, struct arena *a)
{
    m->at = dup_array(m->at, m->n, sizeof(m->at[0]), a);
    for (uint32_t i = 0; i < m->n; i++) {
        m->at[i].key = arena_strdup(a, m->at[i].key);
        if (f->kind == PROTO_LISTMAP) {
            dup_list(f->type, &m->at[i].value, a);
        } else {
            struct proto_strs l;
            memcpy(&l, &m->at[i].value, sizeof(l));
            dup_strs(&l, a);
            memcpy(&m->at[i].value, &l, sizeof(l));
        }
    }
}

#define DUP(generic, statement)                                                                    \
    do {                                                                                           \
        generic v;                                                                                 \
        memcpy(&v, at, sizeof(v));                                                                 \
        statement;                                                                                 \
        memcpy(at, &v, sizeof(v));                                                                 \
    } while (0)

/* What the shallow copy at `at` points to. */
static void dup_member(const struct proto_field *f, char *at, struct arena *a)
{
    /* clang-format off */
    switch ((enum proto_kind)f->kind) {
    case PROTO_INT:
    case PROTO_BOOL:
    case PROTO_REAL:    break;
    case PROTO_STR:     DUP(const char *, v = arena_strdup(a, v)); break;
    case PROTO_REC:     DUP(void *, v = v ? proto_dup(f->type, v, a) : NULL); break;
    case PROTO_STRS:    DUP(struct proto_strs, dup_strs(&v, a)); break;
    case PROTO_LIST:    DUP(struct proto_list, dup_list(f->type, &v, a)); break;
    case PROTO_STRMAP:
    case PROTO_MAP:     DUP(struct proto_map, dup_map(f, &v, a)); break;
    case PROTO_STRSMAP:
    case PROTO_LISTMAP: DUP(struct proto_listmap, dup_wide_map(f, &v, a)); break;
    case PROTO_BYTES:   DUP(struct proto_bytes, v.at = v.at ? dup_bytes(v.at, v.n, a) : NULL); break;
    case PROTO_RAW:     DUP(struct proto_raw, v.at = v.at ? arena_strndup(a, v.at, v.n) : NULL); break;
    }
    /* clang-format on */
}

void *proto_dup(const struct proto_type *type, const void *rec, struct arena *a)
{
    /* Not by way of its text: the decoder's limits would lose a record that we built larger. */
    char *copy = dup_bytes(rec, type->size, a);
    for (uint32_t i = 0; i < type->n_fields; i++)
        dup_member(&type->fields[i], copy + type->fields[i].offset, a);
    struct proto_extra **tail = &((struct proto_rec *)(void *)copy)->extra;
    for (; *tail; tail = &(*tail)->next) {
        struct proto_extra *x = dup_bytes(*tail, sizeof(*x), a);
        x->key = arena_strdup(a, x->key);
        x->value = arena_strndup(a, x->value, x->value_len);
        *tail = x;
    }
    return copy;
}

bool proto_strs_has(const struct proto_strs *list, const char *text)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i], text) == 0)
            return true;
    return false;
}

const char *proto_strmap_get(const struct proto_strmap *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->at[i].key, key) == 0)
            return map->at[i].value;
    return NULL;
}

void proto_strmap_set(struct proto_strmap *map, const char *key, const char *value, struct arena *a)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->at[i].key, key) == 0) {
            map->at[i].value = value;
            return;
        }
    proto_map_add(map, key, value, a);
}
