#include "common/metrics/metrics.h"

#include "common/base/mem.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

const double metric_buckets_seconds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                         0.25,  0.5,    1,     2.5,  5,     10,   0};

/* The cells of all series of a metric stand behind each other: counter and gauge one, histogram one
 * per bucket, +Inf, and the sum. */
struct metric {
    unsigned values[METRIC_LABELS]; /* how many values each label has, 1 if there is no label */
    unsigned bucket_n, cells;       /* cells of one series */
    _Atomic int64_t *cell;
};

struct metrics {
    const struct metric_def *defs;
    size_t n;
    struct metric *metric;
};

struct metrics *metrics_new(const struct metric_def *defs, size_t n)
{
    struct metrics *m = xcalloc(1, sizeof(*m));
    m->defs = defs;
    m->n = n;
    m->metric = xcalloc(n, sizeof(*m->metric));
    for (size_t i = 0; i < n; i++) {
        struct metric *metric = &m->metric[i];
        for (unsigned l = 0; l < METRIC_LABELS; l++) {
            const struct metric_label *label = &defs[i].labels[l];
            while (label->name && label->values[metric->values[l]])
                metric->values[l]++;
            if (metric->values[l] == 0)
                metric->values[l] = 1;
        }
        while (defs[i].type == METRIC_HISTOGRAM && defs[i].buckets[metric->bucket_n] > 0)
            metric->bucket_n++;
        metric->cells = defs[i].type == METRIC_HISTOGRAM ? metric->bucket_n + 2 : 1;
        metric->cell = xcalloc((size_t)metric->values[0] * metric->values[1] * metric->cells,
                               sizeof(*metric->cell));
    }
    return m;
}

void metrics_free(struct metrics *m)
{
    for (size_t i = 0; m && i < m->n; i++)
        free(m->metric[i].cell);
    if (m)
        free(m->metric);
    free(m);
}

/* The first cell of a series; NULL: there is no such. */
static _Atomic int64_t *find(const struct metrics *m, unsigned id, unsigned a, unsigned b)
{
    if (id >= m->n)
        return NULL;
    const struct metric *metric = &m->metric[id];
    if (a >= metric->values[0] || b >= metric->values[1])
        return NULL;
    return metric->cell + ((size_t)a * metric->values[1] + b) * metric->cells;
}

void metric_add(struct metrics *m, unsigned id, int64_t n, unsigned a, unsigned b)
{
    _Atomic int64_t *cell = find(m, id, a, b);
    if (cell && m->defs[id].type != METRIC_HISTOGRAM &&
        (n >= 0 || m->defs[id].type == METRIC_GAUGE))
        atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

void metric_set(struct metrics *m, unsigned id, int64_t value, unsigned a, unsigned b)
{
    _Atomic int64_t *cell = find(m, id, a, b);
    if (cell && m->defs[id].type == METRIC_GAUGE)
        atomic_store_explicit(cell, value, memory_order_relaxed);
}

static double as_double(int64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

void metric_observe(struct metrics *m, unsigned id, double value, unsigned a, unsigned b)
{
    _Atomic int64_t *cell = find(m, id, a, b);
    if (!cell || m->defs[id].type != METRIC_HISTOGRAM || isnan(value))
        return;
    unsigned i = 0, n = m->metric[id].bucket_n;
    while (i < n && value > m->defs[id].buckets[i])
        i++;
    atomic_fetch_add_explicit(&cell[i], 1, memory_order_relaxed);
    /* The sum is a double kept as its bits. */
    int64_t before = atomic_load_explicit(&cell[n + 1], memory_order_relaxed), after;
    do {
        double sum = as_double(before) + value;
        memcpy(&after, &sum, sizeof(after));
    } while (!atomic_compare_exchange_weak_explicit(&cell[n + 1], &before, after,
                                                    memory_order_relaxed, memory_order_relaxed));
}

int64_t metric_get(const struct metrics *m, unsigned id, unsigned a, unsigned b)
{
    const _Atomic int64_t *cell = find(m, id, a, b);
    int64_t sum = 0;
    if (!cell)
        return 0;
    unsigned n = m->defs[id].type == METRIC_HISTOGRAM ? m->metric[id].bucket_n + 1 : 1;
    for (unsigned i = 0; i < n; i++)
        sum += atomic_load_explicit(&cell[i], memory_order_relaxed);
    return sum;
}

static void add_escaped(struct sbuf *out, const char *s, bool is_label)
{
    for (; *s; s++) {
        if (*s == '\\' || (*s == '"' && is_label))
            sbuf_addc(out, '\\');
        if (*s == '\n')
            sbuf_adds(out, "\\n");
        else
            sbuf_addc(out, *s);
    }
}

/* name_suffix{label="value",le="0.1"} */
static void add_name(struct sbuf *out, const struct metric_def *def, const char *suffix, unsigned a,
                     unsigned b, const char *le)
{
    const unsigned index[METRIC_LABELS] = {a, b};
    const char *before = "{";
    sbuf_addf(out, "%s%s", def->name, suffix);
    for (unsigned l = 0; l < METRIC_LABELS; l++) {
        if (!def->labels[l].name)
            continue;
        sbuf_addf(out, "%s%s=\"", before, def->labels[l].name);
        add_escaped(out, def->labels[l].values[index[l]], true);
        sbuf_addc(out, '"');
        before = ",";
    }
    if (le)
        sbuf_addf(out, "%sle=\"%s\"", before, le);
    sbuf_adds(out, le || before[0] == ',' ? "} " : " ");
}

static void render_series(const struct metrics *m, unsigned id, unsigned a, unsigned b,
                          struct sbuf *out)
{
    const struct metric_def *def = &m->defs[id];
    const _Atomic int64_t *cell = find(m, id, a, b);
    if (def->type != METRIC_HISTOGRAM) {
        add_name(out, def, "", a, b, NULL);
        sbuf_addf(out, "%lld\n", (long long)atomic_load_explicit(cell, memory_order_relaxed));
        return;
    }
    int64_t count = 0;
    unsigned n = m->metric[id].bucket_n;
    for (unsigned i = 0; i <= n; i++) {
        char le[32] = "+Inf";
        if (i < n)
            snprintf(le, sizeof(le), "%g", def->buckets[i]);
        count += atomic_load_explicit(&cell[i], memory_order_relaxed);
        add_name(out, def, "_bucket", a, b, le);
        sbuf_addf(out, "%lld\n", (long long)count);
    }
    add_name(out, def, "_sum", a, b, NULL);
    sbuf_addf(out, "%.17g\n", as_double(atomic_load_explicit(&cell[n + 1], memory_order_relaxed)));
    add_name(out, def, "_count", a, b, NULL);
    sbuf_addf(out, "%lld\n", (long long)count);
}

void metrics_render(const struct metrics *m, struct sbuf *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    for (unsigned id = 0; id < m->n; id++) {
        sbuf_addf(out, "# HELP %s ", m->defs[id].name);
        add_escaped(out, m->defs[id].help, false);
        sbuf_addf(out, "\n# TYPE %s %s\n", m->defs[id].name, types[m->defs[id].type]);
        for (unsigned a = 0; a < m->metric[id].values[0]; a++)
            for (unsigned b = 0; b < m->metric[id].values[1]; b++)
                render_series(m, id, a, b, out);
    }
}
