#include "proto/messages/vnfm_or.h"

const char *vnfm_exception_text(const struct vnfm_exception *e)
{
    for (; e; e = e->cause)
        if (e->detail_message && *e->detail_message)
            return e->detail_message;
    return "the VNFM gave no reason";
}

#define PROTO_THIS struct vnfm_exception
PROTO_RECORD_DEFINE(vnfm_exception, VNFM_EXCEPTION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vim_ref
PROTO_RECORD_DEFINE(vim_ref, VIM_REF_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfm_or
PROTO_RECORD_DEFINE(vnfm_or, VNFM_OR_FIELDS)
#undef PROTO_THIS
