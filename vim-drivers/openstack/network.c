/* Networks: each with a subnet, attached to a router with a gateway where there is one. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/common/ip4.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <string.h>

enum {
    TURN_MS = 100,            /* until a call looks again whether it is its turn */
    OUTSIDE_AGE_US = 60000000 /* of external networks: operators seldom change them */
};

/* --- what is there --- */

static const char *project_of(const struct os_network *n)
{
    size_t len = strlen(OS_NETWORK_MARK);
    bool is_ours = n->description && strncmp(n->description, OS_NETWORK_MARK, len) == 0;
    return is_ours ? n->description + len : NULL;
}

static bool is_for(const struct os_network *n, const char *project)
{
    const char *of = project_of(n);
    return !of || strcmp(of, project) == 0;
}

/* Names are not unique: ours first, and of those the first by age and id, for all who look. */
static bool goes_before(const struct os_network *a, const struct os_network *b)
{
    bool is_a = project_of(a) != NULL, is_b = project_of(b) != NULL;
    if (is_a != is_b)
        return is_a;
    int age = strcmp(a->created ? a->created : "", b->created ? b->created : "");
    return age ? age < 0 : strcmp(a->id, b->id) < 0;
}

const struct os_network *os_network_find(const struct os_network_list *l, const char *project,
                                         const char *id, const char *name)
{
    const struct os_network *best = NULL;
    for (uint32_t i = 0; id && id[0] && i < l->n; i++)
        if (strcmp(l->at[i]->id, id) == 0 && is_for(l->at[i], project))
            return l->at[i];
    for (uint32_t i = 0; i < l->n; i++)
        if (is_for(l->at[i], project) && text_matches(l->at[i]->name, name) &&
            (!best || goes_before(l->at[i], best)))
            best = l->at[i];
    return best;
}

static struct ob_cloud_subnet subnet_record(struct os_conn *c, const struct os_subnet *s)
{
    return (struct ob_cloud_subnet){.id = ob_cloud_text(c->call, s->id),
                                    .name = ob_cloud_text(c->call, s->name),
                                    .cidr = ob_cloud_text(c->call, s->cidr),
                                    .gateway = ob_cloud_text(c->call, s->gateway)};
}

static void record(struct os_conn *c, const struct os_network *n, const struct os_subnet_list *all,
                   struct ob_cloud_network *ret)
{
    struct ob_cloud_subnet *at = ob_cloud_alloc(c->call, (n->subnets.n + 1) * sizeof(*at));
    *ret = (struct ob_cloud_network){.id = ob_cloud_text(c->call, n->id),
                                     .name = ob_cloud_text(c->call, n->name),
                                     .is_shared = n->shared,
                                     .is_external = n->external,
                                     .subnets = at};
    for (uint32_t i = 0; i < all->n && ret->subnet_n < n->subnets.n; i++)
        if (text_matches(all->at[i]->network, n->id))
            at[ret->subnet_n++] = subnet_record(c, all->at[i]);
}

enum err_code os_list_networks(struct os_conn *c, struct err *err)
{
    struct os_network_list networks = {0};
    struct os_subnet_list subnets = {0};
    int64_t now = clock_mono_us();
    enum err_code rc = os_shared(c, OS_NETWORKS, now, &networks, NULL, err);
    if (rc == ERR_OK)
        rc = os_shared(c, OS_SUBNETS, now, &subnets, NULL, err);
    for (uint32_t i = 0; rc == ERR_OK && i < networks.n; i++) {
        struct ob_cloud_network n;
        if (!is_for(networks.at[i], c->pop->project))
            continue;
        record(c, networks.at[i], &subnets, &n);
        ob_cloud_add_network(c->call, &n);
    }
    return rc;
}

/* --- the parts of one more --- */

static enum err_code ask_neutron(struct os_conn *c, const char *method, const char *path,
                                 const struct sbuf *body, struct os_one **ret, struct err *err)
{
    os_step(c->os);
    enum err_code rc = os_ask_one(c,
                                  &(struct os_request){.service = OS_NETWORK,
                                                       .method = method,
                                                       .path = path,
                                                       .body = body->s,
                                                       .body_len = body->len},
                                  ret, err);
    os_step(c->os);
    return rc;
}

static enum err_code make_network(struct os_conn *c, const char *name,
                                  const struct os_network **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct os_one *one;
    sbuf_adds(&body, "{\"network\":{");
    os_add_pair(&body, "name", name);
    os_add_pair(&body, "description",
                arena_printf(&c->arena, OS_NETWORK_MARK "%s", c->pop->project));
    sbuf_adds(&body, "}}");
    enum err_code rc = ask_neutron(c, "POST", "/networks", &body, &one, err);
    if (rc == ERR_OK && !one->network)
        rc = err_set(err, ERR_PEER, "neutron made a network and does not say which");
    if (rc == ERR_OK)
        *ret = one->network;
    return rc;
}

static bool is_free(const struct os_subnet_list *l, const struct ip4_range *wanted)
{
    struct ip4_range used;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i]->cidr && ip4_range_parse(l->at[i]->cidr, true, &used, NULL) == ERR_OK &&
            ip4_ranges_overlap(&used, wanted))
            return false;
    return true;
}

static enum err_code choose_cidr(struct os_conn *c, const struct os_subnet_list *l,
                                 char ret[IP4_RANGE_TEXT], struct err *err)
{
    struct ip4_range pool, one = {.bits = 24};
    enum err_code rc = ip4_range_parse(c->os->o->subnets, false, &pool, err);
    if (rc != ERR_OK)
        return err_add(err, "option subnets");
    uint32_t n = pool.bits >= 24 ? 1 : UINT32_C(1) << (24 - pool.bits);
    for (uint32_t i = 0; i < n; i++) {
        one.base = pool.base + (i << 8);
        if (!is_free(l, &one))
            continue;
        ip4_range_print(&one, ret);
        return ERR_OK;
    }
    err_set(err, ERR_LIMIT, "no /24 of '%s' is free", c->os->o->subnets);
    return err_hint(err, "say the network's cidr, or widen the driver's option subnets");
}

static enum err_code make_subnet(struct os_conn *c, const struct os_network *n, const char *cidr,
                                 const struct os_subnet_list *l, const struct os_subnet **ret,
                                 struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char chosen[IP4_RANGE_TEXT];
    struct os_one *one;
    enum err_code rc = cidr ? ERR_OK : choose_cidr(c, l, chosen, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&body, "{\"subnet\":{");
    os_add_pair(&body, "network_id", n->id);
    os_add_pair(&body, "name", arena_printf(&c->arena, "%s_subnet", n->name ? n->name : ""));
    os_add_pair(&body, "cidr", cidr ? cidr : chosen);
    sbuf_addf(&body, ",\"ip_version\":%d,\"enable_dhcp\":true,\"dns_nameservers\":[",
              cidr && strchr(cidr, ':') ? 6 : 4);
    for (size_t i = 0; i < c->os->o->dns.n && !(cidr && strchr(cidr, ':')); i++) {
        sbuf_adds(&body, i ? "," : "");
        proto_quotes(&body, c->os->o->dns.items[i]);
    }
    sbuf_adds(&body, "]}}");
    rc = ask_neutron(c, "POST", "/subnets", &body, &one, err);
    if (rc == ERR_OK && !one->subnet)
        rc = err_set(err, ERR_PEER, "neutron made a subnet and does not say which");
    if (rc == ERR_OK)
        *ret = one->subnet;
    return rc == ERR_OK ? rc : err_add(err, "subnet");
}

/* --- the router --- */

static bool is_wanted(const struct os_conn *c, const struct os_router *r)
{
    const char *name = c->os->o->router;
    return name[0] ? text_matches(r->name, name) || text_matches(r->id, name)
                   : r->gateway && r->gateway->network;
}

static enum err_code find_external(struct os_conn *c, const char **ret, struct err *err)
{
    struct os_network_list l = {0};
    const char *name = c->os->o->external;
    enum err_code rc = os_shared(c, OS_NETWORKS, clock_mono_us() - OUTSIDE_AGE_US, &l, NULL, err);
    *ret = NULL;
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (l.at[i]->external && (!name[0] || text_matches(l.at[i]->name, name)) &&
            (!*ret || strcmp(l.at[i]->id, *ret) < 0))
            *ret = l.at[i]->id;
    return rc;
}

static enum err_code make_router(struct os_conn *c, const char *outside, const char **ret,
                                 struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct os_one *one;
    sbuf_adds(&body, "{\"router\":{");
    os_add_pair(&body, "name", OS_ROUTER_NAME);
    os_add_pair(&body, "description", OS_ROUTER_MARK);
    sbuf_adds(&body, ",\"external_gateway_info\":{");
    os_add_pair(&body, "network_id", outside);
    sbuf_adds(&body, "}}}");
    enum err_code rc = ask_neutron(c, "POST", "/routers", &body, &one, err);
    if (rc == ERR_OK && one->router)
        *ret = one->router->id;
    return rc == ERR_OK ? rc : err_add(err, "make a router");
}

/* NULL in *ret: there is none, and nowhere that one could lead to. */
static enum err_code choose_router(struct os_conn *c, const char **ret, struct err *err)
{
    struct os_router_list l = {0};
    const char *outside = NULL;
    *ret = NULL;
    enum err_code rc = os_fetch(c, OS_ROUTERS, "", &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (is_wanted(c, l.at[i]) && (!*ret || strcmp(l.at[i]->id, *ret) < 0))
            *ret = l.at[i]->id;
    if (rc != ERR_OK || *ret)
        return rc;
    if (c->os->o->router[0]) {
        err_set(err, ERR_NOT_FOUND, "router '%.80s' is not there", c->os->o->router);
        return err_hint(err, "option router of the driver; openstack router list");
    }
    rc = find_external(c, &outside, err);
    return rc == ERR_OK && outside ? make_router(c, outside, ret, err) : rc;
}

/* Is the subnet on a router already? */
static enum err_code is_attached(struct os_conn *c, const struct os_network *n,
                                 const struct os_subnet *s, bool *ret, struct err *err)
{
    struct os_port_list l = {0};
    *ret = false;
    enum err_code rc = os_ports_of(c, n->id, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        for (uint32_t k = 0; k < l.at[i]->fixed.n; k++)
            *ret = *ret || (os_port_is_of_router(l.at[i]) &&
                            text_matches(l.at[i]->fixed.at[k]->subnet, s->id));
    return rc;
}

static enum err_code attach(struct os_conn *c, const struct os_network *n,
                            const struct os_subnet *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *router = NULL;
    struct os_one *one;
    bool is_there = false;
    enum err_code rc = is_attached(c, n, s, &is_there, err);
    if (rc != ERR_OK || is_there)
        return rc;
    rc = choose_router(c, &router, err);
    if (rc != ERR_OK || !router)
        return rc;
    sbuf_addc(&body, '{');
    os_add_pair(&body, "subnet_id", s->id);
    sbuf_addc(&body, '}');
    rc = ask_neutron(c, "PUT", os_path(&c->arena, "/routers", router, "/add_router_interface"),
                     &body, &one, err);
    if (rc == ERR_INVALID && strstr(err->msg, "already has a port")) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    if (rc == ERR_NOT_FOUND) /* a sibling's, that went with its last network */
        err->code = rc = ERR_UNAVAIL;
    return rc == ERR_OK ? rc : err_add(err, "attach it to router '%.40s'", router);
}

/* --- one more --- */

static enum err_code remove_network(struct os_conn *c, const struct os_network *n, struct err *err);

/* A network that is half made stays no longer than the call. */
static enum err_code undo(struct os_conn *c, const struct os_network *n, enum err_code rc)
{
    struct err other = ERR_INIT;
    if (rc == ERR_OK || rc == ERR_UNAVAIL || !n || !project_of(n))
        return rc;
    if (remove_network(c, n, &other) != ERR_OK)
        log_error(LOG_DRIVER, "half_made", KV_S("network", n->id), KV_ERR(&other));
    return rc;
}

/* Made by two drivers at once: the one that all choose stays. */
static enum err_code settle(struct os_conn *c, const char *name, const struct os_network *made,
                            const struct os_network **ret, struct err *err)
{
    struct os_network_list l = {0};
    enum err_code rc = os_fetch(c, OS_NETWORKS, "", &c->arena, &l, err);
    if (rc != ERR_OK)
        return rc;
    *ret = os_network_find(&l, c->pop->project, NULL, name);
    if (!*ret)
        return err_set(err, ERR_PEER, "the network is gone again");
    return strcmp((*ret)->id, made->id) == 0 ? ERR_OK
                                             : os_delete(c, OS_NETWORK, "/networks", made->id, err);
}

static enum err_code complete(struct os_conn *c, const struct os_network *n, const char *cidr,
                              struct ob_cloud_network *ret, struct err *err)
{
    struct os_subnet_list l = {0};
    const struct os_subnet *s = NULL;
    enum err_code rc = os_fetch(c, OS_SUBNETS, "", &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n && !s; i++)
        if (text_matches(l.at[i]->network, n->id))
            s = l.at[i];
    bool is_ours = project_of(n) != NULL;
    if (rc == ERR_OK && !s && is_ours)
        rc = make_subnet(c, n, cidr, &l, &s, err);
    if (rc == ERR_OK && s && is_ours)
        rc = attach(c, n, s, err);
    if (rc != ERR_OK)
        return undo(c, n, rc);
    record(c, n, &l, ret);
    if (s && !ret->subnet_n) {
        struct ob_cloud_subnet *one = ob_cloud_alloc(c->call, sizeof(*one));
        *one = subnet_record(c, s);
        ret->subnets = one;
        ret->subnet_n = 1;
    }
    return ERR_OK;
}

static enum err_code create(struct os_conn *c, const struct ob_cloud_network *want,
                            struct ob_cloud_network *ret, struct err *err)
{
    struct os_network_list l = {0};
    const struct os_network *n = NULL, *made = NULL;
    enum err_code rc = os_fetch(c, OS_NETWORKS, "", &c->arena, &l, err);
    if (rc == ERR_OK)
        n = os_network_find(&l, c->pop->project, NULL, want->name);
    if (rc == ERR_OK && !n) {
        rc = make_network(c, want->name, &made, err);
        if (rc == ERR_OK)
            rc = settle(c, want->name, made, &n, err);
    }
    if (rc == ERR_OK)
        rc = complete(c, n, want->cidr && want->cidr[0] ? want->cidr : NULL, ret, err);
    return rc;
}

/* Without a thread: the cloud of another call may be slow. */
static enum err_code wait_for_turn(struct ob_cloud_call *call, struct err *err)
{
    err_set(err, ERR_UNAVAIL, "another network of this cloud is being made or removed");
    return ob_cloud_again(call, TURN_MS);
}

enum err_code os_create_network(void *arg, struct ob_cloud_call *call,
                                const struct ob_cloud_network *want, struct ob_cloud_network *ret,
                                struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK && pthread_mutex_trylock(&c.session->networks) != 0)
        rc = wait_for_turn(call, err);
    else if (rc == ERR_OK) {
        rc = create(&c, want, ret, err);
        os_forget(&c, OS_NETWORKS);
        pthread_mutex_unlock(&c.session->networks);
    }
    os_conn_close(&c);
    return rc;
}

/* --- one less --- */

static enum err_code detach(struct os_conn *c, const char *router, const char *port,
                            struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct os_one *one;
    sbuf_addc(&body, '{');
    os_add_pair(&body, "port_id", port);
    sbuf_addc(&body, '}');
    enum err_code rc =
        ask_neutron(c, "PUT", os_path(&c->arena, "/routers", router, "/remove_router_interface"),
                    &body, &one, err);
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        rc = ERR_OK;
    }
    return rc == ERR_OK ? rc : err_add(err, "detach it from router '%.40s'", router);
}

/* Router interfaces, and ports of ours that outlived their servers. */
static enum err_code remove_ports(struct os_conn *c, const struct os_network *n, struct err *err)
{
    struct os_port_list l = {0};
    enum err_code rc = os_ports_of(c, n->id, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        const struct os_port *p = l.at[i];
        if (os_port_is_of_router(p))
            rc = detach(c, p->device, p->id, err);
        else if (!os_port_is_bound(p) && os_marked(p->description) &&
                 !os_is_launching(c->session, os_marked(p->description)))
            rc = os_delete(c, OS_NETWORK, "/ports", p->id, err);
    }
    return rc;
}

/* Ours goes with its last network: the cloud refuses while others are on it. */
static enum err_code remove_router(struct os_conn *c, struct err *err)
{
    struct os_router_list l = {0};
    enum err_code rc = os_fetch(c, OS_ROUTERS, "", &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        if (!text_matches(l.at[i]->description, OS_ROUTER_MARK))
            continue;
        os_step(c->os);
        rc = os_delete(c, OS_NETWORK, "/routers", l.at[i]->id, err);
        if (rc == ERR_STATE) { /* in use */
            *err = (struct err)ERR_INIT;
            rc = ERR_OK;
        }
    }
    return rc;
}

static enum err_code remove_network(struct os_conn *c, const struct os_network *n, struct err *err)
{
    enum err_code rc = remove_ports(c, n, err);
    os_step(c->os);
    if (rc == ERR_OK)
        rc = os_delete(c, OS_NETWORK, "/networks", n->id, err);
    os_step(c->os);
    return rc;
}

static enum err_code delete_network(struct os_conn *c, const char *id, bool *ret_was_there,
                                    struct err *err)
{
    struct os_network_list l = {0};
    enum err_code rc = os_fetch(c, OS_NETWORKS, "", &c->arena, &l, err);
    if (rc != ERR_OK)
        return rc;
    const struct os_network *n = os_network_find(&l, c->pop->project, id, NULL);
    *ret_was_there = n != NULL || ob_cloud_tries(c->call) > 0; /* a try before may have done it */
    if (n && !project_of(n)) {
        err_set(err, ERR_STATE, "network '%.80s' was not made by this driver",
                n->name ? n->name : n->id);
        return err_hint(err, "openstack network delete %s", n->id);
    }
    if (n)
        rc = remove_network(c, n, err);
    if (rc != ERR_OK)
        return err_add(err, "delete network '%.80s'", n->name ? n->name : n->id);
    return remove_router(c, err);
}

enum err_code os_delete_network(void *arg, struct ob_cloud_call *call, const char *id,
                                bool *ret_was_there, struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK && pthread_mutex_trylock(&c.session->networks) != 0)
        rc = wait_for_turn(call, err);
    else if (rc == ERR_OK) {
        rc = delete_network(&c, id, ret_was_there, err);
        os_forget(&c, OS_NETWORKS);
        pthread_mutex_unlock(&c.session->networks);
    }
    os_conn_close(&c);
    return rc;
}
