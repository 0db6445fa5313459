#include "proto/messages/or_vnfm.h"

#define PROTO_THIS struct or_vnfm
PROTO_RECORD_DEFINE(or_vnfm, OR_VNFM_FIELDS)
#undef PROTO_THIS
