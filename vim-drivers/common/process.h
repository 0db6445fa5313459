/* What the process of every driver does beside its cloud. */
#ifndef VIM_DRIVERS_COMMON_PROCESS_H
#define VIM_DRIVERS_COMMON_PROCESS_H

#include "vim-drivers/sdk/ob_vim.h"

/* For the options of ob_vim.h and ob_cloud.h: says in the log, and in the process's health, what
 * happens to the connection. arg is not looked at. */
void driver_on_event(void *arg, enum ob_vim_state state, int code, const char *text);
/* Its health until the first event. */
void driver_begins(void);
/* /metrics of the process, by the option metrics-listen: common/daemon/metrics_page.h. */
struct metrics_page;
MUST_USE enum err_code driver_metrics_open(struct metrics_page **ret, const char *listen,
                                           const char *process, const struct ob_vim *vim,
                                           struct err *err);
/* In the log, at the end: what it did. */
void driver_log_served(const struct ob_vim *vim);

#endif
