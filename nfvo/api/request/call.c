/* What handlers use of a call. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/call_waiter.h"
#include "nfvo/api/request/idempotency.h"
#include "proto/records/manager.h"

struct db *call_db(struct call *c)
{
    if (!c->db)
        c->db = store_borrow(c->api->store);
    return c->db;
}

const char *call_param(struct call *c, const char *name)
{
    const char *value = http_request_param(c->req, name);
    return value ? value : "";
}

bool call_query_is_yes(struct call *c, const char *name)
{
    const char *text = http_request_query(c->req, name);
    return text && *text && strcmp(text, "0") != 0 && strcmp(text, "false") != 0;
}

enum err_code call_body(struct call *c, const struct proto_type *type, void *ret_rec,
                        struct err *err)
{
    if (c->req->body_len == 0)
        return err_set(err, ERR_SYNTAX, "the request has no body, but a JSON object is needed");
    return proto_decode(type, c->req->body, c->req->body_len, 0, &c->arena, ret_rec, err);
}

bool call_says(const struct proto_type *type, const void *rec, const char *wire)
{
    const struct proto_rec *r = rec;
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (strcmp(type->fields[i].wire, wire) == 0)
            return r->seen & (UINT64_C(1) << i);
    return false;
}

enum err_code call_body_ids(struct call *c, struct proto_strs *ret, struct err *err)
{
    *ret = (struct proto_strs){0};
    enum err_code rc = proto_decode_texts(c->req->body, c->req->body_len, &c->arena, ret, err);
    return rc == ERR_OK ? rc : err_hint(err, "a list of ids: [\"<id>\", ...]");
}

void call_json(struct call *c, const struct proto_type *type, const void *rec)
{
    proto_encode(type, rec, PROTO_REST, &c->out);
}

enum err_code call_decode(struct call *c, const struct proto_type *type, const struct sbuf *text,
                          void *ret_rec, struct err *err)
{
    return proto_decode(type, text->s, text->len, 0, &c->arena, ret_rec, err);
}

const char *call_new_id(void *call)
{
    char id[ID_SIZE];
    id_new(id);
    return arena_strdup(&((struct call *)call)->arena, id);
}

const char *call_now(struct call *c)
{
    char text[64];
    struct tm tm;
    time_t now = (time_t)(clock_wall_us() / USEC_PER_SEC);
    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%Y.%m.%d at %H:%M:%S UTC", &tm);
    return arena_strdup(&c->arena, text);
}

/* --- answered later ------------------------------------------------------------------------- */

struct pending *call_park(struct call *c, int64_t timeout_ms, const struct err *fallback,
                          const char *id)
{
    struct pending *p = xcalloc(1, sizeof(*p));
    struct http_reply reply = HTTP_REPLY_INIT;
    p->api = c->api;
    p->status = c->endpoint->status;
    p->endpoint = c->endpoint;
    p->claim = c->claim;
    c->claim = NULL;
    p->username = xstrdup(c->session ? session_user(c->session)->username : "");
    p->from = xstrdup(c->from);
    p->method = xstrdup(c->req->method);
    p->path = xstrdup(c->req->path);
    p->id = id ? xstrdup(id) : NULL;
    p->project = c->project ? xstrdup(c->project) : NULL;
    p->made = c->made ? xstrdup(c->made) : NULL;
    reply_error(&reply, err_http_status(fallback->code), fallback, p->path);
    p->parked = http_park(c->req, timeout_ms, &reply);
    c->is_parked = true;
    return p;
}

static void finish(struct pending *p, int status, const char *type, struct sbuf *body,
                   const struct err *err)
{
    struct http_reply reply = HTTP_REPLY_INIT;
    audited_pending(p, status, body->s, err);
    claim_finish(p->api, p->claim, status, type, body->s, body->len);
    reply_location(&reply, p->endpoint, status, body->s);
    if (p->operation_id[0] && status == p->status)
        reply_operation(&reply, p->operation_id);
    if (p->operation_ids)
        http_reply_header(&reply, "Operation-Id", p->operation_ids);
    if (p->warning)
        http_reply_header(&reply, "Warning", p->warning);
    if (status == 204)
        http_reply_empty(&reply, status);
    else
        http_reply_sbuf(&reply, status, type, body);
    if (p->username[0])
        call_waiter_note(p->api->waiter, p->username, p->method, p->path, status);
    reply_retry_after(&reply, p->retry_after_s);
    http_parked_reply(p->parked, &reply);
    sbuf_release(body);
    free(p->username);
    free(p->from);
    free(p->method);
    free(p->path);
    free(p->id);
    free(p->project);
    free(p->made);
    free(p->operation_ids);
    free(p->warning);
    free(p);
}

void pending_answer(struct pending *p, int status, const char *type, struct sbuf *body)
{
    finish(p, status, type, body, NULL);
}

void pending_done(struct pending *p, const char *type, struct sbuf *body)
{
    pending_answer(p, p->status, type ? type : HTTP_TYPE_JSON, body);
}

void pending_fail(struct pending *p, int status, const struct err *err)
{
    struct sbuf body = SBUF_INIT;
    if (!status && err->code == ERR_UNAVAIL && http_server_is_closing(p->api->server))
        status = 503; /* refused by what ends with us: the next process takes it */
    if (!status)
        status = err_http_status(err->code);
    error_body(&body, status, err, p->path, clock_wall_us());
    finish(p, status, HTTP_TYPE_JSON, &body, err);
}
