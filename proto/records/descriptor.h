/* Descriptors: NSD, VNFD and what they are made of. amqp-protocol.md 9.1, rest-api.md 1.8 (required
 * members) and 2.14. */
#ifndef PROTO_RECORDS_DESCRIPTOR_H
#define PROTO_RECORDS_DESCRIPTOR_H

#include "proto/records/base.h"

/* clang-format off */
/* Collections marked EMIT: the SDKs' record factories iterate over them without a null check (amqp-protocol.md 3.3, last TRAP). */

#define LIFECYCLE_EVENT_FIELDS(X)                                                        \
    BASE_FIELDS(X)                                                                       \
    X(STR,  event,            "event",            _, REQUIRED | KEY, .words = lifecycle_event_words) \
    X(STRS, lifecycle_events, "lifecycle_events", _, EMIT, .form = &form_line)
PROTO_RECORD(lifecycle_event, LIFECYCLE_EVENT_FIELDS)

#define CONFIGURATION_PARAMETER_FIELDS(X)                \
    BASE_FIELDS(X)                                       \
    X(STR, conf_key,    "confKey",     _, KEY, .form = &form_name)           \
    X(STR, value,       "value",       _, EMPTY_COUNTS)  \
    X(STR, description, "description", _, EMPTY_COUNTS)
PROTO_RECORD(configuration_parameter, CONFIGURATION_PARAMETER_FIELDS)

#define CONFIGURATION_FIELDS(X)                                                                  \
    BASE_FIELDS(X)                                                                               \
    X(STR,  name,       "name",                    _,                       OPTIONAL, .form = &form_name)            \
    X(LIST, parameters, "configurationParameters", configuration_parameter, EMIT)
PROTO_RECORD(configuration, CONFIGURATION_FIELDS)

#define CONNECTION_POINT_FIELDS(X) BASE_FIELDS(X) X(STR, type, "type", _, OPTIONAL, .form = &form_name)
PROTO_RECORD(connection_point, CONNECTION_POINT_FIELDS)

#define VNFD_CONNECTION_POINT_FIELDS(X)                                          \
    BASE_FIELDS(X)                                                               \
    X(STR, virtual_link_reference,    "virtual_link_reference",    _, REQUIRED | KEY, .form = &form_name) \
    X(STR, virtual_link_reference_id, "virtual_link_reference_id", _, OPTIONAL)  \
    X(STR, floating_ip,               "floatingIp",                _, OPTIONAL, .form = &form_floating)  \
    X(STR, fixed_ip,                  "fixedIp",                   _, OPTIONAL, .form = &form_ipv4)  \
    X(STR, chosen_pool,               "chosenPool",                _, OPTIONAL, .form = &form_name)  \
    X(INT, interface_id,              "interfaceId",               _, EMIT | NATURAL | INT32) /* drivers sort by it */ \
    X(STR, type,                      "type",                      _, OPTIONAL, .form = &form_name)
PROTO_RECORD(vnfd_connection_point, VNFD_CONNECTION_POINT_FIELDS)

#define VNF_COMPONENT_FIELDS(X)                                                  \
    BASE_FIELDS(X)                                                               \
    X(LIST, connection_point, "connection_point", vnfd_connection_point, EMIT)
PROTO_RECORD(vnf_component, VNF_COMPONENT_FIELDS)

#define IP_FIELDS(X)                                     \
    X(STR, id,       "id",      _, OPTIONAL)             \
    X(STR, net_name, "netName", _, KEY)                  \
    X(STR, ip,       "ip",      _, OPTIONAL)
PROTO_RECORD(ip, IP_FIELDS)

/* An instance's id, place and addresses are the NFVO's once it allocated it; a VNFM that allocates itself (docker) brings its own, and may
 * change them later, in START (decisions.md D25). */
#define VNFC_INSTANCE_FIELDS(X)                                                          \
    BASE_FIELDS(X)                                                                       \
    X(STR,  hostname,         "hostname",         _,                     OWN_ALLOCATED | KEY) \
    X(STR,  vim_id,           "vim_id",           _,                     OWN_ALLOCATED)  \
    X(STR,  vc_id,            "vc_id",            _,                     OWN_ALLOCATED)  \
    X(STR,  state,            "state",            _,                     OPTIONAL)       \
    X(LIST, connection_point, "connection_point", vnfd_connection_point, EMIT)           \
    X(REC,  vnf_component,    "vnfComponent",     vnf_component,         OWN_IF_NEW)     \
    X(LIST, ips,              "ips",              ip,                    EMIT | OWN_ALLOCATED) \
    X(LIST, floating_ips,     "floatingIps",      ip,                    EMIT | OWN_ALLOCATED)
PROTO_RECORD(vnfc_instance, VNFC_INSTANCE_FIELDS)

#define HIGH_AVAILABILITY_FIELDS(X)                              \
    BASE_FIELDS(X)                                               \
    X(STR, resiliency_level,  "resiliencyLevel",  _, OPTIONAL)   \
    X(STR, redundancy_scheme, "redundancyScheme", _, OPTIONAL)
PROTO_RECORD(high_availability, HIGH_AVAILABILITY_FIELDS)

#define CRITERIA_FIELDS(X)                                                 \
    BASE_FIELDS(X)                                                         \
    X(STR, name,                "name",                _, KEY, .form = &form_name)             \
    X(STR, parameter_ref,       "parameter_ref",       _, OPTIONAL)        \
    X(STR, function,            "function",            _, OPTIONAL)        \
    X(STR, vnfc_selector,       "vnfc_selector",       _, OPTIONAL)        \
    X(STR, comparison_operator, "comparison_operator", _, OPTIONAL)        \
    X(STR, threshold,           "threshold",           _, OPTIONAL)
PROTO_RECORD(criteria, CRITERIA_FIELDS)

#define FAULT_MANAGEMENT_POLICY_FIELDS(X)                  \
    BASE_FIELDS(X)                                         \
    X(STR,  name,         "name",       _,        KEY, .form = &form_name)     \
    X(BOOL, is_vnf_alarm, "isVNFAlarm", _,        OPTIONAL) \
    X(INT,  period,       "period",     _, NATURAL | INT32) \
    X(STR,  action,       "action",     _,        OPTIONAL) \
    X(STR,  severity,     "severity",   _,        OPTIONAL) \
    X(LIST, criteria,     "criteria",   criteria, EMIT)
PROTO_RECORD(fault_management_policy, FAULT_MANAGEMENT_POLICY_FIELDS)

#define SCALING_ALARM_FIELDS(X)                                          \
    BASE_FIELDS(X)                                                       \
    X(STR,  metric,              "metric",             _, OPTIONAL)      \
    X(STR,  statistic,           "statistic",          _, OPTIONAL)      \
    X(STR,  comparison_operator, "comparisonOperator", _, OPTIONAL)      \
    X(REAL, threshold,           "threshold",          _, REQUIRED)      \
    X(REAL, weight,              "weight",             _, REQUIRED)
PROTO_RECORD(scaling_alarm, SCALING_ALARM_FIELDS)

#define SCALING_ACTION_FIELDS(X)                 \
    BASE_FIELDS(X)                               \
    X(STR, type,   "type",   _, OPTIONAL)        \
    X(STR, value,  "value",  _, OPTIONAL)        \
    X(STR, target, "target", _, OPTIONAL)
PROTO_RECORD(scaling_action, SCALING_ACTION_FIELDS)

#define AUTO_SCALE_POLICY_FIELDS(X)                                                  \
    BASE_FIELDS(X)                                                                   \
    X(STR,  name,                "name",               _,              KEY, .form = &form_name)          \
    X(REAL, threshold,           "threshold",          _,              REQUIRED)     \
    X(STR,  comparison_operator, "comparisonOperator", _,              OPTIONAL)     \
    X(INT,  period,              "period",             _, REQUIRED | NATURAL | INT32)     \
    X(INT,  cooldown,            "cooldown",           _, REQUIRED | NATURAL | INT32)     \
    X(STR,  mode,                "mode",               _,              OPTIONAL)     \
    X(STR,  type,                "type",               _,              OPTIONAL)     \
    X(LIST, alarms,              "alarms",             scaling_alarm,  EMIT)         \
    X(LIST, actions,             "actions",            scaling_action, EMIT)
PROTO_RECORD(auto_scale_policy, AUTO_SCALE_POLICY_FIELDS)

/* parent_vdu, the descriptor's id in a record, before the name: Go's VDUs have no name (decisions.md D24). */
#define VDU_FIELDS(X)                                                                              \
    BASE_ID_FIELDS(X)                                                                              \
    X(STRMAP, metadata,              "metadata",                  _, EMIT)                         \
    X(STR,  parent_vdu,              "parent_vdu",                _, OWN_IF_NEW | KEY)             \
    X(STR,  name,                    "name",                      _, KEY, .form = &form_name)                          \
    X(STRS, vm_image,                "vm_image",                  _, EMIT, .form = &form_line)              \
    X(STR,  computation_requirement, "computation_requirement",   _, OPTIONAL, .form = &form_name)                     \
    X(STR,  virtual_memory,          "virtual_memory_resource_element",    _, OPTIONAL, .form = &form_line)            \
    X(STR,  virtual_bandwidth,       "virtual_network_bandwidth_resource", _, OPTIONAL, .form = &form_line)            \
    X(LIST, lifecycle_event,         "lifecycle_event",           lifecycle_event, EMIT)           \
    X(STR,  vdu_constraint,          "vdu_constraint",            _, OPTIONAL, .form = &form_line)                     \
    X(REC,  high_availability,       "high_availability",         high_availability, OPTIONAL)     \
    X(LIST, fault_management_policy, "fault_management_policy",   fault_management_policy, EMIT)   \
    X(INT,  scale_in_out,            "scale_in_out",              _, POSITIVE | INT32)                     \
    X(LIST, vnfc,                    "vnfc",                      vnf_component, EMIT)             \
    X(LIST, vnfc_instance,           "vnfc_instance",             vnfc_instance, EMIT)             \
    X(STRS, monitoring_parameter,    "monitoring_parameter",      _, EMIT, .form = &form_line)                         \
    X(STR,  hostname,                "hostname",                  _, OPTIONAL, .form = &form_name)                     \
    X(STRS, vim_instance_name,       "vimInstanceName",           _, EMIT, .form = &form_name)
PROTO_RECORD(vdu, VDU_FIELDS)

/* "link base" of VLD, internal link and VLR. connectivity_type: Go sends an array where Java sends a string. */
#define LINK_FIELDS(X)                                                               \
    X(STR,  ext_id,            "extId",             _, OPTIONAL)                     \
    X(STR,  root_requirement,  "root_requirement",  _, OPTIONAL)                     \
    X(STR,  leaf_requirement,  "leaf_requirement",  _, OPTIONAL)                     \
    X(STRS, qos,               "qos",               _, EMIT)                         \
    X(STRS, test_access,       "test_access",       _, EMIT)                         \
    X(STR,  connectivity_type, "connectivity_type", _, FIRST_OF_ARRAY)               \
    X(STR,  cidr,              "cidr",              _, OPTIONAL, .form = &form_network)

#define VLD_FIELDS(X)                                                        \
    BASE_FIELDS(X) LINK_FIELDS(X)                                            \
    X(STR,  name,                "name",                _, REQUIRED | KEY, .form = &form_name)   \
    X(STR,  vendor,              "vendor",              _, OPTIONAL, .form = &form_name)         \
    X(STR,  descriptor_version,  "descriptor_version",  _, OPTIONAL, .form = &form_name)         \
    X(STR,  pool_name,           "poolName",            _, OPTIONAL, .form = &form_name)         \
    X(STRS, dns,                 "dns",                 _, OPTIONAL, .form = &form_address)         \
    X(INT,  number_of_endpoints, "number_of_endpoints", _, NATURAL | INT32)         \
    X(STRS, connection,          "connection",          _, OPTIONAL)         \
    X(RAW,  vld_security,        "vld_security",        _, OPTIONAL)
PROTO_RECORD(vld, VLD_FIELDS)

#define INTERNAL_VIRTUAL_LINK_FIELDS(X)                                              \
    BASE_FIELDS(X) LINK_FIELDS(X)                                                    \
    X(STR,  name,                         "name",                         _, REQUIRED | KEY, .form = &form_name) \
    X(STRS, connection_points_references, "connection_points_references", _, EMIT)
PROTO_RECORD(internal_virtual_link, INTERNAL_VIRTUAL_LINK_FIELDS)

#define VNF_DEPENDENCY_FIELDS(X) /* old documents show {"name":..} for source and target */ \
    BASE_FIELDS(X)                                                           \
    X(STR,  source,     "source",     _, REQUIRED | NAME_OF_OBJECT, .form = &form_name)          \
    X(STR,  source_id,  "source_id",  _, OPTIONAL)                           \
    X(STR,  target,     "target",     _, REQUIRED | NAME_OF_OBJECT, .form = &form_name)          \
    X(STR,  target_id,  "target_id",  _, OPTIONAL)                           \
    X(STRS, parameters, "parameters", _, EMIT, .form = &form_name)
PROTO_RECORD(vnf_dependency, VNF_DEPENDENCY_FIELDS)

#define REQUIRES_PARAMETERS_FIELDS(X) BASE_FIELDS(X) X(STRS, parameters, "parameters", _, EMIT, .form = &form_name)
PROTO_RECORD(requires_parameters, REQUIRES_PARAMETERS_FIELDS)

#define DEPLOYMENT_FLAVOUR_FIELDS(X)                                             \
    X(STR,  flavour_key,    "flavour_key",    _, KEY, .form = &form_name)                            \
    BASE_FIELDS(X)                                                               \
    X(STR,  ext_id,         "extId",          _, OPTIONAL)                       \
    X(INT,  ram,            "ram",            _, NATURAL | INT32) /* MB */              \
    X(INT,  disk,           "disk",           _, NATURAL | INT32) /* GB */              \
    X(INT,  vcpus,          "vcpus",          _, NATURAL | INT32)                       \
    X(STRS, df_constraint,  "df_constraint",  _, OPTIONAL)                       \
    X(RAW,  costituent_vdu, "costituent_vdu", _, OPTIONAL, .alias = "constituent_vdu") \
    X(RAW,  constituent_vnf,"constituent_vnf",_, OPTIONAL)
PROTO_RECORD(deployment_flavour, DEPLOYMENT_FLAVOUR_FIELDS)

#define VNFD_FIELDS(X)                                                                               \
    BASE_FIELDS(X)                                                                                   \
    X(STR,  name,                  "name",                      _, REQUIRED | KEY, .form = &form_name)                   \
    X(STR,  vendor,                "vendor",                    _, REQUIRED, .form = &form_name)                         \
    X(STR,  version,               "version",                   _, REQUIRED, .form = &form_name)                         \
    X(STR,  type,                  "type",                      _, REQUIRED, .form = &form_name)                         \
    X(STR,  endpoint,              "endpoint",                  _, REQUIRED, .form = &form_name)                         \
    X(LIST, vdu,                   "vdu",                       vdu, REQUIRED | EMIT)                \
    X(LIST, lifecycle_event,       "lifecycle_event",           lifecycle_event, EMIT)               \
    X(REC,  configurations,        "configurations",            configuration, OPTIONAL)             \
    X(LIST, virtual_link,          "virtual_link",              internal_virtual_link, EMIT)         \
    X(RAW,  vdu_dependency,        "vdu_dependency",            _, OPTIONAL)                         \
    X(LIST, deployment_flavour,    "deployment_flavour",        deployment_flavour, EMIT)            \
    X(STR,  manifest_file,         "manifest_file",             _, OPTIONAL)                         \
    X(RAW,  manifest_file_security,"manifest_file_security",    _, OPTIONAL)                         \
    X(STR,  vnf_package_location,  "vnfPackageLocation",        _, OPTIONAL, .form = &form_line)                         \
    X(MAP,  requires,              "requires",                  requires_parameters, EMIT)           \
    X(STRS, provides,              "provides",                  _, EMIT, .form = &form_name)                             \
    X(BOOL, cyclic_dependency,     "cyclicDependency",          _, EMIT, .alias = "cyclic_dependency") \
    X(STR,  nfvo_version,          "nfvo_version",              _, OPTIONAL, .form = &form_name)                         \
    X(STR,  created_at,            "createdAt",                 _, OPTIONAL)                         \
    X(STR,  updated_at,            "updatedAt",                 _, OPTIONAL)                         \
    X(RAW,  vnffgd,                "vnffgd",                    _, OPTIONAL)                         \
    X(LIST, vld,                   "vld",                       vld, OPTIONAL)                       \
    X(STRS, monitoring_parameter,  "monitoring_parameter",      _, EMIT, .form = &form_line)                             \
    X(RAW,  service_deployment_flavour, "service_deployment_flavour", _, OPTIONAL)                   \
    X(LIST, auto_scale_policy,     "auto_scale_policy",         auto_scale_policy, EMIT)             \
    X(LIST, connection_point,      "connection_point",          connection_point, EMIT)
PROTO_RECORD(vnfd, VNFD_FIELDS)

#define NSD_FIELDS(X)                                                                                \
    BASE_FIELDS(X)                                                                                   \
    X(STR,  name,                 "name",                       _, REQUIRED, .form = &form_name)                         \
    X(STR,  vendor,               "vendor",                     _, REQUIRED, .form = &form_name)                         \
    X(STR,  version,              "version",                    _, REQUIRED, .form = &form_name)                         \
    X(LIST, vnfd,                 "vnfd",                       vnfd, REQUIRED | EMIT | REFERABLE)               \
    X(LIST, vnf_dependency,       "vnf_dependency",             vnf_dependency, EMIT)                \
    X(LIST, vld,                  "vld",                        vld, EMIT)                           \
    X(RAW,  vnffgd,               "vnffgd",                     _, OPTIONAL)                         \
    X(RAW,  pnfd,                 "pnfd",                       _, OPTIONAL)                         \
    X(STRS, monitoring_parameter, "monitoring_parameter",       _, EMIT, .form = &form_line)                             \
    X(RAW,  service_deployment_flavour, "service_deployment_flavour", _, OPTIONAL)                   \
    X(LIST, auto_scale_policy,    "auto_scale_policy",          auto_scale_policy, EMIT)             \
    X(LIST, connection_point,     "connection_point",           connection_point, EMIT)              \
    X(RAW,  nsd_security,         "nsd_security",               _, OPTIONAL)                         \
    X(BOOL, enabled,              "enabled",                    _, TRUE_IF_ABSENT)                         \
    X(STR,  nfvo_version,         "nfvo_version",               _, OPTIONAL, .form = &form_name)                         \
    X(STR,  created_at,           "createdAt",                  _, OPTIONAL)                         \
    X(STR,  updated_at,           "updatedAt",                  _, OPTIONAL)
PROTO_RECORD(nsd, NSD_FIELDS)
/* clang-format on */

/* In the metadata of a VDU: what happens when one of several new instances cannot be made, unless the
 * request says it. Its words (NULL at the end) are those of "onFailure", nfvo/lifecycle/operation. */
#define VDU_ON_FAILURE "baton.on-failure"
extern const char *const vdu_on_failure_words[];
/* There, too: how often a step that is about the VDU, or its VNF, goes out by itself, unless the request
 * says it; "1" to "10". */
#define VDU_ATTEMPTS     "baton.attempts"
#define VDU_ATTEMPTS_MAX 10
int vdu_attempts_parse(const char *text); /* NULL: 1; 0: not such a number */
/* The events a lifecycle_event may name: GRANTED, ALLOCATE, ... RESET; NULL at the end. */
extern const char *const lifecycle_event_words[];

#endif
