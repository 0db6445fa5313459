#include "vim-drivers/docker/docker.h"

#include "common/base/text.h"
#include "common/log/log.h"
#include "vim-drivers/common/ip4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

enum { TRIES = 64, BITS_MIN = 16 };

/* --- what is there --- */

enum err_code dk_networks(struct engine *e, struct dk_network_list *ret, struct err *err)
{
    enum err_code rc = engine_get(e, "/networks", err);
    return rc == ERR_OK ? engine_read_list(e, &dk_network_type, ret, err) : rc;
}

const struct dk_network *dk_network_find(const struct dk_network_list *l, const char *project,
                                         const char *id, const char *name)
{
    const struct dk_network *shared = NULL;
    for (uint32_t i = 0; i < l->n; i++)
        if (text_matches(l->at[i]->id, id) && dk_network_is_for(l->at[i], project))
            return l->at[i];
    for (uint32_t i = 0; i < l->n; i++) {
        const struct dk_network *n = l->at[i];
        if (!n->id || !dk_network_is_for(n, project) || !text_matches(dk_network_name(n), name))
            continue;
        if (dk_network_is_ours(n))
            return n;
        shared = n;
    }
    return shared;
}

const struct dk_subnet *dk_network_subnet(const struct dk_network *n)
{
    struct ip4_range range;
    for (uint32_t i = 0; n->ipam && i < n->ipam->config.n; i++) {
        const struct dk_subnet *s = n->ipam->config.at[i];
        if (s->subnet && ip4_range_parse(s->subnet, false, &range, NULL) == ERR_OK)
            return s;
    }
    return NULL;
}

static struct ob_cloud_network record(const struct dk_network *n)
{
    const struct dk_subnet *s = dk_network_subnet(n);
    return (struct ob_cloud_network){.id = n->id,
                                     .name = dk_network_name(n),
                                     .cidr = s ? s->subnet : NULL,
                                     .gateway = s ? s->gateway : NULL,
                                     .is_shared = !dk_network_is_ours(n)};
}

void dk_list_networks(struct engine *e, const struct dk_network_list *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        if (!l->at[i]->id || !dk_network_is_for(l->at[i], e->pop->project))
            continue;
        struct ob_cloud_network n = record(l->at[i]);
        ob_cloud_add_network(e->call, &n);
    }
}

/* --- one more --- */

/* Other projects may have one of that name. */
static void engine_name(const struct engine *e, const char *name, struct sbuf *out)
{
    char plain[64];
    dk_hostname(name, plain);
    sbuf_adds(out, plain);
    if (e->pop->project[0])
        sbuf_addf(out, ".%.8s", e->pop->project);
}

static enum err_code post(struct engine *e, const char *name, const char *cidr, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf own = SBUF_INIT;
    engine_name(e, name, &own);
    sbuf_adds(&body, "{\"Name\":");
    proto_quotes(&body, own.s);
    sbuf_adds(&body,
              ",\"CheckDuplicate\":true,\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":");
    proto_quotes(&body, cidr);
    sbuf_adds(&body, "}]},\"Labels\":{\"" DK_LABEL_NETWORK "\":");
    proto_quotes(&body, name);
    sbuf_adds(&body, ",\"" DK_LABEL_PROJECT "\":");
    proto_quotes(&body, e->pop->project);
    sbuf_adds(&body, "}}");
    return engine_ask(
        e,
        &(struct dk_request){
            .method = "POST", .path = "/networks/create", .body = body.s, .body_len = body.len},
        err);
}

static bool is_free(const struct dk_network_list *l, const struct ip4_range *wanted)
{
    struct ip4_range used;
    for (uint32_t i = 0; i < l->n; i++)
        for (uint32_t k = 0; l->at[i]->ipam && k < l->at[i]->ipam->config.n; k++) {
            const char *subnet = l->at[i]->ipam->config.at[k]->subnet;
            if (subnet && ip4_range_parse(subnet, false, &used, NULL) == ERR_OK &&
                ip4_ranges_overlap(&used, wanted))
                return false;
        }
    return true;
}

/* --- a subnet that a user says --- */

static enum err_code check_listed(const struct dk_options *o, const struct ip4_range *wanted,
                                  struct err *err)
{
    char cidr[IP4_RANGE_TEXT];
    for (size_t i = 0; wanted->bits >= BITS_MIN && i < o->cidrs.n; i++) {
        struct ip4_range one;
        enum err_code rc = ip4_range_parse(o->cidrs.items[i], false, &one, err);
        if (rc != ERR_OK)
            return err_add(err, "option cidrs");
        if (ip4_ranges_overlap(&one, wanted) && wanted->bits >= one.bits)
            return ERR_OK;
    }
    ip4_range_print(wanted, cidr);
    err_set(err, ERR_DENIED, "'%s' is no range for a network of this driver", cidr);
    return err_hint(err, "one of at least %d bits, out of the driver's option cidrs", BITS_MIN);
}

/* The engine would take it, and this machine would lose its way to what is there. */
static enum err_code check_own(const struct ip4_range *wanted, struct err *err)
{
    struct ifaddrs *all;
    enum err_code rc = ERR_OK;
    if (getifaddrs(&all) != 0)
        return err_set_errno(err, ERR_IO, errno, "list this machine's networks");
    for (const struct ifaddrs *i = all; i && rc == ERR_OK; i = i->ifa_next) {
        struct sockaddr_in at, mask;
        if (!i->ifa_addr || !i->ifa_netmask || i->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&at, i->ifa_addr, sizeof(at));
        memcpy(&mask, i->ifa_netmask, sizeof(mask));
        uint32_t bits = ntohl(mask.sin_addr.s_addr);
        struct ip4_range own = {ntohl(at.sin_addr.s_addr) & bits,
                                (unsigned)__builtin_popcount(bits)};
        if (own.bits > 0 && ip4_ranges_overlap(&own, wanted))
            rc = err_set(err, ERR_DENIED,
                         "its range overlaps with the network of this machine's interface '%s'",
                         i->ifa_name);
    }
    freeifaddrs(all);
    return rc == ERR_OK ? rc : err_hint(err, "choose another cidr");
}

enum err_code dk_check_cidr(const struct dk_options *o, bool is_here,
                            const struct ip4_range *wanted, struct err *err)
{
    enum err_code rc = is_here ? check_own(wanted, err) : ERR_OK;
    return rc == ERR_OK ? check_listed(o, wanted, err) : rc;
}

/* One whose subnet the engine chose takes no fixed addresses: so we choose. */
static enum err_code post_anywhere(struct engine *e, const char *name,
                                   const struct dk_network_list *l, struct err *err)
{
    struct ip4_range pool, one = {.bits = 24};
    char cidr[IP4_RANGE_TEXT];
    enum err_code rc = ip4_range_parse(e->d->o->subnets, false, &pool, err);
    if (rc != ERR_OK)
        return err_add(err, "option subnets");
    uint32_t n = pool.bits >= 24 ? 1 : UINT32_C(1) << (24 - pool.bits);
    rc = ERR_LIMIT;
    for (uint32_t i = 0, tries = 0; i < n && tries < TRIES; i++) {
        one.base = pool.base + (i << 8);
        if (!is_free(l, &one))
            continue;
        ip4_range_print(&one, cidr);
        *err = (struct err)ERR_INIT;
        rc = post(e, name, cidr, err);
        if (rc != ERR_STATE) /* 403: it overlaps with what is not listed, or was not when it was */
            return rc;
        tries++;
    }
    if (rc == ERR_LIMIT)
        err_set(err, rc, "no /24 of '%s' is free", e->d->o->subnets);
    return err_hint(err, "say the network's cidr, or widen the driver's option subnets");
}

static enum err_code find(struct engine *e, const char *name, struct dk_network_list *l,
                          const struct dk_network **ret, struct err *err)
{
    *l = (struct dk_network_list){0};
    enum err_code rc = dk_networks(e, l, err);
    *ret = rc == ERR_OK ? dk_network_find(l, e->pop->project, NULL, name) : NULL;
    return rc;
}

static enum err_code create(struct engine *e, const struct ob_cloud_network *want,
                            struct ob_cloud_network *ret, struct err *err)
{
    struct dk_network_list l;
    const struct dk_network *n;
    struct ip4_range range;
    enum err_code rc = find(e, want->name, &l, &n, err);
    if (rc == ERR_OK && !n) {
        dk_step(e->d);
        bool has_cidr = want->cidr && want->cidr[0];
        if (has_cidr)
            rc = ip4_range_parse(want->cidr, false, &range, err);
        if (rc == ERR_OK && has_cidr)
            rc = dk_check_cidr(e->d->o, e->at.socket[0], &range, err);
        if (rc == ERR_OK)
            rc = has_cidr ? post(e, want->name, want->cidr, err)
                          : post_anywhere(e, want->name, &l, err);
        dk_step(e->d);
        struct err other = ERR_INIT; /* 409: made meanwhile, by a sibling: then it is there */
        if (rc == ERR_OK || rc == ERR_EXISTS) {
            enum err_code found = find(e, want->name, &l, &n, &other);
            if (found != ERR_OK)
                *err = other;
            rc = found != ERR_OK ? found : n ? ERR_OK : rc == ERR_OK ? ERR_PEER : rc;
        }
    }
    if (rc == ERR_OK) {
        struct ob_cloud_network r = record(n);
        *ret = (struct ob_cloud_network){.id = ob_cloud_text(e->call, r.id),
                                         .name = ob_cloud_text(e->call, r.name),
                                         .cidr = ob_cloud_text(e->call, r.cidr),
                                         .gateway = ob_cloud_text(e->call, r.gateway),
                                         .is_shared = r.is_shared};
    }
    return rc;
}

enum err_code dk_create_network(void *arg, struct ob_cloud_call *call,
                                const struct ob_cloud_network *want, struct ob_cloud_network *ret,
                                struct err *err)
{
    struct engine e;
    enum err_code rc = engine_open(&e, arg, call, err);
    if (rc == ERR_OK)
        rc = create(&e, want, ret, err);
    engine_close(&e);
    return rc;
}

/* --- one less --- */

static enum err_code delete (struct engine *e, const char *id, bool *ret_was_there,
                             struct err *err) {
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT; struct dk_network_list l = {0};
    enum err_code rc = dk_networks(e, &l, err); if (rc != ERR_OK) return rc;
    const struct dk_network *n = dk_network_find(&l, e->pop->project, id, NULL);
    *ret_was_there = n != NULL; if (!n) return ERR_OK; if (!dk_network_is_ours(n)){
        err_set(err, ERR_STATE, "network '%s' was not made by this driver", n->name);
        return err_hint(err, "docker network rm %s", n->name);}
sbuf_adds(&path, "/networks/");
http_percent_encode(&path, n->id);
dk_step(e->d);
rc = engine_ask(e, &(struct dk_request){.method = "DELETE", .path = path.s}, err);
dk_step(e->d);
if (rc == ERR_NOT_FOUND) /* a sibling's work */
    return ERR_OK;
return rc == ERR_OK ? rc : err_add(err, "delete network '%s'", dk_network_name(n));
}

enum err_code dk_delete_network(void *arg, struct ob_cloud_call *call, const char *id,
                                bool *ret_was_there, struct err *err)
{
    struct engine e;
    enum err_code rc = engine_open(&e, arg, call, err);
    if (rc == ERR_OK)
        rc = delete (&e, id, ret_was_there, err);
    engine_close(&e);
    return rc;
}
