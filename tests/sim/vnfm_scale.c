/* A VNFM that is asked for one more instance: amqp-protocol.md 4.7. */
#include "tests/sim/cloud.h"

#include <string.h>

const struct vnfc_instance *vnfm_instance_of(const struct vnfr *record, const char *component)
{
    for (uint32_t u = 0; u < record->vdu.n; u++)
        for (uint32_t i = 0; i < record->vdu.at[u]->vnfc_instance.n; i++) {
            const struct vnfc_instance *x = record->vdu.at[u]->vnfc_instance.at[i];
            if (x->vnf_component && x->vnf_component->id &&
                strcmp(x->vnf_component->id, component) == 0)
                return x;
        }
    return NULL;
}

static struct vdu *vdu_with(const struct vnfr *record, const char *component)
{
    for (uint32_t u = 0; u < record->vdu.n; u++)
        for (uint32_t i = 0; i < record->vdu.at[u]->vnfc.n; i++)
            if (record->vdu.at[u]->vnfc.at[i]->id &&
                strcmp(record->vdu.at[u]->vnfc.at[i]->id, component) == 0)
                return record->vdu.at[u];
    return NULL;
}

const char *vnfm_scale_lacks(const struct or_vnfm *rq, const struct vnfr *record)
{
    static const char *const extension[] = {"brokerIp", "brokerPort", "monitoringIp", "timezone"};
    if (!record || !record->id)
        return "the record";
    if (!rq->component || !rq->component->id || rq->component->connection_point.n == 0)
        return "the component, its id or its connection points";
    if (!vdu_with(record, rq->component->id))
        return "a VDU with the component";
    for (size_t i = 0; i < ARRAY_LEN(extension); i++)
        if (!proto_strmap_get(&rq->extension, extension[i]))
            return extension[i];
    return NULL;
}

struct vnfr *vnfm_scale_itself(struct vnfm *v, const struct vnfr *record, const char *component)
{
    struct arena *a = &v->s->arena;
    struct vnfr *own = proto_dup(&vnfr_type, record, a);
    struct vdu *vdu = vdu_with(own, component);
    struct vnfc_instance *x = proto_new(&vnfc_instance_type, a);
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (vdu->vnfc.at[i]->id && strcmp(vdu->vnfc.at[i]->id, component) == 0)
            x->vnf_component = vdu->vnfc.at[i];
    x->id = "made-by-its-vnfm"; /* of any service: nobody may take it for an id of ours */
    x->hostname = arena_printf(a, "self-%s", record->name);
    x->vc_id = arena_printf(a, "container-%.8s", component);
    x->state = "ACTIVE";
    proto_list_add(&vdu->vnfc_instance, x, a);
    return own;
}
