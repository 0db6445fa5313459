/* Alarms: what is wrong with what is there, with the members of ETSI's Alarm (SOL002 7.5.2.4, SOL003
 * 7.5.2.4) and some of ours behind them. */
#ifndef PROTO_RECORDS_ALARM_H
#define PROTO_RECORDS_ALARM_H

#include "proto/codec/codec.h"

/* clang-format off */
#define FAULTY_RESOURCE_FIELDS(X)                              \
    X(STR, vim,      "vimConnectionId", _, OPTIONAL) /* PoP */ \
    X(STR, resource, "resourceId",      _, OPTIONAL)
PROTO_RECORD(faulty_resource, FAULTY_RESOURCE_FIELDS)

#define FAULTY_RESOURCE_INFO_FIELDS(X)                               \
    X(REC, resource, "faultyResource",     faulty_resource, OPTIONAL) \
    X(STR, type,     "faultyResourceType", _,               OPTIONAL) /* COMPUTE, NETWORK */
PROTO_RECORD(faulty_resource_info, FAULTY_RESOURCE_INFO_FIELDS)

/* Times as in 2026-12-01T11:22:33.444Z. */
#define ALARM_FIELDS(X)                                                                                                       \
    X(STR,  id,             "id",                    _, OPTIONAL)                                                             \
    X(STR,  managed_object, "managedObjectId",       _, OPTIONAL) /* VNF, service or PoP */                                   \
    X(REC,  faulty,         "rootCauseFaultyResource", faulty_resource_info, OPTIONAL)                                        \
    X(STR,  raised,         "alarmRaisedTime",       _, OPTIONAL)                                                             \
    X(STR,  changed,        "alarmChangedTime",      _, OPTIONAL)                                                             \
    X(STR,  cleared,        "alarmClearedTime",      _, OPTIONAL) /* absent: it is as it says */                              \
    X(STR,  acked,          "alarmAcknowledgedTime", _, OPTIONAL)                                                             \
    X(STR,  ack_state,      "ackState",              _, OPTIONAL) /* UNACKNOWLEDGED, ACKNOWLEDGED */                          \
    X(STR,  severity,       "perceivedSeverity",     _, OPTIONAL) /* CRITICAL, MAJOR, MINOR, WARNING */                       \
    X(STR,  event_time,     "eventTime",             _, OPTIONAL) /* when it was noticed first */                             \
    X(STR,  event_type,     "eventType",             _, OPTIONAL) /* EQUIPMENT_ALARM, COMMUNICATIONS_ALARM, PROCESSING_ERROR_ALARM */ \
    X(STR,  kind,           "faultType",             _, OPTIONAL) /* SERVER_GONE, SERVER_STOPPED, ... */                      \
    X(STR,  cause,          "probableCause",         _, OPTIONAL)                                                             \
    X(BOOL, is_root,        "isRootCause",           _, OPTIONAL)                                                             \
    X(STRS, correlated,     "correlatedAlarmIds",    _, OPTIONAL)                                                             \
    X(STRS, details,        "faultDetails",          _, OPTIONAL)                                                             \
    X(STR,  project,        "projectId",             _, OPTIONAL)                                                             \
    X(STR,  nsr,            "nsrId",                 _, OPTIONAL)                                                             \
    X(STR,  nsr_name,       "nsrName",               _, OPTIONAL)                                                             \
    X(STR,  vnfr,           "vnfrId",                _, OPTIONAL)                                                             \
    X(STR,  host,           "host",                  _, OPTIONAL)                                                             \
    X(STR,  pop,            "popId",                 _, OPTIONAL)                                                             \
    X(STR,  pop_name,       "popName",               _, OPTIONAL)                                                             \
    X(STR,  acked_by,       "acknowledgedBy",        _, OPTIONAL)                                                             \
    X(STR,  healing,        "healing",               _, OPTIONAL) /* what is done about it, or why nothing is */
PROTO_RECORD(alarm, ALARM_FIELDS)
/* clang-format on */

#endif
