#include "vim-drivers/common/ip4.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_MIN = 8, BITS_MAX = 30, CHOSEN_BITS = 24, TRIES = 65536 };

uint32_t ip4_parse(const char *text)
{
    struct in_addr a;
    return text && inet_pton(AF_INET, text, &a) == 1 ? ntohl(a.s_addr) : 0;
}

void ip4_print(uint32_t ip, char out[IP4_TEXT])
{
    snprintf(out, IP4_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static uint32_t mask(unsigned bits)
{
    return ~UINT32_C(0) << (32 - bits);
}

static bool is_usable(uint32_t base, bool is_loopback)
{
    unsigned first = base >> 24;
    if (is_loopback)
        return first == 127;
    return first != 0 && first != 127 && first < 224 && base >> 16 != 0xa9fe;
}

enum err_code ip4_range_parse(const char *text, bool is_loopback, struct ip4_range *ret,
                              struct err *err)
{
    char ip[IP4_TEXT];
    const char *slash = text ? strchr(text, '/') : NULL;
    size_t n = slash ? (size_t)(slash - text) : 0;
    char *end = NULL;
    unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : 0;
    if (n == 0 || n >= sizeof(ip) || !end || end == slash + 1 || *end || slash[1] < '0' ||
        slash[1] > '9' || bits < BITS_MIN || bits > BITS_MAX) {
        err_set(err, ERR_INVALID, "'%s' is no range of addresses", text ? text : "");
        return err_hint(err, "write it as 10.1.0.0/24, with %d to %d bits", BITS_MIN, BITS_MAX);
    }
    memcpy(ip, text, n);
    ip[n] = '\0';
    uint32_t base = ip4_parse(ip) & mask((unsigned)bits);
    if (!ip4_parse(ip) || !is_usable(base, is_loopback)) {
        err_set(err, ERR_INVALID, "'%s' is no range of addresses for a network here", text);
        return err_hint(err, is_loopback ? "plain mode has loopback addresses: 127.x.y.0/24"
                                         : "choose one out of 10.0.0.0/8 or 192.168.0.0/16");
    }
    *ret = (struct ip4_range){base, (unsigned)bits};
    return ERR_OK;
}

void ip4_range_print(const struct ip4_range *r, char out[IP4_RANGE_TEXT])
{
    char ip[IP4_TEXT];
    ip4_print(r->base, ip);
    snprintf(out, IP4_RANGE_TEXT, "%s/%u", ip, r->bits);
}

uint32_t ip4_range_gateway(const struct ip4_range *r)
{
    return r->base + 1;
}

static uint32_t last_of(const struct ip4_range *r)
{
    return r->base | ~mask(r->bits);
}

bool ip4_range_has(const struct ip4_range *r, uint32_t ip)
{
    return ip > ip4_range_gateway(r) && ip < last_of(r);
}

bool ip4_ranges_overlap(const struct ip4_range *a, const struct ip4_range *b)
{
    uint32_t m = mask(a->bits < b->bits ? a->bits : b->bits);
    return (a->base & m) == (b->base & m);
}

static bool is_free(const struct ip4_range *r, const struct ip4_range *used, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ip4_ranges_overlap(r, &used[i]))
            return false;
    return true;
}

enum err_code ip4_range_choose(const struct ip4_range *used, size_t n, bool is_loopback,
                               uint32_t salt, struct ip4_range *ret, struct err *err)
{
    /* 127.0.y and 127.1.y are those that people and their resolvers use. */
    uint32_t low = is_loopback ? UINT32_C(127) << 24 | 2 << 16 : UINT32_C(10) << 24 | 64 << 16;
    uint32_t count = is_loopback ? 253 * 256 : 192 * 256;
    uint32_t at = is_loopback ? salt % 253 * 256 : salt % 192 * 256;
    for (uint32_t i = 0; i < count && i < TRIES; i++) {
        struct ip4_range r = {low + ((at + i) % count << 8), CHOSEN_BITS};
        if (is_free(&r, used, n)) {
            *ret = r;
            return ERR_OK;
        }
    }
    err_set(err, ERR_LIMIT, "no range of addresses is left for a network");
    return err_hint(err, "delete networks that are not used any more");
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

enum err_code ip4_choose(const struct ip4_range *r, const uint32_t *used, size_t n, uint32_t *ret,
                         struct err *err)
{
    uint32_t want = ip4_range_gateway(r) + 1;
    char cidr[IP4_RANGE_TEXT];
    uint32_t *sorted = malloc((n + 1) * sizeof(*sorted));
    if (!sorted)
        return err_set(err, ERR_NOMEM, "choose an address");
    if (n)
        memcpy(sorted, used, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    for (size_t i = 0; i < n && want < last_of(r); i++)
        if (sorted[i] == want)
            want++;
    free(sorted);
    if (!ip4_range_has(r, want)) {
        ip4_range_print(r, cidr);
        return err_set(err, ERR_LIMIT, "no address of '%s' is left", cidr);
    }
    *ret = want;
    return ERR_OK;
}
