/* What the process of every driver does beside its cloud. */
#ifndef VIM_DRIVERS_COMMON_PROCESS_H
#define VIM_DRIVERS_COMMON_PROCESS_H

#include "vim-drivers/sdk/ob_cloud.h"

struct peer_settings;

/* For the options of ob_vim.h and ob_cloud.h: says in the log, and in the process's health, what
 * happens to the connection. arg is not looked at. */
void driver_on_event(void *arg, enum ob_vim_state state, int code, const char *text);
/* Its health until the first event. */
void driver_begins(void);
/* What every driver takes from its options; driver_on_event hears what happens. Borrows all. */
struct ob_vim_options driver_vim_options(const char *type, const char *name,
                                         const struct peer_settings *peer);
/* The duty "driver" of a cloud. *ret, and *ret_stop_fd where it is not NULL, are there before the
 * first call can come: functions of the table look at them. o->on_event is not looked at. */
MUST_USE enum err_code driver_cloud_open(struct ob_cloud **ret, int *ret_stop_fd,
                                         const struct ob_cloud_options *o, struct err *err);
void driver_cloud_close(struct ob_cloud *taken, int grace_ms);
/* /metrics of the process, by the option metrics-listen: common/daemon/metrics_page.h. */
struct metrics_page;
MUST_USE enum err_code driver_metrics_open(struct metrics_page **ret, const char *listen,
                                           const char *process, const struct ob_vim *vim,
                                           struct err *err);
/* In the log, at the end: what it did. */
void driver_log_served(const struct ob_vim *vim);

#endif
