/* What a handler reads of its request. */
#include "common/base/mem.h"
#include "common/base/net_list.h"
#include "common/http/server_private.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* {rest*}: the decoded segments with '/' between. */
static const char *join_rest(struct http_private *p, unsigned from)
{
    AUTO(sbuf_release) struct sbuf joined = SBUF_INIT;
    if (p->rest)
        return p->rest;
    for (unsigned i = from; i < p->path.n; i++)
        sbuf_addf(&joined, "%s%s", i > from ? "/" : "", p->path.segments[i]);
    return p->rest = sbuf_take(&joined);
}

const char *http_request_param(struct http_request *req, const char *name)
{
    bool is_rest = false;
    int at = req->route ? http_route_param(req->route, name, &is_rest) : -1;
    if (at < 0)
        return NULL;
    return is_rest ? join_rest(req->priv, (unsigned)at) : req->priv->path.segments[at];
}

static void parse_query(struct http_private *p)
{
    size_t n = 0, room = 2;
    for (const char *c = p->raw_query; *c; c++)
        room += *c == '&';
    p->query_text = xstrdup(p->raw_query);
    p->query = xcalloc(room, sizeof(*p->query));
    for (char *at = p->query_text, *next; at && *at; at = next) {
        next = strchr(at, '&');
        if (next)
            *next++ = '\0';
        char *is = strchr(at, '='), *value = is ? is + 1 : at + strlen(at);
        if (is)
            *is = '\0';
        if (http_percent_decode(at, true) && http_percent_decode(value, true))
            p->query[n++] = (struct http_query){.name = at, .value = value};
    }
}

const char *http_request_query(struct http_request *req, const char *name)
{
    struct http_private *p = req->priv;
    if (!p->query)
        parse_query(p);
    for (const struct http_query *q = p->query; q->name; q++)
        if (strcmp(q->name, name) == 0)
            return q->value;
    return NULL;
}

const char *http_request_query_at(struct http_request *req, size_t i, const char **ret_value)
{
    struct http_private *p = req->priv;
    if (!p->query)
        parse_query(p);
    for (size_t k = 0; k < i; k++)
        if (!p->query[k].name)
            return NULL;
    *ret_value = p->query[i].value;
    return p->query[i].name;
}

const char *http_request_header(struct http_request *req, const char *name)
{
    return http_head_get(&req->priv->head, name);
}

bool http_request_has_body(const struct http_request *req)
{
    return req->priv->head.is_chunked || req->priv->head.length > 0;
}

bool http_request_has_type(struct http_request *req, const char *type)
{
    const char *got = http_request_header(req, "Content-Type");
    size_t len = strlen(type);
    return got && strncasecmp(got, type, len) == 0 && strchr("; \t", got[len]);
}

const char *http_conn_peer(const struct http_conn *c, char ret[HTTP_PEER_SIZE])
{
    const struct sockaddr_storage *from = &c->from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    if (from->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return inet_ntop(AF_INET, (const unsigned char *)&v6->sin6_addr + 12, ret, HTTP_PEER_SIZE);
    bool is_known = getnameinfo((const struct sockaddr *)from, sizeof(*from), ret, HTTP_PEER_SIZE,
                                NULL, 0, NI_NUMERICHOST) == 0;
    return is_known ? ret : NULL;
}

const char *http_request_peer(struct http_request *req)
{
    struct http_private *p = req->priv;
    return p->peer[0] ? p->peer : http_conn_peer(p->conn, p->peer);
}

/* All of the header's lines: a proxy may add one of its own behind the client's. */
static void join_forwarded(const struct http_head *h, struct sbuf *all)
{
    for (unsigned i = 0; i < h->header_n; i++)
        if (strcasecmp(h->headers[i].name, "X-Forwarded-For") == 0)
            sbuf_addf(all, "%s%s", all->len ? "," : "", h->headers[i].value);
}

const char *http_request_client(struct http_request *req)
{
    struct http_private *p = req->priv;
    const struct net_list *trusted = p->server->o.trusted_proxies;
    AUTO(sbuf_release) struct sbuf forwarded = SBUF_INIT;
    const char *peer = http_request_peer(req);
    if (p->client[0] || !peer)
        return p->client;
    if (trusted && net_list_has(trusted, peer))
        join_forwarded(&p->head, &forwarded);
    http_forwarded(trusted, peer, forwarded.s, p->client);
    return p->client;
}

void http_request_set_user(struct http_request *req, const char *name)
{
    struct http_private *p = req->priv;
    http_limits_unref(p->server->limits, p->user);
    p->user = http_limits_user(p->server->limits, name);
}

const struct http_file *http_request_file(struct http_request *req)
{
    struct http_upload *u = req->priv->upload;
    return u && u->has_file ? &u->file : NULL;
}
