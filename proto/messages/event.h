/* What subscribers receive: {"action":...,"payload":NSR or VNFR}, amqp-protocol.md 8.2. */
#ifndef PROTO_MESSAGES_EVENT_H
#define PROTO_MESSAGES_EVENT_H

#include "proto/messages/action.h"
#include "proto/records/record.h"

/* clang-format off */
#define EVENT_FIELDS(X)                          \
    X(STR, action,  "action",  _, REQUIRED)      \
    X(RAW, payload, "payload", _, REQUIRED)
PROTO_RECORD(event, EVENT_FIELDS)
/* clang-format on */

#endif
