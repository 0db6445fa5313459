#include "proto/records/package.h"

#define PROTO_THIS struct script
PROTO_RECORD_DEFINE(script, SCRIPT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnf_package
PROTO_RECORD_DEFINE(vnf_package, VNF_PACKAGE_FIELDS)
#undef PROTO_THIS
