#include "proto/records/fault.h"

#include "common/base/utf8.h"

#include <string.h>

/* Texts of errors are cut to their size, maybe inside of a character. */
static const char *whole_characters(struct arena *a, const char *text)
{
    return arena_strndup(a, text, utf8_cut(text, strlen(text)));
}

struct fault *fault_from_err(const struct err *err, const char *component, const char *object,
                             struct arena *a)
{
    struct fault *f = proto_new(&fault_type, a);
    f->code = err_name(err->code);
    f->message = whole_characters(a, err->msg[0] ? err->msg : err_text(err->code));
    f->hint = err->hint[0] ? whole_characters(a, err->hint) : NULL;
    f->component = component;
    f->object = object ? object : err->where[0] ? arena_strdup(a, err->where) : NULL;
    return f;
}

#define PROTO_THIS struct fault
PROTO_RECORD_DEFINE(fault, FAULT_FIELDS)
#undef PROTO_THIS

void fault_add_cause(struct fault *f, const char *text, size_t max, struct arena *a)
{
    if (text && *text && !strstr(f->message, text))
        proto_list_add(&f->causes, arena_strndup(a, text, utf8_cut(text, strnlen(text, max))), a);
}
