#include "nfvo/lifecycle/send.h"

#include "common/base/sbuf.h"
#include "proto/topology.h"

#include <string.h>

void pop_ref_split(struct arena *a, const char *ref, const char **ret_id, const char **ret_zone)
{
    const char *colon = strchr(ref, ':');
    *ret_id = colon ? arena_strndup(a, ref, (size_t)(colon - ref)) : ref;
    *ret_zone = colon ? colon + 1 : "";
}

/* {"methodName":..,"parameters":[<pop>  -- the caller adds ",..." parameters, then driver_end. */
static void driver_begin(struct sbuf *body, const char *method, const char *pop_id, int64_t version,
                         const char *zone)
{
    sbuf_addf(body, "{\"methodName\":\"%s\",\"parameters\":[\x01pop:%s:%lld:%s\x01", method, pop_id,
              (long long)version, zone);
}

static struct command *driver_end(struct decision *d, struct sbuf *body, const char *queue,
                                  int kind, const char *subject, const char *data,
                                  const char *client_token, int64_t timeout_us)
{
    sbuf_addc(body, ']');
    if (client_token) {
        sbuf_adds(body, ",\"clientToken\":");
        proto_quotes(body, client_token);
    }
    sbuf_addc(body, '}');
    struct command *c = decision_open(d, kind, subject, timeout_us, data);
    struct send *s =
        decision_send(d, TOPOLOGY_EXCHANGE, queue, arena_strndup(d->arena, body->s, body->len));
    s->command = c->id;
    s->until_at = c->due_at;
    /* Every request carries a reply_to, delete included: the Python driver goes deaf without one
     * (tests/interop/README.md). */
    s->reply = SEND_REPLY_SHARED;
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
    const char *key =
        vdu->computation_requirement ? vdu->computation_requirement : vnfr->deployment_flavour_key;
    for (uint32_t i = 0; key && i < pop->flavours.n; i++)
        if (pop->flavours.at[i]->flavour_key && strcmp(pop->flavours.at[i]->flavour_key, key) == 0)
            return pop->flavours.at[i]->ext_id ? pop->flavours.at[i]->ext_id : key;
    return key && strncmp(pop->type, "openstack", 9) != 0 ? key : "";
}

/* A piece of a JSON string that is being written. */
static void add_quoted(struct sbuf *body, const char *text, size_t len)
{
    AUTO(sbuf_release) struct sbuf quoted = SBUF_INIT;
    proto_quote(&quoted, text, len);
    sbuf_add(body, quoted.s + 1, quoted.len - 2);
}

/* The user data of the VNFM with what is this instance's own filled in: hostname and login of its
 * agent (7.3, decisions.md D9). The password stands there as a reference that the publisher
 * renders; the VNFM's own text cannot hold one, since a string has its control characters escaped.
 */
static void user_data(struct sbuf *body, const char *text, const char *hostname)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    topology_agent_user(hostname, &user);
    const struct {
        const char *mark, *value, *reference;
    } fill[] = {{USER_DATA_HOSTNAME, hostname, ""},
                {USER_DATA_EMS_USER, user.s, ""},
                {USER_DATA_EMS_PASSWORD, "", REFERENCE_EMS}};
    const char *from = text ? text : "", *at = from;
    sbuf_adds(body, ",\"");
    while ((at = strchr(at, '#')) != NULL) {
        size_t k = 0;
        while (k < ARRAY_LEN(fill) && strncmp(at, fill[k].mark, strlen(fill[k].mark)) != 0)
            k++;
        if (k == ARRAY_LEN(fill)) {
            at++;
            continue;
        }
        add_quoted(body, from, (size_t)(at - from));
        from = at + strlen(fill[k].mark);
        add_quoted(body, at + 1, (size_t)(from - at - 1)); /* without the '#' */
        add_quoted(body, fill[k].value, strlen(fill[k].value));
        if (*fill[k].reference)
            sbuf_addf(body, "\x01%s%s\x01", fill[k].reference, hostname);
        at = from;
    }
    add_quoted(body, from, strlen(from));
    sbuf_addc(body, '"');
}

bool wants_agent(const char *userdata)
{
    return userdata && strstr(userdata, USER_DATA_EMS_USER);
}

static void quoted_parameter(struct sbuf *body, const char *text)
{
    sbuf_addc(body, ',');
    proto_quotes(body, text ? text : "");
}

static const struct vdu *vdu_by_id(const struct vnfr *vnfr, const char *id)
{
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        if (vnfr->vdu.at[i]->id && id && strcmp(vnfr->vdu.at[i]->id, id) == 0)
            return vnfr->vdu.at[i];
    return NULL;
}

static const struct vnf_component *vnfc_by_id(const struct vdu *vdu, const char *id)
{
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        if (vdu->vnfc.at[i]->id && id && strcmp(vdu->vnfc.at[i]->id, id) == 0)
            return vdu->vnfc.at[i];
    return NULL;
}

struct command *send_launch(struct nsr_model *m, struct instance_member *i, struct vnfr_member *v,
                            const struct vim_instance *pop, struct err *err)
{
    struct decision *d = m->d;
    bool client_token = false;
    const char *queue = fact_driver(d, pop->type, &client_token), *id, *zone;
    const struct vnfr *vnfr = member_vnfr(v);
    const struct vdu *vdu = vnfr ? vdu_by_id(vnfr, i->st->vdu_id) : NULL;
    if (!queue) {
        no_driver(err, pop->type);
        return NULL;
    }
    if (!vdu) {
        err_set(err, ERR_NOT_FOUND, "the VNFM's record has no VDU '%s' any more", i->st->vdu_id);
        return NULL;
    }
    const struct vnf_component *vnfc = vnfc_by_id(vdu, i->st->vnfc_id);
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    pop_ref_split(d->arena, i->st->pop_ref, &id, &zone);
    driver_begin(&body, "launchInstanceAndWait", id, pop->hb_version, zone);
    quoted_parameter(&body, i->row->key[INSTANCE_HOSTNAME]);
    quoted_parameter(&body, image_of(pop, vdu));
    quoted_parameter(&body, flavour_of(pop, vdu, vnfr));
    quoted_parameter(&body, pop->key_pair);
    connection_points(&body, vnfc);
    sbuf_adds(&body, ",[");
    for (uint32_t k = 0; k < pop->security_groups.n; k++) {
        sbuf_adds(&body, k ? "," : "");
        proto_quotes(&body, pop->security_groups.at[k]);
    }
    sbuf_addc(&body, ']');
    user_data(&body, v->st->userdata, i->row->key[INSTANCE_HOSTNAME]);
    floating_ips(&body, vnfc);
    sbuf_addc(&body, ',');
    proto_encode_list(&ssh_key_type, &m->st->keys, 0, &body);
    i->st->tries++;
    row_touch(i->row);
    struct command *c = driver_end(d, &body, queue, CMD_LAUNCH, i->row->id, NULL,
                                   client_token ? i->row->id : NULL, settings_of(d)->driver_us);
    d->sends.at[d->sends.n - 1]->policy = client_token ? SEND_BLIND : SEND_ASK;
    return c;
}

struct command *send_delete(struct nsr_model *m, struct instance_member *i, const char *pop_type)
{
    struct decision *d = m->d;
    bool client_token = false;
    const char *queue = fact_driver(d, pop_type, &client_token), *id, *zone;
    if (!queue)
        return NULL; /* the listing will tell, and try again */
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    pop_ref_split(d->arena, i->st->pop_ref, &id, &zone);
    driver_begin(&body, "deleteServerByIdAndWait", id, 0, "");
    quoted_parameter(&body, i->row->key[INSTANCE_VC]);
    i->st->tries++;
    row_touch(i->row);
    return driver_end(d, &body, queue, CMD_DELETE, i->row->id, NULL, NULL,
                      settings_of(d)->delete_hint_us);
}

static struct command *pop_request(struct pop_model *p, const char *method, const char *parameters,
                                   int kind, const char *subject, uint8_t policy, struct err *err)
{
    struct decision *d = p->d;
    bool client_token = false;
    const char *queue = fact_driver(d, p->pop->type, &client_token);
    if (!queue) {
        no_driver(err, p->pop->type);
        return NULL;
    }
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    driver_begin(&body, method, d->root->id, p->pop->hb_version, "");
    sbuf_adds(&body, parameters);
    struct command *c =
        driver_end(d, &body, queue, kind, subject, NULL, NULL, settings_of(d)->driver_us);
    d->sends.at[d->sends.n - 1]->policy = policy;
    return c;
}

struct command *send_refresh(struct pop_model *p, struct err *err)
{
    return pop_request(p, "refresh", "", CMD_REFRESH, p->d->root->id, SEND_BLIND, err);
}

struct command *send_listing(struct pop_model *p, struct err *err)
{
    return pop_request(p, "listServer", "", CMD_LISTING, p->d->root->id, SEND_BLIND, err);
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
    return pop_request(p, "createNetwork", body.s, CMD_CREATE_NETWORK, wanted->name, SEND_ASK, err);
}

void send_internal(struct decision *d, struct internal *msg)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    msg->from = d->root->id;
    proto_encode(&internal_type, msg, PROTO_COMPLETE, &body);
    struct send *s =
        decision_send(d, "", QUEUE_INTERNAL, arena_strndup(d->arena, body.s, body.len));
    s->is_internal = true;
    s->until_at = d->now + settings_of(d)->driver_us;
}
