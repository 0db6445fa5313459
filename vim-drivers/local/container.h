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

/* --- capability.c --- */

/* Has root in a container that capability ("SYS_ADMIN"): by default, or by the option. */
bool loc_has_capability(const struct loc_options *o, const char *name);
/* The member "capabilities" of config.json. */
void loc_capabilities(const struct loc_options *o, struct sbuf *out);

/* --- seccomp.c --- */

/* The member "seccomp" of it. */
void loc_seccomp(const struct loc_options *o, struct sbuf *out);

/* --- disk.c --- */

/* Do disks of their own work here? Makes and mounts one in a folder. */
MUST_USE enum err_code loc_disk_try(const char *folder, struct err *err);
/* Its file: a file system. */
void loc_disk_file(const struct loc *l, const struct loc_server *s, char out[LOC_PATH_MAX]);
/* With what is below tree. */
MUST_USE enum err_code loc_disk_make(const struct loc *l, const struct loc_server *s,
                                     const char *tree, struct err *err);
bool loc_disk_is_cut(const struct loc_server *s); /* less than its flavour says */

/* --- cgroup.c --- */

bool loc_cgroup_has_swap(void); /* can memory and swap be limited together? */
/* Ends what is left of a server that runc does not know (any more). */
void loc_cgroup_sweep(const struct loc *l, const char *id);
void loc_cgroup_leave(const struct loc *l); /* the folder of all servers, if none is there */
void loc_cgroup_clean(const struct loc *l); /* the same with all that is in it */

#endif
