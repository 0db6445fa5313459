#include "common/base/table.h"

#include "common/base/hash.h"
#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Ids are random enough, and chosen by our own orchestrator. */
static uint32_t hash_of(const char *key)
{
    return (uint32_t)hash_text(HASH_START, key);
}

static void grow(struct table *t)
{
    size_t cap = t->cap ? t->cap * 2 : 64;
    struct table_entry **buckets = xcalloc(cap, sizeof(struct table_entry *));
    for (size_t i = 0; i < t->cap; i++)
        for (struct table_entry *e = t->buckets[i], *next; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash & (cap - 1)];
            buckets[e->hash & (cap - 1)] = e;
        }
    free(t->buckets);
    t->buckets = buckets;
    t->cap = cap;
}

void table_put(struct table *t, struct table_entry *entry, const char *key)
{
    if (t->n >= t->cap)
        grow(t);
    entry->key = key;
    entry->hash = hash_of(key);
    entry->next = t->buckets[entry->hash & (t->cap - 1)];
    t->buckets[entry->hash & (t->cap - 1)] = entry;
    t->n++;
}

struct table_entry *table_find(const struct table *t, const char *key)
{
    if (!t->cap)
        return NULL;
    uint32_t hash = hash_of(key);
    struct table_entry *e = t->buckets[hash & (t->cap - 1)];
    while (e && (e->hash != hash || strcmp(e->key, key) != 0))
        e = e->next;
    return e;
}

void table_remove(struct table *t, struct table_entry *entry)
{
    if (!t->cap)
        return;
    for (struct table_entry **at = &t->buckets[entry->hash & (t->cap - 1)]; *at; at = &(*at)->next)
        if (*at == entry) {
            *at = entry->next;
            t->n--;
            return;
        }
}

void table_release(struct table *t)
{
    free(t->buckets);
    *t = (struct table){0};
}
