/* What a target was told of its sources, and what they say now (amqp-protocol.md 4.5; operations.md
 * 2.6). Over records alone: also for who only shows them. All of it borrowed. */
#ifndef NFVO_LIFECYCLE_TOLD_H
#define NFVO_LIFECYCLE_TOLD_H

#include "proto/records/operation.h"
#include "proto/records/record.h"

/* Of the entries of a map of records; NULL: none of that key. */
void *told_map_find(const struct proto_map *map, const char *key);
#define MAP_FIND(map, key) told_map_find((const struct proto_map *)(const void *)(map), key)

/* What a source says to that key: its configuration beats what it provides. NULL: nothing. */
const char *dependency_value(const struct vnfr *source, const char *key);
/* <netName>, <netName>_floatingIp or hostname of an instance; NULL: it has none. */
const char *dependency_instance_value(struct arena *a, const struct vnfc_instance *i,
                                      const char *key);
bool told_differs(const char *now, const char *told); /* now NULL: there is nothing to tell */

/* Which targets work with values that are not those of their sources any more: one entry for each
 * pair, with the keys and instances that differ (no values: they may be secrets) and the command
 * that tells the target. Only of VNFs that are configured, in a service of which no VNF is
 * scaled: else what is missing is on its way. */
void told_missing(const struct nsr *nsr, struct arena *a, struct shown_untold_list *ret);

#endif
