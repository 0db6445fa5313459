/* What REST clients asked for and how long it took, by route and status: a route is a row of the
 * endpoint tables ("GET /api/v1/ns-records/{id}"), so no client can grow the set. Thread-safe; blocks
 * nothing. */
#ifndef NFVO_API_REQUEST_HTTP_METRICS_H
#define NFVO_API_REQUEST_HTTP_METRICS_H

#include "common/base/sbuf.h"

struct endpoint;
struct http_metrics; /* opaque */

/* Given: http_metrics_free. endpoints: ends with NULL; borrowed until then. */
struct http_metrics *http_metrics_new(const struct endpoint *const *endpoints);
void http_metrics_free(struct http_metrics *h); /* NULL is fine */
/* An answer is out. route: index of its endpoint; < 0: of none. status 0: the client was gone. */
void http_metrics_note(struct http_metrics *h, long route, int status, int64_t took_us);
void http_metrics_render(const struct http_metrics *h, struct sbuf *out);

#endif
