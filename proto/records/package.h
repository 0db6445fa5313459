/* VNF packages. amqp-protocol.md 9.3. */
#ifndef PROTO_RECORDS_PACKAGE_H
#define PROTO_RECORDS_PACKAGE_H

#include "proto/records/vim.h"

/* clang-format off */
#define SCRIPT_FIELDS(X)                                                         \
    BASE_FIELDS(X)                                                               \
    X(STR,   name,    "name",    _, REQUIRED | KEY) /* relative to scripts/ */   \
    X(BYTES, payload, "payload", _, OPTIONAL)
PROTO_RECORD(script, SCRIPT_FIELDS)

/* scriptsLink must be absent, not "", when unset: Java and Python test for null. */
#define VNF_PACKAGE_FIELDS(X)                                                            \
    BASE_FIELDS(X)                                                                       \
    X(STR,  name,                 "name",               _,      REQUIRED)                \
    X(STR,  nfvo_version,         "nfvo_version",       _,      OPTIONAL)                \
    X(STR,  vnf_package_version,  "vnfPackageVersion",  _,      OPTIONAL)                \
    X(STRS, vim_types,            "vimTypes",           _,      EMIT)                    \
    X(STR,  image_link,           "imageLink",          _,      OPTIONAL)                \
    X(STR,  scripts_link,         "scriptsLink",        _,      OPTIONAL)                \
    X(REC,  image,                "image",              image,  OPTIONAL)                \
    X(RAW,  vnf_package_metadata, "vnfPackageMetadata", _,      OPTIONAL)                \
    X(LIST, scripts,              "scripts",            script, EMIT)
PROTO_RECORD(vnf_package, VNF_PACKAGE_FIELDS)
/* clang-format on */

#endif
