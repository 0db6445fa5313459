#include "nfvo/api/api.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "nfvo/api/auth/known_passwords.h"
#include "nfvo/api/context.h"
#include "nfvo/api/lifecycle/event_stream.h"
#include "nfvo/api/lifecycle/releaser.h"
#include "nfvo/api/request/call_waiter.h"
#include "nfvo/api/request/claims.h"
#include "nfvo/api/request/http_metrics.h"
#include "nfvo/api/request/rate.h"
#include "nfvo/api/request/turns.h"
#include "nfvo/api/vim/image_files.h"
#include "nfvo/store/store_image.h"

#define LOGINS_MAX                                                                                 \
    1000 /* that wait: as many as connections by default; a few hundred bytes each                 \
          */

#define KEY_PAIRS_MAX 100

/* A body of one who is not known is small. */
static struct http_route route_of(const struct endpoint *e)
{
    unsigned flags = e->flags & API_UPLOAD ? HTTP_ROUTE_UPLOAD
                     : e->flags & API_OPEN ? HTTP_ROUTE_SMALL
                                           : 0u;
    return (struct http_route){e->method, e->path, api_dispatch, flags};
}

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
            api->routes[at++] = route_of(e);
        }
}

static void make_status_routes(struct api *api)
{
    size_t at = 0;
    for (const struct endpoint *e = system_endpoints; e->method; e++)
        if (e->flags & API_STATUS && at + 1 < ARRAY_LEN(api->status_routes)) {
            api->status_endpoints[at] = e;
            api->status_routes[at++] = route_of(e);
        }
}

static void after(void *ctx, const struct http_route *route, const char *method, const char *path,
                  int status, int64_t took_us)
{
    const struct api *api = ctx;
    (void)method;
    (void)path;
    http_metrics_note(api->http_metrics, route ? (long)(route - api->routes) : -1, status, took_us);
}

static enum err_code listen_on(struct api *api, struct err *err)
{
    const struct api_options *o = api->options;
    struct http_server_options options = {
        .address = o->listen,
        .port = (uint16_t)o->port,
        .tls_cert_file = text_or_null(o->tls_cert),
        .tls_key_file = text_or_null(o->tls_key),
        .tls_priorities = text_or_null(o->tls_priorities),
        .threads = (unsigned)o->io_threads,
        .wait_threads = (unsigned)o->threads,
        .work_threads = (unsigned)o->work_threads,
        .max_body = (size_t)o->max_body,
        .max_upload = (size_t)o->max_upload,
        .memory = {(size_t)o->body_memory, (size_t)o->body_memory_each},
        .disk = {(size_t)o->upload_disk, (size_t)o->upload_disk_each},
        .upload_directory = text_or_null(o->upload_directory),
        .max_connections = (unsigned)o->max_connections,
        .max_per_address = (unsigned)o->max_per_address,
        .reserve = (unsigned)o->reserve,
        .timeout_s = (unsigned)(o->idle_timeout_ms / 1000),
        .request_timeout_s = (unsigned)(o->request_timeout_ms / 1000),
        .gzip_min = 1400, /* what fits into a packet anyway gains nothing */
        .trusted_proxies = &api->trusted_proxies,
        .routes = api->routes,
        .ctx = api,
        .turn = api_turn,
        .before = api_admit,
        .on_error = api_on_error,
        .finish = api_finish,
        .after = after,
    };
    return http_server_open(&api->server, &options, err);
}

static enum err_code read_password_list(struct api *api, struct err *err)
{
    const char *path = text_or_null(api->options->password_list_path);
    return path ? password_list_read(&api->password_list, path, err) : ERR_OK;
}

/* Apart from all clients: a probe is answered also when they hold every connection. */
static enum err_code listen_for_status(struct api *api, struct err *err)
{
    const char *where = text_or_null(api->options->status_listen);
    char address[HTTP_ADDRESS_SIZE];
    uint16_t port = 0;
    if (!where)
        return ERR_OK;
    if (api_status_address(where, address, &port, err) != ERR_OK)
        return err->code;
    struct http_server_options options = {.address = address,
                                          .port = port,
                                          .threads = 1,
                                          .work_threads = 1,
                                          .wait_threads = 1,
                                          .max_body = HTTP_SMALL_BODY,
                                          .max_connections = 100,
                                          .max_per_address = 50,
                                          .timeout_s = 10,
                                          .request_timeout_s = 5,
                                          .routes = api->status_routes,
                                          .ctx = api,
                                          .turn = api_turn,
                                          .before = api_admit,
                                          .on_error = api_on_error,
                                          .finish = api_finish};
    enum err_code rc = http_server_open(&api->status_server, &options, err);
    return rc == ERR_OK ? rc : err_add(err, "open status-listen");
}

/* In doubt it is there. */
static bool has_image(void *db, const char *id)
{
    struct err err = ERR_INIT;
    bool is_there = true;
    return store_image_is_there(db, id, &is_there, &err) != ERR_OK || is_there;
}

static void sweep_images(struct api *api)
{
    const char *folder = text_or_null(api->options->image_directory);
    if (!folder)
        return;
    struct db *db = store_borrow(api->store);
    image_files_sweep(folder, has_image, db);
    store_return(api->store, db);
}

enum err_code api_open(struct api **ret, const struct api_setup *setup, struct err *err)
{
    static const struct api_host nothing;
    struct api *api = xcalloc(1, sizeof(*api));
    api->options = setup->options;
    api->store = setup->store;
    api->audit = setup->audit;
    api->commands = setup->commands;
    api->host = setup->host ? setup->host : &nothing;
    api->openapi = (struct sbuf)SBUF_INIT;
    api->tables = endpoint_tables;
    api->claims = claims_new();
    api->logins = task_queue_new(1, LOGINS_MAX);
    api->key_pairs = task_queue_new(1, KEY_PAIRS_MAX);
    api->known = known_passwords_new();
    api->turns = turns_new();
    api->open_rate = rate_new(setup->options->open_rate);
    api->login_rate = rate_new(setup->options->open_rate);
    make_routes(api);
    api->http_metrics = http_metrics_new(api->endpoints);
    make_status_routes(api);
    openapi_render(&api->openapi, api->tables, api->host->version);
    enum err_code rc = api->logins && api->key_pairs
                           ? read_password_list(api, err)
                           : err_set(err, ERR_NOMEM, "start a thread of the REST API");
    if (rc == ERR_OK)
        rc = api_read_networks(api->options, &api->trusted_proxies, &api->metrics_networks,
                               &api->rest_vnfm_networks, err);
    if (rc == ERR_OK)
        rc = api_bootstrap(api, err);
    if (rc == ERR_OK)
        sweep_images(api);
    if (rc == ERR_OK)
        rc = call_waiter_open(&api->waiter, api, err);
    if (rc == ERR_OK)
        rc = releaser_open(&api->releaser, api, err);
    if (rc == ERR_OK)
        rc = event_stream_open(&api->event_stream, api, err);
    if (rc == ERR_OK)
        rc = listen_on(api, err);
    if (rc == ERR_OK)
        rc = listen_for_status(api, err);
    if (rc != ERR_OK) {
        api_close(api);
        return err_add(err, "open the REST API");
    }
    log_info(LOG_API, "listening", KV_S("address", api->options->listen),
             KV_I("port", api_port(api)),
             KV_B("tls", text_or_null(api->options->tls_cert) != NULL));
    *ret = api;
    return ERR_OK;
}

uint16_t api_port(const struct api *api)
{
    return http_server_port(api->server);
}

uint16_t api_status_port(const struct api *api)
{
    return api->status_server ? http_server_port(api->status_server) : 0;
}

void api_drain(struct api *api)
{
    if (api)
        http_server_drain(api->server);
}

/* The threads behind the server answer what is parked, and need the waiter for its history. */
void api_close(struct api *api)
{
    if (!api)
        return;
    http_server_close(api->server);
    http_server_close(api->status_server);
    event_stream_close(api->event_stream);
    task_queue_free(api->logins);
    task_queue_free(api->key_pairs);
    known_passwords_free(api->known);
    password_list_free(api->password_list);
    releaser_close(api->releaser);
    call_waiter_close(api->waiter);
    claims_free(api->claims);
    turns_free(api->turns);
    rate_free(api->open_rate);
    rate_free(api->login_rate);
    http_metrics_free(api->http_metrics);
    sbuf_release(&api->openapi);
    free(api->routes);
    free(api->endpoints);
    free(api);
}
