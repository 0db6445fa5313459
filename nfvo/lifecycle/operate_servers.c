/* Servers in the course of operations: deleted, and taken out of the records. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* --- DELETE ------------------------------------------------------------------------------------ */

/* All of the VNFR where the step names none. */
static bool is_meant(const struct instance_member *i, const struct plan_step *s)
{
    return s->kind != STEP_INSTANTIATE ? s->instance && strcmp(i->row->id, s->instance) == 0
                                       : strcmp(i->row->key[INSTANCE_VNFR], s->vnfr) == 0;
}

/* A launch that is under way ends first. */
static void go_on(struct nsr_model *m, struct instance_member *i)
{
    if (i->row->phase == INSTANCE_UP || i->row->phase == INSTANCE_FAILED)
        instance_delete(m, i);
}

void operate_delete(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    (void)v;
    for (uint32_t k = 0; k < m->n_instances; k++)
        if (is_meant(&m->instances[k], a->step))
            go_on(m, &m->instances[k]);
}

bool operate_is_deleted(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                        struct step_news *ret)
{
    bool is_over = true;
    (void)v;
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (!is_meant(i, s))
            continue;
        go_on(m, i);
        is_over = is_over && i->row->phase == INSTANCE_GONE;
    }
    *ret = (struct step_news){.event = STEP_EV_OK};
    return is_over;
}

/* --- DROP_INSTANCE ----------------------------------------------------------------------------- */

static void forget_addresses(struct vnfr *vnfr, const struct ip_list *ips)
{
    for (uint32_t k = 0; k < ips->n; k++) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < vnfr->vnf_address.n; i++)
            if (!ips->at[k]->ip || strcmp(vnfr->vnf_address.at[i], ips->at[k]->ip) != 0)
                vnfr->vnf_address.at[kept++] = vnfr->vnf_address.at[i];
        vnfr->vnf_address.n = kept;
    }
}

/* component: goes with it; NULL: none does. */
static void leave_vdu(struct vdu *vdu, const char *instance, const char *component)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < vdu->vnfc_instance.n; i++)
        if (!vdu->vnfc_instance.at[i]->id || strcmp(vdu->vnfc_instance.at[i]->id, instance) != 0)
            vdu->vnfc_instance.at[kept++] = vdu->vnfc_instance.at[i];
    vdu->vnfc_instance.n = kept;
    kept = 0;
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (!component || !vdu->vnfc.at[i]->id || strcmp(vdu->vnfc.at[i]->id, component) != 0)
            vdu->vnfc.at[kept++] = vdu->vnfc.at[i];
    vdu->vnfc.n = kept;
}

static void leave_rows(struct nsr_model *m, const char *instance)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member i = m->instances[k];
        if (strcmp(i.row->id, instance) == 0)
            i.row->mark = i.row->mark == ROW_NEW ? ROW_CLEAN : ROW_GONE;
        else
            m->instances[kept++] = i;
    }
    m->n_instances = kept;
}

void operate_forget_instance(struct nsr_model *m, struct vnfr_member *v, const char *instance,
                             const char *component)
{
    const struct vnfc_instance *x = operate_instance(v, instance);
    struct vnfr *vnfr = member_vnfr(v);
    if (x) {
        forget_addresses(vnfr, &x->ips);
        forget_addresses(vnfr, &x->floating_ips);
    }
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        leave_vdu(vnfr->vdu.at[u], instance, component);
    operate_forget_everywhere(m, instance);
    leave_rows(m, instance);
    member_changed(v);
}

void operate_drop_instance(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    const struct plan_step *s = a->step;
    const struct vnfc_instance *x = operate_instance(v, s->instance);
    const char *component = x && x->vnf_component ? x->vnf_component->id : s->component;
    if (!s->instance)
        return; /* none was made; SET_COMPONENT is undone by itself */
    /* One that is undone in order to go out again fills its component anew. */
    operate_forget_instance(m, v, s->instance, a->is_anew ? NULL : component);
    if (s->kind == STEP_SCALE_OUT)
        a->step->instance = NULL; /* the next attempt makes another one */
}
