/* One record with a member of each kind, and shorthands, for the tests of the codec. */
#ifndef TESTS_UNIT_PROTO_CODEC_SAMPLE_H
#define TESTS_UNIT_PROTO_CODEC_SAMPLE_H

#include "proto/codec/codec.h"

/* clang-format off */
#define LEAF_FIELDS(X)                                          \
    X(STR, id,   "id",   _, OWN_IF_NEW | KEY)                   \
    X(STR, name, "name", _, REQUIRED | KEY)                     \
    X(INT, n,    "n",    _, POSITIVE)                           \
    X(STR, ours, "ours", _, OWN_NFVO)
PROTO_RECORD(leaf, LEAF_FIELDS)

#define ALLOTTED_FIELDS(X)                                      \
    X(STR,  id,    "id",    _,    OWN_IF_NEW | KEY)             \
    X(STR,  host,  "host",  _,    OWN_ALLOCATED)                \
    X(STR,  state, "state", _,    OPTIONAL)                     \
    X(LIST, ips,   "ips",   leaf, OWN_ALLOCATED)
PROTO_RECORD(allotted, ALLOTTED_FIELDS)

#define BARE_FIELDS(X) X(STR, a, "a", _, OPTIONAL) X(STR, b, "b", _, OPTIONAL)
PROTO_RECORD(bare, BARE_FIELDS)

#define SAMPLE_FIELDS(X)                                                    \
    X(STR,     str,     "str",     _,      OPTIONAL, .alias = "string")     \
    X(INT,     num,     "num",     _,      OPTIONAL)                        \
    X(BOOL,    flag,    "flag",    _,      EMIT)                            \
    X(REAL,    real,    "real",    _,      OPTIONAL)                        \
    X(STRS,    strs,    "strs",    _,      EMIT)                            \
    X(STRMAP,  strmap,  "strmap",  _,      OPTIONAL)                        \
    X(STRSMAP, strsmap, "strsmap", _,      OPTIONAL)                        \
    X(REC,     one,     "rec",     leaf,   OPTIONAL)                        \
    X(LIST,    list,    "list",    leaf,   EMIT)                            \
    X(MAP,     map,     "map",     leaf,   OPTIONAL)                        \
    X(LISTMAP, listmap, "listmap", leaf,   OPTIONAL)                        \
    X(BYTES,   bytes,   "bytes",   _,      OPTIONAL)                        \
    X(RAW,     raw,     "raw",     _,      OPTIONAL)                        \
    X(STR,     named,   "named",   _,      NAME_OF_OBJECT)                  \
    X(STR,     first,   "first",   _,      FIRST_OF_ARRAY)                  \
    X(REC,     in_text, "in_text", sample, OBJECT_IN_TEXT)                  \
    X(REC,     deeper,  "deeper",  sample, OPTIONAL)                        \
    X(STR,     secret,  "secret",  _,      SECRET)                          \
    X(STR,     word,    "word",    _,      OPTIONAL, .words = sample_words) \
    X(INT,     natural, "natural", _,      NATURAL)                         \
    X(STR,     ours,    "ours",    _,      OWN_NFVO)                        \
    X(STR,     new_str, "new_str", _,      OWN_IF_NEW)                      \
    X(LIST,    new_list, "new_list", leaf, OWN_IF_NEW)                      \
    X(LIST,    bare,    "bare",    bare,   OPTIONAL)                        \
    X(LIST,    mirror,  "mirror",  leaf,   MIRROR)                          \
    X(STR,     emptied, "emptied", _,      EMPTY_COUNTS)                    \
    X(LIST,    allotted, "allotted", allotted, OPTIONAL)
PROTO_FORWARD(sample)
PROTO_STRUCT(sample, SAMPLE_FIELDS)
/* clang-format on */

static const char *const sample_words[] = {"ON", "OFF", NULL};

#define PROTO_THIS struct leaf
PROTO_RECORD_DEFINE(leaf, LEAF_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct allotted
PROTO_RECORD_DEFINE(allotted, ALLOTTED_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct bare
PROTO_RECORD_DEFINE(bare, BARE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct sample
PROTO_RECORD_DEFINE(sample, SAMPLE_FIELDS)
#undef PROTO_THIS

#endif
