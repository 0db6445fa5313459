/* The wire's statuses: a pure function of stable states and open operations (operations.md 5,
 * amqp-protocol.md 4.1). Nothing stores them but as a copy. */
#ifndef NFVO_LIFECYCLE_OPERATION_PROJECTION_H
#define NFVO_LIFECYCLE_OPERATION_PROJECTION_H

#include "nfvo/lifecycle/operation/operation.h"
#include "nfvo/lifecycle/operation/view.h"

/* In the order of the wire: the smallest of the VNFRs' is the service's. */
#define WIRE_STATUSES(X)                                                                           \
    X(ERROR)                                                                                       \
    X(NULL) X(INITIALIZED) X(INACTIVE) X(SCALING) X(ACTIVE) X(TERMINATED) X(RESUMING)
enum wire_status {
#define X(word) WIRE_##word,
    WIRE_STATUSES(X)
#undef X
        WIRE_STATUS_N
};
extern const char *const wire_status_words[WIRE_STATUS_N];

enum wire_status vnfr_wire_status(const struct view_vnfr *v, const struct operations *open);
enum wire_status nsr_wire_status(const struct service_view *view, const struct operations *open);
/* nsr.task, which is `task` now, as op comes to that state; NULL: it stays as it is. The reference's
 * clients wait for these texts. An operation that has none ends with "Onboarded", as in the reference
 * (amqp-protocol.md 4.1): "Scaled out" of long ago says nothing of a service that was upgraded since. */
const char *nsr_wire_task(const struct operation *op, int state, const char *task);
/* What an instance's record shows; NULL: the driver's word, as it was; "": it is not in the
 * record. */
const char *instance_wire_state(const struct view_instance *i);

#endif
