/* /ns-records: rest-api.md 2.5. Reads are spliced texts; what changes one is a command. */
#include <stdio.h>
#include <string.h>

#include "common/sys/ids.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/lifecycle/deploy.h"
#include "nfvo/api/lifecycle/nsr.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/api/lifecycle/releaser.h"
#include "nfvo/api/request/command.h"
#include "nfvo/api/request/list.h"
#include "nfvo/store/store_record.h"
#include "nfvo/store/store_release.h"
#include "proto/records/manager.h"
#include "proto/records/record.h"

#define BASE "/api/v1/ns-records"

static enum err_code nsr_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_nsr_get(call_db(c), id, c->project, &c->out, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&c->link, "</api/v1/ns-records/");
    http_percent_encode(&c->link, id);
    sbuf_adds(&c->link, "/operations>; rel=\"operations\"");
    return rc;
}

static enum err_code nsr_vnfrs(struct call *c, struct err *err)
{
    return store_vnfr_list(call_db(c), call_param(c, "id"), c->project, &c->out, err);
}

static enum err_code nsr_vnfr(struct call *c, struct err *err)
{
    return store_vnfr_get(call_db(c), call_param(c, "id"), call_param(c, "vnfrId"), c->project,
                          &c->out, err);
}

static enum err_code nsr_history(struct call *c, struct err *err)
{
    return store_nsr_history(call_db(c), call_param(c, "id"), c->project, &c->out, err);
}

static enum err_code vnfr_history(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnfr *vnfr;
    enum err_code rc = store_vnfr_get(call_db(c), call_param(c, "id"), call_param(c, "vnfrId"),
                                      c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vnfr_type, &text, &vnfr, err);
    if (rc == ERR_OK)
        proto_encode_list(&history_event_type, &vnfr->lifecycle_event_history, PROTO_REST, &c->out);
    return rc;
}

enum err_code nsr_read(struct call *c, struct nsr **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_nsr_doc(call_db(c), call_param(c, "id"), c->project, &text, err);
    return rc == ERR_OK ? call_decode(c, &nsr_type, &text, ret, err) : rc;
}

/* --- release ---------------------------------------------------------------------------------- */

static void released(void *arg, const struct err *err, const char *text)
{
    struct sbuf none = SBUF_INIT;
    (void)text;
    if (err && err->code != ERR_OK)
        pending_fail(arg, 0, err);
    else
        pending_done(arg, NULL, &none);
}

static enum err_code nsr_delete(struct call *c, struct err *err)
{
    if (call_is_plan(c))
        return operate_ask(c, OPERATION_RELEASE, NULL, err);
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err late = ERR_INIT;
    const char *id = call_param(c, "id");
    enum err_code rc = store_nsr_doc(call_db(c), id, c->project, &text, err);
    if (rc != ERR_OK)
        return rc;
    err_set(&late, ERR_TIMEOUT, "the release was not confirmed in time: it may still happen");
    const struct release_request req = {.project = c->project,
                                        .operation_id = call_new_id(c),
                                        .asked_by = session_user(c->session)->username};
    struct pending *p = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    snprintf(p->operation_id, sizeof(p->operation_id), "%s", req.operation_id);
    api_submit(c->api->commands, command_release(id, &req), released, p);
    return ERR_OK;
}

/* Written down and accepted: the releaser begins them, some at a time. All are there, or none is
 * touched, so "stops at the first error" costs nothing. */
static enum err_code nsr_delete_many(struct call *c, struct err *err)
{
    struct proto_strs ids;
    if (call_query_is_yes(c, "plan")) {
        err_set(err, ERR_INVALID, "a plan is of one service");
        err_hint(err, "DELETE " BASE "/ID?plan=true");
        return err_where(err, "plan");
    }
    enum err_code rc = call_body_ids(c, &ids, err);
    if (rc == ERR_OK)
        rc = store_release_add(call_db(c), &ids, c->project, session_user(c->session)->username,
                               err);
    if (rc == ERR_OK)
        releaser_wake(c->api->releaser);
    return rc;
}

/* clang-format off */
const struct endpoint nsr_endpoints[] = {
    {"GET",    BASE,                                  list_answer,         200, API_PROJECT | LIST(NSR), "List the network services"},
    {"POST",   BASE "/multipledelete",                nsr_delete_many,  204, API_PROJECT, "Release several network services: accepted at once; baton/status tells how many are left"},
    {"POST",   BASE "/{id}",                          nsr_deploy,       201, API_PROJECT | API_PLANS, "Deploy an NSD (its id) as a network service; ?plan=true: only say what that would do"},
    {"GET",    BASE "/{id}",                          nsr_get,          200, API_PROJECT, "Show a network service"},
    {"PUT",    BASE "/{id}",                          nsr_get,          202, API_PROJECT, "Changes nothing, as in the reference"},
    {"DELETE", BASE "/{id}",                          nsr_delete,       204, API_PROJECT | API_PLANS, "Release a network service; ?plan=true: only say what would be deleted"},
    {"GET",    BASE "/{id}/history",                  nsr_history,      200, API_PROJECT, "What happened to a network service"},
    {"GET",    BASE "/{id}/vnfrecords",               nsr_vnfrs,        200, API_PROJECT, "List the VNFs of a network service"},
    {"GET",    BASE "/{id}/vnfrecords/{vnfrId}",      nsr_vnfr,         200, API_PROJECT, "Show a VNF"},
    {"GET",    BASE "/{id}/vnfrecords/{vnfrId}/history", vnfr_history,  202, API_PROJECT, "Lifecycle events of a VNF"},
    {0},
};
/* clang-format on */
