/* A launch: steps that each find what is there before they make it. A launch that waits holds no
 * thread: it is called anew (ob_cloud_again), as one is that comes again after a kill. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <string.h>

enum {
    TURN_MS = 300,         /* until a launch looks again whether it is its turn */
    LIST_AGE_US = 3000000, /* of networks: one that is not in it may be new */
    DOUBT_MS = 3000        /* before a server that may have been made is looked for */
};

struct launch {
    struct os_conn *c;
    const struct ob_cloud_launch *want;
    struct os_launching *mine;
    const struct os_port *ports[OB_CLOUD_PORTS_MAX];
    const struct os_server *server; /* NULL: none yet */
};

/* --- what is there --- */

static bool is_failed(const struct os_server *s)
{
    return text_matches(s->status, "ERROR");
}

static bool is_going(const struct os_server *s)
{
    return text_matches(s->task, "deleting") || text_matches(s->status, "DELETED") ||
           text_matches(s->status, "SOFT_DELETED");
}

/* Two drivers may have made the same one at once: both choose alike. */
static const struct os_server *better(const struct os_server *a, const struct os_server *b)
{
    if (!a || is_failed(a) != is_failed(b))
        return !a || is_failed(a) ? b : a;
    int64_t at_a = os_time(a->created), at_b = os_time(b->created);
    if (at_a != at_b)
        return at_a < at_b ? a : b;
    return strcmp(a->id, b->id) <= 0 ? a : b;
}

static bool is_ours(const struct launch *l, const struct os_server *s)
{
    return strcmp(os_meta(s, OS_META_TOKEN), l->want->token) == 0 && !is_going(s);
}

static enum err_code look(struct launch *l, struct err *err)
{
    struct os_server_list all = {0};
    int64_t not_before = clock_mono_us(), poll_us = l->c->os->o->poll_ms * USEC_PER_MS;
    if (l->mine->looked_us && l->mine->looked_us + poll_us < not_before)
        not_before = l->mine->looked_us + poll_us;
    enum err_code rc = os_shared(l->c, OS_SERVERS, not_before, &all, &l->mine->looked_us, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++)
        if (is_ours(l, all.at[i]))
            l->server = better(l->server, all.at[i]);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++)
        if (is_ours(l, all.at[i]) && all.at[i] != l->server) {
            log_warn(LOG_DRIVER, "second_server", KV_S("server", all.at[i]->id),
                     KV_S("kept", l->server->id));
            rc = os_delete(l->c, OS_COMPUTE, "/servers", all.at[i]->id, err);
        }
    return rc;
}

/* --- server groups --- */

static bool is_group(const struct os_group *g, const char *name, const char *policy)
{
    const char *is = g->policy ? g->policy : g->policies.n ? g->policies.at[0] : "";
    return text_matches(g->name, name) && strcmp(is, policy) == 0;
}

static enum err_code find_group(struct launch *l, const char *name, const char *policy,
                                const char **ret, struct err *err)
{
    struct os_group_list all = {0};
    enum err_code rc = os_fetch(l->c, OS_GROUPS, "", &l->c->arena, &all, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++) /* several of a name: the first by id */
        if (is_group(all.at[i], name, policy) && (!*ret || strcmp(all.at[i]->id, *ret) < 0))
            *ret = all.at[i]->id;
    return rc;
}

static enum err_code make_group(struct launch *l, const char *name, const char *policy,
                                const char **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    unsigned minor = os_minor(l->c, OS_MINOR_GROUP_POLICY);
    enum err_code rc = find_group(l, name, policy, ret, err);
    if (rc != ERR_OK || *ret)
        return rc;
    sbuf_adds(&body, "{\"server_group\":{");
    os_add_pair(&body, "name", name);
    if (minor)
        os_add_pair(&body, "policy", policy);
    else
        sbuf_addf(&body, ",\"policies\":[\"%s\"]", policy);
    sbuf_adds(&body, "}}");
    rc = os_ask(l->c,
                &(struct os_request){.service = OS_COMPUTE,
                                     .method = "POST",
                                     .path = "/os-server-groups",
                                     .body = body.s,
                                     .body_len = body.len,
                                     .minor = minor},
                err);
    return rc == ERR_OK ? find_group(l, name, policy, ret, err) : rc;
}

static enum err_code choose_group(struct launch *l, const char **ret, struct err *err)
{
    static const char *const wishes[][2] = {{"affinity", "affinity"},
                                            {"anti_affinity", "anti-affinity"}};
    char name[200];
    *ret = NULL;
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
        const char *group = os_wish(l->c->pop, l->want, wishes[i][0]);
        if (!group)
            continue;
        snprintf(name, sizeof(name), "baton-%.40s-%.120s", l->c->pop->project, group);
        enum err_code rc = make_group(l, name, wishes[i][1], ret, err);
        return rc == ERR_OK ? rc : err_add(err, "server group '%.60s'", group);
    }
    return ERR_OK;
}

/* --- steps --- */

/* In a listing that may be of before their creation: only ids count. NULL: all are there. */
static const struct ob_cloud_port *find_in(struct launch *l, const struct os_network_list *all,
                                           bool is_fresh, const struct os_network **ret)
{
    for (size_t i = 0; i < l->want->port_n; i++) {
        const struct ob_cloud_port *p = &l->want->ports[i];
        const char *name = p->network ? p->network : p->network_id;
        ret[i] = os_network_find(all, l->c->pop->project, p->network_id, is_fresh ? name : NULL);
        if (!ret[i])
            return p;
    }
    return NULL;
}

static enum err_code find_networks(struct launch *l, const struct os_network **ret, struct err *err)
{
    struct os_network_list all = {0};
    const struct ob_cloud_port *missing;
    int64_t now = clock_mono_us();
    if (!l->want->port_n)
        return ERR_OK;
    enum err_code rc = os_shared(l->c, OS_NETWORKS, now - LIST_AGE_US, &all, NULL, err);
    if (rc != ERR_OK || !find_in(l, &all, false, ret))
        return rc;
    rc = os_shared(l->c, OS_NETWORKS, now, &all, NULL, err);
    if (rc != ERR_OK || !(missing = find_in(l, &all, true, ret)))
        return rc;
    err_set(err, ERR_NOT_FOUND, "network '%.80s' is not there",
            missing->network      ? missing->network
            : missing->network_id ? missing->network_id
                                  : "");
    return err_hint(err, "create it first; listNetworks tells those that are there");
}

static enum err_code post(struct launch *l, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct os_one *one;
    struct os_body b = {.want = l->want,
                        .pop = l->c->pop,
                        .o = l->c->os->o,
                        .ports = l->ports,
                        .knows_no_network = os_minor(l->c, OS_MINOR_NO_NETWORK) != 0};
    enum err_code rc = choose_group(l, &b.group, err);
    if (rc == ERR_OK)
        rc = os_body_server(&b, &body, err);
    if (rc != ERR_OK)
        return rc;
    os_step(l->c->os);
    rc = os_ask_one(l->c,
                    &(struct os_request){.service = OS_COMPUTE,
                                         .method = "POST",
                                         .path = "/servers",
                                         .body = body.s,
                                         .body_len = body.len,
                                         .minor = os_minor(l->c, OS_MINOR_NO_NETWORK)},
                    &one, err);
    os_step(l->c->os);
    if (rc == ERR_UNAVAIL && l->c->res.status != 429)
        return ob_cloud_again(l->c->call, DOUBT_MS); /* it may be there in a moment */
    if ((rc == ERR_STATE || rc == ERR_INVALID) && strstr(err->msg, "in use")) {
        err->code = ERR_UNAVAIL; /* our ports, by a server that was asked for before: wait for it */
        return ob_cloud_again(l->c->call, DOUBT_MS);
    }
    if (rc == ERR_OK && !one->server)
        rc = err_set(err, ERR_PEER, "nova made a server and does not say which");
    if (rc == ERR_OK)
        snprintf(l->mine->server, sizeof(l->mine->server), "%s", one->server->id);
    return rc;
}

/* Nothing of it stays, or ret says what does. rc: why. */
static enum err_code undo(struct launch *l, enum err_code rc, struct ob_cloud_server *ret,
                          struct err *err)
{
    struct err other = ERR_INIT;
    const char *id = l->server ? l->server->id : l->mine->server;
    enum err_code undone = id[0] ? os_delete(l->c, OS_COMPUTE, "/servers", id, &other) : ERR_OK;
    bool is_left = undone != ERR_OK;
    if (undone == ERR_OK)
        undone = os_ports_remove(l->c, l->want->token, &other);
    if (undone == ERR_OK)
        return rc;
    log_error(LOG_DRIVER, "half_made", KV_S("server", id), KV_S("token", l->want->token),
              KV_ERR(&other));
    if (is_left)
        *ret = (struct ob_cloud_server){
            .id = ob_cloud_text(l->c->call, id), .name = l->want->name, .status = "ERROR"};
    else /* the sweep finds what is left */
        err_hint(err, "ports of it are left; they are removed when they are old (orphan-age)");
    return rc;
}

static enum err_code make(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    const struct os_network *networks[OB_CLOUD_PORTS_MAX] = {NULL};
    enum err_code rc = ob_cloud_check_spent(l->c->call, l->want->token, err);
    if (rc == ERR_OK)
        rc = find_networks(l, networks, err);
    if (rc == ERR_OK && l->want->port_n)
        rc = os_ports_find(l->c, l->want->token, l->ports, err);
    if (rc == ERR_OK)
        rc = os_ports_make(l->c, l->want, networks, l->ports, err);
    if (rc == ERR_OK)
        rc = post(l, err);
    if (rc != ERR_OK && rc != ERR_UNAVAIL)
        return undo(l, rc, ret, err);
    if (rc == ERR_OK)
        err_set(err, ERR_UNAVAIL, "server '%.80s' is not active yet", l->mine->server);
    return rc == ERR_OK ? ob_cloud_again(l->c->call, l->c->os->o->poll_ms) : rc;
}

/* It did not come up: say why. The list does not show the fault of one that was never scheduled. */
static enum err_code failed(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    struct os_server *s = NULL;
    enum err_code rc = os_server_get(l->c, l->server->id, &s, err);
    if (rc != ERR_OK)
        return rc;
    const char *words = s && s->fault && s->fault->message ? s->fault->message : "nothing";
    err_set(err, ERR_PEER, "nova made server '%.40s' and could not bring it up: %.200s",
            l->server->id, words);
    return undo(l, ERR_PEER, ret, err);
}

/* Was posted, and is in no list (yet). */
static enum err_code missing(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    struct os_server *s = NULL;
    enum err_code rc = os_server_get(l->c, l->mine->server, &s, err);
    if (rc != ERR_OK)
        return rc;
    if (s && !is_going(s)) {
        err_set(err, ERR_UNAVAIL, "server '%.80s' is not active yet", s->id);
        return ob_cloud_again(l->c->call, l->c->os->o->poll_ms);
    }
    err_set(err, ERR_STATE, "server '%.80s' was deleted while it was launched", l->mine->server);
    return undo(l, ERR_STATE, ret, err);
}

static const char *ip_of(const struct os_port *p)
{
    for (uint32_t i = 0; p && i < p->fixed.n; i++)
        if (p->fixed.at[i]->ip)
            return p->fixed.at[i]->ip;
    return NULL;
}

/* By its ports, not by the server's own list: that is keyed by names, which networks share. */
static void add_addresses(struct launch *l, const char *const *floating,
                          struct ob_cloud_server *ret)
{
    struct ob_cloud_address *at = ob_cloud_alloc(l->c->call, (l->want->port_n + 1) * sizeof(*at));
    size_t n = 0;
    for (size_t i = 0; i < l->want->port_n; i++) {
        const struct ob_cloud_port *p = &l->want->ports[i];
        if (ip_of(l->ports[i]))
            at[n++] = (struct ob_cloud_address){
                .network = ob_cloud_text(l->c->call, p->network ? p->network : p->network_id),
                .ip = ob_cloud_text(l->c->call, ip_of(l->ports[i])),
                .floating_ip = ob_cloud_text(l->c->call, floating[i])};
    }
    ret->addresses = at;
    ret->address_n = n;
}

static enum err_code finish(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    const char *floating[OB_CLOUD_PORTS_MAX];
    enum err_code rc = ERR_OK;
    if (l->want->port_n)
        rc = os_ports_find(l->c, l->want->token, l->ports, err);
    for (size_t i = 0; rc == ERR_OK && i < l->want->port_n; i++)
        if (!l->ports[i])
            rc = err_set(err, ERR_STATE, "the port of interface %zu is gone", i);
    if (rc == ERR_OK)
        rc = os_floating_make(l->c, l->want, l->ports, floating, err);
    if (rc == ERR_UNAVAIL)
        return rc;
    if (rc != ERR_OK)
        return undo(l, rc, ret, err);
    os_server_record(l->c, l->server, ret);
    add_addresses(l, floating, ret);
    log_info(LOG_DRIVER, "launched", KV_S("server", l->server->id), KV_S("name", l->want->name));
    return ERR_OK;
}

static enum err_code go_on(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    enum err_code rc = look(l, err);
    if (rc != ERR_OK)
        return rc;
    if (!l->server)
        return l->mine->server[0] ? missing(l, ret, err) : make(l, ret, err);
    if (is_failed(l->server))
        return failed(l, ret, err);
    if (text_matches(l->server->status, "ACTIVE"))
        return finish(l, ret, err);
    err_set(err, ERR_UNAVAIL, "server '%.80s' is %.40s, not active yet", l->server->id,
            l->server->task     ? l->server->task
            : l->server->status ? l->server->status
                                : "");
    return ob_cloud_again(l->c->call, l->c->os->o->poll_ms);
}

static enum err_code launch(struct os_conn *c, const struct ob_cloud_launch *want,
                            struct ob_cloud_server *ret, struct err *err)
{
    struct launch l = {.c = c, .want = want};
    os_flight_begin(c, want->token, &l.mine);
    if (!l.mine) {
        err_set(err, ERR_UNAVAIL, "%lld launches are in flight on this cloud already",
                (long long)c->os->o->launches);
        return ob_cloud_again(c->call, TURN_MS);
    }
    enum err_code rc = go_on(&l, ret, err);
    if (rc == ERR_UNAVAIL && (l.server || l.mine->server[0])) /* should the call end here */
        *ret = (struct ob_cloud_server){
            .id = ob_cloud_text(c->call, l.server ? l.server->id : l.mine->server),
            .name = want->name,
            .status = "BUILD"};
    os_flight_end(c, l.mine, rc == ERR_UNAVAIL);
    return rc;
}

enum err_code os_launch(void *arg, struct ob_cloud_call *call, const struct ob_cloud_launch *given,
                        struct ob_cloud_server *ret, struct err *err)
{
    struct os_conn c;
    struct ob_cloud_launch want = *given;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (!want.token || !want.token[0]) /* the same when the call comes again */
        want.token = arena_printf(&c.arena, "call-%s", ob_cloud_call_id(call));
    if (rc == ERR_OK && strlen(want.token) > OS_TOKEN_MAX)
        rc = err_set(err, ERR_LIMIT, "the client token is longer than %d bytes", OS_TOKEN_MAX);
    if (rc == ERR_OK)
        rc = launch(&c, &want, ret, err);
    os_conn_close(&c);
    return rc;
}
