#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/context.h"
#include "nfvo/enrol.h"
#include "nfvo/vnfm/rest.h"
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

static enum err_code audit_duty(void *ctx, struct err *err)
{
    struct nfvo *n = ctx;
    return audit_open(&n->audit, &n->options.audit, n->store, err);
}

static void audit_done(void *ctx)
{
    audit_close(((struct nfvo *)ctx)->audit);
}

static enum err_code registry_duty(void *ctx, struct err *err)
{
    return nfvo_open_registry(ctx, err);
}

static void registry_done(void *ctx)
{
    registry_close(((struct nfvo *)ctx)->registry);
}

static enum err_code rooms_duty(void *ctx, struct err *err)
{
    struct nfvo *n = ctx;
    return rooms_open(&n->rooms, n->store, n->options.broker.vhost, err);
}

static void rooms_done(void *ctx)
{
    rooms_close(((struct nfvo *)ctx)->rooms);
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

static enum err_code rest_vnfms_duty(void *ctx, struct err *err)
{
    return nfvo_open_rest_vnfms(ctx, err);
}

static void rest_vnfms_done(void *ctx)
{
    rest_vnfms_close(((struct nfvo *)ctx)->rest_vnfms);
}

static enum err_code reconciler_duty(void *ctx, struct err *err)
{
    return nfvo_open_reconciler(ctx, err);
}

static void reconciler_done(void *ctx)
{
    reconciler_close(((struct nfvo *)ctx)->reconciler);
}

static enum err_code api_duty(void *ctx, struct err *err)
{
    return nfvo_open_api(ctx, err);
}

/* Nothing new is taken, then the workers end, which answer through the API, then the API. */
static void api_done(void *ctx)
{
    struct nfvo *n = ctx;
    api_drain(n->api);
    workers_stop(n->workers);
    rest_vnfms_drain(n->rest_vnfms);
    api_close(n->api);
}

/* Ready means that managers may register, too: an SDK that is refused at its first login ends (the
 * Python one). Where the broker's management API is away that long, or what is missing has to be
 * changed by somebody, users are served without that. */
static enum err_code registration_duty(void *ctx, struct err *err)
{
    enum { PAUSE_MS = 20, PATIENCE_MS = 30000 };
    const struct nfvo *n = ctx;
    (void)err;
    for (int ms = 0; !registry_is_open(n->registry) && !daemon_is_stopping(); ms += PAUSE_MS) {
        if (ms >= PATIENCE_MS || registry_is_refused(n->registry)) {
            log_warn(LOG_VNFM, "ready_without_registration",
                     KV_S("hint", "VNFMs and drivers may not be able to register yet: "
                                  "ev=accounts_not_prepared says why"));
            break;
        }
        nfvo_pause_ms(PAUSE_MS);
    }
    return ERR_OK;
}

static const struct daemon_duty duties[] = {
    {"store", store_duty, store_done},
    {"audit", audit_duty, audit_done}, /* what follows writes into it */
    {"rooms", rooms_duty, rooms_done}, /* which virtual hosts the next ones connect to */
    {"registry", registry_duty,
     registry_done}, /* declares the topology, makes rooms, accounts, the registration user */
    {"workers", workers_duty,
     workers_done}, /* unfinished work is in the store: nothing to reload */
    {"events", events_duty, events_done},
    {"rest-vnfms", rest_vnfms_duty, rest_vnfms_done},
    {"reconciler", reconciler_duty, reconciler_done},
    {"api", api_duty, api_done}, /* no request before we can serve it */
    {"registration", registration_duty, NULL},
    {0},
};

int main(int argc, char **argv)
{
    return daemon_main(
        argc, argv,
        &(struct daemon){
            .name = "nfvo",
            .version = BATON_VERSION,
            .summary = "Baton's orchestrator: REST in, typed messages out, the state in PostgreSQL",
            .options = nfvo_options,
            .context_size = sizeof(struct nfvo),
            .options_at = offsetof(struct nfvo, options),
            .check = nfvo_check_options,
            .once = enrol_once,
            .duties = duties});
}
