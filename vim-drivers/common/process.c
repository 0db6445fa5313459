#include "vim-drivers/common/process.h"

#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "common/log/log.h"
#include "common/peer/options.h"

void driver_begins(void)
{
    daemon_health(false, "no login at the broker yet");
}

void driver_on_event(void *arg, enum ob_vim_state state, int code, const char *text)
{
    (void)arg;
    if (state == OB_VIM_REGISTERING || state == OB_VIM_SERVING || state == OB_VIM_LOST)
        daemon_health(state == OB_VIM_SERVING,
                      state == OB_VIM_SERVING ? "serving" : "no login at the broker yet");
    switch (state) {
    case OB_VIM_REGISTERING:
        log_info(LOG_DRIVER, "registering");
        break;
    case OB_VIM_SERVING:
        log_info(LOG_DRIVER, "serving", KV_S("queue", text));
        break;
    case OB_VIM_LOST:
        log_warn(LOG_DRIVER, "connection_lost", KV_I("code", code), KV_S("text", text));
        break;
    case OB_VIM_FAULT:
        log_warn(LOG_DRIVER, "fault", KV_I("code", code), KV_S("text", text));
        break;
    case OB_VIM_ANSWER_DROPPED:
        log_warn(LOG_DRIVER, "answer_dropped", KV_I("code", code), KV_S("text", text));
        break;
    }
}

struct ob_vim_options driver_vim_options(const char *type, const char *name,
                                         const struct peer_settings *peer)
{
    return (struct ob_vim_options){.type = type,
                                   .name = name,
                                   .broker = peer_settings_bus(peer),
                                   .threads = (unsigned)peer->threads,
                                   .prefetch = (unsigned)peer->prefetch,
                                   .on_event = driver_on_event};
}

static void render(const void *ctx, struct sbuf *out)
{
    struct ob_vim_stats s;
    ob_vim_get_stats(ctx, &s);
    metrics_page_number(out, "baton_driver_calls_total", "counter", "Calls of the NFVO.", s.calls);
    metrics_page_number(out, "baton_driver_repeats_total", "counter",
                        "Calls that came again and were answered as before.", s.repeats);
    metrics_page_number(out, "baton_driver_replies_total", "counter",
                        "Replies that the broker confirmed.", s.replies);
    metrics_page_number(out, "baton_driver_dropped_total", "counter",
                        "Replies that could not be delivered.", s.dropped);
    metrics_page_number(out, "baton_driver_registrations_total", "counter",
                        "Logins at the broker: each after the first is a connection that broke.",
                        s.registrations);
    metrics_page_number(out, "baton_driver_calls_in_hand", "gauge",
                        "Calls that are not answered yet.", s.in_hand);
}

enum err_code driver_metrics_open(struct metrics_page **ret, const char *listen,
                                  const char *process, const struct ob_vim *vim, struct err *err)
{
    return metrics_page_open(ret,
                             &(struct metrics_page_setup){.listen = listen,
                                                          .process = process,
                                                          .version = BATON_VERSION,
                                                          .render = render,
                                                          .ctx = vim},
                             err);
}

void driver_log_served(const struct ob_vim *vim)
{
    struct ob_vim_stats s;
    ob_vim_get_stats(vim, &s);
    log_info(LOG_DRIVER, "served", KV_I("calls", s.calls), KV_I("repeats", s.repeats),
             KV_I("replies", s.replies), KV_I("dropped", s.dropped));
}

enum err_code driver_cloud_open(struct ob_cloud **ret, int *ret_stop_fd,
                                const struct ob_cloud_options *o, struct err *err)
{
    struct ob_cloud_options own = *o;
    own.on_event = driver_on_event;
    *ret = ob_cloud_new(&own, err);
    if (!*ret)
        return err->code;
    if (ret_stop_fd)
        *ret_stop_fd = ob_cloud_stop_fd(*ret);
    driver_begins();
    return ob_cloud_start(*ret, err);
}

void driver_cloud_close(struct ob_cloud *taken, int grace_ms)
{
    ob_cloud_stop(taken, grace_ms);
    driver_log_served(ob_cloud_vim(taken));
    ob_cloud_free(taken);
}
