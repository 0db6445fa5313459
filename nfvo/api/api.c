#include "nfvo/api/api.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/api/clerk.h"
#include "nfvo/api/context.h"
#include "nfvo/api/live.h"
#include "nfvo/api/session.h"

const struct endpoint *const endpoint_tables[] = {
    token_endpoints,  nsd_endpoints, vnfd_endpoints,    package_endpoints,
    nsr_endpoints,    pop_endpoints, manager_endpoints, event_endpoints,
    access_endpoints, key_endpoints, system_endpoints,  explain_endpoints,
    logs_endpoints,   NULL,
};

/* The router's table, and beside each row what it stands for. */
static void make_routes(struct api *api)
{
    size_t n = 0, at = 0;
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++)
            n++;
    api->routes = xcalloc(n + 1, sizeof(api->routes[0]));
    api->endpoints = xcalloc(n + 1, sizeof(api->endpoints[0]));
    for (const struct endpoint *const *t = endpoint_tables; *t; t++)
        for (const struct endpoint *e = *t; e->method; e++) {
            api->endpoints[at] = e;
            api->routes[at++] =
                (struct http_route){.method = e->method,
                                    .path = e->path,
                                    .handler = api_dispatch,
                                    .flags = e->flags & API_UPLOAD ? HTTP_ROUTE_UPLOAD : 0u};
        }
}

static const char *or_null(const char *s)
{
    return s && *s ? s : NULL;
}

static enum err_code listen_on(struct api *api, struct err *err)
{
    const struct api_options *o = api->options;
    struct http_server_options options = {
        .address = o->listen,
        .port = (uint16_t)o->port,
        .tls_cert_file = or_null(o->tls_cert),
        .tls_key_file = or_null(o->tls_key),
        .tls_priorities = or_null(o->tls_priorities),
        .threads = (unsigned)o->threads,
        .max_body = (size_t)o->max_body,
        .max_upload = (size_t)o->max_upload,
        .upload_directory = or_null(o->upload_directory),
        .max_connections = (unsigned)o->max_connections,
        .routes = api->routes,
        .ctx = api,
        .on_error = api_on_error,
        .finish = api_finish,
    };
    return http_server_open(&api->server, &options, err);
}

enum err_code api_open(struct api **ret, const struct api_setup *setup, struct err *err)
{
    static const struct api_host nothing;
    struct api *api = xcalloc(1, sizeof(*api));
    api->options = setup->options;
    api->store = setup->store;
    api->commands = setup->commands;
    api->host = setup->host ? setup->host : &nothing;
    api->openapi = (struct sbuf)SBUF_INIT;
    api->sessions = sessions_new();
    api->projects = projects_new();
    api->logins = jobs_new(64);
    api->probes = jobs_new(64);
    make_routes(api);
    openapi_render(&api->openapi, api->host->version);
    enum err_code rc = api_boot(api, err);
    if (rc == ERR_OK)
        rc = clerk_open(&api->clerk, api, err);
    if (rc == ERR_OK)
        rc = live_open(&api->live, api, err);
    if (rc == ERR_OK)
        rc = listen_on(api, err);
    if (rc != ERR_OK) {
        api_close(api);
        return err_add(err, "open the REST API");
    }
    log_info(LOG_API, "listening", KV_S("address", api->options->listen),
             KV_I("port", api_port(api)), KV_B("tls", or_null(api->options->tls_cert) != NULL));
    *ret = api;
    return ERR_OK;
}

uint16_t api_port(const struct api *api)
{
    return http_server_port(api->server);
}

/* The threads behind the server answer what is parked, and need the clerk for its history. */
void api_close(struct api *api)
{
    if (!api)
        return;
    http_server_close(api->server);
    live_close(api->live);
    jobs_free(api->logins);
    jobs_free(api->probes);
    clerk_close(api->clerk);
    sessions_free(api->sessions);
    projects_free(api->projects);
    sbuf_release(&api->openapi);
    free(api->routes);
    free(api->endpoints);
    free(api);
}
