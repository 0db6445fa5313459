#include "proto/codec/codec.h"

#include <string.h>

void *proto_new(const struct proto_type *type, struct arena *a)
{
    return arena_alloc(a, type->size);
}

void *proto_dup(const struct proto_type *type, const void *rec, struct arena *a)
{
    /* By its text: one way in and out for every kind, and unknown members come along. Used off the hot path only. */
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    void *copy = NULL;
    proto_encode(type, rec, 0, &text);
    if (proto_decode(type, text.s, text.len, 0, a, &copy, NULL) != ERR_OK)
        copy = proto_new(type, a); /* deeper than a decoder accepts: cannot have come from one */
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

static size_t size_of(const struct proto_field *f)
{
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
    case PROTO_REC: return sizeof(void *);
    case PROTO_INT: return sizeof(int64_t);
    case PROTO_BOOL: return sizeof(bool);
    case PROTO_REAL: return sizeof(double);
    case PROTO_BYTES:
    case PROTO_RAW: return sizeof(struct proto_raw);
    default: return sizeof(struct proto_map);
    }
}

static bool is_set(const struct proto_field *f, const void *rec, uint32_t i)
{
    const struct proto_rec *head = rec;
    char zero[sizeof(struct proto_map)] = { 0 };
    return (head->seen >> i & 1) || memcmp((const char *)rec + f->offset, zero, size_of(f)) != 0;
}

static const char *str_at(const struct proto_field *f, const void *rec)
{
    const char *s;
    memcpy(&s, (const char *)rec + f->offset, sizeof(s));
    return s;
}

/* Are a and b the same element of a list? By the first KEY member that both carry. */
static bool same(const struct proto_type *type, const void *a, const void *b)
{
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        if (!(f->flags & KEY) || f->kind != PROTO_STR)
            continue;
        const char *x = str_at(f, a), *y = str_at(f, b);
        if (x && *x && y && *y)
            return strcmp(x, y) == 0;
    }
    return false;
}

static bool has_key(const struct proto_type *type)
{
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].flags & KEY)
            return true;
    return false;
}

static void merge_list(const struct proto_type *type, char *dst_at, const char *src_at, struct arena *a)
{
    struct proto_list dst, src;
    memcpy(&src, src_at, sizeof(src));
    if (!has_key(type)) { /* nothing tells the elements apart: the list is one value */
        memcpy(dst_at, &src, sizeof(src));
        return;
    }
    memcpy(&dst, dst_at, sizeof(dst));
    uint32_t had = dst.n;
    if (!dst.at)
        dst.at = src.at && src.n == 0 ? src.at : NULL;
    /* The array may be shared with another record: grow a copy, never in place. */
    struct proto_list out = { 0 };
    for (uint32_t i = 0; i < dst.n; i++)
        proto_list_add(&out, dst.at[i], a);
    for (uint32_t i = 0; i < src.n; i++) {
        uint32_t k = 0;
        while (k < had && !same(type, out.at[k], src.at[i]))
            k++;
        if (k < had)
            proto_merge(type, out.at[k], src.at[i], a);
        else
            proto_list_add(&out, src.at[i], a);
    }
    if (!out.at)
        out.at = dst.at;
    memcpy(dst_at, &out, sizeof(out));
}

static void merge_extra(struct proto_rec *dst, const struct proto_rec *src, struct arena *a)
{
    for (const struct proto_extra *x = src->extra; x; x = x->next) {
        struct proto_extra **p = &dst->extra;
        while (*p && strcmp((*p)->key, x->key) != 0)
            p = &(*p)->next;
        if (!*p)
            *p = arena_alloc(a, sizeof(**p));
        (*p)->key = x->key;
        (*p)->value = x->value;
        (*p)->value_len = x->value_len;
    }
}

void proto_merge(const struct proto_type *type, void *dst, const void *src, struct arena *a)
{
    struct proto_rec *head = dst;
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        char *to = (char *)dst + f->offset;
        const char *from = (const char *)src + f->offset;
        if ((f->flags & OWN_NFVO) || !is_set(f, src, i))
            continue;
        if ((f->flags & OWN_IF_NEW) && is_set(f, dst, i))
            continue;
        head->seen |= UINT64_C(1) << i;
        if (f->kind == PROTO_LIST) {
            merge_list(f->type, to, from, a);
        } else if (f->kind == PROTO_REC && str_at(f, dst)) {
            void *d, *s;
            memcpy(&d, to, sizeof(d));
            memcpy(&s, from, sizeof(s));
            if (s)
                proto_merge(f->type, d, s, a);
        } else {
            memcpy(to, from, size_of(f));
        }
    }
    merge_extra(head, src, a);
}
