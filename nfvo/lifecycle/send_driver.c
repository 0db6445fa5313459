#include "nfvo/lifecycle/send.h"

#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "nfvo/lifecycle/user_data.h"
#include "proto/topology.h"

#include <string.h>

void pop_ref_split(struct arena *a, const char *ref, const char **ret_id, const char **ret_zone)
{
    const char *colon = strchr(ref, ':');
    *ret_id = colon ? arena_strndup(a, ref, (size_t)(colon - ref)) : ref;
    *ret_zone = colon ? colon + 1 : "";
}

struct driver_body {
    struct sbuf text;
    struct send_refs places;             /* of the secrets in it */
    const struct proto_strmap *metadata; /* of the VDU; NULL: none */
};

static void driver_body_release(struct driver_body *b)
{
    sbuf_release(&b->text);
}

/* {"methodName":..,"parameters":[<pop>  -- the caller adds ",..." parameters, then driver_end. The
 * PoP is a reference. */
static void driver_begin(struct decision *d, struct driver_body *body, int kind, const char *pop_id,
                         int64_t version, const char *zone)
{
    sbuf_addf(&body->text, "{\"methodName\":\"%s\",\"parameters\":[", command_rows[kind].call);
    decision_refer(d, &body->places, body->text.len, REFERENCE_POP, pop_id, version, zone);
}

static void vdu_metadata(struct sbuf *body, const struct proto_strmap *metadata)
{
    sbuf_adds(body, ",\"vduMetadata\":{");
    for (uint32_t i = 0; i < metadata->n; i++) {
        sbuf_adds(body, i ? "," : "");
        proto_quotes(body, metadata->at[i].key);
        sbuf_addc(body, ':');
        proto_quotes(body, metadata->at[i].value);
    }
    sbuf_addc(body, '}');
}

/* What stands behind the parameters is for drivers that know it: those with client tokens. */
static struct command *driver_end(struct decision *d, struct driver_body *body,
                                  const struct known_driver *driver, int kind, const char *subject,
                                  const char *client_token)
{
    sbuf_addc(&body->text, ']');
    if (client_token) {
        sbuf_adds(&body->text, ",\"clientToken\":");
        proto_quotes(&body->text, client_token);
        if (body->metadata && body->metadata->n)
            vdu_metadata(&body->text, body->metadata);
    }
    sbuf_addc(&body->text, '}');
    struct command *c = command_open(d, kind, subject, driver->queue);
    struct send *s = decision_send(d, TOPOLOGY_EXCHANGE, driver->queue,
                                   arena_strndup(d->arena, body->text.s, body->text.len));
    s->room = c->room = driver->room;
    s->refs = body->places;
    s->command = c->id;
    s->until_at = c->due_at;
    /* Every request carries a reply_to, delete included: the Python driver goes deaf without one
     * (tests/interop/README.md). */
    s->reply = SEND_REPLY_SHARED;
    s->policy = client_token ? SEND_BLIND : command_rows[kind].again;
    return c;
}

static enum err_code no_driver(struct err *err, const char *type)
{
    err_set(err, ERR_UNAVAIL, "no driver for PoP type '%s' is registered", type);
    return err_hint(err,
                    "start a driver whose queue is vim-drivers.%s.<name>; 'baton status' lists the "
                    "ones that are there",
                    type);
}

static void connection_points(struct sbuf *body, const struct vnf_component *c)
{
    sbuf_addc(body, ',');
    if (c)
        proto_encode_list(&vnfd_connection_point_type, &c->connection_point, PROTO_COMPLETE, body);
    else
        sbuf_adds(body, "[]");
}

/* Map link -> floating ip wanted; links without one are left out (null parameters are
 * forbidden: 5.2). */
static void floating_ips(struct sbuf *body, const struct vnf_component *c)
{
    const char *sep = "";
    sbuf_adds(body, ",{");
    for (uint32_t i = 0; c && i < c->connection_point.n; i++) {
        const struct vnfd_connection_point *cp = c->connection_point.at[i];
        if (!cp->floating_ip || !*cp->floating_ip || !cp->virtual_link_reference)
            continue;
        sbuf_adds(body, sep);
        proto_quotes(body, cp->virtual_link_reference);
        sbuf_addc(body, ':');
        proto_quotes(body, cp->floating_ip);
        sep = ",";
    }
    sbuf_addc(body, '}');
}

/* amqp-protocol.md 4.10: OpenStack by name if usable, Docker by tag, others by extId. */
static bool is_image(const struct image *im, const char *wanted)
{
    bool usable = !im->status || !*im->status || strcmp(im->status, "ACTIVE") == 0;
    return proto_strs_has(&im->tags, wanted) || (im->ext_id && strcmp(im->ext_id, wanted) == 0) ||
           (im->name && strcmp(im->name, wanted) == 0 && usable);
}

bool pop_has_image(const struct vim_instance *pop, const char *name)
{
    for (uint32_t i = 0; i < pop->images.n; i++)
        if (is_image(pop->images.at[i], name))
            return true;
    return false;
}

const char *pop_image(const struct vim_instance *pop, const struct vdu *vdu)
{
    for (uint32_t w = 0; w < vdu->vm_image.n; w++)
        for (uint32_t i = 0; i < pop->images.n; i++)
            if (is_image(pop->images.at[i], vdu->vm_image.at[w]))
                return pop->images.at[i]->ext_id ? pop->images.at[i]->ext_id : vdu->vm_image.at[w];
    return NULL;
}

/* Of a PoP whose images are not looked at (test, amazon), the name itself. */
static const char *image_of(const struct vim_instance *pop, const struct vdu *vdu)
{
    const char *image = pop_image(pop, vdu);
    return image ? image : vdu->vm_image.n ? vdu->vm_image.at[0] : "";
}

static const char *flavour_of(const struct vim_instance *pop, const struct vdu *vdu,
                              const struct vnfr *vnfr)
{
    const char *key = vnfr_flavour_key(vnfr, vdu);
    const struct deployment_flavour *f = key ? pop_flavour(pop, key) : NULL;
    if (f)
        return f->ext_id ? f->ext_id : key;
    return key && strncmp(pop->type, "openstack", 9) != 0 ? key : "";
}

static void quoted_parameter(struct sbuf *body, const char *text)
{
    sbuf_addc(body, ',');
    proto_quotes(body, text ? text : "");
}

static const struct vdu *vdu_by_id(const struct vnfr *vnfr, const char *id)
{
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        if (text_matches(vnfr->vdu.at[i]->id, id))
            return vnfr->vdu.at[i];
    return NULL;
}

static const struct vnf_component *vnfc_by_id(const struct vdu *vdu, const char *id)
{
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (text_matches(vdu->vnfc.at[i]->id, id))
            return vdu->vnfc.at[i];
    return NULL;
}

struct command *send_launch(struct nsr_model *m, struct instance_member *i, struct vnfr_member *v,
                            const struct vim_instance *pop, struct err *err)
{
    struct decision *d = m->d;
    struct known_driver driver;
    const char *id, *zone;
    const struct vnfr *vnfr = member_vnfr(v);
    const struct vdu *vdu = vnfr ? vdu_by_id(vnfr, i->st->vdu_id) : NULL;
    if (!fact_driver(d, pop->type, &driver)) {
        no_driver(err, pop->type);
        return NULL;
    }
    if (!vdu) {
        err_set(err, ERR_NOT_FOUND, "the VNFM's record has no VDU '%s' any more", i->st->vdu_id);
        return NULL;
    }
    const struct vnf_component *vnfc = vnfc_by_id(vdu, i->st->vnfc_id);
    AUTO(driver_body_release) struct driver_body body = {.text = SBUF_INIT};
    pop_ref_split(d->arena, i->st->pop_ref, &id, &zone);
    driver_begin(d, &body, CMD_LAUNCH, id, pop->hb_version, zone);
    quoted_parameter(&body.text, i->row->key[INSTANCE_HOSTNAME]);
    quoted_parameter(&body.text, image_of(pop, vdu));
    quoted_parameter(&body.text, flavour_of(pop, vdu, vnfr));
    quoted_parameter(&body.text, pop->key_pair);
    connection_points(&body.text, vnfc);
    sbuf_adds(&body.text, ",[");
    for (uint32_t k = 0; k < pop->security_groups.n; k++) {
        sbuf_adds(&body.text, k ? "," : "");
        proto_quotes(&body.text, pop->security_groups.at[k]);
    }
    sbuf_addc(&body.text, ']');
    sbuf_addc(&body.text, ',');
    user_data_fill(d, v->st->userdata, i->row->key[INSTANCE_HOSTNAME], &body.text, &body.places);
    floating_ips(&body.text, vnfc);
    sbuf_addc(&body.text, ',');
    proto_encode_list(&ssh_key_type, &m->st->keys, 0, &body.text);
    body.metadata = &vdu->metadata;
    i->st->by_token = driver.has_client_token && (i->st->by_token || !i->st->tries);
    i->st->tries++;
    if (!i->st->until) /* ALLOCATE_RESOURCES ends before the Java SDK's 1000 s */
        i->st->until = d->now + 3 * settings_of(d)->driver_us;
    row_touch(i->row);
    /* A driver refuses the token of a server that was deleted, and gives one that it knows again. */
    const char *token =
        i->st->launches ? arena_printf(d->arena, "%s.%lld", i->row->id, (long long)i->st->launches)
                        : i->row->id;
    return driver_end(d, &body, &driver, CMD_LAUNCH, i->row->id,
                      driver.has_client_token ? token : NULL);
}

struct command *send_delete(struct nsr_model *m, struct instance_member *i, const char *pop_type)
{
    struct decision *d = m->d;
    struct known_driver driver;
    const char *id, *zone;
    if (!fact_driver(d, pop_type, &driver))
        return NULL; /* the listing will tell, and try again */
    AUTO(driver_body_release) struct driver_body body = {.text = SBUF_INIT};
    pop_ref_split(d->arena, i->st->pop_ref, &id, &zone);
    driver_begin(d, &body, CMD_DELETE, id, 0, "");
    quoted_parameter(&body.text, i->row->key[INSTANCE_VC]);
    return driver_end(d, &body, &driver, CMD_DELETE, i->row->id, NULL);
}

/* Images of these are not looked at: their drivers know best. */
static bool has_images(const struct vim_instance *pop)
{
    return strncmp(pop->type, "test", 4) != 0 && strncmp(pop->type, "amazon", 6) != 0;
}

/* With the same id again ours does it once; of others it is not known. */
struct command *send_rebuild(struct nsr_model *m, struct instance_member *i, struct vnfr_member *v,
                             const struct vim_instance *pop, const char *subject, struct err *err)
{
    struct decision *d = m->d;
    struct known_driver driver;
    const char *id, *zone;
    const struct vnfr *vnfr = member_vnfr(v);
    const struct vdu *vdu = vnfr ? vdu_by_id(vnfr, i->st->vdu_id) : NULL;
    if (!fact_driver(d, pop->type, &driver)) {
        no_driver(err, pop->type);
        return NULL;
    }
    if (!vdu || (has_images(pop) && !pop_image(pop, vdu))) {
        err_set(err, ERR_NOT_FOUND, "Not found image %s in vim: %s",
                vdu && vdu->vm_image.n ? vdu->vm_image.at[0] : "", pop->name ? pop->name : pop->id);
        err_hint(err, "see its images: baton pop show %s", pop->name ? pop->name : pop->id);
        return NULL;
    }
    AUTO(driver_body_release) struct driver_body body = {.text = SBUF_INIT};
    pop_ref_split(d->arena, i->st->pop_ref, &id, &zone);
    driver_begin(d, &body, CMD_STEP_REBUILD, id, pop->hb_version, zone);
    quoted_parameter(&body.text, i->row->key[INSTANCE_VC]);
    quoted_parameter(&body.text, image_of(pop, vdu));
    struct command *c = driver_end(d, &body, &driver, CMD_STEP_REBUILD, subject, NULL);
    if (driver.has_client_token)
        d->sends.at[d->sends.n - 1]->policy = SEND_BLIND;
    return c;
}

static struct command *pop_request(struct pop_model *p, int kind, const char *parameters,
                                   const char *subject, struct err *err)
{
    struct decision *d = p->d;
    struct known_driver driver;
    if (!fact_driver(d, p->pop->type, &driver)) {
        no_driver(err, p->pop->type);
        return NULL;
    }
    AUTO(driver_body_release) struct driver_body body = {.text = SBUF_INIT};
    driver_begin(d, &body, kind, d->root->id, p->pop->hb_version, "");
    sbuf_adds(&body.text, parameters);
    return driver_end(d, &body, &driver, kind, subject, NULL);
}

struct command *send_refresh(struct pop_model *p, struct err *err)
{
    return pop_request(p, CMD_REFRESH, "", p->d->root->id, err);
}

struct command *send_listing(struct pop_model *p, struct err *err)
{
    return pop_request(p, CMD_LIST_SERVERS, "", p->d->root->id, err);
}

struct command *send_delete_stray(struct pop_model *p, const char *ext_id, const char *subject,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    quoted_parameter(&id, ext_id);
    return pop_request(p, CMD_DELETE, id.s, subject, err);
}

struct command *send_quota(struct pop_model *p, int64_t timeout_us, struct err *err)
{
    struct command *c = pop_request(p, CMD_GET_QUOTA, "", p->d->root->id, err);
    if (c) {
        c->due_at = p->d->now + timeout_us;
        p->d->sends.at[p->d->sends.n - 1]->until_at = c->due_at;
    }
    return c;
}

/* amqp-protocol.md 5.7: the object differs by PoP type. */
struct command *send_create_network(struct pop_model *p, const struct network *wanted,
                                    struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *cidr = wanted->subnet;
    sbuf_adds(&body, ",{\"name\":");
    proto_quotes(&body, wanted->name);
    if (strncmp(p->pop->type, "openstack", 9) == 0) {
        sbuf_adds(&body, ",\"external\":false,\"extShared\":false,\"subnets\":[{\"name\":");
        proto_quotes(&body, arena_printf(p->d->arena, "%s_subnet", wanted->name));
        sbuf_adds(&body, ",\"cidr\":");
        proto_quotes(&body, cidr ? cidr
                                 : arena_printf(p->d->arena, "192.168.%lld.0/24",
                                                (long long)(p->d->root->seq % 254 + 1)));
        sbuf_adds(&body, ",\"dns\":[]}]");
    } else if (cidr && (strncmp(p->pop->type, "docker", 6) == 0 ||
                        strncmp(p->pop->type, "local", 5) == 0)) { /* the latter is ours */
        sbuf_adds(&body, ",\"subnet\":");
        proto_quotes(&body, cidr);
    }
    sbuf_addc(&body, '}');
    return pop_request(p, CMD_CREATE_NETWORK, body.s, wanted->name, err);
}

struct command *send_add_image(struct pop_model *p, const struct image *wanted, struct err *err)
{
    struct decision *d = p->d;
    struct known_driver driver;
    bool is_link = wanted->url && *wanted->url;
    if (!fact_driver(d, p->pop->type, &driver)) {
        no_driver(err, p->pop->type);
        return NULL;
    }
    AUTO(driver_body_release) struct driver_body body = {.text = SBUF_INIT};
    driver_begin(d, &body, CMD_ADD_IMAGE, d->root->id, p->pop->hb_version, "");
    sbuf_addc(&body.text, ',');
    proto_encode(&image_type, wanted, 0, &body.text);
    quoted_parameter(&body.text, is_link ? wanted->url
                                         : arena_printf(d->arena, "%s/api/v1/nfvimage/file/%s",
                                                        settings_of(d)->image_url, wanted->id));
    if (!is_link) {
        sbuf_addc(&body.text, ',');
        decision_refer(d, &body.places, body.text.len, REFERENCE_IMAGE, wanted->id, 0, "");
    }
    return driver_end(d, &body, &driver, CMD_ADD_IMAGE, wanted->name, NULL);
}

void send_internal(struct decision *d, struct internal *msg)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    msg->from = d->in->agg;
    proto_encode(&internal_type, msg, PROTO_COMPLETE, &body);
    struct send *s =
        decision_send(d, "", QUEUE_INTERNAL, arena_strndup(d->arena, body.s, body.len));
    s->is_internal = true;
    s->until_at = d->now + settings_of(d)->driver_us;
}
