#include "nfvo/context.h"

#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/log/log.h"
#include "nfvo/commands.h"
#include "nfvo/lifecycle/operate.h"
#include "nfvo/reconcile/reconciler.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/rest.h"
#include "nfvo/worker/workers.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum err_code nfvo_check_options(void *ctx, struct err *err)
{
    struct nfvo *n = ctx;
    const struct config_list *nets = &n->options.outbound_allow;
    enum err_code rc = dial_rules_parse(&n->dial, nets->items, nets->n, err);
    if (rc != ERR_OK)
        return err_add(err, "outbound-allow");
    if ((rc = api_check_options(&n->options.api, err)) != ERR_OK)
        return rc;
    return registry_check_options(&n->options.registry, n->options.broker.vhost, err);
}

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
        api_submit(&commands, command_pop(EV_POP_REFRESH, NULL, pop_id), refreshed,
                   xstrdup(pop_id));
    }
    pthread_mutex_unlock(&n->workers_lock);
}

/* What the reconciler asks for. At the end of the process nobody takes it, and says so. */

struct errand {
    reconcile_done_fn *done; /* NULL: nobody waits */
    void *arg;
};

static void errand_done(void *arg, const struct err *err, const char *text)
{
    struct errand *e = arg;
    (void)text;
    if (e->done)
        e->done(e->arg, err);
    else if (err && err->code != ERR_OK)
        log_debug(LOG_VIM, "not_reconciled", KV_ERR(err));
    free(e);
}

static void submit(struct nfvo *n, struct api_command *cmd, reconcile_done_fn *done, void *arg)
{
    struct errand *e = xcalloc(1, sizeof(*e));
    struct err err = ERR_INIT;
    *e = (struct errand){done, arg};
    pthread_mutex_lock(&n->workers_lock);
    bool is_there = n->workers != NULL;
    if (is_there) {
        struct api_commands commands = commands_on(workers_queue(n->workers));
        api_submit(&commands, cmd, errand_done, e);
    }
    pthread_mutex_unlock(&n->workers_lock);
    if (is_there)
        return;
    api_command_free(cmd);
    err_set(&err, ERR_UNAVAIL, "the orchestrator is stopping");
    errand_done(e, &err, NULL);
}

static void reconcile_id(void *ctx, char out[ID_SIZE])
{
    (void)ctx;
    id_new(out);
}

static void reconcile_list(void *ctx, const char *operation, const char *pop)
{
    struct api_command *cmd = command_pop(EV_POP_LIST, operation, pop);
    struct pop_request *req = proto_new(&pop_request_type, &cmd->arena);
    *req = (struct pop_request){.operation = arena_strdup(&cmd->arena, operation), .full = true};
    cmd->payload = req;
    submit(ctx, cmd, NULL, NULL);
}

static void reconcile_refresh(void *ctx, const char *pop)
{
    submit(ctx, command_pop(EV_POP_REFRESH, NULL, pop), NULL, NULL);
}

static void reconcile_collect(void *ctx, const char *pop, const struct proto_strs *servers)
{
    submit(ctx, command_collect(pop, servers), NULL, NULL);
}

static const char *copied(struct api_command *cmd, const char *text)
{
    return text ? arena_strdup(&cmd->arena, text) : NULL;
}

static void reconcile_tell(void *ctx, const char *nsr, const struct alarm_news *news,
                           reconcile_done_fn *done, void *arg)
{
    struct api_command *cmd = api_command_new(AGG_NSR, nsr, EV_NSR_ALARM);
    struct alarm_news *copy = arena_alloc(&cmd->arena, sizeof(*copy));
    *copy = (struct alarm_news){.word = copied(cmd, news->word),
                                .kind = copied(cmd, news->kind),
                                .instance = copied(cmd, news->instance),
                                .vnfr = copied(cmd, news->vnfr),
                                .host = copied(cmd, news->host),
                                .text = copied(cmd, news->text),
                                .body = copied(cmd, news->body)};
    cmd->payload = copy;
    submit(ctx, cmd, done, arg);
}

static void reconcile_heal(void *ctx, const struct reconcile_heal *heal, reconcile_done_fn *done,
                           void *arg)
{
    struct api_command *cmd = api_command_new(AGG_NSR, heal->nsr, EV_NSR_OPERATE);
    bool whole = heal->is_whole;
    struct operate_request *req = arena_alloc(&cmd->arena, sizeof(*req));
    *req = (struct operate_request){.operation_id = copied(cmd, heal->operation),
                                    .asked_by = "reconciler",
                                    .origin = "reconciler",
                                    .cause = copied(cmd, heal->cause),
                                    .missing = heal->is_gone ? copied(cmd, heal->instance) : NULL,
                                    .plan = {.kind = whole ? OPERATION_RESTART : OPERATION_HEAL,
                                             .vnfr = copied(cmd, heal->vnfr),
                                             .instance = whole ? NULL : copied(cmd, heal->instance),
                                             .is_rebuilt = !whole}};
    cmd->payload = req;
    submit(ctx, cmd, done, arg);
}

enum err_code nfvo_open_reconciler(struct nfvo *n, struct err *err)
{
    return reconciler_open(&n->reconciler,
                           &(struct reconciler_setup){.options = &n->options.reconcile,
                                                      .store = n->store,
                                                      .engine = {.ctx = n,
                                                                 .make_id = reconcile_id,
                                                                 .list = reconcile_list,
                                                                 .refresh = reconcile_refresh,
                                                                 .collect = reconcile_collect,
                                                                 .tell = reconcile_tell,
                                                                 .heal = reconcile_heal}},
                           err);
}

enum err_code nfvo_open_registry(struct nfvo *n, struct err *err)
{
    pthread_mutex_init(&n->workers_lock, NULL);
    n->registry_bus = broker_options(&n->options.broker, "nfvo registry");
    n->registry_setup = (struct registry_setup){.options = &n->options.registry,
                                                .bus = &n->registry_bus,
                                                .store = n->store,
                                                .audit = n->audit,
                                                .rooms = n->rooms,
                                                .refresh_pop = refresh_pop,
                                                .ctx = n};
    return registry_open(&n->registry, &n->registry_setup, err);
}

enum err_code nfvo_open_workers(struct nfvo *n, struct err *err)
{
    snprintf(n->options.broker_port_text, sizeof(n->options.broker_port_text), "%d",
             (int)n->options.broker.port);
    snprintf(n->options.image_url_text, sizeof(n->options.image_url_text), "http%s://%s:%d",
             *n->options.api.tls_cert ? "s" : "",
             strcmp(n->options.api.listen, "0.0.0.0") == 0 ? "127.0.0.1" : n->options.api.listen,
             (int)n->options.api.port);
    n->workers_bus = broker_options(&n->options.broker, "nfvo worker");
    n->workers_bus.max_body = (size_t)n->options.broker.max_message;
    struct workers *w = NULL;
    enum err_code rc =
        workers_open(&w,
                     &(struct workers_setup){.bus = &n->workers_bus,
                                             .store = n->store,
                                             .rooms = n->rooms,
                                             .settings = lifecycle_settings_of(&n->options),
                                             .version = BATON_VERSION,
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

static bool queue_exists(void *ctx, const char *queue)
{
    const struct nfvo *n = ctx;
    return registry_queue_exists(n->registry, queue);
}

enum err_code nfvo_open_events(struct nfvo *n, struct err *err)
{
    n->events_bus = broker_options(&n->options.broker, "nfvo events");
    n->dispatcher_setup = (struct dispatcher_setup){.options = &n->options.events,
                                                    .bus = &n->events_bus,
                                                    .store = n->store,
                                                    .rooms = n->rooms,
                                                    .dial = &n->dial,
                                                    .queue_exists = queue_exists,
                                                    .ctx = n};
    return dispatcher_open(&n->events, &n->dispatcher_setup, err);
}

enum err_code nfvo_open_rest_vnfms(struct nfvo *n, struct err *err)
{
    n->rest_vnfms_bus = broker_options(&n->options.broker, "nfvo VNFMs over HTTP");
    return rest_vnfms_open(
        &n->rest_vnfms,
        &(struct rest_vnfms_setup){.bus = &n->rest_vnfms_bus,
                                   .store = n->store,
                                   .dial = &n->dial,
                                   .token = n->options.api.rest_vnfm_token,
                                   .check_interval_ms = n->options.registry.check_interval_ms,
                                   .absence_grace_ms = n->options.registry.absence_grace_ms,
                                   .doubt_ms = n->options.rest_vnfm_doubt_ms,
                                   .answer_ms = REST_VNFM_ANSWER_MS},
        err);
}

struct queue_report {
    api_queue_fn *report;
    void *arg;
};

static void on_queue(void *arg, const struct management_queue *q)
{
    const struct queue_report *r = arg;
    r->report(r->arg, &(struct api_queue){q->name, q->consumers, q->messages, q->bytes});
}

static enum err_code list_queues(void *ctx, api_queue_fn *report, void *arg, struct err *err)
{
    const struct nfvo *n = ctx;
    return registry_list_queues(n->registry, on_queue, &(struct queue_report){report, arg}, err);
}

static enum err_code dead_letters(void *ctx, struct sbuf *out, struct err *err)
{
    const struct nfvo *n = ctx;
    return registry_dead_letters(n->registry, out, err);
}

static enum err_code drop_dead_letters(void *ctx, struct err *err)
{
    const struct nfvo *n = ctx;
    return registry_drop_dead_letters(n->registry, err);
}

static void render_metrics(void *ctx, struct sbuf *out)
{
    const struct nfvo *n = ctx;
    workers_metrics(n->workers, out);
    registry_render_metrics(n->registry, out);
    reconciler_metrics(n->reconciler, out);
    dispatcher_render_metrics(n->events, out);
}

static bool is_ready(void *ctx, struct sbuf *why)
{
    const struct nfvo *n = ctx;
    if (daemon_is_stopping()) {
        sbuf_adds(why, "the process is stopping");
        return false;
    }
    return workers_are_ready(n->workers, why) && !registry_broker_has_alarm(n->registry, why);
}

static void render_broker(void *ctx, struct sbuf *out)
{
    const struct nfvo *n = ctx;
    registry_render_broker(n->registry, out);
}

enum err_code nfvo_open_api(struct nfvo *n, struct err *err)
{
    n->commands = commands_on(workers_queue(n->workers));
    n->host = (struct api_host){.ctx = n,
                                .registry = &n->registry_setup,
                                .list_queues = list_queues,
                                .dead_letters = dead_letters,
                                .drop_dead_letters = drop_dead_letters,
                                .render_broker = render_broker,
                                .render_metrics = render_metrics,
                                .is_ready = is_ready,
                                .rest_vnfms = n->rest_vnfms,
                                .dial = &n->dial,
                                .version = BATON_VERSION};
    return api_open(&n->api,
                    &(struct api_setup){.options = &n->options.api,
                                        .store = n->store,
                                        .audit = n->audit,
                                        .commands = &n->commands,
                                        .host = &n->host},
                    err);
}
