/* RESUME: what failed of a deployment goes on from there. Its plan is DEPLOY's, less what is done;
 * the VNFRs' machines do the steps, as in the deployment, and the service stays FAILED until all
 * are ACTIVE: so no machine goes on by itself, and the plan keeps the order. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/claims.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

bool operate_is_resuming(struct nsr_model *m)
{
    const struct operations *all = model_operations(m);
    for (uint32_t i = 0; all && i < all->n; i++)
        if (operate_resumes(all->at[i]) && all->at[i]->state == OPERATION_STATE_PROCESSING &&
            !run_is_failing(all->at[i]))
            return true;
    return false;
}

static bool is_life_failure(const struct operation *op)
{
    return operation_is_life(op) && op->kind != OPERATION_RELEASE && !op->superseded_by &&
           (op->state == OPERATION_STATE_FAILED_TEMP ||
            (op->state == OPERATION_STATE_PROCESSING && run_is_failing(op)));
}

static bool has_life_failure(const struct operations *all)
{
    for (uint32_t i = 0; all && i < all->n; i++)
        if (is_life_failure(all->at[i]))
            return true;
    return false;
}

/* Of class SIDE: they leave the service ACTIVE, and have a verb of their own. */
static const struct operation *waits_for_a_person(const struct operations *all)
{
    for (uint32_t i = 0; all && i < all->n; i++)
        if (all->at[i]->state == OPERATION_STATE_FAILED_TEMP && !operation_is_life(all->at[i]))
            return all->at[i];
    return NULL;
}

enum err_code operate_resume_check(struct nsr_model *m, struct err *err)
{
    bool is_broken = m->d->root->phase == NSR_FAILED;
    const struct operations *all = model_operations(m);
    const struct vnfr_member *half = NULL; /* its removal failed, and was given up */
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (!vnfr_is_leaving(&m->vnfrs[i]))
            is_broken = is_broken || m->vnfrs[i].st->broken;
        else
            half = &m->vnfrs[i];
    if (m->d->root->phase <= NSR_FAILED && (is_broken || has_life_failure(all)))
        return ERR_OK;
    err_set(err, ERR_NOT_FOUND, "NSR is not in ERROR status");
    const struct operation *other = waits_for_a_person(all);
    if (other)
        return err_hint(err, "what waits for you: baton op retry %s", other->id);
    return half ? err_hint(err, "VNF '%s' is half removed: baton nsr remove-vnf %s %s",
                           half->row->key[VNFR_NAME], m->d->root->key[NSR_NAME],
                           half->row->key[VNFR_NAME])
                : err->code;
}

static const struct vnfd *vnfd_named(const struct deploy_request *req, const char *name)
{
    for (uint32_t i = 0; req && i < req->nsd->vnfd.n; i++)
        if (req->nsd->vnfd.at[i]->name && strcmp(req->nsd->vnfd.at[i]->name, name) == 0)
            return req->nsd->vnfd.at[i];
    return NULL;
}

static const char *deployment_of(struct nsr_model *m, const struct deploy_request *req,
                                 const struct vnfd *vnfd)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct nsd nsd = {.name = req->nsd->name, .version = req->nsd->version};
    struct deploy_request one = {
        .nsd = &nsd, .project_id = req->project_id, .packages = req->packages};
    struct vnfd copy = *vnfd, *at = &copy;
    copy.configurations = NULL; /* those of the deployment are kept (vnfr_resume.c) */
    nsd.vnfd = (struct vnfd_list){.at = &at, .n = 1};
    proto_encode(&deploy_request_type, &one, PROTO_LEAN, &text);
    return arena_strndup(m->d->arena, text.s, text.len);
}

enum err_code operate_resume_take(struct nsr_model *m, struct operation *op,
                                  const struct operate_request *req, struct err *err)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        const struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
        if (s->kind != STEP_INSTANTIATE || !v || v->row->phase != VNFR_FAILED)
            continue;
        const struct vnfd *vnfd = vnfd_named(req->deploy, s->name);
        if (vnfd)
            s->before = deployment_of(m, req->deploy, vnfd);
        else if (s->form != FORM_RESUME) {
            err_set(err, ERR_STATE, "VNF '%s' has to be instantiated anew, and cannot: %s", s->name,
                    req->no_deploy ? req->no_deploy : "its descriptor is not there any more");
            return err_hint(err, "delete the service: baton nsr delete %s",
                            m->d->root->key[NSR_NAME]);
        }
    }
    return ERR_OK;
}

/* Each of them, or none: what one of them refuses is told. */
struct operation *operate_resume_open(struct nsr_model *m, struct run *run,
                                      const struct operate_request *req, struct err *err)
{
    const struct run_ask ask = {.consent = req->plan.consent, .by = req->asked_by};
    struct operation *first = NULL;
    for (uint32_t i = 0; i < run->operations->n; i++) {
        struct operation *op = run->operations->at[i];
        if (!is_life_failure(op))
            continue;
        if (run_may(run, op, OPERATION_EV_RETRY, &ask, err) != ERR_OK ||
            operation_reclaim(run, op, err) != ERR_OK)
            return NULL;
        first = first ? first : op;
    }
    for (uint32_t i = 0; first && !req->is_dry && i < run->operations->n; i++)
        if (is_life_failure(run->operations->at[i]) &&
            run_verb(run, run->operations->at[i], OPERATION_EV_RETRY, &ask, err) != ERR_OK)
            return NULL;
    if (first && !req->is_dry)
        operate_due(m, run);
    return first;
}
