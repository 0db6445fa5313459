#include "proto/records/record.h"

#define PROTO_THIS struct history_event
PROTO_RECORD_DEFINE(history_event, HISTORY_EVENT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct dependency_parameters
PROTO_RECORD_DEFINE(dependency_parameters, DEPENDENCY_PARAMETERS_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfc_dependency_parameters
PROTO_RECORD_DEFINE(vnfc_dependency_parameters, VNFC_DEPENDENCY_PARAMETERS_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnf_record_dependency
PROTO_RECORD_DEFINE(vnf_record_dependency, VNF_RECORD_DEPENDENCY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vlr
PROTO_RECORD_DEFINE(vlr, VLR_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfr
PROTO_RECORD_DEFINE(vnfr, VNFR_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct nsr
PROTO_RECORD_DEFINE(nsr, NSR_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct deploy_body
PROTO_RECORD_DEFINE(deploy_body, DEPLOY_BODY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct ssh_key
PROTO_RECORD_DEFINE(ssh_key, KEY_FIELDS)
#undef PROTO_THIS
