#ifndef VNFM_GENERIC_OPTIONS_H
#define VNFM_GENERIC_OPTIONS_H

#include "common/peer/options.h"

struct generic_options {
    struct peer_settings peer;
    const char *type, *endpoint, *agents_vhost, *database, *schema, *user_data_path, *agent_url,
        *ems_tls_ca;
    int64_t hello_ms, script_ms, terminate_ms, ask_ms, stop_grace_ms, log_keep_ms, ems_heartbeat_ms;
    bool is_ems_autodelete, is_ems_tls;
};

extern const struct config_option generic_options[];

#endif
