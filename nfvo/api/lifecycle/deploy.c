/* Deploying: everything that can be known before is checked (catalogue/plan.h), then it is the
 * engine's. rest-api.md 2.5. */
#include "nfvo/api/lifecycle/deploy.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "nfvo/api/admin/project_quota.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/catalogue/plan.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_misc.h"
#include "nfvo/store/store_package.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_record.h"

enum { BASIS_MAX = 64 };

static enum err_code read_nsr(struct call *c, const char *id, struct nsr **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_nsr_doc(call_db(c), id, c->project, &text, err);
    return rc == ERR_OK ? call_decode(c, &nsr_type, &text, ret, err) : rc;
}

static enum err_code read_nsd(struct call *c, const char *id, struct nsd **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    enum err_code rc = store_doc_get(call_db(c), STORE_NSD, id, c->project, &text, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "NSD with ID %s was not found", id);
    return rc == ERR_OK ? call_decode(c, &nsd_type, &text, ret, err) : rc;
}

/* No body is an empty one; a wrong type is 422, where others get 400. */
static enum err_code read_body(struct call *c, struct deploy_body **ret, struct err *err)
{
    *ret = NULL;
    if (proto_is_nothing(c->req->body, c->req->body_len))
        return ERR_OK;
    struct err cause = ERR_INIT;
    enum err_code rc = call_body(c, &deploy_body_type, ret, &cause);
    if (rc == ERR_OK)
        return proto_validate_forms(&deploy_body_type, *ret, err);
    err_set(err, ERR_INVALID, "The passed request body is not correct.");
    err_hint(err, "%s", cause.msg);
    return err_where(err, "%s", cause.where);
}

static enum err_code read_keys(struct call *c, struct plan_facts *facts, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct ssh_key_list keys = {0};
    enum err_code rc = store_doc_list(call_db(c), STORE_KEY, c->project, &text, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(&ssh_key_type, text.s, text.len, &c->arena, &keys, err);
    facts->keys = (const struct ssh_key *const *)keys.at;
    facts->key_n = keys.n;
    return rc;
}

static enum err_code read_pops(struct call *c, struct plan_facts *facts, struct err *err)
{
    struct store_pop *rows;
    uint32_t n;
    enum err_code rc = store_pop_names(call_db(c), c->project, &c->arena, &rows, &n, err);
    if (rc != ERR_OK)
        return rc;
    struct plan_pop *pops = arena_alloc(&c->arena, (n + 1) * sizeof(*pops));
    for (uint32_t i = 0; i < n; i++)
        pops[i] = (struct plan_pop){rows[i].id, rows[i].name, rows[i].type};
    facts->pops = pops;
    facts->pop_n = n;
    return ERR_OK;
}

/* --- packages --------------------------------------------------------------------------------- */

struct packages {
    const struct vnf_package **at;
    uint32_t n;
};

static const struct vnf_package *find_package(const struct packages *all, const char *id)
{
    for (uint32_t i = 0; id && i < all->n; i++)
        if (strcmp(all->at[i]->id, id) == 0)
            return all->at[i];
    return NULL;
}

static const struct proto_strs *vim_types(void *arg, const struct vnfd *vnfd)
{
    const struct vnf_package *p = find_package(arg, vnfd->vnf_package_location);
    return p ? &p->vim_types : NULL;
}

/* A VNFD without its package would be deployed without its scripts. */
static enum err_code read_packages(struct call *c, const struct nsd *nsd, struct packages *ret,
                                   struct err *err)
{
    ret->at = arena_alloc(&c->arena, (nsd->vnfd.n + 1) * sizeof(ret->at[0]));
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        const struct vnfd *v = nsd->vnfd.at[i];
        const char *id = v->vnf_package_location;
        struct vnf_package *p;
        if (!id || !*id || find_package(ret, id))
            continue;
        enum err_code rc = store_package_get(call_db(c), id, c->project, false, &c->arena, &p, err);
        if (rc == ERR_NOT_FOUND) {
            err_set(err, rc, "the VNF package %s of VNFD '%s' is not there any more", id, v->name);
            err_hint(err, "upload the package again, and onboard the NSD again");
        }
        if (rc != ERR_OK)
            return err_where(err, "vnfd[%u].vnfPackageLocation", i);
        ret->at[ret->n++] = p;
    }
    return ERR_OK;
}

static enum err_code read_facts(struct call *c, bool wants_keys, struct plan_facts *facts,
                                struct err *err)
{
    struct vnfm_endpoint_list endpoints = {0};
    *facts = (struct plan_facts){.project_id = c->project};
    enum err_code rc = wants_keys ? read_keys(c, facts, err) : ERR_OK;
    if (rc == ERR_OK)
        rc = store_vnfm_list(call_db(c), &c->arena, &endpoints, err);
    if (rc == ERR_OK)
        rc = read_pops(c, facts, err);
    facts->endpoints = (const struct vnfm_endpoint *const *)endpoints.at;
    facts->endpoint_n = endpoints.n;
    return rc;
}

/* The NSR's own text has no vnfr yet: clients iterate over it without a check. */
static void deployed(void *arg, const struct err *err, const char *text)
{
    struct pending *p = arg;
    if (err && err->code != ERR_OK) {
        quota_drop(p->api, p->id);
        free(p->operation_ids);
        p->operation_ids = NULL;
        pending_fail(p, 0, err);
        return;
    }
    struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, text && *text ? text : "{}");
    if (!strstr(body.s, "\"vnfr\":") && body.s[body.len - 1] == '}') {
        sbuf_truncate(&body, body.len - 1);
        sbuf_adds(&body, body.len > 1 ? ",\"vnfr\":[]}" : "\"vnfr\":[]}");
    }
    pending_done(p, NULL, &body);
}

/* Of what the catalogue knows. body NULL: none. */
static enum err_code plan_with(struct call *c, const struct nsd *nsd,
                               const struct deploy_body *body, struct deploy_plan *plan,
                               struct err *err)
{
    struct plan_facts facts;
    struct packages packages = {0};
    enum err_code rc = read_facts(c, body && body->keys.n > 0, &facts, err);
    if (rc == ERR_OK)
        rc = read_packages(c, nsd, &packages, err);
    facts.vim_types = vim_types;
    facts.arg = &packages;
    if (rc == ERR_OK)
        rc = catalogue_plan_deploy(nsd, body, &facts, &c->arena, plan, err);
    plan->packages = packages.at;
    plan->package_n = packages.n;
    return rc;
}

static enum err_code make_plan(struct call *c, const struct nsd *nsd, struct deploy_plan *plan,
                               struct err *err)
{
    struct deploy_body *body;
    enum err_code rc = read_body(c, &body, err);
    return rc == ERR_OK ? plan_with(c, nsd, body, plan, err) : rc;
}

enum err_code deploy_request_of_nsd(struct call *c, struct api_command *cmd, const char *nsd_id,
                                    const struct deploy_request **ret, struct err *err)
{
    struct nsd *nsd;
    struct deploy_plan plan = {0};
    enum err_code rc = read_nsd(c, nsd_id, &nsd, err);
    if (rc == ERR_OK)
        rc = plan_with(c, nsd, NULL, &plan, err);
    return rc == ERR_OK ? deploy_request_of(cmd, &plan, ret, err) : rc;
}

enum err_code deploy_request_of_nsr(struct call *c, struct api_command *cmd, const char *nsr_id,
                                    const struct deploy_request **ret, const char **ret_why,
                                    struct err *err)
{
    const struct deploy_request *deploy = NULL;
    struct err why = ERR_INIT;
    struct nsr *nsr;
    enum err_code rc = read_nsr(c, nsr_id, &nsr, err);
    if (rc != ERR_OK)
        return rc;
    if (!nsr->descriptor_reference)
        err_set(&why, ERR_NOT_FOUND, "it does not say of which NSD it is");
    else if (deploy_request_of_nsd(c, cmd, nsr->descriptor_reference, &deploy, &why) == ERR_OK)
        *ret = deploy;
    *ret_why = arena_strdup(&cmd->arena, why.msg);
    return ERR_OK;
}

enum err_code deploy_plan_of_vnfd(struct call *c, struct vnfd *vnfd,
                                  const struct vnf_dependency_list *dependencies,
                                  struct deploy_plan *ret, struct err *err)
{
    struct nsd nsd = {
        .name = vnfd->name, .version = vnfd->version, .vnf_dependency = *dependencies};
    proto_list_add(&nsd.vnfd, vnfd, &c->arena);
    return make_plan(c, &nsd, ret, err);
}

/* Only as a plan said that it would be. */
static enum err_code read_basis(struct call *c, const char **ret, struct err *err)
{
    const char *text = http_request_query(c->req, "basis");
    if (text && (!*text || strlen(text) > BASIS_MAX)) {
        err_set(err, ERR_INVALID, "a basis has 1 to %d characters: it is the member of a plan",
                BASIS_MAX);
        return err_where(err, "basis");
    }
    *ret = text ? arena_strdup(&c->arena, text) : NULL;
    return ERR_OK;
}

/* Nothing is claimed, and nothing stays. */
static void planned(void *arg, const struct err *err, const char *text)
{
    struct pending *p = arg;
    struct sbuf body = SBUF_INIT;
    if (err && err->code != ERR_OK) {
        pending_fail(p, 0, err);
        return;
    }
    sbuf_adds(&body, text && *text ? text : "{}");
    pending_answer(p, 200, HTTP_TYPE_JSON, &body);
}

static void ask_for_plan(struct call *c, struct api_command *cmd)
{
    struct err late = ERR_INIT;
    err_set(&late, ERR_TIMEOUT, "the plan was not made in time: nothing was deployed");
    err_hint(&late, "ask again");
    api_submit(c->api->commands, cmd, planned,
               call_park(c, c->api->options->operation_timeout_ms, &late, NULL));
}

static void ask_to_deploy(struct call *c, struct api_command *cmd, const struct deploy_request *req)
{
    struct err late = ERR_INIT;
    err_set(&late, ERR_TIMEOUT, "the deployment was not confirmed in time: it may still happen");
    err_hint(&late, "GET /api/v1/ns-records/%s", cmd->agg);
    struct pending *p = call_park(c, c->api->options->operation_timeout_ms, &late, cmd->agg);
    p->operation_ids = xstrdup(req->operation_id); /* Location is the service's */
    api_submit(c->api->commands, cmd, deployed, p);
}

enum err_code nsr_deploy(struct call *c, struct err *err)
{
    struct nsd *nsd;
    struct deploy_plan plan = {0};
    bool is_dry = call_is_plan(c);
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = read_basis(c, &plan.basis, err);
    const char *basis = plan.basis;
    if (rc == ERR_OK)
        rc = read_nsd(c, call_param(c, "id"), &nsd, err);
    if (rc == ERR_OK)
        rc = make_plan(c, nsd, &plan, err);
    if (rc != ERR_OK)
        return rc;
    const char *id = call_object_id(c);
    struct api_command *cmd = api_command_new(AGG_NSR, id, is_dry ? EV_NSR_PLAN : EV_NSR_DEPLOY);
    const struct deploy_request *req = NULL;
    plan.operation_id = call_new_id(c);
    plan.asked_by = session_user(c->session)->username;
    plan.basis = basis;
    rc = deploy_request_of(cmd, &plan, &req, err);
    if (rc == ERR_OK)
        rc = is_dry ? quota_look(c, &plan, err) : quota_claim(c, &plan, id, err);
    if (rc != ERR_OK) {
        api_command_free(cmd);
        return rc;
    }
    cmd->payload = req;
    if (is_dry || basis)
        deploy_request_look(cmd, req);
    if (is_dry)
        ask_for_plan(c, cmd);
    else
        ask_to_deploy(c, cmd, req);
    return ERR_OK;
}
