/* What the NFVO calls, by the functions of vim-drivers/sdk/ob_cloud.h. */
#include "vim-drivers/local/cloud.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- whose call it is --- */

static const char *project_of(const struct ob_cloud_call *call)
{
    const char *project = ob_cloud_pop(call)->project;
    bool is_one = strcmp(project, LOC_OF_BEFORE) != 0 && strcmp(project, LOC_SHARED) != 0 &&
                  strlen(project) < LOC_PROJECT_MAX;
    return is_one ? project : LOC_NO_PROJECT;
}

static bool is_theirs(const struct loc_server *s, const char *project)
{
    return strcmp(s->project, project) == 0 || strcmp(s->project, LOC_OF_BEFORE) == 0;
}

/* Of another project's, nothing is told. */
static bool is_known(struct loc *l, const struct ob_cloud_call *call, const char *id)
{
    pthread_mutex_lock(&l->lock);
    const struct loc_server *s = loc_server_by_id(l, id);
    bool is = s && is_theirs(s, project_of(call));
    pthread_mutex_unlock(&l->lock);
    return is;
}

/* --- our objects as the SDK's --- */

static void print_network(const struct loc_network *n, struct ob_cloud_call *call,
                          struct ob_cloud_network *ret)
{
    char cidr[IP4_RANGE_TEXT], gateway[IP4_TEXT];
    ip4_range_print(&n->range, cidr);
    ip4_print(ip4_range_gateway(&n->range), gateway);
    *ret = (struct ob_cloud_network){.id = ob_cloud_text(call, n->id),
                                     .name = ob_cloud_text(call, n->name),
                                     .cidr = ob_cloud_text(call, cidr),
                                     .gateway = ob_cloud_text(call, gateway),
                                     .is_shared =
                                         !n->project[0] || strcmp(n->project, LOC_SHARED) == 0};
}

static struct ob_cloud_flavour flavour_of(const struct loc_flavour *f)
{
    return (struct ob_cloud_flavour){
        .name = f->name, .vcpus = f->vcpus, .ram_mb = f->ram, .disk_gb = f->disk};
}

static const struct ob_cloud_address *addresses_of(const struct loc_server *s,
                                                   struct ob_cloud_call *call)
{
    char ip[IP4_TEXT];
    struct ob_cloud_address *r = ob_cloud_alloc(call, (s->nic_n + 1) * sizeof(*r));
    for (unsigned i = 0; i < s->nic_n; i++) {
        ip4_print(s->nics[i].ip, ip);
        r[i].network = ob_cloud_text(call, s->nics[i].name);
        r[i].ip = ob_cloud_text(call, ip);
        r[i].floating_ip = s->nics[i].has_floating ? r[i].ip /* there is no other network outside */
                                                   : NULL;
    }
    return r;
}

static void print_server(const struct loc *l, const struct loc_server *s,
                         struct ob_cloud_call *call, struct ob_cloud_server *ret)
{
    char host[65] = "";
    const char *why;
    gethostname(host, sizeof(host) - 1);
    const char *status = loc_server_status(l, s, &why);
    *ret = (struct ob_cloud_server){.id = s->id[0] ? ob_cloud_text(call, s->id) : NULL,
                                    .name = ob_cloud_text(call, s->name),
                                    .status = status,
                                    .why = ob_cloud_text(call, why),
                                    .host = ob_cloud_text(call, host),
                                    .image = ob_cloud_text(call, s->image),
                                    .flavour = ob_cloud_text(call, s->flavour.name),
                                    .vcpus = s->flavour.vcpus,
                                    .ram_mb = s->flavour.ram,
                                    .disk_gb = s->flavour.disk,
                                    .created_at = s->created_at,
                                    .updated_at = s->updated_at,
                                    .addresses = addresses_of(s, call),
                                    .address_n = s->nic_n};
}

/* --- lists --- */

/* The NFVO takes an image of such a PoP for available when its extId is the name: 4.10. */
static enum err_code list_images(struct loc *l, struct ob_cloud_call *call, struct err *err)
{
    enum err_code rc = loc_images_scan(l, err);
    for (const struct loc_image *i = l->images; i && rc == ERR_OK; i = i->next)
        ob_cloud_add_image(call, &(struct ob_cloud_image){.name = i->name});
    return rc;
}

static void list_networks(struct loc *l, struct ob_cloud_call *call)
{
    struct ob_cloud_network r;
    for (const struct loc_network *n = l->networks; n; n = n->next)
        if (loc_network_is_listed(l, n, project_of(call))) {
            print_network(n, call, &r);
            ob_cloud_add_network(call, &r);
        }
}

static void list_flavours(struct loc *l, struct ob_cloud_call *call)
{
    for (const struct loc_flavour *f = l->flavours; f; f = f->next) {
        struct ob_cloud_flavour r = flavour_of(f);
        ob_cloud_add_flavour(call, &r);
    }
}

static void say_notes(struct loc *l, struct ob_cloud_call *call)
{
    AUTO(sbuf_release) struct sbuf warning = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf note = SBUF_INIT;
    loc_sharing_warn(l, project_of(call), &warning);
    loc_sharing_note(l, &note);
    ob_cloud_warn(call, warning.len ? warning.s : "");
    ob_cloud_note(call, note.len ? note.s : "");
}

static enum err_code refresh(void *arg, struct ob_cloud_call *call, unsigned wants, struct err *err)
{
    struct loc *l = arg;
    enum err_code rc = ERR_OK;
    if (wants & OB_CLOUD_NETWORKS)
        loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    if (wants & OB_CLOUD_IMAGES)
        rc = list_images(l, call, err);
    if (wants & OB_CLOUD_NETWORKS)
        list_networks(l, call);
    if (wants & OB_CLOUD_FLAVOURS)
        list_flavours(l, call);
    say_notes(l, call);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* Not those that are being made: whether they come up is not known yet. */
static enum err_code list_servers(void *arg, struct ob_cloud_call *call, struct err *err)
{
    struct loc *l = arg;
    struct ob_cloud_server r;
    (void)err;
    loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    for (const struct loc_server *s = l->servers; s; s = s->next)
        if (is_theirs(s, project_of(call)) && (s->phase != LOC_MAKING || !s->is_busy)) {
            print_server(l, s, call, &r);
            ob_cloud_add_server(call, &r);
        }
    pthread_mutex_unlock(&l->lock);
    return ERR_OK;
}

/* --- servers --- */

/* By id if that is one of ours (the NFVO's own id of a link is not), else by name. */
static const char *network_of(struct loc *l, const char *project, const struct ob_cloud_port *port)
{
    pthread_mutex_lock(&l->lock);
    bool is_ours = port->network_id && loc_network_find(l, project, port->network_id);
    pthread_mutex_unlock(&l->lock);
    return is_ours            ? port->network_id
           : port->network    ? port->network
           : port->network_id ? port->network_id
                              : "";
}

static enum err_code launch(void *arg, struct ob_cloud_call *call,
                            const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
                            struct err *err)
{
    struct loc *l = arg;
    struct loc_server s = {.next = NULL};
    struct loc_launch own = {.project = project_of(call),
                             .name = want->name,
                             .image = want->image.name,
                             .flavour = want->flavour.name,
                             .token = want->token,
                             .user_data = want->user_data,
                             .authorized_keys = want->authorized_keys,
                             .nic_n = (unsigned)want->port_n};
    if (want->port_n > LOC_NICS_MAX)
        return err_set(err, ERR_LIMIT, "connection points: more than %d of them", LOC_NICS_MAX);
    for (size_t i = 0; i < want->port_n; i++) {
        own.nics[i].network = network_of(l, own.project, &want->ports[i]);
        own.nics[i].fixed_ip = want->ports[i].fixed_ip;
        own.nics[i].has_floating = want->ports[i].floating_ip != NULL;
    }
    enum err_code rc = loc_server_launch(l, &own, &s, err);
    print_server(l, &s, call, ret);
    return rc;
}

static enum err_code rebuild(void *arg, struct ob_cloud_call *call, const char *id,
                             const struct ob_cloud_image *image, struct ob_cloud_server *ret,
                             struct err *err)
{
    struct loc_server s = {.next = NULL};
    if (!is_known(arg, call, id))
        return err_set(err, ERR_NOT_FOUND, "no server '%s'", id);
    enum err_code rc = loc_server_rebuild(arg, id, image->name, ob_cloud_call_id(call), &s, err);
    print_server(arg, &s, call, ret);
    return rc;
}

static enum err_code delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                                   struct err *err)
{
    bool was_there;
    return is_known(arg, call, id) ? loc_server_delete(arg, id, &was_there, err) : ERR_OK;
}

/* --- the rest --- */

static enum err_code create_network(void *arg, struct ob_cloud_call *call,
                                    const struct ob_cloud_network *want,
                                    struct ob_cloud_network *ret, struct err *err)
{
    struct loc_network made;
    enum err_code rc =
        loc_network_create(arg, project_of(call), want->name, want->cidr, &made, err);
    if (rc == ERR_OK)
        print_network(&made, call, ret);
    return rc;
}

static enum err_code delete_network(void *arg, struct ob_cloud_call *call, const char *id,
                                    bool *ret_was_there, struct err *err)
{
    return loc_network_delete(arg, project_of(call), id, ret_was_there, err);
}

static enum err_code add_flavour(void *arg, struct ob_cloud_call *call,
                                 const struct ob_cloud_flavour *want, struct ob_cloud_flavour *ret,
                                 struct err *err)
{
    struct loc_flavour f = {
        .vcpus = want->vcpus, .ram = want->ram_mb, .disk = want->disk_gb, .is_added = true};
    (void)call;
    if (strlen(want->name) >= sizeof(f.name))
        return err_set(err, ERR_INVALID, "its flavour_key has more than %zu bytes",
                       sizeof(f.name) - 1);
    snprintf(f.name, sizeof(f.name), "%s", want->name);
    *ret = *want;
    return loc_flavour_add(arg, &f, err);
}

static enum err_code add_image(void *arg, struct ob_cloud_call *call,
                               const struct ob_cloud_new_image *want, struct ob_cloud_image *ret,
                               struct err *err)
{
    const struct loc *l = arg;
    (void)call;
    (void)want;
    (void)ret;
    return err_set(err, ERR_STATE,
                   "images of this host are folders and .tar files in the driver's option images "
                   "(%s): put it there",
                   l->o->images[0] ? l->o->images : "not set");
}

/* Only what the operator set bounds anything: servers share the host's cores and memory, and the
 * NFVO refuses what exceeds a quota. */
static enum err_code quota(void *arg, struct ob_cloud_call *call, struct ob_cloud_quota *ret,
                           struct err *err)
{
    const struct loc *l = arg;
    (void)call;
    (void)err;
    *ret = (struct ob_cloud_quota){.tenant = "local",
                                   .cores = l->o->quota_cores ? l->o->quota_cores : -1,
                                   .ram_mb = l->o->quota_ram ? l->o->quota_ram : -1,
                                   .instances = l->o->quota_instances,
                                   .floating_ips = l->o->quota_instances,
                                   .key_pairs = 1000};
    return ERR_OK;
}

const struct ob_cloud_table loc_table = {.refresh = refresh,
                                         .list_servers = list_servers,
                                         .launch = launch,
                                         .rebuild = rebuild,
                                         .delete_server = delete_server,
                                         .create_network = create_network,
                                         .delete_network = delete_network,
                                         .add_image = add_image,
                                         .quota = quota,
                                         .add_flavour = add_flavour};
