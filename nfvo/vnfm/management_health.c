/* How the broker does: alarms of its nodes, who is connected to it without listening, and who gives
 * it how much work. */
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/http/client.h"
#include "nfvo/vnfm/management.h"
#include "proto/codec/codec.h"

/* clang-format off */
#define BROKER_NODE_FIELDS(X)                                          \
    X(STR,  name,             "name",            _, OPTIONAL)          \
    X(BOOL, is_running,       "running",         _, OPTIONAL)          \
    X(BOOL, has_memory_alarm, "mem_alarm",       _, OPTIONAL)          \
    X(BOOL, has_disk_alarm,   "disk_free_alarm", _, OPTIONAL)          \
    X(INT,  memory_used,      "mem_used",        _, OPTIONAL)          \
    X(INT,  memory_limit,     "mem_limit",       _, OPTIONAL)          \
    X(INT,  disk_free,        "disk_free",       _, OPTIONAL)          \
    X(INT,  disk_limit,       "disk_free_limit", _, OPTIONAL)
PROTO_RECORD(broker_node, BROKER_NODE_FIELDS)
#define BROKER_CONNECTION_FIELDS(X)                                    \
    X(STR,  name,         "name",         _, OPTIONAL)                 \
    X(STR,  user,         "user",         _, OPTIONAL)                 \
    X(STR,  state,        "state",        _, OPTIONAL)                 \
    X(INT,  connected_at, "connected_at", _, OPTIONAL)
PROTO_RECORD(broker_connection, BROKER_CONNECTION_FIELDS)
#define BROKER_LOAD_FIELDS(X)                                          \
    X(STR,  name,       "name",       _, OPTIONAL)                     \
    X(STR,  user,       "user",       _, OPTIONAL)                     \
    X(STR,  vhost,      "vhost",      _, OPTIONAL)                     \
    X(INT,  reductions, "reductions", _, OPTIONAL)                     \
    X(INT,  received,   "recv_oct",   _, OPTIONAL)                     \
    X(INT,  sent,       "send_oct",   _, OPTIONAL)
PROTO_RECORD(broker_load, BROKER_LOAD_FIELDS)
#define BROKER_CHANNEL_FIELDS(X) X(STR, user, "user", _, OPTIONAL)
PROTO_RECORD(broker_channel, BROKER_CHANNEL_FIELDS)
#define BROKER_CONSUMER_FIELDS(X) X(REC, channel, "channel_details", broker_channel, OPTIONAL)
PROTO_RECORD(broker_consumer, BROKER_CONSUMER_FIELDS)
/* clang-format on */
#define PROTO_THIS struct broker_node
PROTO_RECORD_DEFINE(broker_node, BROKER_NODE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_connection
PROTO_RECORD_DEFINE(broker_connection, BROKER_CONNECTION_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_load
PROTO_RECORD_DEFINE(broker_load, BROKER_LOAD_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_channel
PROTO_RECORD_DEFINE(broker_channel, BROKER_CHANNEL_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct broker_consumer
PROTO_RECORD_DEFINE(broker_consumer, BROKER_CONSUMER_FIELDS)
#undef PROTO_THIS

enum { CONNECTIONS_MAX = 20000 };

static enum err_code read_list(struct management *m, const char *path,
                               const struct proto_type *type, struct arena *a, void *ret,
                               struct err *err)
{
    struct http_response res = HTTP_RESPONSE_INIT;
    enum err_code rc = management_call(m, "GET", path, NULL, &res, err);
    if (rc == ERR_OK && proto_decode_list(type, res.body.s, res.body.len, a, ret, err) != ERR_OK) {
        err_add(err, "GET %s", path); /* a proxy, or half an answer */
        rc = ERR_UNAVAIL;
    }
    http_response_release(&res);
    return rc;
}

enum err_code management_nodes(struct management *m,
                               void (*report)(void *arg, const struct management_node *node),
                               void *arg, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct broker_node_list list = {0};
    enum err_code rc =
        read_list(m,
                  "nodes?columns=name,running,mem_alarm,disk_free_alarm,mem_used,mem_limit,"
                  "disk_free,disk_free_limit",
                  &broker_node_type, &a, &list, err);
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++) {
        const struct broker_node *n = list.at[i];
        report(arg, &(struct management_node){.name = n->name ? n->name : "",
                                              .is_running = n->is_running,
                                              .has_memory_alarm = n->has_memory_alarm,
                                              .has_disk_alarm = n->has_disk_alarm,
                                              .memory_used = n->memory_used,
                                              .memory_limit = n->memory_limit,
                                              .disk_free = n->disk_free,
                                              .disk_limit = n->disk_limit});
    }
    return rc;
}

static void add_path(struct sbuf *path, const char *kind, const char *vhost, const char *rest)
{
    sbuf_adds(path, kind);
    http_percent_encode(path, vhost);
    sbuf_adds(path, rest);
}

enum err_code management_has_exchange(struct management *m, const char *vhost, const char *exchange,
                                      bool *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct http_response res = HTTP_RESPONSE_INIT;
    add_path(&path, "exchanges/", vhost, "/");
    http_percent_encode(&path, exchange);
    sbuf_adds(&path, "?columns=name");
    enum err_code rc = management_call(m, "GET", path.s, NULL, &res, err);
    http_response_release(&res);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    *ret = rc == ERR_OK;
    return ERR_OK;
}

enum err_code management_blocked(struct management *m, int64_t *ret, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct broker_connection_list list = {0};
    enum err_code rc =
        read_list(m, "connections?columns=state", &broker_connection_type, &a, &list, err);
    *ret = 0;
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        *ret += list.at[i]->state && strncmp(list.at[i]->state, "block", 5) == 0;
    return rc;
}

/* --- connected without a consumer --------------------------------------------------------------
 */

static int by_user(const void *a, const void *b)
{
    const struct broker_connection *x = *(struct broker_connection *const *)a,
                                   *y = *(struct broker_connection *const *)b;
    int order = strcmp(x->user ? x->user : "", y->user ? y->user : "");
    return order                               ? order
           : x->connected_at < y->connected_at ? -1
                                               : x->connected_at > y->connected_at;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of accounts that have a consumer, sorted. */
static enum err_code read_consumers(struct management *m, const char *vhost, struct arena *a,
                                    const char ***ret, size_t *ret_n, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct broker_consumer_list list = {0};
    add_path(&path, "consumers/", vhost, "?columns=channel_details.user");
    enum err_code rc = read_list(m, path.s, &broker_consumer_type, a, &list, err);
    *ret = arena_alloc(a, ((size_t)list.n + 1) * sizeof((*ret)[0]));
    *ret_n = 0;
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        if (list.at[i]->channel && list.at[i]->channel->user)
            (*ret)[(*ret_n)++] = list.at[i]->channel->user;
    if (*ret_n)
        qsort(*ret, *ret_n, sizeof((*ret)[0]), by_text);
    return rc;
}

enum err_code management_silent_accounts(struct management *m, const char *vhost,
                                         void (*report)(void *arg, const char *account,
                                                        int64_t connected_ms),
                                         void *arg, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    struct broker_connection_list list = {0};
    const char **heard = NULL, *last = "";
    size_t n = 0;
    add_path(&path, "vhosts/", vhost, "/connections?columns=name,user,connected_at");
    enum err_code rc = read_list(m, path.s, &broker_connection_type, &a, &list, err);
    if (rc == ERR_OK)
        rc = read_consumers(m, vhost, &a, &heard, &n, err);
    if (rc != ERR_OK || list.n == 0 || list.n > CONNECTIONS_MAX)
        return rc;
    qsort(list.at, list.n, sizeof(list.at[0]), by_user);
    for (uint32_t i = 0; i < list.n; i++) {
        const char *user = list.at[i]->user ? list.at[i]->user : "";
        if (!*user || strcmp(user, last) == 0)
            continue;
        last = user;
        if (!n || !bsearch(&user, heard, n, sizeof(heard[0]), by_text))
            report(arg, user, list.at[i]->connected_at);
    }
    return ERR_OK;
}

/* --- who gives it how much work ----------------------------------------------------------------
 */

enum err_code management_loads(struct management *m,
                               void (*report)(void *arg, const struct management_load *load),
                               void *arg, struct err *err)
{
    static const char *const paths[] = {
        "connections?columns=name,user,vhost,reductions,recv_oct,send_oct",
        "channels?columns=name,user,vhost,reductions"};
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct broker_load_list lists[ARRAY_LEN(paths)] = {{0}};
    enum err_code rc = ERR_OK;
    for (size_t k = 0; rc == ERR_OK && k < ARRAY_LEN(paths); k++)
        rc = read_list(m, paths[k], &broker_load_type, &a, &lists[k], err);
    for (size_t k = 0; rc == ERR_OK && k < ARRAY_LEN(paths); k++)
        for (uint32_t i = 0; i < lists[k].n; i++) {
            const struct broker_load *l = lists[k].at[i];
            if (l->name && l->user && l->vhost)
                report(arg, &(struct management_load){.name = l->name,
                                                      .account = l->user,
                                                      .vhost = l->vhost,
                                                      .reductions = l->reductions,
                                                      .bytes = l->received + l->sent});
        }
    return rc;
}
