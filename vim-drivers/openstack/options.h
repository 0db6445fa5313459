#ifndef VIM_DRIVERS_OPENSTACK_OPTIONS_H
#define VIM_DRIVERS_OPENSTACK_OPTIONS_H

#include "common/config/config.h"
#include "common/peer/options.h"

struct os_options {
    struct peer_settings peer;
    const char *type, *name, *spent_file, *default_flavour, *interface, *router, *external,
        *subnets;
    const char *image_folder;
    struct config_list dns, outbound;
    int64_t launches, call_timeout_ms, poll_ms, orphan_age_ms, boot_volume_gb, image_max_mb;
    int64_t stop_grace_ms, die_at;
    bool is_tls_checked, may_be_plain, has_config_drive;
};
extern const struct config_option os_option_rows[];

#endif
