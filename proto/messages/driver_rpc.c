#include "proto/messages/driver_rpc.h"

#define PROTO_THIS struct driver_request
PROTO_RECORD_DEFINE(driver_request, DRIVER_REQUEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct driver_exception
PROTO_RECORD_DEFINE(driver_exception, DRIVER_EXCEPTION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct driver_reply
PROTO_RECORD_DEFINE(driver_reply, DRIVER_REPLY_FIELDS)
#undef PROTO_THIS

const char *driver_exception_text(const struct driver_exception *e)
{
    for (; e; e = e->cause)
        if (e->detail_message && *e->detail_message)
            return e->detail_message;
    return "the driver gave no reason";
}
