/* VNF packages. amqp-protocol.md 9.3. */
#ifndef PROTO_RECORDS_PACKAGE_H
#define PROTO_RECORDS_PACKAGE_H

#include "proto/records/vim.h"

/* What is taken at upload has to travel: INSTANTIATE carries all scripts of a package in one
 * message, as arrays of numbers, at most five bytes for one ("-128,"), beside the record. The
 * broker takes 128 MiB (max_message_size), peers on our SDK PACKAGE_MESSAGE_MAX; each script then
 * goes to the agents by itself, in base64 (EMS_MESSAGE_MAX). */
#define PACKAGE_SCRIPTS_MAX ((size_t)8 * 1024 * 1024) /* bytes of all scripts together */
#define PACKAGE_MESSAGE_MAX (PACKAGE_SCRIPTS_MAX * 5 + ((size_t)8 * 1024 * 1024))
_Static_assert(PACKAGE_MESSAGE_MAX < PROTO_ARENA_MAX, "who decodes it copies the package's text");

/* clang-format off */
#define SCRIPT_FIELDS(X)                                                                           \
    BASE_FIELDS(X)                                                                                 \
    X(STR,   name,    "name",    _, REQUIRED | KEY, .form = &form_line) /* relative to scripts/ */ \
    X(BYTES, payload, "payload", _, OPTIONAL)
PROTO_RECORD(script, SCRIPT_FIELDS)

/* scriptsLink must be absent, not "", when unset: Java and Python test for null. */
#define VNF_PACKAGE_FIELDS(X)                                                                 \
    BASE_FIELDS(X)                                                                            \
    X(STR,  name,                 "name",               _,      REQUIRED, .form = &form_name) \
    X(STR,  nfvo_version,         "nfvo_version",       _,      OPTIONAL)                     \
    X(STR,  vnf_package_version,  "vnfPackageVersion",  _,      OPTIONAL, .form = &form_name) \
    X(STRS, vim_types,            "vimTypes",           _,      EMIT)                         \
    X(STR,  image_link,           "imageLink",          _,      OPTIONAL)                     \
    X(STR,  scripts_link,         "scriptsLink",        _,      OPTIONAL)                     \
    X(REC,  image,                "image",              image,  OPTIONAL)                     \
    X(RAW,  vnf_package_metadata, "vnfPackageMetadata", _,      OPTIONAL)                     \
    X(LIST, scripts,              "scripts",            script, EMIT)
PROTO_RECORD(vnf_package, VNF_PACKAGE_FIELDS)
/* clang-format on */

#endif
