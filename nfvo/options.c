#include "nfvo/options.h"

#include "common/base/text.h"
#include "common/bus/bus.h"

/* clang-format off */
#define ENROL(member_, name_, type_, initial_, help_)                                                  \
    { .name = (name_), .type = (type_), .initial = (initial_), .flags = CONFIG_FLAG_ONLY, .help = (help_), \
      .offset = offsetof(struct nfvo_options, enrol.member_) }

#define TIME(member_, name_, seconds_, text_, min_, max_, help_) \
    CONFIG_DURATION(struct nfvo_options, lifecycle.member_##_ms, name_, text_, min_, max_, help_),

const struct config_option nfvo_options[] = {
    CONFIG_STR(struct nfvo_options, broker.host, "broker-host", "127.0.0.1", "RabbitMQ"),
    CONFIG_INT(struct nfvo_options, broker.port, "broker-port", "5672", 1, 65535, NULL, "its AMQP port"),
    CONFIG_STR(struct nfvo_options, broker.vhost, "broker-vhost", "/", "virtual host"),
    CONFIG_STR(struct nfvo_options, broker.user, "broker-user", "admin", "user with the tag administrator: it makes the managers' users; the same one for every nfvo of a suite"),
    CONFIG_SECRET(struct nfvo_options, broker.password, "broker-password", "", "its password"),
    CONFIG_BOOL(struct nfvo_options, broker.is_tls_on, "broker-tls", "false", "TLS towards the broker"),
    CONFIG_BOOL(struct nfvo_options, broker.is_tls_verify_off, "broker-tls-insecure", "false", "accept any certificate (tests only)"),
    CONFIG_PATH(struct nfvo_options, broker.tls_ca, "broker-tls-ca", "", "PEM file of the authorities"),
    CONFIG_PATH(struct nfvo_options, broker.tls_cert, "broker-tls-cert", "", "PEM file of our certificate"),
    CONFIG_PRIVATE_PATH(struct nfvo_options, broker.tls_key, "broker-tls-key", "", "PEM file of its key"),
    CONFIG_DURATION(struct nfvo_options, broker.heartbeat_ms, "broker-heartbeat", "60s", 1000, 600000, "AMQP heartbeat"),
    CONFIG_INT(struct nfvo_options, broker.max_message, "broker-max-message", "128M", 1048576, 536870912, "bytes", "longest message of a VNFM or driver; a server in a listing takes about 500 bytes. The broker has a limit of its own (max_message_size)"),
    STORE_CONFIG(struct nfvo_options, store),
    AUDIT_CONFIG(struct nfvo_options, audit),
    API_CONFIG(struct nfvo_options, api),
    REGISTRY_CONFIG(struct nfvo_options, registry),
    DISPATCHER_CONFIG(struct nfvo_options, events),
    RECONCILE_CONFIG(struct nfvo_options, reconcile),
    CONFIG_LIST(struct nfvo_options, outbound_allow, "outbound-allow", "", "networks (ADDRESS/BITS) that URLs of users (events) may lead to although they are loopback, link-local, this host's own, a cloud's metadata or the like"),
    CONFIG_DURATION(struct nfvo_options, rest_vnfm_doubt_ms, "rest-vnfm-doubt", "60s", 0, 3600000, "a VNFM that is called over HTTP may tell so long by itself what became of a request whose answer is lost; then the operation ends with an error"),
    CONFIG_INT(struct nfvo_options, workers, "workers", "2", 1, 64, NULL, "lifecycle workers; as many as cores"),
    LIFECYCLE_TIMES(TIME)
    CONFIG_BOOL(struct nfvo_options, lifecycle.heal_tells_targets, "heal-tells-targets", "false", "after each HEAL configure and start the VNFs that depend on the healed one, as the reference's VNFMs have it; else only where a value that they know changed"),
    CONFIG_BOOL(struct nfvo_options, lifecycle.quota_check, "quota-check", "true", "ask PoPs for their quotas, and give a VDU to one that has room in it; a PoP that tells none is taken as before"),
    CONFIG_STR(struct nfvo_options, lifecycle.broker_ip, "broker-public-host", "", "broker's address as VNFs see it; empty: broker-host"),
    CONFIG_STR(struct nfvo_options, lifecycle.broker_port, "broker-public-port", "", "its port; empty: broker-port"),
    CONFIG_STR(struct nfvo_options, lifecycle.image_url, "image-url", "", "URL of this REST API as drivers reach it, where they fetch images; empty: by listen, port and tls-cert"),
    CONFIG_STR(struct nfvo_options, lifecycle.timezone, "timezone", "CET", "handed to VNFs"),
    ENROL(name, "enrol", CONFIG_T_STR, "", "make this account for a VNFM or driver on the broker, write its password to password-file, say what goes into the peer's configuration, and end; repeated: the account stays as it is"),
    ENROL(type, "type", CONFIG_T_STR, "", "of enrol: the type of the VNFM or driver"),
    ENROL(kind, "kind", CONFIG_T_STR, "vnfm", "of enrol: vnfm, driver, monitor, subscriber, companion or collector"),
    ENROL(queue, "queue", CONFIG_T_STR, "", "of enrol: its queue; empty: by its type; of subscribers and companions: how theirs begin"),
    ENROL(room, "room", CONFIG_T_STR, "", "of enrol: virtual host, shared by those who may act for each other; empty: one of its own"),
    ENROL(project, "project-id", CONFIG_T_STR, "", "of enrol: the project whose events may be heard from there"),
    ENROL(has_management, "management", CONFIG_T_BOOL, "no", "of enrol: it may read the broker's management API"),
    ENROL(is_rotated, "rotate", CONFIG_T_BOOL, "no", "of enrol: another password if the account is there"),
    ENROL(password_path, "password-file", CONFIG_T_PATH, "", "of enrol: file for the password, 0600"),
    { .name = "enrol-timeout", .type = CONFIG_T_DURATION, .initial = "60s", .min = 100, .max = 3600000, .flags = CONFIG_FLAG_ONLY,
      .help = "of enrol: how long broker and database are waited for", .offset = offsetof(struct nfvo_options, enrol.timeout_ms) },
    CONFIG_END
};
/* clang-format on */

struct bus_options broker_options(const struct broker_settings *b, const char *connection_name)
{
    return (struct bus_options){.host = b->host,
                                .port = (int)b->port,
                                .vhost = b->vhost,
                                .user = b->user,
                                .password = b->password,
                                .name = connection_name,
                                .heartbeat_s = (int)(b->heartbeat_ms / 1000),
                                .tls = {.is_on = b->is_tls_on,
                                        .ca = text_or_null(b->tls_ca),
                                        .cert = text_or_null(b->tls_cert),
                                        .key = text_or_null(b->tls_key),
                                        .is_verify_off = b->is_tls_verify_off}};
}

struct lifecycle_settings lifecycle_settings_of(const struct nfvo_options *o)
{
    struct lifecycle_settings s = LIFECYCLE_SETTINGS_DEFAULT;
    const struct lifecycle_options *t = &o->lifecycle;
#define X(member, ...) s.member##_us = t->member##_ms * USEC_PER_MS;
    LIFECYCLE_TIMES(X)
#undef X
    s.ordered_start = o->api.is_start_ordered;
    s.is_quota_checked = t->quota_check;
    s.heal_tells_targets = t->heal_tells_targets;
    s.broker_ip = *t->broker_ip ? t->broker_ip : o->broker.host;
    s.broker_port = *t->broker_port ? t->broker_port : o->broker_port_text;
    s.monitoring_ip = o->api.monitoring_ip;
    s.timezone = t->timezone;
    s.image_url = *t->image_url ? t->image_url : o->image_url_text;
    return s;
}
