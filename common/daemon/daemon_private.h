/* Between the files of this folder only. */
#ifndef COMMON_DAEMON_DAEMON_PRIVATE_H
#define COMMON_DAEMON_DAEMON_PRIVATE_H

#include "common/daemon/daemon.h"

/* signals.c */
MUST_USE enum err_code daemon_signals_open(int64_t stop_limit_ms, struct err *err);
void daemon_signals_close(void);
/* Wait for the stop flag; 0: it is set, 1: SIGHUP came, 2: timeout_ms went by (-1: never). */
int daemon_wait(int timeout_ms);
bool daemon_has_failed(void);               /* daemon_stop with an error */
void daemon_limit_stop(int64_t timeout_ms); /* end with 1 if the process is still there by then */

/* notify.c */
int daemon_watchdog_ms(void); /* how often to say WATCHDOG=1; -1: never */

/* process.c */
MUST_USE enum err_code daemon_prepare_process(int keep_fd, struct err *err);
MUST_USE enum err_code daemon_drop_privileges(const char *user, struct err *err);
MUST_USE enum err_code daemon_write_pid_file(const char *path, int *ret_fd, struct err *err);
MUST_USE enum err_code daemon_say_ready(int fd, struct err *err);

/* health.c */
MUST_USE enum err_code daemon_health_open(const char *path, struct err *err);
void daemon_health_ready(void); /* all duties are up: good, unless daemon_health said otherwise */
void daemon_health_close(const char *path);
int daemon_health_show(const char *name, const char *path); /* --health: the exit code */

/* init.c: fork, and be the child's init: pass signals on, reap orphans, end as it ends. Returns
 * only in the child (and, with an error, when there is none). */
MUST_USE enum err_code daemon_become_init(struct err *err);

#endif
