#include "common/metrics/metrics.h"

#include "common/base/mem.h"
#include "common/base/utf8.h"

#include <math.h>
#include <pthread.h>
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
    _Atomic bool *is_used;       /* of a sparse one: per series */
    char **given[METRIC_LABELS]; /* by metric_value; NULL: the label has a list. The last one is
                                        METRIC_OTHER */
    atomic_uint given_n[METRIC_LABELS]; /* without that; what is below does not change any more */
};

struct metrics {
    const struct metric_def *defs;
    size_t n;
    struct metric *metric;
    pthread_mutex_t lock; /* of who gives a value its place */
};

static void make_room(struct metric *metric, unsigned label, unsigned room)
{
    metric->values[label] = room + 1;
    metric->given[label] = xcalloc(room + 1, sizeof(*metric->given[label]));
    metric->given[label][room] = xstrdup(METRIC_OTHER);
}

struct metrics *metrics_new(const struct metric_def *defs, size_t n)
{
    struct metrics *m = xcalloc(1, sizeof(*m));
    m->defs = defs;
    m->n = n;
    m->metric = xcalloc(n, sizeof(*m->metric));
    pthread_mutex_init(&m->lock, NULL);
    for (size_t i = 0; i < n; i++) {
        struct metric *metric = &m->metric[i];
        for (unsigned l = 0; l < METRIC_LABELS; l++) {
            const struct metric_label *label = &defs[i].labels[l];
            if (label->name && !label->values)
                make_room(metric, l, label->room);
            while (label->name && label->values && label->values[metric->values[l]])
                metric->values[l]++;
            if (metric->values[l] == 0)
                metric->values[l] = 1;
        }
        while (defs[i].type == METRIC_HISTOGRAM && defs[i].buckets[metric->bucket_n] > 0)
            metric->bucket_n++;
        metric->cells = defs[i].type == METRIC_HISTOGRAM ? metric->bucket_n + 2 : 1;
        size_t series = (size_t)metric->values[0] * metric->values[1];
        metric->cell = xcalloc(series * metric->cells, sizeof(*metric->cell));
        if (defs[i].is_sparse || metric->given[0] || metric->given[1])
            metric->is_used = xcalloc(series, sizeof(*metric->is_used));
    }
    return m;
}

static void release_metric(struct metric *metric)
{
    for (unsigned l = 0; l < METRIC_LABELS; l++) {
        for (unsigned v = 0; metric->given[l] && v < metric->values[l]; v++)
            free(metric->given[l][v]);
        free(metric->given[l]);
    }
    free(metric->is_used);
    free(metric->cell);
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++)
        release_metric(&m->metric[i]);
    pthread_mutex_destroy(&m->lock);
    free(m->metric);
    free(m);
}

/* What a peer chose, as a value that no reader of the page stumbles over. */
static void clean(char ret[METRIC_VALUE_SIZE], const char *text)
{
    size_t n = 0;
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t len = utf8_char(text, left, &c);
        bool is_bad = len == 0 || utf8_steers(c);
        size_t taken = is_bad ? 1 : len;
        if (n + taken >= METRIC_VALUE_SIZE)
            break;
        memcpy(ret + n, is_bad ? "?" : text, taken);
        n += taken;
        len = len ? len : 1;
        text += len;
        left -= len;
    }
    ret[n] = '\0';
}

/* The place of a text among the n that are given; n: it is none of them. */
static unsigned find_given(char *const *given, unsigned n, const char *text)
{
    unsigned i = 0;
    while (i < n && strcmp(given[i], text) != 0)
        i++;
    return i;
}

unsigned metric_value(struct metrics *m, unsigned id, unsigned label, const char *text)
{
    char value[METRIC_VALUE_SIZE];
    if (id >= m->n || label >= METRIC_LABELS || !m->metric[id].given[label])
        return 0;
    struct metric *metric = &m->metric[id];
    char **given = metric->given[label];
    clean(value, text);
    unsigned other = metric->values[label] - 1; /* with all places taken, what is new gets that */
    unsigned n = atomic_load_explicit(&metric->given_n[label], memory_order_acquire);
    unsigned i = find_given(given, n, value);
    if (i < n || n == other)
        return i;
    pthread_mutex_lock(&m->lock);
    n = atomic_load(&metric->given_n[label]); /* others may have been first, with any value */
    i = find_given(given, n, value);
    if (i == n && n < other) {
        given[i] = xstrdup(value);
        atomic_store_explicit(&metric->given_n[label], n + 1, memory_order_release);
    }
    pthread_mutex_unlock(&m->lock);
    return i;
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

static void mark_used(const struct metrics *m, unsigned id, unsigned a, unsigned b)
{
    const struct metric *metric = &m->metric[id];
    if (metric->is_used)
        atomic_store_explicit(&metric->is_used[(size_t)a * metric->values[1] + b], true,
                              memory_order_relaxed);
}

void metric_add(struct metrics *m, unsigned id, int64_t n, unsigned a, unsigned b)
{
    _Atomic int64_t *cell = find(m, id, a, b);
    if (!cell || m->defs[id].type == METRIC_HISTOGRAM ||
        (n < 0 && m->defs[id].type != METRIC_GAUGE))
        return;
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
    mark_used(m, id, a, b);
}

void metric_set(struct metrics *m, unsigned id, int64_t value, unsigned a, unsigned b)
{
    _Atomic int64_t *cell = find(m, id, a, b);
    if (!cell || m->defs[id].type != METRIC_GAUGE)
        return;
    atomic_store_explicit(cell, value, memory_order_relaxed);
    mark_used(m, id, a, b);
}

void metric_reset(struct metrics *m, unsigned id)
{
    if (id >= m->n || m->defs[id].type != METRIC_GAUGE)
        return;
    const struct metric *metric = &m->metric[id];
    for (size_t i = 0; i < (size_t)metric->values[0] * metric->values[1]; i++) {
        atomic_store_explicit(&metric->cell[i], 0, memory_order_relaxed);
        if (metric->is_used)
            atomic_store_explicit(&metric->is_used[i], false, memory_order_relaxed);
    }
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
    mark_used(m, id, a, b);
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
static void add_name(struct sbuf *out, const struct metrics *m, unsigned id, const char *suffix,
                     unsigned a, unsigned b, const char *le)
{
    const struct metric_def *def = &m->defs[id];
    const unsigned index[METRIC_LABELS] = {a, b};
    const char *before = "{";
    sbuf_addf(out, "%s%s", def->name, suffix);
    for (unsigned l = 0; l < METRIC_LABELS; l++) {
        if (!def->labels[l].name)
            continue;
        sbuf_addf(out, "%s%s=\"", before, def->labels[l].name);
        add_escaped(out,
                    m->metric[id].given[l] ? m->metric[id].given[l][index[l]]
                                           : def->labels[l].values[index[l]],
                    true);
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
        add_name(out, m, id, "", a, b, NULL);
        int64_t value = atomic_load_explicit(cell, memory_order_relaxed);
        if (def->scale > 0)
            sbuf_addf(out, "%.15g\n", (double)value * def->scale);
        else
            sbuf_addf(out, "%lld\n", (long long)value);
        return;
    }
    int64_t count = 0;
    unsigned n = m->metric[id].bucket_n;
    for (unsigned i = 0; i <= n; i++) {
        char le[32] = "+Inf";
        if (i < n)
            snprintf(le, sizeof(le), "%g", def->buckets[i]);
        count += atomic_load_explicit(&cell[i], memory_order_relaxed);
        add_name(out, m, id, "_bucket", a, b, le);
        sbuf_addf(out, "%lld\n", (long long)count);
    }
    add_name(out, m, id, "_sum", a, b, NULL);
    sbuf_addf(out, "%.15g\n", as_double(atomic_load_explicit(&cell[n + 1], memory_order_relaxed)));
    add_name(out, m, id, "_count", a, b, NULL);
    sbuf_addf(out, "%lld\n", (long long)count);
}

static bool is_shown(const struct metrics *m, unsigned id, unsigned a, unsigned b)
{
    const struct metric *metric = &m->metric[id];
    return !metric->is_used ||
           atomic_load_explicit(&metric->is_used[(size_t)a * metric->values[1] + b],
                                memory_order_relaxed);
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
                if (is_shown(m, id, a, b))
                    render_series(m, id, a, b, out);
    }
}
