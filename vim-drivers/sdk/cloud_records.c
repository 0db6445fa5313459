/* What a cloud says, as records of the wire; and what the wire asks for, as a cloud hears it. */
#include "vim-drivers/sdk/cloud_private.h"

#include "common/base/hash.h"
#include "proto/records/record.h"
#include "vim-drivers/sdk/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROTO_THIS struct cloud_pop
PROTO_RECORD_DEFINE(cloud_pop, CLOUD_POP_FIELDS)
#undef PROTO_THIS

enum { KEYS_BYTES_MAX = 1024 * 1024, KEY_BYTES_MAX = 16 * 1024 };

/* As Java and Go peers write and read it: amqp-protocol.md 5.3. */
static const char *date(int64_t at, struct arena *a)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm t;
    time_t seconds = (time_t)at;
    if (at <= 0 || !gmtime_r(&seconds, &t))
        return NULL;
    return arena_printf(a, "%s %d, %d %d:%02d:%02d %s", months[t.tm_mon], t.tm_mday,
                        t.tm_year + 1900, (t.tm_hour + 11) % 12 + 1, t.tm_min, t.tm_sec,
                        t.tm_hour < 12 ? "AM" : "PM");
}

struct image *cloud_image_record(const struct ob_cloud_image *i, struct arena *a)
{
    struct image *r = proto_new(&image_type, a);
    r->ext_id = arena_strdup(a, i->id ? i->id : i->name);
    r->name = arena_strdup(a, i->name);
    r->status = arena_strdup(a, i->status ? i->status : "ACTIVE");
    r->created = date(i->created_at, a);
    r->is_public = !i->is_private;
    r->disk_format = arena_strdup(a, i->disk_format);
    r->container_format = arena_strdup(a, i->container_format);
    r->min_disk_space = i->min_disk_gb;
    r->min_ram = i->min_ram_mb;
    for (size_t k = 0; k < i->tag_n; k++)
        proto_list_add(&r->tags, arena_strdup(a, i->tags[k]), a);
    return r;
}

static void add_subnets(struct network *r, const struct ob_cloud_network *n, struct arena *a)
{
    for (size_t i = 0; i < n->subnet_n; i++) {
        struct subnet *s = proto_new(&subnet_type, a);
        s->ext_id = arena_strdup(a, n->subnets[i].id);
        s->name = arena_strdup(a, n->subnets[i].name);
        s->network_id = r->ext_id;
        s->cidr = arena_strdup(a, n->subnets[i].cidr);
        s->gateway_ip = arena_strdup(a, n->subnets[i].gateway);
        proto_list_add(&r->subnets, s, a);
    }
}

struct network *cloud_network_record(const struct ob_cloud_network *n, struct arena *a)
{
    struct network *r = proto_new(&network_type, a);
    r->ext_id = arena_strdup(a, n->id);
    r->name = arena_strdup(a, n->name);
    r->ext_shared = n->is_shared;
    r->external = n->is_external;
    if (n->subnets) { /* peers of the reference tell the kinds of networks by their members: 5.5 */
        add_subnets(r, n, a);
        return r;
    }
    r->subnet = arena_strdup(a, n->cidr);
    r->gateway = arena_strdup(a, n->gateway);
    return r;
}

struct deployment_flavour *cloud_flavour_record(const struct ob_cloud_flavour *f, struct arena *a)
{
    struct deployment_flavour *r = proto_new(&deployment_flavour_type, a);
    r->flavour_key = arena_strdup(a, f->name);
    r->ext_id = arena_strdup(a, f->id ? f->id : f->name);
    r->vcpus = f->vcpus;
    r->ram = f->ram_mb;
    r->disk = f->disk_gb;
    return r;
}

static void add_address(struct server *r, const struct ob_cloud_address *n, struct arena *a)
{
    const char *ip = arena_strdup(a, n->ip), *name = arena_strdup(a, n->network);
    if (n->floating_ip)
        proto_strmap_set(&r->floating_ips, name, arena_strdup(a, n->floating_ip), a);
    for (uint32_t i = 0; i < r->ips.n; i++)
        if (strcmp(r->ips.at[i].key, name) == 0) {
            proto_list_add(&r->ips.at[i].value, ip, a);
            return;
        }
    struct proto_strs one = {0};
    proto_list_add(&one, ip, a);
    proto_map_add(&r->ips, name, one, a);
}

struct server *cloud_server_record(const struct ob_cloud_server *s, struct arena *a)
{
    struct server *r = proto_new(&server_type, a);
    r->ext_id = arena_strdup(a, s->id);
    r->name = r->host_name = r->instance_name = arena_strdup(a, s->name);
    r->status = arena_strdup(a, s->status);
    r->extended_status = arena_strdup(a, s->why);
    r->hypervisor_host_name = arena_strdup(a, s->host);
    r->created = date(s->created_at, a);
    r->updated = date(s->updated_at, a);
    if (s->image)
        r->image = cloud_image_record(&(struct ob_cloud_image){.name = s->image}, a);
    if (s->flavour)
        r->flavor = cloud_flavour_record(
            &(struct ob_cloud_flavour){
                .name = s->flavour, .vcpus = s->vcpus, .ram_mb = s->ram_mb, .disk_gb = s->disk_gb},
            a);
    for (size_t i = 0; i < s->address_n; i++)
        if (s->addresses[i].network && s->addresses[i].ip)
            add_address(r, &s->addresses[i], a);
    return r;
}

/* --- parameters --- */

static const struct ob_cloud_pair *pairs(const struct proto_strmap *m, struct arena *a)
{
    struct ob_cloud_pair *r = arena_alloc(a, (m->n + 1) * sizeof(*r));
    for (uint32_t i = 0; i < m->n; i++)
        r[i] = (struct ob_cloud_pair){m->at[i].key, m->at[i].value ? m->at[i].value : ""};
    return r;
}

enum err_code cloud_read_pop(struct ob_cloud_call *c, struct err *err)
{
    struct cloud_pop *p;
    size_t len;
    const char *json = ob_call_vim(c->call, &len);
    enum err_code rc = proto_decode(&cloud_pop_type, json, len, 0, &c->arena, &p, err);
    if (rc != ERR_OK)
        return err_add(err, "VIM instance");
    c->pop = (struct ob_cloud_pop){.id = p->id,
                                   .name = p->name,
                                   .project = p->project_id ? p->project_id : "",
                                   .auth_url = p->auth_url,
                                   .tenant = p->tenant,
                                   .domain = p->domain,
                                   .region = p->region     ? p->region
                                             : p->location ? p->location->name
                                                           : NULL,
                                   .username = p->username,
                                   .password = p->password,
                                   .ca = p->ca && p->ca[0] ? p->ca : p->ssl_certificate,
                                   .cert = p->cert,
                                   .key = p->docker_key,
                                   .is_region_said = p->region && p->region[0],
                                   .metadata = pairs(&p->metadata, &c->arena),
                                   .metadata_n = p->metadata.n};
    return ERR_OK;
}

static uint64_t hash_of(const char *text)
{
    return text && text[0] ? hash_text(HASH_START, text) : 0;
}

struct cloud_whose cloud_read_whose(struct ob_call *call)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct cloud_pop *p;
    size_t len;
    const char *json = ob_call_vim(call, &len);
    if (proto_decode(&cloud_pop_type, json, len, 0, &a, &p, NULL) != ERR_OK)
        return (struct cloud_whose){0}; /* the try says so */
    return (struct cloud_whose){.project = hash_of(p->project_id),
                                .pop = hash_of(p->id && p->id[0] ? p->id : p->auth_url)};
}

/* A key is a line: what holds another could authorize whom nobody named. */
static bool is_a_line(const char *key)
{
    size_t n = strlen(key);
    if (n == 0 || n > KEY_BYTES_MAX)
        return false;
    for (; *key; key++)
        if ((unsigned char)*key < 0x20 || *key == 0x7f)
            return false;
    return true;
}

enum err_code cloud_read_keys(const char *json, size_t len, struct arena *a, const char **ret,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct ssh_key_list keys = {0};
    *ret = "";
    if (!json)
        return ERR_OK; /* an overload without keys */
    enum err_code rc = proto_decode_list(&ssh_key_type, json, len, a, &keys, err);
    if (rc != ERR_OK)
        return err_add(err, "keys");
    for (uint32_t i = 0; i < keys.n; i++) {
        const char *key = keys.at[i]->public_key ? keys.at[i]->public_key : "";
        size_t n = strlen(key);
        while (n > 0 && (key[n - 1] == '\n' || key[n - 1] == '\r')) /* as files end */
            n--;
        key = arena_strndup(a, key, n);
        if (!is_a_line(key)) {
            err_set(err, ERR_INVALID, "keys[%u] '%.60s': publicKey is not one line of text", i,
                    keys.at[i]->name ? keys.at[i]->name : "");
            return err_hint(err, "it has the form: ssh-ed25519 AAAA... comment");
        }
        sbuf_addf(&text, "%s\n", key);
    }
    if (text.len > KEYS_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "the keys have %zu bytes together, more than %d", text.len,
                       KEYS_BYTES_MAX);
    *ret = arena_strndup(a, text.s, text.len);
    return ERR_OK;
}

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

static enum err_code read_wishes(struct ob_cloud_call *c, struct proto_strmap *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct server *holder;
    size_t len;
    const char *json = ob_call_json(c->call, FLOATING_IPS, &len);
    if (!json)
        return ERR_OK; /* the short overload */
    sbuf_adds(&text, "{\"floatingIps\":");
    sbuf_add(&text, json, len);
    sbuf_addc(&text, '}');
    enum err_code rc = proto_decode(&server_type, text.s, text.len, 0, &c->arena, &holder, err);
    if (rc == ERR_OK)
        *ret = holder->floating_ips;
    return rc == ERR_OK ? rc : err_add(err, "floatingIps");
}

/* Few: insertion keeps equal ones in their order. */
static void sort_by_interface(struct vnfd_connection_point_list *cps)
{
    for (uint32_t i = 1; i < cps->n; i++)
        for (uint32_t k = i; k > 0 && cps->at[k - 1]->interface_id > cps->at[k]->interface_id;
             k--) {
            struct vnfd_connection_point *swap = cps->at[k];
            cps->at[k] = cps->at[k - 1];
            cps->at[k - 1] = swap;
        }
}

static enum err_code read_ports(struct ob_cloud_call *c, struct ob_cloud_launch *ret,
                                struct err *err)
{
    struct vnfd_connection_point_list cps = {0};
    struct proto_strmap wishes = {0};
    size_t len;
    const char *json = ob_call_json(c->call, CONNECTION_POINTS, &len);
    enum err_code rc =
        proto_decode_list(&vnfd_connection_point_type, json, len, &c->arena, &cps, err);
    if (rc == ERR_OK)
        rc = read_wishes(c, &wishes, err);
    if (rc == ERR_OK && cps.n > OB_CLOUD_PORTS_MAX)
        rc = err_set(err, ERR_LIMIT, "more than %d of them", OB_CLOUD_PORTS_MAX);
    if (rc != ERR_OK)
        return err_add(err, "connection points");
    sort_by_interface(&cps);
    for (uint32_t i = 0; i < cps.n; i++) {
        const struct vnfd_connection_point *cp = cps.at[i];
        const char *link = cp->virtual_link_reference;
        const char *wish = link ? proto_strmap_get(&wishes, link) : NULL;
        ret->ports[ret->port_n++] = (struct ob_cloud_port){
            .network = link,
            .network_id = cp->virtual_link_reference_id,
            .fixed_ip = cp->fixed_ip && cp->fixed_ip[0] ? cp->fixed_ip : NULL,
            .floating_ip = wish && wish[0] ? wish : NULL,
            .pool = cp->chosen_pool && cp->chosen_pool[0] ? cp->chosen_pool : NULL,
            .interface_id = cp->interface_id};
    }
    return ERR_OK;
}

static enum err_code read_groups(struct ob_cloud_call *c, struct ob_cloud_launch *ret,
                                 struct err *err)
{
    struct proto_strs groups = {0};
    size_t len;
    const char *json = ob_call_json(c->call, SECURITY_GROUPS, &len);
    enum err_code rc = json ? proto_decode_texts(json, len, &c->arena, &groups, err) : ERR_OK;
    ret->security_groups = groups.at;
    ret->security_group_n = groups.n;
    return rc == ERR_OK ? rc : err_add(err, "security groups");
}

static void read_metadata(struct ob_cloud_call *c, struct ob_cloud_launch *ret)
{
    const struct proto_strmap *m = call_metadata(c->call);
    if (!m || !m->n)
        return;
    ret->metadata = pairs(m, &c->arena);
    ret->metadata_n = m->n;
}

enum err_code cloud_read_launch(struct ob_cloud_call *c, struct ob_cloud_launch *ret,
                                const char **ret_image, const char **ret_flavour, struct err *err)
{
    const struct {
        unsigned at;
        const char **to;
    } texts[] = {{NAME, &ret->name},
                 {IMAGE, ret_image},
                 {FLAVOUR, ret_flavour},
                 {KEY_PAIR, &ret->key_pair},
                 {USER_DATA, &ret->user_data}};
    size_t len = 0;
    enum err_code rc = ERR_OK;
    ret->token = ob_call_token(c->call);
    read_metadata(c, ret);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == ERR_OK; i++) {
        rc = ob_call_str(c->call, texts[i].at, texts[i].to, err);
        if (!*texts[i].to)
            *texts[i].to = "";
    }
    if (rc == ERR_OK && !ret->name[0])
        rc = err_set(err, ERR_INVALID, "a server needs a name");
    if (rc == ERR_OK)
        rc = read_ports(c, ret, err);
    if (rc == ERR_OK)
        rc = read_groups(c, ret, err);
    const char *keys = ob_call_json(c->call, KEYS, &len);
    return rc == ERR_OK ? cloud_read_keys(keys, len, &c->arena, &ret->authorized_keys, err) : rc;
}

/* --- flavours of options --- */

static bool is_word(const char *s)
{
    return *s && *s != '.' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               strlen(s);
}

enum err_code ob_cloud_check_flavour(const struct ob_cloud_flavour *f, struct err *err)
{
    if (!is_word(f->name)) {
        err_set(err, ERR_INVALID, "'%s' is no name for a flavour", f->name);
        return err_hint(err, "letters, digits, dot, dash and underscore");
    }
    if (f->vcpus < 1 || f->vcpus > 1024 || f->ram_mb < 16 || f->ram_mb > 16 * 1024 * 1024 ||
        f->disk_gb < 0 || f->disk_gb > 1024 * 1024) {
        err_set(err, ERR_INVALID, "flavour '%s' is out of range", f->name);
        return err_hint(err, "1 to 1024 vcpus, 16 to 16777216 MB of ram, 0 to 1048576 GB of disk");
    }
    return ERR_OK;
}

enum err_code ob_cloud_read_flavour(const char *text, char *name, size_t size,
                                    struct ob_cloud_flavour *ret, struct err *err)
{
    int n = 0;
    long long vcpus, ram, disk;
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (!colon || len >= size ||
        sscanf(colon, ":%9lld:%9lld:%9lld%n", &vcpus, &ram, &disk, &n) != 3 || colon[n]) {
        err_set(err, ERR_INVALID, "'%s' is no flavour", text);
        return err_hint(err, "write NAME:VCPUS:RAM:DISK, e.g. small:1:1024:5");
    }
    memcpy(name, text, len);
    name[len] = '\0';
    struct ob_cloud_flavour f = {.name = name, .vcpus = vcpus, .ram_mb = ram, .disk_gb = disk};
    enum err_code rc = ob_cloud_check_flavour(&f, err);
    if (rc == ERR_OK)
        *ret = f;
    return rc;
}
