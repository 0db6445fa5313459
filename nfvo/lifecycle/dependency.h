/* Values of dependencies, for those who write them (amqp-protocol.md 4.5; operations.md 2.6). All of
 * it borrowed; what is made lives in the decision's arena. */
#ifndef NFVO_LIFECYCLE_DEPENDENCY_H
#define NFVO_LIFECYCLE_DEPENDENCY_H

#include "nfvo/lifecycle/vnfr.h"

/* Of the entries of a map of records; NULL: none of that key. */
void *dependency_map_find(const struct proto_map *map, const char *key);
#define MAP_FIND(map, key) dependency_map_find((const struct proto_map *)(const void *)(map), key)

/* What a source says to that key: its configuration beats what it provides. NULL: nothing. */
const char *dependency_value(const struct vnfr *source, const char *key);
/* <netName>, <netName>_floatingIp or hostname of an instance; NULL: it has none. */
const char *dependency_instance_value(struct arena *a, const struct vnfc_instance *i,
                                      const char *key);
/* The entry of an instance under its source's type; made where there is none. */
struct dependency_parameters *dependency_entry(struct decision *d,
                                               struct vnf_record_dependency *dep, const char *type,
                                               const char *instance);

#endif
