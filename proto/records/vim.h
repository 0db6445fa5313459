/* PoPs (VIM instances) and what drivers speak of. amqp-protocol.md 5.4, 5.5, 9.5, 9.6.
 * One struct each for the polymorphic classes of the reference: members that a class does not have
 * are simply absent, and what came in goes out again, so images and networks nested in a generic
 * PoP keep their extra members (5.5, [BUG] not copied). */
#ifndef PROTO_RECORDS_VIM_H
#define PROTO_RECORDS_VIM_H

#include "proto/records/descriptor.h"

/* clang-format off */
#define LOCATION_FIELDS(X)                                   \
    BASE_FIELDS(X)                                           \
    X(STR, name,      "name",      _, OPTIONAL, .form = &form_line)              \
    X(STR, latitude,  "latitude",  _, OPTIONAL, .form = &form_line)              \
    X(STR, longitude, "longitude", _, OPTIONAL, .form = &form_line)
PROTO_RECORD(location, LOCATION_FIELDS)

/* What tells the elements of a PoP apart is the name that the PoP gave them: KEY before the base's id,
 * since drivers answer without ids or with fresh ones. */
#define IMAGE_FIELDS(X)                                                  \
    X(STR,  ext_id,           "extId",           _, KEY)                 \
    BASE_FIELDS(X)                                                       \
    X(STR,  created,          "created",         _, OPTIONAL)            \
    X(STR,  name,             "name",            _, OPTIONAL)            \
    X(STRS, tags,             "tags",            _, OPTIONAL) /* docker */ \
    X(INT,  min_ram,          "minRam",          _, OPTIONAL) /* MB */   \
    X(INT,  min_disk_space,   "minDiskSpace",    _, OPTIONAL) /* GB */   \
    X(STR,  min_cpu,          "minCPU",          _, OPTIONAL)            \
    X(BOOL, is_public,        "isPublic",        _, OPTIONAL)            \
    X(STR,  disk_format,      "diskFormat",      _, OPTIONAL)            \
    X(STR,  container_format, "containerFormat", _, OPTIONAL)            \
    X(STR,  url,              "url",             _, OPTIONAL)            \
    X(STR,  hash,             "hash",            _, OPTIONAL)            \
    X(STR,  updated,          "updated",         _, OPTIONAL)            \
    X(STR,  status,           "status",          _, OPTIONAL)
PROTO_RECORD(image, IMAGE_FIELDS)

/* One of the repository: rest-api.md 2.7. Its PoPs get it when a VDU needs it. */
#define NFV_IMAGE_FIELDS(X)                                                             \
    BASE_FIELDS(X)                                                                      \
    X(STR,  name,             "name",            _, REQUIRED, .form = &form_name)       \
    X(INT,  min_ram,          "minRam",          _, EMIT)                               \
    X(INT,  min_disk_space,   "minDiskSpace",    _, EMIT)                               \
    X(STR,  min_cpu,          "minCPU",          _, OPTIONAL, .form = &form_line)       \
    X(BOOL, is_public,        "isPublic",        _, EMIT) /* never: its project's */    \
    X(STR,  disk_format,      "diskFormat",      _, REQUIRED, .form = &form_name)       \
    X(STR,  container_format, "containerFormat", _, REQUIRED, .form = &form_name)       \
    X(STR,  url,              "url",             _, OPTIONAL, .form = &form_line)       \
    X(STR,  hash,             "hash",            _, OPTIONAL) /* MD5 */                 \
    X(STR,  sha256,           "sha256",          _, OPTIONAL) /* ours */                \
    X(INT,  size,             "size",            _, OPTIONAL) /* bytes; ours */         \
    X(BOOL, is_in_image_repo, "isInImageRepo",   _, EMIT)                               \
    X(BOOL, stored_locally,   "storedLocally",   _, EMIT)                               \
    X(STR,  created,          "created",         _, OPTIONAL)                           \
    X(STR,  status,           "status",          _, OPTIONAL)
PROTO_RECORD(nfv_image, NFV_IMAGE_FIELDS)

#define SUBNET_FIELDS(X)                                     \
    X(STR,  ext_id,     "extId",     _, KEY)                 \
    BASE_FIELDS(X)                                           \
    X(STR,  name,       "name",      _, OPTIONAL)            \
    X(STR,  network_id, "networkId", _, OPTIONAL)            \
    X(STR,  cidr,       "cidr",      _, OPTIONAL)            \
    X(STR,  gateway_ip, "gatewayIp", _, OPTIONAL)            \
    X(STRS, dns,        "dns",       _, OPTIONAL)
PROTO_RECORD(subnet, SUBNET_FIELDS)

#define NETWORK_FIELDS(X)                                                \
    X(STR,  ext_id,     "extId",     _,      KEY)                        \
    BASE_FIELDS(X)                                                       \
    X(STR,  name,       "name",      _,      OPTIONAL)                   \
    X(BOOL, external,   "external",  _,      OPTIONAL)                   \
    X(BOOL, ext_shared, "extShared", _,      OPTIONAL)                   \
    X(LIST, subnets,    "subnets",   subnet, MIRROR) /* openstack */     \
    X(STR,  scope,      "scope",     _,      OPTIONAL) /* docker ... */  \
    X(STR,  driver,     "driver",    _,      OPTIONAL)                   \
    X(STR,  gateway,    "gateway",   _,      OPTIONAL)                   \
    X(STR,  subnet,     "subnet",    _,      OPTIONAL)
PROTO_RECORD(network, NETWORK_FIELDS)

#define AVAILABILITY_ZONE_FIELDS(X)                      \
    X(STR,    name,      "name",      _, REQUIRED | KEY) \
    BASE_FIELDS(X)                                       \
    X(BOOL,   available, "available", _, TRUE_IF_ABSENT)       \
    X(STRMAP, hosts,     "hosts",     _, OPTIONAL)
PROTO_RECORD(availability_zone, AVAILABILITY_ZONE_FIELDS)

/* In the metadata of what refresh answers; of ours, and nobody has to know them. Lines for people:
 * what the PoP does not do (status, explain), and what who deploys onto it has to know (also in the
 * history of the network service). */
#define VIM_NOTE    "baton.note"
#define VIM_WARNING "baton.warning"

/* Merged with what refresh answers: id, name, credentials and place are ours (5.6, TRAP: Go drops what it does not know). */
#define VIM_INSTANCE_FIELDS(X)                                                                     \
    BASE_ID_FIELDS(X)                                                                              \
    X(STRMAP, metadata,     "metadata",       _,                  ENTITY)                        \
    X(STR,  name,            "name",           _,                  REQUIRED | OWN_NFVO, .form = &form_pop_name)            \
    X(STR,  auth_url,        "authUrl",        _,                  REQUIRED | OWN_NFVO, .form = &form_line)            \
    X(STR,  type,            "type",           _,                  REQUIRED | OWN_NFVO, .form = &form_pop_type)            \
    X(REC,  location,        "location",       location,           OWN_NFVO)                       \
    X(BOOL, active,          "active",         _,                  TRUE_IF_ABSENT | OWN_NFVO)                \
    X(STR,  tenant,          "tenant",         _,                  OWN_NFVO, .form = &form_line)                       \
    X(STR,  domain,          "domain",         _,                  OWN_NFVO, .form = &form_line)                       \
    X(STR,  username,        "username",       _,                  OWN_NFVO, .form = &form_line)                       \
    X(STR,  password,        "password",       _,                  OWN_NFVO | SECRET)              \
    X(STR,  key_pair,        "keyPair",        _,                  OWN_NFVO, .form = &form_name)                       \
    X(STRS, security_groups, "securityGroups", _,                  OWN_IF_NEW, .form = &form_name)                     \
    X(STR,  ssl_certificate, "openstackSslCertificate", _,         OWN_NFVO)                       \
    X(LIST, keys,            "keys",           ssh_key_of_pop,     MIRROR)                         \
    X(LIST, flavours,        "flavours",       deployment_flavour, MIRROR)                         \
    X(LIST, images,          "images",         image,              EMIT | MIRROR)                  \
    X(LIST, networks,        "networks",       network,            EMIT | MIRROR)                  \
    X(LIST, zones,           "zones",          availability_zone,  MIRROR)                         \
    X(STR,  ca,              "ca",             _,                  OWN_NFVO | SECRET)              \
    X(STR,  cert,            "cert",           _,                  OWN_NFVO | SECRET)              \
    X(STR,  docker_key,      "dockerKey",      _,                  OWN_NFVO | SECRET)              \
    X(STR,  vpc_name,        "vpcName",        _,                  OWN_NFVO, .form = &form_line)                       \
    X(STR,  vpc_id,          "vpcId",          _,                  OWN_NFVO, .form = &form_line)                       \
    X(STR,  access_key,      "accessKey",      _,                  OWN_NFVO)                       \
    X(STR,  secret_key,      "secretKey",      _,                  OWN_NFVO | SECRET)              \
    X(STR,  region,          "region",         _,                  OWN_NFVO, .form = &form_line)

#define KEY_OF_POP_FIELDS(X)                             \
    X(STR, name,        "name",        _, KEY)           \
    BASE_FIELDS(X)                                       \
    X(STR, public_key,  "publicKey",   _, OPTIONAL)      \
    X(STR, fingerprint, "fingerprint", _, OPTIONAL)
PROTO_RECORD(ssh_key_of_pop, KEY_OF_POP_FIELDS)
PROTO_RECORD(vim_instance, VIM_INSTANCE_FIELDS)

#define SERVER_FIELDS(X) /* one of the two classes without the common base; Go adds it anyway */ \
    X(STR,     name,                     "name",               _, OPTIONAL)                      \
    X(STR,     ext_id,                   "extId",              _, OPTIONAL)                      \
    X(STR,     status,                   "status",             _, OPTIONAL)                      \
    X(STR,     extended_status,          "extendedStatus",     _, OPTIONAL)                      \
    X(STR,     host_name,                "hostName",           _, OPTIONAL)                      \
    X(STR,     hypervisor_host_name,     "hypervisorHostName", _, OPTIONAL)                      \
    X(STR,     instance_name,            "instanceName",       _, OPTIONAL)                      \
    X(REC,     image,                    "image",              image, OPTIONAL)                  \
    X(REC,     flavor,                   "flavor",             deployment_flavour, OPTIONAL)     \
    X(STRSMAP, ips,                      "ips",                _, EMIT)                          \
    X(STRMAP,  floating_ips,             "floatingIps",        _, EMIT)                          \
    X(STR,     created,                  "created",            _, OPTIONAL)                      \
    X(STR,     updated,                  "updated",            _, OPTIONAL)
PROTO_RECORD(server, SERVER_FIELDS)

#define QUOTA_FIELDS(X) /* -1 = infinite */              \
    X(STR, id,           "id",          _, OPTIONAL)     \
    X(INT, version,      "version",     _, OPTIONAL)     \
    X(STR, tenant,       "tenant",      _, OPTIONAL)     \
    X(INT, cores,        "cores",       _, EMIT)         \
    X(INT, floating_ips, "floatingIps", _, EMIT)         \
    X(INT, instances,    "instances",   _, EMIT)         \
    X(INT, key_pairs,    "keyPairs",    _, EMIT)         \
    X(INT, ram,          "ram",         _, EMIT)
PROTO_RECORD(quota, QUOTA_FIELDS)
/* clang-format on */

#endif
