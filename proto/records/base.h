/* Members that every stored class of the reference carries (amqp-protocol.md 9, "Common base").
 * Small values are left out on the wire: peers take an absent hbVersion for 0 and an absent shared
 * for false; only VDUs must carry their metadata (3.3, TRAP). */
#ifndef PROTO_RECORDS_BASE_H
#define PROTO_RECORDS_BASE_H

#include "proto/codec/codec.h"

/* clang-format off */
#define BASE_ID_FIELDS(X)                                          \
    X(STR,    id,         "id",        _, OWN_IF_NEW | KEY)        \
    X(INT,    hb_version, "hbVersion", _, OWN_NFVO)                \
    X(STR,    project_id, "projectId", _, OWN_NFVO)                \
    X(BOOL,   shared,     "shared",    _, OWN_NFVO)
#define BASE_FIELDS(X)                                             \
    BASE_ID_FIELDS(X)                                              \
    X(STRMAP, metadata,   "metadata",  _, OPTIONAL)
/* clang-format on */

/* Give an id to every record inside rec (itself included) that has a member "id" and none set; with
 * replace: to all of them. make_id returns an id that lives as long as the record. Ids must be
 * there before a record leaves us: amqp-protocol.md 10, item 11. */
void record_fill_ids(const struct proto_type *type, void *rec, bool replace,
                     const char *(*make_id)(void *arg), void *arg);

#endif
