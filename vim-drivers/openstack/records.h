/* What keystone, nova, neutron and glance answer, as far as it is looked at. */
#ifndef VIM_DRIVERS_OPENSTACK_RECORDS_H
#define VIM_DRIVERS_OPENSTACK_RECORDS_H

#include "proto/codec/codec.h"

/* clang-format off */
/* --- errors: one member of any name (keystone, nova, neutron) --- */
#define OS_FAULT_FIELDS(X)                                \
    X(STR, message, "message", _, OPTIONAL)               \
    X(STR, type,    "type",    _, OPTIONAL)               \
    X(INT, code,    "code",    _, OPTIONAL)
PROTO_RECORD(os_fault, OS_FAULT_FIELDS)
#define OS_FAULTS_FIELDS(X)                               \
    X(MAP, of, "of", os_fault, OPTIONAL)
PROTO_RECORD(os_faults, OS_FAULTS_FIELDS)

/* --- keystone --- */
#define OS_ENDPOINT_FIELDS(X)                             \
    X(STR, interface, "interface", _, OPTIONAL)           \
    X(STR, region,    "region",    _, OPTIONAL)           \
    X(STR, region_id, "region_id", _, OPTIONAL)           \
    X(STR, url,       "url",       _, OPTIONAL)
PROTO_RECORD(os_endpoint, OS_ENDPOINT_FIELDS)
#define OS_CATALOGUE_FIELDS(X)                            \
    X(STR,  type,      "type",      _,           OPTIONAL) \
    X(LIST, endpoints, "endpoints", os_endpoint, OPTIONAL)
PROTO_RECORD(os_catalogue, OS_CATALOGUE_FIELDS)
#define OS_NAMED_FIELDS(X)                                \
    X(STR, id,   "id",   _, OPTIONAL)                     \
    X(STR, name, "name", _, OPTIONAL)
PROTO_RECORD(os_named, OS_NAMED_FIELDS)
#define OS_TOKEN_FIELDS(X)                                \
    X(STR,  expires_at, "expires_at", _,            OPTIONAL) \
    X(STR,  issued_at,  "issued_at",  _,            OPTIONAL) \
    X(REC,  project,    "project",    os_named,     OPTIONAL) \
    X(LIST, catalogue,  "catalog",    os_catalogue, OPTIONAL)
PROTO_RECORD(os_token, OS_TOKEN_FIELDS)

/* --- nova --- */
#define OS_ADDRESS_FIELDS(X)                              \
    X(STR, ip,   "addr",                    _, OPTIONAL)  \
    X(STR, type, "OS-EXT-IPS:type",         _, OPTIONAL)  \
    X(STR, mac,  "OS-EXT-IPS-MAC:mac_addr", _, OPTIONAL)
PROTO_RECORD(os_address, OS_ADDRESS_FIELDS)
#define OS_FLAVOUR_OF_FIELDS(X)                           \
    X(STR, id,   "id",            _, OPTIONAL)            \
    X(STR, name, "original_name", _, OPTIONAL)
PROTO_RECORD(os_flavour_of, OS_FLAVOUR_OF_FIELDS)
#define OS_SERVER_FIELDS(X)                               \
    X(STR,     id,        "id",        _, REQUIRED)       \
    X(STR,     name,      "name",      _, OPTIONAL)       \
    X(STR,     status,    "status",    _, OPTIONAL)       \
    X(STR,     task,      "OS-EXT-STS:task_state", _, OPTIONAL) \
    X(REC,     fault,     "fault",     os_fault, OPTIONAL) \
    X(STRMAP,  metadata,  "metadata",  _, OPTIONAL)       \
    X(STR,     created,   "created",   _, OPTIONAL)       \
    X(LISTMAP, addresses, "addresses", os_address, OPTIONAL) \
    X(REC,     flavour,   "flavor",    os_flavour_of, OPTIONAL) \
    X(STR,     host,      "OS-EXT-SRV-ATTR:hypervisor_hostname", _, OPTIONAL) \
    X(STR,     zone,      "OS-EXT-AZ:availability_zone", _, OPTIONAL)
PROTO_RECORD(os_server, OS_SERVER_FIELDS)
#define OS_FLAVOUR_FIELDS(X)                              \
    X(STR, id,    "id",    _, REQUIRED)                   \
    X(STR, name,  "name",  _, OPTIONAL)                   \
    X(INT, vcpus, "vcpus", _, OPTIONAL)                   \
    X(INT, ram,   "ram",   _, OPTIONAL)                   \
    X(INT, disk,  "disk",  _, OPTIONAL)
PROTO_RECORD(os_flavour, OS_FLAVOUR_FIELDS)
#define OS_ZONE_STATE_FIELDS(X)                           \
    X(BOOL, available, "available", _, OPTIONAL)
PROTO_RECORD(os_zone_state, OS_ZONE_STATE_FIELDS)
#define OS_ZONE_FIELDS(X)                                 \
    X(STR, name,  "zoneName",  _,             OPTIONAL)   \
    X(REC, state, "zoneState", os_zone_state, OPTIONAL)
PROTO_RECORD(os_zone, OS_ZONE_FIELDS)
#define OS_GROUP_FIELDS(X)                                \
    X(STR,  id,       "id",       _, REQUIRED)            \
    X(STR,  name,     "name",     _, OPTIONAL)            \
    X(STR,  policy,   "policy",   _, OPTIONAL)            \
    X(STRS, policies, "policies", _, OPTIONAL)            \
    X(STRS, members,  "members",  _, OPTIONAL)
PROTO_RECORD(os_group, OS_GROUP_FIELDS)
#define OS_VERSION_FIELDS(X)                              \
    X(STR, id,      "id",      _, OPTIONAL)               \
    X(STR, version, "version", _, OPTIONAL)               \
    X(STR, least,   "min_version", _, OPTIONAL)
PROTO_RECORD(os_version, OS_VERSION_FIELDS)
#define OS_ABSOLUTE_FIELDS(X)                             \
    X(INT, instances, "maxTotalInstances", _, OPTIONAL)   \
    X(INT, cores,     "maxTotalCores",     _, OPTIONAL)   \
    X(INT, ram,       "maxTotalRAMSize",   _, OPTIONAL)   \
    X(INT, keys,      "maxTotalKeypairs",  _, OPTIONAL)
PROTO_RECORD(os_absolute, OS_ABSOLUTE_FIELDS)
#define OS_LIMITS_FIELDS(X)                               \
    X(REC, absolute, "absolute", os_absolute, OPTIONAL)
PROTO_RECORD(os_limits, OS_LIMITS_FIELDS)

/* --- neutron --- */
#define OS_NETWORK_FIELDS(X)                              \
    X(STR,  id,          "id",              _, REQUIRED)  \
    X(STR,  name,        "name",            _, OPTIONAL)  \
    X(STR,  description, "description",     _, OPTIONAL)  \
    X(STR,  project,     "project_id",      _, OPTIONAL, .alias = "tenant_id") \
    X(BOOL, shared,      "shared",          _, OPTIONAL)  \
    X(BOOL, external,    "router:external", _, OPTIONAL)  \
    X(STRS, subnets,     "subnets",         _, OPTIONAL)  \
    X(STR,  created,     "created_at",      _, OPTIONAL)
PROTO_RECORD(os_network, OS_NETWORK_FIELDS)
#define OS_SUBNET_FIELDS(X)                               \
    X(STR, id,      "id",         _, REQUIRED)            \
    X(STR, name,    "name",       _, OPTIONAL)            \
    X(STR, network, "network_id", _, OPTIONAL)            \
    X(STR, cidr,    "cidr",       _, OPTIONAL)            \
    X(STR, gateway, "gateway_ip", _, OPTIONAL)            \
    X(INT, ip_version, "ip_version", _, OPTIONAL)
PROTO_RECORD(os_subnet, OS_SUBNET_FIELDS)
#define OS_FIXED_FIELDS(X)                                \
    X(STR, ip,     "ip_address", _, OPTIONAL)             \
    X(STR, subnet, "subnet_id",  _, OPTIONAL)
PROTO_RECORD(os_fixed, OS_FIXED_FIELDS)
#define OS_PORT_FIELDS(X)                                 \
    X(STR,  id,          "id",           _, REQUIRED)     \
    X(STR,  name,        "name",         _, OPTIONAL)     \
    X(STR,  description, "description",  _, OPTIONAL)     \
    X(STR,  network,     "network_id",   _, OPTIONAL)     \
    X(STR,  device,      "device_id",    _, OPTIONAL)     \
    X(STR,  owner,       "device_owner", _, OPTIONAL)     \
    X(STR,  mac,         "mac_address",  _, OPTIONAL)     \
    X(STR,  created,     "created_at",   _, OPTIONAL)     \
    X(LIST, fixed,       "fixed_ips",    os_fixed, OPTIONAL)
PROTO_RECORD(os_port, OS_PORT_FIELDS)
#define OS_FLOATING_FIELDS(X)                             \
    X(STR, id,          "id",                  _, REQUIRED) \
    X(STR, ip,          "floating_ip_address", _, OPTIONAL) \
    X(STR, port,        "port_id",             _, OPTIONAL) \
    X(STR, network,     "floating_network_id", _, OPTIONAL) \
    X(STR, description, "description",         _, OPTIONAL) \
    X(STR, created,     "created_at",          _, OPTIONAL)
PROTO_RECORD(os_floating, OS_FLOATING_FIELDS)
#define OS_GATEWAY_FIELDS(X)                              \
    X(STR, network, "network_id", _, OPTIONAL)
PROTO_RECORD(os_gateway, OS_GATEWAY_FIELDS)
#define OS_ROUTER_FIELDS(X)                               \
    X(STR, id,          "id",          _, REQUIRED)       \
    X(STR, name,        "name",        _, OPTIONAL)       \
    X(STR, description, "description", _, OPTIONAL)       \
    X(REC, gateway,     "external_gateway_info", os_gateway, OPTIONAL)
PROTO_RECORD(os_router, OS_ROUTER_FIELDS)
#define OS_DETAIL_FIELDS(X)                               \
    X(INT, limit,    "limit",    _, OPTIONAL)             \
    X(INT, used,     "used",     _, OPTIONAL)             \
    X(INT, reserved, "reserved", _, OPTIONAL)
PROTO_RECORD(os_detail, OS_DETAIL_FIELDS)
#define OS_QUOTA_FIELDS(X)                                \
    X(REC, floating, "floatingip", os_detail, OPTIONAL)
PROTO_RECORD(os_quota, OS_QUOTA_FIELDS)

/* --- glance --- */
#define OS_IMAGE_FIELDS(X)                                \
    X(STR,  id,         "id",               _, REQUIRED)  \
    X(STR,  name,       "name",             _, OPTIONAL)  \
    X(STR,  status,     "status",           _, OPTIONAL)  \
    X(STR,  visibility, "visibility",       _, OPTIONAL)  \
    X(STR,  disk,       "disk_format",      _, OPTIONAL)  \
    X(STR,  container,  "container_format", _, OPTIONAL)  \
    X(INT,  min_disk,   "min_disk",         _, OPTIONAL)  \
    X(INT,  min_ram,    "min_ram",          _, OPTIONAL)  \
    X(STR,  created,    "created_at",       _, OPTIONAL)  \
    X(STRS, tags,       "tags",             _, OPTIONAL)  \
    X(STR,  source,     "baton_source",     _, OPTIONAL)  \
    X(STR,  checksum,   "checksum",         _, OPTIONAL)
PROTO_RECORD(os_image, OS_IMAGE_FIELDS)

/* --- a page of a list: one of them, and where the next one is --- */
#define OS_LINK_FIELDS(X)                                 \
    X(STR, rel,  "rel",  _, OPTIONAL)                     \
    X(STR, href, "href", _, OPTIONAL)
PROTO_RECORD(os_link, OS_LINK_FIELDS)
#define OS_PAGE_FIELDS(X)                                 \
    X(LIST, servers,        "servers",             os_server,   OPTIONAL) \
    X(LIST, server_links,   "servers_links",       os_link,     OPTIONAL) \
    X(LIST, flavours,       "flavors",             os_flavour,  OPTIONAL) \
    X(LIST, flavour_links,  "flavors_links",       os_link,     OPTIONAL) \
    X(LIST, groups,         "server_groups",       os_group,    OPTIONAL) \
    X(LIST, zones,          "availabilityZoneInfo", os_zone,    OPTIONAL) \
    X(LIST, networks,       "networks",            os_network,  OPTIONAL) \
    X(LIST, network_links,  "networks_links",      os_link,     OPTIONAL) \
    X(LIST, subnets,        "subnets",             os_subnet,   OPTIONAL) \
    X(LIST, subnet_links,   "subnets_links",       os_link,     OPTIONAL) \
    X(LIST, ports,          "ports",               os_port,     OPTIONAL) \
    X(LIST, port_links,     "ports_links",         os_link,     OPTIONAL) \
    X(LIST, floating,       "floatingips",         os_floating, OPTIONAL) \
    X(LIST, floating_links, "floatingips_links",   os_link,     OPTIONAL) \
    X(LIST, routers,        "routers",             os_router,   OPTIONAL) \
    X(LIST, router_links,   "routers_links",       os_link,     OPTIONAL) \
    X(LIST, security,       "security_groups",     os_named,    OPTIONAL) \
    X(LIST, security_links, "security_groups_links", os_link,   OPTIONAL) \
    X(LIST, images,         "images",              os_image,    OPTIONAL) \
    X(STR,  next,           "next",                _,           OPTIONAL)
PROTO_RECORD(os_page, OS_PAGE_FIELDS)

/* --- one object in its wrapping --- */
#define OS_ONE_FIELDS(X)                                  \
    X(REC, token,    "token",        os_token,    OPTIONAL) \
    X(REC, server,   "server",       os_server,   OPTIONAL) \
    X(REC, flavour,  "flavor",       os_flavour,  OPTIONAL) \
    X(REC, group,    "server_group", os_group,    OPTIONAL) \
    X(REC, version,  "version",      os_version,  OPTIONAL) \
    X(REC, limits,   "limits",       os_limits,   OPTIONAL) \
    X(REC, network,  "network",      os_network,  OPTIONAL) \
    X(REC, subnet,   "subnet",       os_subnet,   OPTIONAL) \
    X(REC, port,     "port",         os_port,     OPTIONAL) \
    X(REC, floating, "floatingip",   os_floating, OPTIONAL) \
    X(REC, router,   "router",       os_router,   OPTIONAL) \
    X(REC, quota,    "quota",        os_quota,    OPTIONAL)
PROTO_RECORD(os_one, OS_ONE_FIELDS)
/* clang-format on */

#endif
