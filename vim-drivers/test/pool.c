#include "vim-drivers/test/model_private.h"

#include "common/base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESSES = 65536, FIRST_HOST = 2 }; /* .0.0 is the network, .0.1 its gateway */

uint32_t pool_parse(const char *text)
{
    struct in_addr a;
    return text && inet_pton(AF_INET, text, &a) == 1 ? ntohl(a.s_addr) : 0;
}

void pool_print(uint32_t ip, char out[16])
{
    snprintf(out, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

void pool_add(struct model_pop *pop, const char *name)
{
    if (pop->pool_n == MODEL_NETWORKS_MAX)
        return;
    struct ip_pool *p = pop->pools[pop->pool_n++] = xcalloc(1, sizeof(*p));
    p->name = xstrdup(name);
    p->from = FIRST_HOST;
}

static enum err_code pool_of(struct model_pop *pop, const char *name, unsigned *ret_index,
                             struct err *err)
{
    char id[64];
    unsigned i = 0;
    while (i < pop->pool_n && strcmp(pop->pools[i]->name, name) != 0)
        i++;
    if (i == MODEL_NETWORKS_MAX)
        return err_set(err, ERR_LIMIT, "network '%s': %d networks have addresses already", name, i);
    if (i == pop->pool_n) {
        model_next_id(pop, MODEL_POOL, id);
        enum err_code rc = state_put(pop, MODEL_POOL, id, name, NULL, NULL, 0, "{}", 2, err);
        if (rc != ERR_OK)
            return rc;
        model_insert(pop, MODEL_POOL, id, name, NULL, "{}", 2);
    }
    *ret_index = i;
    return ERR_OK;
}

static bool take(struct ip_pool *p, unsigned host)
{
    uint64_t bit = UINT64_C(1) << (host % 64);
    if (p->used[host / 64] & bit)
        return false;
    p->used[host / 64] |= bit;
    return true;
}

static const char *name_of(const struct model_pop *pop, const char *network)
{
    const struct model_object *o = model_by_id(pop, MODEL_NETWORK, network);
    return o ? o->name : network;
}

enum err_code model_take_ip(struct model_pop *pop, const char *network, const char *wanted,
                            char out[16], struct err *err)
{
    unsigned index = 0, host;
    uint32_t ip = pool_parse(wanted);
    enum err_code rc = pool_of(pop, name_of(pop, network), &index, err);
    if (rc != ERR_OK)
        return rc;
    if (pop->taken_n == MODEL_IPS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d addresses", MODEL_IPS_MAX);
    struct ip_pool *p = pop->pools[index];
    uint32_t base = UINT32_C(10) << 24 | (index + 1) << 16;
    if (ip && (ip & 0xffff0000) != base) { /* of another range: given without looking */
        pool_print(ip, out);
        return ERR_OK;
    }
    if (ip && !take(p, ip & 0xffff))
        return err_set(err, ERR_EXISTS, "address '%s' of network '%s' is in use", wanted, network);
    if (!ip) {
        for (host = p->from; host < ADDRESSES - 1 && !take(p, host); host++)
            ;
        if (host == ADDRESSES - 1)
            return err_set(err, ERR_LIMIT, "network '%s' has no free address", network);
        p->from = host + 1;
        ip = base | host;
    }
    pop->taken[pop->taken_n++] = ip;
    pool_print(ip, out);
    return ERR_OK;
}

void pool_mark(struct model_pop *pop, uint32_t ip)
{
    unsigned index = (ip >> 16 & 255) - 1;
    if (ip >> 24 == 10 && index < pop->pool_n)
        take(pop->pools[index], ip & 0xffff);
}

void pool_give_back(struct model_pop *pop, const uint32_t *ips, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned index = (ips[i] >> 16 & 255) - 1, host = ips[i] & 0xffff;
        if (ips[i] >> 24 != 10 || index >= pop->pool_n)
            continue;
        pop->pools[index]->used[host / 64] &= ~(UINT64_C(1) << (host % 64));
        if (host < pop->pools[index]->from)
            pop->pools[index]->from = host;
    }
}

void model_drop_ips(struct model_pop *pop)
{
    pool_give_back(pop, pop->taken, pop->taken_n);
    pop->taken_n = 0;
}
