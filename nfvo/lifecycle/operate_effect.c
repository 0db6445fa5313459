/* What a step that is done, or undone, makes of its VNFR's record: states of instances, and its own. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

static bool is_word(const char *state, enum instance_state_word word)
{
    return state && strcmp(state, instance_state_words[word]) == 0;
}

/* Whole START and STOP leave STANDBY and FAILED instances alone (O5). */
void operate_set_instances(struct vnfr_member *v, const char *id, enum instance_state_word to)
{
    struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        for (uint32_t k = 0; k < vnfr->vdu.at[u]->vnfc_instance.n; k++) {
            struct vnfc_instance *x = vnfr->vdu.at[u]->vnfc_instance.at[k];
            bool is_meant = id ? x->id && strcmp(x->id, id) == 0
                               : !is_word(x->state, INSTANCE_STATE_STANDBY) &&
                                     !is_word(x->state, INSTANCE_STATE_FAILED);
            if (is_meant && !(to == INSTANCE_STATE_ACTIVE && operate_is_empty(v->m, x)))
                x->state = instance_state_words[to];
        }
    member_changed(v);
}

static bool any_active(struct vnfr_member *v)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        for (uint32_t k = 0; k < vnfr->vdu.at[u]->vnfc_instance.n; k++)
            if (is_word(vnfr->vdu.at[u]->vnfc_instance.at[k]->state, INSTANCE_STATE_ACTIVE))
                return true;
    return false;
}

/* No instance serves, and one would, had it been healed. */
static bool awaits_heal(struct vnfr_member *v)
{
    for (uint32_t k = 0; k < v->m->n_instances; k++) {
        const struct instance_member *i = &v->m->instances[k];
        if (i->st->emptied && strcmp(i->row->key[INSTANCE_VNFR], v->row->id) == 0)
            return !any_active(v);
    }
    return false;
}

void operate_set_stable(struct vnfr_member *v, enum vnfr_state_word to)
{
    if (v->row->phase != VNFR_ACTIVE) /* how far its deployment came is its machine's */
        return;
    if (to == VNFR_STATE_ACTIVE && awaits_heal(v))
        to = VNFR_STATE_INACTIVE;
    v->st->stable = to == VNFR_STATE_ACTIVE ? NULL : vnfr_state_words[to];
    if (v->st->by_steps)
        v->st->reached = vnfr_state_words[to];
    v->st->by_steps = v->st->by_steps && to != VNFR_STATE_ACTIVE;
    member_changed(v);
}

static bool installs_again(const struct operation *op, const struct vnfr_member *v)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if (op->steps[i].kind == STEP_REINSTANTIATE && text_matches(op->steps[i].vnfr, v->row->id))
            return true;
    return false;
}

static bool serves(const struct vnfc_instance *x)
{
    return x && !is_word(x->state, INSTANCE_STATE_STANDBY) &&
           !is_word(x->state, INSTANCE_STATE_FAILED) && !is_word(x->state, INSTANCE_STATE_INACTIVE);
}

void operate_empty(struct vnfr_member *v, const struct operation *op, const char *id)
{
    struct instance_member *i = model_instance_by_id(v->m, id);
    struct vnfc_instance *x = operate_instance(v, id);
    if (!i || !serves(x) || installs_again(op, v))
        return;
    x->state = instance_state_words[INSTANCE_STATE_INACTIVE];
    i->st->emptied = true;
    row_touch(i->row);
    if (vnfr_stable(v) == VNFR_STATE_ACTIVE && !any_active(v))
        operate_set_stable(v, VNFR_STATE_INACTIVE);
    member_changed(v);
}

/* Its HEAL is done. One that was marked FAILED meanwhile stays so. */
void operate_fill(struct vnfr_member *v, const char *id)
{
    struct instance_member *i = model_instance_by_id(v->m, id);
    struct vnfc_instance *x = operate_instance(v, id);
    if (!i || !i->st->emptied)
        return;
    if (x && is_word(x->state, INSTANCE_STATE_INACTIVE))
        x->state = instance_state_words[INSTANCE_STATE_ACTIVE];
    i->st->emptied = false;
    row_touch(i->row);
    member_changed(v);
}

/* The whole VNF is installed again: its START makes them ACTIVE. */
static void all_installed(struct vnfr_member *v)
{
    for (uint32_t k = 0; k < v->m->n_instances; k++) {
        struct instance_member *i = &v->m->instances[k];
        if (!i->st->emptied || strcmp(i->row->key[INSTANCE_VNFR], v->row->id) != 0)
            continue;
        i->st->emptied = false;
        row_touch(i->row);
    }
}

/* Of one that FAILED, too: what was installed and configured before is not there any more. */
static void set_initialized(struct vnfr_member *v)
{
    if (v->st->emptied && v->row->phase == VNFR_FAILED)
        v->st->reached = vnfr_state_words[VNFR_STATE_INITIALIZED];
    v->st->emptied = false;
    all_installed(v);
    operate_set_stable(v, VNFR_STATE_INITIALIZED);
    member_changed(v);
}

static void apply(struct vnfr_member *v, const struct operation *op, enum step_effect effect)
{
    switch (effect) {
    case EFFECT_EMPTIED:
        v->st->emptied = v->st->emptied || installs_again(op, v);
        member_changed(v);
        break;
    case EFFECT_INITIALIZED:
        set_initialized(v);
        break;
    case EFFECT_INACTIVE:
        operate_set_stable(v, VNFR_STATE_INACTIVE);
        break;
    case EFFECT_ACTIVE:
        operate_set_stable(v, VNFR_STATE_ACTIVE);
        break;
    case EFFECT_INACTIVE_IF_NONE:
        if (!any_active(v))
            operate_set_stable(v, VNFR_STATE_INACTIVE);
        break;
    case EFFECT_ACTIVE_IF_ANY:
        if (any_active(v) && !v->st->broken)
            operate_set_stable(v, VNFR_STATE_ACTIVE);
        break;
    default:
        break;
    }
}

void operate_effect_again(struct vnfr_member *v, const struct run_action *a, enum step_kind kind)
{
    const struct step_kind_row *row = &step_kinds[kind];
    apply(v, a->op, a->step->instance ? row->effect_instance : row->effect);
}

/* What the request of that kind does to the record. */
void operate_effect(struct vnfr_member *v, const struct run_action *a, enum step_kind kind)
{
    const struct plan_step *s = a->step;
    if (kind == STEP_REBUILD && s->instance)
        operate_empty(v, a->op, s->instance);
    if (kind == STEP_SCALE_OUT && s->instance)
        operate_set_instances(v, s->instance,
                              s->mode ? INSTANCE_STATE_STANDBY : INSTANCE_STATE_ACTIVE);
    if (kind == STEP_START || kind == STEP_STOP)
        operate_set_instances(v, s->instance,
                              kind == STEP_START ? INSTANCE_STATE_ACTIVE : INSTANCE_STATE_INACTIVE);
    operate_effect_again(v, a, kind);
}
