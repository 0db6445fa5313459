/* Ports and floating addresses that outlived their server: of a launch that was given up half-way,
 * or of a server that another client removed. */
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <string.h>

enum { SWEEP_US = 60000000 };

static bool is_old(const struct os_conn *c, const char *created)
{
    int64_t at = os_time(created);
    return at > 0 && clock_wall_us() / USEC_PER_SEC - at > c->os->o->orphan_age_ms / 1000;
}

static bool has_server(const struct os_server_list *servers, const char *token)
{
    for (uint32_t i = 0; i < servers->n; i++)
        if (strcmp(os_meta(servers->at[i], OS_META_TOKEN), token) == 0)
            return true;
    return false;
}

static bool is_orphan(struct os_conn *c, const char *description, const char *created,
                      const struct os_server_list *servers)
{
    const char *token = os_marked(description);
    return token && is_old(c, created) && !has_server(servers, token) &&
           !os_is_launching(c->session, token);
}

static bool is_time(struct os_session *s)
{
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&s->lock);
    bool is = !s->swept_us || now - s->swept_us >= SWEEP_US;
    if (is)
        s->swept_us = now;
    pthread_mutex_unlock(&s->lock);
    return is;
}

static enum err_code sweep_floating(struct os_conn *c, const struct os_server_list *servers,
                                    struct err *err)
{
    struct os_floating_list l = {0};
    enum err_code rc = os_fetch(c, OS_FLOATING, "", &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        const struct os_floating *f = l.at[i];
        if (!is_orphan(c, f->description, f->created, servers))
            continue;
        rc = os_delete(c, OS_NETWORK, "/floatingips", f->id, err);
        if (rc == ERR_OK)
            log_warn(LOG_DRIVER, "orphan_removed", KV_S("floating", f->ip),
                     KV_S("of", f->description));
    }
    return rc;
}

static enum err_code sweep_ports(struct os_conn *c, const struct os_server_list *servers,
                                 struct err *err)
{
    struct os_port_list l = {0};
    enum err_code rc = os_fetch(c, OS_PORTS, "", &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        const struct os_port *p = l.at[i];
        if (os_port_is_bound(p) || !is_orphan(c, p->description, p->created, servers))
            continue;
        rc = os_delete(c, OS_NETWORK, "/ports", p->id, err);
        if (rc == ERR_OK)
            log_warn(LOG_DRIVER, "orphan_removed", KV_S("port", p->id), KV_S("of", p->description));
    }
    return rc;
}

void os_sweep(struct os_conn *c, const struct os_server_list *servers)
{
    struct err err = ERR_INIT;
    if (!is_time(c->session))
        return;
    enum err_code rc = sweep_floating(c, servers, &err);
    if (rc == ERR_OK)
        rc = sweep_ports(c, servers, &err);
    if (rc != ERR_OK)
        log_warn(LOG_DRIVER, "sweep", KV_ERR(&err));
}
