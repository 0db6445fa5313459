/* Members of a record by the path they have on the wire: what the public SDKs show of our records,
 * on top of the field tables, so that a user of them needs no struct of ours.
 *
 *     proto_path_str(&vnfr_type, vnfr, "vdu[0].vnfc_instance[1].hostname") -> "web-4711", or NULL
 *     proto_path_str(&vnfr_type, vnfr, "vdu[0].metadata[az]")              maps by key
 *     proto_path_set_str(&vnfr_type, vnfr, "vdu[0].vnfc_instance[0].state", "ACTIVE", &arena, &err)
 *
 * Grammar: name ( "[" index or key "]" )? ( "." ... )*. Names are the wire's (or the table's
 * alias). Elements of lists by number, of maps by key. Members that no table knows (extra) are read
 * as their JSON text. */
#ifndef PROTO_CODEC_PATH_H
#define PROTO_CODEC_PATH_H

#include "proto/codec/codec.h"

/* Borrowed; NULL when absent. A number, boolean or collection has no text here. Raw members give
 * their JSON text. */
const char *proto_path_str(const struct proto_type *type, const void *rec, const char *path);
bool proto_path_int(const struct proto_type *type, const void *rec, const char *path,
                    int64_t *ret); /* also booleans (0, 1); false: absent */
/* Elements of a collection; 1 for any other member that is set; 0 when absent. */
size_t proto_path_count(const struct proto_type *type, const void *rec, const char *path);
/* The key of element i of a map; borrowed; NULL when absent. */
const char *proto_path_key(const struct proto_type *type, const void *rec, const char *path,
                           size_t i);

/* The element one behind the last of a list, and a key that a map has not yet, are added on the
 * way. Values are copied into the arena. ERR_NOT_FOUND: no such member (err->where: the path);
 * ERR_INVALID: not one of that kind, or a malformed path. */
MUST_USE enum err_code proto_path_set_str(const struct proto_type *type, void *rec,
                                          const char *path, const char *value, struct arena *a,
                                          struct err *err);
MUST_USE enum err_code proto_path_set_int(const struct proto_type *type, void *rec,
                                          const char *path, int64_t value, struct arena *a,
                                          struct err *err);

#endif
