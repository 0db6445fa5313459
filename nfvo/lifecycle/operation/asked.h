/* What an operation was asked for, kept while it is queued: it is planned anew when its turn comes,
 * since those before it may have changed what it is about. Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_ASKED_H
#define NFVO_LIFECYCLE_OPERATION_ASKED_H

#include "nfvo/lifecycle/operation/planner.h"
#include "proto/records/operation.h"

struct plan_request *asked_copy(const struct plan_request *r, struct arena *a); /* deep */
struct stored_asked *asked_write(const struct plan_request *r, struct arena *a);
/* NULL: it names a kind that there is not, or more counts than are taken. */
struct plan_request *asked_read(const struct stored_asked *stored, struct arena *a);

#endif
