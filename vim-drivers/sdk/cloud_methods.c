/* The remote calls of a driver, by the functions of its table: amqp-protocol.md 5.4. */
#include "vim-drivers/sdk/cloud_private.h"

#include "common/base/text.h"

#include <string.h>

static const struct ob_cloud_table *table(const struct ob_cloud_call *c)
{
    return c->cloud->table;
}

static enum err_code cannot(const struct ob_cloud_call *c, const char *what, struct err *err)
{
    (void)c;
    return err_set(err, ERR_UNSUPPORTED, "this cloud %s", what);
}

static enum err_code list(struct ob_cloud_call *c, unsigned wants, struct err *err)
{
    c->images = (struct image_list){0};
    c->networks = (struct network_list){0};
    c->flavours = (struct deployment_flavour_list){0};
    c->zones = (struct availability_zone_list){0};
    return table(c)->refresh(c->cloud->arg, c, wants, err);
}

/* --- lists --- */

static enum err_code list_images(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    enum err_code rc = list(c, OB_CLOUD_IMAGES, err);
    if (rc == ERR_OK)
        proto_encode_list(&image_type, &c->images, PROTO_COMPLETE, answer);
    return rc;
}

static enum err_code list_networks(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    enum err_code rc = list(c, OB_CLOUD_NETWORKS, err);
    if (rc == ERR_OK)
        proto_encode_list(&network_type, &c->networks, PROTO_COMPLETE, answer);
    return rc;
}

static enum err_code list_flavours(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    enum err_code rc = list(c, OB_CLOUD_FLAVOURS, err);
    if (rc == ERR_OK)
        proto_encode_list(&deployment_flavour_type, &c->flavours, PROTO_COMPLETE, answer);
    return rc;
}

static enum err_code list_servers(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    enum err_code rc = table(c)->list_servers ? table(c)->list_servers(c->cloud->arg, c, err)
                                              : cannot(c, "lists no servers", err);
    if (rc == ERR_OK)
        proto_encode_list(&server_type, &c->servers, PROTO_COMPLETE, answer);
    return rc;
}

static void say(struct ob_cloud_call *c, struct vim_instance *vim, const char *key,
                const char *text)
{
    if (text)
        proto_strmap_set(&vim->metadata, key, text, &c->arena);
}

/* The instance itself, with what is there: same class, all its members kept. */
static enum err_code refresh(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct vim_instance *vim;
    size_t len;
    const char *json = ob_call_vim(c->call, &len);
    enum err_code rc = proto_decode(&vim_instance_type, json, len, 0, &c->arena, &vim, err);
    if (rc != ERR_OK)
        return err_add(err, "VIM instance");
    rc = list(c, OB_CLOUD_IMAGES | OB_CLOUD_NETWORKS | OB_CLOUD_FLAVOURS, err);
    if (rc != ERR_OK)
        return rc;
    vim->images = c->images;
    vim->networks = c->networks;
    vim->flavours = c->flavours;
    vim->zones = c->zones;
    say(c, vim, VIM_WARNING, c->warning);
    say(c, vim, VIM_NOTE, c->note);
    proto_encode(&vim_instance_type, vim, PROTO_COMPLETE, answer);
    return ERR_OK;
}

/* --- what a launch names --- */

static void names(struct sbuf *out, const char *name)
{
    if (out->len < 100)
        sbuf_addf(out, "%s%s", out->len ? ", " : "", name ? name : "");
}

static enum err_code find_flavour(struct ob_cloud_call *c, const char *wanted,
                                  struct ob_cloud_flavour *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    if (!wanted[0])
        wanted = c->cloud->default_flavour;
    for (uint32_t i = 0; i < c->flavours.n; i++) {
        const struct deployment_flavour *f = c->flavours.at[i];
        if (text_matches(f->ext_id, wanted) || text_matches(f->flavour_key, wanted)) {
            *ret = (struct ob_cloud_flavour){.id = f->ext_id,
                                             .name = f->flavour_key,
                                             .vcpus = f->vcpus,
                                             .ram_mb = f->ram,
                                             .disk_gb = f->disk};
            return ERR_OK;
        }
        names(&known, f->flavour_key);
    }
    err_set(err, ERR_NOT_FOUND, "flavour '%s' is not there", wanted);
    return err_hint(err, "there are %s", known.len ? known.s : "none");
}

static bool has_tag(const struct image *i, const char *wanted)
{
    for (uint32_t k = 0; k < i->tags.n; k++)
        if (text_matches(i->tags.at[k], wanted))
            return true;
    return false;
}

static enum err_code find_image(struct ob_cloud_call *c, const char *wanted,
                                struct ob_cloud_image *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    for (uint32_t i = 0; i < c->images.n; i++) {
        const struct image *m = c->images.at[i];
        if (text_matches(m->ext_id, wanted) || text_matches(m->name, wanted) ||
            has_tag(m, wanted)) {
            *ret = (struct ob_cloud_image){.id = m->ext_id, .name = m->name};
            return ERR_OK;
        }
        names(&known, m->name);
    }
    if (c->cloud->may_fetch_images && wanted[0]) {
        *ret = (struct ob_cloud_image){.name = wanted};
        return ERR_OK;
    }
    err_set(err, ERR_NOT_FOUND, "image '%s' is not there", wanted);
    return err_hint(err, "there are %s", known.len ? known.s : "none");
}

/* --- servers --- */

static void answer_server(struct ob_cloud_call *c, const struct ob_cloud_server *s,
                          struct sbuf *out)
{
    proto_encode(&server_type, cloud_server_record(s, &c->arena), PROTO_COMPLETE, out);
}

static enum err_code conclude(struct ob_cloud_call *c, enum err_code rc,
                              const struct ob_cloud_server *s, struct sbuf *answer)
{
    AUTO(sbuf_release) struct sbuf left = SBUF_INIT;
    if (rc == ERR_OK)
        answer_server(c, s, answer);
    else {
        if (s->id)
            answer_server(c, s, &left);
        ob_call_set_server(c->call, left.s, left.len); /* of a try before there may be one */
    }
    return rc;
}

static enum err_code launch(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct ob_cloud_launch want = {.name = ""};
    struct ob_cloud_server s = {.id = NULL};
    const char *image = "", *flavour = "";
    enum err_code rc = cloud_read_launch(c, &want, &image, &flavour, err);
    if (rc == ERR_OK)
        rc = ob_spent_check(c->cloud->spent, want.token, err);
    if (rc == ERR_OK)
        rc = list(c, OB_CLOUD_IMAGES | OB_CLOUD_FLAVOURS, err);
    if (rc == ERR_OK)
        rc = find_image(c, image, &want.image, err);
    if (rc == ERR_OK)
        rc = find_flavour(c, flavour, &want.flavour, err);
    if (rc == ERR_OK)
        rc = table(c)->launch(c->cloud->arg, c, &want, &s, err);
    if (rc != ERR_OK)
        err_add(err, "launch '%s'", want.name);
    return conclude(c, rc, &s, answer);
}

static enum err_code rebuild(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct ob_cloud_server s = {.id = NULL};
    struct ob_cloud_image found = {.id = NULL};
    const char *id = "", *image = "";
    if (!table(c)->rebuild)
        return cannot(c, "rebuilds no servers", err);
    enum err_code rc = ob_call_str(c->call, 0, &id, err);
    if (rc == ERR_OK)
        rc = ob_call_str(c->call, 1, &image, err);
    if (rc == ERR_OK)
        rc = list(c, OB_CLOUD_IMAGES, err);
    if (rc == ERR_OK)
        rc = find_image(c, image, &found, err);
    if (rc == ERR_OK)
        rc = table(c)->rebuild(c->cloud->arg, c, id, &found, &s, err);
    return conclude(c, rc, &s, answer);
}

static enum err_code delete_server(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    const char *id = "";
    enum err_code rc = ob_call_str(c->call, 0, &id, err);
    if (rc == ERR_OK)
        rc = table(c)->delete_server ? table(c)->delete_server(c->cloud->arg, c, id, err)
                                     : cannot(c, "deletes no servers", err);
    if (rc == ERR_OK)
        sbuf_adds(answer, "true");
    return rc;
}

/* --- networks --- */

static const char *cidr_of(const struct network *n)
{
    for (uint32_t i = 0; i < n->subnets.n; i++)
        if (n->subnets.at[i]->cidr)
            return n->subnets.at[i]->cidr;
    return n->subnet;
}

static enum err_code read_network(struct ob_cloud_call *c, struct network **ret, struct err *err)
{
    size_t len;
    const char *json = ob_call_json(c->call, 0, &len);
    enum err_code rc = proto_decode(&network_type, json, len, 0, &c->arena, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "network");
}

static enum err_code create_network(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct network *want;
    struct ob_cloud_network made = {.id = NULL};
    if (!table(c)->create_network)
        return cannot(c, "makes no networks", err);
    enum err_code rc = read_network(c, &want, err);
    if (rc == ERR_OK && (!want->name || !want->name[0]))
        rc = err_set(err, ERR_INVALID, "a network needs a name");
    if (rc != ERR_OK)
        return rc;
    struct ob_cloud_network asked = {.name = want->name, .cidr = cidr_of(want)};
    rc = table(c)->create_network(c->cloud->arg, c, &asked, &made, err);
    if (rc != ERR_OK)
        return err_add(err, "create network '%s'", want->name);
    proto_encode(&network_type, cloud_network_record(&made, &c->arena), PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code delete_network(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    const char *id = "";
    bool was_there = false;
    if (!table(c)->delete_network)
        return cannot(c, "deletes no networks", err);
    enum err_code rc = ob_call_str(c->call, 0, &id, err);
    if (rc == ERR_OK)
        rc = table(c)->delete_network(c->cloud->arg, c, id, &was_there, err);
    if (rc == ERR_OK)
        sbuf_adds(answer, was_there ? "true" : "false");
    return rc;
}

/* By id, or else by name. */
static enum err_code find_network(struct ob_cloud_call *c, const char *id,
                                  const struct network **ret, struct err *err)
{
    const struct network *by_name = NULL;
    enum err_code rc = list(c, OB_CLOUD_NETWORKS, err);
    for (uint32_t i = 0; rc == ERR_OK && i < c->networks.n; i++) {
        const struct network *n = c->networks.at[i];
        if (text_matches(n->ext_id, id)) {
            *ret = n;
            return ERR_OK;
        }
        if (!by_name && text_matches(n->name, id))
            by_name = n;
    }
    if (rc == ERR_OK && !by_name)
        rc = err_set(err, ERR_NOT_FOUND, "no network '%s'", id);
    if (rc == ERR_OK)
        *ret = by_name;
    return rc;
}

static enum err_code get_network(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    const struct network *n = NULL;
    const char *id = "";
    enum err_code rc = ob_call_str(c->call, 0, &id, err);
    if (rc == ERR_OK)
        rc = find_network(c, id, &n, err);
    if (rc == ERR_OK)
        proto_encode(&network_type, n, PROTO_COMPLETE, answer);
    return rc;
}

/* Each network has one subnet, from its beginning: asked for, it is answered. */
static enum err_code create_subnet(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct network *given;
    const struct network *n = NULL;
    struct subnet *want = NULL, *r = proto_new(&subnet_type, &c->arena);
    size_t len;
    const char *json = ob_call_json(c->call, 1, &len);
    enum err_code rc = read_network(c, &given, err);
    if (rc == ERR_OK)
        rc = proto_decode(&subnet_type, json, len, 0, &c->arena, &want, err);
    if (rc == ERR_OK)
        rc = find_network(c,
                          given->ext_id ? given->ext_id
                          : given->name ? given->name
                                        : "",
                          &n, err);
    if (rc == ERR_OK && want->cidr && n->subnet && strcmp(want->cidr, n->subnet) != 0)
        rc = err_set(err, ERR_INVALID, "network '%s' has the subnet '%s', and no other", n->name,
                     n->subnet);
    if (rc != ERR_OK)
        return rc;
    r->ext_id = arena_printf(&c->arena, "subnet-%s", n->ext_id);
    r->network_id = n->ext_id;
    r->name = want->name;
    r->cidr = n->subnet;
    r->gateway_ip = n->gateway;
    proto_encode(&subnet_type, n->subnets.n ? n->subnets.at[0] : r, PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code delete_subnet(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    (void)c;
    (void)err;
    sbuf_adds(answer, "true"); /* it goes with its network */
    return ERR_OK;
}

/* --- the rest --- */

/* Sizes that are not said are those that it has. */
static bool has_other_sizes(const struct ob_cloud_flavour *f, const struct deployment_flavour *want)
{
    return (want->vcpus || want->ram || want->disk) &&
           (want->vcpus != f->vcpus || want->ram != f->ram_mb || want->disk != f->disk_gb);
}

/* One that is there already is the answer; clouds of this shape have theirs from their operator. */
static enum err_code add_flavour(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct deployment_flavour *want;
    struct ob_cloud_flavour f = {.id = NULL};
    size_t len;
    const char *json = ob_call_json(c->call, 0, &len);
    enum err_code rc = proto_decode(&deployment_flavour_type, json, len, 0, &c->arena, &want, err);
    if (rc == ERR_OK && (!want->flavour_key || !want->flavour_key[0]))
        rc = err_set(err, ERR_INVALID, "a flavour needs a flavour_key");
    if (rc == ERR_OK)
        rc = list(c, OB_CLOUD_FLAVOURS, err);
    if (rc == ERR_OK)
        rc = find_flavour(c, want->flavour_key, &f, err);
    if (rc == ERR_OK && has_other_sizes(&f, want))
        rc = err_set(err, ERR_EXISTS, "'%s' exists, with other sizes", f.name);
    if (rc == ERR_NOT_FOUND && table(c)->add_flavour) {
        struct ob_cloud_flavour asked = {.name = want->flavour_key,
                                         .vcpus = want->vcpus,
                                         .ram_mb = want->ram,
                                         .disk_gb = want->disk};
        *err = (struct err)ERR_INIT;
        rc = table(c)->add_flavour(c->cloud->arg, c, &asked, &f, err);
    }
    if (rc == ERR_OK)
        proto_encode(&deployment_flavour_type, cloud_flavour_record(&f, &c->arena), PROTO_COMPLETE,
                     answer);
    return rc == ERR_OK ? rc : err_add(err, "add flavour");
}

static enum err_code add_image_of(struct ob_cloud_call *c, bool has_token, struct sbuf *answer,
                                  struct err *err)
{
    struct image *want;
    struct ob_cloud_image made = {.id = NULL};
    const char *url = "", *token = "";
    size_t len;
    const char *json = ob_call_json(c->call, 0, &len);
    if (!table(c)->add_image)
        return cannot(c, "takes no images", err);
    enum err_code rc = proto_decode(&image_type, json, len, 0, &c->arena, &want, err);
    if (rc == ERR_OK)
        rc = ob_call_str(c->call, 1, &url, err);
    if (rc == ERR_OK && has_token)
        rc = ob_call_str(c->call, 2, &token, err);
    if (rc != ERR_OK)
        return err_add(err, "add image");
    const struct ob_cloud_new_image asked = {
        .name = want->name ? want->name : "",
        .url = url,
        .fetch_url = token[0] ? arena_printf(&c->arena, "%s?token=%s", url, token) : url,
        .hash = want->hash,
        .disk_format = want->disk_format,
        .container_format = want->container_format};
    rc = table(c)->add_image(c->cloud->arg, c, &asked, &made, err);
    if (rc != ERR_OK)
        return err_add(err, "add image");
    proto_encode(&image_type, cloud_image_record(&made, &c->arena), PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code add_image(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    return add_image_of(c, false, answer, err);
}

/* Of the NFVO's own repository: only who has the token may fetch it. */
static enum err_code add_repository_image(struct ob_cloud_call *c, struct sbuf *answer,
                                          struct err *err)
{
    return add_image_of(c, true, answer, err);
}

static enum err_code read_image(struct ob_cloud_call *c, struct image **ret, struct err *err)
{
    size_t len;
    const char *json = ob_call_json(c->call, 0, &len);
    enum err_code rc = proto_decode(&image_type, json, len, 0, &c->arena, ret, err);
    if (rc == ERR_OK && (!(*ret)->ext_id || !(*ret)->ext_id[0]))
        rc = err_set(err, ERR_INVALID, "extId is missing");
    return rc == ERR_OK ? rc : err_add(err, "image");
}

static enum err_code update_image(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct image *want;
    struct ob_cloud_image made = {.id = NULL};
    if (!table(c)->update_image)
        return cannot(c, "changes no images", err);
    enum err_code rc = read_image(c, &want, err);
    if (rc != ERR_OK)
        return rc;
    struct ob_cloud_image asked = {.id = want->ext_id,
                                   .name = want->name,
                                   .min_disk_gb = want->min_disk_space,
                                   .min_ram_mb = want->min_ram};
    rc = table(c)->update_image(c->cloud->arg, c, &asked, &made, err);
    if (rc != ERR_OK)
        return err_add(err, "update image '%s'", want->ext_id);
    proto_encode(&image_type, cloud_image_record(&made, &c->arena), PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code delete_image(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct image *want;
    bool was_there = false;
    if (!table(c)->delete_image)
        return cannot(c, "deletes no images", err);
    enum err_code rc = read_image(c, &want, err);
    if (rc == ERR_OK)
        rc = table(c)->delete_image(c->cloud->arg, c, want->ext_id, &was_there, err);
    if (rc == ERR_OK)
        sbuf_adds(answer, was_there ? "true" : "false");
    return rc;
}

static enum err_code quota(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    struct ob_cloud_quota q = {
        .instances = -1, .cores = -1, .ram_mb = -1, .floating_ips = -1, .key_pairs = -1};
    enum err_code rc = table(c)->quota ? table(c)->quota(c->cloud->arg, c, &q, err) : ERR_OK;
    struct quota r = {.tenant = q.tenant,
                      .instances = q.instances,
                      .cores = q.cores,
                      .ram = q.ram_mb,
                      .floating_ips = q.floating_ips,
                      .key_pairs = q.key_pairs};
    if (rc == ERR_OK)
        proto_encode(&quota_type, &r, PROTO_COMPLETE, answer);
    return rc;
}

static enum err_code get_type(struct ob_cloud_call *c, struct sbuf *answer, struct err *err)
{
    (void)err;
    proto_quotes(answer, c->cloud->type);
    return ERR_OK;
}

/* clang-format off */
const struct cloud_method cloud_methods[] = {
    {"refresh",                 0, refresh,        false},
    {"listImages",              0, list_images,    false},
    {"listNetworks",            0, list_networks,  false},
    {"listFlavors",             0, list_flavours,  false},
    {"listServer",              0, list_servers,   false},
    {"launchInstanceAndWait",   9, launch,         true},
    {"launchInstanceAndWait",   7, launch,         true},
    {"launchInstance",          7, launch,         true},
    {"rebuildServer",           2, rebuild,        true},
    {"deleteServerByIdAndWait", 1, delete_server,  false},
    {"createNetwork",           1, create_network, false},
    {"deleteNetwork",           1, delete_network, false},
    {"getNetworkById",          1, get_network,    false},
    {"createSubnet",            2, create_subnet,  false},
    {"deleteSubnet",            1, delete_subnet,  false},
    {"addFlavor",               1, add_flavour,    false},
    {"addImage",                2, add_image,      true},
    {"addImage",                3, add_repository_image, true},
    {"updateImage",             1, update_image,   false},
    {"deleteImage",             1, delete_image,   false},
    {"getQuota",                0, quota,          false},
    {"getType",                 0, get_type,       false},
    {0},
};
/* clang-format on */
