/* vim-driver-local: this host as a cloud. README.md says how. */
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "vim-drivers/common/process.h"
#include "vim-drivers/local/cloud.h"

#include <stdio.h>

struct driver {
    struct loc_options o;
    struct loc loc;
    struct ob_cloud *cloud;
    struct metrics_page *page;
};

static enum err_code say_mode(struct driver *d)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    enum loc_mode mode = loc_probe(&d->loc, &why);
    printf("%s %s\n", loc_mode_names[mode], why.s);
    return fflush(stdout) == 0 ? ERR_OK : ERR_IO;
}

/* What --probe-mode and --clean ask for, and nothing else. */
static enum err_code once_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    enum err_code rc = ERR_OK;
    d->loc.o = &d->o;
    d->loc.lock_fd = -1;
    if (!d->o.wants_probe && !d->o.wants_clean)
        return ERR_OK;
    if (d->o.wants_probe)
        rc = say_mode(d);
    if (rc == ERR_OK && d->o.wants_clean) {
        rc = loc_state_open(&d->loc, err);
        if (rc == ERR_OK)
            rc = loc_clean(&d->loc, err);
        loc_state_close(&d->loc);
    }
    if (rc == ERR_OK)
        daemon_stop(NULL);
    return rc;
}

static enum err_code cloud_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return loc_cloud_open(&d->loc, &d->o, err);
}

static void cloud_close(void *ctx)
{
    struct driver *d = ctx;
    loc_state_close(&d->loc);
}

static enum err_code driver_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    struct ob_cloud_options o = {.vim = driver_vim_options(d->o.type, d->o.name, &d->o.peer),
                                 .table = &loc_table,
                                 .arg = &d->loc,
                                 .launches = (unsigned)d->o.launches,
                                 .spent = d->loc.spent,
                                 .default_flavour = d->o.default_flavour};
    return driver_cloud_open(&d->cloud, NULL, &o, err);
}

static void driver_close(void *ctx)
{
    struct driver *d = ctx;
    driver_cloud_close(d->cloud, (int)d->o.stop_grace_ms);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return driver_metrics_open(&d->page, d->o.peer.metrics_listen, "vim-driver-local",
                               ob_cloud_vim(d->cloud), err);
}

static void metrics_done(void *ctx)
{
    metrics_page_close(((struct driver *)ctx)->page);
}

static const struct daemon_duty duties[] = {{"once", once_open, NULL},
                                            {"cloud", cloud_open, cloud_close},
                                            {"driver", driver_open, driver_close},
                                            {"metrics", metrics_duty, metrics_done},
                                            {"registration", daemon_await_good, NULL},
                                            {0}};

int main(int argc, char **argv)
{
    int code;
    if (loc_is_companion(argc, argv, &code))
        return code;
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "vim-driver-local",
                                        .version = BATON_VERSION,
                                        .summary = "a VIM driver that makes this host a cloud",
                                        .options = loc_option_rows,
                                        .context_size = sizeof(struct driver),
                                        .options_at = offsetof(struct driver, o),
                                        .duties = duties});
}
