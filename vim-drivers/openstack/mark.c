/* What metadata, owners and devices say. */
#include "common/base/text.h"
#include "vim-drivers/openstack/os.h"

#include <string.h>

const char *os_meta(const struct os_server *s, const char *key)
{
    const char *value = proto_strmap_get(&s->metadata, key);
    return value ? value : "";
}

/* Servers without our marks are the tenant's, and the tenant is the PoP's. */
bool os_server_is_theirs(const struct os_conn *c, const struct os_server *s)
{
    const char *project = proto_strmap_get(&s->metadata, OS_META_PROJECT);
    return !project || strcmp(project, c->pop->project) == 0;
}

bool os_port_is_bound(const struct os_port *p)
{
    return p->device && p->device[0];
}

/* "network:router_interface", and "..._distributed", "ha_router_replicated_..." of other routers. */
bool os_port_is_of_router(const struct os_port *p)
{
    return p->owner && text_starts_with(p->owner, "network:") && strstr(p->owner, "router") &&
           os_port_is_bound(p);
}
