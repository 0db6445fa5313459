/* Ports and floating addresses of a server: found by the token in their descriptions, which are
 * made with them. So a launch that comes again, or was cut off, finds what it made. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUPS_AGE_US = 5000000, /* security groups that are older are not believed to be missing */
    POOLS_AGE_US = 30000000  /* of external networks: operators seldom change them */
};

/* --- ports --- */

enum err_code os_ports_of(struct os_conn *c, const char *network, struct os_port_list *ret,
                          struct err *err)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    struct os_port_list l = {0};
    *ret = (struct os_port_list){0};
    if (!network) /* the cloud did not say which */
        return ERR_OK;
    sbuf_adds(&query, "network_id=");
    http_percent_encode(&query, network);
    enum err_code rc = os_fetch(c, OS_PORTS, query.s, &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (text_matches(l.at[i]->network, network))
            proto_list_add(ret, l.at[i], &c->arena);
    return rc;
}

static void query_of(const char *token, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf mark = SBUF_INIT;
    os_mark(&mark, token);
    sbuf_adds(out, "description=");
    http_percent_encode(out, mark.s);
}

/* Of the token's interfaces: it is behind the last dash of the port's name. -1: not one of them. */
static int index_of(const struct os_port *p, const char *token)
{
    if (!text_matches(os_marked(p->description), token))
        return -1;
    const char *dash = p->name ? strrchr(p->name, '-') : NULL;
    long i = dash && dash[1] ? strtol(dash + 1, NULL, 10) : -1;
    return i >= 0 && i < OB_CLOUD_PORTS_MAX ? (int)i : -1;
}

/* Two drivers may have made the same one at once: both must choose alike. */
static const struct os_port *better(const struct os_port *a, const struct os_port *b)
{
    if (!a || os_port_is_bound(a) != os_port_is_bound(b))
        return !a || os_port_is_bound(b) ? b : a;
    return strcmp(a->id, b->id) <= 0 ? a : b;
}

enum err_code os_ports_find(struct os_conn *c, const char *token,
                            const struct os_port *at[OB_CLOUD_PORTS_MAX], struct err *err)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    struct os_port_list l = {0};
    query_of(token, &query);
    memset(at, 0, OB_CLOUD_PORTS_MAX * sizeof(at[0]));
    enum err_code rc = os_fetch(c, OS_PORTS, query.s, &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        int k = index_of(l.at[i], token);
        if (k >= 0)
            at[k] = better(at[k], l.at[i]);
    }
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        int k = index_of(l.at[i], token);
        if (k >= 0 && at[k] != l.at[i] && !os_port_is_bound(l.at[i]))
            rc = os_delete(c, OS_NETWORK, "/ports", l.at[i]->id, err);
    }
    return rc;
}

static enum err_code find_group(struct os_conn *c, const char *name, int64_t not_before,
                                const char **ret, struct err *err)
{
    struct os_named_list l = {0};
    enum err_code rc = os_shared(c, OS_SECURITY, not_before, &l, NULL, err);
    *ret = NULL; /* names are not unique: the first by id */
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (text_matches(l.at[i]->name, name) && l.at[i]->id &&
            (!*ret || strcmp(l.at[i]->id, *ret) < 0))
            *ret = l.at[i]->id;
    return rc;
}

static enum err_code group_id(struct os_conn *c, const char *name, const char **ret,
                              struct err *err)
{
    int64_t now = clock_mono_us();
    *ret = name;
    if (os_is_hex_id(name))
        return ERR_OK;
    enum err_code rc = find_group(c, name, now - GROUPS_AGE_US, ret, err);
    if (rc == ERR_OK && !*ret) /* it may be new */
        rc = find_group(c, name, now, ret, err);
    if (rc != ERR_OK || *ret)
        return rc;
    err_set(err, ERR_NOT_FOUND, "security group '%.80s' is not there", name);
    return err_hint(err, "openstack security group list; the PoP names its groups");
}

static enum err_code add_groups(struct os_conn *c, const struct ob_cloud_launch *want,
                                struct sbuf *body, struct err *err)
{
    enum err_code rc = ERR_OK;
    if (!want->security_group_n)
        return rc; /* the cloud's default */
    sbuf_adds(body, ",\"security_groups\":[");
    for (size_t i = 0; i < want->security_group_n && rc == ERR_OK; i++) {
        const char *id;
        rc = group_id(c, want->security_groups[i], &id, err);
        sbuf_adds(body, i ? "," : "");
        if (rc == ERR_OK)
            proto_quotes(body, id);
    }
    sbuf_addc(body, ']');
    return rc;
}

static enum err_code port_body(struct os_conn *c, const struct ob_cloud_launch *want, size_t i,
                               const struct os_network *network, struct sbuf *body, struct err *err)
{
    AUTO(sbuf_release) struct sbuf mark = SBUF_INIT;
    char name[240];
    os_mark(&mark, want->token);
    snprintf(name, sizeof(name), "%.200s-%zu", want->name, i);
    sbuf_adds(body, "{\"port\":{");
    os_add_pair(body, "network_id", network->id);
    os_add_pair(body, "name", name);
    os_add_pair(body, "description", mark.s);
    if (want->ports[i].fixed_ip) {
        sbuf_adds(body, ",\"fixed_ips\":[{");
        os_add_pair(body, "ip_address", want->ports[i].fixed_ip);
        sbuf_adds(body, "}]");
    }
    if (os_wish(c->pop, want, "allowAllSourceAddresses"))
        sbuf_adds(body, ",\"allowed_address_pairs\":[{\"ip_address\":\"0.0.0.0/0\"}]");
    enum err_code rc = add_groups(c, want, body, err);
    sbuf_adds(body, "}}");
    return rc;
}

enum err_code os_ports_make(struct os_conn *c, const struct ob_cloud_launch *want,
                            const struct os_network *const *networks,
                            const struct os_port *at[OB_CLOUD_PORTS_MAX], struct err *err)
{
    enum err_code rc = ERR_OK;
    for (size_t i = 0; i < want->port_n && rc == ERR_OK; i++) {
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        struct os_one *one;
        if (at[i])
            continue;
        rc = port_body(c, want, i, networks[i], &body, err);
        if (rc != ERR_OK)
            return rc;
        os_step(c->os);
        rc = os_ask_one(c,
                        &(struct os_request){.service = OS_NETWORK,
                                             .method = "POST",
                                             .path = "/ports",
                                             .body = body.s,
                                             .body_len = body.len},
                        &one, err);
        os_step(c->os);
        if (rc == ERR_OK && !one->port)
            rc = err_set(err, ERR_PEER, "neutron made a port and does not say which");
        if (rc != ERR_OK)
            return err_add(err, "port in network '%.60s'", text_or_empty(networks[i]->name));
        at[i] = one->port;
    }
    return rc;
}

/* --- floating addresses --- */

static bool is_address(const char *wish)
{
    return wish[0] >= '0' && wish[0] <= '9' && strchr(wish, '.');
}

/* Of the router that the port's network is attached to; NULL: not known. */
static enum err_code gateway_network(struct os_conn *c, const struct os_port *p, const char **ret,
                                     struct err *err)
{
    struct os_port_list ports = {0};
    struct os_router_list routers = {0};
    *ret = NULL;
    enum err_code rc = os_ports_of(c, p->network, &ports, err);
    if (rc == ERR_OK)
        rc = os_fetch(c, OS_ROUTERS, "", &c->arena, &routers, err);
    for (uint32_t i = 0; rc == ERR_OK && i < ports.n && !*ret; i++) {
        const struct os_port *q = ports.at[i];
        if (!os_port_is_of_router(q))
            continue;
        for (uint32_t k = 0; k < routers.n; k++)
            if (text_matches(routers.at[k]->id, q->device) && routers.at[k]->gateway)
                *ret = routers.at[k]->gateway->network;
    }
    return rc;
}

static enum err_code pool_id(struct os_conn *c, const struct ob_cloud_port *want,
                             const struct os_port *p, const char **ret, struct err *err)
{
    struct os_network_list l = {0};
    const char *name = want->pool, *first = NULL;
    enum err_code rc = os_shared(c, OS_NETWORKS, clock_mono_us() - POOLS_AGE_US, &l, NULL, err);
    if (rc == ERR_OK && !name && c->os->o->external[0])
        name = c->os->o->external;
    if (rc == ERR_OK && !name) {
        rc = gateway_network(c, p, ret, err);
        if (rc != ERR_OK || *ret)
            return rc;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        const struct os_network *n = l.at[i];
        if (n->external && (!name || text_matches(n->name, name) || text_matches(n->id, name)) &&
            (!first || strcmp(n->id, first) < 0))
            first = n->id;
    }
    if (rc == ERR_OK && !first) {
        err_set(err, ERR_NOT_FOUND, "there is no external network%s%.60s%s", name ? " '" : "",
                name ? name : "", name ? "'" : "");
        err_hint(err, "openstack network list --external");
        rc = ERR_NOT_FOUND;
    }
    *ret = first;
    return rc;
}

/* One of the project that is bound to nothing: it keeps its own description, so that it stays when
 * the server goes. */
static enum err_code bind_there(struct os_conn *c, const struct os_floating *f,
                                const struct os_port *p, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"floatingip\":{");
    os_add_pair(&body, "port_id", p->id);
    sbuf_adds(&body, "}}");
    return os_ask(c,
                  &(struct os_request){.service = OS_NETWORK,
                                       .method = "PUT",
                                       .path = os_path(&c->arena, "/floatingips", f->id, ""),
                                       .body = body.s,
                                       .body_len = body.len},
                  err);
}

static enum err_code make_one(struct os_conn *c, const struct ob_cloud_launch *want, size_t i,
                              const struct os_port *p, const char **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf mark = SBUF_INIT;
    struct os_one *one;
    const char *pool;
    enum err_code rc = pool_id(c, &want->ports[i], p, &pool, err);
    if (rc != ERR_OK)
        return rc;
    os_mark(&mark, want->token);
    sbuf_adds(&body, "{\"floatingip\":{");
    os_add_pair(&body, "floating_network_id", pool);
    os_add_pair(&body, "port_id", p->id);
    os_add_pair(&body, "description", mark.s);
    if (is_address(want->ports[i].floating_ip))
        os_add_pair(&body, "floating_ip_address", want->ports[i].floating_ip);
    sbuf_adds(&body, "}}");
    os_step(c->os);
    rc = os_ask_one(c,
                    &(struct os_request){.service = OS_NETWORK,
                                         .method = "POST",
                                         .path = "/floatingips",
                                         .body = body.s,
                                         .body_len = body.len},
                    &one, err);
    os_step(c->os);
    if (rc == ERR_OK && (!one->floating || !one->floating->ip))
        rc = err_set(err, ERR_PEER, "neutron made a floating address and does not say which");
    if (rc == ERR_OK)
        *ret = one->floating->ip;
    if (rc == ERR_STATE && strstr(err->msg, "already has a floating"))
        err->code = rc = ERR_UNAVAIL; /* a sibling was faster: look again */
    if (rc == ERR_NOT_FOUND)          /* ExternalGatewayForFloatingIPNotFound */
        err_hint(err, "the network needs a router with a gateway to the pool's network");
    return rc;
}

/* Of several of one port, which cannot be, the first. */
static const struct os_floating *of_port(const struct os_floating_list *l, const struct os_port *p)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (text_matches(l->at[i]->port, p->id))
            return l->at[i];
    return NULL;
}

static const struct os_floating *unused(const struct os_floating_list *l, const char *ip,
                                        const char *pool)
{
    for (uint32_t i = 0; i < l->n; i++) {
        const struct os_floating *f = l->at[i];
        if (!f->port && (ip ? text_matches(f->ip, ip)
                            : text_matches(f->network, pool) && !os_marked(f->description)))
            return f;
    }
    return NULL;
}

static enum err_code floating_for(struct os_conn *c, const struct ob_cloud_launch *want, size_t i,
                                  const struct os_port *p, const struct os_floating_list *l,
                                  const char **ret, struct err *err)
{
    const char *wish = want->ports[i].floating_ip, *pool;
    const struct os_floating *f = of_port(l, p);
    if (f) {
        *ret = f->ip;
        return ERR_OK;
    }
    f = is_address(wish) ? unused(l, wish, NULL) : NULL;
    enum err_code rc = f ? ERR_OK : make_one(c, want, i, p, ret, err);
    if (rc == ERR_LIMIT && !is_address(wish)) { /* what the project has already may be used */
        struct err other = ERR_INIT;
        if (pool_id(c, &want->ports[i], p, &pool, &other) == ERR_OK)
            f = unused(l, NULL, pool);
        if (f) {
            *err = (struct err)ERR_INIT;
            rc = ERR_OK;
        }
    }
    if (rc != ERR_OK || !f)
        return rc;
    *ret = f->ip;
    return bind_there(c, f, p, err);
}

enum err_code os_floating_make(struct os_conn *c, const struct ob_cloud_launch *want,
                               const struct os_port *const *at,
                               const char *ret_ip[OB_CLOUD_PORTS_MAX], struct err *err)
{
    struct os_floating_list l = {0};
    bool is_listed = false;
    enum err_code rc = ERR_OK;
    memset(ret_ip, 0, OB_CLOUD_PORTS_MAX * sizeof(ret_ip[0]));
    for (size_t i = 0; i < want->port_n && rc == ERR_OK; i++) {
        if (!want->ports[i].floating_ip)
            continue;
        if (!is_listed)
            rc = os_fetch(c, OS_FLOATING, "", &c->arena, &l, err);
        is_listed = true;
        if (rc == ERR_OK)
            rc = floating_for(c, want, i, at[i], &l, &ret_ip[i], err);
        if (rc != ERR_OK)
            err_add(err, "floating address in network '%.60s'",
                    want->ports[i].network ? want->ports[i].network : "");
    }
    return rc;
}

/* --- removal --- */

static enum err_code remove_floating(struct os_conn *c, const char *token, struct err *err)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    struct os_floating_list l = {0};
    query_of(token, &query);
    enum err_code rc = os_fetch(c, OS_FLOATING, query.s, &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (text_matches(os_marked(l.at[i]->description), token)) {
            os_step(c->os);
            rc = os_delete(c, OS_NETWORK, "/floatingips", l.at[i]->id, err);
        }
    return rc == ERR_OK ? rc : err_add(err, "release floating address");
}

enum err_code os_ports_remove(struct os_conn *c, const char *token, struct err *err)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    struct os_port_list l = {0};
    enum err_code rc = remove_floating(c, token, err);
    query_of(token, &query);
    if (rc == ERR_OK)
        rc = os_fetch(c, OS_PORTS, query.s, &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (text_matches(os_marked(l.at[i]->description), token)) {
            os_step(c->os);
            rc = os_delete(c, OS_NETWORK, "/ports", l.at[i]->id, err);
        }
    return rc == ERR_OK ? rc : err_add(err, "remove ports");
}
