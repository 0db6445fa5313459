#include "nfvo/api/request/http_metrics.h"

#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "nfvo/api/context.h"

#include <stdlib.h>

enum { M_REQUESTS, M_SECONDS, M_N };

/* Those that we answer with. What is none of them is the last: a client that left before its answer,
 * or a status that somebody added without a look at this list. */
/* clang-format off */
#define STATUSES(X)                                                                                                \
    X(200) X(201) X(202) X(204) X(206) X(302) X(303) X(304) X(400) X(401) X(403) X(404) X(405) X(406) X(408)        \
    X(409) X(410) X(411) X(412) X(413) X(414) X(415) X(417) X(422) X(429) X(431) X(500) X(501) X(502) X(503) X(504) X(505)
/* clang-format on */
#define X(status) status,
static const int statuses[] = {STATUSES(X)};
#undef X
#define X(status) #status,
static const char *const codes[] = {STATUSES(X) "none", NULL};
#undef X

struct http_metrics {
    struct metric_def defs[M_N];
    struct arena arena;
    const char **routes; /* the last is of none */
    unsigned n;          /* without that */
    struct metrics *metrics;
};

struct http_metrics *http_metrics_new(const struct endpoint *const *endpoints)
{
    struct http_metrics *h = xcalloc(1, sizeof(*h));
    while (endpoints[h->n])
        h->n++;
    h->routes = arena_alloc(&h->arena, (h->n + 2) * sizeof(*h->routes));
    for (unsigned i = 0; i < h->n; i++)
        h->routes[i] = arena_printf(&h->arena, "%s %s", endpoints[i]->method, endpoints[i]->path);
    h->routes[h->n] = "none";
    h->defs[M_REQUESTS] = (struct metric_def){
        METRIC_COUNTER, "baton_http_requests_total",
        "Requests answered, by route and status (none: no such route, the client left).",
        .labels = {{.name = "route", .values = h->routes}, {.name = "code", .values = codes}},
        .is_sparse = true};
    h->defs[M_SECONDS] = (struct metric_def){
        METRIC_HISTOGRAM,
        "baton_http_request_duration_seconds",
        "From the first byte of a request to the last of its answer; parked ones and streams, too.",
        .labels = {{.name = "route", .values = h->routes}},
        .buckets = metric_buckets_seconds,
        .is_sparse = true};
    h->metrics = metrics_new(h->defs, M_N);
    return h;
}

void http_metrics_free(struct http_metrics *h)
{
    if (!h)
        return;
    metrics_free(h->metrics);
    arena_release(&h->arena);
    free(h);
}

static unsigned code_of(int status)
{
    unsigned i = 0;
    while (i < ARRAY_LEN(statuses) && statuses[i] != status)
        i++;
    return i;
}

void http_metrics_note(struct http_metrics *h, long route, int status, int64_t took_us)
{
    unsigned r = route >= 0 && route < (long)h->n ? (unsigned)route : h->n;
    metric_add(h->metrics, M_REQUESTS, 1, r, code_of(status));
    metric_observe(h->metrics, M_SECONDS, (double)took_us / 1e6, r, 0);
}

void http_metrics_render(const struct http_metrics *h, struct sbuf *out)
{
    metrics_render(h->metrics, out);
}
