/* Values of dependencies, for those who write them (amqp-protocol.md 4.5; operations.md 2.6). All of
 * it borrowed; what is made lives in the decision's arena. */
#ifndef NFVO_LIFECYCLE_DEPENDENCY_H
#define NFVO_LIFECYCLE_DEPENDENCY_H

#include "nfvo/lifecycle/told.h"
#include "nfvo/lifecycle/vnfr.h"

/* The entry of an instance under its source's type; made where there is none. */
struct dependency_parameters *dependency_entry(struct decision *d,
                                               struct vnf_record_dependency *dep, const char *type,
                                               const char *instance);

#endif
