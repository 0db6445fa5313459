#include "vim-drivers/local/pool.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_MIN = 8, BITS_MAX = 30, CHOSEN_BITS = 24, TRIES = 65536 };

uint32_t loc_ip_parse(const char *text)
{
    struct in_addr a;
    return text && inet_pton(AF_INET, text, &a) == 1 ? ntohl(a.s_addr) : 0;
}

void loc_ip_print(uint32_t ip, char out[LOC_IP_TEXT])
{
    snprintf(out, LOC_IP_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
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

enum err_code loc_range_parse(const char *text, bool is_loopback, struct loc_range *ret,
                              struct err *err)
{
    char ip[LOC_IP_TEXT];
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
    uint32_t base = loc_ip_parse(ip) & mask((unsigned)bits);
    if (!loc_ip_parse(ip) || !is_usable(base, is_loopback)) {
        err_set(err, ERR_INVALID, "'%s' is no range of addresses for a network here", text);
        return err_hint(err, is_loopback ? "plain mode has loopback addresses: 127.x.y.0/24"
                                         : "choose one out of 10.0.0.0/8 or 192.168.0.0/16");
    }
    *ret = (struct loc_range){base, (unsigned)bits};
    return ERR_OK;
}

void loc_range_print(const struct loc_range *r, char out[LOC_CIDR_TEXT])
{
    char ip[LOC_IP_TEXT];
    loc_ip_print(r->base, ip);
    snprintf(out, LOC_CIDR_TEXT, "%s/%u", ip, r->bits);
}

uint32_t loc_range_gateway(const struct loc_range *r)
{
    return r->base + 1;
}

static uint32_t last_of(const struct loc_range *r)
{
    return r->base | ~mask(r->bits);
}

bool loc_range_has(const struct loc_range *r, uint32_t ip)
{
    return ip > loc_range_gateway(r) && ip < last_of(r);
}

bool loc_ranges_overlap(const struct loc_range *a, const struct loc_range *b)
{
    uint32_t m = mask(a->bits < b->bits ? a->bits : b->bits);
    return (a->base & m) == (b->base & m);
}

static bool is_free(const struct loc_range *r, const struct loc_range *used, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (loc_ranges_overlap(r, &used[i]))
            return false;
    return true;
}

enum err_code loc_range_choose(const struct loc_range *used, size_t n, bool is_loopback,
                               uint32_t salt, struct loc_range *ret, struct err *err)
{
    /* 127.0.y and 127.1.y are those that people and their resolvers use. */
    uint32_t low = is_loopback ? UINT32_C(127) << 24 | 2 << 16 : UINT32_C(10) << 24 | 64 << 16;
    uint32_t count = is_loopback ? 253 * 256 : 192 * 256;
    uint32_t at = is_loopback ? salt % 253 * 256 : salt % 192 * 256;
    for (uint32_t i = 0; i < count && i < TRIES; i++) {
        struct loc_range r = {low + ((at + i) % count << 8), CHOSEN_BITS};
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

enum err_code loc_ip_choose(const struct loc_range *r, const uint32_t *used, size_t n,
                            uint32_t *ret, struct err *err)
{
    uint32_t want = loc_range_gateway(r) + 1;
    char cidr[LOC_CIDR_TEXT];
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
    if (!loc_range_has(r, want)) {
        loc_range_print(r, cidr);
        return err_set(err, ERR_LIMIT, "no address of '%s' is left", cidr);
    }
    *ret = want;
    return ERR_OK;
}
