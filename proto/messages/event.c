#include "proto/messages/event.h"

#define PROTO_THIS struct event
PROTO_RECORD_DEFINE(event, EVENT_FIELDS)
#undef PROTO_THIS
