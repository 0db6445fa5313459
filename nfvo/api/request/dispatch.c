/* From a request to a handler and back: who asks, in which project, what became of it. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/credentials.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/precondition.h"
#include "nfvo/api/request/rate.h"
#include "nfvo/api/request/request_log.h"
#include "nfvo/api/request/rest_vnfm.h"
#include "nfvo/api/request/turns.h"
#include "proto/records/manager.h"

enum err_code api_identify(struct call *c, struct err *err)
{
    const char *token = credentials_bearer(http_request_header(c->req, "Authorization"));
    if (!token) {
        err_set(err, ERR_AUTH, "Full authentication is required to access this resource");
        return err_hint(err, "POST /oauth/token, then send Authorization: Bearer <token>");
    }
    enum err_code rc = session_find(c, token, &c->session, err);
    if (rc == ERR_OK)
        rc = session_authorise(c, err);
    if (rc == ERR_OK && (c->endpoint->flags & API_ADMIN) && !session_is_admin(c->session))
        rc = err_set(err, ERR_DENIED, "Access is denied");
    return rc;
}

/* 401: what the CLI and the Java SDK look for (rest-api.md 0.1), beside our own form. */
static void unauthorised(struct call *c, const struct err *err, struct http_reply *reply)
{
    bool has_token = credentials_bearer(http_request_header(c->req, "Authorization")) != NULL;
    const char *error = has_token ? "invalid_token" : "unauthorized";
    struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf challenge = SBUF_INIT;
    sbuf_addf(&body, "{\"error\":\"%s\",\"error_description\":", error);
    text_add_json(&body, err->msg);
    sbuf_adds(&body, ",\"message\":");
    text_add_json(&body, err->msg);
    sbuf_adds(&body, ",\"status\":401}");
    http_reply_sbuf(reply, 401, HTTP_TYPE_JSON, &body);
    sbuf_addf(&challenge, "Bearer realm=\"oauth2-resource\", error=\"%s\"", error);
    http_reply_header(reply, "WWW-Authenticate", challenge.s);
}

static bool is_read(const struct call *c)
{
    return strcmp(c->req->method, "GET") == 0 || strcmp(c->req->method, "HEAD") == 0;
}

static void answer_body(struct call *c, struct http_reply *reply)
{
    /* No body is no JSON. */
    const char *type = c->type                       ? c->type
                       : c->out.len || c->next_piece ? HTTP_TYPE_JSON
                                                     : HTTP_TYPE_TEXT;
    int status = c->fail_status ? c->fail_status : c->endpoint->status;
    if (c->link.len > 0)
        http_reply_header(reply, "Link", c->link.s);
    if (c->policy)
        http_reply_header(reply, "Content-Security-Policy", c->policy);
    if (c->cache)
        http_reply_header(reply, "Cache-Control", c->cache);
    if (c->vary)
        http_reply_header(reply, "Vary", c->vary);
    if (c->has_file) {
        http_reply_file(reply, status, type, c->file_fd, c->file_size);
        return;
    }
    if (c->next_piece) {
        http_reply_pieces(reply, status, type, c->next_piece, c->free_pieces, c->pieces);
        return;
    }
    if ((c->session || c->has_etag) && is_read(c) && status == 200) {
        char etag[ETAG_SIZE];
        const char *known = http_request_header(c->req, "If-None-Match");
        etag_of(&c->out, etag);
        http_reply_header(reply, "ETag", etag);
        if (known && (strstr(known, etag + 2) || strcmp(known, "*") == 0)) {
            http_reply_empty(reply, 304);
            return;
        }
    }
    if (c->is_packed)
        http_reply_header(reply, "Content-Encoding", "gzip");
    http_reply_sbuf(reply, status, type, &c->out);
}

static int answer(struct call *c, enum err_code rc, const struct err *err, struct http_reply *reply)
{
    if (rc == ERR_OK && c->endpoint->status == 204)
        http_reply_empty(reply, 204);
    else if (rc == ERR_OK)
        answer_body(c, reply);
    else if (c->out.len > 0 && c->fail_status) {
        http_reply_sbuf(reply, c->fail_status, HTTP_TYPE_JSON, &c->out); /* a body of its own */
        if (c->fail_status == 401) /* of clients, not of users: POST /oauth/token */
            http_reply_header(reply, "WWW-Authenticate", "Basic realm=\"oauth2/client\"");
    } else if (rc == ERR_AUTH)
        unauthorised(c, err, reply);
    else
        reply_error(reply, c->fail_status ? c->fail_status : err_http_status(rc), err,
                    c->req->path);
    reply_retry_after(reply, c->retry_after_s);
    return reply->status;
}

static void log_outcome(const struct call *c, enum err_code rc, const struct err *err)
{
    const char *user = c->session ? session_user(c->session)->username : NULL;
    if (err_http_status(rc) >= 500 && rc != ERR_UNSUPPORTED)
        log_error(LOG_API, "request_failed", KV_S("method", c->req->method),
                  KV_S("path", c->req->path), KV_S("user", user), KV_ERR(err));
}

static const struct endpoint *endpoint_of(const struct http_request *req)
{
    const struct api *api = req->ctx;
    bool is_status = req->route >= api->status_routes &&
                     req->route < api->status_routes + ARRAY_LEN(api->status_routes);
    return is_status ? api->status_endpoints[req->route - api->status_routes]
                     : api->endpoints[req->route - api->routes];
}

bool call_is_status(const struct call *c)
{
    const struct http_route *r = c->req->route;
    return r >= c->api->status_routes &&
           r < c->api->status_routes + ARRAY_LEN(c->api->status_routes);
}

static void call_begin(struct call *c, struct http_request *req)
{
    *c = (struct call){.api = req->ctx,
                       .req = req,
                       .from = http_request_client(req),
                       .endpoint = endpoint_of(req),
                       .out = SBUF_INIT,
                       .link = SBUF_INIT};
}

static void call_end(struct call *c)
{
    session_free(c->session);
    sbuf_release(&c->out);
    sbuf_release(&c->link);
    arena_release(&c->arena);
}

/* --- in front of the body --------------------------------------------------------------------- */

/* Logins are counted apart: a flood of them is no reason to refuse a probe, nor the other way. */
static bool is_within_rate(struct call *c, struct http_reply *reply)
{
    struct err err;
    bool is_login = strcmp(c->req->method, "POST") == 0;
    struct rate *rate = is_login ? c->api->login_rate : c->api->open_rate;
    if (call_is_status(c) || rate_take(rate, c->from, clock_mono_us()))
        return true;
    err_set(&err, ERR_LIMIT, "too many calls without a login from %s", c->from);
    err_hint(&err, "ask less often, or raise open-rate");
    reply_error(reply, 429, &err, c->req->path);
    http_reply_header(reply, "Retry-After", "1");
    return false;
}

/* What has no body is asked who it is once, by api_dispatch. */
static bool is_let_in(struct call *c, struct http_reply *reply)
{
    struct err err = ERR_INIT;
    if (!http_request_has_body(c->req))
        return true;
    enum err_code rc = api_identify(c, &err);
    store_return(c->api->store, c->db);
    if (rc == ERR_OK) {
        http_request_set_user(c->req, session_user(c->session)->username);
        return true;
    }
    log_outcome(c, rc, &err);
    audited_call(c, answer(c, rc, &err, reply), reply->body, &err);
    return false;
}

/* Who is in the right network is trusted not to flood: a deployment of many is many calls. */
static bool is_vnfm_let_in(struct call *c, struct http_reply *reply)
{
    struct err err = ERR_INIT;
    enum err_code rc = rest_vnfm_admit(c, &err);
    if (rc == ERR_OK)
        return true;
    if (is_within_rate(c, reply))
        audited_call(c, answer(c, rc, &err, reply), reply->body, &err);
    return false;
}

bool api_turn(struct http_request *req, char ret[HTTP_TURN_SIZE])
{
    struct api *api = req->ctx;
    const char *token = credentials_bearer(http_request_header(req, "Authorization"));
    const char *client = http_request_client(req);
    turns_whose(api->turns, token, client, clock_mono_us(), ret);
    /* A token is looked up where it is needed: metrics are for others than metrics-networks. */
    return !(endpoint_of(req)->flags & API_AT_ONCE) ||
           (token && !net_list_has(&api->metrics_networks, client));
}

bool api_admit(struct http_request *req, struct http_reply *reply)
{
    struct call c;
    call_begin(&c, req);
    bool is_open = c.endpoint->flags & API_OPEN;
    bool is_in = c.endpoint->flags & API_VNFM ? is_vnfm_let_in(&c, reply)
                 : is_open                    ? is_within_rate(&c, reply)
                                              : is_let_in(&c, reply);
    call_end(&c);
    return is_in;
}

/* --- behind it -------------------------------------------------------------------------------- */

enum http_result api_dispatch(struct http_request *req, struct http_reply *reply)
{
    struct api *api = req->ctx;
    struct call c;
    call_begin(&c, req);
    struct err err = ERR_INIT;
    enum err_code rc = c.endpoint->flags & API_OPEN ? ERR_OK : api_identify(&c, &err);
    bool is_answered = false;
    if (rc == ERR_OK && c.session && !(c.endpoint->flags & API_SECRET))
        rc = claim_begin(&c, reply, &is_answered, &err);
    if (rc == ERR_OK && !is_answered)
        rc = precondition_check(&c, &err);
    if (rc == ERR_OK && !is_answered)
        rc = c.endpoint->fn(&c, &err);
    if (rc != ERR_OK && claim_has_object(&c))
        rc = ERR_OK;
    if (rc != ERR_OK)
        log_outcome(&c, rc, &err);
    store_return(c.api->store, c.db);
    if (!c.is_parked && !c.is_stream) {
        int status = is_answered ? reply->status : answer(&c, rc, &err, reply);
        reply_location(reply, c.endpoint, status, reply->body);
        claim_finish(api, c.claim, status, reply->type, reply->body, reply->body_len);
        if (!is_answered)
            audited_call(&c, status, reply->body, rc == ERR_OK ? NULL : &err);
        if (c.session)
            request_log_note(c.api->request_log, session_user(c.session)->username, req->method,
                             req->path, status);
    }
    call_end(&c);
    return c.is_stream ? HTTP_STREAM : c.is_parked ? HTTP_PARKED : HTTP_DONE;
}

/* What no handler sees. Clients of the reference take 413 for success (rest-api.md 0.1). */
void api_on_error(struct http_request *req, int status, const struct err *err,
                  struct http_reply *reply)
{
    reply_error(reply, status == 413 ? 422 : status, err, req->path);
}

static bool has_header(const struct http_reply *reply, const char *name)
{
    for (unsigned i = 0; i < reply->header_n; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return true;
    return false;
}

void api_finish(struct http_request *req, struct http_reply *reply)
{
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    /* Nothing but the dashboard is a page: a browser that shows an answer loads, frames and refers
     * nothing. */
    if (!has_header(reply, "Content-Security-Policy"))
        http_reply_header(reply, "Content-Security-Policy",
                          "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    http_reply_header(reply, "Referrer-Policy", "no-referrer");
    if (!has_header(reply, "Cache-Control"))
        http_reply_header(reply, "Cache-Control",
                          has_header(reply, "ETag") ? "private, no-cache" : "no-store");
    api_cors(req, reply);
}
