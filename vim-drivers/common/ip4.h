/* Addresses: which range a network has, and which address of it is free. Pure.
 * Addresses are host-order numbers. Of a range: .0 is the network, .1 its gateway, the last one its
 * broadcast address; the rest is given to instances, the lowest free one first. */
#ifndef VIM_DRIVERS_COMMON_IP4_H
#define VIM_DRIVERS_COMMON_IP4_H

#include "common/base/err.h"

#include <stdbool.h>

#define IP4_TEXT       16
#define IP4_RANGE_TEXT 20

struct ip4_range {
    uint32_t base;
    unsigned bits; /* length of the prefix: 8 to 30 */
};

uint32_t ip4_parse(const char *text); /* 0: not an IPv4 address */
void ip4_print(uint32_t ip, char out[IP4_TEXT]);
/* "10.1.0.0/24"; host bits are cleared. ERR_INVALID: not that form, not 8 to 30 bits, or none that
 * may be used inside (multicast, 0/8, link-local, and loopback unless is_loopback). */
MUST_USE enum err_code ip4_range_parse(const char *text, bool is_loopback, struct ip4_range *ret,
                                       struct err *err);
void ip4_range_print(const struct ip4_range *r, char out[IP4_RANGE_TEXT]);
bool ip4_range_has(const struct ip4_range *r, uint32_t ip); /* as an address of an instance */
bool ip4_ranges_overlap(const struct ip4_range *a, const struct ip4_range *b);
uint32_t ip4_range_gateway(const struct ip4_range *r);

/* A free /24: 10.x.y.0 or, for loopback, 127.x.y.0, not overlapping with any of used[n]. salt: of
 * the state folder, so that drivers side by side choose apart. ERR_LIMIT. */
MUST_USE enum err_code ip4_range_choose(const struct ip4_range *used, size_t n, bool is_loopback,
                                        uint32_t salt, struct ip4_range *ret, struct err *err);
/* The lowest address that is not among used[n] (any order). ERR_LIMIT: none is left. */
MUST_USE enum err_code ip4_choose(const struct ip4_range *r, const uint32_t *used, size_t n,
                                  uint32_t *ret, struct err *err);

#endif
