/* What a VNFM says, in the manner of its SDK. */
#include "common/base/sbuf.h"
#include "tests/sim/cloud.h"

#include <string.h>

/* The SDKs' record factories: everything of the VNFD, no ids (amqp-protocol.md 4.3). */
struct vnfr *vnfm_build_record(struct vnfm *v, const struct vnfd *vnfd, const char *nsr)
{
    struct arena *a = &v->s->arena;
    struct vnfr *r = proto_new(&vnfr_type, a);
    r->parent_ns_id = nsr;
    r->name = vnfd->name;
    r->type = vnfd->type;
    r->endpoint = vnfd->endpoint;
    r->vendor = vnfd->vendor;
    r->version = vnfd->version;
    r->descriptor_reference = vnfd->id;
    r->package_id = vnfd->vnf_package_location;
    r->virtual_link = vnfd->virtual_link;
    r->lifecycle_event = vnfd->lifecycle_event;
    r->configurations = vnfd->configurations;
    for (uint32_t i = 0; i < vnfd->vdu.n; i++) {
        struct vdu *u = proto_dup(&vdu_type, vnfd->vdu.at[i], a);
        u->parent_vdu = u->id;
        u->id = NULL;
        if (v->manner == MANNER_GO) { /* its factory forgets both: decisions.md D24 */
            u->name = "";
            u->computation_requirement = "";
        }
        for (uint32_t k = 0; k < u->vnfc.n; k++)
            u->vnfc.at[k]->id = NULL;
        proto_list_add(&r->vdu, u, a);
    }
    return r;
}

/* As the Docker VNFM: instances of its own, no server at a driver. */
void vnfm_allocate_itself(struct vnfm *v, struct vnfr *record)
{
    struct arena *a = &v->s->arena;
    for (uint32_t i = 0; i < record->vdu.n; i++)
        for (uint32_t k = 0; k < record->vdu.at[i]->vnfc.n; k++) {
            struct vnfc_instance *in = proto_new(&vnfc_instance_type, a);
            in->hostname = arena_printf(a, "self-%s-%u", record->name, k);
            in->vc_id = arena_printf(a, "container-%u", k);
            in->state = "ACTIVE";
            in->vnf_component = record->vdu.at[i]->vnfc.at[k];
            proto_list_add(&record->vdu.at[i]->vnfc_instance, in, a);
        }
}

/* Go: nulls for what is empty, and its own name of one member. Python: provides without parameters.
 */
static void add_record(struct vnfm *v, struct sbuf *out, const struct vnfr *record)
{
    size_t at = out->len;
    if (!record) {
        sbuf_adds(out, "null");
        return;
    }
    if (v->manner == MANNER_GO)
        sbuf_adds(
            out,
            "{\"lifecycle_event_history\":null,\"vnf_address\":null,\"auto_scale_policy\":null,"
            "\"cyclic_dependency\":false");
    else if (v->manner == MANNER_PYTHON)
        sbuf_adds(out, "{\"audit_log\":null,\"localization\":null,\"task\":null");
    bool begun = out->len > at;
    size_t from = out->len;
    proto_encode(&vnfr_type, record, v->manner == MANNER_GO ? 0 : PROTO_COMPLETE, out);
    if (begun) /* the record's own brace becomes the comma behind what was written */
        out->s[from] = out->s[from + 1] == '}' ? ' ' : ',';
}

const char *vnfm_message(struct vnfm *v, enum action action, const struct vnfr *record,
                         const struct or_vnfm *grant)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    sbuf_addf(&b, "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":", action_word(action));
    add_record(v, &b, record);
    if (action == ACTION_ALLOCATE_RESOURCES) {
        sbuf_adds(&b, ",\"vimInstances\":");
        const char *sep = "{";
        for (uint32_t i = 0; grant && i < grant->vdu_vim.n; i++) {
            sbuf_addf(&b, "%s\"%s\":{\"id\":\"%s\"}", sep, grant->vdu_vim.at[i].key,
                      grant->vdu_vim.at[i].value->id);
            sep = ",";
        }
        sbuf_addf(&b, "},\"userdata\":\"%s\",\"keyPairs\":%s",
                  v->manner == MANNER_PYTHON ? "none" : "#Hostname=",
                  v->manner == MANNER_GO ? "null" : "[]");
    }
    sbuf_addc(&b, '}');
    return arena_strndup(&v->s->arena, b.s, b.len);
}

const char *vnfm_error(struct vnfm *v, const struct vnfr *record, const char *nsr, const char *text)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    sbuf_adds(&b, "{\"action\":\"ERROR\",\"nsrId\":");
    if (nsr)
        proto_quotes(&b, nsr);
    else
        sbuf_adds(&b, "null");
    sbuf_adds(&b, ",\"virtualNetworkFunctionRecord\":");
    if (!record && v->manner == MANNER_PYTHON)
        sbuf_adds(&b, "{}");
    else
        add_record(v, &b, record);
    sbuf_adds(&b, ",\"exception\":{\"detailMessage\":");
    proto_quotes(&b, text);
    sbuf_adds(&b, "}}");
    return arena_strndup(&v->s->arena, b.s, b.len);
}
