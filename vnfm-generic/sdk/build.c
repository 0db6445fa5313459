/* The VNFR of a VNFD, as the reference's SDKs make it: amqp-protocol.md 3.3 (TRAPs), 4.3, 9.2. */
#include "vnfm-generic/sdk/internal.h"

/* The ids of the record are the NFVO's to give (GRANT): a copy that kept the VNFD's would make two
 * records share them. */
static struct proto_rec *no_id(void *rec)
{
    struct proto_rec *head = rec;
    head->extra = NULL;
    return head;
}

static struct configuration_parameter *parameter(const char *key, const char *value,
                                                 const char *description, struct arena *a)
{
    struct configuration_parameter *p = proto_new(&configuration_parameter_type, a);
    p->conf_key = key;
    p->value = value;
    p->description = description;
    return p;
}

static struct configuration *configuration_named(const char *name, struct arena *a)
{
    struct configuration *c = proto_new(&configuration_type, a);
    c->name = name;
    return c;
}

static struct configuration *configurations(const struct vnfd *d, struct arena *a)
{
    struct configuration *c = configuration_named(
        d->configurations && d->configurations->name ? d->configurations->name : d->name, a);
    for (uint32_t i = 0; d->configurations && i < d->configurations->parameters.n; i++) {
        const struct configuration_parameter *p = d->configurations->parameters.at[i];
        proto_list_add(&c->parameters, parameter(p->conf_key, p->value, p->description, a), a);
    }
    return c;
}

/* VNFD: an array; VNFR: a Configuration of keys without values (9.2, TRAP). */
static struct configuration *provides(const struct vnfd *d, struct arena *a)
{
    struct configuration *c = configuration_named("provides", a);
    for (uint32_t i = 0; i < d->provides.n; i++)
        proto_list_add(&c->parameters, parameter(d->provides.at[i], NULL, NULL, a), a);
    return c;
}

/* VNFD: a map by source; VNFR: a Configuration of all keys. A raw member of the VNFR, since Python
 * peers send it otherwise. */
static struct proto_raw requires(const struct vnfd *d, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct configuration *c = configuration_named("requires", a);
    for (uint32_t i = 0; i < d->requires.n; i++) {
        const struct proto_strs *keys = &d->requires.at[i].value->parameters;
        for (uint32_t k = 0; k < keys->n; k++)
            proto_list_add(&c->parameters, parameter(keys->at[k], NULL, NULL, a), a);
    }
    proto_encode(&configuration_type, c, PROTO_COMPLETE, &text);
    return (struct proto_raw){.at = arena_strndup(a, text.s, text.len), .n = text.len};
}

static struct lifecycle_event_list lifecycle(const struct lifecycle_event_list *from,
                                             struct arena *a)
{
    struct lifecycle_event_list to = {0};
    for (uint32_t i = 0; i < from->n; i++) {
        struct lifecycle_event *e = proto_new(&lifecycle_event_type, a);
        e->event = from->at[i]->event;
        e->lifecycle_events = from->at[i]->lifecycle_events;
        proto_list_add(&to, e, a);
    }
    return to;
}

static struct vnfd_connection_point *connection_point(const struct vnfd_connection_point *from,
                                                      struct arena *a)
{
    struct vnfd_connection_point *cp = proto_new(&vnfd_connection_point_type, a);
    *cp = *from;
    no_id(cp);
    cp->id = NULL;
    return cp;
}

static struct vnf_component *component(const struct vnf_component *from, struct arena *a)
{
    struct vnf_component *c = proto_new(&vnf_component_type, a);
    for (uint32_t i = 0; i < from->connection_point.n; i++)
        proto_list_add(&c->connection_point, connection_point(from->connection_point.at[i], a), a);
    return c;
}

static struct vdu *vdu_of(const struct vdu *from, struct arena *a)
{
    struct vdu *v = proto_new(&vdu_type, a);
    *v = *from;
    no_id(v);
    v->id = NULL;
    v->hb_version = 0;
    v->parent_vdu = from->id; /* by which drivers and peers find the VNFD's VDU again (3.1, TRAP) */
    v->lifecycle_event = lifecycle(&from->lifecycle_event, a);
    v->vnfc = (struct vnf_component_list){0};
    for (uint32_t i = 0; i < from->vnfc.n; i++)
        proto_list_add(&v->vnfc, component(from->vnfc.at[i], a), a);
    v->vnfc_instance = (struct vnfc_instance_list){0};
    return v;
}

static const struct vlr *vlr_named(const struct vlr_list *vlrs, const char *name)
{
    for (uint32_t i = 0; vlrs && name && i < vlrs->n; i++)
        if (vlrs->at[i]->name && strcmp(vlrs->at[i]->name, name) == 0)
            return vlrs->at[i];
    return NULL;
}

/* An internal link takes the network of the service's link of the same name. */
static struct internal_virtual_link *link_of(const struct internal_virtual_link *from,
                                             const struct vlr_list *vlrs, struct arena *a)
{
    struct internal_virtual_link *l = proto_new(&internal_virtual_link_type, a);
    const struct vlr *vlr = vlr_named(vlrs, from->name);
    *l = *from;
    no_id(l);
    l->id = NULL;
    l->hb_version = 0;
    if (vlr && vlr->ext_id)
        l->ext_id = vlr->ext_id;
    return l;
}

static const char *flavour(const struct vnfd *d, const char *flavour_key)
{
    if (flavour_key)
        return flavour_key;
    return d->deployment_flavour.n ? d->deployment_flavour.at[0]->flavour_key : NULL;
}

struct vnfr *vnfr_build(const struct vnfd *d, const char *name, const char *flavour_key,
                        const struct vlr_list *vlrs, const char *nsr_id, struct arena *a)
{
    struct vnfr *r = proto_new(&vnfr_type, a);
    r->name = name ? name : d->name;
    r->type = d->type;
    r->endpoint = d->endpoint;
    r->vendor = d->vendor;
    r->version = d->version;
    r->status = "NULL";
    r->parent_ns_id = nsr_id;
    r->descriptor_reference = d->id;
    r->package_id = d->vnf_package_location;
    r->deployment_flavour_key = flavour(d, flavour_key);
    for (uint32_t i = 0; i < d->vdu.n; i++)
        proto_list_add(&r->vdu, vdu_of(d->vdu.at[i], a), a);
    for (uint32_t i = 0; i < d->virtual_link.n; i++)
        proto_list_add(&r->virtual_link, link_of(d->virtual_link.at[i], vlrs, a), a);
    r->configurations = configurations(d, a);
    r->provides = provides(d, a);
    r->requires = requires(d, a);
    r->lifecycle_event = lifecycle(&d->lifecycle_event, a);
    r->cyclic_dependency = d->cyclic_dependency;
    r->auto_scale_policy = d->auto_scale_policy;
    r->connection_point = d->connection_point;
    r->monitoring_parameter = d->monitoring_parameter;
    return r;
}
