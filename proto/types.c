#include "proto/types.h"

#include "proto/messages/driver_rpc.h"
#include "proto/messages/ems.h"
#include "proto/messages/event.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/alarm.h"
#include "proto/records/manager.h"
#include "proto/records/operation.h"
#include "proto/records/package.h"
#include "proto/records/record.h"

#include <string.h>

const struct proto_type *const proto_types[] = {
    &or_vnfm_type,
    &vnfm_or_type,
    &driver_request_type,
    &driver_reply_type,
    &event_type,
    &registration_type,
    &refused_by_peer_type,
    &deploy_body_type,
    &ems_hello_type,
    &ems_request_type,
    &ems_reply_type,
    &alarm_type,
    &auto_scale_policy_type,
    &availability_zone_type,
    &configuration_type,
    &configuration_parameter_type,
    &connection_point_type,
    &criteria_type,
    &dependency_parameters_type,
    &deployment_flavour_type,
    &driver_exception_type,
    &event_endpoint_type,
    &fault_type,
    &faulty_resource_type,
    &faulty_resource_info_type,
    &fault_management_policy_type,
    &high_availability_type,
    &history_event_type,
    &image_type,
    &internal_virtual_link_type,
    &ip_type,
    &lifecycle_event_type,
    &location_type,
    &manager_credentials_type,
    &network_type,
    &nfv_image_type,
    &nsd_type,
    &nsr_type,
    &project_type,
    &project_quota_type,
    &quota_type,
    &requires_parameters_type,
    &role_type,
    &scaling_action_type,
    &scaling_alarm_type,
    &script_type,
    &server_type,
    &service_type,
    &shown_change_type,
    &shown_child_type,
    &shown_operation_type,
    &shown_pop_type,
    &shown_progress_type,
    &shown_scripts_type,
    &shown_step_type,
    &shown_subject_type,
    &shown_untold_type,
    &stored_asked_type,
    &stored_count_type,
    &stored_operation_type,
    &stored_progress_type,
    &stored_step_type,
    &step_times_type,
    &ssh_key_type,
    &ssh_key_of_pop_type,
    &subnet_type,
    &user_type,
    &vdu_type,
    &vim_instance_type,
    &vim_ref_type,
    &vld_type,
    &vlr_type,
    &vnf_component_type,
    &vnf_dependency_type,
    &vnf_package_type,
    &vnf_record_dependency_type,
    &vnfc_dependency_parameters_type,
    &vnfc_instance_type,
    &vnfd_type,
    &vnfd_connection_point_type,
    &vnfm_endpoint_type,
    &vnfm_exception_type,
    &vnfr_progress_type,
    &vnfr_type,
    NULL,
};

const struct proto_type *proto_type_find(const char *name)
{
    for (const struct proto_type *const *t = proto_types; *t; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    return NULL;
}
