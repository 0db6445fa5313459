#include "nfvo/vnfm/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/broker/topology_bus.h"
#include "nfvo/store/store.h"
#include "nfvo/vnfm/internal.h"
#include "nfvo/vnfm/refusal.h"

enum {
    SOON_MS = 300,
    WAIT_MAX_MS = 1000,
    ENTER_MS = 50,
    PREPARE_MIN_MS = 200,
    PREPARE_MAX_MS = 5000
};

static const char *const kinds[] = {"vnfm", "plugin", NULL};
static const char *const alarm_kinds[] = {"memory", "disk", NULL};
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
    [M_REFUSALS] = {METRIC_COUNTER, "baton_broker_refusals_total",
                    "Refusals that the broker told of (silent: guessed).",
                    .labels = {{"kind", refusal_kind_names}}},
    [M_LOG_READ] = {METRIC_GAUGE, "baton_broker_log_read",
                    "1: what the broker refuses is known (log.exchange = true)."},
    [M_ALARMS] = {METRIC_GAUGE, "baton_broker_alarms", "Nodes of the broker that are in alarm.",
                  .labels = {{"kind", alarm_kinds}}},
    [M_AGENTS_GONE] = {METRIC_GAUGE, "baton_agents_gone",
                       "Agents of servers that are up that were connected once, and are not."},
    [M_DEAD_LETTERS] = {METRIC_GAUGE, "baton_dead_letters",
                        "Messages in the queue of those that could not be read or delivered."},
    [M_DEAD_LETTERS_BYTES] = {METRIC_GAUGE, "baton_dead_letters_bytes", "And their size."},
    [M_REFUSED_BY_PEERS] = {METRIC_COUNTER, "baton_agents_refused_total",
                            "Hellos and answers that VNFMs refused: another agent's login sent "
                            "them."},
    [M_DRIVERS] = {METRIC_GAUGE, "baton_vim_drivers_active", "VIM driver queues that are served."},
};

/* --- rooms --------------------------------------------------------------------------------------
 */

static struct registry_room *inner(const struct registry *r)
{
    return r->rooms[0];
}

static void enter_room(struct registry *r, const char *name)
{
    const struct registry_options *o = r->setup.options;
    struct bus_options options = *r->setup.bus;
    struct registry_room *room = xcalloc(1, sizeof(*room));
    options.name = "nfvo-registry";
    options.vhost = account_vhost(&r->setup, name);
    options.max_body = 256 * 1024;
    room->name = xstrdup(name);
    room->is_open = o->is_registration_open && strcmp(o->registration_room, options.vhost) == 0;
    room->bus = bus_set_add(r->set, name, bus_new(&options))->bus;
    if (*name)
        topology_declare_room(room->bus);
    else
        topology_declare(room->bus);
    bus_want_consumer(room->bus, &(struct bus_consumer){.queue = QUEUE_MANAGER_HANDLING,
                                                        .prefetch = REGISTRY_PREFETCH});
    r->rooms = xrealloc(r->rooms, (r->rooms_n + 1) * sizeof(r->rooms[0]));
    r->rooms[r->rooms_n++] = room;
}

static void leave_room(struct registry *r, size_t i)
{
    struct registry_room *room = r->rooms[i];
    serve_drop_all(r, room);
    bus_set_remove(r->set, room->name);
    free(room->name);
    free(room);
    r->rooms[i] = r->rooms[--r->rooms_n];
}

/* Those that are ready; the inner one stays the first. */
static void follow_rooms(struct registry *r)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct room_list list;
    if (!r->setup.rooms || rooms_version(r->setup.rooms) == r->rooms_version)
        return;
    r->rooms_version = rooms_copy(r->setup.rooms, &a, &list);
    for (size_t i = r->rooms_n; i-- > 1;)
        if (!room_list_find(&list, r->rooms[i]->name))
            leave_room(r, i);
    for (uint32_t i = 0; i < list.n; i++)
        if (!registry_room_find(r, list.at[i].name))
            enter_room(r, list.at[i].name);
}

/* --- what the broker shall have -----------------------------------------------------------------
 */

/* Of the rooms that are there; one that is made has them from its beginning (management_put_room).
 * Not vital: who cannot have it bounded by us still registers. */
static void bound_dead_letters(struct registry *r)
{
    const struct registry_options *o = r->setup.options;
    for (size_t i = 0; o->dead_letters_max && i < r->rooms_n; i++) {
        struct err err = ERR_INIT;
        const char *vhost = account_vhost(&r->setup, r->rooms[i]->name);
        if (management_put_bounds(&r->management, vhost, QUEUE_DEAD_LETTERS, o->dead_letters_max,
                                  o->dead_letters_keep_ms, &err) != ERR_OK)
            log_warn(LOG_VNFM, "dead_letters_not_bounded", KV_S("vhost", vhost), KV_ERR(&err));
    }
}

static void tell_what_is_open(struct registry *r)
{
    const struct registry_options *o = r->setup.options;
    if (r->is_password_told)
        return;
    r->is_password_told = true;
    if (o->is_registration_open)
        log_warn(LOG_SEC, "registration_is_open", KV_S("room", o->registration_room),
                 KV_S("user", o->registration_user),
                 KV_S("hint",
                      "for trials: all VNFMs and drivers there can act for each other; else "
                      "registration-open=no and baton manager enrol NAME --type TYPE"));
    if (o->is_registration_open && strcmp(o->registration_password, REGISTRATION_PASSWORD) == 0)
        log_warn(LOG_SEC, "registration_password_is_well_known", KV_S("user", o->registration_user),
                 KV_S("hint", "set registration-password, here and at every manager"));
    if (o->are_peers_administrators)
        log_warn(LOG_SEC, "managers_are_administrators", KV_S("option", "peers-administrator"));
}

/* After the queue was declared: a peer that registers at once must find it. */
static void prepare(struct registry *r, int64_t now)
{
    struct err err = ERR_INIT;
    bool is_done = false;
    if (r->is_prepared || !bus_is_ready(inner(r)->bus) || now < r->prepare_at_us)
        return;
    enum err_code rc = accounts_prepare(r, &is_done, &err);
    if (rc == ERR_OK && !is_done) {
        r->prepare_at_us = clock_mono_us() + ENTER_MS * USEC_PER_MS;
        return;
    }
    r->is_enrolment_possible = rc != ERR_UNAVAIL && rc != ERR_TIMEOUT;
    r->is_refused = rc == ERR_EXISTS || rc == ERR_DENIED || rc == ERR_INVALID;
    broker_watch_set_accounts_fault(r->watch, rc == ERR_OK ? NULL : &err);
    if (rc == ERR_OK) {
        bound_dead_letters(r);
        r->is_prepared = true;
        backoff_reset(&r->prepare_backoff);
        tell_what_is_open(r);
        return;
    }
    if (!r->prepare_backoff.tries && !atomic_load(&r->is_stopping))
        log_error(LOG_VNFM, "accounts_not_prepared", KV_ERR(&err));
    r->prepare_at_us = clock_mono_us() + backoff_next_ms(&r->prepare_backoff) * USEC_PER_MS;
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void check(struct registry *r, int64_t now)
{
    struct err err = ERR_INIT;
    if (!bus_is_ready(inner(r)->bus) || now < r->check_at_us)
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

static void on_fault(const struct registry_room *room, const struct bus_event *ev)
{
    log_warn(LOG_VNFM, "registry_bus_fault", KV_S("what", bus_event_name(ev->type)),
             KV_S("room", room->name),
             KV_S("item", ev->type == BUS_FAULT ? bus_item_name(ev->item) : NULL),
             KV_S("name", ev->name), KV_I("code", ev->code), KV_S("text", ev->text));
}

static void on_event(struct registry *r, struct registry_room *room, const struct bus_event *ev)
{
    dead_letters_settle(&room->dead, room->bus, ev);
    switch (ev->type) {
    case BUS_DELIVERY:
        registry_serve_delivery(r, room);
        break;
    case BUS_OVERSIZE: {
        struct err err = ERR_INIT;
        err_set(&err, ERR_LIMIT, "a registration of %zu bytes", ev->delivery->len);
        dead_letter(&room->dead, room->bus, ev->delivery, &err);
        break;
    }
    case BUS_READY:
        r->check_at_us = 0;
        agents_compare_soon(r->agents, false);
        break;
    case BUS_LOST: /* the broker may come back without its users */
        serve_drop_all(r, room);
        if (room == inner(r)) {
            r->is_prepared = r->is_enrolment_possible = false;
            r->prepare_at_us = 0;
        }
        on_fault(room, ev);
        break;
    case BUS_RETURNED:
        log_warn(LOG_VNFM, "manager_did_not_wait", KV_S("text", ev->text));
        break;
    case BUS_FAULT:
    case BUS_CANCELLED:
    case BUS_BLOCKED:
        on_fault(room, ev);
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
    bool is_ready = bus_is_ready(inner(r)->bus);
    if (is_ready && r->check_at_us < next)
        next = r->check_at_us;
    if (is_ready && !r->is_prepared && r->prepare_at_us < next)
        next = r->prepare_at_us;
    if (r->is_enrolment_possible && r->accounts_at_us < next)
        next = r->accounts_at_us;
    return clock_left_ms(next);
}

static void *run(void *arg)
{
    struct registry *r = arg;
    struct bus_event ev;
    while (!atomic_load(&r->is_stopping)) {
        const struct bus_member *from = NULL;
        follow_rooms(r);
        bus_set_next(r->set, &ev, &from, r->wake_fd, wait_ms(r));
        if (from)
            on_event(r, registry_room_find(r, from->name), &ev);
        int64_t now = clock_mono_us();
        prepare(r, now);
        if (r->is_enrolment_possible)
            accounts_work(r, now);
        serve_held(r, now);
        if (r->check_soon_until_us > now && r->check_at_us > now + SOON_MS * USEC_PER_MS)
            r->check_at_us = now + SOON_MS * USEC_PER_MS;
        check(r, now);
    }
    return NULL;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static bool is_same_vhost(const char *a, const char *b)
{
    return strcmp(a && *a ? a : "/", b && *b ? b : "/") == 0;
}

enum err_code registry_check_options(const struct registry_options *o, const char *inner,
                                     struct err *err)
{
    bool has_agents = o->agents_vhost && *o->agents_vhost;
    if (has_agents && is_same_vhost(o->agents_vhost, inner)) {
        err_set(err, ERR_INVALID, "agents-vhost and broker-vhost are both '%s'", o->agents_vhost);
        return err_hint(err, "agents must not share the NFVO's virtual host: set agents-vhost to "
                             "another one; it is made");
    }
    if (!o->is_registration_open)
        return ERR_OK;
    if (is_same_vhost(o->registration_room, inner)) {
        err_set(
            err, ERR_INVALID,
            "registration-open: registration-room and broker-vhost are both '%s', and a peer that "
            "registers there could speak as the NFVO's own peers",
            inner && *inner ? inner : "/");
        return err_hint(err,
                        "set registration-room = trial (it is made), and broker-vhost = trial at "
                        "who registers; or, with nothing deployed yet: rabbitmqctl add_vhost "
                        "baton, and broker-vhost = baton");
    }
    if (has_agents && is_same_vhost(o->registration_room, o->agents_vhost)) {
        err_set(err, ERR_INVALID,
                "registration-open: registration-room and agents-vhost are both "
                "'%s', and a peer that registers there could command agents",
                o->agents_vhost);
        return err_hint(err, "registration-room = trial (it is made)");
    }
    return ERR_OK;
}

static void release(struct registry *r)
{
    broker_watch_close(r->watch);
    agents_close(r->agents);
    serve_drop_all(r, NULL);
    while (r->rooms_n)
        leave_room(r, r->rooms_n - 1);
    free(r->rooms);
    bus_set_free(r->set);
    free(r->held);
    db_free(r->db);
    management_release(&r->management);
    metrics_free(r->metrics);
    listing_free(r->listing);
    pthread_mutex_destroy(&r->lock);
    if (r->wake_fd >= 0)
        close(r->wake_fd);
    free(r);
}

enum err_code registry_open(struct registry **ret, const struct registry_setup *setup,
                            struct err *err)
{
    enum err_code rc = registry_check_options(setup->options, setup->bus->vhost, err);
    if (rc != ERR_OK)
        return rc;
    struct registry *r = xcalloc(1, sizeof(*r));
    r->setup = *setup;
    pthread_mutex_init(&r->lock, NULL);
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->metrics = metrics_new(metric_defs, M_N);
    r->prepare_backoff =
        (struct backoff)BACKOFF_INIT(PREPARE_MIN_MS, PREPARE_MAX_MS, (uint64_t)clock_mono_us());
    management_init(&r->management, &r->setup, r->wake_fd);
    r->db = store_connection(setup->store, "nfvo-registry");
    r->set = bus_set_new();
    enter_room(r, "");
    if (r->wake_fd < 0)
        rc = err_set_errno(err, ERR_IO, errno, "open the registry");
    else if ((rc = agents_open(&r->agents, &r->setup, r->metrics, r->wake_fd, err)) != ERR_OK)
        err_add(err, "open the registry");
    else if ((rc = broker_watch_open(&r->watch, &r->setup, r->metrics, r->wake_fd, err)) != ERR_OK)
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
    broker_watch_stop(r->watch);
    if (write(r->wake_fd, &one, sizeof(one)) < 0) /* it cannot be full, and is looked at anyway */
        log_debug(LOG_VNFM, "registry_not_woken", KV_I("errno", errno));
    pthread_join(r->thread, NULL);
    release(r);
}

bool registry_is_open(const struct registry *r)
{
    return atomic_load(&r->is_prepared);
}

bool registry_is_refused(const struct registry *r)
{
    return atomic_load(&r->is_refused);
}

void registry_render_metrics(const struct registry *r, struct sbuf *out)
{
    metrics_render(r->metrics, out);
}

bool registry_broker_has_alarm(const struct registry *r, struct sbuf *why)
{
    return broker_watch_has_alarm(r->watch, why);
}

void registry_render_broker(const struct registry *r, struct sbuf *out)
{
    broker_watch_render(r->watch, out);
}
