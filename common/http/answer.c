/* What every reply gets on its way out, and the replies of errors that no handler sees. */
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/http/server_private.h"

#include <string.h>

static void default_error(int status, const struct err *err, struct http_reply *reply)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"code\":");
    text_add_json(&body, http_status_text(status));
    sbuf_adds(&body, ",\"message\":");
    text_add_json(&body, err->msg);
    sbuf_addc(&body, '}');
    http_reply_sbuf(reply, status, HTTP_TYPE_JSON, &body);
}

void http_error_reply(struct http_private *p, int status, const struct err *err,
                      struct http_reply *reply)
{
    if (p->server->o.on_error)
        p->server->o.on_error(&p->view, status, err, reply);
    if (reply->status == 0)
        default_error(status, err, reply);
}

/* By type: JSON and text; what is compressed already gains nothing, and events must not wait. */
static bool is_worth_gzip(const struct http_private *p, const struct http_reply *r)
{
    size_t min = p->server->o.gzip_min;
    bool is_text = r->type && (strncmp(r->type, "application/json", 16) == 0 ||
                               strncmp(r->type, "text/plain", 10) == 0);
    return min > 0 && is_text && r->status == 200 && r->kind != HTTP_BODY_FILE &&
           (r->kind == HTTP_BODY_PIECES || r->body_len >= min) &&
           (strcmp(p->view.method, "GET") == 0 || strcmp(p->view.method, "HEAD") == 0);
}

static void compress(struct http_private *p, struct http_reply *r)
{
    if (!is_worth_gzip(p, r))
        return;
    http_reply_header(r, "Vary", "Accept-Encoding");
    if (!http_gzip_accepted(http_request_header(&p->view, "Accept-Encoding")))
        return;
    if (r->kind == HTTP_BODY_PIECES ? http_gzip_pieces(r) : http_gzip_body(r))
        http_reply_header(r, "Content-Encoding", "gzip");
}

void http_answer(struct http_private *p, struct http_reply *reply)
{
    if (reply->status == 0) {
        struct err err;
        err_set(&err, ERR_INTERNAL, "the handler gave no answer");
        http_error_reply(p, 500, &err, reply);
    }
    if (p->server->o.finish)
        p->server->o.finish(&p->view, reply);
    compress(p, reply);
    http_conn_answer(p->conn, reply);
}

void http_answer_failure(struct http_private *p)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    const char *allow = p->failure == 405 ? p->failure_err.hint : "";
    http_error_reply(p, p->failure, &p->failure_err, &reply);
    if (allow[0])
        http_reply_header(&reply, "Allow", allow);
    if (p->failure == 429)
        http_reply_header(&reply, "Retry-After", "5");
    http_answer(p, &reply);
}
