/* What all parts of a worker use: its clock, its way to report, and the pause while the store is away. */
#include "common/engine/internal.h"

#define STORE_RETRY_MIN_US (100 * USEC_PER_MS)
#define STORE_RETRY_MAX_US (5 * USEC_PER_SEC)

/* everything in hand is held by other workers */

int64_t worker_now(const struct engine_worker *w)
{
    return w->clock->now_us(w->clock->ctx);
}

void worker_fault(const struct engine_worker *w, const char *what, const struct err *err)
{
    if (w->options.fault)
        w->options.fault(w->options.log_arg, what, err);
}

/* Keep what is in hand, stop the flow, come back later: no nack loop. */
void store_is_away(struct engine_worker *w, const struct err *err)
{
    if (!w->is_paused)
        worker_fault(w, "store_away", err);
    int64_t pause = STORE_RETRY_MIN_US << (w->store_failures < 6 ? w->store_failures : 6);
    w->store_failures++;
    w->store_retry_at = worker_now(w) + (pause < STORE_RETRY_MAX_US ? pause : STORE_RETRY_MAX_US);
    if (!w->is_paused)
        w->bus->pause(w->bus->ctx, true);
    w->is_paused = true;
}

void store_is_back(struct engine_worker *w)
{
    if (w->is_paused && !w->is_draining)
        w->bus->pause(w->bus->ctx, false);
    w->is_paused = false;
    w->store_failures = 0;
}
