/* "As it was": what an operation must leave behind when it is rolled back. Pure.
 *
 * Of what it claims, not of the whole service: beside a scale-out another VNFR may be healed. Taken
 * when it begins (operation.before), and again when it is ROLLED_BACK; the simulator compares the
 * same. Stored as one short text per object, so that what differs can be named. */
#ifndef NFVO_LIFECYCLE_OPERATION_DIGEST_H
#define NFVO_LIFECYCLE_OPERATION_DIGEST_H

#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/operation/view.h"

/* By object ("vnf web", "instance web-17"): 16 hexadecimal digits. */
struct proto_strmap digest_of(const struct service_view *view, const struct operation *op,
                              struct arena *a);
/* Sentences; none: it is as it was. */
struct proto_strs digest_differences(const struct proto_strmap *before,
                                     const struct proto_strmap *after, struct arena *a);

#endif
