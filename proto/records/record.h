/* Records: NSR, VNFR, VLR and what they are made of. amqp-protocol.md 9.2; who owns which member:
 * design.md, "Records that come back". */
#ifndef PROTO_RECORDS_RECORD_H
#define PROTO_RECORDS_RECORD_H

#include "proto/records/descriptor.h"
#include "proto/records/fault.h"

/* clang-format off */
#define HISTORY_EVENT_FIELDS(X)                                                          \
    BASE_FIELDS(X)                                                                       \
    X(STR, event,       "event",       _, OPTIONAL)                                      \
    X(STR, description, "description", _, OPTIONAL) /* at most 1024 characters */        \
    X(STR, executed_at, "executedAt",  _, OPTIONAL) /* yyyy.MM.dd-HH:mm:ss:SSS-z */
PROTO_RECORD(history_event, HISTORY_EVENT_FIELDS)

#define DEPENDENCY_PARAMETERS_FIELDS(X) BASE_FIELDS(X) X(STRMAP, parameters, "parameters", _, EMIT)
PROTO_RECORD(dependency_parameters, DEPENDENCY_PARAMETERS_FIELDS)

#define VNFC_DEPENDENCY_PARAMETERS_FIELDS(X)                                             \
    BASE_FIELDS(X)                                                                       \
    X(STR, vnfc_id,    "vnfcId",     _,                     OPTIONAL)                    \
    X(MAP, parameters, "parameters", dependency_parameters, EMIT) /* by VNFC instance id */
PROTO_RECORD(vnfc_dependency_parameters, VNFC_DEPENDENCY_PARAMETERS_FIELDS)

#define VNF_RECORD_DEPENDENCY_FIELDS(X) /* one per target; maps by source *type*: 4.5 */ \
    BASE_FIELDS(X)                                                                       \
    X(STR,    target,          "target",         _,                          OPTIONAL)   \
    X(MAP,    parameters,      "parameters",     dependency_parameters,      EMIT)       \
    X(MAP,    vnfc_parameters, "vnfcParameters", vnfc_dependency_parameters, EMIT)       \
    X(STRMAP, id_type,         "idType",         _,                          EMIT)
PROTO_RECORD(vnf_record_dependency, VNF_RECORD_DEPENDENCY_FIELDS)

#define VLR_FIELDS(X)                                                        \
    BASE_FIELDS(X) LINK_FIELDS(X)                                            \
    X(STR,  name,                 "name",                 _, KEY)            \
    X(STR,  vendor,               "vendor",               _, OPTIONAL)       \
    X(STR,  version,              "version",              _, OPTIONAL)       \
    X(INT,  number_of_endpoints,  "number_of_endpoints",  _, OPTIONAL)       \
    X(STR,  parent_ns,            "parent_ns",            _, OPTIONAL)       \
    X(STR,  descriptor_reference, "descriptor_reference", _, OPTIONAL)       \
    X(STR,  vim_id,               "vim_id",               _, OPTIONAL)       \
    X(STRS, allocated_capacity,   "allocated_capacity",   _, OPTIONAL)       \
    X(STR,  status,               "status",               _, OPTIONAL)       \
    X(STRS, connection,           "connection",           _, OPTIONAL)       \
    X(STRS, dns,                  "dns",                  _, OPTIONAL)
PROTO_RECORD(vlr, VLR_FIELDS)

/* `requires`: RAW because the Python SDK sends it back in VNFD form (9.2, TRAP); nobody here reads it. `provides` of that SDK is a
 * Configuration without parameters, of Java one with. */
#define VNFR_FIELDS(X)                                                                                     \
    BASE_FIELDS(X)                                                                                         \
    X(STR,  name,                    "name",                    _, OWN_IF_NEW)                             \
    X(STR,  type,                    "type",                    _, OWN_IF_NEW)                             \
    X(STR,  endpoint,                "endpoint",                _, OWN_IF_NEW)                             \
    X(STR,  vendor,                  "vendor",                  _, OWN_IF_NEW)                             \
    X(STR,  version,                 "version",                 _, OWN_IF_NEW)                             \
    X(STR,  status,                  "status",                  _, OWN_NFVO)                               \
    X(STR,  task,                    "task",                    _, OWN_NFVO)                               \
    X(STR,  parent_ns_id,            "parent_ns_id",            _, OWN_NFVO)                               \
    X(STR,  descriptor_reference,    "descriptor_reference",    _, OWN_IF_NEW)                             \
    X(STR,  package_id,              "packageId",               _, OWN_IF_NEW)                             \
    X(STR,  deployment_flavour_key,  "deployment_flavour_key",  _, OPTIONAL)                               \
    X(LIST, vdu,                     "vdu",                     vdu, EMIT)                                 \
    X(LIST, virtual_link,            "virtual_link",            internal_virtual_link, EMIT)               \
    X(REC,  configurations,          "configurations",          configuration, OPTIONAL)                   \
    X(REC,  provides,                "provides",                configuration, OPTIONAL)                   \
    X(RAW,  requires,                "requires",                _, OPTIONAL)                               \
    X(LIST, lifecycle_event,         "lifecycle_event",         lifecycle_event, EMIT)                     \
    X(LIST, lifecycle_event_history, "lifecycle_event_history", history_event, EMIT | OWN_NFVO | APART)    \
    X(STRS, vnf_address,             "vnf_address",             _, EMIT)                                   \
    X(BOOL, cyclic_dependency,       "cyclicDependency",        _, EMIT | OWN_NFVO, .alias = "cyclic_dependency") \
    X(LIST, auto_scale_policy,       "auto_scale_policy",       auto_scale_policy, EMIT)                   \
    X(LIST, connection_point,        "connection_point",        connection_point, EMIT)                    \
    X(STRS, monitoring_parameter,    "monitoring_parameter",    _, EMIT)                                   \
    X(RAW,  connected_external_virtual_link, "connected_external_virtual_link", _, OPTIONAL)               \
    X(STR,  localization,            "localization",            _, OPTIONAL)                               \
    X(STR,  vnfm_id,                 "vnfm_id",                 _, OPTIONAL)                               \
    X(STRS, notification,            "notification",            _, OPTIONAL)                               \
    X(STR,  audit_log,               "audit_log",               _, OPTIONAL)                               \
    X(STRS, runtime_policy_info,     "runtime_policy_info",     _, OPTIONAL)                               \
    X(STR,  created_at,              "createdAt",               _, OWN_NFVO)                               \
    X(STR,  updated_at,              "updatedAt",               _, OWN_NFVO)                               \
    X(REC,  fault,                   "fault",                   fault, OWN_NFVO) /* ours: decisions.md D14 */
PROTO_RECORD(vnfr, VNFR_FIELDS)

#define NSR_FIELDS(X)                                                                                \
    BASE_FIELDS(X)                                                                                   \
    X(STR,  name,                    "name",                    _, OPTIONAL)                         \
    X(STR,  vendor,                  "vendor",                  _, OPTIONAL)                         \
    X(STR,  version,                 "version",                 _, OPTIONAL)                         \
    X(STR,  status,                  "status",                  _, OPTIONAL)                         \
    X(STR,  task,                    "task",                    _, OPTIONAL)                         \
    X(STR,  descriptor_reference,    "descriptor_reference",    _, OPTIONAL)                         \
    X(LIST, vnfr,                    "vnfr",                    vnfr, OPTIONAL) /* stored apart */   \
    X(LIST, vlr,                     "vlr",                     vlr, EMIT)                           \
    X(LIST, vnf_dependency,          "vnf_dependency",          vnf_record_dependency, EMIT)         \
    X(STRS, key_names,               "keyNames",                _, EMIT)                             \
    X(STR,  created_at,              "createdAt",               _, OPTIONAL)                         \
    X(STR,  updated_at,              "updatedAt",               _, OPTIONAL)                         \
    X(LIST, auto_scale_policy,       "auto_scale_policy",       auto_scale_policy, EMIT)             \
    X(LIST, connection_point,        "connection_point",        connection_point, EMIT)              \
    X(STRS, monitoring_parameter,    "monitoring_parameter",    _, EMIT)                             \
    X(RAW,  service_deployment_flavour, "service_deployment_flavour", _, OPTIONAL)                   \
    X(LIST, lifecycle_event,         "lifecycle_event",         lifecycle_event, EMIT)               \
    X(LIST, lifecycle_event_history, "lifecycle_event_history", lifecycle_event, EMIT)               \
    X(LIST, vnffgr,                  "vnffgr",                  vlr, EMIT)  /* never populated */    \
    X(LIST, pnfr,                    "pnfr",                    vlr, EMIT)  /* never populated */    \
    X(LIST, fault_management_policy, "faultManagementPolicy",   fault_management_policy, EMIT)       \
    X(STR,  resource_reservation,    "resource_reservation",    _, OPTIONAL)                         \
    X(STR,  runtime_policy_info,     "runtime_policy_info",     _, OPTIONAL)                         \
    X(STR,  notification,            "notification",            _, OPTIONAL)                         \
    X(STR,  audit_log,               "audit_log",               _, OPTIONAL)                         \
    X(REC,  fault,                   "fault",                   fault, OPTIONAL)
PROTO_RECORD(nsr, NSR_FIELDS)

/* Body of POST /ns-records/{nsdId}: rest-api.md 2.5. vduVimInstances by VDU *name*, configurations by VNFD name. */
#define DEPLOY_BODY_FIELDS(X)                                                                     \
    X(STR,     name,              "name",            _,             OPTIONAL, .form = &form_name) /* ours: of the service; default: the NSD's */ \
    X(STRS,    keys,              "keys",            _,             OPTIONAL, .form = &form_name) \
    X(STRSMAP, vdu_vim_instances, "vduVimInstances", _,             OPTIONAL)                     \
    X(MAP,     configurations,    "configurations",  configuration, OPTIONAL)                     \
    X(STR,     monitoring_ip,     "monitoringIp",    _,             OPTIONAL, .form = &form_host)
PROTO_RECORD(deploy_body, DEPLOY_BODY_FIELDS)

#define KEY_FIELDS(X) /* an ssh key; `struct ssh_key` since KEY is taken */ \
    BASE_FIELDS(X)                                                          \
    X(STR, name,        "name",        _, REQUIRED, .form = &form_name)     \
    X(STR, public_key,  "publicKey",   _, REQUIRED, .form = &form_line)     \
    X(STR, fingerprint, "fingerprint", _, OPTIONAL)
PROTO_RECORD(ssh_key, KEY_FIELDS)
/* clang-format on */

#endif
