/* What an engine answers, as far as it is looked at. Engine API 1.24 to 1.44. */
#ifndef VIM_DRIVERS_DOCKER_RECORDS_H
#define VIM_DRIVERS_DOCKER_RECORDS_H

#include "proto/codec/codec.h"

/* clang-format off */
#define DK_MESSAGE_FIELDS(X)                     \
    X(STR, message, "message", _, OPTIONAL)
PROTO_RECORD(dk_message, DK_MESSAGE_FIELDS)

#define DK_VERSION_FIELDS(X)                            \
    X(STR, api,     "ApiVersion",    _, OPTIONAL)       \
    X(STR, api_min, "MinAPIVersion", _, OPTIONAL)
PROTO_RECORD(dk_version, DK_VERSION_FIELDS)

#define DK_INFO_FIELDS(X)                               \
    X(STR, name, "Name",     _, OPTIONAL)               \
    X(INT, cpus, "NCPU",     _, OPTIONAL)               \
    X(INT, memory, "MemTotal", _, OPTIONAL)
PROTO_RECORD(dk_info, DK_INFO_FIELDS)

/* A line of a pull. */
#define DK_DETAIL_FIELDS(X)                             \
    X(STR, message, "message", _, OPTIONAL)
PROTO_RECORD(dk_detail, DK_DETAIL_FIELDS)
#define DK_PROGRESS_FIELDS(X)                           \
    X(STR, status, "status",      _,         OPTIONAL)  \
    X(STR, error,  "error",       _,         OPTIONAL)  \
    X(REC, detail, "errorDetail", dk_detail, OPTIONAL)
PROTO_RECORD(dk_progress, DK_PROGRESS_FIELDS)

#define DK_NOTHING_FIELDS(X)                            \
    X(STR, ignored, "-", _, OPTIONAL)
PROTO_RECORD(dk_nothing, DK_NOTHING_FIELDS)

#define DK_IMAGE_FIELDS(X)                              \
    X(STR,  id,      "Id",       _, REQUIRED)           \
    X(STRS, tags,    "RepoTags", _, OPTIONAL)           \
    X(INT,  created, "Created",  _, OPTIONAL)
PROTO_RECORD(dk_image, DK_IMAGE_FIELDS)

#define DK_IMAGE_CONFIG_FIELDS(X)                       \
    X(STRS, entrypoint, "Entrypoint",   _, OPTIONAL)    \
    X(STRS, command,    "Cmd",          _, OPTIONAL)    \
    X(STR,  user,       "User",         _, OPTIONAL)    \
    X(MAP,  ports,      "ExposedPorts", dk_nothing, OPTIONAL)
PROTO_RECORD(dk_image_config, DK_IMAGE_CONFIG_FIELDS)
#define DK_IMAGE_INSPECT_FIELDS(X)                      \
    X(STR, id,     "Id",     _, REQUIRED)               \
    X(STRS, tags,  "RepoTags", _, OPTIONAL)             \
    X(REC, config, "Config", dk_image_config, OPTIONAL)
PROTO_RECORD(dk_image_inspect, DK_IMAGE_INSPECT_FIELDS)

/* Of a saved image. */
#define DK_MANIFEST_FIELDS(X)                           \
    X(STR,  config, "Config",   _, REQUIRED)            \
    X(STRS, tags,   "RepoTags", _, OPTIONAL)            \
    X(STRS, layers, "Layers",   _, OPTIONAL)
PROTO_RECORD(dk_manifest, DK_MANIFEST_FIELDS)

#define DK_SUBNET_FIELDS(X)                             \
    X(STR, subnet,  "Subnet",  _, OPTIONAL)             \
    X(STR, gateway, "Gateway", _, OPTIONAL)
PROTO_RECORD(dk_subnet, DK_SUBNET_FIELDS)
#define DK_IPAM_FIELDS(X)                               \
    X(LIST, config, "Config", dk_subnet, OPTIONAL)
PROTO_RECORD(dk_ipam, DK_IPAM_FIELDS)
#define DK_MEMBER_FIELDS(X)                             \
    X(STR, name, "Name",        _, OPTIONAL)            \
    X(STR, ip,   "IPv4Address", _, OPTIONAL) /* with its bits */
PROTO_RECORD(dk_member, DK_MEMBER_FIELDS)
#define DK_NETWORK_FIELDS(X)                            \
    X(STR,    id,      "Id",         _, REQUIRED)       \
    X(STR,    name,    "Name",       _, REQUIRED)       \
    X(STR,    driver,  "Driver",     _, OPTIONAL)       \
    X(REC,    ipam,    "IPAM",       dk_ipam, OPTIONAL) \
    X(STRMAP, labels,  "Labels",     _, OPTIONAL)       \
    X(MAP,    members, "Containers", dk_member, OPTIONAL) /* only when inspected */
PROTO_RECORD(dk_network, DK_NETWORK_FIELDS)

#define DK_IPAM_OF_FIELDS(X)                            \
    X(STR, ip, "IPv4Address", _, OPTIONAL)
PROTO_RECORD(dk_ipam_of, DK_IPAM_OF_FIELDS)
#define DK_ENDPOINT_FIELDS(X)                           \
    X(REC, ipam,    "IPAMConfig", dk_ipam_of, OPTIONAL) \
    X(STR, network, "NetworkID",  _, OPTIONAL)          \
    X(STR, ip,      "IPAddress",  _, OPTIONAL)          \
    X(STR, mac,     "MacAddress", _, OPTIONAL)
PROTO_RECORD(dk_endpoint, DK_ENDPOINT_FIELDS)
#define DK_NETWORKS_OF_FIELDS(X)                        \
    X(MAP, networks, "Networks", dk_endpoint, OPTIONAL)
PROTO_RECORD(dk_networks_of, DK_NETWORKS_OF_FIELDS)

/* One of the list. */
#define DK_CONTAINER_FIELDS(X)                          \
    X(STR,    id,      "Id",      _, REQUIRED)          \
    X(STRS,   names,   "Names",   _, OPTIONAL)          \
    X(INT,    created, "Created", _, OPTIONAL)          \
    X(STR,    state,   "State",   _, OPTIONAL)          \
    X(STR,    status,  "Status",  _, OPTIONAL)          \
    X(STRMAP, labels,  "Labels",  _, OPTIONAL)          \
    X(REC,    settings, "NetworkSettings", dk_networks_of, OPTIONAL)
PROTO_RECORD(dk_container, DK_CONTAINER_FIELDS)

#define DK_MADE_FIELDS(X)                               \
    X(STR, id, "Id", _, REQUIRED)
PROTO_RECORD(dk_made, DK_MADE_FIELDS)
/* clang-format on */

#endif
