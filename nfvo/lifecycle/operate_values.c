/* What a restart and an upgrade change in a VNF's record, and how it is told to its VNFM. What was
 * there before is kept in the step, and stored again by a rollback. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/send.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

/* clang-format off */
#define VNF_VALUES_FIELDS(X)                                                                       \
    X(STRSMAP, images,     "images",     _,               OPTIONAL) /* by the VDU's id */          \
    X(STR,     descriptor, "descriptor", _,               OPTIONAL) /* of SET_VNFD, as all below */ \
    X(STR,     version,    "version",    _,               OPTIONAL)                                \
    X(STR,     package_id, "packageId",  _,               OPTIONAL) /* the record's */             \
    X(STR,     package,    "package",    _,               OPTIONAL) /* that is in the catalogue */ \
    X(STRMAP,  on_failure, "onFailure",  _,               OPTIONAL) /* by the VDU's id */ \
    X(LIST,    events,     "events",     lifecycle_event, OPTIONAL)
PROTO_RECORD(vnf_values, VNF_VALUES_FIELDS)
#define PROTO_THIS struct vnf_values
PROTO_RECORD_DEFINE(vnf_values, VNF_VALUES_FIELDS)
#undef PROTO_THIS
/* clang-format on */

const char *operate_values_wanted(const struct operate_request *req, enum step_kind kind,
                                  struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (kind == STEP_SET_IMAGE)
        return req->image;
    if (kind != STEP_SET_VNFD || !req->vnfd)
        return NULL;
    proto_encode(&vnfd_type, req->vnfd, 0, &text);
    return arena_strndup(a, text.s, text.len);
}

/* --- before -------------------------------------------------------------------------------------- */

static struct vnf_values *images_of(struct vnfr_member *v)
{
    struct arena *a = v->m->d->arena;
    struct vnf_values *old = proto_new(&vnf_values_type, a);
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        const struct vdu *vdu = vnfr->vdu.at[u];
        old->images.at =
            arena_grow_array(a, old->images.at, old->images.n, sizeof(old->images.at[0]));
        old->images.at[old->images.n++] =
            (struct proto_strspair){.key = vdu->id ? vdu->id : "", .value = vdu->vm_image};
    }
    return old;
}

static void keep(const struct vnf_values *old, struct plan_step *s, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&vnf_values_type, old, 0, &text);
    s->before = arena_strndup(a, text.s, text.len);
}

static const struct proto_strs *images_in(const struct vnf_values *values, const char *vdu)
{
    for (uint32_t i = 0; vdu && i < values->images.n; i++)
        if (strcmp(values->images.at[i].key, vdu) == 0)
            return &values->images.at[i].value;
    return NULL;
}

/* --- SET_IMAGE ------------------------------------------------------------------------------------ */

void operate_set_image(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vnfr *vnfr = member_vnfr(v);
    const char *image = a->step->before;
    if (!image || !*image)
        return;
    keep(images_of(v), a->step, m->d->arena);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        vnfr->vdu.at[u]->vm_image = (struct proto_strs){0};
        proto_list_add(&vnfr->vdu.at[u]->vm_image, image, m->d->arena);
    }
    member_changed(v);
}

/* --- SET_VNFD ------------------------------------------------------------------------------------- */

/* By name, or where the descriptor's has none, by place (checked when it was asked for). */
static const struct vdu *vdu_in(const struct vnfd *vnfd, const struct vdu *vdu, uint32_t place)
{
    for (uint32_t i = 0; vdu->name && i < vnfd->vdu.n; i++)
        if (vnfd->vdu.at[i]->name && strcmp(vnfd->vdu.at[i]->name, vdu->name) == 0)
            return vnfd->vdu.at[i];
    return place < vnfd->vdu.n ? vnfd->vdu.at[place] : NULL;
}

/* NULL: none. What it knows of is read anew for each request (render.c). */
static void set_package(struct nsr_model *m, const struct vnfr_member *v, const char *package)
{
    struct proto_strmap *all = &m->st->packages;
    const char *name = v->row->key[VNFR_NAME];
    uint32_t kept = 0;
    if (package && *package) {
        proto_strmap_set(all, name, package, m->d->arena);
    } else {
        for (uint32_t i = 0; i < all->n; i++)
            if (strcmp(all->at[i].key, name) != 0)
                all->at[kept++] = all->at[i];
        all->n = kept;
    }
    model_changed(m);
}

static const char *make_id(void *d)
{
    return decision_new_id(d);
}

void operate_set_vnfd(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct decision *d = m->d;
    struct vnfr *vnfr = member_vnfr(v);
    struct vnfd *vnfd = NULL;
    struct err err = ERR_INIT;
    if (!a->step->before || proto_decode(&vnfd_type, a->step->before, strlen(a->step->before), 0,
                                         d->arena, &vnfd, &err) != ERR_OK)
        return; /* written by us */
    struct vnf_values *old = images_of(v);
    old->descriptor = vnfr->descriptor_reference;
    old->version = vnfr->version;
    old->package_id = vnfr->package_id;
    old->package = proto_strmap_get(&m->st->packages, v->row->key[VNFR_NAME]);
    old->events = vnfr->lifecycle_event;
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        const char *word = vnfr_on_failure(v, vnfr->vdu.at[u], u);
        if (word && vnfr->vdu.at[u]->id)
            proto_strmap_set(&old->on_failure, vnfr->vdu.at[u]->id, word, d->arena);
    }
    keep(old, a->step, d->arena);
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        const struct vdu *now = vdu_in(vnfd, vnfr->vdu.at[u], u);
        if (now && now->vm_image.n)
            vnfr->vdu.at[u]->vm_image = now->vm_image;
        if (now)
            vnfr_set_on_failure(v, vnfr->vdu.at[u], vdu_policy_text(now, d->arena));
    }
    vnfr->descriptor_reference = vnfd->id;
    vnfr->version = vnfd->version;
    vnfr->package_id = vnfd->vnf_package_location;
    vnfr->lifecycle_event = vnfd->lifecycle_event;
    for (uint32_t i = 0; i < vnfr->lifecycle_event.n; i++)
        vnfr->lifecycle_event.at[i]->id = NULL; /* the descriptor's: the record's are its own */
    record_fill_ids(&vnfr_type, vnfr, false, make_id, d);
    set_package(m, v, vnfd->vnf_package_location);
    member_changed(v);
}

void operate_restore_values(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct vnfr *vnfr = member_vnfr(v);
    struct vnf_values *old = NULL;
    struct err err = ERR_INIT;
    if (!a->step->before || proto_decode(&vnf_values_type, a->step->before, strlen(a->step->before),
                                         0, m->d->arena, &old, &err) != ERR_OK)
        return;
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        const struct proto_strs *images = images_in(old, vnfr->vdu.at[u]->id);
        if (images)
            vnfr->vdu.at[u]->vm_image = *images;
        if (a->kind == STEP_SET_VNFD && vnfr->vdu.at[u]->id)
            vnfr_set_on_failure(v, vnfr->vdu.at[u],
                                proto_strmap_get(&old->on_failure, vnfr->vdu.at[u]->id));
    }
    if (a->kind == STEP_SET_VNFD) {
        vnfr->descriptor_reference = old->descriptor;
        vnfr->version = old->version;
        vnfr->package_id = old->package_id;
        vnfr->lifecycle_event = old->events;
        set_package(m, v, old->package);
    }
    member_changed(v);
}

/* --- REINSTANTIATE -------------------------------------------------------------------------------- */

/* The descriptor may have left the catalogue; the record has all of it that a VNFM reads when the
 * VNF is there. */
static struct vnfd *descriptor_of(const struct vnfr *r, struct arena *a)
{
    struct vnfd *d = proto_new(&vnfd_type, a);
    d->id = r->descriptor_reference;
    d->name = r->name;
    d->vendor = r->vendor;
    d->version = r->version;
    d->type = r->type;
    d->endpoint = r->endpoint;
    d->vdu = r->vdu;
    d->lifecycle_event = r->lifecycle_event;
    d->configurations = r->configurations;
    d->virtual_link = r->virtual_link;
    d->vnf_package_location = r->package_id;
    d->auto_scale_policy = r->auto_scale_policy;
    d->connection_point = r->connection_point;
    d->monitoring_parameter = r->monitoring_parameter;
    return d;
}

static void add_extension(struct sbuf *body, struct vnfr_member *v, const struct run_action *a)
{
    const struct lifecycle_settings *set = settings_of(v->m->d);
    const char *since = operate_rebuilt_since(a, v->m->d->arena);
    sbuf_adds(body, ",\"extension\":{");
    message_add_places(body, set, set->monitoring_ip);
    message_add_service(body, v->m, member_vnfr(v)->configurations);
    if (since)
        message_add_text(body, OR_VNFM_REBUILT, since);
    sbuf_addc(body, '}');
}

static void add_pops(struct sbuf *body, struct send_refs *places, struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    sbuf_adds(body, ",\"vimInstances\":{");
    for (uint32_t i = 0; i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        pop_ref_split(d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        sbuf_adds(body, i ? "," : "");
        proto_quotes(body, v->st->vdu_pop.at[i].key);
        sbuf_adds(body, ":[");
        decision_refer(d, places, body->len, REFERENCE_POP, id, 0, zone);
        sbuf_addc(body, ']');
    }
    sbuf_addc(body, '}');
}

void operate_add_reinstantiate(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                               const struct run_action *a)
{
    struct decision *d = v->m->d;
    const struct vnfr *vnfr = member_vnfr(v);
    const char *package = proto_strmap_get(&v->m->st->packages, v->row->key[VNFR_NAME]);
    const char *flavour =
        vnfr->vdu.n ? vnfr_flavour_key(vnfr, vnfr->vdu.at[0]) : vnfr->deployment_flavour_key;
    sbuf_adds(body, ",\"vnfd\":");
    proto_encode(&vnfd_type, descriptor_of(vnfr, d->arena), PROTO_COMPLETE, body);
    sbuf_adds(body, ",\"vnfdf\":{\"flavour_key\":");
    proto_quotes(body, flavour ? flavour : "");
    sbuf_adds(body, "},\"vnfInstanceName\":");
    proto_quotes(body, v->row->key[VNFR_NAME]);
    sbuf_adds(body, ",\"vlrs\":");
    proto_encode_list(&vlr_type, &model_nsr(v->m)->vlr, PROTO_COMPLETE, body);
    add_extension(body, v, a);
    add_pops(body, places, v);
    if (package) {
        sbuf_adds(body, ",\"vnfPackage\":");
        decision_refer(d, places, body->len, REFERENCE_PACKAGE, package, 0, NULL);
    }
    sbuf_adds(body, ",\"keys\":");
    proto_encode_list(&ssh_key_type, &v->m->st->keys, 0, body);
}
