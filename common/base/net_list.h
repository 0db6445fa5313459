/* Networks that an option names, and addresses as texts. Pure.
 *
 *     struct net_list proxies;
 *     rc = net_list_parse(&proxies, "10.0.0.0/8, ::1", err);
 *     if (net_list_has(&proxies, "10.1.2.3")) ...
 *
 * IPv4 and IPv6; an IPv4 address that is mapped into IPv6 (::ffff:10.1.2.3) is that IPv4 address.
 */
#ifndef COMMON_BASE_NET_LIST_H
#define COMMON_BASE_NET_LIST_H

#include "common/base/err.h"

#include <stdbool.h>

#define NET_LIST_MAX  64
#define NET_TEXT_SIZE 46 /* of an address, with its NUL */

struct net {
    unsigned char address[16]; /* IPv4: mapped */
    unsigned bits;             /* of these 128 */
};
struct net_list {
    struct net at[NET_LIST_MAX];
    size_t n;
};

/* "10.1.2.3" or "2001:db8::1" as 16 bytes; ADDRESS/BITS, or an address alone. false: it is none. */
bool net_parse_address(const char *text, unsigned char ret[16]);
bool net_parse(const char *text, struct net *ret);
bool net_has(const struct net *net, const unsigned char address[16]);

/* ADDRESS/BITS or single addresses, with blanks or commas between them; "" is no network. Bits
 * behind the prefix do not count. Errors: ERR_INVALID (which is none), ERR_LIMIT. */
MUST_USE enum err_code net_list_parse(struct net_list *ret, const char *text, struct err *err);
bool net_list_has(const struct net_list *list, const char *address); /* false for what is none */

/* The first `len` bytes of text as an address in its usual spelling: without a port ("10.1.2.3:80",
 * "[::1]:80"), a zone ("fe80::1%eth0"), and IPv4 unmapped. false: it is none. */
bool net_text(const char *text, size_t len, char ret[NET_TEXT_SIZE]);
/* What one client has for itself: of an IPv4 address itself, of IPv6 the network of 64 bits
 * ("2001:db8::/64"). Any other text is copied, cut. */
#define NET_CLIENT_SIZE (NET_TEXT_SIZE + 3)
void net_client(const char *address, char ret[NET_CLIENT_SIZE]);

#endif
