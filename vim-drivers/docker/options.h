#ifndef VIM_DRIVERS_DOCKER_OPTIONS_H
#define VIM_DRIVERS_DOCKER_OPTIONS_H

#include "common/config/config.h"
#include "common/peer/options.h"

struct dk_options {
    struct peer_settings peer;
    const char *type, *name, *agent, *spent_file, *subnets, *default_flavour;
    struct config_list sockets, flavours, capabilities, floating, registries, cidrs, outbound;
    const char *image_folder;
    int64_t image_max_mb;
    int64_t launches, call_timeout_ms, processes, quota_instances, stop_grace_ms, die_at;
    bool may_be_plain;
};
extern const struct config_option dk_option_rows[];

#endif
