/* Where calls to addresses that users wrote may go (decisions.md D27): not to this host, its link,
 * or what only it can reach, unless an option says so.
 *
 *     struct dial_rules rules;
 *     rc = dial_rules_parse(&rules, list.items, list.n, err);      "10.0.0.0/8", "::1", ...
 *     struct http_call call = { .url = url, .dial = &rules, ... };
 *
 * The client asks dial_check for the very address that it is about to connect to, after the name
 * was resolved: no second answer of a name server (DNS rebinding), no odd spelling of an address
 * and no redirect gets around it. Refused are loopback, "this network", link-local, multicast,
 * reserved, the metadata services of clouds, and every address that this host has at that moment;
 * of IPv6 also what wraps such an IPv4 address (mapped, NAT64, 6to4), and Teredo. Private networks
 * are where management traffic runs: they are allowed.
 *
 * Pure but for the list of this host's addresses. Thread-safe. */
#ifndef COMMON_HTTP_DIAL_H
#define COMMON_HTTP_DIAL_H

#include "common/base/err.h"
#include "common/base/net_list.h"

#include <stdbool.h>

struct sockaddr;

#define DIAL_NETS_MAX 64

struct dial_rules { /* zeroed: nothing beyond the rule */
    struct net allowed[DIAL_NETS_MAX];
    size_t n;
};

/* Networks as "ADDRESS/BITS", or single addresses. ERR_INVALID: which is none; ERR_LIMIT. */
MUST_USE enum err_code dial_rules_parse(struct dial_rules *ret, const char *const *nets, size_t n,
                                        struct err *err);
/* ERR_DENIED: what kind of address it is ("loopback"), never which, with the option as the hint. */
MUST_USE enum err_code dial_check(const struct dial_rules *rules, const struct sockaddr *to,
                                  struct err *err);
/* The same for a URL whose host is an address as it stands, for words at once; ERR_OK for names. */
MUST_USE enum err_code dial_check_url(const struct dial_rules *rules, const char *url,
                                      struct err *err);

#endif
