#include "nfvo/vnfm/agents.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_agent.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/internal.h"
#include "proto/rights.h"

/* LEASE: longer than all calls about one batch take. */
enum { BATCH = 256, LEASE_S = 15, POLL_MS = 2000, REFUSED_PAUSE_S = 60, COMPARE_S = 60 };
enum { RETRY_MIN_MS = 100, RETRY_MAX_MS = 5000 };

struct agents {
    const struct registry_setup *setup;
    struct management management;
    struct metrics *metrics;
    struct db *db;
    struct backoff backoff;
    struct sbuf tag;            /* of this suite's users */
    struct sbuf prefix;         /* of their names */
    struct arena strange;       /* memory of: */
    struct proto_strs not_ours; /* hostnames whose user is somebody else's */
    int64_t compare_at_us, rest_until_us;
    bool is_failing, is_danger_told;
    int wake_fd; /* compare, or stop */
    atomic_bool is_stopping, is_compare_due, is_vhost_new;
    pthread_t thread;
};

static const char *vhost_of(const struct agents *a)
{
    return a->setup->options->agents_vhost;
}

/* --- what did not work --- */

/* The broker or the database is away: said once. */
static void rest(struct agents *a, const struct err *err)
{
    if (!a->is_failing && !atomic_load(&a->is_stopping))
        log_warn(LOG_VNFM, "agents_logins_wait", KV_ERR(err));
    a->is_failing = true;
    metric_add(a->metrics, M_AGENT_RETRIES, 1, 0, 0);
    a->rest_until_us = clock_mono_us() + backoff_next_ms(&a->backoff) * USEC_PER_MS;
}

static void recovered(struct agents *a)
{
    if (a->is_failing)
        log_info(LOG_VNFM, "agents_logins_go_on", KV_S("vhost", vhost_of(a)));
    a->is_failing = false;
    backoff_reset(&a->backoff);
}

static void put_off(struct agents *a, const struct store_agent *list, size_t n, int64_t pause_us)
{
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    for (size_t i = 0; i < n; i++)
        db_array_text(&names, list[i].hostname);
    err_ignore(store_agent_put_off(a->db, &names, pause_us, NULL), "then the lease ends by itself");
}

/* Its agent waits, and cannot say why. */
static void tell_refused(struct agents *a, const char *hostname, const struct err *why)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    topology_agent_user(hostname, &user);
    err_ignore(store_refusal_tell(a->db, "account", user.s, "agent", hostname, why),
               "the log has it");
}

/* --- making --- */

static bool is_not_ours(const struct agents *a, const char *hostname)
{
    return proto_strs_has(&a->not_ours, hostname);
}

static void choose_rights(const struct agents *a, const struct store_agent *agent,
                          struct topology_rights *r)
{
    bool is_foreign_welcome = a->setup->options->has_agents_default_exchange;
    if (agent->is_old)
        topology_rights_agent_old(r, agent->hostname, agent->endpoint, is_foreign_welcome);
    else if (agent->is_shared && is_foreign_welcome)
        topology_rights_agent_unmodified(r, agent->hostname, agent->endpoint);
    else
        topology_rights_agent(r, agent->hostname, agent->endpoint);
}

static struct management_limits limits_of(const struct agents *a)
{
    return (struct management_limits){.connections = a->setup->options->agents_connections_max,
                                      .channels = a->setup->options->agents_channels_max};
}

static enum err_code put_logins(struct agents *a, const struct store_agent *list, size_t n,
                                struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    struct management_login *logins = arena_alloc(&mem, n * sizeof(logins[0]));
    struct topology_rights *rights = arena_alloc(&mem, n * sizeof(rights[0]));
    struct sbuf *texts = arena_alloc(&mem, 2 * n * sizeof(texts[0])); /* user and password */
    for (size_t i = 0; i < n; i++) {
        rights[i] = (struct topology_rights)TOPOLOGY_RIGHTS_INIT;
        texts[2 * i] = texts[2 * i + 1] = (struct sbuf)SBUF_INIT;
        choose_rights(a, &list[i], &rights[i]);
        topology_agent_user(list[i].hostname, &texts[2 * i]);
        seal_derive(store_seal(a->setup->store), SEAL_AGENT_LOGIN, list[i].hostname,
                    &texts[2 * i + 1]);
        logins[i] = (struct management_login){texts[2 * i].s, texts[2 * i + 1].s, &rights[i]};
    }
    const struct management_limits limits = limits_of(a);
    enum err_code rc =
        management_put_logins(&a->management, vhost_of(a), a->tag.s, &limits, logins, n, err);
    for (size_t i = 0; i < n; i++) {
        explicit_bzero(texts[2 * i + 1].s, texts[2 * i + 1].len);
        sbuf_release(&texts[2 * i]);
        sbuf_release(&texts[2 * i + 1]);
        topology_rights_release(&rights[i]);
    }
    return rc;
}

static enum err_code delete_users(struct agents *a, const struct store_agent *list, size_t n,
                                  struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    const char **users = arena_alloc(&mem, (n + 1) * sizeof(users[0]));
    size_t k = 0;
    enum err_code rc = ERR_OK;
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        if (is_not_ours(a, list[i].hostname))
            continue;
        users[k++] = arena_printf(&mem, "%s%s", a->prefix.s, list[i].hostname);
        if (list[i].is_alone) /* the virtual host, then the user: nobody is left in it */
            rc = management_delete_vhost(&a->management, users[k - 1], err);
    }
    if (rc == ERR_OK)
        rc = management_delete_users(&a->management, users, k, err);
    if (rc == ERR_OK)
        metric_add(a->metrics, M_AGENT_LOGINS_REMOVED, (int64_t)k, 0, 0);
    return rc;
}

/* The rows say so; those that were taken back meanwhile lose their users again. */
static enum err_code tell_made(struct agents *a, const struct store_agent *list, size_t n,
                               struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    struct store_agent *gone = NULL;
    size_t n_gone = 0;
    for (size_t i = 0; i < n; i++)
        db_array_text(&names, list[i].hostname);
    enum err_code rc = store_agent_made(a->db, &names, &mem, &gone, &n_gone, err);
    for (size_t i = 0; i < n_gone; i++)
        gone[i].is_alone = list[0].is_alone; /* of these there is one only */
    if (rc == ERR_OK && n_gone)
        rc = delete_users(a, gone, n_gone, err);
    if (rc == ERR_OK)
        metric_add(a->metrics, M_AGENT_LOGINS_MADE, (int64_t)n, 0, 0);
    return rc;
}

/* The broker refuses the batch: what it is about is found out one by one. */
static enum err_code make_each(struct agents *a, const struct store_agent *list, size_t n,
                               struct err *err)
{
    bool is_new = false;
    enum err_code rc = management_put_agents_vhost(&a->management, vhost_of(a), &is_new, err);
    if (is_new)
        agents_compare_soon(a, true);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        struct err why = ERR_INIT;
        rc = put_logins(a, &list[i], 1, &why);
        if (rc == ERR_PEER) {
            log_error(LOG_VNFM, "agent_login_refused", KV_S("hostname", list[i].hostname),
                      KV_ERR(&why));
            tell_refused(a, list[i].hostname, &why);
            put_off(a, &list[i], 1, REFUSED_PAUSE_S * USEC_PER_SEC);
            rc = ERR_OK;
        } else if (rc == ERR_OK) {
            rc = tell_made(a, &list[i], 1, err);
        } else {
            *err = why;
        }
    }
    return rc;
}

static void is_ours_now(struct agents *a, const char *hostname)
{
    for (uint32_t i = 0; i < a->not_ours.n; i++)
        if (strcmp(a->not_ours.at[i], hostname) == 0)
            a->not_ours.at[i] = "";
}

/* Its user may be gone meanwhile, or a leftover of another suite. */
static bool may_be_made(struct agents *a, const char *hostname)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    bool is_free = false;
    if (!is_not_ours(a, hostname))
        return true;
    topology_agent_user(hostname, &user);
    if (management_is_free_login(&a->management, vhost_of(a), user.s, &is_free, NULL) == ERR_OK &&
        is_free)
        is_ours_now(a, hostname);
    return is_free;
}

/* Those that must not be made are put off; returns how many are left. */
static size_t leave_out_strangers(struct agents *a, struct store_agent *list, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (may_be_made(a, list[i].hostname)) {
            list[left++] = list[i];
            continue;
        }
        struct err why = ERR_INIT;
        err_set(&why, ERR_EXISTS, "the broker has a user '%s%s' that is not ours", a->prefix.s,
                list[i].hostname);
        err_hint(&why, "accounts are the broker's, whatever the virtual host: does another suite "
                       "use this broker? Each needs one of its own; else delete that user, whose "
                       "name belongs to an agent");
        log_error(LOG_SEC, "agent_user_is_not_ours", KV_S("hostname", list[i].hostname),
                  KV_ERR(&why));
        tell_refused(a, list[i].hostname, &why);
        put_off(a, &list[i], 1, REFUSED_PAUSE_S * USEC_PER_SEC);
    }
    return left;
}

/* --- unmodified agents, each in a virtual host of its own --- */

static void refuse(struct agents *a, const struct store_agent *agent, const struct err *why)
{
    log_warn(LOG_SEC, "agent_login_refused", KV_S("hostname", agent->hostname), KV_ERR(why));
    tell_refused(a, agent->hostname, why);
    put_off(a, agent, 1, REFUSED_PAUSE_S * USEC_PER_SEC);
}

static enum err_code may_be_alone(struct agents *a, struct err *err)
{
    int64_t n = 0, max = a->setup->options->agents_own_max;
    if (!a->setup->options->has_agents_default_exchange) {
        err_set(err, ERR_DENIED,
                "its user data asks for a virtual host of its own "
                "(" USER_DATA_EMS_VHOST "), for an agent that is not Baton's");
        return err_hint(err,
                        "agents-default-exchange = yes in nfvo.conf allows that; restart nfvo, "
                        "and the agent gets its login");
    }
    enum err_code rc = store_agent_count_alone(a->db, &n, err);
    if (rc != ERR_OK || n < max)
        return rc;
    err_set(err, ERR_DENIED,
            "%lld unmodified agents have virtual hosts of their own, and no more "
            "are allowed",
            (long long)n);
    return err_hint(err, "delete a service of theirs, or raise agents-own-max in nfvo.conf");
}

/* Its VNFM gets in as well. One whose account is gone meanwhile is none any more. */
static enum err_code let_managers_in(struct agents *a, const char *vhost, const char *endpoint,
                                     struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    const char **accounts;
    size_t n;
    enum err_code rc = store_agents_managers(a->db, endpoint, &mem, &accounts, &n, err);
    rights_of(RIGHTS_AGENTS_MANAGER, &(struct rights_names){.endpoint = endpoint}, &rights);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        rc = management_put_rights(&a->management, vhost, accounts[i], &rights, err);
        rc = rc == ERR_PEER ? ERR_OK : rc;
    }
    return rc;
}

static enum err_code put_alone(struct agents *a, const struct store_agent *agent, struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT, password = SBUF_INIT;
    const struct management_limits limits = limits_of(a);
    topology_agent_user(agent->hostname, &user); /* also the virtual host's name */
    seal_derive(store_seal(a->setup->store), SEAL_AGENT_LOGIN, agent->hostname, &password);
    rights_of(RIGHTS_AGENT_UNMODIFIED,
              &(struct rights_names){.endpoint = agent->endpoint, .host = agent->hostname},
              &rights);
    enum err_code rc =
        management_put_own_vhost(&a->management, user.s, a->tag.s, agent->endpoint, err);
    if (rc == ERR_OK)
        rc = let_managers_in(a, user.s, agent->endpoint, err);
    if (rc == ERR_OK)
        rc = management_bound_agents(&a->management, user.s, a->setup->options->agents_queue_max,
                                     err);
    if (rc == ERR_OK)
        rc = management_put_logins(&a->management, user.s, a->tag.s, &limits,
                                   &(struct management_login){user.s, password.s, &rights}, 1, err);
    explicit_bzero(password.s, password.len);
    return rc;
}

/* Returns how many of the list are left: those that share the agents' virtual host. */
static size_t make_those_alone(struct agents *a, struct store_agent *list, size_t n,
                               enum err_code *rc, struct err *err)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        struct err why = ERR_INIT;
        if (!list[i].is_alone) {
            list[left++] = list[i];
            continue;
        }
        if (*rc != ERR_OK)
            continue; /* its lease ends */
        enum err_code one = may_be_alone(a, &why);
        if (one == ERR_OK)
            one = put_alone(a, &list[i], &why);
        if (one == ERR_OK)
            *rc = tell_made(a, &list[i], 1, err);
        else if (one == ERR_PEER || one == ERR_DENIED)
            refuse(a, &list[i], &why);
        else {
            *rc = one;
            *err = why;
        }
    }
    return left;
}

static enum err_code make(struct agents *a, struct store_agent *list, size_t n, struct err *err)
{
    enum err_code rc_alone = ERR_OK;
    n = leave_out_strangers(a, list, n);
    n = make_those_alone(a, list, n, &rc_alone, err);
    if (rc_alone != ERR_OK)
        return rc_alone;
    if (n == 0)
        return ERR_OK;
    enum err_code rc = put_logins(a, list, n, err);
    if (rc == ERR_OK)
        rc = tell_made(a, list, n, err);
    else if (rc == ERR_PEER)
        rc = make_each(a, list, n, err);
    return rc;
}

static enum err_code unmake(struct agents *a, struct store_agent *list, size_t n, struct err *err)
{
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    for (size_t i = 0; i < n; i++)
        db_array_text(&names, list[i].hostname);
    enum err_code rc = delete_users(a, list, n, err);
    return rc == ERR_OK ? store_agent_removed(a->db, &names, err) : rc;
}

static enum err_code turn(struct agents *a, size_t *ret_n, struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    struct store_agent *list = NULL;
    size_t n = 0;
    enum err_code rc =
        store_agent_take_wanted(a->db, BATCH, LEASE_S * USEC_PER_SEC, &mem, &list, &n, err);
    *ret_n = n;
    if (rc == ERR_OK && n)
        rc = make(a, list, n, err);
    if (rc == ERR_OK) {
        rc = store_agent_take_gone(a->db, BATCH, LEASE_S * USEC_PER_SEC, &mem, &list, &n, err);
        *ret_n += n;
        if (rc == ERR_OK && n)
            rc = unmake(a, list, n, err);
    }
    if (rc != ERR_OK && n) /* soon again, here or by another process */
        put_off(a, list, n, RETRY_MIN_MS * USEC_PER_MS);
    return rc;
}

static void work(struct agents *a)
{
    struct err err = ERR_INIT;
    size_t n = 1;
    while (n && !atomic_load(&a->is_stopping)) {
        if (turn(a, &n, &err) != ERR_OK) {
            rest(a, &err);
            return;
        }
    }
    recovered(a);
}

/* --- comparing --- */

struct comparison {
    struct agents *a;
    struct db_array listed;
};

static void on_user(void *arg, const char *user, bool bears_tag)
{
    struct comparison *c = arg;
    if (strncmp(user, c->a->prefix.s, c->a->prefix.len) != 0)
        return;
    const char *hostname = user + c->a->prefix.len;
    if (bears_tag)
        db_array_text(&c->listed, hostname);
    else
        proto_list_add(&c->a->not_ours, arena_strdup(&c->a->strange, hostname), &c->a->strange);
}

static enum err_code compare(struct agents *a, struct err *err)
{
    AUTO(arena_release) struct arena mem = ARENA_INIT;
    struct comparison c = {a, DB_TEXT_ARRAY};
    struct store_agent *strays = NULL;
    size_t n = 0;
    int64_t listed_at = 0, lost = 0;
    bool is_new = false;
    enum err_code rc = store_now(a->db, &listed_at, err);
    if (rc == ERR_OK)
        rc = management_put_agents_vhost(&a->management, vhost_of(a), &is_new, err);
    arena_release(&a->strange);
    a->not_ours = (struct proto_strs){0};
    if (rc == ERR_OK)
        rc = management_users(&a->management, a->tag.s, on_user, &c, err);
    if (is_new)
        atomic_store(&a->is_vhost_new, true);
    if (rc == ERR_OK)
        rc = management_bound_agents(&a->management, vhost_of(a),
                                     a->setup->options->agents_queue_max, err);
    if (atomic_load(&a->is_vhost_new)) /* and so nobody has rights in it */
        db_array_clear(&c.listed);
    if (rc == ERR_OK)
        rc = store_agent_audit(a->db, &c.listed, listed_at, &lost, &mem, &strays, &n, err);
    if (rc == ERR_OK && n)
        rc = delete_users(a, strays, n, err);
    db_array_release(&c.listed);
    if (rc == ERR_OK)
        atomic_store(&a->is_vhost_new, false);
    if (rc == ERR_OK && (lost || n))
        log_warn(LOG_VNFM, "agents_logins_compared", KV_I("lost", lost), KV_I("strays", n));
    return rc;
}

/* Once: whose agents reach one another, whatever their rights say. */
static void tell_danger(struct agents *a)
{
    int64_t old = 0;
    if (a->is_danger_told || store_agent_count_old(a->db, &old, NULL) != ERR_OK)
        return;
    a->is_danger_told = true;
    if (a->setup->options->has_agents_default_exchange)
        log_info(LOG_SEC, "agents_default_exchange_is_on",
                 KV_S("hint", "unmodified agents get virtual hosts of their own, for which their "
                              "user data asks by " USER_DATA_EMS_VHOST));
    if (old)
        log_warn(LOG_SEC, "agents_of_before", KV_I("agents", old), KV_S("vhost", vhost_of(a)),
                 KV_S("hint", "launched before " TOPOLOGY_AGENTS_EXCHANGE " was there, they reach "
                              "one another; baton status names their services: delete them, and "
                              "deploy them again"));
}

static void compare_if_due(struct agents *a)
{
    struct err err = ERR_INIT;
    if (!atomic_exchange(&a->is_compare_due, false) && clock_mono_us() < a->compare_at_us)
        return;
    bool is_done = compare(a, &err) == ERR_OK;
    if (!is_done && !a->is_failing && !atomic_load(&a->is_stopping))
        log_warn(LOG_VNFM, "agents_logins_not_compared", KV_ERR(&err));
    if (is_done)
        tell_danger(a);
    a->is_failing |= !is_done;
    a->compare_at_us =
        clock_mono_us() + (is_done ? COMPARE_S * USEC_PER_SEC : RETRY_MAX_MS * USEC_PER_MS);
}

/* --- the loop --- */

/* Leases that end without a word are found by looking now and then. */
static int wait_ms(const struct agents *a)
{
    int64_t poll_ms = a->setup->options->agents_poll_ms;
    int64_t next = clock_mono_us() + (poll_ms ? poll_ms : POLL_MS) * USEC_PER_MS;
    return clock_left_ms(a->compare_at_us < next ? a->compare_at_us : next);
}

static void forget_wake(struct agents *a)
{
    uint64_t count;
    if (read(a->wake_fd, &count, sizeof(count)) < 0)
        log_debug(LOG_VNFM, "agents_wake", KV_I("errno", errno));
}

static void pause_until(struct agents *a, int64_t until_us)
{
    struct pollfd p = {.fd = a->wake_fd, .events = POLLIN};
    if (poll(&p, 1, clock_left_ms(until_us)) > 0)
        forget_wake(a);
}

static void *run(void *arg)
{
    struct agents *a = arg;
    err_ignore(db_listen(a->db, STORE_AGENT_CHANNEL, NULL), "db_wait_notify tries again");
    while (!atomic_load(&a->is_stopping)) {
        struct db_notify n;
        struct err err = ERR_INIT;
        if (clock_mono_us() < a->rest_until_us) {
            pause_until(a, a->rest_until_us);
            continue;
        }
        enum db_wait what = db_wait_notify(a->db, a->wake_fd, wait_ms(a), &n, &err);
        if (what == DB_WAIT_LOST)
            rest(a, &err);
        if (what == DB_WAIT_LOST || atomic_load(&a->is_stopping))
            continue;
        if (what == DB_WAIT_WOKEN)
            forget_wake(a);
        compare_if_due(a);
        work(a);
    }
    return NULL;
}

/* --- life --- */

static void wake(struct agents *a)
{
    uint64_t one = 1;
    if (write(a->wake_fd, &one, sizeof(one)) < 0) /* full: it is awake */
        log_debug(LOG_VNFM, "agents_not_woken", KV_I("errno", errno));
}

static void release(struct agents *a)
{
    db_free(a->db);
    management_release(&a->management);
    sbuf_release(&a->tag);
    sbuf_release(&a->prefix);
    arena_release(&a->strange);
    if (a->wake_fd >= 0)
        close(a->wake_fd);
    free(a);
}

/* Another suite on the same broker has another key, and one with a copy of ours another virtual
 * host. */
static void make_tag(struct agents *a)
{
    AUTO(sbuf_release) struct sbuf suite = SBUF_INIT;
    seal_derive(store_seal(a->setup->store), SEAL_SUITE, vhost_of(a), &suite);
    sbuf_addf(&a->tag, "baton-suite-%.16s", suite.s);
    topology_agent_user("", &a->prefix);
}

enum err_code agents_open(struct agents **ret, const struct registry_setup *setup,
                          struct metrics *metrics, int cancel_fd, struct err *err)
{
    const char *vhost = setup->options->agents_vhost;
    *ret = NULL;
    if (!vhost || !*vhost)
        return ERR_OK;
    struct agents *a = xcalloc(1, sizeof(*a));
    *a = (struct agents){.setup = setup, .metrics = metrics, .tag = SBUF_INIT, .prefix = SBUF_INIT};
    a->backoff =
        (struct backoff)BACKOFF_INIT(RETRY_MIN_MS, RETRY_MAX_MS, (uint64_t)clock_mono_us());
    a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    a->db = store_connection(setup->store, "nfvo-agents");
    management_init(&a->management, setup, cancel_fd);
    make_tag(a);
    if (a->wake_fd < 0 || pthread_create(&a->thread, NULL, run, a) != 0) {
        release(a);
        return err_set_errno(err, ERR_IO, errno, "start the keeper of the agents' logins");
    }
    *ret = a;
    return ERR_OK;
}

void agents_stop(struct agents *a)
{
    if (!a)
        return;
    atomic_store(&a->is_stopping, true);
    wake(a);
}

void agents_close(struct agents *a)
{
    if (!a)
        return;
    agents_stop(a);
    pthread_join(a->thread, NULL);
    release(a);
}

void agents_compare_soon(struct agents *a, bool is_vhost_new)
{
    if (!a)
        return;
    if (is_vhost_new)
        atomic_store(&a->is_vhost_new, true);
    atomic_store(&a->is_compare_due, true);
    wake(a);
}
