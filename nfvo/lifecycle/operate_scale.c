/* Scaling out: the component that is added, and who asks what for it. */
#include "nfvo/lifecycle/operate_private.h"

#include <string.h>

static struct vdu *vdu_of(struct vnfr_member *v, const char *id)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        if (vnfr->vdu.at[u]->id && id && strcmp(vnfr->vdu.at[u]->id, id) == 0)
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
    cp->chosen_pool = from->chosen_pool;
    cp->interface_id = from->interface_id;
    cp->type = from->type;
    return cp;
}

void operate_set_component(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct decision *d = m->d;
    struct vdu *vdu = vdu_of(v, a->step->vdu);
    const struct vnf_component *from = vdu ? model_of(d, vdu, a->step->before) : NULL;
    if (!vdu)
        return;
    struct vnf_component *c = proto_new(&vnf_component_type, d->arena);
    c->id = a->step->component;
    for (uint32_t i = 0; from && i < from->connection_point.n; i++)
        proto_list_add(&c->connection_point, copy_of(d, from->connection_point.at[i]), d->arena);
    proto_list_add(&vdu->vnfc, c, d->arena);
    member_changed(v);
}

void operate_unset_component(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vdu *vdu = vdu_of(v, a->step->vdu);
    uint32_t kept = 0;
    (void)m;
    for (uint32_t i = 0; vdu && i < vdu->vnfc.n; i++)
        if (!vdu->vnfc.at[i]->id || strcmp(vdu->vnfc.at[i]->id, a->step->component) != 0)
            vdu->vnfc.at[kept++] = vdu->vnfc.at[i];
    if (vdu)
        vdu->vnfc.n = kept;
    member_changed(v);
}
