/* /ns-records: rest-api.md 2.5. Reads are spliced texts; what changes one is a command. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/sys/ids.h"
#include "nfvo/api/deploy.h"
#include "nfvo/api/descriptor.h"
#include "nfvo/store/store_record.h"
#include "proto/records/record.h"

#define BASE "/api/v1/ns-records"

static enum err_code nsr_list(struct call *c, struct err *err)
{
    return store_nsr_list(call_db(c), c->project, &c->out, err);
}

static enum err_code nsr_get(struct call *c, struct err *err)
{
    return store_nsr_get(call_db(c), call_param(c, "id"), c->project, &c->out, err);
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
        proto_encode_list(&history_event_type, &vnfr->lifecycle_event_history, PROTO_COMPLETE,
                          &c->out);
    return rc;
}

static enum err_code read_nsr(struct call *c, struct nsr **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_nsr_doc(call_db(c), call_param(c, "id"), c->project, &text, err);
    return rc == ERR_OK ? call_decode(c, &nsr_type, &text, ret, err) : rc;
}

static enum err_code nsr_dependencies(struct call *c, struct err *err)
{
    struct nsr *nsr;
    enum err_code rc = read_nsr(c, &nsr, err);
    if (rc == ERR_OK)
        proto_encode_list(&vnf_record_dependency_type, &nsr->vnf_dependency, PROTO_COMPLETE,
                          &c->out);
    return rc;
}

static enum err_code nsr_dependency(struct call *c, struct err *err)
{
    struct nsr *nsr;
    const char *id = call_param(c, "depId");
    enum err_code rc = read_nsr(c, &nsr, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < nsr->vnf_dependency.n; i++)
        if (nsr->vnf_dependency.at[i]->id && strcmp(nsr->vnf_dependency.at[i]->id, id) == 0) {
            call_json(c, &vnf_record_dependency_type, nsr->vnf_dependency.at[i]);
            return ERR_OK;
        }
    return err_set(err, ERR_NOT_FOUND, "No VNFDependency with ID %s found in NSR with ID %s", id,
                   call_param(c, "id"));
}

/* --- release: one after the other ------------------------------------------------------------- */

struct releases {
    struct pending *pending;
    char **ids;
    uint32_t n, at;
};

static void releases_free(struct releases *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        free(r->ids[i]);
    free(r->ids);
    free(r);
}

static void release_next(struct releases *r);

static void released(void *arg, const struct err *err, const char *text)
{
    struct releases *r = arg;
    (void)text;
    if (err && err->code != ERR_OK) {
        pending_fail(r->pending, 0, err);
        releases_free(r);
        return;
    }
    r->at++;
    release_next(r);
}

static void release_next(struct releases *r)
{
    const struct api_commands *commands = r->pending->api->commands;
    if (r->at < r->n) {
        commands->release(commands->ctx, r->ids[r->at], r->pending->project, released, r);
        return;
    }
    struct sbuf none = SBUF_INIT;
    pending_done(r->pending, NULL, &none);
    releases_free(r);
}

/* All are there before the first goes: "stops at the first error" costs nothing then. */
static enum err_code release(struct call *c, const char *const *ids, uint32_t n, struct err *err)
{
    struct err late = ERR_INIT;
    for (uint32_t i = 0; i < n; i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        enum err_code rc = store_nsr_doc(call_db(c), ids[i], c->project, &text, err);
        if (rc != ERR_OK)
            return rc;
    }
    struct releases *r = xcalloc(1, sizeof(*r));
    r->n = n;
    r->ids = xcalloc(n + 1, sizeof(r->ids[0]));
    for (uint32_t i = 0; i < n; i++)
        r->ids[i] = xstrdup(ids[i]);
    err_set(&late, ERR_TIMEOUT, "the release was not confirmed in time: it may still happen");
    r->pending = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    release_next(r);
    return ERR_OK;
}

static enum err_code nsr_delete(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    return release(c, &id, 1, err);
}

static enum err_code nsr_delete_many(struct call *c, struct err *err)
{
    struct proto_strs ids;
    enum err_code rc = call_body_ids(c, &ids, err);
    return rc == ERR_OK ? release(c, ids.at, ids.n, err) : rc;
}

/* clang-format off */
const struct endpoint nsr_endpoints[] = {
    {"GET",    BASE,                                  nsr_list,         200, API_PROJECT, "List the network services"},
    {"POST",   BASE "/multipledelete",                nsr_delete_many,  204, API_PROJECT, "Delete several network services"},
    {"POST",   BASE "/{id}",                          nsr_deploy,       201, API_PROJECT, "Deploy an NSD (its id) as a network service"},
    {"GET",    BASE "/{id}",                          nsr_get,          200, API_PROJECT, "Show a network service"},
    {"PUT",    BASE "/{id}",                          nsr_get,          202, API_PROJECT, "Changes nothing, as in the reference"},
    {"DELETE", BASE "/{id}",                          nsr_delete,       204, API_PROJECT, "Release a network service"},
    {"GET",    BASE "/{id}/history",                  nsr_history,      200, API_PROJECT, "What happened to a network service"},
    {"GET",    BASE "/{id}/vnfrecords",               nsr_vnfrs,        200, API_PROJECT, "List the VNFs of a network service"},
    {"GET",    BASE "/{id}/vnfrecords/{vnfrId}",      nsr_vnfr,         200, API_PROJECT, "Show a VNF"},
    {"GET",    BASE "/{id}/vnfrecords/{vnfrId}/history", vnfr_history,  202, API_PROJECT, "Lifecycle events of a VNF"},
    {"GET",    BASE "/{id}/vnfdependencies",          nsr_dependencies, 200, API_PROJECT, "List the dependencies of a network service"},
    {"GET",    BASE "/{id}/vnfdependencies/{depId}",  nsr_dependency,   200, API_PROJECT, "Show a dependency"},
    {0},
};
/* clang-format on */
