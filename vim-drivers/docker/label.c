/* What labels say: pure. */
#include "vim-drivers/docker/docker.h"

#include <string.h>

const char *dk_label(const struct proto_strmap *labels, const char *key)
{
    const char *value = proto_strmap_get(labels, key);
    return value ? value : "";
}

const char *dk_container_name(const struct dk_container *c)
{
    const char *name = c->names.n ? c->names.at[0] : "";
    return name[0] == '/' ? name + 1 : name;
}

bool dk_network_is_ours(const struct dk_network *n)
{
    return dk_label(&n->labels, DK_LABEL_NETWORK)[0];
}

/* The operator's own are for all; of the engine's built-in ones, bridge. */
bool dk_network_is_for(const struct dk_network *n, const char *project)
{
    if (dk_network_is_ours(n))
        return strcmp(dk_label(&n->labels, DK_LABEL_PROJECT), project) == 0;
    return n->name && n->driver && strcmp(n->driver, "host") != 0 && strcmp(n->driver, "null") != 0;
}

const char *dk_network_name(const struct dk_network *n)
{
    return dk_network_is_ours(n) ? dk_label(&n->labels, DK_LABEL_NETWORK) : n->name;
}
