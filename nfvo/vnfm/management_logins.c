/* Many broker users in one call. One after the other they take three calls each, and a suite at
 * work makes hundreds a second; a definitions upload takes them all, in one transaction each at the
 * broker. */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "common/http/client.h"
#include "nfvo/vnfm/management.h"
#include "proto/codec/codec.h"
#include "proto/topology.h"

enum { OWN_VHOST_QUEUES = 16 };

/* clang-format off */
#define LISTED_USER_FIELDS(X)           \
    X(STR, name, "name", _, OPTIONAL)   \
    X(RAW, tags, "tags", _, OPTIONAL)
PROTO_RECORD(listed_user, LISTED_USER_FIELDS)
#define LISTED_RIGHT_FIELDS(X) X(STR, vhost, "vhost", _, OPTIONAL)
PROTO_RECORD(listed_right, LISTED_RIGHT_FIELDS)
/* clang-format on */
#define PROTO_THIS struct listed_right
PROTO_RECORD_DEFINE(listed_right, LISTED_RIGHT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct listed_user
PROTO_RECORD_DEFINE(listed_user, LISTED_USER_FIELDS)
#undef PROTO_THIS

static void add_member(struct sbuf *out, const char *name, const char *value)
{
    sbuf_addf(out, ",\"%s\":", name);
    proto_quotes(out, value);
}

/* What agents measure, for whoever collects it: the oldest go, and nothing waits for it. */
static void add_metrics_queue(struct sbuf *body, const char *vhost)
{
    sbuf_adds(body, ",\"queues\":[{\"name\":\"" QUEUE_AGENT_METRICS "\"");
    add_member(body, "vhost", vhost);
    sbuf_addf(body,
              ",\"durable\":true,\"auto_delete\":false,\"arguments\":{\"x-max-length-bytes\":%d,"
              "\"x-message-ttl\":%d,\"x-overflow\":\"drop-head\"}}],\"bindings\":[{\"source\":"
              "\"" TOPOLOGY_AGENTS_EXCHANGE "\"",
              QUEUE_AGENT_METRICS_BYTES, QUEUE_AGENT_METRICS_KEEP_MS);
    add_member(body, "vhost", vhost);
    sbuf_adds(body, ",\"destination\":\"" QUEUE_AGENT_METRICS
                    "\",\"destination_type\":\"queue\",\"routing_key\":\"" QUEUE_AGENT_METRICS
                    "\",\"arguments\":{}}]");
}

enum err_code management_put_agents_vhost(struct management *m, const char *vhost, bool *ret_is_new,
                                          struct err *err)
{
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    sbuf_adds(&path, "vhosts/");
    http_percent_encode(&path, vhost);
    sbuf_adds(&body, "{\"description\":\"agents in VNFC instances\"}");
    enum err_code rc = management_call(m, "PUT", path.s, &body, &res, err);
    *ret_is_new = res.status == 201;
    http_response_release(&res);
    if (rc != ERR_OK)
        return rc;
    /* As a definition, because to declare it our own user would need rights there. */
    sbuf_clear(&body);
    sbuf_adds(&body, "{\"exchanges\":[");
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        sbuf_addf(&body, "%s{\"name\":\"%s\"", i ? "," : "", exchanges[i]);
        add_member(&body, "vhost", vhost);
        sbuf_adds(&body, ",\"type\":\"topic\",\"durable\":true,\"auto_delete\":false,"
                         "\"internal\":false,\"arguments\":{}}");
    }
    sbuf_addc(&body, ']');
    add_metrics_queue(&body, vhost);
    sbuf_addc(&body, '}');
    return management_change(m, "POST", "definitions", &body, err);
}

static void add_path(struct sbuf *out, const char *what, const char *vhost, const char *name)
{
    sbuf_addf(out, "%s/", what);
    http_percent_encode(out, vhost);
    sbuf_addf(out, "/%s", name);
}

enum err_code management_bound_agents(struct management *m, const char *vhost, int64_t max_bytes,
                                      struct err *err)
{
    AUTO(sbuf_release) struct sbuf commands = SBUF_INIT, up = SBUF_INIT, body = SBUF_INIT;
    if (!max_bytes)
        return ERR_OK;
    add_path(&commands, "operator-policies", vhost, "agents-commands");
    sbuf_addf(&body,
              "{\"pattern\":\"^vnfm[.]\",\"apply-to\":\"queues\",\"priority\":1,\"definition\":{"
              "\"max-length-bytes\":%" PRId64 "}}",
              max_bytes);
    enum err_code rc = management_change(m, "PUT", commands.s, &body, err);
    if (rc != ERR_OK)
        return rc;
    add_path(&up, "policies", vhost, "agents-up");
    sbuf_clear(&body);
    sbuf_addf(&body,
              "{\"pattern\":\"^ems[.].+[.](register|replies[.].+)$\",\"apply-to\":\"queues\","
              "\"priority\":1,\"definition\":{\"max-length-bytes\":%" PRId64
              ",\"overflow\":\"reject-publish\"}}",
              max_bytes);
    return management_change(m, "PUT", up.s, &body, err);
}

enum err_code management_put_own_vhost(struct management *m, const char *vhost, const char *tag,
                                       const char *endpoint, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT, body = SBUF_INIT, hellos = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf limit = SBUF_INIT;
    sbuf_adds(&path, "vhosts/");
    http_percent_encode(&path, vhost);
    sbuf_addf(&body, "{\"description\":\"an unmodified agent, alone\",\"tags\":\"%s\"}", tag);
    enum err_code rc = management_change(m, "PUT", path.s, &body, err);
    if (rc != ERR_OK)
        return rc;
    topology_hello_queue(endpoint, &hellos);
    sbuf_clear(&body);
    sbuf_adds(&body, "{\"exchanges\":[{\"name\":\"" TOPOLOGY_EXCHANGE "\"");
    add_member(&body, "vhost", vhost);
    sbuf_adds(&body,
              ",\"type\":\"topic\",\"durable\":true,\"auto_delete\":false,\"internal\":false,"
              "\"arguments\":{}}],\"queues\":[{\"name\":");
    proto_quotes(&body, hellos.s);
    add_member(&body, "vhost", vhost);
    sbuf_addf(&body,
              ",\"durable\":true,\"auto_delete\":false,\"arguments\":{\"x-queue-type\":\"quorum\","
              "\"x-delivery-limit\":%d}}],\"bindings\":[{\"source\":\"" TOPOLOGY_EXCHANGE "\"",
              QUEUE_DELIVERY_LIMIT);
    add_member(&body, "vhost", vhost);
    add_member(&body, "destination", hellos.s);
    add_member(&body, "routing_key", hellos.s);
    sbuf_adds(&body, ",\"destination_type\":\"queue\",\"arguments\":{}}]}");
    rc = management_change(m, "POST", "definitions", &body, err);
    if (rc != ERR_OK)
        return rc;
    add_path(&limit, "vhost-limits", vhost, "max-queues");
    sbuf_clear(&body);
    sbuf_addf(&body, "{\"value\":%d}", OWN_VHOST_QUEUES);
    return management_change(m, "PUT", limit.s, &body, err);
}

/* As the broker keeps it: salt, and SHA-256 of salt and password. */
static void add_password_hash(struct sbuf *out, const char *password)
{
    enum { SALT = 4, SIZE = SALT + crypto_hash_sha256_BYTES };
    unsigned char hash[SIZE];
    char text[sodium_base64_ENCODED_LEN(SIZE, sodium_base64_VARIANT_ORIGINAL)];
    crypto_hash_sha256_state state;
    randombytes_buf(hash, SALT);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, hash, SALT);
    crypto_hash_sha256_update(&state, (const unsigned char *)password, strlen(password));
    crypto_hash_sha256_final(&state, hash + SALT);
    sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
    add_member(out, "password_hash", text);
    sbuf_adds(out, ",\"hashing_algorithm\":\"rabbit_password_hashing_sha256\"");
}

static void add_limits(struct sbuf *out, const struct management_limits *limits)
{
    const char *comma = "";
    sbuf_adds(out, ",\"limits\":{");
    if (limits->connections) {
        sbuf_addf(out, "\"max-connections\":%" PRId64, limits->connections);
        comma = ",";
    }
    if (limits->channels)
        sbuf_addf(out, "%s\"max-channels\":%" PRId64, comma, limits->channels);
    sbuf_addc(out, '}');
}

static void add_user(struct sbuf *out, const char *tag, const struct management_limits *limits,
                     const struct management_login *l)
{
    sbuf_adds(out, "{\"name\":");
    proto_quotes(out, l->user);
    add_password_hash(out, l->password);
    add_limits(out, limits);
    sbuf_addf(out, ",\"tags\":\"" MANAGEMENT_AGENT_TAG ",%s\"}", tag);
}

static void add_rights(struct sbuf *out, const char *vhost, const struct management_login *l)
{
    sbuf_adds(out, "{\"user\":");
    proto_quotes(out, l->user);
    add_member(out, "vhost", vhost);
    add_member(out, "configure", l->rights->configure.s);
    add_member(out, "write", l->rights->write.s);
    add_member(out, "read", l->rights->read.s);
    sbuf_addc(out, '}');
}

static void add_topic_rights(struct sbuf *out, const char *vhost, const struct management_login *l)
{
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && l->rights->exchanges[i]; i++) {
        sbuf_adds(out, i ? ",{\"user\":" : "{\"user\":");
        proto_quotes(out, l->user);
        add_member(out, "vhost", vhost);
        add_member(out, "exchange", l->rights->exchanges[i]);
        add_member(out, "write", l->rights->topic_write.s);
        add_member(out, "read", l->rights->topic_read.s);
        sbuf_addc(out, '}');
    }
}

static enum err_code upload(struct management *m, struct sbuf *body, struct err *err)
{
    sbuf_addc(body, '}');
    return management_change(m, "POST", "definitions", body, err);
}

/* Users and topic rights first, then the rights that let them in: a login without topic rights may
 * publish and bind every key, and the broker takes rights before topic rights. */
enum err_code management_put_logins(struct management *m, const char *vhost, const char *tag,
                                    const struct management_limits *limits,
                                    const struct management_login *logins, size_t n,
                                    struct err *err)
{
    AUTO(sbuf_release) struct sbuf users = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf rights = SBUF_INIT;
    sbuf_adds(&users, "{\"users\":[");
    for (size_t i = 0; i < n; i++) {
        sbuf_adds(&users, i ? "," : "");
        add_user(&users, tag, limits, &logins[i]);
    }
    sbuf_adds(&users, "],\"topic_permissions\":[");
    for (size_t i = 0; i < n; i++) {
        sbuf_adds(&users, i ? "," : "");
        add_topic_rights(&users, vhost, &logins[i]);
    }
    sbuf_addc(&users, ']');
    sbuf_adds(&rights, "{\"permissions\":[");
    for (size_t i = 0; i < n; i++) {
        sbuf_adds(&rights, i ? "," : "");
        add_rights(&rights, vhost, &logins[i]);
    }
    sbuf_addc(&rights, ']');
    enum err_code rc = upload(m, &users, err);
    return rc == ERR_OK ? upload(m, &rights, err) : rc;
}

static bool has_tag(const struct listed_user *u, const char *tag)
{
    return u->tags.at && memmem(u->tags.at, u->tags.n, tag, strlen(tag));
}

static enum err_code is_agents_login(struct management *m, const char *path, bool *ret,
                                     struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct listed_user *u = NULL;
    enum err_code rc = management_call(m, "GET", path, NULL, &res, err);
    if (rc == ERR_OK)
        rc = proto_decode(&listed_user_type, res.body.s, res.body.len, 0, &a, &u, err);
    *ret = rc == ERR_OK && has_tag(u, MANAGEMENT_AGENT_TAG);
    http_response_release(&res);
    return rc;
}

enum err_code management_rights(struct management *m, const char *user,
                                void (*report)(void *arg, const char *vhost), void *arg,
                                struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct listed_right_list list = {0};
    sbuf_adds(&path, "users/");
    http_percent_encode(&path, user);
    sbuf_adds(&path, "/permissions");
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK)
        rc = proto_decode_list(&listed_right_type, res.body.s, res.body.len, &a, &list, err);
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        report(arg, list.at[i]->vhost ? list.at[i]->vhost : "");
    http_response_release(&res);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

struct elsewhere {
    const char *vhost;
    bool is;
};

static void look_elsewhere(void *arg, const char *vhost)
{
    struct elsewhere *e = arg;
    e->is |= strcmp(vhost, e->vhost) != 0;
}

enum err_code management_is_free_login(struct management *m, const char *vhost, const char *user,
                                       bool *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct elsewhere e = {.vhost = vhost};
    bool is_agents = false;
    sbuf_adds(&path, "users/");
    http_percent_encode(&path, user);
    enum err_code rc = is_agents_login(m, path.s, &is_agents, err);
    if (rc == ERR_OK && is_agents)
        rc = management_rights(m, user, look_elsewhere, &e, err);
    *ret = rc == ERR_NOT_FOUND || (rc == ERR_OK && is_agents && !e.is);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err_code management_delete_users(struct management *m, const char *const *users, size_t n,
                                      struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    if (n == 0)
        return ERR_OK;
    sbuf_adds(&body, "{\"users\":[");
    for (size_t i = 0; i < n; i++) {
        sbuf_adds(&body, i ? "," : "");
        proto_quotes(&body, users[i]);
    }
    sbuf_adds(&body, "]}");
    enum err_code rc = management_change(m, "POST", "users/bulk-delete", &body, err);
    if (rc != ERR_PEER)
        return rc;
    *err = (struct err)ERR_INIT; /* it stops at the first that is not there */
    rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        rc = management_delete_user(m, users[i], err);
    return rc;
}

/* Behind the object of a JSON array that begins at or after `at`; *ret_object: where it begins,
 * NULL: there is none. A broker may have more users than a record may have elements. */
static const char *next_object(const char *at, const char **ret_object)
{
    bool is_in_string = false;
    int depth = 0;
    *ret_object = NULL;
    for (; *at; at++) {
        if (is_in_string && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            is_in_string = !is_in_string;
        else if (is_in_string)
            continue;
        else if (*at == '{' && depth++ == 0)
            *ret_object = at;
        else if (*at == '}' && --depth == 0)
            return at + 1;
    }
    *ret_object = NULL;
    return at;
}

static enum err_code read_users(const char *text, const char *tag,
                                void (*report)(void *arg, const char *user, bool bears_tag),
                                void *arg, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *object, *end = next_object(text, &object);
    for (; object; end = next_object(end, &object)) {
        struct listed_user *u = NULL;
        if (proto_decode(&listed_user_type, object, (size_t)(end - object), 0, &a, &u, err) !=
            ERR_OK) { /* a proxy, or half an answer */
            err_add(err, "the broker's list of users");
            return ERR_UNAVAIL;
        }
        if (u->name)
            report(arg, u->name, has_tag(u, tag));
    }
    return ERR_OK;
}

enum err_code management_users(struct management *m, const char *tag,
                               void (*report)(void *arg, const char *user, bool bears_tag),
                               void *arg, struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    enum err_code rc = management_call(m, "GET", "users?columns=name,tags", NULL, &res, err);
    if (rc == ERR_OK)
        rc = read_users(res.body.s, tag, report, arg, err);
    http_response_release(&res);
    return rc;
}
