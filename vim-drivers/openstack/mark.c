/* What a server's metadata say: pure. */
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
