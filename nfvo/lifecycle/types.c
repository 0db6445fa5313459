#include "nfvo/lifecycle/types.h"

#define PROTO_THIS struct deploy_vnfm
PROTO_RECORD_DEFINE(deploy_vnfm, DEPLOY_VNFM_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct deploy_request
PROTO_RECORD_DEFINE(deploy_request, DEPLOY_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct pop_request
PROTO_RECORD_DEFINE(pop_request, POP_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct internal
PROTO_RECORD_DEFINE(internal, INTERNAL_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct nsr_state
PROTO_RECORD_DEFINE(nsr_state, NSR_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfr_state
PROTO_RECORD_DEFINE(vnfr_state, VNFR_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct instance_state
PROTO_RECORD_DEFINE(instance_state, INSTANCE_STATE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct pop_state
PROTO_RECORD_DEFINE(pop_state, POP_STATE_FIELDS)
#undef PROTO_THIS
