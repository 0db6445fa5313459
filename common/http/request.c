#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <string.h>

/* A path out of a target: of an http URL what is behind the host. */
static char *path_of(char *target)
{
    static char root[] = "/";
    if (*target == '/' || *target == '*')
        return target;
    char *authority = strstr(target, "://");
    char *path = authority ? strpbrk(authority + 3, "/?") : NULL;
    return path ? path : root;
}

/* Its path, NUL-terminated, and the query behind it; the segments in a copy at room. */
static void take_target(struct http_private *p, char *room)
{
    static char none[1];
    char *path = path_of(p->head.target), *mark = strchr(path, '?');
    p->raw_query = none;
    if (mark) {
        *mark = '\0';
        p->raw_query = mark + 1;
    }
    p->view.path = *path ? path : "/";
    strcpy(room,
           p->view.path); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): it has room */
    if (!http_path_split(room, &p->path))
        http_fail(p, 400, ERR_SYNTAX, "bad escape in the path");
    else if (!http_percent_is_good(p->raw_query)) /* a filter that is left out answers too much */
        http_fail(p, 400, ERR_SYNTAX, "bad escape in the query");
}

/* One allocation for the request, its head, and the path's segments. */
struct http_private *http_request_new(struct http_conn *c, const char *text, size_t len)
{
    struct http_private *p = xmalloc(sizeof(*p) + 2 * len + 4);
    memset(p, 0, offsetof(struct http_private, head) + offsetof(struct http_head, headers));
    p->server = c->server;
    p->conn = c;
    p->body = (struct sbuf)SBUF_INIT;
    p->piece = (struct sbuf)SBUF_INIT;
    p->refusal = p->reply = (struct http_reply)HTTP_REPLY_INIT;
    p->raw_query = p->text;
    p->text[0] = '\0';
    p->view = (struct http_request){.method = "",
                                    .path = "",
                                    .body = "",
                                    .ctx = c->server->o.ctx,
                                    .started_us = clock_mono_us(),
                                    .priv = p};
    if (!text)
        return p;
    memcpy(p->text, text, len);
    http_head_parse(p->text, len, &p->head);
    p->view.method = p->head.method;
    if (!p->head.refused)
        take_target(p, p->text + len + 1);
    return p;
}

void http_request_free(struct http_private *p)
{
    http_body_free(p);
    http_limits_unref(p->server->limits, p->user);
    http_reply_release(&p->refusal);
    http_reply_release(&p->reply);
    sbuf_release(&p->piece);
    free(p->query);
    free(p->query_text);
    free(p->rest);
    free(p);
}
