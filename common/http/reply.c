#include "common/base/mem.h"
#include "common/http/server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What was there before (a fallback, say) goes, headers stay. */
static void begin(struct http_reply *r, int status, const char *type)
{
    if (r->kind == HTTP_BODY_TAKEN)
        free((void *)(uintptr_t)r->body);
    if (r->kind == HTTP_BODY_FILE && r->fd >= 0)
        close(r->fd);
    if (r->kind == HTTP_BODY_PIECES)
        r->free_pieces(r->pieces);
    r->status = status;
    r->type = type;
    r->kind = HTTP_BODY_STATIC;
    r->body = "";
    r->body_len = 0;
    r->fd = -1;
}

void http_reply_static(struct http_reply *r, int status, const char *type, const char *text)
{
    begin(r, status, type);
    r->body = text;
    r->body_len = strlen(text);
}

void http_reply_take(struct http_reply *r, int status, const char *type, char *body, size_t len)
{
    begin(r, status, type);
    r->kind = HTTP_BODY_TAKEN;
    r->body = body;
    r->body_len = len;
}

void http_reply_copy(struct http_reply *r, int status, const char *type, const void *body,
                     size_t len)
{
    char *copy = xmalloc(len);
    if (len > 0)
        memcpy(copy, body, len);
    http_reply_take(r, status, type, copy, len);
}

void http_reply_sbuf(struct http_reply *r, int status, const char *type, struct sbuf *body)
{
    size_t len = body->len;
    http_reply_take(r, status, type, sbuf_take(body), len);
}

void http_reply_file(struct http_reply *r, int status, const char *type, int fd, size_t size)
{
    begin(r, status, type);
    r->kind = HTTP_BODY_FILE;
    r->fd = fd;
    r->body_len = size;
}

void http_reply_pieces(struct http_reply *r, int status, const char *type, http_piece_fn *next,
                       http_piece_free_fn *free_arg, void *arg)
{
    begin(r, status, type);
    r->kind = HTTP_BODY_PIECES;
    r->next_piece = next;
    r->free_pieces = free_arg;
    r->pieces = arg;
}

void http_reply_empty(struct http_reply *r, int status)
{
    begin(r, status, NULL);
}

void http_reply_header(struct http_reply *r, const char *name, const char *value)
{
    if (r->header_n >= HTTP_REPLY_HEADERS || strpbrk(value, "\r\n") || strpbrk(name, "\r\n: "))
        return;
    for (unsigned i = 0; i < r->header_n; i++)
        if (strcasecmp(r->headers[i].name, name) == 0) { /* one line for a list: RFC 9110, 5.3 */
            size_t n = strlen(r->headers[i].value), more = strlen(value);
            r->headers[i].value = xrealloc(r->headers[i].value, n + more + 3);
            memcpy(r->headers[i].value + n, ", ", 2);
            memcpy(r->headers[i].value + n + 2, value, more + 1);
            return;
        }
    r->headers[r->header_n].name = xstrdup(name);
    r->headers[r->header_n++].value = xstrdup(value);
}

void http_reply_release(struct http_reply *r)
{
    begin(r, 0, NULL);
    for (unsigned i = 0; i < r->header_n; i++) {
        free(r->headers[i].name);
        free(r->headers[i].value);
    }
    *r = (struct http_reply)HTTP_REPLY_INIT;
}
