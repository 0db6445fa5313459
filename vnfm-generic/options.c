#include "vnfm-generic/options.h"

#include "proto/topology.h"

#define O struct generic_options

/* clang-format off */
const struct config_option generic_options[] = {
    CONFIG_STR(O, type, "type", "generic", "VNFM type: what a VNFD names as its endpoint"),
    CONFIG_STR(O, endpoint, "endpoint", "", "queue; empty: the type"),
    PEER_OPTIONS(O, peer),
    CONFIG_STR(O, agents_vhost, "agents-vhost", AGENTS_VHOST, "virtual host of the agents; the NFVO's option of the same name"),
    CONFIG_SECRET(O, database, "database", "dbname=openbaton", "PostgreSQL: conninfo or URI"),
    CONFIG_STR(O, schema, "database-schema", "vnfm_generic", "schema that holds the tables"),
    CONFIG_DURATION(O, hello_ms, "hello-timeout", "500s", 100, 86400000, "an instance's agent says hello within"),
    CONFIG_DURATION(O, script_ms, "script-timeout", "900s", 1000, 86400000, "one script; its agent ends it then"),
    CONFIG_DURATION(O, terminate_ms, "terminate-script-timeout", "120s", 1000, 86400000, "one TERMINATE script; the release goes on without it"),
    CONFIG_DURATION(O, ask_ms, "ask-timeout", "1000s", 100, 86400000, "for answers of the NFVO to GRANT and ALLOCATE"),
    CONFIG_DURATION(O, stop_grace_ms, "stop-grace", "1s", 0, 600000, "for requests in hand when stopping; others of us go on with the rest"),
    CONFIG_DURATION(O, log_keep_ms, "log-keep", "7d", 60000, INT64_C(31536000000), "output of scripts; of released VNFs 10 minutes at most"),
    CONFIG_PATH(O, user_data_path, "user-data-path", "", "file that replaces the built-in user data"),
    CONFIG_STR(O, agent_url, "agent-url", "", "where user data fetches ems-agent when the image has none"),
    CONFIG_DURATION(O, ems_heartbeat_ms, "ems-heartbeat", "120s", 1000, 3600000, "heartbeat that agents ask the broker for"),
    CONFIG_BOOL(O, is_ems_autodelete, "ems-autodelete", "yes", "agents' queues go with their connection"),
    CONFIG_BOOL(O, is_ems_tls, "ems-tls", "no", "agents connect with TLS"),
    CONFIG_PATH(O, ems_tls_ca, "ems-tls-ca", "", "PEM file of the authorities that agents check the broker by; empty: those of their machine"),
    CONFIG_END
};
/* clang-format on */
