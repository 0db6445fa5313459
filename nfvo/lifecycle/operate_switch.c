/* SWITCH: an instance that stands by takes the place of one that failed. */
#include "nfvo/lifecycle/operate_private.h"

#include <string.h>

void operate_mark_failed(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vnfc_instance *x = operate_instance(v, a->step->instance);
    (void)m;
    if (!x)
        return;
    a->step->before = x->state;
    x->state = instance_state_words[INSTANCE_STATE_FAILED];
    member_changed(v);
}

/* What MARK_FAILED made INACTIVE, since no other instance was ACTIVE, is ACTIVE again. */
void operate_unmark(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vnfc_instance *x = operate_instance(v, a->step->instance);
    (void)m;
    if (!x)
        return;
    x->state = a->step->before;
    if (x->state && strcmp(x->state, instance_state_words[INSTANCE_STATE_ACTIVE]) == 0)
        v->st->stable = NULL;
    member_changed(v);
}

void operate_activate(struct vnfr_member *v, const struct plan_step *s)
{
    struct vnfc_instance *x = operate_instance(v, s->instance);
    bool is_switched = s->before && strcmp(s->before, OPERATE_CAUSE_SWITCH) == 0;
    if (!is_switched || !x || !x->state ||
        strcmp(x->state, instance_state_words[INSTANCE_STATE_STANDBY]) != 0)
        return;
    x->state = instance_state_words[INSTANCE_STATE_ACTIVE];
    member_changed(v);
}
