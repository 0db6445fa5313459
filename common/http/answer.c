/* From a reply to a response of libmicrohttpd. */
#include "common/base/mem.h"
#include "common/http/server_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void default_error(int status, const struct err *err, struct http_reply *reply)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"code\":");
    http_json_string(&body, http_status_text(status));
    sbuf_adds(&body, ",\"message\":");
    http_json_string(&body, err->msg);
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

static struct MHD_Response *make_response(struct http_reply *r)
{
    struct MHD_Response *response;
    if (r->kind == HTTP_BODY_FILE)
        response = MHD_create_response_from_fd64(r->body_len, r->fd);
    else
        response = MHD_create_response_from_buffer(
            r->body_len, (void *)(uintptr_t)(r->body ? r->body : ""),
            r->kind == HTTP_BODY_TAKEN ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response) { /* body and descriptor are its own now */
        r->kind = HTTP_BODY_STATIC;
        r->body = NULL;
        r->fd = -1;
    }
    return response;
}

enum MHD_Result http_queue(struct http_private *p, struct MHD_Response *response,
                           struct http_reply *reply)
{
    enum MHD_Result rc = MHD_NO;
    p->stage = STAGE_SENT;
    if (response) {
        if (reply->type)
            MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
        for (unsigned i = 0; i < reply->header_n; i++)
            MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
        if (atomic_load_explicit(&p->server->is_closing, memory_order_relaxed))
            MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
        rc = MHD_queue_response(p->connection, (unsigned)reply->status, response);
        MHD_destroy_response(response);
        p->status = reply->status;
    }
    http_reply_release(reply);
    return rc;
}

enum MHD_Result http_answer(struct http_private *p, struct http_reply *reply)
{
    if (reply->status == 0) {
        struct err err;
        err_set(&err, ERR_INTERNAL, "the handler gave no answer");
        http_error_reply(p, 500, &err, reply);
    }
    if (p->server->o.finish)
        p->server->o.finish(&p->view, reply);
    return http_queue(p, make_response(reply), reply);
}

enum MHD_Result http_answer_failure(struct http_private *p)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    const char *allow = p->failure == 405 ? p->failure_err.hint : "";
    http_error_reply(p, p->failure, &p->failure_err, &reply);
    if (allow[0])
        http_reply_header(&reply, "Allow", allow);
    return http_answer(p, &reply);
}
