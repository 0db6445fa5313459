#include "vim-drivers/openstack/records.h"

#define PROTO_THIS struct os_fault
PROTO_RECORD_DEFINE(os_fault, OS_FAULT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_faults
PROTO_RECORD_DEFINE(os_faults, OS_FAULTS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_endpoint
PROTO_RECORD_DEFINE(os_endpoint, OS_ENDPOINT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_catalogue
PROTO_RECORD_DEFINE(os_catalogue, OS_CATALOGUE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_named
PROTO_RECORD_DEFINE(os_named, OS_NAMED_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_token
PROTO_RECORD_DEFINE(os_token, OS_TOKEN_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_address
PROTO_RECORD_DEFINE(os_address, OS_ADDRESS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_flavour_of
PROTO_RECORD_DEFINE(os_flavour_of, OS_FLAVOUR_OF_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_server
PROTO_RECORD_DEFINE(os_server, OS_SERVER_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_flavour
PROTO_RECORD_DEFINE(os_flavour, OS_FLAVOUR_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_zone_state
PROTO_RECORD_DEFINE(os_zone_state, OS_ZONE_STATE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_zone
PROTO_RECORD_DEFINE(os_zone, OS_ZONE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_group
PROTO_RECORD_DEFINE(os_group, OS_GROUP_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_version
PROTO_RECORD_DEFINE(os_version, OS_VERSION_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_absolute
PROTO_RECORD_DEFINE(os_absolute, OS_ABSOLUTE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_limits
PROTO_RECORD_DEFINE(os_limits, OS_LIMITS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_network
PROTO_RECORD_DEFINE(os_network, OS_NETWORK_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_subnet
PROTO_RECORD_DEFINE(os_subnet, OS_SUBNET_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_fixed
PROTO_RECORD_DEFINE(os_fixed, OS_FIXED_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_port
PROTO_RECORD_DEFINE(os_port, OS_PORT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_floating
PROTO_RECORD_DEFINE(os_floating, OS_FLOATING_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_gateway
PROTO_RECORD_DEFINE(os_gateway, OS_GATEWAY_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_router
PROTO_RECORD_DEFINE(os_router, OS_ROUTER_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_detail
PROTO_RECORD_DEFINE(os_detail, OS_DETAIL_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_quota
PROTO_RECORD_DEFINE(os_quota, OS_QUOTA_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_image
PROTO_RECORD_DEFINE(os_image, OS_IMAGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_link
PROTO_RECORD_DEFINE(os_link, OS_LINK_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_page
PROTO_RECORD_DEFINE(os_page, OS_PAGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct os_one
PROTO_RECORD_DEFINE(os_one, OS_ONE_FIELDS)
#undef PROTO_THIS
