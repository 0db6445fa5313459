/* Addresses: which range a network has, and which address of it is free. Pure.
 * Addresses are host-order numbers. Of a range: .0 is the network, .1 its gateway, the last one its
 * broadcast address; the rest is given to instances, the lowest free one first. */
#ifndef VIM_DRIVERS_LOCAL_POOL_H
#define VIM_DRIVERS_LOCAL_POOL_H

#include "common/base/err.h"

#include <stdbool.h>

#define LOC_IP_TEXT   16
#define LOC_CIDR_TEXT 20

struct loc_range {
    uint32_t base;
    unsigned bits; /* length of the prefix: 8 to 30 */
};

uint32_t loc_ip_parse(const char *text); /* 0: not an IPv4 address */
void loc_ip_print(uint32_t ip, char out[LOC_IP_TEXT]);
/* "10.1.0.0/24"; host bits are cleared. ERR_INVALID: not that form, not 8 to 30 bits, or none that
 * may be used inside (multicast, 0/8, link-local, and loopback unless is_loopback). */
MUST_USE enum err_code loc_range_parse(const char *text, bool is_loopback, struct loc_range *ret,
                                       struct err *err);
void loc_range_print(const struct loc_range *r, char out[LOC_CIDR_TEXT]);
bool loc_range_has(const struct loc_range *r, uint32_t ip); /* as an address of an instance */
bool loc_ranges_overlap(const struct loc_range *a, const struct loc_range *b);
uint32_t loc_range_gateway(const struct loc_range *r);

/* A free /24: 10.x.y.0 or, for loopback, 127.x.y.0, not overlapping with any of used[n]. salt: of
 * the state folder, so that drivers side by side choose apart. ERR_LIMIT. */
MUST_USE enum err_code loc_range_choose(const struct loc_range *used, size_t n, bool is_loopback,
                                        uint32_t salt, struct loc_range *ret, struct err *err);
/* The lowest address that is not among used[n] (any order). ERR_LIMIT: none is left. */
MUST_USE enum err_code loc_ip_choose(const struct loc_range *r, const uint32_t *used, size_t n,
                                     uint32_t *ret, struct err *err);

#endif
