/* The checks of a deployment, in the reference's order: rest-api.md 2.5, amqp-protocol.md 4.2. */
#include "nfvo/catalogue/plan.h"

#include <string.h>

#include "nfvo/catalogue/plan_internal.h"

static enum err_code plan_keys(const struct deploy_body *body, const struct plan_facts *facts,
                               struct arena *a, struct deploy_plan *plan, struct err *err)
{
    uint32_t n = body ? body->keys.n : 0;
    plan->keys = arena_alloc(a, (n + 1) * sizeof(plan->keys[0]));
    for (uint32_t i = 0; i < n; i++) {
        const char *name = body->keys.at[i];
        for (uint32_t k = 0; k < facts->key_n && !plan->keys[i]; k++)
            if (strcmp(facts->keys[k]->name, name) == 0)
                plan->keys[i] = facts->keys[k];
        if (!plan->keys[i]) {
            err_set(err, ERR_NOT_FOUND, "No key found with name: %s", name);
            err_hint(err, "import it first: POST /api/v1/keys");
            return err_where(err, "keys[%u]", i);
        }
    }
    plan->key_n = n;
    return ERR_OK;
}

static const struct vnfm_endpoint *find_vnfm(const struct plan_facts *facts, const char *type)
{
    for (uint32_t i = 0; type && i < facts->endpoint_n; i++) {
        const struct vnfm_endpoint *e = facts->endpoints[i];
        if (e->type && strcmp(e->type, type) == 0 && e->active && e->enabled)
            return e;
    }
    return NULL;
}

/* Every VNFD: the reference forgets to look again after the first hit. */
static enum err_code plan_vnfms(const struct nsd *nsd, const struct plan_facts *facts,
                                struct arena *a, struct deploy_plan *plan, struct err *err)
{
    plan->vnfms = arena_alloc(a, (nsd->vnfd.n + 1) * sizeof(plan->vnfms[0]));
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        const char *endpoint = nsd->vnfd.at[i]->endpoint;
        plan->vnfms[i] = find_vnfm(facts, endpoint);
        if (plan->vnfms[i])
            continue;
        err_set(err, ERR_NOT_FOUND,
                "VNFManager with endpoint: %s is not registered or not enabled or not active.",
                endpoint ? endpoint : "");
        err_hint(err, "start the VNFM of that type; GET /api/v1/vnfmanagers lists those known");
        return err_where(err, "vnfd[%u].endpoint", i);
    }
    return ERR_OK;
}

enum err_code catalogue_plan_deploy(const struct nsd *nsd, const struct deploy_body *body,
                                    const struct plan_facts *facts, struct arena *a,
                                    struct deploy_plan *ret_plan, struct err *err)
{
    struct deploy_plan plan = {.project_id = facts->project_id};
    if (body && body->monitoring_ip && *body->monitoring_ip)
        plan.monitoring_ip = body->monitoring_ip;
    plan.nsd = proto_dup(&nsd_type, nsd, a);
    if (body && body->name && *body->name)
        plan.nsd->name = body->name; /* the record takes it from here */
    enum err_code rc = plan_body(body, nsd, a, err);
    if (rc == ERR_OK)
        rc = plan_keys(body, facts, a, &plan, err);
    if (rc == ERR_OK)
        rc = plan_vnfms(nsd, facts, a, &plan, err);
    if (rc == ERR_OK)
        rc = plan_pops(body, facts, a, &plan, err);
    if (rc == ERR_OK)
        rc = plan_configurations(body, a, plan.nsd, err);
    if (rc == ERR_OK)
        *ret_plan = plan;
    return rc;
}
