#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "nfvo/context.h"
#include "nfvo/worker/workers.h"

/* Duties wait for the database and the broker instead of failing: a host that boots starts them in
 * any order. */

static enum err_code store_duty(void *ctx, struct err *err)
{
    struct nfvo *n = ctx;
    bool said = false;
    while (store_open(&n->store, &n->options.store, err) != ERR_OK) {
        if (err->code != ERR_UNAVAIL || daemon_is_stopping())
            return err->code;
        if (!said)
            log_warn(LOG_STORE, "waiting_for_database", KV_ERR(err));
        said = true;
        nfvo_pause_ms(500);
    }
    return ERR_OK;
}

static void store_done(void *ctx)
{
    store_close(((struct nfvo *)ctx)->store);
}

static enum err_code registry_duty(void *ctx, struct err *err)
{
    return nfvo_open_registry(ctx, err);
}

static void registry_done(void *ctx)
{
    registry_close(((struct nfvo *)ctx)->registry);
}

static enum err_code workers_duty(void *ctx, struct err *err)
{
    return nfvo_open_workers(ctx, err);
}

static void workers_done(void *ctx)
{
    nfvo_close_workers(ctx);
}

static enum err_code events_duty(void *ctx, struct err *err)
{
    return nfvo_open_events(ctx, err);
}

static void events_done(void *ctx)
{
    dispatcher_close(((struct nfvo *)ctx)->events);
}

static enum err_code api_duty(void *ctx, struct err *err)
{
    return nfvo_open_api(ctx, err);
}

static void api_done(void *ctx)
{
    api_close(((struct nfvo *)ctx)->api);
}

static const struct daemon_duty duties[] = {
    {"store", store_duty, store_done},
    {"registry", registry_duty,
     registry_done}, /* declares the topology and makes the registration user */
    {"workers", workers_duty,
     workers_done}, /* unfinished work is in the store: nothing to reload */
    {"events", events_duty, events_done},
    {"api", api_duty, api_done}, /* last: no request before we can serve it */
    {0},
};

int main(int argc, char **argv)
{
    return daemon_main(
        argc, argv,
        &(struct daemon){
            .name = "nfvo",
            .version = NFVO_VERSION,
            .summary = "Baton's orchestrator: REST in, typed messages out, the state in PostgreSQL",
            .options = nfvo_options,
            .context_size = sizeof(struct nfvo),
            .options_at = offsetof(struct nfvo, options),
            .duties = duties});
}
