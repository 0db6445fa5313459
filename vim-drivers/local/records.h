/* What the driver knows of its cloud, one file of JSON each, below the state folder. */
#ifndef VIM_DRIVERS_LOCAL_RECORDS_H
#define VIM_DRIVERS_LOCAL_RECORDS_H

#include "proto/codec/codec.h"

/* clang-format off */
#define LOC_NIC_FIELDS(X)                                \
    X(STR,  network, "network",  _, REQUIRED) /* id */   \
    X(STR,  name,    "name",     _, REQUIRED) /* of the network */ \
    X(STR,  ip,      "ip",       _, REQUIRED)            \
    X(BOOL, has_floating, "floating", _, OPTIONAL)
PROTO_RECORD(loc_nic_file, LOC_NIC_FIELDS)

#define LOC_SERVER_FIELDS(X)                             \
    X(STR,  id,      "id",       _, REQUIRED)            \
    X(STR,  name,    "name",     _, REQUIRED)            \
    X(STR,  project, "project",  _, OPTIONAL) /* none: of before */ \
    X(STR,  token,   "token",    _, OPTIONAL)            \
    X(STR,  phase,   "phase",    _, REQUIRED)            \
    X(STR,  mode,    "mode",     _, REQUIRED)            \
    X(STR,  image,   "image",    _, OPTIONAL)            \
    X(STR,  flavour, "flavour",  _, OPTIONAL)            \
    X(INT,  vcpus,   "vcpus",    _, OPTIONAL)            \
    X(INT,  ram,     "ram",      _, OPTIONAL) /* MB */   \
    X(INT,  disk,    "disk",     _, OPTIONAL) /* GB */   \
    X(INT,  disk_size, "diskSize", _, OPTIONAL) /* bytes */ \
    X(INT,  created_at, "createdAt", _, OPTIONAL) /* seconds since 1970 */ \
    X(INT,  updated_at, "updatedAt", _, OPTIONAL)        \
    X(STR,  created, "created",  _, OPTIONAL) /* of before: as the wire has it */ \
    X(STR,  updated, "updated",  _, OPTIONAL)            \
    X(STR,  fault,   "fault",    _, OPTIONAL)            \
    X(STR,  rebuild, "rebuild",  _, OPTIONAL)            \
    X(STR,  boot,    "boot",     _, OPTIONAL)            \
    X(INT,  pid,     "pid",      _, OPTIONAL)            \
    X(STR,  start,   "start",    _, OPTIONAL) /* of that process */ \
    X(LIST, nics,    "nics",     loc_nic_file, OPTIONAL)
PROTO_RECORD(loc_server_file, LOC_SERVER_FIELDS)

#define LOC_NETWORK_FIELDS(X)                            \
    X(STR,  id,      "id",       _, REQUIRED)            \
    X(STR,  name,    "name",     _, REQUIRED)            \
    X(STR,  project, "project",  _, OPTIONAL) /* none: of before */ \
    X(STR,  cidr,    "cidr",     _, REQUIRED)            \
    X(INT,  number,  "number",   _, REQUIRED) /* of its bridge */ \
    X(INT,  zone,    "zone",     _, OPTIONAL)
PROTO_RECORD(loc_network_file, LOC_NETWORK_FIELDS)

#define LOC_FLAVOUR_FIELDS(X)                            \
    X(STR,  name,    "name",     _, REQUIRED)            \
    X(INT,  vcpus,   "vcpus",    _, OPTIONAL)            \
    X(INT,  ram,     "ram",      _, OPTIONAL)            \
    X(INT,  disk,    "disk",     _, OPTIONAL)
PROTO_RECORD(loc_flavour_file, LOC_FLAVOUR_FIELDS)

#define LOC_STATE_FIELDS(X)                              \
    X(STR,  id,      "id",       _, REQUIRED)            \
    X(STR,  mode,    "mode",     _, REQUIRED)
PROTO_RECORD(loc_state_file, LOC_STATE_FIELDS)
/* clang-format on */

#endif
