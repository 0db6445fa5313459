/* POST /ns-records/{nsdId}. */
#ifndef NFVO_API_DEPLOY_H
#define NFVO_API_DEPLOY_H

#include "nfvo/api/context.h"

call_fn nsr_deploy;

#endif
