/* Rooms: virtual hosts with their limits, and the limits of accounts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bus/bus.h"
#include "common/http/client.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/registry.h"
#include "proto/codec/codec.h"
#include "proto/rights.h"

/* clang-format off */
#define LISTED_VHOST_FIELDS(X)         \
    X(STR, name, "name", _, OPTIONAL)  \
    X(RAW, tags, "tags", _, OPTIONAL)
PROTO_RECORD(listed_vhost, LISTED_VHOST_FIELDS)
/* clang-format on */
#define PROTO_THIS struct listed_vhost
PROTO_RECORD_DEFINE(listed_vhost, LISTED_VHOST_FIELDS)
#undef PROTO_THIS

static enum err_code put(struct management *m, const char *kind, const char *name,
                         const char *member, const char *body_text, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&path, "%s/", kind);
    http_percent_encode(&path, name);
    if (member) {
        sbuf_addc(&path, '/');
        http_percent_encode(&path, member);
    }
    sbuf_adds(&body, body_text);
    return management_change(m, "PUT", path.s, &body, err);
}

static enum err_code put_limit(struct management *m, const char *kind, const char *name,
                               const char *limit, int64_t value, struct err *err)
{
    char body[64];
    snprintf(body, sizeof(body), "{\"value\":%" PRId64 "}", value);
    return put(m, kind, name, limit, body, err);
}

enum err_code management_is_our_vhost(struct management *m, const char *vhost, bool *ret_exists,
                                      bool *ret_is_ours, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct listed_vhost *v = NULL;
    sbuf_adds(&path, "vhosts/");
    http_percent_encode(&path, vhost);
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK &&
        proto_decode(&listed_vhost_type, res.body.s, res.body.len, 0, &a, &v, err) != ERR_OK)
        rc = ERR_UNAVAIL;
    *ret_exists = rc == ERR_OK;
    *ret_is_ours = rc == ERR_OK && v->tags.at &&
                   memmem(v->tags.at, v->tags.n, MANAGEMENT_ROOM_TAG, strlen(MANAGEMENT_ROOM_TAG));
    http_response_release(&res);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

/* The NFVO's own login: it declares the topology there. */
static enum err_code let_us_in(struct management *m, const char *vhost, struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights all = RIGHTS_INIT;
    const char *user = m->setup->bus->user;
    rights_of(RIGHTS_NFVO, NULL, &all);
    return management_put_rights(m, vhost, user && *user ? user : "guest", &all, err);
}

static enum err_code put_limits(struct management *m, const char *vhost, struct err *err)
{
    const struct registry_options *o = m->setup->options;
    AUTO(sbuf_release) struct sbuf policy = SBUF_INIT;
    enum err_code rc = put_limit(m, "vhost-limits", vhost, "max-queues", o->room_max_queues, err);
    if (rc == ERR_OK)
        rc = put_limit(m, "vhost-limits", vhost, "max-connections", o->room_max_connections, err);
    if (rc == ERR_OK && o->dead_letters_max)
        rc = management_put_bounds(m, vhost, QUEUE_DEAD_LETTERS, o->dead_letters_max,
                                   o->dead_letters_keep_ms, err);
    if (rc != ERR_OK || o->room_max_bytes == 0)
        return rc;
    sbuf_adds(&policy, "{\"apply-to\":\"queues\",\"priority\":1,\"pattern\":");
    proto_quotes(&policy, RIGHTS_NOT_OURS);
    sbuf_addf(&policy, ",\"definition\":{\"max-length-bytes\":%" PRId64 "}}", o->room_max_bytes);
    return put(m, "operator-policies", vhost, "baton-room", policy.s, err);
}

enum err_code management_put_room(struct management *m, const char *vhost, struct err *err)
{
    bool exists = false, is_ours = false;
    enum err_code rc = management_is_our_vhost(m, vhost, &exists, &is_ours, err);
    if (rc == ERR_OK && exists && !is_ours && strcmp(vhost, "/") != 0) {
        err_set(err, ERR_EXISTS, "the broker has a virtual host '%s' that is not ours", vhost);
        return err_hint(err,
                        "delete it, if it is not needed: rabbitmqctl delete_vhost %s; or choose "
                        "another (--room; of open registration: registration-room)",
                        vhost);
    }
    if (rc == ERR_OK && !exists) {
        rc = put(m, "vhosts", vhost, NULL,
                 "{\"description\":\"room of peers\",\"tags\":\"" MANAGEMENT_ROOM_TAG "\"}", err);
        is_ours = true;
    }
    if (rc == ERR_OK)
        rc = let_us_in(m, vhost, err);
    if (rc == ERR_OK && is_ours) /* "/" may have others in it */
        rc = put_limits(m, vhost, err);
    return rc == ERR_OK ? rc : err_add(err, "make room '%s'", vhost);
}

enum err_code management_delete_room(struct management *m, const char *vhost, struct err *err)
{
    bool exists = false, is_ours = false;
    enum err_code rc = management_is_our_vhost(m, vhost, &exists, &is_ours, err);
    return rc != ERR_OK || !exists || !is_ours ? rc : management_delete_vhost(m, vhost, err);
}

enum err_code management_put_account_limits(struct management *m, const char *user, struct err *err)
{
    const struct registry_options *o = m->setup->options;
    enum err_code rc =
        put_limit(m, "user-limits", user, "max-channels", o->account_max_channels, err);
    return rc == ERR_OK
               ? put_limit(m, "user-limits", user, "max-connections", o->room_max_connections, err)
               : rc;
}

/* --- accounts that did too much ----------------------------------------------------------------
 */

static enum err_code check_ours(struct management *m, const char *user, struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_adds(&path, "users/");
    http_percent_encode(&path, user);
    sbuf_adds(&path, "?columns=tags");
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK && !strstr(res.body.s, MANAGEMENT_TAG) &&
        !strstr(res.body.s, MANAGEMENT_AGENT_TAG))
        rc = err_set(err, ERR_DENIED, "account '%s' of the broker is not ours", user);
    http_response_release(&res);
    return rc;
}

enum err_code management_shut_out(struct management *m, const char *user, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    enum err_code rc = check_ours(m, user, err);
    if (rc == ERR_OK)
        rc = put_limit(m, "user-limits", user, "max-connections", 0, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&path, "connections/username/");
    http_percent_encode(&path, user);
    rc = management_change(m, "DELETE", path.s, NULL, err);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err_code management_purge(struct management *m, const char *vhost, const char *queue,
                               struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_adds(&path, "queues/");
    http_percent_encode(&path, vhost);
    sbuf_addc(&path, '/');
    http_percent_encode(&path, queue);
    sbuf_adds(&path, "/contents");
    enum err_code rc = management_change(m, "DELETE", path.s, NULL, err);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err_code management_let_in(struct management *m, const char *user, bool is_agent,
                                struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int64_t connections = m->setup->options->agents_connections_max;
    enum err_code rc = check_ours(m, user, err);
    if (rc != ERR_OK || !is_agent)
        return rc == ERR_OK ? management_put_account_limits(m, user, err) : rc;
    if (connections)
        return put_limit(m, "user-limits", user, "max-connections", connections, err);
    sbuf_adds(&path, "user-limits/");
    http_percent_encode(&path, user);
    sbuf_adds(&path, "/max-connections");
    return management_change(m, "DELETE", path.s, NULL, err);
}

enum err_code management_vhosts(struct management *m, void (*report)(void *arg, const char *vhost),
                                void *arg, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct listed_vhost_list list = {0};
    enum err_code rc = management_call(m, "GET", "vhosts?columns=name", NULL, &res, err);
    if (rc == ERR_OK && proto_decode_list(&listed_vhost_type, res.body.s, res.body.len, &a, &list,
                                          err) != ERR_OK) { /* a proxy, or half an answer */
        err_add(err, "the broker's list of virtual hosts");
        rc = ERR_UNAVAIL;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        if (list.at[i]->name)
            report(arg, list.at[i]->name);
    http_response_release(&res);
    return rc;
}
