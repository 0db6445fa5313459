#include "proto/records/vim.h"

#define PROTO_THIS struct location
PROTO_RECORD_DEFINE(location, LOCATION_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct image
PROTO_RECORD_DEFINE(image, IMAGE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct nfv_image
PROTO_RECORD_DEFINE(nfv_image, NFV_IMAGE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct subnet
PROTO_RECORD_DEFINE(subnet, SUBNET_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct network
PROTO_RECORD_DEFINE(network, NETWORK_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct availability_zone
PROTO_RECORD_DEFINE(availability_zone, AVAILABILITY_ZONE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct ssh_key_of_pop
PROTO_RECORD_DEFINE(ssh_key_of_pop, KEY_OF_POP_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct vim_instance
PROTO_RECORD_DEFINE(vim_instance, VIM_INSTANCE_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct server
PROTO_RECORD_DEFINE(server, SERVER_FIELDS)
#undef PROTO_THIS

#define PROTO_THIS struct quota
PROTO_RECORD_DEFINE(quota, QUOTA_FIELDS)
#undef PROTO_THIS
