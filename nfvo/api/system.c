/* Version, history, operations, health, metrics and the two actuator pages: rest-api.md 2.10, 2.13.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/metrics/metrics.h"
#include "nfvo/api/context.h"
#include "nfvo/store/store_misc.h"

static enum err_code version(struct call *c, struct err *err)
{
    (void)err;
    c->type = HTTP_TYPE_TEXT;
    sbuf_adds(&c->out, c->api->host->version ? c->api->host->version : "0");
    return ERR_OK;
}

static enum err_code history(struct call *c, struct err *err)
{
    return store_requests_list(call_db(c), strtoll(call_param(c, "n"), NULL, 10), &c->out, err);
}

/* Whoever knows the id may ask: it is random, and was told to nobody else. */
static enum err_code operation(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *id = call_param(c, "id");
    int64_t status = 0;
    enum err_code rc = store_operation_get(call_db(c), id, &status, &body, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&c->out, "{\"id\":");
    http_json_string(&c->out, id);
    sbuf_addf(&c->out, ",\"state\":\"%s\",\"status\":%" PRId64,
              status == 0    ? "PENDING"
              : status < 300 ? "DONE"
                             : "FAILED",
              status);
    if (status >= 300 && body.len > 0 && body.s[0] == '{')
        sbuf_addf(&c->out, ",\"error\":%s", body.s);
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

/* The two keys that the dashboard reads, and nothing else: decisions.md D4. */
static enum err_code env(struct call *c, struct err *err)
{
    (void)err;
    const char *ip = c->api->options->monitoring_ip;
    sbuf_adds(&c->out, "{\"applicationConfig: [file:/etc/openbaton/openbaton-nfvo.properties]\":{");
    if (ip && *ip) {
        sbuf_adds(&c->out, "\"nfvo.monitoring.ip\":");
        http_json_string(&c->out, ip);
    }
    sbuf_adds(&c->out, "}}");
    return ERR_OK;
}

static enum err_code configprops(struct call *c, struct err *err)
{
    (void)err;
    sbuf_adds(&c->out, "{\"restVNFPackage\":{\"prefix\":\"nfvo.marketplace.privateip\","
                       "\"properties\":{}}}");
    return ERR_OK;
}

static enum err_code openapi(struct call *c, struct err *err)
{
    (void)err;
    sbuf_add(&c->out, c->api->openapi.s, c->api->openapi.len);
    return ERR_OK;
}

static enum err_code metrics(struct call *c, struct err *err)
{
    (void)err;
    const struct api_host *host = c->api->host;
    c->type = METRICS_CONTENT_TYPE;
    sbuf_addf(&c->out,
              "# HELP baton_http_connections Open connections of clients.\n"
              "# TYPE baton_http_connections gauge\nbaton_http_connections %u\n",
              http_server_connections(c->api->server));
    if (host->render_metrics)
        host->render_metrics(host->ctx, &c->out);
    return ERR_OK;
}

static enum err_code healthz(struct call *c, struct err *err)
{
    (void)err;
    sbuf_adds(&c->out, "{\"status\":\"UP\"}");
    return ERR_OK;
}

/* 503 is what load balancers look at, and no client of the reference. */
static enum err_code readyz(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    const struct api_host *host = c->api->host;
    int64_t now;
    if (store_now(call_db(c), &now, err) != ERR_OK)
        sbuf_adds(&why, err->msg);
    else if (!host->is_ready || host->is_ready(host->ctx, &why)) {
        sbuf_adds(&c->out, "{\"status\":\"READY\"}");
        return ERR_OK;
    }
    c->fail_status = 503;
    sbuf_adds(&c->out, "{\"status\":\"NOT_READY\",\"message\":");
    http_json_string(&c->out, why.s);
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

/* clang-format off */
const struct endpoint system_endpoints[] = {
    {"GET", "/api/v1/main/version",    version,     200, API_ANY_PROJECT, "Version of the orchestrator, as text"},
    {"GET", "/api/v1/version",         version,     200, API_ANY_PROJECT, "Version of the orchestrator, as text"},
    {"GET", "/api/v1/history",         history,     200, API_ADMIN,       "Requests that changed something"},
    {"GET", "/api/v1/history/{n}",     history,     200, API_ADMIN,       "The first n of them"},
    {"GET", "/api/v1/operations/{id}", operation,   200, API_ANY_PROJECT, "What became of a request that took too long"},
    {"GET", "/api/v1/openapi.json",    openapi,     200, API_OPEN,        "This document"},
    {"GET", "/env",                    env,         200, API_ANY_PROJECT, "What the dashboard reads of the configuration"},
    {"GET", "/configprops",            configprops, 200, API_ANY_PROJECT, "What the dashboard's marketplace page reads"},
    {"GET", "/metrics",                metrics,     200, API_OPEN,        "Metrics for Prometheus"},
    {"GET", "/healthz",                healthz,     200, API_OPEN,        "The process lives"},
    {"GET", "/readyz",                 readyz,      200, API_OPEN,        "The process can serve"},
    {0},
};
/* clang-format on */
