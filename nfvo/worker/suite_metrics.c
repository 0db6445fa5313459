#include "nfvo/worker/suite_metrics.h"

#include "common/base/mem.h"
#include "common/metrics/metrics.h"
#include "nfvo/lifecycle/model.h"
#include "nfvo/lifecycle/types.h"
#include "nfvo/store/store_metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* counted: struct store_count.what */
    M_COUNTED = 0,
    M_PHASE_SECONDS = COUNT_N,
    M_VNFM_SECONDS,
    M_VNFM_TIMEOUTS,
    M_DRIVER_SECONDS,
    M_POP_SECONDS,
    M_POP_TIMEOUTS,
    M_N
};

/* Places for names that others choose; more of them are METRIC_OTHER. */
enum { VNFMS_MAX = 32, DRIVERS_MAX = 16, POPS_MAX = 128, CALLS_MAX = 24, POPS_KNOWN_MAX = 1024 };

#define X(word, ...) #word,
static const char *const nsr_words[] = {NSR_PHASES(X) NULL};
static const char *const vnfr_words[] = {VNFR_PHASES(X) NULL};
static const char *const instance_words[] = {INSTANCE_PHASES(X) NULL};
static const char *const pop_words[] = {POP_PHASES(X) NULL};
static const char *const command_words[] = {COMMAND_KINDS(X) NULL};
#undef X
/* From an answer at once to a script that runs into its deadline. */
static const double seconds[] = {0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800, 7200, 0};

#define BY(label, words) .labels = {{.name = label, .values = words}}
#define VNFM_LABEL                                                                                 \
    {                                                                                              \
        .name = "vnfm", .room = VNFMS_MAX                                                          \
    }
#define DRIVER_LABEL                                                                               \
    {                                                                                              \
        .name = "driver", .room = DRIVERS_MAX                                                      \
    }
#define POP_LABEL                                                                                  \
    {                                                                                              \
        .name = "pop", .room = POPS_MAX                                                            \
    }

static const struct metric_def defs[M_N] = {
    [COUNT_SERVICES] = {METRIC_GAUGE, "baton_services", "Network services, by phase.",
                        BY("phase", nsr_words)},
    [COUNT_VNFRS] = {METRIC_GAUGE, "baton_vnfrs", "VNF records, by phase.",
                     BY("phase", vnfr_words)},
    [COUNT_INSTANCES] = {METRIC_GAUGE, "baton_instances", "VNFC instances (servers), by phase.",
                         BY("phase", instance_words)},
    [COUNT_POPS] = {METRIC_GAUGE, "baton_pops", "PoPs, by phase.", BY("phase", pop_words)},
    [COUNT_COMMANDS] = {METRIC_GAUGE, "baton_commands_open",
                        "Requests to peers, and timers, that are waited for.",
                        BY("kind", command_words)},
    [COUNT_OVERDUE] = {METRIC_GAUGE, "baton_commands_overdue",
                       "Those whose deadline was more than 30 s ago: no process acts on it.",
                       BY("kind", command_words)},
    [COUNT_OUTBOX] = {METRIC_GAUGE, "baton_outbox_messages",
                      "Messages that are committed and not yet confirmed by the broker."},
    [COUNT_OUTBOX_AGE_US] = {METRIC_GAUGE, "baton_outbox_age_seconds",
                             "How long ago the oldest of them should have been sent.",
                             .scale = 1e-6},
    [COUNT_EVENTS] = {METRIC_GAUGE, "baton_events_waiting", "Events on their way to a subscriber."},
    [COUNT_EVENTS_AGE_US] = {METRIC_GAUGE, "baton_events_waiting_age_seconds",
                             "Age of the oldest of them.", .scale = 1e-6},
    [COUNT_UNREADABLE] = {METRIC_GAUGE, "baton_unreadable_documents",
                          "Stored documents that cannot be read: what needs them is refused."},
    [COUNT_DATABASE_CONNECTIONS] = {METRIC_GAUGE, "baton_database_connections",
                                    "Connections of all clients to our database."},
    [COUNT_AGENTS] = {METRIC_GAUGE, "baton_agents_connected",
                      "Agents in VNFC instances that are connected."},
    [M_PHASE_SECONDS] = {METRIC_HISTOGRAM, "baton_vnfr_phase_duration_seconds",
                         "Time that VNF records were in a phase, when they left it.",
                         BY("phase", vnfr_words), .buckets = seconds, .is_sparse = true},
    [M_VNFM_SECONDS] = {METRIC_HISTOGRAM, "baton_vnfm_answer_duration_seconds",
                        "From a request to a VNFM, by its type, to its answer.",
                        .labels = {VNFM_LABEL, {.name = "action", .room = CALLS_MAX}},
                        .buckets = seconds},
    [M_VNFM_TIMEOUTS] = {METRIC_COUNTER, "baton_vnfm_timeouts_total",
                         "Requests to VNFMs that ran into their deadline.", .labels = {VNFM_LABEL}},
    [M_DRIVER_SECONDS] = {METRIC_HISTOGRAM, "baton_driver_answer_duration_seconds",
                          "From a call of a driver, by type, to its answer.",
                          .labels = {DRIVER_LABEL, {.name = "call", .room = CALLS_MAX}},
                          .buckets = seconds},
    [M_POP_SECONDS] = {METRIC_HISTOGRAM, "baton_pop_answer_duration_seconds", "The same by PoP.",
                       .labels = {DRIVER_LABEL, POP_LABEL}, .buckets = seconds},
    [M_POP_TIMEOUTS] = {METRIC_COUNTER, "baton_pop_timeouts_total",
                        "Calls of drivers that ran into their deadline.",
                        .labels = {DRIVER_LABEL, POP_LABEL}},
};

struct suite_metrics {
    struct metrics *m;
    pthread_mutex_t lock; /* of what is below */
    struct arena arena;
    struct store_pop_name *pops; /* by id, as the store had them at the last count */
    size_t n_pops;
};

struct suite_metrics *suite_metrics_new(void)
{
    struct suite_metrics *s = xcalloc(1, sizeof(*s));
    s->m = metrics_new(defs, M_N);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void suite_metrics_free(struct suite_metrics *s)
{
    if (!s)
        return;
    metrics_free(s->m);
    arena_release(&s->arena);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- decided ------------------------------------------------------------------------------------ */

static unsigned word_index(const char *const *words, const char *word)
{
    unsigned i = 0;
    while (words[i] && strcmp(words[i], word) != 0)
        i++;
    return i; /* of none: out of range, counts nothing */
}

static const struct command *command_of(const struct decision *d)
{
    for (uint32_t i = 0; d->in->command && i < d->commands.n; i++)
        if (strcmp(d->commands.at[i]->id, d->in->command) == 0)
            return d->commands.at[i];
    return NULL;
}

static const struct row *subject_of(const struct decision *d, const struct command *c, int kind)
{
    for (uint32_t i = 0; i < d->rows.n; i++)
        if (d->rows.at[i]->kind == kind && command_is_about(c, d->rows.at[i]->id))
            return d->rows.at[i];
    return NULL;
}

static void note_vnfm(struct suite_metrics *s, const struct decision *d, const struct command *c,
                      bool is_late)
{
    const struct row *vnfr = subject_of(d, c, ROW_VNFR);
    if (!vnfr) /* a request for logs */
        return;
    unsigned id = is_late ? M_VNFM_TIMEOUTS : M_VNFM_SECONDS;
    unsigned vnfm = metric_value(s->m, id, 0, vnfr->key[VNFR_ENDPOINT]);
    if (is_late)
        metric_add(s->m, id, 1, vnfm, 0);
    else
        metric_observe(s->m, id, (double)(d->now - c->opened_at) / 1e6, vnfm,
                       metric_value(s->m, id, 1, command_rows[c->kind].call));
}

static void observe_driver(struct suite_metrics *s, const struct command *c, double took_s,
                           bool is_late, const char *type, const char *pop)
{
    unsigned id = is_late ? M_POP_TIMEOUTS : M_POP_SECONDS;
    unsigned driver = metric_value(s->m, id, 0, type), at = metric_value(s->m, id, 1, pop);
    if (is_late) {
        metric_add(s->m, id, 1, driver, at);
        return;
    }
    metric_observe(s->m, id, took_s, driver, at);
    metric_observe(s->m, M_DRIVER_SECONDS, took_s, metric_value(s->m, M_DRIVER_SECONDS, 0, type),
                   metric_value(s->m, M_DRIVER_SECONDS, 1, command_rows[c->kind].call));
}

/* As the store had them at the last count. */
static void observe_known(struct suite_metrics *s, const struct command *c, double took_s,
                          bool is_late, const char *id)
{
    const struct store_pop_name *pop = NULL;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n_pops && !pop; i++)
        if (strcmp(s->pops[i].id, id) == 0)
            pop = &s->pops[i];
    observe_driver(s, c, took_s, is_late, pop ? pop->type : METRIC_OTHER,
                   pop ? pop->name : METRIC_OTHER);
    pthread_mutex_unlock(&s->lock);
}

/* A service knows its PoPs by their ids; not every decision has the facts that name them. */
static void note_driver(struct suite_metrics *s, const struct decision *d, const struct command *c,
                        bool is_late)
{
    double took_s = (double)(d->now - c->opened_at) / 1e6;
    if (d->root && d->root->kind == ROW_POP) {
        observe_driver(s, c, took_s, is_late, d->root->key[POP_TYPE], d->root->key[POP_NAME]);
        return;
    }
    const struct row *instance = subject_of(d, c, ROW_INSTANCE);
    if (!instance)
        return;
    for (uint32_t i = 0; i < d->facts.n; i++) {
        const struct row *pop = d->facts.at[i];
        if (pop->kind == ROW_POP && strcmp(pop->id, instance->key[INSTANCE_POP]) == 0) {
            observe_driver(s, c, took_s, is_late, pop->key[POP_TYPE], pop->key[POP_NAME]);
            return;
        }
    }
    observe_known(s, c, took_s, is_late, instance->key[INSTANCE_POP]);
}

void suite_metrics_decided(struct suite_metrics *s, const struct decision *d)
{
    for (uint32_t i = 0; i < d->steps.n; i++) {
        const struct step *step = &d->steps.at[i];
        if (step->since)
            metric_observe(s->m, M_PHASE_SECONDS, (double)(d->now - step->since) / 1e6,
                           word_index(vnfr_words, step->from), 0);
    }
    int event = d->in->event;
    bool is_late = event == EV_DEADLINE;
    if (d->outcome != DECISION_APPLIED ||
        (!is_late && event != EV_VNFM_ANSWER && event != EV_DRIVER_ANSWER))
        return;
    const struct command *c = command_of(d);
    if (!c || !c->opened_at) /* made by this batch: nothing was waited for */
        return;
    if (command_is_to(COMMAND_TO_VNFM, c->kind))
        note_vnfm(s, d, c, is_late);
    else if (command_is_to(COMMAND_TO_DRIVER, c->kind))
        note_driver(s, d, c, is_late);
}

/* --- counted ------------------------------------------------------------------------------------ */

static enum err_code read_pops(struct suite_metrics *s, struct db *db, struct err *err)
{
    struct arena a = ARENA_INIT;
    struct store_pop_name *pops = NULL;
    size_t n = 0;
    enum err_code rc = store_pops_named(db, POPS_KNOWN_MAX, &a, &pops, &n, err);
    if (rc != ERR_OK) {
        arena_release(&a);
        return rc;
    }
    pthread_mutex_lock(&s->lock);
    struct arena before = s->arena;
    s->arena = a;
    s->pops = pops;
    s->n_pops = n;
    pthread_mutex_unlock(&s->lock);
    arena_release(&before);
    return ERR_OK;
}

enum err_code suite_metrics_count(struct suite_metrics *s, struct db *db, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_count *counts = NULL;
    size_t n = 0;
    enum err_code rc = store_counts_read(db, &a, &counts, &n, err);
    if (rc != ERR_OK)
        return rc;
    for (unsigned id = 0; id < COUNT_N; id++)
        metric_reset(s->m, id);
    for (size_t i = 0; i < n; i++) {
        const struct store_count *c = &counts[i];
        const char *const *words = c->what < COUNT_N ? defs[c->what].labels[0].values : NULL;
        metric_set(s->m, c->what, c->n, words ? word_index(words, c->of) : 0, 0);
    }
    return read_pops(s, db, err);
}

void suite_metrics_render(const struct suite_metrics *s, struct sbuf *out)
{
    metrics_render(s->m, out);
}
