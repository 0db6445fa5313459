/* vim-driver-openstack: OpenStacks as clouds. README.md says how. */
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "vim-drivers/common/process.h"
#include "vim-drivers/openstack/os.h"

/* Launches of other clouds go on while those of a slow one wait for its answers. */
enum { THREADS_PER_LAUNCH = 4 };

struct driver {
    struct os_options o;
    struct os os;
    struct metrics_page *page;
};

static enum err_code cloud_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return os_open(&d->os, &d->o, err);
}

static void cloud_close(void *ctx)
{
    struct driver *d = ctx;
    os_close(&d->os);
}

static enum err_code driver_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    struct ob_cloud_options o = {.vim = driver_vim_options(d->o.type, d->o.name, &d->o.peer),
                                 .table = &os_table,
                                 .arg = &d->os,
                                 .launches = (unsigned)d->o.launches * THREADS_PER_LAUNCH,
                                 .is_remote = true,
                                 .call_timeout_ms = d->o.call_timeout_ms,
                                 .spent_file = d->o.spent_file,
                                 .default_flavour = d->o.default_flavour};
    return driver_cloud_open(&d->os.cloud, &d->os.stop_fd, &o, err);
}

static void driver_close(void *ctx)
{
    struct driver *d = ctx;
    driver_cloud_close(d->os.cloud, (int)d->o.stop_grace_ms);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return driver_metrics_open(&d->page, d->o.peer.metrics_listen, "vim-driver-openstack",
                               ob_cloud_vim(d->os.cloud), err);
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
                       &(struct daemon){.name = "vim-driver-openstack",
                                        .version = BATON_VERSION,
                                        .summary = "a VIM driver whose servers are those of "
                                                   "OpenStack clouds",
                                        .options = os_option_rows,
                                        .context_size = sizeof(struct driver),
                                        .options_at = offsetof(struct driver, o),
                                        .duties = duties});
}
