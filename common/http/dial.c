#include "common/http/dial.h"

#include "common/http/url.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *net, *kind;
} refused[] = {
    {"0.0.0.0/8",          "unspecified"},
    {"127.0.0.0/8",        "loopback"},
    {"169.254.0.0/16",     "link-local"},
    {"192.0.0.0/24",       "reserved"},
    {"100.100.100.200/32", "cloud metadata"},
    {"168.63.129.16/32",   "cloud metadata"},
    {"224.0.0.0/4",        "multicast"},
    {"240.0.0.0/4",        "reserved"},
    {"::1/128",            "loopback"},
    {"::/96",              "unspecified"}, /* and IPv4-compatible ones */
    {"fe80::/10",          "link-local"},
    {"fec0::/10",          "link-local"},
    {"fd00:ec2::254/128",  "cloud metadata"},
    {"fd20:ce::254/128",   "cloud metadata"},
    {"64:ff9b:1::/48",     "a translation of IPv4"}, /* which one, only its network knows */
    {"2001::/32",          "a tunnel of IPv4"},
    {"100::/64",           "reserved"},
    {"ff00::/8",           "multicast"},
};
/* Networks that wrap an IPv4 address, and at which byte: that one is judged, too. */
static const struct {
    const char *net;
    size_t at;
} wraps[] = {
    {"64:ff9b::/96", 12},
    {"2002::/16",    2},
    {"::ffff:0:0:0/96", 12}, /* SIIT */
};
/* clang-format on */

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum err_code dial_rules_parse(struct dial_rules *ret, const char *const *nets, size_t n,
                               struct err *err)
{
    *ret = (struct dial_rules){0};
    if (n > DIAL_NETS_MAX)
        return err_set(err, ERR_LIMIT, "%zu networks; at most %d may be allowed", n, DIAL_NETS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!net_parse(nets[i], &ret->allowed[ret->n++])) {
            err_set(err, ERR_INVALID, "'%.64s' is not a network", nets[i]);
            err_hint(err, "an address, or ADDRESS/BITS: 127.0.0.0/8, ::1");
            return ERR_INVALID;
        }
    return ERR_OK;
}

static bool is_in_text(const char *text, const unsigned char address[16])
{
    struct net net;
    return net_parse(text, &net) && net_has(&net, address);
}

static bool take_address(const struct sockaddr *from, unsigned char out[16])
{
    if (from && from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof(v4));
        memcpy(out, mapped, sizeof(mapped));
        memcpy(out + 12, &v4.sin_addr, 4);
        return true;
    }
    if (from && from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof(v6));
        memcpy(out, &v6.sin6_addr, 16);
        return true;
    }
    return false;
}

/* Addresses come and go: they are looked at each time. Where they cannot be, none is this host's;
 * loopback and the like are refused all the same. */
static bool is_own(const unsigned char address[16])
{
    struct ifaddrs *all;
    bool is = false;
    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *i = all; i && !is; i = i->ifa_next) {
        unsigned char own[16];
        is = take_address(i->ifa_addr, own) && memcmp(own, address, 16) == 0;
    }
    freeifaddrs(all);
    return is;
}

/* NULL: it may be dialed. */
static const char *kind_of(const struct dial_rules *rules, const unsigned char address[16])
{
    for (size_t i = 0; i < rules->n; i++)
        if (net_has(&rules->allowed[i], address))
            return NULL;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (is_in_text(refused[i].net, address))
            return refused[i].kind;
    for (size_t i = 0; i < ARRAY_LEN(wraps); i++)
        if (is_in_text(wraps[i].net, address)) {
            unsigned char inner[16];
            memcpy(inner, mapped, sizeof(mapped));
            memcpy(inner + 12, address + wraps[i].at, 4);
            const char *kind = kind_of(rules, inner);
            if (kind)
                return kind;
        }
    return is_own(address) ? "this host's" : NULL;
}

static enum err_code judge(const struct dial_rules *rules, const unsigned char address[16],
                           struct err *err)
{
    const char *kind = kind_of(rules, address);
    if (!kind)
        return ERR_OK;
    err_set(err, ERR_DENIED, "its address is not to be called (%s)", kind);
    err_hint(err, "an operator may allow it: option outbound-allow");
    return ERR_DENIED;
}

enum err_code dial_check(const struct dial_rules *rules, const struct sockaddr *to, struct err *err)
{
    unsigned char address[16];
    if (!take_address(to, address))
        return err_set(err, ERR_DENIED, "its address is neither IPv4 nor IPv6");
    return judge(rules, address, err);
}

enum err_code dial_check_url(const struct dial_rules *rules, const char *url, struct err *err)
{
    char host[256];
    unsigned char address[16];
    enum err_code rc = http_url_host(url, host, err);
    if (rc != ERR_OK || !net_parse_address(host, address))
        return rc;
    return judge(rules, address, err);
}
