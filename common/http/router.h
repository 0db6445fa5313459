/* The table of routes as a tree of path segments. Private to common/http; pure. */
#ifndef COMMON_HTTP_ROUTER_H
#define COMMON_HTTP_ROUTER_H

#include "common/http/server.h"

#define HTTP_SEGMENTS 32 /* deeper paths are not found */

struct http_router; /* opaque */

struct http_path {
    char *segments[HTTP_SEGMENTS]; /* decoded, in the caller's buffer */
    unsigned n;
};

/* Given. ERR_INVALID: a path without '/', two equal routes, {rest*} not at the end, too deep. */
MUST_USE enum err_code http_router_new(struct http_router **ret, const struct http_route *routes,
                                       struct err *err);
void http_router_free(struct http_router *r);

/* Cut text (a path without query; changed) into segments: empty ones are dropped, each is decoded.
 * false: bad escape. Paths with too many segments, "." or ".." get n = HTTP_SEGMENTS + 1, which
 * matches nothing. */
bool http_path_split(char *text, struct http_path *ret);

/* NULL: none. Then *ret_allow, if the path is known with other methods, gets them as "GET, POST"
 * (appended). */
const struct http_route *http_router_find(const struct http_router *r, const char *method,
                                          const struct http_path *path, struct sbuf *ret_allow);

/* Which segment {name} of a route is; -1: no such. *ret_is_rest: it and all behind it. */
int http_route_param(const struct http_route *route, const char *name, bool *ret_is_rest);

#endif
