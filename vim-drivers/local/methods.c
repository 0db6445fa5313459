#include "vim-drivers/local/methods.h"

#include "common/base/mem.h"
#include "proto/records/vim.h"
#include "vim-drivers/local/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- whose call it is --- */

/* The project of its PoP. */
static const char *project_of(const struct ob_call *call)
{
    const char *project = ob_call_vim_project(call);
    bool is_one = project && strcmp(project, LOC_OF_BEFORE) != 0 &&
                  strcmp(project, LOC_SHARED) != 0 && strlen(project) < LOC_PROJECT_MAX;
    return is_one ? project : LOC_NO_PROJECT;
}

static bool is_theirs(const struct loc_server *s, const char *project)
{
    return strcmp(s->project, project) == 0 || strcmp(s->project, LOC_OF_BEFORE) == 0;
}

/* Of another project's, nothing is told. */
static bool is_known(struct loc *l, const struct ob_call *call, const char *id)
{
    pthread_mutex_lock(&l->lock);
    const struct loc_server *s = loc_server_by_id(l, id);
    bool is = s && is_theirs(s, project_of(call));
    pthread_mutex_unlock(&l->lock);
    return is;
}

/* --- our objects as records of the wire --- */

static struct image *image_record(const struct loc_image *i, struct arena *a)
{
    struct image *r = proto_new(&image_type, a);
    /* The NFVO takes an image of such a PoP for available when its extId is the name: 4.10. */
    r->ext_id = r->name = arena_strdup(a, i->name);
    r->status = "ACTIVE";
    r->is_public = true;
    return r;
}

static struct deployment_flavour *flavour_record(const struct loc_flavour *f, struct arena *a)
{
    struct deployment_flavour *r = proto_new(&deployment_flavour_type, a);
    r->flavour_key = r->ext_id = arena_strdup(a, f->name);
    r->vcpus = f->vcpus;
    r->ram = f->ram;
    r->disk = f->disk;
    return r;
}

static struct network *network_record(const struct loc_network *n, struct arena *a)
{
    struct network *r = proto_new(&network_type, a);
    char cidr[IP4_RANGE_TEXT], gateway[IP4_TEXT];
    ip4_range_print(&n->range, cidr);
    ip4_print(ip4_range_gateway(&n->range), gateway);
    r->ext_id = arena_strdup(a, n->id);
    r->name = arena_strdup(a, n->name);
    r->ext_shared = !n->project[0] || strcmp(n->project, LOC_SHARED) == 0;
    r->subnet = arena_strdup(a, cidr);
    r->gateway = arena_strdup(a, gateway);
    return r;
}

static void add_address(struct server *r, const struct loc_nic *n, struct arena *a)
{
    char text[IP4_TEXT];
    ip4_print(n->ip, text);
    const char *ip = arena_strdup(a, text), *name = arena_strdup(a, n->name);
    if (n->has_floating) /* there is no other network outside: its own address */
        proto_strmap_set(&r->floating_ips, name, ip, a);
    for (uint32_t i = 0; i < r->ips.n; i++)
        if (strcmp(r->ips.at[i].key, name) == 0) {
            proto_list_add(&r->ips.at[i].value, ip, a);
            return;
        }
    struct proto_strs one = {0};
    proto_list_add(&one, ip, a);
    proto_map_add(&r->ips, name, one, a);
}

static struct server *server_record(const struct loc *l, const struct loc_server *s,
                                    struct arena *a)
{
    struct server *r = proto_new(&server_type, a);
    struct loc_image image = {.next = NULL};
    char host[65] = "";
    const char *why;
    gethostname(host, sizeof(host) - 1);
    snprintf(image.name, sizeof(image.name), "%s", s->image);
    r->ext_id = arena_strdup(a, s->id);
    r->name = r->host_name = r->instance_name = arena_strdup(a, s->name);
    r->status = loc_server_status(l, s, &why);
    r->extended_status = arena_strdup(a, why);
    r->hypervisor_host_name = arena_strdup(a, host);
    r->created = arena_strdup(a, s->created);
    r->updated = arena_strdup(a, s->updated);
    r->image = image_record(&image, a);
    r->flavor = flavour_record(&s->flavour, a);
    for (unsigned i = 0; i < s->nic_n; i++)
        add_address(r, &s->nics[i], a);
    return r;
}

/* --- lists --- */

static enum err_code images(struct loc *l, struct arena *a, struct image_list *ret, struct err *err)
{
    pthread_mutex_lock(&l->lock);
    enum err_code rc = loc_images_scan(l, err);
    for (const struct loc_image *i = l->images; i && rc == ERR_OK; i = i->next)
        proto_list_add(ret, image_record(i, a), a);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

static void networks(struct loc *l, const char *project, struct arena *a, struct network_list *ret)
{
    pthread_mutex_lock(&l->lock);
    for (const struct loc_network *n = l->networks; n; n = n->next)
        if (loc_network_is_listed(l, n, project))
            proto_list_add(ret, network_record(n, a), a);
    pthread_mutex_unlock(&l->lock);
}

static void flavours(struct loc *l, struct arena *a, struct deployment_flavour_list *ret)
{
    pthread_mutex_lock(&l->lock);
    for (const struct loc_flavour *f = l->flavours; f; f = f->next)
        proto_list_add(ret, flavour_record(f, a), a);
    pthread_mutex_unlock(&l->lock);
}

static enum err_code list_images(void *arg, struct ob_call *call, struct sbuf *answer,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct image_list list = {0};
    (void)call;
    enum err_code rc = images(arg, &a, &list, err);
    if (rc == ERR_OK)
        proto_encode_list(&image_type, &list, PROTO_COMPLETE, answer);
    return rc;
}

static enum err_code list_networks(void *arg, struct ob_call *call, struct sbuf *answer,
                                   struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct network_list list = {0};
    (void)err;
    networks(arg, project_of(call), &a, &list);
    proto_encode_list(&network_type, &list, PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code list_flavours(void *arg, struct ob_call *call, struct sbuf *answer,
                                   struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct deployment_flavour_list list = {0};
    (void)call;
    (void)err;
    flavours(arg, &a, &list);
    proto_encode_list(&deployment_flavour_type, &list, PROTO_COMPLETE, answer);
    return ERR_OK;
}

/* Not those that are being made: whether they come up is not known yet. */
static enum err_code list_servers(void *arg, struct ob_call *call, struct sbuf *answer,
                                  struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct server_list list = {0};
    struct loc *l = arg;
    (void)err;
    loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    for (const struct loc_server *s = l->servers; s; s = s->next)
        if (is_theirs(s, project_of(call)) && (s->phase != LOC_MAKING || !s->is_busy))
            proto_list_add(&list, server_record(l, s, &a), &a);
    pthread_mutex_unlock(&l->lock);
    proto_encode_list(&server_type, &list, PROTO_COMPLETE, answer);
    return ERR_OK;
}

static void say(struct vim_instance *vim, const char *key, const struct sbuf *text, struct arena *a)
{
    proto_strmap_set(&vim->metadata, key, text->len ? arena_strdup(a, text->s) : "", a);
}

static void notes(struct loc *l, const char *project, struct arena *a, struct vim_instance *vim)
{
    AUTO(sbuf_release) struct sbuf warning = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf note = SBUF_INIT;
    pthread_mutex_lock(&l->lock);
    loc_sharing_warn(l, project, &warning);
    loc_sharing_note(l, &note);
    pthread_mutex_unlock(&l->lock);
    say(vim, VIM_WARNING, &warning, a);
    say(vim, VIM_NOTE, &note, a);
}

/* The instance itself, with what is there: same class, all its members kept. */
static enum err_code refresh(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct vim_instance *vim;
    size_t len;
    const char *json = ob_call_vim(call, &len);
    enum err_code rc = proto_decode(&vim_instance_type, json, len, 0, &a, &vim, err);
    if (rc != ERR_OK)
        return err_add(err, "VIM instance");
    loc_fabric_check(arg);
    vim->images = (struct image_list){0};
    vim->networks = (struct network_list){0};
    vim->flavours = (struct deployment_flavour_list){0};
    rc = images(arg, &a, &vim->images, err);
    networks(arg, project_of(call), &a, &vim->networks);
    flavours(arg, &a, &vim->flavours);
    notes(arg, project_of(call), &a, vim);
    if (rc == ERR_OK)
        proto_encode(&vim_instance_type, vim, PROTO_COMPLETE, answer);
    return rc;
}

/* --- servers --- */

enum {
    NAME,
    IMAGE,
    FLAVOUR,
    KEY_PAIR,
    CONNECTION_POINTS,
    SECURITY_GROUPS,
    USER_DATA,
    FLOATING_IPS,
    KEYS
};

static enum err_code floating_wishes(struct ob_call *call, struct arena *a,
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

static int by_interface(const void *a, const void *b)
{
    const struct vnfd_connection_point *x = *(struct vnfd_connection_point *const *)a,
                                       *y = *(struct vnfd_connection_point *const *)b;
    return x->interface_id < y->interface_id ? -1 : x->interface_id > y->interface_id;
}

/* By id if that is one of ours (the NFVO's own id of a link is not), else by name. */
static const char *network_of(struct loc *l, const char *project,
                              const struct vnfd_connection_point *cp)
{
    const char *id = cp->virtual_link_reference_id;
    pthread_mutex_lock(&l->lock);
    bool is_ours = id && loc_network_find(l, project, id);
    pthread_mutex_unlock(&l->lock);
    return is_ours ? id : cp->virtual_link_reference ? cp->virtual_link_reference : id ? id : "";
}

static enum err_code read_nics(struct loc *l, struct ob_call *call, struct arena *a,
                               struct loc_launch *want, struct err *err)
{
    struct vnfd_connection_point_list cps = {0};
    struct proto_strmap wishes = {0};
    size_t len;
    const char *json = ob_call_json(call, CONNECTION_POINTS, &len);
    enum err_code rc = proto_decode_list(&vnfd_connection_point_type, json, len, a, &cps, err);
    if (rc == ERR_OK)
        rc = floating_wishes(call, a, &wishes, err);
    if (rc == ERR_OK && cps.n > LOC_NICS_MAX)
        rc = err_set(err, ERR_LIMIT, "more than %d connection points", LOC_NICS_MAX);
    if (rc != ERR_OK)
        return err_add(err, "connection points");
    for (uint32_t i = 0; i + 1 < cps.n; i++) /* few: insertion keeps equal ones in their order */
        for (uint32_t k = i + 1; k > 0 && by_interface(&cps.at[k - 1], &cps.at[k]) > 0; k--) {
            struct vnfd_connection_point *swap = cps.at[k];
            cps.at[k] = cps.at[k - 1];
            cps.at[k - 1] = swap;
        }
    for (uint32_t i = 0; i < cps.n; i++) {
        const struct vnfd_connection_point *cp = cps.at[i];
        const char *link = cp->virtual_link_reference;
        const char *wish = link ? proto_strmap_get(&wishes, link) : NULL;
        want->nics[i].network = network_of(l, want->project, cp);
        want->nics[i].fixed_ip = cp->fixed_ip;
        want->nics[i].has_floating = wish && wish[0];
        want->nic_n = i + 1;
    }
    return ERR_OK;
}

static void answer_server(struct loc *l, const struct loc_server *s, struct sbuf *out)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    proto_encode(&server_type, server_record(l, s, &a), PROTO_COMPLETE, out);
}

/* The hint goes along: an exception has no other place for it. */
static enum err_code fail(struct loc *l, struct ob_call *call, const struct loc_server *left,
                          struct err *err)
{
    AUTO(sbuf_release) struct sbuf json = SBUF_INIT;
    if (left && left->id[0]) {
        answer_server(l, left, &json);
        ob_call_set_server(call, json.s, json.len);
    }
    size_t len = strlen(err->msg);
    if (err->hint[0])
        snprintf(err->msg + len, sizeof(err->msg) - len, "; hint: %s", err->hint);
    return err->code;
}

static enum err_code launch(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct loc *l = arg;
    struct loc_launch want = {.project = project_of(call), .token = ob_call_token(call)};
    struct loc_server s = {.next = NULL};
    size_t len = 0;
    enum err_code rc = ob_call_str(call, NAME, &want.name, err);
    if (rc == ERR_OK)
        rc = ob_call_str(call, IMAGE, &want.image, err);
    if (rc == ERR_OK)
        rc = ob_call_str(call, FLAVOUR, &want.flavour, err);
    if (rc == ERR_OK)
        rc = ob_call_str(call, USER_DATA, &want.user_data, err);
    if (rc == ERR_OK)
        rc = read_nics(l, call, &a, &want, err);
    const char *keys = ob_call_json(call, KEYS, &len);
    if (rc == ERR_OK)
        rc = loc_keys_read(keys, len, &a, &want.authorized_keys, err);
    if (rc == ERR_OK)
        rc = loc_server_launch(l, &want, &s, err);
    if (rc != ERR_OK)
        return fail(l, call, &s, err);
    answer_server(l, &s, answer);
    return ERR_OK;
}

static enum err_code rebuild(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    const char *id, *image;
    struct loc_server s = {.next = NULL};
    enum err_code rc = ob_call_str(call, 0, &id, err);
    if (rc == ERR_OK)
        rc = ob_call_str(call, 1, &image, err);
    if (rc == ERR_OK && !is_known(arg, call, id))
        rc = err_set(err, ERR_NOT_FOUND, "no server '%s'", id);
    if (rc == ERR_OK)
        rc = loc_server_rebuild(arg, id, image, ob_call_id(call), &s, err);
    if (rc != ERR_OK)
        return fail(arg, call, &s, err);
    answer_server(arg, &s, answer);
    return ERR_OK;
}

/* An absent one is deleted, too: the call may be a repeat. */
static enum err_code delete_server(void *arg, struct ob_call *call, struct sbuf *answer,
                                   struct err *err)
{
    const char *id;
    bool was_there;
    enum err_code rc = ob_call_str(call, 0, &id, err);
    if (rc == ERR_OK && is_known(arg, call, id))
        rc = loc_server_delete(arg, id, &was_there, err);
    if (rc != ERR_OK)
        return fail(arg, call, NULL, err);
    sbuf_adds(answer, "true");
    return ERR_OK;
}

/* --- networks --- */

static const char *cidr_of(const struct network *n)
{
    for (uint32_t i = 0; i < n->subnets.n; i++)
        if (n->subnets.at[i]->cidr)
            return n->subnets.at[i]->cidr;
    return n->subnet;
}

static enum err_code read_network(struct ob_call *call, struct arena *a, struct network **ret,
                                  struct err *err)
{
    size_t len;
    const char *json = ob_call_json(call, 0, &len);
    enum err_code rc = proto_decode(&network_type, json, len, 0, a, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "network");
}

static enum err_code create_network(void *arg, struct ob_call *call, struct sbuf *answer,
                                    struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct network *want;
    struct loc_network made;
    enum err_code rc = read_network(call, &a, &want, err);
    if (rc == ERR_OK)
        rc = loc_network_create(arg, project_of(call), want->name, cidr_of(want), &made, err);
    if (rc != ERR_OK)
        return fail(arg, call, NULL, err);
    proto_encode(&network_type, network_record(&made, &a), PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code delete_network(void *arg, struct ob_call *call, struct sbuf *answer,
                                    struct err *err)
{
    const char *id;
    bool was_there;
    enum err_code rc = ob_call_str(call, 0, &id, err);
    if (rc == ERR_OK)
        rc = loc_network_delete(arg, project_of(call), id, &was_there, err);
    if (rc != ERR_OK)
        return fail(arg, call, NULL, err);
    sbuf_adds(answer, was_there ? "true" : "false");
    return ERR_OK;
}

static enum err_code get_network(void *arg, struct ob_call *call, struct sbuf *answer,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct loc *l = arg;
    const char *id;
    enum err_code rc = ob_call_str(call, 0, &id, err);
    if (rc != ERR_OK)
        return rc;
    pthread_mutex_lock(&l->lock);
    const struct loc_network *n = loc_network_find(l, project_of(call), id);
    if (n)
        proto_encode(&network_type, network_record(n, &a), PROTO_COMPLETE, answer);
    pthread_mutex_unlock(&l->lock);
    return n ? ERR_OK : err_set(err, ERR_NOT_FOUND, "no network '%s'", id);
}

/* Each network has one subnet, from its beginning: asked for, it is answered. */
static enum err_code create_subnet(void *arg, struct ob_call *call, struct sbuf *answer,
                                   struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct loc *l = arg;
    struct network *network;
    struct subnet *want, *r = proto_new(&subnet_type, &a);
    size_t len;
    enum err_code rc = read_network(call, &a, &network, err);
    const char *json = ob_call_json(call, 1, &len);
    if (rc == ERR_OK)
        rc = proto_decode(&subnet_type, json, len, 0, &a, &want, err);
    if (rc != ERR_OK)
        return rc;
    const char *id = network->ext_id ? network->ext_id : network->name ? network->name : "";
    pthread_mutex_lock(&l->lock);
    const struct loc_network *n = loc_network_find(l, project_of(call), id);
    const struct network *own = n ? network_record(n, &a) : NULL;
    pthread_mutex_unlock(&l->lock);
    if (!own)
        return err_set(err, ERR_NOT_FOUND, "no network '%s'", id);
    r->ext_id = arena_printf(&a, "subnet-%s", own->ext_id);
    r->name = want->name;
    r->network_id = own->ext_id;
    r->cidr = own->subnet;
    r->gateway_ip = own->gateway;
    if (want->cidr && strcmp(want->cidr, r->cidr) != 0)
        return err_set(err, ERR_INVALID, "network '%s' has the subnet '%s', and no other",
                       own->name, r->cidr);
    proto_encode(&subnet_type, r, 0, answer);
    return ERR_OK;
}

static enum err_code delete_subnet(void *arg, struct ob_call *call, struct sbuf *answer,
                                   struct err *err)
{
    (void)arg;
    (void)call;
    (void)err;
    sbuf_adds(answer, "true"); /* it goes with its network */
    return ERR_OK;
}

/* --- the rest --- */

static enum err_code add_flavour(void *arg, struct ob_call *call, struct sbuf *answer,
                                 struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct deployment_flavour *want;
    struct loc_flavour f = {.is_added = true};
    size_t len;
    const char *json = ob_call_json(call, 0, &len);
    enum err_code rc = proto_decode(&deployment_flavour_type, json, len, 0, &a, &want, err);
    if (rc == ERR_OK && (!want->flavour_key || strlen(want->flavour_key) >= sizeof(f.name)))
        rc = err_set(err, ERR_INVALID, "a flavour needs a flavour_key of at most %zu bytes",
                     sizeof(f.name) - 1);
    if (rc != ERR_OK)
        return fail(arg, call, NULL, err);
    snprintf(f.name, sizeof(f.name), "%s", want->flavour_key);
    f.vcpus = want->vcpus;
    f.ram = want->ram;
    f.disk = want->disk;
    rc = loc_flavour_add(arg, &f, err);
    if (rc != ERR_OK)
        return fail(arg, call, NULL, err);
    proto_encode(&deployment_flavour_type, flavour_record(&f, &a), PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code no_upload(void *arg, struct ob_call *call, struct sbuf *answer,
                               struct err *err)
{
    struct loc *l = arg;
    (void)call;
    (void)answer;
    return err_set(err, ERR_STATE,
                   "images of this host are folders and .tar files in the driver's option images "
                   "(%s): put it there",
                   l->o->images[0] ? l->o->images : "not set");
}

/* Only what the operator set bounds anything: servers share the host's cores and memory, and the
 * NFVO refuses what exceeds a quota. */
static enum err_code quota(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    const struct loc *l = arg;
    (void)call;
    (void)err;
    struct quota q = {.tenant = "local",
                      .cores = l->o->quota_cores ? l->o->quota_cores : -1,
                      .ram = l->o->quota_ram ? l->o->quota_ram : -1,
                      .instances = l->o->quota_instances,
                      .floating_ips = l->o->quota_instances,
                      .key_pairs = 1000};
    proto_encode(&quota_type, &q, PROTO_COMPLETE, answer);
    return ERR_OK;
}

static enum err_code get_type(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    const struct loc *l = arg;
    (void)call;
    (void)err;
    proto_quotes(answer, l->o->type);
    return ERR_OK;
}

/* clang-format off */
const struct ob_vim_method loc_methods[] = {
    {"refresh",                 0, refresh},
    {"listImages",              0, list_images},
    {"listNetworks",            0, list_networks},
    {"listFlavors",             0, list_flavours},
    {"listServer",              0, list_servers},
    {"launchInstanceAndWait",   9, launch},
    {"launchInstanceAndWait",   7, launch},
    {"launchInstance",          7, launch},
    {"rebuildServer",           2, rebuild},
    {"deleteServerByIdAndWait", 1, delete_server},
    {"createNetwork",           1, create_network},
    {"deleteNetwork",           1, delete_network},
    {"getNetworkById",          1, get_network},
    {"createSubnet",            2, create_subnet},
    {"deleteSubnet",            1, delete_subnet},
    {"addFlavor",               1, add_flavour},
    {"addImage",                2, no_upload},
    {"addImage",                3, no_upload},
    {"getQuota",                0, quota},
    {"getType",                 0, get_type},
    {0},
};
/* clang-format on */
