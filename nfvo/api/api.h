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
#include "nfvo/api/command.h"

struct api; /* opaque */
struct store;

struct api_options {
    const char *listen;
    int64_t port, threads, max_body, max_upload, max_connections;
    const char *tls_cert, *tls_key, *tls_priorities, *upload_directory;
    const char *admin_password;      /* "": generated into admin_password_path at first start */
    const char *admin_password_path; /* 0600 */
    const char *project_name;        /* made at first start */
    int64_t token_validity_ms, operation_timeout_ms;
    bool is_package_cascade, is_version_checked; /* of VNF packages */
    bool is_password_strength_checked, is_start_ordered, is_cors_open;
    const char *monitoring_ip; /* what /env shows to the dashboard; "" none */
};

/* clang-format off */
#define API_CONFIG(S, m)                                                                                                    \
    CONFIG_STR(S, m.listen, "listen", "127.0.0.1", "address the REST API listens on"),                                      \
    CONFIG_INT(S, m.port, "port", "8080", 0, 65535, NULL, "port of the REST API; 0: any free one"),                         \
    CONFIG_INT(S, m.threads, "http-threads", "4", 1, 64, NULL, "threads (and database connections) of the REST API"),       \
    CONFIG_INT(S, m.max_body, "http-max-body", "4M", 65536, 268435456, "bytes", "longest request body but for uploads"),    \
    CONFIG_INT(S, m.max_upload, "upload-max", "64M", 65536, 2145386496, "bytes", "longest upload (VNF package)"),            \
    CONFIG_INT(S, m.max_connections, "http-max-connections", "1000", 10, 100000, NULL, "open connections of clients"),      \
    CONFIG_PATH(S, m.tls_cert, "tls-cert", "", "PEM file of the certificate; with tls-key it switches TLS on"),             \
    CONFIG_PATH(S, m.tls_key, "tls-key", "", "PEM file of the private key"),                                                \
    CONFIG_STR(S, m.tls_priorities, "tls-priorities", "", "GnuTLS priority string; old Java SDKs need TLS 1.0"),            \
    CONFIG_PATH(S, m.upload_directory, "upload-dir", "/tmp", "where large uploads are kept while they come in"),            \
    CONFIG_SECRET(S, m.admin_password, "admin-password", "", "password of the user admin at first start; empty: generated"),\
    CONFIG_PATH(S, m.admin_password_path, "admin-password-path", "/var/lib/openbaton/admin-password", "where a generated admin password is written (0600)"), \
    CONFIG_STR(S, m.project_name, "project", "default", "project made at first start"),                                     \
    CONFIG_DURATION(S, m.token_validity_ms, "token-validity", "1h", 10000, 31536000000, "lifetime of a user's token"),      \
    CONFIG_DURATION(S, m.operation_timeout_ms, "operation-timeout", "120s", 1000, 3600000, "how long a request waits for a PoP"), \
    CONFIG_BOOL(S, m.is_password_strength_checked, "password-strength", "true", "8 characters, upper and lower case, digit"), \
    CONFIG_BOOL(S, m.is_start_ordered, "start-ordered", "false", "start VNFs in the order of their dependencies"),          \
    CONFIG_BOOL(S, m.is_package_cascade, "package-cascade", "true", "a VNF package and its VNFD are deleted together"),     \
    CONFIG_BOOL(S, m.is_version_checked, "package-version-check", "true", "VNF packages must be made for our major version"), \
    CONFIG_BOOL(S, m.is_cors_open, "cors", "false", "allow browsers of any origin"),                                        \
    CONFIG_STR(S, m.monitoring_ip, "monitoring-ip", "", "address of the monitoring server, offered by the dashboard")
/* clang-format on */

struct api_queue {
    const char *name;
    int64_t consumers, messages; /* as of some seconds ago */
};
typedef void api_queue_fn(void *arg, const struct api_queue *queue); /* borrowed for the call */

/* What the process knows and the store does not. Functions may be NULL; called from any thread. */
struct api_host {
    void *ctx;
    /* Is there such a queue? For event subscriptions; NULL: taken for granted. */
    bool (*queue_exists)(void *ctx, const char *queue);
    /* Reports the broker's queues, ours and those of peers. Blocks some seconds at most. */
    enum err_code (*list_queues)(void *ctx, api_queue_fn *report, void *arg, struct err *err);
    /* Append Prometheus text. */
    void (*render_metrics)(void *ctx, struct sbuf *out);
    /* false: say why. */
    bool (*is_ready)(void *ctx, struct sbuf *why);
    const char *version;
};

struct api_setup {
    const struct api_options *options; /* all borrowed until api_close */
    struct store *store;
    const struct api_commands *commands;
    const struct api_host *host;
};

/* Makes the boot data (admin, project) when they are missing, then listens. Given: api_close.
 * Errors: of the store; ERR_IO address in use; ERR_INVALID TLS files. */
MUST_USE enum err_code api_open(struct api **ret, const struct api_setup *setup, struct err *err);
uint16_t api_port(const struct api *api);
/* Parked requests get their fallback. The engine must not call `done` any more afterwards: stop
 * the workers after the API only if they are drained of commands. NULL is fine. */
void api_close(struct api *api);

#endif
