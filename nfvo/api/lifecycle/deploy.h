/* Deploying an NSD, for the table of /ns-records; what it has in common with adding a VNF. */
#ifndef NFVO_API_LIFECYCLE_DEPLOY_H
#define NFVO_API_LIFECYCLE_DEPLOY_H

#include "nfvo/api/context.h"
#include "nfvo/api/request/command.h"

struct deploy_plan;
struct vnfd;
struct vnf_dependency_list;

call_fn nsr_deploy;
/* What the engine is told of a plan, in the command's arena. */
MUST_USE enum err_code deploy_request_of(struct api_command *cmd, const struct deploy_plan *plan,
                                         const struct deploy_request **ret, struct err *err);
/* The engine looks at the PoPs that it may use, which are none of the service's yet: for a plan. */
void deploy_request_look(struct api_command *cmd, const struct deploy_request *req);
/* The plan of a VNF that is added to a service, with the dependencies that it takes part in
 * (borrowed); the body of the request is that of a deployment. */
MUST_USE enum err_code deploy_plan_of_vnfd(struct call *c, struct vnfd *vnfd,
                                           const struct vnf_dependency_list *dependencies,
                                           struct deploy_plan *ret, struct err *err);

/* Of a service that is there, as its NSD is in the catalogue now: PoPs, keys and parameters are the
 * descriptors' own. */
MUST_USE enum err_code deploy_request_of_nsd(struct call *c, struct api_command *cmd,
                                             const char *nsd_id, const struct deploy_request **ret,
                                             struct err *err);
/* The same of a service; ret_why: why there is none, "" where there is one. Errors: of the service. */
MUST_USE enum err_code deploy_request_of_nsr(struct call *c, struct api_command *cmd,
                                             const char *nsr_id, const struct deploy_request **ret,
                                             const char **ret_why, struct err *err);

#endif
