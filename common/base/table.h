/* A table from strings to structs of the caller's: intrusive, so an entry costs no allocation of
 * its own.
 *
 *     struct thing { struct table_entry by_id; char *id; ... };
 *     table_put(&things, &thing->by_id, thing->id);
 *     struct table_entry *e = table_find(&things, id);
 *     struct thing *found = e ? CONTAINER_OF(e, struct thing, by_id) : NULL;
 *
 * Keys are borrowed and must not change while they are in. Two entries may have the same key: the
 * last one put is found. The order is none. Keys are ids: the hash does not defend against a peer
 * that chooses them to collide. Not thread-safe. */
#ifndef COMMON_BASE_TABLE_H
#define COMMON_BASE_TABLE_H

#include "common/base/macros.h"

struct table_entry {
    struct table_entry *next;
    const char *key;
    uint32_t hash;
};
struct table {
    struct table_entry **buckets;
    size_t n, cap; /* cap: a power of two, or 0 */
};

void table_put(struct table *t, struct table_entry *entry, const char *key);
struct table_entry *table_find(const struct table *t, const char *key); /* NULL when absent */
void table_remove(struct table *t, struct table_entry *entry);          /* absent is fine */
void table_release(struct table *t); /* the entries are the caller's */

#endif
