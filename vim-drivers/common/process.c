#include "vim-drivers/common/process.h"

#include "common/daemon/daemon.h"
#include "common/log/log.h"

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

void driver_log_served(const struct ob_vim *vim)
{
    struct ob_vim_stats s;
    ob_vim_get_stats(vim, &s);
    log_info(LOG_DRIVER, "served", KV_I("calls", s.calls), KV_I("repeats", s.repeats),
             KV_I("replies", s.replies), KV_I("dropped", s.dropped));
}
