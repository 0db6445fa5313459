#include "vim-drivers/docker/docker.h"

#include "common/base/mem.h"
#include "vim-drivers/common/ip4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct used {
    uint32_t *at;
    size_t n, cap;
};

static void add(struct used *u, uint32_t ip)
{
    if (!ip)
        return;
    if (u->n == u->cap) {
        u->cap = u->cap ? u->cap * 2 : 64;
        u->at = xrealloc(u->at, u->cap * sizeof(*u->at));
    }
    u->at[u->n++] = ip;
}

static bool has(const struct used *u, uint32_t ip)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->at[i] == ip)
            return true;
    return false;
}

/* Those of containers that do not run, too: they are asked for again at their next start. */
static void add_containers(struct used *u, const struct dk_container_list *l,
                           const struct dk_network *n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        const struct dk_networks_of *s = l->at[i]->settings;
        for (uint32_t k = 0; s && k < s->networks.n; k++) {
            const struct dk_endpoint *p = s->networks.at[k].value;
            const char *key = s->networks.at[k].key;
            if (strcmp(key, n->name) != 0 && strcmp(key, n->id) != 0 &&
                !(p->network && strcmp(p->network, n->id) == 0))
                continue;
            if (p->ipam)
                add(u, ip4_parse(p->ipam->ip));
            add(u, ip4_parse(p->ip));
        }
    }
}

/* Other people's, which run. */
static enum err_code add_members(struct engine *e, struct used *u, const struct dk_network *n,
                                 struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct dk_network *full;
    sbuf_adds(&path, "/networks/");
    http_percent_encode(&path, n->id);
    enum err_code rc = engine_get(e, path.s, err);
    if (rc == ERR_OK)
        rc = engine_read(e, &dk_network_type, &full, err);
    for (uint32_t i = 0; rc == ERR_OK && i < full->members.n; i++) {
        char ip[IP4_TEXT];
        const char *text = full->members.at[i].value->ip;
        snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(text ? text : "", "/"), text ? text : "");
        add(u, ip4_parse(ip));
    }
    return rc;
}

static void add_reserved(const struct dk *d, struct used *u, const char *network)
{
    for (const struct dk_reserved *r = d->reserved; r; r = r->next)
        if (strcmp(r->network, network) == 0)
            add(u, r->ip);
}

static void reserve(struct dk *d, const char *network, uint32_t ip)
{
    struct dk_reserved *r = xcalloc(1, sizeof(*r));
    snprintf(r->network, sizeof(r->network), "%s", network);
    r->ip = ip;
    r->next = d->reserved;
    d->reserved = r;
}

static void unreserve(struct dk *d, const char *network, uint32_t ip)
{
    for (struct dk_reserved **at = &d->reserved; *at; at = &(*at)->next)
        if ((*at)->ip == ip && strcmp((*at)->network, network) == 0) {
            struct dk_reserved *r = *at;
            *at = r->next;
            free(r);
            return;
        }
}

/* With the lock held. */
static enum err_code choose(struct dk *d, struct dk_port *p, struct used *u, struct err *err)
{
    const struct dk_subnet *s = dk_network_subnet(p->network);
    const char *name = dk_network_name(p->network);
    struct ip4_range range;
    uint32_t ip = 0;
    add_reserved(d, u, p->network->id);
    if (!s)
        return ERR_OK;
    enum err_code rc = ip4_range_parse(s->subnet, false, &range, err);
    if (rc != ERR_OK)
        return rc;
    add(u, ip4_parse(s->gateway));
    if (p->wanted) {
        ip = ip4_parse(p->wanted);
        if (!ip || !ip4_range_has(&range, ip)) {
            err_set(err, ERR_INVALID,
                    "fixedIp '%s' is no address for a server in '%s' of network '%s'", p->wanted,
                    s->subnet, name);
            return err_hint(err, "give the network's link the cidr that holds the address");
        }
        if (has(u, ip))
            return err_set(err, ERR_EXISTS, "fixedIp '%s' of network '%s' is in use", p->wanted,
                           name);
    } else if (dk_network_is_ours(p->network)) {
        rc = ip4_choose(&range, u->at, u->n, &ip, err);
        if (rc != ERR_OK)
            return err_add(err, "network '%s'", name);
    } else
        return ERR_OK; /* the operator's: the engine knows more of it than we */
    reserve(d, p->network->id, ip);
    p->ip = ip;
    return ERR_OK;
}

/* --- floating ones --- */

static void add_floating(struct used *u, const struct dk_container_list *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        const char *text = dk_label(&l->at[i]->labels, DK_LABEL_FLOATING);
        while (*text) {
            char word[IP4_TEXT];
            size_t n = strcspn(text, " ");
            snprintf(word, sizeof(word), "%.*s", (int)n, text);
            add(u, ip4_parse(word));
            text += n + strspn(text + n, " ");
        }
    }
}

static enum err_code choose_floating(struct dk *d, struct dk_port *p, const struct used *u,
                                     struct err *err)
{
    uint32_t wanted = ip4_parse(p->floating_wanted);
    for (size_t i = 0; i < d->o->floating.n; i++) {
        uint32_t ip = ip4_parse(d->o->floating.items[i]);
        if (!ip || has(u, ip) || (wanted && ip != wanted))
            continue;
        reserve(d, "", ip);
        p->floating = ip;
        return ERR_OK;
    }
    err_set(err, ERR_LIMIT,
            wanted ? "floating address '%.40s' is in use, or none of this driver"
                   : "no floating address is left%.0s",
            p->floating_wanted);
    return err_hint(err, "the driver's option floating-addresses lists them (%zu)",
                    d->o->floating.n);
}

enum err_code dk_addresses_take(struct engine *e, struct dk_port *ports, size_t n,
                                const uint32_t *bad, size_t bad_n, struct err *err)
{
    struct dk_container_list l = {0};
    struct used *used = xcalloc(n + 1, sizeof(*used)); /* [n]: floating */
    enum err_code rc = n ? dk_containers(e, &l, err) : ERR_OK;
    for (size_t i = 0; i < n && rc == ERR_OK; i++) {
        ports[i].ip = ports[i].floating = 0;
        add_containers(&used[i], &l, ports[i].network);
        rc = add_members(e, &used[i], ports[i].network, err);
        for (size_t k = 0; k < bad_n; k++)
            add(&used[i], bad[k]);
    }
    pthread_mutex_lock(&e->d->lock);
    for (size_t i = 0; i < n && rc == ERR_OK; i++)
        rc = choose(e->d, &ports[i], &used[i], err);
    for (size_t i = 0; i < n && rc == ERR_OK; i++) {
        if (!ports[i].floating_wanted)
            continue;
        used[n].n = 0;
        add_floating(&used[n], &l);
        add_reserved(e->d, &used[n], "");
        rc = choose_floating(e->d, &ports[i], &used[n], err);
    }
    pthread_mutex_unlock(&e->d->lock);
    for (size_t i = 0; i <= n; i++)
        free(used[i].at);
    free(used);
    if (rc != ERR_OK)
        dk_addresses_drop(e->d, ports, n);
    return rc;
}

void dk_addresses_drop(struct dk *d, const struct dk_port *ports, size_t n)
{
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < n; i++) {
        if (ports[i].ip)
            unreserve(d, ports[i].network->id, ports[i].ip);
        if (ports[i].floating)
            unreserve(d, "", ports[i].floating);
    }
    pthread_mutex_unlock(&d->lock);
}
