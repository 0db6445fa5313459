/* Requests that are answered later, and the repeats that wait for the same answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/request/audited.h"
#include "nfvo/api/request/claims.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/request_log.h"
#include "nfvo/store/store_idempotency.h"
#include "proto/records/manager.h"

#define BODY_MAX (1024 * 1024) /* a longer answer is read from what was made */

struct pending *call_park(struct call *c, int64_t timeout_ms, const struct err *fallback,
                          const char *id)
{
    struct pending *p = xcalloc(1, sizeof(*p));
    struct http_reply reply = HTTP_REPLY_INIT;
    p->api = c->api;
    p->status = c->endpoint->status;
    p->endpoint = c->endpoint;
    p->is_plan = c->is_plan;
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
        request_log_note(p->api->request_log, p->username, p->method, p->path, status);
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
    /* No body is no JSON. */
    pending_answer(p, p->status, type ? type : body->len ? HTTP_TYPE_JSON : HTTP_TYPE_TEXT, body);
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

/* --- answers that are kept for repeats --------------------------------------------------------- */

/* What may end otherwise when it is tried again is no last word. */
static bool is_final(int status)
{
    return status > 0 && status < 500 && status != 401 && status != 403;
}

static void write_answer(struct api *api, const struct key_claim *claim, int status,
                         const char *type, const char *body, size_t len)
{
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    if (store_claim_answer(db, claim->key, status, type ? type : "", body, len, &err) != ERR_OK)
        log_warn(LOG_API, "answer_not_kept", KV_S("object", claim->object), KV_ERR(&err));
    store_return(api->store, db);
}

void claim_finish(struct api *api, struct key_claim *claim, int status, const char *type,
                  const char *body, size_t len)
{
    if (!claim)
        return;
    if (!claim->is_settled && is_final(status) && len <= BODY_MAX)
        write_answer(api, claim, status, type, body, len);
    struct claim_waiting *w = claims_let_go(api->claims, claim);
    while (w) {
        struct claim_waiting *next = w->next;
        struct sbuf copy = SBUF_INIT;
        sbuf_add(&copy, body, len);
        if (w->pending->endpoint->flags & API_OPERATES)
            snprintf(w->pending->operation_id, sizeof(w->pending->operation_id), "%s",
                     claim->object);
        pending_answer(w->pending, status, type, &copy);
        free(w);
        w = next;
    }
    claim_free(claim);
}
