#include "nfvo/event/dispatcher.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/event/internal.h"
#include "nfvo/store/store.h"
#include "proto/topology.h"

enum { EXPIRE_EVERY_MS = 10000, HISTORY_PIECE = 5000, REPLAY_MAX = 1000 };

static const char *const kinds[] = {"rabbit", "rest", NULL};
static const struct metric_def metric_defs[M_N] = {
    [M_DELIVERED] = {METRIC_COUNTER, "baton_events_delivered_total", "Events delivered.",
                     .labels = {{"kind", kinds}}},
    [M_DROPPED] = {METRIC_COUNTER, "baton_events_dropped_total", "Events given up.",
                   .labels = {{"why", event_whys}}},
    [M_RETRIED] = {METRIC_COUNTER, "baton_events_retried_total", "Tries that failed.",
                   .labels = {{"kind", kinds}}},
    [M_SUBSCRIBED] = {METRIC_COUNTER, "baton_event_subscriptions_total",
                      "Subscriptions that came over AMQP."},
    [M_UNSUBSCRIBED] = {METRIC_COUNTER, "baton_event_unsubscriptions_total",
                        "Subscriptions ended over AMQP."},
};

/* --- the listener -------------------------------------------------------------------------------
 */

static void expire(struct worker *w)
{
    struct dispatcher *d = w->d;
    struct err err = ERR_INIT;
    int64_t old = 0, orphans = 0;
    if (store_event_expire(w->db, d->setup.options->max_age_ms * USEC_PER_MS, &old, &orphans,
                           &err) != ERR_OK) {
        log_warn(LOG_EVENT, "events_not_expired", KV_ERR(&err));
        return;
    }
    metric_add(d->metrics, M_DROPPED, old, WHY_OLD, 0);
    metric_add(d->metrics, M_DROPPED, orphans, WHY_ORPHAN, 0);
    if (old || orphans)
        log_warn(LOG_EVENT, "events_expired", KV_I("old", old), KV_I("orphans", orphans));
}

static void forget_sent(struct worker *w)
{
    struct err err = ERR_INIT;
    if (store_event_forget(w->db, w->d->setup.options->replay_keep_ms * USEC_PER_MS, REPLAY_MAX,
                           &err) != ERR_OK)
        log_warn(LOG_EVENT, "events_not_forgotten", KV_ERR(&err));
}

static void report_ended(void *arg, const char *id, const char *endpoint)
{
    (void)arg;
    log_warn(LOG_EVENT, "subscription_ended", KV_S("id", id), KV_S("endpoint", endpoint),
             KV_S("why", "it did not answer for event-endpoint-keep"));
}

static void end_subscriptions(struct worker *w)
{
    struct err err = ERR_INIT;
    if (store_targets_expire(w->db, w->d->setup.options->endpoint_keep_ms * USEC_PER_MS,
                             report_ended, NULL, &err) != ERR_OK)
        log_warn(LOG_EVENT, "subscriptions_not_ended", KV_ERR(&err));
}

static void forget_history(struct worker *w)
{
    struct err err = ERR_INIT;
    int64_t gone = 0;
    if (store_history_expire(w->db, w->d->setup.options->history_keep_ms * USEC_PER_MS,
                             HISTORY_PIECE, &gone, &err) != ERR_OK)
        log_warn(LOG_EVENT, "history_not_expired", KV_ERR(&err));
    else if (gone)
        log_info(LOG_EVENT, "history_expired", KV_I("rows", gone));
}

static void forget_operations(struct worker *w)
{
    struct err err = ERR_INIT;
    int64_t gone = 0;
    if (store_operation_expire(w->db, w->d->setup.options->operation_keep_ms * USEC_PER_MS,
                               HISTORY_PIECE, &gone, &err) != ERR_OK)
        log_warn(LOG_EVENT, "operations_not_expired", KV_ERR(&err));
    else if (gone)
        log_info(LOG_EVENT, "operations_expired", KV_I("rows", gone));
}

static int64_t expire_every_us(const struct dispatcher *d)
{
    const struct dispatcher_options *o = d->setup.options;
    int64_t ms = (o->max_age_ms < o->endpoint_keep_ms ? o->max_age_ms : o->endpoint_keep_ms) / 4;
    return (ms < EXPIRE_EVERY_MS ? ms : EXPIRE_EVERY_MS) * USEC_PER_MS;
}

static void *listener_run(void *arg)
{
    struct worker *w = arg;
    struct dispatcher *d = w->d;
    unsigned lost = 0;
    int64_t expire_at = 0;
    /* No connection yet is as good as one that is lost: the wait below connects. */
    err_ignore(db_listen(w->db, STORE_EVENT_CHANNEL, NULL), "db_wait_notify tries again");
    while (!atomic_load(&d->is_stopping)) {
        struct db_notify n;
        struct err err = ERR_INIT;
        enum db_wait what =
            db_wait_notify(w->db, d->stop_fd, (int)d->setup.options->poll_ms, &n, &err);
        if (what == DB_WAIT_LOST) {
            log_warn(LOG_EVENT, "event_listener_lost_database", KV_ERR(&err));
            worker_rest(w, db_backoff_ms(lost++, (uint32_t)clock_mono_us()));
            continue;
        }
        lost = 0;
        if (what == DB_WAIT_NOTIFY || what == DB_WAIT_CONNECTED)
            wake_all(d);
        if (clock_mono_us() >= expire_at && !atomic_load(&d->is_stopping)) {
            expire(w);
            forget_sent(w);
            forget_history(w);
            forget_operations(w);
            end_subscriptions(w);
            expire_at = clock_mono_us() + expire_every_us(d);
        }
    }
    return NULL;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static enum err_code worker_start(struct dispatcher *d, struct worker *w, const char *name,
                                  void *(*run)(void *), struct err *err)
{
    w->d = d;
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->db = store_connection(d->setup.store, name);
    if (w->wake_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "start %s", name);
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        return err_set(err, ERR_NOMEM, "start %s", name);
    w->is_running = true;
    return ERR_OK;
}

static void worker_end(struct worker *w)
{
    if (w->is_running)
        pthread_join(w->thread, NULL);
    db_free(w->db);
    if (w->d && w->wake_fd >= 0)
        close(w->wake_fd);
}

enum err_code dispatcher_open(struct dispatcher **ret, const struct dispatcher_setup *setup,
                              struct err *err)
{
    struct dispatcher *d = xcalloc(1, sizeof(*d));
    d->setup = *setup;
    pthread_mutex_init(&d->lock, NULL);
    d->metrics = metrics_new(metric_defs, M_N);
    d->suspects = xcalloc(SUSPECTS_MAX, sizeof(d->suspects[0]));
    d->posts_n = (size_t)setup->options->http_threads;
    d->posts = xcalloc(d->posts_n, sizeof(d->posts[0]));
    d->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event_rooms_follow(d); /* connects in the thread of the queues */
    enum err_code rc = ERR_OK;
    if (d->stop_fd < 0)
        rc = err_set_errno(err, ERR_IO, errno, "open the event dispatcher");
    if (rc == ERR_OK)
        rc = worker_start(d, &d->queues, "nfvo-events", queues_run, err);
    for (size_t i = 0; rc == ERR_OK && i < d->posts_n; i++) {
        d->posts[i].number = (unsigned)i;
        rc = worker_start(d, &d->posts[i], "nfvo-event-posts", posts_run, err);
    }
    if (rc == ERR_OK)
        rc = worker_start(d, &d->prober, "nfvo-event-prober", prober_run, err);
    /* The last: it wakes the others. */
    if (rc == ERR_OK)
        rc = worker_start(d, &d->listener, "nfvo-event-listener", listener_run, err);
    if (rc != ERR_OK) {
        dispatcher_close(d);
        return rc;
    }
    *ret = d;
    return ERR_OK;
}

void dispatcher_close(struct dispatcher *d)
{
    if (!d)
        return;
    atomic_store(&d->is_stopping, true);
    if (d->stop_fd >= 0)
        event_poke(d->stop_fd);
    worker_end(&d->listener);
    wake_all(d);
    for (size_t i = 0; i < d->posts_n; i++)
        worker_end(&d->posts[i]);
    worker_end(&d->queues);
    worker_end(&d->prober);
    event_rooms_free(d);
    for (size_t i = 0; i < d->suspects_n; i++)
        free(d->suspects[i]);
    free(d->suspects);
    free(d->posts);
    metrics_free(d->metrics);
    pthread_mutex_destroy(&d->lock);
    if (d->stop_fd >= 0)
        close(d->stop_fd);
    free(d);
}

void dispatcher_render_metrics(const struct dispatcher *d, struct sbuf *out)
{
    metrics_render(d->metrics, out);
}
