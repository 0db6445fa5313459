/* Servers that a PoP lists and that no row owns (migrations/0047_reconcile.sql: orphan, server_past). */
#ifndef NFVO_STORE_STORE_ORPHAN_H
#define NFVO_STORE_STORE_ORPHAN_H

#include "nfvo/store/store.h"
#include "proto/codec/codec.h"

/* Which of these (ids, names of servers that are nobody's now) were ours, on that PoP, and how that
 * is known: "id" (we launched a server with that id), "token" (the id is made of an instance's),
 * "launch" (a launch of that name was never answered), "name" (its name alone, which another suite
 * on the same cloud may have given, too). */
MUST_USE enum err_code store_past_find(struct db *db, const char *pop, struct db_array *ids,
                                       struct db_array *names,
                                       void (*report)(void *arg, int64_t index, const char *mark),
                                       void *arg, struct err *err);

/* Those to collect: asked by name or id, or (names empty) all that were launched by us for sure; at
 * most max. They are marked as asked for by `who`. */
MUST_USE enum err_code store_orphans_take(struct db *db, const char *pop, struct db_array *names,
                                          const char *who, int64_t max, struct arena *a,
                                          struct proto_strs *ret, struct err *err);
/* By policy: PoPs that have some which were seen for older_us and are sure. */
MUST_USE enum err_code store_orphans_due(struct db *db, int64_t older_us, struct arena *a,
                                         struct proto_strs *ret_pops, struct err *err);

#endif
