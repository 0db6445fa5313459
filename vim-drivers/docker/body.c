#include "vim-drivers/docker/docker.h"

#include "vim-drivers/common/ip4.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

static void strings(struct sbuf *out, const struct proto_strs *list, bool *has_one)
{
    for (uint32_t i = 0; i < list->n; i++) {
        sbuf_adds(out, *has_one ? "," : "");
        proto_quotes(out, list->at[i]);
        *has_one = true;
    }
}

static void pair(struct sbuf *out, const char *key, const char *value)
{
    proto_quotes(out, key);
    sbuf_addc(out, ':');
    proto_quotes(out, value);
}

/* The value of that key of the VDU's metadata; NULL: none. */
static const char *wish(const struct ob_cloud_launch *want, const char *key)
{
    for (size_t i = 0; i < want->metadata_n; i++)
        if (strcmp(want->metadata[i].key, key) == 0 && want->metadata[i].value[0])
            return want->metadata[i].value;
    return NULL;
}

#define ENV "env."

static bool is_variable(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *name && (*name < '0' || *name > '9') && strspn(name, letters) == strlen(name);
}

/* --- volumes, health, restart ---------------------------------------------------------------- */

enum { VOLUMES_MAX = 16 };

/* "/data, /var/lib/db": the next path, without blanks; n 0: there are no more. */
static const char *next_path(const char **at, size_t *ret_n)
{
    *at += strspn(*at, ", ");
    const char *path = *at;
    *ret_n = strcspn(path, ", ");
    *at += *ret_n;
    return path;
}

/* Folders of the host are nobody's to give away: "/host:/in" is refused. */
static enum err_code check_volumes(const char *text, struct err *err)
{
    size_t n, count = 0;
    for (const char *path = next_path(&text, &n); n; path = next_path(&text, &n)) {
        bool is_bad =
            *path != '/' || n < 2 || n > 255 || memchr(path, ':', n) || memmem(path, n, "..", 2);
        if (!is_bad && ++count <= VOLUMES_MAX)
            continue;
        err_set(err, ERR_INVALID,
                "metadata 'volumes' of the VDU: '%.*s' is no folder of the server",
                (int)(n < 80 ? n : 80), path);
        return err_hint(err,
                        "folders that get a volume of the server's own, at most %d: \"/data, "
                        "/var/lib/db\"; none is shared with the engine's host",
                        VOLUMES_MAX);
    }
    return ERR_OK;
}

/* Digits, at most four; -1: something else. */
static int64_t count_of(const char *text)
{
    size_t n = strspn(text, "0123456789");
    int64_t value = 0;
    if (n == 0 || n > 4 || text[n])
        return -1;
    for (; *text; text++)
        value = value * 10 + (*text - '0');
    return value;
}

/* "10s", "2m", "1h"; -1: something else. */
static int64_t seconds_of(const char *text)
{
    char digits[8];
    size_t n = strlen(text);
    if (n < 2 || n > sizeof(digits))
        return -1;
    memcpy(digits, text, n - 1);
    digits[n - 1] = '\0';
    int64_t value = count_of(digits);
    int64_t unit = text[n - 1] == 's'   ? 1
                   : text[n - 1] == 'm' ? 60
                   : text[n - 1] == 'h' ? 3600
                                        : -1;
    return value < 0 || unit < 0 ? -1 : value * unit;
}

static const char *const restarts[] = {"no", "always", "unless-stopped", "on-failure"};

/* "on-failure:3": the policy's length, and how often; 0: it is none. */
static size_t read_restart(const char *text, int64_t *ret_times)
{
    size_t n = strcspn(text, ":");
    *ret_times = text[n] ? count_of(text + n + 1) : 0;
    for (size_t i = 0; i < ARRAY_LEN(restarts); i++)
        if (strlen(restarts[i]) == n && memcmp(restarts[i], text, n) == 0)
            return *ret_times >= 0 && (!text[n] || i == 3) ? n : 0;
    return 0;
}

static const struct health_word {
    const char *key, *member;
    bool is_time;
} health_words[] = {{"health.interval", "Interval", true},
                    {"health.timeout", "Timeout", true},
                    {"health.start-period", "StartPeriod", true},
                    {"health.retries", "Retries", false}};

static enum err_code check_life(const struct ob_cloud_launch *want, struct err *err)
{
    const char *restart = wish(want, "restart");
    int64_t times;
    if (restart && !read_restart(restart, &times)) {
        err_set(err, ERR_INVALID, "metadata 'restart' of the VDU: '%.40s' is no policy", restart);
        return err_hint(err, "no, always, unless-stopped, on-failure or on-failure:TIMES");
    }
    for (size_t i = 0; i < ARRAY_LEN(health_words); i++) {
        const struct health_word *w = &health_words[i];
        const char *text = wish(want, w->key);
        if (!text || (w->is_time ? seconds_of(text) : count_of(text)) >= 0)
            continue;
        err_set(err, ERR_INVALID, "metadata '%s' of the VDU: '%.40s'", w->key, text);
        return err_hint(err, w->is_time ? "a time: 10s, 2m, 1h" : "a number");
    }
    return ERR_OK;
}

static void add_health(const struct ob_cloud_launch *want, struct sbuf *out)
{
    const char *command = wish(want, "health.command");
    if (!command)
        return;
    sbuf_adds(out, ",\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",");
    proto_quotes(out, command);
    sbuf_addc(out, ']');
    for (size_t i = 0; i < ARRAY_LEN(health_words); i++) {
        const struct health_word *w = &health_words[i];
        const char *text = wish(want, w->key);
        int64_t value = !text ? -1 : w->is_time ? seconds_of(text) * 1000000000 : count_of(text);
        if (value >= 0)
            sbuf_addf(out, ",\"%s\":%lld", w->member, (long long)value);
    }
    sbuf_addc(out, '}');
}

/* Of the container alone: they have no name, and go with it. */
static void add_volumes(const struct ob_cloud_launch *want, struct sbuf *out)
{
    const char *text = wish(want, "volumes"), *sep = "";
    size_t n;
    if (!text)
        return;
    sbuf_adds(out, ",\"Mounts\":[");
    for (const char *path = next_path(&text, &n); n; path = next_path(&text, &n)) {
        sbuf_addf(out, "%s{\"Type\":\"volume\",\"Target\":", sep);
        proto_quote(out, path, n);
        sbuf_addc(out, '}');
        sep = ",";
    }
    sbuf_addc(out, ']');
}

static void add_restart(const struct ob_cloud_launch *want, struct sbuf *out)
{
    const char *text = wish(want, "restart");
    int64_t times;
    size_t n = text ? read_restart(text, &times) : 0;
    if (!n)
        return;
    sbuf_adds(out, ",\"RestartPolicy\":{\"Name\":");
    proto_quote(out, text, n);
    sbuf_addf(out, ",\"MaximumRetryCount\":%lld}", (long long)times);
}

enum err_code dk_body_check(const struct ob_cloud_launch *want, struct err *err)
{
    const char *volumes = wish(want, "volumes");

    for (size_t i = 0; i < want->metadata_n; i++) {
        const char *key = want->metadata[i].key;
        if (text_starts_with(key, ENV) && !is_variable(key + strlen(ENV))) {
            err_set(err, ERR_INVALID, "metadata '%.80s' of the VDU names no environment variable",
                    key);
            return err_hint(err, "letters, digits and underscore, e.g. env.LOG_LEVEL");
        }
    }
    enum err_code rc = volumes ? check_volumes(volumes, err) : ERR_OK;
    return rc == ERR_OK ? check_life(want, err) : rc;
}

/* Ours last: of two with one name the last one counts. */
static void environment(const struct dk_body *b, struct sbuf *out)
{
    sbuf_adds(out, ",\"Env\":[");
    for (size_t i = 0; i < b->want->metadata_n; i++) {
        AUTO(sbuf_release) struct sbuf one = SBUF_INIT;
        const struct ob_cloud_pair *p = &b->want->metadata[i];
        if (strncmp(p->key, ENV, strlen(ENV)) != 0)
            continue;
        sbuf_addf(&one, "%s=%s", p->key + strlen(ENV), p->value);
        proto_quotes(out, one.s);
        sbuf_addc(out, ',');
    }
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    sbuf_addf(&id, "BATON_INSTANCE=%s", b->name);
    sbuf_adds(out, "\"BATON_MODE=docker\",\"BATON_ROOT=\",");
    proto_quotes(out, id.s);
    sbuf_addc(out, ']');
}

/* Of the VDU, by a shell, instead of the image's. */
static void shell(const char *command, struct sbuf *out)
{
    sbuf_adds(out, "\"/bin/sh\",\"-c\",");
    proto_quotes(out, command);
}

/* Our agent's entry mode runs the user data, and then what the image would have run; it needs root
 * for that, and goes on as the image's user. */
static void command(const struct dk_body *b, struct sbuf *out)
{
    static const struct dk_image_config none;
    const struct dk_image_config *c = b->image->config ? b->image->config : &none;
    bool has_one = false;
    const char *own = wish(b->want, "command");
    if (!b->has_agent) {
        if (own) {
            sbuf_adds(out, ",\"Entrypoint\":[");
            shell(own, out);
            sbuf_addc(out, ']');
        }
        return;
    }
    sbuf_adds(out, ",\"User\":\"0\",\"Entrypoint\":[\"/opt/baton/bin/ems-agent\",\"--entry\"");
    if (c->user && c->user[0]) {
        sbuf_adds(out, ",\"--user\",");
        proto_quotes(out, c->user);
    }
    sbuf_adds(out, ",\"--\"],\"Cmd\":[");
    if (own)
        shell(own, out);
    else {
        strings(out, &c->entrypoint, &has_one);
        strings(out, &c->command, &has_one);
    }
    sbuf_addc(out, ']');
}

/* Each of them, also where it says nothing: an image may have labels of these names, and they would
 * be the container's. */
static void labels(const struct dk_body *b, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf ports = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf floating = SBUF_INIT;
    char ip[IP4_TEXT];
    for (size_t i = 0; i < b->port_n; i++) {
        sbuf_addf(&ports, "%s%s", i ? " " : "", b->ports[i].network->id);
        if (!b->ports[i].floating)
            continue;
        ip4_print(b->ports[i].floating, ip);
        sbuf_addf(&floating, "%s%s %s", floating.len ? " " : "", ip, b->ports[i].network->id);
    }
    sbuf_adds(out, ",\"Labels\":{");
    pair(out, DK_LABEL_TOKEN, b->want->token ? b->want->token : "");
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_PROJECT, b->project);
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_NAME, b->want->name);
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_IMAGE, b->image_name);
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_FLAVOUR, b->want->flavour.name);
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_PORTS, ports.s);
    sbuf_addc(out, ',');
    pair(out, DK_LABEL_FLOATING, floating.s);
    sbuf_addc(out, '}');
}

/* Under its own number at the floating address, which is the server's alone. */
static void published(const struct dk_body *b, struct sbuf *out)
{
    char ip[IP4_TEXT];
    const char *sep = "";
    const struct dk_nothing_map *ports = &b->image->config->ports;
    sbuf_adds(out, ",\"PortBindings\":{");
    for (uint32_t i = 0; i < ports->n; i++) {
        const char *sep_in = "";
        sbuf_adds(out, sep);
        proto_quotes(out, ports->at[i].key);
        sbuf_adds(out, ":[");
        for (size_t k = 0; k < b->port_n; k++) {
            if (!b->ports[k].floating)
                continue;
            ip4_print(b->ports[k].floating, ip);
            sbuf_addf(out, "%s{\"HostIp\":\"%s\",\"HostPort\":", sep_in, ip);
            size_t digits = strspn(ports->at[i].key, "0123456789");
            proto_quote(out, ports->at[i].key, digits);
            sbuf_addc(out, '}');
            sep_in = ",";
        }
        sbuf_addc(out, ']');
        sep = ",";
    }
    sbuf_addc(out, '}');
}

static bool wants_floating(const struct dk_body *b)
{
    for (size_t i = 0; i < b->port_n; i++)
        if (b->ports[i].floating)
            return true;
    return false;
}

static void limits(const struct dk_body *b, struct sbuf *out)
{
    const struct ob_cloud_flavour *f = &b->want->flavour;
    int64_t cpus = b->cpus > 0 && f->vcpus > b->cpus ? b->cpus : f->vcpus;
    sbuf_adds(out, ",\"HostConfig\":{\"NetworkMode\":");
    proto_quotes(out, b->port_n ? b->ports[0].network->id : "none");
    if (f->ram_mb > 0) /* of both together: none of it is swap */
        sbuf_addf(out, ",\"Memory\":%lld,\"MemorySwap\":%lld", (long long)f->ram_mb << 20,
                  (long long)f->ram_mb << 20);
    sbuf_addf(out, ",\"NanoCpus\":%lld,\"PidsLimit\":%lld,\"Init\":true",
              (long long)cpus * 1000000000, (long long)f->vcpus * b->o->processes);
    sbuf_adds(out, ",\"SecurityOpt\":[\"no-new-privileges\"],\"CapAdd\":[");
    for (size_t i = 0; i < b->o->capabilities.n; i++) {
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, b->o->capabilities.items[i]);
    }
    sbuf_addc(out, ']');
    add_volumes(b->want, out);
    add_restart(b->want, out);
    if (wants_floating(b) && b->image->config)
        published(b, out);
    sbuf_addc(out, '}');
}

static void address(const struct dk_port *p, struct sbuf *out)
{
    char ip[IP4_TEXT];
    if (!p->ip) {
        sbuf_adds(out, "{}");
        return;
    }
    ip4_print(p->ip, ip);
    sbuf_addf(out, "{\"IPAMConfig\":{\"IPv4Address\":\"%s\"}}", ip);
}

void dk_body_create(const struct dk_body *b, struct sbuf *out)
{
    char host[64];
    dk_hostname(b->want->name, host);
    sbuf_adds(out, "{\"Image\":");
    proto_quotes(out, b->image->id);
    sbuf_adds(out, ",\"Hostname\":");
    proto_quotes(out, host);
    sbuf_adds(out, ",\"StopTimeout\":10");
    environment(b, out);
    command(b, out);
    add_health(b->want, out);
    labels(b, out);
    limits(b, out);
    if (b->port_n) {
        sbuf_adds(out, ",\"NetworkingConfig\":{\"EndpointsConfig\":{");
        proto_quotes(out, b->ports[0].network->id);
        sbuf_addc(out, ':');
        address(&b->ports[0], out);
        sbuf_adds(out, "}}");
    }
    sbuf_addc(out, '}');
}

void dk_body_connect(const struct dk_port *p, const char *container, struct sbuf *out)
{
    sbuf_adds(out, "{\"Container\":");
    proto_quotes(out, container);
    sbuf_adds(out, ",\"EndpointConfig\":");
    address(p, out);
    sbuf_addc(out, '}');
}

/* As the local driver's: vim-drivers/local/README.md. */
static void metadata(const struct dk_body *b, struct sbuf *out)
{
    char ip[IP4_TEXT];
    sbuf_addc(out, '{');
    pair(out, "name", b->want->name);
    sbuf_addc(out, ',');
    pair(out, "id", b->name);
    sbuf_addc(out, ',');
    pair(out, "image", b->image_name);
    sbuf_adds(out, ",\"ips\":{");
    for (size_t i = 0; i < b->port_n; i++) {
        ip4_print(b->ports[i].ip, ip);
        sbuf_adds(out, i ? "," : "");
        proto_quotes(out, dk_network_name(b->ports[i].network));
        sbuf_adds(out, ":[");
        if (b->ports[i].ip)
            proto_quotes(out, ip);
        sbuf_addc(out, ']');
    }
    sbuf_adds(out, "}}\n");
}

void dk_body_archive(const struct dk_body *b, const struct sbuf *agent, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf about = SBUF_INIT;
    const char *keys = b->want->authorized_keys, *user_data = b->want->user_data;
    metadata(b, &about);
    dk_tar_folder(out, "etc/baton/", 0755);
    dk_tar_file(out, "etc/baton/metadata.json", 0644, about.s, about.len);
    if (b->has_agent) {
        dk_tar_folder(out, "opt/baton/", 0755);
        dk_tar_folder(out, "opt/baton/bin/", 0755);
        dk_tar_file(out, "opt/baton/bin/ems-agent", 0755, agent->s, agent->len);
        dk_tar_file(out, "opt/baton/user-data", 0700, user_data, strlen(user_data));
    }
    if (keys && keys[0]) {
        dk_tar_folder(out, "root/.ssh/", 0700);
        dk_tar_file(out, "root/.ssh/authorized_keys", 0600, keys, strlen(keys));
    }
    dk_tar_end(out);
}
