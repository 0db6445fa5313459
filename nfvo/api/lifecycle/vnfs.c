/* Which VNFs a network service has: one more, and fewer. rest-api.md 2.5, operations.md 1. */
#include <string.h>

#include "nfvo/api/admin/project_quota.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/lifecycle/deploy.h"
#include "nfvo/api/lifecycle/operate.h"
#include "nfvo/catalogue/plan.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_record.h"

#define NSR  "/api/v1/ns-records/{id}"
#define VNFS NSR "/vnfrecords"

/* --- one more ---------------------------------------------------------------------------------- */

/* Of the NSD that the service was made of, as far as it is there yet; NULL: it is not. */
static enum err_code read_nsd(struct call *c, const char *nsr_id, struct nsd **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf record = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsr *nsr = NULL;
    *ret = NULL;
    enum err_code rc = store_nsr_doc(call_db(c), nsr_id, c->project, &record, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &nsr_type, &record, &nsr, err);
    if (rc != ERR_OK || !nsr->descriptor_reference || !*nsr->descriptor_reference)
        return rc;
    rc = store_doc_get(call_db(c), STORE_NSD, nsr->descriptor_reference, c->project, &text, err);
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    return rc == ERR_OK ? call_decode(c, &nsd_type, &text, ret, err) : rc;
}

static void depend(struct vnf_dependency_list *all, const char *source, const char *target,
                   const struct proto_strs *parameters, struct arena *a)
{
    struct vnf_dependency *d = proto_new(&vnf_dependency_type, a);
    d->source = source;
    d->target = target;
    d->parameters = *parameters;
    proto_list_add(all, d, a);
}

/* Those that it takes part in: what it requires, and what the NSD says. Whether the others are there
 * is seen by the engine. */
static struct vnf_dependency_list dependencies_of(struct call *c, const struct nsd *nsd,
                                                  const struct vnfd *vnfd)
{
    struct vnf_dependency_list all = {0};
    for (uint32_t i = 0; nsd && i < nsd->vnf_dependency.n; i++) {
        const struct vnf_dependency *d = nsd->vnf_dependency.at[i];
        if (d->source && d->target &&
            (strcmp(d->source, vnfd->name) == 0 || strcmp(d->target, vnfd->name) == 0))
            depend(&all, d->source, d->target, &d->parameters, &c->arena);
    }
    for (uint32_t i = 0; i < vnfd->requires.n; i++) {
        const struct requires_parameters *r = vnfd->requires.at[i].value;
        if (r && r->parameters.n)
            depend(&all, vnfd->requires.at[i].key, vnfd->name, &r->parameters, &c->arena);
    }
    return all;
}

static enum err_code read_added(struct asked *o, struct err *err)
{
    struct call *c = o->call;
    struct deploy_plan plan = {0};
    struct nsd *nsd;
    struct vnfd *vnfd;
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = operate_read_vnfd(o, call_param(c, "vnfdId"), &vnfd, err);
    if (rc == ERR_OK)
        rc = read_nsd(c, o->nsr_id, &nsd, err);
    if (rc != ERR_OK)
        return rc;
    const struct vnf_dependency_list dependencies = dependencies_of(c, nsd, vnfd);
    rc = deploy_plan_of_vnfd(c, vnfd, &dependencies, &plan, err);
    if (rc == ERR_OK)
        rc = deploy_request_of(o->cmd, &plan, &o->req->deploy, err);
    if (rc == ERR_OK)
        rc = quota_claim_vnf(c, &plan, o->nsr_id, o->req->is_dry, err);
    if (rc != ERR_OK)
        return rc;
    if (o->req->is_dry)
        deploy_request_look(o->cmd, o->req->deploy);
    o->req->vnfd = vnfd;
    operate_say(o, "vnfd", vnfd->name);
    operate_say(o, "vnfdId", vnfd->id);
    return ERR_OK;
}

static enum err_code add_vnf(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_ADD_VNF, read_added, err);
}

/* As the reference, which stores nothing of it. */
static enum err_code add_record(struct call *c, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vnfr *vnfr;
    enum err_code rc = store_nsr_doc(call_db(c), call_param(c, "id"), c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vnfr_type, &vnfr, err);
    if (rc == ERR_OK)
        call_json(c, &vnfr_type, vnfr);
    return rc;
}

/* --- fewer ------------------------------------------------------------------------------------- */

/* Texts of the reference. */
static enum err_code remove_vnf(struct call *c, struct err *err)
{
    enum err_code rc = operate_ask(c, OPERATION_REMOVE_VNF, NULL, err);
    if (rc == ERR_NOT_FOUND && strncmp(err->msg, "VNFR with ID", 12) == 0)
        return err_set(err, rc, "Not found VNFR %s in the given NSR %s", call_param(c, "vnfrId"),
                       call_param(c, "id"));
    return rc;
}

static enum err_code is_there(struct asked *o, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct call *c = o->call;
    enum err_code rc = store_vnfr_get(call_db(c), o->nsr_id, id, c->project, &text, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "Not found VNFR with ID: %s", id) : rc;
}

/* All in one operation: all go, or none does. */
static enum err_code read_removed(struct asked *o, struct err *err)
{
    struct proto_strs ids;
    enum err_code rc = call_body_ids(o->call, &ids, err);
    if (rc == ERR_OK && ids.n == 0)
        rc = err_set(err, ERR_INVALID, "the list names no VNF");
    for (uint32_t i = 0; rc == ERR_OK && i < ids.n; i++) {
        rc = is_there(o, ids.at[i], err);
        proto_list_add(&o->req->plan.vnfrs, arena_strdup(&o->cmd->arena, ids.at[i]),
                       &o->cmd->arena);
    }
    if (rc == ERR_OK)
        operate_say_number(o, "vnfs", ids.n);
    return rc;
}

static enum err_code remove_vnfs(struct call *c, struct err *err)
{
    return operate_ask(c, OPERATION_REMOVE_VNF, read_removed, err);
}

/* clang-format off */
const struct endpoint vnfs_endpoints[] = {
    {"PUT",    NSR "/vnfd/{vnfdId}",     add_vnf,     202, OPERATES,    "Add a VNF of this VNFD to a network service"},
    {"POST",   NSR "/vnfd/{vnfdId}",     add_vnf,     202, OPERATES,    "Add a VNF of this VNFD to a network service"},
    {"POST",   VNFS,                     add_record,  201, API_PROJECT, "Gives the record back, as in the reference: nothing is stored"},
    {"DELETE", VNFS "/{vnfrId}",         remove_vnf,  204, OPERATES,    "Remove a VNF from a network service"},
    {"POST",   VNFS "/multipledelete",   remove_vnfs, 204, OPERATES,    "Remove several VNFs from a network service, in one operation"},
    {0},
};
/* clang-format on */
