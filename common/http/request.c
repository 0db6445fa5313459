#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One allocation for the request, its path and the path's segments. */
struct http_private *http_request_new(struct http_server *s, const char *uri)
{
    const char *path = uri;
    if (*path != '/') { /* absolute form: http://host/path */
        path = strstr(uri, "://");
        path = path ? strchrnul(path + 3, '/') : uri;
    }
    const char *mark = strchr(path, '?');
    size_t len = mark ? (size_t)(mark - path) : strlen(path), query_len = mark ? strlen(mark) : 0;
    struct http_private *p = xmalloc(sizeof(*p) + 2 * (len + 1) + query_len + 1);
    memset(p, 0, sizeof(*p)); /* not the text */
    memcpy(p->text, path, len);
    memcpy(p->text + len + 1, path, len);
    p->text[len] = p->text[2 * len + 1] = '\0';
    p->raw_query = p->text + 2 * (len + 1);
    memcpy(p->raw_query, mark ? mark + 1 : "", query_len);
    p->raw_query[query_len] = '\0';
    p->server = s;
    p->body = (struct sbuf)SBUF_INIT;
    p->view = (struct http_request){.method = "",
                                    .path = p->text,
                                    .body = "",
                                    .ctx = s->o.ctx,
                                    .started_us = clock_mono_us(),
                                    .priv = p};
    if (!http_path_split(p->text + len + 1, &p->path))
        http_fail(p, 400, ERR_SYNTAX, "bad escape in the path");
    return p;
}

void http_request_free(struct http_private *p)
{
    http_body_free(p);
    free(p->query);
    free(p->query_text);
    free(p->rest);
    free(p);
}

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

const char *http_request_header(struct http_request *req, const char *name)
{
    return MHD_lookup_connection_value(req->priv->connection, MHD_HEADER_KIND, name);
}

bool http_request_has_type(struct http_request *req, const char *type)
{
    const char *got = http_request_header(req, "Content-Type");
    size_t len = strlen(type);
    return got && strncasecmp(got, type, len) == 0 && strchr("; \t", got[len]);
}

const char *http_request_peer(struct http_request *req)
{
    struct http_private *p = req->priv;
    if (p->peer[0])
        return p->peer;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(p->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    socklen_t len = address && address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                              : sizeof(struct sockaddr_in);
    if (!address ||
        getnameinfo(address, len, p->peer, sizeof(p->peer), NULL, 0, NI_NUMERICHOST) != 0)
        return NULL;
    return p->peer;
}

const struct http_file *http_request_file(struct http_request *req)
{
    struct http_upload *u = req->priv->upload;
    return u && u->has_file ? &u->file : NULL;
}
