/* Records that come back late (operations.md, H2). A VNFM sends its copy of the record with whatever
 * it says; what an operation has removed since must not come back with it, nor an instance's state
 * that another step has set. */
#include "nfvo/lifecycle/vnfr.h"

#include "common/base/text.h"

#include <string.h>

/* What a VNFM made itself has no id in a copy of before we gave it one: its name tells then, as to
 * the merge. */
static const struct vnfc_instance *instance_of(const struct vnfr *vnfr,
                                               const struct vnfc_instance *said)
{
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        for (uint32_t i = 0; i < vnfr->vdu.at[u]->vnfc_instance.n; i++) {
            const struct vnfc_instance *x = vnfr->vdu.at[u]->vnfc_instance.at[i];
            if (said->id ? text_matches(x->id, said->id)
                         : text_matches(x->hostname, said->hostname))
                return x;
        }
    return NULL;
}

static bool has_component(const struct vnfr *vnfr, const char *id)
{
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        for (uint32_t i = 0; i < vnfr->vdu.at[u]->vnfc.n; i++) {
            const char *ours = vnfr->vdu.at[u]->vnfc.at[i]->id;
            if (ours && strcmp(ours, id) == 0)
                return true;
        }
    return false;
}

/* Ids are given by us: what has one that we do not have was removed. What a VNFM makes itself has
 * none yet. */
static void leave_out(const struct vnfr *ours, struct vdu *vdu)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < vdu->vnfc_instance.n; i++) {
        struct vnfc_instance *x = vdu->vnfc_instance.at[i];
        const struct vnfc_instance *known = instance_of(ours, x);
        if (known)
            x->state = known->state;
        if (known || !x->id)
            vdu->vnfc_instance.at[kept++] = x;
    }
    vdu->vnfc_instance.n = kept;
    kept = 0;
    for (uint32_t i = 0; i < vdu->vnfc.n; i++) {
        const char *id = vdu->vnfc.at[i]->id;
        if (!id || has_component(ours, id))
            vdu->vnfc.at[kept++] = vdu->vnfc.at[i];
    }
    vdu->vnfc.n = kept;
}

const struct vnfr *vnfr_of_now(struct vnfr_member *v, const struct vnfr *record)
{
    const struct vnfr *ours = member_vnfr(v);
    if (!ours || v->row->phase != VNFR_ACTIVE)
        return record;
    struct vnfr *copy = proto_dup(&vnfr_type, record, v->m->d->arena);
    copy->provides = NULL; /* published.h */
    for (uint32_t u = 0; u < copy->vdu.n; u++)
        leave_out(ours, copy->vdu.at[u]);
    if (copy->hb_version < ours->hb_version)
        copy->vnf_address = ours->vnf_address;
    return copy;
}
