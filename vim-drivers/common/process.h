/* What the process of every driver does beside its cloud. */
#ifndef VIM_DRIVERS_COMMON_PROCESS_H
#define VIM_DRIVERS_COMMON_PROCESS_H

#include "vim-drivers/sdk/ob_vim.h"

/* For the options of ob_vim.h and ob_cloud.h: says in the log, and in the process's health, what
 * happens to the connection. arg is not looked at. */
void driver_on_event(void *arg, enum ob_vim_state state, int code, const char *text);
/* Its health until the first event. */
void driver_begins(void);
/* In the log, at the end: what it did. */
void driver_log_served(const struct ob_vim *vim);

#endif
