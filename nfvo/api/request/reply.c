/* Headers and bodies that answers have in common. */
#include <stdio.h>
#include <string.h>

#include "common/sys/clock.h"
#include "nfvo/api/context.h"

/* "/api/v1/keys", "/api/v1/ns-records/{id}" and the id. */
void reply_object(struct sbuf *out, const struct endpoint *endpoint, const char *path, int status,
                  const char *body)
{
    static const char first[] = "{\"id\":\"";
    if (status != 201 || !body || strncmp(body, first, sizeof(first) - 1) != 0) {
        sbuf_adds(out, path);
        return;
    }
    const char *id = body + sizeof(first) - 1;
    size_t base = strcspn(endpoint->path, "{");
    while (base > 0 && endpoint->path[base - 1] == '/')
        base--;
    sbuf_add(out, endpoint->path, base);
    sbuf_addf(out, "/%.*s", (int)strcspn(id, "\""), id);
}

void reply_location(struct http_reply *reply, const struct endpoint *endpoint, int status,
                    const char *body)
{
    AUTO(sbuf_release) struct sbuf where = SBUF_INIT;
    reply_object(&where, endpoint, "", status, body);
    if (where.len > 0)
        http_reply_header(reply, "Location", where.s);
}

void reply_operation(struct http_reply *reply, const char *id)
{
    char where[64 + ID_SIZE];
    snprintf(where, sizeof(where), "/api/v1/baton/operations/%s", id);
    http_reply_header(reply, "Operation-Id", id);
    http_reply_header(reply, "Location", where);
}

void reply_retry_after(struct http_reply *reply, int seconds)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", seconds);
    if (seconds > 0)
        http_reply_header(reply, "Retry-After", text);
}

void reply_error(struct http_reply *reply, int status, const struct err *err, const char *path)
{
    struct sbuf body = SBUF_INIT;
    error_body(&body, status, err, path, clock_wall_us());
    http_reply_sbuf(reply, status, HTTP_TYPE_JSON, &body);
}
