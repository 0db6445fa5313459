#include "proto/records/fault.h"

struct fault *fault_from_err(const struct err *err, const char *component, const char *object,
                             struct arena *a)
{
    struct fault *f = proto_new(&fault_type, a);
    f->code = err_name(err->code);
    f->message = arena_strdup(a, err->msg[0] ? err->msg : err_text(err->code));
    f->hint = err->hint[0] ? arena_strdup(a, err->hint) : NULL;
    f->component = component;
    f->object = object ? object : err->where[0] ? arena_strdup(a, err->where) : NULL;
    return f;
}

#define PROTO_THIS struct fault
PROTO_RECORD_DEFINE(fault, FAULT_FIELDS)
#undef PROTO_THIS
