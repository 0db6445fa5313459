#include "nfvo/worker/workers.h"

#include "common/base/mem.h"
#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/ports/bus_amqp.h"
#include "common/ports/store_pg.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/broker/dead_letter.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/lifecycle/domain.h"
#include "nfvo/store/store_engine.h"
#include "nfvo/store/store_room.h"
#include "nfvo/worker/internal.h"
#include "nfvo/worker/operation_metrics.h"
#include "nfvo/worker/suite_metrics.h"
#include "proto/topology.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_US     (5 * USEC_PER_SEC)
#define HEARTBEAT_US (2 * USEC_PER_SEC)
#define COUNT_US     (5 * USEC_PER_SEC)
#define PREFETCH     64

static const char *const queues[] = {QUEUE_ACTIONS, QUEUE_ACTIONS_REPLY, QUEUE_REPLIES};

struct worker {
    struct workers *all;
    int number;
    pthread_t thread;
    struct engine_pg *pg;
    struct engine_amqp *amqp;
    struct engine_worker *engine;
    struct render_cache *cache;
    uint64_t rooms_seen; /* version of the list of rooms that it is connected to */
    struct strangers strangers;
    int64_t hostnames_next, hostnames_end; /* block of numbers taken from the sequence */
    _Atomic bool is_connected;
};

/* For replacing one process after the other (deploy/README.md). */
#define UPGRADE_GRACE_US (3600 * USEC_PER_SEC)

struct workers {
    struct workers_setup setup;
    struct domain domain;
    struct engine_queue *queue;
    struct engine_clock clock;
    struct metrics *operations;
    struct suite_metrics *suite;
    struct worker *workers;
    int n;
    _Atomic bool is_stopping;
    int64_t anonymous_until_us; /* an nfvo of before rooms may be beside us */
    char id[ID_SIZE], host[128];
    struct store_process process;
};

static int64_t mono_now(void *ctx)
{
    (void)ctx;
    return clock_mono_us();
}

static void make_id(void *ctx, char out[ID_SIZE])
{
    (void)ctx;
    id_new(out);
}

/* Numbers of hostnames: unique for ever (decisions.md D20), taken in blocks. */
static int64_t next_number(void *ctx)
{
    struct worker *w = ctx;
    if (w->hostnames_next == w->hostnames_end) {
        struct err err = ERR_INIT;
        int64_t block = 0;
        if (store_hostname_block(engine_pg_db(w->pg), &block, &err) != ERR_OK)
            return -clock_wall_us(); /* the connection is gone: this batch cannot be saved anyway */
        w->hostnames_next = block;
        w->hostnames_end = block + STORE_HOSTNAME_BLOCK;
    }
    return w->hostnames_next++;
}

static void bus_fault(void *arg, const char *room, const char *what, const char *text)
{
    const struct worker *w = arg;
    log_warn(LOG_BUS, "bus_fault", KV_I("worker", w->number), KV_S("room", room),
             KV_S("what", what), KV_S("text", text));
}

static void engine_fault(void *arg, const char *what, const struct err *err)
{
    const struct worker *w = arg;
    log_warn(LOG_ENGINE, "not_done", KV_I("worker", w->number), KV_S("what", what), KV_ERR(err));
}

static void log_step(const struct decision *d, const struct step *s)
{
    if (s->reason)
        log_warn(LOG_LCM, "vnfr_failed", KV_S("nsr", d->in->agg), KV_S("vnfr", s->id),
                 KV_S("name", s->name), KV_S("from", s->from), KV_S("by", s->event),
                 KV_S("reason", s->reason));
    else
        log_info(LOG_LCM, "vnfr_phase", KV_S("nsr", d->in->agg), KV_S("vnfr", s->id),
                 KV_S("name", s->name), KV_S("from", s->from), KV_S("by", s->event),
                 KV_S("to", s->to),
                 KV_I("took_ms", s->since ? (d->now - s->since) / USEC_PER_MS : 0));
}

static void log_decision(void *arg, const struct decision *d)
{
    struct worker *w = arg;
    suite_metrics_decided(w->all->suite, d);
    if (d->outcome == DECISION_FOREIGN)
        strangers_note(&w->strangers, d->in->room, d->text, clock_mono_us());
    else if (d->err.code && d->in->event == EV_DRIVER_ANSWER)
        log_warn(LOG_LCM, "late_server", KV_S("agg", d->in->agg), KV_ERR(&d->err));
    else if (d->err.code)
        log_info(LOG_LCM, "refused", KV_S("agg", d->in->agg), KV_I("event", d->in->event),
                 KV_ERR(&d->err));
    else if (d->outcome != DECISION_APPLIED)
        log_debug(LOG_LCM, d->outcome == DECISION_STALE ? "stale" : "empty_cell",
                  KV_S("agg", d->in->agg), KV_I("event", d->in->event),
                  KV_S("command", d->in->command));
    for (uint32_t i = 0; i < d->steps.n; i++)
        log_step(d, &d->steps.at[i]);
}

static void count_saved(void *arg, int64_t now, struct row *const *rows, size_t n)
{
    const struct worker *w = arg;
    operation_metrics_note(w->all->operations, now, rows, n);
}

static void worker_name(const struct worker *w, char name[64])
{
    snprintf(name, 64, "nfvo worker %d", w->number);
}

static struct bus *connect_room(void *arg, const char *room)
{
    const struct worker *w = arg;
    char name[64];
    worker_name(w, name);
    struct bus_options bo = *w->all->setup.bus;
    bo.name = name;
    if (*room)
        bo.vhost = room;
    struct bus *bus = bus_new(&bo);
    if (*room)
        topology_declare_room(bus);
    else
        topology_declare(bus);
    return bus;
}

static bool hears_anonymous(void *arg)
{
    const struct worker *w = arg;
    return clock_mono_us() < w->all->anonymous_until_us;
}

static void connect_ports(struct worker *w, struct ids *ids)
{
    struct workers *all = w->all;
    char name[64];
    worker_name(w, name);
    struct engine_amqp_options ao = {.open = connect_room,
                                     .queues = queues,
                                     .n_queues = ARRAY_LEN(queues),
                                     .inner_queue = QUEUE_INTERNAL,
                                     .user = all->setup.bus->user,
                                     .hears_anonymous = hears_anonymous,
                                     .prefetch = PREFETCH,
                                     .reply_queue = QUEUE_REPLIES,
                                     .reply_prefix = QUEUE_REPLY_PREFIX,
                                     .reply_expires_ms = QUEUE_REPLY_EXPIRES_MS,
                                     .dead_letters = QUEUE_DEAD_LETTERS,
                                     .dead_letter_body = dead_letter_body,
                                     .wake_fd = engine_queue_fd(all->queue),
                                     .fault = bus_fault,
                                     .arg = w};
    w->amqp = engine_amqp_new(&ao);
    w->cache = render_cache_new(store_seal(all->setup.store));
    w->pg = engine_pg_new(store_connection(all->setup.store, name), &all->domain, render_reference,
                          w->cache);
    *ids = (struct ids){.ctx = w, .make = make_id, .number = next_number};
}

/* A room that is new, or ended: between steps, as nothing of the engine waits then. */
static void follow_rooms(struct worker *w)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct room_list list;
    if (!w->all->setup.rooms || rooms_version(w->all->setup.rooms) == w->rooms_seen)
        return;
    w->rooms_seen = rooms_copy(w->all->setup.rooms, &a, &list);
    const char **names = arena_alloc(&a, list.n * sizeof(*names));
    size_t n = 0;
    for (uint32_t i = 0; i < list.n; i++)
        if (*list.at[i].name)
            names[n++] = list.at[i].name;
    engine_amqp_set_rooms(w->amqp, names, n);
}

/* By one thread of each process: all of them say the same. */
static void beat(struct worker *w, int64_t *beat_us, int64_t *count_us)
{
    int64_t now = clock_mono_us();
    if (w->number != 0)
        return;
    if (now - *beat_us > HEARTBEAT_US) {
        *beat_us = now;
        err_ignore(store_heartbeat(engine_pg_db(w->pg), &w->all->process, NULL),
                   "the next one will do");
    }
    if (now - *count_us > COUNT_US) {
        *count_us = now;
        err_ignore(operation_metrics_count(w->all->operations, engine_pg_db(w->pg), NULL),
                   "the next one will do");
        err_ignore(suite_metrics_count(w->all->suite, engine_pg_db(w->pg), NULL),
                   "the next one will do");
    }
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct workers *all = w->all;
    struct ids ids;
    connect_ports(w, &ids);
    struct engine_store store = engine_pg_store(w->pg);
    struct engine_bus bus = engine_amqp_bus(w->amqp);
    struct engine_options options = {.sweep_every_us = 1 * USEC_PER_SEC,
                                     .due_every_us = USEC_PER_SEC / 4,
                                     .grace_us = 3 * USEC_PER_SEC,
                                     .room_grace_us = 60 * USEC_PER_SEC,
                                     .idle_us = 100 * USEC_PER_MS,
                                     .log = log_decision,
                                     .saved = count_saved,
                                     .fault = engine_fault,
                                     .log_arg = w};
    w->engine =
        engine_worker_new(&all->domain, &store, &bus, &all->clock, &ids, all->queue, &options);
    int64_t beat_us = 0, count_us = 0;
    while (!all->is_stopping) {
        follow_rooms(w);
        engine_worker_step(w->engine);
        strangers_tell(&w->strangers, engine_pg_db(w->pg), clock_mono_us());
        w->is_connected = bus_is_ready(engine_amqp_connection(w->amqp));
        beat(w, &beat_us, &count_us);
    }
    engine_worker_drain(w->engine, clock_mono_us() + DRAIN_US);
    return NULL;
}

enum err_code workers_open(struct workers **ret, const struct workers_setup *setup, struct err *err)
{
    struct workers *all = xcalloc(1, sizeof(*all));
    all->setup = *setup;
    id_new(all->id);
    if (gethostname(all->host, sizeof(all->host) - 1) != 0)
        snprintf(all->host, sizeof(all->host), "localhost");
    all->process = (struct store_process){.id = all->id,
                                          .host = all->host,
                                          .version = setup->version ? setup->version : "",
                                          .pid = getpid()};
    nfvo_domain_init(&all->domain, &all->setup.settings);
    all->operations = operation_metrics_new();
    all->suite = suite_metrics_new();
    all->clock.now_us = mono_now;
    all->queue = engine_queue_new();
    struct db *db = store_borrow(setup->store);
    int64_t age_us = UPGRADE_GRACE_US;
    enum err_code rc = store_absorb_downtime(db, err);
    if (rc == ERR_OK)
        rc = store_rooms_age(db, &age_us, err);
    store_return(setup->store, db);
    all->anonymous_until_us = clock_mono_us() + UPGRADE_GRACE_US - age_us;
    all->workers = xcalloc((size_t)setup->n, sizeof(*all->workers));
    for (int i = 0; rc == ERR_OK && i < setup->n; i++) {
        struct worker *w = &all->workers[i];
        w->all = all;
        w->number = i;
        int e = pthread_create(&w->thread, NULL, run, w);
        if (e)
            rc = err_set_errno(err, ERR_INTERNAL, e, "start a worker thread");
        else
            all->n++;
    }
    if (rc != ERR_OK) {
        workers_close(all);
        return rc;
    }
    *ret = all;
    return ERR_OK;
}

void workers_stop(struct workers *all)
{
    if (!all || all->is_stopping)
        return;
    all->is_stopping = true;
    for (int i = 0; i < all->n; i++)
        pthread_join(all->workers[i].thread, NULL);
    engine_queue_close(all->queue);
}

void workers_close(struct workers *all)
{
    if (!all)
        return;
    workers_stop(all);
    for (int i = 0; i < all->n; i++) {
        struct worker *w = &all->workers[i];
        if (i == 0 && w->pg)
            err_ignore(store_heartbeat_end(engine_pg_db(w->pg), all->id, NULL),
                       "it will be missed, and that is all");
        engine_worker_free(w->engine);
        engine_amqp_free(w->amqp);
        engine_pg_free(w->pg);
        render_cache_free(w->cache);
    }
    free(all->workers);
    metrics_free(all->operations);
    suite_metrics_free(all->suite);
    engine_queue_free(all->queue);
    free(all);
}

struct engine_queue *workers_queue(struct workers *all)
{
    return all->queue;
}

bool workers_are_ready(struct workers *all, struct sbuf *why)
{
    for (int i = 0; i < all->n; i++)
        if (all->workers[i].is_connected)
            return true;
    sbuf_adds(why, "no lifecycle worker is connected to the broker");
    return false;
}

void workers_metrics(struct workers *all, struct sbuf *out)
{
    static const struct {
        const char *name, *help;
        size_t at;
        bool is_us;
    } rows[] = {
#define M(name, help) {#name, help, offsetof(struct engine_stats, name), false}
#define SECONDS(name, help)                                                                        \
    {                                                                                              \
#name "_seconds", help, offsetof(struct engine_stats, name##_us), true                     \
    }
        M(batches, "transactions of the engine"),
        M(intents, "messages, commands and deadlines decided"),
        M(stale, "answers that closed nothing"),
        M(empty, "events that mean nothing in their phase"),
        M(bad, "unreadable messages"),
        M(deferred, "intents put off because another worker held their aggregate"),
        M(conflicts, "batches that could not be saved at once"),
        M(published, "messages published"),
        M(confirmed, "messages that the broker confirmed"),
        M(returned, "messages that could not be routed"),
        M(resent, "outbox rows sent by the sweeper"),
        M(deadlines, "deadlines that fired"),
        M(dead_letters, "messages moved to the dead letters"),
        M(unreadable, "intents refused: a stored document cannot be read"),
        M(foreign, "messages refused: their author may not say that"),
        SECONDS(decide, "time in deciders"),
        SECONDS(load, "time in loading"),
        SECONDS(save, "time in saving"),
        SECONDS(publish, "time in publishing"),
#undef M
#undef SECONDS
    };
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        uint64_t sum = 0;
        for (int i = 0; i < all->n; i++) {
            const char *stats = all->workers[i].engine
                                    ? (const char *)engine_worker_stats(all->workers[i].engine)
                                    : NULL;
            uint64_t v = 0;
            if (stats)
                memcpy(&v, stats + rows[r].at, sizeof(v));
            sum += v;
        }
        sbuf_addf(out,
                  "# HELP baton_engine_%s_total %s\n# TYPE baton_engine_%s_total "
                  "counter\nbaton_engine_%s_total %.15g\n",
                  rows[r].name, rows[r].help, rows[r].name, rows[r].name,
                  (double)sum * (rows[r].is_us ? 1e-6 : 1));
    }
    metrics_render(all->operations, out);
    suite_metrics_render(all->suite, out);
}
