/* One shape for all processes: read the options, start the duties in order, wait, stop them in
 * reverse.
 *
 *     static const struct daemon_duty duties[] = {
 *         { "store", store_open, store_close },
 *         { "api",   api_open,   api_close   },
 *         { 0 }
 *     };
 *     int main(int argc, char **argv)
 *     {
 *         return daemon_main(argc, argv, &(struct daemon){
 *             .name = "nfvo", .version = BATON_VERSION, .options = nfvo_options, .duties = duties,
 *             .context_size = sizeof(struct nfvo), .options_at = offsetof(struct nfvo, options) });
 *     }
 *
 * The context (zeroed, context_size bytes) holds the options struct at options_at and whatever the
 * duties hang on it; it is passed to all of them. A duty's open returns when the duty is up; long
 * waits inside look at daemon_is_stopping() or poll daemon_stop_fd(). If one fails, those before it
 * are closed in reverse and the process ends with 1. close must cope only with what open completed.
 *
 * Options of its own (config.h): log-file, log-level, pid-file, health-file, user, stop-timeout,
 * ready-fd, health.
 * Signals: SIGTERM, SIGINT stop (a second SIGINT ends at once with 1: somebody presses Ctrl-C
 * again), SIGHUP reopens the log, SIGPIPE is ignored. Handlers only: masks stay empty, so children
 * inherit nothing but the ignored SIGPIPE. As process 1 of a container it forks: the parent passes
 * signals on and reaps orphans. After stop-timeout a stop that hangs ends with 1. Ready means all
 * duties are up: READY=1 to $NOTIFY_SOCKET, and the line "ready <pid>\n" to --ready-fd, which is
 * then closed. Exit codes: 0 stopped as asked, 1 failure, 2 the configuration is wrong. */
#ifndef COMMON_DAEMON_DAEMON_H
#define COMMON_DAEMON_DAEMON_H

#include "common/config/config.h"

enum daemon_exit { DAEMON_EXIT_OK = 0, DAEMON_EXIT_FAILURE = 1, DAEMON_EXIT_CONFIG = 2 };

struct daemon_duty {
    const char *name;
    enum err_code (*open)(void *ctx, struct err *err);
    void (*close)(void *ctx); /* may be NULL */
};

struct daemon {
    const char *name, *version, *summary;
    const struct config_option *options; /* may be NULL */
    size_t context_size, options_at;
    enum err_code (*check)(void *ctx, struct err *err); /* options that must fit each other; also
                                                           for --check-config; may be NULL */
    /* Options that ask for one thing and no service: done, with the exit code; -1: serve. May be
     * NULL. */
    int (*once)(void *ctx);
    const struct daemon_duty *duties; /* ends with a zero row */
    size_t privileged_n; /* so many duties, from the first, open before --user takes effect */
};

/* Does not return before the process is to end; the result is main's. */
MUST_USE int daemon_main(int argc, char **argv, const struct daemon *d);

/* The stop flag, from any thread. The descriptor becomes and stays readable when it is time to
 * stop: put it into every poll, never read it. Both work (false, -1) before daemon_main and in
 * programs without it. */
bool daemon_is_stopping(void);
int daemon_stop_fd(void);

/* Stop from inside. With an error (borrowed) the process ends with 1 and logs it: for a duty that
 * cannot go on. */
void daemon_stop(const struct err *err);

/* What `PROCESS --health` answers while this process lives, for health checks of containers: it
 * reads the file of the option health-file, and ends with 0 or 1. Without a call, good means that
 * all duties are up; a peer says here whether it serves. text is borrowed. From any thread; without
 * health-file nothing happens. */
void daemon_health(bool is_good, const char *text);

/* A duty's open, the last of a process that serves only once another one has accepted it (a driver
 * registers at the NFVO): it returns when daemon_health(true, ...) has been said, or when it is
 * time to stop. So "ready" (READY=1, --ready-fd) means that it serves, and not that it will.
 * Blocks, without end; units of such processes have TimeoutStartSec=infinity. */
MUST_USE enum err_code daemon_await_good(void *ctx, struct err *err);

/* For systemd: "STATUS=...", "RELOADING=1"; nothing happens without $NOTIFY_SOCKET. */
void daemon_notify(const char *state);

#endif
