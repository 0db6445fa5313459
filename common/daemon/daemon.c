#include "common/daemon/daemon.h"

#include "common/base/mem.h"
#include "common/daemon/daemon_private.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The options that each process has. */
struct process_options {
    const char *log_file, *log_level, *pid_file, *health_file, *user;
    int64_t stop_timeout_ms, ready_fd;
    bool health;
};

/* clang-format off */
static const struct config_option process_options[] = {
    CONFIG_PATH(struct process_options, log_file, "log-file", "", "file for log lines; empty: standard error; SIGHUP opens it again"),
    CONFIG_STR(struct process_options, log_level, "log-level", "info", "debug, info, warn, error, crit or none, also by category: info,db=debug"),
    CONFIG_PATH(struct process_options, pid_file, "pid-file", "", "file for the process id, locked while the process lives"),
    CONFIG_PATH(struct process_options, health_file, "health-file", "", "file that tells --health whether the process serves"),
    CONFIG_STR(struct process_options, user, "user", "", "user to become when started as root"),
    CONFIG_DURATION(struct process_options, stop_timeout_ms, "stop-timeout", "30s", 100, 3600000, "a stop that takes longer is broken off"),
    { .name = "ready-fd", .type = CONFIG_T_INT, .initial = "-1", .min = -1, .max = 1023, .flags = CONFIG_FLAG_ONLY,
      .help = "descriptor that gets a line when the process is ready", .offset = offsetof(struct process_options, ready_fd) },
    { .name = "health", .type = CONFIG_T_BOOL, .initial = "no", .flags = CONFIG_FLAG_ONLY,
      .help = "say whether the process with this health-file serves; exit status 0 or 1", .offset = offsetof(struct process_options, health) },
    CONFIG_END
};
/* clang-format on */

struct run {
    const struct daemon *d;
    void *ctx;
    struct process_options options;
    struct config config;
    size_t opened; /* duties */
    bool has_dropped;
    int pid_fd;
};

/* For people, before there is a log. */
static int refuse(const struct daemon *d, const struct err *err)
{
    fprintf(stderr, "%s: %s%s%s\n", d->name, err->where, err->where[0] ? ": " : "", err->msg);
    if (err->hint[0])
        fprintf(stderr, "%s: hint: %s\n", d->name, err->hint);
    return DAEMON_EXIT_CONFIG;
}

/* -1: go on; otherwise the exit code. */
static int configure(struct run *run, int argc, char **argv, struct sbuf *warnings)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    enum config_todo todo = CONFIG_RUN;
    enum err_code rc = config_load(&run->config, argc, argv, &todo, &text, warnings, &err);
    if (rc == ERR_OK && todo == CONFIG_SHOW_TEXT)
        return fputs(text.s, stdout) < 0 || fflush(stdout) != 0 ? DAEMON_EXIT_FAILURE
                                                                : DAEMON_EXIT_OK;
    if (rc == ERR_OK)
        rc = log_set_levels(run->options.log_level, &err);
    if (rc == ERR_OK && run->d->check)
        rc = run->d->check(run->ctx, &err);
    if (rc != ERR_OK)
        return refuse(run->d, &err);
    if (run->options.health)
        return daemon_health_show(run->d->name, run->options.health_file);
    if (todo != CONFIG_CHECK)
        return -1;
    fputs(warnings->s, stderr);
    printf("%s: the configuration is good\n", run->d->name);
    return DAEMON_EXIT_OK;
}

static enum err_code prepare(struct run *run, struct err *err)
{
    enum err_code rc = daemon_prepare_process((int)run->options.ready_fd, err);
    if (rc == ERR_OK && getpid() == 1)
        rc = daemon_become_init(err);
    if (rc == ERR_OK)
        rc = daemon_signals_open(run->options.stop_timeout_ms, err);
    if (rc == ERR_OK)
        rc = log_open_file(run->options.log_file, err);
    if (rc == ERR_OK && run->options.pid_file[0])
        rc = daemon_write_pid_file(run->options.pid_file, &run->pid_fd, err);
    if (rc == ERR_OK && run->options.health_file[0])
        rc = daemon_health_open(run->options.health_file, err);
    return rc;
}

static enum err_code drop_privileges(struct run *run, struct err *err)
{
    if (run->has_dropped)
        return ERR_OK;
    run->has_dropped = true;
    return daemon_drop_privileges(run->options.user, err);
}

static enum err_code open_duties(struct run *run, struct err *err)
{
    for (const struct daemon_duty *duty = run->d->duties; duty->name; duty++) {
        enum err_code rc = run->opened < run->d->privileged_n ? ERR_OK : drop_privileges(run, err);
        int64_t start_us = clock_mono_us();
        if (rc == ERR_OK && daemon_is_stopping())
            return ERR_OK;
        if (rc == ERR_OK)
            rc = duty->open(run->ctx, err);
        if (rc != ERR_OK)
            return err_add(err, "start %s", duty->name);
        run->opened++;
        log_debug(LOG_PROC, "duty_open", KV_S("duty", duty->name),
                  KV_I("took_ms", (clock_mono_us() - start_us) / 1000));
    }
    return drop_privileges(run, err);
}

static void close_duties(struct run *run)
{
    if (!daemon_is_stopping()) /* a start that failed */
        daemon_limit_stop(run->options.stop_timeout_ms);
    while (run->opened > 0) {
        const struct daemon_duty *duty = &run->d->duties[--run->opened];
        log_debug(LOG_PROC, "duty_close", KV_S("duty", duty->name));
        if (duty->close)
            duty->close(run->ctx);
    }
}

enum { TICK_MS = 5000 };

static void wait_for_stop(void)
{
    int timeout_ms = daemon_watchdog_ms();
    int tick_ms = timeout_ms > 0 && timeout_ms < TICK_MS ? timeout_ms : TICK_MS;
    struct err err = ERR_INIT;
    for (int why; (why = daemon_wait(tick_ms)) != 0;) {
        log_tick();
        if (timeout_ms > 0)
            daemon_notify("WATCHDOG=1");
        if (why != 1)
            continue;
        if (log_reopen(&err) == ERR_OK)
            log_info(LOG_PROC, "log_reopened");
        else
            log_error(LOG_PROC, "log_not_reopened", KV_ERR(&err));
    }
}

static void log_warnings(const struct sbuf *warnings)
{
    for (char *line = warnings->s, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        log_warn(LOG_CONF, "ignored", KV_S("what", line));
    }
}

static int serve(struct run *run, const struct sbuf *warnings)
{
    struct err err = ERR_INIT;
    enum err_code rc = prepare(run, &err);
    int64_t start_us = clock_mono_us();
    if (rc == ERR_OK) {
        log_info(LOG_PROC, "starting", KV_S("process", run->d->name),
                 KV_S("version", run->d->version), KV_I("pid", getpid()));
        log_warnings(warnings);
        rc = open_duties(run, &err);
    }
    if (rc == ERR_OK && !daemon_is_stopping())
        rc = daemon_say_ready((int)run->options.ready_fd, &err);
    if (rc == ERR_OK && !daemon_is_stopping()) {
        daemon_health_ready();
        log_info(LOG_PROC, "ready", KV_I("took_ms", (clock_mono_us() - start_us) / 1000));
        wait_for_stop();
    }
    if (rc != ERR_OK)
        log_crit(LOG_PROC, "start_failed", KV_ERR(&err));
    daemon_notify("STOPPING=1");
    daemon_health(false, "stopping");
    log_info(LOG_PROC, "stopping");
    close_duties(run);
    bool is_good = rc == ERR_OK && !daemon_has_failed();
    log_info(LOG_PROC, "stopped", KV_I("exit", is_good ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILURE));
    return is_good ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILURE;
}

int daemon_main(int argc, char **argv, const struct daemon *d)
{
    AUTO(sbuf_release) struct sbuf warnings = SBUF_INIT;
    struct run run = {.d = d, .pid_fd = -1, .ctx = xcalloc(1, d->context_size)};
    struct config_group own = {"Process", process_options, &run.options};
    run.config = (struct config){.process = d->name, .version = d->version, .summary = d->summary};
    if (d->options)
        run.config.groups[0] =
            (struct config_group){"Options", d->options, (char *)run.ctx + d->options_at};
    run.config.groups[d->options ? 1 : 0] = own;
    int code = configure(&run, argc, argv, &warnings);
    if (code < 0 && d->once)
        code = d->once(run.ctx);
    if (code < 0) {
        code = serve(&run, &warnings);
        if (run.pid_fd >= 0) {
            err_ignore(unlink(run.options.pid_file) == 0 ? ERR_OK : ERR_IO,
                       "after dropping privileges it may not be ours to remove");
            close(run.pid_fd);
        }
        daemon_health_close(run.options.health_file);
        if (daemon_stop_fd() >= 0)
            daemon_signals_close();
        log_flush();
        err_ignore(log_open_file(NULL, NULL), "standard error is always there");
    }
    config_release(&run.config);
    free(run.ctx);
    return code;
}
