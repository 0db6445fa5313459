#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "common/log/log.h"
#include "proto/topology.h"
#include "vnfm-generic/context.h"
#include "vnfm-generic/ems/user_data.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USER_DATA_MAX = 1024 * 1024 };

/* --- user data --- */

static enum err_code read_text(const char *path, const char *what, char **ret, struct err *err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set_errno(err, ERR_IO, errno, "read %s '%s'", what, path);
    char *text = xcalloc(1, USER_DATA_MAX + 1);
    size_t n = fread(text, 1, USER_DATA_MAX + 1, f);
    fclose(f);
    if (n > USER_DATA_MAX) {
        free(text);
        return err_set(err, ERR_LIMIT, "%s '%s' is larger than %d bytes", what, path,
                       USER_DATA_MAX);
    }
    text[n] = '\0';
    size_t mark = text_mark_size(text, n); /* before "#!" it would keep a script from running */
    memmove(text, text + mark, n - mark + 1);
    *ret = text;
    return ERR_OK;
}

static enum err_code read_template(struct generic *g, struct err *err)
{
    const struct generic_options *o = &g->options;
    enum err_code rc = ERR_OK;
    if (o->ems_tls_ca[0])
        rc = read_text(o->ems_tls_ca, "the agents' authorities", &g->agents_ca, err);
    if (rc == ERR_OK && o->user_data_path[0])
        rc = read_text(o->user_data_path, "user data", &g->user_data, err);
    else if (rc == ERR_OK)
        g->user_data = xstrdup(user_data_template);
    return rc;
}

static const void *package_user_data(struct ob_request *r, size_t *ret_len)
{
    struct ob_record *package = ob_request_record(r, "package", NULL);
    for (size_t i = 0, n = ob_count(package, "scripts"); i < n; i++) {
        const char *name = ob_get_str(package, "scripts[%zu].name", i);
        if (name && (strcmp(name, "userdata.sh") == 0 || strcmp(name, "user-data.sh") == 0))
            return ob_script_payload(package, i, ret_len);
    }
    return NULL;
}

static enum err_code user_data_of(void *arg, struct ob_request *r, struct sbuf *out,
                                  struct err *err)
{
    const struct generic *g = arg;
    const struct generic_options *o = &g->options;
    char heartbeat[24];
    size_t extra_len = 0;
    (void)err;
    snprintf(heartbeat, sizeof(heartbeat), "%lld", (long long)(o->ems_heartbeat_ms / 1000));
    const struct user_data_value values[] = {
        {"MONITORING_IP", ob_request_text(r, "extension[monitoringIp]")},
        {"TIMEZONE", ob_request_text(r, "extension[timezone]")},
        {"BROKER_IP", ob_request_text(r, "extension[brokerIp]")},
        {"BROKER_PORT", ob_request_text(r, "extension[brokerPort]")},
        {"EMS_EXCHANGE", TOPOLOGY_AGENTS_EXCHANGE},
        {"EXCHANGE_NAME", TOPOLOGY_EXCHANGE}, /* user data of unmodified agents */
        {"EMS_HEARTBEAT", heartbeat},
        {"EMS_AUTODELETE", o->is_ems_autodelete ? "true" : "false"},
        {"EMS_VIRTUAL_HOST", o->agents_vhost},
        {"EMS_TLS", o->is_ems_tls ? "true" : "false"},
        {"EMS_TLS_CA", g->agents_ca ? g->agents_ca : ""},
        {"AGENT_URL", o->agent_url},
        {"ENDPOINT", o->endpoint[0] ? o->endpoint : o->type},
    };
    const char *extra = package_user_data(r, &extra_len);
    user_data_make(g->user_data, values, ARRAY_LEN(values), extra, extra_len, out);
    return ERR_OK;
}

/* --- between the scheduler, the agents' link and the SDK --- */

static void send_command(void *arg, const char *hostname, const char *command, struct sbuf *body)
{
    ems_links_send(((struct generic *)arg)->links, hostname, command, body);
}

static void reach(void *arg, const char *hostname)
{
    ems_links_reach(((struct generic *)arg)->links, hostname);
}

static void leave(void *arg, const char *hostname)
{
    ems_links_leave(((struct generic *)arg)->links, hostname);
}

static void ack_hello(void *arg, uint64_t tag, uint64_t epoch)
{
    ems_links_ack(((struct generic *)arg)->links, tag, epoch);
}

static void on_refused(void *arg, const char *author, const char *words, int64_t n)
{
    ob_vnfm_tell_refused(((struct generic *)arg)->vnfm, author[0] ? author : NULL, words, n);
}

static void on_hello(void *arg, const char *author, const char *body, size_t len, uint64_t tag,
                     uint64_t epoch)
{
    scheduler_hello(((struct generic *)arg)->scheduler, author, body, len, tag, epoch);
}

static void on_reply(void *arg, const char *author, const char *command, const char *body,
                     size_t len)
{
    scheduler_reply(((struct generic *)arg)->scheduler, author, command, body, len);
}

static void on_returned(void *arg, const char *command)
{
    scheduler_returned(((struct generic *)arg)->scheduler, command);
}

static void on_ready(void *arg, const char *hostname)
{
    scheduler_agents_ready(((struct generic *)arg)->scheduler, hostname);
}

static void on_credentials(void *arg, const char *user, const char *password)
{
    ems_links_login(((struct generic *)arg)->links, user, password);
}

static enum err_code serve(void *arg, struct ob_request *request, struct err *err)
{
    return scheduler_serve(((struct generic *)arg)->scheduler, request, err);
}

static void on_event(void *arg, enum ob_vnfm_state state, int code, const char *text)
{
    (void)arg;
    static const char *const names[] = {[OB_REGISTERING] = "registering",
                                        [OB_SERVING] = "serving",
                                        [OB_LOST] = "connection_lost",
                                        [OB_FAULT] = "fault",
                                        [OB_ANSWER_DROPPED] = "answer_dropped"};
    if (state == OB_REGISTERING || state == OB_SERVING || state == OB_LOST)
        daemon_health(state == OB_SERVING,
                      state == OB_SERVING ? "serving" : "no login at the broker yet");
    if (state == OB_REGISTERING || state == OB_SERVING)
        log_info(LOG_VNFM, names[state], KV_S("queue", text));
    else
        log_warn(LOG_VNFM, names[state], KV_I("code", code), KV_S("text", text));
}

/* --- duties --- */

static void rest(int ms)
{
    struct pollfd fd = {.fd = daemon_stop_fd(), .events = POLLIN};
    poll(&fd, 1, ms);
}

static void fill_scheduler_options(struct generic *g)
{
    const struct generic_options *o = &g->options;
    g->scheduler_options = (struct scheduler_options){.conninfo = o->database,
                                                      .schema = o->schema,
                                                      .sender = g->instance,
                                                      .limits = RUN_LIMITS_DEFAULT,
                                                      .log_keep_us = o->log_keep_ms * USEC_PER_MS,
                                                      .send = send_command,
                                                      .reach = reach,
                                                      .leave = leave,
                                                      .ack_hello = ack_hello,
                                                      .refused = on_refused,
                                                      .arg = g};
    g->scheduler_options.limits.hello = o->hello_ms * USEC_PER_MS;
    g->scheduler_options.limits.script = o->script_ms * USEC_PER_MS;
    g->scheduler_options.limits.terminate = o->terminate_ms * USEC_PER_MS;
}

/* Waits for the database: a host that boots starts us in any order. */
static enum err_code store_open(void *ctx, struct err *err)
{
    struct generic *g = ctx;
    bool said = false;
    id_new(g->instance);
    fill_scheduler_options(g);
    enum err_code rc = read_template(g, err);
    g->scheduler_options.are_hosts_alone =
        rc == ERR_OK && strstr(g->user_data, USER_DATA_EMS_VHOST) != NULL;
    while (rc == ERR_OK && (rc = scheduler_migrate(&g->scheduler_options, err)) == ERR_UNAVAIL) {
        if (daemon_is_stopping())
            return rc;
        if (!said)
            log_warn(LOG_DB, "waiting_for_database", KV_ERR(err));
        said = true;
        rest(500);
        rc = ERR_OK;
    }
    return rc;
}

static void store_close(void *ctx)
{
    struct generic *g = ctx;
    free(g->user_data);
    free(g->agents_ca);
}

/* Both or none: each calls the other. */
static enum err_code runs_open(void *ctx, struct err *err)
{
    static const struct ems_link_hooks hooks = {
        .hello = on_hello, .reply = on_reply, .returned = on_returned, .ready = on_ready};
    struct generic *g = ctx;
    struct bus_options bus = peer_settings_bus(&g->options.peer);
    const struct generic_options *o = &g->options;
    bus.name = "vnfm-generic-agents";
    g->scheduler = scheduler_new(&g->scheduler_options);
    g->links =
        ems_links_new(&(struct ems_link_options){.bus = bus,
                                                 .vhost = o->agents_vhost,
                                                 .endpoint = o->endpoint[0] ? o->endpoint : o->type,
                                                 .instance = g->instance,
                                                 .hooks = &hooks,
                                                 .arg = g});
    enum err_code rc = scheduler_start(g->scheduler, err);
    if (rc == ERR_OK)
        rc = ems_links_start(g->links, err);
    return rc;
}

static void runs_close(void *ctx)
{
    struct generic *g = ctx;
    ems_links_stop(g->links);
    scheduler_stop(g->scheduler);
    scheduler_free(g->scheduler);
    ems_links_free(g->links);
}

static void on_sdk_stopping(void *arg)
{
    scheduler_abandon(((struct generic *)arg)->scheduler);
}

static enum err_code vnfm_open(void *ctx, struct err *err)
{
    static const int64_t never_ms = INT64_C(100) * 365 * 86400 * 1000;
    struct generic *g = ctx;
    const struct generic_options *o = &g->options;
    const struct ob_vnfm_handlers handlers = {.instantiate = serve,
                                              .modify = serve,
                                              .start = serve,
                                              .stop = serve,
                                              .scale_out = serve,
                                              .scale_in = serve,
                                              .heal = serve,
                                              .terminate = serve,
                                              .update = serve,
                                              .execute = serve,
                                              .resume = serve,
                                              .configure = serve,
                                              .error = serve,
                                              .cancel = serve,
                                              .log = serve};
    g->vnfm = ob_vnfm_new(&(struct ob_vnfm_options){.type = o->type,
                                                    .endpoint = o->endpoint,
                                                    .description = "runs the scripts of packages "
                                                                   "through agents",
                                                    .broker = peer_settings_bus(&o->peer),
                                                    .threads = (unsigned)o->peer.threads,
                                                    .prefetch = (unsigned)o->peer.prefetch,
                                                    .ask_timeout_ms = o->ask_ms,
                                                    .user_data_of = user_data_of,
                                                    .handlers = &handlers,
                                                    .arg = g,
                                                    .on_credentials = on_credentials,
                                                    .on_event = on_event},
                          err);
    if (!g->vnfm)
        return err->code;
    daemon_health(false, "no login at the broker yet");
    enum err_code rc = ob_vnfm_start(g->vnfm, err);
    if (rc == ERR_OK) /* a delay ends early when the SDK gives back what is not finished */
        ob_vnfm_after(g->vnfm, never_ms, on_sdk_stopping, g);
    return rc;
}

static void vnfm_close(void *ctx)
{
    struct generic *g = ctx;
    struct ob_vnfm_stats s;
    ob_vnfm_stop(g->vnfm, (int)g->options.stop_grace_ms);
    ob_vnfm_get_stats(g->vnfm, &s);
    log_info(LOG_VNFM, "served", KV_I("requests", s.requests), KV_I("repeats", s.repeats),
             KV_I("replies", s.replies), KV_I("asks", s.asks), KV_I("dropped", s.dropped));
    ob_vnfm_free(g->vnfm);
}

static void render(const void *ctx, struct sbuf *out)
{
    struct ob_vnfm_stats s;
    ob_vnfm_get_stats(((const struct generic *)ctx)->vnfm, &s);
    metrics_page_number(out, "baton_vnfm_requests_total", "counter", "Requests of the NFVO.",
                        s.requests);
    metrics_page_number(out, "baton_vnfm_repeats_total", "counter",
                        "Requests that came again and were answered as before.", s.repeats);
    metrics_page_number(out, "baton_vnfm_replies_total", "counter",
                        "Replies that the broker confirmed.", s.replies);
    metrics_page_number(out, "baton_vnfm_asks_total", "counter",
                        "Requests to the NFVO: grants, allocations.", s.asks);
    metrics_page_number(out, "baton_vnfm_asks_unanswered_total", "counter",
                        "Those that it did not answer in time.", s.timeouts);
    metrics_page_number(out, "baton_vnfm_dropped_total", "counter",
                        "Replies that could not be delivered.", s.dropped);
    metrics_page_number(out, "baton_vnfm_registrations_total", "counter",
                        "Logins at the broker: each after the first is a connection that broke.",
                        s.registrations);
    metrics_page_number(out, "baton_vnfm_requests_in_hand", "gauge",
                        "Requests that are not answered yet.", s.in_hand);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct generic *x = ctx;
    return metrics_page_open(&x->page,
                             &(struct metrics_page_setup){.listen = x->options.peer.metrics_listen,
                                                          .process = "vnfm-generic",
                                                          .version = BATON_VERSION,
                                                          .render = render,
                                                          .ctx = x},
                             err);
}

static void metrics_done(void *ctx)
{
    metrics_page_close(((struct generic *)ctx)->page);
}

static const struct daemon_duty duties[] = {
    {"store", store_open, store_close},        {"runs", runs_open, runs_close},
    {"vnfm", vnfm_open, vnfm_close},           {"metrics", metrics_duty, metrics_done},
    {"registration", daemon_await_good, NULL}, {0}};

int main(int argc, char **argv)
{
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "vnfm-generic",
                                        .version = BATON_VERSION,
                                        .summary = "the generic VNFM: runs the scripts of VNF "
                                                   "packages through agents",
                                        .options = generic_options,
                                        .context_size = sizeof(struct generic),
                                        .options_at = offsetof(struct generic, options),
                                        .duties = duties});
}
