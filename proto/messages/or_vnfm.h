/* NFVO -> VNFM. The class is chosen by action and direction: amqp-protocol.md 3.3. Some classes
 * call the record `vnfr`, others `virtualNetworkFunctionRecord`: two members here, since what we
 * send must have the right one; readers (our SDK) take whichever is set. What one class has, no
 * other contradicts, so a reader decodes every Or-Vnfm message into this one struct and a sender
 * sets the members that the class table of 3.3 lists.
 *
 * Ours, and unknown to other SDKs, which ignore it: RESUME says what it resumes. `resumes` is the
 * correlation id of the request that failed (also of a RESUME of it); `resumedAction` its action, by
 * which the answer is named; with it go the members that the request had: vnfPackage (as it is now),
 * vnfcInstance, cause, mode, script. Without `resumes` the VNFM takes the last request of that
 * action, and about the same, that failed; without either, the last one that failed.
 * `cancels` of CANCEL, which only goes to VNFMs of ours, is the correlation id of a request that is
 * to end now, in whichever process has it, or when it comes; that request is answered with ERROR.
 * INSTANTIATE with `vnfr` has extension.rebuilt when servers were rebuilt for it: the time at which
 * the driver was asked first, in microseconds since the epoch. Agents of before do not count. */
#ifndef PROTO_MESSAGES_OR_VNFM_H
#define PROTO_MESSAGES_OR_VNFM_H

#include "proto/messages/action.h"
#include "proto/records/package.h"
#include "proto/records/record.h"

/* clang-format off */
#define OR_VNFM_FIELDS(X)                                                                              \
    X(STR,    action,        "action",                       _,                     REQUIRED)          \
    X(REC,    vnfr,          "vnfr",                         vnfr,                  OPTIONAL)          \
    X(REC,    record,        "virtualNetworkFunctionRecord", vnfr,                  OPTIONAL)          \
    X(REC,    vnfd,          "vnfd",                         vnfd,                  OPTIONAL)          \
    X(REC,    vnfdf,         "vnfdf",                        deployment_flavour,    OPTIONAL)          \
    X(STR,    vnf_instance_name, "vnfInstanceName",          _,                     OPTIONAL)          \
    X(LIST,   vlrs,          "vlrs",                         vlr,                   OPTIONAL)          \
    X(STRMAP, extension,     "extension",                    _,                     OPTIONAL)          \
    X(LISTMAP, vim_instances, "vimInstances",                vim_instance,          OPTIONAL)          \
    X(REC,    vnf_package,   "vnfPackage",                   vnf_package,           OPTIONAL)          \
    X(LIST,   keys,          "keys",                         ssh_key,               OPTIONAL)          \
    X(REC,    vnfrd,         "vnfrd",                        vnf_record_dependency, OPTIONAL)          \
    X(BOOL,   grant_allowed, "grantAllowed",                 _,                     OPTIONAL)          \
    X(MAP,    vdu_vim,       "vduVim",                       vim_instance,          OPTIONAL)          \
    X(STR,    message,       "message",                      _,                     OPTIONAL)          \
    X(REC,    component,     "component",                    vnf_component,         OPTIONAL)          \
    X(REC,    dependency,    "dependency",                   vnf_record_dependency, OPTIONAL)          \
    X(STR,    mode,          "mode",                         _,                     OPTIONAL)          \
    X(REC,    vim_instance,  "vimInstance",                  vim_instance,          OPTIONAL)          \
    X(REC,    vnfc_instance, "vnfcInstance",                 vnfc_instance,         OPTIONAL)          \
    X(STR,    cause,         "cause",                        _,                     OPTIONAL)          \
    X(REC,    script,        "script",                       script,                OPTIONAL)          \
    X(STR,    vnfr_name,     "vnfrName",                     _,                     OPTIONAL)          \
    X(STR,    hostname,      "hostname",                     _,                     OPTIONAL)          \
    X(STR,    resumes,       "resumes",                      _,                     OPTIONAL)          \
    X(STR,    resumed_action, "resumedAction",               _,                     OPTIONAL)          \
    X(STR,    cancels,       "cancels",                      _,                     OPTIONAL)
#define OR_VNFM_REBUILT "rebuilt" /* of extension */
PROTO_RECORD(or_vnfm, OR_VNFM_FIELDS)
/* clang-format on */

#endif
