/* The versions of a service's records as one word: a plan applies while that is the same, and so does
 * what was asked of a record that somebody has read. A sum, since rows come in any order. */
#ifndef NFVO_LIFECYCLE_BASIS_H
#define NFVO_LIFECYCLE_BASIS_H

#include "common/base/arena.h"

#include <stdint.h>

uint64_t basis_of_nsr(const char *id, int64_t version);
/* phase: its word. */
uint64_t basis_of_vnfr(const char *id, int64_t version, const char *phase);
uint64_t basis_of_text(const char *text);
/* Of that of a deployment's plan: where placement begins. NULL: none, or it is not one. */
const char *basis_spread(const char *basis, struct arena *a);
const char *basis_text(uint64_t sum, struct arena *a);

#endif
