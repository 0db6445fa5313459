#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/http/http.h"
#include "common/sys/clock.h"
#include "nfvo/api/context.h"
#include "proto/records/fault.h"

/* What the reference's exception handler calls it: 422 is "Bad Request" there. */
static const char *code_of(int status)
{
    switch (status) {
    case 400:
    case 422:
        return "Bad Request";
    case 403:
        return "Unauthorized exception";
    default:
        return http_status_text(status);
    }
}

/* Up to and including "fault": */
static void head(struct sbuf *out, int status, const char *message, const char *path,
                 int64_t now_us)
{
    sbuf_adds(out, "{\"code\":");
    text_add_json(out, code_of(status));
    sbuf_adds(out, ",\"message\":");
    text_add_json(out, message);
    sbuf_addf(out, ",\"status\":%d,\"error\":", status);
    text_add_json(out, http_status_text(status));
    sbuf_adds(out, ",\"path\":");
    text_add_json(out, path ? path : "");
    sbuf_addf(out, ",\"timestamp\":%" PRId64 ",\"fault\":", now_us / USEC_PER_MS);
}

void error_body(struct sbuf *out, int status, const struct err *err, const char *path,
                int64_t now_us)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    char at[CLOCK_TEXT_SIZE];
    struct fault *fault = fault_from_err(err, "nfvo", NULL, &a);
    clock_text(now_us, at);
    fault->at = at;
    head(out, status, fault->message, path, now_us);
    proto_encode(&fault_type, fault, 0, out);
    sbuf_addc(out, '}');
}

void error_body_of_fault(struct sbuf *out, int status, const char *text, const char *path,
                         int64_t now_us)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct fault *fault;
    if (proto_decode(&fault_type, text, strlen(text), 0, &a, &fault, NULL) == ERR_OK &&
        fault->code && fault->message) {
        head(out, status, fault->message, path, now_us);
        proto_encode(&fault_type, fault, 0, out);
        sbuf_addc(out, '}');
        return;
    }
    struct err err = ERR_INIT;
    err_set(&err, ERR_PEER, "%s", *text ? text : "the operation failed");
    error_body(out, status, &err, path, now_us);
}
