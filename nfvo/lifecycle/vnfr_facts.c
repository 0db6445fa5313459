/* What a VNFR's row, its private document and its servers tell of it. Nothing is changed here. */
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* --- its phases -------------------------------------------------------------------------------- */

bool vnfr_is_ready_source(int phase)
{
    return phase >= VNFR_WAIT_SOURCES && phase <= VNFR_ACTIVE;
}

bool vnfr_is_leaving(const struct vnfr_member *v)
{
    return v->row->phase > VNFR_FAILED;
}

enum step_kind vnfr_in_hand(const struct vnfr_member *v)
{
    int phase = v->row->phase;
    return phase <= VNFR_ALLOCATED   ? STEP_INSTANTIATE
           : phase == VNFR_MODIFYING ? STEP_MODIFY
           : phase == VNFR_STARTING  ? STEP_START
                                     : STEP_NO;
}

bool nsr_has_failed(const struct nsr_model *m)
{
    if (m->d->root->phase == NSR_FAILED)
        return true;
    for (uint32_t i = 0; i < m->n_vnfrs;
         i++) /* what an operation makes is the operation's matter */
        if (m->vnfrs[i].row->phase == VNFR_FAILED && !m->vnfrs[i].st->by_steps)
            return true;
    return false;
}

/* --- how far it came, and why no further --------------------------------------------------------- */

/* Rows of before `reached` was kept: as far as the phase tells. */
static enum vnfr_state_word by_phase(int phase)
{
    if (phase == VNFR_ACTIVE)
        return VNFR_STATE_ACTIVE;
    return vnfr_is_ready_source(phase) || phase == VNFR_HELD ? VNFR_STATE_INITIALIZED
                                                             : VNFR_STATE_NULL;
}

enum vnfr_state_word vnfr_stable(const struct vnfr_member *v)
{
    int phase = v->row->phase;
    if (phase == VNFR_GONE)
        return VNFR_STATE_GONE;
    if (v->st->emptied) /* whatever it was */
        return VNFR_STATE_NULL;
    for (int i = 0; v->st->stable && i < VNFR_STATE_N; i++)
        if (strcmp(v->st->stable, vnfr_state_words[i]) == 0)
            return i;
    for (int i = 0; phase != VNFR_ACTIVE && v->st->reached && i < VNFR_STATE_N; i++)
        if (strcmp(v->st->reached, vnfr_state_words[i]) == 0)
            return i;
    return by_phase(phase);
}

static int phase_named(const char *word)
{
    for (int i = 0; word && i < VNFR_PHASE_N; i++)
        if (strcmp(word, vnfr_phase_names[i]) == 0)
            return i;
    return -1;
}

int vnfr_failed_in(const struct vnfr_member *v)
{
    return phase_named(v->st->failed_in);
}

enum fault_cause vnfr_failed_by(const struct vnfr_member *v)
{
    for (int i = 0; v->st->failed_by && i < CAUSE_N; i++)
        if (strcmp(v->st->failed_by, fault_cause_words[i]) == 0)
            return i;
    return CAUSE_NONE;
}

bool vnfr_has_resources(const struct vnfr_member *v)
{
    return v->st->emptied || (v->row->phase == VNFR_FAILED && vnfr_failed_in(v) >= VNFR_ALLOCATED);
}

/* --- its servers ------------------------------------------------------------------------------- */

static bool belongs(const struct instance_member *i, const struct vnfr_member *v)
{
    return strcmp(i->row->key[INSTANCE_VNFR], v->row->id) == 0;
}

bool launches_pending(const struct vnfr_member *v)
{
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (belongs(&v->m->instances[i], v) &&
            (v->m->instances[i].row->phase == INSTANCE_LAUNCHING ||
             v->m->instances[i].row->phase == INSTANCE_DOUBT))
            return true;
    return false;
}

bool vnfr_has_servers(const struct vnfr_member *v)
{
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (belongs(&v->m->instances[i], v) && v->m->instances[i].row->phase != INSTANCE_GONE)
            return true;
    return false;
}

bool vnfr_has_instance(const struct vnfr_member *v, const struct vdu *vdu,
                       const struct vnf_component *vnfc)
{
    for (uint32_t i = 0; i < vdu->vnfc_instance.n; i++)
        if (vdu->vnfc_instance.at[i]->vnf_component &&
            vdu->vnfc_instance.at[i]->vnf_component->id &&
            strcmp(vdu->vnfc_instance.at[i]->vnf_component->id, vnfc->id) == 0)
            return true;
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (belongs(&v->m->instances[i], v) && v->m->instances[i].st->vnfc_id &&
            v->m->instances[i].row->phase < INSTANCE_FAILED && /* others are told to go */
            strcmp(v->m->instances[i].st->vnfc_id, vnfc->id) == 0)
            return true;
    return false;
}

bool vnfr_allocated_by_us(struct nsr_model *m, const struct vnfc_instance *instance)
{
    const struct instance_member *i = model_instance_by_id(m, instance->id);
    return i && !i->st->owner;
}

/* Of ours, or such as the VNFM made itself: both have scripts to run. */
static bool has_instances(struct vnfr_member *v)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; vnfr && i < vnfr->vdu.n; i++)
        for (uint32_t k = 0; k < vnfr->vdu.at[i]->vnfc_instance.n; k++)
            if (!model_instance_by_id(v->m, vnfr->vdu.at[i]->vnfc_instance.at[k]->id))
                return true;
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (strcmp(v->m->instances[i].row->key[INSTANCE_VNFR], v->row->id) == 0 &&
            v->m->instances[i].row->phase != INSTANCE_GONE)
            return true;
    return false;
}

bool vnfr_has_terminate_scripts(struct vnfr_member *v)
{
    const struct vnfr *vnfr = has_instances(v) ? member_vnfr(v) : NULL;
    for (uint32_t i = 0; vnfr && i < vnfr->lifecycle_event.n; i++) {
        const struct lifecycle_event *e = vnfr->lifecycle_event.at[i];
        if (e->event && strcmp(e->event, "TERMINATE") == 0 && e->lifecycle_events.n)
            return true;
    }
    return false;
}
