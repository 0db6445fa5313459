/* NFVO -> VIM driver and back. amqp-protocol.md section 5. Parameters are positional; the first is
 * always the VIM instance, and none may be null (5.2, TRAPs). Ours beside it: `clientToken`, by
 * which a driver that announces the capability "client_token" recognises a launch it already did
 * (design.md, "May it be sent again?"); and of a launch `vduMetadata`, the metadata of its VDU, for the
 * same drivers. */
#ifndef PROTO_MESSAGES_DRIVER_RPC_H
#define PROTO_MESSAGES_DRIVER_RPC_H

#include "proto/records/vim.h"

/* clang-format off */
#define DRIVER_REQUEST_FIELDS(X)                                         \
    X(STR, method_name,  "methodName",  _, REQUIRED)                     \
    X(RAW, parameters,   "parameters",  _, SECRET) /* the PoP's password */ \
    X(STR, client_token, "clientToken", _, OPTIONAL)                     \
    X(STRMAP, vdu_metadata, "vduMetadata", _, OPTIONAL)
PROTO_RECORD(driver_request, DRIVER_REQUEST_FIELDS)

#define DRIVER_EXCEPTION_FIELDS(X)                                       \
    X(STR, detail_message, "detailMessage", _,                OPTIONAL)  \
    X(REC, cause,          "cause",         driver_exception, OPTIONAL)  \
    X(REC, server,         "server",        server,           OPTIONAL)
PROTO_FORWARD(driver_exception)
PROTO_STRUCT(driver_exception, DRIVER_EXCEPTION_FIELDS)

#define DRIVER_REPLY_FIELDS(X)                                           \
    X(RAW, answer,    "answer",    _,                OPTIONAL)           \
    X(REC, exception, "exception", driver_exception, OPTIONAL)
PROTO_RECORD(driver_reply, DRIVER_REPLY_FIELDS)
/* clang-format on */

/* The human-readable text of an exception: detailMessage, else its cause's, else a plain sentence.
 * Never NULL. */
const char *driver_exception_text(const struct driver_exception *e);

#endif
