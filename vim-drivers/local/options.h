/* The options of vim-driver-local. */
#ifndef VIM_DRIVERS_LOCAL_OPTIONS_H
#define VIM_DRIVERS_LOCAL_OPTIONS_H

#include "common/config/config.h"
#include "common/peer/options.h"

enum loc_mode { LOC_AUTO, LOC_RUNC, LOC_PLAIN };
extern const char *const loc_mode_names[];
enum loc_want { LOC_WHERE_IT_WORKS, LOC_YES, LOC_NO };

struct loc_options {
    struct peer_settings peer;
    const char *type, *name, *state_dir, *images, *agent;
    int mode, limit_disk;
    struct config_list relay, flavours, capabilities, shared_networks;
    const char *default_flavour;
    int64_t quota_cores, quota_ram, quota_instances, console_bytes, launches, stop_grace_ms, die_at;
    int64_t processes, default_disk_gb, disk_reserve;
    bool wants_probe, wants_clean;
};
extern const struct config_option loc_option_rows[];

#endif
