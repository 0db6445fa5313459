/* The northbound REST face of the orchestrator: rest-api.md, on common/http.
 *
 *     static const struct config_option nfvo_options[] = { API_CONFIG(struct nfvo_options, api),
 *                                                          ..., CONFIG_END };
 *     rc = api_open(&nfvo->api, &(struct api_setup){ .options = &nfvo->options.api,
 *                   .store = nfvo->store, .commands = &commands, .host = &host }, err);
 *
 * Reads and the catalogue go straight to the store; what changes a network service or a PoP is a
 * command to the engine (command.h), and the request is parked until it is done. */
#ifndef NFVO_API_API_H
#define NFVO_API_API_H

#include "common/config/config.h"
#include "common/http/server.h"
#include "nfvo/api/request/command.h"

struct api; /* opaque */
struct registry_setup;
struct rest_vnfms;
struct audit;
struct store;

struct api_options {
    const char *listen;
    int64_t port, threads, io_threads, work_threads, max_body, max_upload;
    int64_t max_connections, max_per_address, reserve, idle_timeout_ms, request_timeout_ms;
    int64_t body_memory, body_memory_each, upload_disk, upload_disk_each; /* bytes; 0: no limit */
    int64_t open_rate; /* calls without a token in a second, of an address; 0: no limit */
    const char *cors_origins, *metrics_networks;
    const char *status_listen; /* ADDRESS:PORT of /healthz, /readyz and /metrics; "" none */
    const char *tls_cert, *tls_key, *tls_priorities, *upload_directory;
    const char *admin_password;      /* "": generated into admin_password_path at first start */
    const char *admin_password_path; /* 0600 */
    const char *password_list_path;  /* "": none */
    int64_t password_min;
    const char *project_name; /* made at first start */
    int64_t token_validity_ms, session_validity_ms, service_token_validity_ms, sessions_max,
        operation_timeout_ms;
    int64_t idempotency_keep_ms, idempotency_max;
    bool is_package_cascade, is_version_checked; /* of VNF packages */
    bool is_vnfd_cascade;
    bool is_password_strength_checked, is_start_ordered;
    const char *trusted_proxies; /* networks */
    const char *rest_vnfm_networks, *rest_vnfm_token;
    const char *monitoring_ip;   /* what /env shows to the dashboard; "" none */
    const char *image_directory; /* "": images are not uploaded */
    int64_t image_reserve;
};

/* clang-format off */
#define API_CONFIG(S, m)                                                                                                    \
    CONFIG_STR(S, m.listen, "listen", "127.0.0.1", "address the REST API listens on"),                                      \
    CONFIG_INT(S, m.port, "port", "8080", 0, 65535, NULL, "port of the REST API; 0: any free one"),                         \
    CONFIG_INT(S, m.threads, "http-threads", "4", 1, 64, NULL, "requests that wait for the database at a time, each with a connection of its own"), \
    CONFIG_INT(S, m.io_threads, "http-io-threads", "2", 1, 64, NULL, "threads that read and write connections (with TLS), and wait for nothing"), \
    CONFIG_INT(S, m.max_body, "http-max-body", "4M", 65536, 268435456, "bytes", "longest request body but for uploads"),    \
    CONFIG_INT(S, m.max_upload, "upload-max", "2046M", 65536, 2145386496, "bytes", "longest upload (VNF package)"),          \
    CONFIG_INT(S, m.max_connections, "http-max-connections", "1000", 10, 100000, NULL, "open connections of clients"),      \
    CONFIG_INT(S, m.max_per_address, "http-max-per-address", "250", 0, 100000, NULL, "those of one address (of IPv6: one /64); a new one takes the place of the one that is idle longest. 0: no limit. Does not bind trusted-proxies"), \
    CONFIG_INT(S, m.reserve, "http-reserve", "50", 0, 100000, NULL, "of http-max-connections, those only for addresses with fewer than 10"), \
    CONFIG_DURATION(S, m.idle_timeout_ms, "http-idle-timeout", "30s", 1000, 3600000, "a connection that says nothing for so long is closed"), \
    CONFIG_DURATION(S, m.request_timeout_ms, "http-request-timeout", "60s", 1000, 3600000, "time for a whole request to come in; an upload has 60 times as much"), \
    CONFIG_INT(S, m.work_threads, "http-work-threads", "2", 1, 64, NULL, "threads for uploads and bodies above 16 KiB, so that they delay no other request"), \
    CONFIG_INT(S, m.body_memory, "http-body-memory", "256M", 0, 68719476736, "bytes", "bodies of requests kept in memory, in all; 0: no limit"), \
    CONFIG_INT(S, m.body_memory_each, "http-body-memory-each", "64M", 0, 68719476736, "bytes", "those of one address, and of one user"), \
    CONFIG_INT(S, m.upload_disk, "upload-disk", "8G", 0, 17592186044416, "bytes", "uploads kept in upload-dir while they come in, in all; 0: no limit"), \
    CONFIG_INT(S, m.upload_disk_each, "upload-disk-each", "4G", 0, 17592186044416, "bytes", "those of one address, and of one user"), \
    CONFIG_INT(S, m.open_rate, "open-rate", "100", 0, 100000, NULL, "calls without a login (health, metrics, OpenAPI) in a second of one address, and as many logins; 0: no limit"), \
    CONFIG_STR(S, m.status_listen, "status-listen", "", "ADDRESS:PORT where /healthz, /readyz and /metrics are served apart, without TLS and without metrics-networks; empty: nowhere"), \
    CONFIG_STR(S, m.metrics_networks, "metrics-networks", "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7", "who may read /metrics without the token of an administrator"), \
    CONFIG_PATH(S, m.tls_cert, "tls-cert", "", "PEM file of the certificate; with tls-key it switches TLS on"),             \
    CONFIG_PRIVATE_PATH(S, m.tls_key, "tls-key", "", "PEM file of the private key"),                                                \
    CONFIG_STR(S, m.tls_priorities, "tls-priorities", "", "GnuTLS priority string; empty: TLS 1.2 and 1.3. Old Java SDKs: NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0"),            \
    CONFIG_PATH(S, m.upload_directory, "upload-dir", "/tmp", "where large uploads are kept while they come in"),            \
    CONFIG_SECRET(S, m.admin_password, "admin-password", "", "password of the user admin at first start; empty: generated"),\
    CONFIG_PRIVATE_PATH(S, m.admin_password_path, "admin-password-path", "/var/lib/openbaton/admin-password", "where a generated admin password is written (0600)"), \
    CONFIG_STR(S, m.project_name, "project", "default", "project made at first start"),                                     \
    CONFIG_DURATION(S, m.token_validity_ms, "token-validity", "1h", 10000, 31536000000, "lifetime of a user's token"),      \
    CONFIG_DURATION(S, m.session_validity_ms, "session-validity", "30d", 10000, 31536000000, "how long after a login its tokens can be refreshed; then the password is needed again"), \
    CONFIG_DURATION(S, m.service_token_validity_ms, "service-token-validity", "30d", 10000, 31556952000, "lifetime of the token that a service (autoscaling, fault management) gets when it registers"), \
    CONFIG_INT(S, m.sessions_max, "sessions-per-user", "500", 1, 100000, NULL, "logins of one user that are open at a time; the oldest one makes room"), \
    CONFIG_DURATION(S, m.operation_timeout_ms, "operation-timeout", "120s", 1000, 3600000, "how long a request waits for a PoP"), \
    CONFIG_DURATION(S, m.idempotency_keep_ms, "idempotency-keep", "1d", 1000, 2592000000, "how long the answer to a request with an Idempotency-Key is kept"), \
    CONFIG_INT(S, m.idempotency_max, "idempotency-max", "10000", 1, 1000000, NULL, "how many of them of one user"),        \
    CONFIG_BOOL(S, m.is_password_strength_checked, "password-strength", "true", "refuse new passwords that are short, common or easy to guess"), \
    CONFIG_INT(S, m.password_min, "password-min-length", "8", 8, 128, "characters", "shortest new password; 15 is better (NIST SP 800-63B)"), \
    CONFIG_PATH(S, m.password_list_path, "password-list", "", "file of further passwords that are refused, one a line, such as those of a leak; empty: none"), \
    CONFIG_BOOL(S, m.is_start_ordered, "start-ordered", "false", "start VNFs in the order of their dependencies"),          \
    CONFIG_BOOL(S, m.is_vnfd_cascade, "vnfd-cascade", "false", "an NSD and the VNFDs that no other NSD uses are deleted together"), \
    CONFIG_BOOL(S, m.is_package_cascade, "package-cascade", "true", "a VNF package and its VNFD are deleted together"),     \
    CONFIG_BOOL(S, m.is_version_checked, "package-version-check", "true", "VNF packages must be made for our major version"), \
    CONFIG_STR(S, m.cors_origins, "cors-origins", "", "origins of web pages that browsers may let call the API, as in 'https://dash.example:8443'; '*': any; empty: none"), \
    CONFIG_STR(S, m.trusted_proxies, "trusted-proxies", "", "networks of proxies in front, as in '10.0.0.0/8, ::1': from them X-Forwarded-For tells the client's address; empty: none"), \
    CONFIG_STR(S, m.rest_vnfm_networks, "rest-vnfm-networks", "127.0.0.0/8, ::1, 172.16.0.0/12", "networks of VNFMs that use HTTP instead of the broker (/admin/v1/vnfm-*); empty: none"), \
    CONFIG_SECRET(S, m.rest_vnfm_token, "rest-vnfm-token", "", "what these VNFMs have to send as Authorization: Bearer; empty: nothing, as the Java SDK sends none"), \
    CONFIG_STR(S, m.monitoring_ip, "monitoring-ip", "", "address of the monitoring server, offered by the dashboard"),  \
    CONFIG_PATH(S, m.image_directory, "image-dir", "", "where uploaded images are kept, the same place for every nfvo of a suite; empty: images are only links"), \
    CONFIG_INT(S, m.image_reserve, "image-reserve", "1G", 0, 17592186044416, "bytes", "of the file system of image-dir that images leave free")
/* clang-format on */

struct dial_rules;
struct api_queue {
    const char *name;
    int64_t consumers, messages, bytes; /* as of some seconds ago */
};
typedef void api_queue_fn(void *arg, const struct api_queue *queue); /* borrowed for the call */

/* What the process knows and the store does not. Functions may be NULL; called from any thread. */
struct api_host {
    void *ctx;
    /* Reports the broker's queues, ours and those of peers. Blocks some seconds at most. */
    enum err_code (*list_queues)(void *ctx, api_queue_fn *report, void *arg, struct err *err);
    /* Append the oldest dead letters as a JSON list; delete them all. Block as list_queues does. */
    enum err_code (*dead_letters)(void *ctx, struct sbuf *out, struct err *err);
    enum err_code (*drop_dead_letters)(void *ctx, struct err *err);
    /* Append what is known of the broker's own state: nfvo/vnfm/broker_watch.h. */
    void (*render_broker)(void *ctx, struct sbuf *out);
    /* Append Prometheus text. */
    void (*render_metrics)(void *ctx, struct sbuf *out);
    /* false: say why. */
    bool (*is_ready)(void *ctx, struct sbuf *why);
    /* What accounts on the broker are made with (nfvo/vnfm/account.h). NULL: none are. */
    const struct registry_setup *registry;
    struct rest_vnfms
        *rest_vnfms; /* nfvo/vnfm/rest.h; NULL: what VNFMs say over HTTP is not taken */
    const struct dial_rules *dial; /* where URLs of subscriptions may lead: common/http/dial.h */
    const char *version;
};

struct api_setup {
    const struct api_options *options; /* all borrowed until api_close */
    struct store *store;
    const struct api_commands *commands;
    const struct api_host *host;
    struct audit *audit; /* NULL: the log only */
};

/* What api_open would refuse of them, without listening: networks, origins, TLS files, the list of
 * passwords. ERR_INVALID, ERR_IO. */
MUST_USE enum err_code api_check_options(const struct api_options *options, struct err *err);

/* Makes the boot data (admin, project) when they are missing, then listens. Given: api_close.
 * Errors: of the store; ERR_IO address in use; ERR_INVALID TLS files. */
MUST_USE enum err_code api_open(struct api **ret, const struct api_setup *setup, struct err *err);
uint16_t api_port(const struct api *api);
uint16_t api_status_port(const struct api *api); /* 0: no status-listen */
/* Parked requests get their fallback. The engine must not call `done` any more afterwards: stop
 * the workers after the API only if they are drained of commands. NULL is fine. */
/* No new request is taken; what is parked can still be answered. */
void api_drain(struct api *api);
void api_close(struct api *api);

#endif
