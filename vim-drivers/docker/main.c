/* vim-driver-docker: Docker engines as clouds. README.md says how. */
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "vim-drivers/common/process.h"
#include "vim-drivers/docker/docker.h"

struct driver {
    struct dk_options o;
    struct dk dk;
    struct metrics_page *page;
};

static enum err_code cloud_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return dk_open(&d->dk, &d->o, err);
}

static void cloud_close(void *ctx)
{
    struct driver *d = ctx;
    dk_close(&d->dk);
}

static enum err_code driver_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    struct ob_cloud_options o = {.vim = driver_vim_options(d->o.type, d->o.name, &d->o.peer),
                                 .table = &dk_table,
                                 .arg = &d->dk,
                                 .launches = (unsigned)d->o.launches,
                                 .call_timeout_ms = d->o.call_timeout_ms,
                                 .spent_file = d->o.spent_file,
                                 .default_flavour = d->o.default_flavour,
                                 .may_fetch_images = true};
    return driver_cloud_open(&d->dk.cloud, &d->dk.stop_fd, &o, err);
}

static void driver_close(void *ctx)
{
    struct driver *d = ctx;
    driver_cloud_close(d->dk.cloud, (int)d->o.stop_grace_ms);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return driver_metrics_open(&d->page, d->o.peer.metrics_listen, "vim-driver-docker",
                               ob_cloud_vim(d->dk.cloud), err);
}

static void metrics_done(void *ctx)
{
    metrics_page_close(((struct driver *)ctx)->page);
}

static const struct daemon_duty duties[] = {{"cloud", cloud_open, cloud_close},
                                            {"driver", driver_open, driver_close},
                                            {"metrics", metrics_duty, metrics_done},
                                            {"registration", daemon_await_good, NULL},
                                            {0}};

int main(int argc, char **argv)
{
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "vim-driver-docker",
                                        .version = BATON_VERSION,
                                        .summary = "a VIM driver whose servers are containers of "
                                                   "Docker engines",
                                        .options = dk_option_rows,
                                        .context_size = sizeof(struct driver),
                                        .options_at = offsetof(struct driver, o),
                                        .duties = duties});
}
