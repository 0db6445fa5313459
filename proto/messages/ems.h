/* Generic VNFM <-> EMS agent. amqp-protocol.md section 7. All of it travels in the agents' own
 * virtual host (decisions.md D9). */
#ifndef PROTO_MESSAGES_EMS_H
#define PROTO_MESSAGES_EMS_H

#include "proto/codec/codec.h"

/* clang-format off */
#define EMS_HELLO_FIELDS(X) X(STR, hostname, "hostname", _, REQUIRED)
PROTO_RECORD(ems_hello, EMS_HELLO_FIELDS)

/* 7.4. payload: base64 of a script, its name and arguments, a URL, or JSON in text, by action. A
 * value of env that is null would keep the agent's process from starting: the codec drops it. */
#define EMS_REQUEST_FIELDS(X)                                    \
    X(STR,    action,      "action",      _, REQUIRED)           \
    X(STR,    payload,     "payload",     _, REQUIRED)           \
    X(STR,    name,        "name",        _, OPTIONAL)           \
    X(STR,    script_path, "script-path", _, OPTIONAL)           \
    X(STRMAP, env,         "env",         _, OPTIONAL)
PROTO_RECORD(ems_request, EMS_REQUEST_FIELDS)

/* status: the script's exit code; some failures of the agent send "1" as text. */
#define EMS_REPLY_FIELDS(X)                                      \
    X(STR, output, "output", _, OPTIONAL)                        \
    X(STR, err,    "err",    _, OPTIONAL)                        \
    X(INT, status, "status", _, REQUIRED | EMIT)
PROTO_RECORD(ems_reply, EMS_REPLY_FIELDS)
/* clang-format on */

#endif
