#include "proto/messages/ems.h"

#define PROTO_THIS struct ems_hello
PROTO_RECORD_DEFINE(ems_hello, EMS_HELLO_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct ems_request
PROTO_RECORD_DEFINE(ems_request, EMS_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct ems_reply
PROTO_RECORD_DEFINE(ems_reply, EMS_REPLY_FIELDS)
#undef PROTO_THIS
