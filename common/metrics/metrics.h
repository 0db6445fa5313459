/* Counters, gauges and histograms, declared in a static table, kept in atomics, shown as Prometheus
 * text.
 *
 *     enum { M_REQUESTS, M_LATENCY, M_N };
 *     static const struct metric_def defs[M_N] = {
 *         [M_REQUESTS] = { METRIC_COUNTER, "baton_requests_total", "Requests answered.",
 *                          .labels = { { "method", methods }, { "class", classes } } },
 *         [M_LATENCY] = { METRIC_HISTOGRAM, "baton_request_seconds", "Time to answer.",
 *                         .buckets = metric_buckets_seconds },
 *     };
 *     struct metrics *m = metrics_new(defs, M_N);
 *     metric_add(m, M_REQUESTS, 1, METHOD_GET, CLASS_2XX);
 *
 * Label values are a closed list (indexes into it), so a peer can never grow the set. Values that are
 * only known at run time (types of VNFMs, names of PoPs) have a number of places: metric_value gives
 * one to a text that is new, and METRIC_OTHER when all are taken. One registry per process and subject
 * hangs on its context; rendering several is rendering them one behind the other. All functions but
 * new and free are thread-safe and never block (a text that is new takes a lock for a moment).
 *
 * Names are those of OpenMetrics: baton_ in front, the unit behind (_seconds, _bytes), counters end
 * with _total. Times are in seconds everywhere. */
#ifndef COMMON_METRICS_METRICS_H
#define COMMON_METRICS_METRICS_H

#include "common/base/sbuf.h"

#include <stdbool.h>

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_LABELS 2

struct metric_label {
    const char *name;
    const char *const *values; /* ends with NULL. NULL: given by metric_value */
    unsigned room;             /* of those: so many, and METRIC_OTHER */
};
#define METRIC_OTHER      "other"
#define METRIC_VALUE_SIZE 64 /* longer ones are cut */

struct metric_def {
    enum metric_type type;
    const char *name, *help;
    struct metric_label labels[METRIC_LABELS]; /* unused: zeros */
    const double *buckets; /* histogram: rising upper bounds, ends with 0; +Inf is added */
    /* Series that nothing was counted in are not shown: where most of the combinations do not
     * happen. The same of every value that metric_value gave. */
    bool is_sparse;
    double scale; /* counter, gauge: shown times this, as 1e-6 for what is counted in us; 0: 1 */
};

extern const double metric_buckets_seconds[]; /* 1 ms .. 10 s in steps of 1, 2.5, 5 */

struct metrics; /* opaque */

struct metrics *metrics_new(const struct metric_def *defs,
                            size_t n); /* defs: borrowed for the life of the registry */
void metrics_free(struct metrics *m);

/* The index of that text among the values of the label (0: the first, 1: the second) of a metric.
 * What is not UTF-8 or steers a viewer becomes '?'. A value keeps its place as long as the registry
 * lives. */
unsigned metric_value(struct metrics *m, unsigned id, unsigned label, const char *text);
/* Gauges that are counted anew all at once: every series of that metric is 0, and not shown (if it
 * is sparse), until it is set. */
void metric_reset(struct metrics *m, unsigned id);

/* a, b: indexes of the values of the first and second label, 0 where there is none. What is out of
 * range, or does not fit the type of the metric, counts nothing. */
void metric_add(struct metrics *m, unsigned id, int64_t n, unsigned a,
                unsigned b); /* counter (n >= 0), gauge */
void metric_set(struct metrics *m, unsigned id, int64_t value, unsigned a, unsigned b); /* gauge */
void metric_observe(struct metrics *m, unsigned id, double value, unsigned a,
                    unsigned b); /* histogram */
int64_t metric_get(const struct metrics *m, unsigned id, unsigned a,
                   unsigned b); /* histogram: its count */

/* Prometheus text format 0.0.4 (content type METRICS_CONTENT_TYPE), appended. */
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
void metrics_render(const struct metrics *m, struct sbuf *out);

/* What every process says of itself, with the names that all Prometheus clients use: process_cpu_*,
 * memory, descriptors, threads, start; and baton_build_info with both texts. Reads /proc. */
void metrics_render_process(struct sbuf *out, const char *process, const char *version);

#endif
