/* A deployment takes its share of its project's quota. */
#ifndef NFVO_API_ADMIN_PROJECT_QUOTA_H
#define NFVO_API_ADMIN_PROJECT_QUOTA_H

#include "nfvo/api/context.h"

struct deploy_plan;
struct plan_request;
struct vnfr_list;

/* ERR_LIMIT: the quota has not so much left. A project without quota costs one look. A VDU counts
 * with all its components, at the largest flavour that its name has on the PoPs that the plan
 * lists for it; without a flavour, or where no PoP has told it, as instances only. */
MUST_USE enum err_code quota_claim(struct call *c, const struct deploy_plan *plan,
                                   const char *nsr_id, struct err *err);
/* The same, looked at only. */
MUST_USE enum err_code quota_look(struct call *c, const struct deploy_plan *plan, struct err *err);
/* More servers of the VDUs of VNFs that are there (at least one), as a plan's counts say. is_dry: looked
 * at only. */
MUST_USE enum err_code quota_claim_more(struct call *c, const char *nsr_id,
                                        const struct vnfr_list *vnfrs,
                                        const struct plan_request *plan, bool is_dry,
                                        struct err *err);
/* The plan's VNF more of a service that is there. */
MUST_USE enum err_code quota_claim_vnf(struct call *c, const struct deploy_plan *plan,
                                       const char *nsr_id, bool is_dry, struct err *err);
/* It was not deployed: the share is given back. Borrows a connection. */
void quota_drop(struct api *api, const char *nsr_id);

#endif
