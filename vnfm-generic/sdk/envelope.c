#include "vnfm-generic/sdk/internal.h"

#define PROTO_THIS struct envelope
PROTO_RECORD_DEFINE(envelope, ENVELOPE_FIELDS)
#undef PROTO_THIS
