/* Members that every stored class of the reference carries (amqp-protocol.md 9, "Common base").
 * What REST shows has them all (rest-api.md, section 0): PROTO_ENTITY. On the bus small values are
 * left out: peers take an absent hbVersion for 0 and an absent shared for false; only VDUs must
 * carry their metadata (3.3, TRAP). */
#ifndef PROTO_RECORDS_BASE_H
#define PROTO_RECORDS_BASE_H

#include "proto/records/form.h"

/* clang-format off */
#define BASE_ID_FIELDS(X)                                          \
    X(STR,    id,         "id",        _, OWN_IF_NEW | KEY)        \
    X(INT,    hb_version, "hbVersion", _, OWN_NFVO | ENTITY)                \
    X(STR,    project_id, "projectId", _, OWN_NFVO)                \
    X(BOOL,   shared,     "shared",    _, OWN_NFVO | ENTITY)
#define BASE_FIELDS(X)                                             \
    BASE_ID_FIELDS(X)                                              \
    X(STRMAP, metadata,   "metadata",  _, ENTITY)
/* clang-format on */

/* Give an id to every record inside rec (itself included) that has a member "id" and none set; with
 * replace: to all of them. make_id returns an id that lives as long as the record. Ids must be
 * there before a record leaves us: amqp-protocol.md 10, item 11. */
void record_fill_ids(const struct proto_type *type, void *rec, bool replace,
                     const char *(*make_id)(void *arg), void *arg);

/* rec comes anew and takes the place of old (NULL: of none): every record inside it (itself
 * included) gets the id of the one that it is in old, else a new one. An element of a list is the
 * one with its id, else with its extId, else (both without one) with its KEY or its name, else, of
 * a type that has none of them, at its place. An id that old does not have at that place is not
 * taken: it may be another object's. O(n log n) in the lists. */
void record_keep_ids(const struct proto_type *type, void *rec, const void *old,
                     const char *(*make_id)(void *arg), void *arg);

#endif
