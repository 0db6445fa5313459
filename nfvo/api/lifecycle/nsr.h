/* What the handlers of a network service (nsr.c) and of its parts (nsr_parts.c) share. */
#ifndef NFVO_API_LIFECYCLE_NSR_H
#define NFVO_API_LIFECYCLE_NSR_H

#include "nfvo/api/context.h"

struct nsr;
/* The one that the path names, without its VNFRs. ERR_NOT_FOUND. */
MUST_USE enum err_code nsr_read(struct call *c, struct nsr **ret, struct err *err);

#endif
