#include "proto/topology.h"

#include <string.h>

#include "proto/rights.h"

#include "common/base/text.h"

#define REPLY_QUEUES  "amq\\.gen-.*"
#define VNFM_REQUESTS "vnfm\\.nfvo\\.actions|vnfm\\.nfvo\\.actions\\.reply"

void topology_rights_release(struct topology_rights *r)
{
    sbuf_release(&r->configure);
    sbuf_release(&r->write);
    sbuf_release(&r->read);
    sbuf_release(&r->topic_write);
    sbuf_release(&r->topic_read);
}

bool topology_is_plugin_queue(const char *type)
{
    return text_starts_with(type, QUEUE_VIM_DRIVER_PREFIX) ||
           text_starts_with(type, QUEUE_MONITOR_PREFIX);
}

enum { REPLY_TO_MAX = 255 };

static bool is_printable(const char *s)
{
    while (*s > 0x20 && *s < 0x7f)
        s++;
    return *s == '\0';
}

static enum err_code check_name(const char *what, const char *name, struct err *err)
{
    if (topology_is_plain(name))
        return ERR_OK;
    err_set(err, ERR_DENIED, "%s '%.64s' is not allowed as a name", what, name ? name : "");
    err_hint(err, "letters, digits, '.', '-' and '_', at most 200");
    return ERR_DENIED;
}

static enum err_code check_user(const char *user, const char *our_user, struct err *err)
{
    static const char *const taken[] = {REGISTRATION_USER, "guest", "admin"};
    enum err_code rc = check_name("user", user, err);
    bool is_taken = rc == ERR_OK && our_user && strcmp(user, our_user) == 0;
    for (size_t i = 0; rc == ERR_OK && i < ARRAY_LEN(taken); i++)
        is_taken |= strcmp(user, taken[i]) == 0;
    return is_taken ? err_set(err, ERR_DENIED, "user '%s' belongs to the NFVO", user) : rc;
}

enum err_code topology_check_vnfm(const char *user, const char *queue, const char *our_user,
                                  struct err *err)
{
    /* "vnfm.": vnfm.nfvo.actions, and the agents' vnfm.<hostname>.actions. */
    static const char *const reserved[] = {
        "nfvo.", "vnfm.", "ems.", "amq.", QUEUE_VIM_DRIVER_PREFIX, QUEUE_MONITOR_PREFIX};
    enum err_code rc = check_user(user, our_user, err);
    if (rc != ERR_OK || (rc = check_name("queue", queue, err)) != ERR_OK)
        return rc;
    if (topology_is_plugin_queue(user))
        return err_set(err, ERR_DENIED, "user '%s' is a plugin's", user);
    bool is_reserved = strcmp(queue, TOPOLOGY_EXCHANGE) == 0;
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        is_reserved |= text_starts_with(queue, reserved[i]);
    return is_reserved ? err_set(err, ERR_DENIED, "queue '%s' is reserved", queue) : ERR_OK;
}

enum err_code topology_check_plugin(const char *type, const char *our_user, struct err *err)
{
    enum err_code rc = check_user(type, our_user, err);
    if (rc != ERR_OK || topology_is_plugin_queue(type) || !strchr(type, '.'))
        return rc;
    /* A dot in a bare type would reach into another type's names. */
    return err_set(err, ERR_DENIED, "plugin type '%s' is neither a queue of plugins nor bare",
                   type);
}

enum err_code topology_check_subscriber(const char *queue, struct err *err)
{
    static const char *const names[] = {QUEUE_MANAGER_HANDLING, QUEUE_EVENT_REGISTER,
                                        QUEUE_EVENT_UNREGISTER, QUEUE_REPLIES,
                                        QUEUE_INTERNAL,         QUEUE_DEAD_LETTERS};
    static const char *const prefixes[] = {QUEUE_REPLY_PREFIX, "vnfm.", "ems.",
                                           QUEUE_VIM_DRIVER_PREFIX, QUEUE_MONITOR_PREFIX};
    bool is_reserved = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        is_reserved |= strcmp(queue, names[i]) == 0;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        is_reserved |= text_starts_with(queue, prefixes[i]);
    return is_reserved ? err_set(err, ERR_DENIED, "queue '%.64s' is reserved", queue) : ERR_OK;
}

enum err_code topology_check_reply_to(const char *reply_to, struct err *err)
{
    static const char *const made_by_the_broker[] = {"amq.gen-", "amq.rabbitmq.reply-to"};
    bool is_made = false;
    for (size_t i = 0; reply_to && i < ARRAY_LEN(made_by_the_broker); i++)
        is_made |= text_starts_with(reply_to, made_by_the_broker[i]);
    bool is_allowed = is_made
                          ? strlen(reply_to) <= REPLY_TO_MAX && is_printable(reply_to)
                          : topology_is_plain(reply_to) && !text_starts_with(reply_to, "amq.") &&
                                strcmp(reply_to, QUEUE_BROKER_LOG) != 0 &&
                                topology_check_subscriber(reply_to, NULL) == ERR_OK;
    return is_allowed
               ? ERR_OK
               : err_set(err, ERR_DENIED, "'%.64s' is no reply queue", reply_to ? reply_to : "");
}

bool topology_may_answer(const char *reply_to)
{
    return reply_to &&
           (strcmp(reply_to, QUEUE_REPLIES) == 0 ||
            (text_starts_with(reply_to, QUEUE_REPLY_PREFIX) && strlen(reply_to) <= REPLY_TO_MAX) ||
            topology_check_reply_to(reply_to, NULL) == ERR_OK);
}

enum err_code topology_check_prefix(const char *prefix, struct err *err)
{
    static const char *const reserved[] = {QUEUE_MANAGER_HANDLING,
                                           QUEUE_EVENT_REGISTER,
                                           QUEUE_EVENT_UNREGISTER,
                                           QUEUE_REPLIES,
                                           QUEUE_INTERNAL,
                                           QUEUE_DEAD_LETTERS,
                                           QUEUE_BROKER_LOG,
                                           QUEUE_REPLY_PREFIX,
                                           "vnfm.",
                                           "ems.",
                                           "amq.",
                                           QUEUE_VIM_DRIVER_PREFIX,
                                           QUEUE_MONITOR_PREFIX};
    enum err_code rc = check_name("prefix", prefix, err);
    size_t len = rc == ERR_OK ? strlen(prefix) : 0;
    for (size_t i = 0; rc == ERR_OK && i < ARRAY_LEN(reserved); i++) {
        size_t n = strlen(reserved[i]), dotless = reserved[i][n - 1] == '.' ? n - 1 : n;
        bool has_all = strncmp(prefix, reserved[i], dotless) == 0 &&
                       (prefix[dotless] == '\0' || prefix[dotless] == '.');
        bool is_had = strncmp(prefix, reserved[i], len) == 0 && reserved[i][len] == '.';
        if (has_all || is_had)
            rc = err_set(err, ERR_DENIED, "prefix '%.64s' is reserved", prefix);
    }
    return rc;
}

/* Dots are all that is special to a regular expression in a plain name. */
static void add_quoted(struct sbuf *out, const char *name)
{
    for (; *name; name++) {
        if (*name == '.')
            sbuf_addc(out, '\\');
        sbuf_addc(out, *name);
    }
}

static void no_rights(struct topology_rights *r)
{
    sbuf_adds(&r->configure, "^$");
    sbuf_adds(&r->write, "^$");
    sbuf_adds(&r->read, "^$");
    sbuf_adds(&r->topic_write, "^$");
    sbuf_adds(&r->topic_read, "^$");
}

static void registration_rights(struct topology_rights *r, const char *default_exchange)
{
    sbuf_adds(&r->configure, "^" REPLY_QUEUES "$");
    sbuf_addf(&r->write, "^(%s" TOPOLOGY_EXCHANGE ")$", default_exchange);
    sbuf_adds(&r->read, "^" REPLY_QUEUES "$");
    sbuf_adds(&r->topic_write, "^(nfvo\\.manager\\.handling|" VNFM_REQUESTS ")$");
    sbuf_adds(&r->topic_read, "^$");
}

void topology_rights_registration(struct topology_rights *r)
{
    registration_rights(r, "amq\\.default|");
}

void topology_rights_registration_strict(struct topology_rights *r)
{
    registration_rights(r, "");
}

/* own: the pattern of the peer's own queues; replies: of the reply queues it may make besides;
 * may_send: of the routing keys it may use besides answering and (un)registering. Write on its own
 * queue, read on the exchange and topic read are what a binding needs: tests/interop. */
static void peer_rights(struct topology_rights *r, const char *own, const char *replies,
                        const char *may_send, int wants_default_exchange)
{
    sbuf_addf(&r->configure, "^(%s%s)$", replies, own);
    sbuf_addf(&r->write, "^(%s" TOPOLOGY_EXCHANGE "|%s)$",
              wants_default_exchange ? "amq\\.default|" : "", own);
    sbuf_addf(&r->read, "^(%s" TOPOLOGY_EXCHANGE "|%s)$", replies, own);
    sbuf_addf(&r->topic_read, "^%s$", own);
    sbuf_addf(&r->topic_write, "^(%snfvo\\.manager\\.handling|nfvo\\.replies|nfvo\\.reply\\..+)$",
              may_send);
}

void topology_rights_vnfm(struct topology_rights *r, const char *queue, int wants_default_exchange)
{
    AUTO(sbuf_release) struct sbuf own = SBUF_INIT;
    if (!topology_is_plain(queue)) {
        no_rights(r);
        return;
    }
    add_quoted(&own, queue);
    peer_rights(r, own.s, REPLY_QUEUES "|", VNFM_REQUESTS "|", wants_default_exchange);
}

void topology_rights_plugin(struct topology_rights *r, const char *type, int wants_default_exchange)
{
    AUTO(sbuf_release) struct sbuf own = SBUF_INIT;
    if (!topology_is_plain(type)) {
        no_rights(r);
        return;
    }
    if (topology_is_plugin_queue(type)) {
        add_quoted(&own, type);
        peer_rights(r, own.s, REPLY_QUEUES "|", "", wants_default_exchange);
        return;
    }
    /* A Python driver: answers through the exchange only, and makes no reply queue of its own. Not
     * the bare type itself: a VNFM's queue may have that name. */
    sbuf_adds(&own, "(vim-drivers|monitor)\\.");
    add_quoted(&own, type);
    sbuf_adds(&own, "\\.[A-Za-z0-9_-]+");
    peer_rights(r, own.s, "", "", 0);
}

void topology_rest_vnfm_queue(const char *type, struct sbuf *out)
{
    sbuf_addf(out, QUEUE_REST_VNFM_PREFIX "%s", type);
}

void topology_hello_queue(const char *endpoint, struct sbuf *out)
{
    sbuf_addf(out, "ems.%s.register", endpoint);
}

void topology_agent_replies(const char *endpoint, const char *instance, struct sbuf *out)
{
    sbuf_addf(out, "ems.%s.replies.%s", endpoint, instance);
}

void topology_agent_queue(const char *hostname, struct sbuf *out)
{
    sbuf_addf(out, "vnfm.%s.actions", hostname);
}

void topology_agent_user(const char *hostname, struct sbuf *out)
{
    sbuf_addf(out, "ems.%s", hostname);
}

bool topology_is_agent_user(const char *user)
{
    return text_starts_with(user, "ems.");
}

void topology_rights_agent(struct topology_rights *r, const char *hostname, const char *endpoint)
{
    rights_of(RIGHTS_AGENT, &(struct rights_names){.host = hostname, .endpoint = endpoint}, r);
}

void topology_rights_agent_old(struct topology_rights *r, const char *hostname,
                               const char *endpoint, int wants_default_exchange)
{
    rights_of(wants_default_exchange ? RIGHTS_AGENT_OLD_DEFAULT : RIGHTS_AGENT_OLD,
              &(struct rights_names){.host = hostname, .endpoint = endpoint}, r);
}

void topology_rights_agent_unmodified(struct topology_rights *r, const char *hostname,
                                      const char *endpoint)
{
    rights_of(RIGHTS_AGENT_SHARED, &(struct rights_names){.host = hostname, .endpoint = endpoint},
              r);
}

void topology_rights_agents_manager(struct topology_rights *r, const char *endpoint)
{
    rights_of(RIGHTS_AGENTS_MANAGER, &(struct rights_names){.endpoint = endpoint}, r);
}

const char *topology_agent_of_vhost(const char *vhost)
{
    return text_starts_with(vhost, "ems.") && vhost[4] ? vhost + 4 : NULL;
}

bool topology_driver_type(const char *queue, const char **ret_type, size_t *ret_len)
{
    if (!text_starts_with(queue, QUEUE_VIM_DRIVER_PREFIX) || !topology_is_plain(queue))
        return false;
    const char *type = queue + strlen(QUEUE_VIM_DRIVER_PREFIX);
    const char *dot = strchr(type, '.');
    if (!dot || dot == type || dot[1] == '\0')
        return false;
    *ret_type = type;
    *ret_len = (size_t)(dot - type);
    return true;
}

void topology_broker_log_queue(const char *vhost, struct sbuf *out)
{
    sbuf_adds(out, QUEUE_BROKER_LOG);
    if (strcmp(vhost, "/") != 0)
        sbuf_addf(out, ".%s", vhost);
}

bool topology_agent_host(const char *queue, const char **ret_host, size_t *ret_len)
{
    static const char prefix[] = "vnfm.", suffix[] = ".actions";
    size_t len = strlen(queue), around = sizeof(prefix) - 1 + sizeof(suffix) - 1;
    if (len <= around || !text_starts_with(queue, prefix) ||
        strcmp(queue + len - (sizeof(suffix) - 1), suffix) != 0 ||
        strcmp(queue, QUEUE_ACTIONS) == 0)
        return false;
    *ret_host = queue + sizeof(prefix) - 1;
    *ret_len = len - around;
    return true;
}
