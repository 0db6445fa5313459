/* Methods that make and end servers. */
#include "proto/records/vim.h"
#include "vim-drivers/test/methods.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    NAME,
    IMAGE,
    FLAVOUR,
    KEY_PAIR,
    CONNECTION_POINTS,
    SECURITY_GROUPS,
    USER_DATA,
    FLOATING_IPS
};

/* Gson's form, the only one that Go parses: amqp-protocol.md 5.3. */
static const char *date(struct arena *a)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm t;
    time_t now = time(NULL);
    gmtime_r(&now, &t);
    return arena_printf(a, "%s %d, %d %d:%02d:%02d %s", months[t.tm_mon], t.tm_mday,
                        t.tm_year + 1900, (t.tm_hour + 11) % 12 + 1, t.tm_min, t.tm_sec,
                        t.tm_hour < 12 ? "AM" : "PM");
}

static enum err_code decode_list(struct ob_call *call, unsigned i, const struct proto_type *type,
                                 struct arena *a, void *ret, struct err *err)
{
    size_t len;
    const char *json = ob_call_json(call, i, &len);
    enum err_code rc = proto_decode_list(type, json, len, a, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "parameter %u", i + 1);
}

static enum err_code wanted_floating(struct ob_call *call, struct arena *a,
                                     struct proto_strmap *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct server *holder;
    size_t len;
    const char *json = ob_call_json(call, FLOATING_IPS, &len);
    if (!json)
        return ERR_OK; /* the short overload */
    sbuf_adds(&text, "{\"floatingIps\":");
    sbuf_add(&text, json, len);
    sbuf_addc(&text, '}');
    enum err_code rc = proto_decode(&server_type, text.s, text.len, 0, a, &holder, err);
    if (rc == ERR_OK)
        *ret = holder->floating_ips;
    return rc == ERR_OK ? rc : err_add(err, "floatingIps");
}

static const char *network_name(const struct model_pop *pop, const struct vnfd_connection_point *cp)
{
    const struct model_object *o =
        cp->virtual_link_reference_id
            ? model_by_id(pop, MODEL_NETWORK, cp->virtual_link_reference_id)
            : NULL;
    return o ? o->name : cp->virtual_link_reference ? cp->virtual_link_reference : "default";
}

static enum err_code add_addresses(struct method_context *m, struct server *s, struct arena *a,
                                   struct err *err)
{
    struct vnfd_connection_point_list cps = {0};
    struct proto_strmap floating = {0};
    char ip[16];
    enum err_code rc =
        decode_list(m->call, CONNECTION_POINTS, &vnfd_connection_point_type, a, &cps, err);
    if (rc == ERR_OK)
        rc = wanted_floating(m->call, a, &floating, err);
    for (uint32_t i = 0; i < cps.n && rc == ERR_OK; i++) {
        const char *network = network_name(m->pop, cps.at[i]);
        struct proto_strs addresses = {0};
        rc = model_take_ip(m->pop, network, cps.at[i]->fixed_ip, ip, err);
        if (rc != ERR_OK)
            return rc;
        proto_list_add(&addresses, arena_strdup(a, ip), a);
        proto_map_add(&s->ips, network, addresses, a);
        const char *link = cps.at[i]->virtual_link_reference;
        const char *wish = link ? proto_strmap_get(&floating, link) : NULL;
        if (wish && wish[0]) /* "random": the private address under another prefix */
            proto_strmap_set(&s->floating_ips, network,
                             strcmp(wish, "random") == 0 ? arena_printf(a, "172%s", ip + 2) : wish,
                             a);
    }
    return rc;
}

static struct image *image_ref(const struct model_pop *pop, const char *ext_id, struct arena *a)
{
    struct image *image = proto_new(&image_type, a);
    const struct model_object *known = model_by_id(pop, MODEL_IMAGE, ext_id);
    image->ext_id = ext_id;
    image->name = known ? known->name : ext_id;
    return image;
}

static enum err_code describe(struct method_context *m, struct server *s, struct arena *a,
                              struct err *err)
{
    const char *image, *flavour;
    enum err_code rc = ob_call_str(m->call, NAME, &s->name, err);
    if (rc == ERR_OK)
        rc = ob_call_str(m->call, IMAGE, &image, err);
    if (rc == ERR_OK)
        rc = ob_call_str(m->call, FLAVOUR, &flavour, err);
    if (rc != ERR_OK)
        return rc;
    s->host_name = s->instance_name = s->name;
    s->hypervisor_host_name = "test-hypervisor";
    s->status = m->is_failing ? "ERROR" : "ACTIVE";
    s->created = s->updated = date(a);
    s->image = image_ref(m->pop, image, a);
    s->flavor = proto_new(&deployment_flavour_type, a);
    s->flavor->flavour_key = s->flavor->ext_id = flavour;
    return add_addresses(m, s, a, err);
}

static enum err_code put(struct method_context *m, const struct server *s, const char *token,
                         struct err *err)
{
    AUTO(sbuf_release) struct sbuf json = SBUF_INIT;
    proto_encode(&server_type, s, PROTO_COMPLETE, &json);
    enum err_code rc =
        model_put(m->pop, MODEL_SERVER, s->ext_id, s->name, token, json.s, json.len, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&m->object, s->ext_id);
    if (m->is_failing)
        ob_call_set_server(m->call, json.s, json.len);
    else
        sbuf_add(m->answer, json.s, json.len);
    return ERR_OK;
}

enum err_code launch(struct method_context *m, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *token = ob_call_token(m->call);
    const struct model_object *made = model_by_token(m->pop, token);
    char id[64];
    if (made) { /* asked again: the answer was lost, the server was not */
        m->outcome = "again";
        sbuf_adds(&m->object, made->id);
        sbuf_add(m->answer, made->json, made->json_len);
        return ERR_OK;
    }
    enum err_code rc = model_token_check(m->pop, token, err);
    if (rc != ERR_OK)
        return rc;
    struct server *s = proto_new(&server_type, &a);
    model_next_id(m->pop, MODEL_SERVER, id);
    s->ext_id = id;
    rc = describe(m, s, &a, err);
    /* A failed one is no answer to its token: a repeat may succeed. */
    if (rc == ERR_OK)
        rc = put(m, s, m->is_failing ? NULL : token, err);
    if (rc != ERR_OK)
        model_drop_ips(m->pop);
    return rc;
}

enum err_code rebuild(struct method_context *m, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *id, *image;
    struct server *s;
    enum err_code rc = ob_call_str(m->call, 0, &id, err);
    if (rc == ERR_OK)
        rc = ob_call_str(m->call, 1, &image, err);
    if (rc != ERR_OK)
        return rc;
    const struct model_object *o = model_by_id(m->pop, MODEL_SERVER, id);
    if (!o)
        return err_set(err, ERR_NOT_FOUND, "no server '%s'", id);
    rc = proto_decode(&server_type, o->json, o->json_len, 0, &a, &s, err);
    if (rc != ERR_OK)
        return rc;
    s->image = image_ref(m->pop, image, &a);
    s->updated = date(&a);
    s->status = m->is_failing ? "ERROR" : "ACTIVE";
    return put(m, s, o->token, err);
}

/* An absent one is deleted, too: the call may be a repeat. */
enum err_code delete_server(struct method_context *m, struct err *err)
{
    const char *id;
    bool was_there;
    enum err_code rc = ob_call_str(m->call, 0, &id, err);
    if (rc == ERR_OK) {
        sbuf_adds(&m->object, id);
        rc = model_delete(m->pop, MODEL_SERVER, id, &was_there, err);
    }
    if (rc != ERR_OK)
        return rc;
    m->outcome = was_there ? "done" : "absent";
    sbuf_adds(
        m->answer,
        "true"); /* void in the reference, whose NFVO does not listen; ours takes it as a hint */
    return ERR_OK;
}
