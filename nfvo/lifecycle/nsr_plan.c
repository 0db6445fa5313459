/* The plan of a deployment. It is decided on a copy of the decision, which is thrown away: what the
 * service would be made of, and where placement would put it by what is known now.
 *
 * Its basis is "<spread>-<descriptors>-<places>": where placement begins among equal PoPs, and what was
 * read. A deployment that names it begins there, too, and is refused where one of the others would be
 * different: another text of the catalogue, another PoP. What may differ is who manages its VNFs, and
 * how full the PoPs are, as long as the servers go to the same ones. */
#include "nfvo/lifecycle/basis.h"
#include "nfvo/lifecycle/nsr.h"
#include "nfvo/lifecycle/operate_private.h"

#include <string.h>

#define SPREAD_SIZE 8

/* --- what it is made of ------------------------------------------------------------------------ */

/* Who asks, and which queue a VNFM has just now, are none of it. */
static uint64_t sum_of_request(const struct deploy_request *req)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct deploy_request lean = *req;
    lean.operation_id = lean.asked_by = lean.basis = NULL;
    lean.vnfms.n = 0;
    proto_encode(&deploy_request_type, &lean, 0, &text);
    return basis_of_text(text.s);
}

static uint64_t sum_of_places(const struct placed_list *placed, struct arena *a)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < placed->n; i++)
        sum += basis_of_text(arena_printf(a, "%s/%u/%s", placed->at[i].vnf, placed->at[i].vdu,
                                          placed->at[i].ref ? placed->at[i].ref : ""));
    return sum;
}

static const char *basis_of(const char *spread, const struct deploy_request *req,
                            const struct placed_list *placed, struct arena *a)
{
    return arena_printf(a, "%s-%s-%s", spread, basis_text(sum_of_request(req), a),
                        basis_text(sum_of_places(placed, a), a));
}

/* --- as if it were deployed --------------------------------------------------------------------- */

/* Memory is the decision's own, so what is read off it may be kept. */
static struct decision *copy_of(const struct decision *d)
{
    struct decision *copy = arena_alloc(d->arena, sizeof(*copy));
    *copy = (struct decision){.arena = d->arena,
                              .ids = d->ids,
                              .now = d->now,
                              .settings = d->settings,
                              .in = d->in,
                              .facts = d->facts};
    return copy;
}

/* NULL: it cannot be deployed; the decision's err says why. A VNF without a place is among those that
 * are placed nowhere. */
static struct nsr_model *imagine(struct decision *d, const struct deploy_request *req,
                                 struct placed_list *placed)
{
    struct decision *copy = copy_of(d);
    struct nsr_model *m = nsr_make(copy, req);
    for (uint32_t i = 0; m && i < m->n_vnfrs; i++)
        operate_place(&m->vnfrs[i], req->nsd->vnfd.at[i], placed);
    for (uint32_t i = 0; m && i < m->n_vnfrs; i++) { /* nobody has asked for a grant yet */
        m->vnfrs[i].vnfr = NULL;
        m->vnfrs[i].row->phase = VNFR_INSTANTIATING;
    }
    d->err = copy->err;
    d->unreadable = copy->unreadable;
    d->unreadable_why = copy->unreadable_why;
    return d->unreadable ? NULL : m;
}

static const struct placed *without_place(const struct placed_list *placed)
{
    for (uint32_t i = 0; i < placed->n; i++)
        if (!placed->at[i].ref)
            return &placed->at[i];
    return NULL;
}

void nsr_decide_plan(struct decision *d, const struct deploy_request *req)
{
    struct placed_list placed = {0};
    struct deploy_request with = *req;
    struct plan plan = {0};
    struct run run;
    d->outcome = DECISION_EMPTY;
    if (d->root) {
        err_set(&d->err, ERR_STATE, "there is a service with the id '%s' already", d->in->agg);
        return;
    }
    with.basis = arena_printf(d->arena, "%.*s-", SPREAD_SIZE, decision_new_id(d));
    struct nsr_model *m = imagine(d, &with, &placed);
    if (!m || !operate_run(m, &run))
        return;
    const struct operate_request asked = {.deploy = req,
                                          .asked_by = req->asked_by,
                                          .is_dry = true,
                                          .plan = {.kind = OPERATION_DEPLOY}};
    run.view = operate_view_phases(m);
    if (plan_make(run.view, &asked.plan, d->ids, d->arena, &plan, &d->err) != ERR_OK)
        return;
    for (uint32_t i = 0; i < placed.n; i++)
        if (!placed.at[i].ref)
            operate_plan_refuse(&plan, placed.at[i].why, d->arena);
    d->text = operate_show_plan(
        m, &(struct planned){.run = &run,
                             .req = &asked,
                             .plan = &plan,
                             .placed = &placed,
                             .basis = basis_of(m->st->spread, req, &placed, d->arena)});
}

/* The part of the request's basis that is about descriptors; "": it is none. */
static const char *sum_in(const char *basis, const char *spread)
{
    const char *text = spread ? basis + strlen(spread) + 1 : "";
    return strchr(text, '-') ? text : "";
}

static enum err_code compare(struct decision *d, const struct deploy_request *req, struct err *err)
{
    struct placed_list placed = {0};
    const char *spread = basis_spread(req->basis, d->arena), *name = req->nsd->name;
    const char *sum = basis_text(sum_of_request(req), d->arena),
               *theirs = sum_in(req->basis, spread);
    if (!*theirs) {
        err_set(err, ERR_INVALID, "'%.64s' is not the basis of a deployment's plan", req->basis);
        return err_hint(err, "it is a member of the plan: baton nsr create %s --plan -o json",
                        name);
    }
    if (strncmp(theirs, sum, strlen(sum)) != 0) {
        err_set(err, ERR_STATE,
                "what '%s' is made of (descriptors, packages, keys, PoPs) has changed since that "
                "plan was made",
                name);
        return err_hint(err, "plan it again: baton nsr create %s --plan", name);
    }
    if (!imagine(d, req, &placed))
        return d->err.code;
    const struct placed *nowhere = without_place(&placed);
    if (nowhere) {
        *err = nowhere->why;
        return err->code;
    }
    if (strcmp(basis_of(spread, req, &placed, d->arena), req->basis) == 0)
        return ERR_OK;
    err_set(err, ERR_STATE, "servers of '%s' would go to other PoPs now than the plan says", name);
    return err_hint(err, "see where and why: baton nsr create %s --plan", name);
}

bool nsr_is_as_planned(struct decision *d, const struct deploy_request *req)
{
    return !req->basis || compare(d, req, &d->err) == ERR_OK;
}
