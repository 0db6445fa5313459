/* vim-driver-test: a cloud that exists in memory only, as fast or as badly as it is told. For
 * tests, the bench and the demo. */
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/daemon/daemon.h"
#include "common/daemon/metrics_page.h"
#include "common/fake/fake.h"
#include "common/log/log.h"
#include "common/peer/options.h"
#include "vim-drivers/common/process.h"
#include "vim-drivers/test/methods.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct peer_settings peer;
    const char *type, *name, *journal, *state_file;
    struct config_list delay, fail, silent, images, networks, flavours, capacity_of;
    int64_t seed, capacity, stop_grace_ms;
    bool fail_with_server, client_token;
};

enum { METHODS_MAX = 40 };

struct driver {
    struct options o;
    struct fake *fake;
    struct journal *journal;
    struct model *model;
    pthread_mutex_t lock; /* of the model */
    struct ob_vim *vim;
    struct metrics_page *page;
    struct ob_vim_method methods[METHODS_MAX];
    const char *names[METHODS_MAX];
};

static const struct config_option option_rows[] = {
    CONFIG_STR(struct options, type, "type", "test", "type of the VIM instances"),
    CONFIG_STR(struct options, name, "name", "", "name of this driver; empty: the type"),
    PEER_OPTIONS(struct options, peer),
    CONFIG_INT(struct options, capacity, "capacity", "10000", 0, 1000000, NULL, "servers per PoP"),
    CONFIG_LIST(struct options, capacity_of, "capacity-of", "",
                "PoP=servers: of the PoP of this name; getQuota tells it, as the others' capacity"),
    CONFIG_PATH(struct options, state_file, "state-file", "",
                "keeps what exists over a restart; empty: nothing is kept"),
    CONFIG_LIST(
        struct options, images, "images",
        "ubuntu-14.04-server-cloudimg-amd64-disk1,ubuntu-16.04-server-cloudimg-amd64-disk1,cirros",
        "images of every PoP"),
    CONFIG_LIST(struct options, networks, "networks", "", "networks of every PoP at the beginning"),
    CONFIG_LIST(struct options, flavours, "flavours", "m1.tiny,m1.small,m1.medium,m1.large",
                "flavours of every PoP"),
    CONFIG_BOOL(struct options, client_token, "client-token", "yes",
                "announce that launches are repeatable by their token"),
    CONFIG_LIST(struct options, delay, "delay", "",
                "wait before acting: 50ms, or launchInstanceAndWait=50ms for one method"),
    CONFIG_LIST(struct options, fail, "fail", "",
                "fail: METHOD[:hostname or PoP name pattern][#nth time or %percent]"),
    CONFIG_BOOL(struct options, fail_with_server, "fail-with-server", "no",
                "a launch that is to fail leaves a server in state ERROR, and names it"),
    CONFIG_LIST(struct options, silent, "silent", "", "act, but never answer; same form as fail"),
    CONFIG_INT(struct options, seed, "seed", "1", 0, INT64_MAX / 4, NULL,
               "of what happens by chance"),
    CONFIG_DURATION(struct options, stop_grace_ms, "stop-grace", "5s", 0, 600000,
                    "for calls in hand when stopping"),
    CONFIG_PATH(struct options, journal, "journal", "",
                "file for one JSON line per call carried out"),
    CONFIG_END};

static const struct fake_verdict verdicts[2][2] = {{{0, false, false}, {0, false, true}},
                                                   {{0, true, false}, {0, true, true}}};

/* For rules by name: the server's, else the PoP's. Owned by the call, or by *holder. */
static const char *subject(struct ob_call *call)
{
    const struct method *m = method_find(ob_call_method(call), ob_call_param_count(call));
    const char *name = ob_call_vim_name(call);
    if (m && m->name_at >= 0)
        err_ignore(ob_call_str(call, (unsigned)m->name_at, &name, NULL), "then it is the PoP's");
    return name;
}

static struct model_pop *pop_of(struct driver *d, const struct ob_call *call)
{
    const char *key = ob_call_vim_id(call) ? ob_call_vim_id(call) : ob_call_vim_name(call);
    struct model_pop *pop = model_pop(d->model, key ? key : "");
    const char *name = ob_call_vim_name(call);
    for (size_t i = 0; name && i < d->o.capacity_of.n; i++) {
        const char *rule = d->o.capacity_of.items[i], *is = strrchr(rule, '=');
        if (strlen(name) == (size_t)(is - rule) && strncmp(rule, name, (size_t)(is - rule)) == 0)
            model_set_limit(pop, (size_t)strtoul(is + 1, NULL, 10));
    }
    return pop;
}

static enum err_code run(struct driver *d, struct method_context *m, bool is_failing,
                         struct err *err)
{
    const struct method *method =
        method_find(ob_call_method(m->call), ob_call_param_count(m->call));
    bool leaves_server = is_failing && d->o.fail_with_server && method->run == launch;
    enum err_code rc = ERR_OK;
    if (!is_failing || leaves_server) {
        m->is_failing = leaves_server;
        pthread_mutex_lock(&d->lock);
        m->pop = pop_of(d, m->call);
        rc = method->run(m, err);
        pthread_mutex_unlock(&d->lock);
    }
    return is_failing && rc == ERR_OK
               ? err_set(err, ERR_PEER, "vim-driver-test was told to fail %s", method->name)
               : rc;
}

static enum err_code perform(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    struct driver *d = arg;
    const struct fake_verdict *v = ob_call_data(call);
    struct method_context m = {
        .call = call, .answer = answer, .outcome = "done", .object = SBUF_INIT};
    enum err_code rc = run(d, &m, v->is_failing, err);
    if (journal_is_on(d->journal))
        journal_write(d->journal, ob_call_method(call), "pop",
                      ob_call_vim_id(call) ? ob_call_vim_id(call) : ob_call_vim_name(call), "name",
                      subject(call), "id", m.object.s, "token", ob_call_token(call), "corr",
                      ob_call_id(call), "outcome", rc == ERR_OK ? m.outcome : "failed", NULL);
    sbuf_release(&m.object);
    if (v->is_silent) {
        ob_call_defer(call);
        ob_call_drop(call);
        return ERR_OK;
    }
    return rc;
}

static void perform_late(void *arg)
{
    ob_call_resume(arg, perform);
}

static enum err_code act(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    struct driver *d = arg;
    bool has_names = d->o.fail.n || d->o.silent.n;
    struct fake_verdict v =
        fake_judge(d->fake, ob_call_method(call), has_names ? subject(call) : NULL);
    ob_call_set_data(call, &verdicts[v.is_failing][v.is_silent]);
    if (!v.delay_ms)
        return perform(arg, call, answer, err);
    ob_call_defer(call);
    ob_vim_after(d->vim, v.delay_ms, perform_late, call);
    return ERR_OK;
}

/* Each is PoP=servers. */
static enum err_code check_capacities(const struct config_list *list, struct err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *is = strrchr(list->items[i], '='), *digits = is ? is + 1 : "";
        size_t n = strspn(digits, "0123456789");
        if (!is || is == list->items[i] || n == 0 || n > 6 || digits[n])
            return err_set(err, ERR_INVALID, "capacity-of: '%s' is not PoP=servers, as in north=4",
                           list->items[i]);
    }
    return ERR_OK;
}

static enum err_code rules_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    if (check_capacities(&d->o.capacity_of, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < METHODS_MAX - 1 && methods[i].name; i++) {
        d->methods[i] = (struct ob_vim_method){methods[i].name, methods[i].n_params, act};
        d->names[i] = methods[i].name;
    }
    enum err_code rc = fake_new(&d->o.delay, &d->o.fail, &d->o.silent, d->names,
                                (uint64_t)d->o.seed, &d->fake, err);
    return rc == ERR_OK ? journal_open(d->o.journal, &d->journal, err) : rc;
}

static void rules_close(void *ctx)
{
    struct driver *d = ctx;
    journal_close(d->journal);
    fake_free(d->fake);
}

static enum err_code cloud_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    pthread_mutex_init(&d->lock, NULL);
    return model_new(&(struct model_options){.state_file = d->o.state_file,
                                             .capacity = (size_t)d->o.capacity,
                                             .images = d->o.images.items,
                                             .image_n = d->o.images.n,
                                             .networks = d->o.networks.items,
                                             .network_n = d->o.networks.n,
                                             .flavours = d->o.flavours.items,
                                             .flavour_n = d->o.flavours.n},
                     &d->model, err);
}

static void cloud_close(void *ctx)
{
    struct driver *d = ctx;
    model_free(d->model);
    pthread_mutex_destroy(&d->lock);
}

static enum err_code driver_open(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    struct ob_vim_options o = driver_vim_options(d->o.type, d->o.name, &d->o.peer);
    o.has_client_token = d->o.client_token;
    o.methods = d->methods;
    o.arg = d;
    d->vim = ob_vim_new(&o, err);
    driver_begins();
    return d->vim ? ob_vim_start(d->vim, err) : err->code;
}

static void driver_close(void *ctx)
{
    struct driver *d = ctx;
    ob_vim_stop(d->vim, (int)d->o.stop_grace_ms);
    driver_log_served(d->vim);
    ob_vim_free(d->vim);
}

static enum err_code metrics_duty(void *ctx, struct err *err)
{
    struct driver *d = ctx;
    return driver_metrics_open(&d->page, d->o.peer.metrics_listen, "vim-driver-test", d->vim, err);
}

static void metrics_done(void *ctx)
{
    metrics_page_close(((struct driver *)ctx)->page);
}

static const struct daemon_duty duties[] = {
    {"rules", rules_open, rules_close},        {"cloud", cloud_open, cloud_close},
    {"driver", driver_open, driver_close},     {"metrics", metrics_duty, metrics_done},
    {"registration", daemon_await_good, NULL}, {0}};

int main(int argc, char **argv)
{
    return daemon_main(argc, argv,
                       &(struct daemon){.name = "vim-driver-test",
                                        .version = BATON_VERSION,
                                        .summary = "a cloud that exists in memory only, for tests",
                                        .options = option_rows,
                                        .context_size = sizeof(struct driver),
                                        .options_at = offsetof(struct driver, o),
                                        .duties = duties});
}
