#include "proto/records/alarm.h"

#define PROTO_THIS struct faulty_resource
PROTO_RECORD_DEFINE(faulty_resource, FAULTY_RESOURCE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct faulty_resource_info
PROTO_RECORD_DEFINE(faulty_resource_info, FAULTY_RESOURCE_INFO_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct alarm
PROTO_RECORD_DEFINE(alarm, ALARM_FIELDS)
#undef PROTO_THIS
