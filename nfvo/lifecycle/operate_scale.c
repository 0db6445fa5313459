/* Scaling out: the component that is added, and who asks what for it. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "nfvo/lifecycle/placement.h"

#include <string.h>

struct vdu *operate_vdu(struct vnfr_member *v, const char *id)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        if (text_matches(vnfr->vdu.at[u]->id, id))
            return vnfr->vdu.at[u];
    return NULL;
}

/* --- SET_COMPONENT ------------------------------------------------------------------------------ */

/* As the request has it (step->before), else as the VDU's first one. */
static const struct vnf_component *model_of(struct decision *d, const struct vdu *vdu,
                                            const char *wanted)
{
    struct vnf_component *c = NULL;
    struct err err = ERR_INIT;
    if (wanted &&
        proto_decode(&vnf_component_type, wanted, strlen(wanted), 0, d->arena, &c, &err) == ERR_OK)
        return c;
    return vdu->vnfc.n ? vdu->vnfc.at[0] : NULL;
}

/* Ids of the model's connection points stay theirs. */
static struct vnfd_connection_point *copy_of(struct decision *d,
                                             const struct vnfd_connection_point *from)
{
    struct vnfd_connection_point *cp = proto_new(&vnfd_connection_point_type, d->arena);
    cp->id = decision_new_id(d);
    cp->virtual_link_reference = from->virtual_link_reference;
    cp->virtual_link_reference_id = from->virtual_link_reference_id;
    cp->floating_ip = from->floating_ip;
    cp->fixed_ip = from->fixed_ip;
    cp->chosen_pool = from->chosen_pool;
    cp->interface_id = from->interface_id;
    cp->type = from->type;
    return cp;
}

/* Addresses that belong to the one it is a copy of. */
static void leave_own(struct vnfd_connection_point *cp)
{
    cp->fixed_ip = NULL;
    if (cp->floating_ip && strcmp(cp->floating_ip, "random") != 0)
        cp->floating_ip = NULL;
}

void operate_set_component(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct decision *d = m->d;
    struct vdu *vdu = operate_vdu(v, a->step->vdu);
    const struct vnf_component *from = vdu ? model_of(d, vdu, a->step->before) : NULL;
    if (!vdu)
        return;
    struct vnf_component *c = proto_new(&vnf_component_type, d->arena);
    c->id = a->step->component;
    for (uint32_t i = 0; from && i < from->connection_point.n; i++) {
        struct vnfd_connection_point *cp = copy_of(d, from->connection_point.at[i]);
        if (!a->step->before)
            leave_own(cp);
        proto_list_add(&c->connection_point, cp, d->arena);
    }
    proto_list_add(&vdu->vnfc, c, d->arena);
    member_changed(v);
}

void operate_unset_component(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vdu *vdu = operate_vdu(v, a->step->vdu);
    uint32_t kept = 0;
    (void)m;
    for (uint32_t i = 0; vdu && i < vdu->vnfc.n; i++)
        if (!vdu->vnfc.at[i]->id || strcmp(vdu->vnfc.at[i]->id, a->step->component) != 0)
            vdu->vnfc.at[kept++] = vdu->vnfc.at[i];
    if (vdu)
        vdu->vnfc.n = kept;
    member_changed(v);
}

/* --- the message: amqp-protocol.md 3.3 ------------------------------------------------------------ */

static const struct vnf_component *component_of(struct vnfr_member *v, const struct plan_step *s)
{
    const struct vdu *vdu = operate_vdu(v, s->vdu);
    for (uint32_t i = 0; vdu && i < vdu->vnfc.n; i++)
        if (vdu->vnfc.at[i]->id && strcmp(vdu->vnfc.at[i]->id, s->component) == 0)
            return vdu->vnfc.at[i];
    return NULL;
}

/* Where the VDU's servers are, or the user wants it; placement has the last word when it is asked. */
static void add_pop(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                    const struct plan_step *s)
{
    const char *ref = s->pop ? s->pop : proto_strmap_get(&v->st->vdu_pop, s->vdu), *id, *zone;
    if (!ref)
        return;
    pop_ref_split(v->m->d->arena, ref, &id, &zone);
    sbuf_adds(body, ",\"vimInstance\":");
    decision_refer(v->m->d, places, body->len, REFERENCE_POP, id, 0, zone);
}

void operate_add_scaling(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                         const struct run_action *a)
{
    const struct plan_step *s = a->step;
    const struct lifecycle_settings *set = settings_of(v->m->d);
    const struct vnf_component *c = component_of(v, s);
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    const char *package = proto_strmap_get(&v->m->st->packages, v->row->key[VNFR_NAME]);
    if (c) {
        sbuf_adds(body, ",\"component\":");
        proto_encode(&vnf_component_type, c, PROTO_COMPLETE, body);
    }
    sbuf_addf(body, ",\"mode\":\"%s\"", s->mode ? s->mode : "");
    sbuf_adds(body, ",\"extension\":{");
    message_add_places(body, set, set->monitoring_ip);
    sbuf_addc(body, '}');
    if (dep) {
        sbuf_adds(body, ",\"dependency\":");
        proto_encode(&vnf_record_dependency_type, dep, PROTO_COMPLETE, body);
    }
    add_pop(body, places, v, s);
    if (package) {
        sbuf_adds(body, ",\"vnfPackage\":");
        decision_refer(v->m->d, places, body->len, REFERENCE_PACKAGE, package, 0, NULL);
    }
}

/* --- is there room? ------------------------------------------------------------------------------- */

/* So many of that VDU, on that PoP (NULL: anywhere), beside those before it in the plan. */
static uint32_t wanted_of(const struct plan *plan, const struct plan_step *like)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        const struct plan_step *s = &plan->steps[i];
        n += s->kind == STEP_SCALE_OUT && text_equal(s->pop, like->pop) &&
             strcmp(s->vdu, like->vdu) == 0;
    }
    return n;
}

static bool is_known_pop(const struct nsr_model *m, const char *id)
{
    return !id || strstr(m->d->root->key[NSR_POPS], id); /* ids have one length */
}

enum err_code operate_scaling_check(struct nsr_model *m, struct plan *plan, struct err *err)
{
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        const struct plan_step *s = &plan->steps[i];
        struct vnfr_member *v = model_vnfr_by_id(m, s->vnfr);
        const char *doubt;
        if (s->kind != STEP_SCALE_OUT || !v || !is_known_pop(m, s->pop))
            continue; /* nothing is known yet of a PoP that is new to the service */
        for (uint32_t u = 0; u < member_vnfr(v)->vdu.n; u++) {
            if (strcmp(v->vnfr->vdu.at[u]->id ? v->vnfr->vdu.at[u]->id : "", s->vdu) != 0)
                continue;
            enum err_code rc = placement_has_room(v, u, s->pop, wanted_of(plan, s), &doubt, err);
            if (rc != ERR_OK)
                return rc;
            if (doubt && !proto_strs_has(&plan->warnings, doubt))
                proto_list_add(&plan->warnings, doubt, m->d->arena);
        }
    }
    return ERR_OK;
}

/* --- where does it go? ---------------------------------------------------------------------------- */

/* This one, and those before it in the plan that go to the same VDU. */
static uint32_t which_of(const struct operation *op, const struct plan_step *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += op->steps[i].kind == STEP_SCALE_OUT && text_equal(op->steps[i].vdu, s->vdu);
    return n;
}

static void foretell(struct vnfr_member *v, const struct operation *op, struct plan_step *s)
{
    const struct vnfr *vnfr = member_vnfr(v);
    struct err err = ERR_INIT;
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++)
        if (text_equal(vnfr->vdu.at[u]->id, s->vdu) &&
            placement_foretell(v, u, s->pop, which_of(op, s), &s->pop, &s->reason, &err) != ERR_OK)
            s->reason = arena_strdup(v->m->d->arena, err.msg);
}

void operate_scaling_foretell(struct nsr_model *m, struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        struct plan_step *s = &op->steps[i];
        struct vnfr_member *v = s->kind == STEP_SCALE_OUT ? model_vnfr_by_id(m, s->vnfr) : NULL;
        if (v && is_known_pop(m, s->pop))
            foretell(v, op, s);
    }
}
