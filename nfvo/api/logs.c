/* /logs: rest-api.md 2.10. The VNFM is asked by the engine. */
#include <stdlib.h>
#include <string.h>

#include "nfvo/api/operation.h"
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

static bool is_yes(const char *text)
{
    return text && *text && strcmp(text, "0") != 0 && strcmp(text, "false") != 0;
}

static enum err_code logs(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf nsr = SBUF_INIT;
    const char *id = call_param(c, "nsrId");
    struct operation *o;
    struct api_logs what = {.vnfr_name = call_param(c, "vnfrName"),
                            .hostname = call_param(c, "hostname"),
                            .is_full = is_yes(http_request_query(c->req, "full"))};
    enum err_code rc = read_lines(c, &what.lines, err);
    if (rc == ERR_OK)
        rc = store_nsr_doc(call_db(c), id, c->project, &nsr, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "Error something was not found: no NSR with ID %s", id);
    if (rc == ERR_OK)
        rc = operation_start(c, NULL, CLERK_TEXT, &o, err);
    if (rc == ERR_OK)
        c->api->commands->logs(c->api->commands->ctx, o->id, id, &what, operation_accepted, o);
    return rc;
}

const struct endpoint logs_endpoints[] = {
    {"POST", "/api/v1/logs/{nsrId}/vnfrecord/{vnfrName}/hostname/{hostname}", logs, 200,
     API_PROJECT, "The output of an instance's scripts; ?full=1: output and errors apart"},
    {0},
};
