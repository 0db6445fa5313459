#include "nfvo/lifecycle/vnfr.h"

#include <stdio.h>
#include <string.h>

/* "<vnf name>-<n>" as a DNS label, whatever the VNF is called: letters, digits and single dashes,
 * at most 63. EMS agents are known by the digits at its end (amqp-protocol.md 4.9, TRAP). */
static const char *hostname_of(struct decision *d, const char *vnf)
{
    char tail[24], label[64];
    size_t n = 0;
    snprintf(tail, sizeof(tail), "-%lld", (long long)d->ids->number(d->ids->ctx));
    for (; *vnf && n < sizeof(label) - 1 - strlen(tail); vnf++)
        if ((*vnf >= 'a' && *vnf <= 'z') || (*vnf >= 'A' && *vnf <= 'Z') ||
            (*vnf >= '0' && *vnf <= '9'))
            label[n++] = *vnf;
        else if (n > 0 && label[n - 1] != '-')
            label[n++] = '-';
    while (n > 0 && label[n - 1] == '-')
        n--;
    return arena_printf(d->arena, "%.*s%s", n ? (int)n : 3, n ? label : "vnf", tail);
}

struct row *vnfr_launch(struct vnfr_member *v, const struct vdu *vdu,
                        const struct vnf_component *vnfc, const char *ref)
{
    struct decision *d = v->m->d;
    struct err err = ERR_INIT;
    const char *pop_id, *zone;
    struct pop_state *pop_st;
    ref = ref ? ref : ""; /* a VDU that the grant did not see */
    pop_ref_split(d->arena, ref, &pop_id, &zone);

    struct row *row = decision_add_row(d, ROW_INSTANCE, decision_new_id(d), INSTANCE_LAUNCHING);
    row->key[INSTANCE_VNFR] = v->row->id;
    row->key[INSTANCE_POP] = pop_id;
    row->key[INSTANCE_HOSTNAME] = hostname_of(d, v->row->key[VNFR_NAME]);
    if (wants_agent(v->st->userdata))
        row->key[INSTANCE_AGENT] =
            wants_own_vhost(v->st->userdata)
                ? arena_printf(d->arena, "%s" INSTANCE_AGENT_OWN, v->st->queue)
                : v->st->queue;
    if (vnfr_flavour_key(member_vnfr(v), vdu))
        row->key[INSTANCE_FLAVOUR] = vnfr_flavour_key(member_vnfr(v), vdu);
    struct instance_state *st = proto_new(&instance_state_type, d->arena);
    st->vdu_id = vdu->id;
    st->vnfc_id = vnfc->id;
    st->pop_ref = ref;
    model_add_instance(v->m, row, st);
    nsr_note_step(v->m, v->row->key[VNFR_NAME], row->key[INSTANCE_HOSTNAME], NULL,
                  instance_phase_names[INSTANCE_LAUNCHING], NULL);

    const struct vim_instance *pop = fact_pop(d, pop_id, &pop_st);
    if (!pop)
        err_set(&err, ERR_NOT_FOUND, "PoP '%s' is not there any more", pop_id);
    if (!pop || !send_launch(v->m, &v->m->instances[v->m->n_instances - 1], v, pop, &err)) {
        row->phase = INSTANCE_GONE; /* nothing was asked for, so nothing can be there */
        if (!v->st->launch_fault)
            v->st->launch_fault = fault_from_err(&err, "nfvo", NULL, d->arena);
    }
    return row;
}

void vnfr_launch_missing(struct vnfr_member *v)
{
    struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        for (uint32_t k = 0; k < vnfr->vdu.at[i]->vnfc.n; k++)
            if (vnfr->vdu.at[i]->vnfc.at[k]->id &&
                !vnfr_has_instance(v, vnfr->vdu.at[i], vnfr->vdu.at[i]->vnfc.at[k]))
                vnfr_launch(v, vnfr->vdu.at[i], vnfr->vdu.at[i]->vnfc.at[k],
                            proto_strmap_get(&v->st->vdu_pop, vnfr->vdu.at[i]->id));
}

/* Every launch has its outcome: answer the VNFM. */
static int settled(const struct vnfr_turn *t)
{
    struct vnfr_member *v = t->v;
    if (launches_pending(v))
        return VNFR_ALLOCATING;
    if (v->st->launch_fault) {
        struct err err = ERR_INIT;
        err_set(&err, err_from_name(v->st->launch_fault->code), "%s", v->st->launch_fault->message);
        if (v->st->launch_fault->hint)
            err_hint(&err, "%s", v->st->launch_fault->hint);
        return vnfr_fail(t, &err, v->st->launch_fault->component);
    }
    vnfr_history(v, "ALLOCATE", "");
    answer_record(v, ACTION_ALLOCATE_RESOURCES);
    answer_is_the_first(v);
    return VNFR_ALLOCATED;
}

int on_allocate(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    vnfr_merge(v, t->in->msg->record);
    const char *userdata = t->in->msg->userdata;
    v->st->userdata = userdata && strcmp(userdata, "none") != 0
                          ? userdata
                          : NULL; /* Python's word for "none": 3.4 */
    remember_asker(v);
    vnfr_launch_missing(v);
    return settled(t);
}

int on_allocate_waiting(void *ctx)
{
    remember_asker(turn_vnfr(ctx));
    return VNFR_ALLOCATING;
}

int on_allocate_again(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    remember_asker(v);
    answer_record(v, ACTION_ALLOCATE_RESOURCES);
    return v->row->phase;
}

int on_launch_settled(void *ctx)
{
    return settled(ctx);
}

/* Released while launching: the VNFM's request is answered when the last outcome is known, then
 * everything goes. */
int on_undo_settled(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    return launches_pending(v) ? VNFR_UNDOING : vnfr_begin_release(v);
}
