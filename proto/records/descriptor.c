#include "proto/records/descriptor.h"

const char *const vdu_on_failure_words[] = {"keep", "partial", "rollback", NULL};

const char *const lifecycle_event_words[] = {"GRANTED",
                                             "ALLOCATE",
                                             "SCALE",
                                             "RELEASE",
                                             "ERROR",
                                             "INSTANTIATE",
                                             "TERMINATE",
                                             "CONFIGURE",
                                             "START",
                                             "STOP",
                                             "HEAL",
                                             "SCALE_OUT",
                                             "SCALE_IN",
                                             "SCALE_UP",
                                             "SCALE_DOWN",
                                             "UPDATE",
                                             "UPDATE_ROLLBACK",
                                             "UPGRADE",
                                             "UPGRADE_ROLLBACK",
                                             "RESET",
                                             NULL};

/* offsetof in the tables needs the struct's name: PROTO_THIS. */

#define PROTO_THIS struct lifecycle_event
PROTO_RECORD_DEFINE(lifecycle_event, LIFECYCLE_EVENT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct configuration_parameter
PROTO_RECORD_DEFINE(configuration_parameter, CONFIGURATION_PARAMETER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct configuration
PROTO_RECORD_DEFINE(configuration, CONFIGURATION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct connection_point
PROTO_RECORD_DEFINE(connection_point, CONNECTION_POINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfd_connection_point
PROTO_RECORD_DEFINE(vnfd_connection_point, VNFD_CONNECTION_POINT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnf_component
PROTO_RECORD_DEFINE(vnf_component, VNF_COMPONENT_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct ip
PROTO_RECORD_DEFINE(ip, IP_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfc_instance
PROTO_RECORD_DEFINE(vnfc_instance, VNFC_INSTANCE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct high_availability
PROTO_RECORD_DEFINE(high_availability, HIGH_AVAILABILITY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct criteria
PROTO_RECORD_DEFINE(criteria, CRITERIA_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct fault_management_policy
PROTO_RECORD_DEFINE(fault_management_policy, FAULT_MANAGEMENT_POLICY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct scaling_alarm
PROTO_RECORD_DEFINE(scaling_alarm, SCALING_ALARM_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct scaling_action
PROTO_RECORD_DEFINE(scaling_action, SCALING_ACTION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct auto_scale_policy
PROTO_RECORD_DEFINE(auto_scale_policy, AUTO_SCALE_POLICY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vdu
PROTO_RECORD_DEFINE(vdu, VDU_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vld
PROTO_RECORD_DEFINE(vld, VLD_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct internal_virtual_link
PROTO_RECORD_DEFINE(internal_virtual_link, INTERNAL_VIRTUAL_LINK_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnf_dependency
PROTO_RECORD_DEFINE(vnf_dependency, VNF_DEPENDENCY_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct requires_parameters
PROTO_RECORD_DEFINE(requires_parameters, REQUIRES_PARAMETERS_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct deployment_flavour
PROTO_RECORD_DEFINE(deployment_flavour, DEPLOYMENT_FLAVOUR_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vnfd
PROTO_RECORD_DEFINE(vnfd, VNFD_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct nsd
PROTO_RECORD_DEFINE(nsd, NSD_FIELDS)
#undef PROTO_THIS

int vdu_attempts_parse(const char *text)
{
    int n = 0;
    if (!text)
        return 1;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || c - text > 1)
            return 0;
        n = n * 10 + (*c - '0');
    }
    return n <= VDU_ATTEMPTS_MAX ? n : 0;
}
