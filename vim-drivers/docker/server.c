/* Servers that are there: listed, deleted. */
#include "vim-drivers/docker/docker.h"

#include "common/base/text.h"
#include "common/log/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The filter is only a wish: what it does not know an engine ignores. */
enum err_code dk_containers(struct engine *e, struct dk_container_list *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct dk_container_list all = {0};
    sbuf_adds(&path, "/containers/json?all=1&filters=");
    http_percent_encode(&path, "{\"label\":[\"" DK_LABEL_NAME "\"]}");
    enum err_code rc = engine_get(e, path.s, err);
    if (rc == ERR_OK)
        rc = engine_read_list(e, &dk_container_type, &all, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++)
        if (all.at[i]->id && dk_label(&all.at[i]->labels, DK_LABEL_NAME)[0] &&
            text_starts_with(dk_container_name(all.at[i]), DK_PREFIX))
            proto_list_add(ret, all.at[i], &e->arena);
    return rc;
}

static bool is_theirs(const struct dk_container *c, const char *project)
{
    return strcmp(dk_label(&c->labels, DK_LABEL_PROJECT), project) == 0;
}

enum err_code dk_find_container(struct engine *e, const char *name, const struct dk_container **ret,
                                struct err *err)
{
    struct dk_container_list l = {0};
    enum err_code rc = dk_containers(e, &l, err);
    *ret = NULL;
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (strcmp(dk_container_name(l.at[i]), name) == 0 && is_theirs(l.at[i], e->pop->project))
            *ret = l.at[i];
    return rc;
}

/* --- as records --- */

static const char *status_of(const struct dk_container *c, const char **ret_why)
{
    static const char *const words[][2] = {{"running", "ACTIVE"},   {"created", "BUILD"},
                                           {"paused", "PAUSED"},    {"restarting", "REBOOT"},
                                           {"removing", "DELETED"}, {NULL, NULL}};
    const char *state = c->state ? c->state : "";
    for (size_t i = 0; words[i][0]; i++)
        if (strcmp(state, words[i][0]) == 0) {
            /* "Up 3 minutes (unhealthy)": it runs, and its own check says no. */
            *ret_why = c->status && strstr(c->status, "(unhealthy)") ? c->status : NULL;
            return words[i][1];
        }
    *ret_why = c->status;
    return "ERROR";
}

static const char *floating_of(struct engine *e, const struct dk_container *c, const char *network)
{
    const char *text = dk_label(&c->labels, DK_LABEL_FLOATING);
    while (*text) {
        size_t ip = strcspn(text, " "), gap = strspn(text + ip, " ");
        const char *id = text + ip + gap;
        size_t n = strcspn(id, " ");
        if (n == strlen(network) && memcmp(id, network, n) == 0)
            return arena_strndup(&e->arena, text, ip);
        text = id + n + strspn(id + n, " ");
    }
    return NULL;
}

static const struct dk_endpoint *endpoint(const struct dk_container *c, const struct dk_network *n)
{
    for (uint32_t i = 0; c->settings && i < c->settings->networks.n; i++) {
        const struct dk_endpoint *p = c->settings->networks.at[i].value;
        const char *key = c->settings->networks.at[i].key;
        if (text_matches(p->network, n->id) || strcmp(key, n->id) == 0 || strcmp(key, n->name) == 0)
            return p;
    }
    return NULL;
}

static const char *ip_of(const struct dk_endpoint *p)
{
    if (p && p->ip && p->ip[0])
        return p->ip;
    return p && p->ipam && p->ipam->ip && p->ipam->ip[0] ? p->ipam->ip : NULL;
}

/* In the order of its interfaces, which the label keeps: the engine sorts by names. */
static void addresses(struct engine *e, const struct dk_container *c,
                      const struct dk_network_list *networks, struct ob_cloud_server *ret)
{
    struct ob_cloud_address *at =
        arena_alloc(&e->arena, OB_CLOUD_PORTS_MAX * sizeof(*ret->addresses));
    size_t n = 0;
    for (const char *text = dk_label(&c->labels, DK_LABEL_PORTS);
         *text && n < OB_CLOUD_PORTS_MAX;) {
        size_t len = strcspn(text, " ");
        const char *id = arena_strndup(&e->arena, text, len);
        text += len + strspn(text + len, " ");
        for (uint32_t i = 0; i < networks->n; i++) {
            const struct dk_network *net = networks->at[i];
            if (!text_matches(net->id, id) || !ip_of(endpoint(c, net)))
                continue;
            at[n++] = (struct ob_cloud_address){.network = dk_network_name(net),
                                                .ip = ip_of(endpoint(c, net)),
                                                .floating_ip = floating_of(e, c, id)};
        }
    }
    ret->addresses = at;
    ret->address_n = n;
}

void dk_server_record(struct engine *e, const struct dk_container *c,
                      const struct dk_network_list *networks, struct ob_cloud_server *ret)
{
    char host[120] = "";
    if (e->at.socket[0])
        gethostname(host, 64);
    else
        engine_show(e, host);
    *ret = (struct ob_cloud_server){.id = dk_container_name(c),
                                    .name = dk_label(&c->labels, DK_LABEL_NAME),
                                    .host = arena_strdup(&e->arena, host),
                                    .image = dk_label(&c->labels, DK_LABEL_IMAGE),
                                    .flavour = dk_label(&c->labels, DK_LABEL_FLAVOUR),
                                    .created_at = c->created};
    ret->status = status_of(c, &ret->why);
    addresses(e, c, networks, ret);
}

static bool is_being_launched(struct dk *d, const char *name)
{
    bool is = false;
    pthread_mutex_lock(&d->lock);
    for (const struct dk_launching *l = d->launching; l; l = l->next)
        is = is || strcmp(l->name, name) == 0;
    pthread_mutex_unlock(&d->lock);
    return is;
}

/* Whether those that are being launched come up is not known yet. */
static enum err_code list_servers(struct engine *e, struct err *err)
{
    struct dk_container_list l = {0};
    struct dk_network_list networks = {0};
    enum err_code rc = dk_containers(e, &l, err);
    if (rc == ERR_OK)
        rc = dk_networks(e, &networks, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        struct ob_cloud_server s;
        if (!is_theirs(l.at[i], e->pop->project) ||
            is_being_launched(e->d, dk_container_name(l.at[i])))
            continue;
        dk_server_record(e, l.at[i], &networks, &s);
        ob_cloud_add_server(e->call, &s);
    }
    return rc;
}

enum err_code dk_list_servers(void *arg, struct ob_cloud_call *call, struct err *err)
{
    struct engine e;
    enum err_code rc = engine_open(&e, arg, call, err);
    if (rc == ERR_OK)
        rc = list_servers(&e, err);
    engine_close(&e);
    return rc;
}

/* --- deletion --- */

/* By id or name. Volumes that have no name go with it. */
enum err_code dk_remove_container(struct engine *e, const char *name, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_adds(&path, "/containers/");
    http_percent_encode(&path, name);
    sbuf_adds(&path, "?force=1&v=1");
    enum err_code rc = engine_ask(e, &(struct dk_request){.method = "DELETE", .path = path.s}, err);
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    if (rc == ERR_EXISTS && strstr(err->msg, "already in progress"))
        err->code = rc = ERR_UNAVAIL; /* nothing was done: asked again, it will be gone */
    return rc;
}

static enum err_code delete_server(struct engine *e, const char *id, struct err *err)
{
    const struct dk_container *c;
    enum err_code rc = dk_find_container(e, id, &c, err);
    if (rc != ERR_OK || !c)
        return rc;
    dk_step(e->d);
    rc = ob_cloud_spend(e->call, dk_label(&c->labels, DK_LABEL_TOKEN), err);
    dk_step(e->d);
    if (rc == ERR_OK)
        rc = dk_remove_container(e, c->id, err);
    dk_step(e->d);
    if (rc == ERR_OK)
        log_info(LOG_DRIVER, "deleted", KV_S("server", id),
                 KV_S("name", dk_label(&c->labels, DK_LABEL_NAME)));
    return rc == ERR_OK ? rc : err_add(err, "delete server '%s'", id);
}

/* One that is not there is deleted, too: the call may be a repeat. */
enum err_code dk_delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                               struct err *err)
{
    struct engine e;
    enum err_code rc = engine_open(&e, arg, call, err);
    if (rc == ERR_OK)
        rc = delete_server(&e, id, err);
    engine_close(&e);
    return rc;
}

enum err_code dk_quota(void *arg, struct ob_cloud_call *call, struct ob_cloud_quota *ret,
                       struct err *err)
{
    const struct dk *d = arg;
    (void)call;
    (void)err;
    ret->tenant = "docker";
    ret->instances = d->o->quota_instances;
    ret->floating_ips = (int64_t)d->o->floating.n;
    ret->key_pairs = 1000;
    return ERR_OK;
}
