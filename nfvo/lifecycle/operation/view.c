#include "nfvo/lifecycle/operation/view.h"

#include <string.h>

#define X(word) #word,
const char *const vnfr_state_words[VNFR_STATE_N] = {VNFR_STATES(X)};
const char *const instance_state_words[INSTANCE_STATE_N] = {INSTANCE_STATES(X)};
#undef X

const struct view_vnfr *view_vnfr(const struct service_view *view, const char *id)
{
    for (uint32_t i = 0; id && i < view->n_vnfrs; i++)
        if (strcmp(view->vnfrs[i].id, id) == 0)
            return &view->vnfrs[i];
    return NULL;
}

const struct view_instance *view_instance(const struct view_vnfr *v, const char *id)
{
    for (uint32_t i = 0; id && i < v->n_instances; i++)
        if (strcmp(v->instances[i].id, id) == 0)
            return &v->instances[i];
    return NULL;
}

const struct view_vdu *view_vdu(const struct view_vnfr *v, const char *id)
{
    for (uint32_t i = 0; id && i < v->n_vdus; i++)
        if (strcmp(v->vdus[i].id, id) == 0)
            return &v->vdus[i];
    return NULL;
}

bool view_depends(const struct view_vnfr *target, uint32_t source)
{
    for (uint32_t i = 0; i < target->n_sources; i++)
        if (target->sources[i] == source)
            return true;
    return false;
}

uint32_t view_index(const struct service_view *view, const struct view_vnfr *v)
{
    return (uint32_t)(v - view->vnfrs);
}

/* A weight is a sum over paths, so it can grow as 2^n: it stays at this. */
#define WEIGHT_MAX 1000000000u

/* Sources come first: as many rounds as the longest chain, each over all edges. */
void view_weights(const struct service_view *view, uint32_t *weights)
{
    memset(weights, 0, view->n_vnfrs * sizeof(*weights));
    for (uint32_t round = 0; round < view->n_vnfrs; round++) {
        bool is_changed = false;
        for (uint32_t i = 0; i < view->n_vnfrs; i++) {
            const struct view_vnfr *v = &view->vnfrs[i];
            uint64_t sum = v->n_sources;
            for (uint32_t k = 0; k < v->n_sources; k++)
                sum += weights[v->sources[k]];
            sum = sum < WEIGHT_MAX ? sum : WEIGHT_MAX;
            is_changed = is_changed || sum != weights[i];
            weights[i] = (uint32_t)sum;
        }
        if (!is_changed)
            return;
    }
}

bool instance_is_there(const struct view_instance *i)
{
    return i->state != INSTANCE_STATE_GONE && i->state != INSTANCE_STATE_DELETING;
}
