#include "proto/codec/codec.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 3 /* KEY members of one type that count */

static size_t size_of(const struct proto_field *f)
{
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
    case PROTO_REC:
        return sizeof(void *);
    case PROTO_INT:
        return sizeof(int64_t);
    case PROTO_BOOL:
        return sizeof(bool);
    case PROTO_REAL:
        return sizeof(double);
    case PROTO_BYTES:
    case PROTO_RAW:
        return sizeof(struct proto_raw);
    default:
        return sizeof(struct proto_map);
    }
}

/* Did the peer say anything about the member? */
static bool is_carried(const struct proto_field *f, const void *rec, uint32_t i)
{
    const struct proto_rec *head = rec;
    static const char zero[sizeof(struct proto_map)];
    return (head->seen >> i & 1) || memcmp((const char *)rec + f->offset, zero, size_of(f)) != 0;
}

static const char *str_at(const struct proto_field *f, const void *rec)
{
    const char *s;
    memcpy(&s, (const char *)rec + f->offset, sizeof(s));
    return s;
}

/* Is there a value that OWN_IF_NEW protects? "" and [] are none: what was stored by
 * PROTO_COMPLETE comes back with empty lists that nobody ever filled. */
static bool is_filled(const struct proto_field *f, const void *rec, uint32_t i)
{
    struct proto_map m;
    struct proto_raw raw;
    const char *at = (const char *)rec + f->offset;
    switch ((enum proto_kind)f->kind) {
    case PROTO_STR:
        return str_at(f, rec) && *str_at(f, rec);
    case PROTO_INT:
    case PROTO_BOOL:
    case PROTO_REAL:
    case PROTO_REC:
        return is_carried(f, rec, i);
    case PROTO_BYTES:
    case PROTO_RAW:
        memcpy(&raw, at, sizeof(raw));
        return raw.n > 0;
    default:
        memcpy(&m, at, sizeof(m));
        return m.n > 0;
    }
}

/* --- which element is the same ----------------------------------------------------------------
 * Two elements are the same when the first KEY member that both carry is equal. Comparing each with
 * each would take minutes for two lists of 10,000, so larger lists are sorted once: an
 * entry per element and key, in the order (key, which keys before it the element has, value,
 * place). An element looks for an entry of each of its keys, and there among the elements that
 * share no earlier key with it. */
struct entry {
    const char *value;
    uint32_t place;
    uint8_t key, before; /* before: bit i: the element carries key i too, i < key */
};

struct finder {
    const struct proto_field *keys[KEYS_MAX];
    int n_keys;
    void **list;
    uint32_t n;
    struct entry *entries; /* NULL: the list is short, compare with each */
    size_t n_entries;
};

static unsigned keys_of(const struct finder *f, const void *rec)
{
    unsigned mask = 0;
    for (int k = 0; k < f->n_keys; k++)
        if (str_at(f->keys[k], rec) && *str_at(f->keys[k], rec))
            mask |= 1u << k;
    return mask;
}

static int order(const struct entry *a, const struct entry *b)
{
    if (a->key != b->key)
        return a->key - b->key;
    if (a->before != b->before)
        return a->before - b->before;
    return strcmp(a->value, b->value);
}

static int order_in_list(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int o = order(x, y);
    return o ? o : (x->place > y->place) - (x->place < y->place);
}

static void finder_init(struct finder *f, const struct proto_type *type, void **list, uint32_t n,
                        uint32_t searches)
{
    *f = (struct finder){.list = list, .n = n};
    for (uint32_t i = 0; i < type->n_fields && f->n_keys < KEYS_MAX; i++)
        if ((type->fields[i].flags & KEY) && type->fields[i].kind == PROTO_STR)
            f->keys[f->n_keys++] = &type->fields[i];
    if ((size_t)n * searches <= 256)
        return;
    f->entries = xcalloc((size_t)n * KEYS_MAX, sizeof(*f->entries));
    for (uint32_t i = 0; i < n; i++) {
        unsigned mask = keys_of(f, list[i]);
        for (int k = 0; k < f->n_keys; k++)
            if (mask >> k & 1)
                f->entries[f->n_entries++] =
                    (struct entry){.value = str_at(f->keys[k], list[i]),
                                   .place = i,
                                   .key = (uint8_t)k,
                                   .before = (uint8_t)(mask & ((1u << k) - 1))};
    }
    qsort(f->entries, f->n_entries, sizeof(*f->entries), order_in_list);
}

static void finder_release(struct finder *f)
{
    free(f->entries);
}

static bool same(const struct finder *f, const void *a, const void *b)
{
    unsigned both = keys_of(f, a) & keys_of(f, b);
    if (both == 0)
        return false;
    const struct proto_field *key = f->keys[__builtin_ctz(both)];
    return strcmp(str_at(key, a), str_at(key, b)) == 0;
}

/* The first entry that is not before `want`, if it is equal: its place, else f->n. */
static uint32_t lookup(const struct finder *f, const struct entry *want)
{
    size_t low = 0, high = f->n_entries;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (order(&f->entries[mid], want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->n_entries && order(&f->entries[low], want) == 0 ? f->entries[low].place : f->n;
}

/* The place of the first element that is the same as rec; f->n if there is none. */
static uint32_t find_same(const struct finder *f, const void *rec)
{
    uint32_t best = f->n, at;
    if (!f->entries) {
        for (at = 0; at < f->n && !same(f, f->list[at], rec);)
            at++;
        return at;
    }
    unsigned mask = keys_of(f, rec);
    for (int k = 0; k < f->n_keys; k++) {
        if (!(mask >> k & 1))
            continue;
        struct entry want = {.value = str_at(f->keys[k], rec), .key = (uint8_t)k};
        for (unsigned before = 0; before < 1u << k; before++) {
            want.before = (uint8_t)before;
            if ((before & mask) == 0 && (at = lookup(f, &want)) < best)
                best = at;
        }
    }
    return best;
}

/* --- merging ---------------------------------------------------------------------------------- */
struct merge {
    const struct proto_allocator *allocator;
    struct arena *a;
};

static void merge_members(const struct merge *m, const struct proto_type *type, void *dst,
                          const void *src);

static void *merged_into_new(const struct merge *m, const struct proto_type *type, const void *src)
{
    void *rec = proto_new(type, m->a);
    merge_members(m, type, rec, src);
    return rec;
}

static bool any_has_key(const struct finder *f, const struct proto_list *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (keys_of(f, l->at[i]))
            return true;
    return false;
}

/* The array may be shared with another record: a copy grows, never the array itself. */
static void merge_list(const struct merge *m, const struct proto_field *field, bool is_one_value,
                       char *dst_at, const char *src_at)
{
    const struct proto_type *type = field->type;
    struct arena *a = m->a;
    struct proto_list dst, src, out = {0};
    memcpy(&dst, dst_at, sizeof(dst));
    memcpy(&src, src_at, sizeof(src));
    AUTO(finder_release) struct finder find;
    finder_init(&find, type, dst.at, dst.n, src.n);
    is_one_value |= src.n > 0 && !any_has_key(&find, &src);
    bool stay = !is_one_value && !(field->flags & MIRROR);
    bool *taken = stay ? NULL : arena_alloc(a, dst.n);
    for (uint32_t i = 0; stay && i < dst.n; i++)
        proto_list_add(&out, dst.at[i], a);
    for (uint32_t i = 0; i < src.n; i++) {
        uint32_t k = is_one_value ? dst.n : find_same(&find, src.at[i]);
        if (k < dst.n)
            merge_members(m, type, dst.at[k], src.at[i]);
        bool add = k == dst.n || (!stay && !taken[k]);
        if (taken && k < dst.n)
            taken[k] = true;
        if (add && out.n < PROTO_MERGE_MAX)
            proto_list_add(&out, k < dst.n ? dst.at[k] : merged_into_new(m, type, src.at[i]), a);
    }
    if (!out.at) /* present and empty */
        out.at = dst.at ? dst.at : src.at;
    memcpy(dst_at, &out, sizeof(out));
}

static const char *pair_key(const char *array, size_t size, uint32_t i)
{
    const char *key;
    memcpy(&key, array + i * size, sizeof(key));
    return key;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(pair_key(*(const char *const *)a, 0, 0), pair_key(*(const char *const *)b, 0, 0));
}

static int key_to_pair(const void *key, const void *b)
{
    return strcmp(key, pair_key(*(const char *const *)b, 0, 0));
}

static void merge_value(const struct merge *m, const struct proto_field *f, char *dst,
                        const char *src)
{
    const size_t at = offsetof(struct proto_pair, value);
    void *to = NULL, *from;
    if (f->kind != PROTO_MAP) {
        size_t size = f->kind == PROTO_STRMAP ? sizeof(char *) : sizeof(struct proto_list);
        memcpy(dst + at, src + at, size);
        return;
    }
    memcpy(&to, dst + at, sizeof(to));
    memcpy(&from, src + at, sizeof(from));
    if (to) {
        merge_members(m, f->type, to, from);
    } else {
        to = merged_into_new(m, f->type, from);
        memcpy(dst + at, &to, sizeof(to));
    }
}

static void merge_map(const struct merge *m, const struct proto_field *f, char *dst_at,
                      const char *src_at)
{
    bool narrow = f->kind == PROTO_STRMAP || f->kind == PROTO_MAP;
    size_t size = narrow ? sizeof(struct proto_pair) : sizeof(struct proto_listpair);
    struct proto_map dst, src;
    memcpy(&dst, dst_at, sizeof(dst));
    memcpy(&src, src_at, sizeof(src));
    if (src.n == 0) {
        if (!dst.at)
            memcpy(dst_at, &src, sizeof(src));
        return;
    }
    const char *from = (const char *)src.at;
    char *out = arena_alloc(m->a, ((size_t)dst.n + src.n) * size);
    char **sorted = arena_alloc(m->a, dst.n * sizeof(*sorted));
    if (dst.n)
        memcpy(out, dst.at, dst.n * size);
    for (uint32_t i = 0; i < dst.n; i++)
        sorted[i] = out + i * size;
    qsort(sorted, dst.n, sizeof(*sorted), by_key);
    uint32_t n = dst.n;
    for (uint32_t i = 0; i < src.n; i++) {
        const char *key = pair_key(from, size, i);
        char **hit = bsearch(key, sorted, dst.n, sizeof(*sorted), key_to_pair);
        if (!hit && n >= PROTO_MERGE_MAX)
            continue;
        char *to = hit ? *hit : out + n++ * size;
        memcpy(to, &key, sizeof(key));
        merge_value(m, f, to, from + i * size);
    }
    dst = (struct proto_map){(void *)out, n};
    memcpy(dst_at, &dst, sizeof(dst));
}

static void merge_extra(struct proto_rec *dst, const struct proto_rec *src, struct arena *a)
{
    for (const struct proto_extra *x = src->extra; x; x = x->next) {
        struct proto_extra **p = &dst->extra;
        int count = 0;
        for (; *p && strcmp((*p)->key, x->key) != 0; p = &(*p)->next)
            count++;
        if (!*p && count >= PROTO_EXTRA_MAX)
            continue;
        if (!*p)
            *p = arena_alloc(a, sizeof(**p));
        (*p)->key = x->key;
        (*p)->value = x->value;
        (*p)->value_len = x->value_len;
    }
}

static void merge_record(const struct merge *m, const struct proto_type *type, char *dst_at,
                         const char *src_at)
{
    void *to, *from;
    memcpy(&to, dst_at, sizeof(to));
    memcpy(&from, src_at, sizeof(from));
    if (!from)
        return;
    if (to) {
        merge_members(m, type, to, from);
    } else {
        to = merged_into_new(m, type, from);
        memcpy(dst_at, &to, sizeof(to));
    }
}

/* Does the peer's value count? is_peers: the peer made this record itself. */
static bool is_taken(const struct proto_field *f, bool is_peers, const void *dst, const void *src,
                     uint32_t i)
{
    if ((f->flags & OWN_NFVO) || !is_carried(f, src, i))
        return false;
    if (!is_filled(f, dst, i))
        return true;
    if ((f->flags & OWN_IF_NEW) || ((f->flags & OWN_ALLOCATED) && !is_peers))
        return false;
    return !(f->flags & OWN_ALLOCATED) || is_filled(f, src, i); /* empty takes nothing away */
}

static bool is_the_peers(const struct merge *m, const struct proto_type *type, const void *rec)
{
    const struct proto_allocator *by = m->allocator;
    for (uint32_t i = 0; by && i < type->n_fields; i++)
        if (type->fields[i].flags & OWN_ALLOCATED)
            return !by->is_ours(by->arg, type, rec);
    return false;
}

static void merge_members(const struct merge *m, const struct proto_type *type, void *dst,
                          const void *src)
{
    struct proto_rec *head = dst;
    bool is_peers = is_the_peers(m, type, dst);
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        char *to = (char *)dst + f->offset;
        const char *from = (const char *)src + f->offset;
        if (!is_taken(f, is_peers, dst, src, i))
            continue;
        head->seen |= UINT64_C(1) << i;
        switch ((enum proto_kind)f->kind) {
        case PROTO_LIST:
            merge_list(m, f, is_peers && (f->flags & OWN_ALLOCATED), to, from);
            break;
        case PROTO_REC:
            merge_record(m, f->type, to, from);
            break;
        case PROTO_STRMAP:
        case PROTO_STRSMAP:
        case PROTO_MAP:
        case PROTO_LISTMAP:
            merge_map(m, f, to, from);
            break;
        default:
            memcpy(to, from, size_of(f));
        }
    }
    merge_extra(head, src, m->a);
}

void proto_merge_allocated(const struct proto_type *type, void *dst, const void *src,
                           const struct proto_allocator *allocator, struct arena *a)
{
    merge_members(&(struct merge){allocator, a}, type, dst, src);
}

void proto_merge(const struct proto_type *type, void *dst, const void *src, struct arena *a)
{
    proto_merge_allocated(type, dst, src, NULL, a);
}
