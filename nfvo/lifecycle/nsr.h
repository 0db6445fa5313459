/* The NSR aggregate: what an intent means to it, its own phase, its status, its end. */
#ifndef NFVO_LIFECYCLE_NSR_H
#define NFVO_LIFECYCLE_NSR_H

#include "nfvo/lifecycle/vnfr.h"

void nsr_decide(struct decision *d);
void nsr_decide_deploy(struct decision *d, const struct deploy_request *req);

#endif
