#include "vim-drivers/docker/records.h"

#define PROTO_THIS struct dk_message
PROTO_RECORD_DEFINE(dk_message, DK_MESSAGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_version
PROTO_RECORD_DEFINE(dk_version, DK_VERSION_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_info
PROTO_RECORD_DEFINE(dk_info, DK_INFO_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_detail
PROTO_RECORD_DEFINE(dk_detail, DK_DETAIL_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_progress
PROTO_RECORD_DEFINE(dk_progress, DK_PROGRESS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_nothing
PROTO_RECORD_DEFINE(dk_nothing, DK_NOTHING_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_image
PROTO_RECORD_DEFINE(dk_image, DK_IMAGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_image_config
PROTO_RECORD_DEFINE(dk_image_config, DK_IMAGE_CONFIG_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_image_inspect
PROTO_RECORD_DEFINE(dk_image_inspect, DK_IMAGE_INSPECT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_manifest
PROTO_RECORD_DEFINE(dk_manifest, DK_MANIFEST_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct dk_subnet
PROTO_RECORD_DEFINE(dk_subnet, DK_SUBNET_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_ipam
PROTO_RECORD_DEFINE(dk_ipam, DK_IPAM_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_member
PROTO_RECORD_DEFINE(dk_member, DK_MEMBER_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_network
PROTO_RECORD_DEFINE(dk_network, DK_NETWORK_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_ipam_of
PROTO_RECORD_DEFINE(dk_ipam_of, DK_IPAM_OF_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_endpoint
PROTO_RECORD_DEFINE(dk_endpoint, DK_ENDPOINT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_networks_of
PROTO_RECORD_DEFINE(dk_networks_of, DK_NETWORKS_OF_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_container
PROTO_RECORD_DEFINE(dk_container, DK_CONTAINER_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct dk_made
PROTO_RECORD_DEFINE(dk_made, DK_MADE_FIELDS)
#undef PROTO_THIS
