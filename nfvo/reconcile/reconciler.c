#include "nfvo/reconcile/reconciler.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/reconcile/internal.h"

enum { TICK_MS = 250 };

static const char *const severities[] = {"critical", "major", "minor", "warning", NULL};

static const struct metric_def defs[M_N] = {
    [M_LOOKS] = {METRIC_COUNTER, "baton_reconcile_looks_total",
                 "Listings of PoPs that were compared with the store."},
    [M_FAILED] = {METRIC_COUNTER, "baton_reconcile_failures_total",
                  "Listings of PoPs that failed, or could not be read."},
    [M_DRIFT] = {METRIC_GAUGE, "baton_drift",
                 "Servers and networks that are not as the store says: gone, stopped, changed."},
    [M_ALARMS] = {METRIC_GAUGE, "baton_alarms", "Alarms that are not cleared.",
                  .labels = {{"severity", severities}}},
    [M_ORPHANS] = {METRIC_GAUGE, "baton_orphans",
                   "Servers that were launched here and that no service owns."},
    [M_OUTAGES] = {METRIC_GAUGE, "baton_outages_suspected",
                   "PoPs that lack so many servers that nothing is healed there."},
    [M_HEALS] = {METRIC_COUNTER, "baton_heals_total", "Heals that were begun by policy."},
};

static void *run(void *arg)
{
    struct reconciler *r = arg;
    bool was_failing = false;
    while (!atomic_load(&r->is_stopping)) {
        struct err err = ERR_INIT;
        struct pollfd p = {.fd = r->wake_fd, .events = POLLIN};
        bool is_failing = reconciler_turn(r, clock_mono_us(), &err) != ERR_OK;
        if (is_failing && !was_failing)
            log_warn(LOG_VIM, "not_reconciled", KV_ERR(&err));
        was_failing = is_failing;
        poll(&p, 1, is_failing ? 4 * TICK_MS : TICK_MS);
    }
    return NULL;
}

/* --- life -------------------------------------------------------------------------------------- */

static void release(struct reconciler *r)
{
    look_forget(r);
    table_release(&r->addresses);
    db_free(r->db);
    metrics_free(r->metrics);
    while (r->outcomes) {
        struct outcome *o = r->outcomes;
        r->outcomes = o->next;
        free(o);
    }
    pthread_cond_destroy(&r->idle);
    pthread_mutex_destroy(&r->lock);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    free(r);
}

enum err_code reconciler_open(struct reconciler **ret, const struct reconciler_setup *setup,
                              struct err *err)
{
    struct reconciler *r = xcalloc(1, sizeof(*r));
    r->setup = *setup;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->idle, NULL);
    r->metrics = metrics_new(defs, M_N);
    r->db = store_connection(setup->store, "nfvo-reconciler");
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int e = r->wake_fd < 0 ? errno : pthread_create(&r->thread, NULL, run, r);
    if (e) {
        release(r);
        return err_set_errno(err, ERR_IO, e, "start the reconciler");
    }
    *ret = r;
    return ERR_OK;
}

/* The workers are there yet, and answer what they were asked: outcomes point at the reconciler. */
void reconciler_close(struct reconciler *r)
{
    uint64_t one = 1;
    if (!r)
        return;
    atomic_store(&r->is_stopping, true);
    if (write(r->wake_fd, &one, sizeof(one)) < 0) /* it cannot be full, and is looked at anyway */
        log_debug(LOG_VIM, "reconciler_not_woken", KV_I("errno", errno));
    pthread_join(r->thread, NULL);
    pthread_mutex_lock(&r->lock);
    while (r->in_flight > 0)
        pthread_cond_wait(&r->idle, &r->lock);
    pthread_mutex_unlock(&r->lock);
    release(r);
}

void reconciler_metrics(struct reconciler *r, struct sbuf *out)
{
    if (r)
        metrics_render(r->metrics, out);
}
