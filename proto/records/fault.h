/* What is stored, sent and shown about a failure: design.md section 4, decisions.md D14. Made once,
 * where the engine or the API handles the error; REST answers, events, NSR and VNFR carry it. */
#ifndef PROTO_RECORDS_FAULT_H
#define PROTO_RECORDS_FAULT_H

#include "proto/codec/codec.h"

/* clang-format off */
#define FAULT_FIELDS(X)                                                                              \
    X(STR,  code,        "code",        _, REQUIRED)  /* name of an err_code: ERR_TIMEOUT */         \
    X(STR,  message,     "message",     _, REQUIRED)                                                 \
    X(STRS, causes,      "causes",      _, OPTIONAL)  /* nearest first */                            \
    X(STR,  component,   "component",   _, OPTIONAL)  /* nfvo, vnfm:generic, vim-driver:test, ... */ \
    X(STR,  object,      "object",      _, OPTIONAL)  /* "vnfr <id>", a JSON path, ... */            \
    X(STR,  host,        "host",        _, OPTIONAL)                                                 \
    X(STR,  script,      "script",      _, OPTIONAL)                                                 \
    X(INT,  exit_code,   "exit",        _, OPTIONAL)                                                 \
    X(STR,  output_tail, "output_tail", _, OPTIONAL)                                                 \
    X(STR,  hint,        "hint",        _, OPTIONAL)                                                 \
    X(STR,  at,          "at",          _, OPTIONAL)  /* ISO 8601 */
PROTO_RECORD(fault, FAULT_FIELDS)
/* clang-format on */

/* Out of an error value; strings are copied into the arena. component and object are borrowed for
 * the arena's life. */
struct fault *fault_from_err(const struct err *err, const char *component, const char *object,
                             struct arena *a);

/* Adds text as the furthest cause, at most max bytes of it; not when the message says it already.
 * NULL and "" are fine. */
void fault_add_cause(struct fault *f, const char *text, size_t max, struct arena *a);

#endif
