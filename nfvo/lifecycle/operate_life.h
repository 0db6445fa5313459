/* Between operate_life.c and operate_dependencies.c, which make a VNFR of a service that is there
 * and take it away again. */
#ifndef NFVO_LIFECYCLE_OPERATE_LIFE_H
#define NFVO_LIFECYCLE_OPERATE_LIFE_H

#include "nfvo/lifecycle/operate_private.h"

/* What the VNFR is made of (nsd: one VNFD, and the dependencies that it takes part in) is kept in
 * `before` of its INSTANTIATE: a retry begins anew with it. */
const char *operate_deploy_text(struct nsr_model *m, const struct deploy_request *req);
struct deploy_request *operate_deploy_of(struct nsr_model *m, const struct operation *op,
                                         const char *vnfr); /* NULL: none of its steps makes it */
void operate_forget_deploy(struct operation *op);           /* it has ended */

/* The service's fault goes with that of the last VNFR that was broken. */
void operate_mend_service(struct nsr_model *m);

/* ADD_VNF. The service as it will be, for its planner; id: the VNFR's. Errors: ERR_STATE,
 * ERR_INVALID. */
MUST_USE enum err_code operate_check_added(struct nsr_model *m, const struct operate_request *req,
                                           struct err *err);
struct service_view *operate_view_added(struct nsr_model *m, const struct deploy_request *req,
                                        const char *id);

#endif
