/* Managers (VNFMs, VIM drivers, monitoring plugins) that register on QUEUE_MANAGER_HANDLING get a
 * broker user of their own with exactly their rights; and which of them are there is watched.
 * amqp-protocol.md 2, decisions.md D7, D8, D12, D13.
 *
 *     rc = registry_open(&nfvo->registry, &(struct registry_setup){
 *              .options = &nfvo->options.registry, .bus = &nfvo->bus_options,
 *              .store = nfvo->store }, err);
 *     host.queue_exists = registry_queue_exists; host.ctx = ...
 *
 * One registration: the row (password sealed) is committed, then user and rights are PUT through
 * the broker's management API, then the answer is sent, then the request acknowledged: a crash in
 * between repeats all of it with the same outcome. One thread does it; it blocks on the management
 * API for at most management-timeout. With several NFVOs the queue has a single active consumer.
 * What cannot be done now (broker's management or database away) is kept, not answered, and tried
 * again with backoff; what cannot be read or is refused goes to QUEUE_DEAD_LETTERS with its
 * reason. */
#ifndef NFVO_VNFM_REGISTRY_H
#define NFVO_VNFM_REGISTRY_H

#include "common/base/sbuf.h"
#include "common/config/config.h"
#include "proto/topology.h"

struct registry; /* opaque */
struct bus_options;
struct store;

struct registry_options {
    const char *management_host, *management_user, *management_password; /* "": the broker's */
    int64_t management_port, management_timeout_ms;
    bool has_management_tls;
    const char *management_ca;
    const char *registration_user, *registration_password;
    int64_t check_interval_ms, unregister_grace_ms;
    bool are_peers_administrators, has_registration_default_exchange;
    const char *agents_vhost; /* "" or NULL: agents get no logins */
    const char *agents_managers;
    bool has_agents_default_exchange;
};

/* clang-format off */
#define REGISTRY_CONFIG(S, m)                                                                                              \
    CONFIG_STR(S, m.management_host, "broker-management-host", "", "host of the broker's management API; empty: the broker's"), \
    CONFIG_INT(S, m.management_port, "broker-management-port", "15672", 1, 65535, NULL, "port of the broker's management API"), \
    CONFIG_STR(S, m.management_user, "broker-management-user", "", "user of the management API, an administrator; empty: the broker's"), \
    CONFIG_SECRET(S, m.management_password, "broker-management-password", "", "its password; empty: the broker's"),        \
    CONFIG_BOOL(S, m.has_management_tls, "broker-management-tls", "no", "https for the management API"),                   \
    CONFIG_PATH(S, m.management_ca, "broker-management-ca", "", "PEM file of the authorities for that"),                   \
    CONFIG_DURATION(S, m.management_timeout_ms, "broker-management-timeout", "5s", 100, 60000, "longest call of the management API"), \
    CONFIG_STR(S, m.registration_user, "registration-user", REGISTRATION_USER, "broker user as which managers register"),  \
    CONFIG_SECRET(S, m.registration_password, "registration-password", REGISTRATION_PASSWORD, "its password; the default is well known"), \
    CONFIG_DURATION(S, m.check_interval_ms, "manager-check-interval", "20s", 100, 3600000, "how often the managers' queues are looked at"), \
    CONFIG_DURATION(S, m.unregister_grace_ms, "manager-unregister-grace", "5s", 0, 60000, "how long a manager that unregisters may go on consuming"), \
    CONFIG_BOOL(S, m.are_peers_administrators, "peers-administrator", "no", "make managers broker administrators, as Open Baton did"), \
    CONFIG_BOOL(S, m.has_registration_default_exchange, "registration-default-exchange", "yes", "let managers register through the default exchange (Python, Go); through it any queue can be reached"), \
    CONFIG_STR(S, m.agents_vhost, "agents-vhost", AGENTS_VHOST, "virtual host of the agents in VNFC instances; the NFVO makes it, and a broker user in it per instance; empty: none"), \
    CONFIG_STR(S, m.agents_managers, "agents-managers", "generic", "VNFM types that command agents there, separated by blanks or commas"), \
    CONFIG_BOOL(S, m.has_agents_default_exchange, "agents-default-exchange", "no", "let agents use the default exchange of that virtual host, as the reference's EMS does")
/* clang-format on */

struct registry_setup { /* all borrowed until registry_close */
    const struct registry_options *options;
    const struct bus_options *bus; /* the NFVO's own login: it may declare everything */
    struct store *store;
    /* A driver came, or came back: what its PoPs hold is to be looked at (2.3, item 5). In the
     * registry's thread, must not block. May be NULL. */
    void (*refresh_pop)(void *ctx, const char *pop_id);
    void *ctx;
    /* Kinds of the engine's commands that wait for a VNFM: they are re-evaluated when a VNFM that
     * acknowledges before it works has died (design.md, "Which reply is whose"). 0: none. */
    const int *vnfm_commands;
    size_t n_vnfm_commands;
};

/* Starts the thread; does not wait for the broker. Given: registry_close. ERR_IO, ERR_NOMEM. */
MUST_USE enum err_code registry_open(struct registry **ret, const struct registry_setup *setup,
                                     struct err *err);
void registry_close(struct registry *r); /* NULL is fine */

/* Any thread. ctx: the registry. From the last listing, else the management API is asked (blocks
 * at most management-timeout); true when that does not answer: nobody's subscription is to end
 * because the broker is slow. Fits struct api_host.queue_exists. */
bool registry_queue_exists(void *ctx, const char *queue);
/* Any thread. Asks the management API now (blocks at most management-timeout a page). */
struct management_queue;
MUST_USE enum err_code registry_list_queues(struct registry *r,
                                            void (*report)(void *arg,
                                                           const struct management_queue *queue),
                                            void *arg, struct err *err);
/* Any thread. Prometheus text, appended. */
void registry_render_metrics(const struct registry *r, struct sbuf *out);

#endif
