/* /baton/...: what operators look at, beyond the reference: one thing explained, the whole suite at
 * a glance, and lifecycle events as they happen. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/text.h"
#include "common/http/sse.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/lifecycle/event_stream.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/store/store_explain.h"

#define BASE "/api/v1/baton"

enum { HISTORY_SHOWN = 200, HISTORY_MAX = 1000 };

static int64_t number(const char *text, int64_t otherwise, int64_t max)
{
    char *end;
    long long n = text && *text ? strtoll(text, &end, 10) : -1;
    return n < 0 || *end ? otherwise : n < max ? n : max;
}

/* Behind what is there: those that go on, or wait for somebody; what is possible with the service. */
static enum err_code add_operations(struct call *c, const char *nsr, struct err *err)
{
    sbuf_truncate(&c->out, c->out.len - 1);
    sbuf_adds(&c->out, ",\"openOperations\":");
    enum err_code rc = operations_put_open(c, nsr, err);
    if (rc == ERR_OK && nsr)
        operations_put_service(c, nsr);
    sbuf_addc(&c->out, '}');
    return rc;
}

static enum err_code explain(struct call *c, struct err *err)
{
    const char *kind = http_request_query(c->req, "kind");
    struct store_question q = {
        .id_or_name = call_param(c, "id"),
        .kind = kind ? kind : "",
        .project = c->project,
        .after = number(http_request_query(c->req, "after"), 0, INT64_MAX),
        .limit = number(http_request_query(c->req, "limit"), HISTORY_SHOWN, HISTORY_MAX)};
    AUTO(sbuf_release) struct sbuf nsr = SBUF_INIT;
    enum err_code rc = store_explain(call_db(c), &q, &c->out, &nsr, err);
    return rc == ERR_OK && nsr.len ? add_operations(c, nsr.s, err) : rc;
}

/* --- status ----------------------------------------------------------------------------------- */

static void add_queue(void *arg, const struct api_queue *q)
{
    struct sbuf *out = arg;
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
    text_add_json(out, q->name);
    sbuf_addf(out, ",\"consumers\":%" PRId64 ",\"messages\":%" PRId64 ",\"bytes\":%" PRId64 "}",
              q->consumers, q->messages, q->bytes);
}

/* The broker may be away: that is a part of the answer, not its end. */
static void add_queues(struct call *c)
{
    const struct api_host *host = c->api->host;
    AUTO(sbuf_release) struct sbuf list = SBUF_INIT;
    struct err err = ERR_INIT;
    sbuf_adds(&list, "[");
    enum err_code rc = host->list_queues ? host->list_queues(host->ctx, add_queue, &list, &err)
                                         : err_set(&err, ERR_UNAVAIL, "the queues are not known");
    sbuf_adds(&c->out, ",\"queues\":");
    if (rc == ERR_OK) {
        sbuf_add(&c->out, list.s, list.len);
        sbuf_addc(&c->out, ']');
        return;
    }
    sbuf_adds(&c->out, "null,\"queuesFault\":");
    text_add_json(&c->out, err.msg);
}

static enum err_code status(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    const struct api_host *host = c->api->host;
    enum err_code rc = store_status(call_db(c), c->project, &c->out, err);
    if (rc == ERR_OK)
        rc = add_operations(c, NULL, err);
    if (rc != ERR_OK)
        return rc;
    store_return(c->api->store, c->db); /* the broker may take its time */
    c->db = NULL;
    sbuf_truncate(&c->out, c->out.len - 1);
    add_queues(c);
    if (host->render_broker) {
        sbuf_adds(&c->out, ",\"broker\":");
        host->render_broker(host->ctx, &c->out);
    }
    bool is_ready = !host->is_ready || host->is_ready(host->ctx, &why);
    sbuf_addf(&c->out, ",\"ready\":%s,\"why\":", is_ready ? "true" : "false");
    text_add_json(&c->out, why.s ? why.s : "");
    sbuf_adds(&c->out, ",\"version\":");
    text_add_json(&c->out, host->version ? host->version : "0");
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

/* --- events ----------------------------------------------------------------------------------- */

static enum err_code events(struct call *c, struct err *err)
{
    const char *nsr = http_request_query(c->req, "nsr");
    const char *named = http_request_query(c->req, "event");
    const char *last = http_request_header(c->req, "Last-Event-ID");
    int64_t after = number(last ? last : http_request_query(c->req, "after"), -1, INT64_MAX);
    enum err_code rc = after < 0 ? store_history_end(call_db(c), &after, err) : ERR_OK;
    if (rc != ERR_OK)
        return rc;
    struct http_sse *stream = http_sse_open(
        c->req, &(struct http_sse_options){.queue_bytes = 4u << 20, .heartbeat_ms = 10000});
    char id[24];
    snprintf(id, sizeof(id), "%" PRId64, after);
    http_sse_send(stream, "ready", id, "{}"); /* from where: nothing is missed if it breaks now */
    c->is_stream = true;
    event_stream_listen(c->api->event_stream, stream,
                        &(struct event_stream_wanted){.project = c->project,
                                                      .nsr = nsr && *nsr ? nsr : NULL,
                                                      .events = named && *named ? named : NULL,
                                                      .after = after,
                                                      .token_hash = session_token_hash(c->session),
                                                      .standing = session_standing(c->session)});
    return ERR_OK;
}

/* clang-format off */
const struct endpoint explain_endpoints[] = {
    {"GET", BASE "/explain/{id}", explain, 200, API_PROJECT, "Explain the NSR, VNFR, instance, PoP, VNFM, driver, operation or command of this id or name: phase, what it waits for until when, faults, history (?kind=nsr|vnfr|..; ?after=ID&limit=N)"},
    {"GET", BASE "/status",       status,  200, API_PROJECT, "Processes, queues, managers, drivers, PoPs, network services, and what is outstanding"},
    {"GET", BASE "/events",       events,  200, API_PROJECT, "Lifecycle events as they happen (text/event-stream; ?nsr=ID&event=STEP,SERV*; Last-Event-ID or ?after=ID goes on there)"},
    {0},
};
/* clang-format on */
