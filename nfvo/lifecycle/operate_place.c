/* Where the servers of a VNF that is not there yet would go: placement's own choice, on a record as its
 * VNFM would send it with GRANT_OPERATION. */
#include "nfvo/lifecycle/nsr.h"
#include "nfvo/lifecycle/operate_private.h"
#include "nfvo/lifecycle/placement.h"

#include <string.h>

/* VDUs keep the descriptor's ids, by which they are known again. */
static struct vnfr *as_asked_for(struct vnfr_member *v, const struct vnfd *vnfd)
{
    struct arena *a = v->m->d->arena;
    struct vnfr *r = proto_new(&vnfr_type, a);
    r->id = v->row->id;
    r->name = vnfd->name;
    if (vnfd->deployment_flavour.n)
        r->deployment_flavour_key = vnfd->deployment_flavour.at[0]->flavour_key;
    for (uint32_t i = 0; i < vnfd->vdu.n; i++) {
        struct vdu *u = proto_dup(&vdu_type, vnfd->vdu.at[i], a);
        u->parent_vdu = u->id;
        u->id = u->id ? u->id : decision_new_id(v->m->d);
        proto_list_add(&r->vdu, u, a);
    }
    return r;
}

static void add(struct placed_list *ret, const struct placed *one, struct arena *a)
{
    ret->at = arena_grow_array(a, ret->at, ret->n, sizeof(*ret->at));
    ret->at[ret->n++] = *one;
}

void operate_place(struct vnfr_member *v, const struct vnfd *vnfd, struct placed_list *ret)
{
    struct arena *a = v->m->d->arena;
    struct err why = ERR_INIT;
    v->vnfr = as_asked_for(v, vnfd);
    v->row->phase = VNFR_GRANTING; /* so those that are placed after it leave it its share */
    enum err_code rc = placement_choose(v, &why);
    if (rc != ERR_OK)
        err_add(&why, "VNF '%s'", vnfd->name);
    for (uint32_t i = 0; i < v->vnfr->vdu.n; i++) {
        struct placed one = {.vnf = vnfd->name, .vdu = i};
        if (rc == ERR_OK) {
            one.ref = proto_strmap_get(&v->st->vdu_pop, v->vnfr->vdu.at[i]->id);
            one.reason = placement_why(v, i, &one.doubt);
        } else {
            one.why = why;
        }
        add(ret, &one, a);
    }
}

/* The model is the batch's, which other intents go on with: it is looked at through a copy. */
void operate_place_added(struct nsr_model *m, const struct deploy_request *req,
                         struct placed_list *ret)
{
    struct arena *a = m->d->arena;
    const struct vnfd *vnfd = req->nsd->vnfd.at[0];
    struct nsr_model copy = *m;
    struct nsr_state st = *m->st;
    struct row row = {.kind = ROW_VNFR, .id = decision_new_id(m->d), .doc = "", .state = ""};
    copy.st = &st;
    copy.vnfrs = arena_alloc(a, (m->n_vnfrs + 1) * sizeof(*copy.vnfrs));
    memcpy(copy.vnfrs, m->vnfrs, m->n_vnfrs * sizeof(*copy.vnfrs));
    row.key[VNFR_NAME] = vnfd->name;
    struct vnfr_member *v = &copy.vnfrs[copy.n_vnfrs++];
    *v = (struct vnfr_member){.m = &copy, .row = &row, .st = proto_new(&vnfr_state_type, a)};
    nsr_know_places(&copy, req);
    operate_place(v, vnfd, ret);
}
