/* Networks and the addresses that servers have in them. */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORKS_MAX = 1000 };

static uint32_t salt_of(const struct loc *l)
{
    return (uint32_t)strtoul(l->id, NULL, 16);
}

static enum err_code range_for(struct loc *l, const char *name, const char *cidr,
                               struct loc_range *ret, struct err *err)
{
    bool is_loopback = l->mode == LOC_PLAIN;
    struct loc_range used[NETWORKS_MAX];
    char text[LOC_CIDR_TEXT];
    size_t n = 0;
    for (const struct loc_network *o = l->networks; o; o = o->next) {
        if (n == NETWORKS_MAX)
            return err_set(err, ERR_LIMIT, "network '%s': %zu networks are enough", name, n);
        used[n++] = o->range;
    }
    if (!cidr || !cidr[0] || (is_loopback && strncmp(cidr, "127.", 4) != 0))
        return loc_range_choose(used, n, is_loopback, salt_of(l), ret, err);
    enum err_code rc = loc_range_parse(cidr, is_loopback, ret, err);
    if (rc != ERR_OK)
        return err_add(err, "network '%s'", name);
    for (const struct loc_network *o = l->networks; o; o = o->next)
        if (loc_ranges_overlap(&o->range, ret)) {
            loc_range_print(&o->range, text);
            err_set(err, ERR_EXISTS, "network '%s': '%s' overlaps with '%s' of network '%s'", name,
                    cidr, text, o->name);
            return err_hint(err, "choose another cidr, or delete that network");
        }
    return ERR_OK;
}

static unsigned free_number(const struct loc *l)
{
    for (unsigned number = 1;; number++) {
        const struct loc_network *n = l->networks;
        while (n && n->number != number)
            n = n->next;
        if (!n)
            return number;
    }
}

static void drop(struct loc *l, struct loc_network *n)
{
    struct loc_network **at = &l->networks;
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    free(n);
}

/* The record is written first: a bridge is always somebody's. */
static enum err_code make(struct loc *l, struct loc_network *n, struct err *err)
{
    enum err_code rc = loc_save_network(l, n, err);
    if (rc == ERR_OK && l->mode == LOC_RUNC)
        rc = loc_fabric_add_network(l, n, err);
    if (rc != ERR_OK)
        err_ignore(loc_forget(l, "networks", n->id, NULL), "the first failure counts");
    return rc;
}

enum err_code loc_network_create(struct loc *l, const char *name, const char *cidr,
                                 struct loc_network *ret, struct err *err)
{
    struct loc_range range;
    if (!name || !name[0] || strlen(name) >= LOC_NAME_MAX)
        return err_set(err, ERR_INVALID, "a network needs a name of at most %d bytes",
                       LOC_NAME_MAX - 1);
    loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    struct loc_network *n;
    while ((n = loc_network_find(l, name)) && n->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (n) { /* asked for again: the same */
        *ret = *n;
        pthread_mutex_unlock(&l->lock);
        return ERR_OK;
    }
    enum err_code rc = range_for(l, name, cidr, &range, err);
    if (rc != ERR_OK) {
        pthread_mutex_unlock(&l->lock);
        return rc;
    }
    n = xcalloc(1, sizeof(*n));
    id_new(n->id);
    snprintf(n->name, sizeof(n->name), "%s", name);
    n->range = range;
    n->number = free_number(l);
    n->is_busy = true;
    n->next = l->networks;
    l->networks = n;
    pthread_mutex_unlock(&l->lock);
    rc = make(l, n, err);
    pthread_mutex_lock(&l->lock);
    n->is_busy = false;
    *ret = *n;
    if (rc != ERR_OK)
        drop(l, n);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return rc == ERR_OK ? rc : err_add(err, "create network '%s'", name);
}

static const struct loc_server *user_of(const struct loc *l, const struct loc_network *n)
{
    for (const struct loc_server *s = l->servers; s; s = s->next)
        for (unsigned i = 0; i < s->nic_n; i++)
            if (strcmp(s->nics[i].network, n->id) == 0)
                return s;
    return NULL;
}

enum err_code loc_network_delete(struct loc *l, const char *id, bool *ret_was_there,
                                 struct err *err)
{
    enum err_code rc = ERR_OK;
    pthread_mutex_lock(&l->lock);
    struct loc_network *n;
    while ((n = loc_network_find(l, id)) && n->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (n && strcmp(n->id, id) != 0)
        n = NULL; /* a name is no id */
    const struct loc_server *user = n ? user_of(l, n) : NULL;
    if (user) {
        err_set(err, ERR_STATE, "network '%s' is in use by server '%s'", n->name, user->name);
        rc = err_hint(err, "delete its servers first");
    }
    *ret_was_there = n != NULL;
    if (!n || rc != ERR_OK) {
        pthread_mutex_unlock(&l->lock);
        return rc;
    }
    n->is_busy = true;
    pthread_mutex_unlock(&l->lock);
    if (l->mode == LOC_RUNC)
        rc = loc_fabric_drop_network(l, n, err);
    if (rc == ERR_OK)
        rc = loc_forget(l, "networks", n->id, err);
    pthread_mutex_lock(&l->lock);
    n->is_busy = false;
    if (rc == ERR_OK)
        drop(l, n);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* --- addresses --- */

static size_t addresses_of(const struct loc *l, const struct loc_network *n, uint32_t *out,
                           size_t max)
{
    size_t got = 0;
    for (const struct loc_server *s = l->servers; s; s = s->next)
        for (unsigned i = 0; i < s->nic_n; i++)
            if (strcmp(s->nics[i].network, n->id) == 0 && got < max)
                out[got++] = s->nics[i].ip;
    return got;
}

static enum err_code fixed_address(const struct loc *l, const struct loc_network *n,
                                   const char *text, const uint32_t *used, size_t used_n,
                                   uint32_t *ret, struct err *err)
{
    char cidr[LOC_CIDR_TEXT];
    uint32_t ip = loc_ip_parse(text);
    loc_range_print(&n->range, cidr);
    if (ip && l->mode == LOC_PLAIN && !loc_range_has(&n->range, ip))
        ip = n->range.base | (ip & 255); /* the range is another one: README, plain mode */
    if (!ip || !loc_range_has(&n->range, ip)) {
        err_set(err, ERR_INVALID, "fixedIp '%s' is no address for a server in '%s' of network '%s'",
                text, cidr, n->name);
        return err_hint(err, "give the network's link the cidr that holds the address");
    }
    for (size_t i = 0; i < used_n; i++)
        if (used[i] == ip)
            return err_set(err, ERR_EXISTS, "fixedIp '%s' of network '%s' is in use", text,
                           n->name);
    *ret = ip;
    return ERR_OK;
}

enum err_code loc_nics_take(struct loc *l, const struct loc_launch *want, struct loc_server *s,
                            struct err *err)
{
    enum { USED_MAX = 16384 };
    enum err_code rc = ERR_OK;
    AUTO(freep) uint32_t *used = xcalloc(USED_MAX, sizeof(*used));
    for (unsigned i = 0; i < want->nic_n && rc == ERR_OK; i++) {
        const char *name = want->nics[i].network;
        const struct loc_network *n = loc_network_find(l, name);
        struct loc_nic *nic = &s->nics[i];
        if (!n || n->is_busy) {
            err_set(err, ERR_NOT_FOUND, "network '%s' is not there", name);
            return err_hint(err, "create it first; listNetworks tells those that are there");
        }
        size_t used_n = addresses_of(l, n, used, USED_MAX - LOC_NICS_MAX);
        for (unsigned k = 0; k < i; k++)
            if (strcmp(s->nics[k].network, n->id) == 0)
                used[used_n++] = s->nics[k].ip;
        const char *fixed = want->nics[i].fixed_ip;
        rc = fixed && fixed[0] ? fixed_address(l, n, fixed, used, used_n, &nic->ip, err)
                               : loc_ip_choose(&n->range, used, used_n, &nic->ip, err);
        if (rc != ERR_OK)
            return err_add(err, "network '%s'", n->name);
        snprintf(nic->network, sizeof(nic->network), "%s", n->id);
        snprintf(nic->name, sizeof(nic->name), "%s", n->name);
        nic->has_floating = want->nics[i].has_floating;
        s->nic_n = i + 1;
    }
    return rc;
}
