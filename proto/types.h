/* All records and messages, for whoever walks over them: JSON Schema, reference pages, property
 * tests, fuzzers. A record that is missing here fails tests/unit/proto/test_types.c. */
#ifndef PROTO_TYPES_H
#define PROTO_TYPES_H

#include "proto/codec/codec.h"

extern const struct proto_type *const proto_types[]; /* NULL at the end; messages first */

const struct proto_type *proto_type_find(const char *name); /* "vnfr"; NULL: none of ours */

#endif
