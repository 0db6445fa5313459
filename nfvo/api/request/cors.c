/* Web pages of other origins (Fetch, "CORS protocol"): option cors-origins. A page's origin that is
 * not listed gets no header, and its browser keeps the answer from it. */
#include <string.h>

#include "nfvo/api/context.h"

/* The origin as it is listed, or "*"; NULL: it may not. */
static const char *allowed(const char *list, const char *origin)
{
    size_t n = strlen(origin);
    while (list && *list) {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        if (len == 1 && *list == '*')
            return "*";
        if (len == n && strncmp(list, origin, n) == 0)
            return origin;
        list += len;
    }
    return NULL;
}

void api_cors(struct http_request *req, struct http_reply *reply)
{
    const struct api *api = req->ctx;
    const char *list = api->options->cors_origins;
    const char *origin = http_request_header(req, "Origin");
    if (!list || !*list)
        return;
    http_reply_header(reply, "Vary", "Origin");
    const char *is = origin ? allowed(list, origin) : NULL;
    if (!is)
        return;
    http_reply_header(reply, "Access-Control-Allow-Origin", is);
    http_reply_header(reply, "Access-Control-Expose-Headers", "ETag, Link, Location");
    if (strcmp(req->method, "OPTIONS") != 0)
        return;
    http_reply_header(reply, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
    http_reply_header(
        reply, "Access-Control-Allow-Headers",
        "authorization, content-type, idempotency-key, if-match, if-none-match, project-id");
    http_reply_header(reply, "Access-Control-Max-Age", "600"); /* s: fewer questions */
}
