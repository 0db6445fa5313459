/* Between container.c, rootfs.c, bundle.c and probe.c. */
#ifndef VIM_DRIVERS_LOCAL_CONTAINER_H
#define VIM_DRIVERS_LOCAL_CONTAINER_H

#include "vim-drivers/local/local.h"

/* A root file system made of the host's /usr: folders, links and a generated /etc in `rootfs`. */
MUST_USE enum err_code loc_rootfs_host(const char *rootfs, struct err *err);
/* What tells a server who it is, in the /etc below `top`. */
MUST_USE enum err_code loc_rootfs_identity(const char *top, const struct loc_server *s,
                                           struct err *err);
void loc_hostname(const char *name, char out[64]); /* what sethostname and resolvers take */

struct loc_bundle {
    const struct loc *l;
    const struct loc_server *s;
    const char *rootfs;      /* path */
    const char *const *args; /* of the first process */
    const char *user_data;   /* file, or NULL */
    bool is_host;            /* with the host's /usr */
    bool has_cgroups;
};
/* config.json of runc. */
void loc_bundle_config(const struct loc_bundle *b, struct sbuf *out);

/* Ends what is left of a server that runc does not know (any more). */
void loc_cgroup_sweep(const struct loc *l, const char *id);
void loc_cgroup_leave(const struct loc *l); /* the folder of all servers, if none is there */
void loc_cgroup_clean(const struct loc *l); /* the same with all that is in it */

#endif
