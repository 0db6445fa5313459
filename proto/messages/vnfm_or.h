/* VNFM -> NFVO: requests, one-way messages, and answers to Or-Vnfm requests. amqp-protocol.md 3.4
 * and its tolerances. VIM instances that come back (vimInstances of ALLOCATE_RESOURCES) are read
 * for their ids only. */
#ifndef PROTO_MESSAGES_VNFM_OR_H
#define PROTO_MESSAGES_VNFM_OR_H

#include "proto/messages/action.h"
#include "proto/records/record.h"
#include "proto/records/vim.h"

/* clang-format off */
/* A Java Throwable as JSON. `fault` is ours: our SDK says more than a text (design.md, section 4). In an answer that is no ERROR it
 * tells what failed on the way: a TERMINATE script, say. */
#define VNFM_EXCEPTION_FIELDS(X)                                         \
    X(STR, detail_message, "detailMessage", _,              OPTIONAL)    \
    X(REC, cause,          "cause",         vnfm_exception, OPTIONAL)
PROTO_FORWARD(vnfm_exception)
PROTO_STRUCT(vnfm_exception, VNFM_EXCEPTION_FIELDS)

#define VIM_REF_FIELDS(X) X(STR, id, "id", _, OPTIONAL) X(STR, name, "name", _, OPTIONAL)
PROTO_RECORD(vim_ref, VIM_REF_FIELDS)

#define VNFM_OR_FIELDS(X)                                                                              \
    X(STR,  action,        "action",                       _,                     REQUIRED)            \
    X(REC,  record,        "virtualNetworkFunctionRecord", vnfr,                  OPTIONAL, .alias = "vnfr") \
    X(RAW,  dependency,    "vnfRecordDependency",          _,                     OPTIONAL)            \
    X(MAP,  vim_instances, "vimInstances",                 vim_ref,               OPTIONAL)            \
    X(STR,  userdata,      "userdata",                     _,                     OPTIONAL, .alias = "userData") \
    X(LIST, key_pairs,     "keyPairs",                     ssh_key,               OPTIONAL)            \
    X(REC,  vim_instance,  "vimInstance",                  vim_ref,               OPTIONAL)            \
    X(REC,  vnfc_instance, "vnfcInstance",                 vnfc_instance,         OPTIONAL)            \
    X(STR,  cause,         "cause",                        _,                     OPTIONAL)            \
    X(STRS, output_log,    "outputLog",                    _,                     OPTIONAL)            \
    X(STRS, error_log,     "errorLog",                     _,                     OPTIONAL)            \
    X(STR,  nsr_id,        "nsrId",                        _,                     OPTIONAL)            \
    X(REC,  exception,     "exception",                    vnfm_exception,        OPTIONAL)            \
    X(REC,  fault,         "fault",                        fault,                 OPTIONAL)            \
    X(STRSMAP, host_logs,  "hostLogs",                     _,                     OPTIONAL) /* ours, of RELEASE_RESOURCES: by hostname */
PROTO_RECORD(vnfm_or, VNFM_OR_FIELDS)
/* clang-format on */

/* The human-readable text of an ERROR: detailMessage, else its cause's, else a plain sentence.
 * Never NULL. */
const char *vnfm_exception_text(const struct vnfm_exception *e);

#endif
