#include "nfvo/vnfm/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/store/store.h"
#include "nfvo/vnfm/internal.h"

enum { SOON_MS = 300, WAIT_MAX_MS = 1000, PREPARE_MIN_MS = 200, PREPARE_MAX_MS = 5000 };

static const char *const kinds[] = {"vnfm", "plugin", NULL};
static const struct metric_def metric_defs[M_N] = {
    [M_REGISTRATIONS] = {METRIC_COUNTER, "baton_manager_registrations_total",
                         "Registrations answered.", .labels = {{"kind", kinds}}},
    [M_UNREGISTRATIONS] = {METRIC_COUNTER, "baton_manager_unregistrations_total",
                           "Requests to unregister that were handled."},
    [M_RETRIES] = {METRIC_COUNTER, "baton_manager_retries_total",
                   "Requests held because broker or database did not help."},
    [M_REFUSED] = {METRIC_COUNTER, "baton_manager_refused_total",
                   "Requests that went to the dead letters."},
    [M_CHECKS] = {METRIC_COUNTER, "baton_manager_checks_total",
                  "Looks at the managers' queues that succeeded."},
    [M_VNFMS] = {METRIC_GAUGE, "baton_vnfms_active", "VNFMs that are enabled and there."},
    [M_AGENT_LOGINS_MADE] = {METRIC_COUNTER, "baton_agent_logins_made_total",
                             "Broker users made for agents."},
    [M_AGENT_LOGINS_REMOVED] = {METRIC_COUNTER, "baton_agent_logins_removed_total",
                                "Broker users of agents that were removed."},
    [M_AGENT_RETRIES] = {METRIC_COUNTER, "baton_agent_logins_retries_total",
                         "Times that agents' logins had to wait for broker or database."},
    [M_DRIVERS] = {METRIC_GAUGE, "baton_vim_drivers_active", "VIM driver queues that are served."},
};

/* --- the registration user ----------------------------------------------------------------------
 */

static enum err_code put_registration_user(struct registry *r, struct err *err)
{
    const struct registry_options *o = r->setup.options;
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    if (o->has_registration_default_exchange)
        topology_rights_registration(&rights);
    else
        topology_rights_registration_strict(&rights);
    enum err_code rc = management_put_user(&r->management, o->registration_user,
                                           o->registration_password, false, err);
    if (rc == ERR_OK)
        rc = management_put_rights(&r->management, management_vhost(&r->management),
                                   o->registration_user, &rights, err);
    return rc == ERR_OK ? rc : err_add(err, "make the registration user");
}

static void tell_what_is_open(struct registry *r)
{
    const struct registry_options *o = r->setup.options;
    if (r->is_password_told)
        return;
    r->is_password_told = true;
    if (strcmp(o->registration_password, REGISTRATION_PASSWORD) == 0)
        log_warn(LOG_SEC, "registration_password_is_well_known", KV_S("user", o->registration_user),
                 KV_S("hint", "set registration-password, here and at every manager"));
    if (o->has_registration_default_exchange)
        log_warn(LOG_SEC, "registration_user_may_use_default_exchange",
                 KV_S("user", o->registration_user),
                 KV_S("hint", "without Python or Go VNFMs: registration-default-exchange=no"));
    if (o->are_peers_administrators)
        log_warn(LOG_SEC, "managers_are_administrators", KV_S("option", "peers-administrator"));
}

/* After the queue was declared: a peer that registers at once must find it. */
static void prepare(struct registry *r, int64_t now)
{
    struct err err = ERR_INIT;
    if (r->is_prepared || !bus_is_ready(r->bus) || now < r->prepare_at_us)
        return;
    if (put_registration_user(r, &err) == ERR_OK) {
        r->is_prepared = true;
        backoff_reset(&r->prepare_backoff);
        tell_what_is_open(r);
        return;
    }
    if (!r->prepare_backoff.tries && !atomic_load(&r->is_stopping))
        log_error(LOG_VNFM, "no_registration_user", KV_ERR(&err));
    r->prepare_at_us = clock_mono_us() + backoff_next_ms(&r->prepare_backoff) * USEC_PER_MS;
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void check(struct registry *r, int64_t now)
{
    struct err err = ERR_INIT;
    if (!bus_is_ready(r->bus) || now < r->check_at_us)
        return;
    bool is_ok = watch_check(r, &err) == ERR_OK;
    if (!is_ok && !r->is_check_failing && !atomic_load(&r->is_stopping))
        log_warn(LOG_VNFM, "managers_not_checked", KV_ERR(&err));
    if (is_ok && r->is_check_failing)
        log_info(LOG_VNFM, "managers_checked_again", KV_I("queues", r->listing->n));
    r->is_check_failing = !is_ok;
    now = clock_mono_us();
    int64_t interval_ms = r->setup.options->check_interval_ms;
    if (now < r->check_soon_until_us && interval_ms > SOON_MS)
        interval_ms = SOON_MS;
    r->check_at_us = now + interval_ms * USEC_PER_MS;
}

static void on_fault(const struct bus_event *ev)
{
    log_warn(LOG_VNFM, "registry_bus_fault", KV_S("what", bus_event_name(ev->type)),
             KV_S("item", ev->type == BUS_FAULT ? bus_item_name(ev->item) : NULL),
             KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text));
}

static void on_event(struct registry *r, const struct bus_event *ev)
{
    dead_letters_settle(&r->dead, r->bus, ev);
    switch (ev->type) {
    case BUS_DELIVERY:
        registry_serve_delivery(r);
        break;
    case BUS_OVERSIZE: {
        struct err err = ERR_INIT;
        err_set(&err, ERR_LIMIT, "a registration of %zu bytes", ev->delivery->len);
        dead_letter(&r->dead, r->bus, ev->delivery, &err);
        break;
    }
    case BUS_READY:
        r->check_at_us = 0;
        agents_compare_soon(r->agents, false);
        break;
    case BUS_LOST: /* the broker may come back without its users */
        serve_drop_all(r);
        r->is_prepared = false;
        r->prepare_at_us = 0;
        on_fault(ev);
        break;
    case BUS_RETURNED:
        log_warn(LOG_VNFM, "manager_did_not_wait", KV_S("text", ev->text));
        break;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
        on_fault(ev);
        break;
    default:
        break;
    }
}

static int wait_ms(const struct registry *r)
{
    int64_t now = clock_mono_us(), next = now + WAIT_MAX_MS * USEC_PER_MS;
    int64_t held = serve_next_us(r);
    if (held < next)
        next = held;
    if (bus_is_ready(r->bus) && r->check_at_us < next)
        next = r->check_at_us;
    if (bus_is_ready(r->bus) && !r->is_prepared && r->prepare_at_us < next)
        next = r->prepare_at_us;
    return clock_left_ms(next);
}

static void *run(void *arg)
{
    struct registry *r = arg;
    struct bus_event ev;
    while (!atomic_load(&r->is_stopping)) {
        bus_next(r->bus, &ev, r->wake_fd, wait_ms(r));
        on_event(r, &ev);
        int64_t now = clock_mono_us();
        prepare(r, now);
        serve_held(r, now);
        if (r->check_soon_until_us > now && r->check_at_us > now + SOON_MS * USEC_PER_MS)
            r->check_at_us = now + SOON_MS * USEC_PER_MS;
        check(r, now);
    }
    return NULL;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void release(struct registry *r)
{
    agents_close(r->agents);
    serve_drop_all(r);
    bus_free(r->bus);
    db_free(r->db);
    management_release(&r->management);
    metrics_free(r->metrics);
    listing_free(r->listing);
    pthread_mutex_destroy(&r->lock);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    free(r);
}

static void connect_bus(struct registry *r)
{
    struct bus_options o = *r->setup.bus;
    o.name = "nfvo-registry";
    o.max_body = 256 * 1024;
    r->bus = bus_new(&o);
    topology_declare(r->bus);
    bus_want_consumer(r->bus, &(struct bus_consumer){.queue = QUEUE_MANAGER_HANDLING,
                                                     .prefetch = REGISTRY_PREFETCH});
}

enum err_code registry_open(struct registry **ret, const struct registry_setup *setup,
                            struct err *err)
{
    struct registry *r = xcalloc(1, sizeof(*r));
    r->setup = *setup;
    pthread_mutex_init(&r->lock, NULL);
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->metrics = metrics_new(metric_defs, M_N);
    r->prepare_backoff =
        (struct backoff)BACKOFF_INIT(PREPARE_MIN_MS, PREPARE_MAX_MS, (uint64_t)clock_mono_us());
    management_init(&r->management, &r->setup, r->wake_fd);
    r->db = store_connection(setup->store, "nfvo-registry");
    connect_bus(r);
    enum err_code rc = ERR_OK;
    if (r->wake_fd < 0)
        rc = err_set_errno(err, ERR_IO, errno, "open the registry");
    else if ((rc = agents_open(&r->agents, &r->setup, r->metrics, r->wake_fd, err)) != ERR_OK)
        err_add(err, "open the registry");
    else if (pthread_create(&r->thread, NULL, run, r) != 0)
        rc = err_set(err, ERR_NOMEM, "start the registry's thread");
    if (rc != ERR_OK) {
        release(r);
        return rc;
    }
    *ret = r;
    return ERR_OK;
}

void registry_close(struct registry *r)
{
    uint64_t one = 1;
    if (!r)
        return;
    atomic_store(&r->is_stopping, true);
    agents_stop(r->agents);
    if (write(r->wake_fd, &one, sizeof(one)) < 0) /* it cannot be full, and is looked at anyway */
        log_debug(LOG_VNFM, "registry_not_woken", KV_I("errno", errno));
    pthread_join(r->thread, NULL);
    release(r);
}

void registry_render_metrics(const struct registry *r, struct sbuf *out)
{
    metrics_render(r->metrics, out);
}
