/* Everything that can be set of the nfvo process; the table is in options.c, a sample in
 * deploy/config. */
#ifndef NFVO_OPTIONS_H
#define NFVO_OPTIONS_H

#include "common/bus/bus.h"
#include "nfvo/api/api.h"
#include "nfvo/audit/audit.h"
#include "nfvo/event/dispatcher.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/reconcile/reconciler.h"
#include "nfvo/store/store.h"
#include "nfvo/vnfm/registry.h"

struct broker_settings {
    const char *host, *vhost, *user, *password;
    int64_t port;
    bool is_tls_on, is_tls_verify_off;
    const char *tls_ca, *tls_cert, *tls_key;
    int64_t heartbeat_ms, max_message;
};

struct lifecycle_options {
#define X(member, ...) int64_t member##_ms;
    LIFECYCLE_TIMES(X)
#undef X
    const char *broker_ip, *broker_port, *timezone, *image_url;
    bool quota_check;
    bool heal_tells_targets;
};

struct enrol_settings { /* command line only: enrol.h */
    const char *name, *kind, *type, *queue, *room, *project, *password_path;
    bool has_management, is_rotated;
    int64_t timeout_ms;
};

struct nfvo_options {
    struct enrol_settings enrol;
    struct broker_settings broker;
    struct store_options store;
    struct audit_options audit;
    struct api_options api;
    struct registry_options registry;
    struct dispatcher_options events;
    struct reconcile_options reconcile;
    struct lifecycle_options lifecycle;
    struct config_list outbound_allow;
    int64_t rest_vnfm_doubt_ms;
    int64_t workers;
    char broker_port_text[8]; /* broker.port, for VNFs; not an option */
    char image_url_text[300]; /* where image-url is not set */
};

extern const struct config_option nfvo_options[];
struct bus_options broker_options(const struct broker_settings *b,
                                  const char *connection_name); /* borrows */
struct lifecycle_settings lifecycle_settings_of(const struct nfvo_options *o);

#endif
