/* Which object of a new text is which of the stored one: ids stay with their objects. */
#include "proto/records/base.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct ids {
    const char *(*make)(void *arg);
    void *arg;
};

static void keep(const struct ids *ids, const struct proto_type *type, void *rec, const void *old);

static const char *str_at(const void *rec, const struct proto_field *f)
{
    const char *s;
    memcpy(&s, (const char *)rec + f->offset, sizeof(s));
    return s && *s ? s : NULL;
}

/* --- lists ------------------------------------------------------------------------------------ */

struct entry {
    const char *value;
    uint32_t place, next; /* next: where to look on when this one is taken */
};

struct match {
    struct proto_list now, old;
    /* The cloud's name for it: what has one is known by nothing else */
    const struct proto_field *ext_id;
    uint32_t *partner; /* of each of now: its place in old, or old.n */
    bool *is_taken;    /* of each of old */
    struct entry *entries;
};

static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->value, y->value);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* What may tell the record apart; NULL: nothing. */
static const char *value_of(const struct match *m, const void *rec, const struct proto_field *f)
{
    bool is_second = m->ext_id && f != m->ext_id && strcmp(f->wire, "id") != 0;
    return is_second && str_at(rec, m->ext_id) ? NULL : str_at(rec, f);
}

static uint32_t sort_old(struct match *m, const struct proto_field *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->old.n; i++) {
        const char *value = value_of(m, m->old.at[i], f);
        if (value && !m->is_taken[i])
            m->entries[n++] = (struct entry){value, i, 0};
    }
    qsort(m->entries, n, sizeof(m->entries[0]), by_value);
    for (uint32_t i = 0; i < n; i++)
        m->entries[i].next = i + 1;
    return n;
}

/* The first that is not taken among the equal ones; n: none. Many may be equal: what is taken is
 * skipped for good. */
static uint32_t find_free(struct match *m, uint32_t n, const char *value)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (strcmp(m->entries[mid].value, value) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    uint32_t first = low;
    while (low < n && strcmp(m->entries[low].value, value) == 0) {
        if (!m->is_taken[m->entries[low].place])
            return m->entries[low].place;
        low = m->entries[low].next;
        m->entries[first].next = low;
    }
    return m->old.n;
}

static void pair(struct match *m, uint32_t now, uint32_t old)
{
    m->partner[now] = old;
    m->is_taken[old] = true;
}

static void match_by(struct match *m, const struct proto_field *f)
{
    uint32_t n = sort_old(m, f);
    for (uint32_t i = 0; n > 0 && i < m->now.n; i++) {
        const char *value = m->partner[i] == m->old.n ? value_of(m, m->now.at[i], f) : NULL;
        uint32_t found = value ? find_free(m, n, value) : m->old.n;
        if (found < m->old.n)
            pair(m, i, found);
    }
}

static const struct proto_field *field_named(const struct proto_type *type, const char *wire)
{
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].kind == PROTO_STR && strcmp(type->fields[i].wire, wire) == 0)
            return &type->fields[i];
    return NULL;
}

/* By id, which says it all; then by what tells them apart for peers and people. What has nothing of
 * that is known by its place. */
static void match_all(struct match *m, const struct proto_type *type)
{
    const struct proto_field *id = field_named(type, "id"), *name = field_named(type, "name");
    bool is_nameless = !m->ext_id && !name;
    if (id)
        match_by(m, id);
    if (m->ext_id)
        match_by(m, m->ext_id);
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        if (!(f->flags & KEY) || f->kind != PROTO_STR || f == id || f == m->ext_id)
            continue;
        is_nameless = false;
        match_by(m, f);
    }
    if (name)
        match_by(m, name);
    for (uint32_t i = 0; is_nameless && i < m->now.n && i < m->old.n; i++)
        if (m->partner[i] == m->old.n && !m->is_taken[i])
            pair(m, i, i);
}

static void keep_list(const struct ids *ids, const struct proto_type *type,
                      const struct proto_list *now, const struct proto_list *old)
{
    struct match m = {.now = *now, .old = *old, .ext_id = field_named(type, "extId")};
    m.partner = xcalloc(now->n + (size_t)1, sizeof(m.partner[0]));
    m.is_taken = xcalloc(old->n + (size_t)1, sizeof(m.is_taken[0]));
    m.entries = xcalloc(old->n + (size_t)1, sizeof(m.entries[0]));
    for (uint32_t i = 0; i < now->n; i++)
        m.partner[i] = old->n;
    match_all(&m, type);
    for (uint32_t i = 0; i < now->n; i++)
        keep(ids, type, now->at[i], m.partner[i] < old->n ? old->at[m.partner[i]] : NULL);
    free(m.partner);
    free(m.is_taken);
    free(m.entries);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Maps of records are small (a dependency's types): compared with each. */
static void keep_map(const struct ids *ids, const struct proto_type *type,
                     const struct proto_map *now, const struct proto_map *old)
{
    for (uint32_t i = 0; i < now->n; i++) {
        const void *partner = NULL;
        for (uint32_t k = 0; k < old->n && !partner; k++)
            if (strcmp(old->at[k].key, now->at[i].key) == 0)
                partner = old->at[k].value;
        keep(ids, type, now->at[i].value, partner);
    }
}

static void keep_listmap(const struct ids *ids, const struct proto_type *type,
                         const struct proto_listmap *now, const struct proto_listmap *old)
{
    static const struct proto_list none;
    for (uint32_t i = 0; i < now->n; i++) {
        const struct proto_list *partner = &none;
        for (uint32_t k = 0; k < old->n && partner == &none; k++)
            if (strcmp(old->at[k].key, now->at[i].key) == 0)
                partner = &old->at[k].value;
        keep_list(ids, type, &now->at[i].value, partner);
    }
}

/* A member of both; old NULL: of none. */
#define MEMBERS(T)                                                                                 \
    T a, b = {0};                                                                                  \
    memcpy(&a, at, sizeof(a));                                                                     \
    if (was)                                                                                       \
    memcpy(&b, was, sizeof(b))

static void keep_id(const struct ids *ids, char *at, const char *was)
{
    const char *id = NULL;
    if (was)
        memcpy(&id, was, sizeof(id));
    if (!id || !*id)
        id = ids->make(ids->arg);
    memcpy(at, &id, sizeof(id));
}

static void keep_member(const struct ids *ids, const struct proto_field *f, char *at,
                        const char *was)
{
    if (f->kind == PROTO_STR && strcmp(f->wire, "id") == 0) {
        keep_id(ids, at, was);
    } else if (f->kind == PROTO_REC) {
        void *a, *b = NULL;
        memcpy(&a, at, sizeof(a));
        if (was)
            memcpy(&b, was, sizeof(b));
        if (a)
            keep(ids, f->type, a, b);
    } else if (f->kind == PROTO_LIST) {
        MEMBERS(struct proto_list);
        keep_list(ids, f->type, &a, &b);
    } else if (f->kind == PROTO_MAP) {
        MEMBERS(struct proto_map);
        keep_map(ids, f->type, &a, &b);
    } else if (f->kind == PROTO_LISTMAP) {
        MEMBERS(struct proto_listmap);
        keep_listmap(ids, f->type, &a, &b);
    }
}

static void keep(const struct ids *ids, const struct proto_type *type, void *rec, const void *old)
{
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct proto_field *f = &type->fields[i];
        keep_member(ids, f, (char *)rec + f->offset, old ? (const char *)old + f->offset : NULL);
    }
}

void record_keep_ids(const struct proto_type *type, void *rec, const void *old,
                     const char *(*make_id)(void *arg), void *arg)
{
    const struct ids ids = {make_id, arg};
    keep(&ids, type, rec, old);
}
