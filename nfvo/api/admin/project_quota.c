#include "nfvo/api/admin/project_quota.h"

#include <inttypes.h>
#include <string.h>

#include "common/log/log.h"
#include "nfvo/api/auth/session.h"
#include "nfvo/catalogue/plan.h"
#include "nfvo/lifecycle/model.h"
#include "nfvo/lifecycle/operation/planner.h"
#include "nfvo/store/store_pop.h"
#include "nfvo/store/store_project.h"
#include "nfvo/store/store_quota.h"
#include "proto/records/manager.h"

/* --- what a deployment needs -------------------------------------------------------------------
 */

struct pops { /* read once each */
    struct vim_instance **at;
    uint32_t n, max;
};

static enum err_code read_pop(struct call *c, struct pops *pops, const char *id,
                              struct vim_instance **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    for (uint32_t i = 0; i < pops->n; i++)
        if (strcmp(pops->at[i]->id, id) == 0) {
            *ret = pops->at[i];
            return ERR_OK;
        }
    enum err_code rc =
        store_pop_get(call_db(c), store_seal(c->api->store), id, c->project, &text, err);
    if (rc == ERR_OK)
        rc = call_decode(c, &vim_instance_type, &text, ret, err);
    if (rc == ERR_OK && pops->n < pops->max)
        pops->at[pops->n++] = *ret;
    return rc;
}

/* The largest that it may become. */
static enum err_code add_flavour(struct call *c, const struct plan_vdu *row, const char *key,
                                 int64_t n, struct pops *pops, struct store_use *need,
                                 struct err *err)
{
    int64_t vcpus = 0, ram = 0;
    enum err_code rc = ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < row->candidate_n; i++) {
        struct vim_instance *pop;
        rc = read_pop(c, pops, row->candidates[i].pop_id, &pop, err);
        const struct deployment_flavour *f = rc == ERR_OK ? pop_flavour(pop, key) : NULL;
        if (f && f->vcpus > vcpus)
            vcpus = f->vcpus;
        if (f && f->ram > ram)
            ram = f->ram;
    }
    need->vcpus += n * vcpus;
    need->ram += n * ram;
    return rc;
}

static const char *flavour_key(const struct vnfd *vnfd, const struct vdu *vdu)
{
    if (vdu->computation_requirement && *vdu->computation_requirement)
        return vdu->computation_requirement;
    return vnfd->deployment_flavour.n ? vnfd->deployment_flavour.at[0]->flavour_key : NULL;
}

static enum err_code needs_of(struct call *c, const struct deploy_plan *plan, bool with_flavours,
                              struct store_use *need, struct err *err)
{
    uint32_t row = 0; /* rows are in the order of the NSD */
    struct pops pops = {.max = 64};
    pops.at = arena_alloc(&c->arena, pops.max * sizeof(pops.at[0]));
    *need = (struct store_use){.services = 1};
    for (uint32_t v = 0; v < plan->nsd->vnfd.n; v++) {
        const struct vnfd *vnfd = plan->nsd->vnfd.at[v];
        for (uint32_t k = 0; k < vnfd->vdu.n; k++, row++) {
            const char *key = flavour_key(vnfd, vnfd->vdu.at[k]);
            int64_t n = vnfd->vdu.at[k]->vnfc.n;
            need->instances += n;
            if (!with_flavours || !key || row >= plan->vdu_n)
                continue;
            enum err_code rc = add_flavour(c, &plan->vdus[row], key, n, &pops, need, err);
            if (rc != ERR_OK)
                return rc;
        }
    }
    return ERR_OK;
}

/* *ret_has_quota: else there is nothing to claim. */
static enum err_code needs_by_quota(struct call *c, const struct deploy_plan *plan,
                                    bool *ret_has_quota, struct store_use *ret, struct err *err)
{
    struct project *p;
    enum err_code rc = store_project_get(call_db(c), plan->project_id, &c->arena, &p, err);
    *ret_has_quota = rc == ERR_OK && p->quota;
    if (!*ret_has_quota)
        return rc;
    bool with_flavours = call_says(&project_quota_type, p->quota, "vcpus") ||
                         call_says(&project_quota_type, p->quota, "ram");
    return needs_of(c, plan, with_flavours, ret, err);
}

enum err_code quota_claim(struct call *c, const struct deploy_plan *plan, const char *nsr_id,
                          struct err *err)
{
    struct store_use need;
    bool has_quota;
    enum err_code rc = needs_by_quota(c, plan, &has_quota, &need, err);
    return has_quota && rc == ERR_OK
               ? store_quota_claim(call_db(c), plan->project_id, nsr_id, &need, err)
               : rc;
}

enum err_code quota_look(struct call *c, const struct deploy_plan *plan, struct err *err)
{
    struct store_use need;
    bool has_quota;
    enum err_code rc = needs_by_quota(c, plan, &has_quota, &need, err);
    return has_quota && rc == ERR_OK
               ? store_quota_claim_more(call_db(c), plan->project_id, "", &need, true, err)
               : rc;
}

enum err_code quota_claim_vnf(struct call *c, const struct deploy_plan *plan, const char *nsr_id,
                              bool is_dry, struct err *err)
{
    struct store_use need;
    bool has_quota;
    enum err_code rc = needs_by_quota(c, plan, &has_quota, &need, err);
    if (!has_quota || rc != ERR_OK)
        return rc;
    need.services = 0;
    return store_quota_claim_more(call_db(c), plan->project_id, nsr_id, &need, is_dry, err);
}

/* The largest flavour of its name where its servers are, or will be; one server. */
static enum err_code need_of_one(struct call *c, const struct vnfr *vnfr, const struct vdu *vdu,
                                 const char *pop_id, struct store_use *need, struct err *err)
{
    const char *key = vnfr_flavour_key(vnfr, vdu);
    struct pops pops = {.max = 64};
    pops.at = arena_alloc(&c->arena, pops.max * sizeof(pops.at[0]));
    for (uint32_t i = 0; key && i < (pop_id ? 1 : vdu->vnfc_instance.n); i++) {
        const char *id = pop_id ? pop_id : vdu->vnfc_instance.at[i]->vim_id;
        struct vim_instance *pop;
        struct err gone = ERR_INIT;
        const struct deployment_flavour *f =
            id && read_pop(c, &pops, id, &pop, &gone) == ERR_OK ? pop_flavour(pop, key) : NULL;
        need->vcpus = f && f->vcpus > need->vcpus ? f->vcpus : need->vcpus;
        need->ram = f && f->ram > need->ram ? f->ram : need->ram;
        if (gone.code != ERR_OK && gone.code != ERR_NOT_FOUND) {
            *err = gone;
            return gone.code;
        }
    }
    return ERR_OK;
}

/* Without a VDU: the largest of all, since the engine chooses. */
static enum err_code add_need(struct call *c, const struct vnfr *vnfr,
                              const struct plan_count *count, struct store_use *need,
                              struct err *err)
{
    struct store_use one = {0};
    enum err_code rc = ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < vnfr->vdu.n; i++)
        if (!count->vdu || strcmp(vnfr->vdu.at[i]->id, count->vdu) == 0)
            rc = need_of_one(c, vnfr, vnfr->vdu.at[i], count->pop, &one, err);
    need->instances += count->number;
    need->vcpus += count->number * one.vcpus;
    need->ram += count->number * one.ram;
    return rc;
}

static const struct vnfr *vnfr_of(const struct vnfr_list *all, const char *id)
{
    for (uint32_t i = 0; id && i < all->n; i++)
        if (strcmp(all->at[i]->id, id) == 0)
            return all->at[i];
    return all->at[0];
}

enum err_code quota_claim_more(struct call *c, const char *nsr_id, const struct vnfr_list *vnfrs,
                               const struct plan_request *plan, bool is_dry, struct err *err)
{
    struct project *p;
    struct store_use need = {0};
    const char *of = vnfrs->at[0]->project_id, *project = of ? of : c->project;
    enum err_code rc = store_project_get(call_db(c), project, &c->arena, &p, err);
    if (rc != ERR_OK || !p->quota)
        return rc == ERR_NOT_FOUND ? ERR_OK : rc; /* the engine says what is wrong */
    for (uint32_t i = 0; rc == ERR_OK && i < plan->n_counts; i++)
        rc = add_need(c, vnfr_of(vnfrs, plan->counts[i].vnfr), &plan->counts[i], &need, err);
    return rc == ERR_OK ? store_quota_claim_more(call_db(c), project, nsr_id, &need, is_dry, err)
                        : rc;
}

void quota_drop(struct api *api, const char *nsr_id)
{
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    if (store_quota_drop(db, nsr_id, &err) != ERR_OK)
        log_warn(LOG_API, "quota_share_left", KV_S("nsr", nsr_id), KV_ERR(&err));
    store_return(api->store, db);
}

/* --- looking -----------------------------------------------------------------------------------
 */

static enum err_code project_use(struct call *c, struct err *err)
{
    struct project *p;
    struct store_use use;
    const char *id = call_param(c, "id");
    enum err_code rc = store_project_get(call_db(c), id, &c->arena, &p, err);
    if (rc == ERR_OK && !session_is_everywhere(c->session) && !session_role(c->session, p->name))
        rc = err_set(err, ERR_DENIED, "Forbidden to access project %s", id);
    if (rc == ERR_OK)
        rc = store_project_use(call_db(c), id, NULL, &use, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&c->out,
              "{\"used\":{\"services\":%" PRId64 ",\"instances\":%" PRId64 ",\"vcpus\":%" PRId64
              ",\"ram\":%" PRId64 "},\"quota\":",
              use.services, use.instances, use.vcpus, use.ram);
    if (p->quota)
        call_json(c, &project_quota_type, p->quota);
    else
        sbuf_adds(&c->out, "{}");
    sbuf_addc(&c->out, '}');
    return ERR_OK;
}

static enum err_code pop_quotas(struct call *c, struct err *err)
{
    return store_pop_quotas(call_db(c), c->project, &c->out, err);
}

/* clang-format off */
const struct endpoint quota_endpoints[] = {
    {"GET", "/api/v1/projects/{id}/use", project_use, 200, API_ANY_PROJECT | API_OWN, "What a project uses, and its quota"},
    {"GET", "/api/v1/quotas",            pop_quotas,  200, API_PROJECT,               "The sum of the PoPs' quotas, and what is left of it"},
    {0},
};
/* clang-format on */
