#include "vim-drivers/test/methods.h"

#include "common/base/arena.h"
#include "proto/codec/path.h"
#include "proto/records/vim.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const struct proto_type *type;
    const char *name_path;
} shapes[MODEL_KIND_N] = {
    [MODEL_SERVER] = {&server_type, "name"},
    [MODEL_NETWORK] = {&network_type, "name"},
    [MODEL_SUBNET] = {&subnet_type, "name"},
    [MODEL_IMAGE] = {&image_type, "name"},
    [MODEL_FLAVOUR] = {&deployment_flavour_type, "flavour_key"},
};

static const struct method *method_of(const struct method_context *m)
{
    return method_find(ob_call_method(m->call), ob_call_param_count(m->call));
}

static enum err_code list(struct method_context *m, struct err *err)
{
    (void)err;
    model_list(m->pop, method_of(m)->kind, m->answer);
    return ERR_OK;
}

/* The object of a parameter, with an id: its own if it is to be there already. */
static enum err_code put_param(struct method_context *m, unsigned param, bool must_exist,
                               struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    enum model_kind kind = method_of(m)->kind;
    const struct proto_type *type = shapes[kind].type;
    const struct model_object *made = model_by_token(m->pop, ob_call_token(m->call));
    char fresh[64];
    void *rec;
    size_t len, from = m->answer->len;
    if (made && !must_exist) {
        m->outcome = "again";
        sbuf_add(m->answer, made->json, made->json_len);
        return ERR_OK;
    }
    if (!must_exist && model_token_check(m->pop, ob_call_token(m->call), err) != ERR_OK)
        return err->code;
    const char *json = ob_call_json(m->call, param, &len);
    enum err_code rc = proto_decode(type, json, len, 0, &a, &rec, err);
    if (rc != ERR_OK)
        return err_add(err, "%s", type->name);
    const char *id = proto_path_str(type, rec, "extId");
    if (must_exist && (!id || !model_by_id(m->pop, kind, id)))
        return err_set(err, ERR_NOT_FOUND, "no %s '%s'", model_kind_names[kind], id ? id : "");
    if (!must_exist) {
        model_next_id(m->pop, kind, fresh);
        rc = proto_path_set_str(type, rec, "extId", id = fresh, &a, err);
    }
    if (rc != ERR_OK)
        return rc;
    proto_encode(type, rec, 0, m->answer);
    sbuf_adds(&m->object, id);
    return model_put(m->pop, kind, id, proto_path_str(type, rec, shapes[kind].name_path),
                     must_exist ? NULL : ob_call_token(m->call), m->answer->s + from,
                     m->answer->len - from, err);
}

static enum err_code create(struct method_context *m, struct err *err)
{
    return put_param(m, 0, false, err);
}

static enum err_code update(struct method_context *m, struct err *err)
{
    return put_param(m, 0, true, err);
}

/* The network's own JSON lists its subnets: written again with what is stored. */
static enum err_code renew_subnets(struct method_context *m, const char *network_id,
                                   struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf json = SBUF_INIT;
    const struct model_object *o = model_by_id(m->pop, MODEL_NETWORK, network_id);
    struct network *network;
    struct subnet *subnet;
    if (!o)
        return ERR_OK;
    enum err_code rc = proto_decode(&network_type, o->json, o->json_len, 0, &a, &network, err);
    network->subnets = (struct subnet_list){0};
    for (const struct model_object *s = model_first(m->pop, MODEL_SUBNET); s && rc == ERR_OK;
         s = s->next) {
        rc = proto_decode(&subnet_type, s->json, s->json_len, 0, &a, &subnet, err);
        if (rc == ERR_OK && subnet->network_id && strcmp(subnet->network_id, network_id) == 0)
            proto_list_add(&network->subnets, subnet, &a);
    }
    if (rc != ERR_OK)
        return rc;
    proto_encode(&network_type, network, 0, &json);
    return model_put(m->pop, MODEL_NETWORK, o->id, o->name, NULL, json.s, json.len, err);
}

static enum err_code network_of_param(struct method_context *m, struct arena *a, const char **ret,
                                      struct err *err)
{
    size_t len;
    struct network *network;
    const char *json = ob_call_json(m->call, 0, &len);
    enum err_code rc = proto_decode(&network_type, json, len, 0, a, &network, err);
    if (rc == ERR_OK && !network->ext_id)
        rc = err_set(err, ERR_INVALID, "the network has no extId");
    if (rc == ERR_OK)
        *ret = network->ext_id;
    return rc;
}

static enum err_code put_subnet(struct method_context *m, bool must_exist, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *network;
    struct subnet *subnet;
    size_t len;
    char fresh[64];
    enum err_code rc = network_of_param(m, &a, &network, err);
    if (rc != ERR_OK)
        return rc;
    const char *json = ob_call_json(m->call, 1, &len);
    rc = proto_decode(&subnet_type, json, len, 0, &a, &subnet, err);
    if (rc != ERR_OK)
        return err_add(err, "subnet");
    if (must_exist && (!subnet->ext_id || !model_by_id(m->pop, MODEL_SUBNET, subnet->ext_id)))
        return err_set(err, ERR_NOT_FOUND, "no subnet '%s'", subnet->ext_id ? subnet->ext_id : "");
    if (!must_exist) {
        model_next_id(m->pop, MODEL_SUBNET, fresh);
        subnet->ext_id = fresh;
    }
    subnet->network_id = network;
    proto_encode(&subnet_type, subnet, 0, m->answer);
    sbuf_adds(&m->object, subnet->ext_id);
    rc = model_put(m->pop, MODEL_SUBNET, subnet->ext_id, subnet->name, NULL, m->answer->s,
                   m->answer->len, err);
    return rc == ERR_OK ? renew_subnets(m, network, err) : rc;
}

static enum err_code create_subnet(struct method_context *m, struct err *err)
{
    return put_subnet(m, false, err);
}

static enum err_code update_subnet(struct method_context *m, struct err *err)
{
    return put_subnet(m, true, err);
}

static enum err_code subnet_ids(struct method_context *m, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *network;
    struct subnet *subnet;
    enum err_code rc = ob_call_str(m->call, 0, &network, err);
    sbuf_addc(m->answer, '[');
    for (const struct model_object *s = model_first(m->pop, MODEL_SUBNET); s && rc == ERR_OK;
         s = s->next) {
        rc = proto_decode(&subnet_type, s->json, s->json_len, 0, &a, &subnet, err);
        if (rc != ERR_OK || !subnet->network_id || strcmp(subnet->network_id, network) != 0)
            continue;
        if (m->answer->len > 1)
            sbuf_addc(m->answer, ',');
        proto_quotes(m->answer, s->id);
    }
    sbuf_addc(m->answer, ']');
    return rc;
}

static enum err_code get(struct method_context *m, struct err *err)
{
    const char *id;
    enum err_code rc = ob_call_str(m->call, 0, &id, err);
    if (rc != ERR_OK)
        return rc;
    const struct model_object *o = model_by_id(m->pop, method_of(m)->kind, id);
    if (!o)
        return err_set(err, ERR_NOT_FOUND, "no %s '%s'", model_kind_names[method_of(m)->kind], id);
    sbuf_add(m->answer, o->json, o->json_len);
    return ERR_OK;
}

static enum err_code delete_by_id(struct method_context *m, const char *id, struct err *err)
{
    bool was_there;
    enum err_code rc = model_delete(m->pop, method_of(m)->kind, id, &was_there, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&m->object, id);
    m->outcome = was_there ? "done" : "absent";
    sbuf_adds(m->answer, was_there ? "true" : "false");
    return ERR_OK;
}

static enum err_code delete_id(struct method_context *m, struct err *err)
{
    const char *id;
    enum err_code rc = ob_call_str(m->call, 0, &id, err);
    return rc == ERR_OK ? delete_by_id(m, id, err) : rc;
}

static enum err_code delete_image(struct method_context *m, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct image *image;
    size_t len;
    const char *json = ob_call_json(m->call, 0, &len);
    enum err_code rc = proto_decode(&image_type, json, len, 0, &a, &image, err);
    if (rc == ERR_OK && !image->ext_id)
        rc = err_set(err, ERR_INVALID, "the image has no extId");
    return rc == ERR_OK ? delete_by_id(m, image->ext_id, err) : rc;
}

/* The instance itself, with what is there: same class, all its members kept. */
static enum err_code refresh(struct method_context *m, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vim_instance *vim;
    size_t len;
    const char *json = ob_call_vim(m->call, &len);
    enum err_code rc = proto_decode(&vim_instance_type, json, len, 0, &a, &vim, err);
    if (rc != ERR_OK)
        return err_add(err, "VIM instance");
    vim->images = (struct image_list){0};
    vim->networks = (struct network_list){0};
    vim->flavours = (struct deployment_flavour_list){0};
    proto_encode(&vim_instance_type, vim, 0, m->answer);
    sbuf_truncate(m->answer, m->answer->len - 1);
    sbuf_adds(m->answer, m->answer->len > 1 ? ",\"images\":" : "\"images\":");
    model_list(m->pop, MODEL_IMAGE, m->answer);
    sbuf_adds(m->answer, ",\"networks\":");
    model_list(m->pop, MODEL_NETWORK, m->answer);
    sbuf_adds(m->answer, ",\"flavours\":");
    model_list(m->pop, MODEL_FLAVOUR, m->answer);
    sbuf_addc(m->answer, '}');
    return ERR_OK;
}

static enum err_code quota(struct method_context *m, struct err *err)
{
    (void)err;
    size_t n = model_capacity(m->pop);
    struct quota q = {.tenant = "test",
                      .cores = (int64_t)n * 8,
                      .floating_ips = (int64_t)n,
                      .instances = (int64_t)n,
                      .key_pairs = 1000,
                      .ram = (int64_t)n * 16384};
    proto_encode(&quota_type, &q, PROTO_COMPLETE, m->answer);
    return ERR_OK;
}

static enum err_code type(struct method_context *m, struct err *err)
{
    (void)err;
    sbuf_adds(m->answer, "\"test\"");
    return ERR_OK;
}

/* clang-format off */
const struct method methods[] = { /* amqp-protocol.md 5.4; overloads differ in their number of parameters */
    {"refresh",                 0, refresh,       MODEL_SERVER,  -1},
    {"listImages",              0, list,          MODEL_IMAGE,   -1},
    {"listNetworks",            0, list,          MODEL_NETWORK, -1},
    {"listFlavors",             0, list,          MODEL_FLAVOUR, -1},
    {"listServer",              0, list,          MODEL_SERVER,  -1},
    {"launchInstanceAndWait",   9, launch,        MODEL_SERVER,   0},
    {"launchInstanceAndWait",   7, launch,        MODEL_SERVER,   0},
    {"launchInstance",          7, launch,        MODEL_SERVER,   0},
    {"rebuildServer",           2, rebuild,       MODEL_SERVER,   0},
    {"deleteServerByIdAndWait", 1, delete_server, MODEL_SERVER,   0},
    {"createNetwork",           1, create,        MODEL_NETWORK, -1},
    {"updateNetwork",           1, update,        MODEL_NETWORK, -1},
    {"deleteNetwork",           1, delete_id,     MODEL_NETWORK,  0},
    {"getNetworkById",          1, get,           MODEL_NETWORK,  0},
    {"createSubnet",            2, create_subnet, MODEL_SUBNET,  -1},
    {"updateSubnet",            2, update_subnet, MODEL_SUBNET,  -1},
    {"getSubnetsExtIds",        1, subnet_ids,    MODEL_SUBNET,   0},
    {"deleteSubnet",            1, delete_id,     MODEL_SUBNET,   0},
    {"addFlavor",               1, create,        MODEL_FLAVOUR, -1},
    {"updateFlavor",            1, update,        MODEL_FLAVOUR, -1},
    {"deleteFlavor",            1, delete_id,     MODEL_FLAVOUR,  0},
    {"addImage",                2, create,        MODEL_IMAGE,   -1},
    {"addImage",                3, create,        MODEL_IMAGE,   -1},
    {"updateImage",             1, update,        MODEL_IMAGE,   -1},
    {"copyImage",               2, create,        MODEL_IMAGE,   -1},
    {"deleteImage",             1, delete_image,  MODEL_IMAGE,   -1},
    {"getQuota",                0, quota,         MODEL_SERVER,  -1},
    {"getType",                 0, type,          MODEL_SERVER,  -1},
    {0},
};
/* clang-format on */

const struct method *method_find(const char *name, unsigned n_params)
{
    for (const struct method *m = methods; m->name; m++)
        if (m->n_params == n_params && strcmp(m->name, name) == 0)
            return m;
    return NULL;
}
