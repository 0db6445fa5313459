/* Version, history, operations, health, metrics and the two actuator pages: rest-api.md 2.10, 2.13.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/base/version.h"
#include "common/metrics/metrics.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/http_metrics.h"
#include "nfvo/api/request/list.h"
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
    char *end;
    const char *n = call_param(c, "n");
    int64_t max = strtoll(n, &end, 10);
    if (*end || max < 0 || (*n && max == 0)) {
        err_set(err, ERR_INVALID, "'%.40s' is not a number of requests", n);
        return err_hint(err, "GET /api/v1/history/20");
    }
    return store_requests_list(call_db(c), max, &c->out, err);
}

/* Who may ask: administrators, and those with a role in the project of the request; in their
 * requests another project is as good as none, as with all objects. */
static bool is_own(const struct call *c, const struct store_rest_call *o)
{
    if (session_is_everywhere(c->session))
        return true;
    return o->project_name && session_role(c->session, o->project_name) &&
           (!c->project || strcmp(c->project, o->project) == 0);
}

static enum err_code operation(struct call *c, struct err *err)
{
    struct store_rest_call o;
    const char *id = call_param(c, "id");
    enum err_code rc = store_rest_call_get(call_db(c), id, &c->arena, &o, err);
    if (rc == ERR_OK && !is_own(c, &o))
        rc = err_set(err, ERR_NOT_FOUND, STORE_NO_REST_CALL, id);
    if (rc != ERR_OK)
        return rc;
    int64_t status = o.status;
    sbuf_adds(&c->out, "{\"id\":");
    text_add_json(&c->out, id);
    sbuf_addf(&c->out, ",\"state\":\"%s\",\"status\":%" PRId64,
              status == 0    ? "PENDING"
              : status < 300 ? "DONE"
                             : "FAILED",
              status);
    if (status >= 300 && o.body[0] == '{')
        sbuf_addf(&c->out, ",\"error\":%s", o.body);
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
        text_add_json(&c->out, ip);
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

/* They tell of the inside: to the networks that the operator named, and to administrators. */
static enum err_code check_reader(struct call *c, struct err *err)
{
    if (call_is_status(c) || net_list_has(&c->api->metrics_networks, c->from))
        return ERR_OK;
    enum err_code rc = api_identify(c, err);
    if (rc == ERR_OK && !session_is_admin(c->session))
        rc = err_set(err, ERR_DENIED, "Access is denied");
    return rc == ERR_OK ? rc
                        : err_hint(err,
                                   "%s is in none of metrics-networks: send the token of an "
                                   "administrator",
                                   c->from);
}

static void render_tls(struct call *c)
{
    static const char *const why[HTTP_TLS_FAILURE_N] = {"refused", "left", "late"};
    sbuf_adds(&c->out, "# HELP baton_http_tls_failures_total TLS handshakes that came to no "
                       "connection.\n# TYPE baton_http_tls_failures_total counter\n");
    for (size_t i = 0; i < ARRAY_LEN(why); i++)
        sbuf_addf(&c->out, "baton_http_tls_failures_total{why=\"%s\"} %" PRIu64 "\n", why[i],
                  http_server_tls_failures(c->api->server, (enum http_tls_failure)i));
}

static enum err_code metrics(struct call *c, struct err *err)
{
    const struct api_host *host = c->api->host;
    enum err_code rc = check_reader(c, err);
    if (rc != ERR_OK)
        return rc;
    c->type = METRICS_CONTENT_TYPE;
    sbuf_addf(&c->out,
              "# HELP baton_http_connections Open connections of clients.\n"
              "# TYPE baton_http_connections gauge\nbaton_http_connections %u\n"
              "# HELP baton_http_kept_bytes Bodies of requests that are kept now.\n"
              "# TYPE baton_http_kept_bytes gauge\nbaton_http_kept_bytes{in=\"memory\"} %zu\n"
              "baton_http_kept_bytes{in=\"disk\"} %zu\n"
              "# HELP baton_http_waiting Requests that wait for their turn: at the database, or as "
              "large ones.\n"
              "# TYPE baton_http_waiting gauge\nbaton_http_waiting{for=\"database\"} %u\n"
              "baton_http_waiting{for=\"work\"} %u\n",
              http_server_connections(c->api->server), http_server_kept(c->api->server, false),
              http_server_kept(c->api->server, true), http_server_waiting(c->api->server, false),
              http_server_waiting(c->api->server, true));
    render_tls(c);
    sbuf_addf(
        &c->out,
        "# HELP baton_logins_total Passwords checked: by argon2, or known from a moment ago.\n"
        "# TYPE baton_logins_total counter\nbaton_logins_total{by=\"argon2\"} %llu\n"
        "baton_logins_total{by=\"memory\"} %llu\n"
        "# HELP baton_logins_refused_total Logins that came too early after others had failed.\n"
        "# TYPE baton_logins_refused_total counter\nbaton_logins_refused_total %llu\n",
        atomic_load(&c->api->logins_hashed), atomic_load(&c->api->logins_known),
        atomic_load(&c->api->logins_refused));
    http_metrics_render(c->api->http_metrics, &c->out);
    metrics_render_process(&c->out, "nfvo", BATON_VERSION);
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
    text_add_json(&c->out, why.s);
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

/* clang-format off */
const struct endpoint system_endpoints[] = {
    {"GET", "/api/v1/main/version",    version,     200, API_ANY_PROJECT, "Version of the orchestrator, as text"},
    {"GET", "/api/v1/version",         version,     200, API_ANY_PROJECT, "Version of the orchestrator, as text"},
    {"GET", "/api/v1/history",         history,     200, API_ADMIN,       "Requests that changed something"},
    {"GET", "/api/v1/history/{n}",     history,     200, API_ADMIN,       "The first n of them"},
    {"GET", "/api/v1/audit",           list_answer, 200, API_ADMIN | API_ANY_PROJECT | LIST(AUDIT), "Who did what, from where, with what outcome"},
    {"GET", "/api/v1/operations/{id}", operation,   200, API_ANY_PROJECT, "What became of a request that took too long"},
    {"GET", "/api/v1/openapi.json",    openapi,     200, API_OPEN | API_AT_ONCE,        "This document"},
    {"GET", "/env",                    env,         200, API_ANY_PROJECT, "What the dashboard reads of the configuration"},
    {"GET", "/configprops",            configprops, 200, API_OPEN | API_AT_ONCE,        "What the dashboard's marketplace page reads"},
    {"GET", "/metrics",                metrics,     200, API_OPEN | API_AT_ONCE | API_STATUS,        "Metrics for Prometheus"},
    {"GET", "/healthz",                healthz,     200, API_OPEN | API_AT_ONCE | API_STATUS,        "The process lives"},
    {"GET", "/readyz",                 readyz,      200, API_OPEN | API_STATUS,        "The process can serve"},
    {0},
};
/* clang-format on */
