#include "proto/records/manager.h"

#define PROTO_THIS struct vnfm_endpoint
PROTO_RECORD_DEFINE(vnfm_endpoint, VNFM_ENDPOINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct registration
PROTO_RECORD_DEFINE(registration, REGISTRATION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct manager_credentials
PROTO_RECORD_DEFINE(manager_credentials, MANAGER_CREDENTIALS_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct event_endpoint
PROTO_RECORD_DEFINE(event_endpoint, EVENT_ENDPOINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct project
PROTO_RECORD_DEFINE(project, PROJECT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct role
PROTO_RECORD_DEFINE(role, ROLE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct user
PROTO_RECORD_DEFINE(user, USER_FIELDS)
#undef PROTO_THIS
