/* Between the plan*.c files. */
#ifndef NFVO_CATALOGUE_PLAN_INTERNAL_H
#define NFVO_CATALOGUE_PLAN_INTERNAL_H

#include "nfvo/catalogue/plan.h"

/* Every name in the body is one of the NSD's, every member one that there is. */
MUST_USE enum err_code plan_body(const struct deploy_body *body, const struct nsd *nsd,
                                 struct arena *a, struct err *err);
/* Candidates of each VDU. */
MUST_USE enum err_code plan_pops(const struct deploy_body *body, const struct plan_facts *facts,
                                 struct arena *a, struct deploy_plan *plan, struct err *err);
/* body.configurations into the copy of the NSD; login data of fixed hosts. */
MUST_USE enum err_code plan_configurations(const struct deploy_body *body, struct arena *a,
                                           struct nsd *nsd, struct err *err);

#endif
