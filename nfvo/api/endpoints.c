/* All that the REST interface answers: a table of each subject. */
#include "nfvo/api/context.h"

/* clang-format off */
const struct endpoint *const endpoint_tables[] = {
    token_endpoints,
    nsd_endpoints,
    vnfd_endpoints,
    package_endpoints,
    nsr_endpoints,
    pop_endpoints,
    manager_endpoints,
    event_endpoints,
    password_endpoints,
    user_endpoints,
    project_endpoints,
    service_endpoints,
    quota_endpoints,
    client_file_endpoints,
    key_endpoints,
    system_endpoints,
    explain_endpoints,
    logs_endpoints,
    enrolment_endpoints,
    scaling_endpoints,
    operate_endpoints,
    operations_endpoints,
    vnfs_endpoints,
    nsd_part_endpoints,
    nsd_pnfd_endpoints,
    nsr_part_endpoints,
    vnffg_endpoints,
    document_endpoints,
    rest_vnfm_endpoints,
    ui_endpoints,
    unbuilt_endpoints,
    NULL,
};
/* clang-format on */
