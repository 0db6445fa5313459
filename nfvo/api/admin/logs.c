/* /logs: rest-api.md 2.10. The VNFM is asked by the engine. */
#include <stdlib.h>
#include <string.h>

#include "nfvo/api/request/command.h"
#include "nfvo/api/request/rest_call.h"
#include "nfvo/store/store_explain.h"
#include "nfvo/store/store_record.h"

#define LINES_FIELDS(X) X(INT, lines, "lines", _, OPTIONAL)
PROTO_RECORD(log_lines, LINES_FIELDS)
#define PROTO_THIS struct log_lines
PROTO_RECORD_DEFINE(log_lines, LINES_FIELDS)
#undef PROTO_THIS

/* The body is optional, and so is its member. */
static enum err_code read_lines(struct call *c, int64_t *ret, struct err *err)
{
    struct log_lines *body = NULL;
    *ret = 0;
    if (proto_is_nothing(c->req->body, c->req->body_len))
        return ERR_OK;
    enum err_code rc = call_body(c, &log_lines_type, &body, err);
    if (rc == ERR_OK && body->lines < 0)
        rc = err_set(err, ERR_INVALID, "lines: must not be negative");
    if (rc == ERR_OK)
        *ret = body->lines;
    return rc;
}

#define KEPT_FIELDS(X)                                                                             \
    X(STRS, output, "outputLog", _, EMIT)                                                          \
    X(STRS, errors, "errorLog", _, EMIT)
PROTO_RECORD(kept_logs, KEPT_FIELDS)
#define PROTO_THIS struct kept_logs
PROTO_RECORD_DEFINE(kept_logs, KEPT_FIELDS)
#undef PROTO_THIS

static void add_lines(struct sbuf *out, const struct proto_strs *lines)
{
    sbuf_addc(out, '[');
    for (uint32_t i = 0; i < lines->n; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, lines->at[i]);
    }
    sbuf_addc(out, ']');
}

/* Of a service that was released: as its VNFM answered then. */
static enum err_code logs_of_the_gone(struct call *c, const struct logs_request *what,
                                      struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct kept_logs *kept;
    const char *id = call_param(c, "nsrId");
    sbuf_adds(&text, "{\"outputLog\":");
    enum err_code rc =
        store_history_logs(call_db(c), id, what->vnfr_name, what->hostname, c->project, &text, err);
    if (rc == ERR_NOT_FOUND) {
        err_set(err, rc, "Error something was not found: no NSR with ID %s", id);
        return err_hint(err, "if it was released: of that host no logs were kept (any more)");
    }
    sbuf_addc(&text, '}');
    if (rc == ERR_OK)
        rc = proto_decode(&kept_logs_type, text.s, text.len, 0, &c->arena, &kept, err);
    if (rc != ERR_OK)
        return rc;
    uint32_t all = kept->output.n;
    if (what->lines > 0 && what->lines < all) {
        kept->output.at += all - (uint32_t)what->lines;
        kept->output.n = (uint32_t)what->lines;
    }
    if (what->is_full)
        proto_encode(&kept_logs_type, kept, PROTO_COMPLETE, &c->out);
    else
        add_lines(&c->out, &kept->output);
    return ERR_OK;
}

static enum err_code logs(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf nsr = SBUF_INIT;
    const char *id = call_param(c, "nsrId");
    struct rest_call *o;
    struct logs_request what = {.vnfr_name = call_param(c, "vnfrName"),
                                .hostname = call_param(c, "hostname"),
                                .is_full = call_query_is_yes(c, "full")};
    enum err_code rc = read_lines(c, &what.lines, err);
    if (rc == ERR_OK)
        rc = store_nsr_doc(call_db(c), id, c->project, &nsr, err);
    if (rc == ERR_NOT_FOUND)
        return logs_of_the_gone(c, &what, err);
    if (rc == ERR_OK)
        rc = rest_call_start(c, NULL, REST_CALL_TEXT, &o, err);
    if (rc != ERR_OK)
        return rc;
    struct api_command *cmd = api_command_new(AGG_NSR, id, EV_NSR_LOGS);
    struct logs_request *req = arena_alloc(&cmd->arena, sizeof(*req));
    *req = what;
    req->operation = arena_strdup(&cmd->arena, o->id);
    req->vnfr_name = arena_strdup(&cmd->arena, what.vnfr_name);
    req->hostname = arena_strdup(&cmd->arena, what.hostname);
    cmd->payload = req;
    api_submit(c->api->commands, cmd, rest_call_accepted, o);
    return ERR_OK;
}

const struct endpoint logs_endpoints[] = {
    {"POST", "/api/v1/logs/{nsrId}/vnfrecord/{vnfrName}/hostname/{hostname}", logs, 200,
     API_PROJECT | API_READS,
     "The output of an instance's scripts; ?full=1: output and errors apart"},
    {0},
};
