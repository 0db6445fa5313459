/* A launch: steps that each can be done again, so that a driver which is killed at any of them, or
 * an engine, leaves something that the repeated launch takes over. */
#include "vim-drivers/docker/docker.h"

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AGENT_MAX = 64 * 1024 * 1024, START_MS = 180000, ADDRESS_TRIES = 4 };

struct launch {
    struct engine *e;
    const struct ob_cloud_launch *want;
    struct dk_body body;
    struct dk_port ports[OB_CLOUD_PORTS_MAX];
    struct dk_network_list networks;
    struct dk_image_inspect *image;
    char name[DK_NAME_MAX + 8];
    const char *id; /* of the container, once it is made */
    uint32_t bad[ADDRESS_TRIES * OB_CLOUD_PORTS_MAX];
    size_t bad_n;
};

/* --- what it is made of --- */

static enum err_code read_agent(const char *path, struct sbuf *out, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > AGENT_MAX) {
        enum err_code rc = err_set_errno(err, ERR_IO, errno, "read the agent '%s'", path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    sbuf_grow(out, (size_t)st.st_size);
    char part[65536];
    ssize_t n;
    while ((n = read(fd, part, sizeof(part))) > 0)
        sbuf_add(out, part, (size_t)n);
    close(fd);
    return n == 0 ? ERR_OK : err_set_errno(err, ERR_IO, errno, "read the agent '%s'", path);
}

static enum err_code find_ports(struct launch *l, struct err *err)
{
    enum err_code rc = dk_networks(l->e, &l->networks, err);
    for (size_t i = 0; i < l->want->port_n && rc == ERR_OK; i++) {
        const struct ob_cloud_port *p = &l->want->ports[i];
        const char *name = p->network ? p->network : p->network_id ? p->network_id : "";
        const struct dk_network *n =
            dk_network_find(&l->networks, l->e->pop->project, p->network_id, name);
        if (!n) {
            err_set(err, ERR_NOT_FOUND, "network '%s' is not there", name);
            return err_hint(err, "create it first; listNetworks tells those that are there");
        }
        for (size_t k = 0; k < i; k++)
            if (l->ports[k].network == n)
                return err_set(
                    err, ERR_UNSUPPORTED,
                    "two interfaces in network '%s': an engine connects a container once", name);
        l->ports[i] = (struct dk_port){
            .network = n, .wanted = p->fixed_ip, .floating_wanted = p->floating_ip};
    }
    return rc;
}

static enum err_code check_quota(struct launch *l, struct err *err)
{
    struct dk_container_list all = {0};
    int64_t n = 0;
    enum err_code rc = dk_containers(l->e, &all, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++)
        n += strcmp(dk_label(&all.at[i]->labels, DK_LABEL_PROJECT), l->e->pop->project) == 0;
    if (rc == ERR_OK && n >= l->e->d->o->quota_instances) {
        err_set(err, ERR_LIMIT, "%lld servers are all that quota-instances allows", (long long)n);
        return err_hint(err, "delete some, or raise the driver's option quota-instances");
    }
    return rc;
}

static enum err_code count_cpus(struct launch *l, struct err *err)
{
    struct dk_info *info;
    if (l->want->flavour.vcpus <= 1)
        return ERR_OK;
    enum err_code rc = engine_get(l->e, "/info", err);
    if (rc == ERR_OK)
        rc = engine_read(l->e, &dk_info_type, &info, err);
    if (rc == ERR_OK)
        l->body.cpus = info->cpus;
    return rc;
}

static enum err_code prepare(struct launch *l, struct err *err)
{
    const struct ob_cloud_image *image = &l->want->image;
    bool wants_agent = l->want->user_data[0] != '\0';
    enum err_code rc = dk_body_check(l->want, err);
    if (rc == ERR_OK)
        rc = check_quota(l, err);
    if (rc == ERR_OK)
        rc = dk_image_get(l->e, image, &l->image, err);
    if (rc == ERR_OK)
        rc = find_ports(l, err);
    if (rc == ERR_OK)
        rc = count_cpus(l, err);
    if (rc != ERR_OK)
        return rc;
    if (wants_agent && !l->e->d->agent[0]) {
        err_set(err, ERR_STATE, "the driver has no agent to run user data with");
        return err_hint(err, "its option ems-agent names a program that is linked statically");
    }
    for (size_t i = 0; i < l->want->port_n; i++)
        if (l->ports[i].floating_wanted && !(l->image->config && l->image->config->ports.n)) {
            err_set(err, ERR_INVALID,
                    "image '%s' exposes no port that a floating address could have", image->name);
            return err_hint(err,
                            "EXPOSE in its Dockerfile, or no floatingIp at the connection point");
        }
    l->body.want = l->want;
    l->body.image = l->image;
    l->body.name = l->name;
    l->body.image_name = image->name ? image->name : image->id;
    l->body.project = l->e->pop->project;
    l->body.ports = l->ports;
    l->body.port_n = l->want->port_n;
    l->body.has_agent = wants_agent;
    l->body.o = l->e->d->o;
    return ERR_OK;
}

/* --- steps --- */

static enum err_code create(struct launch *l, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct dk_made *made;
    sbuf_adds(&path, "/containers/create?name=");
    http_percent_encode(&path, l->name);
    dk_body_create(&l->body, &body);
    dk_step(l->e->d);
    enum err_code rc =
        engine_ask(l->e,
                   &(struct dk_request){
                       .method = "POST", .path = path.s, .body = body.s, .body_len = body.len},
                   err);
    dk_step(l->e->d);
    if (rc == ERR_OK)
        rc = engine_read(l->e, &dk_made_type, &made, err);
    if (rc == ERR_OK && !made->id)
        rc = err_set(err, ERR_PEER, "the engine made a container and does not say which");
    if (rc == ERR_OK)
        l->id = made->id;
    return rc == ERR_OK ? rc : err_add(err, "create the container");
}

/* Of a version below 1.44 one network goes with the creation; the others follow. */
static enum err_code connect_others(struct launch *l, struct err *err)
{
    enum err_code rc = ERR_OK;
    for (size_t i = 1; i < l->body.port_n && rc == ERR_OK; i++) {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        sbuf_adds(&path, "/networks/");
        http_percent_encode(&path, l->ports[i].network->id);
        sbuf_adds(&path, "/connect");
        dk_body_connect(&l->ports[i], l->id, &body);
        rc = engine_ask(l->e,
                        &(struct dk_request){
                            .method = "POST", .path = path.s, .body = body.s, .body_len = body.len},
                        err);
        dk_step(l->e->d);
        if (rc != ERR_OK)
            err_add(err, "connect it to network '%s'", dk_network_name(l->ports[i].network));
    }
    return rc;
}

static enum err_code put_files(struct launch *l, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf archive = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf agent = SBUF_INIT;
    enum err_code rc = l->body.has_agent ? read_agent(l->e->d->agent, &agent, err) : ERR_OK;
    if (rc != ERR_OK)
        return rc;
    dk_body_archive(&l->body, &agent, &archive);
    sbuf_addf(&path, "/containers/%s/archive?path=%%2F", l->id);
    rc = engine_ask(l->e,
                    &(struct dk_request){.method = "PUT",
                                         .path = path.s,
                                         .body = archive.s,
                                         .body_len = archive.len,
                                         .type = "application/x-tar"},
                    err);
    dk_step(l->e->d);
    return rc == ERR_OK ? rc : err_add(err, "put the agent into the container");
}

static enum err_code start(struct launch *l, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "/containers/%s/start", l->id);
    enum err_code rc = engine_ask(
        l->e, &(struct dk_request){.method = "POST", .path = path.s, .timeout_ms = START_MS}, err);
    dk_step(l->e->d);
    return rc == ERR_OK ? rc : err_add(err, "start the container");
}

/* Was it not sent, or is it not known what became of it? Then it is asked again, and finds what
 * there is. */
static bool is_open(enum err_code rc)
{
    return rc == ERR_UNAVAIL || rc == ERR_UNKNOWN || rc == ERR_TIMEOUT;
}

/* Nothing of it stays, or ret says what does. */
static void undo(struct launch *l, enum err_code rc, struct ob_cloud_server *ret)
{
    struct err err = ERR_INIT;
    if (!l->id)
        return;
    if (!is_open(rc) && dk_remove_container(l->e, l->id, &err) == ERR_OK) {
        l->id = NULL;
        return;
    }
    log_error(LOG_DRIVER, "half_made", KV_S("server", l->name), KV_ERR(&err));
    *ret = (struct ob_cloud_server){
        .id = ob_cloud_text(l->e->call, l->name), .name = l->want->name, .status = "ERROR"};
}

static enum err_code make(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    enum err_code rc = dk_addresses_take(l->e, l->ports, l->body.port_n, l->bad, l->bad_n, err);
    if (rc != ERR_OK)
        return rc;
    rc = create(l, err);
    if (rc == ERR_OK)
        rc = connect_others(l, err);
    if (rc == ERR_OK && (l->body.has_agent || l->want->authorized_keys[0]))
        rc = put_files(l, err);
    if (rc == ERR_OK)
        rc = start(l, err);
    if (rc != ERR_OK)
        undo(l, rc, ret);
    dk_addresses_drop(l->e->d, l->ports, l->body.port_n);
    return rc;
}

/* Somebody else's container may have taken the address meanwhile: the engine looks at the start. */
static enum err_code make_somewhere(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    for (int tries = 1;; tries++) {
        enum err_code rc = make(l, ret, err);
        if (rc != ERR_STATE || !strstr(err->msg, "in use") || tries == ADDRESS_TRIES || l->id)
            return rc;
        for (size_t i = 0; i < l->body.port_n; i++)
            if (!l->ports[i].wanted && l->ports[i].ip)
                l->bad[l->bad_n++] = l->ports[i].ip;
        *err = (struct err)ERR_INIT;
    }
}

/* --- the whole --- */

static enum err_code report(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    const struct dk_container *c;
    struct ob_cloud_server s;
    l->networks = (struct dk_network_list){0};
    enum err_code rc = dk_networks(l->e, &l->networks, err);
    if (rc == ERR_OK)
        rc = dk_find_container(l->e, l->name, &c, err);
    if (rc == ERR_OK && !c)
        rc = err_set(err, ERR_NOT_FOUND, "the container is gone again");
    if (rc != ERR_OK)
        return rc;
    dk_server_record(l->e, c, &l->networks, &s);
    *ret = s; /* its texts end with the engine's: into the call's */
    ret->id = ob_cloud_text(l->e->call, s.id);
    ret->name = ob_cloud_text(l->e->call, s.name);
    ret->why = ob_cloud_text(l->e->call, s.why);
    ret->host = ob_cloud_text(l->e->call, s.host);
    ret->image = ob_cloud_text(l->e->call, s.image);
    ret->flavour = ob_cloud_text(l->e->call, s.flavour);
    struct ob_cloud_address *at = ob_cloud_alloc(l->e->call, (s.address_n + 1) * sizeof(*at));
    for (size_t i = 0; i < s.address_n; i++)
        at[i] = (struct ob_cloud_address){
            .network = ob_cloud_text(l->e->call, s.addresses[i].network),
            .ip = ob_cloud_text(l->e->call, s.addresses[i].ip),
            .floating_ip = ob_cloud_text(l->e->call, s.addresses[i].floating_ip)};
    ret->addresses = at;
    return ERR_OK;
}

/* One that is there: a launch that comes again, or was cut off. */
static enum err_code take_over(struct launch *l, const struct dk_container *c, bool *ret_is_there,
                               struct err *err)
{
    const char *token = l->want->token ? l->want->token : "";
    *ret_is_there = false;
    if (strcmp(dk_label(&c->labels, DK_LABEL_TOKEN), token) != 0)
        return err_set(err, ERR_EXISTS, "container '%s' is not of this launch", l->name);
    dk_step(l->e->d);
    if (c->state && strcmp(c->state, "created") == 0) {
        log_info(LOG_DRIVER, "half_done", KV_S("server", l->name));
        return dk_remove_container(l->e, c->id, err);
    }
    *ret_is_there = true;
    l->id = c->id;
    return c->state && strcmp(c->state, "exited") == 0 ? start(l, err) : ERR_OK;
}

static enum err_code launch(struct launch *l, struct ob_cloud_server *ret, struct err *err)
{
    const struct dk_container *c;
    bool is_there = false;
    int64_t began = clock_mono_us();
    enum err_code rc = dk_find_container(l->e, l->name, &c, err);
    if (rc == ERR_OK && c)
        rc = take_over(l, c, &is_there, err);
    if (rc == ERR_OK && !is_there)
        rc = ob_cloud_check_spent(l->e->call, l->want->token, err);
    if (rc == ERR_OK && !is_there)
        rc = prepare(l, err);
    if (rc == ERR_OK && !is_there)
        rc = make_somewhere(l, ret, err);
    if (rc == ERR_EXISTS && strstr(err->msg, "is already in use by container"))
        err->code = rc = ERR_UNAVAIL; /* a sibling was faster: look again */
    if (rc == ERR_OK)
        rc = report(l, ret, err);
    if (rc == ERR_OK && !is_there)
        log_info(LOG_DRIVER, "launched", KV_S("server", l->name), KV_S("name", l->want->name),
                 KV_I("took_ms", (clock_mono_us() - began) / 1000));
    if (is_open(rc) && l->want->token)
        err->code = rc = ERR_UNAVAIL;
    return rc;
}

static enum err_code begin(struct dk *d, struct dk_launching *mine, struct err *err)
{
    enum err_code rc = ERR_OK;
    pthread_mutex_lock(&d->lock);
    for (const struct dk_launching *l = d->launching; l; l = l->next)
        if (strcmp(l->name, mine->name) == 0)
            rc = err_set(err, ERR_UNAVAIL, "server '%s' is being launched already", mine->name);
    if (rc == ERR_OK) {
        mine->next = d->launching;
        d->launching = mine;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static void end(struct dk *d, struct dk_launching *mine)
{
    pthread_mutex_lock(&d->lock);
    struct dk_launching **at = &d->launching;
    while (*at != mine)
        at = &(*at)->next;
    *at = mine->next;
    pthread_mutex_unlock(&d->lock);
}

enum err_code dk_launch(void *arg, struct ob_cloud_call *call, const struct ob_cloud_launch *want,
                        struct ob_cloud_server *ret, struct err *err)
{
    struct dk *d = arg;
    struct engine e;
    struct launch l = {.e = &e, .want = want};
    char token[DK_NAME_MAX], fresh[ID_SIZE];
    id_new(fresh);
    enum err_code rc =
        dk_name_of_token(want->token && want->token[0] ? want->token : fresh, token, err);
    if (rc != ERR_OK)
        return rc;
    snprintf(l.name, sizeof(l.name), DK_PREFIX "%s", token);
    struct dk_launching mine = {.name = l.name};
    rc = begin(d, &mine, err);
    if (rc != ERR_OK)
        return rc;
    rc = engine_open(&e, d, call, err);
    if (rc == ERR_OK)
        rc = launch(&l, ret, err);
    engine_close(&e);
    end(d, &mine);
    return rc;
}
