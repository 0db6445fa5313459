#include "nfvo/vnfm/management.h"

#include <inttypes.h>

#include "common/bus/bus.h"
#include "common/http/client.h"
#include "nfvo/vnfm/registry.h"
#include "proto/codec/codec.h"
#include "proto/topology.h"

/* clang-format off */
#define BROKER_QUEUE_FIELDS(X)                             \
    X(STR,  name,           "name",        _, OPTIONAL)    \
    X(BOOL, is_auto_delete, "auto_delete", _, OPTIONAL)    \
    X(INT,  consumers,      "consumers",   _, OPTIONAL)    \
    X(INT,  messages,       "messages",    _, OPTIONAL)    \
    X(INT,  bytes,          "message_bytes", _, OPTIONAL)
PROTO_RECORD(broker_queue, BROKER_QUEUE_FIELDS)
#define BROKER_PAGE_FIELDS(X)                                     \
    X(LIST, items,      "items",      broker_queue, OPTIONAL)     \
    X(INT,  page_count, "page_count", _,            OPTIONAL)
PROTO_RECORD(broker_page, BROKER_PAGE_FIELDS)
#define BROKER_USER_FIELDS(X) X(RAW, tags, "tags", _, OPTIONAL)
PROTO_RECORD(broker_user, BROKER_USER_FIELDS)
/* clang-format on */
#define PROTO_THIS struct broker_queue
PROTO_RECORD_DEFINE(broker_queue, BROKER_QUEUE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_page
PROTO_RECORD_DEFINE(broker_page, BROKER_PAGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_user
PROTO_RECORD_DEFINE(broker_user, BROKER_USER_FIELDS)
#undef PROTO_THIS

enum { PAGE_SIZE = 500 /* the broker's maximum */, PAGES_MAX = 200, ANSWER_MAX = 64 << 20 };

void management_init(struct management *m, const struct registry_setup *setup, int cancel_fd)
{
    *m = (struct management){.setup = setup,
                             .client = http_client_new(),
                             .cancel_fd = cancel_fd,
                             .timeout_ms = setup->options->management_timeout_ms};
}

void management_release(struct management *m)
{
    http_client_free(m->client);
    m->client = NULL;
}

static const char *or_else(const char *text, const char *other, const char *last)
{
    return text && *text ? text : other && *other ? other : last;
}

static void add_url(const struct management *m, const char *path, struct sbuf *out)
{
    const struct registry_options *o = m->setup->options;
    sbuf_addf(out, "%s://%s:%d/api/", o->has_management_tls ? "https" : "http",
              or_else(o->management_host, m->setup->bus->host, "localhost"),
              (int)o->management_port);
    sbuf_adds(out, path);
}

static enum err_code judge(const struct http_response *res, struct err *err)
{
    int status = res->status;
    if (status / 100 == 2)
        return ERR_OK;
    enum err_code code = status == 404                    ? ERR_NOT_FOUND
                         : status == 401 || status == 403 ? ERR_DENIED
                         : status >= 500                  ? ERR_UNAVAIL
                                                          : ERR_PEER;
    err_set(err, code, "the broker's management API answered %d: %.200s", status, res->body.s);
    if (code == ERR_DENIED)
        err_hint(err, "broker-management-user must be an administrator of the broker");
    return code;
}

enum err_code management_call(struct management *m, const char *method, const char *path,
                              const struct sbuf *body, struct http_response *res, struct err *err)
{
    const struct registry_options *o = m->setup->options;
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    add_url(m, path, &url);
    struct http_call c = {
        .method = method,
        .url = url.s,
        .type = body ? "application/json" : NULL,
        .body = body ? body->s : NULL,
        .body_len = body ? body->len : 0,
        .timeout_ms = m->timeout_ms,
        .connect_timeout_ms = m->timeout_ms,
        .max_body = ANSWER_MAX,
        .user = or_else(o->management_user, m->setup->bus->user, "guest"),
        .password = or_else(o->management_password, m->setup->bus->password, "guest"),
        .ca_file = o->management_ca && o->management_ca[0] ? o->management_ca : NULL,
        .cancel_fd = m->cancel_fd,
    };
    enum err_code rc = http_client_call(m->client, &c, res, err);
    if (rc == ERR_OK)
        rc = judge(res, err);
    if (rc != ERR_OK)
        err_add(err, "%s %s", method, path);
    return rc;
}

enum err_code management_change(struct management *m, const char *method, const char *path,
                                const struct sbuf *body, struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    enum err_code rc = management_call(m, method, path, body, &res, err);
    http_response_release(&res);
    return rc;
}

const char *management_vhost(const struct management *m)
{
    return or_else(m->setup->bus->vhost, NULL, "/");
}

/* vhost: NULL where the object belongs to none. */
static void add_path(struct sbuf *path, const char *kind, const char *vhost, const char *name)
{
    sbuf_adds(path, kind);
    sbuf_addc(path, '/');
    if (vhost) {
        http_percent_encode(path, vhost);
        sbuf_addc(path, '/');
    }
    http_percent_encode(path, name);
}

static void add_member(struct sbuf *body, const char *name, const char *value)
{
    sbuf_addf(body, "%c\"%s\":", body->len ? ',' : '{', name);
    proto_quotes(body, value);
}

enum err_code management_put_user(struct management *m, const char *user, const char *password,
                                  const char *more_tag, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf tags = SBUF_INIT;
    sbuf_addf(&tags, MANAGEMENT_TAG "%s%s", more_tag ? "," : "", more_tag ? more_tag : "");
    add_path(&path, "users", NULL, user);
    add_member(&body, "password", password);
    add_member(&body, "tags", tags.s);
    sbuf_addc(&body, '}');
    enum err_code rc = management_change(m, "PUT", path.s, &body, err);
    explicit_bzero(body.s, body.len);
    return rc;
}

/* tags: a list, or, before RabbitMQ 3.9, a text with commas. */
static bool is_ours(const struct broker_user *user)
{
    const struct proto_raw *tags = &user->tags;
    return tags->at && memmem(tags->at, tags->n, MANAGEMENT_TAG, strlen(MANAGEMENT_TAG));
}

enum err_code management_is_foreign_user(struct management *m, const char *user, bool *ret,
                                         struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    struct broker_user *u = NULL;
    add_path(&path, "users", NULL, user);
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK &&
        proto_decode(&broker_user_type, res.body.s, res.body.len, 0, &a, &u, err) != ERR_OK)
        rc = ERR_UNAVAIL;
    http_response_release(&res);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc == ERR_OK && !is_ours(u);
    return ERR_OK;
}

enum err_code management_put_rights(struct management *m, const char *vhost, const char *user,
                                    const struct topology_rights *r, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    enum err_code rc = ERR_OK;
    add_path(&path, "topic-permissions", vhost, user);
    if (!r->exchanges[0] && (rc = management_change(m, "DELETE", path.s, NULL, err)) ==
                                ERR_NOT_FOUND) /* the user is new */
        rc = ERR_OK;
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && r->exchanges[i] && rc == ERR_OK; i++) {
        sbuf_clear(&body);
        add_member(&body, "exchange", r->exchanges[i]);
        add_member(&body, "write", r->topic_write.s);
        add_member(&body, "read", r->topic_read.s);
        sbuf_addc(&body, '}');
        rc = management_change(m, "PUT", path.s, &body, err);
    }
    if (rc != ERR_OK)
        return rc;
    sbuf_clear(&path);
    sbuf_clear(&body);
    add_path(&path, "permissions", vhost, user);
    add_member(&body, "configure", r->configure.s);
    add_member(&body, "write", r->write.s);
    add_member(&body, "read", r->read.s);
    sbuf_addc(&body, '}');
    return management_change(m, "PUT", path.s, &body, err);
}

enum err_code management_delete_user(struct management *m, const char *user, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    add_path(&path, "users", NULL, user);
    enum err_code rc = management_change(m, "DELETE", path.s, NULL, err);
    return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err_code management_put_bounds(struct management *m, const char *vhost, const char *queue,
                                    int64_t max_bytes, int64_t keep_ms, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf pattern = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    for (const char *c = queue; *c; c++)
        sbuf_addf(&pattern, *c == '.' ? "[%c]" : "%c", *c);
    add_path(&path, "policies", vhost, queue);
    sbuf_addf(&body,
              "{\"pattern\":\"^%s$\",\"apply-to\":\"queues\",\"priority\":1,\"definition\":{"
              "\"max-length-bytes\":%" PRId64 ",\"message-ttl\":%" PRId64
              ",\"overflow\":\"drop-head\"}}",
              pattern.s, max_bytes, keep_ms);
    return management_change(m, "PUT", path.s, &body, err);
}

struct listed {
    const char *vhost, *regex;
};

static enum err_code read_page(struct management *m, const struct listed *what, int page,
                               struct arena *a, struct broker_page **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    add_path(&path, "queues", what->vhost, "");
    sbuf_truncate(&path, path.len - 1);
    sbuf_addf(&path,
              "?page=%d&page_size=%d&columns=name,auto_delete,consumers,messages,message_bytes&use_"
              "regex=true&name=",
              page, PAGE_SIZE);
    http_percent_encode(&path, what->regex);
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    if (rc == ERR_OK && proto_decode(&broker_page_type, res.body.s, res.body.len, 0, a, ret, err) !=
                            ERR_OK) { /* a proxy, or half an answer */
        err_add(err, "the broker's list of queues");
        rc = ERR_UNAVAIL;
    }
    http_response_release(&res);
    return rc;
}

enum err_code management_queues(struct management *m,
                                void (*report)(void *arg, const struct management_queue *queue),
                                void *arg, struct err *err)
{
    return management_queues_like(m, management_vhost(m), "^(?!nfvo\\.reply\\.|amq\\.gen-)", report,
                                  arg, err);
}

enum err_code management_queues_like(struct management *m, const char *vhost, const char *regex,
                                     void (*report)(void *arg,
                                                    const struct management_queue *queue),
                                     void *arg, struct err *err)
{
    struct listed what = {vhost, regex};
    int64_t pages = 1;
    for (int page = 1; page <= pages && page <= PAGES_MAX; page++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct broker_page *p = NULL;
        enum err_code rc = read_page(m, &what, page, &a, &p, err);
        if (rc == ERR_PEER && page > 1)
            return ERR_OK; /* queues vanished meanwhile: there is no such page any more */
        if (rc != ERR_OK)
            return rc;
        pages = p->page_count;
        for (uint32_t i = 0; i < p->items.n; i++)
            if (p->items.at[i]->name)
                report(arg,
                       &(struct management_queue){.name = p->items.at[i]->name,
                                                  .is_auto_delete = p->items.at[i]->is_auto_delete,
                                                  .consumers = p->items.at[i]->consumers,
                                                  .messages = p->items.at[i]->messages,
                                                  .bytes = p->items.at[i]->bytes});
    }
    return ERR_OK;
}

enum err_code management_has_queue(struct management *m, const char *queue, bool *ret,
                                   struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    add_path(&path, "queues", management_vhost(m), queue);
    sbuf_adds(&path, "?columns=name");
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    http_response_release(&res);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc == ERR_OK;
    return ERR_OK;
}
