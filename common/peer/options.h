/* The options that every process with a peer has: rows for its option table, and their way into
 * struct bus_options.
 *
 *     struct options { struct peer_settings peer; ... };
 *     const struct config_option rows[] = { PEER_OPTIONS(struct options, peer), ..., CONFIG_END };
 */
#ifndef COMMON_PEER_OPTIONS_H
#define COMMON_PEER_OPTIONS_H

#include "common/bus/bus.h"
#include "common/config/config.h"

struct peer_settings {
    const char *host, *vhost, *user, *password, *password_path, *ca, *cert, *key, *metrics_listen;
    int64_t port, threads, prefetch;
    bool has_tls;
};

/* clang-format off */
#define PEER_OPTIONS(S, m)                                                                                        \
    CONFIG_STR(S, m.host, "broker-host", "localhost", "host of the message broker"),                              \
    CONFIG_INT(S, m.port, "broker-port", "0", 0, 65535, NULL, "its port; 0: 5672, with TLS 5671"),                \
    CONFIG_STR(S, m.vhost, "broker-vhost", "/", "virtual host"),                                                  \
    CONFIG_STR(S, m.user, "broker-user", "openbaton-manager-user", "account on the broker; the default is that by which managers register"), \
    CONFIG_SECRET_AT(S, m.password, m.password_path, "broker-password", "openbaton", "its password; as broker-password-file it is read again at each login"), \
    CONFIG_BOOL(S, m.has_tls, "broker-tls", "no", "connect with TLS"),                                            \
    CONFIG_PATH(S, m.ca, "broker-ca", "", "PEM file of the authorities that the broker's certificate must be of"), \
    CONFIG_PATH(S, m.cert, "broker-cert", "", "PEM file of our certificate"),                                     \
    CONFIG_PRIVATE_PATH(S, m.key, "broker-key", "", "PEM file of its key"),                                               \
    CONFIG_INT(S, m.threads, "threads", "4", 1, 64, NULL, "workers; none of them waits for the NFVO"),            \
    CONFIG_INT(S, m.prefetch, "prefetch", "512", 1, 2000, NULL, "requests in hand at most"),                      \
    CONFIG_STR(S, m.metrics_listen, "metrics-listen", "", "ADDRESS:PORT where /metrics and /healthz are served, in plain HTTP and without a login, for Prometheus; empty: nowhere")
/* clang-format on */

static inline struct bus_options peer_settings_bus(const struct peer_settings *s)
{
    struct bus_options o = {.host = s->host,
                            .port = (int)s->port,
                            .vhost = s->vhost,
                            .user = s->user,
                            .password = s->password,
                            .password_path =
                                s->password_path && s->password_path[0] ? s->password_path : NULL};
    o.tls.is_on = s->has_tls;
    o.tls.ca = s->ca && s->ca[0] ? s->ca : NULL;
    o.tls.cert = s->cert && s->cert[0] ? s->cert : NULL;
    o.tls.key = s->key && s->key[0] ? s->key : NULL;
    return o;
}

#endif
