/* From a request to a handler and back: who asks, in which project, what became of it. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/api/clerk.h"
#include "nfvo/api/context.h"
#include "nfvo/api/credentials.h"
#include "nfvo/api/session.h"
#include "proto/records/manager.h"

static enum err_code identify(struct call *c, struct err *err)
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
    http_json_string(&body, err->msg);
    sbuf_adds(&body, ",\"message\":");
    http_json_string(&body, err->msg);
    sbuf_adds(&body, ",\"status\":401}");
    http_reply_sbuf(reply, 401, HTTP_TYPE_JSON, &body);
    sbuf_addf(&challenge, "Bearer realm=\"oauth2-resource\", error=\"%s\"", error);
    http_reply_header(reply, "WWW-Authenticate", challenge.s);
}

static int answer(struct call *c, enum err_code rc, const struct err *err, struct http_reply *reply)
{
    const char *type = c->type ? c->type : HTTP_TYPE_JSON;
    if (rc == ERR_OK && c->endpoint->status == 204)
        http_reply_empty(reply, 204);
    else if (rc == ERR_OK)
        http_reply_sbuf(reply, c->fail_status ? c->fail_status : c->endpoint->status, type,
                        &c->out);
    else if (c->out.len > 0 && c->fail_status)
        http_reply_sbuf(reply, c->fail_status, HTTP_TYPE_JSON, &c->out); /* a body of its own */
    else if (rc == ERR_AUTH)
        unauthorised(c, err, reply);
    else
        reply_error(reply, c->fail_status ? c->fail_status : err_http_status(rc), err,
                    c->req->path);
    return reply->status;
}

static void log_outcome(const struct call *c, enum err_code rc, const struct err *err)
{
    const char *user = c->session ? session_user(c->session)->username : NULL;
    if (rc == ERR_AUTH || rc == ERR_DENIED)
        log_info(LOG_SEC, "refused", KV_S("method", c->req->method), KV_S("path", c->req->path),
                 KV_S("user", user), KV_ERR(err));
    else if (err_http_status(rc) >= 500)
        log_error(LOG_API, "request_failed", KV_S("method", c->req->method),
                  KV_S("path", c->req->path), KV_S("user", user), KV_ERR(err));
}

enum http_result api_dispatch(struct http_request *req, struct http_reply *reply)
{
    struct api *api = req->ctx;
    struct call c = {.api = api,
                     .req = req,
                     .endpoint = api->endpoints[req->route - api->routes],
                     .out = SBUF_INIT};
    struct err err = ERR_INIT;
    enum err_code rc = c.endpoint->flags & API_OPEN ? ERR_OK : identify(&c, &err);
    if (rc == ERR_OK)
        rc = c.endpoint->fn(&c, &err);
    if (rc != ERR_OK)
        log_outcome(&c, rc, &err);
    if (c.db)
        store_return(c.api->store, c.db);
    if (!c.is_parked && !c.is_stream) {
        int status = answer(&c, rc, &err, reply);
        if (c.session)
            clerk_note(c.api->clerk, session_user(c.session)->username, req->method, req->path,
                       status);
    }
    session_unref(c.session);
    sbuf_release(&c.out);
    arena_release(&c.arena);
    return c.is_stream ? HTTP_STREAM : c.is_parked ? HTTP_PARKED : HTTP_DONE;
}

/* What no handler sees. The CLI takes 413 for success, and a browser's preflight is no error. */
void api_on_error(struct http_request *req, int status, const struct err *err,
                  struct http_reply *reply)
{
    const struct api *api = req->ctx;
    if (req->method && strcmp(req->method, "OPTIONS") == 0 && api->options->is_cors_open) {
        http_reply_empty(reply, 200);
        return;
    }
    reply_error(reply, status == 413 ? 422 : status, err, req->path);
}

void api_finish(struct http_request *req, struct http_reply *reply)
{
    const struct api *api = req->ctx;
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    http_reply_header(reply, "Cache-Control", "no-store");
    if (!api->options->is_cors_open)
        return;
    http_reply_header(reply, "Access-Control-Allow-Origin", "*");
    http_reply_header(reply, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
    http_reply_header(reply, "Access-Control-Allow-Headers",
                      "authorization, content-type, project-id");
}
