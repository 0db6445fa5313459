#include "nfvo/context.h"

#include "common/base/mem.h"
#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "nfvo/commands.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/worker/workers.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

void nfvo_pause_ms(int ms)
{
    struct pollfd p = {.fd = daemon_stop_fd(), .events = POLLIN};
    poll(&p, 1, ms);
}

static void refreshed(void *arg, const struct err *err, const char *text)
{
    (void)text;
    if (err && err->code != ERR_OK)
        log_warn(LOG_VIM, "pop_not_refreshed", KV_S("pop", arg), KV_ERR(err));
    free(arg);
}

/* At the start and at the end of the process nobody takes it: a grant refreshes by itself. */
static void refresh_pop(void *ctx, const char *pop_id)
{
    struct nfvo *n = ctx;
    pthread_mutex_lock(&n->workers_lock);
    if (n->workers) {
        struct api_commands commands = commands_on(workers_queue(n->workers));
        commands.pop_refresh(commands.ctx, NULL, pop_id, refreshed, xstrdup(pop_id));
    }
    pthread_mutex_unlock(&n->workers_lock);
}

enum err_code nfvo_open_registry(struct nfvo *n, struct err *err)
{
    static const int vnfm_commands[] = {CMD_INSTANTIATE, CMD_MODIFY, CMD_START, CMD_RELEASE};
    pthread_mutex_init(&n->workers_lock, NULL);
    n->registry_bus = broker_options(&n->options.broker, "nfvo registry");
    n->registry_setup = (struct registry_setup){.options = &n->options.registry,
                                                .bus = &n->registry_bus,
                                                .store = n->store,
                                                .refresh_pop = refresh_pop,
                                                .ctx = n,
                                                .vnfm_commands = vnfm_commands,
                                                .n_vnfm_commands = ARRAY_LEN(vnfm_commands)};
    return registry_open(&n->registry, &n->registry_setup, err);
}

enum err_code nfvo_open_workers(struct nfvo *n, struct err *err)
{
    snprintf(n->options.broker_port_text, sizeof(n->options.broker_port_text), "%d",
             (int)n->options.broker.port);
    n->workers_bus = broker_options(&n->options.broker, "nfvo worker");
    struct workers *w = NULL;
    enum err_code rc =
        workers_open(&w,
                     &(struct workers_setup){.bus = &n->workers_bus,
                                             .store = n->store,
                                             .settings = lifecycle_settings_of(&n->options),
                                             .version = NFVO_VERSION,
                                             .n = (int)n->options.workers},
                     err);
    pthread_mutex_lock(&n->workers_lock);
    n->workers = w;
    pthread_mutex_unlock(&n->workers_lock);
    return rc;
}

void nfvo_close_workers(struct nfvo *n)
{
    pthread_mutex_lock(&n->workers_lock);
    struct workers *w = n->workers;
    n->workers = NULL;
    pthread_mutex_unlock(&n->workers_lock);
    workers_close(w);
}

enum err_code nfvo_open_events(struct nfvo *n, struct err *err)
{
    n->events_bus = broker_options(&n->options.broker, "nfvo events");
    n->dispatcher_setup = (struct dispatcher_setup){
        .options = &n->options.events, .bus = &n->events_bus, .store = n->store};
    return dispatcher_open(&n->events, &n->dispatcher_setup, err);
}

static bool queue_exists(void *ctx, const char *queue)
{
    const struct nfvo *n = ctx;
    return registry_queue_exists(n->registry, queue);
}

struct queue_report {
    api_queue_fn *report;
    void *arg;
};

static void on_queue(void *arg, const struct management_queue *q)
{
    const struct queue_report *r = arg;
    r->report(r->arg, &(struct api_queue){q->name, q->consumers, q->messages});
}

static enum err_code list_queues(void *ctx, api_queue_fn *report, void *arg, struct err *err)
{
    const struct nfvo *n = ctx;
    return registry_list_queues(n->registry, on_queue, &(struct queue_report){report, arg}, err);
}

static void render_metrics(void *ctx, struct sbuf *out)
{
    const struct nfvo *n = ctx;
    workers_metrics(n->workers, out);
    registry_render_metrics(n->registry, out);
    dispatcher_render_metrics(n->events, out);
}

static bool is_ready(void *ctx, struct sbuf *why)
{
    const struct nfvo *n = ctx;
    return workers_are_ready(n->workers, why);
}

enum err_code nfvo_open_api(struct nfvo *n, struct err *err)
{
    n->commands = commands_on(workers_queue(n->workers));
    n->host = (struct api_host){.ctx = n,
                                .queue_exists = queue_exists,
                                .list_queues = list_queues,
                                .render_metrics = render_metrics,
                                .is_ready = is_ready,
                                .version = NFVO_VERSION};
    return api_open(&n->api,
                    &(struct api_setup){.options = &n->options.api,
                                        .store = n->store,
                                        .commands = &n->commands,
                                        .host = &n->host},
                    err);
}
