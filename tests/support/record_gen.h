/* Random records out of their field tables: the same seed gives the same record. */
#ifndef TESTS_SUPPORT_RECORD_GEN_H
#define TESTS_SUPPORT_RECORD_GEN_H

#include "proto/codec/codec.h"

struct record_gen {
    uint64_t state; /* any seed but 0 */
    struct arena *arena;
    int depth;  /* records nested at most so deep */
    int extras; /* at most so many unknown members in each record */
};

uint64_t gen_number(struct record_gen *g, uint64_t below);
const char *gen_text(struct record_gen *g); /* with whatever a string may hold */
void *gen_record(struct record_gen *g, const struct proto_type *type);

#endif
