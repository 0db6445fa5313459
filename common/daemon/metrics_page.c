#include "common/daemon/metrics_page.h"

#include "common/base/mem.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

struct metrics_page {
    struct metrics_page_setup setup;
    struct http_server *server;
};

static enum http_result metrics(struct http_request *req, struct http_reply *reply)
{
    const struct metrics_page *p = req->ctx;
    struct sbuf out = SBUF_INIT;
    metrics_render_process(&out, p->setup.process, p->setup.version);
    if (p->setup.render)
        p->setup.render(p->setup.ctx, &out);
    http_reply_sbuf(reply, 200, METRICS_CONTENT_TYPE, &out);
    return HTTP_DONE;
}

static enum http_result healthz(struct http_request *req, struct http_reply *reply)
{
    (void)req;
    http_reply_static(reply, 200, HTTP_TYPE_JSON, "{\"status\":\"UP\"}");
    return HTTP_DONE;
}

static const struct http_route routes[] = {{"GET", "/metrics", metrics, HTTP_ROUTE_SMALL},
                                           {"GET", "/healthz", healthz, HTTP_ROUTE_SMALL},
                                           {0}};

enum err_code metrics_page_open(struct metrics_page **ret, const struct metrics_page_setup *setup,
                                struct err *err)
{
    char address[HTTP_ADDRESS_SIZE];
    uint16_t port = 0;
    *ret = NULL;
    if (!setup->listen || !*setup->listen)
        return ERR_OK;
    enum err_code rc = http_read_address(setup->listen, address, &port, err);
    if (rc != ERR_OK)
        return err_add(err, "metrics-listen");
    struct metrics_page *p = xcalloc(1, sizeof(*p));
    p->setup = *setup;
    rc = http_server_open(&p->server,
                          &(struct http_server_options){.address = address,
                                                        .port = port,
                                                        .threads = 1,
                                                        .work_threads = 1,
                                                        .wait_threads = 1,
                                                        .max_body = HTTP_SMALL_BODY,
                                                        .max_connections = 20,
                                                        .timeout_s = 10,
                                                        .request_timeout_s = 5,
                                                        .routes = routes,
                                                        .ctx = p},
                          err);
    if (rc != ERR_OK) {
        free(p);
        return err_add(err, "open metrics-listen");
    }
    log_info(LOG_HTTP, "metrics_page", KV_S("address", address),
             KV_I("port", metrics_page_port(p)));
    *ret = p;
    return ERR_OK;
}

void metrics_page_close(struct metrics_page *p)
{
    if (!p)
        return;
    http_server_close(p->server);
    free(p);
}

uint16_t metrics_page_port(const struct metrics_page *p)
{
    return p ? http_server_port(p->server) : 0;
}

void metrics_page_number(struct sbuf *out, const char *name, const char *type, const char *help,
                         uint64_t n)
{
    sbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, n);
}
